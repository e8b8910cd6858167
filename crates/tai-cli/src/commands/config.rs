use serde_json::{Value, json};

use super::json_line;
use crate::args::{ConfigCheck, ConfigPath, ConfigShow};
use crate::exit::{Exit, Failure};
use crate::nearest::nearest;
use crate::terminal::print;
use crate::wire::SETTINGS;
use crate::{render, wire};

pub(crate) fn config_show(args: &ConfigShow) -> Result<Exit, Failure> {
    for key in &args.keys {
        let mut keys = SETTINGS.iter().map(|setting| setting.key);
        if !keys.clone().any(|known| known == key) {
            let hint = nearest(key, &mut keys).map(|key| format!("did you mean {key}?"));
            return Err(Failure::usage(format!("there is no setting {key:?}"))
                .hint(hint.unwrap_or_else(|| "`tai config show` lists all".to_owned())));
        }
    }
    let on = |on: bool| on.then(|| "true".to_owned());
    let flags = [
        ("model", args.model.clone()),
        ("base_url", args.base_url.clone()),
        ("embedder", args.embedder.clone()),
        ("reranker", args.reranker.clone()),
        ("ca_file", args.ca_file.clone()),
        ("api_key_file", args.api_key_file.clone()),
        ("redact_prompt", on(args.redact_prompt)),
        ("no_persist", on(args.no_persist)),
    ];
    let mut settings = wire::effective(&flags)?;
    settings.retain(|effective| args.keys.is_empty() || args.keys.iter().any(|key| key == effective.setting.key));
    print(&if args.json { json_line(&render::settings_json(&settings))? } else { render::settings(&settings) })?;
    Ok(Exit::Done)
}

/// What is in tai's folder, and what for.
const PLACES: [(&str, &str); 9] = [
    ("config.toml", "settings"),
    ("policy.toml", "programs and flags of your own that may run on hosts"),
    ("collectors.d", "collectors of your own"),
    ("prompts", "texts of the prompt of your own"),
    ("runbooks", "runbooks that were added"),
    ("sessions", "past sessions"),
    ("models", "models"),
    ("logs", "the audit log, and logs of runs"),
    ("cache", "vectors"),
];

pub(crate) fn config_path(args: &ConfigPath) -> Result<Exit, Failure> {
    let home = wire::tai_home()?;
    let place = |(name, about): (&str, &str)| {
        let path = home.join(name);
        json!({"name": name, "path": path, "exists": path.exists(), "about": about})
    };
    print(&if args.json {
        json_line(&json!({"home": home, "places": PLACES.map(place)}))?
    } else {
        format!("{}\n", home.join("config.toml").display())
    })?;
    Ok(Exit::Done)
}

/// What a check of one file, or of one kind of them, came to.
pub(crate) struct Checked {
    pub(crate) what: &'static str,
    /// What is right, or that there is none.
    pub(crate) outcome: Result<&'static str, Failure>,
}

pub(crate) fn config_check(args: &ConfigCheck) -> Result<Exit, Failure> {
    let checks = configuration()?;
    let exit = checks.iter().filter_map(|check| Some(check.outcome.as_ref().err()?.exit)).max().unwrap_or(Exit::Done);
    let all = || checks.iter().map(render::checked_json).collect::<Vec<Value>>();
    print(&if args.json { json_line(&all())? } else { render::checked(&checks) })?;
    Ok(exit)
}

/// All files that an operator writes, each read as the commands read it.
pub(super) fn configuration() -> Result<Vec<Checked>, Failure> {
    let home = wire::tai_home()?;
    let there = |name: &str| if home.join(name).exists() { "right" } else { "none" };
    let check =
        |what: &'static str, outcome: Result<(), Failure>| Checked { what, outcome: outcome.map(|()| there(what)) };
    let policy = wire::policy();
    let collectors = match &policy {
        Ok(policy) => wire::collectors(policy).map(drop),
        // Told by itself.
        Err(_) => Ok(()),
    };
    Ok(vec![
        check("config.toml", wire::config().and_then(|_| wire::secrets()).map(drop)),
        check("policy.toml", policy.as_ref().map(drop).map_err(Failure::again)),
        check("collectors.d", collectors),
        check("prompts", wire::templates().map(drop)),
        Checked {
            what: "model, with the files of its key and certificates",
            outcome: wire::model(wire::ModelFlags::default()).map(|_| "right"),
        },
    ])
}
