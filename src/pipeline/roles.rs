//! Which column plays which part.

use std::collections::BTreeSet;

use crate::{
    bundle::Rules,
    config::Config,
    dataset::{Action, Finding, Problem},
    error::{Error, Kind, Place, Result},
    expr::Expr,
    features::{ColumnPlan, How},
    nearest::nearest,
    pipeline::recognise::FeatureTable,
    scoring::state::kinds,
    sources::{Column, ColumnType},
};

/// The parts that the columns of a table play.
#[derive(Debug, Clone)]
pub struct Roles {
    /// The column that names the customer.
    pub id: Option<String>,
    /// The column of the as-of date.
    pub as_of: Option<String>,
    /// The expressions of the run.
    pub rules: Rules,
    /// The columns that may become features, and how they are encoded.
    pub plans: Vec<ColumnPlan>,
    /// Columns that were left out for what they are, whatever they hold.
    pub findings: Vec<Finding>,
    /// What the user should know.
    pub notes: Vec<String>,
}

impl Roles {
    /// Gives every column its part.
    pub fn assign(columns: &[Column], config: &Config) -> Result<Self> {
        let mut notes = Vec::new();
        let id = find_id(columns, config, &mut notes)?;
        let mut as_of = config.table.as_of.clone();
        let mut given = config.rules.clone();
        let known = FeatureTable::of(columns);
        if let Some(table) = &known {
            notes.extend(table.complete(&mut as_of, &mut given, config));
        }
        if let Some(name) = &as_of {
            require_dates(columns, name)?;
        }
        let rules = Rules {
            churn: given.churn.ok_or_else(|| no_churn(columns))?,
            reactivation: given.reactivation,
            dormant: given.dormant,
            prospect: given.prospect,
            value: given.value,
        };
        let mut taken = outcome_columns(columns, &rules)?;
        // The outcomes that are not asked for tell the future, too.
        taken.extend(known.iter().flat_map(|table| &table.outcomes).map(ToString::to_string));
        taken.extend(id.clone());
        taken.extend(as_of.clone());
        let mut assigned =
            Self { id, as_of, rules, plans: Vec::new(), findings: Vec::new(), notes };
        assigned.plan_features(columns, &taken, config)?;
        Ok(assigned)
    }

    /// The columns of the table that play a part, the id as text whatever it looks like.
    pub fn wanted(&self, columns: &[Column]) -> Result<Vec<Column>> {
        let mut names = outcome_columns(columns, &self.rules)?;
        names.extend(rule_columns(columns, &self.rules)?);
        names.extend(self.plans.iter().map(|plan| plan.name.clone()));
        names.extend(self.as_of.clone());
        names.extend(self.id.clone());
        let as_read = |column: &Column| {
            let is_id = self.id.as_ref() == Some(&column.name);
            let is_category =
                |plan: &ColumnPlan| plan.name == column.name && plan.how == How::Category;
            let as_text = is_id || self.plans.iter().any(is_category);
            Column { kind: if as_text { ColumnType::Text } else { column.kind }, ..column.clone() }
        };
        Ok(columns.iter().filter(|column| names.contains(&column.name)).map(as_read).collect())
    }

    fn plan_features(
        &mut self,
        columns: &[Column],
        taken: &BTreeSet<String>,
        config: &Config,
    ) -> Result<()> {
        let exclude = Patterns::new(&config.table.exclude, "table.exclude")?;
        let personal = Patterns::new(&config.table.pii, "table.pii")?;
        let categorical = Patterns::new(&config.table.categorical, "table.categorical")?;
        for (patterns, key) in [(&exclude, "table.exclude"), (&categorical, "table.categorical")] {
            patterns.must_all_match(columns, key)?;
        }
        for column in columns {
            let name = &column.name;
            if taken.contains(name) || exclude.matches(name) {
                continue;
            }
            if personal.matches(name) {
                self.leave_out(name, Problem::PersonalName, "named as personal");
                continue;
            }
            let how = match column.kind {
                _ if categorical.matches(name) => How::Category,
                ColumnType::Number => How::Number,
                ColumnType::Text => How::Category,
                ColumnType::Date if self.as_of.is_some() => How::DaysBefore,
                ColumnType::Date => {
                    let evidence = "name the as-of date with --as-of";
                    self.leave_out(name, Problem::DateWithoutAsOf, evidence);
                    continue;
                }
            };
            self.plans.push(ColumnPlan { name: name.clone(), how });
        }
        if self.plans.is_empty() {
            return Err(Error::new(Kind::EmptyTable, "no column is left to learn from")
                .hint_with("see what --exclude and the outcome expressions leave over"));
        }
        Ok(())
    }

    fn leave_out(&mut self, column: &str, problem: Problem, evidence: &str) {
        self.findings.push(Finding {
            column: column.to_owned(),
            problem,
            evidence: evidence.to_owned(),
            auc: None,
            action: Action::Excluded,
        });
    }
}

/// Names under which banks keep the customer's id, without blanks, underscores and hyphens.
const ID_NAMES: [&str; 19] = [
    "customerid",
    "custid",
    "clientid",
    "customerno",
    "custno",
    "customernumber",
    "clientno",
    "customer",
    "userid",
    "memberid",
    "accountid",
    "id",
    "客户号",
    "客户编号",
    "客户id",
    "客户代码",
    "用户id",
    "用户编号",
    "会员编号",
];

/// Names under which tables keep who left, as [`plain`] has them.
const OUTCOME_NAMES: [&str; 12] = [
    "exited",
    "churn",
    "churned",
    "churnflag",
    "ischurn",
    "attrition",
    "attritionflag",
    "closed",
    "left",
    "流失",
    "是否流失",
    "流失标志",
];

/// A name without blanks, underscores, hyphens and capitals.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn find_id(columns: &[Column], config: &Config, notes: &mut Vec<String>) -> Result<Option<String>> {
    if let Some(id) = &config.table.id {
        if columns.iter().any(|column| column.name == *id) {
            return Ok(Some(id.clone()));
        }
        return Err(absent(columns, id, "id"));
    }
    let found = ID_NAMES
        .iter()
        .find_map(|known| columns.iter().find(|column| plain(&column.name) == **known));
    notes.push(match found {
        Some(column) => {
            format!("customers are told apart by the column {}; --id names another", column.name)
        }
        None => "no id column: row numbers stand in for customer ids; --id names one".to_owned(),
    });
    Ok(found.map(|column| column.name.clone()))
}

fn absent(columns: &[Column], name: &str, part: &str) -> Error {
    let near = nearest(name, columns.iter().map(|column| column.name.as_str()))
        .map_or_else(String::new, |near| format!("did you mean {near}? "));
    Error::new(Kind::MissingColumn, format!("there is no column {name} to be the {part} column"))
        .hint_with(format!("{near}names are case-sensitive"))
}

fn require_dates(columns: &[Column], name: &str) -> Result<()> {
    let column = columns
        .iter()
        .find(|column| column.name == name)
        .ok_or_else(|| absent(columns, name, "as-of"))?;
    if column.kind == ColumnType::Date {
        return Ok(());
    }
    Err(Error::new(Kind::WrongType, "the as-of column does not hold dates")
        .at(Place::Column(name.to_owned()))
        .hint_with("write dates as 2026-03-31, 2026-03, 20260331 or 2026/3/31"))
}

fn no_churn(columns: &[Column]) -> Error {
    let likely =
        columns.iter().find(|column| OUTCOME_NAMES.contains(&plain(&column.name).as_str()));
    let hint = match likely {
        Some(Column { name, .. }) => format!("is it the column {name}? Then give --churn {name}"),
        None => {
            "name the column, --churn Exited, or write --churn \"status = 'closed'\"".to_owned()
        }
    };
    Error::new(Kind::Usage, "no churn outcome is given").hint_with(hint)
}

/// The columns that the outcome expressions name.
fn outcome_columns(columns: &[Column], rules: &Rules) -> Result<BTreeSet<String>> {
    let kinds = kinds(columns);
    let mut names = Expr::parse(&rules.churn, &kinds)?.columns();
    if let Some(reactivation) = &rules.reactivation {
        names.extend(Expr::parse(reactivation, &kinds)?.columns());
    }
    Ok(names)
}

/// The columns that the expressions read when customers are scored.
pub fn rule_columns(columns: &[Column], rules: &Rules) -> Result<BTreeSet<String>> {
    let kinds = kinds(columns);
    let mut names = BTreeSet::new();
    for text in [&rules.dormant, &rules.prospect, &rules.value].into_iter().flatten() {
        names.extend(Expr::parse(text, &kinds)?.columns());
    }
    Ok(names)
}

/// Column names and globs.
struct Patterns(Vec<(String, glob::Pattern)>);

impl Patterns {
    fn new(texts: &[String], key: &str) -> Result<Self> {
        let compile = |text: &String| {
            let pattern = glob::Pattern::new(text).map_err(|e| {
                Error::new(Kind::BadParameter, format!("{text:?} is not a glob: {}", e.msg))
                    .at(Place::Key(key.to_owned()))
            })?;
            Ok((text.clone(), pattern))
        };
        texts.iter().map(compile).collect::<Result<_>>().map(Self)
    }

    fn matches(&self, name: &str) -> bool {
        self.0.iter().any(|(text, pattern)| text == name || pattern.matches(name))
    }

    /// A name that matches no column is a slip of the pen.
    fn must_all_match(&self, columns: &[Column], key: &str) -> Result<()> {
        for (text, pattern) in &self.0 {
            if !columns.iter().any(|c| c.name == *text || pattern.matches(&c.name)) {
                let error = absent(columns, text, "named");
                let what = format!("{text:?} matches no column");
                return Err(Error::new(Kind::MissingColumn, what)
                    .at(Place::Key(key.to_owned()))
                    .hint_with(error.hint()));
            }
        }
        Ok(())
    }
}
