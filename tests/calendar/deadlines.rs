//! Deadlines against tables, and what their derivations say.

use merit::calendar::{
    Calendar, CalendarProblem, CalendarRules, Date, DateRole, DeadlineInput, Extension, MonthEnd, Roll, SuspendedDays,
    Time,
};

use crate::support::{
    allowance, announced, date, fixed, in_zone, input, length, month_end, plain, plain_rules, role, roll, rows, rwanda,
    uganda, uganda_rules,
};

#[test]
fn months_end_as_the_table_says() {
    let calendar = plain();
    for row in rows(include_str!("month_ends.csv")) {
        let [day, period, end, result] = row.as_slice() else { panic!("{row:?}") };
        let input = DeadlineInput {
            month_end: Some(month_end(end)),
            ..input("event", date(day), Some(length(period)), DateRole::Closing)
        };
        match (calendar.deadline(&input), result.as_str()) {
            (Err(CalendarProblem::NoSuchDay(..)), "no such day") => {}
            (Ok(deadline), result) => assert_eq!(deadline.date.to_string(), result, "{row:?}"),
            (problem, _) => panic!("{row:?}: {problem:?}"),
        }
    }
}

#[test]
fn months_one_after_another_are_not_months_at_once() {
    let calendar = plain();
    for row in rows(include_str!("chains.csv")) {
        let [day, first, then, end, in_turn, both, at_once] = row.as_slice() else { panic!("{row:?}") };
        let after = |day: Date, allowance: &str| {
            let input = input("event", day, Some(length(allowance)), DateRole::Closing);
            calendar.deadline(&DeadlineInput { month_end: Some(month_end(end)), ..input }).unwrap().date
        };
        assert_eq!(after(after(date(day), first), then), date(in_turn), "{row:?}");
        if !both.is_empty() {
            assert_eq!(after(date(day), both), date(at_once), "{row:?}");
        }
    }
}

#[test]
fn a_calendar_that_says_nothing_of_months_ends_refuses() {
    let calendar = Calendar::new(CalendarRules { month_end: None, ..plain_rules() }).unwrap();
    let problem = calendar.deadline(&input("event", date("2026-01-31"), allowance("1 month after"), DateRole::Due));
    let words = "February 2026 has no day 31, and the calendar does not say where it goes";
    assert_eq!(problem.unwrap_err().to_string(), words);
    let edge = calendar.deadline(&input("start", date("2026-01-31"), allowance("1 month after"), DateRole::Due));
    assert_eq!(edge.unwrap().date, date("2026-02-28"), "the edge before a day that February lacks is its end");
}

#[test]
fn events_and_edges_run_as_the_table_says() {
    let calendar = plain();
    for row in rows(include_str!("edges.csv")) {
        let [kind, day, length, for_what, result, _] = row.as_slice() else { panic!("{row:?}") };
        let deadline = calendar.deadline(&input(kind, date(day), allowance(length), role(for_what))).unwrap();
        assert_eq!(deadline.date, date(result), "{row:?}: {:?}", deadline.derivation.lines());
    }
}

#[test]
fn due_dates_roll_as_the_table_says() {
    let calendar = uganda();
    for row in rows(include_str!("rolls.csv")) {
        let [day, for_what, rolled, result, _] = row.as_slice() else { panic!("{row:?}") };
        let input = DeadlineInput { roll: roll(rolled), ..input("event", date(day), None, role(for_what)) };
        assert_eq!(calendar.deadline(&input).unwrap().date, date(result), "{row:?}");
    }
}

#[test]
fn reminders_and_rungs_fall_as_the_table_says() {
    let calendar = uganda();
    for row in rows(include_str!("steps.csv")) {
        let [due, length, result, _] = row.as_slice() else { panic!("{row:?}") };
        let (length, direction) = allowance(length).unwrap();
        assert_eq!(calendar.step_day(date(due), Some(length), direction), Ok(date(result)), "{row:?}");
    }
}

#[test]
fn a_month_without_such_a_day_never_holds_a_reminder_back() {
    let calendar = Calendar::new(CalendarRules { month_end: Some(MonthEnd::Refuse), ..plain_rules() }).unwrap();
    let (length, direction) = allowance("1 month after").unwrap();
    assert_eq!(calendar.step_day(date("2026-03-31"), Some(length), direction), Ok(date("2026-04-30")));
}

#[test]
fn where_a_month_ends_forward_its_reminders_do_so_too() {
    let calendar = Calendar::new(CalendarRules { month_end: Some(MonthEnd::Forward), ..plain_rules() }).unwrap();
    let (length, direction) = allowance("1 month after").unwrap();
    assert_eq!(calendar.step_day(date("2026-03-31"), Some(length), direction), Ok(date("2026-05-01")));
}

#[test]
fn a_length_is_held_against_one_of_its_kind() {
    for (one, most, within) in [
        ("7 days", "1 week", Some(true)),
        ("8 days", "1 week", Some(false)),
        ("1 week", "7 days", Some(true)),
        ("24 hours", "1 day", Some(true)),
        ("25 hours", "1 day", Some(false)),
        ("12 months", "1 year", Some(true)),
        ("13 months", "1 year", Some(false)),
        ("2 years", "23 months", Some(false)),
        ("5 working days", "5 working days", Some(true)),
        ("6 working days", "5 working days", Some(false)),
        ("30 days", "1 month", None),
        ("5 working days", "1 week", None),
    ] {
        assert_eq!(length(one).0.is_within(length(most).0), within, "{one}, {most}");
    }
}

#[test]
fn a_length_is_written_and_read_in_words() {
    for words in ["1 day", "10 days", "1 working day", "5 working days", "2 weeks", "1 month", "3 years", "40000 days"]
    {
        assert_eq!(merit::calendar::length_of(words).map(merit::calendar::length_in_words).as_deref(), Ok(words));
    }
    let hours = merit::calendar::length_of("36 hours").unwrap();
    assert_eq!(merit::calendar::length_in_words(hours), "36 hours (2 whole days)");
    for words in ["", "days", "5", "five days", "0 days", "40001 days", "-1 days", "1 fortnight"] {
        assert!(merit::calendar::length_of(words).unwrap_err().starts_with(&format!("`{words}` is no length")));
    }
}

#[test]
fn days_off_are_told_where_there_are_some_and_weekends_where_there_is_one() {
    let left_out = |working: [bool; 7], length: &str| {
        let holidays = (2..=9).map(|day| fixed(&format!("Day {day}"), 7, day)).collect();
        let calendar = Calendar::new(CalendarRules { working, holidays, ..plain_rules() }).unwrap();
        let due = calendar.deadline(&input("event", date("2026-07-01"), allowance(length), DateRole::Due)).unwrap();
        due.derivation.lines()[0].split_once("; left out: ").map(|it| it.1.to_owned())
    };
    let every_day = left_out([true; 7], "1 working day after").unwrap();
    assert!(
        every_day.starts_with("Thu 2 July (Day 2), ") && every_day.ends_with(" and 2 holidays more"),
        "{every_day}"
    );
    assert!(left_out(plain_rules().working, "1 working day after").unwrap().starts_with("2 weekend days, Thu 2 July"));
    let plainly =
        plain().deadline(&input("event", date("2026-07-06"), allowance("3 working days after"), DateRole::Due));
    assert_eq!(plainly.unwrap().derivation.lines(), ["3 working days after event on 6 July 2026: 9 July 2026"]);
}

#[test]
fn a_standstill_without_a_working_day_adds_nothing_and_says_nothing() {
    let deadline = |until: &str| {
        let input = DeadlineInput {
            suspensions: vec![suspended("2026-07-04", until, "leave")],
            ..input("event", date("2026-07-01"), allowance("5 working days after"), DateRole::Due)
        };
        plain().deadline(&input).unwrap().derivation.lines()
    };
    assert_eq!(deadline("2026-07-05").len(), 1, "{:?}", deadline("2026-07-05"));
    assert_eq!(deadline("2026-07-06").len(), 2, "{:?}", deadline("2026-07-06"));
}

#[test]
fn months_have_their_numbers() {
    let number = merit::calendar::month_number;
    assert_eq!(
        [number("January"), number("July"), number("December"), number("Julius")],
        [Some(1), Some(7), Some(12), None]
    );
}

#[test]
fn standstills_and_extensions_are_added_as_the_table_says() {
    let calendar = plain();
    for row in rows(include_str!("standstills.csv")) {
        let [kind, day, length, still, extended, result, _] = row.as_slice() else { panic!("{row:?}") };
        let spans = still.split(", ").filter(|it| !it.is_empty()).map(|it| it.split_once(" to ").unwrap());
        let suspensions = spans.map(|(from, until)| suspended(from, until, "leave"));
        let extensions = extended.split(", ").filter(|it| !it.is_empty()).map(granted);
        let input = DeadlineInput {
            suspensions: suspensions.collect(),
            extensions: extensions.collect(),
            ..input(kind, date(day), allowance(length), DateRole::Due)
        };
        let deadline = calendar.deadline(&input).unwrap();
        assert_eq!(deadline.date, date(result), "{row:?}: {:?}", deadline.derivation.lines());
    }
}

fn suspended(from: &str, until: &str, why: &str) -> SuspendedDays {
    SuspendedDays { from: date(from), until: date(until), why: why.to_owned() }
}

fn granted(text: &str) -> Extension {
    Extension { length: length(text).0, why: "granted".to_owned() }
}

#[test]
fn a_derivation_says_every_step() {
    let start = merit::calendar::Anchor::StartEdge {
        day: date("2026-07-01"),
        what: "the start of financial_year 2026/27".to_owned(),
    };
    let base = input("event", date("2026-07-01"), allowance("1 month after"), DateRole::Due);
    let input = DeadlineInput {
        anchor: start,
        suspensions: vec![suspended("2026-07-06", "2026-07-08", "leave")],
        extensions: vec![granted("1 week")],
        at: Some(Time::constant(18, 0, 0, 0)),
        ..base
    };
    let deadline = uganda().deadline(&input).unwrap();
    assert_eq!(deadline.moment.to_string(), "2026-08-10T15:00:00Z");
    let lines = [
        "1 month after the start of financial_year 2026/27 (the edge before 1 July 2026): the edge before 1 August 2026",
        "the due date is the day before that edge: 31 July 2026",
        "leave from 6 July 2026 to 8 July 2026: 3 days added, which gives 3 August 2026",
        "extended by 1 week (granted): 10 August 2026",
        "at 18:00",
    ];
    assert_eq!(deadline.derivation.lines(), lines);
}

#[test]
fn a_derivation_names_the_days_it_left_out() {
    let lines = |length, day| {
        let input = input("event", date(day), allowance(length), DateRole::Due);
        rwanda().deadline(&input).unwrap().derivation.lines()
    };
    assert_eq!(
        lines("5 working days after", "2026-06-30"),
        ["5 working days after event on 30 June 2026: 9 July 2026; left out: Wed 1 July (Independence Day), \
          Sat 4 July (Liberation Day), Sun 5 July, Mon 6 July (substitute for Liberation Day)"]
    );
    assert_eq!(
        lines("1 working day after", "2026-06-30"),
        ["1 working day after event on 30 June 2026: 2 July 2026; left out: Wed 1 July (Independence Day)"]
    );
    let year = &lines("250 working days after", "2026-01-01")[0];
    assert!(year.contains("weekend days, ") && year.ends_with(", and 10 holidays more"), "{year}");
    assert_eq!(
        lines("30 working days after", "2026-06-30"),
        ["30 working days after event on 30 June 2026: 14 August 2026; left out: 12 weekend days, \
          Wed 1 July (Independence Day), Mon 6 July (substitute for Liberation Day), Fri 7 August (Umuganura)"]
    );
    assert_eq!(
        lines("1 month after", "2026-01-01"),
        [
            "1 month after event on 1 January 2026: 1 February 2026",
            "1 February 2026 (Heroes' Day): rolled forward past Mon 2 February (substitute for Heroes' Day) to Tuesday 3 February 2026"
        ]
    );
}

#[test]
fn a_missing_day_is_told() {
    let lines = |kind, length| {
        plain().deadline(&input(kind, date("2024-02-29"), allowance(length), DateRole::Due)).unwrap().derivation.lines()
    };
    assert_eq!(
        lines("event", "1 year after"),
        [
            "February 2025 has no day 29: back to its last day",
            "1 year after event on 29 February 2024: 28 February 2025"
        ]
    );
    assert_eq!(
        lines("beginning", "1 year after"),
        [
            "February 2025 has no day 29: the edge lies behind its last day",
            "1 year beginning on 29 February 2024 (beginning), that day counted: the edge before 1 March 2025",
            "the due date is the day before that edge: 28 February 2025"
        ]
    );
}

#[test]
fn a_clock_time_that_a_zone_change_repeats_or_skips_is_told() {
    let at = |day, time| {
        let base = input("event", date(day), None, DateRole::Due);
        in_zone("Europe/Berlin").deadline(&DeadlineInput { at: Some(time), ..base }).unwrap()
    };
    let skipped = at("2026-03-29", Time::constant(2, 30, 0, 0));
    assert_eq!(skipped.moment.to_string(), "2026-03-29T01:00:00Z");
    let told = "at 02:30, which 29 March 2026 does not have: the next instant that exists counts";
    assert_eq!(skipped.derivation.lines()[1], told);
    let twice = at("2026-10-25", Time::constant(2, 30, 0, 0));
    assert_eq!(twice.moment.to_string(), "2026-10-25T01:30:00Z");
    assert_eq!(twice.derivation.lines()[1], "at 02:30, which 25 October 2026 has twice: the later counts");
}

#[test]
fn due_and_closing_last_to_the_end_of_their_day_and_an_opening_is_its_first_instant() {
    let calendar = uganda();
    let moment = |role| calendar.deadline(&input("event", date("2026-07-31"), None, role)).unwrap().moment.to_string();
    assert_eq!(moment(DateRole::Due), "2026-07-31T20:59:59Z");
    assert_eq!(moment(DateRole::Closing), "2026-07-31T20:59:59Z");
    assert_eq!(moment(DateRole::Opening), "2026-07-30T21:00:00Z");
}

#[test]
fn a_date_that_rests_on_an_expected_day_says_so() {
    let calendar = uganda();
    let expected = |day, length, rolled| {
        let base = input("event", date(day), allowance(length), DateRole::Due);
        calendar.deadline(&DeadlineInput { roll: rolled, ..base }).unwrap()
    };
    // Idd el-Fitr is expected on Friday 20 March 2026.
    let counted = expected("2026-03-18", "3 working days after", None);
    assert!(counted.expected && counted.derivation.expected());
    assert_eq!(counted.date, date("2026-03-24"));
    assert!(counted.derivation.lines()[0].contains("Fri 20 March (Idd el-Fitr, expected)"));
    assert_eq!(counted.derivation.lines().last().unwrap(), "this date rests on a day that is only expected");
    let rolled = expected("2026-03-13", "7 days after", None);
    assert!(rolled.expected);
    assert_eq!(rolled.date, date("2026-03-23"));
    assert!(!expected("2026-03-13", "7 days after", Some(Roll::AsIs)).expected, "it stands whatever the day is");
    let over = expected("2026-03-13", "14 days after", None);
    assert!(!over.expected && !over.derivation.expected(), "days are counted over it all the same");
    assert!(!expected("2026-03-12", "5 working days after", None).expected, "it ends on the day before");
    assert!(!expected("2026-03-20", "1 working day after", None).expected, "its own day is left out anyway");
}

#[test]
fn a_derivation_that_is_made_again_keeps_why_its_calendar_counts() {
    let calendar = plain();
    let made =
        calendar.deadline(&input("event", date("2026-07-01"), allowance("1 week after"), DateRole::Due)).unwrap();
    assert_eq!(made.derivation.steps().len(), 1);
    let told = made.derivation.counted_by(Some("by the calendar of the post".to_owned()));
    assert_eq!(told.lines(), ["by the calendar of the post", "1 week after event on 1 July 2026: 8 July 2026"]);
    assert_eq!(told.recompute(&calendar).unwrap().derivation, told);
}

#[test]
fn a_choice_rests_on_every_date_that_could_have_won() {
    let calendar = uganda();
    let of = |day, length| calendar.deadline(&input("event", date(day), allowance(length), DateRole::Due)).unwrap();
    let over_eid = || of("2026-03-18", "3 working days after");
    let certain = || of("2026-03-31", "1 day after");
    assert!(over_eid().expected && !certain().expected);
    let latest = calendar.latest_of(vec![over_eid(), certain()]).unwrap();
    assert_eq!((latest.date, latest.expected), (date("2026-04-01"), true));
}

#[test]
fn an_announced_day_moves_an_open_deadline() {
    let input = input("event", date("2026-08-03"), allowance("4 working days after"), DateRole::Due);
    let before = uganda().deadline(&input).unwrap();
    let mut rules = uganda_rules();
    rules.announced.push(announced("2026-08-05", "national mourning", false));
    let after = before.derivation.recompute(&Calendar::new(rules).unwrap()).unwrap();
    assert_eq!((before.date, after.date), (date("2026-08-07"), date("2026-08-10")));
    assert!(after.derivation.lines()[0].contains("Wed 5 August (national mourning)"));
}

#[test]
fn the_earliest_and_the_latest_of_several_keep_all_their_reasons() {
    let calendar = uganda();
    let of = |day, length| calendar.deadline(&input("event", date(day), allowance(length), DateRole::Due)).unwrap();
    let several = || vec![of("2026-09-03", "15 days after"), of("2026-08-31", "21 days after")];
    let latest = calendar.latest_of(several()).unwrap();
    assert_eq!(latest.date, date("2026-09-21"));
    assert_eq!(
        latest.derivation.lines(),
        [
            "15 days after event on 3 September 2026: 18 September 2026",
            "21 days after event on 31 August 2026: 21 September 2026",
            "the latest of these: 21 September 2026"
        ]
    );
    assert_eq!(latest.derivation.recompute(&calendar), Ok(latest.clone()));
    assert_eq!(calendar.earliest_of(several()).unwrap().date, date("2026-09-18"));
    assert_eq!(calendar.earliest_of(several().into_iter().rev().collect()).unwrap().date, date("2026-09-18"));
    assert_eq!(calendar.earliest_of(Vec::new()), None);
    assert_eq!(latest.derivation.calendar(), "uganda");
}

#[test]
fn a_derivation_survives_being_stored() {
    let calendar = uganda();
    let base = input("end", date("2026-06-30"), allowance("5 working days after"), DateRole::Due);
    let input = DeadlineInput {
        at: Some(Time::constant(18, 30, 0, 0)),
        suspensions: vec![suspended("2026-07-02", "2026-07-03", "leave")],
        extensions: vec![granted("1 month")],
        ..base
    };
    let derivation = calendar.deadline(&input).unwrap().derivation;
    let stored = serde_json::to_string(&derivation).unwrap();
    let read: merit::calendar::Derivation = serde_json::from_str(&stored).unwrap();
    assert_eq!(read, derivation);
    assert_eq!(read.recompute(&calendar).unwrap().derivation, derivation);
}
