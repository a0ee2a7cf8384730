//! Words to values: what a cell says, by the type of its field.

use std::sync::Arc;

use jiff::civil::Date;

use crate::exchange::mapping::{Dates, Mapping};
use crate::policy::model::{FieldKind, Label, Policy};
use crate::value::{Known, Number, RecordRef};

/// How words are read: by the policy's types, and as the mapping says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words<'p> {
    pub(super) policy: &'p Policy,
    pub(super) mapping: &'p Mapping,
}

impl Words<'_> {
    /// The value that a cell's words say, by the field's type.
    pub(super) fn value(&self, kind: &FieldKind, word: &str) -> Result<Known, String> {
        match kind {
            FieldKind::Text => Ok(Known::Text(Arc::from(word))),
            FieldKind::Phone | FieldKind::Post => Ok(Known::Text(Arc::from(word))),
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
            FieldKind::Number { percent, .. } => {
                let number = self.number(kind, word.trim_end_matches('%').trim())?;
                let number =
                    if *percent { number.divide(Number::from(100)).map_err(|it| it.to_string())? } else { number };
                Ok(Known::Number(number))
            }
            FieldKind::Money { currency, .. } => {
                let amount =
                    word.strip_prefix(&**currency).or_else(|| word.strip_suffix(&**currency)).unwrap_or(word).trim();
                let amount = self.number(kind, amount)?;
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
                let loosely =
                    |it: &Label| it.name.eq_ignore_ascii_case(word) || it.title.to_lowercase() == word.to_lowercase();
                let at = choices.iter().position(|it| it.name == word).or_else(|| choices.iter().position(loosely));
                let names = || choices.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(", ");
                let at =
                    at.and_then(|it| u32::try_from(it).ok()).ok_or_else(|| format!("it is none of {}", names()))?;
                Ok(Known::Choice(*list, at))
            }
            FieldKind::Reference(record) => Ok(Known::Record(RecordRef { record: *record, key: Arc::from(word) })),
        }
    }

    fn number(&self, kind: &FieldKind, word: &str) -> Result<Number, String> {
        let (group, point) = if self.mapping.decimal_comma { ('.', ',') } else { (',', '.') };
        if !grouped_well(word, group, point) {
            return Err(format!("`{group}` stands here where no thousands end; is it the sign of the decimals?"));
        }
        let plain: String =
            word.chars().filter(|it| *it != group && *it != ' ').map(|it| if it == point { '.' } else { it }).collect();
        let number: Number = plain.parse().map_err(|_| "this is no number".to_owned())?;
        kind.fits(&number)?;
        Ok(number)
    }

    /// A day, in the order that the mapping says; a time of day behind it is left out.
    pub(super) fn day(&self, word: &str) -> Result<Date, String> {
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
}

/// Whether signs between thousands stand only there: before the decimals, with three digits behind each.
fn grouped_well(word: &str, group: char, point: char) -> bool {
    let whole = word.split(point).next().unwrap_or(word);
    let groups: Vec<&str> = whole.split(group).collect();
    let all_digits = |it: &&str| it.trim().len() == 3 && it.trim().bytes().all(|it| it.is_ascii_digit());
    groups[1..].iter().all(all_digits) && !word[whole.len()..].contains(group)
}
