/// Takes secrets out of text. Programs with rules of their own bring an implementation; [`Secrets`](crate::Secrets) is tai's.
///
/// # Contract
///
/// - Lines, their order and all that is no secret survive byte for byte.
/// - The same value gets the same tag as long as the redactor lives.
/// - Redacting what was redacted changes nothing.
pub trait Redactor: Send {
    /// The text without its secrets. It may hold any bytes.
    fn redact(&mut self, text: &[u8]) -> Vec<u8>;
}
