#!/usr/bin/env python3
"""Vectors of all-MiniLM-L6-v2 by sentence-transformers on PyTorch, to compare tai-rag's with.

usage: embedding-reference.py MODEL_DIRECTORY [TEXTS] > crates/tai-rag/tests/data/all-MiniLM-L6-v2.json
       embedding-reference.py --full 500 MODEL_DIRECTORY LOG_FILE... > vectors.json   (for `embed_speed --reference`)

TEXTS is a JSON list of strings; without it, those of the reference file are computed anew. Needs the packages torch and sentence-transformers.
"""
import json
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
from sentence_transformers import SentenceTransformer  # noqa: E402

REFERENCE = os.path.join(os.path.dirname(__file__), "../crates/tai-rag/tests/data/all-MiniLM-L6-v2.json")


def pieces(files, count):
    """`count` texts of 1 to 30 lines, spread over the files: short, middling and beyond the model's limit."""
    lines = [line for name in files for line in open(name, errors="replace").read().splitlines() if line.strip()]
    step = max(1, len(lines) // count)
    return ["\n".join(lines[at:at + 1 + (number * 7) % 30]) for number, at in enumerate(range(0, len(lines), step))][:count]


def main():
    arguments = sys.argv[1:]
    if not arguments:
        sys.exit(__doc__)
    if arguments[0] == "--full":
        texts, directory = pieces(arguments[3:], int(arguments[1])), arguments[2]
    elif len(arguments) > 1:
        texts, directory = json.load(open(arguments[1])), arguments[0]
    else:
        texts, directory = [row["text"] for row in json.load(open(REFERENCE))], arguments[0]
    model = SentenceTransformer(directory, device="cpu")
    vectors = model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    rows = [json.dumps({"text": text, "vector": [round(float(x), 7) for x in vector]}, ensure_ascii=False)
            for text, vector in zip(texts, vectors)]
    print("[" + ",\n".join(rows) + "]")


main()
