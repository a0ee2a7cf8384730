//! How long to wait before the next try. Pure: no clock, no chance.

use std::time::Duration;

use sha2::{Digest, Sha256};

/// How patient a channel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackOff {
    /// The longest wait after the first try.
    pub first: Duration,
    /// How many times longer each wait is than the one before; 0 counts as 1.
    pub factor: u32,
    /// No wait is longer than this.
    pub most: Duration,
    /// After so many tries a mail goes to the dead letters.
    pub give_up_after: u32,
}

impl Default for BackOff {
    /// One minute, then three times longer each time up to six hours; twenty tries, in about two to three and a half
    /// days.
    fn default() -> BackOff {
        BackOff { first: Duration::from_secs(60), factor: 3, most: Duration::from_secs(6 * 3600), give_up_after: 20 }
    }
}

/// How long to wait after `tries` failed tries, or nothing if the mail is now a dead letter.
///
/// The wait grows exponentially up to `policy.most`. It lies between half of its full length and its full length, in whole
/// seconds and at least one; where in between comes from a hash of `key` and `tries`, so that mails which failed together don't
/// come back together, and so that the same question always has the same answer. Nought tries count as one.
///
/// ```
/// use merit::deliver::{BackOff, back_off};
/// let policy = BackOff { give_up_after: 3, ..BackOff::default() };
/// let wait = back_off(1, "delivery 7", &policy).expect("two tries are left");
/// assert!((30..=60).contains(&wait.as_secs()));
/// assert_eq!(back_off(3, "delivery 7", &policy), None);
/// ```
pub fn back_off(tries: u32, key: &str, policy: &BackOff) -> Option<Duration> {
    let tries = tries.max(1);
    if tries >= policy.give_up_after {
        return None;
    }
    let growth = u64::from(policy.factor.max(1)).saturating_pow(tries - 1);
    let full = policy.first.as_secs().saturating_mul(growth).min(policy.most.as_secs()).max(1);
    let half = full.div_ceil(2);
    Some(Duration::from_secs(half + spread(key, tries) % (full - half + 1)))
}

/// The moment (Unix seconds) of the next try after a failure at `now`, or nothing if the mail is now a dead letter.
pub fn next_try(now: i64, tries: u32, key: &str, policy: &BackOff) -> Option<i64> {
    let wait = back_off(tries, key, policy)?;
    Some(now.saturating_add(i64::try_from(wait.as_secs()).unwrap_or(i64::MAX)))
}

fn spread(key: &str, tries: u32) -> u64 {
    let mut hash = Sha256::new();
    hash.update(tries.to_be_bytes());
    hash.update(key.as_bytes());
    hash.finalize().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}
