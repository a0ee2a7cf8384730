//! `--in 2023/24 --to 2025/26`: several periods, one after the other.

use jiff::civil::Date;
use serde::Serialize;

use crate::calendar::Period;
use crate::casework::judgement_day;
use crate::cli::{Failure, open, output};
use crate::policy::framework::Framework;
use crate::policy::model::Policy;
use crate::simulate::{Cost, SettingTold, Simulation};
use crate::table::{AsFacts, Records};

/// The most periods that are judged in turn.
const MOST: usize = 60;

/// What is written as JSON.
#[derive(Debug, Serialize)]
pub(super) struct Told<'a> {
    pub(super) periods: &'a [Simulation],
}

/// The periods from one to another, each with the day on which it is judged: its own, or the day as on which all is asked where that is earlier.
pub(super) fn judgements(
    policy: &Policy,
    framework: &Framework,
    records: &Records,
    (first, last): (Period, &str),
    on: Date,
) -> Result<Vec<(Period, Date)>, Failure> {
    let calendar = &policy.calendars[framework.calendar];
    let last = open::period(policy, framework, last)?;
    if last.first < first.first {
        let help = "`--in` names the first period, `--to` the last";
        return Err(Failure::usage(format!("{} ends before it begins", range(calendar, &first, &last))).help(help));
    }
    let facts = AsFacts::new(policy, records);
    let (mut found, mut period) = (Vec::new(), first);
    loop {
        let Some(day) = judgement_day(policy, &facts, framework, period) else {
            let name = &framework.label.name;
            return Err(Failure::usage(format!(
                "`{name}` does not judge on a day, so that its periods can't follow one another"
            ))
            .help("name one period with `--in`"));
        };
        found.push((period, day.min(on)));
        if period.first >= last.first {
            return Ok(found);
        }
        if found.len() == MOST {
            return Err(Failure::usage(format!("{} are more than {MOST} periods", range(calendar, &first, &last))));
        }
        period = calendar.next(period).map_err(|problem| Failure::usage(problem.to_string()))?;
    }
}

fn range(calendar: &crate::calendar::Calendar, first: &Period, last: &Period) -> String {
    format!("{} to {}", calendar.label(first), calendar.label(last))
}

/// What all periods come to together.
pub(super) fn together(periods: &[Simulation]) -> String {
    let (Some(first), Some(last)) = (periods.first(), periods.last()) else { return String::new() };
    let mut words = format!("\nIn all, {} to {}\n", first.period, last.period);
    let mut head = vec!["".to_owned(), "rule".to_owned()];
    head.extend(periods.iter().map(|it| it.period.clone()));
    head.push("in all".to_owned());
    let mut rows = Vec::new();
    for (at, setting) in first.settings.iter().enumerate() {
        for (place, rule) in setting.rules.iter().enumerate() {
            let name = if place == 0 { setting.name.clone() } else { String::new() };
            let mut row = vec![name, format!("{} ({})", rule.title, rule.kind)];
            let counts = periods.iter().map(|it| it.settings[at].rules[place].proposed);
            row.extend(counts.clone().map(|it| output::grouped(&it.to_string())));
            row.push(output::grouped(&counts.sum::<usize>().to_string()));
            rows.push(row);
        }
        if setting.cost.iter().any(|it| it.currency.is_some()) {
            let mut row = vec![String::new(), "cost".to_owned()];
            row.extend(periods.iter().map(|it| costs(&it.settings[at].cost)));
            row.push(costs(&summed(periods.iter().map(|it| &it.settings[at]))));
            rows.push(row);
        }
    }
    words += &output::wide_table(head, rows);
    words + "What is proposed in a period counts as imposed in those behind it; what is undetermined does not.\n"
}

fn costs(all: &[Cost]) -> String {
    let told = |it: &Cost| {
        let currency = it.currency.as_ref().map_or_else(String::new, |it| format!("{it} "));
        format!("{currency}{}", output::grouped(&it.known.to_string()))
    };
    all.iter().map(told).collect::<Vec<_>>().join("; ")
}

fn summed<'s>(settings: impl Iterator<Item = &'s SettingTold>) -> Vec<Cost> {
    let mut sums: Vec<Cost> = Vec::new();
    for cost in settings.flat_map(|it| &it.cost) {
        match sums.iter_mut().find(|it| it.currency == cost.currency) {
            Some(sum) => sum.add(cost),
            None => sums.push(cost.clone()),
        }
    }
    sums
}
