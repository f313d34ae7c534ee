//! What is found of each kind of model server, by answers as these servers give them.

use std::sync::Arc;
use std::time::Duration;

use moecraft_agent::discovery::{Catalogue, Finder, Server};
use moecraft_agent::http_client;
use moecraft_catalog::Trust;
use moecraft_wire::tunnel::{LocalModel, ServerKind};
use reqwest::Url;
use tokio::sync::watch;

use crate::server::ModelServer;
use crate::soon;

async fn find(kind: ServerKind, base: Url) -> Vec<LocalModel> {
    let mut finder = Finder::new(http_client().unwrap(), vec![Server { kind, base }]);
    soon(finder.find()).await.models().to_vec()
}

/// A model in one line: name, context, slots, capabilities.
fn line(model: &LocalModel) -> String {
    let capabilities: Vec<&str> = model.capabilities.iter().map(String::as_str).collect();
    let LocalModel {
        name,
        context_tokens,
        parallel,
        ..
    } = model;
    format!(
        "{name} {context_tokens} x{parallel} {}",
        capabilities.join(",")
    )
}

fn lines(models: &[LocalModel]) -> Vec<String> {
    models.iter().map(line).collect()
}

const LLAMA: &[(&str, &str)] = &[
    ("GET /health", r#"{"status":"ok"}"#),
    (
        "GET /props",
        r#"{"default_generation_settings":{"n_ctx":2048,"params":{}},"total_slots":2,
            "model_path":"/m/qwen.gguf","chat_template_caps":{"supports_tools":true},
            "modalities":{"vision":false,"audio":false}}"#,
    ),
    (
        "GET /v1/models",
        r#"{"object":"list","data":[{"id":"/m/qwen2.5-0.5b-q4_k_m.gguf","object":"model",
            "meta":{"n_ctx_train":32768}}]}"#,
    ),
];

#[tokio::test]
async fn llama_cpp_offers_its_model_with_the_context_of_one_slot() {
    let base = ModelServer::fixed("llama.cpp", LLAMA).await;
    let found = find(ServerKind::LlamaCpp, base).await;
    assert_eq!(
        lines(&found),
        ["qwen2.5-0.5b-q4_k_m 2048 x2 chat,json_schema,tools"]
    );
}

#[tokio::test]
async fn a_stranger_on_llama_cpps_port_is_not_taken_for_it() {
    let base = ModelServer::fixed("nginx", LLAMA).await;
    assert!(find(ServerKind::LlamaCpp, base).await.is_empty());
}

#[tokio::test]
async fn ollama_offers_what_a_request_gets_and_not_what_was_trained() {
    let base = ModelServer::fixed(
        "",
        &[
            ("GET /api/version", r#"{"version":"0.12.3"}"#),
            (
                "GET /api/tags",
                r#"{"models":[{"name":"qwen2.5:7b","size":4683087332}]}"#,
            ),
            (
                "GET /api/ps",
                r#"{"models":[{"name":"qwen2.5:7b","context_length":8192}]}"#,
            ),
            (
                "POST /api/show",
                r#"{"capabilities":["completion","tools","insert"],"parameters":"stop \"x\"",
                    "model_info":{"general.architecture":"qwen2","qwen2.context_length":32768}}"#,
            ),
        ],
    )
    .await;
    let found = find(ServerKind::Ollama, base).await;
    assert_eq!(lines(&found), ["qwen2.5:7b 8192 x1 chat,json_schema,tools"]);
}

#[tokio::test]
async fn vllm_offers_its_models() {
    let base = ModelServer::fixed(
        "uvicorn",
        &[(
            "GET /v1/models",
            r#"{"object":"list","data":[{"id":"Qwen/Qwen3-8B","owned_by":"vllm","max_model_len":40960}]}"#,
        )],
    )
    .await;
    let found = find(ServerKind::Vllm, base).await;
    assert_eq!(lines(&found), ["Qwen/Qwen3-8B 40960 x64 chat,json_schema"]);
}

#[tokio::test]
async fn lm_studio_offers_what_is_loaded() {
    let base = ModelServer::fixed(
        "",
        &[(
            "GET /api/v1/models",
            r#"{"models":[
                {"type":"llm","key":"google/gemma-4","loaded_instances":[
                    {"id":"google/gemma-4","config":{"context_length":4096,"parallel":4}}],
                 "max_context_length":262144,
                 "capabilities":{"vision":true,"trained_for_tool_use":true}},
                {"type":"llm","key":"asleep","loaded_instances":[],"max_context_length":8192,
                 "capabilities":{"vision":false,"trained_for_tool_use":false}},
                {"type":"embedding","key":"nomic","loaded_instances":[
                    {"id":"nomic","config":{"context_length":2048}}],"max_context_length":2048}]}"#,
        )],
    )
    .await;
    let found = find(ServerKind::LmStudio, base).await;
    assert_eq!(
        lines(&found),
        [
            "google/gemma-4 4096 x4 chat,json_schema,tools,vision",
            "nomic 2048 x1 embeddings"
        ]
    );
}

#[tokio::test]
async fn an_older_lm_studio_is_asked_in_its_own_way() {
    let base = ModelServer::fixed(
        "",
        &[(
            "GET /api/v0/models",
            r#"{"object":"list","data":[
                {"id":"qwen2-vl","type":"vlm","state":"loaded","max_context_length":32768,
                 "loaded_context_length":4096,"capabilities":["tool_use"]},
                {"id":"other","type":"llm","state":"not-loaded","max_context_length":131072}]}"#,
        )],
    )
    .await;
    let found = find(ServerKind::LmStudio, base).await;
    assert_eq!(
        lines(&found),
        ["qwen2-vl 4096 x1 chat,json_schema,tools,vision"]
    );
}

#[tokio::test]
async fn a_borrowed_name_is_seen_through() {
    let base = ModelServer::fixed(
        "",
        &[
            ("GET /api/version", r#"{"version":"0.12.3"}"#),
            (
                "GET /api/tags",
                r#"{"models":[{"name":"llama3:latest","size":1}]}"#,
            ),
            ("GET /api/ps", r#"{"models":[]}"#),
            (
                "POST /api/show",
                r#"{"details":{"parent_model":"","family":"qwen2","families":["qwen2"]},
                    "capabilities":["completion"],"model_info":{}}"#,
            ),
        ],
    )
    .await;
    let found = find(ServerKind::Ollama, base).await;
    assert_eq!(found[0].name, "llama3:latest");
    assert_eq!(found[0].trust, Trust::Untrusted);

    let base = ModelServer::fixed(
        "llama.cpp",
        &[
            ("GET /health", r#"{"status":"ok"}"#),
            (
                "GET /props",
                r#"{"default_generation_settings":{"n_ctx":2048},"total_slots":1,
                    "model_path":"/m/DeepSeek-R1-Distill.gguf"}"#,
            ),
            ("GET /v1/models", r#"{"data":[{"id":"llama"}]}"#),
        ],
    )
    .await;
    let found = find(ServerKind::LlamaCpp, base).await;
    assert_eq!(found[0].trust, Trust::Untrusted);

    let base = ModelServer::fixed(
        "",
        &[(
            "GET /v1/models",
            r#"{"data":[
                {"id":"mistral","root":"Qwen/Qwen3-8B","max_model_len":1},
                {"id":"mixtral","root":"mistralai/Mixtral-8x7B","max_model_len":1},
                {"id":"unheard-of","root":"mistralai/Mixtral-8x7B","max_model_len":1}]}"#,
        )],
    )
    .await;
    let found = find(ServerKind::Vllm, base).await;
    let trust: Vec<Trust> = found.iter().map(|model| model.trust).collect();
    assert_eq!(trust, [Trust::Untrusted, Trust::Trusted, Trust::Untrusted]);
}

#[tokio::test]
async fn any_other_server_is_taken_at_its_word() {
    let base = ModelServer::fixed(
        "",
        &[(
            "GET /v1/models",
            r#"{"data":[{"id":"plain"},{"id":"long","context_length":65536}]}"#,
        )],
    )
    .await;
    let found = find(ServerKind::OpenAiCompatible, base).await;
    assert_eq!(lines(&found), ["plain 4096 x1 chat", "long 65536 x1 chat"]);
}

#[tokio::test]
async fn where_nothing_listens_nothing_is_found() {
    let gone = Url::parse("http://127.0.0.1:1/").unwrap();
    for kind in ServerKind::ALL {
        assert!(find(kind, gone.clone()).await.is_empty());
    }
}

#[tokio::test]
async fn only_a_change_is_published() {
    let mut server = ModelServer::start().await;
    let watched = Server {
        kind: ServerKind::OpenAiCompatible,
        base: server.base.clone(),
    };
    let finder = Finder::new(http_client().unwrap(), vec![watched]);
    let (found, mut catalogue) = watch::channel(Arc::new(Catalogue::default()));
    let looking = tokio::spawn(finder.keep_looking(found, Duration::from_millis(1)));

    let first = br#"{"data":[{"id":"first"}]}"#;
    server.call().await.respond(200, "", first).await;
    soon(catalogue.changed()).await.unwrap();
    assert_eq!(
        lines(catalogue.borrow_and_update().models()),
        ["first 4096 x1 chat"]
    );
    for _ in 0..10 {
        server.call().await.respond(200, "", first).await;
    }
    let mut next = server.call().await;
    assert!(!catalogue.has_changed().unwrap());
    next.respond(200, "", br#"{"data":[{"id":"second"}]}"#)
        .await;
    soon(catalogue.changed()).await.unwrap();
    assert_eq!(
        lines(catalogue.borrow_and_update().models()),
        ["second 4096 x1 chat"]
    );

    drop(catalogue);
    drop(server);
    soon(looking).await.unwrap();
}
