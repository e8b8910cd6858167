//! A disk that is really full: a small ext4 in a file, mounted over a loop device.

#![expect(clippy::disallowed_methods, reason = "file systems are made and mounted by programs")]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use tai_store::{By, Error, JournalStore, Record, Search, VectorStore};
use tempfile::TempDir;

use crate::support::{embedder, record};

const MIB: u64 = 1 << 20;

struct Disk(TempDir);

impl Disk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (image, disk) = (dir.path().join("image"), Disk(dir));
        File::create(&image).unwrap().set_len(8 * MIB).unwrap();
        fs::create_dir(disk.path()).unwrap();
        run("mkfs.ext4", &["-q", "-F", "-m", "0", image.to_str().unwrap()]);
        run("mount", &["-o", "loop", image.to_str().unwrap(), disk.path().to_str().unwrap()]);
        disk
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("disk")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        run("umount", &[self.path().to_str().unwrap()]);
    }
}

fn run(program: &str, args: &[&str]) {
    let output = Command::new(program).args(args).output().unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Takes all space that is left but some.
fn fill(path: &Path, left: usize) {
    let mut file = File::create(path).unwrap();
    while file.write_all(&[1; 4096]).is_ok() {}
    let length = file.metadata().unwrap().len();
    file.set_len(length.saturating_sub(left as u64)).unwrap();
    file.sync_all().unwrap();
}

fn numbered(number: usize) -> Record {
    Record {
        text: format!("unit{number} {}", "x".repeat(number % 97 * 60)),
        ..record(&format!("{number:06}"), [1.0, 2.0])
    }
}

#[tokio::test]
#[ignore = "needs root, mkfs.ext4 and a loop device: the tier `lab` of scripts/test.sh runs it"]
async fn a_full_disk_takes_nothing_that_was_acknowledged() {
    let disk = Disk::new();
    let (directory, filler) = (disk.path().join("store"), disk.path().join("filler"));
    let (mut kept, mut refused) = (BTreeSet::new(), 0);
    for round in 0..24 {
        // Full before the store is opened, or while it works.
        let (store, _) = match round % 3 {
            0 if round > 0 => {
                fill(&filler, 0);
                JournalStore::open(&directory, Some(&embedder())).unwrap()
            }
            _ => {
                let opened = JournalStore::open(&directory, Some(&embedder())).unwrap();
                fill(&filler, 64_000 + round * 999);
                opened
            }
        };
        for number in round * 1000..(round + 1) * 1000 {
            match store.upsert(vec![numbered(number)]).await {
                Ok(()) => drop(kept.insert(format!("{number:06}"))),
                Err(error) => {
                    assert!(matches!(&error, Error::File { .. }), "{error}");
                    refused += 1;
                    break;
                }
            }
        }
        // What was kept is found in this process, and in the next one on the full disk, by words as well.
        check(&store, &kept, round).await;
        drop(store);
        let (store, _) = JournalStore::open(&directory, Some(&embedder())).unwrap();
        check(&store, &kept, round).await;
        assert!(JournalStore::verify(&directory).unwrap().damage.is_empty());
        fs::remove_file(&filler).unwrap();
        // With space again it goes on.
        let id = round * 1000 + 999;
        store.upsert(vec![numbered(id)]).await.unwrap();
        kept.insert(format!("{id:06}"));
    }
    assert!(refused > 20 && kept.len() > 100, "{} kept, {refused} refused", kept.len());
}

async fn check(store: &JournalStore, kept: &BTreeSet<String>, round: usize) {
    let found: BTreeSet<String> = store.records("n").await.unwrap().into_iter().map(|record| record.id).collect();
    assert_eq!(&found, kept, "round {round}");
    if let Some(id) = kept.first() {
        let words = format!("unit{}", id.parse::<usize>().unwrap());
        let search = Search { namespace: "n".to_owned(), by: By::Words(words), filters: Vec::new(), limit: 1 };
        assert_eq!(&store.search(&search).await.unwrap()[0].record.id, id, "round {round}");
    }
}
