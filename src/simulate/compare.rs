//! What changes for whom, counted.

use std::collections::{BTreeMap, HashMap};

use crate::policy::framework::{OutcomeRule, Proposed};
use crate::side_by_side::side_by_side;
use crate::simulate::judged::{Judged, Says};
use crate::simulate::stand::{Names, Stand};
use crate::simulate::{
    Change, Cost, Fault, Move, Person, Question, RuleTold, SettingTold, Simulation, groups, missing,
};
use crate::value::{Number, grouped};

/// Everything that is told of some judgements; the first is what the others are compared with.
pub(super) fn told(judged: &[Judged<'_>], question: &Question) -> Result<Simulation, Fault> {
    let first = &judged[0];
    let calendar = &first.setting.policy.calendars[first.framework.calendar];
    let groupings = groups::groupings(judged, question)?;
    Ok(Simulation {
        framework: first.framework.label.title.clone(),
        period: calendar.label(&question.period),
        on: question.on.to_string(),
        subject: first.setting.policy.record(first.framework.subject).label.name.clone(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        data: String::new(),
        people: first.people(),
        settings: judged.iter().map(|it| setting_told(it, question)).collect(),
        changes: judged[1..].iter().map(|it| change(first, it)).collect(),
        groupings,
    })
}

fn setting_told(judged: &Judged<'_>, question: &Question) -> SettingTold {
    let rules: Vec<RuleTold> = (0..judged.rules().len()).map(|rule| rule_told(judged, rule)).collect();
    let mut cost: Vec<Cost> = Vec::new();
    for paid in rules.iter().filter_map(|it| it.cost.as_ref()) {
        match cost.iter_mut().find(|it| it.currency == paid.currency) {
            Some(sum) => sum.add(paid),
            None => cost.push(paid.clone()),
        }
    }
    let undetermined = (0..judged.people()).filter(|row| judged.stands[*row].is_open()).count();
    let (missing, missing_asked) = missing::missing(judged, question);
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

fn rule_told(judged: &Judged<'_>, rule: usize) -> RuleTold {
    let of = &judged.rules()[rule];
    let count = |says| judged.says[rule].iter().filter(|it| **it == says).count();
    let cost = judged.amounts[rule].as_ref().map(|amounts| {
        let mut cost = Cost::nothing(judged.currency(rule));
        amounts.add_up(&judged.says[rule], &mut cost);
        cost
    });
    RuleTold {
        name: of.label.name.clone(),
        title: of.label.title.clone(),
        kind: of.what().word().to_owned(),
        proposed: count(Says::Proposed),
        undetermined: count(Says::Undetermined),
        no: count(Says::No),
        not_covered: count(Says::NotCovered),
        cost,
    }
}

impl Cost {
    pub(super) fn nothing(currency: Option<&str>) -> Self {
        Self { currency: currency.map(str::to_owned), known: Number::ZERO, could_add: Number::ZERO, not_known: 0 }
    }

    pub(super) fn take(&mut self, says: Says, amount: Option<Number>) {
        let sum = match says {
            Says::Proposed => &mut self.known,
            Says::Undetermined => &mut self.could_add,
            Says::No | Says::NotCovered => return,
        };
        match amount.map(|it| sum.add(it)) {
            Some(Ok(new)) => *sum = new,
            Some(Err(_)) | None => self.not_known += 1,
        }
    }

    pub(super) fn add(&mut self, other: &Cost) {
        for (sum, more) in [(&mut self.known, other.known), (&mut self.could_add, other.could_add)] {
            match sum.add(more) {
                Ok(new) => *sum = new,
                Err(_) => self.not_known += 1,
            }
        }
        self.not_known += other.not_known;
    }
}

/// What is paid to somebody, whatever the currency.
fn paid(judged: &Judged<'_>, stand: Stand, row: usize) -> Number {
    if !stand.pays {
        return Number::ZERO;
    }
    let proposed = (0..judged.rules().len()).filter(|rule| judged.says[*rule][row] == Says::Proposed);
    let amounts = proposed.filter_map(|rule| judged.amount(rule, row));
    amounts.fold(Number::ZERO, |sum, it| sum.add(it).unwrap_or(sum))
}

/// How many rows are compared at once by one thread.
const AT_ONCE: usize = 16_384;

/// What was counted of some people.
#[derive(Default)]
struct Counted {
    more_severe: usize,
    less_severe: usize,
    more_money: usize,
    less_money: usize,
    newly_undetermined: usize,
    newly_decided: usize,
    sanctions: HashMap<[Option<Option<u16>>; 2], usize>,
    rewards: HashMap<[Option<u64>; 2], usize>,
    /// The rows of those for whom something is otherwise, in both judgements.
    changed: Vec<(usize, usize)>,
}

impl Counted {
    fn of(first: &Judged<'_>, other: &Judged<'_>, names: &Names, rows: std::ops::Range<usize>) -> Self {
        let mut counted = Self::default();
        // Most people stand where the one before them stands.
        let (mut last, mut same): (Option<[Stand; 2]>, usize) = (None, 0);
        for row in rows {
            let Some(theirs) = other.row_of(first, row) else { continue };
            let stands = [first.stands[row], other.stands[theirs]];
            if last == Some(stands) {
                same += 1;
            } else {
                counted.take(last, same);
                (last, same) = (Some(stands), 1);
            }
            let [before, after] = stands;
            if before.pays || after.pays {
                let (was, is) = (paid(first, before, row), paid(other, after, theirs));
                counted.more_money += usize::from(is > was);
                counted.less_money += usize::from(is < was);
            }
            if names.differ(first, row, other, theirs) {
                counted.changed.push((row, theirs));
            }
        }
        counted.take(last, same);
        counted
    }

    fn take(&mut self, stands: Option<[Stand; 2]>, people: usize) {
        let Some([before, after]) = stands else { return };
        self.more_severe += people * usize::from(after.severity > before.severity);
        self.less_severe += people * usize::from(after.severity < before.severity);
        self.newly_undetermined += people * usize::from(after.is_open() && !before.is_open());
        self.newly_decided += people * usize::from(!after.is_open() && before.is_open());
        *self.sanctions.entry([before.sanction_told(), after.sanction_told()]).or_default() += people;
        *self.rewards.entry([before.rewards_told(), after.rewards_told()]).or_default() += people;
    }

    fn add(mut self, other: Self) -> Self {
        self.more_severe += other.more_severe;
        self.less_severe += other.less_severe;
        self.more_money += other.more_money;
        self.less_money += other.less_money;
        self.newly_undetermined += other.newly_undetermined;
        self.newly_decided += other.newly_decided;
        other.sanctions.into_iter().for_each(|(moved, people)| *self.sanctions.entry(moved).or_default() += people);
        other.rewards.into_iter().for_each(|(moved, people)| *self.rewards.entry(moved).or_default() += people);
        self.changed.extend(other.changed);
        self
    }
}

fn change(first: &Judged<'_>, other: &Judged<'_>) -> Change {
    let names = Names::of(first, other);
    let people = first.people();
    let parts: Vec<_> = (0..people).step_by(AT_ONCE).map(|at| at..(at + AT_ONCE).min(people)).collect();
    let counted = side_by_side(&parts, |rows| Counted::of(first, other, &names, rows.clone()));
    let counted = counted.into_iter().fold(Counted::default(), Counted::add);
    let person = |(row, theirs): &(usize, usize)| Person {
        key: first.setting.records.key(first.framework.subject, *row).to_string(),
        before: outcomes(first, first, *row),
        after: outcomes(first, other, *theirs),
    };
    let mut people: Vec<Person> = counted.changed.iter().map(person).collect();
    people.sort_by(|a, b| a.key.cmp(&b.key));
    // Two rules may bear one title.
    let mut sanctions: BTreeMap<(Label, Label), usize> = BTreeMap::new();
    for ([from, to], people) in counted.sanctions {
        let moved = (sanction_label(first, first, from), sanction_label(first, other, to));
        *sanctions.entry(moved).or_default() += people;
    }
    let mut rewards: BTreeMap<(Label, Label), usize> = BTreeMap::new();
    for ([from, to], people) in counted.rewards {
        *rewards.entry((reward_label(first, first, from), reward_label(first, other, to))).or_default() += people;
    }
    Change {
        from: first.setting.name.to_owned(),
        to: other.setting.name.to_owned(),
        changed: people.len(),
        more_severe: counted.more_severe,
        less_severe: counted.less_severe,
        more_money: counted.more_money,
        less_money: counted.less_money,
        newly_undetermined: counted.newly_undetermined,
        newly_decided: counted.newly_decided,
        sanctions: moves(sanctions),
        rewards: moves(rewards),
        people,
    }
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
        match (judged.says[rule][row], judged.amount(rule, row)) {
            (Says::Proposed, Some(amount)) => {
                let currency = judged.currency(rule).map_or_else(String::new, |it| format!("{it} "));
                found.push(format!("{title}, {currency}{}", grouped(&amount.to_string())));
            }
            (Says::Proposed, None) => found.push(title.to_owned()),
            (Says::Undetermined, _) => found.push(format!("{title} undetermined")),
            (Says::No | Says::NotCovered, _) => {}
        }
    }
    found
}

impl Names {
    /// Whether something else follows, or the same with another amount.
    fn differ(&self, first: &Judged<'_>, row: usize, other: &Judged<'_>, theirs: usize) -> bool {
        self.pairs.iter().any(|(a, b)| {
            let said = |judged: &Judged<'_>, rule: &Option<usize>, row: usize| match rule.map(|it| judged.says[it][row])
            {
                // What a policy does not say, it does not propose.
                None | Some(Says::No | Says::NotCovered) => (None, None),
                Some(Says::Undetermined) => (Some(Says::Undetermined), None),
                Some(says) => (Some(says), rule.and_then(|it| judged.amount(it, row))),
            };
            said(first, a, row) != said(other, b, theirs)
        })
    }
}
