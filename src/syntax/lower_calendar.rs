//! Calendars.

use super::cursor::Cursor;
use super::grammar::Rule;
use super::lower_expression::operand_in;
use super::lower_words as words;
use super::tree::{
    CalendarLine, CalendarLineKind, HolidayDay, ListedDay, MonthEnd, PeriodBegins, Roll, SubstituteRule, Text,
};

pub(super) fn line(mut cursor: Cursor<'_>) -> CalendarLine {
    let mut it = cursor.first();
    let span = it.span();
    let kind = match it.rule() {
        Rule::time_zone => CalendarLineKind::TimeZone(words::text(&it.one(Rule::text))),
        Rule::working => CalendarLineKind::Working(it.all(Rule::weekdays).into_iter().map(weekdays).collect()),
        Rule::calendar_period => period(it),
        Rule::holiday => holiday(it),
        Rule::substitute => CalendarLineKind::Substitute(it.maybe(Rule::substitute_rule).map(substitute)),
        Rule::roll_line => CalendarLineKind::Roll(roll(it.one(Rule::roll))),
        Rule::month_end => CalendarLineKind::MonthEnd(month_end(&it)),
        Rule::notices_at => CalendarLineKind::NoticesAt(words::clock(&it.one(Rule::clock))),
        other => unreachable!("the grammar promises a line of a calendar, not {other:?}"),
    };
    CalendarLine { kind, span }
}

fn weekdays(mut cursor: Cursor<'_>) -> (u8, u8) {
    let first = words::weekday(&cursor.one(Rule::weekday));
    (first, cursor.maybe(Rule::weekday).map_or(first, |it| words::weekday(&it)))
}

fn period(mut it: Cursor<'_>) -> CalendarLineKind {
    CalendarLineKind::Period {
        name: words::name(&it.one(Rule::name)),
        plural: words::name(&it.one(Rule::name)),
        begins: match it.maybe(Rule::listed_periods) {
            Some(listed) => listed_periods(listed),
            None => every_months(it.one(Rule::every_months)),
        },
    }
}

fn listed_periods(mut it: Cursor<'_>) -> PeriodBegins {
    PeriodBegins::On {
        starts: it.all(Rule::date).into_iter().map(words::date).collect(),
        until: it.maybe(Rule::until_day).map(|mut it| words::date(it.one(Rule::date))),
    }
}

fn every_months(mut it: Cursor<'_>) -> PeriodBegins {
    PeriodBegins::Every {
        months: words::number(&it.one(Rule::number)),
        from: words::day_month(it.one(Rule::day_month)),
        written: it.maybe(Rule::written).map(written),
    }
}

/// A sample of how the period is written, such as `2025/26`, with or without quotes.
fn written(mut cursor: Cursor<'_>) -> Text {
    if let Some(text) = cursor.maybe(Rule::text) {
        return words::text(&text);
    }
    let label = words::period_or_year(&mut cursor).unwrap_or_else(|| unreachable!("the grammar promises a period"));
    Text { text: label.label, span: label.span }
}

fn holiday(mut it: Cursor<'_>) -> CalendarLineKind {
    CalendarLineKind::Holiday {
        title: words::text(&it.one(Rule::text)),
        day: holiday_day(it.one(Rule::holiday_day).first()),
        from: operand_in(&mut it, Rule::from_part),
        until: operand_in(&mut it, Rule::until_part),
        never_substituted: it.has(Rule::kw_never_substituted),
    }
}

fn holiday_day(mut it: Cursor<'_>) -> HolidayDay {
    match it.rule() {
        Rule::listed_days => HolidayDay::Listed(it.all(Rule::listed_day).into_iter().map(listed_day).collect()),
        Rule::easter => HolidayDay::Easter(0),
        Rule::around_easter => {
            let days: u16 = words::small(&it.one(Rule::number), u16::MAX);
            let sign = if it.has(Rule::kw_before) { -1 } else { 1 };
            HolidayDay::Easter(sign * i32::from(days))
        }
        Rule::nth_weekday => HolidayDay::Weekday {
            nth: nth(it.one(Rule::nth).text()),
            weekday: words::weekday(&it.one(Rule::weekday)),
            month: words::month(&it.one(Rule::month)),
        },
        _ => HolidayDay::Fixed(words::day_month(it)),
    }
}

fn nth(word: &str) -> i8 {
    match word {
        "first" => 1,
        "second" => 2,
        "third" => 3,
        "fourth" => 4,
        _ => -1,
    }
}

fn listed_day(mut cursor: Cursor<'_>) -> ListedDay {
    let expected = cursor.has(Rule::kw_expected);
    ListedDay { date: words::date(cursor.one(Rule::date)), expected }
}

fn substitute(mut cursor: Cursor<'_>) -> SubstituteRule {
    SubstituteRule {
        when_on: cursor.all(Rule::weekday).iter().map(words::weekday).collect(),
        one_for_two: cursor.has(Rule::kw_one_for_two_on_one_weekend),
        for_clashes: cursor.has(Rule::kw_and_for_a_holiday_on_a_holiday),
    }
}

/// `forward`, `back` or `as is`
pub(super) fn roll(mut cursor: Cursor<'_>) -> Roll {
    match cursor.first().rule() {
        Rule::kw_forward => Roll::Forward,
        Rule::kw_back => Roll::Back,
        _ => Roll::AsIs,
    }
}

fn month_end(cursor: &Cursor<'_>) -> MonthEnd {
    if cursor.has(Rule::kw_back) {
        MonthEnd::Back
    } else if cursor.has(Rule::kw_forward) {
        MonthEnd::Forward
    } else {
        MonthEnd::Refuse
    }
}
