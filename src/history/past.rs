//! Voluntary activity in any stretch of days, as the difference of two running totals: many windows of
//! many snapshots ask for the same transactions.

use super::{
    codes::Channel,
    load::History,
    records::{Txn, txn},
};

/// The windows that features look at, in days: each lies within the next.
pub(super) const WINDOWS: [i32; 5] = [7, 30, 90, 180, 365];

/// Sums over voluntary transactions. Money in ten-thousandths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub count: i32,
    pub in_promotion: i32,
    pub by_customer: i32,
    pub by_channel: [i32; Channel::ALL.len()],
    /// Wider than the sum of a window, which stops at the largest number: the difference of two
    /// totals may fit where the totals do not.
    amount: i128,
    inflow: i128,
    outflow: i128,
}

/// The days with a voluntary transaction, ascending, and the totals up to and with each.
#[derive(Debug, Clone, Default)]
pub(super) struct Past {
    days: Vec<i32>,
    /// Begins with nothing: one more than there are days.
    totals: Vec<Sums>,
    /// The day on which all that happened up to and with each day was known.
    known: Vec<i32>,
}

impl Sums {
    fn add(&mut self, t: &Txn, units: i64) {
        let units = i128::from(units);
        self.count += 1;
        self.in_promotion += i32::from(t.bits & txn::IN_PROMOTION != 0);
        self.by_customer += i32::from(t.bits & txn::BY_CUSTOMER != 0);
        self.by_channel[usize::from(Channel::of(t.channel).code())] += 1;
        self.amount += units;
        if t.bits & txn::IN != 0 {
            self.inflow += units;
        } else if t.bits & txn::OUT != 0 {
            self.outflow += units;
        }
    }

    /// What was added since.
    pub(super) fn less(&self, earlier: &Self) -> Self {
        let mut by_channel = self.by_channel;
        for (count, earlier) in by_channel.iter_mut().zip(earlier.by_channel) {
            *count -= earlier;
        }
        Self {
            count: self.count - earlier.count,
            in_promotion: self.in_promotion - earlier.in_promotion,
            by_customer: self.by_customer - earlier.by_customer,
            by_channel,
            amount: self.amount - earlier.amount,
            inflow: self.inflow - earlier.inflow,
            outflow: self.outflow - earlier.outflow,
        }
    }

    pub(super) fn amount(&self) -> i64 {
        narrow(self.amount)
    }

    pub(super) fn inflow(&self) -> i64 {
        narrow(self.inflow)
    }

    pub(super) fn outflow(&self) -> i64 {
        narrow(self.outflow)
    }
}

fn narrow(sum: i128) -> i64 {
    sum.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
}

impl Past {
    /// That of the voluntary ones of some transactions, ascending by day.
    pub(super) fn new<'a>(history: &History, txns: impl Iterator<Item = &'a Txn>) -> Self {
        let mut past = Self { totals: vec![Sums::default()], ..Self::default() };
        let (mut total, mut known) = (Sums::default(), i32::MIN);
        for t in txns.filter(|t| t.bits & txn::VOLUNTARY != 0) {
            if past.days.last() != Some(&t.day) {
                past.days.push(t.day);
                past.totals.push(total);
                past.known.push(known);
            }
            total.add(t, history.units(t));
            known = known.max(t.known);
            if let (Some(last), Some(by)) = (past.totals.last_mut(), past.known.last_mut()) {
                (*last, *by) = (total, known);
            }
        }
        past
    }

    /// How many of the days lie up to and with a day.
    fn until(&self, day: i32) -> usize {
        self.days.partition_point(|active| *active <= day)
    }

    /// Whether all that happened up to and with a day was known then.
    pub(super) fn was_known(&self, day: i32) -> bool {
        self.until(day).checked_sub(1).is_none_or(|last| self.known[last] <= day)
    }

    /// The sums of the windows that end with a day.
    pub(super) fn windows(&self, until: i32) -> [Sums; WINDOWS.len()] {
        let end = self.until(until);
        WINDOWS.map(|days| {
            let start = self.days[..end].partition_point(|active| *active <= until - days);
            self.totals[end].less(&self.totals[start])
        })
    }

    /// The sums after one day, up to and with another.
    pub(super) fn within(&self, after: i32, until: i32) -> Sums {
        self.totals[self.until(until)].less(&self.totals[self.until(after)])
    }

    /// The days with activity after one day, up to and with another.
    pub(super) fn days(&self, after: i32, until: i32) -> &[i32] {
        self.days.get(self.until(after)..self.until(until)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn txn() -> impl Strategy<Value = Txn> {
        (0..60_i32, 0..9_i32, 0..i64::MAX / 2, 0..512_u16, 0..11_u8).prop_map(
            |(day, late, amount, bits, channel)| Txn {
                day,
                known: day + late.saturating_sub(6),
                amount,
                bits,
                channel,
                ..Txn::default()
            },
        )
    }

    proptest! {
        #[test]
        fn a_difference_of_totals_is_the_sum(
            mut txns in prop::collection::vec(txn(), 0..40), after in -5..65_i32, length in 0..70_i32,
        ) {
            txns.sort_by_key(|t| t.day);
            let history = crate::history::tests::nobody();
            let past = Past::new(&history, txns.iter());
            let until = after + length;
            let voluntary = || txns.iter().filter(|t| t.bits & txn::VOLUNTARY != 0);
            let inside = || voluntary().filter(|t| t.day > after && t.day <= until);
            let sums = past.within(after, until);
            prop_assert_eq!(sums.count as usize, inside().count());
            let sum = |bit: u16| {
                inside().filter(|t| t.bits & bit != 0).fold(0, |sum: i64, t| sum.saturating_add(t.amount))
            };
            prop_assert_eq!(sums.amount(), sum(txn::VOLUNTARY));
            prop_assert_eq!(sums.inflow(), sum(txn::IN));
            let outgoing = inside().filter(|t| t.bits & (txn::IN | txn::OUT) == txn::OUT);
            prop_assert_eq!(sums.outflow(), outgoing.fold(0, |sum: i64, t| sum.saturating_add(t.amount)));
            let by_app = inside().filter(|t| t.channel == Channel::App.code()).count();
            prop_assert_eq!(sums.by_channel[usize::from(Channel::App.code())] as usize, by_app);
            for (window, days) in past.windows(until).iter().zip(WINDOWS) {
                prop_assert_eq!(*window, past.within(until - days, until));
            }
            let mut days: Vec<i32> = inside().map(|t| t.day).collect();
            days.dedup();
            prop_assert_eq!(past.days(after, until), days);
            let late = voluntary().any(|t| t.day <= until && t.known > until);
            prop_assert_eq!(past.was_known(until), !late);
        }
    }
}
