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
        || is_data(parts)
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
    etcd krb5kdc easy-rsa keys cryptkeys luks filezilla google-chrome chromium kwalletd nssdb vault.d consul.d nomad.d \
    bluetooth .ansible";

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
    &["var", "mail"],
    &["var", "spool", "mail"],
    &["iscsi", "nodes"],
    &["libvirt", "qemu"],
    &["keystone", "fernet-keys"],
    &["etc", "ldap.conf"],
    &["etc", "bareos"],
    &["etc", "bacula"],
    &["etc", "borgmatic"],
    &["etc", "dbconfig-common"],
    &["etc", "vault"],
    &["var", "lib", "waagent"],
    &["raddb", "clients.conf"],
    &["mail", "authinfo"],
    &["dovecot", "users"],
    &["sites", "default", "settings.php"],
    &["asterisk", "manager.conf"],
    &["asterisk", "sip.conf"],
    &["asterisk", "pjsip.conf"],
    &["cups", "printers.conf"],
    &["my.cnf.d", "client.cnf"],
    &["conf.d", "api-users.conf"],
    &["prometheus", "web.yml"],
    &["rhsm", "rhsm.conf"],
    &["doctl", "config.yaml"],
    &[".config", "op"],
];

/// Words that make the last name of a path a secret: `server.key`, `tls.key.bak`, `ssh_host_rsa_key`, `vault-token`.
const SECRET_WORDS: &str = "\
    key keys pem p12 pfx jks keystore kdbx ppk psk gpg pgp ovpn token tokens pass cookie cookies htdigest agekey \
    netdev creds cred pwfile tfvars tfstate";

/// Last names of a path that are secrets, with what is added for a backup.
const SECRET_NAMES: &str = "\
    id_rsa id_dsa id_ecdsa id_ed25519 .pgpass .my.cnf .mylogin.cnf .netrc _netrc .npmrc .pypirc .dockercfg .boto \
    .s3cfg .rhosts .xauthority .iceauthority .lesshst .viminfo .histfile fetchmailrc msmtprc .muttrc .envrc \
    .terraformrc .authinfo .yarnrc rclone.conf hostapd.conf ssmtp.conf iscsid.conf userlist.txt dovecot-sql \
    tailscaled.state snmpd.conf slapd.conf luks-header original-ks cloud-config.txt vendor-data rke2.yaml \
    config.v2.json debian.cnf sssd.conf wp-config random-seed anaconda-ks user-data instance-data-sensitive \
    k3s.yaml user.cfg ks.cfg questions.dat .gitconfig .dbshell redis.conf sentinel.conf zabbix_server.conf \
    zabbix_proxy.conf grafana.ini rabbitmq.conf rabbitmq.config advanced.config definitions.json vault.hcl consul.hcl \
    nomad.hcl swanctl.conf nslcd.conf libnss-ldap.conf pam_ldap.conf resource.cfg tomcat-users.xml database.yml \
    database.yaml settings.php configuration.php localsettings.php config.php config-db.php config.inc.php settings.py \
    local_settings.py application.properties application.yml application.yaml appsettings settings-security.xml \
    nuget.config pip.conf boto.cfg key4.db virtual_users odbc.ini turnserver.conf proxysql.cnf maxscale.cnf \
    nova.conf cinder.conf neutron.conf keystone.conf glance-api.conf clouds.yaml admin-openrc openrc.sh keystonerc \
    service-account service_account gitlab.rb sonar.properties datadog.yaml newrelic-infra.yml newrelic.ini \
    telegraf.conf alertmanager.yml kibana.yml filebeat.yml metricbeat.yml pw.txt pwd.txt";

/// `known_hosts` and public keys, which are all that may be read of a `.ssh` directory.
fn is_public(name: &str) -> bool {
    matches!(name, "known_hosts" | "known_hosts.old") || name.ends_with(".pub")
}

fn is_secret_directory(name: &str) -> bool {
    SECRET_DIRECTORIES.split_whitespace().any(|known| known == name)
        || (name.starts_with('.') && is_one_of(name, SECRET_DIRECTORIES))
}

/// The files of a database, a mail queue or a cloud's set-up, but for their logs and settings.
fn is_data(parts: &[&str]) -> bool {
    const SERVERS: &str = "\
        mysql mariadb postgresql pgsql redis mongodb mongo ldap rabbitmq cassandra influxdb elasticsearch opensearch \
        consul vault nomad grafana zookeeper kafka couchdb neo4j";
    const CLOUD: &str = "boot-finished datasource status.json result.json";
    match parts {
        ["var", "lib", server, inner @ ..]
            if !inner.is_empty() && SERVERS.split_whitespace().any(|known| known == *server) =>
        {
            let last = inner.last().unwrap_or(server);
            let plain = ["conf", "log", "err", "pid", "pg_version"]
                .iter()
                .any(|ending| last.rsplit('.').next() == Some(ending));
            !plain && !inner.iter().any(|part| matches!(*part, "log" | "logs" | "pg_log"))
        }
        ["var", "lib", "cloud", "instance" | "instances", .., last] => !CLOUD.split(' ').any(|known| known == *last),
        _ => false,
    }
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
