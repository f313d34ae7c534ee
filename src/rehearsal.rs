//! A request that nobody has sent, read before the first that somebody sends.
//!
//! The runtime compiles WebAssembly function by function as they are first called, and the guard and the
//! router read their tables on first use. That is done while an instance starts, which the platform
//! does ahead of the first request where it can, and not while somebody waits.

use moecraft_engine::guard::{Policy, Screening};
use wasm_bindgen::prelude::*;

use crate::asked::{Asked, Door};

/// A little of everything that is read on its own path: prose, program text, settings, numbers, lists,
/// encoded text, and a tool.
const BODY: &str = include_str!("rehearsal.json");

/// Examines and assesses the request; gives how many texts were found in it, so that nothing of it is
/// taken for superfluous.
#[wasm_bindgen]
pub fn rehearse() -> usize {
    let screening = Screening::of(BODY.as_bytes(), &Policy::default());
    let asked = Asked::read(Door::Chat, BODY.as_bytes());
    screening.counts().len() + asked.map_or(0, |asked| asked.features.turns as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_is_one_that_is_read_to_its_end() {
        let asked = Asked::read(Door::Chat, BODY.as_bytes());
        assert!(asked.is_ok_and(|asked| asked.tool_use && asked.features.turns > 2));
        assert!(rehearse() > 2);
    }
}
