//! Where nobody can be found, whatever the records: roles that lead to nobody, and stages that bar everybody with whom they lie.

use std::collections::BTreeSet;

use crate::codes_flow as flow_codes;
use crate::codes_policy as codes;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ids::RoleId;
use crate::policy::model::{Party, Policy, RoleTry, Stage};

/// Looks at every role and every stage.
pub(super) fn somebody_can_be_found(policy: &Policy, found: &mut Diagnostics) {
    if !found.no_errors() {
        // A line that was not understood may have named somebody.
        return;
    }
    for (at, role) in policy.roles.iter().enumerate() {
        if !role.tries.is_empty() && !leads_to_somebody(policy, RoleId::at(at)) {
            let words = format!(
                "role `{}` leads to nobody: its lines ask only roles, and none of them names anybody",
                role.label.name
            );
            let help = "add a line such as `is person.reports_to`, with a reference of your own records";
            found.push(Diagnostic::new(codes::EMPTY_ROLE, role.label.span, words).help(help));
        }
    }
    for workflow in &policy.workflows {
        workflow.stages.iter().for_each(|it| somebody_is_left(policy, it, found));
    }
}

/// Whether a role names somebody, or one that it asks does. Of whoever was passed over nothing is asked before somebody was found.
fn leads_to_somebody(policy: &Policy, id: RoleId) -> bool {
    let (mut asked, mut next) = (BTreeSet::new(), vec![id]);
    while let Some(id) = next.pop() {
        if asked.insert(id) {
            for attempt in &policy.roles[id.index()].tries {
                match attempt {
                    RoleTry::Is(_) => return true,
                    RoleTry::Role(other) => next.push(*other),
                    RoleTry::OfPassedOver(_) => {}
                }
            }
        }
    }
    false
}

/// Behind whoever is passed over the search goes on, where there is somebody behind them.
fn somebody_is_left(policy: &Policy, stage: &Stage, found: &mut Diagnostics) {
    let is_alone = |party: &Party| match party {
        Party::Role(role) => matches!(policy.roles[role.index()].tries.as_slice(), [RoleTry::Is(_)]),
        Party::Subject | Party::Reference(_) | Party::Owner | Party::One => true,
    };
    if stage.by.iter().any(|it| stage.but_not.contains(it) && is_alone(it)) {
        let words = format!("stage `{}` bars the very one with whom it lies", stage.label.name);
        let help = "take them out behind `but not`, or let the stage lie with a role that names somebody else, too: `otherwise …`";
        found.push(Diagnostic::new(flow_codes::BARS_ITSELF, stage.label.span, words).help(help));
    }
}
