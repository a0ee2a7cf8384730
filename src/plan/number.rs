//! Numbers in a plan: whole numbers over one denominator, or over another number of the same row; and what can be reckoned with them.
//!
//! Whatever is reckoned here stays far enough within 64 bits that neither it nor the evaluator with 128 bits can overflow.

use crate::ids::RecordId;
use crate::plan::node::{Mode, Node, NodeId, Op, state};
use crate::plan::{NoKernel, Planner};
use crate::policy::model::ArithmeticOp;
use crate::value::{Known, Number, Rounding, Value};

/// How far numbers may reach.
const FAR: i128 = 1 << 62;

/// A number of each row: what stands above, by the denominator, and by what stands below where something does. Whatever stands below is
/// above nought wherever what stands above is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotient {
    pub(super) above: NodeId,
    pub(super) below: Option<NodeId>,
    pub(super) denominator: i64,
}

impl Quotient {
    pub(super) fn whole(above: NodeId) -> Self {
        Self { above, below: None, denominator: 1 }
    }
}

/// The states of what is reckoned from two values.
pub(super) fn reckoned(a: u8, b: u8) -> u8 {
    let any = a | b;
    let known = a & b & state::KNOWN;
    let unfit = if any & (state::UNFIT | state::NO) == 0 { 0 } else { state::UNFIT };
    known | (any & state::UNKNOWN) | unfit
}

pub(crate) fn least_common(a: i64, b: i64) -> Result<i64, NoKernel> {
    small(i128::from(a) / i128::from(common(a, b)) * i128::from(b))
}

fn common(a: i64, b: i64) -> i64 {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    i64::try_from(a).unwrap_or(1).max(1)
}

/// What fits.
fn small(number: i128) -> Result<i64, NoKernel> {
    if number.abs() < FAR { i64::try_from(number).map_err(|_| NoKernel) } else { Err(NoKernel) }
}

/// The two parts of a number, if they fit.
pub(super) fn parts(number: &Number) -> Result<(i64, i64), NoKernel> {
    let (above, below) = number.parts();
    Ok((small(above)?, small(below)?))
}

impl Planner<'_> {
    pub(super) fn space(&self, node: NodeId) -> RecordId {
        self.nodes.get(node).space
    }

    pub(super) fn may(&self, node: NodeId) -> u8 {
        self.nodes.get(node).may
    }

    pub(super) fn reach(&self, node: NodeId) -> (i128, i128) {
        let (least, most) = self.nodes.get(node).range;
        (least.into(), most.into())
    }

    /// A node of whole numbers, if they stay within reach.
    pub(super) fn units(&mut self, space: RecordId, op: Op, may: u8, range: (i128, i128)) -> Result<NodeId, NoKernel> {
        let range = (small(range.0)?, small(range.1)?);
        Ok(self.nodes.add(Node { op, space, may, range, whole: false }))
    }

    pub(super) fn constant(&mut self, space: RecordId, units: i64, state: u8) -> NodeId {
        let op = Op::Constant { units, state };
        self.nodes.add(Node { op, space, may: state, range: (units, units), whole: false })
    }

    /// A known number or amount.
    pub(super) fn number_of(&mut self, space: RecordId, value: &Value) -> Result<Quotient, NoKernel> {
        let state = match value {
            Value::Known(Known::Number(number) | Known::Money { amount: number, .. }) => {
                let (above, denominator) = parts(number)?;
                let above = self.constant(space, above, state::KNOWN);
                return Ok(Quotient { above, below: None, denominator });
            }
            Value::Known(_) => return Err(NoKernel),
            Value::Unknown(_) => state::UNKNOWN,
            Value::NotApplicable => state::UNFIT,
            Value::NotHappened => state::NO,
        };
        Ok(Quotient::whole(self.constant(space, 0, state)))
    }

    pub(super) fn times(&mut self, of: NodeId, factor: i64) -> Result<NodeId, NoKernel> {
        if factor == 1 {
            return Ok(of);
        }
        let node = self.nodes.get(of);
        let (space, may, (least, most)) = (node.space, node.may, self.reach(of));
        if let Op::Constant { units, state } = node.op {
            return Ok(self.constant(space, small(i128::from(units) * i128::from(factor))?, state));
        }
        let ends = [least * i128::from(factor), most * i128::from(factor)];
        self.units(space, Op::Times { of, factor }, may, (ends[0].min(ends[1]), ends[0].max(ends[1])))
    }

    fn sum(&mut self, a: NodeId, b: NodeId) -> Result<NodeId, NoKernel> {
        let (x, y) = (self.reach(a), self.reach(b));
        let may = reckoned(self.may(a), self.may(b));
        self.units(self.space(a), Op::Sum(a, b), may, (x.0 + y.0, x.1 + y.1))
    }

    pub(super) fn difference(&mut self, a: NodeId, b: NodeId) -> Result<NodeId, NoKernel> {
        let (x, y) = (self.reach(a), self.reach(b));
        let may = reckoned(self.may(a), self.may(b));
        self.units(self.space(a), Op::Difference(a, b), may, (x.0 - y.1, x.1 - y.0))
    }

    fn product(&mut self, a: NodeId, b: NodeId) -> Result<NodeId, NoKernel> {
        for (of, other) in [(a, b), (b, a)] {
            if let Op::Constant { units, state: state::KNOWN } = self.nodes.get(other).op {
                return self.times(of, units);
            }
        }
        let (x, y) = (self.reach(a), self.reach(b));
        let ends = [x.0 * y.0, x.0 * y.1, x.1 * y.0, x.1 * y.1];
        let range = (ends.into_iter().min().unwrap_or(0), ends.into_iter().max().unwrap_or(0));
        let may = reckoned(self.may(a), self.may(b));
        self.units(self.space(a), Op::Product(a, b), may, range)
    }

    fn product_of(&mut self, a: NodeId, b: Option<NodeId>) -> Result<NodeId, NoKernel> {
        b.map_or(Ok(a), |b| self.product(a, b))
    }

    /// Both over the same denominator and the same number below.
    pub(super) fn aligned(&mut self, a: Quotient, b: Quotient) -> Result<(Quotient, Quotient), NoKernel> {
        let denominator = least_common(a.denominator, b.denominator)?;
        let (mut x, mut y) =
            (self.times(a.above, denominator / a.denominator)?, self.times(b.above, denominator / b.denominator)?);
        let mut below = a.below;
        if a.below != b.below {
            x = self.product_of(x, b.below)?;
            y = self.product_of(y, a.below)?;
            below = match (a.below, b.below) {
                (Some(a), Some(b)) => Some(self.product(a, b)?),
                (a, b) => a.or(b),
            };
        }
        Ok((Quotient { above: x, below, denominator }, Quotient { above: y, below, denominator }))
    }

    pub(super) fn reckon(&mut self, op: ArithmeticOp, a: Quotient, b: Quotient) -> Result<Quotient, NoKernel> {
        match op {
            ArithmeticOp::Add | ArithmeticOp::Subtract => {
                let (a, b) = self.aligned(a, b)?;
                let add = op == ArithmeticOp::Add;
                let above = if add { self.sum(a.above, b.above)? } else { self.difference(a.above, b.above)? };
                Ok(Quotient { above, ..a })
            }
            ArithmeticOp::Multiply => {
                let above = self.product(a.above, b.above)?;
                let below = match (a.below, b.below) {
                    (Some(x), Some(y)) => Some(self.product(x, y)?),
                    (x, y) => x.or(y),
                };
                Ok(Quotient {
                    above,
                    below,
                    denominator: small(i128::from(a.denominator) * i128::from(b.denominator))?,
                })
            }
            ArithmeticOp::Divide => self.divided(a, b),
        }
    }

    fn divided(&mut self, a: Quotient, b: Quotient) -> Result<Quotient, NoKernel> {
        let above = self.times(a.above, b.denominator)?;
        let above = self.product_of(above, b.below)?;
        if let Op::Constant { units, state: state::KNOWN } = self.nodes.get(b.above).op {
            if units == 0 {
                return Err(NoKernel);
            }
            let above = self.times(above, units.signum())?;
            let denominator = small(i128::from(a.denominator) * i128::from(units.abs()))?;
            return Ok(Quotient { above, below: a.below, denominator });
        }
        if self.reach(b.above).0 < 0 {
            return Err(NoKernel);
        }
        let may = reckoned(self.may(above), self.may(b.above));
        let may = if self.reach(b.above).0 == 0 && may & state::KNOWN != 0 { may | state::UNKNOWN } else { may };
        let (op, range) = (Op::Divisible(above, b.above), self.reach(above));
        let above = self.units(self.space(above), op, may, range)?;
        let below = match a.below {
            Some(below) => self.product(below, b.above)?,
            None => b.above,
        };
        Ok(Quotient { above, below: Some(below), denominator: a.denominator })
    }

    pub(super) fn rounded(&mut self, of: Quotient, mode: Rounding, to: &Number) -> Result<Quotient, NoKernel> {
        let (to, by) = parts(to)?;
        if to <= 0 {
            return Err(NoKernel);
        }
        let down = small(i128::from(of.denominator) * i128::from(to))?;
        if let (None, true) = (of.below, i128::from(by) % i128::from(down) == 0) {
            // It stands on the grid already.
            return Ok(of);
        }
        let (least, most) = self.reach(of.above);
        let out = |end: i128| {
            let scaled = end * i128::from(by);
            let whole = scaled / i128::from(down);
            let whole = if scaled % i128::from(down) == 0 { whole } else { whole + scaled.signum() };
            whole * i128::from(to)
        };
        if least * i128::from(by) <= -FAR || most * i128::from(by) >= FAR {
            return Err(NoKernel);
        }
        if let Some(below) = of.below
            && self.reach(below).1 * i128::from(down) >= FAR
        {
            return Err(NoKernel);
        }
        let range = (out(least).min(0), out(most).max(0));
        let op = Op::Round { of: of.above, by: of.below, up: by, down, mode: Mode::from(mode), to };
        let may = self.may(of.above);
        let above = self.units(self.space(of.above), op, may, range)?;
        Ok(Quotient { above, below: None, denominator: by })
    }
}
