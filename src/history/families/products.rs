//! What the customer holds.

use super::{Family, Rows, Spec, Unit, View, spec};
use crate::history::{
    codes,
    schema::RawTable,
    view::{by, known},
};

pub(super) const FAMILY: Family = Family {
    title: "Products",
    columns: COLUMNS,
    can: |history| history.has(RawTable::Products),
    fill,
};

const COLUMNS: &[Spec] = &[
    spec("product_count", Unit::Count, "products held"),
    spec("product_families", Unit::Count, "different families held"),
    spec("family_held_deposit", Unit::Flag, "holds a deposit"),
    spec("family_held_wealth", Unit::Flag, "holds a wealth product"),
    spec("family_held_fund", Unit::Flag, "holds a fund"),
    spec("family_held_insurance", Unit::Flag, "holds an insurance"),
    spec("family_held_metal", Unit::Flag, "holds precious metal"),
    spec("family_held_loan", Unit::Flag, "has a loan"),
    spec("family_held_card", Unit::Flag, "holds a credit card"),
    spec("days_since_new_product", Unit::Days, "days since the last product was opened"),
    spec("products_closed_365d", Unit::Count, "products closed in 365 days"),
];

fn fill(view: &View<'_>, rows: &mut Rows) {
    let mut held = [0; codes::Family::ALL.len()];
    let (mut newest, mut closed) = (None, 0);
    for product in known(view.person.products, view.limit) {
        newest = Some(product.day);
        if by(product.close, view.limit) {
            closed += i32::from(product.close > view.limit - 365);
        } else {
            held[usize::from(product.family)] += 1;
        }
    }
    rows.count(Some(held.iter().sum()));
    rows.count(Some(held.iter().filter(|count| **count > 0).count() as i32));
    for family in codes::Family::ALL {
        if family != codes::Family::Other {
            rows.flag(Some(held[usize::from(family.code())] > 0));
        }
    }
    rows.count(newest.map(|day| view.since(day)));
    rows.count(Some(closed));
}
