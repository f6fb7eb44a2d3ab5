"""Batch-norm statistics estimated anew (docs/stages/QAT.md, "Batch-norm re-estimation")."""
import contextlib
import itertools

import torch
from torch.utils import _pytree as pytree

from .errors import TorchError
from .export import as_arguments
from .functions import fold_batch_norm
from .quantizer import extremes


class Statistics:
    """The running statistics of one batch-norm: where they lie, and the sums of what batches had."""

    def __init__(self, owner, mean, var):
        self.owner, self.name = owner, mean
        self.buffers = [owner.tensor(mean), owner.tensor(var)]
        self.before = [b.clone() for b in self.buffers]
        self.sums = torch.zeros(2, self.buffers[0].numel(), dtype=torch.float64,
                                device=self.buffers[0].device)

    def take(self, samples):
        """What a batch left in the buffers, by its number of samples; the buffers go back."""
        self.sums += samples * torch.stack([b.double() for b in self.buffers])
        self.restore()

    def restore(self):
        for buffer, value in zip(self.buffers, self.before):
            buffer.copy_(value)


def statistics_of(module):
    """[Statistics] of every batch-norm of a prepared module that training updates."""
    names = [(fold.parts[4], fold.parts[5]) for fold in module.folds.values() if not fold.frozen]
    names += [(op.operands[3], op.operands[4]) for op in module.graph.ops if op.kind == "nn.batch_norm"]
    maker = module.graph.maker
    pairs = {maker[m].attrs["name"]: maker[v].attrs["name"] for m, v in names}
    return [Statistics(module, mean, var) for mean, var in pairs.items()]


@contextlib.contextmanager
def collecting(module):
    """A state in which a forward pass leaves each batch's own statistics in the buffers: train mode, no
    momentum, observers off, no dropout. On leaving, all is as it was."""
    points = list(module.points().values())
    kept = (module.training, module.frozen, module.momentum, module.dropouts,
            [p.observing for p in points])
    try:
        module.train()
        module.frozen, module.dropouts = False, {}
        module.momentum = {mean: 1.0 for mean in module.places}
        for point in points:
            point.observing = False
        yield
    finally:
        training, module.frozen, module.momentum, module.dropouts, observing = kept
        module.train(training)
        for point, flag in zip(points, observing):
            point.observing = flag


def reestimate(root, modules, data):
    """See qopt.torch.reestimate_bn."""
    found = [s for module in modules for s in statistics_of(module)]
    if not found:
        raise TorchError("there is no batch-norm whose statistics training updates")
    for point in itertools.chain(*(module.points().values() for module in modules)):
        if point.quantizing:
            point.check_known()
    count = 0
    try:
        with torch.no_grad(), contextlib.ExitStack() as states:
            for module in modules:
                states.enter_context(collecting(module))
            for batch in data:
                args, kwargs = as_arguments(batch)
                root(*args, **kwargs)
                samples = len(next(t for t in pytree.tree_leaves((args, kwargs))
                                   if isinstance(t, torch.Tensor)))
                count += samples
                for statistics in found:
                    statistics.take(samples)
    finally:
        for statistics in found:
            statistics.restore()
    with torch.no_grad():
        write(found, count)
    return root


def across_ranks(sums, count):
    """Both, added up over all processes of the default group."""
    dist = torch.distributed
    if not (dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1):
        return sums, count
    both = torch.cat([sums.flatten(), sums.new_tensor([count])])
    dist.all_reduce(both)
    return both[:-1].reshape(sums.shape), int(both[-1])


def write(found, count):
    """The averages into the buffers, once all of them are known to be fine."""
    averages = []
    for statistics in found:
        total, samples = across_ranks(statistics.sums, count)
        if not samples:
            raise TorchError("reestimate_bn got no data: pass an iterable of batches")
        averages.append((total / samples).float())
        if not torch.isfinite(averages[-1]).all():
            raise TorchError(f"the statistics of '{statistics.name}' are NaN or infinite on this data; "
                             "those of before are kept")
    for statistics, (mean, var) in zip(found, averages):
        statistics.buffers[0].copy_(mean)
        statistics.buffers[1].copy_(var)
    moved = {(id(s.owner), s.name): s for s in found}
    for owner in {id(s.owner): s.owner for s in found}.values():
        for root, fold in owner.folds.items():
            if (id(owner), fold.mean) in moved:
                keep_codes(owner, root, fold, moved[id(owner), fold.mean].before[1])


def keep_codes(owner, root, fold, var_before):
    """Folded weights grow by sigma_before / sigma; so does a scale per channel, and the codes stay. One
    scale per tensor cannot follow: an observer that is on looks at the weights again."""
    maker = owner.graph.maker
    point = maker[maker[root].operand("weight")]
    quantizer = owner.quantizer(point.attrs["qparams"]) if "qparams" in point.attrs else None
    if quantizer is None or quantizer.fixed:
        return
    weight, bias, gamma, beta, mean, var = (
        None if o is None else owner.tensor(maker[o].attrs["name"]) for o in fold.parts)
    ratio = torch.sqrt((var_before.double() + fold.eps) / (var.double() + fold.eps)).float()
    if quantizer.axis is not None and fold.groups == 1:
        for value in (quantizer.scale, quantizer.low, quantizer.high):
            value.data.mul_(ratio)
    elif quantizer.wants(training=True):
        folded, _ = fold_batch_norm(weight, bias, gamma, beta, mean, var, fold.eps, fold.axis,
                                    fold.groups)
        quantizer.observe(*extremes(folded, quantizer.axis))
