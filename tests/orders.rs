//! Orders about one period: what they move, whom they let off, and what rests on it.

use merit::casework::{Bench, examples};
use merit::policy::compile;
use merit::source::Sources;

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
    let (on, first) = (jiff::civil::date(2026, 3, 2), jiff::civil::date(2026, 1, 1));
    let flow = merit::ids::WorkflowId::at(0);
    let period =
        policy.calendar_of(policy.workflow(flow)).period_containing(policy.workflow(flow).each.unwrap(), first);
    let case = bench.open(flow, &"Ada".into(), period.ok(), on).unwrap();
    let looked = bench.look(case, on);
    let due = looked.case.stages["talk"].dates.due.clone().unwrap();
    let lines = due.derivation.lines();
    assert_eq!(due.day, jiff::civil::date(2026, 6, 1), "31 May is a Sunday: {lines:?}");
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
