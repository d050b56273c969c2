//! Sets of codes, and codes that are not told apart.

/// A set of at most 256 members, a bit each.
pub(super) type Set = [u64; 4];

/// Every member.
pub(super) const ALL: Set = [u64::MAX; 4];

/// Whether a set has a member.
pub(super) fn has(set: &Set, member: usize) -> bool {
    set[member >> 6 & 3] >> (member & 63) & 1 == 1
}

/// The members of both sets.
pub(super) fn both(a: &Set, b: &Set) -> Set {
    std::array::from_fn(|word| a[word] & b[word])
}

/// The members that a set lacks.
pub(super) fn others(set: &Set) -> Set {
    set.map(|word| !word)
}

/// At most 256 members in classes that are numbered in the order of their first members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Classes {
    /// The class of each member.
    pub(super) of: Vec<u8>,
    /// Classes.
    pub(super) count: usize,
}

impl Classes {
    /// One class of so many members, at least 1 and at most 256.
    pub(super) fn one(members: usize) -> Self {
        Self { of: vec![0; members], count: 1 }
    }

    /// Tells members apart by whether they are in a set, too.
    pub(super) fn by_set(&self, set: &Set) -> Self {
        self.by(2, |member| usize::from(has(set, member)))
    }

    /// Tells members apart that other classes of them do, too.
    pub(super) fn and(&self, other: &Self) -> Self {
        if self == other || other.count == 1 {
            return self.clone();
        }
        self.by(other.count, |member| usize::from(other.of[member]))
    }

    fn by(&self, count: usize, other: impl Fn(usize) -> usize) -> Self {
        let mut known: Vec<Option<u8>> = vec![None; self.count * count];
        let mut classes = 0;
        let of = self.of.iter().enumerate().map(|(member, &class)| {
            *known[usize::from(class) * count + other(member)].get_or_insert_with(|| {
                classes += 1;
                (classes - 1) as u8
            })
        });
        let of = of.collect();
        Self { of, count: classes }
    }

    /// A set of members as one of classes: those whose first member is in it.
    pub(super) fn lift(&self, set: &Set) -> Set {
        let mut lifted = [0; 4];
        for class in 0..self.count {
            if self.first(class).is_some_and(|member| has(set, member)) {
                lifted[class >> 6] |= 1 << (class & 63);
            }
        }
        lifted
    }

    /// The first member of a class.
    pub(super) fn first(&self, class: usize) -> Option<usize> {
        self.of.iter().position(|&of| usize::from(of) == class)
    }
}
