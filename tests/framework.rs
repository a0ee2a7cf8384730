//! Frameworks: what is proposed, what is not, and what nobody can say yet.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

use std::fmt::Write as _;

use merit::casework::examples;
use merit::policy::compile;
use merit::source::Sources;
use proptest::prelude::*;

/// What the examples of a policy find otherwise than expected.
fn failures(text: &str) -> Vec<String> {
    let sources = Sources::single("test.merit", text);
    let compilation = compile(&sources);
    let policy = compilation.policy.unwrap_or_else(|| panic!("{}", compilation.diagnostics.render(&sources, false)));
    assert!(!policy.examples.is_empty());
    let all = policy.examples.iter().flat_map(|it| examples::run(&policy, it).failures);
    all.map(|it| format!("expected {}, came {}", it.expected, it.came)).collect()
}

#[test]
fn a_framework_says_what_its_examples_say() {
    let text = std::fs::read_to_string("tests/framework/conduct.merit").unwrap();
    assert_eq!(failures(&text), Vec::<String>::new());
}

#[test]
fn a_failing_example_says_what_came() {
    let text = std::fs::read_to_string("tests/framework/conduct.merit").unwrap();
    let wrong = text
        .replace("expect warning proposed for Ada", "expect no warning for Ada")
        .replace("expect no caution for Ada", "expect caution proposed for Ada")
        .replace("expect bonus proposed for Fay in 2025/26", "expect no bonus for Fay in 2025/26")
        .replace(
            "expect bonus undetermined for Cat in 2025/26, for want of terms",
            "expect no bonus for Dan in 2025/26",
        );
    assert_eq!(
        failures(&wrong),
        [
            "expected no warning for Ada in 2025/26, came proposed",
            "expected caution proposed for Ada in 2025/26, came no: warning counts instead",
            "expected no bonus for Dan in 2025/26, came not covered",
            "expected no bonus for Fay in 2025/26, came proposed, USD 956",
        ]
    );
}

#[test]
fn a_lesser_sanction_waits_for_a_more_severe_one_unless_the_framework_says_otherwise() {
    let text = std::fs::read_to_string("tests/framework/conduct.merit").unwrap();
    let meanwhile =
        text.replace("the most severe that applies", "the most severe that applies, meanwhile the lesser").replace(
            "expect caution undetermined for Ben in 2025/26, for want of status",
            "expect caution proposed for Ben in 2025/26",
        );
    assert_eq!(failures(&meanwhile), Vec::<String>::new());
}

#[test]
fn exceptions_may_stand_in_the_framework() {
    let text = std::fs::read_to_string("tests/framework/conduct.merit").unwrap();
    let moved = text
        .replace("    unless  status is on_leave\n", "")
        .replace("  sanction caution", "  except sanction warning when status is on_leave\n  sanction caution");
    assert_ne!(moved, text);
    assert_eq!(failures(&moved), Vec::<String>::new());
}

/// A framework over three sanctions and two rewards, each with one fact of its own.
#[derive(Debug, Clone)]
struct Trial {
    sanctions: &'static str,
    rewards: &'static str,
    unless_a_sanction: bool,
    facts: [Option<bool>; 5],
}

const RULES: [&str; 5] = ["s0", "s1", "s2", "r0", "r1"];

impl Trial {
    fn any() -> impl Strategy<Value = Self> {
        (
            prop::sample::select(vec!["the most severe that applies", "the first that applies", "all that apply"]),
            prop::sample::select(vec!["the first that applies", "all that apply"]),
            any::<bool>(),
            any::<[Option<bool>; 5]>(),
        )
            .prop_map(|(sanctions, rewards, unless_a_sanction, facts)| Self {
                sanctions,
                rewards,
                unless_a_sanction,
                facts,
            })
    }

    /// Which rules follow when every fact is known: the plainest reading.
    fn follow(&self, facts: [bool; 5]) -> [bool; 5] {
        let mut follow = facts;
        match self.sanctions {
            "the most severe that applies" => {
                let most = (0..3).rev().find(|at| facts[*at]);
                (0..3).for_each(|at| follow[at] = most == Some(at));
            }
            "the first that applies" => {
                let first = (0..3).find(|at| facts[*at]);
                (0..3).for_each(|at| follow[at] = first == Some(at));
            }
            _ => {}
        }
        if self.rewards == "the first that applies" {
            follow[4] = facts[4] && !facts[3];
        }
        if self.unless_a_sanction && facts[..3].contains(&true) {
            (follow[3], follow[4]) = (false, false);
        }
        follow
    }

    /// What each rule comes to: the same whatever the missing facts turn out to be, or nobody knows yet.
    fn expected(&self) -> [Option<bool>; 5] {
        let completions = (0..32_u8).map(|bits| std::array::from_fn(|at| bits >> at & 1 == 1));
        let fits =
            |it: &[bool; 5]| self.facts.iter().zip(it).all(|(known, fact)| known.is_none_or(|known| known == *fact));
        let all: Vec<[bool; 5]> = completions.filter(fits).map(|it| self.follow(it)).collect();
        std::array::from_fn(|at| all.iter().all(|it| it[at] == all[0][at]).then_some(all[0][at]))
    }

    fn policy(&self) -> String {
        let unless = if self.unless_a_sanction { ", unless a sanction applies" } else { "" };
        let mut text = format!(
            "calendar c {{ time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }}\n\
             record person {{ id key text; f0 yes/no; f1 yes/no; f2 yes/no; f3 yes/no; f4 yes/no }}\n\
             framework w {{\n  for each person each year\n  judged 30 June after the year\n  severity s0 (administrative) < s1 (administrative) < s2 (administrative)\n  sanctions {}\n  rewards {}{unless}\n",
            self.sanctions, self.rewards
        );
        for (at, rule) in RULES.iter().enumerate() {
            let (kind, way) = if at < 3 { ("sanction", "; automatic") } else { ("reward", "") };
            writeln!(text, "  {kind} {rule} {{ when f{at}{way} }}").unwrap();
        }
        text += "}\nexample \"e\" {\n  person A {";
        for (at, fact) in self.facts.iter().enumerate() {
            if let Some(fact) = fact {
                write!(text, " f{at} {};", if *fact { "yes" } else { "no" }).unwrap();
            }
        }
        text += " }\n";
        for (rule, expected) in RULES.iter().zip(self.expected()) {
            let line = match expected {
                Some(true) => format!("{rule} proposed for A in 2026"),
                Some(false) => format!("no {rule} for A in 2026"),
                None => format!("{rule} undetermined for A in 2026"),
            };
            writeln!(text, "  expect {line}").unwrap();
        }
        text + "}\n"
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, ..ProptestConfig::default() })]

    #[test]
    fn undetermined_is_exactly_what_the_missing_facts_could_change(trial in Trial::any()) {
        prop_assert_eq!(failures(&trial.policy()), Vec::<String>::new(), "{:?}", trial);
    }
}

/// A framework with three sanctions on a ladder, and these further items.
fn ladder(lines: &str, more: &str) -> String {
    format!(
        "calendar c {{ time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }}
record person {{ id key text; gross yes/no; away yes/no }}
record review of person each year {{ mark number from 0 to 100 with 1 decimal }}
framework conduct {{
  for each person each year
  judged 31 March after the year
  severity advice (administrative) < caution (administrative) < warning (administrative)
  sanctions the most severe that applies
  rewards all that apply, unless a sanction applies
  measure support {{ when mark < 70 }}
  ladder advice, caution, warning {{ {lines} }}
  sanction advice {{ automatic }}
  sanction caution {{ unless away; automatic }}
  sanction warning {{ automatic }}
  reward praise {{ when mark >= 90 }}
}}
{more}
"
    )
}

/// The codes of what is found in a policy.
fn codes(text: &str) -> Vec<&'static str> {
    compile(&Sources::single("test.merit", text)).diagnostics.iter().map(|it| it.code.0).collect()
}

const CLIMB: &str = "a step when mark < 50; only after support was completed; afresh after mark >= 60";

#[test]
fn nothing_is_found_in_a_ladder_that_can_be_climbed() {
    assert_eq!(codes(&ladder(CLIMB, "")), Vec::<&str>::new());
    let straight = format!("{CLIMB}; straight to caution when gross; straight to warning when gross and away");
    assert_eq!(codes(&ladder(&straight, "")), Vec::<&str>::new());
}

#[test]
fn conditions_of_a_ladder_that_decide_nothing_are_found_once() {
    assert_eq!(codes(&ladder("a step when mark < 50 and mark > 60", "")), ["M1301"]);
    assert_eq!(codes(&ladder("a step when mark < 50; only after mark > 60", "")), ["M1301"]);
    assert_eq!(codes(&ladder("a step when mark < 50; afresh after mark >= 0", "")), ["M1302"]);
    assert_eq!(codes(&ladder("straight to warning when gross", "")), ["M0914"]);
    assert_eq!(codes(&ladder("a step when mark < 50; straight to warming when gross", "")), ["M0913"]);
    assert_eq!(
        codes(&ladder("a step when support imposed in this year; only after caution was completed", "")),
        ["M0202"]
    );
}

#[test]
fn guarantees_reason_about_ladders() {
    let better = "guarantee \"g\" { sanctions never get more severe as mark rises; no sanction is proposed when mark >= 50; rewards never fall as mark rises }";
    assert_eq!(codes(&ladder(CLIMB, better)), Vec::<&str>::new());
    let straight = format!("{CLIMB}; straight to warning when gross");
    assert_eq!(codes(&ladder(&straight, better)), ["M1201"]);
    let gross = "guarantee \"g\" { caution is proposed only when mark < 50 and not away; warning is proposed only when mark < 50 or gross }";
    assert_eq!(codes(&ladder(&straight, gross)), Vec::<&str>::new());
}

#[test]
fn what_holds_a_step_back_puts_no_other_in_its_place() {
    let example = "example \"e\" {
  person Ada { gross no; away yes }
  review of Ada 2026 { mark 40 }
  support completed for Ada on 1 May 2026
  advice imposed for Ada on 1 May 2026
  expect no caution for Ada in 2026
  expect no advice for Ada in 2026
  expect no warning for Ada in 2026
}";
    assert_eq!(failures(&ladder(CLIMB, example)), Vec::<String>::new());
}

#[test]
fn a_scenario_takes_a_step_out_of_a_ladder() {
    let scenario = "scenario milder \"Without the middle\" { remove sanction caution }";
    assert_eq!(codes(&ladder(CLIMB, scenario)), Vec::<&str>::new());
}

/// A framework with these rules.
fn rules(rules: &str, more: &str) -> String {
    format!(
        "calendar c {{ time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }}
record person {{ id key text; away yes/no }}
record review of person each year {{ mark number from 0 to 100 }}
framework conduct {{
  for each person each year
  judged 31 March after the year
  severity caution (administrative) < warning (administrative)
  sanctions the most severe that applies
  rewards all that apply, unless a sanction applies
  {rules}
}}
{more}
"
    )
}

const WARNING: &str = "sanction warning from 2027 until 2028 { when mark < 50; automatic }";

#[test]
fn outside_its_time_a_rule_is_not_there() {
    let text = rules(
        &format!(
            "sanction caution until 2026 {{ when mark < 40; automatic }}
  sanction caution from 2028 {{ when mark < 60; automatic }}
  {WARNING}
  reward prize {{ when mark < 50 }}"
        ),
        "example \"e\" {
  person Ada {}
  review of Ada 2026 { mark 45 }
  review of Ada 2027 { mark 45 }
  review of Ada 2028 { mark 45 }
  review of Ada 2029 { mark 45 }
  expect no caution for Ada in 2026
  expect warning not covered for Ada in 2026
  expect prize proposed for Ada in 2026
  expect caution not covered for Ada in 2027
  expect warning proposed for Ada in 2027
  expect no prize for Ada in 2027
  expect no caution for Ada in 2028
  expect warning proposed for Ada in 2028
  expect caution proposed for Ada in 2029
  expect warning not covered for Ada in 2029
}",
    );
    assert_eq!(failures(&text), Vec::<String>::new());
}

#[test]
fn versions_of_a_rule_do_not_overlap_and_change_between_periods() {
    let two = |first: &str, second: &str| {
        let caution = |days: &str, least: u32| format!("sanction caution {days} {{ when mark < {least}; automatic }}");
        codes(&rules(&format!("{}\n{}\n{WARNING}", caution(first, 40), caution(second, 60)), ""))
    };
    assert_eq!(two("until 2026", "from 2027"), Vec::<&str>::new());
    assert_eq!(two("from 2020", "from 2027"), Vec::<&str>::new(), "one ends when the next begins");
    assert_eq!(two("until 2024", "from 2027"), Vec::<&str>::new(), "there may be a hole");
    let alike = "sanction caution until 2024 { when mark < 40; automatic }\nsanction caution from 2027 { when mark < 40; automatic }";
    assert_eq!(codes(&rules(&format!("{alike}\n{WARNING}"), "")), Vec::<&str>::new(), "and then it is as before");
    assert_eq!(two("until 2027", "from 2027"), ["M0308"]);
    assert_eq!(two("until 2026", "until 2025"), ["M0308"]);
    assert_eq!(two("from 2026 until 2025", "from 2027"), ["M0308"]);
    assert_eq!(two("until 31 March 2026", "from 2027"), ["M0311"]);
    assert_eq!(two("until 2026", "from 1 July 2027"), ["M0311"]);
    assert_eq!(two("", "from 2027"), ["M0201"]);
}

#[test]
fn a_rule_stands_behind_another_only_in_its_time() {
    let behind = |days: &str| {
        let caution = "sanction caution from 2027 { when mark < 40; automatic }";
        codes(&rules(&format!("{caution}\nsanction warning {days} {{ when mark < 50; automatic }}"), ""))
    };
    assert_eq!(behind("from 2027"), ["M1303"]);
    assert_eq!(behind("from 2028"), Vec::<&str>::new(), "in 2027 it takes effect");
    assert_eq!(behind("from 2020 until 2024"), Vec::<&str>::new());
}

#[test]
fn guarantees_hold_for_every_time_of_a_rule() {
    let promise = "guarantee \"g\" { caution is proposed only when mark < 40 }";
    let caution = "sanction caution until 2026 { when mark < 40; automatic }\nsanction caution from 2027 { when mark < 45; automatic }";
    let warning = "sanction warning { when mark < 20; automatic }";
    assert_eq!(codes(&rules(&format!("{caution}\n{warning}"), promise)), ["M1201"]);
    assert_eq!(codes(&rules(&format!("{}\n{warning}", caution.replace("45", "35")), promise)), Vec::<&str>::new());
}

/// Two frameworks, of which the second has this line, and a sanction under this condition.
fn two(line: &str, when: &str, more: &str) -> String {
    format!(
        "calendar c {{ time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }}
record person {{ id key text; away yes/no }}
record review of person each year {{ mark number from 0 to 100; absent number from 0 to 366 }}
record incident of person {{ happened event; kind one of theft, fraud }}
define weak of person each year = mark < 50
framework discipline {{
  for each person each year where not away
  judged 31 March after the year
  severity caution (administrative) < warning (administrative)
  sanctions the most severe that applies
  sanction caution {{ when weak; unless absent > 200; automatic }}
  sanction warning {{ when any incident where kind is theft; automatic }}
}}
framework performance {{
  for each person each year where not away
  judged 31 March after the year
  {line}
  severity advice (administrative)
  sanctions the most severe that applies
  sanction advice {{ when {when}; automatic }}
}}
{more}
"
    )
}

#[test]
fn two_frameworks_on_the_same_facts_are_found_where_both_can_apply() {
    let found = |when: &str| codes(&two("", when, ""));
    assert_eq!(found("mark < 20"), ["M0915"]);
    assert_eq!(found("mark < 60 in 2 consecutive years"), ["M0915"]);
    assert_eq!(found("any incident where kind is theft"), ["M0915"]);
    assert_eq!(found("mark < 20 and absent > 200"), Vec::<&str>::new(), "an exception holds the other back");
    assert_eq!(found("mark >= 50 and mark < 60"), Vec::<&str>::new(), "never both");
    assert_eq!(found("absent > 10"), Vec::<&str>::new(), "another thing");
    assert_eq!(found("any incident where kind is fraud"), Vec::<&str>::new(), "another thing");
    let graded = |it: &str| {
        let text =
            two("", "absent > 10 and grade is G1", "").replace("away yes/no", "away yes/no; grade one of G1 < G2");
        codes(&text.replace("mark < 50\n", "mark < 50 and grade is G1\n").replace("grade one of", it))
    };
    assert_eq!(graded("grade dated one of"), Vec::<&str>::new(), "the same grade is nothing that somebody did");
    assert_eq!(graded("grade one of"), ["M0915"]);
    assert_eq!(codes(&two("gives way to discipline", "mark < 20 and absent < 9", "")), ["M1303"]);
    assert_eq!(codes(&two("gives way to discipline", "mark < 60", "")), Vec::<&str>::new());
}

#[test]
fn what_two_frameworks_share_is_told_also_where_it_is_made_of_several() {
    let said = |text: &str| {
        let compilation = merit::policy::compile(&merit::source::Sources::single("two.merit", text));
        let words: Vec<String> = compilation.diagnostics.iter().map(|it| it.message.clone()).collect();
        words.iter().filter_map(|it| Some(it.split_once("for the same ")?.1.to_owned())).collect::<Vec<_>>()
    };
    let shared =
        |ground: &str, when: &str| said(&two("", when, "").replace("any incident where kind is theft", ground));
    let twice = |it: &str| shared(it, it);
    assert_eq!(twice("any incident where kind is theft"), ["`incident`"]);
    assert_eq!(twice("count of incidents > 1"), ["count of `incident`"]);
    assert_eq!(twice("sum of mark of the last 2 years < 80"), ["sum over several periods"]);
    let worst = "weak of person each year = in the worst 3 of all by mark, ties all out, unknown left out, groups of at least 1";
    let ranked = two("", "weak", "").replace("weak of person each year = mark < 50", worst);
    assert_eq!(said(&ranked), ["place among `person`"]);
    assert_eq!(shared("count of incidents > 1", "mark < 60"), ["`mark`"]);
}

#[test]
fn a_framework_gives_way_to_one_that_judges_the_same() {
    let circle = two("gives way to discipline", "mark < 60", "")
        .replace("severity caution", "gives way to performance\n  severity caution");
    assert_eq!(codes(&circle), ["M0916"]);
    assert_eq!(codes(&two("gives way to performance", "mark < 60", "")), ["M0916"]);
    assert_eq!(codes(&two("gives way to disciplin", "mark < 60", "")), ["M0202"]);
}

#[test]
fn guarantees_know_who_gives_way() {
    let promise = "guarantee \"g\" { advice is proposed only when mark >= 50 or absent > 200 }";
    assert_eq!(codes(&two("gives way to discipline", "mark < 60", promise)), Vec::<&str>::new());
    assert_eq!(codes(&two("", "mark < 60", promise)), ["M0915", "M1201"]);
}

#[test]
fn published_cases_of_exceptions_come_out() {
    let text = std::fs::read_to_string("tests/framework/exceptions.merit").unwrap();
    assert_eq!(failures(&text), Vec::<String>::new());
}

#[test]
fn exceptions_are_named_and_lead_to_a_rule() {
    let except = |lines: &str| {
        codes(&rules(
            &format!(
                "sanction caution {{ when mark < 40; automatic }}\nsanction warning {{ when mark < 20; unless away, named off; automatic }}\n{lines}"
            ),
            "",
        ))
    };
    assert_eq!(except("except off when mark < 10"), Vec::<&str>::new());
    assert_eq!(except("except off when mark < 10, named worst\nexcept worst when mark > 5"), Vec::<&str>::new());
    assert_eq!(except("except offs when mark < 10"), ["M0202"]);
    assert_eq!(except("except caution when mark < 10"), ["M0202"]);
    assert_eq!(except("except off when mark < 10, named off"), ["M0201"]);
    assert_eq!(except("except a when mark < 10, named b\nexcept b when away, named a"), ["M0917"]);
    assert_eq!(except("except a when mark < 10, named a"), ["M0917"]);
    assert_eq!(except("except off when mark < 10 and mark > 12"), ["M1301"]);
    assert_eq!(except("except off when mark > 30"), Vec::<&str>::new());
    let circle = "except a when mark < 10, named b\nexcept b when away, named c\nexcept c when away, named a";
    let text = rules(
        &format!(
            "sanction caution {{ when mark < 40; automatic }}\nsanction warning {{ when mark < 20; automatic }}\n{circle}"
        ),
        "",
    );
    let found = compile(&Sources::single("test.merit", text)).diagnostics;
    let words: Vec<&str> = found.iter().map(|it| it.message.as_str()).collect();
    assert_eq!(words, ["exceptions from each other in a circle: `a` from `c` from `b` from `a`"]);
    let deep: String = (0..500).map(|it| format!("except e{it} when away, named e{}\n", it + 1)).collect();
    let deep = rules(
        &format!(
            "sanction caution {{ when mark < 40; automatic }}\nsanction warning {{ when mark < 20; unless away, named e0; automatic }}\n{deep}"
        ),
        "",
    );
    assert_eq!(codes(&deep), ["M0917"]);
}

#[test]
fn guarantees_see_through_exceptions_from_exceptions() {
    let warning = "sanction caution { when mark < 20; automatic }\nsanction warning { when mark < 40; unless away, named off; automatic }\nexcept off when mark < 10";
    let promise = |mark: u32| format!("guarantee \"g\" {{ warning is proposed only when not away or mark < {mark} }}");
    assert_eq!(codes(&rules(warning, &promise(10))), Vec::<&str>::new());
    assert_eq!(codes(&rules(warning, &promise(9))), ["M1201"]);
}

/// A framework that judges so.
fn judged(when: &str, rule: &str) -> String {
    format!(
        "calendar c {{ time zone \"UTC\"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }}
record unit {{ id key text }}
record person {{ id key text; called event }}
record review of person each year {{ mark number; agreed event; seen event; heard event }}
record incident of person {{ happened event }}
record flood of unit {{ happened event }}
workflow planning {{ for each person each year; stage goals {{ by person; fills agreed; due 1 month after opening }} }}
workflow checking {{
  for each person each year
  stage goals {{ by person; fills seen; due 1 month after opening }}
  stage talk {{ by person; fills heard; due 1 month after opening }}
}}
workflow calls {{ for each person; stage call {{ by person; fills called; due 1 month after opening }} }}
framework honours {{
  for each person each year
  judged {when}
  rewards all that apply
  {rule}
}}
example \"e\" {{
  person Ada {{}}
  review of Ada 2026 {{ mark 95 }}
  expect prize proposed for Ada in 2026
}}
"
    )
}

#[test]
fn a_framework_judges_when_something_comes() {
    let prize = "reward prize { when mark > 90 }";
    let found = |when: &str| codes(&judged(when, prize));
    for when in [
        "31 January after the year",
        "when talk is done",
        "when planning.goals is done",
        "when incident appears",
        "on request",
    ] {
        assert_eq!(found(when), Vec::<&str>::new(), "{when}");
        assert_eq!(failures(&judged(when, prize)), Vec::<String>::new());
    }
    assert_eq!(found("when goals is done"), ["M0918"]);
    assert_eq!(found("when call is done"), ["M0918"]);
    assert_eq!(found("when walk is done"), ["M0202"]);
    assert_eq!(found("when plan.goals is done"), ["M0202"]);
    assert_eq!(found("when flood appears"), ["M0918"]);
    assert_eq!(found("when review appears"), ["M0918"]);
    assert_eq!(found("when storm appears"), ["M0202"]);
}

#[test]
fn ranks_and_budgets_are_judged_at_one_moment() {
    let rank = "reward prize { when in the best 3 of all by mark, ties all in, unknown awaited, groups of at least 1 }";
    let pool = "reward prize { when mark > 90; amount USD 100; within USD 1,000, pro rata }";
    for rule in [rank, pool] {
        let found = |when: &str| codes(&judged(when, rule));
        assert_eq!(found("on request"), Vec::<&str>::new());
        assert_eq!(found("31 January after the year"), Vec::<&str>::new());
        assert_eq!(found("when talk is done"), ["M0919"]);
        assert_eq!(found("when incident appears"), ["M0919"]);
    }
}

#[test]
fn a_ladder_is_no_longer_than_somebody_follows() {
    let straight: String = (0..13).map(|_| "; straight to warning when gross").collect();
    assert_eq!(codes(&ladder(&format!("{CLIMB}{straight}"), "")), ["M0913"]);
    let names: Vec<String> = (0..13).map(|it| format!("s{it}")).collect();
    let severity: Vec<String> = names.iter().map(|it| format!("{it} (administrative)")).collect();
    let sanctions: String = names.iter().map(|it| format!("sanction {it} {{ automatic }}\n")).collect();
    let long = format!(
        "{}\nframework long {{\nfor each person each year\njudged 31 March after the year\nseverity {}\nsanctions all that apply\n{sanctions}ladder {} {{ a step when away }}\n}}\n",
        rules("sanction caution { when mark < 20; automatic }\nsanction warning { when mark < 10; automatic }", ""),
        severity.join(" < "),
        names.join(", ")
    );
    assert_eq!(codes(&long), ["M0912"]);
    assert_eq!(
        codes(&long.replace(", s12 {", " {").replace("sanction s12 {", "sanction s12 { when away;")),
        Vec::<&str>::new()
    );
}

#[test]
fn a_name_stands_behind_a_list_of_choices() {
    let list = "sanction caution { when mark < 40; automatic }
sanction warning { when mark < 20; unless mark is one of 1, 2, 3, named odd; automatic }
except odd when mark is one of 2, 3, named even
except even when away";
    assert_eq!(codes(&rules(list, "")), Vec::<&str>::new());
}

/// Why the one expectation of a policy's example that fails came otherwise.
fn why(text: &str) -> Vec<String> {
    let sources = Sources::single("test.merit", text);
    let policy = compile(&sources).policy.unwrap();
    let failures = examples::run(&policy, &policy.examples[0]).failures;
    let [failure] = failures.as_slice() else { panic!("{failures:?}") };
    failure.why.as_ref().unwrap().told(&policy, &sources).lines(4)
}

#[test]
fn a_step_of_a_ladder_is_explained() {
    let example = "example \"e\" {
  person Ada { gross no; away no }
  review of Ada 2025 { mark 55 }
  review of Ada 2026 { mark 40 }
  support completed for Ada on 1 May 2026
  advice imposed for Ada on 1 May 2025
  expect no caution for Ada in 2026
}";
    let told = [
        "caution for Ada in 2026: proposed",
        "  when caution: yes",
        "    the next step is caution: yes",
        "      (`advice` was imposed on 1 May 2025)",
        "      mark >= 60 in 2025: no",
        "        mark of Ada in 2025: 55",
        "    mark < 50: yes",
        "      mark of Ada in 2026: 40",
        "    support was completed: yes",
        "  unless away: no",
        "    away of Ada: no",
    ];
    assert_eq!(why(&ladder(CLIMB, example)), told);
}

#[test]
fn an_exception_from_an_exception_is_explained() {
    let example =
        "example \"e\" { person Ada { away yes }; review of Ada 2026 { mark 5 }; expect no warning for Ada in 2026 }";
    let text = "sanction caution { when mark < 20; automatic }
sanction warning from 2020 { when mark < 20; unless away, named off; automatic }
except off when mark < 10";
    let told = [
        "warning for Ada in 2026: proposed",
        "  (from 1 January 2020)",
        "  when mark < 20: yes",
        "    mark of Ada in 2026: 5",
        "  unless away: no",
        "    away of Ada: yes",
        "    except mark < 10: yes",
        "      mark of Ada in 2026: 5",
    ];
    assert_eq!(why(&rules(text, example)), told);
}
