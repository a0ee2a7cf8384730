//! The tree of scenarios: what a policy would be if some of it were otherwise.

#![expect(missing_docs, reason = "fields carry the name of what the author wrote; each type shows its sentence")]

use super::assume_tree::Assume;
use super::framework_tree::Outcome;
use super::tree::{DatedValue, Expr, Item, Length, Name, Text};
use crate::source::Span;

/// `scenario stricter "Raise the pass mark to 65" { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    pub name: Name,
    pub title: Option<Text>,
    pub changes: Vec<Change>,
    pub span: Span,
}

/// A line of a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub kind: ChangeKind,
    pub span: Span,
}

/// What a line of a scenario changes.
#[derive(Debug, Clone, PartialEq)]
pub enum ChangeKind {
    /// `set pass_mark 65 from 1 July 2027`
    Set { name: Name, values: Vec<DatedValue> },
    /// `set due of yearly_review.goals 6 weeks`, in a local text
    SetDue { stage: Expr, length: Length },
    /// `replace sanction warning { … }`
    Replace(Part),
    /// `add reward prize { … }`
    Add(Part),
    /// `remove reward prize`
    Remove { kind: Name, name: Name },
    /// `assume yearly_review.goals : 80% on time, 20% never`
    Assume(Box<Assume>),
}

/// Something that a scenario replaces or adds.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// An item of the policy.
    Item(Box<Item>),
    /// A sanction or reward of a framework.
    Outcome(Box<Outcome>),
}
