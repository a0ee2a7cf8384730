//! `merit outbox`: what goes out, and what became of it.

use serde::Serialize;

use crate::casework::Letter;
use crate::cli::{Done, Failure, Format, Global, Outcome, open, output};
use crate::store::{EffectRow, Filter, Store};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Only in this state
    #[arg(long)]
    state: Option<State>,
    /// Only of this case
    #[arg(long)]
    case: Option<i64>,
    /// Only to this person (their key)
    #[arg(long, value_name = "KEY")]
    to: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 50)]
    top: usize,
    /// Let effects go that a rehearsal or a restored copy holds back
    #[arg(long)]
    release: bool,
    /// Send again: a mail by the key of its effect (its beginning is enough), or `dead` for every dead letter
    #[arg(long, value_name = "KEY|dead", conflicts_with = "release")]
    resend: Option<String>,
}

/// What became of an effect.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum State {
    /// Its hour has not come, or it waits to be sent
    Due,
    /// A mail is being tried
    Open,
    /// It left
    Sent,
    /// A stronger notice went to the same person instead
    Merged,
    /// Its recipient has no address
    Undeliverable,
    /// Nobody knows whether it arrived
    Ambiguous,
    /// Given up
    Dead,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            State::Due => "due",
            State::Open => "open",
            State::Sent => "sent",
            State::Merged => "merged",
            State::Undeliverable => "undeliverable",
            State::Ambiguous => "ambiguous",
            State::Dead => "dead",
        }
    }
}

/// An effect, for programs.
#[derive(Debug, Serialize)]
struct Line {
    key: String,
    case: i64,
    channel: &'static str,
    recipient: String,
    address: Option<String>,
    message: String,
    subject: String,
    due: String,
    status: String,
    attempts: i64,
    detail: Option<String>,
}

impl From<&EffectRow> for Line {
    fn from(row: &EffectRow) -> Self {
        let letter: Letter = serde_json::from_str(&row.effect.facts).unwrap_or_default();
        let recipient = row.effect.recipient.split_once(':').map_or(row.effect.recipient.as_str(), |(_, key)| key);
        Self {
            key: row.effect.key.clone(),
            case: row.case_id,
            channel: "email",
            recipient: recipient.to_owned(),
            address: letter.address,
            message: row.effect.message.clone(),
            subject: letter.subject,
            due: row.effect.day.clone(),
            status: row.effect.state.clone(),
            attempts: row.attempts,
            detail: row.detail.clone(),
        }
    }
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Outcome {
    let project = open::project(global)?;
    if arguments.release {
        let mut store = open::store(&project)?;
        store.set(None, Some(false))?;
        output::note(global, "Effects are no longer held back; the next `merit run` sends them.");
        return Ok(Done::Clean);
    }
    if let Some(asked) = &arguments.resend {
        return resend(global, &mut open::store(&project)?, asked);
    }
    let store = open::reading_store(&project)?;
    let limit = if global.format == Format::Json { None } else { Some(arguments.top + 1) };
    let filter = Filter {
        case: arguments.case,
        subject: arguments.to.clone(),
        status: arguments.state.map(|it| it.word().to_owned()),
        limit,
        ..Filter::default()
    };
    let rows = store.effects(&filter)?;
    let lines: Vec<Line> = rows.iter().map(Line::from).collect();
    match global.format {
        Format::Json => output::json(&serde_json::json!({ "effects": lines }))?,
        Format::Human => output::text(&words(&lines, arguments.top, store.state()?.hold))?,
    };
    let bad = lines.iter().any(|it| ["undeliverable", "dead", "ambiguous"].contains(&it.status.as_str()));
    Ok(if bad { Done::Findings } else { Done::Clean })
}

/// How many signs of a key are enough to name it.
const KEY_BEGINNING: usize = 6;

fn resend(global: &Global, store: &mut dyn Store, asked: &str) -> Outcome {
    let count = if asked == "dead" {
        store.resend(None, open::now())?
    } else {
        let stuck = |it: &EffectRow| ["dead", "ambiguous"].contains(&it.effect.state.as_str());
        let all = store.effects(&Filter::default())?;
        let named: Vec<&EffectRow> = all.iter().filter(|it| it.effect.key.starts_with(asked)).collect();
        match named.as_slice() {
            [one] if asked.len() >= KEY_BEGINNING && stuck(one) => store.resend(Some(&one.effect.key), open::now())?,
            [one] if asked.len() >= KEY_BEGINNING => {
                return Err(Failure::usage(format!(
                    "the mail of `{asked}` is {}; only one that is dead or ambiguous is sent again",
                    one.effect.state
                )));
            }
            [] => {
                return Err(Failure::usage(format!("there is no effect whose key begins with `{asked}`"))
                    .help("`merit outbox --state dead --format json` shows keys"));
            }
            _ => {
                return Err(
                    Failure::usage(format!("`{asked}` is too short to name one effect")).help("give more of its key")
                );
            }
        }
    };
    output::note(
        global,
        &format!("{}; the next `merit run` tries.", output::count(count, "mail is open again", "mails are open again")),
    );
    Ok(Done::Clean)
}

fn words(lines: &[Line], top: usize, hold: bool) -> String {
    let mut words = String::new();
    if hold {
        words += "Effects are held back; `merit outbox --release` lets them go.\n";
    }
    if lines.is_empty() {
        return words + "Nothing matches.\n";
    }
    words += &output::table(
        ["day", "case", "to", "message", "state", "tries"],
        lines.iter().take(top).map(|it| {
            let state = it.detail.as_ref().filter(|_| it.status != "sent");
            let state = state.map_or_else(|| it.status.clone(), |detail| format!("{}: {detail}", it.status));
            [
                it.due.clone(),
                it.case.to_string(),
                it.recipient.clone(),
                it.message.clone(),
                state,
                it.attempts.to_string(),
            ]
        }),
    );
    if lines.len() > top {
        words += "… and more (--top N shows more)\n";
    }
    words
}
