//! A column that is filled value by value, in as few bytes as what came so far needs: what a builder makes of the same values, without
//! eight bytes for each of them meanwhile.

use std::sync::Arc;

use crate::policy::model::{Blank, Field};
use crate::table::column::{denominator_of, units_of};
use crate::table::{Column, Held, Units};
use crate::value::Known;

/// A column to be, in which every row is blank until something is put there.
#[derive(Debug)]
pub struct Filling {
    held: Filled,
    known: Vec<bool>,
    blank: Blank,
}

#[derive(Debug)]
enum Filled {
    Units {
        units: Units,
        denominator: i64,
        range: Option<(i64, i64)>,
    },
    Texts {
        texts: Vec<Arc<str>>,
        nothing: Arc<str>,
    },
    /// For a field whose denominator is too great for whole numbers.
    Values(Vec<Option<Known>>),
}

impl Filling {
    /// So many rows of a field.
    #[must_use]
    pub fn new(field: &Field, rows: usize) -> Self {
        let held = match (field.kind.is_text(), denominator_of(&field.kind)) {
            (true, _) => {
                let nothing: Arc<str> = Arc::from("");
                Filled::Texts { texts: vec![Arc::clone(&nothing); rows], nothing }
            }
            (false, Some(denominator)) => Filled::Units { units: Units::One(vec![0; rows]), denominator, range: None },
            (false, None) => Filled::Values(vec![None; rows]),
        };
        Self { held, known: vec![false; rows], blank: field.blank }
    }

    /// How many rows it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether it has no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Whether it takes whole numbers, and not values.
    #[must_use]
    pub fn takes_units(&self) -> bool {
        matches!(self.held, Filled::Units { .. })
    }

    /// Whether anything is known of any row.
    #[must_use]
    pub fn has_any(&self) -> bool {
        self.known.contains(&true)
    }

    /// One more row, blank.
    pub fn grow(&mut self) {
        match &mut self.held {
            Filled::Units { units, .. } => put_behind(units),
            Filled::Texts { texts, nothing } => texts.push(Arc::clone(nothing)),
            Filled::Values(values) => values.push(None),
        }
        self.known.push(false);
    }

    /// Puts a number of units where nothing was: days since 1970, the place of a choice, the row of a record, as its kind says.
    pub fn put_units(&mut self, row: usize, number: i64) {
        let Filled::Units { units, range, .. } = &mut self.held else { return };
        put(units, row, number);
        let (least, most) = range.unwrap_or((number, number));
        *range = Some((least.min(number), most.max(number)));
        self.known[row] = true;
    }

    /// Puts a text where nothing was.
    pub fn put_text(&mut self, row: usize, text: &str) {
        let Filled::Texts { texts, .. } = &mut self.held else { return };
        texts[row] = Arc::from(text);
        self.known[row] = true;
    }

    /// Puts a value where nothing was; a record by its row.
    pub fn put_known(&mut self, row: usize, value: &Known) {
        match (&mut self.held, value) {
            (Filled::Texts { .. }, Known::Text(text)) => self.put_text(row, text),
            (Filled::Values(values), value) => {
                values[row] = Some(value.clone());
                self.known[row] = true;
            }
            (Filled::Units { denominator, .. }, value) => {
                if let Some(units) = units_of(value, *denominator) {
                    self.put_units(row, units);
                }
            }
            (Filled::Texts { .. }, _) => {}
        }
    }

    /// The column.
    #[must_use]
    pub fn column(self, field: &Field) -> Column {
        let known = self.known.contains(&false).then_some(self.known);
        match self.held {
            Filled::Units { units, denominator, range } => {
                Column { held: Held::Units { units, denominator, range }, known, blank: self.blank }
            }
            Filled::Texts { texts, .. } => Column { held: Held::Texts(texts), known, blank: self.blank },
            Filled::Values(values) => Column::of_values(field, values),
        }
    }
}

fn put_behind(units: &mut Units) {
    match units {
        Units::One(all) => all.push(0),
        Units::Two(all) => all.push(0),
        Units::Four(all) => all.push(0),
        Units::Eight(all) => all.push(0),
    }
}

/// Puts a number in its place, after making all of them wider where it does not fit.
fn put(units: &mut Units, row: usize, number: i64) {
    fn fits<T: TryFrom<i64>>(place: &mut T, number: i64) -> bool {
        T::try_from(number).map(|it| *place = it).is_ok()
    }
    loop {
        let done = match units {
            Units::One(all) => fits(&mut all[row], number),
            Units::Two(all) => fits(&mut all[row], number),
            Units::Four(all) => fits(&mut all[row], number),
            Units::Eight(all) => fits(&mut all[row], number),
        };
        if done {
            return;
        }
        *units = match units {
            Units::One(all) => Units::Two(wider(all)),
            Units::Two(all) => Units::Four(wider(all)),
            Units::Four(all) => Units::Eight(wider(all)),
            Units::Eight(_) => return,
        };
    }
}

fn wider<A: Copy, B: From<A>>(all: &[A]) -> Vec<B> {
    all.iter().map(|it| B::from(*it)).collect()
}
