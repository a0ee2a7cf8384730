//! Rows under named columns, with a total.

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use crate::store::Held;

/// A register: its rows, and what they come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Register {
    /// Its name, as it is asked for.
    pub register: &'static str,
    /// The day at whose end things stand so (ISO).
    pub as_of: String,
    /// What it comes to, in a sentence.
    pub headline: String,
    /// The rows summed up by groups, where that helps.
    pub summary: Option<Listing>,
    /// Each one.
    pub rows: Listing,
}

/// Rows under named columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, each with a cell for every column.
    pub rows: Vec<Vec<Cell>>,
    /// What the rows come to; empty cells where nothing is summed up.
    pub total: Option<Vec<Cell>>,
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name for programs: a key of the JSON, a head of the CSV, a column of the view.
    pub name: &'static str,
    /// What stands above it for people.
    pub head: &'static str,
}

/// What stands in a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Nothing,
    /// Words, a key, a day.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A number with decimals, as it is written: `-1200.50`.
    Decimal(String),
    /// A yes or no.
    YesNo(bool),
}

impl Cell {
    /// Words.
    #[must_use]
    pub fn text(words: &str) -> Self {
        Cell::Text(words.to_owned())
    }

    /// Words, if there are any.
    #[must_use]
    pub fn maybe(words: Option<&str>) -> Self {
        words.map_or(Cell::Nothing, Cell::text)
    }

    /// How many.
    #[must_use]
    pub fn count(number: usize) -> Self {
        Cell::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }

    /// So many in a hundred, with one decimal, rounded half up; nothing of none.
    #[must_use]
    pub fn share(part: i64, of: i64) -> Self {
        if of <= 0 {
            return Cell::Nothing;
        }
        let tenths = (2000 * part + of) / (2 * of);
        Cell::Decimal(format!("{}.{}", tenths / 10, tenths % 10))
    }

    /// As it is written without signs between thousands.
    #[must_use]
    pub fn plain(&self) -> String {
        match self {
            Cell::Nothing => String::new(),
            Cell::Text(text) | Cell::Decimal(text) => text.clone(),
            Cell::Number(number) => number.to_string(),
            Cell::YesNo(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        }
    }

    /// Whether it is a number.
    #[must_use]
    pub fn is_number(&self) -> bool {
        matches!(self, Cell::Number(_) | Cell::Decimal(_))
    }
}

impl From<&Held> for Cell {
    fn from(held: &Held) -> Self {
        match held {
            Held::Nothing => Cell::Nothing,
            Held::Number(number) => Cell::Number(*number),
            Held::Text(text) => Cell::Text(text.clone()),
        }
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Cell::Nothing => serializer.serialize_none(),
            Cell::Text(text) => serializer.serialize_str(text),
            Cell::Number(number) => serializer.serialize_i64(*number),
            // Money is no floating number: it is written as text, digit by digit.
            Cell::Decimal(digits) => serializer.serialize_str(digits),
            Cell::YesNo(yes) => serializer.serialize_bool(*yes),
        }
    }
}

impl Listing {
    /// A listing without rows.
    #[must_use]
    pub fn under(columns: &[(&'static str, &'static str)]) -> Self {
        let columns = columns.iter().map(|(name, head)| Column { name, head }).collect();
        Self { columns, rows: Vec::new(), total: None }
    }

    /// Where a column stands.
    #[must_use]
    pub fn place(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|it| it.name == name)
    }

    /// The rows and, behind them, what they come to.
    pub fn with_total(&self) -> impl Iterator<Item = &Vec<Cell>> {
        self.rows.iter().chain(&self.total)
    }

    /// Adds up these columns, and calls the sum `total` in the first.
    pub(super) fn add_up(&mut self, columns: &[&str]) {
        let sum = |at: usize| {
            let numbers = self.rows.iter().map(|row| if let Cell::Number(it) = row[at] { it } else { 0 });
            Cell::Number(numbers.sum())
        };
        let cell = |(at, column): (usize, &Column)| match at {
            0 => Cell::text("total"),
            _ if columns.contains(&column.name) => sum(at),
            _ => Cell::Nothing,
        };
        self.total = Some(self.columns.iter().enumerate().map(cell).collect());
    }

    /// Sets a place in the total.
    pub(super) fn total_is(&mut self, column: &str, cell: Cell) {
        if let (Some(at), Some(total)) = (self.place(column), &mut self.total) {
            total[at] = cell;
        }
    }
}

/// `summary` is missing where there is none; `total` is what the summary comes to, or else the rows.
impl Serialize for Register {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("register", self.register)?;
        map.serialize_entry("as_of", &self.as_of)?;
        if let Some(summary) = &self.summary {
            map.serialize_entry("summary", summary)?;
        }
        let first = self.summary.as_ref().unwrap_or(&self.rows);
        let total = first.total.as_ref().map(|row| Named { columns: &first.columns, row });
        map.serialize_entry("total", &total)?;
        map.serialize_entry("rows", &self.rows)?;
        map.end()
    }
}

/// Each row as an object.
impl Serialize for Listing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.rows.len()))?;
        for row in &self.rows {
            list.serialize_element(&Named { columns: &self.columns, row })?;
        }
        list.end()
    }
}

struct Named<'a> {
    columns: &'a [Column],
    row: &'a [Cell],
}

impl Serialize for Named<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.row.len()))?;
        for (column, cell) in self.columns.iter().zip(self.row) {
            map.serialize_entry(column.name, cell)?;
        }
        map.end()
    }
}

/// `1 stage`, `2 stages`.
pub(super) fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// How many rows there are of each kind, by these columns.
pub(super) fn tallied(rows: &Listing, named: &[&str], counted: (&'static str, &'static str)) -> Listing {
    let places: Vec<usize> = named.iter().filter_map(|it| rows.place(it)).collect();
    let mut groups: std::collections::BTreeMap<Vec<String>, (usize, Vec<Cell>)> = std::collections::BTreeMap::new();
    for row in &rows.rows {
        let cells: Vec<Cell> = places.iter().map(|at| row[*at].clone()).collect();
        groups.entry(cells.iter().map(Cell::plain).collect()).or_insert((0, cells)).0 += 1;
    }
    let mut columns: Vec<Column> = places.iter().map(|at| rows.columns[*at]).collect();
    columns.push(Column { name: counted.0, head: counted.1 });
    let row = |(count, mut cells): (usize, Vec<Cell>)| {
        cells.push(Cell::count(count));
        cells
    };
    let mut listing = Listing { columns, rows: groups.into_values().map(row).collect(), total: None };
    listing.add_up(&[counted.0]);
    listing
}
