//! A place among others: ranks and shares of a whole population.
//!
//! * Everybody is put in order once for each judgement: a ranking is kept with the scope and shared by all who ask.
//! * Who is not covered, has no group, or of whom the value does not apply, is not ranked. In a group that is too small nobody is.
//!   Whoever is not ranked can't be asked for a place: [`Value::NotApplicable`].
//! * Awaited, a fact that is missing leaves open exactly the places that it could change. Of somebody of whom a fact is missing it is
//!   known at most whether they take part, and on which side of another they stand; all that this leaves open is gone through.
//! * For whose facts a place waits is told of the first; of the others, how many they are. So whoever asks need not walk over
//!   everybody: those of whom the same is missing stand on one shelf, in order, and a question finds where it parts them.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use jiff::civil::Date;

use crate::eval::awaited::Awaited;
use crate::eval::expression::{truth, value};
use crate::eval::operation::order_of;
use crate::eval::place::{Open, Others, Question};
use crate::eval::scope::Scope;
use crate::policy::model::Policy;
use crate::policy::population::Population;
use crate::value::{Known, Missing, RecordRef, Truth, Value};

/// Which ranking, of which period, as on which days.
pub(super) type RankingKey = (u32, Option<Date>, Date, Date);

/// Everybody of a population, in their groups.
#[derive(Debug, Default)]
pub(super) struct Ranking {
    groups: BTreeMap<String, Group>,
    /// Those of whom it is not known in which group they are: they may be in any.
    adrift: Group,
    /// On which shelf of their group somebody stands.
    at: HashMap<RecordRef, Shelf>,
}

/// Whose facts leave the same open: whether they surely take part, and what is known of their marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Shelf {
    sure: bool,
    known: Marked,
}

/// What is known of somebody's mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Marked {
    /// Nothing.
    No,
    /// By what they are ranked, and not what parts those who tie.
    Half,
    /// All.
    Yes,
}

/// Some who are ranked with each other: on each shelf the last first.
type Group = BTreeMap<Shelf, Vec<Member>>;

/// Somebody who is ranked.
#[derive(Debug)]
struct Member {
    who: RecordRef,
    mark: Mark,
    missing: Lacks,
}

/// By what somebody is ranked: nothing for what is missing.
#[derive(Debug, Clone)]
struct Mark {
    by: Option<Known>,
    /// What ranks those who tie; the inner nothing goes behind all others.
    tie: Option<Option<Known>>,
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
    let question = ranking.asked(scope, population, &group, &mark);
    let open = match question.answer().map_err(|open| awaited(&open, &scope.subject, &own.stands)) {
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
        if !population.awaited && !missing.nothing() {
            continue;
        }
        let known = mark.known(population);
        let (shelf, group) = match group {
            Some(group) => (Shelf { sure, known }, ranking.groups.entry(group).or_default()),
            None => (Shelf { sure: false, known }, &mut ranking.adrift),
        };
        ranking.at.insert(who.clone(), shelf);
        group.entry(shelf).or_default().push(Member { who, mark, missing });
    }
    for group in ranking.groups.values_mut().chain([&mut ranking.adrift]) {
        for shelf in group.values_mut() {
            shelf.sort_by(|a, b| a.mark.order(&b.mark, scope.policy, population));
        }
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
    fn known(&self, population: &Population) -> Marked {
        match (&self.by, &self.tie) {
            (None, _) => Marked::No,
            (Some(_), None) if population.tie.is_some() => Marked::Half,
            _ => Marked::Yes,
        }
    }

    /// The order of two on one shelf.
    fn order(&self, other: &Self, policy: &Policy, population: &Population) -> Ordering {
        self.against(other, policy, population).unwrap_or(Ordering::Equal)
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

impl Ranking {
    /// The place that somebody asks for who is ranked by a mark.
    fn asked<'r, 'p>(
        &'r self,
        scope: &Scope<'_>,
        population: &'p Population,
        group: &str,
        mark: &Mark,
    ) -> Question<'p, &'r [Member]> {
        let mut question = Question::of(population);
        let own = self.at.get(&scope.subject);
        let group = self.groups.get(group);
        let adrift = self.adrift.iter().map(|it| (it, true));
        for ((shelf, people), adrift) in group.into_iter().flatten().map(|it| (it, false)).chain(adrift) {
            // On a shelf all who stand behind somebody come first, then those of whom that is open or who tie, then the others.
            let order = |it: &Member| it.mark.against(mark, scope.policy, population);
            let less = people.partition_point(|it| order(it) == Some(Ordering::Less));
            let not_more = people.partition_point(|it| order(it) != Some(Ordering::Greater));
            let with_own = !adrift && own == Some(shelf);
            let stretches = [(0..less, false), (less..not_more, with_own), (not_more..people.len(), false)];
            for (stretch, with_own) in stretches {
                let people = &people[stretch];
                let Some(first) = people.first() else { continue };
                let count = people.len() - usize::from(with_own);
                question.take(order(first), Others { people, count, sure: shelf.sure });
            }
        }
        question
    }
}

/// The facts for want of which a place is open.
fn awaited(all: &[Open<&[Member]>], asks: &RecordRef, own: &[Missing]) -> Vec<Missing> {
    let mut awaited = Awaited::default();
    for open in all {
        let of = |it: &Member| {
            let joins = it.missing.joins.iter().filter(|_| open.joining);
            joins.chain(it.missing.stands.iter().filter(|_| open.standing)).cloned().collect::<Vec<_>>()
        };
        // Of all on one shelf the same kind of fact is missing.
        if open.people.first().is_some_and(|it| of(it).is_empty()) {
            continue;
        }
        let named = open.count.min(awaited.room());
        open.people.iter().filter(|it| it.who != *asks).take(named).for_each(|it| awaited.one(&of(it)));
        awaited.unnamed(open.count - named);
    }
    let own = if all.iter().any(|it| it.standing) { own } else { &[] };
    awaited.with(own, false)
}
