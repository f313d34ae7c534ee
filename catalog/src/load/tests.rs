//! What data the loader takes, and what it says of data it does not.

use super::*;
use crate::RequestRules;

const PROVIDER: &str = r#"{"id":"p","name":"P","base_url":"https://p.example/v1",
    "base_url_var":"P_BASE_URL","key_secret":"P_API_KEY","dialects":["openai_chat"]}"#;

/// One provider with one model, whose id, some fields and price row are given.
fn load_with(id: &str, fields: &str, price: &str) -> Result<Catalog, CatalogError> {
    let file = format!(
        r#"{{"provider":{PROVIDER},"models":[{{"id":"{id}","upstream_name":"m",
        "display_name":"M","class":"haiku","context_tokens":1,{fields},
        "origin":{{"developer":"D","jurisdiction":"US"}},
        "weights":"closed","trust":"trusted","prices":[{price}]}}]}}"#
    );
    read(&[&file], "[]")
}

const CHAT: &str = r#""max_output_tokens":1,"capabilities":["tools"]"#;
const PRICE: &str = r#"{"from":"2026-01-02","source":"s","rates":{"input":"2","output":"8"}}"#;

fn load(id: &str, price: &str) -> Result<Catalog, CatalogError> {
    load_with(id, CHAT, price)
}

fn refusal(loaded: Result<Catalog, CatalogError>) -> String {
    loaded.expect_err("refused").to_string()
}

fn rates_of(rates: &str) -> Rates {
    let price = format!(r#"{{"from":"2026-01-02","source":"s","rates":{rates}}}"#);
    load("p/m", &price).expect("well formed").models[0].prices[0].base
}

#[test]
fn a_kind_of_token_without_a_price_costs_as_the_kind_it_comes_from() {
    const USD: u64 = 1_000_000_000;
    let few = rates_of(r#"{"input":"2","output":"8"}"#);
    assert_eq!(
        few,
        Rates {
            input: 2 * USD,
            cache_read: 2 * USD,
            cache_write: 2 * USD,
            cache_write_long: 2 * USD,
            output: 8 * USD,
            reasoning: 8 * USD,
        }
    );
    let some = rates_of(r#"{"input":"2","cache_write":"3","output":"8"}"#);
    assert_eq!(some.cache_write_long, 3 * USD);
    let all = rates_of(
        r#"{"input":"2","cache_read":"1","cache_write":"3","cache_write_long":"4",
        "output":"8","reasoning":"9"}"#,
    );
    assert_eq!(
        all,
        Rates {
            input: 2 * USD,
            cache_read: USD,
            cache_write: 3 * USD,
            cache_write_long: 4 * USD,
            output: 8 * USD,
            reasoning: 9 * USD,
        }
    );
}

#[test]
fn a_price_is_named_by_model_and_day() {
    let catalog = load("p/m", PRICE).expect("well formed");
    let price = &catalog.models[0].prices[0];
    assert_eq!(
        (price.version.as_str(), price.from_ms),
        ("p/m@2026-01-02", 1_767_312_000_000)
    );
    assert_eq!(price.batch_percent, None);
}

#[test]
fn a_model_is_a_chat_model_under_the_usual_rules_unless_its_row_says_otherwise() {
    let usual = load("p/m", PRICE).expect("well formed");
    let model = &usual.models[0];
    assert!(model.chats());
    assert_eq!(model.rules, RequestRules::default());

    let fields = format!(r#"{CHAT},"rules":{{"sampling":false,"custom_tools":true}}"#);
    let other = load_with("p/m", &fields, PRICE).expect("well formed");
    assert_eq!(
        other.models[0].rules,
        RequestRules {
            sampling: false,
            custom_tools: true,
            ..RequestRules::default()
        }
    );

    let fields = r#""kind":"embedding","max_output_tokens":0,"capabilities":[]"#;
    let embedding = load_with("p/m", fields, PRICE).expect("well formed");
    assert!(!embedding.models[0].chats());
}

#[test]
fn broken_data_is_named() {
    let row = |from: &str, input: &str| {
        format!(r#"{{"from":"{from}","source":"s","rates":{{"input":"{input}","output":"8"}}}}"#)
    };
    assert_eq!(
        refusal(load("p/m", &row("2026-01-02", "1e3"))),
        "p/m: price \"1e3\" cannot be read"
    );
    assert_eq!(
        refusal(load("p/m", &row("2026-1-2", "1"))),
        "p/m: day \"2026-1-2\" cannot be read"
    );
    assert_eq!(
        refusal(load("q/m", PRICE)),
        "q/m does not belong to the provider p"
    );
    assert!(refusal(load("p/m", "{}")).starts_with("catalogue data: missing field"));
    let unknown = format!(r#"{CHAT},"rules":{{"samplng":false}}"#);
    assert!(refusal(load_with("p/m", &unknown, PRICE)).contains("unknown field `samplng`"));
}

#[test]
fn a_price_that_leaves_a_choice_is_refused() {
    let price = |more: &str| {
        let rates = r#""rates":{"input":"2","output":"8"}"#;
        refusal(load(
            "p/m",
            &format!(r#"{{"from":"2026-01-02","source":"s",{rates},{more}}}"#),
        ))
    };
    let window = |days: &str, from: &str, to: &str| {
        format!(
            r#"{{"days":"{days}","from":"{from}","to":"{to}","rates":{{"input":"1","output":"1"}}}}"#
        )
    };
    let (early, late) = (
        window("mon-fri", "01:00", "04:00"),
        window("fri", "03:00", "05:00"),
    );
    let tier = r#""tiers":[{"above_prompt_tokens":1,"rates":{"input":"1","output":"1"}}]"#;
    assert_eq!(
        price(&format!(r#""windows":[{early},{late}]"#)),
        "p/m: two windows of a price share a time"
    );
    assert_eq!(
        price(&format!(r#"{tier},"windows":[{early}]"#)),
        "p/m: a price has tiers or windows, not both"
    );
    assert_eq!(
        price(&format!(r#""windows":[{}]"#, window("mon", "5", "6"))),
        "p/m: window \"mon 5 6\" cannot be read"
    );
    assert_eq!(
        price(r#""batch_percent":0"#),
        "p/m: batch_percent \"0\" cannot be read"
    );
}

#[test]
fn a_model_that_contradicts_itself_is_refused() {
    let error = |fields: &str| refusal(load_with("p/m", fields, PRICE));
    let none = r#""max_output_tokens":1,"capabilities":[]"#;
    assert_eq!(
        error(&format!(r#"{none},"rules":{{"custom_tools":true}}"#)),
        "p/m: it takes custom tools but no tools"
    );
    assert_eq!(
        error(&format!(r#"{none},"rules":{{"replays_reasoning":true}}"#)),
        "p/m: its reasoning must be replayed but it does not reason"
    );
    assert_eq!(
        error(&format!(r#""kind":"embedding",{none}"#)),
        "p/m: an embedding model writes no answer"
    );
    assert_eq!(
        error(&format!(r#""kind":"embedding",{CHAT}"#)),
        "p/m: an embedding model has no capabilities of a chat model"
    );
}

#[test]
fn a_provider_is_reached_over_http_or_through_a_binding() {
    let provider = |access: &str| {
        let row = format!(r#"{{"id":"p","name":"P",{access},"dialects":["openai_chat"]}}"#);
        read(&[&format!(r#"{{"provider":{row},"models":[]}}"#)], "[]")
    };
    let http = r#""base_url":"https://p.example","base_url_var":"P_BASE_URL""#;
    let key = r#""key_secret":"P_API_KEY""#;
    let reached = |access: &str| provider(access).expect("well formed").providers[0].clone();

    let bound = reached(r#""binding":"AI""#);
    assert_eq!((bound.binding(), bound.http()), (Some("AI"), None));
    let keyed = reached(&format!("{http},{key}"));
    assert_eq!(keyed.binding(), None);
    assert_eq!(
        keyed.http().map(|it| it.key_secret.as_str()),
        Some("P_API_KEY")
    );
    for access in [http.to_owned(), format!(r#"{http},{key},"binding":"AI""#)] {
        let error = refusal(provider(&access));
        assert!(error.starts_with("the provider p needs either"), "{error}");
    }
}
