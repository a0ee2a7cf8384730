//! How well examples hold a policy: what none of them touches ([`coverage`]), and what could be written otherwise without any of
//! them noticing ([`mutate`]).

mod coverage;
mod mutation;
mod places;
mod steps;

pub use coverage::{Coverage, Untouched, coverage};
pub use mutation::{Mutation, Survivor, mutate};
