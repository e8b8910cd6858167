use crate::policy::kind::Kind::{DateFormat, Names, Number, OneOf, Time};
use crate::policy::program::{Program, any, attached, maybe, switches, value};

const OTHER_FILE: &str = "it reads a file of the caller's choice";

pub(super) const PROGRAMS: &[Program] = &[
    Program {
        name: "id",
        summary: "user and groups of an account",
        flags: &[switches("-a -Z --context -g --group -G --groups -n --name -r --real -u --user")],
        operands: any(Names),
        ..Program::PLAIN
    },
    Program { name: "whoami", summary: "the account in use", ..Program::PLAIN },
    Program {
        name: "who",
        summary: "who is logged in, last boot",
        flags: &[
            switches("-a --all -b --boot -d --dead -H --heading --ips -l --login -p --process -q --count"),
            switches("-r --runlevel -s --short -t --time -T -w --mesg --message --writable -u --users"),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "w",
        summary: "who is logged in and what they run",
        flags: &[switches("-h --no-header -s --short -f --from -i --ip-addr -o --old-style")],
        operands: maybe(Names),
        ..Program::PLAIN
    },
    Program {
        name: "last",
        summary: "logins, reboots and shutdowns",
        flags: &[
            switches("-a --hostlast -F --fulltimes -i --ip -R --nohostname -w --fullnames -x --system"),
            value("-n --limit -NUM", Number(1, 100_000)),
            value("-s --since -t --until -p --present", Time),
            value("--time-format", OneOf(&["notime", "short", "full", "iso"])),
        ],
        operands: any(Names),
        refused: &[("-f --file", OTHER_FILE), ("-d --dns", "it asks name servers; use -i")],
        ..Program::PLAIN
    },
    Program {
        name: "date",
        summary: "the host's clock",
        flags: &[
            switches("-u --utc --universal -R --rfc-email"),
            attached("-I --iso-8601", OneOf(&["date", "hours", "minutes", "seconds", "ns"])),
            value("--rfc-3339", OneOf(&["date", "seconds", "ns"])),
            value("-d --date", Time),
        ],
        operands: maybe(DateFormat),
        refused: &[("-s --set", "it sets the clock"), ("-f --file -r --reference", OTHER_FILE)],
        ..Program::PLAIN
    },
];
