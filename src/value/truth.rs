//! Three-valued logic, and questions that can't be asked.
//!
//! What does not apply is no third way of not knowing: `no and (does not apply)` is no, `yes or (does not apply)` is yes, and beside
//! anything else that is known the whole does not apply. Beside an unknown it is unknown, for the fact could still decide it.

use crate::value::Missing;

/// Yes, no, or not known and why (Kleene's strong logic); or not to be asked at all.
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

    /// A known answer.
    #[must_use]
    pub fn of(yes: bool) -> Self {
        if yes { Truth::Yes } else { Truth::No }
    }

    /// Not.
    #[must_use]
    pub fn negate(self) -> Self {
        match self {
            Truth::Yes => Truth::No,
            Truth::No => Truth::Yes,
            other => other,
        }
    }

    /// All of several: one no decides; then what is unknown; then what does not apply.
    #[must_use]
    pub fn all(of: impl IntoIterator<Item = Truth>) -> Self {
        Self::settle(of, &Truth::No, Truth::Yes)
    }

    /// Any of several: one yes decides; then what is unknown; then what does not apply.
    #[must_use]
    pub fn any(of: impl IntoIterator<Item = Truth>) -> Self {
        Self::settle(of, &Truth::Yes, Truth::No)
    }

    fn settle(of: impl IntoIterator<Item = Truth>, decides: &Truth, otherwise: Truth) -> Self {
        let mut missing = Vec::new();
        let (mut unknown, mut unfit) = (false, false);
        for truth in of {
            match truth {
                truth if truth == *decides => return truth,
                Truth::Unknown(facts) => {
                    unknown = true;
                    missing.extend(facts);
                }
                Truth::NotApplicable => unfit = true,
                Truth::Yes | Truth::No => {}
            }
        }
        match (unknown, unfit) {
            (true, _) => Truth::Unknown(Missing::merged(missing)),
            (false, true) => Truth::NotApplicable,
            (false, false) => otherwise,
        }
    }
}
