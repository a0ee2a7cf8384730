//! How long cases are kept: what is destroyed, when, what is left, and that nothing is that is open or in force; and who ends what is in
//! force before its time.

#![expect(clippy::unwrap_used, reason = "a test whose store fails has failed")]

use jiff::ToSpan;
use jiff::civil::{Date, date};
use merit::engine::ActRequest;
use merit::store::{Filter, OutcomeFilter, OutcomeRow, Store};
use merit::workflow::{Act, Deed};

mod house;
#[expect(dead_code, reason = "what leaves the house is looked at elsewhere")]
mod invariants;

use house::House;

const ADOPTED: Date = date(2026, 1, 1);

fn about(house: &House, who: &str) -> (usize, usize) {
    let period = Some("2025-01-01".to_owned());
    let outcomes = OutcomeFilter { subject: Some(who.to_owned()), period, ..OutcomeFilter::default() };
    let cases = Filter { subject: Some(who.to_owned()), ..Filter::default() };
    (house.store.outcomes(&outcomes).unwrap().len(), house.store.cases(&cases).unwrap().len())
}

/// Whether a text stands anywhere in the files of the store.
fn is_on_disk(house: &House, text: &str) -> bool {
    let files = std::fs::read_dir(house._folder.path()).unwrap().map(|it| it.unwrap().path());
    let files = files.filter(|it| it.file_name().is_some_and(|it| it.to_string_lossy().starts_with("merit.db")));
    files.into_iter().any(|it| {
        let bytes = std::fs::read(it).unwrap();
        bytes.windows(text.len()).any(|it| it == text.as_bytes())
    })
}

fn the_chain_holds(house: &House, seal: &str) {
    let verified = house.store.verify_journal(Some(seal)).unwrap();
    assert!(verified.is_ok(), "{verified:?}");
    assert_eq!(house.store.verify_file().unwrap(), Ok(()));
}

/// A service in which cautions are told of, last half a year, and are struck out a year later.
fn struck_out() -> House {
    let mut house = House::open("conduct", ADOPTED, &["officer.csv", "review.csv"]);
    house.deploy(|text| {
        let lasting = "automatic; lasts 6 months; expunge 1 year after it ended; notify officer with told }";
        text.replace("{ when mark < 60; automatic }", &format!("{{ when mark < 60; {lasting}"))
            + "\nmessage told { by email; subject \"Caution\"; body \"{officer.id} should know of {year}.\" }\n"
    });
    house
}

#[test]
fn what_is_expunged_is_gone_on_its_day_and_what_is_left_verifies() {
    let mut house = struck_out();
    house.run(date(2026, 9, 30));
    let seal = house.store.state().unwrap().seal;
    assert_eq!(about(&house, "dan"), (1, 1));
    assert!(is_on_disk(&house, "dan should know of 2025"));
    // It lasts until 30 March 2027.
    let report = house.run(date(2028, 3, 29));
    assert_eq!((report.expunged, about(&house, "dan")), (0, (1, 1)));
    let report = house.run(date(2028, 3, 30));
    assert_eq!((report.expunged, about(&house, "dan")), (1, (0, 0)));
    assert!(!is_on_disk(&house, "dan should know of 2025"), "the text is destroyed");
    the_chain_holds(&house, &seal);
    house.every_invariant_holds(date(2028, 3, 30), true);
    assert!(house.store.effects(&Filter::default()).unwrap().iter().all(|it| !it.effect.recipient.contains("dan")));
    let gone = Filter { status: Some("expunged".to_owned()), ..Filter::default() };
    let gone = house.store.cases(&gone).unwrap();
    let journal = house.store.journal(gone[0].id).unwrap();
    assert_eq!((gone.len(), gone[0].subject.as_str(), journal.len()), (1, "", 1));
    assert!(journal[0].payload.contains("`expunge` of sanction `caution`"), "{}", journal[0].payload);
    assert_eq!(house.run(date(2028, 3, 30)).expunged, 0, "once");
    assert_eq!(about(&house, "ada"), (1, 1), "what nobody said of how long it is kept stays");
}

#[test]
fn a_case_is_kept_as_long_as_its_workflow_says_and_opens_no_second_time() {
    let mut house = House::open("conduct", ADOPTED, &["officer.csv"]);
    house.deploy(|text| {
        text.replace("  mark number from 0 to 100\n", "  mark number from 0 to 100\n  held event\n")
            + "\nworkflow talks { for each officer each year where boss is known; keep 2 years after talk
                 stage talk { opens start of year; due 31 January after the year; by supervisor; fills held } }\n"
    });
    house.run(date(2026, 6, 1));
    house.enter("review.csv", "officer,period,held\nada,2026,2026-06-02\n", date(2026, 6, 2));
    house.run(date(2026, 6, 3));
    let seal = house.store.state().unwrap().seal;
    assert_eq!(house.run(date(2028, 6, 2)).expunged, 0, "kept for two years, the last day too");
    let before = about(&house, "ada").1;
    assert_eq!(house.run(date(2028, 6, 3)).expunged, 1);
    assert_eq!(about(&house, "ada").1, before - 1);
    house.enter("officer.csv", "id,email\nada,new@service.example\n", date(2028, 6, 4));
    house.deploy(|text| text + "# a new version walks everybody anew\n");
    house.run(date(2028, 6, 4));
    assert_eq!(about(&house, "ada").1, before - 1, "it is not opened anew");
    the_chain_holds(&house, &seal);
    house.every_invariant_holds(date(2028, 6, 4), true);
}

#[test]
fn what_is_open_in_force_or_still_to_leave_is_kept() {
    let mut house = House::open("conduct", ADOPTED, &["officer.csv", "review.csv"]);
    house.deploy(|text| {
        text.replace("  ends imposed, dismissed\n", "  ends imposed, dismissed\n  keep 1 month after notice\n")
    });
    house.run(date(2026, 9, 30));
    for who in ["ada", "ben", "cy"] {
        house.does(date(2026, 10, 1), "sec", Deed::Send, who).unwrap();
    }
    let mut day = date(2026, 10, 1);
    while day < date(2026, 12, 31) {
        day = day.tomorrow().unwrap();
        assert_eq!(house.run(day).expunged, u64::from(day == date(2026, 11, 10)), "on {day}");
        if day == date(2026, 11, 9) {
            for (who, choice) in [("ada", "impose"), ("ben", "impose"), ("cy", "drop")] {
                let choose = Deed::Choose { choice: choice.to_owned(), instead: None };
                house.does(day, "boss", choose, who).unwrap();
            }
        }
    }
    // The warning of twelve months is in force until some day in the next December, the demotion for good.
    house.run(date(2028, 3, 1));
    assert_eq!((about(&house, "ada").0, about(&house, "ben").0, about(&house, "cy").0), (0, 1, 0));
    house.every_invariant_holds(date(2028, 3, 1), true);
}

#[test]
fn while_it_is_not_known_since_when_it_is_kept_and_asked_again() {
    let mut house = House::open("conduct", ADOPTED, &["officer.csv"]);
    house.deploy(|text| {
        text.replace("  reply      optional text\n", "  reply      optional text\n  departed   event\n")
            .replace("  mark number from 0 to 100\n", "  mark number from 0 to 100\n  held event\n")
            + "\nworkflow talks { for each officer each year where boss is known; keep 1 year after departed
                 stage talk { opens start of year; due 31 January after the year; by supervisor; fills held } }\n"
    });
    house.run(date(2026, 6, 1));
    house.enter("review.csv", "officer,period,held\nada,2026,2026-06-02\n", date(2026, 6, 2));
    let (mut day, mut gone) = (date(2026, 6, 2), None);
    while day < date(2028, 6, 1) {
        if house.run(day).expunged > 0 {
            gone = gone.or(Some(day));
        }
        if day == date(2026, 6, 23) {
            house.enter("officer.csv", "id,departed\nada,2026-06-20\n", day);
        }
        day = day.checked_add(7.days()).unwrap();
    }
    let gone = gone.unwrap();
    assert!(date(2027, 6, 21) <= gone && gone <= date(2027, 6, 30), "a year after she left: {gone}");
}

#[test]
fn an_entry_that_somebody_else_emptied_is_named() {
    let mut house = struck_out();
    house.run(date(2026, 9, 30));
    house.run(date(2028, 3, 30));
    let file = house._folder.path().join("merit.db");
    let connection = rusqlite::Connection::open(&file).unwrap();
    let emptied = "update journal set at = 0, actor = '', kind = 'expunged', payload = '', payload_hash = '' where case_id = 1 and seq = 1";
    assert_eq!(connection.execute(emptied, []).unwrap(), 1);
    let broken = house.store.verify_journal(None).unwrap().unwrap_err();
    assert_eq!(broken.case, Some(1), "{broken:?}");
}

fn cautioned() -> House {
    let mut house = House::open("conduct", ADOPTED, &["officer.csv", "review.csv"]);
    house.deploy(|text| {
        text.replace(
            "{ when mark < 60; automatic }",
            "{ when mark < 60; automatic; lasts 6 months; may be lifted by commission or supervisor; expunge 1 year after it ended }",
        )
    });
    house.run(date(2026, 9, 30));
    house
}

fn caution(house: &House) -> OutcomeRow {
    let of = OutcomeFilter {
        subject: Some("dan".to_owned()),
        period: Some("2025-01-01".to_owned()),
        ..OutcomeFilter::default()
    };
    house.store.outcomes(&of).unwrap().remove(0)
}

fn lift(house: &mut House, day: Date, who: &str, because: Option<&str>, of: &str) -> Result<(), String> {
    let cases = house.store.cases(&Filter { subject: Some(of.to_owned()), ..Filter::default() }).unwrap();
    let act = Act {
        by: (String::new(), who.to_owned()),
        stage: None,
        what: Deed::Lift,
        because: because.map(str::to_owned),
        key: Some("1".to_owned()),
    };
    house.act(day, &ActRequest { case: cases[0].id, act, values: Vec::new() })
}

#[test]
fn what_is_in_force_is_lifted_by_whom_the_policy_names_and_by_nobody_else() {
    let mut house = cautioned();
    let day = date(2026, 12, 1);
    let refused = lift(&mut house, day, "sec", Some("a favour"), "dan").unwrap_err();
    assert!(refused.contains("may not be lifted by sec"), "{refused}");
    let refused = lift(&mut house, day, "com", None, "dan").unwrap_err();
    assert!(refused.contains("reason") || refused.contains("why"), "{refused}");
    lift(&mut house, day, "com", Some("pardoned"), "dan").unwrap();
    let it = caution(&house);
    assert_eq!((it.state.as_str(), it.since, it.ended), ("ended", Some(date(2026, 9, 30)), Some(day)));
    assert_eq!(lift(&mut house, day, "com", Some("pardoned"), "dan"), Ok(()), "the same key again does nothing");
    let refused = lift(&mut house, date(2026, 12, 2), "boss", Some("me too"), "ada").unwrap_err();
    assert!(refused.contains("not in force"), "{refused}");
    house.run(date(2026, 12, 2));
    house.every_invariant_holds(date(2026, 12, 2), true);
    // It ended on 30 November: a year later it is struck out.
    assert_eq!(house.run(date(2027, 11, 29)).expunged, 0);
    assert_eq!(house.run(date(2027, 11, 30)).expunged, 1);
}

#[test]
fn what_has_run_out_by_itself_can_not_be_lifted() {
    let mut house = cautioned();
    house.run(date(2027, 3, 30));
    let refused = lift(&mut house, date(2027, 3, 31), "com", Some("too late"), "dan").unwrap_err();
    assert!(refused.contains("31 March 2027"), "{refused}");
    assert_eq!(caution(&house).state, "in force");
}

#[test]
fn on_its_last_day_it_can() {
    let mut house = cautioned();
    lift(&mut house, date(2027, 3, 30), "boss", Some("he learned"), "dan").unwrap();
    assert_eq!(caution(&house).state, "ended");
}

#[test]
fn what_was_lifted_sounds_no_alarm() {
    for (lifted, expected) in [(false, 1), (true, 0)] {
        let mut house = House::open("conduct", ADOPTED, &["officer.csv", "review.csv"]);
        house.deploy(|text| {
            let rule = "automatic; lasts 6 months, alarm 1 month before with soon; may be lifted by commission }";
            text.replace("{ when mark < 60; automatic }", &format!("{{ when mark < 60; {rule}"))
                + "\nmessage soon { by email; subject \"Caution\"; body \"Until {due}.\" }\n"
        });
        house.run(date(2026, 9, 30));
        if lifted {
            lift(&mut house, date(2026, 12, 1), "com", Some("pardoned"), "dan").unwrap();
        }
        for day in [date(2027, 2, 26), date(2027, 3, 1), date(2027, 3, 2), date(2027, 4, 1)] {
            house.run(day);
        }
        let of = Filter { subject: Some("dan".to_owned()), ..Filter::default() };
        let alarms = house.store.effects(&of).unwrap().iter().filter(|it| it.effect.message == "soon").count();
        assert_eq!(alarms, expected);
    }
}
