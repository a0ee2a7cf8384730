//! Scenarios: what they replace or add is read as the items of a policy are, at its own place in the text.

use super::context;
use super::errors;
use super::grammar::Rule;
use super::lower_assume;
use super::lower_scenario;
use super::lower_words as words;
use super::parse::{Reader, parse_file};
use super::split::Statement;
use super::tree::{Change, ChangeKind, FrameworkLineKind, Item, Part, Scenario};
use crate::codes_syntax as codes;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;

/// What a scenario may replace or add.
const PARTS: &[&str] =
    &["sanction", "reward", "parameter", "define", "scale", "table", "message", "role", "workflow", "committee"];

/// Stands around a sanction or reward while it is read; at least as many bytes stand before it in every scenario.
const AROUND: &str = "framework x{";

impl<'s> Reader<'s> {
    pub(super) fn scenario(self, statement: &'s Statement) -> Option<Scenario> {
        let head = self.head(statement, Rule::scenario_head, &context::TOP);
        let mut changes = Vec::new();
        for line in statement.block.iter().flat_map(|it| &it.statements) {
            match errors::leading_word(self, line, &context::SCENARIO) {
                Some(word @ ("replace" | "add")) => {
                    let part = if line.broken { None } else { self.part(line, PARTS) };
                    let kind = part.map(|it| if word == "add" { ChangeKind::Add(it) } else { ChangeKind::Replace(it) });
                    changes.extend(kind.map(|kind| Change { kind, span: self.whole(line) }));
                }
                Some("assume") => {
                    let read = self.alone(line, Rule::assume_line, &context::SCENARIO);
                    changes.extend(read.map(|it| lower_assume::line(it, self.whole(line))));
                }
                Some(_) => {
                    let read = self.alone(line, Rule::scenario_line, &context::SCENARIO);
                    changes.extend(read.map(lower_scenario::line));
                }
                None => {}
            }
        }
        let mut head = head?;
        let (name, title) = (words::name(&head.one(Rule::name)), words::title(&mut head));
        Some(Scenario { name, title, changes, span: self.whole(statement) })
    }

    /// What stands behind `replace` or `add`: everything around it is blanked, so that its places stay what they are.
    pub(super) fn part(self, statement: &'s Statement, parts: &[&str]) -> Option<Part> {
        let kind = self.word_at(statement.tokens.start + 1);
        let outcome = matches!(kind, "sanction" | "reward");
        let start = self.split.tokens.get(statement.tokens.start + 1).map_or(statement.bytes.end, |it| it.start);
        let end = statement.block.as_ref().map_or(statement.bytes.end, |it| it.end);
        if !parts.contains(&kind) {
            let span = Span::new(self.file, statement.bytes.start, statement.bytes.end);
            let words = "this can't be replaced or added here";
            let known: Vec<String> = parts.iter().map(|it| format!("`{it}`")).collect();
            let help = format!("name one of {}", known.join(", "));
            self.report(Diagnostic::new(codes::DOES_NOT_FIT, span, words).help(help));
            return None;
        }
        let inside = self.source.get(start..end)?;
        let mut blanked: String =
            self.source.bytes().take(start).map(|it| if it == b'\n' { '\n' } else { ' ' }).collect();
        if outcome {
            blanked.truncate(start.checked_sub(AROUND.len())?);
            blanked.push_str(AROUND);
        }
        blanked.push_str(inside);
        blanked.push_str(if outcome { " }\n" } else { "\n" });
        let mut found = Diagnostics::new();
        let mut items = parse_file(self.file, &blanked, &mut found).items;
        found.iter().for_each(|it| self.report(it.clone()));
        match items.pop()? {
            Item::Framework(framework) => framework.lines.into_iter().find_map(|it| match it.kind {
                FrameworkLineKind::Outcome(outcome) => Some(Part::Outcome(Box::new(outcome))),
                _ => None,
            }),
            item => Some(Part::Item(Box::new(item))),
        }
    }
}
