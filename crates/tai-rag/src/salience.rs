//! Salience: what in a host's output looks like trouble, whatever the question is.
//!
//! A line is **notable** when it has words of trouble (`severity.rs`). Its salience is the weight of those words, less where the
//! host repeats the template (`template.rs`) of the line: what is said a thousand times is seldom news.

use rustc_hash::FxHashMap;

use crate::bm25::Term;
use crate::severity::{is_all_clear, weight};
use crate::template::Template;

/// Lines of lower severity are not notable.
const MIN_SEVERITY: f32 = 0.3;
/// Notable templates that are kept of one chunk, at most.
const MAX_NOTABLE: usize = 48;
/// How fast salience falls with the natural logarithm of the number of lines of a template.
const REPETITION: f32 = 0.25;

/// The notable lines of a host, by chunk.
#[derive(Debug, Default)]
pub(crate) struct Salience {
    /// How many lines of the host have each template. An overlap of chunks counts once.
    counts: FxHashMap<Template, u32>,
    chunks: Vec<Vec<Notable>>,
}

/// A line that looks like trouble.
#[derive(Debug, Clone)]
pub(crate) struct Notable {
    /// Its template.
    pub(crate) template: Template,
    /// What its words are worth: 0.3 to 1.3.
    severity: f32,
}

impl Salience {
    /// Counts the lines of a document, before its chunks are added.
    pub(crate) fn count(&mut self, text: &str) {
        for line in text.lines() {
            *self.counts.entry(Template::of(line)).or_insert(0) += 1;
        }
    }

    /// Adds the next chunk, without a line.
    pub(crate) fn begin_chunk(&mut self) {
        self.chunks.push(Vec::new());
    }

    /// Adds a line to the last chunk, with its terms.
    pub(crate) fn add_line(&mut self, line: &str, terms: &[Term]) {
        let Some(chunk) = self.chunks.last_mut() else { return };
        let severity = severity(terms);
        if severity < MIN_SEVERITY || is_all_clear(line) {
            return;
        }
        let template = Template::of(line);
        if chunk.len() < MAX_NOTABLE && chunk.iter().all(|known| known.template != template) {
            chunk.push(Notable { template, severity });
        }
    }

    /// The notable lines of a chunk, each template once.
    pub(crate) fn notable(&self, chunk: usize) -> &[Notable] {
        &self.chunks[chunk]
    }

    /// The salience of a line.
    pub(crate) fn of_line(&self, notable: &Notable) -> f32 {
        let count = self.counts.get(&notable.template).copied().unwrap_or(1);
        notable.severity / (1.0 + REPETITION * (count as f32).ln())
    }

    /// The salience of a chunk: the logarithm of one plus the sum over its notable templates; 0 where there are none.
    pub(crate) fn of_chunk(&self, chunk: usize) -> f32 {
        self.chunks[chunk].iter().map(|notable| self.of_line(notable)).sum::<f32>().ln_1p()
    }
}

/// The heaviest word of trouble in full, and a little for two further ones.
fn severity(terms: &[Term]) -> f32 {
    let mut heaviest: [(f32, Option<Term>); 3] = [(0.0, None); 3];
    for &term in terms {
        let weight = weight(term);
        if weight == 0.0 || heaviest.iter().any(|(_, known)| *known == Some(term)) {
            continue;
        }
        if let Some(place) = heaviest.iter().position(|(known, _)| weight > *known) {
            heaviest[place..].rotate_right(1);
            heaviest[place] = (weight, Some(term));
        }
    }
    heaviest[0].0 + 0.2 * heaviest[1].0 + 0.1 * heaviest[2].0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::for_each_term;

    fn salience(lines: &[&str]) -> Salience {
        let mut salience = Salience::default();
        let text = lines.join("\n");
        salience.count(&text);
        for line in lines {
            salience.begin_chunk();
            let mut terms = Vec::new();
            for_each_term(line, &mut |term| terms.push(Term::from(term)));
            salience.add_line(line, &terms);
        }
        salience
    }

    #[test]
    fn trouble_is_salient_and_repetition_is_less_so() {
        let lines = [
            "kernel: Out of memory: Killed process 12 (java)",
            "retrying in 1 s",
            "retrying in 2 s",
            "all is well",
            "0 errors found",
        ];
        let salience = salience(&lines);
        assert!(salience.of_chunk(0) > salience.of_chunk(1));
        assert!(salience.of_chunk(1) > 0.0);
        assert_eq!((salience.of_chunk(3), salience.of_chunk(4)), (0.0, 0.0));
        let once = self::salience(&["retrying in 1 s"]);
        assert!(once.of_chunk(0) > salience.of_chunk(1));
    }
}
