//! Registers on a small ministry with every kind of situation: what they say is what a plain reckoning over the cases, outcomes and
//! records says, and what the views of the store say.

#![expect(clippy::unwrap_used, reason = "a test whose store fails has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use merit::engine::{ActRequest, Policies};
use merit::ids::DefinitionId;
use merit::report::Reader;
use merit::report::registers::{self, Asked, Cell, Grouping, Listing, Made, Part, Register, Span};
use merit::store::sqlite::{Access, SqliteStore};
use merit::store::{Filter, Held, OutcomeFilter, Store, View};
use merit::workflow::{Act, Case, Deed, StageStatus};

mod folders;
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
    house.enter("interdiction.csv", "officer,n,began,lifted\ngus,1,2026-07-20,\n", date(2026, 7, 20));
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
    // What was decided leaves on the same day, from which the time for an appeal counts.
    house.run(date(2026, 10, 26));
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
    naive.push("gus/1 lift 2026-07-20 2027-01-20".to_owned());
    let mut told = lines(&register.rows, &["subject", "rule", "since", "until"]);
    assert_eq!(told.last().unwrap().split(' ').next_back(), Some(""), "what has no end comes last");
    naive.sort();
    told.sort();
    assert_eq!(told, naive);
    assert!(told.contains(&"gus caution 2026-09-30 2026-12-30".to_owned()), "{told:?}");
    let kind = register.rows.place("kind").unwrap();
    for (view, states) in [(View::InForce, false), (View::Lasting, true)] {
        let rows = register.rows.rows.iter().filter(|row| (row[kind].plain() == "state") == states).cloned().collect();
        same_as_the_view(
            &house,
            view,
            &Register { rows: Listing { rows, ..register.rows.clone() }, ..register.clone() },
        );
    }
    let states = made(&house, Some("department"), |asked| registers::in_force(asked, Some("state")));
    assert_eq!(
        lines(&states.rows, &["subject", "group"]),
        ["gus/1 health"],
        "what belongs to somebody is grouped as they are"
    );
    let sanctions = made(&house, Some("department"), |asked| registers::in_force(asked, Some("sanction")));
    let summed = lines(sanctions.summary.as_ref().unwrap(), &["group", "rule", "in_force"]);
    assert_eq!(summed, ["health caution 1", "works warning 1"]);
}

#[test]
fn what_ends_soon_is_listed_to_the_day_and_what_has_ended_no_more() {
    let house = ministry();
    let of = |kind: &str, day: Date, within: i64| {
        let policies = Policies::load(&house.store, None).unwrap();
        let policy = &policies.latest().policy;
        let asked = Asked { store: &house.store, policy, reader: Reader::Keeper, on: day, of: None, by: None };
        let register = registers::ending(&asked, Some(kind), within).unwrap();
        lines(&register.rows, &["subject", "subject_name", "rule", "days_left", "alarm"])
    };
    let on = |day: Date, within: i64| of("sanction", day, within);
    assert_eq!(on(LAST, 14), [""; 0], "15 days are left");
    assert_eq!(on(LAST, 15), ["gus Gus Cautioned caution 15 "]);
    assert_eq!(on(date(2026, 12, 30), 15), ["gus Gus Cautioned caution 0 "], "the last day on which it is in force");
    assert_eq!(on(date(2026, 12, 31), 15), [""; 0]);
    // Two months before its end the policy wants an alarm.
    let warning = |day: Date| on(day, 0).iter().any(|it| it.starts_with("ada Ada In Time warning"));
    let interdiction = ["gus/1 Gus Cautioned lift 36 2026-12-20"];
    assert_eq!((of("state", LAST, 35).len(), of("state", LAST, 36)), (0, interdiction.map(str::to_owned).to_vec()));
    assert_eq!(of("state", date(2026, 12, 20), 0).len(), 1, "its alarm has come");
    assert_eq!(of("state", date(2027, 1, 22), 0).len(), 1, "its time is over, and it goes on");
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
fn a_committee_that_is_short_of_members_is_listed_and_the_case_that_waits_for_it() {
    let house = ministry();
    let register = made(&house, None, registers::quorum);
    let columns = ["committee", "body", "members", "needed", "workflow", "subject", "stage", "why"];
    let told = lines(&register.rows, &columns);
    // In health che and nia sit, and nia is kim's supervisor.
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].starts_with("conduct_committee  1  hearing kim ruling 2 must be there to decide, and 1 sit"),
        "{told:?}"
    );
    same_as_the_view(&house, View::Quorum, &register);
    let mut house = house;
    house.enter(
        "seating.csv",
        "department,n,person,seat,started,left\nhealth,1,che,chair,2025-07-01,2026-12-10\n",
        LAST,
    );
    let told = lines(&made(&house, None, registers::quorum).rows, &columns);
    assert_eq!(told[0], "conduct_committee health 1 2    2 must be there to decide, and 1 sit");
    house.enter(
        "seating.csv",
        "department,n,person,seat,started,left\nhealth,3,hana,member,2025-07-01,\nhealth,1,che,chair,2025-07-01,2026-12-10\n",
        LAST,
    );
    let told = lines(&made(&house, None, registers::quorum).rows, &columns);
    assert_eq!(told[0], "conduct_committee health 2 2    nobody sits as chair, who must be among them");
}

#[test]
fn a_committee_that_meets_in_a_rhythm_is_listed_while_cases_wait_for_it() {
    let mut house = ministry();
    let columns = ["committee", "body", "meets", "cases", "waits_since", "last_met", "meet_by", "days_late"];
    let mut told = |rhythm: &str| {
        let line = format!("  meets every {rhythm}\n  recuse whoever is the subject");
        let plain = "  recuse whoever is the subject";
        house.deploy(|it| it.replace(plain, &line));
        let register = made(&house, None, registers::meetings);
        house.deploy(|it| it.replace(&line, plain));
        (register.headline, lines(&register.rows, &columns))
    };
    let (headline, rows) = told("6 weeks");
    assert_eq!(headline, "At the end of 2026-12-15 cases wait for 2 committees; 2 have not met in time.");
    let expected = [
        "conduct_committee health 6 weeks 1 2026-10-22  2026-12-03 12",
        "conduct_committee works 6 weeks 1 2026-10-22 2026-10-26 2026-12-07 8",
    ];
    assert_eq!(rows, expected);
    let (headline, rows) = told("2 months");
    assert_eq!(headline, "At the end of 2026-12-15 cases wait for 2 committees; 0 have not met in time.");
    let by = |rows: &[String]| rows.iter().map(|it| it[it.len() - 11..].trim().to_owned()).collect::<Vec<_>>();
    assert_eq!(by(&rows), ["2026-12-22", "2026-12-26"]);
    // In the year in which it has met, it has met; the next time is in the next.
    assert_eq!(by(&told("financial_year").1), ["2027-06-30", "2028-06-30"]);
}

#[test]
fn a_return_counts_each_outcome_in_the_quarter_in_which_it_happened() {
    let house = ministry();
    let mut naive: BTreeMap<String, [i64; 3]> = BTreeMap::new();
    let quarter = |day: Date| match (day.year(), day.month()) {
        (2026, 7..=9) => "2026/27-Q1",
        (2026, 10..=12) => "2026/27-Q2",
        other => panic!("nothing happens in {other:?}"),
    };
    for it in house.store.outcomes(&OutcomeFilter::default()).unwrap().iter().filter(|it| it.state != "undetermined") {
        let mut count = |day: Date, rule: &str, what: usize| {
            naive.entry(format!("{} {} {rule}", quarter(day), it.kind)).or_default()[what] += 1;
        };
        count(date(2026, 9, 30), &it.proposed, 0);
        it.since.into_iter().for_each(|day| count(day, &it.rule, 1));
        if it.state == "dismissed" {
            let case = house.store.case(it.case.unwrap()).unwrap().unwrap();
            let case: Case = serde_json::from_str(&case.state).unwrap();
            count(case.ended.unwrap(), &it.rule, 2);
        }
    }
    let register = made(&house, None, |asked| registers::returns(asked, Span::default()));
    let naive: Vec<String> = naive.into_iter().map(|(key, [a, b, c])| format!("{key} {a} {b} {c}")).collect();
    let columns = ["quarter", "kind", "rule", "proposed", "took_effect", "dismissed"];
    assert_eq!(lines(&register.rows, &columns), naive);
    assert!(naive.contains(&"2026/27-Q2 sanction warning 0 1 1".to_owned()), "{naive:?}");
    let money = |register: &Register| lines(&register.rows, &["rule", "amount", "currency"]);
    assert!(money(&register).contains(&"bonus 2500001 UGX".to_owned()), "{:?}", money(&register));
    let total = register.rows.total.as_ref().unwrap();
    let total = |name: &str| total[register.rows.place(name).unwrap()].plain();
    assert_eq!(
        [total("proposed"), total("took_effect"), total("dismissed"), total("amount")],
        ["8", "4", "1", "2500001"]
    );
    // The view counts the same; it holds amounts in ten-thousandths.
    let of_view: Vec<String> = house
        .store
        .view(View::Returns)
        .unwrap()
        .iter()
        .map(|it| {
            let numbers =
                ["proposed", "took_effect", "dismissed", "amount_units"].map(|name| it.number(name).to_string());
            format!("{} {} {} {}", it.text("quarter"), it.text("kind"), it.text("rule"), numbers.join(" "))
        })
        .collect();
    let units = |line: &str| if line.contains("bonus") { 2_500_001 * registers::PARTS } else { 0 };
    let mine: Vec<String> = naive.iter().map(|it| format!("{it} {}", units(it))).collect();
    assert_eq!(of_view, mine);
    let annual = made(&house, Some("department"), |asked| {
        registers::returns(asked, Span { period: Some("2026/27"), annual: true })
    });
    let columns = ["year", "group", "rule", "proposed", "took_effect", "dismissed", "amount"];
    assert!(lines(&annual.rows, &columns).contains(&"2026/27 health bonus 1 1 0 1250000.50".to_owned()));
    assert!(lines(&annual.rows, &columns).contains(&"2026/27 works warning 2 1 1 ".to_owned()));
    let none = made(&house, None, |asked| registers::returns(asked, Span { period: Some("2025/26"), annual: false }));
    assert_eq!(none.headline, "Nothing was proposed, took effect or was dismissed in 2025/26.");
}

#[test]
fn groups_are_ranked_by_what_they_did_in_time_and_equals_share_a_place() {
    let house = ministry();
    let part = Part { period: Some("2025/26"), stage: None };
    let register = made(&house, Some("department"), |asked| registers::ranking(asked, part));
    let columns = ["place", "group", "due", "in_time", "late", "not_done", "percent_in_time"];
    // Of ten in works dan's plan and ben's assessment were late; in health cy has neither, and eve no assessment.
    assert_eq!(lines(&register.rows, &columns), ["1 works 10 8 2 0 80.0", "2 health 10 7 0 3 70.0"]);
    let all = made(&house, Some("department"), |asked| registers::ranking(asked, Part::default()));
    let mut naive: BTreeMap<(&str, &str), (i64, i64)> = BTreeMap::new();
    let works = ["ada", "ben", "dan", "fay", "hal"];
    for case in cases(&house).iter().filter(|it| it.workflow == "appraising") {
        let group = if works.contains(&case.subject.as_str()) { "works" } else { "health" };
        let year = if case.period == "2025-07-01" { "2025/26" } else { "2026/27" };
        for came in ["agree", "assess"].map(|stage| came(case, stage, year == "2025/26")) {
            if came != "open" {
                let sum = naive.entry((year, group)).or_default();
                *sum = (sum.0 + 1, sum.1 + i64::from(came == "in time"));
            }
        }
    }
    let mut told = lines(&all.rows, &["period", "group", "due", "in_time"]);
    told.sort();
    assert_eq!(
        told,
        naive.iter().map(|((year, group), (due, done))| format!("{year} {group} {due} {done}")).collect::<Vec<_>>()
    );
    let places = lines(&all.rows, &["period", "place"]);
    assert_eq!(places, ["2025/26 1", "2025/26 2", "2026/27 1", "2026/27 1"], "nobody was in time in the second year");
    // The view ranks by every field; this one is asked for here.
    let row = |it: &merit::store::ViewRow| {
        ["workflow", "period", "place", "group_id", "due", "in_time", "late", "not_done", "percent_in_time"]
            .map(|name| Cell::from(it.held(name)).plain())
            .join(" ")
    };
    let view = house.store.view(View::Ranking).unwrap();
    let mut of_view: Vec<String> = view.iter().filter(|it| it.text("field") == "department").map(row).collect();
    let mut mine = lines(
        &all.rows,
        &["workflow", "period", "place", "group", "due", "in_time", "late", "not_done", "percent_in_time"],
    );
    of_view.sort();
    mine.sort();
    assert_eq!(of_view, mine);
}

#[test]
fn records_are_ranked_by_a_score_of_the_policy_and_groups_by_the_average_of_those_known() {
    let house = ministry();
    let policies = Policies::load(&house.store, None).unwrap();
    let policy = &policies.latest().policy;
    let score = DefinitionId::at(policy.definitions.iter().position(|it| it.label.name == "points").unwrap());
    let year = policy.main().period_from_label(policy.definitions[score.index()].each.unwrap(), "2025/26").unwrap();
    let by_score = |asked: &Asked<'_>| registers::ranking_by_score(asked, score, Some(year));
    let register = made(&house, None, by_score);
    let told = lines(&register.rows, &["place", "group", "score"]);
    assert_eq!(told[..4], ["1 dan 95.00", "1 jo 95.00", "3 gus 55.00", "4 ada 45.00"]);
    assert_eq!(told.len(), 19, "whose score is not known stands behind the others, without a place");
    assert!(
        told.last().unwrap().starts_with(' ') && register.headline.contains("of 11 more it is not known"),
        "{}",
        register.headline
    );
    let by = made(&house, Some("department"), by_score);
    // (95 + 55 + 45) / 3 and (45 + 25 + 95 + 45 + 25) / 5.
    let columns = ["place", "group", "score", "known", "of"];
    assert_eq!(lines(&by.rows, &columns), ["1 health 65.00 3 9", "2 works 47.00 5 10"]);
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

/// The program on a copy of a store in which people were heard, with its exit code, what it prints and what it says beside that.
fn merit(folder: &Path, words: &str) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_merit"));
    let output = command.args(words.split(' ')).current_dir(folder).env("NO_COLOR", "1").output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_printed_register_says_what_it_comes_to_and_adds_up() {
    let folder = tempfile::tempdir().unwrap();
    folders::copy(Path::new("tests/fixtures/0.1-engine"), folder.path());
    let printed = |words: &str| {
        let (code, out, err) = merit(folder.path(), words);
        assert_eq!(code, Some(0), "{err}");
        out
    };
    let expected = "\
Rewards and sanctions until 2026-10-12: 5 proposed, 2 took effect.

 year   quarter  framework  kind      what          proposed  took effect  dismissed
 2026   2026-Q3  conduct    reward    commendation         1            1          0
 2026   2026-Q3  conduct    sanction  caution              1            1          0
 2026   2026-Q3  conduct    sanction  demotion             1            0          0
 2026   2026-Q3  conduct    sanction  warning              2            0          0
 total                                                     5            2          0
";
    assert_eq!(printed("report returns"), expected);
    assert_eq!(printed("report appeals"), "No appeal is being heard at the end of 2026-10-12.\n");
    let csv = printed("report returns --format csv");
    assert_eq!(
        csv.lines().next(),
        Some("year,quarter,framework,kind,rule,proposed,took_effect,dismissed,amount,currency")
    );
    assert_eq!(csv.lines().count(), 5, "no total among the rows of a spreadsheet");
    let json: serde_json::Value = serde_json::from_str(&printed("report returns --format json")).unwrap();
    assert_eq!((&json["total"]["proposed"], json["rows"].as_array().unwrap().len()), (&serde_json::json!(5), 4));
    let summed = printed("report overdue --format csv --summary");
    assert_eq!(summed.lines().nth(1), Some("hearing,notice,sec,sec,1,1,5,3"));
    assert!(printed("report overdue --by boss").contains(" boss   workflow  stage   stages"));
    let cut = printed("report returns --top 1");
    assert!(cut.contains("… and 3 more (--top 4 shows all") && cut.contains(" total "), "{cut}");
}

#[test]
fn a_mistyped_register_field_or_name_is_told_with_the_nearest() {
    let folder = tempfile::tempdir().unwrap();
    folders::copy(Path::new("tests/fixtures/0.1-engine"), folder.path());
    for (words, said) in [
        ("report overdeu", "'overdue'"),
        ("report overdue --by bos", "did you mean `boss`?"),
        ("report overdue --workflow hearings", "did you mean `hearing`?"),
        ("report returns --framework conducts", "did you mean `conduct`?"),
        ("report returns --in 2026/27", "that of today is written"),
        ("report ranking", "name a reference or a choice with `--by`: boss, commission, secretary"),
        ("report ranking --score mark", "there is no definition that is a number `mark`"),
        ("report overdue --as-of 2026-10-01", "the store has run up to 2026-10-12"),
        ("report missed --in 2026", "no workflow has a period `2026`"),
        ("cases --format csv", "only `merit report` gives CSV"),
    ] {
        let (code, out, err) = merit(folder.path(), words);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{words}");
        assert!(err.contains(said), "{words}: {err}");
    }
}
