//! What to do instead of what is denied most: looked up by program, by program and word, and by character.

/// What to do instead of a program that is not allowed at all.
const PROGRAMS: &[(&str, &str)] = &[
    ("sudo su doas pkexec", "give the program alone; with --sudo, tai puts sudo before what needs it"),
    ("tcpdump tshark", "`ss -tin`, `nstat -as` and `ethtool -S INTERFACE` show retransmissions, drops and errors"),
    (
        "strace ltrace gdb pstack perf",
        "`cat /proc/PID/stack`, `ps -o pid,stat,wchan:32,cmd -p PID` and `lsof -p PID` show where it waits",
    ),
    ("vi vim nvim nano emacs less more view man", "`cat FILE`, `head -n 100 FILE` or `tail -n 100 FILE`"),
    ("htop atop nmon", "`top -b -n 1`, or `ps aux --sort=-%cpu`"),
    (
        "awk gawk mawk sed",
        "`grep -oE PATTERN FILE` cuts out, `head -n` and `tail -n` take ranges; tai reads whole output, so nothing has to be cut",
    ),
    ("jq yq", "`docker inspect -f` and `kubectl get -o jsonpath=` choose fields; tai reads whole output"),
    (
        "sort uniq cut tr column tac nl xargs tee",
        "ask for order at the source: `ps --sort`, `ls -S`, `ls -t`, `du -d 1`, `journalctl -r`",
    ),
    (
        "curl wget nc ncat netcat socat telnet",
        "`ss -tlnp` shows who listens, `ss -tn` who is connected, `journalctl -u UNIT` what the server says",
    ),
    ("ssh scp sftp rsync", "name the other host to tai, with --host"),
    ("bash sh dash zsh ksh python python3 perl ruby php node", "give each command by itself, without a script"),
    ("env printenv export set", "`systemctl cat UNIT` shows what a unit sets; environments hold secrets"),
    ("watch", "`vmstat 1 5`, `iostat -xz 1 3` and `pidstat 1 3` repeat by themselves, and end"),
    ("timeout nice ionice nohup time", "give the program alone; tai has a time limit of its own"),
    ("mysql mariadb", "`mysqladmin status`, `mysqladmin processlist`, `mysqladmin extended-status`"),
    ("psql", "`pg_isready`, `pg_lsclusters`, and the logs below /var/log/postgresql"),
    ("service", "`systemctl status UNIT`, or `rc-status` where there is no systemd"),
    ("apt-get", "`apt list --upgradable`, `apt-cache policy PACKAGE`, `dpkg -l`"),
    (
        "apachectl apache2ctl",
        "`journalctl -u apache2 -n 50` (or httpd) says what the last test found; the settings can be read with cat",
    ),
    (
        "rm mv cp ln chmod chown truncate mkdir touch",
        "tai changes nothing: `ls -l`, `stat` and `du -d 1` show what there is, so that a person can decide",
    ),
    ("kill killall pkill", "`ps -fp PID` and `lsof -p PID` show what it does; a person ends it"),
    ("reboot shutdown halt poweroff init", "`last -x reboot` and `uptime -s` tell of reboots; a person does one"),
    ("diff", "cat both files"),
    ("docker-compose nerdctl ctr", "`docker ps`, `docker logs --tail 100 NAME`, `crictl ps -a`"),
];

/// What to do instead of one word of a program that is allowed.
const WORDS: &[(&str, &str, &str)] = &[
    ("tail", "-f -F --follow --retry", "`tail -n 100 FILE`, and again later"),
    ("journalctl", "-f --follow", "`journalctl -n 100 -u UNIT`, or --since '10 minutes ago'"),
    ("dmesg", "-w -W --follow --follow-new -H --human", "`dmesg -T`, or `journalctl -k -n 100`"),
    (
        "systemctl",
        "start stop restart reload kill enable disable mask daemon-reload reset-failed",
        "`systemctl status UNIT` and `journalctl -u UNIT -n 100` show why; a person changes it",
    ),
    ("systemctl", "show", "`systemctl show -p ActiveState,Result,NRestarts,ExecMainStatus UNIT`"),
    ("systemctl", "edit", "`systemctl cat UNIT`"),
    ("nginx", "-t -T", "`journalctl -u nginx -n 50` and `tail /var/log/nginx/error.log` say what the last test found"),
    ("nginx", "-s", "`systemctl status nginx`; a person reloads it"),
    ("httpd apache2", "-t -S -M", "`journalctl -n 50 -u httpd` (or apache2); the settings can be read with cat"),
    ("top", "-b -n", "`top -b -n 1`"),
    (
        "find",
        "-exec -execdir -ok -okdir -delete -fprint -fls -fprintf",
        "`find ... -ls` or -printf shows what it finds",
    ),
    (
        "grep egrep fgrep",
        "-r -R --recursive",
        "`grep -r PATTERN /var/log`, or below /etc/nginx and the like with --include='*.conf'",
    ),
    ("docker podman", "exec attach run", "`docker top NAME`, `docker logs --tail 100 NAME` and `docker inspect NAME`"),
    (
        "docker podman",
        "restart stop start kill rm",
        "`docker inspect -f '{{json .State}}' NAME` shows why it is so; a person changes it",
    ),
    ("docker podman crictl", "-f --follow", "`logs --tail 100`"),
    ("kubectl", "exec attach debug port-forward proxy", "`kubectl describe`, `kubectl logs` and `kubectl get events`"),
    (
        "kubectl",
        "delete apply edit scale patch rollout cordon drain",
        "`kubectl describe` and `kubectl get events --sort-by=.lastTimestamp` show why; a person changes it",
    ),
    ("kubectl", "-f --follow", "`kubectl logs --tail=100`"),
    ("kubectl", "-w --watch", "`kubectl get` without it, and again later"),
    (
        "iptables ip6tables nft",
        "-A -D -F -I -Z add delete flush",
        "`iptables -S`, `iptables -L -n -v`, `nft list ruleset`",
    ),
    ("ip", "set add del delete flush", "`ip -s link`, `ip addr`, `ip route`"),
    ("sysctl", "-w -p --system", "`sysctl NAME` reads it"),
    ("ss", "-K --kill -E --events", "`ss -tanp`"),
    ("dnf yum", "check-update list info search provides updateinfo", "with -C, from the cache: `dnf -C check-update`"),
    (
        "dnf yum zypper apt",
        "install remove update upgrade",
        "`rpm -qa --last`, `dnf history`, `apt list --upgradable`; a person installs",
    ),
];

/// What to do instead of what a shell would act on.
const CHARACTERS: &[(char, &str)] = &[
    (
        '|',
        "run the first command alone and ask it for less: `grep PATTERN FILE`, `journalctl -g PATTERN -n 100`, `ps --sort=-%mem`; tai reads whole output",
    ),
    (
        '>',
        "leave the redirection out: standard error is kept, and `--out DIR` of tai collect keeps output on your side",
    ),
    ('<', "name the file as an operand"),
    (';', "give each command by itself"),
    ('&', "give each command by itself; tai waits for it"),
    ('$', "run the inner command first and write its result; a variable is written as its value"),
    ('`', "run the inner command first and write its result"),
    (
        '*',
        "`find DIRECTORY -maxdepth 1 -name 'PATTERN'` names the files; in single quotes, a program gets the pattern itself",
    ),
    ('~', "write the path from /, as in /root or /home/NAME"),
];

/// The hint for a program, or for a program with one of its words.
pub(super) fn of_words(words: &[String]) -> Option<&'static str> {
    let (first, rest) = words.split_first()?;
    let name = first.rsplit('/').next().unwrap_or(first);
    let has = |names: &str, word: &str| names.split(' ').any(|known| known == word);
    let of_program = PROGRAMS.iter().find(|(names, _)| has(names, name)).map(|(_, hint)| *hint);
    let of_word = || {
        let mine = WORDS.iter().filter(|(names, ..)| has(names, name));
        mine.filter(|(_, known, _)| rest.iter().any(|word| has(known, word))).map(|(.., hint)| *hint).next()
    };
    of_program.or_else(of_word)
}

/// The hint for the character that a reason names: `` `|` is not allowed ... ``.
pub(super) fn of_reason(reason: &str) -> Option<&'static str> {
    let c = reason.strip_prefix('`')?.chars().next()?;
    CHARACTERS.iter().find(|(known, _)| *known == c).map(|(_, hint)| *hint)
}
