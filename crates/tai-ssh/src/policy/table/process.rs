use crate::policy::denied::{Denied, Rule, shown};
use crate::policy::kind::Kind::{Decimal, Listed, Names, Number, OneOf, Pids, PsFormat, Signed, Text};
use crate::policy::program::{Operands, Program, Requirement, Syntax, any, attached, maybe, some, switches, value};
use crate::policy::scan::Call;

const ENDLESS: &str = "it never ends without a count";

pub(super) const PROGRAMS: &[Program] = &[
    Program {
        name: "ps",
        summary: "processes",
        syntax: Syntax::Ps,
        flags: &[
            switches("-A -a -d -e -F -f -H -j -l -L -m -M -T -x -y -w -c -Z"),
            switches("a c f g h H j l L m n r S T u v w x X Z"),
            switches("--forest --no-headers --no-heading --headers --deselect --cumulative --context"),
            value("-o --format -O o O", PsFormat),
            value("-p --pid -q --quick-pid --ppid -s --sid p q", Pids),
            value("-C -u --user -U --User -g -G --group --Group -t --tty U", Names),
            value("--sort k", Signed),
            value("--cols --columns --width --rows --lines", Number(1, 100_000)),
        ],
        operands: any(Pids),
        requirements: &[Requirement::Special {
            what: "shows no environment: no BSD flag e, and nothing that ps could read as one",
            check: no_environment,
        }],
        refused: &[
            ("e", "it shows the environment of processes, which holds secrets; -e lists every process"),
            ("-V V --version", "it says nothing about the host"),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "free",
        summary: "memory and swap in use",
        flags: &[
            switches("-b --bytes --kilo --mega --giga --tera --peta -k --kibi -m --mebi -g --gibi --tebi --pebi"),
            switches("-h --human --si"),
            switches("-l --lohi -t --total -v --committed -w --wide -L --line"),
            value("-s --seconds", Decimal(0.1, 10.0)),
            value("-c --count", Number(1, 10)),
        ],
        requirements: &[Requirement::With { flags: "-s --seconds", needs: "-c --count", why: ENDLESS }],
        ..Program::PLAIN
    },
    Program {
        name: "vmstat",
        summary: "memory, swapping and processor load over some seconds",
        flags: &[
            switches("-a --active -f --forks -m --slabs -n --one-header -s --stats -d --disk -D --disk-sum"),
            switches("-w --wide -t --timestamp -y --no-first"),
            value("-S --unit", OneOf(&["k", "K", "m", "M"])),
            value("-p --partition", Names),
        ],
        operands: Operands::AllOrNone(&[Number(1, 10), Number(1, 10)]),
        ..Program::PLAIN
    },
    Program {
        name: "uptime",
        summary: "how long the host runs, and its load",
        flags: &[switches("-p --pretty -s --since")],
        ..Program::PLAIN
    },
    Program {
        name: "pgrep",
        summary: "ids of processes by name",
        flags: &[
            switches("-a --list-full -c --count -f --full -i --ignore-case -l --list-name -n --newest"),
            switches("-o --oldest -v --inverse -w --lightweight -x --exact"),
            value("-u --euid -U --uid -g --pgroup -G --group -t --terminal", Names),
            value("-P --parent -s --session", Pids),
            attached("-d --delimiter", Names),
        ],
        operands: maybe(Text),
        refused: &[("-F --pidfile", "it reads a file")],
        ..Program::PLAIN
    },
    Program {
        name: "pidof",
        summary: "ids of processes of a program",
        flags: &[switches("-s -x -c -q -w -z"), value("-o", Pids)],
        operands: some(Names),
        about: "-V --version",
        ..Program::PLAIN
    },
    Program {
        name: "pstree",
        summary: "processes as a tree",
        flags: &[
            switches(
                "-a --arguments -A --ascii -c --compact-not -h --highlight-all -g --show-pgids -l --long -n --numeric-sort",
            ),
            switches(
                "-p --show-pids -s --show-parents -S --ns-changes -t --thread-names -T --hide-threads -u --uid-changes -U --unicode",
            ),
            switches("-Z --security-context"),
            value("-H --highlight-pid", Number(1, 4_194_304)),
            value("-N --ns-sort", Names),
        ],
        operands: maybe(Names),
        about: "-V --version",
        ..Program::PLAIN
    },
    Program {
        name: "pwdx",
        summary: "working directory of a process",
        operands: some(Number(1, 4_194_304)),
        about: "-V --version",
        ..Program::PLAIN
    },
    Program {
        name: "prlimit",
        summary: "limits of a process",
        flags: &[value("-p --pid", Number(1, 4_194_304)), value("-o --output", Names), switches("--noheadings --raw")],
        requirements: &[Requirement::OneOf { flags: "-p --pid", why: "it starts a program" }],
        refused: &[(
            "-c --core -d --data -e --nice -f --fsize -i --sigpending -l --memlock -m --rss -n --nofile -q --msgqueue -r --rtprio -s --stack -t --cpu -u --nproc -v --as -x --locks -y --rttime",
            "it sets a limit; without it all are shown",
        )],
        about: "-V --version",
        ..Program::PLAIN
    },
    Program {
        name: "systemd-cgls",
        summary: "control groups and their processes",
        flags: &[switches("-a --all -l --full -k -c --no-pager"), value("-u --unit --user-unit", Names)],
        operands: any(Listed),
        refused: &[("-M --machine", "it looks at another machine"), ("-x --xattr", "it says nothing about processes")],
        ..Program::PLAIN
    },
];

/// Denies what makes procps show the environment of processes.
///
/// When ps cannot make sense of its words (a user that does not exist, two output formats), it reads **all** of them again as BSD
/// flags, among which `e` means the environment: `ps -eT -H` does so with procps 4.0.2. Therefore `-e` may stand only with flags
/// that never fail, and no value may be readable as BSD flags with an `e`.
fn no_environment(call: &Call<'_>) -> Result<(), Denied> {
    let switches_of_bsd = ["-C", "-u", "-U", "-g", "-G", "-t", "-s"];
    let values = call.flags.iter().filter(|(name, _)| switches_of_bsd.contains(name)).filter_map(|(_, value)| *value);
    if let Some(value) = values.chain(call.operands.iter().copied()).find(|word| could_be_flags(word)) {
        let reason = format!(
            "ps may read {} as its BSD flag e, which shows environments: choose by number, with -p or --ppid",
            shown(value)
        );
        return Err(Denied::new(Rule::Value, reason));
    }
    if !call.has("-e") {
        return Ok(());
    }
    let formats = ["-o --format", "-O", "-f -F -l -j"].iter().filter(|group| call.has(group)).count();
    let fails = call.has("-T -m -x -c --deselect --context")
        || (call.has("-y") && !call.has("-l"))
        || call.has("-C -u --user -U --User -g -G --group --Group -t --tty -s --sid -p --pid -q --quick-pid --ppid")
        || call.flags.iter().any(|(name, _)| !name.starts_with('-'))
        || (call.has("-L") && call.has("-H --forest"))
        || formats > 1
        || !call.operands.is_empty();
    if fails {
        return Err(Denied::new(
            Rule::Flag,
            "ps may read `-e` as its BSD flag e together with these words, and show environments: use -A",
        ));
    }
    Ok(())
}

/// Whether ps could take a word for a cluster of BSD flags with `e` in it: up to the first flag with a value there are only
/// letters. The values of `-o`, `-p` and the like are values to the BSD flags of the same name too.
fn could_be_flags(word: &str) -> bool {
    let before_value = word.split(|c: char| "kopqtOU".contains(c)).next().unwrap_or_default();
    let flags = |c: char| c.is_ascii_alphabetic() && !NO_FLAGS_OF_BSD.contains(c);
    before_value.contains('e') && before_value.chars().all(flags)
}

/// Letters that make ps of procps 3 and 4 refuse a cluster of BSD flags.
const NO_FLAGS_OF_BSD: &str = "bdiyz";
