//! An older version of a policy under the orders of the latest: what was ordered about a period is a fact of the world, and reaches every
//! open case whatever version it is pinned to.
//!
//! The orders of the latest text are read in the words of the older one, in the place of its own. One that those words have no meaning
//! for (a workflow, a field or a period that it does not know) does not reach it, and says why. One of its own that the latest text has no
//! words for stays: where a stage has another name by now, nobody has taken back what was ordered of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostics, Severity};
use crate::policy::{Compilation, compile_deployed};
use crate::source::{Sources, Span};
use crate::syntax;
use crate::syntax::tree::Item;

/// Under which name orders of a later text stand among the files of an older one.
const FILE: &str = "orders of the latest version";

/// An order that does not reach an older version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutOfReach {
    /// Its first line, up to what it orders.
    pub order: String,
    /// Why.
    pub why: String,
}

/// The policy of an older version, with the orders of the latest; and those that do not reach it.
#[must_use]
pub fn compile_with_orders_of(
    latest: &Sources,
    older: &Sources,
    calendar: Option<&str>,
) -> (Compilation, Vec<OutOfReach>) {
    let (ordered, own) = (orders_in(latest), orders_in(older));
    if texts(latest, &ordered) == texts(older, &own) {
        return (compile_deployed(older, calendar), Vec::new());
    }
    let bare = without(older, &own);
    let with = |orders: &[&str]| compile_deployed(&together(&bare, orders), calendar);
    let theirs = texts(latest, &ordered);
    let bare_latest = without(latest, &ordered);
    let can_be_said = |it: &str| compile_deployed(&together(&bare_latest, &[it]), calendar).policy.is_some();
    let stay = texts(older, &own).into_iter().filter(|it| !theirs.contains(it) && !can_be_said(it));
    let wanted: Vec<&str> = stay.chain(theirs.iter().copied()).collect();
    let all = with(&wanted);
    if all.policy.is_some() {
        return (all, Vec::new());
    }
    let (mut reach, mut left) = (Vec::new(), Vec::new());
    for order in wanted {
        let tried = with(&[reach.as_slice(), &[order]].concat());
        match tried.policy {
            Some(_) => reach.push(order),
            None => left.push(OutOfReach { order: first_line(order), why: first_error(&tried.diagnostics) }),
        }
    }
    let reached = with(&reach);
    // A text that is none without its own orders keeps them.
    if reached.policy.is_some() { (reached, left) } else { (compile_deployed(older, calendar), left) }
}

/// The workflows and frameworks about which two texts order otherwise, by their names.
#[must_use]
pub fn ordered_otherwise(one: &Sources, other: &Sources) -> BTreeSet<String> {
    let by_name = |sources: &Sources| {
        let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, span) in named_orders_in(sources) {
            texts.entry(name).or_default().push(sources.text(span).trim().to_owned());
        }
        texts
    };
    let (one, other) = (by_name(one), by_name(other));
    one.keys().chain(other.keys()).filter(|it| one.get(*it) != other.get(*it)).cloned().collect()
}

/// The places of the orders in a text, as far as it can be read.
fn orders_in(sources: &Sources) -> Vec<Span> {
    named_orders_in(sources).into_iter().map(|it| it.1).collect()
}

/// The same with what each is about.
fn named_orders_in(sources: &Sources) -> Vec<(String, Span)> {
    if !sources.iter().any(|(_, file)| ["adjust", "exempt"].iter().any(|it| file.text.contains(it))) {
        return Vec::new();
    }
    let files = syntax::parse(sources, &mut Diagnostics::new());
    let items = files.into_iter().flat_map(|it| it.items);
    let named = |it: Item| match it {
        Item::Adjust(order) => Some((order.workflow.text.clone(), order.span)),
        Item::Exempt(order) => Some((order.from.text.clone(), order.span)),
        _ => None,
    };
    items.filter_map(named).collect()
}

fn texts<'s>(sources: &'s Sources, orders: &[Span]) -> Vec<&'s str> {
    orders.iter().map(|it| sources.text(*it).trim()).collect()
}

/// The files with blanks where these orders stood, so that everything else stands where it did.
fn without(sources: &Sources, orders: &[Span]) -> Vec<(String, String)> {
    let file = |(id, file): (_, &crate::source::SourceFile)| {
        let mut text = file.text.clone().into_bytes();
        for span in orders.iter().filter(|it| it.file == id) {
            let inside = text.iter_mut().take(span.end as usize).skip(span.start as usize);
            inside.filter(|it| **it != b'\n').for_each(|it| *it = b' ');
        }
        (file.name.clone(), String::from_utf8_lossy(&text).into_owned())
    };
    sources.iter().map(file).collect()
}

fn together(bare: &[(String, String)], orders: &[&str]) -> Sources {
    let mut sources = Sources::of(bare.to_vec());
    sources.add(FILE, orders.join("\n"));
    sources
}

fn first_line(order: &str) -> String {
    order.split(['{', '\n']).next().unwrap_or_default().trim_end().to_owned()
}

fn first_error(found: &Diagnostics) -> String {
    found.iter().find(|it| it.severity == Severity::Error).map_or_else(String::new, |it| it.message.clone())
}
