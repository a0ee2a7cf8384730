//! The records, parameters, definitions, scales and tables of a policy that is made up.

use crate::draw::Draw;
use crate::writer::{Each, Here, Kind, List, Named, Of, Stretch, Writer};

const CALENDAR: &str = r#"calendar office {
  time zone "UTC"; working Monday to Friday; roll forward; month end back
  period year / years every 12 months from 1 January, written 2026
}"#;

/// A whole policy; the same seed gives the same text.
pub(crate) fn policy(seed: u64) -> String {
    let mut writer = Writer::new(seed);
    writer.line(CALENDAR);
    writer.records();
    for _ in 0..writer.draw.below(3) + 1 {
        writer.parameter();
    }
    for _ in 0..writer.draw.below(6) + 5 {
        writer.something_defined();
    }
    writer.framework();
    writer.text
}

impl Writer {
    fn records(&mut self) {
        self.tree = self.draw.one_in(3);
        self.record("unit", Of::Unit, Each::Never, 3);
        self.record("officer", Of::Officer, Each::Never, 6);
        self.record("review of officer each year", Of::Officer, Each::Year, 4);
        if self.draw.one_in(2) {
            self.record("accounts of unit each year", Of::Unit, Each::Year, 2);
        }
        if self.draw.one_in(4) {
            self.record("tally of officer each quarter", Of::Officer, Each::Quarter, 2);
        }
        self.record("incident of officer", Of::Incident, Each::Never, 4);
        if self.draw.one_in(2) {
            self.line("record leave of officer from began until back {");
            self.line("  began date");
            self.line("  back  optional date");
            for (name, kind) in [("began", Kind::Day), ("back", Kind::Day)] {
                self.field_named(name.to_owned(), (Of::Leave, Each::Never, kind), Stretch::PLAIN, false);
            }
            self.fields_of(Of::Leave, Each::Never, 2);
            self.line("  may overlap");
            self.line("}");
        }
    }

    fn record(&mut self, head: &str, of: Of, each: Each, fields: u64) {
        self.line(&format!("record {head} {{"));
        if each == Each::Never && !of.is_child() {
            self.line("  id key text");
        }
        if of == Of::Unit && each == Each::Never && self.tree {
            self.line("  parent optional unit");
            self.field_named("parent".to_owned(), (of, each, Kind::Record(Of::Unit)), Stretch::PLAIN, false);
        }
        if of == Of::Officer && each == Each::Never {
            // Those who are compared with each other need groups.
            let name = self.new_name("unit");
            let dated = self.draw.one_in(3);
            self.line(&format!("  {name} {}unit", if dated { "dated " } else { "" }));
            self.field_named(name, (of, each, Kind::Record(Of::Unit)), Stretch::PLAIN, dated);
            let name = self.new_name("above");
            let words = ["", "", "dated ", "optional ", "dated optional "][self.draw.place(5)];
            self.line(&format!("  {name} {words}officer"));
            self.field_named(name, (of, each, Kind::Record(Of::Officer)), Stretch::PLAIN, words.starts_with("dated"));
        }
        let more = self.draw.below(3);
        self.fields_of(of, each, fields + more);
        self.line("}");
    }

    fn fields_of(&mut self, of: Of, each: Each, count: u64) {
        for at in 0..count {
            self.field(of, each, at);
        }
    }

    fn field_named(&mut self, name: String, (of, each, kind): (Of, Each, Kind), stretch: Stretch, dated: bool) {
        self.fields.push(Named { name, of, each, kind, stretch, is_field: true, dated, work: 1 });
    }

    /// A field of any kind; the first of a record is a number, so that there always is one.
    fn field(&mut self, of: Of, each: Each, at: u64) {
        let which = if at == 0 { 0 } else { self.draw.weighted(&[6, 2, 3, 2, 3, 3, 3, 1, 2]) };
        let mut dated = each == Each::Never && !of.is_child() && self.draw.one_in(3);
        let optional = if self.draw.one_in(6) { "optional " } else { "" };
        let (word, kind, stretch, written) = match which {
            0 => {
                let stretch = some_stretch(&mut self.draw);
                let whole = if stretch.decimals == 0 { "whole number" } else { "number" };
                let decimals = match stretch.decimals {
                    0 => String::new(),
                    1 => " with 1 decimal".to_owned(),
                    many => format!(" with {many} decimals"),
                };
                let (from, to) = (stretch.written(stretch.least), stretch.written(stretch.most));
                let from = from.strip_prefix('-').map_or(from.clone(), |it| format!("-{it}"));
                ("count", Kind::Number, stretch, format!("{optional}{whole} from {from} to {to}{decimals}"))
            }
            1 => {
                let stretch = Stretch { least: 0, most: 120, decimals: 0, percent: true };
                ("share", Kind::Number, stretch, format!("{optional}percent from 0 to 120"))
            }
            2 => {
                let decimals = if self.draw.one_in(3) { " with 2 decimals" } else { "" };
                ("pay", Kind::Money, Stretch::PLAIN, format!("{optional}money USD{decimals}"))
            }
            3 => ("day", Kind::Day, Stretch::PLAIN, format!("{optional}date")),
            4 => {
                dated = false;
                ("event", Kind::Day, Stretch::PLAIN, "event".to_owned())
            }
            5 => {
                let list = self.list();
                let sign = if self.lists[list].ordered { " < " } else { ", " };
                let choices = self.lists[list].choices.join(sign);
                ("choice", Kind::Choice(list), Stretch::PLAIN, format!("{optional}one of {choices}"))
            }
            6 => ("truth", Kind::YesNo, Stretch::PLAIN, format!("{optional}yes/no")),
            7 => ("length", Kind::Length, Stretch::PLAIN, format!("{optional}duration in days")),
            _ if of == Of::Unit || each != Each::Never => {
                ("truth", Kind::YesNo, Stretch::PLAIN, format!("{optional}yes/no"))
            }
            _ => {
                let other = if self.draw.one_in(2) { Of::Unit } else { Of::Officer };
                ("names", Kind::Record(other), Stretch::PLAIN, format!("{optional}{}", other.name()))
            }
        };
        let name = self.new_name(word);
        self.line(&format!("  {name} {}{written}", if dated { "dated " } else { "" }));
        self.field_named(name, (of, each, kind), stretch, dated);
    }

    /// A new list of choices.
    pub(crate) fn list(&mut self) -> usize {
        let ordered = self.draw.one_in(2);
        let name = self.new_name("c");
        let choices = (0..self.draw.below(3) + 2).map(|at| format!("{name}_{at}")).collect();
        self.lists.push(List { choices, ordered, counts: false });
        self.lists.len() - 1
    }

    fn parameter(&mut self) {
        let name = self.new_name("parameter");
        let stretch = Stretch { least: 0, most: 60, decimals: 1, percent: false };
        let kind = if self.draw.one_in(3) { Kind::Money } else { Kind::Number };
        let mut values = Vec::new();
        for year in [2011, 2024, 2026] {
            if year == 2011 || self.draw.one_in(3) {
                let value = self.literal(kind, stretch).unwrap_or_default();
                values.push(format!("{value} from 1 January {year}"));
            }
        }
        self.line(&format!("parameter {name} {}", values.join(", ")));
        let (of, each) = (Of::Officer, Each::Never);
        self.parameters.push(Named { name, of, each, kind, stretch, is_field: false, dated: false, work: 1 });
    }

    fn something_defined(&mut self) {
        match self.draw.weighted(&[8, 2, 2]) {
            0 => self.definition(),
            1 => self.scale(),
            _ => self.table(),
        }
    }

    /// A place where something is defined.
    fn somewhere(&mut self, depth: u32) -> Here {
        let tallied = self.fields.iter().any(|it| it.each == Each::Quarter);
        let (of, each) = match self.draw.weighted(&[10, 3, 2, 2, 1, u64::from(tallied)]) {
            0 => (Of::Officer, Each::Year),
            1 => (Of::Officer, Each::Never),
            2 => (Of::Unit, Each::Year),
            3 => (Of::Unit, Each::Never),
            4 => (Of::Incident, Each::Never),
            _ => (Of::Officer, Each::Quarter),
        };
        Here { of, each, depth, times: 1 }
    }

    fn definition(&mut self) {
        let depth = 2 + u32::from(self.draw.one_in(3));
        let here = self.somewhere(depth);
        let kind = match self.draw.weighted(&[9, 7, 2, 2, 2]) {
            0 => Kind::YesNo,
            1 => Kind::Number,
            2 => Kind::Money,
            3 => Kind::Day,
            _ => self.any_kind(here),
        };
        let name = self.new_name("is");
        self.work = 1;
        let head = format!("define {name} of {}{}", here.of.name(), here.each.words());
        let mut stretch = Stretch::PLAIN;
        if here.each == Each::Year && self.draw.one_in(9) {
            let (value, own) = self.number_and_stretch(Here { depth: 0, ..here });
            stretch = own;
            self.line(&format!("{head} = if previous {name} is known then ({value} + previous {name}) else {value}"));
            self.work *= 8;
            self.made((name, here, Kind::Number), stretch);
            return;
        }
        let Some(value) = self.of_kind(here, kind) else { return };
        if here.each == Each::Year && self.draw.one_in(8) {
            let Some(other) = self.of_kind(here, kind) else { return };
            let (until, from) = self.draw.pick(&[&("2023", "2024"), &("2025", "2026")]);
            self.line(&format!("{head} until {until} = {value}"));
            self.line(&format!("{head} from {from} = {other}"));
        } else {
            self.line(&format!("{head} = {value}"));
        }
        self.made((name, here, kind), stretch);
    }

    fn made(&mut self, (name, here, kind): (String, Here, Kind), stretch: Stretch) {
        let (of, each, work) = (here.of, here.each, self.work + 1);
        self.defined.push(Named { name, of, each, kind, stretch, is_field: false, dated: false, work });
    }

    fn scale(&mut self) {
        let here = self.somewhere(2);
        if here.of.is_child() {
            return;
        }
        let fits = |it: &&Named| matches!(it.kind, Kind::Number | Kind::Money);
        let fits: Vec<Named> = self.spoken_of(here).filter(fits).cloned().collect();
        let Some(of) = fits.get(self.draw.place(fits.len())).cloned() else { return };
        let here = Here { each: of.each, ..here };
        self.work = of.work;
        let name = self.new_name("scale");
        let bands = usize::try_from(self.draw.below(3) + 2).unwrap_or(2);
        let choices: Vec<String> = (0..bands).map(|at| format!("{name}_{at}")).collect();
        let counts = self.draw.one_in(3);
        let cuts = match of.kind {
            Kind::Money => (1..bands).map(|at| format!("USD {}", at * 1_100_000)).collect::<Vec<_>>(),
            _ => self.cuts(of.stretch, bands - 1),
        };
        // Where the least is known, a band may reach down to it.
        let least = of.stretch.written(of.stretch.least);
        let below = !of.is_field || of.kind == Kind::Money || self.draw.one_in(2);
        self.line(&format!("scale {name} of {} {{", of.name));
        // Nothing may be said of what lies beyond both ends.
        let bounded = !of.is_field && of.kind == Kind::Number && self.draw.one_in(3);
        let most = of.stretch.written(of.stretch.most);
        // The best is the greatest or the least.
        let falls = self.draw.one_in(2);
        for (at, choice) in choices.iter().enumerate() {
            let from_low = if falls { bands - 1 - at } else { at };
            let stretch = match (from_low, below) {
                (0, true) if bounded => format!("{least} to below {}", cuts[0]),
                (it, true) if bounded && it == bands - 1 => format!("{} to {most}", cuts[it - 1]),
                (0, true) => format!("below {}", cuts[0]),
                (0, false) => format!("{least} to {}", cuts[0]),
                (it, true) if it == bands - 1 => format!("{} and more", cuts[it - 1]),
                (it, false) if it == bands - 1 => format!("above {}", cuts[it - 1]),
                (it, true) => format!("{} to below {}", cuts[it - 1], cuts[it]),
                (it, false) => format!("above {} to {}", cuts[it - 1], cuts[it]),
            };
            let counts = if counts { format!(", counts as {}", self.draw.below(12)) } else { String::new() };
            self.line(&format!("  {choice} {stretch}{counts}"));
        }
        for _ in 0..self.draw.below(3) {
            let at = self.draw.place(bands);
            let word = if self.draw.one_in(2) { "at most" } else { "at least" };
            let when = self.condition(here);
            self.line(&format!("  {word} {} when {when}", choices[at]));
        }
        self.line("}");
        self.lists.push(List { choices, ordered: true, counts });
        let list = self.lists.len() - 1;
        self.made((name, here, Kind::Choice(list)), Stretch::PLAIN);
    }

    /// Some numbers of a stretch, the least first, now and then between two that can be.
    fn cuts(&mut self, stretch: Stretch, count: usize) -> Vec<String> {
        let between = self.draw.one_in(4) && !stretch.percent;
        let near = self.draw.one_in(2);
        let span = (stretch.most - stretch.least).min(if near { 11 } else { i64::MAX }).max(8);
        (1..=count)
            .map(|at| {
                let steps =
                    stretch.least + span * i64::try_from(at).unwrap_or(1) / i64::try_from(count + 1).unwrap_or(1);
                let finer = Stretch { decimals: stretch.decimals + 1, ..stretch };
                if between { finer.written(steps * 10 + 5) } else { stretch.written(steps) }
            })
            .collect()
    }

    fn table(&mut self) {
        let here = self.somewhere(1);
        if here.of.is_child() {
            return;
        }
        self.work = 1;
        let mut columns: Vec<(String, Vec<Vec<String>>)> = Vec::new();
        for _ in 0..self.draw.below(2) + 1 {
            let fits: Vec<Named> = self.spoken_of(here).filter(|it| column_cells(it)).cloned().collect();
            let Some(of) = fits.get(self.draw.place(fits.len())).cloned() else { return };
            if columns.iter().any(|it| it.0 == of.name) {
                continue;
            }
            self.work += of.work;
            let pieces = self.pieces(&of);
            columns.push((of.name.clone(), pieces));
        }
        let name = self.new_name("table");
        let (kind, word) = match self.draw.below(3) {
            0 => (Kind::YesNo, "yes/no".to_owned()),
            1 => (Kind::Number, "number".to_owned()),
            _ => {
                let list = self.list();
                self.lists[list].ordered = true;
                (Kind::Choice(list), format!("one of {}", self.lists[list].choices.join(" < ")))
            }
        };
        let hits = ["exactly one row", "first row that applies", "highest row that applies", "lowest row that applies"];
        let most = if kind == Kind::YesNo { 2 } else { 4 };
        let mut hit = hits[self.draw.place(most)];
        if kind == Kind::Number && self.draw.one_in(4) {
            hit = "all rows that apply, added up";
        }
        let each = here.each.words();
        self.line(&format!("table {name} of {}{each} : {word}, {hit} {{", here.of.name()));
        let asked: Vec<String> = columns.iter().map(|it| it.0.clone()).collect();
        self.line(&format!("  | {} | => |", asked.join(" | ")));
        let mut rows: Vec<Vec<String>> = vec![Vec::new()];
        for (_, pieces) in &columns {
            rows = rows
                .iter()
                .flat_map(|row| pieces.iter().map(|it| row.iter().cloned().chain([it.join(", ")]).collect::<Vec<_>>()))
                .collect();
        }
        let exactly = hit == hits[0];
        if !exactly {
            rows.truncate(4);
        }
        for mut row in rows {
            if !exactly && self.draw.one_in(3) {
                let at = self.draw.place(row.len());
                row[at] = "any".to_owned();
            }
            let gives = self.literal(kind, Stretch { most: 9, ..Stretch::PLAIN }).unwrap_or_default();
            self.line(&format!("  | {} | {gives} |", row.join(" | ")));
        }
        if !exactly {
            let gives = self.literal(kind, Stretch { most: 9, ..Stretch::PLAIN }).unwrap_or_default();
            let blank = " |".repeat(columns.len() - 1);
            self.line(&format!("  | otherwise |{blank} {gives} |"));
        }
        self.line("}");
        self.made((name, here, kind), Stretch { most: 9, ..Stretch::PLAIN });
    }

    /// Cells that take every answer once.
    fn pieces(&mut self, of: &Named) -> Vec<Vec<String>> {
        match of.kind {
            Kind::YesNo => vec![vec!["yes".to_owned()], vec!["no".to_owned()]],
            Kind::Choice(list) => {
                let choices = self.lists[list].choices.clone();
                let at = 1 + self.draw.place(choices.len() - 1);
                vec![choices[..at].to_vec(), choices[at..].to_vec()]
            }
            _ => {
                let cut = self.cuts(of.stretch, 1).remove(0);
                vec![vec![format!("below {cut}")], vec![format!("{cut} and more")]]
            }
        }
    }
}

/// Whether a column of a table may ask for it.
fn column_cells(of: &Named) -> bool {
    match of.kind {
        Kind::YesNo | Kind::Choice(_) => true,
        Kind::Number => of.is_field,
        Kind::Money | Kind::Day | Kind::Length | Kind::Record(_) => false,
    }
}

/// The numbers that a field takes.
fn some_stretch(draw: &mut Draw) -> Stretch {
    let (least, most, decimals) =
        [(0, 100, 0), (0, 20, 0), (1, 8, 0), (-20, 40, 0), (0, 1000, 1), (0, 50, 1), (10, 500, 2)][draw.place(7)];
    Stretch { least, most, decimals, percent: false }
}
