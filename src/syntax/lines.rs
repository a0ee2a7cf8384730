//! Reads lines without reading statements: where a line goes on, what stands at its beginning, which bracket closes which.

use super::depth::DEEPEST;
use super::token::{ITEM_WORDS, Kind, LATER_ITEM_WORDS, Token};

/// Why a bracket has no counterpart.
pub(super) enum Unmatched {
    Open,
    TooDeep,
}

/// A text and its tokens.
#[derive(Clone, Copy)]
pub(super) struct Lines<'s> {
    pub(super) source: &'s str,
    pub(super) tokens: &'s [Token],
}

impl<'s> Lines<'s> {
    /// Where a statement goes on behind the line end at hand, if it does.
    pub(super) fn goes_on(self, from: usize) -> Option<usize> {
        let next = (from..self.tokens.len()).find(|at| self.tokens[*at].kind != Kind::Newline)?;
        if self.begins_item(next) || matches!(self.tokens[next].kind, Kind::BlockClose | Kind::Semicolon) {
            return None;
        }
        let joins = |at: usize| self.is_word(at, "and") || self.is_word(at, "or");
        (joins(next) || self.waits_for_more(from, joins)).then_some(next)
    }

    fn waits_for_more(self, from: usize, joins: impl Fn(usize) -> bool) -> bool {
        let Some(last) = from.checked_sub(1) else { return false };
        let token = self.tokens[last];
        let operator = ["+", "-", "*", "/", "<", "<=", ">", ">=", "="].contains(&self.text(token));
        token.kind == Kind::Comma || (token.kind == Kind::Sign && operator) || joins(last)
    }

    /// Whether a token in the first column looks like the beginning of an item.
    pub(super) fn begins_item(self, at: usize) -> bool {
        let token = self.tokens[at];
        if token.kind != Kind::Word || !self.is_item_word(at) {
            return false;
        }
        let named = self.tokens.get(at + 1).is_some_and(|it| matches!(it.kind, Kind::Word | Kind::Text | Kind::Quoted));
        named && (matches!(self.text(token), "parameter" | "define") || self.line_opens_block(at))
    }

    pub(super) fn is_item_word(self, at: usize) -> bool {
        let token = self.tokens[at];
        let word = self.text(token);
        (ITEM_WORDS.contains(&word) || LATER_ITEM_WORDS.contains(&word)) && self.line_start(token) == token.start
    }

    fn line_opens_block(self, at: usize) -> bool {
        let line = self.tokens[at..].iter().take_while(|it| it.kind != Kind::Newline);
        line.into_iter().any(|it| it.kind == Kind::BlockOpen)
    }

    /// Whether a statement begins with a word that wants a block.
    pub(super) fn opens_block(self, start: usize) -> bool {
        let mut words = ITEM_WORDS.iter().filter(|it| !matches!(**it, "parameter" | "define")).chain(&["stage"]);
        words.any(|it| self.is_word(start, it))
    }

    /// Whether a word stands before braces that hold a list, not lines: `weighted { … }`, `share of points { … }`, `split … into { … }`.
    pub(super) fn is_list(self, at: usize) -> bool {
        let share =
            at >= 2 && self.is_word(at, "points") && self.is_word(at - 1, "of") && self.is_word(at - 2, "share");
        share || self.is_word(at, "weighted") || self.is_word(at, "into")
    }

    /// The token that closes the bracket at hand.
    pub(super) fn matching(self, from: usize) -> Result<usize, Unmatched> {
        let mut open: Vec<Kind> = Vec::new();
        for at in from..self.tokens.len() {
            match self.tokens[at].kind {
                Kind::Open => open.push(Kind::Close),
                Kind::BlockOpen if at == from || self.is_list(at - 1) => open.push(Kind::BlockClose),
                Kind::BlockOpen | Kind::Semicolon => return Err(Unmatched::Open),
                kind @ (Kind::Close | Kind::BlockClose) if open.pop() != Some(kind) => return Err(Unmatched::Open),
                _ if self.begins_item(at) => return Err(Unmatched::Open),
                _ => {}
            }
            if open.is_empty() {
                return Ok(at);
            }
            if open.len() > DEEPEST {
                return Err(Unmatched::TooDeep);
            }
        }
        Err(Unmatched::Open)
    }

    pub(super) fn line_start(self, token: Token) -> usize {
        let start = self.source[..token.start].rfind('\n').map_or(0, |it| it + 1);
        if start == 0 && self.source.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { start }
    }

    pub(super) fn begins_line(self, token: Token) -> bool {
        self.source[self.line_start(token)..token.start].trim().is_empty()
    }

    /// How far right the line of a token begins.
    pub(super) fn indentation(self, token: Token) -> usize {
        let line = &self.source[self.line_start(token)..token.start];
        line.len() - line.trim_start().len()
    }

    pub(super) fn text(self, token: Token) -> &'s str {
        &self.source[token.start..token.end]
    }

    pub(super) fn is_word(self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|it| it.kind == Kind::Word && self.text(*it) == word)
    }
}
