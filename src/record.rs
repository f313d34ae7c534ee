//! What is kept of a decision, and shown of one: figures and names of models, nothing of what was said.

use std::collections::BTreeMap;

use moecraft_engine::admission::Trace;
use moecraft_engine::features::Features;
use moecraft_engine::guard::Tier;
use moecraft_engine::router::{FEATURES, Plan, advice, inputs};
use moecraft_engine::uncertainty::Advice;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::asked::Asked;
use crate::guard::Inspected;
use crate::planning::Planned;

/// A decision as the history keeps it.
#[derive(Debug, Serialize)]
pub struct Decision<'a> {
    #[serde(flatten)]
    plan: &'a Plan,
    /// The probability that the first candidate answers well.
    confidence: Option<f64>,
    /// Whether that answer can stand alone; none where the router thought of no class.
    advice: Option<Advice>,
    /// Log-odds that the prompt is of no kind that was learned from, by itself; none where nothing was
    /// to be measured.
    foreignness: Option<f32>,
    features: &'a Features,
    /// What a learner is told of the features.
    x: [f32; FEATURES],
    /// A keyed digest of the conversation: what is said of its answers is one voice among others.
    #[serde(skip_serializing_if = "Option::is_none")]
    talk: Option<&'a str>,
    tier: Tier,
    /// How often each kind of thing was found.
    findings: BTreeMap<String, u32>,
}

impl<'a> Decision<'a> {
    /// What was decided about a request, which has this trace where it is made and not only asked about.
    pub fn of(
        asked: &'a Asked,
        inspected: &Inspected,
        planned: &'a Planned,
        trace: Option<&'a Trace>,
    ) -> Self {
        let first = planned.plan.candidates.first();
        let confidence = first.and_then(|first| first.estimate.p);
        let judged = first.zip(confidence).zip(planned.plan.familiarity);
        Self {
            plan: &planned.plan,
            confidence,
            advice: judged
                .map(|((first, p), familiarity)| advice(first.class, p, 1.0 - familiarity)),
            foreignness: Some(asked.reading.foreignness).filter(|odds| odds.is_finite()),
            features: &asked.features,
            x: inputs(&asked.features),
            talk: trace.map(|trace| trace.conversation.as_str()),
            tier: inspected.tier(),
            findings: inspected.kinds(),
        }
    }

    /// The record as JSON.
    pub fn raw(&self) -> Box<RawValue> {
        to_raw_value(self).unwrap_or_else(|_| RawValue::NULL.to_owned())
    }
}
