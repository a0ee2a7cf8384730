//! Files of Arrow in its own file format (Feather, version 2), column by column. What is taken is what is taken of Parquet: whole numbers,
//! decimals, yes and no, days and words, and nothing that floats.
//!
//! The file is read as a whole and columns are looked at where they lie, so that what is asked of one column reads nothing of another.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Int8Type, Int16Type,
    Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::Buffer;
use arrow_ipc::reader::{FileDecoder, read_footer_length};
use arrow_ipc::{Block, Message, MetadataVersion, RecordBatch, convert::fb_to_schema, root_as_footer, root_as_message};
use arrow_schema::{ArrowError, DataType, Schema};

use crate::exchange::ImportError;
use crate::exchange::cells::{Cells, Sheet, refused};
use crate::table::Units;

/// With what a file begins and ends.
const MAGIC: &[u8; 6] = b"ARROW1";

/// How many bytes a piece that is compressed may come to.
const MOST_BYTES: i64 = 1 << 32;

/// How many milliseconds a day has.
const DAY: i64 = 86_400_000;

const MOMENTS: &str = "holds moments; give days, whole seconds since 1970 as whole numbers, or words";
const DAMAGED: &str = "it is damaged";

pub(super) struct Arrow {
    name: String,
    bytes: Buffer,
    head: Vec<String>,
    rows: usize,
    about: About,
}

/// What a file's end says of it.
struct About {
    schema: Arc<Schema>,
    version: MetadataVersion,
    dictionaries: Vec<Block>,
    batches: Vec<Block>,
}

impl Arrow {
    pub(super) fn open(path: &Path) -> Result<Self, ImportError> {
        let name = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|error| {
            ImportError::File(format!("{name} can't be read: {}", crate::exchange::why_unreadable(&error)))
        })?;
        if !bytes.starts_with(MAGIC) {
            let words = "its file format, which is Feather's second version, is read, and no stream";
            return Err(ImportError::File(format!("{name} is no file of Arrow: {words}")));
        }
        let about = guarded(|| About::of(&bytes)).map_err(|why| unreadable(&name, &why))?;
        let rows = rows(&bytes, &about.dictionaries)
            .and_then(|_| rows(&bytes, &about.batches))
            .ok_or_else(|| unreadable(&name, DAMAGED))?;
        let head = about.schema.fields().iter().map(|it| it.name().clone()).collect();
        Ok(Self { name, bytes: Buffer::from_vec(bytes), head, rows, about })
    }

    fn refused(&self, at: usize, why: &str) -> ImportError {
        ImportError::File(format!("{}: column `{}` {why}", self.name, self.head[at]))
    }

    /// A column as it lies there, part after part.
    fn parts(&self, at: usize) -> Result<Vec<ArrayRef>, ArrowError> {
        let About { schema, version, dictionaries, batches } = &self.about;
        let mut decoder = FileDecoder::new(Arc::clone(schema), *version).with_projection(vec![at]);
        if matches!(schema.field(at).data_type(), DataType::Dictionary(..)) {
            for block in dictionaries {
                decoder.read_dictionary(block, &self.block(block)?)?;
            }
        }
        let mut parts = Vec::with_capacity(batches.len());
        for block in batches {
            let batch = decoder.read_record_batch(block, &self.block(block)?)?;
            parts.extend(batch.map(|it| Arc::clone(it.column(0))));
        }
        Ok(parts)
    }

    fn block(&self, block: &Block) -> Result<Buffer, ArrowError> {
        let (from, head, body) = place(block).ok_or_else(|| ArrowError::IpcError(DAMAGED.to_owned()))?;
        Ok(self.bytes.slice_with_length(from, head + body))
    }
}

impl About {
    fn of(bytes: &[u8]) -> Result<Self, ArrowError> {
        let damaged =
            || ArrowError::IpcError("it does not end as such a file does; was it written to its end?".to_owned());
        let (rest, end) = bytes.split_last_chunk::<10>().ok_or_else(damaged)?;
        let length = read_footer_length(*end).map_err(|_| damaged())?;
        let footer = rest.len().checked_sub(length).map(|from| &rest[from..]).ok_or_else(damaged)?;
        let footer = root_as_footer(footer).map_err(|_| damaged())?;
        let schema = footer.schema().filter(|it| it.fields().is_some()).ok_or_else(damaged)?;
        Ok(Self {
            schema: Arc::new(fb_to_schema(schema)),
            version: footer.version(),
            dictionaries: footer.dictionaries().iter().flatten().copied().collect(),
            batches: footer.recordBatches().iter().flatten().copied().collect(),
        })
    }
}

/// Where a part of a file begins, and how long its head and its body are.
fn place(block: &Block) -> Option<(usize, usize, usize)> {
    let [from, body] = [block.offset(), block.bodyLength()].map(|it| usize::try_from(it).ok());
    Some((from?, usize::try_from(block.metaDataLength()).ok()?, body?))
}

/// How many rows these parts have; nothing where one of them reaches beyond the file or itself.
fn rows(bytes: &[u8], blocks: &[Block]) -> Option<usize> {
    let of = |block: &Block| {
        let (from, head, body) = place(block)?;
        let part = bytes.get(from..)?.get(..head.checked_add(body)?)?;
        let (head, body) = part.split_at(head);
        let words = if head.starts_with(&[u8::MAX; 4]) { head.get(8..)? } else { head.get(4..)? };
        rows_of(root_as_message(words).ok()?, body)
    };
    let all = blocks.iter().try_fold(0_usize, |all, block| all.checked_add(of(block)?))?;
    u32::try_from(all).is_ok().then_some(all)
}

fn rows_of(message: Message<'_>, body: &[u8]) -> Option<usize> {
    let batch: RecordBatch<'_> = match message.header_as_dictionary_batch() {
        Some(dictionary) => dictionary.data()?,
        None => message.header_as_record_batch()?,
    };
    let is_compressed = batch.compression().is_some();
    for piece in batch.buffers()? {
        let [from, length] = [piece.offset(), piece.length()].map(|it| usize::try_from(it).ok());
        let piece = body.get(from?..)?.get(..length?)?;
        if is_compressed && !piece.is_empty() && i64::from_le_bytes(*piece.first_chunk()?) > MOST_BYTES {
            return None;
        }
    }
    batch.nodes()?.iter().all(|it| 0 <= it.null_count() && it.null_count() <= it.length()).then_some(())?;
    usize::try_from(batch.length()).ok()
}

/// What a damaged file makes of those who read it is an error like others.
fn guarded<T>(read: impl FnOnce() -> Result<T, ArrowError>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(ArrowError::IpcError(why))) => Err(why),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(DAMAGED.to_owned()),
    }
}

fn unreadable(name: &str, why: &str) -> ImportError {
    ImportError::File(format!("{name} can't be read as Arrow: {why}"))
}

/// Which cells are known; nothing where all are.
fn known(parts: &[ArrayRef], rows: usize) -> Option<Vec<bool>> {
    if parts.iter().all(|it| it.null_count() == 0) {
        return None;
    }
    let mut known = Vec::with_capacity(rows);
    parts.iter().for_each(|it| known.extend((0..it.len()).map(|row| !it.is_null(row))));
    Some(known)
}

/// Numbers as they lie there.
fn whole<T: ArrowPrimitiveType, V>(parts: &[ArrayRef], rows: usize, value: impl Fn(T::Native) -> V) -> Vec<V> {
    let mut values = Vec::with_capacity(rows);
    parts.iter().for_each(|it| values.extend(it.as_primitive::<T>().values().iter().map(|it| value(*it))));
    values
}

/// Numbers that may be longer than is held: the row of the first that is known and is not, if there is one.
fn checked(values: Vec<Option<i64>>, known: Option<&[bool]>) -> Result<Units, usize> {
    let is_known = |row: usize| known.is_none_or(|it| it[row]);
    match values.iter().enumerate().position(|(row, it)| it.is_none() && is_known(row)) {
        Some(row) => Err(row),
        None => Ok(Units::Eight(values.into_iter().map(Option::unwrap_or_default).collect())),
    }
}

/// The words of an array, in whatever way it has them; nothing where it has none.
fn words(array: &dyn Array) -> Option<Vec<Option<String>>> {
    let of = |it: Option<&str>| it.map(str::to_owned);
    match array.data_type() {
        DataType::Utf8 => Some(array.as_string::<i32>().iter().map(of).collect()),
        DataType::LargeUtf8 => Some(array.as_string::<i64>().iter().map(of).collect()),
        DataType::Utf8View => Some(array.as_string_view().iter().map(of).collect()),
        DataType::Null => Some(vec![None; array.len()]),
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            let (numbers, words) = (dictionary.keys(), words(dictionary.values().as_ref())?);
            if words.is_empty() {
                return Some(vec![None; numbers.len()]);
            }
            let places = dictionary.normalized_keys();
            let word = |row: usize| if numbers.is_null(row) { None } else { words.get(places[row]).cloned().flatten() };
            Some((0..numbers.len()).map(word).collect())
        }
        _ => None,
    }
}

impl Sheet for Arrow {
    fn head(&self) -> &[String] {
        &self.head
    }

    fn rows(&self) -> usize {
        self.rows
    }

    fn column(&self, at: usize) -> Result<Cells, ImportError> {
        let ty = self.about.schema.field(at).data_type();
        let decimals = match ty {
            DataType::Float16 | DataType::Float32 | DataType::Float64 => {
                return Err(self.refused(at, refused::FLOATING));
            }
            DataType::Timestamp(..) => return Err(self.refused(at, MOMENTS)),
            _ if ty.is_nested() => return Err(self.refused(at, refused::NESTED)),
            DataType::Decimal32(_, scale) | DataType::Decimal64(_, scale) | DataType::Decimal128(_, scale) => {
                u8::try_from(*scale).map_err(|_| self.refused(at, refused::DECIMALS))?
            }
            _ => 0,
        };
        let parts = guarded(|| self.parts(at)).map_err(|why| unreadable(&self.name, &why))?;
        if parts.iter().map(|it| it.len()).sum::<usize>() != self.rows {
            return Err(unreadable(&self.name, DAMAGED));
        }
        let (parts, rows) = (parts.as_slice(), self.rows);
        let known = known(parts, rows);
        let units = match ty {
            DataType::Int8 => Units::One(whole::<Int8Type, _>(parts, rows, |it| it)),
            DataType::Boolean => {
                let mut yes = Vec::with_capacity(rows);
                parts.iter().for_each(|it| yes.extend(it.as_boolean().values().iter().map(i8::from)));
                Units::One(yes)
            }
            DataType::Int16 => Units::Two(whole::<Int16Type, _>(parts, rows, |it| it)),
            DataType::UInt8 => Units::Two(whole::<UInt8Type, _>(parts, rows, i16::from)),
            DataType::Int32 => Units::Four(whole::<Int32Type, _>(parts, rows, |it| it)),
            DataType::UInt16 => Units::Four(whole::<UInt16Type, _>(parts, rows, i32::from)),
            DataType::Date32 => Units::Four(whole::<Date32Type, _>(parts, rows, |it| it)),
            DataType::Decimal32(..) => Units::Four(whole::<Decimal32Type, _>(parts, rows, |it| it)),
            DataType::Int64 => Units::Eight(whole::<Int64Type, _>(parts, rows, |it| it)),
            DataType::UInt32 => Units::Eight(whole::<UInt32Type, _>(parts, rows, i64::from)),
            DataType::Decimal64(..) => Units::Eight(whole::<Decimal64Type, _>(parts, rows, |it| it)),
            DataType::UInt64 => {
                let values = whole::<UInt64Type, _>(parts, rows, |it| i64::try_from(it).ok());
                checked(values, known.as_deref()).map_err(|row| self.refused(at, &refused::too_long(row)))?
            }
            DataType::Decimal128(..) => {
                let values = whole::<Decimal128Type, _>(parts, rows, |it| i64::try_from(it).ok());
                checked(values, known.as_deref()).map_err(|row| self.refused(at, &refused::too_long(row)))?
            }
            DataType::Date64 => {
                let day = |it: i64| (it % DAY == 0).then_some(it / DAY);
                let values = whole::<Date64Type, _>(parts, rows, day);
                checked(values, known.as_deref()).map_err(|_| self.refused(at, MOMENTS))?
            }
            _ => {
                let of_parts = parts.iter().map(|it| words(it.as_ref())).collect::<Option<Vec<_>>>();
                let all = of_parts.ok_or_else(|| self.refused(at, refused::OTHER))?;
                return Ok(Cells::Words(all.into_iter().flatten().collect()));
            }
        };
        Ok(Cells::Numbers { values: units, known, decimals })
    }

    fn place(&self, row: usize) -> String {
        format!("row {}", row + 1)
    }
}
