//! Workflows beyond a line of stages: what the checker proves of them, and that nothing of them runs by halves.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use merit::casework::{Bench, examples};
use merit::codes;
use merit::diagnostic::Diagnostics;
use merit::policy::compile;
use merit::source::{FileId, Sources};
use merit::syntax;

/// The right example of a sanction that is heard: notice, answer, decision, time for an appeal.
fn heard() -> String {
    codes::entry("M1021").unwrap().right.to_owned()
}

fn found(text: &str) -> Vec<(String, String)> {
    let compilation = compile(&Sources::single("hearing.merit", text));
    compilation.diagnostics.iter().map(|it| (it.code.0.to_owned(), it.message.clone())).collect()
}

fn codes_of(text: &str) -> Vec<String> {
    found(text).into_iter().map(|it| it.0).collect()
}

#[test]
fn the_whole_policy_checks_and_stands_in_its_form() {
    let text = std::fs::read_to_string("tests/lang/good/whole.merit").unwrap();
    let sources = Sources::single("whole.merit", text.clone());
    let compilation = compile(&sources);
    assert!(compilation.diagnostics.is_empty(), "{}", compilation.diagnostics.render(&sources, false));
    assert_eq!(syntax::format(FileId(0), &text, &mut Diagnostics::new()), Some(text));
}

/// Each line: what is changed in the workflow that hears everybody, and what its sanction could then be in force without.
#[test]
fn a_way_to_the_sanction_that_leaves_somebody_unheard_is_found_and_shown() {
    assert_eq!(found(&heard()), []);
    for (from, to, without) in [
        ("sends note to person", "sends note to boss", "without a notice"),
        ("stage notice { by boss; ", "stage notice { by boss; only if late > 12; ", "without a notice"),
        ("stage answer { by person; ", "stage answer { by boss; ", "before the one concerned has answered"),
        ("stage answer { by person; ", "stage answer { by person; only if late > 12; ", "has answered"),
        ("stage answer { by person; ", "stage answer { by person; on lapse finish imposed; ", "without a decision"),
        ("on drop finish dismissed", "on drop finish dismissed; on impose finish imposed", "first appeal is over"),
        ("by person; due 30 days after ruling", "by boss; due 30 days after ruling", "first appeal is over"),
        ("choose appeal\n", "only if late > 12\n    choose appeal\n", "first appeal is over"),
    ] {
        let text = heard().replacen(from, to, 1);
        assert_ne!(text, heard(), "{from}");
        // A stage that is left out at the end of the line leads nowhere, which is said besides.
        let all = found(&text);
        let said: Vec<&String> = all.iter().filter(|it| it.0 == "M1021").map(|it| &it.1).collect();
        if to.contains("only if late > 12\n") {
            assert_eq!(codes_of(&text), ["M0423"]);
            continue;
        }
        assert_eq!(said.len(), 1, "{to}: {all:?}");
        assert!(said[0].contains(without) && said[0].ends_with("`imposed`"), "{to}: {said:?}");
    }
}

#[test]
fn the_condition_that_leaves_a_step_out_is_shown() {
    let text = heard().replacen("fills said; ", "fills said; only if late > 12; ", 1);
    let sources = Sources::single("hearing.merit", text);
    let shown = compile(&sources).diagnostics.render(&sources, false);
    assert!(shown.contains("`answer` is left out unless this holds"), "{shown}");
    assert!(shown.contains("`notice`, `answer` left out, `ruling` with `impose`, `appeal_window`"), "{shown}");
}

#[test]
fn a_sanction_that_is_sent_back_is_heard_all_the_same() {
    let again = heard().replacen(
        "choose impose, drop;",
        "choose impose, drop, again; on again go back to answer, at most once;",
        1,
    );
    assert_eq!(found(&again), []);
    let beside = heard().replacen("  stage notice", "  together {\n  stage notice", 1).replacen(
        "lapses at due }\n",
        "lapses at due }\n  }\n",
        1,
    );
    assert_eq!(codes_of(&beside), ["M1021"], "an answer beside the notice is no answer to it");
}

#[test]
fn an_administrative_sanction_needs_no_hearing() {
    let text = heard().replace("severity warning", "severity warning (administrative)").replacen(
        "lapses at due }",
        "only if late > 12; lapses at due }",
        1,
    );
    assert_eq!(found(&text), []);
}

/// Ever more decisions: the ways through them are without number, and what matters of them is not.
#[test]
fn many_decisions_are_walked_through_all_the_same() {
    let mut more = String::new();
    for at in 0..30 {
        more += &format!("  decision d{at} by boss {{ due 5 days after opening; choose a, b, c }}\n");
    }
    let text = heard().replacen("  stage appeal_window", &format!("{more}  stage appeal_window"), 1);
    assert_eq!(found(&text), []);
    assert_eq!(codes_of(&text.replacen("stage answer { by person", "stage answer { by boss", 1)), ["M1021"]);
}

/// Ever more ways back, each of which may be taken or not: the walk ends, and says that it did not finish.
#[test]
fn too_many_ways_are_not_decided() {
    let mut more = String::new();
    for at in 0..20 {
        more += &format!(
            "  decision d{at} by boss {{ due 5 days after opening; choose a, b; on b go back to notice, at most once }}\n"
        );
    }
    let text = heard().replacen("  stage appeal_window", &format!("{more}  stage appeal_window"), 1);
    assert_eq!(codes_of(&text), ["M1023"]);
}

#[test]
fn what_cannot_be_run_yet_opens_nothing_and_says_so() {
    let text = "calendar c { time zone \"UTC\"; working Monday to Friday; roll forward }\n\
        record person { id key text; joined event; said event; more event; boss optional person }\n\
        workflow plain { for each person where joined is known; stage hear { by person; fills said; due 5 days after opening } }\n\
        workflow w { for each person where joined is known; decision ruling by boss { due 5 days after opening; choose keep, drop } }\n\
        example \"e\" {\n  person Ben {}\n  person Ada { joined 4 May 2026; boss Ben }\n  on 5 May 2026 expect hear open with Ada\n  on 5 May 2026 expect ruling open\n}\n";
    let sources = Sources::single("w.merit", text.to_owned());
    let compilation = compile(&sources);
    assert!(compilation.diagnostics.is_empty(), "{}", compilation.diagnostics.render(&sources, false));
    let policy = compilation.policy.unwrap();
    assert_eq!(policy.not_carried_out().len(), 1);
    let failures = examples::run(&policy, &policy.examples[0]).failures;
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert!(failures[0].came.contains("can't be run yet") && failures[0].came.contains("`decision`"), "{failures:?}");
    assert!(Bench::new(&policy).cases.is_empty());
}

#[test]
fn how_many_must_act_stands_behind_who_may() {
    let text = r#"
calendar c { time zone "UTC"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }
record person { id key text; seen event }
record nomination of person { reviewer optional person; outside yes/no }
workflow reviewing {
  for each person each year
  stage views for each reviewer in nominations where outside is yes, at least 3 of them {
    opens start of year; due 31 March, for late comers 1 month after opening; by reviewer; fills seen
  }
}
"#;
    let policy = compile(&Sources::single("reviewing.merit", text)).policy;
    let each = policy.map(|it| it.workflows[0].stages[0].for_each.clone());
    let said = each.flatten().map(|it| (it.condition.is_some(), it.at_least));
    assert_eq!(said, Some((true, Some(3))), "{:?}", found(text));
}
