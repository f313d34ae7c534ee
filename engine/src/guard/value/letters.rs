//! Whether letters and digits follow one another as in words or as drawn by lot.

/// How much more often than by lot one letter follows another in English prose and in identifiers:
/// twice the binary logarithm, `m` for zero. Counted over the words of freely licensed code and
/// documents, each word's weight the root of its frequency.
const FOLLOWS: [&[u8; 26]; 26] = [
    b"hmonehleldjpnpdmepoqkjhike",
    b"pllkpjjgpkgqkiojfnnkoggelf",
    b"phlkpifpmdnnjhridnlpmgddid",
    b"okkmsljgqffmjiojgmnkmihfid",
    b"ninpklkfidgnmpiliqpofkimid",
    b"ojllopjgrdgnkjpjfnmnnfgejd",
    b"nikiriloodenknmjdpolnggfhe",
    b"rhikrhfgpeikkjqhfmkolhfgld",
    b"lkommlmdedgnnsolelooeldidl",
    b"pkllqkijmgljllqlgipjpklhjh",
    b"njjlsklipgilklmkgjpllikfke",
    b"phklrigfqdhohipjdhmmmieend",
    b"rmijrhhgpdgkmhopfhmjmfeegd",
    b"ohnpplqgnejjhknidhoqkmedhd",
    b"klnnhklfkejonrlndqnnnkmhfd",
    b"qgkjqihlndgphhpmeqmolhgdkd",
    b"jjjljlikighokjgjmmoltljgkh",
    b"pimlrikepdjkmkpkdmnnkifdkd",
    b"mhniqjhnpdjmjjnniiornhhekd",
    b"phkirjgnqdfkihojepnmlghemf",
    b"mnmknkkdnddooqjndpppegdged",
    b"qkljtiiipedjkinjgkmlgfjfje",
    b"qjilqjjnqgjkjopjfonjhgiihf",
    b"mkolplhkofgknjlqhjlqjihlkg",
    b"mkmlnkkhnhgnnomqglpnhjjhmk",
    b"piiktjikpifjlgnjhjkljihhkk",
];
/// What a change between letter and digit counts: within words and names it is rare.
const TURN: i32 = -4;
/// What a capital after a small letter counts: it begins a word of an identifier.
const HUMP: i32 = -1;

/// Whether a string is drawn by lot. Of random strings of 16 letters and digits one in three
/// hundred is missed, of 32 none in thousands; of identifiers two in a hundred are taken for
/// random, nearly all of which are.
pub(super) fn are_random(text: &str) -> bool {
    let letters = text.bytes().filter(u8::is_ascii_alphabetic).count();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let (score, pairs) = score(text);
    if letters < 4 || pairs < 6 {
        return false;
    }
    // Fewer digits than one in twelve happen to names too (`utf8`, `v2`): then the letters have to
    // be further from words.
    let likely = if digits * 12 >= letters { 1 } else { -1 };
    4 * score < likely * pairs
}

/// Whether a long string is words for certain: of random strings of 20 letters and digits one in a
/// hundred thousand is taken for words, of 30 fewer; of identifiers nearly all are.
pub(in crate::guard) fn are_words(text: &str) -> bool {
    let (score, pairs) = score(text);
    pairs >= 12 && 5 * score > 4 * pairs
}

/// What all neighbours say, and how many there are.
fn score(text: &str) -> (i32, i32) {
    let pairs = text.bytes().zip(text.bytes().skip(1));
    let weights = pairs.filter_map(|(a, b)| weight(a, b));
    weights.fold((0, 0), |(score, pairs), weight| (score + weight, pairs + 1))
}

/// What two neighbours say of a string: above zero for words, below for what is drawn by lot.
fn weight(a: u8, b: u8) -> Option<i32> {
    if !a.is_ascii_alphanumeric() || !b.is_ascii_alphanumeric() {
        return None;
    }
    if a.is_ascii_digit() || b.is_ascii_digit() {
        return Some(if a.is_ascii_digit() && b.is_ascii_digit() {
            0
        } else {
            TURN
        });
    }
    if a.is_ascii_lowercase() && b.is_ascii_uppercase() {
        return Some(HUMP);
    }
    let place = |byte: u8| usize::from(byte.to_ascii_lowercase().wrapping_sub(b'a'));
    let row = FOLLOWS.get(place(a))?;
    Some(i32::from(*row.get(place(b))?) - i32::from(b'm'))
}
