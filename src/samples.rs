//! What looks real and is not, for tests.

/// A key of the form that AWS gives, made here: none that looks real is stored.
pub(crate) fn access_key() -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut state = 0x9e37_79b9_u32;
    let more = (0..16).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(alphabet[(state >> 27) as usize])
    });
    "AKIA".chars().chain(more).collect()
}
