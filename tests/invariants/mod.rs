//! The invariants of `ARCHITECTURE.md` as checks of a store, one function for each. What does not hold is told with its name.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::sync::Arc;

use jiff::civil::Date;
use merit::casework::{Desk, standing};
use merit::engine::{Policies, deadline_row, task_rows};
use merit::policy::model::Policy;
use merit::store::sqlite::SqliteStore;
use merit::store::{CaseRow, EffectRow, Filter, JournalEntry, OutcomeFilter, Store};
use merit::workflow::{Case, Event, Look, StageCase, StageStatus};

/// Whether an invariant holds; else its name and what was found.
pub(crate) type Checked = Result<(), String>;

/// What has left the house: the Message-ID of every mail that was seen outside, and the one that the mail of each effect or digest
/// would have, by its key.
pub(crate) struct Outside<'a> {
    pub(crate) mails: &'a [String],
    pub(crate) message_id: &'a dyn Fn(&str) -> String,
}

impl Outside<'_> {
    fn mail_of(&self, row: &EffectRow) -> String {
        (self.message_id)(row.digest.as_ref().map_or(&row.effect.key, |it| &it.key))
    }
}

fn broken(name: &str, what: impl Display) -> String {
    format!("{name}: {what}")
}

fn hold(name: &str, holds: bool, what: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(broken(name, what())) }
}

/// I1: a commit that the program had told of, by its end or by its seal, is still there.
pub(crate) fn what_was_acknowledged_is_kept(store: &SqliteStore, rev: i64, seal: &str) -> Checked {
    let state = store.state().map_err(|it| broken("I1", it))?;
    hold("I1", state.rev >= rev, || format!("the store was at commit {rev} and is at {} now", state.rev))?;
    let verified = store.verify_journal(Some(seal)).map_err(|it| broken("I1", it))?;
    verified.map(|_| ()).map_err(|it| broken("I1", format!("commit {rev} with seal {seal}: {it}")))
}

/// I2: a case is in exactly one state, there is one case for one occasion, and its journal has no gaps.
pub(crate) fn each_case_is_in_one_state(store: &SqliteStore) -> Checked {
    let mut occasions = BTreeSet::new();
    for Told { row, journal, events } in told(store, "I2")? {
        let seqs: Vec<i64> = journal.iter().map(|it| it.seq).collect();
        let whole: Vec<i64> = (1..=row.last_seq).collect();
        hold("I2", seqs == whole, || format!("the journal of case {} has the entries {seqs:?}", row.id))?;
        let status = Case::replay(&events).status.word();
        hold("I2", status == row.status, || format!("case {} is `{}` and `{status}`", row.id, row.status))?;
        let begun = events.iter().filter(|it| matches!(it, Event::CaseOpened { .. })).count();
        // It ends once, and once more each time that an order has opened it again.
        let ends: Vec<bool> = events
            .iter()
            .filter_map(|it| match it {
                Event::CaseEnded { .. } => Some(true),
                Event::Reopened { .. } => Some(false),
                _ => None,
            })
            .collect();
        let ends_twice = ends.windows(2).any(|it| it == [true, true]);
        let orderly = begun == 1 && !ends_twice && ends.last().copied().unwrap_or(false) == (status != "open");
        hold("I2", orderly, || format!("case {} began {begun} times and ended as {ends:?}", row.id))?;
        let occasion = (row.workflow, row.subject_type, row.subject, row.period, row.nth);
        hold("I2", occasions.insert(occasion.clone()), || format!("there are two cases for {occasion:?}"))?;
    }
    Ok(())
}

/// I3, behind a run until `look`: no step is left out, none is taken twice, and another look at every open case finds nothing more
/// than the wake-up that stands there.
pub(crate) fn nothing_is_orphaned(store: &SqliteStore, policies: &Policies, look: &Look, language: &str) -> Checked {
    let dirty = store.dirty_cases(1).map_err(|it| broken("I3", it))?;
    hold("I3", dirty.is_empty(), || "a case whose facts changed was not looked at".to_owned())?;
    let dirty = store.dirty_subjects(1).map_err(|it| broken("I3", it))?;
    hold("I3", dirty.is_empty(), || "a subject whose facts changed was not looked at".to_owned())?;
    for Told { row, events, .. } in told(store, "I3")? {
        let case = Case::replay(&events);
        every_step_is_told_once(&row, &case, &events)?;
        if row.status == "open" && row.set_aside.is_none() {
            nothing_more_follows(store, policies, &row, &case, (look, language))?;
        }
    }
    let waiting = store.effects_to_send(look.until, 1).map_err(|it| broken("I3", it))?;
    hold("I3", waiting.is_empty(), || "an effect waits although its moment has come".to_owned())
}

fn every_step_is_told_once(row: &CaseRow, case: &Case, events: &[Event]) -> Checked {
    let mut told: BTreeMap<(String, u32, &str, u32), (usize, usize)> = BTreeMap::new();
    for event in events {
        match event {
            Event::StepTaken { mark, .. } | Event::StepSkipped { mark, .. } => {
                told.entry((mark.stage.clone(), mark.round, &mark.step, mark.nth)).or_default().0 += 1;
            }
            Event::Held { stage, round, step: Some((name, nth)), .. } => {
                told.entry((stage.clone(), *round, name, *nth)).or_default().1 += 1;
            }
            // What a stage did it has done, whatever it is called.
            Event::Moved(it) => {
                let now = |name: String| {
                    let moved = it.stages.iter().find(|it| it.stage == name);
                    moved.map_or(name, |it| it.becomes.clone())
                };
                told = told
                    .into_iter()
                    .map(|((name, round, step, nth), it)| ((now(name), round, step, nth), it))
                    .collect();
            }
            _ => {}
        }
    }
    for (step, (followed, held)) in &told {
        hold("I3", *followed <= 1 && *held <= 1, || format!("case {} took {step:?} more than once", row.id))?;
    }
    for (name, stage) in &case.stages {
        for (step, count) in &stage.steps {
            for nth in 1..=*count {
                // What counts from the opening does not count anew in the rounds that extensions began.
                let mut rounds = stage.opened_in_round()..=stage.round;
                let there = rounds.any(|round| told.contains_key(&(name.to_string(), round, step.as_str(), nth)));
                hold("I3", there, || format!("case {} passed over `{step}` {nth} of `{name}`", row.id))?;
            }
        }
    }
    Ok(())
}

fn nothing_more_follows(
    store: &SqliteStore,
    policies: &Policies,
    row: &CaseRow,
    case: &Case,
    (look, language): (&Look, &str),
) -> Checked {
    let policy = Arc::clone(policies.version(row.policy).map_err(|it| broken("I3", it))?);
    let reader = store.reader(&policy);
    let desk = Desk::new(&policy, &*reader, language);
    let flow = policy.workflow_named(&row.workflow).ok_or_else(|| broken("I3", "a workflow is missing"))?;
    let again = desk.look(flow, case, look);
    hold("I3", again.events.is_empty(), || format!("case {} was left behind: {:?}", row.id, again.events))?;
    hold("I3", again.stuck.is_none(), || format!("case {} can't proceed and was not set aside", row.id))?;
    hold("I3", again.wake_at == row.wake_at, || {
        format!("case {} wakes at {:?} and should at {:?}", row.id, row.wake_at, again.wake_at)
    })
}

/// I4: one effect for one key, one key for one occasion, one mail for one effect, and no digest of which a part left otherwise.
pub(crate) fn there_is_one_effect_for_one_key(store: &SqliteStore, outside: &Outside<'_>) -> Checked {
    let effects = effects(store, "I4")?;
    let (mut keys, mut occasions) = (BTreeSet::new(), BTreeSet::new());
    for EffectRow { case_id, effect, .. } in &effects {
        hold("I4", keys.insert(&effect.key), || format!("two effects have the key {}", effect.key))?;
        let step = (&effect.stage, effect.round, &effect.step, effect.nth);
        let occasion = (case_id, step, &effect.recipient, &effect.kind);
        hold("I4", occasions.insert(occasion), || format!("two effects for {occasion:?}"))?;
    }
    let mut mails: BTreeMap<&str, usize> = BTreeMap::new();
    for mail in outside.mails {
        *mails.entry(mail).or_default() += 1;
    }
    for row in &effects {
        let effect = &row.effect;
        let found = mails.get(outside.mail_of(row).as_str()).copied().unwrap_or(0);
        let expected = match effect.state.as_str() {
            "sent" => found == 1,
            // It may have left once; nobody knows.
            "open" | "ambiguous" => found <= 1,
            _ => found == 0,
        };
        hold("I4", expected, || format!("{found} mails for the effect {}, which is `{}`", effect.key, effect.state))?;
    }
    let mut digests: BTreeMap<&str, &EffectRow> = BTreeMap::new();
    for row in &effects {
        let Some(digest) = &row.digest else { continue };
        let one = *digests.entry(&digest.key).or_insert(row);
        let (this, other) = (&row.effect, &one.effect);
        let shared = (&this.recipient, &this.state, row.delivery, row.attempts);
        let together = shared == (&other.recipient, &other.state, one.delivery, one.attempts);
        hold("I4", together, || format!("the digest {} carries {this:?} and {other:?}", digest.key))?;
        let alone = this.step == "sent" || this.kind != "notice" || this.facts.contains("\"urgent\":true");
        hold("I4", !alone, || format!("the digest {} carries {this:?}, which leaves by itself", digest.key))?;
    }
    Ok(())
}

/// I5: every effect stands beside its cause in the same commit, and every mail outside has an effect of which a try was written down.
pub(crate) fn no_effect_is_before_its_cause(store: &SqliteStore, outside: &Outside<'_>) -> Checked {
    let effects = effects(store, "I5")?;
    let causes: BTreeMap<i64, Told> = told(store, "I5")?.into_iter().map(|it| (it.row.id, it)).collect();
    for row in &effects {
        let caused = causes.get(&row.case_id).is_some_and(|case| {
            case.journal.iter().zip(&case.events).any(|(entry, event)| entry.rev == row.rev && is_cause(event, row))
        });
        hold("I5", caused, || format!("the effect {} has no cause in commit {}", row.effect.key, row.rev))?;
    }
    let tried: BTreeMap<String, i64> = effects.iter().map(|it| (outside.mail_of(it), it.attempts)).collect();
    for mail in outside.mails {
        match tried.get(mail) {
            None => return Err(broken("I5", format!("the mail {mail} left before its cause was committed"))),
            Some(0) => return Err(broken("I5", format!("the mail {mail} left before its try was written down"))),
            Some(_) => {}
        }
    }
    Ok(())
}

fn is_cause(event: &Event, row: &EffectRow) -> bool {
    let wanted = (&row.effect.stage, row.effect.round, row.effect.step.as_str(), row.effect.nth);
    let to_them = |notices: &[merit::workflow::Notice]| {
        notices.iter().any(|it| format!("{}:{}", it.to.0, it.to.1) == row.effect.recipient)
    };
    match event {
        Event::StepTaken { mark, notices, .. } => {
            (&mark.stage, i64::from(mark.round), mark.step.as_str(), i64::from(mark.nth)) == wanted && to_them(notices)
        }
        Event::Held { stage, round, step, notices, .. } => {
            let (name, nth) = step.as_ref().map_or(("lapse", 1), |(name, nth)| (name.as_str(), *nth));
            let name = format!("{name}-held");
            (stage, i64::from(*round), name.as_str(), i64::from(nth)) == wanted && to_them(notices)
        }
        Event::Sent { stage, round, notices, .. } => {
            (stage, i64::from(*round), "sent", 1) == wanted && to_them(notices)
        }
        Event::Alarmed { rule, notices, .. } => (rule, 1, "alarm", 1) == wanted && to_them(notices),
        _ => false,
    }
}

/// I6: nothing is in force without its due process, or while an appeal stays it; and an outcome stands as its case tells.
pub(crate) fn nobody_is_sanctioned_unheard(store: &SqliteStore, policy: &Policy) -> Checked {
    let cases: BTreeMap<i64, Told> = told(store, "I6")?.into_iter().map(|it| (it.row.id, it)).collect();
    for outcome in store.outcomes(&OutcomeFilter::default()).map_err(|it| broken("I6", it))? {
        let what = format!("{} of {} in {}", outcome.rule, outcome.subject, outcome.period);
        let Some(case) = outcome.case.and_then(|it| cases.get(&it)) else {
            let open = ["undetermined", "proposed"].contains(&outcome.state.as_str());
            hold("I6", open, || format!("{what} is {} without a case", outcome.state))?;
            continue;
        };
        let replayed = Case::replay(&case.events);
        let flow = policy.workflow_named(&case.row.workflow).ok_or_else(|| broken("I6", "a workflow is gone"))?;
        let stands = standing(policy, flow, &replayed);
        let rule = replayed.proposal.as_ref().map(|it| it.rule.as_str());
        let same = stands.word() == outcome.state && stands.since() == outcome.since && rule == Some(&*outcome.rule);
        hold("I6", same, || format!("{what} is {} and its case says {stands:?} of {rule:?}", outcome.state))?;
        if outcome.kind == "sanction" && outcome.state == "in force" {
            let heard = policy.workflow(flow).follows_by_itself || was_heard(&replayed, &case.events);
            hold("I6", heard, || format!("{what} is in force unheard"))?;
        }
    }
    Ok(())
}

/// A notice to the one concerned, then an answer or its time run out, then a decision; the time for an appeal is over.
fn was_heard(case: &Case, events: &[Event]) -> bool {
    let place = |what: &dyn Fn(&Event) -> bool| events.iter().position(what);
    let noticed =
        |it: &Event| matches!(it, Event::Sent { notices, .. } if notices.iter().any(|it| case.concerns(&it.to)));
    let ended = |stage: &str, it: &Event| match it {
        Event::StageDone { stage: name, .. } | Event::StageLapsed { stage: name, .. } => name == stage,
        Event::Chosen { stage: name, .. } => name == stage,
        _ => false,
    };
    let (notice, answer) = (place(&noticed), place(&|it| ended("answer", it)));
    let ruling = place(&|it| matches!(it, Event::Chosen { stage, .. } if stage == "ruling"));
    let window = place(&|it| ended("appeal_window", it));
    let decided = case.stages.values().all(|it| it.has_ended());
    notice.is_some() && notice < answer && answer < ruling && ruling < window && decided
}

/// I7: the chain verifies offline, up to the seal that the store shows.
pub(crate) fn the_chain_verifies(store: &SqliteStore) -> Checked {
    let seal = store.state().map_err(|it| broken("I7", it))?.seal;
    let verified = store.verify_journal(Some(&seal)).map_err(|it| broken("I7", it))?;
    let verified = verified.map_err(|it| broken("I7", it))?;
    hold("I7", verified.seal == seal, || format!("the chain ends with {} and the store says {seal}", verified.seal))
}

/// I8: replaying the journal alone gives the stored cases, deadlines and tasks.
pub(crate) fn replay_gives_what_is_stored(store: &SqliteStore) -> Checked {
    for Told { row, events, .. } in told(store, "I8")? {
        let replayed = Case::replay(&events);
        let stored: Case = serde_json::from_str(&row.state).map_err(|it| broken("I8", it))?;
        hold("I8", replayed == stored, || format!("case {} is {stored:?}, and replayed {replayed:?}", row.id))?;
        let version = replayed.policy;
        hold("I8", version == row.policy, || format!("case {} goes by version {version}, not {}", row.id, row.policy))?;
        for (name, stage) in &replayed.stages {
            let place = format!("`{name}` of case {}", row.id);
            let deadline = store.deadline(row.id, name).map_err(|it| broken("I8", it))?;
            let same = deadline.as_ref() == Some(&deadline_row(&replayed, name, stage));
            hold("I8", same, || format!("the deadline of {place} is {deadline:?}"))?;
            let tasks = store.tasks(row.id, name).map_err(|it| broken("I8", it))?;
            let (now, before): (Vec<_>, Vec<_>) = tasks.into_iter().partition(|it| it.round == i64::from(stage.round));
            hold("I8", now == task_rows(name, stage), || format!("the tasks of {place} are {now:?}"))?;
            let over = before.iter().all(|it| it.until.is_some());
            hold("I8", over, || format!("a round of {place} that is over still lies with somebody: {before:?}"))?;
        }
    }
    Ok(())
}

/// I9: a date recomputed from its derivation is the stored date. Where calendars have changed, only those that run on a day: what is
/// over, and what stands still, has the dates of its time.
pub(crate) fn dates_follow_from_their_derivations(
    store: &SqliteStore,
    policy: &Policy,
    running_on: Option<Date>,
) -> Checked {
    let which = |case: &Case, stage: &StageCase| {
        running_on.is_none_or(|today| stage.status == StageStatus::Running && !case.stands_still_on(today))
    };
    let named = |name: &str| policy.calendars.iter().find(|it| it.name() == name);
    for Told { row, events, .. } in told(store, "I9")? {
        let case = Case::replay(&events);
        for (name, stage) in case.stages.iter().filter(|it| which(&case, it.1)) {
            for date in stage.dates.due.iter().chain(&stage.dates.closes) {
                let again = date.derivation.recompute_by(&named).map_err(|it| broken("I9", format!("{it:?}")))?;
                let same = (again.date, again.moment.0) == (date.day, date.until);
                hold("I9", same, || {
                    format!("`{name}` of case {} has {} and recomputed {}", row.id, date.day, again.date)
                })?;
            }
        }
    }
    Ok(())
}

/// A case with what its journal tells.
struct Told {
    row: CaseRow,
    journal: Vec<JournalEntry>,
    events: Vec<Event>,
}

fn told(store: &SqliteStore, name: &str) -> Result<Vec<Told>, String> {
    let rows = store.cases(&Filter::default()).map_err(|it| broken(name, it))?;
    let told = |row: CaseRow| {
        let journal = store.journal(row.id).map_err(|it| broken(name, it))?;
        let read = |it: &JournalEntry| serde_json::from_str(&it.payload).map_err(|it| broken(name, it));
        let events = journal.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Told { row, journal, events })
    };
    rows.into_iter().map(told).collect()
}

fn effects(store: &SqliteStore, name: &str) -> Result<Vec<EffectRow>, String> {
    store.effects(&Filter::default()).map_err(|it| broken(name, it))
}
