//! The entries of the feature vector, each with its unit, its range and what it means.

use serde::Serialize;

/// What an entry of the vector is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Feature {
    /// Its name, by which models and people know it. Names stay and are never put to another use.
    pub name: &'static str,
    /// `flag` is 0 or 1; `share` lies between 0 and 1; `ln` is the natural logarithm of one more
    /// than a count; `log10` likewise to the base of ten; `count` and `letters` are plain.
    pub unit: &'static str,
    /// The least value.
    pub low: f32,
    /// The greatest value: what is more, counts as this.
    pub high: f32,
    /// What is measured.
    pub meaning: &'static str,
}

/// Declares the entries once: as fields to be filled in, and as the list that describes them.
macro_rules! figures {
    ($($name:ident $unit:ident $low:literal $high:literal $meaning:literal,)*) => {
        /// The entries as they are worked out, not yet held to their ranges.
        #[derive(Debug, Clone, Default)]
        pub(super) struct Figures {
            $(pub(super) $name: f64,)*
        }

        /// What each entry of the vector is, in its order.
        pub const NAMES: [Feature; COUNT] = [
            $(Feature {
                name: stringify!($name),
                unit: stringify!($unit),
                low: $low,
                high: $high,
                meaning: $meaning,
            },)*
        ];

        /// How many entries the vector has.
        pub const COUNT: usize = [$($meaning),*].len();

        impl Figures {
            /// The vector: every entry finite and within its range.
            pub(super) fn vector(&self) -> [f32; COUNT] {
                [$(held(self.$name, $low, $high)),*]
            }
        }
    };
}

fn held(value: f64, low: f32, high: f32) -> f32 {
    if value.is_nan() {
        low
    } else {
        (value as f32).clamp(low, high)
    }
}

figures! {
    complexity share 0.0 1.0 "the seed's estimate of how much thought the answer needs",
    confidence share 0.0 1.0 "the seed's estimate of how sure it is that a small model will do",
    urgency share 0.0 1.0 "how much the user presses for time",

    log_chars ln 0.0 14.0 "bytes of the question",
    log_words ln 0.0 9.0 "words of the question, options and schemas left out",
    log_lines ln 0.0 8.0 "lines that are not blank",
    log_sentences ln 0.0 7.0 "sentences, options left out",
    longest_sentence ln 0.0 7.0 "words of the longest sentence",
    mean_sentence ln 0.0 7.0 "words of a sentence, on average",
    mean_word letters 0.0 16.0 "length of a word, on average",
    longest_word letters 0.0 32.0 "length of the longest word",
    long_words share 0.0 1.0 "words of more than nine letters",
    distinct_words share 0.0 1.0 "different words among all words",
    lexical_range count 0.0 30.0 "different words by the square root of all words",
    digits share 0.0 1.0 "digits among the bytes",
    capitals share 0.0 1.0 "capitals among the letters",
    names ln 0.0 6.0 "words with a capital inside a sentence",
    non_ascii share 0.0 1.0 "bytes that are not ASCII",
    punctuation share 0.0 1.0 "ASCII punctuation among the bytes",
    commas share 0.0 1.0 "commas by words",
    function_words share 0.0 1.0 "words that hold an English sentence together",
    known_words share 0.0 1.0 "words that the lexicon knows",

    numbers ln 0.0 7.0 "numbers in digits",
    largest_number log10 0.0 12.0 "the largest number",
    decimals ln 0.0 5.0 "numbers with a decimal point",
    percentages ln 0.0 5.0 "numbers followed by a percent sign",
    amounts ln 0.0 5.0 "numbers preceded by a currency sign",
    fractions ln 0.0 5.0 "numbers divided by a number, as 3/4",
    number_words ln 0.0 5.0 "numbers in words",
    number_sentences ln 0.0 6.0 "sentences with a number",
    years ln 0.0 5.0 "whole numbers from 1000 to 2100",
    brackets ln 0.0 7.0 "brackets of all kinds",
    operators ln 0.0 7.0 "signs of arithmetic and comparison",
    powers ln 0.0 6.0 "carets and underscores before a letter, a digit or a brace",
    latex ln 0.0 7.0 "LaTeX commands, and dollar signs that are no currency",
    math_symbols ln 0.0 7.0 "mathematical signs and Greek letters beyond ASCII",
    single_letters share 0.0 1.0 "words of one letter other than a and I, as variables are",

    options ln 0.0 4.0 "lettered options",
    option_mean ln 0.0 7.0 "bytes of an option, on average",
    option_longest ln 0.0 8.0 "bytes of the longest option",
    option_deviation ln 0.0 7.0 "standard deviation of the options' bytes",
    option_numeric share 0.0 1.0 "options that are mostly digits",
    option_overlap share 0.0 1.0 "content words of the options that the question has too",
    option_common share 0.0 1.0 "options that begin like the one before",
    option_of_above flag 0.0 1.0 "an option that refers to the others, as none of the above",
    option_truth share 0.0 1.0 "options of yes, no, true, false, wrong and not wrong",
    option_names share 0.0 1.0 "options of one word",
    open_stem flag 0.0 1.0 "options follow a sentence that they complete",

    clues ln 0.0 5.0 "numbered lines",
    clue_negated share 0.0 1.0 "numbered lines with a negation",
    clue_relation share 0.0 1.0 "numbered lines that place one thing by another",
    clue_position share 0.0 1.0 "numbered lines with an ordinal",
    bullets ln 0.0 5.0 "lines that begin with a bullet",
    backticked ln 0.0 6.0 "items between backticks",
    attribute_lists ln 0.0 4.0 "bullets that enumerate values after a colon",
    grid_cells ln 0.0 6.0 "values of all such lists",
    grid_space ln 0.0 100.0 "arrangements of all such lists: the sum of ln(values!)",
    grid_clues share 0.0 4.0 "numbered lines by values of all such lists",

    schemas ln 0.0 5.0 "functions described by a JSON schema, in the text or offered as tools",
    parameters ln 0.0 6.0 "parameters of all functions",
    parameters_mean ln 0.0 5.0 "parameters of a function, on average",
    required share 0.0 1.0 "parameters that are required",
    schema_depth count 0.0 8.0 "deepest nesting of parameters",
    schema_enums ln 0.0 5.0 "parameters with a closed list of values",
    schema_nested ln 0.0 5.0 "parameters that are lists or objects",
    schema_numbers ln 0.0 5.0 "parameters that are numbers",
    schema_other ln 0.0 5.0 "parameters of types that JSON has not",
    schema_defaults ln 0.0 5.0 "parameters with a default",
    schema_words ln 0.0 8.0 "words of all descriptions",
    schema_overlap share 0.0 1.0 "content words of the question that the schemas have too",
    schema_best share 0.0 1.0 "words of a function's name that the question has, of the best",
    schema_second share 0.0 1.0 "the same of the second best",
    schema_values count 0.0 8.0 "numbers, names and quotations of the question by required parameters",

    code_marks ln 0.0 7.0 "backticks, braces, semicolons at a line's end",
    code_lines share 0.0 1.0 "lines that look like program text",
    blanks ln 0.0 4.0 "blanks to be filled in",
    statements ln 0.0 4.0 "numbered statements, as Statement 1, and Roman numerals from II on",
    quotations ln 0.0 5.0 "quotation marks",

    questions ln 0.0 5.0 "question marks",
    asks_who flag 0.0 1.0 "what is asked has who, whom or whose",
    asks_what flag 0.0 1.0 "what is asked has what",
    asks_when_where flag 0.0 1.0 "what is asked has when or where",
    asks_why flag 0.0 1.0 "what is asked has why",
    asks_how flag 0.0 1.0 "what is asked has how",
    asks_how_many flag 0.0 1.0 "what is asked has how many or how much",
    asks_which flag 0.0 1.0 "what is asked has which",
    asks_whether flag 0.0 1.0 "what is asked begins with a verb, as is or does",
    asked_words ln 0.0 6.0 "words of the sentence that asks",
    asked_negation flag 0.0 1.0 "the sentence that asks has a negation",
    asked_superlative flag 0.0 1.0 "the sentence that asks has a superlative",
    asked_last flag 0.0 1.0 "the last sentence asks",

    negations ln 0.0 5.0 "negations",
    superlatives ln 0.0 5.0 "superlatives",
    comparisons ln 0.0 5.0 "words of comparison",
    conditionals ln 0.0 5.0 "words of condition",
    quantifiers ln 0.0 5.0 "all, some, every and the like",
    conjunctions share 0.0 1.0 "and, also, then and the like by words",
    ordinals ln 0.0 5.0 "ordinals",
    relations ln 0.0 5.0 "words that place one thing by another",
    first_person ln 0.0 5.0 "I, my, we and the like",
    steps ln 0.0 5.0 "words that tie the steps of a sum together",
    step_density share 0.0 1.0 "the same by words",

    wants_proof ln 0.0 3.0 "words that ask for a proof",
    wants_writing ln 0.0 3.0 "words that ask for a text, a program or a translation, and literary forms",
    wants_explanation ln 0.0 3.0 "words that ask for an explanation",
    wants_calculation ln 0.0 4.0 "words that ask for a calculation",
    wants_choice ln 0.0 4.0 "words that ask for a choice",
    wants_list ln 0.0 3.0 "words that ask for a list",
    wants_json ln 0.0 4.0 "words of formats for data",
    wants_brevity ln 0.0 3.0 "words that ask for brevity",
    lookup ln 0.0 4.0 "different words that ask for a fact or make small talk",
    tasks ln 0.0 4.0 "different words that ask for a piece of work",
    hard ln 0.0 4.0 "different words of long reasoning",
    constraints ln 0.0 4.0 "different words that add a condition",

    money ln 0.0 5.0 "words of prices and pay",
    time ln 0.0 5.0 "words of time",
    measures ln 0.0 5.0 "units of measure",
    everyday ln 0.0 5.0 "words of everyday things",
    law ln 0.0 5.0 "words of law",
    medicine ln 0.0 5.0 "words of medicine",
    psychology ln 0.0 5.0 "words of psychology",
    biology ln 0.0 5.0 "words of biology",
    physics ln 0.0 5.0 "words of physics",
    chemistry ln 0.0 5.0 "words of chemistry",
    algebra ln 0.0 5.0 "words of algebra, analysis and number theory",
    geometry ln 0.0 5.0 "words of geometry",
    probability ln 0.0 5.0 "words of probability, counting and statistics",
    economics ln 0.0 5.0 "words of economics",
    business ln 0.0 5.0 "words of business and accounting",
    history ln 0.0 5.0 "words of history",
    philosophy ln 0.0 5.0 "words of philosophy, ethics and religion",
    society ln 0.0 5.0 "words of politics, geography and sociology",
    computing ln 0.0 5.0 "words of computing",
    engineering ln 0.0 5.0 "words of engineering",
    logic ln 0.0 5.0 "words of logic",
    science ln 0.0 5.0 "words of elementary and earth science",
    fields ln 0.0 4.0 "fields with at least two words",

    log_tokens ln 0.0 16.0 "tokens of all turns and of what is beyond text, estimated",
    log_history_tokens ln 0.0 16.0 "tokens of earlier turns, estimated",
    log_system_tokens ln 0.0 16.0 "tokens of the system prompt, estimated",
    log_result_tokens ln 0.0 16.0 "tokens of tool results, estimated",
    turns ln 0.0 8.0 "turns",
    ends_in_result flag 0.0 1.0 "the last turn is a tool result",
    tools ln 0.0 6.0 "tools offered",
    retry flag 0.0 1.0 "the question was asked before, word for word",
    bounded_answer flag 0.0 1.0 "the client bounds the answer to 64 tokens or fewer",
}

/// The place of the entry of this name.
pub fn index(name: &str) -> Option<usize> {
    NAMES.iter().position(|feature| feature.name == name)
}
