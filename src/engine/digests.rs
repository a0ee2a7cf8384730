//! From notices to mails: each by itself, or several to one person in one, a digest.

use std::collections::{HashMap, VecDeque};

use jiff::civil::Date;

use crate::casework::Letter;
use crate::deliver::digest_text;
use crate::engine::{Departure, EngineError, Point, Sender, point};
use crate::policy::model::Way;
use crate::store::{Digest, EffectRow, NewDigest, Store, sha256};

/// How many notices are looked at in one go for those that go to one person.
const IN_ONE_GO: u32 = 50_000;

/// How many a digest carries at most; who has more gets several.
const MOST: usize = 200;

/// What leaves in one go.
#[derive(Debug, Default)]
pub struct Going {
    /// The keys of notices, those together that may leave with each other.
    groups: VecDeque<Vec<String>>,
    /// Until which moment everything has been decided, where that is done beside: who is to get several gets none of them before.
    pub decided: Option<i64>,
}

impl Going {
    /// What is due to leave, in the order in which it is due.
    fn gather(&mut self, store: &dyn Store, until: i64) -> Result<(), EngineError> {
        let mut groups: Vec<Vec<String>> = Vec::new();
        let mut places: HashMap<(String, String), usize> = HashMap::new();
        for it in store.leaving(until, IN_ONE_GO)? {
            if it.together.is_some() && self.decided.is_some_and(|decided| it.leaves > decided) {
                continue;
            }
            let place = it.together.as_ref().and_then(|who| places.get(who)).filter(|at| groups[**at].len() < MOST);
            if let Some(at) = place {
                groups[*at].push(it.key);
                continue;
            }
            if let Some(who) = it.together {
                places.insert(who, groups.len());
            }
            groups.push(vec![it.key]);
        }
        self.groups = groups.into();
        Ok(())
    }
}

/// Makes mails for effects that are to leave, so many at most; whether any were looked at. One for which it is no hour or no day waits;
/// a reminder of what was done meanwhile is taken back; several to one person that leave in one go become a digest. `going` is kept
/// from call to call.
///
/// # Errors
/// When the store can't.
pub fn make_mails(
    store: &mut dyn Store,
    sender: &dyn Sender,
    look: &Departure<'_>,
    going: &mut Going,
    limit: u32,
) -> Result<bool, EngineError> {
    let Some(from) = sender.digests_from() else {
        let effects = store.effects_to_send(look.until, limit)?;
        for effect in &effects {
            if let Some(letter) = leaves_now(store, effect, look)? {
                make_mail(store, sender, effect, &letter, look.now)?;
            }
        }
        return Ok(!effects.is_empty());
    };
    if going.groups.is_empty() {
        going.gather(store, look.until)?;
    }
    let mut any = false;
    for _ in 0..limit {
        let Some(keys) = going.groups.pop_front() else { break };
        any = true;
        let mut together = Vec::new();
        for effect in store.due_among(&keys)? {
            let Some(letter) = leaves_now(store, &effect, look)? else { continue };
            if effect.whole && keys.len() >= from {
                together.push((effect, letter));
            } else {
                make_mail(store, sender, &effect, &letter, look.now)?;
            }
        }
        if together.len() >= from {
            make_digest(store, sender, &together, look)?;
        } else {
            for (effect, letter) in &together {
                make_mail(store, sender, effect, letter, look.now)?;
            }
        }
    }
    Ok(any)
}

/// What was written, if it leaves now.
fn leaves_now(store: &mut dyn Store, effect: &EffectRow, look: &Departure<'_>) -> Result<Option<Letter>, EngineError> {
    let letter = letter_of(effect);
    if letter.reminds && store.withdraw_if_done(&effect.effect.key)? {
        return Ok(None);
    }
    if let Some(until) = look.waits(&letter) {
        store.let_wait(&effect.effect.key, until)?;
        return Ok(None);
    }
    Ok(Some(letter))
}

fn make_mail(
    store: &mut dyn Store,
    sender: &dyn Sender,
    effect: &EffectRow,
    letter: &Letter,
    now: i64,
) -> Result<(), EngineError> {
    let key = &effect.effect.key;
    let channel = sender.channel_of(Way::of_kind(&effect.effect.kind));
    point(Point::BeforeDelivery);
    store.new_delivery(key, channel, letter.address.as_deref().unwrap_or_default(), &sender.message_id(key), now)?;
    point(Point::AfterDelivery);
    Ok(())
}

fn make_digest(
    store: &mut dyn Store,
    sender: &dyn Sender,
    together: &[(EffectRow, Letter)],
    look: &Departure<'_>,
) -> Result<(), EngineError> {
    let Some((_, letter)) = together.first() else { return Ok(()) };
    let effects: Vec<&str> = together.iter().map(|it| it.0.effect.key.as_str()).collect();
    let key = key_of(effects.iter().copied());
    let day = look.hours.day(letter, look.as_of().unwrap_or(look.now));
    let latest = together.iter().map(|it| &it.0.effect.day).max();
    let day = day.map(|it| it.to_string()).or_else(|| latest.cloned()).unwrap_or_default();
    point(Point::BeforeDelivery);
    store.new_digest(&NewDigest {
        key: &key,
        day: &day,
        effects: &effects,
        channel: sender.channel(),
        address: letter.address.as_deref().unwrap_or_default(),
        message_id: &sender.message_id(&key),
        at: look.now,
    })?;
    point(Point::AfterDelivery);
    Ok(())
}

/// The key of a digest: of what it carries, in its order, and of nothing else.
fn key_of<'a>(effects: impl Iterator<Item = &'a str>) -> String {
    let parts: Vec<&[u8]> = std::iter::once("digest").chain(effects).map(str::as_bytes).collect();
    sha256(&parts)
}

fn letter_of(effect: &EffectRow) -> Letter {
    serde_json::from_str(&effect.effect.facts).unwrap_or_default()
}

/// What a mail says, and to whom: the same on every try, for it comes from what is kept of its notices alone.
#[derive(Debug, Clone)]
pub(super) struct Content {
    pub(super) key: String,
    pub(super) way: Way,
    pub(super) letter: Letter,
    pub(super) day: String,
    pub(super) date: i64,
    pub(super) message: String,
    pub(super) recipient: String,
    pub(super) case_id: i64,
    pub(super) language: String,
    pub(super) carries: Option<usize>,
    /// Whether everything is as the engine wrote it.
    pub(super) whole: bool,
    /// Whether a notice of it is not: it would be left out of a digest that is made anew.
    pub(super) damaged: bool,
}

impl Content {
    /// That of one notice.
    pub(super) fn of(row: &EffectRow) -> Self {
        let effect = &row.effect;
        Self {
            key: effect.key.clone(),
            way: Way::of_kind(&effect.kind),
            letter: letter_of(row),
            day: effect.day.clone(),
            date: effect.not_before,
            message: effect.message.clone(),
            recipient: effect.recipient.split_once(':').map_or("", |(_, key)| key).to_owned(),
            case_id: row.case_id,
            language: effect.language.clone(),
            carries: None,
            whole: row.whole,
            damaged: !row.whole,
        }
    }

    /// That of a digest.
    pub(super) fn of_digest(digest: &Digest, carried: &[EffectRow]) -> Self {
        let letters: Vec<Letter> = carried.iter().map(letter_of).collect();
        let languages: Vec<&str> = carried.iter().map(|it| it.effect.language.as_str()).collect();
        let often = |language: &str| languages.iter().filter(|it| **it == language).count();
        // Of the languages of its notices the most frequent; of several the first.
        let language = languages.iter().rev().max_by_key(|it| often(it)).copied().unwrap_or_default();
        let parts: Vec<(&str, &str)> = letters.iter().map(|it| (it.subject.as_str(), it.text.as_str())).collect();
        let (subject, text) = digest_text(language, digest.day.parse::<Date>().ok(), &parts);
        let first = carried.first().map(Self::of);
        let damaged = carried.iter().any(|it| !it.whole);
        let whole = !damaged && key_of(carried.iter().map(|it| it.effect.key.as_str())) == digest.key;
        Self {
            key: digest.key.clone(),
            way: Way::Email,
            letter: Letter { subject, text, sheet: None, ..letters.first().cloned().unwrap_or_default() },
            day: digest.day.clone(),
            date: carried.iter().map(|it| it.effect.not_before).max().unwrap_or_default(),
            message: "digest".to_owned(),
            recipient: first.as_ref().map(|it| it.recipient.clone()).unwrap_or_default(),
            case_id: first.map_or(0, |it| it.case_id),
            language: language.to_owned(),
            carries: Some(carried.len()),
            whole,
            damaged,
        }
    }
}
