//! Values as an `example` block writes them.

use std::sync::Arc;

use jiff::civil::Date;

use crate::policy::model::{FieldKind, Policy};
use crate::syntax::tree::{Expr, ExprKind};
use crate::value::{Known, Number, RecordRef, Value};

/// A value as an example writes it, read by the type of its field; in words what does not fit.
pub(super) fn value_of(policy: &Policy, kind: &FieldKind, written: &Expr) -> Result<Value, String> {
    let known = match (kind, &written.kind) {
        (_, ExprKind::Unknown) => return Ok(Value::Unknown(Vec::new())),
        (FieldKind::Number { percent, .. }, _) => {
            let number = entered(kind, written)?;
            Known::Number(if *percent {
                number.divide(Number::from(100)).map_err(|it| it.to_string())?
            } else {
                number
            })
        }
        (FieldKind::Money { currency, .. }, _) => {
            Known::Money { amount: entered(kind, written)?, currency: Arc::clone(currency) }
        }
        (FieldKind::Date | FieldKind::Event, ExprKind::Date(date)) => Known::Date(day_of(date)?),
        (FieldKind::YesNo, ExprKind::YesNo(yes)) => Known::YesNo(*yes),
        (FieldKind::Text | FieldKind::Email | FieldKind::Phone | FieldKind::Post, ExprKind::Text(text)) => {
            Known::Text(Arc::from(text.text.as_str()))
        }
        (FieldKind::Duration(unit), ExprKind::Length(length)) => Known::Duration {
            count: length.count.text.parse().map_err(|_| "a whole number is expected here")?,
            unit: *unit,
        },
        (FieldKind::Reference(to), ExprKind::Name(name)) => {
            Known::Record(RecordRef { record: *to, key: Arc::from(name.text.as_str()) })
        }
        (FieldKind::Choice(list), ExprKind::Name(name)) => choice(policy, *list, &name.text)?,
        (FieldKind::Choice(list), ExprKind::Text(text)) => choice(policy, *list, &text.text)?,
        (FieldKind::Timestamp, ExprKind::Date(date)) => Known::Moment(policy.main().start_of_day(day_of(date)?).0),
        _ => return Err("this is not a value of that field's type".to_owned()),
    };
    Ok(Value::Known(known))
}

fn choice(policy: &Policy, list: crate::ids::ChoiceId, name: &str) -> Result<Known, String> {
    let choices = &policy.choices[list.index()].choices;
    let at = choices.iter().position(|it| it.name == name);
    let names = || choices.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(", ");
    let at = at.and_then(|it| u32::try_from(it).ok()).ok_or_else(|| format!("`{name}` is none of {}", names()))?;
    Ok(Known::Choice(list, at))
}

pub(super) fn parse(text: &str) -> Result<Number, String> {
    text.parse().map_err(|_| format!("`{text}` is no number"))
}

/// The number that stands in a field of numbers or money, as it is written: 5 for 5 %.
fn entered(kind: &FieldKind, written: &Expr) -> Result<Number, String> {
    let (sign, amount) = match &written.kind {
        ExprKind::Negative(inner) => ("-", &inner.kind),
        other => ("", other),
    };
    let digits = match (kind, amount) {
        (_, ExprKind::Number(number)) | (FieldKind::Number { percent: true, .. }, ExprKind::Percent(number)) => number,
        (FieldKind::Money { currency, .. }, ExprKind::Money { amount, currency: named })
            if **currency == named.text =>
        {
            amount
        }
        (FieldKind::Money { currency, .. }, ExprKind::Money { .. }) => {
            return Err(format!("this is no amount of {currency}"));
        }
        _ => return Err("this is not a value of that field's type".to_owned()),
    };
    let number = parse(&format!("{sign}{}", digits.text))?;
    kind.fits(&number).map_err(|it| format!("`{sign}{}`: {it}", digits.text))?;
    Ok(number)
}

/// A written date that exists.
pub(super) fn day_of(date: &crate::syntax::tree::Date) -> Result<Date, String> {
    let narrow = |it: u8| i8::try_from(it).unwrap_or(0);
    Date::new(date.year, narrow(date.month), narrow(date.day)).map_err(|_| "this date does not exist".to_owned())
}
