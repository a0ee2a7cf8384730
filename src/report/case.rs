//! One case: where it stands, its history, and why each date is what it is.

use serde::Serialize;

use crate::calendar::length_in_words;
use crate::casework::place_of;
use crate::eval;
use crate::policy::model::Policy;
use crate::report::Reader;
use crate::report::cases::period_label;
use crate::store::{CaseRow, JournalEntry, RefusedAct, Store, StoreError};
use crate::value::Value;
use crate::workflow::{
    Case, DueDate, Entered, Event, HolderNote, Move, NoticeAct, NoticeState, Receipt, Skipped, StageCase,
};

/// One case, told to people.
#[derive(Debug, Clone, Serialize)]
pub struct CaseReport {
    /// Its number.
    pub case: i64,
    /// The workflow's name.
    pub workflow: String,
    /// The workflow's title.
    pub title: String,
    /// The subject's record type and key.
    pub subject: String,
    /// The period's label, if it has one.
    pub period: Option<String>,
    /// The policy version that it was opened under.
    pub policy: i64,
    /// The newest policy version.
    pub newest_policy: Option<i64>,
    /// Where it stands.
    pub status: String,
    /// How its end was marked.
    pub mark: Option<String>,
    /// Why it was set aside.
    pub set_aside: Option<String>,
    /// Days on which the clock stood still.
    pub suspensions: Vec<String>,
    /// What was entered and does not count before a decision confirms it.
    pub unconfirmed: Vec<Unconfirmed>,
    /// Its stages' dates.
    pub deadlines: Vec<DeadlineReport>,
    /// What happened, in order.
    pub history: Vec<HistoryLine>,
    /// What somebody wanted to do and was refused.
    pub refusals: Vec<RefusedAct>,
}

/// What was entered and does not count yet.
#[derive(Debug, Clone, Serialize)]
pub struct Unconfirmed {
    /// The field, with its record type.
    pub field: String,
    /// What was entered, in words.
    pub value: String,
    /// Who entered it.
    pub by: String,
    /// The day.
    pub on: String,
}

impl Unconfirmed {
    fn of(policy: &Policy, entered: &Entered) -> Self {
        let value = match place_of(policy, entered) {
            Ok(it) => it.value.map_or_else(|| "nothing".to_owned(), |it| eval::render(&Value::Known(it), policy)),
            Err(why) => why,
        };
        let field = format!("{}.{}", entered.record, entered.field);
        Self { field, value, by: entered.by.1.clone(), on: entered.on.to_string() }
    }
}

/// A stage's dates and why they are what they are.
#[derive(Debug, Clone, Serialize)]
pub struct DeadlineReport {
    /// The stage's name.
    pub stage: String,
    /// Where it stands.
    pub state: String,
    /// The day it opened.
    pub opens: Option<String>,
    /// The day it is due.
    pub due: Option<String>,
    /// Whether the due date rests on a day that is only expected.
    pub expected: bool,
    /// Why it is due then, step by step.
    pub why_due: Vec<String>,
    /// The day after which nobody may write.
    pub closes: Option<String>,
    /// Why it closes then.
    pub why_closes: Vec<String>,
    /// Facts for want of which a date is not known.
    pub waiting_for: Vec<String>,
    /// With whom it lies, and how they were found.
    pub holders: Vec<String>,
}

/// An entry of the history.
#[derive(Debug, Clone, Serialize)]
pub struct HistoryLine {
    /// Its number in the journal.
    pub seq: i64,
    /// The logical day.
    pub day: String,
    /// The kind of event.
    pub kind: String,
    /// What happened, in words.
    pub what: String,
    /// Who did it.
    pub actor: String,
}

/// One case, told to people.
///
/// # Errors
/// When the store can't be read or its journal makes no sense.
pub fn case_report(
    store: &dyn Store,
    policy: &Policy,
    reader: Reader,
    row: &CaseRow,
) -> Result<CaseReport, StoreError> {
    let Reader::Keeper = reader;
    let journal = store.journal(row.id)?;
    let events = events(&journal)?;
    let case = Case::replay(&events);
    let flow = policy.workflow_named(&row.workflow).map(|it| policy.workflow(it));
    let period = period_label(policy, row);
    let stages =
        flow.map(|it| it.stages.iter().map(|it| it.label.name.as_str()).collect::<Vec<_>>()).unwrap_or_default();
    let mut begun: Vec<_> = case.stages().collect();
    begun.sort_by_key(|(name, _)| stages.iter().position(|it| it == name));
    let deadlines = begun.into_iter().map(|(name, it)| deadline(&case, name, it)).collect();
    let history = journal.iter().zip(&events).map(|(entry, event)| line(entry, event)).collect();
    let suspension = |it: &crate::workflow::Suspension| match it.until {
        Some(until) => format!("{} to {until}", it.from),
        None => format!("since {}", it.from),
    };
    Ok(CaseReport {
        case: row.id,
        workflow: row.workflow.clone(),
        title: flow.map_or_else(|| row.workflow.clone(), |it| it.label.title.clone()),
        subject: format!("{} {}", row.subject_type, row.subject),
        period,
        policy: row.policy,
        newest_policy: store.latest_policy()?.map(|it| it.version),
        status: row.status.clone(),
        mark: case.mark.clone(),
        set_aside: row.set_aside.clone(),
        suspensions: case.suspensions.iter().map(suspension).collect(),
        unconfirmed: case.entered.iter().map(|it| Unconfirmed::of(policy, it)).collect(),
        deadlines,
        history,
        refusals: store.refusals(row.id)?,
    })
}

fn events(journal: &[JournalEntry]) -> Result<Vec<Event>, StoreError> {
    let read = |entry: &JournalEntry| {
        serde_json::from_str(&entry.payload).map_err(|error| {
            StoreError::Damaged(format!("entry {} of case {} can't be read: {error}", entry.seq, entry.case_id))
        })
    };
    journal.iter().map(read).collect()
}

fn deadline(case: &Case, name: &str, stage: &StageCase) -> DeadlineReport {
    let row = crate::engine::deadline_row(case, name, stage);
    let why = |date: &Option<DueDate>| date.as_ref().map(|it| it.derivation.lines()).unwrap_or_default();
    let holder = |note: &HolderNote| {
        let who = note.who.as_ref().map_or("nobody", |(_, key)| key.as_str());
        let signed = stage.signature(&note.capacity);
        let signed = signed.map_or_else(String::new, |it| format!("; {} signed on {}", it.by.1, it.on));
        format!("{who} as {}: {}{signed}", note.capacity, note.why.join("; "))
    };
    DeadlineReport {
        stage: name.to_owned(),
        state: row.state,
        opens: row.opens,
        due: row.due,
        expected: stage.dates.due.as_ref().is_some_and(|it| it.expected),
        why_due: why(&stage.dates.due),
        closes: row.closes,
        why_closes: why(&stage.dates.closes),
        waiting_for: stage.dates.waiting_for.clone(),
        holders: stage.holders.iter().map(holder).collect(),
    }
}

fn line(entry: &JournalEntry, event: &Event) -> HistoryLine {
    HistoryLine {
        seq: entry.seq,
        day: event.day().to_string(),
        kind: entry.kind.clone(),
        what: event_words(event),
        actor: entry.actor.clone(),
    }
}

/// An event in words.
#[must_use]
pub fn event_words(event: &Event) -> String {
    match event {
        Event::CaseOpened { policy, proposal, .. } => {
            let about =
                proposal.as_ref().map_or_else(String::new, |it| format!(" for `{}` of {}", it.rule, it.framework));
            format!("the case opens{about} under policy version {policy}")
        }
        Event::StageOpened { stage, dates, holders, .. } => {
            let due = dates.due.as_ref().map_or_else(String::new, |it| format!(", due {}", it.day));
            format!("`{stage}` opens{due}, with {}", people(holders))
        }
        Event::StageLeftOut { stage, because_of: None, .. } => format!("`{stage}` is left out"),
        Event::StageLeftOut { stage, because_of: Some(other), .. } => {
            format!("`{stage}` is left out, because of `{other}`")
        }
        Event::DatesMoved { stage, dates, why, .. } => {
            let due = dates.due.as_ref().map_or_else(|| "no due date".to_owned(), |it| format!("due {}", it.day));
            format!("the dates of `{stage}` move: {due}, because {why}")
        }
        Event::Assigned { stage, holders, .. } => format!("`{stage}` now lies with {}", people(holders)),
        Event::ClockChanged { suspensions, .. } => match suspensions.last() {
            Some(last) if last.until.is_none() => format!("the clock stands still since {}", last.from),
            Some(_) => "the clock runs again".to_owned(),
            None => "the clock never stood still".to_owned(),
        },
        Event::StepTaken { mark, notices, default, and_by, nobody, .. } => {
            let mut words = format!("{} of `{}`: {}", mark.step, mark.stage, sent(notices));
            for default in default.iter().chain(and_by) {
                let by = default.by.as_ref().map_or("nobody: the post is vacant", |(_, key)| key.as_str());
                words += &format!("; default recorded by {by}");
            }
            if !nobody.is_empty() {
                words += &format!("; nobody found as {}", nobody.join(", "));
            }
            words
        }
        Event::StepSkipped { mark, why, .. } => {
            let why = match why {
                Skipped::Stale => "found too late to be of use",
                Skipped::BeforeAdoption => "dated before adoption",
                Skipped::BeforeOpening => "dated before the opening",
                Skipped::BeforeExtension => "dated before the extension",
                Skipped::BeforeMove => "dated before the move to this policy version",
            };
            format!("{} of `{}` is skipped: {why}", mark.step, mark.stage)
        }
        Event::Held { stage, step, was_due, until, notices, .. } => {
            let what = step.as_ref().map_or("the lapse", |(name, _)| name.as_str());
            format!(
                "{what} of `{stage}` was due on {was_due} and found late; it follows after {until} unless the thing is done: {}",
                sent(notices)
            )
        }
        Event::Chosen { stage, choice, instead, by, because, late, .. } => {
            let late = if *late { ", late" } else { "" };
            let instead = instead.as_ref().map_or_else(String::new, |it| format!(" to `{it}`"));
            let because = because_of(because.as_deref());
            format!("{} chooses `{choice}`{instead} in `{stage}`{late}{because}", by.1)
        }
        Event::Filled { stage, fields, entered, by, because, .. } => {
            let because = because_of(because.as_deref());
            let waits: Vec<String> = entered.iter().map(|it| format!("`{}`", it.field)).collect();
            let waits = if waits.is_empty() {
                String::new()
            } else {
                format!("; {} is still to be confirmed", waits.join(", "))
            };
            format!("{} fills `{}` in `{stage}`{waits}{because}", by.1, fields.join("`, `"))
        }
        Event::Confirmed { stage, values, .. } => {
            let names: Vec<String> = values.iter().map(|it| format!("`{}`", it.field)).collect();
            let by = stage.as_ref().map_or_else(String::new, |it| format!(", with `{it}`"));
            format!("{} counts from now on{by}", names.join(", "))
        }
        Event::Completed { stage, by, because, .. } => {
            let because = because_of(because.as_deref());
            format!("{} completes `{stage}`{because}", by.1)
        }
        Event::Signed { stage, choice, instead, hand, .. } => {
            let instead = instead.as_ref().map_or_else(String::new, |it| format!(" to `{it}`"));
            let because = because_of(hand.because.as_deref());
            format!("{} chooses `{choice}`{instead} in `{stage}`, and so must the others{because}", hand.by.1)
        }
        Event::Extended { stage, length, dates, hand, .. } => {
            let due = dates.due.as_ref().map_or_else(String::new, |it| format!(" to {}", it.day));
            let because = because_of(hand.because.as_deref());
            format!("{} extends `{stage}` by {}{due}{because}", hand.by.1, length_in_words(*length))
        }
        Event::Voted { stage, choice, instead, hand, .. } => {
            let instead = instead.as_ref().map_or_else(String::new, |it| format!(" to `{it}`"));
            format!("{} votes for `{choice}`{instead} in `{stage}`{}", hand.by.1, because_of(hand.because.as_deref()))
        }
        Event::Recused { stage, hand, .. } => {
            format!("{} withdraws from `{stage}`{}", hand.by.1, because_of(hand.because.as_deref()))
        }
        Event::MotionFell { stage, .. } => format!("nothing carries in `{stage}`: it is voted on anew"),
        Event::CommitteeFormed { stage, members, left, passed_over, .. } => {
            let sit: Vec<String> = members.iter().map(|it| format!("{} ({})", it.who.1, it.seat)).collect();
            let mut words = format!("the committee that decides in `{stage}` is formed of {}", sit.join(", "));
            for (who, why) in left {
                words += &format!("; {} leaves: {why}", who.1);
            }
            for it in passed_over {
                let more = if it.count as usize > it.such_as.len() { " and others" } else { "" };
                words += &format!("; passed over {} ({}{more}): {}", it.count, it.such_as.join(", "), it.why);
            }
            words
        }
        Event::CommitteeLate { stage, defaults, .. } => {
            let by: String = defaults
                .iter()
                .filter_map(|it| it.by.as_ref())
                .map(|it| format!("; default recorded by {}", it.1))
                .collect();
            format!("the committee that decides in `{stage}` is late: a new one takes its place{by}")
        }
        Event::Sent { stage, notices, by, because, .. } => {
            let who = by.as_ref().map_or_else(String::new, |it| format!("{} sends ", it.1));
            format!("{who}{} in `{stage}`{}", sent(notices), because_of(because.as_deref()))
        }
        Event::Accepted { stage, to, .. } => format!("what `{stage}` sent to {} was accepted on its way", to.1),
        Event::Received { stage, to, day, how, by, because, .. } => {
            let how = match (how, by) {
                (Receipt::Deemed, _) => ", as the policy takes it".to_owned(),
                (Receipt::Entered, Some(by)) if by != to => format!(", as {} enters", by.1),
                (Receipt::Entered, _) => String::new(),
            };
            format!("{} received what `{stage}` sent on {day}{how}{}", to.1, because_of(because.as_deref()))
        }
        Event::CalledOff { how, hand } => {
            format!("{} {} the case{}", hand.by.1, how.does(), because_of(hand.because.as_deref()))
        }
        Event::Suspended { hand } => {
            format!("{} stops the clock{}", hand.by.1, because_of(hand.because.as_deref()))
        }
        Event::Resumed { hand } => {
            format!("{} lets the clock run again{}", hand.by.1, because_of(hand.because.as_deref()))
        }
        Event::Corrected { stage, fields, hand } => {
            let fields = fields.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
            format!("{} corrects {fields} of `{stage}`{}", hand.by.1, because_of(hand.because.as_deref()))
        }
        Event::WentBack { to, mark, .. } => {
            format!(
                "the case goes back to `{to}`{}",
                mark.as_ref().map_or_else(String::new, |it| format!(", marked \"{it}\""))
            )
        }
        Event::Reopened { stage, order, .. } => format!("`{stage}` is to open again, by {order}"),
        Event::StageDone { stage, late, .. } => format!("`{stage}` is done{}", if *late { ", late" } else { "" }),
        Event::StageLapsed { stage, mark, .. } => {
            format!("`{stage}` lapses{}", mark.as_ref().map_or_else(String::new, |it| format!(", marked \"{it}\"")))
        }
        Event::Lifted { hand } => format!("{} lifts it{}", hand.by.1, because_of(hand.because.as_deref())),
        Event::Alarmed { rule, last, notices, .. } => {
            format!("`{rule}` ends on {last}: {}", sent(notices))
        }
        Event::Expunged { rule, entries, .. } => {
            format!("the text of {entries} entries was destroyed, by {rule}")
        }
        Event::NoticeActedOn { act, message, to, because, .. } => {
            let what = match act {
                NoticeAct::Release => "let go",
                NoticeAct::Drop => "dropped",
                NoticeAct::Retry => "sent again",
            };
            let why = if because.is_empty() { String::new() } else { format!(", because {because}") };
            format!("{message} to {to} is {what}{why}")
        }
        Event::Moved(it) => moved_words(it),
        Event::CaseEnded { mark, .. } => {
            format!("the case ends{}", mark.as_ref().map_or_else(String::new, |it| format!(", marked \"{it}\"")))
        }
    }
}

fn moved_words(it: &Move) -> String {
    let mut words = format!("{} moves the case from policy version {} to {}", it.by, it.from, it.to);
    for stage in it.stages.iter().filter(|it| it.stage != it.becomes) {
        words += &format!(", `{}` becomes `{}`", stage.stage, stage.becomes);
    }
    for stage in &it.passed {
        words += &format!(", `{stage}` is left out");
    }
    words + &because_of(Some(&it.because))
}

fn because_of(because: Option<&str>) -> String {
    because.map_or_else(String::new, |it| format!(", because \"{it}\""))
}

fn people(holders: &[HolderNote]) -> String {
    let names: Vec<&str> = holders.iter().map(|it| it.who.as_ref().map_or("nobody", |(_, key)| key.as_str())).collect();
    if names.is_empty() { "nobody".to_owned() } else { names.join(" and ") }
}

fn sent(notices: &[crate::workflow::Notice]) -> String {
    let notice = |it: &crate::workflow::Notice| {
        let merged = if it.state == NoticeState::Merged { " (merged into a stronger one)" } else { "" };
        format!("{} to {}{merged}", it.message, it.to.1)
    };
    if notices.is_empty() { "no notice".to_owned() } else { notices.iter().map(notice).collect::<Vec<_>>().join(", ") }
}
