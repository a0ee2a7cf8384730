//! What people get: in which words, and by which way.

#![expect(clippy::unwrap_used, reason = "a test whose project fails has failed")]

use std::fs;

use merit::policy::compile;
use merit::source::Sources;
use program::Project;
use serde_json::Value;

mod folders;
#[expect(dead_code, reason = "another test uses more of it")]
mod program;

/// Leave is asked for, and a head decides; what is decided is told in the policy's own words.
const LEAVE: &str = r#"
calendar office { time zone "UTC"; working Monday to Friday; roll as is; month end back; notices at 08:00 }
record person { id key text; name text; email optional address email; head optional person; asked event }
workflow leave "Leave" {
  for each person where asked is known
  decision ruling "Decision on leave" by head {
    due 10 days after opening
    choose grant "Granted", refuse "Refused"
  }
}
"#;

const WORDED: &str = r#"
message decision {
  by email
  subject "Your leave, case {case_id}: {choice}"
  body """
    {person.name or "Colleague"}, {stage}: {choice}.
    Why: {reason or "no reason was given"}
    """
}
"#;

const PEOPLE: &str = "id,name,email,head,asked\nhope,Hope,hope@example.org,,\nada,Ada,ada@example.org,hope,2026-10-05\nben,Ben,ben@example.org,hope,2026-10-05\n";

/// A project of this policy with these people, adopted and taken in on 1 October 2026.
fn project(policy: &str, settings: &str, people: &str) -> Project {
    let folder = tempfile::tempdir().unwrap();
    let project = Project { folder };
    fs::create_dir(project.path("records")).unwrap();
    fs::write(project.path("p.merit"), policy).unwrap();
    fs::write(project.path("merit.toml"), format!("policies = [\"p.merit\"]\nquiet_hours = false\n{settings}"))
        .unwrap();
    fs::write(project.path("records/person.csv"), people).unwrap();
    project.merit(0, &["deploy", "--adopt", "2026-10-01"]);
    project.merit(0, &["import", "records", "--from", "2026-10-01"]);
    project
}

fn notices(project: &Project, to: &str) -> Vec<Value> {
    let listed = project.json(0, &["outbox", "--to", to]);
    listed["effects"].as_array().unwrap().clone()
}

fn found(text: &str) -> Vec<(String, String)> {
    let compilation = compile(&Sources::single("p.merit", text));
    compilation.diagnostics.iter().map(|it| (it.code.0.to_owned(), it.message.clone())).collect()
}

#[test]
fn a_decision_is_told_in_the_words_of_the_policy_with_what_was_chosen_and_why() {
    let project = project(&format!("{LEAVE}{WORDED}"), "", PEOPLE);
    project.merit(0, &["run", "--as-of", "2026-10-05"]);
    let choose = |who: &str, what: &str, more: &[&str]| {
        project.merit(0, &[&["act", who, "choose", what, "--as", "hope", "--as-of", "2026-10-06"], more].concat());
    };
    choose("ada", "refuse", &["--because", "the ward is short of staff"]);
    choose("ben", "grant", &[]);
    project.merit(0, &["run", "--as-of", "2026-10-06"]);
    let all = [notices(&project, "ada"), notices(&project, "ben")].concat();
    let subjects: Vec<&str> = all.iter().map(|it| it["subject"].as_str().unwrap()).collect();
    assert_eq!(subjects, ["Your leave, case 1: Refused", "Your leave, case 2: Granted"]);
    let mails: String = fs::read_dir(project.path("outbox"))
        .unwrap()
        .map(|it| fs::read_to_string(it.unwrap().path()).unwrap())
        .collect();
    assert!(mails.contains("Ada, Decision on leave: Refused."), "{mails}");
    assert!(mails.contains("Why: the ward is short of staff"), "{mails}");
    assert!(mails.contains("Ben, Decision on leave: Granted."), "{mails}");
    assert!(mails.contains("Why: no reason was given"), "{mails}");
}

#[test]
fn what_tells_of_a_decision_is_checked_as_any_other_message() {
    assert_eq!(found(&format!("{LEAVE}{WORDED}")), []);
    let code = |text: &str| found(text).into_iter().map(|it| it.0).collect::<Vec<_>>();
    let with = |from: &str, to: &str| {
        let changed = format!("{LEAVE}{WORDED}").replacen(from, to, 1);
        assert!(changed.contains(to));
        changed
    };
    assert_eq!(code(&with("{choice}.", "{chose}.")), ["M0202"], "no such name");
    assert_eq!(code(&with("{reason or \"no reason was given\"}", "{reason}")), ["M0410"], "it may be missing");
    // A reminder comes before the choice.
    let early = with("due 10 days after opening\n", "due 10 days after opening; remind head on due with decision\n");
    assert_eq!(code(&early), ["M0410", "M0410"]);
    // A field of that name keeps its meaning.
    let field = with("asked event }", "asked event; choice one of sea, hills }");
    assert_eq!(code(&field), ["M0410", "M0410"]);
}

/// Sanctions are paper: a letter beside the mail, and a reminder by telephone.
const PAPER: &str = r#"
calendar office { time zone "UTC"; working Monday to Friday; roll as is; month end back; notices at 08:00 }
record person {
  id key text; name text; email optional address email; home optional address post; mobile optional address phone
  language optional one of en, fr, sw; grade optional text; head optional person; asked event
}
workflow leave "Leave" {
  cite "Leave order, section 7"
  for each person where asked is known
  decision ruling "Ruling" by head {
    cite "Leave order, section 9"
    due 10 days after opening
    choose grant "Granted", refuse "Refused"
    remind head 2 days before due with soon
    on grant finish granted
  }
  stage window "Time for an appeal" {
    by person
    due 30 days after ruling
    choose appeal
    lapses at due; on lapse finish refused
    on appeal decision appeal_ruling "Ruling on the appeal" by head { due 10 days after opening; choose grant, refuse; on grant finish granted; on refuse finish refused }
  }
  ends granted, refused
}
message decision { by email, letter; subject "Leave of {person.id}: {choice}"; body """
  {recipient.name or "Colleague"}, your grade is {person.grade or "unknown"}.

  It was decided: {choice}.
  """ }
message soon { by phone; subject "Case {case_id} is due"; body "Due {due}" }
"#;

const LETTERS: &str = "[letters]\noffice = \"Ministry of <Works>\"\naddress = \"\"\"\nPlot 3\nCapital\"\"\"\nlogo = \"logo.svg\"\nsigned_by = \"The secretary\"\n";

const FOLK: &str = "id,name,email,home,mobile,language,grade,head,asked\n\
hope,Hope,hope@example.org,,+256 700 1,,,,\n\
ada,Ada <b>,ada@example.org,P.O. Box 7; Capital,,fr,\"U4 & \"\"up\"\"\",hope,2026-10-05\n\
ben,Ben,,P.O. Box 9; Capital,,sw,U5,hope,2026-10-05\n\
cia,Cia,cia@example.org,,,,U6,hope,2026-10-05\n\
dan,Dan,,,,,U7,hope,2026-10-05\n";

fn paper(policy: &str, settings: &str) -> Project {
    let project = project(policy, "", FOLK);
    let toml = fs::read_to_string(project.path("merit.toml")).unwrap();
    fs::write(project.path("merit.toml"), format!("{toml}{settings}")).unwrap();
    fs::write(project.path("logo.svg"), "<svg xmlns=\"http://www.w3.org/2000/svg\"/>").unwrap();
    project
}

/// By which way, in which state, and instead of what, everything that somebody is sent.
fn ways(project: &Project, to: &str) -> Vec<(String, String, Option<String>)> {
    let listed = project.merit(i32::from(to == "dan"), &["outbox", "--to", to, "--format", "json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let word = |it: &Value| it.as_str().map(str::to_owned);
    let of = |it: &Value| (word(&it["channel"]).unwrap(), word(&it["status"]).unwrap(), word(&it["instead_of"]));
    listed["effects"].as_array().unwrap().iter().map(of).collect()
}

/// The files of a folder, by name.
fn files(project: &Project, folder: &str) -> Vec<(String, String)> {
    let Ok(entries) = fs::read_dir(project.path(folder)) else { return Vec::new() };
    let file = |it: std::fs::DirEntry| (it.file_name().into_string().unwrap(), fs::read_to_string(it.path()).unwrap());
    let mut files: Vec<_> = entries.map(|it| file(it.unwrap())).collect();
    files.sort();
    files
}

fn refused(project: &Project) {
    project.merit(0, &["run", "--as-of", "2026-10-05"]);
    for who in ["ada", "ben", "cia", "dan"] {
        project.merit(0, &["act", who, "choose", "refuse", "--as", "hope", "--as-of", "2026-10-06"]);
    }
    project.merit(0, &["run", "--as-of", "2026-10-06"]);
}

#[test]
fn a_message_goes_by_each_way_for_which_there_is_an_address_and_says_which_one_lacked() {
    let project = paper(PAPER, LETTERS);
    refused(&project);
    let sent = |way: &str, instead: Option<&str>| (way.to_owned(), "sent".to_owned(), instead.map(str::to_owned));
    let mut ada = ways(&project, "ada");
    ada.sort();
    assert_eq!(ada, [sent("email", None), sent("letter", None)]);
    assert_eq!(ways(&project, "ben"), [sent("letter", Some("email"))]);
    assert_eq!(ways(&project, "cia"), [sent("email", Some("letter"))]);
    assert_eq!(ways(&project, "dan"), [("email".to_owned(), "undeliverable".to_owned(), None)]);
    assert!(project.merit(0, &["outbox", "--to", "ben"]).contains("letter, no email"));
    // Letters and mails bear their own keys: nothing is written twice, whoever runs again.
    let before = (files(&project, "letters"), files(&project, "outbox"));
    assert_eq!((before.0.len(), before.1.len()), (2, 2));
    project.merit(0, &["run", "--as-of", "2026-10-07"]);
    assert_eq!((files(&project, "letters"), files(&project, "outbox")), before);
}

#[test]
fn a_letter_tells_on_paper_what_it_rests_on_in_the_language_of_whoever_it_goes_to() {
    let project = paper(PAPER, LETTERS);
    refused(&project);
    let letters = files(&project, "letters");
    let [(name, ada), (_, ben)] = letters.as_slice() else { panic!("{letters:?}") };
    assert!(name.starts_with("2026-10-06_ada_decision_") && name.ends_with(".html"), "{name}");
    for part in [
        "<html lang=\"fr\">",
        "@page { size: A4;",
        "<strong>Ministry of &lt;Works&gt;</strong><br>\nPlot 3<br>\nCapital",
        "<img alt=\"\" src=\"data:image/svg+xml;base64,PHN2Zy",
        "Ada &lt;b&gt;<br>\nP.O. Box 7<br>\nCapital</address>",
        "6 octobre 2026<br>\nNotre référence: 1",
        "<h1>Leave of ada: Refused</h1>",
        "<p>It was decided: Refused.</p>",
        "<li>Leave: Leave order, section 7</li>\n<li>Ruling: Leave order, section 9</li>",
        "<li>Grade: U4 &amp; &quot;up&quot;</li>",
        "<li>Time for an appeal: jusqu&#39;au 5 novembre 2026</li>",
        "<li>Vous pouvez former un recours jusqu&#39;au 5 novembre 2026.</li>",
        "<div class=\"signature\">The secretary</div>",
    ] {
        assert!(ada.contains(part), "{part}\n{ada}");
    }
    assert!(!ada.contains("<b>"), "what comes from a record is no markup\n{ada}");
    assert!(ben.contains("Unaweza kukata rufaa hadi 5 Novemba 2026."), "{ben}");
}

#[test]
fn who_has_no_address_for_a_mail_gets_a_letter_where_the_office_makes_letters() {
    let mail = PAPER.replacen("by email, letter", "by email", 1);
    let with = paper(&mail, LETTERS);
    refused(&with);
    assert_eq!(ways(&with, "ben"), [("letter".to_owned(), "sent".to_owned(), Some("email".to_owned()))]);
    assert_eq!(files(&with, "letters").len(), 1);
    let without = paper(&mail, "");
    refused(&without);
    let listed: Value =
        serde_json::from_str(&without.merit(1, &["outbox", "--to", "ben", "--format", "json"])).unwrap();
    assert_eq!(
        (&listed["effects"][0]["status"], &listed["effects"][0]["channel"]),
        (&"undeliverable".into(), &"email".into())
    );
    assert_eq!(files(&without, "letters"), []);
}

#[test]
fn a_text_for_a_telephone_is_a_plain_file_with_its_number() {
    let project = paper(PAPER, "");
    project.merit(0, &["run", "--as-of", "2026-10-05"]);
    project.merit(0, &["run", "--as-of", "2026-10-13"]);
    let texts = files(&project, "texts");
    assert_eq!(texts.len(), 4, "{texts:?}");
    assert_eq!(
        texts.iter().filter(|it| it.1 == "+256 700 1\nCase 1 is due\nDue 15 October 2026\n").count(),
        1,
        "{texts:?}"
    );
    assert!(ways(&project, "hope").iter().all(|it| it.0 == "phone" && it.1 == "sent"));
}

#[test]
fn a_way_that_is_none_is_told() {
    let text = PAPER.replacen("by phone", "by pidgeon", 1);
    assert_eq!(found(&text), [("M0411".to_owned(), "there is no channel `pidgeon`".to_owned())]);
    let project = paper(PAPER, "[letters]\nlogo = \"logo.bmp\"\n");
    let told = project.merit(2, &["run", "--as-of", "2026-10-05"]);
    assert!(told.contains("logo.bmp, named by `logo` under [letters], is no picture"), "{told}");
}
