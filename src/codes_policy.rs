//! The codes of the checker: `M02..` and up.

use crate::codes::Entry;

/// What can be wrong with what the words mean.
pub(crate) const POLICY: &[Entry] = &[];
