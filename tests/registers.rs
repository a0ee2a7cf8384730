//! Registers on a small ministry with every kind of situation: what they say is what a plain reckoning over the cases, outcomes and
//! records says, and what the views of the store say.

#![expect(clippy::unwrap_used, reason = "a test whose store fails has failed")]

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::{Date, date};
use merit::engine::{ActRequest, Policies};
use merit::report::Reader;
use merit::report::registers::{self, Asked, Cell, Grouping, Listing, Made, Part, Register};
use merit::store::sqlite::{Access, SqliteStore};
use merit::store::{Filter, Held, OutcomeFilter, Store, View};
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
    // Day by day where something lapses: what is found late would wait.
    for day in [date(2026, 11, 3), date(2026, 11, 17)].into_iter().chain((1..=6).map(|day| date(2026, 12, day))) {
        house.run(day);
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
    let named = |it: &&'static str| if *it == "case_id" { "case" } else { *it };
    let columns: Vec<&str> = view.columns().filter(|it| register.rows.place(named(it)).is_some()).collect();
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

/// A stage of the ministry's appraisal in a period, by the case alone.
fn came(case: &Case, stage: &str, year_is_over: bool) -> &'static str {
    match case.stages.get(stage) {
        None if year_is_over => "not begun",
        None => "open",
        Some(it) => match it.status {
            StageStatus::Done if it.late => "late",
            StageStatus::Done => "in time",
            StageStatus::Lapsed => "never",
            StageStatus::Running if it.dates.due.as_ref().is_some_and(|it| it.day < LAST) => "overdue",
            _ => "open",
        },
    }
}

#[test]
fn what_was_missed_is_what_the_cases_say_and_who_has_none_is_named() {
    let house = ministry();
    let register = made(&house, None, |asked| registers::missed(asked, Part::default()));
    let mut naive = Vec::new();
    let mut counts: BTreeMap<(String, &str, &str), usize> = BTreeMap::new();
    for case in cases(&house).iter().filter(|it| it.workflow == "appraising") {
        let year = if case.period == "2025-07-01" { "2025/26" } else { "2026/27" };
        for stage in ["agree", "assess"] {
            let came = came(case, stage, year == "2025/26");
            *counts.entry((year.to_owned(), stage, came)).or_default() += 1;
            if !["in time", "open"].contains(&came) {
                naive.push(format!("{} {year} {stage} {came}", case.subject));
            }
        }
    }
    // Nobody knows whether Ivy is active.
    naive.extend(["2025/26", "2026/27"].map(|year| format!("ivy {year}  no case")));
    let mut told = lines(&register.rows, &["subject", "period", "stage", "result"]);
    naive.sort();
    told.sort();
    assert_eq!(told, naive);
    for line in [
        "ben 2025/26 assess late",
        "cy 2025/26 agree overdue",
        "cy 2025/26 assess not begun",
        "dan 2025/26 agree late",
        "eve 2025/26 assess never",
    ] {
        assert!(told.contains(&line.to_owned()), "{line}: {told:?}");
    }
    let why = lines(&register.rows, &["subject", "days_late", "why"]);
    assert!(why.contains(&"ivy  not known whether it is for them, for want of active of ivy".to_owned()), "{why:?}");
    assert!(why.contains(&"ben 15 ".to_owned()) && why.contains(&"cy 502 ".to_owned()), "{why:?}");
    let summary = register.summary.as_ref().unwrap();
    for (name, came) in [("in_time", "in time"), ("late", "late"), ("never", "never"), ("not_begun", "not begun")] {
        for line in lines(summary, &["period", "stage", name]) {
            let [year, stage, number] = line.split(' ').collect::<Vec<_>>().try_into().unwrap_or(["", "", "0"]);
            let naive = counts.get(&(year.to_owned(), stage, came)).copied().unwrap_or(0);
            assert_eq!(number, naive.to_string(), "{year} {stage} {came}");
        }
    }
    let with_a_case = |it: &&Vec<Cell>| it[0] != Cell::Nothing;
    let rows = register.rows.rows.iter().filter(with_a_case).cloned().collect();
    same_as_the_view(&house, View::Missed, &Register { rows: Listing { rows, ..register.rows.clone() }, ..register });
    let assessed =
        made(&house, None, |asked| registers::missed(asked, Part { period: Some("2025/26"), stage: Some("assess") }));
    assert_eq!(
        lines(&assessed.rows, &["subject", "result"]),
        ["ben late", "cy not begun", "eve never"],
        "who was not appraised, or late"
    );
}

#[test]
fn what_is_in_force_ends_when_the_policy_says() {
    let house = ministry();
    let outcomes = house.store.outcomes(&OutcomeFilter::default()).unwrap();
    let register = made(&house, None, |asked| registers::in_force(asked, None));
    let mut naive: Vec<String> = outcomes
        .iter()
        .filter(|it| it.state == "in force")
        .map(|it| {
            let since = it.since.unwrap();
            // Three months for a caution, six for a warning; what is granted has no end.
            let months = match it.rule.as_str() {
                "caution" => Some(3.months()),
                "warning" => Some(6.months()),
                _ => None,
            };
            let until = months.map(|months| since.checked_add(months).unwrap().to_string());
            format!("{} {} {since} {}", it.subject, it.rule, until.unwrap_or_default())
        })
        .collect();
    let mut told = lines(&register.rows, &["subject", "rule", "since", "until"]);
    assert_eq!(told.last().unwrap().split(' ').next_back(), Some(""), "what has no end comes last");
    naive.sort();
    told.sort();
    assert_eq!(told, naive);
    assert!(told.contains(&"gus caution 2026-09-30 2026-12-30".to_owned()), "{told:?}");
    same_as_the_view(&house, View::InForce, &register);
    let sanctions = made(&house, Some("department"), |asked| registers::in_force(asked, Some("sanction")));
    let summed = lines(sanctions.summary.as_ref().unwrap(), &["group", "rule", "in_force"]);
    assert_eq!(summed, ["health caution 1", "works warning 1"]);
}

#[test]
fn what_ends_soon_is_listed_to_the_day_and_what_has_ended_no_more() {
    let house = ministry();
    let on = |day: Date, within: i64| {
        let policies = Policies::load(&house.store, None).unwrap();
        let policy = &policies.latest().policy;
        let asked = Asked { store: &house.store, policy, reader: Reader::Keeper, on: day, of: None, by: None };
        let register = registers::ending(&asked, Some("sanction"), within).unwrap();
        lines(&register.rows, &["subject", "rule", "days_left"])
    };
    assert_eq!(on(LAST, 14), [""; 0], "15 days are left");
    assert_eq!(on(LAST, 15), ["gus caution 15"]);
    assert_eq!(on(date(2026, 12, 30), 15), ["gus caution 0"], "the last day on which it is in force");
    assert_eq!(on(date(2026, 12, 31), 15), [""; 0]);
    // Two months before its end the policy wants an alarm.
    let warning = |day: Date| on(day, 0).iter().any(|it| it.starts_with("ada warning"));
    assert_eq!((warning(date(2027, 4, 1)), warning(date(2027, 4, 2))), (false, true));
}

#[test]
fn an_appeal_is_listed_with_its_age_and_what_it_stays() {
    let house = ministry();
    let register = made(&house, Some("department"), registers::appeals);
    let columns = ["subject", "group", "rule", "stage", "opens", "days_open", "due", "stays", "holders"];
    assert_eq!(lines(&register.rows, &columns), ["hal works demotion appeal_ruling 2026-11-02 43 2027-01-01 yes hana"]);
    let stayed = OutcomeFilter { state: Some("stayed".to_owned()), ..OutcomeFilter::default() };
    assert_eq!(house.store.outcomes(&stayed).unwrap().len(), register.rows.rows.len());
    let plain = made(&house, None, registers::appeals);
    let rows = plain
        .rows
        .rows
        .iter()
        .map(|row| {
            row.iter()
                .map(|it| match it {
                    Cell::YesNo(yes) => Cell::Number(i64::from(*yes)),
                    other => other.clone(),
                })
                .collect()
        })
        .collect();
    same_as_the_view(&house, View::Appeals, &Register { rows: Listing { rows, ..plain.rows.clone() }, ..plain });
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
