//! The workload's tables as facts: columns read from Parquet, a row found by its number.

#![expect(clippy::unwrap_used, reason = "a test whose tables can't be read has failed")]

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use merit::calendar::PeriodKind;
use merit::eval::Facts;
use merit::ids::{FieldId, RecordId};
use merit::policy::model::{Blank, Field, FieldKind, Policy};
use merit::value::{Known, Number, RecordRef, Value};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field as Cell;

const YEARS: usize = 5;
const FIRST_YEAR: i16 = 2021;

/// Columns by their names; nothing where the table has nothing.
pub(crate) type Table = BTreeMap<String, Vec<Option<i64>>>;

/// The three tables as they stand in their files.
pub(crate) struct Tables {
    pub(crate) officers: Table,
    appraisals: Table,
    incidents: Table,
}

impl Tables {
    pub(crate) fn read(folder: &Path) -> Self {
        let read = |name: &str| table(&folder.join(name));
        let (officers, appraisals) = (read("officers.parquet"), read("appraisals.parquet"));
        Self { officers, appraisals, incidents: read("incidents.parquet") }
    }

    pub(crate) fn count(&self) -> usize {
        self.officers["id"].len()
    }
}

fn table(path: &Path) -> Table {
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    let mut table = Table::new();
    for row in reader.get_row_iter(None).unwrap() {
        for (name, cell) in row.unwrap().get_column_iter() {
            match table.get_mut(name) {
                Some(column) => column.push(number(cell)),
                None => drop(table.insert(name.clone(), vec![number(cell)])),
            }
        }
    }
    table
}

fn number(cell: &Cell) -> Option<i64> {
    match cell {
        Cell::Null => None,
        Cell::Bool(yes) => Some(i64::from(*yes)),
        Cell::Byte(it) => Some(i64::from(*it)),
        Cell::Short(it) => Some(i64::from(*it)),
        Cell::Int(it) => Some(i64::from(*it)),
        Cell::Long(it) => Some(*it),
        other => panic!("a cell of another kind: {other:?}"),
    }
}

/// The tables under the names and types of a policy.
pub(crate) struct Columns {
    officer: RecordId,
    keys: Vec<RecordRef>,
    incidents: Vec<RecordRef>,
    /// Where each officer's incidents begin among all; one more than there are officers.
    begins: Vec<usize>,
    /// Of each officer, those whose supervisor they are.
    reports: Vec<Vec<RecordRef>>,
    of_officers: Vec<Vec<Value>>,
    of_appraisals: Vec<Vec<Value>>,
    of_incidents: Vec<Vec<Value>>,
}

impl Columns {
    pub(crate) fn new(policy: &Policy, tables: &Tables) -> Self {
        let [officer, appraisal, incident] =
            ["officer", "appraisal", "incident"].map(|it| policy.record_named(it).unwrap());
        let keys: Vec<RecordRef> = (0..tables.count()).map(|at| named(officer, at)).collect();
        let place = |cell: &Option<i64>| cell.map(|it| usize::try_from(it).unwrap());

        let owners: Vec<usize> = tables.incidents["officer"].iter().filter_map(place).collect();
        let begins: Vec<usize> = (0..=keys.len()).map(|at| owners.partition_point(|it| *it < at)).collect();
        let own = |(at, owner): (usize, &usize)| RecordRef {
            record: incident,
            key: Arc::from(format!("{owner}/{}", at - begins[*owner] + 1)),
        };
        let incidents = owners.iter().enumerate().map(own).collect();

        let mut reports = vec![Vec::new(); keys.len()];
        for (at, above) in tables.officers["supervisor"].iter().enumerate() {
            if let Some(above) = place(above) {
                reports[above].push(keys[at].clone());
            }
        }
        let typed = |record, table: &Table| {
            let fields = policy.record(record).fields.iter();
            fields.map(|it| table[&it.label.name].iter().map(|cell| value(it, *cell)).collect()).collect()
        };
        let of_officers = typed(officer, &tables.officers);
        let (of_appraisals, of_incidents) = (typed(appraisal, &tables.appraisals), typed(incident, &tables.incidents));
        Self { officer, keys, incidents, begins, reports, of_officers, of_appraisals, of_incidents }
    }

    pub(crate) fn officers(&self) -> &[RecordRef] {
        &self.keys
    }
}

fn named(record: RecordId, at: usize) -> RecordRef {
    RecordRef { record, key: Arc::from(at.to_string()) }
}

/// A cell as a value of its field.
fn value(field: &Field, cell: Option<i64>) -> Value {
    let Some(cell) = cell else {
        return match field.blank {
            Blank::Unknown => Value::Unknown(Vec::new()),
            Blank::NotApplicable => Value::NotApplicable,
            Blank::NotHappened => Value::NotHappened,
        };
    };
    let place = || usize::try_from(cell).unwrap();
    Value::Known(match &field.kind {
        FieldKind::Number { .. } => Known::Number(Number::from(cell)),
        FieldKind::YesNo => Known::YesNo(cell != 0),
        FieldKind::Text => Known::Text(Arc::from(cell.to_string())),
        FieldKind::Date => Known::Date(date(1970, 1, 1).checked_add(cell.days()).unwrap()),
        FieldKind::Choice(list) => Known::Choice(*list, u32::try_from(cell).unwrap()),
        FieldKind::Reference(record) => Known::Record(named(*record, place())),
        other => panic!("no column holds {other:?}"),
    })
}

/// The number of an officer, and of one of their incidents.
fn row(of: &RecordRef) -> (usize, Option<usize>) {
    match of.key.split_once('/') {
        Some((owner, own)) => (owner.parse().unwrap(), Some(own.parse().unwrap())),
        None => (of.key.parse().unwrap(), None),
    }
}

impl Facts for Columns {
    fn field(&self, of: &RecordRef, field: FieldId, _on: Date) -> Value {
        match row(of) {
            (owner, Some(own)) => self.of_incidents[field.index()][self.begins[owner] + own - 1].clone(),
            (at, None) => self.of_officers[field.index()][at].clone(),
        }
    }

    fn panel(&self, of: &RecordRef, _panel: RecordId, _period: PeriodKind, first: Date, field: FieldId) -> Value {
        let year = usize::try_from(first.year() - FIRST_YEAR).ok().filter(|it| *it < YEARS);
        year.map_or(Value::Unknown(Vec::new()), |year| {
            self.of_appraisals[field.index()][row(of).0 * YEARS + year].clone()
        })
    }

    fn spells(&self, of: &RecordRef, field: FieldId) -> Vec<(Date, Value)> {
        vec![(Date::MIN, self.field(of, field, Date::MIN))]
    }

    fn first_kept(&self, _of: &RecordRef) -> Option<Date> {
        Some(date(FIRST_YEAR, 1, 1))
    }

    fn records(&self, kind: RecordId) -> Vec<RecordRef> {
        if kind == self.officer { self.keys.clone() } else { Vec::new() }
    }

    fn children(&self, of: &RecordRef, _kind: RecordId) -> Vec<RecordRef> {
        let (at, _) = row(of);
        self.incidents[self.begins[at]..self.begins[at + 1]].to_vec()
    }

    fn referring(&self, to: &RecordRef, _kind: RecordId, _field: FieldId) -> Vec<RecordRef> {
        self.reports[row(to).0].clone()
    }
}
