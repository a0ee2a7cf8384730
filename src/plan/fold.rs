//! What is made of those who count, for each of whom they belong to.

use crate::plan::kernel::{In, Out};
use crate::plan::lane::Cell;
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

    /// One more, unless only those are asked for of whom all is known.
    pub(super) fn take_if(&mut self, those_known: bool, counts: u8, gives: u8, units: i64) {
        if !(those_known && (counts | gives) & state::UNKNOWN != 0) {
            self.take(counts, gives, units);
        }
    }

    /// One more.
    fn take(&mut self, counts: u8, gives: u8, units: i64) {
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

/// One more of those that are only counted, or of which any is looked for.
pub(super) fn more<T: Cell>(out: &mut Out<'_, T>, row: usize, counts: u8, any: bool, those_known: bool) {
    let is = match counts {
        state::KNOWN => state::KNOWN,
        state::UNKNOWN if !those_known => state::UNKNOWN,
        _ => return,
    };
    if let (Some(out), false) = (out.units.get_mut(row), any) {
        *out = out.plus(T::ONE);
    }
    if let Some(out) = out.state.get_mut(row) {
        *out = match (any, *out, is) {
            // One is enough.
            (true, state::KNOWN, _) | (true, _, state::KNOWN) => state::KNOWN,
            (false, state::KNOWN, state::KNOWN) => state::KNOWN,
            _ => state::UNKNOWN,
        };
    }
}

/// Those who count, each with the row to which it belongs, in no order; `units` gets so many rows.
pub(super) fn scattered<T: Cell>(
    members: impl Iterator<Item = (usize, u8)>,
    units: &mut Vec<T>,
    state: &mut [u8],
    rows: usize,
    (any, those_known): (bool, bool),
) {
    units.resize(rows, T::default());
    let mut out = Out { units, state };
    members.for_each(|(row, counts)| more(&mut out, row, counts, any, those_known));
}

/// A period: whether it is one of theirs where not all are, whether it counts, and what it gives.
pub(super) struct Period<'v, T> {
    pub(super) begun: Option<&'v [u8]>,
    pub(super) counts: In<'v, T>,
    pub(super) gives: Option<In<'v, T>>,
}

/// How periods are made one.
#[derive(Clone, Copy)]
pub(super) struct Making {
    /// How many of those to which what is asked applies; nothing where all are taken that are theirs.
    pub(super) most: Option<u32>,
    pub(super) word: Word,
    pub(super) those_known: bool,
}

/// What periods come to, the one at hand first: the first so many to which what is asked applies, or all that are theirs.
pub(super) fn periods<T: Cell>(mut out: Out<'_, T>, periods: &[Period<'_, T>], making: Making) {
    // None is left out but for what does not count.
    let all_taken = making.most.is_none_or(|most| periods.len() <= most as usize);
    let of_all = all_taken && periods.iter().all(|it| it.begun.is_none());
    let sure = |it: &Period<'_, T>| it.counts.may == state::KNOWN;
    match making.word {
        Word::Count if of_all => counted(&mut out, periods, making.those_known),
        Word::Sum if of_all && periods.iter().all(sure) => summed(&mut out, periods, making.those_known),
        _ => one_by_one(out, periods, making),
    }
}

/// How many count.
fn counted<T: Cell>(out: &mut Out<'_, T>, periods: &[Period<'_, T>], those_known: bool) {
    out.units.fill(T::default());
    let taken = if those_known { state::KNOWN } else { state::KNOWN | state::UNKNOWN };
    for period in periods {
        for (out, &counts) in out.units.iter_mut().zip(period.counts.state) {
            *out = out.plus(if counts & taken == 0 { T::default() } else { T::ONE });
        }
    }
    open(out, periods.iter().map(|it| it.counts.state), those_known);
}

/// What those that count give together; all of them count.
fn summed<T: Cell>(out: &mut Out<'_, T>, periods: &[Period<'_, T>], those_known: bool) {
    out.units.fill(T::default());
    for gives in periods.iter().filter_map(|it| it.gives) {
        if gives.may == state::KNOWN {
            out.units.iter_mut().zip(gives.units).for_each(|(out, units)| *out = out.plus(*units));
            continue;
        }
        for (out, (&state, &units)) in out.units.iter_mut().zip(gives.state.iter().zip(gives.units)) {
            *out = out.plus(if state == state::KNOWN { units } else { T::default() });
        }
    }
    open(out, periods.iter().filter_map(|it| it.gives).map(|it| it.state), those_known);
}

/// Known, unless one of some states is not and is asked for.
fn open<'v, T>(out: &mut Out<'_, T>, states: impl Iterator<Item = &'v [u8]>, those_known: bool) {
    out.state.fill(state::KNOWN);
    if !those_known {
        for states in states {
            out.state.iter_mut().zip(states).for_each(|(out, state)| *out |= state & state::UNKNOWN);
        }
        // With both bits set it is not known.
        out.state.iter_mut().for_each(|it| *it = 1 + (*it >> 1));
    }
}

fn one_by_one<T: Cell>(out: Out<'_, T>, periods: &[Period<'_, T>], making: Making) {
    let Making { most, word, those_known } = making;
    let asks_gives = periods.first().is_some_and(|it| it.gives.is_some());
    let rows = periods.first().map_or(0, |it| it.counts.state.len());
    for at in 0..rows {
        let mut made = Made::of(word);
        let mut taken = 0;
        for period in periods {
            if period.begun.is_some_and(|it| it[at] != state::KNOWN) {
                // Of the last, none before it is theirs either; of those inside, later ones may be.
                if most.is_some() {
                    break;
                }
                continue;
            }
            let counts = period.counts.state[at];
            let (gives, units) = period.gives.map_or((state::KNOWN, 0), |it| (it.state[at], it.units[at].wide()));
            if let Some(most) = most {
                let asked = if asks_gives { gives } else { counts };
                if asked == state::UNFIT {
                    continue;
                }
                if taken == most {
                    break;
                }
                taken += 1;
            }
            made.take_if(those_known, counts, gives, units);
        }
        let (units, state) = made.come();
        if let Some(out) = out.units.get_mut(at) {
            *out = T::cut(units);
        }
        if let Some(out) = out.state.get_mut(at) {
            *out = state;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Made, Making, Period, periods};
    use crate::plan::kernel::{In, Out};
    use crate::plan::node::{Word, state};

    #[test]
    fn an_average_stays_what_it_is_only_if_each_of_those_in_doubt_is_as_great() {
        let of = |open: &[i64]| {
            let mut made = Made::of(Word::Averaged);
            [8, 12].iter().for_each(|it| made.take(state::KNOWN, state::KNOWN, *it));
            open.iter().for_each(|it| made.take(state::UNKNOWN, state::KNOWN, *it));
            made.come()
        };
        assert_eq!(of(&[10, 10]), (20, state::KNOWN));
        for open in [[12, 10], [10, 12], [8, 10], [10, 8], [8, 12]] {
            assert_eq!(of(&open), (0, state::UNKNOWN), "{open:?}");
        }
    }

    /// What two periods come to, each with whether it counts and what it gives.
    fn come(word: Word, those_known: bool, of: [(u8, (u8, i64)); 2]) -> (i64, u8) {
        let of = of.map(|(counts, (gives, units))| ([counts], [gives], [units]));
        let of = of.each_ref().map(|(counts, gives, units)| Period {
            begun: None,
            counts: In { units: &[], state: counts, may: counts[0] },
            gives: (word == Word::Sum).then_some(In { units, state: gives, may: gives[0] }),
        });
        let (mut units, mut state) = ([-1_i64], [0]);
        periods(Out { units: &mut units, state: &mut state }, &of, Making { most: None, word, those_known });
        (units[0], state[0])
    }

    #[test]
    fn of_periods_only_what_is_known_and_applies_is_counted_and_added() {
        let known = (state::KNOWN, (state::KNOWN, 5));
        let open = (state::UNKNOWN, (state::KNOWN, 0));
        assert_eq!(come(Word::Count, false, [known, known]), (2, state::KNOWN));
        assert_eq!(come(Word::Count, true, [known, open]), (1, state::KNOWN));
        assert_eq!(come(Word::Count, false, [known, open]).1, state::UNKNOWN);
        // Whatever stands there of what does not apply.
        for blank in [state::UNFIT, state::NO] {
            assert_eq!(come(Word::Sum, false, [known, (state::KNOWN, (blank, 7))]), (5, state::KNOWN));
        }
        assert_eq!(come(Word::Sum, true, [known, (state::KNOWN, (state::UNKNOWN, 7))]), (5, state::KNOWN));
        assert_eq!(come(Word::Sum, false, [known, (state::KNOWN, (state::UNKNOWN, 7))]).1, state::UNKNOWN);
    }
}
