//! When a framework judges: on a day, when a stage is done, when a record appears, or on request.

use std::collections::BTreeSet;

use crate::codes_framework as codes;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ids::DefinitionId;
use crate::policy::expressions::Place;
use crate::policy::framework::{Framework, Judged};
use crate::policy::model::{Expr, ExprKind, Policy, Shape, Workflow};
use crate::policy::names::Builder;
use crate::source::Span;
use crate::syntax::tree::{FrameworkLineKind, Item, JudgedWhen, Name};

impl Builder<'_, '_> {
    /// When a framework judges; which workflow a stage belongs to is known only later.
    pub(super) fn judged(&mut self, written: &JudgedWhen, place: &Place) -> Option<Judged> {
        match written {
            JudgedWhen::On(day) => self.date_rule(day, place).map(Judged::On),
            JudgedWhen::OnRequest => Some(Judged::OnRequest),
            JudgedWhen::Done { workflow, stage } => Some(Judged::Done {
                workflow: workflow.as_ref().map(|it| it.text.clone()).unwrap_or_default(),
                stage: stage.text.clone(),
            }),
            JudgedWhen::Appears(name) => {
                let record = self.record_id(name)?;
                let appears = match self.policy.record(record).shape {
                    Shape::Entity { .. } => place.subject == Some(record),
                    Shape::Child { of } => place.subject == Some(record) || place.subject == Some(of),
                    Shape::Panel { .. } => false,
                };
                if !appears {
                    let words = format!("no `{}` of those whom it judges ever appears", name.text);
                    let help = "name a record of which they may have any number, such as `record incident of person`";
                    self.report(Diagnostic::new(codes::JUDGED_BY_OTHERS, name.span, words).help(help));
                    return None;
                }
                Some(Judged::Appears(record))
            }
        }
    }

    /// The stages after which frameworks judge: of cases about the same people and periods.
    pub(super) fn judged_stages(&mut self) {
        for item in self.items.clone() {
            let Item::Framework(framework) = item else { continue };
            let own = self.policy.frameworks.iter().position(|it| it.label.name == framework.name.text);
            let done = framework.lines.iter().find_map(|it| match &it.kind {
                FrameworkLineKind::Judged(JudgedWhen::Done { workflow, stage }) => Some((workflow.as_ref(), stage)),
                _ => None,
            });
            let (Some(own), Some((workflow, stage))) = (own, done) else { continue };
            if let Some(workflow) = self.workflow_of(own, workflow, stage) {
                self.policy.frameworks[own].judged = Judged::Done { workflow, stage: stage.text.clone() };
            }
        }
    }

    /// The workflow that a stage belongs to, by its name.
    fn workflow_of(&mut self, framework: usize, workflow: Option<&Name>, stage: &Name) -> Option<String> {
        let all = &self.policy.workflows;
        let meant: Vec<&Workflow> =
            all.iter().filter(|it| workflow.is_none_or(|name| it.label.name == name.text)).collect();
        if let (Some(name), true) = (workflow, meant.is_empty()) {
            let known: Vec<String> = all.iter().map(|it| it.label.name.clone()).collect();
            self.unknown_name(name, "workflow", &known);
            return None;
        }
        let found: Vec<&Workflow> =
            meant.iter().copied().filter(|it| it.stages.iter().any(|it| it.label.name == stage.text)).collect();
        let judged = &self.policy.frameworks[framework];
        let suits =
            |it: &&Workflow| it.subject == judged.subject && it.each == Some(judged.each) && it.proposal.is_none();
        let suiting: Vec<&Workflow> = found.iter().copied().filter(suits).collect();
        let (words, help) = match (found.as_slice(), suiting.as_slice()) {
            (_, [one]) => return Some(one.label.name.clone()),
            ([], _) => {
                let known: Vec<String> =
                    meant.iter().flat_map(|it| &it.stages).map(|it| it.label.name.clone()).collect();
                self.unknown_name(stage, "stage", &known);
                return None;
            }
            (_, []) => (
                format!(
                    "cases with a stage `{}` are not about the people and periods that are judged here",
                    stage.text
                ),
                "name a stage of a workflow `for each` of the same record and period".to_owned(),
            ),
            (_, [one, ..]) => (
                format!("several workflows have a stage `{}`", stage.text),
                format!("say which: `judged when {}.{} is done`", one.label.name, stage.text),
            ),
        };
        self.report(Diagnostic::new(codes::JUDGED_BY_OTHERS, stage.span, words).help(help));
        None
    }
}

/// Where a place among others or a common budget decides, everybody is judged at one moment.
pub(super) fn ranks_are_judged_at_once(policy: &Policy, found: &mut Diagnostics) {
    for framework in &policy.frameworks {
        let one_by_one = match framework.judged {
            Judged::On(_) | Judged::OnRequest => false,
            Judged::Done { .. } | Judged::Appears(_) => true,
        };
        if let Some(span) = compares(policy, framework).filter(|_| one_by_one) {
            let words = "this compares people with each other, and each of them is judged at another moment";
            let finding = Diagnostic::new(codes::JUDGED_ONE_BY_ONE, span, words);
            let help = "let the framework judge on a day: `judged 30 September after the year`";
            found.push(finding.label(framework.label.span, "judged one by one").help(help));
        }
    }
}

impl Policy {
    /// Whether a framework compares people with each other, or shares money among them: then one of them can't be judged alone.
    #[must_use]
    pub fn judges_all_at_once(&self, framework: &Framework) -> bool {
        compares(self, framework).is_some()
    }
}

/// Where a framework asks for a place among others, or shares money.
fn compares(policy: &Policy, framework: &Framework) -> Option<Span> {
    let pool = framework.rules.iter().find_map(|it| it.pool.as_ref()).map(|it| it.budget.span);
    let rules = framework.rules.iter();
    let asked = rules.flat_map(|it| std::iter::once(&it.when).chain(&it.unless).chain(&it.amount));
    let ranks = |it: &&Expr| ranks(policy, it, DEEPEST, &mut BTreeSet::new());
    pool.or_else(|| framework.condition.iter().chain(asked).find(ranks).map(|it| it.span))
}

/// How deep definitions are followed.
const DEEPEST: u32 = 80;

/// Whether a condition rests on a place among others.
fn ranks(policy: &Policy, expr: &Expr, depth: u32, seen: &mut BTreeSet<DefinitionId>) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    match &expr.kind {
        ExprKind::Population(_) => true,
        ExprKind::Definition { id, .. } => {
            seen.insert(*id) && ranks(policy, &policy.definitions[id.index()].value, depth, seen)
        }
        ExprKind::Band { id, .. } => {
            let versions = policy.scales[id.index()].versions.iter().map(|it| &it.value);
            let mut asked = versions.flat_map(|it| std::iter::once(&it.of).chain(it.caps.iter().map(|it| &it.when)));
            asked.any(|it| ranks(policy, it, depth, seen))
        }
        kind => kind.parts().into_iter().any(|it| ranks(policy, it, depth, seen)),
    }
}
