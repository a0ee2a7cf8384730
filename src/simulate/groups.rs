//! Where outcomes fall: by ministry, grade, gender or whatever else tells people apart.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::ids::FieldId;
use crate::policy::model::{FieldKind, Policy};
use crate::simulate::judged::{Judged, Says};
use crate::simulate::stand::Names;
use crate::simulate::statistics::{Ratio, ratio};
use crate::simulate::{Cost, Fault, Question};
use crate::table::{Column, Field, Held};
use crate::value::{Known, Value};

/// Outcomes by some fields.
#[derive(Debug, Clone, Serialize)]
pub struct Grouping {
    /// The fields.
    pub by: Vec<String>,
    /// The groups, in the order of their values.
    pub groups: Vec<Group>,
    /// How many groups are too small to be told.
    pub too_small: usize,
    /// How many people are in those.
    pub people_in_small: usize,
}

/// A group.
#[derive(Debug, Clone, Serialize)]
pub struct Group {
    /// Its values, in the order of the fields.
    pub values: Vec<String>,
    /// How many people there are.
    pub people: usize,
    /// What each policy comes to in it.
    pub shares: Vec<Share>,
    /// For each further policy: to how many another sanction or reward follows than by the first, a more severe sanction, a less severe one.
    pub changes: Vec<[usize; 3]>,
}

/// What a policy comes to in a group.
#[derive(Debug, Clone, Serialize)]
pub struct Share {
    /// To how many a sanction is proposed.
    pub sanctioned: usize,
    /// Of how many a more severe one is undetermined.
    pub sanction_undetermined: usize,
    /// To how many a reward is proposed.
    pub rewarded: usize,
    /// Of how many one is undetermined.
    pub reward_undetermined: usize,
    /// What is paid, by currency.
    pub cost: Vec<Cost>,
    /// The rate of sanctions against that of the group that has most of them.
    pub sanction_ratio: Option<Ratio>,
    /// The same of rewards.
    pub reward_ratio: Option<Ratio>,
}

pub(super) fn groupings(judged: &[Judged<'_>], question: &Question) -> Result<Vec<Grouping>, Fault> {
    question.by.iter().map(|fields| grouping(judged, question, fields)).collect()
}

/// A field that tells people apart.
struct Told<'a> {
    kind: &'a FieldKind,
    column: Column,
}

fn told<'a>(judged: &Judged<'a>, question: &Question, name: &str) -> Result<Told<'a>, Fault> {
    let (policy, subject) = (judged.setting.policy, judged.framework.subject);
    let record = policy.record(subject);
    let fault = |why: String| Fault::NoGroup { field: name.to_owned(), subject: record.label.name.clone(), why };
    let Some(field) = record.field_named(name) else {
        let known: Vec<&str> =
            record.fields.iter().filter(|it| tells_apart(&it.kind)).map(|it| it.label.name.as_str()).collect();
        return Err(fault(format!("there is no such field; there is {}", known.join(", "))));
    };
    let kind = &policy.field(subject, field).kind;
    if !tells_apart(kind) {
        return Err(fault("only choices, yes or no, whole numbers and records do".to_owned()));
    }
    Ok(Told { kind, column: column(judged, question, field) })
}

fn tells_apart(kind: &FieldKind) -> bool {
    match kind {
        FieldKind::Choice(_) | FieldKind::YesNo | FieldKind::Reference(_) => true,
        FieldKind::Number { decimals, percent, .. } => *decimals == 0 && !percent,
        _ => false,
    }
}

/// A field as it stood on the last day of the period.
fn column(judged: &Judged<'_>, question: &Question, field: FieldId) -> Column {
    match judged.setting.records.rows(judged.framework.subject).field(field) {
        // Only texts are keys, and no text tells people apart.
        Field::Key => Column::blank(judged.people(), crate::policy::model::Blank::Unknown),
        Field::Plain(column) => column.clone(),
        Field::Dated(dated) => dated.on(question.period.last),
    }
}

/// The values of a group, each with its place in an order that people expect.
type Values = Vec<(i64, String)>;

/// What people are told apart by.
struct Parts {
    /// Its place in an order that people expect, and its words.
    values: Vec<(i64, String)>,
    /// The value of each row.
    of_row: Vec<u32>,
}

fn parts(judged: &Judged<'_>, told: &Told<'_>) -> Parts {
    let named = |record, row| judged.setting.records.named(record, row);
    let mut parts = Parts { values: Vec::new(), of_row: Vec::with_capacity(judged.people()) };
    // What stands in many rows is put into words once.
    let mut known: HashMap<Option<i64>, u32> = HashMap::new();
    for row in 0..judged.people() {
        let place = match (&told.column.held, told.column.is_known(row)) {
            (Held::Units { units, .. }, true) => Some(units.get(row)),
            _ => None,
        };
        let part = *known.entry(place).or_insert_with(|| {
            parts.values.push(match told.column.value(told.kind, row, named) {
                Value::Known(known) => words(judged.setting.policy, &known),
                Value::Unknown(_) => (i64::MAX, "unknown".to_owned()),
                Value::NotApplicable | Value::NotHappened => (i64::MAX, "none".to_owned()),
            });
            u32::try_from(parts.values.len() - 1).unwrap_or(u32::MAX)
        });
        parts.of_row.push(part);
    }
    parts
}

fn words(policy: &Policy, known: &Known) -> (i64, String) {
    match known {
        Known::YesNo(yes) => (i64::from(!yes), if *yes { "yes" } else { "no" }.to_owned()),
        Known::Choice(list, place) => {
            let choice = policy.choices[list.index()].choices.get(*place as usize);
            (i64::from(*place), choice.map_or_else(String::new, |it| it.title.clone()))
        }
        Known::Number(number) => {
            (number.to_scaled(0).and_then(|it| i64::try_from(it).ok()).unwrap_or(0), number.to_string())
        }
        Known::Record(record) => (0, record.key.to_string()),
        _ => (0, String::new()),
    }
}

fn grouping(judged: &[Judged<'_>], question: &Question, fields: &[String]) -> Result<Grouping, Fault> {
    let first = &judged[0];
    let told = fields.iter().map(|it| told(first, question, it)).collect::<Result<Vec<_>, _>>()?;
    let parts: Vec<Parts> = told.iter().map(|it| parts(first, it)).collect();
    let mut places: HashMap<u128, usize> = HashMap::new();
    let mut found: Vec<(Values, Vec<usize>)> = Vec::new();
    for row in 0..first.people() {
        let number = |all: u128, it: &Parts| all * it.values.len() as u128 + u128::from(it.of_row[row]);
        let place = *places.entry(parts.iter().fold(0, number)).or_insert_with(|| {
            found.push((parts.iter().map(|it| it.values[it.of_row[row] as usize].clone()).collect(), Vec::new()));
            found.len() - 1
        });
        found[place].1.push(row);
    }
    let mut rows: BTreeMap<Values, Vec<usize>> = found.into_iter().collect();
    let names: Vec<Names> = judged[1..].iter().map(|it| Names::of(first, it)).collect();
    let small = |it: &Vec<usize>| it.len() < question.least;
    let too_small = rows.values().filter(|it| small(it)).count();
    let people_in_small = rows.values().filter(|it| small(it)).map(Vec::len).sum();
    rows.retain(|_, it| !small(it));
    let mut groups: Vec<Group> = rows
        .into_iter()
        .map(|(values, rows)| Group {
            values: values.into_iter().map(|it| it.1).collect(),
            people: rows.len(),
            shares: judged.iter().map(|it| share(first, it, &rows)).collect(),
            changes: judged[1..].iter().zip(&names).map(|(it, names)| changes(first, it, names, &rows)).collect(),
        })
        .collect();
    for setting in 0..judged.len() {
        ratios(&mut groups, setting);
    }
    Ok(Grouping { by: fields.to_vec(), groups, too_small, people_in_small })
}

fn share(first: &Judged<'_>, judged: &Judged<'_>, rows: &[usize]) -> Share {
    let mut share = Share {
        sanctioned: 0,
        sanction_undetermined: 0,
        rewarded: 0,
        reward_undetermined: 0,
        cost: Vec::new(),
        sanction_ratio: None,
        reward_ratio: None,
    };
    for row in rows.iter().filter_map(|it| judged.row_of(first, *it)) {
        let stand = judged.stands[row];
        share.sanctioned += usize::from(stand.sanction.is_some());
        share.sanction_undetermined += usize::from(stand.sanction_open);
        share.rewarded += usize::from(stand.rewards != 0);
        share.reward_undetermined += usize::from(stand.reward_open);
        for rule in 0..judged.rules().len() {
            let says = judged.says[rule][row];
            if judged.amounts[rule].is_none() || !matches!(says, Says::Proposed | Says::Undetermined) {
                continue;
            }
            let currency = judged.currency(rule);
            let place = share.cost.iter().position(|it| it.currency.as_deref() == currency).unwrap_or_else(|| {
                share.cost.push(Cost::nothing(currency));
                share.cost.len() - 1
            });
            share.cost[place].take(says, judged.amount(rule, row));
        }
    }
    share
}

fn changes(first: &Judged<'_>, other: &Judged<'_>, names: &Names, rows: &[usize]) -> [usize; 3] {
    let mut found = [0; 3];
    for row in rows {
        let Some(theirs) = other.row_of(first, *row) else { continue };
        let (before, after) = (first.stands[*row], other.stands[theirs]);
        found[0] += usize::from(names.stand_apart(first, before, after));
        found[1] += usize::from(after.severity > before.severity);
        found[2] += usize::from(after.severity < before.severity);
    }
    found
}

/// Each group's rates against those of the group that has most, which stands at 1 by itself and has no interval.
fn ratios(groups: &mut [Group], setting: usize) {
    let most = |of: &dyn Fn(&Share) -> usize| {
        let rates = groups.iter().map(|it| (of(&it.shares[setting]), it.people)).enumerate();
        rates.max_by(|(_, a), (_, b)| (a.0 * b.1).cmp(&(b.0 * a.1)))
    };
    let (sanctioned, rewarded) = (most(&|it| it.sanctioned), most(&|it| it.rewarded));
    let against = |most: Option<(usize, (usize, usize))>, place: usize, own: (usize, usize)| {
        let (of_most, most) = most?;
        let found = ratio(own, most)?;
        Some(if of_most == place { Ratio { low: found.ratio, high: found.ratio, ..found } } else { found })
    };
    for (place, group) in groups.iter_mut().enumerate() {
        let people = group.people;
        let share = &mut group.shares[setting];
        share.sanction_ratio = against(sanctioned, place, (share.sanctioned, people));
        share.reward_ratio = against(rewarded, place, (share.rewarded, people));
    }
}
