//! Expressions as nodes, kind by kind.

use crate::calendar::day_number;
use crate::eval::{MOST_PERIODS_BACK, in_force};
use crate::ids::{DefinitionId, ScaleId};
use crate::plan::node::{Comparison, Counting, HistoryPart, Missed, Node, NodeId, Op, comparison, state};
use crate::plan::{At, Lowered, NoKernel, Planner};
use crate::policy::model::{CompareOp, Expr, ExprKind, History, MissingPeriods, Order, Parameter, Type, When};
use crate::value::{Known, TimeUnit, Value};
use jiff::civil::Date;

/// What is lowered once for each record type, period and day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Called {
    Definition(DefinitionId),
    Band(ScaleId),
}

impl<'a> Planner<'a> {
    /// An expression for everybody. A truth, a day and a choice always become something; numbers, texts and records only where there is
    /// a kernel for them.
    pub(super) fn lower(&mut self, ground: usize, at: At, expr: &'a Expr) -> Result<Lowered, NoKernel> {
        self.with_kernel(ground, at, expr).or_else(|NoKernel| self.row_by_row(ground, at, expr))
    }

    pub(super) fn truth(&mut self, ground: usize, at: At, expr: &'a Expr) -> Result<NodeId, NoKernel> {
        match self.lower(ground, at, expr)? {
            Lowered::Truth(node) => Ok(node),
            Lowered::Units(_) | Lowered::Number(_) => Err(NoKernel),
        }
    }

    /// What the evaluator that goes row by row is asked.
    fn row_by_row(&mut self, ground: usize, at: At, expr: &'a Expr) -> Result<Lowered, NoKernel> {
        let policy = self.grounds[ground].policy;
        let range = match &expr.ty {
            Type::YesNo => (0, 1),
            Type::Date => (day_number(Date::MIN), day_number(Date::MAX)),
            Type::Choice(list) => (0, i64::try_from(policy.choices[list.index()].choices.len()).unwrap_or(i64::MAX)),
            Type::Number | Type::Money { .. } | Type::Timestamp | Type::Duration(_) | Type::Text | Type::Record(_) => {
                return Err(NoKernel);
            }
        };
        let asked = self.ask(ground, expr);
        let may = state::KNOWN | state::UNKNOWN | state::UNFIT | state::NO;
        let node = self.nodes.add(Node { op: Op::Plain { asked, at }, space: at.space, may, range, whole: false });
        Ok(if expr.ty == Type::YesNo { Lowered::Truth(node) } else { Lowered::Units(node) })
    }

    /// The place of an expression among those that are asked row by row.
    pub(super) fn ask(&mut self, ground: usize, expr: &'a Expr) -> u32 {
        let same = |it: &(usize, &Expr)| it.0 == ground && std::ptr::eq(it.1, expr);
        let place = self.asked.iter().position(same).unwrap_or_else(|| {
            self.asked.push((ground, expr));
            self.asked.len() - 1
        });
        u32::try_from(place).unwrap_or(u32::MAX)
    }

    fn with_kernel(&mut self, ground: usize, at: At, expr: &'a Expr) -> Result<Lowered, NoKernel> {
        let policy = self.grounds[ground].policy;
        match &expr.kind {
            ExprKind::Literal(value) => self.literal(at, value),
            ExprKind::Subject => {
                let rows = i128::try_from(self.records.rows(at.space).with_named()).unwrap_or(i128::MAX);
                Ok(Lowered::Units(self.units(at.space, Op::Row, state::KNOWN, (0, rows))?))
            }
            ExprKind::Field { of, field, .. } => {
                self.of_record(ground, at, of, |planner, at| planner.held_field(policy, at, *field))
            }
            ExprKind::Panel { of, record, field, when } => self.of_record(ground, at, of, |planner, at| {
                planner.panel(ground, at, (*record, *field), (*when, &expr.ty))
            }),
            ExprKind::Parameter(id) => {
                let value = parameter(&policy.parameters[id.index()], at.rules())?;
                self.literal(at, value)
            }
            ExprKind::Definition { id, of, when } => {
                let value = &policy.definitions[id.index()].value;
                self.of_record(ground, at, of, |planner, at| {
                    planner.in_period(ground, at, (*when, &expr.ty), |planner, at| {
                        planner.once(ground, Called::Definition(*id), at, |planner| planner.lower(ground, at, value))
                    })
                })
            }
            ExprKind::Band { id, of, when } => self.of_record(ground, at, of, |planner, at| {
                planner.in_period(ground, at, (*when, &expr.ty), |planner, at| {
                    planner.once(ground, Called::Band(*id), at, |planner| {
                        planner.band(ground, at, &policy.scales[id.index()])
                    })
                })
            }),
            ExprKind::Versions(versions) => self.lower(ground, at, in_force(versions, at.rules()).ok_or(NoKernel)?),
            ExprKind::AsOn { value, day } => self.as_on(ground, at, value, day),
            ExprKind::Today => Ok(Lowered::Units(self.constant(at.space, day_number(at.on), state::KNOWN))),
            ExprKind::Not(inner) => {
                let of = self.truth(ground, at, inner)?;
                let may = negated(self.may(of));
                Ok(Lowered::Truth(self.truth_node(of, Op::Not(of), may)))
            }
            ExprKind::OrNo(inner) => {
                let of = self.truth(ground, at, inner)?;
                Ok(Lowered::Truth(self.or_no(of)))
            }
            ExprKind::And(parts) => {
                let parts = parts.iter().map(|it| self.truth(ground, at, it)).collect::<Result<Vec<_>, _>>()?;
                Ok(Lowered::Truth(self.all(at, parts)))
            }
            ExprKind::Or(parts) => {
                let parts = parts.iter().map(|it| self.truth(ground, at, it)).collect::<Result<Vec<_>, _>>()?;
                Ok(Lowered::Truth(self.any(at, parts)))
            }
            ExprKind::Compare { op, left, right } => {
                let order = ordered(policy, &left.ty);
                let (left, right) = (self.lower(ground, at, left)?, self.lower(ground, at, right)?);
                Ok(Lowered::Truth(self.compared(*op, left, right, order)?))
            }
            ExprKind::OneOf { value, choices } => {
                let value = self.lower(ground, at, value)?;
                let is = |planner: &mut Self, choice| {
                    let choice = planner.lower(ground, at, choice)?;
                    planner.compared(CompareOp::Is, value, choice, Order::None)
                };
                let parts = choices.iter().map(|it| is(self, it)).collect::<Result<Vec<_>, _>>()?;
                Ok(Lowered::Truth(self.any(at, parts)))
            }
            ExprKind::InRange { value, low, high } => {
                let order = ordered(policy, &value.ty);
                let value = self.lower(ground, at, value)?;
                let low = low.iter().map(|it| (it, if it.1 { CompareOp::AtLeast } else { CompareOp::More }));
                let high = high.iter().map(|it| (it, if it.1 { CompareOp::AtMost } else { CompareOp::Less }));
                let mut parts = Vec::new();
                for ((end, _), op) in low.chain(high) {
                    let end = self.lower(ground, at, end)?;
                    parts.push(self.compared(op, value, end, order)?);
                }
                Ok(Lowered::Truth(self.all(at, parts)))
            }
            ExprKind::IsKnown(inner) => {
                let of = match self.lower(ground, at, inner)? {
                    Lowered::Truth(node) => self.as_units(node),
                    Lowered::Units(node) | Lowered::Number(crate::plan::Quotient { above: node, .. }) => node,
                };
                let may = self.may(of);
                let yes = may & state::KNOWN;
                let no = if may & !state::KNOWN == 0 { 0 } else { state::NO };
                Ok(Lowered::Truth(self.truth_node(of, Op::IsKnown(of), yes | no)))
            }
            ExprKind::History(history) => self.history(ground, at, history),
            ExprKind::If { condition, then, otherwise } => {
                let condition = self.truth(ground, at, condition)?;
                let (then, otherwise) = (self.lower(ground, at, then)?, self.lower(ground, at, otherwise)?);
                self.chosen(condition, then, otherwise)
            }
            ExprKind::IfUnknown { value, default } => {
                let (value, default) = (self.lower(ground, at, value)?, self.lower(ground, at, default)?);
                self.if_unknown(value, default)
            }
            ExprKind::Arithmetic { op, left, right } => {
                let (left, right) = (self.lower(ground, at, left)?, self.lower(ground, at, right)?);
                self.arithmetic(*op, left, right, matches!(expr.ty, Type::Duration(_)))
            }
            ExprKind::Negative(inner) => match self.lower(ground, at, inner)? {
                Lowered::Number(of) => {
                    let above = self.times(of.above, -1)?;
                    Ok(Lowered::Number(crate::plan::Quotient { above, ..of }))
                }
                Lowered::Truth(_) | Lowered::Units(_) => Err(NoKernel),
            },
            ExprKind::Round { value, mode, to } => match self.lower(ground, at, value)? {
                Lowered::Number(of) => Ok(Lowered::Number(self.rounded(of, *mode, to)?)),
                Lowered::Truth(_) | Lowered::Units(_) => Err(NoKernel),
            },
            ExprKind::Limit { value, limit, at_most } => {
                let order = ordered(policy, &value.ty);
                let (value, limit) = (self.lower(ground, at, value)?, self.lower(ground, at, limit)?);
                self.limited(value, limit, *at_most != (order == Order::BestFirst))
            }
            ExprKind::Extreme { greatest, of } => {
                let order = ordered(policy, &expr.ty);
                let of = of.iter().map(|it| self.lower(ground, at, it)).collect::<Result<Vec<_>, _>>()?;
                self.extreme(of, *greatest != (order == Order::BestFirst), *greatest)
            }
            ExprKind::Weighted(parts) => {
                let lowered = parts.iter().map(|it| Ok((it.0, self.lower(ground, at, &it.1)?)));
                let parts = lowered.collect::<Result<Vec<_>, NoKernel>>()?;
                self.weighted(parts)
            }
            ExprKind::Share(parts) => {
                let mut both = Vec::new();
                for (got, most) in parts {
                    both.push((self.lower(ground, at, got)?, self.lower(ground, at, most)?));
                }
                self.share(both)
            }
            ExprKind::Between { unit: TimeUnit::Days, from, to } => {
                match (self.lower(ground, at, from)?, self.lower(ground, at, to)?) {
                    (Lowered::Units(from), Lowered::Units(to)) => Ok(Lowered::Units(self.difference(to, from)?)),
                    _ => Err(NoKernel),
                }
            }
            ExprKind::Counts(of) => match (self.lower(ground, at, of)?, &of.ty) {
                (Lowered::Units(place), Type::Choice(list)) => self.listed(place, &policy.choices[list.index()]),
                _ => Err(NoKernel),
            },
            ExprKind::DateOf(rule) => self.fixed_date(ground, at, expr, rule),
            ExprKind::Aggregate(aggregate) => self.aggregate(ground, at, aggregate, &expr.ty),
            ExprKind::Population(population) => self.population(ground, at, population, expr),
            ExprKind::Owner { .. }
            | ExprKind::Holder { .. }
            | ExprKind::Context(_)
            | ExprKind::Happened(_)
            | ExprKind::OnLadder(_)
            | ExprKind::OverDays { .. }
            | ExprKind::SpellDays { .. }
            | ExprKind::PayForDays { .. }
            | ExprKind::Between { .. }
            | ExprKind::Table(_)
            | ExprKind::StageIs { .. } => Err(NoKernel),
        }
    }

    fn once(
        &mut self,
        ground: usize,
        called: Called,
        at: At,
        lower: impl FnOnce(&mut Self) -> Result<Lowered, NoKernel>,
    ) -> Result<Lowered, NoKernel> {
        // How far back it lies matters to what is not lowered alone.
        let key = (ground, called, at);
        if let Some(known) = self.lowered.get(&key) {
            return *known;
        }
        let lowered = lower(self);
        self.lowered.insert(key, lowered);
        lowered
    }

    fn literal(&mut self, at: At, value: &Value) -> Result<Lowered, NoKernel> {
        let known = |planner: &mut Self, units| Ok(Lowered::Units(planner.constant(at.space, units, state::KNOWN)));
        match value {
            Value::Known(Known::YesNo(yes)) => {
                let state = if *yes { state::KNOWN } else { state::NO };
                Ok(Lowered::Truth(self.constant(at.space, 0, state)))
            }
            Value::Known(Known::Date(day)) => known(self, day_number(*day)),
            Value::Known(Known::Moment(at)) => known(self, *at),
            Value::Known(Known::Duration { count, .. }) => known(self, *count),
            Value::Known(Known::Choice(_, place)) => known(self, i64::from(*place)),
            Value::Known(Known::Number(_) | Known::Money { .. }) => {
                Ok(Lowered::Number(self.number_of(at.space, value)?))
            }
            // Of what kind it would be, nobody can say.
            Value::Known(Known::Text(_) | Known::Record(_))
            | Value::Unknown(_)
            | Value::NotApplicable
            | Value::NotHappened => Err(NoKernel),
        }
    }

    // ---- truths

    pub(super) fn truth_node(&mut self, like: NodeId, op: Op, may: u8) -> NodeId {
        let space = self.space(like);
        self.nodes.add(Node { op, space, may, range: (0, 0), whole: false })
    }

    pub(super) fn all(&mut self, at: At, mut parts: Vec<NodeId>) -> NodeId {
        // What always holds changes nothing, and what never does settles it.
        parts.retain(|it| self.may(*it) != state::KNOWN);
        if parts.iter().any(|it| self.may(*it) == state::NO) {
            return self.constant(at.space, 0, state::NO);
        }
        let (mut any, mut every) = (0, state::KNOWN);
        for part in &parts {
            any |= self.may(*part);
            every &= self.may(*part);
        }
        let may = (any & !state::KNOWN) | every;
        match parts.as_slice() {
            [] => self.constant(at.space, 0, state::KNOWN),
            [one] => *one,
            _ => self.nodes.add(Node { op: Op::All(parts), space: at.space, may, range: (0, 0), whole: false }),
        }
    }

    pub(super) fn any(&mut self, at: At, mut parts: Vec<NodeId>) -> NodeId {
        parts.retain(|it| self.may(*it) != state::NO);
        if parts.iter().any(|it| self.may(*it) == state::KNOWN) {
            return self.constant(at.space, 0, state::KNOWN);
        }
        let (mut any, mut every) = (0, state::NO);
        for part in &parts {
            any |= self.may(*part);
            every &= self.may(*part);
        }
        let may = (any & !state::NO) | every;
        match parts.as_slice() {
            [] => self.constant(at.space, 0, state::NO),
            [one] => *one,
            _ => self.nodes.add(Node { op: Op::Any(parts), space: at.space, may, range: (0, 0), whole: false }),
        }
    }

    pub(super) fn or_no(&mut self, of: NodeId) -> NodeId {
        let may = self.may(of);
        if may & state::UNFIT == 0 {
            return of;
        }
        self.truth_node(of, Op::OrNo(of), (may & !state::UNFIT) | state::NO)
    }

    pub(super) fn negated(&mut self, of: NodeId) -> NodeId {
        let may = negated(self.may(of));
        self.truth_node(of, Op::Not(of), may)
    }

    pub(super) fn as_truth(&mut self, of: NodeId) -> NodeId {
        let may = self.may(of);
        let known = if may & state::KNOWN == 0 { 0 } else { state::KNOWN | state::NO };
        let unfit = if may & (state::UNFIT | state::NO) == 0 { 0 } else { state::UNFIT };
        self.truth_node(of, Op::AsTruth(of), known | unfit | (may & state::UNKNOWN))
    }

    pub(super) fn as_units(&mut self, of: NodeId) -> NodeId {
        let (space, may) = (self.space(of), self.may(of));
        let known = if may & (state::KNOWN | state::NO) == 0 { 0 } else { state::KNOWN };
        let may = known | (may & (state::UNKNOWN | state::UNFIT));
        self.nodes.add(Node { op: Op::AsUnits(of), space, may, range: (0, 1), whole: false })
    }

    pub(super) fn compared(
        &mut self,
        op: CompareOp,
        left: Lowered,
        right: Lowered,
        order: Order,
    ) -> Result<NodeId, NoKernel> {
        let (left, right) = match (left, right) {
            (Lowered::Number(left), Lowered::Number(right)) => {
                let (left, right) = self.aligned(left, right)?;
                (left.above, right.above)
            }
            (Lowered::Units(left), Lowered::Units(right)) => (left, right),
            (Lowered::Truth(left), Lowered::Truth(right)) => (self.as_units(left), self.as_units(right)),
            _ => return Err(NoKernel),
        };
        let (comparison, turned) = comparison(op);
        let equality = matches!(op, CompareOp::Is | CompareOp::IsNot);
        let turned = turned != (order == Order::BestFirst && !equality);
        let (left, right) = if turned { (right, left) } else { (left, right) };
        let (a, b) = (self.may(left), self.may(right));
        let outcomes = decided(comparison, self.reach(left), self.reach(right));
        let known = if a & b & state::KNOWN == 0 { 0 } else { outcomes };
        let not_happened = match (a | b) & state::NO {
            0 => 0,
            _ if op == CompareOp::IsNot => state::KNOWN,
            _ => state::NO,
        };
        let may = known | not_happened | ((a | b) & (state::UNKNOWN | state::UNFIT));
        Ok(self.truth_node(left, Op::Compare { op: comparison, left, right }, may))
    }

    // ---- several periods

    fn history(&mut self, ground: usize, at: At, history: &'a History) -> Result<Lowered, NoKernel> {
        if history.afresh || history.last > 60 || history.count > 60 {
            return Err(NoKernel);
        }
        let now = self.truth(ground, at, &history.condition)?;
        let mut periods = vec![HistoryPart { holds: now, begun: None }];
        // Where none of the last is left out, nobody need look farther back.
        let left_out = if history.breaks { 0 } else { state::UNFIT };
        let left_out = left_out | if history.missing == MissingPeriods::Skipped { state::UNKNOWN } else { 0 };
        let mut sure = 1;
        for ago in 1..=MOST_PERIODS_BACK {
            if sure >= history.last || at.back + ago > MOST_PERIODS_BACK {
                break;
            }
            let Some((other, begun)) = self.elsewhere(ground, at, When::Ago(ago))? else { break };
            let holds = self.truth(ground, other, &history.condition)?;
            sure += u32::from(begun.is_none() && self.may(holds) & left_out == 0);
            periods.push(HistoryPart { holds, begun });
        }
        let counting = Counting {
            count: history.count,
            last: history.last,
            consecutive: history.consecutive,
            breaks: history.breaks,
            missing: match history.missing {
                MissingPeriods::Awaited => Missed::Awaited,
                MissingPeriods::Skipped => Missed::Skipped,
                MissingPeriods::Counted(holds) => Missed::Counted(holds),
            },
        };
        let any = periods.iter().fold(0, |any, it| any | self.may(it.holds));
        let awaited = counting.missing == Missed::Awaited || any & state::UNKNOWN == 0;
        let everybodys = periods.iter().all(|it| it.begun.is_none());
        if any & state::UNFIT == 0 && awaited && everybodys && counting.count > 0 {
            let holds: Vec<NodeId> = periods.iter().take(counting.last as usize).map(|it| it.holds).collect();
            return Ok(Lowered::Truth(self.counted(at, &holds, counting)));
        }
        let may = state::KNOWN | state::NO | (any & state::UNKNOWN) | (self.may(now) & state::UNFIT);
        Ok(Lowered::Truth(self.truth_node(now, Op::History { periods, counting }, may)))
    }

    /// A condition in several periods that are everybody's: so many of them, or so many that follow one another.
    fn counted(&mut self, at: At, holds: &[NodeId], counting: Counting) -> NodeId {
        let count = counting.count as usize;
        if counting.consecutive || count == 1 {
            let runs = holds.windows(count).map(|it| self.all(at, it.to_vec())).collect();
            return self.any(at, runs);
        }
        let any = holds.iter().fold(0, |any, it| any | self.may(*it));
        match (u8::try_from(count), holds.first()) {
            (Ok(count), Some(first)) if holds.len() >= count.into() => {
                let may = state::KNOWN | state::NO | (any & state::UNKNOWN);
                self.truth_node(*first, Op::Counted { of: holds.to_vec(), count }, may)
            }
            _ => self.constant(at.space, 0, state::NO),
        }
    }
}

fn negated(may: u8) -> u8 {
    let middle = may & (state::UNKNOWN | state::UNFIT);
    let yes = if may & state::NO == 0 { 0 } else { state::KNOWN };
    let no = if may & state::KNOWN == 0 { 0 } else { state::NO };
    middle | yes | no
}

/// What a comparison may come to where both sides are known and reach so far.
fn decided(op: Comparison, left: (i128, i128), right: (i128, i128)) -> u8 {
    let (always, never) = match op {
        Comparison::Less => (left.1 < right.0, left.0 >= right.1),
        Comparison::AtMost => (left.1 <= right.0, left.0 > right.1),
        Comparison::Is | Comparison::IsNot => {
            let apart = left.1 < right.0 || right.1 < left.0;
            let same = left == right && left.0 == left.1;
            if op == Comparison::Is { (same, apart) } else { (apart, same) }
        }
    };
    match (always, never) {
        (true, _) => state::KNOWN,
        (false, true) => state::NO,
        (false, false) => state::KNOWN | state::NO,
    }
}

/// The order of the values of a type.
pub(super) fn ordered(policy: &crate::policy::model::Policy, ty: &Type) -> Order {
    match ty {
        Type::Choice(list) => policy.choices[list.index()].order,
        _ => Order::Ascending,
    }
}

fn parameter(parameter: &Parameter, day: Date) -> Result<&Value, NoKernel> {
    in_force(&parameter.values, day).ok_or(NoKernel)
}
