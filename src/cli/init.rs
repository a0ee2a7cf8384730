//! `merit init`: a new project with a first policy that checks.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::{Done, Failure, Format, Global, Outcome, output};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The folder
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

const SETTINGS: &str = r#"# A Merit project: which policies, which store, which mail. `docs/cli.md` and `docs/mail.md` tell more.
policies = ["rules", "workflows"]
store = "merit.db"
language = "en"

[mail]
to = "folder"                 # mails become .eml files; "smtp" sends them
folder = "outbox"
from = "performance@example.org"
"#;

const RULES: &str = r#"# The working days, and what is known of people. Change the names to those of your service.

calendar office "Our office" {
  time zone  "UTC"
  working    Monday to Friday
  period     year / years every 12 months from 1 January, written 2026
  holiday    "New Year's Day" 1 January
  substitute none
  roll       forward
  month end  back
  notices at 08:00
}

record person "Member of staff" {
  id         key text
  name       text
  email      optional address email
  reports_to optional person
  status     one of active, gone
  gone when status is gone
}

record review "Yearly review" of person each year {
  agreed event
}

role manager "Manager" of person {
  is person.reports_to
  otherwise manager of manager
}
"#;

const WORKFLOW: &str = r#"workflow yearly_review "Yearly review" {
  for each person each year where status is active

  stage goals "Agree the goals" {
    opens start of year
    due   1 month after opening
    by    person
    fills agreed
    remind person 10 working days before due with goals_due
    remind person every 5 working days overdue, at most 3 times with goals_due
  }
}

message goals_due "Goals due" {
  by email
  subject "Your goals for {year} are due on {due}"
  body """
    Dear {recipient.name or "colleague"},

    please agree your goals for {year} with your manager by {due}.
    """
}

example "Goals that nobody agrees are asked for" {
  person Ada { name "Ada"; status active }
  on 16 January 2026 expect nothing
  on 19 January 2026 expect goals_due to Ada
}
"#;

const RECORDS: &str = "id,name,email,reports_to,status\nP1,Ada Example,ada@example.org,,active\nP2,Ben Example,ben@example.org,P1,active\n";

pub(super) fn run(global: &Global, arguments: &Arguments) -> Outcome {
    let folder = &arguments.folder;
    let files = [
        ("merit.toml", SETTINGS),
        ("rules/office.merit", RULES),
        ("workflows/yearly_review.merit", WORKFLOW),
        ("records/person.csv", RECORDS),
    ];
    if let Some((name, _)) = files.iter().find(|(name, _)| folder.join(name).exists()) {
        return Err(Failure::usage(format!("{} is there already; nothing was written", folder.join(name).display()))
            .help("give another folder: `merit init DIR`"));
    }
    for (name, text) in files {
        write(&folder.join(name), text)?;
    }
    if global.format == Format::Json {
        let names: Vec<&str> = files.iter().map(|it| it.0).collect();
        return output::json(&serde_json::json!({ "folder": folder.display().to_string(), "files": names }));
    }
    output::text(&format!("A new project stands in {}.\n", folder.display()))?;
    output::note(
        global,
        "Next: `merit check`, `merit test`, `merit deploy --adopt DATE`, `merit import records`, `merit run`.",
    );
    Ok(Done::Clean)
}

/// Writes a file and the folders above it.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::environment(format!("{} can't be written: {error}", path.display()));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, text).map_err(failed)
}
