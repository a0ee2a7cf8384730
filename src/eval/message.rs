//! Messages: pieces of text and values, printed for one recipient.

use crate::eval::expression::value;
use crate::eval::scope::Scope;
use crate::eval::words::render;
use crate::policy::model::{Message, Piece, Wording};
use crate::value::{Missing, Value};

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
#[must_use]
pub fn render_message(scope: &Scope<'_>, message: &Message, language: &str) -> Rendered {
    let wording = message.wordings.iter().find(|it| it.language.as_deref() == Some(language));
    let Some(wording) = wording.or_else(|| message.wordings.first()) else { return Rendered::default() };
    let mut missing = Vec::new();
    let Wording { subject, body, .. } = wording;
    let subject = print(scope, subject, &mut missing);
    let text = print(scope, body, &mut missing);
    Rendered { subject: subject.split_whitespace().collect::<Vec<_>>().join(" "), text, missing }
}

fn print(scope: &Scope<'_>, pieces: &[Piece], missing: &mut Vec<Missing>) -> String {
    let mut printed = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => printed += text,
            Piece::Value { value: expr, otherwise } => match (value(scope, expr), otherwise) {
                (known @ Value::Known(_), _) => printed += &render(&known, scope.policy),
                (_, Some(words)) => printed += words,
                (Value::Unknown(facts), None) => {
                    missing.extend(facts);
                    printed += "—";
                }
                (_, None) => printed += "—",
            },
        }
    }
    printed
}
