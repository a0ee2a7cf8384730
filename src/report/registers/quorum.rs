//! Committees that can't decide: too few sit on record, or too few are left in a case.

use std::sync::Arc;

use crate::casework::seated;
use crate::policy::committee::Committee;
use crate::report::Reader;
use crate::report::registers::listing::{counted, tallied};
use crate::report::registers::people::People;
use crate::report::registers::{Asked, Cell, Listing, Made, Register};
use crate::store::{RecordReader, StoreError, View, ViewRow};
use crate::value::RecordRef;

/// So many bodies are looked at together.
const BATCH: u32 = 1_000;

/// Committees of which too few sit on the day, and open cases in which a committee can't reach its quorum.
///
/// # Errors
/// When the store can't be read.
pub fn quorum(asked: &Asked<'_>) -> Made {
    let Reader::Keeper = asked.reader;
    let mut rows = asked.store.view(View::Quorum)?;
    rows.retain(|it| asked.of.is_none_or(|of| of == it.text("workflow")));
    let people = People::ahead(asked, rows.iter().map(|it| (it.text("subject_type"), it.text("subject"))));
    let mut listing = Listing::under(&[
        ("committee", "committee"),
        ("body", "of"),
        ("body_name", ""),
        ("members", "members"),
        ("needed", "needed"),
        ("case", "case"),
        ("workflow", "workflow"),
        ("subject", "subject"),
        ("subject_name", ""),
        ("group", "group"),
        ("group_name", ""),
        ("stage", "stage"),
        ("opens", "open since"),
        ("due", "due"),
        ("why", "why"),
    ]);
    let (short, without) = on_record(asked, &people, &mut listing)?;
    listing.rows.extend(rows.iter().map(|it| in_a_case(&people, it)));
    people.done()?;
    let as_of = asked.on.to_string();
    let none = match without {
        0 => String::new(),
        1 => " One body has no member on record at all, and is not listed.".to_owned(),
        _ => format!(" {without} bodies have no member on record at all, and are not listed."),
    };
    let headline = match (short, rows.len()) {
        (0, 0) if asked.policy.committees.iter().all(|it| it.members.is_none()) => {
            "No committee of the policy says which records name its members.".to_owned()
        }
        (0, 0) if without > 0 => format!("Every committee that has members can decide at the end of {as_of}.{none}"),
        (0, 0) => format!("Every committee can decide at the end of {as_of}."),
        (short, cases) => format!(
            "At the end of {as_of}, {} too few members on record, and {} can't be decided for want of members.{none}",
            counted(short, "committee has", "committees have"),
            counted(cases, "open case", "open cases")
        ),
    };
    let by: &[&str] = if asked.by.is_some() { &["group", "group_name"] } else { &[] };
    let named: Vec<&str> = by.iter().copied().chain(["committee", "workflow", "stage"]).collect();
    let summary = Some(tallied(&listing, &named, ("rows", "rows")));
    Ok(Register { register: "quorum", as_of, headline, summary, rows: listing })
}

fn in_a_case(people: &People<'_>, row: &ViewRow) -> Vec<Cell> {
    let held = |column: &str| Cell::from(row.held(column));
    let (record, key) = (row.text("subject_type"), row.text("subject"));
    let [group, group_name] = people.group(record, key);
    vec![
        held("committee"),
        Cell::Nothing,
        Cell::Nothing,
        held("members"),
        Cell::Nothing,
        held("case_id"),
        held("workflow"),
        held("subject"),
        people.name(record, key),
        group,
        group_name,
        held("stage"),
        held("opens"),
        held("due"),
        held("why"),
    ]
}

/// Committees of which too few sit, whatever they may have to decide; how many there are, and how many bodies have none.
fn on_record(asked: &Asked<'_>, people: &People<'_>, listing: &mut Listing) -> Result<(usize, usize), StoreError> {
    let (mut short, mut without) = (0, 0);
    for committee in asked.policy.committees.iter().filter(|it| it.members.is_some() && !it.for_each_case) {
        let Some(of) = committee.of else {
            short += usize::from(look(asked, &*people.facts, committee, None, listing) == Stands::Short);
            continue;
        };
        let mut after = String::new();
        loop {
            let keys = asked.store.keys_after(asked.policy, of, &after, BATCH)?;
            people.facts.prefetch(of, &keys, None);
            for key in &keys {
                let body = RecordRef { record: of, key: Arc::clone(key) };
                let stands = look(asked, &*people.facts, committee, Some(&body), listing);
                short += usize::from(stands == Stands::Short);
                without += usize::from(stands == Stands::Nobody);
            }
            match keys.last() {
                Some(last) if keys.len() == BATCH as usize => after = last.to_string(),
                _ => break,
            }
        }
    }
    Ok((short, without))
}

/// How a committee stands on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stands {
    /// It could decide.
    Enough,
    /// Too few sit.
    Short,
    /// No record names a member of that of a body: it has none.
    Nobody,
}

/// Writes a row if too few sit on one that there is.
fn look(
    asked: &Asked<'_>,
    facts: &dyn RecordReader,
    committee: &Committee,
    body: Option<&RecordRef>,
    listing: &mut Listing,
) -> Stands {
    let Some(seated) = seated(asked.policy, facts, committee, body, asked.on) else { return Stands::Enough };
    if seated.can_decide() {
        return Stands::Enough;
    }
    if body.is_some() && !seated.named {
        return Stands::Nobody;
    }
    let why = match seated.empty.filter(|_| seated.counted >= seated.needed) {
        Some(seat) => format!("nobody sits as {}, who must be among them", committee.seats[seat].label.name),
        None => format!("{} must be there to decide, and {} sit", seated.needed, seated.counted),
    };
    let name = body.map_or(Cell::Nothing, |it| {
        let record = &asked.policy.record(it.record).label.name;
        Cell::Text(crate::report::name_of(asked.policy, facts, record, &it.key, asked.on))
    });
    let mut row = vec![
        Cell::text(&committee.label.name),
        Cell::maybe(body.map(|it| &*it.key)),
        name,
        Cell::count(seated.members.len()),
        Cell::count(seated.needed),
    ];
    row.resize(listing.columns.len() - 1, Cell::Nothing);
    row.push(Cell::Text(why));
    listing.rows.push(row);
    Stands::Short
}
