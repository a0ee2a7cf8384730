//! The `[mail]` section: what it may say and what it gives.

use std::{fs, time::Duration};

use merit::deliver::{MailSettings, Mailbox, Secret, SettingsFault, SmtpSettings, Tls, Transport};

fn read(text: &str) -> MailSettings {
    toml::from_str(text).unwrap()
}

/// The server that the settings describe, in a project with a password file, a roots file and an environment.
fn server(text: &str) -> Result<SmtpSettings, SettingsFault> {
    let project = tempfile::tempdir().unwrap();
    fs::write(project.path().join("mail.password"), "from file\r\n").unwrap();
    fs::write(project.path().join("empty"), "\n").unwrap();
    fs::write(project.path().join("two"), "one\ntwo\n").unwrap();
    fs::write(project.path().join("roots.pem"), super::AUTHORITY).unwrap();
    let environment = |name: &str| (name == "MAIL_PASSWORD").then(|| "from environment".to_owned());
    match read(text).resolve(project.path(), environment)? {
        Transport::Smtp(settings) => Ok(*settings),
        Transport::Folder(folder) => panic!("a folder: {}", folder.display()),
    }
}

const SMTP: &str = "to = 'smtp'\nfrom = 'merit@example.org'\nhost = 'mail.example.org'\n";

#[test]
fn without_settings_mails_go_into_a_folder() {
    let project = tempfile::tempdir().unwrap();
    let to = MailSettings::default().resolve(project.path(), |_| None).unwrap();
    assert_eq!(to, Transport::Folder(project.path().join("outbox")));
    assert_eq!(MailSettings::default().sender().unwrap(), Mailbox::new("merit@merit.invalid"));
    let to = read("to = 'folder'\nfolder = 'letters'").resolve(project.path(), |_| None).unwrap();
    assert_eq!(to, Transport::Folder(project.path().join("letters")));
}

#[test]
fn each_kind_of_security_has_its_port() {
    for (security, tls, port) in [("", Tls::StartTls, 587), ("security = 'tls'", Tls::Implicit, 465)] {
        let found = server(&format!("{SMTP}{security}")).unwrap();
        assert_eq!((found.security, found.port), (tls, port));
    }
    let plain = server("to = 'smtp'\nfrom = 'a@b.org'\nhost = 'localhost'\nsecurity = 'plain'").unwrap();
    assert_eq!((plain.security, plain.port), (Tls::PlainLoopback, 25));
}

#[test]
fn all_keys_are_followed() {
    let found = server(&format!(
        "{SMTP}port = 2525\nsecurity = 'starttls'\nuser = 'merit'\npassword_file = 'mail.password'\n\
         from_name = 'Ministry'\ntimeout_seconds = 7\nroots_file = 'roots.pem'\n"
    ))
    .unwrap();
    assert_eq!(found.port, 2525);
    assert_eq!(found.credentials, Some(("merit".to_owned(), Secret::new("from file"))));
    assert_eq!((found.timeout, found.connect_timeout), (Duration::from_secs(7), Duration::from_secs(7)));
    assert_eq!(found.extra_roots, [super::AUTHORITY]);
    let found = server(&format!("{SMTP}user = 'merit'\npassword_env = 'MAIL_PASSWORD'")).unwrap();
    assert_eq!(found.credentials, Some(("merit".to_owned(), Secret::new("from environment"))));
}

#[test]
fn what_can_not_be_followed_says_what_to_do() {
    for (text, words) in [
        ("to = 'smtp'\nhost = 'h'", "`from` is missing"),
        ("to = 'smtp'\nfrom = 'a@b.org'", "`host` is missing"),
        ("to = 'smtp'\nfrom = 'a@b.org'\nhost = ' '", "`host` is missing"),
        ("to = 'smtp'\nfrom = 'nobody'\nhost = 'h'", "`from` under [mail]: `nobody` is not an address"),
        (&format!("{SMTP}security = 'plain'"), "is for a server on this machine only"),
        (&format!("{SMTP}timeout_seconds = 0"), "between 1 and 3600"),
        (&format!("{SMTP}user = 'u'"), "`user` has no password"),
        (&format!("{SMTP}password_env = 'MAIL_PASSWORD'"), "there is a password but no `user`"),
        (&format!("{SMTP}user = 'u'\npassword_env = 'A'\npassword_file = 'b'"), "keep one"),
        (&format!("{SMTP}user = 'u'\npassword_env = 'OTHER'"), "the environment variable OTHER"),
        (
            &format!("{SMTP}user = 'u'\npassword_file = 'nowhere'"),
            "named by `password_file` under [mail], can't be read",
        ),
        (&format!("{SMTP}user = 'u'\npassword_file = 'empty'"), "has no password on its first line"),
        (&format!("{SMTP}user = 'u'\npassword_file = 'two'"), "more than one line"),
        (&format!("{SMTP}user = 'u'\npassword = 's3cret'"), "doesn't belong in the settings"),
        (&format!("{SMTP}roots_file = 'two'"), "holds no certificate"),
    ] {
        let fault = server(text).expect_err(text);
        assert!(fault.to_string().contains(words), "{fault}");
        assert!(!fault.to_string().contains("s3cret"));
        assert!(!fault.is_worth_retrying());
    }
}

#[test]
fn an_unknown_key_is_not_passed_over() {
    assert!(toml::from_str::<MailSettings>("pasword_file = 'x'").is_err());
    assert!(toml::from_str::<MailSettings>("to = 'pigeon'").is_err());
}
