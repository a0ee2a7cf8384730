//! What is made of those who count, for each of whom they belong to.

use crate::plan::node::{Word, state};

/// What members of one record come to, one after another.
pub(super) struct Made {
    word: Word,
    units: i64,
    best: Option<i64>,
    /// What may count, where that could change the best: the best of it.
    maybe: Option<i64>,
    unknown: bool,
    yes: bool,
    no: bool,
    /// Whether there is one that surely counts and can be asked, and one at all.
    sure: bool,
    there: bool,
}

impl Made {
    pub(super) fn of(word: Word) -> Self {
        Self {
            word,
            units: 0,
            best: None,
            maybe: None,
            unknown: false,
            yes: false,
            no: false,
            sure: false,
            there: false,
        }
    }

    /// One more; `counts` is no truth that can't be asked.
    pub(super) fn take(&mut self, counts: u8, gives: u8, units: i64) {
        let open = counts == state::UNKNOWN;
        if counts == state::NO {
            return;
        }
        match self.word {
            Word::Count => {
                self.unknown |= open;
                self.units += 1;
            }
            Word::Any => {
                self.unknown |= open;
                self.yes |= counts == state::KNOWN;
            }
            Word::Sum => match gives {
                state::UNKNOWN => self.unknown = true,
                state::KNOWN if open => self.unknown |= units != 0,
                state::KNOWN => self.units += units,
                _ => {}
            },
            Word::Least | Word::Greatest => match gives {
                state::UNKNOWN => self.unknown = true,
                state::KNOWN if open => self.maybe = Some(self.better(self.maybe, units)),
                state::KNOWN => self.best = Some(self.better(self.best, units)),
                _ => {}
            },
            Word::Every => {
                if gives & (state::KNOWN | state::UNKNOWN | state::NO) == 0 {
                    return;
                }
                self.there = true;
                self.sure |= !open;
                match (open, gives) {
                    (_, state::KNOWN) => {}
                    (false, state::NO) => self.no = true,
                    _ => self.unknown = true,
                }
            }
        }
    }

    fn better(&self, best: Option<i64>, units: i64) -> i64 {
        best.map_or(units, |it| if self.word == Word::Greatest { it.max(units) } else { it.min(units) })
    }

    pub(super) fn come(&self) -> (i64, u8) {
        let known = |unknown: bool| if unknown { state::UNKNOWN } else { state::KNOWN };
        match self.word {
            Word::Count | Word::Sum => (self.units, known(self.unknown)),
            Word::Any => match (self.yes, self.unknown) {
                (true, _) => (0, state::KNOWN),
                (false, true) => (0, state::UNKNOWN),
                (false, false) => (0, state::NO),
            },
            Word::Least | Word::Greatest => {
                let could =
                    self.maybe.is_some_and(|it| self.best.is_none_or(|best| self.better(Some(best), it) != best));
                match (self.unknown || could, self.best) {
                    (true, _) => (0, state::UNKNOWN),
                    (false, Some(best)) => (best, state::KNOWN),
                    (false, None) => (0, state::UNFIT),
                }
            }
            Word::Every => match (self.there, self.no, self.unknown) {
                (false, ..) => (0, state::UNFIT),
                (true, true, _) => (0, state::NO),
                (true, false, true) => (0, state::UNKNOWN),
                (true, false, false) if !self.sure => (0, state::UNKNOWN),
                (true, false, false) => (0, state::KNOWN),
            },
        }
    }
}
