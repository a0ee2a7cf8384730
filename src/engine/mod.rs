//! The shell around the case machine: claims what is due, loads facts, lets the machine decide, commits all of it at once, and
//! sends afterwards. It makes no decision of its own and knows neither HTTP nor a terminal.
//!
//! Start reading at [`run`].

mod accepted;
mod act;
mod ahead;
mod beside;
mod called;
mod confirmed;
mod delegate;
mod digests;
mod fault;
mod hours;
mod judging;
mod keeping;
mod mail;
mod migrate;
mod notices;
mod openings;
mod outbox;
mod policies;
mod rehearse;
mod rows;
mod run;
mod send;
mod told;

pub use act::{ActError, ActReport, ActRequest, Acting, act};
pub use delegate::{DelegateRequest, delegate, end_delegation};
pub use digests::{Going, make_mails};
#[cfg(debug_assertions)]
pub use fault::{Killed, kill_at};
pub use fault::{Point, point};
pub use hours::{Departure, Hours};
pub use judging::{JudgeRequest, judge_on_request};
pub use mail::{MailSender, NoWayOut};
pub use migrate::{Chosen, MigrateReport, MigrateRequest, Stays, migrate, migrate_in_batches};
pub use outbox::{Acted, KEY_SHOWN, OutboxAct, OutboxRefusal, Which, act_on_outbox};
pub use policies::{Deployed, Policies};
pub use rehearse::{Candidate, Rehearsal, Rehearsed, rehearse};
pub use rows::{deadline_row, task_rows};
pub use run::{AsOf, Patience, RunSettings, Watch, Watched, Ways, run, run_again, run_in_batches, run_watched};
pub use send::{Attempt, Became, Outcome, Outgoing, SendReport, Sender, send, send_within, settle_broken_attempts};
pub use told::{NoticeLine, RunReport, SetAside};

use crate::store::StoreError;

/// Why the engine could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing is deployed.
    #[error("no policy is deployed yet: `merit deploy` puts the working policy in force")]
    NothingDeployed,
    /// A deployed policy can't be read by this version.
    #[error("policy version {version} can't be read by this version of Merit: {why}")]
    Unreadable {
        /// The version.
        version: i64,
        /// Why.
        why: String,
    },
    /// The text of a deployed policy is another than was deployed.
    #[error("policy version {0} is not the text that was deployed: the disk or another program has changed it")]
    Altered(i64),
    /// The day asked lies before what the store has seen.
    #[error("the store has already run up to {last}; a run as of {asked} would go back in time")]
    BackInTime {
        /// The store's last day.
        last: jiff::civil::Date,
        /// The day asked.
        asked: jiff::civil::Date,
    },
    /// What was asked of the outbox can't be.
    #[error("{0}")]
    Outbox(OutboxRefusal),
    /// Cases can't be moved so.
    #[error("{}", .0.why)]
    Move(crate::workflow::Refusal),
    /// The day asked can't be.
    #[error("{0}")]
    Day(String),
}

impl From<OutboxRefusal> for EngineError {
    fn from(refusal: OutboxRefusal) -> Self {
        EngineError::Outbox(refusal)
    }
}
