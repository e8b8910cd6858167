use std::net::IpAddr;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::{COMMON, Targets, distinct};

macro_rules! pattern {
    ($name:ident, $pattern:expr) => {
        static $name: LazyLock<Regex> = LazyLock::new(|| Regex::new($pattern).expect("a valid pattern"));
    };
}

pattern!(
    URL,
    r"(?i)\b(?:https?|tcp|ftp|amqps?|redis|postgres(?:ql)?|mysql|ldaps?)://(?P<host>[\w.-]+)(?::(?P<port>\d{1,5}))?\S*"
);
pattern!(UNIT, r"\b[a-z0-9][a-z0-9_.@:\\-]*\.(?:service|socket|timer|mount|target|path)\b");
pattern!(PATH, r#"(?:^|[\s"'(`:=])(/[\w.@+/-]*)"#);
pattern!(PORT, r"\bport:?\s+(\d{1,5})\b|(?:^|[\s(]|[a-z][a-z0-9.-]*|\.\d{1,3}):(\d{2,5})\b|\b(\d{1,5})/(?:tcp|udp)\b");
pattern!(
    INTERFACE,
    r"\b((?:(?:eth|wlan|bond|br|wg|tun|tap|vlan|team|ib|veth|dummy)\d+|(?:en|wl)(?:o\d+|p\d+s\d+\w*|s\d+\w*|x[0-9a-f]{12})|br-\w+|docker0|virbr\d+)(?:\.\d{1,4})?)(?:$|[^\w.]|\.\s|\.$)"
);
pattern!(PID, r"\b(?:pid|process)[\s:=#]+(\d{1,7})\b");
pattern!(CONTAINER, r#"\b(?:containers?|pods?)\s+["'`]?([A-Za-z0-9][\w.-]+)"#);
pattern!(
    PACKAGE,
    r#"\b(?:(?:install(?:ing)?|upgrad(?:e|ing))\s+(?:the\s+)?(?:package\s+)?|packages?\s+)["'`]?([a-z0-9][a-z0-9+.-]+)"#
);
pattern!(IP, r"(?:^|[^\w.:])((?:\d{1,3}\.){3}\d{1,3}|[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7})");
pattern!(NAME, r"\b((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:[a-z]{2,}))\b");

/// Endings of host names in texts. One label and one of these is a name; other words with a dot are files or versions.
const DOMAINS: &[&str] = &[
    "com", "net", "org", "io", "internal", "local", "lan", "corp", "dev", "cloud", "intra", "test", "example",
    "invalid",
];
/// Words that follow "container" or "package" and name none.
const NO_NAMES: &[&str] = &[
    "is",
    "are",
    "was",
    "were",
    "has",
    "have",
    "had",
    "does",
    "do",
    "keeps",
    "keep",
    "that",
    "which",
    "with",
    "in",
    "on",
    "of",
    "to",
    "for",
    "from",
    "after",
    "since",
    "runs",
    "running",
    "fails",
    "failed",
    "restarts",
    "restarting",
    "crashes",
    "cannot",
    "can",
    "will",
    "a",
    "an",
    "it",
    "them",
    "those",
    "these",
    "list",
    "lists",
    "database",
    "updates",
    "upgrade",
    "security",
    "images",
    "image",
    "runtime",
    "exits",
    "dies",
    "stops",
    "starts",
    "gets",
    "and",
    "or",
    "not",
    "no",
    "any",
    "some",
    "stuck",
    "killed",
    "goes",
    "went",
    "broke",
    "breaks",
    "broken",
    "manager",
    "name",
    "names",
];

/// What a ticket names.
pub(super) fn targets(text: &str) -> Targets {
    let urls: Vec<Captures<'_>> = URL.captures_iter(text).collect();
    let rest = URL.replace_all(text, " ");
    let lower = rest.to_lowercase();
    let url_ports = urls.iter().filter_map(|url| url.name("port")?.as_str().parse().ok());
    let first = |captures: Captures<'_>| captures.iter().skip(1).flatten().next()?.as_str().parse().ok();
    let named = |pattern: &'static Regex| {
        let names = pattern.captures_iter(&lower).map(|captures| captures[1].trim_end_matches(['.', '-']).to_owned());
        distinct(
            names.filter(|name| {
                name.len() > 1 && !NO_NAMES.contains(&name.as_str()) && !COMMON.contains(&name.as_str())
            }),
        )
    };
    Targets {
        units: distinct(UNIT.find_iter(&lower).map(|unit| unit.as_str().to_owned())),
        paths: distinct(PATH.captures_iter(&rest).map(|path| clean_path(&path[1]))),
        ports: distinct(url_ports.chain(PORT.captures_iter(&lower).filter_map(first))),
        interfaces: named(&INTERFACE),
        pids: distinct(PID.captures_iter(&lower).filter_map(|captures| captures[1].parse().ok())),
        containers: named(&CONTAINER),
        packages: named(&PACKAGE),
        addresses: addresses(&urls, &rest, &lower),
        ..Targets::default()
    }
}

fn addresses(urls: &[Captures<'_>], text: &str, lower: &str) -> Vec<String> {
    let of_urls = urls.iter().map(|url| url["host"].to_lowercase());
    let numbers = IP.captures_iter(text).map(|ip| ip[1].to_owned()).filter(|ip| ip.parse::<IpAddr>().is_ok());
    let names = NAME.captures_iter(lower).map(|name| name[1].to_owned()).filter(|name| is_host_name(name));
    distinct(of_urls.chain(numbers).chain(names))
}

fn is_host_name(name: &str) -> bool {
    let end = name.rsplit('.').next().unwrap_or_default();
    DOMAINS.contains(&end) || (name.matches('.').count() >= 2 && end.len() <= 3 && !UNIT.is_match(name))
}

/// Without the punctuation of the sentence around it, and without a slash at the end.
pub(super) fn clean_path(path: &str) -> String {
    let path = path.trim_end_matches(['.', ',', ';', ':']);
    match path.trim_end_matches('/') {
        "" => "/".to_owned(),
        path => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_paths_and_ports() {
        let found = targets(
            "nginx.service on port 8080 cannot write /var/log/nginx/error.log, nor to /data/. (see :443, 53/udp)",
        );
        assert_eq!(found.units, ["nginx.service"]);
        assert_eq!(found.paths, ["/var/log/nginx/error.log", "/data"]);
        assert_eq!(found.ports, [8080, 443, 53]);
        assert_eq!(targets("web1:8080 and 10.0.0.1:9090").ports, [8080, 9090]);
        let found = targets("at 10:30 / is full");
        assert_eq!(found.ports, Vec::<u16>::new());
        assert_eq!(found.paths, ["/"]);
    }

    #[test]
    fn interfaces_processes_containers_packages() {
        let check = |text: &str, expect: [&[&str]; 3]| {
            let found = targets(text);
            assert_eq!([found.interfaces, found.containers, found.packages], expect.map(<[&str]>::to_vec), "{text}");
        };
        check("eth0 and enp3s0f1 drop packets, bond0.120 too.", [&["eth0", "enp3s0f1", "bond0.120"], &[], &[]]);
        check("container checkout-api keeps restarting", [&[], &["checkout-api"], &[]]);
        check("the container is gone, a pod keeps crashing", [&[], &[], &[]]);
        check("cannot install package libssl3, packages are held", [&[], &[], &["libssl3"]]);
        assert_eq!(targets("PID 4711 and process 12 hang; process hangs").pids, [4711, 12]);
    }

    #[test]
    fn addresses_and_urls() {
        let found = targets("https://shop.example.com:8443/cart?x=/etc fails, db.internal and 10.1.2.3 too");
        assert_eq!(found.addresses, ["shop.example.com", "10.1.2.3", "db.internal"]);
        assert_eq!((found.ports, found.paths), (vec![8443], Vec::<String>::new()));
        assert_eq!(targets("see nginx.conf, version 1.2.3 and 999.1.1.1").addresses, Vec::<String>::new());
        assert_eq!(targets("no route to fe80::1 since 10:30:15").addresses, ["fe80::1"]);
    }
}
