//! Mails as files in a folder: for trying a policy out, and for places where another program does the sending.

use std::{
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

use super::mail::hex_of;
use crate::store::points::pass;

/// A mail that lies in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Where it lies.
    pub path: PathBuf,
    /// Whether it lay there before, byte for byte, so that nothing was written.
    pub already: bool,
}

/// Why a mail could not be put into the folder.
#[derive(Debug, thiserror::Error)]
pub enum FolderFault {
    /// The folder is missing and could not be made.
    #[error("the folder {} can't be made ({source}); make it, or correct `folder` in merit.toml", folder.display())]
    Missing {
        /// The folder of the settings.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The name of the folder belongs to something else.
    #[error("{} is not a folder; correct `folder` in merit.toml", .0.display())]
    NotAFolder(PathBuf),
    /// The file could not be written.
    #[error("{} can't be written ({source}); see that the disk has room and that this program may write there", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another mail lies there under the same name: it is never replaced.
    #[error("another mail lies at {}; look at it and move it away, then retry this one", .0.display())]
    Taken(PathBuf),
}

impl FolderFault {
    /// Whether the same mail may succeed later: a disk gets room again, a mail under the same name doesn't go away by itself.
    pub fn is_worth_retrying(&self) -> bool {
        !matches!(self, FolderFault::Taken(_))
    }
}

/// The longest name of a file, with its ending.
const LONGEST_NAME: usize = 120;
const ENDING: &str = ".eml";

/// The name of a mail's file: `2026-08-07_akello_plan_overdue_1a2b3c4d.eml`.
///
/// The day and the words may be any text; what could lead out of the folder or trouble a file system becomes `-`. The last eight
/// digits come from the Message-ID, so two mails of a day to one person have two names and the same mail always has the same.
pub fn eml_name(day: &str, recipient: &str, notice: &str, message_id: &str) -> String {
    file_name([day, recipient, notice], message_id, ENDING)
}

/// The same with another ending, such as `.html`.
pub fn file_name([day, recipient, notice]: [&str; 3], message_id: &str, ending: &str) -> String {
    let parts = [safe(day, 20), safe(recipient, 40), safe(notice, 40), hex_of(message_id)[..8].to_owned()];
    format!("{}{ending}", parts.iter().filter(|it| !it.is_empty()).cloned().collect::<Vec<_>>().join("_"))
}

/// Puts a mail into the folder: whole or not at all, and once even if asked twice.
///
/// The bytes go to a temporary file beside the place, to the disk, and only then to their name. A file of that name with the
/// same bytes is left as it is; one with other bytes is [`FolderFault::Taken`]. `name` is made safe once more, so it can't lead
/// out of `folder`. The folder is made if only its last part is missing.
pub fn write_eml(folder: &Path, name: &str, bytes: &[u8]) -> Result<Written, FolderFault> {
    write_file(folder, name, ENDING, bytes)
}

/// The same for a file with another ending, such as `.html`.
pub fn write_file(folder: &Path, name: &str, ending: &str, bytes: &[u8]) -> Result<Written, FolderFault> {
    make_sure_of(folder)?;
    let stem = name.strip_suffix(ending).unwrap_or(name);
    let stem = safe(stem, LONGEST_NAME.saturating_sub(ending.len()));
    let stem = if stem.is_empty() { "mail".to_owned() } else { stem };
    let path = folder.join(format!("{stem}{ending}"));
    let unwritable = |source| FolderFault::Unwritable { path: path.clone(), source };

    match fs::read(&path) {
        Ok(there) if there == bytes => return Ok(Written { path, already: true }),
        Ok(_) => return Err(FolderFault::Taken(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(unwritable(error)),
    }
    // A name of its own for each mail: what a crash left behind is written over by the next try.
    let beside = folder.join(format!(".{stem}.part"));
    pass("writing-mail");
    let written = write_through(&beside, bytes);
    pass("wrote-mail");
    let written = written.and_then(|()| fs::rename(&beside, &path));
    pass("named-mail");
    if let Err(error) = written {
        // Nothing more can be done if this fails too; the next try writes over it.
        let _ = fs::remove_file(&beside);
        return Err(unwritable(error));
    }
    sync_folder(folder).map_err(unwritable)?;
    Ok(Written { path, already: false })
}

fn make_sure_of(folder: &Path) -> Result<(), FolderFault> {
    match fs::metadata(folder) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(FolderFault::NotAFolder(folder.to_path_buf())),
        Err(_) => match fs::create_dir(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                Err(FolderFault::Missing { folder: folder.to_path_buf(), source: error })
            }
            _ => Ok(()),
        },
    }
}

fn write_through(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes the new name itself last. Windows can't open a folder and needs no such thing.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { fs::File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Letters, digits, `.`, `-` and `_`; anything else becomes one `-`. Never begins with a dot, so nothing is hidden or a way up.
fn safe(text: &str, longest: usize) -> String {
    let mut out = String::new();
    for it in text.chars() {
        let kept = if it.is_ascii_alphanumeric() || matches!(it, '_' | '.' | '-') { it } else { '-' };
        let doubled = kept == '-' && out.ends_with('-');
        let leading = out.is_empty() && matches!(kept, '.' | '-' | '_');
        let climbing = kept == '.' && out.ends_with('.');
        if !doubled && !leading && !climbing && out.len() < longest {
            out.push(kept);
        }
    }
    out.truncate(out.trim_end_matches(['.', '-', '_']).len());
    out
}
