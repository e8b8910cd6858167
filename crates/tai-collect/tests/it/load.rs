//! What a host has to bear at once, and how often it is waited for.

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use tai_collect::{Background, Scope, Ticket, collect, facts};
use tai_ssh::{Host, HostError, Limits, Output, Policy, ReadOnlyCommand, ReplayHost};

use crate::TableHost;

/// A host that notes what runs beside what. Each command takes a moment, as over a network.
struct Watched<H> {
    host: H,
    seen: Mutex<Seen>,
}

#[derive(Clone, Debug, Default)]
struct Seen {
    running: usize,
    most: usize,
    /// How often something began while nothing ran: a round trip that had to be waited for.
    rounds: usize,
    /// Heavy commands, and of these the ones that were not alone.
    heavy: usize,
    crowded: usize,
    heavy_running: usize,
}

impl<H: Host> Watched<H> {
    fn new(host: H) -> Self {
        Watched { host, seen: Mutex::default() }
    }

    fn seen(self) -> Seen {
        self.seen.into_inner().unwrap()
    }
}

#[async_trait]
impl<H: Host> Host for Watched<H> {
    fn name(&self) -> &str {
        self.host.name()
    }

    fn has_own_session(&self) -> bool {
        self.host.has_own_session()
    }

    async fn run(&self, command: &ReadOnlyCommand, limits: &Limits) -> Result<Output, HostError> {
        let heavy = usize::from(limits.low_priority);
        {
            let mut seen = self.seen.lock().unwrap();
            seen.rounds += usize::from(seen.running == 0);
            seen.crowded += usize::from(heavy > 0 && seen.running > 0 || seen.heavy_running > 0);
            seen.running += 1;
            seen.heavy += heavy;
            seen.heavy_running += heavy;
            seen.most = seen.most.max(seen.running);
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
        let output = self.host.run(command, limits).await;
        let mut seen = self.seen.lock().unwrap();
        seen.running -= 1;
        seen.heavy_running -= heavy;
        output
    }
}

async fn rounds_of_facts(host: impl Host) -> usize {
    let host = Watched::new(host);
    facts(&host, &Policy::builtin(), &Background::default()).await.unwrap();
    host.seen().rounds
}

#[tokio::test]
async fn facts_take_one_round_trip_or_two() {
    for name in ["healthy-bullseye-plain", "healthy-bookworm-web", "healthy-trixie-web"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/captures").join(name);
        assert_eq!(rounds_of_facts(ReplayHost::open(&path).unwrap()).await, 1, "{name}");
    }
    // Who does not answer is asked in other words, once.
    assert_eq!(rounds_of_facts(TableHost(|_| None)).await, 2);
    assert_eq!(rounds_of_facts(TableHost(|_| Some(b"\xff\xfe".to_vec()))).await, 2);
}

#[tokio::test]
async fn a_heavy_command_runs_alone_and_light_ones_a_few_at_once() {
    let host = Watched::new(TableHost(|command| {
        let stdout = match command {
            "ps -p 1 -o comm=" => "systemd\n",
            "df -PT" => {
                "/dev/vda1 ext4 100 99 1 99% /\n/dev/vdb1 ext4 100 99 1 99% /srv\n/dev/vdc1 ext4 100 99 1 99% /var\n"
            }
            _ => "",
        };
        Some(stdout.as_bytes().to_vec())
    }));
    let scope = Scope { directories: vec!["/opt/shop".into(), "/opt/stock".into()], ..Scope::default() };
    let ticket = Ticket::parse("the disk is full");
    collect(&host, &Policy::builtin(), ticket, Background::default(), &scope, None, &|_| {}).await.unwrap();
    let seen = host.seen();
    assert!(seen.heavy >= 3 && (2..=5).contains(&seen.most), "{seen:?}");
    assert_eq!(seen.crowded, 0, "{seen:?}");
}
