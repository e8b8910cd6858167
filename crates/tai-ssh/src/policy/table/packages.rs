use crate::policy::denied::{Denied, Rule};
use crate::policy::kind::Kind::{self, Either, Listed, Names, OneOf, Package, Tags, Text};
use crate::policy::program::{
    Flags, Operands, Program, Refused, Requirement, Verb, any, maybe, some, switches, value, verb, verb_with,
};
use crate::policy::scan::Call;

const INSTALLS: &str = "it changes what is installed; tai only lists and shows packages";
const CONFIGURES: &str = "it sets options, among which are programs to run and files to write";
const DNF_LIST: &[Flags] =
    &[switches("--installed --available --updates --upgrades --extras --obsoletes --recent --all --showduplicates")];
const DNF_VERBS: &[Verb] = &[
    verb_with("list", DNF_LIST, any(Package)),
    verb_with("info", DNF_LIST, any(Package)),
    verb("repolist", any(Package)),
    verb("history", Operands::None),
    verb("history list|info", any(Names)),
    verb("provides", some(Either(&[Package, Listed]))),
    verb("search", some(Package)),
    verb("check-update", any(Package)),
    verb("updateinfo", Operands::None),
    verb("updateinfo list|info|summary", any(Package)),
    verb_with(
        "repoquery",
        &[switches("--installed -l --list -i --info --requires --whatrequires --whatprovides --deplist")],
        any(Package),
    ),
    verb("module list", any(Package)),
];
const DNF_FLAGS: &[Flags] = &[
    switches("-C --cacheonly -q --quiet -v --verbose -4 -6"),
    value("--enablerepo --disablerepo --repo --repoid", Package),
];
const DNF_REFUSED: &[Refused] = &[
    (
        "install reinstall remove erase update upgrade upgrade-minimal downgrade autoremove distro-sync swap mark clean makecache \
         groupinstall groupremove group module-install shell builddep debuginfo-install system-upgrade offline-upgrade automatic copr \
         config-manager download reposync offline-distrosync needs-restarting",
        INSTALLS,
    ),
    (
        "-c --config --setopt --installroot --repofrompath --enableplugin --disableplugin --noplugins --releasever -y --assumeyes",
        CONFIGURES,
    ),
];

/// Without `-C` dnf and yum may ask the repositories, and write their cache.
/// The settings that keep apt, as root, from storing what it worked out.
const APT_WITHOUT_CACHE: Kind = OneOf(&["Dir::Cache::pkgcache=", "Dir::Cache::srcpkgcache="]);

const FROM_CACHE: Requirement = Requirement::Special {
    what: "needs -C, but for history, repolist and list installed: without it, it loads and stores metadata",
    check: from_cache,
};

fn from_cache(call: &Call<'_>) -> Result<(), Denied> {
    let local =
        matches!(call.operands[..], ["history" | "repolist", ..] | ["list" | "info", "installed" | "--installed", ..])
            || (matches!(call.operands[..], ["list" | "info" | "repoquery", ..]) && call.has("--installed"));
    if local || call.has("-C --cacheonly") {
        return Ok(());
    }
    Err(Denied::new(
        Rule::Missing,
        "the command needs -C: without it, it loads and stores the metadata of repositories",
    ))
}

/// What `-i` and others mean depends on the mode, which stands first.
fn query_first(call: &Call<'_>) -> Result<(), Denied> {
    const VERIFYING: &str =
        "-a --all -f --file -c --configfiles -d --docfiles --noscripts --nofiledigest --nodigest --nosignature";
    let verifying = |(flag, _): &(&str, _)| VERIFYING.split(' ').any(|known| known == *flag);
    match call.flags.first() {
        Some(("-q" | "--query", _)) if !call.has("-V --verify") => Ok(()),
        Some(("-V" | "--verify", _)) if call.flags[1..].iter().all(verifying) => Ok(()),
        _ => {
            Err(Denied::new(Rule::Missing, "rpm needs -q or -V, before any other flag: tai only queries and verifies"))
        }
    }
}

fn without_refresh(call: &Call<'_>) -> Result<(), Denied> {
    let local = matches!(
        call.operands.first(),
        Some(&"repos" | &"lr" | &"locks" | &"ll" | &"ps" | &"services" | &"ls" | &"targetos" | &"tos")
    );
    if local || call.has("--no-refresh") {
        return Ok(());
    }
    Err(Denied::new(Rule::Missing, "the command needs --no-refresh: without it, zypper loads and stores metadata"))
}

pub(super) const PROGRAMS: &[Program] = &[
    Program {
        name: "rpm",
        summary: "packages of RPM, by query",
        flags: &[
            switches("-V --verify --noscripts --nofiledigest --nodigest --nosignature"),
            switches("-q --query -a --all -i --info -l --list -f --file -c --configfiles -d --docfiles -s --state"),
            switches("-R --requires --provides --conflicts --obsoletes --recommends --suggests --supplements"),
            switches(
                "--enhances --scripts --triggers --changelog --changes --last --filesbypkg --dump --whatprovides --whatrequires",
            ),
            value("--qf --queryformat", Tags),
        ],
        operands: any(Either(&[Package, Listed])),
        requirements: &[Requirement::Special {
            what: "begins with -q or -V: tai only queries and verifies",
            check: query_first,
        }],
        refused: &[
            (
                "-U --upgrade -F --freshen --install -e --erase --reinstall --import --initdb --rebuilddb --setperms --setugids --restore",
                INSTALLS,
            ),
            (
                "-E --eval -D --define --pipe --load --macros --rcfile --predefine --undefine --showrc --specfile",
                "it runs macros or programs",
            ),
            ("-p --package -g --group --root -r --dbpath", "it reads files or addresses of the caller's choice"),
            ("-y -K --checksig", "it reads files of the caller's choice"),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "dpkg",
        summary: "packages of Debian: installed, their files and state",
        flags: &[
            switches(
                "-l --list -L --listfiles -s --status -S --search -C --audit --get-selections --print-architecture",
            ),
            switches("--print-foreign-architectures -V --verify -p --print-avail"),
        ],
        operands: any(Either(&[Package, Listed])),
        requirements: &[Requirement::OneOf {
            flags: "-l --list -L --listfiles -s --status -S --search -C --audit --get-selections --print-architecture \
                    --print-foreign-architectures -V --verify -p --print-avail",
            why: "tai only queries",
        }],
        refused: &[
            (
                "-i --install --unpack --configure --triggers-only -r --remove -P --purge --set-selections --clear-selections --update-avail \
                 --merge-avail --clear-avail --forget-old-unavail --add-architecture --remove-architecture",
                INSTALLS,
            ),
            (
                "--admindir --root --instdir --log --status-fd --status-logger --pre-invoke --post-invoke --path-exclude --path-include --force-all -D --debug",
                CONFIGURES,
            ),
            (
                "-c --contents -e --control -x --extract -X --vextract -f --field -I --info --fsys-tarfile --build -b",
                "it reads or writes archives",
            ),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "dpkg-query",
        summary: "packages of Debian: installed, their files and state",
        flags: &[
            switches("-l --list -L --listfiles -s --status -S --search -W --show -p --print-avail"),
            value("-f --showformat", Text),
        ],
        operands: any(Either(&[Package, Listed])),
        refused: &[
            ("--admindir --root", CONFIGURES),
            ("-c --control-path --control-list --control-show --load-avail", "it reads files of the package database"),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "apt",
        summary: "packages of Debian: installed, upgradable, where from",
        flags: &[
            switches("--installed --upgradable --upgradeable --all-versions -a -q --names-only -n --full"),
            value("-o", APT_WITHOUT_CACHE),
        ],
        verbs: &[
            verb("list", any(Package)),
            verb("show", some(Package)),
            verb("search", some(Package)),
            verb("policy", any(Package)),
            verb("depends", some(Package)),
            verb("rdepends", some(Package)),
        ],
        refused: &[
            (
                "install reinstall remove purge autoremove autopurge autoclean auto-clean clean update upgrade full-upgrade dist-upgrade \
                 build-dep satisfy source download modernize-sources",
                INSTALLS,
            ),
            ("edit-sources", "it opens an editor"),
            ("changelog", "it loads from the network"),
            ("--option -c --config-file -t --target-release --default-release -y --yes", CONFIGURES),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "apt-cache",
        summary: "packages of Debian: versions, dependencies, where from",
        flags: &[
            switches("-a --all-versions -q --quiet -i --important --installed --names-only -n --full -f --recurse"),
            value("-o", APT_WITHOUT_CACHE),
        ],
        verbs: &[
            verb("policy", any(Package)),
            verb("show", some(Package)),
            verb("showpkg", some(Package)),
            verb("search", some(Package)),
            verb("depends", some(Package)),
            verb("rdepends", some(Package)),
            verb("madison", some(Package)),
            verb("pkgnames", maybe(Package)),
            verb("stats", Operands::None),
        ],
        refused: &[
            ("gencaches add", INSTALLS),
            ("--option -c --config-file -p --pkg-cache -s --src-cache -g --generate", CONFIGURES),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "apt-mark",
        summary: "packages of Debian that are held, or installed by hand",
        flags: &[value("-o", APT_WITHOUT_CACHE)],
        verbs: &[verb("showhold", any(Package)), verb("showauto", any(Package)), verb("showmanual", any(Package))],
        refused: &[
            ("hold unhold auto manual minimize-manual install remove purge", INSTALLS),
            ("--option -c --config-file -f --file", CONFIGURES),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "dnf",
        summary: "packages of Fedora and its kin: installed, available, history",
        flags: DNF_FLAGS,
        verbs: DNF_VERBS,
        requirements: &[FROM_CACHE],
        refused: DNF_REFUSED,
        ..Program::PLAIN
    },
    Program {
        name: "yum",
        summary: "packages of Red Hat and its kin: installed, available, history",
        flags: DNF_FLAGS,
        verbs: DNF_VERBS,
        requirements: &[FROM_CACHE],
        refused: DNF_REFUSED,
        ..Program::PLAIN
    },
    Program {
        name: "zypper",
        summary: "packages of SUSE: installed, available, repositories",
        flags: &[switches("--no-refresh --non-interactive -n --quiet -q --no-color")],
        verbs: &[
            verb_with(
                "search|se",
                &[switches("-i --installed-only -s --details -u --uninstalled-only -x --match-exact")],
                any(Package),
            ),
            verb("info|if", some(Package)),
            verb("list-updates|lu", Operands::None),
            verb("list-patches|lp", Operands::None),
            verb("patch-check|pchk", Operands::None),
            verb_with("packages|pa", &[switches("-i --installed-only --orphaned --unneeded")], any(Package)),
            verb("products|pd", Operands::None),
            verb("patterns|pt", Operands::None),
            verb_with(
                "repos|lr",
                &[switches("-p --priority -r --refresh -E --show-enabled-only -d --details")],
                any(Package),
            ),
            verb("services|ls", Operands::None),
            verb("locks|ll", Operands::None),
            verb_with("ps", &[switches("-s")], Operands::None),
        ],
        requirements: &[Requirement::Special {
            what: "needs --no-refresh, but for repos, services, locks and ps: without it, it loads and stores metadata",
            check: without_refresh,
        }],
        refused: &[
            (
                "install in remove rm update up dist-upgrade dup patch verify ve refresh ref addrepo ar removerepo rr modifyrepo mr clean cc \
                 addlock al removelock rl shell sh source-install si",
                INSTALLS,
            ),
            (
                "-e --export -c --config -R --root -D --reposd-dir -C --cache-dir -p --plus-repo --gpg-auto-import-keys --installroot",
                CONFIGURES,
            ),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "apk",
        summary: "packages of Alpine: installed, their files and versions",
        flags: &[switches("-v --verbose -q --quiet --no-network")],
        verbs: &[
            verb_with(
                "info",
                &[
                    switches(
                        "-a --all -d --description -e --installed -L --contents -R --depends -P --provides -r --rdepends -s --size",
                    ),
                    switches("-W --who-owns -w --webpage"),
                ],
                any(Either(&[Package, Listed])),
            ),
            verb_with("list", &[switches("-I --installed -u --upgradable -a --available -o --orphaned")], any(Package)),
            verb("policy", some(Package)),
            verb("search", any(Package)),
            verb("version", any(Package)),
            verb("stats", Operands::None),
        ],
        refused: &[
            ("add del update upgrade fix cache fetch audit verify dot index manifest mkndx mkpkg extract", INSTALLS),
            (
                "-p --root -X --repository --repositories-file --keys-dir --cache-dir --arch -U --update-cache --allow-untrusted",
                CONFIGURES,
            ),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "pacman",
        summary: "packages of Arch that are installed",
        flags: &[
            switches(
                "-Q --query -q --quiet -i --info -l --list -o --owns -e --explicit -d --deps -m --foreign -n --native",
            ),
            switches("-t --unrequired -u --upgrades -k --check -g --groups -s --search -v --verbose"),
            value("--color", OneOf(&["never", "auto"])),
        ],
        operands: any(Either(&[Package, Listed])),
        requirements: &[Requirement::OneOf {
            flags: "-Q --query",
            why: "every other operation changes packages, or can",
        }],
        refused: &[
            ("-S --sync -R --remove -U --upgrade -D --database -T --deptest -F --files -y --refresh -w -c", INSTALLS),
            (
                "-p --file -r --root -b --dbpath --config --hookdir --gpgdir --logfile --cachedir --sysroot --arch --noconfirm",
                CONFIGURES,
            ),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "snap",
        summary: "snaps that are installed",
        verbs: &[
            verb_with("list", &[switches("--all")], any(Package)),
            verb("services", any(Package)),
            verb("changes", maybe(Package)),
            verb("version", Operands::None),
        ],
        refused: &[(
            "install remove refresh revert enable disable start stop restart run set unset connect disconnect",
            INSTALLS,
        )],
        ..Program::PLAIN
    },
    Program {
        name: "flatpak",
        summary: "applications of Flatpak that are installed",
        verbs: &[verb("list", Operands::None), verb("info", some(Package))],
        flags: &[switches("--app --runtime --system -d --show-details"), value("--columns", Names)],
        refused: &[("install uninstall update run override repair config remote-add remote-delete", INSTALLS)],
        ..Program::PLAIN
    },
];
