//! What a client allows one request to take, out of its headers.

use std::collections::BTreeMap;

use moecraft_catalog::parse_usd;
use moecraft_engine::router::Bounds;

use crate::error::ApiError;
use crate::keys::field;

/// The most that the request may be expected to cost, dollars.
pub const MAX_COST: &str = "x-moecraft-max-cost";
/// The longest that the model's answers may have taken of late, ms.
pub const MAX_LATENCY: &str = "x-moecraft-max-latency-ms";

/// Reads them; `headers` are by lower-case name.
///
/// # Errors
/// [`ApiError::Field`], naming the header: a bound that means nothing must not be taken for none.
pub fn read(headers: &BTreeMap<String, String>) -> Result<Bounds, ApiError> {
    let cost = headers.get(MAX_COST).map(|text| {
        let what = "must be dollars in plain decimals with at most nine places, such as `0.002`";
        parse_usd(text.trim()).ok_or_else(|| field(MAX_COST, &format!("`{MAX_COST}` {what}")))
    });
    let latency = headers.get(MAX_LATENCY).map(|text| {
        let what = "must be a whole number of milliseconds, at least 1";
        let read = text.trim().parse::<u32>().ok().filter(|ms| *ms > 0);
        read.ok_or_else(|| field(MAX_LATENCY, &format!("`{MAX_LATENCY}` {what}")))
    });
    Ok(Bounds {
        cost_nanos: cost.transpose()?,
        latency_ms: latency.transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, value: &str) -> Result<Bounds, ApiError> {
        read(&BTreeMap::from([(name.to_owned(), value.to_owned())]))
    }

    #[test]
    fn bounds_are_dollars_and_milliseconds() {
        assert_eq!(read(&BTreeMap::new()).unwrap(), Bounds::default());
        let cost = |text| of(MAX_COST, text).unwrap().cost_nanos;
        assert_eq!(cost("0.002"), Some(2_000_000));
        assert_eq!(cost(" 1 "), Some(1_000_000_000));
        assert_eq!(cost("0"), Some(0), "what is free may still be called");
        assert_eq!(of(MAX_LATENCY, "1500").unwrap().latency_ms, Some(1_500));
    }

    #[test]
    fn what_is_no_bound_is_named() {
        for text in ["", "-1", "1e-3", "0,002", "$1", "0.0000000001", "NaN"] {
            let error = of(MAX_COST, text).expect_err(text);
            assert_eq!(error.param(), Some(MAX_COST), "{text}");
        }
        for text in ["", "0", "-5", "1.5", "4294967296", "soon"] {
            let error = of(MAX_LATENCY, text).expect_err(text);
            assert_eq!(error.param(), Some(MAX_LATENCY), "{text}");
        }
    }
}
