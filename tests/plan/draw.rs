//! Numbers that follow from a seed, on any machine.

use jiff::civil::{Date, date};

/// Where the numbers come from.
pub(crate) struct Draw(u64);

impl Draw {
    /// The numbers of a seed; those of two seeds have nothing in common.
    pub(crate) fn new(seed: u64) -> Self {
        let mut mixed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        for by in [0xBF58_476D_1CE4_E5B9, 0x94D0_49BB_1331_11EB] {
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(by);
        }
        Self((mixed ^ (mixed >> 31)) | 1)
    }

    /// A number below another.
    pub(crate) fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % most.max(1)
    }

    /// The same, as a place in a list.
    pub(crate) fn place(&mut self, most: usize) -> usize {
        usize::try_from(self.below(most as u64)).unwrap_or(0)
    }

    /// Yes in one of so many cases.
    pub(crate) fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    /// Yes in so many of a hundred cases.
    pub(crate) fn percent(&mut self, of: u64) -> bool {
        self.below(100) < of
    }

    /// One of several.
    pub(crate) fn pick<'t, T: ?Sized>(&mut self, of: &[&'t T]) -> &'t T {
        of[self.place(of.len())]
    }

    /// One of several numbers, each as often as it weighs.
    pub(crate) fn weighted(&mut self, weights: &[u64]) -> usize {
        let mut at = self.below(weights.iter().sum());
        for (place, weight) in weights.iter().enumerate() {
            match at.checked_sub(*weight) {
                Some(rest) => at = rest,
                None => return place,
            }
        }
        0
    }

    /// A day of the years of which the records tell.
    pub(crate) fn day(&mut self) -> Date {
        let days = i64::try_from(self.below(5 * 365)).unwrap();
        date(2022, 7, 1).checked_add(jiff::Span::new().days(days)).unwrap()
    }
}
