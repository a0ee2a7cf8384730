//! `merit journal`: the chain of everything that happened.

use crate::cli::{Done, Format, Global, Outcome, open, output};
use crate::store::{Broken, RestoreNote};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Verb {
    /// Prove that no entry was changed, removed, inserted or cut off
    Verify {
        /// A seal noted elsewhere, that must still be in the chain
        #[arg(long)]
        seal: Option<String>,
    },
}

pub(super) fn run(global: &Global, verb: &Verb) -> Outcome {
    let Verb::Verify { seal } = verb;
    let project = open::project(global)?;
    let store = open::reading_store(&project)?;
    let verified = match store.verify_journal(seal.as_deref())? {
        Ok(verified) => verified,
        Err(broken) => return unverified(global, &broken),
    };
    if let Err(broken) = store.verify_file()? {
        return unverified(global, &broken);
    }
    match global.format {
        Format::Json => output::json(&serde_json::json!({
            "verified": true, "cases": verified.cases, "entries": verified.entries, "commits": verified.commits,
            "seal": verified.seal, "restores": verified.restores,
        })),
        Format::Human => output::text(&format!(
            "The journal verifies: {}, {}, {}.\n{}Seal: {}\nNote it elsewhere: `merit journal verify --seal` proves later that it is still in the chain.\n",
            output::count(verified.cases, "case", "cases"),
            output::count(verified.entries, "entry", "entries"),
            output::count(verified.commits, "commit", "commits"),
            verified.restores.iter().map(restored).collect::<String>(),
            verified.seal,
        )),
    }
}

fn unverified(global: &Global, broken: &Broken) -> Outcome {
    match global.format {
        Format::Json => output::json(&Report { verified: false, broken })?,
        Format::Human => output::text(&format!("The journal does not verify: {broken}\n"))?,
    };
    Ok(Done::Findings)
}

/// What does not verify, for programs.
#[derive(serde::Serialize)]
struct Report<'b> {
    verified: bool,
    #[serde(flatten)]
    broken: &'b Broken,
}

fn restored(note: &RestoreNote) -> String {
    let at = jiff::Timestamp::from_second(note.at).map_or_else(|_| note.at.to_string(), |it| it.to_string());
    format!("Restored at {at} by {} from the seal {}\n", note.actor, note.from)
}
