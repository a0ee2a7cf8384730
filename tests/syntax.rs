//! The language as text: what parses, what does not, and what is said about it.

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
