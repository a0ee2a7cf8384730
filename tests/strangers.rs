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
