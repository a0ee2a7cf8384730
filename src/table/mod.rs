//! Records as columns: every record of a policy, one column for each field, ready to be asked of all at once.
//!
//! Rows stand in the order in which they came; a record is known by its row. Children stand one owner after another, what is kept by
//! period is a column for each field and period beside its owner's rows, and a reference is the row of what it names. [`AsFacts`] reads
//! the same records one by one, for the evaluator that goes row by row. Start reading at [`Records`].

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock};

use jiff::civil::Date;

use crate::ids::{FieldId, RecordId};
use crate::policy::model::{Policy, Shape};
use crate::value::{Known, RecordRef};

mod build;
mod bytes;
mod column;
mod dated;
mod facts;
mod filling;
mod hash;
mod keys;
mod load;
mod referring;

pub use build::{Ahead, asked_imposed, gather};
pub(crate) use column::blank_value;
pub use column::{Column, Held, NOWHERE, Units};
pub use dated::Dated;
pub use facts::AsFacts;
pub use filling::Filling;
pub use keys::Keys;
pub use load::Loading;
pub use referring::Referring;

/// When something was imposed, and the day on which it was ended before its time.
pub type Imposed = Vec<(Date, Option<Date>)>;

/// Every record of a policy, as columns.
#[derive(Debug, Default)]
pub struct Records {
    types: Vec<Rows>,
    /// What is kept by period: panel and first day of the period, a column for each field, beside the rows of its owners.
    panels: BTreeMap<(RecordId, Date), Vec<Column>>,
    /// What was imposed on whom, by rule.
    imposed: HashMap<(RecordId, u32), BTreeMap<String, Imposed>>,
    /// Who refers to whom, made when it is first asked.
    referring: Mutex<HashMap<(RecordId, FieldId), Arc<Referring>>>,
}

/// The records of one type.
#[derive(Debug, Default)]
pub struct Rows {
    called: Called,
    fields: Vec<Field>,
    /// For children the row of each one's owner.
    owner: Vec<u32>,
    /// For children, by the owner's row, where its stretch of rows begins; one more at the end.
    first_of_owner: Vec<u32>,
    /// When the first period begins for which anything is kept of each; the last of days where nothing is.
    first_kept: Vec<Date>,
    /// The most children that one owner has, and how far the first periods reach, once somebody has asked.
    most_of_owner: OnceLock<usize>,
    first_kept_reach: OnceLock<(Option<(Date, Date)>, bool)>,
}

/// How the records of a type are called.
#[derive(Debug)]
enum Called {
    /// By keys of their own.
    Keys(Keys),
    /// By their owner, and a number among its children: those that are not numbered one after another by the numbers given.
    OfOwner { owners: RecordId, numbers: Option<Vec<i64>> },
}

impl Default for Called {
    fn default() -> Self {
        Called::Keys(Keys::default())
    }
}

/// A field of all records of a type.
#[derive(Debug)]
pub enum Field {
    /// What they are called.
    Key,
    /// It is what it is.
    Plain(Column),
    /// It held one value after another.
    Dated(Dated),
}

impl Records {
    /// The records of a type.
    #[must_use]
    pub fn rows(&self, record: RecordId) -> &Rows {
        &self.types[record.index()]
    }

    /// A field of what is kept by period, beside the rows of its owners; nothing where nothing is kept for that period.
    #[must_use]
    pub fn panel(&self, panel: RecordId, first: Date, field: FieldId) -> Option<&Column> {
        self.panels.get(&(panel, first)).map(|it| &it[field.index()])
    }

    /// What was imposed on a record by a rule.
    #[must_use]
    pub fn imposed(&self, of: &RecordRef, rule: &str) -> Imposed {
        let row = self.row(of).and_then(|it| u32::try_from(it).ok());
        let found = row.and_then(|row| self.imposed.get(&(of.record, row))?.get(rule));
        found.cloned().unwrap_or_default()
    }

    /// A record by its row.
    #[must_use]
    pub fn record(&self, record: RecordId, row: usize) -> RecordRef {
        RecordRef { record, key: self.key(record, row) }
    }

    /// What a record is called.
    #[must_use]
    pub fn key(&self, record: RecordId, row: usize) -> Arc<str> {
        let rows = self.rows(record);
        match &rows.called {
            Called::Keys(keys) => keys.key(row),
            Called::OfOwner { owners, numbers } => {
                let owner = rows.owner[row] as usize;
                let place = |row: usize| i64::try_from(row - rows.of_owner(owner).start + 1).unwrap_or(i64::MAX);
                let number = numbers.as_ref().map_or_else(|| place(row), |it| it[row]);
                Arc::from(format!("{}/{number}", self.key(*owners, owner)))
            }
        }
    }

    /// The same as a value.
    #[must_use]
    pub fn named(&self, record: RecordId, row: usize) -> Known {
        Known::Record(self.record(record, row))
    }

    /// The row of a record.
    #[must_use]
    pub fn row(&self, of: &RecordRef) -> Option<usize> {
        self.row_of(of.record, &of.key)
    }

    fn row_of(&self, record: RecordId, key: &str) -> Option<usize> {
        let rows = self.rows(record);
        match &rows.called {
            Called::Keys(keys) => keys.row(key).map(|it| it as usize),
            Called::OfOwner { owners, numbers } => {
                let (owner, number) = key.rsplit_once('/')?;
                let own = rows.of_owner(self.row_of(*owners, owner)?);
                let number: i64 = number.parse().ok()?;
                match numbers {
                    Some(numbers) => own.into_iter().find(|it| numbers[*it] == number),
                    None => own
                        .start
                        .checked_add(usize::try_from(number).ok()?.checked_sub(1)?)
                        .filter(|it| own.contains(it)),
                }
            }
        }
    }
}

impl Rows {
    /// How many records there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.called {
            Called::Keys(keys) => keys.len(),
            Called::OfOwner { .. } => self.owner.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many rows there are, with those of records that are only named by others.
    #[must_use]
    pub fn with_named(&self) -> usize {
        match &self.called {
            Called::Keys(keys) => keys.with_named(),
            Called::OfOwner { .. } => self.owner.len(),
        }
    }

    /// A field.
    #[must_use]
    pub fn field(&self, field: FieldId) -> &Field {
        &self.fields[field.index()]
    }

    /// For children, the owners' rows.
    #[must_use]
    pub fn owners(&self) -> &[u32] {
        &self.owner
    }

    /// For children, the rows of those of an owner.
    #[must_use]
    pub fn of_owner(&self, owner: usize) -> std::ops::Range<usize> {
        match self.first_of_owner.get(owner + 1) {
            Some(end) => self.first_of_owner[owner] as usize..*end as usize,
            None => 0..0,
        }
    }

    /// For children, the most that one owner has.
    #[must_use]
    pub fn most_of_owner(&self) -> usize {
        *self.most_of_owner.get_or_init(|| {
            let of_each = self.first_of_owner.windows(2).map(|it| it[1] - it[0]);
            of_each.max().map_or(0, |it| it as usize)
        })
    }

    /// The earliest and the latest of the first periods for which anything is kept, and whether there are records of which nothing is.
    #[must_use]
    pub fn first_kept_reach(&self) -> (Option<(Date, Date)>, bool) {
        *self.first_kept_reach.get_or_init(|| {
            let kept = self.first_kept.iter().copied().filter(|it| *it < Date::MAX);
            let reach = kept.clone().min().zip(kept.clone().max());
            (reach, kept.count() < self.with_named())
        })
    }

    /// When the first period begins for which anything is kept of a record.
    #[must_use]
    pub fn first_kept(&self, row: usize) -> Option<Date> {
        self.first_kept.get(row).copied().filter(|it| *it < Date::MAX)
    }
}

/// The type that owns what is kept by period or any number of times.
fn owner_of(policy: &Policy, record: RecordId) -> Option<RecordId> {
    match policy.record(record).shape {
        Shape::Entity { .. } => None,
        Shape::Panel { of, .. } | Shape::Child { of } => Some(of),
    }
}
