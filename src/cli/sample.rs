//! `merit sample`: made-up records for a policy, as CSV files.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::{Done, Failure, Format, Global, Outcome, check, open, output};
use crate::policy::model::Policy;
use crate::sample::{Plan, Sampler};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The folder for the CSV files
    #[arg(value_name = "DIR", default_value = "records")]
    folder: PathBuf,
    /// The plan [default: sample.toml in the project]
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Another seed than the plan's
    #[arg(long)]
    seed: Option<u64>,
    /// How many records of the most numerous type, up to a million; of the others in proportion
    #[arg(long, value_name = "ROWS")]
    size: Option<u64>,
}

/// The most records of one type.
const MOST: u64 = 1_000_000;

pub(super) fn run(global: &Global, arguments: &Arguments) -> Outcome {
    let project = open::project(global)?;
    let (sources, compilation) = open::working_policy(&project)?;
    let Some(policy) = &compilation.policy else {
        check::show(global, &sources, &compilation.diagnostics)?;
        return Err(Failure { code: 1, ..Failure::usage("the policy has mistakes; nothing was made up") });
    };
    let path = arguments.plan.clone().unwrap_or_else(|| project.folder.join("sample.toml"));
    let text = fs::read_to_string(&path).map_err(|error| {
        Failure::usage(format!("the plan {} can't be read: {error}", path.display())).help("name it with --plan FILE")
    })?;
    let mut plan = read_plan(&path.display().to_string(), &text)?;
    plan.seed = arguments.seed.unwrap_or(plan.seed);
    if let Some(size) = arguments.size.filter(|size| *size > MOST) {
        return Err(Failure::usage(format!("{size} records are too many; {MOST} is the most")));
    }
    let written = write(policy, &plan, arguments.size, &arguments.folder)?;
    match global.format {
        Format::Json => output::json(&serde_json::json!({ "files": written.iter().map(|(file, rows)| {
            serde_json::json!({ "file": file.display().to_string(), "rows": rows })
        }).collect::<Vec<_>>() }))?,
        Format::Human => {
            let line = |(file, rows): &(PathBuf, u64)| {
                format!("{}: {} (made up)\n", file.display(), output::count(*rows, "row", "rows"))
            };
            output::text(&written.iter().map(line).collect::<String>())?
        }
    };
    Ok(Done::Clean)
}

/// Reads a plan.
pub(super) fn read_plan(name: &str, text: &str) -> Result<Plan, Failure> {
    toml::from_str(text).map_err(|error| Failure::usage(format!("the plan {name} can't be used: {error}")))
}

/// Writes the sheets of a sample; each file with its number of rows.
pub(super) fn write(
    policy: &Policy,
    plan: &Plan,
    size: Option<u64>,
    folder: &Path,
) -> Result<Vec<(PathBuf, u64)>, Failure> {
    let failed = |path: &Path, error: &dyn std::fmt::Display| {
        Failure::environment(format!("{} can't be written: {error}", path.display()))
    };
    let sampler = Sampler::new(policy, plan, size).map_err(|error| Failure::usage(error.to_string()))?;
    let sheets = sampler.sheets().map_err(|error| Failure::usage(error.to_string()))?;
    fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    let mut written = Vec::new();
    for sheet in &sheets {
        let path = folder.join(format!("{}.csv", sheet.name));
        let mut file = csv::Writer::from_path(&path).map_err(|error| failed(&path, &error))?;
        file.write_record(&sheet.head).map_err(|error| failed(&path, &error))?;
        let mut rows = 0;
        for row in (0..sheet.rows).filter_map(|row| sampler.row(sheet, row)) {
            file.write_record(&row).map_err(|error| failed(&path, &error))?;
            rows += 1;
        }
        file.flush().map_err(|error| failed(&path, &error))?;
        written.push((path, rows));
    }
    Ok(written)
}
