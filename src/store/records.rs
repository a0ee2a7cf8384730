//! Records: tables made from the policy's record types, their columns and values.

use std::sync::Arc;

use jiff::civil::Date;
use rusqlite::types::{ToSqlOutput, Value as Cell, ValueRef};
use rusqlite::{OptionalExtension, params};

use crate::ids::RecordId;
use crate::policy::model::{Field, FieldKind, Policy, Shape};
use crate::store::StoreError;
use crate::store::dirty::Touched;
use crate::store::sqlite::{SqliteStore, disk};
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

/// What stands for a record in one word, as SQL: a child by its owner and number, a panel's row by its owner.
pub(super) fn whole_key(policy: &Policy, record: RecordId) -> String {
    match key_columns(policy, record) {
        (owner, Some(number @ "n")) => format!("{owner} || '/' || {number}"),
        (key, _) => key,
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
        | FieldKind::Phone
        | FieldKind::Post => "text",
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
        FieldKind::Post => "post",
    }
}

/// A value as its column holds it; null for none.
pub(super) fn cell<'v>(
    policy: &'v Policy,
    field: &Field,
    value: Option<&'v Known>,
) -> Result<ToSqlOutput<'v>, StoreError> {
    let Some(value) = value else { return Ok(ToSqlOutput::Owned(Cell::Null)) };
    let unfit = || StoreError::Refused(format!("a value of `{}` does not fit its type", field.label.name));
    let scaled = |number: &Number| {
        let units = number.to_scaled(scale_of(&field.kind)).and_then(|it| i64::try_from(it).ok());
        units.map(integer).ok_or_else(unfit)
    };
    let text = |text: &'v str| ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes()));
    match (value, &field.kind) {
        (Known::Number(number), FieldKind::Number { percent: true, .. }) => {
            scaled(&number.multiply(Number::from(100)).map_err(|_| unfit())?)
        }
        (Known::Number(number), _) => scaled(number),
        (Known::Money { amount, .. }, _) => scaled(amount),
        (Known::YesNo(yes), _) => Ok(integer(i64::from(*yes))),
        (Known::Date(day), _) => Ok(ToSqlOutput::Owned(Cell::Text(day.to_string()))),
        (Known::Moment(at), _) => Ok(integer(*at)),
        (Known::Duration { count, .. }, _) => Ok(integer(*count)),
        (Known::Text(words), _) => Ok(text(words)),
        (Known::Choice(list, at), _) => {
            let choice = policy.choices[list.index()].choices.get(*at as usize).ok_or_else(unfit)?;
            Ok(text(&choice.name))
        }
        (Known::Record(record), _) => Ok(text(&record.key)),
    }
}

fn integer<'v>(number: i64) -> ToSqlOutput<'v> {
    ToSqlOutput::Owned(Cell::Integer(number))
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
        FieldKind::Text | FieldKind::Email | FieldKind::Phone | FieldKind::Post => Known::Text(Arc::from(text()?)),
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
        // From which day the first values of dated fields hold; later ones stand in `dated_values`.
        let since = if part.is_none() { ", since text not null" } else { "" };
        let sql = format!(
            "create table if not exists {} ({key} text not null{part_column}{since}, rev integer not null, primary key ({primary})) strict, without rowid",
            table(policy, record)
        );
        self.connection.execute_batch(&sql).map_err(disk)
    }

    /// Whether the store keeps a field, as what the policy takes it for.
    pub(super) fn keeps_field(&self, name: &str, field: &Field) -> Result<bool, StoreError> {
        let (word, scale) = (kind_word(&field.kind), scale_of(&field.kind));
        let known: Option<(String, u8)> = self
            .connection
            .prepare_cached("select kind, scale from fields where type = ?1 and name = ?2")
            .map_err(disk)?
            .query_row(params![name, field.label.name], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
            .map_err(disk)?;
        match known {
            Some((was, was_scale)) if was != word || was_scale != scale => Err(StoreError::Refused(format!(
                "`{name}.{}` is kept as {was} with {was_scale} decimals and can't become {word} with {scale}; give the new field another name",
                field.label.name
            ))),
            known => Ok(known.is_some()),
        }
    }

    fn make_field(&self, policy: &Policy, record: RecordId, field: &Field, rev: i64) -> Result<(), StoreError> {
        let kind = policy.record(record);
        let (name, word, scale) = (&kind.label.name, kind_word(&field.kind), scale_of(&field.kind));
        if self.keeps_field(name, field)? {
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
        if ripe.is_empty() && self.turning_delegations(&after, until)?.is_empty() {
            return Ok(0);
        }
        self.begin_immediate()?;
        let rev = self.read_state()?.rev + 1;
        let mut touched = Touched::default();
        for (name, key, field) in &ripe {
            let Some(record) = policy.record_named(name) else { continue };
            let Some(id) = policy.record(record).field_named(field) else { continue };
            if policy.field(record, id).dated {
                self.take_over_dated(policy, record, key, id, until, rev)?;
                touched.matured(record, Arc::from(key.as_str()), id);
            }
        }
        self.mark_dirty(policy, &touched, rev)?;
        self.call(policy, &touched, until, rev)?;
        let turned = self.turn_delegations(&after, until, rev)?;
        self.seal_commit(rev, at, Some(until), "system", "mature", None)?;
        self.end(u64::try_from(ripe.len() + turned).unwrap_or(u64::MAX))
    }
}
