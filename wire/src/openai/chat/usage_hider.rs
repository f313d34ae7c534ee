//! Takes out of a stream what was asked of the upstream for the gateway's own sake.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::json::from_bytes;
use crate::sse::{Parser, SseError};

/// Takes the usage chunk out of a stream whose client did not ask for it; all else passes as it is.
#[derive(Debug, Default)]
pub struct UsageHider {
    parser: Parser,
}

impl UsageHider {
    /// Takes the next bytes and gives those that may go to the client: whole events only.
    ///
    /// # Errors
    /// [`SseError`] when the stream cannot be read on.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<u8>, SseError> {
        let mut out = Vec::with_capacity(bytes.len());
        self.parser.push(bytes, |event| {
            if !is_usage_chunk(&event.data) {
                out.extend_from_slice(event.raw);
            }
        })?;
        Ok(out)
    }
}

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow, default)]
    choices: Vec<&'a RawValue>,
    usage: Option<&'a RawValue>,
}

/// The chunk that `include_usage` adds: no choices, and a usage object.
fn is_usage_chunk(data: &[u8]) -> bool {
    // Most chunks are told apart by this search alone, without being parsed.
    memchr::memmem::find(data, b"\"usage\"").is_some()
        && from_bytes::<Chunk<'_>>(data)
            .is_ok_and(|chunk| chunk.choices.is_empty() && chunk.usage.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = "data: {\"id\":\"a\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"fo\"},\"finish_reason\":null}],\"usage\":null}\n\ndata: {\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ür\"},\"finish_reason\":null}]}\n\ndata: {\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    const USAGE: &str = "data: {\"id\":\"a\",\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2,\"total_tokens\":7}}\n\n";
    const REST: &str = "data: {\"id\":\"a\",\"choices\":[],\"usage\":null}\n\ndata: {\"error\":{\"message\":\"no \\\"usage\\\"\"}}\n\ndata: [DONE]\n\n";

    proptest! {
        #[test]
        fn the_usage_chunk_is_hidden_wherever_the_bytes_are_cut(cuts in prop::collection::vec(0usize..800, 0..8)) {
            let stream = [TEXT, ": keep-alive\n\n", USAGE, REST].concat();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|at| at.min(stream.len())).collect();
            cuts.extend([0, stream.len()]);
            cuts.sort_unstable();
            let mut hider = UsageHider::default();
            let mut out = Vec::new();
            for pair in cuts.windows(2) {
                out.extend(hider.push(&stream.as_bytes()[pair[0]..pair[1]]).unwrap());
            }
            prop_assert_eq!(String::from_utf8(out).unwrap(), [TEXT, ": keep-alive\n\n", REST].concat());
        }

        #[test]
        fn no_bytes_make_it_panic_and_none_are_added(bytes in prop::collection::vec(any::<u8>(), 0..200), data in "[\\[\\]{}\":,a-e0-9usage ]{0,80}") {
            for stream in [bytes, format!("data: {data}\n\n").into_bytes()] {
                let kept = UsageHider::default().push(&stream).unwrap();
                prop_assert!(kept.is_empty() || stream.windows(kept.len()).any(|part| part == kept));
            }
        }
    }
}
