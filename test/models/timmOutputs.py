"""Writes timmOutputs.json: outputs of timm with weights and images that are computed from their names.

The same numbers come from lib/reference/fill.ts.
Run with a Python that has timm 1.0.31: python test/models/timmOutputs.py > test/models/timmOutputs.json
"""

import json

import numpy as np
import timm
import torch
from timm.models.swin_transformer import SwinTransformer

cases = [
    ("resnet34", 10, 75), ("resnet26", 7, 64), ("mobilenetv2_140", 10, 75), ("mobilenetv2_050", 7, 64),
    ("convnext_tiny", 10, 70), ("deit_small_patch16_224", 10, 48), ("vit_tiny_patch16_224", 7, 80),
    ("swin_nano_patch4_window7_224", 10, 100),
    ("swin_pico_patch4_window7_224", 7, 32), ("resmlp_24_224", 10, 48), ("mixer_s16_224", 10, 48),
]
# Networks that the authors of OFA-KD defined.
own = {"swin_nano_patch4_window7_224": (64, (2, 4, 8, 16)), "swin_pico_patch4_window7_224": (48, (2, 4, 8, 16))}


def fill(name, n):
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = (seed ^ byte) * 0x01000193 & 0xFFFFFFFF
    h = np.arange(n, dtype=np.uint32) * np.uint32(0x9E3779B9) + np.uint32(seed)
    h ^= h >> 16
    h *= np.uint32(0x85EBCA6B)
    h ^= h >> 13
    h *= np.uint32(0xC2B2AE35)
    h ^= h >> 16
    return h / 2**31 - 1


def parameter(name, shape):
    u, last = fill(name, int(np.prod(shape))), name.rsplit(".", 1)[-1]
    if last == "running_var":
        return 1 + 0.2 * u
    if last in ("running_mean", "cls_token", "pos_embed", "relative_position_bias_table"):
        return 0.1 * u
    if last in ("bias", "beta"):
        return 0.05 * u
    if last in ("gamma", "ls1", "ls2"):
        return 0.5 + 0.1 * u
    return 1 + 0.1 * u if last == "alpha" or len(shape) == 1 else u * np.sqrt(3 / np.prod(shape[1:]))


def create(name, classes, size):
    if name in own:
        width, heads = own[name]
        depths = (2, 2, 2, 2)
        return SwinTransformer(img_size=size, num_classes=classes, embed_dim=width, depths=depths, num_heads=heads)
    sizes = {} if name.startswith(("resnet", "mobile", "convnext")) else {"img_size": size}
    return timm.create_model(name, num_classes=classes, **sizes)


def stage_ends(model, name):
    if name.startswith("resnet"):
        return [model.layer1, model.layer2, model.layer3, model.layer4]
    if name.startswith("mobile"):
        return [model.blocks[1], model.blocks[2], model.blocks[4], model.bn2]
    if name.startswith("convnext"):
        return list(model.stages)
    if name.startswith("swin"):
        return [layer.blocks[-1] for layer in model.layers]
    n = len(model.blocks)
    return [model.blocks[end - 1] for end in ((2, 4, 10, 12) if n == 12 else (n // 4, n // 2, 3 * n // 4, n))]


def digest(label, tensor):
    values = tensor.double().numpy()
    flat = values.ravel()
    return {
        "shape": list(values.shape), "mean": flat.mean(), "rms": np.sqrt((flat**2).mean()),
        "probe": (flat * fill(f"probe:{label}", flat.size)).sum() / np.sqrt(flat.size), "first": flat[:8].tolist(),
    }


def laid_out(feature, name):
    """As here: spatial features [batch, height, width, channels], Swin's as tokens."""
    if name.startswith("swin"):
        return feature.flatten(1, 2)
    return feature.permute(0, 2, 3, 1) if feature.ndim == 4 else feature


def outputs(name, classes, size):
    model = create(name, classes, size).eval()
    for key, tensor in model.state_dict().items():
        if not key.endswith(("num_batches_tracked", "relative_position_index", "attn_mask")):
            tensor.copy_(torch.from_numpy(parameter(key, tensor.shape).reshape(tensor.shape)))
    features = {}
    for number, module in enumerate(stage_ends(model, name), 1):
        label = f"stage{number}"
        module.register_forward_hook(lambda *call, label=label: features.update({label: laid_out(call[2], name)}))
    images = torch.from_numpy(fill("image", size * size * 3).reshape(1, size, size, 3)).float().permute(0, 3, 1, 2)
    last = model.forward_features(images)
    features |= {"pooled": model.forward_head(last, pre_logits=True), "logits": model.forward_head(last)}
    digests = {label: digest(label, x) for label, x in features.items()}
    return {"model": name, "classes": classes, "size": size, "digests": digests}


with torch.no_grad():
    print(json.dumps({"source": f"timm {timm.__version__}", "cases": [outputs(*case) for case in cases]}, indent=1))
