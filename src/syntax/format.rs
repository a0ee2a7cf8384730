//! The canonical form of a policy file: the same words, spaced as everybody spaces them.
//!
//! It works on words and lines, not on the tree, so that what the grammar learns is formatted from the first day. It never
//! joins two lines of an author, never touches what stands in a text or a comment, and never moves a word before another. The
//! rules stand in `docs/language.md`; what stands between two words is in `spacing`, what stands under each other in `columns`.

use super::columns::{self, Class, Line, WIDEST};
use super::lines::Lines;
use super::lower_message::{blanks, shared_indentation};
use super::parse::parse_file;
use super::spacing::Spacing;
use super::split::{self, Block, Split, Statement};
use super::token::Kind;
use crate::diagnostic::Diagnostics;
use crate::source::FileId;

/// How far a block stands farther right than its head.
const STEP: usize = 2;

/// The canonical form of a file. A file that can't be read has none, and what is wrong with it is put into `found`.
#[must_use]
pub fn format(file: FileId, source: &str, found: &mut Diagnostics) -> Option<String> {
    let mut own = Diagnostics::new();
    parse_file(file, source, &mut own);
    let good = own.no_errors();
    own.iter().for_each(|it| found.push(it.clone()));
    good.then(|| {
        let split = split::split(file, source);
        let form = write(source, &split);
        let kept = words_of(source, &split) == words_of(&form, &split::split(file, &form));
        assert!(kept, "the formatter must keep every word, text and comment");
        form
    })
}

fn write(source: &str, split: &Split) -> String {
    let mut writer = Writer::new(source, split);
    writer.statements(&split.statements, 0);
    writer.comments_until(source.len(), 0, true);
    columns::print(writer.lines)
}

/// What no formatting may change: words and signs, texts but for the indentation of their lines, comments.
fn words_of<'s>(source: &'s str, split: &Split) -> Vec<Vec<&'s str>> {
    let tokens = split.tokens.iter().filter(|it| !matches!(it.kind, Kind::Newline | Kind::Semicolon));
    let comments = split.comments.iter().map(|it| (it.start as usize, it.end as usize));
    let pieces = tokens.map(|it| (it.start, it.end)).chain(comments);
    pieces.map(|(start, end)| source[start..end].lines().map(str::trim).collect()).collect()
}

struct Writer<'s> {
    source: &'s str,
    split: &'s Split,
    spacing: Spacing<'s>,
    lines: Vec<Line>,
    /// How many comments are written.
    comments: usize,
    /// The byte behind what was written last.
    written: usize,
    /// Whether a block or the file has just begun, so that no blank line stands here.
    fresh: bool,
}

impl<'s> Writer<'s> {
    fn new(source: &'s str, split: &'s Split) -> Self {
        let spacing = Spacing { lines: Lines { source, tokens: &split.tokens } };
        Self { source, split, spacing, lines: Vec::new(), comments: 0, written: 0, fresh: true }
    }

    fn statements(&mut self, statements: &[Statement], depth: usize) {
        for statement in statements {
            self.comments_until(statement.bytes.start, depth * STEP, true);
            self.statement(statement, depth);
        }
    }

    fn statement(&mut self, statement: &Statement, depth: usize) {
        let indent = depth * STEP;
        let first: Vec<usize> =
            statement.tokens.clone().take_while(|it| self.spacing.token(*it).kind != Kind::Newline).collect();
        let (class, breaks) = self.spacing.columns(&first, depth, statement.block.is_some());
        self.begin(class, indent, statement.bytes.start);
        self.words(statement, indent, &breaks);
        self.written = statement.bytes.end;
        if let Some(block) = &statement.block {
            self.block(statement, block, depth);
        }
    }

    /// Begins a line with a statement; a blank line before it is kept.
    fn begin(&mut self, class: Class, indent: usize, at: usize) {
        let blank_before = self.blank_line_before(at);
        self.push(class, indent, blank_before, String::new());
    }

    fn push(&mut self, class: Class, indent: usize, blank_before: bool, text: String) {
        self.fresh = false;
        self.lines.push(Line { class, indent, blank_before, cells: vec![text], comment: None });
    }

    fn blank_line_before(&self, at: usize) -> bool {
        let blank_lines = &self.split.blank_lines;
        let next = blank_lines.partition_point(|it| (*it as usize) < self.written);
        !self.fresh && blank_lines.get(next).is_some_and(|it| (*it as usize) < at)
    }

    fn append(&mut self, text: &str) {
        if let Some(cell) = self.lines.last_mut().and_then(|it| it.cells.last_mut()) {
            cell.push_str(text);
        }
    }

    // ---- comments

    /// Writes the comments that stand before a byte: behind the last line, or on lines of their own.
    fn comments_until(&mut self, end: usize, indent: usize, keep_blank_lines: bool) {
        while let Some(span) = self.split.comments.get(self.comments).filter(|it| (it.start as usize) < end) {
            self.comments += 1;
            let (start, stop) = (span.start as usize, span.end as usize);
            let text = self.source[start..stop].to_owned();
            let line = &self.source[..start];
            let line = &line[line.rfind('\n').map_or(0, |it| it + 1)..];
            let behind = !line.chars().all(|it| it.is_whitespace() || it == '\u{feff}');
            let free = |it: &&mut Line| it.comment.is_none() && !matches!(it.class, Class::Comment | Class::Verbatim);
            match self.lines.last_mut().filter(|_| behind).filter(free) {
                Some(line) => line.comment = Some(text),
                None => {
                    let blank = keep_blank_lines && self.blank_line_before(start);
                    self.push(Class::Comment, indent, blank, text);
                }
            }
            self.written = stop;
        }
    }

    // ---- words

    /// Writes the words of a statement. Its line ends are kept; a line on which it goes on stands farther right, as far as the
    /// brackets that are open.
    fn words(&mut self, statement: &Statement, indent: usize, breaks: &[usize]) {
        let mut brackets: Vec<usize> = Vec::new();
        let mut here = indent;
        let mut before: Option<usize> = None;
        for at in statement.tokens.clone() {
            let token = self.spacing.token(at);
            if token.kind == Kind::Newline {
                continue;
            }
            let closes = matches!(token.kind, Kind::Close | Kind::BlockClose);
            match before {
                Some(last) if last + 1 < at => {
                    let inner = brackets.last().copied();
                    self.comments_until(token.start, inner.unwrap_or(indent) + STEP, false);
                    here = if closes { inner.unwrap_or(indent) } else { inner.unwrap_or(indent) + STEP };
                    self.push(Class::Further, here, false, String::new());
                }
                Some(_) if breaks.contains(&at) => self.new_cell(),
                Some(last) if self.spacing.blank(last, at) => self.append(" "),
                _ => {}
            }
            if matches!(token.kind, Kind::Open | Kind::BlockOpen) {
                brackets.push(here);
            } else if closes {
                brackets.pop();
            }
            self.word(at, indent + STEP);
            before = Some(at);
        }
    }

    fn new_cell(&mut self) {
        if let Some(line) = self.lines.last_mut() {
            line.cells.push(String::new());
        }
    }

    fn word(&mut self, at: usize, indent: usize) {
        let text = self.spacing.text(at);
        if text.starts_with("\"\"\"") && text.contains('\n') {
            self.text_block(text, indent);
        } else {
            self.append(text);
        }
    }

    /// Writes a text of several lines. What its lines share of indentation is not part of it, so that it follows the message.
    fn text_block(&mut self, text: &str, indent: usize) {
        let inside = &text[3..text.len() - 3];
        let mut lines: Vec<&str> = inside.split('\n').map(|it| it.strip_suffix('\r').unwrap_or(it)).collect();
        let last = lines.pop().unwrap_or("");
        let first = lines.first().copied().unwrap_or("");
        let blanks_end_it = last.trim().is_empty();
        let further: Vec<&str> = lines.iter().copied().skip(1).chain((!blanks_end_it).then_some(last)).collect();
        let shared = shared_indentation(further.iter().copied());
        let shifted = |line: &str| {
            let rest = &line[shared.map_or(0, |it| it.min(blanks(line)))..];
            if rest.is_empty() || shared.is_none() { rest.to_owned() } else { " ".repeat(indent) + rest }
        };
        self.append("\"\"\"");
        self.append(if first.trim().is_empty() { "" } else { first });
        let middle = lines.len() - 1;
        for line in &further[..middle] {
            self.push(Class::Verbatim, 0, false, shifted(line));
        }
        let end = if blanks_end_it { "" } else { &last[shared.unwrap_or(0)..] };
        self.push(Class::Further, indent, false, format!("{end}\"\"\""));
    }

    // ---- blocks

    fn block(&mut self, statement: &Statement, block: &Block, depth: usize) {
        let indent = depth * STEP;
        if let Some(inline) = self.inline_block(statement, block) {
            let width = self.lines.last().map_or(0, Line::width);
            if inline == "{}" || width + 1 + inline.chars().count() <= WIDEST {
                self.append(" ");
                self.append(&inline);
                self.written = block.end;
                return;
            }
        }
        self.append(" {");
        if let Some(line) = self.lines.last_mut().filter(|it| it.class != Class::Further) {
            line.class = Class::Plain;
        }
        self.written = self.opener(statement).map_or(self.written, |it| self.spacing.token(it).end);
        self.fresh = true;
        self.statements(&block.statements, depth + 1);
        self.comments_until(block.end - 1, indent + STEP, true);
        self.push(Class::Plain, indent, false, "}".to_owned());
        self.written = block.end;
    }

    fn opener(&self, statement: &Statement) -> Option<usize> {
        let from = statement.tokens.end;
        (from..self.split.tokens.len()).find(|it| self.spacing.token(*it).kind == Kind::BlockOpen)
    }

    /// A block that was written on one line, on one line; an empty one is always one.
    fn inline_block(&self, statement: &Statement, block: &Block) -> Option<String> {
        let start = self.spacing.token(self.opener(statement)?).start;
        let written = &self.source[start..block.end];
        let commented = || self.split.comments.iter().any(|it| (start..block.end).contains(&(it.start as usize)));
        if block.statements.is_empty() && !commented() {
            return Some("{}".to_owned());
        }
        let rows = block.statements.iter().any(|it| self.spacing.text(it.tokens.start) == "|");
        if written.contains('\n') || rows {
            return None;
        }
        let statements: Option<Vec<String>> = block.statements.iter().map(|it| self.inline(it)).collect();
        Some(format!("{{ {} }}", statements?.join("; ")))
    }

    fn inline(&self, statement: &Statement) -> Option<String> {
        let mut text = String::new();
        for at in statement.tokens.clone() {
            if at > statement.tokens.start && self.spacing.blank(at - 1, at) {
                text.push(' ');
            }
            text += self.spacing.text(at);
        }
        match &statement.block {
            Some(block) => Some(text + " " + &self.inline_block(statement, block)?),
            None => Some(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The form of a text whether the grammar knows its statements or not.
    fn form(source: &str) -> String {
        write(source, &split::split(FileId(0), source))
    }

    #[test]
    fn statements_that_the_grammar_does_not_know_have_a_form() {
        let ugly = "table bonus \"Bonus\" :percent,exactly one row{\n|group|score|=>|\n| a,b | 80 to 100|3%|  # high\n\
            | otherwise||10 % | # low\n}\nframework f { severity caution (mild)<warning\nsanctions the most severe that applies\n\
            rewards all that apply , unless a sanction applies\n\nsanction warning {\nwhen score < 5 in 2 consecutive years\n\
            unless   status is away\nlasts 12 months } }\n";
        let pretty = "table bonus \"Bonus\" : percent, exactly one row {\n\
            \x20 | group     | score     | =>  |\n\
            \x20 | a, b      | 80 to 100 | 3%  |  # high\n\
            \x20 | otherwise |           | 10% |  # low\n\
            }\nframework f {\n\
            \x20 severity  caution (mild) < warning\n\
            \x20 sanctions the most severe that applies\n\
            \x20 rewards   all that apply, unless a sanction applies\n\n\
            \x20 sanction warning {\n\
            \x20   when   score < 5 in 2 consecutive years\n\
            \x20   unless status is away\n\
            \x20   lasts  12 months\n  }\n}\n";
        assert_eq!(form(ugly), pretty);
        assert_eq!(form(pretty), pretty);
    }
}
