//! Algorithm lists: the names and defaults of OpenSSH 9.2p1 as Debian 12 builds it, and the modifiers `+`, `-`, `^`.

use super::pattern::{Verdict, match_list};

/// A list that the configuration can change.
#[derive(Debug)]
pub(super) struct Family {
    all: &'static str,
    default: &'static str,
    /// Names that are let through although they stand in no list.
    known: fn(&str) -> bool,
}

impl Family {
    /// Whether the value may stand after the keyword. A list that begins with `-` is not looked at.
    pub(super) fn is_valid(&self, value: &str) -> bool {
        if value.starts_with('-') {
            return true;
        }
        let names = value.strip_prefix(['+', '^']).unwrap_or(value);
        !names.is_empty()
            && items(names).all(|name| self.all.split(',').any(|known| known == name) || (self.known)(name))
    }

    /// The list that a value makes of the default; `None` where nothing would be left or a `!` is used.
    pub(super) fn assemble(&self, value: Option<&str>) -> Option<String> {
        let Some(value) = value.filter(|value| !value.is_empty()) else { return Some(self.default.to_owned()) };
        if let Some(removed) = value.strip_prefix('-') {
            return Some(filter(self.default, |name| match_list(name, removed, false) != Verdict::Matches));
        }
        let list = match value.strip_prefix('+') {
            Some(names) => concatenate(self.default, names),
            None => value.strip_prefix('^').map_or_else(|| value.to_owned(), |names| concatenate(names, self.default)),
        };
        let mut assembled = String::new();
        for pattern in list.split(',') {
            if pattern.starts_with('!') {
                return None;
            }
            let found = filter(self.all, |name| match_list(name, pattern, false) == Verdict::Matches);
            assembled = concatenate(&assembled, &found);
        }
        (!assembled.is_empty()).then_some(assembled)
    }
}

/// Whether a value may stand after `GSSAPIKexAlgorithms`.
pub(super) fn is_gss_exchange(value: &str) -> bool {
    !value.is_empty() && items(value).all(|name| GSS_EXCHANGES.iter().any(|known| name.starts_with(known)))
}

pub(super) static CIPHERS: Family = Family {
    all: "3des-cbc,aes128-cbc,aes192-cbc,aes256-cbc,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,\
          aes256-gcm@openssh.com,chacha20-poly1305@openssh.com",
    default: "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com",
    known: |_| false,
};

pub(super) static MACS: Family = Family {
    all: "hmac-sha1,hmac-sha1-96,hmac-sha2-256,hmac-sha2-512,hmac-md5,hmac-md5-96,umac-64@openssh.com,\
          umac-128@openssh.com,hmac-sha1-etm@openssh.com,hmac-sha1-96-etm@openssh.com,hmac-sha2-256-etm@openssh.com,\
          hmac-sha2-512-etm@openssh.com,hmac-md5-etm@openssh.com,hmac-md5-96-etm@openssh.com,\
          umac-64-etm@openssh.com,umac-128-etm@openssh.com",
    default: "umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,\
              hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,umac-64@openssh.com,umac-128@openssh.com,\
              hmac-sha2-256,hmac-sha2-512,hmac-sha1",
    known: |_| false,
};

pub(super) static EXCHANGES: Family = Family {
    all: "diffie-hellman-group1-sha1,diffie-hellman-group14-sha1,diffie-hellman-group14-sha256,\
          diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,diffie-hellman-group-exchange-sha1,\
          diffie-hellman-group-exchange-sha256,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,\
          curve25519-sha256,curve25519-sha256@libssh.org,sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com",
    default: "sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,curve25519-sha256,\
              curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,\
              diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,\
              diffie-hellman-group14-sha256",
    known: |name| GSS_EXCHANGES.iter().any(|known| name.starts_with(known)),
};

pub(super) static KEYS: Family = Family {
    all: "ssh-ed25519,ssh-ed25519-cert-v01@openssh.com,sk-ssh-ed25519@openssh.com,\
          sk-ssh-ed25519-cert-v01@openssh.com,ecdsa-sha2-nistp256,ecdsa-sha2-nistp256-cert-v01@openssh.com,\
          ecdsa-sha2-nistp384,ecdsa-sha2-nistp384-cert-v01@openssh.com,ecdsa-sha2-nistp521,\
          ecdsa-sha2-nistp521-cert-v01@openssh.com,sk-ecdsa-sha2-nistp256@openssh.com,\
          sk-ecdsa-sha2-nistp256-cert-v01@openssh.com,webauthn-sk-ecdsa-sha2-nistp256@openssh.com,ssh-dss,\
          ssh-dss-cert-v01@openssh.com,ssh-rsa,ssh-rsa-cert-v01@openssh.com,rsa-sha2-256,\
          rsa-sha2-256-cert-v01@openssh.com,rsa-sha2-512,rsa-sha2-512-cert-v01@openssh.com",
    default: "ssh-ed25519-cert-v01@openssh.com,ecdsa-sha2-nistp256-cert-v01@openssh.com,\
              ecdsa-sha2-nistp384-cert-v01@openssh.com,ecdsa-sha2-nistp521-cert-v01@openssh.com,\
              sk-ssh-ed25519-cert-v01@openssh.com,sk-ecdsa-sha2-nistp256-cert-v01@openssh.com,\
              rsa-sha2-512-cert-v01@openssh.com,rsa-sha2-256-cert-v01@openssh.com,ssh-ed25519,\
              ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,sk-ssh-ed25519@openssh.com,\
              sk-ecdsa-sha2-nistp256@openssh.com,rsa-sha2-512,rsa-sha2-256",
    known: is_key_pattern,
};

pub(super) static SIGNATURES: Family = Family {
    all: "ssh-ed25519,sk-ssh-ed25519@openssh.com,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,\
          sk-ecdsa-sha2-nistp256@openssh.com,webauthn-sk-ecdsa-sha2-nistp256@openssh.com,ssh-dss,ssh-rsa,\
          rsa-sha2-256,rsa-sha2-512",
    default: "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,sk-ssh-ed25519@openssh.com,\
              sk-ecdsa-sha2-nistp256@openssh.com,rsa-sha2-512,rsa-sha2-256",
    known: is_key_pattern,
};

/// The default of `GSSAPIKexAlgorithms`, which knows no modifiers.
pub(super) const GSS_DEFAULT: &str = "gss-group14-sha256-,gss-group16-sha512-,gss-nistp256-sha256-,\
                                      gss-curve25519-sha256-,gss-group14-sha1-,gss-gex-sha1-";

const GSS_EXCHANGES: [&str; 7] = [
    "gss-gex-sha1-",
    "gss-group1-sha1-",
    "gss-group14-sha1-",
    "gss-group14-sha256-",
    "gss-group16-sha512-",
    "gss-nistp256-sha256-",
    "gss-curve25519-sha256-",
];

/// Short names of key types, and patterns that match one.
fn is_key_pattern(name: &str) -> bool {
    const SHORT: [&str; 6] = ["dsa", "ecdsa", "ecdsa-sk", "ed25519", "ed25519-sk", "rsa"];
    SHORT.iter().any(|short| short.eq_ignore_ascii_case(name))
        || KEYS.all.split(',').any(|known| match_list(known, name, false) != Verdict::Unknown)
}

/// The names of a list up to the first empty one.
fn items(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').take_while(|name| !name.is_empty())
}

fn filter(list: &str, keep: impl Fn(&str) -> bool) -> String {
    list.split(',').filter(|name| keep(name)).collect::<Vec<_>>().join(",")
}

/// The names of the first list, then those of the second that are not yet there.
fn concatenate(first: &str, second: &str) -> String {
    if first.is_empty() || second.is_empty() {
        return format!("{first}{second}");
    }
    let mut list = first.to_owned();
    for name in items(second) {
        if !items(&list).any(|known| known == name) {
            list = format!("{list},{name}");
        }
    }
    list
}
