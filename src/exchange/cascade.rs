//! Cheap models asked before the planned one: the first one's answer is taken where the second one's
//! speaks for it, and otherwise the plan goes on as if nothing had been.
//!
//! The probes stand behind the plan's targets, and the whole plan is in the queue while they are
//! called: whatever goes wrong with them, the next target is the planned one. Nothing of a probe's
//! answer goes to the client before it is taken, so a stream is read to its end first.

use moecraft_engine::admission::Cascaded;
use moecraft_engine::cascade::{self, short};
use moecraft_engine::router::Cascade;
use moecraft_engine::tokens;
use moecraft_wire::hub::{Answer, Said};

use super::whole::Told;
use super::{Action, Exchange};
use crate::asked::with_prompt;
use crate::stream::{AnswerStream, Beginning};
use crate::validation;

/// Where a cascade stands.
#[derive(Debug)]
pub(super) enum Stage {
    /// The first probe is called.
    First,
    /// The second one is, and this is what the first one's answer comes down to.
    Second(Box<Told>, String),
}

impl Exchange {
    /// Whether a cheap model is being asked whose answer may not be taken.
    pub(super) fn is_probing(&self) -> bool {
        self.aside.stage.is_some()
    }

    fn cascade(&self) -> Option<&Cascade> {
        self.planned.as_ref()?.plan.cascade.as_ref()
    }

    /// Takes the bytes of a probe's stream; nothing of it goes out before its end.
    pub(super) fn gather(&mut self, bytes: &[u8], ended: bool, now: u64) -> Action {
        let Some(stream) = &mut self.stream else {
            return Action::ReadOn;
        };
        if let Beginning::Error(fault) = stream.judge(bytes, ended) {
            return self.faulted(&fault, now);
        }
        match stream.told().answer() {
            Some(answer) => {
                self.stream = None;
                let told = self.take(answer, None);
                self.probed(told, now)
            }
            None if ended || self.stream.as_ref().is_some_and(AnswerStream::is_long) => {
                self.unreadable("it is no short answer", now)
            }
            None => Action::ReadOn,
        }
    }

    /// A probe has answered.
    pub(super) fn probed(&mut self, told: Told, now: u64) -> Action {
        self.first_byte_at = now;
        self.note_ok();
        let short = self.short_form(&told.answer);
        match (self.aside.stage.take(), short) {
            (Some(Stage::First), Ok(short)) if self.has_time(now) => {
                let told = Box::new(self.hold(told));
                self.aside.stage = Some(Stage::Second(told, short));
                self.tries.current += 1;
                self.call_current()
            }
            (Some(Stage::Second(first, short)), Ok(other)) => {
                self.spend(&told);
                self.weigh(*first, [&short, &other], &told, now)
            }
            (stage, short) => {
                self.spend(&told);
                let why = short.err().unwrap_or("no time is left");
                self.aside.stage = stage;
                self.leave_cascade(why);
                self.escalate()
            }
        }
    }

    /// Takes the first answer, or not, by what the second one says of it.
    fn weigh(&mut self, first: Told, shorts: [&str; 2], second: &Told, now: u64) -> Action {
        let tokens = |told: &Told| {
            let output = told
                .usage
                .output
                .max(tokens::estimate(&told.answer.text()).into());
            u32::try_from(output).unwrap_or(u32::MAX)
        };
        let [mine, other] = shorts;
        let answers = [(mine, tokens(&first)), (other, tokens(second))]
            .map(|(text, tokens)| cascade::Answer { text, tokens });
        let right = self.asked.as_ref().zip(self.inspected.as_ref());
        let right = right.and_then(|(asked, inspected)| {
            with_prompt(self.door, inspected.body(), |prompt| {
                cascade::trust(prompt, &asked.features, &answers)
            })?
        });
        let accepted = self
            .cascade()
            .zip(right)
            .is_some_and(|(cascade, right)| cascade.stakes.accepts(right));
        let model = self.probe_name();
        let verdict = if accepted { "taken" } else { "not taken" };
        self.aside.remarks.push(match right {
            Some(right) => format!("cascade: {model} {verdict}, right with {right:.2}"),
            None => format!("cascade: {model} {verdict}"),
        });
        self.aside.cascaded = Some(Cascaded {
            first: model,
            accepted,
            p: right,
            why: None,
        });
        if accepted {
            return self.deliver(first, now);
        }
        self.spend(&first);
        self.escalate()
    }

    /// Goes on with the plan, since the cheap answers are of no use.
    fn escalate(&mut self) -> Action {
        match self.next_target() {
            Some(next) => self.go_to(next),
            None => self.refuse(&crate::error::ApiError::Internal(
                "a cascade to nobody".into(),
            )),
        }
    }

    /// Ends the cascade where it is still under way, for this reason.
    pub(super) fn leave_cascade(&mut self, why: &str) {
        let Some(stage) = self.aside.stage.take() else {
            return;
        };
        let model = self.probe_name();
        self.aside
            .remarks
            .push(format!("cascade: {model} not taken, {why}"));
        self.aside.cascaded = Some(Cascaded {
            first: model,
            why: Some(why.to_owned()),
            ..Cascaded::default()
        });
        if let Stage::Second(first, _) = stage {
            self.spend(&first);
        }
    }

    fn probe_name(&self) -> String {
        let [first, _] = match self.cascade() {
            Some(cascade) => &cascade.probes,
            None => return String::new(),
        };
        first.model_id.clone()
    }

    /// What an answer comes down to.
    fn short_form(&self, answer: &Answer) -> Result<String, &'static str> {
        let body = self
            .inspected
            .as_ref()
            .map_or(&[][..], |inspected| inspected.body());
        let defects = validation::defects(self.door.dialect(), body, answer);
        if let Some(defect) = defects.first() {
            return Err(defect.as_str());
        }
        let calls = answer.said.iter().filter_map(|said| match said {
            Said::ToolCall {
                name,
                arguments,
                custom: false,
                ..
            } => Some((name, arguments)),
            _ => None,
        });
        let calls: Vec<_> = calls.collect();
        let short = match calls.as_slice() {
            [] => short::of_text(&answer.text()),
            [(name, arguments)] => short::of_call(name, arguments),
            _ => None,
        };
        short.ok_or("it comes down to nothing short")
    }
}
