use crate::policy::denied::{Denied, Rule};
use crate::policy::kind::Kind::{Address, Certificate, Either, Host, Listed, Named, Names, Number, OneOf, Time};
use crate::policy::program::{
    Flags, Operands, Program, Requirement, Syntax, any, maybe, one, switches, value, verb, verb_with,
};
use crate::policy::scan::Call;

const CHANGES: &str = "it changes the protection of the host; tai only shows it";
const LIST: &[Flags] = &[switches("-l --list -n --noheading -C --locallist")];
const X509: &[Flags] = &[
    switches(
        "-noout -dates -startdate -enddate -subject -issuer -serial -fingerprint -sha1 -sha256 -sha512 -md5 -purpose",
    ),
    switches("-email -hash -subject_hash -issuer_hash -ocsp_uri -ocspid -text -modulus -pubkey -alias"),
    value("-ext -nameopt -certopt", Names),
    value("-checkend", Number(0, 10_000_000_000)),
    value("-checkhost", Host),
    value("-checkip", Address),
    value("-inform", OneOf(&["PEM", "DER", "pem", "der"])),
    value("-in", Certificate),
];

pub(super) const PROGRAMS: &[Program] = &[
    Program { name: "getenforce", summary: "mode of SELinux", about: "", ..Program::PLAIN },
    Program { name: "sestatus", summary: "state of SELinux", flags: &[switches("-v -b")], about: "", ..Program::PLAIN },
    Program {
        name: "getsebool",
        summary: "switches of SELinux",
        flags: &[switches("-a")],
        operands: any(Named),
        about: "",
        ..Program::PLAIN
    },
    Program {
        name: "semanage",
        summary: "settings of SELinux, as lists",
        verbs: &[
            verb_with("port", LIST, Operands::None),
            verb_with("fcontext", LIST, Operands::None),
            verb_with("boolean", LIST, Operands::None),
            verb_with("login", LIST, Operands::None),
            verb_with("user", LIST, Operands::None),
            verb_with("interface", LIST, Operands::None),
            verb_with("module", LIST, Operands::None),
            verb_with("permissive", LIST, Operands::None),
        ],
        requirements: &[Requirement::OneOf { flags: "-l --list", why: "every other operation changes settings" }],
        refused: &[
            (
                "-a --add -d --delete -m --modify -D --deleteall -E --extract -e --equal -0 --off -1 --on -r --remove --enable --disable -S --store -N --noreload",
                CHANGES,
            ),
            ("import export dontaudit ibpkey ibendport node", CHANGES),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "ausearch",
        summary: "records of the audit log",
        syntax: Syntax::Expression,
        flags: &[
            switches("-i --interpret -r --raw --just-one -l --line-buffered --input-logs"),
            value(
                "-m --message -k --key -sc --syscall -c --comm -ua --uid-all -ui --uid -ue --uid-effective -ul --loginuid",
                Names,
            ),
            value(
                "-ga --gid-all -gi --gid -hn --host -su --subject -se --context -sv --success -tm --terminal -vm --vm",
                Names,
            ),
            value("-a --event -p --pid -pp --ppid --session", Number(0, 4_294_967_295)),
            value("-f --file -x --executable", Either(&[Named, Listed])),
            value("-ts --start -te --end", Time),
            value("--format", OneOf(&["raw", "default", "interpret", "csv", "text"])),
        ],
        operands: Operands::Many { kind: Time, min: 0, max: 2 },
        refused: &[
            ("-if --input --eoe-timeout", "it reads a file of the caller's choice"),
            ("--checkpoint", "it writes a file"),
        ],
        about: "--version --help",
        ..Program::PLAIN
    },
    Program {
        name: "aureport",
        summary: "summary of the audit log",
        syntax: Syntax::Expression,
        flags: &[
            switches(
                "-au --auth -a --avc -c --config -cr --crypto -e --event -f --file -h --host -k --key -l --login -m --mods",
            ),
            switches("-n --anomaly -p --pid -s --syscall -t --log -tm --terminal -u --user -v --virt -x --executable"),
            switches("-i --interpret --summary --failed --success --integrity --input-logs"),
            value("-ts --start -te --end", Time),
        ],
        operands: Operands::Many { kind: Time, min: 0, max: 2 },
        refused: &[("-if --input --tty", "it reads a file of the caller's choice, or shows what was typed")],
        ..Program::PLAIN
    },
    Program {
        name: "auditctl",
        summary: "audit rules and the state of auditing",
        syntax: Syntax::Words,
        flags: &[switches("-l -s -i"), value("-k", Named)],
        requirements: &[Requirement::OneOf { flags: "-l -s", why: "every other operation changes rules" }],
        refused: &[(
            "-a -A -d -D -b -e -f -r -R -w -W -p -S -F -c -m -t -q --reset-lost --backlog_wait_time --loginuid-immutable --signal",
            CHANGES,
        )],
        about: "-v -h",
        ..Program::PLAIN
    },
    Program {
        name: "aa-status",
        summary: "profiles of AppArmor",
        flags: &[switches(
            "--enabled --profiled --enforced --complaining --kill --prompt --unconfined --special-unconfined --process-mixed --verbose -v --json --pretty-json --count",
        )],
        ..Program::PLAIN
    },
    Program {
        name: "faillock",
        summary: "failed logins of an account",
        flags: &[value("--user", Named)],
        refused: &[("--reset --dir --conf", CHANGES)],
        about: "",
        ..Program::PLAIN
    },
    Program {
        name: "fail2ban-client",
        summary: "jails of fail2ban and who is banned",
        syntax: Syntax::Words,
        verbs: &[
            verb("status", maybe(Named)),
            verb("banned", Operands::None),
            verb("ping", Operands::None),
            verb("version", Operands::None),
        ],
        refused: &[("set add start stop restart reload unban flushlogs -c -s -p -i -x -t -d -b -f", CHANGES)],
        ..Program::PLAIN
    },
    Program {
        name: "chage",
        summary: "when the password of an account expires",
        flags: &[switches("-l --list -i --iso8601")],
        operands: one(Named),
        requirements: &[Requirement::OneOf { flags: "-l --list", why: "it would change the account" }],
        refused: &[(
            "-d --lastday -E --expiredate -I --inactive -m --mindays -M --maxdays -W --warndays -R --root -P --prefix",
            CHANGES,
        )],
        about: "",
        ..Program::PLAIN
    },
    Program {
        name: "openssl",
        summary: "dates, names and extensions of a certificate",
        syntax: Syntax::Expression,
        verbs: &[
            verb_with("x509", X509, Operands::None),
            verb_with("version", &[switches("-a -v -b -o -f -p -d")], Operands::None),
        ],
        requirements: &[Requirement::Special { what: "x509 needs -noout and -in", check: certificate_only }],
        refused: &[
            (
                "s_client s_server s_time req ca genrsa genpkey rsa pkey pkcs12 pkcs8 enc dgst rand passwd engine smime cms crl ocsp ts \
                 verify speed srp storeutl fipsinstall prime rehash sess_id ec dsa dhparam",
                "it makes or reads keys, talks to a network, or loads code; tai reads certificates (x509 -noout)",
            ),
            (
                "-out -writerand -rand -CAserial -CAcreateserial -signkey -key -CA -CAkey -req -x509toreq -extfile -force_pubkey",
                "it writes files, or uses keys",
            ),
            ("-engine -provider -provider-path -config -passin -propquery", "it loads code, or asks for a password"),
        ],
        about: "",
        ..Program::PLAIN
    },
];

fn certificate_only(call: &Call<'_>) -> Result<(), Denied> {
    let complete = call.operands.first() != Some(&"x509") || (call.has("-noout") && call.has("-in"));
    if complete {
        return Ok(());
    }
    let reason = "`x509` of openssl needs `-noout` and `-in`: without them, it prints the certificate, or waits for it";
    Err(Denied::new(Rule::Missing, reason))
}
