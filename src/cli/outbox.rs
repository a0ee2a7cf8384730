//! `merit outbox`: what goes out, and what became of it.

use serde::Serialize;

use crate::calendar::Moment;
use crate::casework::Letter;
use crate::cli::{Done, Failure, Format, Global, Outcome, open, output};
use crate::config::Project;
use crate::engine::{Acted, KEY_SHOWN, OutboxAct, Which, act_on_outbox};
use crate::policy::model::Way;
use crate::store::sqlite::SqliteStore;
use crate::store::{EffectRow, Filter, Store};
use crate::workflow::NoticeAct;

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    act: Option<Act>,
    /// Only in this state
    #[arg(long)]
    state: Option<State>,
    /// Only of this case
    #[arg(long)]
    case: Option<i64>,
    /// Only to this person (their key)
    #[arg(long, value_name = "KEY")]
    to: Option<String>,
    /// Only what left, or is to leave, with this digest (its key)
    #[arg(long, value_name = "KEY")]
    digest: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 50)]
    top: usize,
}

/// What somebody does with notices: each by the key of its effect, all of a digest by its key; an unambiguous beginning is enough.
#[derive(Debug, clap::Subcommand)]
enum Act {
    /// Let go what is held since the store was restored, or by a rehearsal
    Release {
        /// The keys of notices or digests
        #[arg(required_unless_present = "all")]
        key: Vec<String>,
        /// Everything that is held; also ends a rehearsal
        #[arg(long, conflicts_with = "key")]
        all: bool,
        /// Why, for the record
        #[arg(long, default_value = "", value_name = "WORDS")]
        because: String,
    },
    /// Give up notices for good: they are not sent, and not tried any more
    Drop {
        /// The keys of notices or digests
        #[arg(required = true)]
        key: Vec<String>,
        /// Why, for the record
        #[arg(long, value_name = "WORDS", value_parser = clap::builder::NonEmptyStringValueParser::new())]
        because: String,
    },
    /// Send again what was given up, or what nobody knows whether it arrived
    Retry {
        /// The keys of notices or digests
        #[arg(required_unless_present = "dead")]
        key: Vec<String>,
        /// Every dead letter
        #[arg(long, conflicts_with = "key")]
        dead: bool,
        /// Why, for the record
        #[arg(long, default_value = "", value_name = "WORDS")]
        because: String,
    },
}

/// What became of an effect.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum State {
    /// Its hour has not come, or it waits to be sent
    Due,
    /// It waits until somebody releases it: it may have left before the store was restored
    Held,
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
    /// Somebody decided that it does not leave
    Dropped,
    /// A reminder of what was done before it left
    Withdrawn,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            State::Due => "due",
            State::Held => "held",
            State::Open => "open",
            State::Sent => "sent",
            State::Merged => "merged",
            State::Undeliverable => "undeliverable",
            State::Ambiguous => "ambiguous",
            State::Dead => "dead",
            State::Dropped => "dropped",
            State::Withdrawn => "withdrawn",
        }
    }
}

/// An effect, for programs.
#[derive(Debug, Serialize)]
struct Line {
    key: String,
    case: i64,
    channel: String,
    recipient: String,
    address: Option<String>,
    message: String,
    subject: String,
    due: String,
    /// The moment from which it may leave, of one that waits for it.
    leaves: Option<String>,
    status: String,
    attempts: i64,
    /// The key of the digest with which it left, or is to leave.
    digest: Option<String>,
    /// The way by which it would have gone first, had its recipient an address for that.
    instead_of: Option<String>,
    detail: Option<String>,
}

impl From<&EffectRow> for Line {
    fn from(row: &EffectRow) -> Self {
        let letter: Letter = serde_json::from_str(&row.effect.facts).unwrap_or_default();
        let recipient = row.effect.recipient.split_once(':').map_or(row.effect.recipient.as_str(), |(_, key)| key);
        Self {
            key: row.effect.key.clone(),
            case: row.case_id,
            channel: row.channel.clone().unwrap_or_else(|| Way::of_kind(&row.effect.kind).word().to_owned()),
            recipient: recipient.to_owned(),
            address: letter.address,
            message: row.effect.message.clone(),
            subject: letter.subject,
            due: row.effect.day.clone(),
            leaves: (row.effect.state == "due").then(|| Moment(row.leaves()).to_string()),
            status: row.effect.state.clone(),
            attempts: row.attempts,
            digest: row.digest.as_ref().map(|it| it.key.clone()),
            instead_of: letter.instead_of,
            detail: row.detail.clone(),
        }
    }
}

impl Line {
    /// By which way it goes, for people.
    fn by(&self) -> String {
        let other = self.instead_of.as_ref().map(|it| format!(", no {it}")).unwrap_or_default();
        let digest = self.digest.as_ref().map(|it| format!(", digest {}", begins(it))).unwrap_or_default();
        format!("{}{other}{digest}", self.channel)
    }
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Outcome {
    let project = open::project(global)?;
    if let Some(asked) = &arguments.act {
        return act(global, &project, asked);
    }
    let store = open::reading_store(&project)?;
    let limit = if global.format == Format::Json { None } else { Some(arguments.top + 1) };
    let filter = Filter {
        case: arguments.case,
        subject: arguments.to.clone(),
        status: arguments.state.map(|it| it.word().to_owned()),
        digest: arguments.digest.clone(),
        limit,
        ..Filter::default()
    };
    let rows = store.effects(&filter)?;
    let mut lines: Vec<Line> = rows.iter().map(Line::from).collect();
    if rows.iter().any(|it| it.effect.state == "due") {
        tell_when(&project, &store, &rows, &mut lines)?;
    }
    match global.format {
        Format::Json => output::json(&serde_json::json!({ "effects": lines }))?,
        Format::Human => output::text(&words(&lines, arguments.top, store.state()?.hold))?,
    };
    let bad = lines.iter().any(|it| ["undeliverable", "dead", "ambiguous", "held"].contains(&it.status.as_str()));
    Ok(if bad { Done::Findings } else { Done::Clean })
}

/// Of what waits for its hour, by the day that was run and the machine's clock: from when it may leave, by the clock of whoever it goes to.
fn tell_when(project: &Project, store: &SqliteStore, rows: &[EffectRow], lines: &mut [Line]) -> Result<(), Failure> {
    let policies = open::deployed(project, store)?;
    let policy = &policies.latest().policy;
    let run = store.state()?.as_of.map_or(i64::MAX, |it| policy.main().end_of_day(it).0);
    let waits = |it: &EffectRow| it.effect.state == "due" && it.leaves() > run.min(open::now());
    for (row, line) in rows.iter().zip(lines).filter(|it| waits(it.0)) {
        let letter: Letter = serde_json::from_str(&row.effect.facts).unwrap_or_default();
        let calendar = policy.calendars.iter().find(|it| it.name() == letter.calendar).unwrap_or(policy.main());
        line.detail = Some(format!("leaves from {}", calendar.clock_of(Moment(row.leaves()))));
    }
    Ok(())
}

fn act(global: &Global, project: &Project, asked: &Act) -> Outcome {
    let keys = |all: bool, state, key: &[String]| if all { Which::All(state) } else { Which::Keys(key.to_vec()) };
    let (act, which, because) = match asked {
        Act::Release { key, all, because } => (NoticeAct::Release, keys(*all, "held", key), because),
        Act::Drop { key, because } => (NoticeAct::Drop, keys(false, "", key), because),
        Act::Retry { key, dead, because } => (NoticeAct::Retry, keys(*dead, "dead", key), because),
    };
    let mut store = open::store(project)?;
    let on = open::today(&open::deployed(project, &store)?.latest().policy);
    let act = OutboxAct { act, which, actor: open::actor(), because: because.clone(), at: open::now(), on };
    let acted = act_on_outbox(&mut store, &act)?;
    match global.format {
        Format::Json => output::json(&serde_json::json!({
            "act": act.act, "effects": acted.keys, "rehearsal_ended": acted.rehearsal_ended,
        })),
        Format::Human => output::text(&told(act.act, &acted)),
    }
}

fn told(act: NoticeAct, acted: &Acted) -> String {
    let notices = output::count(acted.keys.len() as u64, "notice is", "notices are");
    match act {
        NoticeAct::Release if acted.rehearsal_ended => {
            let held = if acted.keys.is_empty() { String::new() } else { format!(" {notices} let go.") };
            format!("The rehearsal is over: effects are no longer held back.{held} The next `merit run` sends them.\n")
        }
        NoticeAct::Release => format!("{notices} let go; the next `merit run` sends what is due.\n"),
        NoticeAct::Drop => format!("{notices} dropped, and will not leave.\n"),
        NoticeAct::Retry => format!("{notices} open again; the next `merit run` tries.\n"),
    }
}

/// As much of a key as names it.
fn begins(key: &str) -> String {
    key.chars().take(KEY_SHOWN).collect()
}

fn words(lines: &[Line], top: usize, hold: bool) -> String {
    let mut words = String::new();
    if hold {
        words += "A rehearsal holds every effect back; `merit outbox release --all` lets them go.\n";
    }
    if lines.is_empty() {
        return words + "Nothing matches.\n";
    }
    words += &output::table(
        ["key", "day", "case", "to", "message", "by", "state", "tries"],
        lines.iter().take(top).map(|it| {
            let state = it.detail.as_ref().filter(|_| it.status != "sent");
            let state = state.map_or_else(|| it.status.clone(), |detail| format!("{}: {detail}", it.status));
            [
                begins(&it.key),
                it.due.clone(),
                it.case.to_string(),
                it.recipient.clone(),
                it.message.clone(),
                it.by(),
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
