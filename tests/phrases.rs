//! Phrases met in the guidelines of real public services, each written as a policy of its own: it is free of findings, stands in its
//! form, and its examples prove what it means.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use merit::casework::examples;
use merit::diagnostic::Diagnostics;
use merit::policy::compile;
use merit::source::{FileId, Sources};
use merit::syntax;

/// The phrases, as `docs/language.md` numbers them.
const PHRASES: std::ops::RangeInclusive<u32> = 1..=37;

/// Phrases that are checked but do not run yet, so that an example can't prove them.
const CHECKED_ONLY: &[u32] = &[6, 9, 15, 17, 21, 24, 25, 26, 32, 36];

/// The files by the number their names begin with: `14_years_running.merit`.
fn files() -> BTreeMap<u32, Vec<PathBuf>> {
    let mut found: BTreeMap<u32, Vec<PathBuf>> = BTreeMap::new();
    let Ok(folder) = fs::read_dir("tests/lang/good/phrases") else { return found };
    for entry in folder {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let number = name.split('_').next().and_then(|it| it.parse().ok());
        let number = number.unwrap_or_else(|| panic!("{name}: the name begins with the number of its phrase"));
        found.entry(number).or_default().push(path);
    }
    found
}

/// What is wrong with one policy, in words; empty if nothing is.
fn faults(path: &Path, must_have_example: bool) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let mut sources = Sources::new();
    sources.add(path.display().to_string(), text.clone());
    let compilation = compile(&sources);
    let mut faults = Vec::new();
    if !compilation.diagnostics.is_empty() {
        faults.push(compilation.diagnostics.render(&sources, false));
    }
    if syntax::format(FileId(0), &text, &mut Diagnostics::new()).is_none_or(|formed| formed != text) {
        faults.push(format!("{}: it does not stand in its form", path.display()));
    }
    let Some(policy) = compilation.policy else { return faults };
    if must_have_example && policy.examples.is_empty() {
        faults.push(format!("{}: no example proves it", path.display()));
    }
    for example in &policy.examples {
        for failure in examples::run(&policy, example).failures {
            let (title, path) = (&example.title.text, path.display());
            faults.push(format!("{path}: {title}: expected {}; came: {}", failure.expected, failure.came));
        }
    }
    faults
}

#[test]
fn every_phrase_that_is_written_holds() {
    let files = files();
    let faults: Vec<String> = files
        .iter()
        .flat_map(|(number, paths)| paths.iter().flat_map(|it| faults(it, !CHECKED_ONLY.contains(number))))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_phrase_is_missing() {
    let files = files();
    let missing: Vec<u32> = PHRASES.filter(|it| !files.contains_key(it)).collect();
    assert_eq!(missing, Vec::<u32>::new(), "missing in tests/lang/good/phrases");
}
