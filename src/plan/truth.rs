//! What is done with the states of a batch: conditions, histories and verdicts.

use crate::plan::node::{Counting, Missed, Part, state};

/// What several say, side by side.
pub(super) fn together<'v>(out: &mut [u8], parts: impl Iterator<Item = &'v [u8]>) {
    out.fill(0);
    for part in parts {
        out.iter_mut().zip(part).for_each(|(out, part)| *out |= part);
    }
}

pub(super) fn any<'v>(out: &mut [u8], parts: impl Iterator<Item = &'v [u8]>) {
    together(out, parts);
    // The states stand in the order in which one settles the matter: the lowest bit decides.
    out.iter_mut().for_each(|it| *it &= it.wrapping_neg());
}

pub(super) fn all<'v>(out: &mut [u8], parts: impl Iterator<Item = &'v [u8]>) {
    together(out, parts);
    for it in out {
        let turned = turned(*it);
        *it = self::turned(turned & turned.wrapping_neg());
    }
}

/// Yes and no change places.
fn turned(state: u8) -> u8 {
    (state & (state::UNKNOWN | state::UNFIT)) | ((state & state::KNOWN) << 3) | ((state & state::NO) >> 3)
}

pub(super) fn not(out: &mut [u8], of: &[u8]) {
    out.iter_mut().zip(of).for_each(|(out, of)| *out = turned(*of));
}

pub(super) fn or_no(out: &mut [u8], of: &[u8]) {
    out.iter_mut().zip(of).for_each(|(out, &of)| *out = if of == state::UNFIT { state::NO } else { of });
}

/// With more open parts than these nobody follows every way, as in the evaluator that goes row by row.
const MOST_OPEN: u32 = 8;

/// A condition; where it is not known, what it comes to whether its open parts hold or not. A part that can't be asked may leave nothing
/// for them to change.
pub(super) fn followed(out: &mut [u8], of: &[u8], parts: &[Part<&[u8]>]) {
    let (mut ways, mut any): (Vec<u8>, Vec<u8>) = (Vec::new(), of.to_vec());
    for part in parts {
        if let Part::One(part) = part {
            any.iter_mut().zip(*part).for_each(|(any, part)| *any |= part);
        }
    }
    for (at, (out, of)) in out.iter_mut().zip(of).enumerate() {
        *out = *of;
        // Where all can be asked, each open part could change what is open.
        if *of == state::UNKNOWN
            && any[at] & state::UNFIT != 0
            && let Some(only) = only_way(parts, at, &mut ways)
        {
            *out = only;
        }
    }
}

/// What all ways come to in which open parts may turn out; nothing where they differ, or are too many.
fn only_way(parts: &[Part<&[u8]>], at: usize, ways: &mut Vec<u8>) -> Option<u8> {
    // Each way stands for itself: a state's bit is set if the condition may come to it.
    ways.clear();
    let mut open = 0;
    for part in parts {
        let came = match part {
            Part::One(of) if of[at] == state::UNKNOWN => {
                open += 1;
                state::KNOWN | state::NO
            }
            Part::One(of) => of[at],
            Part::Not => turned(ways.pop()?),
            Part::OrNo => match ways.pop()? {
                of if of & state::UNFIT == 0 => of,
                of => (of & !state::UNFIT) | state::NO,
            },
            Part::All(count) => {
                let of = ways.split_off(ways.len().checked_sub(*count)?);
                turned(of.into_iter().map(turned).fold(state::NO, either))
            }
            Part::Any(count) => ways.split_off(ways.len().checked_sub(*count)?).into_iter().fold(state::NO, either),
        };
        ways.push(came);
    }
    ways.pop().filter(|it| it.is_power_of_two() && open <= MOST_OPEN)
}

/// What any of two may come to, if each may come to some states.
fn either(a: u8, b: u8) -> u8 {
    let states = [state::KNOWN, state::UNFIT, state::NO];
    let pairs = states.iter().filter(|it| a & **it != 0).flat_map(|x| states.iter().map(move |y| (*x, *y & b)));
    pairs.filter(|it| it.1 != 0).fold(0, |any, (x, y)| any | ((x | y) & (x | y).wrapping_neg()))
}

pub(super) fn is_known(out: &mut [u8], of: &[u8]) {
    out.iter_mut().zip(of).for_each(|(out, of)| *out = if *of == state::KNOWN { state::KNOWN } else { state::NO });
}

/// A condition counted over periods that are everybody's, where it can be asked in all of them and what is missing is awaited.
pub(super) fn counted<'v>(out: &mut [u8], periods: impl Iterator<Item = &'v [u8]>, count: u8) {
    let mut open = vec![0; out.len()];
    out.fill(0);
    for holds in periods {
        out.iter_mut().zip(holds).for_each(|(out, holds)| *out += holds & state::KNOWN);
        open.iter_mut().zip(holds).for_each(|(open, holds)| *open += (holds & state::UNKNOWN) >> 1);
    }
    for (out, open) in out.iter_mut().zip(open) {
        *out = if *out >= count {
            state::KNOWN
        } else if *out + open >= count {
            state::UNKNOWN
        } else {
            state::NO
        };
    }
}

/// A condition counted over periods, the one at hand first; what is not begun is none of theirs.
pub(super) fn history(out: &mut [u8], periods: &[(&[u8], Option<&[u8]>)], counting: Counting) {
    let Some((now, _)) = periods.first().copied() else { return };
    for at in 0..out.len() {
        let waits = now[at] == state::UNKNOWN && counting.missing == Missed::Skipped;
        if now[at] == state::UNFIT || waits {
            out[at] = now[at];
            continue;
        }
        let (mut yes, mut open, mut marks) = (0_u64, 0_u64, 0_u32);
        for (holds, begun) in periods {
            if marks == counting.last || begun.is_some_and(|it| it[at] != state::KNOWN) {
                break;
            }
            let (is, may) = match (holds[at], counting.missing) {
                (state::KNOWN, _) | (state::UNKNOWN, Missed::Counted(true)) => (true, false),
                (state::NO, _) | (state::UNKNOWN, Missed::Counted(false)) => (false, false),
                (state::UNKNOWN, Missed::Awaited) => (false, true),
                (state::UNKNOWN, Missed::Skipped) => continue,
                _ if counting.breaks => (false, false),
                _ => continue,
            };
            yes |= u64::from(is) << marks;
            open |= u64::from(may) << marks;
            marks += 1;
        }
        out[at] = match (suffices(yes, counting), suffices(yes | open, counting)) {
            (true, _) => state::KNOWN,
            (false, true) => state::UNKNOWN,
            (false, false) => state::NO,
        };
    }
}

fn suffices(bits: u64, counting: Counting) -> bool {
    if counting.consecutive {
        return (1..counting.count).fold(bits, |runs, by| runs & (bits >> by)) != 0;
    }
    bits.count_ones() >= counting.count
}

// ---- verdicts

pub(super) fn covered(out: &mut [u8], covered: &[u8], verdict: &[u8]) {
    for ((out, &covered), &verdict) in out.iter_mut().zip(covered).zip(verdict) {
        *out = if covered & (state::NO | state::UNFIT) != 0 { state::UNFIT } else { verdict };
    }
}

/// What applies before takes the place of what comes behind; while that is not known, it waits.
pub(super) fn behind(out: &mut [u8], verdict: &[u8], earlier: &[u8], meanwhile: bool) {
    for ((out, own), earlier) in out.iter_mut().zip(verdict).zip(earlier) {
        *out = match (*own, *earlier) {
            (state::KNOWN | state::UNKNOWN, earlier) if earlier & state::KNOWN != 0 => state::NO,
            (state::KNOWN, earlier) if earlier & state::UNKNOWN != 0 && !meanwhile => state::UNKNOWN,
            (own, _) => own,
        };
    }
}

/// What is proposed waits for its amount.
pub(super) fn paid(out: &mut [u8], verdict: &[u8], amount: &[u8]) {
    for ((out, verdict), amount) in out.iter_mut().zip(verdict).zip(amount) {
        *out = match (*verdict, *amount) {
            (state::KNOWN, state::UNKNOWN) => state::UNKNOWN,
            (state::KNOWN, state::UNFIT | state::NO) => state::UNFIT,
            (verdict, _) => verdict,
        };
    }
}
