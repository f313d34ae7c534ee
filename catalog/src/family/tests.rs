//! Whose a name is, and which names are nobody's.

use super::*;
use crate::catalog;

fn developer(name: &str) -> Option<&'static str> {
    family_of(name).map(|family| family.developer)
}

#[test]
fn a_name_leads_to_its_developer() {
    for (name, expected) in [
        ("deepseek-r1-distill-llama-8b", "DeepSeek"),
        ("deepseek-ai/DeepSeek-Coder-V2-Lite-Instruct", "DeepSeek"),
        ("qwen2.5-coder:7b", "Alibaba"),
        ("hf.co/bartowski/CodeQwen1.5-7B-Chat-GGUF:Q4_K_M", "Alibaba"),
        ("qwq:32b", "Alibaba"),
        ("text-embedding-v4", "Alibaba"),
        ("nvidia/OpenReasoning-Nemotron-7B", "Alibaba"),
        ("moonshot-v1-8k", "Moonshot AI"),
        ("yi-34b-chat", "01.AI"),
        ("dolphin-2.2-yi-34b", "01.AI"),
        ("nous-hermes-2-Yi-34B", "01.AI"),
        ("internlm2.5-7b", "Shanghai AI Laboratory"),
        ("chatglm3-6b", "Z.ai"),
        ("glm4:9b", "Z.ai"),
        ("MiniMax-Text-01", "MiniMax"),
        ("abab6.5s-chat", "MiniMax"),
        ("ERNIE-4.5-21B-A3B", "Baidu"),
        ("seed-oss-36b", "ByteDance"),
        ("step-3.5-flash", "StepFun"),
        ("openPangu-7B", "Huawei"),
        ("TeleChat2-35B", "China Telecom"),
        ("bge-large:latest", "BAAI"),
        ("MiMo-7B-RL", "Xiaomi"),
        ("MiniCPM-Llama3-V-2_5", "OpenBMB"),
        ("dots.llm1.inst", "rednote"),
        ("openbuddy-mistral-7b", "OpenBuddy"),
        ("Llama3-8B-Chinese-Chat", "various"),
        ("gpt-4o", "OpenAI"),
        ("chatgpt-4o-latest", "OpenAI"),
        ("openai/o3-mini", "OpenAI"),
        ("unsloth/gpt-oss-20b-GGUF", "OpenAI"),
        ("us.anthropic.claude-sonnet-4-5-v1:0", "Anthropic"),
        ("gemini-2.5-pro", "Google"),
        ("grok-4", "xAI"),
        ("code-llama:13b", "Meta"),
        ("codellama:7b-instruct", "Meta"),
        ("Meta-Llama-3.1-8B-Instruct.Q4_K_M", "Meta"),
        ("nomic-embed-text", "Nomic AI"),
        ("starcoder2:3b", "BigCode"),
        ("dolphin-mixtral:8x7b", "Mistral AI"),
        ("Ministral-3-8B", "Mistral AI"),
        ("t5gemma-2b", "Google"),
        ("phi4:14b", "Microsoft"),
        ("Phi-3.5-mini-instruct", "Microsoft"),
        ("smollm2:135m", "Hugging Face"),
        ("granite3.3:2b", "IBM"),
        ("olmo-3-7b", "AI2"),
        ("falcon3:7b", "TII"),
        ("command-r7b", "Cohere"),
        ("llama-3.1-nemotron-70b", "NVIDIA"),
    ] {
        assert_eq!(developer(name), Some(expected), "{name}");
        let local = developer(&format!("local/{name}"));
        let closed = family_of(name).is_some_and(|family| family.weights == Weights::Closed);
        assert_eq!(local, (!closed).then_some(expected), "local/{name}");
    }
}

#[test]
fn what_only_looks_like_a_name_is_nobodys() {
    for name in [
        "",
        "playing",
        "dolphin",
        "dolphin3:8b",
        "daily-driver",
        "bernie",
        "ollama/some-model",
        "llama.cpp",
        "llama-server-model",
        "mymistralike",
        "huggingface/marco-x-o1",
        "neko-gpt-4",
        "o10-preview",
        "gptx",
        "a-model-of-mine",
        "default",
        "llаma-3", // with a Cyrillic letter
    ] {
        assert_eq!(developer(name), None, "{name}");
        assert_eq!(trust_of_name(name), Trust::Untrusted, "{name}");
    }
}

#[test]
fn an_untrusted_word_wins_wherever_it_stands() {
    let trusted = TRUSTED.iter().flat_map(|family| family.patterns);
    let (mut pairs, mut trusted_alone) = (0, 0);
    for base in trusted.map(text) {
        assert_eq!(trust_of_name(base), Trust::Trusted, "{base}");
        trusted_alone += 1;
        for pattern in UNTRUSTED.iter().flat_map(|family| family.patterns) {
            let other = text(pattern);
            let after = format!("{base}-{other}");
            let before = format!("{other}/{base}:7b");
            let is_head = matches!(pattern, Pattern::Head(_));
            assert!(
                is_head || trust_of_name(&after) == Trust::Untrusted,
                "{after}"
            );
            assert_eq!(trust_of_name(&before), Trust::Untrusted, "{before}");
            pairs += 1;
        }
    }
    assert!(trusted_alone > 50 && pairs > 5_000);
}

#[test]
fn a_local_model_under_a_borrowed_name_is_not_trusted() {
    for name in [
        "gpt-4o",
        "claude-sonnet-5-5",
        "gemini-2.5-pro",
        "o1",
        "grok-4",
    ] {
        assert_eq!(trust_of_name(name), Trust::Trusted, "{name}");
        assert_eq!(
            trust_of_name(&format!("local/{name}")),
            Trust::Untrusted,
            "{name}"
        );
    }
    assert_eq!(trust_of_name("local/gpt-oss:20b"), Trust::Trusted);
    assert_eq!(trust_of_name("local/qwen3:8b"), Trust::Untrusted);
}

#[test]
fn patterns_can_be_found_as_they_are_written() {
    for family in UNTRUSTED.iter().chain(&TRUSTED) {
        assert_eq!(family.jurisdiction.len(), 2, "{}", family.developer);
        for pattern in family.patterns {
            let written = text(pattern);
            assert!(
                family.names(&Name::of(written).expect("ASCII")),
                "{written}"
            );
        }
    }
    assert!(
        UNTRUSTED
            .iter()
            .all(|family| family.trust() == Trust::Untrusted)
    );
    assert!(
        TRUSTED
            .iter()
            .all(|family| family.trust() == Trust::Trusted)
    );
}

#[test]
fn the_table_agrees_with_every_row_of_the_catalogue() {
    for model in &catalog().models {
        for name in [&model.id, &model.upstream_name, &model.display_name] {
            let family = family_of(name).unwrap_or_else(|| panic!("{name} is of no family"));
            let origin = (family.developer, family.jurisdiction);
            let row = (
                model.origin.developer.as_str(),
                model.origin.jurisdiction.as_str(),
            );
            assert_eq!(origin, row, "{name}");
            assert_eq!(trust_of_name(name), model.trust, "{name}");
            let closed = family.weights == Weights::Closed;
            assert!(!closed || model.weights == Weights::Closed, "{name}");
        }
    }
}

#[test]
fn any_name_is_answered() {
    for name in [
        "/",
        ".",
        "llama-",
        "-yi-",
        "ｌｌａｍａ",
        "\u{0}",
        "o1/",
        "gpt",
    ] {
        let _ = trust_of_name(name);
    }
    let long = "yi".repeat(100_000);
    assert_eq!(trust_of_name(&long), Trust::Untrusted);
}

fn text(pattern: &Pattern) -> &'static str {
    match pattern {
        Pattern::Part(text) | Pattern::Word(text) | Pattern::Head(text) => text,
    }
}
