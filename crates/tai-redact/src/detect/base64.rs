//! Base64, as far as it tells a secret from other text.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Padding or none, and bits left over: text may be cut.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(super) fn is_base64(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=')
}

/// What `text` decodes to; of a long one, what its beginning does.
pub(super) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let head = if text.len() > 1024 { &text[..1024] } else { text };
    LENIENT.decode(head).ok()
}

/// Whether it decodes to printable text with `separator` inside: `user:password`.
pub(super) fn hides(text: &[u8], separator: u8) -> bool {
    decode(text).is_some_and(|plain| {
        plain.iter().skip(1).any(|b| *b == separator)
            && plain.iter().all(|b| *b == separator || (0x20..0x7f).contains(b) || *b >= 0x80)
    })
}
