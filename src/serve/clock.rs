//! The machine's clock, which may jump, held so that nobody here works at an earlier moment than before.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Reads the machine's clock (seconds UTC).
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The clock of this machine.
#[must_use]
pub fn machine_clock() -> Clock {
    Arc::new(|| jiff::Timestamp::now().as_second())
}

/// A clock that remembers the latest moment that it or the store has seen.
pub(super) struct Steady {
    clock: Clock,
    latest: AtomicI64,
}

/// The clock shows an earlier moment than one that was seen before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Behind {
    /// By so many seconds.
    pub(super) seconds: i64,
    /// The latest moment seen.
    pub(super) latest: i64,
}

impl Steady {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, latest: AtomicI64::new(i64::MIN) }
    }

    /// A moment that somebody has seen: no earlier one counts from here on.
    pub(super) fn has_seen(&self, moment: i64) {
        self.latest.fetch_max(moment, Ordering::SeqCst);
    }

    /// The moment now, unless the clock has gone back.
    pub(super) fn now(&self) -> Result<i64, Behind> {
        let now = (self.clock)();
        let latest = self.latest.fetch_max(now, Ordering::SeqCst);
        if now < latest { Err(Behind { seconds: latest - now, latest }) } else { Ok(now) }
    }

    /// The latest moment seen: what is written down never lies before it.
    pub(super) fn never_back(&self) -> i64 {
        match self.now() {
            Ok(now) => now,
            Err(behind) => behind.latest,
        }
    }
}
