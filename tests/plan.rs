//! What a plan says of everybody at once is what the evaluator that goes row by row says of each: on records made up at random, for the
//! frameworks, definitions and scales of every policy at hand, and of policies made up at random.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

#[path = "plan/compare.rs"]
mod compare;
#[path = "plan/conditions.rs"]
mod conditions;
#[path = "plan/constructs.rs"]
mod constructs;
#[path = "plan/declared.rs"]
mod declared;
#[path = "plan/draw.rs"]
mod draw;
#[path = "plan/judged.rs"]
mod judged;
#[path = "plan/records.rs"]
mod records;
#[path = "plan/values.rs"]
mod values;
#[path = "plan/writer.rs"]
mod writer;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use compare::{Tally, compare_all};
use merit::codes::Severity;
use merit::plan::Working;
use merit::policy::model::Policy;
use merit::policy::{compile, compile_to_try};
use merit::source::Sources;

fn merit_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(merit_files(&path));
        } else if path.extension().is_some_and(|it| it == "merit") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn compiled(files: &[PathBuf]) -> Option<Policy> {
    let mut sources = Sources::new();
    for path in files {
        sources.add(path.display().to_string(), fs::read_to_string(path).unwrap());
    }
    compile(&sources).policy
}

/// Every policy at hand: each file of the tests that stands alone, and the packs.
fn policies() -> Vec<(String, Policy)> {
    let alone =
        ["tests/lang/good", "tests/framework", "tests/together", "tests/projects", "tests/explain", "tests/examine"];
    let mut found: Vec<(String, Policy)> = Vec::new();
    for path in alone.iter().flat_map(|it| merit_files(Path::new(it))) {
        let name = path.display().to_string();
        found.extend(compiled(std::slice::from_ref(&path)).map(|it| (name, it)));
    }
    for folders in [
        ["rules/uganda", "workflows/uganda", "rules/department", "workflows/department"].as_slice(),
        ["rules/rwanda", "workflows/rwanda"].as_slice(),
    ] {
        let files: Vec<PathBuf> = folders.iter().flat_map(|it| merit_files(Path::new(it))).collect();
        found.push((folders[0].to_owned(), compiled(&files).unwrap()));
    }
    found
}

#[test]
fn a_plan_says_of_everybody_what_is_said_of_each() {
    let mut tally = Tally::default();
    let seeds = told("MERIT_PLAN_SEEDS", 3);
    for (name, policy) in policies().iter().filter(|it| !it.1.frameworks.is_empty()) {
        for seed in 1..=seeds {
            let working = Working { rows: 7, parts: 2 };
            compare_all(name, policy, (seed, 12), working, &mut tally);
        }
    }
    print(&tally);
    assert!(tally.verdicts.iter().all(|it| *it > 500), "too little was decided either way: {:?}", tally.verdicts);
}

/// A number that the surroundings tell, or another.
fn told(name: &str, other: u64) -> u64 {
    std::env::var(name).ok().and_then(|it| it.parse().ok()).unwrap_or(other)
}

fn print(tally: &Tally) {
    println!(
        "{:?} verdicts; {} of {} frameworks row by row; {} of {} values without a kernel; {} of {} nodes asked row by row",
        tally.verdicts,
        tally.row_by_row,
        tally.frameworks,
        tally.without_kernel,
        tally.values,
        tally.plain,
        tally.nodes
    );
}

/// One policy after another from `MERIT_PLAN_FIRST` on, `MERIT_PLAN_POLICIES` in all: one seed gives one policy and its records.
#[test]
fn a_plan_of_a_policy_made_up_says_what_is_said_of_each() {
    let (first, count) = (told("MERIT_PLAN_FIRST", 1), told("MERIT_PLAN_POLICIES", 100));
    let (mut tally, mut refused, mut seen) = (Tally::default(), Vec::new(), BTreeMap::new());
    for seed in first..first + count {
        let text =
            std::env::var("PLAN_TEXT").map_or_else(|_| declared::policy(seed), |it| fs::read_to_string(it).unwrap());
        let compilation = compile_to_try(&Sources::single("policy.merit", &text), None, None).unwrap();
        let Some(policy) = compilation.policy else {
            let errors = compilation.diagnostics.iter().filter(|it| it.severity == Severity::Error).map(|it| {
                let (start, end) = ((it.span.start as usize).saturating_sub(60), it.span.end as usize + 20);
                format!("{} {} (`{}`)", it.code.0, it.message, text.get(start..end).unwrap_or_default())
            });
            let errors: Vec<String> = errors.collect();
            refused.push((seed, errors.join("; ")));
            continue;
        };
        constructs::count(&policy, &mut seen);
        let people = 6 + usize::try_from(seed % 3).unwrap() * 4;
        let working = Working { rows: 7, parts: 1 };
        let compared = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            compare_all(&format!("seed {seed}"), &policy, (seed, people), working, &mut tally);
        }));
        if let Err(failure) = compared {
            println!("The policy of seed {seed}:\n{text}");
            std::panic::resume_unwind(failure);
        }
    }
    print(&tally);
    for (seed, errors) in &refused {
        println!("seed {seed} is refused: {errors}");
    }
    let taken = count - refused.len() as u64;
    for name in constructs::all() {
        println!("{:>5} of {taken}: {name}", seen.get(name).copied().unwrap_or(0));
    }
    assert!(refused.len() as u64 * 10 < count, "{} of {count} policies are refused", refused.len());
    if count < 300 {
        return;
    }
    for name in constructs::all() {
        let times = seen.get(name).copied().unwrap_or(0);
        assert!(times * 100 >= taken, "only {times} of {taken} policies have: {name}");
    }
    let all: usize = tally.verdicts.iter().sum();
    for (verdict, what) in [(0, "proposed"), (1, "decided no"), (3, "undetermined")] {
        let times = tally.verdicts[verdict];
        assert!(times * 5 >= all, "only {times} of {all} verdicts are {what}");
    }
}
