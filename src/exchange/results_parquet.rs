//! Results as Parquet, column by column. The file's head also says in Arrow's words what the columns were, so that words come back as
//! dictionaries where a program knows them.

use std::io::Write;
use std::sync::Arc;

use arrow_ipc::writer::{DictionaryTracker, IpcDataGenerator, IpcWriteOptions};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, FixedLenByteArray, FixedLenByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type, TypePtr};

use crate::exchange::results::Out;
use crate::exchange::results_arrow;
use crate::simulate::{Cells, DIGITS, Head, Kind};

/// How many bytes [`DIGITS`] digits take.
const BYTES: i32 = 16;

/// A Parquet file.
pub(super) struct ParquetOut<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    /// The words of each column.
    words: Vec<Vec<ByteArray>>,
}

impl<W: Write + Send> ParquetOut<W> {
    pub(super) fn begin(into: W, heads: &[Head]) -> Result<Self, String> {
        let words = |head: &Head| match &head.kind {
            Kind::Word(words) => words.iter().map(|it| ByteArray::from(it.as_str())).collect(),
            Kind::Text | Kind::Whole | Kind::Amount(_) => Vec::new(),
        };
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_created_by(format!("merit {}", env!("CARGO_PKG_VERSION")))
            .set_key_value_metadata(Some(vec![KeyValue::new("ARROW:schema".to_owned(), as_arrow(heads))]))
            .build();
        let writer = schema(heads)
            .and_then(|it| SerializedFileWriter::new(into, it, Arc::new(properties)))
            .map_err(|it| it.to_string())?;
        Ok(Self { writer, words: heads.iter().map(words).collect() })
    }

    fn group(&mut self, cells: &[Cells]) -> Result<(), ParquetError> {
        let mut group = self.writer.next_row_group()?;
        for (cells, words) in cells.iter().zip(&self.words) {
            let Some(mut column) = group.next_column()? else { break };
            write(&mut column, cells, words)?;
            column.close()?;
        }
        group.close().map(|_| ())
    }
}

impl<W: Write + Send> Out<W> for ParquetOut<W> {
    fn rows(&mut self, _: &[Head], cells: Vec<Cells>) -> Result<(), String> {
        self.group(&cells).map_err(|it| it.to_string())
    }

    fn finish(self: Box<Self>) -> Result<W, String> {
        self.writer.into_inner().map_err(|it| it.to_string())
    }
}

fn schema(heads: &[Head]) -> Result<TypePtr, ParquetError> {
    let of = |head: &Head| {
        let (physical, logical) = match &head.kind {
            Kind::Text | Kind::Word(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            Kind::Whole => (Physical::INT64, None),
            Kind::Amount(decimals) => {
                let decimal = LogicalType::decimal(i32::from(*decimals), DIGITS.into());
                (Physical::FIXED_LEN_BYTE_ARRAY, Some(decimal))
            }
        };
        let mut ty = Type::primitive_type_builder(&head.name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(logical);
        if let Kind::Amount(decimals) = &head.kind {
            ty = ty.with_length(BYTES).with_precision(DIGITS.into()).with_scale((*decimals).into());
        }
        ty.build().map(Arc::new)
    };
    let fields = heads.iter().map(of).collect::<Result<Vec<_>, _>>()?;
    Type::group_type_builder("results").with_fields(fields).build().map(Arc::new)
}

/// The columns in Arrow's words, as programs that know it look for them: a message of its own file format, after its length.
fn as_arrow(heads: &[Head]) -> String {
    let schema = results_arrow::schema(heads);
    let mut tracker = DictionaryTracker::new(true);
    let options = IpcWriteOptions::default();
    let encoded = IpcDataGenerator::default().schema_to_bytes_with_dictionary_tracker(&schema, &mut tracker, &options);
    let message = encoded.ipc_message;
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX).to_le_bytes();
    BASE64_STANDARD.encode([&[u8::MAX; 4], &length[..], &message].concat())
}

/// Writes the cells of a column of a row group.
fn write(column: &mut SerializedColumnWriter<'_>, cells: &Cells, words: &[ByteArray]) -> Result<(), ParquetError> {
    match cells {
        Cells::Text(all) => known::<ByteArrayType, _>(column, all, |it| ByteArray::from(&**it)),
        Cells::Word(all) => known::<ByteArrayType, _>(column, all, |it| words[usize::from(*it)].clone()),
        Cells::Whole(all) => known::<Int64Type, _>(column, all, |it| *it),
        Cells::Amount(all) => {
            let bytes = |it: &i128| FixedLenByteArray::from(it.to_be_bytes().to_vec());
            known::<FixedLenByteArrayType, _>(column, all, bytes)
        }
    }
}

/// Of each row whether something is known, and what, of those of whom it is.
fn known<T: DataType, V>(
    column: &mut SerializedColumnWriter<'_>,
    all: &[Option<V>],
    value: impl Fn(&V) -> T::T,
) -> Result<(), ParquetError> {
    let levels: Vec<i16> = all.iter().map(|it| i16::from(it.is_some())).collect();
    let values: Vec<T::T> = all.iter().flatten().map(value).collect();
    column.typed::<T>().write_batch(&values, Some(&levels), None).map(|_| ())
}
