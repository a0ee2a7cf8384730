//! What is counted of a run, year by year, and what several runs come to together.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use crate::forecast::world::Happened;
use crate::policy::model::Policy;
use crate::value::{Known, Number};
use crate::workflow::{Event, NoticeState, notices_of, took_effect};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Cases that opened.
    Opened,
    /// Stages that were done in time.
    InTime,
    /// Stages that were done late.
    Late,
    /// Stages that lapsed.
    Lapsed,
    /// Of those that were done or lapsed, how many in a thousand were done in time.
    InTimePerMille,
    /// Reminders that were taken.
    Reminders,
    /// Steps that escalate.
    Escalations,
    /// Defaults on record.
    Defaults,
    /// Sanctions, rewards or measures that were proposed.
    Proposed,
    /// Those that took effect.
    InForce,
    /// What rewards that took effect cost.
    Cost,
    /// Notices that would go out.
    Notices,
}

impl Measure {
    /// The word that programs use.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Measure::Opened => "opened",
            Measure::InTime => "in_time",
            Measure::Late => "late",
            Measure::Lapsed => "lapsed",
            Measure::InTimePerMille => "in_time_per_mille",
            Measure::Reminders => "reminders",
            Measure::Escalations => "escalations",
            Measure::Defaults => "defaults",
            Measure::Proposed => "proposed",
            Measure::InForce => "in_force",
            Measure::Cost => "cost",
            Measure::Notices => "notices",
        }
    }

    /// What people call it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Measure::Opened => "cases opened",
            Measure::InTime => "done in time",
            Measure::Late => "done late",
            Measure::Lapsed => "lapsed",
            Measure::InTimePerMille => "share in time",
            Measure::Reminders => "reminders",
            Measure::Escalations => "escalations",
            Measure::Defaults => "defaults",
            Measure::Proposed => "proposed",
            Measure::InForce => "took effect",
            Measure::Cost => "cost",
            Measure::Notices => "notices",
        }
    }
}

/// What a count is of: a workflow, a stage of it, a step of that; a framework, a rule of it; a currency.
pub type About = Vec<String>;

/// The counts of one run, by the first day of each year.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// The first days of the years, in order.
    pub years: Vec<Date>,
    /// By year (its place), measure, and what it is of.
    pub counts: BTreeMap<(usize, Measure, About), Number>,
}

impl Tally {
    pub(super) fn of(years: Vec<Date>) -> Self {
        Self { years, counts: BTreeMap::new() }
    }

    fn add(&mut self, day: Date, measure: Measure, about: &[&str], how_much: Number) {
        let year = self.years.partition_point(|it| *it <= day).saturating_sub(1);
        let about = about.iter().map(|it| (*it).to_owned()).collect();
        let count = self.counts.entry((year, measure, about)).or_insert(Number::ZERO);
        // A sum beyond all bounds stays where it is.
        *count = count.add(how_much).unwrap_or(*count);
    }

    pub(super) fn count(&mut self, policy: &Policy, it: &Happened<'_>) {
        let flow = it.case.workflow.as_str();
        let day = it.today;
        let one = Number::from(1);
        for event in it.events {
            let going = |it: &&crate::workflow::Notice| it.state == NoticeState::Due;
            let notices = notices_of(event).iter().filter(going).count();
            if notices > 0 {
                let notices = Number::from(i64::try_from(notices).unwrap_or(i64::MAX));
                self.add(day, Measure::Notices, &[flow], notices);
            }
            match event {
                Event::CaseOpened { proposal: None, .. } => self.add(day, Measure::Opened, &[flow], one),
                Event::CaseOpened { proposal: Some(note), .. } => {
                    self.add(day, Measure::Proposed, &[&note.framework, &note.rule], one);
                }
                Event::StageDone { stage, late, .. } | Event::Chosen { stage, late, .. } => {
                    self.add(day, if *late { Measure::Late } else { Measure::InTime }, &[flow, stage], one);
                }
                Event::StageLapsed { stage, .. } => self.add(day, Measure::Lapsed, &[flow, stage], one),
                Event::StepTaken { mark, rung, default, and_by, .. } => {
                    let measure = if *rung { Measure::Escalations } else { Measure::Reminders };
                    self.add(day, measure, &[flow, &mark.stage, &mark.step], one);
                    let defaults = i64::try_from(default.iter().len() + and_by.len()).unwrap_or(i64::MAX);
                    if defaults > 0 {
                        self.add(day, Measure::Defaults, &[flow, &mark.stage], Number::from(defaults));
                    }
                }
                Event::CaseEnded { .. } => {
                    let took = took_effect(policy.workflow(it.flow), it.case).is_some();
                    let Some(note) = it.case.proposal.as_ref().filter(|_| took) else { continue };
                    self.add(day, Measure::InForce, &[&note.framework, &note.rule], one);
                    match &note.amount {
                        Some(Known::Money { amount, currency }) => {
                            self.add(day, Measure::Cost, &[&note.framework, &note.rule, currency], *amount);
                        }
                        Some(Known::Number(amount)) => {
                            self.add(day, Measure::Cost, &[&note.framework, &note.rule], *amount);
                        }
                        _ => {}
                    }
                }
                _ => {}
            }
        }
    }

    /// Adds the shares that follow from the counts.
    pub(super) fn finish(mut self) -> Self {
        let mut whole: BTreeMap<(usize, About), [Number; 2]> = BTreeMap::new();
        for ((year, measure, about), count) in &self.counts {
            if let Measure::InTime | Measure::Late | Measure::Lapsed = measure {
                let [in_time, all] = whole.entry((*year, about.clone())).or_insert([Number::ZERO; 2]);
                *all = all.add(*count).unwrap_or(*all);
                if *measure == Measure::InTime {
                    *in_time = *count;
                }
            }
        }
        for ((year, about), [in_time, all]) in whole {
            let share = in_time.multiply(Number::from(1_000)).and_then(|it| it.divide(all));
            if let Ok(share) = share {
                self.counts.insert((year, Measure::InTimePerMille, about), share);
            }
        }
        self
    }
}

/// What several runs come to: for each year and thing counted, where the runs lie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Figure {
    /// The first day of the year.
    pub year: String,
    /// What is counted.
    pub measure: Measure,
    /// Of what.
    pub of: About,
    /// The least of all runs.
    pub least: Number,
    /// Below this lies one run in ten.
    pub low: Number,
    /// Half of the runs lie at or below this.
    pub median: Number,
    /// Above this lies one run in ten.
    pub high: Number,
    /// The greatest of all runs.
    pub greatest: Number,
}

/// The figures of several runs over the same years. What a run does not count is nought there.
#[must_use]
pub fn figures(runs: &[Tally]) -> Vec<Figure> {
    let mut all: BTreeMap<(usize, Measure, About), Vec<Number>> = BTreeMap::new();
    for run in runs {
        run.counts.iter().for_each(|(key, count)| all.entry(key.clone()).or_default().push(*count));
    }
    let years = runs.first().map_or(&[][..], |it| &it.years);
    let figure = |((year, measure, of), mut counts): ((usize, Measure, About), Vec<Number>)| {
        // Nothing was done or lapsed there: there is no share, not even nought.
        if measure != Measure::InTimePerMille {
            counts.resize(runs.len(), Number::ZERO);
        }
        counts.sort();
        let at = |tenths: usize| {
            // The nearest rank: the least count at or below which so many tenths of the runs lie.
            let rank = (counts.len() * tenths).div_ceil(10).max(1);
            counts[rank.min(counts.len()) - 1]
        };
        let year = years.get(year).map_or_else(String::new, ToString::to_string);
        let (least, greatest) = (counts[0], counts[counts.len() - 1]);
        Figure { year, measure, of, least, low: at(1), median: at(5), high: at(9), greatest }
    };
    all.into_iter().map(figure).collect()
}
