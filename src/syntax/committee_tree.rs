//! The tree of committees: who sits on them, and how they decide.

#![expect(missing_docs, reason = "fields carry the name of what the author wrote; each type shows its sentence")]

use super::tree::{Expr, Length, Name, Number, Text};
use crate::source::Span;

/// `committee rewards_committee "…" of organisation { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Committee {
    pub name: Name,
    pub title: Option<Text>,
    pub of: Option<Name>,
    pub lines: Vec<CommitteeLine>,
    pub span: Span,
}

/// A line of a committee.
#[derive(Debug, Clone, PartialEq)]
pub struct CommitteeLine {
    pub kind: CommitteeLineKind,
    pub span: Span,
}

/// What a line of a committee says.
#[derive(Debug, Clone, PartialEq)]
pub enum CommitteeLineKind {
    /// `members memberships`: the records that say who sits where.
    Members(Name),
    /// `seats chair, 2 retired_officer, secretary without vote`
    Seats(Vec<Seat>),
    /// `quorum 4 of those who vote, chair among them`
    Quorum { count: Number, of_voters: bool, among: Vec<Name> },
    /// `majority more than half of the votes cast`
    Majority { share: Share, of: VotesOf },
    /// `on a tie the chair decides`; none: the motion falls.
    OnATie(Option<Name>),
    /// `recuse whoever is the subject, or the supervisor of the subject`; a name is a role of the subject.
    Recuse(Vec<Option<Name>>),
    /// `meets every quarter`, `meets every 2 months`
    Meets(MeetsEvery),
    /// `at least 1 where member.sex is female, when officer.sex is female`
    AtLeast { count: Number, condition: Expr, when: Option<Expr> },
    /// `if late a new one, once, none of them again, and record default by each member`
    IfLate { times: Number, none_again: bool, default_by_each: bool },
    /// `for each case { … }`: it is formed anew.
    ForEachCase(Vec<CommitteeLine>),
}

/// `2 retired_officer`, `secretary without vote`, `3 member where member.grade > officer.grade`
#[derive(Debug, Clone, PartialEq)]
pub struct Seat {
    pub count: Option<Number>,
    pub name: Name,
    pub without_vote: bool,
    pub condition: Option<Expr>,
    pub span: Span,
}

/// How large a majority is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// `more than half`
    MoreThanHalf,
    /// `two thirds`
    TwoThirds,
    /// `three quarters`
    ThreeQuarters,
    /// `all`
    All,
}

/// Of what a majority is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VotesOf {
    /// `of the votes cast`
    Cast,
    /// `of those who vote`
    Voters,
}

/// How often a committee meets.
#[derive(Debug, Clone, PartialEq)]
pub enum MeetsEvery {
    /// `quarter`
    Period(Name),
    /// `2 months`
    Length(Length),
}
