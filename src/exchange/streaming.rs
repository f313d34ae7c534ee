//! An answer that comes as a stream: how it begins, what goes to the client, and its end.

use moecraft_engine::admission::{Outcome, UsageSource};
use moecraft_wire::hub::Usage;
use wasm_bindgen::prelude::*;

use super::{Action, Exchange};
use crate::accounting;
use crate::error::ApiError;
use crate::reply::Reply;
use crate::stream::{AnswerStream, Beginning};

#[wasm_bindgen]
impl Exchange {
    /// The first bytes of a stream, as they come; `ended` when no more will.
    pub fn began(&mut self, first: &[u8], ended: bool, now: f64) -> Action {
        let now = now as u64;
        if self.stream.is_none() {
            let Some(target) = self.target() else {
                return self.refuse(&ApiError::Internal("a stream without a call".into()));
            };
            let envelope = self.envelope(now);
            let client = self.door.dialect();
            let (dialect, thinking) = (target.dialect, self.shows_thinking());
            let restoration = self.restoration();
            self.stream = Some(AnswerStream::new(
                dialect,
                client,
                thinking,
                envelope,
                restoration,
            ));
        }
        if self.is_probing() {
            return self.gather(first, ended, now);
        }
        if self.is_confirming() {
            return self.listen(first, ended, now);
        }
        let Some(stream) = &mut self.stream else {
            return Action::ReadOn;
        };
        match stream.judge(first, ended) {
            Beginning::Unclear => return Action::ReadOn,
            Beginning::Error(fault) => return self.faulted(&fault, now),
            Beginning::Answer => {}
        }
        self.go_on(now)
    }

    /// Whether the client's head may go out before the answer's first word: the upstream has
    /// promised an answer, or nobody is left to take over.
    pub fn may_commit(&self) -> bool {
        let promised = self.stream.as_ref().is_some_and(AnswerStream::is_promised);
        self.streams() && !self.is_probing() && (promised || self.is_last())
    }

    /// Draws up the head of a stream's response; its end is told inside.
    pub fn commit(&mut self) {
        if self.committed {
            return;
        }
        self.committed = true;
        let (asked, target) = (self.asked.as_ref(), self.target());
        let expected = asked
            .zip(target)
            .map(|(a, target)| a.expected(&target.model, target.class));
        let expected = expected.unwrap_or_default();
        let cost = target.map_or(0, |target| self.tariff(target).cost(&expected));
        let savings = accounting::baseline(&expected, self.at) as i64 - cost as i64;
        let reply = Reply::new(200, "text/event-stream", &self.id)
            .with("cache-control", "no-cache")
            .with_money(cost, savings, "estimate");
        self.respond(reply);
    }

    /// What the client is to see of the bytes that `began` was given, where chunks are edited.
    pub fn held(&mut self) -> Vec<u8> {
        self.stream
            .as_mut()
            .map_or_else(Vec::new, AnswerStream::take_held)
    }

    /// Whether the stream's chunks go through [`Self::edit`], or may pass untouched.
    pub fn edits(&self) -> bool {
        self.stream.as_ref().is_some_and(AnswerStream::edits)
    }

    /// A chunk on its way to the client; gives what the client is to see of it.
    pub fn edit(&mut self, chunk: &[u8]) -> Vec<u8> {
        let stream = self.stream.as_mut();
        stream.map_or_else(Vec::new, |stream| stream.edit(chunk))
    }

    /// Whether the stream cannot be read on: the copy ends here.
    pub fn broken(&self) -> bool {
        self.stream.as_ref().is_none_or(AnswerStream::is_broken)
    }

    /// A chunk that passes untouched; gives whether it is to be kept from the client after all.
    pub fn observe(&mut self, bytes: &[u8]) -> bool {
        self.stream.as_mut().is_some_and(|stream| {
            stream.observe(bytes);
            stream.withholds()
        })
    }

    /// What still has to be written before the client's stream is closed.
    pub fn last_words(&mut self) -> Option<Vec<u8>> {
        match &mut self.stream {
            Some(stream) => stream.last_words(),
            // An answer that came whole has its end in it.
            None => (self.reply.status != 200).then(|| self.told_in_stream()),
        }
    }

    /// The stream is over; gives the settlement. `delivered`: the client took it to the end.
    pub fn ended(&mut self, delivered: bool, now: f64) -> Option<String> {
        let Some(stream) = &self.stream else {
            // The answer came whole, or nobody answered: either was settled at once.
            return self.settlement.take();
        };
        let outcome = match (stream.is_whole(), delivered) {
            (true, _) => Outcome::Complete,
            (false, true) => Outcome::Cut,
            (false, false) => Outcome::ClientLeft,
        };
        let prompt = Usage {
            input: self.counted("").input,
            ..Default::default()
        };
        let (usage, reported) = stream.usage(prompt, |text| self.counted(text).output);
        let source = match reported {
            true => UsageSource::Reported,
            false => UsageSource::Estimated,
        };
        let usage = accounting::usage(&usage);
        let answer = stream.told().answer();
        let keeps = self.conclude(answer.as_ref(), &usage);
        let fill = self.fill(|| answer.filter(|answer| keeps && answer.usage.is_some()));
        if outcome == Outcome::Cut {
            self.note_cut(now as u64);
        }
        self.settle(outcome, 200, usage, source, fill, now as u64);
        self.settlement.take()
    }
}

impl Exchange {
    /// The first of an answer is there: it goes to the client, and all that follows.
    pub(super) fn go_on(&mut self, now: u64) -> Action {
        self.first_byte_at = now;
        self.note_ok();
        self.commit();
        Action::Relay
    }
}
