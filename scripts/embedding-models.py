#!/usr/bin/env python3
"""Writes small models with random weights, and what transformers makes of some texts with them, for tai-rag's tests.

usage: embedding-models.py crates/tai-rag/tests/data/models

bert            BertModel: all-MiniLM, bge, gte, e5 and mxbai-embed are of this kind
nomic           NomicBertModel, its files in the names that nomic-embed-text v1.5 was published with
cross-encoder   BertForSequenceClassification with one label, as the ms-marco-MiniLM models

Each with reference.json beside it. Needs the packages torch and transformers (5.0 or newer), and makes other weights with another version of torch.
"""
import json
import os
import string
import sys

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertForSequenceClassification, BertModel, NomicBertConfig, NomicBertModel

WORDS = "the disk is full of no space left on device connection refused error failed to start service log in user port time out".split()
TEXTS = [
    "", "disk full", "No space left on device", "connection refused on port 8080: the service failed to start!", "x", "d\u00e9j\u00e0 vu \u65e5\u672c",
    "user cannot log in; time out after 30 s. " * 6,
]
PAIRS = [["disk full", text] for text in TEXTS] + [[TEXTS[3], "error"], ["", ""], [TEXTS[6], TEXTS[6]]]
SIZES = dict(vocab_size=0, hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=48, type_vocab_size=2)
POSITIONS = 64


def tokenizer():
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    signs = list(string.ascii_lowercase + string.digits)
    vocabulary = special + signs + ["##" + sign for sign in signs] + list(".,:;!/-_") + [word for word in WORDS if len(word) > 1]
    made = Tokenizer(models.WordPiece({word: number for number, word in enumerate(vocabulary)}, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.decoder = decoders.WordPiece()
    ends = [("[CLS]", 2), ("[SEP]", 3)]
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=ends)
    made.enable_truncation(POSITIONS)
    return made


def randomise(model):
    """Weights large enough for every part to show."""
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for name, weights in model.named_parameters():
            noise = torch.randn(weights.shape, generator=generator)
            is_norm = "norm" in name.lower() and name.endswith("weight")
            weights.copy_(1 + 0.3 * noise if is_norm else 0.4 * noise)
    return model.eval()


def states(model, encoding):
    with torch.no_grad():
        return model(input_ids=torch.tensor([encoding.ids]), token_type_ids=torch.tensor([encoding.type_ids]))


def embeddings(model, tokens):
    rows = [states(model, tokens.encode(text)).last_hidden_state[0] for text in TEXTS]
    unit = torch.nn.functional.normalize
    return {"texts": TEXTS, "mean": [unit(row.mean(0), dim=0).tolist() for row in rows],
            "cls": [unit(row[0], dim=0).tolist() for row in rows]}


def write(directory, config, weights, tokens, reference):
    os.makedirs(directory, exist_ok=True)
    for name, content in [("config.json", config), ("reference.json", reference)]:
        with open(os.path.join(directory, name), "w") as file:
            json.dump(content, file)
            file.write("\n")
    tokens.save(os.path.join(directory, "tokenizer.json"), pretty=False)
    save_file({name: tensor.contiguous() for name, tensor in weights.items()}, os.path.join(directory, "model.safetensors"))


def published(weights, layers):
    """The weights of a NomicBertModel in the names and shapes of nomic's own code."""
    names = {"self_attn.o_proj": "attn.out_proj", "mlp.up_proj": "mlp.fc11", "mlp.gate_proj": "mlp.fc12", "mlp.down_proj": "mlp.fc2",
             "post_attention_layernorm": "norm1", "post_mlp_layernorm": "norm2"}
    made = {name.replace("embeddings.LayerNorm", "emb_ln"): tensor for name, tensor in weights.items() if name.startswith("embeddings.")}
    for layer in range(layers):
        parts = [weights[f"layers.{layer}.self_attn.{part}_proj.weight"] for part in "qkv"]
        made[f"encoder.layers.{layer}.attn.Wqkv.weight"] = torch.cat(parts)
        for ours, theirs in names.items():
            for kind in ["weight", "bias"]:
                if f"layers.{layer}.{ours}.{kind}" in weights:
                    made[f"encoder.layers.{layer}.{theirs}.{kind}"] = weights[f"layers.{layer}.{ours}.{kind}"]
    return made


def main(directory):
    tokens = tokenizer()
    sizes = SIZES | {"vocab_size": tokens.get_vocab_size()}
    bert = randomise(BertModel(BertConfig(**sizes, max_position_embeddings=POSITIONS), add_pooling_layer=False))
    write(f"{directory}/bert", bert.config.to_dict(), bert.state_dict(), tokens, embeddings(bert, tokens))

    # Heads of an even width, for the rotary positions.
    nomic = randomise(NomicBertModel(NomicBertConfig(**sizes, max_position_embeddings=POSITIONS), add_pooling_layer=False))
    config = {
        "model_type": "nomic_bert", "vocab_size": sizes["vocab_size"], "n_embd": 24, "n_head": 3, "n_inner": 48, "n_layer": 2,
        "n_positions": POSITIONS, "max_trained_positions": POSITIONS, "type_vocab_size": 2, "activation_function": "swiglu",
        "layer_norm_epsilon": 1e-12, "prenorm": False, "qkv_proj_bias": False, "mlp_fc1_bias": False, "mlp_fc2_bias": False,
        "rotary_emb_base": 1000, "rotary_emb_fraction": 1.0, "rotary_emb_interleaved": False, "use_rms_norm": False,
    }
    write(f"{directory}/nomic", config, published(nomic.state_dict(), 2), tokens, embeddings(nomic, tokens))
    # transformers reads the published names too, so it checks the renaming.
    again = NomicBertModel.from_pretrained(f"{directory}/nomic", config=nomic.config, add_pooling_layer=False).eval()
    assert embeddings(again, tokens) == embeddings(nomic, tokens)

    cross = randomise(BertForSequenceClassification(BertConfig(**sizes, max_position_embeddings=POSITIONS, num_labels=1)))
    scores = [states(cross, tokens.encode(*pair)).logits[0, 0].item() for pair in PAIRS]
    write(f"{directory}/cross-encoder", cross.config.to_dict(), cross.state_dict(), tokens, {"pairs": PAIRS, "scores": scores})


if len(sys.argv) != 2:
    sys.exit(__doc__)
main(sys.argv[1])
