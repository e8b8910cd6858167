use crate::policy::kind::Kind::{
    Address, Begins, DnsWord, Either, Host, Interface, Label, Named, Names, Number, OneOf,
};
use crate::policy::program::{
    Operands, Program, Requirement, Syntax, any, attached, maybe, one, switches, value, verb,
};

const CHANGES: &str = "it changes the device or the configuration; tai only shows them";
const TC_WORDS: Operands = Operands::Keywords {
    words: &[
        ("dev", Some(Interface)),
        ("parent", Some(Names)),
        ("classid", Some(Names)),
        ("handle", Some(Names)),
        ("root", None),
        ("ingress", None),
        ("egress", None),
        ("invisible", None),
    ],
    bare: None,
};
const BRIDGE_WORDS: Operands = Operands::Keywords {
    words: &[
        ("dev", Some(Interface)),
        ("br", Some(Interface)),
        ("brport", Some(Interface)),
        ("vlan", Some(Number(0, 4095))),
        ("state", Some(Named)),
        ("dynamic", None),
    ],
    bare: None,
};
const NAME_OF_CONNECTION: Operands = Operands::Keywords {
    words: &[("--active", None), ("id", None), ("uuid", None), ("path", None)],
    bare: Some(Label),
};
const DNS_SWITCHES: &str = "\
    +short +noshort +all +noall +answer +noanswer +authority +noauthority +additional +noadditional +question \
    +noquestion +comments +nocomments +stats +nostats +cmd +nocmd +trace +notrace +tcp +notcp +vc +novc +recurse +norecurse \
    +rec +norec +dnssec +nodnssec +multiline +nomultiline +edns +noedns +nsid +cdflag +cd +adflag +ad +identify +search \
    +nosearch +ttlid +nottlid +ttlunits +nssearch +ignore +fail +nofail +besteffort +yaml +qr +noqr";

pub(super) const PROGRAMS: &[Program] = &[
    Program {
        name: "dig",
        summary: "what a name server answers",
        flags: &[
            switches("-4 -6 -u -r -v"),
            switches(DNS_SWITCHES),
            attached("+time +timeout +tries +retry +ndots +bufsize", Number(0, 4096)),
            value("-t -c", Named),
            value("-q", Host),
            value("-x", Address),
            value("-p", Number(1, 65_535)),
        ],
        operands: any(DnsWord),
        refused: &[
            ("-f", "it reads names from a file; write them as operands"),
            ("-k -y", "it reads a key"),
            ("-b -i -m", "it says nothing about the host"),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "host",
        summary: "what a name server answers, in one line",
        flags: &[
            switches("-4 -6 -a -v -d -r -T -s -U -V"),
            value("-t", Named),
            value("-W", Number(1, 10)),
            value("-R -N", Number(0, 5)),
        ],
        operands: Operands::Many { kind: Host, min: 1, max: 2 },
        refused: &[
            ("-w", "it waits for ever; use -W SECONDS"),
            ("-l -C", "it asks for a whole zone"),
            ("-m", "it debugs host itself"),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "tracepath",
        summary: "the way to a host, and the largest packet on it",
        flags: &[
            switches("-4 -6 -n -b"),
            value("-m", Number(1, 64)),
            value("-l", Number(28, 9000)),
            value("-p", Number(1, 65_535)),
        ],
        operands: one(Host),
        ..Program::PLAIN
    },
    Program {
        name: "traceroute",
        summary: "the way to a host",
        flags: &[
            switches("-4 -6 -n -I --icmp -T --tcp -U --udp -A"),
            value("-m --max-hops", Number(1, 64)),
            value("-q --queries", Number(1, 3)),
            value("-w --wait", Number(1, 5)),
            value("-p --port", Number(1, 65_535)),
            value("-f --first", Number(1, 64)),
            value("-i --interface", Interface),
        ],
        operands: one(Host),
        refused: &[(
            "-M --module -O --options -g --gateway -t --tos -s --source -N --sim-queries",
            "it shapes packets; the way needs none of it",
        )],
        ..Program::PLAIN
    },
    Program {
        name: "arp",
        summary: "neighbours in the same network, where ip is missing",
        flags: &[switches("-a -n --numeric -e -v --verbose"), value("-i --device", Interface)],
        operands: maybe(Host),
        refused: &[("-s --set -d --delete -f --file -D --use-device", CHANGES)],
        ..Program::PLAIN
    },
    Program {
        name: "route",
        summary: "routes, where ip is missing",
        flags: &[switches("-n --numeric -e --extend -4 -6 -F --fib -C --cache -v --verbose")],
        refused: &[("add del delete flush", CHANGES)],
        ..Program::PLAIN
    },
    Program {
        name: "ifconfig",
        summary: "interfaces, where ip is missing",
        flags: &[switches("-a -s -v")],
        operands: maybe(Interface),
        refused: &[("up down add del", CHANGES)],
        ..Program::PLAIN
    },
    Program {
        name: "ethtool",
        summary: "a network card: link, driver, counters, rings, offloads",
        syntax: Syntax::Words,
        flags: &[
            switches("-i --driver -S --statistics -k --show-features --show-offload -g --show-ring -c --show-coalesce"),
            switches("-a --show-pause -n -u --show-nfc --show-ntuple -l --show-channels -T --show-time-stamping"),
            switches(
                "-x --show-rxfh-indir --show-rxfh -m --module-info --dump-module-eeprom -P --show-permaddr --show-priv-flags",
            ),
            switches(
                "--show-eee --show-fec --show-tunnels --show-phys --phy-statistics --json -I --include-statistics",
            ),
        ],
        operands: one(Interface),
        refused: &[
            (
                "-s --change -A --pause -C --coalesce -G --set-ring -K --features --offload -L --set-channels -N -U --config-nfc \
                 --config-ntuple -X --set-rxfh-indir --rxfh -E --change-eeprom --set-priv-flags --set-eee --set-fec --set-phy-tunable -Q \
                 --per-queue",
                CHANGES,
            ),
            (
                "-r --negotiate -t --test -p --identify -f --flash --flash-dump -W --set-dump --reset --cable-test",
                "it acts on the card",
            ),
            ("-w --get-dump -e --eeprom-dump -d --register-dump", "it dumps memory of the card, or writes a file"),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "bridge",
        summary: "ports, addresses and VLANs of bridges",
        syntax: Syntax::Words,
        flags: &[switches("-s -stats -statistics -d -details -j -json -p -pretty -o -oneline -c -compressvlans")],
        verbs: &[
            verb("link", Operands::None),
            verb("link show|list|ls", BRIDGE_WORDS),
            verb("fdb", Operands::None),
            verb("fdb show|list|ls", BRIDGE_WORDS),
            verb("vlan", Operands::None),
            verb("vlan show|list|ls", BRIDGE_WORDS),
            verb("mdb", Operands::None),
            verb("mdb show|list|ls", BRIDGE_WORDS),
        ],
        refused: &[
            ("-b -batch -force -n -netns", "it reads commands from a file, or enters another network namespace"),
            ("monitor", "it never ends"),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "tc",
        summary: "queues and traffic shaping of interfaces",
        syntax: Syntax::Words,
        flags: &[switches(
            "-s -stats -statistics -d -details -r -raw -j -json -p -pretty -iec -g -graph -o -oneline -nm -name",
        )],
        verbs: &[
            verb("qdisc", Operands::None),
            verb("qdisc show|list|ls", TC_WORDS),
            verb("class show|list|ls", TC_WORDS),
            verb("filter show|list|ls", TC_WORDS),
            verb("chain show|list|ls", TC_WORDS),
        ],
        refused: &[
            (
                "-b -batch -force -n -netns -cf -conf",
                "it reads commands from a file, or enters another network namespace",
            ),
            ("monitor exec action actions", "it never ends, or runs something"),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "nmcli",
        summary: "devices and connections of NetworkManager",
        syntax: Syntax::Words,
        flags: &[
            switches("-t --terse -p --pretty -o --overview"),
            value("-f --fields -g --get-values", Names),
            value("-m --mode", OneOf(&["tabular", "multiline"])),
            value("-c --colors", OneOf(&["no", "auto"])),
        ],
        verbs: &[
            verb("", Operands::None),
            verb("general|g", Operands::None),
            verb("general|g status|hostname", Operands::None),
            verb("networking|n", Operands::None),
            verb("networking|n connectivity", Operands::None),
            verb("radio|r", Operands::None),
            verb("connection|con|c", Operands::None),
            verb("connection|con|c show|s", NAME_OF_CONNECTION),
            verb("device|dev|d", Operands::None),
            verb("device|dev|d status", Operands::None),
            verb("device|dev|d show", maybe(Interface)),
        ],
        refused: &[
            ("-s --show-secrets -a --ask", "it shows or asks for passwords"),
            ("monitor agent -w --wait", "it never ends"),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "nstat",
        summary: "counters of the network stack",
        flags: &[switches("-a --ignore -s --noupdate -z --zeros -j --json -p --pretty")],
        operands: any(Either(&[Named, Begins(&["*"])])),
        requirements: &[Requirement::OneOf {
            flags: "-s --noupdate",
            why: "it would write its history file; -as shows the counters",
        }],
        refused: &[
            ("-r --reset -n --nooutput", "it writes its history file"),
            ("-d --scan -t --interval", "it becomes a daemon"),
        ],
        ..Program::PLAIN
    },
];
