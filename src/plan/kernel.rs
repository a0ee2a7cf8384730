//! What is done with the numbers of a batch: free functions over slices of units and states, one for each way of reckoning.
//!
//! Units and states are gone through one after the other, so that each loop does the same to every row. Where a node has no state of its
//! own, or no units, there is no row to be written.

use crate::plan::lane::Cell;
use crate::plan::node::{BandEnds, Comparison, Mode, state};

const BLANK: u8 = state::UNFIT | state::NO;

/// Where a node is written to.
pub(super) struct Out<'o, T> {
    pub(super) units: &'o mut [T],
    pub(super) state: &'o mut [u8],
}

/// What a node is made of.
#[derive(Clone, Copy)]
pub(super) struct In<'v, T> {
    pub(super) units: &'v [T],
    pub(super) state: &'v [u8],
    /// The states that its rows may have.
    pub(super) may: u8,
}

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

/// The states of what is reckoned from two values.
fn join(out: &mut [u8], (a, b): (&[u8], &[u8]), may: u8) {
    if may & BLANK == 0 {
        // Of the two states left, not known is the next bit.
        let either = |a: u8, b: u8| 1 + (((a | b) & state::UNKNOWN) >> 1);
        out.iter_mut().zip(a.iter().zip(b)).for_each(|(out, (&a, &b))| *out = either(a, b));
    } else {
        out.iter_mut().zip(a.iter().zip(b)).for_each(|(out, (&a, &b))| *out = joined(a, b));
    }
}

/// Two values reckoned with each other.
pub(super) fn reckon<T: Cell>(out: Out<'_, T>, a: In<'_, T>, b: In<'_, T>, by: impl Fn(T, T) -> T) {
    join(out.state, (a.state, b.state), a.may | b.may);
    both(out.units, a.units, b.units, by);
}

fn both<T: Cell>(out: &mut [T], a: &[T], b: &[T], by: impl Fn(T, T) -> T) {
    out.iter_mut().zip(a.iter().zip(b)).for_each(|(out, (&a, &b))| *out = by(a, b));
}

pub(super) fn map<T: Cell>(out: Out<'_, T>, of: In<'_, T>, by: impl Fn(T) -> T) {
    out.units.iter_mut().zip(of.units).for_each(|(out, of)| *out = by(*of));
    copy(out.state, of.state);
}

/// States as they are.
pub(super) fn copy(out: &mut [u8], of: &[u8]) {
    out.iter_mut().zip(of).for_each(|(out, of)| *out = *of);
}

/// The first, unless the second is nought.
pub(super) fn divisible<T: Cell>(out: Out<'_, T>, a: In<'_, T>, b: In<'_, T>) {
    out.units.iter_mut().zip(a.units).for_each(|(out, a)| *out = *a);
    join(out.state, (a.state, b.state), a.may | b.may);
    for (out, &by) in out.state.iter_mut().zip(b.units) {
        let own = *out;
        *out = if (own == state::KNOWN) & (by == T::default()) { state::UNKNOWN } else { own };
    }
}

/// A whole number of parts of `below`.
pub(super) fn rounded(above: i64, below: i64, mode: Mode) -> i64 {
    let (whole, rest) = (above.wrapping_div(below), above.wrapping_rem(below));
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

/// How a number is rounded: times `up`, by what stands below and by `down`, to whole ones, then times `to`.
#[derive(Clone, Copy)]
pub(super) struct Grid {
    pub(super) up: i64,
    pub(super) down: i64,
    pub(super) mode: Mode,
    pub(super) to: i64,
}

impl Grid {
    /// Whether numbers that reach so far and are divided by so much are the same in floating point, cut off, as whole: where both have
    /// at most 31 bits the quotient is never so near to the next whole one that it is taken for it.
    fn is_exact_in_floats(&self, above: (i64, i64), below: (i64, i64)) -> bool {
        let small = |it: i64, by: i64| it.checked_mul(by).is_some_and(|it| it.abs() < 1 << 31);
        let fits = |(least, most), by| small(least, by) && small(most, by);
        self.mode == Mode::Down && self.to == 1 && fits(above, self.up) && fits(below, self.down)
    }
}

pub(super) fn round<T: Cell>(
    out: Out<'_, T>,
    of: In<'_, T>,
    by: Option<In<'_, T>>,
    grid: Grid,
    (above, below): ((i64, i64), (i64, i64)),
) {
    let Grid { up, down, mode, to } = grid;
    copy(out.state, of.state);
    let floats = grid.is_exact_in_floats(above, below);
    match by {
        None if floats => {
            let (up, down) = (up as f64, down as f64);
            for (out, of) in out.units.iter_mut().zip(of.units) {
                *out = T::cut_off(of.float() * up / down);
            }
        }
        None => {
            out.units.iter_mut().zip(of.units).for_each(|(out, of)| {
                *out = T::cut(rounded(of.wide().wrapping_mul(up), down, mode).wrapping_mul(to));
            });
        }
        // What stands below may be nought where nobody knows what comes of it.
        Some(by) if floats => {
            let (up, down) = (up as f64, down as f64);
            for (out, (&of, &by)) in out.units.iter_mut().zip(of.units.iter().zip(by.units)) {
                let by = if by == T::default() { T::ONE } else { by };
                *out = T::cut_off(of.float() * up / (by.float() * down));
            }
        }
        Some(by) => {
            for (out, (of, by)) in out.units.iter_mut().zip(of.units.iter().zip(by.units)) {
                let by = by.wide().wrapping_mul(down);
                let whole = rounded(of.wide().wrapping_mul(up), if by == 0 { 1 } else { by }, mode);
                *out = T::cut(whole.wrapping_mul(to));
            }
        }
    }
}

pub(super) fn limit<T: Cell>(out: Out<'_, T>, value: In<'_, T>, limit: In<'_, T>, at_most: bool) {
    if at_most {
        both(out.units, value.units, limit.units, Ord::min);
    } else {
        both(out.units, value.units, limit.units, Ord::max);
    }
    let free = |a: u8, b: u8| (a | b) & BLANK != 0;
    if (value.may | limit.may) & BLANK == 0 {
        join(out.state, (value.state, limit.state), value.may | limit.may);
        return;
    }
    // Where the limit does not apply the value stays as it is.
    for (at, out) in out.units.iter_mut().enumerate() {
        *out = if free(value.state[at], limit.state[at]) { value.units[at] } else { *out };
    }
    for (at, out) in out.state.iter_mut().enumerate() {
        let (a, b) = (value.state[at], limit.state[at]);
        *out = if free(a, b) { a } else { joined(a, b) };
    }
}

pub(super) fn if_unknown<T: Cell>(out: Out<'_, T>, value: In<'_, T>, default: In<'_, T>) {
    for (out, (&state, (&value, &other))) in
        out.units.iter_mut().zip(value.state.iter().zip(value.units.iter().zip(default.units)))
    {
        *out = if state == state::UNKNOWN { other } else { value };
    }
    for (out, (&value, &other)) in out.state.iter_mut().zip(value.state.iter().zip(default.state)) {
        *out = if value == state::UNKNOWN { other } else { value };
    }
}

/// One or the other; where nobody can say which, what both are.
pub(super) fn choose<T: Cell>(out: Out<'_, T>, condition: In<'_, T>, a: In<'_, T>, b: In<'_, T>) {
    // Where both are the same it is of no account which is taken.
    let units = out.units.iter_mut().zip(condition.state.iter().zip(a.units.iter().zip(b.units)));
    units.for_each(|(out, (&condition, (&a, &b)))| *out = if condition == state::NO { b } else { a });
    if condition.may & !(state::KNOWN | state::NO) == 0 {
        for (out, (&condition, (&x, &y))) in
            out.state.iter_mut().zip(condition.state.iter().zip(a.state.iter().zip(b.state)))
        {
            *out = if condition == state::NO { y } else { x };
        }
        return;
    }
    if (condition.may & state::UNFIT) | ((a.may | b.may) & BLANK) == 0 {
        // Where it is open, both are known and the same, or nobody knows.
        for (out, (&a, &b)) in out.state.iter_mut().zip(a.units.iter().zip(b.units)) {
            *out = u8::from(a == b);
        }
        for (out, (&condition, (&x, &y))) in
            out.state.iter_mut().zip(condition.state.iter().zip(a.state.iter().zip(b.state)))
        {
            let agreed = x & y & *out;
            let taken = if condition == state::NO { y } else { x };
            *out = if condition == state::UNKNOWN { state::UNKNOWN - agreed } else { taken };
        }
        return;
    }
    for (at, out) in out.state.iter_mut().enumerate() {
        let (x, y) = (a.state[at], b.state[at]);
        let same = x == y && (x != state::KNOWN || a.units[at] == b.units[at]);
        *out = match condition.state[at] {
            state::KNOWN => x,
            state::NO => y,
            open if (x | y) & state::UNKNOWN != 0 => {
                if open == state::UNFIT {
                    state::UNKNOWN
                } else {
                    open
                }
            }
            _ if same => x,
            open => open,
        };
    }
}

/// What has begun; else it does not apply.
pub(super) fn where_begun<T: Cell>(out: Out<'_, T>, begun: &[u8], value: In<'_, T>) {
    out.units.iter_mut().zip(value.units).for_each(|(out, value)| *out = *value);
    for (out, (&begun, &value)) in out.state.iter_mut().zip(begun.iter().zip(value.state)) {
        *out = if begun == state::KNOWN { value } else { state::UNFIT };
    }
}

/// The greatest or least of several; the later of what has not happened has not happened either.
pub(super) fn extreme<T: Cell>(out: Out<'_, T>, of: &[In<'_, T>], greatest: bool) {
    // Without a state of its own all parts are known.
    let rows = out.units.len().max(out.state.len());
    for at in 0..rows {
        let (mut best, mut any): (Option<T>, u8) = (None, 0);
        for part in of {
            let state = part.state[at];
            any |= state;
            if state == state::KNOWN {
                let units = part.units[at];
                best = Some(best.map_or(units, |it| if greatest { it.max(units) } else { it.min(units) }));
            }
        }
        if let Some(out) = out.units.get_mut(at) {
            *out = best.unwrap_or_default();
        }
        if let Some(out) = out.state.get_mut(at) {
            *out = match best {
                _ if greatest && any & state::NO != 0 => state::NO,
                _ if any & state::UNKNOWN != 0 => state::UNKNOWN,
                Some(_) => state::KNOWN,
                None => state::UNFIT,
            };
        }
    }
}

/// What counts, each times its factor: what does not apply is left out, and nothing is known while anything is missing.
pub(super) fn weighted<T: Cell>(out: Out<'_, T>, parts: &[(i64, In<'_, T>)], weights: bool) {
    out.units.fill(T::default());
    out.state.fill(0);
    for (factor, part) in parts {
        let factor = T::cut(*factor);
        for (out, (&state, &units)) in out.units.iter_mut().zip(part.state.iter().zip(part.units)) {
            let more = if weights { factor } else { units.times(factor) };
            *out = out.plus(if state == state::KNOWN { more } else { T::default() });
        }
        out.state.iter_mut().zip(part.state).for_each(|(out, state)| *out |= state);
    }
    for state in out.state {
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
pub(super) fn share<T: Cell>(out: Out<'_, T>, parts: &[(In<'_, T>, In<'_, T>)], reachable: bool) {
    let rows = out.units.len().max(out.state.len());
    for at in 0..rows {
        let (mut got, mut most, mut unknown) = (T::default(), T::default(), false);
        for (part, of) in parts {
            let (a, b) = (part.state[at], of.state[at]);
            if (a | b) & BLANK != 0 {
                continue;
            }
            if a == state::KNOWN && b == state::KNOWN {
                got = got.plus(part.units[at].min(of.units[at]));
                most = most.plus(of.units[at]);
            } else {
                unknown = true;
            }
        }
        if let Some(out) = out.units.get_mut(at) {
            *out = if reachable { most } else { got };
        }
        if let Some(out) = out.state.get_mut(at) {
            *out = match unknown {
                true => state::UNKNOWN,
                false if most == T::default() => state::UNFIT,
                false => state::KNOWN,
            };
        }
    }
}

/// The number that stands for each place.
pub(super) fn listed<T: Cell>(out: Out<'_, T>, of: In<'_, T>, list: &[i64]) {
    let last = list.len().saturating_sub(1);
    map(out, of, |it| T::cut(list[usize::try_from(it.wide()).unwrap_or(0).min(last)]));
}

/// The band of a number, held down or up by caps: the state of each says whether it holds. `range` is how far the number reaches.
pub(super) fn band<T: Cell>(
    out: Out<'_, T>,
    of: In<'_, T>,
    bands: &[BandEnds],
    caps: &[(bool, u32, &[u8])],
    (least, most): (i64, i64),
) {
    let place = |units: i64| bands.iter().find(|it| it.least <= units && units <= it.most).map(|it| it.choice);
    let (first, last) = (bands.first().map_or(0, |it| it.choice), bands.last().map_or(0, |it| it.choice));
    let rows = i64::try_from(of.units.len()).unwrap_or(MOST_LISTED);
    let short = most.checked_sub(least).is_some_and(|it| it < MOST_LISTED.min(rows));
    // Of one band alone everybody is, whatever the number.
    if caps.is_empty() && short && first != last {
        let listed: Vec<Option<T>> = (least..=most).map(|it| place(it).map(|it| T::cut(it.into()))).collect();
        if let Some(listed) = listed.into_iter().collect::<Option<Vec<T>>>() {
            let (end, start) = (listed.len() - 1, T::cut(least));
            let at = |of: T| usize::try_from(of.minus(start).wide()).unwrap_or(0).min(end);
            map(out, of, |it| listed[at(it)]);
            return;
        }
    }
    let (units, states) = (out.units, out.state);
    let mut write = |at: usize, choice: u32, state: u8| {
        if let Some(out) = units.get_mut(at) {
            *out = T::cut(choice.into());
        }
        if let Some(out) = states.get_mut(at) {
            *out = state;
        }
    };
    for at in 0..of.state.len() {
        let (mut best, mut worst) = match of.state[at] {
            state::KNOWN => match place(of.units[at].wide()) {
                Some(choice) => (choice, choice),
                None => {
                    write(at, 0, state::UNKNOWN);
                    continue;
                }
            },
            state::UNKNOWN => (first, last),
            blank => {
                write(at, 0, blank);
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
        write(at, best, if best == worst { state::KNOWN } else { state::UNKNOWN });
    }
}

/// How many places a list may have that is made for one batch.
const MOST_LISTED: i64 = 256;

pub(super) fn as_units<T: Cell>(out: Out<'_, T>, of: &[u8]) {
    out.units.iter_mut().zip(of).for_each(|(out, of)| *out = if *of == state::KNOWN { T::ONE } else { T::default() });
    out.state.iter_mut().zip(of).for_each(|(out, &of)| *out = if of == state::NO { state::KNOWN } else { of });
}

pub(super) fn as_truth<T: Cell>(out: &mut [u8], of: In<'_, T>) {
    for (out, (&units, &state)) in out.iter_mut().zip(of.units.iter().zip(of.state)) {
        let yes = if units == T::default() { state::NO } else { state::KNOWN };
        *out = match state {
            state::KNOWN => yes,
            state::UNKNOWN => state::UNKNOWN,
            _ => state::UNFIT,
        };
    }
}

/// A comparison of two values, or of a value with the same for all.
pub(super) fn compare<T: Cell>(out: &mut [u8], op: Comparison, left: Side<'_, T>, right: Side<'_, T>) {
    match op {
        Comparison::Less => compared(out, left, right, |a, b| a < b),
        Comparison::AtMost => compared(out, left, right, |a, b| a <= b),
        Comparison::Is => compared(out, left, right, |a, b| a == b),
        Comparison::IsNot => compared(out, left, right, |a, b| a != b),
    }
    let may = |side: &Side<'_, T>| if let Side::Of(of) = side { of.may } else { state::KNOWN };
    let any = may(&left) | may(&right);
    for side in [left, right] {
        let Side::Of(of) = side else { continue };
        if of.may == state::KNOWN {
            continue;
        }
        if any & BLANK == 0 {
            out.iter_mut().zip(of.state).for_each(|(out, &state)| {
                let known = *out;
                *out = if state == state::UNKNOWN { state::UNKNOWN } else { known };
            });
            continue;
        }
        let not_happened = if op == Comparison::IsNot { state::KNOWN } else { state::NO };
        // What decides wins over what is already there: what does not apply over what is missing, and that over what has not happened.
        for (out, state) in out.iter_mut().zip(of.state) {
            let own = match *state {
                state::KNOWN => continue,
                state::NO => not_happened | OF_WHAT_HAS_NOT,
                blank => blank,
            };
            *out = stronger(*out, own);
        }
    }
    if any & BLANK != 0 {
        out.iter_mut().for_each(|it| *it &= !OF_WHAT_HAS_NOT);
    }
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
pub(super) enum Side<'v, T> {
    /// The same for all.
    Same(T),
    /// Of each row.
    Of(In<'v, T>),
}

fn compared<T: Cell>(out: &mut [u8], left: Side<'_, T>, right: Side<'_, T>, holds: impl Fn(T, T) -> bool) {
    let truth = |yes: bool| if yes { state::KNOWN } else { state::NO };
    match (left, right) {
        (Side::Of(a), Side::Of(b)) => {
            for (out, (a, b)) in out.iter_mut().zip(a.units.iter().zip(b.units)) {
                *out = truth(holds(*a, *b));
            }
        }
        (Side::Of(a), Side::Same(b)) => {
            out.iter_mut().zip(a.units).for_each(|(out, a)| *out = truth(holds(*a, b)));
        }
        (Side::Same(a), Side::Of(b)) => {
            out.iter_mut().zip(b.units).for_each(|(out, b)| *out = truth(holds(a, *b)));
        }
        (Side::Same(a), Side::Same(b)) => out.fill(truth(holds(a, b))),
    }
}

#[cfg(test)]
mod tests {
    use super::{Grid, In, Mode, Out, round, rounded};
    use crate::plan::node::state;

    /// What is rounded of some numbers, by one and the same below or by one of each.
    fn all(above: &[i64], below: Option<&[i64]>, grid: Grid) -> Vec<i64> {
        let state = vec![state::KNOWN; above.len()];
        let ends = |of: &[i64]| (*of.iter().min().unwrap(), *of.iter().max().unwrap());
        let (mut units, mut states) = (vec![0; above.len()], state.clone());
        let of = |units| In { units, state: &state, may: state::KNOWN };
        let out = Out { units: &mut units, state: &mut states };
        round(out, of(above), below.map(of), grid, (ends(above), below.map_or((1, 1), ends)));
        units
    }

    #[test]
    fn a_quotient_cut_off_in_floating_point_is_that_of_whole_numbers() {
        let grid = |up, down, to| Grid { up, down, mode: Mode::Down, to };
        for greatest in [i64::from(i32::MAX) - 1, i64::from(i32::MAX) + 1, (1 << 53) + 3] {
            let mut above: Vec<i64> = [1, 2, 3, 7, 10, 97, 1_000, 65_537, 46_341]
                .iter()
                .flat_map(|by| {
                    [greatest / by * by - 1, greatest / by * by, -(greatest / by * by), 1 - greatest / by * by]
                })
                .collect();
            above.extend([0, 1, -1, greatest, -greatest]);
            for down in [1, 2, 3, 7, 10, 97, 1_000, 65_537, greatest] {
                let exact: Vec<i64> = above.iter().map(|it| rounded(*it, down, Mode::Down)).collect();
                assert_eq!(all(&above, None, grid(1, down, 1)), exact, "by {down} up to {greatest}");
                let below = vec![down; above.len()];
                assert_eq!(all(&above, Some(&below), grid(1, 1, 1)), exact, "each by {down} up to {greatest}");
            }
        }
    }
}
