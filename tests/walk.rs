//! All records of a store as columns: what one walk over each table gives is what the plain reader gives, record for record.

#![expect(clippy::unwrap_used, reason = "a test whose store fails has failed")]

#[expect(dead_code, reason = "policies made up at random draw otherwise")]
#[path = "plan/draw.rs"]
mod draw;
#[path = "plan/records.rs"]
mod records;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::{Date, date};
use merit::eval::Facts;
use merit::ids::{FieldId, RecordId};
use merit::policy::compile;
use merit::policy::model::{Policy, RecordType, Shape};
use merit::source::Sources;
use merit::store::sqlite::{Access, SqliteStore};
use merit::store::{ImportNote, RecordChange, Snapshots, Store};
use merit::table::{AsFacts, Records, gather};
use merit::value::{Known, RecordRef, Value};
use records::{TODAY, made_up};
use rusqlite::Connection;

fn merit_files(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    found = found.into_iter().flat_map(|it| if it.is_dir() { merit_files(&it) } else { vec![it] }).collect();
    found.retain(|it| it.extension().is_some_and(|it| it == "merit"));
    found.sort();
    found
}

fn compiled(name: &str, text: &str) -> Option<Policy> {
    compile(&Sources::single(name, text)).policy
}

fn policy(text: &str) -> Policy {
    let sources = Sources::single("policy.merit", text);
    let compilation = compile(&sources);
    compilation.policy.unwrap_or_else(|| panic!("{}", compilation.diagnostics.render(&sources, false)))
}

/// Every policy of the tests that stands alone and has records.
fn policies() -> Vec<(String, String, Policy)> {
    let folders = ["tests/lang/good", "tests/framework", "tests/together", "tests/explain"];
    let mut found = Vec::new();
    for path in folders.iter().flat_map(|it| merit_files(Path::new(it))) {
        let (name, text) = (path.display().to_string(), fs::read_to_string(&path).unwrap());
        let policy = compiled(&name, &text).filter(|it| !it.records.is_empty() && has_years(it));
        found.extend(policy.map(|it| (name, text, it)));
    }
    found.push(("everything".to_owned(), EVERYTHING.to_owned(), policy(EVERYTHING)));
    found
}

/// Whether there are periods enough for what is made up.
fn has_years(policy: &Policy) -> bool {
    let each = |it: &RecordType| if let Shape::Panel { each, .. } = it.shape { Some(each) } else { None };
    policy.records.iter().filter_map(each).all(|each| {
        let now = policy.main().period_containing(each, TODAY);
        now.is_ok_and(|now| (-8..=1).all(|it| policy.main().shift(now, it).is_ok()))
    })
}

/// Every kind of field, in every kind of record, referring to each other across types in both directions.
const EVERYTHING: &str = r#"
calendar c { time zone "UTC"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026
  roll forward; month end back }
record person "Person" {
  id key text
  boss optional person
  team dated team
  rank dated one of a < b < c
  pay dated money USD per year with 2 decimals
  share percent with 3 decimals
  marks number from -40000 to 40000 with 1 decimals
  small number from -100 to 100
  large number
  name text
  mail optional address email
  here yes/no
  born date
  heard event
}
record team { id key text; lead optional person; title dated text }
record review of person each year { given event; mark number from 0 to 200; given_by optional person; words text }
record talk of person each quarter { held event; team optional team }
record incident of person { happened date; kind one of slight, grave; seen optional team; rank dated one of x < y }
"#;

type Fields = Vec<(FieldId, Option<Known>)>;

struct Office {
    policy: Policy,
    store: SqliteStore,
    folder: tempfile::TempDir,
}

impl Office {
    fn of(name: &str, text: &str, policy: Policy) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut store = SqliteStore::open_or_create(&folder.path().join("merit.db")).unwrap();
        store.set(Some(date(2020, 1, 1)), None).unwrap();
        store.deploy(&[(name.to_owned(), text.to_owned())], &policy, "", 1_600_000_000).unwrap();
        Self { policy, store, folder }
    }

    /// Writes what is made up, as imports write it.
    fn fill(&mut self, seed: u64, people: usize) {
        let facts = made_up(&self.policy, seed, people);
        let facts: &dyn Facts = &facts;
        let mut changes: Vec<RecordChange> = Vec::new();
        for record in (0..self.policy.records.len()).map(RecordId::at) {
            match self.policy.record(record).shape {
                Shape::Entity { key } => {
                    for of in facts.records(record) {
                        let change = |from, fields| RecordChange {
                            record,
                            key: Arc::clone(&of.key),
                            part: String::new(),
                            fields,
                            from,
                        };
                        changes.extend(self.entity(facts, &of, key).into_iter().map(|(at, it)| change(at, it)));
                    }
                }
                Shape::Child { of } => {
                    let children = facts.records(of).into_iter().flat_map(|it| facts.children(&it, record));
                    for (at, child) in children.enumerate() {
                        let (owner, number) = child.key.rsplit_once('/').unwrap();
                        // Texts that do not stand in the order of their numbers.
                        let number = number.parse::<usize>().unwrap() + if at % 3 == 0 { 9 } else { 0 };
                        let (key, part) = (Arc::from(owner), number.to_string());
                        let mut fields = self.fields(record, |it| facts.field(&child, it, TODAY));
                        // An import can't change what a child held from some day on.
                        fields.retain(|it| !self.policy.field(record, it.0).dated);
                        changes.push(RecordChange { record, key, part, fields, from: date(2020, 1, 1) });
                    }
                }
                Shape::Panel { of, each } => {
                    let now = self.policy.main().period_containing(each, TODAY).unwrap();
                    for owner in facts.records(of) {
                        for back in -1..8 {
                            let first = self.policy.main().shift(now, -back).unwrap().first;
                            // Something of a period that has not begun, too.
                            let asked = if back < 0 { now.first } else { first };
                            let fields = self.fields(record, |it| facts.panel(&owner, record, each, asked, it));
                            let (key, part) = (Arc::clone(&owner.key), first.to_string());
                            if fields.iter().any(|it| it.1.is_some()) {
                                changes.push(RecordChange { record, key, part, fields, from: date(2020, 1, 1) });
                            }
                        }
                    }
                }
            }
        }
        let note = ImportNote {
            source: "made up".to_owned(),
            sha256: String::new(),
            mapping: String::new(),
            good: 0,
            rejected: 0,
        };
        self.store.import(&self.policy, &[(note, changes)], 1_700_000_000, &mut |_| ()).unwrap();
    }

    fn fields(&self, record: RecordId, value: impl Fn(FieldId) -> Value) -> Fields {
        let all = (0..self.policy.record(record).fields.len()).map(FieldId::at);
        all.map(|it| (it, value(it).known().cloned())).collect()
    }

    /// What an entity holds from its first day on, and each change of a dated field.
    fn entity(&self, facts: &dyn Facts, of: &RecordRef, key: FieldId) -> Vec<(Date, Fields)> {
        let kind = self.policy.record(of.record);
        let mut first = self.fields(of.record, |it| facts.field(of, it, date(2024, 1, 1)));
        first.retain(|it| it.0 != key);
        let mut changes = vec![(date(2020, 1, 1), first)];
        for at in (0..kind.fields.len()).map(FieldId::at).filter(|it| kind.fields[it.index()].dated) {
            for (day, value) in facts.spells(of, at) {
                changes.extend((day > Date::MIN).then(|| (day, vec![(at, value.known().cloned())])));
            }
        }
        changes
    }

    fn sqlite(&self, sql: &str) {
        let connection = Connection::open(self.folder.path().join("merit.db")).unwrap();
        connection.execute_batch("pragma foreign_keys = off").unwrap();
        connection.execute_batch(sql).unwrap();
    }

    fn plainly(&self, until: Date) -> Records {
        let reader = self.store.reader(&self.policy);
        let records = gather(&self.policy, &*reader, until, &mut |record, keys, period| {
            reader.prefetch(record, keys, period);
        });
        assert_eq!(reader.fault().map(|it| it.to_string()), None);
        records
    }
}

/// Everything of some records, as text.
fn told(policy: &Policy, records: &Records, with_named: bool) -> String {
    let mut told = format!("{}\n", records.hash(policy));
    for record in (0..policy.records.len()).map(RecordId::at) {
        let kind = policy.record(record);
        let rows = records.rows(record);
        told += &format!("{}: {} rows\n", kind.label.name, rows.len());
        if let Shape::Panel { of, .. } = kind.shape {
            for day in (0..8_000).map(|it| merit::calendar::day_of_number(15_000 + it).unwrap()) {
                for at in 0..kind.fields.len() {
                    if let Some(column) = records.panel(record, day, FieldId::at(at)) {
                        assert_eq!(column.len(), records.rows(of).len());
                        told += &format!("  {day} {at}: {column:?}\n");
                    }
                }
            }
            continue;
        }
        let count = if with_named { rows.with_named() } else { rows.len() };
        for row in 0..count {
            told += &format!("  {} {:?}\n", records.key(record, row), rows.first_kept(row));
        }
        told += &format!("  {:?}\n", rows.owners());
        told += &format!("  {:?}\n", (0..20).map(|it| rows.of_owner(it)).collect::<Vec<_>>());
        (0..kind.fields.len()).for_each(|at| told += &format!("  {at}: {:?}\n", rows.field(FieldId::at(at))));
    }
    told
}

fn same(name: &str, office: &Office) {
    for until in [date(2090, 1, 1), TODAY, date(2025, 3, 4), date(1990, 1, 1)] {
        // Whoever is named only in what is kept of later periods has a row of which nobody hears.
        let all = until.year() == 2090;
        let plain = told(&office.policy, &office.plainly(until), all);
        // From the tables; from the tables or what was kept for a day before; from what was kept.
        for snapshots in [Snapshots::Never, Snapshots::From(0), Snapshots::From(0)] {
            let walked = office.store.columns(&office.policy, &[], until, snapshots).unwrap();
            let walked = told(&office.policy, &walked, all);
            if plain != walked {
                let (a, b) = plain.lines().zip(walked.lines()).find(|it| it.0 != it.1).unwrap_or(("", "longer"));
                panic!("{name} until {until}, {snapshots:?}:\nplainly {a}\nwalked  {b}");
            }
        }
    }
}

#[test]
fn one_walk_over_each_table_gives_what_the_plain_reader_gives() {
    let mut seen = 0;
    for (name, text, policy) in policies() {
        let mut office = Office::of(&name, &text, policy);
        same(&name, &office);
        for seed in 1..=2 {
            office.fill(seed, 9);
            same(&name, &office);
            seen += 1;
        }
    }
    assert!(seen > 40, "{seen} policies");
}

/// What Merit does not write, and what an earlier version of the policy left behind.
#[test]
fn what_fits_no_field_or_belongs_to_nobody_is_left_out_alike() {
    let mut office = Office::of("everything", EVERYTHING, policy(EVERYTHING));
    office.fill(7, 12);
    office.sqlite(
        "update r_person set born = 'tomorrow', here = 7 where id = 'p001';
         update r_person set small = 9223372036854775807, large = -9223372036854775808 where id = 'p002';
         update r_person set boss = 'p999', name = '' where id = 'p003';
         update r_person set since = '2021-05-05' where id = 'p004';
         update r_review set period = '2024-02-01' where of_id = 'p005' and period = '2024-01-01';
         update r_review set period = '2023-01-01T00:00' where of_id = 'p002' and period = '2023-01-01';
         update r_review set given_by = 'p998';
         update r_talk set of_id = 'gone' where of_id = 'p006';
         update r_incident set kind = 'unheard' where of_id = 'p007';
         update r_incident set of_id = 'gone' where of_id = 'p008';
         update r_incident set rank = 'x' where of_id = 'p009';
         insert into dated_values values ('person', 'p009', 'rank', '2024-05-05', 'b', 990), ('person', 'p009', 'rank', '2024-05-05', 'a', 991),
           ('person', 'p009', 'retired', '2024-05-05', 'a', 991), ('person', 'aaa', 'rank', '2024-05-05', 'a', 991),
           ('person', 'zzz', 'rank', '2024-05-05', 'a', 991), ('person', 'p010', 'rank', '2024-06-06', 4, 991),
           ('person', 'p010', 'team', '2024-06-06', 't998', 991), ('person', 'p010', 'pay', '2024-06-06', null, 991);
         alter table r_person add column retired integer; alter table r_team drop column title;
         alter table r_team add column title text;",
    );
    same("by hand", &office);
    office.sqlite("update r_review set period = 'spring' where of_id = 'p001' and period = '2023-01-01'");
    let fault = office.store.columns(&office.policy, &[], TODAY, Snapshots::Never).map(|_| ()).unwrap_err();
    assert!(fault.to_string().contains("`spring` is no day that begins a period"), "{fault}");
}

#[test]
fn what_the_store_does_not_keep_is_blank_and_what_it_keeps_otherwise_is_refused() {
    let mut office = Office::of("everything", EVERYTHING, policy(EVERYTHING));
    office.fill(5, 6);
    let more = EVERYTHING.replace("born date", "born date; shoe number from 0 to 60; post dated text").replace(
        "record team",
        "record car { id key text; of_team optional team }\nrecord trip of car { day date }\nrecord team",
    );
    let more = policy(&more);
    let records = office.store.columns(&more, &[], TODAY, Snapshots::Never).unwrap();
    let [person, car, trip] = ["person", "car", "trip"].map(|it| more.record_named(it).unwrap());
    assert_eq!([person, car, trip].map(|it| records.rows(it).len()), [6, 0, 0]);
    let facts = AsFacts::new(&more, &records);
    let blank = |of: &RecordRef, name: &str| {
        let field = more.record(person).field_named(name).unwrap();
        facts.field(of, field, TODAY).known().is_none()
    };
    let people = Facts::records(&facts, person);
    assert!(people.iter().all(|it| blank(it, "shoe") && blank(it, "post")));
    assert!(people.iter().any(|it| !blank(it, "born")));
    let finer =
        policy(&EVERYTHING.replace("pay dated money USD per year with 2", "pay dated money USD per year with 3"));
    let fault = office.store.columns(&finer, &[], TODAY, Snapshots::Never).map(|_| ()).unwrap_err().to_string();
    assert!(fault.contains("`person.pay` is kept as money with 2 decimals"), "{fault}");
}

const FRAMEWORK: &str = r#"
calendar c { time zone "UTC"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }
record person { id key text; late number }
framework conduct {
  for each person each year; judged 30 June after the year
  severity caution (administrative) < warning (administrative)
  sanctions the most severe that applies
  sanction caution { when late > 3; automatic }
  sanction warning { when late > 5 and caution imposed in the last 2 years; automatic }
}
"#;

#[test]
fn what_was_imposed_is_found_for_whoever_asks() {
    let mut office = Office::of("f", FRAMEWORK, policy(FRAMEWORK));
    office.fill(3, 4);
    let none = told(&office.policy, &office.plainly(TODAY), true);
    let row = "insert into outcomes (judgement, subject_type, subject, proposed, kind, rule, state, since, ended, rev) values";
    office.sqlite(&format!(
        "{row} (1, 'person', 'p001', 'a', 'sanction', 'caution', 'in force', '2025-05-05', null, 1);
         {row} (2, 'person', 'p001', 'b', 'sanction', 'caution', 'ended', '2024-05-05', '2024-09-09', 1);
         {row} (3, 'person', 'p001', 'c', 'sanction', 'caution', 'dismissed', '2024-05-05', null, 1);
         {row} (3, 'person', 'p002', 'c', 'sanction', 'warning', 'in force', '2024-05-05', null, 1);
         {row} (4, 'person', 'p002', 'c', 'measure', 'caution', 'in force', '2024-05-05', null, 1);
         {row} (5, 'person', 'gone', 'c', 'sanction', 'caution', 'in force', '2024-05-05', null, 1);
         {row} (6, 'team', 'p003', 'c', 'sanction', 'caution', 'in force', '2024-05-05', null, 1);"
    ));
    same("imposed", &office);
    let records = office.store.columns(&office.policy, &[], TODAY, Snapshots::Never).unwrap();
    assert_ne!(none, told(&office.policy, &records, true));
    let of = |key: &str| RecordRef { record: RecordId(0), key: Arc::from(key) };
    let twice = vec![(date(2024, 5, 5), Some(date(2024, 9, 9))), (date(2025, 5, 5), None)];
    assert_eq!(records.imposed(&of("p001"), "caution"), twice);
    assert_eq!(records.imposed(&of("p002"), "caution"), []);
    // Another policy that is compared with this one asks for more, and the records are still the same ones.
    let stricter = FRAMEWORK.replace("late > 3;", "late > 3 and not (warning in force);");
    let stricter = policy(&stricter);
    let more = office.store.columns(&office.policy, &[&stricter], TODAY, Snapshots::Never).unwrap();
    assert_eq!(records.imposed(&of("p002"), "warning"), []);
    assert_eq!(more.imposed(&of("p002"), "warning"), [(date(2024, 5, 5), None)]);
    assert_eq!(more.hash(&office.policy), records.hash(&office.policy));
    assert_ne!(more.hash(&stricter), records.hash(&stricter));
}

// ---- snapshots

const KEEP: Snapshots = Snapshots::From(0);

impl Office {
    /// The names of what lies beside the store for the next time, with their bytes.
    fn kept(&self) -> Vec<(String, Vec<u8>)> {
        let Ok(entries) = fs::read_dir(self.folder.path().join("merit.db.columns")) else { return Vec::new() };
        let file = |it: fs::DirEntry| (it.file_name().to_string_lossy().into_owned(), fs::read(it.path()).unwrap());
        let mut found: Vec<_> = entries.map(|it| file(it.unwrap())).collect();
        found.sort();
        found
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        fs::write(self.folder.path().join("merit.db.columns").join(name), bytes).unwrap();
    }

    /// What is read, and how many rows of tables were walked over for it.
    fn columns(&mut self, snapshots: Snapshots) -> (String, u64) {
        let count = self.store.count_steps().unwrap();
        let records = self.store.columns(&self.policy, &[], TODAY, snapshots).unwrap();
        (told(&self.policy, &records, true), count.take().scanned)
    }
}

#[test]
fn with_a_snapshot_no_table_is_walked_until_something_is_committed() {
    let mut office = Office::of("everything", EVERYTHING, policy(EVERYTHING));
    office.fill(1, 20);
    let (never, rows) = office.columns(Snapshots::Never);
    assert!(rows > 100, "{rows} rows");
    assert_eq!(office.columns(Snapshots::From(1_000_000)), (never.clone(), rows), "too few to be kept");
    assert_eq!(office.kept(), []);
    assert_eq!(office.columns(KEEP), (never.clone(), rows));
    let first = office.kept();
    assert_eq!(first.len(), 1);
    assert_eq!(office.columns(KEEP), (never.clone(), 0));
    assert_eq!(office.columns(Snapshots::Never).1, rows, "who wants none reads the tables");
    assert_eq!(office.kept(), first);
    office.fill(2, 21);
    let (then, more) = office.columns(KEEP);
    assert!(more > rows && then != never);
    assert_eq!(then, office.columns(Snapshots::Never).0);
    let second = office.kept();
    assert_eq!(second.len(), 1, "that of the earlier moment is gone");
    assert_ne!(first[0].0, second[0].0);
    assert_eq!(office.columns(KEEP), (then, 0));
}

#[test]
fn a_damaged_or_foreign_snapshot_is_noticed_and_made_anew() {
    let mut office = Office::of("everything", EVERYTHING, policy(EVERYTHING));
    office.fill(1, 7);
    let (whole, rows) = office.columns(KEEP);
    let kept = office.kept();
    let (name, bytes) = &kept[0];
    let every = (bytes.len() / 120).max(1);
    let damaged = (0..bytes.len()).step_by(every).flat_map(|at| {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        [flipped, bytes[..at].to_vec()]
    });
    let longer = [bytes.as_slice(), &[0]].concat();
    for wrong in damaged.chain([longer, Vec::new(), b"somebody else's file".repeat(50)]) {
        office.put(name, &wrong);
        assert_eq!(office.columns(KEEP), (whole.clone(), rows));
        assert_eq!(office.kept(), kept, "made anew, and nothing else left behind");
    }
    assert_eq!(office.columns(KEEP), (whole, 0));
}

/// A store that was restored counts on from where it was, and may come to the same number by another way.
#[test]
fn the_same_number_of_commits_is_not_the_same_store() {
    let mut office = Office::of("everything", EVERYTHING, policy(EVERYTHING));
    office.fill(1, 7);
    let path = office.folder.path().join("merit.db");
    office.sqlite("pragma wal_checkpoint(truncate)");
    fs::copy(&path, office.folder.path().join("before.db")).unwrap();
    office.fill(2, 7);
    let (second, _) = office.columns(KEEP);
    let rev = office.store.state().unwrap().rev;
    let kept = office.kept();
    office.store = SqliteStore::in_memory().unwrap();
    for ending in ["", "-wal", "-shm"] {
        let _gone = fs::remove_file(format!("{}{ending}", path.display()));
    }
    fs::rename(office.folder.path().join("before.db"), &path).unwrap();
    office.store = SqliteStore::open(&path, Access::Write).unwrap();
    office.fill(3, 7);
    assert_eq!(office.store.state().unwrap().rev, rev);
    let (third, rows) = office.columns(KEEP);
    assert!(third != second && rows > 0);
    // Under the other's name it is noticed, too.
    let name = &office.kept().iter().find(|it| it.0 != kept[0].0).unwrap().0.clone();
    office.put(name, &kept[0].1);
    assert_eq!(office.columns(KEEP), (third, rows));
}

#[test]
fn each_policy_with_other_records_has_its_own_and_few_are_kept() {
    let mut office = Office::of("everything", EVERYTHING, policy(EVERYTHING));
    office.fill(1, 7);
    office.columns(KEEP);
    let first = office.kept();
    for more in ["one", "two", "three", "four"] {
        let other = policy(&EVERYTHING.replace("born date", &format!("born date; {more}_more text")));
        let records = office.store.columns(&other, &[], TODAY, KEEP).unwrap();
        let again = office.store.columns(&other, &[], TODAY, KEEP).unwrap();
        assert_eq!(told(&other, &records, true), told(&other, &again, true));
    }
    assert_eq!(office.kept().len(), 3);
    // Another list of choices, the same names.
    let fewer = policy(&EVERYTHING.replace("one of slight, grave", "one of grave, slight"));
    let plain = office.store.columns(&fewer, &[], TODAY, Snapshots::Never).unwrap();
    let kept = office.store.columns(&fewer, &[], TODAY, KEEP).unwrap();
    assert_eq!(told(&fewer, &plain, true), told(&fewer, &kept, true));
    // Another word of a definition alone: the same records.
    office.put(&first[0].0, &first[0].1);
    let alike = policy(&format!("{EVERYTHING}define half of person = marks / 2\n"));
    let count = office.store.count_steps().unwrap();
    office.store.columns(&alike, &[], TODAY, KEEP).unwrap();
    assert_eq!(count.take().scanned, 0);
}

#[test]
fn where_nothing_can_be_kept_the_tables_are_read() {
    let mut office = Office::of("everything", EVERYTHING, policy(EVERYTHING));
    office.fill(1, 7);
    let (whole, rows) = office.columns(Snapshots::Never);
    fs::write(office.folder.path().join("merit.db.columns"), "in the way").unwrap();
    assert_eq!(office.columns(KEEP), (whole, rows));
    assert_eq!(fs::read(office.folder.path().join("merit.db.columns")).unwrap(), b"in the way");
    let memory = SqliteStore::in_memory().unwrap();
    assert!(
        memory
            .columns(
                &policy("calendar c { time zone \"UTC\"; working Monday to Friday; roll forward }"),
                &[],
                TODAY,
                KEEP
            )
            .is_ok()
    );
}

#[cfg(unix)]
#[test]
fn nobody_reads_a_snapshot_who_may_not_read_the_store() {
    use std::os::unix::fs::PermissionsExt;
    let mut office = Office::of("everything", EVERYTHING, policy(EVERYTHING));
    office.fill(1, 7);
    let path = office.folder.path().join("merit.db");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    office.columns(KEEP);
    let name = &office.kept()[0].0;
    let mode = fs::metadata(office.folder.path().join("merit.db.columns").join(name)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
}
