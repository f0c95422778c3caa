"""One OFA-KD training step in PyTorch, for comparison: forward passes of the teacher and of the student with four exit
branches, OFA loss on the branches and the logits, smoothed cross entropy, backward pass, SGD with Nesterov momentum.

  python pytorch_step.py STUDENT TEACHER SIZE BATCH [--device cpu|cuda] [--bf16] [--tf32] [--channels-last] [--compile]
                         [--vanilla] [--steps N]

Without --bf16 and --tf32, products and convolutions are exact in float32; PyTorch's own default uses TF32 for
convolutions. Networks are timm's, or the small ones of pytorch_networks.py. Prints one line of JSON with the median
time of a step.
"""
import argparse
import json
import statistics
import time

import torch
import torch.nn.functional as F

from pytorch_networks import build, exit_branches, prefix_tokens, stages_of

CLASSES = 100


def ofa_loss(student, teacher, mask, exponent=1.0):
    """The released form: weights (p + m)^e - m on the student's log-probabilities; m masks the target class."""
    return -(((teacher + mask) ** exponent - mask) * F.log_softmax(student, 1)).sum(1).mean()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('student')
    parser.add_argument('teacher')
    parser.add_argument('size', type=int)
    parser.add_argument('batch', type=int)
    parser.add_argument('--device', choices=('cpu', 'cuda'), default='cpu')
    for flag in ('--bf16', '--tf32', '--channels-last', '--compile', '--vanilla'):
        parser.add_argument(flag, action='store_true')
    parser.add_argument('--steps', type=int, default=7)
    given = parser.parse_args()
    torch.manual_seed(0)
    torch.backends.cuda.matmul.allow_tf32 = given.tf32
    torch.backends.cudnn.allow_tf32 = given.tf32

    student = build(given.student, CLASSES).to(given.device)
    teacher = build(given.teacher, CLASSES).eval().to(given.device)
    images = torch.randn(given.batch, 3, given.size, given.size, device=given.device)
    labels = torch.randint(0, CLASSES, (given.batch,), device=given.device)
    mask = F.one_hot(labels, CLASSES).float()
    if given.channels_last:
        student = student.to(memory_format=torch.channels_last)
        teacher = teacher.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)

    features = []
    for stage in stages_of(given.student, student):
        stage.register_forward_hook(lambda _module, _inputs, output: features.append(output))
    with torch.no_grad():
        student(images)
    branches = exit_branches(
        features, student.num_features, teacher.num_features, CLASSES, prefix_tokens(student),
        final_grid=7 if given.size == 224 else 4, channels_first=not given.student.startswith('swin')).to(given.device)
    trained = [*student.parameters()] + ([] if given.vanilla else [*branches.parameters()])
    optimizer = torch.optim.SGD(trained, lr=.05, momentum=.9, nesterov=True, weight_decay=2e-3)
    if given.compile:
        for network in (student, teacher, *branches):
            network.compile()

    def step():
        features.clear()
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(given.device, torch.bfloat16, enabled=given.bf16):
            logits = student(images)
            loss = F.cross_entropy(logits.float(), labels, label_smoothing=.1)
            if not given.vanilla:
                with torch.no_grad():
                    target = teacher(images).float().softmax(1)
                loss = loss + ofa_loss(logits.float(), target, mask)
                for branch, feature in zip(branches, features):
                    loss = loss + ofa_loss(branch(feature).float(), target, mask)
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    step()
    step()
    times, processor = [], []
    for _ in range(given.steps):
        started, used = time.perf_counter(), time.process_time()
        step()
        times.append(1e3 * (time.perf_counter() - started))
        processor.append(1e3 * (time.process_time() - used))
    median = statistics.median(times)
    print(json.dumps({
        'peer': 'pytorch', 'version': torch.__version__, 'device': given.device, 'student': given.student,
        'teacher': given.teacher, 'size': given.size, 'batch': given.batch, 'bf16': given.bf16, 'tf32': given.tf32,
        'vanilla': given.vanilla, 'compiled': given.compile, 'ms_per_step': round(median, 1),
        'cpu_ms_per_step': round(statistics.median(processor), 1),
        'images_per_second': round(1e3 * given.batch / median, 1),
        'parameters': sum(p.numel() for p in student.parameters()),
        'branch_parameters': sum(p.numel() for p in branches.parameters())}))


main()
