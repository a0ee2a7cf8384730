//! From the outbox to the world, after the commit: each attempt is written down before its first byte leaves.

use serde::Serialize;

use crate::casework::Letter;
use crate::engine::digests::Content;
use crate::engine::{Departure, EngineError, Going, Hours, Point, fault, make_mails, point};
use crate::planted::{self, Bug};
use crate::policy::model::Way;
use crate::store::{AttemptEnd, DeliveryRow, EffectRow, Store};

/// How many mails are fetched at once.
const BATCH: u32 = 200;

/// What became of one try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The other side took it.
    Accepted(String),
    /// Refused for now.
    Later(String),
    /// Refused for good.
    Never(String),
    /// The connection broke after the data was sent: nobody knows.
    Ambiguous(String),
}

/// A mail to be sent.
#[derive(Debug, Clone)]
pub struct Outgoing<'a> {
    /// The key of the effect, or of the digest.
    pub key: &'a str,
    /// By which way it goes.
    pub way: Way,
    /// The stable Message-ID.
    pub message_id: &'a str,
    /// What was written.
    pub letter: &'a Letter,
    /// The logical day.
    pub day: &'a str,
    /// The moment from which it may leave (seconds UTC): its date.
    pub date: i64,
    /// The moment of this attempt (seconds UTC).
    pub at: i64,
    /// The message's name; `digest` of a digest.
    pub message: &'a str,
    /// The recipient's key.
    pub recipient: &'a str,
    /// The case; of a digest that of its first notice.
    pub case_id: i64,
    /// The language.
    pub language: &'a str,
    /// How many notices it carries, if it is a digest.
    pub carries: Option<usize>,
}

/// A way out: a mail server, a folder, a list in a test.
pub trait Sender {
    /// Sends one mail.
    fn send(&mut self, mail: &Outgoing<'_>) -> Outcome;
    /// When to try again after so many tries (seconds UTC); none: never.
    fn next_try(&self, key: &str, tries: i64, now: i64) -> Option<i64>;
    /// By which channel it sends mails, as the store keeps it.
    fn channel(&self) -> &'static str {
        "email"
    }
    /// By which channel it sends what goes by a way, as the store keeps it.
    fn channel_of(&self, way: Way) -> &'static str {
        if way == Way::Email { self.channel() } else { way.word() }
    }
    /// From how many notices to one person on they leave as one mail; nothing: each is a mail by itself.
    fn digests_from(&self) -> Option<usize> {
        None
    }
    /// The stable Message-ID of an effect or a digest.
    fn message_id(&self, key: &str) -> String;
    /// Whether the same mail sent again leaves one mail: a file that is written anew. Then a broken attempt is simply repeated.
    fn repeats_safely(&self) -> bool;
    /// The same of what goes by another way: letters and texts are files.
    fn repeats_safely_by(&self, channel: &str) -> bool {
        [Way::Letter, Way::Phone].iter().any(|it| it.word() == channel) || self.repeats_safely()
    }
}

/// What sending did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SendReport {
    /// Mails accepted.
    pub sent: u64,
    /// How many of these were digests.
    pub digests: u64,
    /// How many notices these carried.
    pub in_digests: u64,
    /// Mails to be tried again.
    pub later: u64,
    /// Mails given up.
    pub dead: u64,
    /// Mails of which nobody knows whether they arrived.
    pub ambiguous: u64,
    /// Effects that wait until somebody releases them, since the store was restored.
    pub held: u64,
}

/// Sends what is due to leave, at any hour of any day; else as [`send_within`].
///
/// # Errors
/// When the store can't. What was written down stays.
pub fn send(store: &mut dyn Store, sender: &mut dyn Sender, until: i64, now: i64) -> Result<SendReport, EngineError> {
    send_within(store, sender, &Departure { hours: &Hours::default(), from: now, until, now })
}

/// Sends what is due to leave. An effect becomes a mail once; a mail is tried until it is accepted, given up or ambiguous.
///
/// # Errors
/// When the store can't. What was written down stays.
pub fn send_within(
    store: &mut dyn Store,
    sender: &mut dyn Sender,
    look: &Departure<'_>,
) -> Result<SendReport, EngineError> {
    let now = look.now;
    let mut report = SendReport { held: store.held()?, ..SendReport::default() };
    if store.state()?.hold {
        return Ok(report);
    }
    report.ambiguous += settle_broken_attempts(store, &*sender, now)?;
    store.take_apart(None)?;
    let mut going = Going::default();
    loop {
        // A digest that was taken apart gives other mails.
        while make_mails(store, &*sender, look, &mut going, BATCH)? {}
        let open = store.open_deliveries(now, BATCH)?;
        if open.is_empty() {
            return Ok(report);
        }
        for (delivery, effect) in open {
            let Some(attempt) = Attempt::begin(store, delivery, effect, look)? else { continue };
            let outcome = attempt.make(sender);
            let became = attempt.end(store, &*sender, &outcome, now)?;
            report.count(became, attempt.carries());
        }
    }
}

impl SendReport {
    fn count(&mut self, became: Became, carries: Option<usize>) {
        if let Some(notices) = carries.filter(|_| became == Became::Sent) {
            self.digests += 1;
            self.in_digests += notices as u64;
        }
        let counter = match became {
            Became::Sent => &mut self.sent,
            Became::Open => &mut self.later,
            Became::Dead => &mut self.dead,
            Became::Ambiguous => &mut self.ambiguous,
        };
        *counter += 1;
    }
}

/// Attempts that began and never ended (the machine stopped in between) may have arrived: they are ambiguous, not repeated. Only
/// for a sender that has none under way. Gives how many mails are ambiguous since.
///
/// # Errors
/// When the store can't.
pub fn settle_broken_attempts(store: &mut dyn Store, sender: &dyn Sender, now: i64) -> Result<u64, EngineError> {
    let mut ambiguous = 0;
    for (delivery, attempt, channel) in store.broken_attempts()? {
        let again = sender.repeats_safely_by(&channel);
        let (state, next_try) = if again { ("open", Some(now)) } else { ("ambiguous", None) };
        let detail = "the program stopped during this attempt";
        point(Point::BeforeSettling);
        store.end_attempt(&AttemptEnd { delivery, attempt, at: now, result: "ambiguous", detail, state, next_try })?;
        point(Point::AfterSettling);
        ambiguous += u64::from(!again);
    }
    Ok(ambiguous)
}

/// Why nothing leaves of a notice whose sum does not fit.
const DAMAGED: &str = "what is kept of this notice is not as Merit wrote it; look at it before you send it by hand";
/// The same of a digest.
const DAMAGED_DIGEST: &str =
    "a notice that this digest carries is gone, or is not as Merit wrote it; look at them before you send them by hand";

/// What becomes of a mail after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Became {
    /// It left.
    Sent,
    /// It is tried again.
    Open,
    /// It is given up.
    Dead,
    /// Nobody knows whether it arrived.
    Ambiguous,
}

impl Became {
    /// As the store keeps it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Became::Sent => "sent",
            Became::Open => "open",
            Became::Dead => "dead",
            Became::Ambiguous => "ambiguous",
        }
    }
}

/// An attempt to send a mail that is written down, and not made yet. The store need not be at hand while it is made.
#[derive(Debug, Clone)]
pub struct Attempt {
    delivery: DeliveryRow,
    /// What the mail says, and to whom.
    content: Content,
    number: i64,
    at: i64,
    /// The moment that counts, if another than the machine's.
    as_of: Option<i64>,
}

impl Attempt {
    /// Writes down that an attempt begins; nothing if the mail is no longer to be sent, or not at this hour. A digest that was never
    /// tried and must not leave as it is, is taken apart.
    ///
    /// # Errors
    /// When the store can't.
    pub fn begin(
        store: &mut dyn Store,
        delivery: DeliveryRow,
        effect: EffectRow,
        look: &Departure<'_>,
    ) -> Result<Option<Self>, EngineError> {
        let content = match &delivery.digest {
            None => Content::of(&effect),
            Some(digest) => Content::of_digest(digest, &store.carried(delivery.id)?),
        };
        let loose = delivery.digest.as_ref().is_some_and(|it| !it.fixed);
        let waits = look.mail_waits(&content.letter);
        if loose && (waits.is_some() || content.damaged) {
            store.take_apart(Some(delivery.id))?;
            return Ok(None);
        }
        if let Some(until) = waits {
            store.let_mail_wait(delivery.id, until)?;
            return Ok(None);
        }
        point(Point::BeforeAttempt);
        let as_of = look.as_of();
        let begun = store.begin_attempt(delivery.id, as_of.unwrap_or(look.now))?;
        Ok(begun.map(|number| Self { delivery, content, number, at: look.now, as_of }))
    }

    /// The number of the mail.
    #[must_use]
    pub fn delivery(&self) -> i64 {
        self.delivery.id
    }

    /// How many notices it carries, if it is a digest.
    #[must_use]
    pub fn carries(&self) -> Option<usize> {
        self.content.carries
    }

    /// Makes it: the one moment at which something leaves.
    pub fn make(&self, sender: &mut dyn Sender) -> Outcome {
        let content = &self.content;
        if !content.whole {
            return Outcome::Never(if content.carries.is_some() { DAMAGED_DIGEST } else { DAMAGED }.to_owned());
        }
        let again = planted::is(Bug::NewMessageId) && self.delivery.tries > 0;
        let message_id = format!("{}{}", self.delivery.message_id, if again { ".again" } else { "" });
        point(Point::BeforeSend);
        let outcome = sender.send(&Outgoing {
            key: &content.key,
            way: content.way,
            message_id: &message_id,
            letter: &content.letter,
            day: &content.day,
            date: content.date,
            at: self.at,
            message: &content.message,
            recipient: &content.recipient,
            case_id: content.case_id,
            language: &content.language,
            carries: content.carries,
        });
        point(Point::AfterSend);
        outcome
    }

    /// Writes down how it ended, and what becomes of the mail.
    ///
    /// # Errors
    /// When the store can't; the same may be asked again.
    pub fn end(
        &self,
        store: &mut dyn Store,
        sender: &dyn Sender,
        outcome: &Outcome,
        now: i64,
    ) -> Result<Became, EngineError> {
        let (result, detail, became, next_try) = match outcome {
            Outcome::Accepted(detail) => ("accepted", detail, Became::Sent, None),
            Outcome::Ambiguous(detail) => ("ambiguous", detail, Became::Ambiguous, None),
            Outcome::Never(detail) if planted::is(Bug::RefusedForEver) => {
                ("refused", detail, Became::Open, Some(now + 60))
            }
            Outcome::Never(detail) => ("refused", detail, Became::Dead, None),
            Outcome::Later(detail) => match sender.next_try(&self.content.key, self.delivery.tries + 1, now) {
                Some(at) => ("refused", detail, Became::Open, Some(at.max(now + 1))),
                None => ("refused", detail, Became::Dead, None),
            },
        };
        store.end_attempt(&AttemptEnd {
            delivery: self.delivery.id,
            attempt: self.number,
            at: self.as_of.unwrap_or(now),
            result,
            detail,
            state: became.word(),
            next_try,
        })?;
        point(Point::AfterResult);
        Ok(became)
    }
}

/// The deliberate fault that the crash test must catch: what follows leaves before its cause is committed.
pub(super) fn send_too_early(sender: &mut dyn Sender, changes: &[crate::store::CaseChange]) {
    if !fault::sends_first() {
        return;
    }
    for change in changes {
        for effect in change.effects.iter().filter(|it| it.state == "due") {
            let letter: Letter = serde_json::from_str(&effect.facts).unwrap_or_default();
            let recipient = effect.recipient.split_once(':').map_or("", |(_, key)| key);
            let message_id = sender.message_id(&effect.key);
            sender.send(&Outgoing {
                key: &effect.key,
                way: Way::of_kind(&effect.kind),
                message_id: &message_id,
                letter: &letter,
                day: &effect.day,
                date: effect.not_before,
                at: effect.not_before,
                message: &effect.message,
                recipient,
                case_id: change.row.id,
                language: &effect.language,
                carries: None,
            });
        }
    }
}
