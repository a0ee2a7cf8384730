//! What is handed on between two people who must both sign.

#![expect(clippy::unwrap_used, reason = "a test whose store fails has failed")]

use jiff::civil::date;
use merit::engine::{self, ActRequest, DelegateRequest};
use merit::store::{Filter, Store};
use merit::workflow::{Act, Case, Deed, Event, NoticeState};

mod house;
#[expect(dead_code, reason = "what leaves the house is looked at elsewhere")]
mod invariants;

use house::{Everybody, House, settings};

#[test]
fn who_has_signed_and_then_hands_on_is_followed_at_once() {
    let mut house = House::open("plans", date(2026, 1, 1), &["nurse.csv"]);
    house.deploy(|text| {
        text[..text.find("example").unwrap()].replacen("by     manager", "by     manager and matron", 1)
    });
    house.run(date(2026, 1, 4));
    let nan = Filter { subject: Some("nan".to_owned()), ..Filter::default() };
    let case = house.store.cases(&nan).unwrap()[0].id;
    let values = [("written", "2026-01-05"), ("targets", "4")].map(|it| (it.0.to_owned(), it.1.to_owned()));
    let fields = values.iter().map(|it| it.0.clone()).collect();
    let by = (String::new(), "nan".to_owned());
    let act = Act { by, stage: None, what: Deed::Fill(fields), because: None, key: None };
    house.act(date(2026, 1, 5), &ActRequest { case, act, values: values.to_vec() }).unwrap();
    let day = date(2026, 1, 6);
    house.run(day);
    let accept = Deed::Choose { choice: "accept".to_owned(), instead: None };
    house.does(day, "max", accept, "nan").unwrap();
    let name = |key: &str| (String::new(), key.to_owned());
    let request = DelegateRequest {
        from: name("max"),
        to: name("ola"),
        role: None,
        workflow: None,
        since: day,
        until: date(2026, 1, 9),
        because: None,
    };
    engine::delegate(&mut house.store, &settings(day), &request).unwrap();
    house.run(day);
    let state: Case = serde_json::from_str(&house.store.case(case).unwrap().unwrap().state).unwrap();
    let holders = &state.stages["look"].holders;
    let names: Vec<&str> = holders.iter().filter_map(|it| it.who.as_ref()).map(|it| it.1.as_str()).collect();
    assert_eq!(names, ["ola", "mat"]);
    house.every_invariant_holds(day, true);
}

#[test]
fn a_holiday_that_is_deployed_by_a_machine_whose_clock_fell_back_moves_dates_all_the_same() {
    let mut house = House::open("plans", date(2026, 1, 1), &["nurse.csv"]);
    house.run(date(2026, 1, 5));
    // The house's clock stands in 1970 whenever it deploys.
    house.deploy(|text| text.replacen("roll ", "holiday \"A day of mourning\" on 30 January 2026\n  roll ", 1));
    let report = house.run(date(2026, 1, 6));
    assert!(report.dates_moved > 0, "30 January is no working day any more");
    house.every_invariant_holds(date(2026, 1, 6), true);
}

#[test]
fn who_repeats_an_act_in_a_case_of_a_version_that_no_open_case_goes_by_is_answered() {
    let mut house = House::open("plans", date(2026, 1, 1), &["nurse.csv"]);
    house.run(date(2026, 1, 4));
    let rows = house.store.cases(&Filter::default()).unwrap();
    let withdrawn = |who: &str| {
        let by = (String::new(), who.to_owned());
        let (because, key) = (Some("she goes".to_owned()), Some("gone".to_owned()));
        let what = Deed::CallOff(merit::policy::acts::Off::Withdrawn);
        Act { by, stage: None, what, because, key }
    };
    let request =
        |row: &merit::store::CaseRow| ActRequest { case: row.id, act: withdrawn(&row.subject), values: vec![] };
    for row in &rows {
        house.act(date(2026, 1, 5), &request(row)).unwrap();
    }
    house.deploy(|text| text.replacen("at most 10 days", "at most 12 days", 1));
    let again = engine::act(&mut house.store, &settings(date(2026, 1, 6)), &mut Everybody, &request(&rows[0])).unwrap();
    assert!(again.repeated);
    let other = ActRequest { act: Act { key: None, ..withdrawn(&rows[0].subject) }, ..request(&rows[0]) };
    assert!(house.act(date(2026, 1, 6), &other).unwrap_err().contains("the case ended"));
}

#[test]
fn a_case_that_waits_for_somebody_to_write_to_goes_on_when_whoever_stands_in_has_a_superior() {
    let mut house = House::open("plans", date(2026, 1, 1), &["nurse.csv"]);
    house.deploy(|text| {
        let text = &text[..text.find("example").unwrap()];
        text.replacen(
            "role matron of nurse { is nurse.manager.manager }",
            "role matron of nurse { is manager of manager }",
            1,
        )
        .replacen(
            "    fills written, targets\n",
            "    fills written, targets\n    escalate to matron at opening with due_soon\n",
            1,
        )
    });
    house.run(date(2026, 1, 5));
    house.enter("nurse.csv", "id,manager\nkim,mat\n", date(2026, 1, 5));
    let max = Filter { subject: Some("max".to_owned()), set_aside: true, ..Filter::default() };
    assert_eq!(house.store.cases(&max).unwrap().len(), 1, "max's manager is mat, above whom there is nobody");
    let name = |key: &str| (String::new(), key.to_owned());
    let (since, until) = (date(2026, 1, 6), date(2026, 1, 9));
    let (from, to, because) = (name("mat"), name("kim"), None);
    let request = DelegateRequest { from, to, role: None, workflow: None, since, until, because };
    engine::delegate(&mut house.store, &settings(since), &request).unwrap();
    house.run(since);
    assert!(house.store.cases(&max).unwrap().is_empty(), "kim stands in for mat, and above kim there is mat");
}

#[test]
fn a_default_is_recorded_also_where_a_stronger_notice_takes_the_place_of_its_own() {
    let mut house = House::open("plans", date(2026, 1, 1), &["nurse.csv"]);
    house.deploy(|text| {
        let rungs = "    fills written, targets\n    escalate to matron 5 working days overdue with due_soon\n      and record default by manager\n    escalate to matron 6 working days overdue with due_soon\n";
        text[..text.find("example").unwrap()].replacen("    fills written, targets\n", rungs, 1)
    });
    for day in [date(2026, 1, 4), date(2026, 2, 3), date(2026, 2, 5), date(2026, 2, 9)] {
        house.run(day);
    }
    let nan = Filter { subject: Some("nan".to_owned()), ..Filter::default() };
    let case = house.store.cases(&nan).unwrap()[0].id;
    let told: Vec<(String, bool, bool)> = house
        .store
        .journal(case)
        .unwrap()
        .iter()
        .filter_map(|it| match serde_json::from_str(&it.payload).unwrap() {
            Event::StepTaken { mark, rung: true, default, notices, .. } => {
                Some((mark.step, default.is_some(), notices.iter().all(|it| it.state == NoticeState::Merged)))
            }
            _ => None,
        })
        .collect();
    assert_eq!(told, [("escalate-1".to_owned(), true, true), ("escalate-2".to_owned(), false, false)]);
}

#[test]
fn two_who_are_away_and_each_the_others_superior_are_asked_once() {
    let mut house = House::open("plans", date(2026, 1, 1), &["nurse.csv"]);
    house.deploy(|text| {
        let text = &text[..text.find("example").unwrap()];
        text.replacen(
            "manager optional nurse",
            "manager optional nurse\n  status one of here, away\n  absent when status is away",
            1,
        )
        .replacen("  is nurse.manager\n", "  is nurse.manager\n  otherwise manager of manager\n", 1)
        .replacen(
            "    fills written, targets\n",
            "    fills written, targets\n    remind manager at opening with due_soon\n",
            1,
        )
    });
    house.enter("nurse.csv", "id,manager,status\nmax,ola,away\nola,max,away\n", date(2026, 1, 1));
    house.run(date(2026, 1, 5));
    let nan = Filter { subject: Some("nan".to_owned()), set_aside: true, ..Filter::default() };
    assert_eq!(house.store.cases(&nan).unwrap().len(), 1, "nobody is found, and that is said");
}
