//! The class that should answer: the best balance of the chance of a good answer, its price and the time
//! it takes.

use moecraft_catalog::Class;

use super::assessment::{Assessment, usual_costs};
use super::belief::{Beliefs, CLASSES, is_calibrated};
use super::choice::{Care, choose};
use super::learnt::Learnt;
use super::settings::Mode;
use super::weights::{Weights, figures};
use crate::features::Features;
use crate::meta::{Candidate, Exploration, Method};
use crate::random::Generator;

/// How a class is tried that is not thought the best: as often as it is in draws from what is held of it.
/// In the simulation these did best where models change (`moecraft-evals learning`).
const TRIES: Exploration = Exploration {
    method: Method::Thompson(0.5),
    quality: 0.0,
    reach: 0.2,
};

/// What a call of a class would take, by the model of it that goes first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Call {
    /// Nano-dollars.
    pub cost_nanos: u64,
    /// To the answer's end, ms; 0 where nothing is known of any model.
    pub latency_ms: f64,
}

/// What a call of each class would take, the cheapest class first; none where no model of the class is
/// at hand.
pub type Calls = [Option<Call>; CLASSES.len()];

/// What the router thinks of a prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// How likely each class is to answer well, before anything was learnt of this tenant.
    pub prior: Beliefs,
    /// How likely it is after that.
    pub beliefs: Beliefs,
    /// Whether the prior was calibrated on prompts like this one, or is set by hand for the greater part.
    pub calibrated: bool,
    /// The class that should answer.
    pub class: Class,
    /// Why, in one line of ASCII.
    pub reason: String,
    /// The classes at hand, the dearest first, so that of equals the cheapest is the last.
    options: Vec<(Class, Candidate)>,
}

/// What a call of each class usually takes, for where no model is at hand.
pub(super) fn usual_calls() -> Calls {
    usual_costs().map(|dollars| {
        Some(Call {
            cost_nanos: (dollars? * 1e9) as u64,
            latency_ms: 0.0,
        })
    })
}

/// Chooses the class among those at hand, as `weights` has it.
pub fn classify(
    assessment: &Assessment,
    features: &Features,
    calls: &Calls,
    (mode, weights): (Mode, &Weights),
    learnt: &Learnt,
) -> Verdict {
    let prior = assessment.p.tempered(assessment.foreign);
    let held = learnt.held(&prior, features);
    let beliefs = held.map(|belief| belief.probability());
    let offers: Vec<(Class, _, Call)> = CLASSES
        .into_iter()
        .zip(held)
        .zip(calls)
        .filter_map(|((class, held), call)| Some((class, held, (*call)?)))
        .collect();
    let candidates: Vec<_> = offers
        .iter()
        .map(|(_, held, call)| figures(held.probability(), call.cost_nanos, call.latency_ms))
        .collect();
    // The probabilities are already drawn to the prior as far as the prompt is foreign, and what is
    // tried by chance is tried with the tenant's leave alone.
    let chosen = choose(&candidates, &weights.worth(), &Care::NONE);
    let class = chosen
        .and_then(|choice| offers.get(choice.index))
        .map_or(Class::Opus, |(class, _, _)| *class);
    let options = offers.iter().rev().map(|(class, belief, call)| {
        let price = weights.burden(call.cost_nanos, call.latency_ms);
        let belief = *belief;
        (*class, Candidate { belief, price })
    });
    let [haiku, sonnet, opus] = beliefs;
    let beliefs = Beliefs {
        haiku,
        sonnet,
        opus,
    };
    let reason = format!(
        "{} class: good answers expected of haiku {:.2}, sonnet {:.2}, opus {:.2} ({}% foreign){}",
        class.as_str(),
        beliefs.haiku,
        beliefs.sonnet,
        beliefs.opus,
        (100.0 * assessment.foreign).round(),
        match mode {
            Mode::Balanced => "",
            Mode::Performance => ", performance mode",
            Mode::Efficiency => ", efficiency mode",
        }
    );
    Verdict {
        prior,
        beliefs,
        calibrated: is_calibrated(assessment.foreign),
        class,
        reason,
        options: options.collect(),
    }
}

impl Verdict {
    /// The class of a request that may try another than the best, drawn from `seed`, with the exact
    /// probability that each was to be chosen. No more than the share `most` of requests goes elsewhere,
    /// and less the surer it is which class is best.
    pub(super) fn explored(&self, most: f64, seed: u64) -> (Class, Beliefs) {
        let mut generator = Generator::new(seed);
        let candidates: Vec<Candidate> = self.options.iter().map(|(_, c)| *c).collect();
        let Some(shares) = TRIES.shares(&candidates, &mut generator) else {
            return (self.class, Beliefs::certain(self.class));
        };
        let choice = shares.within(most).draw(&mut generator);
        let class = self.options.get(choice.chosen);
        let chances = self.options.iter().zip(&choice.propensities);
        let chances = chances.fold(Beliefs::NONE, |chances, ((class, _), chance)| {
            chances.with(*class, *chance)
        });
        (class.map_or(self.class, |(class, _)| *class), chances)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::{Prompt, Role, Turn};
    use crate::meta::{Evidence, Voice};
    use crate::router::{Lesson, inputs};

    fn at_usual_prices(assessment: &Assessment, features: &Features, learnt: &Learnt) -> Verdict {
        let calls = usual_calls();
        let costs = CLASSES.into_iter().zip(calls);
        let costs = costs.filter_map(|(class, call)| Some((class, call?.cost_nanos)));
        let weights = Weights::of(Mode::Balanced, costs);
        let by = (Mode::Balanced, &weights);
        classify(assessment, features, &calls, by, learnt)
    }

    fn class_of(text: &str) -> (Class, String) {
        let messages = [Turn {
            role: Role::User,
            text,
        }];
        let prompt = Prompt {
            messages: &messages,
            ..Prompt::default()
        };
        let features = Features::of(&prompt);
        let assessment = Assessment::of(&prompt, &features);
        let verdict = at_usual_prices(&assessment, &features, &Learnt::default());
        (verdict.class, verdict.reason)
    }

    fn expect(class: Class, prompts: &[&str]) {
        for prompt in prompts {
            let (got, reason) = class_of(prompt);
            assert_eq!(got, class, "{prompt}: {reason}");
        }
    }

    #[test]
    fn small_talk_and_questions_of_fact_go_to_the_haiku_class() {
        expect(
            Class::Haiku,
            &[
                "hi",
                "Hello, how are you today?",
                "Thanks, that was great!",
                "What is the capital of France?",
                "Who wrote War and Peace?",
                "When did the Berlin wall come down?",
                "Spell the word rhythm.",
                "What time is it in Tokyo when it is noon in London?",
                "Tell me a fun fact about otters.",
                "Is 17 a prime number? Answer yes or no.",
                "Translate 'good morning' to Spanish.",
                "Name three primary colours.",
                "Say OK.",
            ],
        );
    }

    #[test]
    fn ordinary_work_goes_to_the_sonnet_class() {
        expect(
            Class::Sonnet,
            &[
                "Explain the difference between TCP and UDP with an example of each.",
                "Fix this bug: `for i in range(len(xs)): del xs[i]` raises an error. Explain why.",
                "Summarize the following report in one paragraph and suggest a better title for \
                 it: The quarter closed with revenue up four percent while costs rose by six.",
                "Write a SQL query that returns the ten customers with the highest total orders.",
                "Refactor this JavaScript function so that it uses async code and has unit tests.",
                "Draft an email to a customer that explains why the delivery is late, then \
                 suggest a plan.",
                "Compare React and Vue for a small team and explain which you would choose.",
            ],
        );
    }

    #[test]
    fn proofs_and_designs_of_systems_go_to_the_opus_class() {
        expect(
            Class::Opus,
            &[
                "Prove that every finite integral domain is a field, then derive from the proof \
                 why the theorem fails for infinite rings, with a counterexample.",
                "Design the architecture of a distributed rate limiter over five regions that \
                 stays linearizable under network partitions. Compare consensus protocols, \
                 analyse the trade-offs, and justify each step.",
                "Give a rigorous proof by induction that the algorithm below terminates, state \
                 the loop invariant, and derive its asymptotic complexity.",
                "Implement a lock-free concurrent hash map in Rust. It must be linearizable, \
                 support resizing without blocking readers, and come with a proof sketch of \
                 each invariant, and tests.",
                "Plan a zero-downtime migration of a sharded Postgres database to a multi-region \
                 setup: replication, failover, consistency guarantees, and a rollback for every \
                 step.",
            ],
        );
    }

    #[test]
    fn what_a_good_answer_is_worth_depends_on_the_mode() {
        let beliefs = Beliefs {
            haiku: 0.75,
            sonnet: 0.78,
            opus: 0.85,
        };
        let assessment = Assessment {
            difficulty: 0.0,
            foreign: 0.0,
            p: beliefs,
            doubt: beliefs,
        };
        let class = |mode, calls: [Option<(u64, f64)>; 3]| {
            let calls: Calls = calls.map(|call| {
                call.map(|(cost_nanos, latency_ms)| Call {
                    cost_nanos,
                    latency_ms,
                })
            });
            let costs = CLASSES.into_iter().zip(calls);
            let costs = costs.filter_map(|(class, call)| Some((class, call?.cost_nanos)));
            let weights = Weights::of(mode, costs);
            let (features, learnt) = (Features::default(), Learnt::default());
            classify(&assessment, &features, &calls, (mode, &weights), &learnt).class
        };
        let all = [Some((100, 0.0)), Some((300, 0.0)), Some((1_000, 0.0))];
        assert_eq!(class(Mode::Performance, all), Class::Opus);
        assert_eq!(class(Mode::Balanced, all), Class::Opus);
        assert_eq!(class(Mode::Efficiency, all), Class::Haiku);
        let [haiku, sonnet, _] = all;
        assert_eq!(
            class(Mode::Performance, [haiku, sonnet, None]),
            Class::Sonnet
        );
        // Two minutes more are not worth seven good answers more in a hundred to who is in a hurry.
        let slow = [haiku, sonnet, Some((1_000, 120_000.0))];
        assert_eq!(class(Mode::Performance, slow), Class::Sonnet);
        assert_eq!(class(Mode::Balanced, slow), Class::Sonnet);
    }

    #[test]
    fn one_bad_answer_turns_no_choice_and_twenty_in_a_row_do_whatever_was_assumed() {
        for text in [
            "hi",
            "What is the capital of France?",
            "Translate 'good morning' to Spanish.",
            "Summarize the plot of Hamlet in two sentences.",
            "Explain the difference between TCP and UDP with an example of each.",
        ] {
            let messages = [Turn {
                role: Role::User,
                text,
            }];
            let prompt = Prompt {
                messages: &messages,
                ..Prompt::default()
            };
            let features = Features::of(&prompt);
            let assessment = Assessment::of(&prompt, &features);
            let (mut learnt, mut voice) = (Learnt::default(), 0);
            let usual = at_usual_prices(&assessment, &features, &learnt);
            assert!(!usual.calibrated, "{text} is foreign");
            let prior = usual.prior.of(usual.class).unwrap();
            let mut until = |outcome: f64, turned: bool| {
                (1..=40).find(|_| {
                    voice += 1;
                    let told = Lesson {
                        seen: Evidence::new(outcome, 1.0),
                        voice: Voice::from(voice),
                        now_ms: 1,
                    };
                    learnt.learn(usual.class.as_str(), prior, &inputs(&features), &told);
                    let now = at_usual_prices(&assessment, &features, &learnt);
                    (now.class != usual.class) == turned
                })
            };
            let bad = until(0.0, true).expect("twenty turn it");
            assert!((2..=20).contains(&bad), "{text}: {bad}");
            assert!(
                until(1.0, false).is_some(),
                "{text}: good ones turn it back"
            );
        }
    }

    #[test]
    fn the_reason_names_the_figures_and_fits_in_a_header() {
        let reason = class_of("hi").1;
        assert!(
            reason.starts_with("haiku class: good answers expected of haiku 0.99"),
            "{reason}"
        );
        assert!(
            reason.bytes().all(|byte| (0x20..0x7F).contains(&byte)),
            "{reason}"
        );
    }
}
