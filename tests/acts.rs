//! People act on cases at random, forget, contradict each other and repeat themselves: every invariant holds on every day, and the
//! store is what its journal tells.

#![expect(clippy::unwrap_used, reason = "a test whose store fails has failed")]

use std::collections::BTreeSet;
use std::path::Path;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use merit::calendar::{Length, Unit};
use merit::engine::{self, ActError, ActRequest, AsOf, Outcome, Outgoing, Patience, Policies, RunSettings, Sender};
use merit::exchange::{ImportFile, Mapping, apply_all, plan_all};
use merit::policy::acts::Off;
use merit::policy::compile;
use merit::source::Sources;
use merit::store::sqlite::SqliteStore;
use merit::store::{Filter, Store};
use merit::workflow::{Act, Case, Deed, StageStatus};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

#[expect(dead_code, reason = "nothing is sent here: what leaves the house is looked at elsewhere")]
mod invariants;

const FIRST: Date = date(2026, 1, 1);

/// Nobody is written to.
struct Nobody;

impl Sender for Nobody {
    fn send(&mut self, _mail: &Outgoing<'_>) -> Outcome {
        Outcome::Never("nobody is written to".to_owned())
    }

    fn next_try(&self, _key: &str, _tries: i64, _now: i64) -> Option<i64> {
        None
    }

    fn message_id(&self, key: &str) -> String {
        key.to_owned()
    }

    fn repeats_safely(&self) -> bool {
        false
    }
}

struct Ward {
    store: SqliteStore,
    _folder: tempfile::TempDir,
}

fn settings(day: Date) -> RunSettings {
    RunSettings {
        as_of: AsOf::Day(day),
        now: 0,
        patience: Patience::default(),
        calendar: None,
        language: "en".to_owned(),
        ways: merit::engine::Ways::default(),
    }
}

impl Ward {
    fn open() -> Self {
        let project = Path::new("tests/projects/plans");
        let text = std::fs::read_to_string(project.join("policy/plans.merit")).unwrap();
        // The matron may do more here than in the shipped text.
        let powers = ["suspended", "exempted", "corrected"].map(|it| format!("  may be {it} by matron\n")).concat();
        let text = text.replacen("  may be withdrawn", &format!("{powers}  may be withdrawn"), 1);
        let policy = compile(&Sources::single("plans.merit", text.clone())).policy.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut store = SqliteStore::open_or_create(&folder.path().join("merit.db")).unwrap();
        store.set(Some(FIRST), None).unwrap();
        store.deploy(&[("plans.merit".to_owned(), text)], &policy, "first", 0).unwrap();
        let path = project.join("records/nurse.csv");
        let files = [ImportFile { path, mapping: Mapping::default(), from: FIRST }];
        let plans = plan_all(&policy, &store, &files).unwrap();
        apply_all(plans, &policy, &mut store, 0, &mut |_| ()).unwrap();
        Self { store, _folder: folder }
    }

    fn run(&mut self, day: Date) {
        engine::run(&mut self.store, &settings(day), &mut Nobody).unwrap();
    }

    /// Whether it was done; what is refused leaves no trace.
    fn act(&mut self, day: Date, request: &ActRequest) -> bool {
        let before = self.store.state().unwrap();
        match engine::act(&mut self.store, &settings(day), &mut Nobody, request) {
            Ok(report) => {
                let grown = self.store.state().unwrap().rev > before.rev;
                assert_eq!(grown, !report.repeated, "what is done is a commit, and what was done before is none");
                !report.repeated
            }
            Err(error @ (ActError::Refused(_) | ActError::SetAside(..))) => {
                assert!(!error.to_string().is_empty());
                assert_eq!(self.store.state().unwrap(), before);
                false
            }
            Err(error) => panic!("{error}"),
        }
    }

    fn every_invariant_holds(&self, day: Date, behind_a_run: bool) {
        let policies = Policies::load(&self.store, None).unwrap();
        let policy = &policies.latest().policy;
        let look = Patience::default().look(policy.main().end_of_day(day).0, day);
        invariants::each_case_is_in_one_state(&self.store).unwrap();
        invariants::the_chain_verifies(&self.store).unwrap();
        invariants::replay_gives_what_is_stored(&self.store).unwrap();
        invariants::dates_follow_from_their_derivations(&self.store, policy, None).unwrap();
        if behind_a_run {
            // Nothing is sent here, so that effects wait.
            let orphaned = invariants::nothing_is_orphaned(&self.store, &policies, &look, "en").err();
            assert_eq!(orphaned.filter(|it| !it.contains("an effect waits")), None);
        }
    }
}

fn some_act(random: &mut ChaCha8Rng, store: &SqliteStore, day: Date) -> ActRequest {
    let one = |random: &mut ChaCha8Rng, of: &[&str]| of[random.random_range(0..of.len())].to_owned();
    let (what, values) = match random.random_range(0..10) {
        5 if random.random_bool(0.3) => {
            (Deed::CallOff(if random.random_bool(0.6) { Off::Withdrawn } else { Off::Cancelled }), Vec::new())
        }
        5 => {
            let targets = random.random_range(0..24).to_string();
            match random.random_range(0..5) {
                0 | 1 => (Deed::Suspend, Vec::new()),
                2 | 3 => (Deed::Resume, Vec::new()),
                _ => (Deed::Correct(vec!["targets".to_owned()]), vec![("targets".to_owned(), targets)]),
            }
        }
        4 => {
            let unit = [Unit::Days, Unit::Days, Unit::Weeks, Unit::Months][random.random_range(0..4)];
            (Deed::Extend(Length { count: random.random_range(0..14), unit }), Vec::new())
        }
        0 => (Deed::Complete, Vec::new()),
        1..=3 => {
            let targets = ("targets".to_owned(), random.random_range(-2..24).to_string());
            let written = ("written".to_owned(), day.to_string());
            let both = vec![targets, written];
            let values = both.into_iter().filter(|_| random.random_bool(0.8)).collect::<Vec<_>>();
            (Deed::Fill(values.iter().map(|it| it.0.clone()).collect()), values)
        }
        _ => (
            Deed::Choose {
                instead: None,
                choice: one(
                    random,
                    &["accept", "send_back", "send_back", "refer", "refer", "agree", "impose", "impose"],
                ),
            },
            Vec::new(),
        ),
    };
    let case = random.random_range(1..=4);
    // Mostly it is somebody with whom something lies.
    let row = store.case(case).unwrap().unwrap();
    let state: Case = serde_json::from_str(&row.state).unwrap();
    let running = state.stages.values().filter(|it| it.status == StageStatus::Running);
    let holder = running.flat_map(|it| &it.holders).find_map(|it| it.who.as_ref()).map(|it| it.1.clone());
    // A clock that stands still is mostly let run again.
    let stopped = state.suspended_by_hand().is_some() && random.random_bool(0.9);
    let what = if stopped && matches!(what, Deed::Suspend | Deed::Correct(_)) { Deed::Resume } else { what };
    let values = if what == Deed::Resume { Vec::new() } else { values };
    let likely = match &what {
        Deed::Choose { .. }
        | Deed::Fill(_)
        | Deed::Complete
        | Deed::Send
        | Deed::Receive(_)
        | Deed::Recuse
        | Deed::EndVote => holder,
        Deed::Extend(_)
        | Deed::CallOff(Off::Cancelled | Off::Exempted)
        | Deed::Suspend
        | Deed::Resume
        | Deed::Lift
        | Deed::Correct(_) => Some("mat".to_owned()),
        Deed::CallOff(Off::Withdrawn) => Some(state.subject.clone()),
    };
    let anybody = one(random, &["mat", "max", "nan", "ola", "nobody"]);
    let act = Act {
        by: (String::new(), likely.filter(|_| random.random_bool(0.8)).unwrap_or(anybody)),
        stage: random.random_bool(0.2).then(|| one(random, &["write", "look", "settle", "dance"])),
        what,
        because: random.random_bool(0.7).then(|| "so it is".to_owned()),
        key: random.random_bool(0.3).then(|| random.random_range(0..40).to_string()),
    };
    ActRequest { case, act, values }
}

#[test]
fn every_invariant_holds_whatever_people_do() {
    let (mut done, mut refused, mut rounds, mut ends) = (0, 0, 0, BTreeSet::new());
    let mut kinds = BTreeSet::new();
    for seed in 0..10 {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut ward = Ward::open();
        let mut day = FIRST;
        while day < date(2026, 3, 1) {
            ward.run(day);
            for _ in 0..random.random_range(0..8) {
                let request = some_act(&mut random, &ward.store, day);
                *(if ward.act(day, &request) { &mut done } else { &mut refused }) += 1;
            }
            ward.every_invariant_holds(day, false);
            day = day.checked_add(i64::from(random.random_range(1..6)).days()).unwrap();
        }
        ward.run(day);
        ward.every_invariant_holds(day, true);
        for row in ward.store.cases(&Filter::default()).unwrap() {
            let journal = ward.store.journal(row.id).unwrap();
            kinds.extend(journal.iter().map(|it| it.kind.clone()));
            rounds += journal.iter().filter(|it| it.kind == "went_back").count();
            let case: Case = serde_json::from_str(&row.state).unwrap();
            ends.extend(case.mark);
        }
    }
    assert!(done > 30 && refused > 50 && rounds > 3, "{done} acts done, {refused} refused, {rounds} times back");
    assert!(!ends.is_empty(), "cases end");
    for kind in ["extended", "withdrawn", "cancelled", "suspended", "resumed", "corrected"] {
        assert!(kinds.contains(kind), "{kind} is not among {kinds:?}");
    }
}
