use crate::policy::kind::Kind::{self, Clock, Decimal, File, Named, Names, Number, OneOf, Pids, Signed};
use crate::policy::program::{Operands, Program, Requirement, attached, optional, switches, value};

const DECIMALS: Kind = Number(0, 2);

/// Figures over some seconds: with an interval, a count is needed, or they never end.
pub(super) const PROGRAMS: &[Program] = &[
    Program {
        name: "iostat",
        summary: "load of disks over some seconds",
        flags: &[
            switches("-c -d -h -k -m -N -s -t -V -x -y -z --human --pretty --compact"),
            value("-j", OneOf(&["ID", "LABEL", "PATH", "UUID"])),
            value("-o", OneOf(&["JSON"])),
            attached("--dec", DECIMALS),
            optional("-p", Named),
        ],
        operands: Operands::Sampled(Named),
        refused: &[("-f +f -g -H", "it looks at another file tree, or names groups")],
        ..Program::PLAIN
    },
    Program {
        name: "mpstat",
        summary: "load of each processor over some seconds",
        flags: &[
            switches("-A -H -n -T -u -V"),
            value("-P -N", Names),
            value("-I", Named),
            value("-o", OneOf(&["JSON"])),
            attached("--dec", DECIMALS),
        ],
        operands: Operands::Sampled(Named),
        ..Program::PLAIN
    },
    Program {
        name: "pidstat",
        summary: "load by process over some seconds",
        flags: &[
            switches("-d -H -h -I -l -R -r -s -t -U -u -V -v -w --human"),
            value("-p", Names),
            value("-C -G", Names),
            value("-T", OneOf(&["TASK", "CHILD", "ALL"])),
            attached("--dec", DECIMALS),
        ],
        operands: Operands::Sampled(Named),
        refused: &[("-e", "it starts a program")],
        ..Program::PLAIN
    },
    Program {
        name: "sar",
        summary: "load in the past, as sysstat recorded it, or over some seconds",
        flags: &[
            switches("-A -B -b -C -D -d -F -H -h -p -R -r -S -t -u -V -v -W -w -x -y -z --human --pretty"),
            switches("-q"),
            value("-n -m -I -P", Names),
            value("-s -e", Clock),
            value("-f", File),
            value("-i", Number(1, 86_400)),
            value("-NUM", Number(1, 31)),
            attached("--dec", DECIMALS),
            attached("--iface --dev --fs --int", Names),
        ],
        operands: Operands::Sampled(Named),
        refused: &[
            ("-o", "it writes a file"),
            ("-X", "it watches a process without an end"),
            ("--sadc", "it says nothing about the host"),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "top",
        summary: "processes by load, printed once or a few times",
        flags: &[
            switches("-b -c -H -i -1 -S -s"),
            value("-n", Number(1, 5)),
            value("-d", Decimal(0.1, 10.0)),
            value("-o", Signed),
            value("-p", Pids),
            value("-u -U", Named),
            value("-w", Number(1, 1000)),
            value("-E -e", Named),
        ],
        requirements: &[
            Requirement::OneOf { flags: "-b", why: "it waits for a person" },
            Requirement::OneOf { flags: "-n", why: "it never ends; -bn1 prints once" },
        ],
        about: "",
        ..Program::PLAIN
    },
    Program {
        name: "iotop",
        summary: "processes by disk load, printed a few times",
        flags: &[
            switches("-b --batch -o --only -P --processes -a --accumulated -k --kilobytes -t --time -q --quiet"),
            value("-n --iter", Number(1, 5)),
            value("-d --delay", Number(1, 5)),
            value("-p --pid", Pids),
            value("-u --user", Named),
        ],
        requirements: &[
            Requirement::OneOf { flags: "-b --batch", why: "it waits for a person" },
            Requirement::OneOf { flags: "-n --iter", why: "it never ends" },
        ],
        ..Program::PLAIN
    },
    Program {
        name: "slabtop",
        summary: "memory of the kernel by object, printed once",
        flags: &[switches("-o --once"), value("-s --sort", Named)],
        requirements: &[Requirement::OneOf { flags: "-o --once", why: "it waits for a person" }],
        refused: &[("-d --delay", "it never ends")],
        ..Program::PLAIN
    },
    Program {
        name: "systemd-cgtop",
        summary: "control groups by load, printed a few times",
        flags: &[
            switches("-b --batch -p -t -c -m -i -P -k --raw -r"),
            value("-n --iterations", Number(1, 5)),
            value("-d --delay", Number(1, 5)),
            value("--depth", Number(0, 10)),
            value("--order", OneOf(&["path", "tasks", "cpu", "memory", "io"])),
        ],
        requirements: &[
            Requirement::OneOf { flags: "-b --batch", why: "it waits for a person" },
            Requirement::OneOf { flags: "-n --iterations", why: "it never ends" },
        ],
        refused: &[("-M --machine", "it looks at another machine")],
        ..Program::PLAIN
    },
];
