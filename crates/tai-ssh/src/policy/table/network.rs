use crate::policy::kind::Kind::{
    self, Address, Decimal, Either, Host, Interface, Named, Names, Number, OneOf, SocketFilter,
};
use crate::policy::program::{
    Flags, Operands, Program, Refused, Requirement, Syntax, any, attached, maybe, switches, value, verb,
};

const FAMILY: Kind = OneOf(&["inet", "inet6", "mpls", "bridge", "link"]);
const ADDRESS_WORDS: Operands = Operands::Keywords {
    words: &[
        ("up", None),
        ("permanent", None),
        ("dynamic", None),
        ("tentative", None),
        ("deprecated", None),
        ("dadfailed", None),
        ("dev", Some(Interface)),
        ("master", Some(Interface)),
        ("vrf", Some(Interface)),
        ("type", Some(Named)),
        ("scope", Some(Named)),
        ("to", Some(Address)),
    ],
    bare: Some(Interface),
};
const ROUTE_WORDS: Operands = Operands::Keywords {
    words: &[
        ("default", None),
        ("all", None),
        ("cache", None),
        ("dev", Some(Interface)),
        ("vrf", Some(Interface)),
        ("table", Some(Either(&[Named, Number(0, 4_294_967_295)]))),
        ("proto", Some(Named)),
        ("scope", Some(Named)),
        ("type", Some(Named)),
        ("via", Some(Address)),
        ("src", Some(Address)),
        ("root", Some(Address)),
        ("match", Some(Address)),
        ("exact", Some(Address)),
        ("metric", Some(Number(0, 4_294_967_295))),
    ],
    bare: Some(Address),
};
const ROUTE_GET_WORDS: Operands = Operands::Keywords {
    words: &[
        ("from", Some(Address)),
        ("oif", Some(Interface)),
        ("iif", Some(Interface)),
        ("vrf", Some(Interface)),
        ("mark", Some(Number(0, 4_294_967_295))),
        ("fibmatch", None),
    ],
    bare: Some(Address),
};
const NEIGHBOUR_WORDS: Operands = Operands::Keywords {
    words: &[
        ("dev", Some(Interface)),
        ("vrf", Some(Interface)),
        ("to", Some(Address)),
        ("nud", Some(Named)),
        ("proxy", None),
    ],
    bare: Some(Address),
};

const PING: &[Flags] = &[
    switches("-4 -6 -n -q -D -O"),
    value("-c", Number(1, 10)),
    value("-W -w", Decimal(0.1, 30.0)),
    value("-i", Decimal(0.2, 10.0)),
    value("-s", Number(0, 1472)),
    value("-M", OneOf(&["do", "dont", "want"])),
    value("-I", Either(&[Interface, Address])),
];
const PING_REFUSED: &[Refused] = &[
    ("-f", "it floods the network"),
    ("-p", "it sends data of the caller's choice"),
    ("-b", "it asks every host of a network"),
    ("-l", "it sends without waiting for answers"),
];
const COUNTED: &[Requirement] =
    &[Requirement::OneOf { flags: "-c", why: "it never ends without a count, -c 4 is enough" }];

pub(super) const PROGRAMS: &[Program] = &[
    Program {
        name: "ip",
        summary: "addresses, links, routes, rules and neighbours",
        syntax: Syntax::Words,
        flags: &[
            switches("-4 -6 -s -stats -statistics -d -details -j -json -p -pretty -o -oneline -br -brief"),
            switches("-h -human -human-readable -iec"),
            switches("-N -Numeric -c"),
            attached("-color", OneOf(&["never", "auto"])),
            value("-f -family", FAMILY),
        ],
        verbs: &[
            verb("addr|address|a", Operands::None),
            verb("addr|address|a show|sh|s|list|ls|lst", ADDRESS_WORDS),
            verb("link|l", Operands::None),
            verb("link|l show|sh|list|ls|lst", ADDRESS_WORDS),
            verb("route|r|ro", Operands::None),
            verb("route|r|ro show|sh|s|list|ls|lst", ROUTE_WORDS),
            verb("route|r|ro get", ROUTE_GET_WORDS),
            verb("rule|ru", Operands::None),
            verb("rule|ru show|list|ls|lst", Operands::None),
            verb("neigh|neighbor|neighbour|n", Operands::None),
            verb("neigh|neighbor|neighbour|n show|list|ls|lst", NEIGHBOUR_WORDS),
            verb("mroute", Operands::None),
            verb("mroute show|list", Operands::None),
            verb("nexthop", Operands::None),
            verb("nexthop show|list", Operands::None),
            verb("vrf show", Operands::None),
            verb("tcp_metrics", Operands::None),
            verb("tcp_metrics show|list", Operands::None),
            verb("addrlabel list", Operands::None),
            verb("ntable show", Operands::None),
            verb("maddr|maddress", Operands::None),
            verb("maddr|maddress show|list", Operands::None),
            verb("netns", Operands::None),
            verb("netns list|ls|show", Operands::None),
            verb("tunnel", Operands::None),
            verb("tunnel show|list", Operands::None),
            verb("netconf", Operands::None),
            verb("netconf show|list", ADDRESS_WORDS),
        ],
        refused: &[
            ("-b -batch -force", "it reads commands from a file; give each command by itself"),
            ("-n -netns", "it enters another network namespace"),
            ("-a -all", "it repeats a command in every network namespace"),
            ("-r -resolve", "it asks name servers; addresses are shown as numbers"),
            ("monitor", "it never ends; use show"),
            ("xfrm macsec", "it shows keys"),
            ("tuntap l2tp fou vrf", "it makes devices or starts programs; use `ip link show`"),
        ],
        about: "-V -Version",
        ..Program::PLAIN
    },
    Program {
        name: "ss",
        summary: "sockets: who listens, who is connected, how full the queues are",
        flags: &[
            switches("-n --numeric -a --all -l --listening -o --options -e --extended -m --memory -p --processes"),
            switches("-T --threads -i --info"),
            switches("-s --summary -Z --context -z --contexts -4 --ipv4 -6 --ipv6 -0 --packet -t --tcp"),
            switches("-M --mptcp -S --sctp -u --udp"),
            switches("-d --dccp -w --raw -x --unix --vsock --tipc --xdp -H --no-header -O --oneline --tos --cgroup"),
            value("-f --family -A --query --socket", Names),
        ],
        operands: any(SocketFilter),
        refused: &[
            ("-K --kill", "it closes sockets"),
            ("-E --events", "it never ends"),
            ("-D --diag", "it writes a file"),
            ("-F --filter", "it reads a file; write the filter as operands"),
            ("-N --net", "it enters another network namespace"),
            ("-r --resolve", "it asks name servers; use -n"),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "netstat",
        summary: "sockets, routes and counters, where ss is missing",
        flags: &[
            switches("-r --route -i --interfaces -g --groups -s --statistics -v --verbose -W --wide"),
            switches("-n --numeric --numeric-hosts"),
            switches("--numeric-ports --numeric-users -e --extend -p --programs -o --timers -l --listening"),
            switches("-a --all -Z --context"),
            switches("-t --tcp -u --udp -w --raw -x --unix -S --sctp -4 -6 --inet --inet6"),
        ],
        refused: &[("-c --continuous", "it never ends; leave it out")],
        ..Program::PLAIN
    },
    Program {
        name: "ping",
        summary: "whether a host answers, with a count",
        flags: PING,
        operands: Operands::Many { kind: Host, min: 1, max: 1 },
        requirements: COUNTED,
        refused: PING_REFUSED,
        ..Program::PLAIN
    },
    Program {
        name: "ping6",
        summary: "whether a host answers over IPv6, with a count",
        flags: PING,
        operands: Operands::Many { kind: Host, min: 1, max: 1 },
        requirements: COUNTED,
        refused: PING_REFUSED,
        ..Program::PLAIN
    },
    Program {
        name: "hostname",
        summary: "the host's name and addresses",
        flags: &[
            switches("-a --alias -A --all-fqdns -d --domain -f --fqdn --long -i --ip-address -I --all-ip-addresses"),
            switches("-s --short -y --yp --nis"),
        ],
        refused: &[("-F --file -b --boot", "it sets the name")],
        ..Program::PLAIN
    },
    Program {
        name: "getent",
        summary: "what the name services answer for a user, group, host or service",
        verbs: &[
            verb("passwd", any(Names)),
            verb("group", any(Names)),
            verb("initgroups", any(Names)),
            verb("hosts", any(Host)),
            verb("ahosts", any(Host)),
            verb("ahostsv4", any(Host)),
            verb("ahostsv6", any(Host)),
            verb("networks", any(Host)),
            verb("services", any(Names)),
            verb("protocols", any(Names)),
            verb("rpc", any(Names)),
            verb("ethers", any(Names)),
            verb("aliases", maybe(Names)),
        ],
        refused: &[
            ("shadow gshadow", "it holds password hashes"),
            ("-s --service", "it loads a name service of the caller's choice"),
        ],
        ..Program::PLAIN
    },
];
