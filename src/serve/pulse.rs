//! The engine, again and again: when something has come due, and when somebody else has written.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender as Way;
use std::time::{Duration, Instant};

use crate::calendar::Moment;
use crate::engine::{self, AsOf, EngineError, MailSender, Policies, RunSettings, Watch};
use crate::serve::clock::{Behind, Steady};
use crate::serve::numbers::{Numbers, Part};
use crate::serve::pauses::Pauses;
use crate::serve::post_room::News;
use crate::serve::stop::Stop;
use crate::store::sqlite::{Access, SqliteStore, identity};
use crate::store::{Store, StoreError, StoreState};

/// How often it is asked whether somebody else has written, and what the machine's clock shows: a sleep of its own would not notice
/// that the clock was set, or that the machine slept.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// After so many seconds it is tried again whether what was waited for has come, if nobody writes.
const LOOK_AGAIN: i64 = 30;

/// Whoever lets the engine run.
pub(super) struct Pulse {
    pub(super) path: PathBuf,
    /// Which file the store was at the start, where the system tells.
    pub(super) file: Option<(u64, u64)>,
    pub(super) settings: RunSettings,
    pub(super) sender: MailSender,
    pub(super) steady: Arc<Steady>,
    pub(super) numbers: Arc<Numbers>,
    pub(super) stop: Arc<Stop>,
    pub(super) post: Way<News>,
}

/// What it has in mind between two looks.
#[derive(Default)]
struct Mind {
    store: Option<SqliteStore>,
    /// The store as it was after the last run that came to its end.
    seen: Option<StoreState>,
    /// What [`SqliteStore::writes_of_others`] gave at the last look.
    writes: i64,
    /// When a run finds more to do by itself.
    next: Option<i64>,
    /// Whether it has been said that the clock is behind.
    behind: bool,
    /// The policies that the last run compiled.
    policies: Option<Policies>,
    /// For what it was said to wait.
    said: Option<String>,
}

impl Pulse {
    pub(super) fn work(mut self) {
        let (mut mind, mut pauses) = (Mind::default(), Pauses::default());
        while !self.stop.is_asked() {
            self.numbers.beats(Part::Engine);
            let began = self.steady.never_back();
            if pauses.has_passed() {
                let turned = catch_unwind(AssertUnwindSafe(|| self.turn(&mut mind)));
                let failed = match turned {
                    Ok(Ok(())) => None,
                    // A long import, say. The store has been waited for already.
                    Ok(Err(EngineError::Store(StoreError::Locked))) if pauses.is_locked_out() => {
                        tracing::info!("waiting for another program that writes");
                        mind = Mind::default();
                        self.stop.sleep(LOOK_EVERY);
                        continue;
                    }
                    Ok(Err(error)) => Some(error.to_string()),
                    Err(_) => Some("the program has a fault, shown above; please report it".to_owned()),
                };
                match failed {
                    None => pauses.rests(),
                    Some(error) => {
                        // The next turn begins anew, with another connection, so that nothing of this one stays behind.
                        mind = Mind::default();
                        let pause = pauses.grows();
                        tracing::error!(error, retry_in_seconds = pause.as_secs(), "the engine could not do its work");
                        self.numbers.fails(Part::Engine, &error);
                    }
                }
            }
            self.numbers.decided_until(began);
            self.stop.sleep(LOOK_EVERY);
        }
    }

    /// One look: is there anything to do? If there is, it is done.
    fn turn(&mut self, mind: &mut Mind) -> Result<(), EngineError> {
        if self.file.is_some() && identity(&self.path) != self.file {
            return self.is_not_there();
        }
        if mind.store.is_none() {
            let store = SqliteStore::open(&self.path, Access::Write)?;
            self.steady.has_seen(store.last_commit()?.unwrap_or(i64::MIN));
            mind.store = Some(store);
            mind.seen = None;
        }
        let Some(store) = &mut mind.store else { return Ok(()) };
        let now = match self.steady.now() {
            Ok(now) => now,
            Err(behind) => {
                self.waits_for_the_clock(&mut mind.behind, behind);
                return Ok(());
            }
        };
        if std::mem::take(&mut mind.behind) {
            tracing::info!("the machine's clock has caught up");
        }
        self.numbers.behind(0);
        let writes = store.writes_of_others()?;
        let changed = std::mem::replace(&mut mind.writes, writes) != writes || mind.seen.is_none();
        // The post room's writes make no commit of their own, and a case may wait for a mail to be accepted.
        if changed && (mind.seen.as_ref() != Some(&store.state()?) || store.is_dirty()?) {
            mind.next = None;
        }
        if mind.next.is_some_and(|it| now < it) {
            return Ok(());
        }
        mind.next = Some(match self.run(mind, now) {
            Err(error @ (EngineError::BackInTime { .. } | EngineError::NothingDeployed)) => {
                self.waits(mind, &error, now)?
            }
            other => other?,
        });
        self.numbers.next_due(mind.next);
        // The post room has gone if nobody hears it: then everything is stopping.
        let _gone = self.post.send(News::Look);
        Ok(())
    }

    /// The store is not in its place. One that was moved away may come back; with another in its place, everything that is in
    /// anybody's mind here is of another world.
    fn is_not_there(&self) -> Result<(), EngineError> {
        let place = self.path.display();
        if self.path.exists() {
            self.stop.give_up(&format!("{place} was replaced by another file while this program worked with it"));
            return Ok(());
        }
        Err(StoreError::NoStore(place.to_string()).into())
    }

    /// Runs, and gives the moment of the next run.
    fn run(&mut self, mind: &mut Mind, now: i64) -> Result<i64, EngineError> {
        let Some(store) = &mut mind.store else { return Ok(now) };
        let before = store.state()?.rev;
        let settings = RunSettings { as_of: AsOf::Moment(Moment(now)), now, ..self.settings.clone() };
        let began = Instant::now();
        let mut watch = Onlooker { stop: &self.stop, numbers: &self.numbers, steady: &self.steady };
        let kept = mind.policies.take();
        let ran = engine::run_watched(store, &settings, &mut self.sender, &mut watch, kept)?;
        mind.policies = Some(ran.policies);
        self.numbers.ran(&ran.report, began.elapsed(), now);
        let report = &ran.report;
        if report.effects
            + report.cases_opened
            + report.stages_done
            + report.dates_moved
            + report.reopened
            + report.set_aside
            > 0
        {
            let (opened, done, notices, aside) =
                (report.cases_opened, report.stages_done, report.notices.len(), report.set_aside);
            tracing::info!(opened, done, notices, aside, seconds = began.elapsed().as_secs_f64(), "run");
        }
        if ran.ended_early {
            return Ok(now);
        }
        self.numbers.works(Part::Engine);
        // Read first: whatever is committed from here on makes another state, and what was committed while it ran is asked for next.
        mind.seen = Some(store.state()?);
        mind.said = None;
        let again = store.is_dirty()? || store.others_committed_after(before)?;
        let wake = store.next_wake()?.unwrap_or(i64::MAX);
        Ok(if again { now } else { wake.min(ran.next_day) })
    }

    /// Nothing is wrong with the world, and nothing can be done yet: the store has seen a later day, or has no policy.
    fn waits(&self, mind: &mut Mind, error: &EngineError, now: i64) -> Result<i64, EngineError> {
        let words = error.to_string();
        if mind.said.as_ref() != Some(&words) {
            tracing::warn!(error = words, "waiting");
        }
        if let EngineError::BackInTime { last, asked } = error {
            if mind.said.is_none() {
                self.numbers.went_back();
            }
            self.numbers.behind(i64::from((*last - *asked).get_days()) * 86_400);
        }
        self.numbers.fails(Part::Engine, &words);
        mind.said = Some(words);
        mind.seen = mind.store.as_ref().map(Store::state).transpose()?;
        Ok(now + LOOK_AGAIN)
    }

    fn waits_for_the_clock(&self, said: &mut bool, behind: Behind) {
        let seconds = behind.seconds;
        if !std::mem::replace(said, true) {
            tracing::warn!(seconds, "the machine's clock has gone back; nothing is run or sent until it has caught up");
            self.numbers.went_back();
        }
        self.numbers.behind(seconds);
    }
}

/// Looks on while the engine runs.
struct Onlooker<'a> {
    stop: &'a Stop,
    numbers: &'a Numbers,
    steady: &'a Steady,
}

impl Watch for Onlooker<'_> {
    fn goes_on(&mut self) -> bool {
        self.numbers.beats(Part::Engine);
        !self.stop.is_asked()
    }

    fn committed(&mut self, due: &[i64]) {
        let now = self.steady.never_back();
        self.numbers.late(due.iter().map(|at| now - at));
    }
}
