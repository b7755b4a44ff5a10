"""The trained towers as visual.onnx and textual.onnx, with the tokenizer and the preprocessing.

python export.py CHECKPOINT OUT
"""

import argparse
import json
from pathlib import Path

import onnx
import torch
from torch import nn

import text
from backbone import SIZE, Top, Trunk, published_weights
from balance import balance_of
from model import ImageHeads, TextTower
from quantise import shrink


class Visual(nn.Module):
    """Pictures [n, 3, 260, 260] to unit vectors."""

    def __init__(self, state):
        super().__init__()
        self.trunk, self.top, self.heads = Trunk(published_weights()), Top(published_weights()), ImageHeads(state["heads"])
        self.top.load_state_dict(state["top"])
        self.heads.load_state_dict(state["images"])
        self.balance = balance_of(0, state["balances"][0])

    def forward(self, image):
        return self.balance(self.heads(self.top(self.trunk(image)).mean((2, 3))))


class Textual(nn.Module):
    """Token ids to unit vectors, the attention mask made plain."""

    def __init__(self, state):
        super().__init__()
        tower = TextTower()
        tower.load_state_dict(state["text"])
        self.embeddings, self.layers, self.head = tower.model.embeddings, tower.model.encoder.layer, tower.head
        self.balance = balance_of(1, state["balances"][1])

    def forward(self, input_ids, attention_mask, token_type_ids):
        bias = (1 - attention_mask.float())[:, None, None, :] * -1e4
        hidden = self.embeddings(input_ids=input_ids, token_type_ids=token_type_ids)
        for layer in self.layers:
            hidden = layer(hidden, attention_mask=bias)
            hidden = hidden[0] if isinstance(hidden, tuple) else hidden
        return self.balance(self.head(text.pooled(hidden, attention_mask)))


def save(module, inputs, names, axes, file, bits):
    """Exports a module and stores its weights in few bits."""
    torch.onnx.export(module.eval(), inputs, str(file), dynamo=False, opset_version=17, input_names=names,
                      output_names=["embedding"], dynamic_axes={**axes, "embedding": {0: "n"}})
    model = shrink(onnx.load(str(file)), bits)
    model.ir_version = 8
    onnx.save(model, str(file))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--bits", type=int, choices=(8, 16), default=8, help="of the picture tower's weights")
    parser.add_argument("--fit", choices=("shortest", "squash"), default="shortest")
    arguments = parser.parse_args()
    out, state = arguments.out, torch.load(arguments.checkpoint)
    out.mkdir(parents=True, exist_ok=True)
    with torch.no_grad():
        save(Visual(state), (torch.zeros(2, 3, SIZE, SIZE),), ["image"], {"image": {0: "n"}}, out / "visual.onnx", arguments.bits)
        names, tokens = ["input_ids", "attention_mask", "token_type_ids"], torch.ones(2, 9, dtype=torch.long)
        axes = {name: {0: "n", 1: "t"} for name in names}
        save(Textual(state), (tokens, tokens, tokens * 0), names, axes, out / "textual.onnx", 8)
    text.tokenizer().save(str(out / "tokenizer.json"))
    preprocessing = {"size": [SIZE, SIZE], "mode": "RGB", "mean": [127 / 255] * 3, "std": [128 / 255] * 3,
                     "interpolation": "bicubic", "resize_mode": arguments.fit}
    (out / "preprocess_cfg.json").write_text(json.dumps(preprocessing, indent=2) + "\n")


if __name__ == "__main__":
    main()
