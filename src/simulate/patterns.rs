//! What all rules together say of a row, as a number: most people are told the same as many others, so that what follows from it is worked
//! out once for all of them.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};

use crate::plan::View;

/// What a rule says of somebody, as it stands in a view's states.
pub(super) mod says {
    use crate::plan::View;

    /// It is proposed.
    pub(in crate::simulate) const PROPOSED: u8 = View::YES;
    /// A fact is missing.
    pub(in crate::simulate) const UNDETERMINED: u8 = View::UNKNOWN;
    /// It says nothing.
    pub(in crate::simulate) const NOT_COVERED: u8 = View::UNFIT;
    /// It does not follow.
    pub(in crate::simulate) const NO: u8 = View::NO;
    /// Of whom it matters what a rule pays.
    pub(in crate::simulate) const PAID: u8 = PROPOSED | UNDETERMINED;
}

/// How many rules stand in a byte, two bits each, and how many bytes in a word.
const IN_BYTE: usize = 4;
const IN_WORD: usize = 8;

/// For numbers that nobody from outside chooses.
#[derive(Debug, Default)]
pub(super) struct Quick(u64);

/// The same for a map.
pub(super) type QuickMap<K, V> = HashMap<K, V, BuildHasherDefault<Quick>>;

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|it| self.write_u64((*it).into()));
    }

    #[inline]
    fn write_u32(&mut self, it: u32) {
        self.write_u64(it.into());
    }

    #[inline]
    fn write_u64(&mut self, it: u64) {
        self.0 = (self.0.rotate_left(29) ^ it).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}

/// How many pairs of late are looked for before all others.
const LATELY: usize = 1_024;

/// Numbers for pairs, in the order in which they are first met.
#[derive(Debug, Default)]
pub(super) struct Numbered {
    numbers: QuickMap<(u32, u64), u32>,
    /// Each as it was given.
    pub(super) all: Vec<(u32, u64)>,
    /// Pairs of late with their numbers, each where its hash says; empty until the first is met.
    lately: Vec<((u32, u64), u32)>,
}

impl Numbered {
    /// The number of a pair, and whether it is new.
    #[inline]
    pub(super) fn number(&mut self, of: (u32, u64)) -> (u32, bool) {
        let mut hash = Quick::default();
        of.hash(&mut hash);
        let at = usize::try_from(hash.finish()).unwrap_or(0) % LATELY;
        match self.lately.get(at) {
            Some((known, number)) if *known == of => (*number, false),
            _ => self.look_up(of, at),
        }
    }

    fn look_up(&mut self, of: (u32, u64), at: usize) -> (u32, bool) {
        let next = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(of).or_insert(next);
        if number == next {
            self.all.push(of);
        }
        if self.lately.is_empty() {
            self.lately = vec![(of, number); LATELY];
        }
        self.lately[at] = (of, number);
        (number, number == next)
    }
}

/// What stands before the first word.
const NOTHING: u32 = u32::MAX;

/// Every pattern that was met, by its number. One of many words stands as what its beginning is numbered, and its last word.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    numbered: Numbered,
}

impl Patterns {
    /// The number of each row's pattern; `new` hears of each that was not met before, with what the rules say there.
    pub(super) fn of(&mut self, rows: usize, rules: &[&[u8]], mut new: impl FnMut(u32, Vec<u8>)) -> Vec<u32> {
        let mut found = vec![NOTHING; rows];
        let words = words(rows, rules);
        for (at, word) in words.iter().enumerate() {
            let is_last = at + 1 == words.len();
            // Many stand where the one before them stands.
            let mut last = None;
            for (row, (found, word)) in found.iter_mut().zip(word).enumerate() {
                let key = (*found, *word);
                *found = match last {
                    Some((known, number)) if known == key => number,
                    _ => {
                        let (number, is_new) = self.numbered.number(key);
                        if is_new {
                            new(number, if is_last { rules.iter().map(|it| it[row]).collect() } else { Vec::new() });
                        }
                        last = Some((key, number));
                        number
                    }
                };
            }
        }
        found
    }

    /// Takes over the patterns of another; gives for each of its numbers the number here, and whether it is new.
    pub(super) fn take(&mut self, other: &Self) -> Vec<(u32, bool)> {
        let mut here: Vec<(u32, bool)> = Vec::with_capacity(other.numbered.all.len());
        for (before, word) in &other.numbered.all {
            let before = here.get(*before as usize).map_or(NOTHING, |it| it.0);
            here.push(self.numbered.number((before, *word)));
        }
        here
    }
}

/// What the rules say of each row in two bits each, as many words as that takes.
fn words(rows: usize, rules: &[&[u8]]) -> Vec<Vec<u64>> {
    let mut words = Vec::new();
    for of_word in rules.chunks(IN_BYTE * IN_WORD) {
        let mut word = vec![0_u64; rows];
        for (at, of_byte) in of_word.chunks(IN_BYTE).enumerate() {
            let mut byte = vec![0_u8; rows];
            for says in of_byte {
                for (byte, says) in byte.iter_mut().zip(*says) {
                    *byte = (*byte << 2) | two_bits(*says);
                }
            }
            word.iter_mut().zip(byte).for_each(|(word, byte)| *word |= u64::from(byte) << (8 * at));
        }
        words.push(word);
    }
    if words.is_empty() {
        words.push(vec![0; rows]);
    }
    words
}

/// One of four states in two bits.
fn two_bits(state: u8) -> u8 {
    const { assert!(View::YES == 1 && View::UNKNOWN == 2 && View::UNFIT == 4 && View::NO == 8) }
    (state >> 1).wrapping_sub(state >> 3)
}

#[cfg(test)]
mod tests {
    use super::{Patterns, says};

    #[test]
    fn rows_have_one_number_where_all_rules_say_the_same_and_only_there() {
        let all = [says::PROPOSED, says::UNDETERMINED, says::NOT_COVERED, says::NO];
        // As many rules as take three words; each row differs from the first in one rule alone.
        let rules: Vec<Vec<u8>> = (0..70)
            .map(|rule| (0..4 * 70).map(|row| all[if row / 4 == rule { row % 4 } else { rule % 3 }]).collect())
            .collect();
        let rules: Vec<&[u8]> = rules.iter().map(Vec::as_slice).collect();
        let said = |row: usize| rules.iter().map(|it| it[row]).collect::<Vec<u8>>();
        let (mut patterns, mut told) = (Patterns::default(), std::collections::BTreeMap::new());
        let numbers = patterns.of(4 * 70, &rules, |number, says| assert!(told.insert(number, says).is_none()));
        for (row, number) in numbers.iter().enumerate() {
            assert_eq!(told[number], said(row));
        }
        let mut other = Patterns::default();
        let last: Vec<&[u8]> = rules.iter().map(|it| &it[200..]).collect();
        other.of(80, &last, |_, _| {});
        let here = other.take(&patterns);
        let again = other.of(4 * 70, &rules, |_, _| panic!("all of them are known"));
        assert!(again.iter().zip(&numbers).all(|(again, number)| here[*number as usize].0 == *again));
    }
}
