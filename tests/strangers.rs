//! What the guidelines of other services say, in words of our own, as somebody who does not know us would write it.

use merit::casework::examples;
use merit::policy::compile;
use merit::source::Sources;

const OFFICE: &str = "calendar office { time zone \"UTC\"; working Monday to Friday; roll as is; month end back
  period year / years every 12 months from 1 April, written 2025/26 }
";

/// The policy is checked without a finding, and its examples come out.
fn holds(text: &str) {
    let sources = Sources::single("test.merit", format!("{OFFICE}{text}"));
    let compilation = compile(&sources);
    let found = compilation.diagnostics.render(&sources, false);
    let policy = compilation.policy.unwrap_or_else(|| panic!("{found}"));
    assert_eq!(found, "");
    assert!(!policy.examples.is_empty());
    let failures = policy.examples.iter().flat_map(|it| examples::run(&policy, it).failures);
    let failures: Vec<String> = failures.map(|it| format!("expected {}, came {}", it.expected, it.came)).collect();
    assert_eq!(failures, Vec::<String>::new());
}

/// What comes of the only example of a policy that is checked without a finding.
fn fails(text: &str) -> String {
    let sources = Sources::single("test.merit", format!("{OFFICE}{text}"));
    let compilation = compile(&sources);
    let found = compilation.diagnostics.render(&sources, false);
    let policy = compilation.policy.unwrap_or_else(|| panic!("{found}"));
    assert_eq!(found, "");
    let failures = policy.examples.iter().flat_map(|it| examples::run(&policy, it).failures);
    failures.map(|it| it.came).collect::<Vec<_>>().join("\n")
}

/// The staff appraisal of the public service of Kenya (2016) and the annual report of India's (2009): what the supervisor has written is
/// countersigned by the supervisor's own supervisor, whoever stands in for the first.
#[test]
fn the_second_supervisor_is_the_supervisor_of_the_first() {
    holds(
        "record officer {
  id key text; supervisor optional officer; signer optional officer; status dated one of active, away; seen event; signed event
  absent when status is away
}
role supervisor of officer { is officer.supervisor; otherwise supervisor of supervisor }
role second of officer { is supervisor of supervisor }
role third of officer { is officer.signer; otherwise supervisor of second }
workflow report { for each officer each year; stage countersign { opens start of year; by second; fills seen; due 30 April } }
workflow approval { for each officer each year; stage sign { opens start of year; by third; fills signed; due 30 April } }
example \"Also where somebody stands in for the first\" {
  officer Eve { status active }
  officer Dan { status active; supervisor Eve }
  officer Cat { status active; supervisor Dan }
  officer Ben { status active; supervisor Cat }
  officer Ada { status active; supervisor Ben }
  on 2 April 2026 expect countersign open with Cat for Ada
  on 2 April 2026 expect sign open with Dan for Ada
  on 3 April 2026 officer Ben { status away }
  on 3 April 2026 expect countersign open with Dan for Ada
  on 3 April 2026 expect sign open with Eve for Ada
}
",
    );
}

/// The Senior Management Service of South Africa (2018): bands in whole percents leave no gap as long as only whole ones can be entered.
#[test]
fn bands_in_whole_percents_meet_where_only_whole_percents_are_taken() {
    let policy = |declared: &str, entered: &str| {
        format!(
            "record manager {{ id key text }}
record review of manager each year {{ achieved percent from -10 to 200{declared}; fees money ZAR }}
scale rating of achieved {{ outstanding 101% and more; full 100%; partial 80% to 99%; short -10% to 79% }}
example \"All of the plan\" {{
  manager Ada {{}}
  review of Ada 2026/27 {{ {entered} }}
  expect rating of Ada in 2026/27 is full
}}
"
        )
    };
    holds(&policy("", "achieved 100%; fees ZAR 200"));
    let words = "it has decimals, and its field declares none, as";
    let came = |entered: &str| fails(&policy("", entered));
    assert_eq!(
        came("achieved 100.5%"),
        format!("`100.5`: {words} `percent with 1 decimal` would; it is not rounded in silence")
    );
    assert_eq!(
        came("fees ZAR 0.25"),
        format!("`0.25`: {words} `money ZAR with 2 decimals` would; it is not rounded in silence")
    );
    assert_eq!(came("achieved 201%"), "`201`: it lies outside -10 to 200");
    assert_eq!(came("achieved -11%"), "`-11`: it lies outside -10 to 200");
    assert_eq!(came("fees USD 5"), "this is no amount of ZAR");
    assert!(came("achieved -5%").contains("short"), "a share below nothing is one too");

    let sources = Sources::single("test.merit", format!("{OFFICE}{}", policy(" with 1 decimal", "achieved 100%")));
    let found = compile(&sources).diagnostics.render(&sources, false);
    assert!(found.contains("M0601"), "{found}");
}
