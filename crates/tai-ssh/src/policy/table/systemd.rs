use crate::policy::denied::{Denied, Rule, shown};
use crate::policy::kind::Kind::{
    self, Boot, Disk, Either, Host, Interface, JournalMatch, Listed, Names, Number, OneOf, Text, Time, Unit,
};
use crate::policy::program::{
    Operands, Program, Requirement, any, attached, maybe, optional, some, switches, value, verb, verb_with,
};
use crate::policy::scan::Call;

const OUTPUT: Kind = OneOf(&[
    "short",
    "short-full",
    "short-iso",
    "short-iso-precise",
    "short-precise",
    "short-monotonic",
    "short-delta",
    "short-unix",
    "verbose",
    "export",
    "json",
    "json-pretty",
    "json-sse",
    "json-seq",
    "cat",
    "with-unit",
]);
const BOOL: Kind = OneOf(&["yes", "no", "true", "false", "1", "0", "on", "off"]);
const LINES: Kind = Either(&[Number(0, 1_000_000), OneOf(&["all"])]);

const ELSEWHERE: &str = "it looks at another machine or another file tree; name the host to tai instead";
const CHANGES: &str = "it changes the host; tai only reads (status, show, cat, list-units)";

/// Without a terminal no pager is started, so `--no-pager` is allowed and not needed.
pub(super) const PROGRAMS: &[Program] = &[
    Program {
        name: "systemctl",
        summary: "state of units, timers, sockets and jobs",
        flags: &[
            switches("-a --all -l --full -q --quiet --failed --no-legend --no-pager --no-ask-password --plain --value"),
            switches("--system --user"),
            switches("--reverse --before --after --with-dependencies --show-types"),
            value("-t --type --state -p --property -P", Names),
            value("-n --lines", Number(0, 100_000)),
            value("-o --output", OUTPUT),
            value("--legend", BOOL),
            value("--timestamp", OneOf(&["pretty", "unix", "us", "utc", "us+utc"])),
        ],
        verbs: &[
            verb("", Operands::None),
            verb("status", any(Unit)),
            verb("show", any(Unit)),
            verb("cat", some(Unit)),
            verb("is-active", some(Unit)),
            verb("is-failed", any(Unit)),
            verb("is-enabled", some(Unit)),
            verb("is-system-running", Operands::None),
            verb("get-default", Operands::None),
            verb("list-units", any(Unit)),
            verb("list-unit-files", any(Unit)),
            verb("list-timers", any(Unit)),
            verb("list-sockets", any(Unit)),
            verb("list-automounts", any(Unit)),
            verb("list-paths", any(Unit)),
            verb("list-dependencies", any(Unit)),
            verb("list-jobs", any(Unit)),
        ],
        requirements: &[Requirement::Special {
            what: "show needs -p, and no property is the environment of a unit",
            check: no_environment,
        }],
        refused: &[
            ("-H --host -M --machine --root --image -r --recursive", ELSEWHERE),
            ("--wait", "it waits; ask again instead"),
            (
                "start stop restart reload try-restart reload-or-restart try-reload-or-restart isolate kill clean freeze thaw \
                 set-property bind mount-image enable disable reenable preset preset-all mask unmask link revert add-wants \
                 add-requires edit set-default cancel reset-failed daemon-reload daemon-reexec set-environment unset-environment \
                 import-environment halt poweroff reboot kexec exit switch-root suspend hibernate hybrid-sleep \
                 suspend-then-hibernate default rescue emergency log-level log-target service-log-level service-log-target \
                 service-watchdogs soft-reboot",
                CHANGES,
            ),
            ("show-environment", "it shows environment variables, which hold secrets"),
            ("help", "it opens a manual in a pager"),
            ("list-machines", ELSEWHERE),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "journalctl",
        summary: "the journal: log of units and of the kernel",
        flags: &[
            switches("-k --dmesg -x --catalog -q --quiet -r --reverse -a --all -l --full --no-full"),
            switches("-e --pager-end --no-pager"),
            switches("--utc --no-hostname --show-cursor --system --user -m --merge -N --fields --header --list-boots"),
            switches("--disk-usage"),
            optional("-b --boot", Boot),
            optional("-n --lines", LINES),
            value("-u --unit --user-unit", Unit),
            value("-t --identifier -g --grep -c --cursor --after-cursor", Text),
            value("-p --priority --facility -F --field --output-fields --namespace", Names),
            value("-S --since -U --until", Time),
            value("-o --output", OUTPUT),
            attached("--case-sensitive", BOOL),
        ],
        operands: any(Either(&[JournalMatch, Listed])),
        requirements: &[Requirement::Special {
            what: "shows no field of a crash, which hold its environment",
            check: no_environment_of_a_crash,
        }],
        refused: &[
            ("-f --follow", "it never ends; use -n NUMBER or --since"),
            ("--no-tail", "it belongs to --follow, which never ends"),
            ("--vacuum-size --vacuum-time --vacuum-files", "it deletes journal files; --disk-usage shows their size"),
            (
                "--rotate --flush --sync --relinquish-var --smart-relinquish-var --setup-keys --update-catalog --cursor-file \
                 --force --interval",
                "it writes; tai only reads",
            ),
            ("-D --directory --file --root --image -M --machine", ELSEWHERE),
            (
                "--verify --verify-key --list-catalog --dump-catalog",
                "it reads for minutes and says nothing about the host's state",
            ),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "systemd-analyze",
        summary: "how long the boot took, and what held it up",
        flags: &[switches("--no-pager --system --user"), value("--fuzz", Time)],
        verbs: &[
            verb("", Operands::None),
            verb("time", Operands::None),
            verb("blame", Operands::None),
            verb("critical-chain", any(Unit)),
            verb("unit-paths", Operands::None),
        ],
        refused: &[
            ("-H --host -M --machine --root --image", ELSEWHERE),
            ("log-level log-target set-log-level set-log-target service-watchdogs", CHANGES),
            (
                "verify security condition cat-config inspect-elf",
                "it reads files of its own choice or runs generators; use systemctl cat or status",
            ),
            ("plot dot dump", "it prints a picture or an internal state; use blame and critical-chain"),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "timedatectl",
        summary: "clock, time zone and synchronisation",
        flags: &[switches("--no-pager -a --all --value"), value("-p --property", Names)],
        verbs: &[
            verb("", Operands::None),
            verb("status", Operands::None),
            verb("show", Operands::None),
            verb("timesync-status", Operands::None),
            verb("show-timesync", Operands::None),
        ],
        refused: &[
            ("set-time set-timezone set-local-rtc set-ntp ntp-servers revert --adjust-system-clock", CHANGES),
            ("-H --host -M --machine", ELSEWHERE),
            ("--monitor", "it never ends; use timesync-status"),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "loginctl",
        summary: "sessions and users that are logged in",
        flags: &[switches("--no-pager --no-legend -a --all -l --full --value"), value("-p --property", Names)],
        verbs: &[
            verb("", Operands::None),
            verb("list-sessions", Operands::None),
            verb("list-users", Operands::None),
            verb("list-seats", Operands::None),
            verb("show-session", any(Names)),
            verb("show-user", any(Names)),
            verb("session-status", any(Names)),
            verb("user-status", any(Names)),
        ],
        refused: &[
            ("-H --host -M --machine", ELSEWHERE),
            (
                "terminate-session terminate-user kill-session kill-user lock-session unlock-session lock-sessions unlock-sessions enable-linger disable-linger activate attach flush-devices terminate-seat",
                CHANGES,
            ),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "hostnamectl",
        summary: "host name, operating system, kernel, virtualisation",
        verbs: &[verb("", Operands::None), verb("status", Operands::None), verb("hostname", Operands::None)],
        flags: &[switches("--no-pager --static --transient --pretty")],
        refused: &[
            (
                "set-hostname icon-name set-icon-name set-chassis set-deployment set-location chassis deployment location",
                CHANGES,
            ),
            ("-H --host -M --machine", ELSEWHERE),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "resolvectl",
        summary: "name servers and what they answer",
        flags: &[
            switches("-4 -6 --no-pager"),
            value("-i --interface", Interface),
            value("-t --type -c --class", Names),
            attached("--legend --cname --search --cache --network", BOOL),
        ],
        verbs: &[
            verb("", Operands::None),
            verb("status", any(Interface)),
            verb("statistics", Operands::None),
            verb("query", some(Host)),
            verb("dns", maybe(Interface)),
            verb("domain", maybe(Interface)),
            verb("default-route", maybe(Interface)),
            verb("llmnr", maybe(Interface)),
            verb("mdns", maybe(Interface)),
            verb("dnsovertls", maybe(Interface)),
            verb("dnssec", maybe(Interface)),
            verb("nta", maybe(Interface)),
            verb("show-server-state", Operands::None),
        ],
        refused: &[
            (
                "flush-caches reset-statistics reset-server-features revert log-level --set-dns --set-domain --revert",
                CHANGES,
            ),
            ("monitor", "it never ends; use statistics"),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "networkctl",
        summary: "links as systemd-networkd sees them",
        flags: &[
            switches("-a --all -s --stats -l --full --no-pager --no-legend"),
            value("-n --lines", Number(0, 100_000)),
            value("--json", OneOf(&["pretty", "short", "off"])),
        ],
        verbs: &[
            verb("", Operands::None),
            verb("list", any(Interface)),
            verb("status", any(Interface)),
            verb("lldp", any(Interface)),
            verb("label", Operands::None),
        ],
        refused: &[
            ("up down renew forcerenew reconfigure reload edit delete mask unmask persistent-storage", CHANGES),
            ("cat", "it shows keys of WireGuard; read the .network file"),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "coredumpctl",
        summary: "programs that crashed",
        flags: &[
            switches("-1 -r --reverse -a --all -q --quiet --no-pager --no-legend"),
            value("-n", Number(1, 100_000)),
            value("-S --since -U --until", Time),
            value("--json", OneOf(&["pretty", "short", "off"])),
        ],
        verbs: &[verb("", Operands::None), verb("list", any(CRASH)), verb("info", any(CRASH))],
        refused: &[
            ("dump -o --output", "it writes a memory image, which holds secrets; use info"),
            ("debug gdb --debugger -A --debugger-arguments", "it starts a debugger; use info"),
            ("-F --field", "it can show the environment of a program; use info"),
            ("-D --directory --file --root --image", ELSEWHERE),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "busctl",
        summary: "services on the system bus",
        flags: &[switches("--no-pager --no-legend -l --full --unique --acquired --activatable --system --user")],
        verbs: &[verb("", Operands::None), verb("list", Operands::None)],
        refused: &[
            (
                "call set-property emit get-property introspect tree status",
                "it calls services, and may start them; use list",
            ),
            ("monitor capture wait", "it never ends; use list"),
            ("-H --host -M --machine --address", ELSEWHERE),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "localectl",
        summary: "language and keyboard",
        flags: &[switches("--no-pager")],
        verbs: &[verb("", Operands::None), verb("status", Operands::None)],
        refused: &[("set-locale set-keymap set-x11-keymap", CHANGES), ("-H --host -M --machine", ELSEWHERE)],
        ..Program::PLAIN
    },
    Program {
        name: "udevadm",
        summary: "what udev knows of a device",
        verbs: &[verb_with(
            "info",
            &[
                switches("-a --attribute-walk -e --export-db -x --export -r --root --no-pager -t --tree"),
                value("-q --query", OneOf(&["name", "symlink", "path", "property", "all"])),
                value("-n --name", Disk),
                value("-p --path", Listed),
                value("--property", Names),
            ],
            maybe(Either(&[Disk, Listed])),
        )],
        refused: &[
            ("trigger settle control test test-builtin hwdb lock verify wait", CHANGES),
            ("monitor", "it never ends"),
            ("-c --cleanup-db -w --wait-for-initialization", "it cleans the database, or waits"),
        ],
        ..Program::PLAIN
    },
];

const CRASH: Kind = Either(&[Names, Listed, JournalMatch]);

fn no_environment(call: &Call<'_>) -> Result<(), Denied> {
    let named = |name: &str| matches!(name, "-p" | "--property" | "-P");
    let mut properties = call.flags.iter().filter(|(name, _)| named(name)).filter_map(|(_, value)| *value).peekable();
    if call.operands.first() == Some(&"show") && properties.peek().is_none() {
        let reason =
            "`systemctl show` needs -p, as in -p ActiveState,Result: without it, it shows the environment of the unit";
        return Err(Denied::new(Rule::Missing, reason));
    }
    match properties.find(|value| value.to_lowercase().contains("environment")) {
        Some(value) => Err(Denied::new(
            Rule::Value,
            format!("{} of systemctl shows environments, which hold secrets", shown(value)),
        )),
        None => Ok(()),
    }
}

/// systemd-coredump stores the environment of what crashed in `COREDUMP_ENVIRON`, which the outputs with all fields show.
fn no_environment_of_a_crash(call: &Call<'_>) -> Result<(), Denied> {
    const MESSAGE: &str = "fc2e22bc6ee647b6b90729ab34a250b1";
    let of_crash = |word: &&str| {
        let word = word.to_ascii_lowercase();
        word.contains("coredum") || word.contains(MESSAGE)
    };
    let values = |names: &'static [&'static str]| {
        call.flags.iter().filter(|(name, _)| names.contains(name)).filter_map(|(_, value)| *value)
    };
    let all_fields = values(&["-o", "--output"])
        .any(|output| ["verbose", "export", "json"].iter().any(|start| output.starts_with(start)));
    let chosen = values(&["-u", "--unit", "--user-unit", "-t", "--identifier", "-g", "--grep"])
        .chain(call.operands.iter().copied())
        .find(|word| all_fields && of_crash(word));
    let field =
        values(&["-F", "--field", "--output-fields"]).find(|field| field.to_ascii_uppercase().contains("COREDUMP_"));
    match chosen.or(field) {
        Some(word) => {
            let reason =
                format!("{} shows the environment of a program that crashed: use coredumpctl info", shown(word));
            Err(Denied::new(Rule::Value, reason))
        }
        None => Ok(()),
    }
}
