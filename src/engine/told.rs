//! What a run tells of itself. It stays small however much comes due.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::engine::run::Decided;
use crate::store::{CaseRow, NewEffect};
use crate::workflow::{Event, How};

/// How many notices, and cases set aside, are told one by one.
const LISTED: usize = 10_000;

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
    /// Cases whose time to be kept was over: their text was destroyed.
    pub expunged: u64,
    /// Defaults recorded.
    pub defaults: u64,
    /// Defaults and lapses that wait after downtime.
    pub held: u64,
    /// Stages whose dates moved.
    pub dates_moved: u64,
    /// Stages that an order opened again.
    pub reopened: u64,
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
    /// The notices that go out, the first of them one by one.
    pub notices: Vec<NoticeLine>,
    /// How many more there are.
    #[serde(skip_serializing_if = "is_nought")]
    pub more_notices: u64,
    /// How many notices go out, by their logical day and message.
    #[serde(skip)]
    pub by_message: BTreeMap<(String, String), u64>,
    /// The cases set aside, with their reasons, the first of them one by one; `set_aside` counts them all.
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_nought(count: &u64) -> bool {
    *count == 0
}

impl RunReport {
    /// Adds what follows for one case.
    pub(super) fn count(&mut self, decided: &Decided) {
        let row = &decided.change.row;
        if let Some(reason) = &row.set_aside {
            self.note_set_aside(row, reason);
        }
        let report = self;
        for event in &decided.events {
            match event {
                Event::CaseOpened { .. } => report.cases_opened += 1,
                Event::StageDone { .. } | Event::Chosen { .. } => report.stages_done += 1,
                Event::StageLapsed { .. } => report.lapsed += 1,
                Event::StepTaken { rung, default, and_by, .. } => {
                    *(if *rung { &mut report.escalations } else { &mut report.reminders }) += 1;
                    report.defaults += u64::from(default.is_some()) + and_by.len() as u64;
                }
                Event::CommitteeLate { defaults, .. } => report.defaults += defaults.len() as u64,
                Event::StepSkipped { .. } => report.skipped += 1,
                Event::Held { .. } => report.held += 1,
                Event::DatesMoved { .. } => report.dates_moved += 1,
                Event::Reopened { .. } => report.reopened += 1,
                Event::CaseEnded { how, .. } => match how {
                    How::Completed => report.completed += 1,
                    How::Cancelled | How::Left => report.cancelled += 1,
                    How::Lapsed => report.lapsed += 1,
                    How::Expunged => {}
                },
                Event::StageOpened { .. }
                | Event::Filled { .. }
                | Event::Confirmed { .. }
                | Event::Completed { .. }
                | Event::Signed { .. }
                | Event::Extended { .. }
                | Event::Voted { .. }
                | Event::Recused { .. }
                | Event::MotionFell { .. }
                | Event::CommitteeFormed { .. }
                | Event::Sent { .. }
                | Event::Accepted { .. }
                | Event::Received { .. }
                | Event::CalledOff { .. }
                | Event::Lifted { .. }
                | Event::Alarmed { .. }
                | Event::Suspended { .. }
                | Event::Resumed { .. }
                | Event::Corrected { .. }
                | Event::WentBack { .. }
                | Event::StageLeftOut { .. }
                | Event::Assigned { .. }
                | Event::ClockChanged { .. }
                | Event::Moved(_)
                | Event::Expunged { .. }
                | Event::NoticeActedOn { .. } => {}
            }
        }
        for effect in &decided.change.effects {
            report.effects += 1;
            match effect.state.as_str() {
                "merged" => report.merged += 1,
                state => {
                    report.undeliverable += u64::from(state == "undeliverable");
                    report.note_notice(row, effect);
                }
            }
        }
    }

    fn note_set_aside(&mut self, row: &CaseRow, reason: &str) {
        self.set_aside += 1;
        if self.aside.len() < LISTED {
            let (workflow, subject) = (row.workflow.clone(), row.subject.clone());
            self.aside.push(SetAside { case: row.id, workflow, subject, reason: reason.to_owned() });
        }
    }

    fn note_notice(&mut self, row: &CaseRow, effect: &NewEffect) {
        *self.by_message.entry((effect.day.clone(), effect.message.clone())).or_default() += 1;
        if self.notices.len() < LISTED {
            self.notices.push(notice_line(row, effect));
        } else {
            self.more_notices += 1;
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
