//! A batch at a provider: made at most once, whatever is lost on the way.
//!
//! The provider is told of it after the object has written it down. An answer that never came leaves
//! a doubt, and a doubt is cleared by the provider's own list of batches, never by trying again.

use serde::{Deserialize, Serialize};

use super::Pace;

/// How often the provider's list is looked through before a submission counts as never made: what
/// was just made may not be listed at once.
const LOOKS: u32 = 2;

/// A submission.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// Where it stands.
    pub state: State,
    /// The provider's id of it, where one is known.
    pub upstream: Option<String>,
    /// Whether that batch is certainly this one: another's is never cancelled.
    pub proven: bool,
    /// Looks since the state was entered.
    pub looks: u32,
    /// How many of them did not find it.
    pub absent: u32,
    /// Batches of the provider's that have proved to be somebody else's.
    pub strangers: Vec<String>,
    /// The provider was asked to cancel it.
    pub cancelled: bool,
}

/// Where a submission stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Written down, and being made.
    #[default]
    Creating,
    /// It may have been made.
    Doubtful,
    /// The provider has it.
    Running,
    /// The provider is done with it, and its results are to be fetched.
    Ended,
}

/// A batch of the provider's list that is the submission, or may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The provider's id of it.
    pub upstream: String,
    /// It says itself that it is; otherwise its results will tell.
    pub proven: bool,
}

/// What the provider is to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// For its list of batches.
    List,
    /// How far it is.
    Look,
    /// To cancel it.
    Cancel,
    /// For its results.
    Results,
}

/// What was learnt of a submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// The provider has taken it.
    Created {
        /// The provider's id.
        upstream: String,
    },
    /// The provider will not take it, now or ever.
    Refused,
    /// The provider has not taken it, and may later.
    Busy {
        /// How long it asks to be left alone, ms.
        wait_ms: Option<u64>,
    },
    /// Nobody knows whether the provider has taken it.
    Unclear,
    /// The provider's list was read.
    Listed {
        /// A batch that is it, or may be.
        found: Option<Found>,
    },
    /// It was looked at, and is not done.
    Unfinished,
    /// It was looked at, and is done.
    Finished,
    /// Its results are another's.
    Strange,
    /// It could not be looked at.
    Unreachable,
    /// The provider does not know it any more.
    Gone,
    /// The provider was told to cancel it.
    Cancelled,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Look again after so many ms.
    Wait(u64),
    /// Fetch the results.
    Collect,
    /// It was not made: its lines are pending again after so many ms.
    GiveBack(u64),
    /// This provider takes no batch of them: its lines go the ordinary way.
    Ordinary,
}

impl Submission {
    /// The submission as it is found after the object was started anew. Whoever was making it has
    /// died, and may have told the provider.
    #[must_use]
    pub fn restarted(self) -> Self {
        match self.state {
            State::Creating => Self {
                state: State::Doubtful,
                looks: 0,
                ..self
            },
            _ => self,
        }
    }

    /// What to ask the provider next; `closing`: no line of it is to be answered any more. None while
    /// it is being made.
    pub const fn call(&self, closing: bool) -> Option<Call> {
        match self.state {
            State::Creating => None,
            State::Doubtful => Some(Call::List),
            State::Running if closing && self.proven && !self.cancelled => Some(Call::Cancel),
            State::Running => Some(Call::Look),
            State::Ended => Some(Call::Results),
        }
    }

    /// Takes what was learnt, and says what to do next. `draw` (0..1) spreads the looks.
    pub fn learn(&mut self, event: Event, pace: Pace, draw: f64) -> Step {
        match (self.state, event) {
            (State::Creating | State::Doubtful, Event::Created { upstream }) => {
                self.adopt(Found {
                    upstream,
                    proven: true,
                });
            }
            (State::Creating, Event::Refused) => return Step::Ordinary,
            (State::Creating, Event::Busy { wait_ms }) => {
                return Step::GiveBack(wait_ms.unwrap_or(0).max(pace.wait_ms(0, draw)));
            }
            (State::Creating, _) => self.doubt(),
            (State::Doubtful, Event::Listed { found: Some(found) }) => self.adopt(found),
            (State::Doubtful, Event::Listed { found: None }) => {
                (self.looks, self.absent) = (self.looks + 1, self.absent + 1);
                if self.absent >= LOOKS {
                    return Step::GiveBack(0);
                }
            }
            (State::Running, Event::Finished) => {
                (self.state, self.looks) = (State::Ended, 0);
                return Step::Collect;
            }
            (State::Running | State::Ended, Event::Strange) if !self.proven => {
                self.strangers.extend(self.upstream.take());
                self.doubt();
            }
            // What the provider has forgotten has no results: they count as missing.
            (State::Running | State::Ended, Event::Gone) => {
                (self.state, self.upstream) = (State::Ended, None);
                return Step::Collect;
            }
            (State::Running, Event::Cancelled) => (self.cancelled, self.looks) = (true, 0),
            (State::Doubtful | State::Running | State::Ended, _) => self.looks += 1,
        }
        Step::Wait(pace.wait_ms(self.looks, draw))
    }

    fn adopt(&mut self, found: Found) {
        self.state = State::Running;
        (self.upstream, self.proven, self.looks) = (Some(found.upstream), found.proven, 0);
    }

    fn doubt(&mut self) {
        self.state = State::Doubtful;
        (self.looks, self.absent) = (0, 0);
    }
}
