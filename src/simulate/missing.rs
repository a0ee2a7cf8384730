//! What is missing where something is undetermined: counted by the fact, whoever it is a fact of.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::calendar::Period;
use crate::eval::Scope;
use crate::eval::framework::{Verdict, judge};
use crate::simulate::Question;
use crate::simulate::judged::Judged;
use crate::table::AsFacts;
use crate::value::RecordRef;

/// A fact that is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lack {
    /// The field's name, or the reason in words.
    pub what: String,
    /// Of how many people something is undetermined for want of it.
    pub people: usize,
}

/// Why an outcome is what it is can be asked of this scope: it is that of the judgement.
pub(super) fn judging<'a>(
    judged: &Judged<'a>,
    facts: &'a AsFacts<'a>,
    period: Period,
    on: jiff::civil::Date,
) -> Scope<'a> {
    let (policy, framework) = (judged.setting.policy, judged.framework);
    let nobody = RecordRef { record: framework.subject, key: "".into() };
    Scope::new(policy, &policy.calendars[framework.calendar], facts, nobody, Some(period), on)
        .by_one_calendar(framework.names_calendar)
}

/// What is missing of the first of some people of whom something is undetermined, and of how many it was asked.
pub(super) fn missing(judged: &Judged<'_>, open: &[u32], question: &Question) -> (Vec<Lack>, usize) {
    let records = judged.setting.records;
    let facts = AsFacts::new(judged.setting.policy, records);
    let scope = judging(judged, &facts, question.period, question.on);
    let rows: Vec<usize> = open.iter().take(question.ask_missing).map(|it| *it as usize).collect();
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for row in &rows {
        let who = records.record(judged.framework.subject, *row);
        let scope = scope.placed(who, (Some(question.period), question.on, crate::eval::Reading::OnDay), 0);
        let facts = judge(&scope, judged.framework).into_iter().flat_map(|it| match it {
            Verdict::Undetermined(missing) => missing,
            _ => Vec::new(),
        });
        let mut lacks: Vec<String> = facts.map(|it| it.what()).collect();
        lacks.sort();
        lacks.dedup();
        for lack in lacks {
            *found.entry(lack).or_default() += 1;
        }
    }
    let mut found: Vec<Lack> = found.into_iter().map(|(what, people)| Lack { what, people }).collect();
    found.sort_by(|a, b| b.people.cmp(&a.people).then_with(|| a.what.cmp(&b.what)));
    (found, rows.len())
}
