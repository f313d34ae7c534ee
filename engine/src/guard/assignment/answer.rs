//! Answers to questions that only one person can answer.

use std::ops::Range;

use super::super::hits::Hits;
use super::super::reader::{is_one_of, window_after, window_before, words};
use super::ANSWER;
use super::believe::is_answer;
use super::extract;

/// What such a question is called.
#[rustfmt::skip]
pub(super) const LITERALS: &[&str] = &[
    "security question", "security_question", "securityquestion", "secret question",
    "secret_question", "recovery question", "sicherheitsfrage", "geheimfrage", "geheime frage",
    "question secrète", "question de sécurité", "pregunta de seguridad", "pregunta secreta",
    "domanda di sicurezza", "domanda segreta", "pergunta de segurança", "pergunta secreta",
    "beveiligingsvraag", "geheime vraag", "pytanie pomocnicze", "pytanie zabezpieczające",
    "säkerhetsfråga", "kontrolní otázka", "контрольный вопрос", "секретный вопрос", "密保问题",
    "安全问题", "秘密の質問", "보안 질문",
];

/// What the answer is called. Those beyond ASCII stand where no blanks part words.
#[rustfmt::skip]
const ANSWERS: &[&str] = &[
    "answer", "answers", "antwort", "réponse", "reponse", "respuesta", "risposta", "resposta",
    "antwoord", "odpowiedź", "svar", "odpověď", "ответ",
];
const JOINED: &[&str] = &["答案", "答え", "回答", "답"];

/// Words between the question's or the answer's name and the answer.
#[rustfmt::skip]
const EQUATING: &[&str] = &[
    "is", "was", "ist", "lautet", "est", "es", "è", "é", "jest", "är", "je", "to", "это",
];

/// How far from the question's name its answer's stands, bytes.
const BEFORE: usize = 48;
const AFTER: usize = 160;

/// The name of such a question stands here.
pub(super) fn check(text: &str, at: &Range<usize>, hits: &mut Hits) {
    let after = window_after(text, at.end, AFTER);
    let paragraph = after.split("\n\n").next().unwrap_or_default();
    let behind = answer_word(paragraph).map(|end| at.end + end);
    let told = words(window_before(text, at.start, BEFORE)).any(|word| is_one_of(word, ANSWERS));
    let from = behind.or_else(|| told.then_some(at.end));
    let labelled = behind.is_some() && paragraph.trim_start().starts_with([':', '：']);
    if let Some(range) = from.and_then(|from| value(text, from, labelled)) {
        hits.by_context(ANSWER, range);
    }
}

/// Where the answer's name ends.
fn answer_word(window: &str) -> Option<usize> {
    let mut at = 0;
    for piece in window.split_inclusive(|c: char| !c.is_alphanumeric()) {
        let word = piece.trim_end_matches(|c: char| !c.is_alphanumeric());
        if is_one_of(word, ANSWERS) {
            return Some(at + word.len());
        }
        at += piece.len();
    }
    JOINED
        .iter()
        .find_map(|word| Some(window.find(word)? + word.len()))
}

/// The answer behind its name: past a remark in brackets, and past what equates.
fn value(text: &str, from: usize, labelled: bool) -> Option<Range<usize>> {
    let window = window_after(text, from, AFTER);
    let mut rest = window.trim_start_matches(['"', '\'', '`', '*', '_', ' ', ')']);
    if let Some(remark) = rest.strip_prefix('(') {
        rest = remark.split_once(')')?.1;
    }
    let before = rest.len();
    rest = rest.trim_start_matches([' ', ':', '=', '-', '>', '–', '—', '*', '：', '→', ',']);
    let mut equated = rest.len() < before && before > 0;
    let word = rest.split(' ').next().unwrap_or_default();
    if is_one_of(word, EQUATING) {
        equated = true;
        rest = rest.get(word.len()..)?.trim_start_matches([' ', ':']);
    }
    let start = from + window.len() - rest.len();
    let range = extract::quoted(text, start).unwrap_or_else(|| {
        let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, ' ' | '-' | '\'')));
        let line = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        // Of an unquoted one, the words with a capital.
        let size = line
            .split_inclusive(' ')
            .take_while(|word| word.starts_with(char::is_uppercase))
            .map(str::len)
            .sum();
        let words = line.get(..size).unwrap_or_default().trim_end();
        start..start + words.len()
    });
    // `Question secrète : réponse Zephyr`, and nothing behind it.
    let alone = text.get(range.end..).is_some_and(|rest| {
        rest.trim_start_matches(['.', '"', '\'', ' ']).is_empty() || rest.starts_with(['\n', '.'])
    });
    let inner = text.get(range.clone())?;
    ((equated || labelled && alone) && is_answer(inner)).then_some(range)
}
