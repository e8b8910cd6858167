//! Forwardings. tai opens none; they are read because `ssh -G` prints them and refuses malformed ones.

use std::collections::BTreeMap;

use super::error::Problem;
use super::expand::{Tokens, variables};
use super::number;

/// One end: a path of a socket, or a port and perhaps a host.
#[derive(Debug, Clone, PartialEq, Eq)]
enum End {
    Path(String),
    Port(Option<String>, u16),
    /// The port is none.
    Bad,
}

/// A forwarding from one end to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Forward {
    listen: End,
    connect: End,
}

/// Which keyword named the forwarding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Local,
    Remote,
    Dynamic,
}

const SOCKS: &str = "socks";
const LONGEST_PATH: usize = 107;
const LONGEST_HOST: usize = 1024;

impl Forward {
    /// Reads `[[host:]port|path:]host:port|path`, or `[host:]port` when it is dynamic.
    pub(super) fn parse(text: &str, dynamic: bool, remote: bool, env: &BTreeMap<String, String>) -> Option<Self> {
        let text = variables(text, env).ok()?;
        let fields = fields(text.trim_start())?;
        let socks = || End::Port(Some(SOCKS.to_owned()), 0);
        let path = |path: &String| End::Path(path.clone());
        let port = |host: Option<&String>, port: &str| {
            number::port(port).map_or(End::Bad, |port| End::Port(host.cloned(), port))
        };
        let (listen, connect) = match fields.as_slice() {
            [(from, true)] => (path(from), socks()),
            [(from, false)] => (port(None, from), socks()),
            [(from, true), (to, true)] => (path(from), path(to)),
            [(from, _), (to, true)] => (port(None, from), path(to)),
            [(host, _), (from, _)] => (port(Some(host), from), socks()),
            [(from, true), (host, _), (to, _)] => (path(from), port(Some(host), to)),
            [(host, _), (from, _), (to, true)] => (port(Some(host), from), path(to)),
            [(from, _), (host, _), (to, _)] => (port(None, from), port(Some(host), to)),
            [(near, _), (from, _), (far, _), (to, _)] => (port(Some(near), from), port(Some(far), to)),
            _ => return None,
        };
        let is_whole = match dynamic {
            true => fields.len() < 3,
            false => !matches!(connect, End::Port(_, 0)),
        };
        let is_open = remote || !matches!(listen, End::Port(_, 0));
        (is_whole && is_open && listen.is_good() && connect.is_good()).then_some(Self { listen, connect })
    }

    /// Expands the tokens in paths.
    pub(super) fn expand(&mut self, tokens: &Tokens) -> Result<(), Problem> {
        for end in [&mut self.listen, &mut self.connect] {
            if let End::Path(path) = end {
                *path = tokens.expand(path)?;
            }
        }
        Ok(())
    }

    /// As `ssh -G` prints it under a keyword; `None` when it does not stand there.
    pub(super) fn printed(&self, kind: Kind) -> Option<String> {
        let is_socks = matches!(&self.connect, End::Port(Some(host), _) if host == SOCKS);
        match (kind, &self.connect) {
            (Kind::Dynamic, End::Port(..)) if !is_socks => None,
            (Kind::Dynamic, _) => Some(self.listen.printed()),
            (Kind::Local, _) if is_socks => None,
            _ => Some(format!("{} {}", self.listen.printed(), self.connect.printed())),
        }
    }
}

impl End {
    fn is_good(&self) -> bool {
        match self {
            Self::Path(path) => path.len() <= LONGEST_PATH,
            Self::Port(host, _) => host.as_ref().is_none_or(|host| host.len() <= LONGEST_HOST),
            Self::Bad => false,
        }
    }

    fn printed(&self) -> String {
        match self {
            Self::Bad => String::new(),
            Self::Path(path) => path.clone(),
            Self::Port(None, port) => port.to_string(),
            Self::Port(Some(host), port) => format!("[{host}]:{port}"),
        }
    }
}

/// Splits at colons, and says of each field whether it is a path. Brackets and `\` hide a colon.
fn fields(text: &str) -> Option<Vec<(String, bool)>> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() && found.len() < 4 {
        if let Some(inside) = rest.strip_prefix('[') {
            let (field, after) = inside.split_once(']')?;
            rest = match after.strip_prefix(':') {
                Some(after) => after,
                None if after.is_empty() => after,
                None => return None,
            };
            found.push((field.to_owned(), field.contains('/')));
            continue;
        }
        let mut field = String::new();
        let mut is_path = false;
        let mut chars = rest.chars();
        loop {
            match chars.next() {
                None | Some(':') => break,
                Some('\\') => field.push(chars.next()?),
                Some(c) => {
                    is_path |= c == '/';
                    field.push(c);
                }
            }
        }
        rest = chars.as_str();
        found.push((field, is_path));
    }
    rest.is_empty().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::{Forward, Kind};

    #[test]
    fn forms() {
        for (text, dynamic, expect) in [
            ("8080:web:80", false, Some("8080 [web]:80")),
            ("*:8080:web:80", false, Some("[*]:8080 [web]:80")),
            ("[::1]:8080:[fe80::1]:80", false, Some("[::1]:8080 [fe80::1]:80")),
            ("/a:/b", false, Some("/a /b")),
            ("8080:/b", false, Some("8080 /b")),
            ("/a:web:80", false, Some("/a [web]:80")),
            ("8080", false, None),
            ("8080:web", false, None),
            ("0:web:80", false, None),
            ("1:2:3:4:5", false, None),
        ] {
            let forward = Forward::parse(text, dynamic, false, &std::collections::BTreeMap::new());
            assert_eq!(forward.and_then(|forward| forward.printed(Kind::Local)).as_deref(), expect, "{text:?}");
        }
    }
}
