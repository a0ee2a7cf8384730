//! `merit forecast --acts FILE`: acts that are written down, in the rows of `merit act --csv` with the day of each.

use std::path::Path;

use crate::cli::act_csv::{Row, told};
use crate::cli::{Failure, listing};
use crate::exchange::{Rows, read_rows, value_of};
use crate::forecast::{Entries, Recorded};
use crate::ids::WorkflowId;
use crate::policy::model::Policy;
use crate::workflow::Act;

/// What stands in a row beside what `merit act --csv` takes.
const DAY: &str = "day";

pub(super) fn rows(path: &Path) -> Result<Rows, Failure> {
    let rows = read_rows(path)?;
    for needed in [DAY, "workflow", "subject", "act", "as"] {
        if !rows.head.iter().any(|it| it == needed) {
            let words = format!("{} has no column `{needed}`", path.display());
            return Err(Failure::usage(words).help(
                "a row says on which `day` who (`as`) does what (`act`) in a case (`workflow`, `subject`, `period`)",
            ));
        }
    }
    Ok(rows)
}

/// The acts of a file, as a policy reads them.
pub(super) fn recorded(policy: &Policy, path: &Path, rows: &Rows) -> Result<Vec<Recorded>, Failure> {
    let each = rows.rows.iter().map(|(line, cells)| {
        let place = format!("{}, line {line}", path.display());
        one(policy, rows, cells, &place).map_err(|why| Failure::usage(format!("{place}: {why}")).help("mend the row"))
    });
    each.collect()
}

fn one(policy: &Policy, rows: &Rows, cells: &[String], place: &str) -> Result<Recorded, String> {
    let row = Row { policy, rows, cells, also: &[DAY] };
    if row.cell("case").is_some() {
        return Err("cases to come have no numbers; say `workflow`, `subject` and `period`".to_owned());
    }
    let needed = |column: &str| row.cell(column).ok_or_else(|| format!("`{column}` is empty"));
    let day = needed(DAY)?;
    let day = day.parse().map_err(|_| format!("`{day}` is no day: 2026-07-31 is"))?;
    let name = needed("workflow")?;
    let flow = policy.workflow_named(name).ok_or_else(|| {
        let known: Vec<String> = policy.workflows.iter().map(|it| it.label.name.clone()).collect();
        let near = crate::policy::nearest(name, &known).map(|it| format!("; did you mean `{it}`?"));
        format!("there is no workflow `{name}`{}", near.unwrap_or_default())
    })?;
    let period = match row.cell("period") {
        None => None,
        Some(label) => {
            let workflow = policy.workflow(flow);
            let calendar = policy.calendar_of(workflow);
            let period = workflow.each.and_then(|each| calendar.period_from_label(each, label).ok());
            let first = period.map(|it| it.first).or_else(|| label.parse().ok());
            Some(first.ok_or_else(|| format!("`{label}` is no period of `{name}`"))?)
        }
    };
    let (what, words) = row.deed().map_err(told)?;
    let by = needed("as")?;
    let (kind, key) = by.split_once(':').unwrap_or(("", by));
    let text = |column: &str| row.cell(column).map(str::to_owned);
    let act = Act {
        by: (kind.to_owned(), key.to_owned()),
        stage: text("stage"),
        what,
        because: text("because"),
        key: text("key"),
    };
    let values = words.into_iter().map(|it| typed(policy, flow, it)).collect::<Result<_, _>>()?;
    let subject = needed("subject")?.to_owned();
    Ok(Recorded { place: place.to_owned(), day, flow, subject, period, act, values })
}

/// A value that is filled, by the type of its field.
fn typed(
    policy: &Policy,
    flow: WorkflowId,
    (name, words): (String, String),
) -> Result<(String, Option<crate::value::Known>), String> {
    let workflow = policy.workflow(flow);
    let fill = workflow.stages.iter().find_map(|it| it.filled(policy, &name));
    let fill = fill.ok_or_else(|| format!("no stage of `{}` fills `{name}`", workflow.label.name))?;
    let value = value_of(policy, &policy.field(fill.record, fill.field).kind, &words);
    value.map(|it| (name.clone(), it)).map_err(|why| format!("`{name}`: {why}"))
}

/// What happened in each case, a row for each entry.
pub(super) fn csv(all: &[Entries]) -> Result<String, Failure> {
    let mut rows = Vec::new();
    for it in all {
        for (at, event) in it.events.iter().enumerate() {
            let event = serde_json::to_string(event)
                .map_err(|error| Failure::environment(format!("an entry can't be written: {error}")))?;
            let case = [it.workflow.clone(), it.subject.clone(), it.period.clone(), it.nth.to_string()];
            rows.push(case.into_iter().chain([(at + 1).to_string(), event]).collect::<Vec<String>>());
        }
    }
    listing::csv(&["workflow", "subject", "period", "nth", "entry", "event"], rows.into_iter())
}
