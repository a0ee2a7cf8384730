//! Those who hand mails over: a few threads, each with a connection of its own and without a store.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender as Way, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::config::Project;
use crate::engine::{Attempt, MailSender, Outcome};
use crate::serve::ServeError;
use crate::serve::post_room::News;

/// Starts so many carriers; what is put into the way is carried by one of them, and its result is news for the post room.
pub(super) fn start(project: &Project, number: usize, news: &Way<News>) -> Result<Way<Attempt>, ServeError> {
    let (jobs, taken) = channel();
    let taken = Arc::new(Mutex::new(taken));
    for nth in 1..=number {
        let (sender, taken, news) = (MailSender::new(project)?, Arc::clone(&taken), news.clone());
        thread::Builder::new().name(format!("carrier {nth}")).spawn(move || carry(sender, &taken, &news))?;
    }
    Ok(jobs)
}

fn carry(mut sender: MailSender, jobs: &Mutex<Receiver<Attempt>>, news: &Way<News>) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(attempt) = job else { return };
        let made = catch_unwind(AssertUnwindSafe(|| attempt.make(&mut sender)));
        // It may have left: nobody knows.
        let outcome = made.unwrap_or_else(|_| Outcome::Ambiguous("the program failed during this attempt".to_owned()));
        if news.send(News::Back(Box::new(attempt), outcome)).is_err() {
            return;
        }
    }
}
