//! What is made of children, or of those who refer, as nodes.

use crate::eval::MOST_PERIODS_BACK;
use crate::ids::RecordId;
use crate::plan::lower::ordered;
use crate::plan::node::{Folded, NodeId, Op, PeriodPart, Word, state};
use crate::plan::number::least_common;
use crate::plan::{At, Lowered, NoKernel, Planner, Quotient};
use crate::policy::model::{Aggregate, AggregateWord, Members, Order, Type, When};

/// Of whom something is made, as nodes.
enum Gathered {
    /// Of others, with how many one record has at most.
    Others(Folded, NodeId, Option<NodeId>, i128),
    /// Of periods of its own.
    Periods(Vec<PeriodPart>, Option<u32>),
}

impl<'a> Planner<'a> {
    pub(super) fn aggregate(
        &mut self,
        ground: usize,
        at: At,
        aggregate: &'a Aggregate,
        ty: &Type,
    ) -> Result<Lowered, NoKernel> {
        if aggregate.window.is_some() || aggregate.weight.is_some() || aggregate.enough.is_some() {
            return Err(NoKernel);
        }
        let policy = self.grounds[ground].policy;
        let truth = aggregate.value.as_ref().is_some_and(|it| it.ty == Type::YesNo);
        let (gathered, value) = match aggregate.members {
            Members::Periods(_) | Members::Last(_) => self.of_periods(ground, at, aggregate)?,
            _ => self.of_others(ground, at, aggregate)?,
        };
        let best_first = aggregate.value.as_ref().is_some_and(|it| ordered(policy, &it.ty) == Order::BestFirst);
        let known = aggregate.those_known;
        match (aggregate.word, value) {
            (AggregateWord::Count, None) => {
                let node = self.made(at, &gathered, (Word::Count, known), state::KNOWN)?;
                Ok(Lowered::Number(Quotient::whole(node)))
            }
            (AggregateWord::Any | AggregateWord::No, None) => {
                let any = self.made(at, &gathered, (Word::Any, known), state::NO | state::KNOWN)?;
                Ok(Lowered::Truth(if aggregate.word == AggregateWord::No { self.negated(any) } else { any }))
            }
            (AggregateWord::Any | AggregateWord::No, Some(Lowered::Truth(_))) if !known => {
                let gathered = self.both_hold(at, gathered);
                let any = self.made(at, &gathered, (Word::Any, known), state::NO | state::KNOWN)?;
                Ok(Lowered::Truth(if aggregate.word == AggregateWord::No { self.negated(any) } else { any }))
            }
            (AggregateWord::Every, Some(Lowered::Truth(_))) => {
                let may = state::KNOWN | state::NO | state::UNKNOWN | state::UNFIT;
                Ok(Lowered::Truth(self.made(at, &gathered, (Word::Every, known), may)?))
            }
            (AggregateWord::Sum, Some(value)) if !truth => {
                Self::summed(value, ty)?;
                let node = self.made(at, &gathered, (Word::Sum, known), state::KNOWN)?;
                Ok(Self::like_value(value, node))
            }
            (AggregateWord::Average, Some(value @ Lowered::Number(_))) => {
                let sum = self.made(at, &gathered, (Word::Averaged, known), state::KNOWN | state::UNFIT)?;
                let of = self.made(at, &gathered, (Word::AveragedOf, known), state::KNOWN | state::UNFIT)?;
                match Self::like_value(value, sum) {
                    Lowered::Number(sum) => Ok(Lowered::Number(Quotient { below: Some(of), ..sum })),
                    Lowered::Units(_) | Lowered::Truth(_) => Err(NoKernel),
                }
            }
            (AggregateWord::Least | AggregateWord::Greatest, Some(value)) if !truth => {
                let greatest = aggregate.word == AggregateWord::Greatest;
                let word = if greatest != best_first { Word::Greatest } else { Word::Least };
                let node = self.made(at, &gathered, (word, known), state::KNOWN | state::UNFIT)?;
                Ok(Self::like_value(value, node))
            }
            _ => Err(NoKernel),
        }
    }

    fn like_value(value: Lowered, node: NodeId) -> Lowered {
        match value {
            Lowered::Number(of) => Lowered::Number(Quotient { above: node, ..of }),
            Lowered::Units(_) | Lowered::Truth(_) => Lowered::Units(node),
        }
    }

    /// Whether each counts and what is asked of it holds.
    fn both_hold(&mut self, at: At, gathered: Gathered) -> Gathered {
        match gathered {
            Gathered::Others(members, counts, gives, most) => {
                let space = self.space(counts);
                let gives = gives.map_or(counts, |it| self.or_no(it));
                let counts = self.or_no(counts);
                let both = self.all(at.about(space), vec![counts, gives]);
                Gathered::Others(members, both, None, most)
            }
            Gathered::Periods(periods, most) => {
                let both = |planner: &mut Self, it: PeriodPart| {
                    let gives = it.gives.map_or(it.counts, |it| planner.or_no(it));
                    let counts = planner.or_no(it.counts);
                    PeriodPart { counts: planner.all(at, vec![counts, gives]), ..it }
                };
                Gathered::Periods(periods.into_iter().map(|it| both(self, it)).collect(), most)
            }
        }
    }

    /// What is made of them; `may` where nothing is missing.
    fn made(
        &mut self,
        at: At,
        gathered: &Gathered,
        (word, those_known): (Word, bool),
        may: u8,
    ) -> Result<NodeId, NoKernel> {
        let reach = |planner: &Self, gives: Option<NodeId>| gives.map_or((0, 0), |it| planner.reach(it));
        let ranged = |(least, most): (i128, i128), count: i128| match word {
            Word::Count | Word::AveragedOf => (0, count),
            Word::Sum | Word::Averaged => (least.min(0) * count, most.max(0) * count),
            Word::Least | Word::Greatest => (least, most),
            Word::Any | Word::Every => (0, 0),
        };
        match gathered {
            Gathered::Others(members, counts, gives, most) => {
                let open = (self.may(*counts) | gives.map_or(0, |it| self.may(it))) & state::UNKNOWN;
                let may = may | if those_known { 0 } else { open };
                if let Folded::Referring { names, .. } = members {
                    for whole in [Some(*names), Some(*counts), *gives].into_iter().flatten() {
                        self.nodes.keep_whole(whole);
                    }
                }
                let range = ranged(reach(self, *gives), *most);
                let op = Op::Fold { members: *members, word, counts: *counts, gives: *gives, those_known };
                let node = self.units(at.space, op, may, range)?;
                if let Folded::Referring { .. } = members {
                    self.nodes.keep_whole(node);
                }
                Ok(node)
            }
            Gathered::Periods(periods, most) => {
                let mut all = (0, 0);
                let mut open = 0;
                for part in periods {
                    let (least, most) = reach(self, part.gives);
                    all = (all.0.min(least), all.1.max(most));
                    open |= self.may(part.counts) | part.gives.map_or(0, |it| self.may(it));
                }
                if matches!(word, Word::Least | Word::Greatest)
                    && let Some(first) = periods.first()
                {
                    let own = reach(self, first.gives);
                    all = periods.iter().fold(own, |all, it| {
                        let (least, most) = reach(self, it.gives);
                        (all.0.min(least), all.1.max(most))
                    });
                }
                let may = may | if those_known { 0 } else { open & state::UNKNOWN };
                let count = i128::try_from(periods.len()).unwrap_or(i128::MAX);
                let op = Op::FoldPeriods { periods: periods.clone(), most: *most, word, those_known };
                self.units(at.space, op, may, ranged(all, count))
            }
        }
    }

    fn of_others(
        &mut self,
        ground: usize,
        at: At,
        aggregate: &'a Aggregate,
    ) -> Result<(Gathered, Option<Lowered>), NoKernel> {
        let (members, there, most) = self.members(ground, at, aggregate.members)?;
        let counts = match &aggregate.filter {
            Some(filter) => self.truth(ground, there, filter)?,
            None => self.constant(there.space, 0, state::KNOWN),
        };
        let value = aggregate.value.as_ref().map(|it| self.lower(ground, there, it)).transpose()?;
        let gives = value.map(Self::node_of).transpose()?;
        Ok((Gathered::Others(members, counts, gives, most), value))
    }

    fn node_of(value: Lowered) -> Result<NodeId, NoKernel> {
        match value {
            Lowered::Truth(node) | Lowered::Units(node) => Ok(node),
            Lowered::Number(of) if of.below.is_none() => Ok(of.above),
            Lowered::Number(_) => Err(NoKernel),
        }
    }

    /// The periods of which something is made, each with whether it counts and what it gives.
    fn of_periods(
        &mut self,
        ground: usize,
        at: At,
        aggregate: &'a Aggregate,
    ) -> Result<(Gathered, Option<Lowered>), NoKernel> {
        let own = at.period.ok_or(NoKernel)?;
        let mut parts = Vec::new();
        let mut values = Vec::new();
        let most = if let Members::Last(count) = aggregate.members { Some(count) } else { None };
        let whens: Vec<When> = match aggregate.members {
            Members::Periods(kind) => {
                let inside = self.grounds[ground].calendar.periods_inside(kind, &own).map_err(|_| NoKernel)?;
                inside.into_iter().map(When::In).collect()
            }
            _ => (0..=MOST_PERIODS_BACK - at.back.min(MOST_PERIODS_BACK)).map(When::Ago).collect(),
        };
        let mut sure = 0;
        for when in whens {
            if most.is_some_and(|most| sure >= most) {
                break;
            }
            let there = if when == When::Ago(0) { Some((at, None)) } else { self.elsewhere(ground, at, when)? };
            let Some((there, begun)) = there else {
                if most.is_some() {
                    break;
                }
                continue;
            };
            let counts = match &aggregate.filter {
                Some(filter) => self.truth(ground, there, filter)?,
                None => self.constant(there.space, 0, state::KNOWN),
            };
            let value = aggregate.value.as_ref().map(|it| self.lower(ground, there, it)).transpose()?;
            let asked = match value {
                Some(value) => Self::node_of(value)?,
                None => counts,
            };
            sure += u32::from(begun.is_none() && self.may(asked) & state::UNFIT == 0);
            parts.push((begun, counts));
            values.extend(value);
        }
        let Some(first) = values.first().copied() else {
            let parts = parts.into_iter().map(|(begun, counts)| PeriodPart { begun, counts, gives: None });
            let parts: Vec<PeriodPart> = parts.collect();
            return if parts.is_empty() { Err(NoKernel) } else { Ok((Gathered::Periods(parts, most), None)) };
        };
        // Parameters differ from period to period, and so do the denominators of what is reckoned with them.
        let (gives, value) = match first {
            Lowered::Number(_) => self.on_one_scale(&values)?,
            other => (values.iter().map(|it| Self::node_of(*it)).collect::<Result<Vec<_>, _>>()?, other),
        };
        let parts = parts.into_iter().zip(gives);
        let parts = parts.map(|((begun, counts), gives)| PeriodPart { begun, counts, gives: Some(gives) });
        Ok((Gathered::Periods(parts.collect(), most), Some(value)))
    }

    fn on_one_scale(&mut self, values: &[Lowered]) -> Result<(Vec<NodeId>, Lowered), NoKernel> {
        let numbers = values.iter().map(|it| match it {
            Lowered::Number(number) if number.below.is_none() => Ok(*number),
            _ => Err(NoKernel),
        });
        let numbers = numbers.collect::<Result<Vec<Quotient>, NoKernel>>()?;
        let denominator = numbers.iter().try_fold(1, |all, it| least_common(all, it.denominator))?;
        let mut nodes = Vec::new();
        for number in numbers {
            nodes.push(self.times(number.above, denominator / number.denominator)?);
        }
        let above = *nodes.first().ok_or(NoKernel)?;
        Ok((nodes, Lowered::Number(Quotient { above, below: None, denominator })))
    }

    /// Only numbers, money and lengths are added up.
    fn summed(value: Lowered, ty: &Type) -> Result<(), NoKernel> {
        match (value, ty) {
            (Lowered::Number(_), Type::Number | Type::Money { .. }) | (Lowered::Units(_), Type::Duration(_)) => Ok(()),
            _ => Err(NoKernel),
        }
    }

    /// Who is counted, where they are asked, and how many one record has at most.
    fn members(&mut self, ground: usize, at: At, members: Members) -> Result<(Folded, At, i128), NoKernel> {
        let policy = self.grounds[ground].policy;
        let records = self.records;
        let many = |count: usize| i128::try_from(count).unwrap_or(i128::MAX);
        match members {
            Members::Children(kind) if !policy.record(kind).may_be_missing => {
                Ok((Folded::Children(kind), at.about(kind), many(records.rows(kind).most_of_owner())))
            }
            Members::Referring(kind, field) if policy.parent_of(kind) != Some(field) => {
                let there = at.about(kind);
                let Lowered::Units(names) = self.held_field(policy, there, field)? else { return Err(NoKernel) };
                let index = records.referring(at.space, kind, field);
                let most = many(index.most());
                let place = self.referring.iter().position(|it| std::sync::Arc::ptr_eq(it, &index));
                let place = place.unwrap_or_else(|| {
                    self.referring.push(index);
                    self.referring.len() - 1
                });
                let referring = u32::try_from(place).unwrap_or(u32::MAX);
                Ok((Folded::Referring { referring, names }, there, most))
            }
            Members::Children(_)
            | Members::Referring(..)
            | Members::Within { .. }
            | Members::Periods(_)
            | Members::Last(_) => Err(NoKernel),
        }
    }

    /// The entity at the root of children.
    pub(super) fn root(&self, space: RecordId) -> RecordId {
        self.grounds.first().and_then(|it| it.policy.child_of(space)).map_or(space, |owner| self.root(owner))
    }
}
