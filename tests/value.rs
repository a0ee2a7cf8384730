//! Exact numbers against fractions small enough to be reckoned by hand, and the laws of three-valued logic.

#![expect(clippy::unwrap_used, reason = "a test whose numbers cannot be made has failed")]

use merit::value::{Missing, Number, NumberFault, Rounding, Truth};
use proptest::prelude::*;

fn number(text: &str) -> Number {
    text.parse().unwrap()
}

fn fraction(numerator: i64, denominator: i64) -> Number {
    Number::fraction(i128::from(numerator), i128::from(denominator)).unwrap()
}

const MODES: [Rounding; 4] = [Rounding::HalfUp, Rounding::HalfEven, Rounding::Up, Rounding::Down];

#[test]
fn decimals_are_read_and_written_without_loss() {
    for (text, written, decimals) in [
        ("1200.50", "1200.5", 1),
        ("-3", "-3", 0),
        ("-0", "0", 0),
        ("0.05", "0.05", 2),
        ("007", "7", 0),
        ("-0.50", "-0.5", 1),
        ("1.0000000000000000000000000000000000000000000000", "1", 0),
        ("-170141183460469231731687303715884105728", "-170141183460469231731687303715884105728", 0),
        ("0.00000000000000000000000000000000000001", "0.00000000000000000000000000000000000001", 38),
    ] {
        let read = number(text);
        assert_eq!(read.to_string(), written, "{text}");
        assert_eq!(read.decimals(), Some(decimals), "{text}");
    }
}

#[test]
fn junk_is_no_number() {
    for junk in
        ["", "-", ".", "5.", ".5", "+5", " 5", "5 ", "1,200", "1e3", "--1", "5/10", "-.5", "٣", "1.2.3", "½", "NaN"]
    {
        assert_eq!(junk.parse::<Number>(), Err(NumberFault::NotANumber), "{junk}");
    }
    assert_eq!("170141183460469231731687303715884105728".parse::<Number>(), Err(NumberFault::TooLarge));
}

#[test]
fn a_decimal_that_does_not_end_says_that_it_is_not_exact() {
    for (numerator, denominator, shown) in [
        (1, 3, "≈0.3333333333"),
        (-2, 3, "≈-0.6666666667"),
        (20, 3, "≈6.6666666667"),
        (1, 30_000_000_000, "≈0"),
        (29_999_999_999, 30_000_000_000, "≈1"),
        (-1, 30_000_000_000, "≈0"),
    ] {
        assert_eq!(fraction(numerator, denominator).to_string(), shown);
    }
    let long = Number::fraction(i128::MAX, i128::MAX - 1).unwrap();
    assert_eq!(long.to_string(), "≈1");
    assert_eq!(Number::fraction(i128::MIN, i128::MAX).unwrap().to_string(), "≈-1");
}

#[test]
fn rounding_of_halves() {
    let cases = [
        ("2.5", ["3", "2", "3", "2"]),
        ("3.5", ["4", "4", "4", "3"]),
        ("-2.5", ["-3", "-2", "-3", "-2"]),
        ("-3.5", ["-4", "-4", "-4", "-3"]),
        ("2.4", ["2", "2", "3", "2"]),
        ("-2.6", ["-3", "-3", "-3", "-2"]),
        ("7", ["7", "7", "7", "7"]),
        ("0", ["0", "0", "0", "0"]),
    ];
    for (given, rounded) in cases {
        for (mode, wanted) in MODES.into_iter().zip(rounded) {
            assert_eq!(number(given).round(mode, Number::ONE), Ok(number(wanted)), "{given} {mode:?}");
        }
    }
    assert_eq!(number("1234567").round(Rounding::Down, number("1000")), Ok(number("1234000")));
    assert_eq!(number("79.95").round(Rounding::HalfUp, number("0.1")), Ok(number("80")));
    assert_eq!(number("5").round(Rounding::Up, Number::ZERO), Err(NumberFault::DivisionByNought));
}

#[test]
fn what_is_too_large_is_named_and_never_wraps() {
    let most = Number::from_scaled(i128::MAX, 0).unwrap();
    let least = Number::from_scaled(i128::MIN, 0).unwrap();
    assert_eq!(most.add(Number::ONE), Err(NumberFault::TooLarge));
    assert_eq!(least.subtract(Number::ONE), Err(NumberFault::TooLarge));
    assert_eq!(least.negate(), Err(NumberFault::TooLarge));
    assert_eq!(most.multiply(most), Err(NumberFault::TooLarge));
    assert_eq!(Number::ONE.divide(Number::ZERO), Err(NumberFault::DivisionByNought));
    assert_eq!(Number::from_scaled(1, 39), Err(NumberFault::TooLarge));
    assert_eq!(most.divide(most), Ok(Number::ONE));
    assert!(least < most && Number::fraction(i128::MAX, 2).unwrap() < most);
}

#[test]
fn scaled_units_are_exact_or_refused() {
    assert_eq!(number("12.34").to_scaled(2), Some(1234));
    assert_eq!(number("12.34").to_scaled(1), None);
    assert_eq!(number("-12.3").to_scaled(3), Some(-12_300));
    assert_eq!(fraction(1, 3).to_scaled(20), None);
    assert_eq!(fraction(1, 3).decimals(), None);
    assert_eq!(number("1").to_scaled(39), None);
    assert_eq!(Number::from_scaled(5, 1), Ok(fraction(1, 2)));
}

/// Fractions of small whole numbers; everything about them fits in 64 bits.
fn small() -> impl Strategy<Value = (i64, i64)> {
    (-400_i64..=400, 1_i64..=60)
}

fn any_number() -> impl Strategy<Value = Number> {
    let wide = (any::<i128>(), any::<i128>())
        .prop_filter_map("no denominator", |(numerator, denominator)| Number::fraction(numerator, denominator).ok());
    prop_oneof![3 => small().prop_map(|(a, b)| fraction(a, b)), 1 => wide]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn reckoning_agrees_with_fractions((a, b) in small(), (c, d) in small()) {
        let (x, y) = (fraction(a, b), fraction(c, d));
        prop_assert_eq!(x.add(y), Ok(fraction(a * d + c * b, b * d)));
        prop_assert_eq!(x.subtract(y), Ok(fraction(a * d - c * b, b * d)));
        prop_assert_eq!(x.multiply(y), Ok(fraction(a * c, b * d)));
        prop_assert_eq!(x.divide(y), if c == 0 { Err(NumberFault::DivisionByNought) } else { Ok(fraction(a * d, b * c)) });
        prop_assert_eq!(x.cmp(&y), (a * d).cmp(&(c * b)));
        prop_assert_eq!(x == y, a * d == c * b);
    }

    #[test]
    fn laws_of_reckoning((a, b) in small(), (c, d) in small(), (e, f) in small()) {
        let (x, y, z) = (fraction(a, b), fraction(c, d), fraction(e, f));
        prop_assert_eq!(x.add(y).unwrap().add(z), x.add(y.add(z).unwrap()));
        prop_assert_eq!(x.add(y), y.add(x));
        prop_assert_eq!(x.multiply(y).unwrap().multiply(z), x.multiply(y.multiply(z).unwrap()));
        prop_assert_eq!(x.multiply(y.add(z).unwrap()), x.multiply(y).unwrap().add(x.multiply(z).unwrap()));
        prop_assert_eq!(x.add(y).unwrap().subtract(y), Ok(x));
        if y != Number::ZERO {
            prop_assert_eq!(x.multiply(y).unwrap().divide(y), Ok(x));
        }
    }

    #[test]
    fn rounding_agrees_with_whole_units((a, b) in small(), step in 1_i64..=25, below in 1_i64..=10) {
        // a/b in units of step/below, as a fraction of whole numbers.
        let (above, under) = (a * below, b * step);
        let (down, rest) = (above / under, above % under);
        let away = if rest == 0 { down } else { down + above.signum() };
        let half = (2 * rest.abs()).cmp(&under);
        let nearest = |tie: i64| match half { std::cmp::Ordering::Less => down, std::cmp::Ordering::Greater => away, std::cmp::Ordering::Equal => tie };
        let even = if down % 2 == 0 { down } else { away };
        let wanted = [nearest(away), nearest(even), away, down];
        let (given, to) = (fraction(a, b), fraction(step, below));
        for (mode, units) in MODES.into_iter().zip(wanted) {
            let rounded = given.round(mode, to).unwrap();
            prop_assert_eq!(rounded, fraction(units * step, below), "{:?}", mode);
            prop_assert_eq!(rounded.round(mode, to), Ok(rounded), "rounding twice is rounding once");
        }
    }

    #[test]
    fn the_nearest_multiple_lies_next_to_the_number((a, b) in small(), step in 1_i64..=25, below in 1_i64..=10) {
        let (given, step) = (fraction(a, b), fraction(step, below));
        let (up, down) = (given.multiple(step, true).unwrap(), given.multiple(step, false).unwrap());
        prop_assert!(down <= given && given <= up);
        prop_assert!(down.divide(step).unwrap().is_whole() && up.divide(step).unwrap().is_whole());
        prop_assert!(up == down || up == down.add(step).unwrap());
        prop_assert_eq!(up == down, given == up);
    }

    #[test]
    fn wide_numbers_reckon_as_narrow_ones_do((a, b) in small(), (c, d) in small()) {
        // Beyond 32 and beyond 64 bits numbers are reckoned otherwise.
        for wide in [1 << 40, 1 << 80] {
            let wide = Number::fraction(wide, 1).unwrap();
            let (x, y) = (fraction(a, b), fraction(c, d));
            let (more, also) = (x.multiply(wide).unwrap(), y.multiply(wide).unwrap());
            prop_assert_eq!(more.cmp(&also), x.cmp(&y));
            prop_assert_eq!(more.add(also).unwrap().divide(wide), x.add(y));
            prop_assert_eq!(more.subtract(also).unwrap().divide(wide), x.subtract(y));
            if y != Number::ZERO {
                prop_assert_eq!(more.divide(also), x.divide(y));
            }
        }
    }

    #[test]
    fn order_is_total_and_exact(mut numbers in prop::collection::vec(any_number(), 3)) {
        numbers.sort();
        prop_assert!(numbers[0] <= numbers[1] && numbers[1] <= numbers[2] && numbers[0] <= numbers[2]);
        for (x, y) in [(0, 1), (1, 2), (0, 2)].map(|(a, b)| (numbers[a], numbers[b])) {
            prop_assert_eq!(x.cmp(&y), y.cmp(&x).reverse());
            prop_assert_eq!(x == y, x.cmp(&y).is_eq());
            if let Ok(difference) = y.subtract(x) {
                prop_assert!(difference >= Number::ZERO);
            }
        }
    }

    #[test]
    fn nothing_about_any_number_panics(x in any_number(), y in any_number()) {
        let _ = (x.add(y), x.subtract(y), x.multiply(y), x.divide(y), x.negate(), x.decimals(), x.to_string());
        for mode in MODES {
            let _ = x.round(mode, y);
        }
        for scale in 0..=40 {
            let _ = x.to_scaled(scale);
        }
    }

    #[test]
    fn json_gives_back_the_same_number(x in any_number()) {
        let written = serde_json::to_string(&x).unwrap();
        prop_assert!(written.starts_with('"'), "a text, never a float: {}", written);
        prop_assert_eq!(serde_json::from_str::<Number>(&written).unwrap(), x);
    }

    #[test]
    fn what_is_printed_exactly_reads_back((a, b) in small()) {
        let x = fraction(a, b);
        if x.decimals().is_some() {
            prop_assert_eq!(x.to_string().parse(), Ok(x));
        } else {
            prop_assert!(x.to_string().starts_with('≈'));
        }
    }

    #[test]
    fn no_text_makes_reading_panic(text in "[-+.0-9/ e,]{0,50}") {
        let _ = text.parse::<Number>();
    }
}

fn unknown(words: &str) -> Truth {
    Truth::Unknown(vec![Missing::Fact(words.to_owned())])
}

fn every_truth() -> Vec<Truth> {
    vec![Truth::Yes, Truth::No, unknown("a"), unknown("b"), Truth::NotApplicable]
}

#[test]
fn one_no_decides_all_and_one_yes_decides_any() {
    for other in every_truth() {
        assert_eq!(Truth::all([other.clone(), Truth::No]), Truth::No);
        assert_eq!(Truth::any([other, Truth::Yes]), Truth::Yes);
    }
    assert_eq!(Truth::all([Truth::Yes, Truth::NotApplicable]), Truth::NotApplicable);
    assert_eq!(Truth::any([Truth::No, Truth::NotApplicable]), Truth::NotApplicable);
    assert_eq!(Truth::all([unknown("a"), Truth::NotApplicable]), unknown("a"));
    assert_eq!(Truth::all([]), Truth::Yes);
    assert_eq!(Truth::any([]), Truth::No);
}

#[test]
fn what_is_missing_is_named_once_and_in_order() {
    let missing = |of: &[&str]| of.iter().map(|it| Missing::Fact((*it).to_owned())).collect::<Vec<_>>();
    let came = Truth::all([unknown("b"), Truth::Yes, unknown("a"), unknown("b")]);
    assert_eq!(came, Truth::Unknown(missing(&["a", "b"])));
    assert_eq!(Truth::all([unknown("b"), Truth::No]), Truth::No);
}

#[test]
fn the_laws_of_kleene() {
    for a in every_truth() {
        assert_eq!(a.clone().negate().negate(), a);
        for b in every_truth() {
            assert_eq!(Truth::all([a.clone(), b.clone()]), Truth::all([b.clone(), a.clone()]));
            let neither = Truth::any([a.clone(), b.clone()]).negate();
            assert_eq!(neither, Truth::all([a.clone().negate(), b.clone().negate()]));
            for c in every_truth() {
                let left = Truth::all([Truth::all([a.clone(), b.clone()]), c.clone()]);
                let right = Truth::all([a.clone(), Truth::all([b.clone(), c.clone()])]);
                assert_eq!(left, right, "{a:?} {b:?} {c:?}");
            }
        }
    }
}
