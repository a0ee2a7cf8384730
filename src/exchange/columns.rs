//! Columns of a file as fields mean them: each is read and checked for itself, so that several are at once.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;

use crate::calendar::{PeriodKind, day_number};
use crate::exchange::cells::{Cells, Sheet};
use crate::exchange::{ImportError, value_of};
use crate::ids::{FieldId, RecordId};
use crate::policy::model::{Blank, Field, FieldKind, Policy, Shape};
use crate::table::{Column, Loading, NOWHERE, Units};
use crate::value::{Known, Number};

/// Rows that are wrong, with the column and why; each is told once.
pub(super) type Wrong = BTreeMap<usize, (String, String)>;

/// What is read of a file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Task {
    /// The owners' rows, in the file of a type that belongs to another.
    Owners(RecordId),
    /// The period of each row.
    Periods(PeriodKind),
    /// A field of each row.
    Field(FieldId),
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Done {
    /// For each row its owner's; of a row whose owner is not there, [`NOWHERE`].
    Owners(Vec<u32>),
    Periods(Periods),
    Field(Column),
}

/// The period of each row.
#[derive(Debug, Default)]
pub(super) struct Periods {
    /// The first day of each period, ascending.
    pub(super) firsts: Vec<Date>,
    /// Which of them it is, for each row; less than nought where it is none.
    of_row: Of,
}

#[derive(Debug)]
enum Of {
    Few(Vec<i8>),
    Many(Vec<i32>),
}

impl Default for Of {
    fn default() -> Self {
        Of::Few(Vec::new())
    }
}

impl Periods {
    /// The period of a row, by its place among all.
    pub(super) fn of(&self, row: usize) -> Option<usize> {
        match &self.of_row {
            Of::Few(all) => usize::try_from(all[row]).ok(),
            Of::Many(all) => usize::try_from(all[row]).ok(),
        }
    }

    /// Periods as they are met, put in their order.
    fn in_order(met: &[Date], mut of_row: Vec<i32>) -> Self {
        let mut firsts = met.to_vec();
        firsts.sort_unstable();
        firsts.dedup();
        let place = |it: &Date| firsts.binary_search(it).ok().and_then(|it| i32::try_from(it).ok()).unwrap_or(-1);
        let places: Vec<i32> = met.iter().map(place).collect();
        of_row.iter_mut().for_each(|it| *it = usize::try_from(*it).map_or(-1, |it| places[it]));
        let of_row = match i8::try_from(firsts.len()) {
            Ok(_) => Of::Few(of_row.iter().map(|it| i8::try_from(*it).unwrap_or(-1)).collect()),
            Err(_) => Of::Many(of_row),
        };
        Self { firsts, of_row }
    }
}

/// Everything that is read of the file of a type, in the order in which what is wrong is told; of an entity the key is read before all.
pub(super) fn tasks(policy: &Policy, record: RecordId) -> Vec<(RecordId, Task)> {
    let fields = (0..policy.record(record).fields.len()).map(FieldId::at);
    let (mut tasks, key) = match policy.record(record).shape {
        Shape::Entity { key } => (Vec::new(), Some(key)),
        Shape::Child { of } => (vec![Task::Owners(of)], None),
        Shape::Panel { of, each } => (vec![Task::Owners(of), Task::Periods(each)], None),
    };
    tasks.extend(fields.filter(|it| Some(*it) != key).map(Task::Field));
    tasks.into_iter().map(|it| (record, it)).collect()
}

/// Files, and the keys of all who are there.
#[derive(Clone, Copy)]
pub(super) struct Columns<'r> {
    pub(super) policy: &'r Policy,
    pub(super) loading: &'r Loading<'r>,
    pub(super) sheets: &'r BTreeMap<RecordId, (String, Box<dyn Sheet>)>,
}

/// The rows of records that are named.
struct Found {
    /// [`NOWHERE`] where none is.
    rows: Vec<u32>,
    /// Where one is named that is not there, with its key.
    missing: Vec<(usize, String)>,
}

impl Columns<'_> {
    /// Reads one thing, with what is wrong of it.
    pub(super) fn done(&self, record: RecordId, task: &Task) -> Result<(Done, Wrong), ImportError> {
        let mut wrong = Wrong::new();
        let done = match task {
            Task::Owners(of) => Done::Owners(self.owners(record, *of, &mut wrong)?),
            Task::Periods(each) => Done::Periods(self.periods(record, *each, &mut wrong)?),
            Task::Field(field) => Done::Field(self.field(record, *field, &mut wrong)?),
        };
        Ok((done, wrong))
    }

    fn sheet(&self, record: RecordId) -> &dyn Sheet {
        &*self.sheets[&record].1
    }

    fn column(&self, record: RecordId, name: &str) -> Result<Option<Cells>, ImportError> {
        let sheet = self.sheet(record);
        let at = sheet.head().iter().position(|it| it.trim() == name);
        at.map(|at| sheet.column(at)).transpose()
    }

    /// A column without which the file means nothing.
    pub(super) fn needed(&self, record: RecordId, name: &str) -> Result<Cells, ImportError> {
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

    /// The owners' rows of a file; of a row whose owner is not there, nothing.
    fn owners(&self, record: RecordId, of: RecordId, wrong: &mut Wrong) -> Result<Vec<u32>, ImportError> {
        let name = &self.policy.record(of).label.name;
        if !self.loading.has(of) {
            let file = &self.sheets[&record].0;
            return Err(ImportError::File(format!("{file}: there is no file of `{name}`, to whom these rows belong")));
        }
        let found = self.rows_of(of, self.lead(record, name, "of")?);
        if found.rows.contains(&NOWHERE) {
            let empty = found.rows.iter().enumerate().filter(|it| *it.1 == NOWHERE).map(|it| it.0);
            wrong.extend(empty.map(|row| (row, (name.clone(), "is empty".to_owned()))));
            wrong.extend(found.missing.into_iter().map(|(row, key)| (row, (name.clone(), not_there(name, &key)))));
        }
        Ok(found.rows)
    }

    /// The rows of records that are named.
    fn rows_of(&self, of: RecordId, cells: Cells) -> Found {
        let keys = self.loading.keys(of);
        let mut missing = Vec::new();
        let rows = match cells {
            Cells::Numbers { values, known, .. } => {
                let mut last = (None, NOWHERE);
                let mut find = |(row, value): (usize, i64)| {
                    if known.as_ref().is_some_and(|it| !it[row]) {
                        return NOWHERE;
                    }
                    // Most name the one whom the row before named, or the next.
                    if last.0 != Some(value) {
                        let found = keys.and_then(|it| it.row_near(value, last.1.saturating_add(1)));
                        last = (Some(value), found.unwrap_or(NOWHERE));
                    }
                    if last.1 == NOWHERE {
                        missing.push((row, value.to_string()));
                    }
                    last.1
                };
                match values {
                    Units::Four(all) => all.into_iter().map(i64::from).enumerate().map(&mut find).collect(),
                    other => other.widened().into_iter().enumerate().map(&mut find).collect(),
                }
            }
            Cells::Words(words) => {
                let mut find = |(row, word): (usize, Option<String>)| {
                    let Some(word) = word else { return NOWHERE };
                    let found = keys.and_then(|it| it.row(word.trim()));
                    if found.is_none() {
                        missing.push((row, word.trim().to_owned()));
                    }
                    found.unwrap_or(NOWHERE)
                };
                words.into_iter().enumerate().map(&mut find).collect()
            }
        };
        Found { rows, missing }
    }

    /// The period of each row.
    fn periods(&self, panel: RecordId, each: PeriodKind, wrong: &mut Wrong) -> Result<Periods, ImportError> {
        let calendar = self.policy.main();
        let name = calendar.kind_name(each).to_owned();
        let mut met: Vec<Date> = Vec::new();
        let mut known: HashMap<String, Result<i32, String>> = HashMap::new();
        let mut found = |row: usize, label: Option<String>| {
            let Some(label) = label else {
                wrong.entry(row).or_insert((name.clone(), "is empty".to_owned()));
                return -1;
            };
            let mut read = |label: &String| {
                let first = calendar.period_from_label(each, label).map_err(|it| it.to_string())?.first;
                met.push(first);
                Ok(i32::try_from(met.len() - 1).unwrap_or(-1))
            };
            match known.entry(label).or_insert_with_key(&mut read) {
                Ok(place) => *place,
                Err(why) => {
                    wrong.entry(row).or_insert((name.clone(), why.clone()));
                    -1
                }
            }
        };
        let of_row: Vec<i32> = match self.lead(panel, &name, "period")? {
            Cells::Words(words) => {
                words.into_iter().enumerate().map(|(row, it)| found(row, it.map(|it| it.trim().to_owned()))).collect()
            }
            Cells::Numbers { values, known, .. } => {
                // What follows a number that can be read is likely the same as at that number before.
                let mut numbers: HashMap<i64, i32> = HashMap::new();
                let mut lately = [(i64::MIN, -1); 64];
                let mut place = |row: usize| {
                    if known.as_ref().is_some_and(|it| !it[row]) {
                        return found(row, None);
                    }
                    let value = values.get(row);
                    let recent = &mut lately[usize::try_from(value.rem_euclid(64)).unwrap_or(0)];
                    if recent.0 != value || recent.1 < 0 {
                        let place = numbers.get(&value).copied().filter(|it| *it >= 0);
                        let place = place.unwrap_or_else(|| found(row, Some(value.to_string())));
                        numbers.insert(value, place);
                        *recent = (value, place);
                    }
                    recent.1
                };
                (0..values.len()).map(&mut place).collect()
            }
        };
        Ok(Periods::in_order(&met, of_row))
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
            let found = self.rows_of(of, cells);
            let name = &self.policy.record(of).label.name;
            found.missing.iter().for_each(|(row, key)| bad(*row, not_there(name, key)));
            return Ok(Column::of_rows(found.rows, about.blank));
        }
        match cells {
            Cells::Words(words) => Ok(self.words(about, &words, &mut bad)),
            Cells::Numbers { values, known, decimals } => {
                let named = |it| ImportError::File(format!("{}: {it}", self.sheets[&record].0));
                self.numbers(about, (values, known), decimals, &mut bad).map_err(named)
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
        (units, mut known): (Units, Option<Vec<bool>>),
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
                let text = |row| is_known(&known, row).then(|| Known::Text(units.get(row).to_string().into()));
                return Ok(Column::of_values(about, (0..units.len()).map(text).collect()));
            }
            FieldKind::Reference(_) => (0, i64::MAX, 1, Some(0)),
        };
        let name = &about.label.name;
        let Some(more) = more else {
            return Err(ImportError::File(format!("column `{name}` has more decimals than the field")));
        };
        let factor = tens(more);
        let all_allowed = |(low, high)| least <= low && high <= most;
        if factor == 1 && units.range(known.as_deref()).is_none_or(all_allowed) {
            return Ok(Column::of_units(units, known, denominator, about.blank));
        }
        let mut values = units.widened();
        drop(units);
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
        Ok(Column::of_units(Units::Eight(values), known, denominator, about.blank))
    }
}

fn not_there(name: &str, key: &str) -> String {
    format!("there is no {name} `{key}`")
}
