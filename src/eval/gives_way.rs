//! A framework that gives way to others: while a sanction of theirs applies, none of its own is proposed.

use crate::eval::framework::{Verdict, Why, alone};
use crate::eval::happened::{imposed_and_kept, in_force};
use crate::eval::scope::Scope;
use crate::policy::framework::{Framework, Proposed};
use crate::value::{Missing, Truth};

/// Holds back the sanctions of a framework; while it is not known whether one of the others applies, they wait.
pub(super) fn give_way(scope: &Scope<'_>, framework: &Framework, verdicts: &mut [Verdict]) {
    let waits = |it: &Verdict| matches!(it, Verdict::Proposed(_) | Verdict::Undetermined(_));
    let sanctions = framework.rules.iter().zip(verdicts).filter(|(rule, _)| rule.what() == Proposed::Sanction);
    let mut held: Vec<&mut Verdict> = sanctions.map(|it| it.1).filter(|it| waits(it)).collect();
    if held.is_empty() {
        return;
    }
    let mut open: Vec<Missing> = Vec::new();
    for &other in &framework.gives_way {
        let theirs = &scope.policy.frameworks[other];
        for (rule, verdict) in alone(scope, theirs).iter().enumerate() {
            match applies(scope, theirs, rule, verdict) {
                Truth::Yes => {
                    let why = Why::Elsewhere { framework: other, rule };
                    held.iter_mut().for_each(|it| **it = Verdict::No(why));
                    return;
                }
                Truth::Unknown(missing) => open.extend(missing),
                Truth::No | Truth::NotApplicable => {}
            }
        }
    }
    if open.is_empty() {
        return;
    }
    for verdict in held {
        let own = if let Verdict::Undetermined(missing) = verdict { missing.clone() } else { Vec::new() };
        *verdict = Verdict::Undetermined(Missing::merged(own.into_iter().chain(open.clone())));
    }
}

/// Whether a sanction applies: it is proposed, undetermined or in force.
fn applies(scope: &Scope<'_>, framework: &Framework, rule: usize, verdict: &Verdict) -> Truth {
    let rule = &framework.rules[rule];
    if rule.what() != Proposed::Sanction {
        return Truth::No;
    }
    let proposed = match verdict {
        Verdict::Proposed(_) => Truth::Yes,
        Verdict::Undetermined(missing) => Truth::Unknown(missing.clone()),
        Verdict::No(_) | Verdict::NotCovered => Truth::No,
    };
    let lasts = rule.lasts.as_ref().map(|it| it.length);
    let imposed = imposed_and_kept(scope, &rule.label.name).into_iter();
    Truth::any(imposed.map(|(on, ended)| in_force(scope, lasts, on, ended)).chain([proposed]))
}
