//! Exceptions from rules, and from other exceptions: those that carry a name can themselves be excepted.

use std::collections::BTreeMap;

use crate::codes_framework as codes;
use crate::codes_policy::{DECLARED_TWICE, UNKNOWN_NAME};
use crate::diagnostic::Diagnostic;
use crate::policy::expressions::Place;
use crate::policy::ladder::or_no;
use crate::policy::model::{Expr, ExprKind, Type};
use crate::policy::names::Builder;
use crate::syntax::tree::{self, FrameworkLineKind, Item, Name, Outcome, OutcomeLineKind};

/// How deep exceptions may stand in each other: deeper than any reader follows.
const DEEPEST: usize = 12;

/// An exception as it is written.
#[derive(Clone, Copy)]
struct Written<'t> {
    when: &'t tree::Expr,
    named: Option<&'t Name>,
    /// The exception that it is made from; nothing if it is made from a rule.
    from: Option<&'t Name>,
}

impl Builder<'_, '_> {
    /// What holds a rule back: its own exceptions, and those that its framework makes of it.
    pub(super) fn exceptions(&mut self, rule: &Outcome, framework: &tree::Framework, place: &Place) -> Vec<Expr> {
        let own = of_rule(rule).chain(of_framework(framework, Some(rule)));
        let own: Vec<Written<'_>> = own.collect();
        own.into_iter().filter_map(|it| self.exception(it, framework, place, &mut Vec::new())).collect()
    }

    /// When an exception holds: its condition does, and no exception from it.
    fn exception<'t>(
        &mut self,
        written: Written<'t>,
        framework: &'t tree::Framework,
        place: &Place,
        around: &mut Vec<&'t str>,
    ) -> Option<Expr> {
        let when = self.condition_at(written.when, place)?;
        let Some(name) = written.named.map(|it| it.text.as_str()).filter(|it| !around.contains(it)) else {
            return Some(when);
        };
        if around.len() >= DEEPEST {
            let words = format!("more than {DEEPEST} exceptions stand in each other here");
            let deep = Diagnostic::new(codes::EXCEPTION_CIRCLE, when.span, words);
            self.report(deep.help("say it in fewer: let one condition name all that it covers"));
            return None;
        }
        // Of several with one name, which is a mistake, the first is meant.
        let mut all = outcomes(framework).flat_map(of_rule).chain(of_framework(framework, None));
        let first = all.find(|it| it.named.is_some_and(|it| it.text == name));
        if first.is_some_and(|it| !std::ptr::eq(it.when, written.when)) {
            return Some(when);
        }
        around.push(name);
        let from: Vec<Written<'t>> =
            of_framework(framework, None).filter(|it| it.from.is_some_and(|it| it.text == name)).collect();
        let span = when.span;
        let made = |kind: ExprKind| Expr { kind, ty: Type::YesNo, span };
        let mut parts = vec![or_no(when)];
        for it in from {
            let inner = self.exception(it, framework, place, around);
            parts.extend(inner.map(|it| made(ExprKind::Not(Box::new(or_no(it))))));
        }
        around.pop();
        Some(if parts.len() == 1 { parts.swap_remove(0) } else { made(ExprKind::And(parts)) })
    }

    /// Exceptions name a rule or an exception that is there, each name stands once, and none is an exception from itself.
    pub(super) fn exceptions_name_rules(&mut self) {
        for item in self.items.clone() {
            let Item::Framework(written) = item else { continue };
            self.rules_are_there(written);
            let all: Vec<Written<'_>> =
                outcomes(written).flat_map(of_rule).chain(of_framework(written, None)).collect();
            let mut named: BTreeMap<&str, Written<'_>> = BTreeMap::new();
            for exception in &all {
                let Some(name) = exception.named else { continue };
                match named.get(name.text.as_str()).and_then(|it| it.named) {
                    Some(first) => {
                        let words = format!("two exceptions are called `{}`", name.text);
                        let twice = Diagnostic::new(DECLARED_TWICE, name.span, words).label(first.span, "the first");
                        self.report(twice.help("give one of them another name"));
                    }
                    None => {
                        named.insert(&name.text, *exception);
                    }
                }
            }
            let known: Vec<String> = named.keys().map(|it| (*it).to_owned()).collect();
            for from in all.iter().filter_map(|it| it.from).filter(|it| !named.contains_key(it.text.as_str())) {
                let Some(rule) = outcomes(written).find(|it| it.name.text == from.text) else {
                    self.unknown_name(from, "named exception", &known);
                    continue;
                };
                let what = rule.what.word();
                let words = format!("`{}` is a {what}, not a named exception", from.text);
                let help = format!("say what it is: `except {what} {} when …`", from.text);
                self.report(Diagnostic::new(UNKNOWN_NAME, from.span, words).help(help));
            }
            self.no_circle(&named);
        }
    }

    fn rules_are_there(&mut self, written: &tree::Framework) {
        for line in &written.lines {
            let FrameworkLineKind::Except { rule, what: Some(what), .. } = &line.kind else { continue };
            if !outcomes(written).any(|it| it.what == *what && it.name.text == rule.text) {
                let known: Vec<String> =
                    outcomes(written).filter(|it| it.what == *what).map(|it| it.name.text.clone()).collect();
                self.unknown_name(rule, what.word(), &known);
            }
        }
    }

    /// Each exception leads to the one that it is made from; a way that comes back is told once, with its path.
    fn no_circle(&mut self, named: &BTreeMap<&str, Written<'_>>) {
        let mut told: Vec<&str> = Vec::new();
        for (start, first) in named {
            let mut path = vec![*start];
            let mut next = first.from;
            while let Some(name) = next.filter(|it| !path.contains(&it.text.as_str())) {
                path.push(&name.text);
                next = named.get(name.text.as_str()).and_then(|it| it.from);
            }
            let comes_back = next.is_some_and(|it| it.text == *start);
            if comes_back && !path.iter().any(|it| told.contains(it)) {
                let way: Vec<String> = path.iter().chain([start]).map(|it| format!("`{it}`")).collect();
                let words = format!("exceptions from each other in a circle: {}", way.join(" from "));
                let span = first.named.map_or(first.when.span, |it| it.span);
                let circle = Diagnostic::new(codes::EXCEPTION_CIRCLE, span, words);
                self.report(circle.help("let one of them be an exception from a rule: `except sanction …`"));
                told.extend(path);
            }
        }
    }
}

fn of_rule(rule: &Outcome) -> impl Iterator<Item = Written<'_>> {
    rule.lines.iter().filter_map(|it| match &it.kind {
        OutcomeLineKind::Unless { when, named } => Some(Written { when, named: named.as_ref(), from: None }),
        _ => None,
    })
}

/// The exceptions that a framework makes of a rule, or all of them.
fn of_framework<'t>(
    framework: &'t tree::Framework,
    of: Option<&'t Outcome>,
) -> impl Iterator<Item = Written<'t>> + use<'t> {
    framework.lines.iter().filter_map(move |it| match &it.kind {
        FrameworkLineKind::Except { rule, what, when, named } => {
            let wanted = of.is_none_or(|of| *what == Some(of.what) && rule.text == of.name.text);
            let from = what.is_none().then_some(rule);
            wanted.then_some(Written { when, named: named.as_ref(), from })
        }
        _ => None,
    })
}

fn outcomes(written: &tree::Framework) -> impl Iterator<Item = &Outcome> {
    written.lines.iter().filter_map(|it| if let FrameworkLineKind::Outcome(it) = &it.kind { Some(it) } else { None })
}
