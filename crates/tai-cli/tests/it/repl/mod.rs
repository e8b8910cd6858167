//! The conversation after a report, on a terminal: keys in, screens out.

mod model;
pub(crate) mod terminal;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use model::{Server, spoken};
use terminal::{Setting, Terminal};

const CAPTURE: &str = "crates/tai-cli/tests/captures/disk-full";
const ISSUE: &str = "customers cannot upload photos";

const WIDE: (u16, u16) = (80, 24);
/// The account that the capture was taken by may not read the kernel's messages.
const INCOMPLETE: u32 = 1;

fn start(home: &Path, (columns, rows): (u16, u16), environment: &[(&str, &str)], more: &[&str]) -> Terminal {
    let setting = Setting { columns, rows, home, environment };
    Terminal::start(&setting, &[&["run", "--replay", CAPTURE, "--no-prior"], more, &[ISSUE]].concat())
}

/// At the prompt after a report without a model.
fn begun(home: &Path, size: (u16, u16)) -> Terminal {
    let terminal = start(home, size, &[], &["--model", "none"]);
    terminal.ready();
    terminal
}

/// A folder, and a script of answers in it.
fn scripted(answers: &[&str]) -> (tempfile::TempDir, String) {
    let home = tempfile::tempdir().unwrap();
    let script = home.path().join("script");
    fs::write(&script, answers.join("\n%%%\n")).unwrap();
    let model = format!("script:{}", script.display());
    (home, model)
}

#[test]
fn questions_are_answered_and_ctrl_d_leaves() {
    let (home, model) = scripted(&[
        "## Root Cause\nThe file system on /srv/uploads is full [E1].\n",
        "## Root Cause\nNothing else is full [E1].\n",
    ]);
    let mut terminal = start(home.path(), WIDE, &[], &["--model", &model, "--rounds", "0"]);
    let screen = terminal.ready();
    assert!(screen.contains("Written by scripted"), "{screen}");
    terminal.enter("is anything else full?");
    terminal.sent("Issue: is anything else full?");
    terminal.ready();
    terminal.press("\u{4}");
    assert_eq!(terminal.end(), INCOMPLETE);
}

#[test]
fn slash_commands_show_what_was_found() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = begun(home.path(), (100, 50));
    for (line, expect) in [
        ("/show findings", "runbook: "),
        ("/show plan", "for: "),
        ("/show facts", "account: "),
        ("/show evidence", "Chunks that fit the question"),
        ("/show runbooks", ".md#"),
        ("/show prompt", "--- system ---"),
        ("/show logs df", "$ df"),
        ("/evidence E1", "> is quoted, | is its chunk"),
        ("/runbooks", ".md#"),
        ("/host", "* "),
        ("/model", "no model is asked"),
        ("/help host", "list the hosts at hand"),
        ("/colect", "do you mean /collect?"),
        ("/show fidnings", "do you mean /show findings?"),
        ("/evidence E99", "the last report quotes E1"),
        ("/collect systemctl restart nginx", "denied by the policy"),
        ("/collect netwrok", "do you mean the category network?"),
        ("/collect df -PT", "it had run before"),
        ("/outcome fixed freed space", ": fixed: freed space"),
        ("/history", "fixed"),
        ("/host no such host", "cannot be used"),
    ] {
        terminal.press("\u{c}");
        terminal.until("an empty screen", |screen| screen.trim().lines().count() == 1);
        terminal.enter(line);
        terminal.until(expect, |screen| {
            let pages = screen.contains("-- line");
            screen.contains(expect) || pages
        });
        // A long one is not shown to its end.
        if terminal
            .until("prompt or page", |screen| screen.contains("-- line") || is_prompt(screen))
            .contains("-- line")
        {
            terminal.press("q");
        }
        let screen = terminal.ready();
        assert!(screen.contains(expect), "{line}:\n{screen}");
    }
    terminal.enter("/quit");
    // A command that was denied was asked for by a person, and is no failure of the run.
    assert_eq!(terminal.end(), INCOMPLETE);
}

fn is_prompt(screen: &str) -> bool {
    screen.trim_end().lines().last().is_some_and(|line| line.trim_end().ends_with('>'))
}

#[test]
fn a_report_is_saved_by_the_name_of_its_file() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = begun(home.path(), WIDE);
    for (name, beginning) in
        [("report.md", "# customers"), ("report.json", "{\n  \"schema\": \"tai.report/1\""), ("report.txt", "")]
    {
        let file = home.path().join(name);
        terminal.enter(&format!("/save {}", file.display()));
        terminal.until("the file", |_| file.exists());
        terminal.ready();
        let text = fs::read_to_string(&file).unwrap();
        assert!(
            text.starts_with(beginning) && text.contains("customers cannot upload") && !text.contains('\u{1b}'),
            "{text}"
        );
    }
    terminal.enter(&format!("/save {}", home.path().display()));
    terminal.see("is a directory");
}

#[test]
fn ctrl_c_at_the_prompt_clears_the_line_and_twice_hints() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = begun(home.path(), WIDE);
    terminal.press("half a question");
    terminal.see("half a question");
    terminal.press("\u{3}");
    let screen = terminal.ready();
    assert!(!screen.contains("leaves\nt") && !screen.contains("/quit leaves"), "{screen}");
    terminal.press("\u{3}");
    terminal.see("Ctrl-D or /quit leaves");
    terminal.ready();
    terminal.press("\u{4}");
    assert_eq!(terminal.end(), INCOMPLETE);
}

#[test]
fn ctrl_c_stops_a_model_and_not_the_program() {
    let home = tempfile::tempdir().unwrap();
    // It takes a question and never answers.
    let server = Server::start(vec![Vec::new(), Vec::new()]);
    let url = server.url();
    let mut terminal = start(home.path(), WIDE, &[], &["--model", "slow", "--base-url", &url, "--rounds", "0"]);
    terminal.see("asking slow");
    terminal.press("\u{3}");
    let screen = terminal.ready();
    assert!(screen.contains("stopped with Ctrl-C"), "what was found answers:\n{screen}");
    terminal.enter("and now?");
    terminal.see("asking slow");
    terminal.press("\u{3}");
    terminal.see("stopped; /redo asks again");
    terminal.ready();
    terminal.enter("/model none");
    terminal.see("no model is asked");
    terminal.ready();
    terminal.enter("/redo");
    terminal.sent("Issue: and now?");
    terminal.ready();
    terminal.enter("/quit");
    // Whoever stops a model has not been failed by it.
    assert_eq!(terminal.end(), INCOMPLETE);
}

#[test]
fn an_answer_is_shown_while_it_comes_and_replaced_by_what_holds() {
    let home = tempfile::tempdir().unwrap();
    let answer = "## Root Cause\nThe file system on /srv/uploads is **full** [E1].\n\n## Evidence\n- `no such line anywhere` [E1]\n";
    let again = "## Root Cause\nThe file system on /srv/uploads is full [E1].\n";
    let server = Server::start(vec![spoken(answer), spoken(again)]);
    let url = server.url();
    let terminal = start(home.path(), WIDE, &[], &["--model", "slow", "--base-url", &url, "--rounds", "0"]);
    terminal.see("slow says, and nothing of it is checked yet:");
    // The server waits in the middle of its answer until somebody has seen the first half.
    terminal.see("The file system on /srv/uploads is full [E1].");
    server.go_on();
    let screen = terminal.ready();
    assert!(!screen.contains("nothing of it is checked"), "the draft is taken back:\n{screen}");
    assert!(!screen.contains("**full**") && screen.contains("Written by slow"), "{screen}");
    assert!(terminal.bytes().contains("\u{1b}[1mRoot Cause\u{1b}[0m"), "headings are painted");
}

#[test]
fn what_is_typed_is_kept_without_secrets_and_comes_back() {
    let home = tempfile::tempdir().unwrap();
    let secret = "h4".repeat(3) + "Xq9TzWm7Kp2V";
    let mut terminal = begun(home.path(), WIDE);
    terminal.enter(&format!("/collect cat /srv/app.conf password={secret}"));
    terminal.see("denied");
    terminal.ready();
    terminal.enter("/model");
    terminal.see("no model is asked");
    terminal.ready();
    terminal.press("\u{4}");
    assert_eq!(terminal.end(), INCOMPLETE);
    let file = home.path().join("typed/lines");
    let kept = fs::read_to_string(&file).unwrap();
    assert!(kept.contains("[REDACTED") && kept.contains("/model") && !kept.contains(&secret), "{kept}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(file.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    // The next session has them: Up brings the last one.
    let mut terminal = begun(home.path(), WIDE);
    terminal.press("\u{1b}[A");
    terminal.until("the last line", |screen| screen.contains("disk-full> /model"));
}

#[test]
fn nothing_is_kept_where_nothing_is_to_be_kept() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = start(home.path(), WIDE, &[], &["--model", "none", "--no-persist"]);
    terminal.ready();
    terminal.enter("/model");
    terminal.see("no model is asked");
    terminal.ready();
    terminal.enter("/outcome fixed");
    terminal.see("nothing is remembered of this");
    terminal.ready();
    terminal.press("\u{4}");
    assert_eq!(terminal.end(), INCOMPLETE);
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}

#[test]
fn tab_completes_commands_hosts_and_files() {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("ssh_config");
    fs::write(&config, "Host shop-primary shop-standby *.internal\n  User ops\n").unwrap();
    fs::write(home.path().join("old-report.md"), "").unwrap();
    let mut terminal = start(home.path(), WIDE, &[], &["--model", "none", "--ssh-config", config.to_str().unwrap()]);
    terminal.ready();
    terminal.press("/evi\t");
    terminal.see("> /evidence");
    terminal.press("\u{3}");
    terminal.ready();
    terminal.press("/host shop-p\t");
    terminal.see("/host shop-primary");
    terminal.press("\u{3}");
    terminal.ready();
    terminal.press("/host shop-\t\t");
    terminal.see("shop-primary  shop-standby");
    terminal.press("\u{3}");
    terminal.ready();
    terminal.press(&format!("/save {}/old\t", home.path().display()));
    terminal.until("the file", |screen| screen.replace('\n', "").contains("old-report.md"));
}

#[test]
fn a_paste_of_several_lines_is_one_question() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = begun(home.path(), WIDE);
    // As terminals send it, with what a clipboard should not have.
    terminal.press("\u{1b}[200~the log says\n\u{7}\u{9b}31mdisk full\u{1b}[2Jtwice\u{1b}[201~");
    terminal.see("twice");
    terminal.press("\r");
    terminal.sent("Issue: the log says");
    terminal.ready();
    let sent = terminal.bytes();
    assert!(!sent.contains('\u{7}') && !sent.contains('\u{9b}') && !sent.contains("\u{1b}[2J"));
}

#[test]
fn a_host_cannot_write_to_the_terminal() {
    let (home, model) =
        scripted(&["## Root Cause\n\u{1b}]0;owned\u{7}\u{1b}[2JThe \u{9b}31mdisk\u{202e} is full [E1].\n"]);
    let capture = home.path().join("capture");
    fs::create_dir_all(capture.join("outputs")).unwrap();
    let manifest = r#"{"schema":"tai.capture/1","host":"evil\u001b[2J\u009b","commands":[
        {"command":"journalctl -k --no-pager","file":"outputs/1.txt"},{"command":"df -PT","file":"outputs/2.txt"}]}"#;
    fs::write(capture.join("manifest.json"), manifest).unwrap();
    let hostile = "kernel: error \u{1b}]52;c;aGk=\u{7}\u{1b}[2J\u{9b}5m disk full \u{8}\u{8}\u{202e}\r erased\n";
    fs::write(capture.join("outputs/1.txt"), hostile.repeat(3)).unwrap();
    fs::write(
        capture.join("outputs/2.txt"),
        "Filesystem Type 1024-blocks Used Available Capacity Mounted on\n/dev/sda1 ext4 100 100 0 100% /\u{1b}[31m\n",
    )
    .unwrap();
    let setting = Setting { columns: 80, rows: 24, home: home.path(), environment: &[] };
    let args = ["run", "--replay", capture.to_str().unwrap(), "--model", &model, "--rounds", "0", "disk full error"];
    let mut terminal = Terminal::start(&setting, &args);
    terminal.ready();
    for line in [
        "/show logs journalctl",
        "/show logs df",
        "/evidence E1",
        "/show evidence",
        "/show findings",
        "/show facts",
        "/host",
        "/show prompt",
    ] {
        terminal.enter(line);
        if terminal
            .until("prompt or page", |screen| screen.contains("-- line") || is_prompt(screen))
            .contains("-- line")
        {
            terminal.press("q");
        }
        terminal.ready();
    }
    let sent = terminal.bytes();
    assert!(sent.contains("disk full"));
    for forbidden in ["\u{7}", "\u{9b}", "\u{202e}", "\u{8}", "\u{1b}]", "\u{1b}[2J", "\u{1b}[31m erased", "\u{1b}[5m"]
    {
        assert!(!sent.contains(forbidden), "{forbidden:?} was sent");
    }
}

#[test]
fn forty_columns_are_enough() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = begun(home.path(), (40, 15));
    terminal.enter("/help");
    let screen = terminal.see("Space, b, q --");
    assert!(screen.lines().all(|line| line.chars().count() <= 40) && screen.contains("/collect"), "{screen}");
    terminal.press(" ");
    terminal.until("the next page", |screen| screen.contains("/history") && !screen.contains("/collect"));
    terminal.press("b");
    terminal.see("/collect");
    terminal.press("q");
    terminal.ready();
    terminal.enter("what is full?");
    terminal.sent("Issue: what is full?");
    let screen = terminal.ready();
    assert!(screen.lines().all(|line| line.chars().count() <= 40), "{screen}");
}

#[test]
fn no_colours_where_none_are_wanted() {
    let is_painted = |environment: &[(&str, &str)], more: &[&str]| {
        let home = tempfile::tempdir().unwrap();
        let terminal = start(home.path(), WIDE, environment, &[&["--model", "none"], more].concat());
        terminal.ready();
        let sent = terminal.bytes();
        // Colours and weights: everything that ends in m.
        let painted = sent.split("\u{1b}[").skip(1).any(|rest| {
            let parameters = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
            parameters.starts_with('m')
        });
        assert!(sent.contains("[critical]") || sent.contains("[warning]"), "marks say it without colours");
        painted
    };
    assert!(is_painted(&[], &[]));
    assert!(!is_painted(&[("NO_COLOR", "1")], &[]));
    assert!(is_painted(&[("NO_COLOR", "1")], &["--color", "always"]));
    assert!(!is_painted(&[], &["--color", "never"]));
    assert!(!is_painted(&[], &["--plain"]));
    assert!(!is_painted(&[("TERM", "dumb")], &[]));
}

#[test]
fn a_terminal_that_knows_only_lines_gets_only_lines() {
    let (home, model) = scripted(&["## Root Cause\nThe file system on /srv/uploads is full [E1].\n"]);
    let mut terminal = start(home.path(), WIDE, &[("TERM", "dumb")], &["--model", &model, "--rounds", "0"]);
    terminal.sent("asking scripted");
    terminal.ready();
    terminal.enter("/help");
    terminal.see("Ctrl-D leaves.");
    terminal.ready();
    assert!(!terminal.bytes().contains('\u{1b}'), "{:?}", terminal.bytes());
    terminal.press("\u{4}");
    assert_eq!(terminal.end(), INCOMPLETE);
}

#[test]
fn another_model_can_be_asked_and_the_conversation_cleared() {
    let (home, first) = scripted(&["## Root Cause\nThe file system on /srv/uploads is full [E1].\n"]);
    let (_folder, second) = scripted(&["## Root Cause\nNo inode is the reason: /srv/uploads is full [E1].\n"]);
    // As many rows as a prompt has lines.
    let mut terminal = start(home.path(), (100, 400), &[], &["--model", &first, "--rounds", "0"]);
    terminal.ready();
    terminal.enter(&format!("/model {second}"));
    terminal.see("asked from here on: scripted");
    terminal.ready();
    terminal.enter("/redo");
    terminal.see("No inode is the reason");
    terminal.ready();
    let prompt_has_the_answer = |terminal: &mut Terminal| {
        terminal.press("\u{c}");
        terminal.until("an empty screen", |screen| screen.trim().lines().count() == 1);
        terminal.enter("/show prompt");
        terminal.see("--- user ---");
        terminal.ready().contains("No inode is the reason")
    };
    assert!(prompt_has_the_answer(&mut terminal), "what was said is part of the conversation");
    terminal.enter("/clear");
    let screen = terminal.until("a cleared screen", |screen| screen.trim_start().starts_with("what was asked"));
    assert!(!screen.contains("--- system ---"), "{screen}");
    assert!(!prompt_has_the_answer(&mut terminal), "and forgotten");
    terminal.enter("/show logs df");
    terminal.see("$ df");
    terminal.ready();
    terminal.enter("/model");
    terminal.see("asked from here on: scripted");
}

#[test]
fn a_past_session_is_offered_and_loaded_after_a_yes() {
    let home = tempfile::tempdir().unwrap();
    let asked = |answer: Option<&str>| {
        let setting = Setting { columns: 80, rows: 24, home: home.path(), environment: &[] };
        let mut terminal = Terminal::start(&setting, &["run", "--replay", CAPTURE, "--model", "none", ISSUE]);
        if let Some(answer) = answer {
            let screen = terminal.see("load it as context? [y/N]");
            assert!(screen.contains("Similar issue on "), "{screen}");
            terminal.enter(answer);
        }
        terminal.ready();
        let shown = terminal.bytes();
        terminal.press("\u{4}");
        assert_eq!(terminal.end(), INCOMPLETE);
        shown.contains("Prior Sessions")
    };
    assert!(!asked(None), "there is none yet");
    assert!(!asked(Some("")), "only a yes is one");
    // Two are offered by now.
    let setting = Setting { columns: 80, rows: 24, home: home.path(), environment: &[] };
    let mut terminal = Terminal::start(&setting, &["run", "--replay", CAPTURE, "--model", "none", ISSUE]);
    terminal.see("load it as context? [y/N]");
    terminal.enter("y");
    terminal.until("the second one", |screen| screen.matches("[y/N]").count() == 2);
    terminal.enter("n");
    terminal.ready();
    terminal.sent("Prior Sessions");
}

#[test]
fn ctrl_c_stops_collecting_and_not_the_program() {
    let home = tempfile::tempdir().unwrap();
    let setting = Setting { columns: 80, rows: 200, home: home.path(), environment: &[] };
    let (_folder, model) = scripted(&["## Root Cause\nThe model was asked.\n"]);
    let args = ["run", "--local", "--no-prior", "--rounds", "0", "--model", &model, "memory leak"];
    let mut terminal = Terminal::start(&setting, &args);
    // It takes two seconds.
    terminal.until("vmstat at work", |screen| {
        screen.lines().any(|line| line.contains("running ") && line.contains("vmstat"))
    });
    terminal.press("\u{3}");
    terminal.sent("Issue: memory leak");
    terminal.sent("collecting was stopped");
    terminal.sent("No model was asked");
    terminal.see("Collecting was stopped with Ctrl-C: /collect goes on with it");
    let screen = terminal.ready();
    assert!(!screen.contains("The model was asked"), "{screen}");
    terminal.enter("/collect");
    terminal.see("more commands were asked; /redo answers with them");
    terminal.ready();
    terminal.enter("/show logs vmstat");
    terminal.see("$ vmstat");
    terminal.ready();
    terminal.enter("/redo");
    terminal.sent("The model was asked");
    terminal.ready();
    terminal.press("\u{4}");
    assert_eq!(terminal.end(), INCOMPLETE);
}

#[test]
fn ctrl_c_before_there_is_anything_ends_the_program() {
    let home = tempfile::tempdir().unwrap();
    let setting = Setting { columns: 80, rows: 24, home: home.path(), environment: &[] };
    // It takes a connection and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = silent.local_addr().unwrap().to_string();
    let args = ["run", "--host", &host, "--ignore-ssh-config", "--model", "none", "memory leak"];
    let mut terminal = Terminal::start(&setting, &args);
    terminal.see("connecting to");
    terminal.press("\u{3}");
    assert_eq!(terminal.end(), 130);
}

#[test]
fn what_is_missing_is_asked_for() {
    let home = tempfile::tempdir().unwrap();
    let setting = Setting { columns: 80, rows: 24, home: home.path(), environment: &[] };
    let mut terminal = Terminal::start(&setting, &["run", "--model", "none"]);
    terminal.see("Host (Enter: this machine): ");
    terminal.enter("a/b");
    terminal.see("is no host");
    terminal.see("Host (Enter: this machine): ");
    terminal.press("\u{3}");
    assert_eq!(terminal.end(), 130);
    let mut terminal = Terminal::start(&setting, &["run", "--replay", CAPTURE, "--model", "none", "--no-prior"]);
    terminal.see("What is wrong? ");
    terminal.enter(ISSUE);
    terminal.sent(&format!("Issue: {ISSUE}"));
    terminal.ready();
}

#[test]
fn a_terminal_that_is_told_to_end_is_left_usable() {
    let home = tempfile::tempdir().unwrap();
    let terminal = begun(home.path(), WIDE);
    terminal.terminate();
    let sent = terminal.bytes();
    let (on, off) = (sent.rfind("\u{1b}[?2004h").unwrap(), sent.rfind("\u{1b}[?2004l").unwrap());
    assert!(off > on, "pastes are as they were");
    assert!(terminal.is_cooked(), "lines are edited and echoed by the terminal again");
    assert_eq!(terminal.end(), 130);
}
