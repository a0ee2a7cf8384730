//! What would come in the years ahead: every case of a population, day by day on a virtual clock, in memory. The machine is the one that
//! runs in earnest ([`crate::casework::Desk`], [`crate::workflow`]); here the records are columns with what is written laid over them,
//! and nothing is sent. `tests/forecast.rs` holds a [`World`] to what the engine writes into a store, entry by entry.
//!
//! Start reading at [`World::run`].

mod acts;
mod changes;
mod judging;
mod openings;
mod people;
mod reading;
mod recorded;
mod tally;
mod world;
mod written;
mod years;

pub use acts::{Doing, Refused};
pub use judging::Stands;
pub use people::{Group, Past, People};
pub use recorded::{Entries, Recorded, follow};
pub use tally::{About, Figure, Measure, Tally, figures};
pub use world::{Happened, Running, Terms, Watch, World};
pub use written::{Write, Written};
pub use years::{Run, Start, Tells, run as run_years, run_all};
