//! Records made up at random, as full and as empty as records are.

use std::sync::Arc;

use jiff::civil::{Date, date};
use merit::eval::MemoryFacts;
use merit::ids::{FieldId, RecordId};
use merit::policy::model::{Field, FieldKind, Policy, Shape};
use merit::value::{Known, Number, RecordRef, TimeUnit, Value};

use crate::draw::Draw;

/// The day on which everything is asked.
pub(crate) const TODAY: Date = date(2026, 11, 20);

/// A value that a field may hold; nothing where it stays empty.
fn value(draw: &mut Draw, policy: &Policy, field: &Field, keys: &[Vec<Arc<str>>]) -> Option<Value> {
    if draw.one_in(8) {
        return None;
    }
    let number = |draw: &mut Draw, from: &Option<Number>, to: &Option<Number>, decimals: u8| {
        let unit = |it: &Option<Number>, other: i64| {
            it.and_then(|it| it.to_scaled(decimals)).map_or(other, |it| i64::try_from(it).unwrap())
        };
        let (least, most) = (unit(from, 0), unit(to, unit(from, 0) + 120));
        let few = if draw.one_in(2) { 12 } else { u64::MAX };
        let span = u64::try_from(most - least + 1).unwrap_or(1).min(few);
        Number::from_scaled(i128::from(least + i64::try_from(draw.below(span)).unwrap()), decimals).unwrap()
    };
    Some(Value::Known(match &field.kind {
        FieldKind::Text | FieldKind::Email | FieldKind::Post | FieldKind::Phone => {
            Known::Text(Arc::from(["alpha", "beta", "gamma"][usize::try_from(draw.below(3)).unwrap()]))
        }
        FieldKind::Number { from, to, decimals, percent } => {
            let number = number(draw, from, to, *decimals);
            Known::Number(if *percent { number.divide(Number::from(100)).unwrap() } else { number })
        }
        FieldKind::Money { currency, decimals, .. } => {
            let units = i128::from(draw.below(4_000_000));
            Known::Money { amount: Number::from_scaled(units, *decimals).unwrap(), currency: Arc::clone(currency) }
        }
        FieldKind::Date | FieldKind::Event => Known::Date(draw.day()),
        FieldKind::Timestamp => Known::Moment(i64::try_from(draw.below(1_700_000_000)).unwrap()),
        FieldKind::Duration(unit) => {
            let most = if *unit == TimeUnit::Years { 30 } else { 400 };
            Known::Duration { count: i64::try_from(draw.below(most)).unwrap(), unit: *unit }
        }
        FieldKind::YesNo => Known::YesNo(draw.one_in(2)),
        FieldKind::Choice(list) => {
            let count = policy.choices[list.index()].choices.len() as u64;
            Known::Choice(*list, u32::try_from(draw.below(count)).unwrap())
        }
        FieldKind::Reference(record) => {
            // Now and then it names somebody who is not there.
            let known = &keys[record.index()];
            let at = usize::try_from(draw.below(known.len() as u64 + 1)).unwrap();
            let key = known.get(at).cloned().unwrap_or_else(|| Arc::from("nobody"));
            Known::Record(RecordRef { record: *record, key })
        }
    }))
}

/// Some people of each type, with what belongs to them.
pub(crate) fn made_up<'p>(policy: &'p Policy, seed: u64, people: usize) -> MemoryFacts<'p> {
    let mut draw = Draw::new(seed);
    let mut facts = MemoryFacts::new(policy);
    let count = |shape: &Shape| if matches!(shape, Shape::Entity { .. }) { people } else { 0 };
    let keys: Vec<Vec<Arc<str>>> = policy
        .records
        .iter()
        .map(|it| (0..count(&it.shape)).map(|at| Arc::from(format!("{}{at:03}", &it.label.name[..1]))).collect())
        .collect();
    // Now and then everybody has been there for long.
    let least_ago = if draw.one_in(3) { 4 } else { 0 };
    let mut types: Vec<RecordId> = (0..policy.records.len()).map(RecordId::at).collect();
    // Owners before children.
    types.sort_by_key(|it| !matches!(policy.record(*it).shape, Shape::Entity { .. }));
    for record in types {
        let kind = policy.record(record);
        match kind.shape {
            Shape::Entity { key } => {
                for name in &keys[record.index()] {
                    let of = RecordRef { record, key: Arc::clone(name) };
                    facts.declare(&of);
                    fill(&mut draw, policy, &mut facts, &of, &keys, Some(key));
                }
            }
            Shape::Child { of } => {
                for name in &keys[of.index()] {
                    for _ in 0..draw.below(4) {
                        let child = facts.add_child(&RecordRef { record: of, key: Arc::clone(name) }, record);
                        fill(&mut draw, policy, &mut facts, &child, &keys, None);
                    }
                }
            }
            Shape::Panel { of, each } => {
                for name in &keys[of.index()] {
                    let of = RecordRef { record: of, key: Arc::clone(name) };
                    let ago = i32::try_from(draw.below(6).max(least_ago)).unwrap();
                    let now = policy.main().period_containing(each, TODAY).unwrap();
                    for back in 0..=ago {
                        let period = policy.main().shift(now, -back).unwrap();
                        if draw.one_in(7) {
                            continue;
                        }
                        for (at, field) in kind.fields.iter().enumerate() {
                            if let Some(value) = value(&mut draw, policy, field, &keys) {
                                facts.set_panel(&of, record, period.first, FieldId::at(at), value);
                            }
                        }
                    }
                }
            }
        }
    }
    facts
}

fn fill(
    draw: &mut Draw,
    policy: &Policy,
    facts: &mut MemoryFacts<'_>,
    of: &RecordRef,
    keys: &[Vec<Arc<str>>],
    key: Option<FieldId>,
) {
    for (at, field) in policy.record(of.record).fields.iter().enumerate() {
        let id = FieldId::at(at);
        if key == Some(id) {
            continue;
        }
        for _ in 0..=if field.dated { draw.below(3) } else { 0 } {
            if let Some(value) = value(draw, policy, field, keys) {
                let since = draw.day();
                facts.set(of, id, since, value);
            }
        }
    }
}
