//! Notices as signed calls: what is sent, what is signed, and what each answer, silence or break means.

#![expect(clippy::unwrap_used, reason = "a test whose server does not start has failed")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use merit::deliver::{Hook, HookEvent, HookSettings, Sent, SigningKey};

mod folders;
#[expect(dead_code, reason = "what the tests of the daemon need besides")]
#[path = "serve/office.rs"]
mod office;
#[expect(dead_code, reason = "what the tests of other verbs need besides")]
mod program;
#[expect(dead_code, reason = "what the script of the delivery tests can do besides")]
#[path = "deliver/server.rs"]
mod server;

/// The key and the signature by which implementations of Standard Webhooks are compared.
const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A call as the other side saw it.
struct Call {
    head: String,
    body: String,
}

impl Call {
    fn header(&self, name: &str) -> &str {
        let lines = self.head.lines().filter_map(|it| it.split_once(": "));
        lines.into_iter().find(|it| it.0.eq_ignore_ascii_case(name)).unwrap().1
    }
}

/// Another program, which answers every call alike; nothing: it hangs up; `stall`: it says nothing.
fn other_program(answer: &'static str) -> (u16, Receiver<Call>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, calls) = channel();
    std::thread::spawn(move || {
        let mut stalled = Vec::new();
        while let Ok((stream, _)) = listener.accept() {
            let mut line = BufReader::new(stream);
            let (mut head, mut length) = (String::new(), 0);
            while line.read_line(&mut head).unwrap() > 2 {
                let last = head.lines().last().unwrap().to_lowercase();
                length = last.strip_prefix("content-length: ").map_or(length, |it| it.parse().unwrap());
            }
            let mut body = vec![0; length];
            line.read_exact(&mut body).unwrap();
            let body = String::from_utf8(body).unwrap();
            let _ = tell.send(Call { head, body });
            match answer {
                "stall" => stalled.push(line),
                _ => line.get_mut().write_all(answer.as_bytes()).unwrap(),
            }
        }
    });
    (port, calls)
}

fn settings(url: &str) -> HookSettings {
    HookSettings {
        url: url.parse().unwrap(),
        keys: vec![SigningKey::read(KEY).unwrap()],
        allow_private: true,
        timeout: Duration::from_secs(2),
        extra_roots: Vec::new(),
    }
}

const EVENT: HookEvent<'_> = HookEvent {
    id: "ab12@city.example",
    domain: "city.example",
    case_id: 7,
    message: "answer_due",
    recipient: "S",
    name: Some("Sami"),
    address: "sami@city.example",
    day: "2026-04-16",
    time: 1_776_300_000,
    language: "en",
    subject: "An answer is due",
    text: "Answer by Monday.\n\"Soon\".",
};

fn call(settings: HookSettings) -> Sent {
    let hook = Hook::open(settings).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(hook.send(EVENT.id, EVENT.body(), 1_776_300_060))
}

fn called(answer: &'static str) -> (Sent, Call) {
    let (port, calls) = other_program(answer);
    let sent = call(settings(&format!("http://127.0.0.1:{port}/hooks/merit?from=desk")));
    (sent, calls.recv_timeout(Duration::from_secs(10)).unwrap())
}

const OK: &str = "HTTP/1.1 204 No Content\r\n\r\n";

#[test]
fn a_signature_is_that_of_standard_webhooks() {
    let key = SigningKey::read(KEY).unwrap();
    let signed = key.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b"{\"test\": 2432232314}");
    assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    for unfit in ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_c2hvcnQ=", "whsec_!"] {
        assert_eq!(SigningKey::read(unfit), None, "{unfit}");
    }
    assert_eq!(format!("{key:?}"), "(secret)");
}

#[test]
fn a_notice_arrives_whole_signed_and_as_an_event() {
    let (sent, call) = called(OK);
    assert!(matches!(&sent, Sent::Accepted { detail } if detail.ends_with("says 204")), "{sent:?}");
    assert!(call.head.starts_with("POST /hooks/merit?from=desk HTTP/1.1\r\n"), "{}", call.head);
    assert_eq!(call.header("content-type"), "application/cloudevents+json; charset=utf-8");
    assert_eq!((call.header("webhook-id"), call.header("webhook-timestamp")), (EVENT.id, "1776300060"));
    let key = SigningKey::read(KEY).unwrap();
    assert_eq!(call.header("webhook-signature"), key.sign(EVENT.id, 1_776_300_060, call.body.as_bytes()));
    let event: serde_json::Value = serde_json::from_str(&call.body).unwrap();
    let wanted = serde_json::json!({
        "specversion": "1.0", "id": "ab12@city.example", "source": "urn:merit:city.example", "type": "merit.notice",
        "subject": "S", "time": "2026-04-16T00:40:00Z", "datacontenttype": "application/json",
        "data": {
            "case": 7, "message": "answer_due", "day": "2026-04-16", "language": "en",
            "to": { "key": "S", "name": "Sami", "address": "sami@city.example" },
            "subject": "An answer is due", "text": "Answer by Monday.\n\"Soon\".",
        },
    });
    assert_eq!(event, wanted);
}

#[test]
fn while_keys_are_changed_both_sign() {
    let (port, calls) = other_program(OK);
    let other = SigningKey::read("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").unwrap();
    let mut both = settings(&format!("http://127.0.0.1:{port}/"));
    both.keys.push(other);
    call(both);
    let call = calls.recv().unwrap();
    assert_eq!(call.header("webhook-signature").split(' ').count(), 2);
}

#[test]
fn each_answer_says_what_becomes_of_a_notice() {
    let refused = |answer, wanted_permanent: bool, words: &str| {
        let (sent, _) = called(answer);
        let fits = matches!(&sent, Sent::Refused { permanent, detail } if *permanent == wanted_permanent && detail.contains(words));
        assert!(fits, "{sent:?}");
    };
    refused("HTTP/1.1 422 Unprocessable\r\nContent-Length: 9\r\n\r\nno such S", true, "422 no such S");
    refused("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", false, "401");
    refused("HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", false, "410");
    refused("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", false, "500");
    let elsewhere = "HTTP/1.1 307 Elsewhere\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n";
    refused(elsewhere, false, "redirects are not followed");
    for unsure in ["", "stall", "HTTP/1.1 200", "HTTP/1.1 504 Timeout\r\nContent-Length: 0\r\n\r\n"] {
        let (sent, _) = called(unsure);
        assert!(matches!(sent, Sent::Ambiguous { .. }), "after `{unsure}`: {sent:?}");
    }
}

#[test]
fn an_answer_counts_as_soon_as_its_head_is_there() {
    let (sent, _) = called("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nthis is cut off");
    assert!(matches!(sent, Sent::Accepted { .. }), "{sent:?}");
}

#[test]
fn before_the_notice_has_left_nothing_is_ambiguous() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for url in [format!("http://127.0.0.1:{free}/"), "https://nowhere.invalid/".to_owned()] {
        let sent = call(settings(&url));
        assert!(matches!(sent, Sent::Refused { permanent: false, .. }), "{sent:?}");
    }
    // It speaks, and not the language of encryption.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        while let Ok((mut it, _)) = listener.accept() {
            let _ = it.write_all(b"hello");
        }
    });
    let sent = call(settings(&format!("https://127.0.0.1:{port}/")));
    let told = matches!(&sent, Sent::Refused { permanent: false, detail } if detail.contains("no trusted connection"));
    assert!(told, "{sent:?}");
}

#[test]
fn an_address_inside_the_house_is_not_called_unless_that_is_allowed() {
    let (port, calls) = other_program(OK);
    for host in ["localhost", "127.0.0.1", "[::ffff:127.0.0.1]"] {
        let closed = HookSettings { allow_private: false, ..settings(&format!("https://{host}:{port}/")) };
        let sent = call(closed);
        assert!(matches!(&sent, Sent::Refused { detail, .. } if detail.contains("allow_private")), "{sent:?}");
    }
    assert!(calls.try_recv().is_err(), "it was not called");
}

#[test]
fn addresses_that_can_not_be_meant_are_refused_at_once() {
    for url in ["http://example.org/", "ftp://example.org/", "/hooks", "https://user:word@example.org/"] {
        assert!(Hook::open(settings(url)).is_err(), "{url}");
    }
    let closed = HookSettings { allow_private: false, ..settings("http://127.0.0.1/") };
    assert!(Hook::open(closed).is_err(), "not encrypted only where private addresses are allowed");
}

#[test]
fn the_program_sends_its_notices_to_another() {
    let (port, calls) = other_program(OK);
    let section = format!(
        "to = \"webhook\"\n[mail.webhook]\nurl = \"http://127.0.0.1:{port}/\"\nsecret_file = \"webhook.key\"\n"
    );
    let project = office::desk(&section);
    office::complain(&project, "C1");
    std::fs::write(project.path("webhook.key"), "too short\n").unwrap();
    let told = project.merit(2, &["run"]);
    assert!(told.contains("whsec_"), "{told}");
    std::fs::write(project.path("webhook.key"), format!("{KEY}\n")).unwrap();
    let told = project.merit(2, &["run"]);
    assert!(told.contains("allow_private = true"), "{told}");
    let settings = std::fs::read_to_string(project.path("merit.toml")).unwrap();
    std::fs::write(project.path("merit.toml"), settings + "allow_private = true\n").unwrap();
    let report = project.json(0, &["run"]);
    assert_eq!(report["sent"]["sent"], 1, "{report}");
    let call = calls.recv_timeout(Duration::from_secs(10)).unwrap();
    let event: serde_json::Value = serde_json::from_str(&call.body).unwrap();
    assert_eq!((&event["data"]["message"], &event["subject"]), (&"answer_due".into(), &"S".into()));
    let listed = project.json(0, &["outbox", "--state", "sent"]);
    let notice = &listed["effects"][0];
    assert_eq!(notice["channel"], "webhook");
    assert!(notice["detail"].as_str().unwrap().contains("204"), "{notice}");
}

#[tokio::test(flavor = "current_thread")]
async fn only_a_trusted_certificate_is_talked_to() {
    let script = server::Script { implicit_tls: true, ..server::Script::default() };
    let there = server::Server::start(script).await;
    let url = format!("https://localhost:{}/", there.port);
    let hook = Hook::open(settings(&url)).unwrap();
    let sent = hook.send(EVENT.id, EVENT.body(), 0).await;
    assert!(matches!(&sent, Sent::Refused { detail, .. } if detail.contains("no trusted connection")), "{sent:?}");
    let trusting = HookSettings { extra_roots: vec![server::AUTHORITY.to_vec()], ..settings(&url) };
    // A mail server answers a call with words that are no HTTP: the call had left.
    let sent = Hook::open(trusting).unwrap().send(EVENT.id, EVENT.body(), 0).await;
    assert!(matches!(sent, Sent::Ambiguous { .. }), "{sent:?}");
}
