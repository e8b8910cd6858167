//! `ProxyJump`: hosts to go through.

use super::number;

/// A host that the connection goes through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// The user, when the hop names one.
    pub user: Option<String>,
    /// The host as the configuration has it: a name that the configuration may say more of.
    pub host: String,
    /// The port, when the hop names one.
    pub port: Option<u16>,
}

/// A value of `ProxyJump`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Jump {
    /// `none`: no jump, whatever comes later.
    No,
    /// The last hop, and the text that names those before it.
    Through { last: Hop, before: Option<String> },
}

impl Jump {
    /// Reads a value; `None` when it is malformed. A comment is cut off, and what follows white space (as OpenSSH does).
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.eq_ignore_ascii_case("none") {
            return Some(Self::No);
        }
        let text = text.split('#').next().unwrap_or_default();
        let end = text.char_indices().skip(1).find(|(_, c)| c.is_ascii_whitespace() || *c == '\x0b');
        let text = &text[..end.map_or(text.len(), |(at, _)| at)];
        let mut hops = text.split(',').map(Hop::parse).collect::<Option<Vec<_>>>()?;
        let before = text.rsplit_once(',').map(|(before, _)| before.to_owned());
        hops.pop().map(|last| Self::Through { last, before })
    }

    /// All hops, the nearest first.
    pub(super) fn hops(&self) -> Vec<Hop> {
        match self {
            Self::No => Vec::new(),
            Self::Through { last, before } => {
                let before = before.iter().flat_map(|text| text.split(','));
                before.filter_map(Hop::parse).chain([last.clone()]).collect()
            }
        }
    }

    /// As `ssh -G` prints it.
    pub(super) fn printed(&self) -> Option<String> {
        let Self::Through { last, before } = self else { return None };
        let before = before.as_ref().map(|text| format!("{text},")).unwrap_or_default();
        Some(format!("{before}{}", last.printed()))
    }
}

impl Hop {
    /// Reads `[user@]host[:port]` or `ssh://[user@]host[:port]`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix("ssh://") {
            Some(uri) => Self::parse_uri(uri),
            None => Self::parse_plain(text),
        }
    }

    pub(super) fn printed(&self) -> String {
        let user = self.user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
        let is_number = self.host.contains(':') || self.host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let host = if is_number { format!("[{}]", self.host) } else { self.host.clone() };
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("{user}{host}{port}")
    }

    fn parse_plain(text: &str) -> Option<Self> {
        let (user, rest) = text.rsplit_once('@').map_or((None, text), |(user, rest)| (Some(user.to_owned()), rest));
        let (host, delimiter, rest) = field(rest)?;
        if user.as_ref().is_some_and(String::is_empty) || host.is_empty() || delimiter == Some('/') {
            return None;
        }
        Some(Self { user, host: bare(host).to_owned(), port: given_port(rest)? })
    }

    fn parse_uri(uri: &str) -> Option<Self> {
        let (user, rest) = uri.split_once('@').map_or((None, uri), |(user, rest)| (Some(user), rest));
        let user = match user.map(|user| user.split(';').next().unwrap_or_default()) {
            Some("") => return None,
            Some(user) => Some(url_decoded(user)?),
            None => None,
        };
        let (host, delimiter, rest) = field(rest)?;
        let host = bare(host).to_owned();
        if !is_domain(&host) {
            return None;
        }
        let host = host.strip_suffix('.').unwrap_or(&host).to_owned();
        let (port, path) = match delimiter {
            Some(':') if !rest.is_empty() => {
                let (port, path) = rest.split_once('/').unwrap_or((rest, ""));
                (Some(number::port(port).filter(|port| *port > 0)?), path)
            }
            _ => (None, rest),
        };
        path.is_empty().then_some(Self { user, host, port })
    }
}

/// A host up to `:` or `/`, the delimiter, and what follows it. Brackets hide a delimiter.
pub(super) fn field(text: &str) -> Option<(&str, Option<char>, &str)> {
    let end = match text.strip_prefix('[') {
        Some(_) => text.find(']')? + 1,
        None => text.find([':', '/']).unwrap_or(text.len()),
    };
    let (host, rest) = text.split_at(end);
    match rest.chars().next() {
        None => Some((host, None, "")),
        Some(delimiter @ (':' | '/')) => Some((host, Some(delimiter), &rest[1..])),
        Some(_) => None,
    }
}

/// Whether a text may be the name of a domain, as OpenSSH takes it.
pub(super) fn is_domain(text: &str) -> bool {
    text.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
        && !text.contains("..")
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

#[expect(clippy::option_option, reason = "a port may be absent, and one that is there may be malformed")]
fn given_port(text: &str) -> Option<Option<u16>> {
    match text {
        "" => Some(None),
        text => number::port(text).filter(|port| *port > 0).map(Some),
    }
}

fn url_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                let digits = std::str::from_utf8(&digits).ok().filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
                bytes.push(u8::from_str_radix(digits, 16).ok().filter(|byte| *byte != 0)?);
            }
            byte => bytes.push(byte),
        }
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::Jump;

    #[test]
    fn hops() {
        for (text, expect) in [
            ("bastion", Some("bastion")),
            ("ops@bastion:2222", Some("ops@bastion:2222")),
            ("a,b@c:1,d", Some("a,b@c:1,d")),
            ("ssh://ops@bastion:2222", Some("ops@bastion:2222")),
            ("ssh://a%40b@bastion/", Some("a@b@bastion")),
            ("[::1]:22", Some("[::1]:22")),
            ("10.0.0.1", Some("[10.0.0.1]")),
            ("a # b", Some("a")),
            ("a,", None),
            ("@a", None),
            ("a:0", None),
            ("a/b", None),
            ("ssh://a/path", None),
            ("[a", None),
        ] {
            assert_eq!(Jump::parse(text).and_then(|jump| jump.printed()).as_deref(), expect, "{text:?}");
        }
        assert_eq!(Jump::parse("NONE"), Some(Jump::No));
        assert_eq!(Jump::parse("a,ssh://b:3").map(|jump| jump.hops().len()), Some(2));
    }
}
