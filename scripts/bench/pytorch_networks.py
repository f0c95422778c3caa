"""The networks of the comparison in PyTorch: timm's, the small ones for 32-pixel images, and OFA's exit branches."""
import timm
import torch
from timm.models.mlp_mixer import MlpMixer
from timm.models.resnet import BasicBlock, ResNet
from timm.models.vision_transformer import Block, VisionTransformer
from torch import nn


def small_resnet(width, depth, classes):
    channels = tuple(width * 2 ** i for i in range(4))
    network = ResNet(BasicBlock, (depth,) * 4, num_classes=classes, channels=channels, stem_width=width)
    network.conv1 = nn.Conv2d(3, width, 3, padding=1, bias=False)
    network.bn1 = nn.BatchNorm2d(width)
    network.maxpool = nn.Identity()
    # timm builds the first block for a stem of 64 channels.
    network.layer1[0].conv1 = nn.Conv2d(width, width, 3, padding=1, bias=False)
    network.layer1[0].downsample = None
    return network


def build(name, classes):
    if name in ('resnet_16', 'resnet_24', 'resnet_32'):
        width = int(name.split('_')[1])
        return small_resnet(width, 2 if width == 32 else 1, classes)
    if name in ('vit_64', 'vit_96', 'vit_128'):
        width = int(name.split('_')[1])
        return VisionTransformer(
            img_size=32, patch_size=4, embed_dim=width, depth=width // 16, num_heads=4, num_classes=classes)
    if name in ('mixer_64', 'mixer_96', 'mixer_128'):
        width = int(name.split('_')[1])
        return MlpMixer(img_size=32, patch_size=4, embed_dim=width, num_blocks=width // 16, num_classes=classes)
    return timm.create_model(name, num_classes=classes)


def prefix_tokens(network):
    return getattr(network, 'num_prefix_tokens', 0)


def stages_of(name, network):
    """Returns the last module of each of the four stages."""
    if hasattr(network, 'layer1'):
        return [network.layer1, network.layer2, network.layer3, network.layer4]
    if name.startswith('mobilenetv2'):
        blocks = [block for stage in network.blocks for block in stage]
        return [blocks[2], blocks[5], blocks[12], network.bn2]
    if name.startswith('convnext'):
        return [*network.stages]
    if name.startswith('swin'):
        return [layer.blocks[-1] for layer in network.layers]
    depth = len(network.blocks)
    ends = (2, 4, 10, 12) if depth == 12 else (depth // 4, depth // 2, 3 * depth // 4, depth)
    return [network.blocks[end - 1] for end in ends]


def blocks_of(network):
    """Returns the names of all blocks, in order."""
    if hasattr(network, 'layer1'):
        return [f'layer{i}.{j}' for i in range(1, 5) for j in range(len(getattr(network, f'layer{i}')))]
    for stages in ('stages', 'layers'):
        if hasattr(network, stages):
            named = enumerate(getattr(network, stages))
            return [f'{stages}.{i}.blocks.{j}' for i, stage in named for j in range(len(stage.blocks))]
    if isinstance(network.blocks[0], nn.Sequential) and hasattr(network, 'conv_stem'):
        return [f'blocks.{i}.{j}' for i, stage in enumerate(network.blocks) for j in range(len(stage))]
    return [f'blocks.{i}' for i in range(len(network.blocks))]


def separable(channels_in, channels):
    def half(out, stride):
        return [nn.Conv2d(channels_in, channels_in, 3, stride, 1, groups=channels_in, bias=False),
                nn.Conv2d(channels_in, out, 1, bias=False), nn.BatchNorm2d(out), nn.ReLU()]
    return nn.Sequential(*half(channels_in, 2), *half(channels, 1))


def spatial_branch(stage, channels, wide, classes):
    halvings = 4 - stage
    body = [separable(channels * 2 ** i, wide if i == halvings - 1 else channels * 2 ** (i + 1))
            for i in range(halvings)]
    body = body or [nn.Conv2d(channels, wide, 1)]
    return nn.Sequential(*body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(wide, classes))


class TokenBranch(nn.Module):
    def __init__(self, stage, grid, channels, width, classes, prefix, final_grid):
        super().__init__()
        self.prefix = prefix
        merges = 0
        while grid // 2 ** merges > final_grid:
            merges += 1
        self.merging = nn.ModuleList([nn.Sequential(
            nn.LayerNorm(4 * (width if i else channels)), nn.Linear(4 * (width if i else channels), width, bias=False),
            nn.GELU() if i == 0 or i < merges - 1 else nn.Identity()) for i in range(merges)])
        self.blocks = nn.Sequential(*[Block(dim=width, num_heads=4) for _ in range(max(4 - stage, 1))])
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        x = x.flatten(1, 2) if x.ndim == 4 else x
        prefix, x = x[:, :self.prefix], x[:, self.prefix:]
        for merge in self.merging:
            batch, tokens, channels = x.shape
            half = int(tokens ** .5) // 2
            cells = x.reshape(batch, half, 2, half, 2, channels).permute(0, 1, 3, 4, 2, 5)
            x = merge(cells.reshape(batch, half * half, 4 * channels))
        x = self.blocks(torch.cat([prefix, x], 1))
        return self.head(x[:, 0] if self.prefix else x.mean(1))


def exit_branches(features, width_student, width_teacher, classes, prefix, final_grid, channels_first):
    branches = nn.ModuleList()
    for stage, feature in enumerate(features, 1):
        if feature.ndim == 4 and channels_first:
            branches.append(spatial_branch(stage, feature.shape[1], max(width_student, width_teacher), classes))
        else:
            tokens = feature.shape[1] * (feature.shape[2] if feature.ndim == 4 else 1) - prefix
            branches.append(TokenBranch(
                stage, int(tokens ** .5), feature.shape[-1], width_student, classes, prefix, final_grid))
    return branches
