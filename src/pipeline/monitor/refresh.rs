//! A new intercept for a model whose ranking still holds, while the base rate has changed.

use serde_json::json;

use super::{Health, Watched};
use crate::{
    bundle::Bundle,
    error::{Error, Kind, Result},
    pipeline::reproduce::REFRESHED,
};

/// The bundle with new intercepts, where chance alone would make them as large with at most `alpha`;
/// `None` where there are no such. `from` is the version that it is made from.
///
/// # Source
/// Saerens, Latinne & Decaestecker (2002) without outcomes; with them calibration-in-the-large:
/// Steyerberg, *Clinical Prediction Models* (2009) §15.3.
pub fn refresh(
    bundle: &Bundle,
    from: &str,
    watched: &Watched,
    alpha: f64,
) -> Result<Option<Bundle>> {
    let shift = |health: Option<&Health>| {
        let intercept = health.and_then(|health| health.intercept)?;
        (intercept.p_value <= alpha && intercept.shift.is_finite()).then_some(intercept)
    };
    let (churn, reactivation) =
        (shift(watched.churn.as_ref()), shift(watched.reactivation.as_ref()));
    if churn.is_none() && reactivation.is_none() {
        return Ok(None);
    }
    let mut new = bundle.clone();
    if let Some(intercept) = churn {
        new.churn.calibration = new.churn.calibration.shifted(intercept.shift);
    }
    if let (Some(model), Some(intercept)) = (&mut new.reactivation, reactivation) {
        model.calibration = model.calibration.shifted(intercept.shift);
    }
    let keys = new.config.as_object_mut().ok_or_else(|| {
        Error::new(Kind::BadBundle, "the model holds no configuration to note the change in")
    })?;
    keys.insert(
        REFRESHED.to_owned(),
        json!({ "from": from, "churn": churn, "reactivation": reactivation }),
    );
    Ok(Some(new))
}
