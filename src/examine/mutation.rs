//! Which small changes of a policy no example notices.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::casework::examples;
use crate::examine::coverage::excuse;
use crate::examine::steps::Steps;
use crate::policy::model::Policy;
use crate::policy::{compile_deployed, compile_with};
use crate::side_by_side::side_by_side;
use crate::source::{FileId, Sources, Span};
use crate::syntax::{Change, changes};

/// What came of changing a policy in many small ways.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mutation {
    /// How many changes gave a policy that checks.
    pub tried: usize,
    /// How many of those an example noticed.
    pub noticed: usize,
    /// Those that no example noticed, in the order of the text.
    pub survivors: Vec<Survivor>,
    /// Those that no example noticed, and a comment says why they make no difference.
    pub excused: Vec<Survivor>,
}

/// A change that no example noticed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Survivor {
    /// The file.
    pub file: String,
    /// The line.
    pub line: usize,
    /// What stands there.
    pub was: String,
    /// What was written instead; nothing if it was taken out.
    pub now: String,
    /// How many examples touch the place.
    pub examples: usize,
    /// Why it makes no difference, where a comment `# mutation: …` says so.
    pub reason: Option<String>,
}

/// What became of one change.
enum Fate {
    /// The policy does not check any more.
    Stillborn,
    Noticed,
    /// No example noticed, of so many that touch the place.
    Survived(usize),
}

/// Changes a policy in every small way, each by itself, and runs the examples that touch the place until one fails. The examples of
/// the policy as it is must hold. `calendar` names the project's.
#[must_use]
pub fn mutate(policy: &Policy, sources: &Sources, calendar: Option<&str>) -> Mutation {
    let touched: Vec<BTreeSet<Span>> =
        policy.examples.iter().map(|it| examples::touch(policy, it).1.places(policy)).collect();
    let steps = Steps::of(policy);
    let decimals = |number: Span, thing: &str| steps.decimals(number, thing);
    let all: Vec<Change> = sources
        .iter()
        .flat_map(|(id, file)| changes(id, &file.text, &decimals))
        .filter(|it| !of_what_cannot_run(policy, it) && !of_what_nobody_asks(policy, sources, it))
        .collect();
    let fates = side_by_side(&all, |it| fate(sources, calendar, &touched, it));
    let mut report = Mutation { tried: 0, noticed: 0, survivors: Vec::new(), excused: Vec::new() };
    for (change, fate) in all.iter().zip(fates) {
        match fate {
            Fate::Stillborn => continue,
            Fate::Noticed => report.noticed += 1,
            Fate::Survived(examples) => {
                let survivor = survivor(sources, change, examples);
                let list = if survivor.reason.is_some() { &mut report.excused } else { &mut report.survivors };
                list.push(survivor);
            }
        }
        report.tried += 1;
    }
    report
}

fn fate(sources: &Sources, calendar: Option<&str>, touched: &[BTreeSet<Span>], change: &Change) -> Fate {
    let changed = changed(sources, change);
    let compilation = compile_deployed(&changed, calendar);
    let Some(policy) = compilation.policy.filter(|_| compilation.diagnostics.is_empty()) else {
        return Fate::Stillborn;
    };
    let meets = |places: &BTreeSet<Span>, stretch: Span| {
        places.iter().any(|it| it.file == stretch.file && it.start < stretch.end && stretch.start < it.end)
    };
    // Those that touch the very statement are likely to notice, and come first.
    let mut chosen: Vec<usize> = (0..touched.len()).filter(|it| meets(&touched[*it], change.item)).collect();
    chosen.sort_by_key(|it| !meets(&touched[*it], change.statement));
    let chosen = chosen.iter().filter_map(|it| policy.examples.get(*it));
    let fails = |example: &crate::syntax::tree::Example| !examples::run(&policy, example).failures.is_empty();
    let count = chosen.clone().count();
    if chosen.into_iter().any(fails) {
        return Fate::Noticed;
    }
    // No example speaks of a scenario. What breaks only one of them is no policy either; that takes long to tell, and matters only here.
    let scenarios = changed.iter().any(|(_, file)| file.text.contains("scenario"));
    if scenarios && !compile_with(&changed, calendar).diagnostics.is_empty() {
        Fate::Stillborn
    } else {
        Fate::Survived(count)
    }
}

/// Whether a change lies in a workflow that can't be run yet, so that no example reaches it.
fn of_what_cannot_run(policy: &Policy, change: &Change) -> bool {
    let inside =
        |name: Span| name.file == change.item.file && change.item.start <= name.start && name.end <= change.item.end;
    policy.workflows.iter().any(|it| !it.runs() && inside(it.label.span))
}

/// Whether a change is one of how long something lasts of which no rule asks whether it is still in force.
fn of_what_nobody_asks(policy: &Policy, sources: &Sources, change: &Change) -> bool {
    let statement = change.statement;
    let text = &sources.file(statement.file).text;
    if !text.get(statement.start as usize..).is_some_and(|it| it.starts_with("lasts")) {
        return false;
    }
    let above = |name: Span| name.file == statement.file && (change.item.start..statement.start).contains(&name.start);
    let rules = policy.frameworks.iter().enumerate().flat_map(|(at, it)| it.rules.iter().map(move |rule| (at, rule)));
    let own = rules.filter(|it| above(it.1.label.span)).max_by_key(|it| it.1.label.span.start);
    own.is_none_or(|(framework, rule)| !policy.asks_how_long(framework, rule))
}

fn changed(sources: &Sources, change: &Change) -> Sources {
    let mut changed = Sources::new();
    for (id, file) in sources.iter() {
        let mut text = file.text.clone();
        if id == change.place.file {
            for (range, now) in &change.edits {
                text.replace_range(range.clone(), now);
            }
        }
        changed.add(file.name.clone(), text);
    }
    changed
}

fn survivor(sources: &Sources, change: &Change, examples: usize) -> Survivor {
    let file = sources.file(change.place.file);
    let reason =
        [change.place, change.statement].into_iter().find_map(|it| excuse(&file.text, it.start as usize, "mutation"));
    let line = |id: FileId, at: u32| sources.file(id).position(at).line;
    Survivor {
        file: file.name.clone(),
        line: line(change.place.file, change.place.start),
        was: squeezed(&change.was),
        now: squeezed(&change.now),
        examples,
        reason,
    }
}

/// On one line, shortened where it is long.
fn squeezed(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let words = words.join(" ");
    match words.char_indices().nth(90) {
        Some((end, _)) => format!("{} …", words[..end].trim_end()),
        None => words,
    }
}
