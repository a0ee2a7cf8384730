//! `--vary pass_mark from 50 to 70 step 1`: one policy with one parameter at many values, told as a table.

use crate::cli::{Failure, output};
use crate::policy::model::{Dated, Policy, Type};
use crate::policy::{hash_otherwise, nearest};
use crate::simulate::{Cost, Simulation, Varied};
use crate::value::{Known, Number, Value};

/// The most values that are tried at once.
const MOST: usize = 200;

/// A parameter at one of its values.
#[derive(Debug)]
pub(super) struct AtValue {
    /// What is told of it: `pass_mark = 55`.
    pub(super) name: String,
    pub(super) policy: Policy,
}

fn usage(why: String) -> Failure {
    Failure::usage(why).help("write it as `--vary pass_mark from 50 to 70 step 1`")
}

/// The parameter that is named, and its values.
fn values(words: &[String]) -> Result<(&String, Vec<Number>), Failure> {
    let [name, from_word, from, to_word, to, step_word, step] = words else {
        return Err(usage("`--vary` takes a parameter and its values".to_owned()));
    };
    if [from_word.as_str(), to_word, step_word] != ["from", "to", "step"] {
        return Err(usage(format!("`--vary {}` can't be read", words.join(" "))));
    }
    let number = |words: &String| number(words).ok_or_else(|| usage(format!("`{words}` is no number")));
    let (from, to, step) = (number(from)?, number(to)?, number(step)?);
    if step <= Number::ZERO || to < from {
        return Err(usage("values go up: `from` is the least, and `step` is above nought".to_owned()));
    }
    let (mut found, mut at) = (Vec::new(), from);
    while at <= to {
        if found.len() == MOST {
            return Err(usage(format!("that are more than {MOST} values; take a larger step")));
        }
        found.push(at);
        at = at.add(step).map_err(|fault| usage(fault.to_string()))?;
    }
    Ok((name, found))
}

/// The policy at each of the values that are asked for: the parameter has that value at any time.
pub(super) fn varied(policy: &Policy, words: &[String]) -> Result<Vec<AtValue>, Failure> {
    let (name, values) = values(words)?;
    let Some(place) = policy.parameters.iter().position(|it| it.label.name == *name) else {
        let known: Vec<String> = policy.parameters.iter().map(|it| it.label.name.clone()).collect();
        let help = match nearest(name, &known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known: {}", known.join(", ")),
        };
        return Err(Failure::usage(format!("there is no parameter `{name}`")).help(help));
    };
    let ty = policy.parameters[place].ty.clone();
    if !matches!(ty, Type::Number | Type::Money { .. }) {
        return Err(usage(format!("`{name}` is no number and no money; only those can be varied")));
    }
    let at_value = |at: Number| {
        let mut policy = policy.clone();
        policy.parameters[place].values = vec![Dated { value: value_of(&ty, at), from: None, until: None }];
        let name = format!("{name} = {at}");
        policy.hash = hash_otherwise(&policy.hash, &name);
        AtValue { name, policy }
    };
    Ok(values.into_iter().map(at_value).collect())
}

/// A number as people write it, also as a percentage.
fn number(words: &str) -> Option<Number> {
    match words.strip_suffix('%') {
        Some(words) => words.trim().parse::<Number>().ok()?.divide(Number::from(100)).ok(),
        None => words.parse().ok(),
    }
}

fn value_of(ty: &Type, number: Number) -> Value {
    match ty {
        Type::Money { currency, .. } => Known::Money { amount: number, currency: currency.clone() }.into(),
        _ => Known::Number(number).into(),
    }
}

/// What is told of a parameter that was varied.
pub(super) fn told(policy: &Policy, words: &[String]) -> Option<Varied> {
    let (name, values) = values(words).ok()?;
    let label = &policy.parameters.iter().find(|it| it.label.name == *name)?.label;
    Some(Varied { parameter: label.name.clone(), title: label.title.clone(), values })
}

/// How outcomes and cost answer to the values: a line for each.
pub(super) fn curve(told: &Simulation) -> String {
    let mut head = vec!["".to_owned()];
    let Some(first) = told.settings.first() else { return String::new() };
    head.extend(first.rules.iter().map(|it| it.title.clone()));
    head.extend(["undetermined", "otherwise", "more severe", "less severe", "cost"].map(str::to_owned));
    let count = |it: usize| output::grouped(&it.to_string());
    let cost = |it: &Cost| {
        let currency = it.currency.as_ref().map_or_else(String::new, |it| format!("{it} "));
        format!("{currency}{}", output::grouped(&it.known.to_string()))
    };
    let mut rows = Vec::new();
    for (at, setting) in told.settings.iter().enumerate() {
        let mut row = vec![setting.title.clone()];
        row.extend(first.rules.iter().map(|rule| {
            let same: Vec<usize> =
                setting.rules.iter().filter(|it| it.name == rule.name).map(|it| it.proposed).collect();
            if same.is_empty() { "–".to_owned() } else { count(same.into_iter().sum()) }
        }));
        row.push(count(setting.undetermined));
        let change = at.checked_sub(1).map(|at| &told.changes[at]);
        let counted = |of: fn(&crate::simulate::Change) -> usize| change.map_or_else(String::new, |it| count(of(it)));
        row.extend([counted(|it| it.changed), counted(|it| it.more_severe), counted(|it| it.less_severe)]);
        row.push(setting.cost.iter().map(cost).collect::<Vec<_>>().join("; "));
        rows.push(row);
    }
    output::wide_table(head, rows)
}
