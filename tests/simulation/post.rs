//! A mail server that takes mails, refuses them for now or for good, and loses the line after the data; and what it saw.

use std::collections::{BTreeMap, BTreeSet};

use merit::deliver::{BackOff, next_try};
use merit::engine::{Outcome, Outgoing, Sender};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How the server behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// It takes everything, and the same mail sent again is the same mail.
    Calm,
    /// It has bad days.
    Rough,
}

/// What was seen of the mail of one effect, or of one digest.
#[derive(Debug, Default)]
struct Seen {
    ids: BTreeSet<String>,
    /// What stood in it.
    words: BTreeSet<String>,
    left: u32,
    /// Nobody may try again.
    over: bool,
}

pub(crate) struct Post {
    manner: Manner,
    random: ChaCha8Rng,
    seen: BTreeMap<String, Seen>,
    /// What must not happen, and did.
    pub(crate) wrong: Vec<String>,
    /// Nothing may leave now: it is decided, and not committed yet.
    pub(crate) closed: bool,
    pub(crate) tries: u64,
    /// Digests among them.
    pub(crate) digests: u64,
    /// From how many notices on to one person it is one mail.
    from: Option<usize>,
}

impl Post {
    pub(crate) fn new(manner: Manner, seed: u64) -> Self {
        let random = ChaCha8Rng::seed_from_u64(seed);
        Self {
            manner,
            random,
            seen: BTreeMap::new(),
            wrong: Vec::new(),
            closed: true,
            tries: 0,
            digests: 0,
            from: (!seed.is_multiple_of(4)).then_some(2),
        }
    }

    /// The Message-ID of every mail that has left, once for each time.
    pub(crate) fn mails(&self) -> Vec<String> {
        let times = |it: &Seen| if self.manner == Manner::Calm { it.left.min(1) } else { it.left };
        let of = |it: &Seen| it.ids.iter().flat_map(|id| vec![id.clone(); times(it) as usize]).collect::<Vec<_>>();
        self.seen.values().flat_map(of).collect()
    }

    pub(crate) fn left(&self) -> u64 {
        self.seen.values().map(|it| u64::from(it.left)).sum()
    }
}

pub(crate) fn message_id(key: &str) -> String {
    merit::deliver::message_id(key, "ministry.example")
}

impl Sender for Post {
    fn send(&mut self, mail: &Outgoing<'_>) -> Outcome {
        self.tries += 1;
        self.digests += u64::from(mail.carries.is_some());
        if self.closed {
            self.wrong.push(format!("the mail {} left while it was decided", mail.message_id));
        }
        let seen = self.seen.entry(mail.key.to_owned()).or_default();
        seen.ids.insert(mail.message_id.to_owned());
        if seen.ids.len() > 1 {
            self.wrong.push(format!("the mail of {} has the Message-IDs {:?}", mail.key, seen.ids));
        }
        seen.words.insert(format!("{} {} {} {:?}", mail.date, mail.day, mail.language, mail.letter));
        if seen.words.len() > 1 {
            self.wrong.push(format!("the mail of {} is another on another try: {:?}", mail.key, seen.words));
        }
        if mail.carries.is_some_and(|it| Some(it) < self.from) || mail.carries.is_some() && mail.letter.urgent {
            self.wrong.push(format!("{} is a digest of {:?}", mail.message_id, mail.carries));
        }
        if seen.over && self.manner == Manner::Rough {
            self.wrong.push(format!("the mail {} was tried again after its end was known", mail.message_id));
        }
        let lot = if self.manner == Manner::Calm { 100 } else { self.random.random_range(0..100) };
        seen.over = lot >= 14;
        match lot {
            0..12 => Outcome::Later("451 come back later".to_owned()),
            12..14 => {
                seen.over = true;
                Outcome::Never("550 no such person".to_owned())
            }
            14..17 => {
                seen.left += u32::from(self.random.random_bool(0.5));
                Outcome::Ambiguous("the line broke after the data".to_owned())
            }
            _ => {
                seen.left += 1;
                Outcome::Accepted("250 taken".to_owned())
            }
        }
    }

    fn next_try(&self, key: &str, tries: i64, now: i64) -> Option<i64> {
        let patience = BackOff { give_up_after: 6, ..BackOff::default() };
        next_try(now, u32::try_from(tries).unwrap_or(u32::MAX), key, &patience)
    }

    fn digests_from(&self) -> Option<usize> {
        self.from
    }

    fn message_id(&self, key: &str) -> String {
        message_id(key)
    }

    fn repeats_safely(&self) -> bool {
        self.manner == Manner::Calm
    }
}
