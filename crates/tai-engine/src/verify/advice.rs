//! What the commands of a recommendation would do.

use serde::Serialize;
use tai_ssh::Policy;

use super::Problem;
use super::particular::has_word;
use super::quotation::quotations;
use super::risk::{READERS, is_known, risk, risk_of_verb};
use super::shell::{Line, Simple, parse};

/// A command that is recommended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// As it stands in the text.
    pub command: String,
    /// What it does to the host.
    pub effect: Effect,
}

/// What a recommendation does to a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Effect {
    /// The policy allows it: tai itself may run it.
    Runnable,
    /// It only reads, and is nothing that tai runs: it needs a terminal, does not end, or takes a shell.
    Reads,
    /// It changes the host.
    Changes {
        /// What may happen.
        risk: String,
    },
}

/// Judges commands by what was said and collected.
pub(crate) struct Advisor<'a> {
    pub(crate) policy: &'a Policy,
    /// Texts in which hosts and paths may be named: the prompt, the runbooks.
    pub(crate) input: Vec<&'a str>,
}

impl Advisor<'_> {
    /// The commands in a recommendation with what each does, and what is wrong with them.
    pub(crate) fn judge(&self, text: &str) -> (Vec<Advice>, Vec<Problem>) {
        let mut advice: Vec<Advice> = Vec::new();
        let mut problems = Vec::new();
        for command in self.commands(text) {
            let Some(line) = parse(&command) else {
                problems.push(Problem::NotACommand { command });
                continue;
            };
            if runs_a_download(&line) {
                problems.push(Problem::RunsADownload { command: command.clone() });
            }
            let unknown = line.commands.iter().flat_map(|simple| self.unknown_targets(simple));
            problems.extend(unknown.map(|target| Problem::UnknownTarget { target }));
            let effect = self.effect(&line);
            advice.push(Advice { command, effect });
        }
        if advice.is_empty()
            && let Some(risk) =
                text.split_whitespace().next().and_then(|word| risk_of_verb(word.trim_matches(['*', ':', ','])))
        {
            advice.push(Advice { command: String::new(), effect: Effect::Changes { risk: risk.to_owned() } });
        }
        problems.dedup();
        (advice, problems)
    }

    /// What is marked as code and begins with a program; and where nothing is, the text itself when it does.
    fn commands(&self, text: &str) -> Vec<String> {
        let marked = quotations(text).into_iter().filter(|quotation| quotation.is_code);
        let mut commands: Vec<String> =
            marked.map(|quotation| bare(quotation.text)).filter(|code| self.is_command(code)).collect();
        if commands.is_empty() {
            let behind_colon = text.split_once(": ").map(|(_, rest)| rest);
            let behind_run = ["run ", "Run ", "execute ", "Execute "]
                .iter()
                .find_map(|verb| text.split_once(verb))
                .map(|(_, rest)| rest);
            let candidates = [Some(text), behind_colon, behind_run].into_iter().flatten().map(bare);
            commands.extend(candidates.filter(|text| self.is_command(text) && text.contains(' ')).take(1));
        }
        commands.dedup();
        commands
    }

    fn is_command(&self, text: &str) -> bool {
        // Quotes that are not closed make no command of it, but do not make it anything else.
        let words = parse(text).map_or_else(
            || text.split_whitespace().map(str::to_owned).collect(),
            |line| line.commands.into_iter().next().map(|simple| simple.words).unwrap_or_default(),
        );
        let words = without_prefix(&words);
        let Some(program) = words.first().map(|word| word.rsplit('/').next().unwrap_or(word)) else { return false };
        // A unit, a package and a program may have one name: alone it is none to run, but where it is dangerous by itself.
        self.is_known(program) && (words.len() > 1 || matches!(program, "reboot" | "poweroff" | "halt" | "shutdown"))
    }

    fn is_known(&self, program: &str) -> bool {
        let is_listed = || self.policy.programs().iter().any(|known| known.name() == program);
        is_known(program) || READERS.contains(&program) || is_listed()
    }

    fn effect(&self, line: &Line) -> Effect {
        let each = line.commands.iter().map(|simple| self.effect_of(simple));
        let worst = each.max_by_key(|effect| match effect {
            Effect::Runnable => 0,
            Effect::Reads => 1,
            Effect::Changes { .. } => 2,
        });
        match worst {
            Some(Effect::Runnable) if line.commands.len() > 1 || line.substitutes => Effect::Reads,
            Some(effect) => effect,
            None => Effect::Reads,
        }
    }

    fn effect_of(&self, simple: &Simple) -> Effect {
        let changes = |risk: &str| Effect::Changes { risk: risk.to_owned() };
        if simple.writes.iter().any(|file| file != "/dev/null") {
            return changes("overwrites or extends a file");
        }
        let words = without_prefix(&simple.words);
        let Some((program, arguments)) = words.split_first() else { return Effect::Reads };
        // What a person is to fill in may be anything.
        if self.policy.check_words(words).is_ok() {
            let is_whole = simple.writes.is_empty() && !words.iter().any(|word| word.starts_with('<'));
            return if is_whole && !simple.is_piped { Effect::Runnable } else { Effect::Reads };
        }
        match risk(program, arguments) {
            Some("reads only") => Effect::Reads,
            Some(risk) => changes(risk),
            // It is known, and what it is told to do is none of the things that change a host.
            None if self.is_known(program) => Effect::Reads,
            None => changes("tai does not know what it does"),
        }
    }

    /// Paths and hosts of a command that nobody spoke of.
    fn unknown_targets(&self, simple: &Simple) -> Vec<String> {
        let words = without_prefix(&simple.words);
        let operands = words.iter().skip(1).chain(&simple.writes).map(|word| {
            let value = word.rsplit('=').next().unwrap_or(word);
            // As Postfix writes a host that is not to be looked up.
            value.strip_prefix('[').and_then(|rest| rest.split(']').next()).unwrap_or(value)
        });
        let unknown =
            |target: &&str| (is_path(target) && !is_common(target) || is_host(target)) && !self.is_named(target);
        operands.filter(unknown).map(str::to_owned).collect()
    }

    fn is_named(&self, target: &str) -> bool {
        let host = target.rsplit('@').next().unwrap_or(target);
        let host = host.split_once("://").map_or(host, |(_, rest)| rest.split(['/', ':']).next().unwrap_or(rest));
        let stem = host.split(['*', '?', '<']).next().unwrap_or(host).trim_end_matches('/');
        self.input.iter().any(|text| has_word(text, host) || (stem.len() > 1 && text.contains(stem)))
    }
}

/// Without `$ ` or `# ` of a prompt, and without the full stop of the sentence.
fn bare(text: &str) -> String {
    let text = text.trim();
    let text = text.strip_prefix("$ ").or_else(|| text.strip_prefix("# ")).unwrap_or(text);
    text.strip_suffix('.').unwrap_or(text).to_owned()
}

/// The words behind what runs another command as it is: `sudo`, `nice`, assignments.
fn without_prefix(words: &[String]) -> &[String] {
    let mut words = words;
    while let Some((first, rest)) = words.split_first() {
        let takes_value: &[&str] = match first.as_str() {
            "sudo" | "doas" => &["-u", "-g", "-U"],
            "nice" => &["-n"],
            "ionice" => &["-c", "-n"],
            "timeout" => &["-k", "-s"],
            "nohup" | "time" | "env" | "stdbuf" | "command" | "exec" => &[],
            word if is_assignment(word) && !rest.is_empty() => &[],
            _ => return words,
        };
        let mut skipped = 0;
        while let Some(option) = rest.get(skipped).filter(|word| word.starts_with('-') && word.len() > 1) {
            skipped += if takes_value.contains(&option.as_str()) { 2 } else { 1 };
        }
        let has_duration =
            first == "timeout" && rest.get(skipped).is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit()));
        words = rest.get(skipped + usize::from(has_duration)..).unwrap_or_default();
    }
    words
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

/// `curl … | sh`, `sh -c "$(curl …)"`, `bash <(curl …)`, `wget -O- … | sudo python3`.
fn runs_a_download(line: &Line) -> bool {
    let program = |simple: &Simple| {
        without_prefix(&simple.words).first().map(|word| word.rsplit('/').next().unwrap_or(word).to_owned())
    };
    let is_shell = |simple: &Simple| {
        program(simple).is_some_and(|name| {
            ["sh", "bash", "zsh", "dash", "ksh", "perl", "ruby", "node", "source", "eval", ".", "php"]
                .contains(&name.as_str())
                || name.starts_with("python")
        })
    };
    let downloads = |simple: &Simple| {
        program(simple).is_some_and(|name| ["curl", "wget", "fetch", "aria2c"].contains(&name.as_str()))
    };
    let first = line.commands.iter().position(downloads);
    first.is_some_and(|first| line.commands[first..].iter().any(|simple| simple.is_piped && is_shell(simple)))
        || (line.substitutes && line.commands.iter().any(is_shell))
}

fn is_path(word: &str) -> bool {
    word.starts_with('/') && word.len() > 1
}

/// A directory that every host has (FHS 3.0) says nothing about this one.
fn is_common(path: &str) -> bool {
    const COMMON: &[&str] = &[
        "/bin",
        "/boot",
        "/dev",
        "/dev/null",
        "/dev/zero",
        "/etc",
        "/etc/fstab",
        "/etc/hosts",
        "/etc/resolv.conf",
        "/etc/passwd",
        "/etc/group",
        "/home",
        "/lib",
        "/media",
        "/mnt",
        "/opt",
        "/proc",
        "/root",
        "/run",
        "/sbin",
        "/srv",
        "/sys",
        "/tmp",
        "/usr",
        "/var",
        "/var/cache",
        "/var/lib",
        "/var/log",
        "/var/spool",
        "/var/tmp",
        "/var/log/syslog",
        "/var/log/messages",
    ];
    let bare = path.trim_end_matches('/');
    COMMON.contains(&bare) || ["/proc/", "/sys/"].iter().any(|tree| path.starts_with(tree))
}

/// Endings of files and units, which no host's name has.
const FILES: &[&str] = &[
    "service",
    "socket",
    "mount",
    "timer",
    "target",
    "slice",
    "scope",
    "path",
    "conf",
    "cnf",
    "cfg",
    "ini",
    "log",
    "gz",
    "txt",
    "sh",
    "py",
    "yaml",
    "yml",
    "json",
    "toml",
    "xml",
    "pem",
    "crt",
    "key",
    "d",
    "so",
    "sql",
    "db",
    "pid",
    "lock",
    "conf.d",
    "deb",
    "rpm",
    "list",
    "service.d",
    "md",
    "html",
    "php",
    "jar",
    "js",
    "rules",
    "dump",
    "bak",
    "old",
    "err",
    "out",
    "tar",
    "zst",
    "xz",
];

/// An address, or names with dots of which the last is no ending of a file or a unit.
fn is_host(word: &str) -> bool {
    let word = word.rsplit('@').next().unwrap_or(word);
    let word = word.split_once("://").map_or(word, |(_, rest)| rest);
    let host = word.split(['/', ':']).next().unwrap_or(word);
    let labels: Vec<&str> = host.split('.').collect();
    let is_label = |label: &&str| !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let is_address = labels.len() == 4 && labels.iter().all(|label| label.parse::<u8>().is_ok());
    let is_name = labels.len() > 1
        && labels.iter().all(is_label)
        && labels.last().is_some_and(|last| {
            last.len() > 1 && last.chars().all(|c| c.is_ascii_lowercase()) && !FILES.contains(last)
        });
    // Keys of sysctl(8) have dots as well.
    let is_key = ["net.", "vm.", "kernel.", "fs.", "dev.", "user."].iter().any(|tree| host.starts_with(tree));
    (is_address && host != "0.0.0.0" && !host.starts_with("127.")) || (is_name && !is_key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(text: &str) -> (Vec<(String, &'static str)>, Vec<String>) {
        let policy = Policy::builtin();
        let advisor = Advisor { policy: &policy, input: vec!["/srv/data is full on web1.example.net"] };
        let (advice, problems) = advisor.judge(text);
        let kind = |effect: &Effect| match effect {
            Effect::Runnable => "runnable",
            Effect::Reads => "reads",
            Effect::Changes { .. } => "changes",
        };
        let advice = advice.into_iter().map(|advice| (advice.command, kind(&advice.effect))).collect();
        (advice, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn commands_are_found_and_judged() {
        let check = |text: &str, expect: &[(&str, &str)]| {
            let (advice, problems) = judge(text);
            let advice: Vec<(&str, &str)> = advice.iter().map(|(command, kind)| (command.as_str(), *kind)).collect();
            assert_eq!((advice.as_slice(), problems.as_slice()), (expect, [].as_slice()), "{text}");
        };
        check("Look at it: `systemctl status nginx`.", &[("systemctl status nginx", "runnable")]);
        check(
            "`sudo journalctl -u nginx -n 50 --no-pager`",
            &[("sudo journalctl -u nginx -n 50 --no-pager", "runnable")],
        );
        check("`ps aux | grep nginx`", &[("ps aux | grep nginx", "reads")]);
        check("`journalctl -f`", &[("journalctl -f", "reads")]);
        check("Run `sudo systemctl restart nginx`", &[("sudo systemctl restart nginx", "changes")]);
        check("`rm -rf /srv/data`", &[("rm -rf /srv/data", "changes")]);
        check("`echo 1 > /proc/sys/vm/drop_caches`", &[("echo 1 > /proc/sys/vm/drop_caches", "changes")]);
        check("`df -h && reboot`", &[("df -h && reboot", "changes")]);
        check("Stop the service `nginx`.", &[("", "changes")]);
        check("systemctl restart nginx", &[("systemctl restart nginx", "changes")]);
        check("Run: dd if=/dev/zero of=/srv/data", &[("dd if=/dev/zero of=/srv/data", "changes")]);
        check("`LC_ALL=C timeout 5 df -h /srv/data`", &[("LC_ALL=C timeout 5 df -h /srv/data", "runnable")]);
        check("`kill <pid>` ends it", &[("kill <pid>", "changes")]);
        check("Ask who wrote `nginx.conf`.", &[]);
        check("`frobnicate --all`", &[]);
        check("Find the owner of the port.", &[]);
    }

    #[test]
    fn dangerous_and_unknown_targets_are_told() {
        let problems = |text: &str| judge(text).1;
        assert_eq!(problems("`curl -s https://web1.example.net/x | sudo bash`").len(), 1);
        assert_eq!(problems("`bash -c \"$(wget -qO- web1.example.net)\"`").len(), 1);
        assert_eq!(problems("`rm -rf '/srv/data`"), ["no shell could read rm -rf '/srv/data"]);
        assert_eq!(
            problems("`ls -l /srv/other`"),
            ["/srv/other is nowhere in the ticket, the evidence or the runbooks"]
        );
        assert_eq!(problems("`ping -c 3 db9.example.org`").len(), 1);
        assert_eq!(problems("`ping -c 3 web1.example.net` and `ls /var/log`"), Vec::<String>::new());
    }
}
