//! The check of a policy of ten thousand lines, and of a table of eight columns and a hundred rows, beside only reading the text.
//!
//! Each figure is the median of several runs in one process; the ratio is that of the two. `cargo bench --bench check`.

use std::time::{Duration, Instant};

use merit::diagnostic::Diagnostics;
use merit::policy::compile;
use merit::source::Sources;
use merit::syntax;

const LINES: usize = 10_000;

fn main() {
    let policy = policy(LINES);
    let lines = policy.matches('\n').count();
    measured(&format!("a policy of {lines} lines"), policy, 5);
    for (what, overlap) in [("rows that overlap at random", true), ("rows that cut the cases into pieces", false)] {
        measured(what, table(overlap), 11);
    }
}

fn measured(what: &str, text: String, rounds: usize) {
    let sources = Sources::single("bench.merit", text);
    let read = median(rounds, || {
        let mut found = Diagnostics::new();
        assert_eq!(syntax::parse(&sources, &mut found).len(), 1);
    });
    let mut findings = Vec::new();
    let checked = median(rounds, || {
        findings = compile(&sources).diagnostics.iter().map(|it| it.code.0).collect();
    });
    let (ratio, share) = (checked.as_secs_f64() / read.as_secs_f64(), read.as_secs_f64() / checked.as_secs_f64());
    println!(
        "{what}: read {read:.1?}, checked {checked:.1?} ({ratio:.1} times; reading is {:.0} %), {} findings",
        share * 100.0,
        findings.len()
    );
    findings.sort_unstable();
    findings.dedup();
    if !findings.is_empty() {
        println!("  of the kinds {}", findings.join(", "));
    }
}

fn median(rounds: usize, mut run: impl FnMut()) -> Duration {
    let mut took: Vec<Duration> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    took.sort();
    took[rounds / 2]
}

/// A policy as offices write them, over and over with other names until it is long enough.
fn policy(lines: usize) -> String {
    let mut text = String::from(BASE);
    let mut at = 0;
    while text.matches('\n').count() < lines {
        text += &UNIT.replace("_N", &format!("_{at}"));
        at += 1;
    }
    text
}

const BASE: &str = r#"calendar office "Office" {
  time zone "Africa/Kampala"
  working Monday to Friday
  period year / years every 12 months from 1 July, written 2025/26
  roll forward
  month end back
  notices at 08:00
}
record organisation {
  id   key text
  name text
  head optional person
}
record person "Person" {
  id     key text
  name   text
  email  optional address email
  grade  dated one of G1 < G2 < G3 < G4
  terms  dated one of probation, permanent, contract
  status dated one of active, on_leave, retired
  unit   dated organisation
  boss   dated optional person
  absent when status is on_leave
  gone when status is retired
}
role supervisor of person { is person.boss; otherwise supervisor of supervisor }
role head of person { is person.unit.head }
"#;

const UNIT: &str = r#"
# ---- one office's own rules

record review_N of person each year {
  plan_agreed event
  assessed    event
  targets     number from 0 to 100 with 1 decimal
  competences number from 0 to 100 with 1 decimal
  absences    whole number from 0 to 366
}
parameter pass_mark_N "Pass mark" 50 from 1 July 2011, 60 from 1 July 2026
parameter prize_N "Prize" UGX 500,000 from 1 July 2020

define score_N "Overall score" of person each year =
  weighted { 70% review_N.targets, 30% review_N.competences }, rounded half up to 1 decimal
define passed_N of person each year = score_N >= pass_mark_N
define often_absent_N of person each year = review_N.absences > 10 and not (grade is at least G3)

scale rating_N "Rating" of score_N {
  excellent_N "Excellent" 90 to 100
  good_N      "Good"      75 to below 90
  fair_N      "Fair"      60 to below 75
  poor_N      "Poor"      0 to below 60
}

table increment_N "Increment" : percent, exactly one row {
  | rating_N         | grade    | => |
  | excellent_N      | G3 to G4 | 3% |
  | excellent_N      | G1 to G2 | 4% |
  | good_N           | any      | 2% |
  | fair_N           | G1       | 1% |
  | otherwise        |          | 0% |
}
table days_N "Days of leave" of person each year : number, highest row that applies {
  | grade    | terms     | => |
  | any      | any       | 21 |
  | G2 to G3 | permanent | 24 |
  | G4       | permanent | 30 |
}

framework conduct_N "Rewards and sanctions" {
  for each person each year where terms is permanent
  judged    30 September after the year
  severity  caution_N (administrative) < warning_N (administrative) < reprimand_N (administrative)
  sanctions the most severe that applies
  rewards   all that apply, unless a sanction applies
  sanction caution_N "Caution" { when score_N < pass_mark_N; unless status is on_leave; automatic }
  sanction warning_N "Warning" { when score_N < pass_mark_N in 2 consecutive years; automatic }
  sanction reprimand_N "Reprimand" { when score_N < 30 and often_absent_N; automatic }
  reward bonus_N "Bonus" { when rating_N is excellent_N; amount prize_N, rounded down to UGX 1 }
  reward thanks_N "Letter of thanks" { when score_N >= 80 and not often_absent_N }
}

workflow appraisal_N "Appraisal" {
  for each person each year where terms is permanent
  suspend the clock while status is on_leave
  stage plan_N "Plan" {
    opens start of year
    due   1 month after opening
    by    person
    fills review_N.plan_agreed
    remind person 14 days before due with plan_reminder_N
    remind person, supervisor every 5 working days overdue, at most 3 times with plan_reminder_N
  }
  stage assess_N "Assessment" {
    opens end of year, after plan_N
    due   31 July after the year, for late comers 1 month after opening
    by    supervisor but not person
    fills review_N.assessed
  }
}

message plan_reminder_N "Reminder" {
  by email
  subject "Your plan is due"
  body """
    Dear {person.name or "colleague"},
    your plan is due on {due}. Please agree on it with your supervisor.
    """
}

guarantee "A better score is never worse off (_N)" { sanctions never get more severe as score_N rises }

example "Excellent work is rewarded (_N)" {
  person Ada { terms permanent; grade G3; status active }
  review_N of Ada 2024/25 { targets 95; competences 92; absences 2 }
  expect score_N of Ada in 2024/25 is 94.1
  expect rating_N of Ada in 2024/25 is excellent_N
  expect increment_N of Ada in 2024/25 is 3%
  expect bonus_N proposed for Ada in 2024/25
  expect no caution_N for Ada in 2024/25
}
example "Poor work is not (_N)" {
  person Ben { terms permanent; grade G1; status active }
  review_N of Ben 2024/25 { targets 40; competences 42; absences 2 }
  expect passed_N of Ben in 2024/25 is no
  expect increment_N of Ben in 2024/25 is 0%
  expect caution_N proposed for Ben in 2024/25
}
"#;

fn table(overlap: bool) -> String {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let fields: String = names.iter().map(|it| format!("; {it} whole number from 0 to 99")).collect();
    let asked = names.join(" | ");
    let mut text = format!(
        "record person {{ id key text{fields} }}\ntable t of person : number, first row that applies {{\n  | {asked} | => |\n"
    );
    for row in 0..100_usize {
        let cell = |column: usize| match (overlap, (row * 7 + column * 13) % 5) {
            (false, _) if column < 3 => {
                let digit = (row / [1, 5, 25][column]) % 5;
                format!("{} to {}", digit * 20, digit * 20 + 19)
            }
            (false, _) | (_, 0) => "any".to_owned(),
            (_, 1) => format!("below {}", 1 + (row * 31 + column * 17) % 99),
            (_, 2) => format!("{} and more", (row * 23 + column * 29) % 100),
            _ => format!("{} to {}", (row * 11 + column) % 50, 50 + (row * 19 + column * 3) % 50),
        };
        let cells: Vec<String> = (0..8).map(cell).collect();
        text.push_str(&format!("  | {} | {row} |\n", cells.join(" | ")));
    }
    text + "  | otherwise | | | | | | | | 0 |\n}\n"
}
