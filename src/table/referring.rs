//! References the other way round: who names a record.

use std::sync::{Arc, PoisonError};

use crate::ids::{FieldId, RecordId};
use crate::table::{Column, Field, Held, Records};

/// For each record, the rows of those of which a field names it, or did on some day.
#[derive(Debug, Default)]
pub struct Referring {
    /// Where those of each row begin; one more at the end.
    first: Vec<u32>,
    rows: Vec<u32>,
    most: usize,
}

impl Referring {
    /// Those that name a row, in order.
    #[must_use]
    pub fn to(&self, row: usize) -> &[u32] {
        match self.first.get(row + 1) {
            Some(end) => &self.rows[self.first[row] as usize..*end as usize],
            None => &[],
        }
    }

    /// The most that name one row.
    #[must_use]
    pub fn most(&self) -> usize {
        self.most
    }

    /// From pairs of the one named and the one that names.
    fn of(count: usize, mut pairs: Vec<(u32, u32)>) -> Self {
        pairs.sort_unstable();
        pairs.dedup();
        let mut first = vec![0; count + 1];
        for (named, _) in &pairs {
            first[*named as usize + 1] += 1;
        }
        let most = first.iter().max().map_or(0, |it: &u32| *it as usize);
        for at in 0..count {
            first[at + 1] += first[at];
        }
        Self { first, most, rows: pairs.into_iter().map(|it| it.1).collect() }
    }
}

impl Records {
    /// Who of a type names a record of another by a field; made once.
    #[must_use]
    pub fn referring(&self, to: RecordId, kind: RecordId, field: FieldId) -> Arc<Referring> {
        let mut made = self.referring.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(made.entry((kind, field)).or_insert_with(|| {
            let rows = self.rows(kind);
            let mut pairs = Vec::new();
            let mut take = |column: &Column, at: usize, row: usize| {
                if let (Held::Units { units, .. }, true) = (&column.held, column.is_known(at)) {
                    pairs.push((
                        u32::try_from(units.get(at)).unwrap_or(u32::MAX),
                        u32::try_from(row).unwrap_or(u32::MAX),
                    ));
                }
            };
            match rows.field(field) {
                Field::Key => {}
                Field::Plain(column) => (0..rows.len()).for_each(|row| take(column, row, row)),
                Field::Dated(dated) => {
                    for row in 0..rows.len() {
                        let (_, values) = dated.held_on(row, jiff::civil::Date::MIN);
                        dated.of_row(row).for_each(|(_, at)| take(values, at, row));
                    }
                }
            }
            Arc::new(Referring::of(self.rows(to).with_named(), pairs))
        }))
    }
}
