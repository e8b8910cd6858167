//! Public keys as they go over the wire: RFC 4253 6.6 (RSA, DSA), RFC 5656 3.1 (ECDSA), RFC 8709 4 (Ed25519), and
//! OpenSSH's PROTOCOL.u2f (security keys).

/// OpenSSH's `SSH_RSA_MINIMUM_MODULUS_SIZE`: a smaller key is no key to ssh either.
const RSA_MINIMUM_BITS: usize = 1024;

/// OpenSSH's `SSHBUF_MAX_BIGNUM`, in bytes.
const LONGEST_INTEGER: usize = 16384 / 8;

/// What the wire form of a key is made of, after its type.
enum Field {
    /// A positive integer.
    Integer,
    /// A string of exactly so many bytes.
    Bytes(usize),
    /// An uncompressed point of a curve, of so many bytes.
    Point(usize),
    /// A string that says this.
    Text(&'static str),
    /// Any string.
    Any,
}

/// One type of key: its name, and the fields of its wire form.
struct Kind {
    name: &'static str,
    fields: &'static [Field],
}

const KINDS: &[Kind] = &[
    Kind { name: "ssh-ed25519", fields: &[Field::Bytes(32)] },
    Kind { name: "ssh-rsa", fields: &[Field::Integer, Field::Integer] },
    Kind { name: "ecdsa-sha2-nistp256", fields: &[Field::Text("nistp256"), Field::Point(65)] },
    Kind { name: "ecdsa-sha2-nistp384", fields: &[Field::Text("nistp384"), Field::Point(97)] },
    Kind { name: "ecdsa-sha2-nistp521", fields: &[Field::Text("nistp521"), Field::Point(133)] },
    Kind { name: "ssh-dss", fields: &[Field::Integer, Field::Integer, Field::Integer, Field::Integer] },
    Kind { name: "sk-ssh-ed25519@openssh.com", fields: &[Field::Bytes(32), Field::Any] },
    Kind {
        name: "sk-ecdsa-sha2-nistp256@openssh.com",
        fields: &[Field::Text("nistp256"), Field::Point(65), Field::Any],
    },
];

const CERTIFICATES: &[&str] = &[
    "ssh-ed25519-cert-v01@openssh.com",
    "ssh-rsa-cert-v01@openssh.com",
    "ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "ecdsa-sha2-nistp384-cert-v01@openssh.com",
    "ecdsa-sha2-nistp521-cert-v01@openssh.com",
    "ssh-dss-cert-v01@openssh.com",
    "sk-ssh-ed25519-cert-v01@openssh.com",
    "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
];

/// Whether a line may announce its key by this name.
pub(super) fn is_known(name: &str) -> bool {
    let name = plain_name(name);
    is_certificate(name) || KINDS.iter().any(|kind| kind.name == name)
}

pub(super) fn is_certificate(name: &str) -> bool {
    CERTIFICATES.contains(&name)
}

/// The key type of a signature algorithm; any other name stays what it is.
pub(super) fn plain_name(name: &str) -> &str {
    match name {
        "rsa-sha2-256" | "rsa-sha2-512" => "ssh-rsa",
        "rsa-sha2-256-cert-v01@openssh.com" | "rsa-sha2-512-cert-v01@openssh.com" => "ssh-rsa-cert-v01@openssh.com",
        "webauthn-sk-ecdsa-sha2-nistp256@openssh.com" => "sk-ecdsa-sha2-nistp256@openssh.com",
        other => other,
    }
}

/// Reads a wire form: its type, and the form again with every integer in its shortest spelling, so that equal keys are
/// equal bytes. A certificate is taken as it is. The error says what is wrong.
pub(super) fn canonical(blob: &[u8]) -> Result<(String, Vec<u8>), &'static str> {
    let (name, mut rest) = string(blob).ok_or("it is cut off")?;
    let name = std::str::from_utf8(name).map_err(|_| "the key type is unknown")?;
    if is_certificate(name) {
        return Ok((name.to_owned(), blob.to_vec()));
    }
    let kind = KINDS.iter().find(|kind| kind.name == name).ok_or("the key type is unknown")?;
    let mut again = Vec::with_capacity(blob.len());
    push(&mut again, name.as_bytes());
    let mut longest = 0;
    for field in kind.fields {
        let (value, after) = string(rest).ok_or("it is cut off")?;
        rest = after;
        longest = longest.max(check(field, value, &mut again)?);
    }
    if !rest.is_empty() {
        return Err("there are bytes after the key");
    }
    if name == "ssh-rsa" && longest < RSA_MINIMUM_BITS {
        return Err("the RSA key is too short");
    }
    Ok((name.to_owned(), again))
}

/// Appends the canonical spelling of a field; the answer is the bits of an integer, 0 for anything else.
fn check(field: &Field, value: &[u8], again: &mut Vec<u8>) -> Result<usize, &'static str> {
    let fits = match field {
        Field::Integer => return integer(value, again),
        Field::Bytes(length) => value.len() == *length,
        Field::Point(length) => value.len() == *length && value[0] == 4,
        Field::Text(text) => value == text.as_bytes(),
        Field::Any => true,
    };
    if !fits {
        return Err("a field of the key has the wrong form");
    }
    push(again, value);
    Ok(0)
}

fn integer(value: &[u8], again: &mut Vec<u8>) -> Result<usize, &'static str> {
    if value.first().is_some_and(|first| first & 0x80 != 0) {
        return Err("an integer of the key is negative");
    }
    let zeros = value.iter().take_while(|byte| **byte == 0).count();
    let digits = &value[zeros..];
    if digits.len() > LONGEST_INTEGER {
        return Err("an integer of the key is too long");
    }
    let Some(first) = digits.first() else {
        push(again, &[]);
        return Ok(0);
    };
    let sign = usize::from(first & 0x80 != 0);
    let mut spelled = vec![0; sign];
    spelled.extend_from_slice(digits);
    push(again, &spelled);
    Ok(digits.len() * 8 - first.leading_zeros() as usize)
}

fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_be_bytes(*length) as usize)
}

fn push(out: &mut Vec<u8>, value: &[u8]) {
    let length = u32::try_from(value.len()).expect("it came out of a string with a 32-bit length");
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blob(fields: &[&[u8]]) -> Vec<u8> {
        let mut blob = Vec::new();
        fields.iter().for_each(|field| push(&mut blob, field));
        blob
    }

    #[test]
    fn integers_have_one_spelling() {
        let short = blob(&[b"ssh-rsa", &[1, 0, 1], &[0x7f; 129]]);
        let long = blob(&[b"ssh-rsa", &[0, 0, 1, 0, 1], &[&[0; 3][..], &[0x7f; 129]].concat()]);
        let signed = blob(&[b"ssh-rsa", &[1, 0, 1], &[&[0][..], &[0xff; 128]].concat()]);
        let two_zeros = blob(&[b"ssh-rsa", &[1, 0, 1], &[&[0, 0][..], &[0xff; 128]].concat()]);
        let cut_short = blob(&[b"ssh-rsa", &[1, 0, 1], &[&[1][..], &[0xff; 127]].concat()]);
        assert_eq!(canonical(&long), Ok(("ssh-rsa".to_owned(), short)));
        assert_eq!(canonical(&two_zeros), Ok(("ssh-rsa".to_owned(), signed)));
        assert_eq!(canonical(&cut_short), Err("the RSA key is too short"));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let check = |fields: &[&[u8]], expect: &str| assert_eq!(canonical(&blob(fields)), Err(expect), "{fields:?}");
        check(&[], "it is cut off");
        check(&[b"\xff"], "the key type is unknown");
        check(&[b"ssh-future"], "the key type is unknown");
        check(&[b"rsa-sha2-256", &[3], &[0x7f; 128]], "the key type is unknown");
        check(&[b"ssh-ed25519"], "it is cut off");
        check(&[b"ssh-ed25519", &[0; 31]], "a field of the key has the wrong form");
        check(&[b"ssh-ed25519", &[0; 32], b"more"], "there are bytes after the key");
        check(&[b"ssh-rsa", &[3], &[]], "the RSA key is too short");
        check(&[b"ssh-rsa", &[3], &[0x80; 256]], "an integer of the key is negative");
        check(&[b"ssh-rsa", &[3], &[0x7f; 2049]], "an integer of the key is too long");
        check(&[b"ecdsa-sha2-nistp256", b"nistp384", &[4; 65]], "a field of the key has the wrong form");
        check(&[b"ecdsa-sha2-nistp256", b"nistp256", &[2; 65]], "a field of the key has the wrong form");
    }
}
