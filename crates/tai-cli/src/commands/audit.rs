use serde_json::json;

use super::history::is_of;
use super::json_line;
use crate::args::Audit;
use crate::exit::{Exit, Failure};
use crate::terminal::print;
use crate::{render, wire};

pub(crate) fn audit(args: &Audit) -> Result<Exit, Failure> {
    wire::tai_home()?;
    let Some(log) = wire::audit_log() else { return Ok(Exit::Done) };
    match (args.verify.as_deref(), &args.head) {
        (None, None) => {}
        (None, Some(_)) => return Err(Failure::usage("--head goes with verify").hint("`tai audit verify --head HASH`")),
        (Some("verify"), head) => return verify(&log, head.as_deref(), args.json),
        (Some(other), _) => {
            return Err(Failure::usage(format!("{other:?} is nothing that can be asked of the audit log"))
                .hint("`tai audit verify`"));
        }
    }
    let most = if args.host.is_some() { usize::MAX } else { args.limit };
    let mut entries = log.last(most)?;
    if let Some(host) = &args.host {
        entries.retain(|entry| entry.host.as_ref().is_some_and(|of| is_of(of, host)));
        entries.drain(..entries.len().saturating_sub(args.limit));
    }
    let text = match args.json {
        true => entries.iter().map(json_line).collect::<Result<String, _>>()?,
        false => render::audit(&entries),
    };
    print(&text)?;
    Ok(Exit::Done)
}

fn verify(log: &tai_store::AuditLog, head: Option<&str>, json: bool) -> Result<Exit, Failure> {
    let verified = log.verify()?;
    let missing = match head {
        Some(head) if head.len() < 8 => return Err(Failure::usage("--head takes at least 8 digits of a hash")),
        Some(head) => !log.has_hash(head)?,
        None => false,
    };
    if json {
        print(&json_line(&json!({"path": log.path(), "verified": verified, "head_missing": missing}))?)?;
    } else {
        print(&render::verified_audit(&verified, missing))?;
    }
    Ok(if verified.faults.is_empty() && !missing { Exit::Done } else { Exit::Store })
}
