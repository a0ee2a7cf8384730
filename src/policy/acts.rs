//! What people may do in a case beyond the life of a stage: who may end it, and until when.

use serde::{Deserialize, Serialize};

use crate::codes_flow as codes;
use crate::diagnostic::Diagnostic;
use crate::ids::StageId;
use crate::policy::expressions::Place;
use crate::policy::model::Party;
use crate::policy::names::Builder;
use crate::syntax::tree;

/// How somebody ends a case that has not come to its own end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Off {
    /// Whoever asked for it asks for it no more.
    Withdrawn,
    /// It was not to be, or is not to go on.
    Cancelled,
    /// The one concerned is let off.
    Exempted,
}

impl Off {
    /// `withdrawn`, `cancelled`
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Off::Withdrawn => "withdrawn",
            Off::Cancelled => "cancelled",
            Off::Exempted => "exempted",
        }
    }

    /// `withdraws`, `cancels`
    #[must_use]
    pub fn does(self) -> &'static str {
        match self {
            Off::Withdrawn => "withdraws",
            Off::Cancelled => "cancels",
            Off::Exempted => "exempts the one concerned from",
        }
    }
}

/// What may be done with a case as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MayBe {
    /// It is ended.
    Ended(Off),
    /// Its clock is stopped, and let run again.
    Suspended,
    /// What was written in it is written anew.
    Corrected,
}

impl MayBe {
    /// `withdrawn`, `suspended`
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            MayBe::Ended(how) => how.word(),
            MayBe::Suspended => "suspended",
            MayBe::Corrected => "corrected",
        }
    }
}

/// `may be withdrawn by complainant, until ruling`
#[derive(Debug, Clone)]
pub struct Power {
    /// To do what.
    pub to: MayBe,
    /// By whom: any of these.
    pub by: Vec<Party>,
    /// Not any more once this stage has ended.
    pub until: Option<StageId>,
    /// How the end of the case is marked.
    pub mark: Option<String>,
}

impl Power {
    /// How the end of a case is marked that somebody ended so: of one that was not cancelled, that it was withdrawn, or exempted.
    #[must_use]
    pub fn mark(&self) -> Option<&str> {
        let MayBe::Ended(how) = self.to else { return None };
        self.mark.as_deref().or((how != Off::Cancelled).then(|| how.word()))
    }
}

impl Builder<'_, '_> {
    pub(super) fn power(&mut self, written: &tree::CallOff, place: &Place) -> Option<Power> {
        let by = self.parties(&written.by, place);
        let until = match &written.until {
            Some(stage) => Some(self.stage_id(stage, place)?),
            None => None,
        };
        let to = match written.verb {
            tree::CaseVerb::Withdraw => MayBe::Ended(Off::Withdrawn),
            tree::CaseVerb::Cancel => MayBe::Ended(Off::Cancelled),
            tree::CaseVerb::Exempt => MayBe::Ended(Off::Exempted),
            tree::CaseVerb::Suspend | tree::CaseVerb::Resume => MayBe::Suspended,
            tree::CaseVerb::Correct => MayBe::Corrected,
            // It is said of what is in force, and not of a case.
            tree::CaseVerb::Lift => return None,
        };
        if let (MayBe::Suspended | MayBe::Corrected, Some(marked)) = (to, &written.marked) {
            let words = format!("a case that is {} has not ended: there is nothing to mark", to.word());
            self.report(Diagnostic::new(codes::NO_END_TO_MARK, marked.span, words).help("take `marked …` out"));
        }
        Some(Power { to, by, until, mark: written.marked.as_ref().map(|it| it.text.clone()) })
    }
}
