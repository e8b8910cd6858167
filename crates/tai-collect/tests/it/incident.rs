//! The time that a ticket tells: what is asked of the journal and of log files, by the host's own clock.

use tai_collect::{Background, Report, Scope, Ticket, collect};
use tai_ssh::Policy;

use crate::TableHost;

/// A host whose clock is an hour ahead of the operator's, with a log that was rotated and a unit in trouble.
fn host() -> TableHost {
    TableHost(|command| {
        let stdout = match command {
            "date +%FT%T%z" => "2026-05-04T12:00:00+0200\n",
            "ps -p 1 -o comm=" => "systemd\n",
            c if c.starts_with("systemctl list-units --type") => "shop.service loaded failed failed Shop\n",
            c if c.starts_with("find /srv/shop ") => {
                "2026-05-04T11:59 90000 /srv/shop/shop.log\n2026-05-04T00:00 80000 /srv/shop/shop.log.1\n"
            }
            c if c.starts_with("tail ") => "May  4 11:59:00 web1 shop[7]: still failing\n",
            _ => "",
        };
        Some(stdout.as_bytes().to_vec())
    })
}

async fn report(issue: &str) -> Report {
    let background = Background { collected_at: Some("2026-05-04T09:00:00Z".into()), ..Background::default() };
    let (policy, ticket) = (Policy::builtin(), Ticket::parse(issue));
    collect(&host(), &policy, ticket, background, &Scope::default(), None, &|_| {}).await.unwrap()
}

fn ran<'a>(report: &'a Report, start: &str) -> Vec<&'a str> {
    report.collected.iter().map(|c| c.command.as_str()).filter(|command| command.starts_with(start)).collect()
}

#[tokio::test]
async fn the_journal_is_read_around_the_beginning_of_the_trouble() {
    let report = report("the shop answers slowly since 06:00").await;
    // 06:00 by the host's clock is 04:00 UTC: an hour before that until two hours after it.
    let narrow = "--since=@1777863600 --until=@1777874400 -n 500 -o short-iso --no-pager";
    assert_eq!(report.window.as_ref().unwrap().since.as_second(), 1_777_863_600);
    assert_eq!(ran(&report, "journalctl --since"), [format!("journalctl {narrow}")]);
    let of_unit = ran(&report, "journalctl -u shop.service --since");
    assert_eq!(
        of_unit,
        ["journalctl -u shop.service --since=@1777863600 --until=@1777874400 -n 300 -o short-iso --no-pager"]
    );
    // The newest lines are read as well: what is told of a time may be wrong.
    assert!(!ran(&report, "journalctl -u shop.service -n 500").is_empty());
}

#[tokio::test]
async fn old_parts_of_logs_are_searched_for_the_days_in_question() {
    let timed = report("the shop answers slowly since yesterday evening, see /srv/shop").await;
    let searches = ran(&timed, "zgrep ");
    assert!(
        searches.iter().all(|line| line.contains("2026-05-03|May  3 |") && line.contains("2026-05-04|May  4 |")),
        "{searches:?}"
    );
    assert!(searches.iter().any(|line| line.ends_with("/srv/shop/shop.log.1")), "{searches:?}");
    let untimed = report("the shop answers slowly, see /srv/shop").await;
    assert!(ran(&untimed, "zgrep ").iter().all(|line| line.contains("'error|fail|")), "{:?}", ran(&untimed, "zgrep "));
    assert!(ran(&untimed, "journalctl --since").is_empty());
}

/// "An hour ago" is counted from what the host's clock shows, and that the clock is wrong is a row for signals.
#[tokio::test]
async fn a_wrong_clock_is_found_and_times_are_the_hosts() {
    let report = report("the shop is down for 30 minutes").await;
    // 12:00 +0200 on the host; half an hour and an hour before that.
    assert_eq!(report.window.as_ref().unwrap().since.to_string(), "2026-05-04T08:30:00Z");
    assert_eq!(report.facts.clock.unwrap().skew_seconds, Some(3600));
    assert!(report.readings.iter().any(|r| r.kind == "clock" && r.number_of("offset_seconds") == Some(3600.0)));
}
