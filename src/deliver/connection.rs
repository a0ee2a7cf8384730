//! One connection to a mail server, one command at a time.
//!
//! A ready-made "send" would say that something failed, but not when; and whether the final dot had left is the difference
//! between a mail that may be repeated and one that may not. So the commands are given one by one.

use std::{
    fmt::Display,
    net::SocketAddr,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use lettre::{
    Address,
    transport::smtp::{
        Error,
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, TlsParameters},
        commands::{Data, Mail, Rcpt, Rset},
        response::Response,
    },
};
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};

use super::{
    fault::{SmtpFault, answer_of, reason_of},
    mail::shown,
    plain::Plain,
    smtp::{SmtpSettings, Tls},
};

/// How much of a message is written at once.
const PIECE: usize = 8 * 1024;
/// A goodbye is polite, not important.
const GOODBYE: Duration = Duration::from_secs(5);

pub(super) struct Connection {
    line: AsyncSmtpConnection,
    server: String,
    timeout: Duration,
    /// Whether nothing may be said on it any more.
    pub(super) broken: bool,
}

impl Connection {
    /// Connects, encrypts and signs in. Whatever fails here says nothing about a mail.
    pub(super) async fn open(settings: &SmtpSettings, tls: Option<&TlsParameters>) -> Result<Connection, SmtpFault> {
        let server = settings.server();
        let addresses = find(settings).await?;
        let patience = settings.connect_timeout + settings.timeout;
        let silent = |step, after| SmtpFault::Silent { server: server.clone(), step, after: spell(after) };
        let line = match (settings.security, tls) {
            (Tls::Implicit, Some(tls)) => {
                let hello = settings.hello();
                let connecting = AsyncSmtpConnection::connect_tokio1(
                    addresses.as_slice(),
                    Some(settings.connect_timeout),
                    &hello,
                    Some(tls.clone()),
                    None,
                );
                let connected = timeout(patience, connecting).await.map_err(|_| silent("connecting", patience))?;
                connected.map_err(|error| greeting_fault(settings, &error))?
            }
            (Tls::StartTls, Some(tls)) => {
                let stream = connect(settings, &addresses).await?;
                let mut line = greet(settings, Box::new(Plain::new(stream))).await?;
                if !line.can_starttls() {
                    return Err(SmtpFault::NoStartTls { server });
                }
                let hello = settings.hello();
                let encrypting = line.starttls(tls.clone(), &hello);
                let encrypted = timeout(settings.timeout, encrypting).await;
                encrypted
                    .map_err(|_| silent("encrypting", settings.timeout))?
                    .map_err(|it| greeting_fault(settings, &it))?;
                line
            }
            (Tls::PlainLoopback, _) => greet(settings, Box::new(connect(settings, &addresses).await?)).await?,
            (Tls::Implicit | Tls::StartTls, None) => {
                return Err(SmtpFault::Roots { server, reason: "encryption was not set up".to_owned() });
            }
        };
        let mut connection = Connection { line, server, timeout: settings.timeout, broken: false };
        connection.sign_in(settings).await?;
        Ok(connection)
    }

    async fn sign_in(&mut self, settings: &SmtpSettings) -> Result<(), SmtpFault> {
        let Some((user, password)) = &settings.credentials else { return Ok(()) };
        let known = [Mechanism::Plain, Mechanism::Login];
        if self.line.server_info().get_auth_mechanism(&known).is_none() {
            return Err(SmtpFault::NoSignIn { server: self.server.clone() });
        }
        let credentials = Credentials::new(user.clone(), password.reveal().to_owned());
        let answered = timeout(self.timeout, self.line.auth(&known, &credentials)).await;
        let error = match answered {
            Err(_) => return Err(self.silent("signing in")),
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => error,
        };
        Err(match answer_of(&error) {
            Some((code, answer)) if code >= 500 => {
                SmtpFault::SignIn { server: self.server.clone(), user: shown(user), answer }
            }
            Some((_, answer)) => SmtpFault::Unwelcome { server: self.server.clone(), step: "signing in", answer },
            None => self.broke("signing in", &error),
        })
    }

    /// Hands over one mail to one recipient; gives the server's words on accepting it.
    pub(super) async fn deliver(&mut self, from: &Address, to: &Address, bytes: &[u8]) -> Result<String, SmtpFault> {
        self.say("naming the sender", '2', Mail::new(Some(from.clone()), Vec::new())).await?;
        self.say("naming the recipient", '2', Rcpt::new(to.clone(), Vec::new())).await?;
        self.say("announcing the message", '3', Data).await?;
        self.hand_over(bytes).await
    }

    /// Forgets a mail that was begun; also shows whether the server is still there.
    pub(super) async fn reset(&mut self) -> Result<(), SmtpFault> {
        self.say("beginning anew", '2', Rset).await.map(drop)
    }

    pub(super) async fn close(mut self) {
        if !self.broken {
            // The mails are handed over; what the server says to a goodbye changes nothing.
            let _ = timeout(GOODBYE.min(self.timeout), self.line.quit()).await;
        }
    }

    async fn say(&mut self, step: &'static str, expected: char, command: impl Display) -> Result<Response, SmtpFault> {
        let Ok(answered) = timeout(self.timeout, self.line.command(command)).await else {
            return Err(self.silent(step));
        };
        let error = match answered {
            Ok(answer) if answer.code().to_string().starts_with(expected) => return Ok(answer),
            Ok(answer) => {
                self.broken = true;
                let reason = format!("it answered {} out of turn", answer.code());
                return Err(SmtpFault::Broke { server: self.server.clone(), step, reason });
            }
            Err(error) => error,
        };
        Err(self.refusal(step, &error).unwrap_or_else(|| self.broke(step, &error)))
    }

    async fn hand_over(&mut self, bytes: &[u8]) -> Result<String, SmtpFault> {
        const STEP: &str = "sending the message";
        // The final dot comes with a line break of its own.
        let body = bytes.strip_suffix(b"\r\n").unwrap_or(bytes);
        // The dot is written when the pieces have run out, not before: until then the server can't have taken the message.
        let dot_may_have_left = AtomicBool::new(false);
        let mut pieces = body.chunks(PIECE);
        let pieces = std::iter::from_fn(|| {
            let next = pieces.next();
            if next.is_none() {
                dot_may_have_left.store(true, Ordering::SeqCst);
            }
            next
        });
        let answered = timeout(self.timeout, self.line.message_iter(pieces)).await;
        let whole = dot_may_have_left.load(Ordering::SeqCst);
        let server = self.server.clone();
        let unsure = |reason| SmtpFault::Unsure { server, reason };
        match answered {
            Ok(Ok(answer)) if answer.code().to_string().starts_with('2') => {
                let words = answer.message().collect::<Vec<_>>().join(" ");
                Ok(shown(&format!("{} {words}", answer.code())))
            }
            Ok(Ok(answer)) => {
                self.broken = true;
                Err(unsure(format!("it answered {} out of turn", answer.code())))
            }
            Ok(Err(error)) => Err(match self.refusal(STEP, &error) {
                Some(refusal) => refusal,
                None => {
                    self.broken = true;
                    if whole { unsure(reason_of(&error)) } else { self.broke(STEP, &error) }
                }
            }),
            Err(_) => {
                self.broken = true;
                let after = spell(self.timeout);
                Err(if whole { unsure(format!("no answer within {after}")) } else { self.silent(STEP) })
            }
        }
    }

    /// The server's own no, if it was one.
    fn refusal(&mut self, step: &'static str, error: &Error) -> Option<SmtpFault> {
        let (code, answer) = answer_of(error)?;
        let server = self.server.clone();
        // 421: the server says no and hangs up.
        self.broken |= code == 421;
        Some(match code {
            // It is us that it doesn't know, not the mail that it doesn't want.
            530 | 534 | 535 | 538 => SmtpFault::Unwelcome { server, step, answer },
            500.. => SmtpFault::Never { server, step, answer },
            _ => SmtpFault::Later { server, step, answer },
        })
    }

    fn broke(&mut self, step: &'static str, error: &Error) -> SmtpFault {
        self.broken = true;
        SmtpFault::Broke { server: self.server.clone(), step, reason: reason_of(error) }
    }

    fn silent(&mut self, step: &'static str) -> SmtpFault {
        self.broken = true;
        SmtpFault::Silent { server: self.server.clone(), step, after: spell(self.timeout) }
    }
}

/// The server's addresses. In the open, only those on this machine, whatever its name is made to mean.
async fn find(settings: &SmtpSettings) -> Result<Vec<SocketAddr>, SmtpFault> {
    let server = settings.server();
    let unknown = |reason| SmtpFault::Unknown { server: server.clone(), reason };
    let asked = timeout(settings.connect_timeout, lookup_host((settings.host.as_str(), settings.port))).await;
    let found = asked.map_err(|_| unknown(format!("timed out after {}", spell(settings.connect_timeout))))?;
    let mut addresses: Vec<SocketAddr> = found.map_err(|error| unknown(shown(&error.to_string())))?.collect();
    if settings.security == Tls::PlainLoopback {
        addresses.retain(|it| it.ip().is_loopback());
        if addresses.is_empty() {
            return Err(SmtpFault::NotLoopback { server });
        }
    }
    Ok(addresses)
}

async fn connect(settings: &SmtpSettings, addresses: &[SocketAddr]) -> Result<TcpStream, SmtpFault> {
    let server = settings.server();
    match timeout(settings.connect_timeout, TcpStream::connect(addresses)).await {
        Ok(Ok(stream)) => {
            // A mail ends with a short piece, which would else wait until the server has confirmed the piece before it. Where this
            // can't be set, mails are only slower.
            let _ = stream.set_nodelay(true);
            Ok(stream)
        }
        Ok(Err(error)) => Err(SmtpFault::Unreachable { server, reason: shown(&error.to_string()) }),
        Err(_) => Err(SmtpFault::Silent { server, step: "connecting", after: spell(settings.connect_timeout) }),
    }
}

async fn greet(
    settings: &SmtpSettings,
    stream: Box<dyn lettre::transport::smtp::client::AsyncTokioStream>,
) -> Result<AsyncSmtpConnection, SmtpFault> {
    let hello = settings.hello();
    let silent = |_| SmtpFault::Silent { server: settings.server(), step: "greeting", after: spell(settings.timeout) };
    let greeted = timeout(settings.timeout, AsyncSmtpConnection::connect_with_transport(stream, &hello)).await;
    greeted.map_err(silent)?.map_err(|error| greeting_fault(settings, &error))
}

fn greeting_fault(settings: &SmtpSettings, error: &Error) -> SmtpFault {
    let server = settings.server();
    match answer_of(error) {
        Some((_, answer)) => SmtpFault::Unwelcome { server, step: "greeting", answer },
        None => SmtpFault::Unreachable { server, reason: reason_of(error) },
    }
}

/// A span of time for people: `30 s`, `0.25 s`.
fn spell(span: Duration) -> String {
    format!("{} s", span.as_secs_f64())
}
