//! Arrays, which compilers turn into what every processor has.

use super::Simd;

#[derive(Clone, Copy)]
pub(crate) struct Portable;

const N: usize = 4;
type F = [f32; N];
type I = [u32; N];

/// Lane by lane.
macro_rules! lanes {
    ($lane:ident => $made:expr) => {{
        let mut all = [Default::default(); N];
        let mut $lane = 0;
        while $lane < N {
            all[$lane] = $made;
            $lane += 1;
        }
        all
    }};
}

impl Simd for Portable {
    type F = F;
    type I = I;
    const LANES: usize = N;
    const ROWS: usize = 4;
    const DOT_ROWS: usize = 2;

    #[inline(always)]
    unsafe fn splat(number: f32) -> F {
        [number; N]
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> F {
        // SAFETY: the caller's promise: N numbers are there.
        unsafe { from.cast::<F>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store(to: *mut f32, v: F) {
        // SAFETY: the caller's promise: N numbers are there.
        unsafe { to.cast::<F>().write_unaligned(v) }
    }
    #[inline(always)]
    unsafe fn add(a: F, b: F) -> F {
        lanes!(l => a[l] + b[l])
    }
    #[inline(always)]
    unsafe fn sub(a: F, b: F) -> F {
        lanes!(l => a[l] - b[l])
    }
    #[inline(always)]
    unsafe fn mul(a: F, b: F) -> F {
        lanes!(l => a[l] * b[l])
    }
    #[inline(always)]
    unsafe fn div(a: F, b: F) -> F {
        lanes!(l => a[l] / b[l])
    }
    #[inline(always)]
    unsafe fn fma(a: F, b: F, c: F) -> F {
        lanes!(l => a[l] * b[l] + c[l])
    }
    #[inline(always)]
    unsafe fn max(a: F, b: F) -> F {
        lanes!(l => if a[l] > b[l] { a[l] } else { b[l] })
    }
    #[inline(always)]
    unsafe fn min(a: F, b: F) -> F {
        lanes!(l => if a[l] < b[l] { a[l] } else { b[l] })
    }
    #[inline(always)]
    unsafe fn round(a: F) -> F {
        // Beyond this there are only whole numbers; adding it leaves the sum no room for less.
        const WHOLE: f32 = 12_582_912.0;
        lanes!(l => if a[l].abs() < WHOLE / 4.0 { (a[l] + WHOLE) - WHOLE } else { a[l] })
    }
    #[inline(always)]
    unsafe fn scale(a: F, n: F) -> F {
        lanes!(l => a[l] * f32::from_bits(((n[l] as i32 + 127) as u32) << 23))
    }
    #[inline(always)]
    unsafe fn sum(a: F) -> f32 {
        (a[0] + a[1]) + (a[2] + a[3])
    }
    #[inline(always)]
    unsafe fn largest(a: F) -> f32 {
        a[0].max(a[1]).max(a[2].max(a[3]))
    }

    #[inline(always)]
    unsafe fn zeros() -> I {
        [0; N]
    }
    #[inline(always)]
    unsafe fn load_bits(from: *const u32) -> I {
        // SAFETY: the caller's promise: N numbers are there.
        unsafe { from.cast::<I>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn bits_to_f32(a: I) -> F {
        lanes!(l => f32::from_bits(a[l]))
    }
    #[inline(always)]
    unsafe fn int_to_f32(a: I) -> F {
        lanes!(l => a[l] as i32 as f32)
    }
    #[inline(always)]
    unsafe fn dot_bf16(sum: F, a: u32, b: I) -> F {
        let (low, high) = (f32::from_bits(a << 16), f32::from_bits(a & 0xffff_0000));
        lanes!(l => sum[l] + low * f32::from_bits(b[l] << 16) + high * f32::from_bits(b[l] & 0xffff_0000))
    }
    #[inline(always)]
    unsafe fn dot_int8(sum: I, a: u32, b: I) -> I {
        let a = a.to_le_bytes();
        lanes!(l => {
            let b = b[l].to_le_bytes();
            let product = |at: usize| i32::from(a[at]) * i32::from(b[at] as i8);
            sum[l].wrapping_add((product(0) + product(1) + product(2) + product(3)) as u32)
        })
    }
    #[inline(always)]
    unsafe fn store_bf16(to: *mut u16, v: F) {
        let rounded: [u16; N] = lanes!(l => half::bf16::from_f32(v[l]).to_bits());
        // SAFETY: the caller's promise: N numbers are there.
        unsafe { to.cast::<[u16; N]>().write_unaligned(rounded) }
    }
    #[inline(always)]
    unsafe fn store_bytes(to: *mut u8, v: F) {
        // SAFETY: no pointer.
        let v = unsafe { Self::round(v) };
        let rounded: [u8; N] = lanes!(l => v[l] as u8);
        // SAFETY: the caller's promise: N bytes are there.
        unsafe { to.cast::<[u8; N]>().write_unaligned(rounded) }
    }
}
