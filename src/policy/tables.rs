//! Tables: the head, what the columns ask, what the cells take.

use std::sync::Arc;

use crate::codes_policy as codes;
use crate::diagnostic::Diagnostic;
use crate::ids::{DefinitionId, RecordId};
use crate::policy::axes::axis_of;
use crate::policy::expressions::Place;
use crate::policy::model::{Cell, Column, Definition, Expr, ExprKind, Hit, Order, Row, Stretch, Table, Type};
use crate::policy::names::{Builder, Meaning, Rests, label, nowhere};
use crate::policy::versions::Head;
use crate::source::Span;
use crate::syntax::tree::{self, CellItem};
use crate::value::{Known, Number, Value};

impl Builder<'_, '_> {
    /// A table is a definition whose value is looked up; its type stands in its head.
    pub(super) fn declare_table(&mut self, written: &tree::Table) {
        let name = &written.name;
        let of = written.of.as_ref().map(|it| self.record_id(it));
        let each = written.each.as_ref().map(|it| self.period_kind(it));
        let about = self.about_table(written);
        if of == Some(None) || each == Some(None) || written.columns.is_empty() {
            self.mark_broken(&name.text);
        } else if about.is_none() {
            if !self.unparsed {
                let words = format!("it can't be told of which record `{}` speaks", name.text);
                let help = "say so in its head, such as `of person each year`, before the colon";
                self.report(Diagnostic::new(codes::TABLE_OF_WHAT, name.span, words).help(help));
            }
            self.mark_broken(&name.text);
        }
        let ty = self.outcome_type(written);
        if ty.is_none() {
            self.mark_broken(&name.text);
        }
        let kind = ExprKind::Literal(Value::NotApplicable);
        let value = Expr { kind, ty: ty.unwrap_or(Type::Number), span: nowhere() };
        let (subject, each) = about.map_or((RecordId(0), None), |it| (it.subject, it.each));
        let label = label(name, written.title.as_ref());
        self.policy.definitions.push(Definition { label, of: subject, each, value });
    }

    fn outcome_type(&mut self, written: &tree::Table) -> Option<Type> {
        let ty = match &written.outcome {
            tree::FieldKind::Reference(name) => match self.names.get(&name.text) {
                Some((Meaning::Scale(id), _)) => Type::Choice(self.policy.scales[id.index()].choices),
                _ => {
                    let known = self.names_of(|it| matches!(it, Meaning::Scale(_)));
                    self.unknown_name(name, "type or scale", &known);
                    return None;
                }
            },
            other => crate::policy::expressions::field_type(&self.field_kind(other)?),
        };
        let fault = match (written.hit, &ty) {
            (Hit::AddedUp, Type::Number | Type::Money { .. } | Type::Duration(_)) => None,
            (Hit::AddedUp, _) => Some("only numbers, money and lengths of time can be added up"),
            (Hit::Highest | Hit::Lowest, Type::Choice(list))
                if self.policy.choices[list.index()].order == Order::None =>
            {
                Some("these choices have no order, so that none is the highest")
            }
            (Hit::Highest | Hit::Lowest, Type::YesNo | Type::Text) => {
                Some("what this table gives has no order, so that nothing is the highest")
            }
            _ => None,
        };
        if let Some(words) = fault {
            let help = "let `exactly one row` or `first row that applies` decide";
            self.report(Diagnostic::new(codes::WRONG_TYPE, written.outcome_span, words).help(help));
            return None;
        }
        Some(ty)
    }

    /// Lowers a table where it is first needed.
    pub(super) fn table(&mut self, id: DefinitionId) {
        let Some(written) = id.index().checked_sub(self.written.defines.len()) else { return };
        let Some(written) = self.written.tables.get(written).cloned() else { return };
        let Some(first) = written.first().copied().filter(|it| !self.is_broken(&it.name.text)) else { return };
        self.under_way.push(Rests::Definition(id));
        let values: Vec<Option<Expr>> = written.iter().map(|it| self.table_version(id, it, first)).collect();
        self.under_way.pop();
        let values = values.into_iter().collect::<Option<Vec<_>>>();
        let heads = written.into_iter().map(Head::from);
        match values.and_then(|values| self.versions(heads.zip(values).collect())) {
            Some(value) => self.policy.definitions[id.index()].value = value,
            None => self.mark_broken(&first.name.text),
        }
    }

    fn table_version(&mut self, id: DefinitionId, written: &tree::Table, first: &tree::Table) -> Option<Expr> {
        let mut ty = self.policy.definitions[id.index()].value.ty.clone();
        if written.span != first.span && !self.same_outcome(&ty, &written.outcome) {
            ty = self.outcome_type(written)?;
        }
        let table = self.lowered_table(id, written, &ty)?;
        Some(Expr { kind: ExprKind::Table(Box::new(table)), ty, span: written.span })
    }

    fn lowered_table(&mut self, id: DefinitionId, written: &tree::Table, ty: &Type) -> Option<Table> {
        let definition = self.policy.definitions[id.index()].clone();
        let place = Place::of(definition.of, definition.each);
        let columns: Vec<Option<Column>> = written.columns.iter().map(|it| self.column(it, &place)).collect();
        let mut columns = columns.into_iter().collect::<Option<Vec<_>>>()?;
        if written.rows.is_empty() {
            if !self.unparsed {
                let words = format!("table `{}` has no rows", written.name.text);
                self.misshapen(written.name.span, words, "write its rows below the line with `=>`");
            }
            return None;
        }
        let rows: Vec<Option<Row>> =
            written.rows.iter().map(|it| self.row(it, &mut columns, ty, written, &place)).collect();
        let rows = rows.into_iter().collect::<Option<Vec<_>>>()?;
        for (at, column) in columns.iter_mut().enumerate() {
            column.takes_unknown = rows.iter().any(|it| !it.otherwise && it.cells[at].unknown);
            if column.asked.ty == Type::Text {
                column.axis.low = Some(Number::ZERO);
                column.axis.high = i64::try_from(column.axis.texts.len()).ok().map(Number::from);
            }
        }
        self.otherwise_stands_last(&rows)?;
        let mut table = Table { label: definition.label, hit: written.hit, columns, rows, pieces: Vec::new() };
        table.cut();
        Some(table)
    }

    fn misshapen(&mut self, span: Span, words: impl Into<String>, help: &str) {
        self.report(Diagnostic::new(codes::TABLE_SHAPE, span, words).help(help));
    }

    fn otherwise_stands_last(&mut self, rows: &[Row]) -> Option<()> {
        let Some(first) = rows.iter().position(|it| it.otherwise) else { return Some(()) };
        let behind = rows[first + 1..].iter().find(|it| {
            let until = |a: &Row, b: &Row| a.until.zip(b.from).is_some_and(|(until, from)| until < from);
            !it.otherwise || !(until(it, &rows[first]) || until(&rows[first], it))
        });
        if let Some(row) = behind {
            let words = if row.otherwise { "`otherwise` is said twice" } else { "this row stands behind `otherwise`" };
            let shape = Diagnostic::new(codes::TABLE_SHAPE, row.span, words).label(rows[first].span, "`otherwise`");
            self.report(shape.help("let `otherwise` be the last row: it stands for what no other row takes"));
            return None;
        }
        Some(())
    }

    // ---- columns and rows

    fn column(&mut self, written: &tree::Column, place: &Place) -> Option<Column> {
        let asked = self.expr(&written.asked, place, None)?;
        if matches!(asked.ty, Type::Record(_)) {
            self.wrong(&asked, "a column asks for something that can be written in a cell");
            return None;
        }
        let axis = axis_of(&self.policy, &asked);
        Some(Column { asked, text: written.text.clone(), axis, takes_unknown: false })
    }

    fn row(
        &mut self,
        written: &tree::TableRow,
        columns: &mut [Column],
        ty: &Type,
        table: &tree::Table,
        place: &Place,
    ) -> Option<Row> {
        if written.cells.len() != columns.len() + 1 {
            let (has, wants) = (written.cells.len(), columns.len() + 1);
            let words = format!("this row has {has} cells, and the table has {wants} columns");
            self.misshapen(written.span, words, "write one cell for each column; `any` where it does not matter");
            return None;
        }
        let (last, inputs) = written.cells.split_last()?;
        let outcome = self.outcome(last, ty, table, place);
        let otherwise = inputs.first().is_some_and(is_otherwise);
        let cells = if otherwise {
            if let Some(cell) = inputs[1..].iter().find(|it| !it.items.is_empty() && !is_any(it)) {
                let words = "`otherwise` stands for the whole row, and this cell says more";
                self.misshapen(cell.span, words, "leave the other cells of the row empty");
                return None;
            }
            Vec::new()
        } else {
            let cells: Vec<Option<Cell>> =
                inputs.iter().zip(columns).map(|(cell, column)| self.cell(cell, column, written.span)).collect();
            cells.into_iter().collect::<Option<Vec<_>>>()?
        };
        let from = written.from.as_ref().and_then(|it| self.first_day(it));
        let until = written.until.as_ref().and_then(|it| self.last_day(it));
        Some(Row { cells, otherwise, outcome: outcome?, from, until, span: written.span })
    }

    fn outcome(&mut self, cell: &tree::Cell, ty: &Type, table: &tree::Table, place: &Place) -> Option<Expr> {
        let written = match cell.items.as_slice() {
            [CellItem::Range(range)] if !cell.negated => single(range),
            _ => None,
        };
        let Some(written) = written else {
            self.misshapen(cell.span, "the last cell of a row is one value: what the row gives", "write it there");
            return None;
        };
        let outcome = self.expr(written, place, Some(ty))?;
        if let (tree::FieldKind::Percent { .. }, tree::ExprKind::Number(number)) = (&table.outcome, &written.kind) {
            self.percent(written.span, &number.text, true);
            return None;
        }
        if fits(ty, &outcome) {
            return Some(Expr { ty: ty.clone(), ..outcome });
        }
        let words = format!("the table gives {}", self.type_words(ty));
        self.wrong(&outcome, &words)
    }

    fn percent(&mut self, span: Span, number: &str, wanted: bool) {
        let (words, help) = match wanted {
            true => ("a percentage is expected here", format!("write `{number}%`")),
            false => ("this is a percentage, and a plain number is expected", format!("write `{number}`")),
        };
        self.report(Diagnostic::new(codes::UNITS_DIFFER, span, words).help(help));
    }

    // ---- cells

    fn cell(&mut self, written: &tree::Cell, column: &mut Column, row: Span) -> Option<Cell> {
        let mut cell =
            Cell { any: false, negated: written.negated, unknown: false, stretches: Vec::new(), span: written.span };
        if written.items.is_empty() {
            self.misshapen(
                row,
                format!("the cell below `{}` is empty", column.text),
                "write `any` where it does not matter",
            );
            return None;
        }
        for item in &written.items {
            match item {
                CellItem::Any(_) if written.items.len() == 1 && !written.negated => cell.any = true,
                CellItem::Any(span) => {
                    self.misshapen(*span, "`any` stands alone in its cell", "leave the rest of the cell out");
                    return None;
                }
                CellItem::Otherwise(span) => {
                    let help = "write it there, and leave the other cells of its row empty";
                    self.misshapen(*span, "`otherwise` stands alone in the first cell of its row", help);
                    return None;
                }
                CellItem::Unknown(_) => cell.unknown = true,
                CellItem::Before(end) | CellItem::After(end) => {
                    let before = matches!(item, CellItem::Before(_));
                    let at = (self.end(end, column)?, false);
                    if column.asked.ty != Type::Date {
                        let help = if before { "write `below …`" } else { "write `above …`" };
                        let words = "only a day lies before or after another";
                        self.report(Diagnostic::new(codes::WRONG_TYPE, end.span, words).help(help));
                        return None;
                    }
                    let (low, high) = if before { (None, Some(at)) } else { (Some(at), None) };
                    cell.stretches.push(Stretch { low, high });
                }
                CellItem::Range(range) => {
                    let stretch = self.stretch(range, column)?;
                    cell.stretches.push(stretch);
                }
            }
        }
        Some(cell)
    }

    fn stretch(&mut self, range: &tree::Range, column: &mut Column) -> Option<Stretch> {
        if let Some(value) = single(range) {
            let at = (self.end(value, column)?, true);
            return Some(Stretch { low: Some(at), high: Some(at) });
        }
        if matches!(column.asked.ty, Type::Text) {
            self.error(codes::NO_ORDER, range.span, "texts have no order, so that none lies between two others");
            return None;
        }
        let ty = column.asked.ty.clone();
        self.ordered(&ty, range.span)?;
        let mut end = |end: &Option<Box<tree::Expr>>, open: bool| match end {
            None => Some(None),
            Some(end) => self.end(end, column).map(|it| Some((it, !open))),
        };
        let (low, high) = (end(&range.low, range.low_open)?, end(&range.high, range.high_open)?);
        match (low, high, &ty) {
            // Choices may be written from either end: `U4 to U1`, `Excellent to Good`.
            (Some(a), Some(b), Type::Choice(_)) if a.0 > b.0 => Some(Stretch { low: Some(b), high: Some(a) }),
            (Some(a), Some(b), _) if a.0 > b.0 => {
                let help = "write the lower end first";
                let empty = Diagnostic::new(codes::EMPTY_CELL, range.span, "nothing lies between these two ends");
                self.report(empty.help(help));
                None
            }
            _ => Some(Stretch { low, high }),
        }
    }

    /// A plain value of what the column asks, as its place on the axis.
    fn end(&mut self, written: &tree::Expr, column: &mut Column) -> Option<Number> {
        match (&written.kind, column.axis.percent) {
            (tree::ExprKind::Number(number), Some(true)) if number.text != "0" => {
                self.percent(written.span, &number.text, true);
                return None;
            }
            (tree::ExprKind::Percent(number), Some(false)) => {
                self.percent(written.span, &number.text, false);
                return None;
            }
            _ => {}
        }
        let ty = column.asked.ty.clone();
        let expr = self.expr(written, &Place::nowhere(), Some(&ty))?;
        let known = match &expr.kind {
            ExprKind::Literal(Value::Known(known)) => known.clone(),
            _ => {
                let help = "to compare with something that changes, ask for it in the first line: `score >= pass_mark`, with cells `yes` and `no`";
                let plain = Diagnostic::new(codes::WRONG_TYPE, expr.span, "a cell holds plain values");
                self.report(plain.help(help));
                return None;
            }
        };
        if !fits(&ty, &expr) {
            let words = format!("this column asks for {}", self.type_words(&ty));
            self.wrong(&expr, &words);
            return None;
        }
        if let Known::Text(text) = &known
            && !column.axis.texts.contains(text)
        {
            column.axis.texts.push(Arc::clone(text));
        }
        column.place(&self.policy, &known)
    }
}

/// The value, if a range is nothing but one.
fn single(range: &tree::Range) -> Option<&tree::Expr> {
    let (low, high) = (range.low.as_deref()?, range.high.as_deref()?);
    (low == high && !range.low_open && !range.high_open).then_some(low)
}

fn is_otherwise(cell: &tree::Cell) -> bool {
    matches!(cell.items.as_slice(), [CellItem::Otherwise(_)]) && !cell.negated
}

fn is_any(cell: &tree::Cell) -> bool {
    matches!(cell.items.as_slice(), [CellItem::Any(_)]) && !cell.negated
}

/// Whether a value is of a type; a written amount is per whatever the type says.
fn fits(ty: &Type, expr: &Expr) -> bool {
    match (ty, &expr.ty, &expr.kind) {
        (Type::Money { currency: a, .. }, Type::Money { currency: b, .. }, ExprKind::Literal(_)) => a == b,
        (ty, own, _) => ty == own,
    }
}
