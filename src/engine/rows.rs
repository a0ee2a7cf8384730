//! What a case becomes in rows: nothing but its events and the case as its journal gives it.

use crate::store::{Actor, DeadlineRow, NewEntry, TaskRow};
use crate::workflow::{Case, DueDate, Event, HolderNote, StageCase, StageStatus};

/// An event as a journal entry, at its logical moment.
pub(super) fn entry(event: &Event, at: i64) -> NewEntry {
    let payload = serde_json::to_string(event).unwrap_or_default();
    let actor = match event {
        // Whoever moves cases is nobody whom a case knows.
        Event::Moved(it) => Actor::Person(it.by.clone()),
        _ => event.by().map_or(Actor::System, |(kind, key)| Actor::Person(format!("{kind}:{key}"))),
    };
    NewEntry { at, actor, kind: event.kind().to_owned(), payload }
}

/// The rows of the stages that these events touched. What steps are taken, skipped or held, and what becomes of notices, says nothing
/// of when a stage is due or with whom it lies: such a row would be written as it stands.
pub(super) fn stage_rows(case: &Case, events: &[Event]) -> (Vec<DeadlineRow>, Vec<TaskRow>) {
    let moves = |it: &&Event| {
        !matches!(
            it,
            Event::StepTaken { .. } | Event::StepSkipped { .. } | Event::Held { .. } | Event::NoticeActedOn { .. }
        )
    };
    let events: Vec<&Event> = events.iter().filter(moves).collect();
    let all =
        events.iter().any(|it| matches!(it, Event::ClockChanged { .. } | Event::CaseEnded { .. } | Event::Moved(_)));
    let anew = |it: &Event, name: &str| matches!(it, Event::WentBack { again, .. } | Event::Reopened { again, .. } if again.iter().any(|it| it == name));
    let touched = |name: &str| all || events.iter().any(|it| it.stage() == Some(name) || anew(it, name));
    let stages = case.stages().filter(|(name, _)| touched(name));
    let rows = |(name, stage): (&str, &StageCase)| {
        let late = late_rounds(stage).map(|it| superseded(case, name, &it)).collect::<Vec<_>>();
        late.into_iter().chain(superseded_rows(case, name, stage)).chain([deadline_row(case, name, stage)])
    };
    let deadlines = stages.clone().flat_map(rows).collect();
    let tasks = |(name, stage): (&str, &StageCase)| {
        let late = late_rounds(stage).flat_map(|it| task_rows(name, &it)).collect::<Vec<_>>();
        late.into_iter().chain(task_rows(name, stage))
    };
    (deadlines, stages.flat_map(tasks).collect())
}

/// The rounds of committees that were late, each as its stage was then.
fn late_rounds(stage: &StageCase) -> impl Iterator<Item = StageCase> {
    stage.formed.iter().flat_map(|it| &it.before).map(|late| StageCase {
        round: late.round,
        opening: late.opening.clone(),
        dates: late.dates.clone(),
        holders: late.holders.clone(),
        since: late.since,
        ended: Some(late.until),
        ..StageCase::left_out(late.round, late.until)
    })
}

/// Stages that have another name than before: old name, new name.
pub(super) fn renamed(events: &[Event]) -> Vec<(String, String)> {
    let moves = events.iter().filter_map(|it| if let Event::Moved(it) = it { Some(it) } else { None });
    let stages = moves.flat_map(|it| &it.stages).filter(|it| it.stage != it.becomes);
    stages.map(|it| (it.stage.clone(), it.becomes.clone())).collect()
}

/// The row of a stage's deadline: nothing but the case as its journal gives it.
#[must_use]
pub fn deadline_row(case: &Case, name: &str, stage: &StageCase) -> DeadlineRow {
    let day = |date: &Option<DueDate>| date.as_ref().map(|it| it.day.to_string());
    let still = case.suspensions.last().is_some_and(|it| it.until.is_none());
    let state = match stage.status {
        StageStatus::Running if still => "suspended",
        StageStatus::Running => "running",
        StageStatus::Done => "met",
        StageStatus::Lapsed => "lapsed",
        StageStatus::LeftOut | StageStatus::Cancelled => "cancelled",
    };
    DeadlineRow {
        stage: name.to_owned(),
        round: i64::from(stage.round),
        opens: stage.opening.as_ref().map(|it| it.day.to_string()),
        due: day(&stage.dates.due),
        closes: day(&stage.dates.closes),
        derivation: serde_json::to_string(&stage.dates).unwrap_or_default(),
        state: state.to_owned(),
    }
}

/// The rows of the dates that a stage had before it was extended. With whom it lay goes on in the round that followed.
fn superseded_rows(case: &Case, name: &str, stage: &StageCase) -> Vec<DeadlineRow> {
    let first = stage.opened_in_round();
    let row = |(round, granted): (u32, &crate::workflow::Granted)| {
        let before = StageCase { round, dates: granted.was.clone(), ..stage.clone() };
        superseded(case, name, &before)
    };
    (first..).zip(&stage.extensions).map(row).collect()
}

/// The row of a round in whose place another came.
fn superseded(case: &Case, name: &str, round: &StageCase) -> DeadlineRow {
    DeadlineRow { state: "superseded".to_owned(), ..deadline_row(case, name, round) }
}

/// The rows that say with whom a stage lies: nothing but the case as its journal gives it.
#[must_use]
pub fn task_rows(name: &str, stage: &StageCase) -> Vec<TaskRow> {
    let row = |(place, note): (usize, &HolderNote)| TaskRow {
        stage: name.to_owned(),
        round: i64::from(stage.round),
        nth: i64::try_from(place + 1).unwrap_or(i64::MAX),
        holder: note.who.clone(),
        capacity: note.capacity.clone(),
        why: note.why.join("; "),
        since: stage.since.map(|it| it.to_string()).unwrap_or_default(),
        until: stage.signature(&note.place()).map(|it| it.on).or(stage.ended).map(|it| it.to_string()),
    };
    stage.holders.iter().enumerate().map(row).collect()
}
