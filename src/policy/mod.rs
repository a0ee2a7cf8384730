//! The checked policy: what an author meant, with every name looked up and every type known.
//!
//! Start reading at [`compile`]; what comes out is [`model::Policy`].

pub mod acts;
mod aggregates;
mod apart;
pub mod assumption;
mod assumptions;
mod axes;
mod calendar_checks;
mod calendars;
mod checks;
pub mod committee;
mod committees;
mod conditions;
mod cover;
mod dated_checks;
mod dates;
mod due_process;
mod exceptions;
mod expressions;
mod fits;
pub mod flow;
mod flow_checks;
pub mod framework;
mod frameworks;
mod goes_by;
pub mod guarantees;
pub mod happened;
mod history;
mod holiday_checks;
mod judgements;
pub mod ladder;
mod lasting;
mod late_comers;
pub mod latest_orders;
mod local;
mod messages;
pub mod model;
mod names;
mod nobody;
mod once;
pub mod opening;
mod operations;
pub mod order;
mod orders;
mod paths;
mod pools;
pub mod population;
mod populations;
mod promised_stages;
mod proposals;
pub mod put_off;
mod reads;
mod reads_judged;
mod reasoning;
mod records;
mod row_set;
mod rules;
mod same;
mod scale;
mod scale_checks;
mod scales;
mod scenarios;
mod shadows;
mod spells;
mod stage;
mod stages;
mod table;
mod table_checks;
mod table_related;
mod table_sample;
mod table_subject;
mod tables;
mod terms;
mod time_checks;
mod values;
mod versions;
mod workflows;

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::side_by_side::side_by_side;
use crate::source::Sources;
use crate::syntax;
use crate::syntax::tree;

pub(crate) use dates::unit_of;
use guarantees::Promise;
use model::Policy;
use names::Builder;
#[cfg(feature = "shell")]
pub(crate) use names::nearest;
pub(crate) use reads::again_and_again;
pub use reads::{Found, Read, Reads, Reference, Turns, Way};
pub(crate) use records::time_unit;

/// What compiling gives: a policy if no error was found, and every finding.
#[derive(Debug, Clone)]
pub struct Compilation {
    /// The policy; none if there is an error.
    pub policy: Option<Policy>,
    /// Every finding, in the order of the places.
    pub diagnostics: Diagnostics,
    /// What the policy promises of itself, and what became of it: proved only where there is no error.
    pub guarantees: Vec<guarantees::Guarantee>,
}

/// Turns policy files into a policy that can be evaluated and run.
///
/// This is the whole front end, in order. A policy exists only if no error was found; warnings may come with it.
#[must_use]
pub fn compile(sources: &Sources) -> Compilation {
    compile_with(sources, None)
}

/// The same, with the name of the calendar that is the project's.
#[must_use]
pub fn compile_with(sources: &Sources, calendar: Option<&str>) -> Compilation {
    compiled(sources, calendar, true)
}

/// The policy of a version in force, which was checked with its scenarios before it was deployed: what else might hold concerns nobody
/// any more.
#[must_use]
pub fn compile_deployed(sources: &Sources, calendar: Option<&str>) -> Compilation {
    compiled(sources, calendar, false)
}

fn compiled(sources: &Sources, calendar: Option<&str>, with_scenarios: bool) -> Compilation {
    let mut found = Diagnostics::new();
    let (items, lost) = read(sources, &mut found);
    let items: Vec<&tree::Item> = items.iter().collect();
    let mut policy = check(&items, calendar, lost, (sources, Reasoning::Whole), &mut found);
    policy.hash = hash_of(sources);
    if with_scenarios && found.no_errors() {
        scenarios_stand(&items, calendar, sources, &mut found);
    }
    told(policy, found)
}

/// What is written, with what local texts make of it; and what the parser lost.
fn read(sources: &Sources, found: &mut Diagnostics) -> (Vec<tree::Item>, Option<BTreeSet<String>>) {
    let files = syntax::parse(sources, found);
    let lost = lost_words(sources, found);
    let written: Vec<&tree::Item> = files.iter().flat_map(|file| &file.items).collect();
    let local = local::extended(&written, found);
    (local.unwrap_or_else(|| files.into_iter().flat_map(|file| file.items).collect()), lost)
}

fn told(policy: Policy, mut found: Diagnostics) -> Compilation {
    found.tidy();
    let guarantees = policy.guarantees.clone();
    Compilation { policy: found.no_errors().then_some(policy), diagnostics: found, guarantees }
}

/// The policy as a scenario of it would have it, checked as a whole; nothing if there is no scenario of that name.
///
/// A scenario that changes nothing gives the same policy. Another one has a hash of its own.
#[must_use]
pub fn compile_scenario(sources: &Sources, calendar: Option<&str>, name: &str) -> Option<Compilation> {
    scenario_compiled((sources, Reasoning::Whole), calendar, name)
}

/// The policy, or as a scenario of it would have it, to be tried out: every error is found, but nothing is proved, and nobody looks for
/// what never happens. That is what takes long, and `merit check` says it. Nothing if there is no scenario of that name.
#[must_use]
pub fn compile_to_try(sources: &Sources, calendar: Option<&str>, scenario: Option<&str>) -> Option<Compilation> {
    if let Some(name) = scenario {
        return scenario_compiled((sources, Reasoning::Left), calendar, name);
    }
    let mut found = Diagnostics::new();
    let (items, lost) = read(sources, &mut found);
    let mut policy = check(&items.iter().collect::<Vec<_>>(), calendar, lost, (sources, Reasoning::Left), &mut found);
    policy.hash = hash_of(sources);
    Some(told(policy, found))
}

/// Whether a policy is reasoned about once it is free of errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reasoning {
    Whole,
    Left,
}

fn scenario_compiled(of: (&Sources, Reasoning), calendar: Option<&str>, name: &str) -> Option<Compilation> {
    let sources = of.0;
    let mut found = Diagnostics::new();
    let (items, lost) = read(sources, &mut found);
    let items: Vec<&tree::Item> = items.iter().collect();
    let scenario = items.iter().find_map(|it| match it {
        tree::Item::Scenario(it) if it.name.text == name => Some(it),
        _ => None,
    })?;
    let edited = scenarios::edited(&items, scenario, &mut found);
    let mut policy = check(&edited.iter().collect::<Vec<_>>(), calendar, lost, of, &mut found);
    policy.hash = hash_of(sources);
    if !scenario.changes.is_empty() {
        policy.hash = hash_otherwise(&policy.hash, &scenario.name.text);
    }
    Some(told(policy, found))
}

/// The hash of a policy in which something is otherwise, as the words say.
#[must_use]
pub fn hash_otherwise(hash: &str, words: &str) -> String {
    hash_of(&Sources::single(words, hash))
}

/// The names of the scenarios that are written in some text.
#[must_use]
pub fn scenario_names(sources: &Sources) -> Vec<String> {
    let (items, _) = read(sources, &mut Diagnostics::new());
    let name = |it: &tree::Item| if let tree::Item::Scenario(it) = it { Some(it.name.text.clone()) } else { None };
    items.iter().filter_map(name).collect()
}

/// The title of a scenario; nothing where none is written.
#[must_use]
pub fn scenario_title(sources: &Sources, name: &str) -> Option<String> {
    let (items, _) = read(sources, &mut Diagnostics::new());
    items.iter().find_map(|it| match it {
        tree::Item::Scenario(it) if it.name.text == name => it.title.as_ref().map(|it| it.text.clone()),
        _ => None,
    })
}

/// Every scenario gives a policy in which nothing is wrong that was not wrong before.
fn scenarios_stand(items: &[&tree::Item], calendar: Option<&str>, sources: &Sources, found: &mut Diagnostics) {
    let before = found.clone();
    for scenario in items.iter().filter_map(|it| if let tree::Item::Scenario(it) = it { Some(it) } else { None }) {
        let mut own = Diagnostics::new();
        let edited = scenarios::edited(items, scenario, &mut own);
        check(&edited.iter().collect::<Vec<_>>(), calendar, None, (sources, Reasoning::Whole), &mut own);
        for finding in own.iter().filter(|it| !before.iter().any(|other| other == *it)) {
            let inside = scenario.span.start <= finding.span.start && finding.span.end <= scenario.span.end;
            let told = finding.clone();
            let inside = inside && scenario.span.file == finding.span.file;
            found.push(if inside { told } else { told.label(scenario.name.span, "in this scenario") });
        }
    }
}

/// How many decimals the values of an expression have, as far as fields and roundings say.
#[must_use]
pub fn decimals_of(policy: &Policy, expr: &model::Expr) -> Option<u32> {
    if !matches!(expr.ty, model::Type::Number | model::Type::Money { .. }) {
        return None;
    }
    let step = axes::axis_of(policy, expr).step?;
    step.decimals().map(u32::from)
}

/// Names, then types, then what the language forbids beyond them.
fn check(
    items: &[&tree::Item],
    calendar: Option<&str>,
    lost: Option<BTreeSet<String>>,
    (sources, reasoning): (&Sources, Reasoning),
    found: &mut Diagnostics,
) -> Policy {
    let half_read = checks::half_read(items, found);
    let mut builder = Builder::new(items, lost, found);
    builder.half_said.extend(half_read);
    builder.calendars(calendar);
    builder.records();
    builder.rules();
    builder.record_conditions();
    builder.message_names();
    builder.frameworks();
    builder.frameworks_give_way();
    builder.committees();
    builder.workflows();
    builder.judged_stages();
    builder.exceptions_name_rules();
    builder.orders();
    builder.assumptions();
    builder.guarantees();
    builder.messages();
    builder.examples();
    let promises = std::mem::take(&mut builder.promises);
    let half_said = std::mem::take(&mut builder.half_said);
    let mut policy = builder.finish();
    if nobody::no_role_rests_on_itself(&policy, found) {
        policy.find_turns();
        checks::check_all(&policy, items, found);
    }
    found.leave_out(|it| checks::says_what_lacks(it.code) && it.places().any(|place| half_said.contains(&place)));
    if found.no_errors() && reasoning == Reasoning::Left {
        policy.guarantees.iter_mut().for_each(|it| it.standing = guarantees::Standing::NotDecided);
        policy.let_proposals_follow();
    } else if found.no_errors() {
        let (judged, other) = reasoned(&policy, sources, &promises);
        other.iter().for_each(|it| found.push(it.clone()));
        guarantees::stand(&mut policy, &promises, judged, found);
        policy.let_proposals_follow();
    } else {
        // Nothing is promised by a policy in which something is wrong.
        policy.guarantees.iter_mut().for_each(|it| it.standing = guarantees::Standing::NotDecided);
    }
    policy
}

/// What only reasoning over all facts finds: what became of each promise, and all else.
fn reasoned(policy: &Policy, sources: &Sources, promises: &[Promise]) -> (Vec<Option<Diagnostic>>, Vec<Diagnostic>) {
    // All that nobody asked for shares one budget, and is one piece of work.
    let work: Vec<Option<&Promise>> = std::iter::once(None).chain(promises.iter().map(Some)).collect();
    let asked = guarantees::asked(policy);
    let mut found = side_by_side(&work, |it| match it {
        Some(promise) => guarantees::judged(policy, promise, &asked).into_iter().collect(),
        None => {
            let (mut found, looks) = (Diagnostics::new(), reasoning::Looks::new());
            conditions::conditions_can_go_either_way(policy, sources, &looks, &mut found);
            shadows::every_rule_can_take_effect(policy, &looks, &mut found);
            apart::frameworks_do_not_meet(policy, &looks, &mut found);
            judgements::ranks_are_judged_at_once(policy, &mut found);
            found.iter().cloned().collect::<Vec<_>>()
        }
    });
    let other = found.remove(0);
    (found.into_iter().map(|it| it.into_iter().next()).collect(), other)
}

/// The words on lines that could not be read: what one of them would have declared is not reported as missing. Nothing where all
/// could be read.
fn lost_words(sources: &Sources, found: &Diagnostics) -> Option<BTreeSet<String>> {
    if found.no_errors() {
        return None;
    }
    let mut words = BTreeSet::new();
    for diagnostic in found.iter() {
        let text = &sources.file(diagnostic.span.file).text;
        let (start, end) = (diagnostic.span.start as usize, diagnostic.span.end as usize);
        let from = text.get(..start).map_or(0, beginning_of_statement);
        let to = text.get(end..).and_then(|it| it.find('\n')).map_or(text.len(), |it| end + it);
        let line = text.get(from..to).unwrap_or("");
        words.extend(
            line.split(|it: char| !it.is_alphanumeric() && it != '_').filter(|it| !it.is_empty()).map(str::to_owned),
        );
    }
    Some(words)
}

/// Where the statement begins that a text breaks off in: on its last line, or above where that line only goes on.
fn beginning_of_statement(text: &str) -> usize {
    let mut from = text.rfind('\n').map_or(0, |it| it + 1);
    while let Some(above) = from.checked_sub(1) {
        let above = &text[..above];
        let begins = above.rfind('\n').map_or(0, |it| it + 1);
        let line = above[begins..].split('#').next().unwrap_or("").trim_end();
        if !(line.ends_with([',', '=', '+', '-', '*', '/', '(']) || line.ends_with(" and") || line.ends_with(" or")) {
            break;
        }
        from = begins;
    }
    from
}

pub(crate) fn hash_of(sources: &Sources) -> String {
    let mut hash = Sha256::new();
    for (_, file) in sources.iter() {
        for part in [&file.name, &file.text] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
