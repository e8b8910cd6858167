use serde_json::Value;

use super::json;
use super::quantity::count;
use super::rows::{Fields, Output, Rows};
use super::table::{Cells, Heading};

/// Reads `ps` of docker, podman and nerdctl, and of crictl: a table, one JSON document, or one a line. Kind `container`.
pub(super) fn ps(output: &Output<'_>, rows: &mut Rows) {
    if let Some(value) = json::document(output.text) {
        let list = value.get("containers").unwrap_or(&value);
        json::items(list).into_iter().for_each(|item| listed(item, output, rows));
        return;
    }
    let mut lines = output.filled_lines();
    let Some(first) = lines.next() else { return };
    let heading = Heading::new(first.text, 2);
    if !heading.has("CONTAINER ID") && !heading.has("CONTAINER") && !heading.has("NAMES") {
        rows.unread += output.filled_lines().count();
        return;
    }
    for line in lines {
        let cells = heading.cells_between(line);
        let id = cells.get(&["CONTAINER ID", "CONTAINER"]);
        rows.push_or_unread(line, (!id.is_empty() || !cells.get(&["NAMES"]).is_empty()).then(|| row(&cells)));
    }
}

fn row(cells: &Cells) -> Fields {
    let fields = Fields::of("container")
        .text("id", cells.get(&["CONTAINER ID", "CONTAINER"]))
        .text("image", cells.get(&["IMAGE"]))
        .text("name", cells.get(&["NAMES", "NAME"]));
    // crictl has a state, and counts restarts as attempts.
    let fields = fields.number("restarts", count(cells.get(&["ATTEMPT"])));
    match cells.get(&["STATE"]) {
        "" => with_status(fields, cells.get(&["STATUS"])),
        state => fields.text("state", &state.to_lowercase()),
    }
}

/// `Up 2 hours (healthy)`, `Exited (137) 2 hours ago`, `Restarting (1) 5 seconds ago`, `Created`.
fn with_status(fields: Fields, status: &str) -> Fields {
    let state = match status.split([' ', '(']).next().unwrap_or_default() {
        "Up" if status.contains("(Paused)") => "paused".to_owned(),
        "Up" => "running".to_owned(),
        word => word.to_lowercase(),
    };
    let inner = status.split_once('(').and_then(|(_, rest)| Some(rest.split_once(')')?.0)).unwrap_or_default();
    let health = match inner {
        "healthy" | "unhealthy" => inner,
        "health: starting" | "starting" => "starting",
        _ => "",
    };
    fields.text("status", status).text("state", &state).number("exit_code", count(inner)).text("health", health)
}

/// An item of `docker ps --format json`, `podman ps --format json` or `crictl ps -o json`.
fn listed(item: &Value, output: &Output<'_>, rows: &mut Rows) {
    let text = |paths: &[&str]| {
        paths.iter().map(|path| json::text(item, path)).find(|text| !text.is_empty()).unwrap_or_default().into_owned()
    };
    let id = text(&["/ID", "/Id", "/id"]);
    if id.is_empty() {
        rows.unread();
        return;
    }
    let fields = Fields::of("container")
        .text("id", &id)
        .text("name", &text(&["/Names/0", "/Names", "/metadata/name"]))
        .text("image", &text(&["/Image", "/image/userSpecifiedImage", "/image/image"]))
        .number("restarts", json::number(item, "/Restarts").or_else(|| json::number(item, "/metadata/attempt")));
    let fields = with_status(fields, &text(&["/Status"]));
    let state = text(&["/State", "/state"]).to_lowercase();
    let fields = fields.text("state", state.trim_start_matches("container_"));
    let exited = json::number(item, "/ExitCode").filter(|_| item.get("Exited").and_then(Value::as_bool) == Some(true));
    rows.push(output.line_with(&id), fields.number("exit_code", exited));
}

/// Reads `inspect` of docker, podman and crictl: kind `container`, at the line of the exit code; and lines of `--format '{{.Name}} {{.RestartCount}} {{json .State}} …'`.
pub(super) fn inspect(output: &Output<'_>, rows: &mut Rows) {
    let Some(value) = json::document(output.text) else {
        for line in output.filled_lines() {
            rows.push_or_unread(line, state_line(line.text));
        }
        return;
    };
    for item in json::items(&value) {
        // crictl has everything under `status`.
        let crictl = item.get("status");
        let text = |path: &str| json::text(item, path);
        let state = text("/State/Status").into_owned() + &text("/status/state");
        let id = text("/Id").into_owned() + &text("/status/id");
        if state.is_empty() {
            continue;
        }
        let state = state.to_lowercase();
        let state = state.trim_start_matches("container_");
        let has_ended = state != "running";
        let name = text("/Name").into_owned() + &text("/status/metadata/name");
        let exit_code = json::number(item, "/State/ExitCode").or_else(|| json::number(item, "/status/exitCode"));
        let killed = item.pointer("/State/OOMKilled").and_then(Value::as_bool);
        let killed = killed.or_else(|| crictl.map(|status| json::text(status, "/reason") == "OOMKilled"));
        let health = text("/State/Health/Status");
        let fields = Fields::of("container")
            .text("id", &id)
            .text("name", name.trim_start_matches('/'))
            .text("image", &(text("/Config/Image").into_owned() + &text("/status/image/image")))
            .text("state", state)
            .number("exit_code", exit_code.filter(|_| has_ended))
            .number(
                "restarts",
                json::number(item, "/RestartCount").or_else(|| json::number(item, "/status/metadata/attempt")),
            )
            .text("health", if health == "none" { "" } else { &health })
            .flag("oom_killed", killed)
            .text("error", &(text("/State/Error").into_owned() + &text("/status/message")));
        rows.push(output.line_with(if has_ended { "xitCode\"" } else { &id }), fields);
    }
}

/// `/web 5 {"Status":"exited","OOMKilled":true,"ExitCode":137,…} …`
fn state_line(line: &str) -> Option<Fields> {
    let (before, rest) = line.split_at(line.find('{')?);
    let mut words = before.split_whitespace();
    let (name, restarts) = (words.next()?, words.next()?);
    let state: Value = serde_json::Deserializer::from_str(rest).into_iter().next()?.ok()?;
    let status = json::text(&state, "/Status").to_lowercase();
    let health = json::text(&state, "/Health/Status");
    let fields = Fields::of("container")
        .text("name", name.trim_start_matches('/'))
        .text("state", &status)
        .number("exit_code", json::number(&state, "/ExitCode").filter(|_| status != "running"))
        .number("restarts", restarts.parse().ok())
        .text("health", if health == "none" { "" } else { &health })
        .flag("oom_killed", state.get("OOMKilled").and_then(Value::as_bool))
        .text("error", &json::text(&state, "/Error"));
    (!status.is_empty()).then_some(fields)
}

/// Reads `crictl pods`: kind `pod`.
pub(super) fn crictl_pods(output: &Output<'_>, rows: &mut Rows) {
    if let Some(value) = json::document(output.text) {
        for item in value.get("items").map_or(Vec::new(), json::items) {
            let phase = json::text(item, "/state");
            let phase = if phase == "SANDBOX_READY" { "Ready" } else { "NotReady" };
            let name = json::text(item, "/metadata/name");
            rows.push(output.line_with(&name), pod(&name, &json::text(item, "/metadata/namespace"), phase));
        }
        return;
    }
    let mut lines = output.filled_lines();
    let Some(first) = lines.next() else { return };
    let heading = Heading::new(first.text, 2);
    for line in lines {
        let cells = heading.cells_between(line);
        let name = cells.get(&["NAME"]);
        rows.push_or_unread(
            line,
            (!name.is_empty()).then(|| pod(name, cells.get(&["NAMESPACE"]), cells.get(&["STATE"]))),
        );
    }
}

fn pod(name: &str, namespace: &str, phase: &str) -> Fields {
    Fields::of("pod")
        .text("name", name)
        .text("namespace", namespace)
        .text("phase", phase)
        .flag("is_ready", phase == "Ready")
}
