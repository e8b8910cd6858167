//! What holds for the chunks of any text.

use proptest::prelude::*;
use tai_rag::{ApproximateWordPieces, Chunk, ChunkOptions, TokenCounter, chunk_document};

proptest! {
    #[test]
    fn chunks_hold_their_promises(text in text(), max_tokens in 0..60usize, overlap in 0..80usize) {
        check(&text, ChunkOptions { max_tokens, overlap });
    }

    #[test]
    fn so_do_those_of_logs_that_repeat_themselves(text in log(), max_tokens in 0..200usize, overlap in 0..80usize) {
        check(&text, ChunkOptions { max_tokens, overlap });
    }
}

#[test]
fn one_line_of_a_megabyte() {
    for unit in ["a", "é", "{\"key\": 1}, ", " ", "語"] {
        check(&unit.repeat(1_000_000 / unit.len()), ChunkOptions::default());
    }
}

/// Lines of words, indentation, blank lines, carriage returns, other scripts and long runs.
fn text() -> impl Strategy<Value = String> {
    let line =
        prop_oneof!["[ \t]{0,3}([a-z0-9/._-]{1,9} ){0,8}", "\\PC{0,40}", "[a-zA-Z0-9+/]{0,300}", "[ \t\r]{0,40}",];
    let ending = prop_oneof![8 => Just("\n"), 1 => Just("\r\n"), 1 => Just("")];
    prop::collection::vec((line, ending), 0..40)
        .prop_map(|lines| lines.into_iter().map(|(line, end)| line + end).collect())
}

/// Entries of few kinds, with times, further lines, objects, tracebacks, bytes that were no text, and colours.
fn log() -> impl Strategy<Value = String> {
    let record = prop::sample::select(vec![
        "Feb 09 22:34:05 h app[1]: no\n",
        "Feb 09 22:34:05 h app[2]:   further\n",
        "2022-02-09T22:34:05Z gone\r\n",
        "[    5.123456] BUG: no\n[    5.2]  f+0x1\n",
        "Traceback (most recent call last):\n  f()\nE: no\n",
        "{\n  \"a\": [\n    1\n  ]\n}\n",
        "\u{1b}[31mred\u{1b}[0m \0 \u{fffd}\n",
        "\n",
        "● a.service - A\n   Active: failed\n",
        "plain words\n",
    ]);
    prop::collection::vec((record, 1..9usize), 0..20)
        .prop_map(|records| records.into_iter().map(|(record, times)| record.repeat(times)).collect())
}

fn check(text: &str, options: ChunkOptions) {
    for command in ["cat x", "cat x.log", "systemctl status a"] {
        check_command(command, text, options);
    }
}

fn check_command(command: &str, text: &str, options: ChunkOptions) {
    let chunks = chunk_document(7, command, text, &options, &ApproximateWordPieces);
    for chunk in &chunks {
        check_chunk(text, chunk, options.max_tokens.max(1));
    }
    let moves_on = |pair: &[Chunk]| pair[0].bytes.start < pair[1].bytes.start && pair[0].bytes.end < pair[1].bytes.end;
    assert!(chunks.windows(2).all(moves_on), "{chunks:?}");
    check_covered(text, &chunks);
}

fn check_chunk(text: &str, chunk: &Chunk, max_tokens: usize) {
    let (body, shown) = (&text[chunk.bytes.clone()], chunk.text(text));
    assert_eq!(chunk.document, 7);
    assert!(!body.trim().is_empty());
    assert!(chunk.tokens <= max_tokens, "{chunk:?}");
    assert!(shown.len() <= max_tokens * 16, "{chunk:?}");
    // Lines are counted one by one, so rounding adds up to half a token a line.
    let lines = shown.lines().count();
    assert!(ApproximateWordPieces.count(&shown) <= chunk.tokens + lines, "{chunk:?}");

    let breaks = |text: &str| text.matches('\n').count();
    assert_eq!(chunk.start_line, 1 + breaks(&text[..chunk.bytes.start]));
    assert_eq!(chunk.end_line, chunk.start_line + breaks(body));
    let begins_line = chunk.bytes.start == 0 || text[..chunk.bytes.start].ends_with('\n');
    let ends_line = chunk.bytes.end == text.len() || text[chunk.bytes.end..].starts_with('\n');
    assert!(chunk.start_line == chunk.end_line || (begins_line && ends_line), "{chunk:?}");
}

/// What no chunk has is white space.
fn check_covered(text: &str, chunks: &[Chunk]) {
    let mut covered = 0;
    for chunk in chunks {
        if let Some(gap) = text.get(covered..chunk.bytes.start) {
            assert!(gap.trim().is_empty(), "{gap:?} is in no chunk");
        }
        covered = chunk.bytes.end;
    }
    assert!(text[covered..].trim().is_empty());
}
