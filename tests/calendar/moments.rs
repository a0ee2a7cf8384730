//! Clock times, and the first and last instant of days.

use merit::calendar::{Date, Moment, Time};

use crate::support::{date, in_zone, rows, uganda};

#[test]
fn clock_times_mean_what_the_table_says() {
    for row in rows(include_str!("clock.csv")) {
        let [zone, day, time, moment, note] = row.as_slice() else { panic!("{row:?}") };
        let time: Time = time.parse().unwrap();
        let (at, told) = in_zone(zone).at(date(day), time);
        assert_eq!(at.to_string(), *moment, "{row:?}");
        let told = told.unwrap_or_default();
        match note.as_str() {
            "plain" => assert_eq!(told, "", "{row:?}"),
            "twice" => assert!(told.contains("twice"), "{row:?}: {told}"),
            "skipped" => assert!(told.contains("does not have"), "{row:?}: {told}"),
            other => panic!("`{other}`"),
        }
    }
}

#[test]
fn days_begin_and_end_when_the_table_says() {
    for row in rows(include_str!("days.csv")) {
        let [zone, day, first, last] = row.as_slice() else { panic!("{row:?}") };
        let (calendar, day) = (in_zone(zone), date(day));
        assert_eq!(calendar.start_of_day(day).to_string(), *first, "{row:?}");
        assert_eq!(calendar.end_of_day(day).to_string(), *last, "{row:?}");
        assert_eq!(calendar.day_of(calendar.start_of_day(day)), day);
        assert_eq!(calendar.day_of(calendar.end_of_day(day)), day);
    }
}

#[test]
fn notices_go_out_at_their_hour() {
    assert_eq!(uganda().notices_at(date("2026-07-31")).to_string(), "2026-07-31T05:00:00Z");
}

#[test]
fn a_moment_is_written_and_read_as_text_and_as_a_number() {
    let moment: Moment = "2026-07-31T18:00:00+03:00".parse().unwrap();
    assert_eq!(moment, "2026-07-31T15:00:00Z".parse().unwrap());
    assert_eq!(serde_json::to_string(&moment).unwrap(), moment.0.to_string());
    assert_eq!(serde_json::from_str::<Moment>(&moment.0.to_string()).unwrap(), moment);
    for wrong in ["", "2026-07-31", "2026-07-31T15:00:00", "2026-07-31T15:00:00.5Z", "now"] {
        let problem = wrong.parse::<Moment>().unwrap_err();
        assert!(problem.to_string().contains("is no moment"), "{problem}");
    }
}

#[test]
fn the_ends_of_time_are_no_trouble() {
    for calendar in [in_zone("Africa/Kampala"), in_zone("America/Sao_Paulo"), in_zone("Pacific/Apia")] {
        for day in [Date::MIN, Date::MAX] {
            assert!(calendar.start_of_day(day) <= calendar.end_of_day(day));
            assert!(calendar.at(day, Time::MAX).0 <= calendar.end_of_day(day));
        }
        assert!(calendar.start_of_day(Date::MIN) < calendar.start_of_day(Date::MAX));
        assert_eq!(calendar.day_of(Moment(i64::MAX)), Date::MAX);
        assert_eq!(calendar.day_of(Moment(i64::MIN)), Date::MIN);
        assert!(!Moment(i64::MIN).to_string().is_empty());
    }
}
