//! Stores in one file, and back.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use tai_store::{Contents, Error, Imported, JournalStore, Precision, Record, Value, VectorStore, export, read_export};

use crate::support::{embedder, record};

fn contents() -> Contents {
    let mut odd = record("é\n", [f32::MIN_POSITIVE, -0.1]);
    odd.metadata = [
        ("r".to_owned(), Value::Real(0.1)),
        ("i".to_owned(), Value::Integer(i64::MIN)),
        ("f".to_owned(), Value::Flag(true)),
    ]
    .into();
    let mut without = record("w", [0.0; 2]);
    without.vector = None;
    Contents {
        embedder: Some(embedder()),
        precision: Precision::F32,
        records: vec![record("a", [1.0, 0.5]), odd, without],
    }
}

#[test]
fn what_is_exported_is_read_again_to_the_bit() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tai.export");
    let stores: BTreeMap<String, Contents> =
        [("runbooks".to_owned(), Contents::default()), ("sessions".to_owned(), contents())].into();
    let manifest = export(&path, "tai 0.1.0", "2026-01-02T03:04:05Z", &stores).unwrap();
    assert_eq!(manifest.stores["sessions"].records, 3);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(read_export(&path).unwrap(), (manifest, stores.clone()));
    export(&path, "tai 0.1.0", "", &stores).unwrap_err();
    let whole = fs::read(&path).unwrap();
    for (place, length) in
        [(whole.len() / 2, whole.len()), (whole.len() - 3, whole.len()), (0, whole.len() / 2), (0, 0)]
    {
        let mut bytes = whole.clone();
        bytes[place] ^= 1;
        bytes.truncate(length);
        fs::write(&path, bytes).unwrap();
        read_export(&path).unwrap_err();
    }
}

#[test]
fn a_line_that_was_changed_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tai.export");
    export(&path, "tai", "", &[("sessions".to_owned(), contents())].into()).unwrap();
    let text = String::from_utf8(zstd::decode_all(&fs::read(&path).unwrap()[..]).unwrap()).unwrap();
    let check = |text: &str, expect: &str| {
        fs::write(&path, zstd::encode_all(text.as_bytes(), 0).unwrap()).unwrap();
        match read_export(&path).unwrap_err() {
            Error::Export { reason, .. } => assert!(reason.contains(expect), "{reason}"),
            other => panic!("{other}"),
        }
    };
    check(&text.replace("text of a", "text of b"), "changed since");
    check(&text.replace("tai.store-export/1", "tai.store-export/2"), "its schema is \"tai.store-export/2\"");
    check(&text[..text.len() - 1], "ends too early");
    check("{}\n", "does not begin");
}

#[tokio::test]
async fn imports_merge_what_is_newer_or_replace_all() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = JournalStore::open(&dir.path().join("store"), None).unwrap();
    store.replace_all(contents()).await.unwrap();
    assert_eq!(store.contents().await.unwrap().embedder, Some(embedder()));
    let at = |id: &str, text: &str, updated_at| Record { text: text.to_owned(), updated_at, ..record(id, [1.0, 0.0]) };
    let theirs = Contents { records: vec![at("a", "older", 1), at("w", "newer", 3), at("x", "new", 0)], ..contents() };
    let planned = store.merge(theirs.clone(), true).await.unwrap();
    let expect = Imported { added: 1, changed: 1, kept: 1 };
    assert_eq!(planned, expect);
    assert_eq!(store.count("n").await.unwrap(), 3, "nothing is changed by a look");
    assert_eq!(store.merge(theirs.clone(), false).await.unwrap(), expect);
    let texts: Vec<_> = store.records("n").await.unwrap().into_iter().map(|record| record.text).collect();
    assert_eq!(texts, ["text of a", "newer", "new", "text of é\n"]);
    let mut other = theirs;
    other.embedder.as_mut().unwrap().revision = "2".to_owned();
    assert!(matches!(store.merge(other.clone(), false).await, Err(Error::OtherEmbedder { .. })));
    other.records.iter_mut().for_each(|record| record.vector = None);
    store.merge(other, false).await.unwrap();
}
