//! What can happen in a case. Events name things as the policy's text does, so that they outlive the policy's version.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::calendar::{Anchor, Derivation, Length};
use crate::policy::acts::Off;
use crate::value::Known;
use crate::workflow::act::Deed;
use crate::workflow::confirm::Entered;
use crate::workflow::formed::{Member, PassedOver};
use crate::workflow::moved::Move;

/// A date with how it came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueDate {
    /// The day.
    pub day: Date,
    /// The last moment of it (seconds UTC): the end of the day, or the clock time.
    pub until: i64,
    /// Whether it rests on a day that is only expected.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub expected: bool,
    /// Step by step.
    pub derivation: Derivation,
}

/// What opened a stage, and on which day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchored {
    /// The first day of the stage.
    pub day: Date,
    /// The event or edge.
    pub anchor: Anchor,
}

/// The dates of a stage.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageDates {
    /// When it is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<DueDate>,
    /// After which day nobody may write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes: Option<DueDate>,
    /// Facts for want of which a date is not known yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting_for: Vec<String>,
}

/// Somebody with whom a stage lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HolderNote {
    /// The record type and key; nothing if nobody was found.
    pub who: Option<(String, String)>,
    /// As what: the role's name, or the subject's type.
    pub capacity: String,
    /// How they were found, in words.
    pub why: Vec<String>,
    /// The record that names them, where each of several has a part of their own: its type and key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<(String, String)>,
}

impl HolderNote {
    /// The place that they sign for: their capacity, or their own part.
    #[must_use]
    pub fn place(&self) -> String {
        match &self.part {
            None => self.capacity.clone(),
            Some((_, key)) => format!("{} {key}", self.capacity),
        }
    }
}

/// Days on which the clock stood still, both included; without an end it still stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspension {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub until: Option<Date>,
}

/// Which step of which stage, in which round and for which time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StepMark {
    /// The stage's name.
    pub stage: String,
    /// The stage's round, from 1.
    pub round: u32,
    /// The step's name.
    pub step: String,
    /// The occurrence, from 1.
    pub nth: u32,
}

/// What a framework proposed, as its case keeps it: in the words of the policy's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposedNote {
    /// The framework's name.
    pub framework: String,
    /// The rule's name: what was proposed, or the lesser sanction that it became.
    pub rule: String,
    /// What is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Known>,
    /// The reason that the rule gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// The day on which it was proposed.
    pub on: Date,
    /// What had been proposed, where it was lessened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
}

/// How somebody came to have received something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receipt {
    /// They said so, or whoever sent it entered it.
    Entered,
    /// So long after it was accepted, as the policy says.
    Deemed,
}

/// A notice to one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The record type and key of who is written to.
    pub to: (String, String),
    /// As what they are written to.
    pub capacity: String,
    /// The message's name.
    pub message: String,
    /// Whether it goes out.
    pub state: NoticeState,
}

/// Whether a notice goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeState {
    /// It goes out.
    Due,
    /// A stronger one to the same person goes out instead.
    Merged,
}

/// A default: a record against whoever held the step when it fell due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefaultRecord {
    /// The record type and key; nothing when the post was vacant.
    pub by: Option<(String, String)>,
    /// As what.
    pub capacity: String,
    /// How they were found, in words.
    pub why: Vec<String>,
}

/// Whose act it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hand {
    /// Who: record type and key.
    pub by: (String, String),
    /// Why, in their words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// The day.
    pub on: Date,
    /// By which the caller knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// More time that a stage was granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Granted {
    /// How much.
    pub length: Length,
    /// By whom: their key.
    pub by: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// The day on which it was granted.
    pub on: Date,
    /// The dates that the stage had before.
    pub was: StageDates,
}

/// Why a step was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Skipped {
    /// It was found too late to be of use.
    Stale,
    /// It was due before the store was adopted.
    BeforeAdoption,
    /// It was due before the stage opened.
    BeforeOpening,
    /// By the dates of an extension it would have been due before that was granted.
    BeforeExtension,
    /// It was due before the case moved to the policy version that brought it.
    BeforeMove,
}

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Every stage ended.
    Completed,
    /// A condition cancelled it.
    Cancelled,
    /// The workflow no longer covers the subject.
    Left,
    /// It closed, or a lapse ended it.
    Lapsed,
    /// Its time to be kept is over, and its text was destroyed.
    Expunged,
}

/// What somebody does with a notice in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeAct {
    /// It was held and is let go.
    Release,
    /// It is not to leave, or not to be tried any more.
    Drop,
    /// It was given up, or nobody knows whether it arrived: it is sent again.
    Retry,
}

impl NoticeAct {
    /// The word that people use.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            NoticeAct::Release => "release",
            NoticeAct::Drop => "drop",
            NoticeAct::Retry => "retry",
        }
    }
}

/// Something that happened in a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names of the fields say what they hold; see the types above")]
pub enum Event {
    /// A case began.
    CaseOpened {
        workflow: String,
        subject_type: String,
        subject: String,
        period: String,
        nth: u32,
        policy: i64,
        on: Date,
        at_start_of_period: bool,
        adopted: Option<Date>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proposal: Option<ProposedNote>,
    },
    /// A stage began.
    StageOpened { stage: String, round: u32, opening: Anchored, dates: StageDates, holders: Vec<HolderNote> },
    /// A stage was left out, because its condition did not hold, or because of what another came to.
    StageLeftOut {
        stage: String,
        on: Date,
        /// That other stage.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        because_of: Option<String>,
    },
    /// The dates of a stage are others now.
    DatesMoved { stage: String, round: u32, dates: StageDates, on: Date, why: String },
    /// A stage lies with somebody else now.
    Assigned { stage: String, round: u32, holders: Vec<HolderNote>, since: Date },
    /// The clock stood still, or runs again: the whole ledger as known now.
    ClockChanged { suspensions: Vec<Suspension>, on: Date },
    /// A reminder or rung was taken.
    StepTaken {
        mark: StepMark,
        rung: bool,
        day: Date,
        due: Option<Date>,
        notices: Vec<Notice>,
        default: Option<DefaultRecord>,
        /// Against whom else, where each of several is in default.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        and_by: Vec<DefaultRecord>,
        nobody: Vec<String>,
    },
    /// A reminder or rung was not taken.
    StepSkipped { mark: StepMark, day: Date, why: Skipped },
    /// A default or lapse was found late, through no fault of the person concerned: it waits.
    Held {
        stage: String,
        round: u32,
        step: Option<(String, u32)>,
        was_due: Date,
        on: Date,
        until: Date,
        notices: Vec<Notice>,
    },
    /// Somebody chose how a stage ends; late if after its due date.
    Chosen {
        stage: String,
        round: u32,
        choice: String,
        /// The lesser sanction that takes the place of the one proposed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instead: Option<String>,
        by: (String, String),
        #[serde(default, skip_serializing_if = "Option::is_none")]
        because: Option<String>,
        on: Date,
        late: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
    },
    /// Somebody wrote fields of a stage; what they wrote stands in the records, but for what is entered here until it is confirmed.
    Filled {
        stage: String,
        round: u32,
        fields: Vec<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        entered: Vec<Entered>,
        by: (String, String),
        #[serde(default, skip_serializing_if = "Option::is_none")]
        because: Option<String>,
        on: Date,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
    },
    /// What was entered before counts from now on and is written into the records: by a decision, or since none comes any more.
    Confirmed { stage: Option<String>, values: Vec<Entered>, on: Date },
    /// Somebody says that what a stage fills stands as it is.
    Completed {
        stage: String,
        round: u32,
        by: (String, String),
        #[serde(default, skip_serializing_if = "Option::is_none")]
        because: Option<String>,
        on: Date,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
    },
    /// Somebody chose how a stage ends that lies with several: it does when all have chosen the same.
    Signed {
        stage: String,
        round: u32,
        choice: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instead: Option<String>,
        #[serde(flatten)]
        hand: Hand,
    },
    /// A stage was granted more time: a next round with other dates.
    Extended {
        stage: String,
        /// The round that begins.
        round: u32,
        length: Length,
        dates: StageDates,
        /// The steps that count from the due date, and so count anew.
        anew: Vec<String>,
        #[serde(flatten)]
        hand: Hand,
    },
    /// A member of a committee voted.
    Voted {
        stage: String,
        round: u32,
        choice: String,
        /// The lesser sanction that takes the place of the one proposed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instead: Option<String>,
        #[serde(flatten)]
        hand: Hand,
    },
    /// A member of a committee withdrew from the case.
    Recused {
        stage: String,
        round: u32,
        #[serde(flatten)]
        hand: Hand,
    },
    /// Nothing carried: it is voted on anew.
    MotionFell { stage: String, round: u32, on: Date },
    /// A committee was formed for the case, or somebody took the place of another on it: who is on it now.
    CommitteeFormed {
        stage: String,
        round: u32,
        nth: u32,
        members: Vec<Member>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        left: Vec<((String, String), String)>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        passed_over: Vec<PassedOver>,
        on: Date,
    },
    /// The time of a committee formed for the case is over: a new one takes its place.
    CommitteeLate { stage: String, round: u32, on: Date, defaults: Vec<DefaultRecord> },
    /// What a stage sends was sent: by somebody, or by the stage itself.
    Sent {
        stage: String,
        round: u32,
        notices: Vec<Notice>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<(String, String)>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        because: Option<String>,
        on: Date,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
    },
    /// What was sent to somebody was accepted on its way: by the mail server that they name.
    Accepted { stage: String, round: u32, to: (String, String), on: Date },
    /// Somebody received on a day what was sent to them.
    Received {
        stage: String,
        round: u32,
        to: (String, String),
        day: Date,
        how: Receipt,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<(String, String)>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        because: Option<String>,
        on: Date,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
    },
    /// Somebody withdraws or cancels the case, or lets the one concerned off.
    CalledOff {
        how: Off,
        #[serde(flatten)]
        hand: Hand,
    },
    /// Somebody ended what is in force before its time.
    Lifted {
        #[serde(flatten)]
        hand: Hand,
    },
    /// Some time before what is in force ends by itself, those are told who have to do with it.
    Alarmed { rule: String, last: Date, notices: Vec<Notice>, on: Date },
    /// Somebody stopped the clock.
    Suspended {
        #[serde(flatten)]
        hand: Hand,
    },
    /// Somebody let the clock run again.
    Resumed {
        #[serde(flatten)]
        hand: Hand,
    },
    /// Somebody wrote anew what was written in a stage that has ended.
    Corrected {
        stage: String,
        fields: Vec<String>,
        #[serde(flatten)]
        hand: Hand,
    },
    /// An earlier stage, and all that come behind it, are open to be gone through anew.
    WentBack {
        from: String,
        to: String,
        /// The stages that come anew, the first among them.
        again: Vec<String>,
        on: Date,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mark: Option<String>,
    },
    /// An order about the period opened again what had lapsed, and the case with it if it had ended.
    Reopened {
        stage: String,
        /// The stages that come anew, the first among them.
        again: Vec<String>,
        /// By which order.
        order: String,
        on: Date,
    },
    /// A stage was done.
    StageDone { stage: String, round: u32, on: Date, late: bool },
    /// A stage lapsed.
    StageLapsed { stage: String, round: u32, on: Date, mark: Option<String> },
    /// The case goes on under another version of the policy.
    Moved(Move),
    /// The case ended.
    CaseEnded { how: How, on: Date, mark: Option<String> },
    /// Its time to be kept is over: the text of so many entries was destroyed, by what the policy says.
    Expunged { workflow: String, rule: String, entries: i64, on: Date },
    /// Somebody acted on a notice in the outbox. The case itself stays as it is.
    NoticeActedOn { act: NoticeAct, key: String, stage: String, message: String, to: String, because: String, on: Date },
}

impl Event {
    /// The kind of event, as the journal names it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Event::CaseOpened { .. } => "case_opened",
            Event::StageOpened { .. } => "stage_opened",
            Event::StageLeftOut { .. } => "stage_left_out",
            Event::DatesMoved { .. } => "dates_moved",
            Event::Assigned { .. } => "assigned",
            Event::ClockChanged { .. } => "clock_changed",
            Event::StepTaken { .. } => "step_taken",
            Event::StepSkipped { .. } => "step_skipped",
            Event::Held { .. } => "held",
            Event::Chosen { .. } => "chosen",
            Event::Filled { .. } => "filled",
            Event::Confirmed { .. } => "confirmed",
            Event::Completed { .. } => "completed",
            Event::Signed { .. } => "signed",
            Event::Extended { .. } => "extended",
            Event::Voted { .. } => "voted",
            Event::Recused { .. } => "recused",
            Event::MotionFell { .. } => "motion_fell",
            Event::CommitteeFormed { .. } => "committee_formed",
            Event::CommitteeLate { .. } => "committee_late",
            Event::Sent { .. } => "sent",
            Event::Accepted { .. } => "accepted",
            Event::Received { .. } => "received",
            Event::CalledOff { how, .. } => how.word(),
            Event::Lifted { .. } => "lifted",
            Event::Alarmed { .. } => "alarmed",
            Event::Suspended { .. } => "suspended",
            Event::Resumed { .. } => "resumed",
            Event::Corrected { .. } => "corrected",
            Event::WentBack { .. } => "went_back",
            Event::Reopened { .. } => "reopened",
            Event::StageDone { .. } => "stage_done",
            Event::StageLapsed { .. } => "stage_lapsed",
            Event::Moved(_) => "moved",
            Event::CaseEnded { .. } => "case_ended",
            Event::Expunged { .. } => "case_expunged",
            Event::NoticeActedOn { act: NoticeAct::Release, .. } => "notice_released",
            Event::NoticeActedOn { act: NoticeAct::Drop, .. } => "notice_dropped",
            Event::NoticeActedOn { act: NoticeAct::Retry, .. } => "notice_retried",
        }
    }

    /// Who did it, if somebody did: record type and key.
    #[must_use]
    pub fn by(&self) -> Option<&(String, String)> {
        match self {
            // A committee is nobody that the records know.
            Event::Chosen { by, .. } if by.0.is_empty() => None,
            Event::Chosen { by, .. } | Event::Filled { by, .. } | Event::Completed { by, .. } => Some(by),
            Event::Voted { hand, .. } | Event::Recused { hand, .. } => Some(&hand.by),
            Event::Sent { by, .. } | Event::Received { by, .. } => by.as_ref(),
            Event::Signed { hand, .. } | Event::Extended { hand, .. } | Event::CalledOff { hand, .. } => Some(&hand.by),
            Event::Suspended { hand } | Event::Resumed { hand } | Event::Corrected { hand, .. } => Some(&hand.by),
            Event::Lifted { hand } => Some(&hand.by),
            _ => None,
        }
    }

    /// The key by which its caller knows an act, and what was done by whom.
    #[must_use]
    pub fn keyed(&self) -> Option<(String, String)> {
        let (by, key, deed) = match self {
            Event::Chosen { by, key, choice, instead, .. } => {
                (by, key, Deed::Choose { choice: choice.clone(), instead: instead.clone() })
            }
            Event::Voted { hand, choice, instead, .. } => {
                (&hand.by, &hand.key, Deed::Choose { choice: choice.clone(), instead: instead.clone() })
            }
            Event::Recused { hand, .. } => (&hand.by, &hand.key, Deed::Recuse),
            Event::Sent { by: Some(by), key, .. } => (by, key, Deed::Send),
            Event::Received { by: Some(by), key, day, .. } => (by, key, Deed::Receive(Some(*day))),
            Event::Filled { by, key, fields, .. } => (by, key, Deed::Fill(fields.clone())),
            Event::Completed { by, key, .. } => (by, key, Deed::Complete),
            Event::Extended { hand, length, .. } => (&hand.by, &hand.key, Deed::Extend(*length)),
            Event::Signed { hand, choice, instead, .. } => {
                (&hand.by, &hand.key, Deed::Choose { choice: choice.clone(), instead: instead.clone() })
            }
            Event::CalledOff { hand, how } => (&hand.by, &hand.key, Deed::CallOff(*how)),
            Event::Lifted { hand } => (&hand.by, &hand.key, Deed::Lift),
            Event::Suspended { hand } => (&hand.by, &hand.key, Deed::Suspend),
            Event::Resumed { hand } => (&hand.by, &hand.key, Deed::Resume),
            Event::Corrected { hand, fields, .. } => (&hand.by, &hand.key, Deed::Correct(fields.clone())),
            _ => return None,
        };
        Some((key.clone()?, format!("{}: {deed}", by.1)))
    }

    /// The logical day on which it happened.
    #[must_use]
    pub fn day(&self) -> Date {
        match self {
            Event::CaseOpened { on, .. }
            | Event::StageLeftOut { on, .. }
            | Event::DatesMoved { on, .. }
            | Event::ClockChanged { on, .. }
            | Event::Held { on, .. }
            | Event::Chosen { on, .. }
            | Event::Filled { on, .. }
            | Event::Confirmed { on, .. }
            | Event::Completed { on, .. }
            | Event::MotionFell { on, .. }
            | Event::CommitteeFormed { on, .. }
            | Event::CommitteeLate { on, .. }
            | Event::Sent { on, .. }
            | Event::Accepted { on, .. }
            | Event::Received { on, .. }
            | Event::WentBack { on, .. }
            | Event::Reopened { on, .. }
            | Event::StageDone { on, .. }
            | Event::StageLapsed { on, .. }
            | Event::CaseEnded { on, .. }
            | Event::Expunged { on, .. }
            | Event::Alarmed { on, .. }
            | Event::NoticeActedOn { on, .. } => *on,
            Event::Signed { hand, .. }
            | Event::Voted { hand, .. }
            | Event::Recused { hand, .. }
            | Event::Extended { hand, .. }
            | Event::CalledOff { hand, .. }
            | Event::Lifted { hand }
            | Event::Suspended { hand }
            | Event::Resumed { hand }
            | Event::Corrected { hand, .. } => hand.on,
            Event::StageOpened { opening, .. } => opening.day,
            Event::Moved(it) => it.on,
            Event::Assigned { since, .. } => *since,
            Event::StepTaken { day, .. } | Event::StepSkipped { day, .. } => *day,
        }
    }

    /// The stage that it concerns.
    #[must_use]
    pub fn stage(&self) -> Option<&str> {
        match self {
            Event::StageOpened { stage, .. }
            | Event::StageLeftOut { stage, .. }
            | Event::DatesMoved { stage, .. }
            | Event::Assigned { stage, .. }
            | Event::Held { stage, .. }
            | Event::Chosen { stage, .. }
            | Event::Filled { stage, .. }
            | Event::Completed { stage, .. }
            | Event::Signed { stage, .. }
            | Event::Extended { stage, .. }
            | Event::Voted { stage, .. }
            | Event::Recused { stage, .. }
            | Event::MotionFell { stage, .. }
            | Event::CommitteeFormed { stage, .. }
            | Event::CommitteeLate { stage, .. }
            | Event::Sent { stage, .. }
            | Event::Accepted { stage, .. }
            | Event::Received { stage, .. }
            | Event::Corrected { stage, .. }
            | Event::Reopened { stage, .. }
            | Event::WentBack { from: stage, .. }
            | Event::StageDone { stage, .. }
            | Event::StageLapsed { stage, .. }
            | Event::NoticeActedOn { stage, .. } => Some(stage),
            Event::StepTaken { mark, .. } | Event::StepSkipped { mark, .. } => Some(&mark.stage),
            Event::Confirmed { stage, .. } => stage.as_deref(),
            Event::CaseOpened { .. }
            | Event::ClockChanged { .. }
            | Event::Moved(_)
            | Event::CalledOff { .. }
            | Event::Lifted { .. }
            | Event::Alarmed { .. }
            | Event::Suspended { .. }
            | Event::Resumed { .. }
            | Event::CaseEnded { .. }
            | Event::Expunged { .. } => None,
        }
    }
}
