//! Which names mean a secret, wherever they stand: keys, password files, histories, credentials, and backups of them.

/// Whether a path, in lower case, names a secret: for reading and for listing alike.
pub(super) fn is_secret(parts: &[&str]) -> bool {
    let Some(last) = parts.last() else { return false };
    if NO_SECRET.contains(&parts) || matches!(parts, [.., ".ssh", name] if is_public(name)) {
        return false;
    }
    let public_keyring = matches!(parts, ["usr", "share", "keyrings", ..] | ["etc", "apt", "keyrings", ..]);
    (!matches!(parts, ["etc", "pam.d", ..])
        && parts.iter().any(|part| SECRET_TEXT.split(' ').any(|text| part.contains(text))))
        || parts.iter().any(|part| is_secret_directory(part))
        || (parts.contains(&"keyrings") && !public_keyring)
        || is_private_directory(parts)
        || matches!(parts, ["etc", "kubernetes", .., name] if name.contains(".conf"))
        || matches!(parts, [.., ".config", "gh", _])
        || (!matches!(parts, ["proc", "sys", ..] | ["sys", ..]) && is_secret_name(last))
}

/// What a name contains when it is a secret, anywhere in the path.
const SECRET_TEXT: &str = "\
    shadow secret password passwd passphrase credential sudoers keytab private_key private-key privatekey \
    privkey apikey api_key api-key wpa_supplicant system-connections krb5cc kubeconfig spwd \
    kubernetes.io~projected kubernetes.io~csi";

/// Names under which passwords are configured or changed, and that hold none. `/etc/passwd` has had none for thirty years.
const NO_SECRET: &[&[&str]] = &[&["etc", "passwd"], &["etc", "passwd-"], &["usr", "bin", "passwd"], &["bin", "passwd"]];

/// Directories whose content is secret, those that begin with a dot also with what is added for a backup.
const SECRET_DIRECTORIES: &str = "\
    .ssh .gnupg .aws .azure .kube .docker .gcloud .password-store .vnc .mozilla .thunderbird .subversion \
    .terraform.d .oci .minikube .chef .helm gcloud serviceaccount wireguard openvpn iwd priv etcd krb5kdc \
    easy-rsa";

/// Words that make the last name of a path a secret: `server.key`, `tls.key.bak`, `ssh_host_rsa_key`, `vault-token`.
const SECRET_WORDS: &str = "\
    key keys pem p12 pfx jks keystore kdbx ppk psk gpg pgp ovpn token tokens pass cookie cookies htdigest agekey";

/// Last names of a path that are secrets, with what is added for a backup.
const SECRET_NAMES: &str = "\
    id_rsa id_dsa id_ecdsa id_ed25519 .pgpass .my.cnf .mylogin.cnf .netrc _netrc .npmrc .pypirc .dockercfg .boto \
    .s3cfg .rhosts .xauthority .iceauthority .lesshst .viminfo .histfile .fetchmailrc .msmtprc .muttrc \
    config.v2.json debian.cnf sssd.conf wp-config random-seed anaconda-ks user-data instance-data-sensitive \
    k3s.yaml user.cfg";

/// `known_hosts` and public keys, which are all that may be read of a `.ssh` directory.
fn is_public(name: &str) -> bool {
    matches!(name, "known_hosts" | "known_hosts.old") || name.ends_with(".pub")
}

fn is_secret_directory(name: &str) -> bool {
    SECRET_DIRECTORIES.split(' ').any(|known| known == name)
        || (name.starts_with('.') && is_one_of(name, SECRET_DIRECTORIES))
}

fn is_private_directory(parts: &[&str]) -> bool {
    parts
        .iter()
        .enumerate()
        .any(|(i, part)| *part == "private" && !matches!(parts[..i], ["var", "lib" | "log" | "cache"]))
}

fn is_secret_name(name: &str) -> bool {
    if name.ends_with(".pub") {
        return false;
    }
    let mut words = name.split(|c: char| !c.is_alphanumeric());
    let dotted = name.starts_with('.');
    is_one_of(name, SECRET_NAMES)
        || is_one_of(name.trim_start_matches(['#', '.']), SECRET_NAMES)
        || words.any(|word| {
            SECRET_WORDS.split(' ').any(|known| known == word)
                || (word == "env" && name != "env")
                || (word == "history" && dotted)
        })
        || (dotted && name.ends_with("history"))
}

/// Whether a name is one of these, or one of these followed by what is no letter or digit: `id_rsa.old`, `id_ecdsa_sk`, `.ssh-backup`.
fn is_one_of(name: &str, names: &str) -> bool {
    names.split(' ').any(|known| name.strip_prefix(known).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric)))
}
