//! The place that somebody asks for: how many stand before them, and whose missing facts could change what comes of it.

use std::cmp::Ordering;

use crate::policy::population::{Asked, Places, Population};
use crate::value::{Known, Number, Value};

/// What somebody else may do to a place: stay out, stand before it, or stand behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct May {
    out: bool,
    before: bool,
    behind: bool,
}

/// Others, who all stand alike to whoever asks for a place.
#[derive(Debug, Clone)]
pub(super) struct Others<P> {
    /// Who they are.
    pub(super) people: P,
    /// How many; the one who asks is not one of them.
    pub(super) count: usize,
    /// Whether they surely take part.
    pub(super) sure: bool,
}

/// Others whose facts could change the outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Open<P> {
    /// Who they are.
    pub(super) people: P,
    /// How many.
    pub(super) count: usize,
    /// Whether it matters if they take part.
    pub(super) joining: bool,
    /// Whether it matters where they stand.
    pub(super) standing: bool,
}

/// The place that is asked for, and who may change it.
pub(super) struct Question<'p, P> {
    population: &'p Population,
    /// How many surely take part, the one who asks among them.
    size: usize,
    /// How many of them surely stand before.
    before: usize,
    /// Those of whom that is open.
    open: Vec<(May, Others<P>)>,
}

impl<'p, P: Clone> Question<'p, P> {
    /// One who asks, and nobody else yet.
    pub(super) fn of(population: &'p Population) -> Self {
        Self { population, size: 1, before: 0, open: Vec::new() }
    }

    /// Others, in this order to the one who asks; nothing where that is open.
    pub(super) fn take(&mut self, order: Option<Ordering>, others: Others<P>) {
        let before = match order {
            None => None,
            Some(Ordering::Equal) => Some(self.ties_stand_before()),
            Some(order) => Some((order == Ordering::Greater) == self.is_top()),
        };
        match before {
            _ if others.count == 0 => {}
            Some(before) if others.sure => {
                self.size += others.count;
                self.before += if before { others.count } else { 0 };
            }
            _ => {
                let may = May { out: !others.sure, before: before != Some(false), behind: before != Some(true) };
                self.open.push((may, others));
            }
        }
    }

    fn is_top(&self) -> bool {
        !matches!(self.population.asked, Asked::Among { top: false, .. })
    }

    /// Whether those who tie take a place away.
    fn ties_stand_before(&self) -> bool {
        matches!(self.population.asked, Asked::Among { .. } | Asked::Split { .. }) && !self.population.ties_in
    }

    /// What comes of it in a group of a size, with so many before: nothing where the group is too small.
    fn outcome(&self, size: usize, before: usize) -> Option<usize> {
        if size < self.population.at_least as usize {
            return None;
        }
        Some(match &self.population.asked {
            Asked::Among { places, .. } => usize::from(before < places.of(size)),
            Asked::Rank => before + 1,
            Asked::Split { ends, .. } => ends.iter().position(|it| before < it.of(size)).unwrap_or(ends.len()),
        })
    }

    /// The answer, or who could change it.
    pub(super) fn answer(&self) -> Result<Value, Vec<Open<P>>> {
        let first = self.outcome(self.size + self.count(None, |it| !it.out), self.least_before(None));
        let same = |(size, low, high)| self.outcome(size, low) == first && self.outcome(size, high) == first;
        if self.ways(None).all(same) {
            return Ok(self.told(first));
        }
        let mut asked: Vec<(May, (bool, bool))> = Vec::new();
        let mut open = Vec::new();
        for (may, others) in &self.open {
            let known = asked.iter().find(|it| it.0 == *may).map(|it| it.1);
            let (joining, standing) = known.unwrap_or_else(|| {
                let matters = self.matters(*may);
                asked.push((*may, matters));
                matters
            });
            if joining || standing {
                open.push(Open { people: others.people.clone(), count: others.count, joining, standing });
            }
        }
        Err(open)
    }

    fn told(&self, outcome: Option<usize>) -> Value {
        match (&self.population.asked, outcome) {
            (_, None) => Value::NotApplicable,
            (Asked::Among { .. }, Some(among)) => Known::YesNo(among > 0).into(),
            (Asked::Split { parts, .. }, Some(part)) => {
                Known::Choice(*parts, u32::try_from(part).unwrap_or(u32::MAX)).into()
            }
            (Asked::Rank, Some(rank)) => Known::Number(Number::from(i64::try_from(rank).unwrap_or(i64::MAX))).into(),
        }
    }

    /// How many of whom it is open are such; without one of a kind.
    fn count(&self, without: Option<May>, such: impl Fn(&May) -> bool) -> usize {
        let count: usize = self.open.iter().filter(|it| such(&it.0)).map(|it| it.1.count).sum();
        count - usize::from(without.is_some_and(|it| such(&it)))
    }

    fn least_before(&self, without: Option<May>) -> usize {
        self.before + self.count(without, |it| !it.out && !it.behind)
    }

    /// For each size that the group may have, how few and how many may stand before; every number between them may, too.
    fn ways(&self, without: Option<May>) -> impl Iterator<Item = (usize, usize, usize)> {
        let (size, before) = (self.size + self.count(without, |it| !it.out), self.least_before(without));
        let turning = self.count(without, |it| !it.out && it.before && it.behind);
        let may_join = self.count(without, |it| it.out);
        let before_only = self.count(without, |it| it.out && !it.behind);
        let behind_only = self.count(without, |it| it.out && !it.before);
        (0..=may_join).map(move |joined| {
            let low = before + joined.saturating_sub(may_join - before_only);
            let high = before + turning + joined.min(may_join - behind_only);
            (size + joined, low, high)
        })
    }

    /// Whether it could change the outcome that one of a kind takes part, and where they stand if they do, whatever the others do.
    fn matters(&self, one: May) -> (bool, bool) {
        let (mut joining, mut standing) = (false, false);
        let may_turn = one.before && one.behind;
        for (size, low, high) in self.ways(Some(one)) {
            for before in self.turns(size, low, high) {
                let out = self.outcome(size, before);
                let stands_before = self.outcome(size + 1, before + 1);
                let stands_behind = self.outcome(size + 1, before);
                joining |= one.out && (one.before && out != stands_before || one.behind && out != stands_behind);
                standing |= may_turn && stands_before != stands_behind;
            }
            if joining == one.out && standing == may_turn {
                break;
            }
        }
        (joining, standing)
    }

    /// Where the outcome may turn when one more comes to so many, and one place where it does not: the others need not be looked at.
    fn turns(&self, size: usize, low: usize, high: usize) -> impl Iterator<Item = usize> {
        let around = |places: &Places| {
            let (now, then) = (places.of(size), places.of(size + 1));
            now.min(then).saturating_sub(2)..=now.max(then)
        };
        let near: Vec<_> = match &self.population.asked {
            Asked::Among { places, .. } => vec![around(places)],
            Asked::Split { ends, .. } => ends.iter().map(around).collect(),
            Asked::Rank => vec![low..=low],
        };
        let near = near.into_iter().flatten();
        std::iter::once(low).chain(near.filter(move |it| (low..=high).contains(it)))
    }
}
