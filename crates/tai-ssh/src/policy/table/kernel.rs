use crate::policy::kind::Kind::{Names, Number, OneOf, Parameter, Text, Time};
use crate::policy::program::{Operands, Program, any, attached, switches, value};

const WRITES: &str = "it sets kernel parameters; name the parameter to read it";

pub(super) const PROGRAMS: &[Program] = &[
    Program {
        name: "uname",
        summary: "kernel name and version, architecture",
        flags: &[
            switches("-a --all -s --kernel-name -n --nodename -r --kernel-release -v --kernel-version"),
            switches("-m --machine -p --processor -i --hardware-platform -o --operating-system"),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "dmesg",
        summary: "messages of the kernel",
        flags: &[
            switches("-k --kernel -u --userspace -x --decode -r --raw -T --ctime -t --notime -d --show-delta"),
            switches("-e --reltime -J --json"),
            switches("-P --nopager -p --force-prefix --noescape -S --syslog"),
            value("-l --level -f --facility", Names),
            value("-s --buffer-size", Number(4096, 67_108_864)),
            value("--time-format", OneOf(&["delta", "reltime", "ctime", "notime", "iso", "raw"])),
            value("--since --until", Time),
            attached("-L --color", OneOf(&["never", "auto"])),
        ],
        refused: &[
            ("-C --clear -c --read-clear", "it clears the messages; leave it out"),
            ("-D --console-off -E --console-on -n --console-level", "it changes what the console shows"),
            ("-w --follow -W --follow-new", "it never ends; leave it out"),
            ("-F --file -K --kmsg-file", "it reads a file; use cat or grep"),
            ("-H --human", "it opens a pager; use -T"),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "sysctl",
        summary: "kernel parameters, reading",
        flags: &[
            switches("-a -A -X --all --deprecated -e --ignore -N --names -n --values"),
            value("-r --pattern", Text),
        ],
        operands: any(Parameter),
        refused: &[("-w --write -p -f --load --system -q --quiet --dry-run", WRITES)],
        ..Program::PLAIN
    },
    Program { name: "lsmod", summary: "kernel modules that are loaded", operands: Operands::None, ..Program::PLAIN },
    Program {
        name: "lscpu",
        summary: "processors, caches, vulnerabilities",
        flags: &[
            switches("-a --all -b --online -B --bytes -c --offline -J --json -x --hex -y --physical --output-all"),
            attached("-e --extended -p --parse -C --caches", Names),
        ],
        refused: &[("-s --sysroot", "it looks at another file tree")],
        ..Program::PLAIN
    },
    Program {
        name: "nproc",
        summary: "number of processors",
        flags: &[switches("--all"), value("--ignore", Number(0, 100_000))],
        ..Program::PLAIN
    },
];
