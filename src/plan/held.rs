//! Columns of the records as nodes.

use jiff::civil::Date;

use crate::calendar::day_number;
use crate::ids::{FieldId, RecordId};
use crate::plan::node::{Node, NodeId, Op, state};
use crate::plan::{At, ColumnAt, Lowered, NoKernel, Planner, Quotient};
use crate::policy::model::{Blank, FieldKind, Policy};
use crate::table::{Column, Field, Held, Units};

/// What tells columns apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum HeldKey {
    /// A field, as it stood on a day where it is dated.
    Field(RecordId, FieldId, Option<Date>),
    /// A field of what is kept by period.
    Panel(RecordId, Date, FieldId),
    /// When the first period begins for which anything is kept; the day where nothing is.
    FirstKept(RecordId, Date),
}

impl<'a> Planner<'a> {
    /// A field of the records at hand.
    pub(super) fn held_field(&mut self, policy: &Policy, at: At, field: FieldId) -> Result<Lowered, NoKernel> {
        let kind = &policy.field(at.space, field).kind;
        let records = self.records;
        let rows = records.rows(at.space);
        let (key, made) = match rows.field(field) {
            Field::Key => return Err(NoKernel),
            Field::Plain(column) => (HeldKey::Field(at.space, field, None), ColumnAt::Lent(column)),
            Field::Dated(dated) => {
                let key = HeldKey::Field(at.space, field, Some(at.day()));
                let known = self.held.contains_key(&key);
                let column = if known { Column::blank(0, Blank::Unknown) } else { dated.on(at.day()) };
                (key, ColumnAt::Made(column))
            }
        };
        let column = self.hold(key, made);
        self.told(at.space, column, kind)
    }

    /// A field of what is kept by period, beside its owners.
    pub(super) fn held_panel(
        &mut self,
        policy: &Policy,
        (owner, panel): (RecordId, RecordId),
        first: Date,
        field: FieldId,
    ) -> Result<Lowered, NoKernel> {
        let about = policy.field(panel, field);
        let rows = self.records.rows(owner).len();
        let records = self.records;
        let made = match records.panel(panel, first, field) {
            Some(column) => ColumnAt::Lent(column),
            None => ColumnAt::Made(Column::blank(rows, about.blank)),
        };
        let column = self.hold(HeldKey::Panel(panel, first, field), made);
        self.told(owner, column, &about.kind)
    }

    /// When the first period begins for which anything is kept of each; for others the day given.
    pub(super) fn first_kept(&mut self, space: RecordId, own: Date) -> NodeId {
        let rows = self.records.rows(space);
        let (kept, some_without) = rows.first_kept_reach();
        let ends = kept.into_iter().flat_map(|it| [it.0, it.1]).chain(some_without.then_some(own)).map(day_number);
        let range = ends.clone().min().zip(ends.max());
        if let Some((least, most)) = range
            && least == most
        {
            return self.constant(space, least, state::KNOWN);
        }
        let key = HeldKey::FirstKept(space, own);
        let made = if self.held.contains_key(&key) {
            Column::blank(0, Blank::Unknown)
        } else {
            let days = (0..rows.with_named()).map(|row| day_number(rows.first_kept(row).unwrap_or(own))).collect();
            Column {
                held: Held::Units { units: Units::Eight(days), denominator: 1, range },
                known: None,
                blank: Blank::Unknown,
            }
        };
        let column = self.hold(key, ColumnAt::Made(made));
        let range = self.range(column);
        self.nodes.add(Node { op: Op::Held(column), space, may: state::KNOWN, range, whole: false })
    }

    fn hold(&mut self, key: HeldKey, made: ColumnAt<'a>) -> u32 {
        let next = u32::try_from(self.columns.len()).unwrap_or(u32::MAX);
        *self.held.entry(key).or_insert_with(|| {
            self.columns.push(made);
            next
        })
    }

    fn range(&self, column: u32) -> (i64, i64) {
        match &self.column(column).held {
            Held::Units { range, .. } => range.unwrap_or_default(),
            _ => (0, 0),
        }
    }

    /// A column as a node of its kind.
    fn told(&mut self, space: RecordId, column: u32, kind: &FieldKind) -> Result<Lowered, NoKernel> {
        let rows = self.records.rows(space);
        let held = self.column(column);
        let Held::Units { denominator, .. } = held.held else { return Err(NoKernel) };
        let only_named = rows.with_named() > rows.len();
        let blank = match held.blank {
            Blank::Unknown => state::UNKNOWN,
            Blank::NotApplicable => state::UNFIT,
            Blank::NotHappened => state::NO,
        };
        let may = match &held.known {
            None if only_named => state::KNOWN | blank,
            None => state::KNOWN,
            Some(known) if known.contains(&true) => state::KNOWN | blank,
            Some(_) => blank,
        };
        let range = self.range(column);
        let node = self.nodes.add(Node { op: Op::Held(column), space, may, range, whole: false });
        Ok(match kind {
            FieldKind::Number { .. } | FieldKind::Money { .. } => {
                Lowered::Number(Quotient { above: node, below: None, denominator })
            }
            FieldKind::YesNo => Lowered::Truth(self.as_truth(node)),
            _ => Lowered::Units(node),
        })
    }
}
