//! A place among others: ranks and shares of a whole population.
//!
//! * Everybody is put in order once for each judgement: a ranking is kept with the scope and shared by all who ask.
//! * Who is not covered, has no group, or of whom the value does not apply, is not ranked. In a group that is too small nobody is.
//!   Whoever is not ranked can't be asked for a place: [`Value::NotApplicable`].
//! * Awaited, a fact that is missing leaves open exactly the places that it could change. Of somebody of whom a fact is missing it is
//!   known at most whether they take part, and on which side of another they stand; all that this leaves open is gone through.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::rc::Rc;

use jiff::civil::Date;

use crate::eval::expression::{truth, value};
use crate::eval::operation::order_of;
use crate::eval::scope::Scope;
use crate::policy::model::Policy;
use crate::policy::population::{Asked, Places, Population};
use crate::value::{Known, Missing, Number, RecordRef, Truth, Value};

/// Which ranking, of which period, as on which days.
pub(super) type RankingKey = (u32, Option<Date>, Date, Date);

/// Everybody of a population, in their groups.
#[derive(Debug, Default)]
pub(super) struct Ranking {
    groups: BTreeMap<String, Group>,
    /// Those of whom it is not known in which group they are: they may be in any.
    adrift: Vec<Loose>,
}

#[derive(Debug, Default)]
struct Group {
    /// Those of whom everything is known, the last first.
    firm: Vec<(RecordRef, Mark)>,
    loose: Vec<Loose>,
}

/// By what somebody is ranked: nothing for what is missing.
#[derive(Debug, Clone)]
struct Mark {
    by: Option<Known>,
    /// What ranks those who tie; the inner nothing goes behind all others.
    tie: Option<Option<Known>>,
}

/// Somebody of whom a fact is missing.
#[derive(Debug, Clone)]
struct Loose {
    who: RecordRef,
    /// Whether they surely take part.
    sure: bool,
    mark: Mark,
    missing: Lacks,
}

/// What is missing of somebody.
#[derive(Debug, Clone, Default)]
struct Lacks {
    /// That says whether they take part, and in which group.
    joins: Vec<Missing>,
    /// That says where they stand.
    stands: Vec<Missing>,
}

impl Lacks {
    fn nothing(&self) -> bool {
        self.joins.is_empty() && self.stands.is_empty()
    }

    fn all(self) -> Vec<Missing> {
        Missing::merged(self.joins.into_iter().chain(self.stands))
    }
}

/// Where somebody stands, and what of it is missing.
struct Stand {
    /// Their group; nothing where it is not known.
    group: Option<String>,
    /// Whether they surely take part.
    sure: bool,
    mark: Mark,
    missing: Lacks,
}

/// What somebody else may do to a place: stay out, stand before it, or stand behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct May {
    out: bool,
    before: bool,
    behind: bool,
}

/// The place that is asked for, and who may change it.
struct Question<'p> {
    population: &'p Population,
    /// How many surely take part, the one who asks among them.
    size: usize,
    /// How many of them surely stand before.
    before: usize,
    /// The others, with what is missing of them.
    open: Vec<(May, Lacks)>,
}

/// A place among others, for the subject.
pub(super) fn population(scope: &Scope<'_>, population: &Population) -> Value {
    let Some(Stand { group, mark, missing: own, .. }) = stand(scope, population, false) else {
        return Value::NotApplicable;
    };
    if !population.awaited && !own.nothing() {
        return Value::NotApplicable;
    }
    let Some(group) = group else { return Value::Unknown(own.all()) };
    let ranking = ranking(scope, population);
    let question = Question::of(scope, population, &ranking, &group, (&mark, &own.stands));
    let open = match question.answer() {
        Ok(Value::NotApplicable) => return Value::NotApplicable,
        // Whoever does not surely take part has the place only if they do.
        Ok(answer) => match population.filter.as_ref().map(|it| truth(scope, it)) {
            Some(Truth::Unknown(facts)) => return Value::Unknown(facts),
            _ => return answer,
        },
        Err(open) => open,
    };
    Value::Unknown(Missing::merged(own.joins.into_iter().chain(open)))
}

fn ranking(scope: &Scope<'_>, population: &Population) -> Rc<Ranking> {
    let key = (population.id, scope.period.map(|it| it.first), scope.on, scope.day());
    if let Some(found) = scope.rankings.borrow().get(&key) {
        return Rc::clone(found);
    }
    let mut ranking = Ranking::default();
    // Whoever listens hears of the place, not of everybody who was put in order for it.
    let scope = &scope.clone().heard_by(None);
    for who in scope.facts.records(population.of) {
        let Some(Stand { group, sure, mark, missing }) = stand(&scope.about(who.clone()), population, true) else {
            continue;
        };
        match group {
            Some(group) if missing.nothing() => {
                ranking.groups.entry(group).or_default().firm.push((who, mark));
            }
            _ if !population.awaited => {}
            Some(group) => ranking.groups.entry(group).or_default().loose.push(Loose { who, sure, mark, missing }),
            None => ranking.adrift.push(Loose { who, sure: false, mark, missing }),
        }
    }
    for group in ranking.groups.values_mut() {
        group.firm.sort_by(|(_, a), (_, b)| a.against(b, scope.policy, population).unwrap_or(Ordering::Equal));
    }
    let ranking = Rc::new(ranking);
    scope.rankings.borrow_mut().insert(key, Rc::clone(&ranking));
    ranking
}

/// Where the subject stands; nothing where they are not ranked. `as_one_of_them`: whom the framework covers counts; whoever asks is asked as one who is covered.
fn stand(scope: &Scope<'_>, population: &Population, as_one_of_them: bool) -> Option<Stand> {
    let covered = population.covered.iter().filter(|_| as_one_of_them);
    let takes_part = Truth::all(covered.chain(&population.filter).map(|it| truth(scope, it)));
    let mut missing = Lacks::default();
    let sure = match takes_part {
        Truth::Yes => true,
        Truth::Unknown(facts) => {
            missing.joins.extend(facts);
            false
        }
        Truth::No | Truth::NotApplicable => return None,
    };
    let (mut group, mut adrift) = (String::new(), false);
    for part in &population.group {
        match value(scope, part) {
            Value::Known(known) => group += &format!("{known:?}\n"),
            Value::Unknown(facts) => {
                missing.joins.extend(facts);
                adrift = true;
            }
            Value::NotApplicable | Value::NotHappened => return None,
        }
    }
    let by = match value(scope, &population.by) {
        Value::Known(known) => Some(known),
        Value::Unknown(facts) => {
            missing.stands.extend(facts);
            None
        }
        Value::NotApplicable | Value::NotHappened => return None,
    };
    let tie = match population.tie.as_ref().map(|it| value(scope, &it.by)) {
        None | Some(Value::NotApplicable | Value::NotHappened) => Some(None),
        Some(Value::Known(known)) => Some(Some(known)),
        Some(Value::Unknown(facts)) => {
            missing.stands.extend(facts);
            None
        }
    };
    Some(Stand { group: (!adrift).then_some(group), sure, mark: Mark { by, tie }, missing })
}

impl Mark {
    fn is_known(&self, population: &Population) -> bool {
        self.by.is_some() && (population.tie.is_none() || self.tie.is_some())
    }

    /// The order of two; nothing where what is missing leaves it open. From the top, the greater goes before.
    fn against(&self, other: &Self, policy: &Policy, population: &Population) -> Option<Ordering> {
        let by = order_of(policy, self.by.as_ref()?, other.by.as_ref()?)?;
        let Some(tie) = population.tie.as_ref().filter(|_| by == Ordering::Equal) else { return Some(by) };
        let order = match (self.tie.as_ref()?, other.tie.as_ref()?) {
            (Some(a), Some(b)) => {
                let order = order_of(policy, a, b)?;
                if tie.lower_first { order.reverse() } else { order }
            }
            (a, b) => a.is_some().cmp(&b.is_some()),
        };
        Some(order)
    }
}

impl<'p> Question<'p> {
    /// `own` is by what the one who asks is ranked, and what is missing of that.
    fn of(
        scope: &Scope<'_>,
        population: &'p Population,
        ranking: &Ranking,
        group: &str,
        own: (&Mark, &[Missing]),
    ) -> Self {
        let mut question = Self { population, size: 1, before: 0, open: Vec::new() };
        let nobody = Group::default();
        let group = ranking.groups.get(group).unwrap_or(&nobody);
        question.take_firm(scope, group, own);
        for other in group.loose.iter().chain(&ranking.adrift).filter(|it| it.who != scope.subject) {
            let mut missing = other.missing.clone();
            missing.stands.extend_from_slice(own.1);
            question.take(other.mark.against(own.0, scope.policy, population), other.sure, &missing);
        }
        question
    }

    /// Those of whom everything is known: put in order, so that they need not be asked one by one.
    fn take_firm(&mut self, scope: &Scope<'_>, group: &Group, (mark, own): (&Mark, &[Missing])) {
        let order = |it: &(RecordRef, Mark)| it.1.against(mark, scope.policy, self.population);
        if !mark.is_known(self.population) {
            for other in group.firm.iter().filter(|it| it.0 != scope.subject) {
                let order = order(other);
                self.take(order, true, &Lacks { joins: Vec::new(), stands: own.to_vec() });
            }
            return;
        }
        let less = group.firm.partition_point(|it| order(it) == Some(Ordering::Less));
        let not_more = group.firm.partition_point(|it| order(it) != Some(Ordering::Greater));
        let tied = &group.firm[less..not_more];
        let others = tied.len() - usize::from(tied.iter().any(|it| it.0 == scope.subject));
        let (behind, before) = (less, group.firm.len() - not_more);
        self.size += behind + others + before;
        self.before += if self.is_top() { before } else { behind };
        self.before += if self.ties_stand_before() { others } else { 0 };
    }

    fn take(&mut self, order: Option<Ordering>, sure: bool, missing: &Lacks) {
        let before = match order {
            None => None,
            Some(Ordering::Equal) => Some(self.ties_stand_before()),
            Some(order) => Some((order == Ordering::Greater) == self.is_top()),
        };
        let may = May { out: !sure, before: before != Some(false), behind: before != Some(true) };
        if sure && may.before != may.behind {
            self.size += 1;
            self.before += usize::from(may.before);
        } else {
            self.open.push((may, missing.clone()));
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

    /// The answer, or what is missing for it.
    fn answer(&self) -> Result<Value, Vec<Missing>> {
        let all: Vec<May> = self.open.iter().map(|it| it.0).collect();
        let first = self.outcome(self.size + all.iter().filter(|it| !it.out).count(), self.least_before(&all));
        if self
            .ways(&all)
            .all(|(size, low, high)| self.outcome(size, low) == first && self.outcome(size, high) == first)
        {
            return Ok(self.told(first));
        }
        let mut asked: Vec<(May, (bool, bool))> = Vec::new();
        let mut missing = Vec::new();
        for (at, (may, lacks)) in self.open.iter().enumerate() {
            let known = asked.iter().find(|it| it.0 == *may).map(|it| it.1);
            let (joining, standing) = known.unwrap_or_else(|| {
                let others: Vec<May> =
                    all.iter().enumerate().filter(|(other, _)| *other != at).map(|it| *it.1).collect();
                let matters = self.matters(*may, &others);
                asked.push((*may, matters));
                matters
            });
            missing.extend(lacks.joins.iter().filter(|_| joining).cloned());
            missing.extend(lacks.stands.iter().filter(|_| standing).cloned());
        }
        Err(Missing::merged(missing))
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

    fn least_before(&self, open: &[May]) -> usize {
        self.before + open.iter().filter(|it| !it.out && !it.behind).count()
    }

    /// For each size that the group may have, how few and how many may stand before; every number between them may, too.
    fn ways(&self, open: &[May]) -> impl Iterator<Item = (usize, usize, usize)> {
        let count = |may: &dyn Fn(&May) -> bool| open.iter().filter(|it| may(it)).count();
        let (size, before) = (self.size + count(&|it| !it.out), self.least_before(open));
        let turning = count(&|it| !it.out && it.before && it.behind);
        let may_join = count(&|it| it.out);
        let (before_only, behind_only) = (count(&|it| it.out && !it.behind), count(&|it| it.out && !it.before));
        (0..=may_join).map(move |joined| {
            let low = before + joined.saturating_sub(may_join - before_only);
            let high = before + turning + joined.min(may_join - behind_only);
            (size + joined, low, high)
        })
    }

    /// Whether it could change the outcome that one takes part, and where they stand if they do, whatever the others do.
    fn matters(&self, one: May, others: &[May]) -> (bool, bool) {
        let (mut joining, mut standing) = (false, false);
        for (size, low, high) in self.ways(others) {
            for before in self.turns(size, low, high) {
                let out = self.outcome(size, before);
                let stands_before = self.outcome(size + 1, before + 1);
                let stands_behind = self.outcome(size + 1, before);
                joining |= one.out && (one.before && out != stands_before || one.behind && out != stands_behind);
                standing |= one.before && one.behind && stands_before != stands_behind;
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
