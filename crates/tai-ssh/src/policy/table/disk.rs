use crate::policy::kind::Kind::{Disk, Either, Listed, Names, Number, OneOf, Signed, Size, SocketAddress, Text};
use crate::policy::program::{Operands, Program, Requirement, any, attached, maybe, optional, switches, value};

use super::recursion;

pub(super) const PROGRAMS: &[Program] = &[
    Program {
        name: "df",
        summary: "space and inodes of file systems",
        flags: &[
            switches("-a --all -h --human-readable -H --si -i --inodes -k -m -l --local -P --portability"),
            switches("-T --print-type --total --no-sync -v"),
            value("-B --block-size", Size),
            value("-t --type -x --exclude-type", Names),
            attached("--output", Names),
        ],
        operands: any(Listed),
        refused: &[("--sync", "it writes what is cached to disk; the figures are good without it")],
        ..Program::PLAIN
    },
    Program {
        name: "du",
        summary: "space that directories take, to a depth",
        flags: &[
            switches("-a --all --apparent-size -b --bytes -c --total -h --human-readable --inodes -k"),
            switches("-l --count-links -m -P --no-dereference"),
            switches("-S --separate-dirs --si -s --summarize -x --one-file-system"),
            value("-d --max-depth", Number(0, 10)),
            value("-B --block-size -t --threshold", Size),
            value("--exclude", Text),
            attached("--time", OneOf(&["atime", "access", "use", "ctime", "status"])),
            value("--time-style", OneOf(&["full-iso", "long-iso", "iso"])),
        ],
        operands: any(Listed),
        requirements: &[Requirement::OneOf {
            flags: "-s --summarize -d --max-depth",
            why: "it lists every directory of the tree without a limit",
        }],
        refused: &[
            ("-L --dereference -D -H --dereference-args", "it follows links out of the tree"),
            ("--files0-from -X --exclude-from", "it reads a file; name the directories as operands"),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "lsblk",
        summary: "block devices, their sizes, file systems and mount points",
        flags: &[
            switches("-A --noempty -D --discard -J --json -M --merge -O --output-all -P --pairs -S --scsi"),
            switches("-N --nvme -a --all -b --bytes"),
            switches("-d --nodeps -f --fs -i --ascii -l --list -m --perms -n --noheadings -p --paths"),
            switches("-r --raw -s --inverse"),
            switches("-t --topology -y --shell -z --zoned"),
            attached("-T --tree", Names),
            value("-o --output", Signed),
            value("-x --sort -E --dedup -I --include -e --exclude", Names),
            value("-w --width", Number(1, 1000)),
        ],
        operands: any(Disk),
        refused: &[("--sysroot", "it looks at another file tree")],
        ..Program::PLAIN
    },
    Program {
        name: "findmnt",
        summary: "mounted file systems and their options",
        flags: &[
            switches("-s --fstab -m --mtab -k --kernel -A --all -a --ascii -b --bytes -C --nocanonicalize"),
            switches("-c --canonicalize -D --df"),
            switches("-e --evaluate -f --first-only -i --invert -J --json -l --list -n --noheadings"),
            switches("-P --pairs -R --submounts -r --raw"),
            switches("-U --uniq -u --notruncate -v --nofsroot -y --shell -x --verify --verbose --real --pseudo"),
            switches("--shadowed --tree"),
            switches("--output-all --vfs-all"),
            value("-o --output", Signed),
            value("-O --options -t --types", Names),
            value("-d --direction", OneOf(&["forward", "backward"])),
            value("-S --source", Either(&[Names, Listed])),
            value("-T --target -M --mountpoint", Listed),
        ],
        operands: any(Listed),
        refused: &[
            ("-p --poll -w --timeout", "it waits for changes"),
            ("-F --tab-file", "it reads a file of the caller's choice"),
            ("-N --task", "it looks into another mount namespace"),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "mount",
        summary: "what is mounted, without operands",
        flags: &[switches("-l --show-labels"), value("-t --types", Names)],
        operands: Operands::None,
        refused: &[(
            "-a --all -o --options --bind -B --rbind -R -M --move -L -U --source --target -T --fstab",
            "it mounts; tai only reads (findmnt)",
        )],
        ..Program::PLAIN
    },
    Program {
        name: "swapon",
        summary: "swap areas in use",
        flags: &[switches("-s --summary --noheadings --raw --bytes"), attached("--show", Names)],
        requirements: &[Requirement::OneOf { flags: "--show -s --summary", why: "it would switch swap on" }],
        refused: &[(
            "-a --all -d --discard -e --ifexists -f --fixpgsz -o --options -p --priority -L -U -v --verbose",
            "it switches swap on; use --show",
        )],
        ..Program::PLAIN
    },
    Program {
        name: "smartctl",
        summary: "health of a disk",
        flags: &[
            switches("-a --all -x --xall -H --health -i --info -A --attributes -c --capabilities --scan"),
            optional("-j --json", OneOf(&["c", "g", "o", "s", "v"])),
            value(
                "-l --log",
                OneOf(&[
                    "error",
                    "xerror",
                    "selftest",
                    "xselftest",
                    "selective",
                    "directory",
                    "devstat",
                    "sataphy",
                    "ssd",
                    "scttemp",
                ]),
            ),
            value("-d --device", Names),
            value("-n --nocheck", OneOf(&["never", "sleep", "standby", "idle"])),
        ],
        operands: maybe(Disk),
        refused: &[
            ("-t --test -X --abort -C --captive", "it runs or stops a self-test; -l selftest shows the results"),
            ("-s --smart -o --offlineauto -S --saveauto --set", "it changes the disk's settings"),
            ("--scan-open", "it opens every device; use --scan"),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "lsof",
        summary: "open files, deleted ones that still take space, and sockets with their processes",
        flags: &[
            switches("-a -n -P -l -R -t -U -N -b -w -E -X -V +L1 +L +c0 +w"),
            value("+c", Number(0, 1000)),
            optional("-i", SocketAddress),
            optional("-s -F", Names),
            value("-p -u -g -c -d", Names),
            value("+D +d", Listed),
        ],
        operands: any(Listed),
        requirements: &[Requirement::Special {
            what: "+D walks no root directory, /proc, /sys or /dev",
            check: recursion::not_the_root,
        }],
        refused: &[
            ("-r +r", "it repeats without an end"),
            ("-D -A -k -m +m", "it reads or writes a file of the caller's choice"),
            ("-x", "it leaves the file system and follows links"),
            ("-e +e -O", "it skips the checks that keep lsof from hanging"),
        ],
        ..Program::PLAIN
    },
];
