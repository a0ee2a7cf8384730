//! A whole population from files, as columns: CSV, Parquet or Arrow, one file for each record type. Nothing is written to a store.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::civil::Date;

use crate::exchange::ImportError;
use crate::exchange::cells::{Cells, Sheet, open};
use crate::exchange::columns::{Columns, Done, Periods, Task, Wrong, tasks};
use crate::ids::{FieldId, RecordId};
use crate::policy::model::{Policy, Shape};
use crate::side_by_side::side_by_side;
use crate::table::{Column, Keys, Loading, NOWHERE, Records};

/// How many bad rows are told.
const TOLD: usize = 20;

/// A file of records.
#[derive(Debug, Clone)]
pub struct PopulationFile {
    /// The record type.
    pub record: RecordId,
    /// The file.
    pub path: PathBuf,
}

/// A population, and the rows that were left out.
#[derive(Debug)]
pub struct Population {
    /// The records.
    pub records: Records,
    /// How many rows were left out.
    pub left_out: usize,
    /// The first of them, each with its file, its place, the column and why.
    pub bad: Vec<String>,
}

/// Reads files as a population. Rows in which something is wrong end it, unless they are to be left out.
///
/// # Errors
/// When a file can't be read or lacks a column, or when a row is wrong and rows are not to be left out.
pub fn population(policy: &Policy, files: &[PopulationFile], leave_out: bool) -> Result<Population, ImportError> {
    let mut reading =
        Reading { policy, loading: Loading::new(policy), sheets: BTreeMap::new(), bad: Vec::new(), left_out: 0 };
    for file in files {
        let name = file.path.display().to_string();
        if reading.sheets.insert(file.record, (name.clone(), open(&file.path)?)).is_some() {
            let kind = &policy.record(file.record).label.name;
            return Err(ImportError::File(format!("{name}: there are two files of `{kind}`")));
        }
    }
    let owners_first = |it: &RecordId| !matches!(policy.record(*it).shape, Shape::Entity { .. });
    let mut types: Vec<RecordId> = reading.sheets.keys().copied().collect();
    types.sort_by_key(owners_first);
    for record in &types {
        reading.keys(*record)?;
    }
    let tasks: Vec<(RecordId, Task)> = types.iter().flat_map(|it| tasks(policy, *it)).collect();
    let done = side_by_side(&tasks, |(record, task)| reading.columns().done(*record, task));
    let mut done = tasks.iter().map(|it| it.0).zip(done).peekable();
    for record in &types {
        let mut of_record = Read::default();
        while let Some((_, done)) = done.next_if(|it| it.0 == *record) {
            of_record.take(done?);
        }
        reading.loaded(*record, of_record);
    }
    if reading.left_out > 0 && !leave_out {
        let more = reading.left_out - reading.bad.len().min(reading.left_out);
        let more = if more > 0 { format!("\n… and {more} more") } else { String::new() };
        return Err(ImportError::Rows(format!("{}{more}", reading.bad.join("\n"))));
    }
    Ok(Population { records: reading.loading.finish(), left_out: reading.left_out, bad: reading.bad })
}

struct Reading<'p> {
    policy: &'p Policy,
    loading: Loading<'p>,
    sheets: BTreeMap<RecordId, (String, Box<dyn Sheet>)>,
    bad: Vec<String>,
    left_out: usize,
}

/// Everything that was read of a file.
#[derive(Default)]
struct Read {
    owners: Vec<u32>,
    periods: Periods,
    columns: Vec<Column>,
    wrong: Wrong,
}

impl Read {
    /// Of several things that are wrong of a row the first is told.
    fn take(&mut self, (done, wrong): (Done, Wrong)) {
        match done {
            Done::Owners(owners) => self.owners = owners,
            Done::Periods(periods) => self.periods = periods,
            Done::Field(column) => self.columns.push(column),
        }
        for (row, why) in wrong {
            self.wrong.entry(row).or_insert(why);
        }
    }
}

impl Reading<'_> {
    fn columns(&self) -> Columns<'_> {
        Columns { policy: self.policy, loading: &self.loading, sheets: &self.sheets }
    }

    fn tell(&mut self, record: RecordId, wrong: &Wrong) {
        for (row, (column, why)) in wrong {
            self.left_out += 1;
            if self.bad.len() < TOLD {
                let (file, sheet) = &self.sheets[&record];
                self.bad.push(format!("{file}, {}, column `{column}`: {why}", sheet.place(*row)));
            }
        }
    }

    /// Who is there.
    fn keys(&mut self, record: RecordId) -> Result<(), ImportError> {
        let Shape::Entity { key } = self.policy.record(record).shape else { return Ok(()) };
        let name = self.policy.field(record, key).label.name.clone();
        let keys = match self.columns().needed(record, &name)? {
            Cells::Numbers { values, known: None, .. } => Keys::numbers(values.widened()),
            Cells::Numbers { values, known: Some(known), .. } => Keys::texts(
                values
                    .widened()
                    .iter()
                    .zip(known)
                    .map(|(it, known)| if known { it.to_string() } else { String::new() }),
            ),
            Cells::Words(words) => Keys::texts(words.into_iter().map(|it| it.unwrap_or_default().trim().to_owned())),
        };
        let file = &self.sheets[&record].0;
        if keys.row("").is_some() {
            return Err(ImportError::File(format!("{file}: a row has no `{name}`; nobody can tell whose it is")));
        }
        if let Some(twice) = keys.twice() {
            return Err(ImportError::File(format!(
                "{file}: `{twice}` stands twice as `{name}`; each record has one row"
            )));
        }
        self.loading.entity(record, keys);
        Ok(())
    }

    fn loaded(&mut self, record: RecordId, read: Read) {
        match self.policy.record(record).shape {
            Shape::Entity { key } => self.entity(record, key, read),
            Shape::Child { of } => self.children(record, of, read),
            Shape::Panel { of, .. } => self.panel(record, of, read),
        }
    }

    fn entity(&mut self, record: RecordId, key: FieldId, read: Read) {
        let mut columns = read.columns.into_iter();
        for at in 0..self.policy.record(record).fields.len() {
            let field = FieldId::at(at);
            if field == key {
                self.loading.key_field(record, field);
            } else if let Some(column) = columns.next() {
                self.loading.field(record, field, column);
            }
        }
        // A record whose row is wrong stays, with what is wrong of it unknown: others name it.
        self.tell(record, &read.wrong);
    }

    fn children(&mut self, record: RecordId, of: RecordId, read: Read) {
        let Read { owners, columns, wrong, .. } = read;
        self.tell(record, &wrong);
        let mut kept: Vec<(u32, u32)> = Vec::with_capacity(owners.len());
        for (row, owner) in owners.iter().enumerate() {
            if *owner != NOWHERE && !wrong.contains_key(&row) {
                kept.push((*owner, u32::try_from(row).unwrap_or(u32::MAX)));
            }
        }
        let in_order = kept.len() == owners.len() && kept.is_sorted();
        kept.sort_unstable();
        self.loading.children(record, of, kept.iter().map(|it| it.0).collect());
        let rows: Vec<u32> = kept.iter().map(|it| it.1).collect();
        for (at, column) in columns.into_iter().enumerate() {
            let column = if in_order { column } else { column.picked(&rows) };
            self.loading.field(record, FieldId::at(at), column);
        }
    }

    fn panel(&mut self, panel: RecordId, of: RecordId, read: Read) {
        let Read { owners, periods, columns, mut wrong } = read;
        let mut places: Vec<Vec<u32>> = periods.firsts.iter().map(|_| Vec::new()).collect();
        let people = self.loading.count(of);
        for (row, owner) in owners.iter().enumerate() {
            let Some(period) = periods.of(row) else { continue };
            if *owner == NOWHERE || !wrong.is_empty() && wrong.contains_key(&row) {
                continue;
            }
            let places = &mut places[period];
            if places.is_empty() {
                places.resize(people, NOWHERE);
            }
            let place = &mut places[*owner as usize];
            if *place == NOWHERE {
                *place = u32::try_from(row).unwrap_or(NOWHERE);
            } else {
                let (name, why) = (self.policy.record(of).label.name.clone(), "this period stands twice");
                wrong.insert(row, (name, why.to_owned()));
            }
        }
        drop(owners);
        self.tell(panel, &wrong);
        let mut kept: Vec<(Date, Vec<u32>)> = periods.firsts.into_iter().zip(places).collect();
        kept.retain(|it| !it.1.is_empty());
        let pick = |(_, places): &(Date, Vec<u32>)| columns.iter().map(|it| it.picked(places)).collect::<Vec<_>>();
        let picked = side_by_side(&kept, pick);
        for ((first, places), columns) in kept.iter().zip(picked) {
            self.loading.panel(panel, of, *first, places, columns);
        }
    }
}
