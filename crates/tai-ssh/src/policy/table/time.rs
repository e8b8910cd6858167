use crate::policy::kind::Kind::OneOf;
use crate::policy::program::{Operands, Program, Requirement, Syntax, switches, value, verb};

const COMMANDS: &str = "it changes the clock's settings, or waits; tai reads tracking, sources and the like";
const DETAILS: Operands = Operands::Keywords { words: &[("-v", None), ("-a", None)], bare: None };

pub(super) const PROGRAMS: &[Program] = &[
    Program {
        name: "chronyc",
        summary: "clock and time sources of chrony",
        syntax: Syntax::Words,
        flags: &[
            switches("-n -N -c -e -4 -6 -a"),
            // Over UDP no socket is made in a directory of the host.
            value("-h", OneOf(&["127.0.0.1", "::1", "localhost"])),
        ],
        verbs: &[
            verb("tracking", Operands::None),
            verb("sources", DETAILS),
            verb("sourcestats", DETAILS),
            verb("selectdata", DETAILS),
            verb("authdata", DETAILS),
            verb("activity", Operands::None),
            verb("ntpdata", Operands::None),
            verb("serverstats", Operands::None),
            verb("rtcdata", Operands::None),
            verb("smoothing", Operands::None),
        ],
        refused: &[
            (
                "makestep burst online offline onoffline add delete settime manual local allow deny cmdallow cmddeny cyclelogs dump rekey reset \
                 refresh reload reselect shutdown trimrtc writertc waitsync clients polltarget minpoll maxpoll maxupdateskew dfreq doffset",
                COMMANDS,
            ),
            ("-p -f -m -d", "it asks something else than chrony of this host, or reads a file"),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "ntpq",
        summary: "peers of the NTP daemon",
        flags: &[
            switches("-n --numeric -p --peers -4 --ipv4 -6 --ipv6 -w --wide -u"),
            value(
                "-c --command",
                OneOf(&[
                    "peers",
                    "lpeers",
                    "opeers",
                    "apeers",
                    "associations",
                    "as",
                    "rv",
                    "readvar",
                    "sysinfo",
                    "sysstats",
                    "kerninfo",
                    "iostats",
                ]),
            ),
        ],
        requirements: &[Requirement::OneOf { flags: "-p --peers -c --command", why: "it waits for a person" }],
        refused: &[(
            "-i --interactive -l --logfile -a --authentication -k --keyfile -D --set-debug-level",
            "it waits for a person, writes a file, or uses keys",
        )],
        ..Program::PLAIN
    },
    Program { name: "ntpstat", summary: "whether the clock is synchronised", about: "", ..Program::PLAIN },
    Program {
        name: "hwclock",
        summary: "the hardware clock",
        flags: &[switches("-r --show -u --utc -l --localtime -v --verbose")],
        requirements: &[Requirement::OneOf { flags: "-r --show", why: "other operations set clocks" }],
        refused: &[(
            "-s --hctosys -w --systohc --set --adjust -a --date --systz --predict --param-set --vl-clear --setepoch -f --rtc --adjfile",
            "it sets clocks, or opens a device of the caller's choice",
        )],
        ..Program::PLAIN
    },
];
