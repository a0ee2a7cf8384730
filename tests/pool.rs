//! Pools of money: never more is spent than there is, and what is paid is what the plainest reckoning says.

use std::collections::BTreeMap;
use std::sync::Arc;

use merit::eval::framework::{Verdict, judge};
use merit::eval::{MemoryFacts, Scope};
use merit::ids::FieldId;
use merit::policy::compile;
use merit::policy::model::Policy;
use merit::source::Sources;
use merit::value::{Known, Number, RecordRef, Value};
use proptest::prelude::*;

const SHARINGS: [&str; 4] =
    ["pro rata", "by mark, the last one cut", "by mark, the last one skipped", "by mark, stop there"];

fn policy(budget: i64, sharing: &str) -> Policy {
    let text = format!(
        "calendar c {{ time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }}\n\
         record person {{ id key text; mark number; claim money USD; good yes/no }}\n\
         framework f {{ for each person each year; judged 30 June after the year; rewards all that apply\n\
         reward bonus {{ when good; amount claim, at most USD 9, rounded down to USD 1; within USD {budget}, {sharing} }} }}\n"
    );
    let sources = Sources::single("test.merit", &text);
    let compilation = compile(&sources);
    compilation.policy.unwrap_or_else(|| panic!("{}", compilation.diagnostics.render(&sources, false)))
}

/// Mark, claim, and whether they are proposed at all.
type Person = (Option<i64>, Option<i64>, Option<bool>);

/// What everybody is paid; nothing for whom it is undetermined.
fn came(budget: i64, sharing: &str, people: &[Person]) -> Vec<Option<i64>> {
    let policy = policy(budget, sharing);
    let Some(person) = policy.record_named("person") else { panic!("there is a person") };
    let key = |at: usize| RecordRef { record: person, key: Arc::from(format!("P{at}")) };
    let Ok(period) = policy.main().period_from_label(policy.frameworks[0].each, "2026") else { panic!("a period") };
    let mut facts = MemoryFacts::new(&policy);
    for (at, (mark, claim, good)) in people.iter().enumerate() {
        facts.declare(&key(at));
        let money = |it: i64| Known::Money { amount: Number::from(it), currency: Arc::from("USD") };
        let values = [mark.map(|it| Known::Number(Number::from(it))), claim.map(money), good.map(Known::YesNo)];
        for (field, value) in values.into_iter().enumerate() {
            if let Some(known) = value {
                facts.set(&key(at), FieldId::at(field + 1), period.first, Value::Known(known));
            }
        }
    }
    let scope = Scope::new(&policy, policy.main(), &facts, key(0), Some(period), period.last);
    let paid = |at| match judge(&scope.about(key(at)), &policy.frameworks[0]).swap_remove(0) {
        Verdict::Proposed(Some(Value::Known(Known::Money { amount, .. }))) => {
            amount.to_scaled(0).and_then(|it| i64::try_from(it).ok())
        }
        Verdict::No(_) => Some(0),
        Verdict::Undetermined(missing) => {
            assert!(!missing.is_empty());
            None
        }
        other => panic!("{other:?}"),
    };
    (0..people.len()).map(paid).collect()
}

/// The plainest reckoning, where everything is known.
fn reckoned(budget: i64, sharing: &str, people: &[(i64, i64, bool)]) -> Vec<i64> {
    let mut paid = vec![0; people.len()];
    let mut groups: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for (at, (mark, _, good)) in people.iter().enumerate() {
        if *good {
            groups.entry(if sharing == SHARINGS[0] { 0 } else { -mark }).or_default().push(at);
        }
    }
    let mut left = budget;
    for group in groups.values() {
        let claims: i64 = group.iter().map(|at| people[*at].1.min(9)).sum();
        if claims <= left {
            group.iter().for_each(|at| paid[*at] = people[*at].1.min(9));
            left -= claims;
            continue;
        }
        if sharing == SHARINGS[0] || sharing == SHARINGS[1] {
            group.iter().for_each(|at| paid[*at] = people[*at].1.min(9) * left / claims);
        }
        if sharing != SHARINGS[2] {
            break;
        }
    }
    paid
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, ..ProptestConfig::default() })]

    #[test]
    fn a_pool_is_shared_out_as_the_plainest_reckoning_does(
        budget in 0..40_i64,
        sharing in prop::sample::select(SHARINGS.to_vec()),
        people in prop::collection::vec((0..4_i64, 0..15_i64, prop::bool::weighted(0.8)), 1..7),
    ) {
        let known: Vec<Person> = people.iter().map(|it| (Some(it.0), Some(it.1), Some(it.2))).collect();
        let came: Vec<i64> = came(budget, sharing, &known).into_iter().flatten().collect();
        prop_assert_eq!(came, reckoned(budget, sharing, &people));
    }

    #[test]
    fn whatever_the_missing_facts_turn_out_to_be_the_budget_holds_what_is_paid(
        budget in 0..40_i64,
        sharing in prop::sample::select(SHARINGS.to_vec()),
        people in prop::collection::vec(
            (prop::option::weighted(0.8, 0..4_i64), prop::option::weighted(0.8, 0..15_i64), prop::option::weighted(0.7, any::<bool>())),
            1..7,
        ),
    ) {
        let came = came(budget, sharing, &people);
        let paid: i64 = came.iter().flatten().sum();
        prop_assert!(paid <= budget, "{:?} of {}", came, budget);
    }
}
