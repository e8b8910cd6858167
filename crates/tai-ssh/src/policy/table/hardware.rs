use crate::policy::denied::{Denied, Rule};
use crate::policy::kind::Kind::{Disk, Either, Label, Named, Names, Number, OneOf};
use crate::policy::program::{Operands, Program, Requirement, Syntax, any, maybe, one, switches, value, verb};
use crate::policy::scan::Call;

const CHANGES: &str = "it changes the device, or its firmware; tai only shows it";

/// Devices below the operating system: partition tables, firmware, sensors, memory errors.
pub(super) const PROGRAMS: &[Program] = &[
    Program {
        name: "fdisk",
        summary: "partition tables",
        flags: &[switches("-l --list -x --list-details --bytes"), value("-o --output", Names)],
        operands: any(Disk),
        requirements: &[Requirement::OneOf { flags: "-l --list -x --list-details", why: "it would edit a table" }],
        refused: &[(
            "-b -B -c -C -H -S -t -u -w -W -y --sector-size --protect-boot --compatibility --wipe --wipe-partitions --lock",
            CHANGES,
        )],
        ..Program::PLAIN
    },
    Program {
        name: "parted",
        summary: "partition tables",
        flags: &[switches("-l --list -s --script -m --machine")],
        operands: any(Either(&[Disk, OneOf(&["print"]), Named])),
        requirements: &[Requirement::Special { what: "takes -l, or a disk and `print`", check: prints_a_table }],
        refused: &[("-a --align -f --fix", CHANGES)],
        about: "-v --version",
        ..Program::PLAIN
    },
    Program {
        name: "blockdev",
        summary: "sizes and read-ahead of block devices",
        flags: &[switches(
            "--report --getro --getdiscardzeroes --getdiskseq --getss --getpbsz --getiomin --getioopt --getalignoff --getmaxsect \
             --getbsz --getsz --getsize64 --getra --getfra --getzonesz",
        )],
        operands: any(Disk),
        requirements: &[Requirement::OneOf {
            flags: "--report --getro --getss --getpbsz --getiomin --getioopt --getalignoff --getmaxsect --getbsz --getsz --getsize64 \
                    --getra --getfra --getzonesz --getdiskseq --getdiscardzeroes",
            why: "other commands change the device",
        }],
        refused: &[("--setro --setrw --setbsz --setra --setfra --flushbufs --rereadpt", CHANGES)],
        ..Program::PLAIN
    },
    Program {
        name: "hdparm",
        summary: "identity of an ATA disk",
        flags: &[switches("-I -i -g")],
        operands: one(Disk),
        requirements: &[Requirement::OneOf { flags: "-I -i -g", why: "other flags change or test the disk" }],
        refused: &[(
            "-y -Y -z -f -F -W -S -B -M -A -D -E -H -J -K -L -N -P -Q -R -T -t -U -w -x -X -Z -a -c -d -k -m -n -p -q -r -s -u -v -b -C",
            CHANGES,
        )],
        about: "-V",
        ..Program::PLAIN
    },
    Program {
        name: "ipmitool",
        summary: "sensors, events and state of the management controller of this host",
        syntax: Syntax::Words,
        verbs: &[
            verb("sdr", Operands::None),
            verb("sdr list|elist", maybe(OneOf(&["all", "full", "compact", "event", "fru"]))),
            verb("sdr type", maybe(Label)),
            verb("sel", Operands::None),
            verb("sel list|elist", Operands::Keywords { words: LAST, bare: Some(Number(1, 10_000)) }),
            verb("sel info", Operands::None),
            verb("sensor", Operands::None),
            verb("sensor list", Operands::None),
            verb("chassis status|restart_cause", Operands::None),
            verb("power status", Operands::None),
            verb("mc info", Operands::None),
            verb("fru", Operands::None),
            verb("fru print|list", Operands::None),
            verb("dcmi power reading", Operands::None),
        ],
        refused: &[
            ("-H -I -U -P -f -E -a -S -K -Y -t -b -l -o -k -y", "it talks to another host, or reads or writes a file"),
            ("raw exec shell set lan user channel session sol i2c bmc fwum hpm firewall spd ekanalyzer", CHANGES),
        ],
        about: "-V",
        ..Program::PLAIN
    },
    Program {
        name: "ras-mc-ctl",
        summary: "memory errors that were recorded",
        flags: &[switches("--errors --summary --status --error-count --layout --mainboard")],
        requirements: &[Requirement::OneOf {
            flags: "--errors --summary --status --error-count --layout --mainboard",
            why: "other flags write labels",
        }],
        refused: &[("--register-labels --delay --labeldb", CHANGES)],
        about: "--help",
        ..Program::PLAIN
    },
    Program {
        name: "edac-util",
        summary: "memory errors that the kernel counted",
        flags: &[switches("-v --verbose -s --status")],
        about: "--help",
        ..Program::PLAIN
    },
    Program {
        name: "cpupower",
        summary: "clock and sleep states of processors",
        flags: &[value("-c --cpu", Names)],
        verbs: &[verb("frequency-info", Operands::None), verb("idle-info", Operands::None)],
        refused: &[("frequency-set idle-set set monitor powercap-info", CHANGES)],
        about: "--help --version",
        ..Program::PLAIN
    },
    Program {
        name: "efibootmgr",
        summary: "boot entries of the firmware",
        flags: &[switches("-v --verbose")],
        refused: &[(
            "-a --active -A --inactive -b --bootnum -B --delete-bootnum -c --create -C --create-only -d --disk -D --remove-dups -n --bootnext \
             -N --delete-bootnext -o --bootorder -O --delete-bootorder -t --timeout -T --delete-timeout -r --driver -y --sysprep",
            CHANGES,
        )],
        about: "-V --version",
        ..Program::PLAIN
    },
    Program {
        name: "bootctl",
        summary: "boot loader and its entries",
        flags: &[switches("--no-pager")],
        verbs: &[verb("status", Operands::None), verb("list", Operands::None)],
        refused: &[
            (
                "install update remove random-seed set-default set-oneshot set-timeout unlink cleanup reboot-to-firmware",
                CHANGES,
            ),
            ("--esp-path --boot-path --root --image", "it looks at another file tree"),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "mokutil",
        summary: "whether secure boot is on",
        flags: &[switches("--sb-state")],
        requirements: &[Requirement::OneOf { flags: "--sb-state", why: "other flags change keys" }],
        refused: &[(
            "--import --delete --revoke-import --revoke-delete --password --disable-validation --reset",
            CHANGES,
        )],
        about: "--help",
        ..Program::PLAIN
    },
];

const LAST: &[(&str, Option<crate::policy::kind::Kind>)] =
    &[("last", Some(Number(1, 10_000))), ("first", Some(Number(1, 10_000)))];

/// parted runs one command after the other, so nothing may follow `print` but what it takes itself.
fn prints_a_table(call: &Call<'_>) -> Result<(), Denied> {
    const UNITS: [&str; 12] = ["s", "B", "kB", "MB", "GB", "TB", "compact", "KiB", "MiB", "GiB", "TiB", "cyl"];
    let prints = |rest: &[&str]| matches!(rest, ["print"] | ["print", "free" | "all" | "devices"]);
    let allowed = match call.operands[..] {
        [] => call.has("-l --list"),
        [disk, "unit", unit, ref rest @ ..] => disk.starts_with("/dev/") && UNITS.contains(&unit) && prints(rest),
        [disk, ref rest @ ..] => disk.starts_with("/dev/") && prints(rest),
    };
    if allowed {
        return Ok(());
    }
    Err(Denied::new(Rule::Operand, "parted may only print: `parted -l`, or `parted -s /dev/DISK print`"))
}
