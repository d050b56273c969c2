//! What a customer is from the first day: home branch, age, wealth, habits.

use super::draw::Stream;

/// The five regions; a branch belongs to the one of its number.
pub(super) const REGIONS: [&str; 5] = ["north", "east", "south", "west", "centre"];
/// How many branches the bank has.
pub(super) const BRANCHES: u32 = 40;

/// A category of a person, with the names it is written by.
macro_rules! levels {
    ($(#[$doc:meta])* $name:ident { $($level:ident $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum $name { $($level,)* }

        impl $name {
            pub(super) const ALL: &[Self] = &[$(Self::$level,)*];

            pub(super) fn text(self) -> &'static str {
                match self { $(Self::$level => $text,)* }
            }

            /// One of the levels, in the proportion of the weights.
            fn draw(stream: &mut Stream, weights: &[f64]) -> Option<Self> {
                Self::ALL.get(stream.choice(weights)).copied()
            }
        }
    };
}

levels! {
    /// The segment that the bank gave at the opening.
    Segment { Mass "mass", Affluent "affluent", Private "private", }
}
levels! {
    /// How the customer came to the bank.
    Channel {
        Branch "branch", App "app", Payroll "payroll", TollCard "toll_card",
        Referral "referral", Campaign "campaign",
    }
}
levels! {
    /// The regular income that is paid in.
    Payroll { Enterprise "enterprise", Pension "pension", None "none", }
}

/// What a customer is from the first day.
#[derive(Debug, Clone)]
pub(super) struct Person {
    /// 1..=40.
    pub branch: u32,
    pub segment: Segment,
    /// Age in months at the first month of the simulation.
    pub age_months: u32,
    pub age_known: bool,
    pub gender: &'static str,
    pub channel: Channel,
    pub payroll: Payroll,
    pub risk_level: &'static str,
    /// The assets that the person tends to hold.
    pub wealth: f64,
    /// Transactions a month at the usual rhythm.
    pub rhythm: f64,
    /// Share of the transactions at a counter.
    pub counter: f64,
    /// Inclination to use the app, 0..1.
    pub digital: f64,
    /// Share of the bank's messages that are opened.
    pub openness: f64,
    /// Share of the income that leaves within days.
    pub passthrough: f64,
    /// Share of the assets on demand accounts.
    pub demand: f64,
    pub answers_surveys: bool,
    /// What makes this person content, in points of the survey.
    pub mood: f64,
}

impl Person {
    /// A person drawn from the stream.
    pub(super) fn draw(stream: &mut Stream) -> Self {
        let age = draw_age(stream);
        let segment = Segment::draw(stream, &[0.78, 0.18, 0.04]).unwrap_or(Segment::Mass);
        let payroll = draw_payroll(stream, age);
        let channel = draw_channel(stream, payroll);
        let young = ((55.0 - age) / 35.0).clamp(0.0, 1.0);
        let digital = (0.15 + 0.7 * young + 0.18 * stream.noise()).clamp(0.0, 1.0);
        let income = if payroll == Payroll::None { 0.0 } else { 0.45 };
        let rhythm = (1.35 + 0.6 * digital + income + 0.6 * stream.noise()).exp();
        Self {
            branch: 1 + (stream.uniform().powf(1.5) * f64::from(BRANCHES)) as u32,
            segment,
            age_months: (age * 12.0) as u32,
            age_known: !stream.happens(0.02),
            gender: ["F", "M", ""][stream.choice(&[0.51, 0.48, 0.01])],
            channel,
            payroll,
            risk_level: ["C1", "C2", "C3", "C4", "C5", ""]
                [stream.choice(&[0.18, 0.27, 0.25, 0.14, 0.06, 0.10])],
            wealth: draw_wealth(stream, segment, age),
            rhythm,
            counter: (0.75 - 0.75 * digital + 0.2 * stream.noise()).clamp(0.0, 1.0),
            digital,
            openness: (0.1 + 0.5 * stream.uniform() * (0.4 + digital)).clamp(0.0, 0.9),
            passthrough: (0.45 + 0.28 * stream.noise()).clamp(0.0, 1.0),
            demand: (0.45 + 0.25 * stream.noise()).clamp(0.03, 1.0),
            answers_surveys: stream.happens(0.22),
            mood: 4.1 + 0.6 * stream.noise() - grudge(stream),
        }
    }

    /// How much worse than usual the home branch serves: 0, or 1 for the three poor branches.
    pub(super) fn branch_trouble(&self) -> f64 {
        if matches!(self.branch, 7 | 19 | 28) { 1.0 } else { 0.0 }
    }

    /// The region of the home branch.
    pub(super) fn region(&self) -> &'static str {
        REGIONS[self.branch as usize % REGIONS.len()]
    }
}

fn grudge(stream: &mut Stream) -> f64 {
    if stream.happens(0.08) { 1.5 } else { 0.0 }
}

fn draw_age(stream: &mut Stream) -> f64 {
    let age = match stream.choice(&[0.55, 0.30, 0.15]) {
        0 => 36.0 + 9.0 * stream.noise(),
        1 => 55.0 + 8.0 * stream.noise(),
        _ => 71.0 + 7.0 * stream.noise(),
    };
    age.clamp(18.0, 92.0)
}

fn draw_payroll(stream: &mut Stream, age: f64) -> Payroll {
    let weights = if age >= 60.0 { [0.03, 0.52, 0.45] } else { [0.38, 0.01, 0.61] };
    Payroll::draw(stream, &weights).unwrap_or(Payroll::None)
}

fn draw_channel(stream: &mut Stream, payroll: Payroll) -> Channel {
    let weights = match payroll {
        Payroll::Enterprise => [0.12, 0.10, 0.62, 0.04, 0.07, 0.05],
        Payroll::Pension => [0.40, 0.03, 0.45, 0.02, 0.05, 0.05],
        Payroll::None => [0.32, 0.22, 0.0, 0.18, 0.12, 0.16],
    };
    Channel::draw(stream, &weights).unwrap_or(Channel::Branch)
}

/// Lognormal in the middle, Pareto (exponent 1.7) at the top.
fn draw_wealth(stream: &mut Stream, segment: Segment, age: f64) -> f64 {
    let level = match segment {
        Segment::Mass => 9.2,
        Segment::Affluent => 11.2,
        Segment::Private => 12.9,
    };
    let middle = (level + 0.012 * (age - 40.0) + 0.9 * stream.noise()).exp();
    let tail = (1.0 - stream.uniform()).powf(-1.0 / 1.7);
    if stream.happens(0.06) { middle * tail.min(200.0) } else { middle }
}
