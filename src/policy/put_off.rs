//! Runs whose end spells put off: `lasts 3 months, not counting each leave over 15 days`.

use crate::calendar::{Length, Unit};
use crate::codes_gathered as codes;
use crate::diagnostic::Diagnostic;
use crate::ids::RecordId;
use crate::policy::expressions::Place;
use crate::policy::model::{DateRule, Expr, Shape};
use crate::policy::names::Builder;
use crate::policy::same::same;
use crate::source::Span;
use crate::syntax::tree::{self, NotCounting};

/// By which spells the end of a run is put off.
#[derive(Debug, Clone)]
pub struct PutOff {
    /// The record of the spells.
    pub spells: RecordId,
    /// What the subject is, where they are those of whom it belongs to; nothing where they are its own.
    pub of_owner: Option<RecordId>,
    /// One counts that has more days of its own than this.
    pub over: i64,
    /// Which of them count; about one of them.
    pub filter: Option<Expr>,
}

/// How long something is in force that ends by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Lasts {
    /// How long.
    pub length: Length,
    /// By which spells its end is put off.
    pub put_off: Option<PutOff>,
}

impl PartialEq for PutOff {
    fn eq(&self, other: &Self) -> bool {
        let filter = match (&self.filter, &other.filter) {
            (Some(one), Some(other)) => same(one, other),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        filter && (self.spells, self.of_owner, self.over) == (other.spells, other.of_owner, other.over)
    }
}

impl Builder<'_, '_> {
    /// `3 months`, and what puts its end off.
    pub(super) fn lasts(&mut self, written: &tree::Lasting, place: &Place) -> Option<Lasts> {
        let length = self.length(&written.length);
        let put_off = match &written.not_counting {
            Some(written) => Some(self.put_off_once(written, place)?),
            None => None,
        };
        Some(Lasts { length: length?, put_off })
    }

    /// The end of a rule put off, where spells are named.
    pub(super) fn put_off_rule(
        &mut self,
        run: DateRule,
        written: Option<&NotCounting>,
        place: &Place,
    ) -> Option<DateRule> {
        let Some(written) = written else { return Some(run) };
        let by = self.put_off(written, place)?;
        Some(DateRule::PutOff { run: Box::new(run), by: Box::new(by) })
    }

    /// What is counted back ends where it is counted from.
    pub(super) fn counted_back(&mut self, span: Span) {
        let words = "what is counted back has no end that could be put off";
        let help = "take it out, or count from where it begins: `1 year after …, not counting each …`";
        self.report(Diagnostic::new(codes::PUTS_OFF_NOTHING, span, words).help(help));
    }

    /// How long something lasts is asked wherever it is asked whether that is in force; it is looked at once.
    fn put_off_once(&mut self, written: &NotCounting, place: &Place) -> Option<PutOff> {
        match self.put_off.get(&written.span) {
            Some(Some(found)) => return found.clone(),
            Some(None) => {
                let words = "whether these days count rests on whether they count";
                let help = "ask of the spell what is its own, such as what kind it is";
                self.report(Diagnostic::new(codes::PUTS_OFF_NOTHING, written.span, words).help(help));
                return None;
            }
            None => {}
        }
        self.put_off.insert(written.span, None);
        let found = self.put_off(written, place);
        self.put_off.insert(written.span, Some(found.clone()));
        found
    }

    /// `not counting each leave over 15 days where kind is sick`
    fn put_off(&mut self, written: &NotCounting, place: &Place) -> Option<PutOff> {
        let (spells, of_owner) = self.spells_named(written, place)?;
        let over = written.over.as_ref().map(|it| self.days_of_length(it));
        let filter = written.filter.as_ref().map(|it| self.condition_at(it, &Place::of(spells, None)));
        Some(PutOff { spells, of_owner, over: over.unwrap_or(Some(0))?, filter: transposed(filter)? })
    }

    /// Spells of the subject, or of whom it belongs to.
    fn spells_named(&mut self, written: &NotCounting, place: &Place) -> Option<(RecordId, Option<RecordId>)> {
        let spells = self.record_id(&written.spells)?;
        let owner = match self.policy.record(spells).shape {
            Shape::Child { of } if self.policy.record(spells).spell.is_some() => Some(of),
            Shape::Child { .. } | Shape::Entity { .. } | Shape::Panel { .. } => None,
        };
        let name = &written.spells.text;
        let Some(owner) = owner else {
            let words = format!("`{name}` has no first and last day");
            let help = format!("say between which days each lies: `record {name} of … from started until ended`");
            self.report(Diagnostic::new(codes::NO_SPELL, written.spells.span, words).help(help));
            return None;
        };
        let subject = place.subject;
        if subject == Some(owner) {
            return Some((spells, None));
        }
        if let Some(child) = subject.filter(|it| self.policy.child_of(*it) == Some(owner)) {
            return Some((spells, Some(child)));
        }
        let owner = &self.policy.record(owner).label.name;
        let words = match subject {
            Some(subject) => {
                format!(
                    "`{name}` is a spell of `{owner}`, and `{}` is spoken of",
                    self.policy.record(subject).label.name
                )
            }
            None => format!("`{name}` is a spell of `{owner}`, and no record is spoken of here"),
        };
        let help = "name spells of whom the run is about";
        self.report(Diagnostic::new(codes::PUTS_OFF_NOTHING, written.spells.span, words).help(help));
        None
    }

    /// Spells are counted in days.
    fn days_of_length(&mut self, written: &tree::Length) -> Option<i64> {
        let length = self.length(written)?;
        match length.unit {
            Unit::Days => Some(i64::from(length.count)),
            Unit::Weeks => Some(i64::from(length.count) * 7),
            Unit::Hours | Unit::WorkingDays | Unit::Months | Unit::Years => {
                let words = "a spell is as long as it has days, each of them counted";
                let help = "say it in days: `over 15 days`";
                self.report(Diagnostic::new(codes::PUTS_OFF_NOTHING, written.span, words).help(help));
                None
            }
        }
    }
}

/// A part that may be left out: nothing where it is written, and a mistake was reported in it.
fn transposed<T>(part: Option<Option<T>>) -> Option<Option<T>> {
    match part {
        Some(Some(part)) => Some(Some(part)),
        Some(None) => None,
        None => Some(None),
    }
}
