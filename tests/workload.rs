//! The workload of `benches/workload`, judged by the plain evaluator: both frameworks come to the checksums that its README fixes.

#![cfg(feature = "parquet")]
#![expect(clippy::unwrap_used, reason = "a test whose policy can't be read has failed")]

use std::path::Path;
use std::thread;

use merit::casework::examples;
use merit::eval::framework::{Verdict, judge};
use merit::eval::{Reading, Scope, value};
use merit::exchange::{PopulationFile, population};
use merit::plan::{Amount, At, Judging, Lowered, NodeId, Planner, Told, View, Working};
use merit::policy::framework::{Framework, OutcomeRule, Proposed};
use merit::policy::model::{Expr, Policy};
use merit::policy::{compile_deployed, compile_scenario, compile_to_try};
use merit::source::Sources;
use merit::table::Records;
use merit::value::{Known, Number, Value};

mod columns;

use columns::{Columns, Tables};

/// In force and candidate: the checksum of each, and of the groups.
const FIXED: ([i64; 2], i64) = ([395_056_268_137, 402_215_411_288], 26_076_542);

/// What becomes of one officer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Outcome {
    /// From 1, the poorest, to 5; 0 where it is not known.
    band: i64,
    /// The most severe sanction that is proposed, and that is open; 0 for none.
    sanction: Highest,
    /// The same of rewards.
    reward: Highest,
    cost: i64,
    cost_upper: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Highest {
    proposed: i64,
    open: i64,
}

impl Highest {
    fn is_undetermined(&self) -> bool {
        self.open > self.proposed
    }
}

impl Outcome {
    fn code(&self) -> i64 {
        self.band
            + 8 * self.sanction.proposed
            + 64 * i64::from(self.sanction.is_undetermined())
            + 128 * self.reward.proposed
            + 512 * i64::from(self.reward.is_undetermined())
    }
}

fn text() -> Vec<(String, String)> {
    let file = |name: &str| {
        let path = Path::new("benches/workload/policy").join(name);
        (name.to_owned(), std::fs::read_to_string(path).unwrap())
    };
    ["workload.merit", "candidate.merit", "examples.merit"].map(file).to_vec()
}

/// The framework in force, or that of a scenario.
fn policy(text: Vec<(String, String)>, scenario: Option<&str>) -> Policy {
    let sources = Sources::of(text);
    let compilation = match scenario {
        None => compile_deployed(&sources, None),
        Some(name) => compile_scenario(&sources, None, name).unwrap(),
    };
    let findings = compilation.diagnostics.render(&sources, false);
    compilation.policy.unwrap_or_else(|| panic!("{findings}"))
}

fn outcomes(policy: &Policy, tables: &Tables) -> Vec<Outcome> {
    let columns = Columns::new(policy, tables);
    let framework = &policy.frameworks[0];
    let year = policy.main().period_from_label(framework.each, "2025").unwrap();
    let first = columns.officers()[0].clone();
    let scope = Scope::new(policy, policy.main(), &columns, first, Some(year), year.last).reading(Reading::PeriodEnd);
    let step = &policy.definitions.iter().find(|it| it.label.name == "step").unwrap().value;
    columns.officers().iter().map(|it| outcome(&scope.about(it.clone()), framework, step)).collect()
}

fn outcome(scope: &Scope<'_>, framework: &Framework, step: &Expr) -> Outcome {
    let step = value(scope, step);
    let band = if let Value::Unknown(_) = step { 0 } else { whole(&step) };
    let mut outcome = Outcome { band, ..Outcome::default() };
    let (mut sanctions, mut rewards) = (0, 0);
    for (rule, verdict) in framework.rules.iter().zip(judge(scope, framework)) {
        let (degree, highest) = match rule.what() {
            Proposed::Sanction => (&mut sanctions, &mut outcome.sanction),
            _ => (&mut rewards, &mut outcome.reward),
        };
        *degree += 1;
        match verdict {
            Verdict::Proposed(amount) => {
                highest.proposed = *degree;
                let amount = amount.map_or(0, |it| whole(&it));
                outcome.cost += amount;
                outcome.cost_upper += amount;
            }
            Verdict::Undetermined(_) => {
                highest.open = *degree;
                outcome.cost_upper += amount(scope, rule);
            }
            Verdict::No(_) | Verdict::NotCovered => {}
        }
    }
    outcome
}

fn amount(scope: &Scope<'_>, rule: &OutcomeRule) -> i64 {
    rule.amount.as_ref().map_or(0, |it| whole(&value(scope, it)))
}

fn whole(value: &Value) -> i64 {
    match value {
        Value::Known(Known::Number(number)) => i64::try_from(number.to_scaled(0).unwrap()).unwrap(),
        other => panic!("no number: {other:?}"),
    }
}

/// The checksum of one framework.
fn checksum(outcomes: &[Outcome]) -> i64 {
    let one = |(weight, it): (i64, &Outcome)| (it.code() * 10_007 + it.cost + it.cost_upper) * (weight % 101 + 1);
    (0..).zip(outcomes).map(one).sum()
}

/// The checksum of the table by ministry, grade and gender, both frameworks together. It is a sum over the groups, so that each
/// officer may be added to it alone, but for what is paid.
fn checksum_of_groups(tables: &Tables, [before, after]: [&[Outcome]; 2]) -> i64 {
    let of = |name: &str, at: usize| tables.officers[name][at].unwrap();
    let one = |(at, (before, after)): (usize, (&Outcome, &Outcome))| {
        let group = (of("ministry", at) * 8 + of("grade", at) - 1) * 2 + of("gender", at);
        let (both, either) = ([before, after], i64::from);
        let count = |holds: &dyn Fn(&Outcome) -> bool| both.into_iter().map(|it| either(holds(it))).sum::<i64>();
        let worse = after.sanction.proposed > before.sanction.proposed;
        let better = after.sanction.proposed < before.sanction.proposed;
        let counts = 1
            + 3 * count(&|it| it.sanction.proposed > 0)
            + 5 * count(&|it| it.sanction.is_undetermined())
            + 7 * count(&|it| it.reward.proposed > 0)
            + 11 * count(&|it| it.reward.is_undetermined())
            + 13 * either(before.code() != after.code())
            + 17 * either(worse)
            + 19 * either(better);
        (group + 1) * counts
    };
    let counts: i64 = before.iter().zip(after).enumerate().map(one).sum();
    let before: i64 = before.iter().map(|it| it.cost_upper).sum();
    let after: i64 = after.iter().map(|it| it.cost).sum();
    counts + (before + after) % 1_000_003
}

#[test]
fn both_frameworks_come_to_the_checksums_that_are_fixed() {
    let tables = Tables::read(Path::new("benches/data"));
    let judged = |scenario| {
        let policy = policy(text(), scenario);
        let failures: Vec<_> = policy.examples.iter().flat_map(|it| examples::run(&policy, it).failures).collect();
        assert!(failures.is_empty(), "{failures:?}");
        outcomes(&policy, &tables)
    };
    let (before, after) = thread::scope(|threads| {
        let before = threads.spawn(|| judged(None));
        let after = judged(Some("candidate"));
        (before.join().unwrap(), after)
    });
    let frameworks = [checksum(&before), checksum(&after)];
    assert_eq!((frameworks, checksum_of_groups(&tables, [&before, &after])), FIXED);
}

/// The outcomes of both frameworks, as one plan tells them of everybody at once.
fn planned(policies: &[Policy], records: &Records, working: Working) -> (Vec<Vec<Outcome>>, usize) {
    let mut planner = Planner::new(records);
    let (mut wanted, mut asked) = (Vec::new(), Vec::new());
    for policy in policies {
        let framework = &policy.frameworks[0];
        let year = policy.main().period_from_label(framework.each, "2025").unwrap();
        let ground = planner.ground(policy, framework);
        let at = At::judging(framework, year, year.last);
        let step = &policy.definitions.iter().find(|it| it.label.name == "step").unwrap().value;
        let step = planner.expression(ground, at, step).unwrap();
        let judging = planner.judging(ground, 0, at).unwrap();
        let first = wanted.len();
        wanted.extend(step.nodes());
        for rule in &judging.rules {
            wanted.push(rule.verdict);
            if let Amount::Number(of) = rule.amount {
                wanted.extend(Lowered::Number(of).nodes());
            }
        }
        asked.push((framework, step, judging, first));
    }
    let subject = policies[0].frameworks[0].subject;
    let batches = planner.work(working, (subject, &wanted), |rows, views| {
        let outcome = |(framework, step, judging, first): &(&Framework, Lowered, Judging, usize), row| {
            let band = if let Told::Number(it) = step.told(&views[*first..], row) { units(&it) } else { 0 };
            let mut outcome = Outcome { band, ..Outcome::default() };
            let (mut next, mut sanctions, mut rewards) = (first + step.nodes().len(), 0, 0);
            for (rule, nodes) in framework.rules.iter().zip(&judging.rules) {
                let (degree, highest) = match rule.what() {
                    Proposed::Sanction => (&mut sanctions, &mut outcome.sanction),
                    _ => (&mut rewards, &mut outcome.reward),
                };
                *degree += 1;
                let verdict = Lowered::Truth(nodes.verdict).told(&views[next..], row);
                next += 1;
                let mut amount = 0;
                if let Amount::Number(of) = nodes.amount {
                    if let Told::Number(it) = Lowered::Number(of).told(&views[next..], row) {
                        amount = units(&it);
                    }
                    next += Lowered::Number(of).nodes().len();
                }
                match verdict {
                    Told::Truth(true) => {
                        highest.proposed = *degree;
                        outcome.cost += amount;
                        outcome.cost_upper += amount;
                    }
                    Told::Unknown => {
                        highest.open = *degree;
                        outcome.cost_upper += amount;
                    }
                    _ => {}
                }
            }
            outcome
        };
        asked.iter().map(|it| (0..rows.len()).map(|row| outcome(it, row)).collect()).collect::<Vec<Vec<Outcome>>>()
    });
    let mut outcomes: Vec<Vec<Outcome>> = policies.iter().map(|_| Vec::new()).collect();
    for batch in batches {
        for (all, part) in outcomes.iter_mut().zip(batch) {
            all.extend(part);
        }
    }
    (outcomes, planner.plain_nodes())
}

fn units(number: &Number) -> i64 {
    i64::try_from(number.to_scaled(0).unwrap()).unwrap()
}

fn files(policy: &Policy, folder: &Path) -> Vec<PopulationFile> {
    let file = |name: &str, kind: &str| PopulationFile {
        record: policy.record_named(kind).unwrap(),
        path: folder.join(format!("{name}.parquet")),
    };
    vec![file("officers", "officer"), file("appraisals", "appraisal"), file("incidents", "incident")]
}

#[test]
fn a_plan_of_both_frameworks_comes_to_the_same_checksums_and_asks_nobody_one_by_one() {
    let policies = [tried(None), tried(Some("candidate"))];
    let folder = std::env::var("BENCH_DATA").map_or_else(|_| "benches/data".into(), std::path::PathBuf::from);
    let records = population(&policies[0], &files(&policies[0], &folder), false).unwrap().records;
    let tables = Tables::read(&folder);
    let fixed = match tables.count() {
        10_000 => FIXED,
        100_000 => ([3_924_879_593_548, 3_998_424_388_468], 251_990_392),
        1_000_000 => ([39_108_918_785_649, 39_751_980_369_965], 2_518_187_561),
        other => panic!("no checksum is fixed for {other} officers"),
    };
    for working in [Working::default(), Working { rows: 97, parts: 3 }] {
        let (outcomes, plain) = planned(&policies, &records, working);
        let frameworks = [checksum(&outcomes[0]), checksum(&outcomes[1])];
        assert_eq!((frameworks, checksum_of_groups(&tables, [&outcomes[0], &outcomes[1]])), fixed);
        assert_eq!(plain, 0, "every node has a kernel");
    }
}

fn tried(scenario: Option<&str>) -> Policy {
    let sources = Sources::of(text());
    compile_to_try(&sources, None, scenario).unwrap().policy.unwrap()
}

/// What a plan is asked of a policy's framework: verdicts and amounts.
fn asked_of<'a>(planner: &mut Planner<'a>, policy: &'a Policy) -> Vec<NodeId> {
    let framework = &policy.frameworks[0];
    let year = policy.main().period_from_label(framework.each, "2025").unwrap();
    let ground = planner.ground(policy, framework);
    let judging = planner.judging(ground, 0, At::judging(framework, year, year.last)).unwrap();
    let amount = |amount| if let Amount::Number(of) = amount { Lowered::Number(of).nodes() } else { Vec::new() };
    judging.rules.iter().flat_map(|it| std::iter::once(it.verdict).chain(amount(it.amount))).collect()
}

#[test]
fn of_another_value_only_what_rests_on_it_is_worked_out_again() {
    let candidate = |value: &str, to: &str| {
        let text = text().into_iter().map(|(name, text)| (name, text.replace(value, to)));
        compile_to_try(&Sources::of(text.collect()), None, Some("candidate")).unwrap().policy.unwrap()
    };
    let own = tried(Some("candidate"));
    let records = population(&own, &files(&own, Path::new("benches/data")), false).unwrap().records;
    let again = |other: &Policy| {
        let mut planner = Planner::new(&records);
        asked_of(&mut planner, &own);
        let first = planner.nodes();
        let wanted = asked_of(&mut planner, other);
        let all = planner.worked_out(&wanted).len();
        planner.keep(Working::default(), &planner.frontier(first, &wanted));
        let again = planner.worked_out(&wanted);
        assert!(again.iter().all(|it| *it as usize >= first), "whatever was there before is not worked out again");
        // What comes of it is what comes of it alone.
        let subject = other.frameworks[0].subject;
        let states = |planner: &Planner<'_>, wanted: &[NodeId]| {
            planner.work(Working::default(), (subject, wanted), |rows, views| {
                let of = |view: &View<'_>| {
                    let is = |row: usize| (view.state[row], if view.state[row] == 1 { view.unit(row) } else { 0 });
                    (0..rows.len()).map(is).collect::<Vec<_>>()
                };
                views.iter().map(of).collect::<Vec<_>>()
            })
        };
        let mut alone = Planner::new(&records);
        let wanted_alone = asked_of(&mut alone, other);
        assert!(states(&planner, &wanted) == states(&alone, &wanted_alone));
        (again.iter().map(|it| planner.kind_of(*it)).collect::<Vec<_>>(), all)
    };
    let warn = candidate("set     warn 650 from 2021", "set     warn 660 from 2021");
    let (kinds, all) = again(&warn);
    let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
    let expected = [
        // Three scores below it, in two pairs of years, in any of which a warning is due.
        "Compare", "Compare", "Compare", "All", "All", "Any",
        // What takes rewards away, and whoever is on probation besides; the letter, the commendation and the bonus.
        "Any", "Any", "Not", "All", "Not", "All", "All",
    ];
    assert_eq!((kinds.as_slice(), all), (expected.as_slice(), 142));
    let rate = candidate("set     rate 3 from 2021", "set     rate 4 from 2021");
    let (kinds, all) = again(&rate);
    assert_eq!((kinds.len(), all), (75, 142), "everything behind the score");
}

#[test]
fn one_by_one_everybody_comes_to_what_all_together_do() {
    let policy = tried(Some("candidate"));
    let records = population(&policy, &files(&policy, Path::new("benches/data")), false).unwrap().records;
    let mut planner = Planner::new(&records);
    let wanted = asked_of(&mut planner, &policy);
    let subject = policy.frameworks[0].subject;
    let of = |views: &[View<'_>], row: usize| views.iter().map(|it| it.state[row]).collect::<Vec<u8>>();
    let together = planner.work(Working::default(), (subject, &wanted), |rows, views| {
        (0..rows.len()).map(|row| of(views, row)).collect::<Vec<_>>()
    });
    let alone = planner.one_by_one(Working::default(), (subject, &wanted), 0..10_000, |_, views| of(views, 0));
    assert!(together.concat() == alone);
    assert_eq!(alone.len(), 10_000);
}

/// The text with another value of a parameter.
fn with(text: &str, (parameter, value): (&str, &str)) -> String {
    let head = format!("parameter {parameter} ");
    let line = text.lines().find(|it| it.starts_with(&head)).unwrap();
    let (title, _) = line.rsplit_once('"').unwrap();
    text.replace(line, &format!("{title}\" {value}"))
}

#[test]
fn a_value_changed_in_the_text_changes_what_comes_of_it_and_nothing_else() {
    let tables = Tables::read(Path::new("benches/data"));
    let text = text().swap_remove(0).1;
    let judged = |changes: &[(&str, &str)], share: &str| {
        let text = changes.iter().fold(text.replace("top 5%", share), |text, it| with(&text, *it));
        checksum(&outcomes(&policy(vec![("workload.merit".to_owned(), text)], None), &tables))
    };
    let came = thread::scope(|threads| {
        let few = threads.spawn(|| judged(&[("warn", "650"), ("rate", "3"), ("block", "2")], "top 5%"));
        let all = judged(&EVERYTHING, "top 8%");
        (few.join().unwrap(), all)
    });
    assert_eq!(came, (384_658_565_310, 642_244_479_692), "as a program written by hand has it");
}

/// A framework in which no value is as it is in force.
const EVERYTHING: [(&str, &str); 21] = [
    ("rate", "3"),
    ("cap", "90"),
    ("weight", "7 from 2021, 0 from 2022, 20 from 2023, 30 from 2024, 43 from 2025"),
    ("min_cov", "85"),
    ("t1", "550"),
    ("t2", "650"),
    ("t3", "700"),
    ("t4", "880"),
    ("warn", "640"),
    ("high", "870"),
    ("bonus_pct", "4%"),
    ("bonus_cap", "30000"),
    ("decline", "90"),
    ("improve", "100"),
    ("late_limit", "25"),
    ("chronic_n", "2"),
    ("absence_n", "2"),
    ("top_floor", "820"),
    ("award", "12345"),
    ("block", "4"),
    ("miss_reports_n", "1"),
];
