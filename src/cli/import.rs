//! `merit import`: records from CSV files.

use std::path::{Path, PathBuf};

use jiff::civil::Date;

use crate::cli::{Done, Failure, Format, Global, Outcome, open, output};
use crate::config::Project;
use crate::engine::{Point, point};
use crate::exchange::{
    ImportError, ImportFile, ImportPlan, ImportReport, Mapping, OWN_COLUMNS, apply_all, plan_all, why_unreadable,
};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// CSV files, or folders of them
    #[arg(value_name = "FILE|DIR", required = true)]
    paths: Vec<PathBuf>,
    /// How columns become fields [default: FILE.toml beside each file, if there]
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// The day from which values of dated fields hold [default: today]
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// Only say what would be taken and rejected
    #[arg(long)]
    dry_run: bool,
    /// Where rejected rows are written [default: FILE.rejected.csv beside each file]
    #[arg(long, value_name = "DIR")]
    rejected: Option<PathBuf>,
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Store(error) => error.into(),
            ImportError::File(words) => Failure::usage(words),
            ImportError::Rows(words) => {
                Failure::usage(words).help("`--skip-bad` goes on without what is wrong, and counts it")
            }
            ImportError::Mapping(fault) => Failure::usage(fault.to_string()).help("docs/import.md explains mappings"),
        }
    }
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Outcome {
    let project = open::project(global)?;
    let from = arguments.from.as_deref().map(open::day).transpose()?;
    let given = arguments.mapping.as_deref().map(read_mapping).transpose()?;
    let mut store = open::store(&project)?;
    let policies = open::deployed(&project, &store)?;
    let policy = &policies.latest().policy;
    let mut files = Vec::new();
    for path in csv_files(&arguments.paths)? {
        let mapping = match &given {
            Some(mapping) => mapping.clone(),
            None => mapping_beside(&path)?,
        };
        let written = mapping.from.as_deref().map(open::day).transpose()?;
        let from = from.or(written).unwrap_or_else(|| open::today(policy));
        files.push(ImportFile { path, mapping, from });
    }
    let bar = progress(global);
    bar.set_message("reading");
    point(Point::Reading);
    let plans = plan_all(policy, &store, &files)?;
    let rejected = plans.iter().any(|it| !it.held_back.is_empty());
    let reports = if arguments.dry_run {
        plans.into_iter().map(|it| it.report).collect()
    } else {
        for plan in plans.iter().filter(|it| !it.held_back.is_empty()) {
            keep_rejected(global, plan, arguments)?;
        }
        bar.set_message("writing");
        bar.set_length(plans.iter().map(|it| it.report.good).sum());
        point(Point::BeforeImport);
        let reports = apply_all(plans, policy, &mut store, open::now(), &mut |rows| bar.set_position(rows))?;
        point(Point::AfterImport);
        reports
    };
    bar.finish_and_clear();
    match global.format {
        Format::Json => output::json(&serde_json::json!({ "files": reports, "dry_run": arguments.dry_run }))?,
        Format::Human => {
            let mut words: String = reports.iter().flat_map(ImportReport::lines).map(|it| it + "\n").collect();
            if arguments.dry_run {
                words += "Nothing was written: this was a dry run.\n";
            }
            output::text(&words)?
        }
    };
    Ok(if rejected { Done::Findings } else { Done::Clean })
}

fn keep_rejected(global: &Global, plan: &ImportPlan, arguments: &Arguments) -> Result<(), Failure> {
    let place = rejected_path(&plan.path, arguments.rejected.as_deref());
    write_rejected(&place, &plan.head, &plan.held_back)?;
    let rows = output::count(plan.held_back.len() as u64, "row is held back", "rows are held back");
    output::note(global, &format!("{rows} in {}: correct them there and import that file", place.display()));
    Ok(())
}

/// Imports a folder into a project, as the demo does.
pub(super) fn folder(project: &Project, folder: &Path, from: Date) -> Result<Vec<ImportReport>, Failure> {
    let mut store = open::store(project)?;
    let policies = open::deployed(project, &store)?;
    let policy = &policies.latest().policy;
    let file = |path| ImportFile { path, mapping: Mapping::default(), from };
    let files: Vec<ImportFile> = csv_files(&[folder.to_owned()])?.into_iter().map(file).collect();
    let plans = plan_all(policy, &store, &files)?;
    Ok(apply_all(plans, policy, &mut store, open::now(), &mut |_| ())?)
}

fn progress(global: &Global) -> indicatif::ProgressBar {
    use std::io::IsTerminal;
    if global.quiet || !std::io::stderr().is_terminal() {
        return indicatif::ProgressBar::hidden();
    }
    let bar = indicatif::ProgressBar::no_length();
    if let Ok(style) =
        indicatif::ProgressStyle::with_template("{spinner} {msg} {wide_bar} {human_pos}/{human_len} rows")
    {
        bar.set_style(style);
    }
    bar.enable_steady_tick(std::time::Duration::from_millis(100));
    bar
}

fn csv_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        let failed = |error: std::io::Error| {
            Failure::usage(format!("{} can't be read: {}", path.display(), why_unreadable(&error)))
        };
        if !path.is_dir() {
            std::fs::metadata(path).map_err(failed)?;
            files.push(path.clone());
            continue;
        }
        let mut inside = Vec::new();
        for entry in std::fs::read_dir(path).map_err(failed)? {
            let entry = entry.map_err(failed)?.path();
            let name = entry.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
            if name.ends_with(".csv") && !name.ends_with(".rejected.csv") {
                inside.push(entry);
            }
        }
        if inside.is_empty() {
            return Err(Failure::usage(format!("there is no CSV file in {}", path.display())));
        }
        inside.sort();
        files.extend(inside);
    }
    Ok(files)
}

fn read_mapping(path: &Path) -> Result<Mapping, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("{} can't be read: {}", path.display(), why_unreadable(&error))))?;
    Mapping::read(&path.display().to_string(), &text).map_err(|fault| ImportError::from(fault).into())
}

/// `person.toml` beside `person.csv`, and beside `person.rejected.csv` too.
fn mapping_beside(path: &Path) -> Result<Mapping, Failure> {
    let beside = path.with_file_name(format!("{}.toml", stem_of(path)));
    if beside.exists() { read_mapping(&beside) } else { Ok(Mapping::default()) }
}

pub(super) fn rejected_path(path: &Path, folder: Option<&Path>) -> PathBuf {
    let folder = folder.or_else(|| path.parent()).unwrap_or_else(|| Path::new("."));
    folder.join(format!("{}.rejected.csv", stem_of(path)))
}

fn stem_of(path: &Path) -> String {
    let stem = path.file_stem().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
    stem.strip_suffix(".rejected").unwrap_or(&stem).to_owned()
}

/// Writes the rows held back, whole or not at all: they may come from a file of that very name.
pub(super) fn write_rejected(
    place: &Path,
    head: &[String],
    held_back: &[(u64, Vec<String>, String)],
) -> Result<(), Failure> {
    let failed =
        |error: &dyn std::fmt::Display| Failure::environment(format!("{} can't be written: {error}", place.display()));
    let unfinished = place.with_extension("csv.unfinished");
    let mut file = csv::WriterBuilder::new().flexible(true).from_path(&unfinished).map_err(|error| failed(&error))?;
    let kept: Vec<usize> = (0..head.len()).filter(|at| !OWN_COLUMNS.contains(&head[*at].as_str())).collect();
    let head = kept.iter().map(|at| head[*at].as_str()).chain(OWN_COLUMNS);
    file.write_record(head).map_err(|error| failed(&error))?;
    for (line, cells, reason) in held_back {
        let line = line.to_string();
        let kept = kept.iter().map(|at| cells.get(*at).map_or("", String::as_str));
        file.write_record(kept.chain([line.as_str(), reason.as_str()])).map_err(|error| failed(&error))?;
    }
    file.into_inner().map_err(|error| failed(&error))?.sync_all().map_err(|error| failed(&error))?;
    std::fs::rename(&unfinished, place).map_err(|error| failed(&error))
}
