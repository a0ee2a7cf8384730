//! A tree of records, each of which names the one above it.
//!
//! * A record that names nobody stands at the top; so does one whose entry is not known.
//! * Records that stand above each other in a circle are no tree: what is asked of one of them is unknown, and says so.

use std::collections::BTreeSet;

use crate::eval::aggregate::referring;
use crate::eval::reads;
use crate::eval::scope::Scope;
use crate::ids::FieldId;
use crate::value::{Known, RecordRef, Value};

/// How many levels what rests on itself goes down: more than any office has.
const MOST_LEVELS: usize = 60;

/// The scopes of those right below the subject.
pub(super) fn right_below<'a>(scope: &Scope<'a>, parent: FieldId) -> Result<Vec<Scope<'a>>, Value> {
    if level(scope, parent)? > MOST_LEVELS {
        return Err(Value::because(format!("a tree of more than {MOST_LEVELS} levels")));
    }
    let below = referring(scope, &scope.subject, scope.subject.record, parent).into_iter();
    Ok(below.map(|it| scope.about(it)).collect())
}

/// The subject and all that stand below it, level by level.
pub(super) fn within(scope: &Scope<'_>, parent: FieldId) -> Result<Vec<RecordRef>, Value> {
    level(scope, parent)?;
    let mut all = vec![scope.subject.clone()];
    let mut at = 0;
    while let Some(above) = all.get(at).cloned() {
        all.extend(referring(scope, &above, above.record, parent));
        at += 1;
    }
    Ok(all)
}

/// Everybody who has ever stood below the subject, with the subject: for those who look for days on which something changes.
pub(super) fn ever_within(scope: &Scope<'_>, parent: FieldId) -> Vec<RecordRef> {
    let mut seen = BTreeSet::from([scope.subject.clone()]);
    let mut all = vec![scope.subject.clone()];
    let mut at = 0;
    while let Some(above) = all.get(at).cloned() {
        let below = scope.facts.referring(&above, above.record, parent).into_iter();
        all.extend(below.filter(|it| seen.insert(it.clone())));
        at += 1;
    }
    all
}

/// On which level the subject stands, from the top. Who is not in a circle has nobody in one below: each has one above, and from all
/// that is below one comes up to the subject.
fn level(scope: &Scope<'_>, parent: FieldId) -> Result<usize, Value> {
    let scope = &scope.clone().heard_by(None);
    let mut seen = BTreeSet::new();
    let mut at = scope.subject.clone();
    while seen.insert(at.clone()) {
        match reads::field(scope, &at, parent) {
            Value::Known(Known::Record(above)) if above == scope.subject => {
                let names: Vec<&str> = seen.iter().map(|it| &*it.key).collect();
                return Err(Value::because(format!("they stand above each other in a circle: {}", names.join(", "))));
            }
            Value::Known(Known::Record(above)) => at = above,
            _ => break,
        }
    }
    Ok(seen.len())
}
