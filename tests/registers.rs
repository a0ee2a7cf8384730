//! Registers on a small ministry with every kind of situation: what they say is what a plain reckoning over the cases, outcomes and
//! records says, and what the views of the store say.

#![expect(clippy::unwrap_used, reason = "a test whose store fails has failed")]

use std::collections::BTreeSet;

use jiff::civil::{Date, date};
use merit::engine::{ActRequest, Policies};
use merit::report::Reader;
use merit::report::registers::{self, Asked, Cell, Grouping, Listing, Made, Register};
use merit::store::sqlite::{Access, SqliteStore};
use merit::store::{Filter, Held, Store, View};
use merit::workflow::{Act, Case, Deed, StageStatus};

#[expect(dead_code, reason = "what people do one by one is tried elsewhere")]
mod house;
#[expect(dead_code, reason = "what leaves the house is looked at elsewhere")]
mod invariants;

use house::House;

const ADOPTED: Date = date(2025, 7, 1);
const LAST: Date = date(2026, 12, 15);

/// The ministry at the end of a year and of the proceedings that followed.
fn ministry() -> House {
    let mut house = House::open("ministry", ADOPTED, &["department.csv", "officer.csv", "seating.csv"]);
    // Who heads a department is a record that refers to it.
    house.enter("department.csv", "id,head\nworks,hana\nhealth,hugo\n", ADOPTED);
    house.run(ADOPTED);
    let mut plan = |day: Date, rows: &str| {
        house.enter("plan.csv", &format!("officer,period,written,held,mark\n{rows}"), day);
        house.run(day);
    };
    plan(
        date(2025, 7, 10),
        "ada,2025/26,2025-07-10,,\nben,2025/26,2025-07-10,,\nfay,2025/26,2025-07-10,,\nhal,2025/26,2025-07-10,,\n\
         eve,2025/26,2025-07-10,,\ngus,2025/26,2025-07-10,,\njo,2025/26,2025-07-10,,\nkim,2025/26,2025-07-10,,\n",
    );
    plan(date(2025, 9, 1), "dan,2025/26,2025-09-01,,\n");
    plan(
        date(2026, 6, 10),
        "ada,2025/26,2025-07-10,2026-06-10,45\nfay,2025/26,2025-07-10,2026-06-10,45\nhal,2025/26,2025-07-10,2026-06-10,25\n\
         dan,2025/26,2025-09-01,2026-06-10,95\ngus,2025/26,2025-07-10,2026-06-10,55\njo,2025/26,2025-07-10,2026-06-10,95\n\
         kim,2025/26,2025-07-10,2026-06-10,45\n",
    );
    plan(date(2026, 7, 15), "ben,2025/26,2025-07-10,2026-07-15,25\n");
    for day in [date(2026, 7, 31), date(2026, 8, 3), date(2026, 9, 30), date(2026, 10, 1)] {
        house.run(day);
    }
    for (boss, who) in [("mel", "ada"), ("mel", "ben"), ("mel", "fay"), ("mel", "hal"), ("nia", "kim")] {
        hears(&mut house, date(2026, 10, 1), boss, Deed::Send, who);
    }
    for day in [2, 7, 12, 19, 26] {
        house.run(date(2026, 10, day));
    }
    for (choice, who) in [("impose", "ada"), ("drop", "fay"), ("impose", "hal")] {
        for member in ["cho", "mia", "max"] {
            hears(&mut house, date(2026, 10, 26), member, choose(choice), who);
        }
    }
    hears(&mut house, date(2026, 11, 2), "hal", choose("appeal"), "hal");
    let mut day = date(2026, 11, 3);
    while day < LAST {
        house.run(day);
        day = day.checked_add(jiff::ToSpan::days(7)).unwrap();
    }
    house.run(LAST);
    house
}

fn choose(choice: &str) -> Deed {
    Deed::Choose { choice: choice.to_owned(), instead: None }
}

/// What somebody does in the hearing of somebody.
fn hears(house: &mut House, day: Date, who: &str, what: Deed, of: &str) {
    let hearing = Filter { workflow: Some("hearing".to_owned()), subject: Some(of.to_owned()), ..Filter::default() };
    let case = house.store.cases(&hearing).unwrap()[0].id;
    let act = Act { by: (String::new(), who.to_owned()), stage: None, what, because: None, key: None };
    house.act(day, &ActRequest { case, act, values: Vec::new() }).unwrap();
}

/// A register of the ministry.
fn made(house: &House, by: Option<&str>, make: impl Fn(&Asked<'_>) -> Made) -> Register {
    let policies = Policies::load(&house.store, None).unwrap();
    let policy = &policies.latest().policy;
    let by = by.map(|it| Grouping::new(policy, &[policy.record_named("officer").unwrap()], it).unwrap());
    make(&Asked { store: &house.store, policy, reader: Reader::Keeper, on: LAST, of: None, by: by.as_ref() }).unwrap()
}

/// Some columns of a listing, each row in one line.
fn lines(listing: &Listing, columns: &[&str]) -> Vec<String> {
    let places: Vec<usize> = columns.iter().map(|it| listing.place(it).unwrap()).collect();
    let line = |row: &Vec<Cell>| places.iter().map(|at| row[*at].plain()).collect::<Vec<_>>().join(" ");
    listing.rows.iter().map(line).collect()
}

/// The rows of a view under those of its columns that a register has, too; in an order of their own.
fn same_as_the_view(house: &House, view: View, register: &Register) {
    let named = |it: &&'static str| if *it == "case_id" { "case" } else { it };
    let columns: Vec<&str> =
        view.columns().iter().filter(|it| register.rows.place(named(it)).is_some()).copied().collect();
    let mine: Vec<&str> = columns.iter().map(named).collect();
    assert!(columns.len() > 2, "{columns:?}");
    let plain = |it: &Held| Cell::from(it).plain();
    let rows = house.store.view(view).unwrap();
    let mut of_view: Vec<String> =
        rows.iter().map(|row| columns.iter().map(|it| plain(row.held(it))).collect::<Vec<_>>().join(" ")).collect();
    let mut of_register = lines(&register.rows, &mine);
    of_view.sort();
    of_register.sort();
    assert!(!of_view.is_empty(), "{} is empty: the test tells nothing", view.name());
    assert_eq!(of_view, of_register, "{}", view.name());
}

fn cases(house: &House) -> Vec<Case> {
    let rows = house.store.cases(&Filter::default()).unwrap();
    rows.iter().map(|it| serde_json::from_str(&it.state).unwrap()).collect()
}

#[test]
fn what_is_overdue_is_what_the_cases_say() {
    let house = ministry();
    let register = made(&house, None, registers::overdue);
    let mut naive: Vec<String> = Vec::new();
    for case in cases(&house) {
        for (name, stage) in case.stages.iter().filter(|it| it.1.status == StageStatus::Running) {
            let Some(due) = stage.dates.due.as_ref().filter(|it| it.day < LAST) else { continue };
            let days = due.day.until(LAST).unwrap().get_days();
            for holder in &stage.holders {
                let who = holder.who.as_ref().map_or("", |it| it.1.as_str());
                naive.push(format!("{} {} {name} {} {days} {who}", case.workflow, case.subject, due.day));
            }
        }
    }
    let mut told = lines(&register.rows, &["workflow", "subject", "stage", "due", "days_overdue", "holder"]);
    assert!(told.is_sorted_by_key(|it| std::cmp::Reverse(it.split(' ').nth(4).unwrap().parse::<i64>().unwrap())));
    naive.sort();
    told.sort();
    assert_eq!(told, naive);
    assert!(told.contains(&"appraising cy agree 2025-07-31 502 cy".to_owned()), "{told:?}");
    same_as_the_view(&house, View::Overdue, &register);
}

#[test]
fn what_is_overdue_is_summed_up_by_holder_or_by_what_one_asks_for() {
    let house = ministry();
    let register = made(&house, None, registers::overdue);
    let summary = register.summary.as_ref().unwrap();
    let stages: BTreeSet<String> = lines(&register.rows, &["case", "stage"]).into_iter().collect();
    let people: BTreeSet<String> = lines(&register.rows, &["holder"]).into_iter().filter(|it| !it.is_empty()).collect();
    let total = |listing: &Listing, name: &str| listing.total.as_ref().unwrap()[listing.place(name).unwrap()].plain();
    assert_eq!(total(summary, "stages"), stages.len().to_string(), "a stage that lies with three is one stage");
    assert_eq!(total(summary, "people"), people.len().to_string());
    let by = made(&house, Some("department"), registers::overdue);
    let summary = by.summary.unwrap();
    let told = lines(&summary, &["group", "group_name", "workflow", "stage", "stages"]);
    assert!(told.contains(&"health Department of Health appraising agree 6".to_owned()), "{told:?}");
    assert_eq!(total(&summary, "stages"), stages.len().to_string());
    let by_rank = made(&house, Some("rank"), registers::overdue);
    assert!(lines(&by_rank.summary.unwrap(), &["group", "stage"]).contains(&"senior agree".to_owned()));
    let chief = made(&house, Some("department.head"), registers::overdue);
    assert!(lines(&chief.summary.unwrap(), &["group_name"]).contains(&"Hugo Head".to_owned()));
}

#[test]
fn an_unknown_field_to_sum_up_by_is_told_with_those_that_there_are() {
    let house = House::open("ministry", ADOPTED, &[]);
    let policies = Policies::load(&house.store, None).unwrap();
    let policy = &policies.latest().policy;
    let officer = [policy.record_named("officer").unwrap()];
    let error = Grouping::new(policy, &officer, "departmnt").unwrap_err();
    assert_eq!(error.known, ["boss", "department", "rank"]);
    let error = Grouping::new(policy, &officer, "department.hed").unwrap_err();
    assert_eq!(error.known, ["department.head"]);
    assert!(Grouping::new(policy, &officer, "rank.head").is_err(), "a choice leads nowhere");
}

#[test]
fn a_store_of_an_earlier_version_gets_the_views_and_what_they_stand_on() {
    for fixture in std::fs::read_dir("tests/fixtures").unwrap().map(|it| it.unwrap().path()).filter(|it| it.is_dir()) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("merit.db");
        std::fs::copy(fixture.join("merit.db"), &file).unwrap();
        let store = SqliteStore::open(&file, Access::ReadOnly).unwrap();
        for view in View::ALL {
            store.view(view).unwrap();
        }
        let plain = rusqlite::Connection::open(&file).unwrap();
        let number = |sql: &str| plain.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        let views = number("select count(*) from sqlite_schema where type = 'view' and name glob 'register_*'");
        assert_eq!(views, i64::try_from(View::ALL.len()).unwrap(), "every view can be asked for");
        assert_eq!(number("select count(*) from policies where version not in (select policy from policy_stages)"), 0);
        let unnamed = "select count(*) from cases c join policy_workflows w on (w.policy, w.workflow) = (c.policy, c.workflow)
             where c.period <> '' and not exists (select 1 from periods p where p.calendar = w.calendar and p.kind = w.each
             and p.first = c.period)";
        assert_eq!(number(unnamed), 0, "{}", fixture.display());
    }
}
