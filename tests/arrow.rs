//! Files of Arrow as other programs write them: they come to the records that CSV comes to, and what is refused is told with the way out.

#![cfg(feature = "parquet")]
#![expect(clippy::unwrap_used, reason = "a test whose policy can't be read has failed")]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{Int64Builder, ListBuilder};
use arrow_array::types::{Int8Type, Int32Type, UInt16Type};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Date64Array, Decimal32Array, Decimal64Array,
    Decimal128Array, DictionaryArray, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, LargeStringArray,
    NullArray, RecordBatch, StringArray, StringViewArray, TimestampMicrosecondArray, UInt8Array, UInt16Array,
    UInt32Array, UInt64Array,
};
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use merit::exchange::{Population, PopulationFile, population};
use merit::policy::compile;
use merit::policy::model::Policy;
use merit::source::Sources;

const TEXT: &str = "calendar c { time zone \"UTC\"; working Monday to Friday; roll forward; month end back
  period year / years every 12 months from 1 January, written 2026 }
record person {
  id     key text
  mark   optional number from -100 to 100
  share  optional number with 2 decimals
  team   optional one of north, south
  joined optional date
  senior optional yes/no
  note   optional text
  boss   optional person
}
record review of person each year { score number }
";

/// The people of the files that other programs wrote.
const PEOPLE: &str = "id,mark,share,team,joined,senior,note
A1,61,0.25,north,2020-02-29,yes,long enough to be compressed long enough to be compressed long enough to be compressed
A2,,-0.50,,,no,
A3,40,,south,1969-12-31,,ä
";

fn policy() -> Policy {
    compile(&Sources::single("test.merit", TEXT)).policy.unwrap()
}

fn read(policy: &Policy, files: &[(&str, &Path)], leave_out: bool) -> Result<Population, String> {
    let file = |(record, path): &(&str, &Path)| PopulationFile {
        record: policy.record_named(record).unwrap(),
        path: path.to_path_buf(),
    };
    population(policy, &files.iter().map(file).collect::<Vec<_>>(), leave_out).map_err(|it| it.to_string())
}

fn hash(policy: &Policy, path: &Path) -> String {
    let found = read(policy, &[("person", path)], false).unwrap_or_else(|it| panic!("{it}"));
    found.records.hash(policy)
}

/// Writes columns in parts of two rows.
fn write(path: &Path, columns: Vec<(&str, ArrayRef)>, compression: Option<CompressionType>) {
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|it| (it.0, it.1, true))).unwrap();
    let options = IpcWriteOptions::default().try_with_compression(compression).unwrap();
    let file = fs::File::create(path).unwrap();
    let mut writer = FileWriter::try_new_with_options(file, &batch.schema(), options).unwrap();
    for first in (0..batch.num_rows()).step_by(2) {
        writer.write(&batch.slice(first, 2.min(batch.num_rows() - first))).unwrap();
    }
    writer.finish().unwrap();
}

fn keys(all: &[&str]) -> (&'static str, ArrayRef) {
    ("id", Arc::new(StringArray::from(all.to_vec())))
}

/// `lz4.feather` was written by pyarrow 26 with its defaults, `zstd.arrow` by Polars 2.1 with `compression="zstd"`, which keeps words as views.
#[test]
fn files_that_others_wrote_come_to_what_csv_comes_to() {
    let (policy, folder) = (policy(), tempfile::tempdir().unwrap());
    let csv = folder.path().join("people.csv");
    fs::write(&csv, PEOPLE).unwrap();
    let expected = hash(&policy, &csv);
    for name in ["lz4.feather", "zstd.arrow"] {
        assert_eq!(hash(&policy, &Path::new("tests/parquet").join(name)), expected, "{name}");
    }
    fs::write(&csv, PEOPLE.replace("61", "60")).unwrap();
    assert_ne!(hash(&policy, &csv), expected);
}

#[test]
fn every_type_that_is_exact_comes_to_what_csv_comes_to() {
    let (policy, folder) = (policy(), tempfile::tempdir().unwrap());
    let [csv, arrow] = ["people.csv", "people.ARROW"].map(|it| folder.path().join(it));
    let who = keys(&["A", "B", "C", "D", "E"]);
    let some = |at: usize| at != 3;
    let marks = [7_i64, 0, 100, 99, 1];
    fn of<T: Copy>(all: [T; 5], some: impl Fn(usize) -> bool) -> Vec<Option<T>> {
        all.into_iter().enumerate().map(|(at, it)| some(at).then_some(it)).collect()
    }
    let small = of(marks.map(|it| u8::try_from(it).unwrap()), some);
    let wide: Vec<Option<i64>> = of(marks, some);
    fn to<T: TryFrom<i64>>(all: &[Option<i64>]) -> Vec<Option<T>> {
        all.iter().map(|it| it.map(|it| T::try_from(it).unwrap_or_else(|_| panic!("fits")))).collect()
    }
    let numbers: Vec<ArrayRef> = vec![
        Arc::new(Int8Array::from(to::<i8>(&wide))),
        Arc::new(Int16Array::from(to::<i16>(&wide))),
        Arc::new(Int32Array::from(to::<i32>(&wide))),
        Arc::new(Int64Array::from(wide.clone())),
        Arc::new(UInt8Array::from(small)),
        Arc::new(UInt16Array::from(to::<u16>(&wide))),
        Arc::new(UInt32Array::from(to::<u32>(&wide))),
        Arc::new(UInt64Array::from(to::<u64>(&wide))),
        Arc::new(Decimal128Array::from(to::<i128>(&wide)).with_precision_and_scale(3, 0).unwrap()),
    ];
    fs::write(&csv, "id,mark\nA,7\nB,0\nC,100\nD,\nE,1\n").unwrap();
    let expected = hash(&policy, &csv);
    for numbers in numbers {
        write(&arrow, vec![who.clone(), ("mark", Arc::clone(&numbers))], None);
        assert_eq!(hash(&policy, &arrow), expected, "{}", numbers.data_type());
    }

    fs::write(&csv, "id,share\nA,1.25\nB,-0.5\nC,0\nD,\nE,12.00\n").unwrap();
    let expected = hash(&policy, &csv);
    let units = of([125_i64, -50, 0, 1, 1_200], some);
    let decimals: Vec<ArrayRef> = vec![
        Arc::new(Decimal32Array::from(to::<i32>(&units)).with_precision_and_scale(6, 2).unwrap()),
        Arc::new(Decimal64Array::from(units.clone()).with_precision_and_scale(6, 2).unwrap()),
        Arc::new(Decimal128Array::from(to::<i128>(&units)).with_precision_and_scale(38, 2).unwrap()),
    ];
    for decimals in decimals {
        write(&arrow, vec![who.clone(), ("share", Arc::clone(&decimals))], Some(CompressionType::ZSTD));
        assert_eq!(hash(&policy, &arrow), expected, "{}", decimals.data_type());
    }

    fs::write(&csv, "id,team\nA,north\nB,south\nC,\nD,\nE,north\n").unwrap();
    let expected = hash(&policy, &csv);
    let teams = [Some("north"), Some("south"), None, Some(""), Some("north")];
    let words: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(teams.to_vec())),
        Arc::new(LargeStringArray::from(teams.to_vec())),
        Arc::new(StringViewArray::from(teams.to_vec())),
        Arc::new(teams.into_iter().collect::<DictionaryArray<Int8Type>>()),
        Arc::new(teams.into_iter().collect::<DictionaryArray<UInt16Type>>()),
        Arc::new(Int8Array::from(vec![Some(0), Some(1), None, None, Some(0)])),
    ];
    for words in words {
        write(&arrow, vec![("team", Arc::clone(&words)), who.clone()], Some(CompressionType::LZ4_FRAME));
        assert_eq!(hash(&policy, &arrow), expected, "{}", words.data_type());
    }

    fs::write(&csv, "id,joined,senior\nA,1970-01-01,yes\nB,2026-07-01,no\nC,1969-12-31,\nD,,\nE,,\n").unwrap();
    let expected = hash(&policy, &csv);
    let days = vec![Some(0), Some(20_635), Some(-1), None, None];
    let milliseconds: Vec<Option<i64>> = days.iter().map(|it| it.map(|it| i64::from(it) * 86_400_000)).collect();
    let senior: ArrayRef = Arc::new(BooleanArray::from(vec![Some(true), Some(false), None, None, None]));
    let days: [ArrayRef; 2] = [Arc::new(Date32Array::from(days)), Arc::new(Date64Array::from(milliseconds))];
    for days in days {
        // Nothing in a column, in three ways.
        let none: [ArrayRef; 3] = [
            Arc::new(NullArray::new(5)),
            Arc::new(DictionaryArray::<Int32Type>::new(Int32Array::new_null(5), Arc::new(StringArray::new_null(0)))),
            Arc::new(StringArray::new_null(5)),
        ];
        for none in none {
            let of = format!("{} {}", days.data_type(), none.data_type());
            let rest = [("joined", Arc::clone(&days)), ("senior", Arc::clone(&senior)), ("note", none)];
            write(&arrow, [vec![who.clone()], rest.to_vec()].concat(), None);
            assert_eq!(hash(&policy, &arrow), expected, "{of}");
        }
    }
}

#[test]
fn what_is_not_read_is_told_with_the_way_out() {
    let (policy, folder) = (policy(), tempfile::tempdir().unwrap());
    let path = folder.path().join("people.arrow");
    let who = keys(&["A", "B", "C"]);
    let mut lists = ListBuilder::new(Int64Builder::new());
    (0..3).for_each(|_| lists.append(true));
    let long = Decimal128Array::from(vec![1, 2, i128::from(i64::MAX) + 1]);
    let refused: Vec<(&str, ArrayRef, &str)> = vec![
        (
            "mark",
            Arc::new(Float64Array::from(vec![1.0, 2.0, 3.0])),
            "column `mark` holds floating numbers, which are not exact; give",
        ),
        ("mark", Arc::new(TimestampMicrosecondArray::from(vec![1, 2, 3])), "column `mark` holds moments; give days"),
        ("joined", Arc::new(Date64Array::from(vec![0, 86_400_000, 1])), "column `joined` holds moments; give days"),
        ("mark", Arc::new(lists.finish()), "column `mark` holds lists or records inside; give plain columns"),
        (
            "mark",
            Arc::new(BinaryArray::from_iter_values(["a", "b", "c"])),
            "column `mark` is of a kind that is not read; give",
        ),
        (
            "mark",
            Arc::new(long.with_precision_and_scale(38, 0).unwrap()),
            "column `mark` holds a number of more than 18 digits in row 3",
        ),
        (
            "mark",
            Arc::new(UInt64Array::from(vec![1, u64::MAX, 3])),
            "column `mark` holds a number of more than 18 digits in row 2",
        ),
        (
            "mark",
            Arc::new(Decimal128Array::from(vec![1, 2, 3]).with_precision_and_scale(9, 1).unwrap()),
            "column `mark` has more decimals than the field",
        ),
        ("mark", Arc::new(Int64Array::from(vec![1, 101, 3])), "row 2, column `mark`: 101 is not allowed here"),
        ("team", Arc::new(StringArray::from(vec!["north", "up", "south"])), "row 2, column `team`: "),
        ("boss", Arc::new(StringArray::from(vec!["C", "A", "Z"])), "row 3, column `boss`: there is no person `Z`"),
    ];
    for (name, column, why) in refused {
        write(&path, vec![who.clone(), (name, column)], None);
        let told = read(&policy, &[("person", &path)], false).unwrap_err();
        assert!(told.contains(why) && told.contains("people.arrow"), "{told}");
    }
    // What is wrong of a row is left out where that is asked for.
    let boss: ArrayRef = Arc::new(StringArray::from(vec!["C", "A", "Z"]));
    let team: ArrayRef = Arc::new(StringArray::from(vec!["up", "north", "south"]));
    write(&path, vec![who.clone(), ("boss", boss), ("team", team)], None);
    let found = read(&policy, &[("person", &path)], true).unwrap();
    assert_eq!((found.left_out, found.bad.len()), (2, 2), "{:?}", found.bad);
    assert_eq!(found.records.rows(policy.record_named("person").unwrap()).len(), 3);

    let reviews = folder.path().join("reviews.feather");
    write(&reviews, vec![("person", Arc::clone(&who.1)), ("year", Arc::new(Int64Array::from(vec![2026; 3])))], None);
    let told = read(&policy, &[("person", &path), ("review", &reviews)], true).unwrap_err();
    assert!(told.contains("needs the column `score`; this one has person, year"), "{told}");
    write(&path, vec![("mark", Arc::new(Int64Array::from(vec![1])))], None);
    let told = read(&policy, &[("person", &path)], true).unwrap_err();
    assert!(told.contains("needs the column `id`"), "{told}");

    let batch = RecordBatch::try_from_iter([who]).unwrap();
    let mut stream = StreamWriter::try_new(fs::File::create(&path).unwrap(), &batch.schema()).unwrap();
    stream.write(&batch).unwrap();
    stream.finish().unwrap();
    let told = read(&policy, &[("person", &path)], false).unwrap_err();
    assert!(told.contains("is no file of Arrow: its file format") && told.contains("no stream"), "{told}");
    fs::remove_file(&path).unwrap();
    let told = read(&policy, &[("person", &path)], false).unwrap_err();
    assert!(told.contains("there is no such file"), "{told}");
}

/// Whatever becomes of a file, it is read or refused.
#[test]
fn a_damaged_file_is_refused_or_read_and_nothing_breaks() {
    let (policy, folder) = (policy(), tempfile::tempdir().unwrap());
    let path = folder.path().join("people.arrow");
    let (mut refused, mut read_all) = (0, 0);
    for name in ["lz4.feather", "zstd.arrow"] {
        let whole = fs::read(Path::new("tests/parquet").join(name)).unwrap();
        let mut tried = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            match read(&policy, &[("person", &path)], true) {
                Ok(_) => read_all += 1,
                Err(told) => {
                    assert!(told.contains("people.arrow"), "{told}");
                    refused += 1;
                }
            }
        };
        for length in (0..whole.len()).step_by(37) {
            tried(&whole[..length]);
        }
        for at in (0..whole.len()).step_by(4) {
            let mut bytes = whole.clone();
            bytes[at] = bytes[at].wrapping_add(u8::try_from(at * 89 % 255 + 1).unwrap());
            tried(&bytes);
        }
    }
    assert!(refused > 200 && read_all > 50, "{refused} were refused, {read_all} read");
}
