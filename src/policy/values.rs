//! Values of other days and other records, pay for a length of time, and points out of a maximum.

use crate::codes_policy as codes;
use crate::diagnostic::Diagnostic;
use crate::policy::expressions::{Place, made, unit_word};
use crate::policy::model::{ArithmeticOp, AsOn, Expr, ExprKind, Type, When};
use crate::policy::names::{Builder, Meaning};
use crate::source::Span;
use crate::syntax::tree::{self, Length, Name};
use crate::value::{Known, Number, TimeUnit, Value};

impl Builder<'_, '_> {
    /// `status is active throughout year`
    pub(super) fn over_days(
        &mut self,
        condition: &tree::Expr,
        every: bool,
        kind: &Name,
        place: &Place,
        span: Span,
    ) -> Option<Expr> {
        self.at_hand(kind, place, span)?;
        let condition = Box::new(self.condition_at(condition, place)?);
        made(ExprKind::OverDays { condition, every }, Type::YesNo, span)
    }

    /// `grade at start of year`, `grade on 1 April`
    pub(super) fn as_on(&mut self, what: &tree::Expr, day: &tree::AsOn, place: &Place, span: Span) -> Option<Expr> {
        let value = self.expr(what, place, None)?;
        let kept = match &value.kind {
            ExprKind::Field { record, field, .. } => self.policy.field(*record, *field).dated,
            ExprKind::Definition { when: When::Now, .. } | ExprKind::Band { when: When::Now, .. } => true,
            ExprKind::Holder { .. } => true,
            _ => false,
        };
        if !kept {
            let words = "this is not kept with its days, so that it is the same on every day";
            let help = "declare the field `dated`, or leave the day out";
            self.report(Diagnostic::new(codes::NOT_DATED, span, words).help(help));
            return None;
        }
        let day = self.as_on_day(day, place, span)?;
        let ty = value.ty.clone();
        made(ExprKind::AsOn { value: Box::new(value), day }, ty, span)
    }

    /// `at start of year`, `at end of year`, `on 1 April`
    pub(super) fn as_on_day(&mut self, day: &tree::AsOn, place: &Place, span: Span) -> Option<AsOn> {
        Some(match day {
            tree::AsOn::Start(kind) => {
                self.at_hand(kind, place, span)?;
                AsOn::Start
            }
            tree::AsOn::End(kind) => {
                self.at_hand(kind, place, span)?;
                AsOn::End
            }
            tree::AsOn::Day(day) => AsOn::Day(Box::new(self.day(day, place)?)),
        })
    }

    /// `salary for 3 months`: exact, by the number of months, never by days.
    pub(super) fn pay_for(&mut self, pay: &tree::Expr, length: &Length, place: &Place, span: Span) -> Option<Expr> {
        let pay = self.expr(pay, place, None)?;
        let unit = super::records::time_unit(length.unit);
        let count = self.number(&length.count)?;
        let (Type::Money { currency, per: Some(per) }, count) = (&pay.ty, count) else {
            return self.wrong(&pay, "money per year or month is expected before `for`");
        };
        let Some(times) = times(*per, unit).and_then(|it| it.multiply(count).ok()) else {
            let words = format!("how many {}s a {} has is not fixed", unit_word(unit), unit_word(*per));
            let help = format!("write the time in {}s, or in another unit that is exact", unit_word(*per));
            self.report(Diagnostic::new(codes::UNITS_DIFFER, span, words).help(help));
            return None;
        };
        let ty = Type::Money { currency: currency.clone(), per: None };
        let kind = ExprKind::Literal(Value::Known(Known::Number(times)));
        let right = Box::new(Expr { kind, ty: Type::Number, span: length.span });
        made(ExprKind::Arithmetic { op: ArithmeticOp::Multiply, left: Box::new(pay), right }, ty, span)
    }

    /// `share of points { audit out of 10, website out of 5 }`
    pub(super) fn share_of_points(
        &mut self,
        parts: &[(tree::Expr, tree::Expr)],
        place: &Place,
        span: Span,
    ) -> Option<Expr> {
        let mut lowered = Vec::new();
        for (got, most) in parts {
            let mut number = |it: &tree::Expr| {
                let it = self.expr(it, place, None)?;
                let it = self.reckoned(it);
                if it.ty == Type::Number { Some(it) } else { self.wrong(&it, "points are numbers") }
            };
            let (got, most) = (number(got), number(most));
            lowered.push((got?, most?));
        }
        made(ExprKind::Share(lowered), Type::Number, span)
    }

    pub(super) fn is_defined(&self, name: &Name) -> bool {
        matches!(self.names.get(&name.text), Some((Meaning::Definition(_) | Meaning::Scale(_), _)))
    }

    /// `result of unit`: a definition or scale asked of another record.
    pub(super) fn defined_of(&mut self, name: &Name, of: &tree::Expr, place: &Place, span: Span) -> Option<Expr> {
        let of = Box::new(self.expr(of, place, None)?);
        let below = place.below && matches!(of.kind, ExprKind::Subject);
        let place = &Place { below, ..place.clone() };
        let meaning = self.names.get(&name.text).map(|it| it.0);
        let (subject, each) = match meaning {
            Some(Meaning::Definition(id)) => {
                let definition = &self.policy.definitions[id.index()];
                (definition.of, definition.each)
            }
            Some(Meaning::Scale(id)) => (self.policy.scales[id.index()].subject, self.policy.scales[id.index()].each),
            _ => return None,
        };
        if of.ty != Type::Record(subject) {
            let words = format!("`{}` belongs to `{}`", name.text, self.policy.record(subject).label.name);
            self.wrong(&of, &words);
            return None;
        }
        if let Some(each) = each.filter(|it| place.each != Some(*it)) {
            let kind = self.policy.main().kind_name(each).to_owned();
            let words = format!("`{}` has a value for each {kind}, and no {kind} is at hand here", name.text);
            let help = format!("use it where something is said `each {kind}`");
            self.report(Diagnostic::new(codes::NO_PERIOD, name.span, words).help(help));
            return None;
        }
        match meaning {
            Some(Meaning::Definition(id)) => {
                let ty = self.definition_type(id, place, span)?;
                made(ExprKind::Definition { id, of, when: When::Now }, ty, span)
            }
            Some(Meaning::Scale(id)) => {
                self.scale_is_not_under_way(id, place, span)?;
                let ty = Type::Choice(self.policy.scales[id.index()].choices);
                made(ExprKind::Band { id, of, when: When::Now }, ty, span)
            }
            _ => None,
        }
    }
}

/// How many times the pay of a unit goes into another, where that is exact.
fn times(per: TimeUnit, unit: TimeUnit) -> Option<Number> {
    match (per, unit) {
        (TimeUnit::Years, TimeUnit::Months) => Number::ONE.divide(Number::from(12)).ok(),
        (TimeUnit::Months, TimeUnit::Years) => Some(Number::from(12)),
        (TimeUnit::Weeks, TimeUnit::Days) => Number::ONE.divide(Number::from(7)).ok(),
        (TimeUnit::Days, TimeUnit::Weeks) => Some(Number::from(7)),
        (per, unit) if per == unit => Some(Number::ONE),
        _ => None,
    }
}
