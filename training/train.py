"""Trains the towers in three stages, each from where the one before ended:

1. the heads, on the frozen towers' features;
2. the heads and the text tower's last layers;
3. the heads, the whole text tower and the top of the picture tower; kept is the running average of the weights.

The end is a mix of stages 2 and 3, weight by weight: what stage 3 learns of captions, with most of what stage 2 still knows of the
rest of the world (Wortsman et al., "Robust fine-tuning of zero-shot models", 2022).

python train.py DATA WORK writes WORK/stage1.pt, stage2.pt, stage3.pt and final.pt; with --from STAGE it goes on from that one.
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
AVERAGE_KEEPS = 0.99
"""Of the average, at each step."""
FINAL_KEEPS = 0.35
"""Of stage 2, in the mix that is delivered."""


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
        self.views = [self.pooled(f"train.{view}") for view in range(arguments.views)]
        self.maps = [self.map_file(f"train.{view}") for view in range(arguments.views)]
        self.top = Top(published_weights())
        self.images, self.tower = ImageHeads(arguments.heads, arguments.dropout), TextTower()
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

    def modules(self):
        return [self.images, self.tower, self.top]

    def text_parameters(self, rate):
        return {"params": [each for each in self.tower.model.parameters() if each.requires_grad], "lr": rate, "weight_decay": 0.01}

    def top_parameters(self, rate):
        return {"params": list(self.top.parameters()), "lr": rate, "weight_decay": 0.0}

    def run(self, groups, epochs, see, read, average=None):
        """Trains `groups` of parameters; `see` makes features of rows, `read` vectors of texts; `average` follows."""
        optimizer, steps, started = torch.optim.AdamW(groups), len(self.texts_of) // BATCH, time.time()
        rates = [group["lr"] for group in groups]
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rates, total_steps=epochs * steps, pct_start=0.1)
        for epoch in range(epochs):
            self.images.train(), self.tower.train()
            losses = []
            for rows in torch.randperm(len(self.texts_of))[: steps * BATCH].split(BATCH):
                loss = self.loss(rows.tolist(), see, read)
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
        for module, part in zip(self.modules(), ("images", "text", "top")):
            module.load_state_dict(state[part])
        self.scale.data = state["scale"]

    def mix_with(self, name, share):
        """Moves all weights towards those of stage `name`: `share` of them are its own."""
        state = torch.load(self.work / f"{name}.pt")
        for module, part in zip(self.modules(), ("images", "text", "top")):
            own = module.state_dict()
            module.load_state_dict({key: torch.lerp(value, state[part][key], share) if value.is_floating_point() else value
                                    for key, value in own.items()})

    def heads_alone(self, epochs):
        self.run([self.head_parameters(2e-3)], epochs, self.frozen, self.published)
        self.save("stage1")
        self.report(self.published)

    def heads_and_last_layers(self, epochs):
        self.tower.train_last(3)
        self.run([self.head_parameters(4e-4), self.text_parameters(8e-5)], epochs, self.frozen, self.tower)
        self.save("stage2")
        self.report(self.tower)

    def both_towers(self, epochs):
        self.tower.train_last(6)
        groups = [self.head_parameters(5e-4), self.text_parameters(1e-4), self.top_parameters(5e-4)]
        average = Average(self.modules())
        self.run(groups, epochs, self.seen, self.tower, average)
        average.take()
        self.save("stage3")
        self.report(self.tower)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--views", type=int, default=14)
    parser.add_argument("--heads", type=int, default=3)
    parser.add_argument("--dropout", type=float, default=0.3)
    parser.add_argument("--epochs", type=int, nargs=3, default=[20, 4, 24], help="of the three stages")
    parser.add_argument("--from", dest="done", default="", help="a stage that is done: stage1, stage2 or stage3")
    arguments = parser.parse_args()
    torch.manual_seed(0), random.seed(0), torch.set_num_threads(2)
    training = Training(arguments)
    stages = {"stage1": training.heads_alone, "stage2": training.heads_and_last_layers, "stage3": training.both_towers}
    if arguments.done:
        training.load(arguments.done)
    for (name, train), epochs in zip(stages.items(), arguments.epochs):
        if name > arguments.done:
            train(epochs)
    training.mix_with("stage2", FINAL_KEEPS)
    training.save("final")
    training.report(training.tower)


if __name__ == "__main__":
    main()
