//! A committee on a store: who sits follows the records, from the day from which they say so, and every invariant holds.

#![expect(clippy::unwrap_used, reason = "a test whose store fails has failed")]

use std::collections::BTreeSet;

use jiff::civil::{Date, date};
use merit::store::{Filter, Store};
use merit::workflow::{Case, Deed};

mod house;
#[expect(dead_code, reason = "what leaves the house is looked at elsewhere")]
mod invariants;

use house::House;

const ADOPTED: Date = date(2026, 1, 1);

fn works() -> House {
    House::open("board", ADOPTED, &["office.csv", "person.csv", "sitting.csv"])
}

fn case(house: &House, of: &str) -> Case {
    let rows = house.store.cases(&Filter { subject: Some(of.to_owned()), ..Filter::default() }).unwrap();
    serde_json::from_str(&rows[0].state).unwrap()
}

fn sitting(house: &House, of: &str) -> Vec<String> {
    let case = case(house, of);
    case.stages["ruling"].holders.iter().filter_map(|it| it.who.as_ref()).map(|it| it.1.clone()).collect()
}

fn choose(choice: &str) -> Deed {
    Deed::Choose { choice: choice.to_owned(), instead: None }
}

#[test]
fn who_sits_follows_the_records_day_by_day() {
    let mut house = works();
    house.run(date(2026, 3, 3));
    assert_eq!(sitting(&house, "ada"), ["ann", "ben", "sec"], "the manager of the subject does not sit");
    assert_eq!(sitting(&house, "eve"), ["cha", "ann", "sec"]);
    // Ben's seat ends with Friday, 20 March, and Cid's begins on Monday.
    for day in [20, 21, 23] {
        house.run(date(2026, 3, day));
        house.every_invariant_holds(date(2026, 3, day), true);
    }
    assert_eq!(sitting(&house, "eve"), ["cha", "ann", "cid", "sec"]);
    // Another takes the chair: what they refer to is one record away, and the cases hear of it.
    house.enter(
        "sitting.csv",
        "office,n,person,seat,started,left\nworks,1,cha,chair,2026-01-01,2026-03-23\nworks,6,ben,chair,2026-03-24,\n",
        date(2026, 3, 23),
    );
    house.run(date(2026, 3, 24));
    assert_eq!(sitting(&house, "ada"), ["ben", "ann", "cid", "sec"]);
    assert_eq!(sitting(&house, "eve"), ["ann", "cid", "sec"], "the new chair is eve's manager");
    house.every_invariant_holds(date(2026, 3, 24), true);
}

#[test]
fn votes_of_those_who_sit_count_and_no_others() {
    let mut house = works();
    let day = date(2026, 3, 3);
    house.run(day);
    for (who, why) in [("cha", "does not lie with cha"), ("eve", "does not lie with eve"), ("sec", "without a vote")] {
        let refused = house.does(day, who, choose("grant"), "ada").unwrap_err();
        assert!(refused.contains(why), "{refused}");
    }
    house.does(day, "ann", choose("grant"), "ada").unwrap();
    let early = house.does(day, "sec", Deed::EndVote, "ada").unwrap_err();
    assert!(early.contains("2 who vote must be there to decide, and 1 are"), "{early}");
    // Whoever sat when voting and has left since is not counted: the vote of the one who came instead is waited for.
    house.does(day, "ben", choose("refuse"), "ada").unwrap();
    let ended = case(&house, "ada");
    let fell = ended.is_open();
    assert!(fell && ended.stages["ruling"].votes.is_empty(), "one against one, and no chair to decide: it falls");
    house.does(day, "ben", choose("refuse"), "ada").unwrap();
    house.run(date(2026, 3, 23));
    house.does(date(2026, 3, 23), "ann", choose("grant"), "ada").unwrap();
    house.does(date(2026, 3, 23), "cid", choose("grant"), "ada").unwrap();
    assert_eq!(case(&house, "ada").mark.as_deref(), Some("granted"));
    house.every_invariant_holds(date(2026, 3, 23), false);
    let kinds: BTreeSet<String> = house.store.journal(1).unwrap().into_iter().map(|it| it.kind).collect();
    assert!(kinds.contains("voted") && kinds.contains("motion_fell"), "{kinds:?}");
}

#[test]
fn the_vote_is_closed_when_enough_are_there() {
    let mut house = works();
    house.deploy(|it| it.replace("2 member", "3 member").replace("quorum   3", "quorum   2"));
    let cid = "office,n,person,seat,started,left\nworks,5,cid,member,2026-01-01,\n";
    house.enter("sitting.csv", cid, date(2026, 1, 1));
    let day = date(2026, 3, 3);
    house.run(day);
    assert_eq!(sitting(&house, "ada"), ["ann", "ben", "cid", "sec"]);
    house.does(day, "ann", choose("grant"), "ada").unwrap();
    let early = house.does(day, "sec", Deed::EndVote, "ada").unwrap_err();
    assert!(early.contains("2 who vote must be there to decide, and 1 are"), "{early}");
    house.does(day, "ben", choose("grant"), "ada").unwrap();
    let other = house.does(day, "ann", Deed::EndVote, "ada").unwrap_err();
    assert!(other.contains("closed by the secretary"), "{other}");
    house.does(day, "sec", Deed::EndVote, "ada").unwrap();
    assert_eq!(case(&house, "ada").mark.as_deref(), Some("granted"));
    house.every_invariant_holds(day, false);
}

fn inquiries() -> House {
    House::open("inquiry", ADOPTED, &["person.csv"])
}

fn members(house: &House, of: &str) -> Vec<String> {
    let formed = case(house, of).stages["report"].formed.clone().unwrap();
    formed.members.iter().map(|it| it.who.1.clone()).collect()
}

const ASKED: [&str; 8] = ["j00", "j01", "j02", "j03", "j04", "j05", "j06", "j07"];

#[test]
fn who_is_drawn_for_a_case_does_not_depend_on_when_or_in_what_order_cases_are_looked_at() {
    let (mut daily, mut at_once) = (inquiries(), inquiries());
    for day in 2..=12 {
        daily.run(date(2026, 3, day));
        daily.every_invariant_holds(date(2026, 3, day), true);
    }
    at_once.run(date(2026, 3, 12));
    for (nth, of) in ASKED.iter().enumerate() {
        let drawn = members(&daily, of);
        assert_eq!(drawn, members(&at_once, of), "{of}");
        assert_eq!(drawn.len(), 3);
        assert!(!drawn.contains(&format!("h{nth:02}")), "the manager of {of} does not sit: {drawn:?}");
        // j00, j02 … are women: one of every four who rank above them is one, too.
        let women = drawn.iter().filter(|it| ["h00", "h04", "h08"].contains(&it.as_str())).count();
        assert!(nth % 2 == 1 || women > 0, "no woman is on the committee for {of}: {drawn:?}");
    }
    let all: BTreeSet<String> = ASKED.iter().flat_map(|it| members(&daily, it)).collect();
    assert!(all.len() > 6, "the same few sit again and again: {all:?}");
}

#[test]
fn a_committee_stays_as_it_was_formed_but_for_who_leaves_it() {
    let mut house = inquiries();
    house.run(date(2026, 3, 3));
    let before = members(&house, "j01");
    // Whoever sinks in rank stays; whoever is gone does not.
    let rows = format!("id,rank,left\n{},junior,\n{},senior,2026-03-04\n", before[0], before[1]);
    house.enter("person.csv", &rows, date(2026, 3, 4));
    house.run(date(2026, 3, 5));
    house.every_invariant_holds(date(2026, 3, 5), true);
    let after = members(&house, "j01");
    assert!(after.contains(&before[0]) && after.contains(&before[2]) && !after.contains(&before[1]), "{after:?}");
    assert_eq!(after.len(), 3);
    // Who withdraws has no vote, and whoever comes instead has one.
    let day = date(2026, 3, 6);
    house.does(day, &after[0], choose("uphold"), "j01").unwrap();
    let withdraws = merit::workflow::Act {
        by: (String::new(), after[0].clone()),
        stage: None,
        what: Deed::Recuse,
        because: Some("a cousin".to_owned()),
        key: None,
    };
    let case_of = house.store.cases(&Filter { subject: Some("j01".to_owned()), ..Filter::default() }).unwrap()[0].id;
    house.act(day, &merit::engine::ActRequest { case: case_of, act: withdraws, values: Vec::new() }).unwrap();
    let last = members(&house, "j01");
    assert!(!last.contains(&after[0]) && last.len() == 3, "{last:?}");
    assert!(case(&house, "j01").stages["report"].votes.is_empty());
    let refused = house.does(day, &after[0], choose("uphold"), "j01").unwrap_err();
    assert!(refused.contains("does not lie with"), "{refused}");
    for who in &last {
        house.does(day, who, choose("uphold"), "j01").unwrap();
    }
    assert_eq!(case(&house, "j01").mark.as_deref(), Some("upheld"));
    house.every_invariant_holds(day, false);
}

#[test]
fn a_late_committee_is_replaced_once_and_its_time_is_over_in_every_row() {
    let mut house = inquiries();
    house.run(date(2026, 3, 3));
    let first = members(&house, "j03");
    house.does(date(2026, 3, 4), &first[0], choose("uphold"), "j03").unwrap();
    let mut defaults = 0;
    for day in [1, 2, 3, 4, 5, 6] {
        defaults += house.run(date(2026, 4, day)).defaults;
        house.every_invariant_holds(date(2026, 4, day), true);
    }
    assert_eq!(defaults, 24, "three of each of eight committees were late");
    let second = members(&house, "j03");
    assert!(second.len() == 3 && first.iter().all(|it| !second.contains(it)), "{first:?} {second:?}");
    let stage = case(&house, "j03").stages["report"].clone();
    assert_eq!((stage.round, stage.votes.len()), (2, 0));
    assert_eq!(stage.dates.due.as_ref().unwrap().day, date(2026, 5, 4));
    let refused = house.does(date(2026, 4, 6), &first[0], choose("uphold"), "j03").unwrap_err();
    assert!(refused.contains("does not lie with"), "{refused}");
    // There is no third: it stays open, overdue, with the second, who can still decide.
    house.run(date(2026, 5, 20));
    house.every_invariant_holds(date(2026, 5, 20), true);
    assert_eq!(members(&house, "j03"), second);
    for who in &second {
        house.does(date(2026, 5, 20), who, choose("dismiss"), "j03").unwrap();
    }
    assert_eq!(case(&house, "j03").mark.as_deref(), Some("dismissed"));
    house.every_invariant_holds(date(2026, 5, 20), false);
}

#[test]
fn a_committee_found_late_after_downtime_has_its_grace() {
    let mut house = inquiries();
    house.run(date(2026, 3, 3));
    let report = house.run(date(2026, 4, 20));
    assert_eq!((report.defaults, report.held), (0, 8), "downtime is nobody's fault");
    let first = members(&house, "j03");
    for who in &first {
        house.does(date(2026, 4, 21), who, choose("uphold"), "j03").unwrap();
    }
    let report = house.run(date(2026, 5, 4));
    assert_eq!(report.defaults, 21);
    // What was sent is heard of in the next.
    house.run(date(2026, 5, 5));
    house.every_invariant_holds(date(2026, 5, 5), true);
}
