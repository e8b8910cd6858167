//! Cases of evaluation, and the index of the capture of each.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use tai_rag::{ChunkOptions, Document, Index, Question, Weights};

use crate::meaning::Meaning;

/// How many chunks are looked at.
const DEPTH: usize = 20;

#[derive(Deserialize)]
struct CaseFile {
    issue: String,
    issue_named: Option<String>,
    #[serde(default)]
    category: String,
    #[serde(default)]
    evidence: Vec<Needle>,
    #[serde(default)]
    healthy: bool,
    /// The host that the fault was put into.
    #[serde(default)]
    twin: String,
}

#[derive(Deserialize)]
struct Needle {
    contains: String,
}

#[derive(Deserialize)]
struct Manifest {
    commands: Vec<Output>,
}

#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord, Clone)]
struct Output {
    command: String,
    file: PathBuf,
}

/// All cases and their captures.
pub(crate) struct Cases {
    pub(crate) captures: Vec<Capture>,
    pub(crate) questions: Vec<Asked>,
}

/// What was collected, cut and indexed.
pub(crate) struct Capture {
    pub(crate) index: Index,
    /// Captures of one host are in one fold.
    pub(crate) host: String,
    pub(crate) is_healthy: bool,
}

/// A question of a case, and its answers.
pub(crate) struct Asked {
    /// The name of its case.
    pub(crate) name: String,
    pub(crate) capture: usize,
    /// The directory of its case, of those that were given.
    pub(crate) set: usize,
    pub(crate) is_named: bool,
    pub(crate) category: String,
    pub(crate) question: Question,
    needles: Vec<String>,
}

impl Cases {
    /// Reads all cases below `directories` but those of the names `without`. Cases of the same outputs share an index.
    pub(crate) fn read(
        directories: &[PathBuf],
        without: &BTreeSet<String>,
        meaning: &mut Meaning,
    ) -> Result<Self, Box<dyn Error>> {
        let mut cases = Self { captures: Vec::new(), questions: Vec::new() };
        let mut known: BTreeMap<Vec<Output>, usize> = BTreeMap::new();
        let mut paths = Vec::new();
        for (set, directory) in directories.iter().enumerate() {
            let mut found = Vec::new();
            walk(directory, &mut found)?;
            paths.extend(found.into_iter().map(|path| (set, path)));
        }
        paths.retain(|(_, path)| !path.file_name().is_some_and(|name| without.contains(&*name.to_string_lossy())));
        let mut asked: Vec<(String, Asked)> = Vec::new();
        for (set, path) in paths {
            let case: CaseFile = serde_json::from_slice(&fs::read(path.join("case.json"))?)?;
            let outputs = outputs(&path)?;
            let capture = match known.get(&outputs) {
                Some(capture) => *capture,
                None => {
                    let index = Index::build(documents(&outputs)?, &ChunkOptions::default());
                    let folder = outputs.first().and_then(|output| output.file.parent()).unwrap_or(&path);
                    let host = if case.twin.is_empty() { folder.to_string_lossy().into_owned() } else { case.twin };
                    // A healthy host is its own twin.
                    let host =
                        if case.healthy { path.file_name().unwrap_or_default().to_string_lossy().into() } else { host };
                    known.insert(outputs, cases.captures.len());
                    cases.captures.push(Capture { index, host, is_healthy: case.healthy });
                    cases.captures.len() - 1
                }
            };
            if case.healthy || case.evidence.is_empty() {
                continue;
            }
            for (is_named, text) in [(false, Some(case.issue)), (true, case.issue_named)] {
                let Some(text) = text else { continue };
                let question = cases.captures[capture].index.question(&text, None);
                let needles = case.evidence.iter().map(|needle| needle.contains.clone()).collect();
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                asked.push((
                    text,
                    Asked { name, capture, set, is_named, category: case.category.clone(), question, needles },
                ));
            }
        }
        for (number, Capture { index, .. }) in cases.captures.iter_mut().enumerate() {
            let of_capture =
                || asked.iter().filter(|(_, asked)| asked.capture == number).map(|(text, _)| text.as_str());
            if of_capture().next().is_some() {
                meaning.give(index, &of_capture().collect::<Vec<_>>())?;
            }
        }
        for (text, mut asked) in asked {
            asked.question = cases.captures[asked.capture].index.question(&text, meaning.of(&text)?.as_deref());
            cases.questions.push(asked);
        }
        Ok(cases)
    }

    /// The rank of the first hit of every question with these weights: a chunk that holds one of the needles.
    pub(crate) fn ranks(&mut self, weights: &Weights) -> Vec<Option<usize>> {
        self.captures.iter_mut().for_each(|capture| capture.index.set_weights(weights.clone()));
        self.questions.iter().map(|asked| asked.rank(&self.captures[asked.capture].index, DEPTH)).collect()
    }

    /// The questions that have no hit among the first ten, each with the place of its first hit and what stands there and first: command and shares.
    pub(crate) fn missed(&mut self, weights: &Weights) -> Vec<String> {
        self.captures.iter_mut().for_each(|capture| capture.index.set_weights(weights.clone()));
        let missed = |asked: &Asked| {
            let found = self.captures[asked.capture].index.rank(&asked.question, 300);
            let hit = found.iter().position(|(evidence, _)| asked.holds(&evidence.text));
            if hit.is_some_and(|place| place < 10) {
                return None;
            }
            let line = |place: usize| {
                let (evidence, shares) = &found[place];
                format!(
                    "\n    {}: {} {}-{} {shares:?}",
                    place + 1,
                    evidence.command,
                    evidence.start_line,
                    evidence.end_line
                )
            };
            let shown: String = (0..found.len().min(10)).chain(hit).map(line).collect();
            Some(format!("{}{}{shown}", asked.name, if asked.is_named { ", named" } else { "" }))
        };
        self.questions.iter().filter_map(missed).collect()
    }

    /// As [`ranks`](Self::ranks), in the fusion of several rankings.
    pub(crate) fn fused_ranks(&mut self, of: &[Weights]) -> Vec<Option<usize>> {
        let Self { captures, questions } = self;
        questions.iter().map(|asked| asked.fused_rank(&mut captures[asked.capture].index, of)).collect()
    }

    /// The messages of the healthy hosts, one a line.
    pub(crate) fn benign(&self) -> String {
        let healthy = self.captures.iter().filter(|capture| capture.is_healthy);
        let messages: BTreeSet<String> =
            healthy.flat_map(|capture| capture.index.messages()).filter(|message| says_enough(message)).collect();
        messages.into_iter().map(|message| message + "\n").collect()
    }

    /// Lets every capture know the messages of the healthy hosts but its own.
    pub(crate) fn learn_benign(&mut self) {
        let messages: Vec<(String, Vec<String>)> = self
            .captures
            .iter()
            .filter(|capture| capture.is_healthy)
            .map(|capture| (capture.host.clone(), capture.index.messages()))
            .collect();
        if messages.is_empty() {
            return;
        }
        for capture in &mut self.captures {
            let others = messages.iter().filter(|(host, _)| *host != capture.host);
            let others = others.flat_map(|(_, messages)| messages).map(String::as_str);
            let others: BTreeSet<&str> = others.filter(|message| says_enough(message)).collect();
            capture.index.set_benign(others);
        }
    }
}

impl Asked {
    fn rank(&self, index: &Index, depth: usize) -> Option<usize> {
        let found = index.rank(&self.question, depth);
        found.iter().find(|(evidence, _)| self.holds(&evidence.text)).map(|(evidence, _)| evidence.rank)
    }

    /// The rank in the fusion of several rankings by their ranks alone: the sum of 1 / (60 + rank).
    fn fused_rank(&self, index: &mut Index, of: &[Weights]) -> Option<usize> {
        let mut sums: BTreeMap<(usize, usize, usize), (f64, bool)> = BTreeMap::new();
        for weights in of {
            index.set_weights(weights.clone());
            for (evidence, _) in index.rank(&self.question, 1000) {
                let chunk = (evidence.document, evidence.start_line, evidence.end_line);
                let sum = sums.entry(chunk).or_insert((0.0, self.holds(&evidence.text)));
                sum.0 += 1.0 / (60 + evidence.rank) as f64;
            }
        }
        let mut fused: Vec<(f64, bool)> = sums.into_values().collect();
        fused.sort_by(|left, right| right.0.total_cmp(&left.0));
        fused.iter().take(DEPTH).position(|(_, holds)| *holds).map(|place| place + 1)
    }

    fn holds(&self, text: &str) -> bool {
        self.needles.iter().any(|needle| text.contains(needle))
    }
}

/// Whether a message has two words, none of what the laboratory's hosts have made up, since their services say nothing of other hosts, and is no row of root's processes: those
/// are tai's own.
fn says_enough(message: &str) -> bool {
    let made_up = ["corp.example", "backup", "ledger", "metrics-agent", "nobody-here"];
    let words = message.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| word.len() > 2);
    let is_process = message.trim_start().starts_with("#root ");
    words.count() >= 2 && !is_process && !made_up.iter().any(|name| message.contains(name))
}

fn walk(directory: &Path, found: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    if directory.join("case.json").is_file() {
        found.push(directory.to_owned());
        return Ok(());
    }
    let mut entries: Vec<_> = fs::read_dir(directory)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(fs::DirEntry::path);
    entries.iter().filter(|entry| entry.path().is_dir()).try_for_each(|entry| walk(&entry.path(), found))
}

fn outputs(case: &Path) -> Result<Vec<Output>, Box<dyn Error>> {
    let manifest: Manifest = serde_json::from_slice(&fs::read(case.join("manifest.json"))?)?;
    let place = |output: Output| Ok(Output { file: case.join(output.file).canonicalize()?, ..output });
    manifest.commands.into_iter().map(place).collect()
}

fn documents(outputs: &[Output]) -> Result<Vec<Document>, Box<dyn Error>> {
    let document = |Output { command, file }: &Output| {
        let text = String::from_utf8_lossy(&fs::read(file)?).into();
        Ok(Document { command: command.clone(), about: String::new(), text })
    };
    outputs.iter().map(document).collect()
}
