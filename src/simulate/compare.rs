//! What changes for whom, counted.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::policy::framework::{OutcomeRule, Proposed};
use crate::simulate::judged::{Judged, Says};
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
    let undetermined = (0..judged.people()).filter(|row| stand(judged, *row).is_open()).count();
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
        for (says, amount) in judged.says[rule].iter().zip(amounts) {
            cost.take(*says, *amount);
        }
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

/// Where somebody stands after a judgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stand {
    /// The most severe sanction that is proposed, by its place among the rules.
    pub(super) sanction: Option<usize>,
    /// Its rank.
    pub(super) severity: Option<usize>,
    /// Whether a more severe one is undetermined.
    pub(super) sanction_open: bool,
    /// The rewards that are proposed.
    pub(super) rewards: Vec<usize>,
    /// Whether one is undetermined.
    pub(super) reward_open: bool,
    /// What is paid, whatever the currency, and how many amounts can't be told.
    pub(super) paid: Number,
}

impl Stand {
    pub(super) fn is_open(&self) -> bool {
        self.sanction_open || self.reward_open
    }
}

pub(super) fn stand(judged: &Judged<'_>, row: usize) -> Stand {
    let mut stand = Stand {
        sanction: None,
        severity: None,
        sanction_open: false,
        rewards: Vec::new(),
        reward_open: false,
        paid: Number::ZERO,
    };
    let mut open: Option<usize> = None;
    for (rule, of) in judged.rules().iter().enumerate() {
        match (of.what(), judged.says[rule][row]) {
            (Proposed::Sanction, Says::Proposed) if stand.severity.is_none_or(|it| of.severity() >= Some(it)) => {
                (stand.sanction, stand.severity) = (Some(rule), of.severity());
            }
            (Proposed::Sanction, Says::Undetermined) => open = open.max(of.severity()),
            (Proposed::Reward, Says::Proposed) => stand.rewards.push(rule),
            (Proposed::Reward, Says::Undetermined) => stand.reward_open = true,
            _ => {}
        }
        if judged.says[rule][row] == Says::Proposed
            && let Some(amount) = judged.amount(rule, row)
        {
            stand.paid = stand.paid.add(amount).unwrap_or(stand.paid);
        }
    }
    stand.sanction_open = open > stand.severity;
    stand
}

/// The row of each person in another judgement; nothing for whoever is not there.
fn rows_of(first: &Judged<'_>, other: &Judged<'_>) -> Vec<Option<usize>> {
    if std::ptr::eq(first.setting.records, other.setting.records) {
        return (0..first.people()).map(Some).collect();
    }
    (0..first.people()).map(|row| other.row_of(first, row)).collect()
}

fn change(first: &Judged<'_>, other: &Judged<'_>) -> Change {
    let mut change = Change {
        from: first.setting.name.to_owned(),
        to: other.setting.name.to_owned(),
        changed: 0,
        more_severe: 0,
        less_severe: 0,
        more_money: 0,
        less_money: 0,
        newly_undetermined: 0,
        newly_decided: 0,
        sanctions: Vec::new(),
        rewards: Vec::new(),
        people: Vec::new(),
    };
    let (mut sanctions, mut rewards) = (BTreeMap::new(), BTreeMap::new());
    let same_rules = Names::of(first, other);
    for (row, theirs) in rows_of(first, other).into_iter().enumerate() {
        let Some(theirs) = theirs else { continue };
        let (before, after) = (stand(first, row), stand(other, theirs));
        *sanctions.entry((sanction_label(first, first, &before), sanction_label(first, other, &after))).or_insert(0) +=
            1;
        *rewards.entry((reward_label(first, first, &before), reward_label(first, other, &after))).or_insert(0) += 1;
        change.more_severe += usize::from(after.severity > before.severity);
        change.less_severe += usize::from(after.severity < before.severity);
        change.more_money += usize::from(after.paid > before.paid);
        change.less_money += usize::from(after.paid < before.paid);
        change.newly_undetermined += usize::from(after.is_open() && !before.is_open());
        change.newly_decided += usize::from(!after.is_open() && before.is_open());
        if same_rules.differ(first, row, other, theirs) {
            change.changed += 1;
            let key = first.setting.records.key(first.framework.subject, row);
            let (before, after) = (outcomes(first, first, row), outcomes(first, other, theirs));
            change.people.push(Person { key: key.to_string(), before, after });
        }
    }
    let moves = |of: BTreeMap<(Label, Label), usize>| {
        let told = |((from, to), people): ((Label, Label), usize)| Move {
            places: [from.0, to.0],
            from: from.1,
            to: to.1,
            people,
        };
        of.into_iter().map(told).collect()
    };
    (change.sanctions, change.rewards) = (moves(sanctions), moves(rewards));
    change.people.sort_by(|a, b| a.key.cmp(&b.key));
    change
}

/// What stands in a cell of the table of moves, and its place among others.
type Label = (usize, String);

/// A rule's title as the first policy has it, so that the same rule is called the same before and after.
fn title<'a>(first: &Judged<'a>, of: &'a OutcomeRule) -> &'a str {
    let own = first.rules().iter().find(|it| it.label.name == of.label.name);
    own.map_or(&of.label.title, |it| &it.label.title)
}

fn sanction_label(first: &Judged<'_>, judged: &Judged<'_>, stand: &Stand) -> Label {
    match stand.sanction {
        _ if stand.sanction_open => (usize::MAX, "undetermined".to_owned()),
        Some(rule) => (stand.severity.unwrap_or(0) + 1, title(first, &judged.rules()[rule]).to_owned()),
        None => (0, "none".to_owned()),
    }
}

fn reward_label(first: &Judged<'_>, judged: &Judged<'_>, stand: &Stand) -> Label {
    if stand.reward_open {
        return (usize::MAX, "undetermined".to_owned());
    }
    let titles: Vec<&str> = stand.rewards.iter().map(|it| title(first, &judged.rules()[*it])).collect();
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

/// The rules of two policies by their names: what one does not have says nothing.
struct Names {
    pairs: Vec<(Option<usize>, Option<usize>)>,
}

impl Names {
    fn of(first: &Judged<'_>, other: &Judged<'_>) -> Self {
        // Versions of one rule bear one name: the n-th is compared with the n-th.
        let named = |rules: &[OutcomeRule]| -> HashMap<(Arc<str>, usize), usize> {
            let mut seen: HashMap<&str, usize> = HashMap::new();
            let mut found = HashMap::new();
            for (place, rule) in rules.iter().enumerate() {
                let nth = seen.entry(&rule.label.name).or_default();
                found.insert((Arc::from(rule.label.name.as_str()), *nth), place);
                *nth += 1;
            }
            found
        };
        let (own, theirs) = (named(first.rules()), named(other.rules()));
        let both = own.iter().map(|(name, at)| (Some(*at), theirs.get(name).copied()));
        let only = theirs.iter().filter(|it| !own.contains_key(it.0)).map(|it| (None, Some(*it.1)));
        Self { pairs: both.chain(only).collect() }
    }

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
