//! Cuts a text into words, numbers, texts and signs. It cannot fail: what belongs to nothing becomes a broken token.
//!
//! The tokens serve the splitter and the error messages; statements themselves are read by the grammar.

use crate::codes::Code;
use crate::codes_syntax as codes;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    Number,
    /// `"…"` or `"""…"""`
    Text,
    /// A name in backquotes.
    Quoted,
    Comma,
    Semicolon,
    /// `(`
    Open,
    /// `)`
    Close,
    /// `{`
    BlockOpen,
    /// `}`
    BlockClose,
    Sign,
    Newline,
}

/// A piece of the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether a mistake in it has been reported, so that its statement is not read any more.
    pub(super) broken: bool,
}

/// A text in pieces.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    pub(super) list: Vec<Token>,
    pub(super) comments: Vec<Span>,
    pub(super) blank_lines: Vec<u32>,
    pub(super) found: Vec<Diagnostic>,
}

/// The words with which an item begins.
pub(super) const ITEM_WORDS: &[&str] = &[
    "calendar",
    "record",
    "role",
    "parameter",
    "define",
    "scale",
    "table",
    "message",
    "framework",
    "workflow",
    "committee",
    "guarantee",
    "scenario",
    "extend",
    "adjust",
    "exempt",
    "example",
];

/// The words with which an item begins that this version does not know yet.
pub(super) const LATER_ITEM_WORDS: &[&str] = &[];

/// Cuts the text of a file.
pub(super) fn cut(file: FileId, source: &str) -> Tokens {
    let mut cutter =
        Cutter { file, source, at: 0, line_start: 0, said: false, line_token: 0, tokens: Tokens::default() };
    while let Some(next) = cutter.peek() {
        cutter.step(next);
    }
    cutter.tokens
}

/// Whether a character may begin a word.
pub(super) fn begins_word(it: char) -> bool {
    it.is_alphabetic()
}

/// Whether a character may stand in a word.
pub(super) fn in_word(it: char) -> bool {
    it.is_alphanumeric() || it == '_'
}

/// How long the part of a year is that stands directly behind it: `-Q1`, `-H2`, `-07`.
fn part_of_year(behind: &str) -> usize {
    let Some(part) = behind.strip_prefix('-') else { return 0 };
    let letters = part.bytes().take(1).filter(u8::is_ascii_uppercase).count();
    let digits = part.bytes().skip(letters).take_while(u8::is_ascii_digit).count();
    let ends = !part[letters + digits..].starts_with(in_word);
    if (1..=2).contains(&digits) && ends { 1 + letters + digits } else { 0 }
}

/// Whether a line begins with the word of an item.
fn begins_item(line: &str) -> bool {
    let word = line.split(|it: char| !in_word(it)).next().unwrap_or("");
    ITEM_WORDS.contains(&word) || LATER_ITEM_WORDS.contains(&word)
}

/// How much of a text that is not closed belongs to it: no brace without its counterpart, so that blocks stay whole.
fn balanced(text: &str) -> usize {
    let mut open = Vec::new();
    for (at, it) in text.char_indices() {
        match it {
            '{' => open.push(at),
            '}' if open.pop().is_none() => return at,
            _ => {}
        }
    }
    open.first().copied().unwrap_or(text.len())
}

struct Cutter<'s> {
    file: FileId,
    source: &'s str,
    at: usize,
    line_start: usize,
    /// Whether something is said of the statement at hand: once is enough.
    said: bool,
    /// The first token of the line at hand.
    line_token: usize,
    tokens: Tokens,
}

impl Cutter<'_> {
    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn rest(&self) -> &str {
        &self.source[self.at..]
    }

    fn step(&mut self, next: char) {
        match next {
            '\n' => self.newline(),
            '#' => self.comment(),
            '"' if self.rest().starts_with("\"\"\"") => self.text_block(),
            '"' => self.text(),
            '`' => self.quoted(),
            '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{ab}' | '\u{bb}' => self.curly_text(),
            ',' => self.comma(),
            ';' => self.sign(Kind::Semicolon),
            '(' => self.sign(Kind::Open),
            ')' => self.sign(Kind::Close),
            '{' => self.sign(Kind::BlockOpen),
            '}' => self.sign(Kind::BlockClose),
            '0'..='9' => self.number(),
            '<' | '>' | '=' | '+' | '-' | '*' | '/' | '%' | '.' | ':' | '|' => self.sign(Kind::Sign),
            it if begins_word(it) => self.word(),
            it if it.is_whitespace() || it == '\u{feff}' => self.at += it.len_utf8(),
            it => self.stray(it),
        }
    }

    fn push(&mut self, kind: Kind, start: usize, broken: bool) {
        if matches!(kind, Kind::Newline | Kind::Semicolon | Kind::BlockOpen | Kind::BlockClose) {
            self.said = false;
        }
        self.tokens.list.push(Token { kind, start, end: self.at, broken });
    }

    fn report(&mut self, code: Code, start: usize, message: String, help: impl Into<String>) {
        if std::mem::replace(&mut self.said, true) {
            return;
        }
        let span = Span::new(self.file, start, self.at);
        self.tokens.found.push(Diagnostic::new(code, span, message).help(help));
    }

    fn newline(&mut self) {
        let line = &self.source[self.line_start..self.at];
        if line.chars().all(|it| it.is_whitespace() || it == '\u{feff}') {
            self.tokens.blank_lines.push(Span::new(self.file, self.line_start, self.at).start);
        }
        let start = self.at;
        self.at += 1;
        self.line_start = self.at;
        self.push(Kind::Newline, start, false);
        self.line_token = self.tokens.list.len();
    }

    fn line_end(&self) -> usize {
        self.rest().find('\n').map_or(self.source.len(), |it| self.at + it)
    }

    fn comment(&mut self) {
        let end = self.line_end();
        let text = self.source[self.at..end].trim_end();
        self.tokens.comments.push(Span::new(self.file, self.at, self.at + text.len()));
        self.at = end;
    }

    fn text(&mut self) {
        let mut start = self.at;
        let stop = self.source[start + 1..].find(['"', '\n']).map_or(self.source.len(), |it| start + 1 + it);
        let closed = self.source[stop..].starts_with('"');
        self.at = stop + 1;
        if !closed {
            let swallowed = &self.source[start..stop];
            self.at = start + swallowed[..balanced(swallowed)].trim_end().len();
            if swallowed.trim_end() == "\"" {
                start = self.text_without_beginning(start);
            }
            self.report(
                codes::TEXT_NOT_CLOSED,
                start,
                "this text is not closed on its line".to_owned(),
                "a text has one `\"` before it and one behind it; several lines stand between `\"\"\"` and `\"\"\"`",
            );
        }
        self.push(Kind::Text, start, !closed);
    }

    /// A quote at the end of a line: the one that is missing stands somewhere before it, so the words there are no statement.
    fn text_without_beginning(&mut self, quote: usize) -> usize {
        let line = &self.source[self.line_start..quote];
        let first = self.line_token + 1;
        let Some(token) = self.tokens.list.get(first).filter(|_| line.matches('"').count() == 0) else { return quote };
        let start = token.start;
        self.tokens.list.truncate(first);
        self.said = self.tokens.found.last().is_some_and(|it| it.span.start as usize >= self.line_start);
        start
    }

    fn text_block(&mut self) {
        let start = self.at;
        let closing = self.source[start + 3..].find("\"\"\"");
        if let Some(length) = closing {
            self.at = start + length + 6;
            self.line_start = self.source[..self.at].rfind('\n').map_or(0, |it| it + 1);
            self.push(Kind::Text, start, false);
            return;
        }
        self.at = start + 3;
        self.said = false;
        // The quotes above may be paired wrongly, so strange signs found there may well stand in a text.
        let item = self.last_item(start);
        self.tokens.found.retain(|it| it.code != codes::STRANGE_SIGN || (it.span.start as usize) < item);
        self.report(
            codes::TEXT_NOT_CLOSED,
            start,
            "the text that begins here is not closed".to_owned(),
            "put `\"\"\"` on a line of its own behind the text",
        );
        self.at = self.next_item(start);
        self.push(Kind::Text, start, true);
    }

    /// Where the next line begins that looks like an item, or the end.
    fn next_item(&self, from: usize) -> usize {
        let line_ends = self.source[from..].match_indices('\n').map(|(at, _)| from + at);
        line_ends.into_iter().find(|it| begins_item(&self.source[it + 1..])).unwrap_or(self.source.len())
    }

    /// Where the last line began that looks like an item, or the beginning.
    fn last_item(&self, from: usize) -> usize {
        let line_ends = self.source[..from].rmatch_indices('\n');
        line_ends.map(|(at, _)| at + 1).find(|it| begins_item(&self.source[*it..])).unwrap_or(0)
    }

    fn quoted(&mut self) {
        let start = self.at;
        let inside = &self.source[start + 1..];
        let length = inside.find(|it: char| !in_word(it)).unwrap_or(inside.len());
        let good = inside.starts_with(begins_word) && inside[length..].starts_with('`');
        let stop = inside.find(['`', '\n']).filter(|it| inside[*it..].starts_with('`'));
        self.at = start + 1 + stop.map_or(length, |it| it + 1);
        if !good {
            self.report(
                codes::STRANGE_SIGN,
                start,
                "between backquotes stands one word".to_owned(),
                "write a name such as `` `last` ``: letters, digits and `_`, beginning with a letter",
            );
        }
        self.push(Kind::Quoted, start, !good);
    }

    fn curly_text(&mut self) {
        let start = self.at;
        let mut behind = self.source[start..].char_indices().skip(1);
        let stop = behind.find(|(_, it)| matches!(it, '\u{201c}' | '\u{201d}' | '\u{bb}' | '"' | '\n'));
        self.at = match stop {
            Some((at, '\n')) => start + at,
            Some((at, quote)) => start + at + quote.len_utf8(),
            None => self.source.len(),
        };
        self.report(
            codes::STRANGE_SIGN,
            start,
            "these quotes are not those of the language".to_owned(),
            "write straight quotes: `\"…\"`; a word processor bends them by itself",
        );
        self.push(Kind::Text, start, true);
    }

    fn comma(&mut self) {
        let start = self.at;
        self.at += 1;
        let glued = self.peek().is_some_and(|it| !it.is_whitespace() && it != '#');
        if glued {
            let digits = self.source[..start].ends_with(|it: char| it.is_ascii_digit())
                && self.peek().is_some_and(|it| it.is_ascii_digit());
            let (message, help) = if digits {
                (
                    "this comma stands inside a number",
                    "write decimals with a point, as in `45.6`, thousands as in `3,000,000`, and a blank behind the comma of a list",
                )
            } else {
                ("a blank is missing behind this comma", "write `, ` between the items of a list")
            };
            self.report(codes::COMMA_WITHOUT_BLANK, start, message.to_owned(), help);
        }
        self.push(Kind::Comma, start, glued);
    }

    fn sign(&mut self, kind: Kind) {
        let start = self.at;
        let two = matches!(self.rest().get(..2), Some("<=" | ">="));
        self.at += if two { 2 } else { 1 };
        self.push(kind, start, false);
    }

    fn number(&mut self) {
        let start = self.at;
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let first = digits(self.rest());
        self.at += first;
        while first <= 3 && self.rest().starts_with(',') && digits(&self.rest()[1..]) == 3 {
            self.at += 4;
        }
        if self.rest().starts_with('.') && digits(&self.rest()[1..]) > 0 {
            self.at += 1 + digits(&self.rest()[1..]);
        }
        let names_a_year = first == 4 || (first == 2 && self.source[..start].ends_with('/'));
        self.at += if names_a_year { part_of_year(self.rest()) } else { 0 };
        self.push(Kind::Number, start, false);
    }

    fn word(&mut self) {
        let start = self.at;
        self.at += self.rest().find(|it: char| !in_word(it)).unwrap_or(self.rest().len());
        self.push(Kind::Word, start, false);
    }

    fn stray(&mut self, it: char) {
        let start = self.at;
        self.at += it.len_utf8();
        self.push(Kind::Sign, start, true);
        let help = match it {
            '\u{2018}' | '\u{2019}' | '\'' => "texts stand in straight double quotes: `\"…\"`",
            '\u{2013}' | '\u{2014}' | '\u{2212}' => "a minus is written `-`, a stretch `60 to 80`",
            '\u{d7}' => "times is written `*`",
            '\u{f7}' => "divided by is written `/`",
            '\u{2264}' => "write `<=` or `is at most`",
            '\u{2265}' => "write `>=` or `is at least`",
            '!' | '\u{2260}' => "write `is not`",
            '&' => "write `and`",
            '[' | ']' => "write round brackets",
            _ => "take it out, or put it into a text: `\"…\"`",
        };
        let shown = if it.is_control() { format!("U+{:04X}", u32::from(it)) } else { it.to_string() };
        self.report(codes::STRANGE_SIGN, start, format!("`{shown}` is not a sign of the language"), help);
    }
}
