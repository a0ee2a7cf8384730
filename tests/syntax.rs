//! The language as text: what parses, what does not, and what is said about it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};

use merit::diagnostic::Diagnostics;
use merit::source::Sources;
use merit::syntax;

fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(Path::new("tests/lang").join(folder)).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|it| it.unwrap().path()).collect();
    files.retain(|it| it.extension().is_some_and(|it| it == ending));
    files.sort();
    assert!(!files.is_empty());
    files
}

fn check(name: &str, text: &str) -> (Vec<syntax::tree::File>, Diagnostics, Sources) {
    let sources = Sources::single(name, text);
    let mut found = Diagnostics::new();
    let files = syntax::parse(&sources, &mut found);
    (files, found, sources)
}

#[test]
fn every_good_file_parses() {
    for path in files("good", "merit") {
        let text = std::fs::read_to_string(&path).unwrap();
        let (_, found, sources) = check(&path.display().to_string(), &text);
        assert!(found.is_empty(), "{}", found.render(&sources, false));
    }
}

/// Each file holds a source and, behind `----`, what is said about it; `UPDATE_EXPECT=1` writes the latter anew.
#[test]
fn every_bad_file_is_explained() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    for path in files("bad", "txt") {
        let text = std::fs::read_to_string(&path).unwrap();
        let (source, expected) = text.split_once("----\n").unwrap();
        let name = path.file_stem().unwrap().to_string_lossy();
        let (_, found, sources) = check(&format!("{name}.merit"), source);
        let said = found.render(&sources, false);
        if update {
            std::fs::write(&path, format!("{source}----\n{said}")).unwrap();
        } else {
            assert_eq!(said, expected, "{}", path.display());
        }
        assert!(!found.is_empty(), "{}", path.display());
    }
}

#[test]
fn every_syntax_code_is_explained_by_an_example() {
    let text: String = files("bad", "txt").iter().map(|it| std::fs::read_to_string(it).unwrap()).collect();
    for entry in merit::codes::all().filter(|it| it.code.0.starts_with("M01")) {
        let code = entry.code;
        assert!(text.contains(&format!("error[{}]", code.0)), "{code:?} has no failing example in tests/lang/bad");
        let (_, found, sources) = check("wrong.merit", entry.wrong);
        let said = found.render(&sources, false);
        assert!(found.len() == 1 && found.iter().all(|it| it.code == code), "{code:?}\n{said}");
        let (_, found, sources) = check("right.merit", entry.right);
        assert!(found.is_empty(), "{code:?}\n{}", found.render(&sources, false));
    }
}

#[test]
fn five_mistakes_in_one_workflow_are_five_findings() {
    let text = std::fs::read_to_string("tests/lang/bad/five_in_one_workflow.txt").unwrap();
    let (files, found, _) = check("five.merit", text.split("----\n").next().unwrap());
    let mut lines: Vec<_> = found.iter().map(|it| it.span.start).collect();
    lines.dedup();
    assert_eq!((found.len(), lines.len()), (5, 5));
    assert!(found.iter().all(|it| it.help.is_some()), "every finding offers a way out");
    let syntax::tree::Item::Workflow(workflow) = &files[0].items[0] else { panic!("the workflow keeps its tree") };
    assert_eq!(workflow.lines.len(), 3, "the good lines keep their trees");
}

/// A tree in short: without places, names and numbers as written.
fn shape(item: &syntax::tree::Item) -> String {
    let mut shown = format!("{item:?}");
    while let Some(at) = shown.find("span: Span {") {
        let end = at + shown[at..].find('}').unwrap() + 1;
        let start = if shown[..at].ends_with(", ") { at - 2 } else { at };
        shown.replace_range(start..end, "");
    }
    for (long, short) in [
        ("CalendarLine { kind: ", "\n  {"),
        ("WorkflowLine { kind: ", "\n  {"),
        ("StageLine { kind: ", "\n    {"),
        ("ExampleLine { kind: ", "\n  {"),
        ("Field { ", "\n  {"),
        ("Band { ", "\n  {"),
        ("Expr { kind: ", "{"),
        ("Name { text: ", "{"),
        ("Text { text: ", "{"),
        ("Number { text: ", "{"),
    ] {
        shown = shown.replace(long, short);
    }
    shown = shown.replace(", \n", ",\n");
    shown.replace(": None", ": -").replace(": false", ": no").replace(": true", ": yes").replace(" }", "}")
}

#[test]
fn every_construct_has_its_tree() {
    let text = std::fs::read_to_string("tests/lang/good/everything.merit").unwrap();
    let (files, ..) = check("everything.merit", &text);
    let shapes: String = files[0].items.iter().map(|it| shape(it) + "\n\n").collect();
    let path = "tests/lang/good/everything.tree";
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(path, &shapes).unwrap();
    }
    assert_eq!(shapes, std::fs::read_to_string(path).unwrap());
}

/// Every word that the grammar knows, from its files.
fn grammar_words() -> Vec<String> {
    let mut words = Vec::new();
    for file in ["words", "keywords", "expressions", "populations", "statements", "ladders"] {
        let text = std::fs::read_to_string(format!("grammar/{file}.pest")).unwrap();
        for piece in text.split('"').skip(1).step_by(2) {
            if piece.len() > 1 && piece.chars().all(|it| it.is_ascii_alphabetic()) {
                words.push(piece.to_owned());
            }
        }
    }
    words.sort();
    words.dedup();
    assert!(words.len() > 150, "{words:?}");
    words
}

fn reserved_words() -> Vec<String> {
    let text = std::fs::read_to_string("grammar/words.pest").unwrap();
    let months_and_days = text.split("reserved   = _{").nth(1).unwrap().split("month   =").next().unwrap();
    months_and_days.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn a_name_may_begin_with_any_keyword() {
    let template = "record WORD { WORD text; other WORD; kind one of WORD, WORDy }\n\
        role WORD of WORD { is WORD.WORD; not WORD; otherwise WORD of WORD }\n\
        parameter WORD WORD from WORD until WORD\n\
        define WORD of WORD each WORD = not WORD and WORD is WORD and WORD < WORD and WORD is one of WORD, WORD\n\
        define WORD of WORD = WORD + WORD * WORD - (WORD, at least WORD), rounded up to WORD, if unknown treat as WORD\n\
        define WORD of WORD = least of WORD, WORD and previous WORD\n\
        define WORD of WORD each WORD = WORD 2 WORD ago + WORD.WORD in 2023/24 + WORD of the WORD around\n\
        define WORD of WORD each WORD = WORD < WORD in 2 of the last 3 WORD, skipping missing, then afresh\n\
        scale WORD of WORD { WORD WORD to below WORD; WORD below WORD }\n\
        message WORD { by WORD, WORD; body \"\"\"{WORD} {WORD.WORD or \"x\"}\"\"\" }\n\
        workflow WORD { by calendar WORD; for each WORD each WORD where WORD; cancel when WORD is WORD\n\
        stage WORD { opens start of WORD, after WORD, WORD; due WORD; by WORD and WORD but not WORD; fills WORD, WORD.WORD\n\
        done on WORD; remind WORD, WORD 5 days before due with WORD, named WORD\n\
        escalate to WORD 5 days overdue with WORD and record default by WORD; only if WORD } }\n\
        example \"x\" { WORD Okot { WORD WORD; WORD 5 }; WORD of Okot 2025/26 { WORD WORD }\n\
        on 1 July 2026 Okot fills WORD WORD, WORD 5\n\
        on 1 July 2026 expect WORD to WORD, Okot; expect no WORD; expect WORD open with Okot; expect WORD done\n\
        expect WORD of WORD in 2025/26 is WORD }\n";
    for word in grammar_words() {
        for name in [format!("{word}x"), format!("{word}_1"), format!("x{word}")] {
            let (_, found, sources) = check("names.merit", &template.replace("WORD", &name));
            assert!(found.is_empty(), "{}", found.render(&sources, false));
        }
    }
}

#[test]
fn only_reserved_words_need_backquotes_as_names() {
    let template = "record WORD { WORD text; other WORD }\nmessage WORD { by email }\n\
        workflow WORD { stage WORD { by WORD; fills WORD; remind WORD on due with WORD } }\nrole WORD of WORD { is `WORD` }\n";
    let reserved = reserved_words();
    for word in grammar_words() {
        // The types of fields are looked for before the names of records.
        let text = template.replace("other WORD", "other `WORD`").replace("WORD", &word);
        let (_, found, sources) = check("names.merit", &text);
        let said = found.render(&sources, false);
        assert_eq!(found.is_empty(), !reserved.contains(&word), "{word}\n{said}");
        let quoted = template.replace("`WORD`", "WORD").replace("WORD", &format!("`{word}`"));
        let (_, found, sources) = check("names.merit", &quoted);
        assert!(found.is_empty(), "{}", found.render(&sources, false));
    }
}

#[test]
fn a_finding_as_json_has_its_place_in_lines_and_columns() {
    let (_, found, sources) = check("é.merit", "record officer {\n  \"é\" naïve text }\nrecord b {\n");
    let json = found.to_json(&sources);
    let first = &json["diagnostics"][0];
    assert_eq!(first["code"], "M0103");
    assert_eq!(first["severity"], "error");
    assert_eq!((&first["file"], &first["line"], &first["column"]), (&"é.merit".into(), &2.into(), &3.into()));
    assert_eq!((&first["end_line"], &first["end_column"]), (&2.into(), &6.into()));
    assert!(first["help"].is_string() && first["labels"].is_array());
}

#[test]
fn colour_is_given_only_when_asked_for() {
    let (_, found, sources) = check("x.merit", "nonsense");
    assert!(found.render(&sources, true).contains('\u{1b}'));
    assert!(!found.render(&sources, false).contains('\u{1b}'));
}
