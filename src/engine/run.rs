//! One run: everything that has come due until a moment, in batches of one commit each.

use std::sync::Arc;

use jiff::civil::Date;
use serde::Serialize;

use crate::calendar::{Calendar, Moment};
use crate::casework::{Desk, Letter, standing};
use crate::engine::accepted::accepted;
use crate::engine::policies::Policies;
use crate::engine::rows::{entry, stage_rows};
use crate::engine::send::{Sender, send_too_early};
use crate::engine::{EngineError, Point, judging, openings, point};
use crate::store::{CaseChange, CaseRow, NewEffect, Standing, Store, Work};
use crate::workflow::{Case, Event, Look, Notice, NoticeState};

/// How many cases one commit holds.
const BATCH: u32 = 1_000;

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
}

/// What a run did.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RunReport {
    /// The day up to which the store has now run.
    pub as_of: String,
    /// People whom a framework judged.
    pub judged: u64,
    /// Sanctions, rewards and measures that were proposed.
    pub proposed: u64,
    /// Rules that could not be decided for want of facts.
    pub undetermined: u64,
    /// Cases that opened.
    pub cases_opened: u64,
    /// Stages that were done.
    pub stages_done: u64,
    /// Reminders taken.
    pub reminders: u64,
    /// Rungs taken.
    pub escalations: u64,
    /// Stages and cases that lapsed.
    pub lapsed: u64,
    /// Cases that were cancelled or left.
    pub cancelled: u64,
    /// Cases completed.
    pub completed: u64,
    /// Defaults recorded.
    pub defaults: u64,
    /// Defaults and lapses that wait after downtime.
    pub held: u64,
    /// Stages whose dates moved.
    pub dates_moved: u64,
    /// Cases set aside.
    pub set_aside: u64,
    /// Steps not taken: found too late, or dated before adoption or opening.
    pub skipped: u64,
    /// Notices kept back because a stronger one went to the same person.
    pub merged: u64,
    /// Notices to somebody without an address.
    pub undeliverable: u64,
    /// New entries of the outbox, merged and undeliverable ones included.
    pub effects: u64,
    /// Every notice that goes out.
    pub notices: Vec<NoticeLine>,
    /// Every case set aside, with its reason.
    pub aside: Vec<SetAside>,
}

/// A notice that goes out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoticeLine {
    /// The logical day.
    pub date: String,
    /// The case's number.
    pub case: i64,
    /// The workflow's name.
    pub workflow: String,
    /// The subject's key.
    pub subject: String,
    /// The stage's name.
    pub stage: String,
    /// The step's name.
    pub step: String,
    /// Who is written to: their key.
    pub recipient: String,
    /// The message's name.
    pub message: String,
    /// `due`, `held` or `undeliverable`.
    pub state: String,
}

/// A case that can't proceed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SetAside {
    /// The case's number.
    pub case: i64,
    /// The workflow's name.
    pub workflow: String,
    /// The subject's key.
    pub subject: String,
    /// Why.
    pub reason: String,
}

/// Runs everything that has come due until `settings.as_of`. Nothing is sent here (see [`crate::engine::send`]); `sender` is only
/// for the deliberate fault with which the crash test is tried.
///
/// # Errors
/// When the store can't, when nothing is deployed, or when the day lies before the store's last one. What was committed stays.
pub fn run(store: &mut dyn Store, settings: &RunSettings, sender: &mut dyn Sender) -> Result<RunReport, EngineError> {
    let mut round = Round::begin(store, settings, sender)?;
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

/// One run under way.
pub(super) struct Round<'a> {
    pub(super) policies: Policies,
    pub(super) settings: &'a RunSettings,
    sender: &'a mut dyn Sender,
    pub(super) until: Until,
    pub(super) store_id: String,
    /// The last day up to which the engine has run.
    pub(super) last: Option<Date>,
    pub(super) adopted: Option<Date>,
    restored: Option<i64>,
    next_case: i64,
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

    fn begin_with(
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
        Ok(Self {
            policies,
            settings,
            sender,
            until,
            store_id: state.id,
            last: state.as_of,
            adopted: state.adopted,
            restored: state.restored,
            next_case: store.next_case()?,
            report: RunReport { as_of: until.today.to_string(), ..RunReport::default() },
            watch: None,
            due: Vec::new(),
        })
    }
}

impl Round<'_> {
    /// Everything that has come due, to the end; gives whether it came there.
    fn go(&mut self, store: &mut dyn Store) -> Result<bool, EngineError> {
        openings::open(store, self)?;
        judging::judge(store, self)?;
        self.look_again(store)?;
        self.look_at_due(store)?;
        if !self.goes_on() {
            return Ok(false);
        }
        if self.last != Some(self.until.today) {
            let work = Work { as_of: Some(self.until.today), ..self.work() };
            store.begin()?;
            self.commit(store, &work)?;
        }
        Ok(true)
    }

    /// Whether the next piece of work is begun. What is left is found again by the next run.
    pub(super) fn goes_on(&mut self) -> bool {
        self.watch.as_mut().is_none_or(|it| it.goes_on())
    }

    pub(super) fn look(&self) -> Look {
        let patience = self.settings.patience;
        Look {
            until: self.until.moment,
            today: self.until.today,
            stale_after: patience.stale_after,
            grace_after_adoption: patience.grace_after_adoption,
            grace_after_downtime: patience.grace_after_downtime,
        }
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
    fn look_again(&mut self, store: &mut dyn Store) -> Result<(), EngineError> {
        while self.goes_on() {
            store.begin()?;
            let rows = store.dirty_cases(BATCH)?;
            if rows.is_empty() {
                store.roll_back()?;
                return Ok(());
            }
            let mut work = self.work();
            work.clean_cases = rows.iter().map(|it| it.id).collect();
            self.decide_and_commit(store, rows, work)?;
        }
        Ok(())
    }

    /// Cases in which time brings something.
    fn look_at_due(&mut self, store: &mut dyn Store) -> Result<(), EngineError> {
        while self.goes_on() {
            store.begin()?;
            let rows = store.due_cases(self.until.moment, BATCH)?;
            if rows.is_empty() {
                store.roll_back()?;
                return Ok(());
            }
            let work = self.work();
            self.decide_and_commit(store, rows, work)?;
        }
        Ok(())
    }

    fn decide_and_commit(
        &mut self,
        store: &mut dyn Store,
        rows: Vec<CaseRow>,
        mut work: Work,
    ) -> Result<(), EngineError> {
        let moment = self.until.moment;
        self.due = rows.iter().filter_map(|it| it.wake_at).filter(|at| *at <= moment).collect();
        let decided = self.decide(&*store, rows);
        match decided {
            Ok(changes) => work.cases = changes,
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
        point(Point::BeforeCommit);
        store.commit(work)?;
        point(Point::AfterCommit);
        let due = std::mem::take(&mut self.due);
        if let Some(watch) = &mut self.watch {
            watch.committed(&due);
        }
        Ok(())
    }

    fn decide(&mut self, store: &dyn Store, rows: Vec<CaseRow>) -> Result<Vec<CaseChange>, EngineError> {
        let mut changes = Vec::with_capacity(rows.len());
        let mut rows = rows;
        rows.sort_by(|a, b| (a.policy, &a.workflow, &a.period, a.id).cmp(&(b.policy, &b.workflow, &b.period, b.id)));
        for group in rows.chunk_by(|a, b| (a.policy, &a.workflow, &a.period) == (b.policy, &b.workflow, &b.period)) {
            let policy = Arc::clone(self.policies.version(group[0].policy)?);
            let reader = store.reader(&policy);
            if let Some(subject) = policy.record_named(&group[0].subject_type) {
                let keys: Vec<Arc<str>> = group.iter().map(|it| Arc::from(it.subject.as_str())).collect();
                reader.prefetch(subject, &keys, group[0].period.parse().ok());
            }
            let desk = Desk::new(&policy, &*reader, &self.settings.language);
            for row in group {
                changes.push(self.decide_one(store, &desk, row)?);
            }
            if let Some(fault) = reader.fault() {
                return Err(fault.into());
            }
        }
        Ok(changes)
    }

    /// What becomes of one case. A case that can't be read or can't proceed is set aside and stops nobody else.
    fn decide_one(&mut self, store: &dyn Store, desk: &Desk<'_>, row: &CaseRow) -> Result<CaseChange, EngineError> {
        let case: Case = match serde_json::from_str(&row.state) {
            Ok(case) => case,
            Err(error) => return Ok(self.set_aside(row, format!("its state can't be read: {error}"))),
        };
        let Some(flow) = desk.policy().workflow_named(&row.workflow) else {
            let why = format!("policy version {} has no workflow `{}`", row.policy, row.workflow);
            return Ok(self.set_aside(row, why));
        };
        let accepted = accepted(store, (desk.policy(), flow), row.id, &case, self.until.today)?;
        let case = accepted.iter().fold(case, Case::after);
        let decided = self.decide_case(desk, flow, row.clone(), &case, accepted);
        self.count(&decided);
        Ok(decided.change)
    }

    fn set_aside(&mut self, row: &CaseRow, reason: String) -> CaseChange {
        self.note_set_aside(row, &reason);
        let row = CaseRow { set_aside: Some(reason), wake_at: None, ..row.clone() };
        CaseChange::with(row, Vec::new())
    }

    fn note_set_aside(&mut self, row: &CaseRow, reason: &str) {
        self.report.set_aside += 1;
        let (workflow, subject) = (row.workflow.clone(), row.subject.clone());
        self.report.aside.push(SetAside { case: row.id, workflow, subject, reason: reason.to_owned() });
    }

    /// Looks at a case and gives everything that follows, as rows. `first` are events that came before the look (its opening).
    pub(super) fn decide_case(
        &self,
        desk: &Desk<'_>,
        flow: crate::ids::WorkflowId,
        mut row: CaseRow,
        case: &Case,
        first: Vec<Event>,
    ) -> Decided {
        point(Point::Deciding);
        let look = self.look();
        let advanced = desk.look(flow, case, &look);
        let overslept = advanced.wake_at.is_some_and(|at| at <= look.until);
        let stuck = advanced.stuck.map(|it| it.0);
        let stuck = stuck.or_else(|| overslept.then(|| "it asks to be looked at again at once, for ever".to_owned()));
        row.status = advanced.case.status.word().to_owned();
        row.wake_at = advanced.wake_at.filter(|_| !overslept);
        row.state = serde_json::to_string(&advanced.case).unwrap_or_default();
        row.set_aside = stuck;
        let events: Vec<Event> = first.into_iter().chain(advanced.events).collect();
        let effects = self.effects_of(desk, flow, &row, &advanced.case, &events);
        let begins = |event: &Event| desk.moments(flow, &advanced.case, event.day()).begin;
        let entries = events.iter().map(|event| entry(event, begins(event).min(look.until))).collect();
        let (deadlines, tasks) = stage_rows(&advanced.case, &events);
        let standing = advanced.case.proposal.as_ref().map(|note| {
            let stands = standing(desk.policy(), flow, &advanced.case);
            Standing { rule: note.rule.clone(), state: stands.word().to_owned(), since: stands.since() }
        });
        let change = CaseChange { row, entries, deadlines, tasks, effects, standing };
        Decided { change, case: advanced.case, events }
    }

    fn effects_of(
        &self,
        desk: &Desk<'_>,
        flow: crate::ids::WorkflowId,
        row: &CaseRow,
        case: &Case,
        events: &[Event],
    ) -> Vec<NewEffect> {
        let mut effects = Vec::new();
        for event in events {
            let Some(cause) = Cause::of(event) else { continue };
            for notice in cause.notices {
                let letter = desk.letter(flow, case, row.id, &cause.stage, cause.day, notice);
                effects.push(self.effect(desk, (flow, case), row, &cause, notice, &letter));
            }
        }
        effects
    }

    fn effect(
        &self,
        desk: &Desk<'_>,
        (flow, case): (crate::ids::WorkflowId, &Case),
        row: &CaseRow,
        cause: &Cause<'_>,
        notice: &Notice,
        letter: &Letter,
    ) -> NewEffect {
        let recipient = format!("{}:{}", notice.to.0, notice.to.1);
        let not_before = desk.moments(flow, case, cause.day).notices;
        let state = match (notice.state, &letter.address) {
            (NoticeState::Merged, _) => "merged",
            (NoticeState::Due, None) => "undeliverable",
            // The store as it was before it was restored may have sent this one, and no trace of it is left here.
            (NoticeState::Due, Some(_)) if self.restored.is_some_and(|at| not_before <= at) => "held",
            (NoticeState::Due, Some(_)) => "due",
        };
        let key = effect_key(&[
            &self.store_id,
            &row.workflow,
            &row.subject_type,
            &row.subject,
            &row.period,
            &row.nth.to_string(),
            &cause.stage,
            &cause.round.to_string(),
            &cause.step,
            &cause.nth.to_string(),
            &recipient,
            "notice",
        ]);
        NewEffect {
            key,
            stage: cause.stage.clone(),
            round: i64::from(cause.round),
            step: cause.step.clone(),
            nth: i64::from(cause.nth),
            recipient,
            kind: "notice".to_owned(),
            day: cause.day.to_string(),
            not_before,
            facts: serde_json::to_string(letter).unwrap_or_default(),
            message: notice.message.clone(),
            language: letter.language.clone(),
            state: state.to_owned(),
        }
    }

    /// Puts into the report what follows for one case.
    pub(super) fn count(&mut self, decided: &Decided) {
        let row = &decided.change.row;
        if let Some(reason) = &row.set_aside {
            self.note_set_aside(row, reason);
        }
        let report = &mut self.report;
        for event in &decided.events {
            match event {
                Event::CaseOpened { .. } => report.cases_opened += 1,
                Event::StageDone { .. } | Event::Chosen { .. } => report.stages_done += 1,
                Event::StageLapsed { .. } => report.lapsed += 1,
                Event::StepTaken { rung, default, .. } => {
                    *(if *rung { &mut report.escalations } else { &mut report.reminders }) += 1;
                    report.defaults += u64::from(default.is_some());
                }
                Event::StepSkipped { .. } => report.skipped += 1,
                Event::Held { .. } => report.held += 1,
                Event::DatesMoved { .. } => report.dates_moved += 1,
                Event::CaseEnded { how, .. } => match how {
                    crate::workflow::How::Completed => report.completed += 1,
                    crate::workflow::How::Cancelled | crate::workflow::How::Left => report.cancelled += 1,
                    crate::workflow::How::Lapsed => report.lapsed += 1,
                },
                Event::StageOpened { .. }
                | Event::Filled { .. }
                | Event::Completed { .. }
                | Event::Signed { .. }
                | Event::Extended { .. }
                | Event::Sent { .. }
                | Event::Accepted { .. }
                | Event::Received { .. }
                | Event::CalledOff { .. }
                | Event::WentBack { .. }
                | Event::StageLeftOut { .. }
                | Event::Assigned { .. }
                | Event::ClockChanged { .. }
                | Event::NoticeActedOn { .. } => {}
            }
        }
        for effect in &decided.change.effects {
            report.effects += 1;
            match effect.state.as_str() {
                "merged" => report.merged += 1,
                state => {
                    report.undeliverable += u64::from(state == "undeliverable");
                    report.notices.push(notice_line(row, effect));
                }
            }
        }
    }
}

fn notice_line(row: &CaseRow, effect: &NewEffect) -> NoticeLine {
    let recipient = effect.recipient.split_once(':').map_or(effect.recipient.as_str(), |(_, key)| key);
    NoticeLine {
        date: effect.day.clone(),
        case: row.id,
        workflow: row.workflow.clone(),
        subject: row.subject.clone(),
        stage: effect.stage.clone(),
        step: effect.step.clone(),
        recipient: recipient.to_owned(),
        message: effect.message.clone(),
        state: effect.state.clone(),
    }
}

/// What a notice follows from.
struct Cause<'e> {
    stage: String,
    round: u32,
    step: String,
    nth: u32,
    day: Date,
    notices: &'e [Notice],
}

impl<'e> Cause<'e> {
    fn of(event: &'e Event) -> Option<Self> {
        match event {
            Event::StepTaken { mark, day, notices, .. } => Some(Self {
                stage: mark.stage.clone(),
                round: mark.round,
                step: mark.step.clone(),
                nth: mark.nth,
                day: *day,
                notices,
            }),
            Event::Held { stage, round, step, was_due: _, until: _, notices, on } => {
                let (name, nth) = step.clone().unwrap_or_else(|| ("lapse".to_owned(), 1));
                let step = format!("{name}-held");
                Some(Self { stage: stage.clone(), round: *round, step, nth, day: *on, notices })
            }
            Event::Sent { stage, round, notices, on, .. } => {
                Some(Self { stage: stage.clone(), round: *round, step: "sent".to_owned(), nth: 1, day: *on, notices })
            }
            _ => None,
        }
    }
}

fn effect_key(parts: &[&str]) -> String {
    use sha2::Digest;
    let mut hash = sha2::Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
