//! Answers that decline.
//!
//! Known by how they begin, in the first person and about the request. Only short answers are
//! looked at: a long one that begins with a regret goes on to give something.

/// A longer answer gives something, characters.
const MOST_CHARS: usize = 600;
/// How much of the beginning is read, bytes.
const READ: usize = 400;

/// Regrets that may stand before it.
const REGRETS: [&str; 25] = [
    "i'm sorry",
    "i am sorry",
    "sorry",
    "i apologize",
    "i apologise",
    "my apologies",
    "unfortunately",
    "es tut mir leid",
    "tut mir leid",
    "leider",
    "entschuldigung",
    "je suis désolé",
    "désolé",
    "malheureusement",
    "lo siento",
    "lamentablemente",
    "mi dispiace",
    "purtroppo",
    "desculpe",
    "sinto muito",
    "infelizmente",
    "przykro mi",
    "het spijt me",
    "извините",
    "к сожалению",
];

/// How an answer declines, after which nothing else is needed.
const DECLINES: [&str; 62] = [
    "i must decline",
    "i have to decline",
    "i need to decline",
    "i must refuse",
    "i'm not comfortable",
    "i can't help with",
    "i cannot help with",
    "i can't help you",
    "i cannot help you",
    "i can't assist",
    "i cannot assist",
    "i can't fulfill",
    "i cannot fulfill",
    "i can't comply",
    "i cannot comply",
    "i can't provide",
    "i cannot provide",
    "i can't create",
    "i cannot create",
    "i can't generate",
    "i cannot generate",
    "i can't discuss",
    "i cannot discuss",
    "i can't engage",
    "i cannot engage",
    "i can't do that",
    "i cannot do that",
    "i won't help",
    "i won't be able to",
    "i will not provide",
    "i won't provide",
    "i'm unable to",
    "i am unable to",
    "i'm not able to",
    "i am not able to",
    "as an ai language model, i c",
    "as an ai, i c",
    "ich kann dir dabei nicht",
    "ich kann ihnen dabei nicht",
    "ich kann dabei nicht",
    "dabei kann ich nicht",
    "dabei kann ich dir nicht",
    "dabei kann ich ihnen nicht",
    "ich kann diese anfrage nicht",
    "ich bin nicht in der lage",
    "je ne peux pas vous aider",
    "je ne peux pas t'aider",
    "je ne peux pas répondre à cette",
    "je ne suis pas en mesure",
    "no puedo ayudar",
    "no puedo proporcionar",
    "no puedo cumplir",
    "non posso aiutar",
    "non posso fornire",
    "não posso ajudar",
    "não posso fornecer",
    "nie mogę pomóc",
    "ik kan je daar niet",
    "ik kan u daar niet",
    "я не могу помочь",
    "я не могу предоставить",
    "я не могу выполнить",
];
/// The same where words are not set apart.
const UNSPACED: [&str; 10] = [
    "我无法",
    "我不能提供",
    "我不能帮",
    "抱歉，我不能",
    "对不起，我不能",
    "申し訳ありませんが",
    "申し訳ございませんが",
    "お手伝いできません",
    "죄송하지만",
    "도와드릴 수 없",
];

/// Whether a text declines.
pub(super) fn declines(text: &str) -> bool {
    if text.chars().nth(MOST_CHARS).is_some() {
        return false;
    }
    let start = text
        .get(..text.floor_char_boundary(READ))
        .unwrap_or_default();
    let start = start.to_lowercase().replace('’', "'");
    let mut start = start.trim_start_matches(|c: char| !c.is_alphabetic());
    if UNSPACED.iter().any(|words| start.starts_with(words)) {
        return true;
    }
    for _ in 0..2 {
        let Some(rest) = REGRETS.iter().find_map(|regret| start.strip_prefix(regret)) else {
            break;
        };
        let rest = rest.trim_start_matches(|c: char| !c.is_alphabetic());
        start = [
            "but ", "aber ", "mais ", "pero ", "ma ", "mas ", "ale ", "maar ", "но ",
        ]
        .iter()
        .find_map(|but| rest.strip_prefix(but))
        .unwrap_or(rest);
    }
    DECLINES.iter().any(|words| start.starts_with(words))
}
