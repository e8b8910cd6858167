/// What each ranker counts. `examples/fit.rs` fits them; the crate's README says how well.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// The words of the question and its expansion, as a share of the best.
    pub words: f64,
    /// The words of an expansion, beside those of the question.
    pub expansion: f32,
    /// Salience, as a share of the best.
    pub salience: f64,
    /// The cosine, as a share of the best.
    pub cosine: f64,
    /// How much more salient a line is for each further output that has it, up to three.
    pub agreement: f32,
    /// How much less salient a line is that healthy hosts show too: 1 makes it none.
    pub benign: f32,
    /// How much more salient a chunk is whose last line is as new as the newest of the host, and others by the hours between.
    pub recent: f32,
    /// The names of units that failed, beside the words of the question.
    pub failed: f32,
    /// What both words and salience of a chunk say, beside what each says: their product.
    pub together: f64,
    /// How much of a chunk's salience is that of its most salient line alone.
    pub peak: f32,
    /// What is taken off the score of a chunk of another day than the question speaks of.
    pub other_day: f64,
    /// What is left of the score of a chunk whose every message was shown already.
    pub shown: f64,
    /// What is left of the score of a chunk for each chunk of the same document that was shown already.
    pub same_document: f64,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            words: 1.0,
            expansion: 0.3,
            salience: 0.8,
            cosine: 0.5,
            agreement: 0.5,
            benign: 0.8,
            recent: 1.0,
            failed: 0.1,
            together: 0.7,
            peak: 0.4,
            other_day: 0.5,
            shown: 0.7,
            same_document: 0.97,
        }
    }
}
