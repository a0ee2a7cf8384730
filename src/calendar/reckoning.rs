//! How a date is reckoned: from the anchor by the allowance, past what stood still, with what was granted, off a day off.

use jiff::civil::Date;

use crate::calendar::civil::{day_after, day_before, days_between, first_of_month_plus, plus_days, weekday_of};
use crate::calendar::{
    Anchor, Calendar, CalendarProblem, DateRole, Deadline, DeadlineInput, Derivation, DerivationStep, Direction,
    Length, Moment, MonthEnd, Roll, SuspendedDays, Unit, words,
};
use crate::planted::{self, Bug};

/// Days off are told one by one up to so many; beyond, only holidays are named.
const TOLD_ONE_BY_ONE: i64 = 6;

type Reached<T> = Result<T, CalendarProblem>;

/// A date under way: the day, and what has been done to it.
struct Reckoning<'c> {
    calendar: &'c Calendar,
    month_end: MonthEnd,
    day: Date,
    expected: bool,
    steps: Vec<DerivationStep>,
}

impl Calendar {
    /// A date from its anchor, allowance, suspensions and extensions, with every step.
    ///
    /// # Errors
    /// When a month has no such day and the calendar refuses to choose, or beyond the years that can be counted.
    pub fn deadline(&self, input: &DeadlineInput) -> Result<Deadline, CalendarProblem> {
        let month_end = input.month_end.or(self.rules().month_end).unwrap_or(MonthEnd::Refuse);
        let mut way = Reckoning::new(self, input.anchor.day(), month_end);
        way.run(input)?;
        way.stand_still_and_extend(input)?;
        if input.role == DateRole::Due {
            way.roll(input.roll.unwrap_or(self.rules().roll))?;
        }
        let moment = way.moment(input);
        let (date, expected) = (way.day, way.expected);
        let derivation = Derivation::of_input(self.name(), input.clone(), date, expected, way.steps);
        Ok(Deadline { date, moment, expected, derivation })
    }

    /// The day of a reminder or rung that lies so long before or after a due date: off a day off, before it if it comes before the
    /// due date, else after it. A month without such a day never holds a notice back: it goes to the month's last day.
    ///
    /// # Errors
    /// Beyond the years that can be counted.
    pub fn step_day(&self, due: Date, length: Option<Length>, direction: Direction) -> Result<Date, CalendarProblem> {
        let month_end = match self.rules().month_end {
            Some(MonthEnd::Forward) => MonthEnd::Forward,
            _ => MonthEnd::Back,
        };
        let mut way = Reckoning::new(self, due, month_end);
        if let Some(length) = length {
            way.day = way.shifted(length, direction)?;
        }
        match direction {
            Direction::Before => self.last_working_day(way.day),
            Direction::After => self.next_working_day(way.day),
        }
    }

    /// The earliest of several dates; the first written among equals.
    #[must_use]
    pub fn earliest_of(&self, dates: Vec<Deadline>) -> Option<Deadline> {
        self.pick(dates, false)
    }

    /// The latest of several dates; the first written among equals.
    #[must_use]
    pub fn latest_of(&self, dates: Vec<Deadline>) -> Option<Deadline> {
        self.pick(dates, true)
    }

    fn pick(&self, dates: Vec<Deadline>, latest: bool) -> Option<Deadline> {
        let better = |one: Moment, other: Moment| if latest { one > other } else { one < other };
        let place =
            (0..dates.len()).reduce(|best, at| if better(dates[at].moment, dates[best].moment) { at } else { best })?;
        let (date, moment) = (dates[place].date, dates[place].moment);
        // Another of them might win if a day that is only expected moved.
        let expected = dates.iter().any(|it| it.expected);
        let of = dates.into_iter().map(|it| it.derivation).collect();
        let derivation = Derivation::of_several(self.name(), latest, of, date, expected);
        Some(Deadline { date, moment, expected, derivation })
    }
}

impl<'c> Reckoning<'c> {
    fn new(calendar: &'c Calendar, day: Date, month_end: MonthEnd) -> Self {
        Self { calendar, month_end, day, expected: false, steps: Vec::new() }
    }

    fn step(&mut self, day: Date, what: String) {
        self.day = day;
        self.steps.push(DerivationStep { day, what });
    }

    /// From the anchor by the allowance.
    fn run(&mut self, input: &DeadlineInput) -> Reached<()> {
        let what = input.anchor.what();
        let day = input.anchor.day();
        match (input.length, input.edge()?) {
            (None, None) => self.step(day, format!("{what}: {}", words::day(day))),
            (None, Some(edge)) => {
                self.step(edge, format!("{what}: {}", edge_words(edge)));
                self.settle(input, edge)?;
            }
            (Some((length, direction)), None) => {
                let (length_words, word) = (words::length(length), words::direction(direction));
                self.shift(length, direction, &format!("{length_words} {word} {what} on {}", words::day(day)))?;
            }
            (Some((length, direction)), Some(edge)) => {
                let length_words = words::length(length);
                let told = if input.beginning_on {
                    format!("{length_words} beginning on {} ({what}), that day counted", words::day(day))
                } else {
                    format!("{length_words} {} {what} ({})", words::direction(direction), edge_words(edge))
                };
                let edge = self.shift_edge(edge, length, direction, &told)?;
                self.settle(input, edge)?;
            }
        }
        Ok(())
    }

    /// An edge is, as a due date, the day before it; as an opening, the day after it.
    fn settle(&mut self, input: &DeadlineInput, edge: Date) -> Reached<()> {
        if input.role == DateRole::Opening {
            self.step(edge, format!("it opens on the day after that edge: {}", words::day(edge)));
            return Ok(());
        }
        let before = day_before(edge)?;
        let counted_back =
            input.length.is_some_and(|it| matches!(it, (Length { unit: Unit::WorkingDays, .. }, Direction::Before)));
        let what = if input.role == DateRole::Due { "the due date is" } else { "it closes with" };
        if counted_back && !self.calendar.is_working(before) {
            // Counted in working days, the edge may lie anywhere in a run of days off: the whole run stays outside.
            let last = self.calendar.last_working_day(before)?;
            self.note_expected(last, before);
            self.step(last, format!("{what} the last working day before that edge: {}", words::day(last)));
            return Ok(());
        }
        self.step(before, format!("{what} the day before that edge: {}", words::day(before)));
        Ok(())
    }

    /// Moves a day, and says so.
    fn shift(&mut self, length: Length, direction: Direction, told: &str) -> Reached<()> {
        let from = self.day;
        let to = self.shifted(length, direction)?;
        let left_out =
            if length.unit == Unit::WorkingDays { self.left_out(from, to, direction) } else { String::new() };
        self.step(to, format!("{told}: {}{left_out}", words::day(to)));
        Ok(())
    }

    /// Where a day goes; the day itself is left out. Only a missing day of a month is told here.
    fn shifted(&mut self, length: Length, direction: Direction) -> Reached<Date> {
        let count = signed(i64::from(length.count), direction);
        match length.unit {
            Unit::WorkingDays => self.calendar.add_working_days(self.day, count),
            Unit::Hours => plus_days(self.day, signed(words::whole_days(length.count), direction)),
            Unit::Days => plus_days(self.day, count),
            Unit::Weeks => plus_days(self.day, count * 7),
            Unit::Months => self.plus_months(count),
            Unit::Years => self.plus_months(count * 12),
        }
    }

    /// A day that the month does not have goes where the calendar says, and the derivation says so.
    fn plus_months(&mut self, months: i64) -> Reached<Date> {
        let first = first_of_month_plus(self.day, months)?;
        let wanted = self.day.day();
        if wanted <= first.days_in_month() {
            return Date::new(first.year(), first.month(), wanted).map_err(|_| CalendarProblem::OutOfRange);
        }
        let (month, from) = (words::month(first), self.day);
        let (to, where_to) = match self.month_end {
            MonthEnd::Refuse => return Err(CalendarProblem::NoSuchDay(month, wanted)),
            MonthEnd::Back => (first.last_of_month(), "back to its last day"),
            MonthEnd::Forward => (day_after(first.last_of_month())?, "forward to the first day of the next month"),
        };
        self.step(from, format!("{month} has no day {wanted}: {where_to}"));
        Ok(to)
    }

    /// Moves an edge, which is named by the day after it; between two days nothing is left out.
    fn shift_edge(&mut self, edge: Date, length: Length, direction: Direction, told: &str) -> Reached<Date> {
        self.day = edge;
        let count = i64::from(length.count);
        let mut left_out = String::new();
        let to = match (length.unit, direction) {
            (Unit::WorkingDays, _) if count == 0 => edge,
            (Unit::WorkingDays, Direction::After) => {
                let last = self.calendar.add_working_days(day_before(edge)?, count)?;
                left_out = self.left_out(day_before(edge)?, last, direction);
                day_after(last)?
            }
            (Unit::WorkingDays, Direction::Before) => {
                let first = self.calendar.add_working_days(edge, -count)?;
                left_out = self.left_out(edge, first, direction);
                first
            }
            (Unit::Months, _) => self.edge_plus_months(edge, signed(count, direction))?,
            (Unit::Years, _) => self.edge_plus_months(edge, signed(count * 12, direction))?,
            (Unit::Hours | Unit::Days | Unit::Weeks, _) => self.shifted(length, direction)?,
        };
        self.step(to, format!("{told}: {}{left_out}", edge_words(to)));
        Ok(to)
    }

    /// The edge before a day that the month does not have is the month's end, whatever is said about months' ends.
    fn edge_plus_months(&mut self, edge: Date, months: i64) -> Reached<Date> {
        let first = first_of_month_plus(edge, months)?;
        if edge.day() <= first.days_in_month() {
            return Date::new(first.year(), first.month(), edge.day()).map_err(|_| CalendarProblem::OutOfRange);
        }
        let told = format!("{} has no day {}: the edge lies behind its last day", words::month(first), edge.day());
        self.step(edge, told);
        day_after(first.last_of_month())
    }

    /// The days off between two days, in words; notes whether one of them is only expected.
    fn left_out(&mut self, from: Date, to: Date, direction: Direction) -> String {
        let (low, high) = if direction == Direction::After { (from, to) } else { (to, from) };
        let (Ok(first), Ok(last)) = (day_after(low), day_before(high)) else { return String::new() };
        if first > last {
            return String::new();
        }
        self.note_expected(first, last);
        let off = days_between(first, last) + 1 - self.calendar.working_days_between(low, last);
        match off {
            i64::MIN..=0 => String::new(),
            1..=TOLD_ONE_BY_ONE => format!("; left out: {}", self.one_by_one(first, last)),
            _ => format!("; left out: {}", self.by_name(first, last, off)),
        }
    }

    fn one_by_one(&self, first: Date, last: Date) -> String {
        let days = first.series(jiff::Span::new().days(1)).take_while(|it| *it <= last);
        let off = days.filter(|it| !self.calendar.is_working(*it));
        off.map(|it| self.day_off(it)).collect::<Vec<_>>().join(", ")
    }

    /// Holidays by name as long as they can be read, the other days off counted.
    fn by_name(&self, first: Date, last: Date, off: i64) -> String {
        let worked_else = |day: Date| self.calendar.rules().working[weekday_of(day)];
        let holidays = self.calendar.holidays_within(first, last).filter(|(_, it)| !it.worked);
        let named: Vec<Date> = holidays.map(|(day, _)| day).filter(|it| worked_else(*it)).collect();
        let told = usize::try_from(TOLD_ONE_BY_ONE).unwrap_or(usize::MAX).min(named.len());
        let weekend = off - i64::try_from(named.len()).unwrap_or(0);
        let mut parts = Vec::new();
        if weekend > 0 {
            parts.push(words::count(weekend, "weekend day"));
        }
        parts.extend(named[..told].iter().map(|it| self.day_off(*it)));
        if named.len() > told {
            parts.push(format!("and {} more", words::count(to_i64(named.len() - told), "holiday")));
        }
        parts.join(", ")
    }

    /// `Sat 4 July`, `Mon 6 July (Heroes' Day)`
    fn day_off(&self, day: Date) -> String {
        match self.calendar.holidays.get(&day) {
            Some(it) if it.expected => format!("{} ({}, expected)", words::short_day(day), it.why),
            Some(it) => format!("{} ({})", words::short_day(day), it.why),
            None => words::short_day(day),
        }
    }

    fn note_expected(&mut self, first: Date, last: Date) {
        self.expected |= self.calendar.holidays_within(first, last).any(|(_, it)| it.expected);
    }

    /// Adds the days on which the clock stood still, those in the added time included; then what was granted, and the days on
    /// which the clock stood still in that.
    fn stand_still_and_extend(&mut self, input: &DeadlineInput) -> Reached<()> {
        let mut stretches: Vec<&SuspendedDays> = input.suspensions.iter().collect();
        stretches.sort_by_key(|it| (it.from, it.until));
        let first = input.first_running_day(self.day)?;
        // No day is added twice, however many suspensions cover it.
        let mut next_uncounted = first;
        self.stand_still(&stretches, input.counts_working_days(), &mut next_uncounted)?;
        for extension in &input.extensions {
            if planted::is(Bug::MonthFromRolledDate) {
                self.roll(input.roll.unwrap_or(self.calendar.rules().roll))?;
            }
            let told = format!("extended by {} ({})", words::length(extension.length), extension.why);
            self.shift(extension.length, Direction::After, &told)?;
            self.stand_still(&stretches, input.counts_working_days(), &mut next_uncounted)?;
        }
        Ok(())
    }

    fn stand_still(&mut self, stretches: &[&SuspendedDays], working: bool, uncounted: &mut Date) -> Reached<()> {
        let working = working && !planted::is(Bug::SuspensionInCalendarDays);
        for stretch in stretches {
            let from = stretch.from.max(*uncounted);
            if from > stretch.until || from > self.day {
                continue;
            }
            *uncounted = day_after(stretch.until)?;
            let count = if working {
                self.calendar.working_days_between(day_before(from)?, stretch.until)
            } else {
                days_between(from, stretch.until) + 1
            };
            if count > 0 {
                self.add_standstill(from, stretch, working, count)?;
            }
        }
        Ok(())
    }

    fn add_standstill(&mut self, from: Date, stretch: &SuspendedDays, working: bool, count: i64) -> Reached<()> {
        let unit = if working { "working day" } else { "day" };
        let span = match from == stretch.until {
            true => format!("on {}", words::day(from)),
            false => format!("from {} to {}", words::day(from), words::day(stretch.until)),
        };
        let told = format!("{} {span}: {} added", stretch.why, words::count(count, unit));
        let start = self.day;
        let to = if working { self.calendar.add_working_days(start, count)? } else { plus_days(start, count)? };
        let left_out = if working { self.left_out(start, to, Direction::After) } else { String::new() };
        self.step(to, format!("{told}, which gives {}{left_out}", words::day(to)));
        Ok(())
    }

    /// Off a day off, in the direction told.
    fn roll(&mut self, roll: Roll) -> Reached<()> {
        let start = self.day;
        if roll == Roll::AsIs || self.calendar.is_working(start) {
            return Ok(());
        }
        let (to, word) = match roll {
            Roll::Back => (self.calendar.last_working_day(start)?, "back"),
            Roll::Forward | Roll::AsIs => (self.calendar.next_working_day(start)?, "forward"),
        };
        let to = if planted::is(Bug::RolledTwice) { self.calendar.add_working_days(to, 1)? } else { to };
        self.note_expected(start.min(to), start.max(to));
        let status = self.calendar.day(start);
        let mut why = status.why.unwrap_or_else(|| words::weekday(start).to_owned());
        if status.expected {
            why.push_str(", expected");
        }
        let past = self.holidays_past(start, to)?;
        self.step(to, format!("{} ({why}): rolled {word}{past} to {}", words::day(start), words::day_of_week(to)));
        Ok(())
    }

    /// The holidays between two days that would else be worked: without them the date would be another.
    fn holidays_past(&self, start: Date, to: Date) -> Reached<String> {
        let (first, last) = (day_after(start.min(to))?, day_before(start.max(to))?);
        let holidays = self.calendar.holidays_within(first, last).filter(|(_, it)| !it.worked);
        let worked_else = holidays.filter(|(day, _)| self.calendar.rules().working[weekday_of(*day)]);
        let named: Vec<String> = worked_else.map(|(day, _)| self.day_off(day)).collect();
        Ok(if named.is_empty() { String::new() } else { format!(" past {}", named.join(", ")) })
    }

    /// The clock time, or the edge of the day that the role asks for.
    fn moment(&mut self, input: &DeadlineInput) -> Moment {
        let day = self.day;
        match (input.at, input.role) {
            (Some(time), _) => {
                let (moment, note) = self.calendar.at(day, time);
                self.step(day, note.unwrap_or_else(|| format!("at {}", words::clock(time))));
                moment
            }
            (None, DateRole::Opening) => self.calendar.start_of_day(day),
            (None, DateRole::Due | DateRole::Closing) => self.calendar.end_of_day(day),
        }
    }
}

impl DeadlineInput {
    /// The day after the edge that the run starts from, if it starts from one; a run that counts its first day starts from the
    /// edge before it.
    fn edge(&self) -> Reached<Option<Date>> {
        match &self.anchor {
            Anchor::Event { day, .. } if self.beginning_on && self.length.is_some() => Ok(Some(*day)),
            Anchor::Event { .. } => Ok(None),
            Anchor::StartEdge { day, .. } => Ok(Some(*day)),
            Anchor::EndEdge { day, .. } => day_after(*day).map(Some),
        }
    }

    /// The first day of the running time; of a day that has none, that day.
    fn first_running_day(&self, reached: Date) -> Reached<Date> {
        match (self.length, self.edge()?) {
            (Some((_, Direction::After)), Some(edge)) => Ok(edge),
            (Some((_, Direction::After)), None) => day_after(self.anchor.day()),
            _ => Ok(reached),
        }
    }

    fn counts_working_days(&self) -> bool {
        self.length.is_some_and(|(length, _)| length.unit == Unit::WorkingDays)
    }
}

fn signed(count: i64, direction: Direction) -> i64 {
    if direction == Direction::After { count } else { -count }
}

fn edge_words(edge: Date) -> String {
    format!("the edge before {}", words::day(edge))
}

fn to_i64(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
