use super::*;
use proptest::prelude::*;
use serde::Deserialize;

/// A text, what the reference tokenizer cuts it into, and its vector by the reference reader.
#[derive(Deserialize)]
struct Golden {
    text: String,
    pieces: Vec<String>,
    vector: Vec<f32>,
}

#[test]
fn texts_are_cut_and_summed_as_by_the_reference() {
    let golden: Vec<Golden> =
        serde_json::from_str(include_str!("golden.json")).expect("golden texts");
    assert_eq!(golden.len(), 50);
    for Golden {
        text,
        pieces,
        vector,
    } in golden
    {
        let table = Table::shipped();
        assert_eq!(table.pieces(&text).collect::<Vec<_>>(), pieces, "{text:?}");
        match table.embed(&text) {
            None => assert!(pieces.is_empty() && vector.is_empty(), "{text:?}"),
            Some(embedding) => {
                assert_eq!(vector.len(), DIMENSIONS, "{text:?}");
                for (ours, theirs) in embedding.iter().zip(&vector) {
                    assert!((ours - theirs).abs() < 1e-4, "{text:?}: {ours} {theirs}");
                }
            }
        }
    }
}

#[test]
fn what_is_alike_is_near() {
    let of = |text| Table::shipped().embed(text).expect("known words");
    let near = |a, b| of(a).iter().zip(of(b)).map(|(a, b)| a * b).sum::<f32>();
    let alike = near(
        "Why is the sky blue?",
        "reason for the blue color of the sky",
    );
    let unlike = near("Why is the sky blue?", "My card has not arrived yet");
    assert!(alike > unlike + 0.4, "{alike} {unlike}");
}

#[test]
fn of_a_long_text_the_ends_count() {
    let table = Table::shipped();
    let filler = "the weather is fine today ".repeat(2_000);
    let ends = |text: &str| table.embed_ends(text).expect("known words");
    let asked_after = format!("{filler} Prove the theorem.");
    assert_eq!(table.embed(&filler), table.embed(&asked_after));
    assert_ne!(ends(&filler), ends(&asked_after));
    assert_eq!(table.embed_ends("Prove it."), table.embed("Prove it."));
}

#[test]
fn what_is_no_table_is_refused() {
    let read = |table: &'static [u8]| Table::read(table, Vocabulary::shipped()).map(|_| ());
    assert_eq!(read(b"MCE1"), Err(FormatError("it ends too early")));
    assert_eq!(read(&[0; 16]), Err(FormatError("another beginning")));
    assert_eq!(
        read(b"MCE1\x01\0\0\0\x80\0\x20\0\0\x01\0\0"),
        Err(FormatError("another shape"))
    );
    assert_eq!(
        read(b"MCE1\x01\0\0\0\0\x01\x20\0\0\x01\0\0"),
        Err(FormatError("another vocabulary"))
    );
    assert_eq!(
        read(b"MCE1\xE7\x6B\0\0\0\x01\x20\0\0\x01\0\0"),
        Err(FormatError("it ends too early"))
    );
    assert_eq!(Table::default().embed("text"), None);
}

#[test]
fn half_precision_numbers_are_read() {
    let numbers = [
        (0x0000, 0.0),
        (0x3C00, 1.0),
        (0xC000, -2.0),
        (0x3555, 0.333_251_95),
        (0x0001, 5.960_464_5e-8),
        (0x7BFF, 65_504.0),
    ];
    for (half, number) in numbers {
        assert_eq!(from_half(u16::to_le_bytes(half)), number, "{half:x}");
    }
}

proptest! {
    #[test]
    fn a_vector_has_length_one(text in "\\PC{0,300}|[a-zA-Z0-9 .,#]{0,300}") {
        for vector in [Table::shipped().embed(&text), Table::shipped().embed_ends(&text)].into_iter().flatten() {
            let length: f32 = vector.iter().map(|number| number * number).sum();
            prop_assert!((length - 1.0).abs() < 1e-4);
        }
    }
}
