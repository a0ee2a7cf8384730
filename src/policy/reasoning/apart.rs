//! Whether two values rest on different facts, whatever the day: then the one tells nothing of the other, and nobody need look for a case.

use std::collections::BTreeSet;

use crate::ids::{DefinitionId, FieldId, RecordId, ScaleId};
use crate::policy::model::{Expr, ExprKind, Policy};

/// How deep definitions are followed.
const DEEPEST: u32 = 80;

/// The fields that values rest on.
#[derive(Debug, Default)]
pub(in crate::policy) struct RestsOn {
    fields: BTreeSet<(RecordId, FieldId)>,
    definitions: BTreeSet<DefinitionId>,
    scales: BTreeSet<ScaleId>,
    /// They rest on something else, too.
    on_more: bool,
}

impl RestsOn {
    pub(in crate::policy) fn of<'p>(policy: &Policy, values: impl IntoIterator<Item = &'p Expr>) -> Self {
        let mut rests = Self::default();
        values.into_iter().for_each(|it| rests.gather(policy, it, DEEPEST));
        rests
    }

    /// Whether no fact can concern both. In doubt it may.
    pub(in crate::policy) fn is_apart_from(&self, other: &Self) -> bool {
        !self.on_more && !other.on_more && self.fields.is_disjoint(&other.fields)
    }

    fn gather(&mut self, policy: &Policy, expr: &Expr, depth: u32) {
        let Some(depth) = depth.checked_sub(1) else {
            self.on_more = true;
            return;
        };
        match &expr.kind {
            ExprKind::Field { record, field, .. } | ExprKind::Panel { record, field, .. } => {
                self.fields.insert((*record, *field));
            }
            ExprKind::Definition { id, .. } => {
                if self.definitions.insert(*id) {
                    self.gather(policy, &policy.definitions[id.index()].value, depth);
                }
            }
            ExprKind::Band { id, .. } => {
                if self.scales.insert(*id) {
                    for version in &policy.scales[id.index()].versions {
                        self.gather(policy, &version.value.of, depth);
                        version.value.caps.iter().for_each(|it| self.gather(policy, &it.when, depth));
                    }
                }
            }
            ExprKind::History(history) => self.gather(policy, &history.subject, depth),
            ExprKind::Holder { .. }
            | ExprKind::Context(_)
            | ExprKind::Aggregate(_)
            | ExprKind::Happened(_)
            | ExprKind::OnLadder(_)
            | ExprKind::Population(_)
            | ExprKind::OverDays { .. }
            | ExprKind::AsOn { .. }
            | ExprKind::SpellDays { .. }
            | ExprKind::PayForDays { .. }
            | ExprKind::DateOf(_)
            | ExprKind::StageIs { .. } => self.on_more = true,
            ExprKind::Literal(_)
            | ExprKind::Subject
            | ExprKind::Owner { .. }
            | ExprKind::Parameter(_)
            | ExprKind::Not(_)
            | ExprKind::OrNo(_)
            | ExprKind::And(_)
            | ExprKind::Or(_)
            | ExprKind::Arithmetic { .. }
            | ExprKind::Negative(_)
            | ExprKind::Compare { .. }
            | ExprKind::IsKnown(_)
            | ExprKind::OneOf { .. }
            | ExprKind::InRange { .. }
            | ExprKind::If { .. }
            | ExprKind::Extreme { .. }
            | ExprKind::Weighted(_)
            | ExprKind::Share(_)
            | ExprKind::Limit { .. }
            | ExprKind::Round { .. }
            | ExprKind::IfUnknown { .. }
            | ExprKind::Between { .. }
            | ExprKind::Table(_)
            | ExprKind::Versions(_)
            | ExprKind::Counts(_)
            | ExprKind::Today => {}
        }
        expr.kind.parts().into_iter().for_each(|it| self.gather(policy, it, depth));
    }
}
