//! A framework that gives way to others: while a sanction of theirs applies, none of its own is proposed.

use crate::eval::framework::{Verdict, Why, alone, each_by_itself};
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
        for (rule, proposed) in proposed(scope, theirs).into_iter().enumerate() {
            match applies(scope, theirs, rule, proposed) {
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

/// Whether each rule is proposed. Where one applies, some sanction is, whichever of them counts; where theirs give way in turn, it is
/// what is left of them.
fn proposed(scope: &Scope<'_>, framework: &Framework) -> Vec<Truth> {
    if framework.gives_way.is_empty() {
        return each_by_itself(scope, framework);
    }
    let truth = |verdict| match verdict {
        Verdict::Proposed(_) => Truth::Yes,
        Verdict::Undetermined(missing) => Truth::Unknown(missing),
        Verdict::No(_) | Verdict::NotCovered => Truth::No,
    };
    alone(scope, framework).into_iter().map(truth).collect()
}

/// Whether a sanction applies: it is proposed, undetermined or in force.
fn applies(scope: &Scope<'_>, framework: &Framework, rule: usize, proposed: Truth) -> Truth {
    let rule = &framework.rules[rule];
    if rule.what() != Proposed::Sanction {
        return Truth::No;
    }
    let name = &rule.label.name;
    let imposed = imposed_and_kept(scope, name).into_iter();
    let imposed = imposed.map(|(on, ended)| in_force(scope, framework.lasts_from(name, on), on, ended));
    Truth::any(imposed.chain([proposed]))
}
