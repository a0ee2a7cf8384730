//! What stands between two words of a statement, and where its columns begin. Knows words and signs, no statement.

use super::columns::Class;
use super::lines::Lines;
use super::token::{Kind, Token};

/// Two words that are one keyword at the beginning of a line.
const PAIRS: &[[&str; 2]] = &[["time", "zone"], ["month", "end"], ["notices", "at"]];

/// Words that begin a sentence: nothing in it stands in a column.
const SENTENCES: &[&str] = &["is", "not", "otherwise", "for", "on", "in", "expect", "remind", "escalate", "adopted"];

/// The same, of two words each, since the first alone may be the name of a field.
const SENTENCE_PAIRS: &[[&str; 2]] = &[
    ["absent", "when"],
    ["gone", "when"],
    ["cancel", "when"],
    ["done", "when"],
    ["done", "on"],
    ["qualifies", "when"],
    ["suspend", "the"],
    ["case", "closes"],
    ["by", "calendar"],
    ["by", "order"],
    ["may", "be"],
    ["may", "still"],
    ["may", "delegate"],
    ["may", "overlap"],
    ["lapses", "at"],
    ["only", "if"],
    ["gives", "way"],
    ["a", "step"],
    ["only", "after"],
    ["afresh", "after"],
    ["straight", "to"],
    ["stays", "the"],
    ["does", "not"],
    ["deemed", "received"],
    ["at", "least"],
    ["at", "most"],
    ["if", "late"],
    ["sanctions", "never"],
    ["rewards", "never"],
    ["no", "sanction"],
    ["no", "reward"],
    ["every", "sanction"],
    ["every", "reward"],
];

/// Words behind which a `-` belongs to its number.
const JOINTS: &[&str] = &[
    "is",
    "to",
    "from",
    "until",
    "and",
    "or",
    "not",
    "than",
    "then",
    "if",
    "of",
    "at",
    "as",
    "when",
    "where",
    "while",
    "after",
    "before",
    "by",
    "on",
    "otherwise",
];

/// The tokens of a file, and what stands between them.
#[derive(Clone, Copy)]
pub(super) struct Spacing<'s> {
    pub(super) lines: Lines<'s>,
}

impl<'s> Spacing<'s> {
    pub(super) fn token(self, at: usize) -> Token {
        self.lines.tokens[at]
    }

    pub(super) fn text(self, at: usize) -> &'s str {
        self.lines.text(self.token(at))
    }

    /// Whether a blank stands between two tokens that follow each other on a line.
    pub(super) fn blank(self, before: usize, behind: usize) -> bool {
        let (left, right) = (self.token(before).kind, self.token(behind).kind);
        if left == Kind::Open || matches!(right, Kind::Comma | Kind::Semicolon | Kind::Close) {
            return false;
        }
        match (self.sign(before), self.sign(behind)) {
            (".", _) | (_, "." | "%") => false,
            ("=", ">") => !self.touch(before, behind),
            ("/" | ":", _) => !self.is_tight(before),
            (_, "/" | ":") => !self.is_tight(behind),
            ("-", _) => !self.belongs_to_number(before),
            _ => true,
        }
    }

    fn sign(self, at: usize) -> &'s str {
        if self.token(at).kind == Kind::Sign { self.text(at) } else { "" }
    }

    fn touch(self, before: usize, behind: usize) -> bool {
        self.token(before).end == self.token(behind).start
    }

    /// Whether a sign is inside a word of its own: `2025/26`, `08:00`, `yes/no`.
    fn is_tight(self, at: usize) -> bool {
        let (Some(before), behind) = (at.checked_sub(1), at + 1) else { return false };
        if behind >= self.lines.tokens.len() || !self.touch(before, at) || !self.touch(at, behind) {
            return false;
        }
        let numbers = self.token(before).kind == Kind::Number && self.token(behind).kind == Kind::Number;
        numbers || (self.lines.is_word(before, "yes") && self.lines.is_word(behind, "no"))
    }

    /// Whether a `-` makes what is behind it negative; between two values it has blanks on both sides.
    fn belongs_to_number(self, at: usize) -> bool {
        if self.lines.tokens.get(at + 1).is_some_and(|it| it.start == self.token(at).end) {
            return true;
        }
        let Some(before) = (0..at).rev().find(|it| self.token(*it).kind != Kind::Newline) else { return true };
        match self.token(before).kind {
            Kind::Sign => self.text(before) != "%",
            Kind::Open | Kind::Comma | Kind::BlockOpen => true,
            Kind::Word => {
                let member = before > 0 && self.sign(before - 1) == ".";
                !member && JOINTS.contains(&self.text(before))
            }
            _ => false,
        }
    }

    /// In which kind of run a statement stands, and before which of its tokens a column begins. `tokens` are those of its first
    /// line.
    pub(super) fn columns(self, tokens: &[usize], depth: usize, has_block: bool) -> (Class, Vec<usize>) {
        let word = |at: usize| tokens.get(at).map_or("", |it| self.text(*it));
        let kind = |at: usize| tokens.get(at).map(|it| self.token(*it).kind);
        let begins = |at: usize| tokens.get(at).copied();
        if word(0) == "|" {
            let bars = tokens[1..].iter().copied().filter(|it| self.sign(*it) == "|");
            return (Class::Row, bars.collect());
        }
        let is_day = [Some(Kind::Number), Some(Kind::Word), Some(Kind::Number)] == [kind(1), kind(2), kind(3)];
        if word(0) == "on" && is_day {
            return (Class::Day, begins(4).into_iter().collect());
        }
        if has_block {
            return (Class::Plain, Vec::new());
        }
        let titled = |at: usize| kind(at) == Some(Kind::Text) && at + 1 < tokens.len();
        if depth == 0 {
            return match word(0) {
                "parameter" => {
                    let title = begins(3).filter(|_| titled(2));
                    (Class::Parameter, begins(2).into_iter().chain(title).collect())
                }
                _ => (Class::Plain, Vec::new()),
            };
        }
        if self.is_sentence(tokens) {
            return (Class::Plain, Vec::new());
        }
        let lead = if PAIRS.contains(&[word(0), word(1)]) { 2 } else { 1 };
        let title = begins(lead + 1).filter(|_| titled(lead));
        (Class::Line, begins(lead).into_iter().chain(title).collect())
    }

    fn is_sentence(self, tokens: &[usize]) -> bool {
        let word = |at: usize| tokens.get(at).map_or("", |it| self.text(*it));
        let wording = matches!(word(0), "subject" | "body")
            && tokens.len() == 2
            && tokens.get(1).is_some_and(|it| self.token(*it).kind == Kind::Text);
        let named = tokens.first().is_some_and(|it| matches!(self.token(*it).kind, Kind::Word | Kind::Quoted));
        !named || wording || SENTENCES.contains(&word(0)) || SENTENCE_PAIRS.contains(&[word(0), word(1)])
    }
}
