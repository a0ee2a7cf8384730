//! Days that can't be meant, and people who can't be found: what is a finding, and what is none.

use merit::policy::compile;
use merit::source::Sources;

fn codes(text: &str) -> Vec<&'static str> {
    let compilation = compile(&Sources::single("days.merit", text));
    let mut codes: Vec<&str> = compilation.diagnostics.iter().map(|it| it.code.0).collect();
    codes.dedup();
    codes
}

fn none() -> Vec<&'static str> {
    Vec::new()
}

fn holidays(lines: &str) -> Vec<&'static str> {
    codes(&format!(
        "calendar c {{ time zone \"UTC\"; working Monday to Friday; {lines} }}\nrecord person {{ id key text }}"
    ))
}

#[test]
fn two_holidays_meet_by_their_own_rules_only() {
    assert_eq!(holidays("holiday \"A\" 1 May; holiday \"B\" 1 May"), ["M0314"]);
    assert_eq!(holidays("holiday \"A\" 1 May until 2025; holiday \"B\" 1 May from 2026"), none());
    assert_eq!(holidays("holiday \"A\" 1 May until 2026; holiday \"B\" 1 May from 2026"), ["M0314"]);
    assert_eq!(holidays("holiday \"A\" 2 days before easter; holiday \"B\" 2 days before easter"), ["M0314"]);
    assert_eq!(holidays("holiday \"A\" 2 days before easter; holiday \"B\" 7 April"), none(), "now and then");
    assert_eq!(holidays("holiday \"A\" 29 February; holiday \"B\" 29 February"), ["M0314"]);
    assert_eq!(holidays("holiday \"A\" 29 February until 2023; holiday \"B\" 29 February"), ["M0314"]);
    assert_eq!(holidays("holiday \"A\" 29 February from 2021 until 2023; holiday \"B\" 29 February"), none());
    assert_eq!(holidays("holiday \"A\" on 1 May 2026; holiday \"B\" on 1 May 2026"), ["M0314"]);
    assert_eq!(
        holidays("holiday \"A\" on 1 May 2026; holiday \"B\" 1 May"),
        none(),
        "a moon-dependent day may fall anywhere"
    );
}

#[test]
fn only_lists_for_every_year_break_off() {
    let feast = "holiday \"A\" on 10 April 2024, 31 March 2025";
    assert_eq!(holidays(feast), none(), "nobody asks what year it is");
    assert_eq!(holidays("holiday \"Election\" on 18 February 2016, 14 January 2021, 15 January 2026"), none());
    assert_eq!(holidays(&format!("{feast}, 9 March 2027")), ["M0315"]);
    assert_eq!(holidays(&format!("{feast}; holiday \"Mourning\" on 3 May 2027")), none());
    let other = "holiday \"B\" on 16 June 2024, 6 June 2025, 27 May 2026";
    assert_eq!(holidays(&format!("{feast}; {other}")), ["M0315"]);
    assert_eq!(holidays(&format!("{feast} until 2025; {other}")), none());
}

fn stage(lines: &str) -> Vec<&'static str> {
    codes(&format!(
        "calendar c {{ time zone \"UTC\"; working Monday to Sunday; period year / years every 12 months from 1 July, written 2025/26; roll forward; month end back }}
record person {{ id key text }}
record review of person each year {{ held event; asked event }}
message note {{ by email; subject \"a\"; body \"b\" }}
workflow w {{
  for each person each year
  stage talk {{ by person; fills held; remind person on due with note; {lines} }}
}}"
    ))
}

#[test]
fn a_stage_is_due_while_it_is_open() {
    assert_eq!(stage("opens 1 August; due 31 July"), ["M0441"]);
    assert_eq!(stage("opens 1 August; due 31 July, for late comers 1 month after opening"), ["M0441"]);
    assert_eq!(stage("opens 1 August; due 1 August"), none());
    assert_eq!(stage("opens end of year; due 31 July after the year"), none());
    assert_eq!(stage("opens asked; due 31 July, for late comers 1 month after opening"), none(), "a fact decides");
    assert_eq!(stage("opens 1 August; due 30 September; closes 31 August"), ["M0442"]);
    assert_eq!(stage("opens 1 August; due 1 month after opening; closes 2 weeks after opening"), ["M0442"]);
    assert_eq!(stage("opens 1 August; due 31 August; closes 2 months after opening"), none());
}

#[test]
fn a_step_comes_on_the_day_of_the_closing_at_the_latest() {
    let step = |days: u32| {
        stage(&format!(
            "opens 1 August; due 31 August; closes 30 September; remind person {days} days overdue with note"
        ))
    };
    assert_eq!((step(30), step(31)), (none(), vec!["M0442"]));
}

#[test]
fn somebody_can_be_found() {
    let lies_with = |role: &str, by: &str| {
        codes(&format!(
            "calendar c {{ time zone \"UTC\"; working Monday to Friday; roll forward; month end back }}
record person {{ id key text; above optional person; head optional person; done event }}
{role}
workflow w {{ for each person; stage s {{ by {by}; fills done; due 5 days after opening }} }}"
        ))
    };
    let boss = "role boss of person { is person.above }";
    assert_eq!(lies_with(boss, "boss"), none());
    assert_eq!(lies_with(boss, "boss but not boss"), ["M0443"]);
    assert_eq!(lies_with(boss, "person but not person"), ["M0443"]);
    assert_eq!(
        lies_with(&boss.replace(" }", "; otherwise person.head }"), "boss but not boss"),
        none(),
        "the next in line"
    );
    assert_eq!(lies_with("role boss of person { is boss of boss }", "boss"), ["M0211"]);
    let two = "role boss of person { is other }\nrole other of person { is boss }";
    assert_eq!(lies_with(two, "boss"), ["M0211"]);
}

/// Each of these once ran without end.
#[test]
fn roles_that_must_be_known_before_themselves_are_found() {
    for roles in [
        "role a of person { is b.above }\nrole b of person { is a.above; otherwise person.above }",
        "role a of person { is a.above }",
        "role a of person { is b of b }\nrole b of person { is person.above; not a.head }",
        "role a of person { is person.above; qualifies when a is known }",
        "role a of person { is person.above; qualifies when led }\ndefine led of person = a.done is known",
        "role a of person { is theirs; otherwise person.above }\ndefine theirs of person = a of above",
    ] {
        let text = format!(
            "calendar c {{ time zone \"UTC\"; working Monday to Friday; roll forward; month end back }}
record person {{ id key text; above optional person; head optional person; done event }}
{roles}
workflow w {{ for each person; stage s {{ by a; fills done; due 5 days after opening }} }}"
        );
        assert_eq!(codes(&text), ["M0209"], "{roles}");
    }
}

/// Two stages of a year, the second due on one day for everybody.
fn second(head: &str, first: &str, second: &str) -> Vec<&'static str> {
    codes(&format!(
        "calendar c {{ time zone \"UTC\"; working Monday to Sunday; period year / years every 12 months from 1 July, written 2025/26; roll forward; month end back }}
record person {{ id key text; here yes/no }}
record review of person each year {{ held event; seen event; more event; choice one of fine, again }}
workflow w {{
  for each person each year {head}
  stage hold {{ by person; fills held; {first} }}
  stage see {{ by person; fills seen; {second} }}
}}"
    ))
}

#[test]
fn a_date_for_late_comers_is_asked_for_only_where_a_stage_can_open_late() {
    let due = "due 31 December";
    assert_eq!(second("", "due 31 July", due), ["M0408"], "the first may end at any time");
    assert_eq!(second("", "due 31 July; closes 31 October", due), none());
    assert_eq!(second("", "due 31 July; closes 30 December", due), none(), "opens on the last day");
    assert_eq!(second("", "due 31 July; closes 31 December", due), ["M0408"]);
    assert_eq!(second("", "due 31 July; lapses at due", due), none());
    assert_eq!(second("", "due 2 months after opening; lapses at due", due), none());
    assert_eq!(second("", "due 7 months after opening; lapses at due", due), ["M0408"]);
    assert_eq!(second("", "due 31 July; closes 31 October", "opens 1 August, after hold; due 31 December"), none());
    assert_eq!(second("", "due 31 July", "opens 1 August, after hold; due 31 December"), ["M0408"]);
    assert_eq!(second("", "due 31 July", "opens 1 August; due 31 December"), none(), "it waits for nothing");
    let extended = "due 31 July, lapses at due; may be extended once, at most 6 months, by person";
    assert!(second("", extended, due).contains(&"M0408"));
    assert_eq!(second("\n  suspend the clock while here is no", "due 31 July; closes 31 October", due), ["M0408"]);
}

#[test]
fn who_is_covered_late_is_so_within_the_period() {
    let late = ", for late comers 1 month after opening";
    let second =
        |due: &str| second("where here is yes", &format!("due 31 July{late}; closes 31 July after the year"), due);
    assert_eq!(second("due 31 December"), ["M0408"]);
    assert_eq!(second("due 30 September after the year"), none());
    assert_eq!(second("due 31 July after the year"), ["M0408"]);
}

#[test]
fn where_a_case_can_go_back_stages_open_again() {
    let chosen = "by person; due 31 December after the year, for late comers 1 month after opening; choose fine, again; on fine finish; on again";
    let third = |first: &str, leads: &str| {
        second(
            "",
            &format!("due {first}; closes 30 September"),
            &format!("due 31 December; closes 31 January\n  }}\n  stage third {{ {chosen} {leads}"),
        )
    };
    assert_eq!(third("31 July", "finish"), none());
    assert_eq!(third("31 July", "go back to see, at most once"), ["M0408"]);
    assert_eq!(third("31 July", "go back to hold, at most once"), ["M0408"]);
    assert_eq!(
        third("31 July, for late comers 1 month after opening", "go back to hold, at most once"),
        ["M0408"],
        "behind it"
    );
}
