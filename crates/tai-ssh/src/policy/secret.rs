//! Which names mean a secret, wherever they stand: keys, password files, histories, credentials, and backups of them.

/// Whether a path, in lower case, names a secret, which is not read. Names, sizes and times of secrets may be listed.
pub(super) fn is_secret(parts: &[&str]) -> bool {
    let Some(last) = parts.last() else { return false };
    if NO_SECRET.contains(&parts) || matches!(parts, [.., ".ssh", name] if is_public(name)) {
        return false;
    }
    (!matches!(parts, ["etc", "pam.d", ..])
        && !is_unit(parts)
        && parts.iter().any(|part| SECRET_TEXT.split_whitespace().any(|text| part.contains(text))))
        || (!matches!(parts, ["proc", ..] | ["sys", ..]) && parts.iter().any(|part| is_secret_directory(part)))
        || is_private_directory(parts)
        || matches!(parts, ["etc", "kubernetes", .., name] if name.contains(".conf"))
        || SECRET_PATHS.iter().any(|path| parts.windows(path.len()).any(|window| window == *path))
        || (!matches!(parts, ["proc", "sys", ..] | ["sys", ..]) && !is_unit(parts) && is_secret_name(last))
        || (!matches!(parts, ["var", "log", .., _] | ["proc", ..] | ["sys", ..])
            && last.split(|c: char| !c.is_alphanumeric()).any(|word| word == "history"))
        || (!is_log(parts)
            && !matches!(parts, ["proc", "sys", ..] | ["sys", ..])
            && !is_unit(parts)
            && has_secret_word(last))
}

/// What a name contains when it is a secret, anywhere in the path.
const SECRET_TEXT: &str = "\
    shadow secret password passwd passphrase credential sudoers keytab private_key private-key privatekey \
    privkey apikey api_key api-key wpa_supplicant system-connections krb5cc kubeconfig spwd \
    kubernetes.io~projected kubernetes.io~csi credstore fastopen_key authkey keyfile keyring wallet";

/// Names under which passwords are configured or changed, and that hold none. `/etc/passwd` has had none for thirty years.
const NO_SECRET: &[&[&str]] = &[&["etc", "passwd"], &["etc", "passwd-"], &["usr", "bin", "passwd"], &["bin", "passwd"]];

/// Directories whose content is secret, those that begin with a dot also with what is added for a backup.
const SECRET_DIRECTORIES: &str = "\
    .ssh .gnupg .aws .azure .kube .docker .gcloud .password-store .vnc .mozilla .thunderbird .subversion \
    .terraform.d .oci .minikube .chef .helm .cloudflared .purple gcloud serviceaccount wireguard openvpn iwd priv \
    etcd krb5kdc easy-rsa keys cryptkeys luks filezilla google-chrome chromium kwalletd";

/// What follows one another in a path that is a secret.
const SECRET_PATHS: &[&[&str]] = &[
    &[".config", "gh"],
    &[".config", "hub"],
    &["freeradius", "3.0", "clients.conf"],
    &["apt", "auth.conf"],
    &["apt", "auth.conf.d"],
    &["k3s", "config.yaml"],
    &["rke2", "config.yaml"],
    &["k0s", "pki"],
    &["kubelet", "config.json"],
    &[".composer", "auth.json"],
    &["containers", "auth.json"],
    &[".m2", "settings.xml"],
    &[".gradle", "gradle.properties"],
    &["gitlab-runner", "config.toml"],
    &["sss", "db"],
];

/// Words that make the last name of a path a secret: `server.key`, `tls.key.bak`, `ssh_host_rsa_key`, `vault-token`.
const SECRET_WORDS: &str = "\
    key keys pem p12 pfx jks keystore kdbx ppk psk gpg pgp ovpn token tokens pass cookie cookies htdigest agekey \
    netdev";

/// Last names of a path that are secrets, with what is added for a backup.
const SECRET_NAMES: &str = "\
    id_rsa id_dsa id_ecdsa id_ed25519 .pgpass .my.cnf .mylogin.cnf .netrc _netrc .npmrc .pypirc .dockercfg .boto \
    .s3cfg .rhosts .xauthority .iceauthority .lesshst .viminfo .histfile fetchmailrc msmtprc .muttrc .envrc \
    .terraformrc .authinfo .yarnrc rclone.conf hostapd.conf ssmtp.conf iscsid.conf userlist.txt dovecot-sql \
    tailscaled.state snmpd.conf slapd.conf luks-header original-ks cloud-config.txt vendor-data rke2.yaml \
    config.v2.json debian.cnf sssd.conf wp-config random-seed anaconda-ks user-data instance-data-sensitive \
    k3s.yaml user.cfg";

/// `known_hosts` and public keys, which are all that may be read of a `.ssh` directory.
fn is_public(name: &str) -> bool {
    matches!(name, "known_hosts" | "known_hosts.old") || name.ends_with(".pub")
}

fn is_secret_directory(name: &str) -> bool {
    SECRET_DIRECTORIES.split_whitespace().any(|known| known == name)
        || (name.starts_with('.') && is_one_of(name, SECRET_DIRECTORIES))
}

fn is_private_directory(parts: &[&str]) -> bool {
    parts
        .iter()
        .enumerate()
        .any(|(i, part)| *part == "private" && !matches!(parts[..i], ["var", "lib" | "log" | "cache"]))
}

fn is_secret_name(name: &str) -> bool {
    const KEY_TYPES: [&str; 4] = ["_rsa", "_dsa", "_ecdsa", "_ed25519"];
    if name.ends_with(".pub") {
        return false;
    }
    let starts = name.char_indices().filter(|&(at, _)| !name[..at].ends_with(char::is_alphanumeric));
    starts.map(|(at, _)| &name[at..]).any(|rest| is_one_of(rest, SECRET_NAMES))
        || KEY_TYPES.iter().any(|ending| name.ends_with(ending))
        || name.ends_with(".private")
        || name.ends_with("key")
        || (name.starts_with('.') && name.ends_with("history"))
}

fn has_secret_word(name: &str) -> bool {
    !name.ends_with(".pub")
        && name
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| SECRET_WORDS.split_whitespace().any(|known| known == word) || (word == "env" && name != "env"))
}

/// A unit of systemd, whose name tells what it does and whose text is public.
fn is_unit(parts: &[&str]) -> bool {
    let directory = matches!(
        parts,
        ["lib", "systemd", "system", ..] | ["usr", "lib", "systemd", "system", ..] | ["etc", "systemd", "system", ..]
    );
    let unit = [".service", ".socket", ".path", ".timer", ".target", ".slice", ".mount"];
    directory && parts.last().is_some_and(|name| unit.iter().any(|ending| name.ends_with(ending)))
}

/// A log, whose name tells what it is about.
fn is_log(parts: &[&str]) -> bool {
    matches!(parts, ["var", "log", .., name] if name.ends_with(".log"))
}

/// Whether a name is one of these, or one of these followed by what is no letter or digit: `id_rsa.old`, `id_ecdsa_sk`, `.ssh-backup`.
fn is_one_of(name: &str, names: &str) -> bool {
    names
        .split_whitespace()
        .any(|known| name.strip_prefix(known).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric)))
}
