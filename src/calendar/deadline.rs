//! Deadlines: an anchor, an allowance, the calendar, the suspensions so far and the extensions granted.

use jiff::ToSpan;
use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

use crate::calendar::{Calendar, CalendarProblem, Derivation, DerivationStep, Moment, MonthEnd, Roll};

/// A unit of an allowance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// 60 minutes.
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

/// An allowance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Length {
    /// How many.
    pub count: u32,
    /// Of what.
    pub unit: Unit,
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
    /// Whether it is a run that counts its first day.
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
    /// When the clock stood still.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suspensions: Vec<SuspendedDays>,
    /// More time.
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

/// A date under way: the day, and what has been done to it.
struct Way<'c> {
    calendar: &'c Calendar,
    day: Date,
    expected: bool,
    steps: Vec<DerivationStep>,
}

impl Way<'_> {
    fn step(&mut self, day: Date, what: String) {
        self.day = day;
        self.steps.push(DerivationStep { day, what });
    }

    /// Moves by working days, and says which days off lay on the way.
    fn working_days(&mut self, count: i64, what: &str) -> Result<(), CalendarProblem> {
        let target = self.calendar.add_working_days(self.day, count)?;
        let off = self.days_off(self.day, target);
        let left_out = if off.is_empty() { String::new() } else { format!("; left out: {off}") };
        self.step(target, format!("{what}{left_out}: {target}"));
        Ok(())
    }

    /// Holidays between two days by name, weekends only counted; notes whether one is only expected.
    fn days_off(&mut self, a: Date, b: Date) -> String {
        let (mut day, last) = if a < b { (a, b) } else { (b, a) };
        let (mut names, mut weekends) = (Vec::new(), 0);
        while let Ok(next) = day.tomorrow() {
            day = next;
            if day >= last {
                break;
            }
            let status = self.calendar.day(day);
            self.expected |= status.expected;
            match (status.working, self.calendar.holidays.get(&day)) {
                (false, Some(holiday)) => {
                    let mark = if status.expected { ", expected" } else { "" };
                    names.push(format!("{} ({day}{mark})", holiday.why));
                }
                (false, None) => weekends += 1,
                (true, _) => {}
            }
        }
        if weekends > 0 {
            names.push(format!("{weekends} weekend days"));
        }
        names.join(", ")
    }
}

impl Calendar {
    /// A date from its anchor, allowance, suspensions and extensions, with every step.
    ///
    /// # Errors
    /// When a month has no such day and the calendar refuses to choose, or beyond the years that can be counted.
    pub fn deadline(&self, input: &DeadlineInput) -> Result<Deadline, CalendarProblem> {
        let day = anchor_day(&input.anchor);
        let mut way = Way { calendar: self, day, expected: false, steps: Vec::new() };
        self.from_anchor(&mut way, input)?;
        let start = day;
        self.suspend(&mut way, input, start)?;
        for extension in &input.extensions {
            let what = format!("extended by {} ({})", words(extension.length), extension.why);
            self.add(&mut way, extension.length, Direction::After, input.month_end, &what)?;
        }
        if input.role == DateRole::Due {
            self.roll(&mut way, input.roll.unwrap_or(self.rules().roll))?;
        }
        let moment = match (input.at, input.role) {
            (Some(time), _) => {
                let (moment, note) = self.at(way.day, time);
                let day = way.day;
                way.step(day, note.unwrap_or_else(|| format!("at {:02}:{:02}", time.hour(), time.minute())));
                moment
            }
            (None, DateRole::Opening) => self.start_of_day(way.day),
            (None, _) => self.end_of_day(way.day),
        };
        let (date, expected) = (way.day, way.expected);
        let derivation = Derivation::of_input(input.clone(), date, expected, way.steps);
        Ok(Deadline { date, moment, expected, derivation })
    }

    fn from_anchor(&self, way: &mut Way<'_>, input: &DeadlineInput) -> Result<(), CalendarProblem> {
        let (day, edge, words) = match &input.anchor {
            Anchor::Event { day, what } => (*day, None, what.clone()),
            Anchor::StartEdge { day, what } => (*day, Some(*day), format!("{what} (the edge before {day})")),
            Anchor::EndEdge { day, what } => {
                let next = day.tomorrow().map_err(|_| CalendarProblem::OutOfRange)?;
                (*day, Some(next), format!("{what} (the edge behind {day})"))
            }
        };
        match (input.length, edge) {
            (None, None) => way.step(day, format!("{words}: {day}")),
            (None, Some(edge)) => self.settle_edge(way, input.role, edge, &words)?,
            (Some((length, direction)), None) if input.beginning_on => {
                let what = format!("{} beginning on {words} ({day})", self::words(length));
                self.add(way, length, direction, input.month_end, &what)?;
                let last = way.day.yesterday().map_err(|_| CalendarProblem::OutOfRange)?;
                way.step(last, format!("a run that counts its first day ends on the day before: {last}"));
            }
            (Some((length, direction)), None) => {
                let what = format!("{} {} {words} ({day})", self::words(length), direction_word(direction));
                self.add(way, length, direction, input.month_end, &what)?;
            }
            (Some((length, direction)), Some(edge)) if length.unit == Unit::WorkingDays => {
                // Between two days: the first working day behind the edge counts as one.
                let from = if direction == Direction::After { edge.yesterday() } else { Ok(edge) };
                way.day = from.map_err(|_| CalendarProblem::OutOfRange)?;
                let what = format!("{} {} {words}", self::words(length), direction_word(direction));
                self.add(way, length, direction, input.month_end, &what)?;
            }
            (Some((length, direction)), Some(edge)) => {
                way.day = edge;
                let what = format!("{} {} {words}: the edge before", self::words(length), direction_word(direction));
                self.add(way, length, direction, input.month_end, &what)?;
                let edge = way.day;
                self.settle_edge(way, input.role, edge, "that edge")?;
            }
        }
        Ok(())
    }

    /// An edge is, as a due date, the day before it; as an opening, the day after it.
    fn settle_edge(&self, way: &mut Way<'_>, role: DateRole, edge: Date, words: &str) -> Result<(), CalendarProblem> {
        if role == DateRole::Opening {
            way.step(edge, format!("opens on the first day after {words}: {edge}"));
            return Ok(());
        }
        let before = edge.yesterday().map_err(|_| CalendarProblem::OutOfRange)?;
        way.step(before, format!("the last day before {words}: {before}"));
        Ok(())
    }

    fn add(
        &self,
        way: &mut Way<'_>,
        length: Length,
        direction: Direction,
        month_end: Option<MonthEnd>,
        what: &str,
    ) -> Result<(), CalendarProblem> {
        let sign = if direction == Direction::After { 1 } else { -1 };
        let count = i64::from(length.count) * sign;
        let plain = |days: i64| way.day.checked_add(days.days()).map_err(|_| CalendarProblem::OutOfRange);
        let day = match length.unit {
            Unit::WorkingDays => return way.working_days(count, what),
            Unit::Hours => plain(count.div_euclid(24) + i64::from(count.rem_euclid(24) > 0))?,
            Unit::Days => plain(count)?,
            Unit::Weeks => plain(count.checked_mul(7).ok_or(CalendarProblem::OutOfRange)?)?,
            Unit::Months => self.add_months(way, count, month_end)?,
            Unit::Years => {
                self.add_months(way, count.checked_mul(12).ok_or(CalendarProblem::OutOfRange)?, month_end)?
            }
        };
        way.step(day, format!("{what}: {day}"));
        Ok(())
    }

    /// Months from a day; a day that the month does not have goes where the calendar says, and the derivation says so.
    fn add_months(&self, way: &mut Way<'_>, months: i64, own: Option<MonthEnd>) -> Result<Date, CalendarProblem> {
        let first = way.day.first_of_month().checked_add(months.months()).map_err(|_| CalendarProblem::OutOfRange)?;
        let wanted = way.day.day();
        if wanted <= first.days_in_month() {
            return Date::new(first.year(), first.month(), wanted).map_err(|_| CalendarProblem::OutOfRange);
        }
        let month = format!("{}-{:02}", first.year(), first.month());
        match own.or(self.rules().month_end).unwrap_or(MonthEnd::Refuse) {
            MonthEnd::Refuse => Err(CalendarProblem::NoSuchDay(month, wanted)),
            MonthEnd::Back => {
                let last = first.last_of_month();
                let day = way.day;
                way.step(day, format!("{month} has no day {wanted}: back to its last day"));
                Ok(last)
            }
            MonthEnd::Forward => {
                let next = first.last_of_month().tomorrow().map_err(|_| CalendarProblem::OutOfRange)?;
                let day = way.day;
                way.step(day, format!("{month} has no day {wanted}: forward to the first of the next month"));
                Ok(next)
            }
        }
    }

    /// Adds the days on which the clock stood still before the date, those in the added time included.
    fn suspend(&self, way: &mut Way<'_>, input: &DeadlineInput, start: Date) -> Result<(), CalendarProblem> {
        let working = input.length.is_some_and(|(length, _)| length.unit == Unit::WorkingDays);
        let mut stretches: Vec<&SuspendedDays> = input.suspensions.iter().filter(|it| it.until >= start).collect();
        stretches.sort_by_key(|it| it.from);
        for stretch in stretches {
            if stretch.from > way.day {
                break;
            }
            let from = stretch.from.max(start);
            let what = |count: i64, unit: &str| {
                format!("{count} {unit} added: {} from {from} to {}", stretch.why, stretch.until)
            };
            if working {
                let before = from.yesterday().map_err(|_| CalendarProblem::OutOfRange)?;
                let count = self.working_days_between(before, stretch.until);
                if count > 0 {
                    way.working_days(count, &what(count, "working days"))?;
                }
            } else {
                let count = i64::from(from.until(stretch.until).map_err(|_| CalendarProblem::OutOfRange)?.get_days()) + 1;
                let day = way.day.checked_add(count.days()).map_err(|_| CalendarProblem::OutOfRange)?;
                way.step(day, format!("{}: {day}", what(count, "days")));
            }
        }
        Ok(())
    }

    fn roll(&self, way: &mut Way<'_>, roll: Roll) -> Result<(), CalendarProblem> {
        let status = self.day(way.day);
        if status.working || roll == Roll::AsIs {
            way.expected |= !status.working && status.expected;
            return Ok(());
        }
        let (start, why) = (way.day, status.why.unwrap_or_else(|| "a day off".to_owned()));
        let (to, word) = match roll {
            Roll::Back => (self.last_working_day(start)?, "back"),
            Roll::Forward | Roll::AsIs => (self.next_working_day(start)?, "forward"),
        };
        let mut day = start;
        while day != to {
            way.expected |= self.day(day).expected;
            let next = if roll == Roll::Back { day.yesterday() } else { day.tomorrow() };
            day = next.map_err(|_| CalendarProblem::OutOfRange)?;
        }
        way.step(to, format!("{start} is {why}: rolled {word} to {to} ({})", super::weekday_name(to.weekday())));
        Ok(())
    }

    /// The day of a reminder or rung that lies so long before or after a due date: off a day off, before it if it comes before the
    /// due date, else after it.
    ///
    /// # Errors
    /// Beyond the years that can be counted, or when a month has no such day.
    pub fn step_day(&self, due: Date, length: Option<Length>, direction: Direction) -> Result<Date, CalendarProblem> {
        let mut way = Way { calendar: self, day: due, expected: false, steps: Vec::new() };
        if let Some(length) = length {
            self.add(&mut way, length, direction, Some(self.rules().month_end.unwrap_or(MonthEnd::Back)), "")?;
        }
        match direction {
            Direction::Before => self.last_working_day(way.day),
            Direction::After => self.next_working_day(way.day),
        }
    }

    /// The earliest of several dates.
    #[must_use]
    pub fn earliest_of(&self, dates: Vec<Deadline>) -> Option<Deadline> {
        pick(dates, false)
    }

    /// The latest of several dates.
    #[must_use]
    pub fn latest_of(&self, dates: Vec<Deadline>) -> Option<Deadline> {
        pick(dates, true)
    }
}

fn pick(dates: Vec<Deadline>, latest: bool) -> Option<Deadline> {
    let place = (0..dates.len()).reduce(|best, other| {
        let better = if latest { dates[other].moment > dates[best].moment } else { dates[other].moment < dates[best].moment };
        if better { other } else { best }
    })?;
    let chosen = dates[place].clone();
    let expected = dates.iter().any(|it| it.expected);
    let of = dates.into_iter().map(|it| it.derivation).collect();
    let derivation = Derivation::of_several(latest, of, chosen.date, expected);
    Some(Deadline { expected, derivation, ..chosen })
}

fn anchor_day(anchor: &Anchor) -> Date {
    match anchor {
        Anchor::Event { day, .. } | Anchor::StartEdge { day, .. } | Anchor::EndEdge { day, .. } => *day,
    }
}

fn direction_word(direction: Direction) -> &'static str {
    match direction {
        Direction::After => "after",
        Direction::Before => "before",
    }
}

/// `1 month`, `5 working days`.
fn words(length: Length) -> String {
    let unit = match length.unit {
        Unit::Hours => "hour",
        Unit::Days => "day",
        Unit::WorkingDays => "working day",
        Unit::Weeks => "week",
        Unit::Months => "month",
        Unit::Years => "year",
    };
    format!("{} {unit}{}", length.count, if length.count == 1 { "" } else { "s" })
}
