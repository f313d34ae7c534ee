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
    let (mut score, mut pairs, mut letters, mut digits) = (0, 0, 0, 0);
    let mut last = b'-';
    for byte in text.bytes() {
        letters += i32::from(byte.is_ascii_alphabetic());
        digits += i32::from(byte.is_ascii_digit());
        if let Some(weight) = weight(last, byte) {
            score += weight;
            pairs += 1;
        }
        last = byte;
    }
    if letters < 4 || pairs < 6 {
        return false;
    }
    // Fewer digits than one in twelve happen to names too (`utf8`, `v2`): then the letters have to
    // be further from words.
    let likely = if digits * 12 >= letters { 1 } else { -1 };
    4 * score < likely * pairs
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
