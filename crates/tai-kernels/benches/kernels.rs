//! `cargo bench -p tai-kernels`: one layer of all-MiniLM-L6-v2's sizes with random weights, for each kernel of this processor and each precision, on one thread: four texts of
//! 96 tokens, and one question of 20.

#[path = "../tests/it/naive.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod naive;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use tai_kernels::{Encoder, Kernel, Options, Pooling, Precision, Shape, Source, Tokens};

const SHAPE: Shape =
    Shape { vocabulary: 100, hidden: 384, inner: 1536, layers: 1, heads: 12, positions: 512, types: 2, eps: 1e-12 };

fn main() {
    divan::main();
}

fn kernels() -> Vec<(Kernel, Precision)> {
    let there = Kernel::ALL.into_iter().filter(|kernel| kernel.is_available());
    there.flat_map(|kernel| Precision::ALL.map(|precision| (kernel, precision))).collect()
}

#[divan::bench(args = kernels().iter().map(|(kernel, precision)| format!("{kernel} {precision}")).collect::<Vec<_>>())]
fn four_texts(bencher: Bencher<'_, '_>, name: &str) {
    run(bencher, name, &[96; 4]);
}

#[divan::bench(args = kernels().iter().map(|(kernel, precision)| format!("{kernel} {precision}")).collect::<Vec<_>>())]
fn a_question(bencher: Bencher<'_, '_>, name: &str) {
    run(bencher, name, &[20]);
}

fn run(bencher: Bencher<'_, '_>, name: &str, lengths: &[usize]) {
    let (kernel, precision) = name.split_once(' ').expect("a kernel and a precision");
    let (kernel, precision) = (kernel.parse().expect("a kernel"), precision.parse().expect("a precision"));
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("model.safetensors");
    naive::Naive::random(SHAPE, false, 7).save(&file);
    let source = Source::open(&file).expect("the file that was written");
    let options = Options { precision, kernel: Some(kernel), threads: 1 };
    let encoder = Encoder::pack(&source, &SHAPE, &options).expect("all tensors");
    let (ids, types) = (vec![7; 512], vec![0; 512]);
    let texts: Vec<Tokens<'_>> =
        lengths.iter().map(|&length| Tokens { ids: &ids[..length], types: &types[..length] }).collect();
    bencher
        .counter(ItemsCount::new(lengths.iter().sum::<usize>()))
        .bench_local(|| encoder.embed(black_box(&texts), Pooling::Mean));
}
