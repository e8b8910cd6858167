//! The commands that look at a host.

use std::path::PathBuf;

use argh::{ArgsInfo, FromArgs};

use super::host::looks_at_hosts;
use super::{Colour, Format};

looks_at_hosts! {
    /// Investigate an issue: collect, look for known causes, retrieve the lines that matter, ask a model if there is one, report.
    ///
    /// On a terminal, what is missing is asked for, and questions may follow the report: /help lists the commands there, Ctrl-D ends.
    #[derive(ArgsInfo, FromArgs)]
    #[argh(
        subcommand,
        name = "run",
        example = "{command_name} --local \"the disk is filling up\"",
        example = "{command_name} --host web1 --jump-host gate \"checkout is slow since this morning\"",
        example = "{command_name} --host web1 --ticket OPS-4711.eml",
        example = "{command_name} --hosts-file web-hosts --sudo \"checkout is slow since this morning\"",
        example = "{command_name} --local --model gemma3:4b --base-url http://localhost:11434/v1 \"nginx gives 502\"",
        example = "{command_name} --local --model gemma3:4b --fallback qwen3:8b@http://10.0.0.7:8000/v1 \"nginx gives 502\"",
        example = "{command_name} --local --model gguf:qwen3-4b \"nginx gives 502\"",
        example = "{command_name} --replay web1-capture --format markdown --output-file report.md \"nginx gives 502\"",
        note = "Several hosts: each has its own report, in the order in which they are named; then a table of all. As JSON one object a line.",
        note = "What was found is remembered in ~/.tai/sessions, without secrets; `tai history` shows it. --no-persist, or TAI_NO_PERSIST=1, keeps nothing.",
        note = "Environment: TAI_BASE_URL, TAI_MODEL, TAI_EMBEDDER, TAI_API_KEY_FILE, TAI_CA_FILE (flags win), TAI_API_KEY, TAI_PROXY. Without any, a model at http://localhost:11434/v1 is used when it answers.",
        note = "A script has answers with a line %%% between them, or one JSON object a line.",
        note = "Secrets are redacted in everything that is kept, and in the prompt with --redact-prompt; not in the report, and not in what --raw saves.",
        error_code(0, "done; a model that nobody asked for by name may be down"),
        error_code(1, "done, but some evidence could not be collected: the report names it"),
        error_code(2, "the command line or the capture is wrong"),
        error_code(4, "the host cannot be reached, lets nobody in, or was lost"),
        error_code(5, "a host key changed or is revoked: nothing was sent"),
        error_code(6, "the model that was asked for failed; the report is printed all the same"),
        error_code(130, "interrupted")
    )]
    struct Run {
        /// look into this directory of the host as well: an absolute path; may be given several times
        #[argh(option, arg_name = "PATH")]
        pub(crate) dir: Vec<String>,
        /// no questions after the report
        #[argh(switch)]
        pub(crate) once: bool,
        /// the OpenAI-compatible endpoint of the model (Ollama on this machine)
        #[argh(option, arg_name = "URL")]
        pub(crate) base_url: Option<String>,
        /// the model to ask (gemma3:4b), NAME@URL for one of another server, `gguf:NAME` or `gguf:FILE` for one that tai computes itself, of ~/.tai/models or a file, `script:FILE` for answers of a file, or `none`
        #[argh(option, arg_name = "NAME")]
        pub(crate) model: Option<String>,
        /// a model to ask when that one fails, named in the same ways; may be given several times
        #[argh(option, arg_name = "NAME")]
        pub(crate) fallback: Vec<String>,
        /// a file with the API key of the base URL
        #[argh(option, arg_name = "FILE")]
        pub(crate) api_key_file: Option<PathBuf>,
        /// trust the certificates of this PEM file besides Mozilla's
        #[argh(option, arg_name = "FILE")]
        pub(crate) ca_file: Option<PathBuf>,
        /// the longest time to connect to the model's server (5)
        #[argh(option, arg_name = "SECONDS")]
        pub(crate) connect_timeout: Option<u64>,
        /// the longest time until an answer begins (600); a CPU reads a long prompt slowly
        #[argh(option, arg_name = "SECONDS")]
        pub(crate) first_token_timeout: Option<u64>,
        /// the longest time for a whole answer (1800)
        #[argh(option, arg_name = "SECONDS")]
        pub(crate) answer_timeout: Option<u64>,
        /// how many times the model may ask for further commands (2); each goes through the policy
        #[argh(option, arg_name = "N", default = "2")]
        pub(crate) rounds: usize,
        /// ask before each command that the model wants to be run
        #[argh(switch)]
        pub(crate) ask: bool,
        /// allow a base URL outside the private network: evidence will leave it
        #[argh(switch)]
        pub(crate) allow_remote: bool,
        /// what compares meaning: auto (a model in ~/.tai/models/all-minilm-l6-v2 when it is there, else nomic-embed-text when the base URL serves it), none, candle, candle:NAME, `http:NAME` at the base URL, or a model's directory
        #[argh(option, arg_name = "EMBEDDER")]
        pub(crate) embedder: Option<String>,
        /// what reads the best chunks once more: auto (a cross-encoder in ~/.tai/models/ms-marco-minilm-l6 when it is there), none, or a model's directory
        #[argh(option, arg_name = "RERANKER")]
        pub(crate) reranker: Option<String>,
        /// hide secrets from the model as well; what it quotes is looked up with them. Always done where the base URL is outside the private network
        #[argh(switch)]
        pub(crate) redact_prompt: bool,
        /// take so many similar past sessions as context without asking; by default two, on a terminal those that you say yes to
        #[argh(option, arg_name = "N")]
        pub(crate) prior: Option<usize>,
        /// take no past session as context
        #[argh(switch)]
        pub(crate) no_prior: bool,
        /// send the model all that was collected, cut to its context, instead of what fits the issue
        #[argh(switch)]
        pub(crate) no_rag: bool,
        /// write what happens to a file in ~/.tai/logs/runs: JSON, one event a line
        #[argh(switch)]
        pub(crate) log: bool,
        /// say on standard error why each chunk has its rank
        #[argh(switch)]
        pub(crate) rag_debug: bool,
        /// paint the report: auto (on a terminal, unless `NO_COLOR` is set), always, or never
        #[argh(option, arg_name = "WHEN", default = "Colour::Auto")]
        pub(crate) color: Colour,
        /// draw nothing over and show nothing twice: for screen readers, and for terminals that know no more than lines
        #[argh(switch)]
        pub(crate) plain: bool,
        /// text, markdown, html or json; by default text, or what the name of the output file says
        #[argh(option, arg_name = "FORMAT")]
        pub(crate) format: Option<Format>,
        /// the same as `--format json`
        #[argh(switch)]
        pub(crate) json: bool,
        /// write the report to a file
        #[argh(option, arg_name = "FILE")]
        pub(crate) output_file: Option<PathBuf>,
        /// save what is collected to a new directory, to be replayed later; of several hosts, to DIR/HOST
        #[argh(option, arg_name = "DIR")]
        pub(crate) save_capture: Option<PathBuf>,
        /// save the capture as the host printed it, secrets included
        #[argh(switch)]
        pub(crate) raw: bool,
        /// print the prompt instead of sending it to a model
        #[argh(switch)]
        pub(crate) show_prompt: bool,
        /// what is wrong stands in a ticket: an e-mail, JSON of Jira or plain text; - is standard input. What it says of hosts, times and directories is shown
        #[argh(option, arg_name = "FILE")]
        pub(crate) ticket: Option<PathBuf>,
        /// what is wrong, in your words
        #[argh(positional)]
        pub(crate) issue: Vec<String>,
    }
}

looks_at_hosts! {
    /// Collect what an issue calls for into a capture: a directory or an archive that `--replay` reads, here or elsewhere.
    #[derive(ArgsInfo, FromArgs)]
    #[argh(
        subcommand,
        name = "collect",
        example = "{command_name} --host web1 --out web1-capture \"nginx gives 502\"",
        example = "{command_name} --host web1 --sudo --out web1-capture --archive \"nginx gives 502\"",
        example = "{command_name} --hosts-file web-hosts --out captures \"checkout is slow since this morning\"",
        note = "Secrets become [REDACTED:kind#n] in a capture. What looks like no secret is not found: look through it before you pass it on.",
        error_code(0, "done"),
        error_code(1, "done, but some evidence could not be collected: the list names it"),
        error_code(2, "the command line is wrong, or the capture cannot be written"),
        error_code(4, "the host cannot be reached, lets nobody in, or was lost"),
        error_code(5, "a host key changed or is revoked: nothing was sent"),
        error_code(130, "interrupted: nothing is left")
    )]
    struct Collect {
        /// look into this directory of the host as well: an absolute path; may be given several times
        #[argh(option, arg_name = "PATH")]
        pub(crate) dir: Vec<String>,
        /// the directory to make; of several hosts, DIR/HOST
        #[argh(option, arg_name = "DIR")]
        pub(crate) out: PathBuf,
        /// make it one file, DIR.tar.zst
        #[argh(switch)]
        pub(crate) archive: bool,
        /// save what the host printed as it is, secrets included
        #[argh(switch)]
        pub(crate) raw: bool,
        /// list what was collected as one object
        #[argh(switch)]
        pub(crate) json: bool,
        /// what is wrong stands in a ticket: an e-mail, JSON of Jira or plain text; - is standard input. What it says of hosts, times and directories is shown
        #[argh(option, arg_name = "FILE")]
        pub(crate) ticket: Option<PathBuf>,
        /// what is wrong, in your words
        #[argh(positional)]
        pub(crate) issue: Vec<String>,
    }
}

looks_at_hosts! {
    /// Show what would be collected for an issue, and why. Nothing is run but what asks the host what it is.
    #[derive(ArgsInfo, FromArgs)]
    #[argh(
        subcommand,
        name = "plan",
        example = "{command_name} --host web1 \"nginx gives 502\"",
        example = "{command_name} --list",
        error_code(0, "done"),
        error_code(2, "the command line is wrong"),
        error_code(4, "the host cannot be reached, lets nobody in, or was lost"),
        error_code(5, "a host key changed or is revoked: nothing was sent")
    )]
    struct Plan {
        /// look into this directory of the host as well: an absolute path; may be given several times
        #[argh(option, arg_name = "PATH")]
        pub(crate) dir: Vec<String>,
        /// print the table of collectors instead
        #[argh(switch)]
        pub(crate) list: bool,
        /// one object; with --list one array
        #[argh(switch)]
        pub(crate) json: bool,
        /// what is wrong stands in a ticket: an e-mail, JSON of Jira or plain text; - is standard input. What it says of hosts, times and directories is shown
        #[argh(option, arg_name = "FILE")]
        pub(crate) ticket: Option<PathBuf>,
        /// what is wrong, in your words
        #[argh(positional)]
        pub(crate) issue: Vec<String>,
    }
}

looks_at_hosts! {
    /// Print the chunks of output that fit an issue best, best first.
    #[derive(ArgsInfo, FromArgs)]
    #[argh(
        subcommand,
        name = "retrieve",
        example = "{command_name} --replay web1-capture -k 5 \"nginx does not start\"",
        example = "{command_name} --local --json \"the disk is filling up\"",
        note = "With --json one object a line: rank, command, start_line, end_line, text, tokens, score, scores (null for a ranker that did not run); of several hosts also host.",
        error_code(0, "done; nothing may have been found"),
        error_code(1, "done, but some evidence could not be collected from a live host"),
        error_code(2, "the command line or the capture is wrong")
    )]
    struct Retrieve {
        /// how many chunks (10)
        #[argh(option, short = 'k', default = "10", arg_name = "N")]
        pub(crate) top_k: usize,
        /// what compares meaning: auto (a model in ~/.tai/models/all-minilm-l6-v2 when it is there, else nomic-embed-text when the base URL serves it), none, candle, candle:NAME, `http:NAME` at the base URL, or a model's directory
        #[argh(option, arg_name = "EMBEDDER")]
        pub(crate) embedder: Option<String>,
        /// what reads the best chunks once more: auto (a cross-encoder in ~/.tai/models/ms-marco-minilm-l6 when it is there), none, or a model's directory
        #[argh(option, arg_name = "RERANKER")]
        pub(crate) reranker: Option<String>,
        /// the OpenAI-compatible endpoint of `http:NAME` (Ollama on this machine)
        #[argh(option, arg_name = "URL")]
        pub(crate) base_url: Option<String>,
        /// allow a base URL outside the private network: evidence will leave it
        #[argh(switch)]
        pub(crate) allow_remote: bool,
        /// show all lines of each chunk: not only the first and the last of those that say the same again and again
        #[argh(switch)]
        pub(crate) full: bool,
        /// say on standard error why each chunk has its rank
        #[argh(switch)]
        pub(crate) rag_debug: bool,
        /// one JSON object a line
        #[argh(switch)]
        pub(crate) json: bool,
        /// what is wrong stands in a ticket: an e-mail, JSON of Jira or plain text; - is standard input. What it says of hosts, times and directories is shown
        #[argh(option, arg_name = "FILE")]
        pub(crate) ticket: Option<PathBuf>,
        /// what is wrong, in your words
        #[argh(positional)]
        pub(crate) issue: Vec<String>,
    }
}

looks_at_hosts! {
    /// Connect to a host, log in, and say how: the configuration, the way, host keys, times, and what the account may read.
    #[derive(ArgsInfo, FromArgs)]
    #[argh(
        subcommand,
        name = "probe",
        example = "{command_name} --host web1",
        example = "{command_name} --host ops@10.0.0.7 --port 2222 --jump-host gate --json",
        error_code(0, "the host can be looked at"),
        error_code(2, "the command line or the ssh configuration is wrong"),
        error_code(4, "the host cannot be reached, or lets nobody in"),
        error_code(5, "a host key changed or is revoked")
    )]
    struct Probe {
        /// one object; of several hosts, one object a line
        #[argh(switch)]
        pub(crate) json: bool,
    }
}
