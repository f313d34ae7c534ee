//! Earlier answers to other questions of the same meaning.

use serde::{Deserialize, Serialize};

use super::Surrogate;

/// A question, and what has to be equal for an answer to one like it to serve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// A digest over all that can change the answer but the question, hexadecimal.
    pub scope: String,
    /// The user's last words.
    pub text: String,
}

/// By what questions of the same meaning are found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Near {
    /// What is asked.
    pub question: Question,
    /// The models whose answers may be served: of the class that the plan aims at, or a more able one.
    pub models: Vec<String>,
}

/// An earlier answer that may fit, to be confirmed or corrected by the model that is called.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hint {
    /// The question it was given for.
    pub question: String,
    /// The answer; [`Surrogate::fits`] says how likely it fits.
    pub surrogate: Surrogate,
    /// It would have been served: a model is to say whether that is right.
    pub audit: bool,
}

/// What a model said of an earlier answer that it was shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Confirmation {
    /// The key that the answer is kept under.
    pub key: String,
    /// How likely it was thought to fit.
    pub p: f64,
    /// It would have been served without the model.
    pub audit: bool,
    /// The model had nothing to correct.
    pub right: bool,
}
