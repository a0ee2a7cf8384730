//! Spells: what is said of them is the same whatever the missing facts turn out to be, or is unknown; each day counts once, and is paid
//! once.

#![expect(clippy::unwrap_used, reason = "a test whose policy is wrong has failed")]

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use merit::eval::{MemoryFacts, Scope, value};
use merit::policy::compile;
use merit::policy::model::Policy;
use merit::source::Sources;
use merit::value::{Known, Missing, Number, RecordRef, Value};
use proptest::prelude::*;

/// Days are counted from here; the year that is asked for is of ten of them.
const START: Date = date(2026, 1, 1);
const JOINED: i64 = 2;
const FIRST: i64 = 3;
const LAST: i64 = 12;
/// As far as a day that is missing is tried.
const FAR: i64 = 16;

const POLICY: &str = r#"
calendar c {
  time zone "UTC"; working Monday to Friday; roll forward; month end back
  period term / terms starting on 4 January 2026, 14 January 2026, until 20 January 2026
}
record person { id key text; pay money USD per year; joined date }
record leave of person from began until back { began date; back date; counted yes/no; mark number from 0 to 100; may overlap }
define away of person each term = days of leaves within this term where counted
define any_then of person each term = any leave under way on 8 January 2026 where counted
define many of person each term = count of leaves within this term where counted
define long of person each term = count of leaves within this term where (counted and days > 2 days)
define last_day of person each term = 6 days after joined, not counting each leave over 2 days where counted
define paid of person each term = pay for the days of leaves within this term where counted
define merged of person each term = average of mark of leaves within this term where counted weighted by days
"#;

/// What each leave is marked, by its place.
const MARKS: [i64; 3] = [10, 10, 20];

/// First day, last day, and whether it counts; each maybe unknown.
type Leave<T> = (T, T, T);

fn day(at: i64) -> Date {
    START.checked_add(at.days()).unwrap()
}

fn compiled(text: &str) -> Policy {
    let sources = Sources::single("test.merit", text);
    let compilation = compile(&sources);
    compilation.policy.unwrap_or_else(|| panic!("{}", compilation.diagnostics.render(&sources, false)))
}

/// The outcome in the plainest form.
fn plain(name: &str, leaves: &[Leave<i64>]) -> String {
    let counted = || leaves.iter().filter(|it| it.2 == 1);
    let days = |it: &Leave<i64>| (it.0..=it.1).filter(|it| (FIRST..=LAST).contains(it)).collect::<BTreeSet<i64>>();
    let all: BTreeSet<i64> = counted().flat_map(days).collect();
    match name {
        "last_day" => {
            let long = || leaves.iter().filter(|it| it.2 == 1 && it.1 - it.0 + 1 > 2);
            let mut counted = (JOINED + 1..).filter(|day| !long().any(|it| (it.0..=it.1).contains(day)));
            day(counted.nth(5).unwrap()).to_string()
        }
        "away" => format!("{} days", all.len()),
        "any_then" => if counted().any(|it| (it.0..=it.1).contains(&7)) { "yes" } else { "no" }.to_owned(),
        "many" => counted().filter(|it| !days(it).is_empty()).count().to_string(),
        "long" => counted().filter(|it| days(it).len() > 2).count().to_string(),
        "merged" => {
            let marked = leaves.iter().zip(MARKS).filter(|it| it.0.2 == 1);
            let marked: Vec<(i64, i64)> =
                marked.map(|(it, mark)| (i64::try_from(days(it).len()).unwrap(), mark)).collect();
            let total = marked.iter().map(|it| it.0).sum::<i64>();
            let sum = Number::from(marked.iter().map(|it| it.0 * it.1).sum::<i64>());
            sum.divide(Number::from(total)).map_or_else(|_| "none".to_owned(), |it| it.to_string())
        }
        _ => format!("USD {}", all.len()),
    }
}

fn completions(leaves: &[Leave<Option<i64>>]) -> Vec<Vec<Leave<i64>>> {
    let choices = |it: Option<i64>, all: std::ops::RangeInclusive<i64>| it.map_or_else(|| all.collect(), |it| vec![it]);
    let mut ways: Vec<Vec<Leave<i64>>> = vec![Vec::new()];
    for leave in leaves {
        let own: Vec<Leave<i64>> = choices(leave.0, -1..=FAR)
            .into_iter()
            .flat_map(|first| choices(leave.1, -1..=FAR).into_iter().map(move |last| (first, last)))
            // Nobody enters a spell that ends before it begins.
            .filter(|(first, last)| first <= last)
            .flat_map(|(first, last)| choices(leave.2, 0..=1).into_iter().map(move |counts| (first, last, counts)))
            .collect();
        ways = ways.iter().flat_map(|way| own.iter().map(|it| [way.as_slice(), &[*it]].concat())).collect();
    }
    ways
}

fn came(policy: &Policy, name: &str, leaves: &[Leave<Option<i64>>]) -> Result<String, Vec<Missing>> {
    let record = |kind: &str, key: &str| RecordRef { record: policy.record_named(kind).unwrap(), key: Arc::from(key) };
    let ada = record("person", "Ada");
    let mut facts = MemoryFacts::new(policy);
    let pay = policy.record(ada.record).field_named("pay").unwrap();
    let dollars = Known::Money { amount: 365.into(), currency: Arc::from("USD") };
    facts.set(&ada, pay, START, dollars.into());
    let joined = policy.record(ada.record).field_named("joined").unwrap();
    facts.set(&ada, joined, START, Known::Date(day(JOINED)).into());
    let leave = policy.record_named("leave").unwrap();
    for ((first, last, counts), mark) in leaves.iter().zip(MARKS) {
        let child = facts.add_child(&ada, leave);
        let values = [
            first.map(|it| Known::Date(day(it))),
            last.map(|it| Known::Date(day(it))),
            counts.map(|it| Known::YesNo(it == 1)),
            Some(Known::Number(mark.into())),
        ];
        for (name, value) in ["began", "back", "counted", "mark"].into_iter().zip(values) {
            let field = policy.record(leave).field_named(name).unwrap();
            value.into_iter().for_each(|it| facts.set(&child, field, START, it.into()));
        }
    }
    let definition = policy.definitions.iter().find(|it| it.label.name == name).unwrap();
    let term = policy.main().period_containing(definition.each.unwrap(), day(FIRST)).unwrap();
    let scope = Scope::new(policy, policy.main(), &facts, ada, Some(term), term.last);
    match value(&scope, &definition.value) {
        Value::Unknown(missing) => Err(missing),
        Value::Known(Known::Duration { count, .. }) => Ok(format!("{count} days")),
        Value::Known(Known::Money { amount, .. }) => Ok(format!("USD {amount}")),
        Value::Known(Known::Number(number)) => Ok(number.to_string()),
        Value::Known(Known::Date(day)) => Ok(day.to_string()),
        Value::Known(Known::YesNo(yes)) => Ok(if yes { "yes" } else { "no" }.to_owned()),
        Value::NotApplicable => Ok("none".to_owned()),
        other => panic!("{other:?}"),
    }
}

fn leave() -> impl Strategy<Value = Leave<Option<i64>>> {
    let counts = prop::option::weighted(0.8, prop::sample::select(vec![1, 1, 0]));
    (0..FAR, 0..6_i64, 0..12_u8, counts).prop_map(|(first, length, missing, counts)| {
        let last = (first + length).min(FAR);
        ((missing != 0).then_some(first), (missing != 1).then_some(last), counts)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn days_are_open_exactly_where_the_missing_facts_could_change_them(leaves in prop::collection::vec(leave(), 0..4)) {
        let open = |it: &Leave<Option<i64>>| [it.0, it.1, it.2].iter().filter(|it| it.is_none()).count();
        prop_assume!(leaves.iter().map(open).sum::<usize>() <= 3);
        let policy = compiled(POLICY);
        let ways = completions(&leaves);
        for name in ["away", "any_then", "many", "long", "paid", "last_day", "merged"] {
            let outcomes: BTreeSet<String> = ways.iter().map(|it| plain(name, it)).collect();
            match came(&policy, name, &leaves) {
                Ok(came) => prop_assert_eq!(BTreeSet::from([came]), outcomes, "{} of {:?}", name, leaves),
                Err(missing) => {
                    prop_assert!(!missing.is_empty());
                    // An unknown number of days compares as unknown, whatever its bounds.
                    prop_assert!(outcomes.len() > 1 || name == "long", "{} of {:?} is {:?} in any case: {:?}", name, leaves, outcomes, missing);
                }
            }
        }
    }
}

#[test]
fn pay_follows_the_year_of_each_day() {
    let head = "calendar c { time zone \"UTC\"; working Monday to Friday; roll forward";
    let rest = "}\nrecord person { id key text; pay money USD per year; wage money USD per month }\n\
                record leave of person from began until back { began date; back date }\n\
                define paid of person = pay for the days of leaves within 12 months before 30 June 2024\n\
                define wages of person = wage for the days of leaves within 12 months before 30 June 2024\n";
    // From 31 December 2023 to 2 January 2024, at 366 a year and 31 a month.
    for (period, expected) in [
        ("", "USD 3.0027"),
        ("; period year / years every 12 months from 1 July, written 2025/26", "USD 3"),
        ("; period quarter_hour / quarter_hours every 3 months from 1 July, written 2025/26", "USD 3.0027"),
    ] {
        let policy = compiled(&format!("{head}{period}{rest}"));
        let mut facts = MemoryFacts::new(&policy);
        let ada = RecordRef { record: policy.record_named("person").unwrap(), key: Arc::from("Ada") };
        let dollars = |it: i64| Value::Known(Known::Money { amount: it.into(), currency: Arc::from("USD") });
        let field = |name: &str| policy.record(ada.record).field_named(name).unwrap();
        facts.set(&ada, field("pay"), START, dollars(366));
        facts.set(&ada, field("wage"), START, dollars(31));
        let leave = policy.record_named("leave").unwrap();
        let child = facts.add_child(&ada, leave);
        let ends = [("began", date(2023, 12, 31)), ("back", date(2024, 1, 2))];
        for (name, day) in ends {
            facts.set(&child, policy.record(leave).field_named(name).unwrap(), START, Known::Date(day).into());
        }
        let scope = Scope::new(&policy, policy.main(), &facts, ada, None, date(2024, 6, 30));
        let asked = |at: usize| match value(&scope, &policy.definitions[at].value) {
            Value::Known(Known::Money { amount, .. }) => {
                let cents = amount.round(merit::value::Rounding::HalfUp, "0.0001".parse().unwrap()).unwrap();
                format!("USD {cents}")
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(asked(0), expected, "with{period}");
        assert_eq!(asked(1), "USD 3");
    }
}
