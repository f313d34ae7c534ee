use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use std::io::Write;

use super::*;

fn decoded(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    decode(&View::of_leaf(text, 0), 0, &Budget::of(1 << 20), &mut out);
    out.into_iter().map(|view| view.text.into_owned()).collect()
}

const TEXT: &str = "user=deploy, pass=to be seen; é";

fn joined(codes: impl Fn(u8) -> String, between: &str) -> String {
    let codes: Vec<String> = TEXT.trim_end_matches('é').bytes().map(codes).collect();
    codes.join(between)
}

#[test]
fn every_encoding_is_read() {
    let wrap = |text: String, width: usize, indent: &str| {
        let lines: Vec<&str> = text
            .as_bytes()
            .chunks(width)
            .map(|line| std::str::from_utf8(line).unwrap())
            .collect();
        lines.join(&format!("\n{indent}"))
    };
    let long = TEXT.repeat(5);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(TEXT.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let utf16: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    for encoded in [
        STANDARD.encode(TEXT),
        STANDARD_NO_PAD.encode(TEXT),
        URL_SAFE_NO_PAD.encode(TEXT),
        wrap(STANDARD.encode(&long), 64, ""),
        wrap(STANDARD.encode(&long), 76, "    "),
        STANDARD.encode(gzip),
        STANDARD.encode(utf16),
        hex(TEXT.as_bytes()),
        hex(TEXT.as_bytes()).to_uppercase(),
        format!("path/to/{}", URL_SAFE_NO_PAD.encode(TEXT)),
    ] {
        let found = decoded(&format!("x: {encoded} and so on"));
        assert!(
            found.iter().any(|text| text.contains("pass=to be seen")),
            "{encoded} {found:?}"
        );
    }
}

#[test]
fn what_a_picture_holds_as_text_is_read_in_every_form() {
    let inside = |text: &[u8]| [&[0x89, 0x00, 0xFF][..], text, &[0x00, 0x80, 0xFE]].concat();
    let wide = |order: fn(u16) -> [u8; 2]| -> Vec<u8> {
        let units = "pass=to be seen".encode_utf16();
        units.flat_map(order).collect()
    };
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    zlib.write_all(TEXT.as_bytes()).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(TEXT.as_bytes()).unwrap();
    for bytes in [
        inside(b"pass=to be seen"),
        inside(&wide(u16::to_le_bytes)),
        inside(&wide(u16::to_be_bytes)),
        inside(&zlib.finish().unwrap()),
        inside(&gzip.finish().unwrap()),
    ] {
        let found = strings(&bytes);
        assert!(found.contains("pass=to be seen"), "{bytes:x?} {found:?}");
    }
    assert_eq!(strings(&[0x91; 4_000]), "");
}

#[test]
fn every_list_of_codes_is_read() {
    for list in [
        joined(|b| format!("{b:02x}"), " "),
        joined(|b| format!("{b:02X}"), ":"),
        joined(|b| format!("0x{b:02x}"), ", "),
        joined(|b| b.to_string(), ","),
        joined(|b| b.to_string(), ", "),
        joined(|b| format!("chr({b})"), "+"),
        joined(|b| format!("Chr({b})"), " & "),
        joined(|b| format!("{b:03o}"), " "),
        joined(|b| format!("{b:08b}"), " "),
    ] {
        let found = decoded(&format!("x = [{list}];"));
        assert!(
            found.iter().any(|text| text.contains("pass=to be seen")),
            "{list} {found:?}"
        );
    }
}

#[test]
fn codes_of_a_text_beyond_ascii_are_read() {
    let text = "user=Bjö, pass=to be seen";
    let octets: Vec<String> = text.bytes().map(|b| b.to_string()).collect();
    let codes: Vec<String> = text.chars().map(|c| u32::from(c).to_string()).collect();
    let hex: Vec<String> = text.bytes().map(|b| format!("{b:02X}")).collect();
    for list in [octets.join(","), codes.join(", "), hex.join(" ")] {
        assert_eq!(decoded(&format!("[{list}]")), [text], "{list}");
    }
}

#[test]
fn a_dump_is_read() {
    let lines = TEXT.as_bytes().chunks(16).enumerate();
    let lines: String = lines
        .map(|(line, bytes)| {
            let hex: String = bytes.iter().map(|b| format!("{b:02x} ")).collect();
            format!("{:08x}  {hex} |................|\n", line * 16)
        })
        .collect();
    let found = decoded(&format!("$ hexdump -C f\n{lines}done"));
    assert!(
        found.iter().any(|text| text.contains("pass=to be seen")),
        "{found:?}"
    );
}

#[test]
fn text_inside_something_binary_is_read() {
    let mut image = vec![0x89, b'P', b'N', b'G', 0xFF, 0];
    image.extend((0..200u8).map(|n| n.wrapping_mul(37) | 0x80));
    image.extend(b"\0Comment\0pass=to be seen by you\0");
    let found = decoded(&format!("data:image/png;base64,{}", STANDARD.encode(image)));
    assert!(
        found.iter().any(|text| text.contains("pass=to be seen")),
        "{found:?}"
    );
}

#[test]
fn words_and_digests_hold_nothing() {
    let digest: String = (0..64u32)
        .map(|n| char::from_digit(n * 7 % 16, 16).unwrap())
        .collect();
    for text in [
        "internationalization/of/everything",
        digest.as_str(),
        "1 2 3 4 5 6 7 8 9 10 11",
    ] {
        assert_eq!(decoded(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_spent_budget_is_told() {
    let text = STANDARD.encode(TEXT);
    let (mut out, budget) = (Vec::new(), Budget::of(8));
    decode(&View::of_leaf(&text, 0), 0, &budget, &mut out);
    assert!(budget.was_short() && out.is_empty());
}

#[test]
fn what_inflates_to_more_than_is_read_is_told() {
    let packed = |size: usize| {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all("words ".repeat(size / 6).as_bytes())
            .unwrap();
        STANDARD.encode(gzip.finish().unwrap())
    };
    let short = |text: &str| {
        let budget = Budget::of(8 << 20);
        decode(&View::of_leaf(text, 0), 0, &budget, &mut Vec::new());
        budget.was_short()
    };
    assert!(!short(&packed(1 << 19)));
    assert!(short(&packed((1 << 20) + 600)));
    // A look whether something is text unpacks nothing, however small the bomb.
    let bomb = packed(1 << 22);
    assert!(!is_text(&bomb));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "([A-Za-z0-9+/=_ ,x\\n()-]{0,40}|\\PC{0,8}){0,6}") {
        decoded(&text);
    }

    #[test]
    fn a_run_is_found_wherever_it_stands(before in "[ a-z.,]{0,30}", behind in "[ .,\"]{1,9}") {
        let found = decoded(&format!("{before} {}{behind}", STANDARD.encode(TEXT)));
        prop_assert!(found.iter().any(|text| text.contains("pass=to be seen")));
    }
}
