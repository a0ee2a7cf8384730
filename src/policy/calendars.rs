//! Calendars from their lines.

use std::collections::BTreeSet;

use jiff::civil::{Time, Weekday};

use crate::calendar::{
    Calendar, CalendarFault, CalendarRules, HolidayDay, HolidayRule, ListedDay, MonthEnd, PeriodBegins,
    PeriodLabelStyle, PeriodRule, Roll, Substitute,
};
use crate::codes_policy as codes;
use crate::diagnostic::Diagnostic;
use crate::policy::names::Builder;
use crate::source::Span;
use crate::syntax::tree::{self, CalendarLineKind, ExprKind, Item};

impl Builder<'_, '_> {
    /// Builds every calendar; the first is the project's, unless one is named.
    pub(super) fn calendars(&mut self, main: Option<&str>) {
        for item in self.items.clone() {
            if let Item::Calendar(written) = item {
                self.calendar(written);
            }
        }
        if self.policy.calendars.is_empty() {
            let span = self.items.first().map(|it| span_of(it));
            if let Some(span) = span.filter(|_| !self.unparsed) {
                let words = "the policy has no calendar, so that no day can be counted";
                let help = "add `calendar office { time zone \"…\"; working Monday to Friday; … }`";
                self.report(Diagnostic::new(codes::NO_CALENDAR, span, words).help(help));
            }
            self.policy.calendars.extend(Calendar::new(empty_rules("none")).ok());
        }
        if let Some(main) = main {
            match self.policy.calendars.iter().position(|it| it.name() == main) {
                Some(at) => self.policy.main_calendar = at,
                None => {
                    if let Some(span) = self.items.first().map(|it| span_of(it)) {
                        let known: Vec<String> = self.policy.calendars.iter().map(|it| it.name().to_owned()).collect();
                        let words = format!("merit.toml names the calendar `{main}`, which the policy does not have");
                        let help = format!("known: {}", known.join(", "));
                        self.report(Diagnostic::new(codes::NO_CALENDAR, span, words).help(help));
                    }
                }
            }
        }
        self.share_periods();
    }

    /// Every calendar gets the periods of all, those of the project's first: a workflow that names a calendar still speaks of them.
    fn share_periods(&mut self) {
        let mut periods = self.policy.main().rules().periods.clone();
        for calendar in &self.policy.calendars {
            for period in &calendar.rules().periods {
                if periods.iter().all(|it| it.name != period.name) {
                    periods.push(period.clone());
                }
            }
        }
        for calendar in &mut self.policy.calendars {
            *calendar = calendar.clone().with_periods(&periods);
        }
        self.periods_are_declared_once();
    }

    fn periods_are_declared_once(&mut self) {
        let mut seen: Vec<(&tree::Name, PeriodRule)> = Vec::new();
        let mut twice = Vec::new();
        let calendars = self.items.iter().filter_map(|it| if let Item::Calendar(it) = it { Some(it) } else { None });
        for line in calendars.flat_map(|it| &it.lines) {
            let Some((name, rule)) = period_rule(&line.kind) else { continue };
            match seen.iter().find(|(_, other)| other.name == rule.name) {
                Some((first, other)) if *other != rule => twice.push((name.span, first.span, rule.name)),
                Some(_) => {}
                None => seen.push((name, rule)),
            }
        }
        for (span, first, name) in twice {
            let words = format!("two periods are called `{name}`, and they differ");
            let twice = Diagnostic::new(codes::DECLARED_TWICE, span, words).label(first, "the first");
            self.report(twice.help("give one of them another name: all calendars share their periods"));
        }
    }

    fn calendar(&mut self, written: &tree::Calendar) {
        let repeats =
            |it: &CalendarLineKind| matches!(it, CalendarLineKind::Period { .. } | CalendarLineKind::Holiday { .. });
        self.said_once(written.lines.iter().map(|it| (&it.kind, it.span)), repeats);
        let mut rules = empty_rules(&written.name.text);
        rules.title = written.title.as_ref().map_or_else(|| written.name.text.clone(), |it| it.text.clone());
        if !self.unparsed {
            rules.working = [false; 7];
        }
        let mut zone_span = None;
        let mut holiday_spans = Vec::new();
        for line in &written.lines {
            match &line.kind {
                CalendarLineKind::TimeZone(zone) => {
                    rules.zone.clone_from(&zone.text);
                    zone_span = Some(zone.span);
                }
                CalendarLineKind::Working(ranges) => rules.working = worked(ranges),
                kind @ CalendarLineKind::Period { begins, .. } => {
                    self.listed_in_order(begins, line.span);
                    rules.periods.extend(period_rule(kind).map(|it| it.1));
                }
                CalendarLineKind::Holiday { title, day, from, until, never_substituted } => {
                    let Some(when) = self.holiday_day(day) else { continue };
                    holiday_spans.push((title.text.clone(), line.span));
                    rules.holidays.push(HolidayRule {
                        name: title.text.clone(),
                        when,
                        from: from.as_ref().and_then(|it| self.year(it)),
                        until: until.as_ref().and_then(|it| self.year(it)),
                        substitute: !never_substituted,
                    });
                }
                CalendarLineKind::Substitute(rule) => {
                    rules.substitute = rule.as_ref().map_or(Substitute::None, |it| Substitute::NextFreeWorkingDay {
                        on: std::array::from_fn(|day| it.when_on.iter().any(|on| usize::from(*on) == day)),
                        one_for_two: it.one_for_two,
                        also_for_clash: it.for_clashes,
                    });
                }
                CalendarLineKind::Roll(roll) => rules.roll = roll_of(*roll),
                CalendarLineKind::MonthEnd(end) => {
                    rules.month_end = Some(match end {
                        tree::MonthEnd::Back => MonthEnd::Back,
                        tree::MonthEnd::Forward => MonthEnd::Forward,
                        tree::MonthEnd::Refuse => MonthEnd::Refuse,
                    });
                }
                CalendarLineKind::NoticesAt(clock) => rules.notices_at = self.clock(clock),
            }
        }
        if zone_span.is_none() && self.unparsed {
            rules.zone = "UTC".to_owned();
        } else if zone_span.is_none() {
            let words = format!("calendar `{}` has no time zone", written.name.text);
            let help = "add a line such as `time zone \"Africa/Kampala\"`";
            self.report(Diagnostic::new(codes::NO_TIME_ZONE, written.name.span, words).help(help));
            rules.zone = "UTC".to_owned();
        }
        match Calendar::new(rules.clone()) {
            Ok(calendar) => self.policy.calendars.push(calendar),
            Err(faults) => {
                for fault in faults {
                    self.calendar_fault(&fault, written, zone_span, &holiday_spans);
                }
                let rescued = CalendarRules { zone: "UTC".to_owned(), holidays: Vec::new(), ..rules };
                self.policy.calendars.extend(Calendar::new(rescued).ok());
            }
        }
    }

    fn calendar_fault(
        &mut self,
        fault: &CalendarFault,
        written: &tree::Calendar,
        zone: Option<Span>,
        holidays: &[(String, Span)],
    ) {
        let (code, span, help) = match fault {
            CalendarFault::UnknownZone(_) => (
                codes::UNKNOWN_ZONE,
                zone.unwrap_or(written.name.span),
                "zones are named like \"Africa/Kampala\" or \"Europe/Berlin\"",
            ),
            CalendarFault::NothingWorked => {
                (codes::NOTHING_WORKED, written.name.span, "add a line such as `working Monday to Friday`")
            }
            CalendarFault::NoSuchDay(name) => {
                let span = holidays.iter().find(|(title, _)| title == name).map_or(written.name.span, |it| it.1);
                (codes::NO_SUCH_DAY, span, "write a day that the month has")
            }
            CalendarFault::Disordered(_) => (codes::PERIODS_OUT_OF_ORDER, written.name.span, "write the days in order"),
            CalendarFault::UnevenPeriod(_) => {
                (codes::NO_SUCH_DAY, written.name.span, "a period lasts 1, 2, 3, 4 or 6 months, or whole years")
            }
        };
        self.report(Diagnostic::new(code, span, format!("{fault}")).help(help));
    }

    fn holiday_day(&mut self, day: &tree::HolidayDay) -> Option<HolidayDay> {
        Some(match day {
            tree::HolidayDay::Fixed(on) => HolidayDay::Fixed { month: small(on.month), day: small(on.day) },
            tree::HolidayDay::Easter(offset) => HolidayDay::Easter { offset_days: *offset },
            tree::HolidayDay::Weekday { nth, weekday, month } => {
                let weekday = Weekday::from_monday_zero_offset(small(*weekday)).ok()?;
                HolidayDay::NthWeekday { nth: *nth, weekday, month: small(*month) }
            }
            tree::HolidayDay::Listed(days) => {
                let days =
                    days.iter().filter_map(|it| Some(ListedDay { date: self.date(&it.date)?, expected: it.expected }));
                HolidayDay::Listed(days.collect())
            }
        })
    }

    /// Listed periods follow one another and end.
    fn listed_in_order(&mut self, begins: &tree::PeriodBegins, line: Span) {
        let tree::PeriodBegins::On { starts, until } = begins else { return };
        let Some(until) = until else {
            let words = "the last of these periods has no end";
            let open = Diagnostic::new(codes::PERIODS_OUT_OF_ORDER, line, words);
            self.report(open.help("write its last day behind the list: `, until 11 December 2026`"));
            return;
        };
        let days: Vec<_> = starts.iter().map(|it| (self.date(it), it.span)).collect();
        let last = self.date(until);
        let wrong = days.windows(2).find(|it| it[0].0.zip(it[1].0).is_some_and(|(one, next)| one >= next));
        let ends = days.last().filter(|it| it.0.zip(last).is_some_and(|(one, last)| one > last));
        let (span, before, words) = match (wrong, ends) {
            (Some(it), _) => (it[1].1, it[0].1, "this period does not begin after the one before it"),
            (None, Some(it)) => (until.span, it.1, "the last period ends before it begins"),
            (None, None) => return,
        };
        let disordered = Diagnostic::new(codes::PERIODS_OUT_OF_ORDER, span, words).label(before, "it begins here");
        self.report(disordered.help("list the first days in order, then the last day of the last"));
    }

    /// A year from which or until which a holiday holds: `2016`, or the year of a date.
    fn year(&mut self, written: &tree::Expr) -> Option<i16> {
        let year = match &written.kind {
            ExprKind::Number(number) => number.text.parse().ok(),
            ExprKind::Date(date) => Some(date.year),
            ExprKind::Period(label) => label.label.get(..4).and_then(|it| it.parse().ok()),
            _ => None,
        };
        if year.is_none() {
            self.error(codes::WRONG_TYPE, written.span, "a year is expected here, such as `2016`");
        }
        year
    }

    pub(super) fn clock(&mut self, clock: &tree::Clock) -> Time {
        match Time::new(small(clock.hour), small(clock.minute), 0, 0) {
            Ok(time) => time,
            Err(_) => {
                self.error(codes::NO_SUCH_DAY, clock.span, "this clock time does not exist");
                Time::midnight()
            }
        }
    }

    /// A written date, if it exists.
    pub(super) fn date(&mut self, date: &tree::Date) -> Option<jiff::civil::Date> {
        let made = that_exists(date);
        if made.is_none() {
            self.error(codes::NO_SUCH_DAY, date.span, "this date does not exist");
        }
        made
    }
}

fn that_exists(date: &tree::Date) -> Option<jiff::civil::Date> {
    jiff::civil::Date::new(date.year, small(date.month), small(date.day)).ok()
}

/// A line that declares a period.
fn period_rule(line: &CalendarLineKind) -> Option<(&tree::Name, PeriodRule)> {
    let CalendarLineKind::Period { name, plural, begins } = line else { return None };
    let begins = match begins {
        tree::PeriodBegins::Every { months, from, written } => {
            let one_year = written.as_ref().is_some_and(|it| !it.text.contains('/'));
            PeriodBegins::Every {
                months: months.text.parse().ok()?,
                month: small(from.month),
                day: small(from.day),
                letter: written.as_ref().and_then(|it| it.text.chars().find(char::is_ascii_uppercase)),
                style: if one_year { PeriodLabelStyle::OneYear } else { PeriodLabelStyle::TwoYears },
            }
        }
        tree::PeriodBegins::On { starts, until } => {
            // A list that is not in order has been reported; put in order, it still gives the periods their name.
            let starts: BTreeSet<_> = starts.iter().filter_map(that_exists).collect();
            let last = *starts.last()?;
            let until = until.as_ref().and_then(that_exists).unwrap_or(last).max(last);
            PeriodBegins::On { starts: starts.into_iter().collect(), until }
        }
    };
    Some((name, PeriodRule { name: name.text.clone(), plural: plural.text.clone(), begins }))
}

pub(super) fn roll_of(roll: tree::Roll) -> Roll {
    match roll {
        tree::Roll::Forward => Roll::Forward,
        tree::Roll::Back => Roll::Back,
        tree::Roll::AsIs => Roll::AsIs,
    }
}

fn empty_rules(name: &str) -> CalendarRules {
    CalendarRules {
        name: name.to_owned(),
        title: name.to_owned(),
        zone: "UTC".to_owned(),
        working: [true, true, true, true, true, false, false],
        periods: Vec::new(),
        holidays: Vec::new(),
        substitute: Substitute::None,
        roll: Roll::AsIs,
        month_end: None,
        notices_at: Time::constant(8, 0, 0, 0),
        announced: Vec::new(),
    }
}

/// `Monday to Friday`, `Sunday to Thursday`: a range may run over the end of the week.
fn worked(ranges: &[(u8, u8)]) -> [bool; 7] {
    let mut working = [false; 7];
    for (first, last) in ranges {
        let mut day = *first % 7;
        loop {
            working[usize::from(day)] = true;
            if day == *last % 7 {
                break;
            }
            day = (day + 1) % 7;
        }
    }
    working
}

pub(super) fn small(number: u8) -> i8 {
    i8::try_from(number).unwrap_or(0)
}

fn span_of(item: &Item) -> Span {
    match item {
        Item::Calendar(it) => it.name.span,
        Item::Record(it) => it.name.span,
        Item::Role(it) => it.name.span,
        Item::Parameter(it) => it.name.span,
        Item::Define(it) => it.name.span,
        Item::Scale(it) => it.name.span,
        Item::Table(it) => it.name.span,
        Item::Message(it) => it.name.span,
        Item::Framework(it) => it.name.span,
        Item::Guarantee(it) => it.title.span,
        Item::Extend(it) => it.title.span,
        Item::Adjust(it) => it.workflow.span,
        Item::Exempt(it) => it.from.span,
        Item::Assume(it) => it.span,
        Item::Scenario(it) => it.name.span,
        Item::Workflow(it) => it.name.span,
        Item::Committee(it) => it.name.span,
        Item::Example(it) => it.title.span,
    }
}
