//! What a scale must not say: bands that leave a gap, overlap or hold nothing; caps that change nothing.

use crate::codes_policy as codes;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::policy::axes::axis_of;
use crate::policy::model::{Bands, Bound, Interval, Label, Policy, Scale};
use crate::policy::table::Axis;
use crate::value::{Known, Number, Value};

pub(super) fn bands_hold_every_value(policy: &Policy, scale: &Scale, found: &mut Diagnostics) {
    let labels = &policy.choices[scale.choices.index()].choices;
    for version in &scale.versions {
        bands_leave_no_gap_and_do_not_overlap(policy, labels, &version.value, found);
        caps_change_something(labels, &version.value, found);
    }
}

/// Neighbouring bands meet: on the decimals of what they band, no value lies between them or in both.
fn bands_leave_no_gap_and_do_not_overlap(policy: &Policy, labels: &[Label], bands: &Bands, found: &mut Diagnostics) {
    let axis = axis_of(policy, &bands.of);
    let step = axis.step.unwrap_or_else(|| Number::from_scaled(1, 9).unwrap_or(Number::ONE));
    let shown = |it: Number| shown(it, &axis);
    let name = |at: usize| labels[bands.bands[at].choice as usize].name.as_str();
    let mut order: Vec<(usize, Ends)> =
        bands.bands.iter().enumerate().map(|(at, it)| (at, Ends::of(&it.interval, step))).collect();
    for (at, ends) in &order {
        if matches!((ends.low, ends.high), (Some(low), Some(high)) if low > high) {
            let words = format!("no value lies in band `{}`", name(*at));
            let written = &bands.bands[*at].interval;
            let turned = written.low.as_ref().zip(written.high.as_ref()).is_some_and(
                |(low, high)| matches!((amount(low), amount(high)), (Some(low), Some(high)) if low > high),
            );
            let help = if turned {
                "write the lower end first"
            } else {
                "widen it to a value that can come up, or leave it out"
            };
            found.push(Diagnostic::new(codes::EMPTY_BAND, bands.bands[*at].span, words).help(help));
            return;
        }
    }
    order.sort_by_key(|it| (it.1.low.is_some(), it.1.low));
    for pair in order.windows(2) {
        let ((below, a), (above, b)) = (&pair[0], &pair[1]);
        let (Some(high), Some(low)) = (a.high, b.low) else {
            both_hold(labels, bands, (*below, *above), b.low.or(a.high).map(shown), found);
            continue;
        };
        if low <= high {
            both_hold(labels, bands, (*below, *above), Some(shown(low)), found);
        } else if high.add(step).is_ok_and(|next| next < low) {
            let sample = shown(plainest(high, low, axis.step).unwrap_or(high));
            let (under, over) = (name(*below), name(*above));
            let (high, low) = (shown(high), shown(low));
            let words = format!("no band holds {sample}: `{under}` ends at {high}, and `{over}` begins at {low}");
            let gap = Diagnostic::new(codes::GAP, bands.bands[*above].span, words);
            let gap = gap.label(bands.bands[*below].span, "the band below");
            let help = "let the band below reach `to below` where the next begins";
            found.push(match axis.step {
                Some(_) => gap.help(help),
                None => gap.help(format!("{help}, or round what is banded, as in `, rounded half up to 1 decimal`")),
            });
        }
    }
    if let (Some((lowest, first)), Some((_, last))) = (order.first(), order.last()) {
        nothing_lies_beyond(bands, *lowest, (first, last), &axis, found);
    }
}

/// What is banded can't be less than the lowest band holds, nor more than the highest does, as far as records say.
fn nothing_lies_beyond(bands: &Bands, lowest: usize, ends: (&Ends, &Ends), axis: &Axis, found: &mut Diagnostics) {
    let below = ends.0.low.zip(axis.low).filter(|(low, least)| least < low).map(|it| it.1);
    let above = ends.1.high.zip(axis.high).filter(|(high, most)| most > high).map(|it| it.1);
    if let Some(sample) = below.or(above).map(|it| shown(it, axis)) {
        let words = format!("no band holds {sample}, which can come up");
        let help = "let the last band be open, such as `below 60` or `101 and more`, or limit what is banded";
        found.push(Diagnostic::new(codes::GAP, bands.bands[lowest].span, words).help(help));
    }
}

fn both_hold(labels: &[Label], bands: &Bands, (a, b): (usize, usize), sample: Option<String>, found: &mut Diagnostics) {
    let sample = sample.unwrap_or_else(|| "some value".to_owned());
    let (first, second) = (&bands.bands[a], &bands.bands[b]);
    let name = |choice: u32| labels[choice as usize].name.as_str();
    let words = format!("{sample} lies in two bands: `{}` and `{}`", name(first.choice), name(second.choice));
    let overlap = Diagnostic::new(codes::BANDS_OVERLAP, second.span, words).label(first.span, "the other band");
    found.push(overlap.help("let one of them end `to below` where the other begins"));
}

/// The best band as a cap, or the worst as what it is at least, changes nothing.
fn caps_change_something(labels: &[Label], bands: &Bands, found: &mut Diagnostics) {
    let (best, worst) = (bands.bands.first().map(|it| it.choice), bands.bands.last().map(|it| it.choice));
    for cap in &bands.caps {
        let idle = if cap.at_most { best == Some(cap.choice) } else { worst == Some(cap.choice) };
        if idle {
            let name = &labels[cap.choice as usize].name;
            let (end, way) = if cap.at_most { ("best", "better") } else { ("worst", "worse") };
            let words = format!("`{name}` is the {end} band: nothing could be {way}");
            let help = "the bands stand best first; name the band that it stops at";
            found.push(Diagnostic::new(codes::IDLE_CAP, cap.span, words).help(help));
        }
    }
}

/// The first and last value of a band, both inside it.
struct Ends {
    low: Option<Number>,
    high: Option<Number>,
}

impl Ends {
    fn of(interval: &Interval, step: Number) -> Self {
        // What is banded lies on the step; a bound need not.
        let low = |bound: &Bound| {
            let (at, first) = (amount(bound)?, amount(bound)?.multiple(step, true).ok()?);
            if first > at || bound.included { Some(first) } else { first.add(step).ok() }
        };
        let high = |bound: &Bound| {
            let (at, last) = (amount(bound)?, amount(bound)?.multiple(step, false).ok()?);
            if last < at || bound.included { Some(last) } else { last.subtract(step).ok() }
        };
        Self { low: interval.low.as_ref().and_then(low), high: interval.high.as_ref().and_then(high) }
    }
}

fn amount(bound: &Bound) -> Option<Number> {
    match &bound.at {
        Value::Known(Known::Number(at) | Known::Money { amount: at, .. }) => Some(*at),
        _ => None,
    }
}

/// A number as the bands write it: of a percentage, in hundredths.
fn shown(number: Number, axis: &Axis) -> String {
    let percent = axis.percent == Some(true);
    let hundredfold = percent.then(|| number.multiply(Number::from(100)).ok()).flatten();
    hundredfold.map_or_else(|| number.to_string(), |it| format!("{it}%"))
}

/// A value between two that can come up: the next on the step, or the one with the fewest decimals.
fn plainest(low: Number, high: Number, step: Option<Number>) -> Option<Number> {
    if let Some(step) = step {
        return low.add(step).ok();
    }
    (0..=9).find_map(|decimals| {
        let step = Number::from_scaled(1, decimals).ok()?;
        let first = low.multiple(step, true).ok()?;
        let next = if first > low { first } else { first.add(step).ok()? };
        (next < high).then_some(next)
    })
}
