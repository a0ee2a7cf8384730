//! What was imposed, as a condition: which outcomes, and whether they are in force or were imposed.

use jiff::civil::Date;

use crate::codes_policy as codes;
use crate::diagnostic::Diagnostic;
use crate::policy::expressions::{Place, made};
use crate::policy::model::{Expr, ExprKind, Lasts, Type};
use crate::policy::names::Builder;
use crate::source::Span;
use crate::syntax::tree::{self, FrameworkLineKind, HappenedHow, HappenedWithin, Item, OutcomeLineKind, WhichOutcome};

impl OutcomeAsked {
    /// How long it lasts if it is imposed on a day.
    #[must_use]
    pub fn lasts_from(&self, day: Date) -> Option<&Lasts> {
        let on_day = self.lasts.iter().rev().find(|it| it.0.is_none_or(|from| from <= day));
        on_day.or(self.lasts.first()).and_then(|it| it.1.as_ref())
    }
}

/// Whether something is in force, or was imposed.
#[derive(Debug, Clone)]
pub struct Happened {
    /// The sanctions and rewards that are asked for.
    pub outcomes: Vec<OutcomeAsked>,
    /// Whether none of them is, else any.
    pub none: bool,
    /// What is asked of them.
    pub how: How,
}

/// A sanction or reward that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct OutcomeAsked {
    /// Its name.
    pub name: String,
    /// How long it is in force, if it ends by itself: of each of its versions, with the first day on which that holds.
    pub lasts: Vec<(Option<Date>, Option<Lasts>)>,
}

/// What is asked of what was imposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Whether it is in force on the day that is read.
    InForce,
    /// Whether it was imposed in the last so many periods, this one included.
    Imposed {
        /// How many.
        periods: u32,
    },
    /// Whether somebody ended it before its time, by the day that is read, or in the last so many periods.
    Lifted {
        /// How many, if it says so.
        periods: Option<u32>,
    },
    /// Whether it was completed by the day that is read, or in the last so many periods.
    Completed {
        /// How many, if it says so.
        periods: Option<u32>,
    },
}

impl Builder<'_, '_> {
    /// `written_warning in force`, `no sanction imposed in the last 2 years`
    pub(super) fn happened(&mut self, written: &tree::Happened, place: &Place, span: Span) -> Option<Expr> {
        let owner = place.subject.map(|it| self.policy.record(it).label.name.clone());
        let mut outcomes = Vec::new();
        let (mut known, mut measures) = (Vec::new(), Vec::new());
        for item in self.items.clone() {
            let Item::Framework(framework) = item else { continue };
            let judged = framework.lines.iter().find_map(|it| match &it.kind {
                FrameworkLineKind::ForEach { record, .. } => Some(&record.text),
                _ => None,
            });
            if judged != owner.as_ref() {
                continue;
            }
            for line in &framework.lines {
                let FrameworkLineKind::Outcome(outcome) = &line.kind else { continue };
                known.push(outcome.name.text.clone());
                if outcome.what == tree::Proposed::Measure {
                    measures.push(outcome.name.text.clone());
                }
                let asked = match &written.which {
                    WhichOutcome::Named(name) => name.text == outcome.name.text,
                    WhichOutcome::AnySanction | WhichOutcome::NoSanction => outcome.what == tree::Proposed::Sanction,
                };
                if asked {
                    let lasts = outcome.lines.iter().find_map(|it| match &it.kind {
                        OutcomeLineKind::Lasts(lasts) => Some(lasts),
                        _ => None,
                    });
                    let lasts = lasts.and_then(|it| self.lasts(it, place));
                    let version = (outcome.from.as_ref().and_then(|it| self.first_day(it)), lasts);
                    let name = &outcome.name.text;
                    match outcomes.iter_mut().find(|it: &&mut OutcomeAsked| it.name == *name) {
                        Some(other) => other.lasts.push(version),
                        None => outcomes.push(OutcomeAsked { name: name.clone(), lasts: vec![version] }),
                    }
                }
            }
        }
        if let (WhichOutcome::Named(name), true) = (&written.which, outcomes.is_empty()) {
            self.unknown_name(name, "sanction, reward or measure", &known);
            return None;
        }
        outcomes.iter_mut().for_each(|it| it.lasts.sort_by_key(|it| it.0));
        let names = outcomes.iter().map(|it| it.name.clone());
        match &written.how {
            HappenedHow::Imposed(_) | HappenedHow::Lifted(_) => self.policy.asked_imposed.extend(names),
            HappenedHow::InForce | HappenedHow::Completed(_) => {}
        }
        let how = match &written.how {
            HappenedHow::InForce => {
                self.policy.asked_in_force.extend(outcomes.iter().map(|it| it.name.clone()));
                How::InForce
            }
            HappenedHow::Imposed(within) => How::Imposed { periods: self.within(within, place, span)? },
            HappenedHow::Completed(within) => {
                self.is_completed(&written.which, &measures, span)?;
                How::Completed { periods: self.maybe_within(within.as_ref(), place, span)? }
            }
            HappenedHow::Lifted(within) => How::Lifted { periods: self.maybe_within(within.as_ref(), place, span)? },
        };
        let none = matches!(written.which, WhichOutcome::NoSanction);
        made(ExprKind::Happened(Box::new(Happened { outcomes, none, how })), Type::YesNo, span)
    }

    /// In how many periods, where it says so; the outer nothing: it was reported.
    fn maybe_within(&mut self, written: Option<&HappenedWithin>, place: &Place, span: Span) -> Option<Option<u32>> {
        written.map_or(Some(None), |it| self.within(it, place, span).map(Some))
    }

    /// In how many periods, this one included.
    fn within(&mut self, written: &HappenedWithin, place: &Place, span: Span) -> Option<u32> {
        match written {
            HappenedWithin::This(kind) => {
                self.at_hand(kind, place, span)?;
                Some(1)
            }
            HappenedWithin::Last(number, kind) => {
                self.at_hand(kind, place, span)?;
                let periods = self.number(number)?.to_scaled(0).and_then(|it| u32::try_from(it).ok());
                let periods = periods.filter(|it| (1..=60).contains(it));
                if periods.is_none() {
                    let words = format!("`{}` is no number of periods", number.text);
                    let help = "write a whole number from 1 to 60";
                    self.report(Diagnostic::new(codes::HISTORY_COUNT, number.span, words).help(help));
                }
                periods
            }
        }
    }
}
