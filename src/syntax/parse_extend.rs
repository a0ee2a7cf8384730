//! Local texts: what they replace is read as the items of a policy are.

use super::context;
use super::errors;
use super::grammar::Rule;
use super::lower_scenario;
use super::lower_words as words;
use super::parse::{Reader, statements};
use super::split::Statement;
use super::tree::{Change, ChangeKind, Extend};

/// What a local text may replace; of parameters and due dates it sets the values.
const PARTS: &[&str] = &["define", "scale", "table", "message", "role"];

impl<'s> Reader<'s> {
    pub(super) fn extend(self, statement: &'s Statement) -> Option<Extend> {
        let head = self.head(statement, Rule::extend_head, &context::TOP);
        let mut changes = Vec::new();
        for line in statements(self.block(statement)) {
            match errors::leading_word(self, line, &context::EXTEND) {
                Some("replace") => {
                    let part = if line.broken { None } else { self.part(line, PARTS) };
                    let span = self.whole(line);
                    changes.extend(part.map(|it| Change { kind: ChangeKind::Replace(it), span }));
                }
                Some(_) => {
                    let read = self.alone(line, Rule::extend_line, &context::EXTEND);
                    changes.extend(read.map(lower_scenario::line));
                }
                None => {}
            }
        }
        let title = words::text(&head?.one(Rule::text));
        Some(Extend { title, changes, span: self.whole(statement) })
    }
}
