//! A store as a set of lines, without what may differ when the same work was done in more commits.

use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

/// Every row that must come out the same, whether or not the program was killed on the way.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Picture {
    rows: BTreeSet<String>,
}

/// Columns that number or seal commits, or sum up what does.
const OF_COMMITS: [&str; 6] = ["rev", "n", "hash", "payload_hash", "last_hash", "sum"];
const TABLES: [&str; 9] =
    ["cases", "journal", "deadlines", "tasks", "openings", "expected_openings", "dirty", "dated_values", "changes"];
/// A mail of which nobody knows whether it left counts as left: a mail server is not asked twice.
const EFFECTS: &str =
    "select e.key, e.case_id, e.stage, e.round, e.step, e.nth, e.recipient, e.kind, e.day, e.not_before, e.facts,
    e.message, e.language, replace(coalesce(d.state, e.state), 'ambiguous', 'sent') as state
    from effects e left join deliveries d on d.id = e.delivery";

impl Picture {
    pub(crate) fn of(store: &Path) -> Picture {
        let connection = Connection::open_with_flags(store, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        let mut rows = BTreeSet::new();
        for table in TABLES.map(str::to_owned).into_iter().chain(record_tables(&connection)) {
            take(&connection, &table, &format!("select * from {table}"), &mut rows);
        }
        take(&connection, "effects", EFFECTS, &mut rows);
        take(&connection, "store", "select adopted, as_of, hold from store", &mut rows);
        Picture { rows }
    }

    /// Where this picture differs from the one expected, or nothing.
    pub(crate) fn differs_from(&self, expected: &Picture) -> Option<String> {
        let some = |of: &BTreeSet<String>, not: &BTreeSet<String>| {
            of.difference(not).take(3).cloned().collect::<Vec<_>>().join("\n  ")
        };
        let (more, less) = (some(&self.rows, &expected.rows), some(&expected.rows, &self.rows));
        (self != expected).then(|| format!("only with kills:\n  {more}\nonly without:\n  {less}"))
    }
}

fn record_tables(connection: &Connection) -> Vec<String> {
    let sql = "select name from sqlite_schema where type = 'table' and name like 'r\\_%' escape '\\' order by name";
    let mut statement = connection.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn take(connection: &Connection, table: &str, sql: &str, into: &mut BTreeSet<String>) {
    let mut statement = connection.prepare(sql).unwrap();
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let cell = |at: usize| match row.get_ref(at).unwrap() {
            ValueRef::Null => "-".to_owned(),
            ValueRef::Integer(number) => number.to_string(),
            ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
            other => format!("{other:?}"),
        };
        let kept = names.iter().enumerate().filter(|(_, name)| !OF_COMMITS.contains(&name.as_str()));
        let cells: Vec<String> = kept.map(|(at, name)| format!("{name}={}", cell(at))).collect();
        into.insert(format!("{table}: {}", cells.join(" ")));
    }
}
