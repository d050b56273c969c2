//! How much of the activity is bought.

use super::{Family, Rows, Spec, Unit, View, change, share, spec};
use crate::history::{schema::RawTable, view::known};

pub(super) const FAMILY: Family = Family {
    title: "Promotion",
    columns: COLUMNS,
    can: |history| {
        history.has_field(RawTable::Transactions, "promo")
            || history.has_field(RawTable::Products, "promo_end")
    },
    fill,
};

const COLUMNS: &[Spec] = &[
    spec(
        "promo_share_365d",
        Unit::Share,
        "share of voluntary transactions within a promotion, in 365 days",
    ),
    spec(
        "post_promo_drop",
        Unit::Ratio,
        "AUM 60 days after the last promotion of a product held ended ÷ AUM at its end − 1",
    ),
];

fn fill(view: &View<'_>, rows: &mut Rows) {
    let [.., year] = &view.windows;
    let marked = view.history.has_field(RawTable::Transactions, "promo");
    rows.number(share(year.in_promotion, year.count).filter(|_| marked));
    let ended = known(view.person.products, view.limit)
        .filter(|product| product.promo == 1 && product.promo_end <= view.limit - 60)
        .map(|product| product.promo_end)
        .max();
    let near = |day: i32| {
        let nearest = view.balances.iter().min_by_key(|b| ((b.day - day).abs(), b.day))?;
        ((nearest.day - day).abs() <= 20).then_some(nearest.aum)
    };
    rows.number(ended.and_then(|end| change(near(end)?, near(end + 60)?)));
}
