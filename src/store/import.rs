//! Imports: new and changed records, all of several files or nothing, with what was there before and from when it holds.

use jiff::civil::Date;
use rusqlite::types::{ToSqlOutput, Value as Cell, ValueRef};
use rusqlite::{CachedStatement, OptionalExtension, Statement, ToSql, params};

use crate::ids::{FieldId, RecordId};
use crate::policy::model::{Field, Policy};
use crate::store::dirty::Touched;
use crate::store::records::{cell, key_columns, quoted, table};
use crate::store::sqlite::{SqliteStore, disk};
use crate::store::{Applied, ImportNote, RecordChange, StoreError};
use crate::value::Known;

/// After how many records the caller is told how far the writing is.
const TOLD_EVERY: u64 = 1_000;

/// What one import commit is about.
struct Commit<'p> {
    policy: &'p Policy,
    rev: i64,
    today: Date,
    /// The last day that a run has looked at; what begins to hold later is looked at when its day comes.
    seen: Date,
    /// How many changes it has noted.
    noted: i64,
    /// How many records it has looked at.
    records: u64,
    touched: Touched,
}

/// How records of one type are written when these fields are given.
struct Table<'s, 'p> {
    record: RecordId,
    given: Vec<FieldId>,
    /// The given fields but the key, each with its place among the given ones.
    fields: Vec<Given<'p>>,
    /// Where the period or number stands, if the records have one.
    part: Option<&'static str>,
    insert: CachedStatement<'s>,
    select: CachedStatement<'s>,
}

struct Given<'p> {
    at: usize,
    id: FieldId,
    field: &'p Field,
}

impl<'p> Given<'p> {
    fn value<'c>(&self, change: &'c RecordChange) -> Option<&'c Known> {
        change.fields.get(self.at).and_then(|it| it.1.as_ref())
    }
}

impl SqliteStore {
    pub(super) fn import_changes(
        &mut self,
        policy: &Policy,
        files: &[(ImportNote, Vec<RecordChange>)],
        at: i64,
        written: &mut dyn FnMut(u64),
    ) -> Result<Vec<Applied>, StoreError> {
        self.begin_immediate()?;
        let result = self.write_files(policy, files, at, written);
        match result {
            Ok(applied) => self.end(applied),
            Err(error) => {
                self.abandon()?;
                Err(error)
            }
        }
    }

    fn write_files(
        &self,
        policy: &Policy,
        files: &[(ImportNote, Vec<RecordChange>)],
        at: i64,
        written: &mut dyn FnMut(u64),
    ) -> Result<Vec<Applied>, StoreError> {
        let mut commit = self.next_commit(policy, at)?;
        let rev = commit.rev;
        let first = self.next_import()?;
        let mut all = Vec::with_capacity(files.len());
        for ((note, changes), id) in files.iter().zip(first..) {
            self.connection
                .prepare_cached("insert into imports values (?1, ?2, ?3, ?4, ?5, ?6, ?7, null)")
                .map_err(disk)?
                .execute(params![id, note.source, note.sha256, note.mapping, note.good, note.rejected, rev])
                .map_err(disk)?;
            all.push(self.write_changes(&mut commit, changes, written)?);
        }
        self.mark_dirty(policy, &commit.touched, rev)?;
        self.call(policy, &commit.touched, commit.today, rev)?;
        let sources: Vec<&str> = files.iter().map(|(note, _)| note.source.as_str()).collect();
        self.seal_commit(rev, at, None, &format!("import {}", sources.join(", ")), "import", Some(first))?;
        Ok(all)
    }

    /// Writes records within a unit of work that others end and seal.
    pub(super) fn write_within(
        &self,
        policy: &Policy,
        changes: &[RecordChange],
        at: i64,
    ) -> Result<Applied, StoreError> {
        let mut commit = self.next_commit(policy, at)?;
        let applied = self.write_changes(&mut commit, changes, &mut |_| {})?;
        self.mark_dirty(policy, &commit.touched, commit.rev)?;
        self.call(policy, &commit.touched, commit.today, commit.rev)?;
        Ok(applied)
    }

    fn next_commit<'p>(&self, policy: &'p Policy, at: i64) -> Result<Commit<'p>, StoreError> {
        let state = self.read_state()?;
        let clock = policy.main().day_of(crate::calendar::Moment(at));
        let (rev, today) = (state.rev + 1, state.as_of.map_or(clock, |it| it.max(clock)));
        let seen = state.as_of.or(state.adopted.map(|it| it.min(clock))).unwrap_or(clock);
        Ok(Commit { policy, rev, today, seen, noted: 0, records: 0, touched: Touched::default() })
    }

    fn next_import(&self) -> Result<i64, StoreError> {
        self.connection.query_row("select coalesce(max(id), 0) + 1 from imports", [], |row| row.get(0)).map_err(disk)
    }

    fn write_changes(
        &self,
        commit: &mut Commit<'_>,
        changes: &[RecordChange],
        written: &mut dyn FnMut(u64),
    ) -> Result<Applied, StoreError> {
        let mut applied = Applied::default();
        let mut made: Option<Table<'_, '_>> = None;
        for change in changes {
            let mut table = match made.take().filter(|it| it.fits(change)) {
                Some(table) => table,
                None => self.table_for(commit.policy, change)?,
            };
            self.write_change(commit, &mut table, change, &mut applied)?;
            made = Some(table);
            commit.records += 1;
            if commit.records.is_multiple_of(TOLD_EVERY) {
                written(commit.records);
            }
        }
        Ok(applied)
    }

    fn table_for<'p>(&self, policy: &'p Policy, change: &RecordChange) -> Result<Table<'_, 'p>, StoreError> {
        let (key, part) = key_columns(policy, change.record);
        let name = table(policy, change.record);
        let given: Vec<FieldId> = change.fields.iter().map(|it| it.0).collect();
        let fields: Vec<Given<'_>> = given
            .iter()
            .enumerate()
            .map(|(at, id)| Given { at, id: *id, field: policy.field(change.record, *id) })
            .filter(|it| quoted(&it.field.label.name) != key)
            .collect();
        let columns: Vec<String> = fields.iter().map(|it| quoted(&it.field.label.name)).collect();
        let lead = [key.as_str(), part.unwrap_or("since"), "rev"];
        let names = lead.into_iter().chain(columns.iter().map(String::as_str)).collect::<Vec<_>>().join(", ");
        let marks = vec!["?"; columns.len() + 3].join(", ");
        let insert = format!("insert into {name} ({names}) values ({marks}) on conflict do nothing");
        let place = part.map_or_else(String::new, |part| format!(" and {part} = ?2"));
        let listed = if columns.is_empty() { "1".to_owned() } else { columns.join(", ") };
        let select = format!("select {listed} from {name} where {key} = ?1{place}");
        Ok(Table {
            record: change.record,
            given,
            fields,
            part,
            insert: self.connection.prepare_cached(&insert).map_err(disk)?,
            select: self.connection.prepare_cached(&select).map_err(disk)?,
        })
    }

    /// Writes one record: what is new, what changed and from when, and nothing where it is as it was.
    fn write_change(
        &self,
        commit: &mut Commit<'_>,
        table: &mut Table<'_, '_>,
        change: &RecordChange,
        applied: &mut Applied,
    ) -> Result<(), StoreError> {
        if table.create(commit, change)? {
            self.note_created(commit, table, change)?;
            applied.created += 1;
            commit.touched.created(commit.policy, change);
            return Ok(());
        }
        let old = table.held(change)?;
        let mut any = false;
        for (given, old) in table.fields.iter().zip(&old) {
            let (id, field) = (given.id, given.field);
            let new = cell(commit.policy, field, given.value(change))?;
            let changed = if field.dated {
                self.change_dated(commit, change, (id, field), &new, old)?
            } else if same(&new, old) {
                false
            } else {
                self.set_column(commit.policy, change.record, (&change.key, &change.part), id, &new, commit.rev)?;
                true
            };
            if changed {
                self.note_change(commit, change, &field.label.name, old, &new)?;
                commit.touched.changed(commit.policy, change, id);
                any = true;
            }
        }
        *(if any { &mut applied.changed } else { &mut applied.same }) += 1;
        Ok(())
    }

    /// What a new record holds at first: as a change from nothing, and as dated values where no run has come to their day yet.
    fn note_created(
        &self,
        commit: &mut Commit<'_>,
        table: &Table<'_, '_>,
        change: &RecordChange,
    ) -> Result<(), StoreError> {
        let mut first = String::with_capacity(256);
        for given in &table.fields {
            let field = given.field;
            let new = cell(commit.policy, field, given.value(change))?;
            if reference(&new) == ValueRef::Null {
                continue;
            }
            if field.dated && change.from > commit.seen {
                let name = &commit.policy.record(change.record).label.name;
                self.write_dated(name, &change.key, &field.label.name, change.from, &new, commit.rev)?;
            }
            first.push(if first.is_empty() { '{' } else { ',' });
            push_json(&mut first, ValueRef::Text(field.label.name.as_bytes()));
            first.push(':');
            push_json(&mut first, reference(&new));
        }
        first.push_str(if first.is_empty() { "{}" } else { "}" });
        self.note_change(commit, change, "", &Cell::Null, &first)
    }

    /// Writes a dated value unless it already holds then; the plain column keeps what holds today.
    fn change_dated(
        &self,
        commit: &Commit<'_>,
        change: &RecordChange,
        (id, field): (FieldId, &Field),
        new: &ToSqlOutput<'_>,
        plain: &Cell,
    ) -> Result<bool, StoreError> {
        let (policy, record, key) = (commit.policy, change.record, &*change.key);
        let name = policy.record(record).label.name.as_str();
        if same(new, &self.held_on(policy, record, key, id, change.from)?) {
            return Ok(false);
        }
        self.keep_first_value(policy, record, key, field, plain)?;
        self.write_dated(name, key, &field.label.name, change.from, new, commit.rev)?;
        self.take_over_dated(policy, record, key, id, commit.today, commit.rev)?;
        Ok(true)
    }

    /// Before a dated field first changes, its first value is written among the dated ones, from the day it held.
    fn keep_first_value(
        &self,
        policy: &Policy,
        record: RecordId,
        key: &str,
        field: &Field,
        plain: &Cell,
    ) -> Result<(), StoreError> {
        if *plain == Cell::Null {
            return Ok(());
        }
        let (column, _) = key_columns(policy, record);
        let sql = format!(
            "insert into dated_values
             select ?1, ?2, ?3, r.since, ?4, coalesce((select min(rev) from changes where type = ?1 and id = ?2), 0)
             from {} r where r.{column} = ?2
             and not exists (select 1 from dated_values where type = ?1 and id = ?2 and field = ?3)",
            table(policy, record)
        );
        let name = &policy.record(record).label.name;
        self.connection
            .prepare_cached(&sql)
            .map_err(disk)?
            .execute(params![name, key, field.label.name, plain])
            .map_err(disk)?;
        Ok(())
    }

    /// Puts into the plain column of a dated field what holds on a day.
    pub(super) fn take_over_dated(
        &self,
        policy: &Policy,
        record: RecordId,
        key: &str,
        field: FieldId,
        on: Date,
        rev: i64,
    ) -> Result<(), StoreError> {
        let now = self.held_on(policy, record, key, field, on)?;
        self.set_column(policy, record, (key, ""), field, &now, rev)
    }

    fn set_column(
        &self,
        policy: &Policy,
        record: RecordId,
        (key, part): (&str, &str),
        field: FieldId,
        new: &dyn ToSql,
        rev: i64,
    ) -> Result<(), StoreError> {
        let (key_column, part_column) = key_columns(policy, record);
        let place = part_column.map_or_else(|| "?2 = ?2".to_owned(), |it| format!("{it} = ?2"));
        let column = quoted(&policy.field(record, field).label.name);
        let table = table(policy, record);
        let sql = format!("update {table} set {column} = ?3, rev = ?4 where {key_column} = ?1 and {place}");
        self.connection.prepare_cached(&sql).map_err(disk)?.execute(params![key, part, new, rev]).map_err(disk)?;
        Ok(())
    }

    fn write_dated(
        &self,
        name: &str,
        key: &str,
        field: &str,
        from: Date,
        new: &dyn ToSql,
        rev: i64,
    ) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("insert or replace into dated_values values (?1, ?2, ?3, ?4, ?5, ?6)")
            .map_err(disk)?
            .execute(params![name, key, field, from.to_string(), new, rev])
            .map_err(disk)?;
        Ok(())
    }

    /// What a dated field holds on a day: the last dated value until then; its first value where there is none yet.
    fn held_on(
        &self,
        policy: &Policy,
        record: RecordId,
        key: &str,
        field: FieldId,
        on: Date,
    ) -> Result<Cell, StoreError> {
        let (name, field) = (&policy.record(record).label.name, &policy.field(record, field).label.name);
        let on = on.to_string();
        let dated: Option<Cell> = self
            .connection
            .prepare_cached(
                "select case when since <= ?4 then value end from dated_values
                 where type = ?1 and id = ?2 and field = ?3 order by since <= ?4 desc, since desc, rev desc limit 1",
            )
            .map_err(disk)?
            .query_row(params![name, key, field, on], |row| row.get(0))
            .optional()
            .map_err(disk)?;
        if let Some(value) = dated {
            return Ok(value);
        }
        let (key_column, _) = key_columns(policy, record);
        let (column, table) = (quoted(field), table(policy, record));
        let sql = format!("select case when since <= ?2 then {column} end from {table} where {key_column} = ?1");
        let first = self.connection.prepare_cached(&sql).map_err(disk)?.query_row([key, &on], |row| row.get(0));
        Ok(first.optional().map_err(disk)?.unwrap_or(Cell::Null))
    }

    fn note_change(
        &self,
        commit: &mut Commit<'_>,
        change: &RecordChange,
        field: &str,
        old: &Cell,
        new: &dyn ToSql,
    ) -> Result<(), StoreError> {
        commit.noted += 1;
        let name = &commit.policy.record(change.record).label.name;
        self.connection
            .prepare_cached("insert into changes values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
            .map_err(disk)?
            .execute(params![commit.rev, commit.noted, name, &*change.key, change.part, field, old, new])
            .map_err(disk)?;
        Ok(())
    }
}

impl Table<'_, '_> {
    fn fits(&self, change: &RecordChange) -> bool {
        self.record == change.record && self.given.iter().eq(change.fields.iter().map(|(id, _)| id))
    }

    /// Writes a record that is not there yet; whether it was not.
    fn create(&mut self, commit: &Commit<'_>, change: &RecordChange) -> Result<bool, StoreError> {
        let from = change.from.to_string();
        let later = change.from > commit.today;
        self.insert.raw_bind_parameter(1, &*change.key).map_err(disk)?;
        self.insert.raw_bind_parameter(2, self.part.map_or(&from, |_| &change.part)).map_err(disk)?;
        self.insert.raw_bind_parameter(3, commit.rev).map_err(disk)?;
        for (given, at) in self.fields.iter().zip(4..) {
            let value = given.value(change).filter(|_| !(given.field.dated && later));
            self.insert.raw_bind_parameter(at, cell(commit.policy, given.field, value)?).map_err(disk)?;
        }
        Ok(self.insert.raw_execute().map_err(disk)? == 1)
    }

    fn held(&mut self, change: &RecordChange) -> Result<Vec<Cell>, StoreError> {
        let count = self.fields.len();
        let read = |row: &rusqlite::Row<'_>| (0..count).map(|at| row.get::<_, Cell>(at)).collect();
        let select: &mut Statement<'_> = &mut self.select;
        match self.part {
            None => select.query_row([&*change.key], read),
            Some(_) => select.query_row([&*change.key, change.part.as_str()], read),
        }
        .map_err(disk)
    }
}

fn reference<'v>(value: &'v ToSqlOutput<'v>) -> ValueRef<'v> {
    match value {
        ToSqlOutput::Borrowed(value) => *value,
        ToSqlOutput::Owned(value) => value.into(),
        _ => ValueRef::Null,
    }
}

fn same(new: &ToSqlOutput<'_>, old: &Cell) -> bool {
    reference(new) == ValueRef::from(old)
}

/// A value as JSON, written straight into the text: this runs for each cell of an import.
fn push_json(text: &mut String, value: ValueRef<'_>) {
    use std::fmt::Write;
    match value {
        ValueRef::Integer(number) => _ = write!(text, "{number}"),
        ValueRef::Text(bytes) if bytes.iter().any(|it| *it < b' ' || matches!(it, b'"' | b'\\')) => {
            let words = String::from_utf8_lossy(bytes);
            text.push_str(&serde_json::Value::from(words).to_string());
        }
        ValueRef::Text(bytes) => {
            text.push('"');
            text.push_str(&String::from_utf8_lossy(bytes));
            text.push('"');
        }
        ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => text.push_str("null"),
    }
}
