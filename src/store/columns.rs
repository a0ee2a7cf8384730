//! All records as columns, read table by table: one walk over each, in the order of its keys, and nothing kept of a row.
//!
//! What comes of it is what [`crate::table::gather`] makes of the plain reader, which stays the oracle of the tests.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::civil::Date;
use rusqlite::Transaction;
use rusqlite::types::ValueRef;

use crate::calendar::day_number;
use crate::ids::{FieldId, RecordId};
use crate::policy::model::{Field, FieldKind, Policy, Shape};
use crate::store::records::{key_columns, known, quoted, table};
use crate::store::sqlite::{SqliteStore, disk};
use crate::store::{Snapshots, StoreError};
use crate::table::{Column, Filling, Keys, Loading, NOWHERE, Records, asked_imposed};
use crate::value::{Known, RecordRef};

impl SqliteStore {
    /// Every record that a policy declares as columns, with what is kept for the periods that have begun by a day, and what was imposed of
    /// which that policy or one of the others asks.
    ///
    /// Where records were read before and nothing was committed since, they come from the snapshot that was kept then.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn columns(
        &self,
        policy: &Policy,
        others: &[&Policy],
        until: Date,
        snapshots: Snapshots,
    ) -> Result<Records, StoreError> {
        let view = self.view_of_now()?;
        let records = match snapshots {
            Snapshots::Never => self.walk_records(policy)?.0,
            Snapshots::From(least) => self.kept_records(policy, least)?,
        };
        let mut records = records.begun_by(policy, until);
        self.impose_all(policy, others, &mut records)?;
        drop(view);
        Ok(records)
    }

    fn kept_records(&self, policy: &Policy, least: u64) -> Result<Records, StoreError> {
        let place = self.place_of_snapshot(policy)?;
        if let Some(records) = place.as_ref().and_then(|it| it.read(policy)) {
            return Ok(records);
        }
        let (records, rows) = self.walk_records(policy)?;
        if let Some(place) = place.filter(|_| rows >= least) {
            place.write(&records);
        }
        Ok(records)
    }

    /// Until it is dropped, everything that is read is of one moment.
    fn view_of_now(&self) -> Result<Option<Transaction<'_>>, StoreError> {
        // Whoever has begun to read has such a view.
        if !self.connection.is_autocommit() {
            return Ok(None);
        }
        self.connection.unchecked_transaction().map(Some).map_err(disk)
    }

    fn impose_all(&self, policy: &Policy, others: &[&Policy], records: &mut Records) -> Result<(), StoreError> {
        let (mut subjects, mut rules) = (BTreeSet::new(), BTreeSet::new());
        for (of, asked) in others.iter().chain([&policy]).map(|it| asked_imposed(it)) {
            subjects.extend(of);
            rules.extend(asked);
        }
        if rules.is_empty() {
            return Ok(());
        }
        let subjects: HashMap<&str, RecordId> =
            subjects.into_iter().map(|it| (policy.record(it).label.name.as_str(), it)).collect();
        let sql = "select subject_type, subject, rule, since, ended from outcomes
                   where state in ('in force', 'ended') and kind <> 'measure' order by since";
        let mut statement = self.connection.prepare_cached(sql).map_err(disk)?;
        let mut rows = statement.query([]).map_err(disk)?;
        while let Some(row) = rows.next().map_err(disk)? {
            let cell = |at: usize| row.get_ref(at).map_err(disk);
            let Some(of) = subjects.get(text(cell(0)?)?) else { continue };
            let rule = text(cell(2)?)?;
            if !rules.contains(rule) {
                continue;
            }
            let found = records.row(&RecordRef { record: *of, key: Arc::from(text(cell(1)?)?) });
            let day = |at: usize| Ok::<_, StoreError>(cell(at)?.as_str().ok().and_then(|it| it.parse::<Date>().ok()));
            if let (Some(row), Some(since)) = (found.filter(|it| *it < records.rows(*of).len()), day(3)?) {
                records.impose((*of, narrow(row)), rule, since, day(4)?);
            }
        }
        Ok(())
    }

    /// Reads every record that a policy declares, for all periods of which anything is kept; and how many rows that took.
    fn walk_records(&self, policy: &Policy) -> Result<(Records, u64), StoreError> {
        let mut walk = Walk { store: self, policy, loading: Loading::new(policy), rows: 0, places: HashMap::new() };
        for record in walk.owners_first() {
            match policy.record(record).shape {
                Shape::Entity { .. } => walk.keys(record)?,
                Shape::Child { of } => walk.owners(record, of)?,
                Shape::Panel { .. } => {}
            }
        }
        for record in (0..policy.records.len()).map(RecordId::at) {
            match policy.record(record).shape {
                Shape::Entity { key } => walk.entity(record, key)?,
                Shape::Child { .. } => walk.children(record)?,
                Shape::Panel { .. } => {}
            }
        }
        walk.panels()?;
        tracing::debug!(rows = walk.rows, "records read");
        Ok((walk.loading.finish(), walk.rows))
    }
}

struct Walk<'s> {
    store: &'s SqliteStore,
    policy: &'s Policy,
    loading: Loading<'s>,
    rows: u64,
    /// For children, the row of each as they come; of one whose owner is not there, none.
    places: HashMap<RecordId, Vec<u32>>,
}

/// A field while its column is filled.
struct Reading<'p> {
    at: FieldId,
    field: &'p Field,
    filling: Filling,
    take: Take<'p>,
    /// Who is named and is not there, with the row of the one that names.
    absent: Vec<(usize, Arc<str>)>,
}

/// How a cell becomes a number of units.
enum Take<'p> {
    AsItIs,
    YesNo,
    /// Rows next to each other often hold the same day.
    Day(String, Option<i64>),
    Choice(HashMap<&'p str, i64>),
    Row(RecordId),
    Text,
    /// By way of the value that it means.
    Value,
}

impl<'p> Reading<'p> {
    fn new(policy: &'p Policy, record: RecordId, at: FieldId, rows: usize) -> Self {
        let field = policy.field(record, at);
        let filling = Filling::new(field, rows);
        let take = match &field.kind {
            FieldKind::Text | FieldKind::Email | FieldKind::Post | FieldKind::Phone => Take::Text,
            _ if !filling.takes_units() => Take::Value,
            FieldKind::Number { .. } | FieldKind::Money { .. } | FieldKind::Timestamp | FieldKind::Duration(_) => {
                Take::AsItIs
            }
            FieldKind::YesNo => Take::YesNo,
            FieldKind::Date | FieldKind::Event => Take::Day(String::new(), None),
            FieldKind::Choice(list) => {
                let choices = &policy.choices[list.index()].choices;
                Take::Choice(choices.iter().map(|it| it.name.as_str()).zip(0..).collect())
            }
            FieldKind::Reference(of) => Take::Row(*of),
        };
        Self { at, field, filling, take, absent: Vec::new() }
    }

    /// Puts a cell where it belongs; what does not fit the field's kind stays blank.
    fn take(&mut self, (policy, loading): (&Policy, &Loading<'_>), row: usize, cell: ValueRef<'_>) {
        let text = || cell.as_str().ok();
        let units = match &mut self.take {
            Take::AsItIs => cell.as_i64().ok(),
            Take::YesNo => cell.as_i64().ok().map(|it| i64::from(it != 0)),
            Take::Choice(places) => text().and_then(|it| places.get(it).copied()),
            Take::Day(last, day) => text().and_then(|text| {
                if last != text {
                    text.clone_into(last);
                    *day = text.parse().ok().map(day_number);
                }
                *day
            }),
            Take::Row(of) => text().and_then(|key| {
                let found = loading.row(*of, key);
                if found.is_none() {
                    self.absent.push((row, Arc::from(key)));
                }
                found.map(i64::from)
            }),
            Take::Text => return text().into_iter().for_each(|it| self.filling.put_text(row, it)),
            Take::Value => {
                let value = known(policy, &self.field.kind, cell);
                return value.into_iter().for_each(|it| self.filling.put_known(row, &it));
            }
        };
        units.into_iter().for_each(|it| self.filling.put_units(row, it));
    }

    /// The column, when everybody is known who is there.
    fn column(mut self, loading: &mut Loading<'_>) -> Column {
        if let Take::Row(of) = self.take {
            for (row, key) in &self.absent {
                if let Some(named) = loading.name(of, key) {
                    self.filling.put_units(*row, named.into());
                }
            }
        }
        self.filling.column(self.field)
    }
}

impl<'s> Walk<'s> {
    /// The types, each behind the one that owns it.
    fn owners_first(&self) -> Vec<RecordId> {
        let mut waiting: Vec<RecordId> = (0..self.policy.records.len()).map(RecordId::at).collect();
        let mut done: Vec<RecordId> = Vec::new();
        let stands = |it: &RecordId, done: &[RecordId]| match self.policy.record(*it).shape {
            Shape::Entity { .. } => true,
            Shape::Child { of } | Shape::Panel { of, .. } => done.contains(&of),
        };
        while let Some(at) = waiting.iter().position(|it| stands(it, &done)) {
            done.push(waiting.remove(at));
        }
        done
    }

    /// The fields of a type that the store keeps, but those left out. One that it keeps as something else can't be read.
    fn stored(&self, record: RecordId, but: impl Fn(FieldId) -> bool) -> Result<Vec<FieldId>, StoreError> {
        let kind = self.policy.record(record);
        let mut found = Vec::new();
        for (at, field) in kind.fields.iter().enumerate() {
            let is_kept = self.store.keeps_field(&kind.label.name, field)?;
            found.extend((is_kept && !but(FieldId::at(at))).then(|| FieldId::at(at)));
        }
        Ok(found)
    }

    fn is_stored(&self, record: RecordId) -> Result<bool, StoreError> {
        let name = format!("r_{}", self.policy.record(record).label.name);
        let sql = "select 1 from sqlite_schema where type = 'table' and name = ?1";
        self.store.connection.prepare_cached(sql).map_err(disk)?.exists([name]).map_err(disk)
    }

    /// The rows of a type's table in the order of its keys: first `lead`, then fields.
    fn sql(&self, record: RecordId, lead: &str, fields: &[FieldId]) -> String {
        let (key, part) = key_columns(self.policy, record);
        let names = fields.iter().map(|it| quoted(&self.policy.field(record, *it).label.name));
        let columns: Vec<String> = std::iter::once(lead.to_owned()).chain(names).collect();
        let order = part.map_or_else(|| key.clone(), |part| format!("{key}, {part}"));
        format!("select {} from {} order by {order}", columns.join(", "), table(self.policy, record))
    }

    fn keys(&mut self, record: RecordId) -> Result<(), StoreError> {
        let mut keys: Vec<Box<str>> = Vec::new();
        if self.is_stored(record)? {
            let (key, _) = key_columns(self.policy, record);
            let mut statement = self.store.connection.prepare_cached(&self.sql(record, &key, &[])).map_err(disk)?;
            let mut rows = statement.query([]).map_err(disk)?;
            while let Some(row) = rows.next().map_err(disk)? {
                keys.push(Box::from(text(row.get_ref(0).map_err(disk)?)?));
                self.rows += 1;
            }
        }
        self.loading.entity(record, Keys::texts(keys));
        Ok(())
    }

    /// Whose the children are. They stand by the rows of their owners, each one's in the order of the table.
    fn owners(&mut self, record: RecordId, of: RecordId) -> Result<(), StoreError> {
        let mut found: Vec<(u32, i64)> = Vec::new();
        let mut order: Vec<(u32, usize)> = Vec::new();
        if self.is_stored(record)? {
            let mut statement =
                self.store.connection.prepare_cached(&self.sql(record, "of_id, n", &[])).map_err(disk)?;
            let mut rows = statement.query([]).map_err(disk)?;
            let mut owner = Owner::default();
            while let Some(row) = rows.next().map_err(disk)? {
                let at = owner.row(&self.loading, of, text(row.get_ref(0).map_err(disk)?)?);
                let number = text(row.get_ref(1).map_err(disk)?)?.parse().unwrap_or(0);
                if at != NOWHERE {
                    order.push((at, found.len()));
                }
                found.push((at, number));
                self.rows += 1;
            }
        }
        if !order.is_sorted() {
            order.sort_unstable();
        }
        let mut places = vec![NOWHERE; found.len()];
        for (row, (_, at)) in order.iter().enumerate() {
            places[*at] = u32::try_from(row).unwrap_or(NOWHERE);
        }
        let numbers = order.iter().map(|it| found[it.1].1).collect();
        self.loading.numbered(record, of, order.iter().map(|it| it.0).collect(), numbers);
        self.places.insert(record, places);
        Ok(())
    }

    fn entity(&mut self, record: RecordId, key: FieldId) -> Result<(), StoreError> {
        let kind = self.policy.record(record);
        let count = self.loading.count(record);
        let fields = if self.is_stored(record)? { self.stored(record, |it| it == key)? } else { Vec::new() };
        let rows = |at: FieldId| if kind.fields[at.index()].dated { 0 } else { count };
        let mut columns: Vec<Reading<'s>> =
            fields.iter().map(|at| Reading::new(self.policy, record, *at, rows(*at))).collect();
        let mut dated: HashMap<FieldId, Spells> = HashMap::new();
        let is_dated = |it: &&FieldId| kind.fields[it.index()].dated;
        for at in fields.iter().filter(is_dated) {
            dated.insert(*at, Spells { first: vec![0], since: Vec::new() });
        }
        if !fields.is_empty() {
            let mut history = if dated.is_empty() { None } else { Some(self.history(record)?) };
            let mut walk = match &mut history {
                Some(it) => Some(it.walk(&kind.label.name)?),
                None => None,
            };
            let (own, _) = key_columns(self.policy, record);
            let sql = self.sql(record, &format!("{own}, since"), &fields);
            let mut statement = self.store.connection.prepare_cached(&sql).map_err(disk)?;
            let mut rows = statement.query([]).map_err(disk)?;
            let mut at = 0;
            while let Some(row) = rows.next().map_err(disk)? {
                let spells = match &mut walk {
                    Some(it) => it.of(self.policy, record, text(row.get_ref(0).map_err(disk)?)?, &mut self.rows)?,
                    None => Vec::new(),
                };
                let since = row.get_ref(1).map_err(disk)?.as_str().ok().and_then(|it| it.parse().ok());
                for (place, column) in columns.iter_mut().enumerate() {
                    let cell = row.get_ref(place + 2).map_err(disk)?;
                    match dated.get_mut(&column.at) {
                        None => column.take((self.policy, &self.loading), at, cell),
                        Some(held) => {
                            let first = (since.unwrap_or(Date::MIN), known(self.policy, &column.field.kind, cell));
                            held.add(column, &self.loading, &spells, first);
                        }
                    }
                }
                at += 1;
                self.rows += 1;
            }
        }
        let mut columns: HashMap<FieldId, Reading<'s>> = columns.into_iter().map(|it| (it.at, it)).collect();
        for at in (0..kind.fields.len()).map(FieldId::at) {
            let field = &kind.fields[at.index()];
            if at == key {
                self.loading.key_field(record, at);
                continue;
            }
            let column = columns.remove(&at).unwrap_or_else(|| Reading::new(self.policy, record, at, count));
            let column = column.column(&mut self.loading);
            match dated.remove(&at) {
                Some(held) => self.loading.dated(record, at, held.first, held.since, column),
                None if field.dated => self.never_written(record, at, column),
                None => self.loading.field(record, at, column),
            }
        }
        self.loading.first_kept(record, vec![Date::MAX; count]);
        Ok(())
    }

    fn children(&mut self, record: RecordId) -> Result<(), StoreError> {
        let kind = self.policy.record(record);
        let count = self.loading.count(record);
        let places = self.places.remove(&record).unwrap_or_default();
        let fields = if places.is_empty() { Vec::new() } else { self.stored(record, |_| false)? };
        let mut columns: Vec<Reading<'s>> =
            fields.iter().map(|at| Reading::new(self.policy, record, *at, count)).collect();
        if !fields.is_empty() {
            let sql = self.sql(record, "1", &fields);
            let mut statement = self.store.connection.prepare_cached(&sql).map_err(disk)?;
            let mut rows = statement.query([]).map_err(disk)?;
            let mut places = places.into_iter();
            while let (Some(row), Some(at)) = (rows.next().map_err(disk)?, places.next()) {
                self.rows += 1;
                if at == NOWHERE {
                    continue;
                }
                for (place, column) in columns.iter_mut().enumerate() {
                    let cell = row.get_ref(place + 1).map_err(disk)?;
                    column.take((self.policy, &self.loading), at as usize, cell);
                }
            }
        }
        let mut columns: HashMap<FieldId, Reading<'s>> = columns.into_iter().map(|it| (it.at, it)).collect();
        for at in (0..kind.fields.len()).map(FieldId::at) {
            // What holds from some day on is kept of records with keys of their own alone.
            let column = columns.remove(&at).filter(|it| !it.field.dated);
            let column = column.unwrap_or_else(|| Reading::new(self.policy, record, at, count));
            let column = column.column(&mut self.loading);
            if kind.fields[at.index()].dated {
                self.never_written(record, at, column);
            } else {
                self.loading.field(record, at, column);
            }
        }
        self.loading.first_kept(record, vec![Date::MAX; count]);
        Ok(())
    }

    /// A dated field that nobody has ever written: blank from the first of days.
    fn never_written(&mut self, record: RecordId, at: FieldId, blank: Column) {
        let count = blank.len();
        self.loading.dated(record, at, (0..=count).map(narrow).collect(), vec![Date::MIN; count], blank);
    }

    fn panels(&mut self) -> Result<(), StoreError> {
        let mut since: HashMap<RecordId, Vec<Date>> = HashMap::new();
        for panel in (0..self.policy.records.len()).map(RecordId::at) {
            let Shape::Panel { of, .. } = self.policy.record(panel).shape else { continue };
            let count = self.loading.count(of);
            let since = since.entry(of).or_insert_with(|| vec![Date::MAX; count]);
            self.panel(panel, of, since)?;
        }
        since.into_iter().for_each(|(of, since)| self.loading.first_kept(of, since));
        Ok(())
    }

    fn panel(&mut self, panel: RecordId, of: RecordId, since: &mut [Date]) -> Result<(), StoreError> {
        if !self.is_stored(panel)? {
            return Ok(());
        }
        let fields = self.stored(panel, |_| false)?;
        let mut periods: Vec<Kept<'s>> = Vec::new();
        let mut statement =
            self.store.connection.prepare_cached(&self.sql(panel, "of_id, period", &fields)).map_err(disk)?;
        let mut rows = statement.query([]).map_err(disk)?;
        let (mut owner, mut last) = (Owner::default(), 0);
        while let Some(row) = rows.next().map_err(disk)? {
            self.rows += 1;
            let at = owner.row(&self.loading, of, text(row.get_ref(0).map_err(disk)?)?);
            if at == NOWHERE {
                continue;
            }
            let label = text(row.get_ref(1).map_err(disk)?)?;
            // As a rule the one behind the last.
            let next = [last + 1, 0].into_iter().find(|it| periods.get(*it).is_some_and(|it| it.label == label));
            last = match next.or_else(|| periods.iter().position(|it| it.label == label)) {
                Some(found) => found,
                None => {
                    let wrong = || StoreError::Damaged(format!("`{label}` is no day that begins a period"));
                    let first: Date = label.parse().map_err(|_| wrong())?;
                    let columns = fields.iter().map(|at| Reading::new(self.policy, panel, *at, since.len())).collect();
                    periods.push(Kept { label: label.to_owned(), first, columns });
                    periods.len() - 1
                }
            };
            let (at, period) = (at as usize, &mut periods[last]);
            since[at] = since[at].min(period.first);
            for (place, column) in period.columns.iter_mut().enumerate() {
                column.take((self.policy, &self.loading), at, row.get_ref(place + 2).map_err(disk)?);
            }
        }
        periods.sort_by_key(|it| it.first);
        for Kept { label, first, columns } in periods {
            // A period of which nothing is known is none, nor is one whose day is written otherwise than Merit writes it.
            let any = columns.iter().any(|it| it.filling.has_any() || !it.absent.is_empty());
            if !any || label != first.to_string() {
                continue;
            }
            let mut columns: HashMap<FieldId, Reading<'s>> = columns.into_iter().map(|it| (it.at, it)).collect();
            let all = (0..self.policy.record(panel).fields.len()).map(FieldId::at);
            let all = all.map(|at| {
                let column = columns.remove(&at);
                column.unwrap_or_else(|| Reading::new(self.policy, panel, at, since.len())).column(&mut self.loading)
            });
            let all = all.collect();
            self.loading.kept(panel, first, all);
        }
        Ok(())
    }

    fn history(&self, record: RecordId) -> Result<History<'s>, StoreError> {
        let sql = "select id, field, since, value from dated_values where type = ?1 order by id, field, since, rev";
        let statement = self.store.connection.prepare_cached(sql).map_err(disk)?;
        debug_assert!(matches!(self.policy.record(record).shape, Shape::Entity { .. }));
        Ok(History(statement))
    }
}

/// What is kept for one period.
struct Kept<'p> {
    label: String,
    first: Date,
    columns: Vec<Reading<'p>>,
}

/// The rows of those to whom rows belong that come in their order.
#[derive(Default)]
struct Owner {
    key: String,
    row: Option<u32>,
}

impl Owner {
    fn row(&mut self, loading: &Loading<'_>, of: RecordId, key: &str) -> u32 {
        if let Some(row) = self.row.filter(|_| self.key == key) {
            return row;
        }
        let next = self.row.filter(|it| *it != NOWHERE).map_or(0, |it| it + 1);
        let row = if loading.is(of, next, key) { Some(next) } else { loading.row(of, key) };
        key.clone_into(&mut self.key);
        *self.row.insert(row.unwrap_or(NOWHERE))
    }
}

/// Where the values of a dated field begin for each row, and since when each holds.
struct Spells {
    first: Vec<u32>,
    since: Vec<Date>,
}

/// A value of a dated field and from when it holds.
type Spell = (FieldId, Date, Option<Known>);

impl Spells {
    /// One more row: blank at first, then what is told of it, or else what it held from its first day on.
    fn add(
        &mut self,
        column: &mut Reading<'_>,
        loading: &Loading<'_>,
        told: &[Spell],
        (since, first): (Date, Option<Known>),
    ) {
        let mut spells: Vec<(Date, Option<&Known>)> = vec![(Date::MIN, None)];
        for (_, since, value) in told.iter().filter(|it| it.0 == column.at) {
            // Of two from the same day the later word counts.
            if spells.last().is_some_and(|it| it.0 == *since) {
                spells.pop();
            }
            spells.push((*since, value.as_ref()));
        }
        if told.iter().all(|it| it.0 != column.at) {
            spells.extend(first.as_ref().map(|it| (since, Some(it))));
        }
        for (since, value) in spells {
            let row = column.filling.len();
            column.filling.grow();
            self.since.push(since);
            match value {
                Some(Known::Record(of)) => match loading.row(of.record, &of.key) {
                    Some(named) => column.filling.put_units(row, named.into()),
                    None => column.absent.push((row, Arc::clone(&of.key))),
                },
                Some(value) => column.filling.put_known(row, value),
                None => {}
            }
        }
        self.first.push(narrow(self.since.len()));
    }
}

/// What the dated fields of a type held, in the order of the records.
struct History<'s>(rusqlite::CachedStatement<'s>);

impl History<'_> {
    fn walk(&mut self, name: &str) -> Result<HistoryWalk<'_>, StoreError> {
        Ok(HistoryWalk { rows: self.0.query([name]).map_err(disk)?, held: None })
    }
}

struct HistoryWalk<'r> {
    rows: rusqlite::Rows<'r>,
    /// The key and values of the record that comes next.
    held: Option<(String, Option<Spell>)>,
}

impl HistoryWalk<'_> {
    /// What is told of a record, which comes behind the one asked for before.
    fn of(&mut self, policy: &Policy, record: RecordId, key: &str, passed: &mut u64) -> Result<Vec<Spell>, StoreError> {
        let mut found = Vec::new();
        loop {
            let (next, spell) = match self.held.take() {
                Some(held) => held,
                None => match self.next(policy, record, passed)? {
                    Some(held) => held,
                    None => return Ok(found),
                },
            };
            match next.as_str().cmp(key) {
                std::cmp::Ordering::Less => {}
                std::cmp::Ordering::Equal => found.extend(spell),
                std::cmp::Ordering::Greater => {
                    self.held = Some((next, spell));
                    return Ok(found);
                }
            }
        }
    }

    fn next(
        &mut self,
        policy: &Policy,
        record: RecordId,
        passed: &mut u64,
    ) -> Result<Option<(String, Option<Spell>)>, StoreError> {
        let Some(row) = self.rows.next().map_err(disk)? else { return Ok(None) };
        *passed += 1;
        let kind = policy.record(record);
        let key = text(row.get_ref(0).map_err(disk)?)?.to_owned();
        let Some(field) = kind.field_named(text(row.get_ref(1).map_err(disk)?)?) else { return Ok(Some((key, None))) };
        let since = text(row.get_ref(2).map_err(disk)?)?;
        let since = since.parse().map_err(|_| StoreError::Damaged(format!("`{since}` is no day in dated_values")))?;
        let value = known(policy, &kind.fields[field.index()].kind, row.get_ref(3).map_err(disk)?);
        Ok(Some((key, Some((field, since, value)))))
    }
}

fn text<'r>(cell: ValueRef<'r>) -> Result<&'r str, StoreError> {
    cell.as_str().map_err(|error| StoreError::Damaged(error.to_string()))
}

fn narrow(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(NOWHERE)
}
