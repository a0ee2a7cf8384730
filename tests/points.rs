//! The real program, killed once at each of its named points, in every verb that writes: before and after each commit, each mail, each
//! file that takes a place. What is left is whole, and the same call again ends as if nothing had been.
//!
//! `tests/crash.rs` kills at random besides, and looks at every invariant.

// The named points are nothing in a release build, and only Unix tells a kill from another end.
#![cfg(all(unix, debug_assertions))]
#![expect(clippy::unwrap_used, reason = "a test whose program does not start has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

#[expect(dead_code, reason = "a killed program may leave a copy behind that it had begun")]
#[path = "faults/mod.rs"]
mod faults;
mod folders;
#[path = "crash/picture.rs"]
mod picture;

use faults::{World, told};

/// What is called in a project, one after the other.
const STORIES: [(&str, &[&str]); 5] = [
    (
        "complaints",
        &[
            "deploy --adopt 2026-04-01",
            "import records --from 2026-04-01",
            "run --as-of 2026-04-15",
            "act 2 fill settled=2026-04-16 --as S --key k1 --as-of 2026-04-16",
            "act 1 fill answered=2026-04-16 --as D --as-of 2026-04-16",
            "act --csv acts.csv --as-of 2026-04-17",
            "run --as-of 2026-04-17",
            "backup saved.db --force",
            "run --as-of 2026-05-12",
            "restore saved.db --force",
            "run --as-of 2026-05-12",
            "outbox release --all",
            "run --as-of 2026-05-12",
        ],
    ),
    (
        "conduct",
        &[
            "deploy --adopt 2026-01-01",
            "import records --from 2026-01-01",
            "run --as-of 2026-09-30",
            "act ada send --as sec --as-of 2026-10-01",
            "run --as-of 2026-10-01",
            "run --as-of 2026-10-12",
        ],
    ),
    (
        "plans",
        &[
            "deploy --adopt 2026-01-01",
            "import records/nurse.csv --from 2026-01-01",
            "run --as-of 2026-01-04",
            "delegate --from max --to ola --role manager --since 2026-01-07 --until 2026-01-08 --as-of 2026-01-06",
            "run --as-of 2026-01-06",
            "delegate end 1 --as-of 2026-01-07",
            "run --as-of 2026-01-07",
        ],
    ),
    (
        "complaints",
        &[
            "deploy --adopt 2026-04-01",
            "import records --from 2026-04-01",
            "run --as-of 2026-04-15",
            REWRITTEN,
            "deploy",
            "migrate --by registrar --because circular --as-of 2026-04-16",
            "run --as-of 2026-04-27",
        ],
    ),
    (
        "complaints",
        &[
            TOGETHER,
            "deploy --adopt 2026-04-01",
            "import records --from 2026-04-01",
            "run --as-of 2026-04-15",
            "run --as-of 2026-04-16 --no-send",
            LOOSE,
            "run --as-of 2026-04-16",
            "run --as-of 2026-05-12",
        ],
    ),
];

/// Not called: from now on the policy's text gives five days more.
const REWRITTEN: &str = "the policy is written anew";

/// Not called: from now on two notices to one person are one mail, and there are more complaints.
const TOGETHER: &str = "notices leave together";

fn put_together(world: &World) {
    let settings = fs::read_to_string(world.path("merit.toml")).unwrap();
    fs::write(world.path("merit.toml"), format!("digest_from = 2\n{settings}")).unwrap();
    let path = world.path("records/complaint.csv");
    let rows = fs::read_to_string(&path).unwrap();
    fs::write(path, format!("{rows}C4,noise,2026-04-05,,,S\nC5,dust,2026-04-05,,,S\n")).unwrap();
}

/// A run that was killed when it had made a digest, and not tried it.
const LOOSE: &str = "a digest is made and not tried";

fn rewrite(world: &World) {
    let path = world.path("policy/complaints.merit");
    let text = fs::read_to_string(&path).unwrap();
    let text = text.split("\nexample").next().unwrap();
    let (ten, fifteen) = ("10 working days after received", "15 working days after received");
    assert!(text.contains(ten));
    fs::write(path, text.replace(ten, fifteen)).unwrap();
}

/// Verbs that refuse the same a second time: what they do is looked at without calling them again.
fn is_done_once(step: &str) -> bool {
    step.starts_with("delegate")
}

/// The points that a call passed, when it was killed at none.
fn undisturbed(world: &World, words: &[&str]) -> Vec<String> {
    let trace = world.path("points");
    let output = world.merit(words).env("MERIT_POINTS", &trace).output().unwrap();
    assert!(matches!(output.status.code(), Some(0..=2)), "{words:?}: {}", told(&output));
    let points = fs::read_to_string(&trace).unwrap_or_default().lines().map(str::to_owned).collect();
    let _ = fs::remove_file(trace);
    points
}

/// Kills a call at the n-th passing of a point.
fn kill(world: &World, words: &[&str], point: &str, nth: u64) {
    let mut command = world.merit(words);
    command.env("MERIT_STOP_AT", format!("{point}:{nth}")).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stopped = false;
    for line in BufReader::new(child.stderr.take().unwrap()).lines() {
        if line.unwrap().starts_with("stopped at ") {
            child.kill().unwrap();
            stopped = true;
        }
    }
    child.wait().unwrap();
    assert!(stopped, "{words:?} did not pass {point} {nth} times");
}

#[test]
fn killed_at_every_named_point_it_goes_on() {
    let (mut points, mut kills) = (BTreeSet::new(), 0);
    for (project, steps) in STORIES {
        let mut before = World::of(project);
        fs::write(before.path("acts.csv"), "subject,act,as,answered\nC1,fill,S,2026-04-17\n").unwrap();
        for (at, step) in steps.iter().enumerate() {
            match *step {
                REWRITTEN => rewrite(&before),
                TOGETHER => put_together(&before),
                LOOSE => kill(&before, &["run", "--as-of", "2026-04-16"], "after-delivery", 1),
                _ => {}
            }
            if [REWRITTEN, TOGETHER, LOOSE].contains(step) {
                continue;
            }
            let words: Vec<&str> = step.split(' ').collect();
            let after = before.twin();
            let mut passes: BTreeMap<String, u64> = BTreeMap::new();
            for point in undisturbed(&after, &words) {
                *passes.entry(point).or_default() += 1;
            }
            let mut expected = vec![after.stands()];
            if !is_done_once(step) {
                let twice = after.twin();
                undisturbed(&twice, &words);
                expected.push(twice.stands());
            }
            for (point, times) in passes {
                // Each point once in all, and each anew in every other verb's first call.
                let verb = steps[..at].iter().all(|it| it.split(' ').next() != words.first().copied());
                if !points.insert(point.clone()) && !verb {
                    continue;
                }
                let place = format!("{project}, `{step}`, killed at {point}");
                let world = before.twin();
                kill(&world, &words, &point, times);
                kills += 1;
                let again: &[&str] =
                    if is_done_once(step) && world.stands() == expected[0] { &["status"] } else { &words };
                world.goes_on(again, &expected, &place);
            }
            before = after;
        }
    }
    println!("killed {kills} times at {} points: {points:?}", points.len());
    for wanted in ["committed-migrate", "committing-apart", "committed-apart"] {
        assert!(points.contains(wanted), "{wanted}: {points:?}");
    }
    assert!(points.len() >= 60, "only {} points: {points:?}", points.len());
}
