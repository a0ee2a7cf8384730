//! Columns of a file as they stand in it, before anybody knows what they mean.

use std::path::Path;

use crate::exchange::ImportError;
use crate::exchange::reader;
use crate::table::Units;

/// A column of a file.
#[derive(Debug)]
pub(super) enum Cells {
    #[cfg_attr(not(feature = "parquet"), expect(dead_code, reason = "only Parquet and Arrow have them"))]
    /// Whole numbers, or numbers with so many decimals; what stands where nothing is known is of no account.
    Numbers { values: Units, known: Option<Vec<bool>>, decimals: u8 },
    /// Words; nothing where the cell is empty.
    Words(Vec<Option<String>>),
}

/// A file that gives its columns one by one.
pub(super) trait Sheet: Sync {
    /// The names of the columns.
    fn head(&self) -> &[String];

    /// How many rows there are.
    fn rows(&self) -> usize;

    /// A column by its place.
    fn column(&self, at: usize) -> Result<Cells, ImportError>;

    /// Where a row stands, as people look for it.
    fn place(&self, row: usize) -> String;
}

/// A file as columns: Parquet and Arrow by their endings, anything else as CSV.
pub(super) fn open(path: &Path) -> Result<Box<dyn Sheet>, ImportError> {
    let ending = path.extension().map(|it| it.to_string_lossy().to_lowercase()).unwrap_or_default();
    match ending.as_str() {
        "parquet" => return parquet(path),
        "arrow" | "feather" => return arrow(path),
        _ => {}
    }
    let rows = reader::read_rows(path)?;
    Ok(Box::new(Csv { head: rows.head, rows: rows.rows }))
}

#[cfg(feature = "parquet")]
fn parquet(path: &Path) -> Result<Box<dyn Sheet>, ImportError> {
    Ok(Box::new(crate::exchange::parquet::Parquet::open(path)?))
}

#[cfg(feature = "parquet")]
fn arrow(path: &Path) -> Result<Box<dyn Sheet>, ImportError> {
    Ok(Box::new(crate::exchange::arrow::Arrow::open(path)?))
}

#[cfg(not(feature = "parquet"))]
fn parquet(path: &Path) -> Result<Box<dyn Sheet>, ImportError> {
    let words = "this program was built without Parquet and Arrow; build it with `--features parquet`, or give CSV";
    Err(ImportError::File(format!("{}: {words}", path.display())))
}

#[cfg(not(feature = "parquet"))]
fn arrow(path: &Path) -> Result<Box<dyn Sheet>, ImportError> {
    parquet(path)
}

/// Why a column is not read, in words that follow its name.
#[cfg(feature = "parquet")]
pub(super) mod refused {
    pub(in crate::exchange) const FLOATING: &str =
        "holds floating numbers, which are not exact; give whole numbers or decimals";
    pub(in crate::exchange) const NESTED: &str = "holds lists or records inside; give plain columns";
    pub(in crate::exchange) const OTHER: &str =
        "is of a kind that is not read; give whole numbers, decimals of at most 18 digits, yes and no, or words";
    pub(in crate::exchange) const DECIMALS: &str = "has decimals that can't be held";

    /// A number in a row, counted from nought, that is not held.
    pub(in crate::exchange) fn too_long(row: usize) -> String {
        format!("holds a number of more than 18 digits in row {}; none so long is read", row + 1)
    }
}

struct Csv {
    head: Vec<String>,
    rows: Vec<(u64, Vec<String>)>,
}

impl Sheet for Csv {
    fn head(&self) -> &[String] {
        &self.head
    }

    fn rows(&self) -> usize {
        self.rows.len()
    }

    fn column(&self, at: usize) -> Result<Cells, ImportError> {
        let cell = |row: &(u64, Vec<String>)| row.1.get(at).filter(|it| !it.trim().is_empty()).cloned();
        Ok(Cells::Words(self.rows.iter().map(cell).collect()))
    }

    fn place(&self, row: usize) -> String {
        format!("line {}", self.rows[row].0)
    }
}
