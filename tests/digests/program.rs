//! The program as people call it: what it prints of digests, and what it says of settings.

use std::fs;

use merit::config::Project as Settings;
use merit::engine::{MailSender, Sender};

use crate::program::Project;

fn project(settings: &str) -> Project {
    let project = Project { folder: tempfile::tempdir().unwrap() };
    fs::create_dir(project.path("records")).unwrap();
    fs::write(project.path("p.merit"), crate::POLICY).unwrap();
    fs::write(project.path("merit.toml"), format!("policies = [\"p.merit\"]\n{settings}")).unwrap();
    let staff: String = crate::STAFF.iter().map(|it| format!("{it},{it},,boss,2026-10-05\n")).collect();
    let rows = format!("id,name,email,boss,asked\nboss,Bo,boss@office.example,,\n{staff}");
    fs::write(project.path("records/person.csv"), rows).unwrap();
    project.merit(0, &["deploy", "--adopt", "2026-09-01"]);
    project.merit(0, &["import", "records", "--from", "2026-09-01"]);
    project
}

#[test]
fn the_outbox_says_which_notices_left_together_and_a_run_counts_mails() {
    let project = project("digest_from = 4\n");
    let ran = project.merit(0, &["run", "--as-of", "2026-10-06"]);
    assert!(ran.contains("1 mail sent, 1 of them a digest with 5 notices"), "{ran}");
    let files: Vec<_> = fs::read_dir(project.path("outbox")).unwrap().map(|it| it.unwrap().path()).collect();
    let [file] = files.as_slice() else { panic!("{files:?}") };
    let name = file.file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("2026-10-06_boss_digest_"), "{name}");
    let mail = fs::read_to_string(file).unwrap();
    let listed = project.json(0, &["outbox"]);
    let effects = listed["effects"].as_array().unwrap();
    let digest = effects[0]["digest"].as_str().unwrap();
    assert_eq!(effects.iter().filter(|it| it["digest"] == digest && it["status"] == "sent").count(), 5);
    let id = merit::deliver::message_id(digest, "merit.invalid");
    let head = |line: &str| mail.lines().any(|it| it == line);
    assert!(head("Subject: 5 matters on 6 October 2026") && head("X-Merit-Digest: 5"), "{mail}");
    assert!(mail.contains(id.split('@').next().unwrap()), "{id}\n{mail}");
    let table = project.merit(0, &["outbox", "--digest", &digest[..8]]);
    assert_eq!(table.matches(&format!("email, digest {}", &digest[..12])).count(), 5, "{table}");
    assert!(project.merit(0, &["outbox", "--digest", "00000000"]).contains("Nothing matches"));
    // Run again, from an older store beside the same folder: the same file.
    project.merit(0, &["run", "--as-of", "2026-10-07"]);
    assert_eq!(fs::read_to_string(file).unwrap(), mail);
    let refused = project.merit(2, &["outbox", "retry", &digest[..8]]);
    assert!(refused.contains("is sent, and can't be retried"), "{refused}");
}

#[test]
fn who_calls_another_program_gets_each_notice_by_itself() {
    let from = |settings: &str| {
        let project = project(settings);
        MailSender::new(&Settings::load(project.folder.path()).unwrap()).unwrap().digests_from()
    };
    assert_eq!(from("digest_from = 4\n"), Some(4));
    assert_eq!(from("digest_from = 0\n"), None);
    assert_eq!(from(""), None, "nothing changes for whoever says nothing");
    let key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let hook = "digest_from = 4\n[mail]\nto = \"webhook\"\nfrom = \"m@office.example\"\n[mail.webhook]\nurl = \"https://gateway.example/\"\nsecret_file = \"key\"\n";
    let project = project("");
    fs::write(project.path("key"), key).unwrap();
    fs::write(project.path("merit.toml"), format!("policies = [\"p.merit\"]\n{hook}")).unwrap();
    let sender = MailSender::new(&Settings::load(project.folder.path()).unwrap()).unwrap();
    assert_eq!((sender.channel(), sender.digests_from()), ("webhook", None));
}

#[test]
fn a_number_that_is_none_is_told_with_its_line() {
    let project = project("");
    for (value, told) in [
        ("1", "`digest_from` is 1; it is 0 (each notice is a mail by itself) or a number from 2 to 100"),
        ("-4", "`digest_from` is -4; it is 0"),
        ("101", "`digest_from` is 101; it is 0"),
        ("\"four\"", "invalid type: string"),
        ("4.5", "invalid type: floating point"),
    ] {
        fs::write(project.path("merit.toml"), format!("policies = [\"p.merit\"]\n\ndigest_from = {value}\n")).unwrap();
        let said = project.merit(2, &["run", "--as-of", "2026-10-06"]);
        assert!(said.contains(told) && said.contains("line 3"), "{said}");
    }
    fs::write(project.path("merit.toml"), "policies = [\"p.merit\"]\ndigests_from = 4\n").unwrap();
    let said = project.merit(2, &["check"]);
    assert!(said.contains("did you mean `digest_from`?"), "{said}");
}
