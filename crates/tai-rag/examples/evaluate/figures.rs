//! Recall and mean reciprocal rank.

use std::fmt::{Display, Formatter, Result};

/// Of questions by symptoms, and of those that name the component.
pub(crate) struct Figures {
    issue: Recall,
    named: Recall,
}

struct Recall {
    at_5: f64,
    at_10: f64,
    at_20: f64,
    mrr: f64,
    questions: usize,
}

impl Figures {
    pub(crate) fn of(ranks: &[Option<usize>], is_named: &[bool]) -> Self {
        let of = |named: bool| {
            let ranks: Vec<_> =
                ranks.iter().zip(is_named).filter(|(_, is)| **is == named).map(|(rank, _)| *rank).collect();
            let mean = |value: &dyn Fn(usize) -> f64| {
                ranks.iter().flatten().map(|rank| value(*rank)).sum::<f64>() / ranks.len().max(1) as f64
            };
            let recall = |k| mean(&|rank| f64::from(u8::from(rank <= k)));
            Recall {
                at_5: recall(5),
                at_10: recall(10),
                at_20: recall(20),
                mrr: mean(&|rank| 1.0 / rank as f64),
                questions: ranks.len(),
            }
        };
        Self { issue: of(false), named: of(true) }
    }

    /// R@10 and MRR of both, in two cells.
    pub(crate) fn long(&self) -> String {
        let Self { issue, named } = self;
        format!("{:.3}, {:.3} | {:.3}, {:.3}", issue.at_10, issue.mrr, named.at_10, named.mrr)
    }

    /// R@10 of both, in one cell.
    pub(crate) fn short(&self) -> String {
        format!("{:.2}, {:.2}", self.issue.at_10, self.named.at_10)
    }
}

impl Display for Figures {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} | {}", self.issue, self.named)
    }
}

impl Display for Recall {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { at_5, at_10, at_20, mrr, questions } = self;
        write!(f, "{at_5:.3} | {at_10:.3} | {at_20:.3} | {mrr:.3} | {questions}")
    }
}
