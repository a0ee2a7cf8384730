//! A ministry with a store of its own on a disk, driven through the library: it can be closed, killed at a named point and opened again.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::civil::Date;
use merit::calendar::Moment;
use merit::engine::{
    self, ActError, ActReport, ActRequest, Acting, AsOf, EngineError, Patience, Point, Policies, RunReport,
    RunSettings, Watch,
};
use merit::exchange::{ImportFile, Mapping, apply_all, plan_all};
use merit::policy::compile;
use merit::policy::model::Policy;
use merit::source::Sources;
use merit::store::Store;
use merit::store::sqlite::{Access, SqliteStore};

use crate::post::Post;

pub(crate) const TEXT: &str = include_str!("ministry.merit");

/// Compiles a text once for all lives: many deploy the same.
fn compiled(text: &str) -> Arc<Policy> {
    static KNOWN: Mutex<BTreeMap<String, Arc<Policy>>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let compile = || {
        let sources = Sources::single("ministry.merit", text.to_owned());
        let found = compile(&sources);
        Arc::new(found.policy.unwrap_or_else(|| panic!("{}", found.diagnostics.render(&sources, false))))
    };
    Arc::clone(known.entry(text.to_owned()).or_insert_with(compile))
}

/// Nobody ends the work.
struct Patient;

impl Watch for Patient {
    fn goes_on(&mut self) -> bool {
        true
    }

    fn committed(&mut self, _due: &[i64]) {}
}

pub(crate) struct Ministry {
    store: Option<SqliteStore>,
    kept: Option<Policies>,
    /// The text in force, and what it says.
    pub(crate) text: String,
    pub(crate) policy: Arc<Policy>,
    pub(crate) version: i64,
    pub(crate) post: Post,
    /// The next time that it is to be killed.
    kill: Option<(Point, u32)>,
    pub(crate) kills: BTreeMap<&'static str, u64>,
    pub(crate) restarts: u64,
    folder: tempfile::TempDir,
}

/// What a day or moment is to the engine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct When {
    pub(crate) as_of: AsOf,
    /// What the machine's clock says.
    pub(crate) now: i64,
    /// The day that it is then.
    pub(crate) day: Date,
}

impl When {
    pub(crate) fn settings(self) -> RunSettings {
        let (as_of, now) = (self.as_of, self.now);
        RunSettings {
            as_of,
            now,
            patience: Patience::default(),
            calendar: None,
            language: "en".to_owned(),
            ways: merit::engine::Ways::default(),
        }
    }

    /// Until when the engine looks.
    pub(crate) fn until(self, policy: &Policy) -> i64 {
        match self.as_of {
            AsOf::Day(day) => policy.main().end_of_day(day).0,
            AsOf::Moment(Moment(at)) => at,
        }
    }
}

impl Ministry {
    pub(crate) fn found(adopted: Date, post: Post) -> Self {
        // Memory, where there is such a folder: each life makes some thousand commits.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let mut store = SqliteStore::open_or_create(&folder.path().join("merit.db")).unwrap();
        store.set(Some(adopted), None).unwrap();
        let (text, policy) = (TEXT.to_owned(), compiled(TEXT));
        let (kills, kept) = (BTreeMap::new(), None);
        let mut ministry =
            Self { store: Some(store), kept, text, policy, version: 0, post, kill: None, kills, restarts: 0, folder };
        let now = ministry.policy.main().start_of_day(adopted).0;
        ministry.deploy(TEXT.to_owned(), now);
        ministry
    }

    pub(crate) fn store(&self) -> &SqliteStore {
        self.store.as_ref().unwrap()
    }

    pub(crate) fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("merit.db")
    }

    /// What the last run compiled.
    pub(crate) fn policies(&self) -> &Policies {
        self.kept.as_ref().unwrap()
    }

    /// Ends as a program ends, and starts again.
    pub(crate) fn restart(&mut self) {
        self.restarts += 1;
        self.store = None;
        self.store = Some(SqliteStore::open(&self.path(), Access::Write).unwrap());
    }

    /// From now on, the thread unwinds when it passes the point so many more times.
    pub(crate) fn kill_at(&mut self, point: Point, passes: u32) {
        self.kill = Some((point, passes));
    }

    /// Does something with the store until it is done: what is killed starts again, and does it again.
    fn through<T>(&mut self, mut deed: impl FnMut(&mut SqliteStore, &mut Post, &mut Option<Policies>) -> T) -> T {
        loop {
            arm(self.kill.take());
            let mut store = self.store.take().unwrap();
            let (post, kept) = (&mut self.post, &mut self.kept);
            let done = catch_unwind(AssertUnwindSafe(|| deed(&mut store, post, kept)));
            arm(None);
            match done {
                Ok(done) => {
                    self.store = Some(store);
                    return done;
                }
                Err(why) => {
                    let Some(point) = killed(&*why) else { std::panic::resume_unwind(why) };
                    *self.kills.entry(point.name()).or_default() += 1;
                    drop(store);
                    self.restarts += 1;
                    self.store = Some(SqliteStore::open(&self.path(), Access::Write).unwrap());
                }
            }
        }
    }

    pub(crate) fn deploy(&mut self, text: String, now: i64) {
        let (policy, files) = (compiled(&text), [("ministry.merit".to_owned(), text.clone())]);
        self.version = self.with_store(|store| store.deploy(&files, &policy, "", now)).unwrap();
        (self.text, self.policy) = (text, policy);
    }

    /// Rows of a file, as somebody enters them; all of them are good.
    pub(crate) fn enter(&mut self, name: &str, rows: &str, from: Date, now: i64) {
        let path = self.folder.path().join(format!("{name}.csv"));
        std::fs::write(&path, rows).unwrap();
        let policy = Arc::clone(&self.policy);
        self.through(|store, _, _| {
            let files = [ImportFile { path: path.clone(), mapping: Mapping::default(), from }];
            let plans = plan_all(&policy, store, &files).unwrap();
            let reports = apply_all(plans, &policy, store, now, &mut |_| ()).unwrap();
            for report in reports {
                assert_eq!(report.rejected, 0, "{rows}\n{:?}", report.findings);
            }
        });
    }

    /// A run; what the clock does not allow is no run.
    pub(crate) fn run(&mut self, when: When) -> Result<RunReport, EngineError> {
        let settings = when.settings();
        self.post.closed = true;
        self.through(|store, post, kept| {
            let done = engine::run_watched(store, &settings, post, &mut Patient, kept.take())?;
            *kept = Some(done.policies);
            Ok(done.report)
        })
    }

    pub(crate) fn send(&mut self, until: i64, now: i64) {
        self.post.closed = false;
        self.through(|store, post, _| engine::send(store, post, until, now).unwrap());
        self.post.closed = true;
    }

    /// What somebody does; it was done, or refused.
    pub(crate) fn act(&mut self, when: When, request: &ActRequest) -> Result<ActReport, ActError> {
        let settings = when.settings();
        self.post.closed = true;
        self.through(|store, post, kept| {
            let mut acting = Acting::begin_with(kept.take(), store, &settings, post)?;
            let done = acting.act(store, request);
            *kept = Some(acting.into_policies());
            done
        })
    }

    pub(crate) fn with_store<T>(&mut self, deed: impl FnOnce(&mut SqliteStore) -> T) -> T {
        deed(self.store.as_mut().unwrap())
    }
}

#[cfg(debug_assertions)]
fn arm(kill: Option<(Point, u32)>) {
    engine::kill_at(kill);
}

#[cfg(debug_assertions)]
fn killed(why: &(dyn std::any::Any + Send)) -> Option<Point> {
    why.downcast_ref::<engine::Killed>().map(|it| it.0)
}

#[cfg(not(debug_assertions))]
fn arm(_kill: Option<(Point, u32)>) {}

#[cfg(not(debug_assertions))]
fn killed(_why: &(dyn std::any::Any + Send)) -> Option<Point> {
    None
}
