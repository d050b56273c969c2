//! What is usual among customers of one age and one size: medians by group, fitted on training rows.

use serde::{Deserialize, Serialize};

/// Medians of columns among peers: customers of one age band and one asset band.
///
/// # Shape
/// Groups are counted age band first: group = age band × (asset bands) + asset band. A band is the
/// number of cuts that a value reaches; a missing value has the last band to itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peers {
    /// The column of the age, in years.
    pub age: String,
    /// Where age bands begin, ascending.
    pub ages: Vec<f64>,
    /// The column of the assets, in money.
    pub assets: String,
    /// Where asset bands begin, ascending.
    pub bands: Vec<f64>,
    /// The columns with what is usual of each.
    pub columns: Vec<PeerColumn>,
}

/// What is usual of one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerColumn {
    /// The column, or a figure of the playbook.
    pub name: String,
    /// The median of each group; `None` where the column was not known of anyone.
    pub median: Vec<Option<f64>>,
    /// The upper end of the lower seven tenths of each group.
    pub upper: Vec<Option<f64>>,
}

impl Peers {
    /// The number of groups.
    pub fn groups(&self) -> usize {
        (self.ages.len() + 2) * (self.bands.len() + 2)
    }

    /// The group of a customer.
    pub fn group(&self, age: Option<f64>, assets: Option<f64>) -> usize {
        band(&self.ages, age) * (self.bands.len() + 2) + band(&self.bands, assets)
    }

    /// What is usual of a column.
    pub fn column(&self, name: &str) -> Option<&PeerColumn> {
        self.columns.iter().find(|column| column.name == name)
    }
}

fn band(cuts: &[f64], value: Option<f64>) -> usize {
    match value.filter(|value| value.is_finite()) {
        Some(value) => cuts.partition_point(|cut| *cut <= value),
        None => cuts.len() + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_customer_has_one_group() {
        let peers = Peers {
            age: "age".into(),
            ages: vec![30.0, 60.0],
            assets: "aum".into(),
            bands: vec![1e5],
            columns: Vec::new(),
        };
        assert_eq!(peers.groups(), 12);
        let mut seen = std::collections::BTreeSet::new();
        for age in [Some(18.0), Some(30.0), Some(99.0), None] {
            for assets in [Some(-5.0), Some(1e5), None, Some(f64::NAN)] {
                let group = peers.group(age, assets);
                assert!(group < peers.groups());
                seen.insert(group);
            }
        }
        assert_eq!(seen.len(), 12);
        assert_eq!(peers.group(Some(29.9), Some(0.0)), 0);
        assert_eq!(peers.group(Some(60.0), Some(1e6)), 7);
    }
}
