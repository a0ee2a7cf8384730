//! Conditions that never hold and those that always do, wherever one stands in a policy.
//!
//! What is found holds for all facts that the records allow, and by each value that a parameter ever has. What could not be decided is
//! passed over in silence: here nobody asked.

use jiff::civil::Date;

use crate::calendar::PeriodKind;
use crate::codes_policy as codes;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ids::RecordId;
use crate::policy::model::{Done, Expr, ExprKind, Members, Policy, Shape, Type};
use crate::policy::reasoning::{self, About, Found, Judged, Looks, Terms, Truths};
use crate::source::Sources;

/// A condition and whom it is about.
struct Place<'p> {
    expr: &'p Expr,
    subject: RecordId,
    each: Option<PeriodKind>,
    /// The definition whose whole value it is.
    definition: Option<&'p str>,
    /// Whether it speaks of what only a case knows, so that it can't stand elsewhere.
    in_case: bool,
}

/// Looks at every condition of a policy.
pub(super) fn conditions_can_go_either_way(policy: &Policy, sources: &Sources, looks: &Looks, found: &mut Diagnostics) {
    let mut checker = Checker { policy, sources, found, looks };
    for record in &policy.records {
        let subject = policy.record_named(&record.label.name);
        let own = record.goes_by.iter().filter_map(|it| it.when.as_ref());
        let conditions = record.absent_when.iter().chain(&record.gone_when).chain(own);
        if let Some(subject) = subject {
            conditions.for_each(|it| {
                checker.condition(&Place { expr: it, subject, each: None, definition: None, in_case: false })
            });
        }
    }
    for role in &policy.roles {
        let place = |expr| Place { expr, subject: role.of, each: None, definition: None, in_case: false };
        let still = role.still.iter().map(|it| &it.when);
        role.qualifies.iter().chain(still).for_each(|it| checker.condition(&place(it)));
    }
    for definition in &policy.definitions {
        let name = Some(definition.label.name.as_str());
        let place = Place {
            expr: &definition.value,
            subject: definition.of,
            each: definition.each,
            definition: name,
            in_case: false,
        };
        checker.value(&place);
    }
    for scale in &policy.scales {
        for cap in scale.versions.iter().flat_map(|it| &it.value.caps) {
            let (subject, each) = (scale.subject, scale.each);
            checker.condition(&Place { expr: &cap.when, subject, each, definition: None, in_case: false });
        }
    }
    for framework in &policy.frameworks {
        let place = |expr| Place {
            expr,
            subject: framework.subject,
            each: Some(framework.each),
            definition: None,
            in_case: false,
        };
        framework.condition.iter().for_each(|it| checker.condition(&place(it)));
        for ladder in &framework.ladders {
            ladder
                .climbs
                .iter()
                .chain(ladder.others.iter().map(|it| &it.1))
                .for_each(|it| checker.condition(&place(it)));
        }
        for rule in &framework.rules {
            rule.own_when.iter().chain(&rule.unless).for_each(|it| checker.condition(&place(it)));
            rule.amount.iter().for_each(|it| checker.value(&place(it)));
        }
    }
    for workflow in &policy.workflows {
        let place =
            |expr, in_case| Place { expr, subject: workflow.subject, each: workflow.each, definition: None, in_case };
        let whole =
            workflow.condition.iter().chain(&workflow.suspend).chain(workflow.cancels.iter().map(|it| &it.when));
        whole.for_each(|it| checker.condition(&place(it, false)));
        for stage in &workflow.stages {
            let done = if let Done::When(condition) = &stage.done { Some(condition) } else { None };
            let due = stage.due.iter().filter_map(|it| it.when.as_ref());
            stage.only_if.iter().chain(due).chain(done).for_each(|it| checker.condition(&place(it, true)));
        }
    }
}

struct Checker<'p, 'd> {
    policy: &'p Policy,
    sources: &'p Sources,
    found: &'d mut Diagnostics,
    looks: &'d Looks,
}

/// What is certain of a condition.
enum Certain {
    Never,
    /// It never is a known no; a case in which it holds, ready to paste.
    Always(Option<String>),
}

impl<'p> Checker<'p, '_> {
    fn condition(&mut self, place: &Place<'p>) {
        if !self.part(place) {
            self.inner(place);
        }
    }

    /// A value that may be a condition, or hold some.
    fn value(&mut self, place: &Place<'p>) {
        let versions = matches!(place.expr.kind, ExprKind::Versions(_));
        if place.expr.ty == Type::YesNo && !versions { self.condition(place) } else { self.inner(place) }
    }

    /// Conditions inside of others, and of what is made of others.
    fn inner(&mut self, place: &Place<'p>) {
        let of = |expr| Place { expr, definition: None, ..*place };
        match &place.expr.kind {
            ExprKind::And(parts) | ExprKind::Or(parts) => parts.iter().for_each(|it| self.inner(&of(it))),
            ExprKind::Versions(versions) => versions.iter().for_each(|it| self.value(&of(&it.value))),
            ExprKind::If { condition, then, otherwise } => {
                self.condition(&of(condition));
                self.inner(&of(then));
                self.inner(&of(otherwise));
            }
            ExprKind::History(history) => self.condition(&of(&history.condition)),
            ExprKind::Aggregate(aggregate) => {
                let (subject, each) = match aggregate.members {
                    Members::Children(record) | Members::Referring(record, _) | Members::Within { record, .. } => {
                        (record, place.each)
                    }
                    Members::Periods(kind) => (place.subject, Some(kind)),
                    Members::Last(_) => (place.subject, place.each),
                };
                let member = |expr| Place { expr, subject, each, definition: None, in_case: place.in_case };
                aggregate.filter.iter().for_each(|it| self.condition(&member(it)));
                aggregate.value.iter().for_each(|it| self.value(&member(it)));
            }
            ExprKind::Table(table) => {
                table.columns.iter().for_each(|it| self.value(&of(&it.asked)));
                table.rows.iter().for_each(|it| self.inner(&of(&it.outcome)));
            }
            kind => kind.parts().into_iter().for_each(|it| self.inner(&of(it))),
        }
    }

    /// Reports on a condition, or on those of its parts that decide nothing. Says whether it did.
    fn part(&mut self, place: &Place<'p>) -> bool {
        let parts: Vec<&Expr> = match &place.expr.kind {
            ExprKind::And(parts) | ExprKind::Or(parts) => parts.iter().collect(),
            ExprKind::Not(inner) | ExprKind::OrNo(inner) => vec![inner],
            _ => Vec::new(),
        };
        let narrower = |expr| Place { expr, definition: None, ..*place };
        let mut any = false;
        for part in parts {
            any |= self.part(&narrower(part));
        }
        if any {
            return true;
        }
        let certain = self.certain(place);
        match certain {
            None => false,
            Some(Certain::Never) => {
                let never =
                    Diagnostic::new(codes::NEVER_HOLDS, place.expr.span, "this never holds, whatever the facts");
                let help = "compare it with the choices, and the least and greatest values, that the records declare";
                self.found.push(never.help(help));
                true
            }
            Some(Certain::Always(example)) => {
                let words = "this always holds, whatever the facts, as soon as they are known";
                let always = Diagnostic::new(codes::ALWAYS_HOLDS, place.expr.span, words);
                let help = "take it out, or ask for less than the records declare";
                let example = example.map(|it| format!("; to try it:\n{it}")).unwrap_or_default();
                self.found.push(always.help(format!("{help}{example}")));
                true
            }
        }
    }

    fn certain(&self, place: &Place<'p>) -> Option<Certain> {
        let condition = [place.expr];
        let days = reasoning::days(self.policy, &condition, [])?;
        let (mut never, mut always) = (true, true);
        let mut case = None;
        for (at, day) in days.iter().enumerate() {
            let terms = Terms::of(self.policy, *day, &condition);
            if terms.list.is_empty() {
                return None;
            }
            let is = |wanted: Truths| {
                reasoning::find(
                    &terms,
                    &|look| {
                        let truths = look.truths(place.expr);
                        match (truths.has(wanted), truths.is_only(wanted)) {
                            (_, true) => Judged::Holds,
                            (true, false) => Judged::Open,
                            (false, false) => Judged::Fails,
                        }
                    },
                    self.looks,
                )
            };
            match is(Truths::YES) {
                Found::None => {}
                Found::Open => never = false,
                Found::Case(world) => {
                    never = false;
                    if always {
                        case = Some((terms_day(&days, at), world, *day));
                    }
                }
            }
            always &= is(Truths::NO) == Found::None;
            if !never && !always {
                return None;
            }
        }
        match (never, case) {
            (true, None) if always => None,
            (true, _) => Some(Certain::Never),
            (false, Some(((from, before), world, day))) => {
                let about = About { subject: place.subject, each: place.each, from, before };
                let terms = Terms::of(self.policy, day, &condition);
                Some(Certain::Always(self.example(place, &terms, &world, about)))
            }
            (false, None) => None,
        }
    }

    /// An `example` that shows that a condition holds; of one that has no name, with a definition that gives it one.
    fn example(&self, place: &Place<'p>, terms: &Terms<'_>, world: &reasoning::World, about: About) -> Option<String> {
        let entity = matches!(self.policy.record(place.subject).shape, Shape::Entity { .. });
        if place.in_case || !entity {
            return None;
        }
        let sample = reasoning::sample(terms, world, about, "A")?;
        let (name, before) = match place.definition {
            Some(name) => (name.to_owned(), String::new()),
            None => {
                let subject = &self.policy.record(place.subject).label.name;
                let each =
                    place.each.map(|it| format!(" each {}", self.policy.main().kind_name(it))).unwrap_or_default();
                let text = self
                    .sources
                    .file(place.expr.span.file)
                    .text
                    .get(place.expr.span.start as usize..place.expr.span.end as usize)?;
                let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                if text.contains(['#', '"', '`']) {
                    return None;
                }
                ("shown".to_owned(), format!("define shown of {subject}{each} = {text}\n"))
            }
        };
        let title =
            if sample.words.is_empty() { "It holds".to_owned() } else { format!("It holds when {}", sample.words) };
        Some(format!("{before}{}", sample.example(&title, &[format!("{name} of A{} is yes", sample.period)])))
    }
}

/// The day from which rules hold and the first on which they no longer do.
fn terms_day(days: &[Option<Date>], at: usize) -> (Option<Date>, Option<Date>) {
    (days[at], days.get(at + 1).copied().flatten())
}
