//! What an untrusted model is not given.

use moecraft_wire::tunnel::{Fail, FailKind};

use crate::server::ModelServer;
use crate::service::{Service, Tunnel};
use crate::{key_shaped, quiet, start};

const CHAT: &str = "/v1/chat/completions";

/// A request to a model that holds a credential.
fn prompt(model: &str, key: &str) -> String {
    let text = format!("Why is access denied?\\naws_access_key_id = {key}");
    format!(r#"{{"model":"{model}","messages":[{{"role":"user","content":"{text}"}}]}}"#)
}

async fn refusal(tunnel: &mut Tunnel, model: &str, body: &str) -> Fail {
    tunnel.request(1, model, CHAT, body.as_bytes()).await;
    let answer = tunnel.answer(1).await;
    assert!(answer.head.is_none() && answer.body.is_empty());
    answer.end.expect_err("the request was let pass")
}

#[tokio::test]
async fn a_credential_never_reaches_an_untrusted_model() {
    let (service, mut server) = (Service::start().await, ModelServer::start().await);
    let models = ["qwen2.5-coder:7b", "deepseek-r1-distill-llama-8b", "mine"];
    let _agent = start(&service, &[(&server, &models)], quiet());
    let mut tunnel = service.registered().await;
    for (seed, model) in (1..).zip(models) {
        let key = key_shaped(seed);
        let fail = refusal(&mut tunnel, model, &prompt(model, &key)).await;
        assert_eq!((fail.kind, fail.kind.status()), (FailKind::Prohibited, 403));
        assert!(
            fail.message.contains("messages[0].content"),
            "{}",
            fail.message
        );
        assert!(!fail.message.contains(&key), "the value is in the message");
    }
    assert!(!server.has_call());
}

#[tokio::test]
async fn what_cannot_be_examined_does_not_reach_an_untrusted_model() {
    let (service, mut server) = (Service::start().await, ModelServer::start().await);
    let _agent = start(&service, &[(&server, &["qwen3"])], quiet());
    let mut tunnel = service.registered().await;
    for body in ["", "no json", "{\"messages\":"] {
        let fail = refusal(&mut tunnel, "qwen3", body).await;
        assert_eq!(fail.kind, FailKind::Prohibited, "{body}");
    }
    assert!(!server.has_call());
}

#[tokio::test]
async fn a_trusted_model_is_given_what_it_is_asked() {
    let (service, mut server) = (Service::start().await, ModelServer::start().await);
    let _agent = start(&service, &[(&server, &["codellama:7b", "qwen3"])], quiet());
    let mut tunnel = service.registered().await;
    let body = prompt("codellama:7b", &key_shaped(1));
    tunnel
        .request(1, "codellama:7b", CHAT, body.as_bytes())
        .await;
    let mut call = server.call().await;
    assert_eq!(call.body, body.as_bytes());
    call.respond(200, "", b"ok").await;
    assert_eq!(tunnel.answer(1).await.body, b"ok");

    // And an untrusted one what is harmless.
    let body = r#"{"model":"qwen3","messages":[{"role":"user","content":"Explain JWT tokens."}]}"#;
    tunnel.request(2, "qwen3", CHAT, body.as_bytes()).await;
    let mut call = server.call().await;
    assert_eq!(call.body, body.as_bytes());
    call.respond(200, "", b"ok").await;
    assert_eq!(tunnel.answer(2).await.body, b"ok");
}

#[tokio::test]
async fn a_trusted_models_name_opens_no_way_to_another() {
    let (service, mut server) = (Service::start().await, ModelServer::start().await);
    let _agent = start(&service, &[(&server, &["codellama:7b", "qwen3"])], quiet());
    let mut tunnel = service.registered().await;
    let fail = refusal(
        &mut tunnel,
        "codellama:7b",
        &prompt("qwen3", &key_shaped(1)),
    )
    .await;
    assert_eq!(fail.kind, FailKind::Prohibited);
    assert!(!server.has_call());
}
