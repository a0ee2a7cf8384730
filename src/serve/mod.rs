//! A program that keeps a store going: it sleeps until something comes due or somebody else has written, lets the engine run as of
//! now, hands mails over beside it, and says over HTTP how it is. It decides nothing.
//!
//! Three sorts of threads work side by side. The *pulse* owns the writing of transitions: one store, one run at a time. The *post
//! room* writes down each attempt, gives it to one of a few *carriers* and writes down what became of it; no carrier has a store, so
//! nothing that is being sent holds anybody up. The calling thread answers HTTP, takes signals and tells the service manager.
//!
//! Start reading at [`serve`].

mod carriers;
mod clock;
mod http;
mod manager;
mod numbers;
mod pauses;
mod post_room;
mod pulse;
mod stop;

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::config::Project;
use crate::engine::{MailSender, NoWayOut, RunSettings};
use crate::store::StoreError;
use crate::store::sqlite::{Access, SqliteStore, identity};

pub use clock::{Clock, machine_clock};
pub use stop::Stop;

use clock::Steady;
use numbers::Numbers;

/// What the daemon is told.
#[derive(Clone)]
pub struct ServeSettings {
    /// The project.
    pub project: Project,
    /// What the engine is told with each run; the moments in it are set anew each time.
    pub run: RunSettings,
    /// Where it answers HTTP.
    pub listen: SocketAddr,
    /// Reads the machine's clock.
    pub clock: Clock,
    /// How many mails are under way at once.
    pub mails_at_once: usize,
    /// How long mails under way may still take after it is told to stop.
    pub grace: Duration,
    /// Whether SIGTERM and SIGINT stop it.
    pub signals: bool,
}

/// Why the daemon did not start, or ended before it was told to.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The store can't be opened, or another engine works on it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No mail can leave.
    #[error(transparent)]
    Mail(#[from] NoWayOut),
    /// The address can't be listened on.
    #[error("{address} can't be listened on: {error}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        error: std::io::Error,
    },
    /// The machine does not allow it.
    #[error("the machine does not let it run: {0}")]
    Machine(#[from] std::io::Error),
    /// Nothing but a new start helps.
    #[error("{0}")]
    GaveUp(String),
    /// Told twice to stop.
    #[error("told twice to stop: ended with work under way")]
    Twice,
}

/// Serves until it is told to stop, by `stop` or by a signal. `listening` is told the address once everything has started.
///
/// # Errors
/// When it can't start, or is told twice to stop by a signal. Whatever happens while it works is logged, shown, and tried again.
pub fn serve(settings: ServeSettings, stop: &Arc<Stop>, listening: impl FnOnce(SocketAddr)) -> Result<(), ServeError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ended = runtime.block_on(work(settings, stop, listening));
    // A reader of numbers may still be asking the store; nothing waits for it.
    runtime.shutdown_background();
    ended
}

async fn work(settings: ServeSettings, stop: &Arc<Stop>, listening: impl FnOnce(SocketAddr)) -> Result<(), ServeError> {
    let project = &settings.project;
    let _lock = SqliteStore::lock_engine(&project.store)?;
    // Whether there is a store that this program can work with is said at once, not with the first run.
    drop(SqliteStore::open(&project.store, Access::Write)?);
    let listen = |error| ServeError::Listen { address: settings.listen, error };
    let listener = TcpListener::bind(settings.listen).await.map_err(listen)?;
    let address = listener.local_addr()?;
    let numbers = Arc::new(Numbers::new());
    let steady = Arc::new(Steady::new(Arc::clone(&settings.clock)));
    let mut signals = Signals::new(settings.signals)?;

    let (post, news) = std::sync::mpsc::channel();
    let jobs = carriers::start(project, settings.mails_at_once, &post)?;
    let room = post_room::PostRoom {
        path: project.store.clone(),
        sender: MailSender::new(project)?,
        calendar: project.calendar.clone(),
        notice_hours: project.notice_hours,
        capacity: settings.mails_at_once,
        grace: settings.grace,
        steady: Arc::clone(&steady),
        numbers: Arc::clone(&numbers),
        stop: Arc::clone(stop),
    };
    let post_ended = in_a_thread("post room", stop, move || room.work(&news, &jobs))?;
    let pulse = pulse::Pulse {
        file: identity(&project.store),
        path: project.store.clone(),
        settings: settings.run.clone(),
        sender: MailSender::new(project)?,
        steady,
        numbers: Arc::clone(&numbers),
        stop: Arc::clone(stop),
        post: post.clone(),
    };
    let pulse_ended = in_a_thread("engine", stop, move || pulse.work())?;

    let manager = manager::Manager::of_environment();
    manager.say("READY=1");
    tracing::info!(%address, store = %project.store.display(), "serving");
    listening(address);
    let page = http::Page::new(Arc::clone(&numbers), Arc::clone(&settings.clock), project.store.clone());
    tokio::select! {
        () = http::answer(listener, page) => {}
        () = manager.keep_awake(&numbers) => {}
        () = signals.next() => {}
        () = stop.asked_for() => {}
    }

    manager.say("STOPPING=1");
    tracing::info!("stopping: the commit at hand is finished, and mails under way may end");
    stop.ask();
    // The post room has gone already if this can't be told.
    let _gone = post.send(post_room::News::Look);
    tokio::select! {
        () = async { let _ = pulse_ended.await; let _ = post_ended.await; } => {}
        () = signals.next() => return Err(ServeError::Twice),
    }
    tracing::info!("stopped");
    stop.reason().map_or(Ok(()), |why| Err(ServeError::GaveUp(why)))
}

/// Starts a thread; what is given back comes when it has ended. One that ends before it is told to takes the others with it.
fn in_a_thread(
    name: &'static str,
    stop: &Arc<Stop>,
    work: impl FnOnce() + Send + 'static,
) -> Result<oneshot::Receiver<()>, std::io::Error> {
    let (tell, ended) = oneshot::channel::<()>();
    let stop = Arc::clone(stop);
    thread::Builder::new().name(name.to_owned()).spawn(move || {
        // The end of the sender is the news.
        let _tell = tell;
        let done = catch_unwind(AssertUnwindSafe(work));
        if done.is_err() || !stop.is_asked() {
            stop.give_up(&format!("the program has a fault: its {name} ended; please report what it said before"));
        }
    })?;
    Ok(ended)
}

/// What ends a program from outside.
struct Signals {
    #[cfg(unix)]
    ends: Option<(tokio::signal::unix::Signal, tokio::signal::unix::Signal)>,
    #[cfg(not(unix))]
    ends: Option<()>,
}

impl Signals {
    fn new(wanted: bool) -> std::io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let both = || Ok::<_, std::io::Error>((signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?));
            Ok(Self { ends: if wanted { Some(both()?) } else { None } })
        }
        #[cfg(not(unix))]
        Ok(Self { ends: wanted.then_some(()) })
    }

    async fn next(&mut self) {
        let Some(ends) = &mut self.ends else { return std::future::pending().await };
        #[cfg(unix)]
        tokio::select! {
            _ = ends.0.recv() => {}
            _ = ends.1.recv() => {}
        }
        #[cfg(not(unix))]
        {
            let () = *ends;
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}
