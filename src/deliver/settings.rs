//! The `[mail]` section of a project's settings.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, de::IgnoredAny};

use super::{
    mail::{MailFault, Mailbox, checked_address},
    post::Transport,
    sign::SigningKey,
    smtp::{Secret, SmtpSettings, Tls},
    webhook::HookSettings,
};

/// Where mails go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTo {
    /// Into a folder, one file for each.
    #[default]
    Folder,
    /// To a mail server.
    Smtp,
    /// As signed calls to another program.
    Webhook,
}

/// How the connection to the server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// Begins in the open and must change to encryption; port 587 unless another is given.
    #[default]
    StartTls,
    /// Encrypted from the start; port 465 unless another is given.
    Tls,
    /// Not encrypted, to a server on this machine only; port 25 unless another is given.
    Plain,
}

/// The `[mail]` section as it is written. Without it, mails go into the folder `outbox`.
///
/// Keys for the other way out may stay while `to` is changed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailSettings {
    /// `"folder"`, `"smtp"` or `"webhook"`.
    pub to: MailTo,
    /// The folder, relative to the project; `outbox` if none is given.
    pub folder: Option<PathBuf>,
    /// The server's name.
    pub host: Option<String>,
    /// The server's port.
    pub port: Option<u16>,
    /// `"starttls"`, `"tls"` or `"plain"`.
    pub security: Security,
    /// Who signs in.
    pub user: Option<String>,
    /// The file that holds the password, relative to the project.
    pub password_file: Option<PathBuf>,
    /// The environment variable that holds the password.
    pub password_env: Option<String>,
    /// The address that notices come from.
    pub from: Option<String>,
    /// The name that they come from.
    pub from_name: Option<String>,
    /// How long to wait for each answer of the server.
    pub timeout_seconds: Option<u64>,
    /// A file of certificates (PEM) to trust besides the public ones, relative to the project.
    pub roots_file: Option<PathBuf>,
    /// The other program, if notices go to one.
    pub webhook: Option<WebhookSettings>,
    /// Refused: a password doesn't belong in a file that is shared.
    #[doc(hidden)]
    pub password: Option<IgnoredAny>,
}

/// The `[mail.webhook]` section as it is written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookSettings {
    /// The endpoint, beginning with `https://`.
    pub url: String,
    /// The file with the keys, one on each line, relative to the project.
    pub secret_file: Option<PathBuf>,
    /// The environment variable that holds the key.
    pub secret_env: Option<String>,
    /// Whether an address of this machine or this house may be called.
    pub allow_private: bool,
    /// How long one call may take.
    pub timeout_seconds: Option<u64>,
    /// A file of certificates (PEM) to trust besides the public ones, relative to the project.
    pub roots_file: Option<PathBuf>,
}

/// The way out that settings describe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WayOut {
    /// As mails.
    Mail(Transport),
    /// As calls to another program.
    Webhook(Box<HookSettings>),
}

/// Why the `[mail]` section can't be followed. All are mended in the settings, none by waiting.
#[derive(Debug, thiserror::Error)]
pub enum SettingsFault {
    /// A key is missing.
    #[error("`{key}` is missing under [mail]; {remedy}")]
    Missing {
        /// Which.
        key: &'static str,
        /// What to write.
        remedy: &'static str,
    },
    /// A password stands in the settings.
    #[error(
        "a password doesn't belong in the settings; put it into a file and name that as `password_file`, or use `password_env`"
    )]
    PasswordInSettings,
    /// There is a user without a password, a password without a user, or two passwords.
    #[error("under [mail], {0}")]
    Credentials(&'static str),
    /// The environment doesn't hold the password.
    #[error("the environment variable {0}, named by `password_env` under [mail], is not set or is empty")]
    Environment(String),
    /// A file can't be read.
    #[error("{}, named by `{key}` under [mail], can't be read ({source})", path.display())]
    Unreadable {
        /// The key that names it.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file doesn't hold what it should.
    #[error("{}, named by `{key}` under [mail], {fault}", path.display())]
    Content {
        /// The key that names it.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// The picture for letters can't be used.
    #[error("{}, named by `logo` under [letters], {fault}", path.display())]
    Logo {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// A number outside its range.
    #[error("`timeout_seconds` under [mail] must lie between 1 and 3600")]
    Timeout,
    /// The address that notices come from isn't one.
    #[error("`from` under [mail]: {0}")]
    From(#[from] MailFault),
    /// What was asked for is no mail.
    #[error("with `to = \"webhook\"` no mail is sent")]
    NoMail,
    /// The keys of a webhook can't be used.
    #[error("under [mail.webhook], {0}")]
    Webhook(&'static str),
    /// An open connection to another machine.
    #[error(
        "`security = \"plain\"` is for a server on this machine only, and `{0}` is not; use \"starttls\" or \"tls\""
    )]
    NotLoopback(String),
}

impl SettingsFault {
    /// Always false: the settings must change.
    pub fn is_worth_retrying(&self) -> bool {
        false
    }
}

impl MailSettings {
    /// The way out that the settings describe. Reads the password and the certificates; asks no network.
    ///
    /// `environment` looks a variable up, usually `|name| std::env::var(name).ok()`.
    pub fn resolve(
        &self,
        project: &Path,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Transport, SettingsFault> {
        if self.password.is_some() {
            return Err(SettingsFault::PasswordInSettings);
        }
        self.sender()?;
        match self.to {
            MailTo::Folder => {
                Ok(Transport::Folder(project.join(self.folder.as_deref().unwrap_or(Path::new("outbox")))))
            }
            MailTo::Smtp => self.server(project, environment).map(|it| Transport::Smtp(Box::new(it))),
            MailTo::Webhook => Err(SettingsFault::NoMail),
        }
    }

    /// The way out, whichever it is; as [`MailSettings::resolve`].
    pub fn way(&self, project: &Path, environment: impl Fn(&str) -> Option<String>) -> Result<WayOut, SettingsFault> {
        if self.to != MailTo::Webhook {
            return self.resolve(project, environment).map(WayOut::Mail);
        }
        let missing = SettingsFault::Webhook("`url` is missing; write where notices are to be sent");
        let Some(webhook) = self.webhook.as_ref().filter(|it| !it.url.is_empty()) else { return Err(missing) };
        webhook.resolve(project, environment).map(|it| WayOut::Webhook(Box::new(it)))
    }

    /// Who notices come from. In a folder, where nothing is sent, an address is made up if none is given.
    pub fn sender(&self) -> Result<Mailbox, SettingsFault> {
        let address = match (&self.from, self.to) {
            (Some(from), _) => checked_address(from)?.to_string(),
            (None, MailTo::Folder | MailTo::Webhook) => "merit@merit.invalid".to_owned(),
            (None, MailTo::Smtp) => {
                return Err(SettingsFault::Missing { key: "from", remedy: "write the address that notices come from" });
            }
        };
        Ok(Mailbox { name: self.from_name.clone(), address })
    }

    fn server(
        &self,
        project: &Path,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<SmtpSettings, SettingsFault> {
        let host = self.host.as_deref().map(str::trim).filter(|it| !it.is_empty());
        let host = host.ok_or(SettingsFault::Missing { key: "host", remedy: "write the name of the mail server" })?;
        let (security, port) = match self.security {
            Security::StartTls => (Tls::StartTls, 587),
            Security::Tls => (Tls::Implicit, 465),
            Security::Plain => (Tls::PlainLoopback, 25),
        };
        let mut settings = SmtpSettings { port: self.port.unwrap_or(port), security, ..SmtpSettings::new(host) };
        if security == Tls::PlainLoopback && !settings.is_loopback() {
            return Err(SettingsFault::NotLoopback(host.to_owned()));
        }
        if let Some(seconds) = self.timeout_seconds {
            settings.timeout = patience(seconds)?;
            settings.connect_timeout = settings.connect_timeout.min(settings.timeout);
        }
        settings.credentials = self.credentials(project, environment)?;
        if let Some(file) = &self.roots_file {
            settings.extra_roots = vec![certificates(project.join(file))?];
        }
        Ok(settings)
    }

    fn credentials(
        &self,
        project: &Path,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<(String, Secret)>, SettingsFault> {
        let password = match (&self.password_file, &self.password_env) {
            (Some(_), Some(_)) => {
                return Err(SettingsFault::Credentials(
                    "`password_file` and `password_env` stand side by side; keep one",
                ));
            }
            (Some(file), None) => Some(password_in(project.join(file))?),
            (None, Some(name)) => {
                let value = environment(name).filter(|it| !it.is_empty());
                Some(value.ok_or_else(|| SettingsFault::Environment(name.clone()))?)
            }
            (None, None) => None,
        };
        match (&self.user, password) {
            (Some(user), Some(password)) => Ok(Some((user.clone(), Secret::new(password)))),
            (None, None) => Ok(None),
            (Some(_), None) => {
                Err(SettingsFault::Credentials("`user` has no password; add `password_file` or `password_env`"))
            }
            (None, Some(_)) => Err(SettingsFault::Credentials("there is a password but no `user`")),
        }
    }
}

impl WebhookSettings {
    fn resolve(
        &self,
        project: &Path,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<HookSettings, SettingsFault> {
        let url = self.url.parse().map_err(|_| SettingsFault::Webhook("`url` is no address"))?;
        let words = match (&self.secret_file, &self.secret_env) {
            (Some(file), None) => {
                let path = project.join(file);
                fs::read_to_string(&path).map_err(|source| SettingsFault::Unreadable {
                    key: "secret_file",
                    path,
                    source,
                })?
            }
            (None, Some(name)) => environment(name).ok_or_else(|| SettingsFault::Environment(name.clone()))?,
            _ => return Err(SettingsFault::Webhook("name the key by one of `secret_file` and `secret_env`")),
        };
        let keys: Option<Vec<SigningKey>> =
            words.lines().map(str::trim).filter(|it| !it.is_empty()).map(SigningKey::read).collect();
        let keys = keys.filter(|it| !it.is_empty());
        let unfit =
            SettingsFault::Webhook("a key is written as `whsec_` and 24 to 64 bytes in base64, one on each line");
        let extra_roots = self.roots_file.iter().map(|it| certificates(project.join(it)));
        Ok(HookSettings {
            url,
            keys: keys.ok_or(unfit)?,
            allow_private: self.allow_private,
            timeout: patience(self.timeout_seconds.unwrap_or(30))?,
            extra_roots: extra_roots.collect::<Result<_, _>>()?,
        })
    }
}

fn patience(seconds: u64) -> Result<Duration, SettingsFault> {
    if (1..=3600).contains(&seconds) { Ok(Duration::from_secs(seconds)) } else { Err(SettingsFault::Timeout) }
}

/// The first line of the file, so that the line break which every editor adds isn't part of the password.
fn password_in(path: PathBuf) -> Result<String, SettingsFault> {
    const KEY: &str = "password_file";
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(source) => return Err(SettingsFault::Unreadable { key: KEY, path, source }),
    };
    let mut lines = text.lines();
    let password = lines.next().unwrap_or_default().to_owned();
    if password.is_empty() {
        return Err(SettingsFault::Content { key: KEY, path, fault: "has no password on its first line" });
    }
    if lines.any(|it| !it.trim().is_empty()) {
        return Err(SettingsFault::Content {
            key: KEY,
            path,
            fault: "has more than one line; it may hold the password only",
        });
    }
    Ok(password)
}

fn certificates(path: PathBuf) -> Result<Vec<u8>, SettingsFault> {
    const KEY: &str = "roots_file";
    match fs::read(&path) {
        Ok(pem) if String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----") => Ok(pem),
        Ok(_) => Err(SettingsFault::Content { key: KEY, path, fault: "holds no certificate in PEM form" }),
        Err(source) => Err(SettingsFault::Unreadable { key: KEY, path, source }),
    }
}
