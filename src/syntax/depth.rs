//! How deep things may stand in each other, so that no text exhausts the reader.

use super::token::{Kind, Token};
use crate::codes_syntax as codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// How much may stand in each other: words that wait for another and parts of a sum count once.
pub(super) const DEEPEST: usize = 100;
/// Brackets and blocks take more to read, and count as so many.
const BRACKET: usize = 2;

/// The token at which brackets and waiting words stand too deep in each other.
pub(super) fn too_deep_at(source: &str, tokens: &[Token]) -> Option<Token> {
    // For each open bracket: words that wait to the end of the bracket, and words that wait to the next joint.
    let mut open = vec![(0_usize, 0_usize)];
    // Signs of a sum or product, each of which stands around those before it.
    let mut chained = 0_usize;
    for token in tokens {
        chained = match (token.kind, &source[token.start..token.end]) {
            (Kind::Sign, "+" | "-" | "*" | "/") if source[token.end..].starts_with(char::is_whitespace) => chained + 1,
            (Kind::Comma | Kind::Sign, _) | (Kind::Word, "and" | "or") => 0,
            _ => chained,
        };
        match (token.kind, &source[token.start..token.end]) {
            (Kind::Open | Kind::BlockOpen, _) => open.push((0, 0)),
            (Kind::Close | Kind::BlockClose, _) if open.len() > 1 => drop(open.pop()),
            (Kind::Word, "if") => open.last_mut()?.0 += 1,
            (Kind::Comma, _) | (Kind::Word, "and" | "or") => open.last_mut()?.1 = 0,
            (Kind::Sign, "-") if !source[token.end..].starts_with(char::is_whitespace) => open.last_mut()?.1 += 1,
            (Kind::Sign, _) => open.last_mut()?.1 = 0,
            (Kind::Word, "not" | "of" | "after" | "before" | "on" | "where" | "satisfies") => open.last_mut()?.1 += 1,
            _ => {}
        }
        if open.iter().map(|(firm, loose)| BRACKET + firm + loose).sum::<usize>() + chained > DEEPEST + BRACKET {
            return Some(*token);
        }
    }
    None
}

/// Says that something stands too deep.
pub(super) fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::new(
        codes::TOO_DEEP,
        span,
        format!("more than {} brackets or blocks, or {DEEPEST} sums, stand in each other here", DEEPEST / BRACKET),
    )
    .help("give a part of it a name of its own, with `define`")
}
