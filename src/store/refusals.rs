//! What somebody wanted to do in a case and was refused. It is kept beside the journal: nothing of it has happened.

use rusqlite::params;

use crate::store::StoreError;
use crate::store::points::pass;
use crate::store::sqlite::{SqliteStore, disk};

/// An act that was refused.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RefusedAct {
    /// The machine's clock (seconds UTC).
    #[serde(skip)]
    pub at: i64,
    /// The day that it was asked for (ISO).
    pub day: String,
    /// Who asked, as they named themselves.
    pub who: String,
    /// What they wanted to do.
    pub what: String,
    /// Why not.
    pub why: String,
    /// What would have been possible.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub possible: Option<String>,
}

impl SqliteStore {
    pub(super) fn keep_refusal(&mut self, case_id: i64, refused: &RefusedAct) -> Result<(), StoreError> {
        let RefusedAct { at, day, who, what, why, possible } = refused;
        pass("refusing");
        self.connection
            .prepare_cached("insert into refusals values (null, ?1, ?2, ?3, ?4, ?5, ?6, ?7)")
            .map_err(disk)?
            .execute(params![case_id, at, day, who, what, why, possible])
            .map_err(disk)?;
        pass("refused");
        Ok(())
    }

    pub(super) fn refused_in(&self, case_id: i64) -> Result<Vec<RefusedAct>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("select at, as_of, actor, what, why, possible from refusals where case_id = ?1 order by id")
            .map_err(disk)?;
        let rows = statement.query_map([case_id], |row| {
            Ok(RefusedAct {
                at: row.get(0)?,
                day: row.get(1)?,
                who: row.get(2)?,
                what: row.get(3)?,
                why: row.get(4)?,
                possible: row.get(5)?,
            })
        });
        rows.map_err(disk)?.collect::<Result<_, _>>().map_err(disk)
    }
}
