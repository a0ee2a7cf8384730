//! One case between the evaluator and the machine: facts are looked up and rules evaluated here, and the machine decides.
//!
//! The engine, `example` blocks and what is foreseen ([`crate::forecast`]) all go through a [`Desk`], so that they can't drift apart. Pure: facts come
//! through [`crate::eval::Facts`].

mod alarms;
mod bench;
mod calls;
mod compose;
mod desk;
mod each;
mod entered;
pub mod examples;
mod facts;
mod forming;
mod judging;
mod keeping;
mod letter;
mod moving;
mod ordered;
mod outcomes;
mod outlook;
mod panel;
mod periods;
mod reasons;
mod seats;
mod touched;
mod ways;
mod whoever;

pub use bench::{Bench, BenchCase, BenchOutcome};
pub use calls::Calls;
pub use desk::{Desk, Moments, Opens};
pub use entered::{Place, confirmed, place_of, to_be_confirmed};
pub use judging::{Court, DecidedBefore, Proposal, Standing, follows, judged_on, judgement_day, judgements, standing};
pub use keeping::{ASKED_AGAIN, Kept};
pub use letter::{Appeal, Letter, Occasion, Sheet};
pub use panel::body_of;
pub use periods::{is_history, periods};
pub use seats::{Seated, seated};
pub use touched::{Answers, Touched};
pub use whoever::whoever;
