//! The whole engine in a world that is made up from a seed: people act, forget and contradict themselves, records are corrected, rules
//! and calendars change in mid-cycle, mail servers refuse, clocks jump, and the program is killed. Every invariant holds, and the plainest
//! second reading of the rules comes to the same.
//!
//! `MERIT_SEED=17 cargo test --test simulation` lives one life; `MERIT_SEEDS` says how many are lived, `MERIT_SIZE` how many people there are.

#![expect(clippy::unwrap_used, reason = "a test whose store fails has failed")]

use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

#[expect(dead_code, reason = "other tests ask what a program told, and of calendars that stand")]
mod invariants;

#[path = "simulation/acts.rs"]
mod acts;
#[path = "simulation/books.rs"]
mod books;
#[path = "simulation/life.rs"]
mod life;
#[path = "simulation/ministry.rs"]
mod ministry;
#[path = "simulation/post.rs"]
mod post;
#[path = "simulation/roster.rs"]
mod roster;

use jiff::civil::date;
use life::{Kind, Life, Tally};
use post::Manner;

/// How many lives an ordinary run takes, and how many people there are in each.
const SEEDS: u64 = 24;
const PEOPLE: u64 = 8;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|it| it.parse().unwrap_or_else(|_| panic!("{name} is no number: {it}")))
}

/// Lives a seed; of every third the same life without any disturbance is lived, too, and comes to the same.
fn lived(seed: u64, size: usize) -> Result<Tally, String> {
    let manner = if seed.is_multiple_of(3) { Manner::Calm } else { Manner::Rough };
    let last = if size < 20 { date(2026, 6, 30) } else { life::LAST };
    let kind = Kind { seed, size, last, manner, disturbed: true };
    let (mut tally, picture) = Life::begin(kind).live()?;
    if manner == Manner::Calm {
        let (calm, undisturbed) = Life::begin(Kind { disturbed: false, ..kind }).live()?;
        if calm.jumps == tally.jumps && picture != undisturbed {
            return Err(format!("it came to something else than undisturbed:\n{}", differ(&picture, &undisturbed)));
        }
        tally.add(calm);
    }
    Ok(tally)
}

fn differ(found: &str, expected: &str) -> String {
    let only = |of: &str, other: &str, sign: char| {
        let other: std::collections::BTreeSet<&str> = other.lines().collect();
        of.lines().filter(|it| !other.contains(it)).take(8).map(|it| format!("{sign} {it}\n")).collect::<String>()
    };
    only(found, expected, '+') + &only(expected, found, '-')
}

#[test]
fn a_year_of_mishaps_breaks_nothing() {
    let began = Instant::now();
    let one = number("MERIT_SEED");
    let (first, count) = one.map_or((0, number("MERIT_SEEDS").unwrap_or(SEEDS)), |it| (it, 1));
    let size = usize::try_from(number("MERIT_SIZE").unwrap_or(PEOPLE)).unwrap();
    let (next, total) = (AtomicU64::new(first), Mutex::new(Tally::default()));
    let failed = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + count || !failed.lock().unwrap().is_empty() {
                        return;
                    }
                    match std::panic::catch_unwind(|| lived(seed, size)) {
                        Ok(Ok(tally)) => total.lock().unwrap().add(tally),
                        Ok(Err(told)) => failed.lock().unwrap().push((seed, told)),
                        Err(_) => failed.lock().unwrap().push((seed, "panicked, as told above".to_owned())),
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    if let Some((seed, told)) = failed.into_iter().min() {
        panic!("seed {seed} {told}\nagain: MERIT_SEED={seed} MERIT_SIZE={size} cargo test --test simulation");
    }
    let total = total.into_inner().unwrap();
    assert!(count < SEEDS || total.digests > 0, "no digest left");
    assert!(count < SEEDS || total.orders > 0, "nothing was ordered");
    assert!(count < SEEDS || total.kinds.contains_key("confirmed"), "nothing was confirmed");
    writeln!(std::io::stderr(), "simulation: {count} seeds of {size} people in {:.0?}: {total:#?}", began.elapsed())
        .unwrap();
}
