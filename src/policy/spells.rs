//! Spells: children with a first and maybe a last day, which of them are meant, and pay for their days.

use crate::codes_gathered as codes;
use crate::diagnostic::Diagnostic;
use crate::ids::{FieldId, RecordId};
use crate::policy::expressions::{Place, made};
use crate::policy::model::{Expr, ExprKind, Field, FieldKind, Members, Shape, Spell, SpellWindow, Type};
use crate::policy::names::Builder;
use crate::source::Span;
use crate::syntax::tree::{self, Name};
use crate::value::TimeUnit;

impl Builder<'_, '_> {
    /// `record posting of officer from started until ended`: two of its fields.
    pub(super) fn spell(&mut self, written: &tree::Record, shape: Shape, fields: &[Field]) -> Option<Spell> {
        let Some([first, last]) = &written.spell else {
            if let Some(span) = written.may_overlap {
                let words = "only spells can overlap";
                let help = "say between which days it lies, in the head: `from started until ended`";
                self.report(Diagnostic::new(codes::NO_SPELL, span, words).help(help));
            }
            return None;
        };
        if !matches!(shape, Shape::Child { .. }) {
            let words = format!("`{}` belongs to nobody, or to a period, and so is no spell", written.name.text);
            let help = "a spell is one of any number of records of another: `record posting of person from … until …`";
            self.report(Diagnostic::new(codes::SPELL_DAYS, written.name.span, words).help(help));
            return None;
        }
        let (from, until) = (self.day_of_spell(first, written, fields), self.day_of_spell(last, written, fields));
        let (from, until) = (from?, until?);
        if from == until {
            let words = "its first and its last day are the same field";
            self.report(Diagnostic::new(codes::SPELL_DAYS, last.span, words).help("give it two"));
            return None;
        }
        Some(Spell { first: from, last: until, may_overlap: written.may_overlap.is_some() })
    }

    fn day_of_spell(&mut self, name: &Name, written: &tree::Record, fields: &[Field]) -> Option<FieldId> {
        let Some(at) = fields.iter().position(|it| it.label.name == name.text) else {
            let known: Vec<String> = fields.iter().map(|it| it.label.name.clone()).collect();
            self.unknown_name(name, &format!("field of `{}` called", written.name.text), &known);
            return None;
        };
        if matches!(fields[at].kind, FieldKind::Date | FieldKind::Event) && !fields[at].dated {
            return Some(FieldId::at(at));
        }
        let words = format!("`{}` is no day between which a spell could lie", name.text);
        let help = "name a field that holds a `date` or an `event`, and is not `dated`";
        self.report(Diagnostic::new(codes::SPELL_DAYS, name.span, words).help(help));
        None
    }

    /// The record of the members, which must be spells.
    pub(super) fn spell_of(&mut self, members: Members, span: Span) -> Option<RecordId> {
        let record = match members {
            Members::Children(record) => Some(record),
            Members::Referring(..) | Members::Within { .. } | Members::Periods(_) | Members::Last(_) => None,
        };
        if let Some(record) = record.filter(|it| self.policy.record(*it).spell.is_some()) {
            return Some(record);
        }
        let words = match record {
            Some(record) => format!("`{}` has no first and last day", self.policy.record(record).label.name),
            None => "these are no spells of the record that is spoken of".to_owned(),
        };
        let help = "ask it of children whose record says between which days each lies: `record posting of person from started until ended`";
        self.report(Diagnostic::new(codes::NO_SPELL, span, words).help(help));
        None
    }

    /// `under way at start of year`, `within this year`
    pub(super) fn spell_window(
        &mut self,
        written: &tree::SpellWindow,
        members: Members,
        place: &Place,
        span: Span,
    ) -> Option<SpellWindow> {
        self.spell_of(members, span)?;
        Some(match written {
            tree::SpellWindow::UnderWay(None) => SpellWindow::UnderWay(None),
            tree::SpellWindow::UnderWay(Some(day)) => SpellWindow::UnderWay(Some(self.as_on_day(day, place, span)?)),
            tree::SpellWindow::Within { after, until } => {
                let (after, until) = (self.day(after, place), self.day(until, place));
                SpellWindow::Within { after: Box::new(after?), until: Box::new(until?) }
            }
        })
    }

    /// `days`, said of a spell: how many of its days count.
    pub(super) fn days_of_spell(&self, name: &Name, place: &Place) -> Option<Expr> {
        let spell = place.subject.and_then(|it| self.policy.records.get(it.index())?.spell);
        spell.filter(|_| name.text == "days")?;
        let kind = ExprKind::SpellDays { within: place.days_within };
        made(kind, Type::Duration(TimeUnit::Days), name.span)
    }

    /// `salary for the days of interdictions within this year`
    pub(super) fn pay_for_days(
        &mut self,
        pay: &tree::Expr,
        days: &tree::Aggregate,
        place: &Place,
        span: Span,
    ) -> Option<Expr> {
        let pay = self.expr(pay, place, None)?;
        let Type::Money { currency, per: Some(TimeUnit::Years | TimeUnit::Months) } = &pay.ty else {
            return self.wrong(&pay, "money per year or month is expected before `for the days of`");
        };
        let ty = Type::Money { currency: currency.clone(), per: None };
        let ExprKind::Aggregate(days) = self.aggregate(days, place, span)?.kind else { return None };
        made(ExprKind::PayForDays { pay: Box::new(pay), days }, ty, span)
    }
}
