//! What the frameworks of another policy would come to, beside the one in force: for `plan`, and before `deploy`.

use jiff::civil::Date;
use serde::Serialize;

use crate::cli::{Failure, simulate as words};
use crate::config::Project;
use crate::plan::Working;
use crate::policy::compile_with;
use crate::policy::framework::Framework;
use crate::policy::model::Policy;
use crate::simulate::{Change, Progress, Question, Setting, SettingTold, simulate};
use crate::source::Sources;
use crate::store::sqlite::SqliteStore;
use crate::store::{Snapshots, Store};

/// What a framework comes to for the last period that has ended, on the records as they stand.
#[derive(Debug, Serialize)]
pub(super) struct Judgement {
    /// Its name.
    framework: String,
    /// The period as people write it.
    period: String,
    /// As on which day it is judged (ISO).
    on: String,
    /// By the policy in force; nothing where that has no such framework.
    before: Option<SettingTold>,
    /// By the other one; nothing where that has no such framework.
    after: Option<SettingTold>,
    /// What changes from one to the other.
    change: Option<Change>,
    /// Why it can't be told.
    not_told: Option<String>,
}

impl Judgement {
    fn of(framework: &str, on: Option<Date>) -> Self {
        Self {
            framework: framework.to_owned(),
            period: String::new(),
            on: on.map_or_else(String::new, |it| it.to_string()),
            before: None,
            after: None,
            change: None,
            not_told: None,
        }
    }

    fn not_told(framework: &str, on: Option<Date>, why: String) -> Self {
        Self { not_told: Some(why), ..Self::of(framework, on) }
    }
}

/// What every framework of either policy comes to; nothing where no policy is in force yet, or it is the same.
pub(super) fn judgements(
    project: &Project,
    store: &SqliteStore,
    policy: &Policy,
    on: Option<Date>,
) -> Result<Vec<Judgement>, Failure> {
    let Some(version) = store.latest_policy()? else { return Ok(Vec::new()) };
    if version.hash == policy.hash {
        return Ok(Vec::new());
    }
    // What can't be compared is told, and keeps nobody from putting a better policy in force.
    let Some(in_force) = compile_with(&Sources::of(version.files), project.calendar.as_deref()).policy else {
        let why = "this program can't read the policy in force any more";
        let not_told = |it: &Framework| Judgement::not_told(&it.label.name, on, why.to_owned());
        return Ok(policy.frameworks.iter().map(not_told).collect());
    };
    let on = match (on, store.state()?.as_of) {
        (Some(on), _) | (None, Some(on)) => on,
        (None, None) => crate::cli::open::today(&in_force),
    };
    let name = |it: &Framework| it.label.name.clone();
    let mut names: Vec<String> = in_force.frameworks.iter().map(name).collect();
    names.extend(
        policy.frameworks.iter().map(name).filter(|it| !in_force.frameworks.iter().any(|own| name(own) == *it)),
    );
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let alike = in_force.keeps_the_records_of(policy);
    let read = |policy: &Policy, others: &[&Policy]| store.columns(policy, others, on, Snapshots::Never);
    let records = read(&in_force, if alike { std::slice::from_ref(&policy) } else { &[] })?;
    let own = if alike { None } else { Some(read(policy, &[])?) };
    let before = Setting { name: "in force", policy: &in_force, records: &records };
    let after = Setting { name: "then", policy, records: own.as_ref().unwrap_or(&records) };
    names.into_iter().map(|name| judgement(&name, [&before, &after], on)).collect()
}

fn judgement(name: &str, sides: [&Setting<'_>; 2], on: Date) -> Result<Judgement, Failure> {
    let framework = |it: &&&Setting<'_>| it.policy.frameworks.iter().any(|it| it.label.name == name);
    let settings: Vec<Setting<'_>> = sides
        .iter()
        .filter(framework)
        .map(|it| Setting { name: it.name, policy: it.policy, records: it.records })
        .collect();
    let mut judgement = Judgement::of(name, Some(on));
    let Some(first) = settings.first() else { return Ok(judgement) };
    let own = crate::cli::open::framework(first.policy, name)?;
    let period = match words::last_ended(first.policy, own, on) {
        Ok(period) => period,
        Err(failure) => return Ok(Judgement::not_told(name, Some(on), failure.message)),
    };
    let question = Question {
        framework: name.to_owned(),
        period,
        on,
        by: Vec::new(),
        least: 1,
        ask_missing: 0,
        people: 0,
        working: Working::default(),
        progress: Progress::default(),
    };
    match simulate(&settings, &question) {
        Ok(told) => {
            judgement.period = told.period;
            let mut told_of = told.settings.into_iter();
            for setting in settings {
                let own = told_of.next();
                if setting.name == sides[0].name { judgement.before = own } else { judgement.after = own }
            }
            judgement.change = told.changes.into_iter().next();
        }
        Err(fault) => judgement.not_told = Some(fault.to_string()),
    }
    Ok(judgement)
}

/// The same in words.
pub(super) fn told(judgements: &[Judgement]) -> String {
    judgements.iter().map(told_of).collect()
}

fn told_of(it: &Judgement) -> String {
    let name = &it.framework;
    if let Some(why) = &it.not_told {
        return format!("What `{name}` would come to can't be told: {why}.\n");
    }
    let judged = format!("judged for {} on the records as they stand", it.period);
    match (&it.before, &it.after, &it.change) {
        (_, _, Some(change)) if change.changed == 0 => {
            format!("`{name}`, {judged}: nothing is otherwise for anybody.\n")
        }
        (Some(before), Some(after), Some(change)) => {
            format!("`{name}`, {judged}:\n{}{}", words::rules(before, after), words::changes(change))
        }
        (None, Some(after), _) => format!("`{name}` is new; {judged}:\n{}", words::rules_of_one(after)),
        _ => format!("`{name}` would judge nobody any more.\n"),
    }
}

/// Whether the next answer is to go on; only a plain yes is.
pub(super) fn agreed(mut answers: impl std::io::BufRead) -> Result<bool, Failure> {
    let mut answer = String::new();
    answers
        .read_line(&mut answer)
        .map_err(|error| Failure::environment(format!("your answer can't be read: {error}")))?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::agreed;

    #[test]
    fn only_a_plain_yes_is_one() {
        for (answer, yes) in
            [("y\n", true), (" Yes \n", true), ("\n", false), ("", false), ("n\n", false), ("yes please\n", false)]
        {
            assert_eq!(agreed(answer.as_bytes()).ok(), Some(yes), "{answer:?}");
        }
    }
}
