"""CKA of all blocks of two networks on batches of random images, with two PyTorch packages.

  python pytorch_cka.py A B SIZE BATCH BATCHES [--device cpu|cuda] [--only forward|pytorch_cka|torch_cka]

`forward` runs the forward passes of both networks alone. Prints one line of JSON for each: seconds, CPU seconds of all
threads, and layers.
"""
import argparse
import contextlib
import io
import json
import time
import warnings

import torch

from pytorch_networks import blocks_of, build

warnings.filterwarnings('ignore')
parser = argparse.ArgumentParser()
parser.add_argument('a')
parser.add_argument('b')
for number in ('size', 'batch', 'batches'):
    parser.add_argument(number, type=int)
parser.add_argument('--device', choices=['cpu', 'cuda'], default='cpu')
parser.add_argument('--only', choices=['forward', 'pytorch_cka', 'torch_cka'])
given = parser.parse_args()
torch.manual_seed(0)
torch.backends.cudnn.allow_tf32 = False

a, b = (build(name, 100).eval().to(given.device) for name in (given.a, given.b))
layers_a, layers_b = blocks_of(a), blocks_of(b)
count = given.batch * given.batches
loader = torch.utils.data.DataLoader(
    torch.utils.data.TensorDataset(torch.randn(count, 3, given.size, given.size), torch.zeros(count)),
    batch_size=given.batch)


def forward():
    with torch.no_grad():
        for images, _ in loader:
            a(images.to(given.device))
            b(images.to(given.device))
    if given.device == 'cuda':
        torch.cuda.synchronize()


def with_torch_cka():
    from torch_cka import CKA
    with torch.no_grad(), contextlib.redirect_stderr(io.StringIO()):
        comparison = CKA(a, b, model1_layers=layers_a, model2_layers=layers_b, device=given.device)
        comparison.compare(loader)
        comparison.export()


def with_pytorch_cka():
    from cka import compute_cka
    compute_cka(a, b, loader, layers=layers_a, model2_layers=layers_b, device=given.device, progress=False)


for name, run in {'forward': forward, 'pytorch_cka': with_pytorch_cka, 'torch_cka': with_torch_cka}.items():
    if given.only and given.only != name:
        continue
    if name == 'forward':
        run()
    started, processor = time.perf_counter(), time.process_time()
    run()
    seconds, used = time.perf_counter() - started, time.process_time() - processor
    print(json.dumps({
        'peer': name, 'device': given.device, 'a': given.a, 'b': given.b, 'layers': [len(layers_a), len(layers_b)],
        'size': given.size, 'batch': given.batch, 'batches': given.batches, 'seconds': round(seconds, 2),
        'cpu_seconds': round(used, 2)}), flush=True)
