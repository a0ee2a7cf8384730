//! Whether some rows of a table take every answer: exact, by cases, and within a number of steps.
//!
//! Never by trying values: a column in which some row is particular is split into its pieces, of pieces that fewer rows take only the
//! poorest are followed, and what was found covered once is not looked at again. Who runs out of steps says so.

use std::collections::HashSet;

use crate::policy::row_set::RowSet;
use crate::policy::table::{Slice, State, Table};

/// How many cases are looked at before giving up.
const MOST_STEPS: u32 = 60_000;

/// The question has too many cases to be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMany;

/// Part of the space of a table: for each column some of its pieces.
pub(super) struct Part<'t> {
    pieces: Vec<Vec<&'t Slice>>,
    /// For each column the rows that take all of it.
    whole: Vec<RowSet>,
    covered: HashSet<(RowSet, u64)>,
    steps: u32,
}

impl<'t> Part<'t> {
    /// The pieces of which something holds. None where a column has none of them left.
    pub(super) fn new(table: &'t Table, holds: impl Fn(&Slice) -> bool) -> Option<Self> {
        let pieces: Vec<Vec<&Slice>> =
            table.pieces.iter().map(|column| column.iter().filter(|it| holds(it)).collect()).collect();
        if pieces.iter().any(Vec::is_empty) {
            return None;
        }
        let all = |column: &Vec<&Slice>| {
            column.iter().fold(RowSet::of(table.rows.len(), |_| true), |rows, piece| rows.both(&piece.rows))
        };
        Some(Self { whole: pieces.iter().map(all).collect(), pieces, covered: HashSet::new(), steps: MOST_STEPS })
    }

    /// An answer to every column that none of the rows takes.
    pub(super) fn left_open(&mut self, rows: &RowSet) -> Result<Option<Vec<State>>, TooMany> {
        let columns = self.pieces.len();
        if columns > 64 {
            return Err(TooMany);
        }
        let left = if columns == 64 { u64::MAX } else { (1 << columns) - 1 };
        self.steps = MOST_STEPS;
        self.covered.clear();
        let mut chosen: Vec<State> = self.pieces.iter().map(|it| it[0].sample).collect();
        Ok(self.search(rows, left, &mut chosen)?.then_some(chosen))
    }

    /// Whether something is left open; if so, it stands in `chosen`.
    fn search(&mut self, rows: &RowSet, left: u64, chosen: &mut Vec<State>) -> Result<bool, TooMany> {
        if rows.is_empty() {
            return Ok(true);
        }
        let open = || (0..64).filter(|at| left >> at & 1 == 1);
        let whole = open().fold(rows.clone(), |rows, at| rows.both(&self.whole[at]));
        let key = (rows.clone(), left);
        if !whole.is_empty() || self.covered.contains(&key) {
            return Ok(false);
        }
        self.steps = self.steps.checked_sub(1).ok_or(TooMany)?;
        let Some(column) = open().min_by_key(|at| rows.both(&self.whole[*at]).len()) else { return Ok(false) };
        for (rest, sample) in self.poorest(column, rows) {
            let before = std::mem::replace(&mut chosen[column], sample);
            if self.search(&rest, left & !(1 << column), chosen)? {
                return Ok(true);
            }
            chosen[column] = before;
        }
        self.covered.insert(key);
        Ok(false)
    }

    /// The pieces of a column that fewest rows take: what covers them covers the others.
    fn poorest(&self, column: usize, rows: &RowSet) -> Vec<(RowSet, State)> {
        let mut kept: Vec<(RowSet, State)> = Vec::new();
        for piece in &self.pieces[column] {
            let rest = rows.both(&piece.rows);
            if !kept.iter().any(|(other, _)| other.is_within(&rest)) {
                kept.retain(|(other, _)| !rest.is_within(other));
                kept.push((rest, piece.sample));
            }
        }
        kept.sort_by_key(|(rest, _)| rest.len());
        kept
    }
}
