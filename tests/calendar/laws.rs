//! Laws that hold whatever the input.

use std::sync::LazyLock;

use merit::calendar::{
    Anchor, Calendar, CalendarRules, Date, DateRole, DeadlineInput, Direction, Extension, HolidayDay, Length,
    ListedDay, Moment, MonthEnd, PeriodBegins, PeriodLabelStyle, PeriodRule, Roll, Substitute, SuspendedDays, Time,
    Unit, Weekday,
};
use proptest::prelude::*;

use crate::support::{date, fixed, holiday, plain, plain_rules, rwanda, uganda};

static RWANDA: LazyLock<Calendar> = LazyLock::new(rwanda);
static UGANDA: LazyLock<Calendar> = LazyLock::new(uganda);
static PLAIN: LazyLock<Calendar> = LazyLock::new(plain);

fn plus(day: Date, days: i64) -> Date {
    day.checked_add(jiff::Span::new().days(days)).unwrap()
}

/// A day from 1950 to 2150, so that there is room around it.
fn near() -> BoxedStrategy<Date> {
    (0i64..73_000).prop_map(|days| plus(Date::constant(1950, 1, 1), days)).boxed()
}

fn any_day() -> BoxedStrategy<Date> {
    prop_oneof![
        8 => near(),
        2 => (-4_371_587i64..2_932_896).prop_map(|days| plus(Date::constant(1970, 1, 1), days)),
        1 => Just(Date::MIN),
        1 => Just(Date::MAX),
    ]
    .boxed()
}

fn unit() -> impl Strategy<Value = Unit> {
    use Unit::{Days, Hours, Months, Weeks, WorkingDays, Years};
    prop::sample::select(vec![Hours, Days, WorkingDays, Weeks, Months, Years])
}

fn some_length(counts: impl Strategy<Value = u32>) -> impl Strategy<Value = Length> {
    (counts, unit()).prop_map(|(count, unit)| Length { count, unit })
}

fn direction() -> impl Strategy<Value = Direction> {
    prop::sample::select(vec![Direction::After, Direction::Before])
}

fn anchor(days: impl Strategy<Value = Date>) -> impl Strategy<Value = Anchor> {
    (0..3, days).prop_map(|(kind, day)| {
        let what = "something".to_owned();
        match kind {
            0 => Anchor::Event { day, what },
            1 => Anchor::StartEdge { day, what },
            _ => Anchor::EndEdge { day, what },
        }
    })
}

fn deadline_input(days: BoxedStrategy<Date>, most: u32) -> impl Strategy<Value = DeadlineInput> {
    let length = prop::option::of((some_length(0..=most), direction()));
    let suspension = (days.clone(), 0i64..90).prop_map(|(from, long)| SuspendedDays {
        from,
        until: from.saturating_add(jiff::Span::new().days(long)),
        why: "leave".to_owned(),
    });
    let extension = some_length(0..60u32).prop_map(|length| Extension { length, why: "granted".to_owned() });
    let role = prop::sample::select(vec![DateRole::Due, DateRole::Opening, DateRole::Closing]);
    let roll = prop::option::of(prop::sample::select(vec![Roll::Forward, Roll::Back, Roll::AsIs]));
    let end = prop::option::of(prop::sample::select(vec![MonthEnd::Back, MonthEnd::Forward, MonthEnd::Refuse]));
    let at = prop::option::of((0i8..24, 0i8..60).prop_map(|(hour, minute)| Time::constant(hour, minute, 0, 0)));
    let more = (prop::collection::vec(suspension, 0..4), prop::collection::vec(extension, 0..3));
    (anchor(days), length, any::<bool>(), role, (roll, end, at), more).prop_map(
        |(anchor, length, beginning_on, role, (roll, month_end, at), (suspensions, extensions))| DeadlineInput {
            anchor,
            length,
            beginning_on,
            role,
            roll,
            month_end,
            at,
            suspensions,
            extensions,
        },
    )
}

/// The day so many months from another, by the month end.
fn months(day: Date, count: u32, direction: Direction, month_end: MonthEnd) -> Date {
    run(day, Length { count, unit: Unit::Months }, direction, month_end)
}

fn run(day: Date, length: Length, direction: Direction, month_end: MonthEnd) -> Date {
    let input = DeadlineInput {
        anchor: Anchor::Event { day, what: "something".to_owned() },
        length: Some((length, direction)),
        beginning_on: false,
        role: DateRole::Closing,
        roll: None,
        month_end: Some(month_end),
        at: None,
        suspensions: Vec::new(),
        extensions: Vec::new(),
    };
    PLAIN.deadline(&input).unwrap().date
}

proptest! {
    #[test]
    fn back_is_never_later_than_forward(day in near(), count in 0u32..400, direction in direction()) {
        let [back, forward] = [MonthEnd::Back, MonthEnd::Forward].map(|it| months(day, count, direction, it));
        prop_assert!(back <= forward && plus(back, 1) >= forward);
    }

    #[test]
    fn a_year_is_twelve_months(day in near(), count in 0u32..40, direction in direction()) {
        for end in [MonthEnd::Back, MonthEnd::Forward] {
            prop_assert_eq!(run(day, Length { count, unit: Unit::Years }, direction, end), months(day, 12 * count, direction, end));
        }
    }

    #[test]
    fn both_month_ends_keep_the_order_of_days(day in near(), later in 0i64..70, count in 0u32..400, direction in direction()) {
        for end in [MonthEnd::Back, MonthEnd::Forward] {
            let moved = |it| months(it, count, direction, end);
            prop_assert!(moved(day) <= moved(plus(day, later)));
        }
    }

    #[test]
    fn edges_keep_the_order_of_days(day in near(), later in 0i64..70, length in some_length(0u32..100), direction in direction()) {
        let due = |day| {
            let base = crate::support::input("start", day, Some((length, direction)), DateRole::Closing);
            RWANDA.deadline(&base).unwrap().date
        };
        prop_assert!(due(day) <= due(plus(day, later)));
    }

    #[test]
    fn adding_and_measuring_working_days_are_inverse(day in near(), count in -2_000i64..2_000) {
        let moved = RWANDA.add_working_days(day, count).unwrap();
        prop_assert_eq!(count == 0 || RWANDA.is_working(moved), true);
        let measured = RWANDA.working_days_between(day, moved);
        // Counted backwards from a day off, that day is none of those left behind.
        let start_is_off = i64::from(count < 0 && !RWANDA.is_working(day));
        prop_assert_eq!(measured, count + start_is_off);
        if RWANDA.is_working(day) {
            prop_assert_eq!(RWANDA.add_working_days(moved, -count).unwrap(), day);
        }
    }

    #[test]
    fn counting_is_what_walking_gives(day in near(), count in 1i64..40) {
        let mut walked = day;
        let mut left = count;
        while left > 0 {
            walked = plus(walked, 1);
            left -= i64::from(UGANDA.is_working(walked));
        }
        prop_assert_eq!(UGANDA.add_working_days(day, count).unwrap(), walked);
    }

    #[test]
    fn measuring_adds_up(a in any_day(), b in any_day(), c in any_day()) {
        let between = |from, to| RWANDA.working_days_between(from, to);
        prop_assert_eq!(between(a, b) + between(b, c), between(a, c));
        prop_assert_eq!(between(a, b), -between(b, a));
    }

    #[test]
    fn rolling_twice_is_rolling_once(day in near()) {
        let forward = RWANDA.next_working_day(day).unwrap();
        let back = RWANDA.last_working_day(day).unwrap();
        prop_assert!(back <= day && day <= forward);
        prop_assert_eq!(RWANDA.next_working_day(forward).unwrap(), forward);
        prop_assert_eq!(RWANDA.last_working_day(back).unwrap(), back);
    }

    #[test]
    fn a_due_date_that_rolls_is_a_working_day(mut input in deadline_input(near(), 500)) {
        input.role = DateRole::Due;
        input.roll = Some(Roll::Forward);
        if let Ok(deadline) = RWANDA.deadline(&input) {
            prop_assert!(RWANDA.is_working(deadline.date));
        }
    }

    #[test]
    fn a_date_computed_again_is_the_same(input in deadline_input(near(), 500)) {
        let Ok(deadline) = RWANDA.deadline(&input) else { return Ok(()) };
        let stored = serde_json::to_string(&deadline.derivation).unwrap();
        let read: merit::calendar::Derivation = serde_json::from_str(&stored).unwrap();
        prop_assert_eq!(read.recompute(&RWANDA).unwrap(), deadline);
    }

    #[test]
    fn a_standstill_and_an_extension_never_take_time_away(input in deadline_input(near(), 500)) {
        let mut bare = input.clone();
        bare.suspensions.clear();
        bare.extensions.clear();
        if let (Ok(bare), Ok(full)) = (RWANDA.deadline(&bare), RWANDA.deadline(&input)) {
            prop_assert!(bare.date <= full.date);
        }
    }

    #[test]
    fn the_order_of_suspensions_does_not_matter(mut input in deadline_input(near(), 500)) {
        let given = RWANDA.deadline(&input).map(|it| it.date);
        input.suspensions.reverse();
        prop_assert_eq!(RWANDA.deadline(&input).map(|it| it.date), given);
    }

    #[test]
    fn no_deadline_panics(input in deadline_input(any_day(), u32::MAX)) {
        for calendar in [&*RWANDA, &*UGANDA, &*PLAIN] {
            if let Ok(deadline) = calendar.deadline(&input) {
                prop_assert!(!deadline.derivation.lines().is_empty());
                prop_assert_eq!(deadline.derivation.result(), deadline.date);
            }
        }
    }

    #[test]
    fn no_step_panics(due in any_day(), length in prop::option::of(some_length(any::<u32>())), direction in direction()) {
        if let Ok(day) = UGANDA.step_day(due, length, direction) {
            prop_assert!(UGANDA.is_working(day));
        }
    }

    #[test]
    fn nothing_else_panics(day in any_day(), seconds in any::<i64>(), count in any::<i64>(), by in any::<i32>(), label in ".{0,12}") {
        let _ = UGANDA.add_working_days(day, count);
        let _ = (UGANDA.next_working_day(day), UGANDA.last_working_day(day));
        let _ = (UGANDA.day_of(Moment(seconds)), Moment(seconds).to_string(), label.parse::<Moment>());
        for (_, kind) in UGANDA.period_kinds() {
            let _ = UGANDA.period_from_label(kind, &label);
            if let Ok(period) = UGANDA.period_containing(kind, day) {
                prop_assert!(period.contains(day));
                let _ = (UGANDA.label(&period), UGANDA.shift(period, by));
                let _ = UGANDA.periods_inside(kind, &period);
            }
        }
    }

    #[test]
    fn a_period_is_found_by_its_label_and_its_neighbours_touch_it(day in near()) {
        for (_, kind) in UGANDA.period_kinds() {
            let period = UGANDA.period_containing(kind, day).unwrap();
            prop_assert!(period.contains(day));
            prop_assert_eq!(UGANDA.period_from_label(kind, &UGANDA.label(&period)).unwrap(), period);
            let next = UGANDA.next(period).unwrap();
            prop_assert_eq!(plus(period.last, 1), next.first);
            prop_assert_eq!(UGANDA.previous(next).unwrap(), period);
        }
    }
}

fn rules() -> impl Strategy<Value = CalendarRules> {
    let when = prop_oneof![
        (any::<i8>(), any::<i8>()).prop_map(|(month, day)| HolidayDay::Fixed { month, day }),
        (1i8..=12, 1i8..=31).prop_map(|(month, day)| HolidayDay::Fixed { month, day }),
        any::<i32>().prop_map(|offset_days| HolidayDay::Easter { offset_days }),
        (any::<i8>(), 0i8..14).prop_map(|(nth, month)| HolidayDay::NthWeekday { nth, weekday: Weekday::Friday, month }),
        prop::collection::vec((any_day(), any::<bool>()), 0..5).prop_map(|days| {
            HolidayDay::Listed(days.into_iter().map(|(date, expected)| ListedDay { date, expected }).collect())
        }),
    ];
    let years = prop::option::of(any::<i16>());
    let holidays = prop::collection::vec((when, years.clone(), years), 0..4);
    let flags = (any::<bool>(), any::<bool>());
    let period = (0u8..30, 0i8..14, 0i8..33).prop_map(|(months, month, day)| PeriodRule {
        name: "stretch".to_owned(),
        plural: "stretches".to_owned(),
        begins: PeriodBegins::Every { months, month, day, style: PeriodLabelStyle::TwoYears, letter: None },
    });
    (any::<[bool; 7]>(), any::<[bool; 7]>(), flags, holidays, prop::option::of(period)).prop_map(
        |(working, on, (one_for_two, also_for_clash), holidays, period)| CalendarRules {
            working,
            substitute: Substitute::NextFreeWorkingDay { on, one_for_two, also_for_clash },
            periods: period.into_iter().collect(),
            holidays: holidays
                .into_iter()
                .map(|(when, from, until)| merit::calendar::HolidayRule { from, until, ..holiday("Day", when) })
                .collect(),
            ..plain_rules()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_rules_panic(rules in rules(), day in any_day(), input in deadline_input(near(), 500)) {
        let Ok(calendar) = Calendar::new(rules) else { return Ok(()) };
        prop_assert_eq!(calendar.day(day).working, calendar.is_working(day));
        let _ = (calendar.clashes(i16::MIN..=i16::MAX), calendar.unlisted_in(2026), calendar.deadline(&input));
        for (_, kind) in calendar.period_kinds() {
            if let Ok(period) = calendar.period_containing(kind, day) {
                prop_assert!(period.contains(day));
                let _ = calendar.label(&period);
            }
        }
    }
}

#[test]
fn every_day_of_two_centuries_has_a_status_and_a_number() {
    for calendar in [&*RWANDA, &*UGANDA] {
        let mut day = date("1900-01-01");
        let mut counted = 0;
        let eve = plus(day, -1);
        while day.year() <= 2100 {
            let status = calendar.day(day);
            assert_eq!(status.working, calendar.is_working(day), "{day}");
            assert_eq!(status.why.is_none(), status.working, "{day}: a day off says why");
            counted += i64::from(status.working);
            assert_eq!(calendar.working_days_between(eve, day), counted, "{day}");
            assert!(calendar.start_of_day(day) < calendar.end_of_day(day), "{day}");
            day = plus(day, 1);
        }
    }
}

#[test]
fn days_follow_each_other_without_a_hole_whatever_the_zone() {
    for zone in ["Africa/Kampala", "America/Sao_Paulo", "America/Havana", "Europe/Berlin", "Australia/Lord_Howe"] {
        let calendar = crate::support::in_zone(zone);
        let mut day = date("2010-01-01");
        while day.year() < 2030 {
            let next = plus(day, 1);
            assert_eq!(calendar.end_of_day(day).0 + 1, calendar.start_of_day(next).0, "{zone} {day}");
            assert_eq!(calendar.day_of(calendar.start_of_day(day)), day, "{zone}");
            assert_eq!(calendar.day_of(calendar.end_of_day(day)), day, "{zone}");
            day = next;
        }
    }
}

#[test]
fn a_calendar_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&*UGANDA);
    let calendar = Calendar::new(CalendarRules { holidays: vec![fixed("Day", 6, 1)], ..plain_rules() }).unwrap();
    shared(&calendar.clone());
}
