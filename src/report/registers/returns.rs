//! The return of rewards and sanctions: how many were proposed, took effect and were dismissed in each quarter or year, and what was granted.

use std::collections::BTreeMap;

use crate::report::Reader;
use crate::report::registers::people::People;
use crate::report::registers::{Asked, Cell, Listing, Made, Register};
use crate::store::{View, ViewRow};

/// A view holds amounts in so many parts of a unit.
pub const PARTS: i64 = 10_000;

/// Over what is summed up.
#[derive(Debug, Clone, Copy, Default)]
pub struct Span<'a> {
    /// Only of this quarter, or of this year.
    pub period: Option<&'a str>,
    /// By years, not by quarters.
    pub annual: bool,
}

/// What frameworks proposed, and what became of it, by the quarter (or year) in which that was.
///
/// # Errors
/// When the store can't be read.
pub fn returns(asked: &Asked<'_>, span: Span<'_>) -> Made {
    let Reader::Keeper = asked.reader;
    let as_of = asked.on.to_string();
    let mut rows = asked.store.view(View::Decisions)?;
    rows.retain(|it| {
        asked.of.is_none_or(|of| of == it.text("framework"))
            && span.period.is_none_or(|period| period == it.text("year") || period == it.text("quarter"))
    });
    let people = People::ahead(asked, rows.iter().map(|it| (it.text("subject_type"), it.text("subject"))));
    let mut sums: BTreeMap<Vec<String>, Sum> = BTreeMap::new();
    for row in &rows {
        let quarter = if span.annual { "" } else { row.text("quarter") };
        let mut key: Vec<String> = [row.text("year"), quarter].map(str::to_owned).to_vec();
        if asked.by.is_some() {
            key.extend(people.group(row.text("subject_type"), row.text("subject")).map(|it| it.plain()));
        }
        key.extend(["framework", "kind", "rule"].map(|it| row.text(it).to_owned()));
        sums.entry(key).or_default().add(row);
    }
    people.done()?;
    let group: &[(&str, &str)] = if asked.by.is_some() { &[("group", "group"), ("group_name", "")] } else { &[] };
    let columns: Vec<(&str, &str)> = [("year", "year"), ("quarter", "quarter")]
        .into_iter()
        .chain(group.iter().copied())
        .chain([("framework", "framework"), ("kind", "kind"), ("rule", "what")])
        .chain([("proposed", "proposed"), ("took_effect", "took effect"), ("dismissed", "dismissed")])
        .chain([("amount", "amount granted"), ("currency", "")])
        .collect();
    let mut listing = Listing::under(&columns);
    let exact = sums.values().all(|it| it.amount % PARTS == 0);
    for (key, sum) in &sums {
        let names = key.iter().map(|it| if it.is_empty() { Cell::Nothing } else { Cell::text(it) });
        listing.rows.push(names.chain(sum.cells(exact)).collect());
    }
    listing.add_up(&["proposed", "took_effect", "dismissed"]);
    total_of_amounts(&mut listing, sums.values(), exact);
    let over = span.period.map_or_else(|| format!("until {as_of}"), |period| format!("in {period}"));
    let effect: i64 = sums.values().map(|it| it.took_effect).sum();
    let proposed: i64 = sums.values().map(|it| it.proposed).sum();
    let headline = match sums.len() {
        0 => format!("Nothing was proposed, took effect or was dismissed {over}."),
        _ => format!("Rewards and sanctions {over}: {proposed} proposed, {effect} took effect."),
    };
    Ok(Register { register: "returns", as_of, headline, summary: None, rows: listing })
}

/// Amounts of one currency have a sum.
fn total_of_amounts<'s>(listing: &mut Listing, sums: impl Iterator<Item = &'s Sum>, exact: bool) {
    let mut all = Sum::default();
    for sum in sums.filter(|it| it.currency.is_some()) {
        if all.currency.is_some() && all.currency != sum.currency {
            return;
        }
        all.currency.clone_from(&sum.currency);
        all.amount += sum.amount;
    }
    let [amount, currency] = all.money(exact);
    listing.total_is("amount", amount);
    listing.total_is("currency", currency);
}

#[derive(Default)]
struct Sum {
    proposed: i64,
    took_effect: i64,
    dismissed: i64,
    amount: i64,
    currency: Option<String>,
}

impl Sum {
    fn add(&mut self, row: &ViewRow) {
        match row.text("became") {
            "proposed" => self.proposed += 1,
            "dismissed" => self.dismissed += 1,
            _ => self.took_effect += 1,
        }
        if let Some(currency) = row.maybe("currency") {
            self.amount += row.number("amount_units");
            self.currency = Some(currency.to_owned());
        }
    }

    fn cells(&self, exact: bool) -> impl Iterator<Item = Cell> {
        let [amount, currency] = self.money(exact);
        [Cell::Number(self.proposed), Cell::Number(self.took_effect), Cell::Number(self.dismissed), amount, currency]
            .into_iter()
    }

    /// In whole units if all amounts are such, so that they stand below each other.
    fn money(&self, exact: bool) -> [Cell; 2] {
        let Some(currency) = &self.currency else { return [Cell::Nothing, Cell::Nothing] };
        let (whole, parts) = (self.amount / PARTS, (self.amount % PARTS).abs());
        let digits = match (exact, parts % 100) {
            (true, _) => whole.to_string(),
            (false, 0) => format!("{whole}.{:02}", parts / 100),
            (false, _) => format!("{whole}.{parts:04}"),
        };
        [Cell::Decimal(digits), Cell::text(currency)]
    }
}
