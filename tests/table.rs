//! Tables: what the checker says of random small ones agrees with a look at every case, and so does their value, whatever is unknown.

#![expect(clippy::unwrap_used, reason = "a test whose policy does not compile has failed")]

#[path = "table/published.rs"]
mod published;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::{Date, date};
use merit::casework::examples;
use merit::eval::{self, MemoryFacts, Scope, render};
use merit::policy::model::{FieldKind, Policy};
use merit::policy::{Compilation, compile};
use merit::source::Sources;
use merit::value::{Known, Missing, Number, RecordRef, Value};

const CALENDAR: &str = "calendar c { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\n";

fn compiled(text: &str) -> (Compilation, Sources) {
    let sources = Sources::single("table.merit", text);
    (compile(&sources), sources)
}

fn policy(text: &str) -> Policy {
    let (compilation, sources) = compiled(&format!("{CALENDAR}{text}"));
    let said = compilation.diagnostics.render(&sources, false);
    compilation.policy.unwrap_or_else(|| panic!("{text}\n{said}"))
}

/// The codes of what is found, with the first line of each place.
fn said(text: &str) -> Vec<String> {
    let text = format!("{CALENDAR}{text}");
    let (compilation, _) = compiled(&text);
    let line = |at: u32| text[at as usize..].lines().next().unwrap_or("").trim().to_owned();
    compilation.diagnostics.iter().map(|it| format!("{} {}", it.code.0, line(it.span.start))).collect()
}

// ---- random tables

struct Draw(u64);

impl Draw {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % u64::try_from(count).unwrap()).unwrap()
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }
}

const COLUMNS: [(&str, usize); 3] = [("mark", 5), ("grade", 3), ("here", 2)];
const HITS: [&str; 5] = [
    "exactly one row",
    "first row that applies",
    "all rows that apply, added up",
    "highest row that applies",
    "lowest row that applies",
];
const UNKNOWN: usize = 99;

/// A cell: its words and the answers that it takes.
struct Cell {
    words: String,
    takes: BTreeSet<usize>,
    any: bool,
}

struct Row {
    cells: Vec<Cell>,
    outcome: i64,
}

struct Table {
    columns: usize,
    hit: usize,
    rows: Vec<Row>,
    otherwise: Option<i64>,
    takes_unknown: Vec<bool>,
}

fn word(column: usize, value: usize) -> String {
    match column {
        0 => value.to_string(),
        1 => ["a", "b", "c"][value].to_owned(),
        _ => ["no", "yes"][value].to_owned(),
    }
}

fn stretch(draw: &mut Draw, column: usize) -> (String, BTreeSet<usize>) {
    let count = COLUMNS[column].1;
    let (a, b) = (draw.below(count), draw.below(count));
    let (low, high) = (a.min(b), a.max(b));
    let single = column == 2 || draw.one_in(2);
    let high = if single { low } else { high };
    let words = match draw.below(3) {
        _ if column == 2 => word(column, low),
        0 if high + 1 < count && low <= high => format!("{} to below {}", word(column, low), word(column, high + 1)),
        1 if high + 1 == count => format!("{} and more", word(column, low)),
        1 if low == 0 => format!("below {}", word(column, high + 1)),
        2 if low > 0 && !single => format!("above {} to {}", word(column, low - 1), word(column, high)),
        _ if column == 1 && low != high && draw.one_in(2) => format!("{} to {}", word(column, high), word(column, low)),
        _ if low == high => word(column, low),
        _ => format!("{} to {}", word(column, low), word(column, high)),
    };
    (words, (low..=high).collect())
}

fn cell(draw: &mut Draw, column: usize, unknowns: bool) -> Cell {
    if draw.one_in(4) {
        return Cell { words: "any".to_owned(), takes: (0..COLUMNS[column].1).chain([UNKNOWN]).collect(), any: true };
    }
    let mut takes = BTreeSet::new();
    let mut parts = Vec::new();
    for _ in 0..=draw.below(2) {
        let (words, inside) = stretch(draw, column);
        parts.push(words);
        takes.extend(inside);
    }
    if draw.one_in(5) {
        let rest = (0..COLUMNS[column].1).filter(|it| !takes.contains(it)).collect();
        return Cell { words: format!("not {}", parts.join(", ")), takes: rest, any: false };
    }
    if unknowns && draw.one_in(5) {
        parts.push("unknown".to_owned());
        takes.insert(UNKNOWN);
    }
    Cell { words: parts.join(", "), takes, any: false }
}

fn table(seed: u64) -> Table {
    let mut draw = Draw(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    for _ in 0..5 {
        draw.below(2);
    }
    let columns = 1 + draw.below(3);
    let hit = draw.below(HITS.len());
    let unknowns = draw.one_in(3);
    let outcomes = 1 + draw.below(3);
    let count = 1 + draw.below(5);
    let rows: Vec<Row> = (0..count)
        .map(|_| Row {
            cells: (0..columns).map(|column| cell(&mut draw, column, unknowns)).collect(),
            outcome: i64::try_from(draw.below(outcomes)).unwrap(),
        })
        .collect();
    let otherwise = if draw.one_in(2) { Some(i64::try_from(draw.below(3)).unwrap()) } else { None };
    let takes_unknown = (0..columns)
        .map(|at| rows.iter().any(|it| !it.cells[at].any && it.cells[at].takes.contains(&UNKNOWN)))
        .collect();
    Table { columns, hit, rows, otherwise, takes_unknown }
}

impl Table {
    fn text(&self, hit: &str, otherwise: Option<i64>) -> String {
        let mut text = format!(
            "{CALENDAR}record person {{ id key text; mark whole number from 0 to 4; grade one of a < b < c; here yes/no }}\n\
             table t of person : number, {hit} {{\n"
        );
        let names: Vec<&str> = COLUMNS.iter().take(self.columns).map(|it| it.0).collect();
        text.push_str(&format!("  | {} | => |\n", names.join(" | ")));
        for row in &self.rows {
            let cells: Vec<&str> = row.cells.iter().map(|it| it.words.as_str()).collect();
            text.push_str(&format!("  | {} | {} |\n", cells.join(" | "), row.outcome));
        }
        if let Some(outcome) = otherwise {
            text.push_str(&format!("  | otherwise |{} {outcome} |\n", " |".repeat(self.columns - 1)));
        }
        text + "}\n"
    }

    /// Every combination of answers; with `unknown` where the table takes it for an answer, if asked for.
    fn points(&self, with_unknown: bool) -> Vec<Vec<usize>> {
        let mut points = vec![Vec::new()];
        for (at, (_, count)) in COLUMNS.iter().take(self.columns).enumerate() {
            let unknown = (with_unknown && self.takes_unknown[at]).then_some(UNKNOWN);
            points = points
                .iter()
                .flat_map(|point| {
                    (0..*count).chain(unknown).map(|value| point.iter().copied().chain([value]).collect())
                })
                .collect();
        }
        points
    }

    fn applies(&self, row: usize, point: &[usize]) -> bool {
        self.rows[row].cells.iter().zip(point).all(|(cell, value)| cell.takes.contains(value))
    }

    fn applying(&self, point: &[usize]) -> Vec<usize> {
        (0..self.rows.len()).filter(|row| self.applies(*row, point)).collect()
    }

    /// What comes out at a point; nothing where it is undetermined.
    fn outcome(&self, point: &[usize]) -> Option<i64> {
        let outcomes: Vec<i64> = self.applying(point).into_iter().map(|row| self.rows[row].outcome).collect();
        if outcomes.is_empty() {
            let known = !point.contains(&UNKNOWN);
            return self.otherwise.or((self.hit == 2).then_some(0)).filter(|_| known);
        }
        match self.hit {
            2 => Some(outcomes.iter().sum()),
            3 => outcomes.into_iter().max(),
            4 => outcomes.into_iter().min(),
            _ => outcomes.first().copied(),
        }
    }

    fn outdoes(&self, row: usize, other: usize) -> bool {
        let (a, b) = (self.rows[row].outcome, self.rows[other].outcome);
        match self.hit {
            3 => a >= b,
            4 => a <= b,
            _ => a == b,
        }
    }

    /// The findings that a look at every case gives: the code, and the row (or none for the table).
    fn expected(&self) -> BTreeSet<(&'static str, Option<usize>)> {
        let mut found = BTreeSet::new();
        let empty = |column: usize, cell: &Cell| {
            !(0..COLUMNS[column].1)
                .chain(self.takes_unknown[column].then_some(UNKNOWN))
                .any(|it| cell.takes.contains(&it))
        };
        for (at, row) in self.rows.iter().enumerate() {
            if row.cells.iter().enumerate().any(|(column, it)| empty(column, it)) {
                found.insert(("M0705", Some(at)));
            }
        }
        if !found.is_empty() {
            return found;
        }
        let (all, known) = (self.points(true), self.points(false));
        if self.hit == 0 {
            for below in 0..self.rows.len() {
                let differs = |above: usize| {
                    self.rows[above].outcome != self.rows[below].outcome
                        && all.iter().any(|it| self.applies(above, it) && self.applies(below, it))
                };
                if (0..below).any(differs) {
                    found.insert(("M0702", Some(below)));
                }
            }
        }
        if !found.is_empty() {
            return found;
        }
        let open = known.iter().any(|it| self.applying(it).is_empty());
        match self.otherwise {
            Some(_) if !open => drop(found.insert(("M0704", Some(self.rows.len())))),
            None if open && self.hit != 2 => drop(found.insert(("M0701", None))),
            _ => {}
        }
        let mut left: BTreeSet<usize> = (0..self.rows.len()).collect();
        for row in (0..self.rows.len()).rev() {
            let others: Vec<usize> = match self.hit {
                1 => (0..row).collect(),
                2 => continue,
                _ => left.iter().copied().filter(|it| *it != row && self.outdoes(*it, row)).collect(),
            };
            let taken =
                |point: &Vec<usize>| !self.applies(row, point) || others.iter().any(|it| self.applies(*it, point));
            if all.iter().all(taken) {
                found.insert(("M0703", Some(row)));
                left.remove(&row);
            }
        }
        found
    }

    /// The answers that a finding shows, as places.
    fn sample(&self, words: &str) -> Vec<usize> {
        COLUMNS
            .iter()
            .take(self.columns)
            .enumerate()
            .map(|(column, (name, count))| {
                let said = words.split(&format!("`{name}` is ")).nth(1).unwrap_or_else(|| panic!("{words}"));
                let said: String = said.chars().take_while(|it| it.is_alphanumeric()).collect();
                if said == "unknown" { UNKNOWN } else { (0..*count).find(|it| word(column, *it) == said).unwrap() }
            })
            .collect()
    }
}

/// Runs the example that a finding proposes, in the table as it would be mended.
fn paste(text: &str, help: &str, outcome: i64) {
    let example = help.split("to try it:\n").nth(1).unwrap_or_else(|| panic!("{help}"));
    let example = example.replace("is unknown\n}", &format!("is {outcome}\n}}"));
    let (compilation, sources) = compiled(&format!("{text}{example}\n"));
    let said = compilation.diagnostics.render(&sources, false);
    let policy = compilation.policy.unwrap_or_else(|| panic!("{text}{example}\n{said}"));
    let failures = examples::run(&policy, &policy.examples[0]).failures;
    assert!(failures.is_empty(), "{text}{example}\n{failures:?}");
}

#[test]
fn what_is_found_agrees_with_a_look_at_every_case() {
    let mut kinds = BTreeSet::new();
    for seed in 0..1500 {
        let table = table(seed);
        let text = table.text(HITS[table.hit], table.otherwise);
        let (compilation, sources) = compiled(&text);
        let first_row = text.lines().position(|it| it.contains("=>")).unwrap() + 1;
        let mut found = BTreeSet::new();
        for it in compilation.diagnostics.iter().filter(|it| it.code.0 != "M0709") {
            let line = text[..it.span.start as usize].matches('\n').count();
            found.insert((it.code.0, line.checked_sub(first_row)));
            match it.code.0 {
                "M0701" => {
                    let point = table.sample(&it.message);
                    assert!(table.applying(&point).is_empty(), "{text}{}", it.message);
                    paste(&table.text("first row that applies", Some(77)), it.help.as_ref().unwrap(), 77);
                }
                "M0702" => {
                    let point = table.sample(&it.message);
                    let outcomes: BTreeSet<i64> =
                        table.applying(&point).into_iter().map(|row| table.rows[row].outcome).collect();
                    assert!(outcomes.len() > 1, "{text}{}", it.message);
                    let first = table.rows[table.applying(&point)[0]].outcome;
                    paste(
                        &table.text("first row that applies", table.otherwise.or(Some(5))),
                        it.help.as_ref().unwrap(),
                        first,
                    );
                }
                "M0703" => {
                    let point = table.sample(it.help.as_ref().unwrap());
                    assert!(table.applies(line - first_row, &point), "{text}{:?}", it.help);
                }
                _ => {}
            }
        }
        let shown = compilation.diagnostics.render(&sources, false);
        let expected: BTreeSet<_> = table.expected();
        assert_eq!(found, expected, "seed {seed}\n{text}{shown}");
        kinds.extend(found.into_iter().map(|it| (it.0, table.hit)));
    }
    assert!(kinds.len() >= 14, "every kind is met under several ways of applying: {kinds:?}");
}

// ---- values

fn person(policy: &Policy) -> RecordRef {
    RecordRef { record: policy.record_named("person").unwrap(), key: Arc::from("Ada") }
}

fn set(policy: &Policy, facts: &mut MemoryFacts<'_>, field: &str, value: usize) {
    let of = person(policy);
    let id = policy.record(of.record).field_named(field).unwrap();
    let number = i64::try_from(value).unwrap();
    let known = match &policy.field(of.record, id).kind {
        FieldKind::Choice(list) => Known::Choice(*list, u32::try_from(value).unwrap()),
        FieldKind::YesNo => Known::YesNo(value == 1),
        FieldKind::Date | FieldKind::Event => Known::Date(date(2026, 1, i8::try_from(value).unwrap())),
        _ => Known::Number(Number::from(number)),
    };
    facts.set(&of, id, Date::MIN, Value::Known(known));
}

fn value_of(policy: &Policy, facts: &MemoryFacts<'_>, name: &str, on: Date) -> Value {
    let scope = Scope::new(policy, policy.main(), facts, person(policy), None, on);
    let asked = &policy.definitions.iter().find(|it| it.label.name == name).unwrap().value;
    eval::value(&scope, asked)
}

/// What the point stands for when some of its answers are missing: every way in which they could turn out.
fn completions(table: &Table, point: &[Option<usize>]) -> Vec<Vec<usize>> {
    let fits = |it: &Vec<usize>| {
        it.iter().zip(point).enumerate().all(|(at, (value, said))| match said {
            Some(said) => value == said,
            None if table.takes_unknown[at] => *value == UNKNOWN,
            None => *value != UNKNOWN,
        })
    };
    table.points(true).into_iter().filter(fits).collect()
}

fn reference(table: &Table, point: &[Option<usize>]) -> Result<i64, BTreeSet<String>> {
    let all = completions(table, point);
    let outcomes: BTreeSet<Option<i64>> = all.iter().map(|it| table.outcome(it)).collect();
    if let (1, Some(Some(outcome))) = (outcomes.len(), outcomes.first()) {
        return Ok(*outcome);
    }
    let differ = |at: usize| {
        all.iter().any(|a| {
            let same = |b: &&Vec<usize>| a.iter().zip(*b).enumerate().all(|(column, (a, b))| column == at || a == b);
            all.iter().filter(same).any(|b| table.outcome(a) != table.outcome(b))
        })
    };
    let constant = outcomes.len() == 1;
    let missing = |at: &usize| {
        point[*at].is_none()
            && if constant { table.takes_unknown[*at] } else { !table.takes_unknown[*at] && differ(*at) }
    };
    Err((0..table.columns).filter(missing).map(|at| format!("{} of Ada", COLUMNS[at].0)).collect())
}

#[test]
fn a_table_is_undetermined_only_if_a_missing_fact_could_change_it() {
    let (mut known, mut unknown) = (0, 0);
    for seed in 0..1500 {
        let table = table(seed);
        let Some(policy) = compiled(&table.text(HITS[table.hit], table.otherwise)).0.policy else { continue };
        let mut draw = Draw(seed);
        for _ in 0..6 {
            let mut facts = MemoryFacts::new(&policy);
            let mut point = Vec::new();
            for (name, count) in COLUMNS.iter().take(table.columns) {
                let value = if draw.one_in(2) { None } else { Some(draw.below(*count)) };
                value.iter().for_each(|it| set(&policy, &mut facts, name, *it));
                point.push(value);
            }
            let came = value_of(&policy, &facts, "t", date(2026, 6, 1));
            let text = || format!("{}{point:?}: {came:?}", table.text(HITS[table.hit], table.otherwise));
            match reference(&table, &point) {
                Ok(outcome) => {
                    known += usize::from(point.contains(&None));
                    assert_eq!(came, Value::Known(Known::Number(Number::from(outcome))), "{}", text());
                }
                Err(names) => {
                    unknown += 1;
                    let Value::Unknown(missing) = &came else { panic!("{}", text()) };
                    let told: BTreeSet<String> = missing.iter().map(Missing::to_string).collect();
                    assert_eq!(told, names, "{}", text());
                }
            }
        }
    }
    assert!(known > 200 && unknown > 200, "{known} known in spite of missing facts, {unknown} unknown");
}

// ---- one by one

#[test]
fn every_kind_of_cell_takes_what_it_says() {
    let policy = policy(
        r#"record person { id key text; pay money USD per year; came event; born date; share percent from 0 to 100; post text; waits duration in days; left optional date }
table by_pay of person : money USD, exactly one row { | pay | => |
  | below 1,000 | USD 5 |
  | USD 1,000 and more | USD 7.50 |
}
table by_day of person : text, exactly one row { | came | => |
  | before 3 January 2026 | "early" |
  | 3 January 2026 to 5 January 2026 | "in time" |
  | after 5 January 2026 | "late" |
  | not 1 January 2026 and more, before 1 January 2026 | "not yet" |
}
"#
        .replace("below 1,000", "below USD 1,000")
        .as_str(),
    );
    let mut facts = MemoryFacts::new(&policy);
    let on = date(2026, 6, 1);
    let told = |facts: &MemoryFacts<'_>, name: &str| render(&value_of(&policy, facts, name, on), &policy);
    assert_eq!(told(&facts, "by_pay"), "unknown, for want of pay of Ada");
    assert_eq!(told(&facts, "by_day"), "not yet");
    set(&policy, &mut facts, "came", 3);
    assert_eq!(told(&facts, "by_day"), "in time");
    set(&policy, &mut facts, "came", 6);
    assert_eq!(told(&facts, "by_day"), "late");
}

#[test]
fn a_day_that_may_not_have_happened_is_a_case_of_its_own() {
    let text = "record person { id key text; came event }\ntable t of person : number, exactly one row {\n  | came | => |\n  | before 3 January 2026 | 1 |\n  | 3 January 2026 and more | 2 |\n}\n";
    let (compilation, _) = compiled(&format!("{CALENDAR}{text}"));
    let gap: Vec<&str> = compilation.diagnostics.iter().map(|it| it.message.as_str()).collect();
    assert_eq!(gap, ["no row of `t` applies when `came` is not yet happened"]);
}

#[test]
fn bands_meet_on_the_decimals_of_what_they_ask() {
    let rows = "{\n  | s | => |\n  | 50 to 100 | 1 |\n  | 0 to 49.9 | 0 |\n}\n";
    let head = "record review of person each year { mark number from 0 to 100 with 2 decimals; extra number from 0 to 100 with 2 decimals }\nrecord person { id key text }\n";
    let define = "define s of person each year = weighted { 40% review.mark, 60% review.extra }";
    let rounded = format!("{head}{define}, rounded half up to 1 decimal\ntable t : number, exactly one row {rows}");
    assert_eq!(said(&rounded), [""; 0], "the rounded value has one decimal and lies between 0 and 100");
    let exact = format!("{head}{define}\ntable t : number, exactly one row {rows}");
    assert_eq!(said(&exact).len(), 1, "what is not rounded can lie between");
}

#[test]
fn what_does_not_apply_is_taken_by_any_alone() {
    let policy = policy(
        "record person { id key text; rank optional one of a < b; here yes/no }\n\
         table t of person : number, first row that applies {\n  | rank | here | => |\n  | any | no | 9 |\n  | a | any | 1 |\n  | otherwise | | 2 |\n}\n",
    );
    let mut facts = MemoryFacts::new(&policy);
    let on = date(2026, 6, 1);
    assert_eq!(render(&value_of(&policy, &facts, "t", on), &policy), "unknown, for want of here of Ada");
    set(&policy, &mut facts, "here", 0);
    assert_eq!(render(&value_of(&policy, &facts, "t", on), &policy), "9");
    set(&policy, &mut facts, "here", 1);
    assert_eq!(render(&value_of(&policy, &facts, "t", on), &policy), "not applicable", "`otherwise` does not take it");
}

#[test]
fn rows_hold_for_their_days_and_are_judged_day_by_day() {
    let text = "record person { id key text; here yes/no }\ntable t of person : number, exactly one row {\n  | here | => |\n  | yes | 1 | until 30 June 2026\n  | yes | 2 | from 1 July 2026\n  | no | 0 |\n}\n";
    assert_eq!(said(text), [""; 0], "the two rows never meet");
    let policy = policy(text);
    let mut facts = MemoryFacts::new(&policy);
    set(&policy, &mut facts, "here", 1);
    let told = |on| render(&value_of(&policy, &facts, "t", on), &policy);
    assert_eq!((told(date(2026, 6, 30)), told(date(2026, 7, 1))), ("1".to_owned(), "2".to_owned()));
    let hole = text.replace("from 1 July", "from 2 July");
    assert_eq!(said(&hole), ["M0701 t of person : number, exactly one row {"]);
    let both = text.replace("from 1 July", "from 30 June");
    assert_eq!(said(&both), ["M0702 | yes | 2 | from 30 June 2026"]);
}

#[test]
fn a_table_is_a_definition_among_others() {
    let policy = policy(
        "record person { id key text }\nrecord review of person each year { mark whole number from 0 to 9 }\n\
         table step : whole number, exactly one row {\n  | mark | => |\n  | 5 and more | 1 |\n  | below 5 | 0 |\n}\n\
         scale class of step { good 1 to 1; poor 0 to below 1 }\n\
         table pair : number, all rows that apply, added up {\n  | class | previous class | => |\n  | good | any | 2 |\n  | any | good | 3 |\n}\n\
         define total of person each year = pair + step\n\
         example \"x\" { person A {}; review of A 2025 { mark 5 }; review of A 2026 { mark 7 }\n\
         expect step of A in 2026 is 1; expect class of A in 2026 is good; expect pair of A in 2026 is 5; expect total of A in 2026 is 6 }\n",
    );
    let failures = examples::run(&policy, &policy.examples[0]).failures;
    assert!(failures.is_empty(), "{failures:?}");
}

#[test]
fn a_circle_of_tables_is_found() {
    let text = "record person { id key text }\ntable a of person : number, exactly one row {\n  | b | => |\n  | any | 1 |\n}\ntable b of person : number, exactly one row {\n  | a | => |\n  | any | 1 |\n}\n";
    assert_eq!(said(text).len(), 1, "{:?}", said(text));
    assert!(said(text)[0].starts_with("M0209"));
}

#[test]
fn slips_in_cells_are_named_once() {
    let head = "record person { id key text; share percent from 0 to 100; mark number from 0 to 100; pay money USD; rank one of a, b; name text }\nparameter bar 5 from 1 July 2020\ntable t of person : percent, first row that applies {\n";
    for (column, cell, outcome, code) in [
        ("share", "5", "1%", "M0206"),
        ("mark", "5%", "1%", "M0206"),
        ("mark", "5", "1", "M0206"),
        ("pay", "5", "1%", "M0205"),
        ("pay", "EUR 5", "1%", "M0205"),
        ("rank", "a to b", "1%", "M0207"),
        ("rank", "c", "1%", "M0204"),
        ("name", "below \"x\"", "1%", "M0207"),
        ("mark", "below bar", "1%", "M0205"),
        ("mark", "before 5", "1%", "M0205"),
        ("mark", "101 and more", "1%", "M0705"),
        ("mark", "9 to 5", "1%", "M0705"),
        ("mark", "any, 5", "1%", "M0707"),
        ("mark", "", "1%", "M0707"),
        ("mark", "5", "any", "M0707"),
        ("mark", "5", "1% | 2%", "M0707"),
    ] {
        let text = format!("{head}  | {column} | => |\n  | {cell} | {outcome} |\n  | otherwise | 0% |\n}}\n");
        let said = said(&text);
        assert!(said.len() == 1 && said[0].starts_with(code), "{column} {cell} {outcome}: {said:?}");
    }
}

/// Eight columns and a hundred rows, each of which takes what it takes alone.
#[test]
fn a_large_table_is_decided() {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let fields: String = names.iter().map(|it| format!("; {it} whole number from 0 to 99")).collect();
    let mut text = format!(
        "record person {{ id key text{fields} }}\ntable t of person : number, first row that applies {{\n  | {} | => |\n",
        names.join(" | ")
    );
    for row in 0..100 {
        let cells: Vec<String> = (0..8)
            .map(|column| match (row * 7 + column * 13) % 5 {
                0 => "any".to_owned(),
                1 => format!("below {}", 1 + (row * 31 + column * 17) % 99),
                2 => format!("{} and more", (row * 23 + column * 29) % 100),
                _ => format!("{} to {}", (row * 11 + column) % 50, 50 + (row * 19 + column * 3) % 50),
            })
            .collect();
        text.push_str(&format!("  | {} | {row} |\n", cells.join(" | ")));
    }
    text.push_str("  | otherwise | | | | | | | | 0 |\n}\n");
    let said = said(&text);
    assert!(said.iter().all(|it| !it.starts_with("M0706")), "{said:?}");
}
