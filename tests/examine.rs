//! What no example touches, and which small changes none of them notices.

#![expect(clippy::unwrap_used, reason = "a test whose policy does not compile has failed")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use merit::examine::{coverage, mutate};
use merit::policy::compile;
use merit::policy::model::Policy;
use merit::source::Sources;

fn compiled(text: String) -> (Sources, Policy) {
    let sources = Sources::single("policy.merit", text);
    let compilation = compile(&sources);
    assert!(compilation.diagnostics.is_empty(), "{}", compilation.diagnostics.render(&sources, false));
    let policy = compilation.policy.unwrap();
    (sources, policy)
}

fn expect(file: &str, came: &str) {
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(file, came).unwrap();
    }
    assert_eq!(came, fs::read_to_string(file).unwrap(), "{file}: UPDATE_EXPECT=1 writes it anew");
}

fn text() -> String {
    fs::read_to_string("tests/examine/policy.merit").unwrap()
}

#[test]
fn what_no_example_touches_is_told_with_its_place() {
    let (sources, policy) = compiled(text());
    let coverage = coverage(&policy, &sources);
    let mut came = format!("{} places\n", coverage.places);
    for it in coverage.untouched.iter().chain(&coverage.excused) {
        let reason = it.reason.as_deref().unwrap_or("-");
        came += &format!("{}: {} {}: {} ({reason})\n", it.line, it.kind, it.name, it.what);
    }
    expect("tests/examine/untouched.txt", &came);
}

#[test]
fn changes_that_no_example_notices_are_told() {
    let (sources, policy) = compiled(text());
    let mutation = mutate(&policy, &sources, None);
    assert_eq!(mutation.tried, mutation.noticed + mutation.survivors.len() + mutation.excused.len());
    let mut came = format!("{} tried, {} noticed\n", mutation.tried, mutation.noticed);
    for it in mutation.survivors.iter().chain(&mutation.excused) {
        let reason = it.reason.as_deref().unwrap_or("-");
        came += &format!("{}: `{}` for `{}`, {} ({reason})\n", it.line, it.now, it.was, it.examples);
    }
    expect("tests/examine/survivors.txt", &came);
    assert_eq!(mutate(&policy, &sources, None), mutation, "however the work is shared");
}

#[test]
fn what_breaks_only_a_scenario_is_no_policy() {
    let text = |scenario: &str| {
        format!(
            "calendar office {{ time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }}
record person {{ id key text; mark number from 0 to 100 }}
define limit of person each year = 50
framework conduct {{
  for each person each year
  judged 31 March after the year
  severity warning (administrative)
  sanctions all that apply
  sanction warning {{ when mark < 40; automatic }}
}}
guarantee \"Who has passed is not warned\" {{ warning is proposed only when mark < limit }}
example \"Somebody is warned\" {{
  person Ada {{ mark 10 }}
  expect warning proposed for Ada in 2026
}}
{scenario}"
        )
    };
    let survivors = |scenario: &str| {
        let (sources, policy) = compiled(text(scenario));
        let survivors = mutate(&policy, &sources, None).survivors;
        survivors.into_iter().filter(|it| it.line == 9).map(|it| it.now).collect::<Vec<_>>()
    };
    assert_eq!(survivors(""), ["<=", "41", "39"]);
    assert_eq!(survivors("scenario stricter \"Stricter\" { replace define limit of person each year = 40 }"), ["39"]);
}

#[test]
fn how_long_something_lasts_is_changed_where_a_rule_asks_whether_it_is_in_force() {
    let text = |asks: &str, more: &str| {
        format!(
            "calendar office {{ time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }}
record person {{ id key text; mark number from 0 to 100 }}
record absence of person each year {{ days number from 0 to 30 }}
message ends {{ by email; subject \"a\"; body \"b\" }}
framework conduct {{
  for each person each year
  judged 31 March after the year
  severity warning (administrative) < final_warning (administrative)
  sanctions the most severe that applies
  sanction warning {{
    when mark < 40
    automatic
    lasts 12 months, alarm 1 month before with ends
  }}
  sanction final_warning {{ when mark < 40 and {asks}; automatic }}
}}
example \"Somebody is warned\" {{
  person Ada {{ mark 10 }}
  warning imposed for Ada on 31 December 2025
  expect final_warning proposed for Ada in 2026
}}
{more}"
        )
    };
    let survivors = |text: String| {
        let (sources, policy) = compiled(text);
        let survivors = mutate(&policy, &sources, None).survivors;
        survivors.into_iter().filter(|it| it.line == 13).map(|it| it.now).collect::<Vec<_>>()
    };
    let live = "warning in force";
    let ends = "example \"It is over\" { person Ada { mark 10 }; warning imposed for Ada on 30 December 2025; expect no final_warning for Ada in 2026 }";
    assert_eq!(survivors(text(live, "")), ["13"], "nobody looks behind its end");
    assert_eq!(survivors(text(live, ends)), Vec::<String>::new());
    assert_eq!(survivors(text("warning imposed in the last 2 years", "")), Vec::<String>::new(), "nobody asks");
}

fn merit(folder: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_merit")).args(words).current_dir(folder).env("NO_COLOR", "1").output().unwrap()
}

#[test]
fn untouched_places_are_findings_only_where_that_is_asked_and_survivors_always() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("policy.merit"), text()).unwrap();
    for (words, code) in [
        (&["test", "policy.merit", "--coverage"][..], 0),
        (&["test", "policy.merit", "--coverage", "--strict"], 1),
        (&["test", "policy.merit", "--mutate"], 1),
    ] {
        let output = merit(folder.path(), words);
        let told = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(code), "{words:?}: {told}");
        assert!(told.contains("policy.merit:"), "{told}");
    }
    let output = merit(folder.path(), &["test", "policy.merit", "--coverage", "--mutate", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(json["coverage"]["untouched"][0]["line"].is_u64() && json["mutation"]["survivors"][0]["was"].is_string());
}
