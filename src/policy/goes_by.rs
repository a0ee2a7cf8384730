//! By which calendar a record goes: its own, or that of the record that it belongs to.

use std::collections::BTreeSet;

use crate::codes_policy as codes;
use crate::diagnostic::Diagnostic;
use crate::ids::RecordId;
use crate::policy::model::{Expr, Policy, Workflow};
use crate::policy::names::Builder;
use crate::source::Span;
use crate::syntax::tree;

/// A line that says by which calendar records go.
#[derive(Debug, Clone)]
pub struct GoesBy {
    /// The calendar, an index into [`Policy::calendars`].
    pub calendar: usize,
    /// Of which records it says so; of all where nothing is written.
    pub when: Option<Expr>,
    /// Where it stands.
    pub span: Span,
}

impl Policy {
    /// The record type whose lines say by which calendar records of a type go, and these lines: its own, else those of what it
    /// belongs to. Nothing where no line says so.
    #[must_use]
    pub fn calendar_lines(&self, record: RecordId) -> Option<(RecordId, &[GoesBy])> {
        let mut at = record;
        // Records belong to each other without a circle, and at most as often as there are types.
        for _ in 0..=self.records.len() {
            match self.record(at).goes_by.as_slice() {
                [] => at = self.child_of(at)?,
                lines => return Some((at, lines)),
            }
        }
        None
    }

    /// Every calendar by which cases of a workflow may count.
    #[must_use]
    pub fn calendars_of(&self, workflow: &Workflow) -> BTreeSet<usize> {
        let lines = self.calendar_lines(workflow.subject).filter(|_| !workflow.names_calendar);
        let lines = lines.map_or(&[][..], |it| it.1);
        let always = lines.last().is_some_and(|it| it.when.is_none());
        let own = lines.iter().map(|it| it.calendar);
        own.chain((!always).then_some(workflow.calendar)).collect()
    }
}

impl Builder<'_, '_> {
    /// The lines of a record that say by which calendar its records go.
    pub(super) fn goes_by(&mut self, written: &tree::Record, record: RecordId) -> Vec<GoesBy> {
        if let (Some(line), Some(of)) = (written.goes_by.first().filter(|_| written.each.is_some()), &written.of) {
            let words = format!(
                "`{}` is kept for each period of a `{}`, and goes by their calendar",
                written.name.text, of.text
            );
            let finding = Diagnostic::new(codes::GOES_BY_NOTHING, line.span, words);
            self.report(finding.help(format!("write the line into record `{}`", of.text)));
            return Vec::new();
        }
        let mut lines: Vec<GoesBy> = Vec::new();
        let mut all: Option<&tree::GoesBy> = None;
        for line in &written.goes_by {
            if let Some(all) = all {
                let words = "this line is never asked: the one above it holds for every record";
                let finding = Diagnostic::new(codes::GOES_BY_NOTHING, line.span, words).label(all.span, "this one");
                self.report(finding.help("put the line without `when` last"));
                continue;
            }
            let calendar = self.calendar_named(Some(&line.calendar));
            match &line.when {
                None => {
                    all = Some(line);
                    lines.push(GoesBy { calendar, when: None, span: line.span });
                }
                Some(when) => {
                    let when = self.condition(when, record, None);
                    lines.extend(when.map(|when| GoesBy { calendar, when: Some(when), span: line.span }));
                }
            }
        }
        lines
    }
}
