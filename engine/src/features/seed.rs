//! The seed's three figures: estimates by hand from counts that anybody can check.

use super::Talk;
use super::lexicon::Class;
use super::scan::Scan;

/// Three figures between 0 and 1.
pub(super) struct Seed {
    pub(super) complexity: f64,
    pub(super) confidence: f64,
    pub(super) urgency: f64,
}

impl Seed {
    /// Turns the counts into the figures. The weights are chosen by hand, so that each line reads as
    /// a statement about prompts; what they achieve is for the evaluations to say.
    pub(super) fn of(
        scan: &Scan,
        talk: &Talk,
        prompt_tokens: u32,
        tools: u32,
        most: Option<u32>,
    ) -> Self {
        let different = |class| scan.seen.different(class);
        let question = share(talk.question_tokens, 20, 2_000);
        let context = share(
            prompt_tokens.saturating_sub(talk.question_tokens),
            500,
            50_000,
        );
        let task = up_to(different(Class::Task), 2);
        let hard = up_to(different(Class::Hard), 3);
        let constraints = up_to(different(Class::Constraint), 6);
        let structure = up_to(scan.list_items, 6).max(up_to(scan.questions.saturating_sub(1), 4));
        let math = scan.latex + scan.powers + scan.operators + scan.dollars;
        let marks = up_to(scan.code_marks, 12).max(up_to(math, 8));
        let agent = if tools > 0 { 1.0 } else { 0.0 };
        let brief = most.is_some_and(|most| most <= 64);

        let effort = 0.55 * task
            + 1.00 * hard
            + 0.25 * constraints
            + 0.20 * structure
            + 0.30 * marks
            + 0.25 * question
            + 0.15 * context
            + 0.20 * agent;
        let effort = effort.min(1.0);

        let plain = if different(Class::Lookup) > 0 {
            0.3
        } else {
            0.0
        };
        let doubt = 0.60 * task + 1.20 * hard + 0.30 * constraints + 0.40 * marks + 0.40 * question;
        let pressing =
            0.5 * f64::from(different(Class::Urgent)) + 0.1 * f64::from(scan.exclamations);
        Self {
            complexity: if brief { effort * 0.6 } else { effort },
            confidence: (0.5 + plain - doubt).clamp(0.0, 1.0),
            urgency: pressing.min(1.0),
        }
    }
}

/// `count` as a share of `enough`, at most 1.
fn up_to(count: u32, enough: u32) -> f64 {
    f64::from(count.min(enough)) / f64::from(enough)
}

/// Where `count` lies between `low` (0) and `high` (1) on a logarithmic scale.
fn share(count: u32, low: u32, high: u32) -> f64 {
    let from = f64::from(low).ln();
    ((f64::from(count.max(1)).ln() - from) / (f64::from(high).ln() - from)).clamp(0.0, 1.0)
}
