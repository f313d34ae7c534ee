//! An earlier answer that may fit, shown to the model that the plan begins with, which confirms it or
//! answers by itself.
//!
//! ```text
//! Hint ─worth it─► call ─┬ the word ───────► the earlier answer is delivered
//!                        ├ an answer ──────► it is delivered, a stream from its first other letter on
//!                        └ neither ────────► one more call, without the earlier answer
//! ```
//!
//! Nothing of a reply goes to the client before it is known to be an answer. Where a call fails in passing,
//! the next target is shown the same; where it may be the earlier answer that a place does not take, the
//! place is asked without it.

use moecraft_engine::admission::{Confirmation, Hint, Surrogate};
use moecraft_engine::guard::Access;
use moecraft_engine::money::Usage;
use moecraft_engine::semantic::{
    LEAST_ROOM, MOST_SHOWN, Reply, Showing, read_reply, remark, repeats,
};
use moecraft_engine::tokens::{Classes, Vocabulary};
use moecraft_wire::hub::{Answer, Said, Stop};

use super::steps::{NEAR, told_of};
use super::whole::Told;
use super::{Action, Exchange};
use crate::accounting;
use crate::dispatch::Sequel;
use crate::stream::Beginning;

/// What is told of a reply that is of no use.
const NO_REPLY: &str = "neither confirmed nor corrected";

/// An earlier answer that a model is shown.
#[derive(Debug)]
pub(super) struct Shown {
    surrogate: Surrogate,
    answer: Answer,
    /// Its probability to fit.
    p: f64,
    audit: bool,
    /// As the model is told of it.
    pub(super) sequel: Sequel,
    /// What that adds to the prompt, as counted here.
    pub(super) tokens: u32,
    /// The model answers by itself.
    corrected: bool,
}

impl Shown {
    fn confirmation(&self, right: bool) -> Confirmation {
        Confirmation {
            key: self.surrogate.key.clone(),
            p: self.p,
            audit: self.audit,
            right,
        }
    }
}

impl Exchange {
    /// Whether a model may be shown an earlier answer: where there is one answer in free text, and room
    /// for the word that confirms.
    pub(super) fn may_show(&self) -> bool {
        let near = self.replay.as_ref().and_then(|replay| replay.near.as_ref());
        self.asked.as_ref().is_some_and(|asked| {
            let bound = asked.max_output_tokens;
            near.is_some()
                && !asked.wants_json
                && asked.answers == 1
                && bound.is_none_or(|bound| bound >= LEAST_ROOM)
        })
    }

    /// The earlier answer as it is shown, where that is expected to cost less than not to; an audit is
    /// worth its cost. Where cheap models are asked first, they cost less than either.
    pub(super) fn worth_showing(&self, hint: Hint) -> Option<Shown> {
        let (asked, planned) = (self.asked.as_ref()?, self.planned.as_ref()?);
        let first = planned.targets.first().filter(|_| self.may_show())?;
        let p = hint.surrogate.fits?;
        let answer: Answer = serde_json::from_str(&hint.surrogate.answer).ok()?;
        let sequel = Sequel {
            answer: answer.text(),
            remark: remark(&hint.question),
        };
        let vocabulary = Vocabulary::of_model(&first.model);
        let texts = [&sequel.answer, &sequel.remark];
        let [earlier, remark] = texts.map(|text| Classes::of(text).tokens(vocabulary));
        let tokens = earlier.saturating_add(remark);
        let showing = Showing {
            prompt: asked.features.tokens_at(&first.model),
            shown: tokens,
            // Answers to like questions are about as long; what the prompt alone says of it is less sure.
            answer: earlier.min(asked.max_output_tokens.unwrap_or(u32::MAX)),
            p,
        };
        let pays = planned.probes.is_empty() && showing.pays(&self.tariff(first));
        (tokens <= MOST_SHOWN && (hint.audit || pays)).then_some(Shown {
            surrogate: hint.surrogate,
            answer,
            p,
            audit: hint.audit,
            sequel,
            tokens,
            corrected: false,
        })
    }

    /// Whether a model is shown an earlier answer and has not said what it thinks of it.
    pub(super) fn is_confirming(&self) -> bool {
        let shown = self.aside.shown.as_ref();
        shown.is_some_and(|shown| !shown.corrected)
    }

    /// To a target that gets the request masked, nothing is shown: what is shown is not.
    pub(super) fn drop_shown_where_masked(&mut self) {
        let inspected = self.inspected.as_ref().zip(self.target());
        let whole = inspected.is_some_and(|(inspected, target)| {
            inspected.clearance().access(&target.recipient()) == Access::Whole
        });
        if !whole {
            self.aside.shown = None;
        }
    }

    /// Takes the first bytes of a stream, until it is known what the reply is.
    pub(super) fn listen(&mut self, bytes: &[u8], ended: bool, now: u64) -> Action {
        let Some(stream) = &mut self.stream else {
            return Action::ReadOn;
        };
        if let Beginning::Error(fault) = stream.judge(bytes, ended) {
            return self.faulted(&fault, now);
        }
        if let Some(answer) = stream.told().answer() {
            self.stream = None;
            let told = self.take(answer, None);
            self.first_byte_at = now;
            self.note_ok();
            return self.confirm(told, now);
        }
        let long = stream.is_long();
        match reply(stream.told().said(), None) {
            Reply::Answers => {
                self.corrected();
                self.go_on(now)
            }
            Reply::Open if ended => self.unreadable("it broke off before its first word", now),
            Reply::Open if !long => Action::ReadOn,
            Reply::Open | Reply::Confirms | Reply::Neither => {
                let prompt = accounting::as_told(&self.counted(""));
                let spent = self.stream.as_ref().map(|stream| {
                    let (usage, _) = stream.usage(prompt, |text| self.counted(text).output);
                    accounting::usage(&usage)
                });
                self.note_ok();
                self.spend_at(self.tries.current, &spent.unwrap_or_default());
                self.ask_plainly(NO_REPLY, now)
            }
        }
    }

    /// Takes a whole reply.
    pub(super) fn confirm(&mut self, told: Told, now: u64) -> Action {
        match reply(&told.answer.said, Some(&told.answer.stop)) {
            Reply::Confirms => self.deliver_earlier(told, now),
            Reply::Answers => {
                self.corrected();
                self.deliver(told, now)
            }
            Reply::Neither | Reply::Open => {
                self.spend(&told);
                self.ask_plainly(NO_REPLY, now)
            }
        }
    }

    /// The model answers by itself.
    fn corrected(&mut self) {
        if let Some(shown) = &mut self.aside.shown {
            shown.corrected = true;
        }
        self.remark("corrected");
    }

    /// Gives the client the earlier answer, which the model has confirmed.
    fn deliver_earlier(&mut self, told: Told, now: u64) -> Action {
        let Some(shown) = self.aside.shown.take() else {
            return self.deliver(told, now);
        };
        self.remark("confirmed");
        self.aside.confirmation = Some(shown.confirmation(true));
        let own = shown.answer.usage.as_ref().map(accounting::usage);
        let own = own.unwrap_or_else(|| self.counted(&shown.answer.text()));
        let alone = Usage {
            output: own.output,
            reasoning: own.reasoning,
            ..self.without(&shown, &told.usage)
        };
        self.aside.alone = Some(alone);
        let answer = Answer {
            usage: Some(accounting::as_told(&alone)),
            ..shown.answer
        };
        let action = self.deliver(told.replaced(answer), now);
        let reply = std::mem::take(&mut self.reply);
        self.reply = told_of(reply, &shown.surrogate, now);
        action
    }

    /// Makes the call without the earlier answer, for this reason.
    pub(super) fn ask_plainly(&mut self, why: &str, now: u64) -> Action {
        self.remark(why);
        self.aside.shown = None;
        if !self.has_time(now) {
            return self.unreadable("no time is left to ask once more", now);
        }
        self.call_current()
    }

    /// Draws the conclusions from an answer that the client has, where its model was shown an earlier one:
    /// an answer that is broken says nothing of that. Gives whether it may be kept.
    pub(super) fn conclude(&mut self, answer: Option<&Answer>, usage: &Usage) -> bool {
        let Some(shown) = self.aside.shown.take() else {
            return true;
        };
        self.aside.alone = Some(self.without(&shown, usage));
        let answers = |answer: &&Answer| {
            shown.corrected
                && reply(&answer.said, Some(&answer.stop)) == Reply::Answers
                && self.is_sound(answer)
        };
        let Some(answer) = answer.filter(answers) else {
            return false;
        };
        let right = repeats(&answer.text(), &shown.sequel.answer);
        self.aside.confirmation = Some(shown.confirmation(right));
        true
    }

    /// The tokens of a call without what was shown, which is no longer: the difference is as counted here, and
    /// leaves the request its own.
    fn without(&self, shown: &Shown, usage: &Usage) -> Usage {
        let plain = self.counted("").prompt();
        let mut excess = usage
            .prompt()
            .saturating_sub(plain)
            .min(shown.tokens.into());
        let mut take = |tokens: u64| {
            let taken = tokens.min(excess);
            excess -= taken;
            tokens - taken
        };
        Usage {
            input: take(usage.input),
            cache_write: take(usage.cache_write),
            cache_write_long: take(usage.cache_write_long),
            ..*usage
        }
    }

    fn remark(&mut self, came: &str) {
        self.aside.remarks.push(format!("{NEAR}, {came}"));
    }
}

/// What a reply means; `stop` where it has ended. One that was cut may have been about to go on, and one that
/// is declined may be so for what was shown.
fn reply(said: &[Said], stop: Option<&Stop>) -> Reply {
    let text: String = said
        .iter()
        .filter_map(|said| match said {
            Said::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    let declines = said.iter().any(|said| matches!(said, Said::Refusal(_)));
    let ended = matches!(stop, Some(Stop::EndTurn | Stop::Sequence(_)));
    match read_reply(&text, ended) {
        _ if declines || stop == Some(&Stop::Refusal) => Reply::Neither,
        Reply::Open if stop.is_some() => Reply::Neither,
        reply => reply,
    }
}
