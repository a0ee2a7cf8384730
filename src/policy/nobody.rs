//! Where nobody can be found, whatever the records: roles that lead to nobody, and stages that bar everybody with whom they lie.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::codes_flow as flow_codes;
use crate::codes_policy as codes;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ids::RoleId;
use crate::policy::model::{Expr, ExprKind, Party, Policy, RoleTry, Stage};

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

/// Whether every role can be found out without being known already; what rests on roles is not to be looked at otherwise.
pub(super) fn no_role_rests_on_itself(policy: &Policy, found: &mut Diagnostics) -> bool {
    let mut told: BTreeSet<RoleId> = BTreeSet::new();
    for id in (0..policy.roles.len()).map(RoleId::at) {
        let way = if told.contains(&id) { None } else { rests_on_itself(policy, id) };
        let Some(way) = way else { continue };
        let names: Vec<String> = way.iter().map(|it| format!("`{}`", policy.roles[it.index()].label.name)).collect();
        let role = &policy.roles[id.index()].label;
        let words = format!("who is `{}` rests on itself: {}", role.name, names.join(", "));
        let help = "let it name somebody by a reference of your own records: `is person.reports_to`";
        found.push(Diagnostic::new(codes::DEFINED_BY_ITSELF, role.span, words).help(help));
        told.extend(way);
    }
    told.is_empty()
}

/// The roles that must be known, one for the sake of the other, before this one is; nothing if it is not among them. A role that is only
/// fallen back on, or asked of whoever was passed over, asks nobody twice.
fn rests_on_itself(policy: &Policy, id: RoleId) -> Option<Vec<RoleId>> {
    let mut came_from: BTreeMap<RoleId, RoleId> = BTreeMap::new();
    let mut next = vec![id];
    while let Some(asking) = next.pop() {
        for asked in asked_first(policy, asking) {
            if asked == id {
                let mut way = vec![id, asking];
                while let Some(before) = way.last().filter(|it| **it != id).and_then(|it| came_from.get(it)) {
                    way.push(*before);
                }
                way.reverse();
                return Some(way);
            }
            if let Entry::Vacant(place) = came_from.entry(asked) {
                place.insert(asking);
                next.push(asked);
            }
        }
    }
    None
}

/// The roles whose holders a role asks for, of anybody: up a line of command it goes only behind `otherwise … of …`.
fn asked_first(policy: &Policy, id: RoleId) -> BTreeSet<RoleId> {
    let role = &policy.roles[id.index()];
    let named = role.tries.iter().filter_map(|it| if let RoleTry::Is(who) = it { Some(who) } else { None });
    let asked = role.never.iter().chain(&role.qualifies).chain(role.still.iter().map(|it| &it.when));
    let mut next: Vec<&Expr> = named.chain(asked).collect();
    let (mut holders, mut seen) = (BTreeSet::new(), BTreeSet::new());
    while let Some(expr) = next.pop() {
        match &expr.kind {
            ExprKind::Holder { role, .. } => {
                holders.insert(*role);
            }
            ExprKind::Definition { id, .. } if seen.insert(*id) => {
                next.push(&policy.definitions[id.index()].value);
            }
            _ => {}
        }
        next.extend(expr.kind.parts());
    }
    holders
}

/// Behind whoever is passed over the search goes on, where there is somebody behind them.
fn somebody_is_left(policy: &Policy, stage: &Stage, found: &mut Diagnostics) {
    let is_alone = |party: &Party| match party {
        Party::Role(role) => matches!(policy.roles[role.index()].tries.as_slice(), [RoleTry::Is(_)]),
        Party::Subject | Party::Reference(_) | Party::Owner | Party::One | Party::Members | Party::Seat(_) => true,
    };
    if stage.by.iter().any(|it| stage.but_not.contains(it) && is_alone(it)) {
        let words = format!("stage `{}` bars the very one with whom it lies", stage.label.name);
        let help = "take them out behind `but not`, or let the stage lie with a role that names somebody else, too: `otherwise …`";
        found.push(Diagnostic::new(flow_codes::BARS_ITSELF, stage.label.span, words).help(help));
    }
}
