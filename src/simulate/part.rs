//! What some rows came to by one policy: what each rule says of each, and what is paid to those of whom it matters.

use std::ops::Range;

use crate::simulate::patterns::says;
use crate::value::Number;

/// Some rows that follow one another, or all of them.
#[derive(Debug, Default, Clone)]
pub(super) struct Columns {
    /// What each rule says of each row.
    pub(super) says: Vec<Vec<u8>>,
    /// What each rule pays, where it pays.
    pub(super) paid: Vec<Option<Paid>>,
}

/// The same, looked at.
#[derive(Debug)]
pub(super) struct Part<'p> {
    pub(super) rows: usize,
    pub(super) says: Vec<&'p [u8]>,
    pub(super) paid: Vec<Option<Paid>>,
}

/// What a rule pays those to whom it is proposed, or of whom it is undetermined; all others are left out.
#[derive(Debug, Clone)]
pub(super) struct Paid {
    /// Their rows, in their order.
    pub(super) rows: Vec<u32>,
    pub(super) amounts: Amounts,
}

/// Amounts, one after another.
#[derive(Debug, Clone)]
pub(super) enum Amounts {
    /// Whole numbers by one denominator; [`NOT_KNOWN`] where one is not.
    Units(Vec<i64>, i64),
    /// Each for itself.
    Each(Vec<Option<Number>>),
}

/// No unit reaches so far: there is no kernel beyond 62 bits.
pub(super) const NOT_KNOWN: i64 = i64::MIN;

impl Amounts {
    pub(super) fn number(&self, at: usize) -> Option<Number> {
        match self {
            Amounts::Units(units, denominator) => {
                let units = units[at];
                if units == NOT_KNOWN { None } else { Number::fraction(units.into(), (*denominator).into()).ok() }
            }
            Amounts::Each(all) => all[at],
        }
    }

    /// Whether two are the same amount, or neither is known.
    pub(super) fn same(&self, at: usize, other: &Self, there: usize) -> bool {
        match (self, other) {
            (Amounts::Units(own, of), Amounts::Units(others, by)) if of == by => own[at] == others[there],
            _ => self.number(at) == other.number(there),
        }
    }

    /// None, of the same kind.
    fn none(&self) -> Self {
        match self {
            Amounts::Units(_, denominator) => Amounts::Units(Vec::new(), *denominator),
            Amounts::Each(_) => Amounts::Each(Vec::new()),
        }
    }

    fn push(&mut self, from: &Self, at: usize) {
        match (self, from) {
            (Amounts::Units(all, _), Amounts::Units(from, _)) => all.push(from[at]),
            (Amounts::Each(all), from) => all.push(from.number(at)),
            // A rule's amounts are all of one kind.
            (Amounts::Units(all, _), Amounts::Each(_)) => all.push(NOT_KNOWN),
        }
    }
}

impl Paid {
    /// Those of whom it matters, with what `amount` says of each.
    pub(super) fn units(says: &[u8], denominator: i64, mut amount: impl FnMut(usize) -> Option<i64>) -> Self {
        let (mut rows, mut units) = (Vec::new(), Vec::new());
        each_paid(says, |row| {
            rows.push(u32::try_from(row).unwrap_or(u32::MAX));
            units.push(amount(row).unwrap_or(NOT_KNOWN));
        });
        Self { rows, amounts: Amounts::Units(units, denominator) }
    }

    /// The same where each is a number for itself.
    pub(super) fn each(says: &[u8], mut amount: impl FnMut(usize) -> Option<Number>) -> Self {
        let (mut rows, mut numbers) = (Vec::new(), Vec::new());
        each_paid(says, |row| {
            rows.push(u32::try_from(row).unwrap_or(u32::MAX));
            numbers.push(amount(row));
        });
        Self { rows, amounts: Amounts::Each(numbers) }
    }

    /// The place of a row among those of whom it matters.
    pub(super) fn place(&self, row: usize) -> Option<usize> {
        self.rows.binary_search(&u32::try_from(row).ok()?).ok()
    }

    pub(super) fn number(&self, row: usize) -> Option<Number> {
        self.place(row).and_then(|at| self.amounts.number(at))
    }

    /// Those of some rows, which count from the first of them.
    fn within(&self, rows: &Range<usize>) -> Self {
        let from = self.rows.partition_point(|it| (*it as usize) < rows.start);
        let to = self.rows.partition_point(|it| (*it as usize) < rows.end);
        let first = u32::try_from(rows.start).unwrap_or(u32::MAX);
        let amounts = match &self.amounts {
            Amounts::Units(all, denominator) => Amounts::Units(all[from..to].to_vec(), *denominator),
            Amounts::Each(all) => Amounts::Each(all[from..to].to_vec()),
        };
        Self { rows: self.rows[from..to].iter().map(|it| it - first).collect(), amounts }
    }

    /// Those of rows picked in any order.
    fn picked(&self, rows: &[u32]) -> Self {
        let mut picked = Self { rows: Vec::new(), amounts: self.amounts.none() };
        for (at, row) in rows.iter().enumerate() {
            if let Some(place) = self.place(*row as usize) {
                picked.rows.push(u32::try_from(at).unwrap_or(u32::MAX));
                picked.amounts.push(&self.amounts, place);
            }
        }
        picked
    }

    fn extend(&mut self, more: Self, behind: usize) {
        let behind = u32::try_from(behind).unwrap_or(u32::MAX);
        for (at, row) in more.rows.iter().enumerate() {
            self.rows.push(behind + row);
            self.amounts.push(&more.amounts, at);
        }
    }
}

/// The rows of whom it matters what is paid: mostly few.
fn each_paid(of: &[u8], mut each: impl FnMut(usize)) {
    let any = u64::from_ne_bytes([says::PAID; 8]);
    let (eights, rest) = of.as_chunks::<8>();
    for (at, eight) in eights.iter().enumerate() {
        if u64::from_ne_bytes(*eight) & any != 0 {
            (0..8).filter(|it| eight[*it] & says::PAID != 0).for_each(|it| each(8 * at + it));
        }
    }
    let before = of.len() - rest.len();
    (0..rest.len()).filter(|it| rest[*it] & says::PAID != 0).for_each(|it| each(before + it));
}

impl Columns {
    /// Those that follow.
    pub(super) fn extend(&mut self, more: Self) {
        if self.says.is_empty() {
            *self = more;
            return;
        }
        let rows = self.says.first().map_or(0, Vec::len);
        self.says.iter_mut().zip(more.says).for_each(|(all, more)| all.extend(more));
        for (all, more) in self.paid.iter_mut().zip(more.paid) {
            if let (Some(all), Some(more)) = (all, more) {
                all.extend(more, rows);
            }
        }
    }

    /// Some of them.
    pub(super) fn part(&self, rows: Range<usize>) -> Part<'_> {
        Part {
            rows: rows.len(),
            says: self.says.iter().map(|it| &it[rows.clone()]).collect(),
            paid: self.paid.iter().map(|it| it.as_ref().map(|it| it.within(&rows))).collect(),
        }
    }

    /// Rows in any order.
    pub(super) fn picked(&self, rows: &[u32]) -> Self {
        Self {
            says: self.says.iter().map(|it| rows.iter().map(|row| it[*row as usize]).collect()).collect(),
            paid: self.paid.iter().map(|it| it.as_ref().map(|it| it.picked(rows))).collect(),
        }
    }
}

impl Part<'_> {
    /// The same, kept.
    pub(super) fn kept(&self) -> Columns {
        Columns { says: self.says.iter().map(|it| it.to_vec()).collect(), paid: self.paid.clone() }
    }
}
