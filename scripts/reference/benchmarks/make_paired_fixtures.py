"""Writes the numbers that the tests of the paired benchmark compare with. Run by maintainers only.

    python scripts/reference/benchmarks/make_paired_fixtures.py benchmarks/src/__fixtures__/paired.json

Used: Python 3.11, numpy 2.4.6, scipy 1.17.1, statsmodels 0.15.0.
"""

import json
import sys

import numpy as np
from scipy import stats
from statsmodels.stats.power import TTestPower


def power():
    cases = [(effect, pairs) for effect in (0, 0.5, 1.0) for pairs in (2, 3, 5, 9, 27)]
    solve = TTestPower()
    return [{"effect": e, "pairs": n, "power": float(solve.power(e, n, 0.05, alternative="two-sided"))} for e, n in cases]


def visible():
    solve = TTestPower()
    sizes = [3, 4, 6, 9, 27]
    return [{"pairs": n, "effect": float(np.squeeze(solve.solve_power(None, n, 0.05, 0.8)))} for n in sizes]


def paired(rng):
    cases = [[0.1, 0.2, 0.05], [0.01, -0.02], rng.normal(0.2, 1, 9).round(3).tolist()]
    return [{"differences": d, "p": float(stats.ttest_1samp(d, 0).pvalue)} for d in cases]


def main():
    rng = np.random.default_rng(20261128)
    content = {"power": power(), "visible": visible(), "paired": paired(rng)}
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump(content, file)
        file.write("\n")


if __name__ == "__main__":
    main()
