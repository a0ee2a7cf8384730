//! What is made of those who count, for each of whom they belong to.

use crate::plan::node::{Word, state};
use crate::plan::run::{Lane, View};

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
    /// How many are averaged.
    count: i64,
    /// The least and the greatest of those of whom it is open whether they count.
    between: Option<(i64, i64)>,
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
            count: 0,
            between: None,
        }
    }

    /// One more.
    pub(super) fn take(&mut self, counts: u8, gives: u8, units: i64) {
        let open = counts == state::UNKNOWN;
        if counts & (state::NO | state::UNFIT) != 0 {
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
            Word::Averaged | Word::AveragedOf => match gives {
                state::UNKNOWN => self.unknown = true,
                state::KNOWN if open => {
                    let (least, most) = self.between.unwrap_or((units, units));
                    self.between = Some((least.min(units), most.max(units)));
                }
                state::KNOWN => {
                    self.units += units;
                    self.count += 1;
                }
                // It may count, and gives nothing to be compared with.
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
            Word::Averaged | Word::AveragedOf => {
                let units = if self.word == Word::Averaged { self.units } else { self.count };
                let is_average = |it: i64| it.checked_mul(self.count) == Some(self.units) && self.count > 0;
                let unmoved = self.between.is_none_or(|(least, most)| is_average(least) && is_average(most));
                match (self.unknown || !unmoved, self.count) {
                    (true, _) => (0, state::UNKNOWN),
                    (false, 0) => (0, state::UNFIT),
                    (false, _) => (units, state::KNOWN),
                }
            }
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

/// Whether a period is one of theirs where not all are, whether it counts, and what it gives.
type Period<'v> = (Option<&'v [u8]>, &'v [u8], Option<View<'v>>);

/// What periods come to, the one at hand first: the first so many to which what is asked applies, or all that are theirs.
pub(super) fn periods(out: &mut Lane, periods: &[Period<'_>], most: Option<u32>, word: Word, those_known: bool) {
    for at in 0..out.state.len() {
        let mut made = Made::of(word);
        let mut taken = 0;
        for (begun, counts, gives) in periods {
            if begun.is_some_and(|it| it[at] != state::KNOWN) {
                // Of the last, none before it is theirs either; of those inside, later ones may be.
                if most.is_some() {
                    break;
                }
                continue;
            }
            let counts = counts[at];
            let (gives, units) = gives.map_or((state::KNOWN, 0), |it| (it.state[at], it.units[at]));
            if let Some(most) = most {
                let asked = if gives_something(periods) { gives } else { counts };
                if asked == state::UNFIT {
                    continue;
                }
                if taken == most {
                    break;
                }
                taken += 1;
            }
            if !(those_known && (counts | gives) & state::UNKNOWN != 0) {
                made.take(counts, gives, units);
            }
        }
        (out.units[at], out.state[at]) = made.come();
    }
}

/// Whether it is asked what they give, and not only whether they count.
fn gives_something(periods: &[Period<'_>]) -> bool {
    periods.first().is_some_and(|it| it.2.is_some())
}
