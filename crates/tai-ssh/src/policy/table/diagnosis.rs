use crate::policy::denied::{Denied, Rule, shown};
use crate::policy::kind::Kind::{
    Address, Begins, Decimal, DnsWord, Either, Host, Interface, Label, Named, Names, Number, OneOf,
};
use crate::policy::program::{
    Operands, Program, Requirement, Syntax, any, attached, maybe, one, switches, value, verb,
};
use crate::policy::scan::Call;

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

const NO_TRANSFER: &[Requirement] =
    &[Requirement::Special { what: "asks for no transfer of a zone (AXFR, IXFR)", check: no_transfer }];

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
        requirements: NO_TRANSFER,
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
        requirements: NO_TRANSFER,
        ..Program::PLAIN
    },
    Program {
        name: "nslookup",
        summary: "what a name server answers, where dig is missing",
        syntax: Syntax::Words,
        flags: &[
            attached("-type -querytype -query -q -class", Named),
            attached("-timeout", Number(1, 30)),
            attached("-retry", Number(0, 5)),
            attached("-port", Number(1, 65_535)),
            switches("-debug"),
        ],
        operands: Operands::Many { kind: Host, min: 1, max: 2 },
        about: "-version",
        requirements: NO_TRANSFER,
        ..Program::PLAIN
    },
    Program {
        name: "mtr",
        summary: "the way to a host, and where packets are lost, as a report",
        flags: &[
            switches("-r --report -w --report-wide -n --no-dns -b --show-ips -z --aslookup -4 -6 -T --tcp -u --udp"),
            switches("-j --json -C --csv"),
            value("-c --report-cycles", Number(1, 10)),
            value("-m --max-ttl", Number(1, 64)),
            value("-P --port", Number(1, 65_535)),
            value("-i --interval", Decimal(0.2, 10.0)),
        ],
        operands: one(Host),
        requirements: &[Requirement::OneOf {
            flags: "-r --report -w --report-wide -j --json -C --csv",
            why: "it waits for a person",
        }],
        refused: &[
            ("-F --filename", "it reads names from a file"),
            ("-l --raw -p --split -t --curses -g --gtk -x --xml", "it never ends, or waits for a person"),
            ("-s --psize -B --bitpattern -Q --tos -a --address -I --interface -M --mark", "it shapes packets"),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "brctl",
        summary: "bridges, where ip is missing",
        syntax: Syntax::Words,
        verbs: &[verb("show", maybe(Interface)), verb("showmacs", one(Interface)), verb("showstp", one(Interface))],
        refused: &[(
            "addbr delbr addif delif setageing stp setbridgeprio setfd setportprio setpathcost hairpin",
            CHANGES,
        )],
        about: "",
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
        name: "tracepath6",
        summary: "the way to a host over IPv6, and the largest packet on it",
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
        name: "traceroute6",
        summary: "the way to a host over IPv6",
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

fn no_transfer(call: &Call<'_>) -> Result<(), Denied> {
    let values = call.flags.iter().filter_map(|(_, value)| *value);
    let transfer = |word: &&str| ["axfr", "ixfr"].iter().any(|kind| word.to_ascii_lowercase().starts_with(kind));
    match values.chain(call.operands.iter().copied()).find(transfer) {
        Some(word) => Err(Denied::new(Rule::Value, format!("{} asks for a whole zone: ask for one name", shown(word)))),
        None => Ok(()),
    }
}
