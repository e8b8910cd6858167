use crate::policy::denied::{Denied, Rule};
use crate::policy::kind::Kind::{self, Begins, Either, KubeObject, Label, Names, Number, OneOf, Text, Time};
use crate::policy::program::{
    Flags, Operands, Program, Requirement, any, attached, maybe, some, switches, value, verb, verb_with,
};
use crate::policy::scan::Call;

/// Behind `-o`, with or without `=`, which kubectl takes off.
const OUTPUT: Kind = Either(&[
    OneOf(&["json", "yaml", "wide", "name", "=json", "=yaml", "=wide", "=name"]),
    Begins(&["jsonpath=", "custom-columns=", "go-template=", "=jsonpath=", "=custom-columns=", "=go-template="]),
]);
const GET: &[Flags] = &[
    switches("--show-labels --show-kind --no-headers --ignore-not-found --show-managed-fields"),
    value("-o --output", OUTPUT),
    value("-L --label-columns", Names),
    value("--sort-by", Text),
    value("--chunk-size", Number(0, 10_000)),
];
const DESCRIBE: &[Flags] = &[attached("--show-events", OneOf(&["true", "false"]))];
const LOGS: &[Flags] = &[
    switches("-p"),
    attached("--all-containers --timestamps --prefix --previous --ignore-errors --all-pods", OneOf(&["true", "false"])),
    value("-c --container", Names),
    value("--tail", Either(&[Number(0, 1_000_000), OneOf(&["-1"])])),
    value("--since --since-time", Time),
    value("--limit-bytes", Number(1, 1_000_000_000)),
    value("--max-log-requests", Number(1, 100)),
];
const TOP: &[Flags] =
    &[switches("--containers --no-headers --sum --show-capacity"), value("--sort-by", OneOf(&["cpu", "memory"]))];

pub(super) const PROGRAMS: &[Program] = &[Program {
    name: "kubectl",
    summary: "objects, events and logs of a Kubernetes cluster, but for secrets",
    flags: &[
        switches("-A --all-namespaces"),
        value("-n --namespace", Names),
        value("-l --selector --field-selector", Label),
        value("--request-timeout", Time),
    ],
    verbs: &[
        verb_with("get", GET, some(KubeObject)),
        verb_with("describe", DESCRIBE, some(KubeObject)),
        verb_with("logs|log", LOGS, any(KubeObject)),
        verb_with("top pod|pods|po", TOP, maybe(KubeObject)),
        verb_with("top node|nodes|no", TOP, maybe(KubeObject)),
        verb_with(
            "events",
            &[value("--types --for", KubeObject), value("-o --output", OUTPUT), switches("--no-headers")],
            Operands::None,
        ),
        verb_with(
            "version",
            &[switches("--client --short"), value("-o --output", OneOf(&["json", "yaml"]))],
            Operands::None,
        ),
        verb_with(
            "api-resources",
            &[
                switches("--namespaced --no-headers"),
                value("-o --output", OneOf(&["wide", "name"])),
                value("--verbs --api-group", Names),
            ],
            Operands::None,
        ),
        verb_with("explain", &[switches("--recursive")], some(KubeObject)),
        verb("api-versions", Operands::None),
        verb("cluster-info", Operands::None),
        verb("rollout history", some(KubeObject)),
        verb_with("rollout status", &[attached("--watch", OneOf(&["false"]))], some(KubeObject)),
        verb_with("auth can-i", &[switches("--list")], any(KubeObject)),
        verb("auth whoami", Operands::None),
        verb("config current-context", Operands::None),
        verb("config get-contexts", maybe(Names)),
        verb("config get-clusters", Operands::None),
    ],
    requirements: &[Requirement::Special {
        what: "rollout status needs --watch=false: without it, it waits for the end",
        check: without_watch,
    }],
    refused: &[
        (
            "apply create delete edit patch replace set scale autoscale expose run label annotate rollout cordon uncordon \
             drain taint certificate kustomize diff",
            "it changes the cluster, or can; tai only reads (get, describe, logs, top, events)",
        ),
        ("exec attach cp debug port-forward proxy", "it runs a program in the cluster, or opens a way into it"),
        (
            "-f --filename -k --kustomize --recursive -R --template",
            "it follows, or reads files or addresses of the caller's choice",
        ),
        ("-w --watch --watch-only wait", "it waits for changes"),
        ("config", "it shows or changes credentials"),
        ("plugin krew", "it runs other programs"),
        (
            "-s --server --kubeconfig --token --as --as-group --as-uid --user --username --password --cluster --context \
             --client-key --client-certificate --certificate-authority --insecure-skip-tls-verify --tls-server-name",
            "it talks to another cluster, or with other credentials",
        ),
        ("--raw", "it asks for any address of the cluster"),
        (
            "-v --v --vmodule --cache-dir --profile --profile-output --log-file --log-dir",
            "it writes files, or shows credentials",
        ),
    ],
    ..Program::PLAIN
}];

fn without_watch(call: &Call<'_>) -> Result<(), Denied> {
    match call.operands[..] {
        ["rollout", "status", ..] if !call.flags.contains(&("--watch", Some("false"))) => Err(Denied::new(
            Rule::Missing,
            "`kubectl rollout status` needs `--watch=false`: without it, it waits for the end",
        )),
        ["auth", "can-i"] if !call.has("--list") => {
            Err(Denied::new(Rule::Missing, "`kubectl auth can-i` needs a verb and a type, or --list"))
        }
        _ => Ok(()),
    }
}
