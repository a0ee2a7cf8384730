//! Scenarios: the policy as it would be if some of it were otherwise. A scenario is an edit of what is written; what comes out is
//! checked as a whole, as any policy is.

use crate::codes_policy as codes;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::policy::names::nearest;
use crate::source::Span;
use crate::syntax::tree::{
    Change, ChangeKind, DatedValue, FrameworkLine, FrameworkLineKind, Item, Name, Outcome, Part, Scenario,
};

/// The items of a policy after the changes of a scenario; what can't be changed is reported. The examples speak of the policy as it
/// is, and do not go along.
pub(super) fn edited(items: &[&Item], scenario: &Scenario, found: &mut Diagnostics) -> Vec<Item> {
    let unchanged = scenario.changes.iter().all(|it| matches!(it.kind, ChangeKind::Assume(_)));
    let kept = items.iter().filter(|it| unchanged || !matches!(it, Item::Example(_)));
    let mut edit = Edit { items: kept.map(|it| (*it).clone()).collect(), found };
    scenario.changes.iter().for_each(|it| edit.change(it));
    edit.items
}

struct Edit<'d> {
    items: Vec<Item>,
    found: &'d mut Diagnostics,
}

impl Edit<'_> {
    fn change(&mut self, change: &Change) {
        match &change.kind {
            ChangeKind::Set { name, values } => self.set(name, values),
            // Only local texts have such a line.
            ChangeKind::SetDue { .. } => {}
            ChangeKind::Replace(Part::Item(item)) => self.replace(item),
            ChangeKind::Replace(Part::Outcome(outcome)) => self.replace_outcome(outcome),
            ChangeKind::Add(Part::Item(item)) => self.items.push((**item).clone()),
            ChangeKind::Add(Part::Outcome(outcome)) => self.add_outcome(outcome, change.span),
            ChangeKind::Remove { kind, name } => self.remove(kind, name),
            ChangeKind::Assume(it) => self.items.push(Item::Assume((**it).clone())),
        }
    }

    /// On the days of the new values the old ones no longer hold: `Builder::in_time` sees to it, once the days are known.
    fn set(&mut self, name: &Name, values: &[DatedValue]) {
        let own = |it: &&mut Item| matches!(it, Item::Parameter(it) if it.name.text == name.text);
        let Some(Item::Parameter(parameter)) = self.items.iter_mut().find(own) else {
            self.not_there("parameter", name);
            return;
        };
        parameter.values.extend(values.iter().cloned());
    }

    fn replace(&mut self, item: &Item) {
        let Some((kind, name)) = called(item) else { return };
        let (kind, name) = (kind, name.clone());
        let own = |it: &Item| called(it).is_some_and(|(other, of)| other == kind && of.text == name.text);
        match self.items.iter().position(own) {
            Some(at) => {
                // Versions of one thing are replaced together.
                self.items[at] = item.clone();
                let mut place = 0;
                self.items.retain(|it| {
                    place += 1;
                    place <= at + 1 || !own(it)
                });
            }
            None => self.not_there(kind, &name),
        }
    }

    fn outcomes(&mut self) -> impl Iterator<Item = &mut FrameworkLine> {
        let frameworks =
            self.items.iter_mut().filter_map(|it| if let Item::Framework(it) = it { Some(it) } else { None });
        frameworks.flat_map(|it| &mut it.lines)
    }

    fn replace_outcome(&mut self, outcome: &Outcome) {
        let own = |it: &FrameworkLine| matches!(&it.kind, FrameworkLineKind::Outcome(it) if is_same(it, outcome));
        let Some(line) = self.outcomes().find(|it| own(it)) else {
            self.not_there(outcome.what.word(), &outcome.name);
            return;
        };
        let mut outcome = outcome.clone();
        if let (None, FrameworkLineKind::Outcome(before)) = (&outcome.title, &line.kind) {
            outcome.title.clone_from(&before.title);
        }
        line.kind = FrameworkLineKind::Outcome(outcome);
        for item in &mut self.items {
            let Item::Framework(framework) = item else { continue };
            // Versions of one rule are replaced together.
            let mut seen = false;
            framework.lines.retain(|it| !own(it) || !std::mem::replace(&mut seen, true));
        }
    }

    fn add_outcome(&mut self, outcome: &Outcome, span: Span) {
        let mut frameworks: Vec<_> =
            self.items.iter_mut().filter_map(|it| if let Item::Framework(it) = it { Some(it) } else { None }).collect();
        if let [framework] = frameworks.as_mut_slice() {
            framework.lines.push(FrameworkLine { kind: FrameworkLineKind::Outcome(outcome.clone()), span });
        } else {
            let words = format!("to which framework this {} belongs is not said", outcome.what.word());
            let help = "a rule can be added where the policy has one framework";
            self.found.push(Diagnostic::new(codes::SCENARIO_WITHOUT, outcome.name.span, words).help(help));
        }
    }

    fn remove(&mut self, kind: &Name, name: &Name) {
        let mut gone = false;
        if let word @ ("sanction" | "reward" | "measure") = kind.text.as_str() {
            for item in &mut self.items {
                let Item::Framework(framework) = item else { continue };
                framework.lines.retain_mut(|line| match &mut line.kind {
                    FrameworkLineKind::Outcome(it) if it.what.word() == word && it.name.text == name.text => {
                        gone = true;
                        false
                    }
                    // A rank without its sanction, and an exception from it, go with it.
                    FrameworkLineKind::Severity(degrees) if word == "sanction" => {
                        degrees.retain(|it| it.name.text != name.text);
                        true
                    }
                    FrameworkLineKind::Except { rule, what, .. } => {
                        what.is_none_or(|it| it.word() != word) || rule.text != name.text
                    }
                    FrameworkLineKind::Ladder(ladder) if word == "sanction" => {
                        ladder.steps.retain(|it| it.text != name.text);
                        true
                    }
                    _ => true,
                });
            }
        } else {
            let own = |it: &Item| called(it).is_some_and(|(other, of)| other == kind.text && of.text == name.text);
            gone = self.items.iter().any(own);
            self.items.retain(|it| !own(it));
        }
        if !gone {
            self.not_there(&kind.text, name);
        }
    }

    fn not_there(&mut self, kind: &str, name: &Name) {
        let outcomes = self.outcomes().filter_map(|it| match &it.kind {
            FrameworkLineKind::Outcome(it) if it.what.word() == kind => Some(it.name.text.clone()),
            _ => None,
        });
        let mut known: Vec<String> = outcomes.collect();
        known.extend(self.items.iter().filter_map(called).filter(|it| it.0 == kind).map(|it| it.1.text.clone()));
        let help = match nearest(&name.text, &known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "a scenario changes what the policy says; `add` what is new".to_owned(),
        };
        let words = format!("the policy has no {kind} `{}` to change", name.text);
        self.found.push(Diagnostic::new(codes::SCENARIO_WITHOUT, name.span, words).help(help));
    }
}

fn is_same(a: &Outcome, b: &Outcome) -> bool {
    a.what == b.what && a.name.text == b.name.text
}

/// The kind and the name of an item that has one.
pub(super) fn called(item: &Item) -> Option<(&'static str, &Name)> {
    Some(match item {
        Item::Calendar(it) => ("calendar", &it.name),
        Item::Record(it) => ("record", &it.name),
        Item::Role(it) => ("role", &it.name),
        Item::Parameter(it) => ("parameter", &it.name),
        Item::Define(it) => ("define", &it.name),
        Item::Scale(it) => ("scale", &it.name),
        Item::Table(it) => ("table", &it.name),
        Item::Message(it) => ("message", &it.name),
        Item::Framework(it) => ("framework", &it.name),
        Item::Workflow(it) => ("workflow", &it.name),
        Item::Committee(it) => ("committee", &it.name),
        Item::Scenario(it) => ("scenario", &it.name),
        Item::Guarantee(_)
        | Item::Extend(_)
        | Item::Adjust(_)
        | Item::Exempt(_)
        | Item::Assume(_)
        | Item::Example(_) => {
            return None;
        }
    })
}
