//! Acts that are written down, in the place of what people would do by chance: nothing is drawn, and whatever happens is kept.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::forecast::acts::Doing;
use crate::forecast::people::People;
use crate::forecast::tally::Tally;
use crate::forecast::world::{Terms, World};
use crate::forecast::years::{Diary, Run, Start, Tells};
use crate::ids::WorkflowId;
use crate::value::Known;
use crate::workflow::{Act, Event};

/// Somebody does something on a day.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Where it is written down, in words.
    pub place: String,
    /// The day.
    pub day: Date,
    /// In a case of this workflow,
    pub flow: WorkflowId,
    /// about this record,
    pub subject: String,
    /// for the period that begins on this day; nothing: the only one that is open.
    pub period: Option<Date>,
    /// What is done.
    pub act: Act,
    /// For each field that is filled: its name, and what is written into it.
    pub values: Vec<(String, Option<Known>)>,
}

/// What happened in a case since the first day.
#[derive(Debug, Clone)]
pub struct Entries {
    /// The workflow.
    pub workflow: String,
    /// The subject.
    pub subject: String,
    /// The first day of the period as text, or nothing.
    pub period: String,
    /// Which one of several for the same subject and period.
    pub nth: u32,
    /// The events, in order.
    pub events: Vec<Event>,
}

/// Runs so many years with these acts, those of a day one after another in their order, before what the day brings by itself.
#[must_use]
pub fn follow(start: &Start<'_>, years: u32, acts: &[Recorded], tells: Tells<'_>) -> (Run, Vec<Entries>) {
    let policy = start.policy;
    let firsts: Vec<Date> = (0..i64::from(years)).filter_map(|it| start.first.checked_add(it.years()).ok()).collect();
    let end = start.first.checked_add(i64::from(years).years()).unwrap_or(Date::MAX);
    let mut world = World::new(policy, start.records, Terms { keeps_all: true, ..start.terms.clone() });
    let nobody = People::default();
    let mut diary = Diary { policy, tally: Tally::of(firsts), people: &nobody, opened: Vec::new() };
    for (flow, case, wake_at) in &start.cases {
        world.there_is(*flow, case.clone(), *wake_at);
    }
    start.judged.iter().for_each(|it| world.has_judged(*it));
    let mut by_day: BTreeMap<Date, Vec<&Recorded>> = BTreeMap::new();
    let mut result = Run { tally: Tally::default(), acts: 0, refused: BTreeMap::new() };
    for it in acts {
        if it.day < start.first || it.day >= end {
            refuse(&mut result, it, "its day is not among those that are run");
        } else {
            by_day.entry(it.day).or_default().push(it);
        }
    }
    let mut day = start.first;
    while day < end {
        world.begin(day);
        for it in by_day.remove(&day).unwrap_or_default() {
            let case = match case_of(&world, it) {
                Ok(case) => case,
                Err(why) => {
                    refuse(&mut result, it, &why);
                    continue;
                }
            };
            let doing = Doing { case, act: it.act.clone(), values: it.values.clone() };
            match world.act(&[doing], &mut diary).first() {
                Some(refused) => refuse(&mut result, it, &refused.why.to_string()),
                None => result.acts += 1,
            }
        }
        world.run(day, &mut diary);
        tells();
        match day.tomorrow() {
            Ok(next) => day = next,
            Err(_) => break,
        }
    }
    result.tally = diary.tally.finish();
    let entries = world.cases().iter().flatten().filter(|it| !it.events.is_empty()).map(|it| Entries {
        workflow: it.case.workflow.clone(),
        subject: it.case.subject.clone(),
        period: it.case.period.clone(),
        nth: it.case.nth,
        events: it.events.clone(),
    });
    (result, entries.collect())
}

fn refuse(result: &mut Run, it: &Recorded, why: &str) {
    *result.refused.entry(format!("{}: {why}", it.place)).or_default() += 1;
}

/// The open case that is meant, or else the last one that has ended.
fn case_of(world: &World<'_>, it: &Recorded) -> Result<usize, String> {
    let period = it.period.map(|it| it.to_string());
    let meant = |number: &usize| {
        let running = world.cases().get(*number).and_then(Option::as_ref);
        running.is_some_and(|running| {
            let own = running.flow == it.flow && running.case.subject == it.subject;
            own && period.as_ref().is_none_or(|period| *period == running.case.period)
        })
    };
    let open = world.open.get(&world.subject(it.flow, &it.subject)).into_iter().flatten().copied();
    match open.filter(&meant).collect::<Vec<_>>().as_slice() {
        [only] => return Ok(*only),
        [] => {}
        _ => return Err(format!("`{}` has several such cases; name the period", it.subject)),
    }
    let ended = (0..world.cases().len()).rev().find(&meant);
    ended.ok_or_else(|| format!("`{}` has no such case on that day", it.subject))
}
