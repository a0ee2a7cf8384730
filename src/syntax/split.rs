//! Cuts a file into statements and blocks. It cannot fail: whatever the text, it gives statements, and says which brackets
//! do not match.
//!
//! A statement ends with its line, at `;`, or before the `}` that closes its block; it goes on where the language says so.
//! Comments are blanked out of [`Split::laid`], byte for byte, so that places stay true.

use std::ops::Range;

use super::depth::{DEEPEST, too_deep, too_deep_at};
use super::lines::{Lines, Unmatched};
use super::token::{self, Kind, Token};
use crate::codes_syntax as codes;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

/// A file cut into statements.
#[derive(Debug)]
pub(super) struct Split {
    /// The text with blanks for comments.
    pub(super) laid: String,
    pub(super) tokens: Vec<Token>,
    pub(super) statements: Vec<Statement>,
    pub(super) comments: Vec<Span>,
    pub(super) blank_lines: Vec<u32>,
    pub(super) found: Vec<Diagnostic>,
}

/// A statement: its words up to the end or the `{`, and its block.
#[derive(Debug)]
pub(super) struct Statement {
    /// Its tokens, without the block.
    pub(super) tokens: Range<usize>,
    /// Its bytes, without the block.
    pub(super) bytes: Range<usize>,
    pub(super) block: Option<Block>,
    /// Whether a mistake in it is already reported.
    pub(super) broken: bool,
}

/// What stands between `{` and `}`.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) statements: Vec<Statement>,
    /// The byte behind its last.
    pub(super) end: usize,
}

/// Cuts a file.
pub(super) fn split(file: FileId, source: &str) -> Split {
    let cut = token::cut(file, source);
    let mut splitter = Splitter {
        file,
        lines: Lines { source, tokens: &cut.list },
        at: 0,
        by_indentation: false,
        unclosed: None,
        found: Vec::new(),
    };
    let statements = splitter.items();
    let mut found = cut.found;
    found.append(&mut splitter.found);
    let laid = lay(source, &cut.comments);
    Split { laid, tokens: cut.list, statements, comments: cut.comments, blank_lines: cut.blank_lines, found }
}

/// Blanks comments and unusual white space.
fn lay(source: &str, comments: &[Span]) -> String {
    let mut laid = String::with_capacity(source.len());
    let mut comments = comments.iter().peekable();
    for (at, it) in source.char_indices() {
        while comments.next_if(|span| span.end as usize <= at).is_some() {}
        let in_comment = comments.peek().is_some_and(|span| span.start as usize <= at);
        if in_comment || (it != '\n' && it.is_whitespace()) || it == '\u{feff}' {
            laid.extend(std::iter::repeat_n(' ', it.len_utf8()));
        } else {
            laid.push(it);
        }
    }
    laid
}

struct Splitter<'s> {
    file: FileId,
    lines: Lines<'s>,
    at: usize,
    /// Whether a line that stands too far left closes its block: tried when the braces of an item do not match.
    by_indentation: bool,
    /// Where a block was last found to be open still, so that one missing brace is reported once.
    unclosed: Option<usize>,
    found: Vec<Diagnostic>,
}

impl<'s> Splitter<'s> {
    fn items(&mut self) -> Vec<Statement> {
        let mut items: Vec<Statement> = Vec::new();
        while let Some(token) = self.peek() {
            match token.kind {
                Kind::Newline | Kind::Semicolon => self.at += 1,
                Kind::BlockClose => self.closes_nothing(token, &mut items),
                _ => {
                    let item = self.item(&mut items);
                    items.extend(item);
                }
            }
        }
        items
    }

    /// Reads an item; if its braces do not match, once more with an eye on the indentation.
    fn item(&mut self, above: &mut [Statement]) -> Option<Statement> {
        let (start, reported) = (self.at, self.found.len());
        self.unclosed = None;
        let item = self.statement_or_block(above, 0);
        let (end, open) = (self.at, self.unclosed.is_some());
        if !open && !self.brace_follows() {
            return item;
        }
        let findings = self.found.split_off(reported);
        self.at = start;
        self.unclosed = None;
        self.by_indentation = true;
        let again = self.statement_or_block(above, 0);
        self.by_indentation = false;
        if open || !self.brace_follows() {
            return again;
        }
        self.at = end;
        self.found.truncate(reported);
        self.found.extend(findings);
        item
    }

    /// Whether a `}` too many stands between here and the next item.
    fn brace_follows(&self) -> bool {
        let mut open = 0_usize;
        for at in self.at..self.lines.tokens.len() {
            match self.lines.tokens[at].kind {
                Kind::BlockOpen => open += 1,
                Kind::BlockClose if open == 0 => return true,
                Kind::BlockClose => open -= 1,
                Kind::Word if self.lines.begins_item(at) => return false,
                _ => {}
            }
        }
        false
    }

    /// A `}` too many, or several: the statements since the last item belong to that item, and only the brace is reported.
    fn closes_nothing(&mut self, token: Token, items: &mut Vec<Statement>) {
        let mut finding = self.finding(codes::CLOSES_NOTHING, token, "this `}` closes nothing");
        finding = finding.help("take it out, or put the `{` in that it belongs to");
        if self.break_line(token, items) {
            self.step_over_line();
        } else {
            while self.peek().is_some_and(|it| matches!(it.kind, Kind::BlockClose | Kind::Newline)) {
                self.at += 1;
            }
        }
        let astray = items.iter().rev().take_while(|it| !self.lines.is_item_word(it.tokens.start)).count();
        let mut orphans = items.split_off(items.len() - astray);
        if let Some(block) = items.last_mut().and_then(|it| it.block.as_mut()) {
            let end = Span::new(self.file, block.end.saturating_sub(1), block.end);
            finding = finding.label(end, "the block ended here already");
            block.statements.append(&mut orphans);
        }
        self.found.push(finding);
    }

    /// Keeps the statements without a block on the line of a `}` from being read: its `{` may have to stand among them.
    fn break_line(&self, brace: Token, statements: &mut [Statement]) -> bool {
        let line = self.lines.line_start(brace);
        let on_line = statements.iter_mut().rev().take_while(|it| it.bytes.end > line);
        let mut any = false;
        for statement in on_line.filter(|it| it.block.is_none()) {
            statement.broken = true;
            any = true;
        }
        any
    }

    fn step_over_line(&mut self) {
        while self.peek().is_some_and(|it| it.kind != Kind::Newline) {
            self.at += 1;
        }
    }

    /// Reads the statements of a block up to its `}`.
    fn block(&mut self, opener: Token, depth: usize) -> Block {
        let mut statements: Vec<Statement> = Vec::new();
        let left = self.lines.indentation(opener);
        loop {
            match self.peek() {
                Some(token) if self.ends_block_early(token, left) => break self.not_closed(opener),
                Some(token) => match token.kind {
                    Kind::Newline | Kind::Semicolon => self.at += 1,
                    Kind::BlockClose if self.closes_too_early(token, opener, left) => {
                        self.break_line(token, &mut statements);
                        let finding = self.finding(codes::CLOSES_NOTHING, token, "this `}` closes nothing");
                        self.found.push(finding.help("take it out, or put the `{` in that it belongs to"));
                        self.at += 1;
                    }
                    Kind::BlockClose => {
                        self.at += 1;
                        break;
                    }
                    _ => {
                        let statement = self.statement_or_block(&mut statements, depth);
                        statements.extend(statement);
                    }
                },
                None => break self.not_closed(opener),
            }
        }
        let end = self.lines.tokens[..self.at].last().map_or(opener.end, |it| it.end);
        Block { statements, end }
    }

    /// Reads a statement; a `{` at the beginning of a line belongs to the statement above.
    fn statement_or_block(&mut self, above: &mut [Statement], depth: usize) -> Option<Statement> {
        let first = self.lines.tokens[self.at];
        if first.kind != Kind::BlockOpen {
            return Some(self.statement(depth));
        }
        let finding = self.finding(codes::BRACE_ON_NEXT_LINE, first, "this `{` stands on a line of its own");
        self.found.push(finding.help("put it at the end of the line that it belongs to"));
        let mut statement = self.statement(depth);
        match above.last_mut() {
            Some(owner) if owner.block.is_none() => {
                owner.block = statement.block.take();
                None
            }
            _ => {
                statement.broken = true;
                Some(statement)
            }
        }
    }

    fn statement(&mut self, depth: usize) -> Statement {
        let start = self.at;
        let mut broken = false;
        let mut end = start;
        let mut block = None;
        while let Some(token) = self.peek() {
            broken |= token.broken;
            match token.kind {
                Kind::Semicolon | Kind::BlockClose => break,
                Kind::Newline => match self.lines.goes_on(self.at) {
                    Some(next) => self.at = next,
                    None => break,
                },
                Kind::BlockOpen if !self.opens_weighted(start) => {
                    block = self.open_block(token, depth);
                    broken |= block.is_none();
                    break;
                }
                Kind::Open | Kind::BlockOpen => {
                    broken |= !self.bracket(token, broken);
                    end = self.at;
                }
                Kind::Close => {
                    self.bracket_astray(token, broken);
                    end = self.at;
                    broken = true;
                }
                _ => {
                    self.at += 1;
                    end = self.at;
                }
            }
        }
        if block.is_some() {
            self.expect_end();
        } else if !broken && depth < DEEPEST && self.forgot_brace(start, end) {
            block = Some(self.block_without_brace(start, end, depth));
        }
        let mut statement = Statement { tokens: start..end, bytes: self.bytes(start, end), block, broken };
        self.refuse_depth(&mut statement);
        statement
    }

    /// Whether a head without `{` is followed by lines that stand farther right, as those of a block do.
    fn forgot_brace(&self, start: usize, end: usize) -> bool {
        let named =
            end > start + 1 && matches!(self.lines.tokens[start + 1].kind, Kind::Word | Kind::Text | Kind::Quoted);
        let rest = &self.lines.tokens[self.at..];
        let Some(next) = rest.iter().find(|it| it.kind != Kind::Newline).filter(|_| named) else { return false };
        self.lines.opens_block(start)
            && self.lines.begins_line(self.lines.tokens[start])
            && self.lines.begins_line(*next)
            && !matches!(next.kind, Kind::BlockOpen | Kind::BlockClose)
            && self.lines.indentation(*next) > self.lines.indentation(self.lines.tokens[start])
    }

    fn block_without_brace(&mut self, start: usize, end: usize, depth: usize) -> Block {
        let bytes = self.bytes(start, end);
        let word = self.lines.text(self.lines.tokens[start]);
        let span = Span::new(self.file, bytes.start, bytes.end);
        let finding = Diagnostic::new(codes::MISSING_BLOCK, span, format!("the `{{` of this `{word}` is missing"));
        self.found.push(finding.help("put `{` at the end of this line, and `}` behind the last line of the block"));
        self.block(self.lines.tokens[end - 1], depth + 1)
    }

    fn bytes(&self, start: usize, end: usize) -> Range<usize> {
        let first = self.lines.tokens[start].start;
        first..self.lines.tokens[start..end].last().map_or(first, |it| it.end)
    }

    fn open_block(&mut self, opener: Token, depth: usize) -> Option<Block> {
        self.at += 1;
        if depth < DEEPEST {
            return Some(self.block(opener, depth + 1));
        }
        self.found.push(too_deep(Span::new(self.file, opener.start, opener.end)));
        let mut open = 1_usize;
        while let Some(token) = self.peek().filter(|_| open > 0) {
            self.at += 1;
            match token.kind {
                Kind::BlockOpen => open += 1,
                Kind::BlockClose => open -= 1,
                _ => {}
            }
        }
        None
    }

    /// After the `}` of a block a new line or `;` must come.
    fn expect_end(&mut self) {
        let closed = self.at.checked_sub(1).is_some_and(|it| self.lines.tokens[it].kind == Kind::BlockClose);
        let Some(next) = self.peek().filter(|it| closed && it.kind != Kind::Comma) else { return };
        if matches!(next.kind, Kind::Newline | Kind::Semicolon | Kind::BlockClose) {
            return;
        }
        let finding = self.finding(codes::TWO_ON_A_LINE, next, "a second statement begins on this line");
        self.found.push(finding.help("put `;` before it, or begin a new line"));
    }

    fn refuse_depth(&mut self, statement: &mut Statement) {
        if statement.broken {
            return;
        }
        let tokens = &self.lines.tokens[statement.tokens.clone()];
        if let Some(token) = too_deep_at(self.lines.source, tokens) {
            self.found.push(too_deep(Span::new(self.file, token.start, token.end)));
            statement.broken = true;
        }
    }

    // ---- brackets inside a statement

    /// Steps over a bracket and what it holds; a bracket without its counterpart is reported, and stepped over alone.
    fn bracket(&mut self, opener: Token, broken: bool) -> bool {
        let finding = match self.lines.matching(self.at) {
            Ok(close) => {
                let good = self.lines.tokens[self.at..=close].iter().all(|it| !it.broken);
                self.at = close + 1;
                return good;
            }
            Err(Unmatched::TooDeep) => too_deep(Span::new(self.file, opener.start, opener.end)),
            Err(Unmatched::Open) => {
                let close = if opener.kind == Kind::Open { ")" } else { "}" };
                let words = format!("this `{}` is not closed", self.lines.text(opener));
                self.finding(codes::BRACKETS, opener, &words).help(format!("put the `{close}` in that belongs to it"))
            }
        };
        if !broken {
            self.found.push(finding);
        }
        self.at += 1;
        false
    }

    fn bracket_astray(&mut self, token: Token, broken: bool) {
        self.at += 1;
        if !broken {
            let finding = self.finding(codes::BRACKETS, token, "this `)` closes nothing");
            self.found.push(finding.help("take it out, or put the `(` in that it belongs to"));
        }
    }

    /// Whether the `{` at hand belongs to a list such as `weighted { … }`, not to a block with a name of that spelling.
    fn opens_weighted(&self, start: usize) -> bool {
        self.at > start && self.lines.is_list(self.at - 1) && !self.lines.opens_block(start)
    }

    // ---- lines

    fn ends_block_early(&self, token: Token, left: usize) -> bool {
        if self.lines.begins_item(self.at) {
            return true;
        }
        if !self.by_indentation || token.kind == Kind::Newline || !self.lines.begins_line(token) {
            return false;
        }
        let here = token.start - self.lines.line_start(token);
        if token.kind == Kind::BlockClose { here < left } else { here <= left }
    }

    /// Whether the block goes on behind a `}`, as the indentation of what follows tells.
    fn closes_too_early(&self, token: Token, opener: Token, left: usize) -> bool {
        if !self.by_indentation || self.lines.line_start(token) == self.lines.line_start(opener) {
            return false;
        }
        if self.lines.begins_line(token) && self.lines.indentation(token) <= left {
            return false;
        }
        let behind = self.lines.tokens[self.at + 1..].iter();
        let Some(next) = behind.copied().find(|it| it.kind != Kind::Newline) else { return false };
        let right = self.lines.indentation(next);
        self.lines.begins_line(next) && (right > left || (right == left && next.kind == Kind::BlockClose))
    }

    /// Reports an open block, once for one place where that is noticed.
    fn not_closed(&mut self, opener: Token) {
        if self.unclosed == Some(self.at) {
            return;
        }
        self.unclosed = Some(self.at);
        if opener.kind != Kind::BlockOpen || self.text_swallowed_the_end() {
            // Its `{` is missing, or a text runs on over its `}`, which is said already.
            return;
        }
        let line = self.lines.source[..opener.start].matches('\n').count() + 1;
        let mut finding =
            self.finding(codes::BLOCK_NOT_CLOSED, opener, &format!("the block opened at line {line} is not closed"));
        if let Some(next) = self.peek() {
            finding = finding.label(Span::new(self.file, next.start, next.end), "noticed here");
        }
        self.found.push(finding.help("put the missing `}` at the end of the block"));
    }

    fn text_swallowed_the_end(&self) -> bool {
        let last = self.lines.tokens[..self.at].iter().rev().find(|it| it.kind != Kind::Newline);
        last.is_some_and(|it| it.broken && self.lines.text(*it).starts_with("\"\"\""))
    }

    // ---- small words

    fn peek(&self) -> Option<Token> {
        self.lines.tokens.get(self.at).copied()
    }

    fn finding(&self, code: crate::codes::Code, token: Token, words: &str) -> Diagnostic {
        Diagnostic::new(code, Span::new(self.file, token.start, token.end), words)
    }
}
