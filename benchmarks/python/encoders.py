"""One layer of RoBERTa, as transformers has it."""

import torch
from torch import Tensor, nn
from transformers import RobertaConfig
from transformers.models.roberta.modeling_roberta import RobertaLayer

# B batch, T time, D d_model


def prepare(data, rate: float, decay: float, d_model: int, num_heads: int):
    """A training step of one layer."""
    config = RobertaConfig(hidden_size=d_model, num_attention_heads=num_heads, intermediate_size=4 * d_model)
    config.layer_norm_eps = 1e-5
    config._attn_implementation = "sdpa"
    module = RobertaLayer(config).train()
    places = {
        "attention.query": module.attention.self.query,
        "attention.key": module.attention.self.key,
        "attention.value": module.attention.self.value,
        "attention.output": module.attention.output.dense,
        "attentionNorm": module.attention.output.LayerNorm,
        "feedForward.inner": module.intermediate.dense,
        "feedForward.outer": module.output.dense,
        "feedForwardNorm": module.output.LayerNorm,
    }
    with torch.no_grad():
        for name, place in places.items():
            place.weight.copy_(data[f"params.{name}.weight"].T)
            place.bias.copy_(data[f"params.{name}.bias"])
    x, weight = data["x"], data["weight"]
    shift = nn.Parameter(torch.zeros(d_model))
    optimizer = torch.optim.AdamW([*module.parameters(), shift], lr=rate, weight_decay=decay)

    def output() -> Tensor:
        result = module(x + shift)
        return result[0] if isinstance(result, tuple) else result

    def step() -> float:
        loss = (output() * weight).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    def results() -> dict[str, Tensor]:
        module.eval()
        y = output()
        (y * weight).sum().backward()
        grads = {"output": y, "shift": shift.grad.clone()}
        for name, place in places.items():
            grads[f"{name}.weight"] = place.weight.grad.T.clone()
            if name != "attention.key":  # 0 but for rounding
                grads[f"{name}.bias"] = place.bias.grad.clone()
        module.train()
        return grads

    return step, results
