//! Names in scripts without blanks between words, and in those whose words are not split.

use super::super::hits::Hits;
use super::super::shape::Mix;
use super::super::value::{self, Judged};
use super::SECRET;
use super::prose::{WINDOW, word};

/// Words for passwords, keys and tokens. A first letter that may be a capital is left out.
pub(super) const LITERALS: &[&str] = &[
    "ароль",
    "АРОЛЬ",
    "ароля",
    "пapoль",
    "секрет",
    "токен",
    "люч",
    "密码",
    "密碼",
    "口令",
    "密钥",
    "密鑰",
    "金鑰",
    "令牌",
    "私钥",
    "パスワード",
    "暗証番号",
    "秘密鍵",
    "トークン",
    "キー",
    "비밀번호",
    "암호",
    "토큰",
    "키",
    "κωδικός",
    "mật khẩu",
    "kata sandi",
    "كلمة المرور",
    "كلمة السر",
    "סיסמה",
    "पासवर्ड",
    "รหัสผ่าน",
    "パスコード",
    "合言葉",
    "凭证",
    "凭据",
];

/// A name in a script without blanks between words, or with endings: what follows the letters of
/// that script is the value.
pub(super) fn check(text: &str, from: usize, hits: &mut Hits) {
    let limit = text.floor_char_boundary(from + WINDOW);
    let Some(rest) = text.get(from..limit) else {
        return;
    };
    let mut seen = 0;
    let skipped = rest.char_indices().find(|(_, c)| {
        seen += 1;
        let passed = !c.is_ascii()
            || matches!(
                c,
                ' ' | ':' | '=' | '"' | '\'' | '`' | '(' | '*' | '-' | '>' | '|'
            );
        !passed || seen > 24 || matches!(c, '。' | '？' | '?' | '\n')
    });
    let Some((skip, first)) = skipped else {
        return;
    };
    if !first.is_ascii_graphic() {
        return;
    }
    let rest = rest.get(skip..).unwrap_or_default();
    let end = rest
        .find(|c: char| c.is_whitespace() || !c.is_ascii() || matches!(c, '"' | '`' | '\''))
        .unwrap_or(rest.len());
    let start = from + skip;
    let range = word(text, start, start + end);
    let inner = text.get(range.clone()).unwrap_or_default();
    let secret = match value::judge(inner) {
        Judged::Random => true,
        Judged::Password => true,
        Judged::Ordinary => {
            value::is_weak_password(inner) && (Mix::of(inner).digit > 0 || inner.len() >= 12)
        }
        Judged::Placeholder => false,
    };
    if secret {
        hits.by_context(SECRET, range);
    }
}
