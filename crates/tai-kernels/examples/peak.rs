//! What the processor can do at most: multiplications and additions that never leave the registers, a thousand million a second, on one thread.
//!
//! `cargo run --release -p tai-kernels --example peak`: one line, `{"f32":…,"bf16":…,"int8":…,"avx2":…}`; 0 where there is no such instruction.

#![expect(unsafe_code, reason = "instructions of one processor or another")]

use std::io::{Write, stdout};

fn main() -> std::io::Result<()> {
    #[cfg(target_arch = "x86_64")]
    let [f32, bf16, int8, avx2] = x86::peaks();
    #[cfg(not(target_arch = "x86_64"))]
    let [f32, bf16, int8, avx2] = [0.0; 4];
    writeln!(stdout(), "{{\"f32\":{f32:.1},\"bf16\":{bf16:.1},\"int8\":{int8:.1},\"avx2\":{avx2:.1}}}")
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;
    use std::hint::black_box;
    use std::time::Instant;

    const STEPS: u32 = 4_000_000;
    /// Sums that do not wait for each other.
    const SUMS: usize = 12;

    /// The median of five turns of each.
    pub(super) fn peaks() -> [f64; 4] {
        let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        let avx512 = is_x86_feature_detected!("avx512f");
        let bf16 = avx512 && is_x86_feature_detected!("avx512bf16");
        let int8 = avx512 && is_x86_feature_detected!("avx512vnni");
        let of = |there: bool, each: f64, run: unsafe fn()| {
            let turn = || {
                let start = Instant::now();
                // SAFETY: the instructions are there, else it is not called.
                unsafe { run() };
                f64::from(STEPS) * SUMS as f64 * each / start.elapsed().as_secs_f64() / 1e9
            };
            let mut turns: Vec<f64> = (0..5).map(|_| if there { turn() } else { 0.0 }).collect();
            turns.sort_by(f64::total_cmp);
            turns[2]
        };
        [of(avx512, 32.0, f32), of(bf16, 64.0, pairs), of(int8, 128.0, bytes), of(avx2, 16.0, narrow)]
    }

    #[target_feature(enable = "avx512f")]
    fn f32() {
        let (mut sums, factor) = ([_mm512_set1_ps(1.0); SUMS], black_box(_mm512_set1_ps(0.999)));
        for _ in 0..STEPS {
            sums.iter_mut().for_each(|sum| *sum = _mm512_fmadd_ps(*sum, factor, factor));
        }
        black_box(sums);
    }

    #[target_feature(enable = "avx512f,avx512bf16")]
    fn pairs() {
        // SAFETY: the types differ in name only.
        let factor = unsafe { std::mem::transmute::<__m512i, __m512bh>(black_box(_mm512_set1_epi32(0x3f80_3f80))) };
        let mut sums = [_mm512_set1_ps(1.0); SUMS];
        for _ in 0..STEPS {
            sums.iter_mut().for_each(|sum| *sum = _mm512_dpbf16_ps(*sum, factor, factor));
        }
        black_box(sums);
    }

    #[target_feature(enable = "avx512f,avx512vnni")]
    fn bytes() {
        let (mut sums, factor) = ([_mm512_setzero_si512(); SUMS], black_box(_mm512_set1_epi32(0x0101_0101)));
        for _ in 0..STEPS {
            sums.iter_mut().for_each(|sum| *sum = _mm512_dpbusd_epi32(*sum, factor, factor));
        }
        black_box(sums);
    }

    #[target_feature(enable = "avx2,fma")]
    fn narrow() {
        let (mut sums, factor) = ([_mm256_set1_ps(1.0); SUMS], black_box(_mm256_set1_ps(0.999)));
        for _ in 0..STEPS {
            sums.iter_mut().for_each(|sum| *sum = _mm256_fmadd_ps(*sum, factor, factor));
        }
        black_box(sums);
    }
}
