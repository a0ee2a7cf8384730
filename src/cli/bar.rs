//! How far something is, on a terminal, once it has taken some time.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::Global;

/// What takes longer tells how far it is.
const SOON: Duration = Duration::from_secs(2);

/// A bar that shows itself late, and only where somebody looks.
#[derive(Debug, Clone)]
pub(super) struct Bar(ProgressBar, Option<Instant>);

impl Bar {
    pub(super) fn of(global: &Global, all: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(all), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_bar} {percent} %, {eta} to go") {
            bar.set_style(style);
        }
        let is_looked_at = std::io::IsTerminal::is_terminal(&std::io::stderr());
        Self(bar, (!global.quiet && is_looked_at).then(Instant::now))
    }

    pub(super) fn more(&self, by: u64) {
        self.0.inc(by);
        if self.0.is_hidden() && self.1.is_some_and(|it| it.elapsed() > SOON) {
            self.0.set_draw_target(ProgressDrawTarget::stderr());
        }
    }

    pub(super) fn end(&self) {
        self.0.finish_and_clear();
    }
}
