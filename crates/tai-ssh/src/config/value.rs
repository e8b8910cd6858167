//! Reads the arguments of one keyword into the settings.

use std::collections::BTreeMap;

use super::algorithms;
use super::error::Problem;
use super::expand::variables;
use super::forward::{self, Forward};
use super::jump::{self, Jump};
use super::keyword::{Choices, Kind};
use super::number;
use super::pattern;
use super::settings::Settings;

/// A line behind its keyword.
pub(super) struct Line<'a> {
    /// The keyword as it was spelled, in lower case.
    pub(super) keyword: &'a str,
    /// The name that the keyword goes by.
    pub(super) name: &'static str,
    /// What follows the keyword.
    pub(super) rest: &'a str,
    /// The arguments that are not yet read.
    pub(super) words: std::vec::IntoIter<String>,
    /// Whether the line is for this host. One that is not is read all the same: it may be wrong.
    pub(super) active: bool,
    /// Whether a file of the user or the command line has it.
    pub(super) from_user: bool,
}

/// Reads the arguments; what is wrong with them counts even where the line is not for this host.
pub(super) fn apply(
    settings: &mut Settings,
    line: &mut Line<'_>,
    kind: Kind,
    env: &BTreeMap<String, String>,
) -> Result<(), Problem> {
    match kind {
        Kind::Host | Kind::Match | Kind::Include => {}
        Kind::Ignored | Kind::Unsupported => line.consume(),
        Kind::Choice(choices) => one(settings, line, |word| choose(choices, word))?,
        Kind::Text => one(settings, line, |word| Some(word.to_owned()))?,
        Kind::Integer => one(settings, line, |word| number::integer(word).map(|number| number.to_string()))?,
        Kind::Port => {
            one(settings, line, |word| number::port(word).filter(|port| *port > 0).map(|port| port.to_string()))?;
        }
        Kind::TunnelDevice => one(settings, line, number::tunnel)?,
        Kind::EscapeChar => one(settings, line, escape_character)?,
        Kind::ControlPersist => one(settings, line, persistence)?,
        Kind::Algorithms(family) => one(settings, line, |word| family.is_valid(word).then(|| word.to_owned()))?,
        Kind::GssExchanges => one(settings, line, |word| algorithms::is_gss_exchange(word).then(|| word.to_owned()))?,
        Kind::BindMask => bind_mask(settings, line)?,
        Kind::LogFacility => facility(settings, line)?,
        Kind::Time => time(settings, line)?,
        Kind::RekeyLimit => rekey_limit(settings, line)?,
        Kind::IpQos => quality(settings, line)?,
        Kind::AddKeysToAgent => add_keys(settings, line)?,
        Kind::ForwardAgent => forward_agent(settings, line, env)?,
        Kind::Agent => {
            let path = agent_path(line, env, None)?;
            line.set(settings, path);
        }
        Kind::Command => command(settings, line),
        Kind::ProxyJump => proxy_jump(settings, line)?,
        Kind::Files => {
            let path = line.required()?;
            if line.active {
                settings.add_file(line.name, line.from_user, path)?;
            }
        }
        Kind::Words | Kind::LogVerbose | Kind::CanonicalDomains | Kind::PermitRemoteOpen | Kind::PermittedCnames => {
            list(settings, line, kind)?;
        }
        Kind::SendEnv => send_env(settings, line)?,
        Kind::SetEnv => set_env(settings, line)?,
        Kind::Forward(kind) => forwarding(settings, line, kind, env)?,
    }
    Ok(())
}

impl Line<'_> {
    /// The next argument, which must not be empty.
    pub(super) fn required(&mut self) -> Result<String, Problem> {
        let word = self.words.next().filter(|word| !word.is_empty());
        word.ok_or_else(|| Problem::MissingArgument { keyword: self.keyword.to_owned() })
    }

    /// Takes all arguments as read.
    pub(super) fn consume(&mut self) {
        self.words = Vec::new().into_iter();
    }

    fn bad(&self, value: &str) -> Problem {
        Problem::BadValue { keyword: self.keyword.to_owned(), value: value.to_owned() }
    }

    fn set(&self, settings: &mut Settings, value: String) {
        if self.active {
            settings.set(self.name, value);
        }
    }
}

fn one(settings: &mut Settings, line: &mut Line<'_>, read: impl Fn(&str) -> Option<String>) -> Result<(), Problem> {
    let word = line.required()?;
    let value = read(&word).ok_or_else(|| line.bad(&word))?;
    line.set(settings, value);
    Ok(())
}

fn choose(choices: Choices, word: &str) -> Option<String> {
    choices.iter().find(|(choice, _)| choice.eq_ignore_ascii_case(word)).map(|(_, printed)| (*printed).to_owned())
}

/// OpenSSH sets the mask even where the line is not for this host, and the last one stays.
fn bind_mask(settings: &mut Settings, line: &mut Line<'_>) -> Result<(), Problem> {
    let word = line.required()?;
    let mode = number::mode(&word).ok_or_else(|| line.bad(&word))?;
    settings.one.insert(line.name, format!("0{mode:o}"));
    Ok(())
}

/// OpenSSH sets the facility even where the line is not for this host.
fn facility(settings: &mut Settings, line: &mut Line<'_>) -> Result<(), Problem> {
    const FACILITIES: [&str; 12] = [
        "DAEMON", "USER", "AUTH", "AUTHPRIV", "LOCAL0", "LOCAL1", "LOCAL2", "LOCAL3", "LOCAL4", "LOCAL5", "LOCAL6",
        "LOCAL7",
    ];
    let word = line.required()?.to_ascii_uppercase();
    if !FACILITIES.contains(&word.as_str()) {
        return Err(line.bad(&word));
    }
    settings.set(line.name, word);
    Ok(())
}

fn time(settings: &mut Settings, line: &mut Line<'_>) -> Result<(), Problem> {
    let word = line.required()?;
    // OpenSSH stores "none" as it stores "not set", so that a later line can still set it.
    if word != "none" {
        let seconds = number::seconds(&word).ok_or_else(|| line.bad(&word))?;
        line.set(settings, seconds.to_string());
    }
    Ok(())
}

fn rekey_limit(settings: &mut Settings, line: &mut Line<'_>) -> Result<(), Problem> {
    let word = line.required()?;
    let bytes = match word.as_str() {
        "default" => 0,
        _ => number::scaled(&word).filter(|bytes| *bytes == 0 || *bytes >= 16).ok_or_else(|| line.bad(&word))?,
    };
    line.set(settings, bytes.to_string());
    let Some(word) = line.words.next() else { return Ok(()) };
    if word != "none" {
        let seconds = number::seconds(&word).ok_or_else(|| line.bad(&word))?;
        if line.active {
            settings.rekey_seconds.get_or_insert(seconds);
        }
    }
    Ok(())
}

fn quality(settings: &mut Settings, line: &mut Line<'_>) -> Result<(), Problem> {
    let interactive = line.required()?;
    let interactive = number::quality(&interactive).ok_or_else(|| line.bad(&interactive))?;
    let bulk = match line.words.next() {
        None => interactive,
        Some(word) => number::quality(&word).ok_or_else(|| line.bad(&word))?,
    };
    line.set(settings, format!("{} {}", number::quality_name(interactive), number::quality_name(bulk)));
    Ok(())
}

fn add_keys(settings: &mut Settings, line: &mut Line<'_>) -> Result<(), Problem> {
    const ANSWERS: Choices = &[
        ("true", "true"),
        ("false", "false"),
        ("yes", "true"),
        ("no", "false"),
        ("ask", "ask"),
        ("confirm", "confirm"),
    ];
    let word = line.required()?;
    let value = match (choose(ANSWERS, &word), line.words.next()) {
        (Some(answer), None) => answer,
        (Some(answer), Some(time)) if answer == "confirm" => match number::seconds(&time) {
            Some(0) => answer,
            Some(seconds) => format!("confirm {seconds}"),
            None => return Err(line.bad(&time)),
        },
        (None, None) => match number::seconds(&word) {
            Some(0) => "true".to_owned(),
            Some(seconds) => seconds.to_string(),
            None => return Err(line.bad(&word)),
        },
        (_, Some(extra)) => return Err(line.bad(&extra)),
    };
    line.set(settings, value);
    Ok(())
}

fn forward_agent(settings: &mut Settings, line: &mut Line<'_>, env: &BTreeMap<String, String>) -> Result<(), Problem> {
    const ANSWERS: Choices = &[("true", "yes"), ("false", "no"), ("yes", "yes"), ("no", "no")];
    let word = line.required()?;
    if let Some(answer) = choose(ANSWERS, &word) {
        line.set(settings, answer);
        return Ok(());
    }
    line.set(settings, "yes".to_owned());
    let path = agent_path(line, env, Some(word))?;
    if line.active {
        settings.agent_path.get_or_insert(path);
    }
    Ok(())
}

/// A path of an agent: `${VARIABLE}` must be set, `$VARIABLE` must look like one.
fn agent_path(line: &mut Line<'_>, env: &BTreeMap<String, String>, word: Option<String>) -> Result<String, Problem> {
    let path = word.map_or_else(|| line.required(), Ok)?;
    variables(&path, env)?;
    match path.strip_prefix('$') {
        Some(name) if !name.starts_with('{') => {
            let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if is_name { Ok(path) } else { Err(Problem::MalformedVariable { text: path }) }
        }
        _ => Ok(path),
    }
}

fn command(settings: &mut Settings, line: &mut Line<'_>) {
    // A ProxyJump that came first stands, "none" does not keep others out.
    if line.name != "proxycommand" || !matches!(settings.jump, Some(Jump::Through { .. })) {
        line.set(settings, after_equals(line.rest).to_owned());
    }
    line.consume();
}

fn proxy_jump(settings: &mut Settings, line: &mut Line<'_>) -> Result<(), Problem> {
    let text = after_equals(line.rest);
    let jump = Jump::parse(text).ok_or_else(|| line.bad(text))?;
    if line.active && settings.jump.is_none() && settings.get("proxycommand").is_none() {
        settings.jump = Some(jump);
    }
    line.consume();
    Ok(())
}

fn after_equals(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\r', '\n', '='])
}

/// Keywords with several arguments, of which only the first line counts, and of which some words must stand alone.
fn list(settings: &mut Settings, line: &mut Line<'_>, kind: Kind) -> Result<(), Problem> {
    const MOST: usize = 32;
    let is_first = settings.list(line.name).is_empty();
    let mut count = 0;
    while let Some(word) = line.words.next() {
        if word.is_empty() && !matches!(kind, Kind::PermitRemoteOpen | Kind::PermittedCnames) {
            return Err(Problem::MissingArgument { keyword: line.keyword.to_owned() });
        }
        let is_any = matches!(kind, Kind::PermitRemoteOpen) && word.eq_ignore_ascii_case("any");
        let is_none = word.eq_ignore_ascii_case("none");
        if (is_none || is_any) && (count > 0 || line.words.len() > 0) {
            return Err(Problem::NotAlone { keyword: line.keyword.to_owned(), value: word });
        }
        count += 1;
        let is_literal = is_any || is_none && !matches!(kind, Kind::CanonicalDomains);
        let entry = if is_literal { Some(word.clone()) } else { list_entry(&word, kind) };
        let entry = entry.ok_or_else(|| line.bad(&word))?;
        let is_full = matches!(kind, Kind::LogVerbose) && count > 1;
        if line.active && is_first && !is_full {
            let entries = settings.many.entry(line.name).or_default();
            if entries.len() >= MOST && !matches!(kind, Kind::PermitRemoteOpen) {
                return Err(Problem::TooMany { keyword: line.keyword.to_owned(), most: MOST });
            }
            entries.push(entry);
        }
    }
    if count == 0 && matches!(kind, Kind::PermitRemoteOpen) {
        return Err(Problem::MissingArgument { keyword: line.keyword.to_owned() });
    }
    Ok(())
}

fn list_entry(word: &str, kind: Kind) -> Option<String> {
    match kind {
        Kind::CanonicalDomains => jump::is_domain(word).then(|| {
            let domain = word.to_ascii_lowercase();
            domain.strip_suffix('.').map_or_else(|| domain.clone(), str::to_owned)
        }),
        Kind::PermittedCnames if word == "*" => Some("*:*".to_owned()),
        Kind::PermittedCnames => {
            let lower = word.to_ascii_lowercase();
            lower.split_once(':').is_some_and(|(_, targets)| !targets.is_empty()).then_some(lower)
        }
        Kind::PermitRemoteOpen => match jump::field(word)? {
            (_, Some(':'), "*") => Some(word.to_owned()),
            (_, Some(':'), port) => number::port(port).filter(|port| *port > 0).map(|_| word.to_owned()),
            _ => None,
        },
        _ => Some(word.to_owned()),
    }
}

fn send_env(settings: &mut Settings, line: &mut Line<'_>) -> Result<(), Problem> {
    while let Some(word) = line.words.next() {
        if word.is_empty() || word.contains('=') {
            return Err(line.bad(&word));
        }
        if line.active {
            let names = settings.many.entry(line.name).or_default();
            match word.strip_prefix('-') {
                Some(removed) => names.retain(|name| !pattern::matches(name, removed)),
                None => names.push(word),
            }
        }
    }
    Ok(())
}

fn set_env(settings: &mut Settings, line: &mut Line<'_>) -> Result<(), Problem> {
    let is_first = settings.list(line.name).is_empty();
    while let Some(word) = line.words.next() {
        let Some((name, _)) = word.split_once('=') else { return Err(line.bad(&word)) };
        if line.active && is_first {
            let entries = settings.many.entry(line.name).or_default();
            if !entries.iter().any(|entry| entry.split_once('=').is_some_and(|(known, _)| known == name)) {
                entries.push(word);
            }
        }
    }
    Ok(())
}

fn forwarding(
    settings: &mut Settings,
    line: &mut Line<'_>,
    kind: forward::Kind,
    env: &BTreeMap<String, String>,
) -> Result<(), Problem> {
    const LONGEST: usize = 255;
    let listen = line.required()?;
    let remote = kind == forward::Kind::Remote;
    let target = if kind == forward::Kind::Dynamic { None } else { line.words.next().filter(|word| !word.is_empty()) };
    let text = match (&target, kind) {
        (Some(target), _) => format!("{listen}:{target}"),
        (None, forward::Kind::Local) => return Err(Problem::MissingArgument { keyword: line.keyword.to_owned() }),
        (None, _) => listen,
    };
    let end = (0..=LONGEST.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let forward = Forward::parse(&text[..end], target.is_none(), remote, env).ok_or_else(|| line.bad(&text))?;
    if line.active {
        settings.add_forward(remote, forward);
    }
    Ok(())
}

/// `none`, a character or `^` and a letter, as `vis(3)` shows it.
fn escape_character(word: &str) -> Option<String> {
    let code = match word.as_bytes() {
        b"none" => return Some("none".to_owned()),
        [code] => *code,
        [b'^', code] if (64..128).contains(code) => code & 31,
        _ => return None,
    };
    Some(match code {
        b'\\' => r"\\".to_owned(),
        b' ' => r"\040".to_owned(),
        127 => r"\^?".to_owned(),
        code if code < 32 => format!(r"\^{}", char::from(code + 64)),
        code => char::from(code).to_string(),
    })
}

fn persistence(word: &str) -> Option<String> {
    match word {
        "no" | "false" => Some("no".to_owned()),
        "yes" | "true" => Some("yes".to_owned()),
        word => number::seconds(word).map(|seconds| if seconds == 0 { "yes".to_owned() } else { seconds.to_string() }),
    }
}
