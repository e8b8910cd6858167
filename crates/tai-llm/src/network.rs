//! What counts as the operator's own network, and the resolver that keeps to it.

use std::io;
use std::net::{IpAddr, SocketAddr};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// True for addresses that cannot be reached across the public internet: loopback and the
/// unspecified address (this host), private (RFC 1918), link-local (RFC 3927, RFC 4291), unique
/// local (RFC 4193) and shared address space (RFC 6598, which overlay networks such as Tailscale
/// use). An IPv4-mapped IPv6 address counts as the IPv4 address.
pub(crate) fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b);
            is_this_host(address) || v4.is_private() || v4.is_link_local() || shared
        }
        IpAddr::V6(v6) => is_this_host(address) || v6.is_unicast_link_local() || v6.is_unique_local(),
    }
}

/// True for loopback addresses and the unspecified one, which connects to the same host.
pub(crate) fn is_this_host(address: IpAddr) -> bool {
    let address = address.to_canonical();
    address.is_loopback() || address.is_unspecified()
}

/// Resolves names and, unless remote models are allowed, fails if any address is not private.
///
/// ureq connects to the very addresses that a resolver returns, so a name cannot point elsewhere
/// between the check and the connection.
#[derive(Debug)]
pub(crate) struct GuardedResolver {
    allow_remote: bool,
    system: DefaultResolver,
}

impl GuardedResolver {
    pub(crate) fn new(allow_remote: bool) -> Self {
        Self { allow_remote, system: DefaultResolver::default() }
    }
}

impl Resolver for GuardedResolver {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let addresses = self.system.resolve(uri, config, timeout).map_err(|error| match error {
            ureq::Error::Io(source) => LookupError::Failed { source }.into(),
            other => other,
        })?;
        let public = addresses.iter().map(SocketAddr::ip).find(|ip| !is_private(*ip));
        match public {
            Some(address) if !self.allow_remote => Err(LookupError::Refused { address }.into()),
            _ => Ok(addresses),
        }
    }
}

/// Why [`GuardedResolver`] gave no addresses; travels inside [`ureq::Error::Other`].
#[derive(Debug, thiserror::Error)]
pub(crate) enum LookupError {
    #[error("the name could not be resolved")]
    Failed { source: io::Error },
    #[error("the address {address} is public")]
    Refused { address: IpAddr },
}

impl From<LookupError> for ureq::Error {
    fn from(error: LookupError) -> Self {
        ureq::Error::Other(Box::new(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_networks_and_no_others() {
        let private = [
            "127.0.0.1",
            "127.255.255.255",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.1.1",
            "100.64.0.1",
            "100.127.255.255",
            "::1",
            "::",
            "fe80::1",
            "febf::1",
            "fc00::1",
            "fdff::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
        ];
        let public = [
            "8.8.8.8",
            "0.0.0.1",
            "9.255.255.255",
            "11.0.0.0",
            "126.255.255.255",
            "128.0.0.1",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "192.169.0.0",
            "169.253.0.1",
            "100.63.255.255",
            "100.128.0.0",
            "198.18.0.1",
            "203.0.113.1",
            "224.0.0.1",
            "255.255.255.255",
            "2001:4860:4860::8888",
            "fec0::1",
            "fe00::1",
            "fb00::1",
            "ff02::1",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
        ];
        for address in private {
            assert!(is_private(address.parse().unwrap()), "{address}");
        }
        for address in public {
            assert!(!is_private(address.parse().unwrap()), "{address}");
        }
    }
}
