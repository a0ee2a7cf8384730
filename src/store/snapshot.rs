//! A snapshot of the records as columns, in a file beside the store: what was read once need not be read again while nothing is committed.
//!
//! It is a cache and nothing else. It bears what it was made from (store, last seal, record types, version) in its name and in its head, and
//! a checksum at its end; one that does not fit or is damaged is thrown away, one that can't be written is done without.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::policy::model::{FieldKind, Policy};
use crate::store::seal::sha256;
use crate::store::sqlite::{SCHEMA, SqliteStore, beside};
use crate::store::{StoreError, StoreState};
use crate::table::Records;

const MARK: &[u8; 8] = b"MritCol\n";
/// How the bytes stand in the file.
const FORMAT: &str = "1";
const DIGEST: u64 = 32;
/// So many of one moment of the store are kept: policies that are compared may have other record types.
const KEPT: usize = 3;

/// Whether records that were read are kept beside the store as columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Snapshots {
    /// Each time the tables are read.
    Never,
    /// Where so many rows of tables were read, or more.
    From(u64),
}

impl Default for Snapshots {
    /// Fewer rows are read as quickly as a file of them.
    fn default() -> Self {
        Self::From(50_000)
    }
}

/// Where the snapshot of some records lies.
pub(super) struct Place {
    folder: PathBuf,
    /// The number of the last commit, and the beginning of what it was made from.
    name: String,
    rev: i64,
    /// A SHA-256 in hexadecimal digits.
    made_from: String,
    /// The store's file, whose permissions it takes.
    store: PathBuf,
}

impl SqliteStore {
    /// Where the snapshot of the records of a policy lies; nowhere for a store in memory.
    pub(super) fn place_of_snapshot(&self, policy: &Policy) -> Result<Option<Place>, StoreError> {
        let Some(path) = self.connection.path().filter(|it| !it.is_empty()) else { return Ok(None) };
        let store = PathBuf::from(path);
        let StoreState { id, rev, seal, .. } = self.read_state()?;
        let (number, schema, types) = (rev.to_string(), SCHEMA.to_string(), record_types(policy));
        let made_from = [FORMAT, env!("CARGO_PKG_VERSION"), &schema, &id, &number, &seal, &types];
        let made_from = sha256(&made_from.map(str::as_bytes));
        let name = format!("{rev}-{}", &made_from[..16]);
        Ok(Some(Place { folder: beside(&store, ".columns"), name, rev, made_from, store }))
    }
}

/// What columns depend on of a policy: the names, shapes and fields of its record types.
fn record_types(policy: &Policy) -> String {
    let mut words = String::new();
    for kind in &policy.records {
        words += &format!("{:?} {:?}\n", kind.label.name, kind.shape);
        for field in &kind.fields {
            words += &format!("  {:?} {:?} {:?} {}", field.label.name, field.kind, field.blank, field.dated);
            if let FieldKind::Choice(list) = field.kind {
                let choices = &policy.choices[list.index()].choices;
                words += &format!(" {:?}", choices.iter().map(|it| &it.name).collect::<Vec<_>>());
            }
            words.push('\n');
        }
    }
    words
}

/// What passes through is hashed.
struct Hashed<S> {
    stream: S,
    hash: Sha256,
}

impl<S: Read> Read for Hashed<S> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(into)?;
        self.hash.update(&into[..read]);
        Ok(read)
    }
}

impl<S: Write> Write for Hashed<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.stream.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl Place {
    /// The records, where a whole snapshot of them lies here; one that is damaged is removed.
    pub(super) fn read(&self, policy: &Policy) -> Option<Records> {
        let path = self.folder.join(&self.name);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) => {
                tracing::debug!(%error, "no snapshot");
                return None;
            }
        };
        match self.read_file(policy, file) {
            Ok(records) => Some(records),
            Err(error) => {
                let _gone = fs::remove_file(&path);
                tracing::warn!("the snapshot {} is damaged ({error}); the store is read anew", path.display());
                None
            }
        }
    }

    fn read_file(&self, policy: &Policy, file: File) -> io::Result<Records> {
        let wrong = || io::Error::from(io::ErrorKind::InvalidData);
        let head = (MARK.len() + self.made_from.len()) as u64;
        let length = file.metadata()?.len().checked_sub(head + DIGEST).ok_or_else(wrong)?;
        let mut file = Hashed { stream: BufReader::with_capacity(1 << 18, file), hash: Sha256::new() };
        let (mut mark, mut made_from, mut said) = ([0; 8], [0; 64], [0; 32]);
        file.read_exact(&mut mark)?;
        file.read_exact(&mut made_from)?;
        if &mark != MARK || made_from != self.made_from.as_bytes() {
            return Err(wrong());
        }
        let records = Records::read(policy, &mut file, length)?;
        let found: [u8; 32] = file.hash.finalize().into();
        file.stream.read_exact(&mut said)?;
        if found == said { Ok(records) } else { Err(wrong()) }
    }

    /// Keeps some records here, in the place of those of earlier moments; a folder that may not be written is left alone.
    pub(super) fn write(&self, records: &Records) {
        let beside = self.folder.join(format!(".{}.{}.unfinished", self.name, std::process::id()));
        let written = self.write_file(records, &beside);
        let put = written.and_then(|()| fs::rename(&beside, self.folder.join(&self.name)));
        match put {
            Ok(()) => self.remove_others(),
            Err(error) => {
                let _gone = fs::remove_file(&beside);
                tracing::debug!(%error, "no snapshot was written");
            }
        }
    }

    fn write_file(&self, records: &Records, path: &Path) -> io::Result<()> {
        if !self.folder.is_dir() {
            fs::create_dir(&self.folder)?;
        }
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        // Nobody may read it who may not read the store.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        file.set_permissions(fs::metadata(&self.store)?.permissions())?;
        let mut file = Hashed { stream: BufWriter::with_capacity(1 << 18, file), hash: Sha256::new() };
        file.write_all(MARK)?;
        file.write_all(self.made_from.as_bytes())?;
        // What is hashed comes in large pieces.
        let mut pieces = BufWriter::with_capacity(1 << 16, &mut file);
        records.write(&mut pieces)?;
        pieces.flush()?;
        drop(pieces);
        let digest = file.hash.finalize();
        file.stream.write_all(&digest)?;
        file.stream.flush()
    }

    /// Removes the snapshots of other moments, and those that were not used for longest of this one.
    fn remove_others(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        let mut same = Vec::new();
        for entry in entries.flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if *name == *self.name {
                continue;
            }
            if name.starts_with(&format!("{}-", self.rev)) {
                same.push((entry.metadata().and_then(|it| it.modified()).ok(), entry.path()));
            } else {
                let _gone = fs::remove_file(entry.path());
            }
        }
        same.sort();
        same.iter().rev().skip(KEPT - 1).for_each(|(_, path)| {
            let _gone = fs::remove_file(path);
        });
    }
}
