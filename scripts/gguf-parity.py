#!/usr/bin/env python3
"""Compares what tai's own GGUF models say with what llama.cpp says, for `scripts/gguf-parity`.

usage: gguf-parity.py say FILE…                      llama.cpp's answer to the tests' question, as JSON lines
       gguf-parity.py answers PROGRAM FILE…          both answer the same questions with the same files
       gguf-parity.py speed PROGRAM DIRECTORY        tokens per second of both, alternately, of a larger model that is written to DIRECTORY
       gguf-parity.py words PROGRAM FILE.json TEXT…  tokens of TEXT files by a tokenizer of SentencePiece's kind, built of a GGUF, and by the package
                                                     tokenizers, which reads the tokenizer.json itself

PROGRAM is the example `gguf` of tai-llm. Needs the packages xllamacpp, gguf and numpy; for `words` tokenizers.
"""
import json
import os
import statistics
import subprocess
import sys

QUESTIONS = ["the disk is in the water", "nginx: [emerg] bind() to 0.0.0.0:80 failed  (98)\n\ttab, größe", "a <|end|> b"]


def server(path, tokens=512):
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = path
    params.n_ctx = tokens
    params.n_parallel = 1
    params.use_jinja = True
    params.warmup = False
    params.cache_type_k = xllamacpp.ggml_type.GGML_TYPE_F32
    params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = len(os.sched_getaffinity(0))
    return xllamacpp.Server(params)


def llama_cpp(model, question, tokens):
    body = {
        "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": question}],
        "max_tokens": tokens,
        "temperature": 0,
        "cache_prompt": False,
    }
    reply = model.handle_chat_completions(body)
    reply = json.loads(reply) if isinstance(reply, (str, bytes)) else reply
    timings = reply.get("timings", {})
    return {
        "text": (reply["choices"][0]["message"]["content"] or "").strip(),
        "prompt_tokens": reply["usage"]["prompt_tokens"],
        "tokens": reply["usage"]["completion_tokens"],
        "read_s": timings.get("prompt_ms", 0) / 1000,
        "write_s": timings.get("predicted_ms", 0) / 1000,
    }


def tai(program, path, question, tokens):
    run = subprocess.run([program, path, str(tokens), question], capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


def answers(program, files):
    failed = 0
    for path in files:
        model = server(path)
        for question in QUESTIONS:
            theirs, ours = llama_cpp(model, question, 24), tai(program, path, question, 24)
            same = all(theirs[key] == ours[key] for key in ("text", "prompt_tokens"))
            failed += not same
            print(f"{'same' if same else 'DIFFERENT'}\t{os.path.basename(path)}\t{theirs['prompt_tokens']} tokens\t{theirs['text']!r}")
            if not same:
                print(f"\ttai: {ours['prompt_tokens']} tokens\t{ours['text']!r}")
    return failed


def write_large(path, kind):
    """A llama of 16 layers, 1,024 wide, with random weights: 290 million parameters."""
    import gguf
    import numpy

    random = numpy.random.default_rng(7)
    width, heads, shared, layers, inner, words = 1024, 16, 4, 16, 4096, 32000
    writer = gguf.GGUFWriter(path, "llama")
    for key, value in [("context_length", 4096), ("embedding_length", width), ("block_count", layers), ("feed_forward_length", inner)]:
        getattr(writer, f"add_{key}")(value)
    writer.add_head_count(heads)
    writer.add_head_count_kv(shared)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(width // heads)
    tokens = [b"<unk>", b"<s>", b"</s>"] + [b"<0x%02X>" % byte for byte in range(256)]
    kinds = [gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL] + [gguf.TokenType.BYTE] * 256
    while len(tokens) < words:
        tokens.append(b"w%d" % len(tokens))
        kinds.append(gguf.TokenType.NORMAL)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([-float(n) for n in range(words)])
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_chat_template("{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}")

    def add(name, array):
        if array.ndim == 1:
            writer.add_tensor(name, array)
        else:
            packed = gguf.quants.quantize(array, kind)
            writer.add_tensor(name, packed, raw_dtype=kind)

    def tensor(name, rows, columns, deviation=0.03):
        add(name, random.normal(0, deviation, (rows, columns)).astype(numpy.float32))

    tensor("token_embd.weight", words, width)
    output = random.normal(0, 0.5, (words, width)).astype(numpy.float32)
    output[: 259] = 0
    add("output.weight", output)
    writer.add_tensor("output_norm.weight", numpy.ones(width, dtype=numpy.float32))
    for layer in range(layers):
        writer.add_tensor(f"blk.{layer}.attn_norm.weight", numpy.ones(width, dtype=numpy.float32))
        writer.add_tensor(f"blk.{layer}.ffn_norm.weight", numpy.ones(width, dtype=numpy.float32))
        tensor(f"blk.{layer}.attn_q.weight", width, width)
        tensor(f"blk.{layer}.attn_k.weight", width * shared // heads, width)
        tensor(f"blk.{layer}.attn_v.weight", width * shared // heads, width)
        tensor(f"blk.{layer}.attn_output.weight", width, width)
        tensor(f"blk.{layer}.ffn_gate.weight", inner, width)
        tensor(f"blk.{layer}.ffn_up.weight", inner, width)
        tensor(f"blk.{layer}.ffn_down.weight", width, inner)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def speed(program, directory):
    import gguf

    for kind in (gguf.GGMLQuantizationType.Q8_0, gguf.GGMLQuantizationType.Q4_0):
        path = os.path.join(directory, f"large-{kind.name}.gguf")
        write_large(path, kind)
        model = server(path, 2048)
        question, tokens, ratios = "x" * 500, 64, []
        for _ in range(3):
            theirs, ours = llama_cpp(model, question, tokens), tai(program, path, question, tokens)
            same = theirs["text"] == ours["text"]
            read = (ours["prompt_tokens"] / ours["read_s"]) / (theirs["prompt_tokens"] / theirs["read_s"])
            write = ((ours["tokens"] - 1) / ours["write_s"]) / (theirs["tokens"] / theirs["write_s"])
            ratios.append((read, write))
            print(
                f"{kind.name}: reads {ours['prompt_tokens'] / ours['read_s']:.0f} tokens/s, llama.cpp {theirs['prompt_tokens'] / theirs['read_s']:.0f};"
                f" writes {(ours['tokens'] - 1) / ours['write_s']:.1f}, llama.cpp {theirs['tokens'] / theirs['write_s']:.1f};"
                f" {'the same text' if same else 'another text'}",
                flush=True,
            )
        read, write = (statistics.median(column) for column in zip(*ratios))
        print(f"{kind.name}: median of llama.cpp's speed: reading {read:.2f}, writing {write:.2f}")
        os.remove(path)


def words(program, tokenizer, texts):
    """The vocabulary of a tokenizer.json as a GGUF has it, where a piece that comes earlier has the higher score."""
    import gguf
    import numpy
    import tempfile
    import tokenizers

    with open(tokenizer, encoding="utf-8") as file:
        described = json.load(file)
    reference = tokenizers.Tokenizer.from_file(tokenizer)
    vocabulary = sorted(reference.get_vocab(with_added_tokens=True).items(), key=lambda item: item[1])
    assert [number for _, number in vocabulary] == list(range(len(vocabulary)))
    added = {token["content"]: token for token in described["added_tokens"]}
    kinds = []
    for text, _ in vocabulary:
        if text in added:
            kinds.append(gguf.TokenType.CONTROL if added[text]["special"] else gguf.TokenType.USER_DEFINED)
        elif text.startswith("<0x") and len(text) == 6:
            kinds.append(gguf.TokenType.BYTE)
        else:
            kinds.append(gguf.TokenType.NORMAL)
    # What is merged first has the highest score: a token of one merge per piece has that merge's rank.
    ranks = {}
    for rank, merge in enumerate(described["model"]["merges"]):
        left, right = merge if isinstance(merge, list) else merge.split(" ", 1)
        ranks.setdefault(left + right, -float(rank))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "words.gguf")
        writer = gguf.GGUFWriter(path, "llama")
        for key, value in [("context_length", 1 << 20), ("embedding_length", 8), ("block_count", 1), ("feed_forward_length", 8), ("head_count", 1)]:
            getattr(writer, f"add_{key}")(value)
        writer.add_layer_norm_rms_eps(1e-5)
        writer.add_tokenizer_model("llama")
        writer.add_token_list([text.encode() for text, _ in vocabulary])
        writer.add_token_scores([ranks.get(text, -1e9) for text, _ in vocabulary])
        writer.add_token_types(kinds)
        writer.add_add_space_prefix("Prepend" in json.dumps(described["normalizer"]))
        writer.add_add_bos_token(False)
        writer.add_chat_template("{% for m in messages %}{{ m.content }}{% endfor %}")
        writer.add_tensor("token_embd.weight", numpy.zeros((1, 8), dtype=numpy.float32))
        for finish in (writer.write_header_to_file, writer.write_kv_data_to_file, writer.write_tensors_to_file, writer.close):
            finish()
        failed = 0
        for text in texts:
            with open(text, encoding="utf-8", errors="replace") as file:
                said = file.read().strip()[:60000]
            run = subprocess.run([program, path, "tokens", said], capture_output=True, text=True, check=True)
            ours, theirs = json.loads(run.stdout), reference.encode(said, add_special_tokens=False).ids
            failed += ours != theirs
            print(f"{'same' if ours == theirs else 'DIFFERENT'}\t{os.path.basename(text)}\t{len(theirs)} tokens")
    return failed


def main():
    task, rest = sys.argv[1], sys.argv[2:]
    if task == "say":
        for path in rest:
            print(json.dumps({"file": os.path.basename(path), **llama_cpp(server(path), QUESTIONS[0], 24)}))
    elif task == "answers":
        sys.exit(1 if answers(rest[0], rest[1:]) else 0)
    elif task == "speed":
        speed(*rest)
    elif task == "words":
        sys.exit(1 if words(rest[0], rest[1], rest[2:]) else 0)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
