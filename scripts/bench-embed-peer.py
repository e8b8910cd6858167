#!/usr/bin/env python3
"""A peer in a process of its own. Each line of the input is a list of texts, or of lists of token ids, as JSON; each line of the output {"seconds": ...}.

usage: bench-embed-peer.py export MODEL_DIRECTORY DIRECTORY      writes model.onnx and int8.onnx (dynamic, for each channel)
       bench-embed-peer.py onnx FILE THREADS [avx2]              ids, sorted by length, 32 at a time; with no AVX-512
       bench-embed-peer.py torch MODEL_DIRECTORY THREADS         texts, by sentence-transformers
"""
import json
import os
import sys
import time

os.environ["HF_HUB_OFFLINE"] = "1"
BATCH = 32


def export(model, directory):
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from transformers import BertModel

    class States(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.bert = BertModel.from_pretrained(model, attn_implementation="eager").eval()

        def forward(self, input_ids, attention_mask, token_type_ids):
            return self.bert(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).last_hidden_state

    os.makedirs(directory, exist_ok=True)
    ids = torch.ones((2, 16), dtype=torch.long)
    names = ["input_ids", "attention_mask", "token_type_ids"]
    sizes = {name: {0: "texts", 1: "tokens"} for name in names + ["states"]}
    plain = os.path.join(directory, "model.onnx")
    torch.onnx.export(States(), (ids, ids, torch.zeros_like(ids)), plain, dynamo=False, input_names=names, output_names=["states"], dynamic_axes=sizes, opset_version=17)
    quantize_dynamic(plain, os.path.join(directory, "int8.onnx"), weight_type=QuantType.QInt8, per_channel=True)


def without_avx512():
    """ONNX Runtime has no option for it. When it is loaded, it asks the processor which registers the system keeps (xgetbv): here a copy of it is told that those are AVX2's alone."""
    import atexit
    import glob
    import importlib.util
    import shutil
    import tempfile
    asked, told = bytes.fromhex("0f01d0" "89c0" "48c1e220"), bytes.fromhex("b00790" "89c0" "48c1e220")
    directory = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, directory)
    shutil.copytree(os.path.dirname(importlib.util.find_spec("onnxruntime").origin), os.path.join(directory, "onnxruntime"), ignore=shutil.ignore_patterns("transformers", "tools", "quantization"))
    for library in glob.glob(os.path.join(directory, "onnxruntime/capi/onnxruntime_pybind11_state*.so")):
        code = open(library, "rb").read()
        if asked not in code:
            raise SystemExit("this build of ONNX Runtime asks in another way: it cannot be limited to AVX2")
        open(library, "wb").write(code.replace(asked, told))
    sys.path.insert(0, directory)


def onnx(file, threads, avx2=False):
    import numpy
    if avx2:
        without_avx512()
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    names = {node.name for node in session.get_inputs()}

    def embed(texts):
        order = sorted(range(len(texts)), key=lambda text: -len(texts[text]))
        vectors = numpy.zeros((len(texts), 384), numpy.float32)
        for start in range(0, len(order), BATCH):
            batch = order[start:start + BATCH]
            ids = numpy.zeros((len(batch), max(len(texts[text]) for text in batch)), numpy.int64)
            mask = numpy.zeros_like(ids)
            for row, text in enumerate(batch):
                ids[row, :len(texts[text])] = texts[text]
                mask[row, :len(texts[text])] = 1
            feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": numpy.zeros_like(ids)}
            states = session.run(None, {name: feed[name] for name in names})[0]
            mean = (states * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
            vectors[batch] = mean / numpy.linalg.norm(mean, axis=1, keepdims=True)
    return embed


def torch(model, threads):
    import torch
    from sentence_transformers import SentenceTransformer
    torch.set_num_threads(threads)
    peer = SentenceTransformer(model, device="cpu")
    return lambda texts: peer.encode(texts, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False)


def main():
    kind, what = sys.argv[1:3]
    if kind == "export":
        return export(what, sys.argv[3])
    embed = {"onnx": onnx, "torch": torch}[kind](what, int(sys.argv[3]), *(["avx2"] if sys.argv[4:] == ["avx2"] else []))
    print(json.dumps({"load": 0}), flush=True)
    for line in sys.stdin:
        texts = json.loads(line)
        start = time.perf_counter()
        embed(texts)
        print(json.dumps({"seconds": time.perf_counter() - start}), flush=True)


main()
