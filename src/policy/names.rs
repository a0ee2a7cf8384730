//! Names: what each top-level word stands for, and the nearest one for a word that stands for nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::codes::Code;
use crate::codes_policy as codes;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ids::{DefinitionId, FieldId, ParameterId, RecordId, RoleId, ScaleId};
use crate::policy::model::{Label, Policy, PutOff};
use crate::policy::proposals::ProposalPlace;
use crate::policy::versions::Written;
use crate::source::{FileId, Span};
use crate::syntax::tree::{self, Item, Name, Text};

/// What a top-level name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    Calendar,
    Record(RecordId),
    Role(RoleId),
    Parameter(ParameterId),
    Definition(DefinitionId),
    Scale(ScaleId),
    Message,
    Framework,
    Workflow,
    /// A committee, by its place among them.
    Committee(usize),
}

/// What may rest on others, and so on itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rests {
    Definition(DefinitionId),
    Scale(ScaleId),
}

/// A policy under construction.
pub(super) struct Builder<'t, 'd> {
    pub(super) policy: Policy,
    pub(super) items: Vec<&'t Item>,
    pub(super) names: BTreeMap<String, (Meaning, Span)>,
    pub(super) found: &'d mut Diagnostics,
    /// Whether some text could not be read.
    pub(super) unparsed: bool,
    /// The words of what could not be read: a name that is missing may have been declared there.
    lost: BTreeSet<String>,
    /// Fields whose type could not be told, which was reported: what uses them is not reported again.
    pub(super) broken_fields: BTreeSet<(RecordId, FieldId)>,
    /// Top-level names in whose item a mistake was reported: what rests on them says nothing more.
    pub(super) broken: BTreeSet<String>,
    /// The names of stages in which a name or a type is wrong, and of their workflows: what they seem to lack may be what was meant.
    pub(super) half_said: Vec<Span>,
    /// How many rankings there are: each has a number.
    pub(super) populations: u32,
    /// Definitions and scales being lowered, so that a cycle is found.
    pub(super) under_way: Vec<Rests>,
    /// By which spells what is written here is put off; nothing while that is looked at.
    pub(super) put_off: BTreeMap<Span, Option<Option<PutOff>>>,
    /// What may be written in several versions.
    pub(super) written: Written<'t>,
    /// What guarantees promise, line by line.
    pub(super) promises: Vec<crate::policy::guarantees::Promise>,
    /// For each message the subject type and period of the first workflow that uses it.
    pub(super) uses: BTreeMap<String, (RecordId, Option<crate::calendar::PeriodKind>, Option<ProposalPlace>)>,
}

impl<'t, 'd> Builder<'t, 'd> {
    pub(super) fn new(items: &[&'t Item], lost: Option<BTreeSet<String>>, found: &'d mut Diagnostics) -> Self {
        let mut builder = Self {
            policy: Policy::default(),
            items: items.to_vec(),
            names: BTreeMap::new(),
            found,
            unparsed: lost.is_some(),
            lost: lost.unwrap_or_default(),
            broken_fields: BTreeSet::new(),
            broken: BTreeSet::new(),
            half_said: Vec::new(),
            populations: 0,
            promises: Vec::new(),
            under_way: Vec::new(),
            put_off: BTreeMap::new(),
            written: Written::of(items),
            uses: BTreeMap::new(),
        };
        builder.declare();
        builder
    }

    pub(super) fn finish(self) -> Policy {
        self.policy
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    pub(super) fn error(&mut self, code: Code, span: Span, words: impl Into<String>) {
        self.report(Diagnostic::new(code, span, words));
    }

    /// Gives each top-level name its meaning; a name given twice is an error that shows both places.
    fn declare(&mut self) {
        let (mut records, mut roles, mut parameters) = (0, 0, 0);
        let mut committees = 0;
        for item in self.items.clone() {
            let (name, meaning) = match item {
                Item::Calendar(it) => (&it.name, Meaning::Calendar),
                Item::Record(it) => (&it.name, Meaning::Record(RecordId::at(next(&mut records)))),
                Item::Role(it) => (&it.name, Meaning::Role(RoleId::at(next(&mut roles)))),
                Item::Parameter(it) => (&it.name, Meaning::Parameter(ParameterId::at(next(&mut parameters)))),
                Item::Define(it) => (&it.name, Meaning::Definition(self.written.define(&it.name))),
                Item::Scale(it) => (&it.name, Meaning::Scale(self.written.scale(&it.name))),
                Item::Table(it) => (&it.name, Meaning::Definition(self.written.table(&it.name))),
                Item::Message(it) => (&it.name, Meaning::Message),
                Item::Framework(it) => (&it.name, Meaning::Framework),
                Item::Workflow(it) => (&it.name, Meaning::Workflow),
                Item::Committee(it) => (&it.name, Meaning::Committee(next(&mut committees))),
                Item::Guarantee(_)
                | Item::Scenario(_)
                | Item::Extend(_)
                | Item::Adjust(_)
                | Item::Exempt(_)
                | Item::Assume(_)
                | Item::Example(_) => continue,
            };
            match self.names.get(&name.text) {
                Some((earlier, _))
                    if *earlier == meaning && (self.written.are_dated(&name.text) || self.is_local(name.span)) => {}
                Some((_, first)) => {
                    let first = *first;
                    self.mark_broken(&name.text);
                    let words = format!("`{}` is declared twice", name.text);
                    let twice = Diagnostic::new(codes::DECLARED_TWICE, name.span, words)
                        .label(first, "it is declared here first")
                        .help("give one of them another name");
                    self.report(twice);
                }
                None => {
                    self.names.insert(name.text.clone(), (meaning, name.span));
                }
            }
        }
    }

    /// Whether a mistake was already reported in the item of this name.
    pub(super) fn is_broken(&self, name: &str) -> bool {
        self.broken.contains(name)
    }

    /// Remembers that the item of this name could not be understood.
    pub(super) fn mark_broken(&mut self, name: &str) {
        self.broken.insert(name.to_owned());
    }

    pub(super) fn record_id(&mut self, name: &Name) -> Option<RecordId> {
        match self.names.get(&name.text) {
            Some((Meaning::Record(id), _)) => Some(*id),
            _ => {
                let known: Vec<String> = self.names_of(|it| matches!(it, Meaning::Record(_)));
                self.unknown_name(name, "record", &known);
                None
            }
        }
    }

    pub(super) fn names_of(&self, wanted: impl Fn(Meaning) -> bool) -> Vec<String> {
        self.names.iter().filter(|(_, (meaning, _))| wanted(*meaning)).map(|(name, _)| name.clone()).collect()
    }

    /// Says that a name stands for nothing, with the nearest that does. Silent where it may stand in text that could not be read.
    pub(super) fn unknown_name(&mut self, name: &Name, what: &str, known: &[String]) {
        if self.lost.contains(&name.text) && nearest(&name.text, known).is_none() {
            return;
        }
        let help = match nearest(&name.text, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => format!("no {what} is declared yet"),
            None => format!("known here: {}", list(known)),
        };
        let words = format!("there is no {what} `{}`", name.text);
        self.report(Diagnostic::new(codes::UNKNOWN_NAME, name.span, words).help(help));
    }
}

fn next(count: &mut usize) -> usize {
    *count += 1;
    *count - 1
}

/// The nearest of some names, if one is near.
pub(crate) fn nearest<'n>(name: &str, known: &'n [String]) -> Option<&'n String> {
    let distance = |other: &&String| strsim::damerau_levenshtein(name, other);
    let near = known.iter().min_by_key(distance)?;
    (distance(&near) <= 1 + name.chars().count() / 3).then_some(near)
}

/// The first few of some names.
pub(super) fn list(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(12).map(|it| format!("`{it}`")).collect();
    let more = if names.len() > shown.len() { ", …" } else { "" };
    shown.join(", ") + more
}

/// Name and title; the title is the name with blanks where none is written.
pub(super) fn label(name: &Name, title: Option<&Text>) -> Label {
    let title = title.map_or_else(|| spoken(&name.text), |it| it.text.clone());
    Label { name: name.text.clone(), title, span: name.span }
}

fn spoken(name: &str) -> String {
    name.replace('_', " ")
}

/// A place for things that were not written.
pub(super) fn nowhere() -> Span {
    Span::new(FileId(0), 0, 0)
}

impl tree::Expr {
    /// The name, if the expression is nothing but one.
    pub(super) fn as_name(&self) -> Option<&Name> {
        match &self.kind {
            tree::ExprKind::Name(name) => Some(name),
            _ => None,
        }
    }
}
