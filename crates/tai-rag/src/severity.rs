//! How much a line looks like trouble, by its words.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::bm25::Term;
use crate::stem::stem;

/// Words of trouble and what each is worth: 1 for what stops a program or a host, less for what may be harmless. Words meet
/// by their stem, and camel-case names by their parts, so `Failed`, `FAILURE` and `MountVolumeFailed` meet `fail`.
#[rustfmt::skip]
const WORDS: &[(f32, &str)] = &[
    (1.0, "fatal panic panicked emerg emergency oops segfault sigsegv sigabrt oom oomkilled killed traceback corrupt corrupted corruption \
           unrecoverable crashloop toomanyrequests bug"),
    (0.9, "critical crit alert exception abort aborted aborting crash crashed crashes crashing expired exhausted backoff dumped assertion \
           undefined deadlock livelock stonith fenced split-brain unbound"),
    (0.8, "error errors err errored errno denied refused unreachable timeout timeouts deadline exceeded exceeds overflow unhealthy offline \
           degraded failed failure failures fail fails failing insufficient unauthorized forbidden insecure hung stuck blocked \
           conflict evicted evict notready uninitialized partitioned partition split"),
    (0.65, "cannot couldn unable can't couldn't invalid illegal missing unsatisfied unresolved unresolvable malformed mismatch rejected rejects unexpected \
            unrecognized unknown unsupported incompatible violation broken bad dead lost disconnected dropped unavailable limit limits limited lacking omitted \
            disabled destructive halt nothing none insufficiently stale unsafe untrusted"),
    (0.45, "warning warnings warn retry retries retrying retried restart restarting restarts reset resets pending waiting skipped skipping ignoring ignored \
            inactive stopped terminated terminating exited exit not no closed eof throttled throttling slow delayed behind full"),
    (0.2, "notice deprecated obsolete missed fallback"),
];

static WEIGHTS: LazyLock<FxHashMap<Term, f32>> = LazyLock::new(|| {
    let mut weights = FxHashMap::default();
    for (weight, words) in WORDS {
        for word in words.split_whitespace() {
            weights.entry(Term::from(stem(word))).or_insert(*weight);
        }
    }
    weights
});

/// What one word of trouble is worth, 0 to 1; 0 for any other word.
pub(crate) fn weight(term: Term) -> f32 {
    WEIGHTS.get(&term).copied().unwrap_or(0.0)
}

/// Whether a line only says that there is no trouble: `0 errors`, `error=null`, `no failures`.
pub(crate) fn is_all_clear(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    let has = |text: &str| lower.contains(text);
    const CLEAR: [&str; 14] = [
        "0 errors",
        "no errors",
        "no error",
        "errors: 0",
        "errors=0",
        "errors:0",
        "error: none",
        "error=null",
        "error=\"\"",
        "\"error\": null",
        "error=<nil>",
        "failed=0",
        "0 failed",
        "without error",
    ];
    CLEAR.iter().any(|text| has(text))
}
