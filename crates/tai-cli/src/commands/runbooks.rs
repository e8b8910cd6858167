use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use tai_runbook::{BUILTIN, Library, Problem, Runbook, lint};
use tai_store::{Shelf, StoredRunbook, Synced};

use super::json_line;
use super::sections::Sections;
use crate::args::Runbooks;
use crate::exit::{Attempt, Exit, Failure};
use crate::progress::Screen;
use crate::wire::{ADDED, BUILT_IN, Keep};
use crate::{render, wire};

const SEARCH_LIMIT: usize = 5;

pub(crate) async fn runbooks(args: Runbooks, screen: Screen) -> Result<Exit, Failure> {
    let named =
        [args.sync, args.list, args.add.is_some(), args.show.is_some(), args.check.is_some(), args.search.is_some()];
    if named.iter().filter(|is_named| **is_named).count() != 1 || (args.path.is_some() && !args.sync) {
        return Err(Failure::usage(
            "name one of --sync, --list, --add, --show, --check and --search; --path goes with --sync",
        )
        .hint("`tai runbooks --list` shows what is there"));
    }
    if let Some(directory) = &args.check {
        return check(directory, args.json, &screen);
    }
    if args.sync || args.add.is_some() {
        wire::must_persist()?;
        let wire::Shelved { shelf, .. } = wire::shelf(None, Keep::Make)?;
        return match &args.add {
            Some(file) => add(&shelf, file, args.json, &screen).await,
            None => sync(&shelf, args.path.as_deref(), args.json, &screen).await,
        };
    }
    let wire::Shelved { shelf, .. } = wire::shelf(None, Keep::by_environment())?;
    let (library, kept) = (wire::library(false, &screen).await, shelf.all().await?);
    if let Some(name) = &args.show {
        return show(&library, &kept, name, args.json, &screen);
    }
    if let Some(text) = &args.search {
        let (flags, persists) = (wire::ModelFlags::default(), wire::persists());
        let embedder = wire::rankers(args.embedder.as_deref(), Some("none"), flags, persists).await?.embedder;
        let near = Sections::new(library.passages(), embedder, persists, &screen).near(text).await;
        let found = library.matching_by_meaning(text, &[], &near, SEARCH_LIMIT);
        let objects = || {
            found.iter().map(|it| json!({"citation": it.section.citation, "score": it.score, "text": it.section.text}))
        };
        let text = if args.json { json_line(&objects().collect::<Vec<_>>())? } else { render::suggestions(&found) };
        screen.print(&text)?;
        return Ok(Exit::Done);
    }
    let rows = render::runbook_rows(&library, &kept, &shelf.sources().await?);
    screen.print(&if args.json { json_line(&rows)? } else { render::runbooks(&rows, wire::now()) })?;
    Ok(Exit::Done)
}

/// The runbooks of a directory and those below it: their paths in it, and their texts. Links are not followed, and a README.md is no runbook.
fn texts_in(directory: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let unreadable = |path: &Path| {
        let attempt = format!("cannot read {}", path.display());
        move |source| Failure::usage(Attempt { attempt, source })
    };
    let (mut texts, mut folders) = (BTreeMap::new(), vec![directory.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(unreadable(&folder))? {
            let entry = entry.map_err(unreadable(&folder))?;
            let (path, kind) = (entry.path(), entry.file_type().map_err(unreadable(&folder))?);
            let is_runbook = kind.is_file() && path.extension().is_some_and(|it| it == "md");
            if kind.is_dir() && !entry.file_name().to_string_lossy().starts_with('.') {
                folders.push(path);
            } else if is_runbook && entry.file_name() != "README.md" {
                let text = wire::read_named(&path)?;
                let name = path.strip_prefix(directory).unwrap_or(&path).to_string_lossy().into_owned();
                texts.insert(name, text);
            }
        }
    }
    Ok(texts)
}

fn check(directory: &Path, json: bool, screen: &Screen) -> Result<Exit, Failure> {
    let texts = texts_in(directory)?;
    let mut problems = lint(&texts, &|path| directory.join(path).exists());
    // As it can be clicked on, and opened from here.
    for problem in &mut problems {
        problem.file = directory.join(&problem.file).display().to_string();
    }
    if json {
        screen.print(&json_line(&json!({"runbooks": texts.len(), "problems": problems}))?)?;
    } else {
        screen.print(&render::problems(&problems, texts.len()))?;
    }
    Ok(if problems.is_empty() { Exit::Done } else { Exit::Usage })
}

/// What a sync came to, of one source.
async fn sync_source(shelf: &Shelf, directory: &Path, source: &str) -> Result<(Synced, Vec<Problem>), Failure> {
    let mut texts = texts_in(directory)?;
    let mut wrong = Vec::new();
    for (name, text) in &texts {
        if Runbook::parse(name, text).is_err() {
            wrong.push(name.clone());
        }
    }
    let mut problems = lint(&texts, &|path| directory.join(path).exists());
    problems.retain(|problem| wrong.contains(&problem.file));
    texts.retain(|name, _| !wrong.contains(name));
    // What was kept of a runbook that is wrong now stays until it is mended or removed.
    Ok((shelf.sync(source, &texts, &wrong, wire::now()).await?, problems))
}

async fn sync(shelf: &Shelf, path: Option<&Path>, json: bool, screen: &Screen) -> Result<Exit, Failure> {
    let mut sources: Vec<(String, Option<PathBuf>)> = Vec::new();
    if let Some(path) = path {
        let directory = fs::canonicalize(path)
            .map_err(|source| Failure::usage(Attempt { attempt: format!("cannot read {}", path.display()), source }))?;
        sources.push((directory.display().to_string(), Some(directory)));
    } else {
        sources.push((BUILT_IN.to_owned(), None));
        let known =
            shelf.sources().await?.into_iter().filter(|source| ![BUILT_IN, ADDED].contains(&source.name.as_str()));
        sources.extend(known.map(|source| (source.name.clone(), Some(PathBuf::from(source.name)))));
    }
    let (mut exit, mut objects) = (Exit::Done, Vec::new());
    for (source, directory) in sources {
        let (synced, problems) = match directory {
            None => (wire::sync_built_in(shelf).await?, Vec::new()),
            // One that is gone says nothing of its runbooks: they stay.
            Some(directory) if path.is_none() && !directory.is_dir() => {
                screen.note(&format!("{source} is not there: its runbooks stay as they are"));
                exit = exit.max(Exit::Incomplete);
                continue;
            }
            Some(directory) => sync_source(shelf, &directory, &source).await?,
        };
        if !problems.is_empty() {
            exit = exit.max(Exit::Usage);
        }
        if json {
            objects.push(json!({"source": source, "added": synced.added, "changed": synced.changed,
                "removed": synced.removed, "unchanged": synced.unchanged, "problems": problems}));
        } else {
            screen.print(&render::synced(&source, &synced))?;
            problems.iter().for_each(|problem| screen.note(&format!("{source}/{problem}")));
        }
    }
    if json {
        screen.print(&json_line(&objects)?)?;
    }
    Ok(exit)
}

async fn add(shelf: &Shelf, file: &Path, json: bool, screen: &Screen) -> Result<Exit, Failure> {
    let text = wire::read_named(file)?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Runbook::parse(&name, &text).map_err(|error| {
        Failure::usage(error).hint("`tai runbooks --check DIRECTORY` lists all that is wrong; runbooks/README.md of tai's sources says how to write one")
    })?;
    let synced = shelf.add(ADDED, &name, &text, wire::now()).await?;
    screen.print(&if json { json_line(&synced)? } else { render::synced(ADDED, &synced) })?;
    Ok(Exit::Done)
}

fn show(library: &Library, kept: &[StoredRunbook], wanted: &str, json: bool, screen: &Screen) -> Result<Exit, Failure> {
    let (name, anchor) = wanted.split_once('#').map_or((wanted, None), |(name, anchor)| (name, Some(anchor)));
    let hint = "`tai runbooks --list` names them; a section is named by its heading, as in ssh.md#key-is-refused";
    let is_it = |file: &str| file == name || file.strip_suffix(".md") == Some(name);
    let runbook = library.runbooks().iter().find(|runbook| is_it(&runbook.file));
    let runbook = runbook.ok_or_else(|| Failure::usage(format!("there is no runbook {name:?}")).hint(hint))?;
    let text = match anchor {
        None => whole(runbook, kept),
        Some(anchor) => {
            let citation = format!("{}#{anchor}", runbook.file);
            let section =
                runbook.sections.iter().find(|section| section.citation == citation || section.title == anchor);
            let section = section.ok_or_else(|| {
                let all: Vec<&str> = runbook.sections.iter().map(|section| section.citation.as_str()).collect();
                Failure::usage(format!("there is no section {citation:?}")).hint(format!("one of {}", all.join(", ")))
            })?;
            format!("{} {}\n\n{}\n", "#".repeat(section.level.into()), section.title, section.text)
        }
    };
    screen.print(&if json { json_line(&json!({"name": runbook.file, "text": text}))? } else { text })?;
    Ok(Exit::Done)
}

/// The text of a runbook as it was added: the last one of its name counts, as in [`wire::add_to`].
fn whole(runbook: &Runbook, kept: &[StoredRunbook]) -> String {
    let of_name = |it: &&StoredRunbook| it.name == runbook.file && it.source != BUILT_IN;
    let added = kept.iter().find(|it| of_name(it) && it.source == ADDED);
    let own = added.or_else(|| kept.iter().rfind(of_name)).map(|it| it.text.clone());
    let built_in = || BUILTIN.iter().find(|(file, _)| *file == runbook.file).map(|(_, text)| (*text).to_owned());
    own.or_else(built_in).unwrap_or_default()
}
