//! The program as people call it, in a project's folder.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::folders::copy;

pub(crate) struct Project {
    pub(crate) folder: tempfile::TempDir,
}

pub(crate) fn merit(folder: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_merit")).args(words).current_dir(folder).env("NO_COLOR", "1").output().unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Project {
    pub(crate) fn of(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&Path::new("tests/projects").join(name), folder.path());
        Self { folder }
    }

    /// Runs a verb that must end with this exit code; what it printed.
    pub(crate) fn merit(&self, code: i32, words: &[&str]) -> String {
        let output = merit(self.folder.path(), words);
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "merit {}\n{out}\n{err}", words.join(" "));
        assert!(!err.contains("panicked"), "{err}");
        if code >= 2 { err } else { out }
    }

    pub(crate) fn json(&self, code: i32, words: &[&str]) -> Value {
        let printed = self.merit(code, &[words, &["--format", "json"]].concat());
        serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// A city that answers complaints, its policy in force and its records taken in.
pub(crate) fn complaints() -> Project {
    let project = Project::of("complaints");
    project.merit(0, &["deploy", "--adopt", "2026-04-01"]);
    project.merit(0, &["import", "records", "--from", "2026-04-01"]);
    project
}
