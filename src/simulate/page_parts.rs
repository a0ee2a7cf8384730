//! What the page is put together from: escaped words, figures as people write them, tables.

use std::fmt::Write;

use crate::simulate::Cost;
use crate::value::{Number, grouped};

/// A text as it may stand in a page, between tags or in an attribute.
pub(super) fn escaped(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            '"' => written.push_str("&quot;"),
            '\'' => written.push_str("&#39;"),
            // A page holds no other controls.
            it if it.is_control() && it != '\n' && it != '\t' => written.push('\u{fffd}'),
            it => written.push(it),
        }
    }
    written
}

pub(super) fn paragraph(words: &str) -> String {
    format!("<p>{}</p>\n", escaped(words))
}

pub(super) fn number(count: usize) -> String {
    grouped(&count.to_string())
}

/// `+5`, `-3`, `0`.
pub(super) fn difference(by: i128) -> String {
    let words = grouped(&by.to_string());
    if by > 0 { format!("+{words}") } else { words.replace('-', "\u{2212}") }
}

/// `1 person`, `2 people`.
pub(super) fn people(count: usize) -> String {
    counted(count, "person", "people")
}

pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

/// `14.3 %`; nothing of nobody is 0.
pub(super) fn rate(some: usize, of: usize) -> String {
    format!("{:.1} %", some as f64 * 100.0 / of.max(1) as f64)
}

pub(super) fn money(currency: Option<&str>, amount: Number) -> String {
    let currency = currency.map_or_else(String::new, |it| format!("{it}\u{a0}"));
    format!("{currency}{}", grouped(&amount.to_string()))
}

/// What is paid for certain, a currency behind the other.
pub(super) fn known(costs: &[Cost]) -> String {
    each(costs, |it| Some(money(it.currency.as_deref(), it.known)))
}

/// What the undetermined could add.
pub(super) fn could_add(costs: &[Cost]) -> String {
    let open = |it: &Cost| (it.could_add != Number::ZERO).then(|| money(it.currency.as_deref(), it.could_add));
    each(costs, open)
}

fn each(costs: &[Cost], words: impl Fn(&Cost) -> Option<String>) -> String {
    let told: Vec<String> = costs.iter().filter_map(words).collect();
    if told.is_empty() { "\u{2013}".to_owned() } else { told.join("; ") }
}

/// A list in words: `a, b and c`; of more than so many the first, and how many there are beside them.
pub(super) fn listed(all: &[String], most: usize) -> String {
    let shown = &all[..all.len().min(most)];
    match (shown, all.len() - shown.len()) {
        ([], _) => String::new(),
        (shown, more) if more > 0 => format!("{} and {} more", shown.join(", "), number(more)),
        ([only], _) => only.clone(),
        ([before @ .., last], _) => format!("{} and {last}", before.join(", ")),
    }
}

/// A place of a table.
#[derive(Debug, Clone)]
pub(super) enum Cell {
    /// What the row, or so many rows, are about.
    Head(String, usize),
    Text(String),
    /// To the right.
    Number(String),
    /// What stays as it is.
    Same(String),
    /// A sum.
    Sum(String),
}

/// The head of a column: its words, and whether numbers stand below it.
pub(super) type Column = (String, bool);

pub(super) fn words(head: &str) -> Column {
    (head.to_owned(), false)
}

pub(super) fn figures(head: &str) -> Column {
    (head.to_owned(), true)
}

/// A table, in a box of its own that scrolls where the page is narrow.
pub(super) fn table(caption: &str, head: &[Column], rows: &[Vec<Cell>]) -> String {
    let caption = escaped(caption);
    let mut table = format!(
        "<div class=\"box\" role=\"region\" aria-label=\"{caption}\" tabindex=\"0\">\n<table>\n<caption>{caption}</caption>\n<thead><tr>"
    );
    for (words, is_number) in head {
        let class = if *is_number { " class=\"n\"" } else { "" };
        let _ = write!(table, "<th scope=\"col\"{class}>{}</th>", escaped(words));
    }
    table += "</tr></thead>\n<tbody>\n";
    for row in rows {
        table += "<tr>";
        row.iter().for_each(|it| table += &cell(it));
        table += "</tr>\n";
    }
    table + "</tbody>\n</table>\n</div>\n"
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Head(words, 1) => format!("<th scope=\"row\">{}</th>", escaped(words)),
        Cell::Head(words, rows) => format!("<th scope=\"row\" rowspan=\"{rows}\">{}</th>", escaped(words)),
        // A sum of many digits has no place where it could be broken.
        Cell::Text(words) if words.len() > 40 => format!("<td class=\"long\">{}</td>", escaped(words)),
        Cell::Text(words) => format!("<td>{}</td>", escaped(words)),
        Cell::Number(words) => format!("<td class=\"n\">{}</td>", escaped(words)),
        Cell::Same(words) => format!("<td class=\"n same\">{}</td>", escaped(words)),
        Cell::Sum(words) => format!("<td class=\"n sum\">{}</td>", escaped(words)),
    }
}
