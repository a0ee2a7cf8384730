//! The encodings of mail: header words, quoted-printable bodies, and a page made from text.
//!
//! Written here rather than borrowed so that the bytes of a mail stay the same when a library changes.

use std::fmt::Write as _;

/// The longest line that we write ourselves, without its end.
const LINE: usize = 76;

/// A header's text on one line: control characters and line breaks become spaces, runs of spaces become one.
pub(super) fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A header of free text, folded, in encoded words where it must be.
pub(super) fn text_header(out: &mut String, name: &str, value: &str) {
    let value = one_line(value);
    let _ = write!(out, "{name}: ");
    let mut column = name.len() + 2;
    let short_words = value.split(' ').all(|word| word.len() <= LINE - 2);
    if is_plain(&value) && short_words {
        for (n, word) in value.split(' ').enumerate() {
            if n > 0 && column + 1 + word.len() > LINE {
                out.push_str("\r\n");
                column = 0;
            }
            if n > 0 {
                out.push(' ');
                column += 1;
            }
            out.push_str(word);
            column += word.len();
        }
    } else {
        encoded_words(out, &mut column, &value);
    }
    out.push_str("\r\n");
}

/// A header with one mailbox. The address has been checked.
pub(super) fn mailbox_header(out: &mut String, header: &str, name: Option<&str>, address: &str) {
    let _ = write!(out, "{header}: ");
    let mut column = header.len() + 2;
    let name = name.map(one_line).filter(|it| !it.is_empty());
    let Some(name) = name else {
        let _ = write!(out, "{address}\r\n");
        return;
    };
    if is_plain(&name) && name.len() <= 50 {
        let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
        let _ = write!(out, "\"{quoted}\"");
        column += quoted.len() + 2;
    } else {
        encoded_words(out, &mut column, &name);
    }
    let fold = if column + address.len() + 3 > LINE { "\r\n" } else { "" };
    let _ = write!(out, "{fold} <{address}>\r\n");
}

/// Whether a text may stand in a header as it is. One that looks like an encoded word may not, or it would be read as one.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|it| it == b' ' || it.is_ascii_graphic()) && !text.contains("=?")
}

/// Encoded words (RFC 2047, "Q"), each within a line and with whole characters.
fn encoded_words(out: &mut String, column: &mut usize, text: &str) {
    const OPEN: &str = "=?utf-8?q?";
    const CLOSE: &str = "?=";
    out.push_str(OPEN);
    *column += OPEN.len();
    for character in text.chars() {
        let mut piece = String::new();
        match character {
            ' ' => piece.push('_'),
            _ if character.is_ascii_alphanumeric() => piece.push(character),
            _ => hexed(&mut piece, character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        if *column + piece.len() + CLOSE.len() > LINE {
            let _ = write!(out, "{CLOSE}\r\n {OPEN}");
            *column = 1 + OPEN.len();
        }
        out.push_str(&piece);
        *column += piece.len();
    }
    out.push_str(CLOSE);
    *column += CLOSE.len();
}

fn hexed(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        let _ = write!(out, "={byte:02X}");
    }
}

/// A body in quoted-printable: every line ends in CRLF and has at most 76 characters, all of them ASCII.
pub(super) fn quoted_printable(text: &str) -> String {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for line in text.split('\n') {
        let bytes = line.as_bytes();
        let mut column = 0;
        for (n, &byte) in bytes.iter().enumerate() {
            let last = n + 1 == bytes.len();
            let as_it_is = match byte {
                b'=' => false,
                b' ' | b'\t' => !last,
                _ => byte.is_ascii_graphic(),
            };
            let width = if as_it_is { 1 } else { 3 };
            // One place is kept for the `=` that says that the line goes on.
            if column + width > LINE - 1 {
                out.push_str("=\r\n");
                column = 0;
            }
            if as_it_is {
                out.push(char::from(byte));
            } else {
                hexed(&mut out, &[byte]);
            }
            column += width;
        }
        out.push_str("\r\n");
    }
    out
}

/// A body's text with `\n` as its only line break and without control characters other than the tab.
pub(super) fn clean_lines(text: &str) -> String {
    let unix = text.replace("\r\n", "\n").replace('\r', "\n");
    unix.chars().map(|it| if it.is_control() && it != '\n' && it != '\t' { ' ' } else { it }).collect()
}

/// A page that says what the text says, and nothing that the text could smuggle in.
pub(super) fn page_of(subject: &str, text: &str, language: Option<&str>) -> String {
    let mut page = String::from("<!DOCTYPE html>\n<html");
    if let Some(language) = language {
        let _ = write!(page, " lang=\"{}\"", escaped(language));
    }
    let title = escaped(&one_line(subject));
    let _ = write!(page, ">\n<head><meta charset=\"utf-8\"><title>{title}</title></head>\n<body>\n");
    for paragraph in text.split("\n\n").map(|it| it.trim_matches('\n')).filter(|it| !it.trim().is_empty()) {
        let _ = writeln!(page, "<p>{}</p>", escaped(paragraph).replace('\n', "<br>\n"));
    }
    page.push_str("</body>\n</html>\n");
    page
}

pub(super) fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, it| {
        match it {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(it),
        }
        out
    })
}
