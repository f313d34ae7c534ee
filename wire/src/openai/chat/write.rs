//! Writes a request that came in another dialect.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::bridge::{check_prefill, follow_schema, must_call};
use super::conversation::Conversation;
use super::tools::write_tool;
use crate::hub::{
    Effort, Format, Profile, Request, Tool, ToolChoice, ToolKind, Unsupported, Written,
};
use crate::json::Members;

/// The longest id of an end user, bytes.
const MAX_USER: usize = 64;

#[derive(Serialize)]
struct ResponseFormat<'w> {
    #[serde(rename = "type")]
    kind: &'static str,
    json_schema: JsonSchema<'w>,
}

/// The schema stands as the client wrote it: models answer in the order of its fields.
#[derive(Serialize)]
struct JsonSchema<'w> {
    name: &'w str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'w str>,
    schema: &'w RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    strict: Option<bool>,
}

/// Writes a request for a model.
///
/// # Errors
/// [`Unsupported`] for the first thing that neither dialect nor model can carry.
pub fn write_request(request: &Request<'_>, profile: &Profile) -> Result<Written, Unsupported> {
    let mut writer = Writer {
        request,
        profile,
        body: Members::default(),
        sentences: Vec::new(),
        left_out: LeftOut::default(),
    };
    writer.write()?;
    Ok(Written {
        body: writer.body.to_bytes(),
        left_out: writer.left_out.0,
    })
}

/// The names of hints that are left out, each once.
#[derive(Debug, Default)]
pub(super) struct LeftOut(pub(super) Vec<String>);

impl LeftOut {
    /// Leaves a hint out.
    pub(super) fn add(&mut self, name: &str) {
        if !self.0.iter().any(|known| known == name) {
            self.0.push(name.to_owned());
        }
    }
}

struct Writer<'w> {
    request: &'w Request<'w>,
    profile: &'w Profile,
    body: Members<'static>,
    /// Instructions that stand for fields which the model does not know.
    sentences: Vec<Cow<'static, str>>,
    left_out: LeftOut,
}

impl Writer<'_> {
    fn write(&mut self) -> Result<(), Unsupported> {
        for extra in &self.request.extras {
            if extra.essential {
                let message = format!("`{}` cannot be carried to this model", extra.name);
                return Err(Unsupported::new(extra.name.as_ref(), message));
            }
            self.left_out.add(&extra.name);
        }
        self.body.set("model", &self.profile.name);
        self.tools()?;
        self.format();
        self.messages()?;
        if self.request.stream {
            self.body.set("stream", &true);
            self.set("stream_options", Some(json!({"include_usage": true})));
        }
        self.bound();
        self.reasoning();
        self.sampling();
        self.user();
        Ok(())
    }

    fn set(&mut self, name: &'static str, value: Option<impl Serialize>) {
        if let Some(value) = value {
            self.body.set(name, &value);
        }
    }

    fn messages(&mut self) -> Result<(), Unsupported> {
        let request = self.request;
        let messages = &request.messages;
        check_prefill(messages, self.profile)?;
        let conversation = Conversation::new(self.profile, &mut self.left_out);
        let sentences = std::mem::take(&mut self.sentences);
        let turns = conversation.turns(messages, sentences)?;
        self.body.set("messages", &turns);
        Ok(())
    }

    fn tools(&mut self) -> Result<(), Unsupported> {
        if !self.profile.tools && self.request.uses_tools() {
            let message = "this model cannot call tools: choose another model";
            return Err(Unsupported::new("tools", message));
        }
        let mut tools = Vec::new();
        for tool in &self.request.tools {
            if tool.cache.is_some() {
                self.left_out.add("cache_control");
            }
            match write_tool(tool, self.profile) {
                Some(written) => tools.push(written),
                None => self.left_out.add(&tool.name),
            }
        }
        let choice = self.tool_choice(!tools.is_empty())?;
        if !tools.is_empty() {
            self.body.set("tools", &tools);
            self.set("tool_choice", choice);
            self.set("parallel_tool_calls", self.request.parallel_tool_calls);
        }
        Ok(())
    }

    /// The tool choice; `any` says whether there are tools to choose from.
    fn tool_choice(&mut self, any: bool) -> Result<Option<Value>, Unsupported> {
        let sentence = match &self.request.tool_choice {
            None => return Ok(None),
            Some(ToolChoice::Auto) => return Ok(Some("auto".into())),
            Some(ToolChoice::None) => return Ok(Some("none".into())),
            Some(ToolChoice::Required) if !any => return Err(no_such_tool("a tool")),
            Some(ToolChoice::Required) if self.profile.forced_tools => {
                return Ok(Some("required".into()));
            }
            Some(ToolChoice::Required) => must_call(None),
            Some(ToolChoice::Named(name)) => {
                let is_meant = |tool: &&Tool<'_>| tool.name == *name || tool.flat_name() == *name;
                let tool = self.request.tools.iter().find(is_meant);
                let tool = tool.filter(|tool| !matches!(tool.kind, ToolKind::Hosted { .. }));
                let tool = tool.ok_or_else(|| no_such_tool(name))?;
                let name = tool.flat_name();
                if self.profile.forced_tools {
                    let custom = matches!(tool.kind, ToolKind::Custom { .. });
                    let kind = match custom && self.profile.custom_tools {
                        true => "custom",
                        false => "function",
                    };
                    return Ok(Some(json!({"type": kind, kind: {"name": name}})));
                }
                must_call(Some(&name))
            }
        };
        self.left_out.add("tool_choice");
        self.sentences.push(sentence.into());
        Ok(Some("auto".into()))
    }

    fn format(&mut self) {
        match &self.request.format {
            None => {}
            Some(Format::Json) => self.set("response_format", Some(json!({"type": "json_object"}))),
            Some(Format::Schema { schema, .. }) if !self.profile.structured_output => {
                self.left_out.add("response_format");
                self.sentences.push(follow_schema(schema).into());
            }
            Some(Format::Schema {
                name,
                description,
                schema,
                strict,
            }) => {
                let format = ResponseFormat {
                    kind: "json_schema",
                    json_schema: JsonSchema {
                        name,
                        description: description.as_deref(),
                        schema,
                        strict: *strict,
                    },
                };
                self.body.set("response_format", &format);
            }
        }
    }

    /// The end user's id, unless it is of a length that OpenAI refuses: then it is no id but a
    /// record of the client's.
    fn user(&mut self) {
        match self.request.user.as_deref() {
            Some(user) if user.len() > MAX_USER => self.left_out.add("user"),
            user => self.set("user", user),
        }
    }

    fn bound(&mut self) {
        let name = match self.profile.max_completion_tokens {
            true => "max_completion_tokens",
            false => "max_tokens",
        };
        // More than the model gives is refused by some servers.
        let most = self.profile.max_output_tokens.unwrap_or(u32::MAX);
        self.set(
            name,
            self.request.max_output_tokens.map(|max| max.min(most)),
        );
    }

    fn reasoning(&mut self) {
        let Some(reasoning) = self.request.reasoning else {
            return;
        };
        if !self.profile.reasoning {
            return self.left_out.add("reasoning");
        }
        let by_budget = |budget| match budget {
            0..=2_048 => Effort::Low,
            2_049..=8_192 => Effort::Medium,
            _ => Effort::High,
        };
        let effort = reasoning.effort.or(reasoning.budget_tokens.map(by_budget));
        // Only these words are known to every server.
        let word = match effort {
            _ if reasoning.off => Some("none"),
            None => None,
            Some(Effort::Minimal | Effort::Low) => Some("low"),
            Some(Effort::Medium) => Some("medium"),
            Some(Effort::High | Effort::Max) => Some("high"),
        };
        self.set("reasoning_effort", word);
    }

    fn sampling(&mut self) {
        let sampling = &self.request.sampling;
        let numbers = [
            ("temperature", sampling.temperature),
            ("top_p", sampling.top_p),
            ("frequency_penalty", sampling.frequency_penalty),
            ("presence_penalty", sampling.presence_penalty),
        ];
        for (name, value) in numbers {
            match value {
                Some(_) if !self.profile.sampling => self.left_out.add(name),
                value => self.set(name, value),
            }
        }
        if sampling.top_k.is_some() {
            self.left_out.add("top_k");
        }
        self.set("seed", sampling.seed);
        self.set(
            "stop",
            (!sampling.stop.is_empty()).then_some(&sampling.stop),
        );
        self.set("n", (sampling.answers > 0).then_some(sampling.answers));
        self.set("logprobs", sampling.logprobs.then_some(true));
    }
}

fn no_such_tool(name: &str) -> Unsupported {
    let message =
        format!("`tool_choice` asks for {name}, which this model's provider does not run");
    Unsupported::new("tool_choice", message)
}
