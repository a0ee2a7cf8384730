//! What a service manager such as systemd is told: a few words over a datagram socket that it names.

use std::time::Duration;

use crate::serve::numbers::Numbers;

/// Whoever started this program and wants to know how it is; nobody, if nothing is named in the environment.
pub(super) struct Manager {
    socket: Option<std::ffi::OsString>,
    /// It wants a sign of life at least so often.
    watchdog: Option<Duration>,
}

impl Manager {
    pub(super) fn of_environment() -> Self {
        let asked = std::env::var("WATCHDOG_USEC").ok().and_then(|it| it.parse().ok()).filter(|it| *it > 0);
        let mine = std::env::var("WATCHDOG_PID").map_or(true, |it| it.parse() == Ok(std::process::id()));
        Self {
            socket: std::env::var_os("NOTIFY_SOCKET").filter(|it| !it.is_empty()),
            watchdog: asked.filter(|_| mine).map(Duration::from_micros),
        }
    }

    /// Says something. That it can't be said is no reason to stop working.
    pub(super) fn say(&self, words: &str) {
        if let Some(socket) = &self.socket
            && let Err(error) = send(socket, words)
        {
            tracing::warn!(%error, words, "the service manager can't be told");
        }
    }

    /// Gives a sign of life twice as often as is wanted, as long as every part of the program gives one. Never ends.
    pub(super) async fn keep_awake(&self, numbers: &Numbers) {
        let Some(often) = self.watchdog else { return std::future::pending().await };
        loop {
            tokio::time::sleep(often / 2).await;
            match numbers.standstill() {
                None => self.say("WATCHDOG=1"),
                Some(why) => tracing::error!(why, "no sign of life for the service manager"),
            }
        }
    }
}

#[cfg(target_os = "linux")]
fn send(socket: &std::ffi::OsStr, words: &str) -> std::io::Result<()> {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::net::{SocketAddr, UnixDatagram};

    // A name that begins with `@` is no file.
    let address = match socket.as_bytes().split_first() {
        Some((b'@', name)) => SocketAddr::from_abstract_name(name)?,
        _ => SocketAddr::from_pathname(socket)?,
    };
    UnixDatagram::unbound()?.send_to_addr(words.as_bytes(), &address).map(|_| ())
}

#[cfg(not(target_os = "linux"))]
fn send(_socket: &std::ffi::OsStr, _words: &str) -> std::io::Result<()> {
    Ok(())
}
