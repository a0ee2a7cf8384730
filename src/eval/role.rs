//! Who stands in a role for a record on a day, how they were found, and who was passed over.
//!
//! Somebody is passed over only for what is known: that they are gone or absent, or must not act. Whom a role names is another
//! matter: where the record does not say, nobody further down the line takes the place of somebody unknown, and the search ends with
//! the fact that is missing. Whether somebody qualifies must be known for them to be taken.

use std::collections::BTreeSet;

use crate::calendar::DateRole;
use crate::eval::aggregate;
use crate::eval::dates::{Answer, DateOptions, date_rule};
use crate::eval::expression::{truth, value};
use crate::eval::reads;
use crate::eval::scope::Scope;
use crate::eval::words::render;
use crate::ids::RoleId;
use crate::planted::{self, Bug};
use crate::policy::flow::OneEach;
use crate::policy::model::{Expr, ExprKind, Party, Policy, RoleTry, StillActs, Type};
use crate::value::{Known, Missing, RecordRef, Truth, Value};

/// Who was found, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resolution {
    /// Who it is; nobody if nobody is left.
    pub holder: Option<RecordRef>,
    /// How they were found, step by step.
    pub why: Vec<String>,
    /// Who was passed over, and why.
    pub passed_over: Vec<(RecordRef, String)>,
    /// Facts that are missing.
    pub missing: Vec<Missing>,
}

/// Who somebody of a case is.
#[must_use]
pub fn holder(scope: &Scope<'_>, party: &Party) -> Resolution {
    holder_except(scope, party, &[])
}

/// Who somebody of a case is; these never, so that the search goes on behind them.
#[must_use]
pub fn holder_except(scope: &Scope<'_>, party: &Party, never: &[RecordRef]) -> Resolution {
    let mut search =
        Search { found: Resolution::default(), never, tried: BTreeSet::new(), asked: BTreeSet::new(), stuck: false };
    match party {
        Party::Subject => {
            search.consider(scope, &scope.subject.clone(), "the subject of the case", None);
        }
        Party::Reference(field) => {
            let name = &scope.policy.field(scope.subject.record, *field).label.name;
            let found = reads::field(scope, &scope.subject, *field);
            search.take(scope, found, name, None);
        }
        Party::Role(role) => {
            let of = scope.policy.roles[role.index()].of;
            let owner = if of == scope.subject.record { None } else { reads::owner(scope.policy, &scope.subject) };
            search.role(&owner.map_or_else(|| scope.clone(), |it| scope.about(it)), *role);
        }
        Party::Owner => {
            if let Some(owner) = reads::owner(scope.policy, &scope.subject) {
                search.consider(scope, &owner, "the one whom it is about", None);
            }
        }
        // Who they are, the records say that name them: see `each_of`.
        Party::One | Party::Members | Party::Seat(_) => {}
    }
    search.found.missing = Missing::merged(search.found.missing);
    search.found
}

/// One of several people whom records name, by the record: who they are, or why they can't act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The record that names them.
    pub by: RecordRef,
    /// Who they are; nobody if it names nobody who can act.
    pub found: Resolution,
    /// Whom it names, whether they can act or not.
    pub person: Option<RecordRef>,
}

/// Those for whom a stage opens, in the order of the records that name them; each once. A record of which it is not known whether it
/// counts does not.
#[must_use]
pub fn each_of(scope: &Scope<'_>, each: &OneEach, never: &[RecordRef]) -> Vec<Named> {
    let mut named: Vec<Named> = Vec::new();
    for about in aggregate::records(scope, each.members).unwrap_or_default() {
        if each.condition.as_ref().is_some_and(|it| truth(&about, it) != Truth::Yes) {
            continue;
        }
        let by = about.subject.clone();
        let mut search = Search {
            found: Resolution::default(),
            never,
            tried: BTreeSet::new(),
            asked: BTreeSet::new(),
            stuck: false,
        };
        let person = match each.person {
            None => Some(by.clone()),
            Some(field) => match reads::field(&about, &by, field) {
                Value::Known(Known::Record(who)) => Some(who),
                Value::Known(_) | Value::Unknown(_) | Value::NotApplicable | Value::NotHappened => None,
            },
        };
        if person.is_some() && named.iter().any(|it| it.person == person) {
            continue;
        }
        if let Some(who) = &person {
            search.consider(scope, who, &format!("{} of {} is {}", each.name, scope.subject.key, who.key), None);
        }
        named.push(Named { by, found: search.found, person });
    }
    named
}

/// How many roles are asked for the sake of one another: more than any line of command has steps.
const MOST_STEPS: usize = 60;

/// Who stands in a role of the subject, as a value. A role may ask for the holder of another (`supervisor.above`), or of somebody
/// else; whom one would have to know first to be found themselves, nobody can say.
pub(super) fn standing(scope: &Scope<'_>, role: RoleId) -> Value {
    let asked = (role, scope.subject.clone());
    let name = &scope.policy.roles[role.index()].label.name;
    let depth = {
        let mut seeking = scope.seeking.borrow_mut();
        if seeking.contains(&asked) {
            return Value::because(format!("who is {name} of {} rests on itself", asked.1.key));
        }
        seeking.push(asked);
        seeking.len()
    };
    let found = if depth > MOST_STEPS {
        Resolution {
            missing: vec![Missing::Reason(format!("{name} over more than {MOST_STEPS} steps"))],
            ..Resolution::default()
        }
    } else {
        holder(scope, &Party::Role(role))
    };
    scope.seeking.borrow_mut().pop();
    match found.holder {
        Some(holder) => Known::Record(holder).into(),
        None if found.missing.is_empty() => Value::NotApplicable,
        None => Value::Unknown(found.missing),
    }
}

struct Search<'n> {
    found: Resolution,
    never: &'n [RecordRef],
    tried: BTreeSet<RecordRef>,
    asked: BTreeSet<(RoleId, RecordRef)>,
    /// Whom the line names is not known: nobody behind takes their place.
    stuck: bool,
}

/// What a line of a role came to.
enum Tried {
    /// They are the holder.
    Taken,
    /// Somebody, but they can't act, or were tried before.
    PassedOver(RecordRef),
    /// Nobody, or nobody knows whom.
    Nobody,
}

impl Search<'_> {
    fn say(&mut self, words: String) {
        self.found.why.push(words);
    }

    /// Tries the lines of a role in order; the role of the same record is asked only once, so that a loop ends.
    fn role(&mut self, scope: &Scope<'_>, id: RoleId) -> bool {
        if !self.asked.insert((id, scope.subject.clone())) && !planted::is(Bug::VacancyLoop) {
            return false;
        }
        let role = &scope.policy.roles[id.index()];
        let mut passed: Vec<RecordRef> = Vec::new();
        for (attempt, line) in role.tries.iter().zip(&role.lines) {
            let taken = match attempt {
                RoleTry::Is(expr) => {
                    let found = value(scope, expr);
                    match self.take(scope, found, &words_of(scope, expr), Some(id)) {
                        Tried::Taken => true,
                        Tried::PassedOver(who) => {
                            passed.push(who);
                            false
                        }
                        Tried::Nobody => false,
                    }
                }
                RoleTry::OfPassedOver(other) => passed.iter().any(|who| self.above(scope, who, *other)),
                RoleTry::Role(other) => {
                    self.say(format!("otherwise {}", scope.policy.roles[other.index()].label.name));
                    self.role(scope, *other)
                }
            };
            if taken {
                scope.applied(*line);
            }
            if taken || self.stuck {
                return taken;
            }
        }
        false
    }

    /// Asks a role of somebody who was passed over.
    fn above(&mut self, scope: &Scope<'_>, who: &RecordRef, role: RoleId) -> bool {
        let asked = &scope.policy.roles[role.index()];
        if self.stuck || who.record != asked.of {
            return false;
        }
        self.say(format!("otherwise {} of {}", asked.label.name, who.key));
        self.role(&scope.about(who.clone()), role)
    }

    /// Whom a line names, and whether they can act.
    fn take(&mut self, scope: &Scope<'_>, found: Value, name: &str, role: Option<RoleId>) -> Tried {
        let of = scope.subject.key.clone();
        match found {
            Value::Known(Known::Record(who)) => {
                let words = format!("{name} of {of} is {}", who.key);
                if self.consider(scope, &who, &words, role) { Tried::Taken } else { Tried::PassedOver(who) }
            }
            Value::Unknown(missing) => {
                self.found.missing.extend(missing);
                self.stuck = true;
                Tried::Nobody
            }
            Value::Known(_) | Value::NotApplicable | Value::NotHappened => {
                self.say(format!("{name} of {of} is empty"));
                Tried::Nobody
            }
        }
    }

    /// Takes somebody, unless they can't act.
    fn consider(&mut self, scope: &Scope<'_>, who: &RecordRef, words: &str, role: Option<RoleId>) -> bool {
        if !self.tried.insert(who.clone()) {
            return false;
        }
        self.say(words.to_owned());
        let mut why = Vec::new();
        let barred = self.never.contains(who).then(|| "must not act here".to_owned());
        let unfit = barred.or_else(|| role.and_then(|it| self.unfit(scope, it, who)));
        if unfit.is_none() && role.is_some_and(|it| self.delegate(scope, it, who)) {
            return true;
        }
        let unable = || match role.and_then(|it| still_acts(scope, it, who)) {
            Some(Ok(words)) => {
                why.push(words);
                None
            }
            Some(Err(over)) => Some(over),
            None => cannot_act(scope, who),
        };
        match unfit.or_else(unable) {
            Some(reason) => {
                self.say(format!("{} is passed over: {reason}", who.key));
                self.found.passed_over.push((who.clone(), reason));
                false
            }
            None => {
                self.found.why.extend(why);
                self.found.holder = Some(who.clone());
                true
            }
        }
    }

    /// Whoever stands in for somebody who hands on what is theirs: within the dates, for what they may do themselves, and no further
    /// than to one. They must be fit for it as anybody.
    fn delegate(&mut self, scope: &Scope<'_>, id: RoleId, who: &RecordRef) -> bool {
        let role = &scope.policy.roles[id.index()];
        let is_over = || matches!(still_acts(scope, id, who), Some(Err(_)));
        if !role.delegates || is_gone(scope, who) || is_over() {
            return false;
        }
        let within = |part: &Option<String>, here: Option<&str>| part.as_deref().is_none_or(|it| Some(it) == here);
        for given in scope.facts.delegations(who, scope.on) {
            if !within(&given.role, Some(&role.label.name)) || !within(&given.workflow, scope.flow) {
                continue;
            }
            let (to, until) = (given.to, crate::calendar::day_in_words(given.until));
            let words = format!("{} delegates to {} until {until}", who.key, to.key);
            let barred = self.never.contains(&to) || to == scope.subject || !self.tried.insert(to.clone());
            let barred = barred.then(|| "must not act here".to_owned());
            let unfit = barred.or_else(|| self.unfit(scope, id, &to)).or_else(|| cannot_act(scope, &to));
            self.say(words);
            match unfit {
                // Whoever can't stand in stands nowhere: nobody follows them, and it is not they who are stood in for.
                Some(reason) => self.say(format!("{} is passed over: {reason}", to.key)),
                None => {
                    self.found.holder = Some(to);
                    return true;
                }
            }
        }
        false
    }

    fn unfit(&mut self, scope: &Scope<'_>, id: RoleId, who: &RecordRef) -> Option<String> {
        let role = &scope.policy.roles[id.index()];
        let candidate = scope.about(who.clone());
        match Truth::all(role.qualifies.iter().map(|it| truth(&candidate, it))) {
            Truth::Yes => {}
            Truth::Unknown(missing) => {
                let words: Vec<String> = missing.iter().map(ToString::to_string).collect();
                self.found.missing.extend(missing);
                return Some(format!("whether they qualify is not known, for want of {}", words.join(", ")));
            }
            Truth::No | Truth::NotApplicable => return Some("does not qualify".to_owned()),
        }
        let never = |it: &Expr| matches!(value(scope, it), Value::Known(Known::Record(other)) if other == *who);
        role.never.iter().any(never).then(|| "must not act here".to_owned())
    }
}

/// Whether somebody may still act for some time, and until when; why they may not, if that time is over. Nothing where no line is known
/// to concern them, or its day is not known.
fn still_acts(scope: &Scope<'_>, id: RoleId, who: &RecordRef) -> Option<Result<String, String>> {
    let candidate = scope.about(who.clone());
    let options = DateOptions { role: DateRole::Closing, ..DateOptions::due() };
    let concerned = scope.policy.roles[id.index()].still.iter().filter(|it| truth(&candidate, &it.when) == Truth::Yes);
    let until = |it: &StillActs| match date_rule(&candidate, &it.until, &options) {
        Ok(Answer::Known(deadline)) => Some(deadline.date),
        Ok(Answer::NotYet | Answer::Unknown(_)) | Err(_) => None,
    };
    let last = concerned.filter_map(until).max()?;
    let day = crate::calendar::day_in_words(last);
    Some(if scope.on <= last {
        Ok(format!("{} may still act until {day}", who.key))
    } else {
        Err(format!("they could act only until {day}"))
    })
}

/// Whether somebody is known to be gone.
fn is_gone(scope: &Scope<'_>, who: &RecordRef) -> bool {
    let gone = &scope.policy.record(who.record).gone_when;
    gone.as_ref().is_some_and(|it| truth(&scope.about(who.clone()), it) == Truth::Yes)
}

/// Why somebody is known to be gone, in words.
#[must_use]
pub fn gone(scope: &Scope<'_>, who: &RecordRef) -> Option<String> {
    is_gone(scope, who).then(|| "gone".to_owned())
}

/// The one whom a case is about, where that is who somebody of the case is.
#[must_use]
pub fn concerned(policy: &Policy, subject: &RecordRef, party: &Party) -> Option<RecordRef> {
    match party {
        Party::Subject => Some(subject.clone()),
        Party::Owner => reads::owner(policy, subject),
        Party::Role(_) | Party::Reference(_) | Party::One | Party::Members | Party::Seat(_) => None,
    }
}

/// Why somebody can't take on anything on the day: they are known to be gone, or absent.
#[must_use]
pub fn unable(scope: &Scope<'_>, who: &RecordRef) -> Option<String> {
    cannot_act(scope, who)
}

/// Why somebody can't act on the day; only a known yes passes them over. An absent subject still acts for themselves.
fn cannot_act(scope: &Scope<'_>, who: &RecordRef) -> Option<String> {
    let kind = scope.policy.record(who.record);
    let there = scope.about(who.clone());
    let holds = |condition: &Option<Expr>, word: &str| {
        let condition = condition.as_ref().filter(|it| truth(&there, it) == Truth::Yes)?;
        Some(told(&there, condition).map_or_else(|| word.to_owned(), |because| format!("{word} ({because})")))
    };
    let absent = || if *who == scope.subject { None } else { holds(&kind.absent_when, "absent") };
    holds(&kind.gone_when, "gone").or_else(absent)
}

/// The first field that a condition reads, and what it is: `status is on leave`.
#[must_use]
pub fn told(scope: &Scope<'_>, condition: &Expr) -> Option<String> {
    if let ExprKind::Field { record, field, .. } = &condition.kind {
        let found = value(scope, condition);
        found.known()?;
        return Some(format!("{} is {}", scope.policy.field(*record, *field).label.name, render(&found, scope.policy)));
    }
    condition.kind.parts().into_iter().find_map(|part| told(scope, part))
}

fn words_of(scope: &Scope<'_>, expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Field { of, record, field } => {
            let name = scope.policy.field(*record, *field).label.name.clone();
            if matches!(of.kind, ExprKind::Subject) { name } else { format!("{}.{name}", words_of(scope, of)) }
        }
        ExprKind::Owner { .. } => match expr.ty {
            Type::Record(owner) => scope.policy.record(owner).label.name.clone(),
            _ => "the record named".to_owned(),
        },
        ExprKind::Holder { role, .. } => scope.policy.roles[role.index()].label.name.clone(),
        _ => "the record named".to_owned(),
    }
}
