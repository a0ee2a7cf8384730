//! Texts with placeholders.

use super::cursor::{Cursor, Place};
use super::errors;
use super::grammar::Rule;
use super::lower_expression::sum;
use super::lower_words as words;
use super::tree::{Template, TemplatePart};
use crate::codes_syntax as codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// The text behind `subject` or `body`.
pub(super) fn template(mut cursor: Cursor<'_>) -> Template {
    let it = cursor.one(Rule::template).first();
    let (start, end) = (it.span().start as usize, it.span().end as usize);
    let quotes = if it.rule() == Rule::text_block { 3 } else { 1 };
    let lines = lines(it.place().source, start + quotes, end - quotes);
    let mut builder = Builder { place: it.place(), parts: Vec::new(), text: String::new() };
    for (number, (from, line)) in lines.into_iter().enumerate() {
        if number > 0 {
            builder.text.push('\n');
        }
        builder.line(from, line);
    }
    builder.end_text();
    Template { parts: builder.parts, span: it.span() }
}

/// The lines of a text, each with the byte at which it begins: without the empty first and last line of a `"""` text and
/// without the indentation that its lines share.
fn lines(source: &str, start: usize, end: usize) -> Vec<(usize, &str)> {
    let mut at = start;
    let mut lines: Vec<(usize, &str)> = Vec::new();
    for line in source[start..end].split('\n') {
        lines.push((at, line.strip_suffix('\r').unwrap_or(line)));
        at += line.len() + 1;
    }
    if lines.len() == 1 {
        return lines;
    }
    if lines.last().is_some_and(|(_, it)| it.trim().is_empty()) {
        lines.pop();
    }
    let first_is_empty = lines.first().is_some_and(|(_, it)| it.trim().is_empty());
    if first_is_empty {
        lines.remove(0);
    }
    let indented = if first_is_empty { 0 } else { 1.min(lines.len()) };
    let shared = shared_indentation(lines[indented..].iter().map(|(_, it)| *it)).unwrap_or(0);
    for (from, line) in &mut lines[indented..] {
        let cut = shared.min(blanks(line));
        (*from, *line) = (*from + cut, &line[cut..]);
    }
    lines
}

/// The blanks with which every filled line begins; nothing where no line is filled.
pub(super) fn shared_indentation<'s>(lines: impl Iterator<Item = &'s str>) -> Option<usize> {
    lines.filter(|it| !it.trim().is_empty()).map(blanks).min()
}

/// With how many blanks a line begins.
pub(super) fn blanks(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

struct Builder<'s> {
    place: Place<'s>,
    parts: Vec<TemplatePart>,
    text: String,
}

impl Builder<'_> {
    fn end_text(&mut self) {
        if !self.text.is_empty() {
            self.parts.push(TemplatePart::Text(std::mem::take(&mut self.text)));
        }
    }

    fn line(&mut self, from: usize, line: &str) {
        let mut at = 0;
        while let Some(length) = line[at..].find(['{', '}']) {
            let sign = at + length;
            self.text.push_str(&line[at..sign]);
            at = if line[sign..].starts_with('{') {
                self.placeholder(from, line, sign)
            } else {
                self.astray(from, sign)
            };
        }
        self.text.push_str(&line[at..]);
    }

    /// Reads the placeholder whose `{` stands at `sign`; gives the place behind it.
    fn placeholder(&mut self, from: usize, line: &str, sign: usize) -> usize {
        let Some(length) = closing(&line[sign..]) else {
            self.refuse(from + sign, "this placeholder is not closed on its line", "put `}` behind it");
            return line.len();
        };
        let end = sign + length + 1;
        let span = Span::new(self.place.file, from + sign, from + end);
        let place = Place { base: from + sign + 1, ..self.place };
        match errors::read_placeholder(&line[sign + 1..end - 1], place) {
            Ok(mut it) => {
                self.end_text();
                let value = sum(it.one(Rule::sum));
                let otherwise = it.maybe(Rule::text).map(|it| words::text(&it));
                self.parts.push(TemplatePart::Placeholder { value, otherwise, span });
            }
            Err(finding) => self.place.found.borrow_mut().push(finding),
        }
        end
    }

    fn astray(&mut self, from: usize, sign: usize) -> usize {
        self.refuse(from + sign, "this `}` belongs to no placeholder", "a placeholder is written `{member.name}`");
        sign + 1
    }

    fn refuse(&mut self, at: usize, message: &str, help: &str) {
        let span = Span::new(self.place.file, at, at + 1);
        self.place.found.borrow_mut().push(Diagnostic::new(codes::PLACEHOLDER, span, message).help(help));
    }
}

/// Where the `}` stands that closes the `{` at the beginning; one inside a text does not count.
fn closing(text: &str) -> Option<usize> {
    let mut in_text = false;
    text.char_indices()
        .find(|(_, it)| {
            in_text ^= *it == '"';
            *it == '}' && !in_text
        })
        .map(|(at, _)| at)
}
