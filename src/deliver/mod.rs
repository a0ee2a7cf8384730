//! How a notice leaves the house: as a mail to a server, as a file in a folder, or as a signed call to another program;
//! on paper, as a page that is ready for print; as a short text for a telephone.
//!
//! This room makes the bytes of a mail ([`render`]), hands them over ([`Post`]) and says in one of three words what became of
//! them ([`Sent`]): accepted, refused, or ambiguous. It also says how long to wait before the next try ([`back_off`]).
//!
//! It decides nothing: which notices exist, whether one may be repeated, and when a person must look at it is the business of
//! those who call. It asks neither the calendar nor chance: the bytes of a mail depend on the mail alone, and clocks only measure
//! how long a server keeps us waiting.
//!
//! Start reading at [`Mail`], then [`Post::send`].

mod backoff;
mod connection;
mod digest;
mod encode;
mod fault;
mod folder;
mod letter;
mod letter_words;
mod mail;
mod plain;
mod post;
mod reach;
mod render;
mod settings;
mod sign;
mod smtp;
mod webhook;

pub use backoff::{BackOff, back_off, next_try};
pub use digest::digest_text;
pub use fault::SmtpFault;
pub use folder::{FolderFault, Written, eml_name, file_name, write_eml, write_file};
pub use letter::{LetterSettings, Letterhead, PhoneSettings, letter_page, phone_text};
pub use mail::{Mail, MailFault, Mailbox, domain_of, message_id};
pub use post::{Post, Sent, Transport};
pub use render::render;
pub use settings::{MailSettings, MailTo, Security, SettingsFault, WayOut, WebhookSettings};
pub use sign::SigningKey;
pub use smtp::{Secret, SmtpSettings, Tls};
pub use webhook::{Hook, HookEvent, HookFault, HookSettings};
