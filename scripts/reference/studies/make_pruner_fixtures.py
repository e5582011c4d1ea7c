"""Writes what Optuna's pruners decide about random curves. Run by maintainers only.

    python scripts/reference/studies/make_pruner_fixtures.py packages/studies/src/__fixtures__/pruners.json

Used: Python 3.11, optuna 5.0.0, numpy 2.4.6.
"""

import json
import sys

import numpy as np
import optuna

TRIALS = 24
EPOCHS = 20
SETTINGS = [
    {"median": {"startupTrials": 5, "warmupEpochs": 0}},
    {"median": {"startupTrials": 0, "warmupEpochs": 4}},
    {"median": {"startupTrials": 2, "warmupEpochs": 7}},
    {"halving": {"minEpochs": 1, "reductionFactor": 4}},
    {"halving": {"minEpochs": 1, "reductionFactor": 2}},
    {"halving": {"minEpochs": 3, "reductionFactor": 3}},
]


def pruner_of(setting):
    if "median" in setting:
        given = setting["median"]
        return optuna.pruners.MedianPruner(given["startupTrials"], given["warmupEpochs"])
    given = setting["halving"]
    return optuna.pruners.SuccessiveHalvingPruner(given["minEpochs"], given["reductionFactor"])


def study(setting, rng):
    """Several trials at once, in random order: each line is a trial that reports its next epoch, and whether it is pruned there."""
    study = optuna.create_study(direction="minimize", pruner=pruner_of(setting))
    curves = rng.uniform(0.5, 2, (TRIALS, 1)) * np.exp(-rng.uniform(0, 0.3, (TRIALS, 1)) * np.arange(EPOCHS))
    curves = (curves + rng.normal(0, 0.05, curves.shape)).round(2)
    waiting, running, events = list(range(TRIALS)), {}, []
    while waiting or running:
        while waiting and len(running) < 3:
            running[waiting.pop(0)] = [study.ask(), 0]
        number = int(rng.choice(list(running)))
        trial, epoch = running[number]
        trial.report(float(curves[number, epoch]), epoch + 1)
        is_pruned = bool(trial.should_prune())
        events.append([number, float(curves[number, epoch]), is_pruned])
        running[number][1] += 1
        if is_pruned:
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        elif epoch + 1 == EPOCHS:
            study.tell(trial, float(curves[number, epoch]))
        if is_pruned or epoch + 1 == EPOCHS:
            del running[number]
    return {"pruner": setting, "epochs": EPOCHS, "events": events}


def main(path):
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    rng = np.random.default_rng(1)
    fixture = {"optuna": optuna.__version__, "studies": [study(setting, rng) for setting in SETTINGS]}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(fixture, file)
        file.write("\n")


main(sys.argv[1])
