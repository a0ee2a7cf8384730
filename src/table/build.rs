//! Records gathered from facts, whoever keeps them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::civil::Date;

use crate::calendar::{Period, PeriodKind};
use crate::eval::Facts;
use crate::ids::{FieldId, RecordId};
use crate::policy::model::{Policy, Shape};
use crate::table::column::ColumnBuilder;
use crate::table::keys::{Keys, Named};
use crate::table::{Called, Column, Dated, Field, Records, Rows, owner_of};
use crate::value::{Known, RecordRef};

/// Whoever fetches records together before they are read: the type, the keys, and the first day of a period for what is kept by period.
pub type Ahead<'f> = &'f mut dyn FnMut(RecordId, &[Arc<str>], Option<Date>);

/// Every record that some facts know of, with what is kept for the periods that have begun by a day.
///
/// `ahead` hears of what is read next, so that a reader of a store can fetch it together.
#[must_use]
pub fn gather(policy: &Policy, facts: &dyn Facts, until: Date, ahead: Ahead<'_>) -> Records {
    let mut gathering = Gathering { policy, facts, until, records: Records::default(), named: HashMap::new() };
    gathering.keys(ahead);
    gathering.first_periods();
    gathering.fields();
    gathering.panels(ahead);
    gathering.imposed();
    gathering.only_named();
    gathering.records
}

struct Gathering<'a> {
    policy: &'a Policy,
    facts: &'a dyn Facts,
    until: Date,
    records: Records,
    /// Records that others name and that are not there, by type.
    named: HashMap<RecordId, Named>,
}

impl Gathering<'_> {
    fn types(&self) -> impl Iterator<Item = RecordId> + use<> {
        (0..self.policy.records.len()).map(RecordId::at)
    }

    /// The keys of all records: owners first, each one's children behind those of the owner before.
    fn keys(&mut self, ahead: Ahead<'_>) {
        self.records.types = self.types().map(|_| Rows::default()).collect();
        let mut waiting: Vec<RecordId> = self.types().collect();
        let mut done: Vec<RecordId> = Vec::new();
        while let Some(at) =
            waiting.iter().position(|it| owner_of(self.policy, *it).is_none_or(|of| done.contains(&of)))
        {
            let record = waiting.remove(at);
            done.push(record);
            let rows = match self.policy.record(record).shape {
                Shape::Entity { .. } => {
                    let keys: Vec<Arc<str>> = self.facts.records(record).into_iter().map(|it| it.key).collect();
                    ahead(record, &keys, None);
                    Rows { called: Called::Keys(Keys::texts(&keys)), ..Rows::default() }
                }
                Shape::Child { of } => self.children(record, of),
                Shape::Panel { .. } => continue,
            };
            self.records.types[record.index()] = rows;
        }
    }

    fn children(&self, record: RecordId, of: RecordId) -> Rows {
        let owners = self.records.rows(of);
        let (mut numbers, mut owner, mut first) = (Vec::new(), Vec::new(), vec![0]);
        for row in 0..owners.len() {
            let children = self.facts.children(&self.records.record(of, row), record);
            owner.extend(children.iter().map(|_| place(row)));
            let number = |it: &RecordRef| it.key.rsplit_once('/').and_then(|it| it.1.parse().ok());
            numbers.extend(children.iter().map(|it| number(it).unwrap_or(0)));
            first.push(place(owner.len()));
        }
        let called = Called::OfOwner { owners: of, numbers: Some(numbers) };
        Rows { called, owner, first_of_owner: first, ..Rows::default() }
    }

    fn first_periods(&mut self) {
        for record in self.types() {
            let first = |row| self.facts.first_kept(&self.records.record(record, row)).unwrap_or(Date::MAX);
            let first = (0..self.records.rows(record).len()).map(first).collect();
            self.records.types[record.index()].first_kept = first;
        }
    }

    fn fields(&mut self) {
        for record in self.types() {
            if matches!(self.policy.record(record).shape, Shape::Panel { .. }) {
                continue;
            }
            let fields = (0..self.policy.record(record).fields.len()).map(|at| self.field(record, FieldId::at(at)));
            self.records.types[record.index()].fields = fields.collect();
        }
    }

    fn field(&mut self, record: RecordId, field: FieldId) -> Field {
        let rows = self.records.rows(record).len();
        let kind = self.policy.field(record, field);
        if matches!(self.policy.record(record).shape, Shape::Entity { key } if key == field) {
            return Field::Key;
        }
        let mut column = ColumnBuilder::new(kind);
        if !kind.dated {
            for row in 0..rows {
                let value = self.facts.field(&self.records.record(record, row), field, Date::MIN);
                column.push(&value, |it| self.row_of(it));
            }
            return Field::Plain(self.column(column, record, field));
        }
        let (mut first, mut since) = (vec![0], Vec::new());
        for row in 0..rows {
            for (day, value) in self.facts.spells(&self.records.record(record, row), field) {
                since.push(day);
                column.push(&value, |it| self.row_of(it));
            }
            first.push(place(since.len()));
        }
        Field::Dated(Dated::new(first, since, self.column(column, record, field)))
    }

    fn column(&self, column: ColumnBuilder, record: RecordId, field: FieldId) -> Column {
        column.finish(&self.policy.field(record, field).kind, |of, row| {
            let named = self.named.get(&of).and_then(|it| it.key(row, self.records.rows(of).len()));
            let key = named.map_or_else(|| self.records.key(of, row), Arc::clone);
            Known::Record(RecordRef { record: of, key })
        })
    }

    /// The row of a record; of one that is not there, one behind all others.
    fn row_of(&mut self, of: &RecordRef) -> i64 {
        if let Some(row) = self.records.row(of) {
            return i64::try_from(row).unwrap_or(i64::MAX);
        }
        let behind = self.records.rows(of.record).len();
        self.named.entry(of.record).or_default().row(&of.key, behind).into()
    }

    fn panels(&mut self, ahead: Ahead<'_>) {
        for panel in self.types() {
            let Shape::Panel { of, each } = self.policy.record(panel).shape else { continue };
            let earliest = self.records.rows(of).first_kept.iter().min().copied().filter(|it| *it < Date::MAX);
            let keys: Vec<Arc<str>> = (0..self.records.rows(of).len()).map(|row| self.records.key(of, row)).collect();
            for period in self.periods(each, earliest) {
                ahead(of, &keys, Some(period.first));
                let columns: Vec<Column> = (0..self.policy.record(panel).fields.len())
                    .map(|at| self.panel(panel, of, &period, FieldId::at(at)))
                    .collect();
                if columns.iter().any(|it| it.known.as_ref().is_none_or(|it| it.contains(&true))) {
                    self.records.panels.insert((panel, period.first), columns);
                }
            }
        }
    }

    fn periods(&self, kind: PeriodKind, from: Option<Date>) -> Vec<Period> {
        begun(self.policy, kind, from, self.until)
    }

    fn panel(&mut self, panel: RecordId, of: RecordId, period: &Period, field: FieldId) -> Column {
        let mut column = ColumnBuilder::new(self.policy.field(panel, field));
        for row in 0..self.records.rows(of).len() {
            let owner = self.records.record(of, row);
            let value = self.facts.panel(&owner, panel, period.kind, period.first, field);
            column.push(&value, |it| self.row_of(it));
        }
        self.column(column, panel, field)
    }

    /// What was imposed, of what the policy asks.
    fn imposed(&mut self) {
        let (subjects, asked) = asked_imposed(self.policy);
        if asked.is_empty() {
            return;
        }
        for record in subjects {
            for row in 0..self.records.rows(record).len() {
                let of = self.records.record(record, row);
                let found = asked.iter().map(|rule| ((*rule).to_owned(), self.facts.imposed(&of, rule)));
                let found: BTreeMap<_, _> = found.filter(|it| !it.1.is_empty()).collect();
                if !found.is_empty() {
                    self.records.imposed.insert((record, place(row)), found);
                }
            }
        }
    }

    /// Gives those that are only named their rows, in which everything is blank.
    fn only_named(&mut self) {
        for (record, named) in std::mem::take(&mut self.named) {
            if let Called::Keys(keys) = &mut self.records.types[record.index()].called {
                keys.name(named.keys());
            }
        }
    }
}

/// The periods from the one that holds a day until the last that has begun.
fn begun(policy: &Policy, kind: PeriodKind, from: Option<Date>, until: Date) -> Vec<Period> {
    let calendar = policy.main();
    let first = from.and_then(|it| calendar.period_containing(kind, it).ok());
    std::iter::successors(first, |it| calendar.next(*it).ok()).take_while(|it| it.first <= until).collect()
}

/// Whose impositions a policy asks for, and those of which rules.
#[must_use]
pub fn asked_imposed(policy: &Policy) -> (BTreeSet<RecordId>, BTreeSet<&str>) {
    let held_back = policy.frameworks.iter().flat_map(|it| &it.gives_way).map(|it| &policy.frameworks[*it]);
    let ladders = policy.frameworks.iter().filter(|it| !it.ladders.is_empty());
    let rules = held_back.chain(ladders).flat_map(|it| &it.rules).map(|it| it.label.name.as_str());
    let asked = policy.asked_in_force.iter().chain(&policy.asked_imposed).map(String::as_str);
    let rules = asked.chain(rules).collect();
    (policy.frameworks.iter().map(|it| it.subject).collect(), rules)
}

impl Records {
    /// Leaves of what is kept by period that for the periods of the policy that have begun by a day.
    #[must_use]
    pub fn begun_by(mut self, policy: &Policy, until: Date) -> Self {
        let mut periods: HashMap<RecordId, BTreeSet<Date>> = HashMap::new();
        for (at, kind) in policy.records.iter().enumerate() {
            let Shape::Panel { of, each } = kind.shape else { continue };
            let earliest = self.rows(of).first_kept.iter().min().copied().filter(|it| *it < Date::MAX);
            let firsts = begun(policy, each, earliest, until).into_iter().map(|it| it.first);
            periods.insert(RecordId::at(at), firsts.collect());
        }
        self.panels.retain(|(panel, first), _| periods.get(panel).is_some_and(|it| it.contains(first)));
        self
    }

    /// Takes out what a rule imposed from a day on.
    pub fn forget_imposed(&mut self, rule: &str, from: Date) {
        for imposed in self.imposed.values_mut().filter_map(|it| it.get_mut(rule)) {
            imposed.retain(|it| it.0 < from);
        }
    }

    /// Adds that something was imposed on a record; in the order of the days from which it held.
    pub fn impose(&mut self, on: (RecordId, u32), rule: &str, since: Date, ended: Option<Date>) {
        self.imposed.entry(on).or_default().entry(rule.to_owned()).or_default().push((since, ended));
    }
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
