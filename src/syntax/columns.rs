//! Lines set under each other: columns of consecutive lines, columns of tables, comments behind lines.
//!
//! Everything here depends on the words of the lines alone, never on how they were spaced, so that setting them twice changes
//! nothing.

/// How wide a line may become.
pub(super) const WIDEST: usize = 120;

/// By how much lines may differ in length whose comments stand under each other.
const RAGGED: usize = 40;

/// With which lines a line shares its columns: with those of its own class next to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// A sentence, a head, a brace: no columns, and those above it end.
    Plain,
    /// `due   1 month after opening`, `name  "Name"  text`
    Line,
    /// `on 7 August 2026  expect …`
    Day,
    /// `parameter pass_mark  "Pass mark"  50`
    Parameter,
    /// `| excellent | 3% |`
    Row,
    /// A line on which a statement goes on; the columns above it go on too.
    Further,
    /// A comment on a line of its own.
    Comment,
    /// A line of a text, printed as it is.
    Verbatim,
}

/// A line to be printed.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) class: Class,
    pub(super) indent: usize,
    pub(super) blank_before: bool,
    pub(super) cells: Vec<String>,
    pub(super) comment: Option<String>,
}

impl Line {
    pub(super) fn width(&self) -> usize {
        let cells: usize = self.cells.iter().map(|it| width(it)).sum();
        self.indent + cells + self.cells.len().saturating_sub(1)
    }

    fn code(&self) -> String {
        if self.class == Class::Verbatim {
            return self.cells.concat();
        }
        " ".repeat(self.indent) + &self.cells.join(" ")
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}

/// Sets lines in columns and prints them.
pub(super) fn print(mut lines: Vec<Line>) -> String {
    for run in runs(&lines) {
        set_columns(&mut lines, &run);
    }
    let mut printed = String::new();
    for (line, blanks) in lines.iter().zip(blanks_before_comments(&lines)) {
        if line.blank_before {
            printed.push('\n');
        }
        printed += &line.code();
        if let Some(comment) = &line.comment {
            printed += &" ".repeat(blanks);
            printed += comment;
        }
        printed.push('\n');
    }
    printed
}

/// The lines that share columns, as lists of their numbers.
fn runs(lines: &[Line]) -> Vec<Vec<usize>> {
    let mut runs: Vec<Vec<usize>> = Vec::new();
    let mut open = false;
    for (at, line) in lines.iter().enumerate() {
        open &= !line.blank_before;
        match line.class {
            Class::Further | Class::Comment | Class::Verbatim => {}
            Class::Plain => open = false,
            Class::Line | Class::Day | Class::Parameter | Class::Row => {
                let shares = |run: &&mut Vec<usize>| {
                    run.last().is_some_and(|it| lines[*it].class == line.class && lines[*it].indent == line.indent)
                };
                match runs.last_mut().filter(|_| open).filter(shares) {
                    Some(run) => run.push(at),
                    None => runs.push(vec![at]),
                }
                open = true;
            }
        }
    }
    runs
}

fn set_columns(lines: &mut [Line], run: &[usize]) {
    let columns = run.iter().map(|it| lines[*it].cells.len()).max().unwrap_or(0);
    for column in 0..columns.saturating_sub(1) {
        let rows = lines[run[0]].class == Class::Row;
        // A line without a title parts the titles above it from those below; a line of one word parts nothing.
        let parts: Vec<Vec<usize>> = run
            .split(|it| column > 0 && !rows && lines[*it].cells.len() < column + 2)
            .map(|part| part.iter().copied().filter(|it| lines[*it].cells.len() > column + 1).collect())
            .collect();
        for part in parts {
            set_column(lines, &part, column);
        }
    }
}

/// Makes a column as wide as its widest cell. A line that would become too wide by that keeps its own width from the second
/// column on.
fn set_column(lines: &mut [Line], part: &[usize], column: usize) {
    let widest = |lines: &[Line], part: &[usize]| part.iter().map(|it| width(&lines[*it].cells[column])).max();
    let Some(all) = widest(lines, part) else { return };
    let fits = |line: &Line| {
        column == 0 || line.class == Class::Row || line.width() + all - width(&line.cells[column]) <= WIDEST
    };
    let part: Vec<usize> = part.iter().copied().filter(|it| fits(&lines[*it])).collect();
    let Some(widest) = widest(lines, &part) else { return };
    for at in part {
        let cell = &mut lines[at].cells[column];
        *cell += &" ".repeat(widest - width(cell));
    }
}

/// How many blanks stand before the comment of each line: comments on consecutive lines stand under each other if their lines
/// do not differ too much in length.
fn blanks_before_comments(lines: &[Line]) -> Vec<usize> {
    let widths: Vec<usize> = lines.iter().map(|it| width(&it.code())).collect();
    let mut blanks = vec![0; lines.len()];
    let mut at = 0;
    while at < lines.len() {
        let (mut end, mut least, mut most) = (at, usize::MAX, 0);
        while end < lines.len() && lines[end].comment.is_some() && (end == at || !lines[end].blank_before) {
            let (less, more) = (least.min(widths[end]), most.max(widths[end]));
            if more - less > RAGGED {
                break;
            }
            (least, most, end) = (less, more, end + 1);
        }
        for it in at..end {
            blanks[it] = most + 2 - widths[it];
        }
        at = end.max(at + 1);
    }
    blanks
}
