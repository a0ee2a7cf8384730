//! Bytes to cells, each with its place.

use crate::exchange::ImportError;
use crate::exchange::mapping::{Encoding, Mapping};

/// A file as cells.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) head: Vec<String>,
    pub(super) rows: Vec<SheetRow>,
}

/// A row, with the line on which it begins.
#[derive(Debug)]
pub(super) struct SheetRow {
    pub(super) line: u64,
    pub(super) cells: csv::StringRecord,
}

/// Columns that a rejected file carries; they are passed over when it is imported again.
pub const OWN_COLUMNS: [&str; 2] = ["merit_line", "merit_reason"];

/// A file as rows of words.
#[derive(Debug)]
pub struct Rows {
    /// The columns.
    pub head: Vec<String>,
    /// Each row with the line on which it begins.
    pub rows: Vec<(u64, Vec<String>)>,
}

/// Reads a file of rows, whatever its encoding and delimiter.
///
/// # Errors
/// When it can't be read, or is no such file.
pub fn read_rows(path: &std::path::Path) -> Result<Rows, ImportError> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| {
        ImportError::File(format!("{name} can't be read: {}", crate::exchange::why_unreadable(&error)))
    })?;
    let sheet = read(&name, &bytes, &Mapping::default())?;
    let words = |it: SheetRow| (it.line, it.cells.iter().map(str::to_owned).collect());
    Ok(Rows { head: sheet.head, rows: sheet.rows.into_iter().map(words).collect() })
}

pub(super) fn read(name: &str, bytes: &[u8], mapping: &Mapping) -> Result<Sheet, ImportError> {
    let own = is_own(bytes);
    let text = decode(name, bytes, if own { Encoding::Auto } else { mapping.encoding })?;
    if text.contains('\0') {
        return Err(ImportError::File(format!("{name} holds bytes that no text has; is it a CSV file?")));
    }
    let named = mapping.delimiter.filter(|_| !own).and_then(|it| u8::try_from(it).ok());
    let delimiter = named.unwrap_or_else(|| sniff(&text));
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(true).from_reader(text.as_bytes());
    let unreadable = |error: csv::Error| ImportError::File(format!("{name} can't be read as CSV: {error}"));
    let head: Vec<String> = reader.headers().map_err(unreadable)?.iter().map(|it| it.trim().to_owned()).collect();
    if head.iter().all(String::is_empty) {
        return Err(ImportError::File(format!("{name} has no head: its first line names no column")));
    }
    for (at, column) in head.iter().enumerate() {
        if !column.is_empty() && head[..at].iter().any(|it| it.eq_ignore_ascii_case(column)) {
            return Err(ImportError::File(format!("{name} has two columns `{column}`; give one of them another name")));
        }
    }
    let mut lines = Lines { text: text.as_bytes(), at: 0, line: 1 };
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        if record.iter().all(|it| it.trim().is_empty()) {
            continue;
        }
        let line = lines.at(record.position().map_or(0, csv::Position::byte));
        rows.push(SheetRow { line, cells: record });
    }
    Ok(Sheet { head, rows })
}

/// Whether this is a file of rows held back: it is written in UTF-8 and with commas, whatever the mapping says of the first file.
fn is_own(bytes: &[u8]) -> bool {
    let head = bytes.split(|it| *it == b'\n').next().unwrap_or_default();
    let head = head.strip_suffix(b"\r").unwrap_or(head);
    head.ends_with(OWN_COLUMNS.join(",").as_bytes())
}

/// Counts lines: the reader's own count lags behind where lines end in two signs.
struct Lines<'t> {
    text: &'t [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line on which a row begins; rows are asked for in order.
    fn at(&mut self, byte: u64) -> u64 {
        let begin = usize::try_from(byte).unwrap_or(self.text.len()).min(self.text.len());
        let ends = self.text[begin..].iter().take_while(|it| matches!(it, b'\r' | b'\n')).count();
        let upto = begin + ends;
        let passed = self.text.get(self.at..upto).unwrap_or_default().iter().filter(|it| **it == b'\n').count();
        self.line += passed as u64;
        self.at = self.at.max(upto);
        self.line
    }
}

fn decode(name: &str, bytes: &[u8], encoding: Encoding) -> Result<String, ImportError> {
    if let Some((utf16, _)) = encoding_rs::Encoding::for_bom(bytes).filter(|(it, _)| *it != encoding_rs::UTF_8) {
        let (text, _, damaged) = utf16.decode(bytes);
        return if damaged {
            Err(ImportError::File(format!("{name} is damaged UTF-16")))
        } else {
            Ok(text.into_owned())
        };
    }
    let plain = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match (std::str::from_utf8(plain), encoding) {
        (Ok(text), Encoding::Auto | Encoding::Utf8) => Ok(text.to_owned()),
        (Err(error), Encoding::Utf8) => {
            let line = plain[..error.valid_up_to()].iter().filter(|it| **it == b'\n').count() + 1;
            Err(ImportError::File(format!(
                "{name}, line {line}: this is no UTF-8; say `encoding = \"windows-1252\"` in the mapping if it is that"
            )))
        }
        (_, Encoding::Auto | Encoding::Windows1252) => {
            Ok(encoding_rs::WINDOWS_1252.decode_without_bom_handling(plain).0.into_owned())
        }
    }
}

/// The delimiter that the head holds most of, outside quotes.
fn sniff(text: &str) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    let mut inside = false;
    for byte in text.bytes() {
        match byte {
            b'"' => inside = !inside,
            b'\n' if !inside => break,
            _ if inside => {}
            _ => counts.iter_mut().filter(|it| it.0 == byte).for_each(|it| it.1 += 1),
        }
    }
    counts.iter().rev().max_by_key(|it| it.1).map_or(b',', |it| if it.1 == 0 { b',' } else { it.0 })
}
