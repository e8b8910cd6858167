use crate::policy::kind::Kind::{self, Disk, Either, Listed, Named, Names, Number, OneOf, Signed, Text};
use crate::policy::program::{
    Flags, Operands, Program, Refused, Requirement, Syntax, any, maybe, one, some, switches, value, verb, verb_with,
};

const CHANGES: &str = "it changes the storage; tai only shows its state";
const CONFIGURES: &str = "it reads a configuration of the caller's choice, or writes one";
const LVM_REPORT: &[Flags] = &[
    switches(
        "-a --all --noheadings --nosuffix -v --verbose --segments --unbuffered --aligned --unquoted -P --partial --readonly",
    ),
    value("-o --options -O --sort", Signed),
    value("--units", Named),
    value("--separator -S --select", Text),
    value("--reportformat", OneOf(&["basic", "json", "json_std"])),
];
const LVM_DISPLAY: &[Flags] = &[
    switches("-a --all -c --colon -C --columns -m --maps -s --short -v --verbose --readonly"),
    value("-o --options", Signed),
    value("--units", Named),
];
const LVM_REFUSED: &[Refused] = &[(
    "--config --profile --commandprofile --metadataprofile --devicesfile --devices --driverloaded --logreport --lockopt -y --yes -t --test --trustcache --foreign --shared",
    CONFIGURES,
)];
const VOLUME: Kind = Either(&[Names, Disk]);
const ZPOOL_STATUS: &[Flags] = &[switches("-v -x -L -P -D -g -s -t -p -i -e -j")];
const ZFS_COLUMNS: &[Flags] = &[switches("-r -H -p -j"), value("-d", Number(0, 10)), value("-o -s -S -t", Named)];

pub(super) const PROGRAMS: &[Program] = &[
    Program {
        name: "pvs",
        summary: "physical volumes of LVM",
        flags: LVM_REPORT,
        operands: any(Disk),
        refused: LVM_REFUSED,
        ..Program::PLAIN
    },
    Program {
        name: "vgs",
        summary: "volume groups of LVM",
        flags: LVM_REPORT,
        operands: any(VOLUME),
        refused: LVM_REFUSED,
        ..Program::PLAIN
    },
    Program {
        name: "lvs",
        summary: "logical volumes of LVM",
        flags: LVM_REPORT,
        operands: any(VOLUME),
        refused: LVM_REFUSED,
        ..Program::PLAIN
    },
    Program {
        name: "lvscan",
        summary: "logical volumes of LVM, one a line",
        flags: &[switches("-a --all -b --blockdevice -v --verbose --readonly")],
        refused: LVM_REFUSED,
        ..Program::PLAIN
    },
    Program {
        name: "pvscan",
        summary: "physical volumes of LVM, one a line",
        flags: &[switches("-e --exported -n --novolumegroup -s --short -u --uuid -v --verbose --readonly")],
        refused: &[("--cache --aay -a --activate -b --background", CHANGES), LVM_REFUSED[0]],
        ..Program::PLAIN
    },
    Program {
        name: "cryptsetup",
        summary: "an open encrypted device",
        syntax: Syntax::Words,
        verbs: &[verb("status", one(Named))],
        refused: &[(
            "open close luksOpen luksClose luksFormat luksDump luksAddKey luksRemoveKey luksChangeKey luksKillSlot luksErase luksSuspend \
             luksResume luksHeaderBackup luksHeaderRestore resize reencrypt repair convert token tcryptDump bitlkDump",
            "it opens or changes the device, or shows what protects its keys",
        )],
        ..Program::PLAIN
    },
    Program {
        name: "pvdisplay",
        summary: "physical volumes of LVM in full",
        flags: LVM_DISPLAY,
        operands: any(Disk),
        refused: LVM_REFUSED,
        ..Program::PLAIN
    },
    Program {
        name: "vgdisplay",
        summary: "volume groups of LVM in full",
        flags: LVM_DISPLAY,
        operands: any(VOLUME),
        refused: LVM_REFUSED,
        ..Program::PLAIN
    },
    Program {
        name: "lvdisplay",
        summary: "logical volumes of LVM in full",
        flags: LVM_DISPLAY,
        operands: any(VOLUME),
        refused: LVM_REFUSED,
        ..Program::PLAIN
    },
    Program {
        name: "blkid",
        summary: "types, labels and identifiers of file systems",
        flags: &[
            switches("-p --probe -i --info -k --list-filesystems -D --no-part-details -l --list-one"),
            value("-o --output", OneOf(&["full", "value", "list", "device", "udev", "export"])),
            value("-s --match-tag", Named),
            value("-t --match-token", Names),
            value("-L --label -U --uuid", Names),
            value("-c --cache-file", OneOf(&["/dev/null"])),
        ],
        operands: any(Disk),
        refused: &[("-g --garbage-collect -w", "it writes or cleans a cache file")],
        ..Program::PLAIN
    },
    Program {
        name: "nvme",
        summary: "NVMe disks and their health",
        flags: &[
            value("-o --output-format", OneOf(&["normal", "json"])),
            value("-n --namespace-id", Number(0, 4_294_967_295)),
            switches("-H --human-readable -v --verbose"),
        ],
        verbs: &[
            verb("list", Operands::None),
            verb("list-subsys", maybe(Disk)),
            verb("smart-log", one(Disk)),
            verb("error-log", one(Disk)),
            verb("fw-log", one(Disk)),
            verb("id-ctrl", one(Disk)),
            verb("id-ns", one(Disk)),
            verb("list-ns", one(Disk)),
            verb("version", Operands::None),
        ],
        refused: &[(
            "format sanitize write write-zeroes write-uncor dsm reset subsystem-reset ns-rescan create-ns delete-ns attach-ns detach-ns \
             set-feature set-property fw-download fw-commit fw-activate security-send security-recv admin-passthru io-passthru device-self-test \
             connect connect-all disconnect disconnect-all discover telemetry-log flush compare copy lockdown",
            CHANGES,
        )],
        ..Program::PLAIN
    },
    Program {
        name: "mdadm",
        summary: "arrays of Linux software RAID",
        flags: &[switches(
            "-D --detail -E --examine -Q --query -s --scan -v --verbose -Y --export --brief --detail-platform",
        )],
        operands: any(Disk),
        requirements: &[Requirement::OneOf {
            flags: "-D --detail -E --examine -Q --query --detail-platform",
            why: "every other mode assembles, changes or watches arrays",
        }],
        refused: &[
            (
                "-A --assemble -B --build -C --create -F --monitor --follow -G --grow -I --incremental -a --add -r --remove -f --fail --set-faulty \
                 -S --stop -R --run -o --readonly -w --readwrite --zero-superblock --auto-detect --update -W --wait -X --misc --manage --re-add --replace",
                CHANGES,
            ),
            ("-c --config -b --bitmap --backup-file --dump --restore -U", CONFIGURES),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "zpool",
        summary: "pools of ZFS: state, errors, use",
        verbs: &[
            verb_with("status", ZPOOL_STATUS, any(Named)),
            verb_with("list", &[switches("-v -H -p -L -P -g -j"), value("-o", Named)], any(Named)),
            verb_with("iostat", &[switches("-v -l -q -r -w -y -H -p -L -P -g -n")], Operands::Sampled(Named)),
            verb_with("get", &[switches("-H -p -j"), value("-o", Named)], some(Named)),
            verb_with("history", &[switches("-i -l")], any(Named)),
            verb_with("events", &[switches("-v -H")], maybe(Named)),
            verb("version", Operands::None),
        ],
        refused: &[
            (
                "create destroy add remove attach detach replace online offline import export scrub trim clear initialize resilver labelclear \
                 reguid reopen split upgrade set checkpoint sync wait prefetch ddtprune",
                CHANGES,
            ),
            ("-c", "it runs a script for each disk, or clears the events"),
            ("-f -T", "it never ends"),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "zfs",
        summary: "file systems and snapshots of ZFS",
        verbs: &[
            verb_with("list", ZFS_COLUMNS, any(Names)),
            verb_with("get", ZFS_COLUMNS, some(Names)),
            verb("version", Operands::None),
        ],
        refused: &[(
            "create destroy snapshot rollback clone promote rename set inherit upgrade mount unmount umount share unshare send receive recv \
                 allow unallow hold release diff bookmark load-key unload-key change-key program jail redact wait",
            CHANGES,
        )],
        ..Program::PLAIN
    },
    Program {
        name: "btrfs",
        summary: "file systems of Btrfs: space, devices, errors",
        verbs: &[
            verb_with("filesystem|fi show", UNITS, maybe(Either(&[Listed, Disk]))),
            verb_with("filesystem|fi usage", UNITS, some(Listed)),
            verb_with("filesystem|fi df", UNITS, some(Listed)),
            verb_with("filesystem|fi label", &[], one(Either(&[Listed, Disk]))),
            verb_with("device|dev usage", UNITS, some(Listed)),
            verb_with("device|dev stats", &[switches("-T -c --check")], one(Either(&[Listed, Disk]))),
            verb_with("subvolume|sub list", &[switches("-a -c -d -g -o -p -q -r -s -t -u -R")], one(Listed)),
            verb("subvolume|sub show", one(Listed)),
            verb_with("scrub status", &[switches("-d -R")], one(Listed)),
            verb_with("balance status", &[switches("-v")], one(Listed)),
            verb_with("qgroup show", &[switches("-p -c -r -e -f -F")], one(Listed)),
            verb("version", Operands::None),
        ],
        refused: &[
            ("check rescue restore receive send replace quota property inspect-internal", CHANGES),
            ("-z --reset", "it resets the counters"),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "xfs_info",
        summary: "geometry of an XFS file system",
        operands: one(Either(&[Listed, Disk])),
        refused: &[("-t", CONFIGURES)],
        about: "-V",
        ..Program::PLAIN
    },
    Program {
        name: "tune2fs",
        summary: "superblock of an ext file system",
        flags: &[switches("-l")],
        operands: one(Disk),
        requirements: &[Requirement::OneOf { flags: "-l", why: "every other flag changes the file system" }],
        refused: &[("-c -C -e -E -f -g -i -I -j -J -L -m -M -o -O -Q -r -s -T -u -U -z", CHANGES)],
        about: "",
        ..Program::PLAIN
    },
    Program {
        name: "dumpe2fs",
        summary: "superblock of an ext file system",
        flags: &[switches("-h -b -x")],
        operands: one(Disk),
        requirements: &[Requirement::OneOf { flags: "-h -b", why: "it prints every block group" }],
        refused: &[("-i -o", "it reads an image of the caller's choice"), ("-m", "it acts on a device in use")],
        about: "-V",
        ..Program::PLAIN
    },
    Program {
        name: "dmsetup",
        summary: "devices of the device mapper",
        flags: &[
            switches("-c -C --columns --noheadings --tree --noflush -v --verbose --inactive"),
            value("-o --options -O --sort", Signed),
            value("--target", Named),
            value("--separator", Text),
        ],
        verbs: &[
            verb("ls", Operands::None),
            verb("status", any(VOLUME)),
            verb("info", any(VOLUME)),
            verb("table", any(VOLUME)),
            verb("deps", any(VOLUME)),
            verb("targets", Operands::None),
            verb("version", Operands::None),
        ],
        refused: &[
            (
                "create remove remove_all suspend resume load reload clear rename message mknodes wipe_table setgeometry udevcomplete splitname",
                CHANGES,
            ),
            ("--exec", "it runs a program for each device"),
            ("--showkeys", "it shows the keys of encrypted devices"),
            ("wait stats monitor --interval --count --force", "it waits, or repeats"),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "multipath",
        summary: "paths to disks",
        syntax: Syntax::Words,
        flags: &[switches("-l -ll -v0 -v1 -v2 -v3"), value("-v", Number(0, 3))],
        operands: maybe(VOLUME),
        requirements: &[Requirement::OneOf { flags: "-l -ll", why: "it would set up paths" }],
        refused: &[("-f -F -w -W -a -r -R -c -C -d -e -i -p -q -A -B -D -t -T -u -U", CHANGES)],
        about: "",
        ..Program::PLAIN
    },
    Program {
        name: "multipathd",
        summary: "what the daemon of multipath knows",
        syntax: Syntax::Words,
        verbs: &[verb("show|list paths|maps|multipaths|status|daemon|topology|blacklist|devices", Operands::None)],
        refused: &[(
            "-k -d -s -v -B -w -n add remove del fail reinstate suspend resume resize reset reload reconfigure shutdown",
            CHANGES,
        )],
        about: "",
        ..Program::PLAIN
    },
    Program {
        name: "exportfs",
        summary: "directories that NFS exports",
        flags: &[switches("-v -s")],
        refused: &[("-a -r -u -i -o -f -d", CHANGES)],
        about: "",
        ..Program::PLAIN
    },
    Program {
        name: "showmount",
        summary: "exports and clients of this host's NFS server",
        flags: &[switches("-a --all -d --directories -e --exports --no-headers")],
        operands: maybe(OneOf(&["localhost", "127.0.0.1", "::1"])),
        ..Program::PLAIN
    },
    Program {
        name: "nfsstat",
        summary: "counters of NFS",
        flags: &[switches(
            "-s --server -c --client -n --nfs -r --rpc -m --mounts -o -l --list -v --verbose -2 -3 -4 --all",
        )],
        refused: &[
            ("-z --zero", "it resets the counters"),
            ("-S --since", "it reads a file"),
            ("-Z --sleep", "it waits"),
        ],
        about: "",
        ..Program::PLAIN
    },
    Program {
        name: "losetup",
        summary: "loop devices",
        flags: &[
            switches("-a --all -l --list -n --noheadings -J --json --raw --output-all"),
            value("-O --output", Signed),
        ],
        requirements: &[Requirement::OneOf { flags: "-a --all -l --list", why: "it would set one up" }],
        refused: &[(
            "-d --detach -D --detach-all -f --find -c --set-capacity -P --partscan -r --read-only --direct-io -o --offset --show -j --associated -L --nooverlap",
            CHANGES,
        )],
        ..Program::PLAIN
    },
    Program {
        name: "lsscsi",
        summary: "SCSI devices",
        flags: &[switches(
            "-c --classic -d --device -g --generic -H --hosts -i --scsi_id -k --kname -l --long -L --list -p --protection -P --pdt -s --size -t --transport -U --unit -u -v --verbose -w --wwn",
        )],
        refused: &[("-y --sysfsroot", "it looks at another file tree")],
        ..Program::PLAIN
    },
    Program {
        name: "mountpoint",
        summary: "whether a directory is a mount point",
        flags: &[switches("-q --quiet -d --fs-devno -x --devno --nofollow")],
        operands: one(Listed),
        ..Program::PLAIN
    },
    Program {
        name: "zramctl",
        summary: "compressed memory disks",
        flags: &[switches("-b --bytes -n --noheadings --raw --output-all"), value("-o --output", Signed)],
        refused: &[("-a --algorithm -f --find -r --reset -s --size -t --streams -p --algorithm-params", CHANGES)],
        ..Program::PLAIN
    },
    Program {
        name: "repquota",
        summary: "quotas of users and groups",
        flags: &[switches(
            "-a --all -g --group -u --user -s --human-readable -v --verbose -n --no-names -p --raw-grace -t --truncate-names -i --no-autofs",
        )],
        operands: any(Listed),
        about: "",
        ..Program::PLAIN
    },
];

const UNITS: &[Flags] = &[switches(
    "-b --raw -h --human-readable -H --si -k --kbytes -m --mbytes -g --gbytes -t --tbytes --iec -T -d --all-devices --mounted",
)];
