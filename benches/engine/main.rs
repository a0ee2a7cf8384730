//! The engine's speed: steps that have come due are found, decided, journalled with their effects, and committed.
//!
//! Merit and two bare loops take turns on one disk, with the same pragmas: *same rows* writes exactly what Merit wrote, read back
//! from its store, into a copy of that store; *fixed rows* writes small rows of its own, so that fat rows win nothing. Neither
//! decides anything. Sending is outside. Time in which a loop was ready and another program had the processor is left out, for all three
//! alike; what of it was left out is printed.
//!
//! `cargo bench --bench engine` measures with 100,000 open cases; `cargo bench --bench engine -- --full` with 1,000,000, of which
//! 10,000 are due at a time unbatched and 100,000 in batches of 1,000. Linux only: memory is read from `/proc`.

#![expect(clippy::unwrap_used, reason = "a benchmark whose step fails has failed")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use merit::store::Store;
use merit::store::sqlite::{Access, SqliteStore};

mod bare;
mod clock;
mod office;
mod storm;

use bare::{FixedRows, SameRows};
use clock::{Clock, Took};
use office::Plan;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PAIRS: usize = 5;
/// Pages of the log before they are taken over into the file: what SQLite is told instead of what Merit tells it.
const LARGE_LOG: u32 = 32_768;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [what, store, batch] = arguments.as_slice()
        && what == "storm"
    {
        return storm::run(Path::new(store), batch.parse().unwrap());
    }
    let has = |name: &str| arguments.iter().any(|it| it == name);
    let after =
        |name: &str| arguments.iter().skip_while(|it| *it != name).nth(1).map(|it| it.parse::<usize>().unwrap());
    let people = after("--cases").unwrap_or(if has("--full") { 1_000_000 } else { 100_000 });
    let pairs = after("--pairs").unwrap_or(PAIRS);
    Bench::new(people, pairs).all();
}

struct Bench {
    folder: PathBuf,
    plan: Plan,
    pairs: usize,
    single: usize,
    batched: usize,
}

impl Bench {
    fn new(people: usize, pairs: usize) -> Self {
        let (single, batched) = (people / 100, people / 10);
        let mut days = vec![single; pairs];
        days.extend(vec![batched; pairs]);
        days.extend(vec![batched / 2; 4]);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("engine-{people}"));
        std::fs::create_dir_all(&folder).unwrap();
        Self { folder, plan: Plan { people, days }, pairs, single, batched }
    }

    fn all(&self) {
        let began = Instant::now();
        let base = office::prepared(&self.folder, &self.plan);
        eprintln!("the store is there after {:.0?}", began.elapsed());
        let mut ring = Ring::new(&base, self.plan.people);
        println!("{} open cases; the store has {} MB", self.plan.people, size(&base) / 1_000_000);
        println!("pragmas of all three: {}\n", told(&ring.pragmas));
        let runs = [
            ("one commit each", 0..self.pairs, self.single, 1),
            ("batches of 1,000", self.pairs..2 * self.pairs, self.batched, 1_000),
        ];
        for (what, days, due, batch) in runs {
            let seen: Vec<Seen> = days.map(|place| ring.round(&self.plan, place, due, batch)).collect();
            print(what, due, &seen);
        }
        self.with_another_log(&mut ring);
        self.storm(&ring);
    }

    /// The same where SQLite takes over the log more rarely, with what that costs whoever starts again.
    fn with_another_log(&self, ring: &mut Ring) {
        for (at, pages) in [ring.pages(), LARGE_LOG].into_iter().enumerate() {
            ring.take_over_after(pages);
            let seen: Vec<Seen> = (0..2)
                .map(|it| ring.round(&self.plan, 2 * self.pairs + 2 * at + it, self.batched / 2, 1_000))
                .collect();
            let (log, restart) = ring.restart();
            print(&format!("batches of 1,000, wal_autocheckpoint = {pages}"), self.batched / 2, &seen);
            println!("started again with a log of {} MB: ready after {restart:.1?}\n", log / 1_000_000);
        }
    }

    fn storm(&self, ring: &Ring) {
        for batch in [1_000, 500] {
            let store = office::copy(&ring.base, "storm.db");
            storm::measure(&store, self.plan.people, batch);
        }
        for name in ["storm.db", "storm.db-wal", "storm.db-shm"] {
            let _ = std::fs::remove_file(self.folder.join(name));
        }
    }
}

fn size(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |it| it.len())
}

fn told(pragmas: &[(&'static str, String)]) -> String {
    pragmas.iter().map(|(name, value)| format!("{name} = {value}")).collect::<Vec<_>>().join(", ")
}

/// Merit's store, a copy of it for the same rows, and the fixed rows.
struct Ring {
    base: PathBuf,
    merit: (PathBuf, SqliteStore),
    same: (PathBuf, rusqlite::Connection),
    fixed: FixedRows,
    pragmas: Vec<(&'static str, String)>,
}

/// What one round took.
struct Seen {
    merit: Took,
    same: Took,
    fixed: Took,
    rows: u64,
    bytes: usize,
}

impl Ring {
    fn new(base: &Path, people: usize) -> Self {
        let (ours, theirs) = (office::copy(base, "merit.db"), office::copy(base, "same.db"));
        let store = SqliteStore::open(&ours, Access::Write).unwrap();
        let pragmas = store.pragmas().unwrap();
        let same = bare::open(&theirs, &pragmas);
        let fixed = FixedRows::new(&base.with_file_name("fixed.db"), people, &pragmas);
        Self { base: base.to_owned(), merit: (ours, store), same: (theirs, same), fixed, pragmas }
    }

    fn pages(&self) -> u32 {
        self.pragmas.iter().find(|it| it.0 == "wal_autocheckpoint").unwrap().1.parse().unwrap()
    }

    fn take_over_after(&mut self, pages: u32) {
        self.merit.1.take_over_after(pages).unwrap();
        self.pragmas = self.merit.1.pragmas().unwrap();
        for (name, value) in self.pragmas.iter().filter(|it| it.0 == "wal_autocheckpoint") {
            self.same.1.pragma_update(None, name, value).unwrap();
        }
        self.fixed.set(&self.pragmas);
    }

    /// One after the other: Merit, the same rows, the fixed rows. Each begins with an empty log.
    fn round(&mut self, plan: &Plan, place: usize, due: usize, batch: u32) -> Seen {
        let day = plan.day(place);
        checkpoint(&self.merit.0);
        let behind = self.merit.1.state().unwrap().rev;
        let written = self.merit.1.rows_written();
        let clock = Clock::start();
        let report = office::run(&mut self.merit.1, day, batch);
        let merit = clock.took();
        let rows = self.merit.1.rows_written() - written;
        assert_eq!((report.reminders, report.set_aside), (due as u64, 0));
        let until = office::policy().main().end_of_day(day).0;
        // Besides the rows of the cases, each commit is one row, which Merit writes and seals, and the last names the day.
        let commits = self.merit.1.state().unwrap().rev - behind;
        let least = 2 * report.reminders + report.effects + 3 * u64::try_from(commits).unwrap();
        let same = SameRows::read(&self.merit.0, behind, until, rows > least);
        assert_eq!(same.cases(), due);
        checkpoint(&self.same.0);
        let (took, bare_rows) = same.write(&self.same.1);
        assert!(
            bare_rows.abs_diff(rows) <= 3 * same.transactions() as u64,
            "{rows} rows by Merit, {bare_rows} by the bare loop"
        );
        assert_eq!(bare::digest(&self.merit.0, behind), bare::digest(&self.same.0, behind), "the same rows");
        let fixed = self.fixed.write(due, batch as usize);
        Seen { merit, same: took, fixed, rows, bytes: same.bytes() }
    }

    /// How long a store takes until it has found that nothing is due, if its program was killed where it stands now.
    fn restart(&self) -> (u64, Duration) {
        let killed = office::copy(&self.merit.0, "killed.db");
        let log = |of: &Path| of.with_extension("db-wal");
        std::fs::copy(log(&self.merit.0), log(&killed)).unwrap();
        let length = size(&log(&killed));
        let began = Instant::now();
        let mut store = SqliteStore::open(&killed, Access::Write).unwrap();
        let day = store.state().unwrap().as_of.unwrap();
        assert_eq!(office::run(&mut store, day, 1_000).effects, 0);
        let took = began.elapsed();
        drop(store);
        std::fs::remove_file(killed).unwrap();
        (length, took)
    }
}

fn checkpoint(store: &Path) {
    rusqlite::Connection::open(store).unwrap().execute_batch("pragma wal_checkpoint(truncate)").unwrap();
}

fn print(what: &str, due: usize, seen: &[Seen]) {
    println!("## {due} due, {what}\n");
    println!(
        "| round | Merit, steps/s | same rows | fixed rows | of same rows | of fixed rows |\n|---|---|---|---|---|---|"
    );
    let rows: Vec<[Duration; 3]> = seen.iter().map(|it| [it.merit, it.same, it.fixed].map(Took::own)).collect();
    for (at, it) in rows.iter().enumerate() {
        row(&(at + 1).to_string(), due, *it);
    }
    row("median", due, [0, 1, 2].map(|of| median(rows.iter().map(|it| it[of]).collect())));
    let of = |of: fn(&Took) -> Duration| {
        [0, 1, 2].map(|it| {
            let each = seen.iter().map(|seen| of(&[seen.merit, seen.same, seen.fixed][it])).collect();
            micros(median(each), due)
        })
    };
    let (ran, waited) = (of(|it| it.ran), of(|it| it.waited));
    println!(
        "\nMicroseconds to a step (medians): on the processor {}, {}, {}; waiting for it, and left out, {}, {}, {}.",
        ran[0], ran[1], ran[2], waited[0], waited[1], waited[2]
    );
    let (rows, bytes) = (seen.iter().map(|it| it.rows).sum::<u64>(), seen.iter().map(|it| it.bytes).sum::<usize>());
    let all = due * seen.len();
    println!("{:.1} rows and {} bytes to a step.\n", rate(usize::try_from(rows).unwrap(), all), bytes / all);
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn micros(time: Duration, steps: usize) -> u128 {
    time.as_micros() / steps as u128
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn rate(count: usize, of: usize) -> f64 {
    count as f64 / of as f64
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn row(name: &str, due: usize, [merit, same, fixed]: [Duration; 3]) {
    let a_second = |it: Duration| due as f64 / it.as_secs_f64();
    let share = |it: Duration| 100.0 * it.as_secs_f64() / merit.as_secs_f64();
    println!(
        "| {name} | {:.0} | {:.0} | {:.0} | {:.0} % | {:.0} % |",
        a_second(merit),
        a_second(same),
        a_second(fixed),
        share(same),
        share(fixed)
    );
}
