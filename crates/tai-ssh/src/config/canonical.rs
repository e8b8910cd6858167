//! The name to connect to: `Hostname`, addresses in their usual form, and the part of `CanonicalizeHostname` that needs no DNS.

use std::net::Ipv6Addr;

use super::error::Problem;
use super::expand::Tokens;
use super::number;
use super::reader::Reader;

/// The name after the first pass.
pub(super) fn name(reader: &mut Reader<'_>) -> Result<String, Problem> {
    let settings = &reader.settings;
    let mut host = match settings.get("hostname") {
        Some(name) => Tokens::new([('h', reader.host.clone())]).expand(name)?,
        None => reader.host.clone(),
    };
    let family = settings.get("addressfamily").unwrap_or("any").to_owned();
    let address = address(&host, &family);
    if address.is_none() && !is_like_address(&host) {
        host = host.to_ascii_lowercase();
    }
    let mode = settings.get("canonicalizehostname").unwrap_or("false");
    let is_proxied = settings.jump.is_some()
        || settings.get("proxycommand").is_some_and(|command| !command.eq_ignore_ascii_case("none"));
    let is_asked = mode == "always" || !is_proxied;
    let rules = settings.list("canonicalizepermittedcnames");
    let has_rules = rules.iter().any(|rule| !rule.eq_ignore_ascii_case("none"));
    let wants_suffix = mode != "false" && is_asked && !is_like_address(&host);
    let is_local = settings.get("canonicalizefallbacklocal").unwrap_or("yes") == "yes";
    if let Some(address) = address {
        return Ok(if address.eq_ignore_ascii_case(&host) { host } else { address });
    }
    if wants_suffix {
        let needs = needs_lookup(reader, &host);
        if needs == Lookup::Needed {
            reader.warn_of(format!("CanonicalizeHostname is not applied to {host}: tai asks no DNS for it"));
        }
        if needs != Lookup::Qualified && !is_local {
            return Err(Problem::NotCanonical { host });
        }
    }
    if has_rules && is_asked {
        reader.warn_of(format!("CanonicalizePermittedCNAMEs is not applied to {host}: tai asks no DNS for it"));
    }
    Ok(host)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lookup {
    /// The name has more dots than need a suffix.
    Qualified,
    /// No suffix is there to try.
    Nothing,
    Needed,
}

fn needs_lookup(reader: &Reader<'_>, host: &str) -> Lookup {
    let settings = &reader.settings;
    let most: usize = settings.get("canonicalizemaxdots").and_then(|most| most.parse().ok()).unwrap_or(1);
    if host.ends_with('.') {
        Lookup::Needed
    } else if host.matches('.').count() > most {
        Lookup::Qualified
    } else {
        match settings.list("canonicaldomains").first() {
            Some(domain) if domain != "none" => Lookup::Needed,
            _ => Lookup::Nothing,
        }
    }
}

/// Whether the text can only be an address, even a malformed one.
fn is_like_address(host: &str) -> bool {
    host.contains(['%', ':']) || host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// The usual form of an address. One with a scope is left as it is: only the system knows its interfaces.
fn address(host: &str, family: &str) -> Option<String> {
    if let (Ok(address), true) = (host.parse::<Ipv6Addr>(), family != "inet") {
        let [.., a, b, c, d] = address.octets();
        let segments = address.segments();
        // glibc shows the last four bytes in decimal when all before them are zero.
        let is_compatible = segments[..6] == [0; 6] && segments[6] != 0;
        return Some(if is_compatible { format!("::{a}.{b}.{c}.{d}") } else { address.to_string() });
    }
    number::ipv4(host).filter(|_| family != "inet6").map(|address| address.to_string())
}
