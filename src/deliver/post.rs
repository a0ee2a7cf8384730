//! The way out: a folder or a mail server, and what became of a mail.

use std::path::PathBuf;

use lettre::{Address, transport::smtp::client::TlsParameters};

use super::{
    connection::Connection,
    fault::SmtpFault,
    folder::write_eml,
    mail::{Mail, checked_address},
    smtp::SmtpSettings,
};

/// Where mails go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// Into a folder, one file for each.
    Folder(PathBuf),
    /// To a mail server.
    Smtp(Box<SmtpSettings>),
}

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// It was taken: from here on it is somebody else's.
    Accepted {
        /// The server's words, or the file.
        detail: String,
    },
    /// It was certainly not taken.
    Refused {
        /// Whether trying again would be of no use.
        permanent: bool,
        /// Why, for the person who looks at it.
        detail: String,
    },
    /// The whole message was sent, but whether it was taken is not known. To repeat it may deliver it twice.
    Ambiguous {
        /// What was seen, for the person who looks at it.
        detail: String,
    },
}

impl Sent {
    /// The words for a person, whatever it was.
    pub fn detail(&self) -> &str {
        match self {
            Sent::Accepted { detail } | Sent::Refused { detail, .. } | Sent::Ambiguous { detail } => detail,
        }
    }
}

/// Hands mails over, one after the other.
///
/// With a server, the connection is opened for the first mail and kept for the next ones; one that the server has closed in
/// between is opened again. No step takes longer than the settings allow.
pub struct Post {
    way: Way,
    trouble: Option<String>,
}

enum Way {
    Folder(PathBuf),
    Smtp(Box<Line>),
}

/// A mail server, and the connection to it while it is open.
struct Line {
    settings: SmtpSettings,
    tls: Option<TlsParameters>,
    open: Option<Connection>,
}

impl Post {
    /// Gets ready, without touching disk or network. Refuses settings with which no mail could ever leave.
    pub fn open(transport: Transport) -> Result<Post, SmtpFault> {
        let way = match transport {
            Transport::Folder(folder) => Way::Folder(folder),
            Transport::Smtp(settings) => {
                Way::Smtp(Box::new(Line { tls: settings.checked_tls()?, settings: *settings, open: None }))
            }
        };
        Ok(Post { way, trouble: None })
    }

    /// Hands over one mail; `bytes` are those that [`render`](super::render()) made of it, `file_name` matters in a folder only.
    ///
    /// Never tries twice: what to do about a refusal is decided elsewhere. If the returned future is dropped half-way, the
    /// connection is dropped with it and the mail counts as ambiguous.
    pub async fn send(&mut self, mail: &Mail, bytes: &[u8], file_name: &str) -> Sent {
        match &mut self.way {
            Way::Folder(folder) => match write_eml(folder, file_name, bytes) {
                Ok(written) => {
                    self.trouble = None;
                    Sent::Accepted { detail: written.path.display().to_string() }
                }
                Err(fault) => {
                    let (permanent, detail) = (!fault.is_worth_retrying(), fault.to_string());
                    self.trouble = (!permanent).then(|| detail.clone());
                    Sent::Refused { permanent, detail }
                }
            },
            Way::Smtp(line) => match line.send(mail, bytes).await {
                Ok(detail) => {
                    self.trouble = None;
                    Sent::Accepted { detail }
                }
                Err(fault) => {
                    self.trouble = fault.is_about_the_server().then(|| fault.to_string());
                    fault.into()
                }
            },
        }
    }

    /// Why the way itself is closed at the moment (server down, password unknown, folder gone), as the last mail found it.
    ///
    /// The next mail would find the same; a caller with many of them does well to stop and come back later.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Says goodbye to the server. Not doing so loses nothing.
    pub async fn close(self) {
        if let Way::Smtp(line) = self.way
            && let Some(connection) = line.open
        {
            connection.close().await;
        }
    }
}

impl Line {
    async fn send(&mut self, mail: &Mail, bytes: &[u8]) -> Result<String, SmtpFault> {
        let (from, to) = envelope(mail, bytes)?;
        // Taken out for the time of the mail: a connection that was left half-way is never used again.
        let open = self.open.take();
        let mut connection = self.connected(open).await?;
        let delivered = connection.deliver(&from, &to, bytes).await;
        self.open = Some(connection).filter(|it| !it.broken);
        delivered
    }

    /// The connection that is open if it still answers, else a new one.
    async fn connected(&self, open: Option<Connection>) -> Result<Connection, SmtpFault> {
        if let Some(mut connection) = open {
            match connection.reset().await {
                Ok(()) => return Ok(connection),
                Err(fault) => tracing::debug!(%fault, "the open connection is of no more use; opening another"),
            }
        }
        Connection::open(&self.settings, self.tls.as_ref()).await
    }
}

/// Sender and recipient, if both and the bytes are fit to be said to a server.
fn envelope(mail: &Mail, bytes: &[u8]) -> Result<(Address, Address), SmtpFault> {
    if !bytes.is_ascii() || bytes.contains(&0) {
        return Err(SmtpFault::NotRendered("characters outside ASCII"));
    }
    // A lone line break could be read by one server as the end of the mail and by another as part of it.
    let lone = bytes.iter().enumerate().any(|(n, byte)| match byte {
        b'\r' => bytes.get(n + 1) != Some(&b'\n'),
        b'\n' => n == 0 || bytes[n - 1] != b'\r',
        _ => false,
    });
    if lone {
        return Err(SmtpFault::NotRendered("line breaks that are not CRLF"));
    }
    Ok((checked_address(&mail.from.address)?, checked_address(&mail.to.address)?))
}
