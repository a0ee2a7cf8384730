//! Everybody judged and counted: batch by batch as they are worked out, or, where single people are asked for or something has no kernel,
//! from what is kept of everybody.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::policy::framework::Proposed;
use crate::side_by_side::side_by_side;
use crate::simulate::judged::{Asking, Judged};
use crate::simulate::part::{Amounts, Paid};
use crate::simulate::patterns::says;
use crate::simulate::sorter::Sorter;
use crate::simulate::stand::{MOST_REWARDS, Names};
use crate::simulate::tally::{Basis, Compared, Noted, Sum, Tally};
use crate::simulate::{Cost, Fault, Question, Setting};
use crate::value::Number;

/// Everybody judged by every policy, and counted.
pub(super) struct Counted<'a> {
    pub(super) judged: Vec<Judged<'a>>,
    pub(super) basis: Basis<'a>,
    pub(super) tally: Tally,
    pub(super) noted: Noted,
}

/// What is paid where there is no one denominator: by policy, rule and group.
pub(super) type PaidEach = HashMap<(usize, usize, usize), Cost>;

/// How many rows of what is kept are counted at once by one thread.
const AT_ONCE: usize = 16_384;

/// Everybody judged by every policy, and the first compared with each of the others.
pub(super) fn count<'a>(settings: &[Setting<'a>], question: &Question) -> Result<Counted<'a>, Fault> {
    count_by(settings, question, false)
}

/// The same, and what everybody came to is kept.
pub(super) fn count_and_keep<'a>(settings: &[Setting<'a>], question: &Question) -> Result<Counted<'a>, Fault> {
    count_by(settings, question, true)
}

fn count_by<'a>(settings: &[Setting<'a>], question: &Question, keep: bool) -> Result<Counted<'a>, Fault> {
    let judged = settings.iter().map(|it| Judged::nobody(*it, &question.framework));
    let mut judged = judged.collect::<Result<Vec<Judged<'a>>, Fault>>()?;
    can_be_compared(&judged)?;
    let sorter = |fields: &Vec<String>| Sorter::of(&judged[0].setting, judged[0].framework.subject, question, fields);
    let basis = Basis {
        rules: judged.iter().map(Judged::rules).collect(),
        names: judged[1..].iter().map(|it| Names::of(judged[0].rules(), it.rules())).collect(),
        sorters: question.by.iter().map(sorter).collect::<Result<Vec<_>, Fault>>()?,
        note_open: question.ask_missing > 0,
        note_changed: question.people > 0,
    };
    let (tally, noted) = if judged.iter().all(|it| it.shares_records(&judged[0])) {
        let asking = Asking::of(settings, question)?;
        judged.iter_mut().zip(asking.denominators()).for_each(|(judged, of)| judged.denominators = of);
        if asking.is_told_by_batches() && !basis.note_changed && !keep {
            let tallies = Tallies::default();
            let noted = asking.batches(question, |rows, parts| {
                tallies.with(&basis, |tally| tally.rows(&basis, &rows, parts.iter().enumerate()))
            });
            tallies.all(&basis, noted)
        } else {
            let people = judged[0].people();
            judged.iter_mut().zip(asking.columns(question, people)).for_each(|(judged, of)| judged.columns = of);
            kept(&basis, &judged)
        }
    } else {
        judge_each(&mut judged, question)?;
        kept(&basis, &judged)
    };
    Ok(Counted { judged, basis, tally, noted })
}

fn can_be_compared(judged: &[Judged<'_>]) -> Result<(), Fault> {
    let first = &judged[0];
    let subject = |it: &Judged<'_>| it.setting.policy.record(it.framework.subject).label.name.clone();
    for other in judged {
        // What is worked out together is worked out of the same rows.
        let same = !other.shares_records(first) || other.framework.subject == first.framework.subject;
        if !same || subject(other) != subject(first) {
            return Err(Fault::OtherSubject(other.setting.name.to_owned()));
        }
        let rewards = other.rules().iter().filter(|it| it.what() == Proposed::Reward).count();
        if rewards > MOST_REWARDS {
            return Err(Fault::TooManyRewards { setting: other.setting.name.to_owned(), most: MOST_REWARDS });
        }
    }
    Ok(())
}

/// Policies by those that share their records.
fn judge_each(judged: &mut [Judged<'_>], question: &Question) -> Result<(), Fault> {
    let mut done = vec![false; judged.len()];
    for first in 0..judged.len() {
        let same = |it: &usize| !done[*it] && judged[*it].shares_records(&judged[first]);
        let together: Vec<usize> = (first..judged.len()).filter(same).collect();
        let of: Vec<Setting<'_>> = together.iter().map(|it| judged[*it].setting).collect();
        if of.is_empty() {
            continue;
        }
        let asking = Asking::of(&of, question)?;
        let columns = asking.columns(question, judged[first].people());
        for ((at, columns), denominators) in together.into_iter().zip(columns).zip(asking.denominators()) {
            (judged[at].columns, judged[at].denominators, done[at]) = (columns, denominators, true);
        }
    }
    Ok(())
}

/// Tallies that are not in use: as many as there are threads. Which rows go into which does not matter.
#[derive(Default)]
struct Tallies(Mutex<Vec<Tally>>);

impl Tallies {
    fn with(&self, basis: &Basis<'_>, work: impl FnOnce(&mut Tally) -> Noted) -> Noted {
        let free = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut tally = free.unwrap_or_else(|| Tally::nothing(basis));
        let noted = work(&mut tally);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(tally);
        noted
    }

    fn all(self, basis: &Basis<'_>, noted: Vec<Noted>) -> (Tally, Noted) {
        let mut tallies = self.0.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter();
        let mut all = tallies.next().unwrap_or_else(|| Tally::nothing(basis));
        tallies.for_each(|it| all.add(basis, it));
        let mut together = Noted::none(basis);
        noted.into_iter().for_each(|it| together.extend(it));
        (all, together)
    }
}

/// What is counted at once of what is kept.
enum Job {
    /// All policies that share the records of the first.
    Together,
    /// Another policy by itself.
    Own(usize),
    /// The same against the first, by the keys of the first's rows.
    Across(usize),
}

fn kept(basis: &Basis<'_>, judged: &[Judged<'_>]) -> (Tally, Noted) {
    let parts = |people: usize| (0..people).step_by(AT_ONCE).map(move |at| at..(at + AT_ONCE).min(people));
    let mut jobs: Vec<(Job, Range<usize>)> = parts(judged[0].people()).map(|it| (Job::Together, it)).collect();
    for (at, other) in judged.iter().enumerate().filter(|it| !it.1.shares_records(&judged[0])) {
        jobs.extend(parts(other.people()).map(|it| (Job::Own(at), it)));
        jobs.extend(parts(judged[0].people()).map(|it| (Job::Across(at), it)));
    }
    let tallies = Tallies::default();
    let noted = side_by_side(&jobs, |(job, rows)| {
        tallies.with(basis, |tally| match job {
            Job::Together => {
                let shares = judged.iter().enumerate().filter(|it| it.1.shares_records(&judged[0]));
                let parts: Vec<_> = shares.map(|(at, it)| (at, it.columns.part(rows.clone()))).collect();
                tally.rows(basis, rows, parts.iter().map(|it| (it.0, &it.1)))
            }
            Job::Own(at) => {
                let mut noted = Noted::none(basis);
                tally.own(basis, *at, rows.start, (&judged[*at].columns.part(rows.clone()), &mut noted));
                noted
            }
            Job::Across(at) => across(basis, tally, judged, (*at, rows.clone())),
        })
    });
    tallies.all(basis, noted)
}

/// The rows of the first policy that the other has, too.
fn across(basis: &Basis<'_>, tally: &mut Tally, judged: &[Judged<'_>], (at, rows): (usize, Range<usize>)) -> Noted {
    let mut noted = Noted::none(basis);
    let (first, other) = (&judged[0], &judged[at]);
    let both = |row: usize| {
        let theirs = other.row_of(first, row)?;
        Some([u32::try_from(row).ok()?, u32::try_from(theirs).ok()?])
    };
    let both: Vec<[u32; 2]> = rows.clone().filter_map(both).collect();
    let [own, theirs] = [0, 1].map(|side| both.iter().map(|it| it[side]).collect::<Vec<u32>>());
    let (before, after) = (first.columns.picked(&own), other.columns.picked(&theirs));
    let (before, after) = (before.part(0..own.len()), after.part(0..own.len()));
    let patterns = [tally.patterns(basis, 0, &before), tally.patterns(basis, at, &after)];
    let picked = |sorter: &Sorter| {
        let groups = sorter.groups_of(rows.clone());
        own.iter().map(|it| groups[*it as usize - rows.start]).collect()
    };
    let groups: Vec<Vec<u32>> = basis.sorters.iter().map(picked).collect();
    tally.by_group(at, &groups, (&after, &patterns[1]));
    let compared =
        Compared { groups: &groups, both: &both, before: (&before, &patterns[0]), after: (&after, &patterns[1]) };
    tally.against(basis, at, &compared, &mut noted);
    noted
}

impl Judged<'_> {
    /// What is paid by a rule in units.
    pub(super) fn cost(&self, rule: usize, of: &Sum) -> Cost {
        let mut cost = Cost { not_known: of.not_known, ..Cost::nothing(self.currency(rule)) };
        let denominator = self.denominators[rule].unwrap_or(1);
        for (state, sum) in [(says::PROPOSED, of.known), (says::UNDETERMINED, of.could_add)] {
            cost.take(state, Number::fraction(sum, denominator.into()).ok());
        }
        cost
    }

    /// The amounts of a rule that are numbers each for itself.
    fn each(&self, rule: usize) -> Option<&Paid> {
        let paid = self.columns.paid.get(rule)?.as_ref()?;
        matches!(paid.amounts, Amounts::Each(_)).then_some(paid)
    }
}

impl Counted<'_> {
    /// What is paid by a rule, where it pays.
    pub(super) fn rule_cost(&self, at: usize, rule: usize) -> Option<Cost> {
        let judged = &self.judged[at];
        judged.rules()[rule].amount.as_ref()?;
        let Some(paid) = judged.each(rule) else { return Some(judged.cost(rule, &self.tally.of[at].paid[rule])) };
        let mut cost = Cost::nothing(judged.currency(rule));
        for (place, row) in paid.rows.iter().enumerate() {
            cost.take(judged.columns.says[rule][*row as usize], paid.amounts.number(place));
        }
        Some(cost)
    }

    /// What is paid in each group where there is no one denominator: added up row after row, so that it comes out the same.
    pub(super) fn paid_each(&self, sorter: &Sorter) -> PaidEach {
        let mut found = PaidEach::new();
        let first = &self.judged[0];
        let mut groups: Option<Vec<u32>> = None;
        for (at, judged) in self.judged.iter().enumerate() {
            for rule in 0..judged.rules().len() {
                let Some(paid) = judged.each(rule) else { continue };
                let groups = groups.get_or_insert_with(|| sorter.groups_of(0..first.people()));
                for (row, group) in groups.iter().enumerate() {
                    let Some(theirs) = judged.row_of(first, row) else { continue };
                    let Some(place) = paid.place(theirs) else { continue };
                    let cost = found.entry((at, rule, *group as usize));
                    let cost = cost.or_insert_with(|| Cost::nothing(judged.currency(rule)));
                    cost.take(judged.columns.says[rule][theirs], paid.amounts.number(place));
                }
            }
        }
        found
    }
}
