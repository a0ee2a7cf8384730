//! Named points at which a test may stop the program for good. In a release build they are nothing.

/// A point: before or after a commit or a send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// Before records of an import are committed.
    BeforeImport,
    /// After it.
    AfterImport,
    /// While decisions are made, before their commit.
    Deciding,
    /// Before decisions are committed.
    BeforeCommit,
    /// After it.
    AfterCommit,
    /// Before an attempt to send is written down.
    BeforeAttempt,
    /// Before the mail leaves.
    BeforeSend,
    /// After it left, before its result is written down.
    AfterSend,
    /// After the result is written down.
    AfterResult,
}

impl Point {
    /// The name that tests use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Point::BeforeImport => "before-import",
            Point::AfterImport => "after-import",
            Point::Deciding => "deciding",
            Point::BeforeCommit => "before-commit",
            Point::AfterCommit => "after-commit",
            Point::BeforeAttempt => "before-attempt",
            Point::BeforeSend => "before-send",
            Point::AfterSend => "after-send",
            Point::AfterResult => "after-result",
        }
    }
}

/// Passes a point. In a debug build with `MERIT_STOP_AT=name:n`, the n-th passing says so on stderr and waits to be killed.
pub fn point(at: Point) {
    #[cfg(debug_assertions)]
    debug::pass(at);
    #[cfg(not(debug_assertions))]
    let _ = at;
}

#[cfg(debug_assertions)]
mod debug {
    use std::io::Write;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::Point;

    /// How often each point was passed; only a debug build counts.
    static PASSED: [AtomicU64; 9] = [const { AtomicU64::new(0) }; 9];

    pub(super) fn pass(at: Point) {
        let Ok(wanted) = std::env::var("MERIT_STOP_AT") else { return };
        let Some((name, nth)) = wanted.split_once(':') else { return };
        let passed = PASSED[at as usize].fetch_add(1, Ordering::Relaxed) + 1;
        if name != at.name() || nth.parse() != Ok(passed) {
            return;
        }
        let mut stderr = std::io::stderr().lock();
        if writeln!(stderr, "stopped at {wanted}").and_then(|()| stderr.flush()).is_ok() {
            drop(stderr);
            loop {
                std::thread::sleep(std::time::Duration::from_secs(3600));
            }
        }
    }
}

/// Whether a test asked for the deliberate fault of sending before the commit. Never in a release build.
pub(super) fn sends_first() -> bool {
    cfg!(debug_assertions) && std::env::var_os("MERIT_FAULT").is_some_and(|it| it == "send-before-commit")
}
