//! What is listed, verified, exported, removed and pruned.

use std::fs;
use std::os::unix::fs::symlink;

use tai_models::{Cancel, Damage, Error, ImportOptions, Registry, State};

use crate::server::Server;
use crate::support::{WEIGHTS, model, pull, tree};

fn installed() -> (tempfile::TempDir, Registry) {
    let root = tempfile::tempdir().unwrap();
    pull(root.path(), &Server::start(&model(), |_, _| None)).unwrap();
    let registry = Registry::new(root.path());
    (root, registry)
}

#[test]
fn an_empty_registry_is_no_error() {
    let registry = Registry::new(std::path::Path::new("/nonexistent/models"));
    assert_eq!(registry.list().unwrap(), []);
    assert_eq!(registry.prune().unwrap().removed, Vec::<String>::new());
    assert!(!registry.remove("m").unwrap());
    let error = registry.path("m").unwrap_err();
    assert_eq!(error.to_string(), "there is no model m in /nonexistent/models");
}

#[test]
fn damage_is_named() {
    let (root, registry) = installed();
    let verify = || registry.verify("small", &Cancel::default(), &|_| {}).unwrap();
    let whole = verify();
    assert_eq!((whole.files, whole.damage.len()), (4, 0));
    let dir = root.path().join("small");
    let mut weights = fs::read(dir.join(WEIGHTS)).unwrap();
    weights[500_000] ^= 1;
    fs::write(dir.join(WEIGHTS), weights).unwrap();
    fs::write(dir.join("tokenizer.json"), "{").unwrap();
    fs::remove_file(dir.join("config.json")).unwrap();
    fs::write(dir.join("modules.json"), "[]").unwrap();
    let damage = verify().damage;
    let what: Vec<_> = damage
        .iter()
        .map(|damage| match damage {
            Damage::Missing { file } => format!("missing {file}"),
            Damage::Size { file, .. } => format!("size {file}"),
            Damage::Content { file, .. } => format!("content {file}"),
            Damage::Unknown { file } => format!("unknown {file}"),
            _ => String::new(),
        })
        .collect();
    assert_eq!(
        what,
        ["missing config.json", "content model.safetensors", "size tokenizer.json", "unknown modules.json"]
    );
    let export = registry.export("small", &root.path().join("x.tar.zst"), &Cancel::default(), &|_| {});
    assert!(matches!(export, Err(Error::Damaged { damage, .. }) if damage.len() == 3));
    assert!(!root.path().join("x.tar.zst").exists());
}

#[test]
fn an_export_is_imported_elsewhere_as_it_was() {
    let (root, registry) = installed();
    let (to, cancel) = (root.path().join("small.tar.zst"), Cancel::default());
    let exported = registry.export("small", &to, &cancel, &|_| {}).unwrap();
    assert_eq!(exported.bytes, fs::metadata(&to).unwrap().len());
    registry.export("small", &to, &cancel, &|_| {}).unwrap_err();
    registry.export("small", &root.path().join("again.tar.zst"), &cancel, &|_| {}).unwrap();
    assert_eq!(fs::read(&to).unwrap(), fs::read(root.path().join("again.tar.zst")).unwrap());
    let elsewhere = tempfile::tempdir().unwrap();
    let imported = Registry::new(elsewhere.path()).import(&to, &ImportOptions::default(), &cancel, &|_| {}).unwrap();
    assert_eq!(tree(&imported.path), tree(&root.path().join("small")));
    assert_eq!(imported.manifest, registry.manifest("small").unwrap());
}

#[test]
fn a_damaged_export_is_refused() {
    let (root, _) = installed();
    let to = root.path().join("small.tar");
    // As `tar` would pack it after somebody changed a file.
    fs::write(root.path().join("small/tokenizer.json"), "[]").unwrap();
    let mut archive = tar::Builder::new(fs::File::create(&to).unwrap());
    archive.append_dir_all("small", root.path().join("small")).unwrap();
    archive.finish().unwrap();
    let other = tempfile::tempdir().unwrap();
    let error = Registry::new(other.path()).import(&to, &ImportOptions::default(), &Cancel::default(), &|_| {});
    assert!(matches!(&error, Err(Error::Damaged { name, .. }) if name == "small"), "{error:?}");
    assert_eq!(tree(other.path()).len(), 0);
}

#[test]
fn removing_takes_model_and_parts() {
    let (root, registry) = installed();
    let parts = root.path().join(".parts/small/parts");
    fs::create_dir_all(&parts).unwrap();
    fs::write(parts.join("x.part"), "x").unwrap();
    assert!(registry.remove("small").unwrap());
    assert!(!registry.remove("small").unwrap());
    assert_eq!(fs::read_dir(root.path().join(".parts")).unwrap().count(), 0);
    assert!(matches!(registry.remove("../x"), Err(Error::InvalidName { .. })));
}

#[test]
fn a_link_to_a_directory_is_removed_and_what_it_leads_to_is_not() {
    let (root, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(elsewhere.path().join("kept"), "x").unwrap();
    symlink(elsewhere.path(), root.path().join("m")).unwrap();
    let registry = Registry::new(root.path());
    assert_eq!(registry.list().unwrap()[0].state, State::Unmanaged);
    assert!(registry.remove("m").unwrap());
    assert!(elsewhere.path().join("kept").exists());
}

#[test]
fn pruning_removes_what_nothing_refers_to() {
    let (root, registry) = installed();
    let put = |path: &str| {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "1234").unwrap();
    };
    put(".parts/gone/parts/x.part");
    put(".parts/~import-1/unpacked/config.json");
    put("small/onnx/model.onnx");
    put("by-hand/config.json");
    let whole = tree(root.path());
    let pruned = registry.prune().unwrap();
    assert_eq!(pruned.removed, [".parts/gone", ".parts/~import-1", "small/onnx/model.onnx"]);
    assert_eq!((pruned.bytes, pruned.busy.len()), (12, 0));
    assert_eq!(tree(root.path()).len(), whole.len() - 3);
    assert!(root.path().join("by-hand/config.json").exists());
    assert_eq!(registry.prune().unwrap().removed, Vec::<String>::new());
}

#[test]
fn what_is_by_hand_or_broken_is_said() {
    let root = tempfile::tempdir().unwrap();
    for (name, manifest) in [("a", ""), ("b", r#"{"schema":"tai.model/9"}"#), ("c", "")] {
        fs::create_dir(root.path().join(name)).unwrap();
        if name != "c" {
            fs::write(root.path().join(name).join("manifest.json"), manifest).unwrap();
        }
    }
    let registry = Registry::new(root.path());
    let states: Vec<_> = registry.list().unwrap().into_iter().map(|shelf| shelf.state).collect();
    assert!(matches!(&states[..], [State::Unreadable(_), State::Unreadable(_), State::Unmanaged]), "{states:?}");
    let verify = registry.verify("c", &Cancel::default(), &|_| {});
    assert!(matches!(verify, Err(Error::Unmanaged { .. })));
    assert_eq!(registry.path("c").unwrap(), root.path().join("c"));
}

#[test]
fn a_manifest_cannot_name_files_elsewhere() {
    let (root, registry) = installed();
    let path = root.path().join("small/manifest.json");
    let text = fs::read_to_string(&path).unwrap().replace("tokenizer.json", "../../etc/passwd");
    fs::write(&path, text).unwrap();
    assert!(matches!(registry.manifest("small"), Err(Error::Manifest { .. })));
}
