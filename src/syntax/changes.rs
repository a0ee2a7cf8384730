//! Small changes of a policy's text: each threshold, limit, comparison, exception, row and reminder written a little otherwise. What
//! no example notices is not held by any.
//!
//! Made of words and statements alone, so that what the language learns is changed, too. A change may give a text that does not check;
//! whoever tries it finds out.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::civil::Date;

use super::split::{Split, Statement, split};
use super::token::{Kind, Token};
use crate::calendar::month_number;
use crate::source::{FileId, Span};
use crate::value::Number;

/// A small change of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The item that it lies in.
    pub item: Span,
    /// The statement that it lies in, without its block.
    pub statement: Span,
    /// Where it begins.
    pub place: Span,
    /// What is written instead of what, from the last to the first.
    pub edits: Vec<(Range<usize>, String)>,
    /// What stands there.
    pub was: String,
    /// What stands there instead; nothing if it is taken out.
    pub now: String,
}

/// Items that say nothing of what follows from what, or that no example reaches.
const LEFT_ALONE: &[&str] = &["calendar", "message", "example", "scenario", "guarantee", "adjust"];

/// Lines that change nothing that an example can see.
const WITHOUT_EFFECT: &[&str] = &["cite", "because", "notify", "judged", "may", "hint"];

/// Lines without which a policy still checks, or may.
const CAN_GO: &[&str] = &[
    "unless",
    "except",
    "remind",
    "escalate",
    "otherwise",
    "suspend",
    "cancel",
    "closes",
    "lapses",
    "only",
    "absent",
    "gone",
    "not",
    "qualifies",
    "afresh",
    "straight",
];

/// Every small change of a file. `decimals` tells how fine a number is, by its place and the name of its item.
#[must_use]
pub fn changes(file: FileId, text: &str, decimals: &dyn Fn(Span, &str) -> Option<u32>) -> Vec<Change> {
    let split = split(file, text);
    let mut finder = Finder {
        file,
        text,
        split: &split,
        decimals,
        found: Vec::new(),
        item: 0..0,
        name: String::new(),
        limits: None,
    };
    for item in &split.statements {
        finder.item(item);
    }
    let mut found = finder.found;
    found.sort_by_key(|it| it.place.start);
    found
}

/// A number: its statement, the words of that, and its place among them.
type Written<'t> = (&'t Statement, Vec<Token>, usize);

struct Finder<'s> {
    file: FileId,
    text: &'s str,
    split: &'s Split,
    decimals: &'s dyn Fn(Span, &str) -> Option<u32>,
    found: Vec<Change>,
    item: Range<usize>,
    name: String,
    /// The least and the greatest number of a scale.
    limits: Option<(Number, Number)>,
}

/// A number as it is written, without the signs between thousands.
fn plain(written: &str) -> Option<Number> {
    written.chars().filter(|it| *it != ',').collect::<String>().parse().ok()
}

impl<'s> Finder<'s> {
    fn tokens(&self, statement: &Statement) -> Vec<Token> {
        let tokens = &self.split.tokens[statement.tokens.clone()];
        tokens.iter().filter(|it| it.kind != Kind::Newline).copied().collect()
    }

    fn word(&self, token: &Token) -> &'s str {
        self.text.get(token.start..token.end).unwrap_or("")
    }

    fn word_at(&self, tokens: &[Token], at: usize) -> &'s str {
        tokens.get(at).map_or("", |it| self.word(it))
    }

    fn span(&self, at: &Range<usize>) -> Span {
        Span::new(self.file, at.start, at.end)
    }

    fn add(&mut self, statement: &Statement, mut edits: Vec<(Range<usize>, String)>) {
        edits.sort_by_key(|it| std::cmp::Reverse(it.0.start));
        let (Some(last), Some(first)) = (edits.first(), edits.last()) else { return };
        let place = self.span(&(first.0.start..last.0.end));
        let told = |words: Vec<&str>| {
            words.into_iter().rev().filter(|it| !it.trim().is_empty()).collect::<Vec<_>>().join(" … ")
        };
        let was = told(edits.iter().map(|it| self.text.get(it.0.clone()).unwrap_or("")).collect());
        let now = told(edits.iter().map(|it| it.1.as_str()).collect());
        let (item, statement) = (self.span(&self.item), self.span(&statement.bytes));
        self.found.push(Change { item, statement, place, edits, was, now });
    }

    // ---- items and statements

    fn item(&mut self, item: &Statement) {
        let tokens = self.tokens(item);
        let kind = self.word_at(&tokens, 0);
        if item.broken || LEFT_ALONE.contains(&kind) {
            return;
        }
        self.name = self.word_at(&tokens, 1).to_owned();
        let end = item.block.as_ref().map_or(item.bytes.end, |it| it.end);
        self.item = item.bytes.start..end;
        self.limits = if kind == "scale" { self.limits_of(item) } else { None };
        if kind == "scale" || kind == "table" {
            self.ends_together(item);
        }
        if kind != "record" {
            self.inside(item, &tokens);
        }
        for statement in item.block.iter().flat_map(|it| &it.statements) {
            self.statement(kind, statement);
        }
        if kind == "table" {
            let rows = item.block.iter().flat_map(|it| &it.statements).filter(|it| self.is_row(it)).skip(1);
            let rows: Vec<&Statement> = rows.collect();
            rows.into_iter().for_each(|it| self.remove(it));
        }
    }

    fn limits_of(&self, scale: &Statement) -> Option<(Number, Number)> {
        let tokens: Vec<Token> =
            scale.block.iter().flat_map(|it| &it.statements).flat_map(|it| self.tokens(it)).collect();
        let numbers = tokens.iter().filter(|it| it.kind == Kind::Number).filter_map(|it| plain(self.word(it)));
        numbers.clone().min().zip(numbers.max())
    }

    fn is_row(&self, statement: &Statement) -> bool {
        self.word_at(&self.tokens(statement), 0) == "|"
    }

    fn statement(&mut self, item: &str, statement: &Statement) {
        let tokens = self.tokens(statement);
        let head = self.word_at(&tokens, 0);
        let conditions_only = item == "record" && !["absent", "gone"].contains(&head);
        if statement.broken || conditions_only || WITHOUT_EFFECT.contains(&head) {
            return;
        }
        if CAN_GO.contains(&head) {
            self.remove(statement);
        }
        // An alarm before the end of what lasts changes nothing that an example can see.
        let alarm = tokens.iter().position(|it| head == "lasts" && self.word(it) == "alarm");
        self.inside(statement, &tokens[..alarm.unwrap_or(tokens.len())]);
        for inner in statement.block.iter().flat_map(|it| &it.statements) {
            self.statement(item, inner);
        }
    }

    /// Takes a statement out, with its block and the `;` behind it.
    fn remove(&mut self, statement: &Statement) {
        let end = statement.block.as_ref().map_or(statement.bytes.end, |it| it.end);
        let behind = self.split.tokens.iter().find(|it| it.start >= end).filter(|it| it.kind == Kind::Semicolon);
        let end = behind.map_or(end, |it| it.end);
        self.add(statement, vec![(statement.bytes.start..end, String::new())]);
    }

    // ---- words

    fn inside(&mut self, statement: &Statement, tokens: &[Token]) {
        for at in 0..tokens.len() {
            let (token, word) = (tokens[at], self.word(&tokens[at]));
            let next = self.word_at(tokens, at + 1);
            let before = if at == 0 { "" } else { self.word_at(tokens, at - 1) };
            let here = token.start..token.end;
            match (token.kind, word) {
                (Kind::Number, _) => self.number(statement, tokens, at),
                (Kind::Sign, "<" | "<=" | ">" | ">=") => {
                    let other =
                        if let Some(sign) = word.strip_suffix('=') { sign.to_owned() } else { format!("{word}=") };
                    self.add(statement, vec![(here, other)]);
                }
                (Kind::Word, "and") if next == "record" => {
                    let end = tokens.last().map_or(token.end, |it| it.end);
                    self.add(statement, vec![(token.start..end, String::new())]);
                }
                (Kind::Word, "and") if next != "more" => self.add(statement, vec![(here, "or".to_owned())]),
                (Kind::Word, "or") => self.add(statement, vec![(here, "and".to_owned())]),
                (Kind::Word, "least") if before == "at" => self.worded(statement, tokens, at, "more than"),
                (Kind::Word, "most") if before == "at" => self.worded(statement, tokens, at, "less than"),
                (Kind::Word, "than") if before == "more" => self.worded(statement, tokens, at, "at least"),
                (Kind::Word, "than") if before == "less" => self.worded(statement, tokens, at, "at most"),
                _ => {}
            }
        }
    }

    /// `is at least` and the like, whose last word stands at a place.
    fn worded(&mut self, statement: &Statement, tokens: &[Token], at: usize, other: &str) {
        if at >= 2 && self.word(&tokens[at - 2]) == "is" {
            self.add(statement, vec![(tokens[at - 1].start..tokens[at].end, other.to_owned())]);
        }
    }

    fn number(&mut self, statement: &Statement, tokens: &[Token], at: usize) {
        let token = tokens[at];
        let next = tokens.get(at + 1).copied();
        let next_word = self.word_at(tokens, at + 1);
        let glued = |sign: &str| {
            let behind = next.is_some_and(|it| it.start == token.end && self.word(&it) == sign);
            let before = at > 0 && tokens[at - 1].end == token.start && self.word(&tokens[at - 1]) == sign;
            behind || before
        };
        let behind_month = at > 0 && month_number(self.word(&tokens[at - 1])).is_some();
        if glued("/") || glued(":") || glued("-") || behind_month || self.word(&token).contains('-') {
            return;
        }
        if month_number(next_word).is_some() {
            return self.day(statement, tokens, at);
        }
        for now in self.moved(&token, next_word) {
            // Beyond the ends of a scale there is nothing to be banded.
            let beyond = |(low, high): (Number, Number)| plain(&now).is_some_and(|it| it < low || it > high);
            if !self.limits.is_some_and(beyond) {
                self.add(statement, vec![(token.start..token.end, now)]);
            }
        }
        self.open_or_closed(statement, tokens, at);
    }

    /// A number by its smallest unit, up and down.
    fn moved(&self, token: &Token, next: &str) -> Vec<String> {
        let written: String = self.word(token).chars().filter(|it| *it != ',').collect();
        let own = written.split_once('.').map_or(0, |it| it.1.len());
        let finer = (self.decimals)(Span::new(self.file, token.start, token.end), &self.name).unwrap_or(0) as usize;
        let finer = if next == "%" { finer.saturating_sub(2) } else { finer };
        let decimals = own.max(finer).min(6);
        let digits: String = written.chars().filter(|it| *it != '.').collect();
        let Ok(value) = format!("{digits}{}", "0".repeat(decimals - own)).parse::<i128>() else { return Vec::new() };
        let words = |value: i128| {
            let digits = format!("{value:0width$}", width = decimals + 1);
            let (whole, part) = digits.split_at(digits.len() - decimals);
            if part.is_empty() { whole.to_owned() } else { format!("{whole}.{part}") }
        };
        [value + 1, value - 1].into_iter().filter(|it| *it >= 0).map(words).collect()
    }

    /// A written day, by one day; a time in which something holds is only made shorter, for a longer one may be the same.
    fn day(&mut self, statement: &Statement, tokens: &[Token], at: usize) {
        let Some(month) = tokens.get(at + 1) else { return };
        let year = tokens.get(at + 2).filter(|it| it.kind == Kind::Number && it.end - it.start == 4);
        let number = |it: &Token| self.word(it).parse::<i16>().ok();
        let written = Date::new(
            year.and_then(number).unwrap_or(2025),
            month_number(self.word(month)).unwrap_or(1),
            number(&tokens[at]).and_then(|it| i8::try_from(it).ok()).unwrap_or(0),
        );
        let Ok(day) = written else { return };
        let end = year.map_or(month.end, |it| it.end);
        let before = if at == 0 { "" } else { self.word_at(tokens, at - 1) };
        let others = match before {
            "from" => [Some(day.tomorrow()), None],
            "until" => [None, Some(day.yesterday())],
            _ => [Some(day.tomorrow()), Some(day.yesterday())],
        };
        for other in others.into_iter().flatten().flatten() {
            let words = crate::calendar::day_in_words(other);
            let words =
                if year.is_some() { words } else { words.rsplit_once(' ').map_or(words.clone(), |it| it.0.to_owned()) };
            self.add(statement, vec![(tokens[at].start..end, words)]);
        }
    }

    /// The end of a stretch that a number is: with what lies there, or without.
    fn open_or_closed(&mut self, statement: &Statement, tokens: &[Token], at: usize) {
        if let Some(edits) = self.other_end(tokens, at) {
            self.add(statement, edits);
        }
    }

    fn other_end(&self, tokens: &[Token], at: usize) -> Option<Vec<(Range<usize>, String)>> {
        let word = |back: usize| at.checked_sub(back).map_or("", |it| self.word(&tokens[it]));
        let number = tokens[at];
        let blank = |at: usize| (tokens[at].start..tokens[at].end, String::new());
        let (next, after) = (self.word_at(tokens, at + 1), self.word_at(tokens, at + 2));
        match (word(2), word(1)) {
            ("to", "below") => Some(vec![blank(at - 1)]),
            (_, "to") => Some(vec![(number.start..number.start, "below ".to_owned())]),
            (_, "above") if next == "to" => Some(vec![blank(at - 1)]),
            (_, "above") => Some(vec![blank(at - 1), (number.end..number.end, " and more".to_owned())]),
            _ if next == "to" => Some(vec![(number.start..number.start, "above ".to_owned())]),
            _ if (next, after) == ("and", "more") => Some(vec![
                (number.start..number.start, "above ".to_owned()),
                (tokens[at + 1].start..tokens[at + 2].end, String::new()),
            ]),
            _ => None,
        }
    }

    /// Where one band or cell ends and the next begins, the same number stands twice: both are changed together.
    fn ends_together(&mut self, item: &Statement) {
        let mut columns: BTreeMap<(usize, &str), Vec<Written<'_>>> = BTreeMap::new();
        for statement in item.block.iter().flat_map(|it| &it.statements) {
            let tokens = self.tokens(statement);
            let mut column = 0;
            for (at, token) in tokens.iter().enumerate() {
                column += usize::from(self.word(token) == "|");
                let is_day = month_number(self.word_at(&tokens, at + 1)).is_some();
                if token.kind == Kind::Number && !is_day {
                    columns.entry((column, self.word(token))).or_default().push((statement, tokens.clone(), at));
                }
            }
        }
        for places in columns.into_values().filter(|it| it.len() > 1) {
            let statement = places[0].0;
            let next = self.word_at(&places[0].1, places[0].2 + 1);
            for now in self.moved(&places[0].1[places[0].2], next) {
                let edits = places.iter().map(|(_, tokens, at)| (tokens[*at].start..tokens[*at].end, now.clone()));
                self.add(statement, edits.collect());
            }
            let ends: Option<Vec<_>> = places.iter().map(|(_, tokens, at)| self.other_end(tokens, *at)).collect();
            if let Some(ends) = ends {
                self.add(statement, ends.into_iter().flatten().collect());
            }
        }
    }
}
