//! What a prompt looks like, in numbers: the input of every routing decision.
//!
//! The vector's entries are listed in [`NAMES`], each with its unit and range; all are finite
//! whatever the prompt is. Only the question, which is the last turn of the user, is read word by
//! word, and of a long one the beginning and the end ([`SCANNED_BYTES`]); of all the rest only the
//! size counts. Nothing here knows the wording of any set of test questions: what counts is
//! structure (options, numbered lines, schemas, marks) and the words of [`lexicon`].

mod bits;
mod derive;
mod figures;
mod lexicon;
mod options;
mod scan;
mod schema;
mod seed;
mod sentence;
mod words;

use serde::{Serialize, Serializer};

use crate::tokens::{Classes, Vocabulary};
pub use figures::{COUNT, Feature, NAMES, index};

use figures::Figures;
use scan::Scan;
use seed::Seed;

/// How much of a question is read word by word, bytes: half from its beginning, half from its
/// end, since what is asked stands before or after what it is asked about.
pub const SCANNED_BYTES: usize = 16 * 1024;

/// How many of the tools offered are read.
const MAX_TOOLS: usize = 128;

/// How much of their names, descriptions and schemas is read, bytes: the first tools as far as they go.
const TOOL_BYTES: usize = 16 * 1024;

/// Who speaks in a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The application's instructions.
    System,
    /// The person, or the program acting for one.
    User,
    /// The model.
    Assistant,
    /// The result of a tool.
    Tool,
}

/// One text of a conversation. A message of several text parts gives several turns.
#[derive(Debug, Clone, Copy)]
pub struct Turn<'a> {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub text: &'a str,
}

/// A function that the model is offered.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tool<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it does.
    pub description: &'a str,
    /// The JSON schema of what it takes; empty where there is none.
    pub parameters: &'a str,
}

/// The parts of a request that routing looks at.
#[derive(Debug, Clone, Copy, Default)]
pub struct Prompt<'a> {
    /// The conversation, the oldest turn first.
    pub messages: &'a [Turn<'a>],
    /// The tools the model is offered.
    pub tools: &'a [Tool<'a>],
    /// Tokens of what is no turn: the tools' schemas, images, documents.
    pub tokens_beyond: u32,
    /// The longest answer the client takes, tokens, where it says so.
    pub max_output_tokens: Option<u32>,
}

/// What is known about a prompt before any model has seen it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Features {
    /// How much thought the answer needs: 0 small talk, 1 a long proof or a system's design.
    pub complexity: f64,
    /// How sure it is that a small model will do: 1 a plain question of fact.
    pub confidence: f64,
    /// How much the user presses for time.
    pub urgency: f64,
    /// Tokens of all turns and of what is beyond text, estimated.
    pub prompt_tokens: u32,
    /// What the turns consist of, to be counted in the vocabulary of a model.
    #[serde(skip)]
    pub classes: Classes,
    /// Number of turns.
    pub turns: u32,
    /// Number of tools offered.
    pub tools: u32,
    /// The longest answer the client takes, tokens, where it says so.
    pub max_output_tokens: Option<u32>,
    /// Tokens of the question, estimated.
    pub question_tokens: u32,
    /// All that models learn from, in the order of [`NAMES`].
    #[serde(serialize_with = "by_name")]
    pub vector: [f32; COUNT],
}

impl Default for Features {
    fn default() -> Self {
        Self::of(&Prompt::default())
    }
}

/// The entries that are not 0, by name and to three decimals: most are 0, and a record is kept for long.
fn by_name<S: Serializer>(vector: &[f32; COUNT], to: S) -> Result<S::Ok, S::Error> {
    let kept = |value: f32| (f64::from(value) * 1e3).round() / 1e3;
    let named = NAMES.iter().zip(vector);
    let entries = named.map(|(feature, value)| (feature.name, kept(*value)));
    to.collect_map(entries.filter(|(_, value)| *value != 0.0))
}

/// The conversation around the question.
#[derive(Default)]
struct Talk {
    tokens: u32,
    classes: Classes,
    question_tokens: u32,
    system_tokens: u32,
    result_tokens: u32,
    answers: u32,
    results: u32,
    retry: bool,
}

impl Talk {
    /// Measures all turns and finds the question.
    fn of<'a>(messages: &[Turn<'a>]) -> (Self, &'a str) {
        let mut talk = Self::default();
        let mut question = None;
        for turn in messages {
            let classes = Classes::of(turn.text);
            let tokens = classes.tokens(Vocabulary::O200k);
            talk.classes += classes;
            talk.tokens = talk.tokens.saturating_add(tokens);
            match turn.role {
                Role::System => talk.system_tokens = talk.system_tokens.saturating_add(tokens),
                Role::User => {
                    talk.retry = question == Some(turn.text);
                    question = Some(turn.text);
                    talk.question_tokens = tokens;
                }
                Role::Assistant => talk.answers += 1,
                Role::Tool => {
                    talk.results += 1;
                    talk.result_tokens = talk.result_tokens.saturating_add(tokens);
                }
            }
        }
        (talk, question.unwrap_or(""))
    }
}

impl<'a> Tool<'a> {
    /// As much of the tool as so many bytes hold, and takes them.
    fn within(&self, left: &mut usize) -> Self {
        let mut taken = |text: &'a str| {
            let taken = text.get(..text.floor_char_boundary(*left)).unwrap_or("");
            *left -= taken.len();
            taken
        };
        Self {
            name: taken(self.name),
            description: taken(self.description),
            parameters: taken(self.parameters),
        }
    }
}

impl<'a> Prompt<'a> {
    /// What is asked: the last turn of the user.
    pub fn question(&self) -> &'a str {
        let mut users = self
            .messages
            .iter()
            .rev()
            .filter(|turn| turn.role == Role::User);
        users.next().map_or("", |turn| turn.text)
    }
}

impl Features {
    /// The prompt's tokens in the vocabulary of a model, by its catalogue id.
    pub fn tokens_at(&self, model: &str) -> u32 {
        let usual = u64::from(self.classes.tokens(Vocabulary::O200k)).max(1);
        let own = u64::from(self.classes.tokens(Vocabulary::of_model(model)));
        let tokens = match self.classes == Classes::default() {
            true => self.prompt_tokens.into(),
            false => u64::from(self.prompt_tokens) * own / usual,
        };
        u32::try_from(tokens).unwrap_or(u32::MAX)
    }

    /// Reads a prompt in one pass.
    pub fn of(prompt: &Prompt) -> Self {
        let (talk, question) = Talk::of(prompt.messages);
        let (beginning, end) = ends(question, SCANNED_BYTES);
        let mut scan = Scan::default();
        scan.read(beginning);
        scan.read(end);
        let mut left = TOOL_BYTES;
        for tool in prompt.tools.iter().take(MAX_TOOLS) {
            scan.tool(&tool.within(&mut left));
        }
        let prompt_tokens = talk.tokens.saturating_add(prompt.tokens_beyond);
        let tools = u32::try_from(prompt.tools.len()).unwrap_or(u32::MAX);
        let seed = Seed::of(&scan, &talk, prompt_tokens, tools, prompt.max_output_tokens);
        let mut figures = Figures::default();
        figures.size(&scan, question);
        figures.numbers(&scan);
        figures.layout(&scan);
        figures.schemas(&scan);
        figures.asked(&scan);
        figures.words(&scan);
        figures.talk(&talk, prompt, prompt_tokens);
        (figures.complexity, figures.confidence, figures.urgency) =
            (seed.complexity, seed.confidence, seed.urgency);
        Self {
            complexity: seed.complexity,
            confidence: seed.confidence,
            urgency: seed.urgency,
            prompt_tokens,
            classes: talk.classes,
            turns: u32::try_from(prompt.messages.len()).unwrap_or(u32::MAX),
            tools,
            max_output_tokens: prompt.max_output_tokens,
            question_tokens: talk.question_tokens,
            vector: figures.vector(),
        }
    }
}

/// The beginning and the end of `text`, together about `most` bytes and without overlap.
fn ends(text: &str, most: usize) -> (&str, &str) {
    if text.len() <= most {
        return (text, "");
    }
    let beginning = text.floor_char_boundary(most / 2);
    let end = text.ceil_char_boundary(text.len() - most / 2);
    (
        text.get(..beginning).unwrap_or(""),
        text.get(end..).unwrap_or(""),
    )
}

#[cfg(test)]
mod tests;
