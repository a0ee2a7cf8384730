//! Definitions, tables and scales as written: several of one name, each with its days, are versions of one thing.

use crate::codes_policy as codes;
use crate::diagnostic::Diagnostic;
use crate::ids::{DefinitionId, ScaleId};
use crate::policy::model::{Dated, Expr, ExprKind, Type};
use crate::policy::names::Builder;
use crate::syntax::tree::{self, Define, Item, Name, Scale, Table};

/// What may be written in several versions, grouped by name in the order of the first of each.
pub(super) struct Written<'t> {
    pub(super) defines: Vec<Vec<&'t Define>>,
    /// Tables are definitions, numbered behind those that are written as such.
    pub(super) tables: Vec<Vec<&'t Table>>,
    pub(super) scales: Vec<Vec<&'t Scale>>,
}

impl<'t> Written<'t> {
    pub(super) fn of(items: &[&'t Item]) -> Self {
        let mut written = Self { defines: Vec::new(), tables: Vec::new(), scales: Vec::new() };
        for item in items {
            match item {
                Item::Define(it) => group(&mut written.defines, &**it, |it| &it.name),
                Item::Table(it) => group(&mut written.tables, &**it, |it| &it.name),
                Item::Scale(it) => group(&mut written.scales, &**it, |it| &it.name),
                _ => {}
            }
        }
        written
    }

    pub(super) fn define(&self, name: &Name) -> DefinitionId {
        DefinitionId::at(place(&self.defines, name, |it| &it.name))
    }

    pub(super) fn table(&self, name: &Name) -> DefinitionId {
        DefinitionId::at(self.defines.len() + place(&self.tables, name, |it| &it.name))
    }

    pub(super) fn scale(&self, name: &Name) -> ScaleId {
        ScaleId::at(place(&self.scales, name, |it| &it.name))
    }

    /// Whether everything of a name carries days, so that it may be written more than once.
    pub(super) fn are_dated(&self, name: &str) -> bool {
        let defines = self.defines.iter().flatten().filter(|it| it.name.text == name).map(|it| (&it.from, &it.until));
        let tables = self.tables.iter().flatten().filter(|it| it.name.text == name).map(|it| (&it.from, &it.until));
        let scales = self.scales.iter().flatten().filter(|it| it.name.text == name).map(|it| (&it.from, &it.until));
        defines.chain(tables).chain(scales).all(|(from, until)| from.is_some() || until.is_some())
    }
}

fn group<'t, T>(groups: &mut Vec<Vec<&'t T>>, item: &'t T, name: impl Fn(&T) -> &Name) {
    match groups.iter_mut().find(|it| it.first().is_some_and(|first| name(first).text == name(item).text)) {
        Some(versions) => versions.push(item),
        None => groups.push(vec![item]),
    }
}

fn place<T>(groups: &[Vec<&T>], wanted: &Name, name: impl Fn(&T) -> &Name) -> usize {
    let found = groups.iter().position(|it| it.first().is_some_and(|first| name(first).text == wanted.text));
    found.unwrap_or_default()
}

/// What the head of a version says.
pub(super) struct Head<'t> {
    pub(super) name: &'t Name,
    pub(super) of: Option<&'t Name>,
    pub(super) each: Option<&'t Name>,
    pub(super) from: Option<&'t tree::Expr>,
    pub(super) until: Option<&'t tree::Expr>,
}

impl<'t> From<&'t Define> for Head<'t> {
    fn from(it: &'t Define) -> Self {
        let (from, until) = (it.from.as_ref(), it.until.as_ref());
        Self { name: &it.name, of: Some(&it.of), each: it.each.as_ref(), from, until }
    }
}

impl<'t> From<&'t Table> for Head<'t> {
    fn from(it: &'t Table) -> Self {
        let (from, until) = (it.from.as_ref(), it.until.as_ref());
        Self { name: &it.name, of: it.of.as_ref(), each: it.each.as_ref(), from, until }
    }
}

impl Builder<'_, '_> {
    /// One expression of all versions, which are of one kind and speak of the same thing.
    pub(super) fn versions(&mut self, versions: Vec<(Head<'_>, Expr)>) -> Option<Expr> {
        let local = versions.iter().any(|(head, _)| self.is_local(head.name.span));
        let mut versions = versions.into_iter();
        let (first, value) = versions.next()?;
        if first.from.is_none() && first.until.is_none() && !local {
            return Some(value);
        }
        let (ty, span) = (value.ty.clone(), value.span);
        let mut dated = vec![(first.name.span, self.dated(&first, value))];
        for (head, value) in versions {
            let same = |a: Option<&Name>, b: Option<&Name>| a.map(|it| &it.text) == b.map(|it| &it.text);
            if !same(head.of, first.of) || !same(head.each, first.each) {
                let words = format!("the versions of `{}` do not speak of the same thing", head.name.text);
                self.versions_differ(
                    &head,
                    &first,
                    words,
                    "let each be `of` the same record, `each` of the same period",
                );
                return None;
            }
            if value.ty != ty {
                let (own, other) = (self.type_words(&value.ty), self.type_words(&ty));
                let words = format!("this version of `{}` gives {own}, and another {other}", head.name.text);
                self.versions_differ(&head, &first, words, "let every version give the same kind of value");
                return None;
            }
            let value = self.dated(&head, value);
            dated.push((head.name.span, value));
        }
        let dated = self.in_time(dated);
        Some(Expr { kind: ExprKind::Versions(dated), ty, span })
    }

    fn dated(&mut self, head: &Head<'_>, value: Expr) -> Dated<Expr> {
        let from = head.from.and_then(|it| self.first_day(it));
        Dated { value, from, until: head.until.and_then(|it| self.last_day(it)) }
    }

    fn versions_differ(&mut self, head: &Head<'_>, first: &Head<'_>, words: String, help: &str) {
        let differ = Diagnostic::new(codes::VERSIONS_DIFFER, head.name.span, words);
        self.report(differ.label(first.name.span, "the other version").help(help));
    }

    /// Whether a type written in the head of a version is that of the first: choices are compared by their names.
    pub(super) fn same_outcome(&self, ty: &Type, written: &tree::FieldKind) -> bool {
        match (ty, written) {
            (Type::Choice(list), tree::FieldKind::Choice { choices, .. }) => {
                let known = self.policy.choices[list.index()].choices.iter().map(|it| &it.name);
                known.eq(choices.iter().map(|it| &it.name.text))
            }
            _ => false,
        }
    }
}
