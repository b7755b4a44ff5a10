"""The peer of `make gpu-proof`: the same ViT-B-32 in PyTorch, 16-bit floats, on the same GPU.

Reads `visual BATCH ROUNDS`, answers with the seconds from pictures in the processor's memory to embeddings there.
"""

import sys
import time

import open_clip
import torch

torch.backends.cudnn.benchmark = True
tower = open_clip.create_model("ViT-B-32", pretrained=None).visual.eval().half().cuda()


@torch.inference_mode()
def embed(pictures):
    features = tower(pictures.cuda(non_blocking=True).half())
    return (features / features.norm(dim=-1, keepdim=True)).float().cpu()


for line in sys.stdin:
    batch, rounds = map(int, line.split()[1:])
    pictures = torch.randn(batch, 3, 224, 224).pin_memory()
    embed(pictures)
    torch.cuda.synchronize()
    begun = time.perf_counter()
    for _ in range(rounds):
        embed(pictures)
    print(time.perf_counter() - begun, flush=True)
