//! Who stands in a role for a record on a day, how they were found, and who was passed over.

use std::collections::BTreeSet;

use crate::eval::expression::{truth, value};
use crate::eval::scope::Scope;
use crate::ids::RoleId;
use crate::policy::model::{Expr, ExprKind, Party, RoleTry};
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
    let mut search = Search {
        found: Resolution::default(),
        tried: BTreeSet::new(),
        asked: BTreeSet::new(),
        subject: scope.subject.clone(),
    };
    match party {
        Party::Subject => {
            search.consider(scope, &scope.subject.clone(), "the subject of the case", None);
        }
        Party::Reference(field) => {
            let name = &scope.policy.field(scope.subject.record, *field).label.name;
            match scope.facts.field(&scope.subject, *field, scope.on) {
                Value::Known(Known::Record(who)) => {
                    search.consider(scope, &who, &format!("{name} of {} is {}", scope.subject.key, who.key), None);
                }
                Value::Unknown(_) => search.miss(format!("{name} of {}", scope.subject.key)),
                _ => search.say(format!("{name} of {} is empty", scope.subject.key)),
            }
        }
        Party::Role(role) => {
            search.role(scope, *role);
        }
    }
    search.found
}

struct Search {
    found: Resolution,
    tried: BTreeSet<RecordRef>,
    asked: BTreeSet<(RoleId, RecordRef)>,
    /// The subject of the case: nobody stands in a role for themselves.
    subject: RecordRef,
}

impl Search {
    fn say(&mut self, words: String) {
        self.found.why.push(words);
    }

    fn miss(&mut self, fact: String) {
        self.found.missing.push(Missing::Fact(fact));
    }

    /// Tries the lines of a role in order; the role of the same record is asked only once, so that a loop ends.
    fn role(&mut self, scope: &Scope<'_>, id: RoleId) -> bool {
        if !self.asked.insert((id, scope.subject.clone())) {
            return false;
        }
        let role = &scope.policy.roles[id.index()];
        let mut passed: Option<RecordRef> = None;
        for attempt in &role.tries {
            let done = match attempt {
                RoleTry::Is(expr) => match value(scope, expr) {
                    Value::Known(Known::Record(who)) => {
                        let words = format!("{} of {} is {}", words_of(scope, expr), scope.subject.key, who.key);
                        let taken = self.consider(scope, &who, &words, Some(id));
                        passed = passed.or(Some(who));
                        taken
                    }
                    Value::Unknown(missing) => {
                        self.found.missing.extend(missing);
                        false
                    }
                    _ => {
                        self.say(format!("{} of {} is empty", words_of(scope, expr), scope.subject.key));
                        false
                    }
                },
                RoleTry::OfPassedOver(other) => match passed.clone() {
                    Some(who) if who.record == scope.policy.roles[other.index()].of => {
                        self.say(format!("otherwise {} of {}", scope.policy.roles[other.index()].label.name, who.key));
                        self.role(&scope.about(who), *other)
                    }
                    _ => false,
                },
                RoleTry::Role(other) => {
                    self.say(format!("otherwise {}", scope.policy.roles[other.index()].label.name));
                    self.role(scope, *other)
                }
            };
            if done {
                self.found.missing.clear();
                return true;
            }
        }
        false
    }

    /// Takes somebody, unless they can't act.
    fn consider(&mut self, scope: &Scope<'_>, who: &RecordRef, words: &str, role: Option<RoleId>) -> bool {
        if !self.tried.insert(who.clone()) {
            return false;
        }
        self.say(words.to_owned());
        let own = (role.is_some() && *who == self.subject).then(|| "the subject of the case".to_owned());
        let reason =
            own.or_else(|| role.and_then(|it| unfit(scope, it, who))).or_else(|| cannot_act(scope, who, &self.subject));
        match reason {
            Some(reason) => {
                self.say(format!("{} is passed over: {reason}", who.key));
                self.found.passed_over.push((who.clone(), reason));
                false
            }
            None => {
                self.found.holder = Some(who.clone());
                true
            }
        }
    }
}

/// Why somebody can't act on the day; only a known yes passes them over.
fn cannot_act(scope: &Scope<'_>, who: &RecordRef, subject: &RecordRef) -> Option<String> {
    let kind = scope.policy.record(who.record);
    let there = scope.about(who.clone());
    let holds = |condition: &Option<Expr>| condition.as_ref().is_some_and(|it| truth(&there, it) == Truth::Yes);
    if holds(&kind.gone_when) {
        Some("gone".to_owned())
    } else if who != subject && holds(&kind.absent_when) {
        Some("absent".to_owned())
    } else {
        None
    }
}

fn unfit(scope: &Scope<'_>, id: RoleId, who: &RecordRef) -> Option<String> {
    let role = &scope.policy.roles[id.index()];
    let candidate = scope.about(who.clone());
    if role.qualifies.iter().any(|it| truth(&candidate, it) != Truth::Yes) {
        return Some("does not qualify".to_owned());
    }
    let never = |it: &Expr| matches!(value(scope, it), Value::Known(Known::Record(other)) if other == *who);
    role.never.iter().any(never).then(|| "must not act here".to_owned())
}

fn words_of(scope: &Scope<'_>, expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Field { of, record, field } => {
            let name = scope.policy.field(*record, *field).label.name.clone();
            if matches!(of.kind, ExprKind::Subject) { name } else { format!("{}.{name}", words_of(scope, of)) }
        }
        ExprKind::Holder { role, .. } => scope.policy.roles[role.index()].label.name.clone(),
        _ => "the record named".to_owned(),
    }
}
