//! Whether a number may stand in a field: what an import and an example both hold to, and the checker relies on.

use crate::policy::model::FieldKind;
use crate::value::Number;

impl FieldKind {
    /// Whether a number, as it is entered (5 for 5 %), may stand in such a field; in words what speaks against it.
    ///
    /// # Errors
    /// When it lies outside the bounds, is too large to be kept, or has more decimals than the field declares.
    pub fn fits(&self, entered: &Number) -> Result<(), String> {
        let (from, to, decimals, word) = match self {
            Self::Number { from, to, decimals, percent } => {
                (*from, *to, *decimals, if *percent { "percent" } else { "number" }.to_owned())
            }
            Self::Money { currency, decimals, .. } => (None, None, *decimals, format!("money {currency}")),
            _ => return Ok(()),
        };
        if from.is_some_and(|it| *entered < it) || to.is_some_and(|it| *entered > it) {
            let end = |it: Option<Number>| it.map_or_else(|| "any".to_owned(), |it| it.to_string());
            return Err(format!("it lies outside {} to {}", end(from), end(to)));
        }
        let own = entered.decimals().unwrap_or(u8::MAX);
        if own > decimals {
            let declared = match decimals {
                0 => "it has decimals, and its field declares none".to_owned(),
                1 => "it has more than the 1 decimal of its field".to_owned(),
                many => format!("it has more than the {many} decimals of its field"),
            };
            let places = if own == 1 { "decimal" } else { "decimals" };
            return Err(format!("{declared}, as `{word} with {own} {places}` would; it is not rounded in silence"));
        }
        match entered.to_scaled(decimals).and_then(|it| i64::try_from(it).ok()) {
            Some(_) => Ok(()),
            None => Err("it is too large to be kept".to_owned()),
        }
    }
}
