//! A mail server in the same process that follows a script: where it says what, hangs up, or falls silent.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

pub(crate) const AUTHORITY: &[u8] = include_bytes!("authority.pem");
const CERTIFICATE: &[u8] = include_bytes!("localhost.pem");
const KEY: &[u8] = include_bytes!("localhost.key");

/// The moments at which the script may step in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum At {
    Greeting,
    Ehlo,
    StartTls,
    Auth,
    Reset,
    Mail,
    Rcpt,
    Data,
    /// In the middle of a message, after its first bytes.
    Middle,
    /// After the final dot.
    Body,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Do {
    Say(&'static str),
    /// Says something and closes the connection.
    SayAndLeave(&'static str),
    Leave,
    Stall,
}

#[derive(Clone, Default)]
pub(crate) struct Script {
    /// What to do the first time a moment comes; later times are ordinary.
    pub(crate) once: HashMap<At, Do>,
    /// Offers `AUTH` with this line and takes these base64 words, in this order.
    pub(crate) auth: Option<(&'static str, &'static [&'static str])>,
    pub(crate) offers_starttls: bool,
    pub(crate) implicit_tls: bool,
}

impl Script {
    pub(crate) fn at(at: At, what: Do) -> Script {
        Script { once: HashMap::from([(at, what)]), ..Script::default() }
    }

    pub(crate) fn stalls(&self) -> bool {
        self.once.values().any(|it| matches!(it, Do::Stall))
    }
}

#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) connections: usize,
    /// How many of them have not ended.
    pub(crate) open: usize,
    pub(crate) commands: Vec<String>,
    pub(crate) messages: Vec<Vec<u8>>,
    /// Whether anything after the greeting of a client came unencrypted.
    pub(crate) encrypted: bool,
}

pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) seen: Arc<Mutex<Seen>>,
}

impl Server {
    pub(crate) async fn start(script: Script) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (shared, script) = (Arc::clone(&seen), Arc::new(Mutex::new(script)));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                {
                    let mut seen = shared.lock().unwrap();
                    seen.connections += 1;
                    seen.open += 1;
                }
                let mut talk = Talk {
                    line: BufReader::new(Box::new(stream)),
                    script: Arc::clone(&script),
                    seen: Arc::clone(&shared),
                };
                tokio::spawn(async move {
                    // The client hanging up is part of many tests.
                    let _ = talk.run().await;
                    talk.seen.lock().unwrap().open -= 1;
                });
            }
        });
        Server { port, seen }
    }

    pub(crate) fn messages(&self) -> Vec<Vec<u8>> {
        self.seen.lock().unwrap().messages.clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.seen.lock().unwrap().connections
    }

    /// How often a command was given.
    pub(crate) fn count(&self, verb: &str) -> usize {
        self.seen.lock().unwrap().commands.iter().filter(|it| it.starts_with(verb)).count()
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

struct Talk {
    line: BufReader<Box<dyn Stream>>,
    script: Arc<Mutex<Script>>,
    seen: Arc<Mutex<Seen>>,
}

/// The connection has ended, as the script or the client wanted.
struct Ended;

impl From<std::io::Error> for Ended {
    fn from(_: std::io::Error) -> Ended {
        Ended
    }
}

impl Talk {
    async fn run(&mut self) -> Result<(), Ended> {
        if self.script.lock().unwrap().implicit_tls {
            self.encrypt().await?;
        }
        self.answer(At::Greeting, "220 localhost ready").await?;
        loop {
            let command = self.read().await?;
            let verb = command.split(' ').next().unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" => {
                    let offers = self.offers();
                    self.answer(At::Ehlo, &offers).await?;
                }
                "STARTTLS" => {
                    self.answer(At::StartTls, "220 go ahead").await?;
                    self.encrypt().await?;
                }
                "AUTH" => self.sign_in(&command).await?,
                "RSET" => drop(self.answer(At::Reset, "250 forgotten").await?),
                "MAIL" => drop(self.answer(At::Mail, "250 sender ok").await?),
                "RCPT" => drop(self.answer(At::Rcpt, "250 recipient ok").await?),
                "DATA" => {
                    if self.answer(At::Data, "354 go on").await?.starts_with('3') {
                        self.message().await?;
                    }
                }
                "QUIT" => {
                    self.say("221 bye").await?;
                    return Ok(());
                }
                _ => self.say("502 what?").await?,
            };
        }
    }

    fn offers(&self) -> String {
        let script = self.script.lock().unwrap();
        let mut lines = vec!["250-localhost".to_owned()];
        if script.offers_starttls && !self.seen.lock().unwrap().encrypted {
            lines.push("250-STARTTLS".to_owned());
        }
        lines.extend(script.auth.map(|(mechanisms, _)| format!("250-AUTH {mechanisms}")));
        lines.push("250 8BITMIME".to_owned());
        lines.join("\r\n")
    }

    async fn sign_in(&mut self, command: &str) -> Result<(), Ended> {
        let words = self.script.lock().unwrap().auth.map_or(&[][..], |(_, words)| words);
        let good = if command.starts_with("AUTH PLAIN ") {
            command.ends_with(words[0])
        } else {
            self.say("334 VXNlcm5hbWU6").await?;
            let user = self.read().await?;
            self.say("334 UGFzc3dvcmQ6").await?;
            let password = self.read().await?;
            [user, password] == words
        };
        self.answer(At::Auth, if good { "235 welcome" } else { "535 5.7.8 no such user or password" }).await?;
        Ok(())
    }

    async fn message(&mut self) -> Result<(), Ended> {
        let mut message = Vec::new();
        if self.script.lock().unwrap().once.contains_key(&At::Middle) {
            self.line.read_exact(&mut [0; 1000]).await?;
            self.answer(At::Middle, "").await?;
        }
        loop {
            let mut line = Vec::new();
            if self.line.read_until(b'\n', &mut line).await? == 0 {
                return Err(Ended);
            }
            match line.as_slice() {
                b".\r\n" => break,
                [b'.', rest @ ..] => message.extend_from_slice(rest),
                whole => message.extend_from_slice(whole),
            }
        }
        let answer = self.answer(At::Body, "250 2.0.0 queued as 4711").await?;
        if answer.starts_with('2') {
            self.seen.lock().unwrap().messages.push(message);
        }
        Ok(())
    }

    /// Gives the usual answer unless the script has something for this moment; gives what was said.
    async fn answer(&mut self, at: At, usual: &str) -> Result<String, Ended> {
        let scripted = self.script.lock().unwrap().once.remove(&at);
        match scripted {
            None => self.say(usual).await.map(|()| usual.to_owned()),
            Some(Do::Say(words)) => self.say(words).await.map(|()| words.to_owned()),
            Some(Do::SayAndLeave(words)) => {
                self.say(words).await?;
                Err(Ended)
            }
            Some(Do::Leave) => Err(Ended),
            Some(Do::Stall) => {
                tokio::time::sleep(Duration::from_secs(600)).await;
                Err(Ended)
            }
        }
    }

    async fn say(&mut self, words: &str) -> Result<(), Ended> {
        self.line.write_all(format!("{words}\r\n").as_bytes()).await?;
        Ok(self.line.flush().await?)
    }

    async fn read(&mut self) -> Result<String, Ended> {
        let mut line = String::new();
        if self.line.read_line(&mut line).await? == 0 {
            return Err(Ended);
        }
        let line = line.trim_end_matches(['\r', '\n']).to_owned();
        self.seen.lock().unwrap().commands.push(line.clone());
        Ok(line)
    }

    async fn encrypt(&mut self) -> Result<(), Ended> {
        let chain = CertificateDer::pem_slice_iter(CERTIFICATE).collect::<Result<Vec<_>, _>>().unwrap();
        let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let (nothing, _) = tokio::io::duplex(1);
        let stream = std::mem::replace(&mut self.line, BufReader::new(Box::new(nothing))).into_inner();
        let encrypted = TlsAcceptor::from(Arc::new(config)).accept(stream).await?;
        self.line = BufReader::new(Box::new(encrypted));
        self.seen.lock().unwrap().encrypted = true;
        Ok(())
    }
}
