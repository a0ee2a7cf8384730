//! How a mail leaves: to a server that takes it, refuses it, falls silent or hangs up at any moment.
#![cfg(feature = "shell")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "deliver/folder.rs"]
mod folder;
#[path = "deliver/rendering.rs"]
mod rendering;
#[path = "deliver/server.rs"]
mod server;
#[path = "deliver/settings.rs"]
mod settings;

use std::time::{Duration, Instant};

use merit::deliver::{
    BackOff, Mail, Mailbox, Post, Secret, Sent, SmtpFault, SmtpSettings, Tls, Transport, back_off, message_id,
    next_try, render,
};
use server::{AUTHORITY, At, Do, Script, Server};

fn mail() -> Mail {
    Mail {
        message_id: message_id("effect 1", "merit.example.org"),
        from: Mailbox::named("Ministry of Works", "merit@example.org"),
        to: Mailbox::named("Akello", "akello@example.org"),
        subject: "The plan is overdue".to_owned(),
        text: "Dear Akello,\n\nthe plan is overdue.\n".to_owned(),
        html: None,
        date: 1_786_089_600,
        language: Some("en".to_owned()),
        reply_to: None,
        headers: vec![("X-Merit-Case".to_owned(), "staff_appraisal/okot/2026-27".to_owned())],
    }
}

fn plain(port: u16) -> SmtpSettings {
    SmtpSettings {
        port,
        security: Tls::PlainLoopback,
        helo: Some("merit.example.org".to_owned()),
        timeout: Duration::from_secs(20),
        connect_timeout: Duration::from_secs(20),
        ..SmtpSettings::new("127.0.0.1")
    }
}

/// For servers that fall silent on purpose.
fn hurried(port: u16) -> SmtpSettings {
    SmtpSettings { timeout: Duration::from_millis(800), ..plain(port) }
}

fn post(settings: SmtpSettings) -> Post {
    Post::open(Transport::Smtp(Box::new(settings))).unwrap()
}

/// Sends one mail to a server that follows the script.
async fn sent_by(script: Script) -> (Sent, Server) {
    let settings = if script.stalls() { hurried } else { plain };
    let server = Server::start(script).await;
    let bytes = render(&mail()).unwrap();
    let sent = post(settings(server.port)).send(&mail(), &bytes, "").await;
    (sent, server)
}

#[track_caller]
fn refused(sent: &Sent, expected_permanent: bool, words: &str) {
    match sent {
        Sent::Refused { permanent, detail } => {
            assert_eq!(*permanent, expected_permanent, "{detail}");
            assert!(detail.contains(words), "`{words}` is not in: {detail}");
        }
        other => panic!("not refused but {other:?}"),
    }
}

#[track_caller]
fn ambiguous(sent: &Sent, words: &str) {
    match sent {
        Sent::Ambiguous { detail } => assert!(detail.contains(words), "`{words}` is not in: {detail}"),
        other => panic!("not ambiguous but {other:?}"),
    }
}

#[tokio::test]
async fn an_accepted_mail_arrives_as_it_was_rendered() {
    let (sent, server) = sent_by(Script::default()).await;
    assert_eq!(sent, Sent::Accepted { detail: "250 2.0.0 queued as 4711".to_owned() });
    assert_eq!(server.messages(), [render(&mail()).unwrap()]);
    assert_eq!(server.count("MAIL FROM:<merit@example.org>"), 1);
    assert_eq!(server.count("RCPT TO:<akello@example.org>"), 1);
}

#[tokio::test]
async fn a_temporary_no_is_for_later_at_every_step() {
    for at in [At::Mail, At::Rcpt, At::Data, At::Body] {
        let (sent, server) = sent_by(Script::at(at, Do::Say("451 4.3.0 try later"))).await;
        refused(&sent, false, "451 4.3.0 try later");
        assert!(server.messages().is_empty(), "{at:?}");
    }
}

#[tokio::test]
async fn a_permanent_no_is_final_at_every_step() {
    for at in [At::Mail, At::Rcpt, At::Data, At::Body] {
        let (sent, server) = sent_by(Script::at(at, Do::Say("550-5.1.1 no such\r\n550 5.1.1 person here"))).await;
        refused(&sent, true, "550 5.1.1 no such person here");
        assert!(server.messages().is_empty(), "{at:?}");
    }
}

#[tokio::test]
async fn a_no_that_is_about_the_server_is_not_about_the_mail() {
    for (at, words) in [
        (At::Greeting, "554 no service"),
        (At::Ehlo, "550 not you"),
        (At::Mail, "530 5.7.0 authentication required"),
        (At::Mail, "421 shutting down"),
    ] {
        let (sent, _) = sent_by(Script::at(at, Do::SayAndLeave(words))).await;
        refused(&sent, false, words);
    }
}

#[tokio::test]
async fn a_connection_lost_before_the_message_is_whole_is_a_refusal() {
    for at in [At::Greeting, At::Ehlo, At::Mail, At::Rcpt, At::Data] {
        let (sent, _) = sent_by(Script::at(at, Do::Leave)).await;
        refused(&sent, false, "closed the connection");
    }
}

#[tokio::test]
async fn a_connection_lost_after_the_message_is_ambiguous() {
    let (sent, _) = sent_by(Script::at(At::Body, Do::Leave)).await;
    ambiguous(&sent, "may or may not have accepted");
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_after_the_message_is_ambiguous() {
    for words in ["what?", "354 go on"] {
        let (sent, _) = sent_by(Script::at(At::Body, Do::Say(words))).await;
        ambiguous(&sent, "may or may not have accepted");
    }
}

#[tokio::test]
async fn a_refusal_said_while_hanging_up_is_still_a_refusal() {
    let (sent, _) = sent_by(Script::at(At::Body, Do::SayAndLeave("421 4.3.2 shutting down"))).await;
    refused(&sent, false, "421 4.3.2 shutting down");
}

#[tokio::test]
async fn a_silent_server_never_blocks() {
    for at in [At::Greeting, At::Ehlo, At::Mail, At::Rcpt, At::Data] {
        let began = Instant::now();
        let (sent, _) = sent_by(Script::at(at, Do::Stall)).await;
        refused(&sent, false, "does not answer (timed out after 0.8 s");
        assert!(began.elapsed() < Duration::from_secs(10), "{at:?}");
    }
    let (sent, _) = sent_by(Script::at(At::Body, Do::Stall)).await;
    ambiguous(&sent, "no answer within 0.8 s");
}

#[tokio::test]
async fn a_message_cut_off_in_its_middle_was_not_accepted() {
    // More than the buffers between the two can hold, so the dot can't have left.
    let long = Mail { text: "A line of the report, which is long.\n".repeat(400_000), ..mail() };
    let bytes = render(&long).unwrap();
    for what in [Do::Leave, Do::Stall] {
        let server = Server::start(Script::at(At::Middle, what)).await;
        let settings = SmtpSettings { timeout: Duration::from_secs(2), ..plain(server.port) };
        let sent = post(settings).send(&long, &bytes, "").await;
        refused(&sent, false, "while sending the message");
    }
}

#[tokio::test]
async fn two_mails_share_a_connection() {
    let server = Server::start(Script::default()).await;
    let mut post = post(plain(server.port));
    let second = Mail { message_id: message_id("effect 2", "merit.example.org"), ..mail() };
    for mail in [mail(), second] {
        let sent = post.send(&mail, &render(&mail).unwrap(), "").await;
        assert!(matches!(sent, Sent::Accepted { .. }), "{sent:?}");
    }
    post.close().await;
    assert_eq!((server.connections(), server.messages().len()), (1, 2));
    assert_eq!((server.count("RSET"), server.count("QUIT")), (1, 1));
}

#[tokio::test]
async fn a_refused_mail_does_not_spoil_the_next() {
    let server = Server::start(Script::at(At::Rcpt, Do::Say("550 no such person"))).await;
    let mut post = post(plain(server.port));
    let bytes = render(&mail()).unwrap();
    refused(&post.send(&mail(), &bytes, "").await, true, "no such person");
    assert!(matches!(post.send(&mail(), &bytes, "").await, Sent::Accepted { .. }));
    assert_eq!((server.connections(), server.messages().len()), (1, 1));
}

#[tokio::test]
async fn a_server_that_hung_up_between_mails_is_called_again() {
    for what in [Do::Leave, Do::SayAndLeave("421 too long idle"), Do::Stall] {
        let server = Server::start(Script::at(At::Reset, what)).await;
        let mut post = post(hurried(server.port));
        let bytes = render(&mail()).unwrap();
        for _ in 0..2 {
            assert!(matches!(post.send(&mail(), &bytes, "").await, Sent::Accepted { .. }));
        }
        assert_eq!((server.connections(), server.messages().len()), (2, 2), "{what:?}");
    }
}

#[tokio::test]
async fn both_ways_of_signing_in_work() {
    for auth in [("PLAIN", &["AG1lcml0AHMzY3JldA=="][..]), ("LOGIN", &["bWVyaXQ=", "czNjcmV0"][..])] {
        let server = Server::start(Script { auth: Some(auth), ..Script::default() }).await;
        let credentials = Some(("merit".to_owned(), Secret::new("s3cret")));
        let sent =
            post(SmtpSettings { credentials, ..plain(server.port) }).send(&mail(), &render(&mail()).unwrap(), "").await;
        assert!(matches!(sent, Sent::Accepted { .. }), "{auth:?}: {sent:?}");
    }
}

#[tokio::test]
async fn a_wrong_password_closes_the_way_and_is_not_shown() {
    let server = Server::start(Script { auth: Some(("PLAIN LOGIN", &["-"])), ..Script::default() }).await;
    let settings = SmtpSettings { credentials: Some(("merit".to_owned(), Secret::new("wr0ng"))), ..plain(server.port) };
    assert!(!format!("{settings:?}").contains("wr0ng"));
    let mut post = post(settings);
    let sent = post.send(&mail(), &render(&mail()).unwrap(), "").await;
    refused(&sent, false, "did not accept the user `merit` and its password (535 5.7.8 no such user or password)");
    assert!(!sent.detail().contains("wr0ng"));
    assert_eq!(post.trouble(), Some(sent.detail()));
}

#[tokio::test]
async fn a_server_without_passwords_is_not_given_one() {
    let server = Server::start(Script::default()).await;
    let credentials = Some(("merit".to_owned(), Secret::new("s3cret")));
    let sent = post(SmtpSettings { credentials, ..plain(server.port) }).send(&mail(), b"x\r\n", "").await;
    refused(&sent, false, "takes no password");
    assert_eq!(server.count("AUTH"), 0);
}

#[tokio::test]
async fn a_way_that_was_closed_opens_again() {
    let server = Server::start(Script::at(At::Greeting, Do::Say("554 no service today"))).await;
    let (mut post, bytes) = (post(plain(server.port)), render(&mail()).unwrap());
    refused(&post.send(&mail(), &bytes, "").await, false, "turned us away while greeting (554 no service today)");
    assert!(post.trouble().is_some());
    assert!(matches!(post.send(&mail(), &bytes, "").await, Sent::Accepted { .. }));
    assert_eq!(post.trouble(), None);
}

#[tokio::test]
async fn an_unreachable_server_is_for_later_and_closes_the_way() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut post = post(plain(port));
    let sent = post.send(&mail(), &render(&mail()).unwrap(), "").await;
    refused(&sent, false, &format!("the mail server at 127.0.0.1:{port} can't be reached"));
    assert_eq!(post.trouble(), Some(sent.detail()));
}

#[test]
fn nothing_leaves_the_machine_in_the_open() {
    for host in ["mail.example.org", "192.0.2.1", "127.0.0.1.example.org", "0.0.0.0", "::"] {
        let settings = SmtpSettings { security: Tls::PlainLoopback, ..SmtpSettings::new(host) };
        let fault = Post::open(Transport::Smtp(Box::new(settings))).err();
        assert!(matches!(fault, Some(SmtpFault::NotLoopback { .. })), "{host}: {fault:?}");
    }
}

fn encrypted(port: u16, security: Tls) -> SmtpSettings {
    SmtpSettings { security, host: "localhost".to_owned(), extra_roots: vec![AUTHORITY.to_vec()], ..plain(port) }
}

#[tokio::test]
async fn encryption_works_from_the_start_and_after_starttls() {
    for (security, implicit_tls) in [(Tls::Implicit, true), (Tls::StartTls, false)] {
        let auth = Some(("PLAIN", &["AG1lcml0AHMzY3JldA=="][..]));
        let server = Server::start(Script { implicit_tls, offers_starttls: true, auth, ..Script::default() }).await;
        let credentials = Some(("merit".to_owned(), Secret::new("s3cret")));
        let mut post = post(SmtpSettings { credentials, ..encrypted(server.port, security) });
        let sent = post.send(&mail(), &render(&mail()).unwrap(), "").await;
        assert!(matches!(sent, Sent::Accepted { .. }), "{security:?}: {sent:?}");
        assert_eq!(server.messages(), [render(&mail()).unwrap()]);
        assert!(server.seen.lock().unwrap().encrypted);
    }
}

#[tokio::test]
async fn a_server_without_starttls_gets_nothing() {
    let server = Server::start(Script::default()).await;
    let sent = post(encrypted(server.port, Tls::StartTls)).send(&mail(), &render(&mail()).unwrap(), "").await;
    refused(&sent, false, "does not offer STARTTLS");
    assert_eq!(server.count("MAIL"), 0);
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_not_trusted() {
    for (security, implicit_tls) in [(Tls::Implicit, true), (Tls::StartTls, false)] {
        let server = Server::start(Script { implicit_tls, offers_starttls: true, ..Script::default() }).await;
        let settings = SmtpSettings { extra_roots: Vec::new(), ..encrypted(server.port, security) };
        let sent = post(settings).send(&mail(), &render(&mail()).unwrap(), "").await;
        refused(&sent, false, "certificate");
        assert_eq!(server.count("MAIL"), 0);
    }
}

#[tokio::test]
async fn answers_slipped_in_before_encryption_are_not_believed() {
    let script = Script {
        offers_starttls: true,
        ..Script::at(At::StartTls, Do::Say("220 go ahead\r\n250 believe me\r\n250 sender ok\r\n250 recipient ok"))
    };
    let server = Server::start(script).await;
    let sent = post(encrypted(server.port, Tls::StartTls)).send(&mail(), &render(&mail()).unwrap(), "").await;
    refused(&sent, false, "can't be reached");
    assert_eq!(server.count("MAIL"), 0);
}

#[test]
fn certificates_that_are_none_are_refused_at_once() {
    let settings = SmtpSettings { extra_roots: vec![b"not a certificate".to_vec()], ..SmtpSettings::new("localhost") };
    assert!(matches!(Post::open(Transport::Smtp(Box::new(settings))), Err(SmtpFault::Roots { .. })));
}

#[tokio::test]
async fn a_line_that_is_a_dot_survives() {
    let (server, body) = (Server::start(Script::default()).await, b"Subject: x\r\n\r\n.\r\n..\r\n.a\r\n.\r\n".to_vec());
    let sent = post(plain(server.port)).send(&mail(), &body, "").await;
    assert!(matches!(sent, Sent::Accepted { .. }), "{sent:?}");
    assert_eq!(server.messages(), [body]);
}

#[tokio::test]
async fn bytes_that_could_end_a_mail_early_are_not_sent() {
    let server = Server::start(Script::default()).await;
    let mut post = post(plain(server.port));
    for body in ["a\n.\nMAIL FROM:<x@example.org>\r\n", "a\r.\r\n", "\n", "a\r", "nul \0\r\n", "caf\u{e9}\r\n"] {
        refused(&post.send(&mail(), body.as_bytes(), "").await, true, "not a rendered mail");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn an_address_can_not_smuggle_a_command() {
    let server = Server::start(Script::default()).await;
    let to = Mailbox::new("akello@example.org>\r\nRCPT TO:<mallory@example.org");
    let sent = post(plain(server.port)).send(&Mail { to, ..mail() }, &render(&mail()).unwrap(), "").await;
    refused(&sent, true, "is not an address");
    assert_eq!(server.connections(), 0);
}

#[test]
fn waiting_grows_within_its_bounds_and_ends() {
    let policy =
        BackOff { first: Duration::from_secs(60), factor: 3, most: Duration::from_secs(3600), give_up_after: 9 };
    let full = [60, 180, 540, 1620, 3600, 3600, 3600, 3600];
    for key in ["a", "b", "c", "a rather long key"] {
        for (tries, full) in (1..).zip(full) {
            let wait = back_off(tries, key, &policy).unwrap().as_secs();
            assert!((full / 2..=full).contains(&wait), "{tries}: {wait} of {full}");
            assert_eq!(back_off(tries, key, &policy), back_off(tries, key, &policy));
            assert_eq!(next_try(1000, tries, key, &policy), Some(1000 + wait as i64));
        }
        assert_eq!(back_off(9, key, &policy), None);
        assert_eq!(back_off(u32::MAX, key, &policy), None);
        assert_eq!(next_try(1000, 9, key, &policy), None);
    }
    let waits: Vec<_> = (0..20).map(|n| back_off(4, &format!("delivery {n}"), &policy)).collect();
    assert!(waits.iter().any(|it| *it != waits[0]), "mails that failed together come back together");
}

#[test]
fn a_senseless_policy_still_waits() {
    let policy = BackOff { first: Duration::ZERO, factor: 0, most: Duration::ZERO, give_up_after: u32::MAX };
    for tries in [0, 1, 64, 65, u32::MAX - 1] {
        assert_eq!(back_off(tries, "k", &policy), Some(Duration::from_secs(1)));
    }
    let endless = BackOff { first: Duration::MAX, factor: u32::MAX, most: Duration::MAX, give_up_after: u32::MAX };
    assert!(next_try(i64::MAX, 1_000, "k", &endless).is_some());
}

#[test]
fn a_mail_can_be_sent_from_any_thread() {
    fn sendable<T: Send>(_: T) -> bool {
        true
    }
    let (mut post, mail) = (post(plain(1)), mail());
    assert!(sendable(post.send(&mail, b"", "")));
}
