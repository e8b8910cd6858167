use serde_json::json;

use super::json_line;
use crate::exit::{Exit, Failure};
use crate::terminal::print;

pub(crate) fn version(json: bool) -> Result<Exit, Failure> {
    let version = env!("CARGO_PKG_VERSION");
    let text =
        if json { json_line(&json!({ "name": "tai", "version": version }))? } else { format!("tai {version}\n") };
    print(&text)?;
    Ok(Exit::Done)
}
