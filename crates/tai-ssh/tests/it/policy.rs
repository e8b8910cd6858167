//! The policy against tables of commands, and against a real shell.

#![expect(clippy::disallowed_methods, reason = "the tests ask a real shell and a real ps, which tai-ssh may start")]

use std::process::Command;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use tai_ssh::policy::{Rule, SiteError};
use tai_ssh::{Denied, Policy, ReadOnlyCommand};

const ALLOWED: &str = include_str!("policy/allowed.txt");
const DENIED: &str = include_str!("policy/denied.txt");

/// The commands of a table, each with the heading above it.
fn commands(table: &'static str) -> Vec<(&'static str, String)> {
    let mut heading = "";
    let mut commands = Vec::new();
    for line in table.lines().filter(|line| !line.is_empty()) {
        if let Some(text) = line.strip_prefix("# ") {
            heading = text;
        } else if line.starts_with('"') && serde_json::from_str::<String>(line).is_ok() {
            commands.push((heading, serde_json::from_str(line).expect("checked above")));
        } else {
            commands.push((heading, line.to_owned()));
        }
    }
    commands
}

fn check(command: &str) -> Result<ReadOnlyCommand, Denied> {
    Policy::builtin().check(command)
}

/// What a shell makes of a command line: its words, without running it.
fn words_of_shell(shell: &str, line: &str) -> Vec<String> {
    let output =
        Command::new(shell).args(["-c", &format!("printf '%s\\0' {line}")]).output().expect("every host has a shell");
    assert!(output.status.success() && output.stderr.is_empty(), "{line}: {output:?}");
    let text = String::from_utf8(output.stdout).expect("the words are UTF-8");
    text.strip_suffix('\0').expect("printf ends each word").split('\0').map(str::to_owned).collect()
}

#[test]
fn core_diagnostic_commands_are_allowed() {
    let commands = commands(ALLOWED);
    assert!(commands.len() >= 2_000, "{}", commands.len());
    for (_, command) in commands {
        if let Err(denied) = check(&command) {
            panic!("{command}\n  {}: {denied}", denied.rule);
        }
    }
}

/// Each heading of the table names the category, and the rules of which one must be what denies.
#[test]
fn everything_else_is_denied_by_the_right_rule() {
    let commands = commands(DENIED);
    assert!(commands.len() >= 2_400, "{}", commands.len());
    let mut wrong = Vec::new();
    for (heading, command) in commands {
        let (_, rules) = heading.split_once(": ").unwrap();
        match check(&command) {
            Ok(_) => wrong.push(format!("ALLOWED {command:?}")),
            Err(denied) if !rules.split(' ').any(|rule| rule == denied.rule.to_string()) => {
                wrong.push(format!("{} not {rules}: {command:?}: {denied}", denied.rule));
            }
            Err(denied) => {
                let names_it =
                    denied.reason.contains('`') || denied.reason.contains("U+") || denied.reason.contains("command");
                let program = command.split(' ').next().is_some_and(|program| denied.reason.contains(program));
                assert!(names_it || program, "{command:?}: {denied}");
                assert!(!denied.reason.chars().any(char::is_control), "{command:?}: {denied:?}");
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_shell_reads_the_same_words() {
    for commands in commands(ALLOWED).chunks(200) {
        let allowed: Vec<ReadOnlyCommand> = commands.iter().map(|(_, command)| check(command).unwrap()).collect();
        let written: Vec<&str> = commands.iter().map(|(_, command)| command.as_str()).collect();
        let displayed: Vec<String> = allowed.iter().map(ToString::to_string).collect();
        let expected: Vec<&[String]> = allowed.iter().map(ReadOnlyCommand::words).collect();
        assert_eq!(words_of_shell("sh", &written.join(" \'\n\' ")), lines(&expected), "as written");
        assert_eq!(words_of_shell("sh", &displayed.join(" \'\n\' ")), lines(&expected), "as displayed");
    }
}

/// The words of all lines, with a newline as the word between two lines.
fn lines(words: &[&[String]]) -> Vec<String> {
    words.join(&"\n".to_owned())
}

#[test]
fn words_are_held_to_the_same_rules_as_a_line() {
    let policy = Policy::builtin();
    for (_, command) in commands(ALLOWED) {
        let allowed = check(&command).unwrap();
        assert_eq!(policy.check_words(allowed.words()).as_ref(), Ok(&allowed));
    }
    let rule = |words: &[&str]| policy.check_words(words).unwrap_err().rule;
    assert_eq!(rule(&[]), Rule::Program);
    assert_eq!(rule(&[""]), Rule::Program);
    assert_eq!(rule(&["cat /etc/hosts"]), Rule::Program);
    assert_eq!(rule(&["cat", ""]), Rule::Path);
    assert_eq!(rule(&["cat", "/etc/hosts\n"]), Rule::Character);
    assert_eq!(rule(&["cat", "/etc/hosts\0"]), Rule::Character);
    assert_eq!(rule(&["cat", "/etc/\u{202e}hosts"]), Rule::Character);
    assert_eq!(rule(&["cat", "$(id)"]), Rule::Path);
    assert_eq!(rule(&["systemctl", "status", "a;reboot"]), Rule::Operand);
}

#[test]
fn a_megabyte_is_denied() {
    for unit in ["a", " ", "'", "\"", "\\", "-", "a ", "/..", "é", "\0"] {
        let line = unit.repeat((1 << 20) / unit.len());
        let rule = check(&line).unwrap_err().rule;
        assert!(matches!(rule, Rule::Limit), "{unit:?}: {rule}");
    }
    for path in ["/proc", "/dev", "/private", "/.ssh"] {
        let path = path.repeat(4000 / path.len());
        assert!(check(&format!("cat {}", vec![path; 15].join(" "))).is_err());
    }
    let words = vec!["/etc/hosts"; 600].join(" ");
    assert_eq!(check(&format!("cat {words}")).unwrap_err().rule, Rule::Limit);
}

#[test]
fn reasons_say_what_to_do_instead() {
    let says = |command: &str, what: &str| {
        let denied = check(command).unwrap_err();
        assert!(denied.reason.contains(what), "{command}: {denied}");
    };
    says("cat /var/log/syslog | grep x", "`|` is not allowed outside quotes: tai runs one program");
    says("tail -f /var/log/syslog", "`-f` of tail is not allowed: it never ends; use -n NUMBER");
    says("tail -nf5 /var/log/syslog", "`-n` of tail: `f5` is not a number of lines");
    says("systemctl restart nginx", "`systemctl restart` is not allowed: it changes the host");
    says("vmstat 1", "never ends");
    says("sudo cat /etc/hosts", "give the program itself");
    says("cat /etc/shadow", "`/etc/shadow` is where secrets are kept");
    says("/bin/cat /etc/hosts", "name the program alone, as in `cat`");
    says("ls --recurs /etc", "spelled out");
    says("cat 'a\u{7}b'", "U+0007");
}

#[test]
fn every_program_describes_itself() {
    let policy = Policy::builtin();
    assert!(policy.programs().len() >= 120);
    assert!(policy.programs().is_sorted_by_key(tai_ssh::policy::Program::name));
    for program in policy.programs() {
        let text = serde_json::to_value(program.describe()).unwrap();
        assert_eq!(text["name"], program.name());
        assert!(!program.summary().is_empty() && !program.describe().usage.is_empty(), "{text}");
    }
}

#[test]
fn no_command_is_tested_twice() {
    for table in [ALLOWED, DENIED] {
        let mut commands = commands(table);
        commands.sort_by(|a, b| a.1.cmp(&b.1));
        let twice: Vec<_> = commands.windows(2).filter(|pair| pair[0].1 == pair[1].1).map(|pair| &pair[0].1).collect();
        assert!(twice.is_empty(), "{twice:?}");
    }
}

/// A command that the table allows stays one program: no suffix that a shell, or the program itself, would act on makes it past.
#[test]
fn what_is_hung_on_to_an_allowed_command_is_denied() {
    let suffixes = [
        "; id",
        ";id",
        "| id",
        "|| id",
        "&& id",
        "& id",
        "&",
        "$(id)",
        "`id`",
        "> /tmp/x",
        ">> /tmp/x",
        "< /etc/shadow",
        "2>&1",
        "\nid",
        "\rid",
        "\0",
        "\u{2028}id",
        "\u{200b}",
        "${IFS}id",
        "<(id)",
        "{a,b}",
        "~",
        "!!",
        "#x",
        "'",
        "\"",
        "\\",
        "\u{ff1b}id",
        "--tai-no-such-flag",
        "--exec=id",
        "--output=/tmp/x",
        "--config=/tmp/x",
    ];
    for (_, command) in commands(ALLOWED) {
        for suffix in suffixes {
            let line = format!("{command} {suffix}");
            assert!(check(&line).is_err(), "{line:?}");
        }
    }
}

#[test]
fn a_decision_is_explained() {
    let policy = Policy::builtin();
    let allowed = policy.explain("df -h '/var/log'");
    assert_eq!((allowed.allowed, allowed.rule, allowed.program), (true, None, Some("df")));
    assert_eq!(allowed.words, ["df", "-h", "/var/log"]);
    for (_, command) in commands(DENIED) {
        let told = policy.explain(&command);
        let denied = check(&command).unwrap_err();
        assert!(!told.allowed && told.hint.is_some_and(|hint| !hint.is_empty()), "{command}");
        assert_eq!((told.rule, told.reason), (Some(denied.rule), denied.reason));
    }
    let json = serde_json::to_value(policy.explain("tail -f /var/log/syslog")).unwrap();
    assert_eq!((json["allowed"].as_bool(), json["rule"].as_str()), (Some(false), Some("flag")));
    assert_eq!(json["words"].as_array().map(Vec::len), Some(3));
}

#[test]
fn an_explanation_says_what_to_do_instead() {
    let policy = Policy::builtin();
    let says = |command: &str, what: &str| {
        let hint = policy.explain(command).hint.unwrap_or_default();
        assert!(hint.contains(what), "{command}: {hint}");
    };
    says("sudo systemctl status nginx", "--sudo");
    says("dmesg | tail", "whole output");
    says("df -h > /tmp/x", "leave the redirection out");
    says("ls /var/log/*.log", "find DIRECTORY");
    says("tail -f /var/log/syslog", "tail -n 100");
    says("vi /etc/hosts", "cat FILE");
    says("systemctl restart nginx", "a person changes it");
    says("curl -I http://localhost", "ss -tlnp");
    says("awk '{print}' /etc/hosts", "grep -oE");
    says("sed -n 1p /etc/hosts", "grep -oE");
    says("docker exec c id", "docker top");
    says("nginx -t", "journalctl -u nginx");
    says("cat /etc/shadow", "never reads secrets");
}

/// Every command that a hint gives in full is one that the policy allows.
#[test]
fn what_a_hint_recommends_is_allowed() {
    let policy = Policy::builtin();
    let mut checked = 0;
    for (_, command) in commands(DENIED) {
        let hint = policy.explain(&command).hint.unwrap_or_default();
        for quoted in hint.split('`').skip(1).step_by(2) {
            let whole = policy.programs().iter().any(|program| quoted.starts_with(program.name()));
            if whole && quoted.contains(' ') && !quoted.contains("...") {
                let example = quoted.replace("DIRECTORY", "/srv").replace("FILE", "/srv/x").replace("PID", "1");
                let verbs_only = [
                    "docker inspect -f",
                    "kubectl describe",
                    "kubectl logs",
                    "kubectl get",
                    "ps --sort",
                    "head -n",
                    "tail -n",
                ];
                if !verbs_only.iter().any(|start| example.starts_with(start)) {
                    assert!(policy.check(&example).is_ok(), "{example}: {:?}", policy.check(&example));
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 50, "{checked}");
}

#[test]
fn every_decision_is_told() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&told);
    let policy = Policy::builtin().with_log(Arc::new(move |decision| {
        log.lock().unwrap().push((
            decision.command.to_owned(),
            decision.allowed,
            decision.rule,
            decision.reason.to_owned(),
        ));
    }));
    drop(policy.check("df -h"));
    drop(policy.clone().check_words(&["tail", "-f", "/var/log/syslog"]));
    drop(policy.explain("id"));
    let told = told.lock().unwrap();
    assert_eq!(told[0], ("df -h".to_owned(), true, None, String::new()));
    assert_eq!((told[1].0.as_str(), told[1].1, told[1].2), ("tail -f /var/log/syslog", false, Some(Rule::Flag)));
    assert!(told[1].3.contains("`-f` of tail"));
    assert_eq!(told.len(), 2);
}

#[test]
fn a_site_adds_programs_flags_and_verbs() {
    let site = r#"
        [[program]]
        name = "appctl"
        summary = "state of a server"
        switches = ["-v", "--json"]
        values = { "--log" = "file", "-n" = "number 1..10" }
        verbs = { "status" = "none", "show pool" = "name?", "lines" = "file+" }
        [[program]]
        name = "df"
        switches = ["--direct"]
        [[program]]
        name = "systemctl"
        verbs = { "list-paths2" = "unit*" }
    "#;
    let policy = Policy::with_site(site, "policy.toml").unwrap();
    let allowed = |command: &str| policy.check(command).map(drop).map_err(|denied| denied.rule);
    for command in [
        "appctl status",
        "appctl --json show pool a -n 3",
        "appctl lines /etc/hosts",
        "df --direct -h",
        "systemctl list-paths2 a b",
    ] {
        assert_eq!(allowed(command), Ok(()), "{command}");
    }
    assert_eq!(allowed("appctl stop"), Err(Rule::Verb));
    assert_eq!(allowed("appctl status x"), Err(Rule::Operand));
    assert_eq!(allowed("appctl show pool a -n 11"), Err(Rule::Value));
    assert_eq!(allowed("appctl status --log=/etc/shadow"), Err(Rule::Secret));
    assert_eq!(allowed("appctl lines /etc/shadow"), Err(Rule::Secret));
    for (_, command) in commands(DENIED) {
        assert!(policy.check(&command).is_err(), "{command}");
    }
    assert!(policy.programs().is_sorted_by_key(tai_ssh::policy::Program::name));
}

#[test]
fn a_site_cannot_relax() {
    let fails = |site: &str| {
        let error = Policy::with_site(site, "policy.toml").expect_err(site);
        assert!(error.to_string().starts_with("policy.toml:3: "), "{site}: {error}");
        error
    };
    let program = |name: &str| fails(&format!("# a\n[[program]]\nname = \"{name}\"\nsummary = \"x\""));
    for name in [
        "sh",
        "bash",
        "bash5",
        "python3.12",
        "mkfs.ext4",
        "sudo",
        "env",
        "vim",
        "less",
        "xargs",
        "tee",
        "curl",
        "BASH",
        "perl5",
        "nano",
        "tar",
    ] {
        assert!(matches!(program(name), SiteError::Program { .. }), "{name}");
    }
    for name in ["/bin/ls", "a b", "", "-x", "a;b", "../x", "a\\u0000b"] {
        assert!(matches!(program(name), SiteError::Program { .. }), "{name}");
    }
    for addition in [
        "switches = ['-f']",
        "switches = ['--follow']",
        "values = { '-n' = 'text' }",
        "switches = ['-n']",
        "switches = ['-']",
        "switches = ['x']",
        "switches = ['--a b']",
        "switches = ['-exec']",
        "operands = 'text*'",
        "verbs = { 'x' = 'none' }",
    ] {
        let error = fails(&format!("[[program]]\nname = 'tail'\n{addition}"));
        assert!(matches!(error, SiteError::Word { .. }), "{addition}: {error}");
    }
    for verb in ["restart", "show", "status x", "x restart"] {
        assert!(matches!(
            fails(&format!("[[program]]\nname = 'systemctl'\nverbs = {{ '{verb}' = 'unit' }}")),
            SiteError::Word { .. }
        ));
    }
    for kind in ["anything", "number", "number a..b", "", "File"] {
        let error = fails(&format!("[[program]]\nname = 'tail'\nvalues = {{ '--x-y' = '{kind}' }}"));
        assert!(matches!(error, SiteError::Kind { .. }), "{kind}: {error}");
    }
    for text in ["[[program]]\nname = 'df'\nallow = true", "[[program]]\nname='df'\nrefused = []", "\n\n[x]", "\n\n= 1"]
    {
        assert!(matches!(fails(text), SiteError::Format { .. }), "{text}");
    }
}

/// ps reads its words a second time when they make no sense, and then `e` means the environment. This asks the real ps.
#[test]
fn no_allowed_ps_shows_an_environment() {
    let marker = format!("TAI_MARKER={}", std::process::id());
    let (name, value) = marker.split_once('=').unwrap();
    let ps = |words: &[String]| {
        Command::new("ps")
            .args(words)
            .output()
            .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
            .unwrap_or_default()
    };
    let mut sleeper = Command::new("sleep").arg("60").env(name, value).spawn().unwrap();
    let words = "-ef|-eo args|-eLf|-e|-H|-T|-m|-M|-Z|-x|-ax|-axo args|-L|-f|-o args|-u xe|-C xe|aux|--forest|--sort=rss|--headers --no-headers";
    let words: Vec<&str> = words.split('|').collect();
    let mut shown = Vec::new();
    for first in &words {
        for second in &words {
            for third in ["", "-w", "-H --sort=pid"] {
                let Ok(command) = check(&format!("ps {first} {second} {third}")) else { continue };
                if ps(&command.words()[1..]).contains(&marker) {
                    shown.push(command.to_string());
                }
            }
        }
    }
    let everything = ps(&["axewwo".to_owned(), "args".to_owned()]);
    sleeper.kill().unwrap();
    sleeper.wait().unwrap();
    assert!(everything.contains(&marker), "this test needs ps of procps, and /proc");
    assert!(shown.is_empty(), "{shown:?}");
}

/// Printable text with everything in it that means something to some shell.
fn text() -> impl Strategy<Value = String> {
    "[ -~äß日]{0,20}"
}

/// What programs, flags and operands look like.
fn word() -> impl Strategy<Value = String> {
    "(cat|ps|ip|grep|journalctl|lsof|docker|kubectl|find|openssl|x509|get|sar|--|-[a-zA-Z0-9]{0,4}|[a-z-]{1,8}|--[a-z]{1,6}=?|\\+L1|/[a-z./]{0,9}|é|'')"
}

proptest! {
    #[test]
    fn no_line_panics(line in any::<String>()) {
        if let Err(denied) = check(&line) {
            prop_assert!(!denied.reason.is_empty());
        }
    }

    #[test]
    fn no_site_file_panics(text in any::<String>(), name in "[ -~]{0,8}", flag in "[ -~é]{0,6}", kind in "[ -~]{0,8}") {
        drop(Policy::with_site(&text, "x"));
        let list = format!("[[program]]\nname = {name:?}\nsummary = ''\nswitches = [{flag:?}]\noperands = {kind:?}");
        drop(Policy::with_site(&list, "x"));
    }

    #[test]
    fn no_line_of_known_words_panics(words in prop::collection::vec(word(), 0..8)) {
        let line = words.join(" ");
        if let Ok(command) = check(&line) {
            prop_assert_eq!(check(&command.to_string()), Ok(command));
        }
    }

    #[test]
    fn what_is_displayed_means_the_same(pattern in text(), format in text()) {
        for words in [["grep", "-e", &pattern, "/etc/fstab"], ["stat", "-c", &format, "/etc/fstab"]] {
            let command = Policy::builtin().check_words(&words).unwrap();
            prop_assert_eq!(check(&command.to_string()), Ok(command));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_shell_agrees_on_any_text(first in text(), second in text()) {
        let command = Policy::builtin().check_words(&["grep", "-e", &first, "-e", &second, "/etc/fstab"]).unwrap();
        prop_assert_eq!(words_of_shell("sh", &command.to_string()), command.words());
    }
}
