//! Rows of a node: whole numbers in as few bytes as the node's reach needs, and a state each.
//!
//! Whatever is not known has some number or other; nobody may look at it. So what is reckoned with it may wrap, and nothing is lost.

use std::borrow::Cow;
use std::ops::Range;

use crate::plan::node::{Node, state};
use crate::table::Units as Stored;

/// How many bytes a whole number takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Width {
    /// Two.
    Short,
    /// Four.
    Middle,
    /// Eight.
    Long,
}

impl Width {
    /// The least that holds a range.
    pub(super) fn of((least, most): (i64, i64)) -> Self {
        let fits = |low: i64, high: i64| low <= least && most <= high;
        match () {
            () if fits(i16::MIN.into(), i16::MAX.into()) => Width::Short,
            () if fits(i32::MIN.into(), i32::MAX.into()) => Width::Middle,
            () => Width::Long,
        }
    }
}

impl Node {
    /// Whether all its known rows have nought, so that nothing is kept of them.
    pub(super) fn is_nought(&self) -> bool {
        self.range == (0, 0)
    }

    /// The state of all its rows, where there is only one that they may have.
    pub(super) fn only_state(&self) -> Option<u8> {
        self.may.is_power_of_two().then_some(self.may)
    }
}

/// A whole number of one width. What does not fit is cut off: its row is not known, or its node's reach was reckoned wrong.
pub(super) trait Cell: Copy + Ord + Default + Send + Sync + 'static {
    const WIDTH: Width;
    const ONE: Self;
    fn cut(of: i64) -> Self;
    fn wide(self) -> i64;
    fn float(self) -> f64;
    fn cut_off(of: f64) -> Self;
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
    fn cells(cells: &mut Cells) -> &mut Vec<Self>;
    fn copied(from: Units<'_>) -> Cow<'_, [Self]>;
}

macro_rules! whole {
    ($type:ty, $width:ident) => {
        impl Cell for $type {
            const WIDTH: Width = Width::$width;
            const ONE: Self = 1;

            #[inline(always)]
            fn cut(of: i64) -> Self {
                of as Self
            }

            #[inline(always)]
            fn wide(self) -> i64 {
                self.into()
            }

            #[inline(always)]
            fn float(self) -> f64 {
                self as f64
            }

            #[inline(always)]
            fn cut_off(of: f64) -> Self {
                of as i32 as Self
            }

            #[inline(always)]
            fn plus(self, other: Self) -> Self {
                self.wrapping_add(other)
            }

            #[inline(always)]
            fn minus(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }

            #[inline(always)]
            fn times(self, other: Self) -> Self {
                self.wrapping_mul(other)
            }

            fn cells(cells: &mut Cells) -> &mut Vec<Self> {
                if !matches!(cells, Cells::$width(_)) {
                    *cells = Cells::$width(Vec::new());
                }
                match cells {
                    Cells::$width(all) => all,
                    _ => unreachable!("it was made so"),
                }
            }

            fn copied(from: Units<'_>) -> Cow<'_, [Self]> {
                if let Units::$width(all) = from {
                    return Cow::Borrowed(all);
                }
                match from {
                    Units::Short(all) => Cow::Owned(all.iter().map(|it| Self::cut((*it).into())).collect()),
                    Units::Middle(all) => Cow::Owned(all.iter().map(|it| Self::cut((*it).into())).collect()),
                    Units::Long(all) => Cow::Owned(all.iter().map(|it| Self::cut(*it)).collect()),
                }
            }
        }
    };
}
whole!(i16, Short);
whole!(i32, Middle);
whole!(i64, Long);

/// Cell numbers of one width.
#[derive(Debug, Clone)]
pub(super) enum Cells {
    Short(Vec<i16>),
    Middle(Vec<i32>),
    Long(Vec<i64>),
}

impl Default for Cells {
    fn default() -> Self {
        Cells::Short(Vec::new())
    }
}

impl Cells {
    pub(super) fn with(width: Width, rows: usize) -> Self {
        match width {
            Width::Short => Cells::Short(Vec::with_capacity(rows)),
            Width::Middle => Cells::Middle(Vec::with_capacity(rows)),
            Width::Long => Cells::Long(Vec::with_capacity(rows)),
        }
    }

    /// Makes room for so many rows; new ones get a number.
    pub(super) fn resize(&mut self, rows: usize, units: i64) {
        match self {
            Cells::Short(all) => all.resize(rows, Cell::cut(units)),
            Cells::Middle(all) => all.resize(rows, Cell::cut(units)),
            Cells::Long(all) => all.resize(rows, units),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Cells::Short(all) => all.len(),
            Cells::Middle(all) => all.len(),
            Cells::Long(all) => all.len(),
        }
    }

    pub(super) fn view(&self, rows: Range<usize>) -> Units<'_> {
        match self {
            Cells::Short(all) => Units::Short(&all[rows]),
            Cells::Middle(all) => Units::Middle(&all[rows]),
            Cells::Long(all) => Units::Long(&all[rows]),
        }
    }

    /// Puts others behind, which are of the same width.
    pub(super) fn extend(&mut self, more: Units<'_>) {
        match self {
            Cells::Short(all) => all.extend_from_slice(&Cell::copied(more)),
            Cells::Middle(all) => all.extend_from_slice(&Cell::copied(more)),
            Cells::Long(all) => all.extend_from_slice(&Cell::copied(more)),
        }
    }

    fn get(&self, row: usize) -> i64 {
        match self {
            Cells::Short(all) => all[row].into(),
            Cells::Middle(all) => all[row].into(),
            Cells::Long(all) => all[row],
        }
    }

    fn push(&mut self, units: i64) {
        match self {
            Cells::Short(all) => all.push(Cell::cut(units)),
            Cells::Middle(all) => all.push(Cell::cut(units)),
            Cells::Long(all) => all.push(units),
        }
    }

    fn set(&mut self, row: usize, units: i64) {
        match self {
            Cells::Short(all) => all[row] = Cell::cut(units),
            Cells::Middle(all) => all[row] = Cell::cut(units),
            Cells::Long(all) => all[row] = units,
        }
    }

    /// Takes wider numbers.
    pub(super) fn narrow<T: Cell>(&mut self, from: &[T]) {
        fn each<T: Cell, S: Cell>(from: &[T], into: &mut [S]) {
            into.iter_mut().zip(from).for_each(|(into, from)| *into = S::cut(from.wide()));
        }
        match self {
            Cells::Short(into) => each(from, into),
            Cells::Middle(into) => each(from, into),
            Cells::Long(into) => each(from, into),
        }
    }
}

/// Some rows of what is stored, from `first` on.
pub(super) fn take<T: Cell>(stored: &Stored, first: usize, into: &mut [T]) {
    fn each<T: Cell, S: Copy + Into<i64>>(from: &[S], into: &mut [T]) {
        into.iter_mut().zip(from).for_each(|(into, from)| *into = T::cut((*from).into()));
    }
    match stored {
        Stored::One(of) => each(&of[first..], into),
        Stored::Two(of) => each(&of[first..], into),
        Stored::Four(of) => each(&of[first..], into),
        Stored::Eight(of) => each(&of[first..], into),
    }
}

/// Cell numbers of one width, looked at.
#[derive(Debug, Clone, Copy)]
pub enum Units<'v> {
    /// Two bytes each.
    Short(&'v [i16]),
    /// Four bytes each.
    Middle(&'v [i32]),
    /// Eight bytes each.
    Long(&'v [i64]),
}

/// Units and states of some rows.
#[derive(Debug, Clone, Copy)]
pub struct View<'v> {
    /// Cell numbers; of no account where nothing is known.
    pub units: Units<'v>,
    /// What is known of each.
    pub state: &'v [u8],
}

impl Units<'_> {
    /// All of them, eight bytes each.
    #[must_use]
    pub fn widened(&self) -> Cow<'_, [i64]> {
        Cell::copied(*self)
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, row: usize) -> i64 {
        match self {
            Units::Short(all) => all[row].into(),
            Units::Middle(all) => all[row].into(),
            Units::Long(all) => all[row],
        }
    }
}

impl View<'_> {
    /// The whole number of a row.
    #[must_use]
    pub fn unit(&self, row: usize) -> i64 {
        self.units.get(row)
    }

    /// Whether a state says that something is known.
    #[must_use]
    pub fn is_known(state: u8) -> bool {
        state == state::KNOWN
    }
}

/// A node of all rows. Where all that are known have nought, no number is kept.
#[derive(Debug, Clone, Default)]
pub(super) struct Lane {
    pub(super) cells: Option<Cells>,
    pub(super) state: Vec<u8>,
}

impl Lane {
    /// Without a row, with room for so many.
    pub(super) fn with(node: &Node, rows: usize) -> Self {
        let cells = (!node.is_nought()).then(|| Cells::with(Width::of(node.range), rows));
        Self { cells, state: Vec::with_capacity(rows) }
    }

    /// The least and the greatest that is known; nothing where none is.
    pub(super) fn reach(&self) -> Option<(i64, i64)> {
        fn of<T: Cell>(units: &[T], states: &[u8]) -> Option<(i64, i64)> {
            let mut known = units.iter().zip(states).filter(|it| *it.1 == state::KNOWN).map(|it| *it.0);
            let first = known.next()?;
            let (least, most) = known.fold((first, first), |(least, most), it| (least.min(it), most.max(it)));
            Some((least.wide(), most.wide()))
        }
        match &self.cells {
            None => self.state.contains(&state::KNOWN).then_some((0, 0)),
            Some(Cells::Short(all)) => of(all, &self.state),
            Some(Cells::Middle(all)) => of(all, &self.state),
            Some(Cells::Long(all)) => of(all, &self.state),
        }
    }

    /// Adds so many times the numbers of some rows, and a number, to others; what goes beyond wraps.
    pub(super) fn add_to(&self, rows: Range<usize>, (factor, more): (i64, i64), into: &mut [u32]) {
        fn each<T: Cell>(units: &[T], (factor, more): (i64, i64), into: &mut [u32]) {
            let (factor, more) = (factor as u32, more as u32);
            let add = |into: &mut u32, units: T| {
                *into = into.wrapping_add((units.wide() as u32).wrapping_mul(factor)).wrapping_add(more);
            };
            into.iter_mut().zip(units).for_each(|(into, units)| add(into, *units));
        }
        match &self.cells {
            None => into.iter_mut().for_each(|it| *it = it.wrapping_add(more as u32)),
            Some(Cells::Short(all)) => each(&all[rows], (factor, more), into),
            Some(Cells::Middle(all)) => each(&all[rows], (factor, more), into),
            Some(Cells::Long(all)) => each(&all[rows], (factor, more), into),
        }
    }

    pub(super) fn unit(&self, row: usize) -> i64 {
        self.cells.as_ref().map_or(0, |it| it.get(row))
    }

    pub(super) fn push(&mut self, units: i64, state: u8) {
        if let Some(cells) = &mut self.cells {
            cells.push(units);
        }
        self.state.push(state);
    }

    pub(super) fn set(&mut self, row: usize, units: i64, state: u8) {
        if let Some(cells) = &mut self.cells {
            cells.set(row, units);
        }
        self.state[row] = state;
    }

    pub(super) fn extend(&mut self, units: Units<'_>, state: &[u8]) {
        if let Some(cells) = &mut self.cells {
            cells.extend(units);
        }
        self.state.extend_from_slice(state);
    }

    /// Puts the rows of another behind.
    pub(super) fn append(&mut self, more: &Lane) {
        let rows = more.state.len();
        let units = more.cells.as_ref().map_or(Units::Short(&[]), |it| it.view(0..rows));
        self.extend(units, &more.state);
    }
}

#[cfg(test)]
mod tests {
    use super::{Cell, Cells, Units, Width};

    #[test]
    fn a_range_takes_as_few_bytes_as_it_needs() {
        assert_eq!(Width::of((0, 32_767)), Width::Short);
        assert_eq!(Width::of((-32_769, 0)), Width::Middle);
        assert_eq!(Width::of((0, 1 << 31)), Width::Long);
        assert_eq!(Width::of((i64::from(i32::MIN), i64::from(i32::MAX))), Width::Middle);
    }

    #[test]
    fn narrow_numbers_are_looked_at_as_wide_ones() {
        let mut cells = Cells::with(Width::Short, 2);
        cells.extend(Units::Long(&[-7, 32_000]));
        assert_eq!(<i64 as Cell>::copied(cells.view(0..2)).as_ref(), &[-7, 32_000]);
        assert_eq!(cells.view(1..2).get(0), 32_000);
    }
}
