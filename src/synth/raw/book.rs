//! What a customer holds, in cents, and the contracts.

use super::super::draw::Stream;
use super::{
    bank::{Month, promotion},
    customer::Customer,
    dirt::Kind,
    life::{Life, State},
    rows::{File, Rows, load_day},
};

/// A contract.
#[derive(Debug, Clone, Copy)]
struct Product {
    family: &'static str,
    risk: u8,
    open: i32,
    close: Option<i32>,
    promo_end: Option<i32>,
}

/// A term deposit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Term {
    pub cents: i64,
    pub due: i32,
    pub months: i32,
    product: usize,
}

/// What a customer holds, in cents.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub demand: i64,
    pub term: Option<Term>,
    pub wealth: i64,
    pub fund: i64,
    pub insurance: i64,
    pub metal: i64,
    pub loan: i64,
    /// Assets at the last month's end.
    before: i64,
    products: Vec<Product>,
}

/// Months a term deposit may run.
const TERMS: [i32; 3] = [3, 6, 12];

impl Book {
    /// What the customer holds when the files begin, or when the account is opened.
    pub(super) fn open(
        who: &Customer,
        opened: i32,
        state: &State,
        first: i32,
        stream: &mut Stream,
    ) -> Self {
        let mut book = Self::default();
        book.hold("deposit", 1, opened, stream);
        if matches!(state, State::Prospect) {
            return book;
        }
        let old = opened < first;
        if stream.happens(0.7) {
            book.hold("card", 1, opened, stream);
        }
        if who.product == "etc" {
            book.hold("etc", 1, opened, stream);
        }
        if matches!(state, State::Quiet(quiet) if quiet.took) {
            book.demand = (who.demand * 0.04 * stream.uniform()) as i64;
            book.before = book.demand;
            return book;
        }
        if !old {
            // A newcomer's money comes with the first transactions.
            return book;
        }
        book.demand = (who.demand * (0.6 + 0.8 * stream.uniform())) as i64;
        let rest = (who.wealth - who.demand).max(0.0);
        let start = |stream: &mut Stream| opened.max(first - stream.choice(&[1.0; 600]) as i32);
        if stream.happens(0.5) {
            let since = start(stream);
            let due = first + 5 + stream.choice(&[1.0; 330]) as i32;
            book.deposit((rest * 0.5) as i64, since, due, 12, stream);
        }
        for (family, share, chance) in [
            ("wealth", 0.3, 0.25),
            ("fund", 0.12, 0.15),
            ("insurance", 0.1, 0.12),
            ("metal", 0.05, 0.05),
        ] {
            if stream.happens(chance) {
                let risk = 1 + stream.choice(&[0.2, 0.4, 0.3, 0.1]) as u8;
                let since = start(stream);
                book.hold(family, risk, since, stream);
                let cents = (rest * share) as i64;
                match family {
                    "wealth" => book.wealth = cents,
                    "fund" => book.fund = cents,
                    "insurance" => book.insurance = cents,
                    _ => book.metal = cents,
                }
            }
        }
        if stream.happens(0.09) {
            let since = start(stream);
            book.hold("loan", 1, since, stream);
            book.loan = 2_000_000 + (10_000_000.0 * stream.uniform()) as i64;
        }
        book.before = book.assets();
        book
    }

    fn hold(&mut self, family: &'static str, risk: u8, open: i32, stream: &mut Stream) -> usize {
        let promoted = promotion(open) && stream.happens(0.5);
        let promo_end = promoted.then_some(open + 60);
        self.products.push(Product { family, risk, open, close: None, promo_end });
        self.products.len() - 1
    }

    fn deposit(&mut self, cents: i64, since: i32, due: i32, months: i32, stream: &mut Stream) {
        if cents >= 100_000 {
            let product = self.hold("deposit", 1, since, stream);
            self.term = Some(Term { cents, due, months, product });
        }
    }

    /// Puts money of the demand account into a new term deposit; `None` where it is too little.
    pub(super) fn save(&mut self, cents: i64, day: i32, stream: &mut Stream) -> Option<i64> {
        let months = TERMS[stream.choice(&[0.3, 0.4, 0.3])];
        if cents < 100_000 || cents > self.demand || self.term.is_some() {
            return None;
        }
        self.deposit(cents, day, day + months * 61 / 2, months, stream);
        self.demand -= cents;
        Some(cents)
    }

    /// Ends the term deposit and returns its money, which the caller books.
    pub(super) fn end_term(&mut self, day: i32) -> i64 {
        let Some(term) = self.term.take() else { return 0 };
        if let Some(product) = self.products.get_mut(term.product) {
            product.close = Some(day);
        }
        term.cents
    }

    /// Notes a wealth product that is bought; one contract is enough.
    pub(super) fn buy(&mut self, cents: i64, day: i32, stream: &mut Stream) {
        let held = self.products.iter().any(|p| p.family == "wealth" && p.close.is_none());
        if !held {
            let risk = 1 + stream.choice(&[0.2, 0.4, 0.3, 0.1]) as u8;
            self.hold("wealth", risk, day, stream);
        }
        self.wealth += cents;
    }

    /// Sells all wealth products and returns their money, which the caller books.
    pub(super) fn sell(&mut self, day: i32) -> i64 {
        for product in &mut self.products {
            if product.family == "wealth" && product.close.is_none() {
                product.close = Some(day);
            }
        }
        std::mem::take(&mut self.wealth)
    }

    pub(super) fn close(&mut self, day: i32) {
        for product in &mut self.products {
            product.close = product.close.or(Some(day));
        }
    }

    /// All assets, without loans.
    pub(super) fn assets(&self) -> i64 {
        let term = self.term.map_or(0, |term| term.cents);
        self.demand + term + self.wealth + self.fund + self.insurance + self.metal
    }

    /// A month passes: values move, and a term deposit that nobody looked after is renewed.
    fn pass(&mut self, month: Month, stream: &mut Stream) {
        let mood = 0.004 + 0.03 * stream.noise();
        self.fund = ((self.fund as f64) * (1.0 + mood)).round().max(0.0) as i64;
        self.metal =
            ((self.metal as f64) * (1.004 + 0.02 * stream.noise())).round().max(0.0) as i64;
        self.wealth = ((self.wealth as f64) * 1.002).round() as i64;
        if let Some(term) = &mut self.term {
            while term.due <= month.last {
                term.due += term.months * 61 / 2;
            }
        }
    }

    pub(super) fn write_products(&self, who: &Customer, number: u64, rows: &mut Rows) {
        for (place, product) in self.products.iter().enumerate() {
            rows.start(File::Products, &who.id)
                .numbered("P", number * 100 + place as u64, 10)
                .text(product.family)
                .numbered("R", u64::from(product.risk), 1)
                .day(product.open)
                .maybe_day(product.close)
                .flag(product.promo_end.is_some())
                .maybe_day(product.promo_end);
        }
    }
}

/// What the bank pays on term deposits, in percent a year.
pub(super) const TERM_RATE: f64 = 1.45;

/// What other banks pay for a year, in percent: it moves slowly up and down.
pub(super) fn market_rate(month: i32) -> f64 {
    1.6 + 0.35 * (f64::from(month) / 6.5).sin() + 0.1 * (f64::from(month) / 1.7).sin()
}

impl Life<'_> {
    /// The row of the month's end.
    pub(super) fn month_end(&mut self, month: Month, stream: &mut Stream, rows: &mut Rows) {
        self.book.pass(month, stream);
        let assets = self.book.assets();
        let average = i64::midpoint(self.book.before, assets);
        let load = load_day(month.last, 0.01, stream);
        self.balance(&self.who.id, month, [average, assets], load, rows);
        let dirty = month.number == self.bank.current - 2;
        if dirty && self.dirt == Some(Kind::DuplicateMonth) {
            rows.dirt[Kind::DuplicateMonth as usize] += 1;
            self.balance(&self.who.id, month, [average, assets + 12_345], load, rows);
        }
        if dirty && self.dirt == Some(Kind::UnknownCustomer) {
            rows.dirt[Kind::UnknownCustomer as usize] += 1;
            let unknown = [b"9", self.who.id.as_slice()].concat();
            self.balance(&unknown, month, [average, assets], load, rows);
        }
        self.book.before = assets;
    }

    fn balance(&self, id: &[u8], month: Month, aum: [i64; 2], load: i32, rows: &mut Rows) {
        let book = &self.book;
        let market = market_rate(month.number);
        let paid = if book.term.is_some() { TERM_RATE } else { 0.1 };
        rows.start(File::Balances, id)
            .day(month.last)
            .money(book.demand)
            .money(book.term.map_or(0, |term| term.cents))
            .money(book.wealth)
            .money(book.fund)
            .money(book.insurance)
            .money(book.metal)
            .money(book.loan)
            .money(aum[0])
            .money(aum[1])
            .maybe_day(book.term.map(|term| term.due))
            .maybe_money(book.term.map(|term| term.cents))
            .fixed(Some(paid), 3)
            .fixed(Some(market), 3)
            .text("CNY")
            .day(load);
    }
}
