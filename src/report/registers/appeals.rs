//! Appeals that are being heard, by their age.

use crate::calendar::days_between;
use crate::report::Reader;
use crate::report::registers::listing::tallied;
use crate::report::registers::people::People;
use crate::report::registers::{Asked, Cell, Listing, Made, Register};
use crate::store::View;

/// Cases in which an appeal is heard, the oldest first.
///
/// # Errors
/// When the store can't be read.
pub fn appeals(asked: &Asked<'_>) -> Made {
    let Reader::Keeper = asked.reader;
    let mut rows = asked.store.view(View::Appeals)?;
    let as_of = asked.on.to_string();
    rows.retain(|it| it.text("opens") <= as_of.as_str() && asked.of.is_none_or(|of| of == it.text("workflow")));
    rows.sort_by_key(|it| (it.text("opens").to_owned(), it.number("case_id")));
    let people = People::ahead(asked, rows.iter().map(|it| (it.text("subject_type"), it.text("subject"))));
    let mut listing = Listing::under(&[
        ("case", "case"),
        ("workflow", "workflow"),
        ("period", "for"),
        ("subject", "subject"),
        ("subject_name", ""),
        ("group", "group"),
        ("group_name", ""),
        ("rule", "against"),
        ("stage", "stage"),
        ("opens", "since"),
        ("days_open", "days"),
        ("due", "due"),
        ("days_overdue", "days overdue"),
        ("stays", "stays it"),
        ("holders", "with"),
    ]);
    for row in &rows {
        let (record, key) = (row.text("subject_type"), row.text("subject"));
        let [group, group_name] = people.group(record, key);
        let since = |column: &str| row.text(column).parse().ok().map(|it| days_between(it, asked.on));
        let held = |column: &str| Cell::from(row.held(column));
        listing.rows.push(vec![
            held("case_id"),
            held("workflow"),
            held("period"),
            held("subject"),
            people.name(record, key),
            group,
            group_name,
            held("rule"),
            held("stage"),
            held("opens"),
            since("opens").map_or(Cell::Nothing, Cell::Number),
            held("due"),
            since("due").filter(|it| *it > 0).map_or(Cell::Nothing, Cell::Number),
            Cell::YesNo(row.number("stays") != 0),
            held("holders"),
        ]);
    }
    people.done()?;
    let oldest = listing.rows.first().and_then(|row| listing.place("days_open").map(|at| row[at].plain()));
    let headline = match oldest {
        None => format!("No appeal is being heard at the end of {as_of}."),
        Some(days) => {
            format!("Appeals being heard at the end of {as_of}: {}; the oldest for {days} days.", listing.rows.len())
        }
    };
    let by: &[&str] = if asked.by.is_some() { &["group", "group_name"] } else { &[] };
    let named: Vec<&str> = by.iter().copied().chain(["workflow", "stage", "rule"]).collect();
    let summary = Some(tallied(&listing, &named, ("appeals", "appeals")));
    Ok(Register { register: "appeals", as_of, headline, summary, rows: listing })
}
