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

/// How something answers to a value that goes up in even steps.
#[derive(Debug)]
pub(super) struct Curve {
    pub(super) title: String,
    /// What is to be known of it, in words.
    pub(super) words: String,
    /// What it is otherwise.
    pub(super) before: f64,
    pub(super) values: Vec<f64>,
}

/// How high a curve may rise.
const RISE: f64 = 56.0;
/// Of more values not each has a dot.
const DOTS: usize = 30;

/// Curves one below the other, each from nought to its own greatest.
pub(super) fn curves(title: &str, of: &[Curve]) -> String {
    let mut drawing = Drawing::default();
    for curve in of {
        drawing.label(&curve.title, "label");
        drawing.label(&curve.words, "small");
        one_curve(&mut drawing, curve);
        drawing.height += 12;
    }
    drawing.svg(title)
}

fn one_curve(drawing: &mut Drawing, curve: &Curve) {
    let most = curve.values.iter().copied().fold(curve.before, f64::max).max(1e-9);
    let base = f64::from(drawing.height) + 8.0 + RISE;
    let high = |it: f64| base - it / most * RISE;
    // A dot at the edge is seen whole.
    let across = |at: usize| 1.0 + at as f64 / curve.values.len().saturating_sub(1).max(1) as f64 * 98.0;
    let body = &mut drawing.body;
    let before = high(curve.before);
    let _ = write!(body, "<line x1=\"0\" x2=\"100%\" y1=\"{base:.1}\" y2=\"{base:.1}\" class=\"axis\"/>");
    let _ = write!(body, "<line x1=\"0\" x2=\"100%\" y1=\"{before:.1}\" y2=\"{before:.1}\" class=\"fifths\"/>");
    for (at, pair) in curve.values.windows(2).enumerate() {
        let (x1, x2, y1, y2) = (across(at), across(at + 1), high(pair[0]), high(pair[1]));
        let _ = write!(body, "<line x1=\"{x1:.2}%\" x2=\"{x2:.2}%\" y1=\"{y1:.1}\" y2=\"{y2:.1}\" class=\"curve\"/>");
    }
    if curve.values.len() <= DOTS {
        for (at, value) in curve.values.iter().enumerate() {
            let (x, y) = (across(at), high(*value));
            let _ = write!(body, "<circle cx=\"{x:.2}%\" cy=\"{y:.1}\" r=\"3\" class=\"point\"/>");
        }
    }
    drawing.height += 16 + RISE as u32;
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
