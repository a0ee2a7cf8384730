//! Ratios of selection rates, for people who look at whom rules fall upon. They are figures to look at, and decide nothing.

use serde::Serialize;

/// The ratio of a group's rate to that of the group with the highest, with the interval in which it lies with a confidence of 95 %: by the
/// normal approximation of its logarithm (Katz, Baptista, Azen and Pike, 1978).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Ratio {
    /// The ratio.
    pub ratio: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The quantile of the normal distribution that leaves 2.5 % above it.
const Z: f64 = 1.959_963_984_540_054;

/// `some` of `of` in one group, against those of the other; nothing where a group is empty or nobody in it was selected.
#[must_use]
pub(super) fn ratio((some, of): (usize, usize), (others, of_others): (usize, usize)) -> Option<Ratio> {
    if some == 0 || others == 0 || of == 0 || of_others == 0 {
        return None;
    }
    let [a, n, b, m] = [some, of, others, of_others].map(|it| it as f64);
    let ratio = (a / n) / (b / m);
    let spread = Z * (1.0 / a - 1.0 / n + 1.0 / b - 1.0 / m).max(0.0).sqrt();
    Some(Ratio { ratio, low: ratio * (-spread).exp(), high: ratio * spread.exp() })
}

#[cfg(test)]
mod tests {
    use super::ratio;

    #[test]
    fn the_interval_is_that_of_the_textbook() {
        // 15 of 100 against 30 of 100: ln 0.5 ± 1.96 · sqrt(0.0567 + 0.0233).
        let found = ratio((15, 100), (30, 100)).expect("both groups have some");
        let rounded = [found.ratio, found.low, found.high].map(|it| (it * 1_000.0).round() / 1_000.0);
        assert_eq!(rounded, [0.5, 0.287, 0.870]);
        assert_eq!(ratio((0, 100), (30, 100)), None);
        assert_eq!(ratio((1, 1), (1, 1)).map(|it| (it.low, it.high)), Some((1.0, 1.0)));
    }
}
