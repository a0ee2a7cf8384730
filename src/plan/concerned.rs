//! Whom a judgement concerns.

use jiff::civil::Date;

use crate::calendar::Period;
use crate::plan::{At, Planner, View, Working};
use crate::policy::model::Policy;
use crate::table::Records;

/// The rows of those to whom a framework (its place) proposes something for a period as on a day, or of whom it leaves something open.
/// Nothing where it has to be asked row by row.
#[must_use]
pub fn concerned(
    policy: &Policy,
    records: &Records,
    framework: usize,
    (period, on): (Period, Date),
) -> Option<Vec<usize>> {
    let judges = &policy.frameworks[framework];
    let mut planner = Planner::new(records);
    let ground = planner.ground(policy, judges);
    let judging = planner.judging(ground, framework, At::judging(judges, period, on)).ok()?;
    let wanted: Vec<_> = judging.rules.iter().map(|it| it.verdict).collect();
    let follows = |it: &View<'_>, row: usize| matches!(it.state[row], View::YES | View::UNKNOWN);
    let found = planner.work(Working::default(), (judges.subject, &wanted), |rows, views| {
        let first = rows.start;
        rows.filter(|row| views.iter().any(|it| follows(it, row - first))).collect::<Vec<usize>>()
    });
    Some(found.concat())
}
