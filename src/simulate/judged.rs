//! Everybody judged by one policy: for each rule a verdict for each row, and what is paid.

use crate::eval::framework::Verdict;
use crate::plan::{Amount, At, Lowered, NoKernel, Planner, Told, View};
use crate::policy::framework::{Framework, OutcomeRule, Proposed};
use crate::policy::model::{Policy, Type};
use crate::side_by_side::side_by_side;
use crate::simulate::stand::{MOST_REWARDS, Stand, stands};
use crate::simulate::{Cost, Fault, Question, Setting};
use crate::value::{Known, Number, RecordRef, Value};

/// What a rule says of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// It says nothing.
    NotCovered,
    /// It does not follow.
    No,
    /// A fact is missing.
    Undetermined,
    /// It is proposed.
    Proposed,
}

/// Everybody judged by one policy.
#[derive(Debug)]
pub struct Judged<'a> {
    /// The policy.
    pub setting: Setting<'a>,
    /// The framework by which they are judged.
    pub framework: &'a Framework,
    /// What each rule says of each row.
    pub says: Vec<Vec<Says>>,
    /// What is proposed or undetermined with an amount, for each rule that pays.
    pub amounts: Vec<Option<Amounts>>,
    /// Where each row stands.
    pub(super) stands: Vec<Stand>,
}

/// The amounts of a rule, row by row.
#[derive(Debug, Clone)]
pub enum Amounts {
    /// Whole numbers by one denominator, where they are known.
    Units {
        /// How many.
        units: Vec<i64>,
        /// Whether each is known.
        known: Vec<bool>,
        /// By what they are divided.
        denominator: i64,
    },
    /// Each for itself.
    Each(Vec<Option<Number>>),
}

impl Amounts {
    fn get(&self, row: usize) -> Option<Number> {
        match self {
            Amounts::Units { units, known, denominator } => {
                let number = || Number::fraction(units[row].into(), (*denominator).into()).ok();
                known[row].then(number).flatten()
            }
            Amounts::Each(all) => all[row],
        }
    }

    fn extend(&mut self, more: Amounts) {
        match (self, more) {
            (Amounts::Units { units, known, .. }, Amounts::Units { units: more, known: some, .. }) => {
                units.extend(more);
                known.extend(some);
            }
            (Amounts::Each(all), Amounts::Each(more)) => all.extend(more),
            // A rule's amounts are all of one kind.
            (Amounts::Units { .. }, Amounts::Each(_)) | (Amounts::Each(_), Amounts::Units { .. }) => {}
        }
    }

    /// Adds what is paid to those to whom it is proposed, and what could be of whom it is undetermined.
    pub(super) fn add_up(&self, says: &[Says], cost: &mut Cost) {
        match self {
            Amounts::Units { units, known, denominator } => {
                let (mut sum, mut open) = (0_i128, 0_i128);
                for ((units, known), says) in units.iter().zip(known).zip(says) {
                    let into = match says {
                        Says::Proposed => &mut sum,
                        Says::Undetermined => &mut open,
                        Says::No | Says::NotCovered => continue,
                    };
                    if *known {
                        *into += i128::from(*units);
                    } else {
                        cost.not_known += 1;
                    }
                }
                for (says, sum) in [(Says::Proposed, sum), (Says::Undetermined, open)] {
                    cost.take(says, Number::fraction(sum, (*denominator).into()).ok());
                }
            }
            Amounts::Each(all) => says.iter().zip(all).for_each(|(says, amount)| cost.take(*says, *amount)),
        }
    }
}

impl<'a> Judged<'a> {
    /// The rules, in the order of the framework.
    #[must_use]
    pub fn rules(&self) -> &'a [OutcomeRule] {
        &self.framework.rules
    }

    /// How many people there are.
    #[must_use]
    pub fn people(&self) -> usize {
        self.setting.records.rows(self.framework.subject).len()
    }

    /// The row of somebody who was judged by another policy.
    #[must_use]
    pub fn row_of(&self, other: &Judged<'_>, row: usize) -> Option<usize> {
        if std::ptr::eq(self.setting.records, other.setting.records) {
            return Some(row);
        }
        let key = other.setting.records.key(other.framework.subject, row);
        self.setting.records.row(&RecordRef { record: self.framework.subject, key })
    }

    /// What a rule pays somebody to whom it is proposed, or of whom it is undetermined.
    #[must_use]
    pub fn amount(&self, rule: usize, row: usize) -> Option<Number> {
        self.amounts[rule].as_ref().and_then(|it| it.get(row))
    }

    /// The currency in which a rule pays; nothing for plain numbers.
    #[must_use]
    pub fn currency(&self, rule: usize) -> Option<&'a str> {
        match &self.framework.rules[rule].amount.as_ref()?.ty {
            Type::Money { currency, .. } => Some(currency),
            _ => None,
        }
    }
}

/// Everybody judged by every policy. Those that share their records share what is worked out for both.
pub(super) fn judge_all<'a>(settings: &[Setting<'a>], question: &Question) -> Result<Vec<Judged<'a>>, Fault> {
    let mut judged: Vec<Option<Judged<'a>>> = settings.iter().map(|_| None).collect();
    for first in 0..settings.len() {
        if judged[first].is_some() {
            continue;
        }
        let records = settings[first].records;
        let same = |it: &usize| judged[*it].is_none() && std::ptr::eq(settings[*it].records, records);
        let together: Vec<usize> = (first..settings.len()).filter(same).collect();
        let of: Vec<Setting<'a>> = together.iter().map(|it| settings[*it]).collect();
        for (place, one) in together.iter().zip(judge_together(&of, question)?) {
            judged[*place] = Some(one);
        }
    }
    let judged: Vec<Judged<'a>> = judged.into_iter().flatten().collect();
    let subject = |it: &Judged<'_>| it.setting.policy.record(it.framework.subject).label.name.clone();
    match judged.iter().find(|it| subject(it) != subject(&judged[0])) {
        Some(other) => Err(Fault::OtherSubject(other.setting.name.to_owned())),
        None => Ok(judged),
    }
}

/// A framework of a policy by its name.
fn framework_named<'a>(policy: &'a Policy, setting: &str, name: &str) -> Result<(usize, &'a Framework), Fault> {
    let place = policy.frameworks.iter().position(|it| it.label.name == name);
    let lacks = || Fault::NoFramework { setting: setting.to_owned(), framework: name.to_owned() };
    place.map(|at| (at, &policy.frameworks[at])).ok_or_else(lacks)
}

/// What is wanted of a framework, and where it stands among all that is wanted.
struct Asked<'a> {
    setting: Setting<'a>,
    framework: &'a Framework,
    ground: usize,
    at: At,
    /// What is wanted for each rule; nothing where everybody is asked row by row.
    rules: Option<Vec<Wanted>>,
}

/// The places of a rule's verdict and, where it pays by a kernel, of its amount.
#[derive(Clone, Copy)]
struct Wanted {
    verdict: usize,
    amount: Option<(Lowered, usize)>,
}

fn judge_together<'a>(settings: &[Setting<'a>], question: &Question) -> Result<Vec<Judged<'a>>, Fault> {
    let records = settings[0].records;
    let mut planner = Planner::new(records);
    let mut wanted = Vec::new();
    let mut asked = Vec::new();
    for setting in settings {
        let (place, framework) = framework_named(setting.policy, setting.name, &question.framework)?;
        let ground = planner.ground(setting.policy, framework);
        let at = At::judging(framework, question.period, question.on);
        let rules = match planner.judging(ground, place, at) {
            Ok(judging) => Some(
                judging
                    .rules
                    .iter()
                    .map(|rule| {
                        let verdict = wanted.len();
                        wanted.push(rule.verdict);
                        let amount = match rule.amount {
                            Amount::Number(of) => {
                                let of = Lowered::Number(of);
                                wanted.extend(of.nodes());
                                Some((of, verdict + 1))
                            }
                            Amount::None | Amount::RowByRow => None,
                        };
                        Wanted { verdict, amount }
                    })
                    .collect(),
            ),
            Err(NoKernel) => None,
        };
        asked.push(Asked { setting: *setting, framework, ground, at, rules });
    }
    let subject = asked[0].framework.subject;
    // What is worked out together is worked out of the same rows.
    if let Some(other) = asked.iter().find(|it| it.framework.subject != subject) {
        return Err(Fault::OtherSubject(other.setting.name.to_owned()));
    }
    let batches = planner.work(question.working, (subject, &wanted), |rows, views| {
        asked.iter().map(|it| taken(it, rows.len(), views)).collect::<Vec<_>>()
    });
    let people = records.rows(subject).len();
    let mut judged: Vec<Judged<'a>> = asked
        .iter()
        .map(|it| {
            let room = |_: &OutcomeRule| Vec::with_capacity(people);
            let says = it.framework.rules.iter().map(room).collect();
            let amounts = (0..it.framework.rules.len()).map(|rule| it.room(rule, people)).collect();
            Judged { setting: it.setting, framework: it.framework, says, amounts, stands: Vec::new() }
        })
        .collect();
    for batch in batches {
        for (judged, taken) in judged.iter_mut().zip(batch) {
            for (all, part) in judged.says.iter_mut().zip(taken.says) {
                all.extend(part);
            }
            for (all, part) in judged.amounts.iter_mut().zip(taken.amounts) {
                if let (Some(all), Some(part)) = (all, part) {
                    all.extend(part);
                }
            }
        }
    }
    for (judged, asked) in judged.iter_mut().zip(&asked) {
        let rewards = asked.framework.rules.iter().filter(|it| it.what() == Proposed::Reward).count();
        if rewards > MOST_REWARDS {
            return Err(Fault::TooManyRewards { setting: asked.setting.name.to_owned(), most: MOST_REWARDS });
        }
        match &asked.rules {
            Some(rules) => amounts_row_by_row(&planner, asked, rules, judged),
            None => row_by_row(&planner, asked, question.working.parts, judged),
        }
        judged.stands = stands(&asked.framework.rules, &judged.says, people);
    }
    Ok(judged)
}

impl Asked<'_> {
    /// Room for the amounts of a rule.
    fn room(&self, rule: usize, people: usize) -> Option<Amounts> {
        self.framework.rules[rule].amount.as_ref()?;
        let wanted = self.rules.as_ref().and_then(|it| it[rule].amount);
        Some(match wanted.and_then(|it| it.0.denominator()) {
            Some(denominator) => {
                let (units, known) = (Vec::with_capacity(people), Vec::with_capacity(people));
                Amounts::Units { units, known, denominator }
            }
            None => Amounts::Each(Vec::new()),
        })
    }
}

/// What a batch came to.
struct Taken {
    says: Vec<Vec<Says>>,
    amounts: Vec<Option<Amounts>>,
}

fn taken(asked: &Asked<'_>, rows: usize, views: &[View<'_>]) -> Taken {
    let Some(rules) = &asked.rules else { return Taken { says: Vec::new(), amounts: Vec::new() } };
    let says = |rule: &Wanted| {
        let says = |row| match Lowered::Truth(0).told(&views[rule.verdict..], row) {
            Told::Truth(true) => Says::Proposed,
            Told::Truth(false) => Says::No,
            Told::Unknown => Says::Undetermined,
            _ => Says::NotCovered,
        };
        (0..rows).map(says).collect()
    };
    let amounts = |rule: &Wanted| {
        let (of, place) = rule.amount?;
        if let Some(denominator) = of.denominator() {
            let view = views[place];
            let known = view.state.iter().map(|it| View::is_known(*it)).collect();
            return Some(Amounts::Units { units: view.units.widened().into_owned(), known, denominator });
        }
        let paid = |row| match of.told(&views[place..], row) {
            Told::Number(number) => Some(number),
            _ => None,
        };
        Some(Amounts::Each((0..rows).map(paid).collect()))
    };
    Taken { says: rules.iter().map(says).collect(), amounts: rules.iter().map(amounts).collect() }
}

fn amount_of(value: &Value) -> Option<Number> {
    match value {
        Value::Known(Known::Number(number) | Known::Money { amount: number, .. }) => Some(*number),
        _ => None,
    }
}

/// The amounts that have no kernel, of those to whom they matter.
fn amounts_row_by_row(planner: &Planner<'_>, asked: &Asked<'_>, rules: &[Wanted], judged: &mut Judged<'_>) {
    for (rule, wanted) in rules.iter().enumerate() {
        let Some(expr) = asked.framework.rules[rule].amount.as_ref().filter(|_| wanted.amount.is_none()) else {
            continue;
        };
        let says = &judged.says[rule];
        let matters = |row: &usize| matches!(says[*row], Says::Proposed | Says::Undetermined);
        let rows: Vec<u32> = (0..says.len()).filter(matters).filter_map(|it| u32::try_from(it).ok()).collect();
        let mut amounts = vec![None; says.len()];
        for (row, value) in rows.iter().zip(planner.values_row_by_row(asked.ground, expr, asked.at, &rows)) {
            amounts[*row as usize] = amount_of(&value);
        }
        judged.amounts[rule] = Some(Amounts::Each(amounts));
    }
}

/// Everybody asked one by one.
fn row_by_row(planner: &Planner<'_>, asked: &Asked<'_>, parts: usize, judged: &mut Judged<'_>) {
    let rows: Vec<u32> = (0..judged.people()).filter_map(|it| u32::try_from(it).ok()).collect();
    let parts: Vec<&[u32]> = rows.chunks(rows.len().div_ceil(parts.max(1)).max(1)).collect();
    let told = side_by_side(&parts, |rows| planner.judged_row_by_row(asked.ground, asked.framework, asked.at, rows));
    for verdicts in told.into_iter().flatten() {
        for (rule, verdict) in verdicts.into_iter().enumerate() {
            let (says, amount) = match verdict {
                Verdict::Proposed(amount) => (Says::Proposed, amount.as_ref().and_then(amount_of)),
                Verdict::Undetermined(_) => (Says::Undetermined, None),
                Verdict::No(_) => (Says::No, None),
                Verdict::NotCovered => (Says::NotCovered, None),
            };
            judged.says[rule].push(says);
            if let Some(Amounts::Each(amounts)) = &mut judged.amounts[rule] {
                amounts.push(amount);
            }
        }
    }
    // What could follow for those of whom a fact is missing.
    for rule in 0..judged.says.len() {
        let (Some(expr), Some(Amounts::Each(amounts))) =
            (&asked.framework.rules[rule].amount, &mut judged.amounts[rule])
        else {
            continue;
        };
        let open = |row: &u32| judged.says[rule][*row as usize] == Says::Undetermined;
        let open: Vec<u32> = rows.iter().copied().filter(open).collect();
        for (row, value) in open.iter().zip(planner.values_row_by_row(asked.ground, expr, asked.at, &open)) {
            amounts[*row as usize] = amount_of(&value);
        }
    }
}
