//! Pieces worked on by all threads in two strides, with an ordered hand-over after each.

use std::{
    collections::BTreeMap,
    sync::mpsc::{self, Receiver, Sender},
    time::Duration,
};

use super::blocks::{Feed, Piece};
use crate::error::{Error, Kind, Result};

/// Pieces in flight for each thread: one in work, one that waits, one that waits for its turn.
const AHEAD: usize = 3;
/// Pieces in flight, at most, so that memory stays bounded.
const MOST_AHEAD: usize = 48;

/// What is done with each piece of a table. `read` and `work` run on any thread, on several pieces at
/// a time; `place` and `take` run on this thread, on one piece after the other, in file order.
pub(super) struct Strides<R, P, W, T> {
    pub(super) read: R,
    pub(super) place: P,
    pub(super) work: W,
    pub(super) take: T,
}

/// A stride that was done, with the number of its piece.
enum Done<A, C> {
    Read(usize, A),
    Worked(usize, Result<C>),
    /// A task ended without a result; only a panic can bring that about.
    Lost,
}

/// Sends the result of a task, or that there is none.
struct Promise<A, C>(Option<Sender<Done<A, C>>>);

impl<A, C> Promise<A, C> {
    fn keep(mut self, done: Done<A, C>) {
        if let Some(sender) = self.0.take() {
            // Nobody listens any more where the run has failed.
            let _ = sender.send(done);
        }
    }
}

impl<A, C> Drop for Promise<A, C> {
    fn drop(&mut self) {
        if let Some(sender) = self.0.take() {
            let _ = sender.send(Done::Lost);
        }
    }
}

/// Results that are waiting for their turn.
struct Queue<T> {
    next: usize,
    waiting: BTreeMap<usize, T>,
}

impl<T> Queue<T> {
    fn new() -> Self {
        Self { next: 0, waiting: BTreeMap::new() }
    }

    fn pop(&mut self) -> Option<(usize, T)> {
        let item = self.waiting.remove(&self.next)?;
        self.next += 1;
        Some((self.next - 1, item))
    }
}

/// Passes all pieces of a feed through the strides. A few of them are in flight at a time, whatever
/// their number. An error comes after all that lies before it in the file was taken.
pub(super) fn relay<A, B, C, R, P, W, T>(
    feed: &mut impl Feed,
    strides: Strides<R, P, W, T>,
) -> Result<()>
where
    A: Send,
    B: Send,
    C: Send,
    R: Fn(Piece) -> A + Sync,
    P: FnMut(A) -> Result<B>,
    W: Fn(B) -> Result<C> + Sync,
    T: FnMut(C) -> Result<()>,
{
    let Strides { read, mut place, work, mut take } = strides;
    let (read, work) = (&read, &work);
    let limit = (AHEAD * rayon::current_num_threads()).clamp(4, MOST_AHEAD);
    rayon::in_place_scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        let promise = || Promise(Some(sender.clone()));
        let (mut to_place, mut to_take) = (Queue::new(), Queue::new());
        let (mut given, mut end) = (0, None);
        loop {
            while end.is_none() && given - to_take.next < limit {
                match feed.next() {
                    Ok(Some(piece)) => {
                        let (at, promise) = (given, promise());
                        scope.spawn(move |_| promise.keep(Done::Read(at, read(piece))));
                        given += 1;
                    }
                    Ok(None) => end = Some(Ok(())),
                    Err(error) => end = Some(Err(error)),
                }
            }
            if to_take.next == given {
                return end.unwrap_or(Ok(()));
            }
            match receive(&receiver) {
                Done::Read(at, read) => drop(to_place.waiting.insert(at, read)),
                Done::Worked(at, worked) => drop(to_take.waiting.insert(at, worked)),
                Done::Lost => return Err(Error::new(Kind::Io, "a thread of the run stopped")),
            }
            while let Some((at, read)) = to_place.pop() {
                match place(read) {
                    Ok(placed) => {
                        let promise = promise();
                        scope.spawn(move |_| promise.keep(Done::Worked(at, work(placed))));
                    }
                    Err(error) => drop(to_take.waiting.insert(at, Err(error))),
                }
            }
            while let Some((_, worked)) = to_take.pop() {
                take(worked?)?;
            }
        }
    })
}

/// The next stride that was done. A thread of the pool works meanwhile: it may be the only one.
fn receive<A, C>(receiver: &Receiver<Done<A, C>>) -> Done<A, C> {
    loop {
        if let Ok(done) = receiver.try_recv() {
            return done;
        }
        match rayon::yield_now() {
            Some(rayon::Yield::Executed) => {}
            Some(rayon::Yield::Idle) => {
                if let Ok(done) = receiver.recv_timeout(Duration::from_millis(1)) {
                    return done;
                }
            }
            None => return receiver.recv().unwrap_or(Done::Lost),
        }
    }
}
