//! Of what a table or scale speaks, where its head does not say: the subject and the period of what it asks.

use std::collections::BTreeSet;

use crate::calendar::PeriodKind;
use crate::ids::RecordId;
use crate::policy::model::Shape;
use crate::policy::names::Builder;
use crate::syntax::tree::{self, ExprKind as Written, Item};

/// How many tables and scales may lead to each other.
const DEEPEST: u32 = 30;

/// A record type and a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct About {
    pub(super) subject: RecordId,
    pub(super) each: Option<PeriodKind>,
}

impl Builder<'_, '_> {
    /// What a definition, scale, table or role speaks of.
    pub(super) fn about(&self, name: &str) -> Option<About> {
        self.about_within(name, DEEPEST)
    }

    fn about_within(&self, name: &str, depth: u32) -> Option<About> {
        let depth = depth.checked_sub(1)?;
        self.items.iter().find_map(|item| match item {
            Item::Define(it) if it.name.text == name => self.named(Some(&it.of), it.each.as_ref()),
            Item::Role(it) if it.name.text == name => self.named(Some(&it.of), None),
            Item::Scale(it) if it.name.text == name => self.about_words(words_of(&it.of), depth),
            Item::Table(it) if it.name.text == name => self.about_table_within(it, depth),
            _ => None,
        })
    }

    fn named(&self, of: Option<&tree::Name>, each: Option<&tree::Name>) -> Option<About> {
        let subject = self.policy.record_named(&of?.text)?;
        Some(About { subject, each: each.and_then(|it| self.policy.main().period_kind(&it.text)) })
    }

    pub(super) fn about_table(&self, table: &tree::Table) -> Option<About> {
        self.about_table_within(table, DEEPEST)
    }

    fn about_table_within(&self, table: &tree::Table, depth: u32) -> Option<About> {
        if table.of.is_some() {
            return self.named(table.of.as_ref(), table.each.as_ref());
        }
        self.about_words(table.columns.iter().flat_map(|it| words_of(&it.asked)).collect(), depth)
    }

    /// The record and period of which some words speak.
    fn about_words(&self, words: Vec<tree::Name>, depth: u32) -> Option<About> {
        let mut said: BTreeSet<About> = BTreeSet::new();
        let mut fields: Vec<BTreeSet<About>> = Vec::new();
        for word in words.into_iter().map(|it| it.text) {
            if let Some(record) = self.policy.record_named(&word) {
                said.insert(self.owner(record));
            } else if let Some(about) = self.about_within(&word, depth) {
                said.insert(about);
            } else if !self.names.contains_key(&word) {
                let kinds = self.policy.records.iter().enumerate();
                let with = kinds.filter(|(_, it)| it.field_named(&word).is_some());
                fields.push(with.map(|(at, _)| self.owner(RecordId::at(at))).collect());
            }
        }
        let subjects: BTreeSet<RecordId> = said.iter().map(|it| it.subject).collect();
        let subject = match subjects.len() {
            0 => common(&fields)?,
            1 => subjects.first().copied()?,
            _ => return None,
        };
        // A field that only the record of a period has asks for that period.
        let own = |it: &&BTreeSet<About>| !it.contains(&About { subject, each: None });
        let panels = fields.iter().filter(own).flatten().filter(|it| it.subject == subject);
        let periods: BTreeSet<PeriodKind> = said.iter().chain(panels).filter_map(|it| it.each).collect();
        (periods.len() <= 1).then(|| About { subject, each: periods.first().copied() })
    }

    fn owner(&self, record: RecordId) -> About {
        match self.policy.record(record).shape {
            Shape::Panel { of, each } => About { subject: of, each: Some(each) },
            Shape::Entity { .. } | Shape::Child { .. } => About { subject: record, each: None },
        }
    }
}

/// The one record type that has all of these fields, itself or for a period.
fn common(fields: &[BTreeSet<About>]) -> Option<RecordId> {
    let subjects = |it: &BTreeSet<About>| -> BTreeSet<RecordId> { it.iter().map(|it| it.subject).collect() };
    let all = fields.iter().map(subjects).reduce(|a, b| a.intersection(&b).copied().collect())?;
    if all.len() == 1 { all.first().copied() } else { None }
}

/// The words with which the names in an expression begin.
pub(super) fn words_of(expr: &tree::Expr) -> Vec<tree::Name> {
    let mut words = Vec::new();
    gather(expr, &mut words);
    words
}

fn gather(expr: &tree::Expr, words: &mut Vec<tree::Name>) {
    match &expr.kind {
        Written::Name(name) | Written::Previous(name) => words.push(name.clone()),
        Written::Dot(inner, _)
        | Written::Not(inner)
        | Written::Negative(inner)
        | Written::IsKnown(inner)
        | Written::IsUnknown(inner)
        | Written::IsOneOf { value: inner, .. }
        | Written::IsIn { value: inner, .. }
        | Written::Tailed { value: inner, .. }
        | Written::AsOn { what: inner, .. }
        | Written::For { pay: inner, .. }
        | Written::ForDays { pay: inner, .. }
        | Written::OverDays { condition: inner, .. }
        | Written::Of { of: inner, .. }
        | Written::Compare { left: inner, .. } => gather(inner, words),
        Written::And(parts) | Written::Or(parts) | Written::Extreme { of: parts, .. } | Written::Mean(parts) => {
            parts.iter().for_each(|it| gather(it, words));
        }
        Written::Arithmetic { left: a, right: b, .. } | Written::Between { from: a, to: b, .. } => {
            gather(a, words);
            gather(b, words);
        }
        Written::If { condition, then, otherwise } => {
            [condition, then, otherwise].into_iter().for_each(|it| gather(it, words));
        }
        Written::Share(parts) => parts.iter().for_each(|(it, _)| gather(it, words)),
        Written::Weighted(parts) => parts.iter().for_each(|(_, it)| gather(it, words)),
        _ => {}
    }
}
