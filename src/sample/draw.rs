//! Drawing from a seed: each draw depends on (seed, record type, row, field) and nothing else.

use jiff::ToSpan;
use jiff::civil::Date;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use sha2::{Digest, Sha256};

/// A source of numbers for one cell.
pub(super) struct Draw {
    numbers: ChaCha8Rng,
}

impl Draw {
    pub(super) fn new(seed: u64, record: &str, row: u64, field: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(seed.to_be_bytes());
        hash.update(row.to_be_bytes());
        hash.update(record.as_bytes());
        hash.update([0]);
        hash.update(field.as_bytes());
        Self { numbers: ChaCha8Rng::from_seed(hash.finalize().into()) }
    }

    /// A share from 0 to below 1; used only to decide what is made up, never in an outcome.
    pub(super) fn share(&mut self) -> f64 {
        f64::from(self.numbers.next_u32()) / (f64::from(u32::MAX) + 1.0)
    }

    /// A whole number, both ends included.
    pub(super) fn whole(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high.saturating_sub(low)).unwrap_or(0).saturating_add(1);
        low.saturating_add(i64::try_from(self.numbers.next_u64() % span).unwrap_or(0))
    }

    /// A number with decimals, as text.
    pub(super) fn decimal(&mut self, low: i64, high: i64, decimals: u8) -> String {
        let scale = 10_i64.saturating_pow(u32::from(decimals.min(9)));
        let drawn = self.whole(low.saturating_mul(scale), high.saturating_mul(scale));
        if decimals == 0 {
            return drawn.to_string();
        }
        let sign = if drawn < 0 { "-" } else { "" };
        let (whole, part) = (drawn.abs() / scale, drawn.abs() % scale);
        format!("{sign}{whole}.{part:0width$}", width = usize::from(decimals.min(9)))
    }

    /// One of several by weight; the first if no weight is given.
    pub(super) fn choose<'w>(&mut self, weighted: &[(&'w str, u64)]) -> &'w str {
        let total: u64 = weighted.iter().map(|it| it.1).sum();
        let mut at = if total == 0 { 0 } else { self.numbers.next_u64() % total };
        for (word, weight) in weighted {
            if at < *weight {
                return word;
            }
            at -= weight;
        }
        weighted.first().map_or("", |it| it.0)
    }

    /// Any of a list.
    pub(super) fn any<'w>(&mut self, list: &'w [String]) -> &'w str {
        let last = i64::try_from(list.len()).unwrap_or(1) - 1;
        let at = usize::try_from(self.whole(0, last.max(0))).unwrap_or(0);
        list.get(at).map_or("", String::as_str)
    }

    /// A day between two, as text.
    pub(super) fn day(&mut self, from: Option<&str>, to: Option<&str>) -> String {
        let read = |words: Option<&str>, other: Date| words.and_then(|it| it.parse().ok()).unwrap_or(other);
        let first = read(from, jiff::civil::date(2000, 1, 1));
        let last = read(to, jiff::civil::date(2026, 6, 30));
        let days = first.until(last).map_or(0, |span| i64::from(span.get_days()));
        first.checked_add(self.whole(0, days.max(0)).days()).unwrap_or(first).to_string()
    }
}
