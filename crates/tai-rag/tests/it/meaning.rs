//! Searching by meaning, with the vectors of a real model.

use tai_rag::{CandleEmbedder, ChunkOptions, Document, Embedder, Index, Passage, Role};

use crate::embedding::model_directory;

fn index(documents: &[(&str, &str)]) -> Index {
    let document = |(command, text): &(&str, &str)| Document {
        command: (*command).to_owned(),
        about: String::new(),
        text: (*text).into(),
    };
    Index::build(documents.iter().map(document).collect(), &ChunkOptions::default())
}

async fn embed(index: &mut Index, embedder: &dyn Embedder) {
    let passages = index.passages(1 << 20);
    let texts: Vec<String> = passages.iter().map(|passage| passage.text.clone()).collect();
    let vectors = embedder.embed(&texts, Role::Document).await.unwrap();
    index.set_vectors(passages.into_iter().zip(vectors).collect());
}

#[tokio::test]
async fn what_shares_no_word_is_found() {
    let mut index = index(&[
        ("uptime", "up 3 days, load average 0.02"),
        ("lpstat -p", "tray two: paper feed roller worn out"),
        ("cat /etc/motd", "Welcome to the library"),
    ]);
    let embedder = CandleEmbedder::load(&model_directory(), "m").unwrap();
    embed(&mut index, &embedder).await;
    let question = "the printer in our hallway jams";
    assert_eq!(index.search(question, 3), []);
    let vector = embedder.embed(&[question.to_owned()], Role::Query).await.unwrap().remove(0);
    let found = index.search_with(question, Some(&vector), 3);
    assert_eq!(found[0].command, "lpstat -p");
    let cosine = found[0].scores.cosine.unwrap();
    assert!((0.3..=1.0).contains(&cosine), "{cosine}");
    assert_eq!(found, index.search_with(question, Some(&vector), 3));
    for (evidence, shares) in index.explain(question, Some(&vector), 3) {
        let sum = (shares.words + shares.salience + shares.cosine + shares.together) * shares.day;
        assert!(evidence.score <= sum + 1e-12 && evidence.score > 0.5 * sum, "{sum}: {evidence:?}");
    }
}

#[test]
fn a_message_is_a_passage_once_and_a_short_output_by_its_beginning() {
    // Between them something else each time, or they would be folded.
    let other = |n: usize| String::from_utf8([n / 676, n / 26 % 26, n % 26].map(|n| b'a' + n as u8).to_vec()).unwrap();
    let line = |n: usize| format!("web1 app[{n}]: connection refused\nweb1 app[{n}]: at q{}\n", other(n));
    let log: String = (0..3000).map(line).collect();
    let index = index(&[("journalctl", &log), ("df -h", "/dev/sda1  20G\n/dev/sdb1  1G"), ("true", "")]);
    let passages = index.passages(1 << 20);
    let texts: Vec<&str> = passages.iter().map(|passage| passage.text.as_str()).collect();
    assert_eq!(texts, ["web1 app[0]: connection refused", "df -h: /dev/sda1 20G /dev/sdb1 1G"]);
    assert!(passages[0].chunks.len() > 100);
    assert_eq!(passages[1].chunks, [index.chunks().len() - 1]);
}

#[test]
fn passages_keep_to_the_bytes() {
    let log: String = ('a'..='z').flat_map(|a| ('a'..='z').map(move |b| format!("{a}{b}{a} failed\n"))).collect();
    let index = index(&[("cat log", &log), ("id", "uid=0"), ("cat é", &"é".repeat(2000))]);
    for max in [0, 1, 100, 1000, 10_000] {
        let bytes: usize = index.passages(max).iter().map(|passage: &Passage| passage.text.len()).sum();
        assert!(bytes <= max, "{bytes} and not {max}");
    }
    assert!(index.passages(1000).iter().any(|passage| passage.text == "id: uid=0"));
}
