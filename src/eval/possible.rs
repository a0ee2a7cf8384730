//! What a rule gives while it is not known by which calendar it counts: the first and the last that it may be.
//!
//! Whatever is chosen among several, or counted from one, moves with it and never the other way, so that the two ends are enough.

use crate::value::Answer;

/// One, or as long as a fact is missing the earliest and the latest that it may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Possible<T> {
    /// It, or the latest that it may be.
    pub latest: T,
    /// The earliest, if that is another.
    pub earliest: Option<T>,
    /// The facts that would tell which; in words.
    pub missing: Vec<String>,
}

impl<T> Possible<T> {
    /// This alone.
    pub(super) fn only(it: T) -> Self {
        Self { latest: it, earliest: None, missing: Vec::new() }
    }

    /// The same of something else.
    pub(super) fn map<U>(self, change: impl Fn(T) -> U) -> Possible<U> {
        let Self { latest, earliest, missing } = self;
        Possible { latest: change(latest), earliest: earliest.map(change), missing }
    }

    /// What may come of each, together.
    pub(super) fn and_then<U, E>(self, change: impl Fn(T) -> Result<Possible<U>, E>) -> Result<Possible<U>, E> {
        let last = change(self.latest)?;
        let Some(earliest) = self.earliest else { return Ok(last) };
        let first = change(earliest)?;
        let mut missing = self.missing;
        missing.extend(first.missing.into_iter().chain(last.missing));
        Ok(Possible { latest: last.latest, earliest: Some(first.earliest.unwrap_or(first.latest)), missing })
    }

    /// It, if there is no doubt; else the facts that are missing.
    pub(super) fn sure(self) -> Answer<T> {
        if self.earliest.is_some() { Answer::Unknown(self.missing) } else { Answer::Known(self.latest) }
    }

    /// Without doubt where both come to the same.
    pub(super) fn settled(mut self, same: impl Fn(&T, &T) -> bool) -> Self {
        if self.earliest.as_ref().is_none_or(|it| same(it, &self.latest)) {
            return Self::only(self.latest);
        }
        self.missing.sort();
        self.missing.dedup();
        self
    }
}

impl<T: Clone> Possible<T> {
    /// One chosen among several; nothing among none.
    pub(super) fn chosen(of: Vec<Self>, choose: impl Fn(Vec<T>) -> Option<T>) -> Option<Self> {
        let doubtful = of.iter().any(|it| it.earliest.is_some());
        let firsts = || of.iter().map(|it| it.earliest.as_ref().unwrap_or(&it.latest).clone()).collect();
        let earliest = if doubtful { Some(choose(firsts())?) } else { None };
        let missing = of.iter().flat_map(|it| it.missing.iter().cloned()).collect();
        Some(Self { latest: choose(of.into_iter().map(|it| it.latest).collect())?, earliest, missing })
    }
}
