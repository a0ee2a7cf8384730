//! Periods: the declared years, the half years, quarters and months that come with them, and those whose first days are listed.

use jiff::civil::Date;

use crate::calendar::civil::{day_before, plus_months_back};
use crate::calendar::{Calendar, CalendarProblem, PeriodBegins, PeriodLabelStyle, PeriodRule};

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
    days: Days,
}

/// How the periods of a kind follow one another.
#[derive(Debug, Clone)]
enum Days {
    /// So many months each, counted from a month and day.
    Counted { months: i32, month: i8, day: i8, style: Style },
    /// From each of these days to the day before the next; written by the year in which they begin and their number in it.
    Listed(Vec<Date>),
}

/// How a kind of period is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// `2025/26`, `2025`
    Year(PeriodLabelStyle),
    /// `2025/26-Q1`, `2025/26-H2`, `2025/26-3`
    Part(PeriodLabelStyle, Option<char>),
    /// `2025-07`
    Month,
}

/// The declared kinds, then half years, quarters and months, counted from the start of the first declared year.
pub(super) fn kinds(rules: &[PeriodRule]) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = rules.iter().map(declared).collect();
    let counted = || {
        rules.iter().filter_map(|it| match it.begins {
            PeriodBegins::Every { months, month, day, style, .. } => Some((months, (month, day, style))),
            PeriodBegins::On { .. } => None,
        })
    };
    let year = counted().find(|it| it.0 == 12).or_else(|| counted().next());
    let (month, day, style) = year.map_or((1, 1, PeriodLabelStyle::OneYear), |it| it.1);
    let by_themselves = [
        ("half_year", "half_years", 6, month, day, Style::Part(style, Some('H'))),
        ("quarter", "quarters", 3, month, day, Style::Part(style, Some('Q'))),
        ("month", "months", 1, 1, 1, Style::Month),
    ];
    for (name, plural, months, month, day, style) in by_themselves {
        if !kinds.iter().any(|it| it.name == name) {
            let days = Days::Counted { months, month, day, style };
            kinds.push(Kind { name: name.to_owned(), plural: plural.to_owned(), days });
        }
    }
    kinds
}

fn declared(rule: &PeriodRule) -> Kind {
    let days = match &rule.begins {
        PeriodBegins::Every { months, month, day, style, letter } => Days::Counted {
            months: i32::from((*months).max(1)),
            month: *month,
            day: *day,
            // Two periods of one year need two labels.
            style: if *months < 12 { Style::Part(*style, *letter) } else { Style::Year(*style) },
        },
        PeriodBegins::On { starts, until } => {
            Days::Listed(starts.iter().copied().chain(until.tomorrow().ok()).collect())
        }
    };
    Kind { name: rule.name.clone(), plural: rule.plural.clone(), days }
}

impl Kind {
    /// The first day of the n-th period, since 1900 or of the list; of a list that of the day behind the last, too. Always reckoned
    /// from the anchor itself, so that a start on the 31st is one again wherever it can be.
    fn start(&self, nth: i32) -> Result<Date, CalendarProblem> {
        match &self.days {
            Days::Counted { months, month, day, .. } => {
                let anchor = Date::new(1900, *month, *day).map_err(|_| CalendarProblem::OutOfRange)?;
                plus_months_back(anchor, i64::from(nth) * i64::from(*months))
            }
            Days::Listed(edges) => {
                usize::try_from(nth).ok().and_then(|it| edges.get(it)).copied().ok_or_else(|| self.not_listed())
            }
        }
    }

    /// Which period holds a day.
    fn number(&self, date: Date) -> Result<i32, CalendarProblem> {
        match &self.days {
            Days::Counted { months, month, .. } => {
                let since = (i32::from(date.year()) - 1900) * 12 + i32::from(date.month()) - i32::from(*month);
                // Within the month in which a period starts, its day decides.
                let nth = since.div_euclid(*months);
                Ok(if self.start(nth)? > date { nth - 1 } else { nth })
            }
            Days::Listed(edges) => {
                let begun = edges.partition_point(|it| *it <= date);
                let nth = begun.checked_sub(1).filter(|_| begun < edges.len());
                nth.and_then(|it| i32::try_from(it).ok()).ok_or_else(|| self.not_listed())
            }
        }
    }

    fn not_listed(&self) -> CalendarProblem {
        CalendarProblem::NotListed(self.name.clone())
    }

    /// Whether one of its periods begins, or the last of a list has ended, on a day.
    fn turns_on(&self, day: Date) -> bool {
        match &self.days {
            Days::Counted { .. } => self.number(day).and_then(|it| self.start(it)) == Ok(day),
            Days::Listed(edges) => edges.contains(&day),
        }
    }
}

/// The first day of the year, from a month and day, that a period lies in.
fn year_start((month, day): (i8, i8), first: Date) -> Option<Date> {
    let this_year = plus_months_back(Date::new(1900, month, day).ok()?, (i64::from(first.year()) - 1900) * 12);
    this_year.ok().filter(|it| *it <= first).or_else(|| Date::new(first.year() - 1, month, day).ok())
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

    /// The period of a kind that holds a day; where listed ones have not begun yet, the first of them.
    ///
    /// # Errors
    /// Where days, or the periods that are listed, end.
    pub fn period_from(&self, kind: PeriodKind, date: Date) -> Result<Period, CalendarProblem> {
        match &self.kind(kind).days {
            Days::Listed(edges) if edges.first().is_some_and(|it| date < *it) => self.nth(kind, 0),
            Days::Listed(_) | Days::Counted { .. } => self.period_containing(kind, date),
        }
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
    /// Where days end, and where no period is listed that begins in it.
    pub fn periods_inside(&self, kind: PeriodKind, longer: &Period) -> Result<Vec<Period>, CalendarProblem> {
        let mut inside = Vec::new();
        let mut period = self.period_from(kind, longer.first)?;
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
        if inside.is_empty() { Err(self.kind(kind).not_listed()) } else { Ok(inside) }
    }

    /// The period of a longer kind in which one begins: the year around a quarter.
    ///
    /// # Errors
    /// Where days end.
    pub fn around(&self, kind: PeriodKind, shorter: &Period) -> Result<Period, CalendarProblem> {
        self.period_containing(kind, shorter.first)
    }

    /// Whether every longer period begins and ends with a shorter one: quarters in years, not months in years from 6 April. Of
    /// listed ones each must lie in a longer one, which may begin and end between two lists.
    #[must_use]
    pub fn nests(&self, shorter: PeriodKind, longer: PeriodKind) -> bool {
        match (&self.kind(shorter).days, &self.kind(longer).days) {
            (Days::Counted { months, .. }, Days::Counted { months: of, .. }) => {
                // After as many longer periods as a shorter one has months, all begins again.
                let whole = |nth: i32| {
                    let start = self.kind(longer).start(nth);
                    start.is_ok_and(|it| self.kind(shorter).turns_on(it))
                };
                months < of && (0..=*months).all(whole)
            }
            (Days::Listed(edges), Days::Counted { .. }) => {
                let holder = |day: Date| self.kind(longer).number(day).ok();
                edges.windows(2).all(|it| day_before(it[1]).is_ok_and(|last| holder(it[0]) == holder(last)))
            }
            (Days::Counted { .. }, Days::Listed(edges)) => edges.iter().all(|it| self.kind(shorter).turns_on(*it)),
            (Days::Listed(parts), Days::Listed(edges)) => {
                edges.len() < parts.len() && edges.iter().all(|it| parts.contains(it))
            }
        }
    }

    /// How a period is written: `2025/26`, `2025/26-Q1`, `2025-07`; a listed one `2026-1`, the first that begins in 2026.
    #[must_use]
    pub fn label(&self, period: &Period) -> String {
        let kind = self.kind(period.kind);
        match &kind.days {
            Days::Counted { style: Style::Year(style), .. } => year_label(*style, period.first, period.last.year()),
            Days::Counted { style: Style::Month, .. } => {
                format!("{}-{:02}", period.first.year(), period.first.month())
            }
            Days::Counted { months, month, day, style: Style::Part(style, letter) } => {
                let year = year_start((*month, *day), period.first).unwrap_or(period.first);
                let nth = months_between(year, period.first) / months + 1;
                let letter = letter.map(String::from).unwrap_or_default();
                format!("{}-{letter}{nth}", year_label(*style, year, year.year()))
            }
            Days::Listed(edges) => {
                let year = period.first.year();
                let nth = edges.iter().filter(|it| it.year() == year && **it <= period.first).count();
                format!("{year}-{nth}")
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
        let mut period = self.period_from(kind, Date::new(year, 1, 1).ok()?).ok()?;
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
