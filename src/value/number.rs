//! Exact numbers: fractions of 128-bit whole numbers. Overflow is named, never wrapped.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An exact number, kept as a reduced fraction with a denominator above nought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Number {
    numerator: i128,
    denominator: i128,
}

/// Why there is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberFault {
    /// Division by nought.
    #[error("a division by nought")]
    DivisionByNought,
    /// Too large for 128 bits.
    #[error("a number too large to be held exactly")]
    TooLarge,
    /// Not a number.
    #[error("not a number")]
    NotANumber,
}

/// How to round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rounding {
    /// 0.5 goes away from nought.
    HalfUp,
    /// 0.5 goes to the even neighbour.
    HalfEven,
    /// Away from nought.
    Up,
    /// Towards nought.
    Down,
}

/// The most digits behind the point that a power of ten in 128 bits can give.
const MOST_DECIMALS: u8 = 38;

#[expect(clippy::should_implement_trait, reason = "an operator could not give an error")]
impl Number {
    /// Nought.
    pub const ZERO: Number = Number { numerator: 0, denominator: 1 };
    /// One.
    pub const ONE: Number = Number { numerator: 1, denominator: 1 };

    /// A fraction, reduced.
    ///
    /// # Errors
    /// When the denominator is nought, or the sign can't be moved.
    pub fn fraction(numerator: i128, denominator: i128) -> Result<Self, NumberFault> {
        if denominator == 0 {
            return Err(NumberFault::DivisionByNought);
        }
        if denominator == 1 {
            return Ok(Self { numerator, denominator });
        }
        if let (Ok(small), Ok(below)) = (i32::try_from(numerator), i32::try_from(denominator)) {
            return Ok(Self::small_fraction(small.into(), below.into()));
        }
        let common = gcd(numerator.unsigned_abs(), denominator.unsigned_abs());
        let common = i128::try_from(common).map_err(|_| NumberFault::TooLarge)?;
        let (mut numerator, mut denominator) = (numerator / common, denominator / common);
        if denominator < 0 {
            numerator = numerator.checked_neg().ok_or(NumberFault::TooLarge)?;
            denominator = denominator.checked_neg().ok_or(NumberFault::TooLarge)?;
        }
        Ok(Self { numerator, denominator })
    }

    /// The same of numbers that a machine reckons with at once: nearly all there are. Neither is beyond 32 bits.
    fn small_fraction(numerator: i64, denominator: i64) -> Self {
        let (mut a, mut b) = (numerator.unsigned_abs(), denominator.unsigned_abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let common = i64::try_from(a).unwrap_or(1).max(1) * denominator.signum();
        Self { numerator: (numerator / common).into(), denominator: (denominator / common).into() }
    }

    /// A whole number of units at a scale: 1234 at scale 2 is 12.34.
    ///
    /// # Errors
    /// When the scale is beyond 38.
    pub fn from_scaled(units: i128, scale: u8) -> Result<Self, NumberFault> {
        Self::fraction(units, power_of_ten(scale)?)
    }

    /// The whole number of units at a scale, if it is exact there and fits.
    #[must_use]
    pub fn to_scaled(&self, scale: u8) -> Option<i128> {
        let units = power_of_ten(scale).ok()?;
        if units % self.denominator != 0 {
            return None;
        }
        self.numerator.checked_mul(units / self.denominator)
    }

    /// The whole number of units of one over a denominator, if it is exact there and fits: 12.34 is 1234 of 100.
    #[must_use]
    pub fn units_of(&self, denominator: i64) -> Option<i64> {
        let denominator = i128::from(denominator);
        if denominator % self.denominator != 0 {
            return None;
        }
        self.numerator.checked_mul(denominator / self.denominator).and_then(|it| i64::try_from(it).ok())
    }

    /// The two parts of the reduced fraction; the second is above nought.
    #[must_use]
    pub fn parts(&self) -> (i128, i128) {
        (self.numerator, self.denominator)
    }

    /// How many decimals it has, if they end: 12.50 has one.
    #[must_use]
    pub fn decimals(&self) -> Option<u8> {
        let (mut rest, mut twos, mut fives) = (self.denominator, 0_u8, 0_u8);
        while rest % 2 == 0 {
            (rest, twos) = (rest / 2, twos + 1);
        }
        while rest % 5 == 0 {
            (rest, fives) = (rest / 5, fives + 1);
        }
        (rest == 1).then_some(twos.max(fives))
    }

    /// Its digits and their scale, where all of them can be written.
    fn digits(&self) -> Option<(i128, u8)> {
        let scale = self.decimals().filter(|it| *it <= MOST_DECIMALS)?;
        self.to_scaled(scale).map(|units| (units, scale))
    }

    /// Whether it is a whole number.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.denominator == 1
    }

    /// The sum.
    ///
    /// # Errors
    /// When it is too large.
    pub fn add(self, other: Self) -> Result<Self, NumberFault> {
        if self.denominator == other.denominator {
            let sum = self.numerator.checked_add(other.numerator).ok_or(NumberFault::TooLarge)?;
            return Self::fraction(sum, self.denominator);
        }
        let common = i128::try_from(gcd(self.denominator.unsigned_abs(), other.denominator.unsigned_abs()))
            .map_err(|_| NumberFault::TooLarge)?;
        let left = other.denominator / common;
        let right = self.denominator / common;
        let a = self.numerator.checked_mul(left);
        let b = other.numerator.checked_mul(right);
        let sum = a.zip(b).and_then(|(a, b)| a.checked_add(b)).ok_or(NumberFault::TooLarge)?;
        Self::fraction(sum, self.denominator.checked_mul(left).ok_or(NumberFault::TooLarge)?)
    }

    /// The difference.
    ///
    /// # Errors
    /// When it is too large.
    pub fn subtract(self, other: Self) -> Result<Self, NumberFault> {
        self.add(other.negate()?)
    }

    /// The product.
    ///
    /// # Errors
    /// When it is too large.
    pub fn multiply(self, other: Self) -> Result<Self, NumberFault> {
        let a = Self::fraction(self.numerator, other.denominator)?;
        let b = Self::fraction(other.numerator, self.denominator)?;
        let numerator = a.numerator.checked_mul(b.numerator);
        let denominator = a.denominator.checked_mul(b.denominator);
        let (numerator, denominator) = numerator.zip(denominator).ok_or(NumberFault::TooLarge)?;
        Ok(Self { numerator, denominator })
    }

    /// The quotient.
    ///
    /// # Errors
    /// When the other is nought, or it is too large.
    pub fn divide(self, other: Self) -> Result<Self, NumberFault> {
        if other.numerator == 0 {
            return Err(NumberFault::DivisionByNought);
        }
        self.multiply(Self::fraction(other.denominator, other.numerator)?)
    }

    /// The opposite.
    ///
    /// # Errors
    /// When it is too large.
    pub fn negate(self) -> Result<Self, NumberFault> {
        let numerator = self.numerator.checked_neg().ok_or(NumberFault::TooLarge)?;
        Ok(Self { numerator, ..self })
    }

    /// Rounded to a multiple of `to`, which is above nought.
    ///
    /// # Errors
    /// When `to` is nought, or it is too large.
    pub fn round(self, mode: Rounding, to: Self) -> Result<Self, NumberFault> {
        let units = self.divide(to)?;
        if units.denominator == 1 {
            return Ok(self);
        }
        let whole = units.numerator / units.denominator;
        let rest = units.numerator % units.denominator;
        let away = if units.numerator < 0 { whole.checked_sub(1) } else { whole.checked_add(1) };
        let away = away.ok_or(NumberFault::TooLarge)?;
        let twice = rest.unsigned_abs().checked_mul(2).ok_or(NumberFault::TooLarge)?;
        let chosen = match (mode, twice.cmp(&units.denominator.unsigned_abs())) {
            (Rounding::Down, _) | (Rounding::HalfUp | Rounding::HalfEven, Ordering::Less) => whole,
            (Rounding::Up, _) | (Rounding::HalfUp, _) | (Rounding::HalfEven, Ordering::Greater) => away,
            (Rounding::HalfEven, Ordering::Equal) => {
                if whole % 2 == 0 {
                    whole
                } else {
                    away
                }
            }
        };
        Self { numerator: chosen, denominator: 1 }.multiply(to)
    }
}

impl Number {
    /// The nearest multiple of `step`, which is above nought, that is not below, or not above.
    ///
    /// # Errors
    /// When `step` is nought, or it is too large.
    pub fn multiple(self, step: Self, not_below: bool) -> Result<Self, NumberFault> {
        self.round(if not_below == (self.numerator > 0) { Rounding::Up } else { Rounding::Down }, step)
    }
}

impl From<i64> for Number {
    fn from(whole: i64) -> Self {
        Self { numerator: i128::from(whole), denominator: 1 }
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.denominator == other.denominator {
            return self.numerator.cmp(&other.numerator);
        }
        if self.numerator.signum() != other.numerator.signum() {
            return self.numerator.cmp(&other.numerator);
        }
        let halves = |it: &Self| Some((i64::try_from(it.numerator).ok()?, i64::try_from(it.denominator).ok()?));
        if let (Some((a, b)), Some((c, d))) = (halves(self), halves(other)) {
            return (i128::from(a) * i128::from(d)).cmp(&(i128::from(c) * i128::from(b)));
        }
        let left = self.numerator.checked_mul(other.denominator);
        let right = other.numerator.checked_mul(self.denominator);
        match left.zip(right) {
            Some((left, right)) => left.cmp(&right),
            None => compare_by_parts(*self, *other),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Compares by continued fractions: whole parts first, then the reciprocals of what is left, the other way round.
fn compare_by_parts(a: Number, b: Number) -> Ordering {
    let (mut a, mut b) = ((a.numerator, a.denominator), (b.numerator, b.denominator));
    let mut turned = false;
    loop {
        let whole = (a.0.div_euclid(a.1), b.0.div_euclid(b.1));
        let order = whole.0.cmp(&whole.1);
        let rest = (a.0.rem_euclid(a.1), b.0.rem_euclid(b.1));
        let order = match (order, rest) {
            (Ordering::Equal, (0, 0)) => return Ordering::Equal,
            (Ordering::Equal, (0, _)) => Ordering::Less,
            (Ordering::Equal, (_, 0)) => Ordering::Greater,
            (other, _) => other,
        };
        if order != Ordering::Equal {
            return if turned { order.reverse() } else { order };
        }
        (a, b) = ((a.1, rest.0), (b.1, rest.1));
        turned = !turned;
    }
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

fn power_of_ten(scale: u8) -> Result<i128, NumberFault> {
    10_i128.checked_pow(u32::from(scale)).ok_or(NumberFault::TooLarge)
}

impl FromStr for Number {
    type Err = NumberFault;

    /// Reads a plain decimal: `1200.50`, `-3`. Nothing else: no blanks, no plus sign, no fraction such as `5/10`.
    fn from_str(text: &str) -> Result<Self, NumberFault> {
        let (sign, digits) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
        let (whole, part) = match digits.split_once('.') {
            Some((_, "")) => return Err(NumberFault::NotANumber),
            Some(parts) => parts,
            None => (digits, ""),
        };
        let only_digits = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !only_digits(whole) || !only_digits(part) {
            return Err(NumberFault::NotANumber);
        }
        let part = part.trim_end_matches('0');
        let scale = u8::try_from(part.len()).map_err(|_| NumberFault::TooLarge)?;
        let units: i128 = format!("{sign}{whole}{part}").parse().map_err(|_| NumberFault::TooLarge)?;
        Self::from_scaled(units, scale)
    }
}

/// Digits in groups of three: `1,234,567.50`.
#[must_use]
pub fn grouped(digits: &str) -> String {
    let (whole, fraction) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let (sign, whole) = whole.split_at(usize::from(whole.starts_with('-')));
    let mut written = sign.to_owned();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            written.push(',');
        }
        written.push(digit);
    }
    written + fraction
}

impl fmt::Display for Number {
    /// As a decimal; one that does not end (or is too long to be written out) is shown to ten decimals, rounded half even, with `≈`
    /// before it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.digits() {
            Some((units, scale)) => formatter.write_str(&decimal(units, scale)),
            None => formatter.write_str(&self.nearly()),
        }
    }
}

impl Number {
    /// Ten decimals by long division, which can't overflow.
    fn nearly(&self) -> String {
        let (size, below) = (self.numerator.unsigned_abs(), self.denominator.unsigned_abs());
        let (mut whole, mut rest) = (size / below, size % below);
        let mut part = 0_u64;
        for _ in 0..10 {
            let mut digit = 0;
            let once = rest;
            for _ in 0..9 {
                rest += once;
                if rest >= below {
                    (rest, digit) = (rest - below, digit + 1);
                }
            }
            part = part * 10 + digit;
        }
        let round_up = match (rest * 2).cmp(&below) {
            Ordering::Greater => true,
            Ordering::Equal => part % 2 == 1,
            Ordering::Less => false,
        };
        part += u64::from(round_up);
        if part == 10_000_000_000 {
            (whole, part) = (whole + 1, 0);
        }
        let sign = if self.numerator < 0 && (whole, part) != (0, 0) { "-" } else { "" };
        let digits = format!("{part:010}");
        let digits = digits.trim_end_matches('0');
        let point = if digits.is_empty() { "" } else { "." };
        format!("≈{sign}{whole}{point}{digits}")
    }
}

fn decimal(units: i128, scale: u8) -> String {
    let scale = usize::from(scale);
    let digits = format!("{:0width$}", units.unsigned_abs(), width = scale + 1);
    let (whole, part) = digits.split_at(digits.len() - scale);
    let sign = if units < 0 { "-" } else { "" };
    if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

impl Serialize for Number {
    /// As a decimal text, else as `numerator/denominator`: never as a float.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.digits() {
            Some((units, scale)) => serializer.serialize_str(&decimal(units, scale)),
            None => serializer.collect_str(&format_args!("{}/{}", self.numerator, self.denominator)),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let part = |it: &str| it.parse::<i128>().map_err(|_| NumberFault::NotANumber);
        let number = match text.split_once('/') {
            Some((numerator, denominator)) => part(numerator).and_then(|it| Self::fraction(it, part(denominator)?)),
            None => text.parse(),
        };
        number.map_err(serde::de::Error::custom)
    }
}
