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
    let name = |at: usize| labels[bands.bands[at].choice as usize].name.as_str();
    let mut order: Vec<(usize, Ends)> =
        bands.bands.iter().enumerate().map(|(at, it)| (at, Ends::of(&it.interval, step))).collect();
    for (at, ends) in &order {
        if matches!((ends.low, ends.high), (Some(low), Some(high)) if low > high) {
            let words = format!("no value lies in band `{}`", name(*at));
            let empty = Diagnostic::new(codes::EMPTY_BAND, bands.bands[*at].span, words);
            found.push(empty.help("write the lower end first"));
            return;
        }
    }
    order.sort_by_key(|it| (it.1.low.is_some(), it.1.low));
    for pair in order.windows(2) {
        let ((below, a), (above, b)) = (&pair[0], &pair[1]);
        let (Some(high), Some(low)) = (a.high, b.low) else {
            both_hold(labels, bands, (*below, *above), b.low.or(a.high), found);
            continue;
        };
        if low <= high {
            both_hold(labels, bands, (*below, *above), Some(low), found);
        } else if high.add(step).is_ok_and(|next| next < low) {
            let sample = high.add(step).map_or_else(|_| String::new(), |it| it.to_string());
            let (under, over) = (name(*below), name(*above));
            let words = format!("no band holds {sample}: `{under}` ends at {high}, and `{over}` begins at {low}");
            let gap = Diagnostic::new(codes::GAP, bands.bands[*above].span, words);
            let gap = gap.label(bands.bands[*below].span, "the band below");
            found.push(gap.help("let the band below reach `to below` where the next begins"));
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
    if let Some(sample) = below.or(above) {
        let words = format!("no band holds {sample}, which can come up");
        let help = "let the last band be open, such as `below 60` or `101 and more`, or limit what is banded";
        found.push(Diagnostic::new(codes::GAP, bands.bands[lowest].span, words).help(help));
    }
}

fn both_hold(labels: &[Label], bands: &Bands, (a, b): (usize, usize), sample: Option<Number>, found: &mut Diagnostics) {
    let sample = sample.map_or_else(|| "some value".to_owned(), |it| it.to_string());
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
        let end = |bound: &Bound, inwards: Number| match &bound.at {
            Value::Known(Known::Number(at) | Known::Money { amount: at, .. }) if bound.included => Some(*at),
            Value::Known(Known::Number(at) | Known::Money { amount: at, .. }) => at.add(inwards).ok(),
            _ => None,
        };
        let down = step.negate().unwrap_or(step);
        Self {
            low: interval.low.as_ref().and_then(|it| end(it, step)),
            high: interval.high.as_ref().and_then(|it| end(it, down)),
        }
    }
}
