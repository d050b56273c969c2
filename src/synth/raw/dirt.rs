//! Dirty cells and rows, as banks have them, each kind counted in the truth.

use super::super::draw::Stream;

/// A kind of dirt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    FutureTransaction,
    UnknownCustomer,
    DuplicateMonth,
    NegativeTenure,
    SecondCurrency,
    UnparseableDate,
    UnparseableAmount,
    MissingId,
}

impl Kind {
    pub(super) const ALL: [Self; 8] = [
        Self::FutureTransaction,
        Self::UnknownCustomer,
        Self::DuplicateMonth,
        Self::NegativeTenure,
        Self::SecondCurrency,
        Self::UnparseableDate,
        Self::UnparseableAmount,
        Self::MissingId,
    ];

    /// Name, file, and what is wrong.
    pub(super) fn described(self) -> [&'static str; 3] {
        match self {
            Self::FutureTransaction => {
                ["future_transaction", "transactions.csv", "event_ts 400 days after the last month"]
            }
            Self::UnknownCustomer => {
                ["unknown_customer", "balances.csv", "cust_id is not in customers.csv"]
            }
            Self::DuplicateMonth => {
                ["duplicate_month", "balances.csv", "a second row of the same customer and month"]
            }
            Self::NegativeTenure => {
                ["negative_tenure", "customers.csv", "open_date after all events of the customer"]
            }
            Self::SecondCurrency => {
                ["second_currency", "transactions.csv", "amount and currency in USD"]
            }
            Self::UnparseableDate => {
                ["unparseable_date", "transactions.csv", "event_ts on the 31st of February"]
            }
            Self::UnparseableAmount => {
                ["unparseable_amount", "transactions.csv", "amount is not a number"]
            }
            Self::MissingId => ["missing_id", "transactions.csv", "cust_id is empty"],
        }
    }

    /// The dirt of a customer, of whom one in fifty has some.
    pub(super) fn of(key: u64) -> Option<Self> {
        let place = Stream::new(key, 2).bits() % 400;
        Self::ALL.get(place as usize).copied()
    }
}
