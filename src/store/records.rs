//! Records: tables made from the policy's record types, imports, and what was changed.

use std::sync::Arc;

use jiff::civil::Date;
use rusqlite::types::{Value as Cell, ValueRef};
use rusqlite::{OptionalExtension, params, params_from_iter};

use crate::ids::{FieldId, RecordId};
use crate::policy::model::{Field, FieldKind, Policy, Shape};
use crate::store::dirty::Touched;
use crate::store::sqlite::{SqliteStore, disk};
use crate::store::{Applied, ImportNote, RecordChange, StoreError};
use crate::value::{Known, Number, RecordRef};

/// A name quoted for SQL.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The table of a record type.
pub(super) fn table(policy: &Policy, record: RecordId) -> String {
    quoted(&format!("r_{}", policy.record(record).label.name))
}

/// The columns that tell records of a type apart.
pub(super) fn key_columns(policy: &Policy, record: RecordId) -> (String, Option<&'static str>) {
    let kind = policy.record(record);
    match kind.shape {
        Shape::Entity { key } => (quoted(&kind.fields[key.index()].label.name), None),
        Shape::Panel { .. } => (quoted("of_id"), Some("period")),
        Shape::Child { .. } => (quoted("of_id"), Some("n")),
    }
}

pub(super) fn scale_of(kind: &FieldKind) -> u8 {
    match kind {
        FieldKind::Number { decimals, .. } | FieldKind::Money { decimals, .. } => *decimals,
        _ => 0,
    }
}

fn column_type(kind: &FieldKind) -> &'static str {
    match kind {
        FieldKind::Number { .. }
        | FieldKind::Money { .. }
        | FieldKind::Timestamp
        | FieldKind::Duration(_)
        | FieldKind::YesNo => "integer",
        FieldKind::Text
        | FieldKind::Date
        | FieldKind::Event
        | FieldKind::Choice(_)
        | FieldKind::Reference(_)
        | FieldKind::Email
        | FieldKind::Phone => "text",
    }
}

fn kind_word(kind: &FieldKind) -> &'static str {
    match kind {
        FieldKind::Text => "text",
        FieldKind::Number { percent: true, .. } => "percent",
        FieldKind::Number { .. } => "number",
        FieldKind::Money { .. } => "money",
        FieldKind::Date => "date",
        FieldKind::Event => "event",
        FieldKind::Timestamp => "timestamp",
        FieldKind::Duration(_) => "duration",
        FieldKind::YesNo => "yes/no",
        FieldKind::Choice(_) => "choice",
        FieldKind::Reference(_) => "reference",
        FieldKind::Email => "email",
        FieldKind::Phone => "phone",
    }
}

/// A value as its column holds it.
pub(super) fn cell(policy: &Policy, field: &Field, value: &Known) -> Result<Cell, StoreError> {
    let unfit = || StoreError::Refused(format!("a value of `{}` does not fit its type", field.label.name));
    let scaled = |number: &Number| {
        let units = number.to_scaled(scale_of(&field.kind)).and_then(|it| i64::try_from(it).ok());
        units.map(Cell::Integer).ok_or_else(unfit)
    };
    match (value, &field.kind) {
        (Known::Number(number), FieldKind::Number { percent: true, .. }) => {
            scaled(&number.multiply(Number::from(100)).map_err(|_| unfit())?)
        }
        (Known::Number(number), _) => scaled(number),
        (Known::Money { amount, .. }, _) => scaled(amount),
        (Known::YesNo(yes), _) => Ok(Cell::Integer(i64::from(*yes))),
        (Known::Date(day), _) => Ok(Cell::Text(day.to_string())),
        (Known::Moment(at), _) => Ok(Cell::Integer(*at)),
        (Known::Duration { count, .. }, _) => Ok(Cell::Integer(*count)),
        (Known::Text(text), _) => Ok(Cell::Text(text.to_string())),
        (Known::Choice(list, at), _) => {
            let choice = policy.choices[list.index()].choices.get(*at as usize).ok_or_else(unfit)?;
            Ok(Cell::Text(choice.name.clone()))
        }
        (Known::Record(record), _) => Ok(Cell::Text(record.key.to_string())),
    }
}

/// What a column holds as a value; nothing for an empty one.
pub(super) fn known(policy: &Policy, kind: &FieldKind, held: ValueRef<'_>) -> Option<Known> {
    let text = || held.as_str().ok();
    let integer = || held.as_i64().ok();
    let number = || Number::from_scaled(i128::from(integer()?), scale_of(kind)).ok();
    Some(match kind {
        FieldKind::Number { percent: true, .. } => Known::Number(number()?.divide(Number::from(100)).ok()?),
        FieldKind::Number { .. } => Known::Number(number()?),
        FieldKind::Money { currency, .. } => Known::Money { amount: number()?, currency: Arc::clone(currency) },
        FieldKind::Date | FieldKind::Event => Known::Date(text()?.parse().ok()?),
        FieldKind::Timestamp => Known::Moment(integer()?),
        FieldKind::Duration(unit) => Known::Duration { count: integer()?, unit: *unit },
        FieldKind::YesNo => Known::YesNo(integer()? != 0),
        FieldKind::Choice(list) => {
            let name = text()?;
            let at = policy.choices[list.index()].choices.iter().position(|it| it.name == name)?;
            Known::Choice(*list, u32::try_from(at).ok()?)
        }
        FieldKind::Reference(record) => Known::Record(RecordRef { record: *record, key: Arc::from(text()?) }),
        FieldKind::Text | FieldKind::Email | FieldKind::Phone => Known::Text(Arc::from(text()?)),
    })
}

impl SqliteStore {
    /// Makes or widens the tables of the policy's records.
    pub(super) fn shape_records(&self, policy: &Policy, rev: i64) -> Result<(), StoreError> {
        for (at, kind) in policy.records.iter().enumerate() {
            let record = RecordId::at(at);
            let (shape, parent) = match kind.shape {
                Shape::Entity { .. } => ("entity", None),
                Shape::Panel { of, .. } => ("panel", Some(of)),
                Shape::Child { of } => ("child", Some(of)),
            };
            let parent = parent.map(|it| policy.record(it).label.name.clone());
            self.connection
                .execute(
                    "insert into record_types values (?1, ?2, ?3, ?4) on conflict (name) do update set title = excluded.title",
                    params![kind.label.name, shape, parent, kind.label.title],
                )
                .map_err(disk)?;
            let known: Option<String> = self
                .connection
                .query_row("select shape from record_types where name = ?1", [&kind.label.name], |row| row.get(0))
                .optional()
                .map_err(disk)?;
            if known.as_deref() != Some(shape) {
                return Err(StoreError::Refused(format!(
                    "the store keeps `{}` in another shape; give the new record another name",
                    kind.label.name
                )));
            }
            self.make_table(policy, record)?;
            for field in &kind.fields {
                self.make_field(policy, record, field, rev)?;
            }
        }
        Ok(())
    }

    fn make_table(&self, policy: &Policy, record: RecordId) -> Result<(), StoreError> {
        let (key, part) = key_columns(policy, record);
        let (part_column, primary) = match part {
            None => (String::new(), key.clone()),
            Some("n") => (", n text not null".to_owned(), format!("{key}, n")),
            Some(part) => (format!(", {part} text not null"), format!("{key}, {part}")),
        };
        let sql = format!(
            "create table if not exists {} ({key} text not null{part_column}, rev integer not null, primary key ({primary})) strict, without rowid",
            table(policy, record)
        );
        self.connection.execute_batch(&sql).map_err(disk)
    }

    fn make_field(&self, policy: &Policy, record: RecordId, field: &Field, rev: i64) -> Result<(), StoreError> {
        let kind = policy.record(record);
        let (name, word, scale) = (&kind.label.name, kind_word(&field.kind), scale_of(&field.kind));
        let known: Option<(String, u8)> = self
            .connection
            .query_row(
                "select kind, scale from fields where type = ?1 and name = ?2",
                params![name, field.label.name],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()
            .map_err(disk)?;
        if let Some((was, was_scale)) = known {
            if was != word || was_scale != scale {
                return Err(StoreError::Refused(format!(
                    "`{name}.{}` is kept as {was} with {was_scale} decimals and can't become {word} with {scale}; give the new field another name",
                    field.label.name
                )));
            }
            return Ok(());
        }
        let unit = match &field.kind {
            FieldKind::Money { currency, .. } => Some(currency.to_string()),
            FieldKind::Reference(to) => Some(policy.record(*to).label.name.clone()),
            _ => None,
        };
        self.connection
            .execute(
                "insert into fields values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, null)",
                params![name, field.label.name, word, scale, unit, field.dated, field.sealed, field.label.title, rev],
            )
            .map_err(disk)?;
        let (key, _) = key_columns(policy, record);
        let column = quoted(&field.label.name);
        if column == key {
            return Ok(());
        }
        let add = format!("alter table {} add column {column} {}", table(policy, record), column_type(&field.kind));
        self.connection.execute_batch(&add).map_err(disk)?;
        if matches!(field.kind, FieldKind::Reference(_)) {
            let index = quoted(&format!("r_{name}_{}", field.label.name));
            let sql =
                format!("create index {index} on {} ({column}) where {column} is not null", table(policy, record));
            self.connection.execute_batch(&sql).map_err(disk)?;
        }
        Ok(())
    }

    pub(super) fn import_changes(
        &mut self,
        policy: &Policy,
        changes: &mut dyn Iterator<Item = RecordChange>,
        note: &ImportNote,
        at: i64,
    ) -> Result<Applied, StoreError> {
        self.begin_immediate()?;
        let result = self.write_changes(policy, changes, note, at);
        match result {
            Ok(applied) => self.end(applied),
            Err(error) => {
                self.abandon()?;
                Err(error)
            }
        }
    }

    fn write_changes(
        &self,
        policy: &Policy,
        changes: &mut dyn Iterator<Item = RecordChange>,
        note: &ImportNote,
        at: i64,
    ) -> Result<Applied, StoreError> {
        let state = self.read_state()?;
        let rev = state.rev + 1;
        let today = state.as_of.unwrap_or_else(|| policy.main().day_of(crate::calendar::Moment(at)));
        let today = today.max(policy.main().day_of(crate::calendar::Moment(at)));
        let import = self.next_import()?;
        self.connection
            .execute(
                "insert into imports values (?1, ?2, ?3, ?4, ?5, ?6, ?7, null)",
                params![import, note.source, note.sha256, note.mapping, note.good, note.rejected, rev],
            )
            .map_err(disk)?;
        let mut applied = Applied::default();
        let mut touched = Touched::default();
        for change in changes {
            self.write_change(policy, &change, rev, today, &mut applied, &mut touched)?;
        }
        self.mark_dirty(policy, &touched, rev)?;
        self.seal_commit(rev, at, None, &format!("import {}", note.source), "import", Some(import))?;
        Ok(applied)
    }

    fn next_import(&self) -> Result<i64, StoreError> {
        self.connection.query_row("select coalesce(max(id), 0) + 1 from imports", [], |row| row.get(0)).map_err(disk)
    }

    /// Writes one record: what is new, what changed and from when, and nothing where it is as it was.
    fn write_change(
        &self,
        policy: &Policy,
        change: &RecordChange,
        rev: i64,
        today: Date,
        applied: &mut Applied,
        touched: &mut Touched,
    ) -> Result<(), StoreError> {
        let kind = policy.record(change.record);
        let (key, part) = key_columns(policy, change.record);
        let table = table(policy, change.record);
        let fields: Vec<(FieldId, &Field, Cell)> = change
            .fields
            .iter()
            .filter(|(id, _)| quoted(&policy.field(change.record, *id).label.name) != key)
            .map(|(id, value)| {
                let field = policy.field(change.record, *id);
                let cell = value.as_ref().map_or(Ok(Cell::Null), |it| cell(policy, field, it))?;
                Ok((*id, field, cell))
            })
            .collect::<Result<_, StoreError>>()?;
        let columns: Vec<String> = fields.iter().map(|(_, field, _)| quoted(&field.label.name)).collect();
        let place = part.map_or_else(|| format!("{key} = ?1"), |part| format!("{key} = ?1 and {part} = ?2"));
        let listed = if columns.is_empty() { "1".to_owned() } else { columns.join(", ") };
        let found = format!("select {listed} from {table} where {place}");
        let mut select = self.connection.prepare_cached(&found).map_err(disk)?;
        let keys: Vec<&str> = std::iter::once(&*change.key).chain(part.map(|_| change.part.as_str())).collect();
        let old: Option<Vec<Cell>> = select
            .query_row(params_from_iter(&keys), |row| (0..columns.len()).map(|at| row.get::<_, Cell>(at)).collect())
            .optional()
            .map_err(disk)?;
        let name = kind.label.name.as_str();
        match old {
            None => {
                let names =
                    std::iter::once(key.as_str()).chain(part).chain(columns.iter().map(String::as_str)).chain(["rev"]);
                let names: Vec<&str> = names.collect();
                let marks: Vec<String> = (1..=names.len()).map(|it| format!("?{it}")).collect();
                let insert = format!("insert into {table} ({}) values ({})", names.join(", "), marks.join(", "));
                let plain = fields
                    .iter()
                    .map(|(_, field, cell)| if field.dated && change.from > today { Cell::Null } else { cell.clone() });
                let values =
                    keys.iter().map(|it| Cell::Text((*it).to_owned())).chain(plain).chain([Cell::Integer(rev)]);
                self.connection
                    .prepare_cached(&insert)
                    .map_err(disk)?
                    .execute(params_from_iter(values))
                    .map_err(disk)?;
                let all: Vec<(&str, String)> =
                    fields.iter().map(|(_, field, cell)| (field.label.name.as_str(), shown(cell))).collect();
                self.note_change(
                    rev,
                    name,
                    change,
                    "",
                    &Cell::Null,
                    &Cell::Text(serde_json::to_string(&all).unwrap_or_default()),
                )?;
                for (_, field, cell) in fields.iter().filter(|(_, field, cell)| field.dated && *cell != Cell::Null) {
                    self.write_dated(name, &change.key, &field.label.name, change.from, cell, rev)?;
                }
                applied.created += 1;
                touched.created(change.record, &change.key, &fields.iter().map(|it| it.0).collect::<Vec<_>>());
            }
            Some(old) => {
                let mut any = false;
                for ((id, field, new), old) in fields.iter().zip(&old) {
                    let changed = if field.dated {
                        self.change_dated(policy, change, (field, new), old, rev, today)?
                    } else if new == old {
                        false
                    } else {
                        self.set_column(&table, &place, &field.label.name, &keys, new, rev)?;
                        true
                    };
                    if changed {
                        self.note_change(rev, name, change, &field.label.name, old, new)?;
                        touched.changed(change.record, &change.key, *id);
                        any = true;
                    }
                }
                *(if any { &mut applied.changed } else { &mut applied.same }) += 1;
            }
        }
        Ok(())
    }

    fn set_column(
        &self,
        table: &str,
        place: &str,
        field: &str,
        keys: &[&str],
        new: &Cell,
        rev: i64,
    ) -> Result<(), StoreError> {
        let (value, number) = (keys.len() + 1, keys.len() + 2);
        let sql = format!("update {table} set {} = ?{value}, rev = ?{number} where {place}", quoted(field));
        let values = keys.iter().map(|it| Cell::Text((*it).to_owned())).chain([new.clone(), Cell::Integer(rev)]);
        self.connection.prepare_cached(&sql).map_err(disk)?.execute(params_from_iter(values)).map_err(disk)?;
        Ok(())
    }

    fn write_dated(
        &self,
        name: &str,
        key: &str,
        field: &str,
        from: Date,
        cell: &Cell,
        rev: i64,
    ) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("insert or replace into dated_values values (?1, ?2, ?3, ?4, ?5, ?6)")
            .map_err(disk)?
            .execute(params![name, key, field, from.to_string(), cell, rev])
            .map_err(disk)?;
        Ok(())
    }

    /// Writes a dated value unless it already holds then; the plain column keeps what holds today.
    fn change_dated(
        &self,
        policy: &Policy,
        change: &RecordChange,
        (field, new): (&Field, &Cell),
        _old: &Cell,
        rev: i64,
        today: Date,
    ) -> Result<bool, StoreError> {
        let name = policy.record(change.record).label.name.as_str();
        let holds = self.dated_on(name, &change.key, &field.label.name, change.from)?;
        if holds.as_ref().unwrap_or(&Cell::Null) == new {
            return Ok(false);
        }
        self.write_dated(name, &change.key, &field.label.name, change.from, new, rev)?;
        let now = self.dated_on(name, &change.key, &field.label.name, today)?.unwrap_or(Cell::Null);
        let (key, part) = key_columns(policy, change.record);
        let place = part.map_or_else(|| format!("{key} = ?1"), |part| format!("{key} = ?1 and {part} = ?2"));
        let keys: Vec<&str> = std::iter::once(&*change.key).chain(part.map(|_| change.part.as_str())).collect();
        self.set_column(&table(policy, change.record), &place, &field.label.name, &keys, &now, rev)?;
        Ok(true)
    }

    fn dated_on(&self, name: &str, key: &str, field: &str, on: Date) -> Result<Option<Cell>, StoreError> {
        self.connection
            .prepare_cached(
                "select value from dated_values where type = ?1 and id = ?2 and field = ?3 and since <= ?4
                 order by since desc, rev desc limit 1",
            )
            .map_err(disk)?
            .query_row(params![name, key, field, on.to_string()], |row| row.get(0))
            .optional()
            .map_err(disk)
    }

    fn note_change(
        &self,
        rev: i64,
        name: &str,
        change: &RecordChange,
        field: &str,
        old: &Cell,
        new: &Cell,
    ) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("insert into changes values (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
            .map_err(disk)?
            .execute(params![rev, name, &*change.key, change.part, field, old, new])
            .map_err(disk)?;
        Ok(())
    }

    /// Takes over into the plain columns what begins to hold between two days.
    pub(super) fn mature_values(
        &mut self,
        policy: &Policy,
        after: Option<Date>,
        until: Date,
        at: i64,
    ) -> Result<u64, StoreError> {
        let after = after.map(|it| it.to_string()).unwrap_or_default();
        let ripe: Vec<(String, String, String)> = {
            let mut statement = self
                .connection
                .prepare_cached("select distinct type, id, field from dated_values where since > ?1 and since <= ?2")
                .map_err(disk)?;
            let rows = statement
                .query_map(params![after, until.to_string()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
            rows.map_err(disk)?.collect::<Result<_, _>>().map_err(disk)?
        };
        if ripe.is_empty() {
            return Ok(0);
        }
        self.begin_immediate()?;
        let rev = self.read_state()?.rev + 1;
        let mut touched = Touched::default();
        for (name, key, field) in &ripe {
            let Some(record) = policy.record_named(name) else { continue };
            let Some(id) = policy.record(record).field_named(field) else { continue };
            let now = self.dated_on(name, key, field, until)?.unwrap_or(Cell::Null);
            let (column, part) = key_columns(policy, record);
            if part.is_none() {
                let place = format!("{column} = ?1");
                self.set_column(&table(policy, record), &place, field, &[key], &now, rev)?;
                touched.changed(record, &Arc::from(key.as_str()), id);
            }
        }
        self.mark_dirty(policy, &touched, rev)?;
        self.seal_commit(rev, at, Some(until), "system", "mature", None)?;
        self.end(u64::try_from(ripe.len()).unwrap_or(u64::MAX))
    }
}

fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Integer(number) => number.to_string(),
        Cell::Text(text) => text.clone(),
        Cell::Real(_) | Cell::Blob(_) => String::new(),
    }
}
