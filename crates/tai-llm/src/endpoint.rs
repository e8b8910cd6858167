//! The base URL of a server, checked.

use std::net::IpAddr;

use ureq::http::Uri;
use ureq::http::uri::Authority;

use crate::Error;
use crate::network::{is_private, is_this_host};
use crate::text::shown_url;

/// A base URL that is http or https, without credentials, query and trailing slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    base: String,
    is_this_host: bool,
}

impl Endpoint {
    /// Checks `url`. An address in it that is not private is refused here; a name is not resolved
    /// here, but at each connection.
    pub(crate) fn parse(url: &str, allow_remote: bool) -> Result<Self, Error> {
        let invalid = |reason| Error::InvalidUrl { url: shown_url(url), reason };
        let text = url.trim();
        let uri = text.parse::<Uri>().map_err(|_| invalid("it is not a URL"))?;
        let scheme = uri.scheme_str().map(str::to_ascii_lowercase);
        let Some(scheme @ ("http" | "https")) = scheme.as_deref() else {
            return Err(invalid("it does not start with http:// or https://"));
        };
        let authority = uri.authority().ok_or_else(|| invalid("it names no host"))?;
        if authority.as_str().contains('@') {
            return Err(invalid("it contains credentials; pass the API key apart from it"));
        }
        if uri.query().is_some() || text.contains('#') {
            return Err(invalid("it has a query or a fragment"));
        }
        check_authority(authority).map_err(invalid)?;

        let base = format!("{scheme}://{authority}{}", uri.path().trim_end_matches('/'));
        let address = address(authority.host());
        match address {
            Some(address) if !allow_remote && !is_private(address) => Err(Error::RemoteRefused { url: base, address }),
            _ => Ok(Self { base, is_this_host: address.map_or_else(|| is_localhost(authority.host()), is_this_host) }),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.base
    }

    /// The URL of `path`, which has no leading slash, below the base URL.
    pub(crate) fn join(&self, path: &str) -> String {
        format!("{}/{path}", self.base)
    }

    /// The URL of `path` in a server's own interface, which is beside the `/v1` that all have.
    pub(crate) fn join_own(&self, path: &str) -> String {
        format!("{}/{path}", self.base.strip_suffix("/v1").unwrap_or(&self.base))
    }

    /// True if the host is `localhost` or a loopback address.
    pub(crate) fn is_this_host(&self) -> bool {
        self.is_this_host
    }
}

fn check_authority(authority: &Authority) -> Result<(), &'static str> {
    let host = authority.host();
    if host.is_empty() || host == "[]" {
        return Err("it names no host");
    }
    if host.starts_with('[') && address(host).is_none() {
        return Err("it has no valid IPv6 address in the brackets");
    }
    let has_port = authority.as_str().len() > host.len();
    if has_port && authority.port_u16().is_none_or(|port| port == 0) {
        return Err("its port is not a number from 1 to 65535");
    }
    Ok(())
}

fn address(host: &str) -> Option<IpAddr> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    bare.parse().ok()
}

fn is_localhost(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn usable_urls_are_normalised() {
        let cases = [
            ("http://localhost:11434/v1", "http://localhost:11434/v1"),
            (" http://localhost:11434/v1// ", "http://localhost:11434/v1"),
            ("http://localhost:11434", "http://localhost:11434"),
            ("HTTPS://gpu.lan/", "https://gpu.lan"),
            ("http://127.0.0.1:8080/v1", "http://127.0.0.1:8080/v1"),
            ("http://[::1]:8080/v1/", "http://[::1]:8080/v1"),
            ("http://[::ffff:192.168.0.5]/v1", "http://[::ffff:192.168.0.5]/v1"),
            ("http://100.100.1.1/v1", "http://100.100.1.1/v1"),
        ];
        for (url, expect) in cases {
            assert_eq!(Endpoint::parse(url, false).unwrap().as_str(), expect);
        }
        assert_eq!(
            Endpoint::parse("http://localhost/v1/", false).unwrap().join("models"),
            "http://localhost/v1/models",
        );
    }

    #[test]
    fn unusable_urls_are_refused() {
        let urls = [
            "",
            "localhost",
            "localhost:11434/v1",
            "/v1",
            "ftp://localhost",
            "file:///etc/passwd",
            "http://",
            "http:///v1",
            "http://:80/v1",
            "http://[]/v1",
            "http://[::1/v1",
            "http://[nonsense]/",
            "http://user:pass@localhost/v1",
            "http://user@localhost/v1",
            "http://localhost/v1?key=value",
            "http://localhost/v1#part",
            "http://localhost:99999/",
            "http://localhost:0/",
            "http://localhost:/",
            "http://local host/",
            "http://a\nb/",
        ];
        for url in urls {
            let error = Endpoint::parse(url, true).unwrap_err();
            assert!(matches!(error, Error::InvalidUrl { .. }), "{url:?}: {error}");
            assert!(!error.to_string().contains("pass@"), "{error}");
        }
    }

    #[test]
    fn public_addresses_need_permission() {
        for url in ["http://8.8.8.8/v1", "https://[2001:db8::1]/v1", "http://[::ffff:8.8.8.8]"] {
            let error = Endpoint::parse(url, false).unwrap_err();
            assert!(matches!(error, Error::RemoteRefused { .. }), "{url}: {error}");
            Endpoint::parse(url, true).unwrap();
        }
    }

    #[test]
    fn this_host_is_recognised() {
        let cases = [
            ("http://localhost", true),
            ("http://LocalHost.:80", true),
            ("http://model.localhost", true),
            ("http://127.9.9.9", true),
            ("http://0.0.0.0", true),
            ("http://[::1]", true),
            ("http://localhost.example", false),
            ("http://10.0.0.1", false),
        ];
        for (url, expect) in cases {
            assert_eq!(Endpoint::parse(url, false).unwrap().is_this_host(), expect, "{url}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(url in "(https?://)?\\PC{0,40}") {
            drop(Endpoint::parse(&url, false));
        }
    }
}
