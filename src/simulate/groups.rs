//! Where outcomes fall: by ministry, grade, gender or whatever else tells people apart.

use serde::Serialize;

use crate::simulate::counted::{Counted, PaidEach};
use crate::simulate::judged::Judged;
use crate::simulate::sorter::Values;
use crate::simulate::statistics::{Ratio, ratio};
use crate::simulate::tally::OfGroups;
use crate::simulate::{Cost, Question};

/// Outcomes by some fields.
#[derive(Debug, Clone, Serialize)]
pub struct Grouping {
    /// The fields.
    pub by: Vec<String>,
    /// The groups, in the order of their values.
    pub groups: Vec<Group>,
    /// How many groups are too small to be told.
    pub too_small: usize,
    /// How many people are in those.
    pub people_in_small: usize,
}

/// A group.
#[derive(Debug, Clone, Serialize)]
pub struct Group {
    /// Its values, in the order of the fields.
    pub values: Vec<String>,
    /// How many people there are.
    pub people: usize,
    /// What each policy comes to in it.
    pub shares: Vec<Share>,
    /// For each further policy: to how many another sanction or reward follows than by the first, a more severe sanction, a less severe one.
    pub changes: Vec<[usize; 3]>,
}

/// What a policy comes to in a group.
#[derive(Debug, Clone, Serialize)]
pub struct Share {
    /// To how many a sanction is proposed.
    pub sanctioned: usize,
    /// Of how many a more severe one is undetermined.
    pub sanction_undetermined: usize,
    /// To how many a reward is proposed.
    pub rewarded: usize,
    /// Of how many one is undetermined.
    pub reward_undetermined: usize,
    /// What is paid, by currency.
    pub cost: Vec<Cost>,
    /// The rate of sanctions against that of the group that has most of them.
    pub sanction_ratio: Option<Ratio>,
    /// The same of rewards.
    pub reward_ratio: Option<Ratio>,
}

pub(super) fn groupings(counted: &Counted<'_>, question: &Question) -> Vec<Grouping> {
    (0..question.by.len()).map(|at| grouping(counted, question, at)).collect()
}

fn grouping(counted: &Counted<'_>, question: &Question, at: usize) -> Grouping {
    let (sorter, of) = (&counted.basis.sorters[at], &counted.tally.grouped[at]);
    let people = |group: usize| of.kinds[0][group].iter().map(|it| *it as usize).sum::<usize>();
    let inhabited = (0..sorter.groups()).map(|it| (it, people(it))).filter(|it| it.1 > 0);
    let (small, told): (Vec<_>, Vec<_>) = inhabited.partition(|it| it.1 < question.least);
    let mut told: Vec<(Values, usize, usize)> =
        told.into_iter().map(|(group, people)| (sorter.values(group), group, people)).collect();
    told.sort();
    let mut each = counted.paid_each(sorter);
    let mut groups: Vec<Group> = told
        .into_iter()
        .map(|(values, group, people)| Group {
            values: values.into_iter().map(|it| it.1).collect(),
            people,
            shares: counted.judged.iter().enumerate().map(|(at, it)| share(it, (of, at, group), &mut each)).collect(),
            changes: of.apart.iter().map(|it| changes(&it[group])).collect(),
        })
        .collect();
    for setting in 0..counted.judged.len() {
        ratios(&mut groups, setting);
    }
    let people_in_small = small.iter().map(|it| it.1).sum();
    Grouping { by: question.by[at].clone(), groups, too_small: small.len(), people_in_small }
}

/// How many stand where a bit is set.
fn with_bit(counts: &[u32], bit: usize) -> usize {
    counts.iter().enumerate().filter(|it| it.0 >> bit & 1 == 1).map(|it| *it.1 as usize).sum()
}

fn share(judged: &Judged<'_>, (of, at, group): (&OfGroups, usize, usize), each: &mut PaidEach) -> Share {
    let kinds = &of.kinds[at][group];
    let mut share = Share {
        sanctioned: with_bit(kinds, 0),
        sanction_undetermined: with_bit(kinds, 1),
        rewarded: with_bit(kinds, 2),
        reward_undetermined: with_bit(kinds, 3),
        cost: Vec::new(),
        sanction_ratio: None,
        reward_ratio: None,
    };
    for rule in 0..judged.rules().len() {
        let in_units = of.paid[at][rule].get(group).filter(|it| it.people > 0).map(|sum| judged.cost(rule, sum));
        let Some(cost) = in_units.or_else(|| each.remove(&(at, rule, group))) else { continue };
        match share.cost.iter_mut().find(|it| it.currency == cost.currency) {
            Some(sum) => sum.add(&cost),
            None => share.cost.push(cost),
        }
    }
    share
}

fn changes(counts: &[u32]) -> [usize; 3] {
    [0, 1, 2].map(|bit| with_bit(counts, bit))
}

/// Each group's rates against those of the group that has most, which stands at 1 by itself and has no interval.
fn ratios(groups: &mut [Group], setting: usize) {
    let most = |of: &dyn Fn(&Share) -> usize| {
        let rates = groups.iter().map(|it| (of(&it.shares[setting]), it.people)).enumerate();
        rates.max_by(|(_, a), (_, b)| (a.0 * b.1).cmp(&(b.0 * a.1)))
    };
    let (sanctioned, rewarded) = (most(&|it| it.sanctioned), most(&|it| it.rewarded));
    let against = |most: Option<(usize, (usize, usize))>, place: usize, own: (usize, usize)| {
        let (of_most, most) = most?;
        let found = ratio(own, most)?;
        Some(if of_most == place { Ratio { low: found.ratio, high: found.ratio, ..found } } else { found })
    };
    for (place, group) in groups.iter_mut().enumerate() {
        let people = group.people;
        let share = &mut group.shares[setting];
        share.sanction_ratio = against(sanctioned, place, (share.sanctioned, people));
        share.reward_ratio = against(rewarded, place, (share.rewarded, people));
    }
}
