//! Texts that their owner has marked as confidential.
//!
//! A marking is set off from the text it protects: it heads it, stands on a line of its own or
//! in capitals, ends in a full stop, is doubled by another. A text that talks of confidentiality does
//! none of that.

use std::ops::Range;

use super::finding::{Family, Kind};
use super::hits::Hits;
use super::part::{self, Part};
use super::reader::{
    has_word, in_word, is_one_of, line_after, line_before, window_after, window_before, words,
};
use super::shape::{after, before};

const MARKING: Kind = Kind::of(
    "confidential_marking",
    "a text marked as confidential",
    Family::Confidential,
);

const PARTS: &[Part] = &[
    Part {
        literals: LEADING,
        check: leading,
    },
    Part {
        literals: ORDERS,
        check: order,
    },
    Part {
        literals: STATED,
        check: stated,
    },
];

/// Words and phrases that mark a text by standing at its head.
#[rustfmt::skip]
const LEADING: &[&str] = &[
    "confidential", "privileged", "legal professional privilege", "legal privilege",
    "attorney-client", "attorney client", "attorney–client", "attorney work product",
    "work product", "internal use", "internal only", "for internal", "internal document",
    "proprietary", "trade secret", "trade secrets", "restricted", "classified", "top secret",
    "eyes only", "need to know", "need-to-know", "tlp:red", "tlp:amber", "tlp: red", "tlp: amber",
    "without prejudice", "material non-public", "mnpi", "board only", "embargoed", "under embargo",
    "filed under seal", "under seal", "sensitive", "commercial in confidence", "in confidence",
    "staff only", "hr only", "management only", "company secret", "company private",
    "draft - not for", "noforn", "for official use only", "fouo", "controlled unclassified",
    "cui//", "secret//", "hr confidential", "c-level only", "executives only", "leadership only",
    "under nda", "nda only", "subject to nda", "insider information", "inside information",
    "price sensitive", "vertraulich", "streng vertraulich", "geheim", "streng geheim",
    "nur für den internen", "nur für den dienstgebrauch", "nur für internen", "nur zum internen",
    "nur intern", "interner gebrauch", "betriebsgeheimnis", "geschäftsgeheimnis",
    "verschlusssache", "anwaltsgeheimnis", "firmenvertraulich", "betriebsintern", "firmenintern",
    "insiderinformation", "confidentiel", "confidentielle", "diffusion restreinte",
    "usage interne", "secret professionnel", "secret des affaires", "secret d'affaires",
    "strictement confidentiel", "document interne", "confidencial", "uso interno", "uso exclusivo",
    "secreto profesional", "secreto comercial", "estrictamente confidencial", "reservado",
    "documento interno", "sigiloso", "segredo comercial", "segredo de negócio",
    "sigilo profissional", "estritamente confidencial", "riservato", "riservata", "riservatissimo",
    "confidenziale", "strettamente riservato", "segreto aziendale", "segreto professionale",
    "segreto industriale", "uso esclusivamente interno", "solo per uso interno", "vertrouwelijk",
    "strikt vertrouwelijk", "intern gebruik", "bedrijfsgeheim", "geheim", "alleen voor intern",
    "poufne", "ściśle tajne", "tajemnica przedsiębiorstwa", "tylko do użytku", "konfidentiellt",
    "fortrolig", "luottamuksellinen", "конфиденциально", "секретно", "机密", "機密", "内部资料", "社外秘",
    "極秘", "部外秘", "대외비", "기밀", "gizli",
];

/// What readers are told not to do.
#[rustfmt::skip]
const ORDERS: &[&str] = &[
    "do not distribute", "do not share", "do not disclose", "do not forward", "do not copy",
    "do not circulate", "do not reproduce", "do not redistribute", "not for public",
    "not for onward", "don't share", "not for distribution", "not for circulation",
    "not for release", "not for external", "not for publication", "not to leave",
    "not to be shared", "not to be disclosed", "not to be distributed", "not to be forwarded",
    "not to be copied", "must not be shared", "must not be disclosed", "must not leave",
    "must not be forwarded", "may not be disclosed", "may not be shared",
    "no external distribution", "keep confidential", "keep this confidential",
    "treat as confidential", "unauthorized disclosure", "unauthorised disclosure",
    "disclosure prohibited", "distribution prohibited", "vertraulich behandeln",
    "vertraulich zu behandeln", "nicht weitergeben", "nicht weiterleiten", "nicht verteilen",
    "nicht zur weitergabe", "weitergabe untersagt", "weitergabe verboten", "nicht für dritte",
    "darf nicht weitergegeben", "ne pas diffuser", "ne pas divulguer", "ne pas partager",
    "ne pas transmettre", "ne pas communiquer", "diffusion interdite", "no distribuir",
    "no divulgar", "no compartir", "no difundir", "prohibida su", "prohibida la", "non divulgare",
    "non diffondere", "non condividere", "non inoltrare", "non distribuire", "vietata la",
    "não divulgar", "não distribuir", "não compartilhar", "não partilhar", "proibida a",
    "niet verspreiden", "niet delen", "niet doorsturen", "nie rozpowszechniać", "nie udostępniać",
];

/// What a text says of itself.
#[rustfmt::skip]
const STATED: &[&str] = &[
    "confidential", "privileged", "proprietary", "trade secret", "privilege", "intended solely",
    "intended only", "for the sole use", "vertraulich", "confidentiel", "confidencial",
    "riservato", "riservate", "vertrouwelijk", "internal use", "under nda", "non-public",
];

pub(super) fn literals() -> Vec<&'static str> {
    part::literals(PARTS)
}

pub(super) fn check(text: &str, literal: usize, at: Range<usize>, hits: &mut Hits) {
    part::check(PARTS, literal, text, at, hits);
}

/// Words that may stand in a marking before or behind its main word.
#[rustfmt::skip]
const COMPANIONS: &[&str] = &[
    "strictly", "highly", "company", "private", "privileged", "and", "confidential", "proprietary",
    "internal", "use", "only", "for", "attorney", "client", "communication", "communications",
    "work", "product", "restricted", "most", "very", "legally", "secret", "top", "board", "hr",
    "legal", "commercial", "in", "confidence", "document", "draft", "information", "material",
    "materials", "not", "distribution", "streng", "firmen", "nur", "für", "den", "internen",
    "gebrauch", "dienstgebrauch", "strictement", "et", "privé", "à", "usage", "interne",
    "estrictamente", "y", "uso", "interno", "exclusivo", "privado", "strettamente", "e",
    "riservato", "personale", "solo", "per", "strikt", "en", "alleen", "voor", "intern",
    "estritamente", "o", "persönlich", "und", "vertraulich", "professional", "personnel",
    "management", "finance", "executive", "executives", "leadership", "sensitive", "data", "eyes",
    "business", "customer", "medical", "financial", "nda", "under", "subject", "to", "source",
    "code", "this", "is", "property", "of", "memo", "memorandum", "report", "level",
    "classification", "marking", "status", "notice", "warning", "caution", "law", "seal", "filed",
    "trade", "only", "staff", "pursuant", "classified", "streng", "geheim", "tlp", "red", "amber",
    "strict", "confidentiel", "confidencial", "embargoed", "until", "group", "inc", "corp", "ltd",
    "gmbh", "llc", "sa", "ag", "release", "required", "privilege", "applies", "do", "or",
    "directors", "director", "committee", "members", "draft", "uitsluitend", "apenas", "para",
    "sólo", "somente", "unicamente", "únicamente", "uniquement", "exclusivement", "esclusivamente",
    "exclusivamente", "ausschließlich", "dienstlichen", "zum", "gebruik", "document", "documento",
    "dokument", "term", "sheet", "file", "nicht", "weitergeben", "abogado", "cliente", "avocat",
    "anwalt", "mandant", "anwaltlich", "privilegiert", "avvocato", "advocaat", "advogado",
    "disclosed", "shared", "provided", "internes", "dokument", "distribution", "disclosure",
    "circulation",
];

/// A marking's main word stands here.
fn leading(text: &str, at: Range<usize>, hits: &mut Hits) {
    if !apart(text, &at) {
        return;
    }
    let head = line_before(text, at.start, 80);
    let tail = line_after(text, at.end, 120);
    let shown = text.get(at.clone()).unwrap_or_default();
    let (lead, first) = lead_of(head);
    let (rest, companions) = rest_of(tail);
    let start = at.start - lead;
    let front = head.get(..head.len() - lead).unwrap_or_default().trim_end();
    let quoted = matches!(before(text, start), Some(b'"' | b'\'' | b'`'))
        && rest.starts_with(['"', '\'', '`']);
    let asked = rest.starts_with('?') || tail.contains('?') && !tail.contains('.');
    // `/// For internal use only.` says who calls a function.
    let comment = INSIDE.iter().any(|word| is_one_of(shown, &[word]))
        && !shouted(shown)
        && (head.starts_with("    ") || head.trim_start().starts_with(['/', '#', '*']))
        && !second_near(text, &at);
    if quoted || asked || comment || topic(head) || !protects(text, &at) {
        return;
    }
    let phrase = words(text.get(start..at.end).unwrap_or_default()).count() + companions;
    let weak = is_one_of(shown, TOPICS);
    let lower = text
        .get(start..)
        .is_some_and(|phrase| phrase.starts_with(char::is_lowercase));
    let classed = classed(front);
    let first = first && (classed || !(weak && lower));
    let titled =
        words(shown).count() > 1 && words(shown).all(|word| word.starts_with(char::is_uppercase));
    let multiple = phrase > words(shown).count() || strong(shown) && !weak || titled;
    let bracket = front.ends_with(['(', '[', '>', '|', '*', '{']);
    let opened = bracket && !(weak && lower);
    let closed = rest.is_empty() || rest.starts_with(ENDS);
    let explained = rest.starts_with([':', '-', '–', '—']) && words(rest).count() > 2 && !weak;
    let ended = rest.is_empty()
        || rest == ")"
        || rest.starts_with(['.', '!', ']', '|', '*', '/'])
        || rest.starts_with("</")
        || explained;
    // A list of such words is talk of them.
    let listed = has_word(tail, &["tlp"])
        || has_word(head, &["tlp"]) && !shown.is_empty() && head.contains(',');
    let marking = if listed {
        false
    } else if classed {
        true
    } else if shouted(shown) {
        closed && (first && (!weak || prose(text, at.end)) || multiple || ended && !weak)
            || first && multiple
    } else {
        (first || opened)
            && (closed
                && (multiple
                    || opened && words(shown).count() > 1 && shown.starts_with(char::is_uppercase))
                && !rest.starts_with(',')
                || ended)
            || first && heads(text, at.end, shown, head, tail)
            || rest.is_empty() && stands_alone(text, at.end, head, tail)
    };
    if marking || (first || opened) && second_near(text, &at) {
        hits.by_context(MARKING, start..at.end);
    }
}

/// Whether a head ends in the name of the field that markings are put in.
fn classed(head: &str) -> bool {
    #[rustfmt::skip]
    const FIELDS: &[&str] = &[
        "distribution", "classification", "sensitivity", "marking", "handling", "confidentiality",
        "klassifizierung", "einstufung", "vertraulichkeit", "clasificación", "classificazione",
        "classificação", "classificatie", "rubricering",
    ];
    let field = head
        .trim_end_matches([' ', '*', '|'])
        .strip_suffix([':', '=']);
    let word = field.and_then(|field| words(field).next_back());
    word.is_some_and(|word| is_one_of(word, FIELDS))
}

/// Whether sentences follow, and no list of words.
fn prose(text: &str, at: usize) -> bool {
    let after = window_after(text, at, 160);
    words(after)
        .filter(|word| word.starts_with(char::is_lowercase))
        .count()
        >= 4
}

/// What a marking ends in.
const ENDS: &[char] = &[
    '.', ':', ';', '-', '–', '—', '|', ']', ')', '*', '/', ',', '!', '_', '=', '#', '>', '<', '"',
    '\r', '(', '}',
];

/// Main words that code says of its own parts.
const INSIDE: &[&str] = &["internal use", "for internal", "internal only"];

/// Main words that are as often what a text is about.
#[rustfmt::skip]
const TOPICS: &[&str] = &[
    "restricted", "sensitive", "classified", "proprietary", "embargoed", "trade secret",
    "trade secrets", "work product", "need to know", "need-to-know", "insider information",
    "inside information", "internal document", "in confidence", "under seal", "internal only",
    "without prejudice", "for internal", "under embargo", "price sensitive", "geheim", "reservado",
    "betriebsgeheimnis", "geschäftsgeheimnis", "privileged",
];

/// Whether a line that a marking ends is set apart from a longer text: short, without a verb, and an
/// empty line beside it.
fn stands_alone(text: &str, end: usize, head: &str, tail: &str) -> bool {
    #[rustfmt::skip]
    const VERBS: &[&str] = &[
        "keep", "stay", "stays", "make", "be", "it", "remain", "kept", "treat", "not", "you", "i",
        "or", "sign",
    ];
    let before = window_before(text, end.saturating_sub(head.len()), 200);
    let next = window_after(text, end + tail.len(), 3);
    let above = line_before(text, end.saturating_sub(1), 120);
    let start = end.saturating_sub(1).saturating_sub(above.len());
    let apart = window_before(text, start, 2) == "\n\n"
        || window_before(text, start, 4).ends_with("-\n")
        || next.starts_with("\n\n")
        || next.trim().is_empty();
    let line = above.trim_start();
    line.starts_with(char::is_uppercase)
        && words(line).count() <= 6
        && !has_word(line, VERBS)
        && words(before).count() >= 12
        && apart
}

/// Whether a line that a marking begins is a heading: short, no sentence, with a text below.
fn heads(text: &str, end: usize, shown: &str, head: &str, tail: &str) -> bool {
    #[rustfmt::skip]
    const HEADS: &[&str] = &[
        "confidential", "privileged", "vertraulich", "confidentiel", "confidentielle",
        "confidencial", "riservato", "vertrouwelijk", "under nda",
    ];
    let line = tail.trim_end();
    let count = words(line).count();
    let below = window_after(text, end + tail.len(), 200);
    is_one_of(shown, HEADS)
        && shown.starts_with(char::is_uppercase)
        && (1..=9).contains(&count)
        && !line.ends_with(['.', '?', ',', ':'])
        && words(head).count() < 4
        && !has_word(
            line,
            &[
                "information",
                "computing",
                "mean",
                "means",
                "is",
                "are",
                "client",
                "clients",
            ],
        )
        && words(below).count() >= 6
}

/// The companions before a main word, bytes, and whether nothing else stands before them in its
/// sentence.
fn lead_of(head: &str) -> (usize, bool) {
    let mut end = head.len();
    loop {
        let kept = head
            .get(..end)
            .unwrap_or_default()
            .trim_end_matches([' ', '&', '-', '/', '+', '|', ',']);
        let word = kept
            .rsplit(|c: char| !c.is_alphabetic())
            .next()
            .unwrap_or_default();
        if word.is_empty() || !is_one_of(word, COMPANIONS) {
            break;
        }
        end = kept.len() - word.len();
    }
    end -= owner(head.get(..end).unwrap_or_default());
    let before = head.get(..end).unwrap_or_default();
    let begin = before.trim_end_matches([
        ' ', '/', '#', '*', '-', '>', '[', '(', '=', '_', '|', '!', '<', '"', '\'', '~', '·', '•',
        '\t', '–', '—',
    ]);
    let tagged = before.trim_end().ends_with('>');
    let first = begin.is_empty()
        || tagged
        || begin.ends_with([':', '.', '!', ']', '\r', ')'])
        || begin.ends_with(char::is_numeric) && begin.len() < 4
        || labelled(begin);
    (head.len() - end, first)
}

/// How long the name of an owner is that a head ends in, where nothing stands before it:
/// `[Acme `, `M&A - `.
fn owner(head: &str) -> usize {
    let start = head
        .rfind(['[', '(', '|', '>', '\t', '*'])
        .map_or(0, |at| at + 1);
    let name = head.get(start..).unwrap_or_default();
    let kept = name.trim_start();
    let known = words(kept).count() <= 3
        && words(kept).all(|word| word.starts_with(char::is_uppercase))
        && !kept.contains(['.', ':', ',', '?', '!', ')', '(', '<', '='])
        && kept.starts_with(char::is_alphabetic);
    let alone = start > 0 || head.len() < 40;
    if known && alone && !kept.is_empty() {
        kept.len()
    } else {
        0
    }
}

/// Whether a head such as `Subject`, `Classification`, `// Acme Corp` leads to a marking.
fn labelled(begin: &str) -> bool {
    let owner = begin.trim_start_matches([' ', '/', '#', '*', '-', ';', '<', '!', '%']);
    let comment = owner.len() < begin.len();
    let mut names = owner.split(' ').filter(|word| !word.is_empty());
    let capitals = names.clone().all(|word| {
        word.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit() || c == '©' || c == '(')
    });
    comment && capitals && names.by_ref().count() <= 6
}

/// What stands behind a main word and its companions, and how many of those there are.
fn rest_of(tail: &str) -> (&str, usize) {
    let mut rest = tail;
    let mut companions = 0;
    loop {
        let trimmed = rest.trim_start_matches([' ', '&', '+']);
        let size = trimmed
            .find(|c: char| !c.is_alphabetic())
            .unwrap_or(trimmed.len());
        let word = trimmed.get(..size).unwrap_or_default();
        if word.is_empty() || !is_one_of(word, COMPANIONS) || companions > 6 {
            return (trimmed.trim_end(), companions);
        }
        companions += 1;
        rest = trimmed.get(size..).unwrap_or_default();
    }
}

/// Whether a phrase is written in capitals.
fn shouted(shown: &str) -> bool {
    let letters = || shown.chars().filter(|c| c.is_alphabetic());
    letters().count() > 3 && !letters().any(char::is_lowercase) && letters().any(char::is_uppercase)
}

/// Whether a phrase is a marking in itself, and hardly a word of talk.
fn strong(shown: &str) -> bool {
    shown.contains([':', '/', '-']) || words(shown).count() > 1 || !shown.is_ascii()
}

/// Whether a sentence follows a mark of punctuation.
fn content(rest: &str) -> bool {
    words(rest).count() >= 3
}

/// Whether a second word of markings stands near.
fn second_near(text: &str, at: &Range<usize>) -> bool {
    #[rustfmt::skip]
    const SECOND: &[&str] = &[
        "proprietary", "privileged", "disclose", "distribute", "distribution", "disclosure",
        "confidential", "unauthorized", "unauthorised", "weitergabe", "weitergeben", "diffuser",
        "divulguer", "divulgar", "distribuir", "divulgare", "diffondere", "verspreiden",
        "vertraulich", "vertrouwelijk", "confidentiel", "confidencial", "riservato",
    ];
    let shown = text.get(at.clone()).unwrap_or_default();
    let near = window_after(text, at.end, 70);
    let near = near.split(['\n', '?']).next().unwrap_or_default();
    words(near).any(|word| is_one_of(word, SECOND) && !word.eq_ignore_ascii_case(shown))
        && near.contains(['.', ':', '-', '!', ',', '<'])
}

/// Whether a head asks about a marking or orders one to be written.
fn topic(head: &str) -> bool {
    #[rustfmt::skip]
    const TALK: &[&str] = &[
        "what", "why", "how", "mean", "means", "meaning", "explain", "define", "definition",
        "difference", "write", "add", "stamp", "watermark", "label", "labelled", "labeled",
        "marked", "marking", "header", "footer", "template", "example", "word", "term", "phrase",
        "translate", "clause", "agreement", "is", "are", "bedeutet", "heißt", "was", "signifie",
        "significa", "erkläre", "when", "should", "can",
    ];
    let sentence = head
        .rsplit(['.', '!', ':', '\n', '>', '['])
        .next()
        .unwrap_or_default();
    has_word(sentence, TALK)
}

/// Whether there is a text beside the marking for it to protect.
fn protects(text: &str, at: &Range<usize>) -> bool {
    let after = window_after(text, at.end, 200);
    let before = window_before(text, at.start, 200);
    words(after).count() >= 4 || words(before).count() >= 12
}

/// Whether a phrase is no part of a longer word.
fn apart(text: &str, at: &Range<usize>) -> bool {
    let shown = text.get(at.clone()).unwrap_or_default();
    let inner = shown.bytes().any(|b| b >= 128);
    inner
        || !before(text, at.start)
            .is_some_and(|b| in_word(b) || b == b'_' || b == b'-' && shown == "sensitive")
            && !after(text, at.end).is_some_and(|b| in_word(b) || b == b'_')
}

/// An order to the readers stands here: a marking where it begins or ends a sentence, or where the
/// text speaks of itself.
fn order(text: &str, at: Range<usize>, hits: &mut Hits) {
    if !apart(text, &at) {
        return;
    }
    let head = line_before(text, at.start, 100);
    let tail = line_after(text, at.end, 80);
    let (rest, _) = rest_of(tail);
    let begin = head.trim_end_matches([
        ' ', '/', '#', '*', '-', '>', '[', '(', '–', '—', '|', '_', '=',
    ]);
    let shown = text.get(at.clone()).unwrap_or_default();
    let opens = begin.is_empty()
        || begin.ends_with(['.', ';', '!', ',', ':', '"'])
        || head.len() - begin.len() > 2;
    let outside = has_word(
        tail,
        &[
            "outside",
            "externally",
            "external",
            "beyond",
            "third",
            "without",
            "extern",
            "hors",
            "fuera",
            "terceros",
            "terzi",
            "tiers",
            "dritte",
            "buiten",
            "fora",
            "team",
            "company",
            "permission",
            "anyone",
        ],
    );
    let sentence_rest = rest.split(ENDS).next().unwrap_or_default();
    let closed = words(sentence_rest).count() <= 2;
    let capitals = shouted(shown);
    let company = has_word(
        window_before(text, at.start, 120),
        &[
            "confidential",
            "proprietary",
            "privileged",
            "draft",
            "internal",
            "vertraulich",
            "confidentiel",
            "confidencial",
            "riservato",
            "vertrouwelijk",
            "document",
            "memo",
            "counsel",
            "legal",
            "intern",
            "interne",
            "internes",
            "interner",
            "interno",
            "release",
        ],
    ) || has_word(
        tail,
        &["confidential", "proprietary", "privileged", "draft"],
    );
    let marked = capitals && (opens || closed)
        || opens && (closed || outside) && (company || outside)
        || company && (closed || outside);
    if marked && !topic(head) && protects(text, &at) && !tail.contains('?') {
        hits.by_context(MARKING, at);
    }
}

/// The text says of itself what it is: `this message is confidential and intended solely for …`.
fn stated(text: &str, at: Range<usize>, hits: &mut Hits) {
    #[rustfmt::skip]
    const ITSELF: &[&str] = &[
        "document", "email", "e-mail", "mail", "message", "memo", "memorandum", "file", "report",
        "presentation", "communication", "information", "material", "materials", "letter", "code",
        "software", "source", "deck", "transmission", "attachment", "draft", "slide", "page",
        "conversation", "nachricht", "dokument", "unterlagen", "information", "bericht",
        "courriel", "document", "mensaje", "correo", "documento", "messaggio", "mensagem",
        "bericht", "dit", "data", "contents", "agreement", "note", "record", "analysis",
    ];
    #[rustfmt::skip]
    const DEICTIC: &[&str] = &[
        "this", "these", "the following", "diese", "dieses", "dieser", "ce", "cette", "este",
        "esta", "questo", "questa", "dit", "deze", "esse", "essa",
    ];
    if !apart(text, &at) {
        return;
    }
    let head = window_before(text, at.start, 90);
    let sentence = head
        .rsplit(['.', '!', '?', '\n', ':', '[', '(', '>', '"', '*', '|'])
        .next()
        .unwrap_or_default();
    let tail = window_after(text, at.end, 80);
    let mut before = words(sentence);
    let deictic = before.clone().position(|word| is_one_of(word, DEICTIC));
    let opening = deictic.is_some_and(|place| place <= 1);
    let itself = before
        .by_ref()
        .skip(deictic.unwrap_or(0))
        .take(4)
        .any(|word| is_one_of(word, ITSELF));
    let verb = has_word(
        sentence,
        &[
            "is", "are", "contains", "contain", "may", "remains", "includes", "ist", "sind",
            "enthält", "est", "sont", "contient", "es", "son", "contiene", "è", "sono", "contém",
            "é", "bevat",
        ],
    );
    let asked = tail
        .split(['.', '\n'])
        .next()
        .is_some_and(|rest| rest.contains('?'));
    let asks = words(sentence).next().is_some_and(|word| {
        is_one_of(
            word,
            &[
                "is", "are", "can", "does", "what", "why", "how", "if", "write", "explain",
            ],
        )
    });
    if opening && itself && verb && !asked && !asks && protects(text, &at) {
        hits.by_context(MARKING, at);
    }
}
