//! Who the customer is.

use super::{Family, Rows, Spec, Unit, View, spec};
use crate::history::{people::FLAGS, records::NEVER};

pub(super) const FAMILY: Family =
    Family { title: "Customer", columns: COLUMNS, can: |_| true, fill };

const COLUMNS: &[Spec] = &[
    spec("customer_id", Unit::Text, "the id as given"),
    spec("as_of", Unit::Date, "date of the snapshot"),
    spec("org_hq", Unit::Text, "head office"),
    spec("branch", Unit::Text, "branch"),
    spec("sub_branch", Unit::Text, "sub-branch"),
    spec("acq_channel", Unit::Text, "channel by which the customer came"),
    spec("acq_product", Unit::Text, "product with which the customer came"),
    spec("occupation", Unit::Text, "occupation"),
    spec("gender", Unit::Text, "gender"),
    spec("age_years", Unit::Years, "years since the birth date, with a fraction"),
    spec("birthday_in_days", Unit::Days, "days until the next birthday, 0 to 365"),
    spec(
        "tenure_days",
        Unit::Days,
        "days since the account opened, or since the first event if earlier",
    ),
    spec("contact_verified_days", Unit::Days, "days since the contact details were last verified"),
    // Attributes without a date of their own: given only in snapshots whose outcome is not known yet,
    // since their present state may be a consequence of it.
    spec("manager_id", Unit::Text, "manager; today's snapshots only"),
    spec("risk_level", Unit::Text, "risk level of the customer, C1 to C5; today's snapshots only"),
    spec("account_status", Unit::Text, "status; today's snapshots only"),
    spec("dnd_until", Unit::Date, "do not disturb until; today's snapshots only"),
    spec("consent_marketing", Unit::Flag, "consents to marketing; today's snapshots only"),
    spec("consent_profiling", Unit::Flag, "consents to profiling; today's snapshots only"),
    spec("consent_external", Unit::Flag, "consents to outside data; today's snapshots only"),
    spec("contact_ok_phone", Unit::Flag, "can be reached by phone; today's snapshots only"),
    spec("contact_ok_sms", Unit::Flag, "can be reached by text message; today's snapshots only"),
    spec("contact_ok_email", Unit::Flag, "can be reached by e-mail; today's snapshots only"),
    spec("contact_ok_wechat", Unit::Flag, "can be reached by WeChat; today's snapshots only"),
    spec("contact_ok_app", Unit::Flag, "can be reached by the app; today's snapshots only"),
    spec("employee_flag", Unit::Flag, "works for the bank; today's snapshots only"),
    spec(
        "stage",
        Unit::Text,
        "prospect: no transaction yet; sleep: dormant; decline: the 90-day rate at most .7 of that of the 275 days before, of 3 or more transactions; introduction, growth, maturity: tenure up to 30, 180, more days",
    ),
    spec(
        "quiet_days",
        Unit::Days,
        "days since the last voluntary transaction; since the opening where there is none",
    ),
    spec("dormancy_threshold_days", Unit::Days, "quiet days beyond which this customer is dormant"),
    spec(
        "dormant",
        Unit::Flag,
        "quiet for longer than the threshold, with the least balance, and not spared",
    ),
    spec("dormant_legal", Unit::Flag, "dormant by a rule of law or contract"),
];

fn fill(view: &View<'_>, rows: &mut Rows) {
    let customer = view.customer();
    rows.text(Some(view.history.ids.get(view.person.place)));
    rows.day(Some(view.as_of.0));
    for name in
        ["org_hq", "branch", "sub_branch", "acq_channel", "acq_product", "occupation", "gender"]
    {
        rows.text(view.word(name));
    }
    let birth = Some(customer.birth).filter(|birth| *birth <= view.limit);
    rows.number(birth.map(|birth| f64::from(view.since(birth)) / 365.25));
    rows.count(birth.map(|birth| days_to_birthday(birth, view.as_of.0)));
    rows.count(view.open.map(|open| view.since(open)));
    let verified = Some(customer.verified).filter(|day| *day <= view.limit);
    rows.count(verified.map(|day| view.since(day)));
    let today = !view.history.maturity(view.as_of).mature;
    for name in ["manager_id", "risk_level", "status"] {
        rows.text(view.word(name).filter(|_| today));
    }
    rows.day(Some(customer.dnd_until).filter(|day| today && *day != NEVER));
    for flag in 0..FLAGS.len() {
        rows.flag(customer.flag(flag).filter(|_| today));
    }
    rows.text(Some(stage(view)));
    rows.count(view.quiet_days());
    rows.count(Some(view.standing.threshold));
    rows.flag(Some(view.standing.dormant));
    rows.flag(Some(view.standing.legal));
}

/// Days until the next birthday; 29 February is kept on 1 March in other years.
fn days_to_birthday(birth: i32, today: i32) -> i32 {
    use crate::units::Day;
    let (year, _, _) = Day(today).ymd();
    let (_, month, day) = Day(birth).ymd();
    let in_year = |year| {
        Day::from_ymd(year, month, day).or_else(|| Day::from_ymd(year, 3, 1)).map(|day| day.0)
    };
    [year, year + 1]
        .into_iter()
        .filter_map(in_year)
        .find(|next| *next >= today)
        .map_or(0, |next| next - today)
}

fn stage(view: &View<'_>) -> &'static str {
    if view.last.is_none() {
        return "prospect";
    }
    if view.standing.dormant {
        return "sleep";
    }
    let tenure = view.open.map_or(0, |open| view.since(open));
    if tenure <= 30 {
        return "introduction";
    }
    let (recent, before) = super::activity::two_rates(view);
    if before.count >= 3 && recent.rate() <= 0.7 * before.rate() {
        return "decline";
    }
    if tenure <= 180 { "growth" } else { "maturity" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Day;

    #[test]
    fn birthdays_come_round() {
        let days = |birth: &str, today: &str| {
            days_to_birthday(Day::parse(birth).unwrap().0, Day::parse(today).unwrap().0)
        };
        assert_eq!(days("1980-03-31", "2026-03-31"), 0);
        assert_eq!(days("1980-03-30", "2026-03-31"), 364);
        assert_eq!(days("1980-02-29", "2026-02-28"), 1);
        assert_eq!(days("1980-02-29", "2028-02-28"), 1);
    }
}
