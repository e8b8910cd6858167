use argh::{ArgsInfo, FromArgs};

/// Ask what tai may run: nothing but what the policy allows reaches a host.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "policy",
    example = "{command_name} check -- journalctl -u nginx.service -n 100",
    example = "{command_name} list",
    error_code(0, "allowed, or done"),
    error_code(2, "the command line or policy.toml is wrong"),
    error_code(3, "denied")
)]
pub(crate) struct Policy {
    #[argh(subcommand)]
    pub(crate) command: PolicyCommand,
}

#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand)]
pub(crate) enum PolicyCommand {
    Check(PolicyCheck),
    Explain(PolicyExplain),
    List(PolicyList),
}

/// Say whether a command may run, and why not.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "check",
    example = "{command_name} --json -- \"ls -l /var/log\"",
    example = "{command_name} --json --stdin < commands.jsonl",
    note = "Several words are joined by spaces, as ssh does. With --stdin one command a line: with --json each line is a JSON string.",
    error_code(0, "allowed"),
    error_code(2, "no command was given"),
    error_code(3, "denied; with --stdin, at least one")
)]
pub(crate) struct PolicyCheck {
    /// one object with `allowed` and `reason` for each command
    #[argh(switch)]
    pub(crate) json: bool,
    /// read commands from standard input
    #[argh(switch)]
    pub(crate) stdin: bool,
    /// the command, after `--`
    #[argh(positional)]
    pub(crate) command: Vec<String>,
}

/// Say how the policy decides on a command: the rule, the program, and what to do instead.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "explain",
    example = "{command_name} -- find / -delete",
    example = "{command_name} --json -- journalctl -u nginx.service -n 100",
    error_code(0, "allowed"),
    error_code(2, "no command was given"),
    error_code(3, "denied")
)]
pub(crate) struct PolicyExplain {
    /// one object
    #[argh(switch)]
    pub(crate) json: bool,
    /// the command, after `--`
    #[argh(positional)]
    pub(crate) command: Vec<String>,
}

/// Print the table of programs, with the flags and operands that are allowed.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "list",
    example = "{command_name}",
    example = "{command_name} --json",
    error_code(0, "done"),
    error_code(2, "policy.toml is wrong")
)]
pub(crate) struct PolicyList {
    /// one array of objects
    #[argh(switch)]
    pub(crate) json: bool,
}
