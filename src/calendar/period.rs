//! Periods: the declared years, and the half years, quarters and months that come with them.

use jiff::ToSpan;
use jiff::civil::Date;

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

/// A kind of period as the calendar keeps it.
#[derive(Debug, Clone)]
pub(super) struct Kind {
    pub(super) name: String,
    pub(super) plural: String,
    pub(super) months: i32,
    pub(super) month: i8,
    pub(super) day: i8,
    pub(super) style: Style,
}

/// How a kind of period is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Year(PeriodLabelStyle),
    /// `2025/26-Q1`
    Part(PeriodLabelStyle, char),
    /// `2025-07`
    Month,
}

/// The declared kinds, then half years, quarters and months, counted from the start of the first declared year.
pub(super) fn kinds(rules: &[PeriodRule]) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = rules
        .iter()
        .map(|rule| Kind {
            name: rule.name.clone(),
            plural: rule.plural.clone(),
            months: i32::from(rule.months.max(1)),
            month: rule.month,
            day: rule.day,
            style: Style::Year(rule.style),
        })
        .collect();
    let (month, day, style) = rules.first().map_or((1, 1, PeriodLabelStyle::OneYear), |it| (it.month, it.day, it.style));
    let parts = [("half_year", "half_years", 6, Style::Part(style, 'H')), ("quarter", "quarters", 3, Style::Part(style, 'Q'))];
    for (name, plural, months, style) in parts {
        if !kinds.iter().any(|it| it.name == name) {
            kinds.push(Kind { name: name.to_owned(), plural: plural.to_owned(), months, month, day, style });
        }
    }
    if !kinds.iter().any(|it| it.name == "month") {
        let style = Style::Month;
        kinds.push(Kind { name: "month".to_owned(), plural: "months".to_owned(), months: 1, month: 1, day: 1, style });
    }
    kinds
}

impl Calendar {
    fn kind(&self, kind: PeriodKind) -> &super::period::Kind {
        &self.kinds[usize::from(kind.0).min(self.kinds.len() - 1)]
    }

    /// Every kind of period, by name.
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
    /// Beyond the years that can be counted.
    pub fn period_containing(&self, kind: PeriodKind, date: Date) -> Result<Period, CalendarProblem> {
        let of = self.kind(kind);
        let anchor = Date::new(1900, of.month, of.day).map_err(|_| CalendarProblem::OutOfRange)?;
        let months = (i32::from(date.year()) - 1900) * 12 + i32::from(date.month()) - i32::from(anchor.month());
        let before = i32::from(date.day() < anchor.day());
        let steps = (months - before).div_euclid(of.months);
        self.nth(kind, steps)
    }

    fn nth(&self, kind: PeriodKind, steps: i32) -> Result<Period, CalendarProblem> {
        let of = self.kind(kind);
        let anchor = Date::new(1900, of.month, of.day).map_err(|_| CalendarProblem::OutOfRange)?;
        let edge = |steps: i32| {
            let months = steps.checked_mul(of.months).ok_or(CalendarProblem::OutOfRange)?;
            anchor.checked_add(months.months()).map_err(|_| CalendarProblem::OutOfRange)
        };
        let last = edge(steps + 1)?.yesterday().map_err(|_| CalendarProblem::OutOfRange)?;
        Ok(Period { kind, first: edge(steps)?, last })
    }

    /// The period so many later (earlier, if negative).
    ///
    /// # Errors
    /// Beyond the years that can be counted.
    pub fn shift(&self, period: Period, by: i32) -> Result<Period, CalendarProblem> {
        let of = self.kind(period.kind);
        let months = by.checked_mul(of.months).ok_or(CalendarProblem::OutOfRange)?;
        let first = period.first.checked_add(months.months()).map_err(|_| CalendarProblem::OutOfRange)?;
        self.period_containing(period.kind, first)
    }

    /// How a period is written: `2025/26`, `2025/26-Q1`, `2025-07`.
    #[must_use]
    pub fn label(&self, period: &Period) -> String {
        let year = |style, first: Date| match style {
            PeriodLabelStyle::TwoYears => format!("{}/{:02}", first.year(), (first.year() + 1).rem_euclid(100)),
            PeriodLabelStyle::OneYear => first.year().to_string(),
        };
        match self.kind(period.kind).style {
            Style::Year(style) => year(style, period.first),
            Style::Month => format!("{}-{:02}", period.first.year(), period.first.month()),
            Style::Part(style, letter) => {
                let around = self.period_containing(PeriodKind(0), period.first).unwrap_or(*period);
                let months = months_between(around.first, period.first);
                let nth = months / self.kind(period.kind).months + 1;
                format!("{}-{letter}{nth}", year(style, around.first))
            }
        }
    }

    /// A period by how it is written.
    ///
    /// # Errors
    /// When no period of that kind is written so.
    pub fn period_from_label(&self, kind: PeriodKind, label: &str) -> Result<Period, CalendarProblem> {
        let unfit = || CalendarProblem::NoPeriod(label.to_owned());
        let digits: String = label.chars().take_while(char::is_ascii_digit).collect();
        let year: i16 = digits.parse().map_err(|_| unfit())?;
        let start = Date::new(year, 1, 1).map_err(|_| unfit())?;
        let mut period = self.period_containing(kind, start).map_err(|_| unfit())?;
        for _ in 0..26 {
            if self.label(&period) == label {
                return Ok(period);
            }
            period = self.shift(period, 1).map_err(|_| unfit())?;
        }
        Err(unfit())
    }
}

fn months_between(from: Date, to: Date) -> i32 {
    (i32::from(to.year()) - i32::from(from.year())) * 12 + i32::from(to.month()) - i32::from(from.month())
}
