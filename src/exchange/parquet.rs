//! Parquet files, column by column. Only what is exact is taken: whole numbers, decimals, yes and no, words.

use std::fs::File;
use std::path::{Path, PathBuf};

use parquet::basic::{ConvertedType, LogicalType, Type};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{DataType, FixedLenByteArray};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};

use crate::exchange::ImportError;
use crate::exchange::cells::{Cells, Sheet, refused};
use crate::table::Units;

/// How many values are read at once.
const AT_ONCE: usize = 65_536;

pub(super) struct Parquet {
    path: PathBuf,
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
        Ok(Self { path: path.to_owned(), name, reader, head, rows })
    }

    /// The same file opened once more: who reads several columns at once must not move the place at which another reads.
    fn again(&self) -> Result<Self, ImportError> {
        let again = Self::open(&self.path)?;
        if (again.rows, &again.head) != (self.rows, &self.head) {
            return Err(ImportError::File(format!("{} was changed while it was read", self.name)));
        }
        Ok(again)
    }

    fn refused(&self, at: usize, why: &str) -> ImportError {
        ImportError::File(format!("{}: column `{}` {why}", self.name, self.head[at]))
    }

    /// The numbers of a column of all row groups, in as many bytes as the file has them.
    fn numbers(&self, at: usize, decimals: u8) -> Result<Cells, ImportError> {
        let schema = self.reader.metadata().file_metadata().schema_descr();
        let (mut four, mut eight, mut known) = (Vec::new(), Vec::new(), None);
        match schema.column(at).physical_type() {
            Type::INT64 => eight.reserve_exact(self.rows),
            _ => four.reserve_exact(self.rows),
        }
        for group in 0..self.reader.num_row_groups() {
            let failed = |error: ParquetError| unreadable(&self.name, &error);
            let group = self.reader.get_row_group(group).map_err(failed)?;
            match group.get_column_reader(at).map_err(failed)? {
                ColumnReader::Int32ColumnReader(reader) => whole(reader, &mut four, &mut known),
                ColumnReader::Int64ColumnReader(reader) => whole(reader, &mut eight, &mut known),
                ColumnReader::BoolColumnReader(reader) => {
                    let mut yes = vec![false; four.len()];
                    let read = whole(reader, &mut yes, &mut known);
                    let behind = yes.split_off(four.len());
                    four.extend(behind.into_iter().map(i32::from));
                    read
                }
                _ => return Err(self.refused(at, "holds no whole numbers")),
            }
            .map_err(failed)?;
        }
        let values = if eight.is_empty() { Units::Four(four) } else { Units::Eight(eight) };
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

    /// The decimals of a column that has them as bytes, the highest first.
    fn long_decimals(&self, at: usize, decimals: u8) -> Result<Cells, ImportError> {
        let (mut values, mut known) = (Vec::with_capacity(self.rows), Vec::with_capacity(self.rows));
        for group in 0..self.reader.num_row_groups() {
            let failed = |error: ParquetError| unreadable(&self.name, &error);
            let group = self.reader.get_row_group(group).map_err(failed)?;
            let ColumnReader::FixedLenByteArrayColumnReader(reader) = group.get_column_reader(at).map_err(failed)?
            else {
                return Err(self.refused(at, "holds no decimals"));
            };
            read(reader, &mut values, &mut known, |it: &FixedLenByteArray| units(it.data())).map_err(failed)?;
        }
        if let Some(row) = values.iter().zip(&known).position(|(units, known)| *known && units.is_none()) {
            return Err(self.refused(at, &refused::too_long(row)));
        }
        let values = Units::Eight(values.into_iter().map(Option::unwrap_or_default).collect());
        Ok(Cells::Numbers { values, known: Some(known), decimals })
    }
}

/// A number of two's complement, its highest byte first; nothing where it is too long.
fn units(bytes: &[u8]) -> Option<i64> {
    let negative = bytes.first().is_some_and(|it| *it >= 0x80);
    let mut all = [if negative { u8::MAX } else { 0 }; 16];
    let from = all.len().checked_sub(bytes.len())?;
    all[from..].copy_from_slice(bytes);
    i64::try_from(i128::from_be_bytes(all)).ok()
}

fn unreadable(name: &str, error: &ParquetError) -> ImportError {
    let error = error.to_string();
    let compressed = if error.contains("Disabled feature") {
        "; what is compressed with snappy or zstd is read, and what is not compressed"
    } else {
        ""
    };
    ImportError::File(format!("{name} can't be read as Parquet: {error}{compressed}"))
}

/// Reads a column of one row group to its end, as it is; blanks get a default in their place. Nothing is known of what is known as long as all is.
fn whole<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    values: &mut Vec<T::T>,
    known: &mut Option<Vec<bool>>,
) -> Result<(), ParquetError>
where
    T::T: Copy + Default,
{
    let mut levels = Vec::new();
    loop {
        levels.clear();
        let before = values.len();
        let (records, found, _) = reader.read_records(AT_ONCE, Some(&mut levels), None, values)?;
        if records == 0 {
            return Ok(());
        }
        if found == records {
            if let Some(known) = known {
                known.resize(before + records, true);
            }
            continue;
        }
        let known = known.get_or_insert_with(|| vec![true; before]);
        known.extend((0..records).map(|at| levels.get(at).is_some_and(|it| *it > 0)));
        // From the end, so that none is written over before it has been moved.
        values.resize(before + records, T::T::default());
        let mut from = before + found;
        for at in (before..before + records).rev() {
            values[at] = match known[at] && from > before {
                true => {
                    from -= 1;
                    values[from]
                }
                false => T::T::default(),
            };
        }
    }
}

/// The same, each made into something else.
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
            return Err(self.refused(at, refused::NESTED));
        }
        let is_decimal = matches!(column.logical_type_ref(), Some(LogicalType::Decimal(_)))
            || column.converted_type() == ConvertedType::DECIMAL;
        let scale = match (column.logical_type_ref(), column.converted_type()) {
            (Some(LogicalType::Decimal(decimal)), _) => decimal.scale,
            (None, ConvertedType::DECIMAL) => column.type_scale(),
            _ => 0,
        };
        let decimals = u8::try_from(scale).map_err(|_| self.refused(at, refused::DECIMALS))?;
        match column.physical_type() {
            Type::INT32 | Type::INT64 | Type::BOOLEAN => self.again()?.numbers(at, decimals),
            Type::BYTE_ARRAY => self.again()?.words(at),
            Type::FLOAT | Type::DOUBLE => Err(self.refused(at, refused::FLOATING)),
            Type::FIXED_LEN_BYTE_ARRAY if is_decimal => self.again()?.long_decimals(at, decimals),
            Type::INT96 | Type::FIXED_LEN_BYTE_ARRAY => Err(self.refused(at, refused::OTHER)),
        }
    }

    fn place(&self, row: usize) -> String {
        format!("row {}", row + 1)
    }
}
