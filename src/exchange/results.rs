//! What everybody came to, written person by person: as CSV, and where the program is built with them as Parquet and Arrow. All three hold the
//! same cells, and are written some rows at a time.

use std::io::Write;
use std::path::Path;

use crate::side_by_side::side_by_side;
use crate::simulate::{Cells, Head, Kind, Results};

#[cfg(feature = "parquet")]
use crate::exchange::{results_arrow::ArrowOut, results_parquet::ParquetOut};

/// How many rows are made at once; in Parquet they are a row group.
const AT_ONCE: usize = 1 << 17;

/// As what results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultsForm {
    /// Lines of text.
    Csv,
    /// Parquet.
    #[cfg(feature = "parquet")]
    Parquet,
    /// Arrow's file format (Feather, version 2).
    #[cfg(feature = "parquet")]
    Arrow,
}

/// Why results can't be written.
#[derive(Debug, thiserror::Error)]
pub enum ResultsFault {
    /// The file's name says nothing that is written.
    #[error("{0}: a file's ending says as what results are written, and this one says nothing that is known")]
    Ending(String),
    /// The program was built without it.
    #[error("{0}: this program was built without Parquet and Arrow")]
    NotBuilt(String),
    /// Writing failed.
    #[error("{0}")]
    Written(String),
}

impl ResultsFault {
    /// What to do, where that is known.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let possible = if cfg!(feature = "parquet") { "`.csv`, `.parquet` or `.arrow`" } else { "`.csv`" };
        match self {
            ResultsFault::Ending(_) => Some(format!("name a file that ends in {possible}")),
            ResultsFault::NotBuilt(_) => {
                Some(format!("name a file that ends in {possible}, or build the program with `--features parquet`"))
            }
            ResultsFault::Written(_) => None,
        }
    }
}

impl ResultsForm {
    /// What the ending of a file's name says.
    ///
    /// # Errors
    /// When nothing is written so, or not by this program as it was built.
    pub fn of(file: &Path) -> Result<Self, ResultsFault> {
        let ending = file.extension().map(|it| it.to_string_lossy().to_lowercase()).unwrap_or_default();
        match ending.as_str() {
            "csv" => Ok(ResultsForm::Csv),
            #[cfg(feature = "parquet")]
            "parquet" => Ok(ResultsForm::Parquet),
            #[cfg(feature = "parquet")]
            "arrow" | "feather" => Ok(ResultsForm::Arrow),
            #[cfg(not(feature = "parquet"))]
            "parquet" | "arrow" | "feather" => Err(ResultsFault::NotBuilt(file.display().to_string())),
            _ => Err(ResultsFault::Ending(file.display().to_string())),
        }
    }
}

/// Takes rows, and gives back what it writes into once all are there.
pub(super) trait Out<W> {
    fn rows(&mut self, heads: &[Head], cells: Vec<Cells>) -> Result<(), String>;

    fn finish(self: Box<Self>) -> Result<W, String>;
}

/// A file of results that is being written.
pub struct ResultsWriter<W> {
    heads: Vec<Head>,
    out: Box<dyn Out<W>>,
    /// How many rows were written.
    rows: u64,
    too_large: usize,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResultsWritten {
    /// How many rows there are.
    pub rows: u64,
    /// How many amounts are too large to be written: nothing stands for them.
    pub too_large: usize,
}

impl<W: Write + Send + 'static> ResultsWriter<W> {
    /// Begins a file whose columns are those of these results.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn begin(form: ResultsForm, into: W, results: &Results<'_>) -> Result<Self, ResultsFault> {
        let heads = results.heads().to_vec();
        let out: Result<Box<dyn Out<W>>, String> = match form {
            ResultsForm::Csv => Csv::begin(into, &heads).map(|it| Box::new(it) as _),
            #[cfg(feature = "parquet")]
            ResultsForm::Parquet => ParquetOut::begin(into, &heads).map(|it| Box::new(it) as _),
            #[cfg(feature = "parquet")]
            ResultsForm::Arrow => ArrowOut::begin(into, &heads).map(|it| Box::new(it) as _),
        };
        Ok(Self { heads, out: out.map_err(ResultsFault::Written)?, rows: 0, too_large: 0 })
    }

    /// Writes everybody: of a further period, behind those who stand there.
    ///
    /// # Errors
    /// When it can't be written, or these results have other columns.
    pub fn take(&mut self, results: &Results<'_>) -> Result<(), ResultsFault> {
        if results.heads() != self.heads {
            return Err(ResultsFault::Written("a period has other columns than those before it".to_owned()));
        }
        let columns: Vec<usize> = (0..self.heads.len()).collect();
        // Of nobody an empty part is written, so that readers find the words of each column.
        let parts = results.rows().div_ceil(AT_ONCE).max(1);
        for part in 0..parts {
            let rows = part * AT_ONCE..((part + 1) * AT_ONCE).min(results.rows());
            let cells = side_by_side(&columns, |column| results.cells(*column, rows.clone()));
            self.out.rows(&self.heads, cells).map_err(ResultsFault::Written)?;
        }
        self.rows += results.rows() as u64;
        self.too_large += results.too_large();
        Ok(())
    }

    /// Ends the file.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn finish(self) -> Result<(W, ResultsWritten), ResultsFault> {
        let written = ResultsWritten { rows: self.rows, too_large: self.too_large };
        self.out.finish().map(|it| (it, written)).map_err(ResultsFault::Written)
    }
}

/// Lines of text: the words themselves, amounts with all of their decimals, nothing for nothing.
struct Csv<W: Write> {
    writer: csv::Writer<W>,
    digits: String,
}

impl<W: Write> Csv<W> {
    fn begin(into: W, heads: &[Head]) -> Result<Self, String> {
        let mut writer = csv::Writer::from_writer(into);
        writer.write_record(heads.iter().map(|it| &it.name)).map_err(|it| it.to_string())?;
        Ok(Self { writer, digits: String::new() })
    }

    fn cell(&mut self, kind: &Kind, cells: &Cells, row: usize) -> Result<(), csv::Error> {
        use std::fmt::Write as _;
        let cell = match (cells, kind) {
            (Cells::Text(all), _) => all[row].as_deref().unwrap_or_default(),
            (Cells::Word(all), Kind::Word(words)) => {
                all[row].and_then(|it| words.get(usize::from(it))).map_or("", String::as_str)
            }
            (Cells::Word(_), _) => "",
            (Cells::Whole(all), _) => {
                self.digits.clear();
                let _written = all[row].map(|it| write!(self.digits, "{it}"));
                &self.digits
            }
            (Cells::Amount(all), Kind::Amount(decimals)) => {
                self.digits.clear();
                all[row].iter().for_each(|it| decimal(*it, *decimals, &mut self.digits));
                &self.digits
            }
            (Cells::Amount(_), _) => "",
        };
        self.writer.write_field(cell)
    }
}

/// An amount in units of its last decimal, with all of them: `12.50`.
fn decimal(units: i128, decimals: u8, into: &mut String) {
    use std::fmt::Write as _;
    let one = 10_u128.checked_pow(decimals.into()).unwrap_or(u128::MAX);
    let (whole, part) = (units.unsigned_abs() / one, units.unsigned_abs() % one);
    let sign = if units < 0 { "-" } else { "" };
    // Nothing that is written into memory fails.
    let _written = write!(into, "{sign}{whole}");
    if decimals > 0 {
        let _written = write!(into, ".{part:0width$}", width = usize::from(decimals));
    }
}

impl<W: Write> Out<W> for Csv<W> {
    fn rows(&mut self, heads: &[Head], cells: Vec<Cells>) -> Result<(), String> {
        let rows = cells.first().map_or(0, Cells::len);
        for row in 0..rows {
            for (head, cells) in heads.iter().zip(&cells) {
                self.cell(&head.kind, cells, row).map_err(|it| it.to_string())?;
            }
            self.writer.write_record(None::<&[u8]>).map_err(|it| it.to_string())?;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<W, String> {
        self.writer.into_inner().map_err(|it| it.error().to_string())
    }
}
