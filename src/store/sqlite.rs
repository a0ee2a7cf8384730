//! The store in SQLite: one file, one writer, everything of a unit of work at once.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use crate::policy::model::Policy;
use crate::store::described::{describe_all, drop_views, make_views};
use crate::store::points::pass;
use crate::store::seal::hex;
use crate::store::sums;
use crate::store::{StoreError, StoreState};

/// The schema that this version writes.
pub const SCHEMA: u32 = 14;
/// From this schema on, the store describes its policies for the registers.
const DESCRIBED: u32 = 8;
/// The edition of the language that this version reads.
pub const EDITION: i64 = 1;
/// Marks the file as Merit's: "Mrit".
const APPLICATION: i32 = 0x4d72_6974;
/// Versions before carry a fault of the write-ahead log that can damage a store.
const OLDEST_SQLITE: i32 = 3_051_003;

/// The last schema before which what is kept of a case may tell less than its journal, as that version folded it.
const FOLDED: u32 = 9;

/// The sixth lets the journal and the outbox grow at their end: what a step writes lies together, wherever its case lies.
const MIGRATIONS: &[(u32, &str)] = &[
    (1, include_str!("migrations/0001_first.sql")),
    (2, include_str!("migrations/0002_restored.sql")),
    (3, include_str!("migrations/0003_delegations.sql")),
    (4, include_str!("migrations/0004_judged.sql")),
    (5, include_str!("migrations/0005_refusals.sql")),
    (6, include_str!("migrations/0006_in_order.sql")),
    (7, include_str!("migrations/0007_judged_until.sql")),
    (8, include_str!("migrations/0008_registers.sql")),
    (9, include_str!("migrations/0009_sums.sql")),
    (10, include_str!("migrations/0010_called.sql")),
    (11, include_str!("migrations/0011_waits.sql")),
    (12, include_str!("migrations/0012_keeping.sql")),
    (13, include_str!("migrations/0013_digests.sql")),
    (14, include_str!("migrations/0014_meetings.sql")),
];

/// Whether a store is opened to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Read and write.
    Write,
    /// Read only.
    ReadOnly,
}

/// A store in a file.
#[derive(Debug)]
pub struct SqliteStore {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
    /// Earlier versions under which cases are open, compiled once for each version that came to be the latest.
    pub(super) older: RefCell<BTreeMap<i64, Older>>,
}

/// An earlier version with the orders of the latest, and the hash of that; none if it can't be read.
pub(super) type Older = (String, Option<Arc<Policy>>);

/// Held while an engine works on a store; another engine is refused meanwhile.
#[derive(Debug)]
pub struct EngineLock {
    _file: File,
}

pub(super) fn disk(error: rusqlite::Error) -> StoreError {
    use rusqlite::ErrorCode;
    let Some(code) = error.sqlite_error_code() else {
        return StoreError::Damaged(error.to_string());
    };
    match code {
        ErrorCode::DiskFull => StoreError::Full,
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen => {
            StoreError::Unwritable(error.to_string())
        }
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Locked,
        ErrorCode::SystemIoFailure => {
            StoreError::Disk(format!("the disk failed or has no more room; nothing of this was kept: {error}"))
        }
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Damaged(error.to_string()),
        ErrorCode::ConstraintViolation => {
            StoreError::Damaged(format!("a rule of the store was about to be broken: {error}"))
        }
        _ => StoreError::Disk(error.to_string()),
    }
}

impl SqliteStore {
    /// Opens a store that is there.
    ///
    /// # Errors
    /// When there is none, when it is no store or a newer one, or when the disk does not allow it.
    pub fn open(path: &Path, access: Access) -> Result<Self, StoreError> {
        match (Self::open_as_it_is(path, access), access) {
            (Ok(store), Access::Write) => store.migrate(),
            (Ok(store), Access::ReadOnly) if store.schema()? >= SCHEMA => Ok(store),
            // Written by an earlier version, or left by a program that stopped half-way: first put in order.
            (Ok(_) | Err(StoreError::Unwritable(_)), Access::ReadOnly) => {
                Self::open(path, Access::Write)?;
                Self::open_as_it_is(path, access)
            }
            (Err(error), _) => Err(error),
        }
    }

    /// Opens a store that is there and leaves its schema as an earlier version may have written it: only to copy it.
    pub(super) fn open_as_it_is(path: &Path, access: Access) -> Result<Self, StoreError> {
        if !path.exists() {
            return Err(StoreError::NoStore(path.display().to_string()));
        }
        looks_like_a_store(path)?;
        let there = identity(path);
        let flags = match access {
            Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
            Access::ReadOnly => OpenFlags::SQLITE_OPEN_READ_ONLY,
        };
        let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(disk)?;
        let store = Self::prepare(connection, path)?;
        store.refuse_foreign()?;
        refuse_replaced(path, there)?;
        store.settle(access)
    }

    /// Opens a store, or makes one where there is none.
    ///
    /// # Errors
    /// As for [`SqliteStore::open`].
    pub fn open_or_create(path: &Path) -> Result<Self, StoreError> {
        if path.metadata().is_ok_and(|it| it.len() > 0) {
            looks_like_a_store(path)?;
        }
        let there = identity(path);
        let connection = Connection::open(path).map_err(disk)?;
        let store = Self::prepare(connection, path)?;
        // Also a file that was begun and never filled, because the program stopped there.
        if store.is_empty()? {
            return store.settle(Access::Write)?.create();
        }
        store.refuse_foreign()?;
        refuse_replaced(path, there)?;
        store.settle(Access::Write)?.migrate()
    }

    /// A store in memory, for tests.
    ///
    /// # Errors
    /// When memory does not allow it.
    pub fn in_memory() -> Result<Self, StoreError> {
        let connection = Connection::open_in_memory().map_err(disk)?;
        Self::prepare(connection, Path::new(":memory:"))?.settle(Access::Write)?.create()
    }

    /// A private copy, which nothing need keep safe.
    pub(super) fn of_copy(connection: Connection, path: &Path) -> Result<Self, StoreError> {
        let store = Self::prepare(connection, path)?;
        store.connection.execute_batch("pragma journal_mode = memory; pragma synchronous = off;").map_err(disk)?;
        store.connection.execute_batch("pragma foreign_keys = on; pragma cache_size = -65536;").map_err(disk)?;
        store.migrate()
    }

    fn prepare(mut connection: Connection, path: &Path) -> Result<Self, StoreError> {
        refuse_old_sqlite(rusqlite::version_number())?;
        connection.busy_handler(Some(wait_a_little)).map_err(disk)?;
        connection.set_prepared_statement_cache_capacity(256);
        rusqlite::vtab::array::load_module(&connection).map_err(disk)?;
        Ok(Self { connection, path: path.to_owned(), older: RefCell::default() })
    }

    /// What is said to SQLite once it is known that the file is ours: it writes the way of keeping a journal into the file.
    fn settle(self, access: Access) -> Result<Self, StoreError> {
        let pragmas = match access {
            Access::Write => {
                "pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; pragma wal_autocheckpoint = 4000;"
            }
            Access::ReadOnly => "pragma query_only = on;",
        };
        self.connection.execute_batch(pragmas).map_err(|error| unfit(&self.path, error))?;
        self.connection.execute_batch("pragma cache_size = -65536; pragma temp_store = memory;").map_err(disk)?;
        Ok(self)
    }

    fn create(mut self) -> Result<Self, StoreError> {
        let id = hex(&random_id(&self.connection)?);
        let transaction = self.connection.transaction().map_err(disk)?;
        take_steps(&transaction, 0)?;
        transaction
            .execute("insert into store (id, schema, edition) values (?1, ?2, ?3)", params![id, SCHEMA, EDITION])
            .map_err(disk)?;
        transaction
            .execute_batch(&format!("pragma application_id = {APPLICATION}; pragma user_version = {SCHEMA};"))
            .map_err(disk)?;
        pass("creating");
        transaction.commit().map_err(disk)?;
        pass("created");
        Ok(self)
    }

    /// Brings a store of an earlier version to the schema of this one, all at once.
    fn migrate(mut self) -> Result<Self, StoreError> {
        if self.schema()? >= SCHEMA {
            return Ok(self);
        }
        // A table that takes another's place bears its name in the end; in between, references to it lead nowhere.
        self.connection.execute_batch("pragma foreign_keys = off").map_err(disk)?;
        let transaction =
            self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(disk)?;
        // Another program may have done it meanwhile.
        let found = transaction.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(disk)?;
        if found < SCHEMA {
            take_steps(&transaction, found)?;
            transaction.execute("update store set schema = ?1", [SCHEMA]).map_err(disk)?;
            transaction.pragma_update(None, "user_version", SCHEMA).map_err(disk)?;
        }
        pass("migrating");
        transaction.commit().map_err(disk)?;
        pass("migrated");
        self.connection.execute_batch("pragma foreign_keys = on").map_err(disk)?;
        Ok(self)
    }

    fn schema(&self) -> Result<u32, StoreError> {
        Ok(u32::try_from(self.pragma("user_version")?).unwrap_or(u32::MAX))
    }

    /// Whether nobody has put anything into the file, not even a name for it.
    fn is_empty(&self) -> Result<bool, StoreError> {
        let tables: i64 = self
            .connection
            .query_row("select count(*) from sqlite_schema", [], |row| row.get(0))
            .map_err(|error| unfit(&self.path, error))?;
        Ok(tables == 0 && self.pragma("application_id")? == 0)
    }

    fn pragma(&self, name: &str) -> Result<i64, StoreError> {
        self.connection.pragma_query_value(None, name, |row| row.get(0)).map_err(|error| unfit(&self.path, error))
    }

    fn refuse_foreign(&self) -> Result<(), StoreError> {
        if self.pragma("application_id")? != i64::from(APPLICATION) {
            let words = "it belongs to another program".to_owned();
            return Err(StoreError::Foreign(self.path.display().to_string(), words));
        }
        let found = self.schema()?;
        if found > SCHEMA {
            return Err(StoreError::Newer { path: self.path.display().to_string(), found, known: SCHEMA });
        }
        let said: Option<String> = self
            .connection
            .query_row("select id from store", [], |row| row.get(0))
            .optional()
            .map_err(|error| unfit(&self.path, error))?;
        said.map(|_| ()).ok_or_else(without_a_name)
    }

    /// Takes the lock of the engine, or says who is in the way.
    ///
    /// # Errors
    /// When another engine works on this store.
    pub fn lock_engine(path: &Path) -> Result<EngineLock, StoreError> {
        let name = beside(path, "-lock");
        let open = OpenOptions::new().create(true).truncate(false).write(true).open(&name);
        let file =
            open.map_err(|error| StoreError::Unwritable(format!("{} can't be opened: {error}", name.display())))?;
        match file.try_lock() {
            Ok(()) => Ok(EngineLock { _file: file }),
            Err(_) => Err(StoreError::Busy(path.display().to_string())),
        }
    }

    pub(super) fn read_state(&self) -> Result<StoreState, StoreError> {
        let row = self
            .connection
            .prepare_cached(
                "select s.id, s.schema, s.adopted, s.as_of, s.hold, coalesce(c.rev, 0), coalesce(c.seal, ''), s.restored, s.judged
                 from store s left join commits c on c.rev = (select max(rev) from commits)",
            )
            .map_err(|error| unfit(&self.path, error))?
            .query_row([], |row| {
                let day = |text: Option<String>| text.and_then(|it| it.parse::<Date>().ok());
                Ok(StoreState {
                    id: row.get(0)?,
                    schema: row.get(1)?,
                    adopted: day(row.get(2)?),
                    as_of: day(row.get(3)?),
                    hold: row.get(4)?,
                    rev: row.get(5)?,
                    seal: row.get(6)?,
                    restored: row.get(7)?,
                    judged: day(row.get(8)?),
                })
            })
            .optional()
            .map_err(disk)?;
        row.ok_or_else(without_a_name)
    }

    /// The last second of the last day that was run.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn last_moment(&self) -> Result<Option<i64>, StoreError> {
        self.connection
            .query_row("select max(coalesce(waits_until, not_before)) from effects where state = 'due'", [], |row| {
                row.get(0)
            })
            .map_err(disk)
    }
}

/// Whether to go on waiting for whoever writes just now, for ten seconds at most. A run gives way for a few milliseconds only, so the
/// waiting is in short steps.
fn wait_a_little(times: i32) -> bool {
    std::thread::sleep(std::time::Duration::from_millis(1));
    times < 10_000
}

fn without_a_name() -> StoreError {
    StoreError::Damaged("it does not say what it is".to_owned())
}

/// The numbered steps to the schema of this version, behind one that was taken before.
fn take_steps(connection: &Connection, behind: u32) -> Result<(), StoreError> {
    drop_views(connection)?;
    for (number, sql) in MIGRATIONS.iter().filter(|(number, _)| *number > behind) {
        connection.execute_batch(sql).map_err(disk)?;
        let checksum = crate::store::seal::sha256(&[sql.as_bytes()]);
        connection.execute("insert into migrations values (?1, ?2)", params![number, checksum]).map_err(disk)?;
    }
    make_views(connection)?;
    if (1..DESCRIBED).contains(&behind) {
        describe_all(connection)?;
    }
    if behind < FOLDED { sums::fill(connection) } else { Ok(()) }
}

fn random_id(connection: &Connection) -> Result<Vec<u8>, StoreError> {
    connection.query_row("select randomblob(16)", [], |row| row.get(0)).map_err(disk)
}

/// Why a file can't be opened as a store: the world, or else the file itself.
fn unfit(path: &Path, error: rusqlite::Error) -> StoreError {
    let words = error.to_string();
    match disk(error) {
        StoreError::Damaged(_) => StoreError::Foreign(path.display().to_string(), words),
        StoreError::Disk(_) if !words.contains("I/O") => StoreError::Foreign(path.display().to_string(), words),
        other => other,
    }
}

/// Refuses a SQLite that can damage a store, by its number: 3.51.3 is 3051003.
///
/// # Errors
/// When it is older than 3.51.3.
pub fn refuse_old_sqlite(number: i32) -> Result<(), StoreError> {
    if number >= OLDEST_SQLITE {
        return Ok(());
    }
    let (major, minor, patch) = (number / 1_000_000, number / 1_000 % 1_000, number % 1_000);
    Err(StoreError::OldSqlite(format!("{major}.{minor}.{patch}")))
}

/// Which file a name leads to, where the system tells: device and number.
#[must_use]
pub fn identity(path: &Path) -> Option<(u64, u64)> {
    #[cfg(unix)]
    return std::fs::metadata(path).ok().map(|it| {
        use std::os::unix::fs::MetadataExt;
        (it.dev(), it.ino())
    });
    #[cfg(not(unix))]
    None
}

/// Who waited for a store while another was put in its place holds the old one, and must not write beside the new.
fn refuse_replaced(path: &Path, there: Option<(u64, u64)>) -> Result<(), StoreError> {
    if there.is_none() || identity(path) == there { Ok(()) } else { Err(StoreError::Locked) }
}

/// A file beside the store.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// A quick look before SQLite opens a file: its header, and that it was not cut off.
fn looks_like_a_store(path: &Path) -> Result<(), StoreError> {
    let said = |words: &str| StoreError::Foreign(path.display().to_string(), words.to_owned());
    let mut header = [0u8; 100];
    let mut file =
        File::open(path).map_err(|error| StoreError::Disk(format!("{} can't be opened: {error}", path.display())))?;
    if file.read_exact(&mut header).is_err() {
        return Err(said("it is too short"));
    }
    if !header.starts_with(b"SQLite format 3\0") {
        return Err(said("it is no database"));
    }
    let page = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65_536,
        size => u64::from(size),
    };
    let pages = u64::from(u32::from_be_bytes([header[28], header[29], header[30], header[31]]));
    let length = file.metadata().map(|it| it.len()).unwrap_or(0);
    // What a program that was stopped had not yet taken over from the log still stands there.
    let log = std::fs::metadata(beside(path, "-wal")).is_ok_and(|it| it.len() > 0);
    if length < page * pages && !log {
        return Err(said("it was cut off"));
    }
    Ok(())
}
