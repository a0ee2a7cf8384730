//! Orders about one period: what they move, whom they let off, and what rests on it.

#![expect(clippy::unwrap_used, reason = "a test whose store fails has failed")]

use jiff::civil::{Date, date};
use merit::casework::{Bench, examples};
use merit::policy::compile;
use merit::policy::latest_orders::{OutOfReach, compile_with_orders_of};
use merit::source::Sources;
use merit::store::{Filter, Store};
use merit::workflow::{Case, Event};

#[allow(dead_code, reason = "not every test asks for everything")]
mod house;
#[allow(dead_code, reason = "not every test asks for every invariant")]
mod invariants;

use house::House;

const OFFICE: &str = r#"
calendar office { time zone "UTC"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }
record person { id key text; away dated yes/no }
record review of person each year { held event; mark number from 0 to 100 }
workflow yearly {
  for each person each year
  stage talk { opens start of year; due 31 March, for late comers 1 month after opening; by person; fills held, mark }
}
framework conduct {
  for each person each year
  judged    30 June after the year
  severity  caution (administrative)
  sanctions the most severe that applies
  sanction caution { when mark < 50 in 2 consecutive years; automatic }
}
"#;

/// What examples under these orders expect and did not get, in words.
fn failures(orders: &str) -> Vec<String> {
    let sources = Sources::single("orders.merit", format!("{OFFICE}{orders}"));
    let compilation = compile(&sources);
    let policy = compilation.policy.unwrap_or_else(|| panic!("{}", compilation.diagnostics.render(&sources, false)));
    let run = |it| examples::run(&policy, it).failures;
    policy.examples.iter().flat_map(run).map(|it| format!("{}: {}", it.expected, it.came)).collect()
}

#[test]
fn the_derivation_of_a_moved_date_names_the_order() {
    let text = format!(
        "{OFFICE}adjust yearly.talk in 2026 {{ due 31 May 2026 at 18:00; by order \"Circular 3\" of 2 March 2026 }}"
    );
    let compilation = compile(&Sources::single("orders.merit", text));
    let policy = compilation.policy.unwrap();
    let mut bench = Bench::new(&policy);
    let (on, first) = (date(2026, 3, 2), date(2026, 1, 1));
    let flow = merit::ids::WorkflowId::at(0);
    let period =
        policy.calendar_of(policy.workflow(flow)).period_containing(policy.workflow(flow).each.unwrap(), first);
    let case = bench.open(flow, &"Ada".into(), period.ok(), on).unwrap();
    let looked = bench.look(case, on);
    let due = looked.case.stages["talk"].dates.due.clone().unwrap();
    let lines = due.derivation.lines();
    assert_eq!(due.day, date(2026, 6, 1), "31 May is a Sunday: {lines:?}");
    assert!(lines[0].contains("ordered by Circular 3 of 2 March 2026: 31 May 2026"), "{lines:?}");
    assert_eq!(due.derivation.recompute(policy.main()).unwrap().date, due.day);
}

#[test]
fn a_group_let_off_from_a_framework_is_not_covered_and_its_year_is_left_out() {
    let orders = r#"
exempt each person where away from conduct in 2026 { by order "Circular 3" of 2 March 2026 }
example "e" {
  person Ada { away yes }
  person Ben { away no }
  review of Ada 2025 { mark 40 }
  review of Ada 2026 { mark 90 }
  review of Ada 2027 { mark 40 }
  review of Ben 2025 { mark 40 }
  review of Ben 2026 { mark 90 }
  review of Ben 2027 { mark 40 }
  expect caution not covered for Ada in 2026
  expect caution proposed for Ada in 2027
  expect no caution for Ben in 2027
}"#;
    assert_eq!(failures(orders), Vec::<String>::new());
}

#[test]
fn a_group_told_by_what_it_need_not_fill_does_not_go_round_in_a_circle() {
    let orders = r#"
exempt each person where mark < 20 from yearly in 2026 { by order "Circular 3" of 2 March 2026 }
example "e" {
  person Ada {}
  review of Ada 2025 { mark 40 }
  review of Ada 2027 { mark 40 }
  expect caution undetermined for Ada in 2027, for want of mark
}"#;
    assert_eq!(failures(orders), Vec::<String>::new());
}

#[test]
fn who_comes_after_the_ordered_day_has_the_date_for_late_comers() {
    let orders = r#"
workflow late {
  for each person each year where away
  stage sign { opens start of year; due 31 March, for late comers 1 month after opening; by person; fills held }
}
adjust late.sign in 2026 { due 15 April 2026; by order "Circular 3" of 2 March 2026 }
example "e" {
  person Ada { away yes from 1 April 2026 }
  person Ben { away yes from 16 April 2026 }
  on 16 April 2026 expect sign due 15 April 2026 for Ada
  on 16 April 2026 expect sign due 18 May 2026 for Ben
}"#;
    assert_eq!(failures(orders), Vec::<String>::new());
}

/// Nurses who have until the end of January to write their plan, and then have none.
fn planning() -> House {
    let mut house = House::open("plans", date(2026, 1, 1), &[]);
    let lapses = "fills written, targets\n    lapses at due\n    on lapse finish decided";
    house.deploy(|it| it.split("\nexample").next().unwrap().replace("fills written, targets", lapses));
    house.import(std::path::Path::new("tests/projects/plans/records/nurse.csv"), date(2026, 1, 1));
    house
}

fn case_of(house: &House, subject: &str) -> Case {
    let filter = Filter { subject: Some(subject.to_owned()), ..Filter::default() };
    serde_json::from_str(&house.store.cases(&filter).unwrap().pop().unwrap().state).unwrap()
}

fn due(house: &House, subject: &str) -> Date {
    case_of(house, subject).stages["write"].dates.due.as_ref().unwrap().day
}

#[test]
fn an_order_reaches_open_cases_of_an_older_version_and_opens_again_what_has_lapsed_in_ended_ones() {
    let mut house = planning();
    house.run(date(2026, 1, 5));
    let version = case_of(&house, "nan").policy;
    // The new version gives less time, and orders more of it for this year, from the 12th on.
    let order = "adjust planning.write in 2026 { due 13 February 2026; by order \"Circular 1\" of 12 January 2026 }\n";
    house.deploy(|it| it.replace("due   30 January, for", "due   20 January, for") + order);
    house.run(date(2026, 1, 6));
    assert_eq!(due(&house, "nan"), date(2026, 1, 30));
    house.run(date(2026, 1, 12));
    assert_eq!((due(&house, "nan"), case_of(&house, "nan").policy), (date(2026, 2, 13), version));
    house.every_invariant_holds(date(2026, 1, 12), true);

    house.run(date(2026, 2, 16));
    house.every_invariant_holds(date(2026, 2, 16), true);
    assert_eq!(case_of(&house, "nan").mark.as_deref(), Some("decided"));
    let order =
        "adjust planning.write in 2026 { due 16 March 2026; reopens; by order \"Circular 2\" of 20 February 2026 }\n";
    house.deploy(|it| it + order);
    house.run(date(2026, 2, 18));
    assert!(!case_of(&house, "nan").is_open(), "the day of the order has not come");
    house.run(date(2026, 2, 20));
    let nan = case_of(&house, "nan");
    assert!(nan.is_open() && nan.mark.is_none() && nan.ended.is_none());
    assert_eq!((due(&house, "nan"), nan.policy), (date(2026, 3, 16), version));
    house.every_invariant_holds(date(2026, 2, 20), true);

    house.run(date(2026, 3, 17));
    assert_eq!(case_of(&house, "nan").mark.as_deref(), Some("decided"));
    house.run(date(2026, 4, 1));
    let row =
        house.store.cases(&Filter { subject: Some("nan".to_owned()), ..Filter::default() }).unwrap().pop().unwrap();
    let events = house.store.journal(row.id).unwrap();
    let reopened =
        |it: &&merit::store::JournalEntry| matches!(serde_json::from_str(&it.payload).unwrap(), Event::Reopened { .. });
    assert_eq!(events.iter().filter(reopened).count(), 1, "once");
    house.every_invariant_holds(date(2026, 4, 1), true);
}

#[test]
fn a_group_is_let_off_by_a_later_version_and_facts_that_only_the_order_reads_are_noticed() {
    let mut house = planning();
    house.run(date(2026, 1, 5));
    let order = "exempt each nurse where nurse.manager.manager.manager is known from planning in 2026 { by order \"Circular 1\" of 7 January 2026 }\n";
    house.deploy(|it| it + order);
    house.run(date(2026, 1, 8));
    assert!(case_of(&house, "nan").is_open());
    house.enter("nurse.csv", "id,email,manager\ntop,,\nmat,mat@hospital.example,top\n", date(2026, 1, 9));
    house.run(date(2026, 1, 9));
    assert_eq!(case_of(&house, "nan").status.word(), "left");
    assert!(case_of(&house, "max").is_open());
    house.every_invariant_holds(date(2026, 1, 9), true);
}

#[test]
fn an_older_version_has_the_orders_of_the_latest_and_no_others_as_far_as_its_words_go() {
    let order = |due: &str, day: &str| {
        format!(
            "adjust yearly.talk in 2026 {{ due {due} 2026; by order \"Circular of {day}\" of {day} January 2026 }}\n"
        )
    };
    let older = Sources::single("a.merit", format!("{OFFICE}{}", order("1 May", "5")));
    let tried = |later: &str| {
        let latest = Sources::single("a.merit", format!("{OFFICE}{later}"));
        let (compilation, left) = compile_with_orders_of(&latest, &older, None);
        let policy = compilation.policy.unwrap_or_else(|| panic!("{}", compilation.diagnostics.render(&older, false)));
        let ordered = policy.workflows[0].stages[0].adjusted.iter().map(|it| it.order.of.day()).collect::<Vec<_>>();
        (ordered, left)
    };
    assert_eq!(tried(&order("1 May", "5")), (vec![5], vec![]));
    assert_eq!(tried(&(order("1 May", "5") + &order("1 June", "6"))), (vec![5, 6], vec![]));
    assert_eq!(tried(""), (vec![], vec![]), "an order that is taken back");
    assert_eq!(tried(&order("1 June", "5")), (vec![5], vec![]), "and one that is written anew");
    let renamed = Sources::single("a.merit", OFFICE.replace("stage talk", "stage word"));
    let policy = compile_with_orders_of(&renamed, &older, None).0.policy.unwrap();
    assert_eq!(policy.workflows[0].stages[0].adjusted.len(), 1, "a stage that has another name by now keeps its order");
    let unknown =
        "exempt each person where shoe > 40 from yearly in 2026 {\n  by order \"Circular 9\" of 9 January 2026\n}\n";
    let first = "exempt each person where shoe > 40 from yearly in 2026".to_owned();
    let out_of_reach = |why: &str| vec![OutOfReach { order: first.clone(), why: why.to_owned() }];
    let (ordered, left) = tried(&(unknown.to_owned() + &order("1 June", "6")));
    assert_eq!((ordered, left.len()), (vec![6], 1));
    assert_eq!(left, out_of_reach(&left[0].why));
    assert!(left[0].why.contains("shoe"), "{left:?}");
}

#[test]
fn a_deployment_with_another_order_looks_at_the_cases_that_it_is_about() {
    let mut house = planning();
    let other = "\nworkflow knowing {\n  for each nurse each year\n  stage know { opens start of year; by nurse; fills email; due 30 June }\n}\n";
    house.deploy(|it| format!("{it}{other}"));
    house.run(date(2026, 1, 5));
    let marked = |house: &House| {
        let rows = house.store.dirty_cases(100).unwrap();
        rows.into_iter().map(|it| it.workflow).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(marked(&house), std::collections::BTreeSet::new());
    let order = "adjust planning.write in 2026 { due 27 February 2026; by order \"Circular 1\" of 5 January 2026 }\n";
    house.deploy(|it| format!("{it}{order}"));
    assert_eq!(marked(&house), ["planning".to_owned()].into());
    house.run(date(2026, 1, 5));
    house.deploy(|it| it.replace("27 February", "26 February"));
    assert_eq!(marked(&house), ["planning".to_owned()].into());
    house.run(date(2026, 1, 5));
    house.deploy(|it| format!("{it}\n# nothing else\n"));
    assert_eq!(marked(&house), std::collections::BTreeSet::new());
    house.every_invariant_holds(date(2026, 1, 5), true);
}
