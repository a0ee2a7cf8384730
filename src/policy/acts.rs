//! What people may do in a case beyond the life of a stage: who may end it, and until when.

use serde::{Deserialize, Serialize};

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
}

impl Off {
    /// `withdrawn`, `cancelled`
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Off::Withdrawn => "withdrawn",
            Off::Cancelled => "cancelled",
        }
    }

    /// `withdraws`, `cancels`
    #[must_use]
    pub fn does(self) -> &'static str {
        match self {
            Off::Withdrawn => "withdraws",
            Off::Cancelled => "cancels",
        }
    }
}

/// `may be withdrawn by complainant, until ruling`
#[derive(Debug, Clone)]
pub struct CallOff {
    /// Which of the two.
    pub how: Off,
    /// By whom: any of these.
    pub by: Vec<Party>,
    /// Not any more once this stage has ended.
    pub until: Option<StageId>,
    /// How the end of the case is marked.
    pub mark: Option<String>,
}

impl CallOff {
    /// How the end of a case is marked that somebody ended so: of one that was withdrawn, that it was.
    #[must_use]
    pub fn mark(&self) -> Option<&str> {
        let withdrawn = (self.how == Off::Withdrawn).then(|| self.how.word());
        self.mark.as_deref().or(withdrawn)
    }
}

impl Builder<'_, '_> {
    pub(super) fn call_off(&mut self, written: &tree::CallOff, place: &Place) -> Option<CallOff> {
        let by = self.parties(&written.by, place);
        let until = match &written.until {
            Some(stage) => Some(self.stage_id(stage, place)?),
            None => None,
        };
        let how = if written.withdrawn { Off::Withdrawn } else { Off::Cancelled };
        Some(CallOff { how, by, until, mark: written.marked.as_ref().map(|it| it.text.clone()) })
    }
}
