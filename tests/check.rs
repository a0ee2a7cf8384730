//! The checker: every code is shown by its own example, and no policy, however damaged, makes it panic.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use merit::casework::examples;
use merit::codes;
use merit::policy::compile;
use merit::source::Sources;
use proptest::prelude::*;

fn codes_of(text: &str) -> BTreeSet<String> {
    let sources = Sources::single("example.merit", text);
    compile(&sources).diagnostics.iter().map(|it| it.code.0.to_owned()).collect()
}

/// Examples are pieces: most have no calendar, and those of syntax nothing but the line in question.
#[test]
fn every_code_is_shown_by_its_wrong_example_and_mended_by_its_right_one() {
    let mut faults = Vec::new();
    for entry in codes::all() {
        let code = entry.code.0;
        if entry.wrong.is_empty() || entry.right.is_empty() {
            faults.push(format!("{code} ({}): an example is missing", entry.title));
        }
        let (wrong, mut right) = (codes_of(entry.wrong), codes_of(entry.right));
        right.remove("M0301");
        if code.starts_with("M01") {
            right.retain(|it| it.starts_with("M01"));
        }
        if !wrong.contains(code) {
            faults.push(format!("{code} ({}): its wrong example gives {wrong:?}", entry.title));
        }
        if !right.is_empty() {
            faults.push(format!("{code} ({}): its right example gives {right:?}", entry.title));
        }
        if entry.explanation.is_empty() || !entry.explanation.ends_with('.') {
            faults.push(format!("{code}: its explanation is no sentence"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What people read: the findings of every code's wrong example, in full.
#[test]
fn the_words_of_every_finding_are_those_on_record() {
    let mut shown = String::new();
    for entry in codes::all() {
        let sources = Sources::single("example.merit", entry.wrong.trim_matches('\n'));
        shown += &format!(
            "== {}: {}\n{}\n\n",
            entry.code.0,
            entry.title,
            compile(&sources).diagnostics.render(&sources, false)
        );
    }
    let file = "tests/check/messages.txt";
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(file, &shown).unwrap();
    }
    let known = std::fs::read_to_string(file).unwrap();
    let part = |text: &str| text.split("\n== ").map(str::to_owned).collect::<Vec<_>>();
    let changed: Vec<String> = part(&shown).into_iter().filter(|it| !part(&known).contains(it)).collect();
    assert!(shown == known, "{file}: UPDATE_EXPECT=1 writes it anew; these changed:\n{}", changed.join("\n"));
}

#[test]
fn of_two_lines_that_say_the_same_thing_neither_wins_in_silence() {
    let policy = |calendar: &str, workflow: &str, stage: &str, framework: &str, rule: &str| {
        format!(
            "calendar c {{ time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back{calendar} }}\n\
             record person {{ id key text; joined event; done event; late number }}\n\
             workflow w {{ for each person where joined is known{workflow}\n\
             stage s {{ opens joined; by person; fills done; due 5 days after opening{stage} }} }}\n\
             framework f {{ for each person each year; judged 30 June after the year; severity a (administrative); sanctions all that apply{framework}\n\
             sanction a {{ when late > 3; automatic{rule} }} }}\n"
        )
    };
    assert_eq!(codes_of(&policy("", "", "", "", "")), BTreeSet::new());
    for (calendar, workflow, stage, framework, rule) in [
        ("; time zone \"Africa/Kampala\"", "", "", "", ""),
        ("; roll back", "", "", "", ""),
        ("", "; for each person", "", "", ""),
        ("", "", "; by person", "", ""),
        ("", "", "; due 9 days after opening", "", ""),
        ("", "", "", "; judged 30 July after the year", ""),
        ("", "", "", "; sanctions the first that applies", ""),
        ("", "", "", "", "; when late > 5"),
        ("", "", "", "", "; automatic"),
    ] {
        let text = policy(calendar, workflow, stage, framework, rule);
        assert!(codes_of(&text).contains("M0120"), "{text}");
    }
    let apart = policy(
        "; holiday \"A\" 1 May; holiday \"B\" 2 May",
        "",
        "; remind person on due with m; remind person 1 day overdue with m",
        "",
        "; unless late > 9; unless late is 7",
    );
    let apart = apart + "message m { by email; subject \"a\"; body \"b\" }\n";
    assert_eq!(codes_of(&apart), BTreeSet::new());
}

/// Every policy in the house: the shipped pack, and those of other fields.
fn projects() -> Vec<Vec<(String, String)>> {
    [&["rules/uganda", "workflows/uganda"][..], &["tests/projects/complaints/policy"], &["tests/projects/staff/policy"]]
        .iter()
        .map(|folders| {
            let mut files: Vec<PathBuf> = folders
                .iter()
                .flat_map(|it| std::fs::read_dir(Path::new(it)).unwrap())
                .map(|it| it.unwrap().path())
                .collect();
            files.sort();
            files.into_iter().map(|it| (it.display().to_string(), std::fs::read_to_string(it).unwrap())).collect()
        })
        .collect()
}

/// Compiles a project of which one file has another text, shows what is found, and runs the examples of what compiles.
fn survive(files: &[(String, String)], at: usize, text: &str) {
    let mut sources = Sources::new();
    for (place, (name, whole)) in files.iter().enumerate() {
        sources.add(name.clone(), if place == at { text.to_owned() } else { whole.clone() });
    }
    let compilation = compile(&sources);
    let shown = compilation.diagnostics.render(&sources, false);
    assert_eq!(shown.is_empty(), compilation.diagnostics.is_empty());
    if let Some(policy) = compilation.policy {
        for example in &policy.examples {
            let outcome = examples::run(&policy, example);
            assert!(outcome.failures.iter().all(|it| !it.expected.is_empty()));
        }
    }
}

#[test]
fn no_prefix_of_a_shipped_policy_is_too_much() {
    for files in projects() {
        for (at, (_, text)) in files.iter().enumerate() {
            for (end, _) in text.char_indices().step_by(37) {
                survive(&files, at, &text[..end]);
            }
        }
    }
}

fn words(text: &str) -> Vec<&str> {
    text.split_inclusive(|it: char| it.is_whitespace() || ",;{}()".contains(it)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn no_slip_in_a_shipped_policy_makes_it_panic(
        project in any::<prop::sample::Index>(), file in any::<prop::sample::Index>(),
        slips in prop::collection::vec((0..4_u8, any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..5),
    ) {
        let all = projects();
        let files = project.get(&all);
        let at = file.index(files.len());
        let mut words: Vec<String> = words(&files[at].1).into_iter().map(str::to_owned).collect();
        for (kind, one, other) in slips {
            let (one, other) = (one.index(words.len()), other.index(words.len()));
            match kind {
                0 => drop(words.remove(one)),
                1 => words.swap(one, other),
                2 => words.insert(one, words[other].clone()),
                _ => words[one] = words[other].clone(),
            }
        }
        survive(files, at, &words.concat());
    }
}
