use crate::policy::kind::Kind::{Address, Either, Interface, Named, Names, Number, OneOf};
use crate::policy::program::{
    Flags, Operands, Program, Refused, Requirement, Syntax, any, maybe, optional, some, switches, value, verb,
};

const CHANGES: &str = "it changes the rules, or resets their counters; tai only lists them";
const READS_FILE: &str = "it reads rules or programs of the caller's choice";
const IPTABLES: &[Flags] = &[
    switches("-n --numeric -v --verbose -x --exact --line-numbers -4 --ipv4 -6 --ipv6 -L --list -S --list-rules"),
    value("-t --table", OneOf(&["filter", "nat", "mangle", "raw", "security"])),
    optional("-w --wait", Number(0, 10)),
];
const IPTABLES_REFUSED: &[Refused] = &[
    (
        "-A --append -C --check -D --delete -I --insert -R --replace -F --flush -Z --zero -N --new-chain -X --delete-chain -P --policy \
         -E --rename-chain -j --jump -c --set-counters",
        CHANGES,
    ),
    ("-M --modprobe", READS_FILE),
];
const IPTABLES_SAVE: &[Flags] =
    &[switches("-c --counters"), value("-t --table", OneOf(&["filter", "nat", "mangle", "raw", "security"]))];
const CHAIN_AND_NUMBER: Operands = Operands::Many { kind: Either(&[Named, Number(1, 100_000)]), min: 0, max: 2 };
const LISTS: &[Requirement] =
    &[Requirement::OneOf { flags: "-L --list -S --list-rules", why: "every other operation changes rules" }];

pub(super) const PROGRAMS: &[Program] = &[
    Program {
        name: "iptables",
        summary: "firewall rules of IPv4 and their counters",
        flags: IPTABLES,
        operands: CHAIN_AND_NUMBER,
        requirements: LISTS,
        refused: IPTABLES_REFUSED,
        ..Program::PLAIN
    },
    Program {
        name: "ip6tables",
        summary: "firewall rules of IPv6 and their counters",
        flags: IPTABLES,
        operands: CHAIN_AND_NUMBER,
        requirements: LISTS,
        refused: IPTABLES_REFUSED,
        ..Program::PLAIN
    },
    Program {
        name: "iptables-save",
        summary: "all firewall rules of IPv4",
        flags: IPTABLES_SAVE,
        refused: &[("-f --file", "it writes a file"), ("-M --modprobe", READS_FILE)],
        ..Program::PLAIN
    },
    Program {
        name: "ip6tables-save",
        summary: "all firewall rules of IPv6",
        flags: IPTABLES_SAVE,
        refused: &[("-f --file", "it writes a file"), ("-M --modprobe", READS_FILE)],
        ..Program::PLAIN
    },
    Program {
        name: "nft",
        summary: "firewall rules of nftables",
        flags: &[switches(
            "-a --handle -n --numeric -s --stateless -j --json -y --numeric-priority -S --service -N --reversedns -t --terse",
        )],
        verbs: &[
            verb("list ruleset", maybe(OneOf(&["ip", "ip6", "inet", "arp", "bridge", "netdev"]))),
            verb("list tables", Operands::None),
            verb("list chains", Operands::None),
            verb("list sets", Operands::None),
            verb("list maps", Operands::None),
            verb("list counters", Operands::None),
            verb("list flowtables", Operands::None),
            verb("list table", some(Named)),
            verb("list chain", some(Named)),
            verb("list set", some(Named)),
            verb("list map", some(Named)),
        ],
        refused: &[
            ("add create insert replace delete destroy flush reset rename import export", CHANGES),
            ("monitor describe", "it never ends, or says nothing about the host"),
            ("-f --file -i --interactive -D --define -I --includepath -c --check -o --optimize", READS_FILE),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "firewall-cmd",
        summary: "zones, services and ports of firewalld",
        flags: &[
            switches(
                "--state --list-all --list-all-zones --list-services --list-ports --list-protocols --list-sources",
            ),
            switches("--list-source-ports --list-interfaces --list-rich-rules --list-forward-ports --list-icmp-blocks"),
            switches(
                "--list-all-policies --get-default-zone --get-active-zones --get-zones --get-services --get-icmptypes",
            ),
            switches("--get-log-denied --get-policies --get-active-policies --get-ipsets --get-helpers --query-panic"),
            switches("--query-masquerade --permanent -v --verbose"),
            value(
                "--zone --policy --info-zone --info-service --info-policy --info-ipset --query-service --query-port",
                Names,
            ),
            value("--get-zone-of-interface --query-interface", Interface),
            value("--get-zone-of-source --query-source", Address),
        ],
        refused: &[(
            "--reload --complete-reload --runtime-to-permanent --check-config --panic-on --panic-off --set-default-zone \
             --set-log-denied --add-service --add-port --remove-service --remove-port --direct --add-rich-rule --reset-to-defaults",
            CHANGES,
        )],
        ..Program::PLAIN
    },
    Program {
        name: "ufw",
        summary: "state and rules of ufw",
        verbs: &[
            verb("status", maybe(OneOf(&["verbose", "numbered"]))),
            verb(
                "show",
                some(OneOf(&[
                    "raw",
                    "builtins",
                    "before-rules",
                    "user-rules",
                    "after-rules",
                    "logging-rules",
                    "listening",
                    "added",
                ])),
            ),
            verb("app list", Operands::None),
            verb("app info", some(Named)),
            verb("version", Operands::None),
        ],
        refused: &[(
            "enable disable default logging allow deny reject limit delete insert prepend route reload reset --force --dry-run",
            CHANGES,
        )],
        ..Program::PLAIN
    },
    Program {
        name: "conntrack",
        summary: "connections that the kernel tracks",
        flags: &[
            switches("-L --dump -C --count -S --stats -n --src-nat -g --dst-nat --any-nat"),
            value("-p --proto -o --output --state --status -f --family", Named),
            value("-s --src --orig-src -d --dst --orig-dst -r --reply-src -q --reply-dst", Address),
            value("--sport --orig-port-src --dport --orig-port-dst", Number(0, 65_535)),
            value("-m --mark", Names),
        ],
        operands: any(OneOf(&["conntrack", "expect", "dying", "unconfirmed"])),
        requirements: &[Requirement::OneOf {
            flags: "-L --dump -C --count -S --stats",
            why: "every other operation changes connections, or never ends",
        }],
        refused: &[
            ("-D --delete -F --flush -I --create -U --update -A --add -z --zero -R --load-file -G --get", CHANGES),
            ("-E --event", "it never ends"),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "ipset",
        summary: "sets of addresses in the firewall",
        syntax: Syntax::Expression,
        flags: &[
            switches("-n -name -t -terse -s -sorted"),
            value("-o -output", OneOf(&["plain", "save", "xml", "json"])),
        ],
        verbs: &[verb("list", maybe(Named))],
        refused: &[("create add del destroy flush rename swap save restore test -f -file -! -exist", CHANGES)],
        ..Program::PLAIN
    },
    Program {
        name: "ipvsadm",
        summary: "virtual servers of the kernel's load balancer",
        flags: &[switches(
            "-L -l --list -n --numeric -c --connection --stats --rate --thresholds --persistent-conn --exact --sort --nosort",
        )],
        requirements: &[Requirement::OneOf { flags: "-L -l --list", why: "every other operation changes services" }],
        refused: &[(
            "-A -E -D -C -R -S -a -e -d -Z --add-service --edit-service --delete-service --clear --restore --save --zero --set --start-daemon --stop-daemon",
            CHANGES,
        )],
        ..Program::PLAIN
    },
];
