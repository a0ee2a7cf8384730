//! Reads workflows and committees: blocks that hold other blocks.

use super::context;
use super::cursor::Cursor;
use super::errors;
use super::grammar::Rule;
use super::parse::{Reader, name_and_title, statements};
use super::split::Statement;
use super::tree::{
    Committee, CommitteeLine, CommitteeLineKind, Stage, StageLine, StageLineKind, Workflow, WorkflowLine,
    WorkflowLineKind,
};
use super::{lower_committee, lower_words as words, lower_workflow};

impl<'s> Reader<'s> {
    pub(super) fn workflow(self, statement: &'s Statement) -> Option<Workflow> {
        let head = self.head(statement, Rule::workflow_head, &context::TOP);
        let mut lines = Vec::new();
        for line in statements(self.block(statement)) {
            let kind = match errors::leading_word(self, line, &context::WORKFLOW) {
                Some("stage") => self.stage(line).map(WorkflowLineKind::Stage),
                Some("decision") => self.decision(line).map(WorkflowLineKind::Stage),
                Some("together") => Some(self.together(line)),
                Some(_) => {
                    let read = self.alone(line, Rule::workflow_line, &context::WORKFLOW);
                    lines.extend(read.map(lower_workflow::line));
                    None
                }
                None => None,
            };
            lines.extend(kind.map(|kind| WorkflowLine { kind, span: self.whole(line) }));
        }
        let mut head = head?;
        let (name, title) = name_and_title(&mut head);
        if let Some(mut it) = head.maybe(Rule::proposed) {
            let span = it.span();
            lines.insert(0, WorkflowLine { kind: lower_workflow::proposed(&mut it), span });
        }
        Some(Workflow { name, title, lines, span: self.whole(statement) })
    }

    fn together(self, statement: &'s Statement) -> WorkflowLineKind {
        let head = self.head(statement, Rule::together_head, &context::WORKFLOW);
        let one_at_a_time = head.is_some_and(|it| it.has(Rule::kw_one_at_a_time));
        let mut stages = Vec::new();
        for line in statements(self.block(statement)) {
            match errors::leading_word(self, line, &context::TOGETHER) {
                Some("stage") => stages.extend(self.stage(line)),
                Some("decision") => stages.extend(self.decision(line)),
                Some(_) | None => {}
            }
        }
        WorkflowLineKind::Together { stages, one_at_a_time }
    }

    fn stage(self, statement: &'s Statement) -> Option<Stage> {
        let head = self.head(statement, Rule::stage_head, &context::WORKFLOW);
        let lines = self.stage_lines(statement);
        let mut head = head?;
        let (name, title) = name_and_title(&mut head);
        let for_each = head.maybe(Rule::one_each).map(lower_workflow::one_each);
        Some(Stage { name, title, decided_by: None, for_each, lines, span: self.whole(statement) })
    }

    fn decision(self, statement: &'s Statement) -> Option<Stage> {
        let head = self.head(statement, Rule::decision_head, &context::WORKFLOW);
        let lines = self.stage_lines(statement);
        Some(self.decided(&mut head?, lines, statement))
    }

    fn decided(self, head: &mut Cursor<'s>, lines: Vec<StageLine>, statement: &'s Statement) -> Stage {
        let (name, title) = name_and_title(head);
        let decided_by = head.maybe(Rule::name).map(|it| words::name(&it));
        Stage { name, title, decided_by, for_each: None, lines, span: self.whole(statement) }
    }

    /// The lines of a stage; behind `on …` may stand another, with a block of its own.
    fn stage_lines(self, statement: &'s Statement) -> Vec<StageLine> {
        let mut lines = Vec::new();
        for line in statements(self.block(statement)) {
            if line.block.is_some() && self.begins_with(line, "on") {
                let kind = self.inside(line);
                lines.extend(kind.map(|kind| StageLine { kind, span: self.whole(line) }));
            } else if let Some(it) = self.line(line, &context::STAGE) {
                lines.push(lower_workflow::stage_line(it));
            }
        }
        lines
    }

    /// `on appeal decision appeal_ruling by service_commission { … }`
    fn inside(self, statement: &'s Statement) -> Option<StageLineKind> {
        let head = self.head(statement, Rule::inside_head, &context::STAGE);
        let lines = self.stage_lines(statement);
        let mut head = head?;
        let choice = words::name(&head.one(Rule::name));
        let stage = Box::new(self.decided(&mut head, lines, statement));
        Some(StageLineKind::OnInside { choice, stage })
    }

    pub(super) fn committee(self, statement: &'s Statement) -> Option<Committee> {
        let head = self.head(statement, Rule::committee_head, &context::TOP);
        let mut lines = Vec::new();
        for line in statements(self.block(statement)) {
            if line.block.is_some() && self.begins_with(line, "for") {
                self.head(line, Rule::panel_head, &context::COMMITTEE);
                let inner = self.lines(self.block(line), &context::PANEL, |it| Some(lower_committee::line(it)));
                lines.push(CommitteeLine { kind: CommitteeLineKind::ForEachCase(inner), span: self.whole(line) });
            } else if let Some(it) = self.line(line, &context::COMMITTEE) {
                lines.push(lower_committee::line(it));
            }
        }
        let mut head = head?;
        let (name, title) = name_and_title(&mut head);
        let of = words::name_in(&mut head, Rule::of_part);
        Some(Committee { name, title, of, lines, span: self.whole(statement) })
    }
}
