//! Local customisation: what an `extend` may change, within which bounds, and what counts from when.

use merit::policy::{Compilation, compile};
use merit::source::Sources;

const NATIONAL: &str = "\
    calendar c { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\n\
    record person { id key text; mark number from 0 to 100; said event; boss optional person }\n\
    parameter pass_mark 50 from 1 January 2020, 60 from 1 January 2028, may be changed locally from 40 to 70\n\
    parameter fixed 10\n\
    define passed of person each year, may be changed locally = mark >= pass_mark\n\
    scale rating of mark, may be changed locally { good 50 to 100; poor 0 to below 50 }\n\
    role manager of person, may be changed locally { is person.boss }\n\
    workflow w {\n\
      for each person\n\
      stage goals { due 1 month after opening, may be changed locally from 20 days to 2 months; by person; fills said; remind manager on due with note }\n\
      stage talk { due 5 days after opening; by person; fills said }\n\
    }\n\
    message note, may be changed locally { by email; subject \"a\"; body \"b\" }\n";

fn with(local: &str) -> (Compilation, Sources) {
    let sources = Sources::single("policy.merit", format!("{NATIONAL}{local}\n"));
    (compile(&sources), sources)
}

fn found(local: &str) -> Vec<(String, String)> {
    let (compilation, sources) = with(local);
    let text = |it: &merit::diagnostic::Diagnostic| (it.code.0.to_owned(), sources.text(it.span).to_owned());
    compilation.diagnostics.iter().map(text).collect()
}

fn values(local: &str) -> Vec<String> {
    let (compilation, sources) = with(local);
    let found = compilation.diagnostics.render(&sources, false);
    let policy = compilation.policy.unwrap_or_else(|| panic!("{found}"));
    let day = |it: Option<jiff::civil::Date>| it.map_or("…".to_owned(), |it| it.to_string());
    let values = policy.parameters[0].values.iter();
    values
        .map(|it| format!("{} {} {:?}", day(it.from), day(it.until), it.value))
        .map(|it| it.replace("Known(Number(", "").replace("))", ""))
        .collect()
}

fn days(local: &str) -> Vec<String> {
    values(local).iter().map(|it| it.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn national_values_count_until_the_first_local_day_and_after_the_last() {
    assert_eq!(days(""), ["2020-01-01 2027-12-31", "2028-01-01 …"]);
    let on = |line: &str| days(&format!("extend \"Ours\" {{ {line} }}"));
    assert_eq!(on("set pass_mark 55 from 1 January 2026"), ["2020-01-01 2025-12-31", "2026-01-01 …"]);
    assert_eq!(on("set pass_mark 55 from 2026"), ["2020-01-01 2025-12-31", "2026-01-01 …"]);
    assert_eq!(
        on("set pass_mark 55 from 1 January 2026 until 31 December 2026"),
        ["2020-01-01 2025-12-31", "2026-01-01 2026-12-31", "2027-01-01 2027-12-31", "2028-01-01 …"]
    );
    assert_eq!(on("set pass_mark 55"), ["… …"]);
}

#[test]
fn who_sets_the_same_changes_nothing() {
    let same = "extend \"Ours\" { set pass_mark 50 from 1 January 2020, 60 from 1 January 2028 }";
    assert_eq!(values(same), values(""));
}

#[test]
fn only_what_is_left_open_changes_and_within_its_bounds() {
    for (line, code, place) in [
        ("set fixed 11", "M1210", "fixed"),
        ("set due of talk 6 days", "M1210", "talk"),
        ("set pass_mark 71 from 1 January 2026", "M1211", "71"),
        ("set pass_mark 39 from 1 January 2026", "M1211", "39"),
        ("set due of goals 19 days", "M1211", "19 days"),
        ("set due of goals 62 days", "M1211", "62 days"),
        ("set due of w.goals 20 working days", "M1211", "20 working days"),
        ("set pas_mark 55", "M1212", "pas_mark"),
        ("set due of goal 3 weeks", "M1212", "goal"),
        ("replace define rating of person each year = mark > 3", "M1212", "rating"),
        ("set pass_mark 55; set pass_mark 56", "M1213", "pass_mark"),
        ("set due of goals 3 weeks; set due of goals 4 weeks", "M1213", "goals"),
        ("replace workflow w { for each person }", "M0101", "replace workflow w"),
    ] {
        let found = found(&format!("extend \"Ours\" {{ {line} }}"));
        assert_eq!(found, [(code.to_owned(), place.to_owned())], "{line}");
    }
    for line in [
        "set pass_mark 40 from 1 January 2026, 70 from 1 January 2027",
        "set due of goals 20 days",
        "set due of w.goals 2 months",
        "replace define passed of person each year = mark > 3",
        "replace scale rating of mark from 2026 { fine 60 to 100; poor 0 to below 60 }",
        "replace role manager of person { is person.boss; otherwise manager of manager }",
        "replace message note { by email; subject \"ours\"; body \"ours\" }",
    ] {
        assert_eq!(found(&format!("extend \"Ours\" {{ {line} }}")), [], "{line}");
    }
}

#[test]
fn two_local_texts_do_not_change_one_thing() {
    let found = found("extend \"Ours\" { set pass_mark 55 }\nextend \"Theirs\" { set pass_mark 55 }");
    assert_eq!(found.iter().map(|it| it.0.as_str()).collect::<Vec<_>>(), ["M1213"]);
}

#[test]
fn bounds_bound_something() {
    let found = found("parameter extra 5, may be changed locally from 7 to 3");
    assert_eq!(found.iter().map(|it| it.0.as_str()).collect::<Vec<_>>(), ["M1214"]);
}
