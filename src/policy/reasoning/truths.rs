//! The truths that a condition can come to, as a set.

use crate::value::Truth;

/// Which of yes, no, unknown and "can't be asked" are possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::policy) struct Truths(u8);

impl Truths {
    pub(in crate::policy) const YES: Self = Self(1);
    pub(in crate::policy) const NO: Self = Self(2);
    pub(in crate::policy) const UNKNOWN: Self = Self(4);
    pub(in crate::policy) const UNFIT: Self = Self(8);
    const EACH: [Self; 4] = [Self::YES, Self::NO, Self::UNKNOWN, Self::UNFIT];

    pub(in crate::policy) const fn of(yes: bool) -> Self {
        if yes { Self::YES } else { Self::NO }
    }

    /// Both sets in one.
    pub(in crate::policy) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// All but one.
    pub(in crate::policy) const fn without(self, one: Self) -> Self {
        Self(self.0 & !one.0)
    }

    /// What can't be asked is taken for a no.
    pub(in crate::policy) const fn or_no(self) -> Self {
        if self.has(Self::UNFIT) { self.or(Self::NO).without(Self::UNFIT) } else { self }
    }

    /// What is not known is taken for a no, too.
    pub(in crate::policy) const fn certainly(self) -> Self {
        let asked = self.or_no();
        if asked.has(Self::UNKNOWN) { asked.or(Self::NO).without(Self::UNKNOWN) } else { asked }
    }

    pub(in crate::policy) const fn has(self, one: Self) -> bool {
        self.0 & one.0 == one.0
    }

    pub(in crate::policy) const fn is_only(self, one: Self) -> bool {
        self.0 == one.0
    }

    /// The place of a single one between no and yes; what can't be asked has none.
    pub(super) const fn rank(self) -> Option<u8> {
        match self {
            Self::NO => Some(0),
            Self::UNKNOWN => Some(1),
            Self::YES => Some(2),
            _ => None,
        }
    }

    fn each(self) -> impl Iterator<Item = Truth> {
        Self::EACH.into_iter().filter(move |it| self.has(*it)).map(|it| match it {
            Self::YES => Truth::Yes,
            Self::NO => Truth::No,
            Self::UNKNOWN => Truth::Unknown(Vec::new()),
            _ => Truth::NotApplicable,
        })
    }

    fn one(truth: &Truth) -> Self {
        match truth {
            Truth::Yes => Self::YES,
            Truth::No => Self::NO,
            Truth::Unknown(_) => Self::UNKNOWN,
            Truth::NotApplicable => Self::UNFIT,
        }
    }

    /// What two of them can come to together.
    fn meet(self, other: Self, how: fn([Truth; 2]) -> Truth) -> Self {
        let pairs = self.each().flat_map(|a| other.each().map(move |b| [a.clone(), b]));
        pairs.map(|it| Self::one(&how(it))).fold(Self::default(), Self::or)
    }

    pub(in crate::policy) fn all(of: impl IntoIterator<Item = Self>) -> Self {
        of.into_iter().fold(Self::YES, |a, b| a.meet(b, Truth::all))
    }

    pub(in crate::policy) fn any(of: impl IntoIterator<Item = Self>) -> Self {
        of.into_iter().fold(Self::NO, |a, b| a.meet(b, Truth::any))
    }

    pub(in crate::policy) fn negate(self) -> Self {
        self.each().map(|it| Self::one(&it.negate())).fold(Self::default(), Self::or)
    }
}
