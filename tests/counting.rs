//! A simulation comes to the same however it is counted: batch by batch or from what is kept, on however many threads, by records of one's own
//! or of others, of all at once or one by one.

#![expect(clippy::unwrap_used, reason = "a test that can't be asked has failed")]

mod marked;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::civil::date;
use marked::{NAMES, asked, others, people};
use merit::plan::Working;
use merit::policy::model::Policy;
use merit::simulate::{Progress, Question, Setting, Simulation, simulate};
use merit::table::{Records, gather};
use merit::value::Number;

fn all_of(policies: &[Policy], which: std::ops::Range<usize>, (apart, question): (bool, &Question)) -> Simulation {
    let records: Vec<Records> = policies
        .iter()
        .map(|it| gather(it, &people(it, which.clone()), date(2027, 1, 31), &mut |_, _, _| {}))
        .collect();
    let setting = |(at, policy)| Setting { name: NAMES[at], policy, records: &records[if apart { at } else { 0 }] };
    let settings: Vec<Setting<'_>> = policies.iter().enumerate().map(setting).collect();
    simulate(&settings, question).unwrap()
}

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
