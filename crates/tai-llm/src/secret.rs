//! What must not be seen in logs and messages.

use std::fmt;

use crate::Error;

/// Stands where the API key was in something that a server sent.
pub(crate) const HIDDEN: &str = "[api key]";
/// Shorter keys are placeholders such as `x`, and replacing them would garble messages.
const SHORTEST_SECRET: usize = 4;

/// An API key. Its `Debug` output does not show it, and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

impl ApiKey {
    /// Takes a key as read from a file or a variable; white space around it is dropped.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidApiKey`] if nothing is left, or anything but visible ASCII.
    pub fn new(key: &str) -> Result<Self, Error> {
        let key = key.trim();
        if key.is_empty() {
            return Err(Error::InvalidApiKey { reason: "it is empty" });
        }
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::InvalidApiKey { reason: "it contains a character that is not visible ASCII" });
        }
        Ok(Self(key.to_owned()))
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// The key, if it is worth hiding where a server repeats it.
    pub(crate) fn secret(&self) -> Option<&str> {
        Some(&*self.0).filter(|key| key.len() >= SHORTEST_SECRET)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

/// An HTTP proxy, `http://` or `https://`, possibly with credentials. Its `Debug` output shows
/// neither.
#[derive(Clone)]
pub struct ProxyUrl(ureq::Proxy);

impl ProxyUrl {
    /// Takes a proxy's URL, such as `http://user:password@proxy.example:3128`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidProxy`] if it is not a URL or asks for another kind of proxy.
    pub fn parse(url: &str) -> Result<Self, Error> {
        let proxy =
            ureq::Proxy::new(url.trim()).map_err(|_| Error::InvalidProxy { reason: "it is not a URL of a proxy" })?;
        // ureq without its SOCKS feature would ignore such a proxy and connect directly.
        match proxy.protocol() {
            ureq::ProxyProtocol::Http | ureq::ProxyProtocol::Https => Ok(Self(proxy)),
            _ => Err(Error::InvalidProxy { reason: "only http and https proxies are supported" }),
        }
    }

    pub(crate) fn reveal(&self) -> &ureq::Proxy {
        &self.0
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProxyUrl(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_trimmed_checked_and_hidden() {
        let key = ApiKey::new(" k-1\n").unwrap();
        assert_eq!(key.reveal(), "k-1");
        assert_eq!(format!("{key:?}"), "ApiKey(…)");
        for bad in ["", " \n", "a\nb", "a b", "schlüssel", "a\u{7f}"] {
            let error = ApiKey::new(bad).unwrap_err();
            assert!(matches!(error, Error::InvalidApiKey { .. }), "{bad:?}");
        }
    }

    #[test]
    fn proxies_are_checked_and_hidden() {
        let proxy = ProxyUrl::parse("http://user:hidden@proxy.example:3128").unwrap();
        assert_eq!(format!("{proxy:?}"), "ProxyUrl(…)");
        for bad in ["", "http://", "socks5://proxy.example", "ftp://x", "a b"] {
            let error = ProxyUrl::parse(bad).unwrap_err();
            assert!(matches!(error, Error::InvalidProxy { .. }), "{bad:?}");
        }
    }
}
