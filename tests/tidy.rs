//! The laws of the house: rooms use only rooms below them, the sample's words stay out of the program, long files and
//! unfinished work are found.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms from the ground up, as `ARCHITECTURE.md` lists them.
fn rooms() -> Vec<String> {
    let text = fs::read_to_string("ARCHITECTURE.md").unwrap();
    let table = text.split("## The rooms").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    rows.map(|line| line.split('`').nth(1).unwrap().to_owned()).collect()
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|it| it == ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The room of a source file: its folder under `src/`, or its own name; a file such as `codes_policy.rs` belongs to `codes`.
fn room_of(path: &Path) -> String {
    let inside = path.strip_prefix("src").unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    let name = first.trim_end_matches(".rs");
    if name.starts_with("codes_") { "codes".to_owned() } else { name.to_owned() }
}

/// The text without comments, so that only code is judged.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_room_uses_only_rooms_named_before_it() {
    let rooms = rooms();
    let rank: BTreeMap<&str, usize> = rooms.iter().enumerate().map(|(at, room)| (room.as_str(), at)).collect();
    let mut broken = Vec::new();
    for path in files(Path::new("src"), "rs") {
        let room = room_of(&path);
        if ["lib", "main"].contains(&room.as_str()) {
            continue;
        }
        let Some(own) = rank.get(room.as_str()) else {
            broken.push(format!("{}: the room `{room}` is missing in the table of ARCHITECTURE.md", path.display()));
            continue;
        };
        let text = code(&path);
        for used in text.split("crate::").skip(1) {
            let name: String = used.chars().take_while(|it| it.is_alphanumeric() || *it == '_').collect();
            let name = if name.starts_with("codes_") { "codes".to_owned() } else { name };
            if rank.get(name.as_str()).is_some_and(|other| other > own) {
                broken.push(format!(
                    "{}: `{room}` uses `{name}`, which stands above it; move one of them",
                    path.display()
                ));
            }
        }
    }
    broken.sort();
    broken.dedup();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_room_of_the_table_exists() {
    for room in rooms() {
        let there = Path::new(&format!("src/{room}.rs")).exists() || Path::new(&format!("src/{room}/mod.rs")).exists();
        assert!(there, "ARCHITECTURE.md names the room `{room}`, which has no file under src/");
    }
}

#[test]
fn the_samples_words_stay_out_of_the_program() {
    const WORDS: [&str; 10] =
        ["officer", "supervisor", "appraisal", "appraisee", "grade", "salary", "ministry", "uganda", "rwanda", "ugx"];
    let mut found = Vec::new();
    let sources = files(Path::new("src"), "rs").into_iter().map(|path| (code(&path), path));
    let grammar = files(Path::new("grammar"), "pest").into_iter().map(|path| (code(&path), path));
    for (text, path) in sources.chain(grammar) {
        if path.ends_with("cli/demo.rs") {
            continue;
        }
        for (at, line) in text.lines().enumerate() {
            let lower = line.to_lowercase();
            for word in lower.split(|it: char| !it.is_alphanumeric() && it != '_') {
                if WORDS.contains(&word) {
                    found.push(format!(
                        "{}:{}: `{word}` is a word of the sample, not of the program",
                        path.display(),
                        at + 1
                    ));
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn nothing_is_left_undone() {
    let marks =
        [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["todo", "!("].concat(), ["unimplemented", "!("].concat()];
    let mut found = Vec::new();
    for path in files(Path::new("src"), "rs").into_iter().chain(files(Path::new("tests"), "rs")) {
        let text = fs::read_to_string(&path).unwrap();
        found
            .extend(marks.iter().filter(|mark| text.contains(*mark)).map(|mark| format!("{}: {mark}", path.display())));
        if text.contains(&["#[ig", "nore"].concat()) {
            found.push(format!("{}: a test that does not run", path.display()));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_file_holds_two_ideas() {
    let long: Vec<String> = files(Path::new("src"), "rs")
        .into_iter()
        .map(|path| (fs::read_to_string(&path).unwrap().lines().count(), path))
        .filter(|(lines, _)| *lines > 700)
        .map(|(lines, path)| format!("{}: {lines} lines; split it by what changes together", path.display()))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn nothing_names_a_machine() {
    let mut found = Vec::new();
    for folder in ["src", "tests", "docs", "examples", "rules", "workflows", "grammar"] {
        for ending in ["rs", "md", "toml", "merit", "pest", "txt", "csv"] {
            for path in files(Path::new(folder), ending) {
                if path.ends_with("tidy.rs") {
                    continue;
                }
                let text = fs::read(&path).unwrap();
                let text = String::from_utf8_lossy(&text).into_owned();
                for mark in ["/work/", "/root/", "/home/"] {
                    if text.contains(mark) {
                        found.push(format!("{}: names `{mark}`, a path of one machine", path.display()));
                    }
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
