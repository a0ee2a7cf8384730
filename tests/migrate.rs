//! Open cases under another version of their policy: what a plan says is what then happens, case by case, and nothing happens twice.

#![expect(clippy::unwrap_used, reason = "a test whose store fails has failed")]

use jiff::ToSpan;
use jiff::civil::{Date, date};
use merit::engine::{
    self, ActRequest, Candidate, Chosen, EngineError, MigrateReport, MigrateRequest, Rehearsal, rehearse,
};
use merit::policy::compile;
use merit::report::{CasePlan, PlanReport, Reader, Side, plan_report};
use merit::source::Sources;
use merit::store::sqlite::SqliteStore;
use merit::store::{Filter, Store};
use merit::workflow::{Act, Case, Deed, Event, Skipped};

#[allow(dead_code, reason = "not every test asks for every invariant")]
mod house;
#[expect(dead_code, reason = "what leaves the house is looked at elsewhere")]
mod invariants;

use house::{Everybody, House, settings};

fn request() -> MigrateRequest {
    let (by, because) = ("registrar".to_owned(), "the new circular".to_owned());
    MigrateRequest { by, because, ..MigrateRequest::default() }
}

fn migrate(house: &mut House, day: Date, request: &MigrateRequest) -> MigrateReport {
    engine::migrate(&mut house.store, &settings(day), &mut Everybody, request).unwrap()
}

fn stays(house: &mut House, day: Date, request: &MigrateRequest) -> Vec<String> {
    migrate(house, day, request).stay.into_iter().map(|it| format!("{}: {}; {}", it.case, it.why, it.help)).collect()
}

/// What deploying a text and moving cases would do.
fn plan(store: &SqliteStore, day: Date, days: u32, text: Option<&str>, moves: Option<&MigrateRequest>) -> PlanReport {
    let mut as_it_is = store.twin().unwrap();
    let mut changed = store.twin().unwrap();
    let since = store.state().unwrap().rev;
    let files = text.map(|it| vec![("policy.merit".to_owned(), it.to_owned())]).unwrap_or_default();
    let policy = text.map(|it| compile(&Sources::single("policy.merit", it)).policy.unwrap());
    let deploy = policy.as_ref().map(|policy| Candidate { files: &files, policy });
    let settings = settings(day);
    let bare = Rehearsal { deploy: None, migrate: None, settings: &settings, days };
    rehearse(&mut as_it_is, &bare).unwrap();
    let rehearsed = rehearse(&mut changed, &Rehearsal { deploy, migrate: moves, ..bare }).unwrap();
    let sides = Side { as_it_is: &as_it_is, changed: &changed, since };
    plan_report(Reader::Keeper, &sides, rehearsed.moved, (day.to_string(), days)).unwrap()
}

fn of<'p>(plan: &'p PlanReport, subject: &str) -> &'p CasePlan {
    plan.cases.iter().find(|it| it.subject == subject).unwrap_or_else(|| panic!("{subject} in {plan:#?}"))
}

fn case_of(house: &House, subject: &str) -> (i64, Case) {
    let filter = Filter { subject: Some(subject.to_owned()), ..Filter::default() };
    let row = house.store.cases(&filter).unwrap().pop().unwrap();
    (row.id, serde_json::from_str(&row.state).unwrap())
}

fn events_of(house: &House, subject: &str) -> Vec<Event> {
    let (id, _) = case_of(house, subject);
    house.store.journal(id).unwrap().iter().map(|it| serde_json::from_str(&it.payload).unwrap()).collect()
}

fn due(house: &House, subject: &str, stage: &str) -> Option<Date> {
    case_of(house, subject).1.stages[stage].dates.due.as_ref().map(|it| it.day)
}

fn complaints() -> House {
    let mut house = House::open("complaints", date(2026, 4, 1), &["clerk.csv", "complaint.csv"]);
    house.run(date(2026, 4, 7));
    house
}

const FIFTEEN: (&str, &str) = ("due   10 working days after received", "due   15 working days after received");

#[test]
fn a_moved_case_has_the_dates_of_its_new_version_and_says_why() {
    let mut house = complaints();
    assert_eq!(due(&house, "C1", "answer"), Some(date(2026, 4, 20)));
    house.deploy(|it| it.replace(FIFTEEN.0, FIFTEEN.1));
    house.run(date(2026, 4, 8));
    assert_eq!(due(&house, "C1", "answer"), Some(date(2026, 4, 20)), "an open case keeps its version");
    let told = plan(&house.store, date(2026, 4, 8), 14, None, Some(&request()));
    let date = &of(&told, "C1").dates[0];
    assert_eq!((date.was.as_deref(), date.becomes.as_deref()), (Some("2026-04-20"), Some("2026-04-27")));
    assert!(date.why.starts_with("the case moved to policy version 2"), "{}", date.why);

    let report = migrate(&mut house, "2026-04-08".parse().unwrap(), &request());
    assert_eq!((report.moved, report.already, report.stay.len()), (2, 0, 0));
    assert_eq!(due(&house, "C1", "answer"), Some("2026-04-27".parse().unwrap()));
    let moved =
        events_of(&house, "C1").into_iter().find_map(|it| if let Event::Moved(it) = it { Some(it) } else { None });
    let moved = moved.unwrap();
    assert_eq!((moved.from, moved.to, &*moved.by, &*moved.because), (1, 2, "registrar", "the new circular"));
    let entry =
        house.store.journal(case_of(&house, "C1").0).unwrap().into_iter().find(|it| it.kind == "moved").unwrap();
    assert_eq!(entry.actor, "person registrar");
    house.every_invariant_holds("2026-04-08".parse().unwrap(), true);

    let rev = house.store.state().unwrap().rev;
    let again = migrate(&mut house, "2026-04-08".parse().unwrap(), &request());
    assert_eq!((again.moved, again.already), (0, 2));
    assert_eq!(house.store.state().unwrap().rev, rev, "twice is nothing");
}

fn sent_to(house: &House, subject: &str) -> Vec<(String, String)> {
    let (id, _) = case_of(house, subject);
    let effects = house.store.effects(&Filter { case: Some(id), ..Filter::default() }).unwrap();
    effects.into_iter().map(|it| (it.effect.day, it.effect.message)).collect()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn run_until(house: &mut House, from: &str, until: &str) {
    let (mut at, until) = (day(from), day(until));
    while at <= until {
        house.run(at);
        at = at.checked_add(1.day()).unwrap();
    }
}

#[test]
fn a_reminder_that_was_sent_is_not_sent_again_because_its_day_moved() {
    let mut house = complaints();
    run_until(&mut house, "2026-04-08", "2026-04-16");
    assert_eq!(sent_to(&house, "C1"), [("2026-04-16".to_owned(), "answer_due".to_owned())]);
    house.deploy(|it| it.replace(FIFTEEN.0, FIFTEEN.1));
    migrate(&mut house, day("2026-04-16"), &request());
    run_until(&mut house, "2026-04-16", "2026-05-05");
    let messages: Vec<String> = sent_to(&house, "C1").into_iter().map(|it| format!("{} {}", it.0, it.1)).collect();
    let expected = [
        "2026-04-16 answer_due",
        "2026-04-28 answer_overdue",
        "2026-04-28 answer_overdue",
        "2026-05-04 answer_escalated",
    ];
    assert_eq!(messages, expected);
    house.every_invariant_holds(day("2026-05-05"), true);
}

#[test]
fn steps_are_known_by_what_they_do_and_not_by_their_place() {
    // The first reminder is taken out, and another is put in its place; then all is as it was.
    let remind = "remind desk 2 working days before due with answer_due";
    let mut house = complaints();
    run_until(&mut house, "2026-04-08", "2026-04-16");
    house.deploy(|it| it.replace(remind, "remind chief_of_desk 1 working day before due with settlement_due"));
    migrate(&mut house, day("2026-04-16"), &request());
    run_until(&mut house, "2026-04-16", "2026-04-19");
    let on_the_19th = ("2026-04-19".to_owned(), "settlement_due".to_owned());
    assert!(
        sent_to(&house, "C1").contains(&on_the_19th),
        "another reminder is no repetition: {:?}",
        sent_to(&house, "C1")
    );
    house.deploy(|it| it.replace("remind chief_of_desk 1 working day before due with settlement_due", remind));
    migrate(&mut house, day("2026-04-19"), &MigrateRequest { to: Some(3), ..request() });
    run_until(&mut house, "2026-04-19", "2026-04-27");
    let messages = sent_to(&house, "C1");
    let first = messages.iter().filter(|it| it.1 == "answer_due").count();
    assert_eq!(first, 1, "{messages:?}");
    let overdue: Vec<_> = messages.iter().filter(|it| it.1 == "answer_overdue").collect();
    assert_eq!(overdue.len(), 2, "the second reminder goes to both, once: {messages:?}");
    house.every_invariant_holds(day("2026-04-27"), true);
}

#[test]
fn what_is_new_and_lies_before_the_move_is_skipped() {
    let mut house = complaints();
    run_until(&mut house, "2026-04-08", "2026-04-20");
    let more = "remind desk 3 working days after opening with answer_due\n    remind desk every 2 working days overdue with answer_overdue\n    remind desk 2 working days before due";
    house.deploy(|it| it.replace("remind desk 2 working days before due", more));
    let told = plan(&house.store, day("2026-04-20"), 3, None, Some(&request()));
    assert_eq!(of(&told, "C1").skipped.len(), 1, "{:?}", of(&told, "C1").skipped);
    migrate(&mut house, day("2026-04-20"), &request());
    let skipped: Vec<String> = events_of(&house, "C1")
        .into_iter()
        .filter_map(|it| match it {
            Event::StepSkipped { mark, why: Skipped::BeforeMove, .. } => Some(mark.step),
            _ => None,
        })
        .collect();
    assert_eq!(skipped, ["remind-1 of version 2"]);
    run_until(&mut house, "2026-04-20", "2026-04-23");
    let late: Vec<_> = sent_to(&house, "C1").into_iter().filter(|it| *it.0 > *"2026-04-20").collect();
    assert!(late.iter().any(|it| it.0 == "2026-04-22"), "every two working days from then on: {late:?}");
    house.every_invariant_holds(day("2026-04-23"), true);
}

#[test]
fn nobody_is_late_by_a_move() {
    let mut house = complaints();
    run_until(&mut house, "2026-04-08", "2026-04-16");
    house.deploy(|it| it.replace(FIFTEEN.0, "due   4 working days after received"));
    let told = plan(&house.store, day("2026-04-16"), 10, None, Some(&request()));
    let report = migrate(&mut house, day("2026-04-16"), &request());
    assert_eq!(report.moved, 2);
    let granted = due(&house, "C1", "answer").unwrap();
    assert_eq!(granted, day("2026-04-30"), "ten working days from the move");
    assert_eq!(of(&told, "C1").dates[0].becomes.as_deref(), Some("2026-04-30"));
    let journal = events_of(&house, "C1");
    let moved = journal.iter().rev().find(|it| matches!(it, Event::DatesMoved { .. })).unwrap();
    let Event::DatesMoved { dates, .. } = moved else { panic!() };
    let lines = dates.due.as_ref().unwrap().derivation.lines().join("; ");
    assert!(lines.contains("the move to this version of the policy"), "{lines}");
    house.every_invariant_holds(day("2026-04-16"), true);
    // It does not jump back when the case is looked at again.
    house.enter("complaint.csv", "id,about\nC1,street lamp\n", day("2026-04-17"));
    run_until(&mut house, "2026-04-17", "2026-04-20");
    assert_eq!(due(&house, "C1", "answer"), Some(granted));
}

#[test]
fn who_was_late_before_the_move_stays_so() {
    let mut house = complaints();
    run_until(&mut house, "2026-04-08", "2026-04-22");
    house.deploy(|it| it.replace(FIFTEEN.0, "due   9 working days after received"));
    migrate(&mut house, day("2026-04-22"), &request());
    assert_eq!(due(&house, "C1", "answer"), Some(day("2026-04-19")));
    house.every_invariant_holds(day("2026-04-22"), true);
}

#[test]
fn a_stage_that_is_open_must_have_a_place_or_be_given_one() {
    let mut house = complaints();
    run_until(&mut house, "2026-04-08", "2026-04-16");
    house.deploy(|it| {
        it.replace("stage answer \"Answer the citizen\"", "stage reply \"Reply\"")
            .replace("expect answer ", "expect reply ")
    });
    let stay = stays(&mut house, day("2026-04-16"), &request());
    let words = "`answer` is open, and version 2 has no such stage";
    assert!(stay.len() == 1 && stay[0].contains(words) && stay[0].contains("--stage answer=…"), "{stay:?}");
    assert_eq!(case_of(&house, "C1").1.policy, 1, "it stays as it is");
    assert_eq!(case_of(&house, "C2").1.policy, 2, "where it has ended, it is no hindrance");

    let mapped = MigrateRequest { stages: vec![("answer".to_owned(), "reply".to_owned())], ..request() };
    assert_eq!(migrate(&mut house, day("2026-04-16"), &mapped).moved, 1);
    let (id, case) = case_of(&house, "C1");
    assert!(case.stages.contains_key("reply") && !case.stages.contains_key("answer"));
    assert!(
        house.store.deadline(id, "answer").unwrap().is_none() && house.store.deadline(id, "reply").unwrap().is_some()
    );
    run_until(&mut house, "2026-04-17", "2026-04-27");
    assert_eq!(sent_to(&house, "C1").len(), 4, "reminded once, overdue to two, escalated: {:?}", sent_to(&house, "C1"));
    house.every_invariant_holds(day("2026-04-27"), true);

    // And back.
    let back = vec![("reply".to_owned(), "answer".to_owned())];
    let back = MigrateRequest { to: Some(1), stages: back, ..request() };
    let report = migrate(&mut house, day("2026-04-27"), &back);
    assert_eq!((report.to, report.moved), (1, 2), "{:?}", report.stay);
    run_until(&mut house, "2026-04-27", "2026-05-10");
    assert_eq!(sent_to(&house, "C1").len(), 4);
    house.every_invariant_holds(day("2026-05-10"), true);
}

#[test]
fn a_stage_that_is_new_opens_with_the_move_or_is_passed() {
    let answer = "  stage answer \"Answer the citizen\" {\n    opens received\n";
    let take_up = "  stage take_up \"Take it up\" {\n    opens received\n    due 2 working days after opening\n    by desk\n    fills about\n  }\n";
    let visit = "  stage visit \"Visit\" {\n    opens received\n    due 5 working days after opening\n    by chief_of_desk\n    done when about is \"seen\"\n    remind chief_of_desk at opening with settlement_due\n  }\n}\n\nmessage answer_due";
    let mut house = complaints();
    run_until(&mut house, "2026-04-08", "2026-04-16");
    house.deploy(|it| {
        let text = it.split("\nexample").next().unwrap().to_owned();
        let text = text.replace(answer, &format!("{take_up}  stage answer \"Answer the citizen\" {{\n"));
        text.replace("}\n\nmessage answer_due", visit)
    });
    let told = plan(&house.store, day("2026-04-16"), 10, None, Some(&request()));
    let stages: Vec<_> = of(&told, "C1").stages.iter().map(|it| (&*it.stage, it.was, it.becomes)).collect();
    assert_eq!(stages, [("take_up", "not begun", "left out"), ("visit", "not begun", "open")]);
    migrate(&mut house, day("2026-04-16"), &request());
    let (_, case) = case_of(&house, "C1");
    assert_eq!(case.stages["visit"].opening.as_ref().unwrap().day, day("2026-04-16"));
    assert!(sent_to(&house, "C1").contains(&("2026-04-16".to_owned(), "settlement_due".to_owned())));
    run_until(&mut house, "2026-04-17", "2026-04-27");
    house.every_invariant_holds(day("2026-04-27"), true);
}

#[path = "migrate/chance.rs"]
mod chance;

#[test]
fn what_a_plan_says_is_what_then_happens() {
    let number = |name: &str| std::env::var(name).ok().and_then(|it| it.parse::<u64>().ok());
    let (seed, lives) = (number("MERIT_SEED").unwrap_or(1), number("MERIT_LIVES").unwrap_or(8));
    let (mut moved, mut stayed) = (0, 0);
    for seed in seed..seed + lives {
        let sums = chance::live(seed);
        (moved, stayed) = (moved + sums.0, stayed + sums.1);
    }
    assert!(lives < 8 || (moved > 12 && stayed > 0), "cases move, and cases can't: {moved} and {stayed}");
}

const AWAY: &str = "  suspend the clock while away is yes\n";

/// Nurses with plans to write, under version 2: whoever is away has a clock that stands still.
fn planning() -> House {
    let adopted = date(2026, 1, 1);
    let mut house = House::open("plans", adopted, &[]);
    house.deploy(|it| chance::first(&it));
    house.import(std::path::Path::new("tests/projects/plans/records/nurse.csv"), adopted);
    house
}

#[test]
fn a_clock_that_stands_still_goes_on_so_and_its_days_stay() {
    let mut house = planning();
    run_until(&mut house, "2026-01-01", "2026-01-04");
    house.enter("nurse.csv", "id,away\nnan,yes\nola,yes\n", day("2026-01-05"));
    run_until(&mut house, "2026-01-05", "2026-01-09");
    house.enter("nurse.csv", "id,away\nola,no\n", day("2026-01-10"));
    run_until(&mut house, "2026-01-10", "2026-01-12");
    let before = case_of(&house, "ola").1.suspensions;
    assert_eq!(before.len(), 1);
    // Another due date: who stands still does so.
    house.deploy(|it| it.replace("due   30 January, for", "due   20 February, for"));
    assert_eq!(migrate(&mut house, day("2026-01-12"), &request()).stay, []);
    assert_eq!(case_of(&house, "ola").1.suspensions, before);
    assert!(case_of(&house, "nan").1.stands_still_on(day("2026-01-12")));
    house.every_invariant_holds(day("2026-01-12"), true);
    // A version without such days takes none of them away, and stops no clock any more.
    house.deploy(|it| it.replace(AWAY, ""));
    assert_eq!(migrate(&mut house, day("2026-01-13"), &request()).stay, []);
    assert_eq!(case_of(&house, "ola").1.suspensions, before, "days that were given are not taken back");
    let nan = case_of(&house, "nan").1;
    assert!(!nan.stands_still_on(day("2026-01-13")) && nan.stands_still_on(day("2026-01-12")), "{:?}", nan.suspensions);
    run_until(&mut house, "2026-01-13", "2026-01-16");
    house.every_invariant_holds(day("2026-01-16"), true);
    // And back again.
    assert_eq!(migrate(&mut house, day("2026-01-16"), &MigrateRequest { to: Some(2), ..request() }).stay, []);
    assert!(case_of(&house, "nan").1.stands_still_on(day("2026-01-16")));
    house.every_invariant_holds(day("2026-01-16"), true);
    // The days on which it ran in between stay out; what follows upon the move is one stretch with what stood still up to it.
    let stretches = |subject: &str| -> Vec<(String, Option<String>)> {
        let ledger = case_of(&house, subject).1.suspensions;
        ledger.iter().map(|it| (it.from.to_string(), it.until.map(|it| it.to_string()))).collect()
    };
    let of = |from: &str, until: Option<&str>| (from.to_owned(), until.map(str::to_owned));
    assert_eq!(stretches("nan"), [of("2026-01-05", Some("2026-01-12")), of("2026-01-16", None)]);
    assert_eq!(stretches("ola"), [of("2026-01-05", Some("2026-01-09"))]);
    house.deploy(|it| it.replace("due   20 February, for", "due   27 February, for"));
    assert_eq!(migrate(&mut house, day("2026-01-17"), &request()).stay, []);
    let nan = case_of(&house, "nan").1.suspensions;
    assert_eq!(nan.len(), 2, "{nan:?}");
    house.every_invariant_holds(day("2026-01-17"), true);
}

#[test]
fn a_migration_that_was_broken_off_is_carried_on() {
    let mut house = planning();
    house.run(date(2026, 1, 5));
    house.deploy(|it| it.replace("due   30 January, for", "due   20 February, for"));
    let only = MigrateRequest { which: Chosen { subjects: vec!["nan".to_owned()], ..Chosen::default() }, ..request() };
    let moved = |report: &MigrateReport| (report.moved, report.already);
    assert_eq!(moved(&migrate(&mut house, date(2026, 1, 5), &only)), (1, 0));
    let rev = house.store.state().unwrap().rev;
    let rest =
        engine::migrate_in_batches(&mut house.store, &settings(date(2026, 1, 5)), &mut Everybody, &request(), Some(1));
    assert_eq!(moved(&rest.unwrap()), (3, 1));
    assert_eq!(house.store.state().unwrap().rev, rev + 3, "one commit for each batch");
    house.every_invariant_holds(date(2026, 1, 5), true);
    let at = MigrateRequest { which: Chosen { stage: Some("look".to_owned()), ..Chosen::default() }, ..request() };
    assert_eq!(moved(&migrate(&mut house, date(2026, 1, 5), &at)), (0, 0), "no case is in that stage");
}

#[test]
fn nobody_moves_cases_without_a_name_and_a_reason() {
    let mut house = planning();
    house.run(date(2026, 1, 5));
    let rev = house.store.state().unwrap().rev;
    for request in [
        MigrateRequest { by: " ".to_owned(), ..request() },
        MigrateRequest { because: String::new(), ..request() },
        MigrateRequest { to: Some(9), ..request() },
    ] {
        let refused = engine::migrate(&mut house.store, &settings(date(2026, 1, 5)), &mut Everybody, &request);
        assert!(matches!(refused, Err(EngineError::Move(_))), "{refused:?}");
    }
    assert_eq!(house.store.state().unwrap().rev, rev);
}

#[test]
fn in_mid_cycle_open_cases_keep_their_version_and_new_ones_have_the_new() {
    let mut house = planning();
    house.run(date(2026, 1, 5));
    let text = std::cell::RefCell::new(String::new());
    house.deploy(|it| {
        let changed = it.replace("due   30 January, for", "due   20 February, for");
        text.replace(it);
        changed
    });
    // The other text is planned from the one in force.
    let old = text.into_inner();
    house.enter("nurse.csv", "id,email,manager\nnew,new@hospital.example,max\n", date(2026, 1, 6));
    let told = plan(&house.store, day("2026-01-06"), 3, Some(&old), None);
    assert_eq!((told.new, told.sums.moved, told.sums.keep), (true, 0, 4), "{told:#?}");
    house.run(date(2026, 1, 6));
    let write = |whom: &str| (case_of(&house, whom).1.policy, due(&house, whom, "write"));
    assert_eq!(write("nan"), (2, Some(day("2026-01-30"))));
    assert_eq!(write("new"), (3, Some(day("2026-02-20"))));
    // Taken back, it is a new version, and only what was moved or opened under the other goes on under it.
    house.deploy(|_| old.clone());
    let report = migrate(&mut house, day("2026-01-07"), &request());
    assert_eq!((report.to, report.moved, report.already), (4, 1, 4), "a version of the same text is the same");
    assert_eq!(due(&house, "new", "write"), Some(day("2026-01-30")));
    house.every_invariant_holds(day("2026-01-07"), true);
}

#[test]
fn what_has_no_place_in_the_other_version_says_so() {
    let without = |it: String| it.split("\nexample").next().unwrap().to_owned();
    for (from, to, why) in [
        ("workflow complaint_handling", "workflow handling", "policy version 2 has no workflow `complaint_handling`"),
        (
            "    fills answered\n",
            "    fills answered\n    closes 1 day after received\n",
            "would have run out on 6 April 2026",
        ),
    ] {
        let mut house = complaints();
        house.run(day("2026-04-08"));
        house.deploy(|it| without(it).replace(from, to));
        let stay = stays(&mut house, day("2026-04-09"), &request());
        assert_eq!(stay.len(), 2, "{stay:?}");
        assert!(stay[0].contains(why), "{stay:?}");
        assert_eq!(case_of(&house, "C1").1.policy, 1);
    }
}

#[test]
fn what_was_decided_stays_and_what_is_heard_goes_on() {
    let mut house = House::open("conduct", date(2026, 1, 1), &["officer.csv", "review.csv"]);
    house.run(date(2026, 9, 30));
    let outcomes = |house: &House| {
        let rows = house.store.outcomes(&merit::store::OutcomeFilter::default()).unwrap();
        rows.into_iter().map(|it| (it.subject, it.rule, it.state)).collect::<Vec<_>>()
    };
    let before = outcomes(&house);
    assert!(before.iter().any(|it| it.2 == "proposed"), "{before:?}");
    house.deploy(|it| {
        it.split("\nexample").next().unwrap().replace("5 working days after opening", "8 working days after opening")
    });
    let told = plan(&house.store, date(2026, 10, 1), 5, None, Some(&request()));
    let report = migrate(&mut house, date(2026, 10, 1), &request());
    assert!(report.moved > 0 && report.stay.is_empty(), "{report:?}");
    assert_eq!((told.sums.moved, told.outcomes.len()), (report.moved, 0));
    assert_eq!(outcomes(&house), before);
    house.every_invariant_holds(date(2026, 10, 1), true);
    // A rule that is gone: its case can't be about it.
    house.deploy(|it| {
        it.replace("sanction warning \"Written warning\" { when mark < 50", "sanction admonition { when mark < 50")
            .replace("warning", "admonition")
    });
    let stay = stays(&mut house, date(2026, 10, 2), &request());
    assert!(stay.iter().any(|it| it.contains("has no `warning` in `conduct`")), "{stay:?}");
    assert_eq!(outcomes(&house), before);
}

#[test]
fn what_has_ended_under_its_old_name_does_not_come_anew_under_the_other() {
    let mut house = House::open("reviews", day("2026-01-01"), &["person.csv", "asking.csv"]);
    let beside = |text: String| {
        text.replace(
            "  stage sum_up {",
            "  together {\n    stage note { by boss; due 1 month after opening; choose noted }\n    stage talk { by boss; due 1 month after opening; choose talked }\n  }\n  stage sum_up {",
        )
    };
    house.deploy(beside);
    house.run(day("2026-01-05"));
    for who in ["ben", "cid", "dan"] {
        let act = Act {
            by: (String::new(), who.to_owned()),
            stage: None,
            what: Deed::Fill(vec!["opinion".to_owned()]),
            because: None,
            key: None,
        };
        let case = case_of(&house, "ada").0;
        house
            .act(day("2026-01-06"), &ActRequest { case, act, values: vec![("opinion".to_owned(), "kind".to_owned())] })
            .unwrap();
    }
    let noted = Deed::Choose { choice: "noted".to_owned(), instead: None };
    house.does(day("2026-01-07"), "bob", noted, "ada").unwrap();
    house.deploy(|it| it.replace("stage note {", "stage remark {"));
    let mapped = MigrateRequest { stages: vec![("note".to_owned(), "remark".to_owned())], ..request() };
    let report = migrate(&mut house, day("2026-01-08"), &mapped);
    assert_eq!(report.moved, 1, "{:?}", report.stay);
    let (_, case) = case_of(&house, "ada");
    assert_eq!(case.stages["remark"].status, merit::workflow::StageStatus::LeftOut);
    assert_eq!(case.stages["talk"].status, merit::workflow::StageStatus::Running);
    house.run(day("2026-01-08"));
    house.every_invariant_holds(day("2026-01-08"), true);
    // Two stages can't become one.
    house.deploy(|it| it.replace("stage talk {", "stage word {"));
    let both = vec![("talk".to_owned(), "word".to_owned()), ("remark".to_owned(), "word".to_owned())];
    let report = migrate(&mut house, day("2026-01-09"), &MigrateRequest { stages: both, ..request() });
    assert_eq!(report.moved, 1, "{:?}", report.stay);
    assert_eq!(case_of(&house, "ada").1.stages["word"].status, merit::workflow::StageStatus::Running);
    let moved =
        events_of(&house, "ada").into_iter().filter_map(|it| if let Event::Moved(it) = it { Some(it) } else { None });
    assert_eq!(moved.last().unwrap().passed, Vec::<String>::new(), "what is open is not left out");
    house.run(day("2026-01-09"));
    house.every_invariant_holds(day("2026-01-09"), true);
}

#[test]
fn two_stages_that_are_open_do_not_become_one() {
    let mut house = House::open("reviews", day("2026-01-01"), &["person.csv", "asking.csv"]);
    let several = "  together {\n    stage note { opens start of year; by boss; due 1 year after opening; choose noted }\n    stage talk { opens start of year; by boss; due 1 year after opening; choose talked }\n  }\n";
    let with = |text: String| {
        let text = text.split("\nexample").next().unwrap().to_owned();
        text.replace("  stage collect for", &format!("{several}  stage collect for"))
            .replace("opens start of year\n", "")
    };
    house.deploy(with);
    house.run(day("2026-01-05"));
    house.deploy(|it| it.replace("stage talk {", "stage word {").replace("stage note {", "stage line {"));
    let mapped = |note: &str, talk: &str| MigrateRequest {
        stages: vec![("note".to_owned(), note.to_owned()), ("talk".to_owned(), talk.to_owned())],
        ..request()
    };
    let stay = stays(&mut house, day("2026-01-06"), &mapped("word", "word"));
    let words = "`talk` can't become `word`, for the case has a stage of that name; map it to another stage";
    assert!(!stay.is_empty() && stay.iter().all(|it| it.ends_with(words)), "{stay:?}");
    assert_eq!(case_of(&house, "ada").1.policy, 2, "it stays as it is");
    assert_eq!(migrate(&mut house, day("2026-01-06"), &mapped("line", "word")).stay, []);
    assert_eq!(case_of(&house, "ada").1.stages().map(|it| it.0).collect::<Vec<_>>(), ["line", "word"]);
    house.every_invariant_holds(day("2026-01-06"), true);
}

#[test]
fn whose_clock_somebody_has_stopped_moves_only_where_somebody_lets_it_run_again() {
    const POWER: &str = "  may be suspended by matron\n";
    let mut house = planning();
    house.deploy(|it| it.replace("  may be withdrawn", &format!("{POWER}  may be withdrawn")));
    house.run(day("2026-01-05"));
    let by_the_matron = |house: &mut House, on: &str, what: Deed| {
        let act = Act {
            by: (String::new(), "mat".to_owned()),
            stage: None,
            what,
            because: Some("a flood".to_owned()),
            key: None,
        };
        let case = case_of(house, "nan").0;
        house.act(day(on), &ActRequest { case, act, values: Vec::new() }).unwrap();
    };
    by_the_matron(&mut house, "2026-01-06", Deed::Suspend);
    house.deploy(|it| it.replace(POWER, ""));
    let stay = stays(&mut house, day("2026-01-07"), &request());
    let words = "somebody has stopped the clock, and version 4 names nobody who lets it run again";
    assert!(stay.len() == 1 && stay[0].contains(words) && stay[0].contains("resume"), "{stay:?}");
    assert_eq!((case_of(&house, "nan").1.policy, case_of(&house, "ola").1.policy), (3, 4));
    by_the_matron(&mut house, "2026-01-08", Deed::Resume);
    assert_eq!(migrate(&mut house, day("2026-01-08"), &request()).stay, []);
    let (_, case) = case_of(&house, "nan");
    assert!(case.policy == 4 && !case.stands_still_on(day("2026-01-08")) && case.stands_still_on(day("2026-01-07")));
    house.every_invariant_holds(day("2026-01-08"), true);
}

fn is_told(house: &House, subject: &str, on: &str) -> usize {
    sent_to(house, subject).iter().filter(|it| it.0 == on).count()
}

#[test]
fn a_step_is_the_same_by_the_name_that_somebody_gave_it_and_no_other_by_what_it_counts_from() {
    let remind = "    remind nurse 1 week before due with due_soon\n";
    let with = |house: &mut House, line: &str| house.deploy(|it| it.replace(remind, line));
    // By its name: of another day, to another, it was taken all the same.
    let mut house = planning();
    let named = "    remind nurse 1 week before due with due_soon named early\n";
    with(&mut house, named);
    run_until(&mut house, "2026-01-05", "2026-01-24");
    assert_eq!(is_told(&house, "nan", "2026-01-23"), 1);
    house.deploy(|it| it.replace(named, "    remind manager 2 days before due with due_soon named early\n"));
    assert_eq!(migrate(&mut house, day("2026-01-24"), &request()).stay, []);
    run_until(&mut house, "2026-01-25", "2026-01-30");
    assert_eq!(is_told(&house, "nan", "2026-01-28"), 0);
    // By what it counts from: what was sent before the due date is not what is sent behind it.
    let mut house = planning();
    run_until(&mut house, "2026-01-05", "2026-01-24");
    with(&mut house, "    remind nurse 2 working days overdue with due_soon\n");
    assert_eq!(migrate(&mut house, day("2026-01-24"), &request()).stay, []);
    run_until(&mut house, "2026-01-25", "2026-02-04");
    assert_eq!(is_told(&house, "nan", "2026-02-03"), 1, "{:?}", sent_to(&house, "nan"));
}

#[test]
fn who_has_signed_for_a_choice_finds_it_again_or_the_case_stays() {
    let mut house = planning();
    house.deploy(|it| {
        it.replace(
            "by     manager\n    due    1 week after opening",
            "by     manager and matron\n    due    1 week after opening",
        )
    });
    house.run(day("2026-01-05"));
    let act = |who: &str, what: Deed| Act {
        by: (String::new(), who.to_owned()),
        stage: None,
        what,
        because: None,
        key: None,
    };
    let values = vec![("written".to_owned(), "2026-01-06".to_owned()), ("targets".to_owned(), "4".to_owned())];
    let fill = act("nan", Deed::Fill(vec!["written".to_owned(), "targets".to_owned()]));
    let case = case_of(&house, "nan").0;
    house.act(day("2026-01-06"), &ActRequest { case, act: fill, values }).unwrap();
    let accept = act("max", Deed::Choose { choice: "accept".to_owned(), instead: None });
    house.act(day("2026-01-07"), &ActRequest { case, act: accept, values: Vec::new() }).unwrap();
    // Another choice is gone: that hinders nobody.
    house.deploy(|it| it.replace("accept \"Accept it\"", "accept \"Yes\""));
    assert_eq!(migrate(&mut house, day("2026-01-08"), &request()).stay, []);
    house.deploy(|it| it.replace("accept \"Yes\"", "approve \"Yes\"").replace("on accept", "on approve"));
    let stay = stays(&mut house, day("2026-01-08"), &request());
    assert!(
        stay.len() == 1 && stay[0].contains("max has chosen `accept` in `look`, and version 5 does not offer it"),
        "{stay:?}"
    );
}

#[test]
fn what_runs_out_on_the_day_of_the_move_does_so_and_a_case_closed_before_it_stays() {
    let late = "due   30 January, for late comers 2 weeks after opening";
    let mut house = planning();
    house.run(day("2026-01-05"));
    house.deploy(|it| {
        let lapses = "fills written, targets\n    lapses at due\n    on lapse finish decided";
        it.replace(late, "due   12 January at 09:00, for late comers 2 weeks after opening")
            .replace("fills written, targets", lapses)
    });
    assert_eq!(migrate(&mut house, day("2026-01-12"), &request()).stay, []);
    let (_, case) = case_of(&house, "nan");
    assert_eq!((case.mark.as_deref(), case.ended), (Some("decided"), Some(day("2026-01-12"))));

    let mut house = planning();
    house.run(day("2026-01-05"));
    house.deploy(|it| {
        it.replace("  may be withdrawn", "  case closes 10 January\n  may be withdrawn")
            .replace(late, "due   9 January, for late comers 2 weeks after opening")
    });
    let stay = stays(&mut house, day("2026-01-12"), &request());
    assert!(
        !stay.is_empty()
            && stay.iter().all(|it| it.contains("the time of the case would have run out on 10 January 2026")),
        "{stay:?}"
    );

    // Its time was over long ago, so that its end would wait: it stays all the same.
    let mut house = planning();
    house.run(day("2026-01-05"));
    house.deploy(|it| it.replace(late, "due   5 January, for late comers 2 weeks after opening\n    closes 5 January"));
    let stay = stays(&mut house, day("2026-01-19"), &request());
    assert!(
        !stay.is_empty()
            && stay.iter().all(|it| it.contains("the time of `write` would have run out on 5 January 2026")),
        "{stay:?}"
    );
}
