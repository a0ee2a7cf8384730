//! A stage that opens for each of several people, on a store: each writes into the record that names them, and the case follows it.

#![expect(clippy::unwrap_used, reason = "a test whose store fails has failed")]

use jiff::civil::{Date, date};
use merit::policy::compile;
use merit::source::Sources;
use merit::store::{Filter, Store};
use merit::value::{Known, RecordRef, Value};
use merit::workflow::{Act, Case, Deed, StageStatus};

mod house;
#[expect(dead_code, reason = "what leaves the house is looked at elsewhere")]
mod invariants;

use house::House;
use merit::engine::ActRequest;

const ADOPTED: Date = date(2026, 1, 1);

fn reviews() -> House {
    House::open("reviews", ADOPTED, &["person.csv", "asking.csv"])
}

fn case(house: &House) -> (i64, Case) {
    let rows = house.store.cases(&Filter { subject: Some("ada".to_owned()), ..Filter::default() }).unwrap();
    (rows[0].id, serde_json::from_str(&rows[0].state).unwrap())
}

fn asked(house: &House) -> Vec<String> {
    let holders = case(house).1.stages["collect"].holders.clone();
    holders.into_iter().filter_map(|it| it.who).map(|it| it.1).collect()
}

fn writes(house: &mut House, day: Date, who: &str, opinion: &str) -> Result<(), String> {
    let act = Act {
        by: (String::new(), who.to_owned()),
        stage: None,
        what: Deed::Fill(vec!["opinion".to_owned()]),
        because: None,
        key: None,
    };
    let values = vec![("opinion".to_owned(), opinion.to_owned())];
    let case = case(house).0;
    house.act(day, &ActRequest { case, act, values })
}

/// What stands in the records that name Ada's colleagues.
fn opinions(house: &House) -> Vec<Option<String>> {
    let text = std::fs::read_to_string("tests/projects/reviews/policy/reviews.merit").unwrap();
    let policy = compile(&Sources::single("reviews.merit", text)).policy.unwrap();
    let asking = policy.record_named("asking").unwrap();
    let opinion = policy.record(asking).field_named("opinion").unwrap();
    let reader = house.store.reader(&policy);
    let person = policy.record_named("person").unwrap();
    let ada = RecordRef { record: person, key: "ada".into() };
    let words = |it: Value| match it {
        Value::Known(Known::Text(words)) => Some(words.to_string()),
        _ => None,
    };
    reader.children(&ada, asking).iter().map(|it| words(reader.field(it, opinion, date(2026, 12, 31)))).collect()
}

#[test]
fn each_writes_into_the_record_that_names_them_and_two_suffice() {
    let mut house = reviews();
    house.run(date(2026, 1, 5));
    assert_eq!(asked(&house), ["ben", "cid", "dan"]);
    let early = house.does(date(2026, 1, 6), "ben", Deed::Complete, "ada").unwrap_err();
    assert!(early.contains("the part of ben is not there yet; it fills `opinion`"), "{early}");
    writes(&mut house, date(2026, 1, 6), "cid", "slow").unwrap();
    assert_eq!(opinions(&house), [None, Some("slow".to_owned()), None]);
    let refused = writes(&mut house, date(2026, 1, 6), "eve", "kind").unwrap_err();
    assert!(refused.contains("does not lie with eve; it lies with ben and cid and dan"), "{refused}");
    writes(&mut house, date(2026, 1, 7), "ben", "thorough").unwrap();
    house.every_invariant_holds(date(2026, 1, 7), false);
    for day in [date(2026, 3, 5), date(2026, 3, 6)] {
        house.run(day);
        assert_eq!(
            case(&house).1.stages["collect"].status,
            StageStatus::Running,
            "dan has time until the evening of the 6th"
        );
    }
    house.run(date(2026, 3, 7));
    let (_, case) = case(&house);
    let collect = &case.stages["collect"];
    assert_eq!((collect.status, collect.ended, collect.late), (StageStatus::Done, Some(date(2026, 3, 6)), false));
    assert_eq!(case.stages["sum_up"].status, StageStatus::Running);
    house.every_invariant_holds(date(2026, 3, 7), true);
}

#[test]
fn the_case_follows_whoever_is_named_later_and_whoever_can_act_no_more() {
    let mut house = reviews();
    house.run(date(2026, 1, 5));
    house.enter("person.csv", "id,email,boss,away\neve,eve@example.org,,\n", date(2026, 1, 6));
    house.enter("asking.csv", "person,n,colleague\nada,4,eve\n", date(2026, 1, 6));
    house.run(date(2026, 1, 6));
    assert_eq!(asked(&house), ["ben", "cid", "dan", "eve"]);
    writes(&mut house, date(2026, 1, 7), "dan", "kind").unwrap();
    house.enter(
        "person.csv",
        "id,email,boss,away\nben,ben@example.org,,yes\ndan,dan@example.org,,yes\n",
        date(2026, 1, 7),
    );
    house.run(date(2026, 1, 8));
    assert_eq!(asked(&house), ["cid", "dan", "eve"], "who is away is not asked, and what dan wrote counts");
    writes(&mut house, date(2026, 1, 8), "cid", "slow").unwrap();
    house.enter("asking.csv", "person,n,colleague,opinion\nada,4,eve,quick\n", date(2026, 1, 8));
    house.run(date(2026, 1, 9));
    assert_eq!(case(&house).1.stages["collect"].status, StageStatus::Done, "what an import brings is there, too");
    house.every_invariant_holds(date(2026, 1, 9), true);
}

#[test]
fn with_too_few_the_case_waits_until_more_are_named() {
    let mut house = reviews();
    house.enter("person.csv", "id,email,boss,away\ncid,cid@example.org,,yes\ndan,dan@example.org,,yes\n", ADOPTED);
    house.run(date(2026, 1, 5));
    let rows = house.store.cases(&Filter { subject: Some("ada".to_owned()), ..Filter::default() }).unwrap();
    let why = rows[0].set_aside.clone().unwrap();
    assert!(why.contains("2 must act as colleague, and 1 can"), "{why}");
    assert!(why.contains("cid is passed over: absent"), "{why}");
    house.enter("person.csv", "id,email,boss,away\ndan,dan@example.org,,no\n", date(2026, 1, 6));
    house.run(date(2026, 1, 6));
    assert_eq!(asked(&house), ["ben", "dan"]);
    house.every_invariant_holds(date(2026, 1, 6), true);
}

#[test]
fn the_last_case_of_an_old_version_ends_by_an_act_and_stops_nothing() {
    let mut house = reviews();
    house.run(date(2026, 1, 5));
    for who in ["ben", "cid", "dan"] {
        writes(&mut house, date(2026, 1, 6), who, "kind").unwrap();
    }
    house.deploy(|text| format!("{text}\n# the second version\n"));
    let case = case(&house).0;
    let fill = |key: &str| {
        let (by, what) = ((String::new(), "bob".to_owned()), Deed::Fill(vec!["summary".to_owned()]));
        let act = Act { by, stage: None, what, because: None, key: Some(key.to_owned()) };
        ActRequest { case, act, values: vec![("summary".to_owned(), "fit".to_owned())] }
    };
    house.act(date(2026, 1, 7), &fill("first")).unwrap();
    house.run(date(2026, 1, 8));
    house.act(date(2026, 1, 8), &fill("first")).unwrap();
    let refused = house.act(date(2026, 1, 8), &fill("second")).unwrap_err();
    assert!(refused.contains("the case ended on 2026-01-07"), "{refused}");
    house.every_invariant_holds(date(2026, 1, 8), true);
}

#[test]
fn what_one_has_signed_another_who_comes_instead_has_not() {
    let mut house = reviews();
    house.deploy(|text| text.replace("    fills opinion\n", ""));
    house.run(date(2026, 1, 5));
    house.does(date(2026, 1, 6), "ben", Deed::Complete, "ada").unwrap();
    house.enter("person.csv", "id,email,boss,away\neve,eve@example.org,,\n", date(2026, 1, 7));
    house.enter("asking.csv", "person,n,colleague\nada,1,eve\n", date(2026, 1, 7));
    house.run(date(2026, 1, 7));
    assert_eq!(asked(&house), ["eve", "cid", "dan"]);
    for who in ["cid", "dan"] {
        house.does(date(2026, 1, 8), who, Deed::Complete, "ada").unwrap();
    }
    house.run(date(2026, 1, 8));
    assert_eq!(case(&house).1.stages["collect"].status, StageStatus::Running, "eve has done nothing");
    house.does(date(2026, 1, 9), "eve", Deed::Complete, "ada").unwrap();
    assert_eq!(case(&house).1.stages["collect"].status, StageStatus::Done);
    house.every_invariant_holds(date(2026, 1, 9), false);
}

#[test]
fn whoever_has_done_their_part_has_it_no_longer_before_them() {
    let mut house = reviews();
    house.deploy(|text| text.replace("    fills opinion\n", ""));
    house.run(date(2026, 1, 5));
    house.does(date(2026, 1, 6), "ben", Deed::Complete, "ada").unwrap();
    let tasks = house.store.tasks(case(&house).0, "collect").unwrap();
    let until: Vec<(String, Option<String>)> =
        tasks.into_iter().filter_map(|it| Some((it.holder?.1, it.until))).collect();
    let waits = |who: &str| (who.to_owned(), None);
    assert_eq!(until, [("ben".to_owned(), Some("2026-01-06".to_owned())), waits("cid"), waits("dan")]);
}
