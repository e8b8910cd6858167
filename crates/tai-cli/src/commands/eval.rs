use tai_engine::Options;
use tai_engine::eval::{cases_in, evaluate_case, summarize};
use tai_runbook::Library;

use super::json_line;
use crate::args::Eval;
use crate::exit::{Exit, Failure};
use crate::progress::Screen;
use crate::terminal::print;
use crate::wire::ModelFlags;
use crate::{render, wire};

pub(crate) async fn eval(args: Eval, screen: Screen) -> Result<Exit, Failure> {
    if args.dirs.is_empty() {
        return Err(Failure::usage("no directory of cases was given").hint("`tai eval fixtures/captures`"));
    }
    let dirs = cases_in(&args.dirs)?;
    let runbooks = Library::builtin();
    let (embedder, reranker) = (args.embedder.as_deref(), args.reranker.as_deref());
    let wired = wire::rankers(embedder, reranker, ModelFlags::default(), wire::persists()).await?;
    let progress = screen.line(None);
    let mut results = Vec::new();
    for dir in &dirs {
        progress.show_count("evaluating", results.len() + 1, dirs.len());
        let (embedder, reranker) = (wired.embedder.clone(), wired.reranker.clone());
        results.push(evaluate_case(dir, runbooks.clone(), embedder, reranker, Options::default()).await?);
    }
    progress.clear();
    let evaluation = summarize(results);
    print(&if args.json { json_line(&evaluation)? } else { render::evaluation(&evaluation) })?;
    Ok(Exit::Done)
}
