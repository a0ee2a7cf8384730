//! `merit simulate --results FILE`: a row for each person judged, for whoever goes on with it in another program.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::cli::backup::is_same;
use crate::cli::written_files::{Beside, failed, refuse_file};
use crate::cli::{Failure, Global, output};
use crate::config::Project;
use crate::exchange::{ResultsFault, ResultsForm, ResultsWriter};
use crate::simulate::Results;

/// The file that is asked for. It is begun with the first who are told.
pub(super) struct Wanted {
    place: PathBuf,
    form: ResultsForm,
    begun: Option<(Beside, ResultsWriter<BufWriter<File>>)>,
    took: Duration,
}

impl Wanted {
    /// Refuses what can't be written or must not be, before anything is worked out.
    pub(super) fn of(project: &Project, file: &Path, others: &[&Path]) -> Result<Self, Failure> {
        let form = ResultsForm::of(file).map_err(|fault| told(file, fault))?;
        refuse_file(project, file, "table")?;
        if others.iter().any(|it| *it == file || is_same(it, file)) {
            return Err(Failure::usage(format!("{} is named for something else, too", file.display()))
                .help("name another file for the results"));
        }
        Ok(Self { place: file.to_owned(), form, begun: None, took: Duration::ZERO })
    }

    /// Writes everybody.
    pub(super) fn take(&mut self, results: &Results<'_>) -> Result<(), Failure> {
        let began = Instant::now();
        let (beside, mut writer) = match self.begun.take() {
            Some(begun) => begun,
            None => {
                let beside = Beside::begin(&self.place)?;
                let file = BufWriter::new(beside.file().map_err(|error| failed(&self.place, &error))?);
                let writer = ResultsWriter::begin(self.form, file, results);
                (beside, writer.map_err(|fault| told(&self.place, fault))?)
            }
        };
        writer.take(results).map_err(|fault| told(&self.place, fault))?;
        self.begun = Some((beside, writer));
        self.took += began.elapsed();
        Ok(())
    }

    /// How long writing took so far.
    pub(super) fn took(&self) -> Duration {
        self.took
    }

    /// Puts the file in its place, and says where it is.
    pub(super) fn put(mut self, global: &Global) -> Result<(), Failure> {
        let Some((beside, writer)) = self.begun.take() else { return Ok(()) };
        let (file, written) = writer.finish().map_err(|fault| told(&self.place, fault))?;
        file.into_inner().map_err(|error| failed(&self.place, error.error()))?;
        beside.put()?;
        let rows = output::count(written.rows, "row", "rows");
        let place = self.place.display();
        output::note(
            global,
            &format!(
                "The results are in {place}: {rows}, one for each person and period. Treat the file as you treat the records."
            ),
        );
        if written.too_large > 0 {
            let amounts = output::count(written.too_large as u64, "amount is", "amounts are");
            output::note(global, &format!("{amounts} too large to be written there; nothing stands in the place."));
        }
        Ok(())
    }
}

fn told(place: &Path, fault: ResultsFault) -> Failure {
    match (&fault, fault.help()) {
        (_, Some(help)) => Failure::usage(fault.to_string()).help(help),
        (ResultsFault::Written(why), None) => {
            Failure::environment(format!("{} can't be written: {why}", place.display()))
        }
        (_, None) => Failure::usage(fault.to_string()),
    }
}
