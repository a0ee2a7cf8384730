//! The way out for mail, as the project's settings name it: a folder or a server.

use crate::cli::Failure;
use crate::config::Project;
use crate::deliver::{
    BackOff, Mail, Mailbox, Post, Sent, Transport, domain_of, eml_name, message_id, next_try, render,
};
use crate::engine::{Outcome, Outgoing, Sender};

/// Sends by folder or server, one mail after the other.
pub(super) struct MailSender {
    post: Post,
    from: Mailbox,
    to_folder: bool,
    runtime: tokio::runtime::Runtime,
}

impl MailSender {
    pub(super) fn new(project: &Project) -> Result<Self, Failure> {
        let usage = |error: &dyn std::fmt::Display| {
            Failure::usage(error.to_string()).help("docs/mail.md explains the `[mail]` settings")
        };
        let transport =
            project.mail.resolve(&project.folder, |name| std::env::var(name).ok()).map_err(|error| usage(&error))?;
        let from = project.mail.sender().map_err(|error| usage(&error))?;
        let to_folder = matches!(transport, Transport::Folder(_));
        let post = Post::open(transport).map_err(|error| usage(&error))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::environment(format!("no connection can be made: {error}")))?;
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
