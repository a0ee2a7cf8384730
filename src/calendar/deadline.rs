//! Deadlines: an anchor, an allowance, the calendar, the suspensions so far and the extensions granted.

use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

use crate::calendar::{Derivation, Moment, MonthEnd, Roll};

/// A unit of an allowance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// 60 minutes; on a civil calendar they fill whole days, the last one begun counting whole.
    Hours,
    /// Calendar days.
    Days,
    /// Working days.
    WorkingDays,
    /// 7 days.
    Weeks,
    /// Months.
    Months,
    /// 12 months.
    Years,
}

impl Unit {
    /// One of it, in words.
    #[must_use]
    pub fn singular(self) -> &'static str {
        match self {
            Unit::Hours => "hour",
            Unit::Days => "day",
            Unit::WorkingDays => "working day",
            Unit::Weeks => "week",
            Unit::Months => "month",
            Unit::Years => "year",
        }
    }
}

/// An allowance: `1 month`, `5 working days`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Length {
    /// How many.
    pub count: u32,
    /// Of what.
    pub unit: Unit,
}

impl Length {
    /// Whether it is no longer than another; nothing where the two can't be compared: months are not days, and working days are neither.
    #[must_use]
    pub fn is_within(self, most: Length) -> Option<bool> {
        let counted = |it: Length| match it.unit {
            Unit::Hours => (Unit::Days, it.count.div_ceil(24)),
            Unit::Days | Unit::WorkingDays | Unit::Months => (it.unit, it.count),
            Unit::Weeks => (Unit::Days, it.count.saturating_mul(7)),
            Unit::Years => (Unit::Months, it.count.saturating_mul(12)),
        };
        let ((unit, count), (other, most)) = (counted(self), counted(most));
        (unit == other).then_some(count <= most)
    }
}

/// Which way an allowance runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// After its anchor.
    After,
    /// Before it.
    Before,
}

/// Where an allowance starts from: an event's own day is left out; an edge lies between two days and leaves nothing out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Anchor {
    /// Something that happens on a day.
    Event {
        /// The day.
        day: Date,
        /// What happens.
        what: String,
    },
    /// The start of a stretch; `day` is its first.
    StartEdge {
        /// The first day inside.
        day: Date,
        /// What starts.
        what: String,
    },
    /// The end of a stretch; `day` is its last.
    EndEdge {
        /// The last day inside.
        day: Date,
        /// What ends.
        what: String,
    },
}

/// What a date is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateRole {
    /// It is due: it rolls.
    Due,
    /// It opens: it never moves.
    Opening,
    /// It closes: it never moves.
    Closing,
}

/// Days on which the clock stood still, both included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuspendedDays {
    /// The first.
    pub from: Date,
    /// The last.
    pub until: Date,
    /// Why.
    pub why: String,
}

/// More time that was granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// How much.
    pub length: Length,
    /// Why and by whom.
    pub why: String,
}

/// Everything that a date is made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadlineInput {
    /// Where it starts from.
    pub anchor: Anchor,
    /// The allowance.
    pub length: Option<(Length, Direction)>,
    /// Whether it is a run that counts its first day: `1 year beginning on …`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub beginning_on: bool,
    /// What it is for.
    pub role: DateRole,
    /// The line's own roll.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roll: Option<Roll>,
    /// The line's own month end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub month_end: Option<MonthEnd>,
    /// A clock time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Time>,
    /// When the clock stood still. What falls within the running time is added; a day that is written, or counted backwards, has
    /// no running time, and only a standstill that covers it moves it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suspensions: Vec<SuspendedDays>,
    /// More time, counted from the day reached so far.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<Extension>,
}

/// A date and how it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadline {
    /// The day.
    pub date: Date,
    /// Its last instant (of an opening: its first), or the clock time.
    pub moment: Moment,
    /// Whether it rests on a day that is only expected.
    pub expected: bool,
    /// Step by step.
    pub derivation: Derivation,
}

impl Anchor {
    /// Its day: that of the event, the first inside a start, the last inside an end.
    #[must_use]
    pub fn day(&self) -> Date {
        match self {
            Self::Event { day, .. } | Self::StartEdge { day, .. } | Self::EndEdge { day, .. } => *day,
        }
    }

    /// What happens, starts or ends.
    #[must_use]
    pub fn what(&self) -> &str {
        match self {
            Self::Event { what, .. } | Self::StartEdge { what, .. } | Self::EndEdge { what, .. } => what,
        }
    }
}
