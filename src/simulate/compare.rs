//! What changes for whom, counted.

use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::sync::Arc;

use crate::policy::framework::{OutcomeRule, Proposed};
use crate::side_by_side::side_by_side;
use crate::simulate::counted::Counted;
use crate::simulate::judged::Judged;
use crate::simulate::patterns::says;
use crate::simulate::stand::Stand;
use crate::simulate::tally::{OfChange, Pair};
use crate::simulate::{Change, Cost, Move, Person, Question, RuleTold, SettingTold, Simulation, groups, missing};
use crate::value::{Number, grouped};

/// Everything that is told of some judgements; the first is what the others are compared with.
pub(super) fn told(counted: &Counted<'_>, question: &Question) -> Simulation {
    let first = &counted.judged[0];
    let places: Vec<usize> = (0..counted.judged.len()).collect();
    Simulation {
        framework: first.framework.label.title.clone(),
        period: period(counted, question),
        on: question.on.to_string(),
        subject: first.setting.policy.record(first.framework.subject).label.name.clone(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        data: String::new(),
        people: first.people(),
        // What is missing is asked one by one, which takes longer than all the rest.
        settings: side_by_side(&places, |it| setting_told(counted, *it, question)),
        changes: (1..counted.judged.len()).map(|it| change(counted, it, question)).collect(),
        groupings: groups::groupings(counted, question),
        varied: None,
    }
}

/// The period as people write it.
pub(super) fn period(counted: &Counted<'_>, question: &Question) -> String {
    let first = &counted.judged[0];
    first.setting.policy.calendars[first.framework.calendar].label(&question.period)
}

fn setting_told(counted: &Counted<'_>, at: usize, question: &Question) -> SettingTold {
    let judged = &counted.judged[at];
    let rules: Vec<RuleTold> = (0..judged.rules().len()).map(|rule| rule_told(counted, at, rule)).collect();
    let mut cost: Vec<Cost> = Vec::new();
    for paid in rules.iter().filter_map(|it| it.cost.as_ref()) {
        match cost.iter_mut().find(|it| it.currency == paid.currency) {
            Some(sum) => sum.add(paid),
            None => cost.push(paid.clone()),
        }
    }
    let open = counted.tally.of[at].told.iter().filter(|it| it.stand.is_open());
    let undetermined = open.map(|it| it.people).sum();
    let (missing, missing_asked) = missing::missing(judged, &counted.noted.open[at], question);
    SettingTold {
        name: judged.setting.name.to_owned(),
        title: judged.setting.name.to_owned(),
        policy: judged.setting.policy.hash.clone(),
        rules,
        cost,
        undetermined,
        missing,
        missing_asked,
    }
}

fn rule_told(counted: &Counted<'_>, at: usize, rule: usize) -> RuleTold {
    let of = &counted.judged[at].rules()[rule];
    let count = |state| {
        let told = counted.tally.of[at].told.iter().filter(|it| it.says.get(rule) == Some(&state));
        told.map(|it| it.people).sum()
    };
    RuleTold {
        name: of.label.name.clone(),
        title: of.label.title.clone(),
        kind: of.what().word().to_owned(),
        proposed: count(says::PROPOSED),
        undetermined: count(says::UNDETERMINED),
        no: count(says::NO),
        not_covered: count(says::NOT_COVERED),
        cost: counted.rule_cost(at, rule),
    }
}

impl Cost {
    pub(super) fn nothing(currency: Option<&str>) -> Self {
        Self { currency: currency.map(str::to_owned), known: Number::ZERO, could_add: Number::ZERO, not_known: 0 }
    }

    pub(super) fn take(&mut self, state: u8, amount: Option<Number>) {
        let sum = match state {
            says::PROPOSED => &mut self.known,
            says::UNDETERMINED => &mut self.could_add,
            _ => return,
        };
        match amount.map(|it| sum.add(it)) {
            Some(Ok(new)) => *sum = new,
            Some(Err(_)) | None => self.not_known += 1,
        }
    }

    pub(crate) fn add(&mut self, other: &Cost) {
        for (sum, more) in [(&mut self.known, other.known), (&mut self.could_add, other.could_add)] {
            match sum.add(more) {
                Ok(new) => *sum = new,
                Err(_) => self.not_known += 1,
            }
        }
        self.not_known += other.not_known;
    }
}

/// What was counted of some people.
#[derive(Default)]
struct Moved {
    more_severe: usize,
    less_severe: usize,
    newly_undetermined: usize,
    newly_decided: usize,
    differ: usize,
    sanctions: HashMap<[Option<Option<u16>>; 2], usize>,
    rewards: HashMap<[Option<u64>; 2], usize>,
}

impl Moved {
    fn of(change: &OfChange) -> Self {
        let mut moved = Self::default();
        change.pairs.iter().filter(|it| it.people > 0).for_each(|it| moved.take(it));
        moved
    }

    fn take(&mut self, pair: &Pair) {
        let Pair { before, after, people, differs, .. } = pair;
        self.more_severe += people * usize::from(after.severity > before.severity);
        self.less_severe += people * usize::from(after.severity < before.severity);
        self.newly_undetermined += people * usize::from(after.is_open() && !before.is_open());
        self.newly_decided += people * usize::from(!after.is_open() && before.is_open());
        self.differ += people * usize::from(*differs);
        *self.sanctions.entry([before, after].map(|it| Stand::sanction_told(*it))).or_default() += people;
        *self.rewards.entry([before, after].map(|it| Stand::rewards_told(*it))).or_default() += people;
    }
}

fn change(counted: &Counted<'_>, at: usize, question: &Question) -> Change {
    let (first, other) = (&counted.judged[0], &counted.judged[at]);
    let of = &counted.tally.changes[at - 1];
    let moved = Moved::of(of);
    // Two rules may bear one title.
    let mut sanctions: BTreeMap<(Label, Label), usize> = BTreeMap::new();
    for ([from, to], people) in moved.sanctions {
        let moved = (sanction_label(first, first, from), sanction_label(first, other, to));
        *sanctions.entry(moved).or_default() += people;
    }
    let mut rewards: BTreeMap<(Label, Label), usize> = BTreeMap::new();
    for ([from, to], people) in moved.rewards {
        *rewards.entry((reward_label(first, first, from), reward_label(first, other, to))).or_default() += people;
    }
    Change {
        from: first.setting.name.to_owned(),
        to: other.setting.name.to_owned(),
        changed: moved.differ + of.other_amount,
        more_severe: moved.more_severe,
        less_severe: moved.less_severe,
        more_money: of.more_money,
        less_money: of.less_money,
        newly_undetermined: moved.newly_undetermined,
        newly_decided: moved.newly_decided,
        sanctions: moves(sanctions),
        rewards: moves(rewards),
        people: people(first, other, &counted.noted.changed[at - 1], question.people),
    }
}

/// How many people are put into words at once by one thread.
const AT_ONCE: usize = 4_096;

/// The first of those whose outcome is another, in the order of their keys.
fn people(first: &Judged<'_>, other: &Judged<'_>, changed: &[[u32; 2]], most: usize) -> Vec<Person> {
    let mut by_key: BinaryHeap<(Arc<str>, [u32; 2])> = BinaryHeap::new();
    for rows in changed {
        by_key.push((first.setting.records.key(first.framework.subject, rows[0] as usize), *rows));
        if by_key.len() > most {
            by_key.pop();
        }
    }
    let by_key = by_key.into_sorted_vec();
    let parts: Vec<_> = by_key.chunks(AT_ONCE).collect();
    let person = |(key, [own, theirs]): &(Arc<str>, [u32; 2])| Person {
        key: key.to_string(),
        before: outcomes(first, first, *own as usize),
        after: outcomes(first, other, *theirs as usize),
    };
    let told = side_by_side(&parts, |part| part.iter().map(person).collect::<Vec<_>>());
    told.into_iter().flatten().collect()
}

fn moves(of: BTreeMap<(Label, Label), usize>) -> Vec<Move> {
    let told =
        |((from, to), people): ((Label, Label), usize)| Move { places: [from.0, to.0], from: from.1, to: to.1, people };
    of.into_iter().map(told).collect()
}

/// What stands in a cell of the table of moves, and its place among others.
type Label = (usize, String);

/// A rule's title as the first policy has it, so that the same rule is called the same before and after.
fn title<'a>(first: &Judged<'a>, of: &'a OutcomeRule) -> &'a str {
    let own = first.rules().iter().find(|it| it.label.name == of.label.name);
    own.map_or(&of.label.title, |it| &it.label.title)
}

fn sanction_label(first: &Judged<'_>, judged: &Judged<'_>, told: Option<Option<u16>>) -> Label {
    match told {
        None => (usize::MAX, "undetermined".to_owned()),
        Some(None) => (0, "none".to_owned()),
        Some(Some(place)) => {
            let rule = &judged.rules()[usize::from(place)];
            (rule.severity().unwrap_or(0) + 1, title(first, rule).to_owned())
        }
    }
}

fn reward_label(first: &Judged<'_>, judged: &Judged<'_>, told: Option<u64>) -> Label {
    let Some(bits) = told else { return (usize::MAX, "undetermined".to_owned()) };
    let rewards = judged.rules().iter().filter(|it| it.what() == Proposed::Reward).enumerate();
    let titles: Vec<&str> = rewards.filter(|it| bits >> it.0 & 1 == 1).map(|it| title(first, it.1)).collect();
    match titles.as_slice() {
        [] => (0, "none".to_owned()),
        titles => (titles.len(), titles.join(" and ")),
    }
}

/// What follows for somebody: `bonus, UGX 40,000`, `warning undetermined`.
fn outcomes(first: &Judged<'_>, judged: &Judged<'_>, row: usize) -> Vec<String> {
    let mut found = Vec::new();
    for (rule, of) in judged.rules().iter().enumerate() {
        let title = title(first, of);
        match (judged.columns.says[rule][row], judged.amount(rule, row)) {
            (says::PROPOSED, Some(amount)) => {
                let currency = judged.currency(rule).map_or_else(String::new, |it| format!("{it} "));
                found.push(format!("{title}, {currency}{}", grouped(&amount.to_string())));
            }
            (says::PROPOSED, None) => found.push(title.to_owned()),
            (says::UNDETERMINED, _) => found.push(format!("{title} undetermined")),
            _ => {}
        }
    }
    found
}
