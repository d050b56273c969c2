//! The words of the raw tables that mean something here.

use std::borrow::Cow;

/// A channel. Their order is the order in which ties are settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Channel {
    None,
    Branch,
    Atm,
    App,
    Web,
    Phone,
    Wechat,
    Sms,
    Email,
    Auto,
    Other,
}

impl Channel {
    pub(super) const ALL: [Self; 11] = [
        Self::None,
        Self::Branch,
        Self::Atm,
        Self::App,
        Self::Web,
        Self::Phone,
        Self::Wechat,
        Self::Sms,
        Self::Email,
        Self::Auto,
        Self::Other,
    ];

    /// The channel that a word names, in English or Chinese.
    pub(super) fn read(word: Option<&str>) -> Self {
        let Some(word) = word else { return Self::None };
        match lower(word.trim()).as_ref() {
            "counter" | "branch" | "teller" | "柜面" | "柜台" | "网点" => Self::Branch,
            "atm" | "自助" | "自助机" => Self::Atm,
            "app" | "mobile" | "手机银行" => Self::App,
            "web" | "online" | "internet" | "网上银行" | "网银" => Self::Web,
            "phone" | "call" | "telephone" | "电话" | "电话银行" => Self::Phone,
            "wechat" | "微信" => Self::Wechat,
            "sms" | "text" | "短信" => Self::Sms,
            "email" | "e-mail" | "mail" | "邮件" => Self::Email,
            "auto" | "system" | "batch" | "自动" => Self::Auto,
            _ => Self::Other,
        }
    }

    pub(super) fn code(self) -> u8 {
        self as u8
    }

    pub(super) fn of(code: u8) -> Self {
        Self::ALL.get(usize::from(code)).copied().unwrap_or(Self::Other)
    }

    pub(super) fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::None => return None,
            Self::Branch => "counter",
            Self::Atm => "atm",
            Self::App => "app",
            Self::Web => "web",
            Self::Phone => "phone",
            Self::Wechat => "wechat",
            Self::Sms => "sms",
            Self::Email => "email",
            Self::Auto => "auto",
            Self::Other => "other",
        })
    }

    pub(super) fn is_digital(self) -> bool {
        matches!(self, Self::App | Self::Web | Self::Wechat)
    }
}

/// A word in small letters; most come so, and are not copied.
fn lower(word: &str) -> Cow<'_, str> {
    if word.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(word.to_ascii_lowercase())
    } else {
        Cow::Borrowed(word)
    }
}

/// A product family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Family {
    Deposit,
    Wealth,
    Fund,
    Insurance,
    Metal,
    Loan,
    Card,
    Other,
}

impl Family {
    pub(super) const ALL: [Self; 8] = [
        Self::Deposit,
        Self::Wealth,
        Self::Fund,
        Self::Insurance,
        Self::Metal,
        Self::Loan,
        Self::Card,
        Self::Other,
    ];

    pub(super) fn read(word: Option<&str>) -> Self {
        let Some(word) = word else { return Self::Other };
        match lower(word.trim()).as_ref() {
            "deposit" | "term" | "term_deposit" | "savings" | "存款" | "定期" => Self::Deposit,
            "wealth" | "理财" => Self::Wealth,
            "fund" | "基金" => Self::Fund,
            "insurance" | "保险" => Self::Insurance,
            "metal" | "gold" | "贵金属" => Self::Metal,
            "loan" | "mortgage" | "credit" | "贷款" => Self::Loan,
            "card" | "credit_card" | "信用卡" => Self::Card,
            _ => Self::Other,
        }
    }

    pub(super) fn code(self) -> u8 {
        self as u8
    }
}

/// Money in ten-thousandths, so that sums are exact in any order.
pub(super) const UNITS: f64 = 10_000.0;
/// No amount.
pub(super) const NO_AMOUNT: i64 = i64::MIN;

/// An amount in ten-thousandths; beyond ±10¹⁴ it is that.
pub(super) fn units(amount: Option<f64>) -> i64 {
    amount.map_or(NO_AMOUNT, |amount| (amount.clamp(-1e14, 1e14) * UNITS).round() as i64)
}

/// Money of a sum of ten-thousandths.
pub(super) fn money(units: i64) -> f64 {
    units as f64 / UNITS
}
