use std::fmt::Write;

use serde_json::{Value, json};
use tai_ssh::visible_line;

use crate::commands::Checked;
use crate::wire::Effective;

/// Settings with their sources, for people.
pub(crate) fn settings(settings: &[Effective]) -> String {
    let value = |effective: &Effective| visible_line(effective.value.clone());
    let widest = |of: &dyn Fn(&Effective) -> usize| settings.iter().map(of).max().unwrap_or(0);
    let keys = widest(&|effective| effective.setting.key.len()).max(3);
    let values = widest(&|effective| value(effective).chars().count()).clamp(5, 48);
    let mut text = format!("{:keys$}  {:values$}  FROM\n", "KEY", "VALUE");
    for effective in settings {
        let _ = writeln!(text, "{:keys$}  {:values$}  {}", effective.setting.key, value(effective), effective.source);
    }
    text
}

/// The same for programs.
pub(crate) fn settings_json(settings: &[Effective]) -> Value {
    let one = |Effective { setting, value, source }: &Effective| {
        json!({
            "key": setting.key, "value": value, "source": source, "flag": setting.flag, "variable": setting.variable,
            "in_file": setting.is_in_file, "about": setting.about,
        })
    };
    Value::Array(settings.iter().map(one).collect())
}

/// What reading the configuration came to.
pub(crate) fn checked(checks: &[Checked]) -> String {
    let mut text = String::new();
    for Checked { what, outcome } in checks {
        match outcome {
            Ok(state) => {
                let _ = writeln!(text, "{what}: {state}");
            }
            Err(failure) => {
                let _ = write!(text, "{what}: {}", failure.message());
            }
        }
    }
    text
}

pub(crate) fn checked_json(Checked { what, outcome }: &Checked) -> Value {
    match outcome {
        Ok(state) => json!({"what": what, "state": state}),
        Err(failure) => json!({"what": what, "state": "wrong", "causes": failure.causes(), "hint": failure.hint}),
    }
}
