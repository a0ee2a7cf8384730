//! What of a policy no example touches.

use serde::Serialize;

use crate::casework::{Touched, examples};
use crate::examine::places::{Place, Places, Test};
use crate::policy::model::Policy;
use crate::source::Sources;

/// How much of a policy its examples touch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// How many places there are.
    pub places: usize,
    /// Those that no example touches, in the order of the text.
    pub untouched: Vec<Untouched>,
    /// Those that no example touches, and a comment says why not.
    pub excused: Vec<Untouched>,
}

/// A place that no example touches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Untouched {
    /// The file.
    pub file: String,
    /// The line.
    pub line: usize,
    /// `rule`, `row`, `band`, `branch`, `due`, `stage`, `step` or `role`.
    pub kind: &'static str,
    /// Of which thing of the policy.
    pub name: String,
    /// What never happens.
    pub what: String,
    /// Why no example touches it, where a comment `# untouched: …` says so.
    pub reason: Option<String>,
}

/// Runs every example and tells what none of them touches.
#[must_use]
pub fn coverage(policy: &Policy, sources: &Sources) -> Coverage {
    let mut touched = Touched::default();
    for example in &policy.examples {
        touched.add(&examples::touch(policy, example).1);
    }
    let places = Places::of(policy);
    let missed = places.iter().filter(|it| !is_touched(it, &touched)).map(|it| untouched(it, sources));
    let (excused, untouched) = missed.partition(|it: &Untouched| it.reason.is_some());
    Coverage { places: places.len(), untouched, excused }
}

fn is_touched(place: &Place, touched: &Touched) -> bool {
    match place.test {
        Test::Applied => touched.lines.contains(&place.span),
        Test::Was(yes) => touched.answers.get(&place.span).is_some_and(|it| if yes { it.yes } else { it.no }),
    }
}

fn untouched(place: &Place, sources: &Sources) -> Untouched {
    let file = sources.file(place.span.file);
    Untouched {
        file: file.name.clone(),
        line: file.position(place.span.start).line,
        kind: place.kind,
        name: place.name.clone(),
        what: place.what.clone(),
        reason: excuse(&file.text, place.span.start as usize, "untouched"),
    }
}

/// What a comment says behind a line, or alone on the line above: `# mutation: why it makes no difference`.
pub(super) fn excuse(text: &str, at: usize, word: &str) -> Option<String> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |it| it + 1);
    let own = text.get(start..)?.lines().next().unwrap_or("");
    let above = text.get(..start)?.lines().next_back().unwrap_or("").trim();
    let mark = format!("# {word}: ");
    let reason = |line: &str| line.split_once(mark.as_str()).map(|it| it.1.trim().to_owned());
    reason(own).or_else(|| above.starts_with(&mark).then(|| reason(above)).flatten())
}
