//! Whose facts are asked, and of which period.

use crate::calendar::day_number;
use crate::eval::{self, MOST_PERIODS_BACK};
use crate::ids::{FieldId, RecordId};
use crate::plan::node::{Comparison, Node, NodeId, Op, state};
use crate::plan::{At, Lowered, NoKernel, Planner, Quotient};
use crate::policy::model::{AsOn, DateRule, Expr, ExprKind, Point, Shape, Type, When};
use crate::value::{Known, RecordRef, Value};

/// Whose facts they are, seen from the record at hand.
enum Whose {
    Own,
    OfOwner(RecordId),
    /// Those of the records whose rows the node tells.
    Of(NodeId, RecordId),
}

impl<'a> Planner<'a> {
    /// What is asked of a record: worked out where that record's rows are, and brought here.
    pub(super) fn of_record(
        &mut self,
        ground: usize,
        at: At,
        of: &'a Expr,
        ask: impl FnOnce(&mut Self, At) -> Result<Lowered, NoKernel>,
    ) -> Result<Lowered, NoKernel> {
        match self.whose(ground, at, of)? {
            Whose::Own => ask(self, at),
            Whose::OfOwner(owner) => {
                let there = ask(self, at.about(owner))?;
                self.brought(there, |planner, node| planner.of_owner(at.space, node))
            }
            Whose::Of(rows, space) => {
                let there = ask(self, at.about(space))?;
                self.brought(there, |planner, node| planner.of_rows(at.space, rows, node))
            }
        }
    }

    fn whose(&mut self, ground: usize, at: At, of: &'a Expr) -> Result<Whose, NoKernel> {
        match (&of.kind, &of.ty) {
            (ExprKind::Subject, _) => Ok(Whose::Own),
            (ExprKind::Owner { of: child }, Type::Record(owner)) if matches!(child.kind, ExprKind::Subject) => {
                Ok(Whose::OfOwner(*owner))
            }
            (_, Type::Record(space)) => match self.lower(ground, at, of)? {
                Lowered::Units(rows) => Ok(Whose::Of(rows, *space)),
                Lowered::Truth(_) | Lowered::Number(_) => Err(NoKernel),
            },
            _ => Err(NoKernel),
        }
    }

    fn brought(
        &mut self,
        there: Lowered,
        mut bring: impl FnMut(&mut Self, NodeId) -> NodeId,
    ) -> Result<Lowered, NoKernel> {
        Ok(match there {
            Lowered::Truth(node) => Lowered::Truth(bring(self, node)),
            Lowered::Units(node) => Lowered::Units(bring(self, node)),
            Lowered::Number(of) => {
                let (above, below) = (bring(self, of.above), of.below.map(|it| bring(self, it)));
                Lowered::Number(Quotient { above, below, ..of })
            }
        })
    }

    fn of_owner(&mut self, space: RecordId, node: NodeId) -> NodeId {
        let there = self.nodes.get(node);
        let op = if let Op::Constant { .. } = there.op { there.op.clone() } else { Op::OfOwner(node) };
        let here = Node { op, space, whole: false, ..there.clone() };
        self.nodes.add(here)
    }

    fn of_rows(&mut self, space: RecordId, rows: NodeId, node: NodeId) -> NodeId {
        let there = self.nodes.get(node).clone();
        let op = match there.op {
            Op::Held(column) => Op::HeldOf { at: rows, column },
            _ => {
                self.nodes.keep_whole(node);
                Op::Of { at: rows, node }
            }
        };
        // What is not known of the one asked is not known of what is asked.
        let own = self.may(rows);
        let may = (there.may & if own & state::KNOWN == 0 { 0 } else { u8::MAX }) | (own & !state::KNOWN);
        self.nodes.add(Node { op, space, may, range: there.range, whole: false })
    }

    /// The same question in another period, with who has begun by then where not everybody has; nothing where nobody has.
    pub(super) fn elsewhere(
        &mut self,
        ground: usize,
        at: At,
        when: When,
    ) -> Result<Option<(At, Option<NodeId>)>, NoKernel> {
        let ground = self.grounds[ground];
        let own = at.period.ok_or(NoKernel)?;
        let (period, steps) = match when {
            When::Now => (Ok(own), 0),
            When::Ago(count) => (ground.calendar.shift(own, i32::try_from(count).map_or(i32::MIN, |it| -it)), count),
            When::In(period) => (Ok(period), 1),
            When::Around(kind) => (ground.calendar.around(kind, &own), 1),
        };
        let back = at.back.saturating_add(steps);
        let period = period.map_err(|_| NoKernel)?;
        if back > MOST_PERIODS_BACK {
            return Err(NoKernel);
        }
        let other = At { period: Some(period), on: period.last, back, ..at };
        let kept = |shape: &Shape| matches!(shape, Shape::Panel { of, .. } if *of == at.space);
        if !ground.policy.records.iter().any(|it| kept(&it.shape)) {
            return Ok(Some((other, None)));
        }
        let first = self.first_kept(at.space, own.first);
        let (least, most) = self.reach(first);
        let last = i128::from(day_number(period.last));
        if least > last {
            return Ok(None);
        }
        if most <= last {
            return Ok(Some((other, None)));
        }
        let last = self.constant(at.space, day_number(period.last), state::KNOWN);
        let op = Op::Compare { op: Comparison::AtMost, left: first, right: last };
        let begun = self.truth_node(first, op, state::KNOWN | state::NO);
        Ok(Some((other, Some(begun))))
    }

    /// What is asked of the records at hand in another period.
    pub(super) fn in_period(
        &mut self,
        ground: usize,
        at: At,
        (when, ty): (When, &Type),
        ask: impl FnOnce(&mut Self, At) -> Result<Lowered, NoKernel>,
    ) -> Result<Lowered, NoKernel> {
        if when == When::Now {
            return ask(self, at);
        }
        match self.elsewhere(ground, at, when)? {
            Some((other, begun)) => {
                let there = ask(self, other)?;
                Ok(self.where_begun(there, begun))
            }
            None => {
                let nothing = self.constant(at.space, 0, state::UNFIT);
                match ty {
                    Type::YesNo => Ok(Lowered::Truth(nothing)),
                    Type::Number | Type::Money { .. } => Ok(Lowered::Number(Quotient::whole(nothing))),
                    Type::Text => Err(NoKernel),
                    Type::Date | Type::Timestamp | Type::Duration(_) | Type::Choice(_) | Type::Record(_) => {
                        Ok(Lowered::Units(nothing))
                    }
                }
            }
        }
    }

    fn where_begun(&mut self, there: Lowered, begun: Option<NodeId>) -> Lowered {
        let Some(begun) = begun else { return there };
        let mut masked = |value: NodeId| {
            let node = self.nodes.get(value).clone();
            let op = Op::Where { begun, value };
            let may = (node.may & if self.may(begun) & state::KNOWN == 0 { 0 } else { u8::MAX }) | state::UNFIT;
            self.nodes.add(Node { op, may, whole: false, ..node })
        };
        match there {
            Lowered::Truth(node) => Lowered::Truth(masked(node)),
            Lowered::Units(node) => Lowered::Units(masked(node)),
            Lowered::Number(of) => Lowered::Number(Quotient { above: masked(of.above), ..of }),
        }
    }

    /// A field of what is kept by period, of the records at hand.
    pub(super) fn panel(
        &mut self,
        ground: usize,
        at: At,
        (panel, field): (RecordId, FieldId),
        (when, ty): (When, &Type),
    ) -> Result<Lowered, NoKernel> {
        let policy = self.grounds[ground].policy;
        if policy.exempt_from_filling(panel, field).next().is_some() {
            return Err(NoKernel);
        }
        let Shape::Panel { each, .. } = policy.record(panel).shape else { return Err(NoKernel) };
        self.in_period(ground, at, (when, ty), |planner, at| {
            let period = at.period.filter(|it| it.kind == each).ok_or(NoKernel)?;
            planner.held_panel(policy, (at.space, panel), period.first, field)
        })
    }

    /// A date that is the same for everybody.
    pub(super) fn fixed_date(
        &mut self,
        ground: usize,
        at: At,
        expr: &Expr,
        rule: &DateRule,
    ) -> Result<Lowered, NoKernel> {
        let of = self.grounds[ground];
        let own_calendars = !of.one_calendar && of.policy.records.iter().any(|it| !it.goes_by.is_empty());
        if own_calendars || !is_fixed(rule) {
            return Err(NoKernel);
        }
        let base = of.scope();
        let nobody = RecordRef { record: at.space, key: "".into() };
        let scope = base.placed(nobody, (at.period, at.on, at.reading), at.back);
        match eval::value(&scope, expr) {
            Value::Known(Known::Date(day)) => {
                Ok(Lowered::Units(self.constant(at.space, day_number(day), state::KNOWN)))
            }
            _ => Err(NoKernel),
        }
    }

    /// Something as it was on another day.
    pub(super) fn as_on(&mut self, ground: usize, at: At, value: &'a Expr, day: &'a AsOn) -> Result<Lowered, NoKernel> {
        let on = match (day, at.period) {
            (AsOn::Start, Some(period)) => period.first,
            (AsOn::End, Some(period)) => period.last,
            (AsOn::Start | AsOn::End, None) => return Err(NoKernel),
            (AsOn::Day(day), _) => match self.lower(ground, at, day)? {
                Lowered::Units(node) => match self.nodes.get(node).op {
                    Op::Constant { units, state: state::KNOWN } => {
                        crate::calendar::day_of_number(units).ok_or(NoKernel)?
                    }
                    _ => return Err(NoKernel),
                },
                Lowered::Truth(_) | Lowered::Number(_) => return Err(NoKernel),
            },
        };
        self.lower(ground, At { on, reading: crate::eval::Reading::OnDay, ..at }, value)
    }
}

/// Whether a date rests on the period and the calendar alone.
fn is_fixed(rule: &DateRule) -> bool {
    match rule {
        DateRule::At(point) => match point {
            Point::Date(_) | Point::DayMonth { .. } | Point::PeriodStart(_) | Point::PeriodEnd(_) => true,
            Point::EdgeOf { of, .. } => is_fixed(of),
            Point::Opening | Point::Due | Point::Stage(..) | Point::Event(_) => false,
        },
        DateRule::Offset { anchor, .. } => is_fixed(anchor),
        DateRule::Beginning { on, .. } => is_fixed(on),
        DateRule::PutOff { .. } => false,
        DateRule::Earliest(rules) | DateRule::Latest(rules) => rules.iter().all(is_fixed),
    }
}
