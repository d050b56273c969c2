//! Buffers that are used again: large ones are dear to get from the system, time after time.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, PoisonError},
};

/// A shelf of buffers that are not in use. It grows to as many as are ever in use at once.
pub(crate) struct Spare<T> {
    shelf: Arc<Mutex<Vec<T>>>,
}

/// A buffer that goes back to its shelf, as it is, when it is dropped.
pub(crate) struct Borrowed<T: Default> {
    item: T,
    home: Spare<T>,
}

impl<T: Default> Spare<T> {
    /// A buffer as it was left, or a new one.
    pub(crate) fn take(&self) -> Borrowed<T> {
        let item = self.shelf.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Borrowed { item: item.unwrap_or_default(), home: self.same() }
    }

    fn same(&self) -> Self {
        Self { shelf: Arc::clone(&self.shelf) }
    }
}

impl<T> Default for Spare<T> {
    fn default() -> Self {
        Self { shelf: Arc::default() }
    }
}

/// A clone has a shelf of its own.
impl<T> Clone for Spare<T> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<T> fmt::Debug for Spare<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Spare")
    }
}

impl<T: Default> Deref for Borrowed<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.item
    }
}

impl<T: Default> DerefMut for Borrowed<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.item
    }
}

impl<T: Default> Drop for Borrowed<T> {
    fn drop(&mut self) {
        let item = std::mem::take(&mut self.item);
        self.home.shelf.lock().unwrap_or_else(PoisonError::into_inner).push(item);
    }
}

impl<T: Default + fmt::Debug> fmt::Debug for Borrowed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.item.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_that_was_dropped_is_the_next_one() {
        let spare = Spare::<Vec<u8>>::default();
        let (mut first, second) = (spare.take(), spare.take());
        first.extend_from_slice(b"kept");
        drop(first);
        assert_eq!(**spare.take(), *b"kept");
        drop(second);
        assert_eq!(spare.clone().take().len() + spare.take().len(), 0);
        assert_eq!(spare.shelf.lock().unwrap().len(), 2);
    }
}
