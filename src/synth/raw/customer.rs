//! What a customer of the raw bank is from the first day.

use super::{
    super::{draw::Stream, row},
    branch::Branch,
};
use crate::units::{Day, Seed};

/// Where regular pay comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Pension,
    Enterprise,
}

/// Regular pay into the account.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pay {
    pub source: Source,
    /// The number of the payer: employers from 1, 0 is the pension office.
    pub payer: u64,
    /// Day of the month.
    pub day: u32,
    /// Cents a month.
    pub cents: i64,
    /// The share that goes to an account of the same name at another bank within 5 days.
    pub share: f64,
}

/// The group that the effects of contacts were planted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    Digital,
    Counter,
    Hunter,
}

impl Group {
    pub(super) const ALL: [Self; 3] = [Self::Digital, Self::Counter, Self::Hunter];

    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Digital => "digital",
            Self::Counter => "counter",
            Self::Hunter => "hunter",
        }
    }
}

/// How the bank stands to the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Ordinary,
    Employee,
    /// Under orders of a court.
    Judicial,
}

/// What a customer is from the first day.
#[derive(Debug, Clone)]
pub(super) struct Customer {
    pub key: u64,
    pub id: Vec<u8>,
    pub branch: &'static Branch,
    pub sub_branch: u8,
    pub manager: Option<u64>,
    pub birth: Day,
    pub gender: &'static str,
    pub channel: &'static str,
    pub product: &'static str,
    pub occupation: &'static str,
    /// 1..=5
    pub risk: u8,
    /// Marketing, profiling, data from elsewhere.
    pub consent: [bool; 3],
    pub do_not_disturb: Option<i32>,
    /// Phone, text message, e-mail, WeChat, app.
    pub reachable: [bool; 5],
    /// Days after the opening at which the contact details were verified.
    pub verified_after: i32,
    pub standing: Standing,
    pub digital: f64,
    pub group: Group,
    /// Takes part in the contact programme.
    pub programme: bool,
    pub pay: Option<Pay>,
    /// Mean days between two days of activity.
    pub gap: f64,
    /// Cents on demand that the customer tends to keep.
    pub demand: f64,
    /// Cents of a usual purchase.
    pub spend: f64,
    /// Cents of all assets, at the opening.
    pub wealth: f64,
    /// Opens what the bank sends with this probability.
    pub openness: f64,
    pub answers: bool,
    pub mood: f64,
    pub habit: usize,
}

/// What earns points.
pub(super) const BEHAVIOURS: [&str; 6] = ["login", "transfer", "bill", "invite", "wealth", "game"];

impl Customer {
    /// A customer with a number, drawn from its own key.
    pub(super) fn draw(seed: Seed, number: u64, width: usize, customers: u64, year: i32) -> Self {
        let key = seed.hash("raw customer", &number.to_le_bytes());
        let mut stream = Stream::new(key, 1);
        let s = &mut stream;
        let branch = Branch::draw(s);
        let age = match s.choice(&[0.6, 0.25, 0.15]) {
            0 => 34.0 + 9.0 * s.noise(),
            1 => 52.0 + 7.0 * s.noise(),
            _ => 69.0 + 6.0 * s.noise(),
        }
        .clamp(18.0, 92.0);
        let digital = ((60.0 - age) / 45.0 + 0.3 + 0.2 * s.noise()).clamp(0.02, 0.98);
        let group = match (s.happens(0.08), digital > 0.5) {
            (true, _) => Group::Hunter,
            (false, true) => Group::Digital,
            (false, false) => Group::Counter,
        };
        let hunter = group == Group::Hunter;
        let pay = if hunter { None } else { draw_pay(s, seed, age, customers) };
        let wealth = draw_wealth(s, age);
        let wealth = if hunter { 0.06 * wealth.min(3e6) } else { wealth };
        let born = f64::from(year) - age;
        let birth = Day::from_ymd(born.floor() as i32, 1 + s.choice(&[1.0; 12]) as u32, 1);
        let birth = Day(birth.map_or(0, |day| day.0) + s.choice(&[1.0; 28]) as i32);
        let mut id = Vec::new();
        row::padded(&mut id, number + 1, width);
        Self {
            id,
            branch,
            sub_branch: 1 + s.choice(&[0.5, 0.3, 0.2]) as u8,
            manager: s.happens(0.6).then(|| s.bits() % 12 + 1),
            birth,
            gender: ["F", "M", ""][s.choice(&[0.51, 0.48, 0.01])],
            channel: draw_channel(s, pay.is_some(), hunter),
            product: draw_product(s, pay.is_some(), hunter),
            occupation: draw_occupation(s, pay),
            risk: 1 + s.choice(&[0.2, 0.3, 0.28, 0.15, 0.07]) as u8,
            consent: [s.happens(0.85), s.happens(0.9), s.happens(0.6)],
            do_not_disturb: s.happens(0.02).then(|| s.choice(&[1.0; 400]) as i32),
            reachable: [0.93, 0.95, 0.5, 0.2 + 0.6 * digital, digital].map(|p| s.happens(p)),
            verified_after: s.choice(&[1.0; 500]) as i32,
            standing: [Standing::Ordinary, Standing::Employee, Standing::Judicial]
                [s.choice(&[0.991, 0.006, 0.003])],
            digital,
            group,
            programme: s.happens(0.7),
            gap: branch.tempo * (2.65 + 0.5 * s.noise() - 0.5 * digital).exp(),
            demand: wealth * (0.3 + 0.12 * s.noise()).clamp(0.05, 0.8),
            spend: 100.0 * (4.6 + 0.6 * s.noise()).exp() * if hunter { 0.1 } else { 1.0 },
            wealth,
            openness: (0.08 + 0.5 * s.uniform() * (0.4 + digital)).clamp(0.0, 0.9),
            answers: s.happens(0.25),
            mood: 4.1 + 0.6 * s.noise(),
            habit: if hunter { 5 } else { s.choice(&[0.3, 0.2, 0.25, 0.05, 0.12, 0.08]) },
            pay,
            key,
        }
    }

    /// Whether the customer is active for the sake of promotions.
    pub(super) fn hunts(&self) -> bool {
        self.group == Group::Hunter
    }
}

fn draw_pay(stream: &mut Stream, seed: Seed, age: f64, customers: u64) -> Option<Pay> {
    let (pension, enterprise) = if age >= 60.0 { (0.5, 0.02) } else { (0.0, 0.4) };
    let source = match stream.choice(&[pension, enterprise, 1.0 - pension - enterprise]) {
        0 => Source::Pension,
        1 => Source::Enterprise,
        _ => return None,
    };
    let leaks = stream.happens(0.3);
    let share = if leaks { 0.74 + 0.2 * stream.uniform() } else { 0.45 * stream.uniform() };
    let level = if source == Source::Pension { 8.0 } else { 8.7 };
    let cents = (100.0 * (level + 0.35 * stream.noise()).exp()).round() as i64;
    let payer = match source {
        Source::Pension => 0,
        Source::Enterprise => 1 + (stream.uniform().powi(2) * payers(customers) as f64) as u64,
    };
    let day = 5 + (seed.hash("pay day", &payer.to_le_bytes()) % 16) as u32;
    Some(Pay { source, payer, day, cents, share })
}

/// How many employers pay through a bank of this size.
pub(super) fn payers(customers: u64) -> u64 {
    customers / 60 + 5
}

/// Cents: lognormal in the middle, Pareto (exponent 1.7) at the top.
fn draw_wealth(stream: &mut Stream, age: f64) -> f64 {
    let middle = 100.0 * (10.0 + 0.02 * (age - 40.0) + 1.2 * stream.noise()).exp();
    let tail = (1.0 - stream.uniform()).powf(-1.0 / 1.7);
    if stream.happens(0.06) { 3.0 * middle * tail.min(100.0) } else { middle }
}

fn draw_channel(stream: &mut Stream, paid: bool, hunter: bool) -> &'static str {
    let names = ["branch", "app", "payroll", "toll_card", "referral", "campaign"];
    let weights = match (paid, hunter) {
        (true, _) => [0.2, 0.08, 0.6, 0.03, 0.06, 0.03],
        (false, true) => [0.05, 0.3, 0.0, 0.05, 0.1, 0.5],
        (false, false) => [0.4, 0.25, 0.0, 0.13, 0.12, 0.1],
    };
    names[stream.choice(&weights)]
}

fn draw_product(stream: &mut Stream, paid: bool, hunter: bool) -> &'static str {
    let names = ["deposit", "card", "payroll", "etc", "wealth", "loan"];
    let weights = match (paid, hunter) {
        (true, _) => [0.15, 0.15, 0.6, 0.03, 0.05, 0.02],
        (false, true) => [0.1, 0.8, 0.0, 0.05, 0.05, 0.0],
        (false, false) => [0.4, 0.25, 0.0, 0.15, 0.12, 0.08],
    };
    names[stream.choice(&weights)]
}

fn draw_occupation(stream: &mut Stream, pay: Option<Pay>) -> &'static str {
    match pay.map(|pay| pay.source) {
        Some(Source::Pension) => "retired",
        Some(Source::Enterprise) => {
            ["worker", "clerk", "teacher", "engineer", "nurse"][stream.choice(&[1.0; 5])]
        }
        None => ["trader", "farmer", "driver", "student", "none", ""][stream.choice(&[1.0; 6])],
    }
}
