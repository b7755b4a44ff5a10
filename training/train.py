"""Trains the towers in three stages, each from where the one before ended:

1. the heads, on the frozen towers' features;
2. the heads and the text tower's last layers;
3. the heads, the text tower's last layers and the top of the picture tower.

python train.py DATA WORK writes WORK/stage1.pt and stage2.pt, and stage3.pt if that stage is given epochs; with --from STAGE it
goes on from that one.
"""

import argparse
import random
import time
from pathlib import Path

import numpy
import torch
from torch import nn
from torch.nn import functional as F

import measure
import photos
from backbone import Top, published_weights
from data import TextTable, evaluation_texts, training_texts
from model import ImageHeads, TextTower, contrastive_loss
from text import WIDTH

WARMEST = 100
BATCH = 512


class Training:
    """The data, the towers and their state."""

    def __init__(self, arguments):
        self.data, self.work = arguments.data, arguments.work
        self.texts_of, self.table = training_texts(self.data), TextTable(self.work / "texts.pt", self.data)
        self.views = [self.pooled(f"train.{view}") for view in range(arguments.views)]
        self.maps = [self.map_file(f"train.{view}") for view in range(arguments.views)]
        self.top = Top(published_weights())
        self.images, self.tower = ImageHeads(arguments.heads, arguments.dropout), TextTower(arguments.layers)
        names = [photo.texts[0] for photo in photos.imagenet(self.data)]
        plain, prompted = self.table.of(names), self.table.of([f"a photo of a {name}" for name in names])
        self.images.prepare((plain + prompted)[:, :WIDTH] / 2, self.views[0])
        self.scale = nn.Parameter(torch.tensor(3.0))

    def pooled(self, name):
        return torch.from_numpy(numpy.load(self.work / f"{name}.pooled.npy"))

    def map_file(self, name):
        return numpy.load(self.work / f"{name}.npy", mmap_mode="r")

    def frozen(self, rows):
        """Features of a random view of each photo, as the published picture tower sees it."""
        return torch.stack([random.choice(self.views)[row] for row in rows])

    def seen(self, rows):
        """The same through the top as it is now."""
        maps = numpy.stack([random.choice(self.maps)[row] for row in rows]).astype("f4")
        return self.top(torch.from_numpy(maps)).mean((2, 3))

    def published(self, texts):
        """Vectors of texts whose hidden states are the published text model's."""
        return self.tower.head(self.table.of(texts))

    def head_parameters(self, rate):
        parameters = [*self.images.parameters(), *self.tower.head.parameters(), self.scale]
        return {"params": [each for each in parameters if each.requires_grad], "lr": rate, "weight_decay": 0.05}

    def text_parameters(self, rate):
        return {"params": [each for each in self.tower.model.parameters() if each.requires_grad], "lr": rate, "weight_decay": 0.01}

    def top_parameters(self, rate):
        return {"params": list(self.top.parameters()), "lr": rate, "weight_decay": 0.0}

    def run(self, groups, epochs, see, read):
        """Trains `groups` of parameters; `see` makes features of rows, `read` vectors of texts."""
        optimizer, steps, started = torch.optim.AdamW(groups), len(self.texts_of) // BATCH, time.time()
        rates = [group["lr"] for group in groups]
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rates, total_steps=epochs * steps, pct_start=0.1)
        for epoch in range(epochs):
            self.images.train(), self.tower.train()
            losses = []
            for rows in torch.randperm(len(self.texts_of))[: steps * BATCH].split(BATCH):
                loss = self.loss(rows.tolist(), see, read)
                optimizer.zero_grad(), loss.backward(), optimizer.step(), schedule.step()
                losses.append(loss.item())
            print(epoch + 1, f"loss {numpy.mean(losses):.3f}, {time.time() - started:.0f} s", flush=True)

    def loss(self, rows, see, read):
        chosen = [random.choice(self.texts_of[row]) for row in rows]
        meanings = F.normalize(self.table.of(chosen)[:, :WIDTH], dim=-1)
        texts, scale = read(chosen), self.scale.exp().clamp(max=WARMEST)
        heads = self.images.each(see(rows))
        return sum(contrastive_loss(images, texts, meanings, scale) for images in heads) / len(heads)

    @torch.no_grad()
    def embed(self, name):
        """Vectors of all photos of a view, through the top as it is now."""
        maps = self.map_file(name)
        groups = [torch.from_numpy(maps[start : start + 128].astype("f4")) for start in range(0, len(maps), 128)]
        return torch.cat([self.images(self.top(group).mean((2, 3))) for group in groups])

    @torch.no_grad()
    def report(self, read):
        """Recall on the held-out photos and on dev, zero-shot accuracy on Caltech-101."""
        self.images.eval(), self.tower.eval()
        result = {}
        for split in ("held", "dev"):
            captions, prompts, labels = evaluation_texts(self.data, split)
            result[split] = measure.recall(self.embed(f"{split}.squash"), read(captions))
        for fit in ("shortest", "squash"):
            result[f"caltech101 {fit}"] = measure.accuracy(self.embed(f"caltech.{fit}"), read(prompts), labels)
        print(result, flush=True)

    def save(self, name):
        state = {"images": self.images.state_dict(), "text": self.tower.state_dict(), "top": self.top.state_dict(),
                 "scale": self.scale.data, "heads": len(self.images.heads)}
        torch.save(state, self.work / f"{name}.partial")
        (self.work / f"{name}.partial").rename(self.work / f"{name}.pt")

    def load(self, name):
        state = torch.load(self.work / f"{name}.pt")
        self.images.load_state_dict(state["images"])
        self.tower.load_state_dict(state["text"])
        self.top.load_state_dict(state["top"])
        self.scale.data = state["scale"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--views", type=int, default=4)
    parser.add_argument("--heads", type=int, default=3)
    parser.add_argument("--dropout", type=float, default=0.3)
    parser.add_argument("--layers", type=int, default=3, help="of the text tower that are trained")
    parser.add_argument("--epochs", type=int, nargs=3, default=[20, 4, 0], help="of the three stages")
    parser.add_argument("--from", dest="after", default="", help="a stage that is done: stage1 or stage2")
    arguments = parser.parse_args()
    torch.manual_seed(0), random.seed(0), torch.set_num_threads(2)
    training = Training(arguments)
    first, second, third = arguments.epochs
    if arguments.after:
        training.load(arguments.after)
    if not arguments.after:
        training.run([training.head_parameters(2e-3)], first, training.frozen, training.published)
        training.save("stage1")
        training.report(training.published)
    if arguments.after in ("", "stage1"):
        training.run([training.head_parameters(4e-4), training.text_parameters(8e-5)], second, training.frozen, training.tower)
        training.save("stage2")
        training.report(training.tower)
    if third:
        groups = [training.head_parameters(4e-4), training.text_parameters(8e-5), training.top_parameters(1e-4)]
        training.run(groups, third, training.seen, training.tower)
        training.save("stage3")
        training.report(training.tower)


if __name__ == "__main__":
    main()
