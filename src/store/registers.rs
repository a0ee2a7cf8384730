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
    /// Every stage of every case, as it came out.
    Stages,
    /// Those of workflows with a period that were late or never done.
    Missed,
    /// Where appeals are heard.
    Appeals,
    /// What took effect and was not ended.
    InForce,
    /// Cases in which a committee can't reach its quorum.
    Quorum,
    /// Open decisions that lie with a committee.
    BeforeCommittees,
    /// Days on which somebody on a committee voted.
    Meetings,
    /// What was proposed, took effect or was dismissed, each on its day.
    Decisions,
    /// How many of these in each quarter.
    Returns,
    /// To which groups records belong.
    Groups,
    /// Groups by what they did in time.
    Ranking,
    /// States that last some time at most, and go on.
    Lasting,
}

impl View {
    /// All of them.
    pub const ALL: [View; 14] = [
        View::Open,
        View::Overdue,
        View::Stages,
        View::Missed,
        View::Appeals,
        View::InForce,
        View::Quorum,
        View::BeforeCommittees,
        View::Meetings,
        View::Decisions,
        View::Returns,
        View::Groups,
        View::Ranking,
        View::Lasting,
    ];

    /// Its name in the store.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.described().0
    }

    /// Its columns, in order.
    pub fn columns(self) -> impl Iterator<Item = &'static str> {
        self.described().1.split(' ')
    }

    fn described(self) -> (&'static str, &'static str) {
        match self {
            View::Open => (
                "register_open",
                "case_id workflow period subject_type subject stage opens due holder_type holder capacity",
            ),
            View::Overdue => (
                "register_overdue",
                "case_id workflow period subject_type subject stage due days_overdue holder_type holder capacity",
            ),
            View::Stages => {
                ("register_stages", "case_id workflow period hears subject_type subject stage due ended result")
            }
            View::Missed => {
                ("register_missed", "case_id workflow period subject_type subject stage due ended result days_late")
            }
            View::Appeals => (
                "register_appeals",
                "case_id workflow period subject_type subject rule stage opens due days_open stays holders",
            ),
            View::Quorum => (
                "register_quorum",
                "case_id workflow period subject_type subject committee stage opens due members why",
            ),
            View::BeforeCommittees => {
                ("register_before_committees", "case_id workflow period subject_type subject committee stage opens due")
            }
            View::Meetings => {
                ("register_meetings", "committee day case_id workflow period subject_type subject stage votes")
            }
            View::Decisions => (
                "register_decisions",
                "framework period kind rule became day year quarter subject_type subject amount_units currency case_id",
            ),
            View::Returns => (
                "register_returns",
                "year quarter framework kind rule proposed took_effect dismissed amount_units currency",
            ),
            View::Groups => ("register_groups", "subject_type subject field group_id"),
            View::Ranking => {
                ("register_ranking", "workflow period field place group_id due in_time late not_done percent_in_time")
            }
            View::Lasting => {
                ("register_lasting", "case_id workflow period subject_type subject stage since until days_left")
            }
            View::InForce => ("register_in_force", "framework period subject_type subject kind rule since case_id"),
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
        let at = self.view.columns().position(|it| it == column);
        debug_assert!(at.is_some(), "{} has no column {column}", self.view.name());
        at.and_then(|it| self.held.get(it)).unwrap_or(&Held::Nothing)
    }

    /// Whether it is a row of this view.
    #[must_use]
    pub fn is_of(&self, view: View) -> bool {
        self.view == view
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
        let columns: Vec<&str> = view.columns().collect();
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
