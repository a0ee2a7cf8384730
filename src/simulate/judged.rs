//! Everybody judged by every policy: for each rule a state for each row, and what is paid. Policies that share their records share what is
//! worked out for both.

use std::ops::Range;

use crate::eval::framework::Verdict;
use crate::plan::{Amount, At, Lowered, NoKernel, NodeId, Planner, Told, View};
use crate::policy::framework::{Framework, OutcomeRule};
use crate::policy::model::{Policy, Type};
use crate::side_by_side::side_by_side;
use crate::simulate::part::{Amounts, Columns, Paid, Part};
use crate::simulate::patterns::says;
use crate::simulate::{Fault, Question, Setting};
use crate::value::{Known, Number, RecordRef, Value};

/// A policy by which everybody is judged.
#[derive(Debug)]
pub(super) struct Judged<'a> {
    /// The policy.
    pub(super) setting: Setting<'a>,
    /// The framework by which they are judged.
    pub(super) framework: &'a Framework,
    /// For each rule the one denominator of its amounts, where they have one.
    pub(super) denominators: Vec<Option<i64>>,
    /// What each row came to, where it is kept.
    pub(super) columns: Columns,
}

impl<'a> Judged<'a> {
    /// Nobody judged yet.
    pub(super) fn nobody(setting: Setting<'a>, framework: &str) -> Result<Self, Fault> {
        let framework = framework_named(setting.policy, setting.name, framework)?.1;
        Ok(Self { setting, framework, denominators: vec![None; framework.rules.len()], columns: Columns::default() })
    }

    /// The rules, in the order of the framework.
    pub(super) fn rules(&self) -> &'a [OutcomeRule] {
        &self.framework.rules
    }

    /// How many people there are.
    pub(super) fn people(&self) -> usize {
        self.setting.records.rows(self.framework.subject).len()
    }

    /// Whether a row of one is the same row of the other.
    pub(super) fn shares_records(&self, other: &Judged<'_>) -> bool {
        std::ptr::eq(self.setting.records, other.setting.records)
    }

    /// The row of somebody who was judged by another policy.
    pub(super) fn row_of(&self, other: &Judged<'_>, row: usize) -> Option<usize> {
        if self.shares_records(other) {
            return Some(row);
        }
        let key = other.setting.records.key(other.framework.subject, row);
        let row = self.setting.records.row(&RecordRef { record: self.framework.subject, key })?;
        // Who is only named by others is not judged.
        Some(row).filter(|it| *it < self.people())
    }

    /// What a rule pays somebody to whom it is proposed, or of whom it is undetermined; only where it is kept.
    pub(super) fn amount(&self, rule: usize, row: usize) -> Option<Number> {
        self.columns.paid[rule].as_ref().and_then(|it| it.number(row))
    }

    /// The currency in which a rule pays; nothing for plain numbers.
    pub(super) fn currency(&self, rule: usize) -> Option<&'a str> {
        match &self.framework.rules[rule].amount.as_ref()?.ty {
            Type::Money { currency, .. } => Some(currency),
            _ => None,
        }
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

/// What is asked of policies that share their records.
pub(super) struct Asking<'a> {
    planner: Planner<'a>,
    wanted: Vec<NodeId>,
    asked: Vec<Asked<'a>>,
}

impl<'a> Asking<'a> {
    /// Of policies that judge the same records.
    pub(super) fn of(settings: &[Setting<'a>], question: &Question) -> Result<Self, Fault> {
        let mut planner = Planner::new(settings[0].records);
        let mut wanted = Vec::new();
        let mut asked: Vec<Asked<'a>> = Vec::new();
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
            asked.push(Asked { framework, ground, at, rules });
        }
        Ok(Self { planner, wanted, asked })
    }

    /// Whether a batch tells all that is to be known of its rows, and every amount is so many units.
    pub(super) fn is_told_by_batches(&self) -> bool {
        let paid_in_units = |(rule, wanted): (&OutcomeRule, &Wanted)| {
            rule.amount.is_none() || wanted.amount.is_some_and(|it| it.0.denominator().is_some())
        };
        self.asked.iter().all(|asked| {
            let mut rules = asked.rules.iter();
            rules.any(|rules| asked.framework.rules.iter().zip(rules).all(paid_in_units))
        })
    }

    /// For each policy and rule the one denominator of its amounts, where they have one.
    pub(super) fn denominators(&self) -> Vec<Vec<Option<i64>>> {
        let of = |it: &Wanted| it.amount.and_then(|it| it.0.denominator());
        let none = |it: &Asked<'_>| vec![None; it.framework.rules.len()];
        let each = |it: &Asked<'_>| it.rules.as_ref().map_or_else(|| none(it), |rules| rules.iter().map(of).collect());
        self.asked.iter().map(each).collect()
    }

    /// Works it out, and hands it on batch by batch: the rows, and what each policy comes to for them. What has no kernel is not among it.
    pub(super) fn batches<R: Send>(
        &self,
        question: &Question,
        each: impl Fn(Range<usize>, &[Part<'_>]) -> R + Sync,
    ) -> Vec<R> {
        let subject = self.asked[0].framework.subject;
        self.planner.work(question.working, (subject, &self.wanted), |rows, views| {
            let parts: Vec<Part<'_>> = self.asked.iter().map(|it| it.part(rows.len(), views)).collect();
            let by_batches = self.asked.iter().filter(|it| it.rules.is_some()).count();
            let more = rows.len() * by_batches;
            let told = each(rows, &parts);
            question.progress.more(more);
            told
        })
    }

    /// What every row came to by each policy, kept.
    pub(super) fn columns(&self, question: &Question, people: usize) -> Vec<Columns> {
        let kept = |_: Range<usize>, parts: &[Part<'_>]| parts.iter().map(Part::kept).collect::<Vec<_>>();
        let mut columns = vec![Columns::default(); self.asked.len()];
        for batch in self.batches(question, kept) {
            columns.iter_mut().zip(batch).for_each(|(all, more)| all.extend(more));
        }
        for (asked, columns) in self.asked.iter().zip(&mut columns) {
            match &asked.rules {
                Some(rules) => amounts_row_by_row(&self.planner, asked, rules, columns),
                None => *columns = row_by_row(&self.planner, asked, question, people),
            }
        }
        columns
    }
}

impl Asked<'_> {
    /// What a batch came to.
    fn part<'v>(&self, rows: usize, views: &[View<'v>]) -> Part<'v> {
        let rules = self.rules.as_deref().unwrap_or_default();
        let paid = |rule: &Wanted| {
            let says = views[rule.verdict].state;
            let (of, place) = rule.amount?;
            if let Some(denominator) = of.denominator() {
                let view = views[place];
                let units = |row: usize| View::is_known(view.state[row]).then(|| view.unit(row));
                return Some(Paid::units(says, denominator, units));
            }
            Some(Paid::each(says, |row| match of.told(&views[place..], row) {
                Told::Number(number) => Some(number),
                _ => None,
            }))
        };
        let says = rules.iter().map(|it| views[it.verdict].state).collect();
        Part { rows, says, paid: rules.iter().map(paid).collect() }
    }
}

fn amount_of(value: &Value) -> Option<Number> {
    match value {
        Value::Known(Known::Number(number) | Known::Money { amount: number, .. }) => Some(*number),
        _ => None,
    }
}

/// The amounts that have no kernel, of those to whom they matter.
fn amounts_row_by_row(planner: &Planner<'_>, asked: &Asked<'_>, rules: &[Wanted], columns: &mut Columns) {
    for (rule, wanted) in rules.iter().enumerate() {
        if wanted.amount.is_some() {
            continue;
        }
        let Some(expr) = &asked.framework.rules[rule].amount else { continue };
        // Nobody is asked where there is nobody.
        let says = columns.says.get(rule).map_or(&[][..], Vec::as_slice);
        let mut paid = Paid::each(says, |_| None);
        let values = planner.values_row_by_row(asked.ground, expr, asked.at, &paid.rows);
        paid.amounts = Amounts::Each(values.iter().map(amount_of).collect());
        if let Some(column) = columns.paid.get_mut(rule) {
            *column = Some(paid);
        }
    }
}

/// Everybody asked one by one.
fn row_by_row(planner: &Planner<'_>, asked: &Asked<'_>, question: &Question, people: usize) -> Columns {
    let parts = question.working.parts;
    let rows: Vec<u32> = (0..people).filter_map(|it| u32::try_from(it).ok()).collect();
    let parts: Vec<&[u32]> = rows.chunks(rows.len().div_ceil(parts.max(1)).max(1)).collect();
    let told = side_by_side(&parts, |rows| {
        planner.judged_row_by_row(asked.ground, asked.framework, asked.at, rows, || question.progress.more(1))
    });
    let rules = asked.framework.rules.len();
    let mut of = vec![Vec::with_capacity(people); rules];
    let mut amounts: Vec<Vec<Option<Number>>> = vec![Vec::new(); rules];
    for (rule, verdict) in told.into_iter().flatten().flat_map(|it| it.into_iter().enumerate()) {
        let state = match verdict {
            Verdict::Proposed(amount) => {
                amounts[rule].push(amount.as_ref().and_then(amount_of));
                says::PROPOSED
            }
            Verdict::Undetermined(_) => says::UNDETERMINED,
            Verdict::No(_) => says::NO,
            Verdict::NotCovered => says::NOT_COVERED,
        };
        of[rule].push(state);
    }
    let paid = |(rule, of): (usize, &Vec<u8>)| {
        let expr = asked.framework.rules[rule].amount.as_ref()?;
        // What could follow for those of whom a fact is missing.
        let is_open = |row: &u32| of[*row as usize] == says::UNDETERMINED;
        let open: Vec<u32> = rows.iter().copied().filter(is_open).collect();
        let mut could = planner.values_row_by_row(asked.ground, expr, asked.at, &open).into_iter();
        let mut proposed = amounts[rule].iter();
        Some(Paid::each(of, |row| match of[row] {
            says::PROPOSED => proposed.next().copied().flatten(),
            _ => could.next().as_ref().and_then(amount_of),
        }))
    };
    let paid = of.iter().enumerate().map(paid).collect();
    Columns { says: of, paid }
}
