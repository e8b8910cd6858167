use crate::policy::kind::Kind::{Either, File, Listed, Named, Names, Number, OneOf, Package};
use crate::policy::program::{Operands, Program, Refused, Requirement, Syntax, any, maybe, switches, value, verb};

const CONTROLS: &str = "it controls services, or changes their configuration";
const CONFIGURES: &str = "it takes a configuration of the caller's choice, or starts the server";
const EXIM_REFUSED: &[Refused] =
    &[("-bd -bs -be -bt -bh -C -D -M -Mf -Mg -Mrm -R -q -qf -oX -be -bem -v", "it delivers mails, or interprets")];

/// Service managers other than systemd, and servers that say how they are.
pub(super) const PROGRAMS: &[Program] = &[
    Program {
        name: "rc-status",
        summary: "services of OpenRC",
        flags: &[switches(
            "-a --all -s --servicelist -l --list -c --crashed -u --unused -r --runlevel -m --manual -S --supervised -q --quiet",
        )],
        operands: maybe(Named),
        about: "--help -V --version",
        ..Program::PLAIN
    },
    Program {
        name: "rc-update",
        summary: "what OpenRC starts at which run level",
        flags: &[switches("-v --verbose")],
        verbs: &[verb("show", any(Named))],
        refused: &[("add del delete update -a --all -s --stack -u --update", CONTROLS)],
        about: "--help -V --version",
        ..Program::PLAIN
    },
    Program {
        name: "chkconfig",
        summary: "services of System V and the run levels that start them",
        flags: &[switches("--list"), value("--type", OneOf(&["sysv", "xinetd"]))],
        operands: maybe(Named),
        requirements: &[Requirement::OneOf { flags: "--list", why: "it would change what starts" }],
        refused: &[("--add --del --level --override --no-redirect", CONTROLS)],
        about: "--version",
        ..Program::PLAIN
    },
    Program {
        name: "supervisorctl",
        summary: "programs under supervisord",
        verbs: &[verb("status", any(Names))],
        refused: &[
            ("start stop restart signal reload reread update add remove shutdown clear fg tail maintail pid", CONTROLS),
            (
                "-c --configuration -s --serverurl -u --username -p --password -i --interactive -r --history-file",
                CONFIGURES,
            ),
        ],
        about: "--help",
        ..Program::PLAIN
    },
    Program {
        name: "systemd-resolve",
        summary: "name servers, where resolvectl is missing",
        flags: &[switches("--status --statistics --no-pager")],
        requirements: &[Requirement::OneOf {
            flags: "--status --statistics",
            why: "it would ask for a name, or change",
        }],
        refused: &[(
            "--flush-caches --reset-statistics --reset-server-features --set-dns --set-domain --revert",
            CONTROLS,
        )],
        ..Program::PLAIN
    },
    Program {
        name: "postconf",
        summary: "settings of Postfix",
        flags: &[switches("-n -d -h -m -l -a -A")],
        operands: any(Package),
        refused: &[("-e -X -M -P -F -# -o -p", "it changes settings, or can"), ("-c -b -t -f -x -C", CONFIGURES)],
        about: "",
        ..Program::PLAIN
    },
    Program {
        name: "exim",
        summary: "mails that wait in Exim",
        syntax: Syntax::Words,
        flags: &[switches("-bp -bpc -bV")],
        requirements: &[Requirement::OneOf { flags: "-bp -bpc -bV", why: "it would wait for a mail" }],
        refused: EXIM_REFUSED,
        about: "",
        ..Program::PLAIN
    },
    Program {
        name: "exim4",
        summary: "mails that wait in Exim",
        syntax: Syntax::Words,
        flags: &[switches("-bp -bpc -bV")],
        requirements: &[Requirement::OneOf { flags: "-bp -bpc -bV", why: "it would wait for a mail" }],
        refused: EXIM_REFUSED,
        about: "",
        ..Program::PLAIN
    },
    Program {
        name: "rndc",
        summary: "state of the name server BIND",
        syntax: Syntax::Words,
        verbs: &[verb("status", Operands::None)],
        refused: &[
            ("stop halt reload reconfig flush freeze thaw dumpdb querylog trace stats sync addzone delzone", CONTROLS),
            ("-b -c -k -s -p -y -r", CONFIGURES),
        ],
        about: "",
        ..Program::PLAIN
    },
    Program {
        name: "unbound-control",
        summary: "state of the name server Unbound",
        syntax: Syntax::Words,
        verbs: &[verb("status", Operands::None), verb("stats_noreset", Operands::None)],
        refused: &[
            (
                "start stop reload stats flush flush_zone local_zone local_data load_cache dump_cache set_option",
                CONTROLS,
            ),
            ("-c -s -q", CONFIGURES),
        ],
        about: "-h",
        ..Program::PLAIN
    },
    Program {
        name: "varnishstat",
        summary: "counters of Varnish, once",
        flags: &[switches("-1 -j -x")],
        requirements: &[Requirement::OneOf { flags: "-1", why: "it waits for a person" }],
        refused: &[("-n -t -w", CONFIGURES)],
        about: "-V -h",
        ..Program::PLAIN
    },
    Program {
        name: "pg_isready",
        summary: "whether PostgreSQL accepts connections",
        flags: &[
            switches("-q --quiet"),
            value("-h --host", Either(&[OneOf(&["localhost", "127.0.0.1", "::1"]), Listed])),
            value("-p --port", Number(1, 65_535)),
            value("-t --timeout", Number(1, 30)),
        ],
        refused: &[("-d --dbname -U --username", "it takes a connection of the caller's choice")],
        about: "--help -V --version",
        ..Program::PLAIN
    },
    Program {
        name: "sshd",
        summary: "the settings of the SSH server that are in force",
        syntax: Syntax::Words,
        flags: &[switches("-T -t -G -V")],
        requirements: &[Requirement::OneOf { flags: "-T -t -G -V", why: "it would start the server" }],
        refused: &[("-f -C -o -h -E -D -d -i -e -p -c -g -k -u", CONFIGURES)],
        about: "",
        ..Program::PLAIN
    },
    Program {
        name: "ssh-keygen",
        summary: "fingerprint of a public key",
        flags: &[switches("-l -v"), value("-f", File), value("-E", OneOf(&["md5", "sha1", "sha256"]))],
        requirements: &[
            Requirement::OneOf { flags: "-l", why: "it would make, change or use keys" },
            Requirement::OneOf { flags: "-f", why: "it would ask for the file" },
        ],
        refused: &[
            ("-D -I -s -w -K", "it loads a library, or signs"),
            (
                "-A -t -b -C -N -P -p -q -y -R -H -F -Y -M -O -k -u -r -e -i -m -c -B -L -Q -U -V -z -n -h -a -Z",
                "it makes, changes or prints keys",
            ),
        ],
        about: "",
        ..Program::PLAIN
    },
    Program {
        name: "logrotate",
        summary: "what a rotation of logs would do",
        flags: &[switches("-d --debug -v --verbose")],
        operands: Operands::Many { kind: OneOf(&["/etc/logrotate.conf"]), min: 1, max: 1 },
        requirements: &[Requirement::OneOf { flags: "-d --debug", why: "it would rotate the logs" }],
        refused: &[
            ("-f --force", "it rotates the logs"),
            ("-s --state -l --log", "it writes a file"),
            ("-m --mail", "it starts a program"),
        ],
        about: "--version",
        ..Program::PLAIN
    },
    Program {
        name: "needs-restarting",
        summary: "what needs a restart since an update",
        flags: &[switches("-r --reboothint -s --services")],
        about: "--help",
        ..Program::PLAIN
    },
    Program {
        name: "faillog",
        summary: "failed logins of accounts",
        flags: &[switches("-a --all"), value("-u --user", Named), value("-t --time", Number(0, 100_000))],
        refused: &[("-r --reset -m --maximum -l --lock-secs -R --root", CONTROLS)],
        about: "--help",
        ..Program::PLAIN
    },
];
