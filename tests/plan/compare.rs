//! Asking a plan and the evaluator that goes row by row for the same.

use std::sync::Arc;

use jiff::civil::date;
use merit::calendar::{Period, PeriodKind, day_number};
use merit::eval::framework::{Verdict, judge};
use merit::eval::{self, Facts, Reading, Scope, render};
use merit::ids::{FieldId, RecordId, ScaleId};
use merit::plan::{Amount, At, Lowered, Planner, Told, Working};
use merit::policy::framework::Framework;
use merit::policy::model::{Expr, ExprKind, Policy, Shape, Type, When};
use merit::table::{AsFacts, Records, gather};
use merit::value::{Known, RecordRef, Value};

use crate::records::{TODAY, made_up};

fn periods(policy: &Policy, framework: &Framework) -> Vec<Period> {
    let calendar = &policy.calendars[framework.calendar];
    let now = calendar.period_containing(framework.each, TODAY).unwrap();
    [0, -1, -3].into_iter().map(|back| calendar.shift(now, back).unwrap()).collect()
}

/// What a framework was asked, and how much of it row by row.
#[derive(Default)]
pub(crate) struct Tally {
    /// Proposed, no, not covered, undetermined.
    pub(crate) verdicts: [usize; 4],
    pub(crate) nodes: usize,
    pub(crate) plain: usize,
    pub(crate) frameworks: usize,
    pub(crate) row_by_row: usize,
    pub(crate) values: usize,
    pub(crate) without_kernel: usize,
}

/// What is compared.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// What a failure calls it.
    pub(crate) name: &'a str,
    pub(crate) policy: &'a Policy,
    pub(crate) records: &'a Records,
    pub(crate) working: Working,
}

impl Asked<'_> {
    /// Everything that a failure must show.
    fn differs(&self, subject: &RecordRef, what: &str, plain: &dyn std::fmt::Debug, told: &dyn std::fmt::Debug) -> ! {
        let facts = self.facts_of(subject);
        panic!("{}: {what} of {}\n  one by one: {plain:?}\n  the plan:   {told:?}\n{facts}", self.name, subject.key);
    }

    /// What the records tell of somebody.
    fn facts_of(&self, subject: &RecordRef) -> String {
        let facts = AsFacts::new(self.policy, self.records);
        let mut lines = String::new();
        let mut line = |of: &str, field: &str, value: &Value| {
            lines.push_str(&format!("  {of}.{field}: {}\n", render(value, self.policy)));
        };
        for (record, kind) in self.policy.records.iter().enumerate() {
            let record = RecordId::at(record);
            let of = match kind.shape {
                Shape::Child { of } if of == subject.record => facts.children(subject, record),
                _ if record == subject.record => vec![subject.clone()],
                _ => Vec::new(),
            };
            for (it, (at, field)) in of.iter().flat_map(|it| kind.fields.iter().enumerate().map(move |at| (it, at))) {
                for (since, value) in facts.spells(it, FieldId::at(at)) {
                    line(&kind.label.name, &format!("{} since {since}", field.label.name), &value);
                }
            }
            let Shape::Panel { of, each } = kind.shape else { continue };
            let now = self.policy.main().period_containing(each, TODAY).unwrap();
            for back in (0..8).filter(|_| of == subject.record) {
                let period = self.policy.main().shift(now, -back).unwrap();
                for (at, field) in kind.fields.iter().enumerate() {
                    let value = facts.panel(subject, record, each, period.first, FieldId::at(at));
                    if value.known().is_some() {
                        line(&kind.label.name, &format!("{} {}", field.label.name, period.first), &value);
                    }
                }
            }
        }
        lines
    }
}

fn compare_framework(asked: &Asked<'_>, at: usize, tally: &mut Tally) {
    let Asked { name, policy, records, working, .. } = *asked;
    let framework = &policy.frameworks[at];
    let facts = AsFacts::new(policy, records);
    for period in periods(policy, framework) {
        let mut planner = Planner::new(records);
        let ground = planner.ground(policy, framework);
        let judging = planner.judging(ground, at, At::judging(framework, period, period.last));
        tally.nodes += planner.nodes();
        tally.plain += planner.plain_nodes();
        tally.frameworks += 1;
        let Ok(judging) = judging else {
            tally.row_by_row += 1;
            continue;
        };
        let mut wanted = Vec::new();
        for rule in &judging.rules {
            wanted.push(rule.verdict);
            if let Amount::Number(of) = rule.amount {
                wanted.extend(Lowered::Number(of).nodes());
            }
        }
        let nobody = RecordRef { record: framework.subject, key: Arc::from("") };
        let calendar = &policy.calendars[framework.calendar];
        let scope = Scope::new(policy, calendar, &facts, nobody, Some(period), period.last)
            .by_one_calendar(framework.names_calendar);
        let compared = planner.work(working, (framework.subject, &wanted), |rows, views| {
            let mut told = Vec::new();
            for (place, row) in rows.enumerate() {
                let mut next = views.iter();
                let mut line = Vec::new();
                for rule in &judging.rules {
                    let verdict = Lowered::Truth(rule.verdict).told(&[*next.next().unwrap()], place);
                    let amount = match rule.amount {
                        Amount::Number(of) => {
                            let views: Vec<_> =
                                Lowered::Number(of).nodes().iter().map(|_| *next.next().unwrap()).collect();
                            Some(Lowered::Number(of).told(&views, place))
                        }
                        Amount::None | Amount::RowByRow => None,
                    };
                    line.push((verdict, amount));
                }
                told.push((row, line));
            }
            told
        });
        let (mut seen, mut concerned) = (0, Vec::new());
        for (row, line) in compared.into_iter().flatten() {
            assert_eq!(row, seen, "{name}: the rows come in their order");
            seen += 1;
            let subject = records.record(framework.subject, row);
            let verdicts = judge(&scope.about(subject.clone()), framework);
            if verdicts.iter().any(|it| matches!(it, Verdict::Proposed(_) | Verdict::Undetermined(_))) {
                concerned.push(row);
            }
            for (rule, (verdict, (told, amount))) in verdicts.iter().zip(line).enumerate() {
                let place = match verdict {
                    Verdict::Proposed(_) => 0,
                    Verdict::No(_) => 1,
                    Verdict::NotCovered => 2,
                    Verdict::Undetermined(_) => 3,
                };
                tally.verdicts[place] += 1;
                let came = [Told::Truth(true), Told::Truth(false), Told::NotApplicable, Told::Unknown]
                    .iter()
                    .position(|it| *it == told);
                let what = || format!("{} in {period:?}", framework.rules[rule].label.name);
                if came != Some(place) {
                    asked.differs(&subject, &what(), &verdict, &told);
                }
                if let (
                    Verdict::Proposed(Some(Value::Known(Known::Money { amount: paid, .. } | Known::Number(paid)))),
                    Some(amount),
                ) = (verdict, amount)
                    && amount != Told::Number(*paid)
                {
                    asked.differs(&subject, &what(), &verdict, &amount);
                }
            }
        }
        assert_eq!(seen, records.rows(framework.subject).len());
        let told = merit::plan::concerned(policy, records, at, (period, period.last));
        assert_eq!(told, Some(concerned), "{name}: whom {period:?} concerns");
    }
}

/// A value as the plan tells it.
fn as_told(records: &Records, value: &Value) -> Told {
    match value {
        Value::Known(Known::YesNo(yes)) => Told::Truth(*yes),
        Value::Known(Known::Number(number) | Known::Money { amount: number, .. }) => Told::Number(*number),
        Value::Known(Known::Date(day)) => Told::Units(day_number(*day)),
        Value::Known(Known::Moment(at)) => Told::Units(*at),
        Value::Known(Known::Duration { count, .. }) => Told::Units(*count),
        Value::Known(Known::Choice(_, place)) => Told::Units((*place).into()),
        Value::Known(Known::Record(record)) => Told::Units(i64::try_from(records.row(record).unwrap()).unwrap()),
        Value::Known(Known::Text(_)) => panic!("no plan tells a text"),
        Value::Unknown(_) => Told::Unknown,
        Value::NotApplicable => Told::NotApplicable,
        Value::NotHappened => Told::NotHappened,
    }
}

fn compare_value(
    asked: &Asked<'_>,
    what: &str,
    (space, expr): (RecordId, &Expr),
    period: Option<Period>,
    tally: &mut Tally,
) {
    let Asked { policy, records, working, .. } = *asked;
    let Some(framework) = policy.frameworks.first() else { return };
    let on = period.map_or(TODAY, |it| it.last);
    let mut planner = Planner::new(records);
    let ground = planner.ground(policy, framework);
    let lowered = planner.expression(ground, At::new(space, period, on, Reading::OnDay), expr);
    tally.values += 1;
    let Ok(lowered) = lowered else {
        tally.without_kernel += 1;
        return;
    };
    tally.nodes += planner.nodes();
    tally.plain += planner.plain_nodes();
    let facts = AsFacts::new(policy, records);
    let calendar = &policy.calendars[framework.calendar];
    let nobody = RecordRef { record: space, key: Arc::from("") };
    let scope = Scope::new(policy, calendar, &facts, nobody, period, on).by_one_calendar(framework.names_calendar);
    let told = planner.work(working, (space, &lowered.nodes()), |rows, views| {
        rows.enumerate().map(|(place, row)| (row, lowered.told(views, place))).collect::<Vec<_>>()
    });
    for (row, told) in told.into_iter().flatten() {
        let subject = records.record(space, row);
        let plain = eval::value(&scope.about(subject.clone()), expr);
        if told != as_told(records, &plain) {
            asked.differs(&subject, &format!("{what} in {period:?}"), &plain, &told);
        }
    }
}

/// Compares all that a policy judges and defines, on records made up from a seed.
pub(crate) fn compare_all(
    name: &str,
    policy: &Policy,
    (seed, people): (u64, usize),
    working: Working,
    tally: &mut Tally,
) {
    let facts = made_up(policy, seed, people);
    let records = gather(policy, &facts, date(2027, 12, 31), &mut |_, _, _| {});
    let asked = Asked { name, policy, records: &records, working };
    for at in 0..policy.frameworks.len() {
        compare_framework(&asked, at, tally);
    }
    let in_periods = |each: Option<PeriodKind>| {
        let back = |each, by| {
            let now = policy.main().period_containing(each, TODAY).unwrap();
            policy.main().shift(now, by).unwrap()
        };
        match each {
            Some(each) => vec![Some(back(each, 0)), Some(back(each, -1))],
            None => vec![None],
        }
    };
    // Children are asked together with those to whom they belong.
    let entity = |of: RecordId| matches!(policy.record(of).shape, Shape::Entity { .. });
    for definition in policy.definitions.iter().filter(|it| entity(it.of)) {
        for period in in_periods(definition.each) {
            let of = (definition.of, &definition.value);
            compare_value(&asked, &definition.label.name, of, period, tally);
        }
    }
    for (at, scale) in policy.scales.iter().enumerate() {
        let part = |kind, ty| Expr { kind, ty, span: scale.label.span };
        let subject = part(ExprKind::Subject, Type::Record(scale.subject));
        let kind = ExprKind::Band { id: ScaleId::at(at), of: Box::new(subject), when: When::Now };
        let band = part(kind, Type::Choice(scale.choices));
        for period in in_periods(scale.each) {
            compare_value(&asked, &scale.label.name, (scale.subject, &band), period, tally);
        }
    }
}
