//! Three-valued logic.

use crate::value::Missing;

/// Yes, no, or not known and why (Kleene's strong logic).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    Yes,
    /// It does not.
    No,
    /// Nobody can say yet; these facts are missing.
    Unknown(Vec<Missing>),
    /// It can't be asked: it rests on something that does not apply.
    NotApplicable,
}

impl Truth {
    /// Whether it is a known yes.
    #[must_use]
    pub fn is_yes(&self) -> bool {
        *self == Truth::Yes
    }

    /// Whether it is a known no.
    #[must_use]
    pub fn is_no(&self) -> bool {
        *self == Truth::No
    }
}
