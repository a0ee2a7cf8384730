//! Whether two expressions say the same, wherever they stand.

use std::sync::Arc;

use crate::policy::ladder::LadderAsked;
use crate::policy::model::{Expr, ExprKind};

/// The same value, or the same words: whatever the facts, both give the same. Where this can't be told, they are not the same.
pub(super) fn same(a: &Expr, b: &Expr) -> bool {
    let all = |a: &[&Expr], b: &[&Expr]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b));
    std::ptr::eq(a, b) || (same_at_the_top(a, b) && all(&a.kind.parts(), &b.kind.parts()))
}

/// The same, but for what they are made of.
fn same_at_the_top(a: &Expr, b: &Expr) -> bool {
    let optional = |a: Option<&Expr>, b: Option<&Expr>| match (a, b) {
        (Some(a), Some(b)) => same(a, b),
        (None, None) => true,
        _ => false,
    };
    match (&a.kind, &b.kind) {
        (ExprKind::Literal(a), ExprKind::Literal(b)) => a == b,
        (ExprKind::Subject, ExprKind::Subject)
        | (ExprKind::Owner { .. }, ExprKind::Owner { .. })
        | (ExprKind::Today, ExprKind::Today)
        | (ExprKind::Not(_), ExprKind::Not(_))
        | (ExprKind::OrNo(_), ExprKind::OrNo(_))
        | (ExprKind::And(_), ExprKind::And(_))
        | (ExprKind::Or(_), ExprKind::Or(_))
        | (ExprKind::Negative(_), ExprKind::Negative(_))
        | (ExprKind::IsKnown(_), ExprKind::IsKnown(_))
        | (ExprKind::Counts(_), ExprKind::Counts(_))
        | (ExprKind::OneOf { .. }, ExprKind::OneOf { .. })
        | (ExprKind::If { .. }, ExprKind::If { .. })
        | (ExprKind::IfUnknown { .. }, ExprKind::IfUnknown { .. }) => true,
        (ExprKind::Parameter(a), ExprKind::Parameter(b)) => a == b,
        (ExprKind::Context(a), ExprKind::Context(b)) => a == b,
        (ExprKind::Population(a), ExprKind::Population(b)) => a.id == b.id,
        (ExprKind::Happened(a), ExprKind::Happened(b)) => {
            a.outcomes == b.outcomes && a.none == b.none && a.how == b.how
        }
        (ExprKind::OnLadder(a), ExprKind::OnLadder(b)) => {
            Arc::ptr_eq(&a.ladder, &b.ladder)
                && match (&a.asked, &b.asked) {
                    (LadderAsked::Next { step: a, .. }, LadderAsked::Next { step: b, .. })
                    | (LadderAsked::NotAbove(a), LadderAsked::NotAbove(b)) => a == b,
                    (LadderAsked::Completed(a), LadderAsked::Completed(b)) => a == b,
                    _ => false,
                }
        }
        (ExprKind::Holder { role: a, .. }, ExprKind::Holder { role: b, .. }) => a == b,
        (ExprKind::Field { record: a, field: x, .. }, ExprKind::Field { record: b, field: y, .. }) => (a, x) == (b, y),
        (
            ExprKind::Panel { record: a, field: x, when: m, .. },
            ExprKind::Panel { record: b, field: y, when: n, .. },
        ) => (a, x, m) == (b, y, n),
        (ExprKind::Definition { id: a, when: m, .. }, ExprKind::Definition { id: b, when: n, .. }) => (a, m) == (b, n),
        (ExprKind::Band { id: a, when: m, .. }, ExprKind::Band { id: b, when: n, .. }) => (a, m) == (b, n),
        (ExprKind::Arithmetic { op: a, .. }, ExprKind::Arithmetic { op: b, .. }) => a == b,
        (ExprKind::Compare { op: a, .. }, ExprKind::Compare { op: b, .. }) => a == b,
        (ExprKind::InRange { low: a, high: x, .. }, ExprKind::InRange { low: b, high: y, .. }) => {
            let ends = |it: &Option<(Box<Expr>, bool)>| it.as_ref().map(|it| it.1);
            ends(a) == ends(b) && ends(x) == ends(y)
        }
        (ExprKind::Extreme { greatest: a, .. }, ExprKind::Extreme { greatest: b, .. }) => a == b,
        (ExprKind::Weighted(a), ExprKind::Weighted(b)) => a.iter().map(|it| it.0).eq(b.iter().map(|it| it.0)),
        (ExprKind::Limit { at_most: a, .. }, ExprKind::Limit { at_most: b, .. }) => a == b,
        (ExprKind::Round { mode: a, to: x, .. }, ExprKind::Round { mode: b, to: y, .. }) => (a, x) == (b, y),
        (ExprKind::Between { unit: a, .. }, ExprKind::Between { unit: b, .. }) => a == b,
        (ExprKind::History(a), ExprKind::History(b)) => {
            (a.count, a.last, a.consecutive, a.breaks, a.missing, a.afresh)
                == (b.count, b.last, b.consecutive, b.breaks, b.missing, b.afresh)
                && same(&a.subject, &b.subject)
        }
        (ExprKind::Aggregate(a), ExprKind::Aggregate(b)) => {
            (a.word, a.members, a.those_known, a.enough) == (b.word, b.members, b.those_known, b.enough)
                && a.window.is_none()
                && b.window.is_none()
                && optional(a.weight.as_ref(), b.weight.as_ref())
                && same(&a.subject, &b.subject)
                && optional(a.filter.as_ref(), b.filter.as_ref())
                && optional(a.value.as_ref(), b.value.as_ref())
        }
        // Dates that a rule gives and tables stand in one place of a policy each.
        _ => false,
    }
}
