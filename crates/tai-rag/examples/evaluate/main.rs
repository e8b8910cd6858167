//! How good retrieval is over directories of evaluation cases, what each of its parts is worth, and which weights fit best.
//!
//! `cargo run --release -p tai-rag --example evaluate -- [--model DIRECTORY [--precision f32|bf16|int8|candle] [--embed UNIT]] [--without NAME,…] [--missed] [--fit] DIRECTORY…`
//!
//! UNIT is what stands for a chunk when meaning is compared: `passages`, as tai has it, or for a comparison `chunks`, `halves` or `lines`.
//!
//! `--learn FILE` writes the messages of the healthy captures instead: `src/benign.txt`. The figures do not use that file where there are healthy captures:
//! then messages are learnt anew for each host from the healthy captures of the others.

mod cases;
mod figures;
mod fit;
mod meaning;
mod table;

use std::collections::BTreeSet;
use std::error::Error;
use std::path::PathBuf;

use cases::Cases;
use figures::Figures;
use meaning::{Meaning, Unit};
use tai_rag::Weights;

#[expect(clippy::print_stdout, reason = "an example reports on stdout")]
fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (mut directories, mut without, mut model, mut learnt) = (Vec::new(), BTreeSet::new(), None, None);
    let (mut is_missed, mut is_fit, mut unit, mut precision) = (false, false, Unit::default(), "f32".to_owned());
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--model" => model = arguments.next().map(PathBuf::from),
            "--precision" => precision = arguments.next().unwrap_or_default(),
            "--without" => without = arguments.next().unwrap_or_default().split(',').map(str::to_owned).collect(),
            "--learn" => learnt = arguments.next().map(PathBuf::from),
            "--fit" => is_fit = true,
            "--missed" => is_missed = true,
            "--embed" => {
                let name = arguments.next().unwrap_or_default();
                unit = Unit::parse(&name).ok_or("--embed takes passages, chunks, halves or lines")?;
            }
            _ => directories.push(PathBuf::from(argument)),
        }
    }
    let mut meaning = Meaning::open(model.as_deref(), &precision, unit)?;
    let mut cases = Cases::read(&directories, &without, &mut meaning)?;
    if let Some(file) = learnt {
        return Ok(std::fs::write(file, cases.benign())?);
    }
    cases.learn_benign();
    println!("| ranker | issue: R@5 | R@10 | R@20 | MRR | n | named: R@5 | R@10 | R@20 | MRR | n |");
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    for (name, ranks) in ablation(&mut cases, model.is_some()) {
        println!("| {name} | {} |", Figures::of(&ranks, &is_named(&cases)));
    }
    println!();
    table::print(&mut cases, model.is_some());
    if is_missed {
        cases.missed(&Weights::default()).iter().for_each(|missed| println!("{missed}"));
    }
    if is_fit {
        fit::report(&mut cases);
    }
    Ok(())
}

fn is_named(cases: &Cases) -> Vec<bool> {
    cases.questions.iter().map(|asked| asked.is_named).collect()
}

type Ranks = Vec<Option<usize>>;

/// One part after the other.
fn ablation(cases: &mut Cases, has_model: bool) -> Vec<(&'static str, Ranks)> {
    let full = Weights::default();
    let plain = Weights { shown: 1.0, same_document: 1.0, ..full.clone() };
    let bm25 = Weights {
        expansion: 0.0,
        failed: 0.0,
        salience: 0.0,
        together: 0.0,
        other_day: 0.0,
        cosine: 0.0,
        ..plain.clone()
    };
    let cosine = Weights { words: 0.0, cosine: 1.0, ..bm25.clone() };
    let both = Weights { cosine: full.cosine, ..bm25.clone() };
    let bare = Weights { agreement: 0.0, benign: 0.0, recent: 0.0, ..full.clone() };
    let salience = Weights { expansion: 0.0, failed: 0.0, ..plain.clone() };
    let severity =
        Weights { together: 0.0, agreement: 0.0, benign: 0.0, recent: 0.0, other_day: 0.0, ..salience.clone() };
    let mut rows = vec![("BM25", cases.ranks(&bm25))];
    if has_model {
        rows.push(("cosine", cases.ranks(&cosine)));
        rows.push(("RRF of both", cases.fused_ranks(&[bm25, cosine])));
        rows.push(("sum of both", cases.ranks(&both)));
    }
    rows.push(("+ words of trouble", cases.ranks(&severity)));
    rows.push(("+ all of salience", cases.ranks(&salience)));
    rows.push(("+ expansion, failed units", cases.ranks(&plain)));
    rows.push(("+ diversity: all", cases.ranks(&full)));
    for (name, weights) in [
        ("all but agreement, benign, recent", bare),
        ("all but agreement", Weights { agreement: 0.0, ..full.clone() }),
        ("all but benign", Weights { benign: 0.0, ..full.clone() }),
        ("all but recent", Weights { recent: 0.0, ..full.clone() }),
        ("all but failed", Weights { failed: 0.0, ..full.clone() }),
        ("all but together", Weights { together: 0.0, ..full.clone() }),
        ("all but peak", Weights { peak: 0.0, ..full.clone() }),
        ("all but other_day", Weights { other_day: 0.0, ..full.clone() }),
    ] {
        rows.push((name, cases.ranks(&weights)));
    }
    rows
}
