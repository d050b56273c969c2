//! What came before the silence: evidence for a cause, never certainty.

use super::{Family, Rows, Spec, Unit, View, spec};
use crate::history::{codes::money, records::txn, schema::RawTable, view::known};

pub(super) const FAMILY: Family = Family {
    title: "Causes",
    columns: COLUMNS,
    can: |history| history.has(RawTable::Transactions),
    fill,
};

const COLUMNS: &[Spec] = &[
    spec(
        "outflow_before_silence",
        Unit::Share,
        "share of what went out in the 90 days up to the last voluntary transaction that went to the customer's own accounts at other banks",
    ),
    spec(
        "complaint_before_silence",
        Unit::Flag,
        "a complaint in the 90 days up to the last voluntary transaction, or in the 30 days after it",
    ),
];

fn fill(view: &View<'_>, rows: &mut Rows) {
    let marked = view.history.has_field(RawTable::Transactions, "same_name_other_bank");
    rows.number(view.last.filter(|_| marked).and_then(|last| {
        let start = view.person.txns.partition_point(|t| t.day <= last - 90);
        let before = || {
            known(&view.person.txns[start..], view.limit)
                .filter(move |t| t.day <= last && t.bits & txn::OUT != 0)
        };
        let sum = |txns: &mut dyn Iterator<Item = i64>| money(txns.fold(0, i64::saturating_add));
        let out = sum(&mut before().map(|t| view.units(t)));
        let away = before().filter(|t| t.bits & txn::TO_OTHER_BANK != 0);
        let away = sum(&mut away.map(|t| view.units(t)));
        (out > 0.0).then(|| away / out)
    }));
    let asked = view.history.has(RawTable::Feedback);
    rows.flag(view.last.filter(|_| asked).map(|last| {
        known(view.person.feedback, view.limit)
            .any(|f| f.complaint != 0 && f.day > last - 90 && f.day <= last + 30)
    }));
}
