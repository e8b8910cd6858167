//! Journals whose bytes changed, or are not all there.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use proptest::prelude::*;
use tai_store::{Error, JournalStore, Record, VectorStore};

use crate::support::{embedder, record};

const RECORDS: usize = 12;

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn written() -> Vec<Record> {
    (0..RECORDS).map(|number| record(&format!("{number:02}"), [1.0, number as f32])).collect()
}

/// A store with one entry for each record, and its journal's bytes.
fn begun(directory: &Path) -> Vec<u8> {
    let (store, _) = JournalStore::open(directory, Some(&embedder())).unwrap();
    for record in written() {
        block_on(store.upsert(vec![record])).unwrap();
    }
    fs::read(directory.join("journal")).unwrap()
}

fn records(directory: &Path) -> Result<Vec<Record>, Error> {
    let (store, _) = JournalStore::open(directory, None)?;
    block_on(store.records("n"))
}

/// Every one of them is one that was written, as it was.
fn are_true(records: &[Record]) -> bool {
    let written = written();
    records.iter().all(|record| written.contains(record))
}

#[test]
fn any_length_opens_with_what_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let directory = dir.path().join("store");
    let whole = begun(&directory);
    let mut last = 0;
    for length in 0..whole.len() {
        fs::write(directory.join("journal"), &whole[..length]).unwrap();
        let found = records(&directory).unwrap();
        assert_eq!(found, written()[..found.len()]);
        assert!(found.len() >= last, "a longer file never holds less");
        last = found.len();
        // A torn end was put aside, not thrown away; what is there now is whole.
        assert_eq!(records(&directory).unwrap(), found);
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            if path.to_string_lossy().contains("journal.torn") {
                fs::remove_file(path).unwrap();
            }
        }
    }
    assert_eq!(last, RECORDS - 1);
}

#[test]
fn damage_in_the_middle_is_an_error_and_touches_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let directory = dir.path().join("store");
    let mut bytes = begun(&directory);
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    fs::write(directory.join("journal"), &bytes).unwrap();
    let error = records(&directory).unwrap_err();
    assert!(matches!(&error, Error::Damaged { damage, .. } if damage.len() == 1), "{error}");
    assert_eq!(fs::read(directory.join("journal")).unwrap(), bytes);
    let repaired = JournalStore::repair(&directory).unwrap();
    // One of them is the embedder's.
    assert_eq!((repaired.entries, repaired.lost), (RECORDS, 1));
    assert_eq!(fs::read(&repaired.kept_in).unwrap(), bytes);
    let found = records(&directory).unwrap();
    assert_eq!(found.len(), RECORDS - 1);
    assert!(are_true(&found));
}

#[test]
fn what_is_no_journal_or_a_newer_one_is_refused_unharmed() {
    let dir = tempfile::tempdir().unwrap();
    let directory = dir.path().join("store");
    begun(&directory);
    for bytes in [&b"taijrnl3 and more, as a later version may write it"[..], b"SQLite format 3\0"] {
        fs::write(directory.join("journal"), bytes).unwrap();
        assert!(matches!(records(&directory), Err(Error::Version { .. })));
        assert_eq!(fs::read(directory.join("journal")).unwrap(), bytes);
    }
}

#[test]
fn a_store_is_its_users_alone() {
    let dir = tempfile::tempdir().unwrap();
    let directory = dir.path().join("store");
    begun(&directory);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&directory), mode(&directory.join("journal"))), (0o700, 0o600));
    for path in [directory.join("journal"), directory.clone()] {
        let before = fs::metadata(&path).unwrap().permissions();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(matches!(records(&directory), Err(Error::Unsafe { .. })));
        fs::set_permissions(&path, before).unwrap();
    }
    records(&directory).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever happens to the bytes, nothing panics, nothing garbled comes out, and a repair keeps all but what was hit.
    #[test]
    fn bytes_that_change_are_never_believed(changes in proptest::collection::vec((any::<proptest::sample::Index>(), 1u8..), 1..6)) {
        let dir = tempfile::tempdir().unwrap();
        let directory = dir.path().join("store");
        let mut bytes = begun(&directory);
        for (place, flip) in &changes {
            // The first eight say what the file is: another test's.
            let place = 8 + place.index(bytes.len() - 8);
            bytes[place] ^= flip;
        }
        fs::write(directory.join("journal"), &bytes).unwrap();
        if let Ok(found) = records(&directory) {
            prop_assert!(are_true(&found));
        }
        fs::write(directory.join("journal"), &bytes).unwrap();
        let repaired = JournalStore::repair(&directory).unwrap();
        prop_assert!(repaired.entries + changes.len() > RECORDS, "one change hits one entry");
        let found = records(&directory).unwrap();
        prop_assert!(are_true(&found));
        prop_assert!(found.len() + changes.len() >= RECORDS);
    }
}
