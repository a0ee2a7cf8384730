//! Periods: the declared years, and the half years, quarters and months that come with them.

use jiff::civil::Date;

use crate::calendar::civil::{day_before, plus_months_back};
use crate::calendar::{Calendar, CalendarProblem, PeriodLabelStyle, PeriodRule};

/// A kind of period within a calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeriodKind(pub u16);

/// One period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    /// Its kind.
    pub kind: PeriodKind,
    /// Its first day.
    pub first: Date,
    /// Its last day.
    pub last: Date,
}

impl Period {
    /// Whether a day lies in it.
    #[must_use]
    pub fn contains(&self, date: Date) -> bool {
        self.first <= date && date <= self.last
    }
}

/// A kind of period as the calendar keeps it.
#[derive(Debug, Clone)]
pub(super) struct Kind {
    name: String,
    plural: String,
    months: i32,
    /// The month and day from which it is counted.
    month: i8,
    day: i8,
    style: Style,
}

/// How a kind of period is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// `2025/26`, `2025`
    Year(PeriodLabelStyle),
    /// `2025/26-Q1`, `2025/26-H2`, `2025/26-3`
    Part(PeriodLabelStyle, &'static str),
    /// `2025-07`
    Month,
}

/// The declared kinds, then half years, quarters and months, counted from the start of the first declared year.
pub(super) fn kinds(rules: &[PeriodRule]) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = rules.iter().map(declared).collect();
    let year = rules.iter().find(|it| it.months == 12).or(rules.first());
    let (month, day, style) = year.map_or((1, 1, PeriodLabelStyle::OneYear), |it| (it.month, it.day, it.style));
    let by_themselves = [
        ("half_year", "half_years", 6, month, day, Style::Part(style, "H")),
        ("quarter", "quarters", 3, month, day, Style::Part(style, "Q")),
        ("month", "months", 1, 1, 1, Style::Month),
    ];
    for (name, plural, months, month, day, style) in by_themselves {
        if !kinds.iter().any(|it| it.name == name) {
            kinds.push(Kind { name: name.to_owned(), plural: plural.to_owned(), months, month, day, style });
        }
    }
    kinds
}

fn declared(rule: &PeriodRule) -> Kind {
    // Two periods of one year need two labels.
    let style = if rule.months < 12 { Style::Part(rule.style, "") } else { Style::Year(rule.style) };
    Kind {
        name: rule.name.clone(),
        plural: rule.plural.clone(),
        months: i32::from(rule.months.max(1)),
        month: rule.month,
        day: rule.day,
        style,
    }
}

impl Kind {
    /// The day before which the n-th period since 1900 starts; always reckoned from the anchor itself, so that a start on the 31st
    /// is one again wherever it can be.
    fn start(&self, nth: i32) -> Result<Date, CalendarProblem> {
        let anchor = Date::new(1900, self.month, self.day).map_err(|_| CalendarProblem::OutOfRange)?;
        plus_months_back(anchor, i64::from(nth) * i64::from(self.months))
    }

    /// Which period since 1900 holds a day.
    fn number(&self, date: Date) -> Result<i32, CalendarProblem> {
        let months = (i32::from(date.year()) - 1900) * 12 + i32::from(date.month()) - i32::from(self.month);
        // Within the month in which a period starts, its day decides.
        let nth = months.div_euclid(self.months);
        Ok(if self.start(nth)? > date { nth - 1 } else { nth })
    }

    /// The first day of the year that a period lies in.
    fn year_start(&self, first: Date) -> Option<Date> {
        let this_year =
            plus_months_back(Date::new(1900, self.month, self.day).ok()?, (i64::from(first.year()) - 1900) * 12);
        this_year.ok().filter(|it| *it <= first).or_else(|| Date::new(first.year() - 1, self.month, self.day).ok())
    }
}

impl Calendar {
    /// The same calendar with other periods. Calendars of one policy share theirs, so that a kind of period means the same in each.
    #[must_use]
    pub fn with_periods(mut self, periods: &[PeriodRule]) -> Self {
        self.kinds = kinds(periods);
        self.rules.periods = periods.to_vec();
        self
    }

    fn kind(&self, kind: PeriodKind) -> &Kind {
        &self.kinds[usize::from(kind.0).min(self.kinds.len() - 1)]
    }

    /// Every kind of period, by name: the declared ones first.
    pub fn period_kinds(&self) -> impl Iterator<Item = (&str, PeriodKind)> {
        self.kinds.iter().zip(0u16..).map(|(kind, at)| (kind.name.as_str(), PeriodKind(at)))
    }

    /// A kind of period by its name or plural.
    #[must_use]
    pub fn period_kind(&self, name: &str) -> Option<PeriodKind> {
        let at = self.kinds.iter().position(|it| it.name == name || it.plural == name)?;
        u16::try_from(at).ok().map(PeriodKind)
    }

    /// The name of a kind of period.
    #[must_use]
    pub fn kind_name(&self, kind: PeriodKind) -> &str {
        &self.kind(kind).name
    }

    /// The period of a kind that holds a day.
    ///
    /// # Errors
    /// Where days end.
    pub fn period_containing(&self, kind: PeriodKind, date: Date) -> Result<Period, CalendarProblem> {
        self.nth(kind, self.kind(kind).number(date)?)
    }

    fn nth(&self, kind: PeriodKind, nth: i32) -> Result<Period, CalendarProblem> {
        let of = self.kind(kind);
        let next = nth.checked_add(1).ok_or(CalendarProblem::OutOfRange)?;
        Ok(Period { kind, first: of.start(nth)?, last: day_before(of.start(next)?)? })
    }

    /// The period so many later (earlier, if negative).
    ///
    /// # Errors
    /// Where days end.
    pub fn shift(&self, period: Period, by: i32) -> Result<Period, CalendarProblem> {
        let nth = self.kind(period.kind).number(period.first)?;
        self.nth(period.kind, nth.checked_add(by).ok_or(CalendarProblem::OutOfRange)?)
    }

    /// The period after one.
    ///
    /// # Errors
    /// Where days end.
    pub fn next(&self, period: Period) -> Result<Period, CalendarProblem> {
        self.shift(period, 1)
    }

    /// The period before one.
    ///
    /// # Errors
    /// Where days end.
    pub fn previous(&self, period: Period) -> Result<Period, CalendarProblem> {
        self.shift(period, -1)
    }

    /// The periods of a kind that begin in a longer one, in order: the four quarters of a year.
    ///
    /// # Errors
    /// Where days end.
    pub fn periods_inside(&self, kind: PeriodKind, longer: &Period) -> Result<Vec<Period>, CalendarProblem> {
        let mut inside = Vec::new();
        let mut period = self.period_containing(kind, longer.first)?;
        if period.first < longer.first {
            period = self.next(period)?;
        }
        while period.first <= longer.last {
            inside.push(period);
            match self.next(period) {
                Ok(next) => period = next,
                Err(_) => break,
            }
        }
        Ok(inside)
    }

    /// The period of a longer kind in which one begins: the year around a quarter.
    ///
    /// # Errors
    /// Where days end.
    pub fn around(&self, kind: PeriodKind, shorter: &Period) -> Result<Period, CalendarProblem> {
        self.period_containing(kind, shorter.first)
    }

    /// Whether every longer period begins and ends with a shorter one: quarters in years, not months in years from 6 April.
    #[must_use]
    pub fn nests(&self, shorter: PeriodKind, longer: PeriodKind) -> bool {
        let (months, of) = (self.kind(shorter).months, self.kind(longer).months);
        // After as many longer periods as a shorter one has months, all begins again.
        let whole = |nth: i32| {
            let start = self.kind(longer).start(nth).ok()?;
            let inside = self.period_containing(shorter, start).ok()?;
            Some(inside.first == start)
        };
        months < of && (0..=months).all(|nth| whole(nth) == Some(true))
    }

    /// How a period is written: `2025/26`, `2025/26-Q1`, `2025-07`.
    #[must_use]
    pub fn label(&self, period: &Period) -> String {
        let kind = self.kind(period.kind);
        match kind.style {
            Style::Year(style) => year_label(style, period.first, period.last.year()),
            Style::Month => format!("{}-{:02}", period.first.year(), period.first.month()),
            Style::Part(style, letter) => {
                let year = kind.year_start(period.first).unwrap_or(period.first);
                let nth = months_between(year, period.first) / kind.months + 1;
                format!("{}-{letter}{nth}", year_label(style, year, year.year()))
            }
        }
    }

    /// A period by how it is written.
    ///
    /// # Errors
    /// When no period of that kind is written so.
    pub fn period_from_label(&self, kind: PeriodKind, label: &str) -> Result<Period, CalendarProblem> {
        self.find_by_label(kind, label).ok_or_else(|| CalendarProblem::NoPeriod(label.to_owned()))
    }

    /// Whatever the label, its period begins in the year that it names or the one after.
    fn find_by_label(&self, kind: PeriodKind, label: &str) -> Option<Period> {
        let digits: String = label.chars().take_while(char::is_ascii_digit).collect();
        let year: i16 = digits.parse().ok()?;
        let mut period = self.period_containing(kind, Date::new(year, 1, 1).ok()?).ok()?;
        while period.first.year() <= year.saturating_add(1) {
            if self.label(&period) == label {
                return Some(period);
            }
            period = self.next(period).ok()?;
        }
        None
    }
}

/// `2025/26`, `2025`; of several years the first and the last.
fn year_label(style: PeriodLabelStyle, first: Date, last_year: i16) -> String {
    match style {
        PeriodLabelStyle::TwoYears => {
            let second = last_year.max(first.year().saturating_add(1));
            format!("{}/{:02}", first.year(), second.rem_euclid(100))
        }
        PeriodLabelStyle::OneYear => first.year().to_string(),
    }
}

fn months_between(from: Date, to: Date) -> i32 {
    (i32::from(to.year()) - i32::from(from.year())) * 12 + i32::from(to.month()) - i32::from(from.month())
}
