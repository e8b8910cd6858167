use crate::policy::kind::Kind::{DateFormat, Names, Number, OneOf, Time};
use crate::policy::program::{Program, Requirement, any, attached, maybe, switches, value};

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
            attached("-I --iso-8601", OneOf(&["date", "hours", "h", "minutes", "m", "seconds", "s", "ns"])),
            value("--rfc-3339", OneOf(&["date", "seconds", "ns"])),
            value("-d --date", Time),
        ],
        operands: maybe(DateFormat),
        refused: &[("-s --set", "it sets the clock"), ("-f --file -r --reference", OTHER_FILE)],
        ..Program::PLAIN
    },
    Program {
        name: "lastb",
        summary: "logins that failed",
        flags: &[
            switches("-a --hostlast -F --fulltimes -i --ip -R --nohostname -w --fullnames -x --system"),
            value("-n --limit -NUM", Number(1, 100_000)),
            value("-s --since -t --until", Time),
        ],
        operands: any(Names),
        refused: &[("-f --file", OTHER_FILE), ("-d --dns", "it asks name servers; use -i")],
        ..Program::PLAIN
    },
    Program {
        name: "lastlog",
        summary: "last login of each account",
        flags: &[value("-t --time -b --before", Number(0, 100_000)), value("-u --user", Names)],
        refused: &[("-C --clear -S --set -R --root", "it changes records")],
        about: "",
        ..Program::PLAIN
    },
    Program { name: "users", summary: "who is logged in", ..Program::PLAIN },
    Program { name: "groups", summary: "groups of an account", operands: any(Names), ..Program::PLAIN },
    Program { name: "runlevel", summary: "run level, before and now", about: "", ..Program::PLAIN },
    Program { name: "arch", summary: "architecture", ..Program::PLAIN },
    Program {
        name: "lsb_release",
        summary: "name and version of the distribution",
        flags: &[switches("-a --all -c --codename -d --description -i --id -r --release -s --short -v")],
        about: "--help",
        ..Program::PLAIN
    },
    Program {
        name: "crontab",
        summary: "scheduled commands of an account, listed",
        flags: &[switches("-l"), value("-u", Names)],
        requirements: &[Requirement::OneOf { flags: "-l", why: "it would replace the schedule" }],
        refused: &[("-e -r -i -n -s -c -T -x", "it changes the schedule, or opens an editor")],
        about: "",
        ..Program::PLAIN
    },
    Program { name: "atq", summary: "commands that are scheduled once", about: "", ..Program::PLAIN },
];
