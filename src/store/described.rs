//! What the registers need to know of a policy, as rows: its workflows, its stages, the names of its periods.
//!
//! Written with each deployment, and for the policies of a store of an earlier version when that is brought to this one's schema.

use jiff::civil::Date;
use rusqlite::{Connection, params};

use crate::calendar::{Calendar, PeriodKind};
use crate::ids::RecordId;
use crate::policy::compile_deployed;
use crate::policy::model::{Field, FieldKind, Party, Policy, Shape, Stage, Workflow};
use crate::source::Sources;
use crate::store::StoreError;
use crate::store::records::{quoted, table};
use crate::store::sqlite::disk;

/// Periods are named from so many years before the day up to which the store has run,
const YEARS_BACK: i16 = 6;
/// until so many behind it.
const YEARS_AHEAD: i16 = 10;

/// Makes the views of the registers anew.
pub(super) fn make_views(connection: &Connection) -> Result<(), StoreError> {
    drop_views(connection)?;
    connection.execute_batch(include_str!("views.sql")).map_err(disk)
}

/// Takes the views of the registers away: a numbered step may replace a table on which they stand.
pub(super) fn drop_views(connection: &Connection) -> Result<(), StoreError> {
    let mut statement = connection
        .prepare("select name from sqlite_schema where type = 'view' and name glob 'register_*'")
        .map_err(disk)?;
    let names = statement.query_map([], |row| row.get::<_, String>(0)).map_err(disk)?;
    for name in names.collect::<Result<Vec<_>, _>>().map_err(disk)? {
        connection.execute_batch(&format!("drop view \"{name}\"")).map_err(disk)?;
    }
    Ok(())
}

/// Describes every policy of a store that an earlier version wrote. One that this program can't read is passed over: while cases are
/// open under it nothing runs, and that is said there.
pub(super) fn describe_all(connection: &Connection) -> Result<(), StoreError> {
    let mut statement = connection.prepare("select version, text from policies order by version").map_err(disk)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(disk)?;
    let policies: Vec<(i64, String)> = rows.collect::<Result<_, _>>().map_err(disk)?;
    let sql = "select coalesce(as_of, adopted) from store";
    let day: Option<String> = connection.query_row(sql, [], |row| row.get(0)).map_err(disk)?;
    let day = day.and_then(|it| it.parse().ok());
    for (version, text) in policies {
        if let Some(policy) = compiled(serde_json::from_str(&text).unwrap_or_default()) {
            let today = day.unwrap_or_else(|| policy.main().day_of(crate::calendar::Moment(0)));
            describe(connection, &policy, version, today)?;
        }
    }
    Ok(())
}

/// A deployed policy, where this program can read it.
pub(super) fn compiled(files: Vec<(String, String)>) -> Option<Policy> {
    let mut sources = Sources::new();
    for (name, text) in files {
        sources.add(name, text);
    }
    compile_deployed(&sources, None).policy
}

/// Describes a policy that is deployed.
pub(super) fn describe(connection: &Connection, policy: &Policy, version: i64, today: Date) -> Result<(), StoreError> {
    for framework in &policy.frameworks {
        connection
            .prepare_cached("insert or ignore into frameworks_since values (?1, ?2)")
            .and_then(|mut it| it.execute(params![framework.label.name, today.to_string()]))
            .map_err(disk)?;
    }
    for workflow in &policy.workflows {
        describe_workflow(connection, policy, version, workflow)?;
    }
    make_groups(connection, policy)?;
    for calendar in &policy.calendars {
        for (name, kind) in calendar.period_kinds() {
            name_periods(connection, calendar, (name, kind), today)?;
        }
    }
    Ok(())
}

fn describe_workflow(
    connection: &Connection,
    policy: &Policy,
    version: i64,
    workflow: &Workflow,
) -> Result<(), StoreError> {
    let (label, calendar) = (&workflow.label, policy.calendar_of(workflow));
    let each = workflow.each.map(|it| calendar.kind_name(it));
    let subject = &policy.record(workflow.subject).label.name;
    let hears = workflow.proposal.is_some();
    connection
        .prepare_cached("insert or replace into policy_workflows values (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
        .and_then(|mut it| it.execute(params![version, label.name, label.title, subject, calendar.name(), each, hears]))
        .map_err(disk)?;
    for (nth, stage) in workflow.stages.iter().enumerate() {
        let decision = stage.decision.as_ref();
        let committee = decision.and_then(|it| it.committee).map(|at| &policy.committees[at].label.name);
        let appeal = is_appeal(workflow, stage);
        let stays = appeal && decision.is_some_and(|it| it.stays != Some(false));
        // Any other may be left out, or opens only if somebody chooses so.
        let certain = stage.inside.is_none() && stage.only_if.is_none();
        let lasts = stage.lasting.is_some();
        let (name, title, nth) = (&stage.label.name, &stage.label.title, i64::try_from(nth).unwrap_or(i64::MAX));
        connection
            .prepare_cached("insert or replace into policy_stages values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")
            .and_then(|mut it| {
                it.execute(params![version, label.name, name, title, nth, certain, appeal, stays, committee, lasts])
            })
            .map_err(disk)?;
    }
    Ok(())
}

/// So many selects are put together at once: SQLite takes 500.
const TOGETHER: usize = 400;

/// To which groups records belong, by every field that refers to another record or is one of a list: a select for each.
fn make_groups(connection: &Connection, policy: &Policy) -> Result<(), StoreError> {
    let mut selects = Vec::new();
    for (at, record) in policy.records.iter().enumerate() {
        let Shape::Entity { key } = record.shape else { continue };
        let (table, key) = (table(policy, RecordId::at(at)), quoted(&record.fields[key.index()].label.name));
        let groups = |it: &&Field| matches!(it.kind, FieldKind::Reference(_) | FieldKind::Choice(_));
        for field in record.fields.iter().filter(groups) {
            let (name, column) = (&field.label.name, quoted(&field.label.name));
            let kind = &record.label.name;
            selects.push(format!(
                "select '{kind}' as subject_type, {key} as subject, '{name}' as field, {column} as group_id from {table}
                 where {column} is not null"
            ));
        }
    }
    if selects.is_empty() {
        return Ok(());
    }
    let parts = selects.chunks(TOGETHER).map(|it| format!("select * from ({})", it.join(" union all ")));
    let sql = parts.collect::<Vec<_>>().join(" union all ");
    connection
        .execute_batch(&format!("drop view if exists register_groups; create view register_groups as {sql}"))
        .map_err(disk)
}

/// Whether a stage hears an appeal: a decision that says whether it stays what was decided before, or one to which the person
/// concerned leads from a stage of their own.
fn is_appeal(workflow: &Workflow, stage: &Stage) -> bool {
    let Some(decision) = &stage.decision else { return false };
    let theirs = |it: &Party| matches!(it, Party::Subject | Party::Owner);
    let from = stage.inside.map(|it| workflow.stage(it));
    decision.stays.is_some() || from.is_some_and(|it| it.decision.is_none() && it.by.iter().any(theirs))
}

fn name_periods(
    connection: &Connection,
    calendar: &Calendar,
    (name, kind): (&str, PeriodKind),
    today: Date,
) -> Result<(), StoreError> {
    let Ok(first) = Date::new(today.year().saturating_sub(YEARS_BACK), 1, 1) else { return Ok(()) };
    let last = today.year().saturating_add(YEARS_AHEAD);
    // Where periods are listed, there may be none so early.
    let begin = calendar.period_from(kind, first).or_else(|_| calendar.period_from(kind, today)).ok();
    let periods = std::iter::successors(begin, |it| calendar.next(*it).ok());
    let mut insert = connection
        .prepare_cached(
            "insert into periods values (?1, ?2, ?3, ?4, ?5) on conflict (calendar, kind, first) do update
             set last = excluded.last, label = excluded.label where last <> excluded.last or label <> excluded.label",
        )
        .map_err(disk)?;
    for period in periods.take_while(|it| it.first.year() <= last) {
        let (first, last) = (period.first.to_string(), period.last.to_string());
        insert.execute(params![calendar.name(), name, first, last, calendar.label(&period)]).map_err(disk)?;
    }
    Ok(())
}
