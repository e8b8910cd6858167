use std::path::PathBuf;

/// What the flags say about where to look.
#[derive(Clone, Debug, Default)]
pub(crate) struct HostFlags {
    pub(crate) host: Vec<String>,
    pub(crate) hosts_file: Option<PathBuf>,
    pub(crate) parallel: usize,
    pub(crate) local: bool,
    pub(crate) replay: Option<PathBuf>,
    pub(crate) user: Option<String>,
    pub(crate) port: Option<u16>,
    pub(crate) identity_file: Option<PathBuf>,
    pub(crate) jump_host: Option<String>,
    pub(crate) ssh_config: Option<PathBuf>,
    pub(crate) ignore_ssh_config: bool,
    pub(crate) no_persist: bool,
    pub(crate) sudo: bool,
    pub(crate) policy_log: Option<PathBuf>,
}

impl HostFlags {
    /// Whether anything was said of where to look.
    pub(crate) fn names_a_place(&self) -> bool {
        !self.host.is_empty() || self.hosts_file.is_some() || self.local || self.replay.is_some()
    }
}

/// Puts the flags that say where to look before the fields of a command: argh itself has no flags that several commands share.
macro_rules! looks_at_hosts {
    ($(#[$meta:meta])* struct $name:ident { $($fields:tt)* }) => {
        $(#[$meta])*
        pub(crate) struct $name {
            /// look at a host over SSH: [USER@]NAME[:PORT], NAME as in ~/.ssh/config; may be given several times
            #[argh(option, arg_name = "HOST")]
            host: Vec<String>,
            /// look at the hosts that a file names, one a line; # begins a comment
            #[argh(option, arg_name = "FILE")]
            hosts_file: Option<PathBuf>,
            /// how many hosts at once (8)
            #[argh(option, default = "8", arg_name = "N")]
            parallel: usize,
            /// look at this machine
            #[argh(switch)]
            local: bool,
            /// look at a capture or a sosreport instead of a host: a directory, or a .tar.zst, .tar.xz or .tar.gz
            #[argh(option, arg_name = "PATH")]
            replay: Option<PathBuf>,
            /// log in as this user
            #[argh(option, arg_name = "USER")]
            user: Option<String>,
            /// the port of its sshd
            #[argh(option, arg_name = "PORT")]
            port: Option<u16>,
            /// the private key to log in with, before what the configuration names
            #[argh(option, arg_name = "FILE")]
            identity_file: Option<PathBuf>,
            /// go through [USER@]HOST[:PORT], several with commas between
            #[argh(option, arg_name = "HOSTS")]
            jump_host: Option<String>,
            /// the ssh configuration to use instead of ~/.ssh/config
            #[argh(option, arg_name = "FILE")]
            ssh_config: Option<PathBuf>,
            /// use no ssh configuration
            #[argh(switch)]
            ignore_ssh_config: bool,
            /// write nothing for later: no keys of new hosts, no session, no audit log, no vectors
            #[argh(switch)]
            no_persist: bool,
            /// run what needs root under `sudo -n`, where the account is not root
            #[argh(switch)]
            sudo: bool,
            /// append every decision of the policy to this file, with the rule: JSON, one a line
            #[argh(option, arg_name = "FILE")]
            policy_log: Option<PathBuf>,
            $($fields)*
        }

        impl $name {
            /// Where to look.
            pub(crate) fn where_to_look(&self) -> $crate::args::HostFlags {
                $crate::args::HostFlags {
                    host: self.host.clone(),
                    hosts_file: self.hosts_file.clone(),
                    parallel: self.parallel,
                    local: self.local,
                    replay: self.replay.clone(),
                    user: self.user.clone(),
                    port: self.port,
                    identity_file: self.identity_file.clone(),
                    jump_host: self.jump_host.clone(),
                    ssh_config: self.ssh_config.clone(),
                    ignore_ssh_config: self.ignore_ssh_config,
                    no_persist: self.no_persist,
                    sudo: self.sudo,
                    policy_log: self.policy_log.clone(),
                }
            }
        }
    };
}
pub(super) use looks_at_hosts;
