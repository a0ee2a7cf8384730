//! What is wrong with a policy text, said to its author: the one diagnostic type of the language.
//!
//! A diagnostic is collected, never thrown. Its words are full sentences for policy staff; the author's own text stands in
//! back-ticks, and the way out stands in `help`. The rendering for people is in [`crate::diagnostic::Diagnostics::render`].

use crate::codes::Code;
use crate::source::Span;

/// How bad it is: an error keeps the policy from being used, a warning does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The policy can't be used until it is mended.
    Error,
    /// The policy can be used; somebody should look.
    Warning,
}

/// One finding: what, where, why, and the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The findable, testable code.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// The place.
    pub span: Span,
    /// One plain sentence.
    pub message: String,
    /// Other places that belong to the finding, each with a few words.
    pub labels: Vec<(Span, String)>,
    /// The way out.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A finding of the severity that its code has.
    #[must_use]
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self { code, severity: code.severity(), span, message: message.into(), labels: Vec::new(), help: None }
    }

    /// Points at another place that belongs to the finding.
    #[must_use]
    pub fn label(mut self, span: Span, words: impl Into<String>) -> Self {
        self.labels.push((span, words.into()));
        self
    }

    /// Says the way out.
    #[must_use]
    pub fn help(mut self, words: impl Into<String>) -> Self {
        self.help = Some(words.into());
        self
    }
}

/// The findings of one run, in the order of their places.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics {
    found: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Nothing found yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    /// Whether the policy can be used.
    #[must_use]
    pub fn no_errors(&self) -> bool {
        self.found.iter().all(|it| it.severity != Severity::Error)
    }

    /// Puts the findings in the order of their places and drops those said twice.
    pub fn tidy(&mut self) {
        self.found.sort_by(|a, b| (a.span, a.code, &a.message).cmp(&(b.span, b.code, &b.message)));
        self.found.dedup();
    }

    /// The findings.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.found.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }
}
