//! Cells to values, row by row: a row with a bad cell is held back whole, and so is a row that refers to one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;

use crate::calendar::Period;
use crate::exchange::mapping::{ColumnRead, Dates, Mapping};
use crate::exchange::reader::{OWN_COLUMNS, Sheet, SheetRow};
use crate::exchange::{Finding, ImportError, ImportReport, MappingFault};
use crate::ids::{FieldId, RecordId};
use crate::policy::model::{Blank, Field, FieldKind, Policy, RecordType, Shape};
use crate::store::{RecordChange, Store};
use crate::value::{Known, Number, RecordRef};

/// What checking gives.
pub(super) struct Checked {
    pub(super) report: ImportReport,
    pub(super) changes: Vec<RecordChange>,
    pub(super) held_back: Vec<(u64, Vec<String>, String)>,
}

/// A field and where it stands in the file.
struct Wanted<'p> {
    id: FieldId,
    field: &'p Field,
    at: usize,
    read: ColumnRead,
}

/// Columns that are no fields: of whom, for which period, which number, from when.
#[derive(Default)]
struct Leads {
    owner: Option<(usize, ColumnRead)>,
    period: Option<(usize, ColumnRead)>,
    number: Option<(usize, ColumnRead)>,
    from: Option<(usize, ColumnRead)>,
}

struct Checker<'p> {
    policy: &'p Policy,
    kind: &'p RecordType,
    record: RecordId,
    mapping: &'p Mapping,
    head: &'p [String],
    from: Date,
    wanted: Vec<Wanted<'p>>,
    leads: Leads,
    report: ImportReport,
}

/// A row that may be taken: its change, and the references that must hold.
struct Candidate {
    row: usize,
    change: RecordChange,
    references: Vec<(RecordId, Arc<str>, usize)>,
}

/// Records that other files of the same import bring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Beside {
    /// Any record of these types: what they bring is not known yet.
    Types(BTreeSet<RecordId>),
    /// Exactly these records.
    Records(BTreeSet<(RecordId, Arc<str>)>),
}

impl Beside {
    fn brings(&self, record: RecordId, key: &Arc<str>) -> bool {
        match self {
            Beside::Types(types) => types.contains(&record),
            Beside::Records(records) => records.contains(&(record, Arc::clone(key))),
        }
    }
}

pub(super) fn check(
    (policy, store): (&Policy, &dyn Store),
    name: &str,
    sheet: &Sheet,
    mapping: &Mapping,
    from: Date,
    beside: &Beside,
) -> Result<Checked, ImportError> {
    let mut checker = Checker::new(policy, name, sheet, mapping, from)?;
    let mut reasons: BTreeMap<usize, String> = BTreeMap::new();
    let mut candidates = Vec::new();
    let mut seen: BTreeMap<(Arc<str>, String), (usize, u64)> = BTreeMap::new();
    for (at, row) in sheet.rows.iter().enumerate() {
        checker.report.rows += 1;
        match checker.row(at, row) {
            Ok(candidate) => {
                let place = (Arc::clone(&candidate.change.key), candidate.change.part.clone());
                match seen.get(&place) {
                    Some((first, line)) if sheet.rows[*first].cells == row.cells => {
                        checker.note(row.line, "", "", &format!("the same row stands on line {line}"));
                        continue;
                    }
                    Some((_, line)) => {
                        let reason = format!("`{}` stands on line {line} already, with other values", place.0);
                        checker.reject(&mut reasons, at, row.line, "", "", reason);
                    }
                    None => {
                        seen.insert(place, (at, row.line));
                        candidates.push(candidate);
                    }
                }
            }
            Err(bad) => {
                for (column, value, reason) in bad {
                    checker.reject(&mut reasons, at, row.line, &column, &value, reason);
                }
            }
        }
        checker.orders(at, row, &mut reasons);
    }
    candidates.retain(|it| !reasons.contains_key(&it.row));
    checker.aliases(sheet);
    checker.references((store, beside), sheet, &mut candidates, &mut reasons)?;
    checker.loops(sheet, &candidates);
    checker.report.good = candidates.len() as u64;
    checker.report.rejected = reasons.len() as u64;
    checker.report.findings.sort_by_key(|it| it.line);
    let held_back =
        reasons.into_iter().map(|(at, reason)| (sheet.rows[at].line, sheet.rows[at].cells.clone(), reason)).collect();
    let changes = candidates.into_iter().map(|it| it.change).collect();
    Ok(Checked { report: checker.report, changes, held_back })
}

type Bad = (String, String, String);

impl<'p> Checker<'p> {
    fn new(
        policy: &'p Policy,
        name: &str,
        sheet: &'p Sheet,
        mapping: &'p Mapping,
        from: Date,
    ) -> Result<Self, ImportError> {
        let wanted_type = wanted_type(name, mapping);
        let record = record_of(policy, name, mapping).ok_or_else(|| {
            let known: Vec<&str> = policy.records.iter().map(|it| it.label.name.as_str()).collect();
            MappingFault(format!("{name}: there is no record type `{wanted_type}`; known: {}. Name it with `record = \"…\"` in a mapping", known.join(", ")))
        })?;
        let kind = policy.record(record);
        let mut checker = Self {
            policy,
            kind,
            record,
            mapping,
            head: &sheet.head,
            from,
            wanted: Vec::new(),
            leads: Leads::default(),
            report: ImportReport { file: name.to_owned(), record: wanted_type, ..ImportReport::default() },
        };
        checker.find_columns(name)?;
        Ok(checker)
    }

    fn place(&self, column: &str) -> Option<usize> {
        self.head.iter().position(|it| it.eq_ignore_ascii_case(column))
    }

    /// Finds the column of every field; a column that nobody knows is noted, one that the mapping names must be there.
    fn find_columns(&mut self, name: &str) -> Result<(), ImportError> {
        for (at, field) in self.kind.fields.iter().enumerate() {
            let read = self.mapping.column(&field.label.name);
            let place = self.place(&read.column).or_else(|| {
                let mapped = self.mapping.columns.contains_key(&field.label.name);
                if mapped { None } else { self.place(&field.label.title) }
            });
            if let Some(place) = place {
                self.wanted.push(Wanted { id: FieldId::at(at), field, at: place, read });
            }
        }
        let lead = |own: &str, other: Option<&str>| {
            let read = self.mapping.column(own);
            let place = self.place(&read.column).or_else(|| other.and_then(|it| self.place(it)));
            place.map(|it| (it, read))
        };
        let (owner, period) = match self.kind.shape {
            Shape::Entity { .. } => (None, None),
            Shape::Panel { of, each } => {
                let calendar = self.policy.main();
                let owner = self.policy.record(of).label.name.clone();
                (Some(lead("of", Some(&owner))), Some(lead("period", Some(calendar.kind_name(each)))))
            }
            Shape::Child { of } => (Some(lead("of", Some(&self.policy.record(of).label.name))), None),
        };
        let number = lead("n", None);
        let from =
            self.mapping.from_column.as_deref().and_then(|it| self.place(it)).map(|it| (it, ColumnRead::default()));
        for (needed, what) in [(&owner, "of whom each row is: `of`"), (&period, "the period of each row: `period`")] {
            if matches!(needed, Some(None)) {
                return Err(
                    MappingFault(format!("{name} has no column that says {what}; name it in the mapping")).into()
                );
            }
        }
        if let Shape::Entity { key } = self.kind.shape
            && !self.wanted.iter().any(|it| it.id == key)
        {
            let field = &self.kind.fields[key.index()].label.name;
            return Err(
                MappingFault(format!("{name} has no column for the key `{field}`; name it in the mapping")).into()
            );
        }
        self.leads = Leads { owner: owner.flatten(), period: period.flatten(), number, from };
        for field in self.mapping.columns.keys() {
            let known = self.kind.field_named(field).is_some() || ["of", "period", "n"].contains(&field.as_str());
            if !known {
                return Err(MappingFault(format!(
                    "the mapping names `{field}`, which `{}` does not have",
                    self.kind.label.name
                ))
                .into());
            }
            let column = self.mapping.column(field).column;
            if self.place(&column).is_none() {
                return Err(MappingFault(format!(
                    "{name} has no column `{column}`, which the mapping gives to `{field}`"
                ))
                .into());
            }
        }
        self.note_unused_columns();
        Ok(())
    }

    fn note_unused_columns(&mut self) {
        let mut used: BTreeSet<usize> = self.wanted.iter().map(|it| it.at).collect();
        let leads = [&self.leads.owner, &self.leads.period, &self.leads.number, &self.leads.from];
        used.extend(leads.into_iter().flatten().map(|it| it.0));
        let spoken_of = |column: &str| {
            let ignored = self.mapping.ignore.iter().any(|it| it.eq_ignore_ascii_case(column));
            let ordered = self.mapping.order.iter().any(|it| it.earlier == column || it.later == column);
            let alias = self.mapping.alias.iter().any(|it| it.name == column || it.key == column);
            ignored || ordered || alias || OWN_COLUMNS.contains(&column)
        };
        let unused: Vec<String> = self
            .head
            .iter()
            .enumerate()
            .filter(|(at, column)| !used.contains(at) && !spoken_of(column))
            .map(|(_, column)| column.clone())
            .collect();
        for column in unused {
            self.note(
                1,
                &column,
                "",
                "no field takes this column; name it under `ignore` in the mapping if that is meant",
            );
        }
    }

    fn note(&mut self, line: u64, column: &str, value: &str, reason: &str) {
        let (column, value, reason) = (column.to_owned(), value.to_owned(), reason.to_owned());
        self.report.findings.push(Finding { line, column, value, reason, rejected: false });
    }

    fn reject(
        &mut self,
        reasons: &mut BTreeMap<usize, String>,
        row: usize,
        line: u64,
        column: &str,
        value: &str,
        reason: String,
    ) {
        let told = if column.is_empty() { reason.clone() } else { format!("{column}: {reason}") };
        reasons.entry(row).and_modify(|it| *it += &format!("; {told}")).or_insert(told);
        let (column, value) = (column.to_owned(), value.to_owned());
        self.report.findings.push(Finding { line, column, value, reason, rejected: true });
    }

    fn row(&mut self, at: usize, row: &SheetRow) -> Result<Candidate, Vec<Bad>> {
        if row.cells.len() != self.head.len() {
            let reason = format!("this row has {} cells, and the head has {}", row.cells.len(), self.head.len());
            return Err(vec![(String::new(), String::new(), reason)]);
        }
        let mut bad = Vec::new();
        let mut fields = Vec::new();
        let mut references = Vec::new();
        let mut blanks = Vec::new();
        let mut notes = Vec::new();
        for wanted in &self.wanted {
            let column = &self.head[wanted.at];
            let cell = &row.cells[wanted.at];
            let trimmed = cell.trim();
            if trimmed.len() != cell.len() && !trimmed.is_empty() {
                notes.push((column.clone(), cell.clone()));
            }
            let word = wanted
                .read
                .values
                .get(cell.as_str())
                .or_else(|| wanted.read.values.get(trimmed))
                .map_or(trimmed, String::as_str);
            if word.is_empty() || wanted.read.blank.iter().any(|it| it.trim() == word) {
                if matches!(self.kind.shape, Shape::Entity { key } if key == wanted.id) {
                    bad.push((column.clone(), String::new(), "the key is blank".to_owned()));
                }
                blanks.push(blank_words(wanted.field));
                fields.push((wanted.id, None));
                continue;
            }
            match self.value(&wanted.field.kind, word) {
                Ok(value) => {
                    if let Known::Record(other) = &value {
                        references.push((other.record, Arc::clone(&other.key), wanted.at));
                    }
                    fields.push((wanted.id, Some(value)));
                }
                Err(reason) => bad.push((column.clone(), cell.clone(), reason)),
            }
        }
        let lead = self.lead(row, at, &fields, &mut references);
        for words in blanks {
            *self.report.blanks.entry(words).or_default() += 1;
        }
        for (column, cell) in notes {
            self.note(row.line, &column, &cell, "blanks at the ends were left out");
        }
        match lead {
            Ok((key, part, from)) if bad.is_empty() => {
                let change = RecordChange { record: self.record, key, part, fields, from };
                Ok(Candidate { row: at, change, references })
            }
            Ok(_) => Err(bad),
            Err(more) => {
                bad.extend(more);
                Err(bad)
            }
        }
    }

    /// The key, the period or number, and the day from which dated fields hold.
    fn lead(
        &self,
        row: &SheetRow,
        at: usize,
        fields: &[(FieldId, Option<Known>)],
        references: &mut Vec<(RecordId, Arc<str>, usize)>,
    ) -> Result<(Arc<str>, String, Date), Vec<Bad>> {
        let cell = |lead: &Option<(usize, ColumnRead)>| {
            lead.as_ref().map(|(at, _)| (self.head[*at].clone(), row.cells[*at].trim().to_owned(), *at))
        };
        let mut bad: Vec<Bad> = Vec::new();
        let from = match cell(&self.leads.from) {
            Some((column, value, _)) if !value.is_empty() => self.day(&value).unwrap_or_else(|reason| {
                bad.push((column, value, reason));
                self.from
            }),
            _ => self.from,
        };
        let (key, part): (Arc<str>, String) = match self.kind.shape {
            Shape::Entity { key } => {
                let found = fields.iter().find(|(id, _)| *id == key).and_then(|(_, value)| value.clone());
                match found {
                    Some(Known::Text(key)) => (key, String::new()),
                    _ => (Arc::from(""), String::new()),
                }
            }
            Shape::Panel { of, each } => {
                let owner = self.owner(cell(&self.leads.owner), of, references, &mut bad);
                let (column, value, _) = cell(&self.leads.period).unwrap_or_default();
                let period: Result<Period, String> =
                    self.policy.main().period_from_label(each, &value).map_err(|problem| problem.to_string());
                match period {
                    Ok(period) => (owner, period.first.to_string()),
                    Err(reason) => {
                        bad.push((column, value, reason));
                        (owner, String::new())
                    }
                }
            }
            Shape::Child { of } => {
                let owner = self.owner(cell(&self.leads.owner), of, references, &mut bad);
                let number = cell(&self.leads.number).map_or_else(|| format!("{:06}", at + 1), |it| it.1);
                (owner, number)
            }
        };
        if bad.is_empty() { Ok((key, part, from)) } else { Err(bad) }
    }

    fn owner(
        &self,
        cell: Option<(String, String, usize)>,
        of: RecordId,
        references: &mut Vec<(RecordId, Arc<str>, usize)>,
        bad: &mut Vec<Bad>,
    ) -> Arc<str> {
        let (column, value, at) = cell.unwrap_or_default();
        if value.is_empty() {
            bad.push((column, value, "it does not say of whom this row is".to_owned()));
            return Arc::from("");
        }
        let key: Arc<str> = Arc::from(value.as_str());
        references.push((of, Arc::clone(&key), at));
        key
    }

    // ---- values

    fn value(&self, kind: &FieldKind, word: &str) -> Result<Known, String> {
        match kind {
            FieldKind::Text => Ok(Known::Text(Arc::from(word))),
            FieldKind::Phone => Ok(Known::Text(Arc::from(word))),
            FieldKind::Email => {
                let well_formed = word.split_once('@').is_some_and(|(name, host)| {
                    !name.is_empty()
                        && host.contains('.')
                        && !host.starts_with('.')
                        && !host.ends_with('.')
                        && word.is_ascii()
                });
                let clean =
                    !word.chars().any(|it| it.is_whitespace() || it.is_control() || "<>(),;:\"[]\\".contains(it));
                if well_formed && clean && word.matches('@').count() == 1 {
                    Ok(Known::Text(Arc::from(word)))
                } else {
                    Err("this is no e-mail address".to_owned())
                }
            }
            FieldKind::Number { from, to, decimals, percent } => {
                let number = self.number(word.trim_end_matches('%').trim(), *decimals)?;
                if from.is_some_and(|it| number < it) || to.is_some_and(|it| number > it) {
                    let end = |it: &Option<Number>| it.map_or_else(|| "any".to_owned(), |it| it.to_string());
                    return Err(format!("it lies outside {} to {}", end(from), end(to)));
                }
                let number =
                    if *percent { number.divide(Number::from(100)).map_err(|it| it.to_string())? } else { number };
                Ok(Known::Number(number))
            }
            FieldKind::Money { currency, decimals, .. } => {
                let amount =
                    word.strip_prefix(&**currency).or_else(|| word.strip_suffix(&**currency)).unwrap_or(word).trim();
                let amount = self.number(amount, *decimals)?;
                Ok(Known::Money { amount, currency: Arc::clone(currency) })
            }
            FieldKind::Date | FieldKind::Event => self.day(word).map(Known::Date),
            FieldKind::Timestamp => match word.parse::<jiff::Timestamp>() {
                Ok(at) => Ok(Known::Moment(at.as_second())),
                Err(_) => Err("this is no moment; write it as 2026-07-31T18:00:00Z".to_owned()),
            },
            FieldKind::Duration(unit) => match word.parse() {
                Ok(count) => Ok(Known::Duration { count, unit: *unit }),
                Err(_) => Err("a whole number is expected here".to_owned()),
            },
            FieldKind::YesNo => match word.to_lowercase().as_str() {
                "yes" | "y" | "true" | "1" => Ok(Known::YesNo(true)),
                "no" | "n" | "false" | "0" => Ok(Known::YesNo(false)),
                _ => Err("yes or no is expected here".to_owned()),
            },
            FieldKind::Choice(list) => {
                let choices = &self.policy.choices[list.index()].choices;
                let same = |it: &crate::policy::model::Label| {
                    it.name.eq_ignore_ascii_case(word) || it.title.to_lowercase() == word.to_lowercase()
                };
                match choices.iter().position(same).and_then(|it| u32::try_from(it).ok()) {
                    Some(at) => Ok(Known::Choice(*list, at)),
                    None => {
                        let names: Vec<&str> = choices.iter().map(|it| it.name.as_str()).collect();
                        Err(format!("it is none of {}", names.join(", ")))
                    }
                }
            }
            FieldKind::Reference(record) => Ok(Known::Record(RecordRef { record: *record, key: Arc::from(word) })),
        }
    }

    fn number(&self, word: &str, decimals: u8) -> Result<Number, String> {
        let (group, point) = if self.mapping.decimal_comma { ('.', ',') } else { (',', '.') };
        let plain: String =
            word.chars().filter(|it| *it != group && *it != ' ').map(|it| if it == point { '.' } else { it }).collect();
        let number: Number = plain.parse().map_err(|_| "this is no number".to_owned())?;
        if number.to_scaled(decimals).and_then(|it| i64::try_from(it).ok()).is_none() {
            return Err(format!("it has more than {decimals} decimals, or is too large; it is not rounded in silence"));
        }
        Ok(number)
    }

    fn day(&self, word: &str) -> Result<Date, String> {
        let word = word.split_once([' ', 'T']).map_or(word, |(day, _)| day);
        let parts: Vec<&str> = word.split(['/', '.', '-']).collect();
        let number = |at: usize| parts.get(at).and_then(|it| it.parse::<i16>().ok());
        let made = |year: Option<i16>, month: Option<i16>, day: Option<i16>| {
            let small = |it: i16| i8::try_from(it).ok();
            Date::new(year.filter(|it| *it >= 1000)?, small(month?)?, small(day?)?).ok()
        };
        let by = |order: Dates| match order {
            _ if parts.len() != 3 => None,
            Dates::Iso => made(number(0), number(1), number(2)),
            Dates::DayFirst => made(number(2), number(1), number(0)),
            Dates::MonthFirst => made(number(2), number(0), number(1)),
        };
        let names = [(Dates::Iso, "iso"), (Dates::DayFirst, "d/m/y"), (Dates::MonthFirst, "m/d/y")];
        by(self.mapping.dates).ok_or_else(|| {
            let told = names.iter().find(|it| it.0 == self.mapping.dates).map_or("iso", |it| it.1);
            let other = names.iter().find(|it| by(it.0).is_some()).map(|it| it.1);
            let other = other.map_or_else(String::new, |it| {
                format!("; as {it} it would be one (`dates = \"{it}\"` in the mapping)")
            });
            format!("this is no date as {told}{other}")
        })
    }

    // ---- between rows

    /// Two date columns out of order.
    fn orders(&mut self, at: usize, row: &SheetRow, reasons: &mut BTreeMap<usize, String>) {
        for order in &self.mapping.order {
            let cell = |column: &str| self.place(column).and_then(|it| row.cells.get(it)).map(|it| it.trim());
            let (Some(earlier), Some(later)) = (cell(&order.earlier), cell(&order.later)) else { continue };
            let (Ok(first), Ok(second)) = (self.day(earlier), self.day(later)) else { continue };
            if first > second {
                let reason = format!("{} ({earlier}) lies after {} ({later})", order.earlier, order.later);
                let (column, value) = (order.earlier.clone(), earlier.to_owned());
                if order.reject {
                    self.reject(reasons, at, row.line, &column, &value, reason);
                } else {
                    self.note(row.line, &column, &value, &reason);
                }
            }
        }
    }

    /// One name under several keys.
    fn aliases(&mut self, sheet: &Sheet) {
        for alias in &self.mapping.alias {
            let (Some(name), Some(key)) = (self.place(&alias.name), self.place(&alias.key)) else { continue };
            let mut keys: BTreeMap<String, (String, u64)> = BTreeMap::new();
            let mut told: BTreeSet<(String, String)> = BTreeSet::new();
            for row in &sheet.rows {
                let cell = |at: usize| row.cells.get(at).map(|it| it.trim().to_owned()).filter(|it| !it.is_empty());
                let (Some(name), Some(key)) = (cell(name), cell(key)) else { continue };
                match keys.get(&name) {
                    Some((first, line)) if *first != key => {
                        if told.insert((name.clone(), key.clone())) {
                            let reason = format!("`{name}` has the key `{key}` here and `{first}` on line {line}");
                            self.note(row.line, &alias.key, &key, &reason);
                        }
                    }
                    Some(_) => {}
                    None => {
                        keys.insert(name, (key, row.line));
                    }
                }
            }
        }
    }

    /// References must lead to a record of the store or of this file; a row that refers to a row held back is held back too.
    fn references(
        &mut self,
        (store, beside): (&dyn Store, &Beside),
        sheet: &Sheet,
        candidates: &mut Vec<Candidate>,
        reasons: &mut BTreeMap<usize, String>,
    ) -> Result<(), ImportError> {
        let mut asked: BTreeMap<RecordId, BTreeSet<Arc<str>>> = BTreeMap::new();
        for (record, key, _) in candidates.iter().flat_map(|it| &it.references) {
            asked.entry(*record).or_default().insert(Arc::clone(key));
        }
        let mut stored: BTreeSet<(RecordId, Arc<str>)> = BTreeSet::new();
        for (record, keys) in asked {
            let keys: Vec<Arc<str>> = keys.into_iter().collect();
            stored.extend(store.existing(self.policy, record, &keys)?.into_iter().map(|it| (record, it)));
        }
        let rejected_keys = self.keys_of_rejected(sheet, reasons);
        loop {
            let here: BTreeSet<Arc<str>> = candidates.iter().map(|it| Arc::clone(&it.change.key)).collect();
            let holds = |(record, key, _): &&(RecordId, Arc<str>, usize)| {
                stored.contains(&(*record, Arc::clone(key)))
                    || (*record == self.record && here.contains(key))
                    || (*record != self.record && beside.brings(*record, key))
            };
            let broken: Vec<(usize, Arc<str>, usize)> = candidates
                .iter()
                .filter_map(|it| {
                    it.references
                        .iter()
                        .find(|reference| !holds(reference))
                        .map(|(_, key, at)| (it.row, Arc::clone(key), *at))
                })
                .collect();
            if broken.is_empty() {
                return Ok(());
            }
            for (row, key, at) in &broken {
                let was = rejected_keys.contains(key)
                    || reasons.keys().any(|other| self.key_of(sheet, *other).as_deref() == Some(&**key));
                let reason = if was {
                    format!("it refers to `{key}`, whose row is held back")
                } else {
                    format!("there is no record `{key}`")
                };
                let (line, column) = (sheet.rows[*row].line, self.head[*at].clone());
                self.reject(reasons, *row, line, &column, key, reason);
            }
            candidates.retain(|it| !reasons.contains_key(&it.row));
        }
    }

    fn key_of(&self, sheet: &Sheet, row: usize) -> Option<String> {
        let Shape::Entity { key } = self.kind.shape else { return None };
        let at = self.wanted.iter().find(|it| it.id == key)?.at;
        sheet.rows[row].cells.get(at).map(|it| it.trim().to_owned())
    }

    fn keys_of_rejected(&self, sheet: &Sheet, reasons: &BTreeMap<usize, String>) -> BTreeSet<Arc<str>> {
        reasons.keys().filter_map(|row| self.key_of(sheet, *row)).map(|it| Arc::from(it.as_str())).collect()
    }

    /// Loops in a reference of a record type to itself are named.
    fn loops(&mut self, sheet: &Sheet, candidates: &[Candidate]) {
        let own: Vec<(FieldId, usize)> = self
            .wanted
            .iter()
            .filter(|it| it.field.kind == FieldKind::Reference(self.record))
            .map(|it| (it.id, it.at))
            .collect();
        for (field, at) in own {
            let above = |it: &Candidate| {
                it.change.fields.iter().find(|(id, _)| *id == field).and_then(|(_, value)| match value {
                    Some(Known::Record(other)) => Some(Arc::clone(&other.key)),
                    _ => None,
                })
            };
            let links: BTreeMap<Arc<str>, (Arc<str>, usize)> =
                candidates.iter().filter_map(|it| Some((Arc::clone(&it.change.key), (above(it)?, it.row)))).collect();
            let mut done: BTreeSet<Arc<str>> = BTreeSet::new();
            for start in links.keys() {
                let mut path: Vec<Arc<str>> = Vec::new();
                let mut next = Some(Arc::clone(start));
                while let Some(key) = next.filter(|it| !done.contains(it)) {
                    if let Some(first) = path.iter().position(|it| *it == key) {
                        let names: Vec<&str> = path[first..].iter().map(|it| &**it).collect();
                        let reason = format!("these stand above each other in a circle: {}", names.join(", "));
                        let line = links.get(&key).map_or(0, |it| sheet.rows[it.1].line);
                        let column = self.head[at].clone();
                        self.note(line, &column, &key, &reason);
                        break;
                    }
                    next = links.get(&key).map(|it| Arc::clone(&it.0));
                    path.push(key);
                }
                done.extend(path);
            }
        }
    }
}

/// The record type that a file holds: as its mapping says, else as it is called.
pub(super) fn record_of(policy: &Policy, name: &str, mapping: &Mapping) -> Option<RecordId> {
    policy.record_named(&wanted_type(name, mapping))
}

fn wanted_type(name: &str, mapping: &Mapping) -> String {
    let stem = name.strip_suffix(".csv").unwrap_or(name);
    let stem = stem.strip_suffix(".rejected").unwrap_or(stem);
    mapping.record.clone().unwrap_or_else(|| stem.to_owned())
}

fn blank_words(field: &Field) -> String {
    let meaning = match field.blank {
        Blank::Unknown => "not known",
        Blank::NotApplicable => "there is none",
        Blank::NotHappened => "not yet happened",
    };
    format!("{} ({meaning})", field.label.name)
}
