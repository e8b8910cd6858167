#!/usr/bin/env python3
"""usage: scripts/bench-embed [MODEL_DIRECTORY [ROUNDS [TEXTS]]]

tai-rag's embedder beside sentence-transformers on PyTorch: 2,000 chunks of about 105 tokens, 2,000 of 16 to 256, and one question, each from the text on,
on two cores, in turn. Prints medians and ratios; figures of one run compare, those of two may not.
"""
import os
import statistics
import sys
import time

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "true"
CORES = sorted(os.sched_getaffinity(0))[:2]
os.sched_setaffinity(0, CORES)
import torch  # noqa: E402
from sentence_transformers import SentenceTransformer  # noqa: E402

from embedding_texts import Tai, chunks  # noqa: E402

QUESTION = "the web shop is slow since this morning, and some users get a timeout when they log in"


def main():
    model = sys.argv[1]
    rounds = int(sys.argv[2])
    count = int(sys.argv[3])
    torch.set_num_threads(len(CORES))
    peer = SentenceTransformer(model, device="cpu")
    tai = Tai(model, "--seconds")
    print(f"torch {torch.__version__}, {len(CORES)} threads; tai loads the model in {tai.load * 1e3:.0f} ms")

    def by_peer(texts):
        start, cpu = time.perf_counter(), time.process_time()
        peer.encode(texts, batch_size=32, normalize_embeddings=True, show_progress_bar=False)
        return time.perf_counter() - start, time.process_time() - cpu

    def by_tai(texts):
        cpu = tai.cpu_seconds()
        return tai.embed(texts)["seconds"], tai.cpu_seconds() - cpu

    for name, limits in [("one size", [128]), ("mixed, 16 to 256", [16, 32, 48, 64, 96, 128, 192, 256])]:
        texts, tokens = chunks(model, limits, count)
        by_peer(texts[:64]), by_tai(texts[:64])
        times = [by_peer(texts) + by_tai(texts) for _ in range(rounds)]
        peers, peers_cpu, ours, ours_cpu = (statistics.median(column) for column in zip(*times))
        ratios = ", ".join(f"{theirs / own:.2f}" for theirs, _, own, _ in times)
        total = sum(tokens)
        print(f"{name}: {len(texts)} texts of {total / len(tokens):.0f} tokens: sentence-transformers {total / peers:.0f} tokens/s, tai {total / ours:.0f}: "
              f"{peers / ours:.2f} times (each round: {ratios}); of processor time {peers_cpu / ours_cpu:.2f} times")
    times = [(by_peer([QUESTION])[0], by_tai([QUESTION])[0]) for _ in range(30)]
    peers, ours = (statistics.median(column) * 1e3 for column in zip(*times))
    print(f"one question, warm: sentence-transformers {peers:.1f} ms, tai {ours:.1f} ms")


main()
