//! Judgements on a store: what is proposed is heard, imposed, dismissed, lessened and appealed against there as in the transcripts, and
//! every invariant holds on every day, whatever people do.

#![expect(clippy::unwrap_used, reason = "a test whose store fails has failed")]

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use merit::engine::{self, ActRequest, JudgeRequest};
use merit::store::{Filter, OutcomeFilter, OutcomeRow, Store};
use merit::workflow::{Act, Case, Deed, StageStatus};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

mod house;
#[expect(dead_code, reason = "what leaves the house is looked at elsewhere")]
mod invariants;

use house::{Everybody, House, settings};

const ADOPTED: Date = date(2026, 1, 1);

fn service() -> House {
    House::open("conduct", ADOPTED, &["officer.csv", "review.csv"])
}

fn outcomes(house: &House) -> Vec<OutcomeRow> {
    house.store.outcomes(&OutcomeFilter::default()).unwrap()
}

fn told(house: &House) -> Vec<String> {
    let one = |it: &OutcomeRow| format!("{} {} {}", it.subject, it.rule, it.state);
    outcomes(house).iter().map(one).collect()
}

#[test]
fn a_judgement_opens_the_cases_in_which_it_is_heard_once() {
    let mut house = service();
    house.run(date(2026, 9, 29));
    assert!(outcomes(&house).is_empty(), "nobody is judged before the day");
    let report = house.run(date(2026, 9, 30));
    assert_eq!((report.judged, report.proposed, report.undetermined), (8, 5, 0));
    let expected = [
        "ada warning proposed",
        "ben demotion proposed",
        "cy warning proposed",
        "dan caution in force",
        "eve commendation in force",
    ];
    assert_eq!(told(&house), expected);
    let again = house.run(date(2026, 9, 30));
    assert_eq!((again.judged, again.effects), (0, 0), "a period is judged once");
    let sent: BTreeSet<String> =
        house.store.effects(&Filter::default()).unwrap().into_iter().map(|it| it.effect.message).collect();
    assert_eq!(sent, BTreeSet::from(["commendation_letter".to_owned()]));
    house.every_invariant_holds(date(2026, 9, 30), true);
}

#[test]
fn what_was_missed_while_nobody_ran_is_judged_on_the_next_day_that_somebody_does() {
    let mut house = service();
    house.run(date(2026, 9, 1));
    let report = house.run(date(2026, 11, 16));
    assert_eq!(report.proposed, 5);
    let ada = house.store.cases(&Filter { subject: Some("ada".to_owned()), ..Filter::default() }).unwrap();
    let case: Case = serde_json::from_str(&ada[0].state).unwrap();
    let due = case.stages["notice"].dates.due.as_ref().unwrap().day;
    assert_eq!((case.opened, due), (Some(date(2026, 11, 16)), date(2026, 11, 23)), "downtime is nobody's fault");
}

#[test]
fn receipts_count_from_the_day_on_which_the_mail_server_took_it() {
    let mut house = service();
    house.run(date(2026, 9, 30));
    house.does(date(2026, 10, 1), "sec", Deed::Send, "ada").unwrap();
    house.does(date(2026, 10, 1), "sec", Deed::Send, "cy").unwrap();
    for day in 1..=7 {
        house.run(date(2026, 10, day));
    }
    let due = |house: &House, who: &str| {
        let case = house.store.cases(&Filter { subject: Some(who.to_owned()), ..Filter::default() }).unwrap();
        let case: Case = serde_json::from_str(&case[0].state).unwrap();
        case.stages["answer"].dates.due.as_ref().unwrap().day
    };
    // Three working days after Thursday, 1 October, and 14 days from there; cy has no address, so that it counts from the sending.
    assert_eq!((due(&house, "ada"), due(&house, "cy")), (date(2026, 10, 20), date(2026, 10, 22)));
    house.every_invariant_holds(date(2026, 10, 7), true);
}

#[test]
fn what_was_imposed_counts_at_the_next_judgement() {
    let mut house = service();
    house.run(date(2026, 9, 30));
    house.does(date(2026, 10, 1), "sec", Deed::Send, "ada").unwrap();
    let mut day = date(2026, 10, 1);
    while day < date(2026, 11, 2) {
        house.run(day);
        day = day.tomorrow().unwrap();
    }
    house.does(day, "boss", Deed::Choose { choice: "impose".to_owned(), instead: None }, "ada").unwrap();
    while day < date(2026, 12, 24) {
        house.run(day);
        day = day.tomorrow().unwrap();
    }
    assert!(told(&house).contains(&"ada warning in force".to_owned()), "{:?}", told(&house));
    house.enter("review.csv", "officer,period,mark\nada,2026,45\nben,2026,45\n", date(2026, 12, 24));
    house.run(date(2027, 9, 30));
    let second: Vec<String> = outcomes(&house)
        .iter()
        .filter(|it| it.period == "2026-01-01" && it.state == "proposed")
        .map(|it| format!("{} {}", it.subject, it.rule))
        .collect();
    assert_eq!(second, ["ada demotion", "ben warning"], "a warning is in force against ada alone");
    house.every_invariant_holds(date(2027, 9, 30), true);
}

#[test]
fn what_was_open_for_want_of_a_fact_is_judged_anew_when_somebody_asks() {
    let mut house = service();
    let (boss, day) = ("id,email,boss,secretary,commission\nfay,fay@service.example,boss,sec,com\n", date(2026, 9, 1));
    house.enter("officer.csv", boss, day);
    let report = house.run(date(2026, 9, 30));
    assert_eq!(report.undetermined, 4, "all that the mark decides");
    house.enter("review.csv", "officer,period,mark\nfay,2025,20\n", date(2026, 10, 5));
    let request = JudgeRequest { framework: "conduct".to_owned(), period: "2025".to_owned(), of: None };
    let report =
        engine::judge_on_request(&mut house.store, &settings(date(2026, 10, 5)), &mut Everybody, &request).unwrap();
    assert_eq!((report.proposed, report.undetermined), (1, 0), "who was decided about is not judged twice");
    assert!(told(&house).contains(&"fay demotion proposed".to_owned()), "{:?}", told(&house));
    let nobody = JudgeRequest { of: Some("nobody".to_owned()), ..request };
    let refused = engine::judge_on_request(&mut house.store, &settings(date(2026, 10, 5)), &mut Everybody, &nobody);
    assert!(refused.unwrap_err().to_string().contains("no officer `nobody`"));
    house.every_invariant_holds(date(2026, 10, 5), false);
}

#[test]
fn an_act_before_the_run_of_its_day_takes_no_judgement_away() {
    let mut house = service();
    house.run(date(2026, 9, 29));
    let day = date(2026, 10, 1);
    let request =
        JudgeRequest { framework: "conduct".to_owned(), period: "2025".to_owned(), of: Some("ben".to_owned()) };
    engine::judge_on_request(&mut house.store, &settings(date(2026, 9, 29)), &mut Everybody, &request).unwrap();
    house.does(day, "sec", Deed::Send, "ben").unwrap();
    let report = house.run(day);
    assert_eq!((report.judged, report.proposed), (8, 4), "all but the one who was judged before");
    house.every_invariant_holds(day, false);
}

#[test]
fn who_is_judged_anew_is_charged_once() {
    let mut house = service();
    house.run(date(2026, 9, 30));
    house.enter("review.csv", "officer,period,mark\nada,2025,25\neve,2025,20\n", date(2026, 10, 1));
    let request = JudgeRequest { framework: "conduct".to_owned(), period: "2025".to_owned(), of: None };
    let report =
        engine::judge_on_request(&mut house.store, &settings(date(2026, 10, 2)), &mut Everybody, &request).unwrap();
    assert_eq!(report.proposed, 1, "eve, whose mark was wrong; ada is charged already");
    let sanctions = outcomes(&house).into_iter().filter(|it| it.kind == "sanction" && it.subject == "ada").count();
    assert_eq!(sanctions, 1);
}

#[test]
fn what_follows_by_itself_is_known_to_others_at_once() {
    let mut house = service();
    house.deploy(|text| {
        text.replace("{ when mark < 60; automatic }", "{ when mark < 60; automatic; lasts 12 months }")
            + "\nworkflow coaching { for each officer where caution in force; stage talk { by supervisor; due 30 days after opening; fills reply } }\n"
    });
    house.run(date(2026, 9, 30));
    house.run(date(2026, 10, 1));
    let open = Filter { workflow: Some("coaching".to_owned()), ..Filter::default() };
    assert_eq!(house.store.cases(&open).unwrap().len(), 1, "dan is cautioned, and somebody talks to him");
}

#[test]
fn what_takes_effect_in_a_run_is_followed_up_in_the_same_run() {
    let mut house = service();
    house.deploy(|text| {
        text + "\nworkflow coaching { for each officer where warning in force; stage talk { by supervisor; due 30 days after opening; fills reply } }\n"
    });
    house.run(date(2026, 9, 30));
    house.does(date(2026, 10, 1), "sec", Deed::Send, "ada").unwrap();
    let mut day = date(2026, 10, 1);
    while !told(&house).contains(&"ada warning in force".to_owned()) {
        day = day.tomorrow().unwrap();
        house.run(day);
        if day == date(2026, 11, 2) {
            house.does(day, "boss", choose("impose"), "ada").unwrap();
        }
    }
    house.every_invariant_holds(day, true);
    let coached = Filter { workflow: Some("coaching".to_owned()), ..Filter::default() };
    assert_eq!(house.store.cases(&coached).unwrap().len(), 1, "ada's appeal ran out on {day}");
}

#[test]
fn time_that_a_late_receipt_ends_has_not_run_out_before_it_was_entered() {
    let mut house = service();
    house.run(date(2026, 9, 30));
    house.does(date(2026, 10, 1), "sec", Deed::Send, "ada").unwrap();
    let mut day = date(2026, 10, 1);
    while day < date(2026, 10, 26) {
        house.run(day);
        day = day.tomorrow().unwrap();
    }
    house.does(day, "boss", choose("impose"), "ada").unwrap();
    while day < date(2026, 11, 30) {
        house.run(day);
        day = day.tomorrow().unwrap();
    }
    for no in [date(2026, 10, 25), day.tomorrow().unwrap()] {
        let refused = house.does(day, "boss", Deed::Receive(Some(no)), "ada").unwrap_err();
        assert!(refused.contains("can't have been received"), "{refused}");
    }
    house.does(day, "boss", Deed::Receive(Some(date(2026, 10, 27))), "ada").unwrap();
    house.run(day);
    house.does(day, "ada", choose("appeal"), "ada").unwrap();
    assert!(told(&house).contains(&"ada warning stayed".to_owned()), "{:?}", told(&house));
    house.every_invariant_holds(day, false);
}

fn choose(choice: &str) -> Deed {
    Deed::Choose { choice: choice.to_owned(), instead: None }
}

fn some_act(random: &mut ChaCha8Rng, house: &House) -> Option<ActRequest> {
    let one = |random: &mut ChaCha8Rng, of: &[&str]| of[random.random_range(0..of.len())].to_owned();
    let open = random.random_bool(0.9).then(|| "open".to_owned());
    let rows = house.store.cases(&Filter { status: open, ..Filter::default() }).unwrap();
    let row = rows.get(random.random_range(0..rows.len().max(1)))?;
    let (what, values) = match random.random_range(0..8) {
        0 | 1 => (Deed::Send, Vec::new()),
        2 => (Deed::Receive(None), Vec::new()),
        3 => (Deed::Fill(vec!["reply".to_owned()]), vec![("reply".to_owned(), "so it was".to_owned())]),
        4 => (Deed::Complete, Vec::new()),
        _ => {
            let choice = one(random, &["impose", "impose", "reduce", "reduce", "drop", "appeal", "confirm", "lift"]);
            let lesser = random.random_bool(if choice == "reduce" { 0.9 } else { 0.05 });
            let instead = lesser.then(|| one(random, &["caution", "warning", "demotion"]));
            (Deed::Choose { choice, instead }, Vec::new())
        }
    };
    let state: Case = serde_json::from_str(&row.state).unwrap();
    let running = state.stages.values().filter(|it| it.status == StageStatus::Running);
    let holder = running.flat_map(|it| &it.holders).find_map(|it| it.who.as_ref()).map(|it| it.1.clone());
    let holder = holder.filter(|_| random.random_bool(0.8));
    let by = holder.unwrap_or_else(|| one(random, &["sec", "boss", "com", "ada", "ben", "nobody"]));
    let key = random.random_bool(0.3).then(|| random.random_range(0..400).to_string());
    let act = Act { by: (String::new(), by), stage: None, what, because: None, key };
    Some(ActRequest { case: row.id, act, values })
}

#[test]
fn nobody_is_sanctioned_unheard_whatever_people_do() {
    let (mut done, mut refused, mut states, mut kinds) = (0, 0, BTreeSet::new(), BTreeSet::new());
    let mut lessened = 0;
    for seed in 0..4 {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut house = service();
        let mut day = date(2026, 9, 28);
        while day < date(2027, 2, 1) {
            house.run(day);
            for _ in 0..random.random_range(0..8) {
                if let Some(request) = some_act(&mut random, &house) {
                    *(if house.act(day, &request).is_ok() { &mut done } else { &mut refused }) += 1;
                }
            }
            house.every_invariant_holds(day, false);
            day = day.checked_add(i64::from(random.random_range(1..6)).days()).unwrap();
        }
        house.run(day);
        house.every_invariant_holds(day, true);
        for outcome in outcomes(&house) {
            lessened += usize::from(outcome.rule != outcome.proposed);
            states.insert(outcome.state);
        }
        for row in house.store.cases(&Filter::default()).unwrap() {
            kinds.extend(house.store.journal(row.id).unwrap().into_iter().map(|it| it.kind));
        }
    }
    assert!(done > 40 && refused > 60 && lessened > 0, "{done} done, {refused} refused, {lessened} lessened");
    assert!(states.contains("in force") && states.contains("dismissed"), "{states:?}");
    for kind in ["sent", "accepted", "received", "chosen", "filled"] {
        assert!(kinds.contains(kind), "{kind} is not among {kinds:?}");
    }
}

/// A service whose framework judges each officer when their year was assessed.
fn judged_when_assessed() -> House {
    let mut house = House::open("conduct", ADOPTED, &["officer.csv"]);
    house.deploy(|text| {
        text.replace("judged    30 September after the year", "judged    when assess is done")
            + "\nworkflow assessing { for each officer each year where boss is known
                 stage assess { opens start of year; due 31 January after the year; by supervisor; fills mark } }\n"
    });
    house
}

#[test]
fn each_is_judged_on_the_day_on_which_the_stage_is_done_and_once() {
    let mut house = judged_when_assessed();
    house.run(date(2026, 6, 1));
    house.enter("review.csv", "officer,period,mark\ndan,2026,55\nada,2026,45\n", date(2026, 6, 2));
    assert!(outcomes(&house).is_empty(), "an import judges nobody");
    let report = house.run(date(2026, 6, 2));
    assert_eq!((report.judged, report.proposed, report.undetermined), (2, 2, 0));
    assert_eq!(told(&house), ["ada warning proposed", "dan caution in force"]);
    assert_eq!(outcomes(&house)[1].since, Some(date(2026, 6, 2)));
    let again = house.run(date(2026, 6, 2));
    assert_eq!((again.judged, again.effects), (0, 0), "a stage that is done calls once");
    house.run(date(2026, 6, 20));
    house.enter("review.csv", "officer,period,mark\nben,2026,55\n", date(2026, 6, 20));
    let report = house.run(date(2026, 7, 10));
    assert_eq!((report.judged, report.proposed), (1, 1), "nobody else is judged with him");
    house.every_invariant_holds(date(2026, 7, 10), true);
}

#[test]
fn a_framework_judges_nothing_that_lay_before_it() {
    let mut house = House::open("conduct", ADOPTED, &["officer.csv"]);
    house.deploy(|text| {
        text + "\nworkflow assessing { for each officer each year where boss is known
                 stage assess { opens start of year; due 31 January after the year; by supervisor; fills done; done on done } }\n"
    }
    .replace("  mark number from 0 to 100\n", "  mark number from 0 to 100\n  done event\n"));
    house.run(date(2026, 6, 1));
    house.enter("review.csv", "officer,period,mark,done\nada,2026,45,2026-06-01\n", date(2026, 6, 2));
    house.run(date(2026, 6, 10));
    house.deploy(|text| {
        text.replace("judged    30 September after the year", "judged    when assess is done")
            + "\n# in force from here on\n"
    });
    assert_eq!(house.run(date(2026, 6, 11)).judged, 0, "ada was assessed before anybody was judged by it");
    house.deploy(|text| text.replace("framework conduct", "framework behaviour"));
    // Entered late: what it tells of lies before the framework of this name.
    house.enter(
        "review.csv",
        "officer,period,mark,done\nben,2026,45,2026-06-09\ndan,2026,55,2026-06-12\n",
        date(2026, 6, 12),
    );
    let report = house.run(date(2026, 6, 12));
    assert_eq!((report.judged, told(&house)), (1, vec!["dan caution in force".to_owned()]));
    house.every_invariant_holds(date(2026, 6, 12), true);
}

/// A service whose framework judges each officer when something is reported of them.
fn judged_when_reported() -> House {
    let mut house = House::open("conduct", ADOPTED, &["officer.csv"]);
    house.deploy(|text| {
        let marks = ["mark < 60", "mark < 50", "mark < 30 or (mark < 50 and warning in force)"];
        let counts = ["count of incidents >= 1", "count of incidents >= 2", "any incident where kind is fraud"];
        let text = marks
            .iter()
            .zip(counts)
            .fold(text, |text, (mark, count)| text.replace(&format!("when {mark};"), &format!("when {count};")));
        text.replace("judged    30 September after the year", "judged    when incident appears").replace(
            "framework conduct",
            "record incident of officer { kind one of absence, fraud }\nframework conduct",
        )
    });
    house
}

#[test]
fn each_is_judged_when_something_is_reported_of_them() {
    let mut house = judged_when_reported();
    house.run(date(2026, 12, 31));
    house.enter("incident.csv", "officer,n,kind\ndan,1,absence\n", date(2026, 12, 31));
    // Nobody runs for a while: it is the period in which it was reported.
    let report = house.run(date(2027, 1, 12));
    assert_eq!((report.judged, report.proposed), (1, 1));
    assert_eq!((outcomes(&house)[0].period.as_str(), told(&house)[0].as_str()), ("2026-01-01", "dan caution in force"));
    assert_eq!(outcomes(&house)[0].since, Some(date(2026, 12, 31)));
    house.enter("incident.csv", "officer,n,kind\ndan,2,absence\n", date(2027, 1, 12));
    house.enter("incident.csv", "officer,n,kind\ndan,3,absence\n", date(2027, 1, 12));
    house.run(date(2027, 1, 12));
    house.run(date(2027, 1, 13));
    assert_eq!(told(&house), ["dan caution in force", "dan warning proposed"], "two of one day are judged together");
    house.enter("incident.csv", "officer,n,kind\ndan,4,absence\n", date(2027, 1, 20));
    house.run(date(2027, 1, 20));
    assert_eq!(outcomes(&house).len(), 2, "no sanction is proposed twice in a period");
    house.enter("incident.csv", "officer,n,kind\ndan,5,fraud\n", date(2027, 1, 21));
    house.run(date(2027, 1, 21));
    assert_eq!(told(&house)[1..], ["dan warning proposed", "dan demotion proposed"], "a more severe one is");
    house.every_invariant_holds(date(2027, 1, 21), true);
}

#[test]
fn what_was_open_is_judged_by_itself_when_the_fact_comes_until_the_next_judgement() {
    let mut house = service();
    let rows = "id,email,boss,secretary,commission\nfay,fay@service.example,boss,sec,com\ngil,,boss,sec,com\n";
    house.enter("officer.csv", rows, date(2026, 9, 1));
    assert_eq!(house.run(date(2026, 9, 30)).undetermined, 8, "all that the mark decides");
    house.enter("review.csv", "officer,period,mark\nfay,2025,55\n", date(2026, 10, 5));
    let report = house.run(date(2026, 10, 5));
    assert_eq!((report.judged, report.proposed, report.undetermined), (1, 1, 0), "fay, and nobody else");
    let fay: Vec<OutcomeRow> = outcomes(&house).into_iter().filter(|it| it.subject == "fay").collect();
    assert_eq!((fay.len(), fay[0].state.as_str(), fay[0].since), (1, "in force", Some(date(2026, 10, 5))));
    house.enter("officer.csv", "id,email\ngil,gil@service.example\n", date(2026, 10, 6));
    assert_eq!(house.run(date(2026, 10, 6)).judged, 0, "an address decides nothing");
    house.run(date(2027, 9, 30));
    house.enter("review.csv", "officer,period,mark\ngil,2025,20\n", date(2027, 10, 1));
    assert_eq!(house.run(date(2027, 10, 1)).judged, 0, "the next year was judged: of this one somebody must ask");
    let open = told(&house).into_iter().filter(|it| it.starts_with("gil") && it.ends_with("undetermined")).count();
    assert_eq!(open, 8, "four rules for each of two years, each once");
    house.enter("review.csv", "officer,period,mark\ngil,2026,95\n", date(2027, 10, 2));
    house.run(date(2027, 10, 2));
    assert!(told(&house).contains(&"gil commendation in force".to_owned()), "{:?}", told(&house));
    house.run(date(2027, 10, 2));
    house.every_invariant_holds(date(2027, 10, 2), true);
}

#[test]
fn what_takes_effect_decides_what_was_open_about_somebody() {
    let mut house = judged_when_assessed();
    house.deploy(|text| {
        text.replace(
            "when mark < 30 or (mark < 50 and warning in force)",
            "when mark < 50 and (absent > 9 or warning in force)",
        )
        .replace("the most severe that applies", "all that apply")
        .replace("  mark number from 0 to 100\n", "  mark number from 0 to 100\n  absent number\n")
    });
    house.run(date(2026, 3, 1));
    house.enter("review.csv", "officer,period,mark\nada,2026,45\n", date(2026, 3, 2));
    house.run(date(2026, 3, 2));
    assert_eq!(told(&house), ["ada caution in force", "ada demotion undetermined", "ada warning proposed"]);
    house.does(date(2026, 3, 2), "sec", Deed::Send, "ada").unwrap();
    let mut day = date(2026, 3, 2);
    while !told(&house).contains(&"ada warning in force".to_owned()) {
        day = day.tomorrow().unwrap();
        house.run(day);
        if day == date(2026, 4, 1) {
            house.does(day, "boss", choose("impose"), "ada").unwrap();
        }
    }
    assert_eq!(told(&house), ["ada caution in force", "ada warning in force", "ada demotion proposed"], "on {day}");
    house.every_invariant_holds(day, true);
}

/// A service that is told a month before a caution ends.
fn with_an_alarm() -> House {
    let mut house = service();
    house.deploy(|text| {
        text.replace(
            "{ when mark < 60; automatic }",
            "{ when mark < 60; automatic; lasts 3 months, alarm 1 month before with ends_soon; may be lifted by supervisor }",
        ) + "\nmessage ends_soon \"Ends soon\" { by email; subject \"It ends\"; body \"The last day is {due}.\" }\n"
    });
    house.run(date(2026, 9, 30));
    assert!(told(&house).contains(&"dan caution in force".to_owned()), "{:?}", told(&house));
    house
}

/// Who was told that something ends soon, on which day, and in what words.
fn alarms(house: &House) -> Vec<(String, String, String)> {
    let effects = house.store.effects(&Filter::default()).unwrap().into_iter().map(|it| it.effect);
    let soon = effects.filter(|it| it.message == "ends_soon");
    soon.map(|it| {
        let letter: serde_json::Value = serde_json::from_str(&it.facts).unwrap();
        (it.recipient, it.day, letter["text"].as_str().unwrap().trim().to_owned())
    })
    .collect()
}

#[test]
fn a_month_before_a_sanction_ends_somebody_is_told_once() {
    let mut house = with_an_alarm();
    house.run(date(2026, 11, 29));
    assert_eq!(alarms(&house), []);
    house.every_invariant_holds(date(2026, 11, 29), true);
    house.run(date(2026, 12, 1));
    let expected = ("officer:dan".to_owned(), "2026-11-30".to_owned(), "The last day is 30 December 2026.".to_owned());
    assert_eq!(alarms(&house), std::slice::from_ref(&expected), "it is dated by the day on which it was to be told");
    house.run(date(2026, 12, 20));
    house.run(date(2027, 2, 1));
    assert_eq!(alarms(&house), [expected]);
    house.every_invariant_holds(date(2027, 2, 1), true);
}

#[test]
fn nobody_is_told_of_the_end_of_what_was_lifted_or_is_over() {
    let mut house = with_an_alarm();
    house.run(date(2027, 1, 4));
    assert_eq!(alarms(&house), [], "it was over when somebody looked");
    house.every_invariant_holds(date(2027, 1, 4), true);

    let mut house = with_an_alarm();
    let cases = house.store.cases(&Filter { subject: Some("dan".to_owned()), ..Filter::default() }).unwrap();
    let by = (String::new(), "boss".to_owned());
    let act = Act { by, stage: None, what: Deed::Lift, because: Some("it was mended".to_owned()), key: None };
    house.act(date(2026, 11, 2), &ActRequest { case: cases[0].id, act, values: Vec::new() }).unwrap();
    house.run(date(2026, 12, 1));
    assert_eq!(alarms(&house), []);
    house.every_invariant_holds(date(2026, 12, 1), true);
}

#[test]
fn a_decision_is_told_in_the_policys_own_words() {
    let mut house = service();
    house.deploy(|text| {
        text + "\nmessage decision \"Decision\" { by email; subject \"{stage} of {officer.id}\"; body \"It was decided: {choice}.\" }\n"
    });
    house.run(date(2026, 9, 30));
    house.does(date(2026, 10, 1), "sec", Deed::Send, "ada").unwrap();
    let mut day = date(2026, 10, 1);
    while day < date(2026, 11, 2) {
        house.run(day);
        day = day.tomorrow().unwrap();
    }
    house.does(day, "boss", choose("impose"), "ada").unwrap();
    let effects = house.store.effects(&Filter::default()).unwrap().into_iter().map(|it| it.effect);
    let told: Vec<(String, String)> =
        effects.filter(|it| it.message == "decision").map(|it| (it.recipient, it.facts)).collect();
    let [(to, facts)] = told.as_slice() else { panic!("{told:?}") };
    let letter: serde_json::Value = serde_json::from_str(facts).unwrap();
    assert_eq!((to.as_str(), letter["subject"].as_str()), ("officer:ada", Some("Ruling of ada")));
    assert_eq!(letter["text"].as_str().map(str::trim), Some("It was decided: impose."));
}
