//! Transcripts: `tests/cmd/*` hold arguments, standard output, standard error and exit code. Write them anew with `TRYCMD=overwrite`.

#[test]
fn transcripts() {
    trycmd::TestCases::new().case("tests/cmd/*.toml");
}
