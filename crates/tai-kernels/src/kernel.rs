//! Which instructions are used, and the functions compiled for each.

use std::fmt;
use std::str::FromStr;

use crate::attention::{Head, Heads};
use crate::linear::Linear;
use crate::norm::Norm;
use crate::quantise::Small;
use crate::shape::UnknownName;
use crate::simd;

/// A set of instructions that the arithmetic is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kernel {
    /// What every processor of its kind has.
    Portable,
    /// AVX2 and FMA.
    Avx2,
    /// AVX2, FMA and AVX-VNNI.
    AvxVnni,
    /// AVX-512 F, BW, DQ, VL and VNNI.
    Avx512,
    /// The same and AVX512-BF16.
    Avx512Bf16,
}

impl Kernel {
    /// All of them, the best last.
    pub const ALL: [Self; 5] = [Self::Portable, Self::Avx2, Self::AvxVnni, Self::Avx512, Self::Avx512Bf16];

    /// The best of this processor.
    #[must_use]
    pub fn best() -> Self {
        Self::ALL.into_iter().rev().find(|kernel| kernel.is_available()).unwrap_or(Self::Portable)
    }

    /// Whether this processor has the instructions.
    #[must_use]
    pub fn is_available(self) -> bool {
        self.functions().is_some()
    }

    /// As people write it: `portable`, `avx2`, `avx-vnni`, `avx512` or `avx512-bf16`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::AvxVnni => "avx-vnni",
            Self::Avx512 => "avx512",
            Self::Avx512Bf16 => "avx512-bf16",
        }
    }

    /// What is compiled for it, if this processor can run that.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn functions(self) -> Option<Functions> {
        let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        let avx512 = avx2
            && is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vnni");
        let (there, functions) = match self {
            Self::Portable => (true, &portable::FUNCTIONS),
            Self::Avx2 => (avx2, &avx2::FUNCTIONS),
            Self::AvxVnni => (avx2 && is_x86_feature_detected!("avxvnni"), &avx_vnni::FUNCTIONS),
            Self::Avx512 => (avx512, &avx512::FUNCTIONS),
            Self::Avx512Bf16 => (avx512 && is_x86_feature_detected!("avx512bf16"), &avx512_bf16::FUNCTIONS),
        };
        there.then_some(Functions(functions))
    }

    /// What is compiled for it, if this processor can run that.
    #[cfg(not(target_arch = "x86_64"))]
    pub(crate) fn functions(self) -> Option<Functions> {
        (self == Self::Portable).then_some(Functions(&portable::FUNCTIONS))
    }
}

impl fmt::Display for Kernel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Kernel {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|kernel| kernel.name() == name).ok_or(UnknownName)
    }
}

/// The functions of a set of instructions that this processor has: [`Kernel::functions`] alone makes them.
#[derive(Clone, Copy)]
pub(crate) struct Functions(&'static Table);

struct Table {
    linear: unsafe fn(&Linear, &[f32], usize, &mut [f32], bool, &mut Small),
    attention: unsafe fn(Heads, &[f32], usize, &mut [f32], &mut Head),
    norm: unsafe fn(&Norm, &mut [f32], usize, Option<&[f32]>),
}

impl Functions {
    /// [`Linear::run`]
    pub(crate) fn linear(
        self,
        layer: &Linear,
        from: &[f32],
        rows: usize,
        to: &mut [f32],
        gelu: bool,
        small: &mut Small,
    ) {
        // SAFETY: the instructions are there.
        unsafe { (self.0.linear)(layer, from, rows, to, gelu, small) }
    }

    /// [`Heads::run`]
    pub(crate) fn attention(self, heads: Heads, from: &[f32], tokens: usize, to: &mut [f32], head: &mut Head) {
        // SAFETY: the instructions are there.
        unsafe { (self.0.attention)(heads, from, tokens, to, head) }
    }

    /// [`Norm::run`]
    pub(crate) fn norm(self, norm: &Norm, rows: &mut [f32], stride: usize, residual: Option<&[f32]>) {
        // SAFETY: the instructions are there.
        unsafe { (self.0.norm)(norm, rows, stride, residual) }
    }
}

/// Compiles the functions for a set of instructions.
macro_rules! compile {
    ($name:ident, $isa:ident $(, $features:literal)?) => {
        mod $name {
            use super::*;

            pub(super) static FUNCTIONS: Table = Table { linear, attention, norm };

            $(#[target_feature(enable = $features)])?
            unsafe fn linear(
                layer: &Linear,
                from: &[f32],
                rows: usize,
                to: &mut [f32],
                gelu: bool,
                small: &mut Small,
            ) {
                // SAFETY: the caller's promise is that of this function.
                unsafe { layer.run::<simd::$isa>(from, rows, to, gelu, small) }
            }

            $(#[target_feature(enable = $features)])?
            unsafe fn attention(heads: Heads, from: &[f32], tokens: usize, to: &mut [f32], head: &mut Head) {
                // SAFETY: the caller's promise is that of this function.
                unsafe { heads.run::<simd::$isa>(from, tokens, to, head) }
            }

            $(#[target_feature(enable = $features)])?
            unsafe fn norm(norm: &Norm, rows: &mut [f32], stride: usize, residual: Option<&[f32]>) {
                // SAFETY: the caller's promise is that of this function.
                unsafe { norm.run::<simd::$isa>(rows, stride, residual) }
            }
        }
    };
}

compile!(portable, Portable);
#[cfg(target_arch = "x86_64")]
compile!(avx2, Avx2, "avx2,fma");
#[cfg(target_arch = "x86_64")]
compile!(avx_vnni, AvxVnni, "avx2,fma,avxvnni");
#[cfg(target_arch = "x86_64")]
compile!(avx512, Avx512, "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni");
#[cfg(target_arch = "x86_64")]
compile!(avx512_bf16, Avx512Bf16, "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512bf16");
