//! What the journal tells, read as another program would read it, and the plain rules that each entry is held to.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time, date};
use jiff::tz::TimeZone;
use merit::workflow::{Case, Event, StageCase, StageStatus};

use crate::ministry::Ministry;
use crate::roster::{From, Length, Roster, Status, due, next};

/// An entry that is new.
pub(crate) struct Entry {
    pub(crate) case: i64,
    pub(crate) at: i64,
    pub(crate) event: Event,
}

/// Every case as its journal told of it so far.
#[derive(Default)]
pub(crate) struct Books {
    pub(crate) cases: BTreeMap<i64, Case>,
    rev: i64,
    /// Another program's view of the store.
    reader: Option<rusqlite::Connection>,
    /// Steps that count from an opening and were taken: case, stage, the round in which it opened, step.
    once: BTreeSet<(i64, String, u32, String)>,
    /// How often each kind of event was told.
    pub(crate) kinds: BTreeMap<String, u64>,
}

/// What was being done when entries were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    Run,
    Act,
}

fn cairo() -> TimeZone {
    TimeZone::get("Africa/Cairo").unwrap()
}

pub(crate) fn subject(roster: &Roster, case: &Case) -> usize {
    roster.place(&case.subject).unwrap()
}

/// A stage's name, told apart where two workflows have one of the same name.
pub(crate) fn full_name(case: &Case, stage: &str) -> String {
    if stage == "ruling" { format!("{}.ruling", case.workflow) } else { stage.to_owned() }
}

impl Books {
    /// The entries written since the last time, and effects that they caused.
    pub(crate) fn read(&mut self, ministry: &Ministry) -> Vec<Entry> {
        let store = self.reader.get_or_insert_with(|| rusqlite::Connection::open(ministry.path()).unwrap());
        let sql = "select case_id, at, payload from journal where rev > ?1 order by rev, case_id, seq";
        let mut asked = store.prepare_cached(sql).unwrap();
        let row = |row: &rusqlite::Row<'_>| {
            let payload: String = row.get(2)?;
            Ok(Entry { case: row.get(0)?, at: row.get(1)?, event: serde_json::from_str(&payload).unwrap() })
        };
        asked.query_map([self.rev], row).unwrap().map(Result::unwrap).collect()
    }

    /// Takes new entries in, holding each to the rules; what is wrong is told.
    pub(crate) fn take(&mut self, ministry: &Ministry, roster: &Roster, day: Date, doing: Doing) -> Vec<String> {
        let (entries, rev) = (self.read(ministry), ministry_rev(ministry));
        self.rev = rev;
        let mut wrong = Vec::new();
        let mut last_step: BTreeMap<i64, Date> = BTreeMap::new();
        for Entry { case: id, at, event } in entries {
            *self.kinds.entry(event.kind().to_owned()).or_default() += 1;
            let case = self.cases.remove(&id).unwrap_or_default();
            let told = Told { roster, case: &case, event: &event, day, doing };
            wrong.extend(
                told.wrong().into_iter().map(|it| format!("case {id} ({} {}): {it}", case.workflow, case.subject)),
            );
            let local = cairo().to_datetime(Timestamp::from_second(at).unwrap()).date();
            if event.day() <= day && local != event.day() {
                wrong.push(format!("case {id}: {} of {} is written down for {local}", event.kind(), event.day()));
            }
            if let Event::StepTaken { mark, .. } = &event
                && case.workflow == "quarterly"
                && from_opening(&mark.stage, &mark.step)
            {
                let round = case.stage(&mark.stage).map_or(1, merit::workflow::StageCase::opened_in_round);
                if !self.once.insert((id, mark.stage.clone(), round, mark.step.clone())) {
                    wrong.push(format!("case {id}: `{}` of `{}` was taken once more", mark.step, mark.stage));
                }
            }
            if let Event::StepTaken { day, .. } = &event
                && let Some(before) = last_step.insert(id, *day)
                && before > *day
            {
                wrong.push(format!("case {id}: the step of {day} comes behind that of {before}"));
            }
            let after = case.after(&event);
            if let Event::StageOpened { stage, .. } | Event::DatesMoved { stage, .. } | Event::Extended { stage, .. } =
                &event
            {
                wrong.extend(wrong_due(roster, &after, stage, day).map(|it| format!("case {id}: {it}")));
            }
            self.cases.insert(id, after);
        }
        wrong
    }

    /// Every case that is open, held to the plain reading of the rules on a day until which a run went.
    pub(crate) fn look(&self, roster: &Roster, day: Date) -> Vec<String> {
        let mut wrong = Vec::new();
        for (id, case) in self.cases.iter().filter(|it| it.1.is_open()) {
            for (name, stage) in case.stages.iter().filter(|it| it.1.status == StageStatus::Running) {
                wrong.extend(wrong_due(roster, case, name, day).map(|it| format!("case {id}: {it}")));
                wrong.extend(wrong_holders(roster, case, name, stage, day).map(|it| format!("case {id}: {it}")));
            }
        }
        wrong
    }
}

fn ministry_rev(ministry: &Ministry) -> i64 {
    use merit::store::Store;
    ministry.store().state().unwrap().rev
}

pub(crate) fn withdrawn(roster: &Roster, case: &Case) -> Vec<usize> {
    case.recused.iter().filter_map(|it| roster.place(&it.1)).collect()
}

fn wrong_holders(roster: &Roster, case: &Case, name: &str, stage: &StageCase, day: Date) -> Option<String> {
    let of = subject(roster, case);
    let expected = roster.holders(&full_name(case, name), of, day, &withdrawn(roster, case))?;
    let key = |it: Option<usize>| it.map(|it| roster.officers[it].key.clone());
    let expected: Vec<Option<String>> = expected.into_iter().map(key).collect();
    let mut found: Vec<Option<String>> =
        stage.holders.iter().map(|it| it.who.as_ref().map(|it| it.1.clone())).collect();
    if case.workflow == "leave" {
        found.retain(Option::is_some);
    }
    (found != expected).then(|| format!("`{name}` of {} lies with {found:?} on {day}, not {expected:?}", case.subject))
}

/// How long a stage has, and how much more it may be granted, where that is plain.
fn length(roster: &Roster, case: &Case, name: &str) -> Option<Length> {
    Some(match full_name(case, name).as_str() {
        "write" => Length::Working(roster.versions[&case.policy].0),
        "look" => Length::Working(5),
        "talk" => Length::Days(14),
        "note" => Length::Months(1),
        "file" => Length::Working(3),
        "leave.ruling" => Length::Working(15),
        "notice" => Length::Working(5),
        _ => return None,
    })
}

/// The day by which something is due by order, where that does not lie before it opened.
fn ordered_due(roster: &Roster, case: &Case, name: &str, opened: Date, today: Date) -> Option<Date> {
    let due = (name == "write").then(|| roster.ordered(case.period.parse().ok()?, today)).flatten();
    due.filter(|it| *it >= opened)
}

fn wrong_due(roster: &Roster, case: &Case, name: &str, today: Date) -> Option<String> {
    let (stage, of) = (&case.stages[name], subject(roster, case));
    let length = length(roster, case, name)?;
    let (opened, opening) = (case.opened?, stage.opening.as_ref()?);
    if case.workflow == "quarterly" && roster.officers[of].status.on(today) == Some(Status::OnLeave) {
        return None;
    }
    let still =
        |day: Date| case.workflow == "quarterly" && day >= opening.day && roster.is_suspended(of, opened, day, today);
    if let Some(ordered) = ordered_due(roster, case, name, opening.day, today) {
        let mut expected = ordered;
        while !roster.is_worked(roster.watches(of, ordered), expected) {
            expected = next(expected);
        }
        let plain =
            stage.extensions.is_empty() && case.suspensions.is_empty() && roster.officers[of].watch.0.len() == 1;
        let found = stage.dates.due.as_ref().map(|it| it.day);
        return (plain && found != Some(expected))
            .then(|| format!("`{name}` of {} is due on {found:?}, and by order on {expected}", case.subject));
    }
    let more = stage.extensions.first().map(|it| match name {
        "note" => Length::Months(it.length.count),
        _ => Length::Working(it.length.count),
    });
    let counts =
        matches!(opening.anchor, merit::calendar::Anchor::StartEdge { .. } | merit::calendar::Anchor::EndEdge { .. });
    let from = From { day: opening.day, counts };
    let expected = due(roster, of, from, (length, more), &still);
    let found = stage.dates.due.as_ref().map(|it| it.day);
    (found != Some(expected))
        .then(|| format!("`{name}` of {} is due on {found:?}, and by hand on {expected}", case.subject))
}

/// An event of a case as it stood before.
struct Told<'a> {
    roster: &'a Roster,
    case: &'a Case,
    event: &'a Event,
    /// The day on which it was written.
    day: Date,
    doing: Doing,
}

impl Told<'_> {
    fn wrong(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut unless = |holds: bool, what: String| {
            if !holds {
                wrong.push(what);
            }
        };
        let (roster, case, day) = (self.roster, self.case, self.day);
        if !matches!(self.event, Event::CaseOpened { .. } | Event::NoticeActedOn { .. }) {
            unless(case.is_open(), format!("{} after its end", self.event.kind()));
        }
        unless(self.event.day() <= day, format!("{} of {} on {day}", self.event.kind(), self.event.day()));
        if let Some(by) = self.event.by() {
            unless(self.doing == Doing::Act, format!("{by:?} acted, and nobody did"));
            unless(self.may(by), format!("{by:?} may not {} on {day}: {:?}", self.event.kind(), self.event));
        }
        if let Event::Chosen { stage, choice, by, .. } = self.event
            && by.0.is_empty()
        {
            let (of, away) = (subject(roster, case), withdrawn(roster, case));
            let sitting = roster.sitting(of, day, &away);
            let voters =
                |it: &&merit::workflow::Vote| sitting.iter().any(|own| own.1 && roster.officers[own.0].key == it.by.1);
            let votes: Vec<_> = case.stages[&**stage].votes.iter().filter(voters).collect();
            let carried = 2 * votes.iter().filter(|it| it.choice == *choice).count() > votes.len();
            unless(carried, format!("`{choice}` carried with {votes:?}"));
            // Where nobody sits without a vote the chair closes it, and is there, too.
            let closes = sitting.iter().all(|it| it.1).then(|| sitting.first().map(|it| &roster.officers[it.0].key));
            let chair = closes.flatten().is_some_and(|it| votes.iter().all(|vote| vote.by.1 != *it));
            let there = votes.len() + usize::from(chair);
            unless(there >= roster.quorum(of, day, &away), format!("{there} decided {choice}"));
        }
        match self.event {
            Event::StepTaken { mark, rung, day: on, default, .. } => {
                let of = subject(roster, case);
                let step = format!("`{}` {} of `{}`", mark.step, mark.nth, mark.stage);
                let late = roster.worked_between(of, *on, day);
                unless(*rung || late <= 3, format!("the reminder {step} of {on} was taken {late} working days late"));
                let still = case.workflow == "quarterly" && roster.officers[of].status.on(day) == Some(Status::OnLeave);
                unless(!still, format!("{step} was taken on {day}, while the clock stood still"));
                let most = most_times(roster, case, &mark.stage, &mark.step);
                unless(mark.nth <= most, format!("{step} is more than {most}"));
                let blames = matches!(
                    (case.workflow.as_str(), mark.stage.as_str(), mark.step.as_str()),
                    ("quarterly", "write" | "talk", "escalate-1")
                );
                let signed = case.stage(&mark.stage).is_some_and(|it| !it.signed.is_empty());
                unless(default.is_some() == blames || signed, format!("{step} records the default {default:?}"));
            }
            Event::StageDone { stage, on, late, .. } | Event::Chosen { stage, on, late, .. } => {
                let due = case.stage(stage).and_then(|it| it.dates.due.as_ref()).map(|it| it.day);
                let frozen = case.suspensions.iter().any(|it| {
                    it.from <= *on && it.until.is_none_or(|until| until >= *on) && due.is_some_and(|due| it.from <= due)
                });
                let expected = !frozen && due.is_some_and(|due| *on > due);
                unless(*late == expected, format!("`{stage}` was done on {on}, due on {due:?}, and late is {late}"));
            }
            Event::StageLapsed { stage, on, .. } => {
                unless(*on < day, format!("`{stage}` lapsed on {on}, which is not over"))
            }
            _ => {}
        }
        wrong
    }

    /// Whether somebody may do what they did, by the plain reading.
    fn may(&self, by: &(String, String)) -> bool {
        let (roster, case) = (self.roster, self.case);
        let (Some(who), of) = (roster.place(&by.1), subject(roster, case)) else { return false };
        let holds = |stage: &str| {
            let holders = roster.holders(&full_name(case, stage), of, self.day, &withdrawn(roster, case));
            holders.is_some_and(|it| it.contains(&Some(who)))
        };
        match self.event {
            Event::Chosen { stage, .. }
            | Event::Filled { stage, .. }
            | Event::Completed { stage, .. }
            | Event::Signed { stage, .. }
            | Event::Recused { stage, .. }
            | Event::Sent { stage, .. } => holds(stage),
            Event::Voted { .. } => {
                roster.sitting(of, self.day, &withdrawn(roster, case)).contains(&(who, true)) && who != of
            }
            Event::Extended { .. } => roster.manager(of, self.day) == Some(who),
            Event::CalledOff { .. } => who == of || roster.manager(of, self.day) == Some(who),
            Event::Received { to, .. } => {
                to == by || case.stages.values().any(|it| it.holders.iter().any(|it| it.who.as_ref() == Some(by)))
            }
            _ => false,
        }
    }
}

/// How often the text says that a step comes at most.
fn most_times(roster: &Roster, case: &Case, stage: &str, step: &str) -> u32 {
    match (case.workflow.as_str(), stage, step) {
        ("quarterly", "write", "remind-4") => roster.versions[&case.policy].1,
        ("quarterly", "look", "remind-2") | ("quarterly", "assess", "remind-2") => 2,
        _ => 1,
    }
}

/// Steps that count from the opening, so that an extension moves nothing of them.
fn from_opening(stage: &str, step: &str) -> bool {
    matches!((stage, step), ("write", "remind-1") | ("write", "escalate-2"))
}

/// Whether an effect may leave when the text says so: at eight, or at half past midnight where the watch is kept; and where whoever it
/// goes to does not keep it, at eight of a day on which they work.
pub(crate) fn wrong_hour(roster: &Roster, (of, to): (usize, usize), on: Date, not_before: i64) -> Option<String> {
    let local = cairo().to_datetime(Timestamp::from_second(not_before).unwrap());
    let theirs = roster.watches(to, on);
    let from_then = |worked: &dyn Fn(Date) -> bool| {
        let mut day = on;
        while !worked(day) {
            day = next(day);
        }
        day
    };
    // What was written before a holiday was announced does not know of it.
    let known = from_then(&|day| roster.was_worked(theirs, day, on));
    let day = from_then(&|day| roster.is_worked(theirs, day));
    wrong_hour_of(roster, (of, on), theirs, known, &local).and(wrong_hour_of(roster, (of, on), theirs, day, &local))
}

fn wrong_hour_of(
    roster: &Roster,
    (of, on): (usize, Date),
    theirs: bool,
    day: Date,
    local: &DateTime,
) -> Option<String> {
    let watch = theirs && roster.watches(of, on);
    let hour = match (watch, day == date(2026, 4, 24)) {
        (false, _) => Time::constant(8, 0, 0, 0),
        (true, false) => Time::constant(0, 30, 0, 0),
        // The hour after midnight is not there.
        (true, true) => Time::constant(1, 0, 0, 0),
    };
    let found = (local.date(), local.time());
    (found != (day, hour)).then(|| format!("a notice of {day} may leave on {} at {}", found.0, found.1))
}
