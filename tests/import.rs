//! Files as offices send them: whatever they look like, good rows go in, bad cells are named, and nothing is lost.

#![expect(clippy::unwrap_used, reason = "a test whose files or store fail has failed")]

use std::path::{Path, PathBuf};

use jiff::civil::{Date, date};
use merit::exchange::{ImportError, ImportFile, ImportPlan, ImportReport, Mapping, apply_all, plan_all};
use merit::policy::compile;
use merit::policy::model::Policy;
use merit::source::Sources;
use merit::store::Store;
use merit::store::sqlite::SqliteStore;
use proptest::prelude::*;

const POLICY: &str = r#"
calendar office { time zone "UTC"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026 }
record body { id key text; name text; head optional person; parent optional body }
record person {
  id     key text
  name   text
  rank   dated one of low < high
  pay    optional money USD per year
  mark   number from 0 to 100 with 1 decimal
  unit   optional body
  boss   optional person
  joined event
}
record review of person each year { agreed event; mark number from 0 to 100 with 1 decimal }
record incident of person { happened event; kind one of absence, fraud }
record posting of person from started until ended { started event; ended event }
record leave of person from began until back { began date; back optional date; may overlap }
"#;

const FROM: Date = date(2026, 1, 1);
/// 15 January 2027: what holds from then holds today.
const NOW: i64 = 1_800_000_000;

struct Desk {
    policy: Policy,
    store: SqliteStore,
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sources = Sources::single("policy.merit", POLICY);
        let compilation = compile(&sources);
        let policy =
            compilation.policy.unwrap_or_else(|| panic!("{}", compilation.diagnostics.render(&sources, false)));
        let mut store = SqliteStore::open_or_create(&folder.path().join("merit.db")).unwrap();
        store.deploy(&[("policy.merit".to_owned(), POLICY.to_owned())], &policy, "first", 0).unwrap();
        Self { policy, store, folder }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn plan(&self, files: &[(&str, &[u8], &str)]) -> Result<Vec<ImportPlan>, ImportError> {
        let file = |(name, bytes, mapping): &(&str, &[u8], &str)| {
            let mapping = Mapping::read("mapping.toml", mapping).unwrap();
            ImportFile { path: self.write(name, bytes), mapping, from: FROM }
        };
        plan_all(&self.policy, &self.store, &files.iter().map(file).collect::<Vec<_>>())
    }

    fn import(&mut self, files: &[(&str, &[u8], &str)]) -> Vec<ImportReport> {
        let plans = self.plan(files).unwrap();
        apply_all(plans, &self.policy, &mut self.store, NOW, &mut |_| ()).unwrap()
    }

    fn one(&mut self, name: &str, bytes: &[u8], mapping: &str) -> ImportReport {
        self.import(&[(name, bytes, mapping)]).remove(0)
    }

    /// What a column holds, ordered by key.
    fn column(&self, table: &str, column: &str) -> Vec<Option<String>> {
        let connection = rusqlite::Connection::open(self.folder.path().join("merit.db")).unwrap();
        let sql = format!("select cast({column} as text) from {table} order by id");
        let mut statement = connection.prepare(&sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }
}

fn texts(them: &[&str]) -> Vec<Option<String>> {
    them.iter().map(|it| if it.is_empty() { None } else { Some((*it).to_owned()) }).collect()
}

#[test]
fn the_same_rows_come_in_whatever_the_file_looks_like() {
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain("id,name\nA,Zoë\nB,\"two\nlines\"\n".encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let files: [(&str, &[u8]); 7] = [
        ("plain UTF-8", "id,name\nA,Zoë\nB,\"two\nlines\"\n".as_bytes()),
        ("UTF-8 with a mark", "\u{feff}id,name\nA,Zoë\nB,\"two\nlines\"\n".as_bytes()),
        ("lines that end in two signs", "id,name\r\nA,Zoë\r\nB,\"two\nlines\"\r\n".as_bytes()),
        ("semicolons", "id;name\nA;Zoë\nB;\"two\nlines\"\n".as_bytes()),
        ("tabs, and no last line end", "id\tname\nA\tZoë\nB\t\"two\nlines\"".as_bytes()),
        ("Windows-1252", b"id,name\nA,Zo\xeb\nB,\"two\nlines\"\n"),
        ("UTF-16", &utf16),
    ];
    for (what, bytes) in files {
        let mut desk = Desk::new();
        let report = desk.one("person.csv", bytes, "");
        assert_eq!((report.good, report.rejected), (2, 0), "{what}: {:?}", report.findings);
        assert_eq!(desk.column("r_person", "name"), texts(&["Zoë", "two\nlines"]), "{what}");
    }
}

#[test]
fn dates_are_read_as_the_mapping_says_and_never_guessed() {
    for (mapping, word, read) in [
        ("", "2026-03-04", Some("2026-03-04")),
        ("dates = \"d/m/y\"", "4/3/2026", Some("2026-03-04")),
        ("dates = \"m/d/y\"", "3/4/2026", Some("2026-03-04")),
        ("dates = \"m/d/y\"", "3/4/2026 10:30", Some("2026-03-04")),
        ("dates = \"m/d/y\"", "13/4/2026", None),
        ("dates = \"d/m/y\"", "2026-03-04", None),
        ("", "4/3/2026", None),
        ("", "2026-02-30", None),
        ("", "26-03-04", None),
    ] {
        let mut desk = Desk::new();
        let report = desk.one("person.csv", format!("id,joined\nA,{word}\n").as_bytes(), mapping);
        let expected = read.map(|it| vec![Some(it.to_owned())]).unwrap_or_default();
        assert_eq!(desk.column("r_person", "joined"), expected, "{mapping} {word}");
        assert_eq!(report.rejected, u64::from(read.is_none()), "{mapping} {word}");
    }
}

#[test]
fn numbers_are_not_rounded_and_thousands_not_taken_for_decimals() {
    for (mapping, word, read) in [
        ("", "12.5", Some("125")),
        ("", "1,250", None),
        ("", "12,5", None),
        ("decimal_comma = true", "12,5", Some("125")),
        ("", "12.55", None),
        ("", "100.1", None),
        ("", "-1", None),
        ("", "twelve", None),
        ("", "1e1", None),
        ("", "NaN", None),
        ("", "99999999999999999999999999", None),
    ] {
        let mut desk = Desk::new();
        let report = desk.one("person.csv", format!("id;mark\nA;{word}\n").as_bytes(), mapping);
        let expected = read.map(|it| vec![Some(it.to_owned())]).unwrap_or_default();
        assert_eq!(desk.column("r_person", "mark"), expected, "{mapping} {word}: {:?}", report.findings);
    }
    let mut desk = Desk::new();
    desk.one("person.csv", b"id;pay\nA;1,250,000\nB;USD 5\n", "");
    assert_eq!(desk.column("r_person", "pay").len(), 2, "thousands are read where they can be nothing else");
}

#[test]
fn rows_may_refer_to_rows_further_down_and_to_other_files() {
    let mut desk = Desk::new();
    let reports = desk.import(&[
        ("body.csv", b"id,name,head\nW,Works,A\n", ""),
        ("person.csv", b"id,name,unit,boss\nB,Below,W,A\nA,Above,W,\nC,Lost,X,A\nD,Under Lost,W,C\n", ""),
        ("review.csv", b"person,year,mark\nA,2026,50\nC,2026,50\nA,2026/27,50\n", ""),
        ("incident.csv", b"person,happened,kind\nB,2026-02-01,absence\nB,2026-02-03,absence\n", ""),
    ]);
    let counts: Vec<_> = reports.iter().map(|it| (it.good, it.rejected)).collect();
    assert_eq!(counts, [(1, 0), (2, 2), (1, 2), (2, 0)], "{reports:#?}");
    let reason = |report: &ImportReport, line: u64| {
        report.findings.iter().find(|it| it.line == line && it.rejected).map(|it| it.reason.clone()).unwrap()
    };
    assert_eq!(reason(&reports[1], 4), "there is no record `X`");
    assert_eq!(reason(&reports[1], 5), "it refers to `C`, whose row is held back");
    assert!(reason(&reports[2], 4).contains("2026/27"), "{}", reason(&reports[2], 4));
    assert_eq!(desk.column("r_person", "boss"), texts(&["", "A"]));
}

#[test]
fn a_second_import_changes_what_changed_and_nothing_else() {
    let mut desk = Desk::new();
    desk.one("person.csv", b"id,name,rank\nA,Ann,low\nB,Ben,low\n", "");
    let report = desk.one("person.csv", b"id,name,rank\nA,Ann,low\nB,Benjamin,low\nC,Cat,high\n", "");
    assert_eq!((report.created, report.changed, report.same), (1, 1, 1));
    let rev = desk.store.state().unwrap().rev;
    let again = desk.one("person.csv", b"id,name\nA,Ann\n", "");
    assert_eq!((again.created, again.changed, again.same), (0, 0, 1), "a file with fewer columns leaves the others");
    assert_eq!(desk.column("r_person", "rank"), texts(&["low", "low", "high"]));
    assert_eq!(desk.store.state().unwrap().rev, rev + 1, "the import itself is on record");
}

#[test]
fn a_row_that_says_the_same_twice_is_taken_once_and_another_word_is_held_back() {
    let mut desk = Desk::new();
    let text = b"id,name,extra\nA,Ann,1\nA,Ann,2\nA,Anna,3\n";
    let report = desk.one("person.csv", text, "ignore = [\"*\"]");
    assert_eq!((report.good, report.rejected), (1, 1), "{report:#?}");
    assert_eq!(desk.column("r_person", "name"), texts(&["Ann"]));
}

#[test]
fn a_circle_of_superiors_is_named() {
    let desk = Desk::new();
    let plans = desk.plan(&[("person.csv", b"id,boss\nA,B\nB,C\nC,A\nD,A\n", "")]).unwrap();
    let circles: Vec<_> = plans[0].report.findings.iter().filter(|it| it.reason.contains("circle")).collect();
    assert_eq!(circles.len(), 1, "{circles:?}");
    assert!(["A", "B", "C"].iter().all(|it| circles[0].reason.contains(it)) && !circles[0].reason.contains('D'));
}

#[test]
fn a_circle_that_a_tree_closes_with_what_is_in_the_store_is_named() {
    let mut desk = Desk::new();
    let report = desk.one("body.csv", b"id,parent\nTop,\nMiddle,Top\nLow,Middle\n", "");
    assert!(report.findings.is_empty(), "{report:#?}");
    let report = desk.one("body.csv", b"id,parent\nTop,Low\n", "");
    let circles: Vec<_> = report.findings.iter().filter(|it| it.reason.contains("circle")).collect();
    assert_eq!(circles.len(), 1, "{report:#?}");
    assert!(["Top", "Middle", "Low"].iter().all(|it| circles[0].reason.contains(it)), "{circles:?}");
}

#[test]
fn spells_that_overlap_are_held_back_unless_they_may() {
    let mut desk = Desk::new();
    desk.one("person.csv", b"id,name\nA,Ann\nB,Ben\n", "");
    let rows = b"person,n,started,ended\nA,1,2026-01-01,2026-01-31\nA,2,2026-02-01,\nA,3,2026-03-01,2026-03-05\nB,1,2026-03-01,\nB,2,2026-02-01,2026-01-01\n";
    let report = desk.one("posting.csv", rows, "");
    let reasons: Vec<(u64, &str)> = report.findings.iter().map(|it| (it.line, it.reason.as_str())).collect();
    assert_eq!(
        reasons,
        [(4, "it overlaps another, which runs from 2026-02-01 and goes on"), (6, "it ends before it begins")]
    );
    let report = desk.one("posting.csv", b"person,n,started,ended\nA,4,2026-01-31,2026-01-31\n", "");
    assert_eq!(report.rejected, 1, "{report:#?}");
    let report = desk.one("posting.csv", b"person,n,ended\nA,2,2026-02-28\n", "");
    assert_eq!(report.rejected, 0, "{report:#?}");
    let report = desk.one("posting.csv", b"person,n,started,ended\nA,3,2026-03-01,2026-03-05\n", "");
    assert_eq!(report.rejected, 0, "what went on has ended: {report:#?}");
    let rows = b"person,n,began,back\nA,1,2026-01-01,2026-01-31\nA,2,2026-01-05,\n";
    assert_eq!(desk.one("leave.csv", rows, "").rejected, 0);
}

#[test]
fn what_is_no_such_file_is_refused_with_the_reason() {
    let desk = Desk::new();
    for (name, bytes, mapping, reason) in [
        ("person.csv", &b"\x00\x01\x02"[..], "", "is it a CSV file?"),
        ("person.csv", b"", "", "no head"),
        ("person.csv", b"id,ID\n", "", "two columns"),
        ("person.csv", b"name\nAnn\n", "", "no column for the key `id`"),
        ("persons.csv", b"id\nA\n", "", "there is no record type `persons`"),
        ("person.csv", b"id\nA\n", "[columns]\nnaem = \"id\"", "`naem`"),
        ("person.csv", b"id\nA\n", "[columns]\nname = \"Name\"", "no column `Name`"),
        ("person.csv", b"id\nA\xff\n", "encoding = \"utf-8\"", "no UTF-8"),
        ("review.csv", b"year\n2026\n", "", "of whom each row is"),
    ] {
        let error = desk.plan(&[(name, bytes, mapping)]).unwrap_err().to_string();
        assert!(error.contains(reason), "{reason}: {error}");
    }
}

#[test]
fn a_dry_run_writes_nothing() {
    let desk = Desk::new();
    let before = desk.store.state().unwrap();
    let plans = desk.plan(&[("person.csv", b"id,name\nA,Ann\n", "")]).unwrap();
    assert_eq!(plans[0].report.good, 1);
    assert_eq!(desk.store.state().unwrap().seal, before.seal);
    assert!(desk.column("r_person", "id").is_empty());
}

const CLEAN: &str = "id,name,rank,pay,mark,unit,boss,joined\n\
    A,\"Ann, the first\",low,1000,50.5,,,2020-01-31\n\
    B,Ben,high,,0,,A,\n\
    C,\"Cat\nof two lines\",low,25,100,,B,2024-02-29\n";

/// One slip of a keyboard or a transfer.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let slip = (0..3_u8, any::<prop::sample::Index>(), prop::sample::select(b"\",;\n\r\t\0\xff x9-/".to_vec()));
    prop::collection::vec(slip, 1..6).prop_map(|slips| {
        let mut bytes = CLEAN.as_bytes().to_vec();
        for (kind, at, byte) in slips {
            let at = at.index(bytes.len().max(1));
            match kind {
                0 => bytes.insert(at, byte),
                1 if at < bytes.len() => drop(bytes.remove(at)),
                _ if at < bytes.len() => bytes[at] = byte,
                _ => {}
            }
        }
        bytes
    })
}

fn rows_in(desk: &Desk) -> usize {
    desk.column("r_person", "id").len()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn no_slip_makes_it_panic_and_every_row_is_accounted_for(bytes in mutated(), mapping in prop::sample::select(vec!["", "dates = \"d/m/y\"", "decimal_comma = true"])) {
        let mut desk = Desk::new();
        let Ok(plans) = desk.plan(&[("person.csv", &bytes, mapping)]) else {
            prop_assert_eq!(rows_in(&desk), 0);
            return Ok(());
        };
        let plan = &plans[0];
        let repeated = plan.report.findings.iter().filter(|it| it.reason.contains("taken once")).count() as u64;
        prop_assert_eq!(plan.report.good + plan.report.rejected + repeated, plan.report.rows);
        prop_assert_eq!(plan.held_back.len() as u64, plan.report.rejected);
        for (line, _, reason) in &plan.held_back {
            prop_assert!(!reason.is_empty());
            prop_assert!(plan.report.findings.iter().any(|it| it.rejected && it.line == *line));
        }
        let good = plan.report.good;
        apply_all(plans, &desk.policy, &mut desk.store, NOW, &mut |_| ()).unwrap();
        prop_assert_eq!(rows_in(&desk) as u64, good);
        prop_assert!(desk.store.verify_journal(None).unwrap().is_ok());
    }
}

#[test]
fn rows_held_back_come_back_corrected_whatever_the_first_file_looked_like() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    std::fs::write(place("merit.toml"), "policies = [\"policy.merit\"]\n").unwrap();
    std::fs::write(place("policy.merit"), POLICY).unwrap();
    std::fs::write(place("person.toml"), "encoding = \"windows-1252\"\ndelimiter = \";\"\ndates = \"d/m/y\"\n")
        .unwrap();
    std::fs::write(
        place("person.csv"),
        b"id;name;joined\nA;Zo\xeb, the first;31/01/2020\nB;Zo\xeb;31/02/2020\nC;Cat;x\n",
    )
    .unwrap();
    merit(folder.path(), 0, &["deploy", "--adopt", "2026-01-01"]);
    merit(folder.path(), 1, &["import", "person.csv", "--from", "2026-01-01"]);
    let held = std::fs::read_to_string(place("person.rejected.csv")).unwrap();
    assert!(held.starts_with("id,name,joined,merit_line,merit_reason\nB,Zoë,31/02/2020,3,"), "{held}");
    std::fs::write(place("person.rejected.csv"), held.replace("31/02/2020", "28/02/2020")).unwrap();
    merit(folder.path(), 1, &["import", "person.rejected.csv", "--from", "2026-01-01"]);
    let held = std::fs::read_to_string(place("person.rejected.csv")).unwrap();
    assert!(held.contains("\nC,Cat,x,") && !held.contains("Zoë"), "only what is still wrong stays: {held}");
    let connection = rusqlite::Connection::open(place("merit.db")).unwrap();
    let zoes = "select count(*) from r_person where name like 'Zoë%' and joined is not null";
    assert_eq!(connection.query_row(zoes, [], |row| row.get::<_, i64>(0)).unwrap(), 2);
}

fn merit(folder: &Path, code: i32, words: &[&str]) {
    let output =
        std::process::Command::new(env!("CARGO_BIN_EXE_merit")).args(words).current_dir(folder).output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "merit {}: {err}", words.join(" "));
}
