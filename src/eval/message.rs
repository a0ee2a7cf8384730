//! Messages: pieces of text and values, printed for one recipient.

use crate::eval::expression::value;
use crate::eval::scope::Scope;
use crate::eval::words::render;
use crate::policy::model::{Expr, ExprKind, FieldKind, Message, Piece, Wording};
use crate::value::{Known, Missing, Number, Value};

/// A message as it is sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rendered {
    /// The subject line: one line.
    pub subject: String,
    /// The body.
    pub text: String,
    /// Values that were missing and have no replacement.
    pub missing: Vec<Missing>,
}

/// Prints a message in a language; where it has no wording in that language, in the policy's own.
///
/// Text from records is printed as it is, without control characters, and is never markup; a subject is always one line.
#[must_use]
pub fn render_message(scope: &Scope<'_>, message: &Message, language: &str) -> Rendered {
    let wording = message.wordings.iter().find(|it| it.language.as_deref() == Some(language));
    let Some(wording) = wording.or_else(|| message.wordings.first()) else { return Rendered::default() };
    let mut missing = Vec::new();
    let Wording { subject, body, .. } = wording;
    let subject = print(scope, subject, &mut missing);
    let text = print(scope, body, &mut missing);
    let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
    Rendered { subject, text, missing: Missing::merged(missing) }
}

/// The facts that a message speaks of, each once: what it is called, and its value in words. Who it is written to is none of them.
#[must_use]
pub fn facts_told(scope: &Scope<'_>, message: &Message, language: &str) -> Vec<(String, String)> {
    let wording = message.wordings.iter().find(|it| it.language.as_deref() == Some(language));
    let Some(wording) = wording.or_else(|| message.wordings.first()) else { return Vec::new() };
    let mut facts: Vec<(String, String)> = Vec::new();
    for piece in wording.subject.iter().chain(&wording.body) {
        let Piece::Value { value: expr, .. } = piece else { continue };
        let (ExprKind::Field { of, record, field } | ExprKind::Panel { of, record, field, .. }) = &expr.kind else {
            continue;
        };
        let Value::Known(known) = value(scope, expr) else { continue };
        if matches!(of.kind, ExprKind::Context(_)) {
            continue;
        }
        let fact = (scope.policy.field(*record, *field).label.title.clone(), plain(&words_for(scope, expr, known)));
        if !facts.contains(&fact) {
            facts.push(fact);
        }
    }
    facts
}

fn print(scope: &Scope<'_>, pieces: &[Piece], missing: &mut Vec<Missing>) -> String {
    let mut printed = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => printed += text,
            Piece::Value { value: expr, otherwise } => match (value(scope, expr), otherwise) {
                (Value::Known(known), _) => printed += &plain(&words_for(scope, expr, known)),
                (_, Some(words)) => printed += words,
                (blank, None) => {
                    missing.extend(why(blank));
                    printed += "—";
                }
            },
        }
    }
    printed
}

/// A percentage is kept as a share of one, and printed as it was entered.
fn words_for(scope: &Scope<'_>, expr: &Expr, known: Known) -> String {
    let percent = match &expr.kind {
        ExprKind::Field { record, field, .. } | ExprKind::Panel { record, field, .. } => {
            matches!(scope.policy.field(*record, *field).kind, FieldKind::Number { percent: true, .. })
        }
        _ => false,
    };
    match known {
        Known::Number(share) if percent => match share.multiply(Number::from(100)) {
            Ok(hundredths) => format!("{}%", render(&Known::Number(hundredths).into(), scope.policy)),
            Err(_) => render(&Known::Number(share).into(), scope.policy),
        },
        other => render(&other.into(), scope.policy),
    }
}

fn plain(text: &str) -> String {
    text.chars().filter(|it| !it.is_control() || *it == '\n' || *it == '\t').collect()
}

fn why(blank: Value) -> Vec<Missing> {
    match blank {
        Value::Unknown(facts) => facts,
        Value::NotApplicable => vec![Missing::Reason("a value that does not apply".to_owned())],
        Value::NotHappened => vec![Missing::Reason("a day that has not come".to_owned())],
        Value::Known(_) => Vec::new(),
    }
}
