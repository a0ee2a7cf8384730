//! A small service in a store of its own: its policy and records from `tests/projects`, run day by day through the library.

use std::path::Path;

use jiff::civil::Date;
use merit::engine::{
    self, ActError, ActRequest, AsOf, Outcome, Outgoing, Patience, Policies, RunReport, RunSettings, Sender,
};
use merit::exchange::{ImportFile, Mapping, apply_all, plan_all};
use merit::policy::compile;
use merit::source::Sources;
use merit::store::Store;
use merit::store::sqlite::SqliteStore;
use merit::workflow::{Act, Deed};

use crate::invariants;

/// Takes every mail at once.
pub(crate) struct Everybody;

impl Sender for Everybody {
    fn send(&mut self, _mail: &Outgoing<'_>) -> Outcome {
        Outcome::Accepted("taken".to_owned())
    }

    fn next_try(&self, _key: &str, _tries: i64, _now: i64) -> Option<i64> {
        None
    }

    fn message_id(&self, key: &str) -> String {
        key.to_owned()
    }

    fn repeats_safely(&self) -> bool {
        true
    }
}

pub(crate) struct House {
    pub(crate) store: SqliteStore,
    policy: String,
    pub(crate) _folder: tempfile::TempDir,
}

pub(crate) fn settings(day: Date) -> RunSettings {
    RunSettings {
        as_of: AsOf::Day(day),
        now: noon(day),
        patience: Patience::default(),
        calendar: None,
        language: "en".to_owned(),
        ways: merit::engine::Ways::default(),
    }
}

/// The machine's clock stands at noon of the day that is run.
fn noon(day: Date) -> i64 {
    day.at(12, 0, 0, 0).in_tz("UTC").unwrap().timestamp().as_second()
}

impl House {
    pub(crate) fn open(project: &str, adopted: Date, records: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let project = Path::new("tests/projects").join(project);
        let mut files = std::fs::read_dir(project.join("policy")).unwrap();
        let path = files.next().unwrap().unwrap().path();
        let policy = std::fs::read_to_string(path).unwrap();
        let mut store = SqliteStore::open_or_create(&folder.path().join("merit.db")).unwrap();
        store.set(Some(adopted), None).unwrap();
        let mut house = Self { store, policy, _folder: folder };
        house.deploy(|it| it);
        for file in records {
            house.import(&project.join("records").join(file), adopted);
        }
        house
    }

    /// Deploys the policy with a change of its text.
    pub(crate) fn deploy(&mut self, change: impl Fn(String) -> String) {
        self.policy = change(self.policy.clone());
        let sources = Sources::single("policy.merit", self.policy.clone());
        let compilation = compile(&sources);
        let policy =
            compilation.policy.unwrap_or_else(|| panic!("{}", compilation.diagnostics.render(&sources, false)));
        self.store.deploy(&[("policy.merit".to_owned(), self.policy.clone())], &policy, "", 0).unwrap();
    }

    pub(crate) fn import(&mut self, path: &Path, from: Date) {
        let policy = compile(&Sources::single("policy.merit", self.policy.clone())).policy.unwrap();
        let files = [ImportFile { path: path.to_path_buf(), mapping: Mapping::default(), from }];
        let plans = plan_all(&policy, &self.store, &files).unwrap();
        apply_all(plans, &policy, &mut self.store, 0, &mut |_| ()).unwrap();
    }

    /// Rows of a file, as somebody would enter them later.
    pub(crate) fn enter(&mut self, name: &str, rows: &str, from: Date) {
        let path = self._folder.path().join(name);
        std::fs::write(&path, rows).unwrap();
        self.import(&path, from);
    }

    /// A run until the end of a day; what it writes leaves at once.
    pub(crate) fn run(&mut self, day: Date) -> RunReport {
        let report = engine::run(&mut self.store, &settings(day), &mut Everybody).unwrap();
        engine::send(&mut self.store, &mut Everybody, i64::MAX, noon(day)).unwrap();
        report
    }

    /// Whether it was done; what is refused leaves no trace.
    pub(crate) fn act(&mut self, day: Date, request: &ActRequest) -> Result<(), String> {
        let before = self.store.state().unwrap();
        match engine::act(&mut self.store, &settings(day), &mut Everybody, request) {
            Ok(_) => Ok(()),
            Err(error @ (ActError::Refused(_) | ActError::SetAside(..))) => {
                assert_eq!(self.store.state().unwrap().rev, before.rev);
                Err(error.to_string())
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// What somebody does in the open case of somebody.
    pub(crate) fn does(&mut self, day: Date, who: &str, what: Deed, of: &str) -> Result<(), String> {
        let open = merit::store::Filter {
            subject: Some(of.to_owned()),
            status: Some("open".to_owned()),
            ..merit::store::Filter::default()
        };
        let case = self.store.cases(&open).unwrap().first().ok_or("no case is open")?.id;
        let by = (String::new(), who.to_owned());
        let act = Act { by, stage: None, what, because: None, key: None };
        self.act(day, &ActRequest { case, act, values: Vec::new() })
    }

    pub(crate) fn every_invariant_holds(&self, day: Date, behind_a_run: bool) {
        let policies = Policies::load(&self.store, None).unwrap();
        let policy = &policies.latest().policy;
        let look = Patience::default().look(policy.main().end_of_day(day).0, day);
        invariants::each_case_is_in_one_state(&self.store).unwrap();
        invariants::the_chain_verifies(&self.store).unwrap();
        invariants::replay_gives_what_is_stored(&self.store).unwrap();
        invariants::dates_follow_from_their_derivations(&self.store, policy, None).unwrap();
        invariants::nobody_is_sanctioned_unheard(&self.store, policy).unwrap();
        if behind_a_run {
            let orphaned = invariants::nothing_is_orphaned(&self.store, &policies, &look, "en").err();
            assert_eq!(orphaned.filter(|it| !it.contains("an effect waits")), None);
        }
    }
}
