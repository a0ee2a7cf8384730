//! A simulation comes to the same however it is counted: batch by batch or from what is kept, on however many threads, by records of one's own
//! or of others, of all at once or one by one.

#![expect(clippy::unwrap_used, reason = "a test that can't be asked has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::civil::{Date, date};
use merit::eval::MemoryFacts;
use merit::ids::RecordId;
use merit::plan::Working;
use merit::policy::compile;
use merit::policy::model::{FieldKind, Policy};
use merit::simulate::{Progress, Question, Setting, Simulation, simulate};
use merit::source::Sources;
use merit::table::{Records, gather};
use merit::value::{Known, Number, RecordRef, Value};

/// People of three teams and any marks, some of which are missing.
fn people(policy: &Policy, which: std::ops::Range<usize>) -> MemoryFacts<'_> {
    let id = |name: &str| RecordId::at(policy.records.iter().position(|it| it.label.name == name).unwrap());
    let field = |record: &str, name: &str| policy.record(id(record)).field_named(name).unwrap();
    let mut facts = MemoryFacts::new(policy);
    for nth in which {
        let who = RecordRef { record: id("person"), key: format!("p{}", nth * 7_919 % 20_011).into() };
        facts.declare(&who);
        for (name, places) in [("team", 3), ("gender", 2)] {
            let FieldKind::Choice(list) = policy.field(id("person"), field("person", name)).kind else {
                panic!("a choice")
            };
            if name == "team" || nth % 5 > 0 {
                let place = u32::try_from(nth * 31 / 7 % places).unwrap();
                facts.set(&who, field("person", name), Date::MIN, Value::Known(Known::Choice(list, place)));
            }
        }
        if nth % 11 > 0 {
            let mark = Value::Known(Known::Number(Number::from(i64::try_from(nth * 6_151 % 101).unwrap())));
            facts.set_panel(&who, id("review"), date(2026, 1, 1), field("review", "mark"), mark);
        }
    }
    facts
}

/// The policy of the project in force, and others: stricter, with amounts beyond what is reckoned for all at once, with a new rule and without one, and one that gives
/// way and is asked row by row.
fn others() -> Vec<Policy> {
    let text = fs::read_to_string("tests/projects/marks/policy/marks.merit").unwrap();
    let paid = "amount KES 10,000 * mark / 100, rounded down to KES 100";
    let letter = "reward letter \"Letter <b>of thanks</b>\" { when mark >= 80 }";
    let changed = [
        text.clone(),
        text.replace("when mark < 30", "when mark < 45")
            .replace("mark >= 90", "mark >= 93")
            .replace("50 from", "60 from"),
        text.replace(
            paid,
            "amount KES 10,000 * mark * 100,000,000,000,000 / (mark + 7) / 100,000,000,000,000, rounded down to KES 1",
        ),
        text.replace(letter, "reward praise \"Praise\" { when mark >= 70; amount KES 7 }")
            .replace("10,000 *", "11,000 *"),
        text.replace("unless a sanction applies", "unless a sanction applies\n  gives way to discipline") + DISCIPLINE,
    ];
    assert!(changed[1..].iter().all(|it| *it != text));
    let compiled = changed.into_iter().map(|it| {
        let sources = Sources::single("marks.merit", it);
        let compilation = compile(&sources);
        compilation.policy.unwrap_or_else(|| panic!("{}", compilation.diagnostics.render(&sources, false)))
    });
    compiled.collect()
}

fn asked(policy: &Policy, working: Working, people: usize) -> Question {
    let framework = &policy.frameworks[0];
    Question {
        framework: framework.label.name.clone(),
        period: policy.main().period_from_label(framework.each, "2026").unwrap(),
        on: date(2027, 1, 31),
        by: vec![vec!["team".to_owned()], vec!["gender".to_owned(), "team".to_owned()], vec![]],
        least: 0,
        ask_missing: 3,
        people,
        working,
        progress: Progress::default(),
    }
}

fn all_of(policies: &[Policy], which: std::ops::Range<usize>, (apart, question): (bool, &Question)) -> Simulation {
    let records: Vec<Records> = policies
        .iter()
        .map(|it| gather(it, &people(it, which.clone()), date(2027, 1, 31), &mut |_, _, _| {}))
        .collect();
    let setting = |(at, policy)| Setting { name: NAMES[at], policy, records: &records[if apart { at } else { 0 }] };
    let settings: Vec<Setting<'_>> = policies.iter().enumerate().map(setting).collect();
    simulate(&settings, question).unwrap()
}

const DISCIPLINE: &str = "framework discipline \"Discipline\" {
  for each person each year
  judged    31 January after the year
  severity  rebuke (administrative)
  sanctions all that apply
  rewards   all that apply
  sanction rebuke \"Rebuke\" { when mark > 20 and team is west; automatic }
}
";

const NAMES: [&str; 5] = ["in force", "stricter", "divided", "praised", "giving way"];

#[test]
fn a_simulation_is_the_same_however_it_is_counted() {
    let policies = others();
    // Amounts in units alone are counted as they are worked out, unless people are to be told.
    for policies in [policies[..2].to_vec(), [0, 1, 3].map(|it| policies[it].clone()).to_vec(), policies] {
        let whole = Working { rows: 100_000, parts: 1 };
        let told = all_of(&policies, 0..1_500, (false, &asked(&policies[0], whole, 0)));
        let words = serde_json::to_value(&told).unwrap();
        assert!(told.changes.iter().all(|it| it.changed > 0 && it.people.is_empty()), "{words:#}");
        for (rows, parts) in [(1, 1), (7, 3), (64, 2), (1_499, 2)] {
            let question = asked(&policies[0], Working { rows, parts }, 0);
            assert_eq!(serde_json::to_value(all_of(&policies, 0..1_500, (false, &question))).unwrap(), words);
        }
        for apart in [false, true] {
            let told = all_of(&policies, 0..1_500, (apart, &asked(&policies[0], whole, usize::MAX)));
            assert_eq!(serde_json::to_value(&told).unwrap(), words, "kept, records apart: {apart}");
            let some = all_of(&policies, 0..1_500, (apart, &asked(&policies[0], whole, 5)));
            for (all, some) in told.changes.iter().zip(&some.changes) {
                assert_eq!(all.people.len(), all.changed);
                assert!(all.people.is_sorted_by(|a, b| a.key < b.key));
                assert!(all.people.iter().all(|it| it.before != it.after));
                assert_eq!(all.people[..5], some.people);
            }
        }
    }
}

#[test]
fn so_many_that_they_are_kept_in_parts_are_told_as_few_are() {
    let policies = [others()[0].clone(), others()[1].clone(), others()[3].clone()];
    let question = |people| asked(&policies[0], Working::default(), people);
    let told = all_of(&policies, 0..17_000, (false, &question(0)));
    for apart in [false, true] {
        let kept = all_of(&policies, 0..17_000, (apart, &question(1)));
        assert_eq!(serde_json::to_value(kept).unwrap(), serde_json::to_value(&told).unwrap());
    }
}

#[test]
fn what_is_counted_of_many_is_the_sum_of_what_is_counted_of_each() {
    let policies = others();
    let sums = |all: &[Simulation]| {
        let mut sums: BTreeMap<String, (usize, Number)> = BTreeMap::new();
        let mut add = |what: String, people: usize, paid: Number| {
            let sum = sums.entry(what).or_insert((0, Number::ZERO));
            *sum = (sum.0 + people, sum.1.add(paid).unwrap());
        };
        for told in all {
            for setting in &told.settings {
                add(format!("{} open", setting.name), setting.undetermined, Number::ZERO);
                for rule in &setting.rules {
                    let counts = [rule.proposed, rule.undetermined, rule.no, rule.not_covered];
                    for (kind, count) in counts.into_iter().enumerate() {
                        let paid = rule.cost.as_ref().map_or(Number::ZERO, |it| [it.known, it.could_add][kind % 2]);
                        add(format!("{} {} {kind}", setting.name, rule.name), count, paid);
                    }
                    let not_known = rule.cost.as_ref().map_or(0, |it| it.not_known);
                    add(format!("{} {} not known", setting.name, rule.name), not_known, Number::ZERO);
                }
            }
            for change in &told.changes {
                let counts = [change.changed, change.more_severe, change.less_severe, change.more_money];
                let more = [change.less_money, change.newly_undetermined, change.newly_decided];
                for (kind, count) in counts.into_iter().chain(more).enumerate() {
                    add(format!("to {} {kind}", change.to), count, Number::ZERO);
                }
                for moved in change.sanctions.iter().chain(&change.rewards) {
                    add(format!("to {}: {} to {}", change.to, moved.from, moved.to), moved.people, Number::ZERO);
                }
            }
            for (grouping, group) in told.groupings.iter().flat_map(|it| it.groups.iter().map(move |group| (it, group)))
            {
                let of = format!("{:?} {:?}", grouping.by, group.values);
                add(of.clone(), group.people, Number::ZERO);
                for (at, share) in group.shares.iter().enumerate() {
                    let counts =
                        [share.sanctioned, share.sanction_undetermined, share.rewarded, share.reward_undetermined];
                    for (kind, count) in counts.into_iter().enumerate() {
                        add(format!("{of} {at} {kind}"), count, Number::ZERO);
                    }
                    for cost in &share.cost {
                        add(format!("{of} {at} known"), cost.not_known, cost.known);
                        add(format!("{of} {at} could add"), 0, cost.could_add);
                    }
                }
                for (at, count) in group.changes.iter().flatten().enumerate() {
                    add(format!("{of} change {at}"), *count, Number::ZERO);
                }
            }
        }
        sums.retain(|_, it| *it != (0, Number::ZERO));
        sums
    };
    let question = asked(&policies[0], Working::default(), 0);
    let each: Vec<Simulation> = (0..250).map(|it| all_of(&policies, it..it + 1, (false, &question))).collect();
    let all = sums(&[all_of(&policies, 0..250, (false, &question))]);
    assert!(all.len() > 150, "{all:#?}");
    assert_eq!(all, sums(&each));
    let units = [policies[0].clone(), policies[1].clone(), policies[3].clone()];
    let each: Vec<Simulation> = (0..250).map(|it| all_of(&units, it..it + 1, (false, &question))).collect();
    assert_eq!(sums(&[all_of(&units, 0..250, (false, &question))]), sums(&each));
}

#[test]
fn each_is_told_of_once_for_each_policy_while_it_is_worked_out() {
    let policies = others();
    for (policies, apart) in [(&policies[..], false), (&policies[..], true), (&policies[..2], false)] {
        for kept in [0, 3] {
            let sum = Arc::new(AtomicUsize::new(0));
            let counting = Arc::clone(&sum);
            let progress = Progress::to(move |more| {
                counting.fetch_add(more, Ordering::Relaxed);
            });
            let question = Question { progress, ..asked(&policies[0], Working::default(), kept) };
            all_of(policies, 0..3_000, (apart, &question));
            assert_eq!(sum.load(Ordering::Relaxed), 3_000 * policies.len());
        }
    }
}
