//! Merit: a workflow engine with a rules configuration language, for performance management in the public service.

pub mod calendar;
pub mod casework;
pub mod codes;
mod codes_flow;
mod codes_framework;
mod codes_gathered;
mod codes_local;
mod codes_policy;
mod codes_syntax;
pub mod diagnostic;
pub mod eval;
pub mod examine;
pub mod explain;
pub mod forecast;
pub mod ids;
pub mod plan;
#[doc(hidden)]
pub mod planted;
pub mod policy;
pub mod sample;
mod side_by_side;
pub mod simulate;
pub mod source;
pub mod syntax;
pub mod table;
pub mod value;
pub mod workflow;

#[cfg(feature = "shell")]
pub mod cli;
#[cfg(feature = "shell")]
pub mod config;
#[cfg(feature = "shell")]
pub mod deliver;
#[cfg(feature = "shell")]
pub mod engine;
#[cfg(feature = "shell")]
pub mod exchange;
#[cfg(feature = "shell")]
pub mod report;
#[cfg(feature = "shell")]
pub mod serve;
#[cfg(feature = "shell")]
pub mod store;
