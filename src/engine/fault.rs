//! Named points at which a test may stop the program for good. In a release build they are nothing.

use crate::planted::{self, Bug};
use crate::store::points::pass;
use crate::store::{CaseChange, Store, StoreError, Work};

/// A point: before or after a commit or a send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// Before the files of an import are read.
    Reading,
    /// Before records of an import are committed.
    BeforeImport,
    /// After it.
    AfterImport,
    /// Before values dated ahead, whose day has come, are committed.
    Maturing,
    /// While decisions are made, before their commit.
    Deciding,
    /// Before decisions are committed.
    BeforeCommit,
    /// After it.
    AfterCommit,
    /// Before attempts that broke off are written down as such.
    BeforeSettling,
    /// After one of them.
    AfterSettling,
    /// Before a mail is made for an effect.
    BeforeDelivery,
    /// After it.
    AfterDelivery,
    /// Before an attempt to send is written down.
    BeforeAttempt,
    /// Before the mail leaves.
    BeforeSend,
    /// After it left, before its result is written down.
    AfterSend,
    /// After the result is written down.
    AfterResult,
    /// Before the store that is there is kept aside for a restored one.
    BeforeKeeping,
    /// Before the restored store takes its place.
    BeforeRestoring,
    /// After it.
    AfterRestoring,
}

impl Point {
    /// The name that tests use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Point::Reading => "reading",
            Point::BeforeImport => "before-import",
            Point::AfterImport => "after-import",
            Point::Maturing => "maturing",
            Point::Deciding => "deciding",
            Point::BeforeCommit => "before-commit",
            Point::AfterCommit => "after-commit",
            Point::BeforeSettling => "before-settling",
            Point::AfterSettling => "after-settling",
            Point::BeforeDelivery => "before-delivery",
            Point::AfterDelivery => "after-delivery",
            Point::BeforeAttempt => "before-attempt",
            Point::BeforeSend => "before-send",
            Point::AfterSend => "after-send",
            Point::AfterResult => "after-result",
            Point::BeforeKeeping => "before-keeping",
            Point::BeforeRestoring => "before-restoring",
            Point::AfterRestoring => "after-restoring",
        }
    }
}

/// Passes a point; the store has more of them, around each of its commits.
pub fn point(at: Point) {
    pass(at.name());
    #[cfg(debug_assertions)]
    debug::unwind(at);
}

/// What unwinds the thread that passes the point at which a test wanted it to end.
#[cfg(debug_assertions)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Killed(pub Point);

/// Lets this thread unwind, as if it were killed, when it passes a point so many more times; nothing takes that back. Only in a debug
/// build.
#[cfg(debug_assertions)]
pub fn kill_at(when: Option<(Point, u32)>) {
    debug::KILL.set(when);
}

#[cfg(debug_assertions)]
mod debug {
    use std::cell::Cell;

    use super::{Killed, Point};

    thread_local! {
        pub(super) static KILL: Cell<Option<(Point, u32)>> = const { Cell::new(None) };
    }

    pub(super) fn unwind(at: Point) {
        if let Some((wanted, more)) = KILL.get().filter(|it| it.0 == at) {
            KILL.set((more > 1).then(|| (wanted, more - 1)));
            if more <= 1 {
                std::panic::resume_unwind(Box::new(Killed(at)));
            }
        }
    }
}

/// The deliberate fault of a commit without its effects, which a second one brings.
pub(super) fn effects_behind(store: &mut dyn Store, work: &Work) -> Result<(), StoreError> {
    let mut first = work.clone();
    let effects: Vec<_> = first.cases.iter_mut().map(|it| (it.row.id, std::mem::take(&mut it.effects))).collect();
    store.commit(&first)?;
    store.begin()?;
    let mut second = Work { kind: work.kind.clone(), at: work.at, today: work.today, ..Work::default() };
    for (id, effects) in effects {
        if let Some(row) = store.case(id)? {
            second.cases.push(CaseChange { effects, ..CaseChange::with(row, Vec::new()) });
        }
    }
    store.commit(&second).map(|_| ())
}

/// Whether a test asked for the deliberate fault of sending before the commit. Never in a release build.
pub(super) fn sends_first() -> bool {
    planted::is(Bug::SentBeforeCommit)
        || cfg!(debug_assertions) && std::env::var_os("MERIT_FAULT").is_some_and(|it| it == "send-before-commit")
}
