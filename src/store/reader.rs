//! Facts of records from the store: fetched ahead for many, or one by one when asked.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::civil::Date;
use rusqlite::types::Value as Bound;
use rusqlite::{OptionalExtension, params};

use crate::calendar::PeriodKind;
use crate::eval::{Delegated, Facts};
use crate::ids::{FieldId, RecordId};
use crate::planted::{self, Bug};
use crate::policy::model::{Blank, Policy, Shape};
use crate::store::records::{key_columns, known, quoted, table, whole_key};
use crate::store::sqlite::{SqliteStore, disk};
use crate::store::{Delegation, StoreError};
use crate::value::{Known, RecordRef, Value};

/// Record type, key, and period or number.
type Place = (RecordId, Arc<str>, String);
/// Record type and key.
type Key = (RecordId, Arc<str>);
type Row = Arc<Held>;

/// The plain columns of a record.
#[derive(Debug)]
struct Held {
    /// From which day the first values of dated fields hold; the first of days where nothing is dated.
    since: Date,
    values: Vec<Option<Known>>,
}

/// Field, day from which, value; ordered by day and commit.
type Spell = (FieldId, Date, Option<Known>);
type Dated = Arc<Vec<Spell>>;

/// Facts of records from the store, fetched when asked or ahead for many subjects.
pub trait RecordReader: Facts {
    /// Fetches the rows of these records (and their dated values and panels of the period) ahead.
    fn prefetch(&self, record: RecordId, keys: &[Arc<str>], period: Option<Date>);

    /// Whether a record that was fetched ahead is not there.
    fn is_gone(&self, record: RecordId, key: &str) -> bool;

    /// What went wrong while reading; the values given meanwhile are not to be used.
    fn fault(&self) -> Option<StoreError>;

    /// Everything that was read, for another reader of the same policy as long as nobody has written a record; nothing where something
    /// could not be read.
    fn put_away(self: Box<Self>) -> Option<Fetched>;
}

/// What a reader has read of the records.
#[derive(Debug, Default)]
pub struct Fetched {
    rows: RefCell<HashMap<Place, Option<Row>>>,
    dated: RefCell<HashMap<Key, Dated>>,
    /// When the first period begins for which anything is kept.
    firsts: RefCell<HashMap<Key, Option<Date>>>,
    /// Children by their type and owner.
    children: RefCell<HashMap<Key, Vec<Arc<str>>>>,
    /// Everything that is handed on, read once.
    delegations: OnceCell<Vec<Delegation>>,
}

/// Facts of records.
pub(super) struct Reader<'s> {
    store: &'s SqliteStore,
    policy: &'s Policy,
    known: Fetched,
    fault: RefCell<Option<StoreError>>,
    /// Whether anything could not be read.
    failed: Cell<bool>,
}

impl<'s> Reader<'s> {
    pub(super) fn new(store: &'s SqliteStore, policy: &'s Policy, known: Fetched) -> Self {
        Self { store, policy, known, fault: RefCell::new(None), failed: Cell::new(false) }
    }

    fn keep<T: Default>(&self, result: Result<T, StoreError>) -> T {
        result.unwrap_or_else(|fault| {
            self.failed.set(true);
            self.fault.borrow_mut().get_or_insert(fault);
            T::default()
        })
    }

    fn columns(&self, record: RecordId) -> String {
        let kind = self.policy.record(record);
        let since = if matches!(kind.shape, Shape::Entity { .. }) { "since" } else { "null" };
        let fields = kind.fields.iter().map(|it| quoted(&it.label.name));
        std::iter::once(since.to_owned()).chain(fields).collect::<Vec<_>>().join(", ")
    }

    fn read_row(&self, record: RecordId, row: &rusqlite::Row<'_>, from: usize) -> rusqlite::Result<Row> {
        let fields = &self.policy.record(record).fields;
        let since: Option<Date> = row.get_ref(from)?.as_str().ok().and_then(|it| it.parse().ok());
        let mut values = Vec::with_capacity(fields.len());
        for (at, field) in fields.iter().enumerate() {
            values.push(known(self.policy, &field.kind, row.get_ref(from + 1 + at)?));
        }
        Ok(Arc::new(Held { since: since.unwrap_or(Date::MIN), values }))
    }

    fn row(&self, record: RecordId, key: &Arc<str>, part: &str) -> Option<Row> {
        let place = (record, Arc::clone(key), part.to_owned());
        if let Some(found) = self.known.rows.borrow().get(&place) {
            return found.clone();
        }
        let found = self.keep(self.fetch_row(record, key, part));
        self.known.rows.borrow_mut().insert(place, found.clone());
        found
    }

    fn fetch_row(&self, record: RecordId, key: &str, part: &str) -> Result<Option<Row>, StoreError> {
        let (column, part_column) = key_columns(self.policy, record);
        let place = part_column
            .map_or_else(|| format!("{column} = ?1 and ?2 = ''"), |it| format!("{column} = ?1 and {it} = ?2"));
        let sql = format!("select {} from {} where {place}", self.columns(record), table(self.policy, record));
        let mut statement = self.store.connection.prepare_cached(&sql).map_err(disk)?;
        statement.query_row(params![key, part], |row| self.read_row(record, row, 0)).optional().map_err(disk)
    }

    fn history(&self, record: RecordId, key: &Arc<str>) -> Dated {
        if let Some(found) = self.known.dated.borrow().get(&(record, Arc::clone(key))) {
            return Arc::clone(found);
        }
        let found = self.keep(self.fetch_dated(record, std::slice::from_ref(key)));
        let history = found.into_iter().next().map(|it| it.1).unwrap_or_default();
        self.known.dated.borrow_mut().insert((record, Arc::clone(key)), Arc::clone(&history));
        history
    }

    fn fetch_dated(&self, record: RecordId, keys: &[Arc<str>]) -> Result<HashMap<Arc<str>, Dated>, StoreError> {
        let kind = self.policy.record(record);
        let array = std::rc::Rc::new(keys.iter().map(|it| Bound::Text(it.to_string())).collect::<Vec<_>>());
        let mut statement = self
            .store
            .connection
            .prepare_cached(
                "select id, field, since, value from dated_values where type = ?1 and id in (select value from rarray(?2))
                 order by id, field, since, rev",
            )
            .map_err(disk)?;
        let mut rows = statement.query(params![kind.label.name, array]).map_err(disk)?;
        let mut found: HashMap<Arc<str>, Vec<Spell>> = HashMap::new();
        while let Some(row) = rows.next().map_err(disk)? {
            let id: String = row.get(0).map_err(disk)?;
            let (field, since): (String, String) = (row.get(1).map_err(disk)?, row.get(2).map_err(disk)?);
            let Some(field) = kind.field_named(&field) else { continue };
            let since =
                since.parse().map_err(|_| StoreError::Damaged(format!("`{since}` is no day in dated_values")))?;
            let value = known(self.policy, &kind.fields[field.index()].kind, row.get_ref(3).map_err(disk)?);
            found.entry(Arc::from(id.as_str())).or_default().push((field, since, value));
        }
        Ok(found.into_iter().map(|(key, values)| (key, Arc::new(values))).collect())
    }

    /// A record and all that were fetched ahead with it.
    fn fetched_with(&self, record: RecordId, key: &Arc<str>) -> Vec<Arc<str>> {
        let ahead = self.known.dated.borrow();
        let ahead = ahead.keys().filter(|(kind, _)| *kind == record).map(|(_, key)| key);
        ahead.chain([key]).cloned().collect()
    }

    /// The children of a record and of all that were fetched ahead with it, with what they hold.
    fn fetch_children(&self, of: &RecordRef, kind: RecordId) -> Result<(), StoreError> {
        let keys = self.fetched_with(of.record, &of.key);
        let array = std::rc::Rc::new(keys.iter().map(|it| Bound::Text(it.to_string())).collect::<Vec<_>>());
        let mut children = self.known.children.borrow_mut();
        let mut held = self.known.rows.borrow_mut();
        children.extend(keys.into_iter().map(|key| ((kind, key), Vec::new())));
        let sql = format!(
            "select of_id, cast(n as text), {} from {} where of_id in (select value from rarray(?1)) order by of_id, n",
            self.columns(kind),
            table(self.policy, kind)
        );
        let mut statement = self.store.connection.prepare_cached(&sql).map_err(disk)?;
        let mut rows = statement.query(params![array]).map_err(disk)?;
        while let Some(row) = rows.next().map_err(disk)? {
            let (owner, number): (String, String) = (row.get(0).map_err(disk)?, row.get(1).map_err(disk)?);
            let values = self.read_row(kind, row, 2).map_err(disk)?;
            let (child, owner) = (Arc::from(format!("{owner}/{number}")), Arc::from(owner.as_str()));
            held.insert((kind, Arc::clone(&owner), number), Some(values));
            children.entry((kind, owner)).or_default().push(child);
        }
        Ok(())
    }

    fn fetch_referring(&self, to: &RecordRef, kind: RecordId, field: FieldId) -> Result<Vec<Arc<str>>, StoreError> {
        let field = self.policy.field(kind, field);
        let (key, column) = (whole_key(self.policy, kind), quoted(&field.label.name));
        let sql = format!(
            "select {key} from {} where {column} = ?1
             union select id from dated_values where type = ?2 and field = ?3 and value = ?1 order by 1",
            table(self.policy, kind)
        );
        let mut statement = self.store.connection.prepare_cached(&sql).map_err(disk)?;
        let names = (&self.policy.record(kind).label.name, &field.label.name);
        let rows = statement.query_map(params![&*to.key, names.0, names.1], |row| row.get::<_, String>(0));
        rows.map_err(disk)?.map(|it| it.map(|key| Arc::from(key.as_str())).map_err(disk)).collect()
    }

    fn fetch_keys(&self, kind: RecordId) -> Result<Vec<Arc<str>>, StoreError> {
        let sql = format!("select {} from {} order by 1", whole_key(self.policy, kind), table(self.policy, kind));
        let mut statement = self.store.connection.prepare_cached(&sql).map_err(disk)?;
        let rows = statement.query_map([], |row| row.get::<_, String>(0)).map_err(disk)?;
        rows.map(|it| it.map(|key| Arc::from(key.as_str())).map_err(disk)).collect()
    }

    /// For a record and all that were fetched ahead with it.
    fn fetch_firsts(&self, record: RecordId, key: &Arc<str>) -> Result<(), StoreError> {
        let keys = self.fetched_with(record, key);
        let mut firsts = self.known.firsts.borrow_mut();
        let array = std::rc::Rc::new(keys.iter().map(|it| Bound::Text(it.to_string())).collect::<Vec<_>>());
        firsts.extend(keys.into_iter().map(|key| ((record, key), None)));
        for (at, kind) in self.policy.records.iter().enumerate() {
            if !matches!(kind.shape, Shape::Panel { of, .. } if of == record) {
                continue;
            }
            let sql = format!(
                "select of_id, min(period) from {} where of_id in (select value from rarray(?1)) group by of_id",
                table(self.policy, RecordId::at(at))
            );
            let mut statement = self.store.connection.prepare_cached(&sql).map_err(disk)?;
            let mut rows = statement.query(params![array]).map_err(disk)?;
            while let Some(row) = rows.next().map_err(disk)? {
                let (key, first): (String, String) = (row.get(0).map_err(disk)?, row.get(1).map_err(disk)?);
                let first: Date = first
                    .parse()
                    .map_err(|_| StoreError::Damaged(format!("`{first}` is no day that begins a period")))?;
                let found = firsts.entry((record, Arc::from(key.as_str()))).or_default();
                *found = Some(found.map_or(first, |it| it.min(first)));
            }
        }
        Ok(())
    }

    /// What a dated field holds on a day: its last dated value until then, or its first value where it never changed.
    fn held_on(&self, of: &RecordRef, field: FieldId, on: Date) -> Option<Known> {
        let history = self.history(of.record, &of.key);
        let mut spells = history.iter().rev().filter(|(id, ..)| *id == field).peekable();
        if spells.peek().is_some() {
            return spells.find(|(_, since, _)| *since <= on).and_then(|(_, _, value)| value.clone());
        }
        let row = self.row(of.record, &of.key, "").filter(|row| row.since <= on)?;
        row.values.get(field.index()).cloned().flatten()
    }

    fn blank(&self, record: RecordId, field: FieldId) -> Value {
        match self.policy.field(record, field).blank {
            Blank::Unknown => Value::Unknown(Vec::new()),
            Blank::NotApplicable => Value::NotApplicable,
            Blank::NotHappened => Value::NotHappened,
        }
    }

    fn prefetch_all(&self, record: RecordId, keys: &[Arc<str>], period: Option<Date>) -> Result<(), StoreError> {
        self.prefetch_rows(record, keys, "")?;
        self.prefetch_dated(record, keys)?;
        self.prefetch_named(record, keys)?;
        let Some(first) = period else { return Ok(()) };
        for (at, kind) in self.policy.records.iter().enumerate() {
            if matches!(kind.shape, Shape::Panel { of, .. } if of == record) {
                self.prefetch_rows(RecordId::at(at), keys, &first.to_string())?;
            }
        }
        Ok(())
    }

    fn prefetch_dated(&self, record: RecordId, keys: &[Arc<str>]) -> Result<(), StoreError> {
        let any = self.policy.record(record).fields.iter().any(|it| it.dated);
        let unread = |key: &&Arc<str>| !self.known.dated.borrow().contains_key(&(record, Arc::clone(key)));
        let keys: Vec<Arc<str>> = keys.iter().filter(unread).cloned().collect();
        let mut dated = if any && !keys.is_empty() { self.fetch_dated(record, &keys)? } else { HashMap::new() };
        let mut cache = self.known.dated.borrow_mut();
        for key in keys {
            let found = dated.remove(&key).unwrap_or_default();
            cache.insert((record, key), found);
        }
        Ok(())
    }

    /// The records that these name now: whoever stands above somebody is asked next.
    fn prefetch_named(&self, record: RecordId, keys: &[Arc<str>]) -> Result<(), StoreError> {
        let mut named: BTreeMap<RecordId, BTreeSet<Arc<str>>> = BTreeMap::new();
        {
            let rows = self.known.rows.borrow();
            let held = keys.iter().filter_map(|key| rows.get(&(record, Arc::clone(key), String::new()))?.as_ref());
            for value in held.flat_map(|it| &it.values) {
                let Some(Known::Record(other)) = value else { continue };
                let entity = matches!(self.policy.record(other.record).shape, Shape::Entity { .. });
                if entity && !rows.contains_key(&(other.record, Arc::clone(&other.key), String::new())) {
                    named.entry(other.record).or_default().insert(Arc::clone(&other.key));
                }
            }
        }
        for (kind, keys) in named {
            let keys: Vec<Arc<str>> = keys.into_iter().collect();
            self.prefetch_rows(kind, &keys, "")?;
            self.prefetch_dated(kind, &keys)?;
        }
        Ok(())
    }

    fn prefetch_rows(&self, record: RecordId, keys: &[Arc<str>], part: &str) -> Result<(), StoreError> {
        let unread =
            |key: &&Arc<str>| !self.known.rows.borrow().contains_key(&(record, Arc::clone(key), part.to_owned()));
        let keys: Vec<&Arc<str>> = keys.iter().filter(unread).collect();
        if keys.is_empty() {
            return Ok(());
        }
        let (column, part_column) = key_columns(self.policy, record);
        let place = part_column.map_or_else(|| "?2 = ''".to_owned(), |it| format!("{it} = ?2"));
        let sql = format!(
            "select {column}, {} from {} where {column} in (select value from rarray(?1)) and {place}",
            self.columns(record),
            table(self.policy, record)
        );
        let array = std::rc::Rc::new(keys.iter().map(|it| Bound::Text(it.to_string())).collect::<Vec<_>>());
        let mut statement = self.store.connection.prepare_cached(&sql).map_err(disk)?;
        let mut rows = statement.query(params![array, part]).map_err(disk)?;
        let mut cache = self.known.rows.borrow_mut();
        for key in keys {
            cache.insert((record, Arc::clone(key), part.to_owned()), None);
        }
        while let Some(row) = rows.next().map_err(disk)? {
            let key: String = row.get(0).map_err(disk)?;
            let values = self.read_row(record, row, 1).map_err(disk)?;
            cache.insert((record, Arc::from(key.as_str()), part.to_owned()), Some(values));
        }
        Ok(())
    }
}

impl Facts for Reader<'_> {
    fn delegations(&self, of: &RecordRef, on: Date) -> Vec<Delegated> {
        let all = self.known.delegations.get_or_init(|| self.keep(self.store.listed_delegations(None)));
        let kind = &self.policy.record(of.record).label.name;
        let holds = |it: &&Delegation| {
            it.from.0 == *kind
                && *it.from.1 == *of.key
                && it.since <= on
                && (on <= it.until || planted::is(Bug::DelegateAfterDates))
        };
        let given = |it: &Delegation| {
            let to = RecordRef { record: self.policy.record_named(&it.to.0)?, key: Arc::from(it.to.1.as_str()) };
            Some(Delegated { to, role: it.role.clone(), workflow: it.workflow.clone(), until: it.until })
        };
        all.iter().filter(holds).filter_map(given).collect()
    }

    fn field(&self, of: &RecordRef, field: FieldId, on: Date) -> Value {
        let value = if self.policy.field(of.record, field).dated {
            self.held_on(of, field, on)
        } else {
            let (key, part) = match self.policy.record(of.record).shape {
                Shape::Child { .. } => match of.key.rsplit_once('/') {
                    Some((owner, number)) => (Arc::from(owner), number.to_owned()),
                    None => (Arc::clone(&of.key), String::new()),
                },
                _ => (Arc::clone(&of.key), String::new()),
            };
            self.row(of.record, &key, &part).and_then(|row| row.values.get(field.index()).cloned().flatten())
        };
        value.map_or_else(|| self.blank(of.record, field), Value::Known)
    }

    fn panel(&self, of: &RecordRef, panel: RecordId, _period: PeriodKind, first: Date, field: FieldId) -> Value {
        let row = self.row(panel, &of.key, &first.to_string());
        let value = row.and_then(|row| row.values.get(field.index()).cloned().flatten());
        value.map_or_else(|| self.blank(panel, field), Value::Known)
    }

    fn spells(&self, of: &RecordRef, field: FieldId) -> Vec<(Date, Value)> {
        if !self.policy.field(of.record, field).dated {
            return vec![(Date::MIN, self.field(of, field, Date::MIN))];
        }
        let history = self.history(of.record, &of.key);
        let mut spells = vec![(Date::MIN, self.blank(of.record, field))];
        if history.iter().all(|(id, ..)| *id != field) {
            let first = self.row(of.record, &of.key, "");
            let first = first.and_then(|row| Some((row.since, row.values.get(field.index())?.clone()?)));
            spells.extend(first.map(|(since, value)| (since, Value::Known(value))));
            return spells;
        }
        for (_, since, value) in history.iter().filter(|(id, ..)| *id == field) {
            let value = value.clone().map_or_else(|| self.blank(of.record, field), Value::Known);
            if spells.last().is_some_and(|(last, _)| last == since) {
                spells.pop();
            }
            spells.push((*since, value));
        }
        spells
    }

    fn first_kept(&self, of: &RecordRef) -> Option<Date> {
        let place = (of.record, Arc::clone(&of.key));
        if !self.known.firsts.borrow().contains_key(&place) {
            self.keep(self.fetch_firsts(of.record, &of.key));
        }
        self.known.firsts.borrow().get(&place).copied().flatten()
    }

    fn children(&self, of: &RecordRef, kind: RecordId) -> Vec<RecordRef> {
        let place = (kind, Arc::clone(&of.key));
        if !self.known.children.borrow().contains_key(&place) {
            self.keep(self.fetch_children(of, kind));
        }
        let children = self.known.children.borrow();
        let keys = children.get(&place).into_iter().flatten();
        keys.map(|key| RecordRef { record: kind, key: Arc::clone(key) }).collect()
    }

    fn records(&self, kind: RecordId) -> Vec<RecordRef> {
        let keys = self.keep(self.fetch_keys(kind));
        keys.into_iter().map(|key| RecordRef { record: kind, key }).collect()
    }

    fn imposed(&self, of: &RecordRef, rule: &str) -> Vec<(Date, Option<Date>)> {
        let kind = &self.policy.record(of.record).label.name;
        self.keep(self.store.imposed_on(kind, &of.key, rule))
    }

    fn referring(&self, to: &RecordRef, kind: RecordId, field: FieldId) -> Vec<RecordRef> {
        let keys = self.keep(self.fetch_referring(to, kind, field));
        keys.into_iter().map(|key| RecordRef { record: kind, key }).collect()
    }
}

impl RecordReader for Reader<'_> {
    fn prefetch(&self, record: RecordId, keys: &[Arc<str>], period: Option<Date>) {
        self.keep(self.prefetch_all(record, keys, period));
    }

    fn is_gone(&self, record: RecordId, key: &str) -> bool {
        let entity = matches!(self.policy.record(record).shape, Shape::Entity { .. });
        entity && self.known.rows.borrow().get(&(record, Arc::from(key), String::new())).is_some_and(Option::is_none)
    }

    fn fault(&self) -> Option<StoreError> {
        self.fault.borrow_mut().take()
    }

    fn put_away(self: Box<Self>) -> Option<Fetched> {
        (!self.failed.get()).then_some(self.known)
    }
}
