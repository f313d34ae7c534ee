//! The words that say what kind of task a prompt sets. English only: a prompt in another language
//! is judged by its size and structure.

/// What a word hints at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hint {
    /// Asks for a fact, or is small talk.
    Lookup,
    /// Asks for a piece of work.
    Task,
    /// Asks for long reasoning, or names a field where it is usual.
    Hard,
    /// Adds a condition to be met.
    Constraint,
    /// Presses for time.
    Urgent,
}

/// At most 128 words each, a bit for each of them in [`Seen`].
#[rustfmt::skip] // One word a line would be three hundred lines.
const LISTS: [(Hint, &[&str]); 5] = [
    (Hint::Hard, &[
        "adversarial", "amortized", "architect", "architecture", "asymptotic", "atomicity",
        "axiom", "bijection", "byzantine", "causal", "closed-form", "compiler", "concurrency",
        "concurrent", "conjecture", "consensus", "consistency", "contrapositive", "convergence",
        "converges", "counterexample", "cryptographic", "deadlock", "deadlocks", "derivation",
        "derive", "deriving", "disprove", "distributed", "eigenvalue", "eigenvalues",
        "equilibrium", "eventual", "failover", "fault-tolerant", "formalize", "formally",
        "geodesic", "hamiltonian", "homomorphism", "idempotent", "induction", "infinitely",
        "integral", "invariant", "invariants", "irreducible", "isomorphic", "isomorphism",
        "lagrangian", "lemma", "linearizability", "linearizable", "lock-free", "manifold",
        "multi-region", "np-complete", "np-hard", "optimality", "optimization", "orthogonal",
        "partition", "partitions", "paxos", "proof", "proofs", "prove", "proving", "quorum",
        "raft", "recurrence", "replication", "rigorous", "rigorously", "scalability", "scalable",
        "sharding", "soundness", "stochastic", "theorem", "theorems", "threat", "throughput",
        "topological", "topology", "trade-off", "trade-offs", "tradeoff", "tradeoffs",
        "undecidable", "zero-downtime", "zero-knowledge",
    ]),
    (Hint::Task, &[
        "algorithm", "algorithms", "analyse", "analyze", "api", "argue", "bug", "build",
        "calculate", "calculates", "class", "code", "compare", "complexity", "compute", "convert",
        "create", "critique", "css", "database", "debug", "debugging", "deploy", "describe",
        "design", "difference", "differences", "docker", "draft", "email", "error", "essay",
        "estimate", "evaluate", "example", "examples", "explain", "explaining", "fix", "function",
        "functions", "generate", "guide", "html", "identify", "implement", "implementation",
        "improve", "java", "javascript", "json", "kubernetes", "letter", "method", "migrate",
        "migration", "module", "optimise", "optimize", "outline", "paragraph", "parse", "parser",
        "performance", "plan", "poem", "postgres", "program", "proposal", "prs", "pull", "python",
        "query", "react", "refactor", "refactoring", "regex", "report", "review", "rewrite",
        "rust", "schema", "script", "server", "service", "show", "simulate", "solve", "sql",
        "story", "strategy", "suggest", "summarise", "summarize", "summary", "test", "tests",
        "thread-safe", "translate", "troubleshoot", "typescript", "unit", "why", "write", "yaml",
    ]),
    (Hint::Lookup, &[
        "bye", "capital", "define", "definition", "goodbye", "happy", "hello", "hey", "hi",
        "meaning", "morning", "name", "no", "ok", "okay", "please", "population", "quick", "say",
        "spell", "synonym", "tell", "thank", "thanks", "time", "what", "what's", "when", "where",
        "which", "who", "whose", "word", "yes",
    ]),
    (Hint::Constraint, &[
        "assume", "avoid", "avoiding", "constraint", "constraints", "each", "ensure", "ensuring",
        "every", "exactly", "given", "guarantee", "guarantees", "handle", "handles", "handling",
        "including", "justify", "least", "must", "only", "preserve", "preserving", "require",
        "required", "requirement", "requirements", "should", "step", "steps", "strictly",
        "support", "supports", "then", "unless", "while", "within", "without",
    ]),
    (Hint::Urgent, &[
        "asap", "blocked", "deadline", "emergency", "hurry", "immediately", "incident", "outage",
        "p0", "p1", "quickly", "rush", "sev1", "tonight", "urgent", "urgently",
    ]),
];

/// Slots of the hash table over all lists, some three for each word.
const SLOTS: usize = 1024;

/// Where a word is: 1 + 128 · list + place in the list; 0 is an empty slot. A word stands in the
/// first free slot from that of its hash on.
const TABLE: [u16; SLOTS] = {
    let mut table = [0; SLOTS];
    let mut list = 0;
    while list < LISTS.len() {
        let words = LISTS[list].1;
        let mut place = 0;
        while place < words.len() {
            let mut slot = slot_of(words[place].as_bytes());
            while table[slot] != 0 {
                slot = (slot + 1) % SLOTS;
            }
            table[slot] = (1 + 128 * list + place) as u16;
            place += 1;
        }
        list += 1;
    }
    table
};

/// The slot a word is looked for from: FNV-1a over its letters, whether in capitals or not.
const fn slot_of(word: &[u8]) -> usize {
    let mut hash = 0x811C_9DC5_u32;
    let mut index = 0;
    while index < word.len() {
        hash = (hash ^ (word[index] | 0x20) as u32).wrapping_mul(0x0100_0193);
        index += 1;
    }
    (hash ^ (hash >> 15)) as usize % SLOTS
}

/// The different words of a text that hint at something.
#[derive(Default)]
pub(super) struct Seen([u128; LISTS.len()]);

impl Seen {
    /// Notes a word, in capitals or not.
    pub(super) fn note(&mut self, word: &[u8]) {
        if let Some((list, place)) = find(word)
            && let Some(words) = self.0.get_mut(list)
        {
            *words |= 1 << place;
        }
    }

    /// How many different words hinted so.
    pub(super) fn count(&self, hint: Hint) -> u32 {
        let of_hint = LISTS.iter().zip(self.0).filter(|((of, _), _)| *of == hint);
        of_hint.map(|(_, words)| words.count_ones()).sum()
    }
}

/// The list that `word` is in, and its place there.
fn find(word: &[u8]) -> Option<(usize, usize)> {
    let first = slot_of(word);
    for slot in (first..SLOTS).chain(0..first) {
        let position = usize::from(*TABLE.get(slot)?).checked_sub(1)?;
        let (list, place) = (position / 128, position % 128);
        let known = LISTS.get(list)?.1.get(place)?;
        if known.as_bytes().eq_ignore_ascii_case(word) {
            return Some((list, place));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_in_order_and_name_each_word_once() {
        let mut all: Vec<&str> = Vec::new();
        for (hint, words) in LISTS {
            assert!(words.is_sorted_by(|a, b| a < b), "{hint:?}");
            assert!(words.len() <= u128::BITS as usize, "{hint:?}");
            all.extend(words);
        }
        all.sort_unstable();
        assert!(all.is_sorted_by(|a, b| a < b));
        assert!(all.len() * 2 < SLOTS, "the table is too full to be quick");
    }

    #[test]
    fn every_word_of_the_lists_is_counted_once_and_no_other() {
        for (hint, words) in LISTS {
            let mut seen = Seen::default();
            words
                .iter()
                .chain(words)
                .for_each(|word| seen.note(word.as_bytes()));
            assert_eq!(seen.count(hint) as usize, words.len(), "{hint:?}");
            let total: u32 = LISTS.iter().map(|(other, _)| seen.count(*other)).sum();
            assert_eq!(total, seen.count(hint), "{hint:?}");
        }
        for word in ["", "a", "prov", "proves", "zz", "1", "-", "\u{e9}t\u{e9}"] {
            assert_eq!(find(word.as_bytes()), None, "{word}");
        }
        assert_eq!(find(&[b'a'; 200]), None);
    }

    #[test]
    fn capitals_do_not_matter() {
        assert!(find(b"prove").is_some());
        assert_eq!(find(b"PROVE"), find(b"prove"));
        assert_eq!(find(b"Trade-Off"), find(b"trade-off"));
    }
}
