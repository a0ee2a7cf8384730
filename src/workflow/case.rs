//! A case: nothing but the fold of its events.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::planted::{self, Bug};
use crate::workflow::confirm::Entered;
use crate::workflow::event::{Anchored, Event, Granted, HolderNote, How, ProposedNote, StageDates, Suspension};
use crate::workflow::formed::Formed;
use crate::workflow::post::Posted;
use crate::workflow::vote::Vote;

/// One run of a workflow for one subject.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// The workflow's name.
    pub workflow: String,
    /// The subject's record type.
    pub subject_type: String,
    /// The subject's key.
    pub subject: String,
    /// The first day of the period as text, or nothing.
    pub period: String,
    /// Which one of several for the same subject and period.
    pub nth: u32,
    /// The policy version that it is pinned to.
    pub policy: i64,
    /// The day on which it opened; none for a case without events.
    pub opened: Option<Date>,
    /// Whether it opened with its period, so that the opening is an edge and not an event.
    pub at_start_of_period: bool,
    /// The day from which the store was used in earnest.
    pub adopted: Option<Date>,
    /// Where it stands.
    pub status: CaseStatus,
    /// How its end was marked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
    /// The day on which it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Date>,
    /// Members of committees who withdrew from it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recused: Vec<(String, String)>,
    /// What it is about, if it runs for something that was proposed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<ProposedNote>,
    /// The day on which somebody ended what it brought into force before its time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifted: Option<Date>,
    /// The last day of what it brought into force, as it was told when that was to end soon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarmed: Option<Date>,
    /// What was entered in it and does not count before a decision confirms it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entered: Vec<Entered>,
    /// The ledger of suspensions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suspensions: Vec<Suspension>,
    /// What of that somebody has ordered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by_hand: Vec<Suspension>,
    /// The keys by which callers know what they have had done here, each with what that was, so that nothing is done twice.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub acts: BTreeMap<String, String>,
    /// The day on which it last moved to another policy version, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<Date>,
    /// The days on which the clock stood still before it moved, where its new version would tell them otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stood_still: Option<Vec<Suspension>>,
    /// What stages were called that have another name now.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub formerly: BTreeMap<String, String>,
    /// How often each stage has sent the case back to another: by both names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sent_back: BTreeMap<String, u32>,
    /// Stages that have begun or were left out, by name. A copy of the case shares those that it leaves as they are.
    pub stages: BTreeMap<Arc<str>, Arc<StageCase>>,
}

/// Where a case stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseStatus {
    /// It runs.
    #[default]
    Open,
    /// It ended.
    Ended(How),
}

impl CaseStatus {
    /// The word that the store and people use.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            CaseStatus::Open => "open",
            CaseStatus::Ended(How::Completed) => "completed",
            CaseStatus::Ended(How::Cancelled) => "cancelled",
            CaseStatus::Ended(How::Left) => "left",
            CaseStatus::Ended(How::Lapsed) => "lapsed",
            CaseStatus::Ended(How::Expunged) => "expunged",
        }
    }
}

/// A stage of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageCase {
    /// The round, from 1.
    pub round: u32,
    /// Where it stands.
    pub status: StageStatus,
    /// What opened it; none if it was left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening: Option<Anchored>,
    /// Its dates.
    #[serde(default)]
    pub dates: StageDates,
    /// With whom it lies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holders: Vec<HolderNote>,
    /// Since when it lies with them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Date>,
    /// How many occurrences of each step are behind us.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub steps: BTreeMap<String, u32>,
    /// What it calls steps that its policy version calls otherwise.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub called: BTreeMap<String, String>,
    /// Since which move it is spared: a date before that day counts from there, for nobody could keep it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spared: Option<Date>,
    /// Steps (by name and occurrence) and the lapse (no step) that wait after downtime.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<Hold>,
    /// What was chosen in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<String>,
    /// The last day on which somebody filled it, or said that what it fills stands as it is, in this round.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed: Option<Date>,
    /// Who has signed it in this round, by their capacity, where several must.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub signed: BTreeMap<String, Signature>,
    /// More time that it was granted since it opened; each began a round.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<Granted>,
    /// What the members of the committee voted for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub votes: Vec<Vote>,
    /// The committee that was formed for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formed: Option<Formed>,
    /// What it has sent in this round, and to whom.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub post: Vec<Posted>,
    /// It is to be gone through anew: since when, if the case went back to it.
    #[serde(default, skip_serializing_if = "Again::is_not")]
    pub again: Again,
    /// The day on which it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Date>,
    /// Whether it was done after its due date.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
}

/// Somebody has done their part of a stage that lies with several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// Who: record type and key.
    pub by: (String, String),
    /// What they choose, where there is a choice, and which rule instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<(String, Option<String>)>,
    /// The day.
    pub on: Date,
}

/// Something that waits after downtime.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The step and its occurrence; none: the lapse.
    pub step: Option<(String, u32)>,
    /// The day on which it follows unless the thing is done.
    pub until: Date,
}

/// Whether a stage that ended comes anew.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Again {
    /// It does not.
    #[default]
    Not,
    /// The case went back to it on this day.
    Since(Date),
    /// It lies behind a stage to which the case went back.
    Behind,
}

impl Again {
    /// Whether it does not.
    #[must_use]
    pub fn is_not(&self) -> bool {
        *self == Again::Not
    }
}

/// Where a stage stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageStatus {
    /// It runs.
    Running,
    /// It was done.
    Done,
    /// It lapsed.
    Lapsed,
    /// It was left out, from the beginning or on its way.
    LeftOut,
    /// The case ended before it did.
    Cancelled,
}

impl Case {
    /// Rebuilds a case from its history. There is no other way to make one.
    pub fn replay<'e>(events: impl IntoIterator<Item = &'e Event>) -> Case {
        events.into_iter().fold(Case::default(), |case, event| case.after(event))
    }

    /// The case after one more event.
    #[must_use]
    pub fn after(mut self, event: &Event) -> Case {
        self.apply(event);
        self
    }

    /// Whether it runs.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.status == CaseStatus::Open
    }

    /// The days on which the clock stood still, up to a day.
    #[must_use]
    pub fn stands_still_on(&self, day: Date) -> bool {
        self.suspensions.iter().any(|it| it.from <= day && it.until.is_none_or(|until| until >= day))
    }

    /// Since when the clock stands still because somebody has stopped it.
    #[must_use]
    pub fn suspended_by_hand(&self) -> Option<Date> {
        self.by_hand.last().filter(|it| it.until.is_none()).map(|it| it.from)
    }

    /// How often one stage has sent the case back to another.
    #[must_use]
    pub fn went_back(&self, from: &str, to: &str) -> u32 {
        self.sent_back.get(&format!("{from} > {to}")).copied().unwrap_or(0)
    }

    /// Whether the clock stood still on a day, and did so already on a due date: nobody is late then.
    #[must_use]
    pub fn is_late(&self, due: Date, on: Date) -> bool {
        let frozen = |it: &Suspension| it.from <= due && it.from <= on && it.until.is_none_or(|until| until >= on);
        let on_time = on < due || (on == due && !planted::is(Bug::DueDayIsLate));
        !on_time && !self.suspensions.iter().any(frozen)
    }

    pub(crate) fn apply(&mut self, event: &Event) {
        match event {
            Event::CaseOpened {
                workflow,
                subject_type,
                subject,
                period,
                nth,
                policy,
                on,
                at_start_of_period,
                adopted,
                proposal,
            } => {
                *self = Case {
                    workflow: workflow.clone(),
                    subject_type: subject_type.clone(),
                    subject: subject.clone(),
                    period: period.clone(),
                    nth: *nth,
                    policy: *policy,
                    opened: Some(*on),
                    at_start_of_period: *at_start_of_period,
                    adopted: *adopted,
                    proposal: proposal.clone(),
                    ..Case::default()
                };
            }
            Event::StageOpened { stage, round, opening, dates, holders } => {
                let opened = StageCase::opened(*round, opening, dates, holders);
                let spared = self.moved.filter(|moved| opening.day < *moved);
                // Whoever was chosen to decide goes on doing so.
                let formed = self.stage(stage).and_then(|it| it.formed.clone());
                self.begins(stage, StageCase { spared, formed, ..opened });
            }
            Event::StageLeftOut { stage, on, .. } => match self.stages.get_mut(&**stage) {
                Some(open) if open.status == StageStatus::Running => {
                    Arc::make_mut(open).end(StageStatus::LeftOut, *on, false);
                }
                before => {
                    let round = before.map_or(1, |it| it.round + 1);
                    self.begins(stage, StageCase::left_out(round, *on));
                }
            },
            Event::DatesMoved { stage, dates, .. } => self.change(stage, |it| it.dates = dates.clone()),
            Event::Assigned { stage, holders, since, .. } => self.change(stage, |it| {
                it.holders.clone_from(holders);
                it.since = Some(*since);
            }),
            Event::ClockChanged { suspensions, .. } => self.suspensions.clone_from(suspensions),
            Event::StepTaken { mark, .. } | Event::StepSkipped { mark, .. } => self.change(&mark.stage, |it| {
                let count = it.steps.entry(mark.step.clone()).or_default();
                *count = (*count).max(mark.nth);
                it.held.retain(|held| held.step.as_ref() != Some(&(mark.step.clone(), mark.nth)));
            }),
            Event::Held { stage, step, until, .. } => self.change(stage, |it| {
                if let Some((name, nth)) = step {
                    let count = it.steps.entry(name.clone()).or_default();
                    *count = (*count).max(*nth);
                }
                it.held.push(Hold { step: step.clone(), until: *until });
            }),
            Event::Chosen { stage, choice, instead, on, late, .. } => {
                self.acts.extend(event.keyed());
                if let (Some(instead), Some(proposal)) = (instead, &mut self.proposal) {
                    let before = std::mem::replace(&mut proposal.rule, instead.clone());
                    proposal.before.get_or_insert(before);
                    (proposal.amount, proposal.because) = (None, None);
                }
                self.change(stage, |it| {
                    it.end(StageStatus::Done, *on, *late);
                    it.choice = Some(choice.clone());
                });
            }
            Event::Confirmed { values, .. } => self.count(values),
            Event::Filled { stage, on, .. } | Event::Completed { stage, on, .. } => {
                if let Event::Filled { entered, .. } = event {
                    self.enter(entered);
                }
                self.acts.extend(event.keyed());
                let signature = event.by().map(|by| Signature { by: by.clone(), choice: None, on: *on });
                let anew = matches!(event, Event::Filled { .. });
                self.change(stage, |it| {
                    it.completed = Some(*on);
                    signature.iter().for_each(|signature| it.sign(signature, anew));
                });
            }
            Event::Signed { stage, choice, instead, hand, .. } => {
                self.acts.extend(event.keyed());
                let choice = Some((choice.clone(), instead.clone()));
                let signature = Signature { by: hand.by.clone(), choice, on: hand.on };
                self.change(stage, |it| it.sign(&signature, false));
            }
            Event::Extended { stage, round, length, dates, anew, hand } => {
                self.acts.extend(event.keyed());
                self.change(stage, |it| {
                    let was = std::mem::replace(&mut it.dates, dates.clone());
                    let (by, because) = (hand.by.1.clone(), hand.because.clone());
                    it.extensions.push(Granted { length: *length, by, because, on: hand.on, was });
                    it.round = *round;
                    it.steps.retain(|step, _| !anew.contains(step));
                    it.held.clear();
                });
            }
            Event::Voted { stage, choice, instead, hand, .. } => {
                self.acts.extend(event.keyed());
                let vote = Vote { by: hand.by.clone(), choice: choice.clone(), instead: instead.clone() };
                self.change(stage, |it| it.vote(vote));
            }
            Event::Recused { stage, hand, .. } => {
                self.acts.extend(event.keyed());
                self.recused.push(hand.by.clone());
                self.change(stage, |it| it.votes.retain(|vote| vote.by != hand.by));
            }
            Event::MotionFell { stage, .. } => self.change(stage, |it| it.votes.clear()),
            Event::CommitteeFormed { stage, nth, members, .. } => self.change(stage, |it| it.form(*nth, members)),
            Event::CommitteeLate { stage, on, .. } => self.change(stage, |it| it.form_another(*on)),
            Event::Sent { stage, round, notices, on, .. } => {
                self.acts.extend(event.keyed());
                self.change(stage, |it| it.post.extend(notices.iter().map(|it| Posted::sent(&it.to, *round, *on))));
            }
            Event::Accepted { stage, round, to, on } => self.change(stage, |it| {
                it.posted_to(*round, to).for_each(|it| it.accepted = it.accepted.or(Some(*on)));
            }),
            Event::Received { stage, round, to, day, on, .. } => {
                self.acts.extend(event.keyed());
                self.change(stage, |it| {
                    it.posted_to(*round, to).for_each(|it| (it.received, it.known) = (Some(*day), Some(*on)));
                });
            }
            Event::WentBack { from, to, again, on, .. } => {
                *self.sent_back.entry(format!("{from} > {to}")).or_default() += 1;
                for stage in again {
                    self.change(stage, |it| {
                        it.comes_anew(if stage == to { Again::Since(*on) } else { Again::Behind }, *on)
                    });
                }
            }
            Event::Reopened { again, on, .. } => {
                if !self.is_open() {
                    (self.status, self.ended, self.mark, self.alarmed) = (CaseStatus::Open, None, None, None);
                }
                for it in again {
                    self.change(it, |it| it.comes_anew(Again::Since(*on), *on));
                }
            }
            Event::StageDone { stage, on, late, .. } => self.change(stage, |it| it.end(StageStatus::Done, *on, *late)),
            Event::StageLapsed { stage, on, .. } => self.change(stage, |it| it.end(StageStatus::Lapsed, *on, true)),
            Event::CalledOff { .. } | Event::Corrected { .. } => self.acts.extend(event.keyed()),
            Event::Lifted { hand } => {
                self.acts.extend(event.keyed());
                self.lifted = Some(hand.on);
            }
            Event::Alarmed { last, .. } => self.alarmed = Some(*last),
            Event::Suspended { hand } => {
                self.acts.extend(event.keyed());
                self.by_hand.push(Suspension { from: hand.on, until: None });
            }
            Event::Resumed { hand } => {
                self.acts.extend(event.keyed());
                if let Some(last) = self.by_hand.last_mut() {
                    last.until = hand.on.yesterday().ok();
                }
                self.by_hand.retain(|it| it.until.is_none_or(|until| until >= it.from));
            }
            Event::NoticeActedOn { .. } => {}
            // Nothing of what was before is known any more.
            Event::Expunged { workflow, on, .. } => {
                *self = Case {
                    workflow: workflow.clone(),
                    status: CaseStatus::Ended(How::Expunged),
                    ended: Some(*on),
                    ..Case::default()
                };
            }
            Event::Moved(it) => self.go_on_under(it),
            Event::CaseEnded { how, on, mark } => {
                self.status = CaseStatus::Ended(*how);
                self.ended = Some(*on);
                self.mark.clone_from(mark);
                for stage in self.stages.values_mut().filter(|it| it.status == StageStatus::Running) {
                    Arc::make_mut(stage).end(StageStatus::Cancelled, *on, false);
                }
            }
        }
    }

    fn change(&mut self, stage: &str, change: impl FnOnce(&mut StageCase)) {
        if let Some(found) = self.stages.get_mut(stage) {
            change(Arc::make_mut(found));
        }
    }

    /// A stage begins, or begins anew.
    pub(super) fn begins(&mut self, stage: &str, state: StageCase) {
        self.stages.insert(Arc::from(stage), Arc::new(state));
    }

    /// Stages that have begun or were left out, with their names.
    pub fn stages(&self) -> impl Iterator<Item = (&str, &StageCase)> + Clone {
        self.stages.iter().map(|(name, it)| (&**name, &**it))
    }

    /// A stage that has begun or was left out.
    #[must_use]
    pub fn stage(&self, name: &str) -> Option<&StageCase> {
        self.stages.get(name).map(Arc::as_ref)
    }
}

impl StageCase {
    fn opened(round: u32, opening: &Anchored, dates: &StageDates, holders: &[HolderNote]) -> Self {
        Self {
            round,
            status: StageStatus::Running,
            opening: Some(opening.clone()),
            dates: dates.clone(),
            holders: holders.to_vec(),
            since: Some(opening.day),
            steps: BTreeMap::new(),
            called: BTreeMap::new(),
            spared: None,
            held: Vec::new(),
            choice: None,
            completed: None,
            signed: BTreeMap::new(),
            extensions: Vec::new(),
            votes: Vec::new(),
            formed: None,
            post: Vec::new(),
            again: Again::Not,
            ended: None,
            late: false,
        }
    }

    pub(crate) fn left_out(round: u32, on: Date) -> Self {
        let dates = StageDates::default();
        Self {
            round,
            status: StageStatus::LeftOut,
            opening: None,
            dates,
            holders: Vec::new(),
            since: None,
            steps: BTreeMap::new(),
            called: BTreeMap::new(),
            spared: None,
            held: Vec::new(),
            choice: None,
            completed: None,
            signed: BTreeMap::new(),
            extensions: Vec::new(),
            votes: Vec::new(),
            formed: None,
            post: Vec::new(),
            again: Again::Not,
            ended: Some(on),
            late: false,
        }
    }

    fn end(&mut self, status: StageStatus, on: Date, late: bool) {
        self.status = status;
        self.ended = Some(on);
        self.late = late;
        self.held.clear();
    }

    /// What was or is going on in it is over, and it comes anew.
    fn comes_anew(&mut self, again: Again, on: Date) {
        if self.status == StageStatus::Running {
            self.end(StageStatus::Cancelled, on, false);
        }
        self.again = again;
    }

    /// Whether it ended, done, lapsed or left out, and does not come anew.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.status != StageStatus::Running && self.again.is_not()
    }

    /// The round in which it opened: extensions begin further ones.
    #[must_use]
    pub fn opened_in_round(&self) -> u32 {
        self.round.saturating_sub(u32::try_from(self.extensions.len()).unwrap_or(u32::MAX))
    }

    /// Whether it was gone through before.
    #[must_use]
    pub fn came_anew(&self) -> bool {
        self.opened_in_round() > 1
    }

    /// Whether the lapse waits after downtime, and until when.
    #[must_use]
    pub fn lapse_held_until(&self) -> Option<Date> {
        self.held.iter().find(|it| it.step.is_none()).map(|it| it.until)
    }
}
