//! Answers that may have to wait.

/// An answer that may have to wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer<T> {
    /// It is known.
    Known(T),
    /// It rests on something that has not happened.
    NotYet,
    /// Facts are missing; in words.
    Unknown(Vec<String>),
}

impl<T> Answer<T> {
    /// Another answer from a known one.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Answer<U> {
        match self {
            Answer::Known(known) => Answer::Known(change(known)),
            Answer::NotYet => Answer::NotYet,
            Answer::Unknown(missing) => Answer::Unknown(missing),
        }
    }
}
