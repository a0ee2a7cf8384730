//! What can go wrong between us and a mail server, in words for the people who look after it.

use std::error::Error as _;

use lettre::transport::smtp::Error;

use super::{
    mail::{MailFault, shown},
    post::Sent,
};

/// Why a mail server did not take a mail.
///
/// What concerns the server and not the mail (it is down, it doesn't know our password) is worth retrying even if the server
/// calls it permanent: it is mended by a person, and then every waiting mail goes out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SmtpFault {
    /// An open connection to another machine was asked for.
    #[error(
        "{server} is not on this machine, so it can't be used without encryption; set `security` to \"starttls\" or \"tls\""
    )]
    NotLoopback {
        /// `host:port`.
        server: String,
    },
    /// The extra certificates can't be used.
    #[error("the certificates given for the mail server at {server} can't be used ({reason}); correct `roots_file`")]
    Roots {
        /// `host:port`.
        server: String,
        /// What is wrong with them.
        reason: String,
    },
    /// The server's name leads nowhere.
    #[error("the mail server at {server} can't be found ({reason}); see `host` under [mail], or the network")]
    Unknown {
        /// `host:port`.
        server: String,
        /// What the system said.
        reason: String,
    },
    /// No connection came about.
    #[error("the mail server at {server} can't be reached ({reason})")]
    Unreachable {
        /// `host:port`.
        server: String,
        /// What the system said: refused, no route, a certificate that isn't trusted.
        reason: String,
    },
    /// It did not answer in time.
    #[error("the mail server at {server} does not answer (timed out after {after} while {step})")]
    Silent {
        /// `host:port`.
        server: String,
        /// What we were doing.
        step: &'static str,
        /// How long we waited, with its unit.
        after: String,
    },
    /// The connection broke before the whole message was sent.
    #[error("the connection to the mail server at {server} broke while {step} ({reason})")]
    Broke {
        /// `host:port`.
        server: String,
        /// What we were doing.
        step: &'static str,
        /// What was seen.
        reason: String,
    },
    /// It offers no encryption.
    #[error("the mail server at {server} does not offer STARTTLS, and nothing is sent to it in the open")]
    NoStartTls {
        /// `host:port`.
        server: String,
    },
    /// It offers no way to sign in that we know.
    #[error(
        "the mail server at {server} takes no password by PLAIN or LOGIN; remove `user`, or see which port takes one"
    )]
    NoSignIn {
        /// `host:port`.
        server: String,
    },
    /// It does not know the user or the password.
    #[error("the mail server at {server} did not accept the user `{user}` and its password ({answer})")]
    SignIn {
        /// `host:port`.
        server: String,
        /// Who signed in.
        user: String,
        /// The server's words.
        answer: String,
    },
    /// It does not want to talk to us, whatever the mail.
    #[error("the mail server at {server} turned us away while {step} ({answer})")]
    Unwelcome {
        /// `host:port`.
        server: String,
        /// What we were doing.
        step: &'static str,
        /// The server's words.
        answer: String,
    },
    /// It wants the mail later (4xx).
    #[error("the mail server at {server} wants this mail later (while {step}: {answer})")]
    Later {
        /// `host:port`.
        server: String,
        /// What we were doing.
        step: &'static str,
        /// The server's words.
        answer: String,
    },
    /// It does not want this mail at all (5xx).
    #[error("the mail server at {server} refused this mail (while {step}: {answer})")]
    Never {
        /// `host:port`.
        server: String,
        /// What we were doing.
        step: &'static str,
        /// The server's words.
        answer: String,
    },
    /// The whole message was sent and no answer came: nobody knows whether it was accepted.
    #[error(
        "the mail server at {server} may or may not have accepted this mail ({reason} after the whole message was sent); look for \
         its Message-ID in the server's log before it is sent again"
    )]
    Unsure {
        /// `host:port`.
        server: String,
        /// What was seen.
        reason: String,
    },
    /// The mail itself is impossible.
    #[error(transparent)]
    Mail(#[from] MailFault),
    /// The bytes are not those of a rendered mail.
    #[error("this is not a rendered mail: it has {0}")]
    NotRendered(&'static str),
}

impl SmtpFault {
    /// Whether the same mail may succeed later. Also true of an unsure one: whether it *may* be repeated is not decided here.
    pub fn is_worth_retrying(&self) -> bool {
        match self {
            SmtpFault::NotLoopback { .. }
            | SmtpFault::Roots { .. }
            | SmtpFault::Never { .. }
            | SmtpFault::Mail(_)
            | SmtpFault::NotRendered(_) => false,
            SmtpFault::Unknown { .. }
            | SmtpFault::Unreachable { .. }
            | SmtpFault::Silent { .. }
            | SmtpFault::Broke { .. }
            | SmtpFault::NoStartTls { .. }
            | SmtpFault::NoSignIn { .. }
            | SmtpFault::SignIn { .. }
            | SmtpFault::Unwelcome { .. }
            | SmtpFault::Later { .. }
            | SmtpFault::Unsure { .. } => true,
        }
    }

    /// Whether the next mail would very likely meet the same. A connection that broke in the middle of one mail says nothing
    /// about the next.
    pub fn is_about_the_server(&self) -> bool {
        match self {
            SmtpFault::NotLoopback { .. }
            | SmtpFault::Roots { .. }
            | SmtpFault::Unknown { .. }
            | SmtpFault::Unreachable { .. }
            | SmtpFault::Silent { .. }
            | SmtpFault::NoStartTls { .. }
            | SmtpFault::NoSignIn { .. }
            | SmtpFault::SignIn { .. }
            | SmtpFault::Unwelcome { .. } => true,
            SmtpFault::Broke { .. }
            | SmtpFault::Later { .. }
            | SmtpFault::Never { .. }
            | SmtpFault::Unsure { .. }
            | SmtpFault::Mail(_)
            | SmtpFault::NotRendered(_) => false,
        }
    }
}

impl From<SmtpFault> for Sent {
    fn from(fault: SmtpFault) -> Sent {
        let detail = fault.to_string();
        match fault {
            SmtpFault::Unsure { .. } => Sent::Ambiguous { detail },
            _ => Sent::Refused { permanent: !fault.is_worth_retrying(), detail },
        }
    }
}

/// The server's words behind a refusal, with their code; nothing if it wasn't the server who said no.
pub(super) fn answer_of(error: &Error) -> Option<(u16, String)> {
    let code = error.status()?.to_string();
    let words = error.source().map(ToString::to_string).unwrap_or_default();
    Some((code.parse().unwrap_or(0), shown(&format!("{code} {words}"))))
}

/// What lies at the bottom of an error that isn't an answer.
pub(super) fn reason_of(error: &Error) -> String {
    let mut deepest: &dyn std::error::Error = error;
    while let Some(next) = deepest.source() {
        deepest = next;
    }
    match deepest.to_string().as_str() {
        "incomplete response" => "it closed the connection".to_owned(),
        other => shown(other),
    }
}
