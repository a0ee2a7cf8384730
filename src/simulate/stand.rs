//! Where somebody stands after a judgement, in few bytes; and what each is called.

use std::collections::HashMap;

use crate::policy::framework::{OutcomeRule, Proposed};
use crate::simulate::patterns::says;

/// The most rewards that one framework may have here.
pub(super) const MOST_REWARDS: usize = 64;

/// Where somebody stands after a judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stand {
    /// The rewards that are proposed, a bit for each in the order of the framework.
    pub(super) rewards: u64,
    /// The most severe sanction that is proposed, by its place among the rules.
    pub(super) sanction: Option<u16>,
    /// Its rank, and 1; nought where there is none.
    pub(super) severity: u16,
    /// Whether a more severe one is undetermined.
    pub(super) sanction_open: bool,
    /// Whether a reward is undetermined.
    pub(super) reward_open: bool,
    /// Whether anything is undetermined.
    pub(super) undetermined: bool,
}

impl Stand {
    const NOWHERE: Stand = Stand {
        rewards: 0,
        sanction: None,
        severity: 0,
        sanction_open: false,
        reward_open: false,
        undetermined: false,
    };

    pub(super) fn is_open(self) -> bool {
        self.sanction_open || self.reward_open
    }

    /// What tells the sanction apart from others: nothing while it is not known which it will be.
    pub(super) fn sanction_told(self) -> Option<Option<u16>> {
        (!self.sanction_open).then_some(self.sanction)
    }

    /// The same of rewards.
    pub(super) fn rewards_told(self) -> Option<u64> {
        (!self.reward_open).then_some(self.rewards)
    }
}

impl Stand {
    /// Where they stand of whom the rules say the same.
    pub(super) fn of(rules: &[OutcomeRule], of: &[u8]) -> Self {
        let (mut stand, mut open, mut reward) = (Stand::NOWHERE, 0, 0);
        for (place, (rule, state)) in rules.iter().zip(of).enumerate() {
            let (proposed, undetermined) = (*state == says::PROPOSED, *state == says::UNDETERMINED);
            stand.undetermined |= undetermined;
            match rule.what() {
                Proposed::Sanction => {
                    let severity = rule.severity().and_then(|it| u16::try_from(it + 1).ok()).unwrap_or(u16::MAX);
                    if proposed && severity >= stand.severity {
                        (stand.sanction, stand.severity) = (u16::try_from(place).ok(), severity);
                    }
                    if undetermined {
                        open = severity.max(open);
                    }
                }
                Proposed::Reward => {
                    stand.rewards |= u64::from(proposed) << (reward % MOST_REWARDS);
                    stand.reward_open |= undetermined;
                    reward += 1;
                }
                Proposed::Measure => {}
            }
        }
        stand.sanction_open = open > stand.severity;
        stand
    }
}

/// The rules of two policies by their names.
pub(super) struct Names {
    /// What one does not have stands as nothing.
    pub(super) pairs: Vec<(Option<usize>, Option<usize>)>,
    /// The place of each rule of the first: of several versions that of the first of them.
    own: Vec<u16>,
    /// The place in the first of each rule of the other; behind all where it is new.
    sanctions: Vec<u16>,
    /// The bit in the first of each reward of the other.
    rewards: Vec<u32>,
}

impl Names {
    pub(super) fn of(first: &[OutcomeRule], other: &[OutcomeRule]) -> Self {
        // Versions of one rule bear one name: the n-th is compared with the n-th.
        let named = |rules: &'_ [OutcomeRule]| -> Vec<(String, usize)> {
            let mut seen: HashMap<String, usize> = HashMap::new();
            let nth = |rule: &OutcomeRule| {
                let nth = seen.entry(rule.label.name.clone()).or_default();
                *nth += 1;
                (rule.label.name.clone(), *nth)
            };
            rules.iter().map(nth).collect()
        };
        let (own, theirs) = (named(first), named(other));
        let place = |names: &[(String, usize)], name: &(String, usize)| names.iter().position(|it| it == name);
        let both = own.iter().enumerate().map(|(at, name)| (Some(at), place(&theirs, name)));
        let only = theirs.iter().enumerate().filter(|it| place(&own, it.1).is_none()).map(|it| (None, Some(it.0)));
        let pairs = both.chain(only).collect();
        let mut new = own.len();
        let mut behind = || {
            new += 1;
            u16::try_from(new).unwrap_or(u16::MAX)
        };
        // Of several versions the first stands for the rule.
        let by_name = |name: &str| first.iter().position(|it| it.label.name == name);
        let sanction = |it: &OutcomeRule| by_name(&it.label.name).and_then(|it| u16::try_from(it).ok());
        let place = |it: &OutcomeRule| sanction(it).unwrap_or(u16::MAX);
        let own_places = first.iter().map(place).collect();
        let sanctions = other.iter().map(|it| sanction(it).unwrap_or_else(&mut behind)).collect();
        let bits = |rules: &[OutcomeRule]| -> Vec<String> {
            let rewards = rules.iter().filter(|it| it.what() == Proposed::Reward);
            rewards.map(|it| it.label.name.clone()).collect()
        };
        let (mut own, theirs) = (bits(first), bits(other));
        let mut bit = |name: String| {
            let place = own.iter().position(|it| *it == name).unwrap_or_else(|| {
                own.push(name);
                own.len() - 1
            });
            u32::try_from(place % 128).unwrap_or(0)
        };
        Self { pairs, own: own_places, sanctions, rewards: theirs.into_iter().map(&mut bit).collect() }
    }

    /// Whether another sanction or reward follows, or another is undetermined.
    pub(super) fn stand_apart(&self, before: Stand, after: Stand) -> bool {
        let own = before.sanction.map(|it| self.own[usize::from(it)]);
        let sanction = after.sanction.map(|it| self.sanctions[usize::from(it)]);
        let rewards = (0..self.rewards.len()).filter(|at| after.rewards >> at & 1 == 1);
        let rewards = rewards.fold(0_u128, |all, at| all | 1 << self.rewards[at]);
        own != sanction
            || u128::from(before.rewards) != rewards
            || (before.sanction_open, before.reward_open) != (after.sanction_open, after.reward_open)
    }

    /// Whether something else follows by some rule, whatever is paid.
    pub(super) fn differ(&self, before: &[u8], after: &[u8]) -> bool {
        // What a policy does not say, it does not propose.
        let said = |of: &[u8], rule: &Option<usize>| rule.map_or(0, |it| of[it] & says::PAID);
        self.pairs.iter().any(|(a, b)| said(before, a) != said(after, b))
    }
}
