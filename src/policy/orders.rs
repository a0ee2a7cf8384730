//! Orders about one period: their workflow, stage and period looked up, and whether they can hold.

use jiff::civil::Date;

use crate::calendar::{Period, PeriodKind};
use crate::codes_flow as codes;
use crate::diagnostic::Diagnostic;
use crate::policy::calendars::roll_of;
use crate::policy::expressions::Place;
use crate::policy::model::{DateRule, Point, Stage};
use crate::policy::names::{Builder, Meaning};
use crate::policy::order::{Adjustment, Exemption, Order, OrderedDay};
use crate::source::Span;
use crate::syntax::tree::{self, Item, PeriodLiteral};

impl Builder<'_, '_> {
    /// Every order, each with what it is about.
    pub(super) fn orders(&mut self) {
        for item in self.items.clone() {
            match item {
                Item::Adjust(written) => self.adjust(written),
                Item::Exempt(written) => self.exempt(written),
                _ => {}
            }
        }
    }

    fn adjust(&mut self, written: &tree::Adjust) {
        let Some(flow) = self.policy.workflows.iter().position(|it| it.label.name == written.workflow.text) else {
            let known: Vec<String> = self.policy.workflows.iter().map(|it| it.label.name.clone()).collect();
            return self.unknown_name(&written.workflow, "workflow", &known);
        };
        let workflow = &self.policy.workflows[flow];
        let (each, stages) = (workflow.each, workflow.stages.iter());
        let Some(at) = stages.clone().position(|it| it.label.name == written.stage.text) else {
            let known: Vec<String> = stages.map(|it| it.label.name.clone()).collect();
            return self.unknown_name(&written.stage, "stage", &known);
        };
        let period = self.period_of_order(&written.period, each);
        let order = self.order(written.by.as_ref(), written.span);
        let due = written.due.as_ref().and_then(|it| self.ordered_day(it));
        let closes = written.closes.as_ref().and_then(|it| self.date(it));
        if written.due.is_none() && written.closes.is_none() {
            let words = "this order moves no date";
            let help = "say the new date, such as `due 31 August 2025`";
            self.report(Diagnostic::new(codes::MOVES_NOTHING, written.stage.span, words).help(help));
        }
        let (Some(period), Some(order)) = (period, order) else { return };
        let reopens = written.reopens.is_some();
        let adjustment = Adjustment { period, due, closes, reopens, order };
        self.dates_of_an_order_can_hold(&self.policy.workflows[flow].stages[at].clone(), &adjustment);
        self.policy.workflows[flow].stages[at].adjusted.push(adjustment);
    }

    fn exempt(&mut self, written: &tree::Exempt) {
        let name = &written.from.text;
        let flow = self.policy.workflows.iter().position(|it| it.label.name == *name);
        let framework = self.policy.frameworks.iter().position(|it| it.label.name == *name);
        let (subject, each) = match (flow, framework) {
            (Some(at), _) => (self.policy.workflows[at].subject, self.policy.workflows[at].each),
            (None, Some(at)) => (self.policy.frameworks[at].subject, Some(self.policy.frameworks[at].each)),
            (None, None) => {
                let known = self.names_of(|it| matches!(it, Meaning::Workflow | Meaning::Framework));
                return self.unknown_name(&written.from, "workflow or framework", &known);
            }
        };
        let Some(record) = self.record_id(&written.record) else { return };
        if record != subject {
            let (of, own) = (&self.policy.record(subject).label.name, &written.record.text);
            let words = format!("`{name}` is about each `{of}`, not about each `{own}`");
            let help = format!("write `exempt each {of} where …`");
            self.report(Diagnostic::new(codes::EXEMPTS_OTHERS, written.record.span, words).help(help));
            return;
        }
        let period = self.period_of_order(&written.period, each);
        let order = self.order(written.by.as_ref(), written.span);
        let place = Place { subject: Some(subject), each, ..Place::nowhere() };
        let condition = written.condition.as_ref().map(|it| self.condition_at(it, &place));
        let (Some(period), Some(order)) = (period, order) else { return };
        let condition = match condition {
            Some(None) => return,
            Some(condition) => condition,
            None => None,
        };
        let exemption = Exemption { period, condition, order };
        match (flow, framework) {
            (Some(at), _) => self.policy.workflows[at].exempt.push(exemption),
            (None, Some(at)) => self.policy.frameworks[at].exempt.push(exemption),
            (None, None) => {}
        }
    }

    fn period_of_order(&mut self, written: &PeriodLiteral, each: Option<PeriodKind>) -> Option<Period> {
        let Some(kind) = each else {
            let words =
                "this workflow runs once for each record, so that an order about a period concerns none of its cases";
            let help = "orders speak of workflows `for each … each` and a period";
            self.report(Diagnostic::new(codes::ORDER_PERIOD, written.span, words).help(help));
            return None;
        };
        let calendar = self.policy.main();
        let found = calendar.period_from_label(kind, &written.label).ok();
        if found.is_none() {
            let words = format!("`{}` is no {}", written.label, calendar.kind_name(kind));
            let example = calendar.period_containing(kind, jiff::civil::date(2026, 7, 1)).map(|it| calendar.label(&it));
            let help = example.map_or_else(|_| String::new(), |it| format!("write it as the calendar does: `{it}`"));
            self.report(Diagnostic::new(codes::ORDER_PERIOD, written.span, words).help(help));
        }
        found
    }

    fn order(&mut self, written: Option<&tree::ByOrder>, span: Span) -> Option<Order> {
        let Some(by) = written else {
            if !self.unparsed {
                let words = "nobody has ordered this";
                let help = "say by what and of which day: `by order \"Circular 3 of 2025\" of 15 July 2025`";
                self.report(Diagnostic::new(codes::NOBODY_ORDERED, span, words).help(help));
            }
            return None;
        };
        Some(Order { authority: by.authority.text.clone(), of: self.date(&by.of)?, span: by.span })
    }

    fn ordered_day(&mut self, written: &tree::NewDue) -> Option<OrderedDay> {
        let clock = written.clock.as_ref().map(|it| self.clock(it));
        Some(OrderedDay { day: self.date(&written.date)?, clock, roll: written.roll.map(roll_of) })
    }

    /// The day lies behind the opening and before the closing, as far as that can be told, and no other order of the day says
    /// the same.
    fn dates_of_an_order_can_hold(&mut self, stage: &Stage, adjustment: &Adjustment) {
        let span = adjustment.order.span;
        let due = adjustment.due.as_ref().map(|it| it.day);
        let same = |it: &&Adjustment| it.period == adjustment.period && it.order.of == adjustment.order.of;
        let says_both = |it: &&Adjustment| {
            (it.due.is_some() && due.is_some()) || (it.closes.is_some() && adjustment.closes.is_some())
        };
        if let Some(first) = stage.adjusted.iter().filter(same).find(says_both) {
            let words = format!("two orders of one day move a date of stage `{}` in this period", stage.label.name);
            let twice = Diagnostic::new(codes::TWO_ORDERS, span, words).label(first.order.span, "the other order");
            self.report(twice.help("keep the one that holds; a later order has a later day"));
        }
        let opens = opening_in(stage, &adjustment.period);
        let day = crate::calendar::day_in_words;
        if let Some((due, opens)) = due.zip(opens).filter(|(due, opens)| due < opens) {
            let words =
                format!("stage `{}` would be due on {}, before it opens on {}", stage.label.name, day(due), day(opens));
            self.report(Diagnostic::new(codes::ORDERED_TOO_EARLY, span, words).help("name a later day"));
        }
        let earlier = stage.adjusted.iter().rev().filter(|it| it.period == adjustment.period);
        let closes = adjustment.closes.or_else(|| earlier.clone().find_map(|it| it.closes));
        let closes = closes.or_else(|| known_day(stage.closes.as_ref()?, &adjustment.period));
        if let Some((due, closes)) = due.zip(closes).filter(|(due, closes)| due > closes) {
            let (name, due, closes) = (&stage.label.name, day(due), day(closes));
            let words = format!("stage `{name}` would be due on {due}, and nobody may write after {closes}");
            let help = "move the closing in the same order: `closes` and a day that is not before it";
            self.report(Diagnostic::new(codes::ORDERED_TOO_EARLY, span, words).help(help));
        }
    }
}

/// The first day on which a stage can open in a period, as far as its text alone tells.
fn opening_in(stage: &Stage, period: &Period) -> Option<Date> {
    let Some(rule) = &stage.opens else { return Some(period.first) };
    match rule {
        DateRule::At(Point::PeriodEnd(kind)) if *kind == period.kind => period.last.tomorrow().ok(),
        other => known_day(other, period),
    }
}

/// The day of a rule, where the period alone tells it.
fn known_day(rule: &DateRule, period: &Period) -> Option<Date> {
    let DateRule::At(point) = rule else { return None };
    match point {
        Point::Date(day) => Some(*day),
        Point::PeriodStart(kind) if *kind == period.kind => Some(period.first),
        Point::PeriodEnd(kind) if *kind == period.kind => Some(period.last),
        Point::DayMonth { month, day, after_the_year } => {
            let from = if *after_the_year { period.last.tomorrow().ok()? } else { period.first };
            let in_year = |year: i16| Date::new(year, *month, *day).ok();
            let days = (from.year()..from.year().saturating_add(2)).filter_map(in_year);
            days.into_iter().find(|it| *it >= from)
        }
        _ => None,
    }
}
