//! Which names mean that the value beside them is a secret.

/// What is expected of a value under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Anything that is no stand-in.
    Strong(&'static str),
    /// What looks generated or chosen, since the name has other uses.
    Weak(&'static str),
    /// What is long and random.
    Random(&'static str),
}

/// What the name says: `DB_PASSWORD`, `apiKey`, `spring.datasource.password`, `aws_secret_access_key`. `before` is the text of the line in front of it.
pub(super) fn classify(name: &[u8], before: &[u8]) -> Option<Kind> {
    let words = words(name);
    let mut words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    while words.len() > 1 && words.last().is_some_and(|word| is_neutral(word)) {
        words.pop();
    }
    let (last, rest) = words.split_last()?;
    by_last_word(last, rest, before).or_else(|| by_earlier_word(last, rest))
}

const PASSWORDS: &[&str] = &["password", "passwd", "passphrase", "passcode", "passwort", "pwd", "pword", "authtok"];
const PASS_WORDS: [&[u8]; 10] = [
    b"pass",
    b"sshpass",
    b"dbpass",
    b"userpass",
    b"mypass",
    b"rootpass",
    b"requirepass",
    b"storepass",
    b"keypass",
    b"smtppass",
];
const KEY_NAMES: &[&str] = &[
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "sharedkey",
    "accountkey",
    "authkey",
    "masterkey",
    "encryptionkey",
    "signingkey",
    "sharedaccesskey",
    "presharedkey",
    "storagekey",
    "licensekey",
];

fn by_last_word(last: &[u8], rest: &[&[u8]], before: &[u8]) -> Option<Kind> {
    let ends = |endings: &[&str]| endings.iter().any(|ending| last.ends_with(ending.as_bytes()));
    let previous = rest.last().copied().unwrap_or_default();
    if ends(PASSWORDS)
        || PASS_WORDS.contains(&last)
        || matches!(last, b"pw" | b"rootpw" | b"bindpw" | b"adminpw" | b"userpw" | b"masterauth")
    {
        return Some(Kind::Strong("password"));
    }
    if ends(KEY_NAMES) {
        return Some(Kind::Strong("key"));
    }
    if last.ends_with(b"secret") {
        return Some(Kind::Strong("secret"));
    }
    if last.ends_with(b"token") {
        const PAGES: [&[u8]; 9] = [
            b"next",
            b"page",
            b"continuation",
            b"sync",
            b"cancellation",
            b"sequence",
            b"fencing",
            b"unexpected",
            b"max",
        ];
        return (!PAGES.contains(&previous) && last != b"pagetoken" && last != b"nexttoken")
            .then_some(Kind::Strong("token"));
    }
    match last {
        b"key" => key(previous, before),
        b"psk" => Some(Kind::Strong("psk")),
        b"credential" | b"credentials" | b"creds" => Some(Kind::Random("credential")),
        b"keytab" => Some(Kind::Random("keytab")),
        b"community" | b"rocommunity" | b"rwcommunity" => Some(Kind::Strong("community")),
        b"sessionid" | b"jsessionid" | b"phpsessid" | b"sessid" | b"aspsessionid" | b"sid" | b"session" => {
            Some(Kind::Random("session"))
        }
        b"id" if matches!(previous, b"session" | b"sess") => Some(Kind::Random("session")),
        b"cookie" => Some(Kind::Weak("cookie")),
        b"setcookie" => Some(Kind::Strong("cookie")),
        b"salt" => Some(Kind::Weak("key")),
        b"api" if previous == b"art" => Some(Kind::Strong("key")),
        b"signature" | b"sig" => Some(Kind::Random("signature")),
        b"auth" => Some(Kind::Random("basic-auth")),
        _ => None,
    }
}

/// A key by the word before it, in the name or, as in `API key: …`, in the text.
fn key(previous: &[u8], before: &[u8]) -> Option<Kind> {
    const SECRET_KEYS: &[&[u8]] = &[
        b"api",
        b"access",
        b"secret",
        b"private",
        b"encryption",
        b"signing",
        b"shared",
        b"account",
        b"auth",
        b"master",
        b"recovery",
        b"storage",
        b"license",
        b"preshared",
        b"app",
        b"application",
        b"service",
        b"client",
        b"session",
        b"write",
        b"webhook",
        b"hmac",
        b"jwt",
        b"crypt",
        b"cipher",
        b"aes",
        b"decryption",
        b"deploy",
        b"integration",
        b"routing",
        b"unseal",
        b"consumer",
        b"authentication",
        b"tsig",
        b"rndc",
        b"erlang",
        b"secretaccess",
        b"admin",
    ];
    let spoken = before.strip_suffix(b" ").or(before.strip_suffix(b"-")).map(|head| {
        let start = head.iter().rposition(|b| !b.is_ascii_alphanumeric()).map_or(0, |at| at + 1);
        head[start..].to_ascii_lowercase()
    });
    let word = if previous.is_empty() { spoken.as_deref().unwrap_or_default() } else { previous };
    match word {
        b"public" | b"host" | b"primary" | b"foreign" => None,
        b"app" | b"client" | b"service" | b"write" | b"session" | b"routing" | b"account" | b"admin" => {
            Some(Kind::Weak("key"))
        }
        word if SECRET_KEYS.contains(&word) => Some(Kind::Strong("key")),
        _ => Some(Kind::Random("key")),
    }
}

/// A word for a secret with another word after it: `PASSWORD_MYSQL`. Most such names are of settings: `password_file`, `token_type`.
fn by_earlier_word(last: &[u8], rest: &[&[u8]]) -> Option<Kind> {
    const SETTINGS: &str = "\
        file files filename path paths dir directory url uri link endpoint type types name names id ids length len size count counts limit limits max min age expiry \
        expires expired expiration expire ttl timeout lifetime policy policies required require enabled enable disabled authentication auth prompt hint \
        field fields format algorithm alg algo encoding version reset change changed changes last days warn warning rotation provider store manager \
        ref reference mode method methods status state valid errors error usage used bucket aging grace history rate per fingerprint \
        hashing interval quality strength complexity check checks validation validator issuer audience scope scopes host port server service user username \
        t exec agent group groups plugin module backend handler helper command cmd log logs table column lock locks attempts attempt retries \
        date time at on to from for is has set kind mount mounts cache class api app list map count source env var variable key keys label labels info \
        config configuration conf options option namespace annotation index login required session sessions request requests response event";
    let secret = rest.iter().rposition(|word| {
        [&b"password"[..], b"passwd", b"passphrase", b"secret"].iter().any(|ending| word.ends_with(ending))
    })?;
    let mut after = rest[secret + 1..].iter().copied().chain([last]);
    let is_setting = after.any(|word| SETTINGS.split_whitespace().any(|known| known.as_bytes() == word));
    (!is_setting).then_some(Kind::Weak("password"))
}

/// Words that say nothing of what the value is.
fn is_neutral(word: &[u8]) -> bool {
    const NEUTRAL: &str = "\
        value values val data plain plaintext old new current prod production dev test testing staging stage string str base b64 base64 64 hash hashed \
        encoded confirm confirmation confirmed again repeat primary secondary backup main default temp tmp text raw enc encrypted encrypt";
    word.iter().all(u8::is_ascii_digit) || NEUTRAL.split_whitespace().any(|known| known.as_bytes() == word)
}

/// The words of a name in lower case: parted by `_`, `-` and `.`, and where a capital follows a small letter.
fn words(name: &[u8]) -> Vec<Vec<u8>> {
    let mut words: Vec<Vec<u8>> = vec![Vec::new()];
    for (i, b) in name.iter().enumerate() {
        let previous = i.checked_sub(1).map(|i| name[i]);
        let after_small = previous.is_some_and(|p| p.is_ascii_lowercase() || p.is_ascii_digit());
        let ends_capitals =
            previous.is_some_and(|p| p.is_ascii_uppercase()) && name.get(i + 1).is_some_and(u8::is_ascii_lowercase);
        let begins = b.is_ascii_uppercase() && (after_small || ends_capitals);
        if matches!(b, b'_' | b'-' | b'.') || begins {
            words.push(Vec::new());
        }
        if b.is_ascii_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.push(b.to_ascii_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
