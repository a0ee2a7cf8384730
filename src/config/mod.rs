//! `merit.toml`: which policies, which store, which mail, and how patient the engine is.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use jiff::civil::Time;
use serde::Deserialize;

use crate::deliver::{LetterSettings, MailSettings, MailTo, PhoneSettings};
use crate::source::Sources;

/// The name of the file that makes a folder a project.
pub const FILE: &str = "merit.toml";

/// A project.
#[derive(Debug, Clone)]
pub struct Project {
    /// The folder with `merit.toml`.
    pub folder: PathBuf,
    /// Files and folders of policies.
    pub policies: Vec<PathBuf>,
    /// The project's calendar, if named.
    pub calendar: Option<String>,
    /// The store's file.
    pub store: PathBuf,
    /// The language of people without one.
    pub language: String,
    /// Reminders found later (in working days) are skipped.
    pub stale_after_working_days: u32,
    /// For who is overdue on the day of adoption.
    pub grace_after_adoption_working_days: u32,
    /// Before a lapse or default found late follows.
    pub grace_after_downtime_working_days: u32,
    /// At which hours notices leave.
    pub notice_hours: NoticeHours,
    /// From how many notices to one person on they leave as one mail; nothing: each by itself.
    pub digest_from: Option<usize>,
    /// How mail leaves.
    pub mail: MailSettings,
    /// How letters look and where they go; with it whoever has no other address gets one.
    pub letters: Option<LetterSettings>,
    /// Where texts for telephones go.
    pub phone: PhoneSettings,
    /// How `merit serve` works.
    pub serve: ServeSection,
}

/// At which hours notices leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeHours {
    /// At any hour of any day.
    Any,
    /// On working days of whoever they go to, from the hour that their calendar names until this one, which does not count any more;
    /// or until the end of the day.
    Until(Option<Time>),
}

/// The `[serve]` section.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServeSection {
    /// Where it answers HTTP.
    pub listen: Option<SocketAddr>,
    /// How many mails are under way at once, at least one.
    #[serde(deserialize_with = "at_least_one")]
    pub mails_at_once: u8,
    /// How long mails under way may still take after it is told to stop.
    pub stop_after_seconds: u64,
}

impl Default for ServeSection {
    fn default() -> Self {
        Self { listen: None, mails_at_once: 4, stop_after_seconds: 10 }
    }
}

fn at_least_one<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    let number = u8::deserialize(from)?;
    if number == 0 { Err(serde::de::Error::custom("`mails_at_once` is at least 1")) } else { Ok(number) }
}

/// Why there is no project: what is wrong, and the way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConfigError {
    message: String,
    help: String,
}

impl ConfigError {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }

    /// The way out.
    #[must_use]
    pub fn help(&self) -> String {
        self.help.clone()
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    #[serde(default = "default_policies")]
    policies: Vec<String>,
    calendar: Option<String>,
    #[serde(default = "default_store")]
    store: String,
    #[serde(default = "default_language")]
    language: String,
    #[serde(default = "three")]
    stale_after_working_days: u32,
    #[serde(default = "ten")]
    grace_after_adoption_working_days: u32,
    #[serde(default = "five")]
    grace_after_downtime_working_days: u32,
    #[serde(default = "yes")]
    quiet_hours: bool,
    #[serde(default = "evening", deserialize_with = "hour")]
    notices_until: Option<Time>,
    #[serde(default, deserialize_with = "none_or_several")]
    digest_from: Option<usize>,
    #[serde(default)]
    mail: MailSettings,
    letters: Option<LetterSettings>,
    #[serde(default)]
    phone: PhoneSettings,
    #[serde(default)]
    serve: ServeSection,
}

const KEYS: [&str; 14] = [
    "policies",
    "calendar",
    "store",
    "language",
    "stale_after_working_days",
    "grace_after_adoption_working_days",
    "grace_after_downtime_working_days",
    "quiet_hours",
    "notices_until",
    "digest_from",
    "mail",
    "letters",
    "phone",
    "serve",
];

fn default_policies() -> Vec<String> {
    vec!["rules".to_owned(), "workflows".to_owned()]
}

fn default_store() -> String {
    "merit.db".to_owned()
}

fn default_language() -> String {
    "en".to_owned()
}

fn yes() -> bool {
    true
}

#[expect(clippy::unnecessary_wraps, reason = "the type of the setting")]
fn evening() -> Option<Time> {
    Some(Time::constant(20, 0, 0, 0))
}

/// A clock time as people write it; `24:00` is the end of the day.
fn hour<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Time>, D::Error> {
    let words = String::deserialize(from)?;
    if words == "24:00" {
        return Ok(None);
    }
    let time = Time::strptime("%H:%M", &words);
    time.map(Some).map_err(|_| serde::de::Error::custom(format!("`{words}` is no time of day, such as `20:00`")))
}

/// From how many notices on they leave as one mail: nought for never.
fn none_or_several<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<usize>, D::Error> {
    match i64::deserialize(from)? {
        0 => Ok(None),
        number @ 2..=100 => Ok(usize::try_from(number).ok()),
        other => Err(serde::de::Error::custom(format!(
            "`digest_from` is {other}; it is 0 (each notice is a mail by itself) or a number from 2 to 100"
        ))),
    }
}

fn three() -> u32 {
    3
}

fn ten() -> u32 {
    10
}

fn five() -> u32 {
    5
}

impl Project {
    /// The project of a folder: in it, or in one above.
    ///
    /// # Errors
    /// When there is none, or its settings can't be read.
    pub fn find(start: &Path) -> Result<Self, ConfigError> {
        let start = fs::canonicalize(start).unwrap_or_else(|_| start.to_owned());
        match start.ancestors().find(|it| it.join(FILE).is_file()) {
            Some(folder) => Self::load(folder),
            None => Err(ConfigError::new(
                format!("there is no {FILE} here or in a folder above"),
                "go into a project's folder, name one with --project DIR, or make one with `merit init DIR`",
            )),
        }
    }

    /// The project of exactly this folder.
    ///
    /// # Errors
    /// When it has no settings, or they can't be read.
    pub fn load(folder: &Path) -> Result<Self, ConfigError> {
        let path = folder.join(FILE);
        let text = fs::read_to_string(&path).map_err(|error| {
            ConfigError::new(
                format!("{} can't be read: {error}", path.display()),
                "name a project's folder with --project DIR",
            )
        })?;
        let settings = read(&path, &text)?;
        Ok(Self {
            folder: folder.to_owned(),
            policies: settings.policies.iter().map(|it| folder.join(it)).collect(),
            calendar: settings.calendar,
            store: folder.join(settings.store),
            language: settings.language,
            stale_after_working_days: settings.stale_after_working_days,
            grace_after_adoption_working_days: settings.grace_after_adoption_working_days,
            grace_after_downtime_working_days: settings.grace_after_downtime_working_days,
            notice_hours: match settings.quiet_hours {
                true => NoticeHours::Until(settings.notices_until),
                false => NoticeHours::Any,
            },
            digest_from: settings.digest_from,
            mail: settings.mail,
            letters: settings.letters,
            phone: settings.phone,
            serve: settings.serve,
        })
    }

    /// The text of the project's policies.
    ///
    /// # Errors
    /// When a file or folder can't be read.
    pub fn sources(&self) -> Result<Sources, ConfigError> {
        gather(&self.policies, &self.folder)
    }

    /// Whether mail goes to a folder, so that nobody is written to in earnest.
    #[must_use]
    pub fn mail_goes_to_a_folder(&self) -> bool {
        matches!(self.mail.to, MailTo::Folder)
    }
}

fn read(path: &Path, text: &str) -> Result<Settings, ConfigError> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
        let message = error.message().to_owned();
        let unknown = message.split('`').nth(1).filter(|_| message.starts_with("unknown field"));
        let help = match unknown.and_then(nearest) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "the settings are explained in docs/cli.md, docs/mail.md and docs/serve.md".to_owned(),
        };
        let words = unknown.map_or(message.clone(), |key| format!("there is no setting `{key}`"));
        ConfigError::new(format!("{}, line {line}: {words}", path.display()), help)
    })
}

fn nearest(key: &str) -> Option<&'static str> {
    let mail = [
        "to",
        "folder",
        "host",
        "port",
        "security",
        "user",
        "password_file",
        "password_env",
        "from",
        "from_name",
        "timeout_seconds",
        "roots_file",
    ];
    let webhook = ["webhook", "url", "secret_file", "secret_env", "allow_private"];
    let serve = ["listen", "mails_at_once", "stop_after_seconds"];
    let letters = ["office", "address", "logo", "signed_by"];
    let known = KEYS.iter().chain(&mail).chain(&letters).chain(&webhook).chain(&serve).copied();
    known
        .min_by_key(|it| strsim::damerau_levenshtein(it, key))
        .filter(|it| strsim::damerau_levenshtein(it, key) <= 2 + key.len() / 3)
}

/// The text of files and folders of policies, in a fixed order.
///
/// # Errors
/// When one can't be read, or there is no policy in them.
pub fn gather_sources(paths: &[PathBuf]) -> Result<Sources, ConfigError> {
    gather(paths, Path::new(""))
}

fn gather(paths: &[PathBuf], base: &Path) -> Result<Sources, ConfigError> {
    let files = policy_files(paths)?;
    let mut sources = Sources::new();
    for file in &files {
        let bytes = fs::read(file).map_err(|error| {
            ConfigError::new(format!("{} can't be read: {error}", file.display()), "see that you may read it")
        })?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let line =
                error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|it| **it == b'\n').count() + 1;
            ConfigError::new(
                format!("{}, line {line}: this is no text in UTF-8", file.display()),
                "save the file as UTF-8",
            )
        })?;
        let name = file.strip_prefix(base).unwrap_or(file);
        sources.add(name.display().to_string(), text);
    }
    Ok(sources)
}

/// The policy files among these files and in these folders, in order.
///
/// # Errors
///
/// A file or folder can't be read, or there is no policy file.
pub fn policy_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, ConfigError> {
    let mut files = Vec::new();
    for path in paths {
        let failed = |error: std::io::Error| {
            ConfigError::new(
                format!("{} can't be read: {error}", path.display()),
                "name a policy file or a folder with some",
            )
        };
        if path.is_dir() {
            collect(path, &mut files).map_err(failed)?;
        } else {
            fs::metadata(path).map_err(failed)?;
            files.push(path.clone());
        }
    }
    files.sort();
    files.dedup();
    if files.is_empty() {
        let names: Vec<String> = paths.iter().map(|it| it.display().to_string()).collect();
        return Err(ConfigError::new(
            format!("there is no .merit file in {}", names.join(", ")),
            "policies end in .merit",
        ));
    }
    Ok(files)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|it| it == "merit") {
            files.push(path);
        }
    }
    Ok(())
}
