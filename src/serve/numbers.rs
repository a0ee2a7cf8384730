//! What the daemon knows of itself: whether it works, and its numbers in Prometheus's text form.

use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::engine::{Became, RunReport};
use crate::store::Depths;

/// A part without a sign of life for so long has come to a standstill.
const STANDSTILL: Duration = Duration::from_secs(120);

/// The upper ends of the classes of lateness, in seconds.
const CLASSES: [i64; 12] = [1, 2, 5, 15, 60, 300, 900, 3_600, 21_600, 86_400, 259_200, 604_800];

/// A part of the daemon that works by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// It decides.
    Engine,
    /// It sends.
    Post,
}

const PARTS: [Part; 2] = [Part::Engine, Part::Post];

impl Part {
    fn word(self) -> &'static str {
        match self {
            Part::Engine => "engine",
            Part::Post => "post",
        }
    }
}

/// How a part is.
struct State {
    beat: Instant,
    /// Whether it has done its work once.
    worked: bool,
    trouble: Option<String>,
    errors: u64,
}

#[derive(Default)]
struct Counted {
    late: [u64; CLASSES.len()],
    late_in_all: u64,
    late_seconds: i64,
    runs: u64,
    last_run: i64,
    last_run_took: Duration,
    decided: [u64; DECIDED.len()],
    mails: [u64; MAILS.len()],
    under_way: usize,
    went_back: u64,
    behind: i64,
    next: Option<i64>,
    decided_until: i64,
}

const MAILS: [Became; 4] = [Became::Sent, Became::Open, Became::Dead, Became::Ambiguous];
const DECIDED: [&str; 14] = [
    "judged",
    "proposed",
    "undetermined",
    "cases_opened",
    "stages_done",
    "cases_completed",
    "cases_cancelled",
    "reminders",
    "escalations",
    "lapses",
    "defaults",
    "waiting_after_downtime",
    "undeliverable",
    "set_aside",
];

fn decided(report: &RunReport) -> [u64; DECIDED.len()] {
    [
        report.judged,
        report.proposed,
        report.undetermined,
        report.cases_opened,
        report.stages_done,
        report.completed,
        report.cancelled,
        report.reminders,
        report.escalations,
        report.lapsed,
        report.defaults,
        report.held,
        report.undeliverable,
        report.set_aside,
    ]
}

/// The daemon's numbers, written by its parts and read by whoever asks.
pub(super) struct Numbers {
    parts: Mutex<[State; 2]>,
    counted: Mutex<Counted>,
}

impl Numbers {
    pub(super) fn new() -> Self {
        let state = || State { beat: Instant::now(), worked: false, trouble: None, errors: 0 };
        Self { parts: Mutex::new([state(), state()]), counted: Mutex::default() }
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn part<T>(&self, part: Part, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.parts.lock().unwrap_or_else(PoisonError::into_inner)[part as usize])
    }

    /// A sign of life.
    pub(super) fn beats(&self, part: Part) {
        self.part(part, |it| it.beat = Instant::now());
    }

    /// It has done its work.
    pub(super) fn works(&self, part: Part) {
        self.part(part, |it| (it.worked, it.trouble) = (true, None));
    }

    /// It could not do its work.
    pub(super) fn fails(&self, part: Part, why: &str) {
        self.part(part, |it| {
            it.trouble = Some(why.to_owned());
            it.errors += 1;
        });
    }

    /// Which part has come to a standstill, if any.
    pub(super) fn standstill(&self) -> Option<String> {
        PARTS.into_iter().find_map(|part| {
            let still = self.part(part, |it| it.beat.elapsed());
            (still > STANDSTILL).then(|| format!("the {} has not moved for {} seconds", part.word(), still.as_secs()))
        })
    }

    /// Why it does not work, if it does not.
    pub(super) fn trouble(&self) -> Option<String> {
        let behind = self.counted().behind;
        let clock = (behind > 0).then(|| format!("the machine's clock is {behind} seconds behind what was seen"));
        let of = |part: Part| {
            self.part(part, |it| match &it.trouble {
                Some(why) => Some(format!("{}: {why}", part.word())),
                None if !it.worked => Some(format!("{}: still starting", part.word())),
                None => None,
            })
        };
        self.standstill().or_else(|| PARTS.into_iter().find_map(of)).or(clock)
    }

    /// How late things were decided, in seconds.
    pub(super) fn late(&self, seconds: impl Iterator<Item = i64>) {
        let mut counted = self.counted();
        for late in seconds.map(|it| it.max(0)) {
            if let Some(class) = CLASSES.iter().position(|end| late <= *end) {
                counted.late[class] += 1;
            }
            counted.late_in_all += 1;
            counted.late_seconds = counted.late_seconds.saturating_add(late);
        }
    }

    pub(super) fn ran(&self, report: &RunReport, took: Duration, now: i64) {
        let mut counted = self.counted();
        counted.runs += 1;
        (counted.last_run, counted.last_run_took) = (now, took);
        for (sum, more) in counted.decided.iter_mut().zip(decided(report)) {
            *sum += more;
        }
    }

    pub(super) fn mail(&self, became: Became) {
        if let Some(place) = MAILS.iter().position(|it| *it == became) {
            self.counted().mails[place] += 1;
        }
    }

    pub(super) fn mails_under_way(&self, number: usize) {
        self.counted().under_way = number;
    }

    pub(super) fn next_due(&self, moment: Option<i64>) {
        self.counted().next = moment;
    }

    /// The engine has nothing more to decide at a moment, or can't.
    pub(super) fn decided_until(&self, moment: i64) {
        self.counted().decided_until = moment;
    }

    /// Until which moment the engine has decided whatever it can.
    pub(super) fn is_decided_until(&self) -> i64 {
        self.counted().decided_until
    }

    pub(super) fn behind(&self, seconds: i64) {
        self.counted().behind = seconds;
    }

    pub(super) fn went_back(&self) {
        self.counted().went_back += 1;
    }

    /// Everything as text. `waits` is what waits in the store and when the next mail leaves, if the store could be read.
    pub(super) fn text(&self, waits: Option<(Depths, Option<i64>)>) -> String {
        let mut page = Metrics::default();
        let ready = u64::from(self.trouble().is_none());
        page.head("merit_build_info", "gauge", "The program");
        page.line("merit_build_info", &format!("{{version=\"{}\"}}", env!("CARGO_PKG_VERSION")), 1);
        page.one("merit_ready", "gauge", "1 if /readyz says so", ready);
        page.head("merit_errors_total", "counter", "Failures, by the part that could not do its work");
        for part in PARTS {
            let errors = self.part(part, |it| it.errors);
            page.line("merit_errors_total", &format!("{{part=\"{}\"}}", part.word()), errors);
        }
        let departure = waits.as_ref().and_then(|it| it.1);
        self.counted().write(&mut page, departure);
        if let Some((depths, _)) = waits {
            page.one("merit_due_cases", "gauge", "Open cases in which something has come due", depths.due_cases);
            page.head("merit_dirty", "gauge", "What is to be looked at again because facts changed");
            page.line("merit_dirty", "{what=\"cases\"}", depths.dirty_cases);
            page.line("merit_dirty", "{what=\"subjects\"}", depths.dirty_subjects);
            page.head("merit_outbox", "gauge", "What waits and what left: due are notices, the others mails, of which a digest is one; dead ones are dead letters");
            for (state, number) in depths.outbox {
                page.line("merit_outbox", &format!("{{state=\"{state}\"}}"), number);
            }
        }
        page.text
    }
}

impl Counted {
    fn write(&self, page: &mut Metrics, departure: Option<i64>) {
        let name = "merit_transition_lateness_seconds";
        page.head(
            name,
            "histogram",
            "Between the moment when something came due in a case and the commit that decided it",
        );
        let mut sum = 0;
        for (end, number) in CLASSES.iter().zip(self.late) {
            sum += number;
            page.line(&format!("{name}_bucket"), &format!("{{le=\"{end}\"}}"), sum);
        }
        page.line(&format!("{name}_bucket"), "{le=\"+Inf\"}", self.late_in_all);
        page.line(&format!("{name}_sum"), "", self.late_seconds);
        page.line(&format!("{name}_count"), "", self.late_in_all);
        page.one("merit_runs_total", "counter", "Runs of the engine", self.runs);
        page.one("merit_last_run_seconds", "gauge", "How long the last run took", self.last_run_took.as_secs_f64());
        page.one("merit_last_run_timestamp_seconds", "gauge", "The moment as of which it last ran", self.last_run);
        if let Some(next) = self.next.into_iter().chain(departure).min() {
            page.one("merit_next_due_timestamp_seconds", "gauge", "When it works next by itself", next);
        }
        page.head("merit_decided_total", "counter", "What was decided since the start");
        for (what, number) in DECIDED.iter().zip(self.decided) {
            page.line("merit_decided_total", &format!("{{what=\"{what}\"}}"), number);
        }
        page.head(
            "merit_mail_attempts_total",
            "counter",
            "Attempts to send since the start, by what became of the mail",
        );
        for (became, number) in MAILS.iter().zip(self.mails) {
            page.line("merit_mail_attempts_total", &format!("{{became=\"{}\"}}", became.word()), number);
        }
        page.one("merit_mails_under_way", "gauge", "Mails that are just being handed over", self.under_way);
        page.one("merit_clock_behind_seconds", "gauge", "By how much the machine's clock is behind", self.behind);
        page.one("merit_clock_jumps_total", "counter", "How often the machine's clock went back", self.went_back);
    }
}

/// A page of numbers under way.
#[derive(Default)]
struct Metrics {
    text: String,
}

impl Metrics {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.text, "# HELP {name} {help}.\n# TYPE {name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        let _ = writeln!(self.text, "{name}{labels} {value}");
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: impl std::fmt::Display) {
        self.head(name, kind, help);
        self.line(name, "", value);
    }
}
