//! A field that held one value after another: for each row its values in the order of their days.

use jiff::civil::Date;

use crate::table::{Column, NOWHERE};

/// A field with the days from which its values held.
#[derive(Debug)]
pub struct Dated {
    /// Where each row's values begin; one more at the end.
    first: Vec<u32>,
    /// From which day each value holds.
    since: Vec<Date>,
    values: Column,
}

impl Dated {
    /// `rows` tells for each row the places of its values, which follow one another.
    pub(super) fn new(first: Vec<u32>, since: Vec<Date>, values: Column) -> Self {
        Self { first, since, values }
    }

    /// The place of the value that a row holds on a day.
    fn place_on(&self, row: usize, on: Date) -> Option<u32> {
        let (first, end) = (self.first[row] as usize, self.first[row + 1] as usize);
        let before = self.since[first..end].partition_point(|since| *since <= on);
        (before > 0).then(|| u32::try_from(first + before - 1).unwrap_or(u32::MAX))
    }

    /// What every row holds on a day.
    #[must_use]
    pub fn on(&self, on: Date) -> Column {
        let place = |row| self.place_on(row, on).unwrap_or(NOWHERE);
        let places: Vec<u32> = (0..self.first.len() - 1).map(place).collect();
        self.values.picked(&places)
    }

    /// Where each row's values begin, and where the last end.
    pub(super) fn first(&self) -> &[u32] {
        &self.first
    }

    /// From which day each value holds.
    pub(super) fn since(&self) -> &[Date] {
        &self.since
    }

    /// The values of all rows.
    pub(super) fn values(&self) -> &Column {
        &self.values
    }

    /// The values of a row, by their places among those of all rows.
    pub(super) fn of_row(&self, row: usize) -> impl Iterator<Item = (Date, usize)> + '_ {
        (self.first[row] as usize..self.first[row + 1] as usize).map(|at| (self.since[at], at))
    }

    /// The place of what a row holds on a day, and the values of all rows.
    pub(super) fn held_on(&self, row: usize, on: Date) -> (Option<usize>, &Column) {
        (self.place_on(row, on).map(|it| it as usize), &self.values)
    }
}
