//! The drawings of the page: bars, and ratios with their intervals. Places across are shares of the width and letters keep their size, so
//! that a drawing is read as well on a narrow screen as on paper. Nothing is told by colour alone.

use std::fmt::Write;

use crate::simulate::Ratio;
use crate::simulate::page_parts::escaped;

/// How many letters of a label stand on a line of the narrowest screen.
const LETTERS: usize = 42;
/// Where bars begin, behind the word before them.
const BEGIN: u32 = 54;
/// The share of the width that the longest bar takes.
const LONGEST: f64 = 55.0;
/// The share of the width that the scale of ratios takes, and its last value.
const SCALE: f64 = 62.0;
const LAST: f64 = 1.5;

/// Patterns that all drawings of the page use.
pub(super) const PATTERNS: &str = "<svg width=\"0\" height=\"0\" aria-hidden=\"true\" class=\"patterns\"><defs>\
<pattern id=\"open\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
<rect width=\"6\" height=\"6\" fill=\"#fff\"/><rect width=\"2\" height=\"6\" fill=\"#444\"/></pattern></defs></svg>\n";

/// A bar: what is certain, and behind it what is undetermined.
#[derive(Debug)]
pub(super) struct Bar {
    /// `before` or `after`.
    pub(super) side: &'static str,
    pub(super) known: f64,
    pub(super) open: f64,
    /// What it stands for, in words.
    pub(super) words: String,
}

/// What grows downwards.
#[derive(Default)]
struct Drawing {
    body: String,
    height: u32,
}

impl Drawing {
    /// A label, over as many lines as it needs.
    fn label(&mut self, words: &str, class: &str) {
        for line in lines(words) {
            self.height += 17;
            let y = self.height - 4;
            let _ = write!(self.body, "<text x=\"0\" y=\"{y}\" class=\"{class}\">{}</text>", escaped(&line));
        }
    }

    fn svg(self, title: &str) -> String {
        let (height, title) = (self.height, escaped(title));
        format!("<svg role=\"img\" width=\"100%\" height=\"{height}\"><title>{title}</title>{}</svg>", self.body)
    }
}

/// A text broken into lines between its words.
fn lines(words: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= LETTERS => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Bars under their labels, all on one scale.
pub(super) fn bars(title: &str, of: &[(String, Vec<Bar>)]) -> String {
    let all = || of.iter().flat_map(|it| &it.1);
    let most = all().map(|it| it.known + it.open).fold(0.0, f64::max).max(1e-9);
    // Long words stand above their bar, where they have the whole width.
    let above = all().any(|it| it.words.chars().count() > 12);
    let mut drawing = Drawing::default();
    for (label, bars) in of {
        if !label.is_empty() {
            drawing.label(label, "label");
        }
        for bar in bars {
            if above {
                drawing.label(&format!("{}: {}", bar.side, bar.words), "small");
            }
            one_bar(&mut drawing, bar, most, above);
        }
        drawing.height += 8;
    }
    drawing.svg(title)
}

fn one_bar(drawing: &mut Drawing, bar: &Bar, most: f64, above: bool) {
    let (begin, longest) = if above { (0, 100.0) } else { (BEGIN, LONGEST) };
    let (known, open) = (bar.known / most * longest, bar.open / most * longest);
    let (top, middle) = (drawing.height + 2, drawing.height + 14);
    if !above {
        let _ = write!(drawing.body, "<text x=\"0\" y=\"{middle}\" class=\"small\">{}</text>", bar.side);
    }
    let _ = write!(
        drawing.body,
        "<g transform=\"translate({begin} 0)\"><rect x=\"0\" y=\"{top}\" width=\"{known:.2}%\" height=\"15\" class=\"{}\"/>",
        bar.side
    );
    if bar.open > 0.0 {
        let _ = write!(
            drawing.body,
            "<rect x=\"{known:.2}%\" y=\"{top}\" width=\"{open:.2}%\" height=\"15\" class=\"open\"/>"
        );
    }
    if !above {
        let end = known + open;
        let words = escaped(&bar.words);
        let _ = write!(drawing.body, "<text x=\"{end:.2}%\" dx=\"6\" y=\"{middle}\" class=\"small\">{words}</text>");
    }
    drawing.body += "</g>";
    drawing.height += 20;
}

/// A group's ratio before or after.
#[derive(Debug)]
pub(super) struct Dot {
    /// `before` or `after`.
    pub(super) side: &'static str,
    /// Nothing where nobody of the group was selected.
    pub(super) ratio: Option<Ratio>,
}

fn across(ratio: f64) -> f64 {
    ratio.clamp(0.0, LAST) / LAST * SCALE
}

/// Dots with their intervals, and a line at four fifths.
pub(super) fn ratios(title: &str, of: &[(String, Vec<Dot>)]) -> String {
    let mut drawing = Drawing::default();
    axis(&mut drawing);
    let top = drawing.height;
    for (label, dots) in of {
        drawing.label(label, "label");
        dots.iter().for_each(|it| one_dot(&mut drawing, it));
        drawing.height += 4;
    }
    let bottom = drawing.height;
    axis(&mut drawing);
    // Lines stand behind the words.
    let mut behind = format!("<g transform=\"translate({BEGIN} 0)\">");
    for (at, class) in [(0.0, "axis"), (1.0, "axis"), (0.8, "fifths")] {
        let at = across(at);
        let _ =
            write!(behind, "<line x1=\"{at:.2}%\" x2=\"{at:.2}%\" y1=\"{top}\" y2=\"{bottom}\" class=\"{class}\"/>");
    }
    drawing.body = behind + "</g>" + &drawing.body;
    drawing.svg(title)
}

fn axis(drawing: &mut Drawing) {
    drawing.height += 18;
    let y = drawing.height - 5;
    let _ = write!(drawing.body, "<g transform=\"translate({BEGIN} 0)\">");
    for tick in [0.0, 0.5, 0.8, 1.0, 1.5] {
        let _ = write!(drawing.body, "<text x=\"{:.2}%\" y=\"{y}\" class=\"small tick\">{tick}</text>", across(tick));
    }
    drawing.body += "</g>";
}

fn one_dot(drawing: &mut Drawing, dot: &Dot) {
    let (y, base) = (drawing.height + 9, drawing.height + 13);
    let _ = write!(
        drawing.body,
        "<text x=\"0\" y=\"{base}\" class=\"small\">{}</text><g transform=\"translate({BEGIN} 0)\">",
        dot.side
    );
    match dot.ratio {
        None => {
            let _ = write!(drawing.body, "<text x=\"0\" dx=\"6\" y=\"{base}\" class=\"small\">nobody</text>");
        }
        Some(ratio) => {
            let (low, high, at) = (across(ratio.low), across(ratio.high), across(ratio.ratio));
            let _ = write!(
                drawing.body,
                "<line x1=\"{low:.2}%\" x2=\"{high:.2}%\" y1=\"{y}\" y2=\"{y}\" class=\"interval\"/>"
            );
            if ratio.high > LAST {
                // It goes on beyond the scale.
                let _ = write!(drawing.body, "<svg x=\"{high:.2}%\" y=\"{y}\"><path d=\"M0 -5 L8 0 L0 5 Z\"/></svg>");
            }
            // A full disc before, a hollow one after.
            let _ = write!(
                drawing.body,
                "<circle cx=\"{at:.2}%\" cy=\"{y}\" r=\"5\" class=\"dot {}\"/><text x=\"{SCALE:.2}%\" dx=\"12\" y=\"{base}\" class=\"small\">{:.2}</text>",
                dot.side, ratio.ratio
            );
        }
    }
    drawing.body += "</g>";
    drawing.height += 18;
}
