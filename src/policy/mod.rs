//! The checked policy: what an author meant, with every name looked up and every type known.
//!
//! Start reading at [`model::Policy`].

pub mod model;
