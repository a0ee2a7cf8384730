//! What people do with notices that wait or went astray: each act stands in the journal of its case, with who did it and why.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::civil::Date;

use crate::engine::EngineError;
use crate::store::{Actor, CaseChange, EffectRow, Filter, NewEntry, OutboxChange, Store, Work};
use crate::workflow::{Event, NoticeAct};

/// How many signs of a key are enough to name an effect.
const KEY_BEGINNING: usize = 6;

/// How much of a key is shown: enough to name it.
pub const KEY_SHOWN: usize = 12;

/// Which effects an act is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// Those whose keys begin so.
    Keys(Vec<String>),
    /// All that are in a state: `held` or `dead`.
    All(&'static str),
}

/// Somebody's act on the outbox.
#[derive(Debug, Clone)]
pub struct OutboxAct {
    /// What is done.
    pub act: NoticeAct,
    /// With which effects.
    pub which: Which,
    /// By whom.
    pub actor: Actor,
    /// Why, in their words.
    pub because: String,
    /// The machine's clock (seconds UTC), handed in.
    pub at: i64,
    /// The day in the project's calendar.
    pub on: Date,
}

/// What an act came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acted {
    /// The keys of the effects.
    pub keys: Vec<String>,
    /// Whether a rehearsal ended with it.
    pub rehearsal_ended: bool,
}

/// Why an act on the outbox can't be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutboxRefusal {
    /// No key begins so.
    Unknown(String),
    /// Too short, or several keys begin so.
    Unclear(String),
    /// The effect is not in a state for it.
    State {
        /// Its key, as it was asked.
        asked: String,
        /// The state in which it is.
        state: String,
        /// What was asked.
        act: NoticeAct,
        /// Whether a rehearsal holds everything back.
        rehearsed: bool,
    },
    /// It left, or is to leave, as one mail with others, which must go with it.
    Together {
        /// Its key, as it was asked.
        asked: String,
        /// The key of the digest.
        digest: String,
        /// How many others there are.
        others: usize,
    },
    /// There is nothing to do.
    Nothing(&'static str),
}

impl fmt::Display for OutboxRefusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OutboxRefusal::Unknown(asked) => write!(formatter, "there is no effect whose key begins with `{asked}`"),
            OutboxRefusal::Unclear(asked) => write!(formatter, "`{asked}` is too short to name one effect"),
            OutboxRefusal::State { asked, state, act, .. } => {
                write!(formatter, "the notice `{asked}` is {state}, and can't be {}", done(*act))
            }
            OutboxRefusal::Together { asked, others, .. } => {
                let others = if *others == 1 { "another".to_owned() } else { format!("{others} others") };
                write!(formatter, "the notice `{asked}` is in one mail with {others}, which was tried already")
            }
            OutboxRefusal::Nothing(state) => write!(formatter, "no notice is {state}"),
        }
    }
}

impl OutboxRefusal {
    /// What would be possible.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            OutboxRefusal::Unknown(_) => "`merit outbox` shows how keys begin".to_owned(),
            OutboxRefusal::Unclear(_) => format!("give more of its key, {KEY_BEGINNING} signs at least"),
            OutboxRefusal::State { state, rehearsed: true, .. } if state == "due" => {
                "a rehearsal holds everything back: `merit outbox release --all` ends it".to_owned()
            }
            OutboxRefusal::State { state, .. } => {
                let all = [NoticeAct::Release, NoticeAct::Retry, NoticeAct::Drop];
                let possible: Vec<&str> = all.into_iter().filter(|it| fits(*it, state)).map(done).collect();
                match possible.as_slice() {
                    [] => format!("nothing can be done any more with one that is {state}"),
                    some => format!("one that is {state} can be {}", some.join(" or ")),
                }
            }
            OutboxRefusal::Together { digest, .. } => {
                let digest: String = digest.chars().take(KEY_SHOWN).collect();
                format!("all of it or nothing: `merit outbox drop {digest}` drops the mail with every notice in it")
            }
            OutboxRefusal::Nothing(_) => "`merit outbox` lists what there is".to_owned(),
        }
    }
}

fn done(act: NoticeAct) -> &'static str {
    match act {
        NoticeAct::Release => "released",
        NoticeAct::Drop => "dropped",
        NoticeAct::Retry => "retried",
    }
}

fn fits(act: NoticeAct, state: &str) -> bool {
    match act {
        NoticeAct::Release => state == "held",
        NoticeAct::Drop => ["held", "due", "open", "ambiguous", "dead", "undeliverable"].contains(&state),
        NoticeAct::Retry => ["dead", "ambiguous"].contains(&state),
    }
}

/// Does it, with all effects or with none.
///
/// # Errors
/// When it can't be, or the store can't.
pub fn act_on_outbox(store: &mut dyn Store, act: &OutboxAct) -> Result<Acted, EngineError> {
    store.begin()?;
    match decide(store, act) {
        Ok((work, acted)) => {
            store.commit(&work)?;
            Ok(acted)
        }
        Err(error) => {
            store.roll_back()?;
            Err(error)
        }
    }
}

fn decide(store: &dyn Store, act: &OutboxAct) -> Result<(Work, Acted), EngineError> {
    let rehearsed = store.state()?.hold;
    let rehearsal_ended = rehearsed && act.which == Which::All("held");
    let effects = match &act.which {
        Which::All(state) => {
            let found = store.effects(&Filter { status: Some((*state).to_owned()), ..Filter::default() })?;
            if found.is_empty() && !rehearsal_ended {
                return Err(OutboxRefusal::Nothing(state).into());
            }
            found
        }
        Which::Keys(keys) => named(store, act.act, keys, rehearsed)?,
    };
    let mut cases: BTreeMap<i64, Vec<NewEntry>> = BTreeMap::new();
    for effect in &effects {
        cases.entry(effect.case_id).or_default().push(entry(act, effect));
    }
    let mut work = Work {
        kind: act.act.word().to_owned(),
        actor: act.actor.clone(),
        at: act.at,
        hold: rehearsal_ended.then_some(false),
        ..Work::default()
    };
    for (id, entries) in cases {
        let row = store.case(id)?.ok_or_else(|| OutboxRefusal::Unknown(id.to_string()))?;
        work.cases.push(CaseChange::with(row, entries));
    }
    // What is done with a mail is done once, however many notices it carries; each of them is dropped.
    let mut mails = BTreeSet::new();
    let changes =
        effects.iter().filter(|it| act.act == NoticeAct::Drop || it.delivery.is_none_or(|it| mails.insert(it)));
    work.outbox = changes.map(|it| OutboxChange { key: it.effect.key.clone(), act: act.act }).collect();
    let keys = effects.into_iter().map(|it| it.effect.key).collect();
    Ok((work, Acted { keys, rehearsal_ended }))
}

/// The effects whose keys begin so, each once; with the key of a digest, all that it carries.
fn named(store: &dyn Store, act: NoticeAct, keys: &[String], rehearsed: bool) -> Result<Vec<EffectRow>, EngineError> {
    let mut effects: Vec<EffectRow> = Vec::new();
    for asked in keys {
        if asked.len() < KEY_BEGINNING {
            return Err(OutboxRefusal::Unclear(asked.clone()).into());
        }
        for one in meant(store, act, asked)? {
            let state = one.effect.state.clone();
            if !fits(act, &state) {
                return Err(OutboxRefusal::State { asked: asked.clone(), state, act, rehearsed }.into());
            }
            if effects.iter().all(|it| it.effect.key != one.effect.key) {
                effects.push(one);
            }
        }
    }
    if act == NoticeAct::Drop {
        whole_mails(store, &effects)?;
    }
    Ok(effects)
}

/// The one effect, or the notices of the one digest, whose key begins so. What is tried or released again is the whole mail.
fn meant(store: &dyn Store, act: NoticeAct, asked: &str) -> Result<Vec<EffectRow>, EngineError> {
    let beginning = Some(asked.to_owned());
    let mut found = store.effects(&Filter { key: beginning.clone(), limit: Some(2), ..Filter::default() })?;
    let carried = store.effects(&Filter { digest: beginning, ..Filter::default() })?;
    let digests: BTreeSet<&str> = carried.iter().filter_map(digest_of).collect();
    match (found.len(), digests.len()) {
        (0, 0) => Err(OutboxRefusal::Unknown(asked.to_owned()).into()),
        (0, 1) => Ok(carried),
        (1, 0) => match found[0].digest.as_ref().filter(|it| it.fixed && act != NoticeAct::Drop) {
            Some(digest) => Ok(store.effects(&Filter { digest: Some(digest.key.clone()), ..Filter::default() })?),
            None => Ok(vec![found.remove(0)]),
        },
        _ => Err(OutboxRefusal::Unclear(asked.to_owned()).into()),
    }
}

fn digest_of(row: &EffectRow) -> Option<&str> {
    row.digest.as_ref().map(|it| it.key.as_str())
}

/// Of a digest that was tried, or may have been, everything is dropped or nothing.
fn whole_mails(store: &dyn Store, effects: &[EffectRow]) -> Result<(), EngineError> {
    let mut known = BTreeSet::new();
    for effect in effects {
        let (Some(digest), Some(mail)) = (effect.digest.as_ref().filter(|it| it.fixed), effect.delivery) else {
            continue;
        };
        if !known.insert(mail) {
            continue;
        }
        let carried = store.carried(mail)?.len();
        if effects.iter().filter(|it| it.delivery == Some(mail)).count() < carried {
            let asked = effect.effect.key.chars().take(KEY_SHOWN).collect();
            return Err(OutboxRefusal::Together { asked, digest: digest.key.clone(), others: carried - 1 }.into());
        }
    }
    Ok(())
}

fn entry(act: &OutboxAct, row: &EffectRow) -> NewEntry {
    let effect = &row.effect;
    let event = Event::NoticeActedOn {
        act: act.act,
        key: effect.key.clone(),
        stage: effect.stage.clone(),
        message: effect.message.clone(),
        to: effect.recipient.split_once(':').map_or(effect.recipient.as_str(), |(_, key)| key).to_owned(),
        because: act.because.clone(),
        on: act.on,
    };
    let payload = serde_json::to_string(&event).unwrap_or_default();
    NewEntry { at: act.at, actor: act.actor.clone(), kind: event.kind().to_owned(), payload }
}
