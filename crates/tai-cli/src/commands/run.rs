use std::fs::{self, Permissions};
use std::io::{self, BufRead, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tai_collect::Report;
use tai_engine::{Diagnosis, Investigation, ModelUse, Options, Start};
use tai_llm::ChatModel;
use tai_runbook::Library;
use tai_ssh::capture::CaptureWriter;
use tempfile::NamedTempFile;

use super::{completeness, issue};
use crate::args::{Format, Run};
use crate::exit::{Attempt, Exit, Failure};
use crate::progress::ProgressLine;
use crate::terminal::{is_interactive, note, print};
use crate::wire::{ModelFlags, WiredModel, host_flags};
use crate::{render, wire};

pub(crate) async fn run(args: Run) -> Result<Exit, Failure> {
    let issue = issue(&args.issue)?;
    let format = format(&args)?;
    let policy = wire::policy()?;
    let WiredModel { model, by_name } = wire::model(ModelFlags {
        base_url: args.base_url.as_deref(),
        model: args.model.as_deref(),
        allow_remote: args.allow_remote,
    })?;
    // What cannot be written is said before minutes are spent on it.
    let output = args.output_file.as_deref().map(OutputFile::create).transpose()?;
    let mut capture = args.save_capture.as_deref().map(CaptureWriter::create).transpose()?;
    let progress = ProgressLine::new();
    let wired = wire::host(host_flags!(args), &progress).await?;
    let start = Start {
        host: &*wired.host,
        policy: &policy,
        runbooks: Library::builtin(),
        issue: &issue,
        background: wired.background,
        save: capture.as_mut(),
        options: Options::default(),
    };
    let mut investigation = Investigation::start(start, &|event| progress.show(event)).await?;
    let mut exit = completeness(investigation.report());
    if let Some(writer) = capture {
        exit = exit.max(save(writer, investigation.report(), &progress));
    }

    if args.collect_only || args.show_prompt {
        progress.clear();
        let text = if args.show_prompt {
            render::prompt(&investigation.prompt(&issue), format)?
        } else {
            render::collection(investigation.report(), format)?
        };
        deliver(&text, output)?;
        return Ok(exit);
    }
    let diagnosis = investigation.diagnose(&issue, model.as_deref(), &|event| progress.show(event)).await;
    progress.clear();
    let follow_up = !args.once && output.is_none() && format == Format::Text && is_interactive();
    deliver(&render::diagnosis(&diagnosis, format)?, output)?;
    exit = exit.max(model_exit(&diagnosis, by_name));
    if follow_up {
        exit = exit.max(converse(&mut investigation, model.as_deref(), by_name).await?);
    }
    Ok(exit)
}

/// Finishes the capture. When it could not be written the report is worth no less: that is said, and counts at the end.
fn save(writer: CaptureWriter, report: &Report, progress: &ProgressLine) -> Exit {
    match writer.finish(&report.host, report.collected_at.clone(), report.facts.os_release.clone()) {
        Ok(dir) => {
            progress.note(&format!("capture saved in {}; nothing in it is redacted", dir.display()));
            Exit::Done
        }
        Err(error) => {
            let failure = Failure::from(error);
            progress.note(&format!("no capture was saved\n{}", failure.message().trim_end()));
            failure.exit
        }
    }
}

/// Answers questions until there are no more.
async fn converse(
    investigation: &mut Investigation,
    model: Option<&dyn ChatModel>,
    by_name: bool,
) -> Result<Exit, Failure> {
    let mut exit = Exit::Done;
    while let Some(question) = read_question().await? {
        let progress = ProgressLine::new();
        let diagnosis = investigation.diagnose(&question, model, &|event| progress.show(event)).await;
        progress.clear();
        print(&render::diagnosis(&diagnosis, Format::Text)?)?;
        exit = exit.max(model_exit(&diagnosis, by_name));
    }
    Ok(exit)
}

/// The next question; `None` at an empty line or the end of input.
async fn read_question() -> Result<Option<String>, Failure> {
    print("\nAsk on, or press Enter to end: ")?;
    let read = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map(|_| line)
    });
    let line = read.await.map_err(|error| Failure::new(Exit::Bug, error))?;
    let line = line.map_err(|error| Failure::usage(error).hint("standard input cannot be read"))?;
    let question = line.trim();
    Ok((!question.is_empty()).then(|| question.to_owned()))
}

fn model_exit(diagnosis: &Diagnosis, by_name: bool) -> Exit {
    match &diagnosis.model {
        ModelUse::Failed { .. } if by_name => Exit::Model,
        ModelUse::Failed { .. } | ModelUse::Answered { .. } | ModelUse::NotAsked => Exit::Done,
    }
}

fn format(args: &Run) -> Result<Format, Failure> {
    let extension = args.output_file.as_deref().and_then(Path::extension).and_then(|e| e.to_str());
    match (args.format, args.json, extension) {
        (Some(Format::Text | Format::Markdown), true, _) => {
            Err(Failure::usage("--json and --format exclude each other"))
        }
        (_, true, _) => Ok(Format::Json),
        (Some(format), false, _) => Ok(format),
        (None, false, Some("md" | "markdown")) => Ok(Format::Markdown),
        (None, false, Some("json")) => Ok(Format::Json),
        (None, false, _) => Ok(Format::Text),
    }
}

fn deliver(text: &str, output: Option<OutputFile<'_>>) -> Result<(), Failure> {
    match output {
        Some(file) => file.write(text),
        None => print(text),
    }
}

/// A file that is there whole or not at all. What is no regular file (a pipe, `/dev/stdout`) is written to as it is.
struct OutputFile<'a> {
    path: &'a Path,
    staged: Option<(NamedTempFile, PathBuf)>,
}

impl<'a> OutputFile<'a> {
    fn create(path: &'a Path) -> Result<Self, Failure> {
        let existing = fs::metadata(path).ok();
        if existing.as_ref().is_some_and(fs::Metadata::is_dir) {
            return Err(Failure::usage(format!("{} is a directory", path.display())).hint("--output-file names a file"));
        }
        if existing.as_ref().is_some_and(|metadata| !metadata.is_file()) {
            return Ok(OutputFile { path, staged: None });
        }
        // The file behind a link is what is replaced, not the link.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let folder = target.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
        let permissions = existing.map_or_else(|| Permissions::from_mode(0o666), |metadata| metadata.permissions());
        let staged = tempfile::Builder::new().permissions(permissions).tempfile_in(folder);
        // Only the kind: the error itself names the file that stands in for the report.
        let staged = staged.map_err(|error| unwritable(path, error.kind().into()))?;
        Ok(OutputFile { path, staged: Some((staged, target)) })
    }

    fn write(self, text: &str) -> Result<(), Failure> {
        let written = match self.staged {
            None => {
                fs::OpenOptions::new().write(true).open(self.path).and_then(|mut file| file.write_all(text.as_bytes()))
            }
            Some((mut staged, target)) => staged
                .write_all(text.as_bytes())
                .and_then(|()| staged.persist(target).map(drop).map_err(|error| error.error)),
        };
        written.map_err(|error| unwritable(self.path, error))?;
        note(&format!("written to {}", self.path.display()));
        Ok(())
    }
}

fn unwritable(path: &Path, source: io::Error) -> Failure {
    let attempt = format!("cannot write the report to {}", path.display());
    Failure::usage(Attempt { attempt, source }).hint("the folder must be there and writable, on a disk with space")
}
