//! A whole population from files, as columns: CSV or Parquet, one file for each record type. Nothing is written to a store.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use jiff::civil::Date;

use crate::calendar::day_number;
use crate::exchange::cells::{Cells, Sheet, open};
use crate::exchange::{ImportError, value_of};
use crate::ids::{FieldId, RecordId};
use crate::policy::model::{Blank, Field, FieldKind, Policy, Shape};
use crate::table::{Column, Keys, Loading, Records};
use crate::value::{Known, Number};

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
    for record in &types {
        reading.fields(*record)?;
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

/// Rows that are wrong, with the column and why; each is told once.
type Wrong = BTreeMap<usize, (String, String)>;

impl Reading<'_> {
    fn sheet(&self, record: RecordId) -> &dyn Sheet {
        &*self.sheets[&record].1
    }

    fn column(&self, record: RecordId, name: &str) -> Result<Option<Cells>, ImportError> {
        let sheet = self.sheet(record);
        let at = sheet.head().iter().position(|it| it.trim() == name);
        at.map(|at| sheet.column(at)).transpose()
    }

    /// A column without which the file means nothing.
    fn needed(&self, record: RecordId, name: &str) -> Result<Cells, ImportError> {
        let (file, sheet) = &self.sheets[&record];
        let found = self.column(record, name)?;
        found.ok_or_else(|| {
            let kind = &self.policy.record(record).label.name;
            let head = sheet.head().join(", ");
            ImportError::File(format!("{file}: a file of `{kind}` needs the column `{name}`; this one has {head}"))
        })
    }

    /// A column that says whose a row is, or of which period: by its own name or by the word that an import takes, too.
    fn lead(&self, record: RecordId, name: &str, word: &str) -> Result<Cells, ImportError> {
        let has = |name: &str| self.sheet(record).head().iter().any(|it| it.trim() == name);
        self.needed(record, if has(word) && !has(name) { word } else { name })
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
        let keys = match self.needed(record, &name)? {
            Cells::Numbers { values, known: None, .. } => Keys::numbers(values),
            Cells::Numbers { values, known: Some(known), .. } => Keys::texts(
                values.iter().zip(known).map(|(it, known)| if known { it.to_string() } else { String::new() }),
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

    fn fields(&mut self, record: RecordId) -> Result<(), ImportError> {
        match self.policy.record(record).shape {
            Shape::Entity { key } => self.entity(record, key),
            Shape::Child { of } => self.children(record, of),
            Shape::Panel { of, each } => self.panel(record, of, each),
        }
    }

    fn entity(&mut self, record: RecordId, key: FieldId) -> Result<(), ImportError> {
        let mut wrong = Wrong::new();
        for at in 0..self.policy.record(record).fields.len() {
            let field = FieldId::at(at);
            if field == key {
                self.loading.key_field(record, field);
            } else {
                let column = self.field(record, field, &mut wrong)?;
                self.loading.field(record, field, column);
            }
        }
        // A record whose row is wrong stays, with what is wrong of it unknown: others name it.
        self.tell(record, &wrong);
        Ok(())
    }

    /// The owners' rows of a file; of a row whose owner is not there, nothing.
    fn owners(&self, record: RecordId, of: RecordId, wrong: &mut Wrong) -> Result<Vec<Option<u32>>, ImportError> {
        let name = &self.policy.record(of).label.name;
        if !self.loading.has(of) {
            let file = &self.sheets[&record].0;
            return Err(ImportError::File(format!("{file}: there is no file of `{name}`, to whom these rows belong")));
        }
        let cells = self.lead(record, name, "of")?;
        let rows = self.rows_of(of, cells);
        for (row, (found, key)) in rows.iter().enumerate() {
            if found.is_none() {
                let why = key.as_ref().map_or_else(|| "is empty".to_owned(), |it| format!("there is no {name} `{it}`"));
                wrong.entry(row).or_insert((name.clone(), why));
            }
        }
        Ok(rows.into_iter().map(|it| it.0).collect())
    }

    /// The rows of records that are named, each with its key where it is not there.
    fn rows_of(&self, of: RecordId, cells: Cells) -> Vec<(Option<u32>, Option<String>)> {
        let keys = self.loading.keys(of);
        match cells {
            Cells::Numbers { values, known, .. } => {
                let find = |(at, value): (usize, &i64)| {
                    if known.as_ref().is_some_and(|it| !it[at]) {
                        return (None, None);
                    }
                    let row = keys.and_then(|it| it.row_of_number(*value));
                    (row, row.is_none().then(|| value.to_string()))
                };
                values.iter().enumerate().map(find).collect()
            }
            Cells::Words(words) => {
                let find = |word: Option<String>| match word {
                    None => (None, None),
                    Some(word) => {
                        let row = keys.and_then(|it| it.row(word.trim()));
                        (row, row.is_none().then(|| word.trim().to_owned()))
                    }
                };
                words.into_iter().map(find).collect()
            }
        }
    }

    fn children(&mut self, record: RecordId, of: RecordId) -> Result<(), ImportError> {
        let mut wrong = Wrong::new();
        let owners = self.owners(record, of, &mut wrong)?;
        let mut columns = Vec::new();
        for at in 0..self.policy.record(record).fields.len() {
            columns.push(self.field(record, FieldId::at(at), &mut wrong)?);
        }
        self.tell(record, &wrong);
        let mut kept: Vec<(u32, u32)> = Vec::with_capacity(owners.len());
        for (row, owner) in owners.iter().enumerate() {
            if let (Some(owner), false) = (owner, wrong.contains_key(&row)) {
                kept.push((*owner, u32::try_from(row).unwrap_or(u32::MAX)));
            }
        }
        kept.sort_unstable();
        self.loading.children(record, of, kept.iter().map(|it| it.0).collect());
        let in_order = kept.len() == owners.len() && kept.iter().enumerate().all(|(at, it)| it.1 as usize == at);
        let rows: Vec<Option<u32>> = if in_order { Vec::new() } else { kept.iter().map(|it| Some(it.1)).collect() };
        for (at, column) in columns.into_iter().enumerate() {
            let column = if in_order { column } else { column.picked(&rows) };
            self.loading.field(record, FieldId::at(at), column);
        }
        Ok(())
    }

    fn panel(&mut self, panel: RecordId, of: RecordId, each: crate::calendar::PeriodKind) -> Result<(), ImportError> {
        let mut wrong = Wrong::new();
        let owners = self.owners(panel, of, &mut wrong)?;
        let firsts = self.periods(panel, each, &mut wrong)?;
        let mut columns = Vec::new();
        for at in 0..self.policy.record(panel).fields.len() {
            columns.push(self.field(panel, FieldId::at(at), &mut wrong)?);
        }
        let people = self.loading.count(of);
        let mut places: BTreeMap<Date, Vec<Option<u32>>> = BTreeMap::new();
        for (row, (owner, first)) in owners.iter().zip(&firsts).enumerate() {
            let (Some(owner), Some(first), false) = (owner, first, wrong.contains_key(&row)) else { continue };
            let places = places.entry(*first).or_insert_with(|| vec![None; people]);
            let place = &mut places[*owner as usize];
            if place.is_some() {
                let (name, why) = (self.policy.record(of).label.name.clone(), "this period stands twice");
                wrong.insert(row, (name, why.to_owned()));
                continue;
            }
            *place = u32::try_from(row).ok();
        }
        self.tell(panel, &wrong);
        for (first, rows) in places {
            self.loading.panel(panel, of, first, &rows, columns.iter().map(|it| it.picked(&rows)).collect());
        }
        Ok(())
    }

    /// The first day of each row's period.
    fn periods(
        &self,
        panel: RecordId,
        each: crate::calendar::PeriodKind,
        wrong: &mut Wrong,
    ) -> Result<Vec<Option<Date>>, ImportError> {
        let calendar = self.policy.main();
        let name = calendar.kind_name(each).to_owned();
        let mut known: HashMap<String, Result<Date, String>> = HashMap::new();
        let mut found = |row: usize, label: Option<String>| {
            let Some(label) = label else {
                wrong.entry(row).or_insert((name.clone(), "is empty".to_owned()));
                return None;
            };
            let read = |label: &String| {
                calendar.period_from_label(each, label).map(|it| it.first).map_err(|it| it.to_string())
            };
            match known.entry(label).or_insert_with_key(read) {
                Ok(first) => Some(*first),
                Err(why) => {
                    wrong.entry(row).or_insert((name.clone(), why.clone()));
                    None
                }
            }
        };
        Ok(match self.lead(panel, &name, "period")? {
            Cells::Words(words) => {
                words.into_iter().enumerate().map(|(row, it)| found(row, it.map(|it| it.trim().to_owned()))).collect()
            }
            Cells::Numbers { values, known: some, .. } => {
                let mut last: Option<(i64, Option<Date>)> = None;
                let mut numbers: HashMap<i64, Option<Date>> = HashMap::new();
                let mut firsts = Vec::with_capacity(values.len());
                for (row, value) in values.iter().enumerate() {
                    if some.as_ref().is_some_and(|it| !it[row]) {
                        firsts.push(found(row, None));
                        continue;
                    }
                    let first = match last {
                        Some((number, Some(first))) if number == *value => Some(first),
                        _ => match numbers.get(value) {
                            Some(Some(first)) => Some(*first),
                            _ => {
                                let first = found(row, Some(value.to_string()));
                                numbers.insert(*value, first);
                                first
                            }
                        },
                    };
                    last = Some((*value, first));
                    firsts.push(first);
                }
                firsts
            }
        })
    }

    /// A field of every row of a file; a column that the file does not have is blank where it may be.
    fn field(&self, record: RecordId, field: FieldId, wrong: &mut Wrong) -> Result<Column, ImportError> {
        let about = self.policy.field(record, field);
        let Some(cells) = self.column(record, &about.label.name)? else {
            if about.blank == Blank::Unknown {
                self.needed(record, &about.label.name)?;
            }
            return Ok(Column::blank(self.sheet(record).rows(), about.blank));
        };
        let mut bad = |row: usize, why: String| {
            wrong.entry(row).or_insert((about.label.name.clone(), why));
        };
        if let FieldKind::Reference(of) = about.kind {
            let rows = self.rows_of(of, cells);
            let name = &self.policy.record(of).label.name;
            for (row, it) in rows.iter().enumerate() {
                if let Some(key) = &it.1 {
                    bad(row, format!("there is no {name} `{key}`"));
                }
            }
            let known: Vec<bool> = rows.iter().map(|it| it.0.is_some()).collect();
            let units = rows.iter().map(|it| it.0.map_or(0, i64::from)).collect();
            return Ok(Column::of_units(units, Some(known), 1, about.blank));
        }
        match cells {
            Cells::Words(words) => Ok(self.words(about, &words, &mut bad)),
            Cells::Numbers { values, known, decimals } => {
                let named = |it| ImportError::File(format!("{}: {it}", self.sheets[&record].0));
                self.numbers(about, values, known, decimals, &mut bad).map_err(named)
            }
        }
    }

    fn words(&self, about: &Field, words: &[Option<String>], bad: &mut dyn FnMut(usize, String)) -> Column {
        let mut known: HashMap<&str, Result<Option<Known>, String>> = HashMap::new();
        let mut values = Vec::with_capacity(words.len());
        for (row, word) in words.iter().enumerate() {
            let value = word.as_deref().map(|word| {
                // What stands in many rows is read once.
                known.entry(word).or_insert_with(|| value_of(self.policy, &about.kind, word)).clone()
            });
            values.push(match value {
                None => None,
                Some(Ok(value)) => value,
                Some(Err(why)) => {
                    bad(row, why);
                    None
                }
            });
        }
        Column::of_values(about, values)
    }

    /// Numbers as a field means them: places of choices counted from nought, days since 1970, yes as 1.
    fn numbers(
        &self,
        about: &Field,
        mut values: Vec<i64>,
        mut known: Option<Vec<bool>>,
        decimals: u8,
        bad: &mut dyn FnMut(usize, String),
    ) -> Result<Column, ImportError> {
        let tens = |by: u8| 10_i64.checked_pow(by.into()).unwrap_or(i64::MAX);
        let is_known = |known: &Option<Vec<bool>>, row: usize| known.as_ref().is_none_or(|it| it[row]);
        let (least, most, denominator, more) = match &about.kind {
            FieldKind::Number { from, to, decimals: own, percent } => {
                let scale = *own + if *percent { 2 } else { 0 };
                let end = |it: &Option<Number>, other: i64| {
                    it.and_then(|it| it.to_scaled(scale)).and_then(|it| i64::try_from(it).ok()).unwrap_or(other)
                };
                (end(from, i64::MIN), end(to, i64::MAX), tens(scale), own.checked_sub(decimals))
            }
            FieldKind::Money { decimals: own, .. } => (i64::MIN, i64::MAX, tens(*own), own.checked_sub(decimals)),
            FieldKind::Choice(list) => {
                let count = self.policy.choices[list.index()].choices.len();
                (0, i64::try_from(count).unwrap_or(i64::MAX) - 1, 1, Some(0))
            }
            FieldKind::YesNo => (0, 1, 1, Some(0)),
            FieldKind::Date | FieldKind::Event => (day_number(Date::MIN), day_number(Date::MAX), 1, Some(0)),
            FieldKind::Timestamp | FieldKind::Duration(_) => (i64::MIN, i64::MAX, 1, Some(0)),
            FieldKind::Text | FieldKind::Email | FieldKind::Post | FieldKind::Phone => {
                let text = |(row, it): (usize, &i64)| is_known(&known, row).then(|| Known::Text(it.to_string().into()));
                return Ok(Column::of_values(about, values.iter().enumerate().map(text).collect()));
            }
            FieldKind::Reference(_) => (0, i64::MAX, 1, Some(0)),
        };
        let name = &about.label.name;
        let Some(more) = more else {
            return Err(ImportError::File(format!("column `{name}` has more decimals than the field")));
        };
        let factor = tens(more);
        for row in 0..values.len() {
            let scaled = if factor == 1 { Some(values[row]) } else { values[row].checked_mul(factor) };
            match scaled.filter(|it| least <= *it && *it <= most) {
                Some(scaled) => values[row] = scaled,
                None if !is_known(&known, row) => values[row] = 0,
                None => {
                    bad(row, format!("{} is not allowed here", values[row]));
                    let all = values.len();
                    known.get_or_insert_with(|| vec![true; all])[row] = false;
                    values[row] = 0;
                }
            }
        }
        Ok(Column::of_units(values, known, denominator, about.blank))
    }
}
