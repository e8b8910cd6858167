//! What stands where a secret could be, and is none: placeholders, references, booleans, paths, words of a sentence.

/// Words after `password:` that belong to a sentence, a type, a setting of another kind, or a stand-in.
const NO_SECRETS: &str = "\
    required require requires expired expires expire expiring invalid incorrect wrong failed fails failure mismatch mismatched \
    authentication changed change changes accepted denied rejected refused missing not is was has have had are been being for from \
    to must cannot can can't could would will should may might unknown none null nil nul undefined true false yes no on off \
    enabled enable disabled disable ok okay error errors updated update set unset empty prompt ask interactive optional sufficient requisite \
    include substack files file systemd sss sssd compat ldap nis winbind db dns hidden masked redacted removed omitted \
    filtered secret-hidden x n/a na unchanged locked lock active inactive valid verified validated validation success successful \
    successfully succeeded ok. and or but if when while with without this that the a an in at by of it its your you please enter \
    type retype new current old bad good no-change default auto never always string str int integer bool boolean \
    bytes char varchar text optional[str] option<string> &str any object self.password self.token args.password args.token \
    session chauthtok account auth setcred generated created deleted revoked received sent used using loaded found found. \
    reset renewed refreshed authenticated login logged attempt attempts retry retries policy md5 sha256 sha512 scram-sha-256 trust peer \
    peer. reject cert gss pam ident unexpected end eof too short long length check checking checked quality requested supplied \
    provided given entered specified configured mount mounts volume volumes secret secrets token tokens password passwords key keys \
    opened closed started ended stopped open close read write";

/// Whether `value` cannot be a secret, wherever it stands.
pub(super) fn is_placeholder(value: &[u8]) -> bool {
    let value = value.trim_ascii();
    value.is_empty()
        || is_masked(value)
        || is_reference(value)
        || is_path(value)
        || matches!(
            lower(value).as_slice(),
            b"true"
                | b"false"
                | b"yes"
                | b"no"
                | b"on"
                | b"off"
                | b"null"
                | b"nil"
                | b"none"
                | b"undefined"
                | b"(null)"
                | b"(none)"
                | b"n/a"
                | b"redacted"
                | b"masked"
                | b"hidden"
                | b"filtered"
                | b"removed"
                | b"changeit?"
                | b"string"
                | b"str"
                | b"required"
                | b"optional"
                | b"enabled"
                | b"disabled"
                | b"default"
                | b"auto"
                | b"prompt"
                | b"ask"
                | b"unset"
                | b"empty"
                | b"unchanged"
                | b"-"
                | b"x"
        )
}

/// Whether the word belongs to prose, or is the name of a type or a source of names.
pub(super) fn is_prose(value: &[u8]) -> bool {
    let word = lower(value.trim_ascii());
    let end = word.iter().rposition(u8::is_ascii_alphanumeric).map_or(0, |last| last + 1);
    // Generated text may end in anything; sentences end in little.
    let word = if word.len() - end <= 2 { &word[..end] } else { &word };
    NO_SECRETS.split_whitespace().any(|known| known.as_bytes() == word)
}

/// Whether the value looks chosen or generated: a digit, mixed case or symbols in it, or long.
pub(super) fn is_mixed(value: &[u8]) -> bool {
    let (mut lower, mut upper, mut other) = (false, false, false);
    for (i, b) in value.iter().enumerate() {
        match b {
            b'a'..=b'z' => lower = true,
            // Capitalised words are prose.
            b'A'..=b'Z' if i > 0 => upper = true,
            b'A'..=b'Z' | b'-' | b'_' | b'.' | b'\'' => {}
            _ => other = true,
        }
    }
    other || (lower && upper) || value.len() >= 20
}

/// Whether it looks generated: long, of letters and digits both, and no plain hexadecimal or decimal number.
pub(super) fn is_random(value: &[u8]) -> bool {
    let has = |class: fn(&u8) -> bool| value.iter().any(class);
    value.len() >= 20
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && value
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'_' | b'-' | b'.' | b'~'))
        && !is_path(value)
}

/// At most two different characters: nobody's secret.
pub(super) fn is_repetitive(value: &[u8]) -> bool {
    let Some(first) = value.first() else { return true };
    let second = value.iter().find(|b| *b != first).unwrap_or(first);
    value.iter().take(256).all(|b| b == first || b == second)
}

/// Stars, dots, an `x` for each character, or words in angle brackets.
fn is_masked(value: &[u8]) -> bool {
    let all = |class: fn(u8) -> bool| value.iter().take(256).all(|b| class(*b));
    all(|b| matches!(b, b'*' | b'.' | b'-' | b'_' | b'?' | b'!' | b'#' | b'=' | b',' | b';' | b':' | b'|'))
        || (value.len() >= 3 && all(|b| matches!(b, b'x' | b'X' | b'*')))
        || value.starts_with("•".as_bytes())
        || value.starts_with("…".as_bytes())
        || (value.starts_with(b"***") && value.len() < 40)
        || wrapped(value, b"<", b">")
        || wrapped(value, b"[", b"]") && value.len() < 40 && !value.iter().any(u8::is_ascii_digit)
        || wrapped(value, b"(", b")")
}

/// A variable, a template, a call, or the name of a place where the secret is.
fn is_reference(value: &[u8]) -> bool {
    const SCHEMES: [&[u8]; 20] = [
        b"file:",
        b"env:",
        b"vault:",
        b"arn:",
        b"secretref:",
        b"ssm:",
        b"aws-secretsmanager:",
        b"op://",
        b"sops:",
        b"ref+",
        b"http://",
        b"https://",
        b"os.environ",
        b"os.getenv",
        b"process.env",
        b"env[",
        b"getenv(",
        b"system.getenv",
        b"${",
        b"$((",
    ];
    let head = lower(&value[..value.len().min(32)]);
    SCHEMES.iter().any(|scheme| head.starts_with(scheme))
        || (value.starts_with(b"$") && is_name(value[1..].split(|b| *b == b'/').next().unwrap_or_default()))
        || wrapped(value, b"%", b"%")
        || wrapped(value, b"@", b"@")
        || wrapped(value, b"__", b"__")
        || [&b"$("[..], b"{{", b"<%", b"%(", b"#{", b"{%", b"@{"].iter().any(|open| value.starts_with(open))
        || matches!(
            value,
            b"%s" | b"%d" | b"%v" | b"%q" | b"{}" | b"{0}" | b"$1" | b"?" | b"{" | b"[" | b"[]" | b"\\" | b"|" | b">"
        )
        || [&b"!vault"[..], b"!ref", b"!sub", b"!env", b"!reference", b"!secret", b"!!str"]
            .contains(&lower(value).as_slice())
        || is_call(value)
}

/// `name(…`, as code has it.
fn is_call(value: &[u8]) -> bool {
    let head = &value[..value.len().min(64)];
    head.iter().position(|b| *b == b'(').is_some_and(|open| open >= 3 && is_member(&head[..open]))
}

fn is_member(value: &[u8]) -> bool {
    value.first().is_some_and(u8::is_ascii_alphabetic)
        && value.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':'))
}

/// The name of a variable.
fn is_name(value: &[u8]) -> bool {
    let letters = value.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_');
    let first = value.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_');
    // `$6Rt9x` and the like are passwords; names are of one case.
    first
        && letters
        && !(value.iter().any(u8::is_ascii_lowercase)
            && value.iter().any(u8::is_ascii_digit)
            && value.iter().any(u8::is_ascii_uppercase))
}

/// A path, absolute or from the home or the current folder: names of letters, no mixture as base64 is.
pub(super) fn is_path(value: &[u8]) -> bool {
    let Some(rest) = [&b"~/"[..], b"./", b"../", b"/"].iter().find_map(|start| value.strip_prefix(*start)) else {
        return value.len() > 3 && value[1..].starts_with(b":\\") && value[0].is_ascii_alphabetic();
    };
    let segments = || rest.split(|b| *b == b'/');
    let is_segment = |segment: &[u8]| {
        segment.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'@' | b':' | b'%'))
    };
    !rest.is_empty()
        && rest.len() <= 1024
        && segments().all(is_segment)
        && segments().any(|segment| segment.iter().any(u8::is_ascii_alphabetic))
        // A random string may begin with a slash.
        && !segments().any(|s| s.len() >= 14 && s.iter().any(u8::is_ascii_digit) && s.iter().any(u8::is_ascii_uppercase) && s.iter().any(u8::is_ascii_lowercase))
}

fn wrapped(value: &[u8], open: &[u8], close: &[u8]) -> bool {
    value.len() > open.len() + close.len() && value.starts_with(open) && value.ends_with(close)
}

pub(super) fn lower(value: &[u8]) -> Vec<u8> {
    value[..value.len().min(128)].to_ascii_lowercase()
}

/// Whether the password of a URL is a stand-in: masked, or a variable.
pub(super) fn is_masked_url_part(value: &[u8]) -> bool {
    value.is_empty()
        || value.starts_with(crate::numbers::TAG)
        || is_masked(value)
        || is_reference(value)
        || value == b"x-oauth-basic"
}
