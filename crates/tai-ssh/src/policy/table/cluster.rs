use crate::policy::denied::{Denied, Rule};
use crate::policy::kind::Kind::{Label, Listed, Named, Names, Number, OneOf};
use crate::policy::program::{
    Flags, Operands, Program, Requirement, Syntax, attached, maybe, one, switches, value, verb, verb_with,
};
use crate::policy::scan::Call;

const CHANGES: &str = "it changes the cluster or a machine in it; tai only shows their state";
const ELSEWHERE: &str = "it talks to another machine, or with another configuration";
const DETAILS: &[Flags] = &[switches("--details --inactive")];
const LIST_ALL: &[Flags] = &[switches("--all --inactive --name --uuid --title --autostart --no-autostart")];

/// Clusters, shared storage and virtual machines.
pub(super) const PROGRAMS: &[Program] = &[
    Program {
        name: "ceph",
        summary: "state of a Ceph cluster",
        flags: &[
            switches("-s --status"),
            value("-f --format", OneOf(&["plain", "json", "json-pretty"])),
            value("--connect-timeout", Number(1, 60)),
        ],
        verbs: &[
            verb("", Operands::None),
            verb("status", Operands::None),
            verb("health", Operands::None),
            verb("health detail", Operands::None),
            verb("df", Operands::None),
            verb("df detail", Operands::None),
            verb("osd tree|df|stat|perf|blocked-by", Operands::None),
            verb("osd pool ls", maybe(OneOf(&["detail"]))),
            verb("pg stat", Operands::None),
            verb("mon stat", Operands::None),
            verb("quorum_status", Operands::None),
            verb("fs ls|status", Operands::None),
            verb("version", Operands::None),
            verb("versions", Operands::None),
            verb("crash ls", Operands::None),
            verb("time-sync-status", Operands::None),
        ],
        requirements: &[Requirement::Special {
            what: "needs a subcommand or -s: without one, it waits for input",
            check: ceph_says_what,
        }],
        refused: &[
            ("auth config config-key tell daemon orch log", "it shows keys, or changes the cluster"),
            ("-w --watch --watch-debug -W", "it never ends; use -s"),
            ("-c --conf -k --keyring -m -n --name --id --user -i --in-file -o --out-file --setuser", ELSEWHERE),
        ],
        about: "--help -h -v --version",
        ..Program::PLAIN
    },
    Program {
        name: "pcs",
        summary: "state of a Pacemaker cluster",
        flags: &[switches("--full --hide-inactive")],
        verbs: &[
            verb("status", Operands::None),
            verb("status status|cluster|resources|nodes|corosync", Operands::None),
            verb("quorum status", Operands::None),
            verb("resource", Operands::None),
            verb("resource status", maybe(Named)),
            verb("constraint", Operands::None),
        ],
        refused: &[
            ("config stonith cluster property acl host auth client alert booth dr", "it shows passwords, or changes"),
            ("-u -p -f --debug --force --skip-offline --wait", ELSEWHERE),
        ],
        ..Program::PLAIN
    },
    Program {
        name: "crm_mon",
        summary: "state of a Pacemaker cluster, once",
        flags: &[switches(
            "-1 --one-shot -r --inactive -f --failcounts -n --group-by-node -A --show-node-attributes -R --show-detail -b --brief",
        )],
        requirements: &[Requirement::OneOf { flags: "-1 --one-shot", why: "it never ends" }],
        refused: &[
            ("-E --external-agent -e --external-recipient", "it starts a program"),
            ("-h --as-html -w --web-cgi -d --daemonize -p --pid-file", "it writes a file"),
        ],
        about: "--help --version",
        ..Program::PLAIN
    },
    Program {
        name: "corosync-quorumtool",
        summary: "votes and quorum of a cluster",
        flags: &[switches("-s -l -i")],
        requirements: &[Requirement::OneOf { flags: "-s -l", why: "other flags change votes, or never end" }],
        refused: &[("-e -v -n -m -f", CHANGES)],
        about: "-V",
        ..Program::PLAIN
    },
    Program {
        name: "corosync-cfgtool",
        summary: "links of a cluster",
        flags: &[switches("-s")],
        requirements: &[Requirement::OneOf { flags: "-s", why: "other flags change the cluster" }],
        refused: &[("-r -R -k -H -a -l -u -L", CHANGES)],
        about: "",
        ..Program::PLAIN
    },
    Program {
        name: "drbdadm",
        summary: "state of DRBD",
        syntax: Syntax::Words,
        verbs: &[
            verb("status", maybe(Named)),
            verb("cstate", one(Named)),
            verb("dstate", one(Named)),
            verb("role", one(Named)),
        ],
        refused: &[
            (
                "up down primary secondary attach detach connect disconnect invalidate create-md wipe-md adjust resize new-current-uuid \
                 suspend-io resume-io verify pause-sync resume-sync",
                CHANGES,
            ),
            ("-c --config-file -d -t --config-to-test --sh-varname", ELSEWHERE),
        ],
        about: "--version",
        ..Program::PLAIN
    },
    Program {
        name: "virsh",
        summary: "virtual machines, networks and pools of libvirt",
        flags: &[switches("-r --readonly -q --quiet")],
        verbs: &[
            verb_with("list", LIST_ALL, Operands::None),
            verb("dominfo", one(Names)),
            verb_with("domstate", &[switches("--reason")], one(Names)),
            verb("domblkerror", one(Names)),
            verb_with("domblklist", DETAILS, one(Names)),
            verb("domblkinfo", Operands::Many { kind: Names, min: 2, max: 2 }),
            verb("domiflist", one(Names)),
            verb("dommemstat", one(Names)),
            verb("domstats", maybe(Names)),
            verb("vcpuinfo", one(Names)),
            verb("vcpucount", one(Names)),
            verb_with("dumpxml", &[switches("--inactive")], one(Names)),
            verb("nodeinfo", Operands::None),
            verb("nodememstats", Operands::None),
            verb_with("net-list", LIST_ALL, Operands::None),
            verb("net-info", one(Names)),
            verb("net-dhcp-leases", one(Names)),
            verb_with("pool-list", &[switches("--all --inactive --details")], Operands::None),
            verb("pool-info", one(Names)),
            verb_with("vol-list", DETAILS, one(Names)),
            verb("snapshot-list", one(Names)),
            verb("version", Operands::None),
        ],
        refused: &[
            ("-c --connect -l --log -d --debug -e --escape -k -K", ELSEWHERE),
            ("--security-info", "it shows passwords"),
            (
                "start shutdown reboot reset destroy undefine define create save restore suspend resume managedsave migrate edit setmem \
                 setvcpus attach-device detach-device net-start net-destroy pool-start pool-destroy vol-delete qemu-monitor-command \
                 qemu-agent-command console event send-key set-user-password domblkerror-clear blockcommit snapshot-create",
                CHANGES,
            ),
            ("secret-list secret-get-value secret-dumpxml", "it shows secrets"),
        ],
        about: "--help --version -v -V",
        ..Program::PLAIN
    },
    Program {
        name: "lxc-ls",
        summary: "containers of LXC",
        flags: &[switches("-f --fancy -1 --line --running --stopped --active --frozen")],
        refused: &[("-P --lxcpath --rcfile -F --fancy-format -o --logfile", ELSEWHERE)],
        ..Program::PLAIN
    },
    Program {
        name: "vmware-toolbox-cmd",
        summary: "what VMware gives to, and takes from, this machine",
        verbs: &[
            verb("stat speed|balloon|swap|memlimit|memres|cpures|cpulimit|hosttime|sessionid", Operands::None),
            verb("timesync status", Operands::None),
        ],
        refused: &[("disk script logging config device upgrade", CHANGES)],
        about: "-v --version",
        ..Program::PLAIN
    },
    Program {
        name: "iscsiadm",
        summary: "sessions of iSCSI",
        flags: &[value("-m --mode", OneOf(&["session"])), value("-P --print", Number(0, 1))],
        requirements: &[Requirement::OneOf { flags: "-m --mode", why: "it needs to know what to show" }],
        refused: &[("-o --op -u --logout -l --login -R --rescan -S --show -k --killiscsid", CHANGES)],
        about: "--version",
        ..Program::PLAIN
    },
    Program {
        name: "rpcinfo",
        summary: "services of RPC on this host",
        flags: &[switches("-p -s")],
        operands: maybe(OneOf(&["localhost", "127.0.0.1", "::1"])),
        requirements: &[Requirement::OneOf { flags: "-p -s", why: "other flags call or delete services" }],
        refused: &[("-d -b -t -u -T -a -n -l -m", "it calls, broadcasts or deletes")],
        about: "",
        ..Program::PLAIN
    },
    Program {
        name: "nvidia-smi",
        summary: "graphics processors of NVIDIA: load, memory, errors",
        flags: &[
            switches("-q --query -x --xml-format -L --list-gpus"),
            value("-i --id", Names),
            value("-d --display", Names),
            attached("--query-gpu --query-compute-apps --query-retired-pages --query-remapped-rows --format", Label),
        ],
        verbs: &[
            verb("", Operands::None),
            verb_with("topo", &[switches("-m --matrix")], Operands::None),
            verb_with("nvlink", &[switches("-s --status -c --capabilities -e --errorcounters")], Operands::None),
        ],
        refused: &[
            ("-l --loop --loop-ms", "it never ends"),
            ("-f --filename --dtd --debug", "it writes a file"),
            ("-r --gpu-reset -p --reset-ecc-errors -e --ecc-config -c --compute-mode", "it changes the device"),
            ("dmon pmon daemon replay mig drain vgpu conf-compute", "it never ends, writes, or changes the device"),
        ],
        about: "--help -h --version",
        ..Program::PLAIN
    },
    Program {
        name: "klist",
        summary: "principals that a keytab or a cache of Kerberos holds",
        flags: &[switches("-k -e -t")],
        operands: maybe(Listed),
        refused: &[("-K", "it shows keys"), ("-c -l -A -s -a -f -i", "it looks at other caches")],
        about: "-V",
        ..Program::PLAIN
    },
    Program {
        name: "realm",
        summary: "domains that the host joined",
        verbs: &[verb_with("list", &[switches("--name-only -a --all")], maybe(Named))],
        refused: &[("join leave discover permit deny renew", CHANGES)],
        about: "",
        ..Program::PLAIN
    },
    Program {
        name: "sssctl",
        summary: "domains of SSSD",
        verbs: &[verb("domain-list", Operands::None)],
        refused: &[
            (
                "cache-remove cache-upgrade cache-expire logs-remove logs-fetch client-data-backup client-data-restore",
                CHANGES,
            ),
            ("user-checks debug-level analyze", "it authenticates, or changes"),
        ],
        about: "--help",
        ..Program::PLAIN
    },
];

fn ceph_says_what(call: &Call<'_>) -> Result<(), Denied> {
    if !call.operands.is_empty() || call.has("-s --status") {
        return Ok(());
    }
    Err(Denied::new(Rule::Missing, "ceph needs a subcommand or `-s`: without one, it waits for input"))
}
