//! Why a date is what it is: what it was made from, and every step.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::calendar::{Anchor, Calendar, CalendarProblem, Deadline, DeadlineInput, words};

/// How a date came about. Kept with the date, so that it can be told and computed again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Derivation {
    calendar: String,
    /// Why that calendar counts, where not everybody goes by the same; in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    because: Option<String>,
    source: Source,
    result: Date,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    expected: bool,
    steps: Vec<DerivationStep>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Source {
    /// An anchor and all that follows.
    Input(Box<DeadlineInput>),
    /// The earliest of several.
    Earliest(Vec<Derivation>),
    /// The latest of several.
    Latest(Vec<Derivation>),
}

/// One step of a derivation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DerivationStep {
    /// The day after it.
    pub day: Date,
    /// What was done, in words.
    pub what: String,
}

impl Derivation {
    /// Whether it counts from an event of this name.
    #[must_use]
    pub fn rests_on(&self, event: &str) -> bool {
        match &self.source {
            Source::Input(input) => matches!(&input.anchor, Anchor::Event { what, .. } if what == event),
            Source::Earliest(of) | Source::Latest(of) => of.iter().any(|it| it.rests_on(event)),
        }
    }

    pub(super) fn of_input(
        calendar: &str,
        input: DeadlineInput,
        result: Date,
        expected: bool,
        steps: Vec<DerivationStep>,
    ) -> Self {
        let source = Source::Input(Box::new(input));
        Self { calendar: calendar.to_owned(), because: None, source, result, expected, steps }
    }

    pub(super) fn of_several(calendar: &str, latest: bool, of: Vec<Derivation>, result: Date, expected: bool) -> Self {
        let word = if latest { "latest" } else { "earliest" };
        let steps = vec![DerivationStep { day: result, what: format!("the {word} of these: {}", words::day(result)) }];
        let source = if latest { Source::Latest(of) } else { Source::Earliest(of) };
        Self { calendar: calendar.to_owned(), because: None, source, result, expected, steps }
    }

    /// The same, saying why its calendar counts.
    #[must_use]
    pub fn counted_by(self, because: Option<String>) -> Self {
        Self { because, ..self }
    }

    /// The name of the calendar that it was made with.
    #[must_use]
    pub fn calendar(&self) -> &str {
        &self.calendar
    }

    /// Whether it rests on a day that is only expected.
    #[must_use]
    pub fn expected(&self) -> bool {
        self.expected
    }

    /// Its own steps, without those of the dates that it chooses among.
    #[must_use]
    pub fn steps(&self) -> &[DerivationStep] {
        &self.steps
    }

    /// The date.
    #[must_use]
    pub fn result(&self) -> Date {
        self.result
    }

    /// The date computed again from what it was made from.
    ///
    /// With the calendar as it was, it is the same to the last word; with one that has changed since, it is the date that now holds.
    ///
    /// # Errors
    /// When it can't be made with this calendar.
    pub fn recompute(&self, calendar: &Calendar) -> Result<Deadline, CalendarProblem> {
        self.recompute_by(&|_| Some(calendar))
    }

    /// The same, where the dates that it chooses among may have been made with several calendars, found by their names.
    ///
    /// # Errors
    /// When it can't be made, or a calendar is not there any more.
    pub fn recompute_by<'c>(&self, find: &dyn Fn(&str) -> Option<&'c Calendar>) -> Result<Deadline, CalendarProblem> {
        let gone = || CalendarProblem::Unfit(format!("there is no calendar `{}` any more", self.calendar));
        let calendar = find(&self.calendar).ok_or_else(gone)?;
        let all = |of: &[Derivation]| of.iter().map(|it| it.recompute_by(find)).collect::<Result<Vec<_>, _>>();
        let none = || CalendarProblem::Unfit("a choice among no dates".to_owned());
        let made = match &self.source {
            Source::Input(input) => calendar.deadline(input)?,
            Source::Earliest(of) => calendar.earliest_of(all(of)?).ok_or_else(none)?,
            Source::Latest(of) => calendar.latest_of(all(of)?).ok_or_else(none)?,
        };
        Ok(Deadline { derivation: made.derivation.counted_by(self.because.clone()), ..made })
    }

    /// Every step in words, in order.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Source::Earliest(of) | Source::Latest(of) = &self.source {
            lines.extend(of.iter().flat_map(Derivation::lines));
        }
        lines.extend(self.because.clone());
        lines.extend(self.steps.iter().map(|it| it.what.clone()));
        if self.expected {
            lines.push("this date rests on a day that is only expected".to_owned());
        }
        lines
    }
}
