//! Registers: what an office keeps lists of, each reckoned from a view of the store that other tools read, too.
//!
//! A [`Register`] is rows under named columns with, where that helps, a summary by groups. How it is printed is not said here.

mod appeals;
mod group;
mod in_force;
mod listing;
mod meetings;
mod missed;
mod overdue;
mod people;
mod quorum;
mod ranking;
mod returns;

use jiff::civil::Date;

use crate::policy::model::Policy;
use crate::report::Reader;
use crate::store::{Store, StoreError};

pub use appeals::appeals;
pub use group::{Grouping, NoSuchField};
pub use in_force::{ending, in_force};
pub use listing::{Cell, Column, Listing, Register};
pub use meetings::meetings;
pub use missed::{Part, missed};
pub use overdue::overdue;
pub use quorum::quorum;
pub use ranking::{ranking, ranking_by_score};
pub use returns::{PARTS, Span, returns};

/// What a register is made from, and for whom.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The store.
    pub store: &'a dyn Store,
    /// The policy in force.
    pub policy: &'a Policy,
    /// Who reads.
    pub reader: Reader,
    /// The day at whose end things stand so.
    pub on: Date,
    /// Only of this workflow (for what frameworks proposed: of this framework).
    pub of: Option<&'a str>,
    /// By what the rows are summed up; by itself each register does it in its own way.
    pub by: Option<&'a Grouping>,
}

/// Why a register could not be made.
pub type Made = Result<Register, StoreError>;
