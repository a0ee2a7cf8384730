//! The codes of the syntax: `M01..`.

use crate::codes::Entry;

/// What can be wrong with the words themselves.
pub(crate) const SYNTAX: &[Entry] = &[];
