//! What is easily overlooked where frameworks, orders, ladders and promises meet: each policy is right as it stands, and its examples hold.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use merit::casework::examples;
use merit::policy::compile;
use merit::policy::guarantees::Standing;
use merit::source::Sources;

/// The codes that are found in a policy whose examples hold, and what became of its promises.
fn found(name: &str) -> (Vec<&'static str>, Vec<Standing>) {
    let text = std::fs::read_to_string(format!("tests/together/{name}.merit")).unwrap();
    let sources = Sources::single(name.to_owned(), text);
    let compilation = compile(&sources);
    let policy = compilation.policy.unwrap_or_else(|| panic!("{}", compilation.diagnostics.render(&sources, false)));
    for example in &policy.examples {
        let failures = examples::run(&policy, example).failures;
        assert!(failures.is_empty(), "{name}: {failures:?}");
    }
    let codes = compilation.diagnostics.iter().map(|it| it.code.0).collect();
    (codes, compilation.guarantees.iter().map(|it| it.standing).collect())
}

#[test]
fn an_old_sanction_holds_others_back_only_as_long_as_it_lasted_when_it_was_imposed() {
    assert_eq!(found("old_terms"), (vec![], vec![]));
}

#[test]
fn where_some_sanction_of_the_other_applies_in_any_case_nothing_is_awaited() {
    assert_eq!(found("whatever_else"), (vec![], vec![]));
}

#[test]
fn one_framework_between_two_others_does_not_keep_them_apart() {
    assert_eq!(found("not_over_others"), (vec!["M0915"], vec![]));
}

#[test]
fn a_promise_is_not_proved_where_an_order_lets_people_off_by_what_rises() {
    assert_eq!(found("let_off"), (vec!["M1202"], vec![Standing::NotDecided]));
}

#[test]
fn a_promise_is_not_refuted_by_a_place_on_a_ladder_that_nobody_can_have() {
    // Whoever is poor takes some step, however far they have come; that the prize itself asks for nothing is said besides.
    assert_eq!(found("on_the_ladder"), (vec!["M1302"], vec![Standing::Proved]));
}

/// Each framework gives way to all before it; each name of an exception stands on several: neither multiplies what is looked at.
#[test]
fn what_many_refer_to_is_looked_at_once() {
    let head = "calendar c { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\n\
        record person { id key text; theft number from 0 to 100 }\n";
    let mut text = head.to_owned();
    for at in 0..12 {
        let gives_way: Vec<String> = (0..at).map(|it| format!("f{it}")).collect();
        let gives_way = if at == 0 { String::new() } else { format!("gives way to {}; ", gives_way.join(", ")) };
        text += &format!(
            "framework f{at} {{ for each person each year; judged 31 January after the year; {gives_way}severity s{at} (administrative) < t{at} (administrative); \
             sanctions the most severe that applies; sanction s{at} {{ when theft > {at}; automatic }}; sanction t{at} {{ when theft > 5{at}; automatic }} }}\n"
        );
    }
    let found = compile(&Sources::single("many", text)).diagnostics;
    assert!(found.no_errors());
    let mut named = format!(
        "{head}framework f {{ for each person each year; judged 31 January after the year; severity s (administrative); sanctions all that apply\n  sanction s {{ when theft > 1; unless theft > 90, named e0; automatic }}\n"
    );
    for level in 1..12 {
        for at in 0..5 {
            named += &format!("  except e{} when theft > {at}, named e{level}\n", level - 1);
        }
    }
    let found = compile(&Sources::single("named", named + "}\n")).diagnostics;
    assert!(!found.no_errors(), "names given twice are a mistake");
}

/// What is asked twice of all that stands below is told of once, however deep the tree; the example fails, and says why.
#[test]
fn a_deep_tree_is_explained_in_time() {
    let mut text = "calendar c { time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }\n\
        record unit { id key text; parent dated optional unit }\nrecord accounts of unit each year { own number }\n\
        define mean of unit each year = own + sum of mean of units whose parent is this unit + (greatest of mean of units whose parent is this unit)\n\
        example \"a chain\" {\n  unit o0 {}\n"
        .to_owned();
    for at in 1..30 {
        text += &format!("  unit o{at} {{ parent o{} }}\n", at - 1);
    }
    text += "  accounts of o29 2026 { own 1 }\n  expect mean of o0 in 2026 is 7\n}\n";
    let sources = Sources::single("tree", text);
    let policy = compile(&sources).policy.unwrap();
    assert_eq!(examples::run(&policy, &policy.examples[0]).failures.len(), 1);
}
