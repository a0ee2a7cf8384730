//! The rules of the grammar in plain words: what may stand at a place.

use super::grammar::Rule;

/// Words that no name can be without backquotes.
pub(super) const RESERVED: &[&str] = &[
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "and",
    "or",
    "not",
    "is",
    "in",
    "of",
    "for",
    "to",
    "by",
    "from",
    "until",
    "with",
    "where",
    "when",
    "while",
    "unless",
    "if",
    "otherwise",
    "after",
    "before",
    "at",
    "as",
    "on",
    "per",
    "each",
    "every",
    "any",
    "all",
    "no",
    "yes",
    "none",
    "than",
    "over",
    "within",
    "this",
    "last",
    "next",
    "previous",
    "first",
    "start",
    "end",
    "known",
    "unknown",
    "due",
    "opening",
    "then",
    "the",
    "those",
];

/// Keywords that can be taken for a name when misspelt, so that only the word behind them does not fit.
pub(super) const INNER_WORDS: &[&str] = &[
    "optional",
    "dated",
    "sealed",
    "number",
    "whole number",
    "percent",
    "money",
    "duration in",
    "one of",
    "address",
    "text",
    "previous",
    "start of",
    "end of",
    "least of",
    "greatest of",
    "earliest of",
    "latest of",
    "earlier of",
    "later of",
    "weighted",
    "marked",
    "overdue",
    "of",
    "if",
    "not",
];

/// Whether a rule stands for a name.
pub(super) fn is_name(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::name
            | Rule::plain_name
            | Rule::backquoted
            | Rule::names
            | Rule::field_type
            | Rule::one_record
            | Rule::of_record
            | Rule::field
            | Rule::band
            | Rule::fact_value
            | Rule::imposed_rule
    )
}

/// The keywords that a rule may begin with, for the nearest word.
pub(super) fn keywords(rule: Rule) -> Vec<String> {
    let own = format!("{rule:?}");
    match own.strip_prefix("kw_") {
        Some(keyword) => vec![keyword.replace('_', " ")],
        None => phrase(rule).1.iter().map(|it| (*it).to_owned()).collect(),
    }
}

/// What a rule stands for, as said to an author; nothing where it is not worth saying.
pub(super) fn words(rule: Rule) -> Option<String> {
    let own = format!("{rule:?}");
    match own.strip_prefix("kw_") {
        Some(keyword) => Some(format!("`{}`", keyword.replace('_', " "))),
        None => Some(phrase(rule).0.to_owned()).filter(|it| !it.is_empty()),
    }
}

const COMPARISONS: &[&str] = &["is", "is not", "is known", "is unknown", "is at least", "is at most", "is one of"];
const UNITS: &[&str] = &["days", "working days", "months", "weeks", "years", "hours", "day", "month", "week", "year"];
const FIELD_TYPES: &[&str] = &[
    "text",
    "number",
    "whole number",
    "percent",
    "money",
    "date",
    "event",
    "timestamp",
    "duration in",
    "yes/no",
    "one of",
    "address",
    "key",
    "optional",
    "dated",
    "sealed",
];

/// The one table from rules to plain words, with the keywords that a rule of several parts may begin with.
fn phrase(rule: Rule) -> (&'static str, &'static [&'static str]) {
    match rule {
        Rule::EOI => ("the end of the line", &[]),
        Rule::name | Rule::plain_name | Rule::backquoted | Rule::one_record | Rule::of_record => ("a name", &[]),
        Rule::names => ("names", &[]),
        Rule::text | Rule::template => ("a text in quotes", &[]),
        Rule::number => ("a number", &[]),
        Rule::percent => ("a percentage", &[]),
        Rule::currency => ("a currency such as `EUR`", &[]),
        Rule::day | Rule::day_month => ("a day such as `31 July`", &[]),
        Rule::date | Rule::listed_day => ("a date such as `31 July 2026`", &[]),
        Rule::month => ("a month", &[]),
        Rule::weekday | Rule::weekdays => ("a day of the week", &[]),
        Rule::year => ("a year", &[]),
        Rule::clock => ("a time such as `18:00`", &[]),
        Rule::period => ("a period such as `2025/26` or `2025/26-Q1`", &[]),
        Rule::length => ("a length of time such as `30 days`", &[]),
        Rule::unit | Rule::unit_days | Rule::unit_months => ("a unit such as `days`", UNITS),
        Rule::expr | Rule::logic | Rule::negation => ("a condition or value", &["not"]),
        Rule::comparison
        | Rule::operand
        | Rule::sum
        | Rule::product
        | Rule::factor
        | Rule::value
        | Rule::plain_value => {
            ("a value", &["least of", "greatest of", "earliest of", "latest of", "start of", "end of", "previous"])
        }
        Rule::range => ("a value or a stretch such as `60 to below 80`", &["below", "above"]),
        Rule::range_end => ("`to`", &["to"]),
        Rule::and_more => ("`and more`", &["and more"]),
        Rule::comparator => ("a comparison such as `is` or `<`", COMPARISONS),
        Rule::history => ("`in 2 consecutive …` and a period", &[]),
        Rule::run | Rule::any_run | Rule::of_the_last => ("periods such as `2 of the last 3 years`", &[]),
        Rule::history_word => (
            "`which breaks the run`, `skipping missing`, `counting missing as …`, `then afresh`",
            &["which breaks the run", "skipping missing", "counting missing as", "then afresh"],
        ),
        Rule::gathered => ("records such as `incidents where …`", &[]),
        Rule::whose => ("`whose … is this …`", &["whose"]),
        Rule::where_one => ("`where` and a condition", &["where"]),
        Rule::satisfies => ("`satisfies` and a condition", &["satisfies"]),
        Rule::inside => ("`of the … in this …`, `of the last 5 years`", &[]),
        Rule::those_known => ("`of those known`", &["of those known"]),
        Rule::picked_value => ("a field, or a value in brackets", &[]),
        Rule::ago => ("`… ago`", &[]),
        Rule::in_period => ("`in` and a period", &[]),
        Rule::around => ("`of the … around`", &[]),
        Rule::junction => ("`and`, `or`", &[]),
        Rule::adding | Rule::scaling | Rule::sign_plus | Rule::sign_minus | Rule::sign_times | Rule::sign_divide => {
            ("a sign such as `+`", &[])
        }
        Rule::tail => ("a comma with `at least`, `at most`, `rounded …` or `if unknown treat as`", &[]),
        Rule::rounding => ("`rounded …`", &["rounded half up", "rounded half even", "rounded up", "rounded down"]),
        Rule::decimals | Rule::whole => ("`1 decimal`, `whole numbers`", &[]),
        Rule::weighted_part => ("a share such as `70% targets`", &[]),
        Rule::list_sign => ("a comma and one more", &[]),
        Rule::assume_sign => ("`:`", &[]),
        Rule::from_part => ("`from`", &["from"]),
        Rule::until_part => ("`until`", &["until"]),
        Rule::when_part => ("`when`", &["when"]),
        Rule::where_part => ("`where`", &["where"]),
        Rule::of_part => ("`of`", &["of"]),
        Rule::each_part => ("`each`", &["each"]),
        Rule::marked => ("`, marked \"…\"`", &["marked"]),
        Rule::at_clock => ("`at` with a time", &["at"]),
        Rule::after_the_year => ("`after the year`", &["after the year"]),
        Rule::offset => ("`after`, `before`", &["after", "before"]),
        Rule::beginning => ("`beginning on`", &["beginning on"]),
        Rule::dated_value => ("a value with the day from which it holds", &[]),
        Rule::field => ("a field", &[]),
        Rule::field_type | Rule::modifier => ("the type of the field", FIELD_TYPES),
        Rule::choice => ("a choice", &[]),
        Rule::ordered_choices | Rule::sign_less => ("`<`", &[]),
        Rule::bounds => ("`from … to …`", &["from"]),
        Rule::with_decimals => ("`with 1 decimal`", &["with"]),
        Rule::per_unit => ("`per year`", &["per"]),
        Rule::hint => ("`hint \"…\"`", &["hint"]),
        Rule::holiday_day => ("a day such as `1 January` or `2 days before easter`", &["easter", "on"]),
        Rule::substitute_rule => ("`next free working day when on …`", &["next free working day when on"]),
        Rule::roll => ("`forward`, `back`, `as is`", &["forward", "back", "as is"]),
        Rule::written => ("`, written 2025/26`", &["written"]),
        Rule::timing => {
            ("a time such as `14 days before due` or `20 working days overdue`", &["every", "on due", "at opening"])
        }
        Rule::timing_before => ("`before due`", &["before due"]),
        Rule::timing_overdue => ("`overdue`", &["overdue"]),
        Rule::timing_after_opening => ("`after opening`", &["after opening"]),
        Rule::times => ("`once`, `twice`, `3 times`", &["once", "twice", "times"]),
        Rule::with_message => ("`with` and a message", &["with"]),
        Rule::record_default => ("`and record default by`", &["and record default by"]),
        Rule::consequence => {
            let words: &[&str] = &["continue", "finish", "cancel", "go back to", "leave out"];
            ("`continue`, `finish`, `cancel`, `go back to` or `leave out`", words)
        }
        Rule::or_else => ("`, or` and another time", &["or"]),
        Rule::seat => ("a seat such as `2 member`", &[]),
        Rule::among => ("`, chair among them`", &[]),
        Rule::recused => ("`the subject`, `the … of the subject`", &["the subject"]),
        Rule::alarm => ("`, alarm 1 month before`", &["alarm"]),
        Rule::named => ("`named`", &["named"]),
        Rule::late_comers => ("`, for late comers`", &["for late comers"]),
        Rule::due_roll => ("`, as is`, `, forward`, `, back`", &[]),
        Rule::otherwise => ("`otherwise`", &["otherwise"]),
        Rule::even_if_they_leave => ("`, even if they leave`", &["even if they leave"]),
        Rule::but_not => ("`but not`", &["but not"]),
        Rule::after_stages => ("`after` and a stage", &["after"]),
        Rule::so_many_of => ("`the first of` or `2 of`", &["the first of"]),
        Rule::field_name => ("a field", &[]),
        Rule::fact_value => ("a field and its value", &[]),
        Rule::for_name => ("`for` and a name", &["for"]),
        Rule::with_names => ("`with` and names", &["with"]),
        Rule::expectation => ("what is expected, such as `nothing` or `plan_overdue to Okot`", &["nothing"]),
        Rule::act => ("an act such as `Okot fills plan_agreed 10 August 2026`", &[]),
        Rule::expect => ("`expect`", &["expect"]),
        Rule::in_part => ("`in`", &["in"]),
        Rule::hit => (
            "how its rows apply: `exactly one row`, `first row that applies`, `all rows that apply, added up`, `highest row that applies` or `lowest row that applies`",
            &[],
        ),
        Rule::outcome_type => ("the type of what the table gives", FIELD_TYPES),
        Rule::cell | Rule::cell_item | Rule::cell_before | Rule::cell_after => {
            ("a cell such as `Good`, `60 to below 80`, `any` or `otherwise`", &["any", "otherwise", "unknown"])
        }
        _ => ("", &[]),
    }
}
