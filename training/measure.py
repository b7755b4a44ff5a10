"""Recall and zero-shot accuracy from embeddings."""

import torch


def recall(images, texts, per_image=5):
    """Text to image: percent of texts whose photo is among the first 1, 5, 10; texts stand photo by photo."""
    scores = texts @ images.T
    right = scores.gather(1, torch.arange(len(images)).repeat_interleave(per_image)[:, None])
    rank = (scores > right).sum(1)
    return [round((rank < k).float().mean().item() * 100, 1) for k in (1, 5, 10)]


def accuracy(images, classes, labels):
    """Percent of images whose most similar class is theirs."""
    return round(((images @ classes.T).argmax(1) == labels).float().mean().item() * 100, 1)
