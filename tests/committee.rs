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
