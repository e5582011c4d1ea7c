"""Writes the losses and gradients that the tests of packages/losses compare with. Run by maintainers only.

    python scripts/reference/losses/make_losses_fixtures.py packages/losses/src/__fixtures__/losses.json

Used: Python 3.11, numpy 2.4.6, torch 2.15.0. Inputs are numbers that single precision holds exactly; results are in double precision.
The focal losses are written here as (1 - p)^gamma times the term, from the probabilities, as they are not part of torch.
"""

import json
import platform
import sys

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, l1_loss, log_softmax

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)


def exact(values):
    """Rounded to 64ths, which single precision holds exactly."""
    return np.round(np.asarray(values) * 64) / 64


def bce(z, y, weights, gamma):
    if gamma == 0:
        return binary_cross_entropy_with_logits(z, y, pos_weight=weights, reduction="none").mean(1)
    p = torch.sigmoid(z)
    positive = y * (1 - p) ** gamma * -torch.log(p)
    if weights is not None:
        positive = positive * weights
    return (positive + (1 - y) * p**gamma * -torch.log(1 - p)).mean(1)


def category_ce(z, y, weights, gamma):
    none = (y.sum(1, keepdim=True) == 0).double()
    return softmax_ce(z, torch.cat([y, none], 1) / torch.clamp(y.sum(1, keepdim=True), min=1), weights, gamma)


def smoothed(kind, y, epsilon):
    """`label_smoothing` of torch's cross_entropy, for two sides of an emotion or for categories."""
    if kind == "category-ce":
        raise ValueError("smoothed by torch itself")
    return y * (1 - epsilon) + epsilon / (2 if kind == "bce" else y.shape[1])


def softmax_ce(z, y, weights, gamma):
    log_p = log_softmax(z, 1)
    terms = y * log_p * (1 - log_p.exp()) ** gamma
    return -(terms if weights is None else terms * weights).sum(1)


def case(name, kind, logits, labels, present, weights=None, gamma=0.0, epsilon=0.0):
    z = torch.tensor(logits, requires_grad=True)
    y, here = torch.tensor(labels), torch.tensor(present)
    w = None if weights is None else torch.tensor(weights)
    if epsilon and kind == "category-ce":  # torch's own, with class indices
        category = torch.where(y.sum(1) > 0, y.argmax(1), y.shape[1])
        values = cross_entropy(z, category, weight=w, label_smoothing=epsilon, reduction="none")
    else:
        targets = smoothed(kind, y, epsilon) if epsilon else y
        values = {"bce": bce, "softmax-ce": softmax_ce, "category-ce": category_ce}[kind](z, targets, w, gamma)
    loss = values[here > 0].mean()
    loss.backward()
    options = {"kind": kind}
    if weights is not None:
        options["classWeights"] = weights
    if gamma:
        options["focal"] = gamma
    if epsilon:
        options["smoothing"] = epsilon
    return {
        "name": name,
        "logits": z.tolist(),
        "labels": y.tolist(),
        "present": here.tolist(),
        "options": options,
        "loss": loss.item(),
        "gradient": z.grad.tolist(),
    }


def sentiment(rng):
    p = torch.tensor(exact(rng.normal(0, 1.5, 8)), requires_grad=True)
    y = torch.tensor(exact(rng.uniform(-3, 3, 8)))
    here = torch.tensor([1.0, 1, 0, 1, 1, 0, 1, 1])
    loss = l1_loss(p[here > 0], y[here > 0])
    loss.backward()
    result = {"predictions": p.tolist(), "labels": y.tolist(), "present": here.tolist()}
    return result | {"loss": loss.item(), "gradient": p.grad.tolist()}


def uncertainty():
    losses = torch.tensor([0.75, 0.25], requires_grad=True)
    s = torch.tensor([0.5, -1.25], requires_grad=True)
    total = (torch.exp(-s) * losses + s).sum()
    total.backward()
    result = {"losses": losses.tolist(), "logVariances": s.tolist(), "loss": total.item()}
    return result | {"lossGradient": losses.grad.tolist(), "gradient": s.grad.tolist()}


def main():
    rng = np.random.default_rng(11)
    logits = exact(rng.normal(0, 2, (5, 6)))
    labels = (rng.uniform(size=(5, 6)) < 0.3).astype(float)
    labels[1] = 0
    present = [1.0, 1, 0, 1, 1]
    weights = [2.0, 0.5, 1.0, 8.0, 1.5, 0.0]
    at_zero = np.zeros((3, 6))
    extreme = np.array([[60.0, -60, 30, -30, 90, -90], [-60, 60, -30, 30, -90, 90]])
    extreme_labels = np.array([[1.0, 0, 1, 0, 1, 0], [1, 0, 1, 0, 1, 0]])
    cases = []
    for kind in ["bce", "softmax-ce"]:
        cases += [
            case(f"{kind}", kind, logits, labels, present),
            case(f"{kind}, class weights", kind, logits, labels, present, weights),
            case(f"{kind}, focal 2", kind, logits, labels, present, gamma=2.0),
            case(f"{kind}, focal 0.5 and class weights", kind, logits, labels, present, weights, 0.5),
            case(f"{kind}, logits of exactly 0", kind, at_zero, labels[:3], [1.0, 1, 1]),
            case(f"{kind}, large logits", kind, extreme, extreme_labels, [1.0, 1]),
        ]
        cases.append(case(f"{kind}, smoothed", kind, logits, labels, present, weights, epsilon=0.1))
    one = np.eye(6)[[0, 3, 3, 5, 1]]
    one[2] = 0  # none
    wide = exact(rng.normal(0, 2, (5, 7)))
    more = [*weights, 3.0]
    cases += [
        case("category-ce", "category-ce", wide, labels, present),
        case("category-ce, class weights", "category-ce", wide, labels, present, more),
        case("category-ce, focal 2 and class weights", "category-ce", wide, labels, present, more, 2.0),
        case("category-ce, logits of exactly 0", "category-ce", np.zeros((3, 7)), labels[:3], [1.0, 1, 1]),
        case("category-ce, smoothed", "category-ce", wide, one, [1.0] * 5, epsilon=0.1),
        case("category-ce, smoothed, class weights", "category-ce", wide, one, [1.0, 1, 1, 0, 1], more, epsilon=0.2),
    ]
    fixture = {
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "torch": torch.__version__},
        "sentiment": sentiment(rng),
        "emotion": cases,
        "uncertainty": uncertainty(),
    }
    with open(sys.argv[1], "w") as file:
        file.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in fixture.items()) + "\n}\n")


if __name__ == "__main__":
    main()
