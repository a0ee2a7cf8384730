//! Everything of a policy that an example can touch.

use crate::policy::framework::Framework;
use crate::policy::model::{Done, Expr, ExprKind, Policy, Workflow};
use crate::source::Span;

/// Something that an example can touch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Of which thing of the policy.
    pub(super) name: String,
    /// What nobody touches, in words.
    pub(super) what: String,
    pub(super) kind: &'static str,
    pub(super) span: Span,
    pub(super) test: Test,
}

/// What must have happened for a place to be touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Test {
    /// The line applied.
    Applied,
    /// The condition was yes, or no.
    Was(bool),
}

/// Gathers places.
pub(super) struct Places {
    pub(super) all: Vec<Place>,
    name: String,
}

impl Places {
    /// All of a policy, in the order of its things. What a workflow says that can't be run yet is left out: no example reaches it.
    pub(super) fn of(policy: &Policy) -> Vec<Place> {
        let mut places = Self { all: Vec::new(), name: String::new() };
        places.records(policy);
        places.values(policy);
        policy.frameworks.iter().for_each(|it| places.framework(it));
        policy.workflows.iter().filter(|it| it.runs()).for_each(|it| places.workflow(it));
        let mut all = places.all;
        all.sort_by_key(|it| (it.span.file, it.span.start, it.span.end));
        all.dedup_by(|a, b| (a.span, a.test) == (b.span, b.test));
        all
    }

    fn add(&mut self, kind: &'static str, what: impl Into<String>, span: Span, test: Test) {
        self.all.push(Place { name: self.name.clone(), what: what.into(), kind, span, test });
    }

    fn records(&mut self, policy: &Policy) {
        for record in &policy.records {
            self.name.clone_from(&record.label.name);
            for (word, condition) in [("absent when", &record.absent_when), ("gone when", &record.gone_when)] {
                condition.iter().for_each(|it| self.condition(word, it));
            }
            for line in &record.goes_by {
                match &line.when {
                    Some(when) => self.condition("by calendar", when),
                    None => self.add("calendar", "nobody goes by it", line.span, Test::Applied),
                }
            }
        }
        for role in &policy.roles {
            self.name.clone_from(&role.label.name);
            for line in &role.lines {
                self.add("role", "nobody is found this way", *line, Test::Applied);
            }
            role.qualifies.iter().for_each(|it| self.condition("qualifies when", it));
            role.still.iter().for_each(|it| self.condition("may still act", &it.when));
        }
    }

    fn values(&mut self, policy: &Policy) {
        for definition in &policy.definitions {
            self.name.clone_from(&definition.label.name);
            match &definition.value.kind {
                ExprKind::Table(table) => {
                    for row in &table.rows {
                        self.add("row", "this row never applies", row.span, Test::Applied);
                        self.inside(&row.outcome);
                    }
                    table.columns.iter().for_each(|it| self.inside(&it.asked));
                }
                _ => self.inside(&definition.value),
            }
        }
        for scale in &policy.scales {
            self.name.clone_from(&scale.label.name);
            let choices = &policy.choices[scale.choices.index()].choices;
            for version in scale.versions.iter().map(|it| &it.value) {
                for band in &version.bands {
                    let name = choices.get(band.choice as usize).map_or("", |it| &it.name);
                    self.add("band", format!("`{name}` never comes out"), band.span, Test::Applied);
                }
                for cap in &version.caps {
                    self.condition("when", &cap.when);
                }
                self.inside(&version.of);
            }
        }
    }

    fn framework(&mut self, framework: &Framework) {
        self.name.clone_from(&framework.label.name);
        framework.condition.iter().for_each(|it| self.condition("where", it));
        for ladder in &framework.ladders {
            ladder.climbs.iter().for_each(|it| self.condition("a step when", it));
            ladder.others.iter().for_each(|(words, it)| self.condition(words, it));
        }
        for rule in &framework.rules {
            self.name.clone_from(&rule.label.name);
            self.add("rule", "it is never proposed", rule.label.span, Test::Applied);
            self.condition("when", &rule.when);
            rule.unless.iter().for_each(|it| self.condition("unless", it));
            rule.amount.iter().for_each(|it| self.inside(it));
        }
    }

    fn workflow(&mut self, flow: &Workflow) {
        self.name.clone_from(&flow.label.name);
        flow.condition.iter().for_each(|it| self.condition("where", it));
        flow.suspend.iter().for_each(|it| self.condition("suspend the clock while", it));
        flow.cancels.iter().for_each(|it| self.condition("cancel when", &it.when));
        for stage in &flow.stages {
            self.name = format!("{}.{}", flow.label.name, stage.label.name);
            self.add("stage", "it never opens", stage.label.span, Test::Applied);
            self.add("stage", "it is never done", stage.label.span, Test::Was(true));
            if stage.closes.is_some() || stage.lapses_at_due {
                self.add("stage", "it never lapses", stage.label.span, Test::Was(false));
            }
            for choice in &stage.choices {
                self.add("choice", format!("`{}` is never chosen", choice.name), choice.span, Test::Applied);
            }
            stage.only_if.iter().for_each(|it| self.condition("only if", it));
            if let Done::When(condition) = &stage.done {
                self.condition("done when", condition);
            }
            for line in &stage.due {
                self.add("due", "this due date never applies", line.span, Test::Applied);
                line.when.iter().for_each(|it| self.condition("when", it));
            }
            for step in &stage.steps {
                self.add("step", format!("`{}` is never taken", step.name), step.span, Test::Applied);
            }
        }
    }

    /// A condition on which something rests: yes in one example, no in another; and so are its parts.
    fn condition(&mut self, word: &str, expr: &Expr) {
        self.both(&format!("the condition behind `{word}`"), expr);
        self.inside(expr);
    }

    fn both(&mut self, what: &str, expr: &Expr) {
        for (yes, word) in [(true, "yes"), (false, "no")] {
            self.add("branch", format!("{what} is never {word}"), expr.span, Test::Was(yes));
        }
    }

    fn inside(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::And(parts) | ExprKind::Or(parts) => {
                let word = if matches!(expr.kind, ExprKind::And(_)) { "and" } else { "or" };
                for part in parts {
                    match &part.kind {
                        // An exception from an exception stands in its place.
                        ExprKind::Not(inner) if part.span == expr.span => {
                            self.both("the condition behind `except`", inner);
                        }
                        _ => self.both(&format!("this side of `{word}`"), part),
                    }
                }
            }
            ExprKind::If { condition, .. } => self.both("the condition behind `if`", condition),
            ExprKind::History(history) => self.both("the condition of the history", &history.condition),
            ExprKind::Aggregate(aggregate) => {
                if let Some(filter) = &aggregate.filter {
                    self.both("the condition behind `where`", filter);
                    self.inside(filter);
                }
                aggregate.value.iter().for_each(|it| self.inside(it));
            }
            _ => {}
        }
        expr.kind.parts().into_iter().for_each(|it| self.inside(it));
    }
}
