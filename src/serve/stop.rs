//! The word to stop, for threads and for futures.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

/// Told once, known to all: that the daemon is to stop.
#[derive(Debug, Default)]
pub struct Stop {
    asked: Mutex<bool>,
    /// Why the daemon can't go on, if that is why.
    because: Mutex<Option<String>>,
    bell: Condvar,
    notify: Notify,
}

impl Stop {
    /// Says it.
    pub fn ask(&self) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.bell.notify_all();
        self.notify.notify_one();
    }

    /// Says it, because the daemon can't go on.
    pub(super) fn give_up(&self, because: &str) {
        let mut why = self.because.lock().unwrap_or_else(PoisonError::into_inner);
        why.get_or_insert_with(|| because.to_owned());
        drop(why);
        self.ask();
    }

    /// Why it can't go on, if it can't.
    pub(super) fn reason(&self) -> Option<String> {
        self.because.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it was said.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleeps so long, or until it is said.
    pub(super) fn sleep(&self, at_most: Duration) {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.bell.wait_timeout_while(asked, at_most, |asked| !*asked));
    }

    /// Until it is said.
    pub(super) async fn asked_for(&self) {
        while !self.is_asked() {
            self.notify.notified().await;
        }
    }
}
