//! The checked policy: what an author meant, with every name looked up and every type known.
//!
//! Start reading at [`compile`]; what comes out is [`model::Policy`].

mod calendars;
mod checks;
mod dates;
mod expressions;
mod messages;
pub mod model;
mod names;
mod operations;
mod reads;
mod records;
mod rules;
mod terms;
mod workflows;

use sha2::{Digest, Sha256};

use crate::diagnostic::Diagnostics;
use crate::source::Sources;
use crate::syntax;
use crate::syntax::tree;

use model::Policy;
use names::Builder;
pub use reads::Read;

/// What compiling gives: a policy if no error was found, and every finding.
#[derive(Debug, Clone)]
pub struct Compilation {
    /// The policy; none if there is an error.
    pub policy: Option<Policy>,
    /// Every finding, in the order of the places.
    pub diagnostics: Diagnostics,
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
    let mut found = Diagnostics::new();
    let files = syntax::parse(sources, &mut found);
    let unparsed = !found.no_errors();
    let items: Vec<&tree::Item> = files.iter().flat_map(|file| &file.items).collect();
    let mut policy = check(&items, calendar, unparsed, &mut found);
    policy.hash = hash_of(sources);
    found.tidy();
    Compilation { policy: found.no_errors().then_some(policy), diagnostics: found }
}

/// Names, then types, then what the language forbids beyond them.
fn check(items: &[&tree::Item], calendar: Option<&str>, unparsed: bool, found: &mut Diagnostics) -> Policy {
    let mut builder = Builder::new(items, unparsed, found);
    builder.calendars(calendar);
    builder.records();
    builder.rules();
    builder.workflows();
    builder.messages();
    builder.examples();
    let policy = builder.finish();
    checks::check_all(&policy, items, found);
    policy
}

fn hash_of(sources: &Sources) -> String {
    let mut hash = Sha256::new();
    for (_, file) in sources.iter() {
        for part in [&file.name, &file.text] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
