use serde_json::Value;

use super::json;
use super::quantity::count;
use super::rows::{Fields, Line, Output, Rows};
use super::table::{Cells, Heading};

/// Reads `kubectl get` of pods, nodes, workloads, claims and events, a table or JSON, whatever was asked for: kinds `pod`, `node`, `workload`, `volume_claim`, `cluster_event`.
pub(super) fn get(output: &Output<'_>, rows: &mut Rows) {
    if let Some(value) = json::document(output.text) {
        json::items(&value).into_iter().for_each(|item| object(item, output, rows));
        return;
    }
    let format = output
        .args()
        .skip_while(|arg| *arg != "-o")
        .nth(1)
        .or_else(|| output.args().find_map(|arg| arg.strip_prefix("-o")));
    let is_other_format = format.is_some_and(|format| !matches!(format.trim_start_matches('='), "wide" | "json"));
    if is_other_format {
        return;
    }
    let what = output.operands().skip_while(|word| *word != "get").nth(1).unwrap_or_default();
    let namespace = namespace(output);
    let mut heading: Option<Heading> = None;
    for line in output.lines() {
        if line.text.trim().is_empty() {
            heading = None;
            continue;
        }
        let is_heading = line.text.starts_with("NAME") || line.text.starts_with("LAST SEEN");
        if is_heading {
            heading = Some(Heading::new(line.text, 2));
            continue;
        }
        let Some(heading) = &heading else {
            rows.unread += usize::from(!line.text.starts_with("No resources found"));
            continue;
        };
        match table_row(what, heading, &heading.cells_between(line), namespace) {
            Some(Some(fields)) => rows.push(line, fields),
            Some(None) => rows.unread(),
            // Another kind of object.
            None => {}
        }
    }
}

fn namespace<'a>(output: &Output<'a>) -> &'a str {
    let flag = |arg: &&str| matches!(*arg, "-n" | "--namespace");
    let after = output.args().skip_while(|arg| !flag(arg)).nth(1);
    after.or_else(|| output.args().find_map(|arg| arg.strip_prefix("--namespace="))).unwrap_or_default()
}

/// `None` for kinds of objects that nothing is read of.
fn table_row(what: &str, heading: &Heading, cells: &Cells, namespace: &str) -> Option<Option<Fields>> {
    let name = cells.get(&["NAME"]);
    let (prefix, name) = name.split_once('/').unwrap_or(("", name));
    let namespace = Some(cells.get(&["NAMESPACE"])).filter(|text| !text.is_empty()).unwrap_or(namespace);
    let ready = cells.get(&["READY"]).split_once('/').and_then(|(ready, all)| Some((count(ready)?, count(all)?)));
    let kind = if prefix.is_empty() {
        what.split(['.', '/']).next().unwrap_or_default()
    } else {
        prefix.split('.').next().unwrap_or_default()
    };
    if heading.has("LAST SEEN") && heading.has("REASON") {
        let fields =
            event(cells.get(&["NAMESPACE"]), cells.get(&["REASON"]), cells.get(&["OBJECT"]), cells.get(&["MESSAGE"]));
        return (cells.get(&["TYPE"]) == "Warning").then_some(Some(fields));
    }
    if heading.has("ROLES") || heading.has("STATUS") && heading.has("VERSION") {
        return Some(node_row(name, cells));
    }
    if heading.has("RESTARTS") {
        return Some(ready.map(|ready| pod_row(name, namespace, ready, cells)));
    }
    if heading.has("CAPACITY") && heading.has("VOLUME") {
        let fields = Fields::of("volume_claim").text("name", name).text("namespace", namespace);
        return Some(Some(fields.text("phase", cells.get(&["STATUS"]))));
    }
    let number = |name: &str| count(cells.get(&[name]));
    let (ready, desired) = match (ready, number("DESIRED")) {
        (Some((ready, all)), _) => (Some(ready), Some(all)),
        (None, desired) => (number("READY").or_else(|| number("AVAILABLE")), desired),
    };
    desired.map(|_| Some(workload(type_name(kind), name, namespace, desired, ready)))
}

fn type_name(kind: &str) -> &str {
    match kind {
        "deployment" | "deployments" | "deploy" => "Deployment",
        "statefulset" | "statefulsets" | "sts" => "StatefulSet",
        "daemonset" | "daemonsets" | "ds" => "DaemonSet",
        "replicaset" | "replicasets" | "rs" => "ReplicaSet",
        kind => kind,
    }
}

fn pod_row(name: &str, namespace: &str, (ready, all): (f64, f64), cells: &Cells) -> Fields {
    let status = cells.get(&["STATUS"]);
    // What kubectl shows is the phase only where nothing is worse.
    let phase = match status {
        "Running" | "Pending" | "Failed" | "Unknown" => status,
        "Completed" | "Succeeded" => "Succeeded",
        "ContainerCreating" | "PodInitializing" => "Pending",
        status if status.starts_with("Init:") => "Pending",
        _ => "",
    };
    let is_done = phase == "Succeeded";
    let reason = if phase == status || is_done { "" } else { status };
    let restarts = cells.get(&["RESTARTS"]).split(' ').next().unwrap_or_default();
    Fields::of("pod")
        .text("name", name)
        .text("namespace", namespace)
        .text("phase", phase)
        .text("reason", reason)
        .number("containers", all)
        .number("ready", ready)
        .flag("is_ready", is_done || ready >= all && phase == "Running")
        .number("restarts", count(restarts))
        .text("node", cells.get(&["NODE"]).trim_matches(['<', '>']))
}

fn node_row(name: &str, cells: &Cells) -> Option<Fields> {
    let status = cells.get(&["STATUS"]);
    let mut words = status.split(',');
    let is_ready = match words.next()? {
        "Ready" => true,
        "NotReady" | "Unknown" | "Down" => false,
        _ => return None,
    };
    let fields = Fields::of("node").text("name", name).flag("is_ready", is_ready);
    Some(
        fields
            .flag("is_unschedulable", words.any(|word| word == "SchedulingDisabled"))
            .text("version", cells.get(&["VERSION"])),
    )
}

fn workload(kind: &str, name: &str, namespace: &str, desired: Option<f64>, ready: Option<f64>) -> Fields {
    let missing = desired.map(|desired| (desired - ready.unwrap_or(0.0)).max(0.0));
    let fields = Fields::of("workload").text("type", kind).text("name", name).text("namespace", namespace);
    fields.number("desired", desired).number("ready", ready.unwrap_or(0.0)).number("missing", missing)
}

fn event(namespace: &str, reason: &str, object: &str, message: &str) -> Fields {
    Fields::of("cluster_event")
        .text("namespace", namespace)
        .text("reason", reason)
        .text("object", object)
        .text("message", message)
}

fn object(item: &Value, output: &Output<'_>, rows: &mut Rows) {
    let text = |path: &str| json::text(item, path);
    let (name, namespace) = (text("/metadata/name"), text("/metadata/namespace"));
    let line = || named_line(output, &name);
    match &*text("/kind") {
        "Pod" => rows.push(line(), pod(item)),
        "Node" => rows.push(line(), node(item)),
        kind @ ("Deployment" | "StatefulSet" | "ReplicaSet") => {
            rows.push(
                line(),
                workload(
                    kind,
                    &name,
                    &namespace,
                    json::number(item, "/spec/replicas"),
                    json::number(item, "/status/readyReplicas"),
                ),
            );
        }
        "DaemonSet" => {
            let number = |name: &str| json::number(item, &format!("/status/{name}"));
            rows.push(
                line(),
                workload("DaemonSet", &name, &namespace, number("desiredNumberScheduled"), number("numberReady")),
            );
        }
        "PersistentVolumeClaim" => {
            let fields = Fields::of("volume_claim").text("name", &name).text("namespace", &namespace);
            rows.push(line(), fields.text("phase", &text("/status/phase")));
        }
        "Event" if text("/type") == "Warning" => {
            let object = format!("{}/{}", text("/involvedObject/kind").to_lowercase(), text("/involvedObject/name"));
            let fields = event(&namespace, &text("/reason"), &object, &text("/message"));
            rows.push(line(), fields.number("count", json::number(item, "/count")));
        }
        _ => {}
    }
}

fn named_line<'a>(output: &Output<'a>, name: &str) -> Line<'a> {
    let spaced = format!("\"name\": \"{name}\"");
    if output.text.contains(&spaced) {
        output.line_with(&spaced)
    } else {
        output.line_with(&format!("\"name\":\"{name}\""))
    }
}

fn pod(item: &Value) -> Fields {
    let text = |path: &str| json::text(item, path).into_owned();
    let all: Vec<&Value> = json::list(item, "/status/initContainerStatuses")
        .iter()
        .chain(json::list(item, "/status/containerStatuses"))
        .collect();
    let containers = json::list(item, "/spec/containers").len() as f64;
    let is_ready = |status: &&Value| status.get("ready").and_then(Value::as_bool) == Some(true);
    let ready = json::list(item, "/status/containerStatuses").iter().filter(is_ready).count() as f64;
    let harmless = ["", "Completed", "PodInitializing", "ContainerCreating"];
    let state = |status: &Value, what: &str| json::text(status, what).into_owned();
    let first = |paths: &[&str], harmless: &[&str]| {
        let texts = paths.iter().flat_map(|path| all.iter().map(|status| state(status, path)));
        texts.into_iter().find(|text| !harmless.contains(&text.as_str())).unwrap_or_default()
    };
    let phase = text("/status/phase");
    let unmet = json::list(item, "/status/conditions")
        .iter()
        .find(|condition| json::text(condition, "/status") == "False" && phase == "Pending");
    let condition = |path: &str| unmet.map_or(String::new(), |condition| json::text(condition, path).into_owned());
    let or = |texts: [String; 3]| texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default();
    let reason = or([
        text("/status/reason"),
        first(&["/state/waiting/reason", "/state/terminated/reason"], &harmless),
        condition("/reason"),
    ]);
    let message = or([
        text("/status/message"),
        first(&["/state/waiting/message", "/state/terminated/message"], &[""]),
        condition("/message"),
    ]);
    let exit_code = all.iter().find_map(|status| {
        let code = ["/state/terminated/exitCode", "/lastState/terminated/exitCode"]
            .iter()
            .find_map(|path| json::number(status, path));
        code.filter(|code| *code != 0.0)
    });
    Fields::of("pod")
        .text("name", &text("/metadata/name"))
        .text("namespace", &text("/metadata/namespace"))
        .text("phase", &phase)
        .text("reason", &reason)
        .text("message", &message)
        .number("containers", containers)
        .number("ready", ready)
        .flag("is_ready", phase == "Succeeded" || phase == "Running" && ready >= containers)
        .number("restarts", all.iter().filter_map(|status| json::number(status, "/restartCount")).sum::<f64>())
        .number("exit_code", exit_code)
        .text("last_reason", &first(&["/lastState/terminated/reason"], &["", "Completed"]))
        .text("node", &text("/spec/nodeName"))
}

fn node(item: &Value) -> Fields {
    let conditions = json::list(item, "/status/conditions");
    let ready = conditions.iter().find(|condition| json::text(condition, "/type") == "Ready");
    let is_ready = ready.map(|condition| json::text(condition, "/status") == "True");
    let is_bad =
        |condition: &&Value| json::text(condition, "/type") != "Ready" && json::text(condition, "/status") == "True";
    let pressure: Vec<_> =
        conditions.iter().filter(is_bad).map(|condition| json::text(condition, "/type").into_owned()).collect();
    let reason = ready
        .filter(|_| is_ready == Some(false))
        .map_or(String::new(), |condition| json::text(condition, "/message").into_owned());
    Fields::of("node")
        .text("name", &json::text(item, "/metadata/name"))
        .flag("is_ready", is_ready)
        .flag("is_unschedulable", item.pointer("/spec/unschedulable").and_then(Value::as_bool).unwrap_or(false))
        .text("pressure", &pressure.join(" "))
        .text("reason", &reason)
        .text("version", &json::text(item, "/status/nodeInfo/kubeletVersion"))
}

/// Reads the events at the end of `kubectl describe`: kind `cluster_event`, of the object that the command names. `Warning  REASON  AGE  FROM  MESSAGE`.
pub(super) fn describe(output: &Output<'_>, rows: &mut Rows) {
    let mut name = "";
    let mut in_events = false;
    let namespace = namespace(output);
    for line in output.filled_lines() {
        if let Some(value) = line.text.strip_prefix("Name:") {
            name = value.trim();
            in_events = false;
        } else if line.text.starts_with("Events:") {
            in_events = true;
        } else if in_events {
            let mut cells = line.text.trim().splitn(2, "  ");
            let rest: Vec<&str> =
                cells.nth(1).unwrap_or_default().split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
            if line.text.trim_start().starts_with("Warning") && rest.len() >= 4 {
                let times = rest[1].split_once("(x").and_then(|(_, rest)| count(rest.split([' ', ')']).next()?));
                rows.push(
                    line,
                    event(namespace, rest[0], name, &rest[3..].join(" ")).number("count", times.unwrap_or(1.0)),
                );
            }
        }
    }
}

/// Reads `ceph status` (`-s`) and `ceph health [detail]`: kind `ceph`.
pub(super) fn ceph(output: &Output<'_>, rows: &mut Rows) {
    let Some(line) = output.lines().find(|line| line.text.contains("HEALTH_")) else {
        rows.unread += output.filled_lines().count();
        return;
    };
    let health = line.text.split([' ', ';']).find(|word| word.starts_with("HEALTH_")).unwrap_or_default();
    let rest = line.text.split_once(health).map_or("", |(_, rest)| rest.trim_start_matches([' ', ';']));
    let in_health = output
        .lines()
        .skip(line.number)
        .take_while(|line| !line.text.trim().is_empty() && !line.text.trim_end().ends_with(':'));
    let checks: Vec<&str> = [rest]
        .into_iter()
        .chain(in_health.map(|line| line.text.trim()))
        .filter(|check| !check.is_empty())
        .take(10)
        .collect();
    let osd = output
        .lines()
        .find(|line| line.text.trim_start().starts_with("osd:") || line.text.trim_start().starts_with("osdmap"));
    let before = |name: &str| {
        let words: Vec<&str> = osd?.text.split([' ', ',', ':', ';']).filter(|word| !word.is_empty()).collect();
        let at = words.iter().position(|word| *word == name)?;
        count(words.get(at.checked_sub(1)?)?)
    };
    let (all, up) = (before("osds"), before("up"));
    let used = output.lines().find(|line| line.text.trim_start().starts_with("usage:")).and_then(|line| {
        let (used, rest) = line.text.split_once("usage:")?.1.split_once(" used, ")?;
        let (_, all) = rest.split_once(" / ")?;
        let size = |text: &str| super::quantity::size(&text.replace(' ', ""));
        Some(size(used)? / size(all.trim().strip_suffix(" avail")?)? * 100.0)
    });
    let fields = Fields::of("ceph").text("health", health).text("checks", &checks.join("; "));
    let fields = fields.number("osds", all).number("osds_up", up).number("osds_in", before("in"));
    rows.push(line, fields.number("osds_down", all.zip(up).map(|(all, up)| all - up)).number("used_percent", used));
}
