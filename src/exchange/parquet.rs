//! Parquet files, column by column. Only what is exact is taken: whole numbers, decimals, yes and no, words.

use std::fs::File;
use std::path::Path;

use parquet::basic::{ConvertedType, LogicalType, Type};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};

use crate::exchange::ImportError;
use crate::exchange::cells::{Cells, Sheet};

/// How many values are read at once.
const AT_ONCE: usize = 65_536;

pub(super) struct Parquet {
    name: String,
    reader: SerializedFileReader<File>,
    head: Vec<String>,
    rows: usize,
}

impl Parquet {
    pub(super) fn open(path: &Path) -> Result<Self, ImportError> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(|error| {
            ImportError::File(format!("{name} can't be read: {}", crate::exchange::why_unreadable(&error)))
        })?;
        let reader = SerializedFileReader::new(file).map_err(|error| unreadable(&name, &error))?;
        let schema = reader.metadata().file_metadata().schema_descr();
        let head = (0..schema.num_columns()).map(|at| schema.column(at).name().to_owned()).collect();
        let rows = usize::try_from(reader.metadata().file_metadata().num_rows()).unwrap_or(0);
        Ok(Self { name, reader, head, rows })
    }

    fn refused(&self, at: usize, why: &str) -> ImportError {
        ImportError::File(format!("{}: column `{}` {why}", self.name, self.head[at]))
    }

    /// The numbers of a column of all row groups, `widen` makes each whole.
    fn numbers(&self, at: usize, decimals: u8) -> Result<Cells, ImportError> {
        let mut values: Vec<i64> = Vec::with_capacity(self.rows);
        let mut known: Vec<bool> = Vec::new();
        for group in 0..self.reader.num_row_groups() {
            let failed = |error: ParquetError| unreadable(&self.name, &error);
            let group = self.reader.get_row_group(group).map_err(failed)?;
            match group.get_column_reader(at).map_err(failed)? {
                ColumnReader::Int32ColumnReader(reader) => read(reader, &mut values, &mut known, |it| i64::from(*it)),
                ColumnReader::Int64ColumnReader(reader) => read(reader, &mut values, &mut known, |it| *it),
                ColumnReader::BoolColumnReader(reader) => read(reader, &mut values, &mut known, |it| i64::from(*it)),
                _ => return Err(self.refused(at, "holds no whole numbers")),
            }
            .map_err(failed)?;
        }
        let known = if known.iter().all(|it| *it) { None } else { Some(known) };
        Ok(Cells::Numbers { values, known, decimals })
    }

    fn words(&self, at: usize) -> Result<Cells, ImportError> {
        let mut values: Vec<Option<String>> = Vec::with_capacity(self.rows);
        for group in 0..self.reader.num_row_groups() {
            let failed = |error: ParquetError| unreadable(&self.name, &error);
            let group = self.reader.get_row_group(group).map_err(failed)?;
            let ColumnReader::ByteArrayColumnReader(reader) = group.get_column_reader(at).map_err(failed)? else {
                return Err(self.refused(at, "holds no words"));
            };
            let (mut some, mut known) = (Vec::new(), Vec::new());
            let text = |it: &parquet::data_type::ByteArray| it.as_utf8().map(str::to_owned).ok();
            read(reader, &mut some, &mut known, text).map_err(failed)?;
            if some.iter().zip(&known).any(|(text, known)| *known && text.is_none()) {
                return Err(self.refused(at, "holds words that are no text"));
            }
            values.extend(some);
        }
        Ok(Cells::Words(values))
    }
}

fn unreadable(name: &str, error: &ParquetError) -> ImportError {
    ImportError::File(format!("{name} can't be read as Parquet: {error}"))
}

/// Reads a column of one row group to its end; blanks get a default in their place.
fn read<T: DataType, V: Default + Clone>(
    mut reader: ColumnReaderImpl<T>,
    values: &mut Vec<V>,
    known: &mut Vec<bool>,
    widen: impl Fn(&T::T) -> V,
) -> Result<(), ParquetError> {
    let (mut levels, mut raw) = (Vec::new(), Vec::new());
    loop {
        levels.clear();
        raw.clear();
        let (records, found, _) = reader.read_records(AT_ONCE, Some(&mut levels), None, &mut raw)?;
        if records == 0 {
            return Ok(());
        }
        if found == records {
            values.extend(raw.iter().map(&widen));
            known.extend(std::iter::repeat_n(true, records));
            continue;
        }
        let mut next = raw.iter();
        for level in &levels {
            known.push(*level > 0);
            values.push(if *level > 0 { next.next().map(&widen).unwrap_or_default() } else { V::default() });
        }
    }
}

impl Sheet for Parquet {
    fn head(&self) -> &[String] {
        &self.head
    }

    fn rows(&self) -> usize {
        self.rows
    }

    fn column(&self, at: usize) -> Result<Cells, ImportError> {
        let column = self.reader.metadata().file_metadata().schema_descr().column(at);
        if column.max_rep_level() > 0 || column.max_def_level() > 1 {
            return Err(self.refused(at, "holds lists or records inside; give plain columns"));
        }
        let scale = match (column.logical_type_ref(), column.converted_type()) {
            (Some(LogicalType::Decimal(decimal)), _) => decimal.scale,
            (None, ConvertedType::DECIMAL) => column.type_scale(),
            _ => 0,
        };
        let decimals = u8::try_from(scale).map_err(|_| self.refused(at, "has decimals that can't be held"))?;
        match column.physical_type() {
            Type::INT32 | Type::INT64 | Type::BOOLEAN => self.numbers(at, decimals),
            Type::BYTE_ARRAY => self.words(at),
            Type::FLOAT | Type::DOUBLE => Err(self.refused(at, "holds floating numbers, which are not exact; give whole numbers or decimals")),
            Type::INT96 | Type::FIXED_LEN_BYTE_ARRAY => Err(self.refused(at, "is of a kind that is not read; give whole numbers, decimals of at most 18 digits, yes and no, or words")),
        }
    }

    fn place(&self, row: usize) -> String {
        format!("row {}", row + 1)
    }
}
