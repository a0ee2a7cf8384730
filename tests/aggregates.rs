//! Aggregates over records of which facts are missing: what comes of them is the same whatever these turn out to be, or names exactly
//! those that could change it.

#![expect(clippy::unwrap_used, reason = "a test whose policy is wrong has failed")]

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::{Date, date};
use merit::eval::{MemoryFacts, Scope, value};
use merit::policy::compile;
use merit::policy::model::Policy;
use merit::source::Sources;
use merit::value::{Known, Number, RecordRef, Value};
use proptest::prelude::*;

const DAY: Date = date(2026, 6, 30);
/// Days that are missing may lie between, on and beyond those that are known.
const DAYS: [i64; 7] = [-1, 0, 1, 2, 3, 4, 9];
const KNOWN_DAYS: [i64; 3] = [0, 2, 3];

const POLICY: &str = r#"
calendar c { time zone "UTC"; working Monday to Friday; roll forward; month end back }
record person { id key text }
record incident of person { days number; counted yes/no; severe yes/no; rest optional number }
define how_many of person = count of incidents where counted
define sum_of_all of person = sum of days of incidents where counted
define mean of person = average of days of incidents where counted
define fewest of person = least of days of incidents where counted
define most of person = greatest of days of incidents where counted
define some of person = any incident where (counted and severe)
define clear of person = no incident where (counted and severe)
define each_one of person = every incident where counted satisfies severe
define rested of person = sum of rest of incidents where counted
define rested_least of person = least of rest of incidents where counted
define rested_mean of person = average of rest of incidents where counted
"#;

const NAMES: [&str; 11] = [
    "how_many",
    "sum_of_all",
    "mean",
    "fewest",
    "most",
    "some",
    "clear",
    "each_one",
    "rested",
    "rested_least",
    "rested_mean",
];

/// Days, whether it counts, and whether it is severe, each maybe unknown; and the rest, maybe none.
type Incident<T> = (T, T, T, Option<i64>);

/// An outcome: nothing where it does not apply; numbers in sixtieths, so that averages of up to five are whole.
type Outcome = Option<i64>;

fn plain(name: &str, incidents: &[Incident<i64>]) -> Outcome {
    let counted: Vec<&Incident<i64>> = incidents.iter().filter(|it| it.1 == 1).collect();
    let days: Vec<i64> = match name {
        "rested" | "rested_least" | "rested_mean" => counted.iter().filter_map(|it| it.3).collect(),
        _ => counted.iter().map(|it| it.0).collect(),
    };
    let severe = || counted.iter().filter(|it| it.2 == 1).count();
    let size = i64::try_from(days.len()).unwrap();
    match name {
        "how_many" => Some(60 * size),
        "sum_of_all" | "rested" => Some(60 * days.iter().sum::<i64>()),
        "mean" | "rested_mean" => (size > 0).then(|| 60 * days.iter().sum::<i64>() / size),
        "fewest" | "rested_least" => days.iter().min().map(|it| 60 * it),
        "most" => days.iter().max().map(|it| 60 * it),
        "some" => Some(i64::from(severe() > 0)),
        "clear" => Some(i64::from(severe() == 0)),
        _ => (!counted.is_empty()).then(|| i64::from(severe() == counted.len())),
    }
}

/// Where facts are missing: incident and field.
fn open(name: &str, incidents: &[Incident<Option<i64>>]) -> Vec<(usize, usize)> {
    let asked: &[usize] = match name {
        "how_many" | "rested" | "rested_least" | "rested_mean" => &[1],
        "sum_of_all" | "mean" | "fewest" | "most" => &[0, 1],
        _ => &[1, 2],
    };
    let places = (0..incidents.len()).flat_map(|at| asked.iter().map(move |field| (at, *field)));
    places.filter(|(at, field)| fact(&incidents[*at], *field).is_none()).collect()
}

fn fact(incident: &Incident<Option<i64>>, field: usize) -> Option<i64> {
    [incident.0, incident.1, incident.2][field]
}

fn choices(field: usize) -> &'static [i64] {
    if field == 0 { &DAYS } else { &[0, 1] }
}

/// The one outcome that all ways agree on, or the facts on which it depends.
fn expected(name: &str, incidents: &[Incident<Option<i64>>]) -> Result<Outcome, BTreeSet<String>> {
    let open = open(name, incidents);
    let outcome = |way: &[i64]| {
        let found = |at: usize, field: usize| {
            let filled = open.iter().position(|it| *it == (at, field)).map(|it| way[it]);
            filled.or_else(|| fact(&incidents[at], field)).unwrap_or(0)
        };
        let all = (0..incidents.len()).map(|at| (found(at, 0), found(at, 1), found(at, 2), incidents[at].3));
        plain(name, &all.collect::<Vec<_>>())
    };
    let mut ways: Vec<Vec<i64>> = vec![Vec::new()];
    for (_, field) in &open {
        ways = ways.iter().flat_map(|way| choices(*field).iter().map(|it| [way.as_slice(), &[*it]].concat())).collect();
    }
    let first = outcome(&ways[0]);
    if ways.iter().all(|it| outcome(it) == first) {
        return Ok(first);
    }
    let matters = |at: usize| {
        ways.iter().any(|way| {
            choices(open[at].1).iter().any(|it| {
                let mut other = way.clone();
                other[at] = *it;
                outcome(way) != outcome(&other)
            })
        })
    };
    let names = ["days", "counted", "severe"];
    let named = (0..open.len()).filter(|at| matters(*at));
    Err(named.map(|at| format!("{} of Ada/{}", names[open[at].1], open[at].0 + 1)).collect())
}

fn compiled() -> Policy {
    let sources = Sources::single("test.merit", POLICY);
    let compilation = compile(&sources);
    compilation.policy.unwrap_or_else(|| panic!("{}", compilation.diagnostics.render(&sources, false)))
}

fn came(policy: &Policy, name: &str, incidents: &[Incident<Option<i64>>]) -> Result<Outcome, BTreeSet<String>> {
    let ada = RecordRef { record: policy.record_named("person").unwrap(), key: Arc::from("Ada") };
    let kind = policy.record_named("incident").unwrap();
    let mut facts = MemoryFacts::new(policy);
    facts.declare(&ada);
    for incident in incidents {
        let child = facts.add_child(&ada, kind);
        let number = |it: i64| Known::Number(Number::from(it));
        let values = [
            ("days", incident.0.map(number)),
            ("counted", incident.1.map(|it| Known::YesNo(it == 1))),
            ("severe", incident.2.map(|it| Known::YesNo(it == 1))),
            ("rest", incident.3.map(number)),
        ];
        for (name, value) in values {
            let field = policy.record(kind).field_named(name).unwrap();
            value.into_iter().for_each(|it| facts.set(&child, field, DAY, it.into()));
        }
    }
    let definition = policy.definitions.iter().find(|it| it.label.name == name).unwrap();
    let scope = Scope::new(policy, policy.main(), &facts, ada, None, DAY);
    match value(&scope, &definition.value) {
        Value::Known(Known::YesNo(yes)) => Ok(Some(i64::from(yes))),
        Value::Known(Known::Number(number)) => {
            let sixtieths = number.multiply(Number::from(60)).unwrap().to_scaled(0).unwrap();
            Ok(Some(i64::try_from(sixtieths).unwrap()))
        }
        Value::NotApplicable => Ok(None),
        Value::Unknown(missing) => Err(missing.iter().map(ToString::to_string).collect()),
        other => panic!("{other:?}"),
    }
}

fn incident() -> impl Strategy<Value = Incident<Option<i64>>> {
    let days = || prop::sample::select(KNOWN_DAYS.to_vec());
    let yes = || prop::option::weighted(0.75, prop::sample::select(vec![1, 1, 0]));
    (prop::option::weighted(0.85, days()), yes(), yes(), prop::option::of(days()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_made_of_several_is_open_exactly_where_the_missing_facts_could_change_it(
        incidents in prop::collection::vec(incident(), 0..5),
    ) {
        let policy = compiled();
        for name in NAMES {
            if open(name, &incidents).len() <= 5 {
                prop_assert_eq!(came(&policy, name, &incidents), expected(name, &incidents), "{} of {:?}", name, incidents);
            }
        }
    }
}
