#!/usr/bin/env python3
"""Compares the vectors of tai-rag's embedder with those of sentence-transformers on PyTorch.

usage: embedding-reference.py MODEL_DIRECTORY [TEXTS]
           500 texts of all kinds, or as many as TEXTS says: the least cosine, and whether the same texts are found; for each precision of tai-kernels, and for candle.
           Needs `cargo build --release -p tai-rag --example embed`.
       embedding-reference.py --write MODEL_DIRECTORY > crates/tai-rag/tests/data/all-MiniLM-L6-v2.json
           the vectors of the texts in that file, anew.

Needs the packages torch and sentence-transformers.
"""
import json
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
import numpy  # noqa: E402
from sentence_transformers import SentenceTransformer  # noqa: E402

from embedding_texts import Tai, varied  # noqa: E402

REFERENCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../crates/tai-rag/tests/data/all-MiniLM-L6-v2.json")
NEAREST = 10


def vectors_of(model, texts):
    return SentenceTransformer(model, device="cpu").encode(texts, normalize_embeddings=True, show_progress_bar=False)


def write(model):
    texts = [row["text"] for row in json.load(open(REFERENCE))]
    rows = [json.dumps({"text": text, "vector": [round(float(x), 7) for x in vector]}, ensure_ascii=False)
            for text, vector in zip(texts, vectors_of(model, texts))]
    print("[" + ",\n".join(rows) + "]")


def compare(model, count):
    texts = varied(count)
    expect = numpy.asarray(vectors_of(model, texts), dtype=numpy.float64)
    expect /= numpy.linalg.norm(expect, axis=1, keepdims=True)
    for precision in ["f32", "bf16", "int8", "candle"]:
        compare_one(precision, texts, expect, numpy.asarray(Tai(model, precision).embed(texts)["vectors"], dtype=numpy.float64))


def compare_one(precision, texts, expect, found):
    found /= numpy.linalg.norm(found, axis=1, keepdims=True)
    cosines = (expect * found).sum(axis=1)
    worst = int(cosines.argmin())

    def nearest(vectors):
        others = vectors @ vectors.T - 2 * numpy.eye(len(vectors))
        return [set(row) for row in numpy.argsort(-others, axis=1, kind="stable")[:, :NEAREST]]

    shared = [len(left & right) / NEAREST for left, right in zip(nearest(expect), nearest(found))]
    print(f"{precision}, {len(texts)} texts: least cosine {cosines[worst]:.9f} ({texts[worst][:40]!r}), 1 % below {numpy.quantile(cosines, 0.01):.6f}, mean {cosines.mean():.9f}, "
          f"greatest difference of a number {abs(expect - found).max():.1e}, of the {NEAREST} nearest texts {sum(shared) / len(shared):.2%} are the same")


if len(sys.argv) < 2:
    sys.exit(__doc__)
if sys.argv[1] == "--write":
    write(sys.argv[2])
else:
    compare(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 500)
