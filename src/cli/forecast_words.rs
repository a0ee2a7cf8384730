//! A forecast in words for people, and as a table for spreadsheets.

use std::collections::BTreeMap;

use crate::calendar::day_in_words;
use crate::cli::forecast::{SettingTold, Told};
use crate::cli::{Failure, listing, output};
use crate::forecast::{Figure, Measure};
use crate::policy::model::Policy;
use crate::value::{Number, Rounding};

/// A row for each figure of each policy.
pub(super) fn csv(told: &Told) -> Result<String, Failure> {
    let head = ["setting", "year", "measure", "of", "least", "low", "median", "high", "greatest"];
    let rows = told.settings.iter().flat_map(|setting| {
        setting.figures.iter().map(|it| {
            let numbers = [it.least, it.low, it.median, it.high, it.greatest].map(|it| it.to_string());
            let words = [setting.name.clone(), it.year.clone(), it.measure.word().to_owned(), it.of.join(".")];
            words.into_iter().chain(numbers).collect::<Vec<String>>()
        })
    });
    listing::csv(&head, rows)
}

/// All of it in words; the policies in the order of the settings.
pub(super) fn words(policies: &[&Policy], told: &Told) -> String {
    let years = output::count(u64::from(told.years), "year", "years");
    let runs = output::count(u64::from(told.runs), "run", "runs");
    let day = told.first.parse().map_or_else(|_| told.first.clone(), day_in_words);
    let mut words =
        format!("{years} from {day} on, in {runs} (seed {}): people go on as they did{}\n", told.seed, otherwise(told));
    if told.acts.is_some() {
        words = format!("{years} from {day} on, with the acts that are written down\n");
    }
    let several = told.settings.len() > 1;
    for it in &told.settings {
        if several {
            let title = if it.title == it.name { String::new() } else { format!(": {}", it.title) };
            words += &format!("\n{}{title}\n", it.name);
        }
        words += &beside(it);
    }
    if several {
        words += "\nOf each policy the median, and between which figures 8 in 10 runs lie\n";
    }
    let group = |it: &Figure| it.of.first().cloned().unwrap_or_default();
    let mut groups: Vec<String> = told.settings.iter().flat_map(|it| &it.figures).map(group).collect();
    groups.sort();
    groups.dedup();
    for name in groups {
        let title = policies.iter().find_map(|it| title(it, &name)).unwrap_or_else(|| name.clone());
        words += &format!("\n{title}\n");
        words += &if several { side_by_side(told, &name) } else { alone(&told.settings[0], &name) };
    }
    words
}

fn otherwise(told: &Told) -> &'static str {
    let assumed = told.settings.iter().any(|it| !it.assumed.is_empty());
    if assumed { ", or as a scenario assumes" } else { "" }
}

/// What is to be known before the figures are read.
fn beside(setting: &SettingTold) -> String {
    let mut words = String::new();
    if !setting.assumed.is_empty() {
        words += &format!("Assumed: {}\n", setting.assumed.join(", "));
    }
    if !setting.unknown.is_empty() {
        let stages = setting.unknown.join(", ");
        words += &format!("Nothing is known of how these end, and nobody does them: {stages}\n");
    }
    for it in &setting.left_out {
        words += &format!("{} left out: {}\n", output::count(it.count, "case", "cases"), it.why);
    }
    for it in &setting.refused {
        words += &format!("Refused {}: {}\n", output::count(it.count, "time", "times"), it.why);
    }
    words
}

fn title(policy: &Policy, name: &str) -> Option<String> {
    let workflow = policy.workflow_named(name).map(|it| &policy.workflow(it).label);
    let framework = || policy.frameworks.iter().map(|it| &it.label).find(|it| it.name == name);
    workflow.or_else(framework).map(|it| it.title.clone())
}

fn is_of(figure: &Figure, name: &str) -> bool {
    figure.of.first().map_or("", String::as_str) == name
}

/// The part of a workflow or framework that a figure is about.
fn part(of: &[String]) -> String {
    of.get(1..).unwrap_or_default().join(".")
}

fn alone(setting: &SettingTold, name: &str) -> String {
    let rows = setting.figures.iter().filter(|it| is_of(it, name)).map(|it| {
        let number = |number: &Number| shown(it.measure, number);
        let range = format!("{} to {}", number(&it.low), number(&it.high));
        let whole = format!("{} to {}", number(&it.least), number(&it.greatest));
        [it.year.clone(), it.measure.title().to_owned(), part(&it.of), number(&it.median), range, whole]
    });
    output::table(["year from", "what", "of", "median", "8 in 10 runs", "all runs"], rows)
}

/// The policies beside each other: of each the median, and between which figures eight of ten runs lie.
fn side_by_side(told: &Told, name: &str) -> String {
    let mut rows: BTreeMap<(&str, Measure, &[String]), Vec<String>> = BTreeMap::new();
    let empty = vec!["-".to_owned(); told.settings.len()];
    for (at, setting) in told.settings.iter().enumerate() {
        for it in setting.figures.iter().filter(|it| is_of(it, name)) {
            let [median, low, high] = [it.median, it.low, it.high].map(|number| shown(it.measure, &number));
            let row = rows.entry((&it.year, it.measure, &it.of)).or_insert_with(|| empty.clone());
            row[at] = if low == high { median } else { format!("{median} ({low} to {high})") };
        }
    }
    let names = told.settings.iter().map(|it| it.name.clone());
    let head: Vec<String> = ["year from", "what", "of"].map(str::to_owned).into_iter().chain(names).collect();
    let row = |((year, measure, of), cells): ((&str, Measure, &[String]), Vec<String>)| {
        let first = [year.to_owned(), measure.title().to_owned(), part(of)];
        first.into_iter().chain(cells).collect::<Vec<String>>()
    };
    output::wide_table(head, rows.into_iter().map(row))
}

/// A number as people read it: shares in per cent, everything else in groups of three digits.
fn shown(measure: Measure, number: &Number) -> String {
    if measure != Measure::InTimePerMille {
        return output::grouped(&number.to_string());
    }
    let rounded = number.round(Rounding::HalfUp, Number::from(1)).and_then(|it| it.divide(Number::from(10)));
    rounded.map_or_else(|_| number.to_string(), |it| format!("{it} %"))
}
