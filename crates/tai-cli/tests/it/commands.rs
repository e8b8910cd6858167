//! Transcripts: `tests/cmd/*` hold arguments, standard output, standard error and exit code. Write them anew with `TRYCMD=overwrite`.

#[test]
fn transcripts() {
    trycmd::TestCases::new()
        .env("TAI_HOME", "/nonexistent")
        .env("TAI_NO_PERSIST", "1")
        .env("TAI_EMBEDDER", "none")
        .env("TAI_RERANKER", "none")
        .case("tests/cmd/*.toml");
}
