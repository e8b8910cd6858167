//! `%` tokens, `${VARIABLE}` and `~`.

use std::collections::BTreeMap;
use std::path::Path;

use nix::unistd::User;

use super::error::Problem;

/// What the tokens stand for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tokens(BTreeMap<char, String>);

impl Tokens {
    pub(super) fn new(tokens: impl IntoIterator<Item = (char, String)>) -> Self {
        Self(tokens.into_iter().collect())
    }

    /// Only these of the tokens.
    pub(super) fn only(&self, letters: &str) -> Self {
        Self(self.0.iter().filter(|(letter, _)| letters.contains(**letter)).map(|(k, v)| (*k, v.clone())).collect())
    }

    /// Expands `%` tokens; `%%` is a per cent sign.
    pub(super) fn expand(&self, text: &str) -> Result<String, Problem> {
        expand(text, Some(self), None)
    }

    /// Expands `%` tokens and `${VARIABLE}`.
    pub(super) fn expand_with(&self, text: &str, env: &BTreeMap<String, String>) -> Result<String, Problem> {
        expand(text, Some(self), Some(env))
    }
}

/// Expands `${VARIABLE}` alone.
pub(super) fn variables(text: &str, env: &BTreeMap<String, String>) -> Result<String, Problem> {
    expand(text, None, Some(env))
}

/// Expands `~` and `~user` at the beginning. Another user's home is that of the system's user database.
pub(super) fn tilde(text: &str, user: &str, home: &Path) -> Result<String, Problem> {
    let Some(rest) = text.strip_prefix('~') else { return Ok(text.to_owned()) };
    let (name, path) = rest.split_once('/').unwrap_or((rest, ""));
    let home = if name.is_empty() || name == user {
        home.to_string_lossy().into_owned()
    } else {
        match User::from_name(name) {
            Ok(Some(found)) => found.dir.to_string_lossy().into_owned(),
            _ => return Err(Problem::NoSuchUser { user: name.to_owned() }),
        }
    };
    let slash = if home.ends_with('/') { "" } else { "/" };
    Ok(format!("{home}{slash}{}", path.trim_start_matches('/')))
}

fn expand(text: &str, tokens: Option<&Tokens>, env: Option<&BTreeMap<String, String>>) -> Result<String, Problem> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match (c, tokens, env) {
            ('$', _, Some(env)) if rest.starts_with('{') => {
                let malformed = || Problem::MalformedVariable { text: text.to_owned() };
                let (name, after) = rest[1..].split_once('}').ok_or_else(malformed)?;
                if name.is_empty() {
                    return Err(malformed());
                }
                out += env.get(name).ok_or_else(|| Problem::UnsetVariable { name: name.to_owned() })?;
                rest = after;
            }
            ('%', Some(Tokens(tokens)), _) => {
                let letter = rest.chars().next();
                match letter.map(|letter| (letter, tokens.get(&letter))) {
                    Some(('%', _)) => out.push('%'),
                    Some((_, Some(value))) => out += value,
                    _ => {
                        let token = letter.map(String::from).unwrap_or_default();
                        return Err(Problem::UnknownToken { text: text.to_owned(), token });
                    }
                }
                rest = &rest[letter.map_or(0, char::len_utf8)..];
            }
            _ => out.push(c),
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Tokens, tilde, variables};

    #[test]
    fn tokens() {
        let tokens = Tokens::new([('h', "web1".to_owned())]);
        assert_eq!(tokens.expand("%h.%%h").as_deref(), Ok("web1.%h"));
        assert!(tokens.expand("%x").is_err());
        assert!(tokens.expand("100%").is_err());
        let env = [("A".to_owned(), "%h".to_owned())].into();
        assert_eq!(tokens.expand_with("${A}-%h$A", &env).as_deref(), Ok("%h-web1$A"));
        assert_eq!(variables("${A}%h", &env).as_deref(), Ok("%h%h"));
        assert!(variables("${B}", &env).is_err());
        assert!(variables("${}", &env).is_err());
        assert!(variables("${A", &env).is_err());
    }

    #[test]
    fn homes() {
        let home = |text| tilde(text, "me", Path::new("/home/me"));
        assert_eq!(home("~").as_deref(), Ok("/home/me/"));
        assert_eq!(home("~//x").as_deref(), Ok("/home/me/x"));
        assert_eq!(home("~me/x").as_deref(), Ok("/home/me/x"));
        assert_eq!(home("a~").as_deref(), Ok("a~"));
        assert!(home("~nobody-has-this-name/x").is_err());
    }
}
