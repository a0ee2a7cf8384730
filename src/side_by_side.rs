//! The same work done for many things at once, as far as the machine has hands; what comes of it is the same with one hand.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// What `work` gives for each item, in the order of the items.
///
/// Work must not depend on the order in which it is done. Where it panics, this does.
pub(crate) fn side_by_side<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    by_hands(hands(0), items, work)
}

/// So many hands, or with nought as many as the machine has.
pub(crate) fn hands(asked: usize) -> usize {
    match asked {
        0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        asked => asked,
    }
}

/// The same with so many hands, at most.
pub(crate) fn by_hands<T: Sync, R: Send>(hands: usize, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let hands = hands.min(items.len());
    if hands <= 1 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let all = Mutex::new(Vec::with_capacity(items.len()));
    let hand = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { break };
            done.push((at, work(item)));
        }
        all.lock().unwrap_or_else(PoisonError::into_inner).append(&mut done);
    };
    // The other hands are the same from call to call: a thread that begins anew would find no memory that it has used before.
    rayon::in_place_scope(|scope| {
        (1..hands).for_each(|_| scope.spawn(|_| hand()));
        hand();
    });
    let mut all: Vec<(usize, R)> = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    all.sort_by_key(|it| it.0);
    all.into_iter().map(|it| it.1).collect()
}

#[cfg(test)]
mod tests {
    use super::side_by_side;

    #[test]
    fn what_comes_of_it_stands_in_the_order_of_the_items() {
        let items: Vec<u64> = (0..1_000).collect();
        let each = |it: &u64| (0..it % 7).fold(*it, |all, more| all * 3 + more);
        assert_eq!(side_by_side(&items, each), items.iter().map(each).collect::<Vec<_>>());
        assert!(side_by_side(&[], each).is_empty());
    }

    #[test]
    #[should_panic(expected = "the seventh")]
    fn a_panic_is_not_lost() {
        side_by_side(&[1, 2, 3, 4, 5, 6, 7], |it| assert_ne!(*it, 7, "the seventh"));
    }
}
