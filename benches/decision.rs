//! One decision: one officer of the workload, one framework, five years; places known, one thread. `cargo bench --features parquet --bench decision`.
//!
//! The records are those of `benches/data`. Printed are the nanoseconds of a decision, the median, the least and the greatest of eleven rounds
//! over ten thousand officers.

use std::path::Path;
use std::time::Instant;

use merit::exchange::{PopulationFile, population};
use merit::plan::{Amount, At, Lowered, Planner, Working};
use merit::policy::compile_to_try;
use merit::policy::model::Policy;
use merit::source::Sources;

fn main() {
    let file = |name: &str| {
        let path = Path::new("benches/workload/policy").join(name);
        (name.to_owned(), std::fs::read_to_string(path).expect("the policy of the workload is there"))
    };
    let sources = Sources::of(["workload.merit", "candidate.merit"].map(file).to_vec());
    for scenario in [None, Some("candidate")] {
        let compilation = compile_to_try(&sources, None, scenario);
        let policy = compilation.and_then(|it| it.policy).expect("the policy of the workload is whole");
        measured(scenario.unwrap_or("in force"), &policy);
    }
}

fn measured(name: &str, policy: &Policy) {
    let file = |name: &str, kind: &str| PopulationFile {
        record: policy.record_named(kind).expect("the workload has it"),
        path: Path::new("benches/data").join(format!("{name}.parquet")),
    };
    let files = [file("officers", "officer"), file("appraisals", "appraisal"), file("incidents", "incident")];
    let records = population(policy, &files, false).expect("the records of the workload are whole").records;
    let framework = &policy.frameworks[0];
    let year = policy.main().period_from_label(framework.each, "2025").expect("it is a year");
    let mut planner = Planner::new(&records);
    let ground = planner.ground(policy, framework);
    let judging = planner.judging(ground, 0, At::judging(framework, year, year.last)).expect("all of it has kernels");
    let mut wanted = Vec::new();
    for rule in &judging.rules {
        wanted.push(rule.verdict);
        if let Amount::Number(of) = rule.amount {
            wanted.extend(Lowered::Number(of).nodes());
        }
    }
    let people = records.rows(framework.subject).len();
    let rounds = 11;
    let (mut times, mut began, mut proposed) = (Vec::new(), Instant::now(), 0_usize);
    let working = Working { parts: 1, ..Working::default() };
    planner.one_by_one(
        working,
        (framework.subject, &wanted),
        (0..rounds * people).map(|it| it % people),
        |row, views| {
            if row == 0 {
                began = Instant::now();
            }
            proposed += judging.rules.iter().zip(views).filter(|it| it.1.state[0] == 1).count();
            if row + 1 == people {
                times.push(began.elapsed().as_nanos() / people as u128);
            }
        },
    );
    times.sort_unstable();
    println!(
        "{name}: {} ns for one decision ({} to {}); {} nodes; {proposed} verdicts proposed",
        times[rounds / 2],
        times[0],
        times[rounds - 1],
        planner.worked_out(&wanted).len()
    );
}
