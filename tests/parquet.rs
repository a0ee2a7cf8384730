//! Files as other programs write them: what is compressed as they compress by default, decimals as bytes, and what is refused.

#![cfg(feature = "parquet")]
#![expect(clippy::unwrap_used, reason = "a test whose policy can't be read has failed")]

use std::path::Path;

use merit::eval::Facts;
use merit::exchange::{PopulationFile, population};
use merit::ids::FieldId;
use merit::policy::compile;
use merit::policy::model::Policy;
use merit::source::Sources;
use merit::table::AsFacts;
use merit::value::{Known, RecordRef, Value};

const TEXT: &str = "calendar c { time zone \"UTC\"; working Monday to Friday; roll forward; month end back }\n\
                    record person { id key text; mark number; share number with 2 decimals }\n";

fn policy() -> Policy {
    compile(&Sources::single("test.merit", TEXT)).policy.unwrap()
}

fn files(policy: &Policy, name: &str) -> [PopulationFile; 1] {
    [PopulationFile { record: policy.record_named("person").unwrap(), path: Path::new("tests/parquet").join(name) }]
}

/// `snappy.parquet` was written by pyarrow 26 with its defaults: three people, a mark of four bytes, a share as `decimal128(5, 2)`, which
/// is kept as bytes.
#[test]
fn a_file_that_pyarrow_wrote_with_its_defaults_is_read() {
    let policy = policy();
    let files = files(&policy, "snappy.parquet");
    let records = population(&policy, &files, false).unwrap().records;
    let person = files[0].record;
    let fact = |key: &str, field: usize| {
        let key = RecordRef { record: person, key: key.into() };
        match AsFacts::new(&policy, &records).field(&key, FieldId::at(field), jiff::civil::date(2026, 1, 1)) {
            Value::Known(Known::Number(it)) => it.to_string(),
            Value::Unknown(_) => String::new(),
            other => format!("{other:?}"),
        }
    };
    assert_eq!(["A1", "A2", "A3"].map(|it| fact(it, 1)), ["61", "", "40"]);
    assert_eq!(["A1", "A2", "A3"].map(|it| fact(it, 2)), ["0.25", "-0.5", ""]);
}

#[test]
fn what_is_compressed_otherwise_is_refused_with_what_is_read() {
    let policy = policy();
    let refused = population(&policy, &files(&policy, "gzip.parquet"), false).err().unwrap().to_string();
    assert!(refused.contains("gzip.parquet can't be read as Parquet"), "{refused}");
    assert!(refused.contains("what is compressed with snappy or zstd is read"), "{refused}");
}
