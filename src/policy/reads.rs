//! What a workflow reads: which changed fact concerns which of its cases.

use std::collections::BTreeSet;

use crate::ids::{FieldId, RecordId, RoleId, WorkflowId};
use crate::policy::model::{DateRule, Done, Expr, ExprKind, Party, Point, Policy, RoleTry, Shape};

/// A fact that a workflow reads, and the way from the subject to the record that holds it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Read {
    /// The record type that holds the field.
    pub record: RecordId,
    /// The field.
    pub field: FieldId,
    /// The reference fields from the subject to the record, in order, each with the record type that holds it.
    pub path: Vec<(RecordId, FieldId)>,
    /// Whether the last reference may be followed again and again (a role that falls through up the line).
    pub any_depth: bool,
}

impl Policy {
    /// Every fact that the cases of a workflow rest on, or that decides who has one.
    #[must_use]
    pub fn reads(&self, id: WorkflowId) -> Vec<Read> {
        let flow = self.workflow(id);
        let mut reader = Reader { policy: self, found: BTreeSet::new(), roles: BTreeSet::new() };
        let conditions = flow.condition.iter().chain(&flow.suspend).chain(flow.cancels.iter().map(|it| &it.when));
        conditions.for_each(|it| reader.expr(it, &[]));
        flow.closes.iter().for_each(|it| reader.rule(it));
        for stage in &flow.stages {
            stage.opens.iter().chain(&stage.closes).for_each(|it| reader.rule(it));
            stage.only_if.iter().for_each(|it| reader.expr(it, &[]));
            for line in &stage.due {
                line.when.iter().for_each(|it| reader.expr(it, &[]));
                std::iter::once(&line.date).chain(&line.late_comers).for_each(|it| reader.rule(it));
            }
            match &stage.done {
                Done::AllFilled => {}
                Done::When(expr) | Done::On(expr) => reader.expr(expr, &[]),
            }
            for fill in &stage.fills {
                reader.take(fill.record, fill.field, &[], false);
            }
            stage.by.iter().chain(&stage.but_not).for_each(|it| reader.party(flow.subject, it));
        }
        reader.found.into_iter().collect()
    }
}

struct Reader<'p> {
    policy: &'p Policy,
    found: BTreeSet<Read>,
    roles: BTreeSet<RoleId>,
}

type Path = [(RecordId, FieldId)];

impl Reader<'_> {
    fn take(&mut self, record: RecordId, field: FieldId, path: &Path, any_depth: bool) {
        self.found.insert(Read { record, field, path: path.to_vec(), any_depth });
    }

    fn rule(&mut self, rule: &DateRule) {
        match rule {
            DateRule::At(point) => self.point(point),
            DateRule::Offset { anchor, .. } => self.rule(anchor),
            DateRule::Beginning { on, .. } => self.rule(on),
            DateRule::Earliest(of) | DateRule::Latest(of) => of.iter().for_each(|it| self.rule(it)),
        }
    }

    fn point(&mut self, point: &Point) {
        match point {
            Point::Event(expr) => self.expr(expr, &[]),
            Point::EdgeOf { of, .. } => self.rule(of),
            _ => {}
        }
    }

    fn expr(&mut self, expr: &Expr, from: &Path) {
        match &expr.kind {
            ExprKind::Field { of, record, field } => {
                if let Some(path) = self.path(of, from) {
                    self.take(*record, *field, &path, false);
                }
                self.expr(of, from);
            }
            ExprKind::Panel { of, record, field, .. } => {
                if let Some(path) = self.path(of, from) {
                    self.take(*record, *field, &path, false);
                }
                self.expr(of, from);
            }
            ExprKind::Definition { id, of, .. } => {
                if let Some(path) = self.path(of, from) {
                    self.expr(&self.policy.definitions[id.index()].value, &path);
                }
            }
            ExprKind::Band { id, of, .. } => {
                if let Some(path) = self.path(of, from) {
                    self.expr(&self.policy.scales[id.index()].of, &path);
                }
            }
            ExprKind::Holder { role, .. } => self.role(*role),
            ExprKind::DateOf(rule) => self.rule(rule),
            kind => kind.parts().into_iter().for_each(|it| self.expr(it, from)),
        }
    }

    /// The references from the subject to a record; nothing where it is not reached by references alone.
    fn path(&mut self, of: &Expr, from: &Path) -> Option<Vec<(RecordId, FieldId)>> {
        match &of.kind {
            ExprKind::Subject => Some(from.to_vec()),
            ExprKind::Field { of, record, field } => {
                let mut path = self.path(of, from)?;
                path.push((*record, *field));
                Some(path)
            }
            ExprKind::Holder { role, .. } => {
                self.role(*role);
                None
            }
            _ => None,
        }
    }

    fn party(&mut self, subject: RecordId, party: &Party) {
        match party {
            Party::Subject => self.able(subject, &[], false),
            Party::Reference(field) => {
                self.take(subject, *field, &[], false);
                if let crate::policy::model::FieldKind::Reference(to) = self.policy.field(subject, *field).kind {
                    self.able(to, &[(subject, *field)], false);
                }
            }
            Party::Role(role) => self.role(*role),
        }
    }

    /// What says whether somebody can act.
    fn able(&mut self, record: RecordId, path: &Path, any_depth: bool) {
        let kind = self.policy.record(record);
        for condition in kind.absent_when.iter().chain(&kind.gone_when) {
            let mut own =
                Reader { policy: self.policy, found: BTreeSet::new(), roles: std::mem::take(&mut self.roles) };
            own.expr(condition, path);
            self.roles = own.roles;
            self.found.extend(own.found.into_iter().map(|read| Read { any_depth, ..read }));
        }
    }

    fn role(&mut self, id: RoleId) {
        if !self.roles.insert(id) {
            return;
        }
        let role = &self.policy.roles[id.index()];
        let climbs = role.tries.iter().any(|it| matches!(it, RoleTry::OfPassedOver(_)));
        for attempt in &role.tries {
            match attempt {
                RoleTry::Is(expr) => {
                    self.expr(expr, &[]);
                    if let Some(path) = self.path(expr, &[]) {
                        if climbs && let Some((record, field)) = path.last() {
                            self.take(*record, *field, &path, true);
                        }
                        if let crate::policy::model::Type::Record(to) = expr.ty {
                            self.able(to, &path, climbs);
                        }
                    }
                }
                RoleTry::OfPassedOver(other) | RoleTry::Role(other) => self.role(*other),
            }
        }
    }
}

/// Whether a record type is a panel or child, and of which.
impl Policy {
    /// The record type that records of this type belong to.
    #[must_use]
    pub fn owner_of(&self, record: RecordId) -> Option<RecordId> {
        match self.record(record).shape {
            Shape::Entity { .. } => None,
            Shape::Panel { of, .. } | Shape::Child { of } => Some(of),
        }
    }
}
