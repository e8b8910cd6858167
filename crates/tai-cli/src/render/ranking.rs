use std::fmt::Write;

use tai_rag::{Evidence, Shares};

/// Why each chunk has its rank: the share of each ranker, what was taken off because it was shown already, and the rankers' own scores.
pub(crate) fn ranking(explained: &[(Evidence, Shares)], embedder: &str) -> String {
    let mut text = format!("{embedder}\n");
    text +=
        "RANK  SCORE   WORDS  SALIENCE  MEANING  TOGETHER    DAY  SHOWN     BM25  SALIENCE  COSINE  COMMAND, LINES\n";
    for (evidence, Shares { words, salience, cosine, together, day }) in explained {
        let Evidence { rank, score, scores, command, start_line, end_line, .. } = evidence;
        let sum = words + salience + cosine + together;
        let (of_day, shown) = (sum * (day - 1.0), score - sum * day);
        let own = |score: Option<f64>| score.map_or_else(|| "-".to_owned(), |score| format!("{score:.3}"));
        let _ = writeln!(
            text,
            "{rank:>4}  {score:>5.3}  {words:>6.3}  {salience:>8.3}  {cosine:>7.3}  {together:>8.3}  {of_day:>5.2}  {shown:>5.2}  {:>7}  {:>8}  {:>6}  {command}, {start_line}-{end_line}",
            own(scores.bm25),
            own(scores.salience),
            own(scores.cosine),
        );
    }
    text.truncate(text.trim_end().len());
    text
}
