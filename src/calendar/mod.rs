//! (placeholder until the legal clock moves in)
/// A calendar.
#[derive(Debug, Clone)]
pub struct Calendar;
/// A kind of period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PeriodKind;
/// A length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Length;
/// After or before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// after
    After,
    /// before
    Before,
}
/// Roll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Roll {
    /// f
    Forward,
}
/// Unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// d
    Days,
}
pub use jiff::civil::{Date, Time};
