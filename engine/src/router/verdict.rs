//! The class that should answer: the best balance of the chance of a good answer and its price.

use moecraft_catalog::Class;

use super::assessment::{Assessment, usual_costs};
use super::belief::{Beliefs, CLASSES, figures};
use super::choice::{Care, choose};
use super::learnt::Learnt;
use super::settings::Mode;
use crate::features::Features;

/// What a call of each class would cost, the cheapest class first, in one unit; none where no model of
/// the class is at hand.
pub type Costs = [Option<f64>; CLASSES.len()];

/// What the router thinks of a prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// How likely each class is to answer well, before anything was learnt of this tenant.
    pub prior: Beliefs,
    /// How likely it is after that.
    pub beliefs: Beliefs,
    /// The class that should answer.
    pub class: Class,
    /// Why, in one line of ASCII.
    pub reason: String,
}

/// Chooses the class among those at hand; where none is, among all at their usual prices.
pub fn classify(
    assessment: &Assessment,
    features: &Features,
    costs: &Costs,
    mode: Mode,
    learnt: &Learnt,
) -> Verdict {
    let prior = assessment.p;
    let beliefs = learnt.corrected(&prior, features);
    let costs = match costs {
        [None, None, None] => usual_costs(),
        costs => *costs,
    };
    let offers: Vec<(Class, f64, f64)> = CLASSES
        .into_iter()
        .zip(costs)
        .filter_map(|(class, cost)| Some((class, beliefs.of(class)?, cost?)))
        .collect();
    let dearest = offers.iter().map(|(_, _, cost)| *cost).fold(0.0, f64::max);
    let candidates: Vec<_> = offers
        .iter()
        .map(|(_, p, cost)| figures(*p, *cost))
        .collect();
    // The probabilities are already drawn to the prior as far as the prompt is foreign.
    let care = Care {
        foreign: 0.0,
        trial: 0.0,
        draw: 0.0,
    };
    let chosen = choose(&candidates, &mode.worth(dearest), &care);
    let class = chosen
        .and_then(|choice| offers.get(choice.index))
        .map_or(Class::Opus, |(class, _, _)| *class);
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
        class,
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::{Prompt, Role, Turn};

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
        let (mode, learnt) = (Mode::Balanced, Learnt::default());
        let verdict = classify(&assessment, &features, &[None; 3], mode, &learnt);
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
        let class = |mode, costs| {
            classify(
                &assessment,
                &Features::default(),
                &costs,
                mode,
                &Learnt::default(),
            )
            .class
        };
        let all = [Some(0.1), Some(0.3), Some(1.0)];
        assert_eq!(class(Mode::Performance, all), Class::Opus);
        assert_eq!(class(Mode::Balanced, all), Class::Opus);
        assert_eq!(class(Mode::Efficiency, all), Class::Haiku);
        assert_eq!(
            class(Mode::Performance, [Some(0.1), Some(0.3), None]),
            Class::Sonnet
        );
        assert_eq!(class(Mode::Performance, [None; 3]), Class::Opus);
    }

    #[test]
    fn the_reason_names_the_figures_and_fits_in_a_header() {
        let reason = class_of("hi").1;
        assert!(
            reason.starts_with("haiku class: good answers expected of haiku 1.00"),
            "{reason}"
        );
        assert!(
            reason.bytes().all(|byte| (0x20..0x7F).contains(&byte)),
            "{reason}"
        );
    }
}
