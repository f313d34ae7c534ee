//! Performs a plan: which places are called in which order, and with what.

use std::borrow::Cow;
use std::collections::BTreeMap;

use moecraft_catalog::{Capability, Class, Trust, catalog};
use moecraft_engine::admission::LocalModel;
use moecraft_engine::guard::{Access, Recipient};
use moecraft_engine::prompt::{Optimise, Rule};
use moecraft_engine::router::{Candidate, least};
use moecraft_wire::Dialect;
use moecraft_wire::hub::{
    Block, Message, Profile, Role, SEAL_MARK, ToolNames, Unsupported, Written,
};
use moecraft_wire::openai::embeddings;

use crate::asked::{Asked, Door};
use crate::config::{Config, Endpoint};
use crate::economy::Economy;
use crate::egress::{Cleared, Stopped};
use crate::guard::Inspected;
use crate::missing;
use crate::planning::Known;

/// The most calls over HTTP that one request may cause; local models come on top.
const MAX_HTTP_TARGETS: usize = 6;
/// The version of Anthropic's API that is spoken where the client names none.
pub const ANTHROPIC_VERSION: &str = "2023-06-01";

/// One call that may answer the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The model's catalogue id.
    pub model: String,
    /// Its class.
    pub class: Class,
    /// The provider's id, `agent` for a local model.
    pub provider: String,
    /// Whether its origin is trusted, and what else the body may have the place do with it.
    pub trust: Trust,
    /// What the model takes, and the name the place knows it by.
    pub profile: Profile,
    /// The dialect it is spoken to in.
    pub dialect: Dialect,
    /// Where to call it; none is the agent's tunnel.
    pub endpoint: Option<Endpoint>,
}

impl Target {
    /// The target as the guard sees it.
    pub fn recipient(&self) -> Recipient<'_> {
        Recipient {
            model: &self.model,
            trust: self.trust,
            local: self.class == Class::Local,
        }
    }

    /// The dialect that every upstream has, where another was tried.
    pub fn common_dialect(&self) -> Option<Dialect> {
        let endpoint = self.endpoint.as_ref()?;
        let other = self.dialect != Dialect::Chat && endpoint.dialects.contains(&Dialect::Chat);
        other.then_some(Dialect::Chat)
    }
}

/// The plan's candidates as calls: each model at its own provider and then at general upstreams,
/// before the next model.
pub fn targets(
    candidates: &[Candidate],
    door: Door,
    config: &Config,
    known: &Known<'_>,
) -> Vec<Target> {
    let Known {
        snapshot,
        inspected,
        now,
        ..
    } = *known;
    let mut targets: Vec<Target> = Vec::new();
    let mut room = MAX_HTTP_TARGETS;
    for candidate in candidates {
        let target = |provider: &str, dialect, endpoint: Option<Endpoint>| Target {
            model: candidate.model_id.clone(),
            class: candidate.class,
            trust: match &endpoint {
                Some(endpoint) => least(candidate.trust, inspected.trust_at(endpoint)),
                None => candidate.trust,
            },
            provider: provider.to_owned(),
            profile: profile(candidate, &snapshot.local),
            dialect,
            endpoint,
        };
        if candidate.class == Class::Local {
            targets.push(target("agent", Dialect::Chat, None));
            continue;
        }
        for endpoint in config.endpoints(&candidate.provider) {
            let dialect = match door {
                Door::Embeddings => endpoint.embeddings.then_some(Dialect::Chat),
                door => dialect_at(endpoint, door.dialect(), now),
            };
            if let Some(dialect) = dialect.filter(|_| room > 0) {
                targets.push(target(&endpoint.provider, dialect, Some(endpoint.clone())));
                room -= 1;
            }
        }
    }
    targets
}

/// The client's own dialect where the endpoint has it, because then nothing is lost; or the best
/// of those it has.
fn dialect_at(endpoint: &Endpoint, client: Dialect, now: u64) -> Option<Dialect> {
    let there = |dialect: &Dialect| !missing::is_known(&endpoint.base_url, *dialect, now);
    let mut known = endpoint.dialects.iter().copied().filter(there);
    if endpoint.dialects.contains(&client) && there(&client) {
        return Some(client);
    }
    known.next()
}

/// The dialect that is spoken at a path.
pub fn dialect_of(path: &str) -> Option<Dialect> {
    let all = [Dialect::Chat, Dialect::Responses, Dialect::Messages];
    all.into_iter().find(|dialect| dialect.path() == path)
}

fn profile(candidate: &Candidate, local: &[LocalModel]) -> Profile {
    let name = &candidate.upstream_name;
    if candidate.class == Class::Local {
        let model = local.iter().find(|model| model.name == *name);
        let can = |what: &str| {
            model.is_some_and(|model| model.capabilities.iter().any(|has| has == what))
        };
        return Profile {
            tools: can("tools"),
            vision: can("vision"),
            documents: false,
            // llama.cpp holds every model to a schema; measured on three of them.
            structured_output: true,
            reasoning: false,
            ..Profile::permissive(name)
        };
    }
    match catalog().model(&candidate.model_id) {
        None => Profile::permissive(name),
        Some(model) => {
            let can = |capability| model.capabilities.contains(&capability);
            Profile {
                name: name.clone(),
                max_output_tokens: Some(model.max_output_tokens),
                tools: can(Capability::Tools),
                vision: can(Capability::Vision),
                documents: can(Capability::Documents),
                structured_output: can(Capability::StructuredOutput),
                reasoning: can(Capability::Reasoning),
                sampling: model.rules.sampling,
                forced_tools: model.rules.forced_tools,
                prefill: model.rules.prefill,
                custom_tools: model.rules.custom_tools,
                replays_reasoning: model.rules.replays_reasoning,
                max_completion_tokens: model.rules.max_completion_tokens,
                anthropics_own: model.provider == "anthropic",
            }
        }
    }
}

/// A call, ready to be made.
#[derive(Debug)]
pub struct Outbound {
    /// Where to.
    pub url: String,
    /// Header names and values, in turn.
    pub headers: Vec<String>,
    /// The body.
    pub body: Cleared,
    /// Hints of the client's that this upstream has no word for.
    pub left_out: Vec<String>,
    /// The client's tools that the upstream knows under another form or name.
    pub tools: ToolNames,
    /// The tokens that each rule for shorter prompts has saved.
    pub saved: BTreeMap<Rule, u32>,
    /// How far the prompt was allowed to be made shorter.
    pub optimise: Optimise,
}

/// What is changed of a request for one more call to the same target.
#[derive(Debug, Clone, Copy, Default)]
pub struct Changed<'c> {
    /// It is without the thinking of earlier turns.
    pub unsigned: bool,
    /// It goes on after the client's last word.
    pub sequel: Option<&'c Sequel>,
}

/// Two turns at the end of a conversation, for a model that shall look at an answer once more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequel {
    /// The answer, as if the model had just given it.
    pub answer: String,
    /// What the user says of it.
    pub remark: String,
}

/// Makes the call to a target out of the client's request.
///
/// # Errors
/// [`Stopped`] for what this target cannot be asked, or may not be given.
pub fn outbound(
    target: &Target,
    asked: &Asked,
    inspected: &Inspected,
    client: &BTreeMap<String, String>,
    economy: &Economy,
    changed: Changed<'_>,
) -> Result<Outbound, Stopped> {
    let path = match asked.door {
        Door::Embeddings => "/embeddings",
        _ => target.dialect.path(),
    };
    let (recipient, clearance) = (target.recipient(), inspected.clearance());
    let (url, headers) = match &target.endpoint {
        Some(endpoint) => {
            // Betas are the client's wish for its own body: a body written here needs none. And an
            // untrusted model is told nothing that the guard has not seen.
            let told = asked.door == Door::Messages && clearance.trusts(&recipient);
            let headers = match target.dialect {
                Dialect::Messages if told => messages_headers(endpoint, client),
                Dialect::Messages => messages_headers(endpoint, &BTreeMap::new()),
                Dialect::Chat | Dialect::Responses => {
                    [json_headers(), credentials(endpoint, target.dialect)].concat()
                }
            };
            (format!("{}{path}", endpoint.base_url), headers)
        }
        None => {
            let name = target.profile.name.clone();
            let mut headers = json_headers();
            headers.extend(["x-moecraft-model".to_owned(), name]);
            (format!("https://orchestrator/tunnel/v1{path}"), headers)
        }
    };
    let (mut left_out, mut tools) = (Vec::new(), ToolNames::default());
    let mut saved = BTreeMap::new();
    let masked = clearance.access(&recipient) == Access::Masked;
    let body = Cleared::of(inspected, &recipient, |form| {
        let shorter = economy.shorter(target, asked, form).map(|shorter| {
            saved = shorter.saved;
            shorter.body
        });
        let form = shorter.as_deref().unwrap_or(form);
        let written = match changed.sequel {
            Some(sequel) => Some(continued(target, asked, form, sequel)?),
            None => write(target, asked, form, masked, &mut tools)?,
        };
        let body = written.map(|written| {
            left_out = written.left_out;
            written.body
        });
        let without = changed
            .unsigned
            .then(|| {
                target
                    .dialect
                    .without_thinking(body.as_deref().unwrap_or(form))
            })
            .flatten();
        let body = without.or(body);
        let marked = economy.marked(target, asked, body.as_deref().unwrap_or(form));
        Ok(marked.or(body).or(shorter))
    })?;
    Ok(Outbound {
        url,
        headers,
        body,
        left_out,
        tools,
        saved,
        optimise: economy.optimise,
    })
}

/// The headers of every call.
pub fn json_headers() -> Vec<String> {
    vec!["content-type".to_owned(), "application/json".to_owned()]
}

/// What opens an endpoint, in the form its dialect wants.
pub fn credentials(endpoint: &Endpoint, dialect: Dialect) -> Vec<String> {
    let Some(key) = &endpoint.key else {
        return Vec::new();
    };
    let bearer = ["authorization".to_owned(), format!("Bearer {key}")];
    let own = ["x-api-key".to_owned(), key.clone()];
    match dialect {
        Dialect::Chat | Dialect::Responses => bearer.into(),
        // Anthropic's own takes one form of the two; an upstream of the operator's may want either.
        Dialect::Messages if endpoint.dialects.len() > 1 => [own, bearer].concat(),
        Dialect::Messages => own.into(),
    }
}

/// The headers of Anthropic's API, with the version and the betas that the client names.
pub fn messages_headers(endpoint: &Endpoint, client: &BTreeMap<String, String>) -> Vec<String> {
    let mut headers = json_headers();
    headers.extend(credentials(endpoint, Dialect::Messages));
    let version = client.get("anthropic-version");
    let version = version.map_or(ANTHROPIC_VERSION, String::as_str);
    headers.extend(["anthropic-version".to_owned(), version.to_owned()]);
    if let Some(beta) = client.get("anthropic-beta") {
        headers.extend(["anthropic-beta".to_owned(), beta.clone()]);
    }
    headers
}

/// Writes the body: the given bytes where they will do (none), edited where the dialect is the same,
/// anew where it is not.
fn write(
    target: &Target,
    asked: &Asked,
    body: &[u8],
    masked: bool,
    tools: &mut ToolNames,
) -> Result<Option<Written>, Unsupported> {
    if asked.door == Door::Embeddings {
        let adapted = embeddings::adapt_request(body, &target.profile.name);
        return Ok(adapted.map(|body| Written {
            body,
            left_out: Vec::new(),
        }));
    }
    if masked && asked.answers > 1 {
        let why = "a masked request has one answer: its values are put back into one only";
        return Err(Unsupported::new("n", why));
    }
    let client = asked.door.dialect();
    if target.dialect == client && is_fit(target, asked, body) {
        return Ok(None);
    }
    // The body was read before and found good.
    let request = client
        .read_request(body)
        .map_err(|error| Unsupported::new("body", error.to_string()))?;
    if target.dialect == client {
        return client.adapt_request(body, &request, &target.profile);
    }
    *tools = ToolNames::of(&request);
    let written = target.dialect.write_request(&request, &target.profile)?;
    Ok(Some(written))
}

/// Writes the body with two more turns at its end.
fn continued(
    target: &Target,
    asked: &Asked,
    body: &[u8],
    sequel: &Sequel,
) -> Result<Written, Unsupported> {
    let request = asked.door.dialect().read_request(body);
    let mut request = request.map_err(|error| Unsupported::new("body", error.to_string()))?;
    let turns = [
        (Role::Assistant, &sequel.answer),
        (Role::User, &sequel.remark),
    ];
    request.messages.extend(turns.map(|(role, text)| Message {
        role,
        content: vec![Block::Text {
            text: Cow::Borrowed(text),
            cache: None,
        }],
        name: None,
    }));
    target.dialect.write_request(&request, &target.profile)
}

/// Whether the body can go as it came, as far as can be told without reading it once more.
fn is_fit(target: &Target, asked: &Asked, body: &[u8]) -> bool {
    let usage_shown = !asked.stream || asked.include_usage;
    // Thinking that another maker's model has left in the conversation must not reach this one.
    let sealed = || asked.door != Door::Chat && String::from_utf8_lossy(body).contains(SEAL_MARK);
    usage_shown && target.profile == Profile::permissive(&asked.requested) && !sealed()
}

/// Names and values in turn as a JSON object: one string crosses to JavaScript faster than many.
pub fn header_object(headers: &[String]) -> String {
    let mut map = BTreeMap::new();
    for pair in headers.chunks_exact(2) {
        map.insert(&pair[0], &pair[1]);
    }
    serde_json::to_string(&map).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::Terms;
    use moecraft_engine::admission::Snapshot;
    use moecraft_engine::guard::Policy;
    use std::collections::BTreeSet;
    use std::rc::Rc;

    const BODY: &str = r#"{"model":"NAME","messages":[{"role":"user","content":"hi"}]}"#;

    fn config(vars: &[(&str, &str)]) -> Config {
        let secret = "x".repeat(32);
        let vars = vars.iter().copied();
        let vars = vars.chain([("MOECRAFT_KEY_SECRET", secret.as_str())]);
        let vars = vars.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Config::from_vars(&vars.collect(), &BTreeSet::new()).unwrap()
    }

    fn candidate(id: &str, provider: &str, class: Class) -> Candidate {
        Candidate {
            model_id: id.to_owned(),
            class,
            provider: provider.to_owned(),
            upstream_name: id.rsplit('/').next().unwrap().to_owned(),
            max_output_tokens: None,
            trust: Trust::Trusted,
            reason: "",
            estimate: Default::default(),
        }
    }

    fn targets_of(
        candidates: &[Candidate],
        door: Door,
        config: &Config,
        inspected: &Inspected,
    ) -> Vec<Target> {
        let known = Known {
            snapshot: &Snapshot::default(),
            refused: &[],
            session: None,
            inspected,
            now: 1,
            bounds: Default::default(),
            seed: None,
        };
        targets(candidates, door, config, &known)
    }

    fn call(door: Door, name: &str, candidate: &Candidate, config: &Config) -> (Target, Outbound) {
        let body = BODY.replace("NAME", name);
        let body = match door {
            Door::Messages => body.replacen('{', "{\"max_tokens\":9,", 1),
            _ => body,
        };
        let asked = Asked::read(door, body.as_bytes()).unwrap();
        let inspected = Inspected::of(body.into_bytes(), Rc::default(), Terms::default());
        let candidates = std::slice::from_ref(candidate);
        let target = targets_of(candidates, door, config, &inspected).remove(0);
        let call = outbound(
            &target,
            &asked,
            &inspected,
            &BTreeMap::new(),
            &Economy::default(),
            Changed::default(),
        )
        .unwrap();
        (target, call)
    }

    #[test]
    fn a_body_that_needs_no_change_is_sent_as_it_came() {
        let config = config(&[("UPSTREAM_URL", "http://a")]);
        let unknown = candidate("upstream/small", "upstream", Class::Opus);
        for door in [Door::Chat, Door::Messages] {
            let (_, same) = call(door, "small", &unknown, &config);
            assert!(same.body.is_own(), "{door:?}");
            let (_, other) = call(door, "big", &unknown, &config);
            let sent = String::from_utf8(other.body.written().unwrap().to_vec()).unwrap();
            assert!(sent.contains(r#""model":"small""#), "{sent}");
        }
    }

    #[test]
    fn the_client_s_own_dialect_is_spoken_where_the_place_has_it() {
        let config = config(&[("OPENAI_API_KEY", "sk"), ("ANTHROPIC_API_KEY", "sk-ant")]);
        let gpt = candidate("openai/gpt-5.5", "openai", Class::Opus);
        let claude = candidate("anthropic/claude-sonnet-5-5", "anthropic", Class::Sonnet);
        let cases = [
            (Door::Chat, &gpt, "/chat/completions"),
            (Door::Messages, &gpt, "/chat/completions"),
            (Door::Chat, &claude, "/messages"),
            (Door::Messages, &claude, "/messages"),
        ];
        for (door, candidate, path) in cases {
            let (_, call) = call(door, "any", candidate, &config);
            assert!(call.url.ends_with(path), "{door:?}: {}", call.url);
            let own_key = call.headers.iter().any(|header| header == "x-api-key");
            assert_eq!(own_key, path == "/messages");
        }
    }

    #[test]
    fn a_dialect_found_missing_is_not_tried_again() {
        let config = config(&[("UPSTREAM_URL", "http://only-chat")]);
        let unknown = candidate("upstream/small", "upstream", Class::Opus);
        let (target, _) = call(Door::Messages, "small", &unknown, &config);
        assert_eq!(target.dialect, Dialect::Messages);
        missing::remember("http://only-chat/v1", Dialect::Messages, 1);
        let (target, _) = call(Door::Messages, "small", &unknown, &config);
        assert_eq!(target.dialect, Dialect::Chat);
    }

    #[test]
    fn local_models_keep_their_place_behind_many_upstreams() {
        let config = config(&[("UPSTREAM_URL", "http://a,http://b,http://c")]);
        let plan = ["1", "2", "3"].map(|id| candidate(id, "openai", Class::Haiku));
        let local = candidate("local/l", "local", Class::Local);
        let plan = [plan.as_slice(), &[local]].concat();
        let inspected = Inspected::of(b"{}".to_vec(), Rc::default(), Terms::default());
        let targets = targets_of(&plan, Door::Chat, &config, &inspected);
        assert_eq!(targets.len(), MAX_HTTP_TARGETS + 1);
        assert_eq!(targets.last().unwrap().model, "local/l");
    }

    #[test]
    fn betas_are_told_to_nobody_whom_the_tenant_distrusts() {
        let config = config(&[("ANTHROPIC_API_KEY", "sk-ant")]);
        let candidate = candidate("anthropic/claude-sonnet-5-5", "anthropic", Class::Sonnet);
        let client = BTreeMap::from([("anthropic-beta".to_owned(), "a-beta".to_owned())]);
        let told = |distrusted: &[&str], more: &str| {
            let body = BODY.replacen('{', &format!("{{\"max_tokens\":9,{more}"), 1);
            let asked = Asked::read(Door::Messages, body.as_bytes()).unwrap();
            let guard = Policy {
                distrusted: distrusted.iter().map(|name| (*name).to_owned()).collect(),
                ..Policy::default()
            };
            let snapshot = Rc::new(Snapshot {
                guard,
                ..Snapshot::default()
            });
            let inspected = Inspected::of(body.into_bytes(), snapshot, Terms::default());
            let candidates = std::slice::from_ref(&candidate);
            let target = targets_of(candidates, Door::Messages, &config, &inspected).remove(0);
            let call = outbound(
                &target,
                &asked,
                &inspected,
                &client,
                &Economy::default(),
                Changed::default(),
            )
            .unwrap();
            call.headers.contains(&"a-beta".to_owned())
        };
        assert!(told(&[], ""));
        assert!(!told(&["anthropic/claude-sonnet-5-5"], ""));
        assert!(!told(&[], r#""fallbacks":["never-heard-of"],"#));
    }
}
