//! The main job at the size of a whole public service: import, first run, a run with nothing due, a run with a thousand due.
//!
//! Each figure is the median of five whole processes, with the most memory that any of the five held (`VmHWM`); one table, one
//! run. The import stands beside two bare loops over the same files, with the same SQLite settings: one inserts the files' rows
//! and nothing else; one inserts the same rows as an import, into the tables and indexes that an import fills (each record, and
//! for each what the file said of it). Neither checks anything.
//! `cargo bench --bench main_job`, with `MERIT_BENCH_OFFICERS` for another size than 100,000. Linux only: memory is read from
//! `/proc`.

#![expect(clippy::unwrap_used, reason = "a benchmark whose step fails has failed")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const MERIT: &str = env!("CARGO_BIN_EXE_merit");
const ROUNDS: usize = 5;
const FIRST_DAY: &str = "2026-07-01";
const IDLE_DAY: &str = "2026-07-02";
const BUSY_DAY: &str = "2026-07-06";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|it| it.starts_with("bare-")) {
        let [what, records, store] = [0, 1, 2].map(|it| arguments[at + it].as_str());
        let (records, store) = (Path::new(records), Path::new(store));
        return if what == "bare-files" { bare_files(records, store) } else { bare_same_rows(records, store) };
    }
    let officers = std::env::var("MERIT_BENCH_OFFICERS").map_or(100_000, |it| it.parse().unwrap());
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let bench = Bench { project: folder.path().join("project") };
    bench.prepare(officers);
    let mut rows = Rows::default();
    for _ in 0..ROUNDS {
        bench.round(&mut rows);
    }
    rows.print(&bench);
}

/// What was measured in one process.
#[derive(Debug, Clone, Copy)]
struct Seen {
    took: Duration,
    memory: u64,
}

#[derive(Default)]
struct Rows {
    files: Vec<Seen>,
    same: Vec<Seen>,
    import: Vec<Seen>,
    first: Vec<Seen>,
    idle: Vec<Seen>,
    busy: Vec<Seen>,
    opened: u64,
    due: u64,
}

struct Bench {
    project: PathBuf,
}

impl Bench {
    /// A copy of the shipped example, in which from one day on about one in a hundred plans is agreed each day.
    fn prepare(&self, officers: u64) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        std::fs::create_dir_all(&self.project).unwrap();
        let settings = std::fs::read_to_string(root.join("examples/uganda/merit.toml")).unwrap();
        let settings = settings.replace("../..", root.to_str().unwrap());
        std::fs::write(self.project.join("merit.toml"), settings).unwrap();
        let plan = std::fs::read_to_string(root.join("examples/uganda/sample.toml")).unwrap();
        let last = (officers / 1_000 * 79).div_ceil(100).clamp(1, 79);
        let spread = format!("from = \"{BUSY_DAY}\", to = \"{}\"", day_after(BUSY_DAY, last));
        let spread_plan = plan.replace("from = \"2026-07-01\", to = \"2026-08-20\"", &spread);
        assert_ne!(plan, spread_plan, "the shipped plan has changed; say here again when plans are agreed");
        std::fs::write(self.project.join("sample.toml"), spread_plan).unwrap();
        self.merit(&["sample", "records", "--size", &officers.to_string()]);
    }

    fn merit(&self, arguments: &[&str]) -> (Seen, serde_json::Value) {
        let mut command = Command::new(MERIT);
        command.args(arguments).arg("--format").arg("json").current_dir(&self.project);
        let (seen, out) = measure(command);
        (seen, serde_json::from_slice(&out).unwrap_or_default())
    }

    fn bare(&self, what: &str, store: &Path) -> Seen {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg(what).arg(self.project.join("records")).arg(store);
        measure(command).0
    }

    fn fresh(&self, name: &str) -> PathBuf {
        for end in ["", "-wal", "-shm", "-lock"] {
            let _ = std::fs::remove_file(self.project.join(format!("{name}{end}")));
        }
        self.project.join(name)
    }

    fn round(&self, rows: &mut Rows) {
        let store = self.fresh("bare.db");
        rows.files.push(self.bare("bare-files", &store));
        self.fresh("merit.db");
        self.merit(&["deploy", "--adopt", FIRST_DAY]);
        self.fresh("bare.db");
        std::fs::copy(self.project.join("merit.db"), &store).unwrap();
        rows.same.push(self.bare("bare-same-rows", &store));
        rows.import.push(self.merit(&["import", "records", "--from", FIRST_DAY]).0);
        let (seen, report) = self.merit(&["run", "--as-of", FIRST_DAY]);
        rows.first.push(seen);
        rows.opened = report["cases_opened"].as_u64().unwrap();
        let (seen, report) = self.merit(&["run", "--as-of", IDLE_DAY]);
        rows.idle.push(seen);
        assert_eq!(report["stages_done"], 0, "something was due on the idle day");
        let (seen, report) = self.merit(&["run", "--as-of", BUSY_DAY]);
        rows.busy.push(seen);
        rows.due = report["stages_done"].as_u64().unwrap();
    }
}

impl Rows {
    fn print(&self, bench: &Bench) {
        let size = |name: &str| std::fs::metadata(bench.project.join(name)).map_or(0, |it| it.len()) / 1_000_000;
        let records = count_rows(&bench.project.join("records"));
        println!("{records} rows in three files; medians of {ROUNDS}; most memory of {ROUNDS}\n");
        println!("| step | time | memory | |\n|---|---|---|---|");
        let import = median(&self.import);
        let bare = |name: &str, seen: &[Seen]| line(name, seen, &format!("{:.0} rows/s", rate(records, median(seen))));
        bare("bare loop, the files' rows only", &self.files);
        bare("bare loop, the same rows as an import", &self.same);
        let share = |seen: &[Seen]| 100.0 * median(seen).as_secs_f64() / import.as_secs_f64();
        let (same, files) = (share(&self.same), share(&self.files));
        let note = format!(
            "{:.0} rows/s: {same:.0} % of the same rows, {files:.0} % of the files' rows",
            rate(records, import)
        );
        line("`merit import`", &self.import, &note);
        let opened = rate(self.opened, median(&self.first));
        line("first `merit run`", &self.first, &format!("{} cases opened, {opened:.0} cases/s", self.opened));
        line("`merit run`, nothing due", &self.idle, &format!("{} open cases", self.opened));
        let due = rate(self.due, median(&self.busy));
        line("`merit run`, some due", &self.busy, &format!("{} stages done, {due:.0} cases/s", self.due));
        println!("\nThe store afterwards: {} MB; the bare one: {} MB.", size("merit.db"), size("bare.db"));
    }
}

fn line(name: &str, seen: &[Seen], note: &str) {
    let memory = seen.iter().map(|it| it.memory).max().unwrap_or(0) / 1024;
    println!("| {name} | {:.0} ms | {memory} MB | {note} |", median(seen).as_secs_f64() * 1_000.0);
}

fn median(seen: &[Seen]) -> Duration {
    let mut times: Vec<Duration> = seen.iter().map(|it| it.took).collect();
    times.sort();
    times[times.len() / 2]
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn rate(count: u64, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

/// Runs a process to its end and reads the most memory it held, as the kernel counts it, until just before.
fn measure(mut command: Command) -> (Seen, Vec<u8>) {
    let began = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut out, &mut bytes).unwrap();
        bytes
    });
    let (took, memory) = wait(&mut child, began);
    (Seen { took, memory }, reader.join().unwrap())
}

fn wait(child: &mut Child, began: Instant) -> (Duration, u64) {
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let peak = text.lines().find_map(|it| it.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        most = most.max(peak.unwrap_or(0));
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.code().is_some_and(|it| it < 2), "a step ended with {status}");
            return (began.elapsed(), most);
        }
        std::thread::sleep(Duration::from_micros(500));
    }
}

fn count_rows(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    files.map(|it| csv::Reader::from_path(it).unwrap().into_byte_records().count() as u64).sum()
}

fn day_after(day: &str, days: u64) -> jiff::civil::Date {
    let day: jiff::civil::Date = day.parse().unwrap();
    day.checked_add(jiff::Span::new().days(i64::try_from(days).unwrap())).unwrap()
}

const FILES: [&str; 3] = ["organisation", "officer", "appraisal"];

fn bare_store(store: &Path) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(store).unwrap();
    let pragmas = "pragma journal_mode = wal; pragma synchronous = full; pragma wal_autocheckpoint = 4000; pragma cache_size = -65536";
    connection.execute_batch(pragmas).unwrap();
    connection
}

/// The least that a loader can do: every row of every file into a table of its own, one transaction, as text.
fn bare_files(records: &Path, store: &Path) {
    let mut connection = bare_store(store);
    let transaction = connection.transaction().unwrap();
    for name in FILES {
        let mut reader = csv::Reader::from_path(records.join(format!("{name}.csv"))).unwrap();
        let names: Vec<String> = reader.headers().unwrap().iter().map(|it| format!("\"{it}\"")).collect();
        let columns: Vec<String> = names.iter().map(|it| format!("{it} text")).collect();
        let keys = if name == "appraisal" { 2 } else { 1 };
        let (columns, key) = (columns.join(", "), names[..keys].join(", "));
        let create = format!("create table {name} ({columns}, primary key ({key})) strict, without rowid");
        transaction.execute_batch(&create).unwrap();
        let marks = vec!["?"; names.len()].join(", ");
        let mut insert = transaction.prepare(&format!("insert into {name} values ({marks})")).unwrap();
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record).unwrap() {
            insert.execute(rusqlite::params_from_iter(record.iter())).unwrap();
        }
    }
    transaction.commit().unwrap();
}

/// The same rows as an import leaves, into a store in which the same policy is in force; nothing is checked or computed.
fn bare_same_rows(records: &Path, store: &Path) {
    let mut connection = bare_store(store);
    let transaction = connection.transaction().unwrap();
    let mut change = transaction.prepare("insert into changes values (2, ?, ?, ?, ?, '', null, ?)").unwrap();
    let mut n = 0;
    for name in FILES {
        let mut reader = csv::Reader::from_path(records.join(format!("{name}.csv"))).unwrap();
        let panel = name == "appraisal";
        let head = reader.headers().unwrap().clone();
        let own = |it: &str| match it {
            "officer" if panel => "of_id".to_owned(),
            "financial_year" => "period".to_owned(),
            it => format!("\"{it}\""),
        };
        let names: Vec<String> = head.iter().map(own).collect();
        let since = if panel { "" } else { ", since" };
        let marks = vec!["nullif(?, '')"; names.len()].join(", ");
        let since_value = if panel { "" } else { ", '2026-07-01'" };
        let insert =
            format!("insert into r_{name} ({}, rev{since}) values ({marks}, 2{since_value})", names.join(", "));
        let mut insert = transaction.prepare(&insert).unwrap();
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record).unwrap() {
            insert.execute(rusqlite::params_from_iter(record.iter())).unwrap();
            n += 1;
            let mut said = String::from("{");
            for (name, value) in head.iter().zip(&record).filter(|it| !it.1.is_empty()) {
                said.extend(["\"", name, "\":\"", value, "\","]);
            }
            said.push('}');
            change.execute(rusqlite::params![n, name, &record[0], if panel { &record[1] } else { "" }, said]).unwrap();
        }
    }
    drop(change);
    transaction.commit().unwrap();
}
