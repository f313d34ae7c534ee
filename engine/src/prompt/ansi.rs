//! Orders to a terminal, such as colours: they mean nothing to a model and cost several tokens each.

use super::form::lines;

const ESCAPE: char = '\u{1b}';

/// The text without the orders that stand outside of code fences; none where there are none.
pub(super) fn without_orders(text: &str) -> Option<String> {
    if !text.contains(ESCAPE) {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    for (line, fenced) in lines(text) {
        match fenced {
            true => out.push_str(line),
            false => strip(line, &mut out),
        }
    }
    (out.len() < text.len()).then_some(out)
}

fn strip(line: &str, out: &mut String) {
    let mut rest = line;
    while let Some((before, order)) = rest.split_once(ESCAPE) {
        out.push_str(before);
        match end(order) {
            Some(end) => rest = order.get(end..).unwrap_or_default(),
            // It is no order that is known: it stays.
            None => {
                out.push(ESCAPE);
                rest = order;
            }
        }
    }
    out.push_str(rest);
}

/// Where an order ends, from behind its escape character.
fn end(order: &str) -> Option<usize> {
    let bytes = order.as_bytes();
    match bytes.first()? {
        b'[' => {
            let parameters = bytes.iter().skip(1);
            let length = parameters
                .take_while(|byte| matches!(byte, 0x20..=0x3F))
                .count();
            let last = bytes.get(1 + length)?;
            matches!(last, 0x40..=0x7E).then_some(length + 2)
        }
        b']' => {
            let bell = bytes.iter().position(|byte| *byte == 0x07)?;
            Some(bell + 1)
        }
        _ => None,
    }
}
