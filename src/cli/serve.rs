//! `merit serve`: keeps a store going until it is told to stop.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use crate::calendar::Moment;
use crate::cli::{Done, Failure, Format, Global, Outcome, open, output};
use crate::engine::AsOf;
use crate::serve::{self, ServeError, ServeSettings, Stop};

/// Where it answers unless something else is said.
const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7878);

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Where /healthz, /readyz and /metrics are answered; port 0 takes a free one [default: 127.0.0.1:7878, or `listen` under
    /// [serve] in merit.toml]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Allow an address that other machines reach: whoever reaches it may ask, and nothing is encrypted
    #[arg(long)]
    expose: bool,
    /// How the log on stderr is written
    #[arg(long, value_enum, default_value_t = output::Log::Text)]
    pub(super) log: output::Log,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Outcome {
    let project = open::project(global)?;
    let listen = arguments.listen.or(project.serve.listen).unwrap_or(LISTEN);
    if !listen.ip().is_loopback() && !arguments.expose {
        return Err(Failure::usage(format!("{listen} can be reached from other machines"))
            .help("listen on a loopback address such as 127.0.0.1:7878, or add --expose if that is meant"));
    }
    // The moment is set anew with each run.
    let settings = ServeSettings {
        run: open::settings(&project, AsOf::Moment(Moment(0)), 0),
        listen,
        clock: serve::machine_clock(),
        mails_at_once: usize::from(project.serve.mails_at_once),
        grace: Duration::from_secs(project.serve.stop_after_seconds),
        signals: true,
        project,
    };
    let told = |address: SocketAddr| {
        let said = match global.format {
            Format::Human => output::text(&format!("Serving at http://{address}; stop it with Ctrl-C or SIGTERM.\n")),
            Format::Json => output::json(&serde_json::json!({ "listening": address.to_string() })),
        };
        if let Err(failure) = said {
            tracing::warn!(?failure, "where it listens can't be said");
        }
    };
    serve::serve(settings, &Arc::new(Stop::default()), told)?;
    Ok(Done::Clean)
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Store(error) => error.into(),
            ServeError::Mail(error) => error.into(),
            ServeError::Listen { .. } => Failure::environment(error.to_string())
                .help("name another port with --listen, or end the program that has it"),
            ServeError::GaveUp(_) => Failure::environment(error.to_string()).help("start it again"),
            ServeError::Machine(_) | ServeError::Twice => Failure::environment(error.to_string()),
        }
    }
}
