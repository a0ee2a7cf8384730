//! Cases and their events in the words of a transcript.

use merit::calendar::{Length, Unit};
use merit::casework::{Bench, BenchCase, Occasion};
use merit::policy::model::{FieldKind, Policy, Stage, Step, Timing};
use merit::workflow::{
    DefaultRecord, DueDate, Event, HolderNote, Notice, NoticeState, Receipt, Skipped, StageCase, StageDates,
    StageStatus, StepMark, Suspension, notices_of,
};

/// Tells what happens in a case.
pub(crate) struct Teller<'p> {
    pub(crate) policy: &'p Policy,
    pub(crate) bench: &'p Bench<'p>,
    /// Its place among the cases.
    pub(crate) at: usize,
    /// How its lines begin, where there are several.
    pub(crate) name: &'p str,
}

impl Teller<'_> {
    fn case(&self) -> &BenchCase {
        &self.bench.cases[self.at]
    }

    /// An event: `2026-08-07  notice plan_overdue to Okot (5 working days overdue)`.
    pub(crate) fn line(&self, event: &Event) -> String {
        format!("{}  {}{}\n", event.day(), self.name, self.words(event))
    }

    fn words(&self, event: &Event) -> String {
        match event {
            Event::CaseOpened { proposal: Some(proposal), .. } => format!("{} proposed", proposal.rule),
            Event::CaseOpened { .. } => "case opened".to_owned(),
            Event::StageOpened { stage, dates, holders, .. } => {
                format!("{stage} opens{}{}", dates_words(dates, ","), holders_words(holders))
            }
            Event::StageLeftOut { stage, .. } => format!("{stage} left out"),
            Event::DatesMoved { stage, dates, why, .. } => format!("{stage} now{} ({why})", dates_words(dates, "")),
            Event::Assigned { stage, holders, .. } => {
                format!("{stage} now lies{}", holders_words(holders).trim_start_matches(','))
            }
            Event::ClockChanged { suspensions, .. } => clock_words(suspensions),
            Event::StepTaken { mark, day, notices, default, and_by, nobody, .. } => {
                let taken = self.notices(&mark.stage, *day, notices);
                let taken = if taken.is_empty() { mark.step.clone() } else { taken };
                let nobody: String = nobody.iter().map(|it| format!("; nobody is {it}")).collect();
                format!(
                    "{taken} ({}){nobody}{}",
                    self.when(mark),
                    default.iter().chain(and_by).map(blame).collect::<String>()
                )
            }
            Event::StepSkipped { mark, why, .. } => {
                let why = match why {
                    Skipped::Stale => "found too late",
                    Skipped::BeforeAdoption => "before adoption",
                    Skipped::BeforeOpening => "before the opening",
                    Skipped::BeforeExtension => "before the extension",
                    Skipped::BeforeMove => "before the move",
                };
                format!("{} skipped ({}): {why}", self.step(mark).1.name, self.when(mark))
            }
            Event::Held { stage, step, was_due, until, on, notices, .. } => {
                let what = step.as_ref().map_or_else(|| format!("lapse of {stage}"), |(name, _)| name.clone());
                let notices = self.notices(stage, *on, notices);
                let notices = if notices.is_empty() { String::new() } else { format!("; {notices}") };
                format!("{what} of {was_due} waits until {until}{notices}")
            }
            Event::Chosen { stage, choice, instead, by, because, late, .. } => {
                let choice = instead.as_ref().map_or_else(|| choice.clone(), |it| format!("{choice} to {it}"));
                let because = because.as_ref().map_or_else(String::new, |it| format!(", because \"{it}\""));
                format!("{stage}: {} chooses {choice}{}{because}", by.1, if *late { ", late" } else { "" })
            }
            Event::Filled { stage, fields, by, entered, .. } => {
                let waits = if entered.is_empty() { "" } else { ", to be confirmed" };
                format!("{stage}: {} fills {}{waits}", by.1, fields.join(", "))
            }
            Event::Confirmed { stage, values, .. } => {
                let names: Vec<&str> = values.iter().map(|it| it.field.as_str()).collect();
                format!("{}: {} counts", stage.as_deref().unwrap_or("the case"), names.join(", "))
            }
            Event::Completed { stage, by, .. } => format!("{stage}: {} completes it", by.1),
            Event::Signed { stage, choice, hand, .. } => {
                format!("{stage}: {} chooses {choice}, the others not yet", hand.by.1)
            }
            Event::Extended { stage, length, dates, hand, .. } => {
                format!("{stage}: {} grants {} more,{}", hand.by.1, length_words(*length), dates_words(dates, ""))
            }
            Event::Voted { stage, choice, instead, hand, .. } => {
                let choice = instead.as_ref().map_or_else(|| choice.clone(), |it| format!("{choice} to {it}"));
                format!("{stage}: {} votes for {choice}", hand.by.1)
            }
            Event::Recused { stage, hand, .. } => format!("{stage}: {} is recused", hand.by.1),
            Event::MotionFell { stage, .. } => format!("{stage}: nothing carries"),
            Event::CommitteeFormed { stage, nth, members, left, passed_over, .. } => {
                let sit: Vec<String> = members.iter().map(|it| format!("{} ({})", it.who.1, it.seat)).collect();
                let left: String = left.iter().map(|(who, why)| format!("; {} leaves: {why}", who.1)).collect();
                let passed = passed_over
                    .iter()
                    .map(|it| format!("; not {} of them ({}): {}", it.count, it.such_as.join(", "), it.why));
                format!("{stage}: committee {nth} is {}{left}{}", sit.join(", "), passed.collect::<String>())
            }
            Event::CommitteeLate { stage, defaults, .. } => {
                format!("{stage}: the committee is late{}", defaults.iter().map(blame).collect::<String>())
            }
            Event::Sent { stage, notices, by, on, .. } => {
                let by = by.as_ref().map_or_else(String::new, |it| format!("{} sends ", it.1));
                format!("{stage}: {by}{}", self.notices(stage, *on, notices))
            }
            Event::Accepted { stage, to, .. } => format!("{stage} to {} accepted", to.1),
            Event::Received { stage, to, day, how: Receipt::Deemed, .. } => {
                format!("{stage} taken to be received by {} on {day}", to.1)
            }
            Event::Received { stage, to, day, by, .. } => {
                let enters =
                    by.as_ref().filter(|it| *it != to).map_or_else(String::new, |it| format!(", entered by {}", it.1));
                format!("{stage} received by {} on {day}{enters}", to.1)
            }
            Event::CalledOff { how, hand } => format!("{} {} it", hand.by.1, how.does()),
            Event::Lifted { hand } => format!("{} lifts it", hand.by.1),
            Event::Alarmed { rule, last, notices, on } => {
                format!("{rule} ends on {last}: {}", self.notices(rule, *on, notices))
            }
            Event::Suspended { hand } => format!("{} stops the clock", hand.by.1),
            Event::Resumed { hand } => format!("{} lets the clock run again", hand.by.1),
            Event::Corrected { stage, fields, hand } => {
                format!("{stage}: {} corrects {}", hand.by.1, fields.join(", "))
            }
            Event::WentBack { to, mark, .. } => format!("back to {to}{}", marked(mark.as_deref())),
            Event::Reopened { stage, again, order, .. } => {
                let others: Vec<&str> = again.iter().map(String::as_str).filter(|it| it != stage).collect();
                let others = if others.is_empty() { String::new() } else { format!(", with {}", others.join(", ")) };
                format!("{stage} reopened by {order}{others}")
            }
            Event::StageDone { stage, late, .. } => format!("{stage} done{}", if *late { ", late" } else { "" }),
            Event::StageLapsed { stage, mark, .. } => format!("{stage} lapses{}", marked(mark.as_deref())),
            Event::NoticeActedOn { act, message, to, .. } => format!("{} {message} to {to}", act.word()),
            Event::Expunged { rule, .. } => format!("destroyed, by {rule}"),
            Event::Moved(it) => format!("moved to policy version {}", it.to),
            Event::CaseEnded { mark, .. } => {
                format!("case {}{}", self.case().case.status.word(), marked(mark.as_deref()))
            }
        }
    }

    fn step(&self, mark: &StepMark) -> (&Stage, &Step) {
        let flow = self.policy.workflow(self.case().flow);
        let stage = flow.stages.iter().find(|it| it.label.name == mark.stage).expect("a stage of the policy");
        (stage, stage.steps.iter().find(|it| it.name == mark.step).expect("a step of the stage"))
    }

    fn when(&self, mark: &StepMark) -> String {
        match self.step(mark).1.timing {
            Timing::Before(length) => format!("{} before due", length_words(length)),
            Timing::OnDue => "on due".to_owned(),
            Timing::Overdue(length) => format!("{} overdue", length_words(length)),
            Timing::EveryOverdue { every, .. } => {
                format!("{} overdue", length_words(Length { count: every.count * mark.nth, ..every }))
            }
            Timing::AtOpening => "at opening".to_owned(),
            Timing::AfterOpening(length) => format!("{} after opening", length_words(length)),
        }
    }

    /// `notice m to A, B; merged: m to C`
    fn notices(&self, stage: &str, day: jiff::civil::Date, notices: &[Notice]) -> String {
        let (sent, merged): (Vec<_>, Vec<_>) = notices.iter().partition(|it| it.state == NoticeState::Due);
        let mut parts = Vec::new();
        for (word, of) in [("notice ", sent), ("merged: ", merged)] {
            if let Some(first) = of.first() {
                let people: Vec<String> =
                    of.iter().map(|it| format!("{}{}", it.to.1, self.unreachable(stage, day, it))).collect();
                parts.push(format!("{word}{} to {}", first.message, people.join(", ")));
            }
        }
        parts.join("; ")
    }

    /// Says so of somebody whose record could hold an address and holds none.
    fn unreachable(&self, stage: &str, day: jiff::civil::Date, notice: &Notice) -> &'static str {
        let kind = self.policy.record(self.policy.record_named(&notice.to.0).expect("a record of the policy"));
        let writable = kind.fields.iter().any(|it| matches!(it.kind, FieldKind::Email));
        let BenchCase { flow, case, .. } = self.case();
        let letter = self.bench.desk().letter(*flow, case, 1, Occasion { stage, day, reason: None }, notice);
        if writable && letter.address.is_none() { " (undeliverable)" } else { "" }
    }

    /// The last letter with a message that went out in the case.
    pub(crate) fn letter(&self, message: &str) -> String {
        let BenchCase { flow, case, events } = self.case();
        let sent = |it: &&Notice| it.message == message && it.state == NoticeState::Due;
        let found = events.iter().rev().find_map(|event| {
            let notice = notices_of(event).iter().find(sent)?;
            Some(self.bench.desk().letter(
                *flow,
                case,
                1,
                Occasion { stage: event.stage()?, day: event.day(), reason: None },
                notice,
            ))
        });
        let Some(found) = found else { return "no such letter\n".to_owned() };
        let lines = found.text.lines().filter(|it| !it.trim().is_empty()).map(|it| format!("  {it}\n"));
        format!("{}\n{}", found.subject, lines.collect::<String>())
    }
}

fn blame(default: &DefaultRecord) -> String {
    match &default.by {
        Some((_, key)) => format!("; default recorded by {key}"),
        None => format!("; default recorded, and nobody is {}", default.capacity),
    }
}

fn marked(mark: Option<&str>) -> String {
    mark.map_or_else(String::new, |it| format!(", marked \"{it}\""))
}

fn length_words(length: Length) -> String {
    let unit = match length.unit {
        Unit::Hours => "hour",
        Unit::Days => "day",
        Unit::WorkingDays => "working day",
        Unit::Weeks => "week",
        Unit::Months => "month",
        Unit::Years => "year",
    };
    format!("{} {unit}{}", length.count, if length.count == 1 { "" } else { "s" })
}

/// Its dates, after a sign where there is one.
fn dates_words(dates: &StageDates, sign: &str) -> String {
    let day = |word: &str, date: &Option<DueDate>| {
        date.as_ref()
            .map(|it| format!(" {word} {}{}{}", it.day, clock(it), if it.expected { " (expected)" } else { "" }))
    };
    let parts: Vec<String> = [day("due", &dates.due), day("closes", &dates.closes)].into_iter().flatten().collect();
    let waits = match dates.waiting_for.is_empty() {
        true => None,
        false => Some(format!(
            " {} for want of {}",
            if dates.due.is_some() { "the latest" } else { "no date" },
            dates.waiting_for.join(", ")
        )),
    };
    let all: Vec<String> = parts.into_iter().chain(waits).collect();
    if all.is_empty() { String::new() } else { format!("{sign}{}", all.join(",")) }
}

/// The instant of a due date that is not the end of a day in its calendar's zone.
fn clock(date: &DueDate) -> String {
    let told = date.derivation.lines().iter().any(|it| it.starts_with("at "));
    if told { format!(" until {}", merit::calendar::Moment(date.until)) } else { String::new() }
}

fn holders_words(holders: &[HolderNote]) -> String {
    let one = |it: &HolderNote| match &it.who {
        Some((_, key)) if it.capacity == *key => key.clone(),
        Some((_, key)) => format!("{key} ({})", it.capacity),
        None => format!("nobody ({})", it.capacity),
    };
    let all: Vec<String> = holders.iter().map(one).collect();
    if all.is_empty() { String::new() } else { format!(", with {}", all.join(", ")) }
}

fn clock_words(suspensions: &[Suspension]) -> String {
    let one = |it: &Suspension| match it.until {
        Some(until) => format!("from {} to {until}", it.from),
        None => format!("since {}", it.from),
    };
    let all: Vec<String> = suspensions.iter().map(one).collect();
    if all.is_empty() { "the clock never stood still".to_owned() } else { format!("clock still {}", all.join(", ")) }
}

/// A case and its stages.
pub(crate) fn show(policy: &Policy, running: &BenchCase) -> String {
    let case = &running.case;
    let opened = case.opened.map_or_else(String::new, |it| format!(", opened {it}"));
    let ended = case.ended.map_or_else(String::new, |it| format!(", ended {it}"));
    let mark = marked(case.mark.as_deref());
    let mut told = format!("{} of {}: {}{mark}{opened}{ended}\n", case.workflow, case.subject, case.status.word());
    for stage in &policy.workflow(running.flow).stages {
        if let Some(state) = case.stage(&stage.label.name) {
            told += &show_stage(&stage.label.name, state);
        }
    }
    told
}

fn show_stage(name: &str, state: &StageCase) -> String {
    let status = match state.status {
        StageStatus::Running => "running",
        StageStatus::Done => "done",
        StageStatus::Lapsed => "lapsed",
        StageStatus::LeftOut => "left out",
        StageStatus::Cancelled => "cancelled",
    };
    let opened = state.opening.as_ref().map_or_else(String::new, |it| format!(", opened {}", it.day));
    let ended = state.ended.map_or_else(String::new, |it| format!(", ended {it}"));
    let dates = dates_words(&state.dates, ",");
    let late = if state.late && state.status == StageStatus::Done { ", late" } else { "" };
    format!("  {name}: {status}{late}{opened}{ended}{dates}{}\n", holders_words(&state.holders))
}

/// Why the dates of a stage are what they are, and with whom it lies.
pub(crate) fn explain(state: &StageCase) -> String {
    let mut told = String::new();
    for (word, date) in [("due", &state.dates.due), ("closes", &state.dates.closes)] {
        if let Some(date) = date {
            told += &format!("{word} {}\n", date.day);
            date.derivation.lines().iter().for_each(|it| told += &format!("  {it}\n"));
        }
    }
    for holder in &state.holders {
        let who = holder.who.as_ref().map_or("nobody", |it| it.1.as_str());
        told += &format!("{}: {who}\n", holder.capacity);
        holder.why.iter().for_each(|it| told += &format!("  {it}\n"));
    }
    told
}
