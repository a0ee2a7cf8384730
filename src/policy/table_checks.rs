//! What is wrong with the rows of a table, over all columns at once: cases that no row takes, rows that differ where both apply,
//! rows that never decide. Nothing here is a guess: each finding shows answers that prove it, and what could not be decided says so.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::codes::Code;
use crate::codes_policy as codes;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::policy::cover::{Part, TooMany};
use crate::policy::model::{Cell, Definition, Expr, ExprKind, Hit, Order, Policy, Row, RowSet, Slice, State, Table};
use crate::policy::reasoning::Sample;
use crate::policy::same::same;
use crate::policy::table_related::{Related, Together};
use crate::policy::table_sample;
use crate::source::Span;
use crate::value::{Known, Value};

/// Everything that the rows of a table can be at fault for.
pub(super) fn rows_decide<'p>(
    policy: &'p Policy,
    definition: &'p Definition,
    table: &'p Table,
    found: &mut Diagnostics,
) {
    let mut rows = Rows { policy, definition, table, day: None, related: None, said: BTreeSet::new(), found };
    rows.every_cell_takes_something();
    if rows.said.iter().any(|(code, _)| *code == codes::EMPTY_CELL) {
        return;
    }
    for day in days(table) {
        rows.day = day;
        rows.related = Related::of(policy, definition, table, day);
        rows.judge();
    }
}

/// The first day of each time in which the same rows hold; nothing for the time before all of them.
fn days(table: &Table) -> Vec<Option<Date>> {
    let ends = table.rows.iter().flat_map(|it| [it.from, it.until.and_then(|it| it.tomorrow().ok())]);
    let later: BTreeSet<Date> = ends.flatten().collect();
    let days: Vec<Option<Date>> = std::iter::once(None).chain(later.into_iter().map(Some)).collect();
    let some = |it: &&Option<Date>| table.rows.iter().any(|row| row.holds_on(it.unwrap_or(Date::MIN)));
    // Before the first row and after the last there is no table yet, or no more.
    let (first, last) = (days.iter().position(|it| some(&it)), days.iter().rposition(|it| some(&it)));
    first.zip(last).map_or_else(Vec::new, |(first, last)| days[first..=last].to_vec())
}

struct Rows<'p, 'd> {
    policy: &'p Policy,
    definition: &'p Definition,
    table: &'p Table,
    day: Option<Date>,
    /// Where its columns rest on the same facts: what can come together.
    related: Option<Related<'p>>,
    /// What was said of which place: each once, however many times it is so.
    said: BTreeSet<(Code, Span)>,
    found: &'d mut Diagnostics,
}

impl<'p> Rows<'p, '_> {
    fn report(&mut self, diagnostic: Diagnostic) {
        if self.said.insert((diagnostic.code, diagnostic.span)) {
            self.found.push(diagnostic);
        }
    }

    fn row(&self, at: usize) -> &Row {
        &self.table.rows[at]
    }

    fn every_cell_takes_something(&mut self) {
        for row in self.table.rows.iter().filter(|it| !it.otherwise) {
            for (at, cell) in row.cells.iter().enumerate() {
                let column = &self.table.columns[at];
                let pieces = &self.table.pieces[at];
                if !pieces.iter().any(|it| cell.takes(it.sample)) {
                    let words = format!("`{}` is never what this cell says", column.text);
                    let empty = Diagnostic::new(codes::EMPTY_CELL, cell.span, words);
                    self.report(
                        empty.help("look at the least and greatest value and the decimals that its record declares"),
                    );
                } else if says_twice(cell, pieces) {
                    let words = "something in this cell is said twice";
                    let twice = Diagnostic::new(codes::SAID_TWICE_IN_CELL, cell.span, words);
                    self.report(twice.help("leave out what the rest of the cell holds already"));
                }
            }
        }
    }

    fn judge(&mut self) {
        let day = self.day.unwrap_or(Date::MIN);
        let holds = |at: usize| self.table.rows[at].holds_on(day);
        let rows = RowSet::of(self.table.rows.len(), |at| holds(at) && !self.table.rows[at].otherwise);
        let otherwise = (0..self.table.rows.len()).find(|at| holds(*at) && self.row(*at).otherwise);
        if self.table.hit == Hit::ExactlyOne && self.rows_that_differ(&rows) {
            return;
        }
        self.no_case_is_left_open(&rows, otherwise);
        match self.table.hit {
            Hit::First => self.no_row_is_masked(&rows),
            Hit::ExactlyOne | Hit::Highest | Hit::Lowest => self.no_row_is_idle(&rows),
            Hit::AddedUp => {}
        }
    }

    // ---- cases

    /// What no row takes; or, where `otherwise` takes it, whether there is anything to take.
    fn no_case_is_left_open(&mut self, rows: &RowSet, otherwise: Option<usize>) {
        if otherwise.is_none() && self.table.hit == Hit::AddedUp {
            return;
        }
        let table = self.table;
        let Some(mut part) = Part::new(table, |it| it.sample != State::Unknown) else { return };
        let open = part.left_open(rows);
        match (open, otherwise) {
            (Err(TooMany), _) => self.not_decided(self.definition.label.span, "whether every case is taken by a row"),
            (Ok(None), Some(row)) => {
                let idle =
                    Diagnostic::new(codes::IDLE_OTHERWISE, self.row(row).span, "nothing is left for `otherwise`");
                self.report(idle.help("take this row out: the rows above take every case"));
            }
            (Ok(Some(answers)), None) => match self.related.as_ref().map(|it| it.left_open(rows.iter())) {
                None => self.gap(&answers, None),
                Some(Together::Can(answers, sample)) => self.gap(&answers, Some(sample)),
                Some(Together::Cannot) => {}
                Some(Together::NotDecided) => {
                    self.not_decided(self.definition.label.span, "whether every case is taken by a row");
                }
            },
            (Ok(None), None) | (Ok(Some(_)), Some(_)) => {}
        }
    }

    /// Of columns that rest on the same facts the sample is at hand, if it can be written down.
    fn gap(&mut self, answers: &[State], sample: Option<Option<Sample>>) {
        let words = table_sample::words(self.policy, self.table, answers);
        let words = format!("no row of `{}` applies when {words}", self.table.label.name);
        let gap = Diagnostic::new(codes::TABLE_GAP, self.definition.label.span, words + &self.since());
        let help = self.with_example("add a row for it, or one with `otherwise`", answers, sample.as_ref());
        self.report(gap.help(help));
    }

    fn since(&self) -> String {
        self.day.map(|day| format!(", from {day} on")).unwrap_or_default()
    }

    fn with_example(&self, help: &str, answers: &[State], sample: Option<&Option<Sample>>) -> String {
        let example = match (sample, &self.related) {
            (Some(sample), Some(related)) => sample.as_ref().map(|it| related.example(answers, it, "unknown")),
            _ => table_sample::example(self.policy, self.definition, self.table, answers, self.day, "unknown"),
        };
        example.map_or_else(|| help.to_owned(), |it| format!("{help}; to try it:\n{it}"))
    }

    fn not_decided(&mut self, span: Span, what: &str) {
        let words = format!("it was not decided {what}: there are too many cases");
        let open = Diagnostic::new(codes::NOT_DECIDED, span, words);
        self.report(open.help("split the table in two, one of which asks for what the other gives"));
    }

    // ---- rows

    /// Pairs of rows that both apply to something and give different outcomes. Says whether there are any.
    fn rows_that_differ(&mut self, rows: &RowSet) -> bool {
        let mut any = false;
        for below in rows.iter() {
            let above: Vec<usize> = rows.iter().take_while(|it| *it < below).collect();
            for above in above {
                let (a, b) = (&self.row(above).outcome, &self.row(below).outcome);
                if same(a, b) {
                    continue;
                }
                let Some(answers) = self.shared(above, below) else { continue };
                let plain = plain(a).is_some() && plain(b).is_some();
                match self.related.as_ref().map(|it| it.shared(above, below)) {
                    None => self.two_rows(above, below, &answers, None, plain),
                    Some(Together::Can(answers, sample)) => {
                        self.two_rows(above, below, &answers, Some(&sample), plain);
                    }
                    Some(Together::Cannot) => continue,
                    Some(Together::NotDecided) => {
                        self.not_decided(self.row(below).span, "whether this row and one above both apply to anything");
                    }
                }
                any = true;
                break;
            }
        }
        any
    }

    fn two_rows(&mut self, above: usize, below: usize, answers: &[State], facts: Option<&Option<Sample>>, plain: bool) {
        let sample = table_sample::words(self.policy, self.table, answers);
        let (first, second) = (self.row(above).span, self.row(below).span);
        if !plain {
            let words = format!(
                "this row and one above both apply when {sample}, and it was not decided whether they give the same"
            );
            let open = Diagnostic::new(codes::NOT_DECIDED, second, words).label(first, "the row above");
            self.report(open.help("let each case be taken by one row only"));
            return;
        }
        let words = format!("two rows apply and differ when {sample}");
        let differ = Diagnostic::new(codes::ROWS_DIFFER, second, words + &self.since()).label(first, "the other row");
        let help = "let each case be taken by one row, or let the table say `first row that applies`";
        self.report(differ.help(self.with_example(help, answers, facts)));
    }

    /// Answers that two rows both take.
    fn shared(&self, a: usize, b: usize) -> Option<Vec<State>> {
        let both = |column: &Vec<Slice>| column.iter().find(|it| it.rows.has(a) && it.rows.has(b)).map(|it| it.sample);
        self.table.pieces.iter().map(both).collect()
    }

    /// Whether others take all that a row takes.
    fn is_taken(&mut self, row: usize, others: &RowSet) -> bool {
        let table = self.table;
        let Some(mut part) = Part::new(table, |it| it.rows.has(row)) else { return false };
        match part.left_open(others) {
            Ok(open) => open.is_none(),
            Err(TooMany) => {
                self.not_decided(self.row(row).span, "whether this row ever decides");
                false
            }
        }
    }

    /// The row above that takes all that a row takes, if one alone does; else any.
    fn taker(&self, row: usize, others: &RowSet) -> Option<usize> {
        let own = |column: &'_ Vec<Slice>, other: usize| {
            column.iter().filter(|it| it.rows.has(row)).all(|it| it.rows.has(other))
        };
        let alone = others.iter().find(|other| self.table.pieces.iter().all(|column| own(column, *other)));
        alone.or_else(|| others.iter().find(|other| self.shared(row, *other).is_some()))
    }

    fn no_row_is_masked(&mut self, rows: &RowSet) {
        let mut above = RowSet::none(self.table.rows.len());
        for row in rows.iter() {
            if self.is_taken(row, &above) {
                self.never_decides(row, &above, "the rows above take all that this row would take");
            }
            above.insert(row);
        }
    }

    /// Rows without which nothing would change, the last first.
    fn no_row_is_idle(&mut self, rows: &RowSet) {
        let mut left = rows.clone();
        let all: Vec<usize> = rows.iter().collect();
        for row in all.into_iter().rev() {
            let mut others = RowSet::none(self.table.rows.len());
            left.iter().filter(|other| *other != row && self.outdoes(*other, row)).for_each(|it| others.insert(it));
            if self.is_taken(row, &others) {
                let words = match self.table.hit {
                    Hit::ExactlyOne => "other rows give the same for all that this row takes",
                    Hit::Highest => "other rows give as much or more for all that this row takes",
                    _ => "other rows give as little or less for all that this row takes",
                };
                self.never_decides(row, &others, words);
                left.remove(row);
            }
        }
    }

    fn never_decides(&mut self, row: usize, others: &RowSet, words: &str) {
        let mut masked = Diagnostic::new(codes::MASKED_ROW, self.row(row).span, words);
        let taker = self.taker(row, others);
        if let Some(other) = taker {
            masked = masked.label(self.row(other).span, "this one takes it");
        }
        let sample = taker.and_then(|other| self.shared(row, other));
        let sample =
            sample.map(|it| format!(", for instance when {}", table_sample::words(self.policy, self.table, &it)));
        let help = format!("take it out, or let it take something of its own{}", sample.unwrap_or_default());
        self.report(masked.help(help));
    }

    /// Whether, where both apply, one row alone would give what the two do.
    fn outdoes(&self, row: usize, other: usize) -> bool {
        let (a, b) = (&self.row(row).outcome, &self.row(other).outcome);
        if same(a, b) {
            return true;
        }
        let order = plain(a).zip(plain(b)).and_then(|(a, b)| order_of(self.policy, a, b));
        match self.table.hit {
            Hit::Highest => order.is_some_and(std::cmp::Ordering::is_gt),
            Hit::Lowest => order.is_some_and(std::cmp::Ordering::is_lt),
            _ => false,
        }
    }
}

/// Whether one thing listed in a cell holds nothing that those before it do not.
fn says_twice(cell: &Cell, pieces: &[Slice]) -> bool {
    let holds = |count: usize| {
        let part = Cell { stretches: cell.stretches[..count].to_vec(), negated: false, unknown: false, ..cell.clone() };
        pieces.iter().filter(|it| part.takes(it.sample)).count()
    };
    (1..cell.stretches.len()).any(|at| holds(at + 1) == holds(at))
}

fn plain(outcome: &Expr) -> Option<&Known> {
    match &outcome.kind {
        ExprKind::Literal(Value::Known(known)) => Some(known),
        _ => None,
    }
}

pub(super) fn order_of(policy: &Policy, a: &Known, b: &Known) -> Option<std::cmp::Ordering> {
    match (a, b) {
        (Known::Number(a), Known::Number(b)) => Some(a.cmp(b)),
        (Known::Money { amount: a, .. }, Known::Money { amount: b, .. }) => Some(a.cmp(b)),
        (Known::Date(a), Known::Date(b)) => Some(a.cmp(b)),
        (Known::Duration { count: a, .. }, Known::Duration { count: b, .. }) => Some(a.cmp(b)),
        (Known::Choice(list, a), Known::Choice(_, b)) => match policy.choices[list.index()].order {
            Order::BestFirst => Some(b.cmp(a)),
            Order::Ascending => Some(a.cmp(b)),
            Order::None => None,
        },
        _ => None,
    }
}
