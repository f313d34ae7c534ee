//! From counts to the entries of the vector.

use super::figures::Figures;
use super::lexicon::Class;
use super::scan::Scan;
use super::sentence::ask;
use super::{Prompt, Role, Talk};

/// One more than a count, its natural logarithm.
fn ln(count: impl Into<f64>) -> f64 {
    count.into().ln_1p()
}

/// `part` of `all`; 0 of nothing.
fn share(part: u32, all: u32) -> f64 {
    f64::from(part) / f64::from(all.max(1))
}

fn flag(is: bool) -> f64 {
    if is { 1.0 } else { 0.0 }
}

impl Figures {
    /// How long the question is, and of what characters.
    pub(super) fn size(&mut self, scan: &Scan, question: &str) {
        let bytes = u32::try_from(scan.bytes).unwrap_or(u32::MAX);
        self.log_chars = ln(question.len() as f64);
        self.log_words = ln(scan.words);
        self.log_lines = ln(scan.lines);
        self.log_sentences = ln(scan.sentences);
        self.longest_sentence = ln(scan.longest_sentence);
        self.mean_sentence = ln(share(scan.words, scan.sentences));
        self.mean_word = share(scan.letters, scan.words);
        self.longest_word = scan.longest_word as f64;
        self.long_words = share(scan.long_words, scan.words);
        self.distinct_words = share(scan.different.count, scan.words);
        self.lexical_range = f64::from(scan.different.count) / f64::from(scan.words.max(1)).sqrt();
        self.digits = share(scan.digits, bytes);
        self.capitals = share(scan.capitals, scan.ascii_letters);
        self.names = ln(scan.names);
        self.non_ascii = share(scan.non_ascii, bytes);
        self.punctuation = share(scan.punctuation, bytes);
        self.commas = share(scan.commas, scan.words);
        self.function_words = share(scan.seen.hits(Class::Function), scan.all_words);
        self.known_words = share(scan.known_words, scan.words);
        self.single_letters = share(scan.single_letters, scan.words);
    }

    /// Numbers and the marks of mathematics.
    pub(super) fn numbers(&mut self, scan: &Scan) {
        self.numbers = ln(scan.numbers);
        self.largest_number = (scan.largest + 1.0).log10();
        self.decimals = ln(scan.decimals);
        self.percentages = ln(scan.percentages);
        self.amounts = ln(scan.amounts);
        self.fractions = ln(scan.fractions);
        self.number_words = ln(scan.seen.hits(Class::NumberWord));
        self.number_sentences = ln(scan.number_sentences);
        self.years = ln(scan.years);
        self.brackets = ln(scan.brackets);
        self.operators = ln(scan.operators);
        self.powers = ln(scan.powers);
        self.latex = ln(scan.latex + scan.dollars);
        self.math_symbols = ln(scan.math_symbols);
    }

    /// Options, numbered lines, lists, program text.
    pub(super) fn layout(&mut self, scan: &Scan) {
        let options = &scan.options;
        let (mean, deviation) = options.spread();
        let (words, shared) = options.words;
        self.options = ln(options.count);
        self.option_mean = ln(mean);
        self.option_longest = ln(options.longest as f64);
        self.option_deviation = ln(deviation);
        self.option_numeric = share(options.numeric, options.count);
        self.option_overlap = share(shared, words);
        self.option_common = share(options.common, options.count);
        self.option_of_above = flag(options.of_above);
        self.option_truth = share(options.truth, options.count);
        self.option_names = share(options.names, options.count);
        self.open_stem = flag(options.count > 0 && !scan.last.closed);

        self.clues = ln(scan.clues);
        self.clue_negated = share(scan.clue_negated, scan.clues);
        self.clue_relation = share(scan.clue_relation, scan.clues);
        self.clue_position = share(scan.clue_position, scan.clues);
        self.bullets = ln(scan.bullets);
        self.backticked = ln(scan.backticked);
        self.attribute_lists = ln(scan.lists);
        self.grid_cells = ln(scan.values);
        self.grid_space = scan.space;
        self.grid_clues = share(scan.clues, scan.values) * flag(scan.values > 0);

        self.code_marks = ln(scan.code_marks);
        self.code_lines = share(scan.code_lines, scan.lines);
        self.blanks = ln(scan.blanks);
        self.statements = ln(scan.statements + scan.roman);
        self.quotations = ln(scan.quotations);
    }

    /// Functions with their schemas.
    pub(super) fn schemas(&mut self, scan: &Scan) {
        let schemas = &scan.schemas;
        self.schemas = ln(schemas.functions);
        self.parameters = ln(schemas.parameters);
        self.parameters_mean = ln(share(schemas.parameters, schemas.functions));
        self.required = share(schemas.required, schemas.parameters);
        self.schema_depth = f64::from(schemas.depth);
        self.schema_enums = ln(schemas.enums);
        self.schema_nested = ln(schemas.nested.saturating_sub(schemas.functions));
        self.schema_numbers = ln(schemas.numbers);
        self.schema_other = ln(schemas.others);
        self.schema_defaults = ln(schemas.defaults);
        self.schema_words = ln(schemas.words);
        self.schema_overlap = share(schemas.shared, scan.content.count);
        [self.schema_best, self.schema_second] = schemas.best;
        if schemas.functions > 0 {
            let values = scan.numbers + scan.names + scan.quotations / 2;
            self.schema_values = share(values, schemas.required);
        }
    }

    /// What the question asks for.
    pub(super) fn asked(&mut self, scan: &Scan) {
        let asked = &scan.asked;
        let has = |bit| flag(asked.asks & bit != 0);
        self.questions = ln(scan.questions);
        self.asks_who = has(ask::WHO);
        self.asks_what = has(ask::WHAT);
        self.asks_when_where = has(ask::WHEN_WHERE);
        self.asks_why = has(ask::WHY);
        self.asks_how = has(ask::HOW);
        self.asks_how_many = has(ask::HOW_MANY);
        self.asks_which = has(ask::WHICH);
        self.asks_whether = has(ask::WHETHER);
        self.asked_words = ln(asked.words);
        self.asked_negation = flag(asked.classes.has(Class::Negation));
        self.asked_superlative = flag(asked.classes.has(Class::Superlative));
        self.asked_last = flag(scan.last.question);
    }

    /// Words by their classes.
    pub(super) fn words(&mut self, scan: &Scan) {
        let hits = |class| ln(scan.seen.hits(class));
        let different = |class| ln(scan.seen.different(class));
        self.negations = hits(Class::Negation);
        self.superlatives = hits(Class::Superlative);
        self.comparisons = hits(Class::Comparison);
        self.conditionals = hits(Class::Conditional);
        self.quantifiers = hits(Class::Quantifier);
        self.conjunctions = share(scan.seen.hits(Class::Conjunction), scan.all_words);
        self.ordinals = hits(Class::Ordinal);
        self.relations = hits(Class::Relation);
        self.first_person = hits(Class::FirstPerson);
        self.steps = hits(Class::Step);
        self.step_density = share(scan.seen.hits(Class::Step), scan.all_words);

        self.wants_proof = hits(Class::Prove);
        self.wants_writing = hits(Class::Write);
        self.wants_explanation = hits(Class::Explain);
        self.wants_calculation = hits(Class::Calculate);
        self.wants_choice = hits(Class::Choose);
        self.wants_list = hits(Class::Enumerate);
        self.wants_json = hits(Class::Json);
        self.wants_brevity = hits(Class::Brief);
        self.lookup = different(Class::Lookup);
        self.tasks = different(Class::Task);
        self.hard = different(Class::Hard);
        self.constraints = different(Class::Constraint);

        self.money = hits(Class::Money);
        self.time = hits(Class::Time);
        self.measures = hits(Class::Measure);
        self.everyday = hits(Class::Everyday);
        self.law = hits(Class::Law);
        self.medicine = hits(Class::Medicine);
        self.psychology = hits(Class::Psychology);
        self.biology = hits(Class::Biology);
        self.physics = hits(Class::Physics);
        self.chemistry = hits(Class::Chemistry);
        self.algebra = hits(Class::Algebra);
        self.geometry = hits(Class::Geometry);
        self.probability = hits(Class::Probability);
        self.economics = hits(Class::Economics);
        self.business = hits(Class::Business);
        self.history = hits(Class::History);
        self.philosophy = hits(Class::Philosophy);
        self.society = hits(Class::Society);
        self.computing = hits(Class::Computing);
        self.engineering = hits(Class::Engineering);
        self.logic = hits(Class::Logic);
        self.science = hits(Class::Science);
        self.fields = ln(FIELDS
            .iter()
            .filter(|field| scan.seen.hits(**field) > 1)
            .count() as f64);
    }

    /// The conversation around the question.
    pub(super) fn talk(&mut self, talk: &Talk, prompt: &Prompt, prompt_tokens: u32) {
        let others = talk.question_tokens.saturating_add(talk.system_tokens);
        self.log_tokens = ln(prompt_tokens);
        self.log_history_tokens = ln(talk.tokens.saturating_sub(others));
        self.log_system_tokens = ln(talk.system_tokens);
        self.log_result_tokens = ln(talk.result_tokens);
        self.turns = ln(prompt.messages.len() as f64);
        let last = prompt.messages.last();
        self.ends_in_result = flag(last.is_some_and(|turn| turn.role == Role::Tool));
        self.tools = ln(prompt.tools.len() as f64);
        self.retry = flag(talk.retry);
        self.bounded_answer = flag(prompt.max_output_tokens.is_some_and(|most| most <= 64));
    }
}

/// The classes that are fields of knowledge.
const FIELDS: [Class; 18] = [
    Class::Law,
    Class::Medicine,
    Class::Psychology,
    Class::Biology,
    Class::Physics,
    Class::Chemistry,
    Class::Algebra,
    Class::Geometry,
    Class::Probability,
    Class::Economics,
    Class::Business,
    Class::History,
    Class::Philosophy,
    Class::Society,
    Class::Computing,
    Class::Engineering,
    Class::Logic,
    Class::Science,
];
