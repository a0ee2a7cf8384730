//! Every shipped policy is free of findings, and its examples hold.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

use std::fs;
use std::path::{Path, PathBuf};

use merit::casework::examples;
use merit::policy::compile;
use merit::source::Sources;

fn merit_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(merit_files(&path));
        } else if path.extension().is_some_and(|it| it == "merit") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn check_and_run(folders: &[&str]) {
    let mut sources = Sources::new();
    for path in folders.iter().flat_map(|it| merit_files(Path::new(it))) {
        sources.add(path.display().to_string(), fs::read_to_string(&path).unwrap());
    }
    let compilation = compile(&sources);
    let findings = compilation.diagnostics.render(&sources, false);
    assert!(compilation.diagnostics.is_empty(), "{findings}");
    let policy = compilation.policy.expect("no finding means a policy");
    assert!(!policy.examples.is_empty(), "a shipped policy has examples");
    for example in &policy.examples {
        let verdict = examples::run(&policy, example);
        let failures: Vec<String> =
            verdict.failures.iter().map(|it| format!("expected {}; came: {}", it.expected, it.came)).collect();
        assert!(failures.is_empty(), "{}: {}", verdict.title, failures.join("\n"));
    }
}

#[test]
fn the_pack_of_uganda_checks_and_its_examples_hold() {
    check_and_run(&["rules/uganda", "workflows/uganda"]);
}

#[test]
fn the_whole_work_of_the_department_checks_and_its_examples_hold() {
    check_and_run(&["rules/uganda", "rules/department", "workflows/uganda", "workflows/department"]);
}

#[test]
fn the_pack_of_rwanda_checks_and_its_examples_hold() {
    check_and_run(&["rules/rwanda", "workflows/rwanda"]);
}

#[test]
fn a_service_from_another_field_checks_and_its_examples_hold() {
    check_and_run(&["tests/projects/complaints/policy"]);
}

#[test]
fn calendars_share_their_periods_and_two_of_one_name_must_be_the_same() {
    let calendar = |name: &str, month: &str| {
        format!(
            "calendar {name} {{ time zone \"UTC\"; working Monday to Friday; \
             period year / years every 12 months from 1 {month}, written 2026; month end back }}\n"
        )
    };
    let found = |text: String| {
        let sources = Sources::single("calendars.merit", text);
        compile(&sources).diagnostics.render(&sources, false)
    };
    assert_eq!(found(calendar("one", "January") + &calendar("other", "January")), "");
    let said = found(calendar("one", "January") + &calendar("other", "July"));
    assert!(said.contains("two periods are called `year`, and they differ"), "{said}");
}
