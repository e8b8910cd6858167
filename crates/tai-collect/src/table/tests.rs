use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use futures_util::{StreamExt, stream};
use regex::Regex;
use tai_ssh::{Ending, Host, Limits, LocalHost, Output, Policy};

use super::*;
use crate::facts::{FIRST, INSTEAD};
use crate::plan::fill_with_examples;
use crate::{When, traverse};

fn rows() -> impl Iterator<Item = &'static Collector> {
    GROUPS.iter().copied().flatten()
}

#[test]
fn the_table_is_sound() {
    let ids: BTreeSet<_> = rows().map(|c| c.id).collect();
    assert_eq!(ids.len(), rows().count(), "every id once");
    for collector in rows() {
        assert!(!collector.why.is_empty() && !collector.categories.is_empty(), "{}", collector.id);
        assert!(collector.instead_of.is_none_or(|id| ids.contains(id)), "{}", collector.id);
        assert!((1..=10).contains(&collector.value), "{}", collector.id);
        assert!(collector.timeout_s > 0 && collector.max_kib > 0, "{}", collector.id);
    }
}

#[test]
fn every_command_is_read_only() {
    let policy = Policy::builtin();
    for asked in FIRST.into_iter().chain(INSTEAD.map(|(_, asked)| asked)) {
        assert!(policy.check(asked.command).is_ok(), "{}", asked.command);
    }
    for command in rows().chain(&traverse::COLLECTORS).flat_map(fill_with_examples) {
        if let Err(denied) = policy.check(&command) {
            panic!("{command}: {denied}");
        }
    }
}

#[test]
fn no_row_is_there_twice() {
    let rows_of_their_own: BTreeSet<_> = rows().map(|c| (c.command, format!("{:?}", c.when))).collect();
    assert_eq!(rows_of_their_own.len(), rows().count());
}

#[test]
fn every_placeholder_is_known() {
    let known = "unit path mount port interface pid container package address ip name file certificate since onset";
    let placeholder = Regex::new(r"\{([a-z]+)\}").unwrap();
    for collector in rows() {
        let names: BTreeSet<_> = placeholder.captures_iter(collector.command).map(|c| c[1].to_owned()).collect();
        assert!(names.iter().all(|name| known.split(' ').any(|k| k == name)), "{}", collector.command);
        assert!(
            names.iter().filter(|name| !matches!(name.as_str(), "since" | "onset")).count() <= 1,
            "{}",
            collector.command
        );
    }
}

/// Where a command stands in for another, both are for the same trouble, and no chain leads back to its beginning.
#[test]
fn fallbacks_are_for_the_same_trouble() {
    let find = |id: &str| rows().find(|c| c.id == id);
    for collector in rows() {
        let Some(preferred) = collector.instead_of.and_then(find) else { continue };
        assert_eq!(collector.categories, preferred.categories, "{} {}", collector.id, preferred.id);
        let chain = std::iter::successors(Some(collector), |c| c.instead_of.and_then(find));
        assert!(chain.take(10).count() < 10, "{}", collector.id);
    }
}

#[test]
fn every_kind_of_trouble_has_collectors_of_its_own() {
    for category in Category::ALL {
        let own = rows().filter(|c| c.categories.first() == Some(&category)).count();
        assert!(own >= 10, "{category}: {own}");
    }
    assert!(rows().count() >= 150);
    // They run for every ticket.
    let general =
        rows().filter(|c| c.categories.contains(&Category::General) && c.instead_of.is_none() && c.when.len() < 2);
    assert!(general.count() <= 30);
}

/// Runs what this machine has the programs for, whatever its init system and distribution are, and looks for complaints about flags.
#[tokio::test(flavor = "multi_thread")]
async fn no_command_is_misunderstood_by_its_program() {
    let policy = Policy::builtin();
    let lines = rows().filter(|c| is_here(c)).flat_map(|collector| {
        let line = fill_for_this_machine(collector.command);
        let command = policy.check(&line).unwrap_or_else(|denied| panic!("{line}: {denied}"));
        Some((command, Limits { max_bytes: 1 << 16, ..collector.limits() }))
    });
    let host = LocalHost::new();
    let outputs: Vec<(String, Output)> = stream::iter(lines)
        .map(|(command, limits)| {
            let host = &host;
            async move { (command.to_string(), host.run(&command, &limits).await.unwrap()) }
        })
        .buffer_unordered(4)
        .collect()
        .await;
    let complaints: Vec<String> = outputs.iter().filter_map(complaint).collect();
    assert!(complaints.is_empty(), "of {} commands:\n{}", outputs.len(), complaints.join("\n"));
    assert!(outputs.len() > 80, "only {} of them could run here", outputs.len());
}

fn is_here(collector: &Collector) -> bool {
    const DIRECTORIES: [&str; 6] = ["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin"];
    let there = |program: &str| DIRECTORIES.iter().any(|directory| Path::new(directory).join(program).exists());
    let met = collector.when.iter().all(|when| match when {
        When::Program(program) => there(program),
        When::FileSystem(_) => false,
        _ => true,
    });
    met && there(collector.program())
}

fn fill_for_this_machine(command: &str) -> String {
    let pid = std::process::id().to_string();
    let targets = [
        ("{unit}", "ssh.service"),
        ("{path}", "/etc/hosts"),
        ("{mount}", "/etc"),
        ("{port}", "22"),
        ("{interface}", "lo"),
        ("{pid}", &pid),
        ("{container}", "nothing"),
        ("{package}", "bash"),
        ("{address}", "127.0.0.1"),
        ("{ip}", "127.0.0.1"),
        ("{name}", "localhost"),
        ("{certificate}", "/etc/ssl/certs/ssl-cert-snakeoil.pem"),
        (" {since}", ""),
        ("{onset}", "--since=@1000 --until=@2000"),
    ];
    targets.iter().fold(command.to_owned(), |line, (name, value)| line.replace(name, value))
}

fn complaint((command, output): &(String, Output)) -> Option<String> {
    static MISUSE: LazyLock<Regex> = LazyLock::new(|| {
        let words = [
            "^usage",
            "(invalid|unrecognized|unknown|illegal|bad) (option|flag|argument|command|subcommand|column|predicate|usage)",
            "for more (information|help)",
            "requires an argument",
            "(extra|missing) operand",
            "improper list",
            "syntax error",
            "too many arguments",
        ];
        Regex::new(&format!("(?im){}", words.join("|"))).expect("a valid pattern")
    });
    let stderr = String::from_utf8_lossy(&output.stderr);
    let failed = !matches!(output.ending, Ending::Exited(0));
    (failed && MISUSE.is_match(&stderr)).then(|| format!("{command}: {:?} {}", output.ending, stderr.trim()))
}
