//! A project's folder in which the real program is disturbed, and what must hold behind that.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::folders::copy;
use crate::picture::Picture;

/// What is kept, and what has left: the names of mails.
pub(crate) type Stands = (Picture, Vec<String>);

/// A project's folder as it stands before a step.
pub(crate) struct World {
    folder: tempfile::TempDir,
}

impl World {
    pub(crate) fn of(project: &str) -> Self {
        let world = Self { folder: tempfile::tempdir().unwrap() };
        copy(&Path::new("tests/projects").join(project), world.folder.path());
        world
    }

    pub(crate) fn twin(&self) -> Self {
        let world = Self { folder: tempfile::tempdir().unwrap() };
        copy(self.folder.path(), world.folder.path());
        world
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn merit(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_merit"));
        command.args(words).current_dir(self.folder.path()).env("NO_COLOR", "1").env("USER", "tester");
        command
    }

    fn ends_by_itself(&self, words: &[&str]) -> Output {
        let output = self.merit(words).output().unwrap();
        assert!(matches!(output.status.code(), Some(0..=2)), "{words:?}: {}", told(&output));
        assert!(!told(&output).contains("panicked"), "{}", told(&output));
        output
    }

    fn is_proved(&self, place: &str) {
        let output = self.merit(&["journal", "verify"]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{place}: {}", told(&output));
    }

    /// What was committed is there and proved, and the same call again ends as it would have: at once, or called twice.
    pub(crate) fn goes_on(&self, words: &[&str], expected: &[Stands], place: &str) {
        // A store that was begun is filled by the next deploy.
        if self.path("merit.db").exists() && words[0] != "deploy" {
            self.is_proved(place);
        }
        self.ends_by_itself(words);
        self.is_proved(place);
        let stands = self.stands();
        if !expected.contains(&stands) {
            let (picture, mails) = &expected[0];
            let difference = stands.0.differs_from(picture).unwrap_or_default();
            panic!("{place}: it ends otherwise than undisturbed\n{difference}\n{:?}\n{mails:?}", stands.1);
        }
    }

    /// What is kept, and what has left.
    pub(crate) fn stands(&self) -> Stands {
        let mails = fs::read_dir(self.path("outbox")).map(|it| it.map(|it| it.unwrap().file_name()).collect());
        let mut mails: Vec<String> =
            mails.unwrap_or_else(|_| Vec::new()).into_iter().map(|it| it.to_string_lossy().into_owned()).collect();
        mails.sort();
        (Picture::of(&self.path("merit.db")), mails)
    }

    /// Copies that were begun and are in nobody's way.
    pub(crate) fn leftovers(&self) -> Vec<String> {
        let names = fs::read_dir(self.folder.path()).unwrap().map(|it| it.unwrap().file_name());
        names.map(|it| it.to_string_lossy().into_owned()).filter(|it| it.contains(".part")).collect()
    }
}

pub(crate) fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
