//! How outcomes and cost answer to a parameter, on the page: a drawing for each, all over the same values, and one table of all figures.

use crate::simulate::page::{called, roughly};
use crate::simulate::page_charts::{Curve, curves};
use crate::simulate::page_parts::{Cell, Column, figures, known, money, number, paragraph, table, words};
use crate::simulate::{Cost, RuleTold, SettingTold, Simulation, Varied};
use crate::value::Number;

/// The section about a parameter that takes one value after another. The policies behind the first stand in the order of its values.
pub(super) fn curve(told: &Simulation, varied: &Varied) -> String {
    let Some((first, others)) = told.settings.split_first() else { return String::new() };
    let heading = crate::simulate::page_parts::escaped(&varied.title);
    let mut part = format!("<section>\n<h2>{heading}</h2>\n");
    let (Some(least), Some(most)) = (varied.values.first(), varied.values.last()) else { return part + "</section>\n" };
    part += &paragraph(&format!(
        "\u{201c}{}\u{201d} takes {} values, from {least} to {most}; everything else stays as it is. The dashed line is what {} comes to.",
        varied.title,
        number(varied.values.len()),
        called(first),
    ));
    let mut drawn = Vec::new();
    for rule in &first.rules {
        let of = |setting: &SettingTold| proposed(setting, rule);
        drawn.push(drawing(&format!("{} ({})", rule.title, rule.kind), told, varied, (&of, &|it| number(it as usize))));
    }
    drawn.push(drawing("Undetermined", told, varied, (&|it| it.undetermined as f64, &|it| number(it as usize))));
    for currency in currencies(&told.settings) {
        let of = |setting: &SettingTold| paid(setting, currency).map_or(0.0, |it| roughly(it.known));
        let title = format!("Cost{}", currency.map_or_else(String::new, |it| format!(" in {it}")));
        let exact = |at: usize| paid(&others[at], currency).map_or(Number::ZERO, |it| it.known);
        let words = |at: usize| money(currency, exact(at));
        drawn.push(Curve {
            words: told_of(&values(others, &of), varied, words),
            ..drawing(&title, told, varied, (&of, &|_| String::new()))
        });
    }
    part += &format!(
        "<figure>\n<figcaption>From {least} on the left to {most} on the right. Each drawing begins at nought and has its own height.</figcaption>\n{}\n</figure>\n",
        curves("How outcomes and cost answer", &drawn)
    );
    part += &table("All figures", &head(first), &rows(told, varied));
    part + "</section>\n"
}

fn proposed(setting: &SettingTold, rule: &RuleTold) -> f64 {
    count(setting, rule) as f64
}

fn count(setting: &SettingTold, rule: &RuleTold) -> usize {
    setting.rules.iter().filter(|it| it.name == rule.name).map(|it| it.proposed).sum()
}

fn currencies(settings: &[SettingTold]) -> Vec<Option<&str>> {
    let mut found = Vec::new();
    for cost in settings.iter().flat_map(|it| &it.cost) {
        if !found.contains(&cost.currency.as_deref()) {
            found.push(cost.currency.as_deref());
        }
    }
    found
}

fn paid<'s>(setting: &'s SettingTold, currency: Option<&str>) -> Option<&'s Cost> {
    setting.cost.iter().find(|it| it.currency.as_deref() == currency)
}

fn values(settings: &[SettingTold], of: &dyn Fn(&SettingTold) -> f64) -> Vec<f64> {
    settings.iter().map(of).collect()
}

type Figures<'f> = (&'f dyn Fn(&SettingTold) -> f64, &'f dyn Fn(f64) -> String);

fn drawing(title: &str, told: &Simulation, varied: &Varied, (of, shown): Figures<'_>) -> Curve {
    let values = values(&told.settings[1..], of);
    let words = told_of(&values, varied, |at| shown(values[at]));
    Curve { title: title.to_owned(), words, before: of(&told.settings[0]), values }
}

/// `12 at 50, 40 at 70; most: 43 at 66`.
fn told_of(values: &[f64], varied: &Varied, shown: impl Fn(usize) -> String) -> String {
    let Some(last) = values.len().checked_sub(1) else { return String::new() };
    let at = |place: usize| format!("{} at {}", shown(place), varied.values[place]);
    let mut words = at(0);
    if last > 0 {
        words += &format!(", {}", at(last));
    }
    let place = |better: fn(f64, f64) -> bool| {
        (0..values.len()).reduce(|best, it| if better(values[it], values[best]) { it } else { best }).unwrap_or(0)
    };
    for (what, place) in [("most", place(|a, b| a > b)), ("least", place(|a, b| a < b))] {
        // An end may be as high as it.
        if values[place] != values[0] && values[place] != values[last] {
            words += &format!("; {what}: {}", at(place));
        }
    }
    words
}

fn head(first: &SettingTold) -> Vec<Column> {
    let mut head = vec![words("value")];
    head.extend(first.rules.iter().map(|it| figures(&it.title)));
    head.extend(["undetermined", "otherwise", "more severe", "less severe"].map(figures));
    head.push(figures("cost"));
    head
}

fn rows(told: &Simulation, varied: &Varied) -> Vec<Vec<Cell>> {
    let first = &told.settings[0];
    let row = |at: usize, setting: &SettingTold| {
        let value = at.checked_sub(1).map_or_else(|| first.title.clone(), |it| varied.values[it].to_string());
        let mut row = vec![Cell::Head(value, 1)];
        row.extend(first.rules.iter().map(|rule| Cell::Number(number(count(setting, rule)))));
        row.push(Cell::Number(number(setting.undetermined)));
        let change = at.checked_sub(1).map(|it| &told.changes[it]);
        let counts = change.map(|it| [it.changed, it.more_severe, it.less_severe].map(number)).unwrap_or_default();
        row.extend(counts.map(Cell::Number));
        row.push(Cell::Number(known(&setting.cost)));
        row
    };
    told.settings.iter().enumerate().map(|(at, it)| row(at, it)).collect()
}
