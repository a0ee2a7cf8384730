//! What `merit simulate --results` writes: a row for each person judged, which says what the evaluator says of them, in whatever form and however
//! it was reckoned.

#![expect(clippy::unwrap_used, reason = "a test whose files can't be read has failed")]

mod folders;
mod marked;
#[expect(dead_code, reason = "other tests look at a city that answers complaints")]
mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;

use jiff::civil::date;
use marked::{NAMES, asked, others, people};
use merit::eval::Scope;
use merit::eval::framework::{Verdict, judge};
use merit::exchange::{ResultsFault, ResultsForm, ResultsWriter};
use merit::plan::Working;
use merit::policy::model::Policy;
use merit::simulate::{Fault, Question, Setting, Simulation, simulate_everybody};
use merit::table::{Records, gather};
use merit::value::{Known, Value};
use program::{Project, merit, text};

/// A table: the names of its columns, and its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn of_csv(bytes: &[u8]) -> Self {
        let mut reader = csv::Reader::from_reader(bytes);
        let head = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let rows = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
        Self { head, rows }
    }

    fn column(&self, name: &str) -> Vec<&str> {
        let at = self.head.iter().position(|it| it == name).unwrap_or_else(|| panic!("{name}: {:?}", self.head));
        self.rows.iter().map(|it| it[at].as_str()).collect()
    }

    fn count(&self, name: &str, what: &str) -> usize {
        self.column(name).iter().filter(|it| **it == what).count()
    }
}

fn settings<'a>(policies: &'a [Policy], records: &'a [Records], apart: bool) -> Vec<Setting<'a>> {
    let setting = |(at, policy)| Setting { name: NAMES[at], policy, records: &records[if apart { at } else { 0 }] };
    policies.iter().enumerate().map(setting).collect()
}

fn gathered(policies: &[Policy], which: &Range<usize>) -> Vec<Records> {
    let of = |it| gather(it, &people(it, which.clone()), date(2027, 1, 31), &mut |_, _, _| {});
    policies.iter().map(of).collect()
}

/// What is written of everybody in one form.
fn written(settings: &[Setting<'_>], question: &Question, form: ResultsForm) -> (Vec<u8>, Simulation) {
    let mut file = None;
    let told = simulate_everybody(settings, question, |results| {
        let mut writer = ResultsWriter::begin(form, Vec::new(), results).unwrap();
        writer.take(results).unwrap();
        file = Some(writer.finish().unwrap());
        Ok::<(), Fault>(())
    });
    let (bytes, summary) = file.unwrap();
    assert_eq!(summary.rows as usize, settings[0].records.rows(settings[0].policy.frameworks[0].subject).len());
    assert_eq!(summary.too_large, 0);
    (bytes, told.unwrap())
}

fn table(settings: &[Setting<'_>], question: &Question) -> (Table, Simulation) {
    let (bytes, told) = written(settings, question, ResultsForm::Csv);
    (Table::of_csv(&bytes), told)
}

/// What each rule says of each person and what it pays, by the evaluator that goes row by row.
fn as_judged(policy: &Policy, which: Range<usize>, question: &Question) -> BTreeMap<String, Vec<(String, String)>> {
    let (facts, framework) = (people(policy, which.clone()), &policy.frameworks[0]);
    let records = gather(policy, &facts, date(2027, 1, 31), &mut |_, _, _| {});
    let told = |verdict: Verdict| match verdict {
        Verdict::Proposed(amount) => {
            let paid = match amount {
                Some(Value::Known(Known::Money { amount, .. })) => amount.to_string(),
                _ => String::new(),
            };
            ("proposed".to_owned(), paid)
        }
        Verdict::Undetermined(_) => ("undetermined".to_owned(), String::new()),
        Verdict::No(_) => ("no".to_owned(), String::new()),
        Verdict::NotCovered => ("not covered".to_owned(), String::new()),
    };
    let of = |row: usize| {
        let who = records.record(framework.subject, row);
        let calendar = &policy.calendars[framework.calendar];
        let scope = Scope::new(policy, calendar, &facts, who.clone(), Some(question.period), question.on);
        (who.key.to_string(), judge(&scope, framework).into_iter().map(told).collect())
    };
    (0..which.len()).map(of).collect()
}

#[test]
fn a_row_says_what_the_evaluator_says_however_it_was_reckoned() {
    let policies = others();
    let which = 0..700;
    let question = asked(&policies[0], Working { rows: 64, parts: 2 }, 0);
    let expected: Vec<_> = policies.iter().map(|it| as_judged(it, which.clone(), &question)).collect();
    let records = gathered(&policies, &which);
    let (mut before, mut seen): (Option<Table>, BTreeSet<String>) = (None, BTreeSet::new());
    // With the last of them, which is asked row by row, nothing is counted batch by batch.
    for (some, apart) in [(3, false), (policies.len(), false), (policies.len(), true)] {
        let (table, _) = table(&settings(&policies[..some], &records[..some], apart), &question);
        assert_eq!(table.rows.len(), which.len());
        let keys: BTreeSet<&str> = table.column("key").into_iter().collect();
        assert_eq!(keys.len(), which.len(), "one row for each");
        for (at, policy) in policies[..some].iter().enumerate() {
            for (place, rule) in policy.frameworks[0].rules.iter().enumerate() {
                let name = format!("{}.{}", NAMES[at].replace(' ', "_"), rule.label.name);
                let says = table.column(&name);
                let pays = rule.amount.is_some().then(|| table.column(&format!("{name}.amount_kes")));
                for (row, key) in table.column("key").into_iter().enumerate() {
                    let (said, paid) = &expected[at][key][place];
                    assert_eq!(says[row], said, "{name} of {key}");
                    assert_eq!(pays.as_ref().map_or("", |it| it[row]), paid, "{name} of {key}");
                    seen.insert(format!("{said}{}", if paid.is_empty() { "" } else { " with an amount" }));
                }
            }
        }
        if let Some(before) = &before {
            assert_eq!(table.head[..before.head.len()], before.head);
            assert!(before.rows.iter().zip(&table.rows).all(|(before, now)| now.starts_with(before)));
        }
        before = Some(table);
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["no", "proposed", "proposed with an amount", "undetermined"]);
}

#[test]
fn rows_add_up_to_what_is_told_of_all() {
    let policies = others();
    // More than are written at once.
    let which = 0..17_000;
    let question = asked(&policies[0], Working::default(), 0);
    let records = gathered(&policies[..2], &which);
    let (table, told) = table(&settings(&policies[..2], &records, false), &question);
    for setting in &told.settings {
        for rule in &setting.rules {
            let name = format!("{}.{}", setting.name.replace(' ', "_"), rule.name);
            let counts = ["proposed", "undetermined", "no", "not covered"].map(|it| table.count(&name, it));
            assert_eq!(counts, [rule.proposed, rule.undetermined, rule.no, rule.not_covered], "{name}");
            if let Some(cost) = &rule.cost {
                let paid = table.column(&format!("{name}.amount_kes"));
                let sum: i128 = paid.iter().filter(|it| !it.is_empty()).map(|it| it.parse::<i128>().unwrap()).sum();
                assert_eq!(sum.to_string(), cost.known.to_string(), "{name}");
            }
        }
    }
    // Groups, by the words that files of records have.
    let (teams, genders) = (table.column("team"), table.column("gender"));
    let of_north = teams.iter().filter(|it| **it == "north").count();
    assert_eq!(told.groupings[0].groups[0].values, ["North & <East>"]);
    assert_eq!(told.groupings[0].groups[0].people, of_north);
    let known = genders.iter().filter(|it| ["female", "male"].contains(it)).count();
    let unsaid = genders.iter().filter(|it| it.is_empty()).count();
    assert_eq!((known + unsaid, unsaid), (17_000, 17_000 / 5));
    assert!(told.changes.iter().all(|it| it.people.is_empty()), "nobody was asked for by name");
}

/// A record type whose people are judged, and a framework of which rules come and go.
const VERSIONS: &str = r#"
calendar c { time zone "UTC"; working Monday to Friday; period year / years every 12 months from 1 January, written 2026; roll forward; month end back }
record person {
  id     key text
  period "A choice that is called so" one of early, late
  pay    money USD
  boss   optional person
  fine   optional money GBP with 3 decimals
  senior yes/no
  rank   number from 0 to 9
}
record review of person each year { mark number from 0 to 100 }
framework marks "Marks" {
  for each person each year
  judged    31 March after the year
  severity  caution (administrative)
  sanctions all that apply
  rewards   all that apply
  sanction caution "Caution" { when mark < 50; automatic }
  reward bonus "Bonus" until 2024 { when mark >= 50; amount pay / 3, rounded half even to USD 0.01 }
  reward bonus "Bonus, in pounds" from 2025 { when mark >= 60; amount GBP 12.50 }
  reward days "Days off" { when mark >= 50; amount mark / 8, rounded down to 3 decimals }
  reward prize "Prize" from 2025 { when mark >= 70; amount USD 1,000,000,000,000,000,000,000,000,000,000,000,000 * mark, rounded down to USD 1 }
}
scenario In_force "Called nearly as the other" {}
"#;

fn versions() -> Project {
    let project = Project::of("marks");
    fs::remove_dir_all(project.path("records")).unwrap();
    fs::create_dir(project.path("records")).unwrap();
    fs::write(project.path("policy/marks.merit"), VERSIONS).unwrap();
    let people = "id,period,pay,boss,senior,rank\n=1+1,early,100,,yes,3\nB,late,200,=1+1,no,0\nC,,90,B,,\n";
    fs::write(project.path("records/person.csv"), people).unwrap();
    let marks = "person,year,mark\n=1+1,2024,60\nB,2024,70\nC,2024,40\n=1+1,2025,59\nB,2025,70\n";
    fs::write(project.path("records/review.csv"), marks).unwrap();
    project.merit(0, &["deploy", "--adopt", "2024-01-01"]);
    project.merit(0, &["import", "records", "--from", "2024-01-01"]);
    project
}

#[test]
fn names_and_cells_are_what_the_documents_say() {
    let project = versions();
    let asked = ["simulate", "--in", "2024", "--to", "2025", "--as-of", "2026-04-30", "--scenario", "In_force"];
    let by = ["--by", "period,senior", "--by", "rank", "--by", "boss,senior"];
    project.merit(1, &[&asked[..], &by, &["--results", "all.csv"]].concat());
    let table = Table::of_csv(&fs::read(project.path("all.csv")).unwrap());
    let of = |policy: &str| {
        let rules = ["caution", "bonus", "bonus.amount_usd", "bonus.amount_gbp", "days", "days.amount"];
        rules.into_iter().chain(["prize", "prize.amount_usd"]).map(|it| format!("{policy}.{it}")).collect::<Vec<_>>()
    };
    let fields = ["key", "period", "period_2", "senior", "rank", "boss"].map(str::to_owned).to_vec();
    assert_eq!(table.head, [fields, of("in_force"), of("In_force_2")].concat());
    assert_eq!(table.column("key"), ["=1+1", "B", "C", "=1+1", "B", "C"], "as it is, so that it can be joined");
    assert_eq!(table.column("period"), ["2024", "2024", "2024", "2025", "2025", "2025"]);
    assert_eq!(table.column("period_2")[..3], ["early", "late", ""]);
    assert_eq!(table.column("senior")[..3], ["yes", "no", ""]);
    assert_eq!(table.column("rank")[..3], ["3", "0", ""]);
    assert_eq!(table.column("boss")[..3], ["", "=1+1", "B"]);
    for policy in ["in_force", "In_force_2"] {
        let column = |name: &str| table.column(&format!("{policy}.{name}"));
        assert_eq!(column("caution"), ["no", "no", "proposed", "no", "no", "undetermined"]);
        assert_eq!(column("bonus"), ["proposed", "proposed", "no", "no", "proposed", "undetermined"]);
        assert_eq!(column("bonus.amount_usd"), ["33.33", "66.67", "", "", "", ""]);
        assert_eq!(column("bonus.amount_gbp"), ["", "", "", "", "12.500", ""], "as fields hold it");
        assert_eq!(column("days.amount"), ["7.500", "8.750", "", "7.375", "8.750", ""]);
        assert_eq!(column("prize")[2..], ["not covered", "no", "proposed", "undetermined"]);
        assert_eq!(column("prize.amount_usd"), [""; 6], "too large with two decimals");
    }
    let output = merit(project.folder.path(), &[&asked[..], &["--results", "all.csv"]].concat());
    let said = text(&output.stderr);
    assert!(said.contains("The results are in all.csv: 6 rows, one for each person and period"), "{said}");
    assert!(said.contains("2 amounts are too large to be written there"), "{said}");
    // A period alone has the same columns.
    project.merit(0, &["simulate", "--in", "2024", "--as-of", "2026-04-30", "--results", "one.csv"]);
    let one = Table::of_csv(&fs::read(project.path("one.csv")).unwrap());
    let own = ["key", "period"].map(str::to_owned).into_iter().chain(of("in_force")).chain(of("working_policy"));
    assert_eq!(one.head, own.collect::<Vec<_>>());
    assert_eq!(one.rows[0][..3], ["=1+1", "2024", "no"]);
}

/// Another policy whose records are called by other keys judges people of its own.
#[test]
fn whom_only_another_policy_judges_stands_behind_all() {
    let policies = others();
    let question = asked(&policies[0], Working::default(), 0);
    let records = [&policies[0], &policies[1], &policies[3]].map(|it| it.clone());
    let which = [0..30, 20..50, 45..60];
    let gathered: Vec<Records> =
        records.iter().zip(&which).map(|(it, which)| gathered(std::slice::from_ref(it), which).remove(0)).collect();
    let settings: Vec<Setting<'_>> = (0..3)
        .map(|at| Setting { name: ["one", "two", "three"][at], policy: &records[at], records: &gathered[at] })
        .collect();
    let mut file = None;
    let told = simulate_everybody(&settings, &question, |results| {
        let mut writer = ResultsWriter::begin(ResultsForm::Csv, Vec::new(), results).unwrap();
        writer.take(results).unwrap();
        file = Some(writer.finish().unwrap().0);
        Ok::<(), Fault>(())
    })
    .unwrap();
    let table = Table::of_csv(&file.unwrap());
    let keys: BTreeSet<&str> = table.column("key").into_iter().collect();
    assert_eq!((table.rows.len(), keys.len()), (60, 60));
    for setting in &told.settings {
        for rule in &setting.rules {
            let name = format!("{}.{}", setting.name, rule.name);
            let counts = ["proposed", "undetermined", "no", "not covered"].map(|it| table.count(&name, it));
            assert_eq!(counts, [rule.proposed, rule.undetermined, rule.no, rule.not_covered], "{name}");
        }
    }
    assert_eq!(table.count("two.caution", ""), 30, "whom a policy does not judge, of them it says nothing");
}

#[test]
fn a_file_of_results_stands_whole_and_in_its_place() {
    let project = Project::of("marks");
    project.merit(0, &["deploy", "--adopt", "2026-01-01"]);
    project.merit(0, &["import", "records", "--from", "2026-01-01"]);
    fn results(file: &str) -> [&str; 9] {
        ["simulate", "--scenario", "stricter", "--in", "2026", "--as-of", "2027-01-31", "--results", file]
    }
    fs::write(project.path("people.csv"), "of yesterday").unwrap();
    project.merit(1, &[&results("people.csv")[..], &["--by", "team", "--csv", "tables"]].concat());
    let table = Table::of_csv(&fs::read(project.path("people.csv")).unwrap());
    // What stands in `rules.csv` of the same call.
    let rules = Table::of_csv(&fs::read(project.path("tables/rules.csv")).unwrap());
    for (at, rule) in rules.column("rule").into_iter().enumerate() {
        let name = format!("{}.{rule}", rules.column("policy")[at].replace(' ', "_"));
        for (column, word) in
            [("proposed", "proposed"), ("undetermined", "undetermined"), ("no", "no"), ("not_covered", "not covered")]
        {
            assert_eq!(rules.column(column)[at], table.count(&name, word).to_string(), "{name} {word}");
        }
    }
    assert_eq!(table.head[..3], ["key", "period", "team"]);
    let data = ["--data", "person=records/person.csv", "--data", "review=records/review.csv"];
    let before = fs::read_to_string(project.path("records/person.csv")).unwrap();
    for (file, more, says) in [
        ("merit.csv/x.csv", &[][..], "there is no folder merit.csv"),
        ("records", &[], "name a file that ends in"),
        ("results", &[], "results: a file's ending says as what results are written"),
        ("results.xlsx", &[], "name a file that ends in `.csv`"),
        ("records/person.csv", &data, "is named for something else, too"),
        ("page.csv", &["--html", "page.csv"], "is named for something else, too"),
    ] {
        let refused = project.merit(2, &[&results(file)[..], more].concat());
        assert!(refused.contains(says), "{refused}");
    }
    assert_eq!(fs::read_to_string(project.path("records/person.csv")).unwrap(), before);
    fs::rename(project.path("merit.db"), project.path("store.csv")).unwrap();
    let settings = fs::read_to_string(project.path("merit.toml")).unwrap();
    fs::write(project.path("merit.toml"), settings.replace("merit.db", "store.csv")).unwrap();
    let refused = project.merit(2, &results("store.csv"));
    assert!(refused.contains("is the store itself"), "{refused}");
    let left: Vec<String> = fs::read_dir(project.folder.path())
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .filter(|it| it.contains("unfinished"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    for ending in ["parquet", "arrow", "feather"] {
        let file = format!("people.{ending}");
        if cfg!(feature = "parquet") {
            project.merit(1, &results(&file));
            assert!(project.path(&file).is_file());
        } else {
            let refused = project.merit(2, &results(&file));
            assert!(refused.contains("built without Parquet and Arrow"), "{refused}");
            assert!(refused.contains("`--features parquet`"), "{refused}");
        }
    }
    assert!(matches!(ResultsForm::of("a.CSV".as_ref()), Ok(ResultsForm::Csv)));
    assert!(matches!(ResultsForm::of("a.ods".as_ref()), Err(ResultsFault::Ending(_))));
}

/// What Parquet and Arrow hold, read by the crates that others read it with.
#[cfg(feature = "parquet")]
mod forms {
    use std::fs::File;
    use std::io::{Cursor, Write};

    use arrow_array::cast::AsArray;
    use arrow_array::types::{Decimal128Type, Int8Type, Int64Type};
    use arrow_array::{Array, RecordBatch};
    use arrow_ipc::reader::FileReader;
    use arrow_schema::DataType;
    use merit::exchange::ResultsForm;
    use merit::plan::Working;
    use parquet::basic::Compression;
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::record::Field;

    use super::{Table, asked, gathered, others, settings, written};

    fn of_arrow(bytes: Vec<u8>) -> Table {
        let reader = FileReader::try_new(Cursor::new(bytes), None).unwrap();
        let head = reader.schema().fields().iter().map(|it| it.name().clone()).collect();
        let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
        let row = |(batch, row): (&RecordBatch, usize)| batch.columns().iter().map(|it| words(it, row)).collect();
        let rows = batches.iter().flat_map(|it| (0..it.num_rows()).map(move |row| (it, row))).map(row).collect();
        Table { head, rows }
    }

    fn words(array: &dyn Array, row: usize) -> String {
        if array.is_null(row) {
            return String::new();
        }
        match array.data_type() {
            DataType::Utf8 => array.as_string::<i32>().value(row).to_owned(),
            DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
            DataType::Decimal128(38, _) => array.as_primitive::<Decimal128Type>().value_as_string(row),
            DataType::Dictionary(number, word) => {
                assert_eq!((&**number, &**word), (&DataType::Int8, &DataType::Utf8));
                let words = array.as_dictionary::<Int8Type>();
                let place = usize::try_from(words.keys().value(row)).unwrap();
                words.values().as_string::<i32>().value(place).to_owned()
            }
            other => panic!("{other}"),
        }
    }

    fn of_parquet(file: File) -> (Table, usize) {
        let reader = SerializedFileReader::new(file).unwrap();
        let groups = reader.metadata().row_groups();
        let mut chunks = groups.iter().flat_map(|it| it.columns());
        assert!(chunks.all(|it| matches!(it.compression(), Compression::ZSTD(_))));
        let schema = reader.metadata().file_metadata().schema();
        let head = schema.get_fields().iter().map(|it| it.name().to_owned()).collect();
        let cell = |field: &Field| match field {
            Field::Null => String::new(),
            Field::Str(it) => it.clone(),
            Field::Long(it) => it.to_string(),
            Field::Decimal(it) => {
                let units = i128::from_be_bytes(it.data().try_into().unwrap());
                let (scale, one) = (it.scale() as usize, 10_i128.pow(it.scale() as u32));
                let part = if scale > 0 { format!(".{:0scale$}", units % one) } else { String::new() };
                format!("{}{part}", units / one)
            }
            other => panic!("{other:?}"),
        };
        let rows = reader.get_row_iter(None).unwrap();
        let rows = rows.map(|row| row.unwrap().get_column_iter().map(|it| cell(it.1)).collect()).collect();
        (Table { head, rows }, groups.len())
    }

    #[test]
    fn csv_parquet_and_arrow_hold_the_same_cells() {
        let policies = others();
        // More than are written at once, and nobody.
        for which in [0..131_500, 0..0] {
            let policies = if which.is_empty() { &policies[..] } else { &policies[..2] };
            let records = gathered(policies, &which);
            let settings = settings(policies, &records, false);
            let question = asked(&policies[0], Working::default(), 0);
            let of = |form| written(&settings, &question, form).0;
            let csv = Table::of_csv(&of(ResultsForm::Csv));
            assert_eq!(csv.rows.len(), which.len());
            assert!(of_arrow(of(ResultsForm::Arrow)) == csv, "Arrow holds other cells");
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&of(ResultsForm::Parquet)).unwrap();
            let (parquet, groups) = of_parquet(file);
            assert!(parquet == csv, "Parquet holds other cells");
            assert_eq!(groups, if which.is_empty() { 1 } else { 2 }, "parts of 131,072 rows");
        }
    }
}
