//! What the guidelines of other services say, in words of our own, as somebody who does not know us would write it.

use merit::casework::examples;
use merit::ids::WorkflowId;
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

/// What is found in a policy.
fn found(text: &str) -> String {
    let sources = Sources::single("test.merit", format!("{OFFICE}{text}"));
    compile(&sources).diagnostics.render(&sources, false)
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

    let found = found(&policy(" with 1 decimal", "achieved 100%"));
    assert!(found.contains("no band holds 100.1%: `full` ends at 100%, and `outstanding` begins at 101%"), "{found}");
}

/// Points are counted, added up and taken off in whole ones; what is halved or averaged is not whole.
#[test]
fn what_is_reckoned_of_whole_numbers_by_whole_numbers_is_whole() {
    let bands = |reckoned: &str, bands: &str| {
        found(&format!(
            "record clerk {{ id key text }}
record review of clerk each year {{ mark number from 0 to 10; late percent from 0 to 50 }}
record fault of clerk {{ happened event; points whole number from 1 to 20 }}
define score of clerk each year = {reckoned}
scale rating of score {{ {bands} }}
"
        ))
    };
    for (reckoned, whole) in [
        ("sum of points of faults", "good 0 to 5; poor 6 and more"),
        ("greatest of points of faults", "good 1 to 5; poor 6 to 20"),
        ("100 - 5 * count of faults", "good 100 and more; fair 80 to 95; poor below 80"),
        ("2 * mark", "good 10 to 20; poor 0 to 9"),
        ("-mark", "good -4 to 0; poor -10 to -5"),
        ("previous mark", "good 5 to 10; poor 0 to 4"),
        ("least of late of the last 2 years", "good 0% to 9%; poor 10% to 50%"),
        ("mark", "good 5 to 10; poor 0 to below 4.5"),
    ] {
        assert_eq!(bands(reckoned, whole), "", "{reckoned}");
    }
    let by_itself = bands("mark + (previous score), if unknown treat as 0", "good 5 and more; poor below 5");
    assert_eq!(by_itself, "", "what rests on itself is looked at once");
    let halves = bands("half of mark", "good 3 to 5; poor 0 to 2");
    assert!(halves.contains("no band holds 2.5: `poor` ends at 2, and `good` begins at 3"), "{halves}");
    let average = bands("average of points of faults", "good 1 to 9; poor 10 to 20");
    assert!(average.contains("no band holds 9.1"), "{average}");
    assert!(average.contains("or round what is banded"), "{average}");
    let both = bands("mark", "good 4 to 10; poor 0 to below 4.5");
    assert!(both.contains("4 lies in two bands: `poor` and `good`"), "{both}");
    let none = bands("mark", "good 5 to 10; fair 4.2 to 4.8; poor 0 to 4");
    assert!(none.contains("no value lies in band `fair`") && none.contains("widen it"), "{none}");
}

/// The annual report of India's services (2009) is asked for once its year is over: on 1 April, for the year that ended on 31 March.
#[test]
fn the_year_that_has_just_ended_opens_its_cases() {
    holds(
        "record officer { id key text; supervisor optional officer; status dated one of active, gone }
record report of officer each year { wanted event; written event; read event; told event }
role supervisor of officer { is officer.supervisor }
workflow reporting {
  for each officer each year where status is active
  stage write { opens end of year; due 15 April after the year; by officer; fills written }
  stage review { opens after write; due 2 months after opening; by supervisor; fills read }
}
workflow telling { for each officer each year where status is active; stage tell { opens wanted; by officer; fills told } }
example \"On 1 April\" {
  officer Ben { status active }
  officer Ada { status active; supervisor Ben }
  on 1 April 2026 expect write due 15 April 2026 for Ada
  on 2 April 2026 Ada fills written 2 April 2026
  on 3 April 2026 expect review open with Ben for Ada
}
example \"Later in April\" {
  adopted 1 April 2026
  officer Ada { status active }
  on 10 April 2026 expect write due 15 April 2026 for Ada
}
example \"What opened before the adoption stays with the old papers\" {
  adopted 2 April 2026
  officer Ada { status active }
  on 2 April 2026 expect write not open for Ada
}
example \"What a fact opens later is opened\" {
  officer Ada { status active }
  officer Ben { status active }
  officer Cox { status active }
  report of Ada 2025/26 { wanted 31 March 2026 }
  report of Ben 2025/26 { wanted 3 April 2026 }
  report of Cox 2024/25 { wanted 3 April 2026 }
  on 2 April 2026 expect tell not open for Ben
  on 3 April 2026 expect tell open with Ben for Ben
  on 3 April 2026 expect tell not open for Ada
  on 3 April 2026 expect tell not open for Cox
}
",
    );
    let begun = fails(
        "record officer { id key text; written event }
workflow reporting { for each officer each year; stage write { opens end of year; by officer; fills written } }
example \"Later in April\" { officer Ada {}; on 10 April 2026 expect write open with Ada for Ada }
",
    );
    let words = "the case of 2025/26 opened on 1 April 2026, before the example's first day";
    assert_eq!(begun, format!("{words}; say `adopted 1 April 2026`, or begin with that day"));
}

/// Circulars say `on or before`, and name the supervisor of the supervisor where somebody acts: one slip, one message with its way out.
#[test]
fn words_of_circulars_are_led_to_the_words_of_the_language() {
    let fault = |condition: &str| {
        found(&format!(
            "record clerk {{ id key text }}\nrecord fault of clerk {{ given event }}
define faults of clerk = count of faults where {condition}\n"
        ))
    };
    for (written, help) in [
        ("given on or before 31 March 2026", "to compare days, write `<=`: `received <= 31 March 2026`"),
        ("given on or after 1 April 2026", "to compare days, write `>=`: `received >= 1 April 2026`"),
        ("given before 31 March 2026", "to compare days, write `<`: `received < 31 March 2026`"),
        ("given after 31 March 2026", "to compare days, write `>`: `received > 31 March 2026`"),
    ] {
        let told = fault(written);
        assert_eq!(told.matches("error[").count(), 1, "{told}");
        assert!(told.contains(&format!("= help: {help}\n")), "{told}");
    }
    let told = found(
        "record clerk { id key text; supervisor optional clerk; done event }
role supervisor of clerk { is clerk.supervisor }
workflow w {
  for each clerk each year
  stage s { opens start of year; by supervisor of supervisor; fills done; due 30 April }
}
",
    );
    assert_eq!(told.matches("error[").count() + told.matches("warning[").count(), 1, "{told}");
    assert!(told.contains("name one role here"), "{told}");
}

/// A stage that opens on one day of one year would open in every period that has ever ended; it opens in none of them.
#[test]
fn a_day_of_one_year_opens_no_case_of_periods_that_had_ended() {
    let text = r#"
calendar office { time zone "UTC"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }
record nurse { id key text }
record plan of nurse each year { written event }
workflow planning {
  for each nurse each year
  stage write { opens 5 January 2030; due 20 January 2030; by nurse; fills written }
}
"#;
    let policy = compile(&Sources::single("ward.merit", text)).policy.unwrap();
    let (since, today) = (jiff::civil::date(2030, 1, 1), jiff::civil::date(2030, 1, 6));
    let periods = merit::casework::periods(&policy, WorkflowId::at(0), since, today);
    let firsts: Vec<String> = periods.iter().flatten().map(|it| it.first.to_string()).collect();
    assert_eq!(firsts, ["2030-01-01"]);
}
