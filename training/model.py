"""The two towers that join pictures and texts in one space, and their loss.

A picture's vector is the sum of those of several small heads, which are trained side by side with one text tower.
"""

import torch
from torch import nn
from torch.nn import functional as F

import text
from backbone import FEATURES, classifier, published_weights
from text import WIDTH

DIMENSION = 384
HIDDEN = 1024
CLASSES = 1000
SAME, ALIKE = 0.95, 0.85


def unit(vectors):
    """The vectors at length 1."""
    return vectors / vectors.norm(dim=-1, keepdim=True)


class ImageHead(nn.Module):
    """Standardised features through a small network, plus the names of the classes seen."""

    def __init__(self, dropout):
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.inner, self.outer = nn.Linear(FEATURES, HIDDEN), nn.Linear(HIDDEN, DIMENSION)
        self.skip = nn.Linear(FEATURES, DIMENSION)
        self.names = nn.Linear(WIDTH, DIMENSION, bias=False)
        nn.init.eye_(self.names.weight)
        self.share = nn.Parameter(torch.tensor(1.0))

    def forward(self, features, named):
        x = self.dropout(features)
        pooled = self.outer(self.dropout(F.gelu(self.inner(x)))) + self.skip(x)
        return unit(unit(pooled) + self.share * self.names(named))


class ImageHeads(nn.Module):
    """Pooled features [n, 1280] to unit vectors.

    `class_names`: the text vectors of ImageNet's classes; their mean, weighted by the probabilities that the published
    classifier gives, is what the picture's classes are called."""

    def __init__(self, count, dropout=0.3):
        super().__init__()
        self.classifier = classifier(published_weights()).requires_grad_(False)
        self.register_buffer("class_names", torch.ones(CLASSES, WIDTH))
        self.register_buffer("mean", torch.zeros(FEATURES))
        self.register_buffer("deviation", torch.ones(FEATURES))
        self.sharpness = nn.Parameter(torch.tensor(1.0))
        self.heads = nn.ModuleList([ImageHead(dropout) for _ in range(count)])

    def prepare(self, class_names, features):
        """Takes the class names' text vectors, and the features' mean and deviation."""
        self.class_names.copy_(unit(class_names))
        self.mean.copy_(features.mean(0))
        self.deviation.copy_(features.std(0) + 1e-3)

    def each(self, features):
        """The vectors of each head."""
        named = unit((self.classifier(features) * self.sharpness).softmax(-1) @ self.class_names)
        standard = (features - self.mean) / self.deviation
        return [head(standard, named) for head in self.heads]

    def forward(self, features):
        return unit(sum(self.each(features)))


class TextHead(nn.Module):
    """Mean and maximum of the hidden states [n, 768] to unit vectors."""

    def __init__(self, dropout=0.1):
        super().__init__()
        self.mean = nn.Linear(WIDTH, DIMENSION)
        nn.init.eye_(self.mean.weight)
        nn.init.zeros_(self.mean.bias)
        self.largest = nn.Linear(WIDTH, DIMENSION, bias=False)
        nn.init.zeros_(self.largest.weight)
        self.dropout = nn.Dropout(dropout)

    def forward(self, pooled):
        mean, largest = pooled[:, :WIDTH], pooled[:, WIDTH:]
        return unit(self.mean(self.dropout(unit(mean))) + self.largest(self.dropout(unit(largest))))


class TextTower(nn.Module):
    """Texts to unit vectors."""

    def __init__(self):
        super().__init__()
        self.model = text.published_model().requires_grad_(False)
        self.head = TextHead()
        self.tokenizer = text.tokenizer()

    def train_layers(self):
        """Lets the model's layers be trained, besides the head; the table of words stays as it is."""
        self.model.encoder.requires_grad_(True)

    def forward(self, texts):
        """Texts of like length are computed together."""
        encodings = self.tokenizer.encode_batch(texts)
        order = torch.tensor(sorted(range(len(texts)), key=lambda i: len(encodings[i].ids)))
        parts = []
        for rows in order.split(64):
            ids, mask = text.padded([encodings[i] for i in rows.tolist()])
            parts.append(text.pooled(self.model(ids, attention_mask=mask).last_hidden_state, mask))
        return self.head(torch.cat(parts)[order.argsort()])


def contrastive_loss(images, texts, meanings, scale):
    """Symmetric cross entropy over the batch.

    Texts that mean the same as a photo's own (`meanings`: the published model's vectors) share the target; texts much
    alike count neither way."""
    alike = meanings @ meanings.T
    right = (alike > SAME).fill_diagonal_(True)
    target = right / right.sum(1, keepdim=True)
    scores = (images @ texts.T * scale).masked_fill((alike > ALIKE) & ~right, -1e4)
    return -sum((target * each.log_softmax(1)).sum(1).mean() for each in (scores, scores.T)) / 2
