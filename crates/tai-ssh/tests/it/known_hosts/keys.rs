//! Public keys made up for tests, and files with placeholders for them.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tai_ssh::known_hosts::{HostKey, KnownHosts, Verdict};

/// Names as `ssh-keygen -H` of OpenSSH 9.2 hashed them.
const HASHED: &[(&str, &str)] = &[
    ("$web2222", "|1|C0toZ/z6suM4dRUsDtydylExBOc=|mGlVFim8yMq/0K0w4X4hwEq+qBk="),
    ("$web", "|1|0u7tIsqA6C9fFX3NYvRzf6Y4UQ4=|iReuTlTMepnQp6NEL2iM/fBtQiY="),
    ("$alias", "|1|CrN/3Ee1Zc2jthwJB/TLF24LlCU=|pJaA+ng5nEUqvZl8SdwiqAGUxC8="),
    ("$ip", "|1|9/R7BbuI5vpNVDu+y9bEeG2rSRI=|QO/dnosRIx5bwYVJhEeRMRIvFSM="),
    ("$v6", "|1|0AJoF7TdYwEipgKvM83s1IbgE8w=|woEZvV8LY/x0oZKSScdFHXkMMWQ="),
    ("$db", "|1|jq3sBH17RU+x5anJegfmxynO8y8=|oq9ZfihPl19YumoYg4NKVY6U5ik="),
];

/// The keys that `$E1`, `$R2`, … stand for. No private key exists for any of them.
pub(super) const KEYS: &[&str] = &["E1", "E2", "E3", "R1", "R2", "C1", "C2", "N1", "S1", "D1"];

fn field(out: &mut Vec<u8>, value: &[u8]) {
    out.extend_from_slice(&u32::try_from(value.len()).unwrap().to_be_bytes());
    out.extend_from_slice(value);
}

/// The generator of the curve P-256, and the same times two: OpenSSH checks that a point is on its curve.
const P256: [&str; 2] = [
    "BGsX0fLhLEJH+Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT+NC4v4af5uO5+tKfA+eFivOM1drMV7Oy7ZAaDe/UfU=",
    "BHzyexiNA09+ilI4AwS1GsPAiWnid/IbNaYLSPxHZpl4B3dVENuO0EApPZrGn3Qw27p9reY86YIpngS3nSJ4c9E=",
];

pub(super) fn key(name: &str) -> HostKey {
    let (kind, number) = name.split_at(1);
    let number: u8 = number.parse().unwrap();
    let mut blob = Vec::new();
    match kind {
        "E" => {
            field(&mut blob, b"ssh-ed25519");
            field(&mut blob, &[number; 32]);
        }
        "R" => {
            field(&mut blob, b"ssh-rsa");
            field(&mut blob, &[1, 0, 1]);
            field(&mut blob, &[&[0][..], &[0x80 | number; 256]].concat());
        }
        "C" => {
            field(&mut blob, b"ecdsa-sha2-nistp256");
            field(&mut blob, b"nistp256");
            field(&mut blob, &STANDARD.decode(P256[usize::from(number) - 1]).unwrap());
        }
        "N" => {
            field(&mut blob, b"ecdsa-sha2-nistp384");
            field(&mut blob, b"nistp384");
            field(&mut blob, &[&[4][..], &[number; 96]].concat());
        }
        "S" => {
            field(&mut blob, b"sk-ssh-ed25519@openssh.com");
            field(&mut blob, &[number; 32]);
            field(&mut blob, b"ssh:");
        }
        "D" => {
            field(&mut blob, b"ssh-dss");
            for length in [128, 20, 128, 128] {
                field(&mut blob, &vec![0x40 | number; length]);
            }
        }
        other => unreachable!("no key {other}"),
    }
    HostKey::from_blob(blob).unwrap()
}

/// Puts keys and hashed names where their placeholders are.
pub(super) fn fill(text: &str) -> String {
    let mut text = text.to_owned();
    for (placeholder, hashed) in HASHED {
        text = text.replace(placeholder, hashed);
    }
    for name in KEYS {
        let key = key(name).to_openssh();
        text = text.replace(&format!("${name}b"), key.split(' ').nth(1).unwrap()).replace(&format!("${name}"), &key);
    }
    text
}

/// Writes the files `a`, `b`, … of a text in which `---` lines stand between them.
pub(super) fn write_files(directory: &Path, text: &str) -> Vec<PathBuf> {
    text.split("---\n")
        .zip('a'..)
        .map(|(contents, name)| {
            let path = directory.join(name.to_string());
            fs::write(&path, contents).unwrap();
            path
        })
        .collect()
}

/// One place that is being connected to: `host`, `host@port` or `host@port/alias`.
pub(super) fn place(text: &str) -> (&str, u16, Option<&str>) {
    let (place, alias) = text.split_once('/').map_or((text, None), |(place, alias)| (place, Some(alias)));
    match place.rsplit_once('@') {
        Some((host, port)) => (host, port.parse().unwrap(), alias),
        None => (place, 22, alias),
    }
}

/// A verdict as the tables have it: `match a:1`, `new`, `changed a:1 b:2`, `revoked a:1`.
pub(super) fn show(verdict: &Verdict) -> String {
    let at = |file: &Path, line: &usize| format!("{}:{line}", file.file_name().unwrap().to_string_lossy());
    match verdict {
        Verdict::Match { file, line } => format!("match {}", at(file, line)),
        Verdict::New => "new".to_owned(),
        Verdict::Changed { known } => {
            let known: Vec<String> = known.iter().map(|known| at(&known.file, &known.line)).collect();
            format!("changed {}", known.join(" "))
        }
        Verdict::Revoked { file, line } => format!("revoked {}", at(file, line)),
    }
}

pub(super) fn load(directory: &Path, text: &str) -> KnownHosts {
    KnownHosts::load(&write_files(directory, &fill(text))).unwrap()
}
