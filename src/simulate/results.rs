//! What everybody came to by every policy, person by person: the columns of one table, for whoever goes on with it in another program.
//!
//! It holds nothing of its own but where each row stands: cells are made from what is kept of everybody, some rows at a time. Start reading
//! at [`Results::cells`].

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::policy::framework::OutcomeRule;
use crate::policy::model::{ExprKind, FieldKind, Policy};
use crate::simulate::counted::Counted;
use crate::simulate::judged::Judged;
use crate::simulate::patterns::says;
use crate::simulate::sorter::{Told, told};
use crate::simulate::{Fault, Question};
use crate::value::{Known, Number, Value};

/// The most digits of an amount, with its decimals.
pub const DIGITS: u8 = 38;

/// What a rule may say of somebody, as cells say it.
const SAYS: [&str; 4] = ["proposed", "undetermined", "no", "not covered"];

/// A column's name and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its name: `key`, `grade`, `in_force.warning`, `in_force.bonus.amount_usd`. No two are the same.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Texts of any kind.
    Text,
    /// One of these words.
    Word(Vec<String>),
    /// Whole numbers.
    Whole,
    /// Amounts of so many decimals, as whole numbers of the last of these: in each currency as many as any rule pays.
    Amount(u8),
}

/// Some cells of a column, one below the other; nothing stands for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cells {
    /// Texts.
    Text(Vec<Option<Arc<str>>>),
    /// Words by their places in [`Kind::Word`].
    Word(Vec<Option<u16>>),
    /// Whole numbers.
    Whole(Vec<Option<i64>>),
    /// Amounts, as whole numbers of the last of their decimals.
    Amount(Vec<Option<i128>>),
}

/// What everybody came to in one period: a row for each person judged.
#[derive(Debug)]
pub struct Results<'c> {
    judged: &'c [Judged<'c>],
    heads: Vec<Head>,
    sources: Vec<Source<'c>>,
    /// For each policy the row of each person by that policy; nothing where it is the same.
    rows_of: Vec<Option<Vec<Option<u32>>>>,
    /// Those whom the first policy does not judge: the policy that does, and their row by it.
    behind: Vec<(usize, u32)>,
}

/// Where a column's cells come from.
#[derive(Debug)]
enum Source<'c> {
    Key,
    /// The period's place among all.
    Period(u16),
    /// A field as it stood on the last day of the period.
    Field(Told<'c>),
    /// What a rule of a policy says; nothing where none of its versions holds.
    Says(usize, Option<usize>),
    /// What it pays those to whom it is proposed.
    Pays(usize, Option<usize>),
}

impl Cells {
    /// How many they are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Cells::Text(all) => all.len(),
            Cells::Word(all) => all.len(),
            Cells::Whole(all) => all.len(),
            Cells::Amount(all) => all.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<'c> Results<'c> {
    /// Of everybody whose outcomes are kept. `periods` are all that are judged in turn, this one among them.
    pub(super) fn of(counted: &'c Counted<'_>, question: &Question, periods: &[String]) -> Result<Self, Fault> {
        let judged: &'c [Judged<'c>] = &counted.judged;
        let mut results =
            Self { judged, heads: Vec::new(), sources: Vec::new(), rows_of: Vec::new(), behind: Vec::new() };
        results.find_rows();
        results.push("key", Kind::Text, Source::Key);
        let first = &judged[0];
        let label = first.setting.policy.calendars[first.framework.calendar].label(&question.period);
        let place = periods.iter().position(|it| *it == label).and_then(|it| u16::try_from(it).ok());
        results.push("period", Kind::Word(periods.to_vec()), Source::Period(place.unwrap_or(0)));
        let mut fields: Vec<&String> = Vec::new();
        for field in question.by.iter().flatten().filter(|it| !it.is_empty()) {
            if !fields.contains(&field) {
                fields.push(field);
                let told = told(&first.setting, first.framework.subject, question, field)?;
                results.push(field, kind_of(first.setting.policy, told.kind), Source::Field(told));
            }
        }
        let mut policies: Vec<String> = Vec::new();
        for (at, judged) in judged.iter().enumerate() {
            let name = unlike(&policies, plain(judged.setting.name));
            results.policy(at, &name, question);
            policies.push(name);
        }
        Ok(results)
    }

    /// The columns of one policy: for each rule what it says, and what it pays in each currency. Versions of a rule are one column; a
    /// period goes by the one that holds on its first day.
    fn policy(&mut self, at: usize, name: &str, question: &Question) {
        let judged = &self.judged[at];
        let rules = judged.rules();
        for (place, rule) in rules.iter().enumerate() {
            let versions: Vec<usize> = same_name(rules, rule).collect();
            if versions[0] != place {
                continue;
            }
            let holding = versions.iter().copied().find(|it| rules[*it].holds_on(question.period.first));
            let rule = plain(&rule.label.name);
            let words = SAYS.map(str::to_owned).to_vec();
            self.push(&format!("{name}.{rule}"), Kind::Word(words), Source::Says(at, holding));
            let mut currencies: Vec<Option<&str>> = Vec::new();
            for version in versions.iter().filter(|it| rules[**it].amount.is_some()) {
                let currency = judged.currency(*version);
                if currencies.contains(&currency) {
                    continue;
                }
                currencies.push(currency);
                let pays = holding.filter(|it| rules[*it].amount.is_some() && judged.currency(*it) == currency);
                let unit = currency.map_or_else(String::new, |it| format!("_{}", it.to_lowercase()));
                let kind = Kind::Amount(decimals(self.judged, currency));
                self.push(&format!("{name}.{rule}.amount{unit}"), kind, Source::Pays(at, pays));
            }
        }
    }

    fn push(&mut self, name: &str, kind: Kind, source: Source<'c>) {
        let others: Vec<&String> = self.heads.iter().map(|it| &it.name).collect();
        let name = unlike(&others, name.to_owned());
        self.heads.push(Head { name, kind });
        self.sources.push(source);
    }

    /// Whose row is whose where policies have records of their own.
    fn find_rows(&mut self) {
        let first = &self.judged[0];
        let mut new: BTreeMap<Arc<str>, usize> = BTreeMap::new();
        for (at, other) in self.judged.iter().enumerate() {
            if other.shares_records(first) {
                self.rows_of.push(None);
                continue;
            }
            let mut rows: Vec<Option<u32>> =
                (0..first.people()).map(|row| other.row_of(first, row).and_then(|it| u32::try_from(it).ok())).collect();
            for row in 0..other.people() {
                if first.row_of(other, row).is_some() {
                    continue;
                }
                let Ok(theirs) = u32::try_from(row) else { continue };
                let key = other.setting.records.key(other.framework.subject, row);
                let behind = *new.entry(key).or_insert_with(|| {
                    self.behind.push((at, theirs));
                    self.behind.len() - 1
                });
                let place = first.people() + behind;
                rows.resize(rows.len().max(place + 1), None);
                rows[place] = Some(theirs);
            }
            self.rows_of.push(Some(rows));
        }
    }

    /// The columns, in their order.
    #[must_use]
    pub fn heads(&self) -> &[Head] {
        &self.heads
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.judged[0].people() + self.behind.len()
    }

    /// Somebody's row by a policy; nothing where it does not judge them.
    fn row(&self, policy: usize, row: usize) -> Option<usize> {
        match &self.rows_of[policy] {
            Some(rows) => rows.get(row).copied().flatten().map(|it| it as usize),
            None => Some(row).filter(|it| *it < self.judged[policy].people()),
        }
    }

    /// Cells of a column, by its place.
    #[must_use]
    pub fn cells(&self, column: usize, rows: Range<usize>) -> Cells {
        match &self.sources[column] {
            Source::Key => Cells::Text(rows.map(|row| Some(self.key(row))).collect()),
            Source::Period(place) => Cells::Word(vec![Some(*place); rows.len()]),
            Source::Field(told) => self.field(told, &self.heads[column].kind, rows),
            Source::Says(policy, rule) => Cells::Word(self.says(*policy, *rule, rows)),
            Source::Pays(policy, rule) => {
                let units = |row| self.amount(*policy, *rule, row).and_then(|it| self.heads[column].units(it));
                Cells::Amount(rows.map(units).collect())
            }
        }
    }

    fn key(&self, row: usize) -> Arc<str> {
        let people = self.judged[0].people();
        let (judged, row) = match row.checked_sub(people).and_then(|it| self.behind.get(it)) {
            Some((policy, row)) => (&self.judged[*policy], *row as usize),
            None => (&self.judged[0], row),
        };
        judged.setting.records.key(judged.framework.subject, row)
    }

    fn says(&self, policy: usize, rule: Option<usize>, rows: Range<usize>) -> Vec<Option<u16>> {
        let columns = &self.judged[policy].columns.says;
        let said = rule.map(|it| columns.get(it).map_or(&[][..], Vec::as_slice));
        let of = |row: usize| match said {
            Some(said) => said.get(row).map_or(says::NOT_COVERED, |it| *it),
            None => says::NOT_COVERED,
        };
        let word = |row: usize| {
            self.row(policy, row).map(|row| match of(row) {
                says::PROPOSED => 0,
                says::UNDETERMINED => 1,
                says::NO => 2,
                _ => 3,
            })
        };
        rows.map(word).collect()
    }

    fn amount(&self, policy: usize, rule: Option<usize>, row: usize) -> Option<Number> {
        let (judged, rule, row) = (&self.judged[policy], rule?, self.row(policy, row)?);
        let is_proposed = judged.columns.says.get(rule)?.get(row) == Some(&says::PROPOSED);
        if is_proposed { judged.amount(rule, row) } else { None }
    }

    fn field(&self, told: &Told<'_>, kind: &Kind, rows: Range<usize>) -> Cells {
        let named = |record, row| self.judged[0].setting.records.named(record, row);
        let value = |row: usize| match row < told.column.len() {
            true => match told.column.value(told.kind, row, named) {
                Value::Known(known) => Some(known),
                _ => None,
            },
            false => None,
        };
        match kind {
            Kind::Whole => {
                let whole = |it: Known| if let Known::Number(it) = it { it.to_scaled(0) } else { None };
                Cells::Whole(rows.map(|row| value(row).and_then(whole).and_then(|it| i64::try_from(it).ok())).collect())
            }
            Kind::Word(_) => {
                let word = |it: Known| match it {
                    Known::YesNo(yes) => Some(u16::from(!yes)),
                    Known::Choice(_, place) => u16::try_from(place).ok(),
                    _ => None,
                };
                Cells::Word(rows.map(|row| value(row).and_then(word)).collect())
            }
            Kind::Text | Kind::Amount(_) => {
                let choices = &self.judged[0].setting.policy.choices;
                let text = |it: Known| match it {
                    Known::Record(record) => Some(record.key),
                    Known::Choice(list, place) => {
                        choices[list.index()].choices.get(place as usize).map(|it| it.name.as_str().into())
                    }
                    _ => None,
                };
                Cells::Text(rows.map(|row| value(row).and_then(text)).collect())
            }
        }
    }

    /// How many amounts are too large to be written.
    #[must_use]
    pub fn too_large(&self) -> usize {
        let of = |(head, source): (&Head, &Source<'_>)| {
            let Source::Pays(policy, Some(rule)) = source else { return 0 };
            let judged = &self.judged[*policy];
            let Some(Some(paid)) = judged.columns.paid.get(*rule) else { return 0 };
            let is_proposed = |it: &&u32| judged.columns.says[*rule][**it as usize] == says::PROPOSED;
            let amounts = paid.rows.iter().filter(is_proposed).filter_map(|it| judged.amount(*rule, *it as usize));
            amounts.filter(|it| head.units(*it).is_none()).count()
        };
        self.heads.iter().zip(&self.sources).map(of).sum()
    }
}

impl Head {
    /// An amount in units of the last decimal of this column; nothing where that are too many.
    fn units(&self, amount: Number) -> Option<i128> {
        let Kind::Amount(decimals) = self.kind else { return None };
        amount.to_scaled(decimals).filter(|it| it.unsigned_abs() < 10_u128.pow(DIGITS.into()))
    }
}

/// The decimals of a currency: the most in which any rule pays it, or a field of the policies holds it. No amount has more: each ends in a
/// rounding, or is written as a number.
fn decimals(judged: &[Judged<'_>], currency: Option<&str>) -> u8 {
    let of_rule = |rule: &OutcomeRule| match &rule.amount.as_ref()?.kind {
        ExprKind::Round { to, .. } => to.decimals(),
        ExprKind::Literal(Value::Known(Known::Number(it) | Known::Money { amount: it, .. })) => it.decimals(),
        _ => None,
    };
    let of_field = |kind: &FieldKind| match kind {
        FieldKind::Money { currency: of, decimals, .. } if Some(&**of) == currency => Some(*decimals),
        _ => None,
    };
    let of_policy = |it: &Judged<'_>| {
        let paying =
            (0..it.rules().len()).filter(|at| it.rules()[*at].amount.is_some() && it.currency(*at) == currency);
        let paid = paying.filter_map(|at| of_rule(&it.rules()[at])).max();
        let fields = it.setting.policy.records.iter().flat_map(|it| &it.fields);
        paid.max(fields.filter_map(|it| of_field(&it.kind)).max())
    };
    judged.iter().filter_map(of_policy).max().unwrap_or(0).min(DIGITS)
}

/// All rules of the name of one, by their places.
fn same_name<'r>(rules: &'r [OutcomeRule], of: &'r OutcomeRule) -> impl Iterator<Item = usize> + 'r {
    rules.iter().enumerate().filter(|it| it.1.label.name == of.label.name).map(|it| it.0)
}

/// What stands in the column of a field: names as files of records have them.
fn kind_of(policy: &Policy, kind: &FieldKind) -> Kind {
    match kind {
        FieldKind::YesNo => Kind::Word(["yes", "no"].map(str::to_owned).to_vec()),
        FieldKind::Choice(list) => {
            let choices = &policy.choices[list.index()].choices;
            let can_be_numbered = u16::try_from(choices.len()).is_ok();
            let words = || Kind::Word(choices.iter().map(|it| it.name.clone()).collect());
            if can_be_numbered { words() } else { Kind::Text }
        }
        FieldKind::Number { .. } => Kind::Whole,
        _ => Kind::Text,
    }
}

/// A name of letters, digits and `_` alone: `pass_mark = -5` is `pass_mark_minus_5`.
fn plain(name: &str) -> String {
    let (mut plain, mut before) = (String::new(), ' ');
    let mut signs = name.chars().peekable();
    while let Some(sign) = signs.next() {
        if sign.is_alphanumeric() {
            plain.push(sign);
        } else if !plain.is_empty() && !plain.ends_with('_') {
            plain.push('_');
        }
        if sign == '-' && before == ' ' && signs.peek().is_some_and(char::is_ascii_digit) {
            plain += "minus_";
        }
        before = sign;
    }
    let plain = plain.trim_end_matches('_');
    if plain.is_empty() { "policy".to_owned() } else { plain.to_owned() }
}

/// A name that none of the others has, in large letters or small: `grade`, else `grade_2` and so on.
fn unlike<T: AsRef<str>>(others: &[T], name: String) -> String {
    let is_taken = |it: &str| others.iter().any(|other| other.as_ref().to_lowercase() == it.to_lowercase());
    if !is_taken(&name) {
        return name;
    }
    let mut numbered = (2_u32..).map(|nth| format!("{name}_{nth}"));
    numbered.find(|it| !is_taken(it)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::{plain, unlike};

    #[test]
    fn names_are_words_that_any_program_takes() {
        let names = ["in force", "pass_mark = 55", "pass_mark = -5.5", "../next year", "..", "größer"];
        let plain: Vec<String> = names.iter().map(|it| plain(it)).collect();
        assert_eq!(plain, ["in_force", "pass_mark_55", "pass_mark_minus_5_5", "next_year", "policy", "größer"]);
        assert_eq!(unlike(&["team", "Team_2"], "TEAM".to_owned()), "TEAM_3");
        assert_eq!(unlike(&["team"], "rank".to_owned()), "rank");
    }
}
