//! Knows a table that `reveille features` wrote, so that nobody has to say again what its columns are.

use crate::{
    config::{Config, RuleParams},
    sources::{Column, ColumnType},
};

/// A table of `reveille features`, by the names of its columns.
#[derive(Debug)]
pub(super) struct FeatureTable<'a> {
    /// The column `churned_<days>d`, with its days.
    churned: (&'a str, i32),
    /// The column `reactivated_<days>d`.
    reactivated: Option<&'a str>,
    /// All columns that tell what came after the as-of date.
    pub(super) outcomes: Vec<&'a str>,
    /// Whether it tells prospects.
    has_stage: bool,
    /// Whether it tells assets.
    has_assets: bool,
}

const AS_OF: &str = "as_of";
/// What assets bring a year where nobody says: a net interest margin of 1.2 %.
const VALUE: &str = "aum * 0.012";

impl<'a> FeatureTable<'a> {
    /// None where the columns are not those that `features` always writes.
    pub(super) fn of(columns: &'a [Column]) -> Option<Self> {
        let kind = |name: &str| columns.iter().find(|c| c.name == name).map(|c| c.kind);
        let has = |name: &str| kind(name).is_some();
        let dated = kind(AS_OF) == Some(ColumnType::Date);
        if !(dated && ["customer_id", "quiet_days", "dormant"].into_iter().all(has)) {
            return None;
        }
        let only = |start: &str| {
            let mut found =
                columns.iter().filter_map(|c| Some((c.name.as_str(), window(&c.name, start)?)));
            found.next().filter(|_| found.next().is_none())
        };
        let starts = ["churned_", "reactivated_", "reactivated_sustained_"];
        let is_outcome = |name: &&str| starts.iter().any(|start| window(name, start).is_some());
        Some(Self {
            churned: only(starts[0])?,
            reactivated: only(starts[1]).map(|(name, _)| name),
            outcomes: columns.iter().map(|c| c.name.as_str()).filter(is_outcome).collect(),
            has_stage: has("stage"),
            has_assets: kind("aum") == Some(ColumnType::Number),
        })
    }

    /// Fills in what the user did not give; says so, unless there was nothing to fill in.
    pub(super) fn complete(
        &self,
        as_of: &mut Option<String>,
        rules: &mut RuleParams,
        config: &Config,
    ) -> Option<String> {
        let mut filled = Vec::new();
        let mut fill = |part: &mut Option<String>, flag: &str, text: String| {
            if part.is_none() {
                let quote = if text.contains(' ') { "\"" } else { "" };
                filled.push(format!("{flag} {quote}{text}{quote}"));
                *part = Some(text);
            }
        };
        fill(as_of, "--as-of", AS_OF.to_owned());
        fill(&mut rules.churn, "--churn", self.churned.0.to_owned());
        if let Some(name) = self.reactivated {
            fill(&mut rules.reactivation, "--reactivation", name.to_owned());
        }
        fill(&mut rules.dormant, "--dormant", "dormant = 1".to_owned());
        if self.has_stage {
            fill(&mut rules.prospect, "--prospect", "stage = 'prospect'".to_owned());
        }
        if self.has_assets {
            fill(&mut rules.value, "--value", VALUE.to_owned());
        }
        if filled.is_empty() {
            return None;
        }
        let (days, expected) = (self.churned.1, config.train.outcome_days);
        let window = if days == expected {
            String::new()
        } else {
            format!("; its outcomes take {days} days, give --set train.outcome_days={days}")
        };
        Some(format!("a table of `reveille features`: as with {}{window}", filled.join(" ")))
    }
}

/// The days of a name such as `churned_90d`.
fn window(name: &str, start: &str) -> Option<i32> {
    let days = name.strip_prefix(start)?.strip_suffix('d')?;
    let digits = !days.is_empty() && days.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| days.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(names: &[&str]) -> Vec<Column> {
        let kind = |name: &str| match name {
            "as_of" => ColumnType::Date,
            "stage" => ColumnType::Text,
            _ => ColumnType::Number,
        };
        let column = |name: &&str| Column { name: (*name).to_owned(), kind: kind(name) };
        names.iter().map(column).collect()
    }

    const WRITTEN: [&str; 9] = [
        "customer_id",
        "as_of",
        "stage",
        "quiet_days",
        "dormant",
        "aum",
        "churned_60d",
        "reactivated_60d",
        "reactivated_sustained_180d",
    ];

    #[test]
    fn a_table_of_features_needs_no_flags() {
        let columns = columns(&WRITTEN);
        let table = FeatureTable::of(&columns).unwrap();
        assert_eq!(table.outcomes, WRITTEN[6..]);
        let mut rules = RuleParams::default();
        let mut as_of = None;
        let said = table.complete(&mut as_of, &mut rules, &Config::default()).unwrap();
        assert_eq!(
            said,
            "a table of `reveille features`: as with --as-of as_of --churn churned_60d \
             --reactivation reactivated_60d --dormant \"dormant = 1\" --prospect \"stage = \
             'prospect'\" --value \"aum * 0.012\"; its outcomes take 60 days, give --set train.outcome_days=60"
        );
        assert_eq!(as_of.as_deref(), Some("as_of"));
        assert_eq!(rules.churn.as_deref(), Some("churned_60d"));
        assert_eq!(table.complete(&mut as_of, &mut rules, &Config::default()), None);
    }

    #[test]
    fn what_the_user_gives_stays() {
        let columns = columns(&WRITTEN);
        let table = FeatureTable::of(&columns).unwrap();
        let mut rules = RuleParams {
            churn: Some("churned_60d = 1 AND aum > 0".to_owned()),
            dormant: Some("quiet_days > 200".to_owned()),
            ..RuleParams::default()
        };
        let said = table.complete(&mut None, &mut rules, &Config::default()).unwrap();
        assert!(!said.contains("--churn") && !said.contains("--dormant"), "{said}");
        assert_eq!(rules.churn.as_deref(), Some("churned_60d = 1 AND aum > 0"));
        assert_eq!(rules.dormant.as_deref(), Some("quiet_days > 200"));
    }

    #[test]
    fn other_tables_are_not_taken_for_one() {
        for missing in ["customer_id", "as_of", "quiet_days", "dormant", "churned_60d"] {
            let names: Vec<&str> = WRITTEN.into_iter().filter(|name| *name != missing).collect();
            assert!(FeatureTable::of(&columns(&names)).is_none(), "{missing}");
        }
        let two: Vec<&str> = WRITTEN.into_iter().chain(["churned_90d"]).collect();
        assert!(FeatureTable::of(&columns(&two)).is_none());
    }
}
