//! An answer that came whole: looked at, mended where it has to be JSON and is not, and delivered.
//!
//! ```text
//! Told ──sound──────────────────────────────► deliver
//!   │ broken JSON: mended here ─────────────► deliver
//!   └ else held, and its model told ──► Told ─► deliver the better one
//! ```

use moecraft_engine::admission::{Cascaded, Confirmation, Outcome, UsageSource};
use moecraft_engine::money::Usage;
use moecraft_wire::hub::{Answer, Said};
use serde::de::IgnoredAny;

use super::cascade::Stage;
use super::confirm::Shown;
use super::{Action, Exchange};
use crate::accounting;
use crate::dispatch::{Outbound, Sequel};
use crate::reply::Reply;
use crate::validation::{self, Remedy};

/// What happens beside the one call that a request usually makes.
#[derive(Debug, Default)]
pub(super) struct Aside {
    /// The tokens of answers that were paid for and not delivered.
    usage: Usage,
    /// What they cost, nano-dollars.
    cost: u64,
    /// The tokens that the request would have taken with one call, where they are not those of the
    /// answer that was delivered.
    pub(super) alone: Option<Usage>,
    /// An answer that is being mended by its model.
    revised: Option<Told>,
    /// What its model is told.
    pub(super) correction: Option<Sequel>,
    /// An earlier answer that a model is shown.
    pub(super) shown: Option<Shown>,
    /// What it says of that.
    pub(super) confirmation: Option<Confirmation>,
    /// Where a cascade stands, while cheap models are asked.
    pub(super) stage: Option<Stage>,
    /// What came of it.
    pub(super) cascaded: Option<Cascaded>,
    /// For the headers: what was done.
    pub(super) remarks: Vec<String>,
}

impl Aside {
    /// The tokens and the cost of everything, where the last answer had these.
    pub(super) fn total(&self, usage: &Usage, cost: u64) -> (Usage, u64) {
        (sum(&self.usage, usage), self.cost.saturating_add(cost))
    }

    /// The tokens by which the baseline is counted.
    pub(super) fn alone<'a>(&'a self, usage: &'a Usage) -> &'a Usage {
        self.alone.as_ref().unwrap_or(usage)
    }

    /// What the next call says after the client's last word.
    pub(super) fn sequel(&self) -> Option<&Sequel> {
        let shown = self.shown.as_ref().map(|shown| &shown.sequel);
        self.correction.as_ref().or(shown)
    }
}

fn sum(one: &Usage, other: &Usage) -> Usage {
    Usage {
        input: one.input.saturating_add(other.input),
        cache_read: one.cache_read.saturating_add(other.cache_read),
        cache_write: one.cache_write.saturating_add(other.cache_write),
        cache_write_long: one.cache_write_long.saturating_add(other.cache_write_long),
        output: one.output.saturating_add(other.output),
        reasoning: one.reasoning.saturating_add(other.reasoning),
    }
}

/// Whether a call's arguments should be JSON and are not.
fn has_broken_arguments(said: &Said) -> bool {
    match said {
        Said::ToolCall {
            arguments,
            custom: false,
            ..
        } => !arguments.trim().is_empty() && serde_json::from_str::<IgnoredAny>(arguments).is_err(),
        _ => false,
    }
}

/// A whole answer that the client may get.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) answer: Answer,
    pub(super) usage: Usage,
    source: UsageSource,
    /// The upstream's bytes, where they can go to the client as they came.
    bytes: Option<Vec<u8>>,
    /// Which target gave it, and the call: set while it is held back and others are called.
    held: Option<(usize, Option<Outbound>)>,
}

impl Told {
    /// The same with another answer in place of the one that came.
    pub(super) fn replaced(self, answer: Answer) -> Self {
        Self {
            answer,
            bytes: None,
            ..self
        }
    }
}

impl Exchange {
    /// Takes a whole answer of the current target; `bytes` where it did not come as a stream.
    pub(super) fn take(&self, mut answer: Answer, bytes: Option<Vec<u8>>) -> Told {
        if !self.shows_thinking() {
            answer
                .said
                .retain(|said| !matches!(said, Said::Thinking { .. }));
        }
        let restoration = self.restoration();
        if let Some(restoration) = &restoration {
            restoration.whole(&mut answer);
        }
        let same = self
            .target()
            .is_some_and(|target| target.dialect == self.door.dialect());
        let (usage, source) = match &answer.usage {
            Some(usage) => (accounting::usage(usage), UsageSource::Reported),
            None => (self.counted(&answer.text()), UsageSource::Estimated),
        };
        Told {
            answer,
            usage,
            source,
            bytes: bytes.filter(|_| same && restoration.is_none()),
            held: None,
        }
    }

    /// Keeps an answer back while another call is made.
    pub(super) fn hold(&mut self, told: Told) -> Told {
        Told {
            held: Some((self.tries.current, self.call.take())),
            ..told
        }
    }

    /// Counts an answer that is paid for and goes to nobody, of the target that is called now or that
    /// it was held back for.
    pub(super) fn spend(&mut self, told: &Told) {
        let place = told.held.as_ref().map_or(self.tries.current, |(at, _)| *at);
        self.spend_at(place, &told.usage);
    }

    /// Counts tokens of a target that are paid for and go to nobody.
    pub(super) fn spend_at(&mut self, place: usize, usage: &Usage) {
        let planned = self.planned.as_ref();
        if let Some(target) = planned.and_then(|planned| planned.target(place)) {
            let cost = self.tariff(target).cost(usage);
            (self.aside.usage, self.aside.cost) = self.aside.total(usage, cost);
        }
    }

    /// Sees to it that what has to be JSON is, once, and delivers.
    pub(super) fn revise(&mut self, told: Told, now: u64) -> Action {
        if let Some(first) = self.aside.revised.take() {
            return self.deliver_better(first, told, now);
        }
        match self.remedy(&told) {
            Remedy::None => self.deliver(told, now),
            Remedy::Mended(answer) => {
                self.aside.remarks.push("its JSON was mended".to_owned());
                self.deliver(told.replaced(answer), now)
            }
            Remedy::Ask(_) if !self.has_time(now) => self.deliver(told, now),
            Remedy::Ask(complaint) => {
                let remark = format!(
                    "This answer cannot be used: {complaint}. Answer once more, with the corrected JSON and nothing else."
                );
                self.aside.correction = Some(Sequel {
                    answer: told.answer.text(),
                    remark,
                });
                self.aside.revised = Some(self.hold(told));
                self.call_current()
            }
        }
    }

    /// Delivers the answer that its model has mended, or the one before it where that was no better.
    fn deliver_better(&mut self, first: Told, second: Told, now: u64) -> Action {
        self.aside.alone = Some(first.usage);
        let (better, second) = match self.remedy(&second) {
            Remedy::Mended(answer) => (true, second.replaced(answer)),
            Remedy::None => (self.is_sound(&second.answer), second),
            Remedy::Ask(_) => (false, second),
        };
        let (delivered, other) = if better {
            (second, first)
        } else {
            (first, second)
        };
        self.spend(&other);
        let remark = if better {
            "was mended"
        } else {
            "stayed broken"
        };
        let remark = format!("its JSON {remark} in a second call");
        self.aside.remarks.push(remark);
        self.deliver(delivered, now)
    }

    /// The call that should have mended an answer has failed: the client gets the answer as it was.
    pub(super) fn unmended(&mut self, now: u64) -> Option<Action> {
        let first = self.aside.revised.take()?;
        self.aside.remarks.push("its JSON is broken".to_owned());
        Some(self.deliver(first, now))
    }

    /// What is to be done about an answer. Nothing is told to a model of one that was masked: the values
    /// would go with it.
    fn remedy(&self, told: &Told) -> Remedy {
        let (Some(asked), Some(inspected)) = (&self.asked, &self.inspected) else {
            return Remedy::None;
        };
        let wanted = asked.may_be_revised() && inspected.routing().repair;
        let json = asked.wants_json || told.answer.said.iter().any(has_broken_arguments);
        if !wanted || !json || self.restoration().is_some() {
            return Remedy::None;
        }
        validation::remedy(self.door.dialect(), inspected.body(), &told.answer)
    }

    /// Whether nothing is wrong with an answer.
    pub(super) fn is_sound(&self, answer: &Answer) -> bool {
        let body = self.inspected.as_ref().map(|inspected| inspected.body());
        body.is_some_and(|body| validation::defects(self.door.dialect(), body, answer).is_empty())
    }

    /// What is held back goes to nobody: its client has left.
    pub(super) fn drop_held(&mut self) {
        self.leave_cascade("the client left");
        if let Some(first) = self.aside.revised.take() {
            self.spend(&first);
        }
    }

    /// Whether one more call can be made that the reservation outlasts. What came in a provider's batch
    /// is as it is.
    pub(super) fn has_time(&self, now: u64) -> bool {
        if self.was_sent() {
            return false;
        }
        let elapsed = now.saturating_sub(self.admitted_at);
        elapsed + u64::from(self.deadline_ms()) <= u64::from(self.stream_ms())
    }

    /// Gives the client an answer, and draws up the settlement.
    pub(super) fn deliver(&mut self, told: Told, now: u64) -> Action {
        let Told {
            answer,
            usage,
            source,
            bytes,
            held,
        } = told;
        // The shell has the bytes of the last call, and of that only.
        let current = held.is_none();
        if let Some((target, call)) = held {
            // What is told of limits is another call's.
            self.limit_headers.clear();
            self.tries.current = target;
            self.call = call;
        }
        let (client, envelope) = (self.door.dialect(), self.envelope(now));
        let (content_type, body) = if self.streams() {
            // An upstream that ignores `stream`, or whose answer was held back, gets its answer cut into
            // the stream the client expects.
            let (mut writer, mut out) = (client.writer(envelope), String::new());
            for event in answer.events() {
                writer.push(&event, &mut out);
            }
            ("text/event-stream", Some(out.into_bytes()))
        } else {
            let body = match bytes {
                None => Some(client.write_answer(&answer, &envelope).into_bytes()),
                bytes => bytes.filter(|_| !current),
            };
            ("application/json", body)
        };
        let keeps = self.conclude(Some(&answer), &usage);
        let fill = self.fill(|| Some(answer).filter(|_| keeps));
        let (cost, savings) = self.settle(Outcome::Complete, 200, usage, source, fill, now);
        let reply = Reply::new(200, content_type, &self.id)
            .with_body(body)
            .with_money(cost, savings, "actual");
        self.respond(reply)
    }
}
