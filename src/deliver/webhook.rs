//! Notices as signed calls to another program: an HTTPS endpoint that takes CloudEvents, signed as Standard Webhooks says.
//!
//! One call, one connection, so that it is known of each whether its last byte had left. No redirect is followed, and an address
//! inside the house is called only where that is allowed.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

use super::mail::shown;
use super::post::Sent;
use super::reach::is_public;
use super::sign::SigningKey;

/// How much of an answer is read for the words of a refusal.
const ANSWER: usize = 2_000;

/// An endpoint and how to call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookSettings {
    /// Where.
    pub url: Uri,
    /// With which keys each call is signed: the one in use, and others while they are changed.
    pub keys: Vec<SigningKey>,
    /// Whether an address of this machine or this house may be called.
    pub allow_private: bool,
    /// How long one call may take.
    pub timeout: Duration,
    /// Certificates (PEM) of authorities to trust besides the public ones.
    pub extra_roots: Vec<Vec<u8>>,
}

/// Why no call could ever succeed as the settings are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HookFault {
    /// The address can't be called.
    #[error("`url` under [mail.webhook] {0}")]
    Address(&'static str),
    /// The certificates can't be used.
    #[error("the certificates under `roots_file` of [mail.webhook] can't be used ({0})")]
    Roots(String),
}

/// A notice as an event, apart from when it is tried: the same bytes on every try.
#[derive(Debug, Clone, Copy)]
pub struct HookEvent<'a> {
    /// The stable number of the notice.
    pub id: &'a str,
    /// Who sends it: the domain of the notices.
    pub domain: &'a str,
    /// The case.
    pub case_id: i64,
    /// The message's name.
    pub message: &'a str,
    /// The key of who is written to.
    pub recipient: &'a str,
    /// Their name, if known.
    pub name: Option<&'a str>,
    /// Their address.
    pub address: &'a str,
    /// The logical day.
    pub day: &'a str,
    /// The moment from which it may leave (seconds UTC).
    pub time: i64,
    /// The language.
    pub language: &'a str,
    /// The subject.
    pub subject: &'a str,
    /// The text.
    pub text: &'a str,
}

impl HookEvent<'_> {
    /// The bytes of the event: CloudEvents 1.0, structured, JSON.
    pub fn body(&self) -> Vec<u8> {
        let time = jiff::Timestamp::from_second(self.time).map(|it| it.to_string()).unwrap_or_default();
        let event = serde_json::json!({
            "specversion": "1.0",
            "id": self.id,
            "source": format!("urn:merit:{}", self.domain),
            "type": "merit.notice",
            "subject": self.recipient,
            "time": time,
            "datacontenttype": "application/json",
            "data": {
                "case": self.case_id,
                "message": self.message,
                "day": self.day,
                "language": self.language,
                "to": { "key": self.recipient, "name": self.name, "address": self.address },
                "subject": self.subject,
                "text": self.text,
            },
        });
        event.to_string().into_bytes()
    }
}

/// Calls one endpoint, one notice after the other.
pub struct Hook {
    settings: HookSettings,
    host: String,
    port: u16,
    tls: Option<TlsConnector>,
}

/// How far a call came.
enum Ended {
    /// Nothing of the notice had left.
    Before(String),
    /// It may have arrived.
    After(String),
}

impl Hook {
    /// Gets ready, without touching the network. Refuses settings with which no call could ever succeed.
    pub fn open(settings: HookSettings) -> Result<Hook, HookFault> {
        let url = &settings.url;
        let host = url.host().filter(|it| !it.is_empty()).ok_or(HookFault::Address("names no server"))?;
        if url.authority().is_some_and(|it| it.as_str().contains('@')) {
            return Err(HookFault::Address("holds a user or password; leave them out, calls are signed"));
        }
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let (tls, port) = match url.scheme_str() {
            Some("https") => (Some(connector(&settings.extra_roots)?), 443),
            Some("http") if settings.allow_private && is_this_machine(&host) => (None, 80),
            _ => {
                return Err(HookFault::Address(
                    "must begin with https:// (http:// only for this machine, with `allow_private = true`)",
                ));
            }
        };
        Ok(Hook { port: url.port_u16().unwrap_or(port), host, tls, settings })
    }

    /// Calls once. Never tries twice; what to do about a refusal is decided elsewhere. `at` is the moment of the attempt (seconds UTC).
    pub async fn send(&self, id: &str, body: Vec<u8>, at: i64) -> Sent {
        let patience = self.settings.timeout;
        let refused =
            |detail: String| Sent::Refused { permanent: false, detail: format!("{}: {detail}", self.server()) };
        let stream = match timeout(patience, self.connect()).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(detail)) => return refused(detail),
            Err(_) => return refused("it can't be reached in time".to_owned()),
        };
        let called = match (&self.tls, ServerName::try_from(self.host.clone())) {
            (None, _) => timeout(patience, self.call(stream, id, body, at)).await,
            (Some(_), Err(_)) => return refused("its name can't stand in a certificate".to_owned()),
            (Some(tls), Ok(name)) => match timeout(patience, tls.connect(name, stream)).await {
                Ok(Ok(stream)) => timeout(patience, self.call(stream, id, body, at)).await,
                Ok(Err(error)) => return refused(format!("no trusted connection ({})", shown(&error.to_string()))),
                Err(_) => return refused("it does not answer while the connection is encrypted".to_owned()),
            },
        };
        match called {
            Ok(Ok((status, words))) => self.judged(status, &words),
            Ok(Err(Ended::Before(detail))) => refused(detail),
            Ok(Err(Ended::After(detail))) => Sent::Ambiguous { detail: format!("{}: {detail}", self.server()) },
            Err(_) => Sent::Ambiguous { detail: format!("{}: no answer in time", self.server()) },
        }
    }

    fn server(&self) -> String {
        format!("the webhook at {}:{}", self.host, self.port)
    }

    /// A connection to an address that may be called: the very address that was looked at.
    async fn connect(&self) -> Result<TcpStream, String> {
        let found = lookup_host((self.host.as_str(), self.port)).await;
        let found: Vec<SocketAddr> = found.map_err(|error| format!("its name leads nowhere ({error})"))?.collect();
        let may = |it: &SocketAddr| self.settings.allow_private || is_public(it.ip());
        let allowed: Vec<SocketAddr> = found.into_iter().filter(may).collect();
        if allowed.is_empty() {
            return Err("its name leads to this machine or this house; `allow_private = true` allows that".to_owned());
        }
        TcpStream::connect(allowed.as_slice()).await.map_err(|error| format!("it can't be reached ({error})"))
    }

    async fn call<S>(&self, stream: S, id: &str, body: Vec<u8>, at: i64) -> Result<(StatusCode, String), Ended>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let before = |error: &dyn std::fmt::Display| Ended::Before(shown(&error.to_string()));
        let signatures: Vec<String> = self.settings.keys.iter().map(|it| it.sign(id, at, &body)).collect();
        let path = self.settings.url.path_and_query().map_or("/", |it| it.as_str());
        let request = Request::post(path)
            .header(HOST, self.settings.url.authority().map_or("", |it| it.as_str()))
            .header(USER_AGENT, concat!("merit/", env!("CARGO_PKG_VERSION")))
            .header(CONTENT_TYPE, "application/cloudevents+json; charset=utf-8")
            .header("webhook-id", id)
            .header("webhook-timestamp", at.to_string())
            .header("webhook-signature", signatures.join(" "))
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| before(&error))?;
        let (mut calls, line) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| before(&error))?;
        // The line moves while the call is waited for, and is dropped with it.
        let call = async {
            let after = |error: hyper::Error| Ended::After(format!("the connection broke ({error})"));
            let response = calls.send_request(request).await.map_err(after)?;
            let status = response.status();
            // The answer counts as soon as its head is there.
            let words = Limited::new(response.into_body(), ANSWER).collect().await;
            let words = words.map(|it| String::from_utf8_lossy(&it.to_bytes()).into_owned());
            Ok((status, words.unwrap_or_default()))
        };
        tokio::pin!(call, line);
        tokio::select! {
            // The call first: its answer may come with the end of the line.
            biased;
            answered = &mut call => answered,
            _ended = &mut line => call.await,
        }
    }

    fn judged(&self, status: StatusCode, words: &str) -> Sent {
        let said = format!("{} {}", status.as_u16(), shown(words));
        let detail = format!("{} says {}", self.server(), said.trim_end());
        match status.as_u16() {
            200..300 => Sent::Accepted { detail },
            // It will take this notice neither today nor tomorrow.
            400 | 413 | 415 | 422 => Sent::Refused { permanent: true, detail },
            300..400 => {
                let detail = format!("{detail}: redirects are not followed; correct `url` under [mail.webhook]");
                Sent::Refused { permanent: false, detail }
            }
            // What stands before the receiver gave it the notice and heard no more.
            504 => Sent::Ambiguous { detail },
            _ => Sent::Refused { permanent: false, detail },
        }
    }
}

fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|it: std::net::IpAddr| it.is_loopback())
}

fn connector(extra: &[Vec<u8>]) -> Result<TlsConnector, HookFault> {
    let fault = |error: &dyn std::fmt::Display| HookFault::Roots(error.to_string());
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for pem in extra {
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| fault(&error))?;
            roots.add(certificate).map_err(|error| fault(&error))?;
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| fault(&error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
