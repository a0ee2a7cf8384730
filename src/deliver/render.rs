//! From a mail to its bytes.

use std::fmt::Write as _;

use super::{
    encode::{clean_lines, mailbox_header, page_of, quoted_printable, text_header},
    mail::{Mail, MailFault, Mailbox, checked_address, hex_of, shown},
};

/// The bytes of a mail: text and page, as a server or a mail program reads them (RFC 5322, multipart/alternative).
///
/// The same mail always gives the same bytes: the date is the notice's own, and the boundary between the parts comes from the
/// Message-ID. All bytes are ASCII, every line ends in CRLF and none is longer than 998 characters.
///
/// No value can add a header: line breaks and control characters in the subject, in names and in `X-` headers become spaces, and
/// in an address, a Message-ID, a header's name or a language they are a [`MailFault`].
pub fn render(mail: &Mail) -> Result<Vec<u8>, MailFault> {
    let mut out = String::new();
    let _ = write!(out, "Date: {}\r\n", dated(mail.date)?);
    mailbox(&mut out, "From", &mail.from)?;
    if let Some(reply_to) = &mail.reply_to {
        mailbox(&mut out, "Reply-To", reply_to)?;
    }
    mailbox(&mut out, "To", &mail.to)?;
    text_header(&mut out, "Subject", &mail.subject);
    let _ = write!(out, "Message-ID: {}\r\n", checked_message_id(&mail.message_id)?);
    let language = mail.language.as_deref().map(checked_language).transpose()?;
    if let Some(language) = language {
        let _ = write!(out, "Content-Language: {language}\r\n");
    }
    out.push_str("Auto-Submitted: auto-generated\r\n");
    for (name, value) in &mail.headers {
        text_header(&mut out, checked_name(name)?, value);
    }

    let text = clean_lines(&mail.text);
    let page = mail.html.as_deref().map_or_else(|| page_of(&mail.subject, &text, language), clean_lines);
    let (text, page) = (quoted_printable(&text), quoted_printable(&page));
    let boundary = boundary(&mail.message_id, &text, &page);
    let _ =
        write!(out, "MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary=\"{boundary}\"\r\n\r\n");
    for (kind, body) in [("plain", &text), ("html", &page)] {
        let _ = write!(out, "--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\n");
        let _ = write!(out, "Content-Transfer-Encoding: quoted-printable\r\n\r\n{body}\r\n");
    }
    let _ = write!(out, "--{boundary}--\r\n");
    Ok(out.into_bytes())
}

fn mailbox(out: &mut String, header: &str, mailbox: &Mailbox) -> Result<(), MailFault> {
    let address = checked_address(&mailbox.address)?;
    mailbox_header(out, header, mailbox.name.as_deref(), address.as_ref());
    Ok(())
}

fn dated(date: i64) -> Result<String, MailFault> {
    let moment = jiff::Timestamp::from_second(date).map_err(|_| MailFault::Date(date))?;
    let civil = jiff::tz::Offset::UTC.to_datetime(moment);
    if civil.year() < 1900 {
        return Err(MailFault::Date(date));
    }
    Ok(civil.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string())
}

fn checked_message_id(id: &str) -> Result<&str, MailFault> {
    let fault = || MailFault::MessageId(shown(id));
    let inner = id.strip_prefix('<').and_then(|it| it.strip_suffix('>')).ok_or_else(fault)?;
    let (left, right) = inner.split_once('@').ok_or_else(fault)?;
    let is_word = |part: &str| {
        !part.is_empty() && part.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'.' | b'-' | b'_' | b'+'))
    };
    if is_word(left) && is_word(right) && id.len() <= 400 { Ok(id) } else { Err(fault()) }
}

fn checked_language(language: &str) -> Result<&str, MailFault> {
    let is_tag = (1..=35).contains(&language.len())
        && language.split('-').all(|it| !it.is_empty() && it.bytes().all(|it| it.is_ascii_alphanumeric()));
    if is_tag { Ok(language) } else { Err(MailFault::Language(shown(language))) }
}

fn checked_name(name: &str) -> Result<&str, MailFault> {
    let is_ours = name.len() > 2 && name.get(..2).is_some_and(|it| it.eq_ignore_ascii_case("x-"));
    let is_name = name.len() <= 40 && name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-');
    if is_ours && is_name { Ok(name) } else { Err(MailFault::Header(shown(name))) }
}

/// What parts the two bodies: from the Message-ID, and never a line of either body, even of one that was written to hold it.
fn boundary(message_id: &str, text: &str, page: &str) -> String {
    let mut boundary = format!("merit-{}", &hex_of(message_id)[..32]);
    while text.contains(&boundary) || page.contains(&boundary) {
        boundary = format!("merit-{}", &hex_of(&boundary)[..32]);
    }
    boundary
}
