//! Records from CSV files, and results into files. Of records a reader gives cells with their place, a checker knows types and references, and what follows is a plan
//! that can be shown, written at once, or thrown away. Every rejected cell is named.

#[cfg(feature = "parquet")]
mod arrow;
mod cells;
mod check;
mod columns;
mod mapping;
#[cfg(feature = "parquet")]
mod parquet;
mod population;
mod reader;
mod results;
#[cfg(feature = "parquet")]
mod results_arrow;
#[cfg(feature = "parquet")]
mod results_parquet;
mod spells;
mod values;

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::civil::Date;
use serde::Serialize;

use crate::policy::model::{FieldKind, Policy};
use crate::store::{Applied, ImportNote, RecordChange, Store, StoreError};
use crate::value::Known;

use check::Checked;
pub use mapping::{Mapping, MappingFault};
pub use population::{Population, PopulationFile, population};
pub use reader::{OWN_COLUMNS, Rows, read_rows};
pub use results::{ResultsFault, ResultsForm, ResultsWriter, ResultsWritten};

/// Why a file can't be taken in at all.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file can't be read.
    #[error("{0}")]
    File(String),
    /// Rows of a population are wrong.
    #[error("{0}")]
    Rows(String),
    /// The mapping can't be used.
    #[error(transparent)]
    Mapping(#[from] MappingFault),
    /// The store can't.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Something about a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The line on which the row begins.
    pub line: u64,
    /// The column's name; nothing for the whole row.
    pub column: String,
    /// The cell as it stands.
    pub value: String,
    /// What is wrong.
    pub reason: String,
    /// Whether the row was held back for it.
    pub rejected: bool,
}

/// Blank cells of a field, and the meaning in which they were taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Blanks {
    /// The field's name.
    pub field: String,
    /// What a blank of this field means: `not known`, `there is none` or `not yet happened`.
    pub meaning: &'static str,
    /// How many there are.
    pub count: u64,
}

/// What came of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// The file.
    pub file: String,
    /// The record type.
    pub record: String,
    /// Rows in the file.
    pub rows: u64,
    /// Rows taken.
    pub good: u64,
    /// Rows held back.
    pub rejected: u64,
    /// Blanks, by field, in the order of the policy.
    pub blanks: Vec<Blanks>,
    /// What was found.
    pub findings: Vec<Finding>,
    /// What became of the records; nothing for a dry run.
    pub created: u64,
    /// Records that changed.
    pub changed: u64,
    /// Records that were as the file says.
    pub same: u64,
}

/// A file, read and checked, and not yet written.
#[derive(Debug)]
pub struct ImportPlan {
    /// The file.
    pub path: PathBuf,
    /// What was found.
    pub report: ImportReport,
    changes: Vec<RecordChange>,
    /// The head of the file.
    pub head: Vec<String>,
    /// Rows held back: their line, their cells, and why.
    pub held_back: Vec<(u64, Vec<String>, String)>,
    sha256: String,
    mapping: String,
}

/// A file to be taken in.
#[derive(Debug, Clone)]
pub struct ImportFile {
    /// The file.
    pub path: PathBuf,
    /// How its columns become fields.
    pub mapping: Mapping,
    /// The day from which values of dated fields hold.
    pub from: Date,
}

/// A file as cells, with what names it.
struct Opened<'f> {
    file: &'f ImportFile,
    name: String,
    sheet: reader::Sheet,
    sha256: String,
}

/// The value that words say, by the type of a field and as numbers and days are written in a file of Merit's own; nothing for none.
///
/// # Errors
/// In words, when they say no such value, or one beyond what the field allows.
pub fn value_of(policy: &Policy, kind: &FieldKind, words: &str) -> Result<Option<Known>, String> {
    let mapping = Mapping::default();
    let words = words.trim();
    if words.is_empty() { Ok(None) } else { values::Words { policy, mapping: &mapping }.value(kind, words).map(Some) }
}

/// Reads and checks several files together: a row may refer to a row of another file, in either direction.
///
/// # Errors
/// When a file or a mapping can't be used at all; bad rows are no error but findings.
pub fn plan_all(policy: &Policy, store: &dyn Store, files: &[ImportFile]) -> Result<Vec<ImportPlan>, ImportError> {
    let opened = files.iter().map(open).collect::<Result<Vec<_>, _>>()?;
    let read = |it| check::Draft::read(policy, it);
    let mut drafts = opened.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    check::settle_references(policy, store, &mut drafts)?;
    spells::settle(policy, store, &mut drafts);
    let checked: Vec<Checked> = drafts.into_iter().map(|it| it.finish(store)).collect();
    Ok(opened.into_iter().zip(checked).map(|(opened, checked)| plan_of(opened, checked)).collect())
}

/// Writes what is good in all of these files, all of it or nothing. `written` is told now and then how many rows are written.
///
/// # Errors
/// When the store can't.
pub fn apply_all(
    plans: Vec<ImportPlan>,
    policy: &Policy,
    store: &mut dyn Store,
    at: i64,
    written: &mut dyn FnMut(u64),
) -> Result<Vec<ImportReport>, StoreError> {
    let (mut reports, mut files) = (Vec::with_capacity(plans.len()), Vec::with_capacity(plans.len()));
    for plan in plans {
        let note = ImportNote {
            source: plan.report.file.clone(),
            sha256: plan.sha256,
            mapping: plan.mapping,
            good: i64::try_from(plan.report.good).unwrap_or(i64::MAX),
            rejected: i64::try_from(plan.report.rejected).unwrap_or(i64::MAX),
        };
        reports.push(plan.report);
        files.push((note, plan.changes));
    }
    let applied = store.import(policy, &files, at, written)?;
    for (report, Applied { created, changed, same }) in reports.iter_mut().zip(applied) {
        (report.created, report.changed, report.same) = (created, changed, same);
    }
    Ok(reports)
}

fn open(file: &ImportFile) -> Result<Opened<'_>, ImportError> {
    let path = &file.path;
    let bytes = std::fs::read(path)
        .map_err(|error| ImportError::File(format!("{} can't be read: {}", path.display(), why_unreadable(&error))))?;
    let name = path.file_name().map_or_else(|| path.display().to_string(), |it| it.to_string_lossy().into_owned());
    let sheet = reader::read(&name, &bytes, &file.mapping)?;
    Ok(Opened { file, name, sheet, sha256: sha256(&bytes) })
}

fn plan_of(opened: Opened<'_>, checked: Checked) -> ImportPlan {
    ImportPlan {
        path: opened.file.path.clone(),
        report: checked.report,
        changes: checked.changes,
        head: opened.sheet.head,
        held_back: checked.held_back,
        sha256: opened.sha256,
        mapping: opened.file.mapping.text.clone(),
    }
}

impl ImportReport {
    /// What came of a file, for people: the first findings of each kind, and how many more there are.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "{}: {} rows as `{}`: {} taken, {} rejected",
            self.file, self.rows, self.record, self.good, self.rejected
        )];
        if self.created + self.changed + self.same > 0 {
            lines.push(format!("  {} new, {} changed, {} as before", self.created, self.changed, self.same));
        }
        for Blanks { field, meaning, count } in &self.blanks {
            let blanks = if *count == 1 { "blank" } else { "blanks" };
            lines.push(format!("  {count} {blanks} in {field} ({meaning})"));
        }
        let mut shown: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        for finding in &self.findings {
            let count = shown.entry((&finding.column, &finding.reason)).or_default();
            *count += 1;
            if *count <= 3 {
                let mark = if finding.rejected { "rejected" } else { "note" };
                let column = if finding.column.is_empty() { String::new() } else { format!(", {}", finding.column) };
                let value = if finding.value.is_empty() { String::new() } else { format!(" `{}`", finding.value) };
                lines.push(format!("  line {}{column}:{value} {} ({mark})", finding.line, finding.reason));
            }
        }
        for ((column, reason), count) in shown.into_iter().filter(|it| it.1 > 3) {
            let column = if column.is_empty() { String::new() } else { format!("{column}: ") };
            lines.push(format!("  … {} more: {column}{reason}", count - 3));
        }
        lines
    }
}

/// Why a file can't be read, in plain words.
#[must_use]
pub fn why_unreadable(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        std::io::ErrorKind::PermissionDenied => "you may not read it".to_owned(),
        std::io::ErrorKind::InvalidData => "it is no UTF-8 text".to_owned(),
        _ => error.to_string(),
    }
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
