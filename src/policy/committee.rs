//! Committees, checked: who sits on them, and how they decide.

use crate::calendar::{Length, PeriodKind};
use crate::ids::{FieldId, RecordId, RoleId};
use crate::planted::{self, Bug};
use crate::policy::model::{Expr, Label};
use crate::source::Span;

pub use crate::syntax::tree::{Share, VotesOf};

/// A committee: standing, or formed for each case.
#[derive(Debug, Clone)]
pub struct Committee {
    /// Name and title.
    pub label: Label,
    /// The record that it belongs to; none if it is one for all, or formed for each case.
    pub of: Option<RecordId>,
    /// The record type of its members, as far as conditions ask for it.
    pub people: RecordId,
    /// The records that say who sits where.
    pub members: Option<Membership>,
    /// Its seats.
    pub seats: Vec<Seat>,
    /// How many must be there.
    pub quorum: Option<Quorum>,
    /// What carries a motion.
    pub majority: Option<Majority>,
    /// Who does not sit in a case.
    pub recused: Vec<Recused>,
    /// How often it meets.
    pub meets: Option<Meets>,
    /// Whether it is formed anew for each case.
    pub for_each_case: bool,
    /// Who must be among the members.
    pub at_least: Vec<AtLeast>,
    /// What follows when it is late.
    pub if_late: Option<IfLate>,
}

/// The records that say who sits where: children of the record that the committee belongs to, or records of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership {
    /// Their type.
    pub record: RecordId,
    /// The field that names the person.
    pub person: FieldId,
    /// The field that names the seat.
    pub seat: FieldId,
}

/// A seat, or several alike.
#[derive(Debug, Clone)]
pub struct Seat {
    /// What it is called.
    pub label: Label,
    /// How many.
    pub count: u32,
    /// Whether whoever sits there votes.
    pub votes: bool,
    /// Who may sit there; an unknown condition on a member does not hold.
    pub condition: Option<Expr>,
}

/// How many must be there to decide.
#[derive(Debug, Clone)]
pub struct Quorum {
    /// So many.
    pub count: u32,
    /// Only those who vote count.
    pub of_voters: bool,
    /// Seats that must be among them.
    pub among: Vec<usize>,
    /// Where it is written.
    pub span: Span,
}

/// What carries a motion.
#[derive(Debug, Clone)]
pub struct Majority {
    /// How large a part.
    pub share: Share,
    /// Of what.
    pub of: VotesOf,
    /// The seat that decides on a tie; none: the motion falls.
    pub on_a_tie: Option<usize>,
}

/// Who does not sit in a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recused {
    /// The subject.
    Subject,
    /// Whoever holds a role of the subject.
    Role(RoleId),
}

/// How often a committee meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meets {
    /// In every period of a kind.
    Period(PeriodKind),
    /// Every so long.
    Every(Length),
}

/// Who must be among the members.
#[derive(Debug, Clone)]
pub struct AtLeast {
    /// How many.
    pub count: u32,
    /// Of whom; about a member.
    pub condition: Expr,
    /// When it is asked for; about the subject.
    pub when: Option<Expr>,
}

/// What follows when a committee formed for a case is late: a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfLate {
    /// How often.
    pub times: u32,
    /// None of the members again.
    pub none_again: bool,
    /// A default is recorded against each member.
    pub default_by_each: bool,
}

impl Committee {
    /// How many must be there when so many of those who count are recused: as large a part of the others, rounded up.
    #[must_use]
    pub fn needed(&self, recused: u32) -> u32 {
        let Some(quorum) = &self.quorum else {
            // One that is formed for a case is whole, or does not decide.
            return if self.for_each_case { self.size(true) } else { 1 };
        };
        let size = self.size(quorum.of_voters).max(1);
        let left = if planted::is(Bug::QuorumNotRecomputed) { size } else { size.saturating_sub(recused) };
        (quorum.count * left).div_ceil(size).max(1)
    }

    /// How many sit, or how many of them vote.
    #[must_use]
    pub fn size(&self, voters: bool) -> u32 {
        self.seats.iter().filter(|it| it.votes || !voters).map(|it| it.count).sum()
    }
}
