"""The texts of the training photos, and the published text model's features of all texts, computed once."""

import torch

import photos
import text

TEMPLATES = ["a photo of a {}", "{}", "a picture of a {}", "a close-up photo of a {}", "there is a {} here"]


def training_texts(data):
    """The texts of each training photo: its captions, or its class in several templates."""
    classes = [[template.format(photo.texts[0]) for template in TEMPLATES] for photo in photos.imagenet(data)]
    return [photo.texts for photo in photos.flickr(data, "train")] + classes


def all_texts(data):
    """Every text that training or its evaluation needs."""
    every = [each for texts in training_texts(data) for each in texts]
    every += captions(photos.flickr(data, "dev"))
    return every + [f"a photo of a {photo.texts[0]}" for photo in photos.caltech(data)]


class TextTable:
    """Pooled text features by text, computed once and kept in a file."""

    def __init__(self, file, data):
        texts = sorted(set(all_texts(data)))
        self.rows = {each: row for row, each in enumerate(texts)}
        if not file.exists():
            torch.save(text.features(text.published_model(), texts), file)
        self.features = torch.load(file)
        assert len(self.features) == len(texts), f"{file} is of other texts: remove it"

    def of(self, texts):
        return self.features[[self.rows[each] for each in texts]]


def captions(photo_list):
    """The captions of all photos, photo by photo."""
    return [each for photo in photo_list for each in photo.texts]


def zero_shot(photo_list):
    """The prompts of the photos' classes, and the class number of each photo."""
    names = sorted({photo.texts[0] for photo in photo_list})
    return [f"a photo of a {name}" for name in names], torch.tensor([names.index(photo.texts[0]) for photo in photo_list])
