//! Reading what a tenant sets: a JSON object whose faults are told by field.

use moecraft_engine::guard::{Policy, Screening};
use serde::de::DeserializeOwned;

use crate::error::ApiError;
use crate::keys::field;

/// Reads an object; `what` is its name in messages.
///
/// # Errors
/// [`ApiError::Field`], naming the field at fault where the parser does.
pub fn read<T: DeserializeOwned>(body: &[u8], what: &str) -> Result<T, ApiError> {
    // A list would be taken for the fields in order.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(field("body", &format!("{what} is a JSON object")));
    }
    moecraft_wire::from_bytes(body).map_err(|error| {
        let said = error.to_string();
        let named = said.split('`').nth(1).filter(|_| said.contains("field `"));
        field(
            named.unwrap_or("body"),
            &format!("this is no {what}: {said}"),
        )
    })
}

/// Whether a list has at most so many entries.
///
/// # Errors
/// [`ApiError::Field`].
pub fn bounded(name: &str, count: usize, most: usize) -> Result<(), ApiError> {
    match count <= most {
        true => Ok(()),
        false => Err(field(
            name,
            &format!("`{name}` has more than {most} entries"),
        )),
    }
}

/// Whether a text has at least one byte that is no blank, and at most so many.
///
/// # Errors
/// [`ApiError::Field`].
pub fn filled(name: &str, text: &str, most: usize) -> Result<(), ApiError> {
    match !text.trim().is_empty() && text.len() <= most {
        true => Ok(()),
        false => Err(field(
            name,
            &format!("`{name}` must have 1 to {most} bytes"),
        )),
    }
}

/// Whether what the audit is told, as JSON, holds nothing that the guard protects: it stands there for
/// good.
///
/// # Errors
/// [`ApiError::Field`], naming the first place.
pub fn untelling(told: &str, policy: &Policy) -> Result<(), ApiError> {
    let screening = Screening::of(told.as_bytes(), policy);
    match screening.findings.first() {
        Some(found) => Err(field(
            &found.place,
            "it goes into the audit, and must not hold what the guard protects",
        )),
        None => Ok(()),
    }
}
