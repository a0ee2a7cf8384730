//! Tables: the head, the line of what is asked, the rows.

use super::cursor::Cursor;
use super::grammar::Rule;
use super::lower_expression::{expr, operand_in, range, sum};
use super::lower_record;
use super::tree::{Cell, CellItem, Column, FieldKind, Hit, TableRow};

/// What the head says a table gives.
pub(super) fn outcome(mut cursor: Cursor<'_>) -> FieldKind {
    lower_record::kind(cursor.first())
}

pub(super) fn hit(mut cursor: Cursor<'_>) -> Hit {
    match cursor.first().rule() {
        Rule::hit_exactly_one => Hit::ExactlyOne,
        Rule::hit_first => Hit::First,
        Rule::hit_all => Hit::AddedUp,
        Rule::hit_highest => Hit::Highest,
        _ => Hit::Lowest,
    }
}

pub(super) fn columns(mut cursor: Cursor<'_>) -> Vec<Column> {
    let asked = cursor.all(Rule::expr).into_iter();
    asked
        .map(|it| {
            let text = it.text().split_whitespace().collect::<Vec<_>>().join(" ");
            Column { asked: expr(it), text }
        })
        .collect()
}

pub(super) fn row(mut cursor: Cursor<'_>) -> TableRow {
    let span = cursor.span();
    TableRow {
        cells: cursor.all(Rule::cell).into_iter().map(cell).collect(),
        from: operand_in(&mut cursor, Rule::from_part),
        until: operand_in(&mut cursor, Rule::until_part),
        span,
    }
}

fn cell(mut cursor: Cursor<'_>) -> Cell {
    let span = cursor.span();
    let negated = cursor.has(Rule::kw_not);
    Cell { negated, items: cursor.all(Rule::cell_item).into_iter().map(item).collect(), span }
}

fn item(mut cursor: Cursor<'_>) -> CellItem {
    let mut it = cursor.first();
    match it.rule() {
        Rule::kw_otherwise => CellItem::Otherwise(it.span()),
        Rule::kw_any => CellItem::Any(it.span()),
        Rule::kw_unknown => CellItem::Unknown(it.span()),
        Rule::cell_before => CellItem::Before(sum(it.one(Rule::sum))),
        Rule::cell_after => CellItem::After(sum(it.one(Rule::sum))),
        _ => CellItem::Range(range(it)),
    }
}
