//! Fits the weights, and says how well fitted weights do on hosts that they were not fitted on.

use std::collections::{BTreeMap, BTreeSet};

use tai_rag::Weights;

use crate::cases::Cases;
use crate::figures::Figures;

/// Rounds over all weights. They hardly change after the second.
const ROUNDS: usize = 2;

/// A weight, and the values that are tried.
struct Knob {
    name: &'static str,
    values: &'static [f64],
    place: fn(&mut Weights) -> Place<'_>,
}

enum Place<'a> {
    Single(&'a mut f32),
    Double(&'a mut f64),
}

#[rustfmt::skip]
const KNOBS: &[Knob] = &[
    Knob { name: "salience", values: &[0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.3], place: |weights| Place::Double(&mut weights.salience) },
    Knob { name: "expansion", values: &[0.0, 0.2, 0.3, 0.5, 0.7, 1.0, 1.4], place: |weights| Place::Single(&mut weights.expansion) },
    Knob { name: "cosine", values: &[0.0, 0.2, 0.35, 0.5, 0.65, 0.8, 1.0], place: |weights| Place::Double(&mut weights.cosine) },
    Knob { name: "agreement", values: &[0.0, 0.2, 0.5, 0.8, 1.2], place: |weights| Place::Single(&mut weights.agreement) },
    Knob { name: "benign", values: &[0.0, 0.3, 0.6, 0.8, 1.0], place: |weights| Place::Single(&mut weights.benign) },
    Knob { name: "recent", values: &[0.0, 0.3, 0.6, 1.0, 2.0], place: |weights| Place::Single(&mut weights.recent) },
    Knob { name: "failed", values: &[0.0, 0.1, 0.3, 0.5], place: |weights| Place::Single(&mut weights.failed) },
    Knob { name: "together", values: &[0.0, 0.2, 0.4, 0.7, 1.0], place: |weights| Place::Double(&mut weights.together) },
    Knob { name: "peak", values: &[0.0, 0.3, 0.6, 1.0], place: |weights| Place::Single(&mut weights.peak) },
    Knob { name: "other_day", values: &[0.0, 0.1, 0.3, 0.5, 0.8], place: |weights| Place::Double(&mut weights.other_day) },
    Knob { name: "shown", values: &[0.4, 0.55, 0.7, 0.85, 1.0], place: |weights| Place::Double(&mut weights.shown) },
    Knob { name: "same_document", values: &[0.7, 0.8, 0.85, 0.9, 0.95, 1.0], place: |weights| Place::Double(&mut weights.same_document) },
];

impl Knob {
    fn turned(&self, weights: &Weights, value: f64) -> Weights {
        let mut weights = weights.clone();
        match (self.place)(&mut weights) {
            Place::Single(place) => *place = value as f32,
            Place::Double(place) => *place = value,
        }
        weights
    }
}

/// Ranks by weights: those of many folds are the same.
struct Known<'a> {
    cases: &'a mut Cases,
    ranks: BTreeMap<String, Vec<Option<usize>>>,
}

impl Known<'_> {
    fn ranks(&mut self, weights: &Weights) -> &[Option<usize>] {
        self.ranks.entry(format!("{weights:?}")).or_insert_with(|| self.cases.ranks(weights))
    }

    /// The mean of what ranks are worth, over the questions whose `share` is not 0.
    fn value(&mut self, weights: &Weights, share: &[f64]) -> f64 {
        let ranks = self.ranks(weights).iter().zip(share);
        ranks.map(|(rank, share)| share * rank.map_or(0.0, worth)).sum::<f64>() / share.iter().sum::<f64>()
    }

    /// Turns one weight after the other to its best value.
    fn fit(&mut self, share: &[f64]) -> Weights {
        let mut best = Weights::default();
        let mut value = self.value(&best, share);
        for _ in 0..ROUNDS {
            for knob in KNOBS {
                for &turn in knob.values {
                    let weights = knob.turned(&best, turn);
                    let turned = self.value(&weights, share);
                    if turned > value + 1e-9 {
                        (best, value) = (weights, turned);
                    }
                }
            }
        }
        best
    }
}

/// What a rank is worth: half for being among the first ten or so, half for being first.
fn worth(rank: usize) -> f64 {
    let among = 1.0 / (1.0 + (rank as f64 / 10.0).powi(2));
    0.5 * among + 0.5 / rank as f64
}

/// Fits on all, and for each host on all others: the figures of what was left out.
#[expect(clippy::print_stdout, reason = "an example reports on stdout")]
pub(crate) fn report(cases: &mut Cases) {
    let hosts: Vec<String> = cases.questions.iter().map(|asked| cases.captures[asked.capture].host.clone()).collect();
    let folds: BTreeSet<&String> = hosts.iter().collect();
    let is_named: Vec<bool> = cases.questions.iter().map(|asked| asked.is_named).collect();
    let sets: Vec<usize> = cases.questions.iter().map(|asked| asked.set).collect();
    let mut known = Known { cases, ranks: BTreeMap::new() };
    // Every directory counts alike, however many cases it has.
    let size = |set: &usize| sets.iter().filter(|other| *other == set).count() as f64;
    let all: Vec<f64> = sets.iter().map(|set| 1.0 / size(set)).collect();
    let fitted = known.fit(&all);
    let ranks = known.ranks(&fitted).to_vec();
    println!("fitted on all: {}\n{fitted:?}", Figures::of(&ranks, &is_named));
    let mut left_out = vec![None; hosts.len()];
    for fold in &folds {
        let is_in = |place: usize| f64::from(u8::from(hosts[place] != **fold));
        let share: Vec<f64> = all.iter().enumerate().map(|(place, share)| share * is_in(place)).collect();
        let weights = known.fit(&share);
        let ranks = known.ranks(&weights);
        for (place, _) in hosts.iter().enumerate().filter(|(_, host)| host == fold) {
            left_out[place] = ranks[place];
        }
    }
    println!("cross-validated, leaving out one of {} hosts: {}", folds.len(), Figures::of(&left_out, &is_named));
    for set in sets.iter().collect::<BTreeSet<_>>() {
        let of_set = |values: &[Option<usize>]| -> Vec<_> {
            values.iter().zip(&sets).filter(|(_, other)| *other == set).map(|(value, _)| *value).collect()
        };
        let is_named: Vec<bool> =
            is_named.iter().zip(&sets).filter(|(_, other)| *other == set).map(|(is, _)| *is).collect();
        println!(
            "  directory {}: {}; fitted on all: {}",
            set + 1,
            Figures::of(&of_set(&left_out), &is_named),
            Figures::of(&of_set(&ranks), &is_named)
        );
    }
    println!("each weight alone, the others as fitted:");
    for knob in KNOBS {
        let values =
            knob.values.iter().map(|&value| format!("{value}: {:.4}", known.value(&knob.turned(&fitted, value), &all)));
        println!("  {:<14}{}", knob.name, values.collect::<Vec<_>>().join("  "));
    }
}
