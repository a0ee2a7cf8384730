//! A mail before it is bytes, and what makes one impossible to send.

use std::{fmt::Write as _, str::FromStr};

use sha2::{Digest, Sha256};

/// A person's or an office's address, with the name that a mail program shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The name to show. Line breaks and control characters in it become spaces.
    pub name: Option<String>,
    /// The address, `akello@example.org`. Only ASCII; no quoted or commented forms.
    pub address: String,
}

impl Mailbox {
    /// An address without a name.
    pub fn new(address: impl Into<String>) -> Mailbox {
        Mailbox { name: None, address: address.into() }
    }

    /// An address with the name to show.
    pub fn named(name: impl Into<String>, address: impl Into<String>) -> Mailbox {
        Mailbox { name: Some(name.into()), address: address.into() }
    }
}

/// One mail to one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The same on every try, `<hex@domain>`: see [`message_id`].
    pub message_id: String,
    /// Who writes; also the sender that the server is told.
    pub from: Mailbox,
    /// To whom; there is never a second recipient.
    pub to: Mailbox,
    /// The subject, in any script.
    pub subject: String,
    /// The text, in any script; any kind of line break.
    pub text: String,
    /// The same as a page. If there is none it is made from `text`, escaped.
    pub html: Option<String>,
    /// The moment that the notice bears, in Unix seconds: not when it is sent.
    pub date: i64,
    /// The language of the text as a tag, `en` or `sw-UG`.
    pub language: Option<String>,
    /// Where answers go, if not to `from`.
    pub reply_to: Option<Mailbox>,
    /// Further headers. Their names must begin with `X-`; nothing else can be set from outside.
    pub headers: Vec<(String, String)>,
}

/// Why a mail can't be made. Trying again doesn't help: the mail itself must change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailFault {
    /// An address that no server would take, or that this program doesn't send to.
    #[error("`{address}` is not an address that mail can be sent to ({reason}); correct it in the records")]
    Address {
        /// The address, shortened and without control characters.
        address: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A Message-ID that isn't `<left@right>` in plain characters.
    #[error("`{0}` is not a Message-ID of the form <letters-and-digits@domain>")]
    MessageId(String),
    /// A header that may not be set, or whose name isn't one.
    #[error(
        "the header `{0}` can't be set: names begin with X-, have only letters, digits and hyphens, and at most 40"
    )]
    Header(String),
    /// A language that isn't a tag.
    #[error("`{0}` is not a language tag such as `en` or `sw-UG`")]
    Language(String),
    /// A date outside the years 1900 to 9999.
    #[error("{0} (Unix seconds) is not a date that a mail can bear")]
    Date(i64),
}

impl MailFault {
    /// Always false: the same mail fails the same way.
    pub fn is_worth_retrying(&self) -> bool {
        false
    }
}

/// The Message-ID of what is known by `key`: the same for the same key and domain, on every try and every machine.
///
/// The key (of the effect or the delivery) is hashed, so it may be any text. Characters that don't belong in a domain are left
/// out; a domain of which nothing is left becomes `merit.invalid`.
///
/// ```
/// let id = merit::deliver::message_id("any key\r\nat all", "Mail.Example.org>");
/// assert!(id.ends_with("@mail.example.org>"));
/// assert_eq!(id, merit::deliver::message_id("any key\r\nat all", "mail.example.org"));
/// ```
pub fn message_id(key: &str, domain: &str) -> String {
    let kept: String =
        domain.chars().filter(|it| it.is_ascii_alphanumeric() || matches!(it, '.' | '-')).take(200).collect();
    let kept = kept.trim_matches(['.', '-']).to_ascii_lowercase();
    let domain = if kept.is_empty() { "merit.invalid" } else { &kept };
    format!("<{}@{domain}>", &hex_of(key)[..40])
}

/// The part of an address behind its last `@`, for [`message_id`].
pub fn domain_of(address: &str) -> &str {
    address.rsplit_once('@').map_or("", |(_, domain)| domain)
}

/// The hash of a text as 64 hexadecimal digits.
pub(super) fn hex_of(text: &str) -> String {
    Sha256::digest(text).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a String can't fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// An address that is safe in a header and in a command, or why it is not.
///
/// Stricter than the standard, which also allows quotes, comments and spaces: nobody has such an address, attackers do.
pub(super) fn checked_address(address: &str) -> Result<lettre::Address, MailFault> {
    let fault = |reason| MailFault::Address { address: shown(address), reason };
    if address.is_empty() {
        return Err(fault("it is empty"));
    }
    if !address.is_ascii() {
        return Err(fault("it has characters outside ASCII"));
    }
    if address.len() > 254 {
        return Err(fault("it is longer than 254 characters"));
    }
    if let Some(odd) = address.chars().find(|it| !it.is_ascii_graphic() || "\"(),:;<>[]\\".contains(*it)) {
        return Err(fault(if odd.is_ascii_graphic() {
            "it has a character that doesn't belong in an address"
        } else {
            "it has a space, a line break or a control character"
        }));
    }
    lettre::Address::from_str(address).map_err(|_| fault("it is not of the form name@domain"))
}

/// Someone else's text as it may appear in a message: short, on one line.
pub(super) fn shown(text: &str) -> String {
    let line: String = text.chars().map(|it| if it.is_control() { ' ' } else { it }).take(300).collect();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}
