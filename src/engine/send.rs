//! From the outbox to the world, after the commit: each attempt is written down before its first byte leaves.

use serde::Serialize;

use crate::casework::Letter;
use crate::engine::{EngineError, Point, fault, point};
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
    /// The effect's key.
    pub key: &'a str,
    /// The stable Message-ID.
    pub message_id: &'a str,
    /// What was written.
    pub letter: &'a Letter,
    /// The logical day.
    pub day: &'a str,
    /// The moment from which it may leave (seconds UTC): its date.
    pub date: i64,
    /// The message's name.
    pub message: &'a str,
    /// The recipient's key.
    pub recipient: &'a str,
    /// The case.
    pub case_id: i64,
    /// The language.
    pub language: &'a str,
}

/// A way out: a mail server, a folder, a list in a test.
pub trait Sender {
    /// Sends one mail.
    fn send(&mut self, mail: &Outgoing<'_>) -> Outcome;
    /// When to try again after so many tries (seconds UTC); none: never.
    fn next_try(&self, key: &str, tries: i64, now: i64) -> Option<i64>;
    /// The stable Message-ID of an effect.
    fn message_id(&self, key: &str) -> String;
    /// Whether the same mail sent again leaves one mail: a file that is written anew. Then a broken attempt is simply repeated.
    fn repeats_safely(&self) -> bool;
}

/// What sending did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SendReport {
    /// Mails accepted.
    pub sent: u64,
    /// Mails to be tried again.
    pub later: u64,
    /// Mails given up.
    pub dead: u64,
    /// Mails of which nobody knows whether they arrived.
    pub ambiguous: u64,
    /// Effects that wait until somebody releases them, since the store was restored.
    pub held: u64,
}

/// Sends what is due to leave. An effect becomes a mail once; a mail is tried until it is accepted, given up or ambiguous.
///
/// # Errors
/// When the store can't. What was written down stays.
pub fn send(store: &mut dyn Store, sender: &mut dyn Sender, until: i64, now: i64) -> Result<SendReport, EngineError> {
    let mut report = SendReport { held: store.held()?, ..SendReport::default() };
    if store.state()?.hold {
        return Ok(report);
    }
    settle_broken_attempts(store, &*sender, now, &mut report)?;
    loop {
        let effects = store.effects_to_send(until, BATCH)?;
        if effects.is_empty() {
            break;
        }
        for effect in &effects {
            let address = letter_of(effect).address.unwrap_or_default();
            let message_id = sender.message_id(&effect.effect.key);
            point(Point::BeforeDelivery);
            store.new_delivery(&effect.effect.key, "email", &address, &message_id, now)?;
            point(Point::AfterDelivery);
        }
    }
    loop {
        let open = store.open_deliveries(now, BATCH)?;
        if open.is_empty() {
            return Ok(report);
        }
        for (delivery, effect) in &open {
            attempt(store, sender, delivery, effect, now, &mut report)?;
        }
    }
}

/// Attempts that began and never ended (the machine stopped in between) may have arrived: they are ambiguous, not repeated.
fn settle_broken_attempts(
    store: &mut dyn Store,
    sender: &dyn Sender,
    now: i64,
    report: &mut SendReport,
) -> Result<(), EngineError> {
    let again = sender.repeats_safely();
    let (state, next_try) = if again { ("open", Some(now)) } else { ("ambiguous", None) };
    for (delivery, attempt) in store.broken_attempts()? {
        let detail = "the program stopped during this attempt";
        point(Point::BeforeSettling);
        store.end_attempt(&AttemptEnd { delivery, attempt, at: now, result: "ambiguous", detail, state, next_try })?;
        point(Point::AfterSettling);
        report.ambiguous += u64::from(!again);
    }
    Ok(())
}

fn letter_of(effect: &EffectRow) -> Letter {
    serde_json::from_str(&effect.effect.facts).unwrap_or_default()
}

fn attempt(
    store: &mut dyn Store,
    sender: &mut dyn Sender,
    delivery: &DeliveryRow,
    effect: &EffectRow,
    now: i64,
    report: &mut SendReport,
) -> Result<(), EngineError> {
    let letter = letter_of(effect);
    let recipient = effect.effect.recipient.split_once(':').map_or("", |(_, key)| key);
    let mail = Outgoing {
        key: &effect.effect.key,
        message_id: &delivery.message_id,
        letter: &letter,
        day: &effect.effect.day,
        date: effect.effect.not_before,
        message: &effect.effect.message,
        recipient,
        case_id: effect.case_id,
        language: &effect.effect.language,
    };
    point(Point::BeforeAttempt);
    let attempt = store.begin_attempt(delivery.id, now)?;
    point(Point::BeforeSend);
    let outcome = sender.send(&mail);
    point(Point::AfterSend);
    let (result, detail, state, next_try) = match outcome {
        Outcome::Accepted(detail) => ("accepted", detail, "sent", None),
        Outcome::Ambiguous(detail) => ("ambiguous", detail, "ambiguous", None),
        Outcome::Never(detail) => ("refused", detail, "dead", None),
        Outcome::Later(detail) => match sender.next_try(&effect.effect.key, delivery.tries + 1, now) {
            Some(at) => ("refused", detail, "open", Some(at.max(now + 1))),
            None => ("refused", detail, "dead", None),
        },
    };
    store.end_attempt(&AttemptEnd {
        delivery: delivery.id,
        attempt,
        at: now,
        result,
        detail: &detail,
        state,
        next_try,
    })?;
    point(Point::AfterResult);
    let counter = match state {
        "sent" => &mut report.sent,
        "open" => &mut report.later,
        "dead" => &mut report.dead,
        _ => &mut report.ambiguous,
    };
    *counter += 1;
    Ok(())
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
                message_id: &message_id,
                letter: &letter,
                day: &effect.day,
                date: effect.not_before,
                message: &effect.message,
                recipient,
                case_id: change.row.id,
                language: &effect.language,
            });
        }
    }
}
