"""The first version's head, trained again without Caltech-101: the figures to beat.

python baseline.py DATA WORK: pooled features, one view of each photo, the published text model with one linear layer.
"""

import argparse
import random
from pathlib import Path

import numpy
import torch
from torch import nn
from torch.nn import functional as F

import measure
import photos
from backbone import FEATURES, classifier, published_weights
from data import TextTable, captions, training_texts, zero_shot
from model import DIMENSION, HIDDEN, contrastive_loss
from text import WIDTH

BATCH, EPOCHS, RATE = 512, 30, 2e-3


class FirstHead(nn.Module):
    """Pooled features through a small network, plus the named classes' text vectors."""

    def __init__(self, class_names, mean, deviation):
        super().__init__()
        self.classifier = classifier(published_weights()).requires_grad_(False)
        self.class_names, self.mean, self.deviation = F.normalize(class_names, dim=-1), mean, deviation
        self.dropout = nn.Dropout(0.3)
        self.inner, self.outer = nn.Linear(FEATURES, HIDDEN), nn.Linear(HIDDEN, DIMENSION)
        self.skip = nn.Linear(FEATURES, DIMENSION)
        self.names, self.text = nn.Linear(WIDTH, DIMENSION, bias=False), nn.Linear(WIDTH, DIMENSION)
        for layer in (self.names, self.text):
            nn.init.eye_(layer.weight)
        nn.init.zeros_(self.text.bias)
        self.sharpness, self.share = nn.Parameter(torch.tensor(1.0)), nn.Parameter(torch.tensor(1.0))
        self.scale = nn.Parameter(torch.tensor(3.0))

    def images(self, features):
        x = self.dropout((features - self.mean) / self.deviation)
        z = self.outer(self.dropout(F.gelu(self.inner(x)))) + self.skip(x)
        named = F.normalize((self.classifier(features) * self.sharpness).softmax(-1) @ self.class_names, dim=-1)
        return F.normalize(F.normalize(z, dim=-1) + self.share * self.names(named), dim=-1)

    def texts(self, pooled):
        return F.normalize(self.text(F.normalize(pooled, dim=-1)), dim=-1)


def pooled(work, name):
    return torch.from_numpy(numpy.load(work / f"{name}.pooled.npy"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    arguments = parser.parse_args()
    data, work = arguments.data, arguments.work
    torch.manual_seed(0), random.seed(0), torch.set_num_threads(2)
    table, texts_of = TextTable(work / "texts.pt", data), training_texts(data)
    names = [photo.texts[0] for photo in photos.imagenet(data)]
    means = lambda texts: table.of(texts)[:, :WIDTH]
    features = pooled(work, "train.0")
    model = FirstHead((means(names) + means([f"a photo of a {name}" for name in names])) / 2, features.mean(0), features.std(0) + 1e-3)
    optimizer = torch.optim.AdamW([each for each in model.parameters() if each.requires_grad], lr=1e-3, weight_decay=0.05)
    steps = len(texts_of) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=EPOCHS * steps, pct_start=0.1)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(texts_of))[: steps * BATCH].split(BATCH):
            texts = means([random.choice(texts_of[row]) for row in rows.tolist()])
            loss = contrastive_loss(model.images(features[rows]), model.texts(texts), F.normalize(texts, dim=-1), model.scale.exp().clamp(max=100))
            optimizer.zero_grad(), loss.backward(), optimizer.step(), schedule.step()
    report(model.eval(), means, data, work)


@torch.no_grad()
def report(model, means, data, work):
    prompts, labels = zero_shot(photos.caltech(data))
    dev = captions(photos.flickr(data, "dev"))
    print("flickr8k dev", measure.recall(model.images(pooled(work, "dev.squash")), model.texts(means(dev))))
    for fit in ("shortest", "squash"):
        print("caltech101", fit, measure.accuracy(model.images(pooled(work, f"caltech.{fit}")), model.texts(means(prompts)), labels))


if __name__ == "__main__":
    main()
