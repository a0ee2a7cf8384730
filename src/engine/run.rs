//! One run: everything that has come due until a moment, in batches of one commit each.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::civil::Date;

use crate::calendar::{Calendar, Moment};
use crate::casework::{Calls, Desk, Kept, confirmed, standing};
use crate::engine::accepted::accepted;
use crate::engine::ahead::{Ahead, prefetch};
use crate::engine::fault::effects_behind;
use crate::engine::notices::Days;
use crate::engine::policies::Policies;
use crate::engine::rows::{entry, renamed, stage_rows};
use crate::engine::send::{Sender, send_too_early};
use crate::engine::told::RunReport;
use crate::engine::{EngineError, Point, called, judging, keeping, openings, point};
use crate::ids::WorkflowId;
use crate::planted::{self, Bug};
use crate::policy::model::Policy;
use crate::store::{CaseChange, CaseRow, Standing, Store, StoreError, Work};
use crate::workflow::{Advanced, Case, Event, Look};

/// How many cases one commit holds, unless somebody says otherwise.
const BATCH: u32 = 500;
/// How long a run writes before it lets others write, and for how long.
const TURN: Duration = Duration::from_millis(100);
const GAP: Duration = Duration::from_millis(2);

/// Until when a run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    /// The end of a day in the calendar's zone.
    Day(Date),
    /// A moment.
    Moment(Moment),
}

/// How patient the engine is, in working days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Reminders found later than this are not sent.
    pub stale_after: u32,
    /// What somebody has who is overdue on the day of adoption.
    pub grace_after_adoption: u32,
    /// What somebody has before a lapse or default found late follows.
    pub grace_after_downtime: u32,
}

impl Patience {
    /// A look at cases on a day, until a moment (seconds UTC), with this patience.
    #[must_use]
    pub fn look(self, until: i64, today: Date) -> Look {
        let Self { stale_after, grace_after_adoption, grace_after_downtime } = self;
        Look { until, today, stale_after, grace_after_adoption, grace_after_downtime }
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self { stale_after: 3, grace_after_adoption: 10, grace_after_downtime: 5 }
    }
}

/// What a run is told.
#[derive(Debug, Clone)]
pub struct RunSettings {
    /// Until when.
    pub as_of: AsOf,
    /// The machine's clock (seconds UTC), handed in; only written down.
    pub now: i64,
    /// How patient it is.
    pub patience: Patience,
    /// The project's calendar, if named.
    pub calendar: Option<String>,
    /// The language of people without one.
    pub language: String,
    /// How notices leave, as far as it bears on what is decided.
    pub ways: Ways,
}

/// How notices leave, as far as it bears on what is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ways {
    /// Whether all of them leave at any hour of any day.
    pub at_any_hour: bool,
    /// Whether who has no address for a message's own ways gets a letter.
    pub letters: bool,
}

/// Runs everything that has come due until `settings.as_of`. Nothing is sent here (see [`crate::engine::send`]); `sender` is only
/// for the deliberate fault with which the crash test is tried.
///
/// # Errors
/// When the store can't, when nothing is deployed, or when the day lies before the store's last one. What was committed stays.
pub fn run(store: &mut dyn Store, settings: &RunSettings, sender: &mut dyn Sender) -> Result<RunReport, EngineError> {
    run_in_batches(store, settings, sender, BATCH)
}

/// The same with what a run before compiled; gives the policies in use, for the next one.
///
/// # Errors
/// As for [`run`].
pub fn run_again(
    store: &mut dyn Store,
    settings: &RunSettings,
    sender: &mut dyn Sender,
    kept: Option<Policies>,
) -> Result<(RunReport, Policies), EngineError> {
    let policies = Policies::load_again(kept, store, settings.calendar.as_deref())?;
    let mut round = Round::begin_with(policies, store, settings, sender)?;
    round.go(store)?;
    Ok((round.report, round.policies))
}

/// The same with another number of cases to a commit, at least one.
///
/// # Errors
/// As for [`run`].
pub fn run_in_batches(
    store: &mut dyn Store,
    settings: &RunSettings,
    sender: &mut dyn Sender,
    batch: u32,
) -> Result<RunReport, EngineError> {
    let mut round = Round::begin(store, settings, sender)?;
    round.batch = batch.max(1);
    round.go(store)?;
    Ok(round.report)
}

/// Who looks on while an engine works, and may end the work between two commits.
pub trait Watch {
    /// Whether the work goes on.
    fn goes_on(&mut self) -> bool;
    /// A commit was made; with it, what had come due at these moments (seconds UTC) was decided.
    fn committed(&mut self, due: &[i64]);
}

/// What a run that was watched came to.
#[derive(Debug)]
pub struct Watched {
    /// What it did.
    pub report: RunReport,
    /// Whether it was ended before everything was done.
    pub ended_early: bool,
    /// The first moment of the next day in the project's calendar (seconds UTC), on which a run may find more to do.
    pub next_day: i64,
    /// The policies in use, for the next run.
    pub policies: Policies,
}

/// A run with somebody who looks on, and with what the run before compiled.
///
/// # Errors
/// As for [`run`].
pub fn run_watched(
    store: &mut dyn Store,
    settings: &RunSettings,
    sender: &mut dyn Sender,
    watch: &mut dyn Watch,
    kept: Option<Policies>,
) -> Result<Watched, EngineError> {
    let policies = Policies::load_again(kept, store, settings.calendar.as_deref())?;
    let mut round = Round::begin_with(policies, store, settings, sender)?;
    round.watch = Some(watch);
    let ended_early = !round.go(store)?;
    let calendar = round.policies.latest().policy.main();
    let next_day = calendar.end_of_day(round.until.today).0 + 1;
    Ok(Watched { report: round.report, ended_early, next_day, policies: round.policies })
}

/// What follows for one case.
pub(super) struct Decided {
    pub(super) change: CaseChange,
    pub(super) case: Case,
    pub(super) events: Vec<Event>,
}

/// The moment until which a run goes, and its day.
#[derive(Debug, Clone, Copy)]
pub(super) struct Until {
    pub(super) today: Date,
    pub(super) moment: i64,
}

impl Until {
    pub(super) fn of(as_of: AsOf, calendar: &Calendar) -> Result<Self, EngineError> {
        match as_of {
            AsOf::Day(today) => Ok(Self { today, moment: calendar.end_of_day(today).0 }),
            AsOf::Moment(moment) => Ok(Self { today: calendar.day_of(moment), moment: moment.0 }),
        }
    }
}

/// What decisions rest on besides the facts: nothing of it changes within a run.
#[derive(Clone)]
pub(super) struct Deciding<'a> {
    pub(super) settings: &'a RunSettings,
    until: Until,
    pub(super) store_id: Arc<str>,
    pub(super) restored: Option<i64>,
    calls: Arc<Calls>,
}

/// One run under way.
pub(super) struct Round<'a> {
    pub(super) policies: Policies,
    pub(super) settings: &'a RunSettings,
    sender: &'a mut dyn Sender,
    pub(super) until: Until,
    pub(super) store_id: Arc<str>,
    /// The last day up to which the engine has run.
    pub(super) last: Option<Date>,
    /// The last day up to which frameworks have judged.
    pub(super) judged: Option<Date>,
    pub(super) adopted: Option<Date>,
    restored: Option<i64>,
    /// Which stages call people before a framework.
    calls: Arc<Calls>,
    next_case: i64,
    /// How many cases one commit holds.
    pub(super) batch: u32,
    /// Whether anything was committed since that was last asked.
    wrote: bool,
    /// Since when nobody else could write.
    began: Instant,
    pub(super) report: RunReport,
    watch: Option<&'a mut dyn Watch>,
    /// When what is being decided had come due.
    due: Vec<i64>,
}

impl<'a> Round<'a> {
    /// Begins to work on a store as of a moment: not before what it has seen, and with the facts of that day.
    pub(super) fn begin(
        store: &mut dyn Store,
        settings: &'a RunSettings,
        sender: &'a mut dyn Sender,
    ) -> Result<Self, EngineError> {
        let policies = Policies::load(store, settings.calendar.as_deref())?;
        Self::begin_with(policies, store, settings, sender)
    }

    pub(super) fn begin_with(
        policies: Policies,
        store: &mut dyn Store,
        settings: &'a RunSettings,
        sender: &'a mut dyn Sender,
    ) -> Result<Self, EngineError> {
        let until = Until::of(settings.as_of, policies.latest().policy.main())?;
        let state = store.state()?;
        if let Some(last) = state.as_of.filter(|last| *last > until.today) {
            return Err(EngineError::BackInTime { last, asked: until.today });
        }
        if state.as_of.is_none_or(|last| last < until.today) {
            point(Point::Maturing);
            if store.mature(&policies.latest().policy, state.as_of, until.today, settings.now)? > 0 {
                point(Point::AfterCommit);
            }
        }
        let calls = called::calls(&policies.latest().policy, store, state.adopted)?;
        Ok(Self {
            policies,
            settings,
            sender,
            until,
            store_id: state.id.into(),
            last: state.as_of,
            judged: state.judged,
            adopted: state.adopted,
            restored: state.restored,
            calls: Arc::new(calls),
            next_case: store.next_case()?,
            batch: BATCH,
            wrote: false,
            began: Instant::now(),
            report: RunReport { as_of: until.today.to_string(), ..RunReport::default() },
            watch: None,
            due: Vec::new(),
        })
    }
}

impl<'a> Round<'a> {
    /// Everything that has come due, to the end; gives whether it came there.
    fn go(&mut self, store: &mut dyn Store) -> Result<bool, EngineError> {
        openings::open(store, self)?;
        self.wrote = false;
        judging::judge(store, self)?;
        loop {
            // What takes effect is a fact on which other cases, and openings, may rest.
            if std::mem::take(&mut self.wrote) {
                openings::open_changed(store, self)?;
            }
            self.look_again(store)?;
            self.look_at_due(store)?;
            called::judge(store, self)?;
            if !self.wrote {
                break;
            }
        }
        if !self.goes_on() {
            return Ok(false);
        }
        keeping::expunge(store, self)?;
        if !self.goes_on() {
            return Ok(false);
        }
        let today = Some(self.until.today);
        if self.last != today || self.judged != today {
            let work = Work { as_of: today, judged: today, ..self.work() };
            store.begin()?;
            self.commit(store, &work)?;
        }
        Ok(true)
    }

    /// Whether the next piece of work is begun. What is left is found again by the next run.
    pub(super) fn goes_on(&mut self) -> bool {
        self.watch.as_mut().is_none_or(|it| it.goes_on())
    }

    pub(super) fn deciding(&self) -> Deciding<'a> {
        let (store_id, calls) = (Arc::clone(&self.store_id), Arc::clone(&self.calls));
        Deciding { settings: self.settings, until: self.until, store_id, restored: self.restored, calls }
    }

    /// The number of the next case. Numbers of cases that are then not opened are not used again.
    pub(super) fn next_case(&mut self) -> i64 {
        self.next_case += 1;
        self.next_case - 1
    }

    pub(super) fn work(&self) -> Work {
        Work { kind: "run".to_owned(), at: self.settings.now, today: Some(self.until.today), ..Work::default() }
    }

    /// Cases whose facts have changed.
    pub(super) fn look_again(&mut self, store: &mut dyn Store) -> Result<(), EngineError> {
        while self.goes_on() {
            store.begin()?;
            let rows = store.dirty_cases(self.batch)?;
            if rows.is_empty() {
                store.roll_back()?;
                return Ok(());
            }
            let mut work = self.work();
            work.clean_cases = rows.iter().map(|it| it.id).collect();
            self.decide_and_commit(store, &mut Ahead::default(), rows, work)?;
        }
        Ok(())
    }

    /// Cases in which time brings something.
    pub(super) fn look_at_due(&mut self, store: &mut dyn Store) -> Result<(), EngineError> {
        let mut ahead = Ahead::default();
        let mut beside = None;
        while self.goes_on() {
            store.begin()?;
            let rows = ahead.next(&*store, &self.policies, (self.until.moment, self.batch))?;
            if rows.is_empty() {
                store.roll_back()?;
                return Ok(());
            }
            let work = self.work();
            self.decide_and_commit(store, &mut ahead, rows, work)?;
            if ahead.is_full() {
                // Without another connection it goes on alone.
                let beside = beside.get_or_insert_with(|| store.beside().ok().flatten());
                if let Some(beside) = beside {
                    ahead = Ahead::default();
                    self.look_at_due_beside(store, &mut **beside)?;
                }
            }
        }
        Ok(())
    }

    /// Writes what was decided of cases that had come due at these moments; within a unit of work.
    pub(super) fn write_decided(
        &mut self,
        store: &mut dyn Store,
        due: Vec<i64>,
        decided: Vec<Decided>,
    ) -> Result<(), EngineError> {
        self.due = due;
        let work = Work { cases: self.counted(decided), ..self.work() };
        self.commit(store, &work)
    }

    fn decide_and_commit(
        &mut self,
        store: &mut dyn Store,
        ahead: &mut Ahead,
        rows: Vec<CaseRow>,
        mut work: Work,
    ) -> Result<(), EngineError> {
        let moment = self.until.moment;
        self.due = rows.iter().filter_map(|it| it.wake_at).filter(|at| *at <= moment).collect();
        match self.deciding().decide(&*store, &mut self.policies, ahead, rows) {
            Ok(decided) => work.cases = self.counted(decided),
            Err(error) => {
                store.roll_back()?;
                return Err(error);
            }
        }
        self.commit(store, &work)
    }

    /// Writes everything at once; until then nothing has happened.
    pub(super) fn commit(&mut self, store: &mut dyn Store, work: &Work) -> Result<(), EngineError> {
        send_too_early(self.sender, &work.cases);
        self.write_confirmed(store, &work.cases)?;
        point(Point::BeforeCommit);
        if planted::is(Bug::EffectBehindCommit) {
            effects_behind(store, work)?;
        } else {
            store.commit(work)?;
        }
        self.wrote = true;
        point(Point::AfterCommit);
        let due = std::mem::take(&mut self.due);
        if let Some(watch) = &mut self.watch {
            watch.committed(&due);
        }
        self.give_way();
        Ok(())
    }

    /// Lets others write who wait for the store: a run commits and begins again sooner than they can notice. What is decided does not
    /// depend on it.
    fn give_way(&mut self) {
        if self.began.elapsed() >= TURN {
            std::thread::sleep(GAP);
            self.began = Instant::now();
        }
    }

    fn counted(&mut self, decided: Vec<Decided>) -> Vec<CaseChange> {
        decided.into_iter().inspect(|it| self.report.count(it)).map(|it| it.change).collect()
    }
}

impl Deciding<'_> {
    pub(super) fn look(&self) -> Look {
        self.settings.patience.look(self.until.moment, self.until.today)
    }

    /// What becomes of cases that are looked at together.
    pub(super) fn decide(
        &self,
        store: &dyn Store,
        policies: &mut Policies,
        ahead: &mut Ahead,
        mut rows: Vec<CaseRow>,
    ) -> Result<Vec<Decided>, EngineError> {
        let mut all = Vec::with_capacity(rows.len());
        // One that ended since its facts changed needs no second look, nor its version of the policy, unless something is to come.
        rows.retain(|it| it.status == "open" || it.wake_at.is_some() || policies.may_reopen(&it.workflow, &it.period));
        rows.sort_by(|a, b| (a.policy, &a.workflow, &a.period, a.id).cmp(&(b.policy, &b.workflow, &b.period, b.id)));
        for group in rows.chunk_by(|a, b| (a.policy, &a.workflow, &a.period) == (b.policy, &b.workflow, &b.period)) {
            let known = policies.any_version(store, group[0].policy, self.settings.calendar.as_deref());
            let policy = match known {
                Ok(policy) => policy,
                Err(EngineError::Store(StoreError::Damaged(what))) => {
                    let aside = |row: &CaseRow| set_aside(row, format!("it can't be decided: {what}"));
                    all.extend(group.iter().map(aside));
                    continue;
                }
                Err(error) => return Err(error),
            };
            let decided = match self.decide_group(store, ahead, &policy, group) {
                // What can't be read belongs to one of them, and stops no other.
                Err(StoreError::Damaged(_)) if !planted::is(Bug::PoisonStopsBatch) => {
                    self.decide_each(store, &policy, group)
                }
                together => together,
            };
            all.extend(decided?);
        }
        Ok(all)
    }

    /// Cases of one version, workflow and period, whose facts are fetched together.
    fn decide_group(
        &self,
        store: &dyn Store,
        ahead: &mut Ahead,
        policy: &Policy,
        rows: &[CaseRow],
    ) -> Result<Vec<Decided>, StoreError> {
        let reader = store.reader_with(policy, ahead.take(rows[0].policy));
        prefetch(&*reader, policy, &rows.iter().collect::<Vec<_>>());
        let subject = policy.record_named(&rows[0].subject_type);
        let gone = |row: &CaseRow| subject.is_none_or(|it| reader.is_gone(it, &row.subject));
        let desk = Desk::new(policy, &*reader, &self.settings.language);
        let decided = rows.iter().map(|row| self.decide_one(store, &desk, row, gone(row))).collect::<Result<_, _>>()?;
        if let Some(fault) = reader.fault() {
            return Err(fault);
        }
        ahead.keep(rows[0].policy, reader.put_away());
        Ok(decided)
    }

    fn decide_each(&self, store: &dyn Store, policy: &Policy, rows: &[CaseRow]) -> Result<Vec<Decided>, StoreError> {
        let mut decided = Vec::with_capacity(rows.len());
        for row in rows {
            match self.decide_group(store, &mut Ahead::default(), policy, std::slice::from_ref(row)) {
                Err(StoreError::Damaged(what)) => {
                    decided.push(set_aside(row, format!("what is kept of it can't be read: {what}")));
                }
                alone => decided.extend(alone?),
            }
        }
        Ok(decided)
    }

    /// What becomes of one case. A case that can't be read or can't proceed is set aside and stops nobody else.
    fn decide_one(&self, store: &dyn Store, desk: &Desk<'_>, row: &CaseRow, gone: bool) -> Result<Decided, StoreError> {
        let case: Case = match serde_json::from_str(&row.state) {
            Ok(case) => case,
            Err(error) => return Ok(set_aside(row, format!("its state can't be read: {error}"))),
        };
        let Some(flow) = desk.policy().workflow_named(&row.workflow) else {
            let why = format!("policy version {} has no workflow `{}`", row.policy, row.workflow);
            return Ok(set_aside(row, why));
        };
        if !row.whole {
            return Ok(set_aside(row, damaged(row)));
        }
        if gone {
            return Ok(set_aside(row, format!("there is no {} `{}`", row.subject_type, row.subject)));
        }
        let accepted = accepted(store, (desk.policy(), flow), row.id, &case, self.until.today)?;
        let case = accepted.iter().fold(case, Case::after);
        Ok(self.decide_case(desk, flow, row.without_state(), &case, accepted))
    }

    /// Looks at a case and gives everything that follows, as rows. `first` are events that came before the look (its opening).
    pub(super) fn decide_case(
        &self,
        desk: &Desk<'_>,
        flow: WorkflowId,
        row: CaseRow,
        case: &Case,
        first: Vec<Event>,
    ) -> Decided {
        let advanced = desk.look(flow, case, &self.look());
        self.in_rows(desk, flow, row, first, advanced)
    }

    /// What a look made of a case, as rows.
    pub(super) fn in_rows(
        &self,
        desk: &Desk<'_>,
        flow: WorkflowId,
        mut row: CaseRow,
        first: Vec<Event>,
        advanced: Advanced,
    ) -> Decided {
        point(Point::Deciding);
        let look = self.look();
        let overslept = advanced.wake_at.is_some_and(|at| at <= look.until);
        let stuck = advanced.stuck.map(|it| it.0);
        let stuck = stuck.or_else(|| overslept.then(|| "it asks to be looked at again at once, for ever".to_owned()));
        row.status = advanced.case.status.word().to_owned();
        row.policy = advanced.case.policy;
        row.wake_at = advanced.wake_at.filter(|_| !overslept);
        row.state = serde_json::to_string(&advanced.case).unwrap_or_default();
        row.set_aside = stuck;
        let confirmed = confirmed(&advanced.events);
        let events: Vec<Event> = first.into_iter().chain(advanced.events).collect();
        let mut days = Days { desk, flow, case: &advanced.case, known: Vec::new() };
        let effects = self.effects_of(&mut days, &row, &events);
        let mut begins = |event: &Event| days.moments(event.day()).begin;
        let entries = events.iter().map(|event| entry(event, begins(event).min(look.until))).collect();
        let (deadlines, tasks) = stage_rows(&advanced.case, &events);
        let standing = advanced.case.proposal.as_ref().map(|note| {
            let stands = standing(desk.policy(), flow, &advanced.case);
            Standing {
                rule: note.rule.clone(),
                state: stands.word().to_owned(),
                since: stands.since(),
                ended: stands.ended(),
            }
        });
        let renamed = renamed(&events);
        let calls = called::by(&self.calls, &advanced.case, &events);
        let keeping = match desk.kept(flow, &advanced.case, look.today) {
            Kept::Always => None,
            Kept::Until(day) => Some(day),
            Kept::NoLonger(_) => Some(look.today),
        };
        let change =
            CaseChange { row, entries, renamed, deadlines, tasks, effects, standing, calls, keeping, confirmed };
        Decided { change, case: advanced.case, events }
    }
}

/// Why nothing follows from a case whose sum does not fit.
pub(super) fn damaged(row: &CaseRow) -> String {
    format!("what is kept of case {} is not as Merit wrote it: the disk or another program has changed it", row.id)
}

fn set_aside(row: &CaseRow, reason: String) -> Decided {
    let row = CaseRow { set_aside: Some(reason), wake_at: None, ..row.clone() };
    Decided { change: CaseChange::with(row, Vec::new()), case: Case::default(), events: Vec::new() }
}
