//! The way out for notices, as the project's settings name it: a folder, a mail server or another program.

use std::path::{Path, PathBuf};

use crate::config::Project;
use crate::deliver::{
    BackOff, Hook, HookEvent, HookFault, Letterhead, Mail, Mailbox, Post, Sent, SettingsFault, SmtpFault, Transport,
    WayOut, domain_of, eml_name, file_name, letter_page, message_id, next_try, phone_text, render, write_file,
};
use crate::engine::{Outcome, Outgoing, Sender};
use crate::policy::model as policy;

/// Sends by folder, server or calls, one notice after the other.
pub struct MailSender {
    way: Way,
    from: Mailbox,
    to_folder: bool,
    digests_from: Option<usize>,
    letterhead: Letterhead,
    letters: PathBuf,
    texts: PathBuf,
    runtime: tokio::runtime::Runtime,
}

enum Way {
    Mail(Box<Post>),
    Hook(Box<Hook>),
}

/// Why no mail can leave as the settings are.
#[derive(Debug, thiserror::Error)]
pub enum NoWayOut {
    /// The settings can't be followed.
    #[error(transparent)]
    Settings(#[from] SettingsFault),
    /// No mail could ever leave with them.
    #[error(transparent)]
    Server(#[from] SmtpFault),
    /// No call could ever succeed with them.
    #[error(transparent)]
    Webhook(#[from] HookFault),
    /// The machine does not allow it.
    #[error("no connection can be made: {0}")]
    Machine(std::io::Error),
}

impl MailSender {
    /// The way out of a project; touches neither disk nor network yet.
    ///
    /// # Errors
    /// When the settings can't be followed.
    pub fn new(project: &Project) -> Result<Self, NoWayOut> {
        let found = project.mail.way(&project.folder, |name| std::env::var(name).ok())?;
        let from = project.mail.sender()?;
        let to_folder = matches!(found, WayOut::Mail(Transport::Folder(_)));
        let way = match found {
            WayOut::Mail(transport) => Way::Mail(Box::new(Post::open(transport)?)),
            WayOut::Webhook(settings) => Way::Hook(Box::new(Hook::open(*settings)?)),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(NoWayOut::Machine)?;
        let settings = project.letters.clone().unwrap_or_default();
        let letterhead = Letterhead::of(&settings, &project.folder)?;
        let letters = project.folder.join(settings.folder.as_deref().unwrap_or(Path::new("letters")));
        let texts = project.folder.join(project.phone.folder.as_deref().unwrap_or(Path::new("texts")));
        let digests_from = project.digest_from.filter(|_| matches!(way, Way::Mail(_)));
        Ok(Self { way, from, to_folder, digests_from, letterhead, letters, texts, runtime })
    }
}

impl MailSender {
    /// Puts a letter or a text into its folder.
    fn write(&self, notice: &Outgoing<'_>) -> Outcome {
        let (folder, ending, bytes) = if notice.way == policy::Way::Letter {
            let of = (notice.case_id, notice.language);
            (&self.letters, ".html", letter_page(&self.letterhead, notice.letter, of, notice.day))
        } else {
            (&self.texts, ".txt", phone_text(notice.letter))
        };
        let name = file_name([notice.day, notice.recipient, notice.message], notice.message_id, ending);
        match write_file(folder, &name, ending, &bytes) {
            Ok(written) => Outcome::Accepted(written.path.display().to_string()),
            Err(fault) if fault.is_worth_retrying() => Outcome::Later(fault.to_string()),
            Err(fault) => Outcome::Never(fault.to_string()),
        }
    }
}

fn mail_of(from: &Mailbox, notice: &Outgoing<'_>) -> Mail {
    let address = notice.letter.address.clone().unwrap_or_default();
    Mail {
        message_id: notice.message_id.to_owned(),
        from: from.clone(),
        to: Mailbox { name: notice.letter.name.clone(), address },
        subject: notice.letter.subject.clone(),
        text: notice.letter.text.clone(),
        html: None,
        date: notice.date,
        language: Some(notice.language.to_owned()),
        reply_to: None,
        headers: vec![
            match notice.carries {
                None => ("X-Merit-Case".to_owned(), notice.case_id.to_string()),
                Some(notices) => ("X-Merit-Digest".to_owned(), notices.to_string()),
            },
            ("X-Merit-Message".to_owned(), notice.message.to_owned()),
        ],
    }
}

fn event_of<'a>(domain: &'a str, notice: &Outgoing<'a>) -> HookEvent<'a> {
    let letter = notice.letter;
    HookEvent {
        id: notice.message_id.trim_start_matches('<').trim_end_matches('>'),
        domain,
        case_id: notice.case_id,
        message: notice.message,
        recipient: notice.recipient,
        name: letter.name.as_deref(),
        address: letter.address.as_deref().unwrap_or_default(),
        day: notice.day,
        time: notice.date,
        language: notice.language,
        subject: &letter.subject,
        text: &letter.text,
    }
}

impl Sender for MailSender {
    fn send(&mut self, notice: &Outgoing<'_>) -> Outcome {
        if notice.way != policy::Way::Email {
            return self.write(notice);
        }
        let sent = match &mut self.way {
            Way::Mail(post) => {
                let mail = mail_of(&self.from, notice);
                let bytes = match render(&mail) {
                    Ok(bytes) => bytes,
                    Err(fault) => return Outcome::Never(fault.to_string()),
                };
                let name = eml_name(notice.day, notice.recipient, notice.message, notice.message_id);
                self.runtime.block_on(post.send(&mail, &bytes, &name))
            }
            Way::Hook(hook) => {
                let event = event_of(domain_of(&self.from.address), notice);
                self.runtime.block_on(hook.send(event.id, event.body(), notice.at))
            }
        };
        match sent {
            Sent::Accepted { detail } => Outcome::Accepted(detail),
            Sent::Refused { permanent: true, detail } => Outcome::Never(detail),
            Sent::Refused { permanent: false, detail } => Outcome::Later(detail),
            Sent::Ambiguous { detail } => Outcome::Ambiguous(detail),
        }
    }

    fn channel(&self) -> &'static str {
        match self.way {
            Way::Mail(_) => "email",
            Way::Hook(_) => "webhook",
        }
    }

    fn next_try(&self, key: &str, tries: i64, now: i64) -> Option<i64> {
        next_try(now, u32::try_from(tries).unwrap_or(u32::MAX), key, &BackOff::default())
    }

    fn digests_from(&self) -> Option<usize> {
        self.digests_from
    }

    fn message_id(&self, key: &str) -> String {
        message_id(key, domain_of(&self.from.address))
    }

    fn repeats_safely(&self) -> bool {
        self.to_folder
    }
}
