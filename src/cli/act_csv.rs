//! `merit act --csv FILE`: what many do, a row each. Good rows are kept; the others go into a file to be mended and given again.

use std::path::Path;

use serde::Serialize;

use crate::calendar::{Moment, length_of};
use crate::cli::act::the_open_one;
use crate::cli::import::{rejected_path, write_rejected};
use crate::cli::run::refuse_the_future;
use crate::cli::{Done, Failure, Format, Global, Outcome, open, output};
use crate::engine::{ActError, ActRequest, Acting, AsOf, MailSender};
use crate::exchange::{OWN_COLUMNS, Rows, read_rows};
use crate::policy::acts::Off;
use crate::policy::model::Policy;
use crate::store::sqlite::SqliteStore;
use crate::store::{CaseRow, Filter, Store};
use crate::workflow::{Act, Deed};

/// Columns that say what is done; every other one is a field to be filled.
const COLUMNS: [&str; 13] =
    ["case", "workflow", "subject", "period", "act", "choice", "to", "length", "stage", "as", "because", "key", "on"];

/// What became of a row.
#[derive(Debug, Serialize)]
struct Line {
    line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    case: Option<i64>,
    /// `done`, `repeated` or `rejected`.
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

pub(super) fn run(global: &Global, path: &Path, as_of: Option<&str>) -> Outcome {
    let project = open::project(global)?;
    let rows = read_rows(path)?;
    for needed in ["act", "as"] {
        if !rows.head.iter().any(|it| it == needed) {
            let words = format!("{} has no column `{needed}`", path.display());
            return Err(Failure::usage(words).help("`merit act --help` names the columns"));
        }
    }
    let mut store = open::store(&project)?;
    let now = open::now();
    let as_of = as_of.map(open::as_of).transpose()?.unwrap_or(AsOf::Moment(Moment(now)));
    refuse_the_future(&project, &store, as_of, now)?;
    let settings = open::settings(&project, as_of, now);
    let policies = open::deployed(&project, &store)?;
    let policy = &policies.latest().policy;
    let mut sender = MailSender::new(&project)?;
    let mut acting = Acting::begin(&mut store, &settings, &mut sender)?;
    let (mut lines, mut held_back) = (Vec::new(), Vec::new());
    for (line, cells) in &rows.rows {
        let row = Row { policy, rows: &rows, cells, also: &[] };
        let done = row.request(&store).and_then(|request| {
            let case = request.case;
            match acting.act(&mut store, &request) {
                Ok(report) => Ok((case, if report.repeated { "repeated" } else { "done" })),
                // The world, not the row: what was done stays, and the rest can be given again.
                Err(ActError::Engine(error)) => Err(Reject::World(error.into())),
                Err(error) => Err(Reject::Row(error.to_string())),
            }
        });
        match done {
            Ok((case, outcome)) => lines.push(Line { line: *line, case: Some(case), outcome, reason: None }),
            Err(Reject::World(failure)) => return Err(failure),
            Err(Reject::Row(reason)) => {
                held_back.push((*line, cells.clone(), reason.clone()));
                lines.push(Line { line: *line, case: None, outcome: "rejected", reason: Some(reason) });
            }
        }
    }
    let place = rejected_path(path, None);
    if !held_back.is_empty() {
        write_rejected(&place, &rows.head, &held_back)?;
    }
    tell(global, &lines, (!held_back.is_empty()).then_some(place.as_path()))
}

/// Why a row was not done.
pub(super) enum Reject {
    /// It can't be.
    Row(String),
    /// Nothing can be done any more.
    World(Failure),
}

/// In words.
pub(super) fn told(reject: Reject) -> String {
    match reject {
        Reject::Row(reason) => reason,
        Reject::World(failure) => failure.told(),
    }
}

pub(super) struct Row<'r> {
    pub(super) policy: &'r Policy,
    pub(super) rows: &'r Rows,
    pub(super) cells: &'r [String],
    /// Columns that are no fields either.
    pub(super) also: &'r [&'r str],
}

impl Row<'_> {
    /// What stands in a column; nothing if it is empty.
    pub(super) fn cell(&self, column: &str) -> Option<&str> {
        let at = self.rows.head.iter().position(|it| it == column)?;
        self.cells.get(at).map(|it| it.trim()).filter(|it| !it.is_empty())
    }

    fn needed(&self, column: &str) -> Result<&str, Reject> {
        self.cell(column).ok_or_else(|| Reject::Row(format!("`{column}` is empty")))
    }

    fn request(&self, store: &SqliteStore) -> Result<ActRequest, Reject> {
        let (what, values) = self.deed()?;
        let (kind, key) = self.needed("as")?.split_once(':').unwrap_or(("", self.needed("as")?));
        let text = |column: &str| self.cell(column).map(str::to_owned);
        let act = Act {
            by: (kind.to_owned(), key.to_owned()),
            stage: text("stage"),
            what,
            because: text("because"),
            key: text("key"),
        };
        Ok(ActRequest { case: self.case(store)?, act, values })
    }

    fn case(&self, store: &SqliteStore) -> Result<i64, Reject> {
        let row = |failure: Failure| Reject::Row(failure.told());
        if let Some(case) = self.cell("case") {
            return the_open_one(store, case, self.cell("key")).map_err(row);
        }
        let subject = self.needed("subject")?;
        let (workflow, period) = (self.cell("workflow"), self.cell("period"));
        if workflow.is_none() && period.is_none() {
            return the_open_one(store, subject, self.cell("key")).map_err(row);
        }
        let filter =
            Filter { subject: Some(subject.to_owned()), workflow: workflow.map(str::to_owned), ..Filter::default() };
        let found = store.cases(&filter).map_err(|error| Reject::World(error.into()))?;
        let in_period = |it: &&CaseRow| period.is_none_or(|label| self.is_in_period(it, label));
        let found: Vec<i64> = found.iter().filter(in_period).map(|it| it.id).collect();
        match found.as_slice() {
            [only] => Ok(*only),
            [] => Err(Reject::Row(format!("`{subject}` has no such case"))),
            several => {
                let list: Vec<String> = several.iter().map(ToString::to_string).collect();
                Err(Reject::Row(format!("`{subject}` has several such cases: {}", list.join(", "))))
            }
        }
    }

    /// Whether a case is that of a period, which is named as the policy in force does, or by its first day.
    fn is_in_period(&self, row: &CaseRow, label: &str) -> bool {
        let first = || {
            let flow = self.policy.workflow(self.policy.workflow_named(&row.workflow)?);
            let period = self.policy.calendar_of(flow).period_from_label(flow.each?, label).ok()?;
            Some(period.first.to_string())
        };
        row.period == label || first().is_some_and(|it| it == row.period)
    }

    /// What is done, and what is written into which field.
    pub(super) fn deed(&self) -> Result<(Deed, Vec<(String, String)>), Reject> {
        let what = match self.needed("act")? {
            what @ ("fill" | "correct") => {
                let columns = self.rows.head.iter();
                let ours = |it: &str| COLUMNS.contains(&it) || OWN_COLUMNS.contains(&it) || self.also.contains(&it);
                let fields = columns.filter(|it| !ours(it));
                let values: Vec<(String, String)> =
                    fields.filter_map(|it| Some((it.clone(), self.cell(it)?.to_owned()))).collect();
                let names = values.iter().map(|it| it.0.clone()).collect();
                return Ok((if what == "fill" { Deed::Fill(names) } else { Deed::Correct(names) }, values));
            }
            "choose" => {
                Deed::Choose { choice: self.needed("choice")?.to_owned(), instead: self.cell("to").map(str::to_owned) }
            }
            "complete" => Deed::Complete,
            "extend" => Deed::Extend(length_of(self.needed("length")?).map_err(Reject::Row)?),
            "withdraw" => Deed::CallOff(Off::Withdrawn),
            "cancel" => Deed::CallOff(Off::Cancelled),
            "exempt" => Deed::CallOff(Off::Exempted),
            "lift" => Deed::Lift,
            "suspend" => Deed::Suspend,
            "resume" => Deed::Resume,
            "send" => Deed::Send,
            "recuse" => Deed::Recuse,
            "close" => Deed::EndVote,
            "receive" => {
                let day = self.cell("on").map(|it| it.parse().map_err(|_| format!("`{it}` is no day: 2026-07-31 is")));
                Deed::Receive(day.transpose().map_err(Reject::Row)?)
            }
            other => {
                let known = "choose, fill, complete, extend, withdraw, cancel, exempt, lift, suspend, resume, correct, send, receive, \
                             recuse, close";
                return Err(Reject::Row(format!("`{other}` is nothing that can be done; these are: {known}")));
            }
        };
        Ok((what, Vec::new()))
    }
}

fn tell(global: &Global, lines: &[Line], rejected: Option<&Path>) -> Outcome {
    let count = |outcome: &str| lines.iter().filter(|it| it.outcome == outcome).count();
    let (done, repeated, bad) = (count("done"), count("repeated"), count("rejected"));
    let place = rejected.map(|it| it.display().to_string());
    match global.format {
        Format::Json => output::json(&serde_json::json!({
            "done": done, "repeated": repeated, "rejected": bad, "rejected_file": place, "rows": lines,
        }))?,
        Format::Human => {
            let mut words = format!("{done} done, {repeated} done before, {bad} rejected\n");
            for it in lines {
                if let Some(reason) = &it.reason {
                    words += &format!("  line {}: {reason}\n", it.line);
                }
            }
            if let Some(place) = place {
                words += &format!("What was rejected stands in {place}: mend it and give it again.\n");
            }
            output::text(&words)?
        }
    };
    Ok(if bad > 0 { Done::Findings } else { Done::Clean })
}
