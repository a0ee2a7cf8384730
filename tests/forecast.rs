//! What is foreseen in memory is what a store then holds: on every project at hand a year of days and of acts made up at random is run
//! by the engine on a store and by a world in memory, and every entry of every journal is the same.

#![expect(clippy::unwrap_used, reason = "a test whose store fails has failed")]

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::{Date, date};
use merit::engine::{self, ActError, ActRequest, Acting, Policies};
use merit::exchange::value_of;
use merit::forecast::{
    Doing, Happened, Measure, People, Run, Start, Tally, Terms, Watch, World, Write, figures, run_years,
};
use merit::ids::{FieldId, RecordId};
use merit::policy::model::{FieldKind, Policy, Shape};
use merit::store::{Filter, OutcomeFilter, Store};
use merit::table::{Records, gather};
use merit::value::{Number, RecordRef};
use merit::workflow::{Act, Case, Deed, Event, StageStatus};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

mod folders;
#[expect(dead_code, reason = "other tests look at a city that answers complaints")]
mod program;

#[expect(dead_code, reason = "what happens in the house is compared, entry by entry")]
mod house;
#[expect(dead_code, reason = "what leaves the house is looked at elsewhere")]
mod invariants;

use house::{Everybody, House, settings};
use program::Project;
use serde_json::Value as Json;

/// Nobody looks on: everything is kept.
struct Nobody;

impl Watch for Nobody {
    fn happened(&mut self, _: &Happened<'_>) {}
}

fn terms(version: i64, adopted: Date) -> Terms {
    let patience = settings(adopted).patience.look(0, adopted);
    Terms {
        version,
        adopted: Some(adopted),
        last: None,
        patience,
        language: "en".to_owned(),
        hands: 0,
        keeps_all: true,
    }
}

fn records(house: &House, policy: &Policy) -> Records {
    let reader = house.store.reader(policy);
    gather(policy, &*reader, Date::MAX, &mut |_, _, _| ())
}

/// Something that a person might do in a case of the store: mostly what it waits for.
fn made_up(random: &mut ChaCha8Rng, policy: &Policy, case: &Case) -> Option<(Act, Vec<(String, String)>)> {
    let flow = policy.workflow(policy.workflow_named(&case.workflow)?);
    let open: Vec<_> = case.stages.iter().filter(|it| it.1.status == StageStatus::Running).collect();
    let (name, state) = *open.get(random.random_range(0..open.len().max(1)))?;
    let holders: Vec<_> = state.holders.iter().filter_map(|it| it.who.clone()).collect();
    let by = holders.get(random.random_range(0..holders.len().max(1))).cloned()?;
    let stage = flow.stages.iter().find(|it| *it.label.name == **name)?;
    let mut values = Vec::new();
    let what = match () {
        () if !stage.choices.is_empty() && random.random_bool(0.8) => Deed::Choose {
            choice: stage.choices[random.random_range(0..stage.choices.len())].name.clone(),
            instead: None,
        },
        () if !stage.fills.is_empty() && random.random_bool(0.9) => {
            for fill in &stage.fills {
                let field = policy.field(fill.record, fill.field);
                let words = match &field.kind {
                    FieldKind::Date | FieldKind::Event => continue,
                    FieldKind::Number { .. } => random.random_range(1..20).to_string(),
                    FieldKind::Text => format!("words {}", random.random_range(0..3)),
                    FieldKind::YesNo => "yes".to_owned(),
                    FieldKind::Choice(list) => policy.choices[list.index()].choices[0].name.clone(),
                    _ => continue,
                };
                values.push((field.label.name.clone(), words));
            }
            Deed::Fill(Vec::new())
        }
        () if !stage.sends.is_empty() && random.random_bool(0.9) => Deed::Send,
        () => [Deed::Complete, Deed::Receive(None), Deed::Recuse, Deed::Suspend][random.random_range(0..4)].clone(),
    };
    Some((Act { by, stage: Some(name.to_string()), what, because: None, key: None }, values))
}

/// The same as a house does, with what was compiled before.
fn act(house: &mut House, kept: &mut Option<Policies>, day: Date, request: &ActRequest) -> Result<(), String> {
    let (settings, mut sender) = (settings(day), Everybody);
    let mut acting = Acting::begin_with(kept.take(), &mut house.store, &settings, &mut sender).unwrap();
    let done = acting.act(&mut house.store, request);
    *kept = Some(acting.into_policies());
    match done {
        Ok(_) => Ok(()),
        Err(ActError::Refused(why)) => Err(why.to_string()),
        Err(ActError::SetAside(_, why)) => Err(why),
        Err(error) => panic!("{error}"),
    }
}

fn run(house: &mut House, kept: &mut Option<Policies>, day: Date) {
    let (_, policies) = engine::run_again(&mut house.store, &settings(day), &mut Everybody, kept.take()).unwrap();
    *kept = Some(policies);
    let noon = settings(day).now;
    engine::send(&mut house.store, &mut Everybody, i64::MAX, noon).unwrap();
}

/// Somebody's record changes, as an import writes it: whom a reference names, or a number that is kept by period.
fn entered(random: &mut ChaCha8Rng, house: &mut House, policy: &Policy, day: Date) -> Option<Write> {
    let record = RecordId::at(random.random_range(0..policy.records.len()));
    let kind = policy.record(record);
    let numbers_or_names = |it: &usize| {
        let panel = matches!(kind.shape, Shape::Panel { .. });
        match &kind.fields[*it].kind {
            FieldKind::Number { .. } => panel,
            FieldKind::Reference(_) => !panel,
            _ => false,
        }
    };
    let fields: Vec<usize> = (0..kind.fields.len()).filter(numbers_or_names).collect();
    let field = *fields.get(random.random_range(0..fields.len().max(1)))?;
    let keys = |house: &House, of: RecordId| house.store.keys_after(policy, of, "", 100).unwrap();
    let (name, label) = (&kind.fields[field].label.name, &kind.label.name);
    let (head, of, first, words) = match (kind.shape, &kind.fields[field].kind) {
        (Shape::Entity { key }, FieldKind::Reference(to)) => {
            let (own, others) = (keys(house, record), keys(house, *to));
            let of = own.get(random.random_range(0..own.len().max(1)))?.clone();
            let named = others.get(random.random_range(0..others.len().max(1)))?.to_string();
            (kind.fields[key.index()].label.name.clone(), (record, of), None, named)
        }
        (Shape::Panel { of: owner, each }, _) => {
            let own = keys(house, owner);
            let of = own.get(random.random_range(0..own.len().max(1)))?.clone();
            let calendar = policy.main();
            let period = calendar.period_containing(each, day).unwrap();
            let period = calendar.shift(period, -random.random_range(0..2)).unwrap();
            let head = format!("{},period", policy.record(owner).label.name);
            let numbers = if random.random_bool(0.6) { 30..50 } else { 5..20 };
            (head, (owner, of), Some(period), random.random_range(numbers).to_string())
        }
        _ => return None,
    };
    let field = FieldId::at(field);
    let value = value_of(policy, &policy.field(record, field).kind, &words).ok()?;
    let period = first.map_or_else(String::new, |it| format!(",{}", policy.main().label(&it)));
    house.enter(&format!("{label}.csv"), &format!("{head},{name}\n{}{period},{words}\n", of.1), day);
    let of = RecordRef { record: of.0, key: of.1 };
    Some(Write { of, record, first: first.map(|it| it.first), field, value, from: day })
}

/// A year in a store and in memory; how many entries there were, and of which kinds.
fn a_year(project: &str, adopted: Date, files: &[&str], seed: u64, until: Date) -> BTreeMap<String, usize> {
    let mut house = House::open(project, adopted, files);
    let policies = Policies::load(&house.store, None).unwrap();
    let policy = std::sync::Arc::clone(&policies.latest().policy);
    let records = records(&house, &policy);
    let mut world = World::new(&policy, &records, terms(policies.latest().version, adopted));
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (mut day, mut done, mut refused) = (adopted, 0, 0);
    let mut kept = None;
    while day < until {
        if random.random_bool(0.06)
            && let Some(write) = entered(&mut random, &mut house, &policy, day)
        {
            world.begin(day);
            world.write(&[write]);
        }
        let open = Filter { status: Some("open".to_owned()), ..Filter::default() };
        for row in house.store.cases(&open).unwrap() {
            if !random.random_bool(0.08) {
                continue;
            }
            let case: Case = serde_json::from_str(&row.state).unwrap();
            let Some((mut act, mut words)) = made_up(&mut random, &policy, &case) else { continue };
            if let Deed::Fill(fields) = &mut act.what {
                let flow = policy.workflow(policy.workflow_named(&case.workflow).unwrap());
                let stage = flow.stages.iter().find(|it| Some(&it.label.name) == act.stage.as_ref()).unwrap();
                for fill in &stage.fills {
                    let field = policy.field(fill.record, fill.field);
                    if matches!(field.kind, FieldKind::Date | FieldKind::Event) {
                        words.push((field.label.name.clone(), day.to_string()));
                    }
                }
                *fields = words.iter().map(|it| it.0.clone()).collect();
            }
            let flow = policy.workflow_named(&case.workflow).unwrap();
            let known = |(name, words): &(String, String)| {
                let fills = policy.workflow(flow).stages.iter().find_map(|it| it.filled(&policy, name)).unwrap();
                (name.clone(), value_of(&policy, &policy.field(fills.record, fills.field).kind, words).unwrap())
            };
            let values = words.iter().map(known).collect();
            let request = ActRequest { case: row.id, act: act.clone(), values: words };
            let theirs = crate::act(&mut house, &mut kept, day, &request);
            world.begin(day);
            let number = world.open_case(flow, &case.subject, &case.period).unwrap();
            let ours = world.act(&[Doing { case: number, act, values }], &mut Nobody);
            let ours = ours.into_iter().next().map_or(Ok(()), |it| Err(it.why.to_string()));
            assert_eq!(ours, theirs, "{project}, {day}, seed {seed}: {} of {}", case.workflow, case.subject);
            if ours.is_ok() { done += 1 } else { refused += 1 }
        }
        run(&mut house, &mut kept, day);
        world.run(day, &mut Nobody);
        day = day.tomorrow().unwrap();
    }
    assert!(refused == 0 || done > 0, "{project}: {refused} refused, and nothing done");
    same(project, &house, &policy, &world)
}

/// Holds every case and every outcome of a world to those of a store.
fn same(project: &str, house: &House, policy: &Policy, world: &World<'_>) -> BTreeMap<String, usize> {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let key = |it: &Case| (it.workflow.clone(), it.subject.clone(), it.period.clone(), it.nth);
    let cases = world.cases().iter().flatten();
    let ours: BTreeMap<_, _> = cases.map(|it| (key(&it.case), it)).collect();
    let theirs = house.store.cases(&Filter::default()).unwrap();
    assert_eq!(ours.len(), theirs.len(), "{project}: as many cases");
    let mut numbers: BTreeMap<i64, usize> = BTreeMap::new();
    for row in theirs {
        let case: Case = serde_json::from_str(&row.state).unwrap();
        let told = format!("{project}: {} of {} in {:?}", case.workflow, case.subject, case.period);
        let it = ours.get(&key(&case)).unwrap_or_else(|| panic!("{told} is not foreseen"));
        let journal: Vec<String> = house.store.journal(row.id).unwrap().into_iter().map(|it| it.payload).collect();
        let events: Vec<String> = it.events.iter().map(|it| serde_json::to_string(it).unwrap()).collect();
        for (at, (ours, theirs)) in events.iter().zip(&journal).enumerate() {
            assert_eq!(ours, theirs, "{told}, entry {at}");
        }
        assert_eq!(events.len(), journal.len(), "{told}: as many entries");
        assert_eq!(serde_json::to_string(&it.case).unwrap(), row.state, "{told}");
        assert_eq!((it.wake_at, &it.stuck), (row.wake_at, &row.set_aside), "{told}");
        it.events.iter().for_each(|it: &Event| *kinds.entry(it.kind().to_owned()).or_default() += 1);
        let number =
            world.cases().iter().position(|other| other.as_ref().is_some_and(|other| std::ptr::eq(other, *it)));
        numbers.insert(row.id, number.unwrap());
    }
    for (at, framework) in policy.frameworks.iter().enumerate() {
        let filter = OutcomeFilter { framework: Some(framework.label.name.clone()), ..OutcomeFilter::default() };
        let theirs = house.store.outcomes(&filter).unwrap();
        let people: BTreeSet<(String, String)> =
            theirs.iter().map(|it| (it.period.clone(), it.subject.clone())).collect();
        for (period, subject) in people {
            let one = theirs.iter().filter(|it| it.period == period && it.subject == subject);
            let theirs: BTreeSet<_> =
                one.map(|it| (it.proposed.clone(), it.missing.clone(), it.case.map(|it| numbers[&it]))).collect();
            let ours = world.outcomes(at, period.parse().unwrap(), &subject).iter();
            let missing = |it: &[String]| (!it.is_empty()).then(|| it.join(", "));
            let ours: BTreeSet<_> = ours.map(|it| (it.rule.clone(), missing(&it.missing), it.case)).collect();
            assert_eq!(ours, theirs, "{project}: {} on {subject} in {period}", framework.label.name);
            *kinds.entry("outcomes".to_owned()).or_default() += ours.len();
        }
    }
    kinds
}

#[test]
fn a_year_of_acts_is_foreseen_entry_by_entry() {
    let mut all: BTreeMap<String, usize> = BTreeMap::new();
    let first = date(2026, 1, 1);
    let seeds: u64 = std::env::var("MERIT_SEEDS").ok().and_then(|it| it.parse().ok()).unwrap_or(2);
    for seed in 0..seeds {
        for (project, adopted, files, until) in [
            ("plans", first, &["nurse.csv"][..], date(2027, 3, 1)),
            ("reviews", first, &["person.csv", "asking.csv"], date(2026, 5, 1)),
            ("conduct", date(2026, 8, 1), &["officer.csv", "review.csv"], date(2027, 11, 1)),
            ("complaints", date(2026, 4, 1), &["clerk.csv", "complaint.csv"], date(2026, 8, 1)),
            ("ministry", date(2025, 7, 1), &["department.csv", "officer.csv", "seating.csv"], date(2026, 10, 1)),
        ] {
            for (kind, count) in a_year(project, adopted, files, seed, until) {
                *all.entry(kind).or_default() += count;
            }
        }
    }
    // What was not there was not compared.
    for kind in
        ["step_taken", "chosen", "filled", "sent", "accepted", "received", "went_back", "stage_lapsed", "outcomes"]
    {
        assert!(all.get(kind).is_some_and(|it| *it > 1), "{kind}: {all:?}");
    }
}

/// A ward of many, in which every third one writes their plan three days late, and everybody else a week early; two years are foreseen.
fn two_years(hands: usize, seed: u64, run: u32) -> Run {
    let first = date(2026, 1, 1);
    let mut house = House::open("plans", first, &["nurse.csv"]);
    let rows: String = (0..150).map(|it| format!("n{it:03},,max\n")).collect();
    house.enter("nurse.csv", &format!("id,email,manager\n{rows}"), first);
    let policies = Policies::load(&house.store, None).unwrap();
    let policy = std::sync::Arc::clone(&policies.latest().policy);
    let records = records(&house, &policy);
    let mut world = World::new(&policy, &records, Terms { hands, ..terms(1, first) });
    let mut day = first;
    while day < date(2026, 3, 1) {
        world.begin(day);
        let mut doings = Vec::new();
        for (number, running) in world.cases().iter().enumerate() {
            let Some(running) = running.as_ref().filter(|it| it.case.is_open() && it.case.subject.starts_with('n'))
            else {
                continue;
            };
            let own: u32 = running.case.subject[1..].parse().unwrap_or(0);
            let writes = if own.is_multiple_of(3) { date(2026, 2, 2) } else { date(2026, 1, 23) };
            let (by, what, values) = match running.case.stages.get("write").map(|it| it.status) {
                Some(StageStatus::Running) if day == writes => {
                    let words = [("written", day.to_string()), ("targets", "4".to_owned())];
                    let record = policy.record_named("plan").unwrap();
                    let value = |(name, words): &(&str, String)| {
                        let field = policy.record(record).field_named(name).unwrap();
                        ((*name).to_owned(), value_of(&policy, &policy.field(record, field).kind, words).unwrap())
                    };
                    let values: Vec<_> = words.iter().map(value).collect();
                    (running.case.subject.clone(), Deed::Fill(values.iter().map(|it| it.0.clone()).collect()), values)
                }
                Some(StageStatus::Done) if day == writes.tomorrow().unwrap() => {
                    let choice = "accept".to_owned();
                    ("max".to_owned(), Deed::Choose { choice, instead: None }, Vec::new())
                }
                _ => continue,
            };
            let act = Act { by: (String::new(), by), stage: None, what, because: None, key: None };
            doings.push(Doing { case: number, act, values });
        }
        assert!(world.act(&doings, &mut Nobody).is_empty());
        world.run(day, &mut Nobody);
        day = day.tomorrow().unwrap();
    }
    let last = date(2026, 2, 28);
    let cases: Vec<_> = world.cases().iter().flatten().map(|it| (it.flow, it.case.clone(), it.wake_at)).collect();
    let of = cases.iter().map(|it| (it.0, &it.1));
    let people = People::of_history(&policy, world.facts(), of, &[], date(2027, 1, 1));
    let terms = Terms { last: Some(last), keeps_all: false, hands, ..terms(1, first) };
    let (policy, records, judged) = (&*policy, &records, Vec::new());
    let start = Start { policy, records, terms, cases, judged, first: date(2026, 3, 1) };
    run_years(&start, &people, 3, (seed, run))
}

fn counted(run: &Run, year: usize, measure: Measure, stage: &str) -> i128 {
    let about = vec!["planning".to_owned(), stage.to_owned()];
    run.tally.counts.get(&(year, measure, about)).map_or(0, |it| it.parts().0 / it.parts().1)
}

#[test]
fn people_go_on_as_they_did_and_the_number_of_threads_changes_nothing() {
    let one = two_years(1, 7, 0);
    assert_eq!(one, two_years(5, 7, 0), "on five threads as on one");
    assert_ne!(one.tally, two_years(5, 8, 0).tally, "another seed is another run");
    assert_ne!(one.tally, two_years(5, 7, 1).tally, "and so is another run of one seed");
    for year in [0, 1] {
        let (in_time, late) =
            (counted(&one, year, Measure::InTime, "write"), counted(&one, year, Measure::Late, "write"));
        assert!(
            in_time + late > 100 && late * 4 > in_time && late < in_time,
            "a third were late: {late} and {in_time}"
        );
        let share = counted(&one, year, Measure::InTimePerMille, "write");
        assert_eq!(share, in_time * 1_000 / (in_time + late));
        assert!(counted(&one, year, Measure::InTime, "look") > 100, "who has written is looked at on the day after");
    }
    assert!(one.refused.is_empty(), "{:?}", one.refused);
}

#[test]
fn several_runs_are_told_by_rank() {
    let about = || vec!["w".to_owned()];
    let run = |count: i64| {
        let counts = (count > 0).then(|| ((0, Measure::Opened, about()), Number::from(count)));
        Tally { years: vec![date(2026, 1, 1)], counts: counts.into_iter().collect() }
    };
    let told = figures(&[5, 3, 0, 9, 1, 7, 2, 8, 6, 4].map(run));
    let it = &told[0];
    let all = [it.least, it.low, it.median, it.high, it.greatest].map(|it| it.parts().0);
    assert_eq!(
        (told.len(), it.year.as_str(), all),
        (1, "2026-01-01", [0, 0, 4, 8, 9]),
        "what one does not count is nought"
    );
}

/// A service that judges, its policy in force under which nobody has acted yet, and a scenario in which nobody is cautioned.
fn conduct() -> Project {
    let project = Project::of("conduct");
    let scenario = "scenario gentle \"Nobody is cautioned\" { remove sanction caution }\n";
    std::fs::write(project.path("policy/gentle.merit"), scenario).unwrap();
    project.merit(0, &["deploy", "--adopt", "2026-08-01"]);
    project.merit(0, &["import", "records", "--from", "2026-08-01"]);
    project
}

const SHORT: [&str; 5] = ["forecast", "--years", "2", "--runs", "3"];

/// Whether something was proposed by a rule in a setting.
fn proposed(setting: &Json, rule: &str) -> bool {
    let figures = setting["figures"].as_array().unwrap();
    figures.iter().any(|it| it["measure"] == "proposed" && it["of"][1] == rule)
}

#[test]
fn a_scenario_stands_beside_the_policy_in_force() {
    let project = conduct();
    let told = project.json(0, &[&SHORT[..], &["--scenario", "gentle"]].concat());
    let settings = told["settings"].as_array().unwrap();
    let names: Vec<_> =
        settings.iter().map(|it| (it["name"].as_str().unwrap(), it["title"].as_str().unwrap())).collect();
    assert_eq!(names, [("in force", "in force"), ("gentle", "Nobody is cautioned")]);
    assert!(proposed(&settings[0], "caution") && !proposed(&settings[1], "caution"), "{told}");
    assert!(proposed(&settings[1], "warning"), "all else is as in the policy");
    assert_ne!(settings[0]["policy"], settings[1]["policy"]);
    let alone = project.json(0, &SHORT);
    assert_eq!(
        alone["settings"],
        Json::from(vec![settings[0].clone()]),
        "what is in force does not depend on what stands beside it"
    );

    let call = [&SHORT[..], &["--scenario", "gentle", "--csv", "years.csv"]].concat();
    let words = project.merit(0, &call);
    assert!(words.contains("gentle: Nobody is cautioned\n") && words.contains("in force"), "{words}");
    let table = std::fs::read_to_string(project.path("years.csv")).unwrap();
    let count = |name: &str| table.lines().filter(|it| it.starts_with(name)).count();
    let figures = |at: usize| settings[at]["figures"].as_array().unwrap().len();
    assert_eq!((count("in force,"), count("gentle,")), (figures(0), figures(1)));

    let refused = project.merit(2, &[&SHORT[..], &["--scenario", "gentel"]].concat());
    assert!(refused.contains("no scenario `gentel`") && refused.contains("did you mean `gentle`?"), "{refused}");
}

#[test]
fn no_table_is_written_in_the_place_of_the_store() {
    let project = conduct();
    let before = std::fs::read(project.path("merit.db")).unwrap();
    for (place, told) in [
        ("merit.db", "is the store itself"),
        ("records", "is a folder"),
        ("nowhere/a.csv", "there is no folder nowhere"),
    ] {
        let refused = project.merit(2, &[&SHORT[..], &["--csv", place]].concat());
        assert!(refused.contains(told), "{place}: {refused}");
    }
    assert!(std::fs::read(project.path("merit.db")).unwrap() == before, "the store is as it was");
}

#[test]
fn a_case_that_cannot_be_read_is_told_of() {
    let project = conduct();
    project.merit(0, &["run", "--as-of", "2026-10-01"]);
    let store = rusqlite::Connection::open(project.path("merit.db")).unwrap();
    store.execute_batch("update cases set state = 'not JSON' where id = (select min(id) from cases)").unwrap();
    drop(store);
    let told = project.json(1, &SHORT);
    let left_out = &told["settings"][0]["left_out"];
    assert_eq!(left_out[0]["count"], 1, "{told}");
    assert!(project.merit(1, &SHORT).contains("1 case left out: unreadable in the store"));
}

/// A service whose people retire, its policy in force on the first day of 2026; nobody has acted yet.
fn goals() -> Project {
    let project = Project { folder: tempfile::tempdir().unwrap() };
    let page = std::fs::read_to_string("docs/language.md").unwrap();
    let part = page.split("### What a scenario assumes").nth(1).unwrap();
    let policy = part.split("```merit\n").nth(1).unwrap().split("```").next().unwrap();
    let policy = policy.replace("for each person each year\n", "for each person each year where status is active\n");
    let scenarios = "\nscenario all_on_time { assume goals.agree : 100% on time }
scenario mixed {
  assume goals.agree where grade is G1 : 100% within 10 days after due
  assume goals.agree from 2027 : 100% never
  assume goals.agree : 50% within 5 days before due, 50% never
  assume goals.look : 100% on time
  assume goals.look : 75% accept, 25% send_back
}
scenario who_may_retires { assume 100% of person each year where grade is G1 : status is retired }
scenario half_retire { assume 50% of person each year : status is retired }
";
    std::fs::create_dir(project.path("policy")).unwrap();
    std::fs::write(project.path("policy/goals.merit"), policy + scenarios).unwrap();
    std::fs::write(project.path("merit.toml"), "policies = [\"policy\"]\nstore = \"merit.db\"\n").unwrap();
    let rows: String = (0..300).map(|it| format!("n{it:03},G{},active,max\n", 1 + it % 3)).collect();
    std::fs::create_dir(project.path("records")).unwrap();
    std::fs::write(project.path("records/person.csv"), format!("id,grade,status,boss\nmax,G2,active,\n{rows}"))
        .unwrap();
    project.merit(0, &["deploy", "--adopt", "2026-01-01"]);
    project.merit(0, &["import", "records", "--from", "2026-01-01"]);
    project
}

/// The median of a figure in one of the years.
fn median(setting: &Json, year: &str, measure: &str, of: &[&str]) -> u64 {
    let figures = setting["figures"].as_array().unwrap();
    let found = figures.iter().find(|it| it["year"] == year && it["measure"] == measure && it["of"] == Json::from(of));
    found.map_or(0, |it| it["median"].as_str().unwrap().parse().unwrap())
}

#[test]
fn people_act_as_a_scenario_assumes() {
    let project = goals();
    let names = ["all_on_time", "mixed", "who_may_retires", "half_retire"];
    let scenarios: Vec<&str> = names.iter().flat_map(|it| ["--scenario", it]).collect();
    let told = project.json(0, &[&SHORT[..], &scenarios].concat());
    let (first, second) = ("2026-01-01", "2027-01-01");
    let settings = told["settings"].as_array().unwrap();
    let [in_force, on_time, mixed, some_retire, half_retire] = settings.as_slice() else { panic!("{told}") };
    let agreed = |setting, year, measure| median(setting, year, measure, &["goals", "agree"]);
    assert_eq!(agreed(in_force, first, "in_time"), 0, "of nobody is anything known");
    assert_eq!(in_force["unknown"], Json::from(vec!["goals.agree", "goals.look"]));

    assert_eq!([agreed(on_time, first, "in_time"), agreed(on_time, first, "late")], [301, 0]);
    assert_eq!((&on_time["assumed"], &on_time["unknown"]), (&Json::from(["goals.agree"]), &Json::from(["goals.look"])));

    // The first line that applies: of grade G1 everybody is late, of the others half write in time, and in the second year nobody.
    // Whose look sends them back does it anew.
    assert_eq!(agreed(mixed, second, "in_time"), 0);
    let (in_time, late) = (agreed(mixed, first, "in_time"), agreed(mixed, first, "late"));
    assert!((80..=120).contains(&in_time) && late >= 100, "{in_time} in time, {late} late");
    let looks = median(mixed, first, "in_time", &["goals", "look"]);
    assert!(looks > 0 && looks <= in_time + late, "{looks} looks");

    let opened = |setting, year| median(setting, year, "opened", &["goals"]);
    assert_eq!([opened(in_force, first), opened(in_force, second)], [301, 301]);
    assert_eq!([opened(some_retire, first), opened(some_retire, second)], [301, 201], "a third has retired");
    let stay = opened(half_retire, second);
    assert!((120..=180).contains(&stay), "half of them stay: {stay}");
    let printed = project.merit(0, &[&SHORT[..], &["--scenario", "mixed"]].concat());
    assert!(
        printed.contains("or as a scenario assumes") && printed.contains("Assumed: goals.agree, goals.look"),
        "{printed}"
    );
}

#[test]
fn marks_are_drawn_as_a_scenario_assumes() {
    let project = conduct();
    let scenarios = "scenario good { assume review.mark : 100% 95 }
scenario bad { assume review.mark where boss is known : 100% from 31 to 49 }
scenario blank { assume review.mark : 100% unknown }
";
    std::fs::write(project.path("policy/marks.merit"), scenarios).unwrap();
    let call =
        ["forecast", "--years", "3", "--runs", "1", "--scenario", "good", "--scenario", "bad", "--scenario", "blank"];
    let told = project.json(0, &call);
    let count = |at: usize, rule: &str| median(&told["settings"][at], "2027-08-01", "proposed", &["conduct", rule]);
    assert_eq!([count(1, "commendation"), count(1, "warning"), count(1, "demotion")], [5, 0, 0], "{told}");
    assert_eq!([count(2, "commendation"), count(2, "warning") + count(2, "demotion")], [0, 5]);
    assert_eq!(["commendation", "caution", "warning", "demotion"].map(|it| count(3, it)), [0; 4]);
    let simulated = program::merit(project.folder.path(), &["simulate", "--scenario", "good", "--in", "2025"]);
    let said = program::text(&simulated.stderr);
    assert!(
        said.contains("`good` assumes how people would act") && said.contains("merit forecast --scenario good"),
        "{said}"
    );
}

/// Every day of a year with the acts of a file, through the command line, on a store; what its journals then hold, as the file of
/// entries has it.
fn lived(project: &Project, head: &str, acts: &[&str], (first, days): (Date, i64)) -> BTreeMap<String, Vec<String>> {
    for day in first.series(1.day()).take(usize::try_from(days).unwrap()) {
        let (day, mut rows) = (day.to_string(), format!("{head}\n"));
        let of_day: Vec<&str> = acts.iter().filter_map(|it| it.strip_prefix(&format!("{day},"))).collect();
        if !of_day.is_empty() {
            of_day.iter().for_each(|it| rows += &format!("{it}\n"));
            std::fs::write(project.path("today.csv"), rows).unwrap();
            program::merit(project.folder.path(), &["act", "--csv", "today.csv", "--as-of", &day]);
        }
        let ran = program::merit(project.folder.path(), &["run", "--as-of", &day]);
        assert!(ran.status.code().unwrap() < 2, "{day}: {}", program::text(&ran.stderr));
    }
    let store = rusqlite::Connection::open(project.path("merit.db")).unwrap();
    let mut read = store
        .prepare("select c.workflow, c.subject, c.period, c.id, j.payload from journal j join cases c on c.id = j.case_id order by c.id, j.seq")
        .unwrap();
    let rows = read.query_map([], |row| {
        let case = format!("{}/{}/{}", row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?);
        Ok((case, row.get::<_, String>(4)?))
    });
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    rows.unwrap().map(Result::unwrap).for_each(|(case, event)| all.entry(case).or_default().push(event));
    all
}

/// The same as a forecast foretells it.
fn foretold(project: &Project, head: &str, acts: &[&str]) -> BTreeMap<String, Vec<String>> {
    let rows: String = acts.iter().map(|it| format!("{it}\n")).collect();
    std::fs::write(project.path("acts.csv"), format!("day,{head}\n{rows}")).unwrap();
    let call = ["forecast", "--years", "1", "--acts", "acts.csv", "--entries", "entries.csv"];
    let told = project.json(0, &call);
    assert!(told["settings"][0]["acts"].as_u64().unwrap() > 3, "{told}");
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut table = csv::Reader::from_path(project.path("entries.csv")).unwrap();
    for row in table.records().map(Result::unwrap) {
        all.entry(format!("{}/{}/{}", &row[0], &row[1], &row[2])).or_default().push(row[5].to_owned());
    }
    all
}

/// Holds what is foretold of a year to what is lived.
fn year_of_acts(project: &Project, head: &str, acts: &[&str], first: Date) {
    let ours = foretold(project, head, acts);
    let theirs = lived(project, head, acts, (first, 365));
    assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>());
    for (case, events) in &theirs {
        for (at, (ours, theirs)) in ours[case].iter().zip(events).enumerate() {
            assert_eq!(ours, theirs, "{case}, entry {at}");
        }
        assert_eq!(ours[case].len(), events.len(), "{case}: as many entries");
    }
    let entries: usize = theirs.values().map(Vec::len).sum();
    assert!(entries > 20, "{entries} entries");
}

#[test]
fn a_year_of_recorded_plans_is_what_a_run_makes_of_them() {
    let project = Project::of("plans");
    project.merit(0, &["deploy", "--adopt", "2026-01-01"]);
    project.merit(0, &["import", "records/nurse.csv", "--from", "2026-01-01"]);
    let acts = [
        "2026-01-23,planning,nan,2026,fill,nan,,,2026-01-23,4",
        "2026-01-26,planning,nan,2026,choose,max,send_back,not enough,,",
        "2026-01-06,planning,ola,2026,choose,max,accept,too early,,",
        "2026-02-10,planning,ola,2026,fill,ola,,,2026-02-09,9",
        "2026-02-11,planning,ola,2026,choose,max,refer,,,",
        "2026-02-20,planning,nan,2026,fill,nan,,,2026-02-20,6",
        "2026-03-02,planning,ola,2026,choose,mat,impose,,,",
        "2026-03-02,planning,nan,2026,choose,max,accept,,,",
    ];
    year_of_acts(&project, "workflow,subject,period,act,as,choice,because,written,targets", &acts, date(2026, 1, 1));
}

#[test]
fn a_year_of_recorded_hearings_is_what_a_run_makes_of_them() {
    let project = Project::of("conduct");
    project.merit(0, &["deploy", "--adopt", "2026-08-01"]);
    project.merit(0, &["import", "records", "--from", "2026-08-01"]);
    let acts = [
        "2026-10-01,hearing,ada,2025,send,sec,,,",
        "2026-10-02,hearing,ben,2025,send,sec,,,",
        "2026-10-05,hearing,ada,2025,fill,ada,,,It is not so",
        "2026-10-06,hearing,ada,2025,choose,boss,drop,the answer convinces,",
        "2026-10-20,hearing,cy,2025,send,sec,,,",
        "2026-11-03,hearing,ben,2025,choose,boss,impose,,",
        "2026-11-20,hearing,ben,2025,choose,ben,appeal,,",
    ];
    year_of_acts(&project, "workflow,subject,period,act,as,choice,because,reply", &acts, date(2026, 8, 1));
}

#[test]
fn what_is_wrong_with_recorded_acts_is_told() {
    let project = goals();
    let head = "day,workflow,subject,period,act,as,agreed";
    let told = |text: &str, more: &[&str], code: i32| {
        std::fs::write(project.path("acts.csv"), text).unwrap();
        project.merit(code, &[&["forecast", "--years", "1", "--acts", "acts.csv"], more].concat())
    };
    for (text, words) in [
        ("workflow,subject,act,as\n".to_owned(), "no column `day`"),
        (format!("{head}\n2026-01-05,goal,n001,2026,fill,n001,2026-01-05\n"), "did you mean `goals`?"),
        (format!("{head}\nsoon,goals,n001,2026,fill,n001,2026-01-05\n"), "line 2: `soon` is no day"),
        (
            format!("{head}\n2026-01-05,goals,n001,next year,fill,n001,2026-01-05\n"),
            "`next year` is no period of `goals`",
        ),
        (format!("{head}\n2026-01-05,goals,n001,2026,fill,n001,soon\n"), "`agreed`: "),
        (format!("{head}\n2026-01-05,goals,n001,2026,fil,n001,2026-01-05\n"), "`fil` is nothing that can be done"),
    ] {
        let said = told(&text, &[], 2);
        assert!(said.contains(words), "{words}: {said}");
    }
    let good = format!(
        "{head}\n2026-01-05,goals,n001,2026,fill,n001,2026-01-05\n2025-01-05,goals,n002,2026,fill,n002,2025-01-05\n"
    );
    let said = told(&good, &[], 0);
    assert!(said.contains("with the acts that are written down"), "{said}");
    assert!(said.contains("line 3: its day is not among those that are run"), "{said}");
    assert!(told(&good, &["--scenario", "mixed"], 2).contains("`mixed` assumes how people act"));
    assert!(told(&good, &["--entries", "merit.db"], 2).contains("is the store itself"));
}
