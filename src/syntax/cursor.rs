//! Reads what the grammar gave. The grammar's promises are said here once: a broken one is our bug, never the author's.

use std::cell::RefCell;
use std::collections::VecDeque;

use pest::iterators::Pair;

use super::grammar::Rule;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

/// Where a parsed stretch comes from.
#[derive(Clone, Copy)]
pub(super) struct Place<'s> {
    pub(super) file: FileId,
    /// The whole text of the file.
    pub(super) source: &'s str,
    /// The byte at which the stretch begins.
    pub(super) base: usize,
    /// What is found to be wrong while trees are built.
    pub(super) found: &'s RefCell<Vec<Diagnostic>>,
}

/// A parsed rule and its children, which are taken one after another.
pub(super) struct Cursor<'s> {
    place: Place<'s>,
    rule: Rule,
    text: &'s str,
    start: usize,
    children: VecDeque<Pair<'s, Rule>>,
}

impl<'s> Cursor<'s> {
    pub(super) fn new(pair: Pair<'s, Rule>, place: Place<'s>) -> Self {
        let rule = pair.as_rule();
        let text = pair.as_str().trim_end();
        let start = place.base + pair.as_span().start();
        Self { place, rule, text, start, children: pair.into_inner().collect() }
    }

    pub(super) fn rule(&self) -> Rule {
        self.rule
    }

    /// The text, without blanks behind it.
    pub(super) fn text(&self) -> &'s str {
        self.text
    }

    pub(super) fn span(&self) -> Span {
        Span::new(self.place.file, self.start, self.start + self.text.len())
    }

    pub(super) fn place(&self) -> Place<'s> {
        self.place
    }

    /// Takes the next child of a rule, leaving out keywords and whatever else stands before it.
    pub(super) fn maybe(&mut self, rule: Rule) -> Option<Cursor<'s>> {
        let at = self.children.iter().position(|it| it.as_rule() == rule)?;
        self.children.remove(at).map(|it| Cursor::new(it, self.place))
    }

    /// Takes the next child of a rule, which the grammar promises.
    pub(super) fn one(&mut self, rule: Rule) -> Cursor<'s> {
        let own = self.rule;
        self.maybe(rule).unwrap_or_else(|| unreachable!("the grammar promises {rule:?} in {own:?}"))
    }

    /// Takes all children of a rule, in order.
    pub(super) fn all(&mut self, rule: Rule) -> Vec<Cursor<'s>> {
        std::iter::from_fn(|| self.maybe(rule)).collect()
    }

    /// Takes the next child, whatever it is.
    pub(super) fn next(&mut self) -> Option<Cursor<'s>> {
        self.children.pop_front().map(|it| Cursor::new(it, self.place))
    }

    /// Takes the next child, of which the grammar promises one.
    pub(super) fn first(&mut self) -> Cursor<'s> {
        let own = self.rule;
        self.next().unwrap_or_else(|| unreachable!("the grammar promises a child in {own:?}"))
    }

    /// Whether a child of a rule is there.
    pub(super) fn has(&self, rule: Rule) -> bool {
        self.children.iter().any(|it| it.as_rule() == rule)
    }

    /// The rule of some in which the text ends, at any depth, with its text; not where that ends in brackets of its own.
    pub(super) fn ends_in(&self, rules: &[Rule]) -> Option<(Rule, &'s str)> {
        let mut last = self.children.back().cloned();
        while let Some(pair) = last {
            let inner = pair.clone().into_inner();
            if matches!(pair.as_rule(), Rule::brackets | Rule::weighted | Rule::share_of_points) {
                return None;
            }
            if rules.contains(&pair.as_rule()) {
                let open = inner.clone().all(|it| it.as_rule() != Rule::brackets);
                return open.then(|| (pair.as_rule(), pair.as_str().trim_end()));
            }
            last = inner.last();
        }
        None
    }

    /// Keeps a finding.
    pub(super) fn report(&self, finding: Diagnostic) {
        self.place.found.borrow_mut().push(finding);
    }
}
