//! Operations of expressions: comparisons, arithmetic, weighted sums, tails; units and currencies held apart.

use crate::codes_policy as codes;
use crate::diagnostic::Diagnostic;
use crate::policy::expressions::{Place, made, same_kind};
use crate::policy::model::{ArithmeticOp, CompareOp, Expr, ExprKind, Order, Type};
use crate::policy::names::Builder;
use crate::source::Span;
use crate::syntax::tree::{self, Extreme, RoundTo, Tail};
use crate::value::{Known, Number, Rounding, Value};

impl Builder<'_, '_> {
    /// The other side of a comparison: choices are looked up in the type of this one.
    pub(super) fn other_side(&mut self, written: &tree::Expr, place: &Place, ty: &Type) -> Option<Expr> {
        let expr = self.expr(written, place, Some(ty))?;
        if same_kind(ty, &expr.ty) {
            return Some(expr);
        }
        let words = format!("{} can't be compared with {}", self.type_words(ty), self.type_words(&expr.ty));
        let help = match (ty, &expr.ty) {
            (Type::Money { .. }, Type::Number) | (Type::Number, Type::Money { .. }) => {
                "write the currency before the amount, such as `USD 1,000`".to_owned()
            }
            (Type::Duration(_), Type::Duration(_)) => {
                "write both in the same unit: a month has no fixed number of days".to_owned()
            }
            (Type::Duration(_), Type::Number) => "write the unit behind the number, such as `30 days`".to_owned(),
            _ => "compare things of one kind".to_owned(),
        };
        self.report(Diagnostic::new(codes::UNITS_DIFFER, expr.span, words).help(help));
        None
    }

    pub(super) fn comparison(
        &mut self,
        op: tree::CompareOp,
        left: &tree::Expr,
        right: &tree::Expr,
        place: &Place,
        span: Span,
    ) -> Option<Expr> {
        let flipped = left.as_name().is_some_and(|name| {
            !self.names.contains_key(&name.text)
                && place.subject.is_none_or(|subject| self.fields_named(subject, name, place).is_empty())
        });
        let (left, right) = if flipped
            && right
                .as_name()
                .is_some_and(|it| place.subject.is_some_and(|of| !self.fields_named(of, it, place).is_empty()))
        {
            let right = self.expr(right, place, None)?;
            (self.other_side(left, place, &right.ty)?, right)
        } else {
            let left = self.expr(left, place, None)?;
            let right = self.other_side(right, place, &left.ty)?;
            (left, right)
        };
        let op = match op {
            tree::CompareOp::Less => CompareOp::Less,
            tree::CompareOp::AtMost => CompareOp::AtMost,
            tree::CompareOp::More => CompareOp::More,
            tree::CompareOp::AtLeast => CompareOp::AtLeast,
            tree::CompareOp::Is => CompareOp::Is,
            tree::CompareOp::IsNot => CompareOp::IsNot,
        };
        if !matches!(op, CompareOp::Is | CompareOp::IsNot) {
            self.ordered(&left.ty, span)?;
        }
        made(ExprKind::Compare { op, left: Box::new(left), right: Box::new(right) }, Type::YesNo, span)
    }

    /// Says so where things have no order.
    pub(super) fn ordered(&mut self, ty: &Type, span: Span) -> Option<()> {
        let unordered = match ty {
            Type::Choice(choices) => self.policy.choices[choices.index()].order == Order::None,
            Type::YesNo | Type::Record(_) => true,
            _ => false,
        };
        if !unordered {
            return Some(());
        }
        let words = format!("{} has no order, so that nothing is more or less", self.type_words(ty));
        let help = "write the choices with `<` between them, or ask with `is`";
        self.report(Diagnostic::new(codes::NO_ORDER, span, words).help(help));
        None
    }

    pub(super) fn arithmetic(
        &mut self,
        op: tree::ArithmeticOp,
        left: &tree::Expr,
        right: &tree::Expr,
        place: &Place,
        span: Span,
    ) -> Option<Expr> {
        let left = self.expr(left, place, None);
        let right = self.expr(right, place, None)?;
        let (left, right) = (self.reckoned(left?), self.reckoned(right));
        let op = match op {
            tree::ArithmeticOp::Add => ArithmeticOp::Add,
            tree::ArithmeticOp::Subtract => ArithmeticOp::Subtract,
            tree::ArithmeticOp::Multiply => ArithmeticOp::Multiply,
            tree::ArithmeticOp::Divide => ArithmeticOp::Divide,
        };
        let adds = matches!(op, ArithmeticOp::Add | ArithmeticOp::Subtract);
        let ty = match (&left.ty, &right.ty) {
            (Type::Number, Type::Number) => Some(Type::Number),
            (a @ Type::Money { .. }, b @ Type::Money { .. }) if a == b && adds => Some(a.clone()),
            (a @ Type::Money { .. }, b @ Type::Money { .. }) if a == b && op == ArithmeticOp::Divide => {
                Some(Type::Number)
            }
            (a @ Type::Money { .. }, Type::Number) if !adds => Some(a.clone()),
            (Type::Number, a @ Type::Money { .. }) if op == ArithmeticOp::Multiply => Some(a.clone()),
            (a @ Type::Duration(_), b @ Type::Duration(_)) if a == b && adds => Some(a.clone()),
            (a @ Type::Duration(_), b @ Type::Duration(_)) if a == b && op == ArithmeticOp::Divide => {
                Some(Type::Number)
            }
            _ => None,
        };
        let Some(ty) = ty else {
            let words = format!(
                "{} and {} can't be reckoned with each other so",
                self.type_words(&left.ty),
                self.type_words(&right.ty)
            );
            let help = "reckon with things of one kind, in one currency and one unit";
            self.report(Diagnostic::new(codes::UNITS_DIFFER, span, words).help(help));
            return None;
        };
        made(ExprKind::Arithmetic { op, left: Box::new(left), right: Box::new(right) }, ty, span)
    }

    pub(super) fn extreme(
        &mut self,
        pick: Extreme,
        of: &[tree::Expr],
        place: &Place,
        written: &tree::Expr,
    ) -> Option<Expr> {
        let dates = matches!(pick, Extreme::Earliest | Extreme::Latest);
        let (mut parts, mut ty): (Vec<Expr>, Option<Type>) = (Vec::new(), dates.then_some(Type::Date));
        for part in of {
            let part = match &ty {
                Some(ty) => self.other_side(part, place, ty)?,
                None => self.expr(part, place, None)?,
            };
            self.ordered(&part.ty, part.span)?;
            ty = ty.or_else(|| Some(part.ty.clone()));
            parts.push(part);
        }
        let greatest = matches!(pick, Extreme::Greatest | Extreme::Latest);
        made(ExprKind::Extreme { greatest, of: parts }, ty?, written.span)
    }

    pub(super) fn weighted(&mut self, parts: &[(tree::Number, tree::Expr)], place: &Place, span: Span) -> Option<Expr> {
        let (mut total, mut lowered) = (Number::ZERO, Vec::new());
        for (weight, part) in parts {
            let share = self.number(weight).and_then(|it| it.divide(Number::from(100)).ok());
            let part = self.expr(part, place, None);
            let (share, part) = (share?, self.reckoned(part?));
            if part.ty != Type::Number {
                return self.wrong(&part, "a part of a weighted sum is a number");
            }
            total = total.add(share).ok()?;
            lowered.push((share, part));
        }
        if total != Number::ONE {
            let percent = total.multiply(Number::from(100)).ok()?;
            let words = format!("the weights total {percent}%, not 100%");
            self.report(
                Diagnostic::new(codes::WEIGHTS, span, words).help("change the weights so that they total 100%"),
            );
            return None;
        }
        made(ExprKind::Weighted(lowered), Type::Number, span)
    }

    /// The average of some values: each weighs the same, and one that does not apply leaves its weight to the others.
    pub(super) fn mean(&mut self, of: &[tree::Expr], place: &Place, span: Span) -> Option<Expr> {
        if of.len() < 2 {
            let words = "an average of one value is that value";
            let help = "list several: `average of a, b and c`; over records it is `average of mark of reviews`";
            self.report(Diagnostic::new(codes::WRONG_TYPE, span, words).help(help));
            return None;
        }
        let mut lowered = Vec::new();
        for part in of {
            let part = self.expr(part, place, None)?;
            let part = self.reckoned(part);
            if part.ty != Type::Number {
                return self.wrong(&part, "a part of an average is a number");
            }
            lowered.push((Number::ONE, part));
        }
        made(ExprKind::Weighted(lowered), Type::Number, span)
    }

    pub(super) fn tailed(
        &mut self,
        value: &tree::Expr,
        tail: &Tail,
        place: &Place,
        want: Option<&Type>,
        span: Span,
    ) -> Option<Expr> {
        let value = self.expr(value, place, want)?;
        let ty = value.ty.clone();
        let boxed = Box::new(value);
        match tail {
            Tail::AtLeast(limit) | Tail::AtMost(limit) => {
                self.ordered(&ty, span)?;
                let limit = Box::new(self.other_side(limit, place, &ty)?);
                made(ExprKind::Limit { value: boxed, limit, at_most: matches!(tail, Tail::AtMost(_)) }, ty, span)
            }
            Tail::IfUnknown(default) => {
                let default = Box::new(self.other_side(default, place, &ty)?);
                made(ExprKind::IfUnknown { value: boxed, default }, ty, span)
            }
            Tail::Rounded { mode, to } => {
                let boxed = Box::new(self.reckoned(*boxed));
                let ty = boxed.ty.clone();
                if !matches!(ty, Type::Number | Type::Money { .. }) {
                    return self.wrong(&boxed, "only a number or money can be rounded");
                }
                let to = match to {
                    RoundTo::Decimals(places) => {
                        let places: u8 = places.text.parse().ok().filter(|it| *it <= 18)?;
                        Number::from_scaled(1, places).ok()?
                    }
                    RoundTo::Multiple(multiple) => {
                        let multiple = self.other_side(multiple, place, &ty)?;
                        match multiple.kind {
                            ExprKind::Literal(Value::Known(Known::Number(number))) => number,
                            ExprKind::Literal(Value::Known(Known::Money { amount, .. })) => amount,
                            _ => return self.wrong(&multiple, "a plain value is expected behind `to`"),
                        }
                    }
                };
                if to <= Number::ZERO {
                    self.error(codes::WRONG_TYPE, span, "one can only round to something above nought");
                    return None;
                }
                let mode = match mode {
                    tree::Rounding::HalfUp => Rounding::HalfUp,
                    tree::Rounding::HalfEven => Rounding::HalfEven,
                    tree::Rounding::Up => Rounding::Up,
                    tree::Rounding::Down => Rounding::Down,
                };
                made(ExprKind::Round { value: boxed, mode, to }, ty, span)
            }
        }
    }

    pub(super) fn day(&mut self, written: &tree::Expr, place: &Place) -> Option<Expr> {
        let expr = self.expr(written, place, Some(&Type::Date))?;
        if expr.ty == Type::Date { Some(expr) } else { self.wrong(&expr, "a date is expected here") }
    }
}
