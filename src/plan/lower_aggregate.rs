//! What is made of children, or of those who refer, as nodes.

use crate::ids::RecordId;
use crate::plan::lower::ordered;
use crate::plan::node::{Folded, NodeId, Op, Word, state};
use crate::plan::{At, Lowered, NoKernel, Planner, Quotient};
use crate::policy::model::{Aggregate, AggregateWord, Members, Order, Type};

impl<'a> Planner<'a> {
    pub(super) fn aggregate(
        &mut self,
        ground: usize,
        at: At,
        aggregate: &'a Aggregate,
        ty: &Type,
    ) -> Result<Lowered, NoKernel> {
        let plain = aggregate.window.is_none()
            && aggregate.weight.is_none()
            && aggregate.enough.is_none()
            && !aggregate.those_known;
        if !plain {
            return Err(NoKernel);
        }
        let (members, there, most) = self.members(ground, at, aggregate.members)?;
        let counts = match &aggregate.filter {
            Some(filter) => {
                let filter = self.truth(ground, there, filter)?;
                self.or_no(filter)
            }
            None => self.constant(there.space, 0, state::KNOWN),
        };
        let value = aggregate.value.as_ref().map(|it| self.lower(ground, there, it)).transpose()?;
        match (aggregate.word, value) {
            (AggregateWord::Count, None) => {
                let node = self.fold(at, members, (Word::Count, counts, None), state::KNOWN, (0, most))?;
                Ok(Lowered::Number(Quotient::whole(node)))
            }
            (AggregateWord::Any | AggregateWord::No, value) => {
                let gives = match value {
                    None => counts,
                    Some(Lowered::Truth(gives)) => {
                        let gives = self.or_no(gives);
                        self.all(there, vec![counts, gives])
                    }
                    Some(_) => return Err(NoKernel),
                };
                let any = self.fold(at, members, (Word::Any, gives, None), state::NO | state::KNOWN, (0, 0))?;
                Ok(Lowered::Truth(if aggregate.word == AggregateWord::No { self.negated(any) } else { any }))
            }
            (AggregateWord::Every, Some(Lowered::Truth(gives))) => {
                let may = state::KNOWN | state::NO | state::UNKNOWN | state::UNFIT;
                let node = self.fold(at, members, (Word::Every, counts, Some(gives)), may, (0, 0))?;
                Ok(Lowered::Truth(node))
            }
            (AggregateWord::Sum, Some(value)) => {
                let (gives, kind) = Self::summed(value, ty)?;
                let (least, greatest) = self.reach(gives);
                let range = (least.min(0) * most, greatest.max(0) * most);
                let node = self.fold(at, members, (Word::Sum, counts, Some(gives)), state::KNOWN, range)?;
                Ok(match kind {
                    Some(of) => Lowered::Number(Quotient { above: node, ..of }),
                    None => Lowered::Units(node),
                })
            }
            (AggregateWord::Least | AggregateWord::Greatest, Some(value)) => {
                let policy = self.grounds[ground].policy;
                let greatest = aggregate.word == AggregateWord::Greatest;
                let best_first = aggregate.value.as_ref().is_some_and(|it| ordered(policy, &it.ty) == Order::BestFirst);
                let word = if greatest != best_first { Word::Greatest } else { Word::Least };
                let (gives, kind) = match value {
                    Lowered::Number(of) if of.below.is_none() => (of.above, Some(of)),
                    Lowered::Units(node) => (node, None),
                    Lowered::Number(_) | Lowered::Truth(_) => return Err(NoKernel),
                };
                let range = self.reach(gives);
                let node = self.fold(at, members, (word, counts, Some(gives)), state::KNOWN | state::UNFIT, range)?;
                Ok(match kind {
                    Some(of) => Lowered::Number(Quotient { above: node, ..of }),
                    None => Lowered::Units(node),
                })
            }
            _ => Err(NoKernel),
        }
    }

    fn summed(value: Lowered, ty: &Type) -> Result<(NodeId, Option<Quotient>), NoKernel> {
        match (value, ty) {
            (Lowered::Number(of), Type::Number | Type::Money { .. }) if of.below.is_none() => Ok((of.above, Some(of))),
            (Lowered::Units(node), Type::Duration(_)) => Ok((node, None)),
            _ => Err(NoKernel),
        }
    }

    /// Who is counted, where they are asked, and how many one record has at most.
    fn members(&mut self, ground: usize, at: At, members: Members) -> Result<(Folded, At, i128), NoKernel> {
        let policy = self.grounds[ground].policy;
        let records = self.records;
        let most = |count: &dyn Fn(usize) -> usize| {
            let most = (0..records.rows(at.space).with_named()).map(count).max().unwrap_or(0);
            i128::try_from(most).unwrap_or(i128::MAX)
        };
        match members {
            Members::Children(kind) if !policy.record(kind).may_be_missing => {
                let most = most(&|row| records.rows(kind).of_owner(row).len());
                Ok((Folded::Children(kind), at.about(kind), most))
            }
            Members::Referring(kind, field) if policy.parent_of(kind) != Some(field) => {
                let there = at.about(kind);
                let Lowered::Units(names) = self.held_field(policy, there, field)? else { return Err(NoKernel) };
                let index = records.referring(at.space, kind, field);
                let most = most(&|row| index.to(row).len());
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

    /// `may` is what comes of it where nothing is missing.
    fn fold(
        &mut self,
        at: At,
        members: Folded,
        (word, counts, gives): (Word, NodeId, Option<NodeId>),
        may: u8,
        range: (i128, i128),
    ) -> Result<NodeId, NoKernel> {
        let open = (self.may(counts) | gives.map_or(0, |it| self.may(it))) & state::UNKNOWN;
        if let Folded::Referring { names, .. } = members {
            for whole in [Some(names), Some(counts), gives].into_iter().flatten() {
                self.nodes.keep_whole(whole);
            }
        }
        self.units(at.space, Op::Fold { members, word, counts, gives }, may | open, range)
    }

    /// The entity at the root of children.
    pub(super) fn root(&self, space: RecordId) -> RecordId {
        self.grounds.first().and_then(|it| it.policy.child_of(space)).map_or(space, |owner| self.root(owner))
    }
}
