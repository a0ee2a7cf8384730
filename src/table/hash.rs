//! What all records hash to, so that somebody can tell later whether figures were made from the same ones.

use std::collections::BTreeMap;
use std::io::Write;

use sha2::{Digest, Sha256};

use crate::ids::{FieldId, RecordId};
use crate::policy::model::{Policy, Shape};
use crate::table::{Column, Field, Imposed, Records, asked_imposed, owner_of};
use crate::value::{Known, Value};

impl Records {
    /// A SHA-256 over every record, as hexadecimal digits.
    ///
    /// Types and fields go by their names and records by their keys, so that the order in which they were read is of no account, nor
    /// where a field stands in its record. Only what the policy declares is seen.
    #[must_use]
    pub fn hash(&self, policy: &Policy) -> String {
        let mut hashing = Hashing { policy, records: self, hash: Sha256::new(), line: Vec::new() };
        let mut types: Vec<RecordId> = (0..policy.records.len()).map(RecordId::at).collect();
        types.sort_by_key(|it| &policy.record(*it).label.name);
        for record in types {
            hashing.part(&policy.record(record).label.name);
            match policy.record(record).shape {
                Shape::Panel { .. } => hashing.panels(record),
                Shape::Entity { .. } | Shape::Child { .. } => hashing.rows(record),
            }
        }
        hashing.imposed();
        hashing.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

struct Hashing<'a> {
    policy: &'a Policy,
    records: &'a Records,
    hash: Sha256,
    /// What is hashed next.
    line: Vec<u8>,
}

impl<'a> Hashing<'a> {
    /// A text with its length before it, so that no two texts run together.
    fn part(&mut self, text: &str) {
        self.line.extend_from_slice(&(text.len() as u64).to_be_bytes());
        self.line.extend_from_slice(text.as_bytes());
    }

    fn end(&mut self) {
        self.hash.update((self.line.len() as u64).to_be_bytes());
        self.hash.update(&self.line);
        self.line.clear();
    }

    /// The fields of a type in the order of their names.
    fn fields(&self, record: RecordId) -> Vec<FieldId> {
        let fields = &self.policy.record(record).fields;
        let mut places: Vec<usize> = (0..fields.len()).collect();
        places.sort_by_key(|it| &fields[*it].label.name);
        places.into_iter().map(FieldId::at).collect()
    }

    /// The rows in the order of their keys; those that are only named stand in the references to them.
    fn in_order(&self, record: RecordId) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.records.rows(record).len()).collect();
        order.sort_by_cached_key(|it| self.records.key(record, *it));
        order
    }

    fn rows(&mut self, record: RecordId) {
        let (rows, fields) = (self.records.rows(record), self.fields(record));
        for row in self.in_order(record) {
            self.part(&self.records.key(record, row));
            if let (Some(of), Some(owner)) = (owner_of(self.policy, record), rows.owners().get(row)) {
                self.part(&self.records.key(of, *owner as usize));
            }
            for field in &fields {
                self.part(&self.policy.field(record, *field).label.name);
                match rows.field(*field) {
                    // It stands before the fields.
                    Field::Key => {}
                    Field::Plain(column) => self.value(column, (record, *field), row),
                    Field::Dated(dated) => {
                        for (since, at) in dated.of_row(row) {
                            self.part(&since.to_string());
                            self.value(dated.values(), (record, *field), at);
                        }
                    }
                }
            }
            self.end();
        }
    }

    fn panels(&mut self, panel: RecordId) {
        let Some(of) = owner_of(self.policy, panel) else { return };
        let (order, fields) = (self.in_order(of), self.fields(panel));
        let kept = self.records.panels.iter().filter(|it| it.0.0 == panel);
        for ((_, first), columns) in kept {
            self.part(&first.to_string());
            for row in &order {
                self.part(&self.records.key(of, *row));
                for field in &fields {
                    self.part(&self.policy.field(panel, *field).label.name);
                    self.value(&columns[field.index()], (panel, *field), *row);
                }
                self.end();
            }
        }
    }

    /// Of what was imposed, that of which the policy asks: other policies that are compared with it may ask for more.
    fn imposed(&mut self) {
        let (subjects, asked) = asked_imposed(self.policy);
        let is_asked = |of: &RecordId, rules: &BTreeMap<String, Imposed>| {
            subjects.contains(of) && rules.keys().any(|it| asked.contains(it.as_str()))
        };
        let mut found: Vec<_> = self.records.imposed.iter().filter(|it| is_asked(&it.0.0, it.1)).collect();
        let name = |record: RecordId| &self.policy.record(record).label.name;
        let key = |(record, row): (RecordId, u32)| self.records.key(record, row as usize);
        found.sort_by_cached_key(|(of, _)| (name(of.0), key(**of)));
        for (of, rules) in found {
            let (name, key) = (self.policy.record(of.0).label.name.clone(), key(*of).to_string());
            self.part(&name);
            self.part(&key);
            for (rule, imposed) in rules.iter().filter(|it| asked.contains(it.0.as_str())) {
                self.part(rule);
                for (since, ended) in imposed {
                    self.part(&since.to_string());
                    self.part(&ended.map_or_else(String::new, |it| it.to_string()));
                }
            }
            self.end();
        }
    }

    fn value(&mut self, column: &Column, (record, field): (RecordId, FieldId), row: usize) {
        let named = |record, row| self.records.named(record, row);
        match column.value(&self.policy.field(record, field).kind, row, named) {
            Value::Unknown(_) => self.line.push(b'?'),
            Value::NotApplicable => self.line.push(b'-'),
            Value::NotHappened => self.line.push(b'!'),
            Value::Known(known) => {
                let began = self.line.len();
                self.line.extend_from_slice(&[0; 8]);
                self.known(&known);
                let length = (self.line.len() - began - 8) as u64;
                self.line[began..began + 8].copy_from_slice(&length.to_be_bytes());
            }
        }
    }

    /// A known value under a letter of its kind.
    fn known(&mut self, known: &Known) {
        let written = match known {
            Known::YesNo(yes) => write!(self.line, "y{yes}"),
            Known::Number(number) => write!(self.line, "n{number}"),
            Known::Money { amount, currency } => write!(self.line, "m{currency} {amount}"),
            Known::Date(day) => write!(self.line, "d{day}"),
            Known::Moment(at) => write!(self.line, "a{at}"),
            Known::Duration { count, unit } => write!(self.line, "l{count} {unit:?}"),
            Known::Text(text) => write!(self.line, "t{text}"),
            Known::Choice(list, place) => {
                let choice = self.policy.choices[list.index()].choices.get(*place as usize);
                write!(self.line, "c{}", choice.map_or("", |it| it.name.as_str()))
            }
            Known::Record(of) => write!(self.line, "r{}", of.key),
        };
        // A list of bytes takes whatever is written to it.
        debug_assert!(written.is_ok());
    }
}
