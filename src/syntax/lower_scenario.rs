//! Lines of scenarios that hold no block.

use super::cursor::Cursor;
use super::grammar::Rule;
use super::lower_expression::field_name;
use super::lower_rule::dated_values;
use super::lower_words as words;
use super::tree::{Change, ChangeKind};

pub(super) fn line(mut cursor: Cursor<'_>) -> Change {
    let mut it = cursor.first();
    let span = it.span();
    let kind = match it.rule() {
        Rule::scenario_set => ChangeKind::Set { name: words::name(&it.one(Rule::name)), values: dated_values(&mut it) },
        Rule::extend_due => ChangeKind::SetDue {
            stage: field_name(it.one(Rule::field_name)),
            length: words::length(it.one(Rule::length)),
        },
        _ => {
            let kind = words::name(&it.one(Rule::name));
            ChangeKind::Remove { kind, name: words::name(&it.one(Rule::name)) }
        }
    };
    Change { kind, span }
}
