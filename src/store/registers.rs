//! The registers as the store gives them: views that other tools read, too. `docs/store.md` tells their columns.

use rusqlite::types::ValueRef;

use crate::store::StoreError;
use crate::store::sqlite::{SqliteStore, disk};

/// A view of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Running stages with a due date, a row for each holder.
    Open,
    /// Those of them that were overdue at the end of the last day that was run.
    Overdue,
}

impl View {
    /// All of them.
    pub const ALL: [View; 2] = [View::Open, View::Overdue];

    /// Its name in the store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            View::Open => "register_open",
            View::Overdue => "register_overdue",
        }
    }

    /// Its columns, in order.
    #[must_use]
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            View::Open => &[
                "case_id",
                "workflow",
                "period",
                "subject_type",
                "subject",
                "stage",
                "opens",
                "due",
                "holder_type",
                "holder",
                "capacity",
            ],
            View::Overdue => &[
                "case_id",
                "workflow",
                "period",
                "subject_type",
                "subject",
                "stage",
                "due",
                "days_overdue",
                "holder_type",
                "holder",
                "capacity",
            ],
        }
    }
}

/// What a place in a row of a view holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Held {
    /// Nothing.
    Nothing,
    /// A whole number.
    Number(i64),
    /// Text.
    Text(String),
}

/// A row of a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewRow {
    view: View,
    held: Vec<Held>,
}

impl ViewRow {
    /// What a column holds; nothing where the view has no such column.
    #[must_use]
    pub fn held(&self, column: &str) -> &Held {
        let at = self.view.columns().iter().position(|it| *it == column);
        debug_assert!(at.is_some(), "{} has no column {column}", self.view.name());
        at.and_then(|it| self.held.get(it)).unwrap_or(&Held::Nothing)
    }

    /// A column of text that may be empty.
    #[must_use]
    pub fn maybe(&self, column: &str) -> Option<&str> {
        match self.held(column) {
            Held::Text(text) => Some(text),
            Held::Nothing | Held::Number(_) => None,
        }
    }

    /// A column of text; nothing in it is an empty one.
    #[must_use]
    pub fn text(&self, column: &str) -> &str {
        self.maybe(column).unwrap_or_default()
    }

    /// A column of whole numbers; nothing in it is nought.
    #[must_use]
    pub fn number(&self, column: &str) -> i64 {
        match self.held(column) {
            Held::Number(number) => *number,
            Held::Nothing | Held::Text(_) => 0,
        }
    }
}

impl SqliteStore {
    /// The rows of a view, in the order of its columns.
    pub(super) fn rows_of_view(&self, view: View) -> Result<Vec<ViewRow>, StoreError> {
        let columns = view.columns();
        let places: Vec<String> = (1..=columns.len()).map(|it| it.to_string()).collect();
        let sql = format!("select {} from {} order by {}", columns.join(", "), view.name(), places.join(", "));
        let mut statement = self.connection.prepare_cached(&sql).map_err(disk)?;
        let row = |row: &rusqlite::Row<'_>| {
            let held = (0..columns.len()).map(|at| Ok(held(row.get_ref(at)?)));
            Ok(ViewRow { view, held: held.collect::<rusqlite::Result<_>>()? })
        };
        let rows = statement.query_map([], row).map_err(disk)?;
        rows.collect::<Result<_, _>>().map_err(disk)
    }
}

fn held(value: ValueRef<'_>) -> Held {
    match value {
        ValueRef::Integer(number) => Held::Number(number),
        ValueRef::Text(text) => Held::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => Held::Nothing,
    }
}
