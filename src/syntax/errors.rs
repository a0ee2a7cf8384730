//! Says in plain words what is wrong with a statement.

use pest::Parser as _;
use pest::error::{Error, ErrorVariant, InputLocation};

use super::context::{self, Context};
use super::cursor::{Cursor, Place};
use super::depth;
use super::grammar::{Grammar, Rule};
use super::habits::{self, Around};
use super::parse::Reader;
use super::plain;
use super::split::Statement;
use super::token::{self, Kind, Token};
use crate::codes_syntax as codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// The word with which a statement begins. None where the statement can't be read, which is then reported. A word that is
/// nearly a keyword is reported and taken for that keyword, so that the block behind it is read all the same.
pub(super) fn leading_word<'s>(
    reader: Reader<'s>,
    statement: &'s Statement,
    context: &'static Context,
) -> Option<&'s str> {
    let first = reader.split.tokens.get(statement.tokens.start).filter(|_| !statement.tokens.is_empty())?;
    let word = reader.word_at(statement.tokens.start);
    if statement.broken {
        return Some(word);
    }
    if first.kind == Kind::Sign {
        reader.report(begins_with_sign(reader, *first));
        return None;
    }
    let longest = |phrases: &'static [&'static str]| {
        phrases.iter().copied().filter(|it| begins_with(reader, statement, it)).max_by_key(|it| it.len())
    };
    let (known, later) = (longest(context.words), longest(context.later));
    if let Some(later) = later.filter(|it| known.is_none_or(|known| known.len() < it.len())) {
        reader.report(not_yet(reader, statement, later));
        return None;
    }
    let known = context.words.iter().any(|it| first_word(it) == word);
    if known || (context.free.is_some() && matches!(first.kind, Kind::Word | Kind::Quoted)) {
        return Some(word);
    }
    unknown_word(reader, *first, context)
}

/// Whether a statement begins with the words of a keyword.
fn begins_with(reader: Reader<'_>, statement: &Statement, phrase: &str) -> bool {
    phrase.split(' ').enumerate().all(|(at, word)| {
        let token = statement.tokens.start + at;
        token < statement.tokens.end && reader.word_at(token) == word
    })
}

fn first_word(phrase: &str) -> &str {
    phrase.split(' ').next().unwrap_or(phrase)
}

fn at_token(reader: Reader<'_>, token: Token) -> Span {
    Span::new(reader.file, token.start, token.end)
}

// ---- the beginning of a statement

fn begins_with_sign(reader: Reader<'_>, first: Token) -> Diagnostic {
    let sign = &reader.source[first.start..first.end];
    Diagnostic::new(codes::BEGINS_WITH_SIGN, at_token(reader, first), format!("a line can't begin with `{sign}`"))
        .help("put the sign at the end of the line above, which then goes on over the line end")
}

fn not_yet(reader: Reader<'_>, statement: &Statement, phrase: &str) -> Diagnostic {
    // `on` alone says too little: the choice behind it is shown with it.
    let words = phrase.split(' ').count() + usize::from(phrase == "on");
    let tokens = &reader.split.tokens[statement.tokens.clone()];
    let end = tokens.get(words - 1).map_or(statement.bytes.end, |it| it.end);
    let shown = reader.source.get(statement.bytes.start..end).unwrap_or(phrase);
    let span = Span::new(reader.file, statement.bytes.start, end);
    Diagnostic::new(codes::NOT_YET, span, format!("`{shown}` is not part of this version yet"))
        .help("take it out for now; what this version knows is in the description of the language")
}

/// A first word that begins no line here: the nearest keyword is offered, and taken if it is near enough.
fn unknown_word(reader: Reader<'_>, first: Token, context: &Context) -> Option<&'static str> {
    let word = reader.source.get(first.start..first.end).unwrap_or("");
    let finding = Diagnostic::new(
        codes::UNKNOWN_LINE,
        at_token(reader, first),
        format!("no {} begins with `{word}`", context.what),
    );
    if let Some(near) = nearest(word, context.words) {
        reader.report(finding.help(format!("did you mean `{near}`?")));
        return Some(first_word(near));
    }
    let may = may_begin(context);
    let mut all = context::ALL.iter();
    // A line that begins with just this word, before one of which it is the first of several.
    let elsewhere = all.clone().find(|it| it.words.contains(&word));
    let elsewhere = elsewhere.or_else(|| all.find(|it| it.words.iter().any(|it| first_word(it) == word)));
    let help = match elsewhere {
        Some(other) => format!("`{word}` begins {} {}; here may stand {may}", article(other.what), other.what),
        None => format!("here may stand {may}"),
    };
    reader.report(finding.help(help));
    None
}

/// What a line may begin with.
fn may_begin(context: &Context) -> String {
    one_of(context.words.iter().map(|it| format!("`{it}`")).chain(context.free.map(str::to_owned)))
}

/// The keyword that somebody may have meant.
fn nearest<'p>(word: &str, phrases: &[&'p str]) -> Option<&'p str> {
    let far = match word.chars().count() {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    };
    let distance = |it: &&&str| {
        let whole = strsim::damerau_levenshtein(word, it);
        whole.min(strsim::damerau_levenshtein(word, first_word(it)))
    };
    let near = phrases.iter().min_by_key(distance)?;
    (distance(&near) <= far && first_word(near) != word).then_some(*near)
}

// ---- the rest of a statement

/// Why a statement can't be read by its rule.
pub(super) fn explain(reader: Reader<'_>, statement: &Statement, context: &Context, error: &Error<Rule>) -> Diagnostic {
    let start = statement.bytes.start;
    let InputLocation::Pos(at) = error.location else {
        return depth::too_deep(Span::new(reader.file, start, statement.bytes.end));
    };
    let ErrorVariant::ParsingError { positives, .. } = &error.variant else {
        return depth::too_deep(Span::new(reader.file, start, statement.bytes.end));
    };
    let at = start + at;
    let found = (statement.tokens.clone())
        .find(|it| reader.split.tokens[*it].end > at && reader.split.tokens[*it].kind != Kind::Newline);
    let trouble = Trouble { reader, statement, context, positives, found };
    trouble.misspelt_beginning().or_else(|| trouble.known_cause()).unwrap_or_else(|| trouble.plain())
}

/// A statement that can't be read on from some token.
struct Trouble<'t> {
    reader: Reader<'t>,
    statement: &'t Statement,
    context: &'t Context,
    /// What the grammar would have taken.
    positives: &'t [Rule],
    /// The token that does not fit; none at the end of the statement.
    found: Option<usize>,
}

impl Trouble<'_> {
    fn finding(&self, code: crate::codes::Code, token: usize, message: String) -> Diagnostic {
        Diagnostic::new(code, at_token(self.reader, self.reader.split.tokens[token]), message)
    }

    /// A line that begins with a word of the author's, which may be a misspelt keyword.
    fn misspelt_beginning(&self) -> Option<Diagnostic> {
        self.context.free?;
        let first = self.statement.tokens.start;
        let word = self.reader.word_at(first);
        let near = nearest(word, self.context.words)?;
        let finding =
            self.finding(codes::UNKNOWN_LINE, first, format!("no {} begins with `{word}`", self.context.what));
        Some(finding.help(format!("did you mean `{near}`?")))
    }

    fn known_cause(&self) -> Option<Diagnostic> {
        let found = self.found?;
        let word = self.reader.word_at(found);
        let is_first = found == self.statement.tokens.start;
        if let Some(remedy) = habits::remedy(&self.around(found)) {
            return Some(self.finding(codes::DOES_NOT_FIT, found, format!("`{word}` does not fit here")).help(remedy));
        }
        let name_wanted =
            self.positives.iter().any(|it| plain::is_name(*it)) || (is_first && self.context.free.is_some());
        if name_wanted && plain::RESERVED.contains(&word) {
            let message = format!("`{word}` is a word of the language, not a name");
            let help = format!("choose another name, or write it in backquotes: `` `{word}` ``");
            return Some(self.finding(codes::RESERVED_WORD, found, message).help(help));
        }
        if is_first {
            return self.misspelt_phrase(found);
        }
        let starts = self.context.words.iter().any(|it| first_word(it) == word);
        if self.positives.contains(&Rule::EOI) && starts {
            let finding =
                self.finding(codes::TWO_ON_A_LINE, found, "a second statement begins on this line".to_owned());
            return Some(finding.help(format!("put `;` before `{word}`, or begin a new line")));
        }
        self.case_of_a_proposal(found).or_else(|| self.misspelt(found))
    }

    fn around(&self, found: usize) -> Around<'_> {
        let start = self.statement.tokens.start;
        let before = if found > start { self.reader.word_at(found - 1) } else { "" };
        let next = self.reader.word_at(found + 1);
        Around { first: self.reader.word_at(start), before, found: self.reader.word_at(found), next }
    }

    /// The first word is right, but not the keyword of several words that it begins.
    fn misspelt_phrase(&self, first: usize) -> Option<Diagnostic> {
        let word = self.reader.word_at(first);
        let phrases = self.context.words.iter().filter(|it| first_word(it) == word);
        let may = one_of(phrases.map(|it| format!("`{it}`")));
        let message = format!("`{word}` does not stand alone");
        (!may.is_empty()).then(|| self.finding(codes::MISSPELT, first, message).help(format!("write {may}")))
    }

    /// `for each` belongs into the block; cases of proposals are not known yet.
    fn case_of_a_proposal(&self, found: usize) -> Option<Diagnostic> {
        let in_head =
            self.reader.word_at(self.statement.tokens.start) == "workflow" && self.context.words.contains(&"workflow");
        let words = [found, found + 1, found + 2].map(|it| self.reader.word_at(it));
        match words {
            ["for", "each", "proposed"] if in_head => None,
            ["for", "each", _] if in_head => {
                let message = "`for each` does not stand in the head of a workflow".to_owned();
                Some(self.finding(codes::DOES_NOT_FIT, found, message).help("put it on a line of its own in the block"))
            }
            _ => None,
        }
    }

    /// A keyword that is nearly right, at the token that does not fit or just before it.
    fn misspelt(&self, found: usize) -> Option<Diagnostic> {
        let expected: Vec<String> = self.positives.iter().flat_map(|it| plain::keywords(*it)).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        let offer = |token: usize, near: &str| {
            let word = self.reader.word_at(token);
            let finding = self.finding(codes::MISSPELT, token, format!("`{word}` is not known here"));
            finding.help(format!("did you mean `{near}`?"))
        };
        let is_word = |token: usize| {
            let reserved = plain::RESERVED.contains(&self.reader.word_at(token));
            self.reader.split.tokens[token].kind == Kind::Word && !reserved
        };
        if let Some(near) = nearest(self.reader.word_at(found), &expected).filter(|_| is_word(found)) {
            return Some(offer(found, near));
        }
        let pair = format!("{} {}", self.reader.word_at(found.saturating_sub(1)), self.reader.word_at(found));
        let phrases: Vec<&str> = plain::INNER_WORDS.iter().copied().filter(|it| it.contains(' ')).collect();
        if let Some(near) = phrases.iter().find(|it| strsim::damerau_levenshtein(&pair, it) <= 2) {
            return Some(offer(found, near));
        }
        let lead = self.context.words.iter().filter(|it| begins_with(self.reader, self.statement, it));
        let lead = lead.map(|it| it.split(' ').count()).max().unwrap_or(1);
        let before = found.checked_sub(1).filter(|it| *it >= self.statement.tokens.start + lead && is_word(*it))?;
        nearest(self.reader.word_at(before), plain::INNER_WORDS).map(|near| offer(before, near))
    }

    fn plain(&self) -> Diagnostic {
        let is_first = self.found == Some(self.statement.tokens.start);
        let may = if is_first {
            may_begin(self.context)
        } else {
            one_of(self.positives.iter().flat_map(|it| plain::words(*it)))
        };
        let (code, span, message) = match self.found {
            Some(found) => {
                let word = self.reader.word_at(found);
                let span = at_token(self.reader, self.reader.split.tokens[found]);
                let shown = word.lines().next().unwrap_or(word);
                (codes::DOES_NOT_FIT, span, format!("`{shown}` does not fit here"))
            }
            None => {
                let end = self.statement.bytes.end;
                let span = Span::new(self.reader.file, end.saturating_sub(1), end);
                let last = self.reader.word_at(self.statement.tokens.end - 1);
                (
                    codes::ENDS_TOO_EARLY,
                    span,
                    format!("something is missing behind `{}`", last.lines().last().unwrap_or(last)),
                )
            }
        };
        let finding = Diagnostic::new(code, span, message);
        if may.is_empty() { finding } else { finding.help(format!("here may stand {may}")) }
    }
}

fn article(what: &str) -> &'static str {
    if what.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" }
}

/// `a, b or c`
fn one_of(words: impl IntoIterator<Item = String>) -> String {
    let mut list: Vec<String> = Vec::new();
    for word in words {
        if !list.contains(&word) {
            list.push(word);
        }
    }
    match list.pop() {
        Some(last) if !list.is_empty() => format!("{} or {last}", list.join(", ")),
        last => last.unwrap_or_default(),
    }
}

// ---- blocks

/// `{` where none belongs.
pub(super) fn needless_block(reader: Reader<'_>, statement: &Statement) -> Diagnostic {
    let word = reader.word_at(statement.tokens.start);
    let span = Span::new(reader.file, statement.bytes.start, statement.bytes.end);
    Diagnostic::new(codes::NEEDLESS_BLOCK, span, format!("no block can stand behind a line with `{word}`"))
        .help("take out the `{ … }`, or check the first word of the line")
}

/// A head without its `{`.
pub(super) fn missing_block(reader: Reader<'_>, statement: &Statement) -> Diagnostic {
    let word = reader.word_at(statement.tokens.start);
    let span = Span::new(reader.file, statement.bytes.start, statement.bytes.end);
    Diagnostic::new(codes::MISSING_BLOCK, span, format!("the block of this `{word}` is missing"))
        .help("put its lines between `{`, at the end of this line, and `}`")
}

// ---- placeholders

/// Reads what stands between the `{` and `}` of a placeholder.
pub(super) fn read_placeholder<'s>(text: &'s str, place: Place<'s>) -> Result<Cursor<'s>, Diagnostic> {
    let span = Span::new(place.file, place.base, place.base + text.len());
    let tokens = token::cut(place.file, text);
    if depth::too_deep_at(text, &tokens.list).is_some() {
        return Err(depth::too_deep(span));
    }
    let parsed = Grammar::parse(Rule::placeholder_only, text).ok().and_then(|mut it| it.next());
    match parsed {
        Some(pair) => Ok(Cursor::new(pair, place).one(Rule::placeholder)),
        None => Err(Diagnostic::new(codes::PLACEHOLDER, span, format!("`{}` is no placeholder", text.trim()))
            .help("write a value such as `{member.name}`, or `{member.name or \"colleague\"}` if it may be missing")),
    }
}
