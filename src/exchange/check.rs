//! Cells to values, row by row: a row with a bad cell is held back whole, and so is a row that refers to one.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use jiff::civil::Date;

use crate::calendar::Period;
use crate::exchange::mapping::{ColumnRead, Mapping};
use crate::exchange::reader::{OWN_COLUMNS, Sheet, SheetRow};
use crate::exchange::values::Words;
use crate::exchange::{Blanks, Finding, ImportError, ImportReport, MappingFault, Opened};
use crate::ids::{FieldId, RecordId};
use crate::policy::model::{Blank, Field, FieldKind, Policy, RecordType, Shape};
use crate::store::{RecordChange, Store};
use crate::value::{Known, RecordRef, Value};

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
    words: Words<'p>,
    head: &'p [String],
    from: Date,
    wanted: Vec<Wanted<'p>>,
    leads: Leads,
    /// How many cells of each wanted field were blank.
    blanks: Vec<u64>,
    report: ImportReport,
}

/// A row that may be taken: its change, and the references that must hold.
struct Candidate {
    row: usize,
    change: RecordChange,
    references: Vec<(RecordId, Arc<str>, usize)>,
}

/// A file whose rows have been looked at one by one; references are looked at when all files have been.
pub(super) struct Draft<'p> {
    checker: Checker<'p>,
    sheet: &'p Sheet,
    candidates: Vec<Candidate>,
    reasons: BTreeMap<usize, String>,
}

impl<'p> Draft<'p> {
    pub(super) fn read(policy: &'p Policy, opened: &'p Opened<'_>) -> Result<Self, ImportError> {
        let (sheet, file) = (&opened.sheet, opened.file);
        let checker = Checker::new(policy, &opened.name, sheet, &file.mapping, file.from)?;
        let candidates = Vec::with_capacity(sheet.rows.len());
        let mut draft = Self { checker, sheet, candidates, reasons: BTreeMap::new() };
        draft.rows();
        draft.checker.aliases(sheet);
        Ok(draft)
    }

    fn rows(&mut self) {
        let (checker, reasons, sheet) = (&mut self.checker, &mut self.reasons, self.sheet);
        let mut seen: HashMap<(Arc<str>, String), (usize, u64)> = HashMap::with_capacity(sheet.rows.len());
        for (at, row) in sheet.rows.iter().enumerate() {
            checker.report.rows += 1;
            match checker.row(at, row) {
                Ok(candidate) => {
                    let place = (Arc::clone(&candidate.change.key), candidate.change.part.clone());
                    match seen.get(&place) {
                        Some((first, _)) if self.candidates[*first].change.fields == candidate.change.fields => {
                            checker.note(row.line, "", &place.0, "a row above says the same of it; taken once");
                            continue;
                        }
                        Some((_, line)) => {
                            let reason = format!("`{}` stands on line {line} already, with other values", place.0);
                            checker.reject(reasons, at, row.line, "", "", reason);
                        }
                        None => {
                            seen.insert(place, (self.candidates.len(), row.line));
                            self.candidates.push(candidate);
                        }
                    }
                }
                Err(bad) => {
                    for (column, value, reason) in bad {
                        checker.reject(reasons, at, row.line, &column, &value, reason);
                    }
                }
            }
            checker.orders(at, row, reasons);
        }
        self.drop_rejected();
    }

    fn drop_rejected(&mut self) {
        if !self.reasons.is_empty() {
            self.candidates.retain(|it| !self.reasons.contains_key(&it.row));
        }
    }

    /// Holds back the rows that refer to nobody; whether there were any.
    fn hold_back(&mut self, holds: impl Fn(RecordId, &Arc<str>) -> bool) -> bool {
        let broken: Vec<(usize, Arc<str>, usize)> = self
            .candidates
            .iter()
            .filter_map(|it| {
                let broken = it.references.iter().find(|(record, key, _)| !holds(*record, key));
                broken.map(|(_, key, at)| (it.row, Arc::clone(key), *at))
            })
            .collect();
        if broken.is_empty() {
            return false;
        }
        let rejected: HashSet<&str> =
            self.reasons.keys().filter_map(|row| self.checker.key_of(self.sheet, *row)).collect();
        let told = |key: &Arc<str>| {
            if rejected.contains(&**key) {
                format!("it refers to `{key}`, whose row is held back")
            } else {
                format!("there is no record `{key}`")
            }
        };
        let broken: Vec<_> = broken.into_iter().map(|(row, key, at)| (row, told(&key), key, at)).collect();
        for (row, reason, key, at) in broken {
            let (line, column) = (self.sheet.rows[row].line, self.checker.head[at].clone());
            self.checker.reject(&mut self.reasons, row, line, &column, &key, reason);
        }
        self.drop_rejected();
        true
    }

    pub(super) fn kind(&self) -> &'p RecordType {
        self.checker.kind
    }

    pub(super) fn changes(&self) -> impl Iterator<Item = &RecordChange> + Clone {
        self.candidates.iter().map(|it| &it.change)
    }

    /// Holds back rows by their place among the changes, for what a field says.
    pub(super) fn reject_rows(&mut self, field: FieldId, bad: Vec<(usize, String)>) {
        let at = self.checker.wanted.iter().find(|it| it.id == field).map(|it| it.at);
        for (place, reason) in bad {
            let row = self.candidates[place].row;
            let (line, column) = (self.sheet.rows[row].line, at.map_or("", |it| self.checker.head[it].as_str()));
            let key = self.candidates[place].change.key.to_string();
            self.checker.reject(&mut self.reasons, row, line, column, &key, reason);
        }
        self.drop_rejected();
    }

    pub(super) fn finish(mut self, store: &dyn Store) -> Checked {
        self.checker.loops(self.sheet, &self.candidates, store);
        let mut report = self.checker.finish();
        report.good = self.candidates.len() as u64;
        report.rejected = self.reasons.len() as u64;
        report.findings.sort_by_key(|it| it.line);
        let cells = |row: &SheetRow| row.cells.iter().map(str::to_owned).collect();
        let held_back = self.reasons.into_iter().map(|(at, reason)| {
            let row = &self.sheet.rows[at];
            (row.line, cells(row), reason)
        });
        let held_back = held_back.collect();
        Checked { report, changes: self.candidates.into_iter().map(|it| it.change).collect(), held_back }
    }
}

/// References must lead to a record of the store or of one of these files; a row that refers to a row held back is held back too.
pub(super) fn settle_references(
    policy: &Policy,
    store: &dyn Store,
    drafts: &mut [Draft<'_>],
) -> Result<(), ImportError> {
    let mut stored: HashSet<(RecordId, Arc<str>)> = HashSet::new();
    let mut asked: HashSet<(RecordId, Arc<str>)> = HashSet::new();
    loop {
        let mut here: HashSet<(RecordId, Arc<str>)> = HashSet::new();
        for draft in drafts.iter().filter(|it| matches!(it.checker.kind.shape, Shape::Entity { .. })) {
            here.extend(draft.candidates.iter().map(|it| (it.change.record, Arc::clone(&it.change.key))));
        }
        let mut unknown: BTreeMap<RecordId, BTreeSet<Arc<str>>> = BTreeMap::new();
        for (record, key, _) in drafts.iter().flat_map(|it| &it.candidates).flat_map(|it| &it.references) {
            let place = (*record, Arc::clone(key));
            if !here.contains(&place) && !asked.contains(&place) {
                unknown.entry(*record).or_default().insert(Arc::clone(key));
            }
        }
        for (record, keys) in unknown {
            let keys: Vec<Arc<str>> = keys.into_iter().collect();
            stored.extend(store.existing(policy, record, &keys)?.into_iter().map(|it| (record, it)));
            asked.extend(keys.into_iter().map(|it| (record, it)));
        }
        let holds = |record: RecordId, key: &Arc<str>| {
            let place = (record, Arc::clone(key));
            here.contains(&place) || stored.contains(&place)
        };
        let mut any = false;
        for draft in drafts.iter_mut() {
            any |= draft.hold_back(holds);
        }
        if !any {
            return Ok(());
        }
    }
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
            words: Words { policy, mapping },
            head: &sheet.head,
            from,
            wanted: Vec::new(),
            leads: Leads::default(),
            blanks: Vec::new(),
            report: ImportReport { file: name.to_owned(), record: wanted_type, ..ImportReport::default() },
        };
        checker.find_columns(name)?;
        checker.blanks = vec![0; checker.wanted.len()];
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
        if !unused.is_empty() && !self.mapping.ignore.iter().any(|it| it == "*") {
            let them = if unused.len() == 1 { "this column; name it" } else { "these columns; name them" };
            let reason = format!(
                "no field takes {them} under `ignore` in the mapping if that is meant (`\"*\"` there means all others)"
            );
            self.note(1, &unused.join(", "), "", &reason);
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
        let mut fields = Vec::with_capacity(self.wanted.len());
        let mut references = Vec::new();
        let mut notes = Vec::new();
        for (wanted, blanks) in self.wanted.iter().zip(&mut self.blanks) {
            let column = &self.head[wanted.at];
            let cell = &row.cells[wanted.at];
            let trimmed = cell.trim();
            if trimmed.len() != cell.len() && !trimmed.is_empty() {
                notes.push((column.clone(), cell.to_owned()));
            }
            let said = wanted.read.values.get(cell).or_else(|| wanted.read.values.get(trimmed));
            let word = said.map_or(trimmed, String::as_str);
            if word.is_empty() || wanted.read.blank.iter().any(|it| it.trim() == word) {
                if matches!(self.kind.shape, Shape::Entity { key } if key == wanted.id) {
                    bad.push((column.clone(), String::new(), "the key is blank".to_owned()));
                }
                *blanks += 1;
                fields.push((wanted.id, None));
                continue;
            }
            match self.words.value(&wanted.field.kind, word) {
                Ok(value) => {
                    if let Known::Record(other) = &value {
                        references.push((other.record, Arc::clone(&other.key), wanted.at));
                    }
                    fields.push((wanted.id, Some(value)));
                }
                Err(reason) => bad.push((column.clone(), cell.to_owned(), reason)),
            }
        }
        let lead = self.lead(row, at, &fields, &mut references);
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
            Some((column, value, _)) if !value.is_empty() => self.words.day(&value).unwrap_or_else(|reason| {
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

    // ---- between rows

    /// Two date columns out of order.
    fn orders(&mut self, at: usize, row: &SheetRow, reasons: &mut BTreeMap<usize, String>) {
        for order in &self.mapping.order {
            let cell = |column: &str| self.place(column).and_then(|it| row.cells.get(it)).map(str::trim);
            let (Some(earlier), Some(later)) = (cell(&order.earlier), cell(&order.later)) else { continue };
            let (Ok(first), Ok(second)) = (self.words.day(earlier), self.words.day(later)) else { continue };
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

    fn key_of<'s>(&self, sheet: &'s Sheet, row: usize) -> Option<&'s str> {
        let Shape::Entity { key } = self.kind.shape else { return None };
        let at = self.wanted.iter().find(|it| it.id == key)?.at;
        sheet.rows[row].cells.get(at).map(str::trim)
    }

    /// What was found, with the blanks counted by field.
    fn finish(&mut self) -> ImportReport {
        for (wanted, count) in self.wanted.iter().zip(&self.blanks).filter(|it| *it.1 > 0) {
            let (field, meaning) = (wanted.field.label.name.clone(), blank_meaning(wanted.field));
            self.report.blanks.push(Blanks { field, meaning, count: *count });
        }
        std::mem::take(&mut self.report)
    }

    /// Records that stand above each other in a circle: in this file and, where they are a tree, in the store.
    fn loops(&mut self, sheet: &Sheet, candidates: &[Candidate], store: &dyn Store) {
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
            let is_tree = self.policy.parent_of(self.record) == Some(field);
            let here: BTreeSet<&Arc<str>> = candidates.iter().filter(|_| is_tree).map(|it| &it.change.key).collect();
            let reader = is_tree.then(|| store.reader(self.policy));
            let stored = |key: &Arc<str>| {
                let reader = reader.as_ref().filter(|_| !here.contains(key))?;
                let of = RecordRef { record: self.record, key: Arc::clone(key) };
                match reader.field(&of, field, self.from) {
                    Value::Known(Known::Record(above)) => Some(above.key),
                    _ => None,
                }
            };
            let mut circles: Vec<(u64, Arc<str>, String)> = Vec::new();
            let mut done: BTreeSet<Arc<str>> = BTreeSet::new();
            for start in links.keys() {
                let mut path: Vec<Arc<str>> = Vec::new();
                let mut next = Some(Arc::clone(start));
                while let Some(key) = next.filter(|it| !done.contains(it)) {
                    if let Some(first) = path.iter().position(|it| *it == key) {
                        let names: Vec<&str> = path[first..].iter().map(|it| &**it).collect();
                        let reason = format!("these stand above each other in a circle: {}", names.join(", "));
                        let row = path[first..].iter().find_map(|it| links.get(it)).map(|it| it.1);
                        let line = row.map_or(0, |it| sheet.rows[it].line);
                        circles.push((line, key, reason));
                        break;
                    }
                    next = links.get(&key).map(|it| Arc::clone(&it.0)).or_else(|| stored(&key));
                    path.push(key);
                }
                done.extend(path);
            }
            let column = self.head[at].clone();
            for (line, key, reason) in circles {
                self.note(line, &column, &key, &reason);
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

fn blank_meaning(field: &Field) -> &'static str {
    match field.blank {
        Blank::Unknown => "not known",
        Blank::NotApplicable => "there is none",
        Blank::NotHappened => "not yet happened",
    }
}
