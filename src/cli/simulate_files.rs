//! What `merit simulate` writes beside what it prints: a page for people, tables for spreadsheets. Each file stands whole or not at all.

use std::fs;
use std::path::Path;

use crate::cli::written_files::{failed, put, refuse_file};
use crate::cli::{Failure, Global, listing, output};
use crate::config::Project;
use crate::simulate::{Cost, Ratio, Simulation, page};

/// Refuses places that can't be written or must not be, before anything is worked out.
pub(super) fn refuse(project: &Project, html: Option<&Path>, csv: Option<&Path>) -> Result<(), Failure> {
    if let Some(file) = html {
        refuse_file(project, file, "page")?;
    }
    match csv.filter(|it| it.exists() && !it.is_dir()) {
        Some(file) => Err(Failure::usage(format!("{} is a file, and no folder", file.display()))
            .help("name the folder into which the tables are written")),
        None => Ok(()),
    }
}

/// Writes what is asked for, and says where it is.
pub(super) fn write(
    global: &Global,
    told: &[Simulation],
    html: Option<&Path>,
    csv: Option<&Path>,
) -> Result<(), Failure> {
    if let Some(file) = html {
        put(file, &page(told))?;
        output::note(global, &format!("The page is in {}.", file.display()));
    }
    if let Some(folder) = csv {
        fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
        for period in told {
            let folder = if told.len() == 1 { folder.to_owned() } else { folder.join(period.period.replace('/', "-")) };
            fs::create_dir_all(&folder).map_err(|error| failed(&folder, &error))?;
            for (name, text) in tables(period)? {
                put(&folder.join(name), &text)?;
            }
        }
        output::note(global, &format!("The tables are in {}.", folder.display()));
    }
    Ok(())
}

// ---- tables

fn tables(told: &Simulation) -> Result<[(&'static str, String); 4], Failure> {
    Ok([
        ("rules.csv", rules(told)?),
        ("moves.csv", moves(told)?),
        ("groups.csv", groups(told)?),
        ("people.csv", people(told)?),
    ])
}

/// A text that a spreadsheet takes as one: what begins like a formula gets an apostrophe before it.
fn text(words: &str) -> String {
    if words.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{words}") } else { words.to_owned() }
}

fn rules(told: &Simulation) -> Result<String, Failure> {
    const HEAD: [&str; 13] = [
        "policy",
        "policy_hash",
        "rule",
        "title",
        "kind",
        "proposed",
        "undetermined",
        "no",
        "not_covered",
        "currency",
        "cost",
        "could_add",
        "amounts_not_known",
    ];
    let rows = told.settings.iter().flat_map(|setting| {
        setting.rules.iter().map(|rule| {
            let mut row = vec![text(&setting.name), setting.policy.clone(), text(&rule.name), text(&rule.title)];
            row.push(rule.kind.clone());
            row.extend([rule.proposed, rule.undetermined, rule.no, rule.not_covered].map(|it| it.to_string()));
            row.extend(match &rule.cost {
                None => [const { String::new() }; 4],
                Some(cost) => [
                    text(cost.currency.as_deref().unwrap_or("")),
                    cost.known.to_string(),
                    cost.could_add.to_string(),
                    cost.not_known.to_string(),
                ],
            });
            row
        })
    });
    listing::csv(&HEAD, rows)
}

fn moves(told: &Simulation) -> Result<String, Failure> {
    let rows = told.changes.iter().flat_map(|change| {
        let of = [("sanction", &change.sanctions), ("reward", &change.rewards)];
        of.into_iter().flat_map(move |(kind, moves)| {
            moves.iter().map(move |it| {
                let [from, to, before, after] = [&change.from, &change.to, &it.from, &it.to].map(|it| text(it));
                vec![from, to, kind.to_owned(), before, after, it.people.to_string()]
            })
        })
    });
    listing::csv(&["from", "to", "kind", "before", "after", "people"], rows)
}

fn groups(told: &Simulation) -> Result<String, Failure> {
    const HEAD: [&str; 21] = [
        "by",
        "group",
        "policy",
        "people",
        "sanctioned",
        "sanction_undetermined",
        "sanction_rate",
        "sanction_ratio",
        "sanction_ratio_low",
        "sanction_ratio_high",
        "rewarded",
        "reward_undetermined",
        "reward_rate",
        "reward_ratio",
        "reward_ratio_low",
        "reward_ratio_high",
        "cost",
        "could_add",
        "changed",
        "more_severe",
        "less_severe",
    ];
    let mut rows = Vec::new();
    for grouping in &told.groupings {
        for group in &grouping.groups {
            for (place, (setting, share)) in told.settings.iter().zip(&group.shares).enumerate() {
                let mut row = vec![grouping.by.join(" / "), text(&group.values.join(" / ")), text(&setting.name)];
                row.push(group.people.to_string());
                let kinds = [
                    (share.sanctioned, share.sanction_undetermined, share.sanction_ratio),
                    (share.rewarded, share.reward_undetermined, share.reward_ratio),
                ];
                for (some, open, ratio) in kinds {
                    row.extend([
                        some.to_string(),
                        open.to_string(),
                        decimals(some as f64 / group.people.max(1) as f64),
                    ]);
                    row.extend(told_ratio(ratio));
                }
                row.push(text(&amounts(&share.cost, |it| it.known.to_string())));
                row.push(text(&amounts(&share.cost, |it| it.could_add.to_string())));
                let changes = place.checked_sub(1).map(|it| group.changes[it].map(|it| it.to_string()));
                row.extend(changes.unwrap_or_default());
                rows.push(row);
            }
        }
    }
    listing::csv(&HEAD, rows.into_iter())
}

fn decimals(number: f64) -> String {
    format!("{number:.4}")
}

fn told_ratio(ratio: Option<Ratio>) -> [String; 3] {
    ratio.map(|it| [it.ratio, it.low, it.high].map(decimals)).unwrap_or_default()
}

/// Amounts by currency: `UGX 1000; USD 5`.
fn amounts(costs: &[Cost], of: impl Fn(&Cost) -> String) -> String {
    let told = |it: &Cost| it.currency.as_ref().map_or_else(|| of(it), |currency| format!("{currency} {}", of(it)));
    costs.iter().map(told).collect::<Vec<_>>().join("; ")
}

fn people(told: &Simulation) -> Result<String, Failure> {
    let rows = told.changes.iter().flat_map(|change| {
        change.people.iter().map(|it| {
            let [from, to, key] = [&change.from, &change.to, &it.key].map(|it| text(it));
            vec![from, to, key, text(&it.before.join("; ")), text(&it.after.join("; "))]
        })
    });
    listing::csv(&["from", "to", "key", "before", "after"], rows)
}
