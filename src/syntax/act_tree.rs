//! The tree of what somebody does in an example, beyond filling and choosing.

#![expect(missing_docs, reason = "fields carry the name of what the author wrote; each type shows its sentence")]

use super::tree::{CaseVerb, Date, Length, Name};

/// What somebody does in a case.
#[derive(Debug, Clone, PartialEq)]
pub enum ActWords {
    /// `extends plan by 10 days`
    Extends { stage: Name, by: Length },
    /// `completes plan`
    Completes { stage: Name },
    /// `sends notice`
    Sends { stage: Name },
    /// `recuses from ruling`
    Recuses { stage: Name },
    /// `closes ruling`: the vote is over.
    EndsVote { stage: Name },
    /// `receives ruling`
    Receives { stage: Name },
    /// `delegates supervisor to Ada until 12 July 2026`; without a role: every one that they may.
    Delegates { role: Option<Name>, to: Name, until: Date },
    /// `withdraws complaint`, `suspends complaint`: what becomes of it, and the workflow.
    WithCase { verb: CaseVerb, workflow: Option<Name> },
}
