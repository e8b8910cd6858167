//! No command line makes the policy panic, and what it allows means the same when it is displayed and read again.
//! `cargo +nightly fuzz run policy_line` in the directory of the crate.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tai_ssh::Policy;

static POLICY: LazyLock<Policy> = LazyLock::new(Policy::builtin);

fuzz_target!(|line: &str| {
    let policy = &*POLICY;
    match policy.check(line) {
        Ok(command) => {
            assert_eq!(policy.check(&command.to_string()).as_ref(), Ok(&command));
            assert_eq!(policy.check_words(command.words()).as_ref(), Ok(&command));
        }
        Err(denied) => assert!(!denied.reason.is_empty()),
    }
    assert_eq!(policy.explain(line).allowed, policy.check(line).is_ok());
});
