//! What is counted of everybody, some rows at a time, on all cores: sums that come out the same in whatever order they are made.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::plan::least_common;
use crate::policy::framework::OutcomeRule;
use crate::simulate::part::{Amounts, NOT_KNOWN, Paid, Part};
use crate::simulate::patterns::{Numbered, Patterns, says};
use crate::simulate::sorter::Sorter;
use crate::simulate::stand::{Names, Stand};
use crate::value::Number;

/// What stays the same while it is counted.
pub(super) struct Basis<'a> {
    /// The rules of each policy.
    pub(super) rules: Vec<&'a [OutcomeRule]>,
    /// The rules of the first beside those of each further policy.
    pub(super) names: Vec<Names>,
    /// How people are told apart.
    pub(super) sorters: Vec<Sorter>,
    /// Whether the rows are noted of whom something is undetermined.
    pub(super) note_open: bool,
    /// Whether the rows are noted of whom something is otherwise.
    pub(super) note_changed: bool,
}

/// What was counted of some rows.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) of: Vec<OfSetting>,
    pub(super) changes: Vec<OfChange>,
    /// For each way to tell people apart.
    pub(super) grouped: Vec<OfGroups>,
}

/// Of one policy.
#[derive(Debug, Default)]
pub(super) struct OfSetting {
    patterns: Patterns,
    /// For each pattern: what the rules say, and of how many.
    pub(super) told: Vec<Pattern>,
    /// For each rule, what is paid in units.
    pub(super) paid: Vec<Sum>,
}

/// People of whom all rules say the same.
#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) says: Vec<u8>,
    pub(super) stand: Stand,
    pub(super) people: usize,
}

/// What is paid in units: to those to whom it is proposed, and what could be of whom it is undetermined.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sum {
    pub(super) known: i128,
    pub(super) could_add: i128,
    pub(super) not_known: usize,
    /// Of how many that is.
    pub(super) people: usize,
}

/// From the first policy to another.
#[derive(Debug, Default)]
pub(super) struct OfChange {
    numbered: Numbered,
    /// For each pattern before with one after.
    pub(super) pairs: Vec<Pair>,
    pub(super) more_money: usize,
    pub(super) less_money: usize,
    /// To how many the same follows with another amount.
    pub(super) other_amount: usize,
}

/// People of whom all rules say the same, before and after.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) before: Stand,
    pub(super) after: Stand,
    pub(super) people: usize,
    /// Whether something else follows.
    pub(super) differs: bool,
    /// Whether another sanction or reward follows, a more severe sanction, a less severe one: a bit each.
    apart: u8,
}

/// Of the groups into which people are told apart.
#[derive(Debug)]
pub(super) struct OfGroups {
    /// For each policy and group how many people there are of each kind: sanctioned, a more severe sanction open, rewarded, a reward open are
    /// a bit each.
    pub(super) kinds: Vec<Vec<[u32; 16]>>,
    /// For each policy and rule what is paid in each group; nothing where none pays in units.
    pub(super) paid: Vec<Vec<Vec<Sum>>>,
    /// For each further policy and group how many people there are, by the bits of [`Pair`].
    pub(super) apart: Vec<Vec<[u32; 8]>>,
}

/// The same people by the first policy and by another, in the same order.
pub(super) struct Compared<'p> {
    /// For each way to tell people apart the group of each.
    pub(super) groups: &'p [Vec<u32>],
    /// Their rows before and after, where they may be noted.
    pub(super) both: &'p [[u32; 2]],
    /// What they came to, with their patterns.
    pub(super) before: (&'p Part<'p>, &'p [u32]),
    pub(super) after: (&'p Part<'p>, &'p [u32]),
}

/// Rows that are looked at again.
#[derive(Debug)]
pub(super) struct Noted {
    /// For each policy those of whom something is undetermined.
    pub(super) open: Vec<Vec<u32>>,
    /// For each further policy those of whom something is otherwise, before and after.
    pub(super) changed: Vec<Vec<[u32; 2]>>,
}

impl Sum {
    fn take(&mut self, state: u8, units: i64) {
        self.people += 1;
        match units {
            NOT_KNOWN => self.not_known += 1,
            units if state == says::PROPOSED => self.known += i128::from(units),
            units => self.could_add += i128::from(units),
        }
    }

    fn add(&mut self, other: &Self) {
        self.known += other.known;
        self.could_add += other.could_add;
        self.not_known += other.not_known;
        self.people += other.people;
    }
}

impl Stand {
    fn kind(self) -> u8 {
        u8::from(self.sanction.is_some())
            | u8::from(self.sanction_open) << 1
            | u8::from(self.rewards != 0) << 2
            | u8::from(self.reward_open) << 3
    }
}

impl Noted {
    pub(super) fn none(basis: &Basis<'_>) -> Self {
        Self { open: vec![Vec::new(); basis.rules.len()], changed: vec![Vec::new(); basis.names.len()] }
    }

    /// With those of rows behind.
    pub(super) fn extend(&mut self, more: Self) {
        self.open.iter_mut().zip(more.open).for_each(|(all, more)| all.extend(more));
        self.changed.iter_mut().zip(more.changed).for_each(|(all, more)| all.extend(more));
    }
}

impl Tally {
    /// Of nobody.
    pub(super) fn nothing(basis: &Basis<'_>) -> Self {
        let of = |rules: &&[OutcomeRule]| OfSetting { paid: vec![Sum::default(); rules.len()], ..OfSetting::default() };
        let groups = |sorter: &Sorter| OfGroups {
            kinds: vec![vec![[0; 16]; sorter.groups()]; basis.rules.len()],
            paid: basis.rules.iter().map(|rules| vec![Vec::new(); rules.len()]).collect(),
            apart: vec![vec![[0; 8]; sorter.groups()]; basis.names.len()],
        };
        Self {
            of: basis.rules.iter().map(of).collect(),
            changes: basis.names.iter().map(|_| OfChange::default()).collect(),
            grouped: basis.sorters.iter().map(groups).collect(),
        }
    }

    /// Counts rows of which policies were asked together, the first among them.
    pub(super) fn rows<'p>(
        &mut self,
        basis: &Basis<'_>,
        rows: &Range<usize>,
        parts: impl Iterator<Item = (usize, &'p Part<'p>)>,
    ) -> Noted {
        let mut noted = Noted::none(basis);
        let groups: Vec<Vec<u32>> = basis.sorters.iter().map(|it| it.groups_of(rows.clone())).collect();
        let both: Vec<[u32; 2]> = match basis.note_changed {
            true => rows.clone().filter_map(|it| u32::try_from(it).ok()).map(|it| [it, it]).collect(),
            false => Vec::new(),
        };
        let mut first: Option<(&Part<'_>, Vec<u32>)> = None;
        for (at, part) in parts {
            let patterns = self.own(basis, at, rows.start, (part, &mut noted));
            self.by_group(at, &groups, (part, &patterns));
            match &first {
                None => first = Some((part, patterns)),
                Some((before, own)) => {
                    let compared =
                        Compared { groups: &groups, both: &both, before: (before, own), after: (part, &patterns) };
                    self.against(basis, at, &compared, &mut noted);
                }
            }
        }
        noted
    }

    /// Counts what a policy comes to, whoever else it is compared with. Gives the patterns of the rows.
    pub(super) fn own(
        &mut self,
        basis: &Basis<'_>,
        at: usize,
        first: usize,
        (part, noted): (&Part<'_>, &mut Noted),
    ) -> Vec<u32> {
        let patterns = self.patterns(basis, at, part);
        let of = &mut self.of[at];
        patterns.iter().for_each(|it| of.told[*it as usize].people += 1);
        if basis.note_open {
            let open = patterns.iter().enumerate().filter(|it| of.told[*it.1 as usize].stand.undetermined);
            noted.open[at].extend(open.filter_map(|(row, _)| u32::try_from(first + row).ok()));
        }
        for ((paid, says), sum) in part.paid.iter().zip(&part.says).zip(&mut of.paid) {
            let Some(Paid { rows, amounts: Amounts::Units(units, _) }) = paid else { continue };
            rows.iter().zip(units).for_each(|(row, units)| sum.take(says[*row as usize], *units));
        }
        patterns
    }

    /// What all rules together say of each row.
    pub(super) fn patterns(&mut self, basis: &Basis<'_>, at: usize, part: &Part<'_>) -> Vec<u32> {
        let OfSetting { patterns, told, .. } = &mut self.of[at];
        patterns.of(part.rows, &part.says, |_, says| told.push(Pattern::of(basis.rules[at], says)))
    }

    /// Counts what a policy comes to in each group.
    pub(super) fn by_group(&mut self, at: usize, groups: &[Vec<u32>], (part, patterns): (&Part<'_>, &[u32])) {
        for (grouped, groups) in self.grouped.iter_mut().zip(groups) {
            let told: Vec<u8> = self.of[at].told.iter().map(|it| it.stand.kind()).collect();
            let kinds = &mut grouped.kinds[at];
            for (group, pattern) in groups.iter().zip(patterns) {
                kinds[*group as usize][usize::from(told[*pattern as usize] & 15)] += 1;
            }
            for ((paid, says), sums) in part.paid.iter().zip(&part.says).zip(&mut grouped.paid[at]) {
                let Some(Paid { rows, amounts: Amounts::Units(units, _) }) = paid else { continue };
                if sums.is_empty() {
                    sums.resize(kinds.len(), Sum::default());
                }
                for (row, units) in rows.iter().zip(units) {
                    sums[groups[*row as usize] as usize].take(says[*row as usize], *units);
                }
            }
        }
    }

    /// Counts what changes from the first policy to another.
    pub(super) fn against(&mut self, basis: &Basis<'_>, at: usize, compared: &Compared<'_>, noted: &mut Noted) {
        let Compared { groups, both, before, after } = compared;
        let (names, change) = (&basis.names[at - 1], &mut self.changes[at - 1]);
        let told = [&self.of[0].told, &self.of[at].told];
        let mut last = None;
        let mut pair_of = |(before, after): (&u32, &u32)| match last {
            Some((key, pair)) if key == (*before, *after) => pair,
            _ => {
                let (pair, is_new) = change.numbered.number((*before, u64::from(*after)));
                if is_new {
                    change.pairs.push(Pair::of(names, &told[0][*before as usize], &told[1][*after as usize]));
                }
                last = Some(((*before, *after), pair));
                pair
            }
        };
        let pairs: Vec<u32> = before.1.iter().zip(after.1).map(&mut pair_of).collect();
        pairs.iter().for_each(|it| change.pairs[*it as usize].people += 1);
        let apart: Vec<u8> = change.pairs.iter().map(|it| it.apart & 7).collect();
        for (grouped, groups) in self.grouped.iter_mut().zip(*groups) {
            let counted = &mut grouped.apart[at - 1];
            for (group, pair) in groups.iter().zip(&pairs) {
                counted[*group as usize][usize::from(apart[*pair as usize])] += 1;
            }
        }
        let (more, less) = money(before.0, after.0);
        change.more_money += more;
        change.less_money += less;
        let same_otherwise = |row: &u32| !change.pairs[pairs[*row as usize] as usize].differs;
        let other_amount: BTreeSet<u32> =
            other_amounts(names, before.0, after.0).into_iter().filter(same_otherwise).collect();
        if basis.note_changed {
            let is_changed = |row: usize| {
                let differs = change.pairs[pairs[row] as usize].differs;
                differs || u32::try_from(row).is_ok_and(|it| other_amount.contains(&it))
            };
            noted.changed[at - 1].extend((0..pairs.len()).filter(|it| is_changed(*it)).map(|it| both[it]));
        }
        change.other_amount += other_amount.len();
    }

    /// What was counted of both.
    pub(super) fn add(&mut self, basis: &Basis<'_>, other: Self) {
        let mut here = Vec::new();
        for (at, (of, more)) in self.of.iter_mut().zip(other.of).enumerate() {
            let numbers = of.patterns.take(&more.patterns);
            for ((number, is_new), pattern) in numbers.iter().zip(more.told) {
                if *is_new {
                    of.told.push(Pattern::of(basis.rules[at], pattern.says));
                }
                of.told[*number as usize].people += pattern.people;
            }
            of.paid.iter_mut().zip(&more.paid).for_each(|(sum, more)| sum.add(more));
            here.push(numbers);
        }
        for (at, (change, more)) in self.changes.iter_mut().zip(other.changes).enumerate() {
            for ((before, after), pair) in more.numbered.all.iter().zip(more.pairs) {
                let after = usize::try_from(*after).unwrap_or(usize::MAX);
                let (before, after) = (here[0][*before as usize].0, here[at + 1][after].0);
                let (number, is_new) = change.numbered.number((before, after.into()));
                if is_new {
                    change.pairs.push(Pair { people: 0, ..pair });
                }
                change.pairs[number as usize].people += pair.people;
            }
            change.more_money += more.more_money;
            change.less_money += more.less_money;
            change.other_amount += more.other_amount;
        }
        self.grouped.iter_mut().zip(other.grouped).for_each(|(all, more)| all.add(more));
    }
}

impl OfGroups {
    fn add(&mut self, more: Self) {
        for (all, more) in self.kinds.iter_mut().flatten().zip(more.kinds.iter().flatten()) {
            all.iter_mut().zip(more).for_each(|(all, more)| *all += more);
        }
        for (all, more) in self.apart.iter_mut().flatten().zip(more.apart.iter().flatten()) {
            all.iter_mut().zip(more).for_each(|(all, more)| *all += more);
        }
        for (all, more) in self.paid.iter_mut().flatten().zip(more.paid.into_iter().flatten()) {
            match all.is_empty() {
                true => *all = more,
                false => all.iter_mut().zip(&more).for_each(|(all, more)| all.add(more)),
            }
        }
    }
}

impl Pattern {
    fn of(rules: &[OutcomeRule], says: Vec<u8>) -> Self {
        let stand = Stand::of(rules, &says);
        Self { says, stand, people: 0 }
    }
}

impl Pair {
    fn of(names: &Names, before: &Pattern, after: &Pattern) -> Self {
        let differs = names.differ(&before.says, &after.says);
        let (before, after) = (before.stand, after.stand);
        let apart = u8::from(names.stand_apart(before, after))
            | u8::from(after.severity > before.severity) << 1
            | u8::from(after.severity < before.severity) << 2;
        Self { before, after, people: 0, differs, apart }
    }
}

/// The greatest denominator by which the amounts of all rules are added up as whole numbers: many of 62 bits, so many times, stay within 128.
const MOST_COMMON: i64 = 1 << 56;

/// To how many more money is paid than before, and to how many less, whatever the currency.
fn money(before: &Part<'_>, after: &Part<'_>) -> (usize, usize) {
    match common_denominator([before, after].into_iter().flat_map(|it| it.paid.iter().flatten())) {
        Some(common) => {
            let units = |paid: &Paid, at: usize| match &paid.amounts {
                Amounts::Units(units, by) if units[at] != NOT_KNOWN => {
                    Some(i128::from(units[at]) * i128::from(common / by))
                }
                _ => None,
            };
            more_and_less([before, after], 0, units, |sum, it| sum + it)
        }
        None => {
            let number = |paid: &Paid, at: usize| paid.amounts.number(at);
            more_and_less([before, after], Number::ZERO, number, |sum: Number, it| sum.add(it).unwrap_or(sum))
        }
    }
}

fn common_denominator<'p>(paid: impl Iterator<Item = &'p Paid>) -> Option<i64> {
    let mut common = 1;
    for paid in paid {
        let Amounts::Units(_, by) = paid.amounts else { return None };
        common = least_common(common, by).ok().filter(|it| *it <= MOST_COMMON)?;
    }
    Some(common)
}

fn more_and_less<T: Copy + PartialOrd>(
    parts: [&Part<'_>; 2],
    nothing: T,
    amount: impl Fn(&Paid, usize) -> Option<T>,
    add: impl Fn(T, T) -> T,
) -> (usize, usize) {
    if parts.iter().all(|it| it.paid.iter().flatten().all(|it| it.rows.is_empty())) {
        return (0, 0);
    }
    let mut sums = vec![[nothing; 2]; parts[0].rows];
    let mut touched = Vec::new();
    for (side, part) in parts.into_iter().enumerate() {
        for (paid, of) in part.paid.iter().zip(&part.says) {
            let Some(paid) = paid else { continue };
            for (at, row) in paid.rows.iter().enumerate().filter(|it| of[*it.1 as usize] == says::PROPOSED) {
                if let Some(amount) = amount(paid, at) {
                    let sum = &mut sums[*row as usize][side];
                    *sum = add(*sum, amount);
                    touched.push(*row);
                }
            }
        }
    }
    let mut found = (0, 0);
    for row in touched {
        // Once for each.
        let [was, is] = std::mem::replace(&mut sums[row as usize], [nothing; 2]);
        found.0 += usize::from(is > was);
        found.1 += usize::from(is < was);
    }
    found
}

/// The rows to which a rule proposes another amount than before; one may stand more than once.
fn other_amounts(names: &Names, before: &Part<'_>, after: &Part<'_>) -> Vec<u32> {
    let mut found = Vec::new();
    for (own, theirs) in &names.pairs {
        let (Some(own), Some(theirs)) = (*own, *theirs) else { continue };
        let both =
            |row: u32| [before.says[own], after.says[theirs]].iter().all(|it| it[row as usize] == says::PROPOSED);
        match (&before.paid[own], &after.paid[theirs]) {
            (Some(was), Some(is)) => {
                // Where it is proposed by both, both have it.
                let mut there = 0;
                for (at, row) in was.rows.iter().enumerate() {
                    while is.rows.get(there).is_some_and(|it| it < row) {
                        there += 1;
                    }
                    if is.rows.get(there) == Some(row) && both(*row) && !was.amounts.same(at, &is.amounts, there) {
                        found.push(*row);
                    }
                }
            }
            (Some(only), None) | (None, Some(only)) => {
                let known = |it: &(usize, &u32)| only.amounts.number(it.0).is_some() && both(*it.1);
                found.extend(only.rows.iter().enumerate().filter(known).map(|it| *it.1));
            }
            (None, None) => {}
        }
    }
    found
}
