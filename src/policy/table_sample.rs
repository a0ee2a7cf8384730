//! Samples of a finding about a table: the answers in words, and facts that give them, ready to paste as an `example`.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::ids::{FieldId, RecordId};
use crate::policy::model::{
    Bound, Column, Definition, Expr, ExprKind, FieldKind, Policy, Shape, State, Table, Type, When,
};
use crate::value::{Known, Number, Value};

/// How deep definitions are followed to the facts that they rest on.
const DEEPEST: u32 = 10;

/// `rating` is Good and `grade` is U1
pub(super) fn words(policy: &Policy, table: &Table, answers: &[State]) -> String {
    let each = table.columns.iter().zip(answers);
    let each: Vec<String> =
        each.map(|(column, state)| format!("`{}` is {}", column.text, column.words(policy, *state))).collect();
    match each.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

/// An `example` with facts that give these answers, where there are such facts at hand; nothing where not.
pub(super) fn example(
    policy: &Policy,
    definition: &Definition,
    table: &Table,
    answers: &[State],
    day: Option<Date>,
    expected: &str,
) -> Option<String> {
    let mut facts = Facts { policy, subject: definition.of, found: BTreeMap::new() };
    for (column, state) in table.columns.iter().zip(answers) {
        facts.answer(column, *state)?;
    }
    let day = day.unwrap_or(jiff::civil::date(2026, 1, 1));
    let calendar = policy.calendars.get(policy.main_calendar)?;
    let period = definition.each.and_then(|it| calendar.period_containing(it, day).ok());
    let label = period.map(|it| calendar.label(&it));
    let subject = &policy.record(definition.of).label.name;
    let mut lines = Vec::new();
    let mut of_record: BTreeMap<RecordId, Vec<String>> = BTreeMap::from([(definition.of, Vec::new())]);
    for ((record, field), value) in facts.found {
        let name = &policy.field(record, field).label.name;
        of_record.entry(record).or_default().push(format!("{name} {value}"));
    }
    for (record, values) in of_record {
        let said = if values.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", values.join("; ")) };
        lines.push(match (record == definition.of, &label) {
            (true, _) => format!("  {subject} A {said}"),
            (false, Some(label)) => format!("  {} of A {label} {said}", policy.record(record).label.name),
            (false, None) => return None,
        });
    }
    let period = label.map(|it| format!(" in {it}")).unwrap_or_default();
    let name = &definition.label.name;
    let title = words(policy, table, answers).replace(['`', '"'], "");
    Some(format!("example \"{title}\" {{\n{}\n  expect {name} of A{period} is {expected}\n}}", lines.join("\n")))
}

struct Facts<'p> {
    policy: &'p Policy,
    subject: RecordId,
    found: BTreeMap<(RecordId, FieldId), String>,
}

impl Facts<'_> {
    fn answer(&mut self, column: &Column, state: State) -> Option<()> {
        match state {
            State::At(at) => self.expr(&column.asked, at, &column.words(self.policy, state), DEEPEST),
            // A fact that is left out is unknown, an event has not happened.
            State::NotHappened | State::Unknown => {
                matches!(column.asked.kind, ExprKind::Field { .. } | ExprKind::Panel { .. }).then_some(())
            }
        }
    }

    fn expr(&mut self, asked: &Expr, at: Number, words: &str, depth: u32) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        match &asked.kind {
            ExprKind::Field { of, record, field } if is_subject(of) && *record == self.subject => {
                self.fact(*record, *field, words)
            }
            ExprKind::Panel { of, record, field, when: When::Now } if is_subject(of) => {
                self.fact(*record, *field, words)
            }
            ExprKind::Definition { id, of, when: When::Now } if is_subject(of) => {
                self.expr(&self.policy.definitions[id.index()].value, at, words, depth)
            }
            ExprKind::Round { value, .. } => self.number(value, at, depth),
            ExprKind::Weighted(parts) => {
                // All parts alike give themselves.
                parts
                    .iter()
                    .filter(|(weight, _)| *weight != Number::ZERO)
                    .try_for_each(|(_, it)| self.number(it, at, depth))
            }
            ExprKind::Band { id, of, when: When::Now } if is_subject(of) => {
                let scale = &self.policy.scales[id.index()];
                let all = self.policy.choices[scale.choices.index()].choices.len();
                let place = all.checked_sub(1 + usize::try_from(at.to_scaled(0)?).ok()?)?;
                let version = scale.versions.last().map(|it| &it.value)?;
                let band = &version.bands.iter().find(|it| usize::try_from(it.choice) == Ok(place))?.interval;
                let inside = |it: &&Bound| it.included;
                let end = band.low.as_ref().filter(inside).or(band.high.as_ref().filter(inside))?;
                match &end.at {
                    Value::Known(Known::Number(at)) => self.number(&version.of, *at, depth),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// A number that an expression comes to, written as its own field wants it.
    fn number(&mut self, asked: &Expr, at: Number, depth: u32) -> Option<()> {
        let percent = match &asked.kind {
            ExprKind::Field { record, field, .. } | ExprKind::Panel { record, field, .. } => {
                matches!(self.policy.field(*record, *field).kind, FieldKind::Number { percent: true, .. })
            }
            _ => false,
        };
        let words = match (&asked.ty, percent) {
            (Type::Number, true) => format!("{}%", at.multiply(Number::from(100)).ok()?),
            (Type::Number, false) => at.to_string(),
            (Type::Money { currency, .. }, _) => format!("{currency} {at}"),
            _ => return None,
        };
        self.expr(asked, at, &words, depth)
    }

    /// The same fact can't be stated twice with two values.
    fn fact(&mut self, record: RecordId, field: FieldId, words: &str) -> Option<()> {
        let kind = self.policy.record(record);
        let fits = matches!(kind.shape, Shape::Panel { of, .. } if of == self.subject) || record == self.subject;
        let key = matches!(kind.shape, Shape::Entity { key } if key == field);
        let before = self.found.insert((record, field), words.to_owned());
        (fits && !key && before.is_none_or(|it| it == words)).then_some(())
    }
}

fn is_subject(of: &Expr) -> bool {
    matches!(of.kind, ExprKind::Subject)
}
