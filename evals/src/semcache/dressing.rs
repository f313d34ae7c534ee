//! Changes of a question's words that leave what is asked, and such as do not.

use moecraft_engine::random::Generator;

const GREETINGS: [&str; 16] = [
    "Hi, ",
    "Hi! ",
    "Hello, ",
    "Hello! ",
    "Hey, ",
    "hey ",
    "Hi there. ",
    "Good morning! ",
    "Good afternoon, ",
    "Dear support, ",
    "Hello team, ",
    "Hiya, ",
    "Greetings. ",
    "Hi all, ",
    "Yo, ",
    "Good evening. ",
];
const LEADS: [&str; 24] = [
    "please tell me: ",
    "Quick question: ",
    "Question: ",
    "I was wondering, ",
    "Just wondering: ",
    "Can you tell me: ",
    "Could you please tell me: ",
    "Can you help me? ",
    "I have a question. ",
    "Does anyone know: ",
    "Please: ",
    "I'd like to know: ",
    "I want to know: ",
    "One question: ",
    "Sorry to bother you. ",
    "Tell me, ",
    "Do you know, ",
    "So, ",
    "Ok, ",
    "Out of curiosity, ",
    "Could you help? ",
    "Excuse me, ",
    "I need to know: ",
    "Just curious: ",
];
const CLOSINGS: [&str; 20] = [
    " Thanks",
    " Thanks!",
    " thanks",
    " Thank you.",
    " Thank you!",
    " please",
    " Please help.",
    " - thx",
    " Thanks a lot!",
    " Thanks in advance.",
    " Cheers",
    " Any help appreciated.",
    " Please advise.",
    " Let me know.",
    " Any ideas?",
    " ??",
    " !",
    "...",
    " pls",
    " ty",
];
/// Said in two ways.
const VARIANTS: [(&str, &str); 34] = [
    ("What is", "What's"),
    ("what is", "what's"),
    ("Who is", "Who's"),
    ("Where is", "Where's"),
    ("do not", "don't"),
    ("does not", "doesn't"),
    ("cannot", "can't"),
    ("is not", "isn't"),
    ("I would", "I'd"),
    ("I am", "I'm"),
    ("What are the best", "Which are the best"),
    ("What is the best", "Which is the best"),
    ("What are some good", "What are the best"),
    ("How do I", "How can I"),
    ("How do I", "How do you"),
    ("How do I", "How to"),
    ("How can I", "How could I"),
    ("How do I", "How does one"),
    ("How should I", "How do I"),
    (" two ", " 2 "),
    (" three ", " 3 "),
    (" five ", " 5 "),
    (" ten ", " 10 "),
    (" percent", "%"),
    ("favourite", "favorite"),
    ("colour", "color"),
    ("centre", "center"),
    (" kilometres", " km"),
    ("Is it possible to", "Can I"),
    ("What does it take to", "How do I"),
    ("the best way", "the easiest way"),
    ("What are the", "What are some"),
    ("Why do", "Why does"),
    ("What are", "Tell me"),
];
/// Words that may be left out.
const IDLE: [&str; 10] = [
    " really",
    " actually",
    " exactly",
    " the",
    " a",
    " an",
    " please",
    " ever",
    " good",
    " some",
];
/// What narrows a question down, so that the answer is another one.
const SCOPES: [&str; 40] = [
    " for beginners",
    " in India",
    " in Germany",
    " in 2016",
    " in 2024",
    " without a computer",
    " with kids",
    " for free",
    " at night",
    " on Linux",
    " on a Mac",
    " in winter",
    " in English",
    " without internet",
    " as a student",
    " over 50",
    " in the army",
    " during pregnancy",
    " under water",
    " in one week",
    " on a budget",
    " in Excel",
    " by hand",
    " for two people",
    " in the morning",
    " after surgery",
    " before the deadline",
    " on a plane",
    " in prison",
    " for my company",
    " in the USA",
    " with one hand",
    " at work",
    " in a small town",
    " for women",
    " in ancient Rome",
    " from scratch",
    " on weekends",
    " in California",
    " abroad",
];
const NEGATIONS: [(&str, &str); 12] = [
    (" is ", " is not "),
    (" are ", " are not "),
    (" can ", " cannot "),
    (" do ", " don't "),
    (" does ", " doesn't "),
    (" should ", " should not "),
    (" to ", " not to "),
    ("Can ", "Can't "),
    ("Is ", "Isn't "),
    (" with ", " without "),
    (" was ", " was not "),
    ("Should ", "Shouldn't "),
];

/// Said before or after a question without a change of what is asked.
const BEFORE: [&str; 30] = [
    "I'm a student and don't have much time. ",
    "My brother keeps asking me this. ",
    "As a complete beginner, ",
    "For a school project: ",
    "I read a lot about this but I'm still confused. ",
    "I have been thinking about this for weeks. ",
    "My boss wants to know. ",
    "In your opinion, ",
    "In general, ",
    "We had an argument about this at dinner. ",
    "Honestly, ",
    "I just moved here. ",
    "I heard different answers from my friends. ",
    "I am 25 years old and live alone. ",
    "Hypothetically, ",
    "I couldn't find anything on the website. ",
    "According to experts, ",
    "Assuming I have no idea at all, ",
    "I'm new to this topic. ",
    "My daughter needs it for her homework. ",
    "In simple terms, ",
    "As of now, ",
    "I saw a video about it. ",
    "To put it simply, ",
    "In reality, ",
    "I tried everything. ",
    "We are a small team with little experience. ",
    "My grandmother told me to ask. ",
    "In detail, ",
    "From a practical point of view, ",
];
const AFTER: [&str; 32] = [
    " Has anyone done this before?",
    " What did you do?",
    " I've tried everything.",
    " It's for a friend.",
    " Please be specific.",
    " And why?",
    " Explain briefly.",
    " What are your experiences?",
    " (serious question)",
    " in general",
    " in reality",
    " in real life",
    " nowadays",
    " these days",
    " exactly",
    " in detail",
    " step by step",
    " in simple words",
    " by myself",
    " on my own",
    " easily",
    " properly",
    " successfully",
    " What would you recommend?",
    " I can't find it in the manual.",
    " My last attempt went wrong.",
    " Where can I read more?",
    " Is there a good book about it?",
    " I need it for tomorrow.",
    " according to you",
    " if any",
    " as quickly as possible",
];

pub(super) fn one<'a, T>(of: &'a [T], chance: &mut Generator) -> &'a T {
    &of[chance.below(of.len())]
}

/// The same question, dressed otherwise.
pub(super) fn dressed(text: &str, chance: &mut Generator) -> String {
    let mut text = text.to_owned();
    if chance.unit() < 0.3 {
        text = varied(&text, chance);
    }
    if chance.unit() < 0.1 {
        text = misspelt(&text, chance);
    }
    let (lead, greeting, closing, case) =
        (chance.unit(), chance.unit(), chance.unit(), chance.unit());
    if lead < 0.2 {
        text = format!("{}{}", one(&LEADS, chance), lowered(&text, chance));
    }
    if greeting < 0.2 {
        text = format!("{}{}", one(&GREETINGS, chance), lowered(&text, chance));
    }
    if closing < 0.3 {
        let closing = *one::<&str>(&CLOSINGS, chance);
        text.push_str(closing);
    } else if closing < 0.45 {
        text = text.trim_end_matches('?').to_owned();
    }
    if case < 0.2 {
        text = text.to_lowercase();
    } else if case < 0.25 && text.len() < 60 {
        text = text.to_uppercase();
    }
    text
}

fn lowered(text: &str, chance: &mut Generator) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) if chance.unit() < 0.6 => first.to_lowercase().chain(characters).collect(),
        _ => text.to_owned(),
    }
}

/// The same said in another way, where there is one.
fn varied(text: &str, chance: &mut Generator) -> String {
    let held: Vec<(&str, &str)> = VARIANTS
        .iter()
        .flat_map(|&(a, b)| [(a, b), (b, a)])
        .filter(|(from, _)| text.contains(from))
        .collect();
    if !held.is_empty() && chance.unit() < 0.7 {
        let (from, to) = *one(&held, chance);
        return text.replacen(from, to, 1);
    }
    let idle: Vec<&&str> = IDLE
        .iter()
        .filter(|word| text.contains(&format!("{word} ")))
        .collect();
    if idle.is_empty() {
        return text.to_owned();
    }
    text.replacen(&format!("{} ", one(&idle, chance)), " ", 1)
}

/// Two neighbouring letters of a word swapped, one left out or one doubled.
fn misspelt(text: &str, chance: &mut Generator) -> String {
    let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    let plain =
        |word: &String| word.len() > 4 && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let long: Vec<usize> = (0..words.len()).filter(|at| plain(&words[*at])).collect();
    if long.is_empty() {
        return text.to_owned();
    }
    let word = &mut words[*one(&long, chance)];
    let mut letters: Vec<char> = word.chars().collect();
    let at = 1 + chance.below(letters.len() - 3);
    match chance.below(4) {
        0 => _ = letters.remove(at),
        1 => letters.insert(at, letters[at]),
        _ => letters.swap(at, at + 1),
    }
    *word = letters.into_iter().collect();
    words.join(" ")
}

/// The same question with more said than asked.
pub(super) fn cluttered(text: &str, chance: &mut Generator) -> String {
    if chance.unit() < 0.4 {
        return format!("{}{}", one(&BEFORE, chance), lowered(text, chance));
    }
    let after = one(&AFTER, chance);
    let sentence = after.trim_start().starts_with(char::is_uppercase);
    if sentence {
        format!("{text}{after}")
    } else {
        format!("{}{after}?", text.trim_end_matches('?'))
    }
}

/// Another question: narrowed down or denied.
pub(super) fn changed(text: &str, chance: &mut Generator) -> Option<String> {
    let denied: Vec<&(&str, &str)> = NEGATIONS
        .iter()
        .filter(|(from, _)| text.contains(from))
        .collect();
    if !denied.is_empty() && chance.unit() < 0.35 {
        let (from, to) = one(&denied, chance);
        return Some(text.replacen(from, to, 1));
    }
    let scope = one(&SCOPES, chance);
    if text.contains(scope.trim_start()) {
        return None;
    }
    let bare = text.trim_end_matches('?');
    Some(format!(
        "{bare}{scope}{}",
        if bare.len() < text.len() { "?" } else { "" }
    ))
}
