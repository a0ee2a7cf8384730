//! Deciding beside writing: where much is due at once, one thread reads and decides the next batches while another writes those before
//! them. Each batch is its own commit, in the same order as without.
//!
//! Whoever decides holds a view of the store: what takes effect in a batch is seen by the cases of the next view, or when it marks
//! them as changed, as it is among the cases of one batch. A view ends before its last batch is written, so that SQLite can take its log
//! over. If anybody else commits meanwhile, what was decided and not yet written is thrown away and decided anew. Whatever goes wrong
//! while deciding ends this way of working, too: the run goes on alone and meets it there.

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

use crate::engine::EngineError;
use crate::engine::ahead::Ahead;
use crate::engine::policies::Policies;
use crate::engine::run::{Decided, Deciding, Round};
use crate::store::Store;

/// How many batches are decided from one view.
const BATCHES: u32 = 10;
/// How many decided batches may wait to be written.
const WAITING: usize = 2;

/// A batch that is ready to be written.
struct Batch {
    /// The last commit before the view from which it was decided.
    view: i64,
    /// Whether it is the last of its view.
    last: bool,
    /// When its cases had come due.
    due: Vec<i64>,
    decided: Vec<Decided>,
}

impl Round<'_> {
    /// Decides and writes what is due, in two threads, until nothing is left, somebody else commits, or deciding fails. `beside` is
    /// another connection to the same store.
    pub(super) fn look_at_due_beside(
        &mut self,
        store: &mut dyn Store,
        beside: &mut (dyn Store + Send),
    ) -> Result<(), EngineError> {
        let thinker = Thinker {
            deciding: self.deciding(),
            policies: self.policies.clone(),
            until: self.until.moment,
            batch: self.batch,
        };
        std::thread::scope(|scope| {
            let (to, batches) = sync_channel(WAITING);
            let (written, views) = channel();
            let thread = scope.spawn(move || thinker.decide_all(beside, &to, &views));
            let result = self.write_all(store, &batches, &written);
            drop((batches, written));
            match thread.join() {
                Ok(()) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            }
        })
    }

    fn write_all(
        &mut self,
        store: &mut dyn Store,
        batches: &Receiver<Batch>,
        written: &Sender<()>,
    ) -> Result<(), EngineError> {
        let mut before = None;
        for batch in batches {
            if !self.goes_on() {
                break;
            }
            store.begin()?;
            let expected = before.unwrap_or(batch.view);
            if store.state()?.rev != expected {
                store.roll_back()?;
                break;
            }
            self.write_decided(store, batch.due, batch.decided)?;
            before = (!batch.last).then_some(expected + 1);
            if batch.last && written.send(()).is_err() {
                break;
            }
        }
        Ok(())
    }
}

/// Who decides.
struct Thinker<'a> {
    deciding: Deciding<'a>,
    policies: Policies,
    until: i64,
    batch: u32,
}

impl Thinker<'_> {
    /// View after view, until nothing is due or nobody takes what was decided.
    fn decide_all(mut self, store: &mut (dyn Store + Send), to: &SyncSender<Batch>, written: &Receiver<()>) {
        while let Ok(true) = self.decide_view(store, to) {
            if written.recv().is_err() {
                break;
            }
        }
        // What can't be ended here ends with the connection.
        let _ = store.roll_back();
    }

    /// Gives whether there was anything to decide, and all of it was taken.
    fn decide_view(&mut self, store: &mut (dyn Store + Send), to: &SyncSender<Batch>) -> Result<bool, EngineError> {
        store.begin_to_read()?;
        let view = store.state()?.rev;
        let mut ahead = Ahead::read(&*store, &self.policies, (self.until, self.batch), BATCHES)?;
        let mut any = false;
        loop {
            let rows = ahead.take_rows(self.batch);
            if rows.is_empty() {
                break;
            }
            let due = rows.iter().filter_map(|it| it.wake_at).collect();
            let decided = self.deciding.decide(&*store, &mut self.policies, &mut ahead, rows)?;
            let last = ahead.is_empty();
            if last {
                store.roll_back()?;
            }
            any = to.send(Batch { view, last, due, decided }).is_ok();
            if !any {
                break;
            }
        }
        Ok(any)
    }
}
