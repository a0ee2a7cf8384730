//! Into which group each row falls: by fields of few values it is reckoned from what they hold, else it is looked up once for all.

use std::ops::Range;

use crate::ids::FieldId;
use crate::ids::RecordId;
use crate::policy::model::{Blank, Field as FieldOf, FieldKind, Policy};
use crate::simulate::patterns::QuickMap;
use crate::simulate::{Fault, Question, Setting};
use crate::table::{Column, Field, Held, Units};
use crate::value::{Known, Value};

/// So many groups at most are reckoned, whether anybody is in them or not.
const MOST_RECKONED: usize = 1 << 15;

/// The values of a group, each with its place in an order that people expect.
pub(super) type Values = Vec<(i64, String)>;

/// Tells people apart by some fields.
#[derive(Debug)]
pub(super) struct Sorter {
    how: How,
}

#[derive(Debug)]
enum How {
    /// Each field is a digit.
    Reckoned(Vec<Digit>),
    /// The group of each row, and the values of each group.
    Listed(Vec<u32>, Vec<Values>),
}

/// A field of few values.
#[derive(Debug)]
struct Digit {
    column: Column,
    least: i64,
    /// How many values there are between the least and the greatest; where some are blank, one more stands for those.
    values: usize,
    /// What each of them is called.
    words: Vec<(i64, String)>,
}

/// A field that tells people apart.
#[derive(Debug)]
pub(super) struct Told<'a> {
    pub(super) kind: &'a FieldKind,
    /// As it stood on the last day of the period.
    pub(super) column: Column,
}

impl Sorter {
    /// By some fields of those who are judged by a policy, as they stood on the last day of the period.
    pub(super) fn of(
        setting: &Setting<'_>,
        subject: RecordId,
        question: &Question,
        fields: &[String],
    ) -> Result<Self, Fault> {
        let told = fields.iter().map(|it| told(setting, subject, question, it));
        let told = told.collect::<Result<Vec<_>, Fault>>()?;
        let rows = setting.records.rows(subject).len();
        let spans = told.iter().map(|it| span(&it.column)).collect::<Option<Vec<_>>>();
        let digits = spans.filter(|spans| {
            let groups = spans.iter().try_fold(1_usize, |all, it| all.checked_mul(it.1));
            groups.is_some_and(|it| it <= MOST_RECKONED)
        });
        let how = match digits {
            Some(spans) => {
                let digit = |(told, (least, values)): (Told<'_>, _)| digit(setting, told, least, values);
                How::Reckoned(told.into_iter().zip(spans).map(digit).collect())
            }
            None => listed(setting, &told, rows),
        };
        Ok(Self { how })
    }

    /// How many groups there may be.
    pub(super) fn groups(&self) -> usize {
        match &self.how {
            How::Reckoned(digits) => digits.iter().map(|it| it.values).product(),
            How::Listed(_, values) => values.len(),
        }
    }

    /// The groups of some rows.
    pub(super) fn groups_of(&self, rows: Range<usize>) -> Vec<u32> {
        match &self.how {
            How::Listed(of_row, _) => of_row[rows].to_vec(),
            How::Reckoned(digits) => {
                let mut groups = vec![0; rows.len()];
                digits.iter().for_each(|it| it.add(rows.clone(), &mut groups));
                groups
            }
        }
    }

    /// What a group is told by.
    pub(super) fn values(&self, group: usize) -> Values {
        match &self.how {
            How::Listed(_, values) => values[group].clone(),
            How::Reckoned(digits) => {
                let mut rest = group;
                let mut values: Values = Vec::with_capacity(digits.len());
                for digit in digits.iter().rev() {
                    values.push(digit.words[rest % digit.values].clone());
                    rest /= digit.values;
                }
                values.reverse();
                values
            }
        }
    }
}

impl Digit {
    fn add(&self, rows: Range<usize>, groups: &mut [u32]) {
        fn shift<T: Copy + Into<i64>>(units: &[T], (least, values): (i64, u32), groups: &mut [u32]) {
            for (group, units) in groups.iter_mut().zip(units) {
                // What stands at a blank may be anything, and is set below.
                let place = u32::try_from((*units).into().wrapping_sub(least)).unwrap_or(0);
                *group = *group * values + place.min(values - 1);
            }
        }
        let Held::Units { units, .. } = &self.column.held else { return };
        let values = u32::try_from(self.values).unwrap_or(1);
        let scale = (self.least, values);
        match units {
            Units::One(all) => shift(&all[rows.clone()], scale, groups),
            Units::Two(all) => shift(&all[rows.clone()], scale, groups),
            Units::Four(all) => shift(&all[rows.clone()], scale, groups),
            Units::Eight(all) => shift(&all[rows.clone()], scale, groups),
        }
        if let Some(known) = &self.column.known {
            for (group, _) in groups.iter_mut().zip(&known[rows]).filter(|it| !it.1) {
                *group = *group / values * values + (values - 1);
            }
        }
    }
}

/// The least value of a column, and how many there may be; nothing where they do not stand on one scale, or too far apart.
fn span(column: &Column) -> Option<(i64, usize)> {
    let Held::Units { range, .. } = &column.held else { return None };
    let (least, most) = range.unwrap_or((0, -1));
    let values = usize::try_from(most.checked_sub(least)?.checked_add(1)?).ok()?;
    let values = values + usize::from(column.known.is_some());
    (values <= MOST_RECKONED).then_some((least, values.max(1)))
}

fn digit(setting: &Setting<'_>, told: Told<'_>, least: i64, values: usize) -> Digit {
    let named = |record, row| setting.records.named(record, row);
    let has_blank = told.column.known.is_some() || matches!(told.column.held, Held::Units { range: None, .. });
    let word = |place: usize| {
        let is_blank = has_blank && place + 1 == values;
        let units = i64::try_from(place).ok().filter(|_| !is_blank).map(|it| least + it);
        words(setting.policy, &told.column.value_of(told.kind, units, named))
    };
    let words = (0..values).map(word).collect();
    Digit { column: told.column, least, values, words }
}

/// Groups in the order in which they are met.
fn listed(setting: &Setting<'_>, told: &[Told<'_>], rows: usize) -> How {
    let named = |record, row| setting.records.named(record, row);
    let mut of_row = vec![0_u32; rows];
    let mut groups: Vec<Values> = vec![Vec::new()];
    for told in told {
        // By the groups so far and what stands in this field.
        let mut known: QuickMap<(u32, Option<i64>), u32> = QuickMap::default();
        let mut odd: std::collections::BTreeMap<(u32, (i64, String)), u32> = std::collections::BTreeMap::new();
        let mut found: Vec<Values> = Vec::new();
        for (row, group) in of_row.iter_mut().enumerate() {
            let mut new = |value: (i64, String)| {
                let mut values = groups[*group as usize].clone();
                values.push(value);
                found.push(values);
                u32::try_from(found.len() - 1).unwrap_or(u32::MAX)
            };
            let value = || words(setting.policy, &told.column.value(told.kind, row, named));
            *group = match &told.column.held {
                Held::Units { units, .. } => {
                    let units = told.column.is_known(row).then(|| units.get(row));
                    *known.entry((*group, units)).or_insert_with(|| new(value()))
                }
                Held::Texts(_) | Held::Values(_) => {
                    let value = value();
                    *odd.entry((*group, value.clone())).or_insert_with(|| new(value))
                }
            };
        }
        groups = found;
    }
    How::Listed(of_row, groups)
}

/// A field by its name.
pub(super) fn told<'a>(
    setting: &Setting<'a>,
    subject: RecordId,
    question: &Question,
    name: &str,
) -> Result<Told<'a>, Fault> {
    let policy = setting.policy;
    let record = policy.record(subject);
    let fault = |why: String| Fault::NoGroup { field: name.to_owned(), subject: record.label.name.clone(), why };
    let Some(field) = record.field_named(name) else {
        let fields = record.fields.iter().filter(|it: &&FieldOf| tells_apart(&it.kind));
        let known: Vec<&str> = fields.map(|it| it.label.name.as_str()).collect();
        return Err(fault(format!("there is no such field; there is {}", known.join(", "))));
    };
    let kind = &policy.field(subject, field).kind;
    if !tells_apart(kind) {
        return Err(fault("only choices, yes or no, whole numbers and records do".to_owned()));
    }
    Ok(Told { kind, column: column(setting, subject, question, field) })
}

fn tells_apart(kind: &FieldKind) -> bool {
    match kind {
        FieldKind::Choice(_) | FieldKind::YesNo | FieldKind::Reference(_) => true,
        FieldKind::Number { decimals, percent, .. } => *decimals == 0 && !percent,
        _ => false,
    }
}

/// A field as it stood on the last day of the period.
fn column(setting: &Setting<'_>, subject: RecordId, question: &Question, field: FieldId) -> Column {
    let rows = setting.records.rows(subject);
    match rows.field(field) {
        // Only texts are keys, and no text tells people apart.
        Field::Key => Column::blank(rows.len(), Blank::Unknown),
        Field::Plain(column) => column.clone(),
        Field::Dated(dated) => dated.on(question.period.last),
    }
}

fn words(policy: &Policy, value: &Value) -> (i64, String) {
    match value {
        Value::Known(known) => known_words(policy, known),
        Value::Unknown(_) => (i64::MAX, "unknown".to_owned()),
        Value::NotApplicable | Value::NotHappened => (i64::MAX, "none".to_owned()),
    }
}

fn known_words(policy: &Policy, known: &Known) -> (i64, String) {
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
