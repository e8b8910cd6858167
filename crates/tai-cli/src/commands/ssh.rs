use serde_json::json;
use tai_ssh::config::{ConfigFiles, resolve};
use tai_ssh::known_hosts::{HostKey, KnownHosts, Verdict};
use tai_ssh::visible_line;

use super::json_line;
use crate::args::{SshHostKey, SshResolve};
use crate::exit::{Exit, Failure};
use crate::terminal::print;
use crate::wire;

pub(crate) fn ssh_resolve(args: &SshResolve) -> Result<Exit, Failure> {
    let files = match &args.config {
        None => wire::default_config_files()?,
        Some(none) if none.as_os_str() == "none" => ConfigFiles::Nothing,
        Some(file) => ConfigFiles::Only(file.clone()),
    };
    let config = resolve(&wire::resolve_options_of(&args.host, files)?).map_err(Failure::usage)?;
    let text = if args.json {
        json_line(&config.to_json())?
    } else {
        config.entries().map(|(key, value)| visible_line(format!("{key} {value}")) + "\n").collect()
    };
    print(&text)?;
    Ok(Exit::Done)
}

pub(crate) fn ssh_host_key(args: &SshHostKey) -> Result<Exit, Failure> {
    let files = if args.known_hosts.is_empty() { vec![wire::known_hosts_file()?] } else { args.known_hosts.clone() };
    let key = HostKey::parse(&args.key).map_err(Failure::usage)?;
    let known = KnownHosts::load(&files).map_err(Failure::usage)?;
    let (verdict, exit) = match known.verdict(&args.host, args.port, None, &key) {
        Verdict::Match { .. } => ("match", Exit::Done),
        Verdict::New => ("new", Exit::Unreachable),
        Verdict::Changed { .. } => ("changed", Exit::HostKey),
        Verdict::Revoked { .. } => ("revoked", Exit::HostKey),
    };
    print(&if args.json { json_line(&json!({ "verdict": verdict }))? } else { format!("{verdict}\n") })?;
    Ok(exit)
}
