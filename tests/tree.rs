//! Trees: what stands below counts, however deep; what goes round in a circle is unknown, says so, and never hangs.

#![expect(clippy::unwrap_used, reason = "a test whose policy is wrong has failed")]

use std::sync::Arc;

use jiff::civil::{Date, date};
use merit::eval::{MemoryFacts, Scope, value};
use merit::policy::compile;
use merit::policy::model::Policy;
use merit::source::Sources;
use merit::value::{Known, Number, RecordRef, Value};
use proptest::prelude::*;

const DAY: Date = date(2026, 6, 30);
const POLICY: &str = r#"
calendar c { time zone "UTC"; working Monday to Friday; roll forward; month end back }
record unit { id key text; cost number; parent dated optional unit }
record person { id key text; unit dated optional unit }
define staff of unit = count of persons whose unit is within this unit
define below of unit = count of units whose parent is within this unit
define spent of unit = cost + sum of spent of units whose parent is this unit
"#;

fn compiled(text: &str) -> Policy {
    let sources = Sources::single("test.merit", text);
    let compilation = compile(&sources);
    compilation.policy.unwrap_or_else(|| panic!("{}", compilation.diagnostics.render(&sources, false)))
}

fn codes_of(text: &str) -> Vec<&'static str> {
    compile(&Sources::single("test.merit", text)).diagnostics.iter().map(|it| it.code.0).collect()
}

/// Units by their number, each with what it costs and the one above; one person sits in each.
struct Office<'p> {
    policy: &'p Policy,
    facts: MemoryFacts<'p>,
}

impl<'p> Office<'p> {
    fn new(policy: &'p Policy, units: &[(Option<i64>, Option<usize>)]) -> Self {
        let mut office = Self { policy, facts: MemoryFacts::new(policy) };
        for (at, (cost, above)) in units.iter().enumerate() {
            let (unit, person) = (office.unit(at), office.record("person", &format!("P{at}")));
            office.facts.declare(&unit);
            if let Some(cost) = cost {
                office.set(&unit, "cost", Known::Number(Number::from(*cost)), DAY);
            }
            if let Some(above) = above {
                office.set(&unit, "parent", Known::Record(office.unit(*above)), DAY);
            }
            office.set(&person, "unit", Known::Record(unit), DAY);
        }
        office
    }

    fn record(&self, kind: &str, key: &str) -> RecordRef {
        RecordRef { record: self.policy.record_named(kind).unwrap(), key: Arc::from(key) }
    }

    fn unit(&self, at: usize) -> RecordRef {
        self.record("unit", &format!("U{at}"))
    }

    fn set(&mut self, of: &RecordRef, field: &str, known: Known, from: Date) {
        let field = self.policy.record(of.record).field_named(field).unwrap();
        self.facts.set(of, field, from, Value::Known(known));
    }

    fn asked(&self, name: &str, unit: usize, on: Date) -> Value {
        let definition = self.policy.definitions.iter().find(|it| it.label.name == name).unwrap();
        let scope = Scope::new(self.policy, self.policy.main(), &self.facts, self.unit(unit), None, on);
        value(&scope, &definition.value)
    }

    fn number(&self, name: &str, unit: usize) -> i64 {
        match self.asked(name, unit, DAY) {
            Value::Known(Known::Number(number)) => i64::try_from(number.to_scaled(0).unwrap()).unwrap(),
            other => panic!("{name} of U{unit} is {other:?}"),
        }
    }
}

#[test]
fn everything_below_counts_as_it_stands_on_the_day() {
    let policy = compiled(POLICY);
    let mut office = Office::new(&policy, &[(Some(1), None), (Some(2), Some(0)), (Some(4), Some(1)), (Some(8), None)]);
    assert_eq!((office.number("staff", 0), office.number("below", 0), office.number("spent", 0)), (3, 2, 7));
    assert_eq!((office.number("staff", 3), office.number("below", 3), office.number("spent", 3)), (1, 0, 8));
    office.set(&office.unit(1), "parent", Known::Record(office.unit(3)), date(2026, 7, 1));
    assert_eq!(office.number("spent", 0), 7, "the day before");
    let later = |it: i64| Value::Known(Known::Number(Number::from(it)));
    assert_eq!(office.asked("spent", 0, date(2026, 7, 1)), later(1));
    assert_eq!(office.asked("staff", 3, date(2026, 7, 1)), later(3));
}

#[test]
fn what_is_missing_below_is_named() {
    let policy = compiled(POLICY);
    let office = Office::new(&policy, &[(Some(1), None), (Some(2), Some(0)), (None, Some(1)), (Some(8), Some(0))]);
    let Value::Unknown(missing) = office.asked("spent", 0, DAY) else { panic!("the cost of U2 is not known") };
    assert_eq!(missing.iter().map(ToString::to_string).collect::<Vec<_>>(), ["cost of U2"]);
    assert_eq!(office.number("spent", 3), 8);
}

#[test]
fn a_circle_is_unknown_and_what_stands_beside_it_is_not() {
    let policy = compiled(POLICY);
    let circle = [(Some(1), Some(2)), (Some(2), Some(0)), (Some(4), Some(1)), (Some(8), Some(2)), (Some(16), Some(3))];
    let office = Office::new(&policy, &circle);
    for name in ["spent", "staff", "below"] {
        let Value::Unknown(missing) = office.asked(name, 0, DAY) else { panic!("{name} goes round in a circle") };
        assert!(missing[0].to_string().contains("circle: U0, U1, U2"), "{missing:?}");
    }
    assert_eq!((office.number("spent", 3), office.number("staff", 3)), (24, 2));
}

#[test]
fn a_very_deep_tree_neither_hangs_nor_falls() {
    let policy = compiled(POLICY);
    let units: Vec<_> = (0..400_usize).map(|at| (Some(1), at.checked_sub(1))).collect();
    let office = Office::new(&policy, &units);
    assert_eq!((office.number("staff", 0), office.number("below", 0)), (400, 399));
    let Value::Unknown(missing) = office.asked("spent", 0, DAY) else { panic!("deeper than can be followed") };
    assert!(missing[0].to_string().contains("60 levels"), "{missing:?}");
    let office = Office::new(&policy, &units[..60]);
    assert_eq!(office.number("spent", 0), 60);
}

#[test]
fn a_definition_rests_on_itself_only_right_below() {
    let with = |line: &str| format!("{POLICY}{line}\n");
    let right = "define a of unit = 1 + sum of a of units whose parent is this unit";
    assert_eq!(codes_of(&with(right)), [""; 0]);
    for wrong in [
        "define a of unit = sum of a of units whose parent is within this unit",
        "define a of unit = sum of (a of parent) of units whose parent is this unit",
        "define a of unit = a of parent + 1",
        "define a of unit = sum of b of units whose parent is this unit\ndefine b of unit = a",
    ] {
        assert_eq!(codes_of(&with(wrong)), ["M0209"], "{wrong}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    /// Each unit stands below one with a smaller number: a tree, whatever the draw.
    #[test]
    fn a_sum_from_the_leaves_up_is_the_sum_over_all_that_stands_below(
        units in prop::collection::vec((0..100_i64, prop::option::weighted(0.8, 0..100_usize)), 1..20),
    ) {
        let above = |at: usize, draw: Option<usize>| draw.filter(|_| at > 0).map(|it| it % at);
        let units: Vec<_> = units.iter().enumerate().map(|(at, (cost, draw))| (Some(*cost), above(at, *draw))).collect();
        let policy = compiled(POLICY);
        let office = Office::new(&policy, &units);
        for unit in 0..units.len() {
            let is_below = |at: usize| {
                std::iter::successors(Some(at), |at| units[*at].1).any(|it| it == unit)
            };
            let all: Vec<usize> = (0..units.len()).filter(|it| is_below(*it)).collect();
            let sum: i64 = all.iter().filter_map(|it| units[*it].0).sum();
            prop_assert_eq!(office.number("spent", unit), sum);
            prop_assert_eq!(office.number("staff", unit), i64::try_from(all.len()).unwrap());
            prop_assert_eq!(office.number("below", unit), i64::try_from(all.len()).unwrap() - 1);
        }
    }
}
