//! The part of the syntax tree that tables are made of. Everything here is found in [`super::tree`] too.

#![expect(missing_docs, reason = "fields carry the name of what the author wrote; each type shows its sentence")]

use super::expression::Expr;
use super::tree::{FieldKind, Local, Name, Range, Text};
use crate::source::Span;

/// `table increment "Merit increment" : percent, exactly one row { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub name: Name,
    pub title: Option<Text>,
    /// `of person`; without it, the subject of what its columns ask.
    pub of: Option<Name>,
    /// `each year`
    pub each: Option<Name>,
    /// `from 1 July 2026`: this table is a version of its name.
    pub from: Option<Expr>,
    pub until: Option<Expr>,
    /// The type of what it gives.
    pub outcome: FieldKind,
    pub outcome_span: Span,
    pub hit: Hit,
    /// `may be changed locally`
    pub local: Option<Local>,
    /// The first line: what is asked. Nothing where it could not be read.
    pub columns: Vec<Column>,
    pub rows: Vec<TableRow>,
    pub span: Span,
}

/// How the rows of a table apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hit {
    /// `exactly one row`
    ExactlyOne,
    /// `first row that applies`
    First,
    /// `all rows that apply, added up`
    AddedUp,
    /// `highest row that applies`
    Highest,
    /// `lowest row that applies`
    Lowest,
}

/// A column: what is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    pub asked: Expr,
    /// As written.
    pub text: String,
}

/// `| Excellent | U4 to U1 | 3% |`, `| … | from 1 July 2027 until 30 June 2028`
#[derive(Debug, Clone, PartialEq)]
pub struct TableRow {
    /// The last of them is what the row gives.
    pub cells: Vec<Cell>,
    pub from: Option<Expr>,
    pub until: Option<Expr>,
    pub span: Span,
}

/// What stands between two `|`: nothing, or a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// `not Good, Fair`: none of them.
    pub negated: bool,
    pub items: Vec<CellItem>,
    pub span: Span,
}

/// One thing in a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum CellItem {
    /// `otherwise`
    Otherwise(Span),
    /// `any`
    Any(Span),
    /// `unknown`
    Unknown(Span),
    /// `before 1 July 2026`
    Before(Expr),
    /// `after 1 July 2026`
    After(Expr),
    /// `Good`, `60 to below 80`, `101 and more`
    Range(Range),
}
