//! Findings about workflows whose stages take turns, or whose clock somebody may stop.

use merit::policy::compile;
use merit::source::Sources;

const HEAD: &str = "calendar c { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\n\
    record person { id key text; said event; more event; third event; ill yes/no; boss optional person }\n";

fn findings(workflow: &str) -> Vec<String> {
    let sources = Sources::single("w.merit", format!("{HEAD}{workflow}"));
    compile(&sources).diagnostics.iter().map(|it| it.message.clone()).collect()
}

#[test]
fn what_stands_inside_one_that_has_its_turn_waits_for_none_beside_it() {
    let block = |opens: &str| {
        format!(
            "workflow w {{\n  for each person each year\n  together, one at a time {{\n    stage a {{ opens start of year; by person; due 2 weeks after opening; choose yes_, no_\n      on no_ stage inner {{ {opens}by person; due 2 weeks after opening; fills said }}\n    }}\n    stage b {{ by person; due 2 weeks after opening; fills more }}\n  }}\n}}\n"
        )
    };
    let locked = findings(&block("opens after b; "));
    let words = "stage `inner` waits for `b`, which waits its turn until `a` is over";
    assert!(locked.iter().any(|it| it == words), "{locked:?}");
    assert_eq!(findings(&block("")), Vec::<String>::new());
}

#[test]
fn whose_clock_somebody_may_stop_comes_late_as_well() {
    let flow = |line: &str| {
        format!(
            "workflow w {{\n  for each person each year\n  {line}\n  stage a {{ opens start of year; by person; due 31 January; fills said; lapses at due }}\n  stage b {{ by person; due 27 February; fills more }}\n}}\n"
        )
    };
    let late = |line: &str| findings(&flow(line)).iter().any(|it| it.contains("can open after this due date"));
    assert!(late("suspend the clock while ill"));
    assert!(late("may be suspended by boss"));
    assert!(!late("may be exempted by boss"));
}
