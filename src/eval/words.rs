//! Values in words.

use crate::calendar::day_in_words;
use crate::policy::model::Policy;
use crate::value::{Known, Number, TimeUnit, Value};

/// A value as people read it: `31 July 2026`, `USD 1,200`, the title of a choice.
#[must_use]
pub fn render(value: &Value, policy: &Policy) -> String {
    match value {
        Value::Known(known) => known_words(known, policy),
        Value::Unknown(missing) if missing.is_empty() => "unknown".to_owned(),
        Value::Unknown(missing) => {
            format!("unknown, for want of {}", missing.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
        }
        Value::NotApplicable => "not applicable".to_owned(),
        Value::NotHappened => "not yet happened".to_owned(),
    }
}

fn known_words(known: &Known, policy: &Policy) -> String {
    match known {
        Known::YesNo(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Known::Number(number) => grouped(number),
        Known::Money { amount, currency } => format!("{currency} {}", grouped(amount)),
        Known::Date(date) => day_in_words(*date),
        Known::Moment(at) => crate::calendar::Moment(*at).to_string(),
        Known::Duration { count, unit } => format!("{count} {}", unit_words(*unit, *count)),
        Known::Text(text) => text.to_string(),
        Known::Choice(list, at) => {
            let choice = policy.choices[list.index()].choices.get(*at as usize);
            choice.map_or_else(String::new, |it| it.title.clone())
        }
        Known::Record(record) => record.key.to_string(),
    }
}

/// A number with its thousands set apart.
fn grouped(number: &Number) -> String {
    let plain = number.to_string();
    let (sign, digits) = plain.split_at(plain.find(|it: char| it.is_ascii_digit()).unwrap_or(0));
    let (whole, part) = digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
    let mut out = String::from(sign);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.chars().count() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(part) = part {
        out.push('.');
        out.push_str(part);
    }
    out
}

fn unit_words(unit: TimeUnit, count: i64) -> &'static str {
    match (unit, count == 1) {
        (TimeUnit::Hours, true) => "hour",
        (TimeUnit::Hours, false) => "hours",
        (TimeUnit::Days, true) => "day",
        (TimeUnit::Days, false) => "days",
        (TimeUnit::WorkingDays, true) => "working day",
        (TimeUnit::WorkingDays, false) => "working days",
        (TimeUnit::Weeks, true) => "week",
        (TimeUnit::Weeks, false) => "weeks",
        (TimeUnit::Months, true) => "month",
        (TimeUnit::Months, false) => "months",
        (TimeUnit::Years, true) => "year",
        (TimeUnit::Years, false) => "years",
    }
}
