//! How long something took, and how much of that another program had the processor.

use std::time::{Duration, Instant};

/// Begins to run when it is made, for the thread that made it.
pub(crate) struct Clock {
    began: Instant,
    before: (Duration, Duration),
}

/// What a clock has shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Took {
    /// From beginning to end.
    pub(crate) all: Duration,
    /// On a processor.
    pub(crate) ran: Duration,
    /// Ready, and waiting for a processor that others had.
    pub(crate) waited: Duration,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { before: scheduled(), began: Instant::now() }
    }

    pub(crate) fn took(&self) -> Took {
        let (all, (ran, waited)) = (self.began.elapsed(), scheduled());
        Took { all, ran: ran - self.before.0, waited: waited - self.before.1 }
    }
}

impl Took {
    /// All but what others had the processor.
    pub(crate) fn own(self) -> Duration {
        self.all.saturating_sub(self.waited)
    }
}

/// How long this thread has run and waited to run, as the kernel counts it.
fn scheduled() -> (Duration, Duration) {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let mut numbers = text.split_whitespace().map(|it| Duration::from_nanos(it.parse().unwrap_or(0)));
    (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default())
}
