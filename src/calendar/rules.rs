//! What a calendar is made from.

use jiff::civil::{Date, Time, Weekday};
use serde::{Deserialize, Serialize};

/// Everything a calendar is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarRules {
    /// The name used in the text.
    pub name: String,
    /// The title.
    pub title: String,
    /// The IANA name of the zone.
    pub zone: String,
    /// Which weekdays are worked, Monday first.
    pub working: [bool; 7],
    /// Periods.
    pub periods: Vec<PeriodRule>,
    /// Holidays.
    pub holidays: Vec<HolidayRule>,
    /// What a holiday on a day off gives.
    pub substitute: Substitute,
    /// Where a due date on a day off goes.
    pub roll: Roll,
    /// Where a day goes that its month does not have; where unsaid, it is refused.
    pub month_end: Option<MonthEnd>,
    /// The hour of notices.
    pub notices_at: Time,
    /// Days announced late: closed, or worked after all.
    pub announced: Vec<AnnouncedDay>,
}

/// A kind of period and its days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeriodRule {
    /// One of them.
    pub name: String,
    /// Several.
    pub plural: String,
    /// When its periods begin.
    pub begins: PeriodBegins,
}

/// When the periods of a kind begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeriodBegins {
    /// Every so many months, from a day of the year.
    Every {
        /// How long it is.
        months: u8,
        /// The month in which it begins.
        month: i8,
        /// The day on which it begins.
        day: i8,
        /// How it is written.
        style: PeriodLabelStyle,
        /// The letter before its number, where it is part of a year: the `T` of `2026-T1`.
        letter: Option<char>,
    },
    /// On days that are listed, each lasting to the next.
    On {
        /// The first days, in order.
        starts: Vec<Date>,
        /// The last day of the last.
        until: Date,
    },
}

/// How a year is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeriodLabelStyle {
    /// `2025/26`
    TwoYears,
    /// `2025`
    OneYear,
}

/// A holiday and the years in which it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HolidayRule {
    /// Its name.
    pub name: String,
    /// Its day.
    pub when: HolidayDay,
    /// The first year.
    pub from: Option<i16>,
    /// The last year.
    pub until: Option<i16>,
    /// Whether it may give a substitute day.
    pub substitute: bool,
}

/// The day of a holiday.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HolidayDay {
    /// The same day every year.
    Fixed {
        /// The month.
        month: i8,
        /// The day.
        day: i8,
    },
    /// So many days after (before, if negative) Western Easter Sunday.
    Easter {
        /// Days.
        offset_days: i32,
    },
    /// The n-th such weekday of a month; -1 is the last.
    NthWeekday {
        /// Which.
        nth: i8,
        /// The weekday.
        weekday: Weekday,
        /// The month.
        month: i8,
    },
    /// Days as they are announced.
    Listed(Vec<ListedDay>),
}

/// A day of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedDay {
    /// The day.
    pub date: Date,
    /// Whether it is only expected.
    pub expected: bool,
}

/// A day announced late.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnouncedDay {
    /// The day.
    pub date: Date,
    /// Why.
    pub why: String,
    /// Whether it is worked (else closed).
    pub worked: bool,
}

/// What a holiday on a day off gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Substitute {
    /// Nothing.
    None,
    /// The next free working day.
    NextFreeWorkingDay {
        /// The weekdays on which a holiday gives one, Monday first.
        on: [bool; 7],
        /// Two holidays on one weekend give one day.
        one_for_two: bool,
        /// A holiday that falls on another, on a day else worked, gives one too.
        also_for_clash: bool,
    },
}

/// Where a due date on a day off goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Roll {
    /// To the next working day.
    Forward,
    /// To the working day before.
    Back,
    /// Nowhere.
    AsIs,
}

/// Where a day goes that its month does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MonthEnd {
    /// To the last day of the month.
    Back,
    /// To the first of the next.
    Forward,
    /// It is refused.
    Refuse,
}
