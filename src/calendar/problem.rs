//! What can be wrong with a calendar, and why a date can't be made.

/// What is wrong with the rules of a calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarFault {
    /// No such zone.
    #[error("there is no time zone `{0}`")]
    UnknownZone(String),
    /// No weekday is worked.
    #[error("no weekday is a working day")]
    NothingWorked,
    /// A date that no year has.
    #[error("{0} falls on a date that does not exist")]
    NoSuchDay(String),
    /// A period that does not divide years, or is not made of them.
    #[error("`{0}` is neither a part of a year that fits it evenly nor a number of whole years")]
    UnevenPeriod(String),
    /// Listed days that do not follow one another.
    #[error("the days on which each `{0}` begins are not in order, or the last ends before it begins")]
    Disordered(String),
}

/// Why a date can't be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarProblem {
    /// The month does not have that day, and the calendar refuses to choose.
    #[error("{0} has no day {1}, and the calendar does not say where it goes")]
    NoSuchDay(String, i8),
    /// Beyond the years that can be counted.
    #[error("the date lies beyond what the calendar can count")]
    OutOfRange,
    /// Before or behind the periods that are listed.
    #[error("the calendar lists no such `{0}`")]
    NotListed(String),
    /// A label of no period.
    #[error("`{0}` is no such period")]
    NoPeriod(String),
    /// A text that is no moment.
    #[error("`{0}` is no moment such as `2026-07-31T15:00:00Z`")]
    NoMoment(String),
    /// A period that does not fit.
    #[error("{0}")]
    Unfit(String),
}
