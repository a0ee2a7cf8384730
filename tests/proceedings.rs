//! Workflows beyond a line of stages: what the checker proves of them, and that nothing of them runs by halves.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use merit::casework::{Bench, examples};
use merit::codes;
use merit::diagnostic::Diagnostics;
use merit::policy::compile;
use merit::policy::guarantees::Standing;
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

/// A framework with its sanctions, the workflows that hear them and that appraise, what is promised, tried and shown: all in one.
#[test]
fn the_whole_policy_checks_runs_and_stands_in_its_form() {
    let text = std::fs::read_to_string("tests/lang/good/whole.merit").unwrap();
    let sources = Sources::single("whole.merit", text.clone());
    let compilation = compile(&sources);
    assert!(compilation.diagnostics.is_empty(), "{}", compilation.diagnostics.render(&sources, false));
    assert_eq!(syntax::format(FileId(0), &text, &mut Diagnostics::new()), Some(text));
    assert_eq!(compilation.guarantees.iter().map(|it| it.standing).collect::<Vec<_>>(), [Standing::Proved; 2]);
    let policy = compilation.policy.unwrap();
    assert_eq!(policy.examples.len(), 3);
    for example in &policy.examples {
        let failures = examples::run(&policy, example).failures;
        assert!(failures.is_empty(), "{failures:?}");
    }
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
        committee panel { seats 3 member; quorum 2; majority more than half of the votes cast; on a tie the motion falls }\n\
        workflow w { for each person where joined is known; decision ruling by panel { due 5 days after opening; choose keep, drop } }\n\
        example \"e\" {\n  person Ben {}\n  person Ada { joined 4 May 2026; boss Ben }\n  on 5 May 2026 expect hear open with Ada\n  on 5 May 2026 expect ruling open\n}\n";
    let sources = Sources::single("w.merit", text.to_owned());
    let compilation = compile(&sources);
    assert!(compilation.diagnostics.is_empty(), "{}", compilation.diagnostics.render(&sources, false));
    let policy = compilation.policy.unwrap();
    assert_eq!(policy.not_carried_out().len(), 1);
    let failures = examples::run(&policy, &policy.examples[0]).failures;
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert!(
        failures[0].came.contains("can't be run yet") && failures[0].came.contains("`committee without members`"),
        "{failures:?}"
    );
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

// ---- guarantees of what comes before a sanction is in force

fn promised(changes: &[(&str, &str)], promise: &str) -> Vec<(String, String)> {
    let mut text = heard();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    found(&format!("{text}\nguarantee \"Heard\" {{ {promise} }}\n"))
}

#[test]
fn a_promise_of_due_process_is_proved_or_refuted_with_the_way() {
    let whole = "every sanction not administrative is in force only after notice, answer, ruling and appeal_window";
    assert_eq!(promised(&[], whole), []);
    assert_eq!(promised(&[], "warning is in force only after ruling"), []);
    // More may be promised than every sanction must have.
    for (changes, promise, said) in [
        (
            vec![],
            "every sanction is in force only after appeal_ruling",
            "without `appeal_ruling`: `notice`, `answer`, `ruling` with `impose`, `appeal_window` lapsed, `imposed`",
        ),
        (
            vec![(
                "  decision ruling",
                "  stage board { by boss; due 9 days after answer; fills more; only if late > 12 }\n  decision ruling",
            )],
            "warning is in force only after board and ruling",
            "without `board`: `notice`, `answer`, `board` left out, `ruling` with `impose`, `appeal_window` lapsed, `imposed`",
        ),
        (
            vec![("severity warning", "severity warning (administrative)"), ("through hearing", "automatic")],
            "every sanction is in force only after ruling",
            "goes through no workflow",
        ),
    ] {
        let found = promised(&changes, promise);
        assert_eq!(found.len(), 1, "{promise}: {found:?}");
        assert!(found[0].0 == "M1201" && found[0].1.contains(said), "{found:?}");
    }
}

#[test]
fn a_promise_of_due_process_names_stages_and_sanctions_that_are_there() {
    assert_eq!(promised(&[], "warning is in force only after rulling")[0].0, "M0202");
    assert_eq!(promised(&[], "warming is in force only after ruling")[0].0, "M0202");
    let administrative = [("severity warning", "severity warning (administrative)")];
    let none = "every sanction not administrative is in force only after ruling";
    assert_eq!(promised(&administrative, none)[0].0, "M1203");
}

/// What stands beside others may be over before they are.
#[test]
fn stages_beside_each_other_do_not_wait_for_each_other() {
    let beside = |choice: &str| {
        let stages = format!(
            "  together {{\n    stage hear {{ by boss; due 9 days after answer; fills more; lapses at due }}\n    stage look {{ by boss; due 9 days after answer; choose on, off; on off finish {choice} }}\n  }}\n  decision ruling"
        );
        let changes = [("  decision ruling", stages.as_str())];
        let all = promised(&changes, "warning is in force only after hear");
        all.into_iter().filter(|it| it.0.starts_with("M12")).collect::<Vec<_>>()
    };
    assert_eq!(beside("dismissed"), []);
}

#[test]
fn what_opens_by_itself_is_not_decided() {
    let found = promised(
        &[("stage answer { by person; ", "stage answer { opens 30 June after the year; by person; ")],
        "warning is in force only after ruling",
    );
    let codes: Vec<&str> = found.iter().map(|it| it.0.as_str()).collect();
    assert!(codes.contains(&"M1202"), "{found:?}");
}

#[test]
fn a_misspelt_word_is_one_mistake() {
    for (from, to) in [
        ("sends note to person", "sends notte to person"),
        ("fills said", "fills sayd"),
        ("by person; due 30 days after ruling", "by persom; due 30 days after ruling"),
    ] {
        let text = heard().replacen(from, to, 1);
        assert_ne!(text, heard(), "{from}");
        assert_eq!(codes_of(&text), ["M0202"], "{to}");
    }
}
