//! Other periods and conditions over several: a table, and the counts against a plain reference that tries every way in which the
//! missing facts may turn out.

#![expect(clippy::unwrap_used, reason = "a test whose policy does not compile has failed")]

use std::sync::Arc;

use jiff::civil::date;
use merit::eval::{self, MemoryFacts, Scope, render};
use merit::policy::compile;
use merit::policy::model::Policy;
use merit::source::Sources;
use merit::value::{Known, Number, RecordRef, Truth, Value};
use proptest::prelude::*;

const POLICY: &str = include_str!("eval/policy.merit");
const THIS_YEAR: i16 = 2026;

fn policy_of(conditions: &[String]) -> Policy {
    let mut sources = Sources::new();
    sources.add("policy.merit".to_owned(), POLICY.to_owned());
    let rows = conditions.iter().enumerate();
    let rows = rows.map(|(at, it)| format!("define row_{at} of person each year = {it}\n"));
    sources.add("rows.merit".to_owned(), rows.collect::<String>());
    let compilation = compile(&sources);
    let findings = compilation.diagnostics.render(&sources, false);
    compilation.policy.unwrap_or_else(|| panic!("{findings}"))
}

/// What a condition comes to in the year 2026, by the extra marks of the years until then.
fn ask(policy: &Policy, extras: &[Value], row: usize) -> Value {
    let mut facts = MemoryFacts::new(policy);
    let (person, review) = (policy.record_named("person").unwrap(), policy.record_named("review").unwrap());
    let extra = policy.record(review).field_named("extra").unwrap();
    let ada = RecordRef { record: person, key: Arc::from("Ada") };
    for (year, value) in (1..=THIS_YEAR).rev().zip(extras.iter().rev()) {
        facts.set_panel(&ada, review, date(year, 1, 1), extra, value.clone());
    }
    let (calendar, on) = (policy.main(), date(THIS_YEAR, 6, 10));
    let period = calendar.period_containing(calendar.period_kind("year").unwrap(), on).unwrap();
    let scope = Scope::new(policy, calendar, &facts, ada, Some(period), on);
    let name = format!("row_{row}");
    eval::value(&scope, &policy.definitions.iter().find(|it| it.label.name == name).unwrap().value)
}

fn extra(words: &str) -> Value {
    match words {
        "none" => Value::NotApplicable,
        "?" => Value::Unknown(Vec::new()),
        number => Value::Known(Known::Number(number.parse::<Number>().unwrap())),
    }
}

#[test]
fn histories_come_to_what_the_table_says() {
    let table = include_str!("eval/history.txt").lines().filter(|it| !it.trim().is_empty() && !it.starts_with('#'));
    let rows: Vec<(&str, &str, &str)> = table
        .map(|line| {
            let (extras, rest) = line.split_once("   ").unwrap();
            let (condition, wanted) = rest.trim().split_once("   ").unwrap_or_else(|| panic!("{line}"));
            (extras.trim(), condition, wanted.trim())
        })
        .collect();
    let policy = policy_of(&rows.iter().map(|it| it.1.to_owned()).collect::<Vec<_>>());
    let mut wrong = Vec::new();
    for (at, (extras, condition, wanted)) in rows.iter().enumerate() {
        let extras: Vec<Value> = extras.split_whitespace().map(extra).collect();
        let came = render(&ask(&policy, &extras, at), &policy);
        if came != *wanted {
            wrong.push(format!("{condition}\n  wanted {wanted}\n  came   {came}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_longer_period_around_is_asked_on_its_own() {
    let more = "define sum_of_year of person each half_year = mark of the year around + pass_mark";
    let mut sources = Sources::new();
    sources.add("policy.merit".to_owned(), POLICY.to_owned());
    sources.add("more.merit".to_owned(), more.to_owned());
    let policy = compile(&sources).policy.unwrap();
    let mut facts = MemoryFacts::new(&policy);
    let (person, review) = (policy.record_named("person").unwrap(), policy.record_named("review").unwrap());
    let ada = RecordRef { record: person, key: Arc::from("Ada") };
    facts.set_panel(&ada, review, date(2026, 1, 1), policy.record(review).field_named("mark").unwrap(), extra("30"));
    let calendar = policy.main();
    let asked = &policy.definitions.iter().find(|it| it.label.name == "sum_of_year").unwrap().value;
    let ask = |on| {
        let period = calendar.period_containing(calendar.period_kind("half_year").unwrap(), on).unwrap();
        let scope = Scope::new(&policy, calendar, &facts, ada.clone(), Some(period), on);
        render(&eval::value(&scope, asked), &policy)
    };
    assert_eq!(ask(date(2026, 3, 1)), "80", "its own pass mark is that of January");
    assert_eq!(ask(date(2026, 9, 1)), "90", "its own pass mark is that of July");
    assert_eq!(ask(date(2025, 9, 1)), "not applicable", "before the first year there is nothing");
}

// ---- the counts

#[derive(Debug, Clone, Copy, PartialEq)]
enum Missing {
    Awaited,
    Skipped,
    Counted(bool),
}

#[derive(Debug, Clone, Copy)]
struct Count {
    count: usize,
    last: usize,
    consecutive: bool,
    breaks: bool,
    missing: Missing,
    afresh: bool,
}

/// Every count with small numbers.
fn counts() -> Vec<Count> {
    let mut all = Vec::new();
    for (count, last) in [(1, 1), (2, 2), (3, 3), (1, 2), (2, 3), (2, 4)] {
        for (consecutive, breaks, afresh) in (0..8).map(|it| (it & 1 > 0, it & 2 > 0, it & 4 > 0)) {
            for missing in [Missing::Awaited, Missing::Skipped, Missing::Counted(true), Missing::Counted(false)] {
                all.push(Count { count, last, consecutive, breaks, missing, afresh });
            }
        }
    }
    all
}

fn written(it: &Count) -> String {
    let (count, last) = (it.count, it.last);
    let periods = match it.consecutive {
        true if count == last => format!("{count} consecutive years"),
        true => format!("any {count} consecutive of the last {last} years"),
        false => format!("{count} of the last {last} years"),
    };
    let missing = match it.missing {
        Missing::Awaited => "",
        Missing::Skipped => ", skipping missing",
        Missing::Counted(true) => ", counting missing as yes",
        Missing::Counted(false) => ", counting missing as no",
    };
    let breaks = if it.breaks { ", which breaks the run" } else { "" };
    let afresh = if it.afresh { ", then afresh" } else { "" };
    format!("extra < 50 in {periods}{breaks}{missing}{afresh}")
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Year {
    Holds,
    Fails,
    DoesNotApply,
    IsMissing,
}

/// The years that count, oldest first, each either way.
fn enough(years: &[bool], it: &Count) -> bool {
    let window = &years[years.len().saturating_sub(it.last)..];
    match it.consecutive {
        true => window.windows(it.count).any(|run| run.iter().all(|holds| *holds)),
        false => window.iter().filter(|holds| **holds).count() >= it.count,
    }
}

/// Whether it holds in the last year, all facts at hand.
fn holds(years: &[bool], it: &Count) -> bool {
    if !it.afresh {
        return enough(years, it);
    }
    let (mut unused, mut held) = (Vec::new(), false);
    for year in years {
        unused.push(*year);
        held = enough(&unused, it);
        if held {
            unused.clear();
        }
    }
    held
}

/// Every way in which the years may turn out.
fn ways(years: &[Year], it: &Count) -> Vec<Vec<bool>> {
    let mut ways = vec![Vec::new()];
    for year in years {
        let turns: &[bool] = match (year, it.missing) {
            (Year::Holds, _) | (Year::IsMissing, Missing::Counted(true)) => &[true],
            (Year::Fails, _) | (Year::IsMissing, Missing::Counted(false)) => &[false],
            (Year::IsMissing, Missing::Awaited) => &[true, false],
            (Year::DoesNotApply, _) if it.breaks => &[false],
            (Year::DoesNotApply, _) | (Year::IsMissing, Missing::Skipped) => continue,
        };
        let longer = |way: &Vec<bool>| turns.iter().map(|turn| [way.clone(), vec![*turn]].concat()).collect::<Vec<_>>();
        ways = ways.iter().flat_map(longer).collect();
    }
    ways
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_count_is_undetermined_exactly_where_the_missing_facts_could_change_it(
        years in prop::collection::vec(
            prop_oneof![Just(Year::Holds), Just(Year::Fails), Just(Year::DoesNotApply), Just(Year::IsMissing)], 1..7,
        ),
    ) {
        let counts = counts();
        let policy = policy_of(&counts.iter().map(written).collect::<Vec<_>>());
        let words = years.iter().map(|it| match it {
            Year::Holds => "40",
            Year::Fails => "60",
            Year::DoesNotApply => "none",
            Year::IsMissing => "?",
        });
        let extras: Vec<Value> = words.map(extra).collect();
        for (at, it) in counts.iter().enumerate() {
            let came = ask(&policy, &extras, at);
            let came = match came {
                Value::Known(Known::YesNo(yes)) => Truth::of(yes),
                Value::NotApplicable => Truth::NotApplicable,
                _ => Truth::Unknown(Vec::new()),
            };
            let turned: Vec<bool> = ways(&years, it).iter().map(|way| holds(way, it)).collect();
            let wanted = match (years.last(), it.missing) {
                (Some(Year::DoesNotApply), _) => Truth::NotApplicable,
                (Some(Year::IsMissing), Missing::Skipped) => Truth::Unknown(Vec::new()),
                _ if turned.iter().all(|it| *it) => Truth::Yes,
                _ if turned.iter().all(|it| !*it) => Truth::No,
                _ => Truth::Unknown(Vec::new()),
            };
            prop_assert_eq!(came, wanted, "{} with {:?}", written(it), &years);
        }
    }
}
