//! An answer held against its request: both are in the hub, and the checks are the engine's.

use moecraft_engine::validation::{self, Call, Defect, Duty, End, Form, Part, Tool, repaired};
use moecraft_wire::Dialect;
use moecraft_wire::hub::{self, Answer, Request, Role, Said, Stop, ToolChoice, ToolKind};

/// What is wrong with the answer to a request of this dialect; none where nothing is found.
pub fn defects(dialect: Dialect, body: &[u8], answer: &Answer) -> Vec<Defect> {
    with_asked(dialect, body, |asked| found(asked, answer)).unwrap_or_default()
}

/// What there is to do about an answer that has to be JSON.
#[derive(Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Nothing: it is as it should be, or cannot be helped.
    None,
    /// It was mended here.
    Mended(Answer),
    /// Its model may mend it, told what is wrong.
    Ask(String),
}

/// Looks for broken JSON in an answer, in its text and its calls, and for what to do about it.
pub fn remedy(dialect: Dialect, body: &[u8], answer: &Answer) -> Remedy {
    let of = |asked: &validation::Asked<'_>| {
        let found = found(asked, answer);
        let broken =
            |defect: &&Defect| matches!(defect, Defect::BrokenJson(_) | Defect::Mismatch(..));
        // One that declines, or was cut, would not come out otherwise.
        let other = |defect: &Defect| !broken(&defect);
        let Some(defect) = found
            .iter()
            .find(broken)
            .filter(|_| !found.iter().any(other))
        else {
            return Remedy::None;
        };
        match (mended(asked, answer, defect), defect.complaint()) {
            (Some(answer), _) => Remedy::Mended(answer),
            (None, Some(complaint)) => Remedy::Ask(complaint),
            (None, None) => Remedy::None,
        }
    };
    with_asked(dialect, body, of).unwrap_or(Remedy::None)
}

/// The answer with its defect mended, where that leaves none.
fn mended(asked: &validation::Asked<'_>, answer: &Answer, defect: &Defect) -> Option<Answer> {
    let (Defect::BrokenJson(part) | Defect::Mismatch(part, _)) = defect else {
        return None;
    };
    let whole = end(&answer.stop) == End::Own;
    let mut mended = answer.clone();
    match *part {
        Part::Text => {
            let text = repaired(asked.form, &answer.text(), whole)?;
            let mut texts = mended.said.iter_mut().filter_map(|said| match said {
                Said::Text(text) => Some(text),
                _ => None,
            });
            *texts.next()? = text;
            texts.for_each(String::clear);
            mended
                .said
                .retain(|said| *said != Said::Text(String::new()));
        }
        Part::Call(place) => {
            let mut calls = mended.said.iter_mut().filter_map(|said| match said {
                Said::ToolCall {
                    name,
                    namespace,
                    arguments,
                    ..
                } => Some((
                    hub::flat_name(namespace.as_deref(), name).into_owned(),
                    arguments,
                )),
                _ => None,
            });
            let (name, arguments) = calls.nth(place)?;
            let schema = asked.tools.iter().find(|tool| tool.name == name)?.schema;
            let form = schema.map_or(Form::Json, Form::Schema);
            *arguments = repaired(form, arguments, whole)?;
        }
    }
    found(asked, &mended).is_empty().then_some(mended)
}

fn found(asked: &validation::Asked<'_>, answer: &Answer) -> Vec<Defect> {
    let text = answer.text();
    let calls = answer.said.iter().filter_map(|said| match said {
        Said::ToolCall {
            name,
            namespace,
            arguments,
            custom,
            ..
        } => Some((
            hub::flat_name(namespace.as_deref(), name),
            arguments,
            *custom,
        )),
        _ => None,
    });
    let calls: Vec<_> = calls.collect();
    let calls: Vec<Call<'_>> = calls
        .iter()
        .map(|(name, arguments, custom)| Call {
            name,
            arguments,
            custom: *custom,
        })
        .collect();
    let declined = answer
        .said
        .iter()
        .any(|said| matches!(said, Said::Refusal(_)));
    let answer = validation::Answer {
        text: &text,
        calls: &calls,
        end: if declined {
            End::Declined
        } else {
            end(&answer.stop)
        },
    };
    validation::defects(asked, &answer)
}

const fn end(stop: &Stop) -> End {
    match stop {
        Stop::EndTurn | Stop::ToolUse => End::Own,
        Stop::Sequence(_) => End::Sequence,
        Stop::MaxTokens | Stop::ContextFull => End::Length,
        Stop::Refusal => End::Declined,
        Stop::Pause => End::Pause,
    }
}

/// Reads the request for what its answer can be held against; none where it cannot be read.
fn with_asked<T>(
    dialect: Dialect,
    body: &[u8],
    judge: impl FnOnce(&validation::Asked<'_>) -> T,
) -> Option<T> {
    let request = dialect.read_request(body).ok()?;
    let names: Vec<_> = request.tools.iter().map(hub::Tool::flat_name).collect();
    let tools = request.tools.iter().zip(&names).map(|(tool, name)| Tool {
        name,
        schema: match tool.kind {
            ToolKind::Function { parameters, .. } => parameters.map(|schema| schema.get()),
            ToolKind::Custom { .. } | ToolKind::Hosted { .. } => None,
        },
    });
    // What the provider itself runs is called by names that nobody offered.
    let hosted = |tool: &hub::Tool<'_>| matches!(tool.kind, ToolKind::Hosted { .. });
    let tools: Vec<Tool<'_>> = match request.tools.iter().any(hosted) {
        true => Vec::new(),
        false => tools.collect(),
    };
    let texts = texts(&request);
    let (question, context) = texts
        .split_last()
        .map_or(("", &[][..]), |(q, rest)| (*q, rest));
    Some(judge(&validation::Asked {
        question,
        context,
        form: match &request.format {
            None => Form::Free,
            Some(hub::Format::Json) => Form::Json,
            Some(hub::Format::Schema { schema, .. }) => Form::Schema(schema.get()),
        },
        tools: &tools,
        duty: match &request.tool_choice {
            Some(ToolChoice::Required) => Duty::Any,
            Some(ToolChoice::Named(name)) => Duty::Named(name),
            Some(ToolChoice::Auto | ToolChoice::None) | None => Duty::None,
        },
    }))
}

/// What instructs the model, the last of the user at the end.
fn texts<'r>(request: &'r Request<'_>) -> Vec<&'r str> {
    let said = request.texts().filter(|(role, _)| *role != Role::Assistant);
    let (mut texts, mut users): (Vec<_>, Vec<_>) = said.partition(|(role, _)| *role != Role::User);
    texts.append(&mut users);
    texts.into_iter().map(|(_, text)| text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn body(more: Value) -> Vec<u8> {
        let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "Who?"}]});
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        body.to_string().into_bytes()
    }

    fn says(text: &str) -> Answer {
        Answer {
            model: "m".into(),
            said: vec![Said::Text(text.into())],
            stop: Stop::EndTurn,
            usage: None,
        }
    }

    fn calls(arguments: &str) -> Answer {
        let call = Said::ToolCall {
            id: "c".into(),
            name: "find".into(),
            namespace: None,
            arguments: arguments.into(),
            custom: false,
        };
        Answer {
            said: vec![Said::Text("I look.".into()), call],
            stop: Stop::ToolUse,
            ..says("")
        }
    }

    fn person() -> Value {
        let schema = json!({"type": "object", "required": ["name"]});
        json!({"response_format": {"type": "json_schema", "json_schema": {"name": "p", "schema": schema}}})
    }

    fn tools() -> Value {
        let schema = json!({"type": "object", "required": ["q"]});
        json!({"tools": [{"type": "function", "function": {"name": "find", "parameters": schema}}]})
    }

    #[test]
    fn an_answer_is_held_against_what_was_asked() {
        let of = |more, answer: &Answer| {
            let found = defects(Dialect::Chat, &body(more), answer);
            found.iter().map(Defect::as_str).collect::<Vec<_>>()
        };
        assert_eq!(of(json!({}), &says("Ada.")), [""; 0]);
        assert_eq!(of(json!({}), &says("")), ["empty"]);
        assert_eq!(of(person(), &says("{}")), ["schema_mismatch"]);
        assert_eq!(of(tools(), &calls(r#"{"q":"x"}"#)), [""; 0]);
        assert_eq!(of(tools(), &calls(r#"{"p":"x"}"#)), ["schema_mismatch"]);
        let mut forced = tools();
        forced["tool_choice"] = json!("required");
        assert_eq!(of(forced, &says("No.")), ["no_call"]);
        let cut = Answer {
            stop: Stop::MaxTokens,
            ..says("It is")
        };
        assert_eq!(of(json!({}), &cut), ["cut_by_length"]);
        let declined = Answer {
            said: vec![Said::Refusal("No.".into())],
            ..says("")
        };
        assert_eq!(of(json!({}), &declined), ["refusal"]);
    }

    #[test]
    fn what_can_be_mended_here_is_not_asked_again() {
        let of = |more, answer: &Answer| remedy(Dialect::Chat, &body(more), answer);
        assert_eq!(of(person(), &says(r#"{"name":"Ada"}"#)), Remedy::None);
        let fenced = says("```json\n{\"name\":\"Ada\",}\n```");
        assert_eq!(
            of(person(), &fenced),
            Remedy::Mended(says("{\"name\":\"Ada\"}"))
        );
        assert!(matches!(of(person(), &says("Ada")), Remedy::Ask(_)));
        assert!(matches!(of(person(), &says("{}")), Remedy::Ask(_)));
        let broken = calls("{\"q\":\"x\"");
        assert_eq!(of(tools(), &broken), Remedy::Mended(calls("{\"q\":\"x\"}")));
        assert_eq!(of(tools(), &calls("{}")), Remedy::None);
    }

    #[test]
    fn what_was_cut_or_declined_is_left_as_it_is() {
        let cut = Answer {
            stop: Stop::MaxTokens,
            ..says("{\"name\":\"A")
        };
        let declined = says("I'm sorry, but I can't help with that.");
        for answer in [cut, declined] {
            assert_eq!(
                remedy(Dialect::Chat, &body(person()), &answer),
                Remedy::None
            );
        }
    }
}
