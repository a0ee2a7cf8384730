//! The way out for mail, as the project's settings name it: a folder or a server.

use crate::config::Project;
use crate::deliver::{
    BackOff, Mail, Mailbox, Post, Sent, SettingsFault, SmtpFault, Transport, domain_of, eml_name, message_id, next_try,
    render,
};
use crate::engine::{Outcome, Outgoing, Sender};

/// Sends by folder or server, one mail after the other.
pub struct MailSender {
    post: Post,
    from: Mailbox,
    to_folder: bool,
    runtime: tokio::runtime::Runtime,
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
        let transport = project.mail.resolve(&project.folder, |name| std::env::var(name).ok())?;
        let from = project.mail.sender()?;
        let to_folder = matches!(transport, Transport::Folder(_));
        let post = Post::open(transport)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(NoWayOut::Machine)?;
        Ok(Self { post, from, to_folder, runtime })
    }
}

impl Sender for MailSender {
    fn send(&mut self, mail: &Outgoing<'_>) -> Outcome {
        let address = mail.letter.address.clone().unwrap_or_default();
        let to = Mailbox { name: mail.letter.name.clone(), address };
        let composed = Mail {
            message_id: mail.message_id.to_owned(),
            from: self.from.clone(),
            to,
            subject: mail.letter.subject.clone(),
            text: mail.letter.text.clone(),
            html: None,
            date: mail.date,
            language: Some(mail.language.to_owned()),
            reply_to: None,
            headers: vec![
                ("X-Merit-Case".to_owned(), mail.case_id.to_string()),
                ("X-Merit-Message".to_owned(), mail.message.to_owned()),
            ],
        };
        let bytes = match render(&composed) {
            Ok(bytes) => bytes,
            Err(fault) => return Outcome::Never(fault.to_string()),
        };
        let name = eml_name(mail.day, mail.recipient, mail.message, mail.message_id);
        match self.runtime.block_on(self.post.send(&composed, &bytes, &name)) {
            Sent::Accepted { detail } => Outcome::Accepted(detail),
            Sent::Refused { permanent: true, detail } => Outcome::Never(detail),
            Sent::Refused { permanent: false, detail } => Outcome::Later(detail),
            Sent::Ambiguous { detail } => Outcome::Ambiguous(detail),
        }
    }

    fn next_try(&self, key: &str, tries: i64, now: i64) -> Option<i64> {
        next_try(now, u32::try_from(tries).unwrap_or(u32::MAX), key, &BackOff::default())
    }

    fn message_id(&self, key: &str) -> String {
        message_id(key, domain_of(&self.from.address))
    }

    fn repeats_safely(&self) -> bool {
        self.to_folder
    }
}
