//! How a register is laid out: for people as aligned tables with a total, for other programs as CSV.

use std::collections::BTreeSet;

use comfy_table::{Cell as Place, CellAlignment, ContentArrangement, Table, presets};

use crate::cli::Failure;
use crate::cli::output::grouped;
use crate::report::registers::{Cell, Listing, Register};

/// A register for people: what it comes to, then the first so many rows.
pub(super) fn words(register: &Register, by: Option<&str>, top: usize) -> String {
    let mut words = format!("{}\n", register.headline);
    if register.rows.rows.is_empty() {
        return words;
    }
    if let Some(summary) = &register.summary {
        words += &format!("\n{}\nEach one", first(summary, by, top));
    }
    words + "\n" + &first(&register.rows, by, top)
}

/// The first so many rows, how many more there are, and what all of them come to.
fn first(listing: &Listing, by: Option<&str>, top: usize) -> String {
    let all = listing.rows.len();
    let more = format!("… and {} more (--top {all} shows all, --format csv gives all)\n", all.saturating_sub(top));
    table(listing, by, top) + if all > top { &more } else { "" }
}

/// A listing as CSV, each row and its total left out: a sum among rows would be summed again.
pub(super) fn csv_of(listing: &Listing) -> Result<String, Failure> {
    let head: Vec<&str> = listing.columns.iter().map(|it| it.name).collect();
    csv(&head, listing.rows.iter().map(|row| row.iter().map(Cell::plain).collect()))
}

/// Rows as CSV.
pub(super) fn csv(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Result<String, Failure> {
    let fault = |error: &dyn std::fmt::Display| Failure::environment(format!("the rows can't be written: {error}"));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(head).map_err(|error| fault(&error))?;
    for row in rows {
        writer.write_record(&row).map_err(|error| fault(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| fault(&error))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Columns in which nothing stands are left out; a name stands behind its key, and numbers stand below each other.
fn table(listing: &Listing, by: Option<&str>, top: usize) -> String {
    let rows = || listing.rows.iter().take(top);
    // What is asked for and not known is said; so is who is missing.
    let unknown = |at: usize| match listing.columns[at].name {
        "group" if by.is_some() => Some("(none known)"),
        "holder" => Some("nobody"),
        _ => None,
    };
    let filled = |at: usize| rows().any(|row| row[at] != Cell::Nothing || unknown(at).is_some());
    let name_of = |at: usize| listing.place(&format!("{}_name", listing.columns[at].name));
    let names: BTreeSet<usize> = (0..listing.columns.len()).filter_map(name_of).collect();
    let shown: Vec<usize> = (0..listing.columns.len()).filter(|at| !names.contains(at) && filled(*at)).collect();
    let words = |row: &[Cell], at: usize| {
        let key = people(&row[at]);
        let name = name_of(at).map(|it| people(&row[it])).filter(|it| !it.is_empty() && *it != key);
        name.map_or_else(|| key.clone(), |name| format!("{key} {name}"))
    };
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if std::io::IsTerminal::is_terminal(&std::io::stdout()) {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    let head = |at: &usize| match (listing.columns[*at].name, by) {
        ("group", Some(by)) => by,
        _ => listing.columns[*at].head,
    };
    let right = |at: usize| rows().any(|row| row[at].is_number()) && at_end(listing, at);
    let place = |at: usize, words: String| {
        let side = if right(at) { CellAlignment::Right } else { CellAlignment::Left };
        Place::new(words).set_alignment(side)
    };
    table.set_header(shown.iter().map(|at| place(*at, head(at).to_owned())));
    for row in rows() {
        let words = |at: usize| match unknown(at) {
            Some(unknown) if row[at] == Cell::Nothing => unknown.to_owned(),
            _ => words(row, at),
        };
        table.add_row(shown.iter().map(|at| place(*at, words(*at))));
    }
    if let Some(total) = &listing.total {
        table.add_row(shown.iter().map(|at| place(*at, words(total, *at))));
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// A case's number is no quantity, and stands to the left.
fn at_end(listing: &Listing, at: usize) -> bool {
    listing.columns[at].name != "case"
}

fn people(cell: &Cell) -> String {
    match cell {
        Cell::Number(number) => grouped(&number.to_string()),
        Cell::Decimal(digits) => grouped(digits),
        Cell::Nothing | Cell::Text(_) | Cell::YesNo(_) => cell.plain(),
    }
}
