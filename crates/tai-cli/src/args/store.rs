use std::path::PathBuf;

use argh::{ArgsInfo, FromArgs};

/// Look after what tai keeps: past sessions in `~/.tai/sessions`, added runbooks in `~/.tai/runbooks`.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "store",
    example = "{command_name} stats",
    example = "{command_name} export tai-backup.zst",
    example = "{command_name} import tai-backup.zst --dry-run",
    note = "Help on one of them: tai store COMMAND --help",
    error_code(0, "done"),
    error_code(2, "the command line is wrong"),
    error_code(7, "a store is damaged, or cannot be read or written")
)]
pub(crate) struct Store {
    #[argh(subcommand)]
    pub(crate) command: StoreCommand,
}

#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand)]
pub(crate) enum StoreCommand {
    Stats(StoreStats),
    Verify(StoreVerify),
    Repair(StoreRepair),
    Reindex(StoreReindex),
    Export(StoreExport),
    Import(StoreImport),
}

/// Show what the stores hold, what made their vectors, and what they take on the disk.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "stats",
    example = "{command_name}",
    example = "{command_name} --json",
    error_code(0, "done; there may be none"),
    error_code(7, "a store cannot be read")
)]
pub(crate) struct StoreStats {
    /// one object for each store
    #[argh(switch)]
    pub(crate) json: bool,
}

/// Read all of the stores and compare them with their checksums. Nothing is changed.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "verify",
    example = "{command_name}",
    example = "{command_name} --json",
    note = "A damaged index is no failure: it is made anew by the next use.",
    error_code(0, "all are whole"),
    error_code(7, "one is damaged: where is told")
)]
pub(crate) struct StoreVerify {
    /// one object for each store
    #[argh(switch)]
    pub(crate) json: bool,
}

/// Make damaged stores whole again: everything that their bytes still hold is kept, the damaged file is put aside.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "repair",
    example = "{command_name}",
    example = "{command_name} --json",
    note = "Stores that are whole are left as they are. A record whose removal was lost with the damage is there again.",
    error_code(0, "all are whole now"),
    error_code(7, "a store cannot be read or written")
)]
pub(crate) struct StoreRepair {
    /// one object for each store
    #[argh(switch)]
    pub(crate) json: bool,
}

/// Make the vectors of past sessions and runbooks anew, out of their texts: after another embedder was chosen.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "reindex",
    example = "{command_name}",
    example = "{command_name} --embedder candle:all-minilm-l6-v2",
    error_code(0, "done, or nothing to do"),
    error_code(2, "there is no such embedder, or none at all"),
    error_code(6, "the embedder failed; nothing was changed"),
    error_code(7, "the store cannot be read or written")
)]
pub(crate) struct StoreReindex {
    /// what makes the vectors; see `tai retrieve --help`
    #[argh(option, arg_name = "EMBEDDER")]
    pub(crate) embedder: Option<String>,
    /// one object for each store
    #[argh(switch)]
    pub(crate) json: bool,
}

/// Write everything that the stores hold into one new file, for a backup or another machine.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "export",
    example = "{command_name} tai-backup.zst",
    example = "{command_name} --json /media/usb/tai-backup.zst",
    note = "The file is zstd over lines of JSON, readable by you alone. Secrets were taken out before anything was kept; what is in it is still your hosts' business.",
    error_code(0, "the file is there"),
    error_code(2, "there is a file of that name"),
    error_code(7, "a store cannot be read, or the file not be written")
)]
pub(crate) struct StoreExport {
    /// the manifest as one object
    #[argh(switch)]
    pub(crate) json: bool,
    /// the file
    #[argh(positional)]
    pub(crate) file: PathBuf,
}

/// Take what `tai store export` wrote. All of the file is checked before anything is changed.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "import",
    example = "{command_name} tai-backup.zst --dry-run",
    example = "{command_name} tai-backup.zst",
    example = "{command_name} tai-backup.zst --replace --yes",
    note = "Vectors of another embedder than that of the store are refused: reindex on one of the two machines first.",
    error_code(0, "done, or declined"),
    error_code(2, "there is no such file, or nobody can be asked and --yes is missing"),
    error_code(7, "the file is damaged or none, or a store cannot be written")
)]
pub(crate) struct StoreImport {
    /// add what is not here, and what was changed later than what is (this is the default)
    #[argh(switch)]
    pub(crate) merge: bool,
    /// put it in the place of everything that is here
    #[argh(switch)]
    pub(crate) replace: bool,
    /// show what would change, and change nothing
    #[argh(switch)]
    pub(crate) dry_run: bool,
    /// with --replace: do not ask
    #[argh(switch)]
    pub(crate) yes: bool,
    /// one object for each store
    #[argh(switch)]
    pub(crate) json: bool,
    /// the file
    #[argh(positional)]
    pub(crate) file: PathBuf,
}
