//! Units and daemons, jobs that run at a time, and mail.

use crate::Category::{Cpu, Databases, Disk, General, Kernel, Memory, Network, Service, Web};
use crate::{Collector, Family, When};

use super::USUAL;

pub(super) const ROWS: &[Collector] = &[
    Collector {
        id: "failed-units",
        categories: &[Service, General],
        command: "systemctl list-units --failed --all --full --plain --no-legend --no-pager",
        when: &[When::Systemd],
        value: 10,
        why: "what systemd gave up on",
        ..USUAL
    },
    Collector {
        id: "unit-status",
        categories: &[Service, General],
        command: "systemctl status {unit} --full --lines=30 --no-pager",
        when: &[When::Systemd],
        value: 10,
        why: "state, main process, exit status and last lines of the unit in question",
        ..USUAL
    },
    Collector {
        id: "unit-journal",
        categories: &[Service, General],
        command: "journalctl -u {unit} -n 500 -o short-iso --no-pager",
        when: &[When::Systemd],
        value: 10,
        timeout_s: 20,
        why: "what the unit itself said, and systemd of it",
        ..USUAL
    },
    Collector {
        id: "unit-journal-onset",
        categories: &[Service, General],
        command: "journalctl -u {unit} {onset} -n 300 -o short-iso --no-pager",
        when: &[When::Systemd],
        value: 9,
        timeout_s: 20,
        why: "what the unit said when the trouble began, of which its newest lines may tell nothing",
        ..USUAL
    },
    Collector {
        id: "unit-properties",
        categories: &[Service],
        command: "systemctl show {unit} -p \
                  Result,ExecMainStatus,NRestarts,MemoryMax,LimitNOFILE,User,ProtectSystem,ReadWritePaths",
        when: &[When::Systemd],
        value: 8,
        why: "restarts, limits and the result, exact",
        ..USUAL
    },
    Collector {
        id: "unit-file",
        categories: &[Service],
        command: "systemctl cat {unit} --no-pager",
        when: &[When::Systemd],
        value: 8,
        why: "the command, user and dependencies that the unit is told, drop-ins included",
        ..USUAL
    },
    Collector {
        id: "unit-limits",
        categories: &[Service, Memory, Cpu, Databases, Web],
        command: "systemctl show {unit} -p \
                  ControlGroup,ActiveEnterTimestamp,InactiveEnterTimestamp,ExecMainStartTimestamp,ExecMainExitTimestamp,MemoryCurrent,MemoryPeak,MemoryHigh,MemoryMax,MemoryLimit,MemorySwapMax,TasksCurrent,TasksMax,CPUQuotaPerSecUSec,LimitNPROC,LimitNOFILE,LimitMEMLOCK,OOMPolicy,OOMScoreAdjust,TimeoutStartUSec,WatchdogUSec,RestartUSec,StartLimitBurst,UnitFileState,FragmentPath,DropInPaths,NeedDaemonReload",
        when: &[When::Systemd],
        value: 7,
        why: "when the unit started and ended, what it uses of its limits on memory, tasks and CPU, and whether \
                  its file changed since it was loaded",
        ..USUAL
    },
    Collector {
        id: "unit-cgroup",
        categories: &[Service, Memory, Cpu],
        command: "grep -Hs . /sys/fs/cgroup/system.slice/{unit}/memory.events \
                  /sys/fs/cgroup/system.slice/{unit}/memory.current /sys/fs/cgroup/system.slice/{unit}/memory.max \
                  /sys/fs/cgroup/system.slice/{unit}/memory.pressure /sys/fs/cgroup/system.slice/{unit}/cpu.stat \
                  /sys/fs/cgroup/system.slice/{unit}/cpu.pressure /sys/fs/cgroup/system.slice/{unit}/io.pressure \
                  /sys/fs/cgroup/system.slice/{unit}/pids.events \
                  /sys/fs/cgroup/memory/system.slice/{unit}/memory.failcnt \
                  /sys/fs/cgroup/memory/system.slice/{unit}/memory.oom_control \
                  /sys/fs/cgroup/cpu/system.slice/{unit}/cpu.stat",
        when: &[When::Systemd],
        value: 7,
        why: "whether the unit was throttled on CPU, ran into its memory limit or was killed for it (oom_kill), \
                  or was refused a fork",
        ..USUAL
    },
    Collector {
        id: "unit-starts",
        categories: &[Service],
        command: "journalctl -u {unit} -t systemd -n 200 -o short-iso --no-pager",
        when: &[When::Systemd],
        value: 7,
        timeout_s: 20,
        why: "every start, stop, failure and restart of the unit, further back than its own words reach",
        ..USUAL
    },
    Collector {
        id: "unit-errors",
        categories: &[Service],
        command: "journalctl -u {unit} -p err -n 200 -o short-iso --no-pager",
        when: &[When::Systemd],
        value: 6,
        timeout_s: 20,
        why: "errors of a unit that writes so much that they scroll away",
        ..USUAL
    },
    Collector {
        id: "unit-dependencies",
        categories: &[Service],
        command: "systemctl list-dependencies {unit} --no-pager",
        when: &[When::Systemd],
        value: 4,
        why: "what the unit needs to be up before it: a dependency that failed",
        ..USUAL
    },
    Collector {
        id: "units-in-motion",
        categories: &[Service, General],
        command: "systemctl list-units --state=activating,deactivating,reloading,auto-restart --all --full --plain \
                  --no-legend --no-pager",
        when: &[When::Systemd],
        value: 7,
        why: "units that restart in a loop, hang while they start, or do not stop",
        ..USUAL
    },
    Collector {
        id: "jobs",
        categories: &[Service, Kernel],
        command: "systemctl list-jobs --full --no-pager",
        when: &[When::Systemd],
        value: 6,
        why: "a job that systemd still waits for: a start or boot that hangs",
        ..USUAL
    },
    Collector {
        id: "system-state",
        categories: &[Service],
        command: "systemctl is-system-running",
        when: &[When::Systemd],
        value: 4,
        why: "whether the host finished booting, is degraded or in maintenance",
        ..USUAL
    },
    Collector {
        id: "timers",
        categories: &[Service],
        command: "systemctl list-timers --all --full --no-pager",
        when: &[When::Systemd],
        value: 6,
        why: "when each timer ran last and runs next: a scheduled job that did not run",
        ..USUAL
    },
    Collector {
        id: "disabled-units",
        categories: &[Service],
        command: "systemctl list-unit-files --type=service --state=masked,disabled --no-pager",
        when: &[When::Systemd],
        value: 4,
        why: "services that are masked or disabled, and so do not start after a reboot",
        ..USUAL
    },
    Collector {
        id: "sockets-of-systemd",
        categories: &[Network],
        command: "systemctl list-sockets --all --full --no-pager",
        when: &[When::Systemd],
        value: 3,
        why: "ports and sockets that systemd itself holds for a service",
        ..USUAL
    },
    Collector {
        id: "crashes",
        categories: &[Service, Kernel, Memory],
        command: "coredumpctl list --no-pager",
        when: &[When::Systemd],
        value: 8,
        why: "programs that crashed with a core dump: segmentation fault, abort, and when",
        ..USUAL
    },
    Collector {
        id: "last-crash",
        categories: &[Service, Kernel],
        command: "coredumpctl info -1 --no-pager",
        when: &[When::Systemd],
        value: 6,
        why: "the stack of the newest crash: which library or function it died in",
        ..USUAL
    },
    Collector {
        id: "boot-time",
        categories: &[Kernel],
        command: "systemd-analyze critical-chain --no-pager",
        when: &[When::Systemd],
        value: 4,
        why: "what held up the boot",
        ..USUAL
    },
    Collector {
        id: "boot-blame",
        categories: &[Kernel],
        command: "systemd-analyze blame --no-pager",
        when: &[When::Systemd],
        value: 4,
        why: "how long each unit took to start: a slow boot",
        ..USUAL
    },
    Collector {
        id: "openrc-status",
        categories: &[Service, General],
        command: "rc-status --all",
        when: &[When::OpenRc],
        value: 10,
        why: "state of every service under OpenRC: crashed, stopped, started",
        ..USUAL
    },
    Collector {
        id: "openrc-failed",
        categories: &[Service, General],
        command: "ls -la /run/openrc/failed /run/openrc/starting /run/openrc/stopping /run/openrc/started",
        when: &[When::OpenRc],
        value: 8,
        why: "services that OpenRC could not start, or that hang in starting",
        ..USUAL
    },
    Collector {
        id: "openrc-levels",
        categories: &[Service],
        command: "rc-update show -v",
        when: &[When::OpenRc],
        why: "which services start at which run level under OpenRC",
        ..USUAL
    },
    Collector {
        id: "openrc-log",
        categories: &[Service],
        command: "tail -n 300 /var/log/rc.log",
        when: &[When::OpenRc],
        value: 6,
        why: "what OpenRC printed while it started the services",
        ..USUAL
    },
    Collector {
        id: "openrc-settings",
        categories: &[Service],
        command: "grep -HsvE '^[[:space:]]*(#|;|$)' /etc/rc.conf",
        when: &[When::OpenRc],
        value: 3,
        why: "how OpenRC starts services: parallel, depend, cgroups, limits",
        ..USUAL
    },
    Collector {
        id: "sysv-services",
        categories: &[Service],
        command: "ls -la /etc/init.d /etc/rc2.d /etc/rc3.d",
        when: &[When::NoSystemd, When::NoProgram("rc-status")],
        value: 4,
        why: "which services start at boot on a host with neither systemd nor OpenRC",
        ..USUAL
    },
    Collector {
        id: "file-limits",
        categories: &[Service, Memory],
        command: "sysctl -e fs.file-nr fs.file-max fs.nr_open fs.inotify.max_user_watches \
                  fs.inotify.max_user_instances fs.aio-nr fs.aio-max-nr kernel.pid_max kernel.threads-max",
        value: 6,
        why: "too many open files, no inotify watches left, no process ids left: use and limits of the whole host",
        ..USUAL
    },
    Collector {
        id: "limits-configured",
        categories: &[Service],
        command: "grep -HsvE '^[[:space:]]*(#|;|$)' /etc/security/limits.conf /etc/systemd/system.conf \
                  /etc/systemd/user.conf",
        value: 4,
        why: "ulimit and default limits of services: open files, processes, locked memory",
        ..USUAL
    },
    Collector {
        id: "pid-limits",
        categories: &[Service, Memory],
        command: "cat /proc/{pid}/limits",
        value: 6,
        why: "the limits that hold for the process: open files, processes, memory",
        ..USUAL
    },
    Collector {
        id: "pid-status",
        categories: &[Service, Memory],
        command: "cat /proc/{pid}/status",
        value: 6,
        why: "state, threads, memory and user of the process",
        ..USUAL
    },
    Collector {
        id: "pid-process",
        categories: &[Service, Cpu, Memory],
        command: "ps -p {pid} -o pid,ppid,user,stat,nlwp,rss,vsz,pcpu,wchan:32,lstart,args",
        when: &[When::Program("vmstat")],
        value: 7,
        why: "what the process is, since when it runs, and what it waits for",
        ..USUAL
    },
    Collector {
        id: "pid-files",
        categories: &[Service],
        command: "ls -l /proc/{pid}/fd",
        as_root: true,
        why: "which files and sockets the process has open: a leak of descriptors",
        ..USUAL
    },
    Collector {
        id: "pid-threads",
        categories: &[Service, Cpu],
        command: "ps -L -p {pid} -o tid,stat,pcpu,wchan:32,comm",
        when: &[When::Program("vmstat")],
        value: 4,
        why: "which thread of the process is busy, and where the others wait",
        ..USUAL
    },
    Collector {
        id: "unix-sockets",
        categories: &[Service, Web, Databases],
        command: "ss -xlp",
        value: 3,
        why: "which socket files somebody listens on: php-fpm, database, docker",
        ..USUAL
    },
    Collector {
        id: "file-locks",
        categories: &[Disk],
        command: "lslocks",
        value: 3,
        why: "a process that waits for a lock on a file, and who holds it",
        ..USUAL
    },
    Collector {
        id: "cron-journal",
        categories: &[Service],
        command: "journalctl -t CRON -t cron -t crond -t crontab -t anacron -n 300 -o short-iso --no-pager",
        when: &[When::Systemd],
        value: 6,
        timeout_s: 20,
        why: "which cron jobs ran when, and errors of cron itself",
        ..USUAL
    },
    Collector {
        id: "cron-log",
        categories: &[Service],
        command: "tail -n 300 /var/log/cron",
        when: &[When::Family(Family::Redhat)],
        as_root: true,
        value: 6,
        why: "which cron jobs ran when (Red Hat family)",
        ..USUAL
    },
    Collector {
        id: "crontab",
        categories: &[Service],
        command: "grep -HsvE '^[[:space:]]*(#|;|$)' /etc/crontab /etc/anacrontab /etc/cron.allow /etc/cron.deny",
        value: 4,
        why: "the host's cron jobs, with user and time",
        ..USUAL
    },
    Collector {
        id: "cron-directories",
        categories: &[Service],
        command: "ls -la /etc/cron.d /etc/cron.hourly /etc/cron.daily /var/spool/cron",
        value: 4,
        why: "cron jobs by file: a wrong mode or a dot in the name, and the job never runs",
        ..USUAL
    },
    Collector {
        id: "supervisor",
        categories: &[Service],
        command: "supervisorctl status",
        as_root: true,
        value: 8,
        why: "programs under supervisord: FATAL, BACKOFF, uptime",
        ..USUAL
    },
    Collector {
        id: "supervisor-log",
        categories: &[Service],
        command: "tail -n 300 /var/log/supervisor/supervisord.log",
        when: &[When::Program("supervisord")],
        value: 7,
        why: "why supervisord gave up on a program: exit status, entered FATAL state",
        ..USUAL
    },
    Collector {
        id: "cluster-status",
        categories: &[Service],
        command: "crm_mon -1",
        as_root: true,
        value: 9,
        timeout_s: 20,
        why: "resources of a Pacemaker cluster: failed actions, node offline, no quorum",
        ..USUAL
    },
    Collector {
        id: "cluster-log",
        categories: &[Service],
        command: "journalctl -u pacemaker -u corosync -u pcsd -n 300 -o short-iso --no-pager",
        when: &[When::Systemd, When::Program("crm_mon")],
        value: 7,
        timeout_s: 20,
        why: "a node that was fenced, a token that was lost, a resource that failed over",
        ..USUAL
    },
    Collector {
        id: "mail-queue",
        categories: &[Service],
        command: "postqueue -p",
        value: 7,
        timeout_s: 20,
        max_kib: 512,
        why: "mails that wait, and the reason: deferred, connection refused, unknown",
        ..USUAL
    },
    Collector {
        id: "mail-queue-other",
        categories: &[Service],
        command: "mailq",
        instead_of: Some("mail-queue"),
        value: 7,
        timeout_s: 20,
        max_kib: 512,
        why: "mails that wait, where the mail server is not Postfix",
        ..USUAL
    },
    Collector {
        id: "postfix-settings",
        categories: &[Service],
        command: "postconf -n",
        value: 6,
        why: "settings of Postfix that are not the default: relay host, TLS, limits",
        ..USUAL
    },
    Collector {
        id: "mail-log-debian",
        categories: &[Service],
        command: "tail -n 300 /var/log/mail.log",
        when: &[When::Family(Family::Debian), When::Program("postqueue")],
        value: 7,
        why: "what the mail server says: bounced, deferred, rejected (Debian family)",
        ..USUAL
    },
    Collector {
        id: "mail-log-redhat",
        categories: &[Service],
        command: "tail -n 300 /var/log/maillog",
        when: &[When::Family(Family::Redhat), When::Program("postqueue")],
        as_root: true,
        value: 7,
        why: "what the mail server says: bounced, deferred, rejected (Red Hat family)",
        ..USUAL
    },
    Collector {
        id: "mail-log-suse",
        categories: &[Service],
        command: "tail -n 300 /var/log/mail",
        when: &[When::Family(Family::Suse), When::Program("postqueue")],
        as_root: true,
        value: 7,
        why: "what the mail server says: bounced, deferred, rejected (SUSE)",
        ..USUAL
    },
    Collector {
        id: "exim-log",
        categories: &[Service],
        command: "tail -n 300 /var/log/exim4/mainlog",
        when: &[When::Program("exim4")],
        as_root: true,
        value: 7,
        why: "what Exim says: frozen, retry timeout, rejected",
        ..USUAL
    },
];
