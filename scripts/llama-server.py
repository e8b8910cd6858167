#!/usr/bin/env python3
"""Serves a tiny model with random weights by llama.cpp's own server, for `scripts/llm-peer`.

usage: llama-server.py DIRECTORY CONTEXT
           writes DIRECTORY/tiny.gguf, prints the base URL, and serves until standard input ends.

The model is of the architecture llama: two layers, 64 wide, a vocabulary of all bytes. What it says is noise; what the server does round it is
what llama.cpp does. Needs the packages xllamacpp (llama.cpp as a library, its HTTP server included), gguf and numpy.
"""
import os
import sys

import gguf
import numpy
import xllamacpp

WIDTH, HEADS, LAYERS, INNER, TRAINED = 64, 4, 2, 128, 32768
TEMPLATE = """{%- if tools %}<tools>{{ tools | tojson }}</tools>
{% endif -%}
{%- for message in messages %}<{{ message.role }}>{{ message.content }}
{% endfor -%}
{%- if add_generation_prompt %}<assistant>{% endif -%}"""


def write(path):
    random = numpy.random.default_rng(7)
    tokens = [b"<unk>", b"<s>", b"</s>"] + [b"<0x%02X>" % byte for byte in range(256)]
    kinds = [gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL] + [gguf.TokenType.BYTE] * 256
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(TRAINED)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_chat_template(TEMPLATE)

    def tensor(name, *shape):
        writer.add_tensor(name, random.normal(0, 0.02, shape).astype(numpy.float32))

    def ones(name):
        writer.add_tensor(name, numpy.ones(WIDTH, dtype=numpy.float32))

    tensor("token_embd.weight", len(tokens), WIDTH)
    ones("output_norm.weight")
    # No weight at all for what ends an answer or is no byte that can be printed.
    output = random.normal(0, 0.5, (len(tokens), WIDTH)).astype(numpy.float32)
    printable = [3 + byte for byte in range(0x20, 0x7F)]
    output[[row for row in range(len(tokens)) if row not in printable]] = 0
    writer.add_tensor("output.weight", output)
    for layer in range(LAYERS):
        ones(f"blk.{layer}.attn_norm.weight")
        ones(f"blk.{layer}.ffn_norm.weight")
        for name in ["attn_q", "attn_k", "attn_v", "attn_output"]:
            tensor(f"blk.{layer}.{name}.weight", WIDTH, WIDTH)
        tensor(f"blk.{layer}.ffn_gate.weight", INNER, WIDTH)
        tensor(f"blk.{layer}.ffn_up.weight", INNER, WIDTH)
        tensor(f"blk.{layer}.ffn_down.weight", WIDTH, INNER)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main():
    directory, context = sys.argv[1], int(sys.argv[2])
    model = os.path.join(directory, "tiny.gguf")
    write(model)
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.model_alias = {"tiny"}
    params.n_ctx = context
    params.n_parallel = 1
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.use_jinja = True
    params.warmup = False
    server = xllamacpp.Server(params)
    print(f"{server.listening_address}/v1", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
