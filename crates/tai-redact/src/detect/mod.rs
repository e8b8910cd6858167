//! What a secret looks like. A detector is called where its trigger was found, and marks what it is sure of.

mod base64;
mod command;
mod hash;
mod header;
mod key;
mod key_value;
mod lookalike;
mod named;
mod pem;
pub(crate) mod token;
mod url;
mod value;

use std::ops::Range;

pub(crate) use named::announced_value;
pub(crate) use pem::{body_start, open_key};

use crate::scan::Scan;

/// Looks at the text around a trigger, and marks secrets.
pub(crate) type Detector = fn(&mut Scan<'_>, Range<usize>);

/// Triggers in lower case, with 0 for any digit, and who looks at them. Prefixes of tokens are a table of their own.
pub(crate) const TRIGGERS: &[(&str, Detector)] = &[
    ("pass", key_value::detect),
    ("pwd", key_value::detect),
    ("secr", key_value::detect),
    ("toke", key_value::detect),
    ("key", key_value::detect),
    ("cred", key_value::detect),
    ("auth", header::detect),
    ("cook", header::detect),
    ("sess", key_value::detect),
    ("sid=", key_value::detect),
    ("sid\"", key_value::detect),
    ("communi", key_value::detect),
    ("psk", key_value::detect),
    ("bearer", header::bearer),
    ("basic ", header::basic),
    ("://", url::detect),
    ("@tcp(", url::data_source),
    ("@unix(", url::data_source),
    ("sig=", key_value::detect),
    ("nature=", key_value::detect),
    ("_salt", key_value::detect),
    ("art-api", key_value::detect),
    ("tified by", command::identified_by),
    ("pw=", key_value::detect),
    ("pw:", key_value::detect),
    ("pw\"", key_value::detect),
    ("dpw ", key_value::detect),
    ("_pw ", key_value::detect),
    ("tpw ", key_value::detect),
    ("[redacted:", tag),
    ("$0$", hash::crypt),
    ("$0a$", hash::crypt),
    ("$0b$", hash::crypt),
    ("$0y$", hash::crypt),
    ("$apr0$", hash::crypt),
    ("$argon", hash::crypt),
    ("$y$", hash::crypt),
    ("$gy$", hash::crypt),
    ("$sha0$", hash::crypt),
    ("{ssha", hash::ldap),
    ("{sha", hash::ldap),
    ("{smd0}", hash::ldap),
    ("{md0}", hash::ldap),
    ("{crypt}", hash::ldap),
    ("pbkdf0", hash::pbkdf2),
    ("scram-sha", hash::scram),
    ("(0x", hash::keytab),
    ("bqia", hash::keytab_file),
    (":0000:", hash::pgpass),
    ("eyj", token::jwt),
    (":aa", token::telegram),
    ("0q~", token::azure),
    (".atlasv0.", token::terraform),
    ("sk0", token::twilio),
    ("ska", token::twilio),
    ("skb", token::twilio),
    ("skc", token::twilio),
    ("skd", token::twilio),
    ("ske", token::twilio),
    ("skf", token::twilio),
    ("akia", token::aws),
    ("asia", token::aws),
    ("mysql", command::mysql),
    ("maria", command::mysql),
    ("sshpass", command::sshpass),
    ("redis-cli", command::redis),
    ("curl ", command::user_colon),
    ("wget ", command::user_colon),
    ("etcdctl ", command::user_colon),
    ("http -", command::httpie),
    ("lftp ", command::lftp),
    (" login ", command::login),
    ("ldap", command::ldap),
    ("snmp", command::snmp),
    ("com0sec", command::snmp_config),
    ("createuser", command::snmp_config),
    ("smbclient", command::samba),
    ("net ads ", command::samba),
    ("net rpc ", command::samba),
    ("rpcclient", command::samba),
    ("mosquitto_", command::mosquitto),
    ("mongo", command::mongo),
    ("cqlsh", command::mongo),
    ("sqlplus ", command::oracle),
    ("zip -", command::zip),
    ("0z a ", command::mysql),
    ("ipa-client", command::ipa),
    ("ipmitool", command::mosquitto),
    ("sqlcmd", command::mosquitto),
    ("chpasswd", command::chpasswd),
    ("sudo -s", command::chpasswd),
    (" on >", command::redis_user),
    ("login=", command::login_pair),
    ("stats auth ", command::login_pair),
    ("passwd --stdin", command::chpasswd),
    ("htpasswd", command::htpasswd),
    ("add_user", command::rabbit),
    ("change_passwo", command::rabbit),
];

/// A tag that is there already is passed over, whole.
fn tag(scan: &mut Scan<'_>, hit: Range<usize>) {
    scan.pass_tag(hit.start);
}
