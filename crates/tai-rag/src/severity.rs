//! How much a line looks like trouble, by its words.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use rustc_hash::FxHashMap;

use crate::bm25::Term;
use crate::for_each_term;
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

/// The words with their weights, and a filter: nearly every word of a log is none of them, and a bit tells so sooner than the map.
struct Weighed {
    /// A bit for the last 16 of a term.
    filter: Box<[u64; 1024]>,
    weights: FxHashMap<Term, f32>,
}

static WEIGHED: LazyLock<Weighed> = LazyLock::new(|| {
    let mut weighed = Weighed { filter: Box::new([0; 1024]), weights: FxHashMap::default() };
    for (weight, words) in WORDS {
        for word in words.split_whitespace() {
            let term = Term::from(stem(word));
            weighed.weights.entry(term).or_insert(*weight);
            let (place, bit) = place(term);
            weighed.filter[place] |= bit;
        }
    }
    weighed
});

/// What one word of trouble is worth, 0 to 1; 0 for any other word.
pub(crate) fn weight(term: Term) -> f32 {
    let (place, bit) = place(term);
    if WEIGHED.filter[place] & bit == 0 { 0.0 } else { WEIGHED.weights.get(&term).copied().unwrap_or(0.0) }
}

/// How much a line looks like trouble, by the worst of its words: 0 for none, 0.4 for a warning, 0.8 and more for an error, a refusal or worse.
#[must_use]
pub fn severity(line: &str) -> f32 {
    let mut worst = 0.0_f32;
    if !is_all_clear(&line.to_lowercase()) {
        for_each_term(line, &mut |term| worst = worst.max(weight(Term::from(term))));
    }
    worst
}

fn place(term: Term) -> (usize, u64) {
    let number = term.number();
    ((number >> 6) as usize % 1024, 1 << (number % 64))
}

/// Whether a line, in lower case, only says that there is no trouble: `0 errors`, `error=null`, `no failures`.
pub(crate) fn is_all_clear(lower: &str) -> bool {
    static ERROR: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("error"));
    static FAILED: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("failed"));
    const OF_ERROR: [&str; 12] = [
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
        "without error",
    ];
    const OF_FAILED: [&str; 2] = ["failed=0", "0 failed"];
    let has = |finder: &Finder<'_>, texts: &[&str]| {
        finder.find(lower.as_bytes()).is_some() && texts.iter().any(|text| lower.contains(text))
    };
    has(&ERROR, &OF_ERROR) || has(&FAILED, &OF_FAILED)
}
