//! Mails as files: whole, once, and never outside the folder.

use std::{fs, path::Path};

use merit::deliver::{FolderFault, Post, Sent, Transport, eml_name, message_id, render, write_eml};
use proptest::prelude::*;

use super::mail;

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_name_says_when_to_whom_and_what() {
    let name = eml_name("2026-08-07", "akello", "plan_overdue", &message_id("effect 1", "x.org"));
    assert!(name.starts_with("2026-08-07_akello_plan_overdue_") && name.ends_with(".eml"), "{name}");
    assert_eq!(name.len(), "2026-08-07_akello_plan_overdue_1a2b3c4d.eml".len());
    assert_ne!(name, eml_name("2026-08-07", "akello", "plan_overdue", &message_id("effect 2", "x.org")));
}

#[test]
fn the_same_mail_is_written_once() {
    let folder = tempfile::tempdir().unwrap();
    let first = write_eml(folder.path(), "a.eml", b"mail\r\n").unwrap();
    assert!(!first.already);
    let again = write_eml(folder.path(), "a.eml", b"mail\r\n").unwrap();
    assert!(again.already);
    assert_eq!(first.path, again.path);
    assert_eq!(names(folder.path()), ["a.eml"]);
    assert_eq!(fs::read(first.path).unwrap(), b"mail\r\n");
}

#[test]
fn another_mail_is_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    write_eml(folder.path(), "a.eml", b"one").unwrap();
    let fault = write_eml(folder.path(), "a.eml", b"two").unwrap_err();
    assert!(matches!(fault, FolderFault::Taken(_)));
    assert!(!fault.is_worth_retrying());
    assert_eq!(fs::read(folder.path().join("a.eml")).unwrap(), b"one");
}

#[test]
fn what_a_crash_left_behind_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".a.part"), b"half a ma").unwrap();
    write_eml(folder.path(), "a.eml", b"mail").unwrap();
    assert_eq!(names(folder.path()), ["a.eml"]);
}

#[test]
fn hostile_names_stay_in_the_folder() {
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("outbox");
    let hostile = [
        "../../etc/passwd",
        "/etc/passwd",
        "..",
        ".",
        "",
        "a/../../b",
        "a\\..\\b",
        "C:evil",
        "a\0b\r\n",
        ".hidden",
        "é",
        "....eml",
    ];
    for (n, name) in hostile.into_iter().enumerate() {
        let written = write_eml(&folder, name, n.to_string().as_bytes());
        match written {
            Ok(written) => assert_eq!(written.path.parent(), Some(folder.as_path()), "{name}"),
            Err(fault) => assert!(matches!(fault, FolderFault::Taken(_)), "{name}: {fault}"),
        }
    }
    assert_eq!(names(outside.path()), ["outbox"]);
    for name in names(&folder) {
        assert!(name.ends_with(".eml") && !name.starts_with('.'), "{name}");
    }
}

proptest! {
    #[test]
    fn every_name_is_safe(day in any::<String>(), who in any::<String>(), what in ".{0,300}", id in any::<String>()) {
        let name = eml_name(&day, &who, &what, &id);
        prop_assert!(name.len() <= 120 && name.ends_with(".eml"));
        prop_assert!(name.bytes().all(|it| it.is_ascii_alphanumeric() || b"._-".contains(&it)), "{}", name);
        prop_assert!(!name.starts_with(['.', '-']) && !name.contains(".."), "{}", name);
    }
}

#[test]
fn a_missing_folder_is_made_but_not_its_parents() {
    let place = tempfile::tempdir().unwrap();
    write_eml(&place.path().join("outbox"), "a.eml", b"mail").unwrap();
    let fault = write_eml(&place.path().join("mis/typed"), "a.eml", b"mail").unwrap_err();
    assert!(matches!(fault, FolderFault::Missing { .. }));
    assert!(fault.to_string().contains("correct `folder` in merit.toml"), "{fault}");
    assert!(fault.is_worth_retrying());
}

#[test]
fn a_file_is_not_a_folder() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("outbox");
    fs::write(&file, b"").unwrap();
    assert!(matches!(write_eml(&file, "a.eml", b"mail"), Err(FolderFault::NotAFolder(_))));
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_written_to_says_so() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = tempfile::tempdir().unwrap();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o500)).unwrap();
    let written = write_eml(place.path(), "a.eml", b"mail");
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o700)).unwrap();
    match written {
        // The administrator may write anywhere.
        Ok(written) => assert!(written.path.exists()),
        Err(fault) => {
            assert!(fault.to_string().contains("that this program may write there"), "{fault}");
            assert_eq!(names(place.path()), Vec::<String>::new());
        }
    }
}

#[tokio::test]
async fn a_post_writes_into_its_folder_and_knows_when_it_is_gone() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("outbox");
    let mut post = Post::open(Transport::Folder(folder.clone())).unwrap();
    let bytes = render(&mail()).unwrap();
    for _ in 0..2 {
        let sent = post.send(&mail(), &bytes, "a.eml").await;
        assert_eq!(sent, Sent::Accepted { detail: folder.join("a.eml").display().to_string() });
    }
    assert!(matches!(post.send(&mail(), b"other", "a.eml").await, Sent::Refused { permanent: true, .. }));
    assert_eq!(post.trouble(), None);

    fs::remove_dir_all(&folder).unwrap();
    fs::write(&folder, b"").unwrap();
    assert!(matches!(post.send(&mail(), &bytes, "a.eml").await, Sent::Refused { permanent: false, .. }));
    assert!(post.trouble().is_some_and(|it| it.contains("is not a folder")));
}
