//! The shape of a workflow beyond a line of stages: choices and where they lead, decisions, what is sent, and how a case may end.

use crate::calendar::Length;
use crate::ids::{FieldId, MessageId, RecordId, StageId};
use crate::policy::acts::MayBe;
use crate::policy::committee::Committee;
use crate::policy::model::{DateRule, Expr, Fill, Label, Lasts, Members, Party, Policy, Stage, Turns, Workflow};
use crate::source::Span;

pub use crate::syntax::tree::Proposed;

/// The message that tells the one concerned of a decision, where the stage sends them none. A policy may word it.
pub const DECISION: &str = "decision";

/// What follows a choice or a lapse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Then {
    /// The next stage opens; after a lapse, on the day after.
    Continue,
    /// The case ends; as one of the ends that the workflow names, if it names any.
    Finish(Option<String>),
    /// The case is cancelled.
    Cancel,
    /// An earlier stage opens anew, so often at most.
    GoBack {
        /// Which.
        to: StageId,
        /// How often.
        at_most: u32,
    },
    /// A stage opens that stands inside the one at hand.
    Inside(StageId),
    /// The next stage opens, and these are left out, whether they are open or still to come.
    LeaveOut(Vec<StageId>),
}

/// What a choice leads to, where it is said.
#[derive(Debug, Clone)]
pub struct OnChoice {
    /// The choice, as a place in the stage's list.
    pub choice: usize,
    /// What follows.
    pub then: Then,
    /// How it is marked.
    pub mark: Option<String>,
    /// Whether a lesser sanction takes the place of the one proposed: whoever chooses it names which.
    pub lessens: bool,
    /// Where it is written.
    pub span: Span,
}

/// What a decision says beyond other stages.
#[derive(Debug, Clone, Default)]
pub struct Decision {
    /// The committee that decides; none if it is a person.
    pub committee: Option<usize>,
    /// Whether what was decided before stands still until this is decided.
    pub stays: Option<bool>,
    /// What counts once this decision confirms it.
    pub confirms: Option<Confirms>,
}

/// What was entered before a decision and counts once that confirms it.
#[derive(Debug, Clone)]
pub struct Confirms {
    /// Which fields.
    pub fields: Vec<Fill>,
    /// The choices that confirm, as places in the stage's list, where they are named; else every choice by which the case goes on.
    pub on: Option<Vec<usize>>,
    /// Whether its lapse confirms, too.
    pub on_lapse: bool,
    /// Where it is written.
    pub span: Span,
}

/// A message that a stage sends.
#[derive(Debug, Clone)]
pub struct Sends {
    /// Which.
    pub message: MessageId,
    /// To whom.
    pub to: Vec<Party>,
}

/// Fields that must be filled too when something holds: a reason at the extremes.
#[derive(Debug, Clone)]
pub struct Needs {
    /// Which.
    pub fields: Vec<Fill>,
    /// When.
    pub when: Expr,
}

/// A stage that opens once for each of several people.
#[derive(Debug, Clone)]
pub struct OneEach {
    /// What each is called in the stage.
    pub name: String,
    /// The records that name them.
    pub members: Members,
    /// The field of those records that names the person; none if they are people themselves.
    pub person: Option<FieldId>,
    /// Which of the records count; about one of them.
    pub condition: Option<Expr>,
    /// How many must have acted.
    pub at_least: Option<u32>,
}

impl OneEach {
    /// The type of the records that name them.
    #[must_use]
    pub fn record(&self) -> Option<RecordId> {
        match self.members {
            Members::Children(record) | Members::Referring(record, _) | Members::Within { record, .. } => Some(record),
            Members::Periods(_) | Members::Last(_) => None,
        }
    }
}

/// A state that lasts for some time.
#[derive(Debug, Clone, PartialEq)]
pub struct Lasting {
    /// How long at most, and what puts its end off.
    pub lasts: Lasts,
    /// How long before its end somebody is told.
    pub alarm: Option<Length>,
    /// What they are told.
    pub message: Option<MessageId>,
}

/// What a workflow for proposals runs for.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// Sanctions, rewards or measures.
    pub what: Proposed,
    /// The framework that it is kept to.
    pub of: Option<String>,
}

/// How long a case is kept, or after what it is destroyed.
#[derive(Debug, Clone)]
pub struct Retention {
    /// Destroyed, else kept until then.
    pub expunge: bool,
    /// Until when, or when.
    pub date: DateRule,
}

/// Something in a workflow that is checked, but can't be run yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedOnly {
    /// What, in the words of the text.
    pub what: String,
    /// Where.
    pub span: Span,
}

/// What of a workflow can't be run yet.
pub(super) fn checked_only(workflow: &Workflow, committees: &[Committee]) -> Vec<CheckedOnly> {
    let mut found = Vec::new();
    let mut note = |holds: bool, what: &str, span: Span| {
        if holds {
            found.push(CheckedOnly { what: what.to_owned(), span });
        }
    };
    for stage in &workflow.stages {
        let span = stage.label.span;
        let decision = stage.decision.as_ref();
        let committee = decision.and_then(|it| it.committee).and_then(|at| committees.get(at));
        note(committee.is_some_and(|it| it.members.is_none() && !it.for_each_case), "committee without members", span);
    }
    found
}

impl Workflow {
    /// Whether cases of it can run. Of one that can't, nothing opens; what of it can't is in [`Workflow::checked_only`].
    #[must_use]
    pub fn runs(&self) -> bool {
        self.checked_only.is_empty()
    }

    /// Whether what a stage writes into a field counts only once a decision has confirmed it: one of those that stand behind it, or it.
    #[must_use]
    pub fn is_confirmed_later(&self, stage: StageId, fill: &Fill) -> bool {
        self.stages.iter().skip(stage.index()).any(|it| it.confirms_of().is_some_and(|it| it.fields.contains(fill)))
    }

    /// The stages that must have ended before one opens: those that it names, else the one written before it, or all of those that
    /// run together there. One that stands inside another opens only as that says.
    #[must_use]
    pub fn before(&self, id: StageId) -> Vec<StageId> {
        let stage = self.stage(id);
        if stage.inside.is_some() || !stage.after.is_empty() || stage.opens.is_some() {
            return stage.after.clone();
        }
        let beside = |one: Option<u32>, it: StageId| one.is_some() && self.stage(it).together == one;
        let outer = (0..id.index()).map(StageId::at).filter(|it| self.stage(*it).inside.is_none());
        let above: Vec<StageId> = outer.filter(|it| !beside(stage.together, *it)).collect();
        let Some(last) = above.last().copied() else { return Vec::new() };
        let block = self.stage(last).together;
        above.into_iter().filter(|it| *it == last || beside(block, *it)).collect()
    }

    /// The end with which what it hears takes effect: `imposed` for sanctions, else the first that it names.
    #[must_use]
    pub fn takes_effect(&self) -> Option<&str> {
        let proposal = self.proposal.as_ref()?;
        let imposed = |it: &&Label| proposal.what != Proposed::Sanction || it.name == "imposed";
        self.ends.iter().find(imposed).map(|it| it.name.as_str())
    }

    /// Why it can't be run yet, in words; nothing if it can.
    #[must_use]
    pub fn why_not_run(&self) -> Option<String> {
        let mut what: Vec<&str> = Vec::new();
        for it in &self.checked_only {
            if !what.contains(&it.what.as_str()) {
                what.push(&it.what);
            }
        }
        let list = what.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
        let name = &self.label.name;
        (!what.is_empty())
            .then(|| format!("workflow `{name}` is checked, but can't be run yet: this version does not run {list}"))
    }

    /// The ways that one of its ends is called.
    #[must_use]
    pub fn has_end(&self, name: &str) -> bool {
        self.ends.iter().any(|it: &Label| it.name == name)
    }

    /// Whether the clock of a case may stand still: by what the records say, or because somebody stops it.
    #[must_use]
    pub fn may_stand_still(&self) -> bool {
        self.suspend.is_some() || self.powers.iter().any(|it| it.to == MayBe::Suspended)
    }

    /// Whether a case may have ended so: as the workflow names it, or as somebody ended it.
    #[must_use]
    pub fn may_end_as(&self, name: &str) -> bool {
        self.has_end(name) || self.powers.iter().any(|it| it.mark() == Some(name))
    }
}

impl Policy {
    /// A workflow without stages for each framework, under its name: for what it proposes and nobody hears.
    pub(super) fn let_proposals_follow(&mut self) {
        for framework in &self.frameworks {
            self.workflows.push(Workflow {
                label: framework.label.clone(),
                cite: framework.cite.clone(),
                calendar: framework.calendar,
                names_calendar: framework.names_calendar,
                subject: framework.subject,
                each: Some(framework.each),
                condition: None,
                even_if_they_leave: true,
                suspend: None,
                cancels: Vec::new(),
                powers: Vec::new(),
                closes: None,
                proposal: Some(Proposal { what: Proposed::Sanction, of: Some(framework.label.name.clone()) }),
                follows_by_itself: true,
                ends: Vec::new(),
                exempt: Vec::new(),
                retention: Vec::new(),
                stages: Vec::new(),
                checked_only: Vec::new(),
                turns: Turns::default(),
            });
        }
    }

    /// What of the policy is checked, but not carried out yet: a sentence for each workflow.
    #[must_use]
    pub fn not_carried_out(&self) -> Vec<String> {
        self.workflows.iter().filter_map(Workflow::why_not_run).collect()
    }
}

impl Stage {
    /// The title of one of its choices.
    #[must_use]
    pub fn title_of(&self, choice: &str) -> Option<String> {
        self.choices.iter().find(|it| it.name == choice).map(|it| it.title.clone())
    }

    /// The field of that name (`targets`, or `plan.targets`) that its actor writes.
    #[must_use]
    pub fn filled(&self, policy: &Policy, name: &str) -> Option<&Fill> {
        let (record, field) = name.split_once('.').map_or((None, name), |(record, field)| (Some(record), field));
        let mut fills = self.fills.iter().chain(self.needs.iter().flat_map(|it| &it.fields));
        fills.find(|it| {
            policy.field(it.record, it.field).label.name == field
                && record.is_none_or(|record| policy.record(it.record).label.name == record)
        })
    }

    /// Whether a field belongs to the record that names one of several people, each with a part of their own.
    #[must_use]
    pub fn is_in_the_part(&self, fill: &Fill) -> bool {
        self.for_each.as_ref().is_some_and(|it| it.record() == Some(fill.record))
    }

    /// What counts with a choice in it; nothing if that confirms nothing.
    #[must_use]
    pub fn confirmed_by(&self, choice: &str) -> &[Fill] {
        let Some(confirms) = self.confirms_of() else { return &[] };
        let at = self.choices.iter().position(|it| it.name == choice);
        let goes_on = || {
            let leads = self.on_choice.iter().find(|it| Some(it.choice) == at);
            leads.is_none_or(|it| !matches!(it.then, Then::GoBack { .. } | Then::Cancel | Then::Finish(_)))
        };
        let does = confirms.on.as_ref().map_or_else(goes_on, |it| at.is_some_and(|at| it.contains(&at)));
        if does { &confirms.fields } else { &[] }
    }

    /// What counts with its lapse.
    #[must_use]
    pub fn confirmed_by_lapse(&self) -> &[Fill] {
        self.confirms_of().filter(|it| it.on_lapse).map_or(&[], |it| &it.fields)
    }

    /// What it confirms, if it is a decision that does.
    #[must_use]
    pub fn confirms_of(&self) -> Option<&Confirms> {
        self.decision.as_ref().and_then(|it| it.confirms.as_ref())
    }

    /// Whether it is left to somebody's choice how it goes on.
    #[must_use]
    pub fn is_decided(&self) -> bool {
        self.decision.is_some() || !self.choices.is_empty()
    }
}
