//! The truths that a condition can come to, as a set.

/// Which of yes, no, unknown and "can't be asked" are possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::policy) struct Truths(u8);

impl Truths {
    pub(in crate::policy) const YES: Self = Self(1);
    pub(in crate::policy) const NO: Self = Self(2);
    pub(in crate::policy) const UNKNOWN: Self = Self(4);
    pub(in crate::policy) const UNFIT: Self = Self(8);

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

    /// What two of them can come to together: one no decides; then what is unknown; then what can't be asked.
    const fn and(self, other: Self) -> Self {
        if self.0 == 0 || other.0 == 0 {
            return Self(0);
        }
        let (a, b) = (self.without(Self::NO), other.without(Self::NO));
        let mut both = Self((self.0 | other.0) & Self::NO.0);
        if a.0 == 0 || b.0 == 0 {
            return both;
        }
        both = Self(both.0 | ((a.0 | b.0) & Self::UNKNOWN.0));
        let (c, d) = (a.without(Self::UNKNOWN), b.without(Self::UNKNOWN));
        if (c.has(Self::UNFIT) && d.0 != 0) || (d.has(Self::UNFIT) && c.0 != 0) {
            both = both.or(Self::UNFIT);
        }
        both.or(Self(c.0 & d.0 & Self::YES.0))
    }

    pub(in crate::policy) fn all(of: impl IntoIterator<Item = Self>) -> Self {
        of.into_iter().fold(Self::YES, Self::and)
    }

    pub(in crate::policy) fn any(of: impl IntoIterator<Item = Self>) -> Self {
        of.into_iter().fold(Self::NO, |a, b| a.negate().and(b.negate()).negate())
    }

    pub(in crate::policy) const fn negate(self) -> Self {
        let rest = self.without(Self::YES).without(Self::NO);
        let rest = if self.has(Self::YES) { rest.or(Self::NO) } else { rest };
        if self.has(Self::NO) { rest.or(Self::YES) } else { rest }
    }
}

#[cfg(test)]
mod tests {
    use super::Truths;
    use crate::value::Truth;

    const EACH: [(Truths, Truth); 4] = [
        (Truths::YES, Truth::Yes),
        (Truths::NO, Truth::No),
        (Truths::UNKNOWN, Truth::Unknown(Vec::new())),
        (Truths::UNFIT, Truth::NotApplicable),
    ];

    fn each(of: Truths) -> impl Iterator<Item = Truth> {
        EACH.into_iter().filter(move |it| of.has(it.0)).map(|it| it.1)
    }

    fn set(of: impl Iterator<Item = Truth>) -> Truths {
        let one = |truth: Truth| EACH.into_iter().find(|it| it.1 == truth).map(|it| it.0).unwrap_or_default();
        of.map(one).fold(Truths::default(), Truths::or)
    }

    /// What sets come to is what every pair out of them comes to.
    #[test]
    fn sets_of_truths_follow_the_truths_in_them() {
        for (a, b) in (0..16).flat_map(|a| (0..16).map(move |b| (Truths(a), Truths(b)))) {
            let pairs = || each(a).flat_map(|a| each(b).map(move |b| [a.clone(), b]));
            assert_eq!(Truths::all([a, b]), set(pairs().map(Truth::all)), "{a:?} and {b:?}");
            assert_eq!(Truths::any([a, b]), set(pairs().map(Truth::any)), "{a:?} or {b:?}");
            assert_eq!(a.negate(), set(each(a).map(Truth::negate)), "not {a:?}");
        }
    }
}
