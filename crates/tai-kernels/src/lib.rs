#![doc = include_str!("../README.md")]
#![expect(
    unsafe_code,
    reason = "instructions of one processor or another, mapped files, and loops whose bounds are checked once"
)]
#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]

mod attention;
mod encoder;
mod error;
mod forward;
mod head;
mod kernel;
mod linear;
mod math;
mod memory;
mod mmap;
mod norm;
mod packed;
mod quantise;
mod shape;
mod simd;
mod source;
#[cfg(test)]
mod tests;
mod tile;
mod workers;

pub use encoder::{Encoder, Options};
pub use error::Error;
pub use kernel::Kernel;
pub use packed::PackedHeader;
pub use shape::{Pooling, Precision, Shape, Tokens};
pub use source::Source;
