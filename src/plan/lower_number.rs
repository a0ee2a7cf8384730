//! Choosing, limiting, weighing and banding, as nodes.

use crate::calendar::day_number;
use crate::eval::in_force;
use crate::plan::node::{BandEnds, Node, NodeId, Op, state};
use crate::plan::number::{least_common, parts};
use crate::plan::{At, Lowered, NoKernel, Planner, Quotient};
use crate::policy::model::{ArithmeticOp, Bound, ChoiceList, Interval, Scale};
use crate::value::{Known, Number, Value};

impl<'a> Planner<'a> {
    pub(super) fn arithmetic(
        &mut self,
        op: ArithmeticOp,
        left: Lowered,
        right: Lowered,
        lengths: bool,
    ) -> Result<Lowered, NoKernel> {
        let as_number = |it| match it {
            Lowered::Number(number) => Ok(number),
            Lowered::Units(units) => Ok(Quotient::whole(units)),
            Lowered::Truth(_) => Err(NoKernel),
        };
        let reckoned = self.reckon(op, as_number(left)?, as_number(right)?)?;
        Ok(if lengths { Lowered::Units(reckoned.above) } else { Lowered::Number(reckoned) })
    }

    /// Two values of one kind as nodes that can stand for each other, and what makes such a node a value again.
    fn alike(&mut self, a: Lowered, b: Lowered) -> Result<(NodeId, NodeId, Lowered), NoKernel> {
        match (a, b) {
            (Lowered::Number(a), Lowered::Number(b)) if a.below.is_none() && b.below.is_none() => {
                let (a, b) = self.aligned(a, b)?;
                Ok((a.above, b.above, Lowered::Number(a)))
            }
            (Lowered::Units(a), Lowered::Units(b)) => Ok((a, b, Lowered::Units(a))),
            // Of truths the states say all.
            (Lowered::Truth(a), Lowered::Truth(b)) => Ok((a, b, Lowered::Truth(a))),
            _ => Err(NoKernel),
        }
    }

    fn like(kind: Lowered, node: NodeId) -> Lowered {
        match kind {
            Lowered::Number(of) => Lowered::Number(Quotient { above: node, ..of }),
            Lowered::Units(_) => Lowered::Units(node),
            Lowered::Truth(_) => Lowered::Truth(node),
        }
    }

    fn both_ranges(&self, a: NodeId, b: NodeId) -> (i128, i128) {
        let (a, b) = (self.reach(a), self.reach(b));
        (a.0.min(b.0), a.1.max(b.1))
    }

    pub(super) fn chosen(&mut self, condition: NodeId, a: Lowered, b: Lowered) -> Result<Lowered, NoKernel> {
        let (then, otherwise, kind) = self.alike(a, b)?;
        let asked = self.may(condition);
        if asked == state::KNOWN {
            return Ok(a);
        }
        if asked == state::NO {
            return Ok(b);
        }
        let any = self.may(then) | self.may(otherwise);
        let may = any | (asked & (state::UNKNOWN | state::UNFIT));
        let range = self.both_ranges(then, otherwise);
        let space = self.space(then);
        let node = self.units(space, Op::If { condition, then, otherwise }, may, range)?;
        Ok(Self::like(kind, node))
    }

    pub(super) fn if_unknown(&mut self, value: Lowered, default: Lowered) -> Result<Lowered, NoKernel> {
        let (a, b, kind) = self.alike(value, default)?;
        if self.may(a) & state::UNKNOWN == 0 {
            return Ok(value);
        }
        let may = (self.may(a) & !state::UNKNOWN) | self.may(b);
        let range = self.both_ranges(a, b);
        let space = self.space(a);
        let node = self.units(space, Op::IfUnknown { value: a, default: b }, may, range)?;
        Ok(Self::like(kind, node))
    }

    pub(super) fn limited(&mut self, value: Lowered, limit: Lowered, at_most: bool) -> Result<Lowered, NoKernel> {
        if matches!(value, Lowered::Truth(_)) {
            return Err(NoKernel);
        }
        let (a, b, kind) = self.alike(value, limit)?;
        let (x, y) = (self.reach(a), self.reach(b));
        // Where the limit does not apply the value stays as it is.
        let free = self.may(b) & (state::UNFIT | state::NO) != 0;
        let range = match (at_most, free) {
            (true, false) => (x.0.min(y.0), x.1.min(y.1)),
            (false, false) => (x.0.max(y.0), x.1.max(y.1)),
            (true, true) => (x.0.min(y.0), x.1),
            (false, true) => (x.0, x.1.max(y.1)),
        };
        let range = (range.0, range.1.max(range.0));
        let may = self.may(a) | (self.may(b) & state::UNKNOWN);
        let space = self.space(a);
        let node = self.units(space, Op::Limit { value: a, limit: b, at_most }, may, range)?;
        Ok(Self::like(kind, node))
    }

    /// `most` looks for the greatest units, `greatest` for the greatest value: of a scale the best stands first.
    pub(super) fn extreme(&mut self, of: Vec<Lowered>, most: bool, greatest: bool) -> Result<Lowered, NoKernel> {
        let mut all: Vec<NodeId> = Vec::new();
        let Some(first) = of.first().copied() else { return Err(NoKernel) };
        let mut kind = first;
        if let Lowered::Number(_) = first {
            let numbers = of.iter().map(|it| match it {
                Lowered::Number(number) if number.below.is_none() => Ok(*number),
                _ => Err(NoKernel),
            });
            let numbers = numbers.collect::<Result<Vec<Quotient>, NoKernel>>()?;
            let denominator = numbers.iter().try_fold(1, |all, it| least_common(all, it.denominator))?;
            for number in numbers {
                all.push(self.times(number.above, denominator / number.denominator)?);
            }
            kind = Lowered::Number(Quotient { above: all[0], below: None, denominator });
        } else {
            for part in of {
                all.push(match part {
                    Lowered::Units(node) => node,
                    Lowered::Truth(_) | Lowered::Number(_) => return Err(NoKernel),
                });
            }
        }
        if most != greatest {
            // What has not happened is told apart by the values, not by their places.
            if all.iter().any(|it| self.may(*it) & state::NO != 0) {
                return Err(NoKernel);
            }
        }
        let any = all.iter().fold(0, |any, it| any | self.may(*it));
        let waits = if most { any & state::NO } else { 0 };
        let blank = |it: &NodeId| self.may(*it) & (state::UNFIT | state::NO) != 0;
        let nothing = if all.iter().all(blank) { state::UNFIT } else { 0 };
        let may = (any & (state::KNOWN | state::UNKNOWN)) | waits | nothing;
        let range = all.iter().skip(1).fold(self.reach(all[0]), |range, it| {
            let other = self.reach(*it);
            (range.0.min(other.0), range.1.max(other.1))
        });
        let space = self.space(all[0]);
        let node = self.units(space, Op::Extreme { greatest: most, of: all }, may, range)?;
        Ok(Self::like(kind, node))
    }

    pub(super) fn weighted(&mut self, parts_of: Vec<(Number, Lowered)>) -> Result<Lowered, NoKernel> {
        let mut all = Vec::new();
        for (weight, part) in parts_of.iter().filter(|it| it.0 != Number::ZERO) {
            let Lowered::Number(Quotient { above, below: None, denominator }) = *part else { return Err(NoKernel) };
            let (by, of) = parts(weight)?;
            if by < 0 {
                return Err(NoKernel);
            }
            all.push((above, denominator, by, of));
        }
        let Some(first) = all.first() else { return Err(NoKernel) };
        let space = self.space(first.0);
        let times = |a: i64, b: i64| a.checked_mul(b).ok_or(NoKernel);
        let mut scale = 1;
        let mut grid = 1;
        for (_, denominator, _, of) in &all {
            scale = least_common(scale, times(*denominator, *of)?)?;
            grid = least_common(grid, *of)?;
        }
        let (mut reached, mut weights, mut sum, mut total) = (Vec::new(), Vec::new(), (0_i128, 0_i128), 0_i128);
        for (above, denominator, by, of) in &all {
            let factor = times(*by, scale / times(*denominator, *of)?)?;
            let weight = times(*by, grid / *of)?;
            let reach = self.reach(*above);
            sum = (sum.0 + (reach.0 * i128::from(factor)).min(0), sum.1 + (reach.1 * i128::from(factor)).max(0));
            total += i128::from(weight);
            reached.push((factor, *above));
            weights.push((weight, *above));
        }
        let any = all.iter().fold(0, |any, it| any | self.may(it.0));
        let nothing = all.iter().all(|it| self.may(it.0) & (state::UNFIT | state::NO) != 0);
        let may = (any & (state::KNOWN | state::UNKNOWN)) | if nothing { state::UNFIT } else { 0 };
        let above = self.units(space, Op::Weighted(reached), may, sum)?;
        let below = self.units(space, Op::Weights(weights), may, (0, total))?;
        let above = self.times(above, grid)?;
        Ok(Lowered::Number(Quotient { above, below: Some(below), denominator: scale }))
    }

    pub(super) fn share(&mut self, parts_of: Vec<(Lowered, Lowered)>) -> Result<Lowered, NoKernel> {
        let mut denominator = 1;
        let mut all = Vec::new();
        for (got, most) in parts_of {
            match (got, most) {
                (Lowered::Number(got), Lowered::Number(most)) if got.below.is_none() && most.below.is_none() => {
                    denominator = least_common(denominator, got.denominator)?;
                    denominator = least_common(denominator, most.denominator)?;
                    all.push((got, most));
                }
                _ => return Err(NoKernel),
            }
        }
        let mut both = Vec::new();
        let (mut got, mut most) = ((0, 0), 0);
        for (part, of) in all {
            let part = self.times(part.above, denominator / part.denominator)?;
            let of = self.times(of.above, denominator / of.denominator)?;
            let (x, y) = (self.reach(part), self.reach(of));
            if y.0 < 0 {
                return Err(NoKernel);
            }
            got = (got.0 + x.0.min(y.0).min(0), got.1 + x.1.min(y.1).max(0));
            most += y.1;
            both.push((part, of));
        }
        let Some(first) = both.first().copied() else { return Err(NoKernel) };
        let space = self.space(first.0);
        let may = state::KNOWN | state::UNKNOWN | state::UNFIT;
        let above = self.units(space, Op::Reached(both.clone()), may, got)?;
        let below = self.units(space, Op::Reachable(both), may, (0, most))?;
        Ok(Lowered::Number(Quotient { above, below: Some(below), denominator: 1 }))
    }

    /// The number that each place of a list counts as.
    pub(super) fn listed(&mut self, of: NodeId, list: &ChoiceList) -> Result<Lowered, NoKernel> {
        if list.counts.len() < list.choices.len() || list.counts.is_empty() {
            return Err(NoKernel);
        }
        let numbers = list.counts.iter().map(parts).collect::<Result<Vec<_>, _>>()?;
        let denominator = numbers.iter().try_fold(1, |all, it| least_common(all, it.1))?;
        let times = |it: &(i64, i64)| it.0.checked_mul(denominator / it.1).ok_or(NoKernel);
        let list = numbers.iter().map(times).collect::<Result<Vec<i64>, _>>()?;
        let (least, most) = (list.iter().min().copied().unwrap_or(0), list.iter().max().copied().unwrap_or(0));
        let (space, may) = (self.space(of), self.may(of));
        let above = self.units(space, Op::Listed { of, list }, may, (least.into(), most.into()))?;
        Ok(Lowered::Number(Quotient { above, below: None, denominator }))
    }

    pub(super) fn band(&mut self, ground: usize, at: At, scale: &'a Scale) -> Result<Lowered, NoKernel> {
        let version = in_force(&scale.versions, at.rules()).ok_or(NoKernel)?;
        let (of, denominator) = match self.lower(ground, at, &version.of)? {
            Lowered::Number(Quotient { above, below: None, denominator }) => (above, denominator),
            Lowered::Units(node) => (node, 1),
            Lowered::Number(_) | Lowered::Truth(_) => return Err(NoKernel),
        };
        if version.bands.is_empty() {
            return Err(NoKernel);
        }
        let ends = version.bands.iter().map(|it| {
            let (least, most) = ends_of(&it.interval, denominator)?;
            Ok(BandEnds { choice: it.choice, least, most })
        });
        let bands = ends.collect::<Result<Vec<_>, NoKernel>>()?;
        let caps = version.caps.iter().map(|it| Ok((it.at_most, it.choice, self.truth(ground, at, &it.when)?)));
        let caps = caps.collect::<Result<Vec<_>, NoKernel>>()?;
        let reach = self.reach(of);
        // Bands of a checked scale follow one another; what lies beyond both ends has none.
        let beyond = |at: i128| !bands.iter().any(|it| i128::from(it.least) <= at && at <= i128::from(it.most));
        let covers = !beyond(reach.0) && !beyond(reach.1) && bands_meet(&bands);
        let asked = self.may(of);
        let open = caps.iter().any(|it| self.may(it.2) & state::UNKNOWN != 0) || !covers;
        let may = (asked & (state::UNFIT | state::NO))
            | state::KNOWN
            | (asked & state::UNKNOWN)
            | if open { state::UNKNOWN } else { 0 };
        let most = bands.iter().map(|it| it.choice).chain(caps.iter().map(|it| it.1)).max().unwrap_or(0);
        let op = Op::Band { of, bands, caps };
        let node = self.nodes.add(Node { op, space: at.space, may, range: (0, most.into()), whole: false });
        Ok(Lowered::Units(node))
    }
}

/// Whether no whole unit lies between two bands.
fn bands_meet(bands: &[BandEnds]) -> bool {
    let mut ends: Vec<(i64, i64)> = bands.iter().map(|it| (it.least, it.most)).filter(|it| it.0 <= it.1).collect();
    ends.sort_unstable();
    ends.windows(2).all(|it| it[0].1 >= it[1].0.saturating_sub(1))
}

/// The least and greatest whole units that lie in an interval.
fn ends_of(interval: &Interval, denominator: i64) -> Result<(i64, i64), NoKernel> {
    let end = |bound: &Option<Bound>, lower: bool| -> Result<i64, NoKernel> {
        let Some(bound) = bound else { return Ok(if lower { i64::MIN } else { i64::MAX }) };
        let (above, below) = match &bound.at {
            Value::Known(Known::Number(number) | Known::Money { amount: number, .. }) => parts(number)?,
            Value::Known(Known::Date(day)) => (day_number(*day), 1),
            Value::Known(Known::Duration { count, .. }) => (*count, 1),
            _ => return Err(NoKernel),
        };
        let (scaled, below) = (i128::from(above) * i128::from(denominator), i128::from(below));
        let (whole, exact) = (scaled.div_euclid(below), scaled.rem_euclid(below) == 0);
        let units = match (lower, exact, bound.included) {
            (true, true, true) | (false, true, true) | (false, false, _) => whole,
            (true, true, false) | (true, false, _) => whole + 1,
            (false, true, false) => whole - 1,
        };
        i64::try_from(units).map_err(|_| NoKernel)
    };
    Ok((end(&interval.low, true)?, end(&interval.high, false)?))
}
