//! The gate: the one place that a body passes on its way to a model, whoever serves it.
//!
//! ```text
//! Inspected + recipient ──► Policy::access ──► whole | masked | withheld
//!                                 │
//!                     written for the recipient ──► examined once more ──► Cleared
//! ```
//!
//! All that calls a model takes its bytes from a [`Cleared`], and only [`Cleared::of`] makes one.
//! `xtask/src/egress.rs` lists the callers and fails on one that is not known.

use moecraft_engine::guard::{Access, Recipient, Screening, Table, Tier};
use moecraft_engine::router::Clearance;
use moecraft_wire::hub::Unsupported;
use thiserror::Error;

use crate::guard::Inspected;

/// A body that may go to the recipient it was made for.
#[derive(Debug)]
pub struct Cleared {
    payload: Payload,
    /// What the placeholders in it stand for; none where it is not masked.
    table: Option<Table>,
}

/// The bytes. Those that go out as they came are not copied: whoever has them may send them.
#[derive(Debug)]
enum Payload {
    Own,
    Written(Vec<u8>),
}

/// Why there is nothing to send.
#[derive(Debug, Error)]
pub enum Stopped {
    /// The recipient may not be given it.
    #[error("the data guard withholds this request from the model")]
    Withheld,
    /// The recipient cannot be asked this.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
}

impl Cleared {
    /// Clears a request for a recipient, in the form that the tenant's policy gives it. `write` makes
    /// of that form what is sent; none is the form as it is.
    ///
    /// # Errors
    /// [`Stopped::Withheld`] where the recipient may not be given it, or where what was written holds
    /// more than it may be given; what `write` says, otherwise.
    pub fn of(
        inspected: &Inspected,
        recipient: &Recipient<'_>,
        write: impl FnOnce(&[u8]) -> Result<Option<Vec<u8>>, Unsupported>,
    ) -> Result<Self, Stopped> {
        let clearance = inspected.clearance();
        let masked = match clearance.access(recipient) {
            Access::Never => return Err(Stopped::Withheld),
            Access::Whole => None,
            Access::Masked => Some(inspected.masked().ok_or(Stopped::Withheld)?),
        };
        let form = masked.map_or(inspected.body(), |masked| &masked.body);
        let payload = match (write(form)?, masked) {
            (None, None) => Payload::Own,
            (None, Some(masked)) => Payload::Written(masked.body.clone()),
            (Some(written), _) => Payload::Written(written),
        };
        let cleared = Self {
            payload,
            table: masked.map(|masked| masked.table.clone()),
        };
        match cleared.holds_no_more(&clearance, recipient) {
            true => Ok(cleared),
            false => Err(Stopped::Withheld),
        }
    }

    /// Whether what was written holds nothing that the recipient may not be given: of a masked form,
    /// nothing that should have been masked. Writing joins texts and opens seals, so it is not what
    /// was examined. Who may be given anything is spared the second look.
    fn holds_no_more(&self, clearance: &Clearance<'_>, recipient: &Recipient<'_>) -> bool {
        let Payload::Written(bytes) = &self.payload else {
            return true;
        };
        let access = |tier| Clearance { tier, ..*clearance }.access(recipient);
        if access(Tier::Prohibited) == Access::Whole {
            return true;
        }
        let issued = self.table.clone().unwrap_or_default();
        let tier = Screening::beside(bytes, clearance.policy, &issued).tier;
        match access(tier) {
            Access::Whole => true,
            Access::Masked => self.table.is_some() && tier != Tier::Prohibited,
            Access::Never => false,
        }
    }

    /// The bytes, where they are not the client's own.
    pub fn written(&self) -> Option<&[u8]> {
        match &self.payload {
            Payload::Own => None,
            Payload::Written(bytes) => Some(bytes),
        }
    }

    /// Whether the client's own bytes may be sent as they are.
    pub fn is_own(&self) -> bool {
        matches!(self.payload, Payload::Own)
    }

    /// What the placeholders stand for; none where the body is not masked.
    pub fn table(&self) -> Option<&Table> {
        self.table.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::Terms;
    use crate::samples::access_key;
    use moecraft_catalog::Trust;
    use std::rc::Rc;

    fn inspected(body: &str) -> Inspected {
        Inspected::of(body.into(), Rc::default(), Terms::default())
    }

    /// Text as token numbers, which nobody untrusted is given.
    const NUMBERS: &str = r#"{"input":[1]}"#;

    fn recipient(trust: Trust) -> Recipient<'static> {
        Recipient {
            model: "a/b",
            trust,
            local: false,
        }
    }

    #[test]
    fn nothing_is_written_for_a_recipient_who_may_not_have_it() {
        let withheld = Cleared::of(&inspected(NUMBERS), &recipient(Trust::Untrusted), |_| {
            panic!("it was shown the body")
        });
        assert!(matches!(withheld, Err(Stopped::Withheld)));
    }

    #[test]
    fn what_goes_out_untouched_is_not_copied() {
        for trust in [Trust::Trusted, Trust::Untrusted] {
            let cleared = Cleared::of(&inspected("{}"), &recipient(trust), |_| Ok(None)).unwrap();
            assert!(cleared.is_own() && cleared.written().is_none() && cleared.table().is_none());
        }
    }

    #[test]
    fn what_was_written_is_examined_once_more_unless_the_recipient_may_have_anything() {
        let write = |_: &[u8]| {
            let text = format!("my access key id is {}", access_key());
            let body = serde_json::json!({"messages": [{"role": "user", "content": text}]});
            Ok(Some(body.to_string().into_bytes()))
        };
        let of = |trust| Cleared::of(&inspected("{}"), &recipient(trust), write);
        assert!(matches!(of(Trust::Untrusted), Err(Stopped::Withheld)));
        assert!(of(Trust::Trusted).is_ok());
    }

    #[test]
    fn what_cannot_be_written_is_not_sent() {
        let failed = Cleared::of(&inspected("{}"), &recipient(Trust::Trusted), |_| {
            Err(Unsupported::new("n", "one answer only"))
        });
        assert!(matches!(failed, Err(Stopped::Unsupported(_))));
    }
}
