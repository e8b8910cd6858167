//! Conversations with real hosts: several of them, one whose connection drops, one that a ticket names.

use std::fs;

use super::{Command, Lab};
use crate::repl::terminal::{Setting, Terminal};

/// In no plan, and allowed.
const OWN_COMMAND: &str = "stat /etc/hostname";

/// `tai run` on a terminal, with the configuration of the lab.
fn sit(lab: &Lab, args: &[&str]) -> Terminal {
    let (home, config) = (lab.path("home"), lab.path("config"));
    let setting = Setting { columns: 100, rows: 40, home: &home, environment: &[] };
    let fixed = ["run", "--ssh-config", config.to_str().unwrap(), "--model", "none", "--no-prior"];
    Terminal::start(&setting, &[&fixed[..], args].concat())
}

/// Waits until somebody may ask this host something.
fn at(terminal: &Terminal, host: &str) -> String {
    let prompt = format!("tai {host}>");
    terminal.until(&prompt, |screen| screen.trim_end().lines().last().is_some_and(|line| line.trim_end() == prompt))
}

#[test]
fn hosts_have_their_own_evidence() {
    let mut lab = Lab::new();
    lab.serve("web1", "");
    lab.serve("web2", "");
    let mut terminal = sit(&lab, &["--host", "web1", "is the memory full?"]);
    at(&terminal, "web1");
    terminal.enter(&format!("/collect {OWN_COMMAND}"));
    terminal.see("it is evidence from here on");
    at(&terminal, "web1");
    terminal.enter("/host web2");
    at(&terminal, "web2");
    terminal.sent("note: web2 is new");
    terminal.enter(&format!("/show logs {OWN_COMMAND}"));
    terminal.see("no command that ran has these words");
    at(&terminal, "web2");
    terminal.enter("/host");
    terminal
        .until("both hosts", |screen| screen.contains("  web1  1 answers,") && screen.contains("* web2  1 answers,"));
    at(&terminal, "web2");
    terminal.enter("/host web1");
    at(&terminal, "web1");
    terminal.enter(&format!("/show logs {OWN_COMMAND}"));
    terminal.see(&format!("$ {OWN_COMMAND}"));
    at(&terminal, "web1");
    // One that is not there hurts neither.
    terminal.enter("/host 127.0.0.1:1");
    terminal.see("error: ");
    at(&terminal, "web1");
    terminal.enter("/quit");
    assert!(matches!(terminal.end(), 0 | 1));
}

#[test]
fn a_connection_that_drops_is_made_again() {
    let mut lab = Lab::new();
    lab.serve("web1", "");
    let mut terminal = sit(&lab, &["--host", "web1", "is the memory full?"]);
    at(&terminal, "web1");
    hang_up(lab.servers[0].id());
    terminal.enter(&format!("/collect {OWN_COMMAND}"));
    let is_there = |screen: &str| screen.contains("it is evidence from here on");
    let is_lost = |screen: &str| screen.contains("incomplete: the connection to web1 was lost");
    // A command that was on its way is lost with the connection, and can be asked again.
    if is_lost(&terminal.until("what came of it", |screen| is_there(screen) || is_lost(screen))) {
        at(&terminal, "web1");
        terminal.enter(&format!("/collect {OWN_COMMAND}"));
        terminal.until("what it says", is_there);
    }
    at(&terminal, "web1");
    hang_up(lab.servers[0].id());
    terminal.enter("/collect network");
    terminal.until("what came of it", |screen| screen.contains("more commands were asked; /redo answers with them"));
    terminal.sent("connecting again");
    at(&terminal, "web1");
    // Nobody is there to connect to: that is said, and what was collected can still be asked.
    hang_up(lab.servers[0].id());
    lab.servers[0].kill().unwrap();
    lab.servers[0].wait().unwrap();
    terminal.enter("/collect stat /etc/passwd");
    terminal.until("what went wrong", |screen| screen.contains("error: ") || is_lost(screen));
    at(&terminal, "web1");
    terminal.enter("what is full?");
    terminal.sent("Issue: what is full?");
    at(&terminal, "web1");
    terminal.enter("/quit");
    assert!(matches!(terminal.end(), 0 | 1));
}

/// Ends the connections of an sshd, which goes on to listen.
fn hang_up(sshd: u32) {
    let list = Command::new("ps").args(["-e", "-o", "pid=,ppid="]).output().unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    let rows = list.lines().map(|line| line.split_whitespace().map(|number| number.parse::<u32>().unwrap()));
    let pairs: Vec<(u32, u32)> = rows.map(|mut row| (row.next().unwrap(), row.next().unwrap())).collect();
    let mut below = vec![sshd];
    for i in 0.. {
        let Some(parent) = below.get(i).copied() else { break };
        below.extend(pairs.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
    }
    let below: Vec<String> = below[1..].iter().map(u32::to_string).collect();
    assert!(!below.is_empty(), "nobody is connected");
    assert!(Command::new("kill").arg("-9").args(below).status().unwrap().success());
}

#[test]
fn a_ticket_names_a_host_and_the_operator_confirms_it() {
    let mut lab = Lab::new();
    lab.serve("web1", "");
    let ticket = lab.path("ticket.eml");
    let text = "From: shop@example.com\nSubject: uploads fail\n\nAffected host: web1\nThe memory is full since 14:00, see /srv/app/uploads\n";
    fs::write(&ticket, text).unwrap();
    let args = ["--ticket", ticket.to_str().unwrap()];
    let mut terminal = sit(&lab, &args);
    let screen = terminal.see("Look at web1? [y/N]");
    assert!(
        screen.contains("hosts: web1") && screen.contains("since 14:00") && screen.contains("/srv/app/uploads"),
        "{screen}"
    );
    terminal.enter("y");
    at(&terminal, "web1");
    terminal.sent("Issue: uploads fail");
    terminal.enter("/quit");
    assert!(matches!(terminal.end(), 0 | 1));

    // Only a yes is one. Then it is asked for.
    let mut terminal = sit(&lab, &args);
    terminal.see("Look at web1? [y/N]");
    terminal.enter("");
    terminal.see("Host (Enter: this machine): ");
    terminal.press("\u{4}");
    assert_eq!(terminal.end(), 130);
}

#[test]
fn host_and_issue_are_asked_for_and_completed() {
    let mut lab = Lab::new();
    lab.serve("web1", "");
    let mut terminal = sit(&lab, &[]);
    terminal.see("Host (Enter: this machine): ");
    terminal.press("we\t");
    terminal.see("Host (Enter: this machine): web1");
    terminal.press("\r");
    terminal.see("What is wrong? ");
    terminal.enter("is the memory full?");
    terminal.sent("Issue: is the memory full?");
    at(&terminal, "web1");
}
