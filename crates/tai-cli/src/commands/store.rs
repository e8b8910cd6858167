use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::json;
use tai_rag::{Embedder, Role};
use tai_store::{
    Contents, Embedded, Error, Imported, JournalStore, Precision, Record, Repaired, VectorStore, export, read_export,
};

use super::json_line;
use crate::args::{StoreExport, StoreImport, StoreReindex, StoreRepair, StoreStats, StoreVerify};
use crate::exit::{Exit, Failure};
use crate::progress::Screen;
use crate::terminal::{confirm, is_interactive, note, print};
use crate::{render, wire};

/// Texts that are embedded at once.
const AT_ONCE: usize = 64;

pub(crate) async fn store_stats(args: StoreStats, screen: Screen) -> Result<Exit, Failure> {
    for (name, directory) in some(wire::stores()?, args.json) {
        let stats = match wire::persists() {
            true => wire::open_store(&directory, None)?.stats().await?,
            false => JournalStore::look(&directory)?.0,
        };
        screen.print(&if args.json {
            json_line(&render::store_stats_json(name, &directory, &stats))?
        } else {
            render::store_stats(name, &directory, &stats)
        })?;
    }
    Ok(Exit::Done)
}

pub(crate) fn store_verify(args: &StoreVerify) -> Result<Exit, Failure> {
    let mut exit = Exit::Done;
    for (name, directory) in some(wire::stores()?, args.json) {
        let checked = JournalStore::verify(&directory)?;
        exit = exit.max(if checked.damage.is_empty() { Exit::Done } else { Exit::Store });
        print(&if args.json {
            json_line(&render::store_checked_json(name, &checked))?
        } else {
            render::store_checked(name, &checked)
        })?;
    }
    Ok(exit)
}

pub(crate) fn store_repair(args: &StoreRepair) -> Result<Exit, Failure> {
    wire::must_persist()?;
    for (name, directory) in some(wire::stores()?, args.json) {
        let checked = JournalStore::verify(&directory)?;
        let repaired = if checked.damage.is_empty() { None } else { Some(JournalStore::repair(&directory)?) };
        if let Some(Repaired { entries, lost, .. }) = &repaired {
            wire::write_down("repair", &[(name, *entries as u64), ("lost", *lost)])?;
        }
        print(&if args.json {
            json_line(&render::store_repaired_json(name, repaired.as_ref()))?
        } else {
            render::store_repaired(name, repaired.as_ref())
        })?;
    }
    Ok(Exit::Done)
}

pub(crate) async fn store_reindex(args: StoreReindex, screen: Screen) -> Result<Exit, Failure> {
    wire::must_persist()?;
    let wired = wire::rankers(args.embedder.as_deref(), Some("none"), wire::ModelFlags::default(), true).await?;
    let Some(embedder) = wired.embedder else {
        return Err(
            Failure::usage(wired.said).hint("`tai models pull all-minilm-l6-v2` fetches one; --embedder names another")
        );
    };
    let stores = wire::stores()?;
    if stores.is_empty() {
        note("there is nothing to reindex");
    }
    for (name, directory) in stores {
        let store = wire::open_store(&directory, None)?;
        let vectors = reindex(&store, &*embedder, &screen).await?;
        wire::write_down("reindex", &[(name, vectors as u64)])?;
        let id = wire::embedder_id(&*embedder);
        screen.print(&if args.json {
            json_line(&json!({"store": name, "embedder": id.to_string(), "vectors": vectors}))?
        } else {
            format!("{name}: {vectors} vectors of {id}\n")
        })?;
    }
    Ok(Exit::Done)
}

/// Gives the records that have vectors those of this embedder, and says how many have one now: what was kept while it worked may have none.
async fn reindex(store: &JournalStore, embedder: &dyn Embedder, screen: &Screen) -> Result<usize, Failure> {
    let line = screen.line(None);
    let mut records = store.contents().await?.records;
    let all = records.len();
    records.retain(|record| wire::WITH_VECTORS.contains(&record.namespace.as_str()));
    let mut vectors = Vec::new();
    for batch in records.chunks(AT_ONCE) {
        line.show_text(format!("embedding {} of {} texts", vectors.len(), records.len()));
        vectors.extend(embedded(embedder, batch).await?);
    }
    let made = vectors.len();
    let without = store.reindex(wire::embedder_id(embedder), Precision::F32, vectors).await?;
    Ok(made.saturating_sub(without.saturating_sub(all - made)))
}

async fn embedded(embedder: &dyn Embedder, records: &[Record]) -> Result<Vec<Embedded>, Failure> {
    let texts: Vec<String> = records.iter().map(|record| record.text.clone()).collect();
    let vectors = embedder.embed(&texts, Role::Document).await.map_err(|error| Failure::new(Exit::Model, error))?;
    let embedded = records.iter().zip(vectors).map(|(Record { namespace, id, text, .. }, vector)| Embedded {
        namespace: namespace.clone(),
        id: id.clone(),
        text: text.clone(),
        vector,
    });
    Ok(embedded.collect())
}

pub(crate) async fn store_export(args: StoreExport, screen: Screen) -> Result<Exit, Failure> {
    let mut contents = BTreeMap::new();
    for (name, directory) in wire::stores()? {
        let held = match wire::persists() {
            true => wire::open_store(&directory, None)?.contents().await?,
            false => JournalStore::look(&directory)?.1,
        };
        contents.insert(name.to_owned(), held);
    }
    let program = format!("tai {}", env!("CARGO_PKG_VERSION"));
    let manifest = export(&args.file, &program, &jiff::Timestamp::now().to_string(), &contents)
        .map_err(|error| named_file(error, "name another file; an export never takes the place of one"))?;
    let counts = manifest.stores.iter().map(|(name, store)| (name.as_str(), store.records)).collect::<Vec<_>>();
    wire::write_down("export", &counts)?;
    screen.print(&if args.json {
        json_line(&json!({"file": args.file, "manifest": manifest}))?
    } else {
        render::store_exported(&args.file, &manifest)
    })?;
    Ok(Exit::Done)
}

pub(crate) async fn store_import(args: StoreImport, screen: Screen) -> Result<Exit, Failure> {
    if args.merge && args.replace {
        return Err(Failure::usage("--merge and --replace exclude each other").hint("without one of them it is merged"));
    }
    wire::must_persist()?;
    let (_, stores) =
        read_export(&args.file).map_err(|error| named_file(error, "name a file that `tai store export` wrote"))?;
    if let Some(unknown) = stores.keys().find(|name| !wire::STORES.contains(&name.as_str())) {
        return Err(Failure::new(Exit::Store, format!("this tai has no store {unknown:?}"))
            .hint("the file may be from a newer version of tai; nothing was changed"));
    }
    let asks = args.replace && !args.dry_run && !args.yes && !wire::stores()?.is_empty();
    if asks && !is_interactive() {
        return Err(Failure::usage("there is nobody to ask").hint("--yes replaces without a question"));
    }
    if asks && !screen.pause(|| confirm("replace everything that tai keeps of sessions and runbooks?"))? {
        note("nothing was changed");
        return Ok(Exit::Done);
    }
    for (name, contents) in stores {
        let directory = wire::store_directory(&name)?;
        let (imported, removed) = import(&args, directory, contents).await?;
        if !args.dry_run {
            let Imported { added, changed, .. } = imported;
            let counts = [(name.as_str(), (added + changed) as u64), ("removed", removed as u64)];
            wire::write_down(if args.replace { "import, replacing" } else { "import" }, &counts)?;
        }
        screen.print(&if args.json {
            json_line(&render::store_imported_json(&name, imported, removed, args.dry_run))?
        } else {
            render::store_imported(&name, imported, removed, args.dry_run)
        })?;
    }
    Ok(Exit::Done)
}

/// What came, and how many records went.
async fn import(args: &StoreImport, directory: PathBuf, contents: Contents) -> Result<(Imported, usize), Failure> {
    if args.dry_run && !directory.join("journal").exists() {
        return Ok((Imported { added: contents.records.len(), ..Imported::default() }, 0));
    }
    let store = wire::open_store(&directory, None)?;
    if !args.replace {
        return Ok((store.merge(contents, args.dry_run).await?, 0));
    }
    let mut there = 0;
    for namespace in store.namespaces().await? {
        there += store.count(&namespace).await?;
    }
    let imported = Imported { added: contents.records.len(), ..Imported::default() };
    if !args.dry_run {
        store.replace_all(contents).await?;
    }
    Ok((imported, there))
}

/// The stores, with a word where there are none.
fn some<T>(stores: Vec<T>, json: bool) -> Vec<T> {
    if stores.is_empty() && !json {
        note("tai has kept nothing yet");
    }
    stores
}

/// What a file that the operator named can be wrong by.
fn named_file(error: Error, hint: &str) -> Failure {
    use std::io::ErrorKind as Kind;
    let is_usage = matches!(&error, Error::File { source, .. }
        if matches!(source.kind(), Kind::NotFound | Kind::AlreadyExists | Kind::PermissionDenied | Kind::NotADirectory | Kind::IsADirectory));
    match error {
        error @ Error::File { .. } if is_usage => Failure::usage(error).hint(hint),
        error @ Error::Export { .. } => {
            Failure::new(Exit::Store, error).hint("nothing was changed; export it again, or take an older backup")
        }
        error => error.into(),
    }
}
