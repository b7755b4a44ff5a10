"""Takes off a score what two vectors have in common with everything.

Some photos are near to whatever is asked and come up for every query, some texts are near to every photo: hubs. How near a vector is to
`bank`, to what the other tower makes of many things, is taken off its scores: the logarithm of the denominator of the inverted softmax
(Smith et al., "Offline bilingual word vectors, orthogonal transformations and the inverted softmax", 2017; with a bank of queries:
Bogolin et al., "Cross modal retrieval with querybank normalisation", 2022). Vectors stay of unit length and their product stays the
score: two of the dimensions, which no vector makes use of, become one for what is taken off the photos' scores and one for the texts'.
"""

import torch
from torch import nn

SHARPNESS = 20
SHARE = 0.75
"""Of the commonness that is taken off."""
LEVEL = 0.3
"""A tower's component in the dimension of the other one's commonness."""


def used_directions(vectors):
    """All but the two directions [dimension, dimension - 2] in which unit vectors reach least."""
    return torch.linalg.eigh(vectors.T @ vectors / len(vectors)).eigenvectors[:, 2:]


class Balance(nn.Module):
    """Unit vectors [n, dimension] of a tower to such vectors with their commonness in the tower's own `place`, 0 or 1."""

    def __init__(self, place, directions, bank):
        super().__init__()
        self.place = place
        self.register_buffer("directions", directions)
        self.register_buffer("bank", bank)
        self.register_buffer("usual", torch.zeros(()))

    def commonness(self, vectors):
        """How near vectors are to the bank, [n, 1]. Exponents are taken relative to a cosine of 0.5: 16-bit floats can hold them."""
        near = ((vectors @ self.bank.T - 0.5) * SHARPNESS).exp().mean(1, keepdim=True)
        return near.log() / SHARPNESS + 0.5

    def forward(self, vectors):
        rest = 1 - LEVEL * LEVEL
        own = (self.commonness(vectors) - self.usual) * (-SHARE * rest / LEVEL)
        other = torch.full_like(own, LEVEL)
        two = (own, other) if self.place == 0 else (other, own)
        balanced = torch.cat([vectors @ self.directions * rest**0.5, *two], 1)
        return balanced / balanced.norm(dim=-1, keepdim=True)


def balances(photos, texts):
    """The picture tower's and the text tower's balance, from the vectors of many photos and many texts."""
    directions = used_directions(torch.cat([photos, texts]))
    of_photos, of_texts = Balance(0, directions, texts), Balance(1, directions, photos)
    of_photos.usual.copy_(of_photos.commonness(photos).mean())
    of_texts.usual.copy_(of_texts.commonness(texts).mean())
    return of_photos, of_texts


def balance_of(place, state):
    """A balance from its saved state."""
    balance = Balance(place, state["directions"], state["bank"])
    balance.load_state_dict(state)
    return balance
