"""Texts to embed, out of the captures in fixtures: the same ones at each run. For bench-embed and embedding-reference.py."""
import glob
import json
import os
import random
import subprocess

from tokenizers import Tokenizer

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")


class Tai:
    """tai-rag's embedder in a process of its own, as examples/embed.rs offers it."""

    def __init__(self, model, *flags):
        program = os.path.join(TOP, "target/release/examples/embed")
        self.process = subprocess.Popen([program, model, *flags], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.load = self.answer()["load"]

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("the example `embed` ended: cargo build --release -p tai-rag --example embed")
        return json.loads(line)

    def cpu_seconds(self):
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def embed(self, texts):
        self.process.stdin.write(json.dumps(texts) + "\n")
        self.process.stdin.flush()
        return self.answer()


def lines():
    """Every line of every capture once, output by output."""
    seen = set()
    for name in sorted(glob.glob(os.path.join(TOP, "fixtures/captures/*/outputs/*"))):
        with open(name, errors="replace") as file:
            fresh = [line.strip() for line in file if line.strip() and line not in seen and not seen.add(line)]
        if fresh:
            yield fresh


def chunks(model, limits, count):
    """`count` chunks of consecutive lines, each of at most one of the `limits` of tokens, all within one output."""
    tokenizer = Tokenizer.from_file(os.path.join(model, "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    chance, found = random.Random(7), []
    for output in lines():
        sizes = [len(encoding.ids) - 2 for encoding in tokenizer.encode_batch(output)]
        current, size, limit = [], 2, chance.choice(limits)
        for line, tokens in zip(output, sizes):
            if tokens > 254:
                continue
            if current and size + tokens > limit:
                found.append("\n".join(current))
                current, size, limit = [], 2, chance.choice(limits)
            current.append(line)
            size += tokens
    chance.shuffle(found)
    found = found[:count]
    return found, [len(encoding.ids) for encoding in tokenizer.encode_batch(found)]


ODD = [
    "", " ", "\n\n", "a", ".", "[PAD]", "[CLS] [SEP] [MASK]", "0", "\u00e9\u0301", "na\u00efve caf\u00e9 \u0130stanbul stra\u00dfe", "\u65e5\u672c\u8a9e\u306e\u30a8\u30e9\u30fc",
    "\u043e\u0448\u0438\u0431\u043a\u0430 \u043f\u043e\u0434\u043a\u043b\u044e\u0447\u0435\u043d\u0438\u044f", "\u062e\u0637\u0623 \u0641\u064a \u0627\u0644\u0627\u062a\u0635\u0627\u0644", "\ud55c\uad6d\uc5b4 \uc624\ub958", "\U0001f525 disk full \U0001f4be\u200d\U0001f6d1",
    "zero\u200bwidth\u00a0space\u3000wide", "x" * 120, "x" * 5000, "word " * 3000, "\u6f22" * 1000, "0x7ffe " * 700, "tab\tand\rreturn\x0bvertical",
    "\u0000nul\u0007bell\u001b[31mred\u001b[0m", "=" * 80, "{\"a\":[1,2,{\"b\":null}]}", "/var/log/nginx/error.log", "deadbeef-dead-beef-dead-beefdeadbeef",
    "a\u0300\u0301\u0302\u0303" * 50, "\ufffd" * 40, "I\u2019m \u201cquoted\u201d \u2014 dashed\u2026",
]


def varied(count):
    """`count` texts: odd ones first, then 1 to 40 lines of the captures, some beyond a model's limit."""
    outputs, chance = list(lines()), random.Random(11)
    texts = list(ODD)
    while len(texts) < count:
        output = chance.choice(outputs)
        at = chance.randrange(len(output))
        texts.append("\n".join(output[at:at + chance.choice([1, 1, 2, 3, 5, 8, 13, 40])]))
    return texts[:count]
