//! What is kept of a raw row: some tens of bytes, dated and known from a day on.

/// A day that is not known.
pub(super) const NEVER: i32 = i32::MAX;

/// A dated record of a customer that can be put aside as bytes.
pub(super) trait Record: Copy + Send + Sync {
    /// Bytes of one record.
    const SIZE: usize;
    /// The day it is about.
    fn day(&self) -> i32;
    /// The day from which it is known.
    fn known(&self) -> i32;
    /// Appends its bytes.
    fn put(&self, bytes: &mut Vec<u8>);
    /// Reads it back from exactly its bytes.
    fn get(bytes: &[u8]) -> Self;
}

macro_rules! records {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Default)]
        pub(super) struct $name {
            /// The day it is about.
            pub day: i32,
            /// The day from which it is known.
            pub known: i32,
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl Record for $name {
            const SIZE: usize = 8 $(+ size_of::<$type>())*;

            fn day(&self) -> i32 {
                self.day
            }

            fn known(&self) -> i32 {
                self.known
            }

            fn put(&self, bytes: &mut Vec<u8>) {
                // All at once: the room is looked for but once.
                let mut record = [0; Self::SIZE];
                let rest = give(&mut record, self.day.to_le_bytes());
                let rest = give(rest, self.known.to_le_bytes());
                $(let rest = give(rest, self.$field.to_le_bytes());)*
                debug_assert!(rest.is_empty());
                bytes.extend_from_slice(&record);
            }

            fn get(bytes: &[u8]) -> Self {
                let mut rest = bytes;
                Self {
                    day: i32::from_le_bytes(take(&mut rest)),
                    known: i32::from_le_bytes(take(&mut rest)),
                    $($field: <$type>::from_le_bytes(take(&mut rest)),)*
                }
            }
        }
    )*};
}

/// The next bytes; zeros where there are none.
fn take<const N: usize>(rest: &mut &[u8]) -> [u8; N] {
    let mut taken = [0; N];
    if let Some((head, tail)) = rest.split_first_chunk::<N>() {
        taken = *head;
        *rest = tail;
    }
    taken
}

/// Writes bytes to the front where there is room for them; gives what is left.
fn give<const N: usize>(room: &mut [u8], bytes: [u8; N]) -> &mut [u8] {
    match room.split_first_chunk_mut::<N>() {
        Some((head, tail)) => {
            *head = bytes;
            tail
        }
        None => &mut [],
    }
}

records! {
    /// A transaction.
    Txn {
        /// Ten-thousandths, not negative; [`NO_AMOUNT`](super::codes::NO_AMOUNT) if not known.
        amount: i64,
        payer: u32,
        currency: u32,
        /// Of [`txn`].
        bits: u16,
        channel: u8,
    }
    /// Balances at a month's end; NaN where not known.
    Balance {
        aum: f64,
        aum_mean: f64,
        demand: f64,
        loan: f64,
        maturity_day: i32,
        maturity_amount: f64,
        rate_paid: f64,
        market_rate: f64,
        currency: u32,
        product: u32,
    }
    /// A product, from its opening on.
    Product {
        close: i32,
        promo_end: i32,
        /// 1 while sold in a promotion.
        promo: u8,
        family: u8,
    }
    /// A contact of the bank. Flags: 0 no, 1 yes, 2 not known.
    Contact {
        channel: u8,
        delivered: u8,
        opened: u8,
        clicked: u8,
        answered: u8,
        refused: u8,
        unsubscribed: u8,
        holdout: u8,
    }
    /// A movement of points, or a benefit.
    Benefit {
        points: f64,
        expiry: i32,
        behaviour: u32,
        /// Of [`benefit`].
        kind: u8,
    }
    /// An answer, a complaint or a visit; NaN where not known.
    Feedback {
        csat: f64,
        nps: f64,
        wait: f64,
        social: f64,
        complaint: u32,
    }
    /// A salary or a pension.
    Pay {
        amount: i64,
        payer: u32,
        /// Of [`pay`].
        source: u8,
    }
}

/// What the bits of a transaction say.
pub(super) mod txn {
    /// Made by the customer's own will.
    pub(in crate::history) const VOLUNTARY: u16 = 1;
    pub(in crate::history) const IN: u16 = 2;
    pub(in crate::history) const OUT: u16 = 4;
    /// Begun by the customer, as the file says.
    pub(in crate::history) const BY_CUSTOMER: u16 = 8;
    /// Begun by the bank or a system, as the file says.
    pub(in crate::history) const BY_BANK: u16 = 16;
    /// To an account of the same name at another bank.
    pub(in crate::history) const TO_OTHER_BANK: u16 = 32;
    pub(in crate::history) const IN_PROMOTION: u16 = 64;
    pub(in crate::history) const SALARY: u16 = 128;
    pub(in crate::history) const PENSION: u16 = 256;
}

/// Kinds of movements of points and benefits.
pub(super) mod benefit {
    pub(in crate::history) const EARN: u8 = 1;
    pub(in crate::history) const REDEEM: u8 = 2;
    pub(in crate::history) const EXPIRE: u8 = 3;
    pub(in crate::history) const OFFERED: u8 = 4;
    pub(in crate::history) const REACHED: u8 = 5;
    pub(in crate::history) const USED: u8 = 6;
}

/// Sources of pay.
pub(super) mod pay {
    pub(in crate::history) const ENTERPRISE: u8 = 1;
    pub(in crate::history) const PENSION: u8 = 2;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_record_reads_back(day: i32, known: i32, amount: i64, payer: u32, bits: u16, channel: u8) {
            let record = Txn { day, known, amount, payer, currency: 7, bits, channel };
            let mut bytes = Vec::new();
            record.put(&mut bytes);
            prop_assert_eq!(bytes.len(), Txn::SIZE);
            prop_assert_eq!(Txn::get(&bytes), record);
        }
    }
}
