//! What is done with a batch: free functions over slices of units and states, one for each way of reckoning.

use crate::plan::node::{BandEnds, Comparison, Counting, Missed, Mode, Part, state};
use crate::plan::run::{Lane, View};

const BLANK: u8 = state::UNFIT | state::NO;

/// The state of what is reckoned from two values.
fn joined(a: u8, b: u8) -> u8 {
    let any = a | b;
    if any & BLANK != 0 {
        state::UNFIT
    } else if any & state::UNKNOWN != 0 {
        state::UNKNOWN
    } else {
        state::KNOWN
    }
}

pub(super) fn fill(out: &mut Lane, units: i64, state: u8) {
    out.units.fill(units);
    out.state.fill(state);
}

/// Two values reckoned with each other. Where nothing is known nought stands, so that what is reckoned on stays within reach.
pub(super) fn reckon(out: &mut Lane, a: View<'_>, b: View<'_>, by: impl Fn(i64, i64) -> i64) {
    for ((out, a), b) in out.state.iter_mut().zip(a.state).zip(b.state) {
        *out = joined(*a, *b);
    }
    for (((out, a), b), state) in out.units.iter_mut().zip(a.units).zip(b.units).zip(&out.state) {
        *out = if *state == state::KNOWN { by(*a, *b) } else { 0 };
    }
}

pub(super) fn map(out: &mut Lane, of: View<'_>, by: impl Fn(i64) -> i64) {
    for (out, of) in out.units.iter_mut().zip(of.units) {
        *out = by(*of);
    }
    out.state.copy_from_slice(of.state);
}

/// The first, unless the second is nought.
pub(super) fn divisible(out: &mut Lane, a: View<'_>, b: View<'_>) {
    out.units.copy_from_slice(a.units);
    for (at, out) in out.state.iter_mut().enumerate() {
        let state = joined(a.state[at], b.state[at]);
        *out = if state == state::KNOWN && b.units[at] == 0 { state::UNKNOWN } else { state };
    }
}

/// A whole number of parts; `above` times `up`, by `below`.
pub(super) fn rounded(above: i64, below: i64, mode: Mode) -> i64 {
    let (whole, rest) = (above / below, above % below);
    if rest == 0 {
        return whole;
    }
    let away = whole + above.signum() * below.signum();
    let twice = i128::from(rest.unsigned_abs()) * 2;
    match (mode, twice.cmp(&i128::from(below.unsigned_abs()))) {
        (Mode::Down, _) | (Mode::HalfUp | Mode::HalfEven, std::cmp::Ordering::Less) => whole,
        (Mode::Up | Mode::HalfUp, _) | (Mode::HalfEven, std::cmp::Ordering::Greater) => away,
        (Mode::HalfEven, std::cmp::Ordering::Equal) if whole % 2 == 0 => whole,
        (Mode::HalfEven, std::cmp::Ordering::Equal) => away,
    }
}

pub(super) fn round(out: &mut Lane, of: View<'_>, by: Option<View<'_>>, (up, down, mode, to): (i64, i64, Mode, i64)) {
    match by {
        None => map(out, of, |it| rounded(it * up, down, mode) * to),
        Some(by) => {
            for (at, out) in out.units.iter_mut().enumerate() {
                // What stands below may be nought where nobody knows what comes of it.
                let known = of.state[at] == state::KNOWN;
                *out = if known { rounded(of.units[at] * up, by.units[at] * down, mode) * to } else { 0 };
            }
            out.state.copy_from_slice(of.state);
        }
    }
}

pub(super) fn limit(out: &mut Lane, value: View<'_>, limit: View<'_>, at_most: bool) {
    for at in 0..out.units.len() {
        let (a, b) = (value.state[at], limit.state[at]);
        let (x, y) = (value.units[at], limit.units[at]);
        let free = (a | b) & BLANK != 0;
        let limited = if at_most { x.min(y) } else { x.max(y) };
        out.units[at] = if free { x } else { limited };
        out.state[at] = if free { a } else { joined(a, b) };
    }
}

pub(super) fn if_unknown(out: &mut Lane, value: View<'_>, default: View<'_>) {
    for at in 0..out.units.len() {
        let unknown = value.state[at] == state::UNKNOWN;
        out.units[at] = if unknown { default.units[at] } else { value.units[at] };
        out.state[at] = if unknown { default.state[at] } else { value.state[at] };
    }
}

/// One or the other; where nobody can say which, what both are.
pub(super) fn choose(out: &mut Lane, condition: &[u8], a: View<'_>, b: View<'_>) {
    for (at, condition) in condition.iter().enumerate() {
        let (x, y) = (a.state[at], b.state[at]);
        let (units, state) = match *condition {
            state::KNOWN => (a.units[at], x),
            state::NO => (b.units[at], y),
            open if (x | y) & state::UNKNOWN != 0 => (0, if open == state::UNFIT { state::UNKNOWN } else { open }),
            _ if x == y && (x != state::KNOWN || a.units[at] == b.units[at]) => (a.units[at], x),
            open => (0, open),
        };
        out.units[at] = units;
        out.state[at] = state;
    }
}

/// What has begun; else it does not apply.
pub(super) fn where_begun(out: &mut Lane, begun: &[u8], value: View<'_>) {
    out.units.copy_from_slice(value.units);
    for ((out, begun), value) in out.state.iter_mut().zip(begun).zip(value.state) {
        *out = if *begun == state::KNOWN { *value } else { state::UNFIT };
    }
}

/// The greatest or least of several; the later of what has not happened has not happened either.
pub(super) fn extreme(out: &mut Lane, of: &[View<'_>], greatest: bool) {
    for at in 0..out.units.len() {
        let (mut best, mut any): (Option<i64>, u8) = (None, 0);
        for part in of {
            let state = part.state[at];
            any |= state;
            if state == state::KNOWN {
                let units = part.units[at];
                best = Some(best.map_or(units, |it| if greatest { it.max(units) } else { it.min(units) }));
            }
        }
        out.units[at] = best.unwrap_or(0);
        out.state[at] = match best {
            _ if greatest && any & state::NO != 0 => state::NO,
            _ if any & state::UNKNOWN != 0 => state::UNKNOWN,
            Some(_) => state::KNOWN,
            None => state::UNFIT,
        };
    }
}

/// What counts, each times its factor: what does not apply is left out, and nothing is known while anything is missing.
pub(super) fn weighted(out: &mut Lane, parts: &[(i64, View<'_>)], weights: bool) {
    out.units.fill(0);
    out.state.fill(0);
    for (factor, part) in parts {
        for at in 0..out.units.len() {
            let state = part.state[at];
            let units = if weights { 1 } else { part.units[at] };
            out.units[at] += if state == state::KNOWN { units * factor } else { 0 };
            out.state[at] |= state;
        }
    }
    settle_sum(out);
}

fn settle_sum(out: &mut Lane) {
    for state in &mut out.state {
        *state = if *state & state::UNKNOWN != 0 {
            state::UNKNOWN
        } else if *state & state::KNOWN != 0 {
            state::KNOWN
        } else {
            state::UNFIT
        };
    }
}

/// The points reached, each at most what it is out of, or those that could be reached.
pub(super) fn share(out: &mut Lane, parts: &[(View<'_>, View<'_>)], reachable: bool) {
    for at in 0..out.units.len() {
        let (mut got, mut most, mut unknown) = (0, 0, false);
        for (part, of) in parts {
            let (a, b) = (part.state[at], of.state[at]);
            if (a | b) & BLANK != 0 {
                continue;
            }
            if a == state::KNOWN && b == state::KNOWN {
                got += part.units[at].min(of.units[at]);
                most += of.units[at];
            } else {
                unknown = true;
            }
        }
        out.units[at] = if reachable { most } else { got };
        out.state[at] = match (unknown, most) {
            (true, _) => state::UNKNOWN,
            (false, 0) => state::UNFIT,
            (false, _) => state::KNOWN,
        };
    }
}

/// The band of a number, held down or up by caps: the state of each says whether it holds.
pub(super) fn band(out: &mut Lane, of: View<'_>, bands: &[BandEnds], caps: &[(bool, u32, &[u8])]) {
    let (first, last) = (bands.first().map_or(0, |it| it.choice), bands.last().map_or(0, |it| it.choice));
    for at in 0..out.units.len() {
        out.units[at] = 0;
        let (mut best, mut worst) = match of.state[at] {
            state::KNOWN => {
                let units = of.units[at];
                match bands.iter().find(|it| it.least <= units && units <= it.most) {
                    Some(band) => (band.choice, band.choice),
                    None => {
                        out.state[at] = state::UNKNOWN;
                        continue;
                    }
                }
            }
            state::UNKNOWN => (first, last),
            blank => {
                out.state[at] = blank;
                continue;
            }
        };
        let possible = |it: u8| it & (state::KNOWN | state::UNKNOWN) != 0;
        for (_, choice, holds) in caps.iter().filter(|it| !it.0) {
            best = if possible(holds[at]) { best.min(*choice) } else { best };
            worst = if holds[at] == state::KNOWN { worst.min(*choice) } else { worst };
        }
        for (_, choice, holds) in caps.iter().filter(|it| it.0) {
            best = if holds[at] == state::KNOWN { best.max(*choice) } else { best };
            worst = if possible(holds[at]) { worst.max(*choice) } else { worst };
        }
        out.units[at] = best.into();
        out.state[at] = if best == worst { state::KNOWN } else { state::UNKNOWN };
    }
}

// ---- truths

pub(super) fn as_units(out: &mut Lane, of: &[u8]) {
    for ((units, state), of) in out.units.iter_mut().zip(&mut out.state).zip(of) {
        *units = i64::from(*of == state::KNOWN);
        *state = if *of == state::NO { state::KNOWN } else { *of };
    }
}

pub(super) fn as_truth(out: &mut Lane, of: View<'_>) {
    for at in 0..out.state.len() {
        out.state[at] = match of.state[at] {
            state::KNOWN if of.units[at] != 0 => state::KNOWN,
            state::KNOWN => state::NO,
            state::UNKNOWN => state::UNKNOWN,
            _ => state::UNFIT,
        };
    }
}

/// A comparison of two values, or of a value with the same for all.
pub(super) fn compare(out: &mut [u8], op: Comparison, left: Side<'_>, right: Side<'_>) {
    match op {
        Comparison::Less => compared(out, left, right, |a, b| a < b),
        Comparison::AtMost => compared(out, left, right, |a, b| a <= b),
        Comparison::Is => compared(out, left, right, |a, b| a == b),
        Comparison::IsNot => compared(out, left, right, |a, b| a != b),
    }
    let not_happened = if op == Comparison::IsNot { state::KNOWN } else { state::NO };
    for side in [left, right] {
        let Side::Of { view, sure: false } = side else { continue };
        // What decides wins over what is already there: what does not apply over what is missing, and that over what has not happened.
        for (out, state) in out.iter_mut().zip(view.state) {
            let own = match *state {
                state::KNOWN => continue,
                state::NO => not_happened | OF_WHAT_HAS_NOT,
                blank => blank,
            };
            *out = stronger(*out, own);
        }
    }
    out.iter_mut().for_each(|it| *it &= !OF_WHAT_HAS_NOT);
}

/// Marks an answer that rests on what has not happened.
const OF_WHAT_HAS_NOT: u8 = 16;

fn stronger(a: u8, b: u8) -> u8 {
    for state in [state::UNFIT, state::UNKNOWN] {
        if (a | b) & state != 0 {
            return state;
        }
    }
    if b & OF_WHAT_HAS_NOT != 0 { b } else { a }
}

/// One side of a comparison.
#[derive(Clone, Copy)]
pub(super) enum Side<'v> {
    /// The same for all.
    Same(i64),
    /// Of each row; `sure` where it is known of all.
    Of { view: View<'v>, sure: bool },
}

fn compared(out: &mut [u8], left: Side<'_>, right: Side<'_>, holds: impl Fn(i64, i64) -> bool) {
    let truth = |yes: bool| if yes { state::KNOWN } else { state::NO };
    match (left, right) {
        (Side::Of { view: a, .. }, Side::Of { view: b, .. }) => {
            for ((out, a), b) in out.iter_mut().zip(a.units).zip(b.units) {
                *out = truth(holds(*a, *b));
            }
        }
        (Side::Of { view, .. }, Side::Same(b)) => {
            out.iter_mut().zip(view.units).for_each(|(out, a)| *out = truth(holds(*a, b)));
        }
        (Side::Same(a), Side::Of { view, .. }) => {
            out.iter_mut().zip(view.units).for_each(|(out, b)| *out = truth(holds(a, *b)));
        }
        (Side::Same(a), Side::Same(b)) => out.fill(truth(holds(a, b))),
    }
}

/// What several say, side by side.
pub(super) fn together(out: &mut [u8], parts: &[&[u8]]) {
    out.fill(0);
    for part in parts {
        out.iter_mut().zip(*part).for_each(|(out, part)| *out |= part);
    }
}

pub(super) fn any(out: &mut [u8], parts: &[&[u8]]) {
    together(out, parts);
    // The states stand in the order in which one settles the matter: the lowest bit decides.
    out.iter_mut().for_each(|it| *it &= it.wrapping_neg());
}

pub(super) fn all(out: &mut [u8], parts: &[&[u8]]) {
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
    out.iter_mut().zip(of).for_each(|(out, of)| *out = if *of == state::UNFIT { state::NO } else { *of });
}

/// With more open parts than these nobody follows every way, as in the evaluator that goes row by row.
const MOST_OPEN: u32 = 8;

/// A condition; where it is not known, what it comes to whether its open parts hold or not. A part that can't be asked may leave nothing
/// for them to change.
pub(super) fn followed(out: &mut [u8], of: &[u8], parts: &[Part<&[u8]>]) {
    let mut ways: Vec<u8> = Vec::new();
    for (at, (out, of)) in out.iter_mut().zip(of).enumerate() {
        *out = *of;
        if *of == state::UNKNOWN
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
    for ((out, covered), verdict) in out.iter_mut().zip(covered).zip(verdict) {
        *out = if covered & (state::NO | state::UNFIT) != 0 { state::UNFIT } else { *verdict };
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
