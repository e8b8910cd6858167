use std::fs;
use std::path::{Path, PathBuf};

use tai_kernels::{Encoder, Error, Kernel, Options, PackedHeader, Pooling, Precision, Shape, Source, Tokens};
use tempfile::TempDir;

use crate::naive::{Naive, Random};

/// Sizes that are no multiples of anything, and those of a real model's layer.
const SHAPES: [Shape; 3] = [
    Shape { vocabulary: 50, hidden: 24, inner: 40, layers: 2, heads: 3, positions: 40, types: 2, eps: 1e-12 },
    Shape { vocabulary: 60, hidden: 70, inner: 33, layers: 1, heads: 7, positions: 90, types: 1, eps: 1e-5 },
    Shape { vocabulary: 80, hidden: 128, inner: 256, layers: 2, heads: 2, positions: 64, types: 2, eps: 1e-12 },
];

struct Case {
    naive: Naive,
    directory: TempDir,
}

impl Case {
    fn new(shape: Shape, scores: bool) -> Self {
        let (naive, directory) = (Naive::random(shape, scores, 7), tempfile::tempdir().expect("a directory"));
        naive.save(&directory.path().join("model.safetensors"));
        Self { naive, directory }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("model.safetensors")
    }

    fn encoder(&self, options: &Options) -> Encoder {
        let source = Source::open(&self.file()).expect("the file that was written");
        Encoder::pack(&source, &self.naive.shape, options).expect("all tensors")
    }

    /// Texts of all lengths: ids and types.
    fn texts(&self) -> Vec<(Vec<u32>, Vec<u32>)> {
        let Shape { vocabulary, positions, types, .. } = self.naive.shape;
        let mut random = Random(3);
        let mut text = |length: usize| {
            let ids = (0..length).map(|_| random.below(vocabulary) as u32).collect();
            (ids, (0..length).map(|at| (at * types / length) as u32).collect())
        };
        [1, 2, 0, positions, 17, 16, 15, 33, positions - 1, 1].map(&mut text).to_vec()
    }
}

fn tokens(texts: &[(Vec<u32>, Vec<u32>)]) -> Vec<Tokens<'_>> {
    texts.iter().map(|(ids, types)| Tokens { ids, types }).collect()
}

fn available() -> impl Iterator<Item = Kernel> {
    Kernel::ALL.into_iter().filter(|kernel| kernel.is_available())
}

fn cosine(left: &[f32], right: &[f64]) -> f64 {
    let dot: f64 = left.iter().zip(right).map(|(left, right)| f64::from(*left) * right).sum();
    let length = |numbers: &mut dyn Iterator<Item = f64>| numbers.map(|x| x * x).sum::<f64>().sqrt();
    dot / length(&mut left.iter().map(|x| f64::from(*x))) / length(&mut right.iter().copied())
}

#[test]
fn vectors_are_those_of_the_definition() {
    for (shape, pooling) in SHAPES.into_iter().flat_map(|shape| [(shape, Pooling::Mean), (shape, Pooling::Cls)]) {
        let case = Case::new(shape, false);
        let texts = case.texts();
        let expect = texts.iter().map(|(ids, types)| {
            let states = case.naive.states(ids, types);
            let used = if pooling == Pooling::Cls { &states[..states.len().min(1)] } else { &states };
            (0..shape.hidden).map(|at| used.iter().map(|state| state[at]).sum()).collect::<Vec<f64>>()
        });
        let expect: Vec<_> = expect.collect();
        for kernel in available() {
            for (precision, least) in [(Precision::F32, 0.999_999_9), (Precision::Bf16, 0.999), (Precision::Int8, 0.99)]
            {
                let options = Options { precision, kernel: Some(kernel), threads: 2 };
                let found = case.encoder(&options).embed(&tokens(&texts), pooling);
                for ((found, expect), (ids, _)) in found.iter().zip(&expect).zip(&texts) {
                    assert_eq!(found.len(), shape.hidden);
                    if ids.is_empty() {
                        assert!(found.iter().all(|number| *number == 0.0));
                        continue;
                    }
                    let cosine = cosine(found, expect);
                    assert!(cosine >= least, "{kernel} {precision}, {} tokens: {cosine}", ids.len());
                    let length: f32 = found.iter().map(|number| number * number).sum();
                    assert!((length - 1.0).abs() < 1e-5);
                }
            }
        }
    }
}

#[test]
fn scores_are_those_of_the_definition() {
    let case = Case::new(SHAPES[0], true);
    let texts: Vec<_> = case.texts().into_iter().filter(|(ids, _)| !ids.is_empty()).collect();
    for kernel in available() {
        let options = Options { kernel: Some(kernel), ..Options::default() };
        let found = case.encoder(&options).score(&tokens(&texts)).unwrap();
        for (found, (ids, types)) in found.iter().zip(&texts) {
            let expect = case.naive.score(ids, types);
            assert!((f64::from(*found) - expect).abs() < 1e-5, "{kernel}: {found} and not {expect}");
        }
    }
    assert_eq!(Case::new(SHAPES[0], false).encoder(&Options::default()).score(&tokens(&texts)), None);
}

#[test]
fn a_vector_depends_on_its_text_alone() {
    let case = Case::new(SHAPES[2], false);
    let texts: Vec<_> = std::iter::repeat_n(case.texts(), 9).flatten().collect();
    for (kernel, precision) in available().flat_map(|kernel| Precision::ALL.map(|precision| (kernel, precision))) {
        let encoder = |threads| case.encoder(&Options { precision, kernel: Some(kernel), threads });
        let (one, three) = (encoder(1), encoder(3));
        let together = three.embed(&tokens(&texts), Pooling::Mean);
        assert_eq!(one.embed(&tokens(&texts), Pooling::Mean), together, "{kernel} {precision}");
        for (text, expect) in texts.chunks(1).zip(&together) {
            assert_eq!(one.embed(&tokens(text), Pooling::Mean)[0], *expect, "{kernel} {precision}");
        }
    }
}

#[test]
fn packed_weights_give_the_same_vectors_and_the_same_bytes() {
    for scores in [false, true] {
        let case = Case::new(SHAPES[0], scores);
        let texts = case.texts();
        for precision in Precision::ALL {
            let options = Options { precision, ..Options::default() };
            let source = Source::open(&case.file()).unwrap();
            let packed = |name: &str| case.directory.path().join(name);
            let encoder = case.encoder(&options);
            encoder.save(&packed("first"), &source).unwrap();
            case.encoder(&options).save(&packed("second"), &source).unwrap();
            assert_eq!(fs::read(packed("first")).unwrap(), fs::read(packed("second")).unwrap());
            let (opened, header) = Encoder::open(&packed("first"), &Options::default()).unwrap();
            assert_eq!((header.precision, header.shape, header.scores), (precision, case.naive.shape, scores));
            assert_eq!(header.source_length, fs::metadata(case.file()).unwrap().len());
            assert_eq!(PackedHeader::read(&packed("first")).unwrap(), header);
            let expect = encoder.embed(&tokens(&texts), Pooling::Mean);
            assert_eq!(opened.embed(&tokens(&texts), Pooling::Mean), expect);
            assert_eq!(opened.score(&tokens(&texts[..2])), encoder.score(&tokens(&texts[..2])));
            // A packed file may be packed from again: it is only read.
            opened.save(&packed("third"), &source).unwrap();
            assert_eq!(fs::read(packed("first")).unwrap(), fs::read(packed("third")).unwrap());
        }
    }
}

#[test]
fn a_damaged_file_is_named() {
    let case = Case::new(SHAPES[0], false);
    let (source, packed) = (Source::open(&case.file()).unwrap(), case.directory.path().join("packed"));
    case.encoder(&Options::default()).save(&packed, &source).unwrap();
    let whole = fs::read(&packed).unwrap();
    let open = |bytes: &[u8]| {
        let file = case.directory.path().join("damaged");
        fs::write(&file, bytes).unwrap();
        Encoder::open(&file, &Options::default()).err()
    };
    assert!(open(&whole).is_none());
    for length in [0, 1, 63, 64, 127, 128, 200, whole.len() / 2, whole.len() - 1] {
        assert!(matches!(open(&whole[..length]), Some(Error::Packed { .. } | Error::File { .. })), "{length}");
    }
    for byte in 0..64 {
        for bit in [1, 128] {
            let mut changed = whole.clone();
            changed[byte] ^= bit;
            // Of some changes nothing can be known, such as of the number of heads; none may end the process.
            drop(open(&changed));
        }
    }
    let cut = case.directory.path().join("cut");
    fs::write(&cut, &fs::read(case.file()).unwrap()[..500]).unwrap();
    assert!(matches!(Source::open(&cut), Err(Error::Malformed { .. })));
    assert!(matches!(Source::open(Path::new("nowhere")), Err(Error::File { .. })));
    let other = Shape { inner: 41, ..case.naive.shape };
    assert!(matches!(Encoder::pack(&source, &other, &Options::default()), Err(Error::Tensor { .. })));
    let none = Shape { heads: 5, ..case.naive.shape };
    assert!(matches!(Encoder::pack(&source, &none, &Options::default()), Err(Error::Shape { .. })));
}
