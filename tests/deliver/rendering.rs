//! The bytes of a mail: the same every time, readable everywhere, and never with a header that nobody meant.

use merit::deliver::{Mail, MailFault, Mailbox, domain_of, message_id, render};
use proptest::prelude::*;

use super::mail;

fn text_of(mail: &Mail) -> String {
    String::from_utf8(render(mail).unwrap()).unwrap()
}

/// The headers of a mail, unfolded, in order.
fn headers(eml: &str) -> Vec<(String, String)> {
    let (head, _) = eml.split_once("\r\n\r\n").unwrap();
    head.replace("\r\n ", " ")
        .split("\r\n")
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn header(eml: &str, name: &str) -> String {
    let all = headers(eml);
    let mut found = all.iter().filter(|(it, _)| it == name);
    let value = found.next().unwrap_or_else(|| panic!("no {name}")).1.clone();
    assert_eq!(found.next(), None, "two {name}");
    value
}

/// What a mail program shows for a header of encoded words.
fn decoded(value: &str) -> String {
    let mut bytes = Vec::new();
    for (n, word) in value.split(' ').enumerate() {
        match word.strip_prefix("=?utf-8?q?").and_then(|it| it.strip_suffix("?=")) {
            Some(inside) => bytes.extend(unescaped(&inside.replace('_', " "))),
            None => bytes.extend(if n == 0 { word.to_owned() } else { format!(" {word}") }.into_bytes()),
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = text.bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte == b'=' {
            let hex = [bytes.next().unwrap(), bytes.next().unwrap()];
            out.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
        } else {
            out.push(byte);
        }
    }
    out
}

/// The text and the page of a mail, as a mail program shows them.
fn bodies(eml: &str) -> (String, String) {
    let boundary = header(eml, "Content-Type").split('"').nth(1).unwrap().to_owned();
    let parts: Vec<_> = eml.split(&format!("--{boundary}")).collect();
    assert_eq!(parts.len(), 4);
    assert_eq!(parts[3], "--\r\n");
    let body = |part: &str| {
        let body = part.split_once("\r\n\r\n").unwrap().1.strip_suffix("\r\n").unwrap();
        String::from_utf8(unescaped(&body.replace("=\r\n", ""))).unwrap().replace("\r\n", "\n")
    };
    (body(parts[1]), body(parts[2]))
}

#[track_caller]
fn is_well_formed(bytes: &[u8]) {
    let eml = std::str::from_utf8(bytes).unwrap();
    assert!(eml.is_ascii());
    assert!(eml.ends_with("\r\n"));
    for line in eml.strip_suffix("\r\n").unwrap().split("\r\n") {
        assert!(!line.contains(['\r', '\n', '\0']), "{line:?}");
        assert!(line.bytes().all(|it| (b' '..=b'~').contains(&it) || it == b'\t'), "{line:?}");
        assert!(line.len() <= 998, "{} characters", line.len());
    }
}

#[test]
fn a_mail_reads_as_it_should() {
    let eml = text_of(&mail());
    let (head, _) = eml.split_once("MIME-Version").unwrap();
    assert_eq!(
        head,
        "Date: Fri, 07 Aug 2026 08:00:00 +0000\r\n\
         From: \"Ministry of Works\" <merit@example.org>\r\n\
         To: \"Akello\" <akello@example.org>\r\n\
         Subject: The plan is overdue\r\n\
         Message-ID: <22c5d5b3ca0ccd6d18217b24cb91d190eabf9955@merit.example.org>\r\n\
         Content-Language: en\r\n\
         Auto-Submitted: auto-generated\r\n\
         X-Merit-Case: staff_appraisal/okot/2026-27\r\n"
    );
    let (text, page) = bodies(&eml);
    assert_eq!(text, "Dear Akello,\n\nthe plan is overdue.\n");
    assert_eq!(
        page,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>The plan is overdue</title></head>\n<body>\n\
         <p>Dear Akello,</p>\n<p>the plan is overdue.</p>\n</body>\n</html>\n"
    );
    is_well_formed(eml.as_bytes());
}

#[test]
fn the_same_mail_has_the_same_bytes() {
    assert_eq!(render(&mail()), render(&mail().clone()));
    let other = Mail { message_id: message_id("effect 2", "merit.example.org"), ..mail() };
    assert_ne!(header(&text_of(&mail()), "Content-Type"), header(&text_of(&other), "Content-Type"));
}

#[test]
fn every_script_can_be_read() {
    let subject = "Ripoti ya tathmini — Ağaçlı, Øystein, ማስታወሻ, إشعار, 通知 ".repeat(5);
    let name = "Łukasz \"Ż\" Okot, Ph.D.".to_owned();
    let text = "Mpendwa Éloïse,\n\nmpango umechelewa.  \n=3D\ttab \n".to_owned();
    let eml = text_of(&Mail {
        to: Mailbox::named(&name, "o@example.org"),
        subject: subject.clone(),
        text: text.clone(),
        ..mail()
    });
    is_well_formed(eml.as_bytes());
    assert_eq!(decoded(&header(&eml, "Subject")), subject.trim());
    assert_eq!(decoded(&header(&eml, "To")), format!("{name} <o@example.org>"));
    assert_eq!(bodies(&eml).0, text);
    let (head, _) = eml.split_once("\r\n\r\n").unwrap();
    assert!(head.split("\r\n").all(|line| line.len() <= 76), "{head}");
}

#[test]
fn names_with_quotes_stay_one_name() {
    let eml = text_of(&Mail { to: Mailbox::named(r#"O"k\ot, <x@y.z>"#, "o@example.org"), ..mail() });
    assert_eq!(header(&eml, "To"), r#""O\"k\\ot, <x@y.z>" <o@example.org>"#);
}

#[test]
fn what_looks_encoded_is_shown_as_it_is() {
    for subject in ["=?utf-8?q?Bcc:=20x?=", "a =?utf-8?b?Qg==?= b"] {
        assert_eq!(decoded(&header(&text_of(&Mail { subject: subject.to_owned(), ..mail() }), "Subject")), subject);
    }
}

#[test]
fn very_long_lines_are_folded() {
    let (word, words) = ("x".repeat(5000), "word ".repeat(1000));
    for long in [&word, &words] {
        let eml = text_of(&Mail {
            subject: long.clone(),
            text: long.clone(),
            headers: vec![("X-Long".to_owned(), long.clone())],
            to: Mailbox::named(long.clone(), "o@example.org"),
            ..mail()
        });
        is_well_formed(eml.as_bytes());
        assert!(eml.split("\r\n").all(|line| line.len() <= 76));
        assert_eq!(decoded(&header(&eml, "Subject")), long.trim_end());
        assert_eq!(bodies(&eml).0, format!("{long}\n"));
    }
}

#[test]
fn line_breaks_of_all_kinds_are_one_kind() {
    let eml = text_of(&Mail { text: "a\r\nb\nc\rd\n.\n..\nFrom e".to_owned(), ..mail() });
    assert_eq!(bodies(&eml).0, "a\nb\nc\nd\n.\n..\nFrom e\n");
}

#[test]
fn a_page_of_text_has_no_markup_of_its_own() {
    let eml = text_of(&Mail {
        subject: "</title><script>".to_owned(),
        text: "<a href=\"http://x\" onclick='y'>T&C</a>".to_owned(),
        ..mail()
    });
    let page = bodies(&eml).1;
    assert!(page.contains("<title>&lt;/title&gt;&lt;script&gt;</title>"), "{page}");
    assert!(page.contains("<p>&lt;a href=&quot;http://x&quot; onclick=&#39;y&#39;&gt;T&amp;C&lt;/a&gt;</p>"), "{page}");
}

#[test]
fn a_page_that_was_given_is_kept() {
    let html = "<p>Your plan: <b>overdue</b> é</p>\n";
    assert_eq!(bodies(&text_of(&Mail { html: Some(html.to_owned()), ..mail() })).1, html);
}

#[test]
fn a_body_can_not_end_its_own_part() {
    let boundary = header(&text_of(&mail()), "Content-Type").split('"').nth(1).unwrap().to_owned();
    let text = format!("--{boundary}--\nhidden\n");
    assert_eq!(bodies(&text_of(&Mail { text: text.clone(), ..mail() })).0, text);
}

const HOSTILE: [&str; 6] =
    ["\r\nBcc: m@example.org", "\nBcc: m@example.org", "\r\n\r\n<h1>", "\rBcc: m", "\0", "\u{85}\u{2028}\u{b}"];

#[test]
fn no_text_adds_a_header() {
    let expected: Vec<_> = headers(&text_of(&mail())).into_iter().map(|(name, _)| name).collect();
    for hostile in HOSTILE {
        let text = format!("a{hostile}b");
        let bytes = render(&Mail {
            subject: text.clone(),
            from: Mailbox::named(&text, "merit@example.org"),
            to: Mailbox::named(&text, "akello@example.org"),
            headers: vec![("X-Merit-Case".to_owned(), text.clone())],
            ..mail()
        })
        .unwrap();
        is_well_formed(&bytes);
        let found: Vec<_> = headers(std::str::from_utf8(&bytes).unwrap()).into_iter().map(|(name, _)| name).collect();
        assert_eq!(found, expected, "{hostile:?}");
    }
}

#[test]
fn what_is_no_text_is_refused_rather_than_mended() {
    for hostile in HOSTILE {
        let address = Mailbox::new(format!("a@example.org{hostile}"));
        for mail in [
            Mail { from: address.clone(), ..mail() },
            Mail { to: address.clone(), ..mail() },
            Mail { reply_to: Some(address), ..mail() },
        ] {
            let fault = render(&mail).unwrap_err();
            assert!(matches!(fault, MailFault::Address { .. }), "{hostile:?}");
            assert!(!fault.to_string().contains(['\r', '\n', '\0']));
            assert!(!fault.is_worth_retrying());
        }
        let id = format!("<a{hostile}@example.org>");
        assert!(matches!(render(&Mail { message_id: id, ..mail() }), Err(MailFault::MessageId(_))));
        let language = Some(format!("en{hostile}"));
        assert!(matches!(render(&Mail { language, ..mail() }), Err(MailFault::Language(_))));
        let headers = vec![(format!("X-A{hostile}"), String::new())];
        assert!(matches!(render(&Mail { headers, ..mail() }), Err(MailFault::Header(_))));
    }
}

#[test]
fn only_our_own_headers_can_be_added() {
    for name in ["Bcc", "bcc", "", "X-", "X", "é-", "X-Ä", "X-a b", "X-a:", "Content-Type"] {
        let headers = vec![(name.to_owned(), "v".to_owned())];
        assert!(matches!(render(&Mail { headers, ..mail() }), Err(MailFault::Header(_))), "{name}");
    }
}

#[test]
fn addresses_that_nobody_has_are_refused() {
    let long = format!("{}@example.org", "a".repeat(65));
    for address in [
        "",
        "akello",
        "@example.org",
        "akello@",
        "a b@example.org",
        "\"a b\"@example.org",
        "a@b@c.org",
        "<a@b.org>",
        "é@b.org",
        &long,
    ] {
        let to = Mailbox::new(address);
        assert!(matches!(render(&Mail { to, ..mail() }), Err(MailFault::Address { .. })), "{address}");
    }
    for address in ["a@b.org", "a.b+c@mail.b-c.org", "o'neil@example.org", "merit@localhost"] {
        assert!(render(&Mail { to: Mailbox::new(address), ..mail() }).is_ok(), "{address}");
    }
}

#[test]
fn a_date_that_no_calendar_has_is_refused() {
    for date in [i64::MIN, i64::MAX, -3_000_000_000_000] {
        assert_eq!(render(&Mail { date, ..mail() }), Err(MailFault::Date(date)));
    }
    assert!(render(&Mail { date: 0, ..mail() }).is_ok());
}

#[test]
fn a_message_id_depends_on_its_key_and_domain_only() {
    assert_eq!(message_id("k", "Example.org"), message_id("k", "example.org"));
    assert_ne!(message_id("k", "example.org"), message_id("l", "example.org"));
    assert!(message_id("k", ">\r\n").ends_with("@merit.invalid>"));
    assert_eq!(domain_of("a@b.org"), "b.org");
    assert_eq!(domain_of("nothing"), "");
}

proptest! {
    #[test]
    fn no_text_whatever_breaks_a_mail(
        subject in any::<String>(),
        name in any::<String>(),
        text in any::<String>(),
        value in any::<String>(),
        html in any::<Option<String>>(),
        key in any::<String>(),
    ) {
        let mail = Mail {
            message_id: message_id(&key, &value),
            from: Mailbox::named(&name, "merit@example.org"),
            to: Mailbox::named(&value, "akello@example.org"),
            subject: subject.clone(),
            text,
            html,
            reply_to: Some(Mailbox::named(&subject, "office@example.org")),
            headers: vec![("X-Merit-Note".to_owned(), value.clone())],
            ..mail()
        };
        let bytes = render(&mail).unwrap();
        is_well_formed(&bytes);
        prop_assert_eq!(&bytes, &render(&mail).unwrap());
        let eml = std::str::from_utf8(&bytes).unwrap();
        let names: Vec<_> = headers(eml).into_iter().map(|(name, _)| name).collect();
        prop_assert_eq!(names, [
            "Date", "From", "Reply-To", "To", "Subject", "Message-ID", "Content-Language", "Auto-Submitted", "X-Merit-Note",
            "MIME-Version", "Content-Type",
        ]);
    }

    #[test]
    fn no_identifier_whatever_breaks_a_mail(
        address in any::<String>(),
        id in any::<String>(),
        language in any::<String>(),
        header in "(X-)?\\PC*",
        date in any::<i64>(),
    ) {
        for mail in [
            Mail { to: Mailbox::new(&address), ..mail() },
            Mail { to: Mailbox::new(format!("{address}@example.org")), ..mail() },
            Mail { message_id: id.clone(), ..mail() },
            Mail { message_id: format!("<{id}@example.org>"), ..mail() },
            Mail { language: Some(language), ..mail() },
            Mail { headers: vec![(header, address.clone())], ..mail() },
            Mail { date, ..mail() },
        ] {
            if let Ok(bytes) = render(&mail) {
                is_well_formed(&bytes);
            }
        }
    }
}
