//! Results as Arrow has them, and in its own file format. Words are dictionaries, amounts decimals.

use std::io::{BufWriter, Write};
use std::sync::Arc;

use arrow_array::types::{ArrowDictionaryKeyType, ArrowPrimitiveType, Int8Type, Int32Type};
use arrow_array::{ArrayRef, Decimal128Array, DictionaryArray, Int64Array, PrimitiveArray, RecordBatch, StringArray};
use arrow_ipc::writer::FileWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema};

use crate::exchange::results::Out;
use crate::simulate::{Cells, DIGITS, Head, Kind};

/// A file of Arrow, uncompressed, so that whoever opens it need not read what they do not ask for.
pub(super) struct ArrowOut<W: Write> {
    schema: Arc<Schema>,
    /// The words of each column: the same in every part, as such a file needs them.
    words: Vec<ArrayRef>,
    writer: FileWriter<BufWriter<W>>,
}

impl<W: Write> ArrowOut<W> {
    pub(super) fn begin(into: W, heads: &[Head]) -> Result<Self, String> {
        let words = |head: &Head| match &head.kind {
            Kind::Word(words) => Arc::new(StringArray::from_iter_values(words)) as ArrayRef,
            Kind::Text | Kind::Whole | Kind::Amount(_) => Arc::new(StringArray::new_null(0)) as ArrayRef,
        };
        let schema = Arc::new(schema(heads));
        let writer = FileWriter::try_new_buffered(into, &schema).map_err(|it| it.to_string())?;
        Ok(Self { schema, words: heads.iter().map(words).collect(), writer })
    }

    fn batch(&self, heads: &[Head], cells: Vec<Cells>) -> Result<RecordBatch, ArrowError> {
        let columns = cells.into_iter().zip(&self.words).zip(heads);
        let columns = columns.map(|((cells, words), head)| array(cells, words, &head.kind));
        RecordBatch::try_new(Arc::clone(&self.schema), columns.collect::<Result<Vec<_>, _>>()?)
    }
}

impl<W: Write> Out<W> for ArrowOut<W> {
    fn rows(&mut self, heads: &[Head], cells: Vec<Cells>) -> Result<(), String> {
        let batch = self.batch(heads, cells).map_err(|it| it.to_string())?;
        self.writer.write(&batch).map_err(|it| it.to_string())
    }

    fn finish(self: Box<Self>) -> Result<W, String> {
        let inner = self.writer.into_inner().map_err(|it| it.to_string())?;
        inner.into_inner().map_err(|it| it.error().to_string())
    }
}

/// The columns as Arrow calls them.
pub(super) fn schema(heads: &[Head]) -> Schema {
    let ty = |kind: &Kind| match kind {
        Kind::Text => DataType::Utf8,
        Kind::Word(words) => {
            let number = if are_few(words.len()) { DataType::Int8 } else { DataType::Int32 };
            DataType::Dictionary(Box::new(number), Box::new(DataType::Utf8))
        }
        Kind::Whole => DataType::Int64,
        Kind::Amount(decimals) => DataType::Decimal128(DIGITS, scale(*decimals)),
    };
    Schema::new(heads.iter().map(|it| Field::new(&it.name, ty(&it.kind), true)).collect::<Vec<_>>())
}

/// Whether a byte numbers all words of a column.
fn are_few(words: usize) -> bool {
    i8::try_from(words).is_ok()
}

fn scale(decimals: u8) -> i8 {
    i8::try_from(decimals).unwrap_or(i8::MAX)
}

fn array(cells: Cells, words: &ArrayRef, kind: &Kind) -> Result<ArrayRef, ArrowError> {
    Ok(match (cells, kind) {
        (Cells::Text(all), _) => Arc::new(all.iter().map(Option::as_deref).collect::<StringArray>()),
        (Cells::Word(all), _) if are_few(words.len()) => dictionary::<Int8Type>(&all, words)?,
        (Cells::Word(all), _) => dictionary::<Int32Type>(&all, words)?,
        (Cells::Whole(all), _) => Arc::new(Int64Array::from(all)),
        (Cells::Amount(all), kind) => {
            let decimals = if let Kind::Amount(decimals) = kind { *decimals } else { 0 };
            Arc::new(Decimal128Array::from(all).with_precision_and_scale(DIGITS, scale(decimals))?)
        }
    })
}

fn dictionary<K: ArrowDictionaryKeyType>(all: &[Option<u16>], words: &ArrayRef) -> Result<ArrayRef, ArrowError>
where
    <K as ArrowPrimitiveType>::Native: TryFrom<u16>,
{
    let number = |it: &Option<u16>| it.and_then(|it| K::Native::try_from(it).ok());
    let numbers: PrimitiveArray<K> = all.iter().map(number).collect();
    Ok(Arc::new(DictionaryArray::try_new(numbers, Arc::clone(words))?))
}
