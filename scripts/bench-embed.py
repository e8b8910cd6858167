#!/usr/bin/env python3
"""usage: scripts/bench-embed [MODEL_DIRECTORY [ROUNDS [TEXTS [PART...]]]]

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
HERE = os.path.dirname(os.path.abspath(__file__))
HIDDEN, INNER, LAYERS = 384, 1536, 6
# 20 tokens.
QUESTION = "the web shop is slow since this morning, and some users get a timeout when they log in"
SETS = [("~105 tokens", [128]), ("mixed 16-256", [16, 32, 48, 64, 96, 128, 192, 256])]


class Contestant:
    def __init__(self, *command, takes_texts=False):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.takes_texts = takes_texts
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
        """Seconds, and seconds of processor time."""
        before = self.cpu()
        self.process.stdin.write(line)
        self.process.stdin.flush()
        return self.answer()["seconds"], self.cpu() - before


def example(name):
    return os.path.join(TOP, "target/release/examples", name)


class Contestants:
    """Who can take part, by name: each takes what it is given, texts or ids, when it is started."""

    def __init__(self, model, onnx, packed):
        self.model, self.onnx, self.packed = model, onnx, packed

    def ours(self, precision, threads, kernel=None):
        flags = ["--ids", "--seconds", "--threads", str(threads), "--packed", os.path.join(self.packed, precision)]
        return Contestant(example("embed"), self.model, precision, *flags, *(["--kernel", kernel] if kernel else []))

    def whole(self, precision, threads, *flags):
        """From texts, and with all that tai-rag does beside."""
        return Contestant(example("embed"), self.model, precision, "--seconds", "--threads", str(threads), *flags, takes_texts=True)

    def peer(self, kind, threads, *flags):
        what = {"torch": self.model, "f32": f"{self.onnx}/model.onnx", "int8": f"{self.onnx}/int8.onnx"}[kind]
        script = os.path.join(HERE, "bench-embed-peer.py")
        return Contestant(sys.executable, script, "torch" if kind == "torch" else "onnx", what, str(threads), *flags, takes_texts=kind == "torch")


class Texts:
    def __init__(self, model, name, limits, count):
        tokenizer = Tokenizer.from_file(os.path.join(model, "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(256)
        texts, _ = chunks(model, limits, count)
        ids = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
        self.name, self.lengths = name, [len(text) for text in ids]
        self.lines = {True: json.dumps(texts) + "\n", False: json.dumps(ids) + "\n"}
        self.few = {True: json.dumps(texts[:8]) + "\n", False: json.dumps(ids[:8]) + "\n"}
        self.question = json.dumps([tokenizer.encode(QUESTION).ids]) + "\n"

    def flops(self):
        linear = 2 * LAYERS * (4 * HIDDEN * HIDDEN + 2 * HIDDEN * INNER)
        return sum(n * (linear + 4 * n * HIDDEN * LAYERS) for n in self.lengths)


class Turns:
    """Seconds and processor seconds of each contestant, round by round, and the processor's peak on one thread of each round."""

    def __init__(self, contestants, texts, rounds, threads):
        self.texts, self.threads = texts, threads
        self.times, self.peaks = {name: [] for name in contestants}, []
        for who in contestants.values():
            who.run(texts.few[who.takes_texts])
        for _ in range(rounds):
            self.peaks.append(json.loads(subprocess.run([example("peak")], capture_output=True, text=True, check=True).stdout))
            for name, who in contestants.items():
                self.times[name].append(who.run(texts.lines[who.takes_texts]))

    def show(self, what):
        tokens = sum(self.texts.lengths)
        mean = tokens / len(self.texts.lengths)
        print(f"\n{self.texts.name}, {len(self.texts.lengths)} texts of {mean:.0f} tokens, {what}: tokens a second, and of processor time")
        for who, turns in self.times.items():
            seconds, cpu = (statistics.median(column) for column in zip(*turns))
            print(f"  {who:22} {tokens / seconds:8.0f} {tokens / max(cpu, 1e-9):8.0f}", flush=True)

    def ratio(self, slow, fast):
        """How many times as fast: by the clock, and by processor time."""
        pairs = list(zip(self.times[slow], self.times[fast]))
        return [statistics.median(left[what] / max(right[what], 1e-9) for left, right in pairs) for what in (0, 1)]

    def share(self, who, of):
        turns = zip(self.times[who], self.peaks)
        return [statistics.median(self.texts.flops() / turn[0] / 1e9 / self.threads / peak[of] for turn, peak in turns), None]


def with_threads(threads, all_texts, rounds, who):
    """The targets and what was reached, and which kernels have become slow."""
    contestants = {precision: who.ours(precision, threads) for precision in ["f32", "bf16", "int8"]}
    contestants |= {"ONNX Runtime f32": who.peer("f32", threads), "ONNX Runtime int8": who.peer("int8", threads)}
    if threads > 1:
        contestants |= {"sentence-transformers": who.peer("torch", threads), "tai f32": who.whole("f32", threads), "tai candle": who.whole("candle", threads)}
    targets, slow = [], []
    for texts in all_texts:
        turns, is_first = Turns(contestants, texts, rounds, threads), texts is all_texts[0]
        turns.show(f"{threads} threads")
        rows = [("f32 / ONNX Runtime f32", 1.25, 1.4, turns.ratio("ONNX Runtime f32", "f32")),
                ("int8 / ONNX Runtime int8", 1.9, 2.2, turns.ratio("ONNX Runtime int8", "int8")),
                ("share of the f32 roofline", 0.8, 0.75, turns.share("f32", "f32"))]
        if threads > 1:
            rows += [("tai f32 / sentence-transformers, from texts", 3.8, 3.7, turns.ratio("sentence-transformers", "tai f32")),
                     ("tai f32 / candle, from texts", None, None, turns.ratio("tai candle", "tai f32"))]
        rows += [("bf16 / f32", None, None, turns.ratio("f32", "bf16")), ("int8 / f32", None, None, turns.ratio("f32", "int8"))]
        targets += [(f"{what}, {texts.name}, {threads} threads", first if is_first else second, *reached) for what, first, second, reached in rows]
        if is_first:
            # Sums in memory instead of registers, or a product that is no instruction: what has happened before.
            slow += [(text, found, least) for text, found, least in [
                ("f32 has a small share of the roofline", turns.share("f32", "f32")[0], 0.6),
                ("int8 is hardly faster than f32", turns.ratio("f32", "int8")[1], 1.8 if turns.peaks[0]["int8"] else 0),
                ("bf16 is hardly faster than f32", turns.ratio("f32", "bf16")[1], 1.2 if turns.peaks[0]["bf16"] else 0)] if found < least]
    if threads > 1:
        targets += question(contestants, all_texts[0].question)
    return targets, slow


def question(contestants, line):
    names = ["f32", "bf16", "int8", "ONNX Runtime f32", "ONNX Runtime int8"]
    times = {name: [] for name in names}
    for _ in range(200):
        for name in names:
            times[name].append(contestants[name].run(line)[0] * 1e3)
    middle = {name: statistics.median(turns) for name, turns in times.items()}
    print("\none question, warm, ms: " + ", ".join(f"{name} {ms:.2f}" for name, ms in middle.items()))
    return [(f"time of one question, {precision} / ONNX Runtime {precision} (less is better)", target, middle[precision] / middle[f"ONNX Runtime {precision}"], None)
            for precision, target in [("f32", 0.8), ("int8", None)]]


def with_avx2(all_texts, rounds, who):
    contestants = {"f32": who.ours("f32", 2, "avx2"), "int8": who.ours("int8", 2, "avx2")}
    contestants |= {"ONNX Runtime f32": who.peer("f32", 2, "avx2"), "ONNX Runtime int8": who.peer("int8", 2, "avx2")}
    targets = []
    for texts in all_texts:
        turns = Turns(contestants, texts, rounds, 2)
        turns.show("2 threads, without AVX-512")
        rows = [("f32 / ONNX Runtime f32", [1.0, 1.1], turns.ratio("ONNX Runtime f32", "f32")), ("int8 / ONNX Runtime int8", [None, None], turns.ratio("ONNX Runtime int8", "int8")),
                ("share of the f32 roofline", [None, None], turns.share("f32", "avx2"))]
        targets += [(f"AVX2 on both sides, {what}, {texts.name}", target[texts is not all_texts[0]], *reached) for what, target, reached in rows]
    return targets


def load(who):
    targets = []
    for precision in ["f32", "bf16", "int8"]:
        packed = os.path.join(who.packed, precision)
        mapped = [who.ours(precision, 2).load * 1e3 for _ in range(9)]
        targets.append((f"ms to load {precision}, packed and mapped (less is better)", 30, statistics.median(mapped), None))
        both = [who.whole(precision, 2, "--packed", packed).load * 1e3 for _ in range(9)]
        targets.append((f"ms to load {precision} and the tokenizer (less is better)", None, statistics.median(both), None))
        unpacked = [who.whole(precision, 2).load * 1e3 for _ in range(9)]
        targets.append((f"ms to load {precision} as it was trained, and the tokenizer (less is better)", None, statistics.median(unpacked), None))
    return targets


def main():
    model, onnx, rounds, count, *parts = sys.argv[1:]
    all_texts = [Texts(model, name, limits, int(count)) for name, limits in SETS]
    targets, slow = [], []
    with tempfile.TemporaryDirectory() as packed:
        who = Contestants(model, onnx, packed)
        for part in parts or ["2", "1", "avx2", "load"]:
            if part == "avx2":
                targets += with_avx2(all_texts, int(rounds), who)
            elif part == "load":
                targets += load(who)
            else:
                more, also_slow = with_threads(int(part), all_texts, int(rounds), who)
                targets, slow = targets + more, slow + also_slow
    print("\n| | target | reached | by processor time |\n|---|---|---|---|")
    for what, target, reached, by_cpu in targets:
        print(f"| {what} | {'' if target is None else target} | {reached:.2f} | {'' if by_cpu is None else f'{by_cpu:.2f}'} |")
    for text, found, least in slow:
        print(f"A kernel has become slow: {text} ({found:.2f}, at least {least} is due).")
    sys.exit(bool(slow))


main()
