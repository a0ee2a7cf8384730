//! What a plan says of everybody at once is what the evaluator that goes row by row says of each: on records made up at random, for the
//! frameworks, definitions and scales of every policy at hand.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::{Date, date};
use merit::calendar::{Period, day_number};
use merit::eval::framework::{Verdict, judge};
use merit::eval::{self, MemoryFacts, Reading, Scope};
use merit::ids::{FieldId, RecordId};
use merit::plan::{Amount, At, Lowered, Planner, Told, Working};
use merit::policy::compile;
use merit::policy::framework::Framework;
use merit::policy::model::{Expr, Field, FieldKind, Policy, Shape};
use merit::source::Sources;
use merit::table::{AsFacts, Records, gather};
use merit::value::{Known, Number, RecordRef, TimeUnit, Value};

/// Numbers that follow from a seed.
struct Draw(u64);

impl Draw {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % most.max(1)
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    fn day(&mut self) -> Date {
        let days = i64::try_from(self.below(5 * 365)).unwrap();
        date(2022, 7, 1).checked_add(jiff::Span::new().days(days)).unwrap()
    }
}

const TODAY: Date = date(2026, 11, 20);

/// A value that a field may hold; nothing where it stays empty.
fn value(draw: &mut Draw, policy: &Policy, field: &Field, keys: &[Vec<Arc<str>>]) -> Option<Value> {
    if draw.one_in(8) {
        return None;
    }
    let number = |draw: &mut Draw, from: &Option<Number>, to: &Option<Number>, decimals: u8| {
        let unit = |it: &Option<Number>, other: i64| {
            it.and_then(|it| it.to_scaled(decimals)).map_or(other, |it| i64::try_from(it).unwrap())
        };
        let (least, most) = (unit(from, 0), unit(to, unit(from, 0) + 120));
        let few = if draw.one_in(2) { 12 } else { u64::MAX };
        let span = u64::try_from(most - least + 1).unwrap_or(1).min(few);
        Number::from_scaled(i128::from(least + i64::try_from(draw.below(span)).unwrap()), decimals).unwrap()
    };
    Some(Value::Known(match &field.kind {
        FieldKind::Text | FieldKind::Email | FieldKind::Post | FieldKind::Phone => {
            Known::Text(Arc::from(["alpha", "beta", "gamma"][usize::try_from(draw.below(3)).unwrap()]))
        }
        FieldKind::Number { from, to, decimals, percent } => {
            let number = number(draw, from, to, *decimals);
            Known::Number(if *percent { number.divide(Number::from(100)).unwrap() } else { number })
        }
        FieldKind::Money { currency, decimals, .. } => {
            let units = i128::from(draw.below(4_000_000));
            Known::Money { amount: Number::from_scaled(units, *decimals).unwrap(), currency: Arc::clone(currency) }
        }
        FieldKind::Date | FieldKind::Event => Known::Date(draw.day()),
        FieldKind::Timestamp => Known::Moment(i64::try_from(draw.below(1_700_000_000)).unwrap()),
        FieldKind::Duration(unit) => {
            let most = if *unit == TimeUnit::Years { 30 } else { 400 };
            Known::Duration { count: i64::try_from(draw.below(most)).unwrap(), unit: *unit }
        }
        FieldKind::YesNo => Known::YesNo(draw.one_in(2)),
        FieldKind::Choice(list) => {
            let count = policy.choices[list.index()].choices.len() as u64;
            Known::Choice(*list, u32::try_from(draw.below(count)).unwrap())
        }
        FieldKind::Reference(record) => {
            // Now and then it names somebody who is not there.
            let known = &keys[record.index()];
            let at = usize::try_from(draw.below(known.len() as u64 + 1)).unwrap();
            let key = known.get(at).cloned().unwrap_or_else(|| Arc::from("nobody"));
            Known::Record(RecordRef { record: *record, key })
        }
    }))
}

fn made_up<'p>(policy: &'p Policy, seed: u64, people: usize) -> MemoryFacts<'p> {
    let mut draw = Draw(seed * 2_654_435_761 + 88_172_645_463_325_252);
    let mut facts = MemoryFacts::new(policy);
    let count = |shape: &Shape| if matches!(shape, Shape::Entity { .. }) { people } else { 0 };
    let keys: Vec<Vec<Arc<str>>> = policy
        .records
        .iter()
        .map(|it| (0..count(&it.shape)).map(|at| Arc::from(format!("{}{at:03}", &it.label.name[..1]))).collect())
        .collect();
    let mut types: Vec<RecordId> = (0..policy.records.len()).map(RecordId::at).collect();
    // Owners before children.
    types.sort_by_key(|it| !matches!(policy.record(*it).shape, Shape::Entity { .. }));
    for record in types {
        let kind = policy.record(record);
        match kind.shape {
            Shape::Entity { key } => {
                for name in &keys[record.index()] {
                    let of = RecordRef { record, key: Arc::clone(name) };
                    facts.declare(&of);
                    fill(&mut draw, policy, &mut facts, &of, &keys, Some(key));
                }
            }
            Shape::Child { of } => {
                for name in &keys[of.index()] {
                    for _ in 0..draw.below(4) {
                        let child = facts.add_child(&RecordRef { record: of, key: Arc::clone(name) }, record);
                        fill(&mut draw, policy, &mut facts, &child, &keys, None);
                    }
                }
            }
            Shape::Panel { of, each } => {
                for name in &keys[of.index()] {
                    let of = RecordRef { record: of, key: Arc::clone(name) };
                    let ago = i32::try_from(draw.below(6)).unwrap();
                    let now = policy.main().period_containing(each, TODAY).unwrap();
                    for back in 0..=ago {
                        let period = policy.main().shift(now, -back).unwrap();
                        if draw.one_in(7) {
                            continue;
                        }
                        for (at, field) in kind.fields.iter().enumerate() {
                            if let Some(value) = value(&mut draw, policy, field, &keys) {
                                facts.set_panel(&of, record, period.first, FieldId::at(at), value);
                            }
                        }
                    }
                }
            }
        }
    }
    facts
}

fn fill(
    draw: &mut Draw,
    policy: &Policy,
    facts: &mut MemoryFacts<'_>,
    of: &RecordRef,
    keys: &[Vec<Arc<str>>],
    key: Option<FieldId>,
) {
    for (at, field) in policy.record(of.record).fields.iter().enumerate() {
        let id = FieldId::at(at);
        if key == Some(id) {
            continue;
        }
        for _ in 0..=if field.dated { draw.below(3) } else { 0 } {
            if let Some(value) = value(draw, policy, field, keys) {
                let since = draw.day();
                facts.set(of, id, since, value);
            }
        }
    }
}

fn periods(policy: &Policy, framework: &Framework) -> Vec<Period> {
    let calendar = &policy.calendars[framework.calendar];
    let now = calendar.period_containing(framework.each, TODAY).unwrap();
    [0, -1, -3].into_iter().map(|back| calendar.shift(now, back).unwrap()).collect()
}

/// What a framework was asked, and how much of it row by row.
#[derive(Default)]
struct Tally {
    verdicts: [usize; 4],
    nodes: usize,
    plain: usize,
    frameworks: usize,
    row_by_row: usize,
    values: usize,
    without_kernel: usize,
}

fn compare_framework(name: &str, policy: &Policy, records: &Records, at: usize, working: Working, tally: &mut Tally) {
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
        let mut seen = 0;
        for (row, line) in compared.into_iter().flatten() {
            assert_eq!(row, seen, "{name}: the rows come in their order");
            seen += 1;
            let subject = records.record(framework.subject, row);
            let verdicts = judge(&scope.about(subject.clone()), framework);
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
                let what = format!(
                    "{name}: {} {} of {} in {period:?}: plain {verdict:?}",
                    framework.label.name, framework.rules[rule].label.name, subject.key
                );
                assert_eq!(came, Some(place), "{what}, the plan {told:?}");
                if let (
                    Verdict::Proposed(Some(Value::Known(Known::Money { amount: paid, .. } | Known::Number(paid)))),
                    Some(amount),
                ) = (verdict, amount)
                {
                    assert_eq!(amount, Told::Number(*paid), "{what}");
                }
            }
        }
        assert_eq!(seen, records.rows(framework.subject).len());
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
    name: &str,
    policy: &Policy,
    records: &Records,
    (space, expr): (RecordId, &Expr),
    period: Option<Period>,
    working: Working,
    tally: &mut Tally,
) {
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
        assert_eq!(told, as_told(records, &plain), "{name} of {} in {period:?}: plain {plain:?}", subject.key);
    }
}

fn compare_all(name: &str, policy: &Policy, seed: u64, people: usize, working: Working, tally: &mut Tally) {
    let facts = made_up(policy, seed, people);
    let records = gather(policy, &facts, date(2027, 12, 31), &mut |_, _, _| {});
    for at in 0..policy.frameworks.len() {
        compare_framework(name, policy, &records, at, working, tally);
    }
    for definition in &policy.definitions {
        let entity = matches!(policy.record(definition.of).shape, Shape::Entity { .. });
        for back in [0, -1].into_iter().filter(|_| entity) {
            let period = definition.each.map(|each| {
                let now = policy.main().period_containing(each, TODAY).unwrap();
                policy.main().shift(now, back).unwrap()
            });
            let name = format!("{name}: {}", definition.label.name);
            compare_value(&name, policy, &records, (definition.of, &definition.value), period, working, tally);
        }
    }
}

fn merit_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(merit_files(&path));
        } else if path.extension().is_some_and(|it| it == "merit") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn compiled(files: &[PathBuf]) -> Option<Policy> {
    let mut sources = Sources::new();
    for path in files {
        sources.add(path.display().to_string(), fs::read_to_string(path).unwrap());
    }
    compile(&sources).policy
}

/// Every policy at hand: each file of the tests that stands alone, and the packs.
fn policies() -> Vec<(String, Policy)> {
    let alone =
        ["tests/lang/good", "tests/framework", "tests/together", "tests/projects", "tests/explain", "tests/examine"];
    let mut found: Vec<(String, Policy)> = Vec::new();
    for path in alone.iter().flat_map(|it| merit_files(Path::new(it))) {
        let name = path.display().to_string();
        found.extend(compiled(std::slice::from_ref(&path)).map(|it| (name, it)));
    }
    for folders in [
        ["rules/uganda", "workflows/uganda", "rules/department", "workflows/department"].as_slice(),
        ["rules/rwanda", "workflows/rwanda"].as_slice(),
    ] {
        let files: Vec<PathBuf> = folders.iter().flat_map(|it| merit_files(Path::new(it))).collect();
        found.push((folders[0].to_owned(), compiled(&files).unwrap()));
    }
    found
}

#[test]
fn a_plan_says_of_everybody_what_is_said_of_each() {
    let mut tally = Tally::default();
    let seeds = std::env::var("MERIT_PLAN_SEEDS").ok().and_then(|it| it.parse().ok()).unwrap_or(2);
    for (name, policy) in policies().iter().filter(|it| !it.1.frameworks.is_empty()) {
        for seed in 1..=seeds {
            let working = Working { rows: 7, parts: 2 };
            compare_all(name, policy, seed, 12, working, &mut tally);
        }
    }
    println!(
        "{:?} verdicts; {} of {} frameworks row by row; {} of {} values without a kernel; {} of {} nodes asked row by row",
        tally.verdicts,
        tally.row_by_row,
        tally.frameworks,
        tally.without_kernel,
        tally.values,
        tally.plain,
        tally.nodes
    );
    assert!(tally.verdicts.iter().all(|it| *it > 500), "too little was decided either way: {:?}", tally.verdicts);
}
