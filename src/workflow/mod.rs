//! The case machine: what happens in one run of a workflow, and when. Pure.
//!
//! A case is a fold of its [`Event`]s ([`Case::replay`]); [`advance`] says which events follow until a day, given an
//! [`Outlook`] on the facts, and [`act`] what somebody's act makes of it; nothing here evaluates a rule, reads a clock or keeps anything. Start reading at [`advance`].

mod act;
mod advance;
mod alarm;
mod case;
mod case_acts;
mod confirm;
mod event;
mod extend;
mod formed;
mod gone;
mod lift;
mod moved;
mod notices;
mod outlook;
mod post;
mod proposal;
mod reopened;
mod sign;
mod vote;
mod ways;

pub use act::{Act, Deed, Refusal, act, done_or_over};
pub use advance::{Advanced, Look, Stuck, advance};
pub use alarm::Alarm;
pub use case::{Again, Case, CaseStatus, Hold, Signature, StageCase, StageStatus};
pub use confirm::{Entered, Said};
pub use event::{
    Anchored, DefaultRecord, DueDate, Event, Granted, Hand, HolderNote, How, Notice, NoticeAct, NoticeState,
    ProposedNote, Receipt, Skipped, StageDates, StepMark, Suspension,
};
pub use formed::{Formed, Forming, LateRound, Member, PassedOver};
pub use lift::{rule_of, took_effect};
pub use moved::{Move, MoveOrder, StageMove, go_on, plan_move};
pub use notices::notices_of;
pub use outlook::{Answer, Asked, Outlook};
pub use post::Posted;
pub use vote::{Sitting, Vote};
