//! What is wrong with a policy text, said to its author: the one diagnostic type of the language.
//!
//! A diagnostic is collected, never thrown. Its words are full sentences for policy staff; the author's own text stands in
//! back-ticks, and the way out stands in `help`. The rendering for people is in [`crate::diagnostic::Diagnostics::render`].

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet, renderer::DecorStyle};
use serde_json::{Value, json};

use crate::codes::Code;
pub use crate::codes::Severity;
use crate::source::{FileId, Position, Sources, Span};

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

    /// The place of the finding, and those that belong to it.
    pub(crate) fn places(&self) -> impl Iterator<Item = Span> {
        std::iter::once(self.span).chain(self.labels.iter().map(|it| it.0))
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

    /// Drops the findings that another one makes needless.
    pub(crate) fn leave_out(&mut self, needless: impl Fn(&Diagnostic) -> bool) {
        self.found.retain(|it| !needless(it));
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

// ---- renderings

impl Diagnostics {
    /// All findings as text for people, each with the lines at fault.
    #[must_use]
    pub fn render(&self, sources: &Sources, color: bool) -> String {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let renderer = renderer.decor_style(DecorStyle::Ascii);
        let shown: Vec<String> = self.iter().map(|it| renderer.render(&[group(it, sources)])).collect();
        shown.iter().map(|it| format!("{}\n", it.trim_end())).collect::<Vec<_>>().join("\n")
    }

    /// All findings for programs: `{"diagnostics": [{"code": …, "severity": …, "message": …, "file": …, …}]}`, lines and
    /// columns from 1.
    #[must_use]
    pub fn to_json(&self, sources: &Sources) -> Value {
        let list: Vec<Value> = self.iter().map(|it| diagnostic_json(it, sources)).collect();
        json!({ "diagnostics": list })
    }
}

fn group<'s>(it: &'s Diagnostic, sources: &'s Sources) -> Group<'s> {
    let level = match it.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = level.primary_title(it.message.as_str()).id(it.code.0).elements(snippets(it, sources));
    if let Some(help) = &it.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    group
}

/// A snippet for each file that the finding points into, its own first.
fn snippets<'s>(it: &'s Diagnostic, sources: &'s Sources) -> Vec<Snippet<'s, annotate_snippets::Annotation<'s>>> {
    let mut files: Vec<FileId> = vec![it.span.file];
    for (span, _) in &it.labels {
        if !files.contains(&span.file) {
            files.push(span.file);
        }
    }
    files.into_iter().map(|file| snippet(it, file, sources)).collect()
}

fn snippet<'s>(
    it: &'s Diagnostic,
    file: FileId,
    sources: &'s Sources,
) -> Snippet<'s, annotate_snippets::Annotation<'s>> {
    let source = sources.file(file);
    let labels = it.labels.iter().filter(|(span, _)| span.file == file);
    let spans = labels.clone().map(|(span, _)| *span).chain(Some(it.span).filter(|span| span.file == file));
    let window = window(spans, &source.text);
    let place = |span: Span| {
        let range = range(span, &source.text);
        range.start - window.start..range.end - window.start
    };
    let line = source.position(Span::new(file, window.start, window.start).start).line;
    let mut snippet = Snippet::source(&source.text[window.clone()]).path(source.name.as_str()).line_start(line);
    if it.span.file == file {
        snippet = snippet.annotation(AnnotationKind::Primary.span(place(it.span)));
    }
    labels.fold(snippet, |snippet, (span, words)| {
        snippet.annotation(AnnotationKind::Context.span(place(*span)).label(words.as_str()))
    })
}

/// The lines from the first to the last of some places, so that a long file costs no more than a short one.
fn window(spans: impl Iterator<Item = Span>, text: &str) -> Range<usize> {
    let all = spans.map(|it| range(it, text)).reduce(|a, b| a.start.min(b.start)..a.end.max(b.end)).unwrap_or(0..0);
    let start = text[..all.start].rfind('\n').map_or(0, |it| it + 1);
    let end = text[all.end..].find('\n').map_or(text.len(), |it| all.end + it);
    start..end
}

/// The bytes of a place, kept within the text and on the borders of its characters.
fn range(span: Span, text: &str) -> Range<usize> {
    let start = text.floor_char_boundary(span.start as usize);
    let end = text.ceil_char_boundary((span.end as usize).min(text.len()));
    start..end.max(start)
}

fn diagnostic_json(it: &Diagnostic, sources: &Sources) -> Value {
    let mut object = json!({ "code": it.code.0, "severity": it.severity, "message": it.message });
    add_place(&mut object, it.span, sources);
    object["help"] = json!(it.help);
    object["labels"] = it.labels.iter().map(|(span, words)| label_json(*span, words, sources)).collect();
    object
}

fn label_json(span: Span, words: &str, sources: &Sources) -> Value {
    let mut object = json!({});
    add_place(&mut object, span, sources);
    object["message"] = json!(words);
    object
}

fn add_place(object: &mut Value, span: Span, sources: &Sources) {
    let source = sources.file(span.file);
    let Position { line, column } = source.position(span.start);
    let end = source.position(span.end);
    object["file"] = json!(source.name);
    object["line"] = json!(line);
    object["column"] = json!(column);
    object["end_line"] = json!(end.line);
    object["end_column"] = json!(end.column);
}
