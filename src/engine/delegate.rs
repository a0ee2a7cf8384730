//! Handing on what is one's own for some days: allowed where a role says so, to somebody who is there, once at a time.

use std::sync::Arc;

use jiff::civil::Date;

use crate::calendar::day_in_words;
use crate::engine::{ActError, AsOf, Policies, RunSettings};
use crate::policy::model::{Policy, Shape};
use crate::store::{Delegation, Store};
use crate::workflow::Refusal;

/// Who hands on what, as it is asked for. People are named by their keys alone or with the record type.
#[derive(Debug, Clone)]
pub struct DelegateRequest {
    /// Who.
    pub from: (String, String),
    /// To whom.
    pub to: (String, String),
    /// Only in this role.
    pub role: Option<String>,
    /// Only in cases of this workflow.
    pub workflow: Option<String>,
    /// From which day.
    pub since: Date,
    /// Until which day, that one included.
    pub until: Date,
    /// Why.
    pub because: Option<String>,
}

/// Writes down that somebody hands on what is theirs. The next look at each case that it concerns finds the other.
///
/// # Errors
/// When it is refused; nothing has happened then.
pub fn delegate(
    store: &mut dyn Store,
    settings: &RunSettings,
    request: &DelegateRequest,
) -> Result<Delegation, ActError> {
    let policies = Policies::load(store, settings.calendar.as_deref())?;
    let policy = Arc::clone(&policies.latest().policy);
    let today = day_of(settings, &policy);
    may_be_delegated(&policy, request)?;
    let from = person(store, &policy, &request.from)?;
    let to = person(store, &policy, &request.to)?;
    let refused = |why: String, possible: &str| Refusal { why, possible: Some(possible.to_owned()) };
    if from == to {
        return Err(refused(format!("{} would delegate to themselves", from.1), "name somebody else").into());
    }
    if request.until < request.since {
        let why = format!("{} lies before {}", day_in_words(request.until), day_in_words(request.since));
        return Err(refused(why, "give the first day, then the last").into());
    }
    if request.since < today {
        let why = format!("{} is over: what was done before today stands", day_in_words(request.since));
        return Err(refused(why, &format!("begin on {} or later", day_in_words(today))).into());
    }
    let beside = store.delegations(Some(request.since))?.into_iter().find(|it| {
        let same = |one: &Option<String>, other: &Option<String>| one.is_none() || other.is_none() || one == other;
        it.from == from
            && it.since <= request.until
            && same(&it.role, &request.role)
            && same(&it.workflow, &request.workflow)
    });
    if let Some(other) = beside {
        let days = format!("from {} until {}", day_in_words(other.since), day_in_words(other.until));
        let why = format!("{} delegates the same to {} {days} already", from.1, other.to.1);
        return Err(refused(why, &format!("end that first: `merit delegate end {}`", other.id)).into());
    }
    let one_line = |it: &String| it.split_whitespace().collect::<Vec<_>>().join(" ");
    let because = request.because.as_ref().map(one_line).filter(|it| !it.is_empty());
    let (role, workflow) = (request.role.clone(), request.workflow.clone());
    let given = Delegation { id: 0, from, to, role, workflow, since: request.since, until: request.until, because };
    let id = store.delegate(&given, today, settings.now)?;
    Ok(Delegation { id, ..given })
}

/// Ends a delegation: from today on, everything lies again with who gave it.
///
/// # Errors
/// When there is no such one, or it is over.
pub fn end_delegation(store: &mut dyn Store, settings: &RunSettings, id: i64) -> Result<Delegation, ActError> {
    let policies = Policies::load(store, settings.calendar.as_deref())?;
    let today = day_of(settings, &policies.latest().policy);
    let found = store.delegations(None)?.into_iter().find(|it| it.id == id);
    let list = Some("`merit delegate list` shows them".to_owned());
    let found = found.ok_or_else(|| Refusal { why: format!("there is no delegation {id}"), possible: list.clone() })?;
    if found.until < today {
        let why = format!("delegation {id} was over on {}", day_in_words(found.until));
        return Err(Refusal { why, possible: list }.into());
    }
    let last = today.yesterday().unwrap_or(today);
    store.end_delegation(&found, last, today, settings.now)?;
    Ok(Delegation { until: last, ..found })
}

fn day_of(settings: &RunSettings, policy: &Policy) -> Date {
    match settings.as_of {
        AsOf::Day(day) => day,
        AsOf::Moment(moment) => policy.main().day_of(moment),
    }
}

/// A role, where one is named, must be there and say that it may be handed on; else some role must.
fn may_be_delegated(policy: &Policy, request: &DelegateRequest) -> Result<(), Refusal> {
    let those: Vec<String> =
        policy.roles.iter().filter(|it| it.delegates).map(|it| format!("`{}`", it.label.name)).collect();
    let possible = if those.is_empty() {
        "a role of the policy would say `may delegate`".to_owned()
    } else {
        format!("those who may are {}", those.join(", "))
    };
    let refused = |why: String| Err(Refusal { why, possible: Some(possible.clone()) });
    if let Some(name) = &request.role {
        match policy.roles.iter().find(|it| it.label.name == *name) {
            None => return refused(format!("there is no role `{name}`")),
            Some(role) if !role.delegates => return refused(format!("whoever is `{name}` may not delegate")),
            Some(_) => {}
        }
    } else if those.is_empty() {
        return refused("nobody may delegate".to_owned());
    }
    if let Some(name) = &request.workflow
        && policy.workflow_named(name).is_none()
    {
        let known: Vec<String> = policy.workflows.iter().map(|it| format!("`{}`", it.label.name)).collect();
        return Err(Refusal { why: format!("there is no workflow `{name}`"), possible: Some(known.join(", ")) });
    }
    Ok(())
}

/// Somebody in the records, by their key alone where only one type has it.
fn person(store: &dyn Store, policy: &Policy, named: &(String, String)) -> Result<(String, String), ActError> {
    let mut found = Vec::new();
    for (at, kind) in policy.records.iter().enumerate() {
        let fits = named.0.is_empty() || named.0 == kind.label.name;
        if fits && matches!(kind.shape, Shape::Entity { .. }) {
            let keys = store.existing(policy, crate::ids::RecordId::at(at), &[Arc::from(named.1.as_str())])?;
            found.extend(keys.first().map(|key| (kind.label.name.clone(), key.to_string())));
        }
    }
    match found.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(Refusal { why: format!("there is no `{}` in the records", named.1), possible: None }.into()),
        several => {
            let names: Vec<String> = several.iter().map(|it| format!("{}:{}", it.0, it.1)).collect();
            let possible = Some(format!("write which: {}", names.join(" or ")));
            Err(Refusal { why: format!("`{}` is the key of several", named.1), possible }.into())
        }
    }
}
