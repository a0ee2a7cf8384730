//! The parser meets every text without panic, and reads the same text in the same way however it is entered.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use merit::diagnostic::Diagnostics;
use merit::source::{FileId, Sources, Span};
use merit::syntax::{self, tree};
use proptest::prelude::*;

const GUIDE: &str = include_str!("lang/good/guide.merit");
const EVERYTHING: &str = include_str!("lang/good/everything.merit");

fn parse(text: &str) -> (Vec<tree::File>, Diagnostics, Sources) {
    let sources = Sources::single("test.merit", text);
    let mut found = Diagnostics::new();
    let files = syntax::parse(&sources, &mut found);
    (files, found, sources)
}

/// Parses and shows all findings, so that their places are tried as well; gives how many there are.
fn survive(text: &str) -> usize {
    let (_, found, sources) = parse(text);
    for it in found.iter() {
        assert!(it.span.start <= it.span.end && it.span.end as usize <= text.len(), "{it:?}");
        assert!(text.is_char_boundary(it.span.start as usize) && text.is_char_boundary(it.span.end as usize), "{it:?}");
    }
    assert_eq!(found.to_json(&sources)["diagnostics"].as_array().unwrap().len(), found.len());
    assert_eq!(found.render(&sources, false).is_empty(), found.is_empty());
    found.len()
}

/// A tree without places.
fn shape(files: &[tree::File]) -> String {
    let mut shown = format!("{:?}", files[0].items);
    while let Some(at) = shown.find("Span {") {
        let end = at + shown[at..].find('}').unwrap() + 1;
        shown.replace_range(at..end, "");
    }
    shown
}

#[test]
fn no_prefix_of_a_good_file_is_too_much() {
    let small = "calendar c { roll as is # x\n}\ndefine b of c = weighted { 5% a, 95% (b, at most 1,000) } +\n  1\n\
        message m { in \"en\" { body \"\"\"\n  Dear {a.b or \"x\"}\n  \"\"\" } }\nworkflow w {\n  stage s { due 31 July }; cite \"y\"\n}\n";
    assert_eq!(survive(small), 0);
    for (text, step) in [(small, 1), (GUIDE, 7), (EVERYTHING, 11)] {
        for (at, _) in text.char_indices().step_by(step) {
            survive(&text[..at]);
        }
    }
}

#[test]
fn no_suffix_of_a_good_file_is_too_much() {
    for (at, _) in EVERYTHING.char_indices().step_by(13) {
        survive(&EVERYTHING[at..]);
    }
}

#[test]
fn strict_and_tolerant_reading_agree_on_what_is_right() {
    for text in [GUIDE, EVERYTHING] {
        let sources = Sources::single("test.merit", text);
        let strict = syntax::parse_strictly(&sources).unwrap();
        assert_eq!(strict, parse(text).0);
    }
    let wrong = Sources::single("test.merit", "record officer { name }");
    assert_eq!(syntax::parse_strictly(&wrong).unwrap_err().len(), 1);
}

#[test]
fn line_ends_byte_order_mark_and_tabs_change_nothing() {
    for text in [GUIDE, EVERYTHING] {
        let expected = shape(&parse(text).0);
        let dos = format!("\u{feff}{}", text.replace('\n', "\r\n"));
        let (files, found, sources) = parse(&dos);
        assert!(found.is_empty(), "{}", found.render(&sources, false));
        assert_eq!(shape(&files), expected);
        let tabs = text.replace("  ", "\t");
        let (files, found, sources) = parse(&tabs);
        assert!(found.is_empty(), "{}", found.render(&sources, false));
        // Blanks inside texts differ; everything else is the same.
        assert_eq!(shape(&files).replace("\\t", "  ").len(), expected.len());
    }
}

#[test]
fn comments_stand_anywhere_outside_texts() {
    let commented: String = GUIDE.lines().fold(String::new(), |text, line| {
        let in_text = line.contains("\"\"\"") && !line.contains("in \"sw\"") || line.contains("Dear");
        text + line + if in_text { "\n" } else { " # a \"comment\" { ( ; , with signs\n" }
    });
    let (files, found, sources) = parse(&commented);
    assert!(found.is_empty(), "{}", found.render(&sources, false));
    assert_eq!(shape(&files), shape(&parse(GUIDE).0));
    assert!(files[0].comments.iter().all(|it| sources.text(*it).starts_with('#')));
    assert!(files[0].comments.len() > GUIDE.lines().count() / 2);
}

#[test]
fn blank_lines_are_where_they_are() {
    let (files, ..) = parse("\nrecord a { b text }\n\n  \n# c\nparameter d 5\n");
    assert_eq!(files[0].blank_lines, [0, 21, 22]);
    assert_eq!(files[0].comments, [Span::new(FileId(0), 25, 28)]);
}

#[test]
fn places_are_trimmed_and_true() {
    let text = "define score  \"Overall\"  of officer = ( a + b )  * 2 , at most 100   # not this\n";
    let (files, found, sources) = parse(text);
    assert!(found.is_empty());
    let tree::Item::Define(define) = &files[0].items[0] else { panic!() };
    assert_eq!(sources.text(define.span), text.split("   #").next().unwrap());
    assert_eq!(sources.text(define.title.as_ref().unwrap().span), "\"Overall\"");
    assert_eq!(sources.text(define.value.span), "( a + b )  * 2 , at most 100");
    let tree::ExprKind::Tailed { value, .. } = &define.value.kind else { panic!() };
    assert_eq!(sources.text(value.span), "( a + b )  * 2");
}

#[test]
fn fifty_brackets_are_read_and_more_are_refused() {
    let nested = |depth: usize| format!("define a of officer = {}b{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(survive(&nested(50)), 0);
    assert_eq!(survive(&nested(51)), 1);
    assert_eq!(survive(&nested(100_000)), 1);
    for word in
        ["not ", "-", "x of ", "1 day after ", "if ", "if a then b else ", "(", ")", "{", "}", "weighted {", "((a"]
    {
        assert!(survive(&format!("define a of officer = {}", word.repeat(20_000))) > 0, "{word}");
        assert!(survive(&word.repeat(20_000)) > 0, "{word}");
    }
    let subject = format!("message m {{ subject \"{{{}x}}\" }}", "(".repeat(50_000));
    assert_eq!(survive(&subject), 1);
}

#[test]
fn long_flat_conditions_are_not_deep() {
    let terms = vec!["a is not b"; 500].join(" and ");
    assert_eq!(survive(&format!("define a of officer = {terms}")), 0);
}

#[test]
fn each_sign_of_a_sum_stands_around_those_before_it() {
    let sum = |parts: usize| format!("define a of officer = {}", vec!["b"; parts].join(" - "));
    assert_eq!(survive(&sum(100)), 0);
    assert_eq!(survive(&sum(500)), 1);
}

/// The words and signs of a text.
fn pieces(text: &str) -> Vec<std::ops::Range<usize>> {
    let in_word = |it: char| it.is_alphanumeric() || it == '_';
    let mut pieces: Vec<std::ops::Range<usize>> = Vec::new();
    for (at, it) in text.char_indices().filter(|(_, it)| !it.is_whitespace()) {
        let end = at + it.len_utf8();
        match pieces.last_mut() {
            Some(last) if last.end == at && in_word(it) && text[last.clone()].ends_with(in_word) => last.end = end,
            _ => pieces.push(at..end),
        }
    }
    pieces
}

#[test]
fn one_slip_is_one_finding() {
    for piece in pieces(GUIDE).into_iter().step_by(3) {
        let line = GUIDE[..piece.start].matches('\n').count();
        // With one quote of three gone, text and statements change places.
        if GUIDE.lines().nth(line).unwrap().contains("\"\"\"") {
            continue;
        }
        let text = format!("{}{}", &GUIDE[..piece.start], &GUIDE[piece.end..]);
        let (_, found, sources) = parse(&text);
        assert!(found.len() < 2, "without `{}`\n{}", &GUIDE[piece], found.render(&sources, false));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_mutation_of_a_good_file_is_too_much(changes in proptest::collection::vec((0..10_000usize, 0..8u8, 0..10_000usize), 1..6)) {
        let mut text: Vec<char> = EVERYTHING.chars().collect();
        for (at, kind, from) in changes {
            let (at, from) = (at % text.len(), from % text.len());
            match kind {
                0 => drop(text.remove(at)),
                1 => text.insert(at, text[from]),
                2 => text.swap(at, from),
                3 => text[at] = '"',
                4 => text[at] = ['{', '}', '(', ')', ',', ';', '\n', '#'][from % 8],
                5 => text[at] = ['é', '\u{0}', '“', '\u{a0}', '🙂', '\r', '`', '\u{301}'][from % 8],
                6 => text.truncate(at.max(1)),
                _ => drop(text.drain(at.min(from)..at.max(from).min(at.min(from) + 60))),
            }
            if text.is_empty() {
                break;
            }
        }
        survive(&text.into_iter().collect::<String>());
    }

    #[test]
    fn no_jumble_of_words_is_too_much(words in proptest::collection::vec(0..10_000usize, 0..60)) {
        let all: Vec<&str> = EVERYTHING.split_inclusive([' ', '\n', '(', '{', '}', ',', '"']).collect();
        survive(&words.into_iter().map(|it| all[it % all.len()]).collect::<String>());
    }

    #[test]
    fn no_text_is_too_much(text in any::<String>()) {
        survive(&text);
    }
}
