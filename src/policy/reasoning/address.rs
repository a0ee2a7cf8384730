//! What is known of expressions by their place in memory: the policy does not move while it is looked at.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::policy::model::Expr;

/// Kept by the place of an expression. It is only asked, never gone through, so that no order comes of it.
pub(super) type ByAddress<T> = HashMap<usize, T, BuildHasherDefault<Spread>>;

/// The place of an expression in memory.
pub(super) fn address(expr: &Expr) -> usize {
    std::ptr::from_ref(expr).addr()
}

/// Places are apart already: one multiplication spreads them, where the usual hash guards against what nobody can send.
#[derive(Debug, Default)]
pub(super) struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|it| self.write_u64(u64::from(*it)));
    }

    fn write_u64(&mut self, number: u64) {
        let spread = (self.0 ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = spread ^ (spread >> 32);
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(u64::try_from(number).unwrap_or(u64::MAX));
    }
}
