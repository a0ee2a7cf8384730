//! What must be known of a mail server before it is asked anything.

use std::{fmt, net::IpAddr, time::Duration};

use lettre::transport::smtp::{
    client::{Certificate, TlsParameters},
    extension::ClientId,
};

use super::fault::SmtpFault;

/// A password. It is never printed: neither in a message nor in a debugging form.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a password.
    pub fn new(password: impl Into<String>) -> Secret {
        Secret(password.into())
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// How the connection to the server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// Encrypted from the first byte (port 465).
    Implicit,
    /// Begins in the open and must change to encryption before anything else (port 587). A server that doesn't offer it is not
    /// used; there is no falling back.
    StartTls,
    /// Not encrypted. Only to a server on the same machine; anything else is refused.
    PlainLoopback,
}

/// A mail server and how to talk to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpSettings {
    /// Its name (which its certificate must bear) or its address.
    pub host: String,
    /// Its port: 465 and 587 are usual.
    pub port: u16,
    /// How the connection is protected.
    pub security: Tls,
    /// User and password, if the server wants them.
    pub credentials: Option<(String, Secret)>,
    /// The name by which we greet the server; without one, the machine's own.
    pub helo: Option<String>,
    /// How long to wait for each of its answers.
    pub timeout: Duration,
    /// How long to wait for the connection itself.
    pub connect_timeout: Duration,
    /// Certificates (PEM) of authorities to trust besides the public ones, for a server inside the house.
    pub extra_roots: Vec<Vec<u8>>,
}

impl SmtpSettings {
    /// A server reached with STARTTLS on port 587, without a password, waiting a minute for each answer.
    pub fn new(host: impl Into<String>) -> SmtpSettings {
        SmtpSettings {
            host: host.into(),
            port: 587,
            security: Tls::StartTls,
            credentials: None,
            helo: None,
            timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(30),
            extra_roots: Vec::new(),
        }
    }

    /// `host:port`, as messages name the server.
    pub(super) fn server(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// What no try could mend: an open connection to another machine, or certificates that can't be read.
    pub(super) fn checked_tls(&self) -> Result<Option<TlsParameters>, SmtpFault> {
        if self.security == Tls::PlainLoopback {
            return if self.is_loopback() { Ok(None) } else { Err(SmtpFault::NotLoopback { server: self.server() }) };
        }
        let roots = |reason: String| SmtpFault::Roots { server: self.server(), reason };
        let mut builder = TlsParameters::builder(self.host.clone());
        for pem in &self.extra_roots {
            let is_pem = pem.windows(27).any(|it| it == b"-----BEGIN CERTIFICATE-----");
            let certificate = is_pem.then(|| Certificate::from_pem(pem).ok()).flatten();
            builder =
                builder.add_root_certificate(certificate.ok_or_else(|| roots("not a PEM certificate".to_owned()))?);
        }
        builder.build().map(Some).map_err(|error| roots(error.to_string()))
    }

    pub(super) fn is_loopback(&self) -> bool {
        self.host.eq_ignore_ascii_case("localhost") || self.host.parse().is_ok_and(|it: IpAddr| it.is_loopback())
    }

    /// The name for the greeting: what can't be a name is replaced by an address, which the standard allows.
    pub(super) fn hello(&self) -> ClientId {
        let own = self.helo.clone().map_or_else(ClientId::default, ClientId::Domain);
        match own {
            ClientId::Domain(name) if is_host_name(&name) => ClientId::Domain(name),
            _ => ClientId::Ipv4(std::net::Ipv4Addr::LOCALHOST),
        }
    }
}

fn is_host_name(name: &str) -> bool {
    (1..=253).contains(&name.len()) && name.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'.' | b'-'))
}
