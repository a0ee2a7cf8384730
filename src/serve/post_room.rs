//! Mails, beside the transitions: each attempt is written down before it is given to a carrier, and its result as soon as it is known.
//! Nothing is held in the store while a mail is on its way.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender as Way};
use std::time::{Duration, Instant};

use crate::config::NoticeHours;
use crate::engine::{self, Attempt, Became, Departure, EngineError, Going, Hours, MailSender, Outcome, Policies};
use crate::serve::clock::Steady;
use crate::serve::numbers::{Numbers, Part};
use crate::serve::pauses::Pauses;
use crate::serve::stop::Stop;
use crate::store::sqlite::{Access, SqliteStore};
use crate::store::{Store, StoreError};

/// The longest time without a look at what waits.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What the post room hears.
pub(super) enum News {
    /// Something may wait.
    Look,
    /// A carrier is back.
    Back(Box<Attempt>, Outcome),
}

/// Whoever keeps the book of what leaves.
pub(super) struct PostRoom {
    pub(super) path: PathBuf,
    /// Only asked for names and pauses; carriers have senders of their own.
    pub(super) sender: MailSender,
    /// The project's calendar, if named, and the hours at which notices leave.
    pub(super) calendar: Option<String>,
    pub(super) notice_hours: NoticeHours,
    pub(super) capacity: usize,
    pub(super) grace: Duration,
    pub(super) steady: Arc<Steady>,
    pub(super) numbers: Arc<Numbers>,
    pub(super) stop: Arc<Stop>,
}

/// What it has in mind.
#[derive(Default)]
struct Book {
    store: Option<SqliteStore>,
    /// The version of the policy in force, and its hours.
    hours: Option<(i64, Hours)>,
    /// Whether attempts of a program that was stopped have been settled.
    settled: bool,
    /// What leaves in one go.
    going: Going,
    /// Mails whose attempt is written down and not ended.
    under_way: BTreeSet<i64>,
    /// Results that are still to be written down.
    results: Vec<(Box<Attempt>, Outcome)>,
}

impl PostRoom {
    pub(super) fn work(self, news: &Receiver<News>, jobs: &Way<Attempt>) {
        let (mut book, mut pauses, mut until) = (Book::default(), Pauses::default(), None::<Instant>);
        loop {
            match news.recv_timeout(LOOK_EVERY) {
                Ok(first) => {
                    for it in std::iter::once(first).chain(news.try_iter()) {
                        if let News::Back(attempt, outcome) = it {
                            book.results.push((attempt, outcome));
                        }
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.numbers.beats(Part::Post);
            let stopping = self.stop.is_asked();
            if pauses.has_passed() || stopping {
                match self.turn(&mut book, jobs, stopping) {
                    Ok(()) => {
                        pauses.rests();
                        self.numbers.works(Part::Post);
                    }
                    Err(EngineError::Store(StoreError::Locked)) if pauses.is_locked_out() => book.store = None,
                    Err(error) => {
                        // The next turn begins with a new connection, so that nothing of this one stays behind.
                        book.store = None;
                        let pause = pauses.grows();
                        tracing::error!(%error, retry_in_seconds = pause.as_secs(), "mails can't be written down");
                        self.numbers.fails(Part::Post, &error.to_string());
                    }
                }
            }
            self.numbers.mails_under_way(book.under_way.len());
            if stopping {
                let until = *until.get_or_insert_with(|| Instant::now() + self.grace);
                if book.under_way.is_empty() {
                    return;
                }
                if Instant::now() >= until {
                    let left = book.under_way.len();
                    tracing::warn!(left, "mails are still under way; the next start says that nobody knows of them");
                    return;
                }
            }
        }
    }

    fn turn(&self, book: &mut Book, jobs: &Way<Attempt>, stopping: bool) -> Result<(), EngineError> {
        if book.store.is_none() {
            let mut store = SqliteStore::open(&self.path, Access::Write)?;
            // What was made and not tried: by a program that was stopped, or by a turn that failed.
            store.take_apart(None)?;
            (book.store, book.going) = (Some(store), Going::default());
        }
        let Some(store) = &mut book.store else { return Ok(()) };
        while let Some((attempt, outcome)) = book.results.last() {
            let became = attempt.end(store, &self.sender, outcome, self.steady.never_back())?;
            self.tell(attempt, outcome, became);
            book.under_way.remove(&attempt.delivery());
            book.results.pop();
        }
        let Ok(now) = self.steady.now() else { return Ok(()) };
        if stopping {
            return Ok(());
        }
        if !book.settled {
            let ambiguous = engine::settle_broken_attempts(store, &self.sender, now)?;
            if ambiguous > 0 {
                tracing::warn!(ambiguous, "the program was stopped while mails were under way; look at `merit outbox`");
            }
            book.settled = true;
        }
        if store.state()?.hold {
            return Ok(());
        }
        let Some(hours) = self.hours(store, &mut book.hours)? else { return Ok(()) };
        let look = Departure::now(hours, now);
        book.going.decided = Some(self.numbers.is_decided_until());
        let free = self.capacity.saturating_sub(book.under_way.len());
        for (delivery, effect) in self.waiting(store, (&book.under_way, &mut book.going), free, &look)? {
            let id = delivery.id;
            let Some(attempt) = Attempt::begin(store, delivery, effect, &look)? else { continue };
            book.under_way.insert(id);
            if jobs.send(attempt).is_err() {
                tracing::error!("nobody is left to carry mails");
            }
        }
        Ok(())
    }

    /// The hours of the policy in force; nothing while none is deployed.
    fn hours<'b>(
        &self,
        store: &SqliteStore,
        known: &'b mut Option<(i64, Hours)>,
    ) -> Result<Option<&'b Hours>, EngineError> {
        let newest = store.newest_version()?;
        if let Some(newest) = newest
            && known.as_ref().is_none_or(|it| it.0 != newest)
        {
            let policies = Policies::load(store, self.calendar.as_deref())?;
            *known = Some((newest, Hours::of(&policies.latest().policy, self.notice_hours)));
        }
        Ok(known.as_ref().filter(|_| newest.is_some()).map(|it| &it.1))
    }

    /// What can be handed to the carriers that are free: first mails that wait, then notices that are no mails yet.
    fn waiting(
        &self,
        store: &mut SqliteStore,
        (under_way, going): (&BTreeSet<i64>, &mut Going),
        free: usize,
        look: &Departure<'_>,
    ) -> Result<Vec<(crate::store::DeliveryRow, crate::store::EffectRow)>, EngineError> {
        let limit = u32::try_from(free + under_way.len()).unwrap_or(u32::MAX);
        let open = |store: &mut SqliteStore| -> Result<Vec<_>, EngineError> {
            let mut open = store.open_deliveries(look.now, limit)?;
            open.retain(|it| !under_way.contains(&it.0.id));
            open.truncate(free);
            Ok(open)
        };
        let there = open(store)?;
        let wanted = u32::try_from(free - there.len()).unwrap_or(u32::MAX);
        if wanted > 0 && engine::make_mails(store, &self.sender, look, going, wanted)? {
            open(store)
        } else {
            Ok(there)
        }
    }

    fn tell(&self, attempt: &Attempt, outcome: &Outcome, became: Became) {
        let (Outcome::Accepted(detail) | Outcome::Later(detail) | Outcome::Never(detail) | Outcome::Ambiguous(detail)) =
            outcome;
        let (delivery, result) = (attempt.delivery(), became.word());
        match became {
            Became::Sent => tracing::debug!(delivery, result, detail, "mail"),
            Became::Open => tracing::warn!(delivery, result, detail, "mail"),
            Became::Dead | Became::Ambiguous => tracing::error!(delivery, result, detail, "mail"),
        }
        self.numbers.mail(became);
    }
}
