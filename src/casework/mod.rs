//! One case between the evaluator and the machine: facts are looked up and rules evaluated here, and the machine decides.
//!
//! The engine, `example` blocks and (later) simulation all go through a [`Desk`], so that they can't drift apart. Pure: facts come
//! through [`crate::eval::Facts`].

mod alarms;
mod bench;
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

pub use bench::{Bench, BenchCase, BenchOutcome};
pub use desk::{Desk, Moments, Opens};
pub use entered::{Place, place_of, to_be_confirmed};
pub use judging::{Court, Proposal, Standing, follows, judged_on, judgements, standing};
pub use keeping::{ASKED_AGAIN, Kept};
pub use letter::{Appeal, Letter, Occasion, Sheet};
pub use panel::body_of;
pub use periods::periods;
pub use seats::{Seated, seated};
pub use touched::{Answers, Touched};
