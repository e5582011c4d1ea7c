"""A block of task-routed low-rank experts as one writes it in PyTorch: a module an expert, and a loop over them."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# B batch, T time, D d_model, R rank, N shared experts


class Expert(nn.Module):
    def __init__(self, d_model: int, rank: int):
        super().__init__()
        self.down = nn.Conv1d(d_model, rank, 3, padding=1)
        self.up = nn.Conv1d(rank, d_model, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.up(self.down(x))


class Router(nn.Module):
    def __init__(self, d_model: int, num_experts: int):
        super().__init__()
        self.conv1 = nn.Conv1d(d_model, d_model // 4, 1)
        self.conv2 = nn.Conv1d(d_model // 4, d_model // 4, 1)
        self.gate = nn.Linear(d_model // 4, num_experts)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        h = self.conv2(F.gelu(self.conv1(x)))
        mean = (h * mask).sum(2) / mask.sum(2).clamp(min=1)
        return self.gate(mean).softmax(1)


class TaskMoe(nn.Module):
    def __init__(
        self, d_model: int, num_experts: int, rank: int, tasks: list[str], task_rank: int, top_k: int | None = None
    ):
        super().__init__()
        self.top_k = top_k
        self.experts = nn.ModuleList(Expert(d_model, rank) for _ in range(num_experts))
        self.own = nn.ModuleDict({task: Expert(d_model, task_rank) for task in tasks})
        self.routers = nn.ModuleDict({task: Router(d_model, num_experts) for task in tasks})

    def keep(self, gates: Tensor) -> Tensor:
        """The top_k largest gates; the others 0."""
        if self.top_k is None:
            return gates
        return gates * torch.zeros_like(gates).scatter(1, gates.topk(self.top_k, dim=1).indices, 1)

    def forward(self, inputs: Tensor | dict[str, Tensor], mask: Tensor) -> dict[str, Tensor]:
        """inputs [B, T, D], one for all tasks or one per task; mask [B, T] -> outputs [B, T, D] by task."""
        mask = mask[:, None]
        one = inputs.transpose(1, 2) if isinstance(inputs, Tensor) else None
        xs = {task: inputs[task].transpose(1, 2) if one is None else one for task in self.own}
        gates = {task: self.keep(self.routers[task](x, mask)) for task, x in xs.items()}
        outputs = {task: self.own[task](x) for task, x in xs.items()}
        for n, expert in enumerate(self.experts):
            for_all = None if one is None else expert(one)
            for task, x in xs.items():
                y = expert(x) if for_all is None else for_all
                outputs[task] = outputs[task] + gates[task][:, n, None, None] * y
        return {task: (h * mask).transpose(1, 2) for task, h in outputs.items()}


class GroupedMoe(nn.Module):
    """The same block, of each sample only the experts that it selects, by one grouped product over the experts for each convolution."""

    def __init__(self, block: TaskMoe):
        super().__init__()
        self.block = block
        experts = block.experts
        # [N, 3 D, R] and [N, R, D]
        self.down = torch.stack([e.down.weight.permute(2, 1, 0).flatten(0, 1) for e in experts]).detach()
        self.up = torch.stack([e.up.weight[:, :, 0].T for e in experts]).detach()
        self.down_bias = torch.stack([e.down.bias for e in experts]).detach()
        self.up_bias = torch.stack([e.up.bias for e in experts]).detach()

    def shared(self, x: Tensor, gates: Tensor) -> Tensor:
        """x [B, T, D], gates [B, N], 0 where an expert is not selected -> [B, T, D]."""
        T = x.shape[1]
        expert, sample = gates.T.nonzero().T  # by expert
        ends = (T * torch.bincount(expert, minlength=gates.shape[1]).cumsum(0)).to(torch.int32)
        padded = F.pad(x, (0, 0, 1, 1))
        windows = torch.cat([padded[:, k : k + T] for k in range(3)], 2)
        h = F.grouped_mm(windows[sample].flatten(0, 1), self.down, offs=ends).unflatten(0, (-1, T))
        h = (h + self.down_bias[expert, None]).flatten(0, 1)
        y = F.grouped_mm(h, self.up, offs=ends).unflatten(0, (-1, T)) + self.up_bias[expert, None]
        return torch.zeros_like(x).index_add_(0, sample, y * gates[sample, expert, None, None])

    def forward(self, inputs: Tensor | dict[str, Tensor], mask: Tensor) -> dict[str, Tensor]:
        outputs = {}
        for task, own in self.block.own.items():
            x = inputs if isinstance(inputs, Tensor) else inputs[task]
            turned = x.transpose(1, 2)
            gates = self.block.keep(self.block.routers[task](turned, mask[:, None]))
            outputs[task] = (self.shared(x, gates) + own(turned).transpose(1, 2)) * mask[:, :, None]
        return outputs


def load(model: TaskMoe, weights: dict[str, Tensor]) -> None:
    """From the layout of @mmolre/moe: experts joined along the rank, [kernel, in, out] and [in, out]."""

    def expert(module: Expert, down: Tensor, down_bias: Tensor, up: Tensor, up_bias: Tensor) -> None:
        module.down.weight.copy_(down.permute(2, 1, 0))
        module.down.bias.copy_(down_bias)
        module.up.weight.copy_(up.T[:, :, None])
        module.up.bias.copy_(up_bias)

    with torch.no_grad():
        shared = [weights[f"shared.{name}"] for name in ("down", "downBias", "up", "upBias")]
        start = 0
        for n, module in enumerate(model.experts):
            part = slice(start, start := start + module.down.out_channels)
            expert(module, shared[0][:, :, part], shared[1][part], shared[2][part], shared[3][n])
        for task, module in model.own.items():
            expert(module, *(weights[f"tasks.{task}.expert.{name}"] for name in ("down", "downBias", "up", "upBias")))
        for task, router in model.routers.items():
            for name, layer in router.named_children():
                layer.weight.copy_(weights[f"tasks.{task}.router.{name}.weight"].T.reshape(layer.weight.shape))
                layer.bias.copy_(weights[f"tasks.{task}.router.{name}.bias"])


def unload(model: TaskMoe) -> dict[str, Tensor]:
    """The inverse of load."""

    def expert(module: Expert) -> dict[str, Tensor]:
        return {
            "down": module.down.weight.permute(2, 1, 0),
            "downBias": module.down.bias,
            "up": module.up.weight[:, :, 0].T,
            "upBias": module.up.bias,
        }

    experts = [expert(module) for module in model.experts]
    joined = {"down": (torch.cat, 2), "downBias": (torch.cat, 0), "up": (torch.cat, 0), "upBias": (torch.stack, 0)}
    weights = {f"shared.{name}": join([e[name] for e in experts], axis) for name, (join, axis) in joined.items()}
    for task, module in model.own.items():
        weights |= {f"tasks.{task}.expert.{name}": value for name, value in expert(module).items()}
    for task, router in model.routers.items():
        for name, layer in router.named_children():
            weights[f"tasks.{task}.router.{name}.weight"] = layer.weight.reshape(layer.weight.shape[:2]).T
            weights[f"tasks.{task}.router.{name}.bias"] = layer.bias
    return weights


def prepare(data, training: bool, rate: float, decay: float, steps: int, grouped: bool = False, **sizes):
    """training: one step of AdamW on the sum of squares of all outputs, the inputs' shift trained too; else the forward pass."""
    block = TaskMoe(**sizes)
    load(block, {key.removeprefix("params."): data[key] for key in data.keys("params.")})
    model = GroupedMoe(block) if grouped else block
    mask = data["mask"]
    inputs = data["x"] if data.keys("x") == ["x"] else {task: data[f"x.{task}"] for task in block.own}

    @torch.no_grad()
    def forward() -> float:
        return sum(h[0, 0, 0].item() for h in model(inputs, mask).values())

    @torch.no_grad()
    def outputs() -> dict[str, Tensor]:
        return model(inputs, mask)

    if not training:
        return forward, outputs

    shift = nn.Parameter(torch.zeros(sizes["d_model"]))
    optimizer = torch.optim.AdamW([*model.parameters(), shift], lr=rate, weight_decay=decay)

    def shifted(x: Tensor) -> Tensor:
        return (x + shift) * mask[:, :, None]

    def step() -> float:
        moved = shifted(inputs) if isinstance(inputs, Tensor) else {task: shifted(x) for task, x in inputs.items()}
        loss = sum(h.square().sum() for h in model(moved, mask).values())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    def after_steps() -> dict[str, Tensor]:
        losses = torch.tensor([step() for _ in range(steps)])
        return {"losses": losses, "shift": shift} | unload(block)

    return step, after_steps
