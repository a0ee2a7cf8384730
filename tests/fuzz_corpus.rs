//! Texts that are nasty on purpose: deep, long, half-typed, binary. None makes the parser, the formatter or the checker panic, and
//! none takes more than it should; what a fuzzer finds in `fuzz/` is kept in `fuzz/corpus` and read here.

use std::fs;

use merit::diagnostic::Diagnostics;
use merit::policy::compile;
use merit::source::{FileId, Sources};
use merit::syntax;

fn survive(name: &str, text: &str) {
    let sources = Sources::single(name, text);
    let mut found = Diagnostics::new();
    let _files = syntax::parse(&sources, &mut found);
    let diagnostics = compile(&sources).diagnostics;
    let shown = diagnostics.render(&sources, false);
    assert_eq!(shown.is_empty(), diagnostics.is_empty(), "{name}");
    if let Some(once) = syntax::format(FileId(0), text, &mut found) {
        assert!(syntax::format(FileId(0), &once, &mut found) == Some(once), "{name}: twice is once");
    }
}

const HEAD: &str = "calendar c { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\n\
    record person { id key text; mark number from 0 to 100 with 1 decimal; joined event }\n";

#[test]
fn long_chains_are_read() {
    for joint in [" and ", " or ", " + ", " * "] {
        let part = if joint.trim().starts_with(char::is_alphabetic) { "mark > 5" } else { "mark" };
        let chain = vec![part; 1_000].join(joint);
        survive("chain", &format!("{HEAD}define d of person = {chain}\n"));
    }
}

#[test]
fn deep_nests_are_refused_and_not_entered() {
    for (open, middle, close) in [
        ("(", "mark", ")"),
        ("if mark > 5 then ", "1", " else 2"),
        ("not ", "mark > 5", ""),
        ("-", "mark", ""),
        ("least of ", "mark", ", 1"),
        ("weighted { 100% ", "mark", " }"),
    ] {
        let nest = format!("{}{middle}{}", open.repeat(3_000), close.repeat(3_000));
        survive("nest", &format!("{HEAD}define d of person = {nest}\n"));
    }
    survive("blocks", &format!("workflow w {{ {} {}", "stage s { ".repeat(3_000), "}".repeat(3_000)));
}

/// What may be one thing or another is read once: else each of these would be read twice as often as the one inside it.
#[test]
fn what_stands_in_brackets_is_read_once() {
    for form in [
        "least of (@), mark",
        "greatest of mark, (@)",
        "average of (@), mark",
        "average of (@, mark)",
        "sum of (@)",
        "average of (@)",
        "average of (@) of reviews",
        "sum of (@) of the last 3 years",
        "count of (@)",
        "count of (@) of the last 3 years",
        "days of (@)",
        "count of reviews where ((@) > 1)",
        "any review where ((@) > 1)",
        "every review satisfies ((@) > 1)",
        "(@) is (@) to mark",
        "(@) is one of mark, (@)",
        "if (@) > 1 then mark else (@)",
        "weighted { 50% (@), 50% mark }",
        "share of points { (@) out of mark }",
        "(@) + 1, at most 3",
        "half of (@) for 1 year",
        "years from (@) to mark",
        "rank of person among all by (@)",
        "in the top 5% of (@) by mark, ties all in",
        "(@) within 3 days before (@)",
        "(@) > 1 in 2 consecutive years",
        "(@) 2 years ago",
    ] {
        // One that stands in itself twice grows by itself: the second is not nested.
        let nest = (0..16).fold("mark".to_owned(), |inner, _| form.replacen('@', &inner, 1).replace('@', "mark"));
        survive(form, &format!("{HEAD}define d of person = {nest}\n"));
    }
}

#[test]
fn many_names_lines_rows_and_columns_are_read() {
    let names: String = (0..3_000).map(|at| format!("define d{at} of person = mark + {at}\n")).collect();
    survive("names", &format!("{HEAD}{names}"));
    survive(
        "line",
        &format!("{HEAD}# {}\ndefine d of person = mark  # {}\n", "x".repeat(1_000_000), "y".repeat(1_000_000)),
    );
    survive("word", &format!("{HEAD}define {} of person = mark\n", "x".repeat(1_000_000)));
    let rows: String = (0..1_000).map(|at| format!("| {at} | 1 |\n")).collect();
    survive("rows", &format!("{HEAD}table t : number, first row that applies {{\n| mark | => |\n{rows}}}\n"));
    let columns = "| mark ".repeat(300);
    let cells = "| any ".repeat(300);
    survive(
        "columns",
        &format!("{HEAD}table t : number, first row that applies {{\n{columns}| => |\n{cells}| 1 |\n}}\n"),
    );
}

#[test]
fn a_graph_of_definitions_with_very_many_ways_is_walked_once() {
    let doubled: String = (1..60).map(|at| format!("define d{at} of person = d{} + d{}\n", at - 1, at - 1)).collect();
    survive("ways", &format!("{HEAD}define d0 of person = mark\n{doubled}scale s of d59 {{ a 0 to 5 }}\n"));
}

#[test]
fn days_and_numbers_far_away_are_read() {
    for text in [
        "parameter p 5 from 31 December 9999\n",
        "parameter p 5 from 1 January 99999\n",
        "parameter p 99999999999999999999999999999999999999999999.99999999999 from 1 January 2026\n",
        "define d of person = mark 4000000000 years ago\n",
        "define d of person each year = mark > 5 in 4000000000 consecutive years\n",
        "define d of person = days from 1 January 0001 to 31 December 9999\n",
        "workflow w { for each person where joined is known; stage s { opens joined; due 99999999 years after opening; by person; fills joined } }\n",
    ] {
        survive("far", &format!("{HEAD}{text}"));
    }
}

#[test]
fn bytes_that_are_no_policy_are_read() {
    let bytes: Vec<u8> = (0..=255).cycle().take(20_000).collect();
    survive("binary", &String::from_utf8_lossy(&bytes));
    for sign in ["{", "}", "(", "\"", "\"\"\"", "`", "|", ",", ";", "\u{feff}", "\u{0}", "\u{202e}", "🙂", "\r"] {
        survive("signs", &sign.repeat(5_000));
    }
}

#[test]
fn half_typed_policies_are_read() {
    let text = fs::read_to_string("workflows/uganda/staff_appraisal.merit").unwrap();
    for (end, _) in text.char_indices().step_by(61) {
        survive("half", &text[..end]);
    }
}

#[test]
fn what_was_found_before_is_read() {
    for entry in fs::read_dir("fuzz/corpus").unwrap() {
        let path = entry.unwrap().path();
        survive(&path.display().to_string(), &String::from_utf8_lossy(&fs::read(&path).unwrap()));
    }
}
