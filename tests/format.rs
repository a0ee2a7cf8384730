//! The formatter: it keeps the tree and the comments, twice is once, and what is shipped is in its form.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use merit::diagnostic::Diagnostics;
use merit::source::{FileId, Sources};
use merit::syntax;
use proptest::prelude::*;

// ---- what is formatted

fn merit_files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(merit_files(path.to_str().unwrap()));
        } else if path.extension().is_some_and(|it| it == "merit") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn texts(folders: &[&str]) -> Vec<(String, String)> {
    let files: Vec<PathBuf> = folders.iter().flat_map(|it| merit_files(it)).collect();
    assert!(!files.is_empty());
    files.iter().map(|it| (it.display().to_string(), fs::read_to_string(it).unwrap())).collect()
}

/// Every policy of the repository.
fn policies() -> Vec<(String, String)> {
    let mut all = texts(&["rules", "workflows", "tests"]);
    all.push(("docs/language.md".to_owned(), page()));
    all
}

fn page() -> String {
    let page = fs::read_to_string("docs/language.md").unwrap();
    page.split("```merit\n").nth(1).unwrap().split("```").next().unwrap().to_owned()
}

// ---- what must hold

/// The tree of a text without places, and its comments in order.
fn read(name: &str, text: &str) -> (String, Vec<String>) {
    let sources = Sources::single(name, text);
    let mut found = Diagnostics::new();
    let files = syntax::parse(&sources, &mut found);
    assert!(found.no_errors(), "{}\n{text}", found.render(&sources, false));
    let mut shown = format!("{:?}", files[0].items);
    let mut shape = String::new();
    while let Some(at) = shown.find("Span {") {
        let end = at + shown[at..].find('}').unwrap() + 1;
        shape += &shown[..at];
        shown.drain(..end);
    }
    let comments = files[0].comments.iter().map(|it| sources.text(*it).to_owned()).collect();
    (shape + &shown, comments)
}

fn form(text: &str) -> String {
    let mut found = Diagnostics::new();
    let form = syntax::format(FileId(0), text, &mut found);
    form.unwrap_or_else(|| panic!("{}", found.render(&Sources::single("it", text), false)))
}

/// Formats a text, and sees that nothing is lost or changed by it.
fn formatted(name: &str, text: &str) -> String {
    let once = form(text);
    assert_eq!(read(name, text), read(name, &once), "{name} says something else when formatted\n{once}");
    assert_eq!(form(&once), once, "{name} is not in its form when formatted once");
    assert!(once.ends_with('\n') && !once.contains('\r') && !once.starts_with(['\n', '\u{feff}']), "{name}");
    once
}

#[test]
fn every_policy_means_the_same_when_formatted_and_twice_is_once() {
    for (name, text) in policies() {
        formatted(&name, &text);
    }
}

#[test]
fn line_ends_byte_order_mark_and_tabs_go() {
    for (name, text) in policies() {
        let dos = format!("\u{feff}{}", text.replace('\n', "\r\n"));
        assert_eq!(form(&dos), form(&text), "{name}");
        let tabbed: String = text.lines().map(|it| it.replacen("  ", "\t", 1) + "  \n").collect();
        let in_texts = tabbed.contains("\"\"\"");
        assert!(in_texts || form(&tabbed) == form(&text), "{name}");
    }
    assert_eq!(form(""), "");
    assert_eq!(form("\n\n# alone"), "# alone\n");
}

/// Each file holds an ugly text and, behind `----`, its form; `UPDATE_EXPECT=1` writes the latter anew.
#[test]
fn ugly_texts_become_pretty() {
    let mut tried = 0;
    for entry in fs::read_dir("tests/format").unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let (source, expected) = text.split_once("----\n").unwrap();
        let form = formatted(&path.display().to_string(), source);
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&path, format!("{source}----\n{form}")).unwrap();
        } else {
            assert_eq!(form, expected, "{}", path.display());
        }
        tried += 1;
    }
    assert!(tried > 3);
}

#[test]
fn every_shipped_policy_is_in_its_form() {
    let mut shipped = texts(&["rules", "workflows", "tests/projects", "benches"]);
    shipped.push(("docs/language.md".to_owned(), page()));
    let guide = "tests/lang/good/guide.merit";
    shipped.push((guide.to_owned(), fs::read_to_string(guide).unwrap()));
    for (name, text) in shipped {
        assert_eq!(form(&text), text, "{name} is not in its form; run `merit fmt {name}`");
    }
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(merit(folder.path(), "init new").status.code(), Some(0));
    let checked = merit(&folder.path().join("new"), "fmt --check");
    assert_eq!(checked.status.code(), Some(0), "{}", String::from_utf8_lossy(&checked.stdout));
}

// ---- any spacing

/// A text spaced anew by chance, comments put in and lines joined where the language allows that.
struct Shaker<'t> {
    text: &'t str,
    at: usize,
    chances: &'t [u16],
    taken: usize,
    /// For each open bracket whether it is a block's.
    open: Vec<bool>,
    shaken: String,
}

impl Shaker<'_> {
    fn chance(&mut self, of: u16) -> u16 {
        self.taken += 1;
        (self.chances[self.taken % self.chances.len()].wrapping_add(self.taken as u16 * 7)) % of
    }

    /// Takes over what is left as it is up to the end of a text or comment.
    fn take(&mut self, length: usize) {
        self.shaken += &self.text[self.at..self.at + length];
        self.at += length;
    }

    fn shake(mut self) -> String {
        while let Some(next) = self.text[self.at..].chars().next() {
            let rest = &self.text[self.at..];
            match next {
                '#' => self.take(rest.find('\n').unwrap_or(rest.len())),
                '"' if rest.starts_with("\"\"\"") => self.take(rest[3..].find("\"\"\"").unwrap() + 6),
                '"' => self.take(rest[1..].find('"').unwrap() + 2),
                ' ' | '\n' => self.blanks(),
                _ => {
                    match next {
                        '{' => self.open.push(
                            !["weighted", "points"].contains(&self.shaken.split_whitespace().next_back().unwrap_or("")),
                        ),
                        '(' => self.open.push(false),
                        '}' | ')' => drop(self.open.pop()),
                        _ => {}
                    }
                    self.take(next.len_utf8());
                }
            }
        }
        self.shaken
    }

    fn blanks(&mut self) {
        let rest = &self.text[self.at..];
        let length = rest.len() - rest.trim_start_matches([' ', '\n']).len();
        let ends_line = rest[..length].contains('\n');
        self.at += length;
        if !ends_line {
            let blanks = [" ", "  ", "\t", "     "][self.chance(4) as usize];
            self.shaken += blanks;
            return;
        }
        let line = self.shaken.rsplit('\n').next().unwrap().to_owned();
        let commented = line.contains('#');
        let next = &self.text[self.at..];
        let in_block = self.open.last() == Some(&true);
        let stays = |word: &str| {
            let after = next.strip_prefix(word);
            after.is_some_and(|it| it.starts_with(|it: char| it.is_whitespace()))
        };
        let goes_on = line.trim_end().ends_with([',', '+', '-', '*', '/', '<', '>', '=', ';'])
            || line.trim_end().ends_with(" and")
            || line.trim_end().ends_with(" or")
            || stays("and")
            || stays("or");
        let last = line.trim_end().chars().last();
        let joint = match last {
            _ if commented || goes_on || self.open.last() == Some(&false) || next.starts_with('#') => None,
            Some('{') => Some(" "),
            _ if next.starts_with('}') => Some(" "),
            Some(_) if in_block && !next.is_empty() => Some(" ; "),
            _ => None,
        };
        if let Some(joint) = joint.filter(|_| self.chance(3) == 0) {
            self.shaken += joint;
            return;
        }
        let comments = ["", "", "", "# c { ; \" ,", "   #c"];
        if !commented {
            let comment = comments[self.chance(5) as usize];
            self.shaken += " ";
            self.shaken += comment;
        }
        let end = ["\n", "\r\n", "\n\n", "\n \t\n\n"][self.chance(4) as usize];
        self.shaken += end;
        if self.chance(6) == 0 {
            self.shaken += "  # a line of its own\n";
        }
        if !self.open.is_empty() || self.text[self.at..].starts_with('w') || goes_on {
            let indentation = [" ", "  ", "\t", "         "][self.chance(4) as usize];
            self.shaken += indentation;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_spacing_of_a_policy_is_formatted_without_a_change(
        which in 0..100_usize,
        chances in proptest::collection::vec(0..1000_u16, 40),
    ) {
        let policies = policies();
        let (name, text) = &policies[which % policies.len()];
        let shaker = Shaker { text, at: 0, chances: &chances, taken: 0, open: Vec::new(), shaken: String::new() };
        let shaken = shaker.shake();
        prop_assert_eq!(&read(name, &shaken).0, &read(name, text).0, "the test itself keeps the tree\n{}", shaken);
        formatted(name, &shaken);
    }

    #[test]
    fn no_jumble_of_words_is_too_much(words in proptest::collection::vec(0..10_000usize, 0..40)) {
        const EVERYTHING: &str = include_str!("lang/good/everything.merit");
        let all: Vec<&str> = EVERYTHING.split_inclusive([' ', '\n', '(', '{', '}', ',', '"']).collect();
        let jumble: String = words.into_iter().map(|it| all[it % all.len()]).collect();
        if let Some(form) = syntax::format(FileId(0), &jumble, &mut Diagnostics::new()) {
            prop_assert_eq!(syntax::format(FileId(0), &form, &mut Diagnostics::new()), Some(form.clone()));
        }
    }

    #[test]
    fn no_line_of_any_words_is_too_much(lines in proptest::collection::vec(("[a-z\"#{}();,|/ \t.:%<=-]{0,12}", 0..60_usize), 0..12)) {
        let everything: Vec<&str> = include_str!("lang/good/everything.merit").lines().collect();
        let mut text = String::new();
        for (noise, at) in lines {
            text += everything[at];
            text += if noise.len() % 2 == 0 { " #" } else { "\n" };
            text += &noise.replace('"', " ");
            text.push('\n');
        }
        if let Some(form) = syntax::format(FileId(0), &text, &mut Diagnostics::new()) {
            prop_assert_eq!(syntax::format(FileId(0), &form, &mut Diagnostics::new()), Some(form.clone()));
        }
    }
}

// ---- the verb

fn merit(folder: &Path, words: &str) -> Output {
    let program = env!("CARGO_BIN_EXE_merit");
    Command::new(program).args(words.split(' ')).current_dir(folder).env("NO_COLOR", "1").output().unwrap()
}

const UGLY: &str = "record  a{b text;c   text}\n";
const PRETTY: &str = "record a { b text; c text }\n";

fn shown(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn files_are_written_only_if_they_change_and_those_with_mistakes_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    for (name, text) in [("ugly.merit", UGLY), ("pretty.merit", PRETTY), ("wrong.merit", "record a { b }\n")] {
        fs::write(here.join(name), text).unwrap();
    }
    let modified = |name: &str| fs::metadata(here.join(name)).unwrap().modified().unwrap();
    let (pretty, wrong) = (modified("pretty.merit"), modified("wrong.merit"));

    let (code, out) = shown(&merit(here, "fmt --check ."));
    assert_eq!(code, Some(1));
    assert!(out.starts_with("./ugly.merit\n") && out.contains("wrong.merit:1:12"), "{out}");
    let (code, out) = shown(&merit(here, "fmt --diff ugly.merit"));
    assert_eq!(code, Some(1));
    assert!(out.contains(&format!("-{UGLY}+{PRETTY}")), "{out}");
    assert_eq!(fs::read_to_string(here.join("ugly.merit")).unwrap(), UGLY, "looking changes nothing");

    assert_eq!(shown(&merit(here, "fmt .")).0, Some(1), "a file with mistakes needs a person");
    assert_eq!(fs::read_to_string(here.join("ugly.merit")).unwrap(), PRETTY);
    assert_eq!((modified("pretty.merit"), modified("wrong.merit")), (pretty, wrong));
    assert_eq!(fs::read_dir(here).unwrap().count(), 3, "nothing is left beside the files");
    assert_eq!(shown(&merit(here, "fmt --check ugly.merit pretty.merit")), (Some(0), String::new()));

    let (code, out) = shown(&merit(here, "fmt --check --format json ."));
    let value: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, value["files"].as_array().unwrap().len()), (Some(1), 3));
    assert_eq!(value["files"][1], serde_json::json!({ "file": "./ugly.merit", "changed": false }));
    assert_eq!(value["diagnostics"][0]["file"], "./wrong.merit");
}

#[test]
fn a_text_from_stdin_goes_to_stdout() {
    let through = |text: &str| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_merit"));
        program.args(["fmt", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = program.spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    assert_eq!(shown(&through(UGLY)), (Some(0), PRETTY.to_owned()));
    let wrong = through("record a { b }\n");
    assert_eq!(shown(&wrong), (Some(1), String::new()), "an editor must not take findings for its text");
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("error[M01"));
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("file.merit"), folder.path().join("link.merit"));
    fs::write(&file, UGLY).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&file, &link).unwrap();
    assert_eq!(shown(&merit(folder.path(), "fmt link.merit")).0, Some(0));
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&file).unwrap(), PRETTY);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
}
