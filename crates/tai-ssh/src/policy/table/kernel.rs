use crate::policy::denied::{Denied, Rule, shown};
use crate::policy::kind::Kind::{self, Named, Names, Number, OneOf, Parameter, Pids, SocketAddress, Text, Time};
use crate::policy::program::{Operands, Program, Requirement, Syntax, any, attached, maybe, some, switches, value};
use crate::policy::scan::Call;

const PCI: Kind = SocketAddress;
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
        requirements: &[Requirement::Special { what: "names no secret in -r", check: no_secret_pattern }],
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
    Program {
        name: "modinfo",
        summary: "a kernel module: version, parameters, dependencies",
        flags: &[
            switches("-0 --null -a --author -d --description -l --license -p --parameters -n --filename"),
            value("-F --field", Named),
        ],
        operands: some(Named),
        refused: &[("-k --set-version -b --basedir -m --modname", "it looks at another file tree")],
        ..Program::PLAIN
    },
    Program {
        name: "lspci",
        summary: "devices on the PCI bus, and their drivers",
        flags: &[switches("-v -k -n -t -D -m -b -P"), value("-s -d", PCI)],
        refused: &[
            ("-x", "it dumps registers, which can hang the host"),
            ("-F -i -p -A -O -H -M", "it reads files, or probes the bus"),
            ("-q -Q", "it asks a name server"),
        ],
        about: "--version",
        ..Program::PLAIN
    },
    Program {
        name: "lsusb",
        summary: "devices on the USB",
        flags: &[switches("-v --verbose -t --tree"), value("-s -d", PCI)],
        refused: &[("-D", "it reads a device of the caller's choice")],
        about: "-V --version --help",
        ..Program::PLAIN
    },
    Program {
        name: "lshw",
        summary: "hardware, by class",
        syntax: Syntax::Words,
        flags: &[
            switches("-short -businfo -json -xml -html -quiet -sanitize -numeric -notime"),
            value("-class -C -c", Named),
        ],
        refused: &[("-X -dump", "it opens a window, or writes a file"), ("-enable -disable", "it probes")],
        about: "-version",
        ..Program::PLAIN
    },
    Program {
        name: "lsmem",
        summary: "memory blocks and their state",
        flags: &[
            switches("-a --all -b --bytes -J --json -n --noheadings -P --pairs -r --raw --output-all"),
            value("-o --output -S --split", Names),
            attached("--summary", OneOf(&["never", "always", "only"])),
        ],
        refused: &[("-s --sysroot", "it looks at another file tree")],
        ..Program::PLAIN
    },
    Program {
        name: "lslocks",
        summary: "locks on files and who holds them",
        flags: &[
            switches("-b --bytes -i --noinaccessible -J --json -n --noheadings -r --raw -u --notruncate --output-all"),
            value("-o --output", Names),
            value("-p --pid", Pids),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "lsns",
        summary: "namespaces and their processes",
        flags: &[
            switches("-J --json -l --list -n --noheadings -r --raw -u --notruncate -W --nowrap --output-all"),
            value("-o --output -t --type", Names),
            value("-p --task", Pids),
        ],
        operands: maybe(Pids),
        ..Program::PLAIN
    },
    Program {
        name: "ipcs",
        summary: "shared memory, semaphores and queues of System V",
        flags: &[
            switches(
                "-a --all -m --shmems -q --queues -s --semaphores -c --creator -l --limits -p --pid -t --time -u --summary -b --bytes --human",
            ),
            value("-i --id", Number(0, 4_294_967_295)),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "dmidecode",
        summary: "firmware, board, memory modules",
        flags: &[
            switches("-q --quiet -u --dump --no-sysfs"),
            value("-t --type -s --string", Names),
            value("-H --handle", Names),
        ],
        refused: &[
            ("--dump-bin", "it writes a file"),
            ("--from-dump -d --dev-mem", "it reads a file of the caller's choice"),
            ("--oem-string", "it says nothing about the host"),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "sensors",
        summary: "temperatures, fans and voltages",
        flags: &[switches("-A --no-adapter -f --fahrenheit -j -u --raw")],
        operands: any(Names),
        refused: &[
            ("-s --set", "it sets limits"),
            ("-c --config-file --bus-list", "it reads a file of the caller's choice"),
        ],
        about: "-v --version",
        ..Program::PLAIN
    },
    Program {
        name: "numactl",
        summary: "memory nodes and their distances",
        flags: &[switches("-H --hardware -s --show")],
        requirements: &[Requirement::OneOf { flags: "-H --hardware -s --show", why: "it starts a program" }],
        refused: &[(
            "-i -N -C -m -p -l -a -f -d --interleave --cpunodebind --physcpubind --membind --preferred --localalloc --shm --file --touch --dump",
            "it starts a program, or touches memory",
        )],
        about: "",
        ..Program::PLAIN
    },
    Program {
        name: "numastat",
        summary: "memory by node",
        flags: &[switches("-c -m -n -v -z"), value("-p", Pids)],
        about: "-V",
        ..Program::PLAIN
    },
    Program {
        name: "systemd-detect-virt",
        summary: "whether the host is a virtual machine or a container",
        flags: &[switches("-c --container -v --vm -q --quiet -r --chroot --private-users")],
        ..Program::PLAIN
    },
];

fn no_secret_pattern(call: &Call<'_>) -> Result<(), Denied> {
    let secret = |text: &str| text.contains("secret") || text.contains("key");
    match call.flags.iter().find_map(|(_, value)| value.filter(|text| secret(&text.to_lowercase()))) {
        Some(text) => Err(Denied::new(Rule::Secret, format!("{} looks for a parameter that is a secret", shown(text)))),
        None => Ok(()),
    }
}
