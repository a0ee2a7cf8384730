//! Files that verbs write beside what they print: each stands whole or not at all, and none in the place of the store.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::cli::Failure;
use crate::cli::backup::is_same;
use crate::config::Project;

/// Refuses a place at which a file can't be written or must not be, before anything is worked out. `what` is to be there: a page, a table.
pub(super) fn refuse_file(project: &Project, file: &Path, what: &str) -> Result<(), Failure> {
    let shown = file.display();
    if file.is_dir() {
        return Err(
            Failure::usage(format!("{shown} is a folder")).help(format!("name the file that the {what} is to be"))
        );
    }
    if is_same(file, &project.store) {
        return Err(Failure::usage(format!("{shown} is the store itself")).help("name another file"));
    }
    let folder = file.parent().filter(|it| !it.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|it| !it.is_dir()) {
        return Err(Failure::usage(format!("there is no folder {}", folder.display()))
            .help(format!("make it, or name the {what}'s file elsewhere")));
    }
    Ok(())
}

pub(super) fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::environment(format!("{} can't be written: {error}", path.display()))
}

/// Beside its place first, then in it: whoever opens the file finds the old one or the new one.
pub(super) fn put(place: &Path, text: &str) -> Result<(), Failure> {
    let beside = Beside::begin(place)?;
    let written = beside.file().and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| failed(place, &error))?;
    beside.put()
}

/// A file that is being written beside its place; gone again unless it is put there.
pub(super) struct Beside {
    place: PathBuf,
    beside: PathBuf,
    file: File,
}

impl Beside {
    pub(super) fn begin(place: &Path) -> Result<Self, Failure> {
        let mut name = place.file_name().map_or_else(OsString::new, OsString::from);
        name.push(format!(".{}.unfinished", std::process::id()));
        let beside = place.with_file_name(name);
        let file = File::create(&beside).map_err(|error| failed(place, &error))?;
        Ok(Self { place: place.to_owned(), beside, file })
    }

    /// The file to write into.
    pub(super) fn file(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// Puts it in its place, once all of it is written.
    pub(super) fn put(self) -> Result<(), Failure> {
        let done = self.file.sync_all().and_then(|()| fs::rename(&self.beside, &self.place));
        done.map_err(|error| failed(&self.place, &error))
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // Nothing is there any more once it was put in its place.
        let _gone = fs::remove_file(&self.beside);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::Beside;

    #[test]
    fn what_is_not_put_in_its_place_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("table.csv");
        let names = || fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect::<Vec<_>>();
        fs::write(&place, "of yesterday").unwrap();
        let given_up = Beside::begin(&place).ok().unwrap();
        given_up.file().unwrap().write_all(b"half").unwrap();
        assert_eq!(names().len(), 2);
        drop(given_up);
        assert_eq!(names(), ["table.csv"]);
        assert_eq!(fs::read_to_string(&place).unwrap(), "of yesterday");
        let whole = Beside::begin(&place).ok().unwrap();
        whole.file().unwrap().write_all(b"all of it").unwrap();
        whole.put().ok().unwrap();
        assert_eq!(names(), ["table.csv"]);
        assert_eq!(fs::read_to_string(&place).unwrap(), "all of it");
    }
}
