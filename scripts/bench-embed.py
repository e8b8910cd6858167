#!/usr/bin/env python3
"""usage: scripts/bench-embed [MODEL_DIRECTORY [ROUNDS [TEXTS]]]

Every contestant is a process of its own and takes its turn in every round; ratios are of one round each, of which the median counts. Behind each ratio is the one of
processor time, which other work on the machine disturbs less. Ends with 1 when a kernel has become slow: see the last lines.
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile

from embedding_texts import TOP, Tokenizer, chunks

CORES = sorted(os.sched_getaffinity(0))[:2]
os.sched_setaffinity(0, CORES)
# For the threads of the tokenizers, on either side.
os.environ.update(RAYON_NUM_THREADS=str(len(CORES)), TOKENIZERS_PARALLELISM="true")
HIDDEN, INNER, LAYERS = 384, 1536, 6
QUESTION = "the web shop is slow since this morning, and some users get a timeout when they log in"


class Contestant:
    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.load = self.answer()["load"]

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"it ended: {self.process.args}")
        return json.loads(line)

    def cpu(self):
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def run(self, line):
        before = self.cpu()
        self.process.stdin.write(line)
        self.process.stdin.flush()
        return self.answer()["seconds"], self.cpu() - before


def example(name):
    return os.path.join(TOP, "target/release/examples", name)


def peak():
    return json.loads(subprocess.run([example("peak")], capture_output=True, text=True, check=True).stdout)


def ratio(times, slow, fast):
    """How many times as fast: by the clock, and by processor time."""
    def of(what):
        return statistics.median(times[slow][at][what] / max(times[fast][at][what], 1e-9) for at in range(len(times[slow])))
    return of(0), of(1)


def flops(lengths):
    linear = 2 * LAYERS * (4 * HIDDEN * HIDDEN + 2 * HIDDEN * INNER)
    return sum(n * (linear + 4 * n * HIDDEN * LAYERS) for n in lengths)


def measure(contestants, texts, ids, rounds):
    """Seconds and processor seconds of each, round by round, and the processor's peak of each round."""
    lines = {True: json.dumps(texts) + "\n", False: json.dumps(ids) + "\n"}
    few = {True: json.dumps(texts[:8]) + "\n", False: json.dumps(ids[:8]) + "\n"}
    times, peaks = {name: [] for name in contestants}, []
    for who, takes_texts in contestants.values():
        who.run(few[takes_texts])
    for _ in range(rounds):
        peaks.append(peak())
        for name, (who, takes_texts) in contestants.items():
            times[name].append(who.run(lines[takes_texts]))
    return times, peaks


def main():
    model, onnx, rounds, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    here = os.path.dirname(os.path.abspath(__file__))

    def ours(precision, kernel, threads):
        return Contestant(example("speed"), model, precision, kernel, str(threads), "--seconds"), False

    def peer(kind, what, threads):
        return Contestant(sys.executable, os.path.join(here, "bench-embed-peer.py"), kind, what, str(threads)), kind == "torch"

    def whole(precision):
        return Contestant(example("embed"), model, precision, "--seconds"), True

    def all_of(threads):
        both = {name: ours(*name.split(), threads) for name in ["f32 best", "bf16 best", "int8 best", "f32 avx2"]}
        both["ONNX Runtime f32"] = peer("onnx", f"{onnx}/model.onnx", threads)
        both["ONNX Runtime int8"] = peer("onnx", f"{onnx}/int8.onnx", threads)
        if threads > 1:
            both |= {"sentence-transformers": peer("torch", model, threads), "tai f32": whole("f32"), "tai candle": whole("candle")}
        return both

    tokenizer = Tokenizer.from_file(os.path.join(model, "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    targets, slow = [], []
    for threads in [2, 1]:
        contestants = all_of(threads)
        for name, limits in [("~105 tokens", [128]), ("mixed 16-256", [16, 32, 48, 64, 96, 128, 192, 256])]:
            texts, _ = chunks(model, limits, count)
            ids = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
            times, peaks = measure(contestants, texts, ids, rounds)
            tokens, total = sum(map(len, ids)), flops(map(len, ids))
            print(f"\n{name}, {len(ids)} texts of {tokens / len(ids):.0f} tokens, {threads} threads: tokens a second, and of processor time")
            for who, turns in times.items():
                seconds, cpu = (statistics.median(column) for column in zip(*turns))
                print(f"  {who:22} {tokens / seconds:8.0f} {tokens / max(cpu, 1e-9):8.0f}")
            share = statistics.median(total / turn[0] / 1e9 / threads / best["f32"] for turn, best in zip(times["f32 best"], peaks))
            pairs = [("f32 / ONNX Runtime f32", 1.25, 1.4, ratio(times, "ONNX Runtime f32", "f32 best")),
                     ("int8 / ONNX Runtime int8", 1.9, 2.2, ratio(times, "ONNX Runtime int8", "int8 best")),
                     ("f32, AVX2 / ONNX Runtime f32 (not limited)", 1.0, 1.1, ratio(times, "ONNX Runtime f32", "f32 avx2"))]
            if threads > 1:
                pairs += [("tai f32 / sentence-transformers, from texts", 3.8, 3.7, ratio(times, "sentence-transformers", "tai f32")),
                          ("tai f32 / candle, from texts", None, None, ratio(times, "tai candle", "tai f32"))]
            pairs += [("share of the f32 roofline", 0.8, 0.75, (share, share)),
                      ("bf16 / f32", None, None, ratio(times, "f32 best", "bf16 best")),
                      ("int8 / f32", None, None, ratio(times, "f32 best", "int8 best"))]
            targets += [(f"{what}, {name}, {threads} threads", first if name[0] == "~" else second, *reached) for what, first, second, reached in pairs]
            if threads == 1 and name[0] == "~":
                # Sums in memory instead of registers, or a product that is no instruction: what has happened before.
                slow = [(text, found, least) for text, found, least in [
                    ("f32 has half of the roofline or less", share, 0.6),
                    ("int8 is hardly faster than f32", ratio(times, "f32 best", "int8 best")[1], 1.8 if peaks[0]["int8"] else 0),
                    ("bf16 is hardly faster than f32", ratio(times, "f32 best", "bf16 best")[1], 1.2 if peaks[0]["bf16"] else 0)] if found < least]
        if threads > 1:
            line = [tokenizer.encode(QUESTION).ids]
            line = json.dumps(line) + "\n"
            latency = {name: contestants[name][0] for name in ["f32 best", "bf16 best", "int8 best", "ONNX Runtime f32", "ONNX Runtime int8"]}
            times = {name: [] for name in latency}
            for _ in range(200):
                for name, who in latency.items():
                    times[name].append(who.run(line)[0] * 1e3)
            middle = {name: statistics.median(turns) for name, turns in times.items()}
            print("\none question, warm, ms: " + ", ".join(f"{name} {ms:.2f}" for name, ms in middle.items()))
            targets += [("time of one question: f32 / ONNX Runtime f32 (less is better)", 0.8, middle["f32 best"] / middle["ONNX Runtime f32"], float("nan"))]
        for who, _ in contestants.values():
            who.process.kill()
    with tempfile.TemporaryDirectory() as directory:
        for precision in ["f32", "bf16", "int8"]:
            packed = os.path.join(directory, precision)
            subprocess.run([example("speed"), model, precision, "best", "1", "--save", packed], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
            loads = [Contestant(example("speed"), packed, precision, "best", "1").load * 1e3 for _ in range(5)]
            targets.append((f"ms to load {precision}, packed and mapped (less is better)", 30, statistics.median(loads), float("nan")))
    print("\n| | target | reached | by processor time |\n|---|---|---|---|")
    for what, target, reached, by_cpu in targets:
        print(f"| {what} | {'' if target is None else target} | {reached:.2f} | {'' if by_cpu != by_cpu else f'{by_cpu:.2f}'} |")
    for text, found, least in slow:
        print(f"A kernel has become slow: {text} ({found:.2f}, at least {least} is due).")
    sys.exit(bool(slow))


main()
