//! What a framework would do to everybody: outcomes before and after, who gains and who loses, what it costs and where it falls.
//!
//! It decides nothing and writes nothing. Every figure is counted from the outcomes of single people; who stands behind it can be listed,
//! and the evaluator that goes row by row can be asked why. Start reading at [`simulate`].

use std::sync::Arc;

use jiff::civil::Date;
use serde::Serialize;

use crate::calendar::Period;
use crate::plan::Working;
use crate::policy::model::Policy;
use crate::table::Records;
use crate::value::Number;

mod both;
mod compare;
mod counted;
mod groups;
mod judged;
mod missing;
mod page;
mod page_charts;
mod page_curve;
mod page_groups;
mod page_parts;
mod part;
mod patterns;
mod results;
mod sorter;
mod stand;
mod statistics;
mod tally;
mod years;

pub use both::{Both, Side, side_by_side};
pub use groups::{Group, Grouping, Share};
pub use missing::Lack;
pub use page::page;
pub use results::{Cells, DIGITS, Head, Kind, Results};
pub use statistics::Ratio;
pub use years::{Hearing, Tried, simulate_in_turn};

/// A policy in a simulation.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// What it is called: `in force`, a scenario's name, a folder.
    pub name: &'a str,
    /// The policy.
    pub policy: &'a Policy,
    /// Its records.
    pub records: &'a Records,
}

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// The framework's name.
    pub framework: String,
    /// The period.
    pub period: Period,
    /// As on which day it is judged.
    pub on: Date,
    /// Fields of the subject by which outcomes are told apart: each list on its own, the fields of a list together.
    pub by: Vec<Vec<String>>,
    /// Groups of fewer people are not told.
    pub least: usize,
    /// How many people of whom something is undetermined are asked what is missing; all others are counted only.
    pub ask_missing: usize,
    /// How many people are told whose outcome is another: the first, in the order of their keys. What everybody came to is kept only where
    /// somebody is told.
    pub people: usize,
    /// How it is worked out.
    pub working: Working,
    /// Who is told how far it is.
    pub progress: Progress,
}

/// Somebody who is told of how many further people it was worked out; each counts once for each policy.
#[derive(Clone, Default)]
pub struct Progress(Option<Arc<dyn Fn(usize) + Send + Sync>>);

impl Progress {
    /// Tells this one.
    pub fn to(told: impl Fn(usize) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(told)))
    }

    fn more(&self, people: usize) {
        if let Some(told) = &self.0 {
            told(people);
        }
    }
}

impl std::fmt::Debug for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Progress").field(&self.0.is_some()).finish()
    }
}

/// Why a simulation can't be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A policy lacks the framework.
    #[error("`{setting}` has no framework `{framework}`")]
    NoFramework {
        /// Which policy.
        setting: String,
        /// Which framework.
        framework: String,
    },
    /// The framework judges records of another type than that of the policy in force.
    #[error("in `{0}` the framework judges other records")]
    OtherSubject(String),
    /// More rewards than are told apart here.
    #[error("in `{setting}` the framework has more than {most} rewards; so many can't be told apart")]
    TooManyRewards {
        /// Which policy.
        setting: String,
        /// How many there may be.
        most: usize,
    },
    /// There is no such field, or it can't tell people apart.
    #[error("`{field}` can't tell {subject} records apart: {why}")]
    NoGroup {
        /// The field.
        field: String,
        /// The record type.
        subject: String,
        /// Why not.
        why: String,
    },
}

/// What came of a simulation: the first policy, and each of the others against it.
#[derive(Debug, Clone, Serialize)]
pub struct Simulation {
    /// The framework's title.
    pub framework: String,
    /// The period as people write it.
    pub period: String,
    /// As on which day it is judged (ISO).
    pub on: String,
    /// The record type that it judges.
    pub subject: String,
    /// The program's version.
    pub program: String,
    /// What the records hash to ([`Records::hash`]); empty until somebody says it, for it costs a look at every record.
    pub data: String,
    /// How many people there are.
    pub people: usize,
    /// What each policy comes to.
    pub settings: Vec<SettingTold>,
    /// What changes from the first to each of the others.
    pub changes: Vec<Change>,
    /// The same by fields of the subject.
    pub groupings: Vec<Grouping>,
    /// The parameter that takes one value after another in the policies behind the first; nothing until somebody says it.
    pub varied: Option<Varied>,
}

/// A parameter at one value after another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Varied {
    /// Its name.
    pub parameter: String,
    /// What people call it.
    pub title: String,
    /// Its values, in the order of the policies.
    pub values: Vec<Number>,
}

/// What one policy comes to.
#[derive(Debug, Clone, Serialize)]
pub struct SettingTold {
    /// What it is called.
    pub name: String,
    /// What people call it: a scenario's title. The same as the name until somebody says it.
    pub title: String,
    /// The policy's hash.
    pub policy: String,
    /// Its rules, in the order of the framework.
    pub rules: Vec<RuleTold>,
    /// What is paid, by currency; nothing stands for plain numbers.
    pub cost: Vec<Cost>,
    /// How many people have something undetermined.
    pub undetermined: usize,
    /// What is missing, the most frequent first.
    pub missing: Vec<Lack>,
    /// Of how many of those people it was asked what is missing.
    pub missing_asked: usize,
}

/// What a rule comes to.
#[derive(Debug, Clone, Serialize)]
pub struct RuleTold {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// `sanction`, `reward` or `measure`.
    pub kind: String,
    /// To how many it is proposed.
    pub proposed: usize,
    /// Of how many it is undetermined.
    pub undetermined: usize,
    /// Of how many it does not follow.
    pub no: usize,
    /// How many it says nothing of.
    pub not_covered: usize,
    /// What is paid.
    pub cost: Option<Cost>,
}

/// What is paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// The currency's code; nothing for plain numbers.
    pub currency: Option<String>,
    /// To those to whom it is proposed.
    pub known: Number,
    /// What those could add of whom it is undetermined.
    pub could_add: Number,
    /// How many there are of whom nobody knows how much it would be.
    pub not_known: usize,
}

/// What changes from one policy to another.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    /// The policy before.
    pub from: String,
    /// The policy after.
    pub to: String,
    /// To how many people another outcome follows, or the same with another amount.
    pub changed: usize,
    /// A more severe sanction than before, or one where there was none.
    pub more_severe: usize,
    /// A less severe one, or none any more.
    pub less_severe: usize,
    /// More money than before.
    pub more_money: usize,
    /// Less money than before.
    pub less_money: usize,
    /// Undetermined now, and decided before.
    pub newly_undetermined: usize,
    /// Decided now, and undetermined before.
    pub newly_decided: usize,
    /// From the most severe sanction before to that after: how many people go from each to each.
    pub sanctions: Vec<Move>,
    /// The same of rewards.
    pub rewards: Vec<Move>,
    /// The first of those whose outcome is another, in the order of their keys: as many as were asked for.
    #[serde(skip)]
    pub people: Vec<Person>,
}

/// From one outcome to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Move {
    /// Before.
    pub from: String,
    /// After.
    pub to: String,
    /// How many people.
    pub people: usize,
    /// Where both stand among others of their kind: `none` first, `undetermined` last.
    #[serde(skip)]
    pub places: [usize; 2],
}

/// Somebody whose outcome is another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Person {
    /// Their key.
    pub key: String,
    /// What followed for them, and with which amount.
    pub before: Vec<String>,
    /// What follows now.
    pub after: Vec<String>,
}

/// Judges everybody by each policy, and compares the first with each of the others.
///
/// # Errors
/// When a policy lacks the framework, or people can't be told apart as asked.
pub fn simulate(settings: &[Setting<'_>], question: &Question) -> Result<Simulation, Fault> {
    let counted = counted::count(settings, question)?;
    Ok(compare::told(&counted, question))
}

/// The same; what everybody came to is kept, and `hear` is told of it, person by person, before it is forgotten.
///
/// # Errors
/// As [`simulate`], and what `hear` gives.
pub fn simulate_everybody<E: From<Fault>>(
    settings: &[Setting<'_>],
    question: &Question,
    hear: impl FnOnce(&Results<'_>) -> Result<(), E>,
) -> Result<Simulation, E> {
    let counted = counted::count_and_keep(settings, question)?;
    hear(&Results::of(&counted, question, &[compare::period(&counted, question)])?)?;
    Ok(compare::told(&counted, question))
}
