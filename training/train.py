"""Trains the towers in two stages:

1. the heads, on the frozen towers' features;
2. the heads, the text tower's layers and the top of the picture tower; kept is the running average of the weights.

Then both towers get their balance (`balance.py`).

python train.py DATA WORK writes WORK/stage1.pt, stage2.pt and final.pt; with --from STAGE it goes on from that one. With --hold-out
the last 500 of Flickr8k's train photos are left out and measured: choose between recipes by them, not by the dev photos.
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
from balance import balances
from data import TextTable, captions, training_texts, zero_shot
from model import ImageHeads, TextTower, contrastive_loss
from text import WIDTH

WARMEST = 100
BATCH = 512
AVERAGE_KEEPS = 0.99
"""Of the average, at each step."""
HELD_OUT = 500
BANK_CAPTIONS, BANK_PHOTOS = 4000, 1500


class Average:
    """The running average of the modules' weights."""

    def __init__(self, modules):
        self.modules = modules
        self.states = [{name: value.clone() for name, value in module.state_dict().items()} for module in modules]

    @torch.no_grad()
    def follow(self):
        for module, state in zip(self.modules, self.states):
            for name, value in module.state_dict().items():
                state[name] = torch.lerp(value, state[name], AVERAGE_KEEPS) if value.is_floating_point() else value.clone()

    def take(self):
        """Puts the average into the modules."""
        for module, state in zip(self.modules, self.states):
            module.load_state_dict(state)


class Training:
    """The data, the towers and their state."""

    def __init__(self, arguments):
        self.data, self.work = arguments.data, arguments.work
        self.texts_of, self.table = training_texts(self.data), TextTable(self.work / "texts.pt", self.data)
        flickr = photos.flickr(self.data, "train")
        self.held = range(len(flickr) - HELD_OUT, len(flickr)) if arguments.hold_out else range(0)
        self.captioned = range(len(flickr) - len(self.held))
        self.classes = range(len(flickr), len(self.texts_of))
        self.views = [self.pooled(f"train.{view}") for view in range(arguments.views)]
        self.maps = [self.map_file(f"train.{view}") for view in range(arguments.views)]
        self.top = Top(published_weights()).to(memory_format=torch.channels_last)
        self.images, self.tower = ImageHeads(arguments.heads, arguments.dropout), TextTower()
        names = [photo.texts[0] for photo in photos.imagenet(self.data)]
        plain, prompted = self.table.of(names), self.table.of([f"a photo of a {name}" for name in names])
        self.images.prepare((plain + prompted)[:, :WIDTH] / 2, self.views[0])
        self.scale = nn.Parameter(torch.tensor(3.0))
        self.balances = (nn.Identity(), nn.Identity())

    def pooled(self, name):
        return torch.from_numpy(numpy.load(self.work / f"{name}.pooled.npy"))

    def map_file(self, name):
        return numpy.load(self.work / f"{name}.npy", mmap_mode="r")

    def frozen(self, rows):
        """Features of a random view of each photo, as the published picture tower sees it."""
        return torch.stack([random.choice(self.views)[row] for row in rows])

    def seen(self, rows):
        """The same through the top as it is now."""
        return self.through_top(numpy.stack([random.choice(self.maps)[row] for row in rows]))

    def through_top(self, maps):
        """Pooled features of maps, a few at a time: their activations stay in the processor's cache."""
        maps = torch.from_numpy(maps.astype("f4")).contiguous(memory_format=torch.channels_last)
        return torch.cat([self.top(part).mean((2, 3)) for part in maps.split(64)])

    def published(self, texts):
        """Vectors of texts whose hidden states are the published text model's."""
        return self.tower.head(self.table.of(texts))

    def head_parameters(self, rate):
        parameters = [*self.images.parameters(), *self.tower.head.parameters(), self.scale]
        return {"params": [each for each in parameters if each.requires_grad], "lr": rate, "weight_decay": 0.05}

    def modules(self):
        return [self.images, self.tower, self.top]

    def text_parameters(self, rate):
        return {"params": [each for each in self.tower.model.parameters() if each.requires_grad], "lr": rate, "weight_decay": 0.01}

    def top_parameters(self, rate):
        return {"params": list(self.top.parameters()), "lr": rate, "weight_decay": 0.0}

    def epoch(self):
        """Batches of rows: all captioned photos and half of the classes, in random order."""
        rows = [*self.captioned, *random.sample(self.classes, len(self.classes) // 2)]
        random.shuffle(rows)
        return [rows[start : start + BATCH] for start in range(0, len(rows) - BATCH + 1, BATCH)]

    def run(self, groups, epochs, see, read, average=None):
        """Trains `groups` of parameters; `see` makes features of rows, `read` vectors of texts; `average` follows."""
        optimizer, steps, started = torch.optim.AdamW(groups), len(self.epoch()), time.time()
        rates = [group["lr"] for group in groups]
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rates, total_steps=epochs * steps, pct_start=0.1)
        for epoch in range(epochs):
            self.images.train(), self.tower.train()
            losses = []
            for rows in self.epoch():
                loss = self.loss(rows, see, read)
                optimizer.zero_grad(), loss.backward(), optimizer.step(), schedule.step()
                if average:
                    average.follow()
                losses.append(loss.item())
            print(epoch + 1, f"loss {numpy.mean(losses):.3f}, {time.time() - started:.0f} s", flush=True)

    def loss(self, rows, see, read):
        chosen = [random.choice(self.texts_of[row]) for row in rows]
        meanings = F.normalize(self.table.of(chosen)[:, :WIDTH], dim=-1)
        texts, scale = read(chosen), self.scale.exp().clamp(max=WARMEST)
        heads = self.images.each(see(rows))
        return sum(contrastive_loss(images, texts, meanings, scale) for images in heads) / len(heads)

    @torch.no_grad()
    def embed(self, maps):
        """Vectors of all photos of a view, through the top as it is now."""
        parts = [self.images(self.through_top(maps[start : start + 128])) for start in range(0, len(maps), 128)]
        return self.balances[0](torch.cat(parts))

    @torch.no_grad()
    def report(self, read):
        """Recall on the held-out photos, if any, and on dev; zero-shot accuracy on Caltech-101."""
        self.images.eval(), self.tower.eval()
        read = lambda texts, plain=read: self.balances[1](plain(texts))
        result = {"dev": measure.recall(self.embed(self.map_file("dev.squash")), read(captions(photos.flickr(self.data, "dev"))))}
        if self.held:
            texts = [text for row in self.held for text in self.texts_of[row]]
            result["held"] = measure.recall(self.embed(self.maps[0][self.held.start : self.held.stop]), read(texts))
        prompts, labels = zero_shot(photos.caltech(self.data))
        for fit in ("shortest", "squash"):
            result[f"caltech101 {fit}"] = measure.accuracy(self.embed(self.map_file(f"caltech.{fit}")), read(prompts), labels)
        print(result, flush=True)

    @torch.no_grad()
    def balance(self):
        """Makes the towers' balances: of captions and the names of classes, and of photos with captions and of classes."""
        self.images.eval(), self.tower.eval()
        every = [text for row in self.captioned for text in self.texts_of[row]]
        texts = random.sample(every, BANK_CAPTIONS) + [text for row in self.classes for text in self.texts_of[row][:2]]
        rows = sorted(random.sample(self.captioned, BANK_PHOTOS - len(self.classes))) + [*self.classes]
        self.balances = balances(self.embed(self.maps[0][rows]), self.tower(texts))

    def save(self, name):
        state = {"images": self.images.state_dict(), "text": self.tower.state_dict(), "top": self.top.state_dict(),
                 "scale": self.scale.data, "heads": len(self.images.heads), "balances": [each.state_dict() for each in self.balances]}
        torch.save(state, self.work / f"{name}.partial")
        (self.work / f"{name}.partial").rename(self.work / f"{name}.pt")

    def load(self, name):
        state = torch.load(self.work / f"{name}.pt")
        for module, part in zip(self.modules(), ("images", "text", "top")):
            module.load_state_dict(state[part])
        self.scale.data = state["scale"]

    def heads_alone(self, epochs):
        self.run([self.head_parameters(2e-3)], epochs, self.frozen, self.published)
        self.save("stage1")
        self.report(self.published)

    def both_towers(self, epochs):
        self.tower.train_layers()
        groups = [self.head_parameters(5e-4), self.text_parameters(1e-4), self.top_parameters(3e-4)]
        average = Average(self.modules())
        self.run(groups, epochs, self.seen, self.tower, average)
        average.take()
        self.save("stage2")
        self.report(self.tower)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--views", type=int, default=4)
    parser.add_argument("--heads", type=int, default=3)
    parser.add_argument("--dropout", type=float, default=0.3)
    parser.add_argument("--epochs", type=int, nargs=2, default=[20, 14], help="of the two stages")
    parser.add_argument("--from", dest="done", default="", help="a stage that is done: stage1 or stage2")
    parser.add_argument("--hold-out", action="store_true", help="leave out and measure the last photos of train")
    arguments = parser.parse_args()
    torch.manual_seed(0), random.seed(0), torch.set_num_threads(2)
    training = Training(arguments)
    stages = {"stage1": training.heads_alone, "stage2": training.both_towers}
    if arguments.done:
        training.load(arguments.done)
    for (name, train), epochs in zip(stages.items(), arguments.epochs):
        if name > arguments.done:
            train(epochs)
    training.balance()
    training.save("final")
    training.report(training.tower)


if __name__ == "__main__":
    main()
