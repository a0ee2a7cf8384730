//! What is asked of a whole population, checked: a place among those who are ranked with each other.

use crate::ids::{ChoiceId, RecordId};
use crate::policy::model::Expr;
use crate::value::{Number, Rounding};

/// A ranking of everybody of a record type in groups, and what is asked of it.
#[derive(Debug, Clone)]
pub struct Population {
    /// Its number in the policy: a ranking is made once for each judgement.
    pub id: u32,
    /// The record type whose records are ranked.
    pub of: RecordId,
    /// Whom the framework around covers; about a member.
    pub covered: Option<Expr>,
    /// Who else takes part; about a member.
    pub filter: Option<Expr>,
    /// What those have in common who are ranked with each other; nothing where everybody is.
    pub group: Vec<Expr>,
    /// What ranks them; more is better.
    pub by: Expr,
    /// What ranks those who tie.
    pub tie: Option<Tie>,
    /// Whether those who tie at the last place all have it, else none of them.
    pub ties_in: bool,
    /// Whether those of whom a fact is missing are awaited, else left out.
    pub awaited: bool,
    /// A smaller group is not ranked.
    pub at_least: u32,
    /// What is asked.
    pub asked: Asked,
}

/// What ranks those who tie.
#[derive(Debug, Clone)]
pub struct Tie {
    /// The value; about a member.
    pub by: Expr,
    /// Whether the lower, or earlier, goes before the other.
    pub lower_first: bool,
}

/// What is asked of a ranking.
#[derive(Debug, Clone)]
pub enum Asked {
    /// Whether somebody has one of the places, from the top or from the bottom.
    Among {
        /// From the top.
        top: bool,
        /// How many places there are.
        places: Places,
    },
    /// The rank: 1, 2, 2, 4.
    Rank,
    /// Which part of the group somebody is in, from the best.
    Split {
        /// What the parts are called, the best first.
        parts: ChoiceId,
        /// How many places there are down to the end of each part but the last.
        ends: Vec<Places>,
    },
}

/// How many places there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Places {
    /// So many, however large the group.
    Count(u32),
    /// A part of the group, rounded up or down.
    Part {
        /// The part: 5 % is 0.05.
        part: Number,
        /// Up, else down.
        up: bool,
    },
}

impl Places {
    /// How many there are in a group of this size.
    #[must_use]
    pub fn of(self, size: usize) -> usize {
        match self {
            Places::Count(count) => count as usize,
            Places::Part { part, up } => {
                let mode = if up { Rounding::Up } else { Rounding::Down };
                let size = i64::try_from(size).unwrap_or(i64::MAX);
                let places = part.multiply(Number::from(size)).and_then(|it| it.round(mode, Number::from(1)));
                places.ok().and_then(|it| it.to_scaled(0)).and_then(|it| usize::try_from(it).ok()).unwrap_or(0)
            }
        }
    }
}
