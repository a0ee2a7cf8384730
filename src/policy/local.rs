//! Local customisation: an `extend` block changes what the national text leaves open, and nothing else. It is an edit of what is
//! written, made before anything is checked; days and bounds are looked at once they are known, in [`Builder`].

use std::cmp::Ordering;
use std::collections::BTreeMap;

use jiff::{Span as Stretch, civil};

use crate::codes_local as codes;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::policy::dates::unit_of;
use crate::policy::expressions::Place;
use crate::policy::model::{Dated, ExprKind, Policy, Type};
use crate::policy::names::{Builder, nearest};
use crate::policy::scenarios::called;
use crate::policy::table_checks::order_of;
use crate::source::Span;
use crate::syntax::tree::{
    self, ChangeKind, DatedValue, Due, Extend, Item, Length, Local, Name, Parameter, Part, Stage, StageLineKind, Unit,
    WorkflowLineKind,
};
use crate::value::{Known, Value};

/// The items of a policy with what local texts make of them; nothing where there is no local text. What may not be changed is reported.
pub(super) fn extended(items: &[&Item], found: &mut Diagnostics) -> Option<Vec<Item>> {
    let extends: Vec<&Extend> =
        items.iter().filter_map(|it| if let Item::Extend(it) = it { Some(it) } else { None }).collect();
    if extends.is_empty() {
        return None;
    }
    let items = items.iter().map(|it| (*it).clone()).collect();
    let mut edit = Edit { items, changed: BTreeMap::new(), found };
    for extend in extends {
        for change in &extend.changes {
            match &change.kind {
                ChangeKind::Set { name, values } => edit.set(extend, name, values),
                ChangeKind::SetDue { stage, length } => edit.set_due(extend, stage, length),
                ChangeKind::Replace(Part::Item(item)) => edit.replace(extend, item),
                // The parser lets none of these into an `extend`.
                ChangeKind::Replace(Part::Outcome(_))
                | ChangeKind::Add(_)
                | ChangeKind::Remove { .. }
                | ChangeKind::Assume(_) => {}
            }
        }
    }
    Some(edit.items)
}

/// What was changed: where, by which text, and whether only from a day on.
struct Changed {
    span: Span,
    by: Span,
    dated: bool,
}

struct Edit<'d> {
    items: Vec<Item>,
    /// By what is said of it: `parameter pass_mark`.
    changed: BTreeMap<String, Changed>,
    found: &'d mut Diagnostics,
}

impl Edit<'_> {
    /// The national values stay; on the days of the local ones these hold instead.
    fn set(&mut self, extend: &Extend, name: &Name, values: &[DatedValue]) {
        let own = |it: &Item| matches!(it, Item::Parameter(it) if it.name.text == name.text);
        let Some(at) = self.items.iter().position(own) else { return self.not_there("parameter", name) };
        if !self.may_change("parameter", name, &[at], extend, false) {
            return;
        }
        if let Some(Item::Parameter(it)) = self.items.get_mut(at) {
            it.values.extend(values.iter().cloned());
        }
    }

    fn replace(&mut self, extend: &Extend, item: &Item) {
        let Some((kind, name)) = called(item) else { return };
        let own = |it: &Item| called(it).is_some_and(|(other, of)| other == kind && of.text == name.text);
        let places: Vec<usize> = (0..self.items.len()).filter(|at| own(&self.items[*at])).collect();
        let (Some(first), Some(last)) = (places.first().copied(), places.last().copied()) else {
            return self.not_there(kind, name);
        };
        let dated = is_dated(item);
        if !self.may_change(kind, name, &places, extend, dated) {
            return;
        }
        if dated {
            self.items.insert(last + 1, item.clone());
        } else {
            places.iter().skip(1).rev().for_each(|at| drop(self.items.remove(*at)));
            self.items[first] = item.clone();
        }
    }

    /// Another length, counted from the same day as before.
    fn set_due(&mut self, extend: &Extend, stage: &tree::Expr, length: &Length) {
        let Some((workflow, name)) = stage_named(stage) else { return };
        let mut dues: Vec<&mut Due> = Vec::new();
        for it in self.items.iter_mut().flat_map(dues_of) {
            if it.stage == name.text && workflow.is_none_or(|wanted| wanted.text == it.workflow) {
                dues.push(it.due);
            }
        }
        if dues.is_empty() {
            return self.not_there("stage", name);
        }
        dues.retain(|it| it.local.is_some());
        let (place, bounds) = match dues.as_mut_slice() {
            [due] => (due.date.span, due.local.clone()),
            [] => {
                let words = format!("the national text does not leave open when `{}` is due", name.text);
                let missing = Diagnostic::new(codes::NOT_LEFT_OPEN, name.span, words);
                let help = "ask its owner to write `, may be changed locally from … to …` behind the line `due …` of this stage";
                self.found.push(missing.help(help));
                return;
            }
            [_, other, ..] => {
                let words = format!("there are several due dates `{}` that may be changed locally", name.text);
                let several = Diagnostic::new(codes::CHANGED_TWICE, name.span, words);
                let help =
                    "name the workflow too, such as `due of yearly_review.goals`; a stage marks one of its due dates";
                self.found.push(several.label(other.date.span, "one of them").help(help));
                return;
            }
        };
        if let Some(due) = dues.into_iter().next()
            && let tree::ExprKind::Offset { length: national, .. } = &mut due.date.kind
        {
            *national = length.clone();
        }
        let by = Changed { span: name.span, by: extend.span, dated: false };
        if let Some(first) = self.changed.insert(format!("due {place:?}"), by) {
            return self.twice(&format!("due of {}", name.text), name.span, first.span);
        }
        if let Some(Local { from, to, span }) = bounds {
            let ends = [(from, Ordering::Less, "below the least"), (to, Ordering::Greater, "above the most")];
            for (end, wrong, words) in ends {
                let Some(tree::ExprKind::Length(end)) = end.map(|it| it.kind) else { continue };
                if let Some(shown) = outside(length, &end, wrong) {
                    let words = format!("`{}` is {words} that the national text allows{shown}", in_words(length));
                    let beyond = Diagnostic::new(codes::OUT_OF_BOUNDS, length.span, words);
                    let help = format!("it allows `{}`; write a length within", in_words(&end));
                    self.found.push(beyond.label(span, "the bounds").help(help));
                    break;
                }
            }
        }
    }

    /// Whether a local text may change what stands at these places, and no other has; reports if not.
    fn may_change(&mut self, kind: &str, name: &Name, places: &[usize], extend: &Extend, dated: bool) -> bool {
        let key = format!("{kind} {}", name.text);
        if let Some(first) = self.changed.get(&key) {
            // A local text may hold several versions, as the national one may.
            if first.by == extend.span && first.dated && dated {
                return true;
            }
            self.twice(&key, name.span, first.span);
            return false;
        }
        let unmarked = places.iter().map(|at| &self.items[*at]).find(|it| mark_of(it).is_none());
        if let Some((_, national)) = unmarked.and_then(called) {
            let words = format!("the national text does not leave {kind} `{}` to be changed", name.text);
            let refused = Diagnostic::new(codes::NOT_LEFT_OPEN, name.span, words);
            let place = if kind == "parameter" { "behind its values" } else { "behind its head" };
            let help = format!(
                "ask its owner to write `, may be changed locally` {place}; what is not in the national text yet may be added beside the `extend`"
            );
            self.found.push(refused.label(national.span, "it is not marked here").help(help));
            return false;
        }
        self.changed.insert(key, Changed { span: name.span, by: extend.span, dated });
        true
    }

    fn twice(&mut self, what: &str, span: Span, first: Span) {
        let twice = Diagnostic::new(codes::CHANGED_TWICE, span, format!("`{what}` is changed locally a second time"));
        let help = "keep one of the two; several versions of one thing stand in one `extend`, each with its days";
        self.found.push(twice.label(first, "the first").help(help));
    }

    fn not_there(&mut self, kind: &str, name: &Name) {
        let known: Vec<String> = if kind == "stage" {
            self.items.iter_mut().flat_map(dues_of).map(|it| it.stage).collect()
        } else {
            self.items.iter().filter_map(called).filter(|it| it.0 == kind).map(|it| it.1.text.clone()).collect()
        };
        let help = match nearest(&name.text, &known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "an `extend` changes what the national text says; what is new is written beside it".to_owned(),
        };
        let words = format!("the national text has no {kind} `{}` to change", name.text);
        self.found.push(Diagnostic::new(codes::NOTHING_TO_CHANGE, name.span, words).help(help));
    }
}

/// The names of `goals` or `yearly_review.goals`.
fn stage_named(stage: &tree::Expr) -> Option<(Option<&Name>, &Name)> {
    match &stage.kind {
        tree::ExprKind::Name(name) => Some((None, name)),
        tree::ExprKind::Dot(workflow, name) => Some((workflow.as_name(), name)),
        _ => None,
    }
}

fn is_dated(item: &Item) -> bool {
    let (from, until) = match item {
        Item::Define(it) => (&it.from, &it.until),
        Item::Scale(it) => (&it.from, &it.until),
        Item::Table(it) => (&it.from, &it.until),
        _ => return false,
    };
    from.is_some() || until.is_some()
}

fn mark_of(item: &Item) -> Option<&Local> {
    match item {
        Item::Role(it) => it.local.as_ref(),
        Item::Parameter(it) => it.local.as_ref(),
        Item::Define(it) => it.local.as_ref(),
        Item::Scale(it) => it.local.as_ref(),
        Item::Table(it) => it.local.as_ref(),
        Item::Message(it) => it.local.as_ref(),
        _ => None,
    }
}

/// Some words if a length can lie on the wrong side of another: the day that shows it, where months and days meet.
fn outside(length: &Length, end: &Length, wrong: Ordering) -> Option<String> {
    if length.unit == end.unit {
        let (own, other): (i64, i64) = (length.count.text.parse().ok()?, end.count.text.parse().ok()?);
        return (own.cmp(&other) == wrong).then(String::new);
    }
    let Some((own, other)) = stretch(length).zip(stretch(end)) else {
        return Some(", as far as can be told: working days and hours are compared with their like".to_owned());
    };
    // Four years hold every month of every length.
    let mut day = civil::date(2027, 1, 1);
    while day < civil::date(2031, 1, 1) {
        let reached = (day.checked_add(own).ok()?, day.checked_add(other).ok()?);
        if reached.0.cmp(&reached.1) == wrong {
            return Some(format!(": from {} it reaches {} and the bound {}", day, reached.0, reached.1));
        }
        day = day.tomorrow().ok()?;
    }
    None
}

fn stretch(length: &Length) -> Option<Stretch> {
    let count: i64 = length.count.text.parse().ok()?;
    match length.unit {
        Unit::Days => Stretch::new().try_days(count).ok(),
        Unit::Weeks => Stretch::new().try_weeks(count).ok(),
        Unit::Months => Stretch::new().try_months(count).ok(),
        Unit::Years => Stretch::new().try_years(count).ok(),
        Unit::Hours | Unit::WorkingDays => None,
    }
}

fn in_words(length: &Length) -> String {
    let unit = unit_of(length.unit).singular();
    let several = if length.count.text == "1" { "" } else { "s" };
    format!("{} {unit}{several}", length.count.text)
}

/// A due date and whose it is.
struct StageDue<'i> {
    workflow: String,
    stage: String,
    due: &'i mut Due,
}

/// Every due date of an item, those of stages inside others too.
fn dues_of(item: &mut Item) -> Vec<StageDue<'_>> {
    let mut dues = Vec::new();
    if let Item::Workflow(workflow) = item {
        let name = &workflow.name.text;
        for line in &mut workflow.lines {
            match &mut line.kind {
                WorkflowLineKind::Stage(it) => add_dues(name, it, &mut dues),
                WorkflowLineKind::Together { stages, .. } => {
                    stages.iter_mut().for_each(|it| add_dues(name, it, &mut dues))
                }
                _ => {}
            }
        }
    }
    dues
}

fn add_dues<'i>(workflow: &str, stage: &'i mut Stage, dues: &mut Vec<StageDue<'i>>) {
    let name = &stage.name.text;
    for line in &mut stage.lines {
        match &mut line.kind {
            StageLineKind::Due(due) => dues.push(StageDue { workflow: workflow.to_owned(), stage: name.clone(), due }),
            StageLineKind::OnInside { stage: inside, .. } => add_dues(workflow, inside, dues),
            _ => {}
        }
    }
}

impl Builder<'_, '_> {
    /// How late a word is spoken: 0 in the policy itself, 1 in a local text, 2 in a scenario.
    fn layer(&self, span: Span) -> u8 {
        let within = |it: &Span| it.file == span.file && it.start <= span.start && span.end <= it.end;
        let layer_of = |it: &&Item| match it {
            Item::Extend(it) => within(&it.span).then_some(1),
            Item::Scenario(it) => within(&it.span).then_some(2),
            _ => None,
        };
        self.items.iter().find_map(layer_of).unwrap_or(0)
    }

    pub(super) fn is_local(&self, span: Span) -> bool {
        self.layer(span) == 1
    }

    /// What is written with days, in the order of the days: what a later text says holds on its days, what stood before on all others.
    pub(super) fn in_time<T: Clone>(&mut self, written: Vec<(Span, Dated<T>)>) -> Vec<Dated<T>> {
        let mut layers: BTreeMap<u8, Vec<Dated<T>>> = BTreeMap::new();
        for (span, dated) in written {
            layers.entry(self.layer(span)).or_default().push(dated);
        }
        let mut standing: Vec<Dated<T>> = Vec::new();
        for (_, mut layer) in layers {
            self.close_open_ends(&mut layer);
            for newer in &layer {
                standing = standing.into_iter().flat_map(|it| outside_of(it, newer)).collect();
            }
            standing.extend(layer);
        }
        standing.sort_by_key(|it| it.from);
        standing
    }

    /// The values that local texts give a parameter lie within the bounds that the national text sets.
    pub(super) fn keeps_bounds(&mut self, written: &Parameter, ty: &Type) {
        let Some(Local { from, to, span }) = &written.local else { return };
        let (low, high) = (self.local_end(from.as_ref(), ty), self.local_end(to.as_ref(), ty));
        let order = |policy: &Policy, a: &Known, b: &Known| order_of(policy, a, b);
        if let (Some((low, _)), Some((high, _))) = (&low, &high)
            && order(&self.policy, low, high) == Some(Ordering::Greater)
        {
            let words = format!("no value of `{}` lies within these bounds", written.name.text);
            let none = Diagnostic::new(codes::BOUNDS, *span, words);
            return self.report(none.help("write the lower one first"));
        }
        for part in written.values.iter().filter(|it| self.layer(it.span) == 1).collect::<Vec<_>>() {
            let Some((value, _)) = self.local_end(Some(&part.value), ty) else { continue };
            for (end, wrong, words) in
                [(&low, Ordering::Less, "below the least"), (&high, Ordering::Greater, "above the most")]
            {
                let Some((end, end_span)) = end else { continue };
                if order(&self.policy, &value, end) == Some(wrong) {
                    let words =
                        format!("the local value of `{}` is {words} that the national text allows", written.name.text);
                    let beyond = Diagnostic::new(codes::OUT_OF_BOUNDS, part.value.span, words);
                    let help = "write a value within the bounds, or ask the owner of the national text for other ones";
                    self.report(beyond.label(*end_span, "the bound").help(help));
                }
            }
        }
    }

    /// A plain value of the parameter's kind.
    fn local_end(&mut self, written: Option<&tree::Expr>, ty: &Type) -> Option<(Known, Span)> {
        let written = written?;
        let expr = self.expr(written, &Place::nowhere(), Some(ty))?;
        match expr.kind {
            ExprKind::Literal(Value::Known(known)) if expr.ty == *ty => Some((known, written.span)),
            _ => {
                let words = "the bounds are plain values of the same kind as the parameter";
                self.report(
                    Diagnostic::new(codes::BOUNDS, written.span, words)
                        .help("write two values such as `from 40 to 70`"),
                );
                None
            }
        }
    }

    /// A due date whose length may be changed locally counts a length from something.
    pub(super) fn length_is_left_open(&mut self, due: &Due) {
        let Some(Local { from, to, span }) = &due.local else { return };
        let lengths = [from, to].into_iter().flatten().all(|it| matches!(it.kind, tree::ExprKind::Length(_)));
        if !lengths || !matches!(due.date.kind, tree::ExprKind::Offset { .. }) {
            let words = "what may be changed locally of a due date is its length";
            let help = "write the date as `due 1 month after …`, and the bounds as lengths: `from 20 days to 2 months`";
            self.report(Diagnostic::new(codes::BOUNDS, *span, words).help(help));
        }
    }
}

/// What is left of the days of one when another holds on its own.
fn outside_of<T: Clone>(older: Dated<T>, newer: &Dated<T>) -> Vec<Dated<T>> {
    let apart = |a: Option<civil::Date>, b: Option<civil::Date>| a.zip(b).is_some_and(|(until, from)| until < from);
    if apart(older.until, newer.from) || apart(newer.until, older.from) {
        return vec![older];
    }
    let before = newer.from.filter(|from| older.from.is_none_or(|it| it < *from)).and_then(|it| it.yesterday().ok());
    let after = newer.until.filter(|until| older.until.is_none_or(|it| *until < it)).and_then(|it| it.tomorrow().ok());
    let before = before.map(|until| Dated { until: Some(until), ..older.clone() });
    let after = after.map(|from| Dated { from: Some(from), ..older });
    before.into_iter().chain(after).collect()
}
