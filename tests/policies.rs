//! Every shipped policy is free of findings, and its examples hold.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

use std::fs;
use std::path::{Path, PathBuf};

use merit::casework::examples;
use merit::examine;
use merit::policy::compile;
use merit::policy::model::Policy;
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

fn compiled(folders: &[&str]) -> (Sources, Policy) {
    let mut sources = Sources::new();
    for path in folders.iter().flat_map(|it| merit_files(Path::new(it))) {
        sources.add(path.display().to_string(), fs::read_to_string(&path).unwrap());
    }
    let compilation = compile(&sources);
    let findings = compilation.diagnostics.render(&sources, false);
    assert!(compilation.diagnostics.is_empty(), "{findings}");
    (sources, compilation.policy.expect("no finding means a policy"))
}

fn check_and_run(folders: &[&str]) {
    let (_, policy) = compiled(folders);
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

/// `.ci/run` changes these policies in many small ways, too.
#[test]
fn examples_touch_every_place_of_the_shipped_policies() {
    for folders in [
        &["rules/uganda", "workflows/uganda"][..],
        &["rules/uganda", "rules/department", "workflows/uganda", "workflows/department"],
        &["rules/rwanda", "workflows/rwanda"],
        &["tests/projects/complaints/policy"],
        &["tests/projects/staff/policy"],
    ] {
        let (sources, policy) = compiled(folders);
        let coverage = examine::coverage(&policy, &sources);
        assert!(coverage.untouched.is_empty(), "{:#?}", coverage.untouched);
    }
}

#[test]
fn no_small_change_of_a_service_goes_unnoticed() {
    for folder in ["tests/projects/complaints/policy", "tests/projects/staff/policy"] {
        let (sources, policy) = compiled(&[folder]);
        let mutation = examine::mutate(&policy, &sources, None);
        assert!(mutation.survivors.is_empty() && mutation.tried > 5, "{:#?}", mutation.survivors);
    }
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
