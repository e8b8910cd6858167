use crate::policy::denied::{Denied, Rule};
use crate::policy::kind::Kind::{self, Either, Label, Named, Names, Number, OneOf, Text, Time};
use crate::policy::program::{
    Flags, Operands, Program, Refused, any, attached, maybe, one, some, switches, value, verb_with,
};
use crate::policy::program::{Requirement, verb};
use crate::policy::scan::Call;

const FORMAT: Flags = value("-f --filter --format", Text);
const LIST: &[Flags] = &[switches("-a --all -q --quiet --no-trunc"), FORMAT];
const PS: &[Flags] =
    &[switches("-a --all -q --quiet --no-trunc -s --size -l --latest"), value("-n --last", Number(1, 10_000)), FORMAT];
const LOGS: &[Flags] = &[
    switches("-t --timestamps --details"),
    value("-n --tail", Either(&[Number(0, 1_000_000), OneOf(&["all"])])),
    value("--since --until", Time),
];
const INSPECT: &[Flags] = &[switches("-s --size"), value("-f --format", Text), value("--type", Names)];
const STATS: &[Flags] = &[switches("-a --all --no-stream --no-trunc"), value("--format", Text)];
const SHOW: &[Flags] = &[value("-f --format", Text)];
const DISK_USE: &[Flags] = &[switches("-v --verbose"), value("--format", Text)];

const CHANGES: &str = "it changes containers, images or networks, or runs something in them";
const ELSEWHERE: &str = "it talks to another daemon, or with another configuration";
const REFUSED: &[Refused] = &[
    (
        "exec run start stop restart kill rm rmi pause unpause update rename create attach cp commit export import load save build push pull tag login logout prune",
        CHANGES,
    ),
    (
        "compose plugin swarm stack buildx builder trust manifest scan scout init machine kube play generate unshare mount unmount",
        CHANGES,
    ),
    ("secret config", "it shows secrets"),
    ("wait search", "it waits, or asks a registry"),
    ("-f --follow", "it never ends; use --tail NUMBER"),
    (
        "-H --host -c --context --config --url --identity --connection --remote -r --tls --tlscacert --tlscert --tlskey --tlsverify -l --log-level",
        ELSEWHERE,
    ),
    (
        "--root --runroot --runtime --hooks-dir --module --storage-driver --storage-opt --cgroup-manager --conmon --out",
        ELSEWHERE,
    ),
];

/// `inspect` shows the environment that a container was given: tai keeps it, as it keeps `systemctl show`, and takes secrets out of
/// what it shows to a model or a person.
pub(super) const PROGRAMS: &[Program] = &[
    Program {
        name: "docker",
        summary: "containers of Docker, their state, logs and use of resources",
        verbs: &[
            verb_with("ps", PS, Operands::None),
            verb_with("container ls|list|ps", PS, Operands::None),
            verb_with("images", LIST, maybe(Names)),
            verb_with("image ls|list", LIST, maybe(Names)),
            verb_with("logs", LOGS, one(Names)),
            verb_with("container logs", LOGS, one(Names)),
            verb_with("inspect", INSPECT, some(Names)),
            verb_with("container inspect", INSPECT, some(Names)),
            verb_with("image inspect", SHOW, some(Names)),
            verb_with("network inspect", SHOW, some(Names)),
            verb_with("volume inspect", SHOW, some(Names)),
            verb_with("stats", STATS, any(Names)),
            verb_with("container stats", STATS, any(Names)),
            verb_with("history", LIST, one(Names)),
            verb_with("image history", LIST, one(Names)),
            verb_with("network ls|list", LIST, Operands::None),
            verb_with("volume ls|list", LIST, Operands::None),
            verb_with("node ls|list", LIST, Operands::None),
            verb_with("service ls|list", LIST, Operands::None),
            verb_with("service ps", LIST, some(Names)),
            verb_with("service logs", LOGS, one(Names)),
            verb_with("info", SHOW, Operands::None),
            verb_with("version", SHOW, Operands::None),
            verb_with("system df", DISK_USE, Operands::None),
            verb_with("system info", SHOW, Operands::None),
            verb("top", one(Names)),
            verb("container top", one(Names)),
            verb("port", one(Names)),
            verb("container port", one(Names)),
            verb("diff", one(Names)),
            verb("container diff", one(Names)),
            verb_with("events", DOCKER_EVENTS, Operands::None),
            verb("context ls|list", Operands::None),
        ],
        requirements: &[ONCE],
        refused: REFUSED,
        ..Program::PLAIN
    },
    Program {
        name: "podman",
        summary: "containers of Podman, their state, logs and use of resources",
        verbs: &[
            verb_with("ps", PODMAN_PS, Operands::None),
            verb_with("container ls|list|ps", PODMAN_PS, Operands::None),
            verb_with("images", LIST, maybe(Names)),
            verb_with("image ls|list", LIST, maybe(Names)),
            verb_with("logs", LOGS, some(Names)),
            verb_with("container logs", LOGS, some(Names)),
            verb_with("inspect", INSPECT, some(Names)),
            verb_with("container inspect", INSPECT, some(Names)),
            verb_with("image inspect", SHOW, some(Names)),
            verb_with("network inspect", SHOW, some(Names)),
            verb_with("volume inspect", SHOW, some(Names)),
            verb_with("pod inspect", SHOW, some(Names)),
            verb_with("stats", STATS, any(Names)),
            verb_with("container stats", STATS, any(Names)),
            verb_with("history", LIST, one(Names)),
            verb_with("network ls|list", LIST, Operands::None),
            verb_with("volume ls|list", LIST, Operands::None),
            verb_with("pod ls|list|ps", LIST, Operands::None),
            verb_with("info", SHOW, Operands::None),
            verb_with("version", SHOW, Operands::None),
            verb_with("system df", DISK_USE, Operands::None),
            verb_with("events", PODMAN_EVENTS, Operands::None),
            verb("port", maybe(Names)),
            verb("diff", one(Names)),
        ],
        requirements: &[ONCE],
        refused: REFUSED,
        ..Program::PLAIN
    },
    Program {
        name: "crictl",
        summary: "containers and pods of a Kubernetes node",
        flags: &[value("-o --output", OneOf(&["json", "yaml", "table"]))],
        verbs: &[
            verb_with("ps", CRI_LIST, maybe(Names)),
            verb_with("pods", CRI_LIST, Operands::None),
            verb_with("images|image|img", &[switches("-q --quiet -v --verbose --no-trunc --digests")], maybe(Names)),
            verb_with("logs", CRI_LOGS, one(Names)),
            verb_with("stats", CRI_LIST, maybe(Names)),
            verb_with("statsp", CRI_LIST, maybe(Names)),
            verb("inspect", some(Names)),
            verb("inspectp", some(Names)),
            verb("inspecti", some(Names)),
            verb("imagefsinfo", Operands::None),
            verb("info", Operands::None),
            verb("version", Operands::None),
        ],
        refused: &[
            (
                "exec run runp create start stop stopp rm rmp rmi pull update attach port-forward checkpoint update-runtime-config",
                CHANGES,
            ),
            ("config", "it writes its configuration"),
            ("-c --config -r --runtime-endpoint -i --image-endpoint", ELSEWHERE),
            ("-f --follow -w --watch events", "it never ends; use --tail NUMBER"),
        ],
        ..Program::PLAIN
    },
];

/// An end that lies ahead would be waited for.
const DOCKER_EVENTS: &[Flags] = &[
    value("--since", Time),
    value("--until", OneOf(&["0s", "0m", "0h", "1s", "1m", "5m", "10m", "30m", "1h"])),
    FORMAT,
];
const PODMAN_EVENTS: &[Flags] =
    &[value("--since", Time), attached("--stream", OneOf(&["false"])), switches("--no-trunc"), FORMAT];
const PODMAN_PS: &[Flags] = &[
    switches("-a --all -q --quiet --no-trunc -s --size -l --latest -p --pod --ns --noheading --external"),
    value("-n --last", Number(1, 10_000)),
    attached("--sort", Named),
    FORMAT,
];
const CRI_LIST: &[Flags] = &[
    switches("-a --all -q --quiet -v --verbose -l --latest --no-trunc"),
    value("-s --state --name --namespace --image --label -p --pod --id", CRI_NAME),
    value("-n --last", Number(1, 10_000)),
];
const CRI_NAME: Kind = Either(&[Named, Label]);
const CRI_LOGS: &[Flags] = &[
    switches("-t --timestamps -p --previous"),
    value("--tail -n --limit-bytes", Number(0, 1_000_000_000)),
    value("--since", Time),
];

/// `stats` prints for ever unless it is told otherwise.
const ONCE: Requirement =
    Requirement::Special { what: "stats needs --no-stream, events an end in the past: they never end", check: ends };

fn ends(call: &Call<'_>) -> Result<(), Denied> {
    match call.operands[..] {
        ["stats", ..] | ["container", "stats", ..] if !call.has("--no-stream") => {
            Err(Denied::new(Rule::Missing, "`stats` needs `--no-stream`: without it, it never ends"))
        }
        ["events"] if !call.has("--until") && !call.flags.contains(&("--stream", Some("false"))) => {
            Err(Denied::new(Rule::Missing, "`events` needs `--until 0s` (podman: `--stream=false`): it never ends"))
        }
        _ => Ok(()),
    }
}
