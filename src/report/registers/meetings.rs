//! Committees that meet in a rhythm, for whom cases wait: when they last met, and by when they are to meet.
//!
//! `meets every quarter` is a duty, and no date of a case: in each quarter in which a case waits for it, a committee meets at least once. A day
//! on which somebody of it voted is one on which it met.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;

use crate::calendar::{Anchor, Calendar, DateRole, DeadlineInput, Direction, MonthEnd, days_between, length_in_words};
use crate::casework::body_of;
use crate::policy::committee::{Committee, Meets};
use crate::report::Reader;
use crate::report::registers::listing::{counted, tallied};
use crate::report::registers::people::People;
use crate::report::registers::{Asked, Cell, Listing, Made, Register};
use crate::store::{View, ViewRow};
use crate::value::RecordRef;

/// What is known of the committee of one body.
#[derive(Debug, Default)]
struct Known {
    /// The days since which cases wait for it.
    waiting: Vec<Date>,
    /// The days on which it met.
    met: BTreeSet<Date>,
}

/// Committees with a rhythm for whom cases wait, those first that are to meet the soonest.
///
/// # Errors
/// When the store can't be read.
pub fn meetings(asked: &Asked<'_>) -> Made {
    let Reader::Keeper = asked.reader;
    let waiting = asked.store.view(View::BeforeCommittees)?;
    let met = asked.store.view(View::Meetings)?;
    let people =
        People::ahead(asked, waiting.iter().chain(&met).map(|it| (it.text("subject_type"), it.text("subject"))));
    let mut listing = Listing::under(&[
        ("committee", "committee"),
        ("body", "of"),
        ("body_name", ""),
        ("meets", "meets every"),
        ("cases", "cases"),
        ("waits_since", "oldest since"),
        ("last_met", "last met"),
        ("meet_by", "to meet by"),
        ("days_late", "days late"),
    ]);
    let mut rows = Vec::new();
    let calendar = asked.policy.main();
    let rhythmic = asked.policy.committees.iter().filter(|it| !it.for_each_case);
    for (committee, meets) in rhythmic.filter_map(|it| Some((it, it.meets?))) {
        for (body, known) in bodies(asked, &people, committee, (&waiting, &met)) {
            let Some(oldest) = known.waiting.iter().min().copied() else { continue };
            let last = known.met.last().copied();
            let by = meet_by(calendar, meets, oldest, last);
            let late = by.map(|it| days_between(it, asked.on)).filter(|it| *it > 0);
            let name = body.as_ref().map(|it| people.name(&asked.policy.record(it.record).label.name, &it.key));
            let day = |it: Option<Date>| it.map_or(Cell::Nothing, |it| Cell::Text(it.to_string()));
            rows.push((
                by,
                vec![
                    Cell::text(&committee.label.name),
                    Cell::maybe(body.as_ref().map(|it| &*it.key)),
                    name.unwrap_or(Cell::Nothing),
                    Cell::Text(in_words(calendar, meets)),
                    Cell::count(known.waiting.len()),
                    day(Some(oldest)),
                    day(last),
                    day(by),
                    late.map_or(Cell::Nothing, Cell::Number),
                ],
            ));
        }
    }
    people.done()?;
    rows.sort_by_key(|it| it.0);
    let late = rows.iter().filter(|it| it.0.is_some_and(|by| by < asked.on)).count();
    let waited_for = rows.len();
    listing.rows.extend(rows.into_iter().map(|it| it.1));
    let as_of = asked.on.to_string();
    let headline = if asked.policy.committees.iter().all(|it| it.meets.is_none() || it.for_each_case) {
        "No committee of the policy says how often it meets.".to_owned()
    } else if waited_for == 0 {
        format!("No case waits for a committee that meets in a rhythm at the end of {as_of}.")
    } else {
        format!(
            "At the end of {as_of} cases wait for {}; {} in time.",
            counted(waited_for, "committee", "committees"),
            counted(late, "has not met", "have not met"),
        )
    };
    let summary = Some(tallied(&listing, &["committee"], ("committees", "committees")));
    Ok(Register { register: "meetings", as_of, headline, summary, rows: listing })
}

/// What is known of a committee, for each body of which it is one; nothing as the body of one that is for all.
fn bodies(
    asked: &Asked<'_>,
    people: &People<'_>,
    committee: &Committee,
    (waiting, met): (&[ViewRow], &[ViewRow]),
) -> BTreeMap<Option<RecordRef>, Known> {
    let mut known: BTreeMap<Option<RecordRef>, Known> = BTreeMap::new();
    let mut note = |row: &ViewRow, column: &str, add: &dyn Fn(&mut Known, Date)| {
        let day: Option<Date> = row.text(column).parse().ok().filter(|it| *it <= asked.on);
        let own = row.text("committee") == committee.label.name && asked.of.is_none_or(|of| of == row.text("workflow"));
        let Some((day, record)) = day.filter(|_| own).zip(asked.policy.record_named(row.text("subject_type"))) else {
            return;
        };
        let subject = RecordRef { record, key: Arc::from(row.text("subject")) };
        let body = committee.of.map(|of| body_of(asked.policy, &*people.facts, &subject, of, asked.on));
        // Of which body it is, nobody knows.
        if body != Some(None) {
            add(known.entry(body.flatten()).or_default(), day);
        }
    };
    waiting.iter().for_each(|row| note(row, "opens", &|known, day| known.waiting.push(day)));
    met.iter().for_each(|row| {
        note(row, "day", &|known, day| {
            known.met.insert(day);
        })
    });
    known
}

/// By when a committee is to meet for which cases wait since a day: so long after that day or, if it has met since, after it last met; by the
/// end of the period in which that day lies or, if it has met in that, of the next. Nothing beyond the calendar's end.
fn meet_by(calendar: &Calendar, meets: Meets, oldest: Date, last: Option<Date>) -> Option<Date> {
    let from = last.map_or(oldest, |it| it.max(oldest));
    match meets {
        Meets::Every(length) => {
            let input = DeadlineInput {
                anchor: Anchor::Event { day: from, what: "the last meeting".to_owned() },
                length: Some((length, Direction::After)),
                beginning_on: false,
                role: DateRole::Closing,
                roll: None,
                month_end: Some(MonthEnd::Back),
                at: None,
                suspensions: Vec::new(),
                extensions: Vec::new(),
            };
            calendar.deadline(&input).ok().map(|it| it.date)
        }
        Meets::Period(kind) => {
            let period = calendar.period_containing(kind, from).ok()?;
            let has_met = last.is_some_and(|it| period.contains(it));
            if has_met { calendar.next(period).ok().map(|it| it.last) } else { Some(period.last) }
        }
    }
}

fn in_words(calendar: &Calendar, meets: Meets) -> String {
    match meets {
        Meets::Period(kind) => calendar.kind_name(kind).to_owned(),
        Meets::Every(length) => length_in_words(length),
    }
}
