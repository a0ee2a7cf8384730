//! Pauses after failures.

use std::time::{Duration, Instant};

/// The longest pause after a failure.
const LONGEST: Duration = Duration::from_secs(60);

/// So many times in a row (ten seconds each) another program may hold the store without anybody being told.
const LOCKED: u32 = 12;

/// Pauses after failures: each twice as long as the one before.
#[derive(Debug, Default)]
pub(super) struct Pauses {
    failures: u32,
    locked: u32,
    until: Option<Instant>,
}

impl Pauses {
    pub(super) fn has_passed(&self) -> bool {
        self.until.is_none_or(|it| Instant::now() >= it)
    }

    pub(super) fn rests(&mut self) {
        *self = Self::default();
    }

    /// Another program held the store for longer than it is waited for; whether that may still be a long piece of its work.
    pub(super) fn is_locked_out(&mut self) -> bool {
        self.locked += 1;
        self.locked <= LOCKED
    }

    pub(super) fn grows(&mut self) -> Duration {
        let pause = Duration::from_secs(1 << self.failures.min(10)).min(LONGEST);
        self.failures += 1;
        self.until = Some(Instant::now() + pause);
        pause
    }
}
