use super::*;

fn classes(word: &str) -> Set {
    Seen::default().note(word.as_bytes(), hash(word.as_bytes()))
}

#[test]
fn the_lists_are_in_the_order_of_the_classes_and_of_the_alphabet() {
    assert_eq!(LISTS.len(), CLASSES);
    let mut words = 0;
    for (place, (class, list)) in LISTS.iter().enumerate() {
        assert_eq!(*class as usize, place);
        let list: Vec<&str> = list.split(' ').collect();
        assert!(list.is_sorted_by(|a, b| a < b), "{class:?}");
        words += list.len();
    }
    assert!(
        words * 2 < SLOTS,
        "the table is too full to be quick: {words}"
    );
}

#[test]
fn every_word_of_the_lists_is_told_by_its_class() {
    for (class, list) in LISTS {
        for word in list.split(' ') {
            assert!(classes(word).has(class), "{word}");
        }
    }
    for word in ["", "zz", "1", "-", "\u{e9}t\u{e9}", "pro"] {
        assert_eq!(classes(word), Set::default(), "{word}");
    }
}

#[test]
fn endings_do_not_matter_but_for_hints() {
    assert!(classes("plaintiffs").has(Class::Law));
    assert!(classes("enzymes").has(Class::Biology));
    assert!(!classes("provings").has(Class::Hard));
}

#[test]
fn a_word_seen_twice_is_two_hits_and_one_different_word() {
    let mut seen = Seen::default();
    for word in [b"enzyme", b"enzyme"] {
        seen.note(word, hash(word));
    }
    assert_eq!(
        (seen.hits(Class::Biology), seen.different(Class::Biology)),
        (2, 1)
    );
}
