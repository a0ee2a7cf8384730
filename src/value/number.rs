//! Exact numbers: fractions of 128-bit whole numbers. Overflow is named, never wrapped.

use serde::{Deserialize, Serialize};

/// An exact number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Number {
    numerator: i128,
    denominator: i128,
}

/// Why there is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberFault {
    /// Division by nought.
    #[error("a division by nought")]
    DivisionByNought,
    /// Too large for 128 bits.
    #[error("a number too large to be held exactly")]
    TooLarge,
    /// Not a number.
    #[error("not a number")]
    NotANumber,
}

/// How to round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rounding {
    /// 0.5 goes away from nought.
    HalfUp,
    /// 0.5 goes to the even neighbour.
    HalfEven,
    /// Away from nought.
    Up,
    /// Towards nought.
    Down,
}
