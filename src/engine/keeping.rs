//! What becomes of cases whose time to be kept is over: their text is destroyed, in batches of one commit each.

use jiff::ToSpan;

use crate::casework::{ASKED_AGAIN, Desk, Kept};
use crate::engine::EngineError;
use crate::engine::rows::entry;
use crate::engine::run::Round;
use crate::store::{CaseChange, CaseRow, Expunged, Store, StoreError, Work};
use crate::workflow::{Case, Event};

/// How many cases one commit looks at.
const BATCH: u32 = 200;

/// Destroys every case that is kept no longer on the day of this round.
pub(super) fn expunge(store: &mut dyn Store, round: &mut Round<'_>) -> Result<(), EngineError> {
    let mut any = false;
    while round.goes_on() {
        store.begin()?;
        let rows = store.kept_until(round.until.today, BATCH)?;
        if rows.is_empty() {
            store.roll_back()?;
            break;
        }
        let mut work = Work { kind: "expunge".to_owned(), ..round.work() };
        for row in rows {
            match look(&*store, round, row) {
                Ok((id, Looked::Kept(until))) => work.keeping.push((id, until)),
                Ok((_, Looked::Gone(it))) => work.expunged.push(*it),
                Err(error) => {
                    store.roll_back()?;
                    return Err(error);
                }
            }
        }
        round.report.expunged += work.expunged.len() as u64;
        any |= !work.expunged.is_empty();
        round.commit(store, &work)?;
    }
    if any {
        store.forget()?;
    }
    Ok(())
}

/// What becomes of a case.
enum Looked {
    /// It is kept, and asked again on a day; without one for good.
    Kept(Option<jiff::civil::Date>),
    /// It is destroyed.
    Gone(Box<Expunged>),
}

fn look(store: &dyn Store, round: &mut Round<'_>, row: CaseRow) -> Result<(i64, Looked), EngineError> {
    let today = round.until.today;
    let again = Looked::Kept(today.saturating_add(ASKED_AGAIN.days()).into());
    let case = serde_json::from_str::<Case>(&row.state).ok().filter(|_| row.whole);
    // What is not as it was written stays as it is, so that it can be seen what became of it.
    let Some(case) = case else { return Ok((row.id, again)) };
    let policy = match round.policies.any_version(store, row.policy, round.settings.calendar.as_deref()) {
        Ok(policy) => policy,
        Err(EngineError::Store(StoreError::Damaged(_)) | EngineError::Unreadable { .. }) => return Ok((row.id, again)),
        Err(error) => return Err(error),
    };
    let Some(flow) = policy.workflow_named(&row.workflow).filter(|_| !case.is_open()) else {
        return Ok((row.id, Looked::Kept(None)));
    };
    let reader = store.reader(&policy);
    let kept = Desk::new(&policy, &*reader, &round.settings.language).kept(flow, &case, today);
    if let Some(fault) = reader.fault() {
        return Err(fault.into());
    }
    let rule = match kept {
        Kept::Always => return Ok((row.id, Looked::Kept(None))),
        Kept::Until(day) => return Ok((row.id, Looked::Kept(Some(day)))),
        Kept::NoLonger(rule) => rule,
    };
    // Whoever is still to hear of it does so first.
    if store.leaves_yet(row.id)? {
        return Ok((row.id, Looked::Kept(today.tomorrow().ok())));
    }
    let event = Event::Expunged { workflow: row.workflow.clone(), rule, entries: row.last_seq, on: today };
    let entry = entry(&event, round.until.moment);
    let left = Case::replay([&event]);
    let after = CaseRow {
        subject: String::new(),
        period: String::new(),
        nth: row.id,
        status: left.status.word().to_owned(),
        state: serde_json::to_string(&left).unwrap_or_default(),
        wake_at: None,
        set_aside: None,
        ..row.clone()
    };
    let id = row.id;
    Ok((id, Looked::Gone(Box::new(Expunged { before: row, change: CaseChange::with(after, vec![entry]) }))))
}
