//! Why an outcome is what it is: as a value, on the command line, and where an example fails.

#![expect(clippy::unwrap_used, reason = "a test whose policy does not compile has failed")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use merit::casework::examples;
use merit::policy::compile;
use merit::source::Sources;

fn policy_text() -> String {
    fs::read_to_string("tests/explain/policy.merit").unwrap()
}

/// Every expectation of the policy's examples is wrong: what came, and why, stands in `expected.txt`.
#[test]
fn a_failing_example_says_why_it_came_otherwise() {
    let sources = Sources::single("policy.merit", policy_text());
    let compilation = compile(&sources);
    assert!(compilation.diagnostics.is_empty(), "{}", compilation.diagnostics.render(&sources, false));
    let policy = compilation.policy.unwrap();
    let mut came = String::new();
    for failure in policy.examples.iter().flat_map(|it| examples::run(&policy, it).failures) {
        came += &format!("expected {}\ncame: {}\n", failure.expected, failure.came);
        failure.because.iter().for_each(|it| came += &format!("  {it}\n"));
        let why = failure.why.iter().flat_map(|it| it.told(&policy, &sources).lines(9));
        why.for_each(|it| came += &format!("  {it}\n"));
        came.push('\n');
    }
    let file = "tests/explain/expected.txt";
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(file, &came).unwrap();
    }
    assert_eq!(came, fs::read_to_string(file).unwrap(), "{file}: UPDATE_EXPECT=1 writes it anew");
}

fn merit(folder: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_merit")).args(words).current_dir(folder).env("NO_COLOR", "1").output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_records_of_a_store_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    fs::write(here.join("merit.toml"), "policies = [\"policy.merit\"]\n").unwrap();
    fs::write(here.join("policy.merit"), policy_text()).unwrap();
    fs::write(here.join("person.csv"), "id,grade,status,pay\nA,G2,active,1234\n").unwrap();
    fs::write(here.join("review.csv"), "person,period,mark,other\nA,2025,45,40\nA,2026,40,60.5\n").unwrap();
    for words in
        [&["deploy", "--adopt", "2026-01-01"][..], &["import", "person.csv", "review.csv", "--from", "2025-01-01"]]
    {
        let output = merit(here, words);
        assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    }
    let told = text(&merit(here, &["explain", "warning", "--of", "A", "--in", "2026"]).stdout);
    for line in [
        "Warning for A in 2026: proposed",
        "(by Circular 1)",
        "unless status is on_leave: no",
        "Overall score of A in 2025: 44",
        "(from 1 January 2020 until 31 December 2025)",
        "mark of A in 2025: 45",
    ] {
        assert!(told.contains(line), "not told: {line}\n{told}");
    }
    let json = merit(here, &["explain", "increment", "--of", "A", "--in", "2026", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["reason"]["notes"][0], "policy.merit:14: | otherwise | | 0% |");
    for (words, told) in [
        (&["explain", "warnin", "--of", "A", "--in", "2026"][..], "did you mean `warning`?"),
        (&["explain", "rating", "--of", "B", "--in", "2026"], "there is no person `B`"),
        (&["explain", "rating", "--of", "A"], "has a value for each year, and none is named"),
        (&["explain", "rating", "--of", "A", "--in", "May"], "`May` is no such period"),
        (&["explain", "rating"], "of whom is `rating` to be explained?"),
    ] {
        let output = merit(here, words);
        let err = text(&output.stderr);
        assert!(output.status.code() == Some(2) && err.contains(told), "{words:?}: {err}");
    }
}

/// Enough of XML to tell whether a text is well-formed: names, attributes, entities, and that every element is closed.
fn well_formed(xml: &str) -> Result<Vec<String>, String> {
    let mut texts = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    let mut rest = xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>").ok_or("no declaration")?.trim_start();
    while !rest.is_empty() {
        let (text, tag) = rest.split_once('<').ok_or("text behind the end")?;
        texts.push(plain(text)?);
        let (tag, behind) = tag.split_once('>').ok_or("a tag that does not end")?;
        rest = behind.trim_start_matches('\n');
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name) {
                return Err(format!("`{name}` is closed out of turn"));
            }
            continue;
        }
        let (tag, closed) = tag.strip_suffix('/').map_or((tag, false), |it| (it, true));
        let (name, mut attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        while !attributes.trim().is_empty() {
            let (_, value) = attributes.split_once("=\"").ok_or("an attribute without a value")?;
            let (value, more) = value.split_once('"').ok_or("a value that does not end")?;
            texts.push(plain(value)?);
            attributes = more;
        }
        if !closed {
            open.push(name);
        }
    }
    if open.is_empty() { Ok(texts) } else { Err(format!("{open:?} stay open")) }
}

fn plain(text: &str) -> Result<String, String> {
    let mut parts = text.split('&');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (entity, behind) = part.split_once(';').ok_or("an entity that does not end")?;
        out.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            "#10" => '\n',
            "#9" => '\t',
            other => return Err(format!("the entity {other}")),
        });
        out += behind;
    }
    if out.contains(|it: char| it.is_control() && !"\n\t".contains(it)) {
        Err("a control character".to_owned())
    } else {
        Ok(out)
    }
}

#[test]
fn build_servers_read_what_came_of_examples() {
    let folder = tempfile::tempdir().unwrap();
    let title = "Less < more & 'nothing' > ]]> \u{1}";
    let text_of = policy_text().replace("example \"Stage\"", &format!("example \"{title}\""));
    fs::write(folder.path().join("policy.merit"), text_of).unwrap();
    let output = merit(folder.path(), &["test", "policy.merit", "--junit", "report.xml"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let xml = fs::read_to_string(folder.path().join("report.xml")).unwrap();
    let texts = well_formed(&xml).unwrap_or_else(|fault| panic!("{fault}: {xml}"));
    assert!(texts.contains(&title.replace('\u{1}', "\u{fffd}")), "{texts:?}");
    assert!(xml.contains("<testsuites tests=\"5\" failures=\"5\""), "{xml}");
    assert!(texts.iter().any(|it| it.contains("score < pass_mark in 2026: yes")), "reasons are told, too");
}
