//! Salience: what in a host's output looks like trouble, whatever the question is.
//!
//! A line is **notable** when it has words of trouble (`severity.rs`). Its salience is the weight of those words, more where several outputs have
//! its template (`template.rs`), and none where healthy hosts show it too (`benign.rs`).

use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::benign::Benign;
use crate::bm25::Term;
use crate::severity::{is_all_clear, weight};
use crate::template::Template;
use crate::weights::Weights;

/// Lines of lower severity are not notable.
const MIN_SEVERITY: f32 = 0.3;
/// Notable templates that are kept of one chunk, at most.
const MAX_NOTABLE: usize = 48;

/// The notable lines of a host, by chunk.
#[derive(Debug, Default)]
pub(crate) struct Salience {
    seen: FxHashMap<Template, Seen>,
    chunks: Vec<Vec<Notable>>,
    places: Vec<Place>,
    benign: Benign,
}

/// Where a chunk is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// The times of its first and its last line that have one, see `header.rs`.
    pub(crate) times: Option<(u32, u32)>,
}

/// Where lines of a template are. An overlap of chunks counts once.
#[derive(Debug, Clone, Copy)]
struct Seen {
    /// The document that had one last.
    document: u32,
    /// How many documents have one.
    documents: u32,
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
    /// Counts a line of a document. Documents come one after the other.
    pub(crate) fn count(&mut self, document: usize, template: Template) {
        let document = document as u32;
        let seen = self.seen.entry(template).or_insert(Seen { document, documents: 1 });
        if seen.document != document {
            *seen = Seen { document, documents: seen.documents + 1 };
        }
    }

    /// Adds the next chunk, without a line.
    pub(crate) fn begin_chunk(&mut self, place: Place) {
        self.chunks.push(Vec::new());
        self.places.push(place);
    }

    /// Adds a line, in lower case, to the last chunk, with its template and its terms.
    pub(crate) fn add_line(&mut self, lower: &str, template: Template, terms: &[Term]) {
        let Some(chunk) = self.chunks.last_mut() else { return };
        let severity = severity(terms);
        if severity < MIN_SEVERITY || is_all_clear(lower) {
            return;
        }
        if chunk.len() < MAX_NOTABLE && chunk.iter().all(|known| known.template != template) {
            chunk.push(Notable { template, severity });
        }
    }

    /// Whether a chunk has times, and all of them are outside `span`.
    pub(crate) fn is_outside(&self, chunk: usize, span: &Range<u32>) -> bool {
        self.places[chunk].times.is_some_and(|(first, last)| last < span.start || first >= span.end)
    }

    /// Takes other messages for those that healthy hosts show.
    pub(crate) fn set_benign(&mut self, benign: Benign) {
        self.benign = benign;
    }

    /// The notable lines of a chunk, each template once.
    pub(crate) fn notable(&self, chunk: usize) -> &[Notable] {
        &self.chunks[chunk]
    }

    /// The salience of a line.
    pub(crate) fn of_line(&self, notable: &Notable, weights: &Weights) -> f32 {
        let seen = self.seen.get(&notable.template);
        let documents = seen.map_or(1.0, |seen| seen.documents as f32);
        let agreement = 1.0 + weights.agreement * (documents.min(4.0) - 1.0);
        let benign = 1.0 - weights.benign * f32::from(u8::from(self.benign.has(notable.template)));
        notable.severity * benign * agreement
    }

    /// The salience of each chunk: the logarithm of one plus the sum over its notable templates, more where it is at the end of its document or new; 0
    /// where nothing is notable.
    pub(crate) fn of_chunks(&self, weights: &Weights) -> Vec<f32> {
        let newest = self.places.iter().filter_map(|place| place.times).map(|(_, last)| last).max().unwrap_or(0);
        let salience = |(notable, place): (&Vec<Notable>, &Place)| {
            let recent = place.times.map_or(0.0, |(_, last)| weights.recent / (1.0 + (newest - last) as f32 / 3600.0));
            let of_lines = || notable.iter().map(|notable| self.of_line(notable, weights));
            let (sum, most) = (of_lines().sum::<f32>(), of_lines().fold(0.0, f32::max));
            ((1.0 - weights.peak) * sum.ln_1p() + weights.peak * most) * (1.0 + recent)
        };
        self.chunks.iter().zip(&self.places).map(salience).collect()
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

    fn salience(lines: &[&str]) -> Vec<f32> {
        let mut salience = Salience::default();
        for line in lines {
            salience.count(0, Template::of(line));
            salience.begin_chunk(Place { times: None });
            let mut terms = Vec::new();
            for_each_term(line, &mut |term| terms.push(Term::from(term)));
            salience.add_line(line, Template::of(line), &terms);
        }
        salience.of_chunks(&Weights::default())
    }

    #[test]
    fn trouble_is_salient() {
        let salience = salience(&[
            "kernel: Out of memory: Killed process 12 (java)",
            "retrying in 1 s",
            "all is well",
            "0 errors found",
        ]);
        assert!(salience[0] > salience[1] && salience[1] > 0.0);
        assert_eq!(salience[2..], [0.0, 0.0]);
    }

    #[test]
    fn what_healthy_hosts_show_is_none_and_what_several_outputs_show_is_more() {
        let line = "disk sda failed";
        let template = Template::of(line);
        let of = |documents: usize, benign: &[&str]| {
            let mut salience = Salience::default();
            salience.set_benign(Benign::of(benign.iter().copied()));
            (0..documents).for_each(|document| salience.count(document, template));
            salience.of_line(&Notable { template, severity: 0.8 }, &Weights::default())
        };
        assert_eq!(of(1, &["another message"]), 0.8);
        assert!(of(2, &[]) > of(1, &[]));
        assert!(of(1, &[line]) < 0.2);
    }
}
