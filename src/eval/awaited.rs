//! For whose facts something waits that depends on many: the first of them by what is missing, and how many the others are.

use crate::value::Missing;

/// So many of those for whose facts something waits are named.
const NAMED: usize = 20;

/// Facts of several people.
#[derive(Debug, Default)]
pub(super) struct Awaited {
    facts: Vec<Missing>,
    named: usize,
    others: u32,
}

impl Awaited {
    /// How many more are named.
    pub(super) fn room(&self) -> usize {
        NAMED - self.named
    }

    /// What is missing of one more.
    pub(super) fn one(&mut self, missing: &[Missing]) {
        match missing {
            [] => {}
            _ if self.room() == 0 => self.unnamed(1),
            missing => {
                self.named += 1;
                self.facts.extend_from_slice(missing);
            }
        }
    }

    /// So many more, who are not named.
    pub(super) fn unnamed(&mut self, count: usize) {
        self.others = self.others.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.named == 0 && self.others == 0
    }

    /// What is missing of all of them, and of somebody of whom this is missing. `counted`: whether they are among those who are not named,
    /// unless they are.
    pub(super) fn with(&self, own: &[Missing], counted: bool) -> Vec<Missing> {
        let named = own.iter().all(|it| self.facts.contains(it));
        let others = self.others - u32::from(counted && !named && self.others > 0);
        let others = (others > 0).then_some(Missing::Others(others));
        Missing::merged(own.iter().chain(&self.facts).cloned().chain(others))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_are_named_and_nobody_is_counted_among_those_behind_whom_they_wait() {
        let fact = |at: usize| Missing::Fact(format!("mark of P{at:02}"));
        let mut awaited = Awaited::default();
        assert!(awaited.is_empty());
        awaited.one(&[]);
        assert!(awaited.is_empty());
        (0..NAMED + 2).for_each(|at| awaited.one(&[fact(at)]));
        let named = |of: &[Missing]| of.iter().filter(|it| matches!(it, Missing::Fact(_))).count();
        let other = awaited.with(&[], false);
        assert_eq!((named(&other), other.last()), (NAMED, Some(&Missing::Others(2))));
        // One of the named waits for all the others, and one of the unnamed for one less.
        let first = awaited.with(&[fact(0)], true);
        assert_eq!((named(&first), first.last()), (NAMED, Some(&Missing::Others(2))));
        let last = awaited.with(&[fact(NAMED + 1)], true);
        assert_eq!((named(&last), last.last()), (NAMED + 1, Some(&Missing::Others(1))));
    }
}
