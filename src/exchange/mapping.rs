//! How a file's columns become fields: a small TOML file beside the CSV.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A mapping.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The record type; without it, the file's name.
    pub record: Option<String>,
    /// `auto`, `utf-8`, `windows-1252`.
    #[serde(default)]
    pub encoding: Encoding,
    /// The delimiter; without it, found from the head.
    pub delimiter: Option<char>,
    /// The order of dates.
    #[serde(default)]
    pub dates: Dates,
    /// Whether decimals stand behind a comma.
    #[serde(default)]
    pub decimal_comma: bool,
    /// The day from which dated fields hold.
    pub from: Option<String>,
    /// The column that says so for each row.
    pub from_column: Option<String>,
    /// For each field (or `of`, `period`, `n`) its column.
    #[serde(default)]
    pub columns: BTreeMap<String, Column>,
    /// Columns that are not used.
    #[serde(default)]
    pub ignore: Vec<String>,
    /// Pairs of date columns of which the first is not after the second.
    #[serde(default)]
    pub order: Vec<DateOrder>,
    /// Columns whose value stands for one key: the same value with another key is noted.
    #[serde(default)]
    pub alias: Vec<Alias>,
    /// The mapping as it was written.
    #[serde(skip)]
    pub text: String,
}

/// How bytes become text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// UTF-8 if it is, else Windows-1252.
    #[default]
    Auto,
    /// UTF-8.
    #[serde(rename = "utf-8")]
    Utf8,
    /// Windows-1252.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

/// The order of a date's parts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum Dates {
    /// `2026-07-31`
    #[default]
    #[serde(rename = "iso")]
    Iso,
    /// `31/7/2026`
    #[serde(rename = "d/m/y")]
    DayFirst,
    /// `7/31/2026`
    #[serde(rename = "m/d/y")]
    MonthFirst,
}

/// A column of the file.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Column {
    /// Its name.
    Name(String),
    /// Its name, and how its cells are read.
    Read(ColumnRead),
}

/// How the cells of a column are read.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnRead {
    /// Its name.
    pub column: String,
    /// Other words for values: cell to value.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
    /// Cells that mean a blank.
    #[serde(default)]
    pub blank: Vec<String>,
}

/// Two date columns of which the first is not after the second.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DateOrder {
    /// The column that comes first in time.
    pub earlier: String,
    /// The column that comes later.
    pub later: String,
    /// Whether a row that breaks it is held back.
    #[serde(default)]
    pub reject: bool,
}

/// A column whose value stands for one key.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alias {
    /// The column with the name.
    pub name: String,
    /// The column with the key.
    pub key: String,
}

/// Why a mapping can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MappingFault(pub String);

impl Mapping {
    /// Reads a mapping.
    ///
    /// # Errors
    /// With the line and what is wrong.
    pub fn read(name: &str, text: &str) -> Result<Self, MappingFault> {
        let mapping: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
            MappingFault(format!("{name}, line {line}: {}", error.message()))
        })?;
        Ok(Self { text: text.to_owned(), ..mapping })
    }

    /// How the column of a field is read; the field's own name where the mapping does not name it.
    #[must_use]
    pub fn column(&self, field: &str) -> ColumnRead {
        match self.columns.get(field) {
            Some(Column::Read(read)) => read.clone(),
            Some(Column::Name(column)) => ColumnRead { column: column.clone(), ..ColumnRead::default() },
            None => ColumnRead { column: field.to_owned(), ..ColumnRead::default() },
        }
    }
}
