//! By what a later request is known to say something of an earlier one's answer.
//!
//! Digests with the operator's secret and the tenant in them: whoever reads them cannot tell what was
//! asked, not even by trying.

use moecraft_engine::admission::Trace;
use sha2::{Digest, Sha256};

use crate::asked::{Asked, Door};

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// The id of the key.
    pub key_id: &'a str,
    /// The session that the client names.
    pub session: Option<&'a str>,
}

/// The trace of a request in its conversation, which is known by its session or else by the key and how
/// it begins; none of one that is no conversation.
pub fn of(secret: &[u8], asker: Asker<'_>, asked: &Asked) -> Option<Trace> {
    if asked.door == Door::Embeddings {
        return None;
    }
    let conversation = match asker.session {
        Some(session) => ["session", session],
        None => [asker.key_id, &asked.opening],
    };
    let keyed = |parts: &[&str]| digest(secret, asker.tenant, parts);
    Some(Trace {
        conversation: keyed(&conversation),
        question: asked
            .question
            .as_deref()
            .map(|question| keyed(&[&conversation[..], &[question]].concat())),
        turns: asked.features.turns,
        tool_failed: asked.tool_failed,
        named: asker.session.is_some(),
    })
}

/// 128 bits as hexadecimal digits.
fn digest(secret: &[u8], tenant: &str, parts: &[&str]) -> String {
    let mut hash = Sha256::new_with_prefix(b"moecraft trace\0");
    let fixed = [secret, tenant.as_bytes()].into_iter();
    for part in fixed.chain(parts.iter().map(|part| part.as_bytes())) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    let head = digest.iter().take(16);
    head.map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Asked {
        let messages = serde_json::json!([{"role": "user", "content": text}]);
        let body = serde_json::json!({"model": "m", "messages": messages}).to_string();
        Asked::read(Door::Chat, body.as_bytes()).unwrap()
    }

    #[test]
    fn the_same_question_has_the_same_trace_in_its_conversation_and_tenant_alone() {
        let asker = |tenant, session| Asker {
            tenant,
            key_id: "k",
            session,
        };
        let of =
            |tenant, session, text| of(b"secret", asker(tenant, session), &asked(text)).unwrap();
        assert_eq!(of("a", None, "Why?"), of("a", None, "Why?"));
        assert_ne!(of("a", None, "Why?"), of("b", None, "Why?"));
        let (one, other) = (of("a", Some("s"), "Why?"), of("a", Some("s"), "How?"));
        assert_eq!(one.conversation, other.conversation);
        assert_ne!(one.question, other.question);
        assert_ne!(one.question, of("a", Some("t"), "Why?").question);
        let foreign = super::of(b"other", asker("a", Some("s")), &asked("Why?")).unwrap();
        assert_ne!(one.conversation, foreign.conversation);
        let colleague = Asker {
            key_id: "l",
            ..asker("a", None)
        };
        let colleague = super::of(b"secret", colleague, &asked("Why?")).unwrap();
        assert_ne!(of("a", None, "Why?").conversation, colleague.conversation);
    }
}
