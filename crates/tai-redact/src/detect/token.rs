//! Tokens that tell by their form what they are.

use std::ops::Range;

use super::Detector;
use super::lookalike::is_repetitive;
use crate::scan::{Scan, fold};

/// Which bytes a token goes on with.
#[derive(Clone, Copy)]
enum Class {
    Alphanumeric,
    /// And underscores.
    Word,
    /// And hyphens.
    Dash,
    /// And dots.
    Dots,
    Hex,
    Base64,
}

use Class::{Alphanumeric, Base64, Dash, Dots, Hex, Word};

impl Class {
    fn has(self, b: u8) -> bool {
        match self {
            Alphanumeric => b.is_ascii_alphanumeric(),
            Word => b.is_ascii_alphanumeric() || b == b'_',
            Dash => b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'),
            Dots => b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'),
            Hex => matches!(b, b'0'..=b'9' | b'a'..=b'f'),
            Base64 => b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'_' | b'-'),
        }
    }
}

/// How tokens begin, what follows, and how much of it at least. A longer prefix stands before a shorter one of it.
const TOKENS: &[(&str, Class, usize, &str)] = &[
    ("ghp_", Alphanumeric, 30, "github-token"),
    ("gho_", Alphanumeric, 30, "github-token"),
    ("ghu_", Alphanumeric, 30, "github-token"),
    ("ghs_", Alphanumeric, 30, "github-token"),
    ("ghr_", Alphanumeric, 30, "github-token"),
    ("github_pat_", Word, 22, "github-token"),
    ("glpat-", Dots, 20, "gitlab-token"),
    ("gldt-", Dots, 20, "gitlab-token"),
    ("glrt-", Dots, 20, "gitlab-token"),
    ("glft-", Dots, 20, "gitlab-token"),
    ("glcbt-", Dots, 20, "gitlab-token"),
    ("glptt-", Dots, 20, "gitlab-token"),
    ("gloas-", Dots, 20, "gitlab-token"),
    ("glimt-", Dots, 20, "gitlab-token"),
    ("glsoat-", Dots, 20, "gitlab-token"),
    ("glagent-", Dots, 20, "gitlab-token"),
    ("GR1348941", Dash, 20, "gitlab-token"),
    ("xoxb-", Dash, 10, "slack-token"),
    ("xoxp-", Dash, 10, "slack-token"),
    ("xoxa-", Dash, 10, "slack-token"),
    ("xoxr-", Dash, 10, "slack-token"),
    ("xoxs-", Dash, 10, "slack-token"),
    ("xoxc-", Dash, 10, "slack-token"),
    ("xoxd-", Dash, 10, "slack-token"),
    ("xoxe-", Dash, 10, "slack-token"),
    ("xoxe.xox", Dash, 10, "slack-token"),
    ("xapp-", Dash, 20, "slack-token"),
    ("sk_live_", Alphanumeric, 10, "stripe-key"),
    ("sk_test_", Alphanumeric, 10, "stripe-key"),
    ("rk_live_", Alphanumeric, 10, "stripe-key"),
    ("rk_test_", Alphanumeric, 10, "stripe-key"),
    ("whsec_", Base64, 24, "stripe-key"),
    ("npm_", Alphanumeric, 30, "npm-token"),
    ("pypi-", Dash, 40, "pypi-token"),
    ("hf_", Alphanumeric, 30, "huggingface-token"),
    ("sk-ant-", Dash, 20, "anthropic-key"),
    ("sk-proj-", Dash, 20, "openai-key"),
    ("sk-svcacct-", Dash, 20, "openai-key"),
    ("sk-admin-", Dash, 20, "openai-key"),
    ("sk-or-", Dash, 20, "openrouter-key"),
    ("sk-", Alphanumeric, 32, "openai-key"),
    ("dop_v1_", Hex, 40, "digitalocean-token"),
    ("doo_v1_", Hex, 40, "digitalocean-token"),
    ("dor_v1_", Hex, 40, "digitalocean-token"),
    ("hvs.", Dash, 20, "vault-token"),
    ("hvb.", Dash, 20, "vault-token"),
    ("hvr.", Dash, 20, "vault-token"),
    ("AIza", Dash, 35, "gcp-key"),
    ("ya29.", Dots, 20, "gcp-token"),
    ("GOCSPX-", Dash, 20, "gcp-secret"),
    ("SG.", Dots, 40, "sendgrid-key"),
    ("shpat_", Hex, 32, "shopify-token"),
    ("shpss_", Hex, 32, "shopify-token"),
    ("shppa_", Hex, 32, "shopify-token"),
    ("shpca_", Hex, 32, "shopify-token"),
    ("dckr_pat_", Dash, 20, "docker-token"),
    ("dckr_oat_", Dash, 20, "docker-token"),
    ("ATATT3", Base64, 40, "atlassian-token"),
    ("ATBB", Alphanumeric, 28, "atlassian-token"),
    ("lin_api_", Alphanumeric, 30, "linear-key"),
    ("figd_", Dash, 30, "figma-token"),
    ("rubygems_", Hex, 40, "rubygems-key"),
    ("dapi", Hex, 32, "databricks-token"),
    ("NRAK-", Alphanumeric, 20, "newrelic-key"),
    ("glsa_", Word, 32, "grafana-token"),
    ("glc_", Base64, 32, "grafana-token"),
    ("pul-", Hex, 40, "pulumi-token"),
    ("gsk_", Alphanumeric, 40, "groq-key"),
    ("xai-", Alphanumeric, 40, "xai-key"),
    ("nvapi-", Dash, 40, "nvidia-key"),
    ("r8_", Alphanumeric, 30, "replicate-token"),
    ("sq0atp-", Dash, 20, "square-token"),
    ("sq0csp-", Dash, 20, "square-token"),
    ("sntrys_", Base64, 40, "sentry-token"),
    ("sntryu_", Hex, 40, "sentry-token"),
    ("sbp_", Hex, 40, "supabase-token"),
    ("tskey-", Dash, 20, "tailscale-key"),
    ("pscale_tkn_", Dots, 30, "planetscale-token"),
    ("pscale_pw_", Dots, 30, "planetscale-token"),
    ("PMAK-", Dash, 30, "postman-key"),
    ("AGE-SECRET-KEY-1", Alphanumeric, 50, "age-key"),
    ("key-", Hex, 32, "mailgun-key"),
    ("fo1_", Dash, 30, "fly-token"),
    ("fm2_", Base64, 40, "fly-token"),
    ("AKCp", Alphanumeric, 60, "jfrog-key"),
    ("cmVmdGtuO", Alphanumeric, 40, "jfrog-key"),
    ("nfp_", Alphanumeric, 36, "netlify-token"),
    ("bkua_", Hex, 40, "buildkite-token"),
    ("ntn_", Alphanumeric, 40, "notion-token"),
    ("dp.pt.", Alphanumeric, 40, "doppler-token"),
    ("dp.st.", Dots, 40, "doppler-token"),
    ("dp.ct.", Alphanumeric, 40, "doppler-token"),
    ("CFPAT-", Dash, 40, "contentful-token"),
    ("cio", Alphanumeric, 32, "crates-token"),
];

/// What to search for to find the tokens of the table.
pub(crate) fn triggers() -> Vec<(String, Detector)> {
    let mut triggers: Vec<String> = TOKENS.iter().map(|(prefix, ..)| trigger(prefix)).collect();
    triggers.sort();
    triggers.dedup();
    triggers.into_iter().map(|literal| (literal, detect as Detector)).collect()
}

/// The first bytes of a prefix, folded as the text that is searched: few enough that prefixes share them.
fn trigger(prefix: &str) -> String {
    let mut folded = Vec::new();
    fold(&prefix.as_bytes()[..prefix.len().min(4)], &mut folded);
    String::from_utf8_lossy(&folded).into_owned()
}

fn detect(scan: &mut Scan<'_>, hit: Range<usize>) {
    if let Some((length, kind)) = token_at(scan, hit.start) {
        scan.redact(hit.start..hit.start + length, kind);
    }
}

/// The length and kind of the token of the table that begins at `at`.
pub(super) fn token_at(scan: &Scan<'_>, at: usize) -> Option<(usize, &'static str)> {
    if !scan.begins_word(at) || matches!(scan.before(at), Some(b'-' | b'+')) {
        return None;
    }
    let (prefix, class, least, kind) =
        TOKENS.iter().find(|(prefix, ..)| scan.text[at..].starts_with(prefix.as_bytes()))?;
    let from = at + prefix.len();
    let end = scan.run_end(from, usize::MAX, |b| class.has(b));
    let end = from + scan.text[from..end].trim_ascii_end().len();
    let body = &scan.text[from..end];
    let end = end - body.iter().rev().take_while(|b| matches!(b, b'.' | b'-')).count();
    // Words joined by hyphens are a name: "sk-learn-..." is no key.
    let mixed = body.iter().any(u8::is_ascii_digit) || body.iter().any(u8::is_ascii_uppercase);
    (end - from >= *least && mixed && !is_repetitive(body)).then_some((end - at, *kind))
}

/// An access key's id, and the secret when it is beside it.
pub(super) fn aws(scan: &mut Scan<'_>, hit: Range<usize>) {
    let end = scan.run_end(hit.start, 40, |b| b.is_ascii_alphanumeric());
    let id = &scan.text[hit.start..end];
    let is_upper = id.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    if !scan.begins_word(hit.start) || scan.before(hit.start) == Some(b'+') || id.len() != 20 || !is_upper {
        return;
    }
    if is_repetitive(&id[4..]) || !id.iter().any(u8::is_ascii_digit) && id[4..].windows(4).any(|w| w == b"WORD") {
        return;
    }
    scan.redact(hit.start..end, "aws-key-id");
    let from = scan.run_end(end, 8, |b| matches!(b, b' ' | b'\t' | b',' | b':' | b';' | b'|' | b'"' | b'\''));
    let end = scan.run_end(from, 41, |b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'));
    let secret = &scan.text[from..end];
    let mixed = secret.iter().any(u8::is_ascii_lowercase) && secret.iter().any(u8::is_ascii_uppercase);
    if from > scan.floor && secret.len() == 40 && mixed {
        scan.redact(from..end, "aws-secret");
    }
}

/// Three parts of base64url, the first two of JSON: `eyJ` is `{"`. Logins of registries begin so too, as Kubernetes keeps them: `{"auths":`.
pub(super) fn jwt(scan: &mut Scan<'_>, hit: Range<usize>) {
    if !scan.text[hit.start..].starts_with(b"eyJ")
        || !scan.begins_word(hit.start)
        || scan.before(hit.start) == Some(b'-')
    {
        return;
    }
    if scan.text[hit.start..].starts_with(b"eyJhdXRocyI6") {
        let end = scan.run_end(hit.start, usize::MAX, |b| Base64.has(b));
        return scan.redact(hit.start..end, "docker-auth");
    }
    let end = scan.run_end(hit.start, usize::MAX, |b| Dots.has(b) || b == b'=');
    let token = &scan.text[hit.start..end];
    let end = end - token.iter().rev().take_while(|b| matches!(b, b'.' | b'-' | b'=')).count();
    let mut parts = scan.text[hit.start..end].split(|b| *b == b'.');
    let (first, second) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let is_header = [&b"eyJhbGciOi"[..], b"eyJ0eXAiOi", b"eyJraWQiOi"].iter().any(|begin| first.starts_with(begin));
    let signed_or_encrypted = parts.clone().count() >= if is_header { 1 } else { 3 };
    if first.len() >= 10
        && (second.starts_with(b"eyJ") && second.len() >= 6 || signed_or_encrypted && second.len() >= 20)
    {
        scan.redact(hit.start..end, "jwt");
    }
}

/// `123456789:AA…`, 35 characters after the colon.
pub(super) fn telegram(scan: &mut Scan<'_>, hit: Range<usize>) {
    let digits = scan.line_before(hit.start).iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let end = scan.run_end(hit.start + 1, 64, |b| Dash.has(b));
    let bot = hit.start - digits;
    let begins = scan.begins_word(bot) || scan.line_before(bot).ends_with(b"bot");
    if (8..=10).contains(&digits) && begins && scan.text[hit.start + 1] == b'A' && end - hit.start - 1 == 35 {
        scan.redact(bot..end, "telegram-token");
    }
}

/// A client secret of Entra: three characters, a digit, `Q~`, 31 to 34 more.
pub(super) fn azure(scan: &mut Scan<'_>, hit: Range<usize>) {
    let class = |b: u8| Dots.has(b) || b == b'~';
    let head = scan.line_before(hit.start).iter().rev().take_while(|b| class(**b)).count();
    let end = scan.run_end(hit.end, 64, class);
    if head == 3 && scan.text[hit.start + 1] == b'Q' && (30..=36).contains(&(end - hit.end)) {
        scan.redact(hit.start - 3..end, "azure-secret");
    }
}

/// `…14….atlasv1.…`.
pub(super) fn terraform(scan: &mut Scan<'_>, hit: Range<usize>) {
    let head = scan.line_before(hit.start).iter().rev().take_while(|b| b.is_ascii_alphanumeric()).count();
    let end = scan.run_end(hit.end, usize::MAX, |b| Base64.has(b));
    if (10..=20).contains(&head) && end - hit.end >= 40 {
        scan.redact(hit.start - head..end, "terraform-token");
    }
}

/// `SK` and 32 hexadecimal digits.
pub(super) fn twilio(scan: &mut Scan<'_>, hit: Range<usize>) {
    let end = scan.run_end(hit.start + 2, 40, |b| b.is_ascii_alphanumeric());
    let body = &scan.text[hit.start + 2..end];
    let is_key = scan.text[hit.start..].starts_with(b"SK") && body.len() == 32 && body.iter().all(|b| Hex.has(*b));
    if is_key && scan.begins_word(hit.start) {
        scan.redact(hit.start..end, "twilio-key");
    }
}
