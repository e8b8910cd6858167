//! The commands for what is kept: past sessions, runbooks, the audit log, and how to be rid of it.

use std::path::PathBuf;

use argh::{ArgsInfo, FromArgs};

/// Look at past sessions: what was found for which issue, and what came of it.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "history",
    example = "{command_name} --host web3 --since 30d",
    example = "{command_name} disk full",
    example = "{command_name} show 20260504-1000",
    example = "{command_name} outcome 20260504-1000 fixed \"removed old kernels\"",
    example = "{command_name} --since 30d --export month.md",
    note = "A session is named by its id, or by the beginning of it. The words `show` and `outcome` in front are commands; in quotes with other words they are looked for.",
    error_code(0, "done; there may be none"),
    error_code(2, "the command line is wrong, or no session has that id"),
    error_code(7, "the sessions cannot be read or written")
)]
pub(crate) struct History {
    /// of this host only
    #[argh(option, arg_name = "HOST")]
    pub(crate) host: Option<String>,
    /// not older than this: 12h, 30d, 2w, or a date
    #[argh(option, arg_name = "TIME")]
    pub(crate) since: Option<String>,
    /// of this kind of trouble only: disk, memory, service, …
    #[argh(option, arg_name = "CATEGORY")]
    pub(crate) category: Option<String>,
    /// at most so many (20; with --export all)
    #[argh(option, short = 'n', arg_name = "N")]
    pub(crate) limit: Option<usize>,
    /// write them to a file: JSON, one a line, where its name ends in .jsonl or .json, else Markdown
    #[argh(option, arg_name = "FILE")]
    pub(crate) export: Option<PathBuf>,
    /// what compares the meaning of words; see `tai retrieve --help`
    #[argh(option, arg_name = "EMBEDDER")]
    pub(crate) embedder: Option<String>,
    /// one array of objects; of `show` and `outcome` one object
    #[argh(switch)]
    pub(crate) json: bool,
    /// what the issue or the cause says, the best first; or `show ID`; or `outcome ID fixed|not-fixed [NOTE]`
    #[argh(positional)]
    pub(crate) words: Vec<String>,
}

/// Look at the runbooks, and add your own. `tai run` uses them from then on, their signals too.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "runbooks",
    example = "{command_name} --list",
    example = "{command_name} --check ./runbooks",
    example = "{command_name} --sync --path ./runbooks",
    example = "{command_name} --show ssh.md#key-is-refused",
    example = "{command_name} --search \"nginx gives 502\"",
    note = "A runbook is Markdown with front matter; runbooks/README.md of tai's sources says how to write one. A README.md is none. Of two runbooks of one name the one that was added later in this order counts: built in, of directories, added one by one.",
    error_code(0, "done"),
    error_code(2, "the command line or a runbook is wrong: the message names file and line"),
    error_code(7, "what is kept cannot be read or written")
)]
pub(crate) struct Runbooks {
    /// read the built-in runbooks, and every directory that was named before, anew; what changed is told
    #[argh(switch)]
    pub(crate) sync: bool,
    /// with --sync: read the runbooks of this directory, and those below it, and nothing else
    #[argh(option, arg_name = "DIR")]
    pub(crate) path: Option<PathBuf>,
    /// list all: name, service, tags, number of sections and signals, where from, and when that was looked at last
    #[argh(switch)]
    pub(crate) list: bool,
    /// add one file
    #[argh(option, arg_name = "FILE")]
    pub(crate) add: Option<PathBuf>,
    /// print a runbook, or a section of it: NAME or NAME#section
    #[argh(option, arg_name = "NAME")]
    pub(crate) show: Option<String>,
    /// look for mistakes in the runbooks of a directory, and of those below it
    #[argh(option, arg_name = "DIR")]
    pub(crate) check: Option<PathBuf>,
    /// the sections that fit a text best
    #[argh(option, arg_name = "TEXT")]
    pub(crate) search: Option<String>,
    /// with --search: what compares meaning; see `tai retrieve --help`
    #[argh(option, arg_name = "EMBEDDER")]
    pub(crate) embedder: Option<String>,
    /// one object or array
    #[argh(switch)]
    pub(crate) json: bool,
}

/// Show the audit log: every command that ran on a host, and everything that was removed or exported.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "audit",
    example = "{command_name}",
    example = "{command_name} --host web1 --limit 100",
    example = "{command_name} verify",
    note = "Each entry is tied to the one before it by a hash: `verify` finds every change but a cut at the end, or a file that was written anew as a whole. Note the hash that it prints, and give it to --head later: then these are found too.",
    error_code(0, "done"),
    error_code(2, "the command line is wrong"),
    error_code(7, "the log cannot be read, or it was changed")
)]
pub(crate) struct Audit {
    /// at most so many of the last entries (20)
    #[argh(option, short = 'n', default = "20", arg_name = "N")]
    pub(crate) limit: usize,
    /// of this host only
    #[argh(option, arg_name = "HOST")]
    pub(crate) host: Option<String>,
    /// with `verify`: the log must have an entry with this hash
    #[argh(option, arg_name = "HASH")]
    pub(crate) head: Option<String>,
    /// one object a line; of `verify` one object
    #[argh(switch)]
    pub(crate) json: bool,
    /// the word `verify`: look at the whole chain
    #[argh(positional)]
    pub(crate) verify: Option<String>,
}

/// Remove what tai keeps of past sessions. Nothing is removed before it was shown; what is removed is gone from every file.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "cleanup",
    example = "{command_name} --retain-days 90 --dry-run",
    example = "{command_name} --host web3 --yes",
    example = "{command_name} --all --audit",
    note = "Without --sessions and --logs both are meant: sessions, logs of runs, reports in ~/.tai/reports, cached vectors. Entries of the audit log stay unless --audit is given. Runbooks, models, captures and files that you named elsewhere are not touched.",
    error_code(0, "done, or nothing to remove, or declined"),
    error_code(2, "the command line is wrong, or nobody can be asked and --yes is missing"),
    error_code(7, "something cannot be read or removed")
)]
pub(crate) struct Cleanup {
    /// what is older than so many days
    #[argh(option, arg_name = "N")]
    pub(crate) retain_days: Option<u32>,
    /// what is about this host
    #[argh(option, arg_name = "HOST")]
    pub(crate) host: Option<String>,
    /// everything
    #[argh(switch)]
    pub(crate) all: bool,
    /// past sessions only
    #[argh(switch)]
    pub(crate) sessions: bool,
    /// logs of runs, reports and cached vectors only
    #[argh(switch)]
    pub(crate) logs: bool,
    /// entries of the audit log as well; a checkpoint or their digests keep it verifiable
    #[argh(switch)]
    pub(crate) audit: bool,
    /// show what would go, and remove nothing
    #[argh(switch)]
    pub(crate) dry_run: bool,
    /// do not ask
    #[argh(switch)]
    pub(crate) yes: bool,
    /// what went, or would go, as one array
    #[argh(switch)]
    pub(crate) json: bool,
}
